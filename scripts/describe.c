/* Prints the program's own tables as JSON: commands, options, exit statuses,
 * codes of messages, keys of bulkpg.ini. The manual pages, the completions,
 * docs/messages.md and docs/reference.md are made from it, so that they always
 * describe the program as it is. */
#include <stdio.h>

#include "base/err.h"
#include "cli/option_rows.h"
#include "cli/usage.h"
#include "command/commands.h"
#include "config/keys.h"
#include "json/write.h"

enum { JSON_BYTES = 1024 * 1024 };

static void
append_commands(struct json_out *json)
{
    json_out_key(json, "commands");
    json_out_open(json, '[');
    for (size_t i = 0; i < commands.count; i++) {
        json_out_open(json, '{');
        json_out_text(json, "name", commands.items[i].name);
        json_out_text(json, "arguments", commands.items[i].arguments);
        json_out_text(json, "summary", commands.items[i].summary);
        json_out_text(json, "text", commands.items[i].text);
        json_out_close(json, '}');
    }
    json_out_close(json, ']');
}

/* "of" lists the commands of an option; null means every command. */
static void
append_owners(struct json_out *json, const struct option_row *row)
{
    json_out_key(json, "of");
    if (row->belongs == OF_ANY) {
        json_out_string(json, NULL);
        return;
    }
    json_out_open(json, '[');
    for (size_t i = 0; i < commands.count; i++)
        if ((row->belongs & commands.items[i].bit) != 0)
            json_out_string(json, commands.items[i].name);
    json_out_close(json, ']');
}

static void
append_options(struct json_out *json)
{
    json_out_key(json, "options");
    json_out_open(json, '[');
    for (size_t i = 0; i < option_row_count; i++) {
        char name[OPTION_NAME_BYTES];

        json_out_open(json, '{');
        json_out_text(json, "name", option_spell(&option_rows[i], name));
        json_out_text(json, "value", option_rows[i].value);
        json_out_text(json, "help", option_rows[i].help);
        append_owners(json, &option_rows[i]);
        json_out_close(json, '}');
    }
    json_out_close(json, ']');
}

static void
append_statuses(struct json_out *json)
{
    json_out_key(json, "statuses");
    json_out_open(json, '[');
    for (size_t i = 0; i < usage_status_count; i++) {
        json_out_open(json, '{');
        json_out_number(json, "status", usage_statuses[i].status);
        json_out_text(json, "text", usage_statuses[i].text);
        json_out_close(json, '}');
    }
    json_out_close(json, ']');
}

static void
append_keys(struct json_out *json, const char *section,
            const struct setting_key *key)
{
    json_out_key(json, section);
    json_out_open(json, '[');
    for (; key->name != NULL; key++) {
        json_out_open(json, '{');
        json_out_text(json, "name", key->name);
        json_out_text(json, "initial", key->initial);
        json_out_text(json, "help", key->help);
        json_out_close(json, '}');
    }
    json_out_close(json, ']');
}

static void
append_outcomes(struct json_out *json)
{
    json_out_key(json, "outcomes");
    json_out_open(json, '[');
    for (enum err_kind kind = ERR_NONE; kind <= ERR_BUG; kind++) {
        json_out_open(json, '{');
        json_out_text(json, "word", message_outcome(kind)->word);
        json_out_text(json, "text", message_outcome(kind)->text);
        json_out_close(json, '}');
    }
    json_out_close(json, ']');
}

static void
append_messages(struct json_out *json, enum msg_section section)
{
    json_out_key(json, "messages");
    json_out_open(json, '[');
    for (int i = MSG_NONE + 1; i < MSG_COUNT; i++) {
        const struct message *one = message_at((enum msg)i);

        if (one->section != section)
            continue;
        json_out_open(json, '{');
        json_out_text(json, "code", one->code);
        json_out_number(json, "is_family", one->is_family);
        json_out_text(json, "outcome", message_outcome(one->kind)->word);
        json_out_text(json, "meaning", one->meaning);
        json_out_text(json, "remedy", one->remedy);
        json_out_close(json, '}');
    }
    json_out_close(json, ']');
}

static void
append_sections(struct json_out *json)
{
    json_out_key(json, "sections");
    json_out_open(json, '[');
    for (int i = 0; i < MSGS_COUNT; i++) {
        enum msg_section section = (enum msg_section)i;

        json_out_open(json, '{');
        json_out_text(json, "title", message_section(section)->title);
        json_out_text(json, "text", message_section(section)->text);
        append_messages(json, section);
        json_out_close(json, '}');
    }
    json_out_close(json, ']');
}

int
main(void)
{
    struct buf text = buf_with_ceiling(JSON_BYTES);
    struct json_out *json = json_out_new(&text);

    json_out_open(json, '{');
    json_out_text(json, "version", BULKPG_VERSION);
    append_commands(json);
    append_options(json);
    append_statuses(json);
    append_outcomes(json);
    append_sections(json);
    json_out_key(json, "keys");
    json_out_open(json, '{');
    append_keys(json, "database", keys_database);
    append_keys(json, "store", keys_store);
    append_keys(json, "source", keys_source);
    append_keys(json, "tuning", keys_tuning);
    append_keys(json, "archive", keys_archive);
    append_keys(json, "privacy", keys_privacy);
    json_out_close(json, '}');
    json_out_close(json, '}');
    json_out_free(json);
    buf_append_char(&text, '\n');
    fputs(buf_str(&text), stdout);
    buf_free(&text);
    return fflush(stdout) != 0;
}
