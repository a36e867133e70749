/* explore.h - what a table looks like: its columns, how they hang together, what stands in the way of
 * learning from it. Numbers as JSON, from which the page (page_profile.c) is made. */
#ifndef HN_FLOW_EXPLORE_H
#define HN_FLOW_EXPLORE_H

#include "flow/plot.h"
#include "flow/recipe.h"

typedef struct hn_explore_options {
    const char *target;
    int64_t sample; /* rows that what is expensive is computed on */
    int64_t most;   /* columns that are compared pair by pair */
    int64_t rows;   /* shown of the table */
} hn_explore_options;
extern const hn_params hn_explore_params;

/* source: where the table came from, for titles and recipes. The object, section by section:
 *   "overview"      rows, columns, bytes, duplicate rows, and columns by what is peculiar about them
 *   "sampled"       {"rows", "of"}: densities, associations, boxes and points are of these rows; counts
 *                   and statistics of columns are of all
 *   "columns"       [one object per column: see describe.h]
 *   "associations"  {"columns", "association", "pearson", "spearman", "kendall", "cramers_v",
 *                   "correlation_ratio", "mutual_information", "normalized_mutual_information"}: matrices, null
 *                   where a figure does not fit the types. "association" has the one that does: |Spearman's|
 *                   of two numbers, the correlation ratio of a number and a name, Cramer's V of two names
 *   "target"        how each feature relates to it, strongest first
 *   "crosstabs"     counts of pairs of names, strongest first
 *   "missing"       where values are missing, and which are missing together: "together" their correlation, "tree"
 *                   groups by share of rows that differ, as scipy's linkage with "average"
 *   "pairs", "projection"   points for scatter plots: of the most relevant numbers, and of the first two
 *                   principal components
 *   "any_two"       {"rows", "columns": [{"name", "sort", "values" or "levels" and "codes"}]}: at most 2000 rows of
 *                   the columns that can be drawn; numbers to six digits, times in seconds since 1970
 *   "table"         the first and last rows
 *   "duplicates"    [{"row", "times", "cells"}]: rows that stand there more than once, where there are such
 *   "warnings"      [{"kind", "severity", "column", "text", "recipe"}]: what a reader should know; the recipe
 *                   is YAML that mends it, absent where no step does
 *   "recipe"        YAML that trains with what is said for certain: roles alone */
hone_status hn_explore(hone_ctx *ctx, const hn_table *table, const char *source,
                       const hn_explore_options *options, hn_json_doc *doc,
                       hn_json_mut **ret_object) HONE_MUST_CHECK;

/* The page of what hn_explore gives. */
hone_status hn_page_of_profile(hone_ctx *ctx, hn_json *profile, hn_str *out) HONE_MUST_CHECK;
/* Its pictures as Vega-Lite specifications, by name. */
hone_status hn_profile_plots(hone_ctx *ctx, hn_json *profile, hn_json_doc *doc,
                             hn_json_mut **ret_object) HONE_MUST_CHECK;

#endif
