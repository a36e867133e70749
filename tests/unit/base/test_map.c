/* Maps and their hash. */
#include "unit/support.h"
#include "base/map.h"
#include <stdio.h>
#include <string.h>

static hn_slice slice(const char *text) { return (hn_slice){text, strlen(text)}; }

static void map_basics(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    hn_map map;
    hn_map_init(&map, ctx, ctx->scratch);
    assert_int_equal(hn_map_get(&map, slice("a"), -1), -1);
    assert_ok(ctx, hn_map_put(&map, slice("a"), 1));
    assert_ok(ctx, hn_map_put(&map, slice("a"), 2));
    assert_int_equal(hn_map_get(&map, slice("a"), -1), 2);
    int64_t value;
    assert_ok(ctx, hn_map_intern(&map, slice("a"), 9, &value));
    assert_int_equal(value, 2);
    assert_ok(ctx, hn_map_intern(&map, slice("b"), 9, &value));
    assert_int_equal(value, 9);
    assert_int_equal(map.count, 2);
    /* The empty key, keys with NUL, and keys that are no text. */
    assert_int_equal(hn_map_get(&map, (hn_slice){NULL, 0}, -1), -1);
    assert_ok(ctx, hn_map_put(&map, (hn_slice){NULL, 0}, 5));
    assert_int_equal(hn_map_get(&map, slice(""), -1), 5);
    assert_ok(ctx, hn_map_put(&map, (hn_slice){"a\0b", 3}, 6));
    assert_int_equal(hn_map_get(&map, (hn_slice){"a\0b", 3}, -1), 6);
    assert_int_equal(hn_map_get(&map, (hn_slice){"a\0c", 3}, -1), -1);
    hone_ctx_free(ctx);
}

/* Keys are copied, of every length. */
static hone_status many_keys(hone_ctx *ctx, void *arg) {
    int n = *(int *)arg;
    hn_arena arena __attribute__((cleanup(hn_arena_done)));
    hn_arena_init(&arena, ctx->allocator);
    hn_map map;
    hn_map_init(&map, ctx, &arena);
    char key[600];
    for (int i = 0; i < n; i++) {
        int length = snprintf(key, sizeof key, "%0*d", 1 + i % 500, i);
        HN_TRY(hn_map_put(&map, (hn_slice){key, (size_t)length}, i));
    }
    assert_int_equal(map.count, n);
    for (int i = 0; i < n; i++) {
        int length = snprintf(key, sizeof key, "%0*d", 1 + i % 500, i);
        assert_int_equal(hn_map_get(&map, (hn_slice){key, (size_t)length}, -1), i);
        key[0] = 'x';
        assert_int_equal(hn_map_get(&map, (hn_slice){key, (size_t)length}, -1), -1);
    }
    return HONE_OK;
}

static void map_holds_many(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    int n = 100000;
    assert_ok(ctx, many_keys(ctx, &n));
    hone_ctx_free(ctx);
}

static void map_without_memory(void **state) {
    (void)state;
    int n = 2000;
    test_every_allocation(1, many_keys, &n);
}

/* A failed insertion leaves the map as it was. */
static void map_survives_a_failure(void **state) {
    (void)state;
    test_memory memory = {.fail_at = 5, .then_always = true};
    hone_allocator allocator = test_allocator(&memory);
    hone_ctx_options options = {.threads = 1, .allocator = &allocator};
    hone_ctx *ctx = hone_ctx_new(&options);
    hn_map map;
    hn_map_init(&map, ctx, ctx->scratch);
    int64_t n = 0;
    char key[32];
    while (hn_map_put(&map, (hn_slice){key, (size_t)sprintf(key, "%d", (int)n)}, n) == HONE_OK) n++;
    assert_true(n > 10);
    assert_int_equal(map.count, n);
    for (int64_t i = 0; i <= n; i++) {
        hn_slice text = {key, (size_t)sprintf(key, "%d", (int)i)};
        assert_int_equal(hn_map_get(&map, text, -1), i < n ? i : -1);
    }
    hone_ctx_free(ctx);
}

/* Each input bit and the length move about half of the output bits. */
static void hash_spreads(void **state) {
    (void)state;
    unsigned char bytes[80] = {0};
    for (size_t length = 1; length < sizeof bytes; length++) {
        uint64_t base = hn_hash(bytes, length, 0);
        assert_true(base != hn_hash(bytes, length + 1, 0));
        assert_true(base != hn_hash(bytes, length, 1));
        int flips = 0;
        for (size_t bit = 0; bit < length * 8; bit++) {
            bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
            int moved = __builtin_popcountll(base ^ hn_hash(bytes, length, 0));
            bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
            assert_in_range(moved, 8, 56);
            flips += moved;
        }
        double mean = (double)flips / (double)(length * 8);
        assert_near(mean, 32, 0.12);
    }
    assert_true(hn_hash(NULL, 0, 0) != hn_hash(NULL, 0, 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(map_basics),         cmocka_unit_test(map_holds_many),
        cmocka_unit_test(map_without_memory), cmocka_unit_test(map_survives_a_failure),
        cmocka_unit_test(hash_spreads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
