#include "unit/support.h"
#include "spec/estimator.h"
#include <math.h>
#include <string.h>

enum { N = 1500 };
static hone_ctx *ctx;
static double numbers[N], target[N], weight[N];
static int64_t whole[N];
static int32_t codes[N];
static uint8_t valid[(N + 7) / 8];
static hn_column columns[3];
static hn_table x;
static hone_data data;
static hone_estimator estimator;

static hone_status extra_check(hone_ctx *mine, const void *params, const hone_data *d) {
    (void)d;
    if (*(const char *)params == 0) return HONE_OK;
    return hn_fail(mine, HONE_ERROR_USAGE, "across fields");
}

static int begin(void **state) {
    (void)state;
    ctx = test_ctx(3);
    for (int i = 0; i < N; i++) {
        numbers[i] = i;
        target[i] = i % 2;
        weight[i] = 1;
        whole[i] = i;
        codes[i] = i % 3;
    }
    memset(valid, 0xFF, sizeof valid);
    static const int64_t offsets[] = {0, 1, 2, 3};
    static const hn_dictionary dictionary = {.n = 3, .offsets = offsets, .bytes = "abc"};
    columns[0] = hn_column_of_f64("income", numbers, N);
    columns[1] = (hn_column){.name = "age", .type = HN_I64, .n = N, .values = whole, .stride = 8};
    columns[2] = (hn_column){.name = "city",
                             .type = HN_CATEGORY,
                             .n = N,
                             .values = codes,
                             .stride = 4,
                             .dictionary = &dictionary};
    x = (hn_table){.n_rows = N, .n_columns = 2, .columns = columns};
    data = (hone_data){.x = &x, .y = target, .n_classes = 2, .task = HN_TASK_BINARY};
    estimator = (hone_estimator){
        .name = "ridge", .tasks = HN_TASK_CLASSIFY, .can = HN_CAN_WEIGHTS, .check = extra_check};
    return 0;
}

static int end(void **state) {
    (void)state;
    hone_ctx_free(ctx);
    return 0;
}

static hone_status check(void) { return hn_estimator_check(ctx, &estimator, "", &data); }

#define assert_says(status, text)                                                                  \
    do {                                                                                           \
        assert_status(ctx, check(), (status));                                                     \
        assert_message(ctx, (text));                                                               \
    } while (0)

static void test_good(void **state) {
    (void)state;
    assert_ok(ctx, check());
    data.weight = weight;
    assert_ok(ctx, check());
    assert_status(ctx, hn_estimator_check(ctx, &estimator, "x", &data), HONE_ERROR_USAGE);
    assert_message(ctx, "across fields");
}

static void test_task(void **state) {
    (void)state;
    data.task = HN_TASK_REGRESSION;
    assert_says(HONE_ERROR_USAGE,
                "ridge: the task is regression, and it does binary, multiclass only");
    data.task = HN_TASK_BINARY;
    data.n_classes = 3;
    assert_says(HONE_ERROR_USAGE, "a binary task has 2 classes, not 3");
    data.n_classes = 1;
    assert_says(HONE_ERROR_DATA, "only one class");
}

static void test_target(void **state) {
    (void)state;
    target[9] = 2;
    assert_says(HONE_ERROR_DATA, "row 9 is 2");
    target[9] = 0.5;
    assert_says(HONE_ERROR_DATA, "index of a class");
    target[9] = NAN;
    assert_says(HONE_ERROR_DATA, "row 9 is nan");
    assert_int_equal(hone_ctx_error(ctx)->row, 9);
    data.y = NULL;
    assert_says(HONE_ERROR_DATA, "no target");
}

static void test_weights(void **state) {
    (void)state;
    data.weight = weight;
    weight[3] = -1;
    assert_says(HONE_ERROR_DATA, "row 3 is -1");
    weight[3] = INFINITY;
    assert_says(HONE_ERROR_DATA, "row 3 is inf");
    memset(weight, 0, sizeof weight);
    assert_says(HONE_ERROR_DATA, "all weights are zero");
    estimator.can = 0;
    assert_says(HONE_ERROR_USAGE, "does not use weights");
}

static void test_missing_and_infinite(void **state) {
    (void)state;
    numbers[1030] = NAN;
    assert_says(HONE_ERROR_DATA,
                "ridge: column 'income' has missing values (NaN or null), which it does not take "
                "(first in row 1030); put an impute step before it");
    assert_string_equal(hone_ctx_error(ctx)->column, "income");
    estimator.can |= HN_CAN_MISSING;
    assert_ok(ctx, check());
    numbers[1031] = -INFINITY;
    assert_says(HONE_ERROR_DATA, "column 'income' holds an infinite value (first in row 1031)");
    numbers[1030] = numbers[1031] = 0;
    columns[1].valid = valid;
    hn_valid_clear(valid, 77);
    assert_ok(ctx, check());
    estimator.can &= ~(unsigned)HN_CAN_MISSING;
    assert_says(
        HONE_ERROR_DATA,
        "column 'age' has missing values (NaN or null), which it does not take (first in row 77)");
}

static void test_categories(void **state) {
    (void)state;
    x.n_columns = 3;
    assert_says(HONE_ERROR_DATA,
                "ridge: column 'city' is of type category, which it does not take; "
                "put a one_hot or ordinal step before it");
    estimator.can |= HN_CAN_CATEGORIES;
    assert_ok(ctx, check());
    columns[1].type = HN_TIME;
    assert_says(HONE_ERROR_DATA, "derive numbers from it (year, month, hour)");
}

static void test_steps(void **state) {
    (void)state;
    x.n_columns = 3;
    estimator.tasks = HN_TASK_NONE;
    data.y = NULL;
    data.task = HN_TASK_NONE;
    assert_ok(ctx, check());
    estimator.can = HN_NUMERIC_ONLY;
    assert_says(HONE_ERROR_DATA, "column 'city'");
    estimator.can = HN_CATEGORY_ONLY;
    assert_says(HONE_ERROR_DATA, "column 'income' is of type float64");
    columns[1].type = HN_TIME;
    estimator.can = 0;
    assert_says(HONE_ERROR_DATA, "column 'age' is of type timestamp");
    estimator.can = HN_ANY_TYPE;
    assert_ok(ctx, check());
}

static void test_nothing_to_learn_from(void **state) {
    (void)state;
    x.n_columns = 0;
    assert_says(HONE_ERROR_DATA, "there are no features");
    estimator.can |= HN_IS_BASELINE;
    assert_ok(ctx, check());
    x.n_rows = 0;
    assert_says(HONE_ERROR_DATA, "there are no rows");
}

static void test_balanced_weights(void **state) {
    (void)state;
    double *balanced;
    for (int i = 0; i < N; i++) target[i] = i < N / 4;
    assert_ok(ctx, hn_data_balanced_weights(ctx, &data, &balanced));
    assert_near(balanced[0], N / (2 * (N / 4.0)), 1e-15);
    assert_near(balanced[N - 1], N / (2 * (N * 0.75)), 1e-15);
    double sum = 0;
    for (int i = 0; i < N; i++) sum += balanced[i];
    assert_near(sum, N, 1e-12);
    data.weight = weight;
    weight[0] = 0;
    assert_ok(ctx, hn_data_balanced_weights(ctx, &data, &balanced));
    assert_same_double(balanced[0], 0);
    assert_near(hn_data_total_weight(&data), N - 1, 0);
}

static void test_take(void **state) {
    (void)state;
    hn_arena arena;
    hn_arena_init(&arena, ctx->allocator);
    int64_t rows[] = {5, 0, 7};
    data.weight = weight;
    data.group = whole;
    hone_data taken;
    assert_ok(ctx, hn_data_take(ctx, &arena, &data, rows, 3, &taken));
    assert_int_equal(taken.x->n_rows, 3);
    assert_same_double(hn_column_double(&taken.x->columns[0], 2), 7);
    assert_same_double(taken.y[0], 1);
    assert_int_equal(taken.group[2], 7);
    assert_int_equal(taken.n_classes, 2);
    hn_arena_done(&arena);
}

static void test_task_names(void **state) {
    (void)state;
    hn_task task;
    const hn_task all[] = {HN_TASK_NONE,    HN_TASK_BINARY,  HN_TASK_MULTICLASS, HN_TASK_REGRESSION,
                           HN_TASK_CLUSTER, HN_TASK_ANOMALY, HN_TASK_RANK};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        assert_true(hn_task_parse(hn_task_name(all[i]), &task));
        assert_int_equal(task, all[i]);
    }
    assert_false(hn_task_parse("ranking", &task));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_good, begin, end),
        cmocka_unit_test_setup_teardown(test_task, begin, end),
        cmocka_unit_test_setup_teardown(test_target, begin, end),
        cmocka_unit_test_setup_teardown(test_weights, begin, end),
        cmocka_unit_test_setup_teardown(test_missing_and_infinite, begin, end),
        cmocka_unit_test_setup_teardown(test_categories, begin, end),
        cmocka_unit_test_setup_teardown(test_steps, begin, end),
        cmocka_unit_test_setup_teardown(test_nothing_to_learn_from, begin, end),
        cmocka_unit_test_setup_teardown(test_balanced_weights, begin, end),
        cmocka_unit_test_setup_teardown(test_take, begin, end),
        cmocka_unit_test(test_task_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
