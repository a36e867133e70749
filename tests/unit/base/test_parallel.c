/* The parallel loop: same results for any threads, errors, cancelling, sums. */
#include "unit/support.h"
#include "base/json.h"
#include "base/parallel.h"
#include "base/rng.h"
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const int thread_counts[] = {1, 2, 3, 7};
enum { N_COUNTS = 4 };

/* ---- results -------------------------------------------------------------------------------- */

typedef struct job {
    double *values;
    double *sums;
    atomic_int *visits; /* of each item */
    int workers;
} job;

static hone_status sum_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    job *work = arg;
    assert_in_range(chunk.worker, 0, work->workers - 1);
    double *copy, sum = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, copy, chunk.end - chunk.begin));
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        copy[i - chunk.begin] = work->values[i];
        atomic_fetch_add(&work->visits[i], 1);
    }
    for (int64_t i = 0; i < chunk.end - chunk.begin; i++) sum += copy[i];
    work->sums[chunk.index] = sum;
    return HONE_OK;
}

static double sum_with(int threads, int64_t n, int64_t grain) {
    hone_ctx *ctx = test_ctx(threads);
    int64_t chunks = hn_chunks(n, grain);
    job work = {.values = calloc((size_t)n + 1, sizeof(double)),
                .sums = calloc((size_t)chunks + 1, sizeof(double)),
                .visits = calloc((size_t)n + 1, sizeof(atomic_int)),
                .workers = hn_workers(ctx)};
    hn_rng rng = hn_rng_make(1, 1);
    for (int64_t i = 0; i < n; i++) work.values[i] = hn_rng_normal(&rng);
    for (int round = 1; round <= 3; round++) {
        assert_ok(ctx, hn_parallel(ctx, n, grain, sum_chunk, &work));
        for (int64_t i = 0; i < n; i++) assert_int_equal(work.visits[i], round);
    }
    double sum = 0;
    for (int64_t i = 0; i < chunks; i++) sum += work.sums[i];
    free(work.values);
    free(work.sums);
    free((void *)work.visits);
    hone_ctx_free(ctx);
    return sum;
}

static void same_for_any_threads(void **state) {
    (void)state;
    const int64_t shapes[][2] = {{0, 1},    {1, 1},         {1, 100},  {7, 3},
                                 {1000, 1}, {100000, 1000}, {99999, 7}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        double wanted = sum_with(1, shapes[s][0], shapes[s][1]);
        for (int t = 1; t < N_COUNTS; t++)
            assert_same_double(sum_with(thread_counts[t], shapes[s][0], shapes[s][1]), wanted);
    }
}

static void chunk_counts(void **state) {
    (void)state;
    assert_int_equal(hn_chunks(0, 5), 0);
    assert_int_equal(hn_chunks(5, 5), 1);
    assert_int_equal(hn_chunks(6, 5), 2);
    assert_true(hn_chunks(INT64_MAX, 1) == INT64_MAX);
    assert_true(hn_chunks(INT64_MAX, INT64_MAX) == 1);
}

/* ---- inner loops ---------------------------------------------------------------------------- */

static hone_status inner_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    ((int64_t *)arg)[chunk.index] += chunk.end - chunk.begin;
    return HONE_OK;
}

static hone_status outer_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    if (ctx->threads != 1) return HONE_ERROR_INTERNAL;
    int64_t counts[10] = {0};
    HN_TRY(hn_parallel(ctx, 100, 10, inner_chunk, counts));
    for (int i = 0; i < 10; i++) ((int64_t *)arg)[chunk.index] += counts[i];
    return HONE_OK;
}

static void loops_nest(void **state) {
    (void)state;
    for (int t = 0; t < N_COUNTS; t++) {
        hone_ctx *ctx = test_ctx(thread_counts[t]);
        int64_t counts[20] = {0};
        assert_ok(ctx, hn_parallel(ctx, 20, 1, outer_chunk, counts));
        for (int i = 0; i < 20; i++) assert_int_equal(counts[i], 100);
        hone_ctx_free(ctx);
    }
}

/* ---- errors --------------------------------------------------------------------------------- */

/* Chunks 40, 41, ... fail, the higher ones at once and 40 late. */
static hone_status failing_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    atomic_int *ran = arg;
    atomic_fetch_add(&ran[chunk.index], 1);
    if (chunk.index < 40) return HONE_OK;
    if (chunk.index == 40) usleep(500);
    return hn_fail_at(ctx, HONE_ERROR_DATA, (hn_where){.column = "age", .row = chunk.index},
                      "row %d", (int)chunk.index);
}

static void lowest_failure_wins(void **state) {
    (void)state;
    for (int t = 0; t < N_COUNTS; t++) {
        for (int round = 0; round < 20; round++) {
            hone_ctx *ctx = test_ctx(thread_counts[t]);
            atomic_int ran[100] = {0};
            assert_status(ctx, hn_parallel(ctx, 100, 1, failing_chunk, ran), HONE_ERROR_DATA);
            assert_string_equal(hone_ctx_error(ctx)->message, "row 40");
            assert_string_equal(hone_ctx_error(ctx)->column, "age");
            assert_int_equal(hone_ctx_error(ctx)->row, 40);
            for (int i = 0; i <= 40; i++) assert_int_equal(ran[i], 1);
            hone_ctx_free(ctx);
        }
    }
}

static hone_status mute_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx, (void)arg;
    return chunk.index == 3 ? HONE_ERROR_FORMAT : HONE_OK;
}

static void a_mute_failure_is_spoken_for(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(3);
    assert_status(ctx, hn_parallel(ctx, 10, 1, mute_chunk, NULL), HONE_ERROR_FORMAT);
    assert_message(ctx, "without saying why");
    hone_ctx_free(ctx);
}

/* ---- cancel, log ---------------------------------------------------------------------------- */

typedef struct cancelling {
    hone_ctx *ctx;
    atomic_int ran;
} cancelling;

static hone_status cancelling_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    cancelling *work = arg;
    atomic_fetch_add(&work->ran, 1);
    if (chunk.index == 10) hone_ctx_cancel(work->ctx);
    return HONE_OK;
}

static void cancel_stops_soon(void **state) {
    (void)state;
    for (int t = 0; t < N_COUNTS; t++) {
        cancelling work = {.ctx = test_ctx(thread_counts[t])};
        assert_status(work.ctx, hn_parallel(work.ctx, 1000000, 1, cancelling_chunk, &work),
                      HONE_ERROR_CANCELLED);
        assert_true(work.ran < 1000000);
        hone_ctx_reset(work.ctx);
        assert_ok(work.ctx, hn_parallel(work.ctx, 5, 1, cancelling_chunk, &work));
        hone_ctx_free(work.ctx);
    }
}

/* Not atomic: the loop lets one worker speak at a time. */
static void count_log(void *user, hone_log_level level, const char *message) {
    (void)level, (void)message;
    ++*(int *)user;
}
static void count_progress(void *user, const char *what, int64_t done, int64_t total,
                           const char *unit) {
    (void)what, (void)done, (void)total, (void)unit;
    ++*(int *)user;
}

static hone_status speaking_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)arg;
    hn_say(ctx, HONE_LOG_INFO, "chunk %d", (int)chunk.index);
    hn_progress(ctx, "work", chunk.index, 0, "chunks");
    return HONE_OK;
}

static void workers_are_heard(void **state) {
    (void)state;
    int count = 0;
    hone_ctx_options options = {.threads = 3,
                                .log = count_log,
                                .log_user = &count,
                                .progress = count_progress,
                                .progress_user = &count};
    hone_ctx *ctx = hone_ctx_new(&options);
    assert_ok(ctx, hn_parallel(ctx, 1000, 1, speaking_chunk, NULL));
    assert_int_equal(count, 2000);
    hone_ctx_free(ctx);
}

/* ---- fork ----------------------------------------------------------------------------------- */

/* A child has none of its parent's threads: it makes its own, and waits for none of the others. */
static void a_fork_computes(void **state) {
    (void)state;
#ifdef __SANITIZE_THREAD__
    skip(); /* it follows no threads that are begun after such a fork */
#endif
    for (int rounds = 0; rounds < 20; rounds++) {
        hone_ctx *ctx = test_ctx(3);
        int64_t counts[20] = {0};
        assert_ok(ctx, hn_parallel(ctx, 20, 1, outer_chunk, counts));
        pid_t child = fork();
        if (child == 0) {
            alarm(60); /* the harness's handler did come along: it says where this hangs */
            bool good = rounds % 2 || hn_parallel(ctx, 20, 1, outer_chunk, counts) == HONE_OK;
            for (int i = 0; i < 20; i++) good &= counts[i] == (rounds % 2 ? 100 : 200);
            hone_ctx_free(ctx);
            _exit(good ? 0 : 1);
        }
        int status = -1;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        assert_ok(ctx, hn_parallel(ctx, 20, 1, outer_chunk, counts));
        hone_ctx_free(ctx);
    }
}

/* ---- memory --------------------------------------------------------------------------------- */

static hone_status greedy_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)arg;
    char *bytes;
    HN_TRY(HN_SCRATCH_NEW(ctx, bytes, 5000 * (chunk.index + 1)));
    return HONE_OK;
}

static hone_status greedy_loop(hone_ctx *ctx, void *arg) {
    return hn_parallel(ctx, 6, 1, greedy_chunk, arg);
}

static void loop_without_memory(void **state) {
    (void)state;
    test_every_allocation(1, greedy_loop, NULL);
    test_every_allocation(3, greedy_loop, NULL);
}

/* A builder that ran dry in a worker is not forgotten there. */
static hone_status building_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)arg;
    if (chunk.index == 2) ctx->json_failed = true;
    return HONE_OK;
}

static void a_builder_in_a_worker(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(3);
    assert_ok(ctx, hn_parallel(ctx, 10, 1, building_chunk, NULL));
    assert_true(ctx->json_failed);
    hone_ctx_reset(ctx);
    assert_ok(ctx, hn_parallel(ctx, 10, 1, inner_chunk, (int64_t[10]){0}));
    assert_false(ctx->json_failed);
    hone_ctx_free(ctx);
}

/* ---- sum ------------------------------------------------------------------------------------ */

/* The written order, read off the header. */
static double plain_sum(const double *values, int64_t n) {
    double sum = 0;
    for (int64_t begin = 0; begin < n; begin += 1024) {
        int64_t end = begin + 1024 < n ? begin + 1024 : n;
        double lane[8] = {0};
        for (int64_t i = begin; i < end; i++) lane[(i - begin) % 8] += values[i];
        double low = (lane[0] + lane[1]) + (lane[2] + lane[3]);
        double high = (lane[4] + lane[5]) + (lane[6] + lane[7]);
        sum += low + high;
    }
    return sum;
}

static void sum_is_the_plain_sum(void **state) {
    (void)state;
    static double values[10001];
    hn_rng rng = hn_rng_make(5, 5);
    for (int i = 0; i <= 10000; i++) values[i] = hn_rng_normal(&rng) * (i % 7 ? 1 : 1e12);
    for (int64_t n = 0; n <= 10000; n = n < 2100 ? n + 1 : n + 997) {
        assert_same_double(hn_sum(values, n), plain_sum(values, n));
        assert_same_double(hn_sum(values + 1, n), plain_sum(values + 1, n));
    }
    assert_same_double(hn_sum(NULL, 0), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_for_any_threads),
        cmocka_unit_test(chunk_counts),
        cmocka_unit_test(loops_nest),
        cmocka_unit_test(lowest_failure_wins),
        cmocka_unit_test(a_mute_failure_is_spoken_for),
        cmocka_unit_test(cancel_stops_soon),
        cmocka_unit_test(workers_are_heard),
        cmocka_unit_test(a_fork_computes),
        cmocka_unit_test(loop_without_memory),
        cmocka_unit_test(a_builder_in_a_worker),
        cmocka_unit_test(sum_is_the_plain_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
