/* gbdt: against a plain implementation, its promises (bits, order, counts), odd data. */
#include "ml/models.h"

#include "ml/tree/gbdt.h"
#include "num/math.h"

/* ---- a plain boosting of squared error: exhaustive search, best leaf first ------------------- */

typedef struct plain_leaf {
    int64_t rows[512], n;
    double gain, threshold;
    int64_t feature;
} plain_leaf;

static double plain_score(const double *g, const int64_t *rows, int64_t n, double l2) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += g[rows[i]];
    return sum * sum / ((double)n + l2);
}

static void plain_search(const matrix *m, const double *g, int64_t least, double l2,
                         plain_leaf *leaf) {
    leaf->gain = 0;
    double whole = plain_score(g, leaf->rows, leaf->n, l2);
    for (int64_t j = 0; j < m->p; j++)
        for (int64_t k = 0; k < leaf->n; k++) {
            double at = m->x[leaf->rows[k] * m->p + j];
            int64_t left[512], right[512], n_left = 0, n_right = 0;
            for (int64_t i = 0; i < leaf->n; i++) {
                int64_t row = leaf->rows[i];
                if (m->x[row * m->p + j] <= at)
                    left[n_left++] = row;
                else
                    right[n_right++] = row;
            }
            if (n_left < least || n_right < least) continue;
            double gain =
                plain_score(g, left, n_left, l2) + plain_score(g, right, n_right, l2) - whole;
            if (gain > leaf->gain + 1e-9) {
                leaf->gain = gain;
                leaf->feature = j;
                leaf->threshold = at;
            }
        }
}

static void plain_boost(const matrix *m, int trees, int leaves, int64_t least, double l2,
                        double rate, double *score) {
    static plain_leaf all[64];
    double g[512], mean = 0;
    for (int64_t i = 0; i < m->n; i++) mean += m->y[i] / (double)m->n;
    for (int64_t i = 0; i < m->n; i++) score[i] = mean;
    for (int t = 0; t < trees; t++) {
        for (int64_t i = 0; i < m->n; i++) g[i] = score[i] - m->y[i];
        int n = 1;
        all[0].n = m->n;
        for (int64_t i = 0; i < m->n; i++) all[0].rows[i] = i;
        plain_search(m, g, least, l2, &all[0]);
        while (n < leaves) {
            int best = 0;
            for (int k = 1; k < n; k++)
                if (all[k].gain > all[best].gain) best = k;
            if (all[best].gain <= 0) break;
            plain_leaf whole = all[best], *a = &all[best], *b = &all[n++];
            a->n = b->n = 0;
            for (int64_t i = 0; i < whole.n; i++) {
                int64_t row = whole.rows[i];
                plain_leaf *to = m->x[row * m->p + whole.feature] <= whole.threshold ? a : b;
                to->rows[to->n++] = row;
            }
            plain_search(m, g, least, l2, a);
            plain_search(m, g, least, l2, b);
        }
        for (int k = 0; k < n; k++) {
            double sum = 0;
            for (int64_t i = 0; i < all[k].n; i++) sum += g[all[k].rows[i]];
            for (int64_t i = 0; i < all[k].n; i++)
                score[all[k].rows[i]] -= rate * sum / ((double)all[k].n + l2);
        }
    }
}

static void agrees_with_plain_boosting(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    matrix m = matrix_random(3, 200, 4, 0); /* fewer values than bins: cuts are exact */
    double expected[512];
    plain_boost(&m, 10, 8, 5, 1, 0.3, expected);
    fitted f =
        fit(ctx, &hn_gbdt,
            "{\"n_estimators\":10,\"learning_rate\":0.3,\"max_leaves\":8,\"min_samples_leaf\":5,"
            "\"lambda_l2\":1,\"early_stopping\":\"off\"}",
            &m);
    double *got = answers_of(&f, &f.table);
    for (int64_t i = 0; i < m.n; i++) assert_near(got[i], expected[i], 1e-5);
    fitted_done(&f);
    matrix_free(&m);
    hone_ctx_free(ctx);
}

/* ---- promises ------------------------------------------------------------------------------- */

static const char *const variants[] = {
    "{\"n_estimators\":12}",
    "{\"n_estimators\":8,\"subsample\":0.7,\"colsample_bytree\":0.6,\"colsample_bynode\":0.7}",
    "{\"n_estimators\":8,\"max_leaves\":200,\"min_samples_leaf\":1,\"max_depth\":9}",
};

static void threads_batches_and_unit_weights(void **state) {
    (void)state;
    for (int classes = 0; classes <= 3; classes += classes == 0 ? 2 : 1) {
        /* Large enough for work to be shared among threads. */
        matrix m = matrix_random(5, 30000, 12, classes);
        for (int64_t i = 0; i < m.n * m.p; i += 17) m.x[i] = NAN;
        for (size_t v = 0; v < sizeof variants / sizeof *variants; v++)
            check_threads(&hn_gbdt, variants[v], &m, classes > 0 ? classes : 1);
        hone_ctx *ctx = test_ctx(2);
        fitted f = fit(ctx, &hn_gbdt, variants[0], &m);
        check_batches(&f, classes > 0 ? classes : 1);
        fitted_done(&f);
        hone_ctx_free(ctx);
        check_unit_weights(&hn_gbdt, variants[0], &m);
        matrix_free(&m);
    }
}

/* Rows in a leaf are never fewer than asked for, whatever their hessians are. */
static void leaves_have_enough_rows(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    matrix m = matrix_random(6, 4000, 5, 2);
    for (int64_t i = 0; i < m.n; i++) m.y[i] = i % 50 == 0; /* rare */
    fitted f = fit(ctx, &hn_gbdt,
                   "{\"n_estimators\":30,\"learning_rate\":0.5,\"min_samples_leaf\":37,"
                   "\"min_child_weight\":0,\"lambda_l2\":0,\"early_stopping\":\"off\"}",
                   &m);
    const hn_trees *trees = &((hn_gbdt_state *)f.state)->trees;
    assert_int_equal(trees->n_trees, 30);
    int64_t *count = calloc((size_t)trees->n_nodes, sizeof *count);
    for (int64_t t = 0; t < trees->n_trees; t++)
        for (int64_t i = 0; i < m.n; i++)
            count[trees->first[t] +
                  hn_tree_leaf(trees, trees->nodes + trees->first[t], m.x + i * m.p)]++;
    for (int64_t i = 0; i < trees->n_nodes; i++)
        if (trees->nodes[i].feature < 0) assert_true(count[i] >= 37);
    free(count);
    fitted_done(&f);
    matrix_free(&m);
    hone_ctx_free(ctx);
}

static void monotone_is_kept(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    for (int classes = 0; classes <= 2; classes += 2) {
        matrix m = matrix_random(7, 3000, 3, classes);
        fitted f = fit(ctx, &hn_gbdt,
                       "{\"n_estimators\":60,\"monotone_constraints\":{\"x2\":1,\"x0\":-1}}", &m);
        matrix probe = matrix_new(60, 3, classes);
        for (int64_t base = 0; base < 40; base++)
            for (int64_t j = 0; j <= 2; j += 2) {
                for (int64_t i = 0; i < probe.n; i++) {
                    memcpy(probe.x + i * 3, m.x + base * 3, 3 * sizeof(double));
                    probe.x[i * 3 + j] = -3 + 0.1 * (double)i;
                }
                hn_table x = table_of(ctx, &f.arena, &probe);
                double *p = answers_of(&f, &x);
                int64_t k = classes ? 2 : 1;
                for (int64_t i = 1; i < probe.n; i++) {
                    double step = p[i * k + k - 1] - p[(i - 1) * k + k - 1];
                    assert_true(j == 2 ? step >= 0 : step <= 0);
                }
            }
        matrix_free(&probe);
        fitted_done(&f);
        matrix_free(&m);
    }
    hone_ctx_free(ctx);
}

/* ---- losses --------------------------------------------------------------------------------- */

static void quantile_covers(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    matrix m = matrix_random(8, 4000, 3, 0);
    fitted f =
        fit(ctx, &hn_gbdt, "{\"loss\":\"quantile\",\"quantile\":0.9,\"n_estimators\":100}", &m);
    double *p = answers_of(&f, &f.table);
    double below = 0;
    for (int64_t i = 0; i < m.n; i++) below += m.y[i] <= p[i];
    assert_near(below / (double)m.n, 0.9, 0.02);
    fitted_done(&f);
    matrix_free(&m);
    hone_ctx_free(ctx);
}

static void poisson_learns_rates(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    matrix m = matrix_random(9, 5000, 2, 0);
    for (int64_t i = 0; i < m.n; i++) m.y[i] = m.x[i * 2] > 0 ? 8 + i % 3 : i % 2;
    fitted f = fit(ctx, &hn_gbdt, "{\"loss\":\"poisson\",\"n_estimators\":100}", &m);
    double *p = answers_of(&f, &f.table);
    for (int64_t i = 0; i < m.n; i++) {
        assert_true(p[i] > 0);
        if (fabs(m.x[i * 2]) < 0.05) continue; /* bins are not that fine */
        assert_true(fabs(p[i] - (m.x[i * 2] > 0 ? 9 : 0.5)) < 0.8);
    }
    fitted_done(&f);
    m.y[3] = -1;
    fitted g;
    assert_status(ctx, fit_in(ctx, &hn_gbdt, "{\"loss\":\"poisson\"}", &m, &g), HONE_ERROR_DATA);
    fitted_done(&g);
    matrix_free(&m);
    hone_ctx_free(ctx);
}

/* A weight of 2 is the row twice; of 0, not at all (but for the part that stops early, and bins). */
static void weights_are_repeats(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    matrix m = matrix_random(10, 200, 3, 0), r;
    const char *params = "{\"n_estimators\":5,\"early_stopping\":\"off\",\"min_samples_leaf\":1,"
                         "\"min_child_weight\":5,\"max_leaves\":6}";
    for (int64_t i = 0; i < m.n * m.p; i++) m.x[i] = floor(m.x[i] * 4);
    matrix_repeat(&m, &r);
    fitted f = fit(ctx, &hn_gbdt, params, &m), g = fit(ctx, &hn_gbdt, params, &r);
    double *a = answers_of(&f, &f.table), *b = answers_of(&g, &f.table);
    double worst = 0;
    for (int64_t i = 0; i < m.n; i++)
        if (m.weight[i] > 0) worst = fmax(worst, fabs(a[i] - b[i]));
    assert_true(worst < 1e-4);
    fitted_done(&f);
    fitted_done(&g);
    matrix_free(&m);
    matrix_free(&r);
    hone_ctx_free(ctx);
}

/* ---- categories, missing values, odd data ---------------------------------------------------- */

static hn_column category_column(const char *name, int32_t *codes, int64_t n,
                                 hn_dictionary *dictionary) {
    return (hn_column){.name = name,
                       .type = HN_CATEGORY,
                       .n = n,
                       .values = codes,
                       .stride = sizeof *codes,
                       .dictionary = dictionary};
}

typedef struct category_case {
    hone_ctx *ctx;
    hn_arena arena;
    hn_table x;
    hn_column column;
    hn_dictionary dictionary;
    int32_t codes[3000];
    double y[3000];
    hn_gbdt_state state;
} category_case;

/* Effects of categories without any order; the last code never occurs, every 11th row's is missing. */
static void fit_categories(category_case *c, const hone_estimator *kind, int32_t codes,
                           const char *json, void *state) {
    static int64_t offsets[301];
    c->dictionary = (hn_dictionary){.n = codes, .offsets = offsets, .bytes = ""};
    for (int64_t i = 0; i < 3000; i++) {
        c->codes[i] = i % 11 == 0 ? HN_UNKNOWN : (int32_t)(i % 29 * 7 % (codes - 1));
        c->y[i] = i % 11 == 0 ? 50 : (c->codes[i] * 37) % 13;
    }
    c->column = category_column("kind", c->codes, 3000, &c->dictionary);
    c->x = (hn_table){.n_rows = 3000, .n_columns = 1, .columns = &c->column};
    hone_data data = {.x = &c->x, .y = c->y, .task = HN_TASK_REGRESSION};
    void *params = hn_arena_alloc(c->ctx, &c->arena, 1, kind->params.size);
    hn_json *object;
    assert_ok(c->ctx, hn_params_defaults(c->ctx, &c->arena, &kind->params, params));
    assert_ok(c->ctx, hn_json_read(c->ctx, &c->arena, json, strlen(json), "params", &object));
    assert_ok(c->ctx, hn_params_set_json(c->ctx, &c->arena, &kind->params, params, kind->name,
                                         object, "", NULL));
    assert_ok(c->ctx, kind->fit(c->ctx, params, &data, &c->arena, state));
}

/* 300: sets beside the nodes; 30: sets in them. */
static void categories_are_learned(void **state) {
    (void)state;
    for (int32_t codes = 30; codes <= 300; codes += 270) {
        category_case *c = calloc(1, sizeof *c);
        c->ctx = test_ctx(2);
        hn_arena_init(&c->arena, c->ctx->allocator);
        fit_categories(c, &hn_gbdt, codes, "{\"n_estimators\":200,\"cat_l2\":0,\"cat_smooth\":0}",
                       &c->state);
        double out[3000], one;
        assert_ok(c->ctx, hn_gbdt.predict(c->ctx, &c->state, &c->x, out));
        for (int64_t i = 0; i < 3000; i++) assert_near(out[i], c->y[i], 0.05);
        for (int64_t i = 0; i < 50; i++) {
            hn_table row;
            assert_ok(c->ctx, hn_table_slice(c->ctx, &c->arena, &c->x, i, i + 1, &row));
            assert_ok(c->ctx, hn_gbdt.predict(c->ctx, &c->state, &row, &one));
            assert_same_double(one, out[i]);
        }
        /* A code that was never seen answers like one that is unknown. */
        int32_t odd[2] = {codes - 1, HN_UNKNOWN};
        hn_column column = category_column("kind", odd, 2, &c->dictionary);
        hn_table x = {.n_rows = 2, .n_columns = 1, .columns = &column};
        assert_ok(c->ctx, hn_gbdt.predict(c->ctx, &c->state, &x, out));
        assert_true(isfinite(out[0]));
        assert_near(out[1], 50, 0.05);
        hn_arena_done(&c->arena);
        hone_ctx_free(c->ctx);
        free(c);
    }
}

static void odd_data(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    static const int64_t sizes[] = {1, 2, 3, 40};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int classes = 0; classes <= 3; classes += classes == 0 ? 2 : 1)
            for (int flaw = 0; flaw < 4; flaw++) {
                matrix m = matrix_random(11, sizes[s], 3, classes);
                for (int64_t i = 0; i < m.n * m.p; i++) {
                    if (flaw == 1) m.x[i] = 4; /* constant */
                    if (flaw == 2 && i % m.p == 1) m.x[i] = NAN;
                    if (flaw == 3) m.x[i] = i % 2 ? 1e308 : -1e308;
                }
                if (flaw == 3)
                    for (int64_t i = 0; i < m.n; i++) m.y[i] = 0; /* one class */
                fitted f = fit(ctx, &hn_gbdt, "{\"n_estimators\":20,\"min_samples_leaf\":1}", &m);
                double *p = answers_of(&f, &f.table);
                for (int64_t i = 0; i < m.n * (classes ? classes : 1); i++)
                    assert_true(isfinite(p[i]));
                fitted_done(&f);
                matrix_free(&m);
            }
    hone_ctx_free(ctx);
}

static void stops_early_and_says_so(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    matrix m = matrix_random(12, 2000, 4, 2);
    fitted f = fit(ctx, &hn_gbdt, "{\"learning_rate\":0.3,\"patience\":5}", &m);
    int64_t best = (int64_t)number(&f, "/best_iteration");
    assert_true(best >= 1 && best < 200);
    assert_int_equal(number(&f, "/trees"), best);
    const hn_gbdt_state *s = f.state;
    assert_int_equal(s->n_valid_curve, best + 5);
    for (int64_t i = 0; i < s->n_valid_curve; i++)
        assert_true(s->valid_curve[i] >= s->valid_curve[best - 1]);
    double sum = 0, importances[4];
    assert_ok(ctx, hn_gbdt.importances(ctx, f.state, importances));
    for (int j = 0; j < 4; j++) sum += importances[j];
    assert_near(sum, 1, 1e-12);
    fitted_done(&f);
    matrix_free(&m);
    hone_ctx_free(ctx);
}

static void refuses(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    matrix m = matrix_random(13, 50, 2, 0);
    static const char *const bad[] = {
        "{\"loss\":\"log_loss\"}", "{\"class_weight\":\"balanced\"}",
        "{\"monotone_constraints\":{\"nope\":1}}", "{\"monotone_constraints\":{\"x0\":0.5}}",
        "{\"monotone_constraints\":{\"x0\":1},\"loss\":\"absolute\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fitted f;
        assert_status(ctx, fit_in(ctx, &hn_gbdt, bad[i], &m, &f), HONE_ERROR_USAGE);
        fitted_done(&f);
    }
    hone_ctx_cancel(ctx);
    fitted f;
    assert_status(ctx, fit_in(ctx, &hn_gbdt, "{}", &m, &f), HONE_ERROR_CANCELLED);
    fitted_done(&f);
    matrix_free(&m);
    hone_ctx_free(ctx);
}

static void memory_runs_out(void **state) {
    (void)state;
    matrix m = matrix_random(14, 60, 3, 3);
    fit_case c = {&hn_gbdt, "{\"n_estimators\":3,\"early_stopping\":\"on\",\"min_samples_leaf\":2}",
                  &m};
    test_every_allocation(1, fit_body, &c);
    matrix_free(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_plain_boosting),
        cmocka_unit_test(threads_batches_and_unit_weights),
        cmocka_unit_test(leaves_have_enough_rows),
        cmocka_unit_test(monotone_is_kept),
        cmocka_unit_test(quantile_covers),
        cmocka_unit_test(poisson_learns_rates),
        cmocka_unit_test(weights_are_repeats),
        cmocka_unit_test(categories_are_learned),
        cmocka_unit_test(odd_data),
        cmocka_unit_test(stops_early_and_says_so),
        cmocka_unit_test(refuses),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
