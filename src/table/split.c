/* split.c - rows into training, validation and test parts, and into folds; see split.h.
 *
 * How many rows a part gets is settled first (largest remainders), then which: within each class in
 * the order of a shuffle that depends on seed and class alone. Parts are listed in ascending order. */
#include "table/split.h"

#include "num/sort.h"
#include "table/split_parts.h"

#include <assert.h>
#include <math.h>

/* Whole numbers that sum to total and are nearest to shares: each rounded down, what is left goes to
 * the largest remainders (the first of equals). room [n], or NULL, limits how many are added to one. */
static void round_shares(const double *ratios, int n, int64_t total, int64_t *room,
                         int64_t *ret_counts) {
    int64_t left = total;
    for (int p = 0; p < n; p++) {
        /* 0.3 * 10 must give 3 although it is slightly less. */
        ret_counts[p] = (int64_t)floor(ratios[p] * (double)total + 1e-9 * (double)(total + 1));
        left -= ret_counts[p];
    }
    for (; left < 0; left++) {
        int worst = 0; /* ratios that sum to a trifle more than 1 */
        for (int p = 1; p < n; p++)
            if (ret_counts[p] > ret_counts[worst]) worst = p;
        ret_counts[worst]--;
    }
    for (; left > 0; left--) {
        int best = -1;
        double best_share = 0;
        for (int p = 0; p < n; p++) {
            double share = ratios[p] * (double)total - (double)ret_counts[p];
            if (room && room[p] <= 0) share -= 1e6; /* only where no other has room */
            if (best < 0 || share > best_share + 1e-9) {
                best = p;
                best_share = share;
            }
        }
        ret_counts[best]++;
        if (room) room[best]--;
    }
}

hone_status hn_list_parts(hone_ctx *ctx, hn_arena *arena, int64_t n, const int32_t *part,
                          int n_parts, hn_rows *ret_parts) {
    HN_SCRATCH(ctx);
    hn_rows *parts;
    HN_TRY(HN_SCRATCH_NEW(ctx, parts, n_parts));
    for (int64_t i = 0; i < n; i++)
        if (part[i] >= 0) parts[part[i]].n++;
    for (int p = 0; p < n_parts; p++) {
        if (parts[p].n == 0)
            return hn_fail(
                ctx, HONE_ERROR_DATA,
                "%lld rows leave part %d of %d empty; use more rows, fewer parts or a larger "
                "share",
                (long long)n, p + 1, n_parts);
        HN_TRY(HN_NEW(ctx, arena, parts[p].rows, parts[p].n));
        parts[p].n = 0;
    }
    for (int64_t i = 0; i < n; i++)
        if (part[i] >= 0) parts[part[i]].rows[parts[part[i]].n++] = i;
    for (int p = 0; p < n_parts; p++) ret_parts[p] = parts[p];
    return HONE_OK;
}

/* ---- at random, by class --------------------------------------------------------------------- */

/* What the parts get in all, less what every class gives them for sure, is the room for the rest; so the totals come
 * out exact as well. False where a class of few rows then gives one part more than its share and a row. */
static bool count_exactly(const double *ratios, int n_parts, int64_t n, const int64_t *begin,
                          int64_t n_classes, int64_t *room, int64_t *counts) {
    bool near = true;
    round_shares(ratios, n_parts, n, NULL, room);
    for (int64_t c = 0; c < n_classes; c++)
        for (int p = 0; p < n_parts; p++) {
            double total = (double)(begin[c + 1] - begin[c]);
            room[p] -= (int64_t)floor(ratios[p] * total + 1e-9 * (total + 1));
        }
    for (int64_t c = 0; c < n_classes; c++) {
        int64_t size = begin[c + 1] - begin[c];
        round_shares(ratios, n_parts, size, room, counts + c * n_parts);
        for (int p = 0; p < n_parts; p++)
            near &= (double)counts[c * n_parts + p] < ratios[p] * (double)size + 1 + 1e-9;
    }
    return near;
}

/* Each class by itself, or, to parts of one size, where the class before has left off: totals are exact then too. */
static void count_nearly(const double *ratios, int n_parts, const int64_t *begin, int64_t n_classes,
                         int64_t *counts) {
    bool even = true;
    for (int p = 1; p < n_parts; p++) even &= ratios[p] == ratios[0];
    for (int64_t c = 0; c < n_classes; c++) {
        int64_t size = begin[c + 1] - begin[c], *own = counts + c * n_parts;
        round_shares(ratios, n_parts, size, NULL, own);
        for (int p = 0; even && p < n_parts; p++) {
            int64_t first = (p - begin[c] % n_parts + n_parts) % n_parts;
            own[p] = first < size ? (size - first + n_parts - 1) / n_parts : 0;
        }
    }
}

hone_status hn_deal_rows(hone_ctx *ctx, int64_t n, const int64_t *classes, int64_t n_classes,
                         const double *ratios, int n_parts, uint64_t seed, int32_t *part) {
    HN_SCRATCH(ctx);
    int64_t *begin, *rows, *room, *counts;
    HN_TRY(HN_SCRATCH_NEW(ctx, begin, n_classes + 2));
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, room, n_parts));
    HN_TRY(HN_SCRATCH_NEW(ctx, counts, n_classes * n_parts));
    for (int64_t i = 0; i < n; i++) begin[(classes ? classes[i] : 0) + 2]++;
    for (int64_t c = 2; c <= n_classes; c++) begin[c] += begin[c - 1];
    for (int64_t i = 0; i < n; i++) rows[begin[(classes ? classes[i] : 0) + 1]++] = i;

    if (!count_exactly(ratios, n_parts, n, begin, n_classes, room, counts))
        count_nearly(ratios, n_parts, begin, n_classes, counts);
    for (int64_t c = 0; c < n_classes; c++) {
        int64_t size = begin[c + 1] - begin[c];
        hn_rng rng = hn_rng_make(seed, hn_stream("split.rows", (uint64_t)c));
        hn_rng_shuffle(&rng, rows + begin[c], size);
        int64_t at = begin[c];
        for (int p = 0; p < n_parts; p++)
            for (int64_t k = 0; k < counts[c * n_parts + p]; k++) part[rows[at++]] = p;
        assert(at == begin[c + 1]);
    }
    return HONE_OK;
}

/* ---- by time --------------------------------------------------------------------------------- */

hone_status hn_cut_time(hone_ctx *ctx, int64_t n, const double *time, const int64_t *places,
                        int n_parts, int64_t *order, int64_t *ends) {
    for (int64_t i = 0; i < n; i++)
        if (isnan(time[i]))
            return hn_fail_at(ctx, HONE_ERROR_DATA, (hn_where){.row = i},
                              "row %lld has no time; fill it or leave the row out to split by time",
                              (long long)i + 1);
    HN_TRY(hn_argsort_f64(ctx, time, n, order));
    for (int p = 0; p < n_parts; p++) {
        int64_t wanted = p + 1 == n_parts ? n : places[p];
        int64_t down = wanted < n ? wanted : n, up = down;
        while (down > 0 && down < n && time[order[down]] == time[order[down - 1]]) down--;
        while (up > 0 && up < n && time[order[up]] == time[order[up - 1]]) up++;
        int64_t before = p ? ends[p - 1] : 0;
        ends[p] = (wanted - down <= up - wanted && down > before) ? down : up;
        if (ends[p] <= before)
            return hn_fail(
                ctx, HONE_ERROR_DATA,
                "%lld rows leave part %d of %d empty when split by time (equal times stay "
                "together); use fewer parts",
                (long long)n, p + 1, n_parts);
    }
    return HONE_OK;
}

static hone_status split_time(hone_ctx *ctx, hn_arena *arena, int64_t n, const double *time,
                              const double *ratios, int n_parts, hn_rows *ret_parts) {
    HN_SCRATCH(ctx);
    int64_t *order, *ends, *places;
    double share = 0;
    hn_rows *parts;
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, ends, n_parts));
    HN_TRY(HN_SCRATCH_NEW(ctx, places, n_parts));
    HN_TRY(HN_SCRATCH_NEW(ctx, parts, n_parts));
    for (int p = 0; p < n_parts; p++) {
        share += ratios[p];
        places[p] = (int64_t)llround(share * (double)n);
    }
    HN_TRY(hn_cut_time(ctx, n, time, places, n_parts, order, ends));
    for (int p = 0; p < n_parts; p++) {
        int64_t begin = p ? ends[p - 1] : 0;
        parts[p].n = ends[p] - begin;
        HN_TRY(HN_NEW(ctx, arena, parts[p].rows, parts[p].n));
        for (int64_t i = begin; i < ends[p]; i++) parts[p].rows[i - begin] = order[i];
    }
    for (int p = 0; p < n_parts; p++) ret_parts[p] = parts[p];
    return HONE_OK;
}

/* ---- entries --------------------------------------------------------------------------------- */

static hone_status split(hone_ctx *ctx, hn_arena *arena, int64_t n, const hn_split_keys *keys,
                         const double *ratios, int n_parts, bool even, uint64_t seed,
                         hn_rows *ret_parts) {
    static const hn_split_keys none = {0};
    if (keys == NULL) keys = &none;
    if (keys->time && (keys->group || keys->strata))
        return hn_fail(ctx, HONE_ERROR_USAGE,
                       "a split by time knows no groups and no strata; leave one of them out");
    if (n < n_parts)
        return hn_fail(ctx, HONE_ERROR_DATA,
                       "%lld row%s cannot be split into %d parts; use more rows or fewer parts",
                       (long long)n, n == 1 ? "" : "s", n_parts);
    if (keys->time) return split_time(ctx, arena, n, keys->time, ratios, n_parts, ret_parts);

    HN_SCRATCH(ctx);
    int32_t *part;
    int64_t *classes = NULL, *groups = NULL, n_classes = 1, n_groups = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, part, n + 1));
    if (keys->strata) {
        HN_TRY(HN_SCRATCH_NEW(ctx, classes, n + 1));
        HN_TRY(hn_ordinals_f64(ctx, keys->strata, n, classes, &n_classes));
    }
    if (keys->group) {
        HN_TRY(HN_SCRATCH_NEW(ctx, groups, n + 1));
        HN_TRY(hn_ordinals_i64(ctx, keys->group, n, groups, &n_groups));
        HN_TRY(hn_deal_groups(ctx, n, groups, n_groups, classes, n_classes, ratios, n_parts,
                              even || classes, seed, part));
    } else {
        HN_TRY(hn_deal_rows(ctx, n, classes, n_classes, ratios, n_parts, seed, part));
    }
    return hn_list_parts(ctx, arena, n, part, n_parts, ret_parts);
}

hone_status hn_split_ratios(hone_ctx *ctx, hn_arena *arena, int64_t n, const hn_split_keys *keys,
                            const double *ratios, int n_parts, uint64_t seed, hn_rows *ret_parts) {
    double sum = 0;
    for (int p = 0; p < n_parts; p++) {
        if (!(ratios[p] > 0 && ratios[p] <= 1))
            return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "ratios"),
                              "share %g of part %d is not in (0, 1]", ratios[p], p + 1);
        sum += ratios[p];
    }
    if (n_parts < 1 || fabs(sum - 1) > 1e-9)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "ratios"),
                          "the shares of the parts sum to %.12g, not to 1", sum);
    return split(ctx, arena, n, keys, ratios, n_parts, false, seed, ret_parts);
}

hone_status hn_split_folds(hone_ctx *ctx, hn_arena *arena, int64_t n, const hn_split_keys *keys,
                           int k, uint64_t seed, hn_rows *ret_folds) {
    if (k < 2)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "folds"),
                          "%d fold%s: there must be 2 at least", k, k == 1 ? "" : "s");
    HN_SCRATCH(ctx);
    bool time = keys && keys->time;
    int n_parts = k + time;
    double *ratios;
    hn_rows *parts;
    HN_TRY(HN_SCRATCH_NEW(ctx, ratios, n_parts));
    HN_TRY(HN_SCRATCH_NEW(ctx, parts, n_parts));
    for (int p = 0; p < n_parts; p++) ratios[p] = 1.0 / n_parts;
    HN_TRY(split(ctx, arena, n, keys, ratios, n_parts, true, seed, parts));
    for (int p = 0; p < k; p++) ret_folds[p] = parts[p + time];
    return HONE_OK;
}

hone_status hn_rows_before(hone_ctx *ctx, hn_arena *arena, int64_t n, const double *time,
                           hn_rows fold, hn_rows *ret_rows) {
    HN_SCRATCH(ctx);
    double first = (double)INFINITY;
    for (int64_t i = 0; i < fold.n; i++)
        if (time[fold.rows[i]] < first) first = time[fold.rows[i]];
    int64_t *order;
    hn_rows before = {.n = 0};
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n + 1));
    HN_TRY(hn_argsort_f64(ctx, time, n, order));
    while (before.n < n && time[order[before.n]] < first) before.n++;
    HN_TRY(HN_NEW(ctx, arena, before.rows, before.n + 1));
    for (int64_t i = 0; i < before.n; i++) before.rows[i] = order[i];
    *ret_rows = before;
    return HONE_OK;
}

hone_status hn_rows_except(hone_ctx *ctx, hn_arena *arena, int64_t n, hn_rows part,
                           hn_rows *ret_rest) {
    hn_rows rest = {.n = 0};
    HN_TRY(HN_NEW(ctx, arena, rest.rows, n - part.n + 1));
    int64_t next = 0;
    for (int64_t i = 0; i < n; i++) {
        if (next < part.n && part.rows[next] == i)
            next++;
        else
            rest.rows[rest.n++] = i;
    }
    assert(next == part.n);
    *ret_rest = rest;
    return HONE_OK;
}
