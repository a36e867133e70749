/* decision_tree: against an exhaustive search, limits, pruning, absolute error, rules. */
#include "ml/models.h"

#include <float.h>

extern const hone_estimator hn_decision_tree;

/* ---- an exhaustive tree --------------------------------------------------------------------- */

typedef struct plain {
    const matrix *m;
    int criterion; /* 0 gini, 1 entropy, 2 squared, 3 absolute */
    int64_t depth;
    double *out; /* [n, classes or 1] */
} plain;

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_of(const matrix *m, const int64_t *rows, int64_t n) {
    double v[512];
    for (int64_t i = 0; i < n; i++) v[i] = m->y[rows[i]];
    qsort(v, (size_t)n, sizeof *v, compare_doubles);
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static double value_of(const plain *p, const int64_t *rows, int64_t n) {
    if (p->criterion == 3) return median_of(p->m, rows, n);
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += p->m->y[rows[i]];
    return sum / (double)n;
}

static void shares_of(const plain *p, const int64_t *rows, int64_t n, double *shares) {
    for (int32_t k = 0; k < p->m->n_classes; k++) shares[k] = 0;
    for (int64_t i = 0; i < n; i++) shares[(int)p->m->y[rows[i]]] += 1.0 / (double)n;
}

/* Rows times impurity. */
static double impurity_of(const plain *p, const int64_t *rows, int64_t n) {
    double sum = 0, shares[8];
    if (p->m->n_classes > 0) {
        shares_of(p, rows, n, shares);
        for (int32_t k = 0; k < p->m->n_classes; k++)
            sum += p->criterion == 0 ? shares[k] * (1 - shares[k])
                                     : (shares[k] > 0 ? -shares[k] * log(shares[k]) : 0);
        return sum * (double)n;
    }
    double value = value_of(p, rows, n);
    for (int64_t i = 0; i < n; i++) {
        double e = p->m->y[rows[i]] - value;
        sum += p->criterion == 2 ? e * e : fabs(e);
    }
    return sum;
}

static void plain_grow(const plain *p, const int64_t *rows, int64_t n, int64_t depth) {
    const matrix *m = p->m;
    double whole = impurity_of(p, rows, n), best = 1e-9, bound = 0;
    int64_t feature = -1, left[512], right[512], n_left = 0, n_right = 0;
    for (int64_t j = 0; j < m->p && depth < p->depth && whole > 1e-12; j++)
        for (int64_t k = 0; k < n; k++) {
            double at = m->x[rows[k] * m->p + j];
            n_left = n_right = 0;
            for (int64_t i = 0; i < n; i++) {
                if (m->x[rows[i] * m->p + j] <= at)
                    left[n_left++] = rows[i];
                else
                    right[n_right++] = rows[i];
            }
            if (n_left == 0 || n_right == 0) continue;
            double gain = whole - impurity_of(p, left, n_left) - impurity_of(p, right, n_right);
            if (gain <= best + 1e-9) continue;
            best = gain;
            feature = j;
            bound = at;
        }
    int64_t k = m->n_classes > 0 ? m->n_classes : 1;
    if (feature < 0) {
        double shares[8];
        if (m->n_classes > 0)
            shares_of(p, rows, n, shares);
        else
            shares[0] = value_of(p, rows, n);
        for (int64_t i = 0; i < n; i++)
            memcpy(p->out + rows[i] * k, shares, (size_t)k * sizeof *shares);
        return;
    }
    n_left = n_right = 0;
    for (int64_t i = 0; i < n; i++) {
        if (m->x[rows[i] * m->p + feature] <= bound)
            left[n_left++] = rows[i];
        else
            right[n_right++] = rows[i];
    }
    plain_grow(p, left, n_left, depth + 1);
    plain_grow(p, right, n_right, depth + 1);
}

static void agrees_with_exhaustive_search(void **state) {
    (void)state;
    static const char *const names[] = {"gini", "entropy", "squared", "absolute"};
    hone_ctx *ctx = test_ctx(2);
    for (int criterion = 0; criterion < 4; criterion++) {
        matrix m = matrix_random(21 + (uint64_t)criterion, 120, 3, criterion < 2 ? 3 : 0);
        double expected[512];
        int64_t rows[512];
        for (int64_t i = 0; i < m.n; i++) rows[i] = i;
        plain p = {.m = &m, .criterion = criterion, .depth = 4, .out = expected};
        plain_grow(&p, rows, m.n, 0);
        char params[128];
        snprintf(params, sizeof params, "{\"criterion\":\"%s\",\"max_depth\":4}", names[criterion]);
        fitted f = fit(ctx, &hn_decision_tree, params, &m);
        double *got = answers_of(&f, &f.table);
        int64_t cells = m.n * (criterion < 2 ? 3 : 1);
        for (int64_t i = 0; i < cells; i++) assert_near(got[i], expected[i], 1e-9);
        fitted_done(&f);
        matrix_free(&m);
    }
    hone_ctx_free(ctx);
}

/* ---- limits --------------------------------------------------------------------------------- */

static void limits_are_kept(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    matrix m = matrix_random(25, 500, 4, 0);
    fitted f = fit(ctx, &hn_decision_tree, "{\"max_leaf_nodes\":7}", &m);
    assert_int_equal(number(&f, "/leaves"), 7);
    fitted_done(&f);
    f = fit(ctx, &hn_decision_tree, "{\"max_depth\":3}", &m);
    assert_int_equal(number(&f, "/depth"), 3);
    fitted_done(&f);
    f = fit(ctx, &hn_decision_tree, "{\"min_samples_leaf\":100}", &m);
    assert_true(number(&f, "/leaves") <= 5);
    fitted_done(&f);
    f = fit(ctx, &hn_decision_tree, "{}", &m);
    assert_int_equal(number(&f, "/leaves"), 500);
    double *p = answers_of(&f, &f.table);
    for (int64_t i = 0; i < m.n; i++) assert_near(p[i], m.y[i], 1e-12);
    fitted_done(&f);
    matrix_free(&m);
    hone_ctx_free(ctx);
}

/* A larger price never leaves more leaves; a very large one leaves the root. */
static void pruning_is_monotone(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    matrix m = matrix_random(26, 400, 4, 2);
    double last = 1e9;
    for (int k = 0; k < 8; k++) {
        char params[64];
        snprintf(params, sizeof params, "{\"ccp_alpha\":%g}", k == 7 ? 10 : 0.001 * k * k);
        fitted f = fit(ctx, &hn_decision_tree, params, &m);
        double leaves = number(&f, "/leaves");
        assert_true(leaves <= last);
        last = leaves;
        fitted_done(&f);
    }
    assert_int_equal(last, 1);
    matrix_free(&m);
    hone_ctx_free(ctx);
}

static void threads_batches_and_weights(void **state) {
    (void)state;
    static const char *const params[] = {"{}", "{\"max_leaf_nodes\":50}",
                                         "{\"max_features\":\"sqrt\"}"};
    for (int classes = 0; classes <= 3; classes += classes == 0 ? 2 : 1) {
        matrix m = matrix_random(27, 6000, 8, classes);
        for (int64_t i = 0; i < m.n * m.p; i += 13) m.x[i] = NAN;
        for (int k = 0; k < 3; k++)
            check_threads(&hn_decision_tree, params[k], &m, classes > 0 ? classes : 1);
        check_unit_weights(&hn_decision_tree, "{}", &m);
        hone_ctx *ctx = test_ctx(1);
        fitted f = fit(ctx, &hn_decision_tree, "{\"max_depth\":6}", &m);
        check_batches(&f, classes > 0 ? classes : 1);
        fitted_done(&f);
        hone_ctx_free(ctx);
        matrix_free(&m);
    }
    /* A weight of 2 is the row twice. */
    hone_ctx *ctx = test_ctx(1);
    matrix m = matrix_random(28, 150, 3, 0), r;
    matrix_repeat(&m, &r);
    for (int k = 0; k < 2; k++) {
        const char *json =
            k == 0 ? "{\"max_depth\":4}" : "{\"max_depth\":4,\"criterion\":\"absolute\"}";
        fitted f = fit(ctx, &hn_decision_tree, json, &m), g = fit(ctx, &hn_decision_tree, json, &r);
        double *a = answers_of(&f, &g.table), *b = answers_of(&g, &g.table), sum_a = 0, sum_b = 0;
        for (int64_t i = 0; i < r.n; i++) {
            if (k == 0) assert_near(a[i], b[i], 1e-9);
            sum_a += fabs(a[i] - r.y[i]);
            sum_b += fabs(b[i] - r.y[i]);
        }
        /* Absolute errors tie often, and rounding breaks the ties. */
        assert_near(sum_a / sum_b, 1, 0.02);
        fitted_done(&f);
        fitted_done(&g);
    }
    matrix_free(&m);
    matrix_free(&r);
    hone_ctx_free(ctx);
}

static void missing_values_choose_a_side(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    matrix m = matrix_random(29, 300, 1, 0);
    for (int64_t i = 0; i < m.n; i++) {
        m.y[i] = m.x[i] > 0 ? 10 : 0;
        if (i % 5 == 0) {
            m.x[i] = NAN;
            m.y[i] = 10;
        }
    }
    fitted f = fit(ctx, &hn_decision_tree, "{\"max_leaf_nodes\":2}", &m);
    double *p = answers_of(&f, &f.table);
    for (int64_t i = 0; i < m.n; i++) assert_near(p[i], m.y[i], 1e-12);
    hn_str rules;
    hn_str_init(&rules, ctx, ctx->scratch);
    hn_shown shown = {.schema = &f.table};
    assert_ok(ctx, hn_decision_tree.rules(ctx, f.state, &shown, &rules));
    assert_non_null(strstr(rules.text, "if x0 <= "));
    shown.part = 1;
    assert_status(ctx, hn_decision_tree.rules(ctx, f.state, &shown, &rules), HONE_ERROR_USAGE);
    fitted_done(&f);
    matrix_free(&m);
    hone_ctx_free(ctx);
}

static void odd_data(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    for (int64_t n = 1; n <= 3; n++)
        for (int classes = 0; classes <= 3; classes += classes == 0 ? 2 : 1)
            for (int flaw = 0; flaw < 3; flaw++) {
                matrix m = matrix_random(30, n, 2, classes);
                for (int64_t i = 0; i < m.n * m.p; i++) {
                    if (flaw == 1) m.x[i] = NAN;
                    if (flaw == 2) m.x[i] = i % 2 ? DBL_MAX : -DBL_MAX;
                }
                fitted f = fit(ctx, &hn_decision_tree, "{}", &m);
                double *p = answers_of(&f, &f.table);
                for (int64_t i = 0; i < n * (classes ? classes : 1); i++)
                    assert_true(isfinite(p[i]));
                fitted_done(&f);
                matrix_free(&m);
            }
    hone_ctx_free(ctx);
}

static void memory_runs_out(void **state) {
    (void)state;
    matrix m = matrix_random(31, 60, 3, 3);
    fit_case c = {&hn_decision_tree, "{\"max_leaf_nodes\":6}", &m};
    test_every_allocation(1, fit_body, &c);
    matrix_free(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_exhaustive_search),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(pruning_is_monotone),
        cmocka_unit_test(threads_batches_and_weights),
        cmocka_unit_test(missing_values_choose_a_side),
        cmocka_unit_test(odd_data),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
