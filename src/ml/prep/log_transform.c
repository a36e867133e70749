/* log_transform.c - amounts by their logarithm. */
#include "ml/prep/columns.h"

#include "num/math.h"
#include <assert.h>

typedef struct log_params {
    int base;
    double offset;
    bool with_sign;
    int invalid;
} log_params;

enum { BASE_E, BASE_2, BASE_10 };
enum { INVALID_MISSING, INVALID_ERROR };

static const hone_param params[] = {
    HN_PARAM(log_params, base, .def = "e", .choices = HN_CHOICES("e", "2", "10"),
             .doc = "Base of the logarithm."),
    HN_PARAM(log_params, offset, .def = "1", .range = "[0, inf)",
             .doc = "Added before: 1 keeps 0 at 0 (log1p), 0 is the plain logarithm."),
    HN_PARAM(log_params, with_sign, .def = "false", .aliases = HN_CHOICES("signed"),
             .doc = "Take the logarithm of the magnitude and put the sign back, so that amounts "
                    "below 0 have one too; needs an offset of 1 or more."),
    HN_PARAM(log_params, invalid, .def = "missing", .choices = HN_CHOICES("missing", "error"),
             .doc = "A number that has no logarithm: becomes a missing value, or is an error."),
};

typedef struct log_state {
    int64_t n, base, with_sign, refuses;
    double offset;
    /* made in prepare */
    const hn_table *schema;
} log_state;

static hone_status check(hone_ctx *ctx, const void *params_, const hone_data *data) {
    (void)data;
    const log_params *p = params_;
    if (!p->with_sign || p->offset >= 1) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "offset"),
                      "log_transform: with_sign needs an 'offset' of 1 or more, not %g: below that "
                      "magnitudes near 0 would change their sign",
                      p->offset);
}

static double log_of(int64_t base, double offset, double x) {
    if (base == BASE_2) return hn_log2(x + offset);
    if (base == BASE_10) return hn_log10(x + offset);
    return offset == 1 ? hn_log1p(x) : hn_log(x + offset);
}

static hone_status take_logs(hone_ctx *ctx, const void *state, int32_t j, double *values,
                             int64_t n) {
    const log_state *s = state;
    for (int64_t i = 0; i < n; i++) {
        double x = values[i];
        if (isnan(x)) continue;
        if (s->with_sign) {
            values[i] = copysign(log_of(s->base, s->offset, fabs(x)), x);
        } else if (x + s->offset > 0) {
            values[i] = log_of(s->base, s->offset, x);
        } else if (!s->refuses) {
            values[i] = (double)NAN;
        } else {
            return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = s->schema->columns[j].name),
                              "log_transform: column '%s' holds %g, which with the offset %g has "
                              "no logarithm; set with_sign, a larger offset, or invalid to missing",
                              s->schema->columns[j].name, x, s->offset);
        }
    }
    return HONE_OK;
}

static hone_status take_back(hone_ctx *ctx, const void *state, int32_t j, double *values,
                             int64_t n) {
    (void)ctx, (void)j;
    const log_state *s = state;
    for (int64_t i = 0; i < n; i++) {
        double y = s->with_sign ? fabs(values[i]) : values[i], x;
        if (s->base == BASE_E)
            x = s->offset == 1 ? hn_expm1(y) : hn_exp(y) - s->offset;
        else
            x = hn_pow(s->base == BASE_2 ? 2 : 10, y) - s->offset;
        values[i] = s->with_sign ? copysign(x, values[i]) : x;
    }
    return HONE_OK;
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    log_state *s = state;
    hn_table *kept;
    HN_TRY(HN_NEW(ctx, arena, kept, 1));
    *kept = *schema;
    s->schema = kept;
    return hn_prepare_numbers(ctx, "log_transform", schema, s->n);
}

static hone_status fit(hone_ctx *ctx, const void *params_, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    const log_params *p = params_;
    log_state *s = ret_state;
    s->n = data->x->n_columns;
    s->base = p->base;
    s->offset = p->offset;
    s->with_sign = p->with_sign;
    s->refuses = p->invalid == INVALID_ERROR;
    if (!s->refuses) return HONE_OK;
    HN_SCRATCH(ctx); /* what could not be served is said now */
    hn_table out;
    s->schema = data->x;
    (void)arena;
    return hn_map_columns(ctx, s, data->x, take_logs, ctx->scratch, &out);
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    assert(x->n_columns == ((const log_state *)state)->n);
    return hn_map_columns(ctx, state, x, take_logs, arena, ret_out);
}

static hone_status inverse(hone_ctx *ctx, const void *state, const hn_table *z,
                           const hn_table *schema, hn_arena *arena, hn_table *ret_out) {
    return hn_map_back(ctx, state, z, schema, take_back, arena, ret_out);
}

static hone_status visit(hn_visitor *v, void *state) {
    log_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n));
    HN_TRY(hn_visit(v, "base", &s->base));
    HN_TRY(hn_visit(v, "with_sign", &s->with_sign));
    HN_TRY(hn_visit(v, "refuses", &s->refuses));
    HN_TRY(hn_visit(v, "offset", &s->offset));
    return hn_visit_check(v, s->n >= 0 && s->n < INT32_MAX && s->base >= 0 && s->base <= BASE_10,
                          "log_transform: numbers");
}

const hone_estimator hn_log_transform = {
    .name = "log_transform",
    .title = "Logarithms",
    .class_names = "LogTransformer",
    .family = "prep",
    .doc = "Replaces amounts by the logarithm of 1 more (or of another offset): for prices, counts "
           "and incomes, where ratios matter and a few values are far larger than the rest.",
    .tasks = HN_TASK_NONE,
    .can = HN_CAN_MISSING | HN_NUMERIC_ONLY | HN_CAN_INVERT,
    .example = "{\"with_sign\": true}",
    .params = HN_PARAMS(log_params, params),
    .state_size = sizeof(log_state),
    .check = check,
    .fit = fit,
    .transform = transform,
    .inverse = inverse,
    .visit = visit,
    .prepare = prepare,
    HN_GOLDEN({.dataset = "tabular/california_housing/housing.csv",
               .columns = "total_rooms,total_bedrooms,median_income",
               .params = NULL,
               .metric = "sum",
               .value = 312496.97025166196,
               .tolerance = 1e-8,
               .source = "numpy 2.4.6, log1p"}),
};
