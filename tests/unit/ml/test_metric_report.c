/* Reports beside the metrics: their JSON, and calibration bins as scikit-learn makes them. */
#include "unit/support.h"

#include "ml/metric/report.h"
#include "unit/ml/scored.h"
#include <math.h>
#include <string.h>

typedef struct written {
    hone_ctx *ctx;
    hn_arena arena;
    hn_json *root;
} written;

static hone_status write_report(hone_ctx *ctx, hn_arena *arena, const hn_scored *scored,
                                const hn_dictionary *classes, hn_json **ret_root) {
    hn_json_doc *doc;
    HN_TRY(hn_json_new(ctx, arena, &doc));
    hn_json_mut *object = yyjson_mut_obj(doc);
    HN_TRY(hn_report_scored(ctx, scored, classes, true, doc, object));
    char *text;
    size_t length;
    HN_TRY(hn_json_write(ctx, arena, object, false, &text, &length));
    return hn_json_read(ctx, arena, text, length, "report", ret_root);
}

static written report_of(const hn_scored *scored, const hn_dictionary *classes) {
    written w = {.ctx = test_ctx(1)};
    hn_arena_init(&w.arena, w.ctx->allocator);
    assert_ok(w.ctx, write_report(w.ctx, &w.arena, scored, classes, &w.root));
    return w;
}

static void done(written *w) {
    hn_arena_done(&w->arena);
    hone_ctx_free(w->ctx);
}

static hn_json *at(const written *w, const char *pointer) {
    hn_json *value = yyjson_ptr_get(w->root, pointer);
    if (value == NULL) fail_msg("no %s", pointer);
    return value;
}

static void test_confusion(void **state) {
    (void)state;
    double y[] = {0, 0, 1, 2, 2}, label[] = {0, 1, 1, 2, 0}, weight[] = {1, 2, 1, 1, 0.5};
    const int64_t offsets[] = {0, 2, 3, 7};
    const hn_dictionary classes = {.n = 3, .offsets = offsets, .bytes = "noy\"so\""};
    hn_scored s = {.n = 5,
                   .task = HN_TASK_MULTICLASS,
                   .n_classes = 3,
                   .y = y,
                   .label = label,
                   .weight = weight};
    written w = report_of(&s, &classes);
    assert_string_equal(yyjson_get_str(at(&w, "/confusion/classes/0")), "no");
    assert_string_equal(yyjson_get_str(at(&w, "/confusion/classes/2")), "\"so\"");
    assert_same_double(yyjson_get_num(at(&w, "/confusion/matrix/0/1")), 2);
    assert_same_double(yyjson_get_num(at(&w, "/confusion/matrix/2/0")), 0.5);
    assert_same_double(yyjson_get_num(at(&w, "/classes/1/precision")), 1.0 / 3);
    assert_same_double(yyjson_get_num(at(&w, "/classes/1/recall")), 1);
    assert_same_double(yyjson_get_num(at(&w, "/classes/1/f1")), 0.5);
    assert_same_double(yyjson_get_num(at(&w, "/classes/2/support")), 1.5);
    assert_null(yyjson_ptr_get(w.root, "/roc")); /* no scores, no curve */
    done(&w);
}

/* All points of a small curve; the areas under them are the metrics. */
static void test_curves(void **state) {
    (void)state;
    double y[] = {0, 0, 1, 1}, label[] = {0, 0, 0, 1},
           proba[] = {0.9, 0.1, 0.6, 0.4, 0.65, 0.35, 0.2, 0.8};
    hn_scored s = {
        .n = 4, .task = HN_TASK_BINARY, .n_classes = 2, .y = y, .label = label, .proba = proba};
    written w = report_of(&s, NULL);
    assert_int_equal(yyjson_arr_size(at(&w, "/roc")), 1);
    assert_int_equal(yyjson_get_int(at(&w, "/roc/0/class")), 1);
    assert_same_double(yyjson_get_num(at(&w, "/roc/0/auc")), 0.75);
    assert_int_equal(yyjson_arr_size(at(&w, "/roc/0/threshold")), 5);
    assert_true(yyjson_is_null(at(&w, "/roc/0/threshold/0")));
    assert_same_double(yyjson_get_num(at(&w, "/roc/0/true_positive_rate/2")), 0.5);
    assert_same_double(yyjson_get_num(at(&w, "/roc/0/false_positive_rate/2")), 0.5);
    assert_near(yyjson_get_num(at(&w, "/pr/0/average_precision")), 0.5 + 0.5 * 2 / 3, 1e-15);
    assert_int_equal(yyjson_arr_size(at(&w, "/pr/0/recall")), 4);
    done(&w);
}

static void test_curves_are_thinned(void **state) {
    (void)state;
    answers *a = answers_new(1, 50000, 3, false);
    written w = report_of(&a->scored, NULL);
    assert_int_equal(yyjson_arr_size(at(&w, "/roc")), 3);
    assert_in_range(yyjson_arr_size(at(&w, "/roc/2/threshold")), 150, 205);
    assert_in_range(yyjson_arr_size(at(&w, "/pr/2/threshold")), 150, 450);
    size_t last = yyjson_arr_size(at(&w, "/roc/2/threshold")) - 1;
    assert_same_double(yyjson_get_num(yyjson_arr_get(at(&w, "/roc/2/true_positive_rate"), last)),
                       1);
    assert_same_double(yyjson_get_num(yyjson_arr_get(at(&w, "/roc/2/false_positive_rate"), last)),
                       1);
    done(&w);
    answers_free(a);
}

/* Answers drawn from their own probabilities are calibrated. */
static void test_calibration(void **state) {
    (void)state;
    answers *a = answers_new(2, 100000, 2, false);
    written w = report_of(&a->scored, NULL);
    assert_string_equal(yyjson_get_str(at(&w, "/calibration/of")), "positive class");
    assert_true(yyjson_get_num(at(&w, "/calibration/expected_calibration_error")) < 0.01);
    assert_int_equal(yyjson_arr_size(at(&w, "/calibration/quantile")), 10);
    assert_near(yyjson_get_num(at(&w, "/calibration/quantile/3/weight")), 10000, 1e-3);
    done(&w);
    for (int i = 0; i < 100000; i++) a->proba[2 * i + 1] = 0.9;
    w = report_of(&a->scored, NULL);
    assert_near(yyjson_get_num(at(&w, "/calibration/expected_calibration_error")), 0.4, 0.02);
    assert_int_equal(yyjson_arr_size(at(&w, "/calibration/uniform")), 1);
    done(&w);
    answers_free(a);
}

/* sklearn.calibration.calibration_curve(y, p, n_bins=10, strategy=...) of 1.9.1. */
static void test_calibration_bins(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    double chance[12] = {0, 0.05, 0.1, 0.15, 0.2, 0.35, 0.5, 0.55, 0.8, 0.9, 0.95, 1};
    double outcome[12] = {0, 1, 0, 0, 1, 0, 1, 0, 1, 1, 1, 1};
    hn_calibration_bin bins[HN_CALIBRATION_BINS];
    assert_ok(ctx, hn_calibration_bins(ctx, chance, outcome, NULL, 12, false, bins));
    assert_near(bins[0].predicted, 0.05, 1e-15); /* 0.1 stands on the edge and belongs below */
    assert_near(bins[0].observed, 1.0 / 3, 1e-15);
    assert_near(bins[1].predicted, 0.175, 1e-15);
    assert_near(bins[9].predicted, 0.975, 1e-15);
    assert_same_double(bins[2].weight, 0);
    assert_ok(ctx, hn_calibration_bins(ctx, chance, outcome, NULL, 12, true, bins));
    assert_near(bins[0].predicted, 0.025, 1e-15);
    assert_near(bins[0].observed, 0.5, 1e-15);
    assert_near(bins[9].predicted, 0.975, 1e-15);
    hone_ctx_free(ctx);
}

static void test_residuals(void **state) {
    (void)state;
    double y[] = {1, 2, 3, 4}, value[] = {0, 0, 0, 0}, weight[] = {1, 1, 0, 0};
    hn_scored s = {.n = 4, .task = HN_TASK_REGRESSION, .y = y, .value = value};
    written w = report_of(&s, NULL);
    assert_same_double(yyjson_get_num(at(&w, "/residuals/mean")), 2.5);
    assert_near(yyjson_get_num(at(&w, "/residuals/sd")), sqrt(1.25), 1e-15);
    assert_same_double(yyjson_get_num(at(&w, "/residuals/quantiles/5/value")), 2.5);
    assert_same_double(yyjson_get_num(at(&w, "/residuals/quantiles/10/value")), 4);
    done(&w);
    s.weight = weight;
    w = report_of(&s, NULL);
    assert_same_double(yyjson_get_num(at(&w, "/residuals/mean")), 1.5);
    assert_same_double(yyjson_get_num(at(&w, "/residuals/quantiles/10/value")), 2);
    done(&w);
}

static void test_empty(void **state) {
    (void)state;
    for (int32_t k = 0; k <= 3; k++) {
        if (k == 1) continue;
        answers *a = answers_new(1, 0, k, false), *one = answers_new(1, 1, k, false);
        written w = report_of(&a->scored, NULL);
        done(&w);
        w = report_of(&one->scored, NULL);
        done(&w);
        answers_free(a);
        answers_free(one);
    }
}

static hone_status run(hone_ctx *ctx, void *arg) {
    const answers *a = arg;
    hn_arena arena __attribute__((cleanup(hn_arena_done)));
    hn_arena_init(&arena, ctx->allocator);
    hn_json *root;
    return write_report(ctx, &arena, &a->scored, NULL, &root);
}

static void test_no_memory(void **state) {
    (void)state;
    for (int32_t k = 0; k <= 3; k += 3) {
        answers *a = answers_new(1, 2000, k, false);
        test_every_allocation(1, run, a);
        answers_free(a);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_confusion),
        cmocka_unit_test(test_curves),
        cmocka_unit_test(test_curves_are_thinned),
        cmocka_unit_test(test_calibration),
        cmocka_unit_test(test_calibration_bins),
        cmocka_unit_test(test_residuals),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
