/* polynomial.c - products of columns up to a degree, in scikit-learn's order. */
#include "ml/prep/prep.h"
#include <assert.h>
#include <string.h>

typedef struct polynomial_params {
    int64_t degree;
    int64_t min_degree;
    bool interaction_only;
    bool include_bias;
} polynomial_params;

static const hone_param params[] = {
    HN_PARAM(polynomial_params, degree, .def = "2", .range = "[1, 10]", .search = "{2, 3}",
             .doc = "The most factors of a product."),
    HN_PARAM(polynomial_params, min_degree, .def = "0", .range = "[0, 10]",
             .doc = "The fewest; above 1 the columns themselves are left out."),
    HN_PARAM(polynomial_params, interaction_only, .def = "false",
             .doc = "No column twice in a product: no squares."),
    HN_PARAM(polynomial_params, include_bias, .def = "true",
             .doc = "A column of ones, the product of nothing."),
};

typedef struct polynomial_state {
    int64_t n_features;
    int64_t degree; /* the most factors */
    int64_t n_out;
    int32_t *factors; /* [n_out, degree] columns, ascending; -1 behind the last */
    /* made in prepare */
    const char **names; /* [n_out] */
} polynomial_state;

enum { MOST = 1 << 20 };

/* The next choice of k of n columns in their order; false after the last. */
static bool next_choice(int32_t *chosen, int64_t k, int64_t n, bool once) {
    for (int64_t i = k - 1; i >= 0; i--) {
        if (chosen[i] >= n - 1 - (once ? k - 1 - i : 0)) continue;
        chosen[i]++;
        for (int64_t m = i + 1; m < k; m++) chosen[m] = chosen[m - 1] + once;
        return true;
    }
    return false;
}

/* Lists them, or with factors NULL counts them, up to MOST. */
static int64_t list_terms(const polynomial_params *p, int64_t n, int32_t *factors) {
    int64_t count = 0, width = p->degree;
    for (int64_t k = p->include_bias     ? 0
                     : p->min_degree > 1 ? p->min_degree
                                         : 1;
         k <= p->degree; k++) {
        int32_t chosen[16] = {0};
        if (k > 0 && k < p->min_degree) continue;
        if (p->interaction_only && k > n) continue;
        for (int64_t i = 0; i < k; i++) chosen[i] = p->interaction_only ? (int32_t)i : 0;
        do {
            for (int64_t i = 0; factors && i < width; i++)
                factors[count * width + i] = i < k ? chosen[i] : -1;
            if (++count > MOST) return count;
        } while (next_choice(chosen, k, n, p->interaction_only));
    }
    return count;
}

static hone_status check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const polynomial_params *p = values;
    if (p->min_degree > p->degree)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "min_degree"),
                          "polynomial_features: 'min_degree' %lld is above 'degree' %lld; set it "
                          "lower",
                          (long long)p->min_degree, (long long)p->degree);
    if (data->x->n_columns == 0 || list_terms(p, data->x->n_columns, NULL) <= MOST) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "degree"),
                      "polynomial_features: %d columns give more than %d products up to degree "
                      "%lld; set 'degree' lower, or choose fewer columns",
                      (int)data->x->n_columns, MOST, (long long)p->degree);
}

static hone_status fit(hone_ctx *ctx, const void *values, const hone_data *data, hn_arena *arena,
                       void *state) {
    const polynomial_params *p = values;
    polynomial_state *s = state;
    s->n_features = data->x->n_columns;
    s->degree = p->degree;
    s->n_out = list_terms(p, s->n_features, NULL);
    HN_TRY(HN_NEW(ctx, arena, s->factors, s->n_out * s->degree + 1));
    list_terms(p, s->n_features, s->factors);
    return HONE_OK;
}

/* ---- transform ------------------------------------------------------------------------------- */

typedef struct product_job {
    const polynomial_state *s;
    const hn_table *x;
    double **out;
} product_job;

static hone_status multiply(hone_ctx *ctx, void *arg, int32_t term, int64_t begin, int64_t end) {
    enum { STRIP = 512 };
    (void)ctx;
    const product_job *job = arg;
    const int32_t *factors = job->s->factors + term * job->s->degree;
    double strip[STRIP];
    for (int64_t at = begin; at < end; at += STRIP) {
        int64_t n = end - at < STRIP ? end - at : STRIP;
        double *out = job->out[term] + at;
        for (int64_t i = 0; i < n; i++) out[i] = 1;
        for (int64_t f = 0; f < job->s->degree && factors[f] >= 0; f++) {
            hn_column_doubles(&job->x->columns[factors[f]], at, at + n, strip, 1);
            for (int64_t i = 0; i < n; i++) out[i] = f == 0 ? strip[i] : out[i] * strip[i];
        }
    }
    return HONE_OK;
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const polynomial_state *s = state;
    assert(x->n_columns == s->n_features && s->names != NULL);
    product_job job = {.s = s, .x = x};
    hn_table out = {.n_rows = x->n_rows, .n_columns = (int32_t)s->n_out};
    HN_TRY(HN_NEW(ctx, arena, out.columns, s->n_out + 1));
    HN_TRY(HN_NEW(ctx, arena, job.out, s->n_out + 1));
    for (int64_t k = 0; k < s->n_out; k++) {
        HN_TRY(HN_NEW(ctx, arena, job.out[k], x->n_rows + 1));
        out.columns[k] = hn_column_of_f64(s->names[k], job.out[k], x->n_rows);
    }
    HN_TRY(hn_each_cells(ctx, (int32_t)s->n_out, x->n_rows, multiply, &job));
    *ret_out = out;
    return HONE_OK;
}

/* ---- keeping --------------------------------------------------------------------------------- */

static hone_status visit(hn_visitor *v, void *state) {
    polynomial_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "degree", &s->degree));
    HN_TRY(hn_visit(v, "n_output_features", &s->n_out));
    HN_TRY(hn_visit_check(v,
                          s->n_features >= 0 && s->n_features < INT32_MAX && s->degree >= 1 &&
                              s->degree <= 10 && s->n_out >= 0 && s->n_out <= MOST,
                          "polynomial_features: sizes"));
    HN_TRY(hn_visit(v, "factors", &s->factors, s->n_out, s->degree));
    for (int64_t i = 0; i < s->n_out * s->degree; i++)
        HN_TRY(hn_visit_check(v, s->factors[i] >= -1 && s->factors[i] < s->n_features,
                              "polynomial_features: factors"));
    return HONE_OK;
}

/* "a^2 b" */
static hone_status name_term(hone_ctx *ctx, const polynomial_state *s, int64_t k,
                             const hn_table *schema, hn_namer *namer, const char **ret_name) {
    HN_SCRATCH(ctx);
    hn_str str;
    const int32_t *factors = s->factors + k * s->degree;
    hn_str_init(&str, ctx, ctx->scratch);
    for (int64_t i = 0, times; i < s->degree && factors[i] >= 0; i += times) {
        for (times = 1; i + times < s->degree && factors[i + times] == factors[i];) times++;
        hn_str_printf(&str, "%s%s", i > 0 ? " " : "", schema->columns[factors[i]].name);
        if (times > 1) hn_str_printf(&str, "^%lld", (long long)times);
    }
    if (str.length == 0) hn_str_put(&str, "1");
    HN_TRY(hn_str_status(&str));
    return hn_namer_make(namer, "", "", (hn_slice){str.text, str.length}, ret_name);
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    polynomial_state *s = state;
    const char **names;
    HN_TRY(hn_prepare_check(ctx, "polynomial_features", schema->n_columns == s->n_features));
    HN_TRY(HN_NEW(ctx, arena, names, s->n_out + 1));
    HN_SCRATCH(ctx);
    hn_namer namer;
    HN_TRY(hn_namer_init(&namer, ctx, arena, NULL));
    for (int64_t k = 0; k < s->n_out; k++) HN_TRY(name_term(ctx, s, k, schema, &namer, &names[k]));
    s->names = names;
    return HONE_OK;
}

static hone_status attributes(hn_visitor *v, const void *state, const hn_shown *shown) {
    (void)shown;
    const polynomial_state *s = state;
    int64_t *powers;
    HN_TRY(HN_NEW(v->ctx, v->arena, powers, s->n_out * s->n_features));
    for (int64_t i = 0; i < s->n_out; i++)
        for (int64_t k = 0; k < s->degree && s->factors[i * s->degree + k] >= 0; k++)
            powers[i * s->n_features + s->factors[i * s->degree + k]]++;
    return hn_show(v, "powers", powers, s->n_out, s->n_features);
}

const hone_estimator hn_polynomial_features = {
    .name = "polynomial_features",
    .title = "Products of columns up to a degree",
    .class_names = "PolynomialFeatures",
    .family = "prep",
    .doc = "Replaces columns of numbers by all products of up to so many of them: a, b, a^2, a b, "
           "b^2. With "
           "them a linear model fits curves and interactions. Scale the columns before.",
    .references =
        "Gergonne (1815). The application of the method of least squares to the interpolation "
        "of sequences.",
    .tasks = HN_TASK_NONE,
    .can = HN_NUMERIC_ONLY | HN_CAN_MISSING,
    .attributes = attributes,
    .params = HN_PARAMS(polynomial_params, params),
    .state_size = sizeof(polynomial_state),
    .check = check,
    .fit = fit,
    .transform = transform,
    .visit = visit,
    .prepare = prepare,
    HN_GOLDEN({.dataset = "tabular/iris/iris.csv",
               .columns = "sepal_length,sepal_width,petal_length",
               .params = "{\"degree\": 3}",
               .metric = "sum",
               .value = 154002.164,
               .tolerance = 1e-6,
               .source = "scikit-learn 1.9.1, PolynomialFeatures(3)"}),
};
