/* quantile_transform.c - each value by its rank among the training values, evenly spread or normal. */
#include "ml/prep/columns.h"

#include "num/math.h"
#include "num/sort.h"
#include <assert.h>

typedef struct quantile_params {
    int64_t n_quantiles;
    int output_distribution;
} quantile_params;

enum { UNIFORM, NORMAL };

static const hone_param params[] = {
    HN_PARAM(quantile_params, n_quantiles, .def = "1000", .range = "[2, 100000]",
             .doc = "Quantiles that are kept per column; of fewer rows as many as there are."),
    HN_PARAM(quantile_params, output_distribution, .def = "uniform",
             .choices = HN_CHOICES("uniform", "normal"), .search = "{uniform, normal}",
             .doc = "What comes out: ranks from 0 to 1, or normal values."),
};

typedef struct quantile_state {
    int64_t n, q, normal;
    double *quantiles;  /* [n, q] ascending */
    double *references; /* [q] from 0 to 1 */
} quantile_state;

/* ---- fit ------------------------------------------------------------------------------------- */

typedef struct fit_job {
    const hn_table *x;
    quantile_state *state;
} fit_job;

static hone_status learn(hone_ctx *ctx, void *arg, int32_t j) {
    const fit_job *job = arg;
    quantile_state *s = job->state;
    double *values, *kept = s->quantiles + j * s->q;
    int64_t n;
    HN_SCRATCH(ctx);
    HN_TRY(hn_present_values(ctx, &job->x->columns[j], &values, &n));
    if (n == 0) return HONE_OK; /* all 0: nothing is known of it */
    HN_TRY(hn_sort_f64(ctx, values, n));
    for (int64_t i = 0; i < s->q; i++) /* by way of per cent, as numpy rounds it */
        kept[i] = hn_quantile_sorted(values, n, s->references[i] * 100 / 100);
    for (int64_t i = 1; i < s->q; i++) /* which rounding must not undo */
        if (kept[i] < kept[i - 1]) kept[i] = kept[i - 1];
    return HONE_OK;
}

static hone_status fit(hone_ctx *ctx, const void *params_, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    const quantile_params *p = params_;
    quantile_state *s = ret_state;
    int64_t rows = data->x->n_rows;
    s->n = data->x->n_columns;
    s->q = p->n_quantiles < rows ? p->n_quantiles : rows;
    s->normal = p->output_distribution == NORMAL;
    HN_TRY(HN_NEW(ctx, arena, s->quantiles, s->n * s->q));
    HN_TRY(HN_NEW(ctx, arena, s->references, s->q));
    for (int64_t i = 0; i < s->q; i++)
        s->references[i] = i + 1 < s->q || s->q == 1 ? (double)i * (1 / (double)(s->q - 1)) : 1;
    if (s->q == 1) s->references[0] = 0;
    fit_job job = {.x = data->x, .state = s};
    return hn_each_column(ctx, (int32_t)s->n, learn, &job);
}

/* ---- use ------------------------------------------------------------------------------------- */

/* How many of sorted [n] are below x, or not above it. */
static int64_t count_below(const double *sorted, int64_t n, double x, bool or_equal) {
    int64_t low = 0, high = n;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (sorted[middle] < x || (or_equal && sorted[middle] == x))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* On the line between (x0, y0) and (x1, y1). */
static double between(double x, double x0, double x1, double y0, double y1) {
    double slope = (y1 - y0) / (x1 - x0);
    if (!(x1 > x0)) return y0;
    return isfinite(slope) ? slope * (x - x0) + y0 : y0 + (y1 - y0) * ((x - x0) / (x1 - x0));
}

/* The rank of x. Where a value repeats it has many: the mean of the first and the last. */
static double rank_of(const quantile_state *s, const double *quantiles, double x) {
    int64_t q = s->q, after = count_below(quantiles, q, x, true),
            at = count_below(quantiles, q, x, false);
    const double *r = s->references;
    double last = after == q ? r[q - 1]
                  : after == 0
                      ? r[0]
                      : between(x, quantiles[after - 1], quantiles[after], r[after - 1], r[after]);
    double first = at == q   ? r[q - 1]
                   : at == 0 ? r[0]
                             : between(-x, -quantiles[at], -quantiles[at - 1], r[at], r[at - 1]);
    return 0.5 * (last + first);
}

/* Ranks this near to 0 and 1 would be infinite as normal values. */
static const double EDGE = 1e-7;

static hone_status to_ranks(hone_ctx *ctx, const void *state, int32_t j, double *values,
                            int64_t n) {
    (void)ctx;
    const quantile_state *s = state;
    const double *quantiles = s->quantiles + j * s->q;
    double low = quantiles[0], high = quantiles[s->q - 1];
    double least = hn_normal_quantile(EDGE - 2.220446049250313e-16),
           most = hn_normal_quantile(1 - (EDGE - 2.220446049250313e-16));
    for (int64_t i = 0; i < n; i++) {
        double x = values[i], rank;
        if (isnan(x)) continue;
        bool lowest = s->normal ? x - EDGE < low : x == low;
        bool highest = s->normal ? x + EDGE > high : x == high;
        rank = lowest ? 0 : highest ? 1 : rank_of(s, quantiles, x);
        if (s->normal) {
            rank = rank <= 0 ? least : rank >= 1 ? most : hn_normal_quantile(rank);
            rank = rank < least ? least : rank > most ? most : rank;
        }
        values[i] = rank;
    }
    return HONE_OK;
}

static hone_status from_ranks(hone_ctx *ctx, const void *state, int32_t j, double *values,
                              int64_t n) {
    (void)ctx;
    const quantile_state *s = state;
    const double *quantiles = s->quantiles + j * s->q;
    for (int64_t i = 0; i < n; i++) {
        double rank = values[i];
        if (isnan(rank)) continue;
        if (s->normal) rank = hn_normal_cdf(rank);
        bool lowest = s->normal ? rank - EDGE < 0 : rank <= 0;
        bool highest = s->normal ? rank + EDGE > 1 : rank >= 1;
        int64_t after = count_below(s->references, s->q, rank, true);
        if (lowest || after == 0)
            values[i] = quantiles[0];
        else if (highest || after == s->q)
            values[i] = quantiles[s->q - 1];
        else
            values[i] = between(rank, s->references[after - 1], s->references[after],
                                quantiles[after - 1], quantiles[after]);
    }
    return HONE_OK;
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    assert(x->n_columns == ((const quantile_state *)state)->n);
    return hn_map_columns(ctx, state, x, to_ranks, arena, ret_out);
}

static hone_status inverse(hone_ctx *ctx, const void *state, const hn_table *z,
                           const hn_table *schema, hn_arena *arena, hn_table *ret_out) {
    return hn_map_back(ctx, state, z, schema, from_ranks, arena, ret_out);
}

static hone_status visit(hn_visitor *v, void *state) {
    quantile_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n));
    HN_TRY(hn_visit(v, "n_quantiles", &s->q));
    HN_TRY(hn_visit(v, "normal", &s->normal));
    HN_TRY(hn_visit_check(v,
                          s->n >= 0 && s->n < INT32_MAX && s->q >= 1 && s->q <= 100000 &&
                              (s->normal == 0 || s->normal == 1),
                          "quantile_transform: numbers"));
    HN_TRY(hn_visit(v, "quantiles", &s->quantiles, s->n, s->q));
    return hn_visit(v, "references", &s->references, s->q);
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    (void)arena;
    return hn_prepare_numbers(ctx, "quantile_transform", schema,
                              ((const quantile_state *)state)->n);
}

static hone_status attributes(hn_visitor *v, const void *state, const hn_shown *shown) {
    (void)shown;
    const quantile_state *s = state;
    double *across;
    HN_TRY(HN_NEW(v->ctx, v->arena, across, s->q * s->n));
    for (int64_t j = 0; j < s->n; j++)
        for (int64_t i = 0; i < s->q; i++) across[i * s->n + j] = s->quantiles[j * s->q + i];
    return hn_show(v, "quantiles", across, s->q, s->n);
}

const hone_estimator hn_quantile_transform = {
    .name = "quantile_transform",
    .title = "Values by their rank",
    .class_names = "QuantileTransformer",
    .family = "prep",
    .doc = "Replaces each value by its rank among the training values, from 0 to 1, or by the "
           "normal value of that rank. Any distribution becomes the same one, outliers and all; "
           "later values beyond the training range get its ends. Missing values stay missing.",
    .tasks = HN_TASK_NONE,
    .can = HN_CAN_MISSING | HN_NUMERIC_ONLY | HN_CAN_INVERT,
    .attributes = attributes,
    .params = HN_PARAMS(quantile_params, params),
    .state_size = sizeof(quantile_state),
    .fit = fit,
    .transform = transform,
    .inverse = inverse,
    .visit = visit,
    .prepare = prepare,
    HN_GOLDEN({.dataset = "tabular/california_housing/housing.csv",
               .columns = "total_rooms,total_bedrooms,median_income",
               .params = NULL,
               .metric = "sum",
               .value = 30856.55386231768,
               .tolerance = 1e-7,
               .source = "scikit-learn 1.9.1, QuantileTransformer(subsample=None)"}),
};
