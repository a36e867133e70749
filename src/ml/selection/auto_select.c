/* auto_select.c - the fewest columns with which models answer as well: what says nothing and what others say goes
 * first, then what matters least, as far as it costs nothing that held-out rows can tell. */
#include "ml/selection/selection.h"
#include "base/parallel.h"
#include "num/association.h"
#include "num/sort.h"
#include "spec/judge.h"
#include <math.h>
#include <string.h>

typedef struct auto_params {
    hn_part estimator;
    hn_part importance;
    double correlation;
    int64_t folds;
    int64_t max_rows;
    int64_t min_features;
    double tolerance;
    double max_loss;
} auto_params;

static const hone_param table[] = {
    HN_PARAM(auto_params, estimator, .def = "auto", .words = HN_WORDS({"auto", 0}),
             .part_tasks = HN_SELECTION_TASKS,
             .doc = "The model that must not get worse; auto: neither a few boosted trees nor a "
                    "linear model."),
    HN_PARAM(auto_params, importance, .def = "auto", .words = HN_WORDS({"auto", 0}),
             .part_tasks = HN_SELECTION_TASKS, .part_can = HN_CAN_IMPORTANCES,
             .doc = "The model whose importances say in which order columns are left out; auto: a "
                    "random_forest."),
    HN_PARAM(auto_params, correlation, .def = "0.99", .range = "(0, 1]",
             .doc = "Of two columns of numbers whose correlation is above this, whatever its sign, "
                    "the later one is left out."),
    HN_PARAM(auto_params, folds, .def = "5", .range = "[2, 100]", .aliases = HN_CHOICES("cv"),
             .doc = "Folds of the training rows over which it is judged."),
    HN_PARAM(auto_params, max_rows, .def = "10000", .range = "[50, inf)", .unit = "rows",
             .doc = "Of more rows than these, so many drawn ones judge."),
    HN_PARAM(auto_params, min_features, .def = "1", .range = "[1, inf)", .unit = "columns",
             .doc = "Keep no fewer than these."),
    HN_PARAM(auto_params, max_loss, .def = "0.01", .range = "[0, inf)",
             .doc = "By what share the loss may be above that with all columns."),
    HN_PARAM(auto_params, tolerance, .def = "2", .range = "[0, inf)",
             .doc = "How sure that must be: so many standard errors are added to what is found."),
};

typedef enum reason { KEPT, CONSTANT, CORRELATED, UNIMPORTANT, REASONS } reason;
static const char *const reason_names[REASONS] = {"kept", "constant", "correlated", "unimportant"};

enum { SIZES = 64 }; /* numbers of columns that are tried, at most */

typedef struct auto_state {
    hn_selection s; /* first: the hooks of selections take it */
    int32_t *why;   /* [n] reason */
    int32_t *with;  /* [n] the column that a correlated one goes with, else -1 */
    int64_t n_sizes;
    int64_t n_judges;
    int64_t *size;    /* [n_sizes] numbers of columns tried, falling */
    double *loss;     /* [n_judges, n_sizes] mean over folds */
    double *above;    /* [n_judges, n_sizes] the share by which that may be above all columns' */
    const char **who; /* [n_judges] */
} auto_state;

/* ---- what says nothing, and what another says ------------------------------------------------- */

/* One value, or none. */
static bool is_constant(const hn_column *c) {
    double first = (double)NAN;
    for (int64_t i = 0; i < c->n; i++) {
        double v = hn_column_double(c, i);
        if (isnan(v)) continue;
        if (isnan(first)) first = v;
        if (v != first) return false;
    }
    return true;
}

typedef struct pairing {
    const hone_data *data;
    const uint8_t *in;
    double threshold;
    int64_t stride; /* bytes of a column's bits */
    uint8_t *close; /* [n, stride] bit i of column j: i < j goes with it */
} pairing;

static hone_status correlate(hone_ctx *ctx, const hn_column *a, const hn_column *b, double *x,
                             double *y, double *ret_r) {
    int64_t n = 0;
    for (int64_t i = 0; i < a->n; i++) {
        double v = hn_column_double(a, i), w = hn_column_double(b, i);
        if (isnan(v) || isnan(w)) continue;
        x[n] = v;
        y[n++] = w;
    }
    *ret_r = 0;
    if (2 * n < a->n) return HONE_OK; /* too few in common to say so */
    HN_TRY(hn_pearson(ctx, x, y, n, ret_r));
    *ret_r = fabs(*ret_r);
    return HONE_OK;
}

static hone_status pair_columns(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const pairing *p = arg;
    const hn_table *x = p->data->x;
    double *a, *b;
    HN_TRY(HN_SCRATCH_NEW(ctx, a, x->n_rows + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, b, x->n_rows + 1));
    for (int64_t j = chunk.begin; j < chunk.end; j++) {
        if (!p->in[j] || !hn_type_is_numeric(x->columns[j].type)) continue;
        for (int64_t i = 0; i < j; i++) {
            double r;
            if (!p->in[i] || !hn_type_is_numeric(x->columns[i].type)) continue;
            HN_TRY(hn_check_cancel(ctx));
            HN_TRY(correlate(ctx, &x->columns[i], &x->columns[j], a, b, &r));
            if (r > p->threshold) p->close[j * p->stride + i / 8] |= (uint8_t)(1 << (i % 8));
        }
    }
    return HONE_OK;
}

static hone_status drop_plain_cases(hone_ctx *ctx, const auto_params *p, const hone_data *data,
                                    auto_state *s, uint8_t *in) {
    int64_t n = s->s.n;
    pairing pairs = {.data = data, .in = in, .threshold = p->correlation, .stride = (n + 7) / 8};
    HN_TRY(HN_SCRATCH_NEW(ctx, pairs.close, n * pairs.stride + 1));
    for (int64_t j = 0; j < n; j++) {
        in[j] = !is_constant(&data->x->columns[j]);
        s->why[j] = in[j] ? KEPT : CONSTANT;
        s->with[j] = -1;
    }
    HN_TRY(hn_parallel(ctx, n, 1, pair_columns, &pairs));
    for (int64_t j = 0; j < n; j++)
        for (int64_t i = 0; i < j && in[j]; i++) {
            if (!in[i] || !(pairs.close[j * pairs.stride + i / 8] >> (i % 8) & 1)) continue;
            in[j] = 0;
            s->why[j] = CORRELATED;
            s->with[j] = (int32_t)i;
        }
    return HONE_OK;
}

/* ---- how many are enough ---------------------------------------------------------------------- */

/* From all down, each about four fifths of the one before. */
static void list_sizes(auto_state *s, int64_t whole, int64_t all, int64_t least) {
    s->n_sizes = 0;
    if (whole > all) s->size[s->n_sizes++] = whole; /* with those that go with others */
    for (int64_t k = all; k >= least && s->n_sizes < SIZES;) {
        s->size[s->n_sizes++] = k;
        int64_t next = (4 * k) / 5;
        if (next >= k) next = k - 1;
        if (k > least && next < least) next = least;
        if (next >= k || next < 1) break;
        k = next;
    }
}

/* The losses of one judge with each number of columns, and how far above that of all each may be. */
static hone_status judge_sizes(hone_ctx *ctx, const auto_params *p, const hn_judge *judge,
                               int64_t number, const hone_data *data, const hn_trial *trial,
                               const int64_t *order, auto_state *s) {
    int64_t n = data->x->n_rows;
    double *losses, *mean = s->loss + number * s->n_sizes, *above = s->above + number * s->n_sizes;
    uint8_t *marks;
    HN_TRY(HN_SCRATCH_NEW(ctx, losses, s->n_sizes * n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, marks, s->s.n + 1));
    for (int64_t i = 0; i < s->n_sizes; i++) {
        HN_SCRATCH(ctx);
        hone_data view;
        HN_TRY(hn_check_cancel(ctx));
        hn_progress(ctx, "auto_select", number * s->n_sizes + i, s->n_judges * s->n_sizes,
                    "numbers of columns");
        memset(marks, 0, (size_t)s->s.n);
        for (int64_t k = 0; k < s->size[i]; k++) marks[order[k]] = 1;
        HN_TRY(hn_data_columns(ctx, data, marks, &view));
        HN_TRY(hn_judge_losses(ctx, "auto_select", judge, &view, trial, losses + i * n, NULL));
        mean[i] = hn_judge_mean(data, losses + i * n);
    }
    for (int64_t i = 0; i < s->n_sizes; i++) {
        double worse, error;
        hn_judge_gain(data, losses + i * n, losses, &worse, &error);
        worse += p->tolerance * error;
        above[i] = mean[0] > 0 ? worse / mean[0] : worse > 0 ? (double)INFINITY : 0;
    }
    return HONE_OK;
}

/* Columns in play by falling importance; of equals the first. */
static hone_status rank_columns(hone_ctx *ctx, const auto_params *p, const hone_data *data,
                                const uint8_t *in, auto_state *s, int64_t *order) {
    HN_SCRATCH(ctx);
    hone_data view;
    hn_part part = p->importance;
    double *values;
    int64_t n = 0, *column, *place;
    if (part.kind == NULL)
        HN_TRY(hn_part_make(ctx, ctx->scratch,
                            "{\"random_forest\": {\"n_estimators\": 60, \"min_samples_leaf\": 3}}",
                            &part));
    HN_TRY(HN_SCRATCH_NEW(ctx, values, s->s.n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, column, s->s.n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, place, s->s.n + 1));
    HN_TRY(hn_data_columns(ctx, data, in, &view));
    HN_TRY(hn_importances_of(ctx, "auto_select", &part, &view, hn_child_seed(ctx, "auto_select", 0),
                             values));
    for (int64_t j = 0; j < s->s.n; j++)
        if (in[j]) column[n++] = j;
    for (int64_t i = 0; i < n; i++) {
        s->s.scores[column[i]] = values[i];
        values[i] = -values[i];
    }
    HN_TRY(hn_argsort_f64(ctx, values, n, place));
    for (int64_t i = 0; i < n; i++) order[i] = column[place[i]];
    return HONE_OK;
}

static bool does_as_well(const auto_params *p, const auto_state *s, int64_t i) {
    bool well = true;
    for (int64_t k = 0; k < s->n_judges; k++) well &= s->above[k * s->n_sizes + i] <= p->max_loss;
    return well;
}

static hone_status keep_enough(hone_ctx *ctx, const auto_params *p, const hone_data *data,
                               auto_state *s, hn_arena *arena, uint8_t *in) {
    int64_t all = 0, whole, *order, enough = 0;
    hn_judge judges[HN_JUDGES];
    int n_judges;
    hn_trial trial;
    for (int64_t j = 0; j < s->s.n; j++) all += in[j];
    if (all <= 1) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(ctx, order, s->s.n + 1));
    HN_TRY(rank_columns(ctx, p, data, in, s, order));
    whole = all;
    for (int64_t j = 0; j < s->s.n; j++)
        if (s->why[j] == CORRELATED) order[whole++] = j;
    HN_TRY(hn_judges(ctx, "auto_select", &p->estimator, data, judges, &n_judges));
    HN_TRY(hn_trial_make(ctx, "auto_select", data, p->folds, ctx->seed, &trial));
    list_sizes(s, whole, all, p->min_features < all ? p->min_features : all);
    s->n_judges = n_judges;
    HN_TRY(HN_NEW(ctx, arena, s->loss, s->n_judges * s->n_sizes + 1));
    HN_TRY(HN_NEW(ctx, arena, s->above, s->n_judges * s->n_sizes + 1));
    HN_TRY(HN_NEW(ctx, arena, s->who, s->n_judges + 1));
    for (int i = 0; i < n_judges; i++) {
        s->who[i] = judges[i].part.kind->name;
        HN_TRY(judge_sizes(ctx, p, &judges[i], i, data, &trial, order, s));
    }
    /* The smallest with which none of them may do much worse; all columns always do as well. */
    for (int64_t i = 0; i < s->n_sizes; i++)
        if (does_as_well(p, s, i)) enough = s->size[i];
    for (int64_t k = all; k < enough; k++) {
        in[order[k]] = 1;
        s->why[order[k]] = KEPT;
        s->with[order[k]] = -1;
    }
    for (int64_t k = enough; k < all; k++) {
        in[order[k]] = 0;
        s->why[order[k]] = UNIMPORTANT;
        s->s.ranking[order[k]] = (int32_t)(k - enough + 2);
    }
    return HONE_OK;
}

static hone_status fit(hone_ctx *ctx, const void *params, const hone_data *data, hn_arena *arena,
                       void *state) {
    const auto_params *p = params;
    auto_state *s = state;
    HN_SCRATCH(ctx);
    hone_data part = *data;
    int64_t *rows;
    uint8_t *in;
    HN_TRY(hn_selection_start(ctx, arena, data, &s->s));
    HN_TRY(HN_NEW(ctx, arena, s->why, s->s.n + 1));
    HN_TRY(HN_NEW(ctx, arena, s->with, s->s.n + 1));
    HN_TRY(HN_NEW(ctx, arena, s->size, SIZES));
    HN_TRY(HN_SCRATCH_NEW(ctx, in, s->s.n + 1));
    if (data->x->n_rows > p->max_rows) {
        HN_TRY(HN_SCRATCH_NEW(ctx, rows, p->max_rows + 1));
        hn_rng rng = hn_rng_make(ctx->seed, hn_stream("auto_select.rows", 0));
        hn_rng_choose(&rng, data->x->n_rows, p->max_rows, rows);
        HN_TRY(hn_data_take(ctx, ctx->scratch, data, rows, p->max_rows, &part));
    }
    HN_TRY(drop_plain_cases(ctx, p, data, s, in));
    HN_TRY(keep_enough(ctx, p, &part, s, arena, in));
    hn_selection_keep(&s->s, in);
    return HONE_OK;
}

/* ---- keeping and telling ---------------------------------------------------------------------- */

static hone_status visit(hn_visitor *v, void *state) {
    auto_state *s = state;
    HN_TRY(hn_selection_visit(v, &s->s));
    HN_TRY(hn_visit(v, "n_sizes", &s->n_sizes));
    HN_TRY(hn_visit(v, "n_judges", &s->n_judges));
    HN_TRY(hn_visit_check(
        v, s->n_sizes >= 0 && s->n_sizes <= SIZES && s->n_judges >= 0 && s->n_judges <= HN_JUDGES,
        "auto_select: numbers"));
    HN_TRY(hn_visit(v, "why", &s->why, s->s.n));
    HN_TRY(hn_visit(v, "with", &s->with, s->s.n));
    for (int64_t j = 0; j < s->s.n; j++)
        HN_TRY(hn_visit_check(
            v, s->why[j] >= 0 && s->why[j] < REASONS && s->with[j] >= -1 && s->with[j] < s->s.n,
            "auto_select: reasons"));
    HN_TRY(hn_visit(v, "sizes", &s->size, s->n_sizes));
    HN_TRY(hn_visit(v, "losses", &s->loss, s->n_judges, s->n_sizes));
    HN_TRY(hn_visit(v, "above", &s->above, s->n_judges, s->n_sizes));
    return hn_visit_texts(v, "judges", &s->who, s->n_judges);
}

static bool put_number(hn_json_doc *doc, hn_json_mut *object, const char *key, double value) {
    return isfinite(value) ? yyjson_mut_obj_add_real(doc, object, key, value)
                           : yyjson_mut_obj_add_null(doc, object, key);
}

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    const auto_state *s = state;
    HN_TRY(hn_selection_report(ctx, &s->s, schema, doc, object));
    hn_json_mut *reasons = yyjson_mut_obj_add_obj(doc, object, "reasons");
    hn_json_mut *tried = yyjson_mut_obj_add_arr(doc, object, "tried");
    bool ok = reasons && tried;
    for (int64_t j = 0; ok && j < s->s.n; j++) {
        if (s->why[j] == KEPT) continue;
        hn_str text;
        hn_str_init(&text, ctx, ctx->scratch);
        hn_str_put(&text, reason_names[s->why[j]]);
        if (s->with[j] >= 0) hn_str_printf(&text, " with %s", schema->columns[s->with[j]].name);
        HN_TRY(hn_str_status(&text));
        ok = yyjson_mut_obj_add(reasons, yyjson_mut_strcpy(doc, schema->columns[j].name),
                                yyjson_mut_strcpy(doc, text.text));
    }
    for (int64_t i = 0; ok && i < s->n_sizes; i++) {
        hn_json_mut *one = yyjson_mut_arr_add_obj(doc, tried);
        ok = one && yyjson_mut_obj_add_int(doc, one, "columns", s->size[i]);
        for (int64_t k = 0; ok && k < s->n_judges; k++) {
            hn_json_mut *own = yyjson_mut_obj_add_obj(doc, one, s->who[k]);
            ok = own && put_number(doc, own, "loss", s->loss[k * s->n_sizes + i]) &&
                 put_number(doc, own, "above", s->above[k * s->n_sizes + i]);
        }
    }
    return ok ? HONE_OK : hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory telling what was kept");
}

/* "kept 12 of 30 columns: ..." */
static hone_status rules(hone_ctx *ctx, const void *state, const hn_shown *shown, hn_str *str) {
    const auto_state *s = state;
    (void)ctx;
    hn_str_printf(str, "kept %lld of %lld columns\n", (long long)s->s.n_kept, (long long)s->s.n);
    for (int r = CONSTANT; r < REASONS; r++) {
        int64_t count = 0;
        for (int64_t j = 0; j < s->s.n; j++) {
            if (s->why[j] != r) continue;
            if (count++ == 0)
                hn_str_printf(str, "left out as %s: ", reason_names[r]);
            else
                hn_str_put(str, ", ");
            hn_str_put(str, shown->schema->columns[j].name);
            if (s->with[j] >= 0)
                hn_str_printf(str, " (with %s)", shown->schema->columns[s->with[j]].name);
        }
        if (count) hn_str_put_c(str, '\n');
    }
    for (int64_t k = 0; k < s->n_judges; k++) {
        hn_str_printf(str, "loss of %s:", s->who[k]);
        for (int64_t i = 0; i < s->n_sizes; i++)
            hn_str_printf(str, "%s %.5g with %lld", i ? "," : "", s->loss[k * s->n_sizes + i],
                          (long long)s->size[i]);
        hn_str_put_c(str, '\n');
    }
    return hn_str_status(str);
}

const hone_estimator hn_auto_select = {
    .name = "auto_select",
    .title = "Keep the fewest columns that do as well",
    .class_names = "AutoSelect",
    .family = "selection",
    .doc =
        "Leaves out columns that have one value or go with an earlier one, then those that matter "
        "least to "
        "a random forest, down to the smallest number with which neither boosted trees nor a "
        "linear model do worse on held-out rows, by more than their error. Its report says what "
        "went and why.",
    .references = "Breiman, Friedman, Olshen, Stone (1984). Classification and Regression Trees.\n"
                  "Hastie, Tibshirani, Friedman (2009). The Elements of Statistical Learning.",
    .tasks = HN_TASK_NONE,
    .example = "{\"estimator\": {\"decision_tree\": {\"max_depth\": 2}}, \"importance\": "
               "{\"random_forest\": {\"n_estimators\": 3}}, \"folds\": 2}",
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES,
    .target = HN_SELECTION_TASKS,
    .params = HN_PARAMS(auto_params, table),
    .state_size = sizeof(auto_state),
    .fit = fit,
    .transform = hn_selection_transform,
    .visit = visit,
    .prepare = hn_selection_prepare,
    .report = report,
    .rules = rules,
    HN_GOLDEN(
        {.dataset = "tabular/breast_cancer/breast_cancer.csv",
         .target = "diagnosis",
         .columns = "numeric",
         .params = "{\"correlation\": 0.9, \"min_features\": 30, \"folds\": 2, \"max_loss\": 1000}",
         .metric = "columns",
         .value = 21,
         .tolerance = 0,
         .source =
             "pandas 3.1.1: columns of which corr() with none before that stays is above 0.9"}),
};
