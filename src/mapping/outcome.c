/*
 * An answer is judged in this order; the first that applies decides:
 *
 *     an error proves that nothing ran (ACCESS_DENIED, ...)   refused
 *     another request has the same idempotency key            unknown
 *     `errors` without `data`                                 refused
 *     the root is null, missing, or has another form          unknown
 *     a list of errors is not empty, or `ok` is false         refused, partly
 *     else                                                    applied
 *
 * Hazards. `data: null` comes after the mutation began to run, so it does not
 * prove that nothing was changed. A value that does not fit its column must not
 * stop the other rows: it is left out, and an error beside the row says so. If
 * PostgreSQL refused it, no answer of the chunk could ever be settled.
 */
#include "mapping/outcome.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/dict.h"
#include "base/timestamp.h"
#include "json/clean.h"
#include "json/tree.h"
#include "mapping/value.h"

enum {
    ERRORS_MAX = 100,
    IDS_MAX = 10000,
    NUMBER_MOST = 1000, /* bytes of a number, */
    EXPONENT_MOST = 5,  /* of its exponent, with the e and a sign, */
    TIME_MOST = 64      /* and of a time; PostgreSQL takes no longer ones */
};

struct reading {
    const struct mutation *mutation;
    struct arena *arena;
    struct outcome *outcome;
    struct outcome_error *errors;
    struct span *ids;
    bool nothing_ran; /* an error proves it */
    bool is_running;  /* another request has the same key */
};

/* ---- errors -------------------------------------------------------------- */

static const char *
text_of(struct arena *arena, const struct json *value)
{
    const char *text = json_str(value);

    return text != NULL ? arena_strdup(arena, text) : NULL;
}

/* ["input", "title"] becomes "input.title". */
static const char *
field_of(struct arena *arena, const struct json *value)
{
    struct buf text = buf_with_ceiling(1000);
    const char *copy;

    if (value == NULL || value->kind != JSON_ARRAY)
        return text_of(arena, value);
    for (const struct json *part = value->first; part != NULL;
         part = part->next)
        if (json_str(part) != NULL)
            buf_printf(&text, "%s%s", text.length > 0 ? "." : "",
                       json_str(part));
    copy = text.length > 0 ? arena_dup(arena, buf_span(&text)) : NULL;
    buf_free(&text);
    return copy;
}

static bool
is_code(const char *code, const char *const *codes)
{
    while (*codes != NULL && strcmp(*codes, code) != 0)
        codes++;
    return *codes != NULL;
}

static void
note_code(struct reading *r, const char *code, bool is_top_level)
{
    static const char *const proofs[] = {"ACCESS_DENIED", "BAD_REQUEST",
                                         "INVALID_VARIABLE", NULL};
    static const char *const running[] = {"IDEMPOTENCY_CONCURRENT_REQUEST",
                                          NULL};
    static const char *const spent[] = {"IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED",
                                        NULL};

    if (code == NULL)
        return;
    r->nothing_ran = r->nothing_ran || (is_top_level && is_code(code, proofs));
    r->is_running = r->is_running || is_code(code, running);
    if (strcmp(code, "ACCESS_DENIED") == 0)
        r->outcome->is_denied = true;
    if (is_code(code, spent))
        r->outcome->is_key_spent = true;
}

static void
add_error(struct reading *r, const char *code, const char *field,
          const char *message)
{
    if (r->outcome->error_count == ERRORS_MAX)
        return;
    r->errors[r->outcome->error_count++] =
        (struct outcome_error){.code = code,
                               .field = field,
                               .message = message != NULL ? message : ""};
}

/* Of bad variables: "title: Title can't be blank; ...". */
static const char *
problems_of(struct reading *r, const struct json *extensions)
{
    const struct json *problems = json_get(extensions, "problems");
    struct buf text = buf_with_ceiling(1000);
    const char *copy;

    if (problems == NULL || problems->kind != JSON_ARRAY)
        return "";
    for (const struct json *p = problems->first; p != NULL; p = p->next) {
        const char *field = field_of(r->arena, json_get(p, "path"));
        const char *why = json_str(json_get(p, "explanation"));

        buf_printf(&text, "; %s%s%s", field != NULL ? field : "",
                   field != NULL ? ": " : "", why != NULL ? why : "");
    }
    copy = arena_dup(r->arena, buf_span(&text));
    buf_free(&text);
    return copy;
}

/* An element of the answer's `errors`. Some servers write texts in place of
 * objects. */
static void
add_top_error(struct reading *r, const struct json *error)
{
    const struct json *extensions = json_get(error, "extensions");
    const char *code = text_of(r->arena, json_get(extensions, "code"));
    const char *message = error->kind == JSON_STRING
                              ? json_str(error)
                              : json_str(json_get(error, "message"));

    note_code(r, code, true);
    add_error(r, code, field_of(r->arena, json_get(error, "path")),
              arena_printf(r->arena, "%s%s", message != NULL ? message : "",
                           problems_of(r, extensions)));
}

/* An element of a list of errors of the payload. */
static void
add_user_error(struct reading *r, const struct json *error)
{
    const char *code = text_of(r->arena, json_get(error, "code"));
    const char *message = error->kind == JSON_STRING
                              ? text_of(r->arena, error)
                              : text_of(r->arena, json_get(error, "message"));

    note_code(r, code, false);
    add_error(r, code, field_of(r->arena, json_get(error, "field")), message);
}

static const struct json *
first_of(const struct json *list)
{
    return list != NULL && list->kind == JSON_ARRAY ? list->first : NULL;
}

/* ---- leaves -------------------------------------------------------------- */

static bool
is_whole_number(struct span text, int64_t least, int64_t most)
{
    char *end;
    long long number;
    char copy[24];

    if (text.length == 0 || text.length >= sizeof(copy) ||
        isspace((unsigned char)text.bytes[0]))
        return false;
    memcpy(copy, text.bytes, text.length);
    copy[text.length] = '\0';
    errno = 0;
    number = strtoll(copy, &end, 10);
    return errno == 0 && *end == '\0' && number >= least && number <= most;
}

/* A number that double precision and numeric can hold. strtod() reports numbers
 * that are only inexact, too; and numeric refuses 0 with a large exponent. */
static bool
is_number(struct span text, struct arena *arena)
{
    char *copy = arena_dup(arena, text), *end;
    const char *exponent = strpbrk(copy, "eE");
    double number;

    if (text.length == 0 || text.length > NUMBER_MOST ||
        strspn(copy, "0123456789+-.eE") != text.length ||
        (exponent != NULL && strlen(exponent) > EXPONENT_MOST))
        return false;
    errno = 0;
    number = strtod(copy, &end);
    return *end == '\0' && isfinite(number) && (errno == 0 || number != 0);
}

static bool
has_odd_number(struct reading *r, const struct json *value)
{
    if (value->kind == JSON_NUMBER)
        return !is_number(value->text, r->arena);
    for (const struct json *item = value->first; item != NULL;
         item = item->next)
        if (has_odd_number(r, item))
            return true;
    return false;
}

/* jsonb refuses the character NUL and halves of characters, also in the names
 * of members, and numbers that numeric cannot hold. */
static bool
is_storable(struct reading *r, const struct json *value)
{
    struct buf cleaned = buf_with_ceiling(value->source.length);
    size_t replaced, at;
    bool is_clean = clean_json(value->source, &cleaned, &replaced, &at);

    buf_free(&cleaned);
    return is_clean && replaced == 0 && !has_odd_number(r, value);
}

static bool
fits(struct reading *r, enum plan_type type, struct span text)
{
    struct err ignored;
    int64_t micros;
    int32_t days;

    switch (type) {
    case PLAN_BIGINT:
        return is_whole_number(text, INT64_MIN, INT64_MAX);
    case PLAN_INTEGER:
        return is_whole_number(text, INT32_MIN, INT32_MAX);
    case PLAN_NUMERIC:
    case PLAN_DOUBLE:
        return is_number(text, r->arena);
    case PLAN_BOOLEAN:
        return span_is(text, "true") || span_is(text, "false");
    case PLAN_TIMESTAMPTZ:
        return text.length <= TIME_MOST &&
               timestamp_parse(text, &micros, &ignored);
    case PLAN_DATE:
        return timestamp_parse_date(text, &days, &ignored);
    case PLAN_TEXT:
    case PLAN_JSONB:
        return true;
    default:
        return false;
    }
}

/* The number of gid://shopify/Product/123. */
static struct span
number_of(struct span gid)
{
    size_t from = gid.length;
    struct span type;

    if (!value_is_gid(gid, &type))
        return gid;
    while (gid.bytes[from - 1] != '/')
        from--;
    return span_of(gid.bytes + from, strcspn(gid.bytes + from, "?"));
}

static bool
leaf_text(struct reading *r, const struct mutation_leaf *leaf,
          const struct json *value, struct span *text)
{
    bool is_plain = value->kind == JSON_STRING && leaf->type != PLAN_JSONB;

    *text = is_plain ? value->text : value->source;
    if (is_plain && leaf->is_number_of_gid)
        *text = number_of(*text);
    if (is_plain && memchr(text->bytes, '\0', text->length) != NULL)
        return false;
    return (is_plain || is_storable(r, value)) && fits(r, leaf->type, *text);
}

static struct span
copy_span(struct arena *arena, struct span text)
{
    return span_of(arena_dup(arena, text), text.length);
}

static void
read_leaves(struct reading *r, const struct json *root)
{
    const struct mutation *m = r->mutation;
    struct span *leaves =
        arena_array(r->arena, (size_t)m->leaf_count + 1, sizeof(*leaves));

    r->outcome->leaves = leaves;
    for (int i = 0; i < m->leaf_count; i++) {
        const struct mutation_leaf *leaf = &m->leaves[i];
        const struct json *value = root;
        struct span text;

        for (int k = 0; k < leaf->depth && value != NULL; k++)
            value = json_get(value, leaf->keys[k]);
        if (value == NULL || value->kind == JSON_NULL)
            continue;
        if (leaf_text(r, leaf, value, &text))
            leaves[i] = copy_span(r->arena, text);
        else
            add_error(r, "NOT_STORED", leaf->path,
                      arena_printf(r->arena, "the value is not a %s",
                                   plan_type_name(leaf->type)));
    }
}

/* ---- the payload --------------------------------------------------------- */

static bool
is_error_key(const struct mutation *m, const char *key)
{
    for (int i = 0; i < m->errors_count; i++)
        if (strcmp(m->errors[i].key, key) == 0)
            return true;
    return false;
}

static void
collect_ids(struct reading *r, const struct json *value)
{
    struct span type;

    if (value->kind == JSON_STRING && value_is_gid(value->text, &type) &&
        r->outcome->id_count < IDS_MAX)
        r->ids[r->outcome->id_count++] = copy_span(r->arena, value->text);
    for (const struct json *v = value->first; v != NULL; v = v->next)
        collect_ids(r, v);
}

static size_t
count_strings(const struct json *value)
{
    size_t count = value->kind == JSON_STRING;

    for (const struct json *v = value->first; v != NULL; v = v->next)
        count += count_strings(v);
    return count;
}

/* Does the payload hold anything beside its errors: an object, or a list that
 * is not empty? */
static bool
has_objects(const struct mutation *m, const struct json *root)
{
    if (root->kind != JSON_OBJECT)
        return false;
    for (const struct json *v = root->first; v != NULL; v = v->next)
        if (!is_error_key(m, v->key) &&
            (v->kind == JSON_OBJECT || (v->kind == JSON_ARRAY && v->count > 0)))
            return true;
    return false;
}

/* True if the payload reports that the mutation failed. */
static bool
read_user_errors(struct reading *r, const struct json *root)
{
    const struct mutation *m = r->mutation;
    const struct json *ok =
        m->ok_key != NULL ? json_get(root, m->ok_key) : NULL;
    bool failed = false;

    for (int i = 0; i < m->errors_count; i++) {
        const struct json *error = first_of(json_get(root, m->errors[i].key));

        for (; error != NULL; error = error->next) {
            add_user_error(r, error);
            failed = true;
        }
    }
    if (ok != NULL && ok->kind == JSON_FALSE && !failed)
        add_error(r, NULL, m->ok_key, "the API answered false");
    return failed || (ok != NULL && ok->kind == JSON_FALSE);
}

static void
read_payload(struct reading *r, const struct json *root)
{
    struct outcome *outcome = r->outcome;

    outcome->has_payload = true;
    if (read_user_errors(r, root))
        outcome->state =
            has_objects(r->mutation, root) ? OUTCOME_PARTLY : OUTCOME_REFUSED;
    r->ids = arena_array(r->arena, count_strings(root) + 1, sizeof(*r->ids));
    if (root->kind == JSON_OBJECT) {
        for (const struct json *v = root->first; v != NULL; v = v->next)
            if (!is_error_key(r->mutation, v->key))
                collect_ids(r, v);
    }
    outcome->ids = r->ids;
    read_leaves(r, root);
}

/* ---- the answer ---------------------------------------------------------- */

/* Does the payload have another form than the types say? Then it is not proven
 * that it has no errors. */
static bool
is_odd(const struct mutation *m, const struct json *root)
{
    for (int i = 0; i < m->errors_count; i++) {
        const struct json *list = json_get(root, m->errors[i].key);

        if (root->kind != JSON_OBJECT ||
            (list != NULL && list->kind != JSON_NULL &&
             list->kind != JSON_ARRAY))
            return true;
    }
    return false;
}

static void
judge(struct reading *r, const struct json *data, const struct json *root,
      bool has_errors)
{
    struct outcome *outcome = r->outcome;

    if (root != NULL && root->kind != JSON_NULL && is_odd(r->mutation, root))
        outcome->state = OUTCOME_UNKNOWN;
    else if (root != NULL && root->kind != JSON_NULL)
        read_payload(r, root);
    else
        outcome->state =
            data == NULL && has_errors ? OUTCOME_REFUSED : OUTCOME_UNKNOWN;
    if (r->is_running)
        outcome->state = OUTCOME_UNKNOWN;
    if (r->nothing_ran)
        outcome->state = OUTCOME_REFUSED;
}

static bool
not_an_answer(struct err *err, const char *why)
{
    return err_set(err, MSG_BAD_JSON, "the answer to a mutation %s", why);
}

bool
outcome_read(const struct mutation *mutation, struct span text,
             struct arena *arena, struct outcome *outcome, struct err *err)
{
    struct reading r = {
        .mutation = mutation, .arena = arena, .outcome = outcome};
    const struct json *data, *errors;
    struct json *whole;

    *outcome = (struct outcome){.line = -1};
    if (!json_parse(arena, text, &whole, err))
        return false;
    if (whole->kind != JSON_OBJECT)
        return not_an_answer(err, "is not an object");
    if (!json_int64(json_get(whole, "__lineNumber"), &outcome->line) ||
        outcome->line < 0)
        outcome->line = -1;
    r.errors = arena_array(arena, ERRORS_MAX, sizeof(*r.errors));
    outcome->errors = r.errors;
    outcome->leaves = arena_array(arena, (size_t)mutation->leaf_count + 1,
                                  sizeof(*outcome->leaves));
    data = json_get(whole, "data");
    errors = first_of(json_get(whole, "errors"));
    if (data == NULL && errors == NULL)
        return not_an_answer(err, "has neither data nor errors");
    for (const struct json *e = errors; e != NULL; e = e->next)
        add_top_error(&r, e);
    judge(&r, data, json_get(data, mutation->root_key), errors != NULL);
    return true;
}

/* ---- does it belong to the row? ------------------------------------------ */

/* The gids of a line. */
struct gids {
    struct arena *arena;
    const char **items;
    size_t count, room;
    struct dict set;
};

static void
on_text(void *ctx, enum json_kind kind, struct span source, struct span text)
{
    struct gids *gids = ctx;
    struct span type;

    (void)source;
    if (kind != JSON_STRING || !value_is_gid(text, &type))
        return;
    if (gids->count == gids->room) {
        size_t room = 2 * gids->room + 16;
        const char **more = arena_array(gids->arena, room, sizeof(*more));

        if (gids->count > 0)
            memcpy(more, gids->items, gids->count * sizeof(*more));
        gids->items = more;
        gids->room = room;
    }
    gids->items[gids->count] = arena_dup(gids->arena, text);
    (void)dict_add_name(&gids->set, gids->items[gids->count++]);
}

static void
on_key(void *ctx, struct span key)
{
    (void)ctx;
    (void)key;
}

static void
on_begin(void *ctx, enum json_kind kind)
{
    (void)ctx;
    (void)kind;
}

static void
on_end(void *ctx, struct span source)
{
    (void)ctx;
    (void)source;
}

static const char *
type_of(struct arena *arena, const char *gid)
{
    struct span type = {"", 0};

    (void)value_is_gid(span_str(gid), &type);
    return arena_dup(arena, type);
}

/* Is there a type of which both have a gid that the other lacks? */
static bool
differ(const struct gids *line, const struct outcome *outcome,
       struct arena *arena)
{
    struct dict answer = {.arena = arena}, types = {.arena = arena};

    for (int i = 0; i < outcome->id_count; i++)
        (void)dict_add_name(&answer, outcome->ids[i].bytes);
    for (size_t i = 0; i < line->count; i++)
        if (dict_get(&answer, line->items[i]) == NULL)
            (void)dict_add_name(&types, type_of(arena, line->items[i]));
    for (int i = 0; i < outcome->id_count; i++)
        if (dict_get(&line->set, outcome->ids[i].bytes) == NULL &&
            dict_get(&types, type_of(arena, outcome->ids[i].bytes)) != NULL)
            return true;
    return false;
}

bool
outcome_agrees(const struct mutation *mutation, struct span variables,
               const struct outcome *outcome, struct arena *scratch)
{
    struct gids line = {.arena = scratch, .set = {.arena = scratch}};
    const struct json_visitor visitor = {on_key,  on_begin, on_end,
                                         on_text, &line,    NULL};
    struct err ignored;

    if (!mutation->dialect->ids_are_gids || outcome->id_count == 0 ||
        (mutation->kinds & KIND_CREATES) != 0) /* its ids are new */
        return true;
    return json_walk(variables, &visitor, &ignored) &&
           !differ(&line, outcome, scratch);
}

bool
outcome_is_stale_or_taken(const struct outcome *outcome)
{
    for (int i = 0; i < outcome->error_count; i++) {
        const char *code = outcome->errors[i].code;

        if (code != NULL &&
            (strstr(code, "STALE") != NULL || strstr(code, "TAKEN") != NULL))
            return true;
    }
    return false;
}
