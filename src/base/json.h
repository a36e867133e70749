/* json.h - JSON through yyjson, with hone's memory and errors. Include this, never yyjson.h.
 *
 * Documents live in an arena: nothing to free. Numbers print shortest round trip. Depth is bounded
 * (HN_JSON_DEPTH), duplicate keys are refused. */
#ifndef HN_BASE_JSON_H
#define HN_BASE_JSON_H

#include "base/str.h"
#include <yyjson.h>

enum { HN_JSON_DEPTH = 64 };

typedef yyjson_val hn_json;         /* a value that was read */
typedef yyjson_mut_val hn_json_mut; /* a value being built */
typedef yyjson_mut_doc hn_json_doc; /* what builds and owns them */

/* Parse text (need not end in NUL; a byte order mark is skipped). name is for errors, which read
 * "NAME, line 3, column 7: ..." and are HONE_ERROR_DATA. The root lives as long as arena, where a
 * failure leaves nothing. */
hone_status hn_json_read(hone_ctx *ctx, hn_arena *arena, const char *text, size_t length,
                         const char *name, hn_json **ret_root) HONE_MUST_CHECK;

/* A document to build values in, from arena; lives no longer than ctx. */
hone_status hn_json_new(hone_ctx *ctx, hn_arena *arena, hn_json_doc **ret_doc) HONE_MUST_CHECK;
/* Text of a value; pretty indents by two spaces. NaN and infinities are written as null.
 * yyjson's builders return NULL/false where memory is out, which needs no check at each call: it is
 * remembered in the document's ctx, and the next write or freeze there fails. */
hone_status hn_json_write(hone_ctx *ctx, hn_arena *arena, const hn_json_mut *value, bool pretty,
                          char **ret_text, size_t *ret_length) HONE_MUST_CHECK;
/* A built value as one to be read (a copy in arena). Infinities and NaN are kept. */
hone_status hn_json_freeze(hone_ctx *ctx, hn_arena *arena, const hn_json_mut *value,
                           hn_json **ret_root) HONE_MUST_CHECK;

/* A member of an object: its number, NaN where there is none; its text, "" where there is none. */
double hn_json_number(hn_json *object, const char *key);
const char *hn_json_text(hn_json *object, const char *key);

/* Append text to str as a JSON string with quotes. Each byte that isn't UTF-8 becomes U+FFFD. */
void hn_json_put_string(hn_str *str, const char *text, size_t length);
/* Append a number as hn_json_write would: shortest round trip, "1.0" for whole ones, null if not
 * finite. */
void hn_json_put_double(hn_str *str, double value);

#endif
