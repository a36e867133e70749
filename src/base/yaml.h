/* yaml.h - YAML (through libyaml) read into the same values as JSON, so that what reads a recipe
 * reads both. Plain scalars follow the YAML 1.2 core schema: null, true/false, integers, floats;
 * everything else is a string ("no" and "on" are strings). One document; nothing at all reads as null.
 * Keys that aren't strings become their text. Anchors and aliases are expanded within a size bound;
 * duplicate keys and tags other than the core ones are refused, "<<" is a key like any other. */
#ifndef HN_BASE_YAML_H
#define HN_BASE_YAML_H

#include "base/json.h"
#include "base/map.h"

/* Where each value stands in its text; a member of a mapping stands where its key does. */
typedef struct hn_marks {
    const char *name; /* file name for errors, or "recipe" */
    hn_map lines;     /* JSON pointer ("/model/gbdt/depth") -> line << 20 | column, both from 1 */
} hn_marks;

/* Reads YAML; JSON is YAML too, and is read here with marks as well. name must outlive the marks.
 * Errors are HONE_ERROR_DATA and read "NAME, line 3, column 7: ...". What libyaml needs while it
 * reads comes from malloc, not from ctx. */
hone_status hn_yaml_read(hone_ctx *ctx, hn_arena *arena, const char *text, size_t length,
                         const char *name, hn_json **ret_root, hn_marks *ret_marks) HONE_MUST_CHECK;

/* Line and column of the value at a JSON pointer, or of its nearest known ancestor; 0 if unknown. */
void hn_marks_find(const hn_marks *marks, const char *pointer, int *ret_line, int *ret_column);

#endif
