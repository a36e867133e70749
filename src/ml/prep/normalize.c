/* normalize.c - rows brought to length one. */
#include "ml/prep/columns.h"

#include <assert.h>

typedef struct norm_params {
    int norm;
} norm_params;

enum { L1, L2, MAX };

static const hone_param params[] = {
    HN_PARAM(norm_params, norm, .def = "l2", .choices = HN_CHOICES("l1", "l2", "max"),
             .doc = "What becomes 1: the sum of the magnitudes, the length, or the largest "
                    "magnitude of a row.",
             .search = "{l1, l2, max}"),
};

typedef struct norm_state {
    int64_t n, norm;
} norm_state;

static hone_status fit(hone_ctx *ctx, const void *params_, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    (void)ctx, (void)arena;
    norm_state *s = ret_state;
    s->n = data->x->n_columns;
    s->norm = ((const norm_params *)params_)->norm;
    return HONE_OK;
}

/* Missing values have no length; a row of zeros stays. The largest magnitude comes first, so that squares
 * neither overflow nor vanish. */
static void divide_row(double *values, int64_t n, int64_t norm) {
    double most = 0, sum = 0;
    for (int64_t j = 0; j < n; j++) {
        double x = fabs(values[j]);
        most = x > most ? x : most;
    }
    if (!(most > 0)) return;
    for (int64_t j = 0; j < n && norm != MAX; j++) {
        double x = fabs(values[j]) / most;
        if (!isnan(x)) sum += norm == L1 ? x : x * x;
    }
    double length = norm == MAX ? 1 : norm == L1 ? sum : sqrt(sum);
    for (int64_t j = 0; j < n; j++) values[j] = values[j] / most / length;
}

static void divide_rows(const void *state, double *rows, int64_t n, int64_t p) {
    for (int64_t i = 0; i < n; i++) divide_row(rows + i * p, p, ((const norm_state *)state)->norm);
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    assert(x->n_columns == ((const norm_state *)state)->n);
    return hn_map_rows(ctx, state, x, divide_rows, arena, ret_out);
}

static hone_status visit(hn_visitor *v, void *state) {
    norm_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n));
    HN_TRY(hn_visit(v, "norm", &s->norm));
    return hn_visit_check(v, s->n >= 0 && s->n < INT32_MAX && s->norm >= L1 && s->norm <= MAX,
                          "normalize: numbers");
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    (void)arena;
    return hn_prepare_numbers(ctx, "normalize", schema, ((const norm_state *)state)->n);
}

const hone_estimator hn_normalize = {
    .name = "normalize",
    .title = "Rows of length 1",
    .class_names = "Normalizer",
    .family = "prep",
    .doc = "Divides the numbers of each row by its length, so that only their proportions are "
           "left: for counts of words, spectra, or wherever the angle between rows matters. "
           "Missing values stay missing.",
    .tasks = HN_TASK_NONE,
    .can = HN_CAN_MISSING | HN_NUMERIC_ONLY,
    .params = HN_PARAMS(norm_params, params),
    .state_size = sizeof(norm_state),
    .fit = fit,
    .transform = transform,
    .visit = visit,
    .prepare = prepare,
    HN_GOLDEN({.dataset = "tabular/iris/iris.csv",
               .columns = "sepal_length,sepal_width,petal_length,petal_width",
               .params = NULL,
               .metric = "sum",
               .value = 262.8644260887448,
               .tolerance = 1e-10,
               .source = "scikit-learn 1.9.1, Normalizer()"}),
};
