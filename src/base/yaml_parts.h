/* yaml_parts.h - what yaml.c, yaml_scalar.c and marks.c share; nobody else includes it. */
#ifndef HN_BASE_YAML_PARTS_H
#define HN_BASE_YAML_PARTS_H

#include "base/yaml.h"

/* The JSON pointer of the value being read, and the marks it is noted in. */
typedef struct hn_path {
    hn_str pointer;
    hn_marks *marks;
} hn_path;

void hn_path_init(hn_path *path, hone_ctx *ctx, hn_arena *arena, hn_marks *marks);
/* Go down to a member; returns what hn_path_pop takes to come back. */
size_t hn_path_push_key(hn_path *path, hn_slice key);
size_t hn_path_push_index(hn_path *path, size_t index);
void hn_path_pop(hn_path *path, size_t before);
/* Note where the value at path stands, from 1; *ret_fresh: it was not noted before. */
hone_status hn_path_mark(hn_path *path, size_t line, size_t column,
                         bool *ret_fresh) HONE_MUST_CHECK;

/* What a plain scalar means: sets value and returns its core tag ("int"), or returns "str" and leaves
 * value as it is. */
const char *hn_yaml_resolve(hn_slice text, hn_json_mut *value);

/* Marks of a text that was read as JSON. */
hone_status hn_marks_of_json(hone_ctx *ctx, hn_arena *work, hn_slice text, hn_json *root,
                             hn_marks *marks) HONE_MUST_CHECK;

#endif
