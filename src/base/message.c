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
    [ERR_NONE] = {"warning", "bulkpg logs the warning and continues."},
    [ERR_ROW] = {"rejected, 65",
                 "The line is kept in bulkpg.reject and the other lines are "
                 "loaded; exit status 65. More than max_rejects rejects fail "
                 "the job."},
    [ERR_TRANSIENT] = {"retried, 75",
                       "bulkpg retries, with growing delays, until "
                       "retry_budget is spent. Then the run is interrupted, "
                       "and the next run continues it; exit status 75."},
    [ERR_LATER] = {"postponed, 75",
                   "The job is left for the next run; exit status 75."},
    [ERR_STOPPED] = {"stopped, 75",
                     "The run is interrupted, and the next run continues it; "
                     "exit status 75."},
    [ERR_FAILED] = {"failed, 69", "The job fails, and its tables are as "
                                  "before; exit status 69."},
    [ERR_DENIED] = {"denied, 77", "The job, or every job of the store, fails "
                                  "until the missing permission is granted; "
                                  "exit status 77."},
    [ERR_CONFIG] = {"refused, 78", "The job, the store or the command is not "
                                   "started; exit status 78."},
    [ERR_OUTPUT] = {"not printed, 74",
                    "The command has done its work, but its output is not "
                    "complete; exit status 74, unless the command failed too."},
    [ERR_USAGE] = {"wrong usage, 64",
                   "The command is not started; exit status 64."},
    [ERR_BUG] = {"internal error, 70",
                 "The job ends, or bulkpg does; exit status 70."},
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

/* https://www.postgresql.org/docs/15/errcodes-appendix.html: a code begins with
 * a digit or with one of these classes. */
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

/* The code's own entry, or that of the family with the longest prefix. */
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
