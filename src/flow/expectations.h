/* expectations.h - what a table must be like, declared beside the recipe and checked before it is used.
 *
 *     rows: {min: 100}
 *     columns:
 *       age:   {type: number, min: 0, max: 120, missing: 0.2}
 *       id:    {unique: true}
 *       since: {min: 2015-01-01}
 *       plan:  {values: [basic, plus]}
 *       phone: {match: '^[0-9+ ]+$'}
 *       shop:  {in: 'shops.csv:id'}
 *     keys:   [[customer, month]]
 *     checks: ['total >= part']
 */
#ifndef HN_FLOW_EXPECTATIONS_H
#define HN_FLOW_EXPECTATIONS_H

#include "base/json.h"
#include "spec/param.h"
#include "table/table.h"

/* What may be said of a column, and of rows. */
extern const hn_params hn_expectations_columns, hn_expectations_rows;

/* Checks table against the YAML or JSON file at path. *ret_list: what is not so, [{"rule", "column", "count", "row",
 * "text"}] (row: the first one, from 1); empty where all is as expected. A file that cannot be understood is
 * HONE_ERROR_DATA with line and column. */
hone_status hn_expectations_check(hone_ctx *ctx, const char *path, const hn_table *table,
                                  hn_json_doc *doc, hn_json_mut **ret_list) HONE_MUST_CHECK;
/* The same of their text; name is for errors. */
hone_status hn_expectations_check_text(hone_ctx *ctx, const char *text, size_t length,
                                       const char *name, const hn_table *table, hn_json_doc *doc,
                                       hn_json_mut **ret_list) HONE_MUST_CHECK;
/* {"rows", "valid", "failures": list}. */
hn_json_mut *hn_expectations_verdict(const hn_table *table, hn_json_doc *doc, hn_json_mut *list);
/* The same; HONE_ERROR_DATA with the first of what is not so. */
hone_status hn_expectations_require(hone_ctx *ctx, const char *path,
                                    const hn_table *table) HONE_MUST_CHECK;
/* Expectations that table meets, to begin with: types, ranges, shares of missing values, few categories, ids. */
hone_status hn_expectations_of(hone_ctx *ctx, const hn_table *table, hn_json_doc *doc,
                               hn_json_mut **ret_root) HONE_MUST_CHECK;

#endif
