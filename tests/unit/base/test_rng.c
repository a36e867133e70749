/* Random numbers: known answers, fairness, order. */
#include "unit/support.h"
#include "base/rng.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Random123's kat_vectors, philox4x32 10. */
static void philox_known_answers(void **state) {
    (void)state;
    static const struct {
        uint64_t index, stream, seed;
        uint32_t out[4];
    } answers[] = {
        {0, 0, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {~UINT64_C(0),
         ~UINT64_C(0),
         ~UINT64_C(0),
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {UINT64_C(0x85a308d3243f6a88),
         UINT64_C(0x0370734413198a2e),
         UINT64_C(0x299f31d0a4093822),
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        hn_rng rng = hn_rng_make(answers[i].seed, answers[i].stream);
        rng.index = answers[i].index;
        for (int j = 0; j < 4; j++) assert_int_equal(hn_rng_u32(&rng), answers[i].out[j]);
    }
}

/* The numbers of a seed are a promise: models are made of them. */
static void draws_stay_the_same(void **state) {
    (void)state;
    assert_true(hn_stream("gbdt.rows", 3) != hn_stream("gbdt.rows", 4));
    assert_true(hn_stream("gbdt.rows", 3) != hn_stream("gbdt.cols", 3));
    hn_rng rng = hn_rng_make(42, hn_stream("test", 7));
    assert_true(hn_stream("test", 7) == UINT64_C(0x8418615652c1c34e));
    assert_same_double(hn_rng_uniform(&rng), 0x1.aad23623ae698p-1);
    assert_same_double(hn_rng_normal(&rng), 0x1.fc1d2f34d48abp-1);
    assert_int_equal(hn_rng_below(&rng, 1000000), 124825);
}

static void draws_by_index(void **state) {
    (void)state;
    hn_rng rng = hn_rng_make(5, 6);
    for (uint64_t i = 0; i < 100; i++) assert_true(hn_rng_u64(&rng) == hn_rng_at(5, 6, i));
}

static void uniform_moments(void **state) {
    (void)state;
    enum { N = 1000000, BINS = 100 };
    static int counts[BINS];
    hn_rng rng = hn_rng_make(1, 2);
    double sum = 0, squares = 0;
    for (int i = 0; i < N; i++) {
        double u = hn_rng_uniform(&rng);
        assert_true(u >= 0 && u < 1);
        sum += u;
        squares += u * u;
        counts[(int)(u * BINS)]++;
    }
    double chi = 0, expected = (double)N / BINS;
    for (int i = 0; i < BINS; i++)
        chi += (counts[i] - expected) * (counts[i] - expected) / expected;
    assert_true(chi > 55 && chi < 160); /* 99 degrees of freedom: 1e-4 on either side */
    assert_near(sum / N, 0.5, 0.0015);
    assert_near(squares / N, 1.0 / 3, 0.0015);
}

/* For every small n each value is as likely, and none is left out for a large one. */
static void below_has_no_bias(void **state) {
    (void)state;
    hn_rng rng = hn_rng_make(3, 4);
    for (int64_t n = 1; n <= 17; n++) {
        int counts[17] = {0};
        const int draws = 20000;
        for (int i = 0; i < draws * (int)n; i++) {
            int64_t value = hn_rng_below(&rng, n);
            assert_in_range(value, 0, n - 1);
            counts[value]++;
        }
        for (int i = 0; i < n; i++) assert_in_range(counts[i], draws - 750, draws + 750);
    }
    /* With a plain remainder the lower third would come twice as often. */
    const int64_t large[] = {INT64_C(3) << 30, INT64_C(3) << 61};
    for (int k = 0; k < 2; k++) {
        int thirds[3] = {0};
        for (int i = 0; i < 300000; i++) {
            int64_t value = hn_rng_below(&rng, large[k]);
            assert_true(value >= 0 && value < large[k]);
            thirds[value / (large[k] / 3)]++;
        }
        for (int i = 0; i < 3; i++) assert_in_range(thirds[i], 98500, 101500);
    }
    assert_int_equal(hn_rng_below(&rng, 1), 0);
}

static void normal_moments(void **state) {
    (void)state;
    enum { N = 1000000 };
    hn_rng rng = hn_rng_make(7, 8);
    double m1 = 0, m2 = 0, m3 = 0, m4 = 0, most = 0;
    for (int i = 0; i < N; i++) {
        double x = hn_rng_normal(&rng);
        m1 += x, m2 += x * x, m3 += x * x * x, m4 += x * x * x * x;
        most = fmax(most, fabs(x));
    }
    assert_near(m1 / N, 0, 0.004);
    assert_near(m2 / N, 1, 0.006);
    assert_near(m3 / N, 0, 0.02);
    assert_near(m4 / N, 3, 0.015);
    assert_true(most > 4.3 && most < 6.5);
}

/* The normal draw is the quantile of its uniform: to the precision of erfc, in body and tails. */
static void normal_is_the_quantile(void **state) {
    (void)state;
    hn_rng rng = hn_rng_make(9, 10), again = rng;
    for (int i = 0; i < 200000; i++) {
        double p = ((double)(hn_rng_u64(&again) >> 12) + 0.5) * 0x1p-52;
        double x = hn_rng_normal(&rng), tail = p < 0.5 ? p : 1 - p;
        double got = 0.5 * erfc(fabs(x) / sqrt(2));
        assert_true(x <= 0 || p >= 0.5);
        if (fabs(got - tail) > 4e-15 * tail * (1 + x * x)) assert_same_double(got, tail);
    }
}

static int compare(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Each row once; a window holds rows of all the table, and few runs of it. */
static void order_is_in_windows(void **state) {
    (void)state;
    enum { N = 1000003, WINDOW = 65536, RUN = 256 };
    static int64_t items[N];
    static char seen[N];
    for (int64_t n = 0; n <= 3; n++) {
        hn_rng rng = hn_rng_make(1, 2);
        hn_rng_order(&rng, items, n);
        int64_t sum = 0;
        for (int64_t i = 0; i < n; i++) sum += items[i];
        assert_int_equal(sum, n * (n - 1) / 2);
    }
    hn_rng rng = hn_rng_make(1, 2);
    hn_rng_order(&rng, items, N);
    for (int64_t i = 0; i < N; i++) {
        assert_in_range(items[i], 0, N - 1);
        assert_false(seen[items[i]]++);
    }
    for (int64_t at = 0; at + WINDOW <= N; at += WINDOW) {
        static char touched[N / RUN + 1];
        int64_t runs = 0, follow = 0;
        double mean = 0;
        memset(touched, 0, sizeof touched);
        for (int64_t i = at; i < at + WINDOW; i++) {
            runs += !touched[items[i] / RUN]++;
            follow += i > at && items[i] == items[i - 1] + 1;
            mean += (double)items[i] / WINDOW;
        }
        assert_in_range(runs, 1, WINDOW / RUN + 1);
        assert_true(follow < 20); /* 1 is expected */
        assert_true(fabs(mean - N / 2.0) < 5 * N / sqrt(12.0 * WINDOW / RUN));
    }
}

static void shuffle_is_fair(void **state) {
    (void)state;
    hn_rng rng = hn_rng_make(11, 12);
    int counts[256] = {0};
    for (int i = 0; i < 240000; i++) {
        int64_t items[4] = {0, 1, 2, 3};
        hn_rng_shuffle(&rng, items, 4);
        counts[items[0] << 6 | items[1] << 4 | items[2] << 2 | items[3]]++;
    }
    int kinds = 0;
    for (int i = 0; i < 256; i++) {
        if (counts[i] == 0) continue;
        kinds++;
        assert_in_range(counts[i], 9600, 10400);
    }
    assert_int_equal(kinds, 24);
    int64_t many[1000];
    for (int i = 0; i < 1000; i++) many[i] = i;
    hn_rng_shuffle(&rng, many, 1000);
    qsort(many, 1000, sizeof *many, compare);
    for (int i = 0; i < 1000; i++) assert_int_equal(many[i], i);
    hn_rng_shuffle(&rng, NULL, 0);
}

static void choose_is_ascending(void **state) {
    (void)state;
    hn_rng rng = hn_rng_make(13, 14);
    static int64_t items[100000];
    const int64_t cases[][2] = {{1, 0},          {1, 1},
                                {5, 5},          {100000, 100000},
                                {100000, 99999}, {100000, 50000},
                                {100000, 3125},  {100000, 3124},
                                {100000, 1},     {INT64_C(1) << 40, 1000}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t n = cases[i][0], k = cases[i][1];
        hn_rng_choose(&rng, n, k, items);
        for (int64_t j = 0; j < k; j++)
            assert_true(items[j] < n && items[j] > (j > 0 ? items[j - 1] : -1));
    }
}

/* Each item is chosen as often, by either way of choosing (the first for k < n / 32). */
static void choose_is_fair(void **state) {
    (void)state;
    hn_rng rng = hn_rng_make(15, 16);
    const int64_t cases[][2] = {{100, 2}, {10, 3}};
    for (int c = 0; c < 2; c++) {
        int64_t n = cases[c][0], k = cases[c][1], items[10];
        int counts[100] = {0};
        const int expected = 10000;
        for (int64_t i = 0; i < expected * n / k; i++) {
            hn_rng_choose(&rng, n, k, items);
            for (int64_t j = 0; j < k; j++) counts[items[j]]++;
        }
        for (int64_t i = 0; i < n; i++) assert_in_range(counts[i], expected - 450, expected + 450);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_known_answers),   cmocka_unit_test(draws_stay_the_same),
        cmocka_unit_test(draws_by_index),         cmocka_unit_test(uniform_moments),
        cmocka_unit_test(below_has_no_bias),      cmocka_unit_test(normal_moments),
        cmocka_unit_test(normal_is_the_quantile), cmocka_unit_test(shuffle_is_fair),
        cmocka_unit_test(order_is_in_windows),    cmocka_unit_test(choose_is_ascending),
        cmocka_unit_test(choose_is_fair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
