/* Nearest neighbours: every exact method against all pairs measured plainly, on data with ties, duplicates
 * and offsets; the filter for large batches; HNSW's recall; threads. */
#include "unit/support.h"
#include "base/rng.h"
#include "num/neighbors.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NORMAL, GRID, SAME, FAR, HUGE_VALUES, LENGTHS, DATA };

static double *rows(int what, int64_t n, int64_t d, uint64_t seed) {
    double *x = calloc((size_t)(n * d) + 1, sizeof *x);
    hn_rng rng = hn_rng_make(seed, (uint64_t)what);
    for (int64_t i = 0; i < n * d; i++) {
        double v = hn_rng_normal(&rng);
        if (what == GRID) v = (double)hn_rng_below(&rng, 3);
        if (what == SAME) v = 4;
        if (what == FAR) v = 1e8 + v;
        if (what == HUGE_VALUES) v *= 1e30;
        if (what == LENGTHS) v *= i / d % 7 == 0 ? 1000 : 1;
        x[i] = v;
    }
    return x;
}

/* The written meaning of each distance, in long double. */
static double plain(hn_distance_kind kind, double p, const double *a, const double *b, int64_t d) {
    long double sum = 0, aa = 0, bb = 0, around = 0;
    for (int64_t j = 0; j < d; j++) {
        long double diff = fabsl((long double)a[j] - b[j]);
        aa += (long double)a[j] * a[j];
        bb += (long double)b[j] * b[j];
        if (kind == HN_DISTANCE_EUCLIDEAN) sum += diff * diff;
        if (kind == HN_DISTANCE_MANHATTAN) sum += diff;
        if (kind == HN_DISTANCE_CHEBYSHEV) sum = fmaxl(sum, diff);
        if (kind == HN_DISTANCE_MINKOWSKI) sum += powl(diff, p);
        if (kind == HN_DISTANCE_HAMMING) sum += diff != 0;
        if (kind == HN_DISTANCE_COSINE) sum += (long double)a[j] * b[j];
        if (kind == HN_DISTANCE_CANBERRA && diff > 0)
            sum += diff / (fabsl((long double)a[j]) + fabsl((long double)b[j]));
        if (kind == HN_DISTANCE_BRAYCURTIS) sum += diff;
        around += fabsl((long double)a[j]) + fabsl((long double)b[j]);
    }
    if (kind == HN_DISTANCE_EUCLIDEAN) return (double)sqrtl(sum);
    if (kind == HN_DISTANCE_MINKOWSKI) return (double)powl(sum, 1 / (long double)p);
    if (kind == HN_DISTANCE_HAMMING) return (double)(sum / d);
    if (kind == HN_DISTANCE_BRAYCURTIS) return sum > 0 ? (double)(sum / around) : 0;
    if (kind == HN_DISTANCE_COSINE) return (double)(1 - sum / sqrtl(aa * bb));
    return (double)sum;
}

static hn_neighbors built(hone_ctx *ctx, hn_arena *arena, double *x, int64_t n, int64_t d,
                          hn_distance_kind kind, hn_neighbors_method method) {
    hn_neighbors index;
    hn_neighbors_options options = {.distance = kind, .p = 3, .method = method, .leaf_size = 20};
    assert_ok(ctx, hn_neighbors_build(ctx, arena, x, n, d, &options, &index));
    assert_true(hn_neighbors_sound(&index));
    return index;
}

/* No row that was left out is nearer than the last found, and distances are the plain ones, in order. */
static void check_nearest(hn_distance_kind kind, const double *x, int64_t n, int64_t d,
                          const double *q, int64_t skip, int64_t k, const int32_t *row,
                          const double *distance) {
    char *taken = calloc((size_t)n, 1);
    int64_t have = n - (skip >= 0) < k ? n - (skip >= 0) : k;
    for (int64_t i = 0; i < have; i++) {
        assert_true(row[i] >= 0 && row[i] < n && row[i] != skip && !taken[row[i]]);
        taken[row[i]] = 1;
        double truth = plain(kind, 3, q, x + row[i] * d, d);
        assert_true(fabs(distance[i] - truth) <= 1e-13 * fabs(truth) + 1e-15);
        if (i == 0) continue;
        assert_true(distance[i - 1] < distance[i] ||
                    (distance[i - 1] == distance[i] && row[i - 1] < row[i]));
    }
    for (int64_t i = have; i < k; i++) assert_true(row[i] == -1 && isinf(distance[i]));
    for (int64_t i = 0; i < n && have > 0; i++) {
        if (taken[i] || i == skip) continue;
        double truth = plain(kind, 3, q, x + i * d, d);
        assert_true(truth >= distance[have - 1] * (1 - 1e-13) - 1e-15);
    }
    free(taken);
}

static void exact_methods_agree(void **state) {
    (void)state;
    static const hn_neighbors_method methods[] = {HN_NEIGHBORS_BRUTE, HN_NEIGHBORS_KD_TREE,
                                                  HN_NEIGHBORS_BALL_TREE};
    static const int64_t shapes[][3] = {{1, 2, 3}, {7, 1, 9}, {300, 3, 5}, {700, 20, 6}};
    hone_ctx *ctx = test_ctx(2);
    for (int shape = 0; shape < 4; shape++)
        for (int what = 0; what < DATA; what++)
            for (int kind = 0; kind < HN_DISTANCE_HAVERSINE; kind++) {
                int64_t n = shapes[shape][0], d = shapes[shape][1], k = shapes[shape][2], m = 40;
                if (kind == HN_DISTANCE_MINKOWSKI && (what == HUGE_VALUES || shape == 3))
                    continue;                                             /* slow */
                if (kind == HN_DISTANCE_COSINE && what == GRID) continue; /* has rows of zeros */
                double *x = rows(what, n, d, 1), *q = rows(what, m, d, 2);
                int32_t *row = calloc((size_t)((n + m) * k * 3), sizeof *row);
                double *distance = calloc((size_t)((n + m) * k * 3), sizeof *distance);
                for (int i = 0; i < 3; i++) {
                    hn_arena arena;
                    hn_arena_init(&arena, ctx->allocator);
                    hn_neighbors index =
                        built(ctx, &arena, x, n, d, (hn_distance_kind)kind, methods[i]);
                    int32_t *r = row + i * (n + m) * k;
                    double *f = distance + i * (n + m) * k;
                    assert_ok(ctx, hn_neighbors_nearest(ctx, &index, q, m, k, r, f));
                    assert_ok(ctx, hn_neighbors_nearest_self(ctx, &index, k, r + m * k, f + m * k));
                    hn_arena_done(&arena);
                }
                size_t count = (size_t)((n + m) * k);
                for (int i = 1; i < 3; i++) {
                    assert_memory_equal(row, row + (size_t)i * count, count * sizeof *row);
                    assert_memory_equal(distance, distance + (size_t)i * count,
                                        count * sizeof *distance);
                }
                for (int64_t i = 0; i < m; i++)
                    check_nearest((hn_distance_kind)kind, x, n, d, q + i * d, -1, k, row + i * k,
                                  distance + i * k);
                for (int64_t i = 0; i < n; i += 13)
                    check_nearest((hn_distance_kind)kind, x, n, d, x + i * d, i, k,
                                  row + (m + i) * k, distance + (m + i) * k);
                free(x);
                free(q);
                free(row);
                free(distance);
            }
    hone_ctx_free(ctx);
}

/* Whole small numbers, most of them 0, and some rows all 0. */
static double *counts(int64_t n, int64_t d, uint64_t seed) {
    double *x = calloc((size_t)(n * d) + 1, sizeof *x);
    hn_rng rng = hn_rng_make(seed, 7);
    for (int64_t i = 0; i < n * d; i++)
        if (i / d % 17 != 3 && hn_rng_below(&rng, 8) == 0) x[i] = (double)hn_rng_below(&rng, 9) - 3;
    return x;
}

static hn_csr gathered(const double *x, int64_t n, int64_t d) {
    int64_t *start = calloc((size_t)n + 1, sizeof *start), at = 0;
    int32_t *column = calloc((size_t)(n * d) + 1, sizeof *column);
    double *value = calloc((size_t)(n * d) + 1, sizeof *value);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < d; j++) {
            if (x[i * d + j] == 0 && (i + j) % 29 != 0) continue; /* some zeros are stored */
            column[at] = (int32_t)j;
            value[at++] = x[i * d + j];
        }
        start[i + 1] = at;
    }
    return (hn_csr){n, d, start, column, value};
}

static hone_status collect(hone_ctx *ctx, void *arg, int64_t query, int64_t count,
                           const int32_t *row, const double *distance) {
    (void)ctx;
    double *sums = arg;
    for (int64_t i = 0; i < count; i++)
        sums[query] += distance[i] * (double)(row[i] + 1) + (double)(i + 1);
    return HONE_OK;
}

/* Doubles, floats and sparse rows: the same bits, ties and rows of zeros and all. */
static void forms_agree(void **state) {
    (void)state;
    enum { N = 700, D = 30, M = 90, K = 12, FORMS = 3 };
    hone_ctx *ctx = test_ctx(2);
    double *x = counts(N, D, 1), *q = counts(M, D, 2);
    float *floats = calloc(N * D, sizeof *floats);
    for (int64_t i = 0; i < N * D; i++) floats[i] = (float)x[i];
    hn_csr sparse = gathered(x, N, D), asked = gathered(q, M, D);
    static int32_t row[FORMS][(M + N) * K];
    static double distance[FORMS][(M + N) * K], within[FORMS][M + N];
    for (int kind = 0; kind < HN_DISTANCE_HAVERSINE; kind++) {
        hn_neighbors_options o = {
            .distance = (hn_distance_kind)kind, .p = 3, .method = HN_NEIGHBORS_BRUTE};
        double radius = kind == HN_DISTANCE_COSINE ? 0.6 : kind == HN_DISTANCE_HAMMING ? 0.2 : 4;
        for (int form = 0; form < FORMS; form++) {
            if (form == 1 && kind == HN_DISTANCE_COSINE) continue;
            hn_neighbors index;
            hn_arena arena;
            hn_arena_init(&arena, ctx->allocator);
            memset(within[form], 0, sizeof within[form]);
            if (form == 0) assert_ok(ctx, hn_neighbors_build(ctx, &arena, x, N, D, &o, &index));
            if (form == 1)
                assert_ok(ctx, hn_neighbors_build_floats(ctx, &arena, floats, N, D, &o, &index));
            if (form == 2)
                assert_ok(ctx, hn_neighbors_build_sparse(ctx, &arena, &sparse, &o, &index));
            assert_true(hn_neighbors_sound(&index));
            int32_t *r = row[form];
            double *d = distance[form];
            if (form < 2) {
                assert_ok(ctx, hn_neighbors_nearest(ctx, &index, q, M, K, r, d));
                assert_ok(ctx,
                          hn_neighbors_within(ctx, &index, q, M, radius, collect, within[form]));
            } else {
                assert_ok(ctx, hn_neighbors_nearest_sparse(ctx, &index, &asked, K, r, d));
                assert_ok(ctx, hn_neighbors_within_sparse(ctx, &index, &asked, radius, collect,
                                                          within[form]));
            }
            assert_ok(ctx, hn_neighbors_nearest_self(ctx, &index, K, r + M * K, d + M * K));
            assert_ok(ctx,
                      hn_neighbors_within(ctx, &index, NULL, N, radius, collect, within[form] + M));
            hn_arena_done(&arena);
            assert_memory_equal(r, row[0], sizeof row[0]);
            assert_memory_equal(d, distance[0], sizeof distance[0]);
            assert_memory_equal(within[form], within[0], sizeof within[0]);
        }
    }
    free(x);
    free(q);
    free(floats);
    for (int i = 0; i < 2; i++) {
        hn_csr *m = i ? &sparse : &asked;
        free((void *)(uintptr_t)m->start);
        free((void *)(uintptr_t)m->column);
        free((void *)(uintptr_t)m->value);
    }
    hone_ctx_free(ctx);
}

/* A query asked alone is never filtered: so this compares the filter with plain measuring. */
static void batches_do_not_matter(void **state) {
    (void)state;
    enum { N = 1500, D = 40, M = 300, K = 7 };
    hone_ctx *ctx = test_ctx(2);
    for (int what = 0; what < DATA; what++) {
        double *x = rows(what, N, D, 1), *q = rows(what, M, D, 2);
        int32_t *row = calloc(M * K, sizeof *row), one[K];
        double *distance = calloc(M * K, sizeof *distance), far[K];
        hn_arena arena;
        hn_arena_init(&arena, ctx->allocator);
        hn_neighbors index = built(ctx, &arena, x, N, D, HN_DISTANCE_EUCLIDEAN, HN_NEIGHBORS_BRUTE);
        assert_ok(ctx, hn_neighbors_nearest(ctx, &index, q, M, K, row, distance));
        for (int i = 0; i < M; i++) {
            assert_ok(ctx, hn_neighbors_nearest(ctx, &index, q + i * D, 1, K, one, far));
            assert_memory_equal(one, row + i * K, sizeof one);
            assert_memory_equal(far, distance + i * K, sizeof far);
        }
        hn_arena_done(&arena);
        free(x);
        free(q);
        free(row);
        free(distance);
    }
    hone_ctx_free(ctx);
}

static void within_is_what_all_pairs_say(void **state) {
    (void)state;
    enum { N = 500, D = 3 };
    hone_ctx *ctx = test_ctx(2);
    for (int method = HN_NEIGHBORS_BRUTE; method <= HN_NEIGHBORS_BALL_TREE; method++)
        for (int what = NORMAL; what <= SAME; what++) {
            double *x = rows(what, N, D, 1), radius = 1;
            hn_arena arena;
            hn_arena_init(&arena, ctx->allocator);
            hn_neighbors index =
                built(ctx, &arena, x, N, D, HN_DISTANCE_EUCLIDEAN, (hn_neighbors_method)method);
            hn_neighbor_lists lists;
            assert_ok(ctx, hn_neighbors_lists(ctx, &arena, &index, NULL, N, radius, &lists));
            for (int64_t i = 0; i < N; i++) {
                int64_t at = lists.start[i];
                for (int64_t j = 0; j < N; j++) {
                    double truth = plain(HN_DISTANCE_EUCLIDEAN, 2, x + i * D, x + j * D, D);
                    if (truth > radius) continue;
                    assert_true(at < lists.start[i + 1] && lists.row[at] == j);
                    assert_near(lists.distance[at++], truth, 1e-14);
                }
                assert_int_equal(at, lists.start[i + 1]);
            }
            hn_arena_done(&arena);
            free(x);
        }
    hone_ctx_free(ctx);
}

static double recall_of(int threads, hn_distance_kind kind, int32_t *ret_row) {
    enum { N = 4000, D = 16, M = 200, K = 10 };
    hone_ctx *ctx = test_ctx(threads);
    double *x = rows(NORMAL, N, D, 1), *q = rows(NORMAL, M, D, 2);
    int32_t *truth = calloc(M * K, sizeof *truth);
    double *distance = calloc(M * K, sizeof *distance);
    hn_arena arena;
    hn_arena_init(&arena, ctx->allocator);
    hn_neighbors exact = built(ctx, &arena, x, N, D, kind, HN_NEIGHBORS_BRUTE);
    hn_neighbors near = built(ctx, &arena, x, N, D, kind, HN_NEIGHBORS_HNSW);
    assert_ok(ctx, hn_neighbors_nearest(ctx, &exact, q, M, K, truth, distance));
    assert_ok(ctx, hn_neighbors_nearest(ctx, &near, q, M, K, ret_row, distance));
    int64_t hits = 0;
    for (int i = 0; i < M; i++)
        for (int a = 0; a < K; a++)
            for (int b = 0; b < K; b++) hits += truth[i * K + a] == ret_row[i * K + b];
    hn_arena_done(&arena);
    hone_ctx_free(ctx);
    free(x);
    free(q);
    free(truth);
    free(distance);
    return (double)hits / (M * K);
}

static void hnsw_finds_nearly_all(void **state) {
    (void)state;
    static int32_t one[2000], three[2000];
    static const int kinds[] = {HN_DISTANCE_EUCLIDEAN, HN_DISTANCE_MANHATTAN, HN_DISTANCE_COSINE};
    for (int i = 0; i < 3; i++) {
        int kind = kinds[i];
        double recall = recall_of(1, (hn_distance_kind)kind, one);
        if (recall < 0.95) fail_msg("distance %d: recall %g", kind, recall);
        assert_true(recall_of(3, (hn_distance_kind)kind, three) == recall);
        assert_memory_equal(one, three, sizeof one);
    }
}

static void a_row_of_zeros_is_at_cosine_distance_one(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    static double x[] = {0, 0, 1, 0, 3, 4, -2, 0}, q[] = {0, 0, 2, 0};
    int32_t row[8];
    double distance[8];
    hn_arena arena;
    hn_arena_init(&arena, ctx->allocator);
    hn_neighbors index = built(ctx, &arena, x, 4, 2, HN_DISTANCE_COSINE, HN_NEIGHBORS_BRUTE);
    assert_ok(ctx, hn_neighbors_nearest(ctx, &index, q, 2, 4, row, distance));
    for (int i = 1; i < 4; i++) assert_near(distance[i], 1, 1e-15);
    static const double wanted[] = {0, 0.4, 1, 2};
    static const int32_t order[] = {1, 2, 0, 3};
    for (int i = 0; i < 4; i++) {
        assert_near(distance[4 + i], wanted[i], 1e-15);
        assert_int_equal(row[4 + i], order[i]);
    }
    hn_arena_done(&arena);
    hone_ctx_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_methods_agree),
        cmocka_unit_test(forms_agree),
        cmocka_unit_test(batches_do_not_matter),
        cmocka_unit_test(within_is_what_all_pairs_say),
        cmocka_unit_test(hnsw_finds_nearly_all),
        cmocka_unit_test(a_row_of_zeros_is_at_cosine_distance_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
