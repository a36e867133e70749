/* json.c - JSON through yyjson; see json.h.
 *
 * yyjson checks syntax, UTF-8 and numbers. What it does not check is done on the values that it
 * made, where it is cheap: nesting, and keys that come twice. */
#include "base/json.h"
#include "base/map.h"
#include <assert.h>
#include <math.h>
#include <string.h>

/* ---- memory --------------------------------------------------------------------------------- */

/* Where a document's memory comes from. builder: failures are noted in ctx, for hn_json_write. */
typedef struct source {
    hone_ctx *ctx;
    hn_arena *arena;
    bool builder;
} source;

static void *json_take(void *user, size_t size) {
    source *from = user;
    void *bytes = hn_arena_take(from->arena, 1, size);
    if (!bytes && from->builder) from->ctx->json_failed = true;
    return bytes;
}

static void *json_resize(void *user, void *old, size_t old_size, size_t size) {
    source *from = user;
    void *bytes = hn_arena_regrow(from->arena, old, old_size, size);
    if (!bytes && from->builder) from->ctx->json_failed = true;
    return bytes;
}

/* The arena frees it all at once. */
static void json_forget(void *user, void *pointer) { (void)user, (void)pointer; }

static yyjson_alc allocator_from(source *from) {
    return (yyjson_alc){
        .malloc = json_take, .realloc = json_resize, .free = json_forget, .ctx = from};
}

static hone_status out_of_memory(hone_ctx *ctx) {
    return hn_fail(ctx, HONE_ERROR_MEMORY,
                   "out of memory: no room for a JSON document; use less data at once");
}

/* ---- errors with a place -------------------------------------------------------------------- */

typedef struct reader {
    hone_ctx *ctx;
    const char *text;
    size_t length;
    const char *name;
    const char *pool;        /* yyjson's copy of text: strings lie in it where they lie in text */
    yyjson_val *last_object; /* the latest object whose keys were found to differ */
} reader;

static hone_status fail_at(const reader *in, size_t position, const char *problem, hn_slice what) {
    size_t line = 0, column = 0, character = 0;
    if (position > in->length) position = in->length;
    yyjson_locate_pos(in->text, in->length, position, &line, &column, &character);
    int shown = what.length < 80 ? (int)what.length : 80;
    return hn_fail_at(in->ctx, HONE_ERROR_DATA, (hn_where){.file = in->name, .row = (int64_t)line},
                      "%s, line %zu, column %zu: %s%.*s%s", in->name, line, column, problem, shown,
                      what.text ? what.text : "", what.text ? "'" : "");
}

/* Where nesting first gets deeper than it may. The text is known to be JSON. */
static size_t too_deep_position(const reader *in) {
    int depth = 0;
    for (size_t i = 0; i < in->length; i++) {
        char c = in->text[i];
        if (c == '"') {
            for (i++; i < in->length && in->text[i] != '"'; i++) i += in->text[i] == '\\';
        } else if (c == '[' || c == '{') {
            if (++depth > HN_JSON_DEPTH) return i;
        } else if (c == ']' || c == '}') {
            depth--;
        }
    }
    return 0;
}

/* ---- keys that come twice ------------------------------------------------------------------- */

enum { FEW_KEYS = 12 }; /* so many are compared each with each */

static hn_slice key_text(yyjson_val *key) {
    return (hn_slice){unsafe_yyjson_get_str(key), unsafe_yyjson_get_len(key)};
}

static bool same_text(yyjson_val *a, yyjson_val *b) {
    size_t length = unsafe_yyjson_get_len(a);
    return length == unsafe_yyjson_get_len(b) && memcmp(a->uni.str, b->uni.str, length) == 0;
}

static yyjson_val *next_key(yyjson_val *key) { return unsafe_yyjson_get_next(key + 1); }

/* Rows of a table come with the same keys in the same order: then one check does for all. */
static bool same_keys(yyjson_val *a, yyjson_val *b) {
    size_t n = unsafe_yyjson_get_len(a);
    if (n != unsafe_yyjson_get_len(b)) return false;
    a++, b++;
    for (; n > 0; n--, a = next_key(a), b = next_key(b)) {
        if (!same_text(a, b)) return false;
    }
    return true;
}

static yyjson_val *find_twin_of_few(yyjson_val *object, size_t n) {
    yyjson_val *keys[FEW_KEYS], *key = object + 1;
    for (size_t i = 0; i < n; i++, key = next_key(key)) {
        for (size_t j = 0; j < i; j++)
            if (same_text(keys[j], key)) return key;
        keys[i] = key;
    }
    return NULL;
}

static hone_status find_twin_of_many(hone_ctx *ctx, yyjson_val *object, size_t n,
                                     yyjson_val **ret_twin) {
    HN_SCRATCH(ctx);
    /* A place in memory is a seed that a stranger who picks colliding keys cannot know. */
    uint64_t seed = (uintptr_t)object;
    size_t capacity = 2;
    while (capacity < n * 2) capacity *= 2;
    yyjson_val **slots, *key = object + 1;
    HN_TRY(HN_SCRATCH_NEW(ctx, slots, capacity));
    for (; n > 0; n--, key = next_key(key)) {
        hn_slice text = key_text(key);
        size_t i = hn_hash(text.text, text.length, seed) & (capacity - 1);
        for (; slots[i]; i = (i + 1) & (capacity - 1)) {
            if (!same_text(slots[i], key)) continue;
            *ret_twin = key;
            return HONE_OK;
        }
        slots[i] = key;
    }
    *ret_twin = NULL;
    return HONE_OK;
}

static hone_status check_keys(reader *in, yyjson_val *object) {
    size_t n = unsafe_yyjson_get_len(object);
    if (n < 2) return HONE_OK;
    if (in->last_object && same_keys(in->last_object, object)) return HONE_OK;
    yyjson_val *twin;
    if (n <= FEW_KEYS)
        twin = find_twin_of_few(object, n);
    else
        HN_TRY(find_twin_of_many(in->ctx, object, n, &twin));
    in->last_object = object;
    if (!twin) return HONE_OK;
    return fail_at(in, (size_t)(twin->uni.str - in->pool),
                   "give each key once; this one comes twice: '", key_text(twin));
}

/* ---- reading -------------------------------------------------------------------------------- */

/* Recursion is bounded by HN_JSON_DEPTH. */
static hone_status check_container(reader *in, yyjson_val *value, int depth) {
    if (depth > HN_JSON_DEPTH) {
        return fail_at(in, too_deep_position(in), "nested more than 64 deep; make it flatter",
                       (hn_slice){0});
    }
    bool object = unsafe_yyjson_is_ctn(value) && unsafe_yyjson_get_type(value) == YYJSON_TYPE_OBJ;
    if (object) HN_TRY(check_keys(in, value));
    size_t n = unsafe_yyjson_get_len(value), step = object ? 2 : 1;
    /* Values lie one after another. If no more lie here than the members, all are plain. */
    if (unsafe_yyjson_get_next(value) == value + 1 + n * step) return HONE_OK;
    yyjson_val *member = value + step;
    for (; n > 0; n--) {
        if (unsafe_yyjson_is_ctn(member)) HN_TRY(check_container(in, member, depth + 1));
        member = unsafe_yyjson_get_next(member) + (step - 1);
    }
    return HONE_OK;
}

static hone_status read_checked(reader *in, hn_arena *arena, hn_json **ret_root) {
    source from = {in->ctx, arena, false};
    yyjson_alc allocator = allocator_from(&from);
    yyjson_read_err error;
    /* Without YYJSON_READ_INSITU the text is not written to. */
    yyjson_doc *doc = yyjson_read_opts((char *)(uintptr_t)in->text, in->length, YYJSON_READ_NOFLAG,
                                       &allocator, &error);
    if (!doc && error.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION) return out_of_memory(in->ctx);
    if (!doc) return fail_at(in, error.pos, error.msg, (hn_slice){0});
    in->pool = doc->str_pool;
    yyjson_val *root = yyjson_doc_get_root(doc);
    if (unsafe_yyjson_is_ctn(root)) HN_TRY(check_container(in, root, 1));
    *ret_root = root;
    return HONE_OK;
}

hone_status hn_json_read(hone_ctx *ctx, hn_arena *arena, const char *text, size_t length,
                         const char *name, hn_json **ret_root) {
    assert(ctx && arena && (text || length == 0) && name && ret_root);
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        length -= 3;
    }
    reader in = {.ctx = ctx, .text = text, .length = length, .name = name};
    if (length == 0) {
        return hn_fail_at(ctx, HONE_ERROR_DATA, (hn_where){.file = name, .row = 1},
                          "%s, line 1, column 1: there is nothing here; JSON is expected", name);
    }
    hn_arena_scope before = hn_arena_enter(arena);
    hone_status status = read_checked(&in, arena, ret_root);
    if (status != HONE_OK) hn_arena_leave(&before);
    return status;
}

/* ---- building and writing ------------------------------------------------------------------- */

hone_status hn_json_new(hone_ctx *ctx, hn_arena *arena, hn_json_doc **ret_doc) {
    assert(ctx && arena && ret_doc);
    source *from;
    HN_TRY(HN_NEW(ctx, arena, from, 1));
    *from = (source){ctx, arena, true};
    yyjson_alc allocator = allocator_from(from);
    hn_json_doc *doc = yyjson_mut_doc_new(&allocator);
    if (!doc) {
        ctx->json_failed = false;
        return out_of_memory(ctx);
    }
    *ret_doc = doc;
    return HONE_OK;
}

/* Whether value is whole; takes the note of a builder's failure back, as it is reported here. */
static hone_status check_built(hone_ctx *ctx, const hn_json_mut *value) {
    bool failed = ctx->json_failed;
    ctx->json_failed = false;
    return value && !failed ? HONE_OK : out_of_memory(ctx);
}

hone_status hn_json_write(hone_ctx *ctx, hn_arena *arena, const hn_json_mut *value, bool pretty,
                          char **ret_text, size_t *ret_length) {
    assert(ctx && arena && ret_text);
    HN_TRY(check_built(ctx, value));
    source from = {ctx, arena, false};
    yyjson_alc allocator = allocator_from(&from);
    yyjson_write_flag flags = YYJSON_WRITE_INF_AND_NAN_AS_NULL;
    if (pretty) flags |= YYJSON_WRITE_PRETTY_TWO_SPACES;
    yyjson_write_err error;
    size_t length = 0;
    char *text = yyjson_mut_val_write_opts(value, flags, &allocator, &length, &error);
    if (!text && error.code == YYJSON_WRITE_ERROR_MEMORY_ALLOCATION) return out_of_memory(ctx);
    if (!text) {
        return hn_fail(ctx, HONE_ERROR_DATA, "cannot write this as JSON: %s; texts must be UTF-8",
                       error.msg);
    }
    *ret_text = text;
    if (ret_length) *ret_length = length;
    return HONE_OK;
}

hone_status hn_json_freeze(hone_ctx *ctx, hn_arena *arena, const hn_json_mut *value,
                           hn_json **ret_root) {
    assert(ctx && arena && ret_root);
    HN_TRY(check_built(ctx, value));
    source from = {ctx, arena, false};
    yyjson_alc allocator = allocator_from(&from);
    yyjson_doc *doc = yyjson_mut_val_imut_copy((hn_json_mut *)(uintptr_t)value, &allocator);
    if (!doc) return out_of_memory(ctx);
    *ret_root = yyjson_doc_get_root(doc);
    return HONE_OK;
}

/* ---- text by hand --------------------------------------------------------------------------- */

static bool continues(unsigned char byte) { return (byte & 0xC0) == 0x80; }

/* Length of the UTF-8 character at the front of left bytes (RFC 3629: no surrogates, nothing longer
 * than needed, nothing past U+10FFFF), or 0. */
static size_t utf8_length(const unsigned char *at, size_t left) {
    unsigned char first = at[0];
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return left >= 2 && continues(at[1]) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        if (left < 3 || !continues(at[1]) || !continues(at[2])) return 0;
        if (first == 0xE0 && at[1] < 0xA0) return 0;
        return first == 0xED && at[1] >= 0xA0 ? 0 : 3;
    }
    if (first < 0xF0 || first > 0xF4 || left < 4) return 0;
    if (!continues(at[1]) || !continues(at[2]) || !continues(at[3])) return 0;
    if (first == 0xF0 && at[1] < 0x90) return 0;
    return first == 0xF4 && at[1] >= 0x90 ? 0 : 4;
}

/* Appends a byte that can't stand in a JSON string as it is. */
static void put_special(hn_str *str, unsigned char byte) {
    static const char short_names[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (const char *at = short_names; *at; at += 2) {
        if ((unsigned char)*at != byte) continue;
        hn_str_put_c(str, '\\');
        hn_str_put_c(str, at[1]);
        return;
    }
    if (byte < 0x20)
        hn_str_printf(str, "\\u%04x", byte);
    else
        hn_str_put(str, "\xEF\xBF\xBD");
}

void hn_json_put_string(hn_str *str, const char *text, size_t length) {
    assert(str && (text || length == 0));
    if (length == 0) text = "";
    const unsigned char *at = (const unsigned char *)text, *end = at + length, *plain = at;
    hn_str_put_c(str, '"');
    while (at < end) {
        bool special = *at < 0x20 || *at == '"' || *at == '\\';
        size_t whole = special ? 0 : utf8_length(at, (size_t)(end - at));
        if (whole > 0) {
            at += whole;
            continue;
        }
        hn_str_put_n(str, (const char *)plain, (size_t)(at - plain));
        put_special(str, *at);
        plain = ++at;
    }
    hn_str_put_n(str, (const char *)plain, (size_t)(at - plain));
    hn_str_put_c(str, '"');
}

void hn_json_put_double(hn_str *str, double value) {
    if (!isfinite(value)) {
        hn_str_put(str, "null");
        return;
    }
    char buffer[32 + 2];
    size_t length = hn_format_double(value, buffer);
    if (strcspn(buffer, ".e") == length) {
        memcpy(buffer + length, ".0", 3);
        length += 2;
    }
    hn_str_put_n(str, buffer, length);
}

/* ---- members -------------------------------------------------------------------------------- */

double hn_json_number(hn_json *object, const char *key) {
    hn_json *value = yyjson_obj_get(object, key);
    return yyjson_is_num(value) ? yyjson_get_num(value) : (double)NAN;
}

const char *hn_json_text(hn_json *object, const char *key) {
    const char *text = yyjson_get_str(yyjson_obj_get(object, key));
    return text != NULL ? text : "";
}
