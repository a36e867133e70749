/* split.h - rows into parts. Index lists are ascending (time order for HN_SPLIT_TIME) and a
 * function of (keys, seed) alone. */
#ifndef HN_TABLE_SPLIT_H
#define HN_TABLE_SPLIT_H

#include "base/rng.h"
#include "table/table.h"

typedef struct hn_rows {
    int64_t *rows;
    int64_t n;
} hn_rows;

/* Keys, each of length n or NULL. strata: class index per row: every part gets each class in
 * proportion (largest remainders). group: rows of one group never part. time: later rows go to later
 * parts, no shuffling; ties stay together; not to be had with strata or group. strata with group: greedy by
 * group, as balanced as it goes. */
typedef struct hn_split_keys {
    const double *strata;
    const int64_t *group;
    const double *time;
} hn_split_keys;

/* Cut n rows into n_parts by ratios (summing to 1 within 1e-9). Parts are never empty: HONE_ERROR_DATA
 * if that can't be. Memory from arena. */
hone_status hn_split_ratios(hone_ctx *ctx, hn_arena *arena, int64_t n, const hn_split_keys *keys,
                            const double *ratios, int n_parts, uint64_t seed,
                            hn_rows *ret_parts) HONE_MUST_CHECK;
/* k folds of about equal size: fold i's rows are ret_folds[i]; every row is in one. With time: the rows
 * are cut into k + 1 blocks by time, fold i is block i + 1, to be tested on what hn_rows_before gives. */
hone_status hn_split_folds(hone_ctx *ctx, hn_arena *arena, int64_t n, const hn_split_keys *keys,
                           int k, uint64_t seed, hn_rows *ret_folds) HONE_MUST_CHECK;
/* Rows whose time is earlier than that of every row of fold, in time order (expanding window). */
hone_status hn_rows_before(hone_ctx *ctx, hn_arena *arena, int64_t n, const double *time,
                           hn_rows fold, hn_rows *ret_rows) HONE_MUST_CHECK;
/* All of 0..n-1 that are not in part (which is ascending). */
hone_status hn_rows_except(hone_ctx *ctx, hn_arena *arena, int64_t n, hn_rows part,
                           hn_rows *ret_rest) HONE_MUST_CHECK;

#endif
