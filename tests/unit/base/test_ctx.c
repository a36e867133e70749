/* Contexts, errors, memory and arenas. */
#include "unit/support.h"
#include <stdio.h>
#include <string.h>

/* ---- errors --------------------------------------------------------------------------------- */

static void status_names(void **state) {
    (void)state;
    assert_string_equal(hone_status_name(HONE_OK), "ok");
    assert_string_equal(hone_status_name(HONE_ERROR_CANCELLED), "cancelled");
    assert_string_equal(hone_status_name(HONE_ERROR_INTERNAL), "internal");
    assert_string_equal(hone_status_name((hone_status)99), "unknown");
    assert_string_equal(hone_version(), HONE_VERSION);
}

static void fail_fills_the_error(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    hn_where where = {.param = "depth", .file = "a.csv", .column = "age", .row = 7};
    assert_int_equal(hn_fail_at(ctx, HONE_ERROR_DATA, where, "bad %d", 3), HONE_ERROR_DATA);
    const hone_error *error = hone_ctx_error(ctx);
    assert_int_equal(error->code, HONE_ERROR_DATA);
    assert_string_equal(error->message, "bad 3");
    assert_string_equal(error->param, "depth");
    assert_string_equal(error->file, "a.csv");
    assert_string_equal(error->column, "age");
    assert_int_equal(error->row, 7);
    (void)hn_fail(ctx, HONE_ERROR_USAGE, "worse: %s", error->message);
    assert_string_equal(error->message, "worse: bad 3");
    assert_string_equal(error->column, "");
    assert_int_equal(error->row, -1);
    hone_ctx_free(ctx);
}

/* A cut message ends with a whole character, whatever the offset of the cut. */
static void long_messages_end_whole(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    for (int shift = 0; shift < 4; shift++) {
        char text[4000] = "xxxx";
        for (size_t i = (size_t)shift; i + 4 < 3000; i += 4)
            memcpy(text + i, "\xF0\x9F\x98\x80", 5);
        (void)hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = text), "%s", text);
        const hone_error *error = hone_ctx_error(ctx);
        size_t length = strlen(error->message), column = strlen(error->column);
        assert_true(length <= 1023 && length > 1019);
        assert_int_equal((length - (size_t)shift) % 4, 0);
        assert_true(column <= 127 && column > 123);
        assert_int_equal((column - (size_t)shift) % 4, 0);
    }
    /* Bytes that are no UTF-8 are cut anywhere. */
    char junk[3000];
    memset(junk, 0x80, sizeof junk);
    junk[2999] = '\0';
    (void)hn_fail(ctx, HONE_ERROR_DATA, "%s", junk);
    assert_int_equal(strlen(hone_ctx_error(ctx)->message), 1023);
    hone_ctx_free(ctx);
}

static void copy_text_cuts(void **state) {
    (void)state;
    char buffer[4];
    hn_copy_text(buffer, 4, "abc");
    assert_string_equal(buffer, "abc");
    hn_copy_text(buffer, 4, "abcd");
    assert_string_equal(buffer, "abc");
    hn_copy_text(buffer, 4, "ab\xC3\xA9");
    assert_string_equal(buffer, "ab");
    hn_copy_text(buffer, 4, NULL);
    assert_string_equal(buffer, "");
    hn_copy_text(buffer, 1, "x");
    assert_string_equal(buffer, "");
}

/* ---- cancel, log, progress ------------------------------------------------------------------ */

static void cancel_and_reset(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    assert_ok(ctx, hn_check_cancel(ctx));
    hone_ctx_cancel(ctx);
    assert_status(ctx, hn_check_cancel(ctx), HONE_ERROR_CANCELLED);
    hone_ctx_reset(ctx);
    assert_ok(ctx, hn_check_cancel(ctx));
    hone_ctx_free(ctx);
}

static void keep_log(void *user, hone_log_level level, const char *message) {
    snprintf(user, 100, "%d %s", (int)level, message);
}

static void keep_progress(void *user, const char *what, int64_t done, int64_t total,
                          const char *unit) {
    snprintf(user, 100, "%s %d/%d %s", what, (int)done, (int)total, unit);
}

static void log_and_progress(void **state) {
    (void)state;
    char said[100] = "", told[100] = "";
    hone_ctx_options options = {.threads = 1,
                                .log = keep_log,
                                .log_user = said,
                                .progress = keep_progress,
                                .progress_user = told};
    hone_ctx *ctx = hone_ctx_new(&options);
    hn_say(ctx, HONE_LOG_WARN, "%d rows", 5);
    hn_progress(ctx, "fit", 1, 2, "trees");
    assert_string_equal(said, "1 5 rows");
    assert_string_equal(told, "fit 1/2 trees");
    hone_ctx_free(ctx);
    ctx = test_ctx(1);
    hn_say(ctx, HONE_LOG_ERROR, "nobody listens");
    hn_progress(ctx, "fit", 1, 0, "trees");
    hone_ctx_free(ctx);
}

static void defaults(void **state) {
    (void)state;
    hone_ctx *ctx = hone_ctx_new(NULL);
    assert_true(ctx->threads >= 1);
    assert_int_equal(hone_ctx_error(ctx)->code, HONE_OK);
    assert_int_equal(hone_ctx_error(ctx)->row, -1);
    hone_ctx_free(ctx);
    hone_ctx_free(NULL);
    hn_ctx_done(NULL);
}

/* ---- memory --------------------------------------------------------------------------------- */

static void alloc_resize_free(void **state) {
    (void)state;
    test_memory memory = {0};
    hone_allocator allocator = test_allocator(&memory);
    hone_ctx_options options = {.threads = 1, .allocator = &allocator};
    hone_ctx *ctx = hone_ctx_new(&options);
    int *numbers = hn_alloc(ctx, 10, sizeof *numbers);
    for (int i = 0; i < 10; i++) assert_int_equal(numbers[i], 0);
    for (int i = 0; i < 10; i++) numbers[i] = i;
    numbers = hn_resize(ctx, numbers, 10, 1000, sizeof *numbers);
    for (int i = 0; i < 10; i++) assert_int_equal(numbers[i], i);
    assert_int_equal((uintptr_t)numbers % _Alignof(max_align_t), 0);
    hn_free(ctx, numbers);
    hn_free(ctx, NULL);
    void *nothing = hn_alloc(ctx, 0, 8);
    assert_non_null(nothing);
    hn_free(ctx, nothing);
    hone_ctx_free(ctx);
    assert_int_equal(memory.live_blocks, 0);
    assert_int_equal(memory.live_bytes, 0);
}

static void impossible_sizes_are_refused(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    const size_t huge[][2] = {{SIZE_MAX, 2},
                              {SIZE_MAX, 1},
                              {SIZE_MAX / 2, 4},
                              {1, SIZE_MAX - 8},
                              {(size_t)-1, sizeof(double)},
                              {SIZE_MAX / 2, 1}};
    int *kept = hn_alloc(ctx, 1, sizeof *kept);
    *kept = 5;
    for (size_t i = 0; i < sizeof huge / sizeof *huge; i++) {
        assert_null(hn_alloc(ctx, huge[i][0], huge[i][1]));
        assert_int_equal(hone_ctx_error(ctx)->code, HONE_ERROR_MEMORY);
        assert_null(hn_arena_alloc(ctx, ctx->scratch, huge[i][0], huge[i][1]));
        assert_null(hn_arena_take(ctx->scratch, huge[i][0], huge[i][1]));
    }
    assert_null(hn_resize(ctx, kept, 1, SIZE_MAX / 2, sizeof *kept));
    assert_int_equal(*kept, 5);
    hn_free(ctx, kept);
    double *values;
    int64_t negative = -1;
    assert_int_equal(HN_SCRATCH_NEW(ctx, values, negative), HONE_ERROR_MEMORY);
    hone_ctx_free(ctx);
}

/* ---- arenas --------------------------------------------------------------------------------- */

static void arena_gives_zeroed_aligned_memory(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    for (int round = 0; round < 3; round++) {
        HN_SCRATCH(ctx);
        for (size_t size = 0; size < 30000; size = size * 3 / 2 + 1) {
            unsigned char *bytes = hn_arena_alloc(ctx, ctx->scratch, size, 1);
            assert_non_null(bytes);
            assert_int_equal((uintptr_t)bytes % 64, 0);
            for (size_t i = 0; i < size; i++) assert_int_equal(bytes[i], 0);
            memset(bytes, 0xAA, size);
        }
    }
    hone_ctx_free(ctx);
}

static hone_status use_scratch(hone_ctx *ctx, int depth) {
    HN_SCRATCH(ctx);
    static const size_t sizes[] = {100, 5000, 300000, 64, 1 << 20, 7, 200000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char *bytes;
        HN_TRY(HN_SCRATCH_NEW(ctx, bytes, sizes[i]));
        memset(bytes, depth, sizes[i]);
        if (i == 3 && depth > 0) HN_TRY(use_scratch(ctx, depth - 1));
        for (size_t j = 0; j < sizes[i]; j++)
            if (bytes[j] != depth) return HONE_ERROR_INTERNAL;
    }
    return HONE_OK;
}

/* What is done again and again asks the allocator for nothing. */
static void warm_scratch_does_not_allocate(void **state) {
    (void)state;
    test_memory memory = {0};
    hone_allocator allocator = test_allocator(&memory);
    hone_ctx_options options = {.threads = 1, .allocator = &allocator};
    hone_ctx *ctx = hone_ctx_new(&options);
    for (int i = 0; i < 5; i++) assert_ok(ctx, use_scratch(ctx, 3));
    long long before = memory.calls;
    for (int i = 0; i < 100; i++) assert_ok(ctx, use_scratch(ctx, 3));
    assert_int_equal(memory.calls, before);
    hone_ctx_free(ctx);
    assert_int_equal(memory.live_bytes, 0);
}

static void warm_arena_does_not_allocate(void **state) {
    (void)state;
    test_memory memory = {0};
    hn_arena arena;
    hn_arena_init(&arena, test_allocator(&memory));
    long long before = 0;
    for (int round = 0; round < 100; round++) {
        if (round == 4) before = memory.calls;
        for (size_t i = 1; i < 50; i++) assert_non_null(hn_arena_take(&arena, i, 1000));
        hn_arena_reset(&arena);
    }
    assert_int_equal(memory.calls, before);
    assert_int_equal(memory.live_blocks, 1);
    hn_arena_done(&arena);
    hn_arena_done(&arena);
    assert_int_equal(memory.live_bytes, 0);
}

/* Large scratch is not hoarded. */
static void huge_blocks_go_back(void **state) {
    (void)state;
    test_memory memory = {0};
    hone_allocator allocator = test_allocator(&memory);
    hn_arena arena;
    hn_arena_init(&arena, allocator);
    hn_arena_scope scope = hn_arena_enter(&arena);
    assert_non_null(hn_arena_take(&arena, 100, 1 << 20));
    hn_arena_leave(&scope);
    assert_int_equal(memory.live_bytes, 0);
    hn_arena_done(&arena);
}

static void regrow_in_place_and_by_copy(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    hn_arena *arena = ctx->scratch;
    char *text = hn_arena_take(arena, 10, 1);
    memcpy(text, "123456789", 10);
    char *same = hn_arena_regrow(arena, text, 10, 400);
    assert_ptr_equal(same, text);
    char *other = hn_arena_take(arena, 10, 1);
    char *moved = hn_arena_regrow(arena, same, 400, 2000);
    assert_ptr_not_equal(moved, same);
    assert_string_equal(moved, "123456789");
    assert_ptr_equal(hn_arena_regrow(arena, other, 10, 5), other);
    moved = hn_arena_regrow(arena, moved, 2000, 1 << 20);
    assert_string_equal(moved, "123456789");
    memset(moved, 1, 1 << 20);
    /* What a text grew over is not taken for zero afterwards. */
    assert_ptr_equal(hn_arena_regrow(arena, moved, 1 << 20, 64), moved);
    char *zeroed = hn_arena_alloc(ctx, arena, 4096, 1);
    for (int i = 0; i < 4096; i++) assert_int_equal(zeroed[i], 0);
    hone_ctx_free(ctx);
}

static void arena_texts(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    hn_arena *arena = ctx->scratch;
    assert_string_equal(hn_arena_strdup(ctx, arena, "abc"), "abc");
    assert_string_equal(hn_arena_strndup(ctx, arena, "abcdef", 2), "ab");
    assert_string_equal(hn_arena_strndup(ctx, arena, NULL, 0), "");
    char *text = hn_arena_printf(ctx, arena, "%05d %s", 42, "x");
    assert_string_equal(text, "00042 x");
    assert_null(hn_arena_strndup(ctx, arena, "x", SIZE_MAX));
    hone_ctx_free(ctx);
}

static hone_status texts_body(hone_ctx *ctx, void *arg) {
    (void)arg;
    hn_arena arena __attribute__((cleanup(hn_arena_done)));
    hn_arena_init(&arena, ctx->allocator);
    for (int i = 0; i < 10; i++) {
        char *text = hn_arena_printf(ctx, &arena, "%*d", 1 << i, i);
        if (!text || !hn_arena_strdup(ctx, &arena, text)) return HONE_ERROR_MEMORY;
    }
    return use_scratch(ctx, 1);
}

static void texts_without_memory(void **state) {
    (void)state;
    test_every_allocation(1, texts_body, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_names),
        cmocka_unit_test(fail_fills_the_error),
        cmocka_unit_test(long_messages_end_whole),
        cmocka_unit_test(copy_text_cuts),
        cmocka_unit_test(cancel_and_reset),
        cmocka_unit_test(log_and_progress),
        cmocka_unit_test(defaults),
        cmocka_unit_test(alloc_resize_free),
        cmocka_unit_test(impossible_sizes_are_refused),
        cmocka_unit_test(arena_gives_zeroed_aligned_memory),
        cmocka_unit_test(warm_scratch_does_not_allocate),
        cmocka_unit_test(warm_arena_does_not_allocate),
        cmocka_unit_test(huge_blocks_go_back),
        cmocka_unit_test(regrow_in_place_and_by_copy),
        cmocka_unit_test(arena_texts),
        cmocka_unit_test(texts_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
