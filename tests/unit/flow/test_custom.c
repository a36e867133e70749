/* Steps of the caller's: trained, saved, loaded and served through hone.h alone. */
#include "unit/support.h"

#include <hone.h>
#include <math.h>
#include <stdio.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 60, COLUMNS = 2 };

/* Takes each column's mean away (or its value times an option). */
static int centre_fit(void *user, hone_ctx *ctx, const char *options, const hone_table *x,
                      const double *y, void **ret_state, size_t *ret_length) {
    int32_t columns = hone_table_columns(x);
    int64_t rows = hone_table_rows(x);
    double *values = malloc((size_t)(rows * columns) * sizeof *values);
    double *means = calloc((size_t)columns, sizeof *means);
    (void)y, (void)user;
    if (strcmp(options, "fail") == 0) hone_step_failed(ctx, "asked to");
    if (strcmp(options, "fail") == 0 || hone_table_to_matrix(ctx, x, values) != HONE_OK) {
        free(values);
        free(means);
        return 1;
    }
    for (int64_t i = 0; i < rows * columns; i++) means[i % columns] += values[i] / (double)rows;
    free(values);
    *ret_state = means;
    *ret_length = (size_t)columns * sizeof *means;
    return 0;
}

static int centre(void *user, hone_ctx *ctx, const void *state, size_t length, const hone_table *x,
                  hone_table **ret_table) {
    int32_t columns = hone_table_columns(x);
    int64_t rows = hone_table_rows(x);
    const double *means = state;
    double *values = malloc((size_t)(rows * columns) * sizeof *values);
    const char *const names[COLUMNS] = {"a_centred", "b_centred"};
    hone_table *lent = NULL, *made = NULL;
    struct ArrowArray array;
    struct ArrowSchema schema;
    int failed = columns != COLUMNS || length != COLUMNS * sizeof *means ||
                 (uintptr_t)state % _Alignof(max_align_t) != 0 ||
                 hone_table_to_matrix(ctx, x, values) != HONE_OK;
    for (int64_t i = 0; !failed && i < rows * columns; i++) values[i] -= means[i % columns];
    /* A matrix is borrowed; what is given must own itself. */
    if (!failed)
        failed = hone_table_from_matrix(ctx, values, "float64", rows, columns,
                                        columns * (int64_t)sizeof *values, sizeof *values, names,
                                        &lent) != HONE_OK;
    if (!failed) {
        failed = hone_table_to_arrow(ctx, lent, &array, &schema) != HONE_OK;
        if (!failed) {
            failed = hone_table_from_arrow(ctx, &array, &schema, &made) != HONE_OK;
            schema.release(&schema);
        }
        hone_table_free(ctx, lent);
    }
    free(values);
    if (user != NULL && !failed) ++*(int *)user;
    *ret_table = made;
    return failed;
}

static void release(void *user, void *state) {
    (void)user;
    free(state);
}

static hone_table *make_table(hone_ctx *ctx, double *values) {
    static const char *const names[] = {"a", "b", "y"};
    hone_table *table;
    for (int i = 0; i < ROWS; i++) {
        values[3 * i] = i % 7;
        values[3 * i + 1] = i % 5 * 2;
        values[3 * i + 2] = 3 * values[3 * i] - values[3 * i + 1] + i % 3 * 0.01;
    }
    assert_int_equal(hone_table_from_matrix(ctx, values, "float64", ROWS, 3, 3 * sizeof(double),
                                            sizeof(double), names, &table),
                     HONE_OK);
    return table;
}

static const char recipe[] = "{roles: {target: y}, steps: [{centred: {columns: [a, b]}}], "
                             "model: {least_squares: {}}, seed: 1}";

static void answers(hone_ctx *ctx, const hone_model *model, double *out, int n) {
    for (int i = 0; i < n; i++) {
        char row[64], *json;
        snprintf(row, sizeof row, "{\"a\": %d, \"b\": %d}", i % 7, i);
        assert_int_equal(hone_predict_json(ctx, model, row, -1, &json), HONE_OK);
        out[i] = strtod(strchr(json, ':') + 1, NULL);
        hone_string_free(ctx, json);
    }
}

static void test_whole_life(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2), *other;
    double values[3 * ROWS], first[9], second[9];
    int calls = 0;
    hone_table *table = make_table(ctx, values);
    hone_step step = {.name = "centred",
                      .fit = centre_fit,
                      .transform = centre,
                      .release = release,
                      .user = &calls};
    hone_model *model, *again;
    char *bytes;
    size_t length;
    assert_int_equal(hone_train(ctx, recipe, table, &model), HONE_ERROR_DATA);
    assert_int_equal(hone_register_step(ctx, &step), HONE_OK);
    if (hone_train(ctx, recipe, table, &model) != HONE_OK)
        fail_msg("%s", hone_ctx_error(ctx)->message);
    answers(ctx, model, first, 9);
    for (int i = 0; i < 9; i++) assert_true(fabs(first[i] - (3 * (i % 7) - i)) < 0.1);
    assert_true(calls > 9);
    assert_int_equal(hone_model_to_bytes(ctx, model, &bytes, &length), HONE_OK);
    /* Another ctx, as another thread would have. */
    other = test_ctx(1);
    assert_int_equal(hone_model_from_bytes(other, bytes, length, &again), HONE_OK);
    answers(other, again, second, 9);
    assert_memory_equal(first, second, sizeof first);
    /* Once forgotten the file can't be loaded, and says why; models that are there go on. */
    hone_forget_step("centred");
    hone_model *none = NULL;
    assert_int_equal(hone_model_from_bytes(other, bytes, length, &none), HONE_ERROR_UNSUPPORTED);
    assert_non_null(strstr(hone_ctx_error(other)->message, "centred"));
    assert_non_null(strstr(hone_ctx_error(other)->message, "register"));
    answers(other, again, second, 9);
    assert_memory_equal(first, second, sizeof first);
    hone_string_free(ctx, bytes);
    hone_model_free(again);
    hone_model_free(model);
    hone_table_free(ctx, table);
    hone_ctx_free(other);
    hone_ctx_free(ctx);
}

static void test_faults(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    double values[3 * ROWS];
    hone_table *table = make_table(ctx, values);
    hone_model *model;
    hone_step step = {.name = "ridge", .fit = centre_fit, .transform = centre, .release = release};
    assert_int_equal(hone_register_step(ctx, &step), HONE_ERROR_USAGE);
    step.name = "Bad Name";
    assert_int_equal(hone_register_step(ctx, &step), HONE_ERROR_USAGE);
    step.name = "centred";
    step.transform = NULL;
    assert_int_equal(hone_register_step(ctx, &step), HONE_ERROR_USAGE);
    step.transform = centre;
    assert_int_equal(hone_register_step(ctx, &step), HONE_OK);
    assert_int_equal(hone_train(ctx,
                                "{roles: {target: y}, steps: [{centred: {options: fail}}], "
                                "model: {least_squares: {}}}",
                                table, &model),
                     HONE_ERROR_USAGE);
    assert_non_null(strstr(hone_ctx_error(ctx)->message, "'centred' failed in fit: asked to"));
    /* One column instead of two: the function says no, without a reason. */
    assert_int_equal(hone_train(ctx,
                                "{roles: {target: y}, steps: [{centred: {columns: [a]}}], "
                                "model: {least_squares: {}}}",
                                table, &model),
                     HONE_ERROR_USAGE);
    assert_non_null(strstr(hone_ctx_error(ctx)->message, "failed in transform"));
    hone_forget_step("centred");
    hone_table_free(ctx, table);
    hone_ctx_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_life),
        cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
