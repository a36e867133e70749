/* declare.h - kinds, metrics and functions of expressions as JSON: what hone_catalog, schema and
 * api/schema.json consist of. */
#ifndef HN_FLOW_DECLARE_H
#define HN_FLOW_DECLARE_H

#include "ml/metric/metric.h"
#include "spec/catalog.h"
#include "spec/generator.h"
#include "table/expr.h"

/* {"name", "title", "family", "sort", "doc", "references", "class_names", "tasks", "capabilities",
 * "parameters"}: parameters is their schema, or with ref "#/$defs/NAME". */
hone_status hn_declare_kind(hone_ctx *ctx, hn_json_doc *doc, const hone_estimator *kind, bool ref,
                            hn_json_mut **ret_object) HONE_MUST_CHECK;
hone_status hn_declare_metric(hone_ctx *ctx, hn_json_doc *doc, const hn_metric *metric,
                              hn_json_mut **ret_object) HONE_MUST_CHECK;
/* Functions of expressions: [{"name", "signature", "doc", "example"}], added to object under key. */
hone_status hn_declare_functions(hone_ctx *ctx, hn_json_doc *doc, hn_json_mut *object,
                                 const char *key) HONE_MUST_CHECK;
/* {"name", "title", "doc", "references", "class_name", "parameters"}. */
hone_status hn_declare_generator(hone_ctx *ctx, hn_json_doc *doc, const hn_generator *generator,
                                 hn_json_mut **ret_object) HONE_MUST_CHECK;
/* All of them, as a list added to object under key. */
hone_status hn_declare_generators(hone_ctx *ctx, hn_json_doc *doc, hn_json_mut *object,
                                  const char *key) HONE_MUST_CHECK;
/* Lines of a text, as a list added to object under key; false if memory is out. */
bool hn_declare_lines(hn_json_doc *doc, hn_json_mut *object, const char *key, const char *text);
/* {"kinds": [...], "metrics": [...], "functions": [...], "generators": [...]}. */
hone_status hn_declare_catalog(hone_ctx *ctx, hn_json_doc *doc,
                               hn_json_mut **ret_object) HONE_MUST_CHECK;

#endif
