/* split_groups.c - rows that must stay together: groups dealt out to parts one after the other.
 *
 * Each group goes where it brings the counts per class nearest to what that part should have (squared
 * distance, each class weighted by its rarity; as in scikit-learn's StratifiedGroupKFold, but to given
 * ratios). No part stays empty while there are enough groups. */
#include "table/split_parts.h"

#include "num/sort.h"

#include <assert.h>
#include <math.h>

hone_status hn_ordinals_f64(hone_ctx *ctx, const double *keys, int64_t n, int64_t *ret_ordinals,
                            int64_t *ret_count) {
    HN_SCRATCH(ctx);
    int64_t *order, next = -1;
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n + 1));
    HN_TRY(hn_argsort_f64(ctx, keys, n, order));
    for (int64_t i = 0; i < n; i++) {
        double key = keys[order[i]], before = i ? keys[order[i - 1]] : 0;
        if (i == 0 || !(key == before || (isnan(key) && isnan(before)))) next++;
        ret_ordinals[order[i]] = next;
    }
    *ret_count = next + 1;
    return HONE_OK;
}

/* Order by key: stable sorts by the lower, then by the upper half, which doubles hold exactly. */
static hone_status argsort_i64(hone_ctx *ctx, const int64_t *keys, int64_t n, int64_t *ret_order) {
    HN_SCRATCH(ctx);
    double *half;
    int64_t *by_low, *by_high;
    HN_TRY(HN_SCRATCH_NEW(ctx, half, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, by_low, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, by_high, n + 1));
    for (int64_t i = 0; i < n; i++) half[i] = (double)((uint64_t)keys[i] & UINT32_MAX);
    HN_TRY(hn_argsort_f64(ctx, half, n, by_low));
    for (int64_t i = 0; i < n; i++) half[i] = (double)(keys[by_low[i]] >> 32);
    HN_TRY(hn_argsort_f64(ctx, half, n, by_high));
    for (int64_t i = 0; i < n; i++) ret_order[i] = by_low[by_high[i]];
    return HONE_OK;
}

hone_status hn_ordinals_i64(hone_ctx *ctx, const int64_t *keys, int64_t n, int64_t *ret_ordinals,
                            int64_t *ret_count) {
    HN_SCRATCH(ctx);
    int64_t *order, next = -1;
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n + 1));
    HN_TRY(argsort_i64(ctx, keys, n, order));
    for (int64_t i = 0; i < n; i++) {
        if (i == 0 || keys[order[i]] != keys[order[i - 1]]) next++;
        ret_ordinals[order[i]] = next;
    }
    *ret_count = next + 1;
    return HONE_OK;
}

typedef struct deal {
    int64_t *begin;    /* [n_groups + 1] where a group's rows begin in rows */
    int64_t *rows;     /* [n] by group */
    int64_t *order;    /* [n_groups] in which they are dealt */
    double *lacking;   /* [n_parts, n_classes] rows still wanted; negative: too many */
    double *rarity;    /* [n_classes] */
    int64_t *taken;    /* [n_parts] groups so far */
    int64_t *in_group; /* [n_classes] counts of the group at hand */
} deal;

static hone_status sort_rows(hone_ctx *ctx, deal *d, int64_t n, const int64_t *groups,
                             int64_t n_groups) {
    HN_TRY(HN_SCRATCH_NEW(ctx, d->begin, n_groups + 2));
    HN_TRY(HN_SCRATCH_NEW(ctx, d->rows, n + 1));
    for (int64_t i = 0; i < n; i++) d->begin[groups[i] + 2]++;
    for (int64_t g = 2; g <= n_groups; g++) d->begin[g] += d->begin[g - 1];
    for (int64_t i = 0; i < n; i++) d->rows[d->begin[groups[i] + 1]++] = i;
    return HONE_OK;
}

static hone_status order_groups(hone_ctx *ctx, deal *d, int64_t n_groups, bool largest_first,
                                uint64_t seed) {
    HN_TRY(HN_SCRATCH_NEW(ctx, d->order, n_groups + 1));
    for (int64_t g = 0; g < n_groups; g++) d->order[g] = g;
    hn_rng rng = hn_rng_make(seed, hn_stream("split.groups", 0));
    hn_rng_shuffle(&rng, d->order, n_groups);
    if (!largest_first) return HONE_OK;
    double *sizes;
    int64_t *shuffled, *by_size;
    HN_TRY(HN_SCRATCH_NEW(ctx, sizes, n_groups + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, shuffled, n_groups + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, by_size, n_groups + 1));
    for (int64_t i = 0; i < n_groups; i++) {
        shuffled[i] = d->order[i];
        sizes[i] = -(double)(d->begin[shuffled[i] + 1] - d->begin[shuffled[i]]);
    }
    HN_TRY(hn_argsort_f64(ctx, sizes, n_groups, by_size));
    for (int64_t i = 0; i < n_groups; i++) d->order[i] = shuffled[by_size[i]];
    return HONE_OK;
}

static hone_status set_targets(hone_ctx *ctx, deal *d, int64_t n, const int64_t *classes,
                               int64_t n_classes, const double *ratios, int n_parts) {
    HN_TRY(HN_SCRATCH_NEW(ctx, d->lacking, n_classes * n_parts));
    HN_TRY(HN_SCRATCH_NEW(ctx, d->rarity, n_classes));
    HN_TRY(HN_SCRATCH_NEW(ctx, d->in_group, n_classes));
    HN_TRY(HN_SCRATCH_NEW(ctx, d->taken, n_parts));
    for (int64_t i = 0; i < n; i++) d->rarity[classes ? classes[i] : 0] += 1;
    for (int64_t c = 0; c < n_classes; c++) {
        for (int p = 0; p < n_parts; p++) d->lacking[p * n_classes + c] = d->rarity[c] * ratios[p];
        d->rarity[c] = d->rarity[c] > 0 ? 1 / d->rarity[c] : 0;
    }
    return HONE_OK;
}

/* The part that a group of the counted classes brings nearest to what it should have. */
static int best_part(const deal *d, int64_t n_classes, int n_parts, bool only_empty) {
    int best = -1;
    double best_gain = 0;
    for (int p = 0; p < n_parts; p++) {
        if (only_empty && d->taken[p] > 0) continue;
        double gain = 0;
        for (int64_t c = 0; c < n_classes; c++)
            gain += (double)d->in_group[c] * d->lacking[p * n_classes + c] * d->rarity[c];
        if (best >= 0 && gain <= best_gain) continue;
        best = p;
        best_gain = gain;
    }
    return best;
}

hone_status hn_deal_groups(hone_ctx *ctx, int64_t n, const int64_t *groups, int64_t n_groups,
                           const int64_t *classes, int64_t n_classes, const double *ratios,
                           int n_parts, bool largest_first, uint64_t seed, int32_t *ret_part) {
    HN_SCRATCH(ctx);
    deal d = {.begin = NULL};
    if (n_groups < n_parts)
        return hn_fail(ctx, HONE_ERROR_DATA,
                       "%lld groups cannot be split into %d parts; ask for fewer parts",
                       (long long)n_groups, n_parts);
    if (classes == NULL) n_classes = 1;
    HN_TRY(sort_rows(ctx, &d, n, groups, n_groups));
    HN_TRY(order_groups(ctx, &d, n_groups, largest_first, seed));
    HN_TRY(set_targets(ctx, &d, n, classes, n_classes, ratios, n_parts));
    int64_t empty = n_parts;
    for (int64_t k = 0; k < n_groups; k++) {
        int64_t begin = d.begin[d.order[k]], end = d.begin[d.order[k] + 1];
        for (int64_t i = begin; i < end; i++) d.in_group[classes ? classes[d.rows[i]] : 0]++;
        int part = best_part(&d, n_classes, n_parts, n_groups - k == empty);
        assert(part >= 0);
        empty -= d.taken[part]++ == 0;
        for (int64_t i = begin; i < end; i++) {
            int64_t c = classes ? classes[d.rows[i]] : 0;
            ret_part[d.rows[i]] = part;
            d.lacking[part * n_classes + c] -= 1;
            d.in_group[c] = 0;
        }
        HN_TRY(hn_check_cancel(ctx));
    }
    return HONE_OK;
}
