/* cuts.c - pairs of rows to learn from and rows to test with: cross-validation of every kind; see split.h.
 *
 * A pair is made when it is asked for, as a function of keys, seed and its number: leaving out one row of a
 * million takes no million lists. */
#include "num/sort.h"
#include "table/split_parts.h"
#include <assert.h>
#include <math.h>

/* ---- combinations ---------------------------------------------------------------------------- */

/* Ways to choose p of m; INT64_MAX stands for more. */
static int64_t choose(int64_t m, int64_t p) {
    unsigned __int128 ways = 1;
    if (p > m - p) p = m - p;
    for (int64_t j = 1; j <= p; j++) {
        ways = ways * (unsigned __int128)(m - p + j) / (unsigned __int128)j;
        if (ways >= INT64_MAX) return INT64_MAX;
    }
    return (int64_t)ways;
}

/* Combination number i of p of m in lexicographic order, ascending. */
static void unrank(int64_t i, int64_t m, int64_t p, int64_t *ret_items) {
    int64_t next = 0;
    if (p == 1) {
        ret_items[0] = i;
        return;
    }
    for (int64_t j = 0; j < p; j++) {
        for (int64_t ways; i >= (ways = choose(m - next - 1, p - j - 1)); next++) i -= ways;
        ret_items[j] = next++;
    }
}

/* ---- making ---------------------------------------------------------------------------------- */

static hone_status too_few(hone_ctx *ctx, const hn_cuts *cuts, int64_t wanted) {
    const char *what = cuts->keys.group != NULL ? "groups" : "rows";
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "folds"),
                      "%lld %s are too few for %lld folds; take fewer folds",
                      (long long)cuts->n_units, what, (long long)wanted);
}

static hone_status number_keys(hone_ctx *ctx, hn_arena *arena, hn_cuts *cuts) {
    int64_t *classes, *units, n = cuts->n_rows;
    cuts->n_classes = 1;
    cuts->n_units = n;
    if (cuts->keys.strata != NULL) {
        HN_TRY(HN_NEW(ctx, arena, classes, n + 1));
        HN_TRY(hn_ordinals_f64(ctx, cuts->keys.strata, n, classes, &cuts->n_classes));
        cuts->classes = classes;
    }
    if (cuts->keys.group == NULL) return HONE_OK;
    HN_TRY(HN_NEW(ctx, arena, units, n + 1));
    HN_TRY(hn_ordinals_i64(ctx, cuts->keys.group, n, units, &cuts->n_units));
    cuts->units = units;
    return HONE_OK;
}

/* Tests by number; rows of none are unit -1. */
static hone_status number_parts(hone_ctx *ctx, hn_arena *arena, hn_cuts *cuts) {
    int64_t *units, *known, n_known = 0, n = cuts->n_rows;
    double *keys;
    HN_TRY(HN_NEW(ctx, arena, units, n + 1));
    cuts->units = units;
    HN_SCRATCH(ctx);
    HN_TRY(HN_SCRATCH_NEW(ctx, known, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, keys, n + 1));
    for (int64_t i = 0; i < n; i++)
        if (cuts->keys.part[i] >= 0) keys[n_known++] = (double)cuts->keys.part[i];
    HN_TRY(hn_ordinals_f64(ctx, keys, n_known, known, &cuts->n_units));
    for (int64_t i = 0, k = 0; i < n; i++) units[i] = cuts->keys.part[i] >= 0 ? known[k++] : -1;
    cuts->n = cuts->n_units;
    if (cuts->n > 0) return HONE_OK;
    return hn_fail(ctx, HONE_ERROR_DATA, "no row is in any test: all parts are below 0");
}

static hone_status make_folds(hone_ctx *ctx, hn_cuts *cuts) {
    const hn_splitting *how = &cuts->how;
    if (how->folds < 2 || how->folds > INT32_MAX)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "folds"),
                          "%lld folds: there must be 2 at least", (long long)how->folds);
    if (cuts->n_units < how->folds) return too_few(ctx, cuts, how->folds);
    cuts->n = how->folds * how->repeats;
    return HONE_OK;
}

static hone_status make_leave_out(hone_ctx *ctx, hn_cuts *cuts) {
    int64_t p = cuts->how.leave_out;
    const char *what = cuts->keys.group != NULL ? "groups" : "rows";
    if (p < 1 || cuts->n_units <= p)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "leave_out"),
                          "of %lld %s none stays to learn from where %lld are left out",
                          (long long)cuts->n_units, what, (long long)p);
    cuts->n = choose(cuts->n_units, p);
    if (cuts->n < INT64_MAX) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "leave_out"),
                      "there are too many ways to leave %lld of %lld %s out; leave out fewer",
                      (long long)p, (long long)cuts->n_units, what);
}

/* Where the tests begin. */
static hone_status make_walk(hone_ctx *ctx, hn_arena *arena, hn_cuts *cuts) {
    int64_t n = cuts->n_rows, k = cuts->how.folds, *order, *ends, *places;
    double *begins, *numbers;
    if (k < 1 || k >= n) return too_few(ctx, cuts, k);
    int64_t size = cuts->how.test_rows > 0 ? cuts->how.test_rows : n / (k + 1);
    if (size > (n - 1) / k)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "test_rows"),
                          "%lld tests of %lld rows leave none of %lld rows to learn from",
                          (long long)k, (long long)size, (long long)n);
    cuts->time = cuts->keys.time;
    if (cuts->time == NULL) {
        HN_TRY(HN_NEW(ctx, arena, numbers, n + 1));
        for (int64_t i = 0; i < n; i++) numbers[i] = (double)i;
        cuts->time = numbers;
    }
    HN_TRY(HN_NEW(ctx, arena, begins, k + 1));
    HN_SCRATCH(ctx);
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, ends, k + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, places, k + 1));
    for (int64_t f = 0; f <= k; f++) places[f] = n - (k - f) * size;
    HN_TRY(hn_cut_time(ctx, n, cuts->time, places, (int)k + 1, order, ends));
    for (int64_t f = 0; f < k; f++) begins[f] = cuts->time[order[ends[f]]];
    begins[k] = (double)INFINITY;
    cuts->begins = begins;
    cuts->n = k;
    return HONE_OK;
}

static hone_status make_draws(hone_ctx *ctx, hn_cuts *cuts) {
    const hn_splitting *how = &cuts->how;
    if (how->cross == HN_CROSS_SHUFFLE && how->held_out + how->learned > 1 + 1e-9)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "learned"),
                          "shares of %g to learn from and %g held out are more than all rows",
                          how->learned, how->held_out);
    if (cuts->n_units < 2) return too_few(ctx, cuts, 2);
    cuts->n = how->folds;
    return HONE_OK;
}

hone_status hn_cuts_make(hone_ctx *ctx, hn_arena *arena, int64_t n_rows, const hn_split_keys *keys,
                         const hn_splitting *how, uint64_t seed, hn_cuts *ret_cuts) {
    hn_cuts cuts = {.n_rows = n_rows, .how = *how, .keys = *keys, .seed = seed};
    if (cuts.how.cross == HN_CROSS_AUTO)
        cuts.how.cross = keys->time != NULL ? HN_CROSS_WALK : HN_CROSS_FOLDS;
    if (keys->time != NULL && cuts.how.cross != HN_CROSS_WALK)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "cross"),
                          "rows by time are walked through: set cross to walk_forward, or cut "
                          "them another way than by time");
    if (keys->part != NULL) {
        cuts.how.cross = HN_CROSS_LEAVE_OUT;
        cuts.how.leave_out = 1;
        HN_TRY(number_parts(ctx, arena, &cuts));
        *ret_cuts = cuts;
        return HONE_OK;
    }
    HN_TRY(number_keys(ctx, arena, &cuts));
    switch ((hn_cross)cuts.how.cross) {
    case HN_CROSS_WALK: HN_TRY(make_walk(ctx, arena, &cuts)); break;
    case HN_CROSS_LEAVE_OUT: HN_TRY(make_leave_out(ctx, &cuts)); break;
    case HN_CROSS_SHUFFLE:
    case HN_CROSS_BOOTSTRAP: HN_TRY(make_draws(ctx, &cuts)); break;
    case HN_CROSS_AUTO:
    case HN_CROSS_FOLDS: HN_TRY(make_folds(ctx, &cuts)); break;
    }
    *ret_cuts = cuts;
    return HONE_OK;
}

/* ---- taking ---------------------------------------------------------------------------------- */

/* The rows marked 1 are the test, those marked 0 are learned from; others are in neither. */
static hone_status list_pair(hone_ctx *ctx, hn_arena *arena, const hn_cuts *cuts,
                             const int32_t *part, hn_rows *ret_train, hn_rows *ret_test) {
    hn_rows pair[2];
    HN_TRY(hn_list_parts(ctx, arena, cuts->n_rows, part, 2, pair));
    *ret_train = pair[0];
    *ret_test = pair[1];
    return HONE_OK;
}

static uint64_t seed_of(const hn_cuts *cuts, const char *what, int64_t i) {
    return i == 0 ? cuts->seed : hn_rng_at(cuts->seed, hn_stream(what, (uint64_t)i), 0);
}

static hone_status deal(hone_ctx *ctx, const hn_cuts *cuts, const double *ratios, int n_parts,
                        bool even, uint64_t seed, int32_t *part) {
    if (cuts->keys.group != NULL)
        return hn_deal_groups(ctx, cuts->n_rows, cuts->units, cuts->n_units, cuts->classes,
                              cuts->n_classes, ratios, n_parts, even || cuts->classes != NULL, seed,
                              part);
    return hn_deal_rows(ctx, cuts->n_rows, cuts->classes, cuts->n_classes, ratios, n_parts, seed,
                        part);
}

static hone_status take_fold(hone_ctx *ctx, const hn_cuts *cuts, int64_t i, int32_t *part) {
    int k = (int)cuts->how.folds, fold = (int)(i % k);
    double *ratios;
    HN_SCRATCH(ctx);
    HN_TRY(HN_SCRATCH_NEW(ctx, ratios, k));
    for (int f = 0; f < k; f++) ratios[f] = 1.0 / k;
    if (cuts->how.shuffle)
        HN_TRY(deal(ctx, cuts, ratios, k, true, seed_of(cuts, "split.repeat", i / k), part));
    else
        HN_TRY(hn_deal_still(ctx, cuts->n_rows, cuts->keys.group ? cuts->units : NULL,
                             cuts->n_units, cuts->classes, cuts->n_classes, k, part));
    for (int64_t row = 0; row < cuts->n_rows; row++) part[row] = part[row] == fold;
    return HONE_OK;
}

static hone_status take_left_out(hone_ctx *ctx, const hn_cuts *cuts, int64_t i, int32_t *part) {
    int64_t p = cuts->how.leave_out, *out;
    uint8_t *is_out;
    HN_SCRATCH(ctx);
    HN_TRY(HN_SCRATCH_NEW(ctx, out, p));
    HN_TRY(HN_SCRATCH_NEW(ctx, is_out, cuts->n_units));
    unrank(i, cuts->n_units, p, out);
    for (int64_t j = 0; j < p; j++) is_out[out[j]] = 1;
    for (int64_t row = 0; row < cuts->n_rows; row++) {
        int64_t unit = cuts->units != NULL ? cuts->units[row] : row;
        part[row] = unit >= 0 && is_out[unit];
    }
    return HONE_OK;
}

static bool is_before(const hn_split_keys *keys, const hn_splitting *how, const double *time,
                      int64_t row, double begin) {
    return time[row] < begin - how->gap && (keys->until == NULL || keys->until[row] < begin);
}

static hone_status take_walk(hone_ctx *ctx, const hn_cuts *cuts, int64_t i, int32_t *part) {
    const hn_splitting *how = &cuts->how;
    double begin = cuts->begins[i], end = cuts->begins[i + 1];
    double first = how->window > 0 ? begin - how->gap - how->window : -(double)INFINITY;
    int64_t learned = 0;
    for (int64_t row = 0; row < cuts->n_rows; row++) {
        double time = cuts->time[row];
        bool tested = time >= begin && time < end;
        bool barred = time < first || !is_before(&cuts->keys, how, cuts->time, row, begin);
        for (int64_t f = 1; f <= i && !barred && how->embargo > 0; f++)
            barred = time >= cuts->begins[f] && time < cuts->begins[f] + how->embargo;
        part[row] = tested ? 1 : barred ? -1 : 0;
        learned += part[row] == 0;
    }
    if (learned > 0) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "gap"),
                      "test %lld of %lld has no row before it to learn from; take fewer folds, a "
                      "shorter gap or a longer window",
                      (long long)i + 1, (long long)cuts->n);
}

static hone_status take_shuffled(hone_ctx *ctx, const hn_cuts *cuts, int64_t i, int32_t *part) {
    const hn_splitting *how = &cuts->how;
    double rest = how->learned > 0 ? 1 - how->learned - how->held_out : 0;
    int n_parts = rest > 1e-9 ? 3 : 2;
    double ratios[] = {1 - how->held_out - (n_parts > 2 ? rest : 0), how->held_out, rest};
    HN_TRY(deal(ctx, cuts, ratios, n_parts, false, seed_of(cuts, "split.draw", i), part));
    for (int64_t row = 0; row < cuts->n_rows; row++)
        if (part[row] == 2) part[row] = -1;
    return HONE_OK;
}

/* As many draws of each class as it has rows; groups are drawn whole. */
static hone_status take_bootstrap(hone_ctx *ctx, hn_arena *arena, const hn_cuts *cuts, int64_t i,
                                  hn_rows *ret_train, hn_rows *ret_test) {
    HN_SCRATCH(ctx);
    int64_t *times, *begin, *sorted, n = cuts->n_rows;
    bool grouped = cuts->keys.group != NULL;
    const int64_t *classes = grouped ? NULL : cuts->classes;
    int64_t n_classes = classes != NULL ? cuts->n_classes : 1;
    HN_TRY(HN_SCRATCH_NEW(ctx, times, cuts->n_units + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, begin, n_classes + 2));
    HN_TRY(HN_SCRATCH_NEW(ctx, sorted, cuts->n_units + 1));
    for (int64_t u = 0; u < cuts->n_units; u++) begin[(classes ? classes[u] : 0) + 2]++;
    for (int64_t c = 2; c <= n_classes; c++) begin[c] += begin[c - 1];
    for (int64_t u = 0; u < cuts->n_units; u++) sorted[begin[(classes ? classes[u] : 0) + 1]++] = u;
    hn_rng rng = hn_rng_make(cuts->seed, hn_stream("split.bootstrap", (uint64_t)i));
    for (int64_t c = 0; c < n_classes; c++)
        for (int64_t j = begin[c]; j < begin[c + 1]; j++)
            times[sorted[begin[c] + hn_rng_below(&rng, begin[c + 1] - begin[c])]]++;
    hn_rows train = {0}, test = {0};
    for (int64_t row = 0; row < n; row++) {
        int64_t drawn = times[grouped ? cuts->units[row] : row];
        train.n += drawn;
        test.n += drawn == 0;
    }
    if (test.n == 0)
        return hn_fail(ctx, HONE_ERROR_DATA,
                       "a draw of %lld took all of them, so none is left to test with; use more "
                       "rows, or folds",
                       (long long)cuts->n_units);
    HN_TRY(HN_NEW(ctx, arena, train.rows, train.n));
    HN_TRY(HN_NEW(ctx, arena, test.rows, test.n));
    train.n = test.n = 0;
    for (int64_t row = 0; row < n; row++) {
        int64_t drawn = times[grouped ? cuts->units[row] : row];
        for (int64_t j = 0; j < drawn; j++) train.rows[train.n++] = row;
        if (drawn == 0) test.rows[test.n++] = row;
    }
    *ret_train = train;
    *ret_test = test;
    return HONE_OK;
}

hone_status hn_cuts_take(hone_ctx *ctx, hn_arena *arena, const hn_cuts *cuts, int64_t i,
                         hn_rows *ret_train, hn_rows *ret_test) {
    assert(i >= 0 && i < cuts->n);
    if (cuts->how.cross == HN_CROSS_BOOTSTRAP)
        return take_bootstrap(ctx, arena, cuts, i, ret_train, ret_test);
    int32_t *part;
    HN_TRY(HN_NEW(ctx, arena, part, cuts->n_rows + 1));
    switch ((hn_cross)cuts->how.cross) {
    case HN_CROSS_WALK: HN_TRY(take_walk(ctx, cuts, i, part)); break;
    case HN_CROSS_LEAVE_OUT: HN_TRY(take_left_out(ctx, cuts, i, part)); break;
    case HN_CROSS_SHUFFLE: HN_TRY(take_shuffled(ctx, cuts, i, part)); break;
    default: HN_TRY(take_fold(ctx, cuts, i, part)); break;
    }
    return list_pair(ctx, arena, cuts, part, ret_train, ret_test);
}

static double first_time(const double *time, const hn_rows *rows) {
    double first = (double)INFINITY;
    for (int64_t i = 0; i < rows->n; i++)
        if (time[rows->rows[i]] < first) first = time[rows->rows[i]];
    return first;
}

int64_t hn_parts_purge(const hn_split_keys *keys, const hn_splitting *how, hn_rows *parts,
                       int n_parts) {
    int64_t purged = 0;
    if (keys->time == NULL || (how->gap == 0 && keys->until == NULL)) return 0;
    for (int p = 0; p < n_parts; p++) {
        int next = p + 1;
        while (next < n_parts && parts[next].n == 0) next++;
        if (next >= n_parts) break;
        double begin = first_time(keys->time, &parts[next]);
        int64_t kept = 0;
        for (int64_t i = 0; i < parts[p].n; i++)
            if (is_before(keys, how, keys->time, parts[p].rows[i], begin))
                parts[p].rows[kept++] = parts[p].rows[i];
        purged += parts[p].n - kept;
        parts[p].n = kept;
    }
    return purged;
}
