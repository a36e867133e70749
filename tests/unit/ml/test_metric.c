/* Metrics: figures of scikit-learn 1.9.1 on the answers of scored.h, and the edges of definitions. */
#include "unit/support.h"

#include "unit/ml/scored.h"
#include <math.h>
#include <string.h>

typedef struct figure {
    const char *name;
    double plain, weighted;
} figure;

static const figure binary[] = {
    {"accuracy", 0.64000000000000001, 0.61810154525386318},
    {"balanced_accuracy", 0.64091737410551586, 0.61627612289457268},
    {"log_loss", 0.6405489331528047, 0.65606681942953815},
    {"matthews", 0.29298555755003541, 0.24664387964975681},
    {"cohen_kappa", 0.28130961359300832, 0.23338257016248165},
    {"precision_macro", 0.65228877467697777, 0.63079470198675502},
    {"recall_macro", 0.64091737410551586, 0.61627612289457268},
    {"f1_macro", 0.63348416289592757, 0.60643314500941625},
    {"precision_micro", 0.64000000000000001, 0.61810154525386318},
    {"recall_micro", 0.64000000000000001, 0.61810154525386318},
    {"f1_micro", 0.64000000000000001, 0.61810154525386318},
    {"precision_weighted", 0.65258850088861131, 0.63037439878367896},
    {"recall_weighted", 0.64000000000000001, 0.61810154525386318},
    {"f1_weighted", 0.63315837104072403, 0.60718111938406016},
    {"precision", 0.69724770642201839, 0.66887417218543044},
    {"recall", 0.50331125827814571, 0.45089285714285715},
    {"f1", 0.58461538461538465, 0.53866666666666663},
    {"roc_auc", 0.68265256233610372, 0.65674711478477854},
    {"roc_auc_ovr_weighted", 0.68265256233610372, 0.65674711478477854},
    {"pr_auc", 0.6504274272186904, 0.62154622020547656},
    {"brier", 0.22483577097505672, 0.23205280493359967},
};
static const figure multiclass[] = {
    {"accuracy", 0.32666666666666666, 0.30176211453744495},
    {"balanced_accuracy", 0.31990380003287167, 0.2964691826522946},
    {"log_loss", 1.411295862028616, 1.4494971585904226},
    {"matthews", 0.15550228073954936, 0.12603813504769248},
    {"cohen_kappa", 0.15542423904560143, 0.1258306303679676},
    {"precision_macro", 0.32019129581776828, 0.29537619530529341},
    {"recall_macro", 0.31990380003287167, 0.2964691826522946},
    {"f1_macro", 0.31974746062356157, 0.29508297335143829},
    {"precision_micro", 0.32666666666666666, 0.30176211453744495},
    {"recall_micro", 0.32666666666666666, 0.30176211453744495},
    {"f1_micro", 0.32666666666666666, 0.30176211453744495},
    {"precision_weighted", 0.32811729880267043, 0.30294388812046191},
    {"recall_weighted", 0.32666666666666666, 0.30176211453744495},
    {"f1_weighted", 0.3271007136257898, 0.30153869492466617},
    {"roc_auc", 0.71018542477162927, 0.6870289734375552},
    {"roc_auc_ovr_weighted", 0.71318480425824216, 0.68862956835043621},
    {"pr_auc", 0.36503558633159738, 0.34101087063417246},
    {"brier", 0.72837914627215927, 0.74472478819970422},
};
static const figure regression[] = {
    {"mse", 0.082870168540784453, 0.082359921914363962},
    {"rmse", 0.28787179184627393, 0.28698418408400828},
    {"mae", 0.25051210185403588, 0.25030005897846469},
    {"median_ae", 0.26205689764291762, 0.25910028298180876},
    {"r2", 0.98983615425937443, 0.98968612440328529},
    {"mape", 0.061583923561972183, 0.063419243734503125},
    {"explained_variance", 0.98988872834687147, 0.98973644877607891},
    {"poisson_deviance", 0.019691466889567986, 0.02022525823133204},
};

static double value_of(hone_ctx *ctx, const char *name, const hn_scored *scored) {
    const hn_metric *metric;
    double value = -12345;
    assert_ok(ctx, hn_metric_require(ctx, ctx->scratch, name, scored->task, &metric));
    assert_ok(ctx, hn_metric_compute(ctx, metric, scored, &value));
    return value;
}

static void check_figures(const figure *figures, size_t n, int32_t k, bool ties) {
    hone_ctx *ctx = test_ctx(1);
    answers *a = answers_new(7, 300, k, ties);
    for (size_t i = 0; i < n; i++) {
        a->scored.weight = NULL;
        assert_near(value_of(ctx, figures[i].name, &a->scored), figures[i].plain, 1e-12);
        a->scored.weight = a->weight;
        assert_near(value_of(ctx, figures[i].name, &a->scored), figures[i].weighted, 1e-12);
    }
    answers_free(a);
    hone_ctx_free(ctx);
}

#define COUNT(list) (sizeof(list) / sizeof *(list))

static void test_binary_figures(void **state) {
    (void)state;
    check_figures(binary, COUNT(binary), 2, true);
}

static void test_multiclass_figures(void **state) {
    (void)state;
    check_figures(multiclass, COUNT(multiclass), 5, false);
}

static void test_regression_figures(void **state) {
    (void)state;
    check_figures(regression, COUNT(regression), 0, false);
}

/* Every metric has a figure for each of its tasks, a name found again, and sound bounds. */
static void test_list(void **state) {
    (void)state;
    int64_t n;
    const hn_metric *const *all = hn_metrics(&n);
    for (int64_t i = 0; i < n; i++) {
        assert_ptr_equal(hn_metric_find(all[i]->name), all[i]);
        assert_true(all[i]->low < all[i]->high && all[i]->title && all[i]->doc);
        assert_true((all[i]->compute != NULL) == (all[i]->argument == NULL));
        assert_true((all[i]->compute_at != NULL) == (all[i]->argument != NULL));
    }
    assert_string_equal(hn_metric_default(HN_TASK_BINARY)->name, "roc_auc");
    assert_string_equal(hn_metric_default(HN_TASK_MULTICLASS)->name, "accuracy");
    assert_string_equal(hn_metric_default(HN_TASK_REGRESSION)->name, "rmse");
    assert_string_equal(hn_metric_default(HN_TASK_CLUSTER)->name, "silhouette");
    assert_string_equal(hn_metric_default(HN_TASK_ANOMALY)->name, "roc_auc");
    assert_string_equal(hn_metric_default(HN_TASK_RANK)->name, "ndcg@10");
    assert_null(hn_metric_default(HN_TASK_NONE));
}

static void test_unknown_names(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    const hn_metric *metric;
    assert_status(ctx, hn_metric_require(ctx, ctx->scratch, "roc_acu", HN_TASK_BINARY, &metric),
                  HONE_ERROR_USAGE);
    assert_message(ctx, "did you mean 'roc_auc'?");
    assert_status(ctx, hn_metric_require(ctx, ctx->scratch, "rmse", HN_TASK_BINARY, &metric),
                  HONE_ERROR_USAGE);
    assert_message(ctx, "not for binary models");
    assert_string_equal(hone_ctx_error(ctx)->param, "metrics");
    hone_ctx_free(ctx);
}

static bool fits(const hn_metric *metric, const hn_scored *scored) {
    return (metric->tasks & scored->task) != 0;
}

typedef void each_fn(hone_ctx *ctx, const hn_metric *metric, int32_t k);

static void each_metric(each_fn *fn) {
    static const int32_t classes[] = {2, 5, 0};
    hone_ctx *ctx = test_ctx(1);
    int64_t n;
    const hn_metric *const *all = hn_metrics(&n);
    for (int64_t i = 0; i < n; i++)
        for (int t = 0; t < 3; t++) {
            hn_task task = classes[t] == 0   ? HN_TASK_REGRESSION
                           : classes[t] == 2 ? HN_TASK_BINARY
                                             : HN_TASK_MULTICLASS;
            if ((all[i]->tasks & task) != 0) fn(ctx, all[i], classes[t]);
        }
    hone_ctx_free(ctx);
}

/* Whole weights count as that many rows; 0 as none; ones change no bit. */
static void weights_are_counts(hone_ctx *ctx, const hn_metric *metric, int32_t k) {
    answers *a = answers_new(3, 200, k, true), *repeated = answers_repeat(a);
    double plain, ones, weighted, wanted;
    assert_ok(ctx, hn_metric_compute(ctx, metric, &a->scored, &plain));
    a->scored.weight = a->weight;
    assert_ok(ctx, hn_metric_compute(ctx, metric, &a->scored, &weighted));
    assert_ok(ctx, hn_metric_compute(ctx, metric, &repeated->scored, &wanted));
    assert_near(weighted, wanted, 1e-13);
    for (int i = 0; i < 200; i++) a->weight[i] = 1;
    assert_ok(ctx, hn_metric_compute(ctx, metric, &a->scored, &ones));
    assert_same_double(ones, plain);
    answers_free(a);
    answers_free(repeated);
}

static void test_weights(void **state) {
    (void)state;
    each_metric(weights_are_counts);
}

static void same_bits(hone_ctx *ctx, const hn_metric *metric, int32_t k) {
    static const int threads[] = {2, 3, 7};
    answers *a = answers_new(5, 300001, k, true);
    double wanted, prepared;
    a->scored.weight = a->weight;
    assert_ok(ctx, hn_metric_compute(ctx, metric, &a->scored, &wanted));
    for (size_t t = 0; t < COUNT(threads); t++) {
        double got;
        hone_ctx *many = test_ctx(threads[t]);
        assert_ok(many, hn_metric_compute(many, metric, &a->scored, &got));
        assert_same_double(got, wanted);
        hone_ctx_free(many);
    }
    hn_arena arena;
    hn_arena_init(&arena, ctx->allocator);
    assert_ok(ctx, hn_scored_prepare(ctx, &arena, &a->scored));
    assert_ok(ctx, hn_metric_compute(ctx, metric, &a->scored, &prepared));
    assert_same_double(prepared, wanted);
    hn_arena_done(&arena);
    answers_free(a);
}

static void test_threads(void **state) {
    (void)state;
    each_metric(same_bits);
}

/* No rows, one row, and no weight at all: a number or NaN, never a crash. */
static void few_rows(hone_ctx *ctx, const hn_metric *metric, int32_t k) {
    double value;
    answers *none = answers_new(1, 0, k, false), *one = answers_new(1, 1, k, false);
    assert_ok(ctx, hn_metric_compute(ctx, metric, &none->scored, &value));
    assert_true(isnan(value));
    assert_ok(ctx, hn_metric_compute(ctx, metric, &one->scored, &value));
    assert_true(isnan(value) || (value >= metric->low && value <= metric->high));
    one->weight[0] = 0;
    one->scored.weight = one->weight;
    assert_ok(ctx, hn_metric_compute(ctx, metric, &one->scored, &value));
    assert_true(isnan(value));
    answers_free(none);
    answers_free(one);
}

static void test_few_rows(void **state) {
    (void)state;
    each_metric(few_rows);
}

static hn_scored binary_of(int64_t n, const double *y, const double *label, const double *proba) {
    return (hn_scored){
        .n = n, .task = HN_TASK_BINARY, .n_classes = 2, .y = y, .label = label, .proba = proba};
}

static void test_one_class(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    double y[] = {0, 0, 0}, label[] = {0, 1, 0}, proba[] = {0.9, 0.1, 0.2, 0.8, 0.6, 0.4};
    hn_scored s = binary_of(3, y, label, proba);
    assert_true(isnan(value_of(ctx, "roc_auc", &s)));
    assert_true(isnan(value_of(ctx, "pr_auc", &s)));
    assert_near(value_of(ctx, "accuracy", &s), 2.0 / 3, 1e-15);
    assert_near(value_of(ctx, "balanced_accuracy", &s), 2.0 / 3, 1e-15);
    assert_same_double(value_of(ctx, "recall", &s), 0);
    assert_same_double(value_of(ctx, "precision", &s), 0);
    assert_same_double(value_of(ctx, "f1", &s), 0);
    assert_same_double(value_of(ctx, "matthews", &s), 0);
    assert_same_double(value_of(ctx, "cohen_kappa", &s), 0);
    s.label = y; /* all right, and nothing to agree about */
    assert_true(isnan(value_of(ctx, "cohen_kappa", &s)));
    assert_same_double(value_of(ctx, "matthews", &s), 0);
    assert_same_double(value_of(ctx, "accuracy", &s), 1);
    hone_ctx_free(ctx);
}

/* Weights that don't add up exactly must not make one class look like two, nor a perfect score 0.99. */
static void test_one_class_real_weights(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    enum { N = 1000 };
    double y[N] = {0}, weight[N];
    for (int i = 0; i < N; i++) weight[i] = 0.1 + 1.0 / (i + 3);
    hn_scored s = binary_of(N, y, y, NULL);
    s.weight = weight;
    assert_true(isnan(value_of(ctx, "cohen_kappa", &s)));
    assert_same_double(value_of(ctx, "matthews", &s), 0);
    assert_same_double(value_of(ctx, "accuracy", &s), 1);
    hone_ctx_free(ctx);
}

static void test_equal_scores(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    double y[] = {0, 1, 0, 1, 1}, label[] = {1, 1, 1, 1, 1}, proba[10];
    for (int i = 0; i < 10; i++) proba[i] = 0.5;
    hn_scored s = binary_of(5, y, label, proba);
    assert_same_double(value_of(ctx, "roc_auc", &s), 0.5);
    assert_same_double(value_of(ctx, "pr_auc", &s), 0.6);
    assert_near(value_of(ctx, "log_loss", &s), log(2), 1e-15);
    hone_ctx_free(ctx);
}

/* Scores that are no numbers end the walk all the same. */
static void test_strange_scores(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    double y[] = {0, 1, 0, 1}, label[] = {0, 1, 0, 1};
    double proba[] = {1, NAN, 0, NAN, 1, -INFINITY, 0, INFINITY};
    hn_scored s = binary_of(4, y, label, proba);
    assert_true(value_of(ctx, "roc_auc", &s) >= 0);
    assert_true(value_of(ctx, "pr_auc", &s) >= 0);
    hone_ctx_free(ctx);
}

/* A class that the rows lack is left out of means over classes. */
static void test_absent_class(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    double y[] = {0, 0, 1, 1}, label[] = {0, 1, 1, 1};
    double proba[] = {0.7, 0.2, 0.1, 0.3, 0.4, 0.3, 0.2, 0.6, 0.2, 0.3, 0.4, 0.3};
    hn_scored s = {
        .n = 4, .task = HN_TASK_MULTICLASS, .n_classes = 3, .y = y, .label = label, .proba = proba};
    assert_near(value_of(ctx, "balanced_accuracy", &s), 0.75, 1e-15);
    assert_near(value_of(ctx, "recall_macro", &s), 0.75, 1e-15);
    assert_near(value_of(ctx, "roc_auc", &s), (3.5 / 4 + 3.5 / 4) / 2, 1e-15);
    hone_ctx_free(ctx);
}

static void test_regression_edges(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    double y[] = {2, 2, 2, 2}, value[] = {2, 2, 2, 3}, negative[] = {-1, 2, 2, 2},
           zero[] = {0, 2, 2, 2};
    hn_scored s = {.n = 4, .task = HN_TASK_REGRESSION, .y = y, .value = value};
    assert_same_double(value_of(ctx, "r2", &s), 0);
    assert_same_double(value_of(ctx, "median_ae", &s), 0);
    s.value = y;
    assert_same_double(value_of(ctx, "r2", &s), 1);
    assert_same_double(value_of(ctx, "explained_variance", &s), 1);
    s.value = negative;
    assert_true(isnan(value_of(ctx, "poisson_deviance", &s)));
    s.value = y;
    s.y = zero; /* a relative error against 0 is huge, but finite */
    assert_true(isfinite(value_of(ctx, "mape", &s)) && value_of(ctx, "mape", &s) > 1e15);
    s.n = 1;
    assert_true(isnan(value_of(ctx, "r2", &s)));
    assert_same_double(value_of(ctx, "rmse", &s), 2);
    hone_ctx_free(ctx);
}

static hone_status every_metric(hone_ctx *ctx, void *arg) {
    const answers *a = arg;
    int64_t n;
    const hn_metric *const *all = hn_metrics(&n);
    for (int64_t i = 0; i < n; i++) {
        double value;
        if (fits(all[i], &a->scored)) HN_TRY(hn_metric_compute(ctx, all[i], &a->scored, &value));
    }
    return HONE_OK;
}

static void test_no_memory(void **state) {
    (void)state;
    static const int32_t classes[] = {2, 3, 0};
    for (int t = 0; t < 3; t++) {
        answers *a = answers_new(1, 3000, classes[t], false);
        test_every_allocation(2, every_metric, a);
        answers_free(a);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_binary_figures),
        cmocka_unit_test(test_multiclass_figures),
        cmocka_unit_test(test_regression_figures),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_unknown_names),
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_few_rows),
        cmocka_unit_test(test_one_class),
        cmocka_unit_test(test_one_class_real_weights),
        cmocka_unit_test(test_equal_scores),
        cmocka_unit_test(test_strange_scores),
        cmocka_unit_test(test_absent_class),
        cmocka_unit_test(test_regression_edges),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
