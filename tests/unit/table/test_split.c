/* Splits: sizes, proportions, groups, time; that every row is in one part and nothing else decides but
 * keys and seed. */
#include "unit/support.h"
#include "table/split.h"
#include <stdlib.h>
#include <string.h>

enum { N = 1000 };

/* Every row in one part, ascending where asked. */
static void assert_partition(const hn_rows *parts, int n_parts, int64_t n, bool ascending) {
    char *seen = calloc((size_t)n, 1);
    for (int p = 0; p < n_parts; p++)
        for (int64_t i = 0; i < parts[p].n; i++) {
            assert_in_range(parts[p].rows[i], 0, n - 1);
            assert_int_equal(seen[parts[p].rows[i]]++, 0);
            if (ascending && i) assert_true(parts[p].rows[i] > parts[p].rows[i - 1]);
        }
    int64_t total = 0;
    for (int64_t i = 0; i < n; i++) total += seen[i];
    assert_int_equal(total, n);
    free(seen);
}

static void sizes(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    static const struct {
        int64_t n;
        double ratios[3];
        int64_t sizes[3];
    } cases[] = {{10, {0.7, 0.2, 0.1}, {7, 2, 1}},
                 {10, {0.3, 0.3, 0.4}, {3, 3, 4}},
                 {7, {0.5, 0.25, 0.25}, {3, 2, 2}},
                 {1000003, {0.6, 0.2, 0.2}, {600002, 200001, 200000}},
                 {3, {0.34, 0.33, 0.33}, {1, 1, 1}}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        HN_SCRATCH(ctx);
        hn_rows parts[3];
        assert_ok(ctx, hn_split_ratios(ctx, ctx->scratch, cases[c].n, NULL, cases[c].ratios, 3, 1,
                                       parts));
        assert_partition(parts, 3, cases[c].n, true);
        for (int p = 0; p < 3; p++) assert_int_equal(parts[p].n, cases[c].sizes[p]);
    }
    hn_rows folds[7], rest;
    assert_ok(ctx, hn_split_folds(ctx, ctx->scratch, 100, NULL, 7, 1, folds));
    assert_partition(folds, 7, 100, true);
    for (int f = 0; f < 7; f++) assert_int_equal(folds[f].n, f < 2 ? 15 : 14);
    assert_ok(ctx, hn_rows_except(ctx, ctx->scratch, 100, folds[3], &rest));
    hn_rows both[] = {folds[3], rest};
    assert_partition(both, 2, 100, true);
    hone_ctx_free(ctx);
}

static void seeds(void **state) {
    (void)state;
    static const double ratios[] = {0.8, 0.2};
    hone_ctx *one = test_ctx(1), *many = test_ctx(7);
    hn_rows a[2], b[2], c[2];
    assert_ok(one, hn_split_ratios(one, one->scratch, N, NULL, ratios, 2, 5, a));
    assert_ok(many, hn_split_ratios(many, many->scratch, N, NULL, ratios, 2, 5, b));
    assert_ok(one, hn_split_ratios(one, one->scratch, N, NULL, ratios, 2, 6, c));
    assert_memory_equal(a[1].rows, b[1].rows, (size_t)a[1].n * sizeof *a[1].rows);
    assert_memory_not_equal(a[1].rows, c[1].rows, (size_t)a[1].n * sizeof *a[1].rows);
    /* About a fifth of the sample lies in each fifth of the rows: 40 +- 4 standard deviations of 5.06. */
    int64_t in_first = 0;
    for (int64_t i = 0; i < 200; i++) in_first += a[1].rows[i] < 200;
    assert_in_range(in_first, 20, 60);
    hone_ctx_free(one);
    hone_ctx_free(many);
}

static void stratified(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    static double strata[N];
    static const double ratios[] = {0.7, 0.15, 0.15};
    double counts[4] = {0};
    for (int i = 0; i < N; i++) {
        int k = i % 100 < 3 ? 0 : i % 100 < 20 ? 1 : i % 100 < 50 ? 2 : 3;
        strata[i] = k == 3 ? (double)NAN : k * 1.5;
        counts[k]++;
    }
    hn_split_keys keys = {.strata = strata};
    hn_rows parts[3], folds[5];
    assert_ok(ctx, hn_split_ratios(ctx, ctx->scratch, N, &keys, ratios, 3, 1, parts));
    assert_partition(parts, 3, N, true);
    assert_int_equal(parts[0].n, 700);
    assert_int_equal(parts[1].n, 150);
    assert_ok(ctx, hn_split_folds(ctx, ctx->scratch, N, &keys, 5, 1, folds));
    assert_partition(folds, 5, N, true);
    for (int p = 0; p < 8; p++) {
        const hn_rows *part = p < 3 ? &parts[p] : &folds[p - 3];
        double share = p < 3 ? ratios[p] : 0.2, got[4] = {0};
        for (int64_t i = 0; i < part->n; i++) {
            double s = strata[part->rows[i]];
            got[isnan(s) ? 3 : (int)(s / 1.5)]++;
        }
        for (int k = 0; k < 4; k++) assert_true(fabs(got[k] - share * counts[k]) <= 1);
    }
    /* Classes of one row each: the sizes still come out. */
    for (int i = 0; i < N; i++) strata[i] = i;
    assert_ok(ctx, hn_split_ratios(ctx, ctx->scratch, N, &keys, ratios, 3, 1, parts));
    assert_partition(parts, 3, N, true);
    assert_int_equal(parts[0].n, 700);
    assert_int_equal(parts[2].n, 150);
    hone_ctx_free(ctx);
}

static int part_of(const hn_rows *parts, int n_parts, int64_t row) {
    for (int p = 0; p < n_parts; p++)
        for (int64_t i = 0; i < parts[p].n; i++)
            if (parts[p].rows[i] == row) return p;
    return -1;
}

static void groups(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    static int64_t group[N];
    static double strata[N];
    static const double ratios[] = {0.6, 0.2, 0.2};
    for (int i = 0; i < N; i++) {
        group[i] = INT64_C(9007199254740990) + i * 7 % 90; /* no double tells all of these apart */
        strata[i] = group[i] % 3 == 0;
    }
    for (int with_strata = 0; with_strata < 2; with_strata++) {
        hn_split_keys keys = {.group = group, .strata = with_strata ? strata : NULL};
        hn_rows parts[3], folds[5];
        assert_ok(ctx, hn_split_ratios(ctx, ctx->scratch, N, &keys, ratios, 3, 3, parts));
        assert_ok(ctx, hn_split_folds(ctx, ctx->scratch, N, &keys, 5, 3, folds));
        assert_partition(parts, 3, N, true);
        assert_partition(folds, 5, N, true);
        for (int i = 90; i < N; i++) {
            int64_t first = 0;
            while (group[first] != group[i]) first++;
            assert_int_equal(part_of(parts, 3, i), part_of(parts, 3, first));
            assert_int_equal(part_of(folds, 5, i), part_of(folds, 5, first));
        }
        for (int p = 0; p < 3; p++) assert_true(llabs(parts[p].n - (int64_t)(ratios[p] * N)) <= 12);
        for (int f = 0; f < 5; f++) assert_true(llabs(folds[f].n - 200) <= 12);
        if (with_strata)
            for (int f = 0; f < 5; f++) {
                double ones = 0;
                for (int64_t i = 0; i < folds[f].n; i++) ones += strata[folds[f].rows[i]];
                assert_true(fabs(ones / (double)folds[f].n - 1.0 / 3) < 0.02);
            }
    }
    /* As many groups as parts: one each, however small the share. */
    for (int i = 0; i < N; i++) group[i] = i % 3;
    static const double uneven[] = {0.98, 0.01, 0.01};
    hn_split_keys keys = {.group = group};
    hn_rows parts[3];
    assert_ok(ctx, hn_split_ratios(ctx, ctx->scratch, N, &keys, uneven, 3, 1, parts));
    assert_partition(parts, 3, N, true);
    hn_rows folds[4];
    assert_status(ctx, hn_split_folds(ctx, ctx->scratch, N, &keys, 4, 1, folds), HONE_ERROR_DATA);
    hone_ctx_free(ctx);
}

static void by_time(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    static double time[N];
    static const double ratios[] = {0.7, 0.2, 0.1};
    for (int i = 0; i < N; i++)
        time[i] = i * 37 % N / 7; /* backwards and forwards, seven equal ones */
    for (int i = 0; i < N; i++) time[i] = floor(time[i]);
    hn_split_keys keys = {.time = time};
    hn_rows parts[3], folds[4], before;
    assert_ok(ctx, hn_split_ratios(ctx, ctx->scratch, N, &keys, ratios, 3, 1, parts));
    assert_partition(parts, 3, N, false);
    for (int p = 0; p < 3; p++) {
        assert_true(llabs(parts[p].n - (int64_t)(ratios[p] * N)) <= 7);
        for (int64_t i = 1; i < parts[p].n; i++)
            assert_true(time[parts[p].rows[i]] >= time[parts[p].rows[i - 1]]);
        if (p) assert_true(time[parts[p].rows[0]] > time[parts[p - 1].rows[parts[p - 1].n - 1]]);
    }
    assert_ok(ctx, hn_split_folds(ctx, ctx->scratch, N, &keys, 4, 1, folds));
    for (int f = 0; f < 4; f++) {
        assert_true(llabs(folds[f].n - 200) <= 7);
        assert_ok(ctx, hn_rows_before(ctx, ctx->scratch, N, time, folds[f], &before));
        assert_true(llabs(before.n - 200 * (f + 1)) <= 7);
        for (int64_t i = 0; i < before.n; i++)
            assert_true(time[before.rows[i]] < time[folds[f].rows[0]]);
    }
    time[500] = (double)NAN;
    assert_status(ctx, hn_split_ratios(ctx, ctx->scratch, N, &keys, ratios, 3, 1, parts),
                  HONE_ERROR_DATA);
    assert_int_equal(hone_ctx_error(ctx)->row, 500);
    for (int i = 0; i < N; i++) time[i] = 1;
    assert_status(ctx, hn_split_ratios(ctx, ctx->scratch, N, &keys, ratios, 3, 1, parts),
                  HONE_ERROR_DATA);
    hone_ctx_free(ctx);
}

static void refused(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    hn_rows parts[3] = {{NULL, 77}};
    static const double good[] = {0.5, 0.3, 0.2}, less[] = {0.5, 0.3, 0.1}, zero[] = {0.5, 0.5, 0};
    assert_status(ctx, hn_split_ratios(ctx, ctx->scratch, 10, NULL, less, 3, 1, parts),
                  HONE_ERROR_USAGE);
    assert_status(ctx, hn_split_ratios(ctx, ctx->scratch, 10, NULL, zero, 3, 1, parts),
                  HONE_ERROR_USAGE);
    assert_status(ctx, hn_split_ratios(ctx, ctx->scratch, 2, NULL, good, 3, 1, parts),
                  HONE_ERROR_DATA);
    assert_status(ctx, hn_split_folds(ctx, ctx->scratch, 10, NULL, 1, 1, parts), HONE_ERROR_USAGE);
    static const double tiny[] = {0.998, 0.001, 0.001};
    assert_status(ctx, hn_split_ratios(ctx, ctx->scratch, 10, NULL, tiny, 3, 1, parts),
                  HONE_ERROR_DATA);
    assert_int_equal(parts[0].n, 77);
    hone_ctx_free(ctx);
}

static hone_status split_some(hone_ctx *ctx, void *arg) {
    (void)arg;
    HN_SCRATCH(ctx);
    int64_t group[40];
    double strata[40];
    for (int i = 0; i < 40; i++) group[i] = i % 9, strata[i] = i % 2;
    hn_split_keys keys = {.group = group, .strata = strata};
    hn_rows folds[3];
    HN_TRY(hn_split_folds(ctx, ctx->scratch, 40, &keys, 3, 1, folds));
    keys = (hn_split_keys){.time = strata};
    static const double halves[] = {0.5, 0.5};
    return hn_split_ratios(ctx, ctx->scratch, 40, &keys, halves, 2, 1, folds);
}

static void failing_allocations(void **state) {
    (void)state;
    test_every_allocation(1, split_some, NULL);
}

/* ---- pairs ------------------------------------------------------------------------------------- */

static hone_status pair_of(hone_ctx *ctx, void *arg) {
    HN_SCRATCH(ctx);
    hn_splitting how = {.folds = 3, .repeats = 2, .shuffle = true, .leave_out = 2, .held_out = 0.3};
    int kind = *(int *)arg;
    double strata[40], time[40], until[40];
    int64_t group[40];
    hn_cuts cuts;
    hn_rows train, test;
    for (int i = 0; i < 40; i++) {
        strata[i] = i % 2;
        group[i] = i % 9;
        time[i] = i / 2;
        until[i] = i / 2 + 1;
    }
    hn_split_keys keys = {0};
    if (kind & 8) keys.strata = strata;
    if (kind & 16) keys.group = group;
    how.shuffle = !(kind & 32);
    how.cross = kind & 7;
    if (how.cross == HN_CROSS_WALK) keys = (hn_split_keys){.time = time, .until = until};
    if (how.cross == HN_CROSS_WALK) how.gap = 1, how.window = 6, how.embargo = 1;
    HN_TRY(hn_cuts_make(ctx, ctx->scratch, 40, &keys, &how, 1, &cuts));
    for (int64_t i = 0; i < cuts.n && i < 7; i++) {
        HN_TRY(hn_cuts_take(ctx, ctx->scratch, &cuts, i, &train, &test));
        bool learned[40] = {false};
        for (int64_t j = 0; j < train.n; j++) learned[train.rows[j]] = true;
        for (int64_t j = 0; j < test.n; j++) assert_false(learned[test.rows[j]]);
        for (int64_t j = 0; j < test.n && keys.group; j++)
            for (int64_t l = 0; l < train.n; l++)
                assert_int_not_equal(group[test.rows[j]], group[train.rows[l]]);
    }
    return HONE_OK;
}

static void pairs(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    for (int kind = 0; kind < 64; kind++) {
        if ((kind & 7) > HN_CROSS_BOOTSTRAP) continue;
        assert_ok(ctx, pair_of(ctx, &kind));
        if (kind < 32) test_every_allocation(1, pair_of, &kind);
    }
    double time[12];
    for (int i = 0; i < 12; i++) time[i] = i;
    hn_splitting how = {.folds = 3, .repeats = 1, .gap = 20, .leave_out = 12};
    hn_split_keys keys = {.time = time};
    hn_cuts cuts;
    hn_rows train, test;
    assert_ok(ctx, hn_cuts_make(ctx, ctx->scratch, 12, &keys, &how, 1, &cuts));
    assert_status(ctx, hn_cuts_take(ctx, ctx->scratch, &cuts, 0, &train, &test), HONE_ERROR_DATA);
    how.cross = HN_CROSS_FOLDS;
    assert_status(ctx, hn_cuts_make(ctx, ctx->scratch, 12, &keys, &how, 1, &cuts),
                  HONE_ERROR_USAGE);
    keys.time = NULL;
    how.cross = HN_CROSS_LEAVE_OUT;
    assert_status(ctx, hn_cuts_make(ctx, ctx->scratch, 12, &keys, &how, 1, &cuts), HONE_ERROR_DATA);
    how.leave_out = 50000;
    assert_status(ctx, hn_cuts_make(ctx, ctx->scratch, 100000, &keys, &how, 1, &cuts),
                  HONE_ERROR_DATA);
    how.cross = HN_CROSS_WALK;
    how.test_rows = 4;
    assert_status(ctx, hn_cuts_make(ctx, ctx->scratch, 12, &keys, &how, 1, &cuts), HONE_ERROR_DATA);
    hone_ctx_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(seeds),
        cmocka_unit_test(stratified),
        cmocka_unit_test(groups),
        cmocka_unit_test(by_time),
        cmocka_unit_test(refused),
        cmocka_unit_test(failing_allocations),
        cmocka_unit_test(pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
