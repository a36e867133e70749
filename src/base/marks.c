/* marks.c - where values stand in their text: paths, marks, and the marks of JSON; see yaml.h. */
#include "base/yaml_parts.h"
#include <assert.h>
#include <string.h>

/* ---- paths ---------------------------------------------------------------------------------- */

void hn_path_init(hn_path *path, hone_ctx *ctx, hn_arena *arena, hn_marks *marks) {
    path->marks = marks;
    hn_str_init(&path->pointer, ctx, arena);
}

size_t hn_path_push_key(hn_path *path, hn_slice key) {
    size_t before = path->pointer.length;
    hn_str_put_c(&path->pointer, '/');
    for (size_t i = 0; i < key.length; i++) {
        /* RFC 6901: ~0 for ~, ~1 for /. */
        if (key.text[i] == '~')
            hn_str_put(&path->pointer, "~0");
        else if (key.text[i] == '/')
            hn_str_put(&path->pointer, "~1");
        else
            hn_str_put_c(&path->pointer, key.text[i]);
    }
    return before;
}

size_t hn_path_push_index(hn_path *path, size_t index) {
    size_t before = path->pointer.length;
    hn_str_printf(&path->pointer, "/%zu", index);
    return before;
}

void hn_path_pop(hn_path *path, size_t before) {
    assert(before <= path->pointer.length);
    path->pointer.length = before;
    if (path->pointer.capacity > 0) path->pointer.text[before] = '\0';
}

enum { COLUMN_BITS = 20, COLUMN_MAX = (1 << COLUMN_BITS) - 1 };

hone_status hn_path_mark(hn_path *path, size_t line, size_t column, bool *ret_fresh) {
    HN_TRY(hn_str_status(&path->pointer));
    hn_map *lines = &path->marks->lines;
    if (column > COLUMN_MAX) column = COLUMN_MAX;
    size_t before = lines->count;
    int64_t ignored, mark = (int64_t)line << COLUMN_BITS | (int64_t)column;
    HN_TRY(
        hn_map_intern(lines, (hn_slice){path->pointer.text, path->pointer.length}, mark, &ignored));
    *ret_fresh = lines->count > before;
    return HONE_OK;
}

void hn_marks_find(const hn_marks *marks, const char *pointer, int *ret_line, int *ret_column) {
    assert(marks && pointer && ret_line && ret_column);
    size_t length = strlen(pointer);
    int64_t mark = 0;
    for (;;) {
        mark = hn_map_get(&marks->lines, (hn_slice){pointer, length}, 0);
        if (mark != 0 || length == 0) break;
        for (length--; length > 0 && pointer[length] != '/';) length--;
    }
    *ret_line = (int)(mark >> COLUMN_BITS);
    *ret_column = (int)(mark & COLUMN_MAX);
}

/* ---- marks of JSON -------------------------------------------------------------------------- */

/* A walk over a text that is known to be JSON, beside the values that were made of it. */
typedef struct walk {
    const char *at, *end;
    size_t line, column; /* of at, from 1 */
    hn_path path;
} walk;

static void step(walk *in) {
    unsigned char byte = (unsigned char)*in->at++;
    if (byte == '\n') {
        in->line++;
        in->column = 1;
    } else if ((byte & 0xC0) != 0x80) {
        in->column++; /* not for the later bytes of a UTF-8 character */
    }
}

static void skip_between(walk *in) {
    while (in->at < in->end && *in->at && strchr(" \t\r\n,:", *in->at)) step(in);
}

static void skip_string(walk *in) {
    assert(*in->at == '"');
    for (step(in); *in->at != '"'; step(in))
        if (*in->at == '\\') step(in);
    step(in);
}

static void skip_plain(walk *in) {
    while (in->at < in->end && *in->at && !strchr(" \t\r\n,:]}", *in->at)) step(in);
}

static hone_status walk_value(walk *in, hn_json *value);

/* One element, or one key and its member: at stands at its beginning. */
static hone_status walk_member(walk *in, hn_json *key, size_t index, hn_json *member) {
    bool fresh;
    size_t line = in->line, column = in->column, before;
    if (key) {
        before = hn_path_push_key(&in->path, (hn_slice){yyjson_get_str(key), yyjson_get_len(key)});
        skip_string(in);
        skip_between(in);
    } else {
        before = hn_path_push_index(&in->path, index);
    }
    HN_TRY(hn_path_mark(&in->path, line, column, &fresh));
    HN_TRY(walk_value(in, member));
    hn_path_pop(&in->path, before);
    return HONE_OK;
}

/* Recursion is bounded by HN_JSON_DEPTH: the reader has seen to it. */
static hone_status walk_value(walk *in, hn_json *value) {
    if (yyjson_is_str(value))
        skip_string(in);
    else if (!yyjson_is_ctn(value))
        skip_plain(in);
    if (!yyjson_is_ctn(value)) return HONE_OK;
    step(in);
    size_t i, n;
    hn_json *key, *member;
    yyjson_arr_foreach(value, i, n, member) {
        skip_between(in);
        HN_TRY(walk_member(in, NULL, i, member));
    }
    yyjson_obj_foreach(value, i, n, key, member) {
        skip_between(in);
        HN_TRY(walk_member(in, key, i, member));
    }
    skip_between(in);
    step(in);
    return HONE_OK;
}

hone_status hn_marks_of_json(hone_ctx *ctx, hn_arena *work, hn_slice text, hn_json *root,
                             hn_marks *marks) {
    walk in = {.at = text.text, .end = text.text + text.length, .line = 1, .column = 1};
    hn_path_init(&in.path, ctx, work, marks);
    skip_between(&in);
    bool fresh;
    HN_TRY(hn_path_mark(&in.path, in.line, in.column, &fresh));
    return walk_value(&in, root);
}
