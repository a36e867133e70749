/* Bootstrap intervals: known widths, same bits for any threads, bounds for large n. */
#include "unit/support.h"

#include "ml/metric/interval.h"
#include "unit/ml/scored.h"
#include <math.h>
#include <string.h>

static hn_bootstrap_result bootstrap(int threads, const hn_scored *scored,
                                     const hn_scored *baseline, const char *name,
                                     const hn_bootstrap_options *options) {
    hone_ctx *ctx = test_ctx(threads);
    const hn_metric *metric = hn_metric_find(name);
    hn_bootstrap_result result;
    assert_ok(ctx, hn_bootstrap(ctx, scored, baseline, &metric, 1, options, &result));
    hone_ctx_free(ctx);
    return result;
}

/* The mean's standard error is known: sd / sqrt(n); the interval is about 1.96 of it each way. */
static void test_known_error(void **state) {
    (void)state;
    enum { N = 4000 };
    answers *a = answers_new(11, N, 2, false);
    hn_bootstrap_result r = bootstrap(1, &a->scored, NULL, "accuracy", NULL);
    double share = r.metric.value, error = sqrt(share * (1 - share) / N);
    assert_int_equal(r.resamples, 1000);
    assert_near(r.metric.error / error, 1, 0.08);
    assert_near((r.metric.high - r.metric.low) / (2 * 1.96 * error), 1, 0.1);
    assert_true(r.metric.low < share && share < r.metric.high);
    assert_true(isnan(r.difference.value) && isnan(r.ahead));
    answers_free(a);
}

/* Of twenty samples from the same source, about nineteen intervals hold the true value. */
static void test_coverage(void **state) {
    (void)state;
    enum { SAMPLES = 100 };
    answers *large = answers_new(1000, 400000, 2, false);
    hone_ctx *ctx = test_ctx(2);
    double truth;
    assert_ok(ctx, hn_metric_roc_auc.compute(ctx, &large->scored, &truth));
    int held = 0;
    for (uint64_t i = 0; i < SAMPLES; i++) {
        answers *a = answers_new(i, 400, 2, false);
        hn_bootstrap_options options = {.resamples = 300, .seed = i};
        hn_bootstrap_result r = bootstrap(1, &a->scored, NULL, "roc_auc", &options);
        held += r.metric.low <= truth && truth <= r.metric.high;
        answers_free(a);
    }
    assert_in_range(held, 88, 100);
    answers_free(large);
    hone_ctx_free(ctx);
}

static void test_threads(void **state) {
    (void)state;
    static const int threads[] = {2, 3, 7};
    static const int64_t sizes[] = {500, 130000};
    for (int t = 0; t < 2; t++) {
        answers *a = answers_new(2, sizes[t], 2, true), *b = answers_new(3, sizes[t], 2, true);
        b->scored.y = a->y;
        hn_bootstrap_options options = {.resamples = 50, .seed = 9};
        hn_bootstrap_result wanted = bootstrap(1, &a->scored, &b->scored, "roc_auc", &options);
        for (int i = 0; i < 3; i++) {
            hn_bootstrap_result got =
                bootstrap(threads[i], &a->scored, &b->scored, "roc_auc", &options);
            assert_memory_equal(&got, &wanted, sizeof got);
        }
        answers_free(a);
        answers_free(b);
    }
}

/* Answers against themselves differ by exactly nothing; against noise they are ahead for sure. */
static void test_pairs(void **state) {
    (void)state;
    answers *a = answers_new(4, 2000, 5, false), *b = answers_new(5, 2000, 5, false);
    b->scored.y = a->y;
    hn_bootstrap_result self = bootstrap(1, &a->scored, &a->scored, "log_loss", NULL);
    assert_same_double(self.difference.low, 0);
    assert_same_double(self.difference.high, 0);
    assert_same_double(self.ahead, 0);
    hn_bootstrap_result r = bootstrap(1, &a->scored, &b->scored, "log_loss", NULL);
    assert_true(r.difference.high < 0 && r.ahead == 1); /* smaller is better */
    assert_near(r.difference.value, r.metric.value - r.baseline.value, 1e-15);
    answers_free(a);
    answers_free(b);
}

/* More rows than are resampled: the interval of a part, scaled, is that of the whole. */
static void test_many_rows(void **state) {
    (void)state;
    enum { N = 400000 };
    answers *a = answers_new(6, N, 0, false);
    hn_bootstrap_result r = bootstrap(2, &a->scored, NULL, "mae", NULL);
    double sum = 0, mean = r.metric.value;
    for (int i = 0; i < N; i++) {
        double off = fabs(a->y[i] - a->value[i]) - mean;
        sum += off * off;
    }
    double error = sqrt(sum / N / N);
    assert_int_equal(r.resamples, 200);
    assert_near(r.metric.error / error, 1, 0.15);
    assert_near((r.metric.high - r.metric.low) / (2 * 1.96 * error), 1, 0.25);
    assert_true(r.metric.low < mean && mean < r.metric.high);
    answers_free(a);
}

/* Resamples where a rare class is gone don't count; where most are, there is no interval. */
static void test_undefined(void **state) {
    (void)state;
    answers *a = answers_new(8, 30, 2, false);
    for (int i = 0; i < 30; i++) a->y[i] = i == 0;
    hn_bootstrap_result r = bootstrap(1, &a->scored, NULL, "roc_auc", NULL);
    assert_in_range(r.resamples, 550, 720); /* 1 - 1/e of 1000 */
    assert_false(isnan(r.metric.low));
    a->y[0] = 0;
    r = bootstrap(1, &a->scored, NULL, "roc_auc", NULL);
    assert_int_equal(r.resamples, 0);
    assert_true(isnan(r.metric.value) && isnan(r.metric.low));
    answers_free(a);
    answers *none = answers_new(8, 0, 2, false);
    assert_true(isnan(bootstrap(1, &none->scored, NULL, "accuracy", NULL).metric.low));
    answers_free(none);
}

/* Weights come along: rows of weight 0 change nothing but which rows are drawn. */
static void test_weights(void **state) {
    (void)state;
    answers *a = answers_new(9, 1000, 2, false);
    hn_bootstrap_result plain = bootstrap(1, &a->scored, NULL, "f1", NULL);
    for (int i = 0; i < 1000; i++) a->weight[i] = 2.5;
    a->scored.weight = a->weight;
    hn_bootstrap_result weighted = bootstrap(1, &a->scored, NULL, "f1", NULL);
    assert_near(weighted.metric.low, plain.metric.low, 1e-12);
    assert_near(weighted.metric.high, plain.metric.high, 1e-12);
    answers_free(a);
}

/* The same draws serve every metric of a call, so a metric's range does not depend on its company. */
static void test_company(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    answers *a = answers_new(10, 800, 2, false);
    const hn_metric *both[] = {&hn_metric_brier, &hn_metric_roc_auc};
    hn_bootstrap_result results[2];
    assert_ok(ctx, hn_bootstrap(ctx, &a->scored, NULL, both, 2, NULL, results));
    hn_bootstrap_result alone = bootstrap(1, &a->scored, NULL, "roc_auc", NULL);
    assert_same_double(results[1].metric.low, alone.metric.low);
    assert_same_double(results[1].metric.high, alone.metric.high);
    answers_free(a);
    hone_ctx_free(ctx);
}

static hone_status run(hone_ctx *ctx, void *arg) {
    const answers *a = arg;
    const hn_metric *metrics[] = {&hn_metric_roc_auc, &hn_metric_log_loss};
    hn_bootstrap_options options = {.resamples = 20};
    hn_bootstrap_result results[2];
    return hn_bootstrap(ctx, &a->scored, &a->scored, metrics, 2, &options, results);
}

static void test_no_memory(void **state) {
    (void)state;
    answers *a = answers_new(1, 3000, 2, false);
    test_every_allocation(1, run, a);
    test_every_allocation(2, run, a);
    answers_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_error), cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_threads),     cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_many_rows),   cmocka_unit_test(test_undefined),
        cmocka_unit_test(test_weights),     cmocka_unit_test(test_company),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
