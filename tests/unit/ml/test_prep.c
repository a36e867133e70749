/* Steps: the promises that all of them make, then what each does at its edges. Figures against
 * scikit-learn stand in tests/parity/test_prep.py. */
#include "unit/support.h"

#include "unit/ml/steps.h"

static hone_ctx *ctx;
static hn_arena arena;

static int begin(void **state) {
    (void)state;
    ctx = test_ctx(1);
    hn_arena_init(&arena, ctx->allocator);
    return 0;
}

static int end(void **state) {
    (void)state;
    hn_arena_done(&arena);
    hone_ctx_free(ctx);
    return 0;
}

/* A step with parameters that reach its corners, and columns of random_table that it takes. */
typedef struct sample {
    const hone_estimator *step;
    const char *params;
    const char *columns;
} sample;

static const sample samples[] = {
    {&hn_impute, "{}", "num,whole,flag,color,mixed"},
    {&hn_impute, "{\"indicator\": \"auto\"}", "num,whole,flag,color,mixed"},
    {&hn_impute, "{\"strategy\": \"mean\", \"indicator\": \"all\"}", "num,whole,flag,mixed"},
    {&hn_impute, "{\"strategy\": \"constant\", \"fill_text\": \"pink\", \"fill_value\": 0.5}",
     "num,whole,flag,color,mixed"},
    {&hn_one_hot, "{}", "color"},
    {&hn_one_hot, "{\"max_categories\": 3, \"unknown\": \"infrequent\", \"drop\": \"first\"}",
     "color"},
    {&hn_ordinal, "{}", "color"},
    {&hn_ordinal, "{\"order\": [\"red\", \"blue\"], \"unknown\": \"missing\"}", "color"},
    {&hn_standard_scale, "{}", "num,whole,flag,mixed"},
    {&hn_min_max_scale, "{\"low\": -1, \"clip\": true}", "num,whole,flag,mixed"},
    {&hn_robust_scale, "{}", "num,whole,flag,mixed"},
    {&hn_drop_constant, "{}", "num,whole,flag,color,mixed"},
    {&hn_drop_id_like, "{}", "num,whole,flag,color,mixed"},
    {&hn_drop_columns, "{\"names\": [\"flag\", \"num\"]}", "num,whole,flag,color,mixed"},
};
enum { SAMPLES = sizeof samples / sizeof *samples };

/* ---- what all promise -------------------------------------------------------------------------- */

/* No rows, each row alone, a slice: as the whole. And the state loaded from memory: as the fitted. */
static void test_row_wise_and_saved(void **state) {
    (void)state;
    for (int i = 0; i < SAMPLES; i++) {
        hn_table all, x, out, part, again;
        fitted f = {0}, loaded = {0};
        memory_file file;
        assert_ok(ctx, random_table(ctx, &arena, 1, 200, &all));
        assert_ok(ctx, pick(ctx, &arena, &all, samples[i].columns, &x));
        assert_ok(ctx, fit_step(ctx, &arena, samples[i].step, samples[i].params, &x, &f));
        assert_ok(ctx, f.step->transform(ctx, f.state, &x, &arena, &out));
        assert_ok(ctx, save_step(ctx, &arena, &f, &file));
        assert_ok(ctx, load_step(ctx, &arena, f.step, &file, &x, &loaded));
        assert_ok(ctx, f.step->transform(ctx, loaded.state, &x, &arena, &again));
        assert_same_rows(&again, &out, 0);
        for (int64_t row = 0; row < 200; row += 7) {
            hn_table one;
            assert_ok(ctx,
                      hn_table_slice(ctx, &arena, &x, row, row + row % 4, &one)); /* 0 to 3 rows */
            assert_ok(ctx, f.step->transform(ctx, loaded.state, &one, &arena, &part));
            assert_same_rows(&part, &out, row);
        }
        fitted_done(&f);
        fitted_done(&loaded);
    }
}

static void test_threads(void **state) {
    (void)state;
    static const int threads[] = {2, 3, 7};
    hn_table all, x;
    assert_ok(ctx, random_table(ctx, &arena, 2, 150001, &all));
    for (int i = 0; i < SAMPLES; i++) {
        fitted f = {0}, g = {0};
        hn_table wanted, got;
        assert_ok(ctx, pick(ctx, &arena, &all, samples[i].columns, &x));
        assert_ok(ctx, fit_step(ctx, &arena, samples[i].step, samples[i].params, &x, &f));
        assert_ok(ctx, f.step->transform(ctx, f.state, &x, &arena, &wanted));
        for (int t = 0; t < 3; t++) {
            hone_ctx *many = test_ctx(threads[t]);
            hn_arena own;
            hn_arena_init(&own, many->allocator);
            assert_ok(many, fit_step(many, &own, samples[i].step, samples[i].params, &x, &g));
            assert_ok(many, g.step->transform(many, g.state, &x, &own, &got));
            char a[65], b[65];
            assert_ok(many, hn_table_hash(many, &got, a));
            assert_ok(many, hn_table_hash(many, &wanted, b));
            assert_string_equal(a, b);
            fitted_done(&g);
            hn_arena_done(&own);
            hone_ctx_free(many);
        }
        fitted_done(&f);
    }
}

/* The output may be asked for in the scratch arena itself, as predicting does. */
static void test_output_in_scratch(void **state) {
    (void)state;
    hn_table all, x;
    assert_ok(ctx, random_table(ctx, &arena, 3, 100, &all));
    for (int i = 0; i < SAMPLES; i++) {
        HN_SCRATCH(ctx);
        hn_table wanted, got;
        fitted f = {0};
        assert_ok(ctx, pick(ctx, &arena, &all, samples[i].columns, &x));
        assert_ok(ctx, fit_step(ctx, &arena, samples[i].step, samples[i].params, &x, &f));
        assert_ok(ctx, f.step->transform(ctx, f.state, &x, &arena, &wanted));
        assert_ok(ctx, f.step->transform(ctx, f.state, &x, ctx->scratch, &got));
        char *after;
        assert_ok(ctx, HN_SCRATCH_NEW(ctx, after, 100000));
        memset(after, 0x5a, 100000);
        assert_same_rows(&got, &wanted, 0);
        fitted_done(&f);
    }
}

/* Every number of a saved state replaced by strange ones: refused, or harmless. */
static void test_damaged(void **state) {
    (void)state;
    static const int64_t strange[] = {-1, -2, 1, 2, 3, 7, 1000, INT32_MAX, INT64_MAX, INT64_MIN};
    hn_table all, x, out;
    assert_ok(ctx, random_table(ctx, &arena, 1, 60, &all));
    for (int i = 0; i < SAMPLES; i++) {
        fitted f = {0};
        memory_file file;
        assert_ok(ctx, pick(ctx, &arena, &all, samples[i].columns, &x));
        assert_ok(ctx, fit_step(ctx, &arena, samples[i].step, samples[i].params, &x, &f));
        assert_ok(ctx, save_step(ctx, &arena, &f, &file));
        for (int t = 0; t < file.n; t++) {
            size_t size = hn_dtype_size(file.tensors[t].dtype);
            for (int64_t e = 0; e < file.tensors[t].n; e++) {
                unsigned char *at = (unsigned char *)file.tensors[t].bytes + (size_t)e * size,
                              kept[8];
                memcpy(kept, at, size);
                for (size_t s = 0; s < sizeof strange / sizeof *strange; s++) {
                    HN_SCRATCH(ctx);
                    fitted loaded = {0};
                    memcpy(at, &strange[s], size);
                    /* A state that makes sense may still refuse a row: it may say unknown = error. */
                    hone_status loads = load_step(ctx, ctx->scratch, f.step, &file, &x, &loaded);
                    assert_true(loads == HONE_OK || loads == HONE_ERROR_FORMAT);
                    if (loads == HONE_OK) {
                        hone_status runs =
                            f.step->transform(ctx, loaded.state, &x, ctx->scratch, &out);
                        assert_true(runs == HONE_OK || runs == HONE_ERROR_DATA);
                    }
                    fitted_done(&loaded);
                }
                memcpy(at, kept, size);
            }
        }
        fitted_done(&f);
    }
}

/* A state loaded for other columns than it was fitted on. */
static void test_other_columns(void **state) {
    (void)state;
    hn_table all, x, less;
    assert_ok(ctx, random_table(ctx, &arena, 1, 50, &all));
    for (int i = 0; i < SAMPLES; i++) {
        fitted f = {0}, loaded = {0};
        memory_file file;
        assert_ok(ctx, pick(ctx, &arena, &all, samples[i].columns, &x));
        assert_ok(ctx, fit_step(ctx, &arena, samples[i].step, samples[i].params, &x, &f));
        assert_ok(ctx, save_step(ctx, &arena, &f, &file));
        assert_ok(ctx, hn_table_select(ctx, &arena, &x, (int32_t[]){0}, x.n_columns > 1, &less));
        assert_status(ctx, load_step(ctx, &arena, f.step, &file, &less, &loaded),
                      HONE_ERROR_FORMAT);
        fitted_done(&f);
    }
}

static hone_status fit_and_apply(hone_ctx *own, void *arg) {
    const sample *s = arg;
    hn_arena memory __attribute__((cleanup(hn_arena_done)));
    hn_arena_init(&memory, own->allocator);
    hn_table all, x, out;
    fitted f = {0};
    HN_TRY(random_table(own, &memory, 1, 300, &all));
    HN_TRY(pick(own, &memory, &all, s->columns, &x));
    HN_TRY(fit_step(own, &memory, s->step, s->params, &x, &f));
    hone_status status = f.step->transform(own, f.state, &x, &memory, &out);
    fitted_done(&f);
    return status;
}

static void test_no_memory(void **state) {
    (void)state;
    for (int i = 0; i < SAMPLES; i++)
        test_every_allocation(2, fit_and_apply, (void *)(uintptr_t)&samples[i]);
}

static void test_declared(void **state) {
    (void)state;
    for (int i = 0; i < SAMPLES; i++) {
        const hone_estimator *s = samples[i].step;
        assert_true(s->title && s->doc && s->family && s->fit && s->transform && s->visit &&
                    s->prepare);
        assert_int_equal(s->tasks, HN_TASK_NONE);
        for (int64_t p = 0; p < s->params.n; p++) assert_non_null(s->params.items[p].doc);
    }
}

/* ---- impute ------------------------------------------------------------------------------------ */

static void test_impute_types(void **state) {
    (void)state;
    hn_table x, out;
    fitted f = {0};
    assert_ok(ctx, random_table(ctx, &arena, 5, 100, &x));
    assert_ok(ctx, fit_step(ctx, &arena, &hn_impute, "{\"strategy\": \"most_frequent\"}", &x, &f));
    assert_ok(ctx, f.step->transform(ctx, f.state, &x, &arena, &out));
    for (int32_t j = 0; j < 5; j++) {
        assert_int_equal(out.columns[j].type, x.columns[j].type);
        assert_int_equal(hn_column_count_missing(&out.columns[j]), 0);
    }
    hn_table numbers;
    assert_ok(ctx, pick(ctx, &arena, &x, "num,whole,flag,mixed", &numbers));
    assert_ok(ctx, fit_step(ctx, &arena, &hn_impute, "{\"strategy\": \"mean\"}", &numbers, &f));
    assert_ok(ctx, f.step->transform(ctx, f.state, &numbers, &arena, &out));
    assert_int_equal(out.columns[1].type, HN_F64); /* a mean of whole numbers is none */
    assert_int_equal(out.columns[2].type, HN_F64);
    assert_int_equal(out.columns[3].type, HN_F32);
}

/* An unseen category is not a missing one: it stays unknown. */
static void test_impute_unknown(void **state) {
    (void)state;
    const char *train[] = {"b", "b", NULL, "c"}, *later[] = {NULL, "z", "c"};
    hn_column x[1], y[1];
    hn_table out;
    fitted f = {0};
    assert_ok(ctx, text_column(ctx, &arena, "x", train, 4, NULL, x));
    assert_ok(ctx, text_column(ctx, &arena, "x", later, 3, x->dictionary, y));
    hn_table seen = {.n_rows = 4, .n_columns = 1, .columns = x},
             unseen = {.n_rows = 3, .n_columns = 1, .columns = y};
    assert_ok(ctx, fit_step(ctx, &arena, &hn_impute,
                            "{\"strategy\": \"constant\", \"fill_text\": \"bb\"}", &seen, &f));
    assert_ok(ctx, f.step->transform(ctx, f.state, &unseen, &arena, &out));
    assert_int_equal(out.columns[0].dictionary->n, 3);
    assert_true(hn_dictionary_is_sorted(out.columns[0].dictionary));
    hn_slice filled = hn_column_text(&out.columns[0], 0), kept = hn_column_text(&out.columns[0], 2);
    assert_int_equal(hn_column_code(&out.columns[0], 1), HN_UNKNOWN);
    assert_memory_equal(filled.text, "bb", 2);
    assert_memory_equal(kept.text, "c", 1);
}

static void test_impute_errors(void **state) {
    (void)state;
    const char *none[] = {NULL, NULL};
    hn_column x[1];
    fitted f = {0};
    assert_ok(ctx, text_column(ctx, &arena, "deck", none, 2, NULL, x));
    hn_table table = {.n_rows = 2, .n_columns = 1, .columns = x};
    assert_status(ctx, fit_step(ctx, &arena, &hn_impute, "{}", &table, &f), HONE_ERROR_DATA);
    assert_message(ctx, "column 'deck' has no value");
    assert_string_equal(hone_ctx_error(ctx)->column, "deck");
    assert_ok(ctx, fit_step(ctx, &arena, &hn_impute, "{\"strategy\": \"constant\"}", &table, &f));
    assert_status(ctx, fit_step(ctx, &arena, &hn_impute, "{\"strategy\": \"mean\"}", &table, &f),
                  HONE_ERROR_DATA);
    assert_message(ctx, "which have no mean");
}

/* Whole numbers beyond what a double can hold pass through to the last digit. */
static void test_impute_large_ints(void **state) {
    (void)state;
    int64_t values[] = {9007199254740993, 2, 2};
    uint8_t *valid;
    assert_ok(ctx, hn_valid_new(ctx, &arena, 3, &valid));
    hn_valid_clear(valid, 1);
    hn_column x = {
        .name = "x", .type = HN_I64, .n = 3, .values = values, .stride = 8, .valid = valid};
    hn_table table = {.n_rows = 3, .n_columns = 1, .columns = &x}, out;
    fitted f = {0};
    assert_ok(ctx, fit_step(ctx, &arena, &hn_impute,
                            "{\"strategy\": \"constant\", \"fill_value\": 5}", &table, &f));
    assert_ok(ctx, f.step->transform(ctx, f.state, &table, &arena, &out));
    assert_int_equal(((const int64_t *)out.columns[0].values)[0], 9007199254740993);
    assert_int_equal(((const int64_t *)out.columns[0].values)[1], 5);
}

/* ---- categories -------------------------------------------------------------------------------- */

static void test_one_hot_unknown(void **state) {
    (void)state;
    const char *train[] = {"a", "b", "b", "c"}, *later[] = {"b", "z", NULL};
    hn_column x[1], y[1];
    hn_table out;
    fitted f = {0};
    assert_ok(ctx, text_column(ctx, &arena, "x", train, 4, NULL, x));
    assert_ok(ctx, text_column(ctx, &arena, "x", later, 3, x->dictionary, y));
    hn_table seen = {.n_rows = 4, .n_columns = 1, .columns = x},
             unseen = {.n_rows = 3, .n_columns = 1, .columns = y};
    assert_ok(ctx, fit_step(ctx, &arena, &hn_one_hot, "{}", &seen, &f));
    assert_ok(ctx, f.step->transform(ctx, f.state, &unseen, &arena, &out));
    assert_int_equal(out.n_columns, 3);
    for (int32_t j = 0; j < 3; j++)
        for (int64_t i = 0; i < 3; i++)
            assert_int_equal(hn_column_double(&out.columns[j], i), i == 0 && j == 1);
    assert_ok(ctx, fit_step(ctx, &arena, &hn_one_hot, "{\"unknown\": \"error\"}", &seen, &f));
    assert_status(ctx, f.step->transform(ctx, f.state, &unseen, &arena, &out), HONE_ERROR_DATA);
    assert_message(ctx, "column 'x' has a category in row 2 that training did not see");
    assert_int_equal(hone_ctx_error(ctx)->row, 1);
}

/* A category that the dictionary has but the training rows lack is as unknown as any. */
static void test_one_hot_unused_category(void **state) {
    (void)state;
    const char *all[] = {"a", "b", "c"}, *train[] = {"a", "c"};
    hn_column whole[1], x[1];
    hn_table out;
    fitted f = {0};
    assert_ok(ctx, text_column(ctx, &arena, "x", all, 3, NULL, whole));
    assert_ok(ctx, text_column(ctx, &arena, "x", train, 2, whole->dictionary, x));
    hn_table part = {.n_rows = 2, .n_columns = 1, .columns = x},
             full = {.n_rows = 3, .n_columns = 1, .columns = whole};
    assert_ok(ctx, fit_step(ctx, &arena, &hn_one_hot, "{}", &part, &f));
    assert_ok(ctx, f.step->transform(ctx, f.state, &full, &arena, &out));
    assert_int_equal(out.n_columns, 2);
    assert_string_equal(out.columns[1].name, "x=c");
    assert_int_equal(hn_column_double(&out.columns[0], 1) + hn_column_double(&out.columns[1], 1),
                     0);
}

/* "a" = "b=c" and "a=b" = "c" would both be called a=b=c. */
static void test_one_hot_same_names(void **state) {
    (void)state;
    const char *first[] = {"b=c"}, *second[] = {"c"};
    hn_column x[2];
    hn_table table = {.n_rows = 1, .n_columns = 2, .columns = x}, out;
    fitted f = {0};
    assert_ok(ctx, text_column(ctx, &arena, "a", first, 1, NULL, &x[0]));
    assert_ok(ctx, text_column(ctx, &arena, "a=b", second, 1, NULL, &x[1]));
    assert_ok(ctx, fit_step(ctx, &arena, &hn_one_hot, "{}", &table, &f));
    assert_ok(ctx, f.step->transform(ctx, f.state, &table, &arena, &out));
    assert_string_equal(out.columns[0].name, "a=b=c");
    assert_string_equal(out.columns[1].name, "a=b=c_2");
}

static void test_text_is_refused(void **state) {
    (void)state;
    const int64_t offsets[] = {0, 5};
    hn_column x = {.name = "story",
                   .type = HN_STRING,
                   .n = 1,
                   .values = "hello",
                   .stride = 0,
                   .offsets = offsets};
    hn_table table = {.n_rows = 1, .n_columns = 1, .columns = &x};
    fitted f = {0};
    assert_status(ctx, fit_step(ctx, &arena, &hn_one_hot, "{}", &table, &f), HONE_ERROR_DATA);
    assert_message(ctx, "free text");
    assert_status(ctx, fit_step(ctx, &arena, &hn_ordinal, "{}", &table, &f), HONE_ERROR_DATA);
}

static void test_ordinal_order(void **state) {
    (void)state;
    const char *train[] = {"low", "high", "mid", NULL};
    hn_column x[1];
    hn_table table = {.n_rows = 4, .n_columns = 1, .columns = x}, out;
    fitted f = {0};
    const double wanted[] = {0, 2, 1, (double)NAN};
    assert_ok(ctx, text_column(ctx, &arena, "x", train, 4, NULL, x));
    assert_ok(ctx, fit_step(ctx, &arena, &hn_ordinal, "{\"order\": [\"low\", \"mid\", \"high\"]}",
                            &table, &f));
    assert_ok(ctx, f.step->transform(ctx, f.state, &table, &arena, &out));
    for (int i = 0; i < 4; i++) assert_same_double(hn_column_double(&out.columns[0], i), wanted[i]);
    assert_status(ctx,
                  fit_step(ctx, &arena, &hn_ordinal,
                           "{\"order\": [\"low\", \"mid\"], \"unknown\": \"error\"}", &table, &f),
                  HONE_ERROR_DATA);
    assert_message(ctx, "the category 'high', which 'order' does not name");
}

/* ---- scales and drops -------------------------------------------------------------------------- */

static void test_scale_edges(void **state) {
    (void)state;
    double constant[] = {0.1, 0.1, 0.1}, one[] = {(double)NAN, 4, (double)NAN},
           none[] = {(double)NAN, (double)NAN, (double)NAN};
    hn_column x[] = {hn_column_of_f64("constant", constant, 3), hn_column_of_f64("one", one, 3),
                     hn_column_of_f64("none", none, 3)};
    hn_table table = {.n_rows = 3, .n_columns = 3, .columns = x}, out;
    const hone_estimator *scales[] = {&hn_standard_scale, &hn_min_max_scale, &hn_robust_scale};
    for (int s = 0; s < 3; s++) {
        fitted f = {0};
        assert_ok(ctx, fit_step(ctx, &arena, scales[s], "{}", &table, &f));
        assert_ok(ctx, f.step->transform(ctx, f.state, &table, &arena, &out));
        for (int i = 0; i < 3; i++) assert_near(hn_column_double(&out.columns[0], i), 0, 1e-15);
        assert_true(isnan(hn_column_double(&out.columns[1], 0)));
        assert_same_double(hn_column_double(&out.columns[1], 1), 0);
        assert_true(isnan(hn_column_double(&out.columns[2], 2)));
    }
    fitted f;
    assert_status(ctx, fit_step(ctx, &arena, &hn_min_max_scale, "{\"low\": 2}", &table, &f),
                  HONE_ERROR_USAGE);
    assert_string_equal(hone_ctx_error(ctx)->param, "high");
    assert_status(ctx,
                  fit_step(ctx, &arena, &hn_robust_scale, "{\"quantile_low\": 0.8}", &table, &f),
                  HONE_ERROR_USAGE);
}

/* The ends of the range are met exactly, and clipped to. */
static void test_min_max_exact(void **state) {
    (void)state;
    double train[] = {0.1, 0.7, 0.3}, later[] = {-5, 0.7, 9};
    hn_column x = hn_column_of_f64("x", train, 3), y = hn_column_of_f64("x", later, 3);
    hn_table table = {.n_rows = 3, .n_columns = 1, .columns = &x},
             test = {.n_rows = 3, .n_columns = 1, .columns = &y}, out;
    fitted f = {0};
    assert_ok(ctx, fit_step(ctx, &arena, &hn_min_max_scale, "{\"clip\": true}", &table, &f));
    assert_ok(ctx, f.step->transform(ctx, f.state, &test, &arena, &out));
    assert_same_double(hn_column_double(&out.columns[0], 0), 0);
    assert_same_double(hn_column_double(&out.columns[0], 1), 1);
    assert_same_double(hn_column_double(&out.columns[0], 2), 1);
}

static void test_drops(void **state) {
    (void)state;
    enum { N = 30 };
    double same[N], void_[N], partly[N], vary[N];
    int64_t ids[N];
    for (int i = 0; i < N; i++) {
        same[i] = 3;
        void_[i] = (double)NAN;
        partly[i] = i % 2 ? 1 : (double)NAN;
        vary[i] = i % 5;
        ids[i] = i + 100;
    }
    hn_column x[] = {hn_column_of_f64("same", same, N),
                     hn_column_of_f64("void", void_, N),
                     hn_column_of_f64("partly", partly, N),
                     hn_column_of_f64("vary", vary, N),
                     {.name = "id", .type = HN_I64, .n = N, .values = ids, .stride = 8}};
    hn_table table = {.n_rows = N, .n_columns = 5, .columns = x}, out;
    fitted f = {0};
    assert_ok(ctx, fit_step(ctx, &arena, &hn_drop_constant, "{}", &table, &f));
    assert_ok(ctx, f.step->transform(ctx, f.state, &table, &arena, &out));
    assert_int_equal(out.n_columns, 3);
    assert_string_equal(out.columns[0].name, "partly");
    assert_ok(ctx, fit_step(ctx, &arena, &hn_drop_id_like, "{}", &table, &f));
    assert_ok(ctx, f.step->transform(ctx, f.state, &table, &arena, &out));
    assert_int_equal(out.n_columns, 4);
    assert_ptr_equal(out.columns[3].values, vary); /* borrowed */
    assert_status(ctx,
                  fit_step(ctx, &arena, &hn_drop_columns, "{\"names\": [\"varry\"]}", &table, &f),
                  HONE_ERROR_DATA);
    assert_message(ctx, "vary");
    assert_ok(ctx, fit_step(ctx, &arena, &hn_drop_columns, "{}", &table, &f));
    assert_ok(ctx, f.step->transform(ctx, f.state, &table, &arena, &out));
    assert_int_equal(out.n_columns, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_row_wise_and_saved),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_output_in_scratch),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_other_columns),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_declared),
        cmocka_unit_test(test_impute_types),
        cmocka_unit_test(test_impute_unknown),
        cmocka_unit_test(test_impute_errors),
        cmocka_unit_test(test_impute_large_ints),
        cmocka_unit_test(test_one_hot_unknown),
        cmocka_unit_test(test_one_hot_unused_category),
        cmocka_unit_test(test_one_hot_same_names),
        cmocka_unit_test(test_text_is_refused),
        cmocka_unit_test(test_ordinal_order),
        cmocka_unit_test(test_scale_edges),
        cmocka_unit_test(test_min_max_exact),
        cmocka_unit_test(test_drops),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
