/* split_parts.h - between split.c and split_groups.c: rows dealt out to parts. */
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

#endif
