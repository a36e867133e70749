/* test_resample.c - no row that is scored, decided by, or served is ever resampled: a step and a model that note
 * which rows they are shown, under everything that fits pipelines. */
#include "support.h"

#include "flow/cross.h"
#include "flow/curve.h"
#include "flow/pipeline.h"
#include "spec/catalog.h"
#include <string.h>

enum { ROWS = 240, MADE = 100000 };

/* Column "id" is the row's number; rows that the step makes have MADE more. */
static bool shown[ROWS];      /* to the step's resample, in this fit */
static int n_fits, n_answers; /* so far */

typedef struct spy_state {
    int64_t n_features;
    int64_t learned[2]; /* rows there were, rows made */
} spy_state;

static hone_status spy_fit(hone_ctx *ctx, const void *params, const hone_data *data,
                           hn_arena *arena, void *state) {
    (void)ctx, (void)params, (void)arena;
    ((spy_state *)state)->n_features = data->x->n_columns;
    return HONE_OK;
}

/* Every row twice: as it is, and made. */
static hone_status spy_resample(hone_ctx *ctx, const void *params, const hone_data *data,
                                hn_arena *arena, void *state, hn_resampled *ret_rows) {
    (void)params, (void)state;
    int64_t n = data->x->n_rows, *source, *partner;
    double *id;
    hn_table *x;
    memset(shown, 0, sizeof shown);
    HN_TRY(HN_NEW(ctx, arena, source, 2 * n));
    HN_TRY(HN_NEW(ctx, arena, partner, 2 * n));
    HN_TRY(HN_NEW(ctx, arena, id, 2 * n));
    HN_TRY(HN_NEW(ctx, arena, x, 1));
    HN_TRY(HN_NEW(ctx, arena, x->columns, 1));
    for (int64_t i = 0; i < 2 * n; i++) {
        source[i] = i % n;
        partner[i] = i < n ? -1 : (i + 1) % n;
        id[i] = hn_column_double(&data->x->columns[0], i % n) + (i < n ? 0 : MADE);
        shown[(int)hn_column_double(&data->x->columns[0], i % n)] = true;
    }
    x->n_rows = 2 * n;
    x->n_columns = 1;
    x->columns[0] = hn_column_of_f64("id", id, 2 * n);
    *ret_rows = (hn_resampled){.n = 2 * n, .source = source, .partner = partner, .x = x};
    return HONE_OK;
}

static hone_status spy_transform(hone_ctx *ctx, const void *state, const hn_table *x,
                                 hn_arena *arena, hn_table *ret_out) {
    (void)ctx, (void)state, (void)arena;
    *ret_out = *x;
    return HONE_OK;
}

static hone_status spy_visit(hn_visitor *v, void *state) {
    return hn_visit(v, "n_features", &((spy_state *)state)->n_features);
}

static const hone_estimator spy_step = {.name = "spy_step",
                                        .params = HN_NO_PARAMS,
                                        .state_size = sizeof(spy_state),
                                        .can = HN_CAN_MISSING,
                                        .fit = spy_fit,
                                        .resample = spy_resample,
                                        .transform = spy_transform,
                                        .visit = spy_visit};

/* The model sees each row and what was made of it; the inner folds hold out none that was made. */
static hone_status model_fit(hone_ctx *ctx, const void *params, const hone_data *data,
                             hn_arena *arena, void *state) {
    (void)params;
    spy_state *s = state;
    hn_rows folds[3], rest;
    hn_split_keys keys = {0};
    int64_t n = data->x->n_rows, tested = 0;
    double *id;
    s->n_features = data->x->n_columns;
    HN_TRY(HN_NEW(ctx, arena, id, n));
    hn_column_doubles(&data->x->columns[0], 0, n, id, 1);
    for (int64_t i = 0; i < n; i++) s->learned[id[i] >= MADE]++;
    assert_int_equal(s->learned[0], s->learned[1]);
    HN_TRY(hn_data_folds(ctx, arena, data, &keys, 3, ctx->seed, folds));
    for (int f = 0; f < 3; f++) {
        HN_TRY(hn_data_except(ctx, arena, data, folds[f], &rest));
        bool held[ROWS] = {false};
        for (int64_t i = 0; i < folds[f].n; i++) {
            assert_true(id[folds[f].rows[i]] < MADE);
            held[(int)id[folds[f].rows[i]]] = true;
        }
        int64_t there = 0, made = 0;
        for (int64_t i = 0; i < rest.n; i++) {
            int64_t row = rest.rows[i];
            assert_false(held[(int)id[row] % MADE]);
            if (id[row] >= MADE) {
                int64_t other = (row - n / 2 + 1) % (n / 2);
                assert_false(held[(int)id[other]]);
                made++;
            } else {
                there++;
            }
        }
        tested += folds[f].n;
        assert_int_equal(there + folds[f].n, n / 2);
        assert_true(made > 0 && made < there);
    }
    assert_int_equal(tested, n / 2);
    n_fits++;
    return HONE_OK;
}

/* Rows to be answered: none was made, and, where the last fit was not of all rows, none was resampled in it. */
static hone_status model_predict(hone_ctx *ctx, const void *state, const hn_table *x, double *out) {
    (void)ctx, (void)state;
    int64_t known = 0;
    for (int64_t i = 0; i < x->n_rows; i++) {
        int id = (int)hn_column_double(&x->columns[0], i);
        assert_in_range(id, 0, ROWS - 1);
        known += shown[id];
        out[2 * i] = out[2 * i + 1] = 0.5;
    }
    assert_true(known == 0 || known == x->n_rows); /* the training part or the test, never both */
    n_answers += (int)x->n_rows;
    return HONE_OK;
}

static int64_t two(const void *state) {
    (void)state;
    return 2;
}

static const hone_estimator spy_model = {.name = "spy_model",
                                         .tasks = HN_TASK_BINARY,
                                         .can = HN_CAN_PROBABILITIES,
                                         .params = HN_NO_PARAMS,
                                         .state_size = sizeof(spy_state),
                                         .fit = model_fit,
                                         .predict = model_predict,
                                         .outputs = two,
                                         .visit = spy_visit};

static double ids[ROWS], y[ROWS], times[ROWS];
static hn_column column;
static hn_table table;
static char nothing[1];
static hn_recipe_part parts[1] = {{.kind = &spy_step, .params = nothing}};

static hone_data make(hn_recipe *recipe) {
    for (int i = 0; i < ROWS; i++) {
        ids[i] = i;
        y[i] = i % 2;
        times[i] = i;
    }
    column = hn_column_of_f64("id", ids, ROWS);
    table = (hn_table){.n_rows = ROWS, .n_columns = 1, .columns = &column};
    *recipe = (hn_recipe){.infer_at = -1,
                          .steps = parts,
                          .n_steps = 1,
                          .model = {.kind = &spy_model, .params = nothing}};
    n_fits = n_answers = 0;
    return (hone_data){.x = &table, .y = y, .n_classes = 2, .task = HN_TASK_BINARY};
}

static void test_folds(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    hn_recipe recipe;
    hone_data data = make(&recipe);
    const hn_metric *metric;
    double values[5], *out;
    int64_t *rows, n;
    hn_splitting how = {.folds = 5, .repeats = 1, .shuffle = true};
    hn_cuts cuts;
    assert_ok(ctx, hn_metric_require(ctx, ctx->scratch, "accuracy", HN_TASK_BINARY, &metric));
    assert_ok(ctx, hn_cross_cuts(ctx, ctx->scratch, &how, &data, 0, &cuts));
    assert_ok(ctx, hn_cross_validate(ctx, &recipe, &data, metric, &cuts, values));
    assert_int_equal(n_fits, 5);
    assert_int_equal(n_answers, ROWS);
    data = make(&recipe);
    assert_ok(ctx, HN_SCRATCH_NEW(ctx, out, 2 * ROWS));
    assert_ok(ctx, HN_SCRATCH_NEW(ctx, rows, ROWS));
    assert_ok(ctx, hn_cross_cuts(ctx, ctx->scratch, &how, &data, 4, &cuts));
    assert_ok(ctx, hn_cross_predict(ctx, &recipe, &data, &cuts, out, rows, &n));
    assert_int_equal(n_fits, 4);
    assert_int_equal(n_answers, ROWS);
    assert_int_equal(n, ROWS);
    hone_ctx_free(ctx);
}

static void test_pipeline(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    hn_recipe recipe;
    hone_data data = make(&recipe);
    hn_arena arena;
    hn_pipeline pipeline;
    double out[2 * ROWS];
    hn_arena_init(&arena, ctx->allocator);
    assert_ok(ctx, hn_pipeline_fit(ctx, &recipe, &data, &arena, &pipeline, NULL));
    assert_int_equal(pipeline.n_learned, 2 * ROWS);
    assert_int_equal(pipeline.learned[0], ROWS);
    assert_int_equal(pipeline.learned[1], ROWS);
    hn_table features;
    assert_ok(ctx, hn_pipeline_inputs(ctx, &pipeline, &table, &arena, &features));
    assert_int_equal(features.n_rows, ROWS);
    for (int64_t i = 0; i < ROWS; i++)
        assert_same_double(hn_column_double(&features.columns[0], i), ids[i]);
    assert_ok(ctx, hn_pipeline_predict(ctx, &pipeline, &table, out));
    hn_pipeline_done(&pipeline);
    hn_arena_done(&arena);
    hone_ctx_free(ctx);
}

/* Made rows whose partner comes later than what is learned from are not learned from. */
static void test_time(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    int64_t parents[12] = {0, -1, 1, -1, 2, -1, 3, -1, 0, 1, 1, 3};
    double when[6] = {0, 1, 2, 3, 0, 1};
    hn_column one = hn_column_of_f64("t", when, 6);
    hn_table six = {.n_rows = 6, .n_columns = 1, .columns = &one};
    hone_data data = {.x = &six, .time = when, .parents = parents};
    int64_t last = 3;
    hn_rows rest;
    assert_ok(ctx, hn_data_except(ctx, ctx->scratch, &data, (hn_rows){&last, 1}, &rest));
    static const int64_t wanted[] = {0, 4, 1, 2};
    assert_int_equal(rest.n, 4);
    assert_memory_equal(rest.rows, wanted, sizeof wanted);
    hone_ctx_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folds), cmocka_unit_test(test_pipeline), cmocka_unit_test(test_time)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
