/* profile.h - what a column looks like: counts, moments, distinct values. Feeds type and role
 * inference, the commented recipe, hone show and, later, drift. */
#ifndef HN_TABLE_PROFILE_H
#define HN_TABLE_PROFILE_H

#include "table/table.h"

typedef struct hn_column_profile {
    int64_t n;
    int64_t n_missing;
    int64_t
        n_distinct; /* of the values present, exact; numbers compare by value; unknown texts are one */
    double mean, sd, min, max; /* numeric and time, of finite values; NaN without; sd with n - 1 */
    double skewness;           /* third central moment / sd^3, both with n (g1) */
    double autocorrelation;    /* of each value with the next row's (lag 1), where both are there */
    bool is_integer;           /* numeric and every value whole */
    bool is_constant;          /* at most one distinct value */
    bool is_id_like;           /* see below */
} hn_column_profile;

/* Id-like: text or integers, none missing, all distinct, n >= 20 and, for integers, either evenly
 * increasing by row or named like an id (id, ID, *_id, *Id, *ID, rownames, index, uuid, key). */
hone_status hn_profile_column(hone_ctx *ctx, const hn_column *column,
                              hn_column_profile *ret_profile) HONE_MUST_CHECK;
/* The values of a column of numbers or times that are there, in ascending order: ret_sorted [n]. */
hone_status hn_sorted_values(hone_ctx *ctx, const hn_column *column, double *ret_sorted,
                             int64_t *ret_n) HONE_MUST_CHECK;
/* All columns, in parallel. ret_profiles [n_columns]. */
hone_status hn_profile_table(hone_ctx *ctx, const hn_table *table,
                             hn_column_profile *ret_profiles) HONE_MUST_CHECK;

#endif
