/* auto_promise.c - which candidates are worth trying: how much of what a model leaves unexplained they would explain by
 * themselves, which is cheap; see auto_search.h. */
#include "ml/prep/auto_search.h"
#include "base/parallel.h"
#include "num/sort.h"

enum { BINS = 16 };

/* Codes 0 .. BINS - 1 by rank, BINS where missing; categories by code. In scratch. */
static hone_status bin_column(hone_ctx *ctx, const hn_column *c, int32_t **ret_bins,
                              int64_t *ret_k) {
    int32_t *bins;
    double *values, edges[BINS];
    int64_t m = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, bins, c->n + 1));
    *ret_bins = bins;
    if (c->type == HN_CATEGORY) {
        int32_t levels = c->dictionary->n;
        for (int64_t i = 0; i < c->n; i++) {
            int32_t code = hn_column_is_null(c, i) ? HN_UNKNOWN : hn_column_code(c, i);
            bins[i] = code >= 0 && code < levels ? code : levels;
        }
        *ret_k = levels + 1;
        return HONE_OK;
    }
    HN_TRY(HN_SCRATCH_NEW(ctx, values, c->n + 1));
    for (int64_t i = 0; i < c->n; i++) {
        double v = hn_column_double(c, i);
        if (!isnan(v)) values[m++] = v;
    }
    HN_TRY(hn_sort_f64(ctx, values, m));
    for (int b = 1; b < BINS; b++)
        edges[b] = m > 0 ? hn_quantile_sorted(values, m, (double)b / BINS) : 0;
    for (int64_t i = 0; i < c->n; i++) {
        double v = hn_column_double(c, i);
        int32_t b = 0;
        while (!isnan(v) && b + 1 < BINS && v > edges[b + 1]) b++;
        bins[i] = isnan(v) ? BINS : b;
    }
    *ret_k = BINS + 1;
    return HONE_OK;
}

/* What the means of bins, learned on every other row, take off the squares of left on the rest, as a share. */
static hone_status binned_promise(hone_ctx *ctx, const hn_column *c, const double *left,
                                  double *ret) {
    HN_SCRATCH(ctx);
    int32_t *bins;
    int64_t k;
    double *sum, *count, whole = 0, gained = 0;
    HN_TRY(bin_column(ctx, c, &bins, &k));
    HN_TRY(HN_SCRATCH_NEW(ctx, sum, 2 * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, count, 2 * k));
    for (int64_t i = 0; i < c->n; i++) {
        if (isnan(left[i])) continue;
        sum[(i & 1) * k + bins[i]] += left[i];
        count[(i & 1) * k + bins[i]]++;
    }
    for (int64_t i = 0; i < c->n; i++) {
        if (isnan(left[i])) continue;
        int64_t other = (1 - (i & 1)) * k + bins[i];
        double mean = sum[other] / (count[other] + 5); /* few rows say little */
        whole += left[i] * left[i];
        gained += left[i] * left[i] - (left[i] - mean) * (left[i] - mean);
    }
    *ret = whole > 0 ? gained / whole : 0;
    return HONE_OK;
}

/* The squared correlation of numbers with what is left; of categories as above. */
static hone_status straight_promise(hone_ctx *ctx, const hn_column *c, const double *left,
                                    double *ret) {
    if (c->type == HN_CATEGORY) return binned_promise(ctx, c, left, ret);
    double n = 0, mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
    for (int64_t i = 0; i < c->n; i++) {
        double v = hn_column_double(c, i);
        if (isnan(v) || isnan(left[i])) continue;
        n++;
        mx += v;
        my += left[i];
    }
    mx /= n > 0 ? n : 1;
    my /= n > 0 ? n : 1;
    for (int64_t i = 0; i < c->n; i++) {
        double v = hn_column_double(c, i) - mx, w = left[i] - my;
        if (isnan(v) || isnan(w)) continue;
        xx += v * v;
        yy += w * w;
        xy += v * w;
    }
    *ret = xx > 0 && yy > 0 ? xy * xy / (xx * yy) * n / (double)c->n : 0;
    return HONE_OK;
}

/* What judge k leaves unexplained: y less its answer; of classes, of the class `which` less its chance. */
static void fill_left(const hn_auto_search *s, int k, int64_t which, double *left) {
    int64_t outputs = s->data.n_classes > 0 ? s->data.n_classes : 1;
    for (int64_t i = 0; i < s->data.x->n_rows; i++) {
        double truth = s->data.n_classes > 0 ? s->data.y[i] == (double)which : s->data.y[i];
        left[i] = isnan(s->losses[k][i]) ? (double)NAN : truth - s->answers[k][i * outputs + which];
    }
}

typedef struct promising {
    const hn_auto_search *s;
    const double *left;
    int k;
} promising;

static hone_status promise_columns(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const promising *p = arg;
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        double own, *sum = &p->s->promise[i * HN_JUDGES + p->k];
        const hn_column *c = &p->s->list.items[i].values;
        HN_TRY(p->s->judges[p->k].plain ? straight_promise(ctx, c, p->left, &own)
                                        : binned_promise(ctx, c, p->left, &own));
        *sum += own;
    }
    return HONE_OK;
}

hone_status hn_auto_search_promise(hn_auto_search *s) {
    enum { CLASSES = 8 };
    hone_ctx *ctx = s->ctx;
    int64_t outputs = s->data.n_classes == 2 ? 1 : s->data.n_classes > 2 ? s->data.n_classes : 1;
    double *left;
    HN_TRY(HN_SCRATCH_NEW(ctx, left, s->data.x->n_rows + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, s->promise, s->list.n * HN_JUDGES + 1));
    for (int k = 0; k < s->n_judges; k++)
        for (int64_t c = 0; c < outputs && c < CLASSES; c++) {
            promising p = {.s = s, .left = left, .k = k};
            HN_TRY(hn_check_cancel(ctx));
            fill_left(s, k, c, left);
            HN_TRY(hn_parallel(ctx, s->list.n, 1, promise_columns, &p));
        }
    return HONE_OK;
}
