/* derive: what it makes, what it keeps, and that later rows meet what training made. */
#include "unit/support.h"

#include "table/dictionary.h"
#include "unit/ml/steps.h"

static hone_ctx *ctx;
static hn_arena arena;

static int begin(void **state) {
    (void)state;
    ctx = test_ctx(1);
    hn_arena_init(&arena, ctx->allocator);
    return 0;
}

static int end(void **state) {
    (void)state;
    hn_arena_done(&arena);
    hone_ctx_free(ctx);
    return 0;
}

/* fare, size, name. */
static hone_status people(hone_ctx *own, hn_arena *memory, const char *const *names, int64_t n,
                          const hn_dictionary *dictionary, hn_table *ret) {
    hn_table table = {.n_rows = n, .n_columns = 3};
    double *fare, *size;
    HN_TRY(HN_NEW(own, memory, table.columns, 3));
    HN_TRY(HN_NEW(own, memory, fare, n));
    HN_TRY(HN_NEW(own, memory, size, n));
    for (int64_t i = 0; i < n; i++) {
        fare[i] = 10.0 * (double)(i + 1);
        size[i] = (double)(i % 3);
    }
    table.columns[0] = hn_column_of_f64("fare", fare, n);
    table.columns[1] = hn_column_of_f64("size", size, n);
    HN_TRY(text_column(own, memory, "name", names, n, dictionary, &table.columns[2]));
    *ret = table;
    return HONE_OK;
}

static const char *const trained[] = {"Braund, Mr. Owen", "Cumings, Mrs. John",
                                      "Heikkinen, Miss. Laina", "Allen, Mr. William", NULL};
static const char *const later[] = {"Uruchurtu, Don. Manuel", "Allen, Mr. William"};

#define TITLE "title = regex_extract(name, ' ([A-Za-z]+)\\\\.', 1)"

static hone_status derive(const char *params, const hn_table *x, fitted *f, hn_table *out) {
    HN_TRY(fit_step(ctx, &arena, &hn_derive, params, x, f));
    return f->step->transform(ctx, f->state, x, &arena, out);
}

static void test_numbers(void **state) {
    (void)state;
    hn_table x, out;
    fitted f = {0};
    assert_ok(ctx, people(ctx, &arena, trained, 5, NULL, &x));
    assert_ok(ctx, derive("{\"expressions\": [\"each = fare / size\", \"`per cent`=each * 100\"]}",
                          &x, &f, &out));
    assert_int_equal(out.n_columns, 5);
    assert_string_equal(out.columns[3].name, "each");
    assert_string_equal(out.columns[4].name, "per cent");
    assert_true(hn_column_is_missing(&out.columns[3], 0)); /* 10 / 0 */
    assert_same_double(hn_column_double(&out.columns[3], 1), 20);
    assert_same_double(hn_column_double(&out.columns[4], 2), 1500);
    assert_ptr_equal(out.columns[0].values, x.columns[0].values); /* inputs are borrowed */
    fitted_done(&f);
}

/* A name that is there is replaced in its place; later expressions see the new one. */
static void test_replace_and_drop(void **state) {
    (void)state;
    hn_table x, out;
    fitted f = {0};
    assert_ok(ctx, people(ctx, &arena, trained, 5, NULL, &x));
    assert_ok(ctx, derive("{\"expressions\": [\"fare = fare + 1\", \"twice = fare * 2\"], "
                          "\"drop\": [\"size\", \"name\"]}",
                          &x, &f, &out));
    assert_int_equal(out.n_columns, 2);
    assert_string_equal(out.columns[0].name, "fare");
    assert_same_double(hn_column_double(&out.columns[0], 0), 11);
    assert_same_double(hn_column_double(&out.columns[1], 0), 22);
    fitted_done(&f);
}

/* Texts are coded in the dictionary of training, and what that lacks goes on behind it until it is closed. */
static void test_texts(void **state) {
    (void)state;
    hn_table x, y, out;
    fitted f = {0};
    const char *all[] = {trained[0], trained[1], trained[2], trained[3], later[0]};
    hn_column wide;
    assert_ok(ctx, text_column(ctx, &arena, "name", all, 5, NULL, &wide));
    assert_ok(ctx, people(ctx, &arena, trained, 5, wide.dictionary, &x));
    assert_ok(ctx, people(ctx, &arena, later, 2, wide.dictionary, &y));
    assert_ok(ctx, derive("{\"expressions\": [\"" TITLE
                          "\", \"don = if(title == 'Don', 1, 0)\"], \"drop\": [\"name\"]}",
                          &x, &f, &out));
    assert_int_equal(out.columns[2].type, HN_CATEGORY);
    assert_int_equal(out.columns[2].dictionary->n, 3); /* Miss, Mr, Mrs */
    assert_int_equal(hn_column_code(&out.columns[2], 0), 1);
    assert_int_equal(hn_column_code(&out.columns[2], 1), 2);
    assert_true(hn_column_is_missing(&out.columns[2], 4));
    const hn_dictionary *titles = out.columns[2].dictionary;
    assert_ok(ctx, f.step->transform(ctx, f.state, &y, &arena, &out));
    assert_ptr_equal(out.columns[2].dictionary->known, titles);
    assert_int_equal(hn_column_code(&out.columns[2], 0), 3);
    hn_slice don = hn_column_text(&out.columns[2], 0);
    assert_true(don.length == 3 && memcmp(don.text, "Don", 3) == 0);
    hn_column settled = out.columns[2];
    assert_ok(ctx, hn_column_settle(ctx, &arena, &settled));
    assert_int_equal(settled.dictionary->n, 2); /* Don, Mr */
    assert_int_equal(hn_column_code(&settled, 0), 0);
    assert_ok(ctx, hn_column_close(ctx, &arena, &out.columns[2]));
    assert_ptr_equal(out.columns[2].dictionary, titles);
    assert_int_equal(hn_column_code(&out.columns[2], 0), HN_UNKNOWN);
    assert_false(hn_column_is_missing(&out.columns[2], 0));
    assert_int_equal(hn_column_code(&out.columns[2], 1), 1);
    assert_same_double(hn_column_double(&out.columns[3], 0),
                       1); /* the next expression still saw "Don" */
    fitted_done(&f);
}

static void test_saved(void **state) {
    (void)state;
    hn_table x, out, again, one;
    fitted f = {0}, loaded = {0};
    memory_file file;
    assert_ok(ctx, people(ctx, &arena, trained, 5, NULL, &x));
    assert_ok(ctx, derive("{\"expressions\": [\"" TITLE
                          "\", \"rich = fare > 25\", \"title = lower(title)\"], \"drop\": "
                          "[\"size\"]}",
                          &x, &f, &out));
    assert_ok(ctx, save_step(ctx, &arena, &f, &file));
    assert_ok(ctx, load_step(ctx, &arena, f.step, &file, &x, &loaded));
    assert_ok(ctx, f.step->transform(ctx, loaded.state, &x, &arena, &again));
    assert_same_rows(&again, &out, 0);
    for (int64_t row = 0; row < 5; row++)
        for (int64_t n = 0; n <= 1; n++) {
            assert_ok(ctx, hn_table_slice(ctx, &arena, &x, row, row + n, &one));
            assert_ok(ctx, f.step->transform(ctx, loaded.state, &one, ctx->scratch, &again));
            assert_same_rows(&again, &out, row);
        }
    fitted_done(&f);
    fitted_done(&loaded);
}

static void test_errors(void **state) {
    (void)state;
    static const struct {
        const char *params;
        hone_status status;
        const char *message;
    } wrong[] = {
        {"{\"expressions\": [\"fare + 1\"]}", HONE_ERROR_USAGE,
         "not of the form name = expression"},
        {"{\"expressions\": [\"x == 1\"]}", HONE_ERROR_USAGE, "not of the form"},
        {"{\"expressions\": [\"`x = 1\"]}", HONE_ERROR_USAGE, "not of the form"},
        {"{\"expressions\": [\"= 1\"]}", HONE_ERROR_USAGE, "not of the form"},
        {"{\"expressions\": [\"x = faree + 1\"]}", HONE_OK, "derive: 'x = faree + 1': "},
        {"{\"drop\": [\"sise\"]}", HONE_ERROR_DATA, "size"},
    };
    hn_table x, out;
    assert_ok(ctx, people(ctx, &arena, trained, 5, NULL, &x));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        fitted f = {0};
        hone_status status = derive(wrong[i].params, &x, &f, &out);
        assert_int_not_equal(status, HONE_OK);
        if (wrong[i].status != HONE_OK) assert_int_equal(status, wrong[i].status);
        assert_message(ctx, wrong[i].message);
    }
}

/* Numbers and texts of a saved state replaced by strange ones: refused, or harmless. */
static void test_damaged(void **state) {
    (void)state;
    static const unsigned char strange[] = {0, 1, 2, 7, ' ', '=', '(', '\'', '`', 127, 128, 255};
    hn_table x, out;
    fitted f = {0};
    memory_file file;
    assert_ok(ctx, people(ctx, &arena, trained, 5, NULL, &x));
    assert_ok(ctx, derive("{\"expressions\": [\"" TITLE
                          "\", \"each = fare / size\"], \"drop\": [\"name\"]}",
                          &x, &f, &out));
    assert_ok(ctx, save_step(ctx, &arena, &f, &file));
    for (int t = 0; t < file.n; t++) {
        int64_t size = file.tensors[t].n * (int64_t)hn_dtype_size(file.tensors[t].dtype);
        for (int64_t at = 0; at < size; at++) {
            unsigned char *byte = (unsigned char *)file.tensors[t].bytes + at, kept = *byte;
            for (size_t s = 0; s < sizeof strange; s++) {
                HN_SCRATCH(ctx);
                fitted loaded = {0};
                *byte = strange[s];
                hone_status loads = load_step(ctx, ctx->scratch, f.step, &file, &x, &loaded);
                assert_true(loads == HONE_OK || loads == HONE_ERROR_FORMAT);
                if (loads == HONE_OK)
                    assert_ok(ctx, f.step->transform(ctx, loaded.state, &x, ctx->scratch, &out));
                fitted_done(&loaded);
            }
            *byte = kept;
        }
    }
    fitted_done(&f);
}

static void test_threads(void **state) {
    (void)state;
    static const int threads[] = {2, 3, 7};
    hn_table x, wanted, got;
    fitted f = {0};
    const char *params =
        "{\"expressions\": [\"a = log1p(num) * whole\", \"shade = concat(color, '-', color)\"]}";
    assert_ok(ctx, random_table(ctx, &arena, 4, 100003, &x));
    assert_ok(ctx, derive(params, &x, &f, &wanted));
    for (int t = 0; t < 3; t++) {
        hone_ctx *many = test_ctx(threads[t]);
        fitted g = {0};
        char a[65], b[65];
        assert_ok(many, fit_step(many, many->scratch, &hn_derive, params, &x, &g));
        assert_ok(many, g.step->transform(many, g.state, &x, many->scratch, &got));
        assert_ok(many, hn_table_hash(many, &got, a));
        assert_ok(many, hn_table_hash(many, &wanted, b));
        assert_string_equal(a, b);
        fitted_done(&g);
        hone_ctx_free(many);
    }
    fitted_done(&f);
}

static hone_status fit_and_apply(hone_ctx *own, void *arg) {
    (void)arg;
    hn_arena memory __attribute__((cleanup(hn_arena_done)));
    hn_arena_init(&memory, own->allocator);
    hn_table x, out;
    fitted f = {0};
    HN_TRY(people(own, &memory, trained, 5, NULL, &x));
    HN_TRY(fit_step(own, &memory, &hn_derive,
                    "{\"expressions\": [\"" TITLE "\", \"each = fare / size\"]}", &x, &f));
    hone_status status = f.step->transform(own, f.state, &x, &memory, &out);
    fitted_done(&f);
    return status;
}

static void test_no_memory(void **state) {
    (void)state;
    test_every_allocation(1, fit_and_apply, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_replace_and_drop),
        cmocka_unit_test(test_texts),   cmocka_unit_test(test_saved),
        cmocka_unit_test(test_errors),  cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_threads), cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
