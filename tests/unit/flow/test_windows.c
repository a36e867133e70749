/* test_windows.c - features over time by key against loops over all rows; nothing of the future is in them. */
#include "support.h"

#include "base/rng.h"
#include "flow/recipe.h"
#include <stdio.h>
#include <string.h>

enum { ROWS = 300 };
static const char *const windows[] = {"lag1 = lag(x, 1) by k order t",
                                      "lag3 = lag(`x`, 3) by k order t",
                                      "mean5 = mean(x) by k order t rows 5",
                                      "n60 = count() by k order t last 60",
                                      "s60 = sum(x) by k, m order t last 60",
                                      "n_all = count() by k order t",
                                      "max_all = max(x) order t",
                                      "n_min = count() by k order t last 60"};
enum { WINDOWS = sizeof windows / sizeof *windows };

typedef struct events {
    int k[ROWS], m[ROWS];
    double t[ROWS], x[ROWS];
} events;

/* Not in the order of time; several at the same time. */
static events make(uint64_t seed) {
    events e;
    hn_rng rng = hn_rng_make(seed, 1);
    for (int i = 0; i < ROWS; i++) {
        e.k[i] = (int)hn_rng_below(&rng, 3);
        e.m[i] = (int)hn_rng_below(&rng, 2);
        e.t[i] = (double)hn_rng_below(&rng, 900);
        e.x[i] = (double)hn_rng_below(&rng, 1000) / 8;
    }
    return e;
}

static hone_table *read_events(hone_ctx *ctx, const events *e, const char *dir) {
    char text[2048], *at = text;
    const char *path = test_join(dir, "e.csv");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("k,m,t,x\n", file);
    for (int i = 0; i < ROWS; i++)
        fprintf(file, "%c,%d,%g,%g\n", 'a' + e->k[i], e->m[i], e->t[i], e->x[i]);
    fclose(file);
    at += sprintf(at, "data: {path: '%s', windows: [", path);
    for (int w = 0; w < WINDOWS; w++) at += sprintf(at, "%s\"%s\"", w > 0 ? ", " : "", windows[w]);
    sprintf(at, "]}\n");
    hn_recipe recipe;
    hone_table *table;
    assert_ok(ctx, hn_recipe_read(ctx, ctx->scratch, text, strlen(text), "r.yaml", &recipe));
    assert_ok(ctx, hn_recipe_read_data(ctx, &recipe, &table));
    assert_int_equal(table->view.n_rows, ROWS);
    assert_int_equal(table->view.n_columns, 4 + WINDOWS);
    return table;
}

/* j stands before i: earlier, or at the same time and further up. */
static bool before(const events *e, int j, int i) {
    return e->t[j] < e->t[i] || (e->t[j] == e->t[i] && j < i);
}

/* The n-th row of the key before row i, from 1; -1: there is none. */
static int back(const events *e, int i, int n) {
    for (int from = i; n > 0; n--) {
        int best = -1;
        for (int j = 0; j < ROWS; j++)
            if (e->k[j] == e->k[i] && before(e, j, from) && (best < 0 || before(e, best, j)))
                best = j;
        if (best < 0) return -1;
        from = best;
        if (n == 1) return best;
    }
    return -1;
}

static double wanted(const events *e, int w, int i) {
    double sum = 0, n = 0, most = -INFINITY;
    if (w < 2) {
        int j = back(e, i, w == 0 ? 1 : 3);
        return j < 0 ? NAN : e->x[j];
    }
    if (w == 2) {
        for (int b = 1, j; b <= 5 && (j = back(e, i, b)) >= 0; b++, n++) sum += e->x[j];
        return n > 0 ? sum / n : NAN;
    }
    for (int j = 0; j < ROWS; j++) {
        bool key = w == 6 || (e->k[j] == e->k[i] && (w != 4 || e->m[j] == e->m[i]));
        bool late = w == 3 || w == 4 || w == 7;
        if (!key || e->t[j] >= e->t[i] || (late && e->t[j] < e->t[i] - 60)) continue;
        n++;
        sum += e->x[j];
        if (e->x[j] > most) most = e->x[j];
    }
    if (w == 4) return n > 0 ? sum : NAN;
    return w == 6 ? (n > 0 ? most : NAN) : n;
}

static void test_by_loops(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        hone_ctx *ctx = test_ctx(2);
        char *dir = test_make_dir();
        events e = make(seed);
        hone_table *table = read_events(ctx, &e, dir);
        for (int i = 0; i < ROWS; i++) {
            assert_near(hn_column_double(&table->view.columns[3], i), e.x[i], 0);
            for (int w = 0; w < WINDOWS; w++) {
                double got = hn_column_double(&table->view.columns[4 + w], i),
                       is = wanted(&e, w, i);
                if (isnan(is))
                    assert_true(isnan(got));
                else
                    assert_near(got, is, 1e-9);
            }
        }
        hone_table_free(ctx, table);
        test_remove_dir(dir);
        hone_ctx_free(ctx);
    }
}

/* Whatever comes from some time on may be anything else: features of rows up to then are the same bits. */
static void test_no_look_ahead(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    char *dir = test_make_dir();
    events e = make(9), other = e;
    hn_rng rng = hn_rng_make(10, 1);
    for (int i = 0; i < ROWS; i++) {
        if (e.t[i] <= 400) continue;
        other.k[i] = (int)hn_rng_below(&rng, 3);
        other.t[i] = 401 + (double)hn_rng_below(&rng, 900);
        other.x[i] = -5 * e.x[i];
    }
    hone_table *a = read_events(ctx, &e, dir), *b = read_events(ctx, &other, dir);
    for (int i = 0; i < ROWS; i++)
        for (int w = 0; w < WINDOWS && e.t[i] <= 400; w++)
            assert_same_double(hn_column_double(&a->view.columns[4 + w], i),
                               hn_column_double(&b->view.columns[4 + w], i));
    hone_table_free(ctx, a);
    hone_table_free(ctx, b);
    test_remove_dir(dir);
    hone_ctx_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_by_loops),
                                       cmocka_unit_test(test_no_look_ahead)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
