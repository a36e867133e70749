/* declare.h - what the program alone declares, its verbs, as JSON. */
#ifndef HN_CLI_DECLARE_H
#define HN_CLI_DECLARE_H

#include "cli/print.h"
#include "flow/declare.h"

/* {"summary", "doc", "example", "exit_codes", "flags"}: flags is one object schema of its own and
 * borrowed flags. */
hone_status hn_declare_verb(hn_cli *cli, hn_json_doc *doc, const hn_verb *verb,
                            hn_json_mut **ret_object) HONE_MUST_CHECK;

#endif
