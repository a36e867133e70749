/* boruta.c - columns that are more important than shuffled copies of columns, time and again. */
#include "ml/selection/selection.h"
#include "num/distribution.h"
#include "num/sort.h"
#include <math.h>

typedef struct boruta_params {
    hn_part estimator; /* first: hn_selection_part takes it */
    int64_t max_iter;
    double alpha;
    double percentile;
    bool keep_tentative;
} boruta_params;

static const hone_param table[] = {
    HN_PARAM(boruta_params, estimator, .def = "random_forest", .part_tasks = HN_SELECTION_TASKS,
             .part_can = HN_CAN_IMPORTANCES, .doc = "The model whose importances are compared."),
    HN_PARAM(boruta_params, max_iter, .def = "100", .range = "[1, 100000]", .unit = "rounds",
             .doc = "Rounds at most; it ends earlier once every column is decided."),
    HN_PARAM(boruta_params, alpha, .def = "0.05", .range = "(0, 1)",
             .doc = "The chance to be wrong about a column, over all columns and rounds."),
    HN_PARAM(
        boruta_params, percentile, .def = "100", .range = "(0, 100]", .aliases = HN_CHOICES("perc"),
        .doc = "A column scores a hit above this percentile of the shuffled copies' importances."),
    HN_PARAM(boruta_params, keep_tentative, .def = "false",
             .doc = "Keep columns that are not decided in the end."),
};

enum { OPEN, IN, OUT };

/* P(X >= hits), X of rounds draws with chance one half. */
static double at_least(int64_t hits, int64_t n) {
    if (hits <= 0) return 1;
    return hn_beta_incomplete((double)hits, (double)(n - hits + 1), 0.5, 0.5);
}

/* Columns still in play, and behind them shuffled copies (five at least); *ret_n of them are real. */
static hone_status with_shadows(hone_ctx *ctx, const hone_data *data, const int32_t *verdict,
                                int64_t round, hn_table *ret_x, int32_t *ret_column,
                                int32_t *ret_n) {
    enum { FEWEST = 5 };
    int32_t n = 0;
    int64_t rows = data->x->n_rows, *order;
    hn_table x = {.n_rows = rows}, one, shuffled;
    for (int32_t j = 0; j < data->x->n_columns; j++)
        if (verdict[j] != OUT) ret_column[n++] = j;
    int32_t shadows = n < FEWEST && n > 0 ? FEWEST : n;
    HN_TRY(HN_SCRATCH_NEW(ctx, x.columns, n + shadows + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, order, rows + 1));
    for (int32_t k = 0; k < n; k++) x.columns[x.n_columns++] = data->x->columns[ret_column[k]];
    for (int32_t k = 0; k < shadows; k++) {
        hn_rng rng =
            hn_rng_make(ctx->seed, hn_stream("boruta.shadow", (uint64_t)(round * 65536 + k)));
        for (int64_t i = 0; i < rows; i++) order[i] = i;
        hn_rng_shuffle(&rng, order, rows);
        HN_TRY(hn_table_select(ctx, ctx->scratch, data->x, &ret_column[k % n], 1, &one));
        HN_TRY(hn_table_take(ctx, ctx->scratch, &one, order, rows, &shuffled));
        x.columns[x.n_columns] = shuffled.columns[0];
        x.columns[x.n_columns].name = hn_arena_printf(ctx, ctx->scratch, "shadow %d", (int)k);
        if (x.columns[x.n_columns++].name == NULL) return HONE_ERROR_MEMORY;
    }
    *ret_x = x;
    *ret_n = n;
    return HONE_OK;
}

static hone_status play(hone_ctx *ctx, const boruta_params *p, const hone_data *data,
                        const int32_t *verdict, int64_t round, int64_t *hits) {
    HN_SCRATCH(ctx);
    hone_data view = *data;
    hn_table x;
    int32_t *column, n;
    double *values;
    HN_TRY(HN_SCRATCH_NEW(ctx, column, data->x->n_columns + 1));
    HN_TRY(with_shadows(ctx, data, verdict, round, &x, column, &n));
    if (n == 0) return HONE_OK;
    view.x = &x;
    HN_TRY(HN_SCRATCH_NEW(ctx, values, x.n_columns + 1));
    HN_TRY(hn_importances_of(ctx, "boruta", &p->estimator, &view,
                             hn_child_seed(ctx, "boruta", round), values));
    HN_TRY(hn_sort_f64(ctx, values + n, x.n_columns - n));
    double bar = hn_quantile_sorted(values + n, x.n_columns - n, p->percentile / 100);
    for (int32_t k = 0; k < n; k++) hits[column[k]] += values[k] > bar;
    return HONE_OK;
}

/* Whether open columns are decided: the false discovery rate over them, and Bonferroni's over rounds. */
static hone_status decide(hone_ctx *ctx, const boruta_params *p, int64_t n, int64_t round,
                          const int64_t *hits, int32_t *verdict, double *p_values) {
    HN_SCRATCH(ctx);
    double *sorted;
    int64_t open = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, sorted, n + 1));
    for (int side = 0; side < 2; side++) {
        int64_t m = 0;
        double cut = -1, each = p->alpha / (double)round;
        for (int64_t j = 0; j < n; j++) {
            if (verdict[j] != OPEN) continue;
            double chance = side == 0 ? at_least(hits[j], round) : at_least(round - hits[j], round);
            if (side == 0) p_values[j] = chance;
            sorted[m++] = chance;
        }
        if (side == 0) open = m;
        HN_TRY(hn_sort_f64(ctx, sorted, m));
        for (int64_t i = 0; i < m; i++)
            if (sorted[i] <= p->alpha * (double)(i + 1) / (double)open) cut = sorted[i];
        if (cut > each) cut = each;
        for (int64_t j = 0; j < n; j++) {
            double chance = side == 0 ? at_least(hits[j], round) : at_least(round - hits[j], round);
            if (verdict[j] == OPEN && chance <= cut) verdict[j] = side == 0 ? IN : OUT;
        }
    }
    return HONE_OK;
}

static hone_status fit(hone_ctx *ctx, const void *params, const hone_data *data, hn_arena *arena,
                       void *state) {
    const boruta_params *p = params;
    hn_selection *s = state;
    HN_SCRATCH(ctx);
    int32_t *verdict;
    int64_t *hits;
    uint8_t *keep;
    bool open = true;
    HN_TRY(hn_selection_start(ctx, arena, data, s));
    HN_TRY(HN_SCRATCH_NEW(ctx, verdict, s->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, hits, s->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, keep, s->n + 1));
    for (int64_t round = 1; open && round <= p->max_iter; round++) {
        HN_TRY(hn_check_cancel(ctx));
        hn_progress(ctx, "boruta", round - 1, p->max_iter, "rounds");
        HN_TRY(play(ctx, p, data, verdict, round, hits));
        HN_TRY(decide(ctx, p, s->n, round, hits, verdict, s->p_values));
        s->n_iter = round;
        open = false;
        for (int64_t j = 0; j < s->n; j++) {
            open |= verdict[j] == OPEN;
            if (verdict[j] != OUT) s->scores[j] = (double)hits[j] / (double)round;
        }
    }
    for (int64_t j = 0; j < s->n; j++) {
        keep[j] = verdict[j] == IN || (p->keep_tentative && verdict[j] == OPEN);
        s->ranking[j] = verdict[j] == IN ? 1 : verdict[j] == OPEN ? 2 : 3;
    }
    hn_selection_keep(s, keep);
    return HONE_OK;
}

const hone_estimator hn_boruta = {
    .name = "boruta",
    .title = "Keep columns more important than chance (Boruta)",
    .class_names = "Boruta",
    .doc = "Shows a model the columns beside shuffled copies of them, again and again, and keeps "
           "those that "
           "are more important than the best copy more often than chance would have it: all that "
           "has to "
           "do with the target, not only what is needed to tell it.",
    .references = "Kursa, Rudnicki (2010). Feature selection with the Boruta package.",
    .example = "{\"estimator\": {\"random_forest\": {\"n_estimators\": 3}}, \"max_iter\": 6, "
               "\"keep_tentative\": true}",
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES,
    .target = HN_SELECTION_TASKS,
    .params = HN_PARAMS(boruta_params, table),
    .fit = fit,
    .part = hn_selection_part,
    HN_GOLDEN(
        {.dataset = "tabular/iris/iris.csv",
         .target = "species",
         .columns = "numeric",
         .params = "{\"estimator\": {\"random_forest\": {\"n_estimators\": 30, \"max_depth\": 5}}}",
         .metric = "columns",
         .value = 4,
         .tolerance = 0,
         .source = "Kursa, Rudnicki (2010): all four measures have to do with the species"}),
    HN_SELECTION_HOOKS,
};
