#include "unit/support.h"
#include "spec/visit.h"
#include "table/column.h"
#include <stdio.h>
#include <string.h>

/* A visitor that keeps tensors by name, as a model file does. */
typedef struct entry {
    char name[200];
    hn_dtype dtype;
    int ndim;
    int64_t shape[4];
    _Alignas(8) unsigned char bytes[256];
} entry;

typedef struct store {
    entry entries[32];
    int n;
} store;

static int64_t count_of(int ndim, const int64_t *shape) {
    int64_t n = 1;
    for (int i = 0; i < ndim; i++) n *= shape[i];
    return n;
}

static hone_status save(hn_visitor *v, const char *name, hn_dtype dtype, void **values, int ndim,
                        const int64_t *shape) {
    store *s = v->user;
    entry *e = &s->entries[s->n++];
    snprintf(e->name, sizeof e->name, "%s", name);
    e->dtype = dtype;
    e->ndim = ndim;
    if (ndim > 0) memcpy(e->shape, shape, (size_t)ndim * sizeof *shape);
    size_t size = (size_t)count_of(ndim, shape) * hn_dtype_size(dtype);
    assert_true(size <= sizeof e->bytes);
    if (size > 0) memcpy(e->bytes, *values, size);
    return HONE_OK;
}

static hone_status load(hn_visitor *v, const char *name, hn_dtype dtype, void **values, int ndim,
                        const int64_t *shape) {
    store *s = v->user;
    for (int i = 0; i < s->n; i++) {
        entry *e = &s->entries[i];
        if (strcmp(e->name, name) != 0) continue;
        if (e->dtype != dtype || e->ndim != ndim) break;
        for (int d = 0; d < ndim; d++) HN_TRY(hn_visit_check(v, e->shape[d] == shape[d], name));
        *values = e->bytes;
        return HONE_OK;
    }
    return hn_fail(v->ctx, HONE_ERROR_FORMAT, "no tensor %s", name);
}

typedef struct inner {
    int32_t depth;
    float *weights;
} inner;

typedef struct outer {
    int64_t n;
    double bias;
    double *coef;
    uint8_t *flags;
    const char **names;
    const hn_dictionary *levels, *none;
    inner base;
} outer;

static hone_status inner_visit(hn_visitor *v, void *state) {
    inner *s = state;
    HN_TRY(hn_visit(v, "depth", &s->depth));
    return hn_visit(v, "weights", &s->weights, s->depth);
}

static hone_status outer_visit(hn_visitor *v, void *state) {
    outer *s = state;
    HN_TRY(hn_visit(v, "n", &s->n));
    HN_TRY(hn_visit(v, "bias", &s->bias));
    HN_TRY(hn_visit(v, "coef", &s->coef, 2, s->n));
    HN_TRY(hn_visit(v, "flags", &s->flags, s->n));
    HN_TRY(hn_visit_texts(v, "names", &s->names, s->n));
    HN_TRY(hn_visit_dictionary(v, "levels", &s->levels));
    HN_TRY(hn_visit_dictionary(v, "none", &s->none));
    HN_TRY(hn_visit_nested(v, "base.", inner_visit, &s->base));
    return hn_visit_check(v, s->base.depth >= 1, "depth");
}

static hone_ctx *ctx;
static hn_arena arena;
static store saved;

static int begin(void **state) {
    (void)state;
    ctx = test_ctx(1);
    hn_arena_init(&arena, ctx->allocator);
    static double coef[] = {1, 2, 3, 4, 5, 6};
    static uint8_t flags[] = {7, 8, 9};
    static const char *names[] = {"a", NULL, "\xC3\xA9t\xC3\xA9"};
    static const int64_t offsets[] = {0, 2, 2, 5};
    static const hn_dictionary levels = {.n = 3, .offsets = offsets, .bytes = "nocat"};
    static float weights[] = {0.5f, -1};
    outer state_of = {3, 0.25, coef, flags, names, &levels, NULL, {2, weights}};
    saved.n = 0;
    hn_visitor v = {.ctx = ctx, .arena = &arena, .user = &saved, .tensor = save};
    assert_ok(ctx, outer_visit(&v, &state_of));
    return 0;
}

static int end(void **state) {
    (void)state;
    hn_arena_done(&arena);
    hone_ctx_free(ctx);
    return 0;
}

static hone_status reload(outer *ret) {
    memset(ret, 0, sizeof *ret);
    hn_visitor v = {.ctx = ctx, .arena = &arena, .loading = true, .user = &saved, .tensor = load};
    return outer_visit(&v, ret);
}

static entry *find(const char *name) {
    for (int i = 0; i < saved.n; i++)
        if (strcmp(saved.entries[i].name, name) == 0) return &saved.entries[i];
    fail_msg("no entry %s", name);
    return NULL;
}

static void test_round_trip(void **state) {
    (void)state;
    outer s;
    assert_ok(ctx, reload(&s));
    assert_int_equal(s.n, 3);
    assert_same_double(s.bias, 0.25);
    assert_same_double(s.coef[5], 6);
    assert_int_equal(s.flags[2], 9);
    assert_string_equal(s.names[0], "a");
    assert_string_equal(s.names[1], "");
    assert_string_equal(s.names[2], "\xC3\xA9t\xC3\xA9");
    assert_int_equal(s.levels->n, 3);
    assert_memory_equal(hn_dictionary_text(s.levels, 2).text, "cat", 3);
    assert_int_equal(hn_dictionary_text(s.levels, 1).length, 0);
    assert_null(s.none);
    assert_int_equal(s.base.depth, 2);
    assert_true(s.base.weights[1] == -1);
    assert_int_equal(find("base.weights")->shape[0], 2);
    assert_int_equal(find("coef")->shape[1], 3);
}

static void assert_damage_is_seen(const char *name, int64_t value, size_t at, size_t size) {
    entry before = *find(name);
    memcpy(find(name)->bytes + at, &value, size);
    outer s;
    assert_status(ctx, reload(&s), HONE_ERROR_FORMAT);
    assert_message(ctx, "the model file is damaged (");
    *find(name) = before;
    assert_ok(ctx, reload(&s));
}

static void test_damage(void **state) {
    (void)state;
    assert_damage_is_seen("n", -1, 0, 8);
    assert_damage_is_seen("n", 4, 0, 8);
    assert_damage_is_seen("n", INT64_MAX, 0, 8);
    assert_damage_is_seen("n", INT64_MAX / 4, 0, 8);
    assert_damage_is_seen("names.offsets", 1, 0, 8);
    assert_damage_is_seen("names.offsets", 9, 8, 8);
    assert_damage_is_seen("names.offsets", -9, 24, 8);
    assert_damage_is_seen("names.offsets", 7, 24, 8);
    assert_damage_is_seen("names.bytes", 0, 0, 1); /* a NUL in a text */
    assert_damage_is_seen("levels.n", -2, 0, 4);
    assert_damage_is_seen("levels.n", INT32_MAX, 0, 4);
    assert_damage_is_seen("levels.offsets", 3, 8, 8);
    assert_damage_is_seen("base.depth", 0, 0, 4);
}

static void test_names_that_are_too_long(void **state) {
    (void)state;
    char prefix[300];
    memset(prefix, 'p', sizeof prefix);
    prefix[sizeof prefix - 1] = '\0';
    inner s = {0};
    hn_visitor v = {.ctx = ctx, .arena = &arena, .loading = true, .user = &saved, .tensor = load};
    assert_status(ctx, hn_visit_nested(&v, prefix, inner_visit, &s), HONE_ERROR_INTERNAL);
}

static hone_status everything(hone_ctx *mine, void *arg) {
    (void)arg;
    hn_arena own __attribute__((cleanup(hn_arena_done)));
    hn_arena_init(&own, mine->allocator);
    outer s = {0};
    hn_visitor v = {.ctx = mine, .arena = &own, .loading = true, .user = &saved, .tensor = load};
    HN_TRY(outer_visit(&v, &s));
    store again = {.n = 0};
    hn_visitor w = {.ctx = mine, .arena = &own, .user = &again, .tensor = save};
    return outer_visit(&w, &s);
}

static void test_memory_runs_out(void **state) {
    (void)state;
    assert_true(test_every_allocation(1, everything, NULL) > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, begin, end),
        cmocka_unit_test_setup_teardown(test_damage, begin, end),
        cmocka_unit_test_setup_teardown(test_names_that_are_too_long, begin, end),
        cmocka_unit_test_setup_teardown(test_memory_runs_out, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
