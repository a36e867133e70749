/* split.h - rows into parts, and into pairs of rows to learn from and rows to test with. Lists of rows are
 * ascending (in time order for parts by time) and a function of (keys, seed) alone.
 *
 * hn_splitting says all there is to say about it; its parameter table is hn_splitting_params (spec/splitting.h):
 * recipes, the program and Python read the same one. */
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
    const double *until; /* with time: when a row's outcome is known, NaN: not yet; NULL: at once */
    const int64_t *part; /* pairs: the test that a row is in, by number; below 0: in none */
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

/* ---- pairs ----------------------------------------------------------------------------------- */

typedef enum hn_split_by {
    HN_BY_AUTO,
    HN_BY_RANDOM,
    HN_BY_STRATIFIED,
    HN_BY_GROUP,
    HN_BY_STRATIFIED_GROUP,
    HN_BY_TIME,
    HN_BY_COLUMN
} hn_split_by;

typedef enum hn_cross {
    HN_CROSS_AUTO,      /* walk where there is time, else folds */
    HN_CROSS_FOLDS,     /* each row is tested with once a repeat, as the keys say */
    HN_CROSS_WALK,      /* tests one after the other in time, each learned from what was before */
    HN_CROSS_LEAVE_OUT, /* every leave_out rows, or groups, are the test once */
    HN_CROSS_SHUFFLE,   /* a share drawn anew each time */
    HN_CROSS_BOOTSTRAP  /* learned from draws with replacement; tested with what was not drawn */
} hn_cross;

typedef struct hn_splitting {
    double test, validation; /* shares of all rows; 0: none */
    int by;                  /* hn_split_by */
    const char *column;      /* by column: which */
    int64_t seed;            /* -1: of who asks */
    int cross;               /* hn_cross */
    int64_t folds;           /* folds, walks or draws */
    int64_t repeats;         /* of folds */
    bool shuffle;            /* folds: false: rows and groups as they stand */
    int64_t leave_out;
    double held_out, learned;    /* shares of a draw; learned 0: all others */
    int64_t test_rows;           /* of a walk's tests; 0: all equal, as many as before the first */
    double gap, window, embargo; /* spans, as time counts; window 0: all that was before */
    const char *until;
} hn_splitting;

/* n pairs. Borrows keys' arrays. */
typedef struct hn_cuts {
    int64_t n, n_rows;
    hn_splitting how;
    hn_split_keys keys;
    uint64_t seed;
    int64_t n_classes, n_units;
    const int64_t *classes; /* [n_rows] or NULL: number of the stratum */
    const int64_t *units;   /* [n_rows] or NULL (each row is one): what stays together */
    const double *begins;   /* walks: [n + 1] the time that each test begins at, then infinity */
    const double *time;     /* walks: keys.time, or the row's number */
} hn_cuts;

/* how's by and column are not looked at: keys say how rows are cut. Memory from arena. */
hone_status hn_cuts_make(hone_ctx *ctx, hn_arena *arena, int64_t n_rows, const hn_split_keys *keys,
                         const hn_splitting *how, uint64_t seed, hn_cuts *ret_cuts) HONE_MUST_CHECK;
/* Pair i of cuts->n. With bootstrap a row of ret_train may be there several times. */
hone_status hn_cuts_take(hone_ctx *ctx, hn_arena *arena, const hn_cuts *cuts, int64_t i,
                         hn_rows *ret_train, hn_rows *ret_test) HONE_MUST_CHECK;
/* Of parts by time, in place: rows of each but the last that lie at least how->gap before the next part's first and,
 * with keys->until, whose outcome was known by then. Returns how many rows are left out. */
int64_t hn_parts_purge(const hn_split_keys *keys, const hn_splitting *how, hn_rows *parts,
                       int n_parts);

#endif
