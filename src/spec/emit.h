/* emit.h - what is derived from parameter tables: help for a terminal, Markdown, man pages (mdoc-free
 * roff), JSON Schema (2020-12), shell completion words. */
#ifndef HN_SPEC_EMIT_H
#define HN_SPEC_EMIT_H

#include "spec/param.h"

/* Aligned lines "  name  default  doc (type)", wrapped to width columns, expert ones last; as flags
 * ("  -o, --output FILE  doc (type; default)") where flags is set. */
void hn_emit_help(hn_str *str, const hn_params *params, int width, bool flags);
/* A Markdown table: name, type and range, default, doc. */
void hn_emit_markdown(hn_str *str, const hn_params *params);
/* .TP entries of a man page. */
void hn_emit_roff(hn_str *str, const hn_params *params);
/* {"type":"object","properties":{...},"additionalProperties":false,"required":[...]}. Ranges,
 * defaults, choices, words, docs, units (x-unit), levels (x-level), search ranges (x-search). */
hone_status hn_emit_schema(hone_ctx *ctx, const hn_params *params, hn_json_doc *doc,
                           hn_json_mut **ret_schema) HONE_MUST_CHECK;
/* text's words, from column on, broken before width; lines after the first are indented. Ends the line. */
void hn_emit_wrapped(hn_str *str, const char *text, int column, int indent, int width);
/* text with what roff would take for markup escaped. */
void hn_emit_roff_text(hn_str *str, const char *text);
/* "real in (0, 1]", "integer >= 1", "one of auto, svd", "list of texts": what people read. */
void hn_emit_type(hn_str *str, const hone_param *param);

#endif
