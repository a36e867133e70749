/* Memory beyond a limit lies in a file, and nobody who uses it sees that. */
#include "base/parallel.h"
#include "base/rng.h"
#include "base/spill.h"
#include "unit/support.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MEGA = 1 << 20 };

static hone_ctx *limited(int threads, size_t megabytes) {
    hone_ctx *ctx =
        hone_ctx_new(&(hone_ctx_options){.threads = threads, .memory = megabytes * MEGA});
    assert_non_null(ctx);
    return ctx;
}

static void sizes_as_people_write_them(void **state) {
    (void)state;
    const struct {
        const char *text;
        size_t size;
    } cases[] = {{"4096", 4096},
                 {"64K", 65536},
                 {"512M", (size_t)512 << 20},
                 {"512MB", (size_t)512 << 20},
                 {"1.5GiB", (size_t)3 << 29},
                 {"2t", (size_t)2 << 40},
                 {"7B", 7},
                 {"0", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size;
        assert_true(hone_parse_size(cases[i].text, &size));
        assert_int_equal(size, cases[i].size);
    }
    const char *wrong[] = {"", "M", "lots", "-1M", "1X", "5 M", "1e40", "nan", "iB", "MB", "B"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        size_t size;
        if (hone_parse_size(wrong[i], &size)) fail_msg("'%s' was taken for %zu", wrong[i], size);
    }
    size_t size;
    assert_false(hone_parse_size(NULL, &size));
}

static uint64_t pattern(size_t block, size_t i) { return (block + 1) * 0x9e3779b97f4a7c15u ^ i; }

/* Bytes of this process in memory. */
static size_t resident(void) {
    unsigned long long size = 0, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%llu %llu", &size, &pages), 2);
    fclose(file);
    return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* More than the limit, written and read in order: all there, and most of it not in memory. */
static void what_exceeds_the_limit_is_kept(void **state) {
    (void)state;
    enum { BLOCKS = 48, WORDS = 8 * MEGA / 8 };
    hone_ctx *ctx = limited(1, 64);
    hn_arena arena;
    hn_arena_init(&arena, ctx->allocator);
    uint64_t *blocks[BLOCKS];
    for (size_t b = 0; b < BLOCKS; b++) {
        assert_int_equal(HN_NEW(ctx, &arena, blocks[b], WORDS), HONE_OK);
        for (size_t i = 0; i < WORDS; i++) assert_true(blocks[b][i] == 0);
        for (size_t i = 0; i < WORDS; i++) blocks[b][i] = pattern(b, i);
    }
    for (size_t b = 0; b < BLOCKS; b++)
        for (size_t i = 0; i < WORDS; i++) assert_true(blocks[b][i] == pattern(b, i));
    for (int turn = 0; turn < 3000 && resident() > 192 * (size_t)MEGA; turn++) usleep(10000);
    assert_true(resident() <= 192 * (size_t)MEGA);
    hn_arena_done(&arena);
    hone_ctx_free(ctx);
}

/* Blocks of every size grow and shrink at random; contents stay, and new arena memory is zero. */
static void blocks_move_with_their_contents(void **state) {
    (void)state;
    enum { N = 12, TURNS = 400 };
    hone_ctx *ctx = limited(1, 64);
    unsigned char *block[N] = {NULL};
    size_t size[N] = {0};
    hn_rng rng = hn_rng_make(7, hn_stream("spill", 0));
    for (int turn = 0; turn < TURNS; turn++) {
        size_t b = (size_t)hn_rng_below(&rng, N);
        bool none = hn_rng_below(&rng, 4) == 0;
        size_t wanted = none ? 0 : 1 + (size_t)hn_rng_below(&rng, 12 * MEGA);
        if (none) {
            hn_free(ctx, block[b]);
            block[b] = NULL;
        } else {
            bool fresh = block[b] == NULL;
            unsigned char *moved = hn_resize(ctx, block[b], size[b], wanted, 1);
            assert_non_null(moved);
            size_t kept = fresh ? 0 : size[b] < wanted ? size[b] : wanted;
            for (size_t i = 0; i < kept; i += 997) assert_int_equal(moved[i], (b + i) % 251);
            for (size_t i = 0; fresh && i < wanted; i += 997) assert_int_equal(moved[i], 0);
            for (size_t i = 0; i < wanted; i++) moved[i] = (unsigned char)((b + i) % 251);
            block[b] = moved;
        }
        size[b] = wanted;
    }
    for (int b = 0; b < N; b++) hn_free(ctx, block[b]);
    hone_ctx_free(ctx);
}

static hone_status fill_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    int64_t *sums = arg;
    HN_SCRATCH(ctx);
    int64_t *values, n = 3 * MEGA / 8, sum = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, values, n));
    for (int64_t i = 0; i < n; i++) values[i] += chunk.index;
    for (int64_t i = 0; i < n; i++) sum += values[i];
    sums[chunk.index] = sum / n;
    return HONE_OK;
}

static void threads_share_the_file(void **state) {
    (void)state;
    hone_ctx *ctx = limited(4, 64);
    void *held = hn_alloc(ctx, 20, MEGA); /* nothing else stays below */
    assert_non_null(held);
    int64_t sums[64];
    assert_int_equal(hn_parallel(ctx, 64, 1, fill_chunk, sums), HONE_OK);
    for (int64_t i = 0; i < 64; i++) assert_int_equal(sums[i], i);
    hn_free(ctx, held);
    hone_ctx_free(ctx);
}

static hone_status write_and_look(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    uint64_t *words = arg;
    for (int64_t i = chunk.begin; i < chunk.end; i++) words[i] = pattern(1, (size_t)i);
    HN_TRY(hn_check_cancel(ctx));
    for (int64_t i = chunk.begin; i < chunk.end; i++)
        if (words[i] != pattern(1, (size_t)i))
            return hn_fail(ctx, HONE_ERROR_INTERNAL, "word %lld", (long long)i);
    return HONE_OK;
}

/* The limit is passed again and again while all threads write. */
static void pages_leave_while_they_are_used(void **state) {
    (void)state;
    hone_ctx *ctx = limited(4, 64);
    int64_t n = 512 * (int64_t)MEGA / 8;
    uint64_t *words = hn_alloc(ctx, (size_t)n, sizeof *words);
    assert_non_null(words);
    for (int turn = 0; turn < 3; turn++)
        assert_int_equal(hn_parallel(ctx, n, n / 61, write_and_look, words), HONE_OK);
    for (int64_t i = 0; i < n; i++) assert_true(words[i] == pattern(1, (size_t)i));
    hn_free(ctx, words);
    hone_ctx_free(ctx);
}

/* What was allocated lives on with its allocator, whoever goes first. */
static void blocks_outlive_their_context(void **state) {
    (void)state;
    hone_ctx *ctx = limited(1, 64);
    hn_arena arena;
    hn_arena_init(&arena, ctx->allocator);
    char *large;
    assert_int_equal(HN_NEW(ctx, &arena, large, 100 * MEGA), HONE_OK);
    hone_ctx_free(ctx);
    memset(large, 1, 100 * MEGA);
    assert_int_equal(large[100 * MEGA - 1], 1);
    hn_arena_done(&arena);
}

static void no_room_is_told(void **state) {
    (void)state;
    char before[4096] = "";
    if (getenv("TMPDIR")) snprintf(before, sizeof before, "%s", getenv("TMPDIR"));
    setenv("TMPDIR", "/nowhere/at/all", 1);
    hone_ctx *ctx = limited(1, 64);
    assert_null(hn_alloc(ctx, 100, MEGA));
    assert_int_equal(hone_ctx_error(ctx)->code, HONE_ERROR_MEMORY);
    assert_non_null(strstr(hone_ctx_error(ctx)->message, "/nowhere/at/all"));
    assert_non_null(strstr(hone_ctx_error(ctx)->message, "TMPDIR"));
    void *small = hn_alloc(ctx, 1, MEGA); /* the rest works on */
    assert_non_null(small);
    hn_free(ctx, small);
    hone_ctx_free(ctx);
    if (before[0])
        setenv("TMPDIR", before, 1);
    else
        unsetenv("TMPDIR");
    hone_ctx *other = test_ctx(1);
    hn_spill *spill;
    assert_int_equal(hn_spill_new(other, 1000, &spill), HONE_ERROR_USAGE);
    hone_ctx_free(other);
}

/* A forked child may read what is there, allocate and free, and its parent's memory stays as it is. */
static void a_child_leaves_its_parents_memory(void **state) {
    (void)state;
    hone_ctx *ctx = limited(1, 64);
    char *kept = hn_alloc(ctx, 40, MEGA), *freed = hn_alloc(ctx, 40, MEGA);
    assert_true(kept && freed);
    memset(kept, 3, 40 * MEGA);
    memset(freed, 4, 40 * MEGA);
    pid_t child = fork();
    if (child == 0) {
        char *own = hn_alloc(ctx, 30, MEGA);
        bool good = own != NULL && own[0] == 0 && kept[39 * MEGA] == 3;
        if (good) memset(own, 5, 30 * MEGA);
        hn_free(ctx, freed);
        _exit(good ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    for (size_t i = 0; i < 40 * (size_t)MEGA; i++) assert_true(kept[i] == 3 && freed[i] == 4);
    hn_free(ctx, kept);
    hn_free(ctx, freed);
    hone_ctx_free(ctx);
}

int main(void) {
    signal(SIGXFSZ, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_as_people_write_them),
        cmocka_unit_test(what_exceeds_the_limit_is_kept),
        cmocka_unit_test(blocks_move_with_their_contents),
        cmocka_unit_test(threads_share_the_file),
        cmocka_unit_test(pages_leave_while_they_are_used),
        cmocka_unit_test(blocks_outlive_their_context),
        cmocka_unit_test(no_room_is_told),
        cmocka_unit_test(a_child_leaves_its_parents_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
