/* One kind by itself (hone_fit and what follows): what parity with other libraries does not reach. */
#include "flow/conformance.h"

#include "flow/model.h"
#include "num/sparse.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 60 };

typedef struct sample {
    double x[N][2], y[N], class[N];
} sample;

/* y is 1 + 2 x0 - x1; the class is whether it is above 1. */
static void make_sample(sample *s) {
    for (int i = 0; i < N; i++) {
        s->x[i][0] = sin(i);
        s->x[i][1] = cos(3 * i);
        s->y[i] = 1 + 2 * s->x[i][0] - s->x[i][1];
        s->class[i] = s->y[i] > 1;
    }
}

static hone_table *table_of(hone_ctx *ctx, const double *values, int64_t rows, int64_t columns) {
    hone_table *table;
    assert_ok(ctx, hone_table_from_matrix(ctx, values, "float64", rows, columns, 8 * columns, 8,
                                          NULL, &table));
    return table;
}

static hone_model *fitted(hone_ctx *ctx, const char *kind, const hone_examples *examples) {
    hone_model *model;
    assert_ok(ctx, hone_fit(ctx, kind, NULL, examples, &model));
    return model;
}

/* ---- what is refused ------------------------------------------------------------------------ */

static void refuse(hone_ctx *ctx, const char *kind, hone_examples examples, hone_status status,
                   const char *message) {
    hone_model *model = NULL;
    assert_status(ctx, hone_fit(ctx, kind, NULL, &examples, &model), status);
    assert_message(ctx, message);
    assert_null(model);
}

static void refusals(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    sample s;
    make_sample(&s);
    hone_table *x = table_of(ctx, &s.x[0][0], N, 2), *none = table_of(ctx, &s.x[0][0], N, 0);
    hone_table *empty = table_of(ctx, &s.x[0][0], 0, 2);
    hone_examples good = {.task = "regression", .x = x, .y = s.y}, e;
    refuse(ctx, "rigde", good, HONE_ERROR_USAGE, "did you mean 'ridge'");
    e = good, e.task = "regresion";
    refuse(ctx, "ridge", e, HONE_ERROR_USAGE, "there is no task 'regresion'");
    e = good, e.task = "cluster";
    refuse(ctx, "ridge", e, HONE_ERROR_USAGE, "regression only");
    e = good, e.y = NULL;
    refuse(ctx, "ridge", e, HONE_ERROR_USAGE, "needs a target");
    e = good, e.x = none;
    refuse(ctx, "ridge", e, HONE_ERROR_DATA, "no columns");
    refuse(ctx, "baseline", e, HONE_ERROR_DATA, "no columns");
    e = good, e.x = empty;
    refuse(ctx, "ridge", e, HONE_ERROR_DATA, "no rows");
    e = (hone_examples){.task = "binary", .x = x, .y = s.y, .n_classes = 2};
    refuse(ctx, "logistic", e, HONE_ERROR_DATA, "index of a class");
    /* Room is made by classes before any is looked at. */
    e = (hone_examples){.task = "multiclass", .x = x, .y = s.class, .n_classes = INT32_MAX};
    refuse(ctx, "logistic", e, HONE_ERROR_USAGE, "more than the");
    double far[N] = {0, 1, 1e300, -7};
    e = (hone_examples){.task = "binary", .x = x, .y = far, .n_classes = 2};
    refuse(ctx, "gaussian_bayes", e, HONE_ERROR_DATA, "index of a class");
    hone_model *step = NULL; /* which has no use for it */
    assert_ok(ctx, hone_fit(ctx, "standard_scale", NULL, &e, &step));
    hone_model_free(step);
    double heavy[N];
    for (int i = 0; i < N; i++) heavy[i] = i == 3 ? 1e75 : 1;
    e = good, e.weight = heavy;
    refuse(ctx, "gbdt", e, HONE_ERROR_DATA, "single precision");
    e = (hone_examples){.task = "binary", .x = x, .y = s.class, .n_classes = 1};
    refuse(ctx, "logistic", e, HONE_ERROR_DATA, "only one class");
    hone_model *model = NULL;
    assert_status(ctx, hone_fit(ctx, "ridge", "{\"alhpa\": 1}", &good, &model), HONE_ERROR_USAGE);
    assert_message(ctx, "alpha");
    assert_status(ctx, hone_fit(ctx, "ridge", "[", &good, &model), HONE_ERROR_DATA);

    model = fitted(ctx, "ridge", &good);
    double answers[N], nan_rows[2][2] = {{1, NAN}, {1, INFINITY}};
    hone_table *narrow = table_of(ctx, &s.x[0][0], N, 1), *bad = table_of(ctx, nan_rows[0], 1, 2);
    hone_table *infinite = table_of(ctx, nan_rows[1], 1, 2), *made;
    assert_status(ctx, hone_model_answers(ctx, model, narrow, answers), HONE_ERROR_DATA);
    assert_message(ctx, "fitted on 2 columns, and here are 1");
    assert_status(ctx, hone_model_answers(ctx, model, bad, answers), HONE_ERROR_DATA);
    assert_message(ctx, "NaN");
    assert_status(ctx, hone_model_answers(ctx, model, infinite, answers), HONE_ERROR_DATA);
    assert_status(ctx, hone_model_transform(ctx, model, x, &made), HONE_ERROR_UNSUPPORTED);
    assert_status(ctx, hone_update(ctx, model, &good), HONE_ERROR_UNSUPPORTED);
    assert_ok(ctx, hone_model_answers(ctx, model, empty, answers));
    hone_model_free(model);
    hone_table *all[] = {x, none, empty, narrow, bad, infinite};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) hone_table_free(ctx, all[i]);
    hone_ctx_free(ctx);
}

/* ---- storage -------------------------------------------------------------------------------- */

/* However numbers lie in memory, answers have the same bits. */
static void layouts(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    sample s;
    make_sample(&s);
    float f32[2][N];
    double f64[N][2], by_column[2][N];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < 2; j++) {
            f32[j][i] = (float)s.x[i][j];
            by_column[j][i] = f64[i][j] = f32[j][i];
        }
    hone_table *x[3] = {table_of(ctx, f64[0], N, 2)};
    assert_ok(ctx, hone_table_from_matrix(ctx, by_column, "float64", N, 2, 8, 8 * N, NULL, &x[1]));
    assert_ok(ctx, hone_table_from_matrix(ctx, f32, "float32", N, 2, 4, 4 * N, NULL, &x[2]));
    double answers[3][N];
    for (int k = 0; k < 3; k++) {
        hone_model *model =
            fitted(ctx, "ridge", &(hone_examples){.task = "regression", .x = x[k], .y = s.y});
        assert_ok(ctx, hone_model_answers(ctx, model, x[(k + 1) % 3], answers[k]));
        assert_memory_equal(answers[k], answers[0], sizeof answers[0]);
        hone_model_free(model);
        double back[N][2];
        assert_ok(ctx, hone_table_to_matrix(ctx, x[k], back[0]));
        assert_memory_equal(back, f64, sizeof back);
    }
    for (int k = 0; k < 3; k++) hone_table_free(ctx, x[k]);
    hone_ctx_free(ctx);
}

static void sparse(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    int64_t start[4] = {0, 1, 1, 3};
    int32_t column[3] = {1, 0, 1};
    double value[3] = {5, 6, 7}, y[3] = {1, 2, 3}, dense[3][2], answers[3];
    hone_table *x, *full;
    hone_model *model;
    assert_ok(ctx, hone_table_from_csr(ctx, start, column, value, 3, 2, NULL, &x));
    assert_ok(ctx, hone_table_to_matrix(ctx, x, dense[0]));
    const double wanted[3][2] = {{0, 5}, {0, 0}, {6, 7}};
    assert_memory_equal(dense, wanted, sizeof wanted);
    hone_examples examples = {.task = "regression", .x = x, .y = y};
    refuse(ctx, "decision_tree", examples, HONE_ERROR_USAGE, "sparse");
    refuse(ctx, "standard_scale", (hone_examples){.task = "none", .x = x}, HONE_ERROR_USAGE,
           "sparse");
    refuse(ctx, "one_hot", (hone_examples){.task = "none", .x = x}, HONE_ERROR_USAGE, "sparse");
    full = table_of(ctx, dense[0], 3, 2);
    examples.x = full;
    model = fitted(ctx, "decision_tree", &examples);
    assert_status(ctx, hone_model_answers(ctx, model, x, answers), HONE_ERROR_USAGE);
    hone_model_free(model);
    column[1] = 2;
    hone_table *bad;
    assert_status(ctx, hone_table_from_csr(ctx, start, column, value, 3, 2, NULL, &bad),
                  HONE_ERROR_DATA);
    hone_table_free(ctx, x);
    hone_table_free(ctx, full);
    hone_ctx_free(ctx);
}

/* ---- classes and categories ----------------------------------------------------------------- */

static void class_names(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    sample s;
    make_sample(&s);
    hone_table *x = table_of(ctx, &s.x[0][0], N, 2);
    static const char *const texts[] = {"low", "high"}, *const numbers[] = {"10", "2"};
    const char *const *given[] = {texts, numbers, NULL};
    const char *wanted[] = {"\"prediction\":\"high\"", "\"prediction\":2", "\"prediction\":1"};
    for (int k = 0; k < 3; k++) {
        hone_model *model = fitted(
            ctx, "logistic",
            &(hone_examples){
                .task = "binary", .x = x, .y = s.class, .n_classes = 2, .classes = given[k]});
        char *answer;
        assert_ok(ctx, hone_predict_json(ctx, model, "{\"x0\": 3, \"x1\": -3}", -1, &answer));
        assert_non_null(strstr(answer, wanted[k]));
        hone_string_free(ctx, answer);
        hone_model_free(model);
    }
    hone_table_free(ctx, x);
    hone_ctx_free(ctx);
}

/* One column of texts, NULL where missing. */
static hone_table *texts_of(hone_ctx *ctx, const char *const *texts, int n) {
    hone_table *table;
    hn_builder *builder;
    assert_ok(ctx, hn_table_new(ctx, "test", &table));
    assert_ok(ctx, HN_NEW(ctx, &table->arena, table->view.columns, 1));
    assert_ok(ctx, hn_builder_new(ctx, &table->arena, "colour", HN_CATEGORY, &builder));
    for (int i = 0; i < n; i++)
        assert_ok(ctx, texts[i] ? hn_builder_text(builder, (hn_slice){texts[i], strlen(texts[i])})
                                : hn_builder_null(builder));
    assert_ok(ctx, hn_builder_finish(builder, table->view.columns));
    table->view.n_columns = 1;
    table->view.n_rows = n;
    return table;
}

/* Categories are known by their text, whatever their codes. */
static void categories_that_differ(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    static const char *const seen[] = {"a", "b", "c", "a", "b", "c"};
    static const char *const later[] = {"c", "z", NULL, "a"};
    const double y[] = {1, 2, 3, 1, 2, 3};
    hone_table *x = texts_of(ctx, seen, 6), *rows = texts_of(ctx, later, 4), *made;
    double answers[4], codes[4];
    hone_model *model =
        fitted(ctx, "decision_tree", &(hone_examples){.task = "regression", .x = x, .y = y});
    assert_ok(ctx, hone_model_answers(ctx, model, rows, answers));
    assert_same_double(answers[0], 3);
    assert_same_double(answers[3], 1);
    hone_model_free(model);
    model = fitted(ctx, "ordinal", &(hone_examples){.task = "none", .x = x});
    assert_ok(ctx, hone_model_transform(ctx, model, rows, &made));
    assert_ok(ctx, hone_table_to_matrix(ctx, made, codes));
    assert_same_double(codes[0], 2);
    assert_same_double(codes[1], -1);
    assert_true(isnan(codes[2]));
    assert_same_double(codes[3], 0);
    hone_table_free(ctx, made);
    double number = 3;
    hone_table *numbers = table_of(ctx, &number, 1, 1);
    assert_ok(ctx, hone_model_transform(ctx, model, numbers, &made)); /* "3" was never seen */
    assert_ok(ctx, hone_table_to_matrix(ctx, made, codes));
    assert_same_double(codes[0], -1);
    hone_table_free(ctx, made);
    hone_model_free(model);
    /* Fitted on numbers, they are categories by how they print. */
    const double values[] = {7, 10, 7};
    hone_table *column = table_of(ctx, values, 3, 1);
    model = fitted(ctx, "ordinal", &(hone_examples){.task = "none", .x = column});
    assert_ok(ctx, hone_model_transform(ctx, model, column, &made));
    assert_ok(ctx, hone_table_to_matrix(ctx, made, codes));
    assert_true(codes[0] == codes[2] && codes[0] != codes[1]);
    hone_table_free(ctx, made);
    hone_model_free(model);
    hone_table *all[] = {x, rows, numbers, column};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) hone_table_free(ctx, all[i]);
    hone_ctx_free(ctx);
}

/* A step that takes some columns only does not pass by the others without a word. */
static void steps_take_all(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    static const char *const texts[] = {"a", "b", "c"};
    hone_table *x = texts_of(ctx, texts, 3);
    refuse(ctx, "standard_scale", (hone_examples){.task = "none", .x = x}, HONE_ERROR_DATA,
           "colour");
    hone_table_free(ctx, x);
    hone_ctx_free(ctx);
}

/* ---- arrays and bytes ----------------------------------------------------------------------- */

/* Memory given back is written over, so that who still reads it is seen. */
static void *spoiling_resize(void *user, void *old, size_t old_size, size_t size) {
    (void)user;
    void *fresh = size > 0 ? malloc(size) : NULL;
    if (old == NULL || (size > 0 && fresh == NULL)) return fresh;
    if (size > 0) memcpy(fresh, old, old_size < size ? old_size : size);
    memset(old, 0xa5, old_size);
    free(old);
    return fresh;
}

/* A model keeps nothing of the table that it was fitted on: categories are its own. */
static void the_table_may_go(void **state) {
    (void)state;
    hone_allocator allocator = {.resize = spoiling_resize};
    hone_ctx *ctx =
        hone_ctx_new(&(hone_ctx_options){.threads = 1, .seed = 1, .allocator = &allocator});
    static const double codes[] = {3, 7, 11, 3, 7, 11, 3, 3};
    static const char *const kinds[] = {"ordinal", "one_hot", "impute"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        hone_table *x = table_of(ctx, codes, 4, 2), *made;
        hone_model *model = fitted(ctx, kinds[i], &(hone_examples){.task = "none", .x = x}), *copy;
        char *first, *second, *text;
        size_t length;
        hone_table_free(ctx, x);
        assert_ok(ctx, hone_model_to_bytes(ctx, model, &text, &length));
        assert_ok(ctx, hone_model_from_bytes(ctx, text, length, &copy));
        assert_ok(ctx, hone_model_describe(ctx, model, &first));
        assert_ok(ctx, hone_model_describe(ctx, copy, &second));
        assert_string_equal(first, second);
        x = table_of(ctx, codes, 4, 2);
        assert_ok(ctx, hone_model_transform(ctx, model, x, &made));
        hone_table_free(ctx, made);
        hone_table_free(ctx, x);
        hone_string_free(ctx, first);
        hone_string_free(ctx, second);
        hone_string_free(ctx, text);
        hone_model_free(copy);
        hone_model_free(model);
    }
    hone_ctx_free(ctx);
}

static void arrays(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    sample s;
    make_sample(&s);
    hone_table *x = table_of(ctx, &s.x[0][0], N, 2);
    hone_model *model =
        fitted(ctx, "least_squares", &(hone_examples){.task = "regression", .x = x, .y = s.y});
    hone_array one;
    int32_t n = 0;
    bool found = false;
    for (; hone_model_array(ctx, model, n, &one) == HONE_OK; n++) {
        if (n == 0) {
            assert_string_equal(one.name, "n_features");
            assert_string_equal(one.type, "I64");
            assert_true(one.ndim == 0 && one.bytes == 8);
            assert_int_equal(*(const int64_t *)one.values, 2);
        }
        if (strcmp(one.name, "coef") == 0) {
            found = true;
            assert_true(one.ndim == 2 && one.shape[0] == 1 && one.shape[1] == 2);
            assert_near(((const double *)one.values)[0], 2, 1e-12);
            assert_near(((const double *)one.values)[1], -1, 1e-12);
        }
        hone_array_free(ctx, &one);
        assert_null(one.values);
        hone_array_free(ctx, &one);
    }
    assert_true(found);
    assert_status(ctx, hone_model_array(ctx, model, n, &one), HONE_ERROR_USAGE);
    assert_status(ctx, hone_model_array(ctx, model, -1, &one), HONE_ERROR_USAGE);
    hone_array_free(ctx, NULL);
    assert_int_equal(hone_model_inputs(model), 2);
    assert_int_equal(hone_model_outputs(model), 1);
    hone_model_free(model);
    hone_table_free(ctx, x);
    hone_ctx_free(ctx);
}

static void bytes(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    sample s;
    make_sample(&s);
    hone_table *x = table_of(ctx, &s.x[0][0], N, 2);
    hone_model *model =
        fitted(ctx, "random_forest",
               &(hone_examples){.task = "binary", .x = x, .y = s.class, .n_classes = 2});
    hone_model *back = NULL;
    char *folder = test_make_dir(), *made;
    const char *path = test_join(folder, "m.hone");
    size_t length;
    hn_mapping file;
    assert_ok(ctx, hone_model_save(ctx, model, path));
    assert_ok(ctx, hone_model_to_bytes(ctx, model, &made, &length));
    assert_ok(ctx, hn_map_file(ctx, path, &file));
    assert_int_equal(length, file.length);
    assert_memory_equal(made, file.bytes, length);
    hn_unmap_file(&file);
    assert_status(ctx, hone_model_from_bytes(ctx, made, length - 1, &back), HONE_ERROR_FORMAT);
    assert_status(ctx, hone_model_from_bytes(ctx, made, 0, &back), HONE_ERROR_FORMAT);
    assert_ok(ctx, hone_model_from_bytes(ctx, made, length, &back));
    made[length / 2] ^= 1;
    hone_model *damaged = NULL;
    assert_status(ctx, hone_model_from_bytes(ctx, made, length, &damaged), HONE_ERROR_FORMAT);
    hone_string_free(ctx, made); /* the model has a copy */
    double answers[2][N][2];
    assert_ok(ctx, hone_model_answers(ctx, model, x, answers[0][0]));
    assert_ok(ctx, hone_model_answers(ctx, back, x, answers[1][0]));
    assert_memory_equal(answers[0], answers[1], sizeof answers[0]);
    hone_model_free(model);
    hone_model_free(back);
    hone_table_free(ctx, x);
    test_remove_dir(folder);
    hone_ctx_free(ctx);
}

/* ---- going on ------------------------------------------------------------------------------- */

static double *answers_of(hone_ctx *ctx, const hone_model *model, const hone_table *x) {
    double *answers = hn_alloc(ctx, (size_t)(N * hone_model_outputs(model)), sizeof *answers);
    assert_ok(ctx, hone_model_answers(ctx, model, x, answers));
    return answers;
}

/* For every kind that can: going on from a file gives the bits of going on without. */
static void update_after_loading(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    char *folder = test_make_dir();
    int64_t n_kinds;
    const hone_estimator *const *kinds = hn_catalog(&n_kinds);
    for (int64_t k = 0; k < n_kinds; k++) {
        if (kinds[k]->update == NULL || kinds[k]->predict == NULL) continue;
        case_data c;
        hn_task task = (hn_task)(kinds[k]->tasks & -kinds[k]->tasks);
        case_make(ctx, kinds[k], task, N, CASE_CLEAN, &c);
        hone_table x = {.view = c.table};
        hone_examples examples = {.task = hn_task_name(c.data.task),
                                  .x = &x,
                                  .y = c.data.y,
                                  .group = c.data.group,
                                  .n_classes = c.data.n_classes};
        hone_model *model, *loaded;
        assert_ok(ctx, hone_fit(ctx, kinds[k]->name, kinds[k]->example, &examples, &model));
        const char *path = test_join(folder, "m.hone");
        assert_ok(ctx, hone_model_save(ctx, model, path));
        assert_ok(ctx, hone_model_load(ctx, path, &loaded));
        for (int round = 0; round < 2; round++) {
            assert_ok(ctx, hone_update(ctx, model, &examples));
            assert_ok(ctx, hone_update(ctx, loaded, &examples));
        }
        double *here = answers_of(ctx, model, &x), *there = answers_of(ctx, loaded, &x);
        size_t size = (size_t)(N * hone_model_outputs(model)) * sizeof *here;
        if (memcmp(here, there, size) != 0) fail_msg("%s", kinds[k]->name);
        hn_free(ctx, here);
        hn_free(ctx, there);
        hone_model_free(model);
        hone_model_free(loaded);
        case_done(&c);
    }
    test_remove_dir(folder);
    hone_ctx_free(ctx);
}

/* ---- memory --------------------------------------------------------------------------------- */

static hone_status whole_life(hone_ctx *ctx, void *arg) {
    sample *s = arg;
    hone_table *x = NULL;
    hone_model *model = NULL, *back = NULL;
    char *made = NULL;
    size_t length = 0;
    double answers[N];
    hone_array array = {0};
    hone_status status = hone_table_from_matrix(ctx, s->x, "float64", N, 2, 16, 8, NULL, &x);
    hone_examples examples = {.task = "regression", .x = x, .y = s->y};
    if (status == HONE_OK) status = hone_fit(ctx, "ridge", NULL, &examples, &model);
    if (status == HONE_OK) status = hone_model_answers(ctx, model, x, answers);
    if (status == HONE_OK) status = hone_model_array(ctx, model, 3, &array);
    if (status == HONE_OK) status = hone_model_to_bytes(ctx, model, &made, &length);
    if (status == HONE_OK) status = hone_model_from_bytes(ctx, made, length, &back);
    hone_array_free(ctx, &array);
    hone_string_free(ctx, made);
    hone_model_free(model);
    hone_model_free(back);
    hone_table_free(ctx, x);
    return status;
}

/* ---- a loss of one's own --------------------------------------------------------------------- */

static int log_loss(void *user, int64_t rows, int32_t outputs, const double *y,
                    const double *scores, double *ret_gradients, double *ret_hessians) {
    int *calls = user;
    ++*calls;
    assert_int_equal(outputs, 1);
    for (int64_t i = 0; i < rows; i++) {
        double p = 1 / (1 + exp(-scores[i]));
        ret_gradients[i] = p - y[i];
        ret_hessians[i] = p * (1 - p);
    }
    return *calls == 1000; /* once too often */
}

static int squared(void *user, int64_t rows, int32_t outputs, const double *y, const double *scores,
                   double *ret_gradients, double *ret_hessians) {
    (void)user, (void)outputs, (void)ret_hessians;
    for (int64_t i = 0; i < rows; i++) ret_gradients[i] = scores[i] - y[i];
    return 0;
}

static const char small[] = "{\"n_estimators\": 20, \"early_stopping\": \"off\", "
                            "\"min_samples_leaf\": 3, \"learning_rate\": 0.3}";

static void answer(hone_ctx *ctx, const char *params, const hone_examples *e, double *ret) {
    hone_model *model = NULL, *again = NULL;
    char *bytes, *told;
    size_t length;
    assert_ok(ctx, hone_fit(ctx, "gbdt", params, e, &model));
    assert_int_equal(hone_model_gives_probabilities(model),
                     e->n_classes == 2 && (!e->objective || e->objective->link));
    assert_ok(ctx, hone_model_describe(ctx, model, &told));
    assert_true(!e->objective == !strstr(told, "\"loss\":\"custom\""));
    hone_string_free(ctx, told);
    /* From a file: it answers without the functions. */
    assert_ok(ctx, hone_model_to_bytes(ctx, model, &bytes, &length));
    assert_ok(ctx, hone_model_from_bytes(ctx, bytes, length, &again));
    assert_ok(ctx, hone_model_answers(ctx, again, e->x, ret));
    hone_string_free(ctx, bytes);
    hone_model_free(model);
    hone_model_free(again);
}

/* The kind's own losses, given as functions, give the same model. */
static void objectives(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    sample s;
    make_sample(&s);
    hone_table *x = table_of(ctx, &s.x[0][0], N, 2);
    int calls = 0;
    double ones = 0, own[2 * N], theirs[2 * N], weight[N];
    for (int i = 0; i < N; i++) {
        ones += s.class[i] / N;
        weight[i] = 1 + i % 3;
    }
    hone_objective o = {.gradients = log_loss, .user = &calls, .start = log(ones / (1 - ones))};
    hone_examples e = {.task = "binary", .x = x, .y = s.class, .weight = weight, .n_classes = 2};
    double all = 0, second = 0;
    for (int i = 0; i < N; i++) {
        all += weight[i];
        second += weight[i] * s.class[i];
    }
    o.start = log(second / (all - second));
    o.link = "logit";
    answer(ctx, small, &e, own);
    e.objective = &o;
    answer(ctx, small, &e, theirs);
    assert_int_equal(calls, 20);
    /* Gradients are kept as floats, of an exp that is good to 1e-9. */
    for (int i = 0; i < 2 * N; i++) assert_true(fabs(own[i] - theirs[i]) < 1e-6);
    o.link = NULL; /* scores of both classes: half the log-odds apart */
    answer(ctx, small, &e, theirs);
    for (int i = 0; i < N; i++) {
        assert_true(fabs(own[2 * i + 1] - 1 / (1 + exp(-theirs[2 * i + 1]))) < 1e-6);
        assert_true(theirs[2 * i] == -theirs[2 * i + 1]);
    }
    double sum = 0;
    hone_examples numbers = {.task = "regression", .x = x, .y = s.y, .weight = weight};
    for (int i = 0; i < N; i++) sum += weight[i] * s.y[i];
    answer(ctx, small, &numbers, own);
    hone_objective plain = {.gradients = squared, .start = sum / all};
    numbers.objective = &plain;
    answer(ctx, small, &numbers, theirs);
    for (int i = 0; i < N; i++) assert_true(own[i] == theirs[i]);

    calls = 995;
    refuse(ctx, "gbdt", e, HONE_ERROR_USAGE, "said that it failed");
    refuse(ctx, "ridge", numbers, HONE_ERROR_USAGE, "no objective but its own");
    o.link = "probit";
    refuse(ctx, "gbdt", e, HONE_ERROR_USAGE, "no link 'probit'");
    plain.start = INFINITY;
    refuse(ctx, "gbdt", numbers, HONE_ERROR_USAGE, "finite");
    hone_table_free(ctx, x);
    hone_ctx_free(ctx);
}

static void failing_allocations(void **state) {
    (void)state;
    sample s;
    make_sample(&s);
    test_every_allocation(1, whole_life, &s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals),
        cmocka_unit_test(layouts),
        cmocka_unit_test(sparse),
        cmocka_unit_test(class_names),
        cmocka_unit_test(categories_that_differ),
        cmocka_unit_test(steps_take_all),
        cmocka_unit_test(the_table_may_go),
        cmocka_unit_test(arrays),
        cmocka_unit_test(bytes),
        cmocka_unit_test(update_after_loading),
        cmocka_unit_test(objectives),
        cmocka_unit_test(failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
