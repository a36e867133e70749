/* Profiles, against pandas (mean, std, nunique) and scipy's skew of the same columns. */
#include "unit/support.h"
#include "unit/table/sample.h"
#include "table/distinct.h"
#include "table/profile.h"
#include "table/read.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void titanic(void **state) {
    (void)state;
    const char *path = test_shared("data/tabular/titanic/titanic.csv");
    if (path == NULL) skip();
    hone_ctx *ctx = test_ctx(2);
    hone_table *t;
    assert_ok(ctx, hn_read_path(ctx, path, NULL, &t));
    hn_column_profile profiles[12], *p;
    assert_ok(ctx, hn_profile_table(ctx, &t->view, profiles));
    p = &profiles[hn_table_find(&t->view, "Age")];
    assert_int_equal(p->n_missing, 177);
    assert_int_equal(p->n_distinct, 88);
    assert_near(p->mean, 29.69911764705882, 1e-14);
    assert_near(p->sd, 14.526497332334042, 1e-13);
    assert_near(p->skewness, 0.3882898514698657, 1e-12);
    assert_same_double(p->min, 0.42);
    assert_same_double(p->max, 80);
    assert_false(p->is_integer || p->is_id_like || p->is_constant);
    p = &profiles[hn_table_find(&t->view, "PassengerId")];
    assert_true(p->is_integer && p->is_id_like);
    assert_true(profiles[hn_table_find(&t->view, "Name")].is_id_like);
    p = &profiles[hn_table_find(&t->view, "Cabin")];
    assert_int_equal(p->n_missing, 687);
    assert_int_equal(p->n_distinct, 147);
    assert_false(p->is_id_like);
    assert_true(isnan(p->mean));
    hone_table_free(ctx, t);
    hone_ctx_free(ctx);
}

/* NIST's univariate sets (StRD), certified mean, standard deviation and lag-1 autocorrelation. */
static void nist(void **state) {
    (void)state;
    static const struct {
        const char *name;
        double mean, sd, tolerance;   /* relative, of sd */
        double autocorrelation, near; /* absolute */
    } sets[] = {
        {"Lew", -177.435, 277.332168044316, 1e-14, -0.307304800605679, 1e-14},
        {"Lottery", 518.958715596330, 291.699727470969, 3e-15, -0.120948622967393, 1e-14},
        {"Michelso", 299.8524, 0.0790105478190518, 1e-13, 0.535199668621283, 1e-13},
        {"NumAcc1", 10000002, 1, 1e-15, -0.5, 1e-14},
        {"NumAcc2", 1.2, 0.1, 1e-14, -0.999, 1e-14},
        {"NumAcc3", 1000000.2, 0.1, 1e-9, -0.999, 1e-9}, /* the numbers are rounded to 17 digits */
        {"PiDigits", 4.5348, 2.86733906028871, 3e-15, -0.00355099287237972, 1e-14}};
    hone_ctx *ctx = test_ctx(1);
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        char path[4200], line[512];
        const char *folder = test_shared("data/nist/univariate");
        if (folder == NULL) skip();
        snprintf(path, sizeof path, "%s/%s.dat", folder, sets[i].name);
        FILE *file = fopen(path, "r");
        assert_non_null(file);
        do assert_non_null(fgets(line, sizeof line, file));
        while (strncmp(line, "---", 3) != 0);
        static double values[5000];
        int n = 0;
        while (n < 5000 && fscanf(file, "%lf", values + n) == 1) n++;
        fclose(file);
        hn_column column = hn_column_of_f64("y", values, n);
        hn_column_profile p;
        assert_ok(ctx, hn_profile_column(ctx, &column, &p));
        assert_near(p.mean / sets[i].mean, 1, 2e-15);
        assert_near(p.sd / sets[i].sd, 1, sets[i].tolerance);
        assert_near(p.autocorrelation, sets[i].autocorrelation, sets[i].near);
    }
    hone_ctx_free(ctx);
}

static void corners(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    hn_column_profile p;
    static const double none[] = {(double)NAN, (double)NAN}, same[] = {3, 3, 3},
                        gap[] = {1, 2, (double)NAN, 6}, huge[] = {1e308, -1e308, 1e308};
    hn_column column = hn_column_of_f64("x", none, 2);
    assert_ok(ctx, hn_profile_column(ctx, &column, &p));
    assert_int_equal(p.n_missing, 2);
    assert_int_equal(p.n_distinct, 0);
    assert_true(p.is_constant && isnan(p.mean) && !p.is_integer);
    column = hn_column_of_f64("x", same, 3);
    assert_ok(ctx, hn_profile_column(ctx, &column, &p));
    assert_true(p.is_constant && p.is_integer && isnan(p.skewness));
    assert_same_double(p.sd, 0);
    assert_true(isnan(p.autocorrelation));
    column = hn_column_of_f64("x", gap, 4);
    assert_ok(ctx, hn_profile_column(ctx, &column, &p));
    assert_near(p.autocorrelation, 2.0 / 14, 1e-15);
    column = hn_column_of_f64("x", huge, 3);
    assert_ok(ctx, hn_profile_column(ctx, &column, &p));
    assert_int_equal(p.n_distinct, 2);
    column = hn_column_of_f64("x", same, 0);
    assert_ok(ctx, hn_profile_column(ctx, &column, &p));
    assert_int_equal(p.n, 0);

    /* Integers that doubles cannot tell apart. */
    int64_t ids[40];
    for (int i = 0; i < 40; i++) ids[i] = INT64_C(9007199254740992) + i * i;
    column = (hn_column){.name = "user_id", .type = HN_I64, .n = 40, .values = ids, .stride = 8};
    assert_ok(ctx, hn_profile_column(ctx, &column, &p));
    assert_int_equal(p.n_distinct, 40);
    assert_true(p.is_id_like);
    column.name = "price";
    assert_ok(ctx, hn_profile_column(ctx, &column, &p));
    assert_false(p.is_id_like);
    for (int i = 0; i < 40; i++) ids[i] = 5 + 3 * i;
    assert_ok(ctx, hn_profile_column(ctx, &column, &p));
    assert_true(p.is_id_like); /* evenly rising */
    hone_ctx_free(ctx);
}

/* More different numbers than the table of hashes has room for, each three times, and a zero of either sign. */
static void many_distinct(void **state) {
    (void)state;
    enum { DISTINCT = 700000, N = 3 * DISTINCT + 3 };
    double *values = malloc(N * sizeof *values);
    for (int64_t i = 0; i < N; i++) values[i] = (double)(1 + i % DISTINCT) / 8;
    values[N - 1] = -0.0;
    values[N - 2] = 0;
    values[N - 3] = (double)NAN;
    hone_ctx *ctx = test_ctx(1),
             *little = hone_ctx_new(&(hone_ctx_options){.threads = 1, .memory = 64 << 20});
    hn_column column = hn_column_of_f64("x", values, N);
    int64_t n;
    assert_ok(ctx, hn_count_distinct(ctx, &column, &n));
    assert_int_equal(n, DISTINCT + 1);
    assert_ok(little, hn_count_distinct(little, &column, &n));
    assert_int_equal(n, DISTINCT + 1);
    hone_ctx_free(little);
    hone_ctx_free(ctx);
    free(values);
}

/* Moments of a large offset: NIST's NumAcc4 in spirit. Mean 10000000.2, sd 0.1 exactly by design. */
static void accuracy(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    static double values[1001];
    for (int i = 0; i < 1001; i++) values[i] = 10000000.2 + (i == 0 ? 0 : i % 2 ? -0.1 : 0.1);
    hn_column column = hn_column_of_f64("x", values, 1001);
    hn_column_profile p;
    assert_ok(ctx, hn_profile_column(ctx, &column, &p));
    assert_near(p.mean / 10000000.2, 1, 1e-15);
    assert_near(p.sd, 0.1, 1e-8);
    hone_ctx_free(ctx);
}

static void any_threads(void **state) {
    (void)state;
    hn_column_profile first[7], again[7];
    static const int threads[] = {1, 2, 3, 7};
    for (int t = 0; t < 4; t++) {
        hone_ctx *ctx = test_ctx(threads[t]);
        hn_table table;
        assert_ok(ctx, sample_table(ctx, ctx->scratch, 30000, &table));
        memset(again, 0, sizeof again);
        assert_ok(ctx, hn_profile_table(ctx, &table, again));
        if (t == 0) memcpy(first, again, sizeof first);
        for (int j = 0; j < 7; j++) {
            assert_int_equal(again[j].n_distinct, first[j].n_distinct);
            assert_same_double(again[j].mean, first[j].mean);
            assert_same_double(again[j].sd, first[j].sd);
        }
        hone_ctx_free(ctx);
    }
    assert_int_equal(first[4].n_distinct, 11);
    assert_int_equal(first[3].n_distinct, 2);
    assert_int_equal(first[5].n_distinct, 30000 - first[5].n_missing);
}

static hone_status profile_sample(hone_ctx *ctx, void *arg) {
    (void)arg;
    HN_SCRATCH(ctx);
    hn_table table;
    hn_column_profile profiles[7];
    HN_TRY(sample_table(ctx, ctx->scratch, 60, &table));
    return hn_profile_table(ctx, &table, profiles);
}

static void failing_allocations(void **state) {
    (void)state;
    test_every_allocation(2, profile_sample, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(titanic),
        cmocka_unit_test(nist),
        cmocka_unit_test(corners),
        cmocka_unit_test(many_distinct),
        cmocka_unit_test(accuracy),
        cmocka_unit_test(any_threads),
        cmocka_unit_test(failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
