/* split_parts.h - between the .c files that split: rows dealt out to parts. */
#ifndef HN_TABLE_SPLIT_PARTS_H
#define HN_TABLE_SPLIT_PARTS_H

#include "table/split.h"

/* Number of each row's key among the different keys in ascending order (NaN is one, the last);
 * ret_ordinals [n], *ret_count how many there are. */
hone_status hn_ordinals_f64(hone_ctx *ctx, const double *keys, int64_t n, int64_t *ret_ordinals,
                            int64_t *ret_count) HONE_MUST_CHECK;
hone_status hn_ordinals_i64(hone_ctx *ctx, const int64_t *keys, int64_t n, int64_t *ret_ordinals,
                            int64_t *ret_count) HONE_MUST_CHECK;

/* Whole groups to parts: ret_part [n]. targets [n_parts]: rows wanted. classes [n] with n_classes, or
 * NULL. largest_first: large groups are dealt out first (even sizes), else all in random order. */
hone_status hn_deal_groups(hone_ctx *ctx, int64_t n, const int64_t *groups, int64_t n_groups,
                           const int64_t *classes, int64_t n_classes, const double *ratios,
                           int n_parts, bool largest_first, uint64_t seed,
                           int32_t *ret_part) HONE_MUST_CHECK;
/* Single rows to parts, at random; ret_part [n]. classes NULL: all rows are of one class. */
hone_status hn_deal_rows(hone_ctx *ctx, int64_t n, const int64_t *classes, int64_t n_classes,
                         const double *ratios, int n_parts, uint64_t seed,
                         int32_t *ret_part) HONE_MUST_CHECK;
/* The same to k folds without a draw, as scikit-learn's splitters deal where they do not shuffle. groups and classes
 * may each be NULL. */
hone_status hn_deal_still(hone_ctx *ctx, int64_t n, const int64_t *groups, int64_t n_groups,
                          const int64_t *classes, int64_t n_classes, int k,
                          int32_t *ret_part) HONE_MUST_CHECK;

/* Rows in time order, and where n_parts parts end that should end at wanted [n_parts] (ascending, the last n): ties
 * are not cut, the edge of a tie nearest to the wanted place is. */
hone_status hn_cut_time(hone_ctx *ctx, int64_t n, const double *time, const int64_t *wanted,
                        int n_parts, int64_t *ret_order, int64_t *ret_ends) HONE_MUST_CHECK;
/* ret_parts [n_parts] from the part of each row (below 0: in none); HONE_ERROR_DATA where one is empty. */
hone_status hn_list_parts(hone_ctx *ctx, hn_arena *arena, int64_t n, const int32_t *part,
                          int n_parts, hn_rows *ret_parts) HONE_MUST_CHECK;

#endif
