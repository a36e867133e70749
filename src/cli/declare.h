/* declare.h - public declarations as JSON: what schema, kinds --json and api/schema.json consist of. */
#ifndef HN_CLI_DECLARE_H
#define HN_CLI_DECLARE_H

#include "cli/print.h"
#include "flow/catalog.h"
#include "ml/metric/metric.h"
#include "table/expr.h"

/* Names of the bits that are set, in a fixed order; NULL after the last. */
enum { HN_NAMES = 16 };
void hn_task_names(unsigned tasks, const char *ret_names[HN_NAMES]);
void hn_capability_names(unsigned can, const char *ret_names[HN_NAMES]);

/* {"name", "title", "family", "doc", "references", "tasks", "capabilities", "parameters"}: parameters is
 * their schema, or with ref "#/$defs/NAME". */
hone_status hn_declare_kind(hn_cli *cli, hn_json_doc *doc, const hone_estimator *kind, bool ref,
                            hn_json_mut **ret_object) HONE_MUST_CHECK;
hone_status hn_declare_metric(hn_cli *cli, hn_json_doc *doc, const hn_metric *metric,
                              hn_json_mut **ret_object) HONE_MUST_CHECK;
/* Functions of expressions: [{"name", "signature", "doc", "example"}], added to object under key. */
hone_status hn_declare_functions(hn_cli *cli, hn_json_doc *doc, hn_json_mut *object,
                                 const char *key) HONE_MUST_CHECK;
/* {"summary", "doc", "example", "exit_codes", "flags"}: flags is one object schema of its own and
 * borrowed flags. */
hone_status hn_declare_verb(hn_cli *cli, hn_json_doc *doc, const hn_verb *verb,
                            hn_json_mut **ret_object) HONE_MUST_CHECK;

#endif
