/* cart_random.c - cuts drawn at random (Geurts, Ernst, Wehenkel 2006): values themselves are looked at, not
 * bins, for a cut costs two walks over the node's rows and nothing needs to be in order. */
#include "base/parallel.h"
#include "ml/tree/cart_parts.h"
#include "num/simd.h"
#include <math.h>

/* ---- values --------------------------------------------------------------------------------- */

typedef struct values_job {
    const hn_bins *bins;
    const hn_table *x;
    float *floats;
    double *doubles;
    bool *exact; /* by feature: floats lose nothing */
} values_job;

/* A category's value is the place of its bin in their order. */
static void category_values(const hn_bins *bins, int32_t feature, int64_t begin, int64_t n,
                            double *ret) {
    const uint8_t *codes = hn_bins_column(bins, feature) + begin;
    const hn_bin_column *column = &bins->columns[feature];
    for (int64_t i = 0; i < n; i++) ret[i] = codes[i] < column->n_values ? codes[i] : NAN;
}

/* With neither floats nor doubles: tells whether floats would do. */
static hone_status value_column(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    enum { PIECE = 1024 };
    (void)ctx;
    const values_job *job = arg;
    int32_t feature = (int32_t)chunk.index;
    int64_t n = job->bins->n_rows, at = chunk.index * n;
    bool exact = true;
    for (int64_t begin = 0; begin < n && exact; begin += PIECE) {
        double values[PIECE];
        int64_t m = n - begin < PIECE ? n - begin : PIECE;
        if (job->bins->columns[feature].is_category)
            category_values(job->bins, feature, begin, m, values);
        else
            hn_column_doubles(&job->x->columns[feature], begin, begin + m, values, 1);
        for (int64_t i = 0; i < m; i++) {
            if (job->floats)
                job->floats[at + begin + i] = (float)values[i];
            else if (job->doubles)
                job->doubles[at + begin + i] = values[i];
            else
                exact &= values[i] != values[i] || (double)(float)values[i] == values[i];
        }
    }
    if (job->exact) job->exact[feature] = exact;
    return HONE_OK;
}

hone_status hn_cart_values(hone_ctx *ctx, const hn_table *x, hn_cart_data *data) {
    int32_t features = data->bins->n_features;
    size_t cells = (size_t)features * (size_t)data->bins->n_rows;
    values_job job = {.bins = data->bins, .x = x};
    bool exact = true;
    HN_TRY(HN_SCRATCH_NEW(ctx, job.exact, features));
    HN_TRY(hn_parallel(ctx, features, 1, value_column, &job));
    for (int32_t j = 0; j < features; j++) exact &= job.exact[j];
    job.exact = NULL;
    if (exact)
        HN_TRY(HN_SCRATCH_NEW(ctx, job.floats, cells));
    else
        HN_TRY(HN_SCRATCH_NEW(ctx, job.doubles, cells));
    data->floats = job.floats;
    data->doubles = job.doubles;
    return hn_parallel(ctx, features, 1, value_column, &job);
}

/* ---- walks over a node's rows --------------------------------------------------------------- */

void hn_cart_gather(hn_carter *c, int32_t feature, const hn_cart_item *items, int64_t n) {
    int64_t at = feature * c->view.stride;
    if (c->view.floats)
        for (int64_t i = 0; i < n; i++) c->value[i] = c->view.floats[at + items[i].row];
    else
        for (int64_t i = 0; i < n; i++) c->value[i] = c->view.doubles[at + items[i].row];
}

typedef double quad __attribute__((vector_size(4 * sizeof(double)), may_alias));
typedef double quad_at
    __attribute__((vector_size(4 * sizeof(double)), aligned(sizeof(double)), may_alias));
typedef int64_t mask __attribute__((vector_size(4 * sizeof(int64_t)), may_alias));

HN_INLINE const quad_at *quads(const double *x) { return (const quad_at *)(const void *)x; }
#define ALL(v) ((quad){(v), (v), (v), (v)})
#define CHOOSE(test, a, b) ((quad)(((test) & (mask)(a)) | (~(test) & (mask)(b))))

/* The least and largest of the values that are not NaN. */
HN_CLONES static void span(const double *x, int64_t n, double *ret_low, double *ret_high) {
    quad low = ALL(INFINITY), high = ALL(-INFINITY);
    int64_t i = 0;
    for (; i + 4 <= n; i += 4) {
        quad v = *quads(x + i);
        mask less = v<low, more = v> high;
        low = CHOOSE(less, v, low);
        high = CHOOSE(more, v, high);
    }
    for (int c = 0; c < 4; c++) {
        double v = i + c < n ? x[i + c] : NAN, a = low[c], b = high[c];
        low[0] = v < low[0] ? v : low[0];
        high[0] = v > high[0] ? v : high[0];
        low[0] = a < low[0] ? a : low[0];
        high[0] = b > high[0] ? b : high[0];
    }
    *ret_low = low[0];
    *ret_high = high[0];
}

/* Sums of a and b where x is at most the cut; the order of summing depends on n alone. */
HN_CLONES static void sums_below(const double *x, double cut, const double *a, const double *b,
                                 int64_t n, double ret[2]) {
    quad sum_a = {0}, sum_b = {0}, limit = ALL(cut);
    int64_t i = 0;
    for (; i + 4 <= n; i += 4) {
        mask in = *quads(x + i) <= limit;
        sum_a += (quad)(in & (mask)*quads(a + i));
        sum_b += (quad)(in & (mask)*quads(b + i));
    }
    ret[0] = (sum_a[0] + sum_a[1]) + (sum_a[2] + sum_a[3]);
    ret[1] = (sum_b[0] + sum_b[1]) + (sum_b[2] + sum_b[3]);
    for (; i < n; i++) {
        bool in = x[i] <= cut;
        ret[0] += in * a[i];
        ret[1] += in * b[i];
    }
}

static int64_t rows_below(const double *x, double cut, int64_t n) {
    int64_t rows = 0;
    for (int64_t i = 0; i < n; i++) rows += x[i] <= cut;
    return rows;
}

/* c->left from the values up to the cut; missing ones have gone to one end. Returns their weight. */
static double sum_left(hn_carter *c, double cut, int64_t n) {
    if (c->width == 2) {
        sums_below(c->value, cut, c->first, c->second, n, c->left);
        return c->rules->n_classes == 0 ? c->left[0] : c->left[0] + c->left[1];
    }
    double weight = 0;
    for (int32_t k = 0; k < c->width; k++) c->left[k] = 0;
    for (int64_t i = 0; i < n; i++) c->left[c->class[i]] += c->value[i] <= cut ? c->weighs[i] : 0;
    for (int32_t k = 0; k < c->width; k++) weight += c->left[k];
    return weight;
}

/* ---- a cut ---------------------------------------------------------------------------------- */

/* Where in low .. high, below high. */
static double draw(const hn_carter *c, hn_rng *rng, int32_t feature, double low, double high) {
    if (c->data->bins->columns[feature].is_category)
        return low + (double)hn_rng_below(rng, (int64_t)(high - low));
    double u = hn_rng_uniform(rng), at = low + u * (high - low);
    if (isinf(high - low)) at = low * (1 - u) + high * u;
    return at >= low && at < high ? at : low;
}

bool hn_cart_try_random(hn_carter *c, hn_rng *rng, int32_t feature, const hn_cart_item *items,
                        int64_t n, hn_cut *found) {
    const int64_t least = c->rules->min_samples_leaf;
    hn_cut cut = {.feature = feature, .first = HN_BINS, .threshold = INFINITY};
    double low, high;
    hn_cart_gather(c, feature, items, n);
    span(c->value, n, &low, &high);
    if (c->data->bins->columns[feature].has_missing)
        for (int64_t i = 0; i < n && !cut.missing_seen; i++)
            cut.missing_seen = c->value[i] != c->value[i];
    if (!(low < high) && !(cut.missing_seen && low == high)) return false;
    /* Of one value and missing ones, these are on the right. */
    if (low < high) {
        cut.threshold = draw(c, rng, feature, low, high);
        cut.missing_left = cut.missing_seen && hn_rng_below(rng, 2) == 1;
    }
    if (c->data->bins->columns[feature].is_category)
        cut.last = (int32_t)(low < high ? cut.threshold : high);
    for (int64_t i = 0; i < n && cut.missing_left; i++)
        c->value[i] = c->value[i] == c->value[i] ? c->value[i] : -INFINITY;
    double left = sum_left(c, cut.threshold, n);
    if (least > 1) {
        int64_t rows = rows_below(c->value, cut.threshold, n);
        if (rows < least || n - rows < least) return true;
    }
    if (!(left > 0 && left < c->weight)) return true;
    if (c->min_weight > 0 && hn_too_light(c, left)) return true;
    cut.score = hn_score_cut(c, left);
    if (!(cut.score > found->score)) return true;
    if (!c->rules->monotone || hn_in_order(c, feature, left, &cut.middle)) *found = cut;
    return true;
}
