/* Tables: finding, taking, slicing, the matrix, the hash. */
#include "unit/support.h"
#include "unit/table/sample.h"
#include "base/os.h"
#include "table/rows.h"
#include <stdlib.h>
#include <string.h>

static void assert_same_cell(hone_ctx *ctx, const hn_column *a, int64_t i, const hn_column *b,
                             int64_t k) {
    HN_SCRATCH(ctx);
    assert_int_equal(hn_column_is_missing(a, i), hn_column_is_missing(b, k));
    hn_str x, y;
    hn_str_init(&x, ctx, ctx->scratch);
    hn_str_init(&y, ctx, ctx->scratch);
    hn_column_print(a, i, &x);
    hn_column_print(b, k, &y);
    assert_string_equal(x.text, y.text);
}

static void finding(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    hn_table table;
    assert_ok(ctx, sample_table(ctx, ctx->scratch, 10, &table));
    assert_int_equal(hn_table_find(&table, "time"), 6);
    assert_int_equal(hn_table_find(&table, "Time"), -1);
    int32_t index = -5;
    assert_ok(ctx, hn_table_require(ctx, &table, "i64", &index));
    assert_int_equal(index, 2);
    assert_status(ctx, hn_table_require(ctx, &table, "categry", &index), HONE_ERROR_DATA);
    assert_message(ctx, "did you mean 'category'");
    assert_string_equal(hone_ctx_error(ctx)->column, "categry");
    assert_status(ctx, hn_table_require(ctx, &table, "zzzzzzzzz", &index), HONE_ERROR_DATA);
    assert_int_equal(index, 2);
    hn_map map;
    assert_ok(ctx, hn_table_index(ctx, ctx->scratch, &table, &map));
    assert_int_equal(hn_map_get(&map, (hn_slice){"string", 6}, -1), 5);
    hone_ctx_free(ctx);
}

static void taking(void **state) {
    (void)state;
    static const int threads[] = {1, 2, 3, 7};
    enum { N = 200000 };
    char first[65] = "", hex[65];
    int64_t *rows = malloc(N * sizeof *rows);
    for (int64_t i = 0; i < N; i++) rows[i] = (i * 7919 + 3) % N;
    for (int t = 0; t < 4; t++) {
        hone_ctx *ctx = test_ctx(threads[t]);
        hn_table table, taken, slice, again;
        assert_ok(ctx, sample_table(ctx, ctx->scratch, N, &table));
        assert_ok(ctx, hn_table_take(ctx, ctx->scratch, &table, rows, N, &taken));
        for (int j = 0; j < 7; j++)
            for (int64_t i = 0; i < N; i += 997)
                assert_same_cell(ctx, &taken.columns[j], i, &table.columns[j], rows[i]);
        /* A slice that begins inside a byte of the bitmap, and rows of that. */
        assert_ok(ctx, hn_table_slice(ctx, ctx->scratch, &taken, 1003, 9999, &slice));
        assert_int_equal(slice.n_rows, 8996);
        int64_t back[] = {8995, 0, 5, 5};
        assert_ok(ctx, hn_table_take(ctx, ctx->scratch, &slice, back, 4, &again));
        for (int j = 0; j < 7; j++)
            for (int i = 0; i < 4; i++)
                assert_same_cell(ctx, &again.columns[j], i, &taken.columns[j], 1003 + back[i]);
        assert_ok(ctx, hn_table_take(ctx, ctx->scratch, &slice, NULL, 0, &again));
        assert_int_equal(again.n_rows, 0);
        assert_ok(ctx, hn_table_hash(ctx, &taken, hex));
        if (t == 0) strcpy(first, hex);
        assert_string_equal(hex, first);
        hone_ctx_free(ctx);
    }
    free(rows);
}

static void matrix(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(3);
    hn_table table;
    double *m;
    assert_ok(ctx, sample_table(ctx, ctx->scratch, 1000, &table));
    assert_ok(ctx, hn_table_matrix(ctx, ctx->scratch, &table, &m));
    for (int64_t i = 0; i < 1000; i++)
        for (int j = 0; j < 7; j++)
            assert_same_double(m[i * 7 + j], hn_column_double(&table.columns[j], i));
    hn_table none = {.n_rows = 5};
    assert_ok(ctx, hn_table_matrix(ctx, ctx->scratch, &none, &m));
    hone_ctx_free(ctx);
}

/* The hash says what the table says: not how it is stored, but every name, type, value and null. */
static void hashing(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    hn_table table, other;
    char a[65], b[65];
    assert_ok(ctx, sample_table(ctx, ctx->scratch, 5000, &table));
    assert_ok(ctx, hn_table_hash(ctx, &table, a));
    assert_int_equal(strlen(a), 64);

    /* Codes in another order, a NaN for a null. */
    hn_column columns[7];
    memcpy(columns, table.columns, sizeof columns);
    other = (hn_table){.n_rows = 5000, .n_columns = 7, .columns = columns};
    const hn_dictionary *old = columns[4].dictionary;
    int32_t *codes;
    int64_t *offsets;
    char *bytes;
    assert_ok(ctx, HN_SCRATCH_NEW(ctx, codes, 5000));
    assert_ok(ctx, HN_SCRATCH_NEW(ctx, offsets, old->n + 2));
    assert_ok(ctx, HN_SCRATCH_NEW(ctx, bytes, old->offsets[old->n] + 10));
    memcpy(bytes, "not in use", 10);
    offsets[1] = 10;
    for (int32_t c = 0; c < old->n; c++) {
        hn_slice text = hn_dictionary_text(old, old->n - 1 - c);
        memcpy(bytes + offsets[c + 1], text.text, text.length);
        offsets[c + 2] = offsets[c + 1] + (int64_t)text.length;
    }
    hn_dictionary reversed = {.n = old->n + 1, .offsets = offsets, .bytes = bytes};
    for (int i = 0; i < 5000; i++) codes[i] = old->n - hn_column_code(&columns[4], i);
    columns[4].values = codes;
    columns[4].dictionary = &reversed;
    columns[0].valid = NULL; /* builders put NaN under nulls */
    assert_ok(ctx, hn_table_hash(ctx, &other, b));
    assert_string_equal(a, b);

    columns[4].name = "Category";
    assert_ok(ctx, hn_table_hash(ctx, &other, b));
    assert_string_not_equal(a, b);
    columns[4].name = "category";
    columns[2].valid = NULL;
    assert_ok(ctx, hn_table_hash(ctx, &other, b));
    assert_string_not_equal(a, b);
    assert_ok(ctx, hn_table_slice(ctx, ctx->scratch, &table, 0, 4999, &other));
    assert_ok(ctx, hn_table_hash(ctx, &other, b));
    assert_string_not_equal(a, b);
    hone_ctx_free(ctx);
}

static hone_status take_some(hone_ctx *ctx, void *arg) {
    (void)arg;
    HN_SCRATCH(ctx);
    hn_table table, taken;
    char hex[65];
    int64_t rows[50];
    for (int i = 0; i < 50; i++) rows[i] = 99 - i;
    HN_TRY(sample_table(ctx, ctx->scratch, 100, &table));
    HN_TRY(hn_table_take(ctx, ctx->scratch, &table, rows, 50, &taken));
    return hn_table_hash(ctx, &taken, hex);
}

static void failing_allocations(void **state) {
    (void)state;
    test_every_allocation(1, take_some, NULL);
    test_every_allocation(2, take_some, NULL);
}

/* A matrix of 7 x 5 (and of 5 in rows of 6) with one odd number anywhere: whoever does not take it is told. */
static void domains(void **state) {
    (void)state;
    enum { N = 7, P = 5, LD = 6 };
    static const double odd[] = {3, 0.5, -1, 1e300, NAN, INFINITY, -INFINITY, -0.0};
    static const struct {
        hn_domain domain;
        bool takes[8];
    } cases[] = {
        {{-DBL_MAX, DBL_MAX, false, false}, {1, 1, 1, 1, 0, 0, 0, 1}},
        {{-DBL_MAX, DBL_MAX, true, false}, {1, 1, 1, 1, 1, 0, 0, 1}},
        {{0, DBL_MAX, false, false}, {1, 1, 0, 1, 0, 0, 0, 1}},
        {{0, 1000, false, true}, {1, 0, 0, 0, 0, 0, 0, 1}},
    };
    hone_ctx *ctx = test_ctx(2);
    double x[N * LD];
    float single[N * LD];
    for (size_t c = 0; c < 4; c++)
        for (size_t o = 0; o < 8; o++)
            for (int at = 0; at < N * P; at++)
                for (int type = 0; type < 3; type++) {
                    hn_column columns[P];
                    hn_table table = {.n_rows = N, .n_columns = P, .columns = columns};
                    int64_t ld = type == 2 ? LD : P;
                    for (int i = 0; i < N * LD; i++) single[i] = 1, x[i] = type == 2 ? NAN : 1;
                    for (int i = 0; i < N * P; i++) x[i / P * ld + i % P] = 1;
                    x[at / P * ld + at % P] = odd[o];
                    single[at] = (float)odd[o];
                    for (int j = 0; j < P; j++) {
                        columns[j] = hn_column_of_f64("x", x + j, N);
                        columns[j].stride = ld * 8;
                        if (type != 1) continue;
                        columns[j].type = HN_F32;
                        columns[j].values = single + j;
                        columns[j].stride = ld * 4;
                    }
                    bool all = true;
                    assert_ok(ctx, hn_table_all_in(ctx, &table, &cases[c].domain, &all));
                    bool wanted = cases[c].takes[o];
                    if (type == 1 && odd[o] == 1e300)
                        wanted = false; /* as a float it is infinite */
                    assert_int_equal(all, wanted);
                }
    hone_ctx_free(ctx);
}

/* Doubles become floats where the schema's are, and the other way round. */
static void precision(void **state) {
    (void)state;
    enum { N = 9000, P = 3 };
    hone_ctx *ctx = test_ctx(3);
    double *x = malloc(sizeof *x * N * P);
    assert_non_null(x);
    for (int i = 0; i < N * P; i++) x[i] = i / 7.0;
    hn_column given[P], wanted[P];
    for (int j = 0; j < P; j++) {
        given[j] = hn_column_of_f64("x", x + j, N);
        given[j].stride = P * 8;
        wanted[j] = (hn_column){.name = "x", .type = j == 1 ? HN_F64 : HN_F32};
    }
    hn_table table = {.n_rows = N, .n_columns = P, .columns = given}, made, back;
    hn_table schema = {.n_columns = P, .columns = wanted};
    assert_ok(ctx, hn_columns_precision(ctx, ctx->scratch, &schema, &table, &made));
    assert_false(hn_table_is_single(&made));
    assert_ptr_equal(made.columns[1].values, given[1].values);
    wanted[0].type = HN_I64; /* a whole number that comes as one with a fraction stays that */
    wanted[2].type = HN_F64;
    assert_ok(ctx, hn_columns_precision(ctx, ctx->scratch, &schema, &made, &back));
    for (int i = 0; i < N; i++)
        for (int j = 0; j < P; j++) {
            double value = x[i * P + j], rounded = j == 1 ? value : (double)(float)value;
            assert_int_equal(made.columns[j].type, j == 1 ? HN_F64 : HN_F32);
            assert_int_equal(back.columns[j].type, HN_F64);
            assert_same_double(hn_column_double(&made.columns[j], i), rounded);
            assert_same_double(hn_column_double(&back.columns[j], i), rounded);
        }
    free(x);
    hone_ctx_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finding),
        cmocka_unit_test(taking),
        cmocka_unit_test(matrix),
        cmocka_unit_test(domains),
        cmocka_unit_test(precision),
        cmocka_unit_test(hashing),
        cmocka_unit_test(failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
