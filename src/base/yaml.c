/* yaml.c - YAML through libyaml, built as JSON values; see yaml.h. Marks of JSON are in marks.c.
 *
 * libyaml hands out events; one function per kind of node makes a value of them, depth first, with
 * the JSON pointer of the node in path. */
#include "base/yaml.h"
#include "base/yaml_parts.h"
#include <assert.h>
#include <math.h>
#include <string.h>
#include <yaml.h>

/* Aliases may add so many values (a text counts one more for each 16 bytes): a page of nested
 * aliases could ask for more than any memory holds. */
enum { ALIAS_BUDGET = 100000 };

typedef struct composer {
    hone_ctx *ctx;
    const char *name;
    const char *text;
    size_t length;
    hn_arena *work;   /* gone when reading ends */
    hn_json_doc *doc; /* in work */
    yaml_parser_t parser;
    hn_path path;
    hn_map anchors; /* name -> index in anchored */
    hn_json_mut **anchored;
    size_t n_anchored;
    int64_t alias_budget;
} composer;

#define EVENT(name) yaml_event_t name __attribute__((cleanup(yaml_event_delete))) = {0}

static hone_status fail_at(composer *in, yaml_mark_t mark, const char *problem, const char *what,
                           const char *way_out) {
    return hn_fail_at(in->ctx, HONE_ERROR_DATA,
                      (hn_where){.file = in->name, .row = (int64_t)mark.line + 1},
                      "%s, line %zu, column %zu: %s%.80s%s", in->name, mark.line + 1,
                      mark.column + 1, problem, what, way_out);
}

static hone_status fail_too_deep(composer *in, yaml_mark_t mark) {
    return fail_at(in, mark, "nested more than 64 deep; make it flatter", "", "");
}

static hone_status out_of_memory(hone_ctx *ctx) {
    return hn_fail(ctx, HONE_ERROR_MEMORY,
                   "out of memory: no room for a YAML document; use less data at once");
}

/* ---- events --------------------------------------------------------------------------------- */

static hone_status fail_parsing(composer *in) {
    const yaml_parser_t *parser = &in->parser;
    yaml_mark_t mark = parser->problem_mark;
    if (parser->error == YAML_MEMORY_ERROR) return out_of_memory(in->ctx);
    if (parser->error == YAML_READER_ERROR) {
        /* Bytes that are no text: only their offset is known. */
        size_t character, offset = parser->problem_offset;
        if (offset > in->length) offset = in->length;
        yyjson_locate_pos(in->text, in->length, offset, &mark.line, &mark.column, &character);
        mark.line--, mark.column--;
    }
    const char *context = parser->context ? parser->context : "";
    return fail_at(in, mark, parser->problem ? parser->problem : "cannot be read",
                   *context ? ", " : "", context);
}

static hone_status next_event(composer *in, yaml_event_t *ret_event) {
    return yaml_parser_parse(&in->parser, ret_event) ? HONE_OK : fail_parsing(in);
}

static const char *text_of(const yaml_char_t *text) { return text ? (const char *)text : ""; }

static hone_status fail_tag(composer *in, yaml_mark_t mark, const yaml_char_t *tag) {
    return fail_at(in, mark, "this tag is not understood here; remove '", text_of(tag), "'");
}

/* ---- scalars -------------------------------------------------------------------------------- */

static const char core[] = "tag:yaml.org,2002:";

/* Whether a tag is absent, says nothing, or is the core tag of this name ("seq"). */
static bool is_core_tag(const yaml_char_t *tag, const char *name) {
    const char *text = text_of(tag);
    if (!*text || strcmp(text, "!") == 0) return true;
    return strncmp(text, core, sizeof core - 1) == 0 && strcmp(text + sizeof core - 1, name) == 0;
}

/* The core tag that a scalar bears ("int", "!" is "str"), "" for none, NULL for any other. */
static const char *scalar_tag(const yaml_char_t *tag) {
    static const char *const names[] = {"str", "int", "float", "bool", "null"};
    const char *text = text_of(tag);
    if (!*text) return "";
    if (strcmp(text, "!") == 0) return "str";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (is_core_tag(tag, names[i])) return names[i];
    return NULL;
}

static hone_status compose_scalar(composer *in, const yaml_event_t *event,
                                  hn_json_mut **ret_value) {
    hn_slice text = {text_of(event->data.scalar.value), event->data.scalar.length};
    const char *wanted = scalar_tag(event->data.scalar.tag), *got = "str";
    if (!wanted) return fail_tag(in, event->start_mark, event->data.scalar.tag);
    hn_json_mut *value = yyjson_mut_strncpy(in->doc, text.text, text.length);
    if (!value) return out_of_memory(in->ctx);
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (*wanted ? strcmp(wanted, "str") != 0 : plain) got = hn_yaml_resolve(text, value);
    if (strcmp(wanted, "float") == 0 && strcmp(got, "int") == 0) {
        yyjson_mut_set_real(value, yyjson_mut_get_num(value));
        got = "float";
    }
    if (*wanted && strcmp(wanted, got) != 0) {
        return fail_at(in, event->start_mark, "the value does not agree with its tag; remove '!!",
                       wanted, "'");
    }
    *ret_value = value;
    return HONE_OK;
}

/* ---- aliases -------------------------------------------------------------------------------- */

static hone_status copy_value(composer *in, yyjson_mut_val *from, yaml_mark_t mark, int depth,
                              hn_json_mut **ret_copy);

static hone_status copy_members(composer *in, yyjson_mut_val *from, yaml_mark_t mark, int depth,
                                yyjson_mut_val *to) {
    size_t i, n;
    yyjson_mut_val *key, *member, *key_copy, *copy;
    yyjson_mut_arr_foreach(from, i, n, member) {
        HN_TRY(copy_value(in, member, mark, depth + 1, &copy));
        yyjson_mut_arr_append(to, copy);
    }
    yyjson_mut_obj_foreach(from, i, n, key, member) {
        HN_TRY(copy_value(in, key, mark, depth + 1, &key_copy));
        HN_TRY(copy_value(in, member, mark, depth + 1, &copy));
        yyjson_mut_obj_add(to, key_copy, copy);
    }
    return HONE_OK;
}

/* Values are linked into their container, so each alias gets values of its own; texts are shared. */
static hone_status copy_value(composer *in, yyjson_mut_val *from, yaml_mark_t mark, int depth,
                              hn_json_mut **ret_copy) {
    bool container = yyjson_mut_is_ctn(from);
    in->alias_budget -= 1;
    if (yyjson_mut_is_str(from)) in->alias_budget -= (int64_t)(yyjson_mut_get_len(from) / 16);
    if (in->alias_budget < 0) {
        return fail_at(in, mark, "aliases add more than 100000 values; write fewer of them", "",
                       "");
    }
    if (container && depth > HN_JSON_DEPTH) return fail_too_deep(in, mark);
    yyjson_mut_val *copy = yyjson_mut_null(in->doc);
    if (!copy) return out_of_memory(in->ctx);
    if (yyjson_mut_is_arr(from))
        yyjson_mut_set_arr(copy);
    else if (yyjson_mut_is_obj(from))
        yyjson_mut_set_obj(copy);
    else {
        copy->tag = from->tag;
        copy->uni = from->uni;
    }
    if (container) HN_TRY(copy_members(in, from, mark, depth, copy));
    *ret_copy = copy;
    return HONE_OK;
}

static hone_status compose_alias(composer *in, const yaml_event_t *event, int depth,
                                 hn_json_mut **ret_value) {
    const char *name = text_of(event->data.alias.anchor);
    int64_t index = hn_map_get(&in->anchors, (hn_slice){name, strlen(name)}, -1);
    if (index < 0) {
        return fail_at(in, event->start_mark, "there is no whole value before this named '&", name,
                       "'; name one, or write the value out");
    }
    return copy_value(in, in->anchored[index], event->start_mark, depth, ret_value);
}

/* Remember a finished value under its anchor. A later one of the same name takes its place. */
static hone_status note_anchor(composer *in, const yaml_char_t *anchor, hn_json_mut *value) {
    if (!anchor) return HONE_OK;
    const char *name = text_of(anchor);
    if ((in->n_anchored & (in->n_anchored - 1)) == 0) {
        /* A power of two: full. */
        size_t size = sizeof(hn_json_mut *), n = in->n_anchored;
        hn_json_mut **larger =
            hn_arena_regrow(in->work, in->anchored, n * size, (n > 0 ? n * 2 : 1) * size);
        if (!larger) return out_of_memory(in->ctx);
        in->anchored = larger;
    }
    HN_TRY(hn_map_put(&in->anchors, (hn_slice){name, strlen(name)}, (int64_t)in->n_anchored));
    in->anchored[in->n_anchored++] = value;
    return HONE_OK;
}

/* ---- sequences and mappings ----------------------------------------------------------------- */

static hone_status compose(composer *in, const yaml_event_t *event, int depth,
                           hn_json_mut **ret_value);

static hone_status put_mark(composer *in, yaml_mark_t mark, bool *ret_fresh) {
    return hn_path_mark(&in->path, mark.line + 1, mark.column + 1, ret_fresh);
}

static hone_status compose_sequence(composer *in, const yaml_event_t *start, int depth,
                                    hn_json_mut **ret_value) {
    if (!is_core_tag(start->data.sequence_start.tag, "seq"))
        return fail_tag(in, start->start_mark, start->data.sequence_start.tag);
    hn_json_mut *sequence = yyjson_mut_arr(in->doc), *member;
    if (!sequence) return out_of_memory(in->ctx);
    for (size_t i = 0;; i++) {
        EVENT(event);
        HN_TRY(next_event(in, &event));
        if (event.type == YAML_SEQUENCE_END_EVENT) break;
        bool fresh;
        size_t before = hn_path_push_index(&in->path, i);
        HN_TRY(put_mark(in, event.start_mark, &fresh));
        HN_TRY(compose(in, &event, depth + 1, &member));
        hn_path_pop(&in->path, before);
        yyjson_mut_arr_append(sequence, member);
    }
    *ret_value = sequence;
    return HONE_OK;
}

/* One key and its value. No two values have the same path, so a path that is marked already gives a
 * key away that comes twice. */
static hone_status compose_member(composer *in, const yaml_event_t *key, int depth,
                                  hn_json_mut *mapping) {
    if (key->type != YAML_SCALAR_EVENT) {
        return fail_at(in, key->start_mark, "a key must be a plain text; put it in quotes", "", "");
    }
    hn_slice text = {text_of(key->data.scalar.value), key->data.scalar.length};
    size_t before = hn_path_push_key(&in->path, text);
    bool fresh;
    HN_TRY(put_mark(in, key->start_mark, &fresh));
    if (!fresh) {
        return fail_at(in, key->start_mark, "give each key once; this one comes twice: '",
                       text.text, "'");
    }
    hn_json_mut *name = yyjson_mut_strncpy(in->doc, text.text, text.length), *member;
    if (!name) return out_of_memory(in->ctx);
    HN_TRY(note_anchor(in, key->data.scalar.anchor, name));
    EVENT(event);
    HN_TRY(next_event(in, &event));
    HN_TRY(compose(in, &event, depth + 1, &member));
    hn_path_pop(&in->path, before);
    yyjson_mut_obj_add(mapping, name, member);
    return HONE_OK;
}

static hone_status compose_mapping(composer *in, const yaml_event_t *start, int depth,
                                   hn_json_mut **ret_value) {
    if (!is_core_tag(start->data.mapping_start.tag, "map"))
        return fail_tag(in, start->start_mark, start->data.mapping_start.tag);
    hn_json_mut *mapping = yyjson_mut_obj(in->doc);
    if (!mapping) return out_of_memory(in->ctx);
    for (;;) {
        EVENT(key);
        HN_TRY(next_event(in, &key));
        if (key.type == YAML_MAPPING_END_EVENT) break;
        HN_TRY(compose_member(in, &key, depth, mapping));
    }
    *ret_value = mapping;
    return HONE_OK;
}

/* The value that begins with event. Recursion is bounded by HN_JSON_DEPTH. */
static hone_status compose(composer *in, const yaml_event_t *event, int depth,
                           hn_json_mut **ret_value) {
    bool container =
        event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT;
    if (container && depth > HN_JSON_DEPTH) return fail_too_deep(in, event->start_mark);
    switch (event->type) {
    case YAML_ALIAS_EVENT: return compose_alias(in, event, depth, ret_value);
    case YAML_SCALAR_EVENT:
        HN_TRY(compose_scalar(in, event, ret_value));
        return note_anchor(in, event->data.scalar.anchor, *ret_value);
    case YAML_SEQUENCE_START_EVENT:
        HN_TRY(compose_sequence(in, event, depth, ret_value));
        return note_anchor(in, event->data.sequence_start.anchor, *ret_value);
    case YAML_MAPPING_START_EVENT:
        HN_TRY(compose_mapping(in, event, depth, ret_value));
        return note_anchor(in, event->data.mapping_start.anchor, *ret_value);
    default: break;
    }
    return hn_fail(in->ctx, HONE_ERROR_INTERNAL, "libyaml sent event %d where a value begins",
                   (int)event->type);
}

/* ---- documents ------------------------------------------------------------------------------ */

static hone_status compose_root(composer *in, const yaml_event_t *event, hn_json_mut **ret_root) {
    bool fresh;
    HN_TRY(put_mark(in, event->start_mark, &fresh));
    return compose(in, event, 1, ret_root);
}

/* One document, or none: null. */
static hone_status compose_stream(composer *in, hn_json_mut **ret_root) {
    hn_json_mut *root = NULL;
    for (;;) {
        EVENT(event);
        HN_TRY(next_event(in, &event));
        switch (event.type) {
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_START_EVENT:
        case YAML_DOCUMENT_END_EVENT: continue;
        case YAML_STREAM_END_EVENT:
            if (!root) root = yyjson_mut_null(in->doc);
            *ret_root = root;
            return root ? HONE_OK : out_of_memory(in->ctx);
        default: break;
        }
        if (root) {
            return fail_at(in, event.start_mark, "a second document begins; put it in its own file",
                           "", "");
        }
        HN_TRY(compose_root(in, &event, &root));
    }
}

static hone_status read_yaml(composer *in, hn_arena *arena, hn_json **ret_root) {
    hn_json_mut *root;
    HN_TRY(hn_json_new(in->ctx, in->work, &in->doc));
    if (!yaml_parser_initialize(&in->parser)) return out_of_memory(in->ctx);
    yaml_parser_set_input_string(&in->parser, (const unsigned char *)in->text, in->length);
    hone_status status = compose_stream(in, &root);
    yaml_parser_delete(&in->parser);
    HN_TRY(status);
    return hn_json_freeze(in->ctx, arena, root, ret_root);
}

/* Whether the text may be JSON: that is read as such, because libyaml does not take all of it
 * (long keys, surrogate pairs) and is slower. */
static bool looks_like_json(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (!strchr(" \t\r\n", text[i]) || !text[i]) return text[i] == '{' || text[i] == '[';
    return false;
}

static hone_status read_either(hone_ctx *ctx, hn_arena *arena, hn_arena *work, hn_slice text,
                               const char *name, hn_json **ret_root, hn_marks *marks) {
    if (looks_like_json(text.text, text.length)) {
        hone_status status = hn_json_read(ctx, arena, text.text, text.length, name, ret_root);
        if (status == HONE_OK) return hn_marks_of_json(ctx, work, text, *ret_root, marks);
        if (status != HONE_ERROR_DATA) return status;
    }
    composer in = {
        .ctx = ctx, .name = name, .text = text.text, .length = text.length, .work = work};
    in.alias_budget = ALIAS_BUDGET;
    hn_path_init(&in.path, ctx, work, marks);
    hn_map_init(&in.anchors, ctx, work);
    return read_yaml(&in, arena, ret_root);
}

hone_status hn_yaml_read(hone_ctx *ctx, hn_arena *arena, const char *text, size_t length,
                         const char *name, hn_json **ret_root, hn_marks *ret_marks) {
    assert(ctx && arena && (text || length == 0) && name && ret_root && ret_marks);
    hn_marks marks = {.name = name};
    hn_map_init(&marks.lines, ctx, arena);
    hn_json *root;
    /* Builders' failures are reported here, beside whatever the caller is building. */
    bool caller_failed = ctx->json_failed;
    ctx->json_failed = false;
    HN_SCRATCH(ctx);
    hn_arena_scope before = hn_arena_enter(arena);
    hone_status status = read_either(ctx, arena, ctx->scratch, (hn_slice){text ? text : "", length},
                                     name, &root, &marks);
    if (status != HONE_OK) hn_arena_leave(&before);
    ctx->json_failed = caller_failed;
    HN_TRY(status);
    *ret_root = root;
    *ret_marks = marks;
    return HONE_OK;
}
