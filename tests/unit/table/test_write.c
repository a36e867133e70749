/* Writing tables: bytes, formats, and that what is written reads back the same. */
#include "unit/support.h"
#include "unit/table/sample.h"
#include "base/json.h"
#include "base/os.h"
#include "table/read.h"
#include "table/write.h"
#include <stdlib.h>
#include <string.h>

static char *dir;
static int make_dir(void **state) {
    (void)state;
    dir = test_make_dir();
    return dir == NULL;
}
static int remove_dir(void **state) {
    (void)state;
    test_remove_dir(dir);
    return 0;
}

static hn_slice written_bytes(hone_ctx *ctx, const hn_table *table, const char *name) {
    const char *path = test_join(dir, name);
    char *text;
    size_t length;
    assert_ok(ctx, hn_write_path(ctx, table, path));
    assert_ok(ctx, hn_read_file(ctx, ctx->scratch, path, 0, &text, &length));
    return (hn_slice){text, length};
}

static const char *written(hone_ctx *ctx, const hn_table *table, const char *name) {
    return written_bytes(ctx, table, name).text;
}

static void bytes(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    static const double numbers[] = {0.1, (double)NAN, 1e300, -0.0, (double)INFINITY};
    static const int64_t offsets[] = {0, 5, 9, 9, 14, 18};
    static const uint8_t valid = 0x1b; /* the third is missing */
    static const int64_t times[] = {0, 86400000000, -1, 1500000, 0};
    static const uint8_t truth[] = {1, 0, 1, 0, 0};
    hn_column columns[] = {
        hn_column_of_f64("a,b", numbers, 5),
        {.name = "te\"xt",
         .type = HN_STRING,
         .n = 5,
         .values = "plainx\ty\n"
                   " lead"
                   "q\"q,",
         .offsets = offsets,
         .valid = &valid},
        {.name = "t", .type = HN_TIME, .n = 5, .values = times, .stride = 8, .valid = &valid},
        {.name = "f", .type = HN_BOOL, .n = 5, .values = truth, .stride = 1},
    };
    hn_table table = {.n_rows = 5, .n_columns = 4, .columns = columns};
    assert_string_equal(written(ctx, &table, "x.csv"),
                        "\"a,b\",\"te\"\"xt\",t,f\n"
                        "0.1,plain,1970-01-01T00:00:00,true\n"
                        ",\"x\ty\n\",1970-01-02T00:00:00,false\n"
                        "1e300,,,true\n"
                        "-0,\" lead\",1970-01-01T00:00:01.5,false\n"
                        "inf,\"q\"\"q,\",1970-01-01T00:00:00,false\n");
    assert_string_equal(
        written(ctx, &table, "x.ndjson"),
        "{\"a,b\":0.1,\"te\\\"xt\":\"plain\",\"t\":\"1970-01-01T00:00:00\",\"f\":true}\n"
        "{\"a,b\":null,\"te\\\"xt\":\"x\\ty\\n\",\"t\":\"1970-01-02T00:00:00\",\"f\":false}\n"
        "{\"a,b\":1e300,\"te\\\"xt\":null,\"t\":null,\"f\":true}\n"
        "{\"a,b\":-0.0,\"te\\\"xt\":\" lead\",\"t\":\"1970-01-01T00:00:01.5\",\"f\":false}\n"
        "{\"a,b\":null,\"te\\\"xt\":\"q\\\"q,\",\"t\":\"1970-01-01T00:00:00\",\"f\":false}\n");
    hn_table two = {.n_rows = 2, .n_columns = 1, .columns = columns};
    assert_string_equal(written(ctx, &two, "x.json"), "[\n{\"a,b\":0.1},\n{\"a,b\":null}\n]\n");
    assert_string_equal(written(ctx, &two, "x.tsv"), "a,b\n0.1\n\"\"\n");
    hn_table none = {.n_rows = 0, .n_columns = 2, .columns = columns};
    assert_string_equal(written(ctx, &none, "none.csv"), "\"a,b\",\"te\"\"xt\"\n");
    assert_string_equal(written(ctx, &none, "none.json"), "[\n]\n");
    hn_str row;
    hn_str_init(&row, ctx, ctx->scratch);
    hn_write_json_row(&row, &table, 1);
    assert_string_equal(
        row.text, "{\"a,b\":null,\"te\\\"xt\":\"x\\ty\\n\",\"t\":\"1970-01-02\",\"f\":false}");
    assert_status(ctx, hn_write_path(ctx, &table, test_join(dir, "x.docx")), HONE_ERROR_USAGE);
    assert_status(ctx, hn_write_path(ctx, &table, test_join(dir, "no/such/x.csv")), HONE_ERROR_IO);
    hone_ctx_free(ctx);
}

/* Same bytes on any number of threads; read back, the same values. */
static void round_trips(void **state) {
    (void)state;
    static const int threads[] = {1, 2, 3, 7};
    static const char *const names[] = {"r.csv", "r.tsv", "r.ndjson", "r.json", "r.arrow"};
    for (int f = 0; f < 5; f++) {
        bool typed = f == 4; /* CSV and JSON know no float32 */
        char *first = NULL;
        size_t length = 0;
        for (int t = 0; t < 4; t++) {
            hone_ctx *ctx = test_ctx(threads[t]);
            hn_table table;
            assert_ok(ctx, sample_table(ctx, ctx->scratch, 20000, &table));
            hn_slice text = written_bytes(ctx, &table, names[f]);
            if (t == 0) {
                length = text.length;
                first = malloc(length);
                assert_non_null(first);
                memcpy(first, text.text, length);
            }
            assert_int_equal(text.length, length);
            assert_memory_equal(text.text, first, length);
            if (t == 3) {
                hone_table *back;
                assert_ok(ctx, hn_read_path(ctx, test_join(dir, names[f]), NULL, &back));
                assert_int_equal(back->view.n_rows, 20000);
                for (int j = 0; j < 7; j++) {
                    const hn_column *a = &table.columns[j], *b = &back->view.columns[j];
                    assert_int_equal(b->type, a->type == HN_F32 && !typed ? HN_F64 : a->type);
                    for (int64_t i = 0; i < 20000; i++) {
                        assert_int_equal(hn_column_is_missing(a, i), hn_column_is_missing(b, i));
                        hn_slice x = hn_column_text(a, i), y = hn_column_text(b, i);
                        assert_int_equal(x.length, y.length);
                        if (x.length) assert_memory_equal(x.text, y.text, x.length);
                        if (a->type != HN_CATEGORY)
                            assert_same_double(hn_column_double(a, i), hn_column_double(b, i));
                    }
                }
                hone_table_free(ctx, back);
            }
            hone_ctx_free(ctx);
        }
        free(first);
    }
}

static hone_status write_sample(hone_ctx *ctx, void *name) {
    HN_SCRATCH(ctx);
    hn_table table;
    HN_TRY(sample_table(ctx, ctx->scratch, 50, &table));
    return hn_write_path(ctx, &table, test_join(dir, name));
}

/* A write that fails leaves nothing behind. */
static void failing_allocations(void **state) {
    (void)state;
    char names[][16] = {"failing.csv", "failing.arrow"};
    for (int f = 0; f < 2; f++) test_every_allocation(2, write_sample, names[f]);
    int before = test_count_entries(dir);
    hone_ctx *ctx = test_ctx(1);
    hn_table table;
    assert_ok(ctx, sample_table(ctx, ctx->scratch, 10, &table));
    hone_ctx_cancel(ctx);
    assert_status(ctx, hn_write_path(ctx, &table, test_join(dir, "cancelled.csv")),
                  HONE_ERROR_CANCELLED);
    assert_int_equal(test_count_entries(dir), before);
    hone_ctx_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes),
        cmocka_unit_test(round_trips),
        cmocka_unit_test(failing_allocations),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
