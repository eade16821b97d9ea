#include "base/message.h"

#include <ctype.h>
#include <string.h>

enum { SQLSTATE_BYTES = 5 };

#define SECTION(id, title, text) {title, text},
#define MESSAGE(section, code, kind, is, todo)
#define FAMILY(section, code, kind, is, todo)
static const struct message_section sections[] = {
#include "base/messages.def"
};
#undef SECTION
#undef MESSAGE
#undef FAMILY

#define SECTION(id, title, text)
#define MESSAGE(section, code, kind, is, todo) \
    {MSGS_##section, #code, false, ERR_##kind, is, todo},
#define FAMILY(section, code, kind, is, todo) \
    {MSGS_##section, #code, true, ERR_##kind, is, todo},
static const struct message messages[] = {
    {MSGS_COUNT, "", false, ERR_NONE, "", ""},
#include "base/messages.def"
};
#undef SECTION
#undef MESSAGE
#undef FAMILY

static const struct message_outcome outcomes[] = {
    [ERR_NONE] = {"warning", "It is said, and the run goes on."},
    [ERR_ROW] = {"rejected, 65",
                 "The line is kept in bulkpg.reject and the rest is loaded; "
                 "exit status 65. After more than max_rejects of them the job "
                 "fails."},
    [ERR_TRANSIENT] = {"retried, 75",
                       "It is tried again by itself, with growing delays, for "
                       "retry_budget. Then the run is left as it stands, for "
                       "the next one to go on with: exit status 75."},
    [ERR_LATER] = {"put off, 75", "The job is left for the next run; exit "
                                  "status 75."},
    [ERR_STOPPED] = {"stopped, 75", "The run is left as it stands, for the "
                                    "next one to go on with; exit status 75."},
    [ERR_FAILED] = {"failed, 69", "The job fails, and its tables are as they "
                                  "were; exit status 69."},
    [ERR_DENIED] = {"denied, 77", "The job or store fails until somebody "
                                  "grants what is missing; exit status 77."},
    [ERR_CONFIG] = {"refused, 78", "The job, the store or the command is not "
                                   "begun; exit status 78."},
    [ERR_OUTPUT] = {"unwritten, 74", "The command has done its work, but its "
                                     "output is not complete; exit status 74, "
                                     "unless the command failed anyway."},
    [ERR_USAGE] = {"misused, 64", "The command is not begun; exit status 64."},
    [ERR_BUG] = {"fault, 70", "bulkpg ends, or the job does; exit status 70."},
};

const struct message_outcome *
message_outcome(enum err_kind kind)
{
    return &outcomes[kind];
}

const struct message *
message_at(enum msg msg)
{
    return &messages[msg];
}

const struct message_section *
message_section(enum msg_section section)
{
    return &sections[section];
}

/*   https://www.postgresql.org/docs/15/errcodes-appendix.html */
static bool
is_sqlstate(const char *code)
{
    static const char *const classes[] = {"F0", "HV", "P0", "XX"};

    if (strlen(code) != SQLSTATE_BYTES)
        return false;
    for (size_t i = 0; i < SQLSTATE_BYTES; i++)
        if (!isdigit((unsigned char)code[i]) &&
            !isupper((unsigned char)code[i]))
            return false;
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
        if (strncmp(code, classes[i], 2) == 0)
            return true;
    return isdigit((unsigned char)code[0]);
}

static bool
is_of_family(const struct message *family, const char *code)
{
    return family->is_family &&
           strncmp(code, family->code, strlen(family->code)) == 0 &&
           (family->section == MSGS_DATABASE) == is_sqlstate(code);
}

/* Its own entry, or that of the smallest family. */
const struct message *
message_of(const char *code)
{
    const struct message *found = &messages[MSG_NONE];

    for (int i = MSG_NONE; i < MSG_COUNT; i++) {
        const struct message *one = &messages[i];

        if (!one->is_family && strcmp(one->code, code) == 0)
            return one;
        if (is_of_family(one, code) && strlen(one->code) > strlen(found->code))
            found = one;
    }
    if (found != &messages[MSG_NONE])
        return found;
    return &messages[is_sqlstate(code) ? MSG_SQLSTATE : MSG_GRAPHQL_ERROR];
}
