/* The Arrow C data interface: hand-made arrays of every format, hostile ones, and there and back. */
#include "unit/support.h"
#include "unit/table/sample.h"
#include "table/arrow.h"
#include <stdlib.h>
#include <string.h>

/* ---- arrays made by hand --------------------------------------------------------------------- */

static int n_released;
static void count_release(struct ArrowArray *array) {
    array->release = NULL;
    n_released++;
}
static void ignore_array(struct ArrowArray *array) { array->release = NULL; }
static void ignore_schema(struct ArrowSchema *schema) { schema->release = NULL; }

/* A record batch of one column, on the stack. */
typedef struct batch {
    struct ArrowArray root, column, dictionary, *columns[1];
    struct ArrowSchema root_schema, schema, dictionary_schema, *schemas[1];
    const void *root_buffers[1], *buffers[5], *dictionary_buffers[3];
} batch;

static void init(batch *b, const char *format, int64_t n, int64_t n_buffers, const void *valid,
                 const void *values, const void *bytes) {
    memset(b, 0, sizeof *b);
    b->buffers[0] = valid;
    b->buffers[1] = values;
    b->buffers[2] = bytes;
    b->column = (struct ArrowArray){.length = n,
                                    .null_count = valid ? -1 : 0,
                                    .n_buffers = n_buffers,
                                    .buffers = b->buffers,
                                    .release = ignore_array};
    b->schema = (struct ArrowSchema){.format = format, .name = "x", .release = ignore_schema};
    b->columns[0] = &b->column;
    b->schemas[0] = &b->schema;
    b->root = (struct ArrowArray){.length = n,
                                  .n_buffers = 1,
                                  .buffers = b->root_buffers,
                                  .n_children = 1,
                                  .children = b->columns,
                                  .release = count_release};
    b->root_schema = (struct ArrowSchema){.format = "+s",
                                          .name = "",
                                          .n_children = 1,
                                          .children = b->schemas,
                                          .release = ignore_schema};
}

static void add_dictionary(batch *b, const char *format, int64_t n, const void *offsets,
                           const char *bytes) {
    b->dictionary_buffers[1] = offsets;
    b->dictionary_buffers[2] = bytes;
    b->dictionary = (struct ArrowArray){
        .length = n, .n_buffers = 3, .buffers = b->dictionary_buffers, .release = ignore_array};
    b->dictionary_schema = (struct ArrowSchema){.format = format, .release = ignore_schema};
    b->column.dictionary = &b->dictionary;
    b->schema.dictionary = &b->dictionary_schema;
}

static hone_table *imported(hone_ctx *ctx, batch *b) {
    hone_table *table = NULL;
    assert_ok(ctx, hn_arrow_import(ctx, &b->root, &b->root_schema, &table));
    assert_null(b->root.release); /* moved */
    assert_int_equal(table->view.n_columns, 1);
    return table;
}

static void refused(hone_ctx *ctx, batch *b, const char *message) {
    hone_table *table = (hone_table *)8;
    assert_status(ctx, hn_arrow_import(ctx, &b->root, &b->root_schema, &table), HONE_ERROR_DATA);
    assert_true(table == (hone_table *)8);
    assert_non_null(b->root.release); /* still the caller's */
    assert_message(ctx, message);
}

static void assert_printed(hone_ctx *ctx, const hn_column *column, int64_t i, const char *wanted) {
    HN_SCRATCH(ctx);
    hn_str str;
    hn_str_init(&str, ctx, ctx->scratch);
    hn_column_print(column, i, &str);
    assert_string_equal(str.text, wanted);
}

/* ---- formats --------------------------------------------------------------------------------- */

static const int8_t i8[] = {1, -2, 3, -4, 5};
static const uint8_t u8[] = {1, 254, 3, 252, 5};
static const int16_t i16[] = {1, -2000, 3, -4000, 5};
static const uint16_t u16[] = {1, 65000, 3, 64000, 5};
static const int32_t i32[] = {1, -200000, 3, -400000, 5};
static const uint32_t u32[] = {1, 4000000000u, 3, 4100000000u, 5};
static const int64_t i64[] = {1, -2, INT64_MAX, -4, 5};
static const uint64_t u64[] = {1, 2, INT64_MAX, 4, 5}, huge[] = {1, 2, UINT64_MAX, 4, 5};
static const float f32[] = {1, 0.5f, 3, -0.25f, 5};
static const double f64[] = {1, 0.1, 3, -0.2, 5};
static const uint16_t f16[] = {0x3c00, 0x3800, 0x7c00, 0xc400, 0x0001};
static const uint8_t bits[] = {0x15};
static const int64_t d128[] = {12345, 0, -12345, -1, INT64_MAX, 0, 1, 0, 0, 0};
static const int64_t us[] = {0, 1, -1, 1500000, 86400000000};
static const int32_t o32[] = {0, 1, 1, 4, 6, 7};
static const int64_t o64[] = {0, 1, 1, 4, 6, 7};
static const char letters[] = "abcdefg";

static const struct {
    const char *format;
    const void *values, *bytes;
    hn_type type;
    const char *printed[4]; /* elements 1 to 4; dates as numpy's datetime64 has them */
} formats[] = {
    {"c", i8, NULL, HN_I64, {"-2", "3", "-4", "5"}},
    {"C", u8, NULL, HN_I64, {"254", "3", "252", "5"}},
    {"s", i16, NULL, HN_I64, {"-2000", "3", "-4000", "5"}},
    {"S", u16, NULL, HN_I64, {"65000", "3", "64000", "5"}},
    {"i", i32, NULL, HN_I64, {"-200000", "3", "-400000", "5"}},
    {"I", u32, NULL, HN_I64, {"4000000000", "3", "4100000000", "5"}},
    {"l", i64, NULL, HN_I64, {"-2", "9223372036854775807", "-4", "5"}},
    {"L", u64, NULL, HN_I64, {"2", "9223372036854775807", "4", "5"}},
    {"L", huge, NULL, HN_F64, {"2", "18446744073709552000", "4", "5"}},
    {"e", f16, NULL, HN_F32, {"0.5", "inf", "-4", "5.960464477539063e-8"}},
    {"f", f32, NULL, HN_F32, {"0.5", "3", "-0.25", "5"}},
    {"g", f64, NULL, HN_F64, {"0.1", "3", "-0.2", "5"}},
    {"b", bits, NULL, HN_BOOL, {"false", "true", "false", "true"}},
    {"d:20,3", d128, NULL, HN_F64, {"-12.345", "9223372036854776", "0.001", "0"}},
    {"d:9,-2,64", i64, NULL, HN_F64, {"-200", "922337203685477600000", "-400", "500"}},
    {"d:9,1,32", i32, NULL, HN_F64, {"-20000", "0.3", "-40000", "0.5"}},
    {"tdD", i32, NULL, HN_TIME, {"1422-06-03", "1970-01-04", "0874-11-02", "1970-01-06"}},
    {"tdm",
     us,
     NULL,
     HN_TIME,
     {"1970-01-01T00:00:00.001", "1969-12-31T23:59:59.999", "1970-01-01T00:25:00", "1972-09-27"}},
    {"tss:",
     us,
     NULL,
     HN_TIME,
     {"1970-01-01T00:00:01", "1969-12-31T23:59:59", "1970-01-18T08:40:00", "4707-11-29"}},
    {"tsm:UTC",
     us,
     NULL,
     HN_TIME,
     {"1970-01-01T00:00:00.001", "1969-12-31T23:59:59.999", "1970-01-01T00:25:00", "1972-09-27"}},
    {"tsu:",
     us,
     NULL,
     HN_TIME,
     {"1970-01-01T00:00:00.000001", "1969-12-31T23:59:59.999999", "1970-01-01T00:00:01.5",
      "1970-01-02"}},
    {"tsn:Europe/Paris",
     us,
     NULL,
     HN_TIME,
     {"1970-01-01", "1969-12-31T23:59:59.999999", "1970-01-01T00:00:00.0015",
      "1970-01-01T00:01:26.4"}},
    {"u", o32, letters, HN_CATEGORY, {"", "bcd", "ef", "g"}},
    {"U", o64, letters, HN_CATEGORY, {"", "bcd", "ef", "g"}},
};

/* Each format: whole; with an offset, a parent's offset and nulls in both. */
static void every_format(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    for (size_t f = 0; f < sizeof formats / sizeof formats[0]; f++) {
        int64_t n_buffers = formats[f].bytes ? 3 : 2;
        batch b;
        init(&b, formats[f].format, 5, n_buffers, NULL, formats[f].values, formats[f].bytes);
        hone_table *t = imported(ctx, &b);
        const hn_column *x = &t->view.columns[0];
        assert_string_equal(hn_type_name(x->type), hn_type_name(formats[f].type));
        assert_int_equal(hn_column_count_missing(x), 0);
        for (int i = 0; i < 4; i++) assert_printed(ctx, x, i + 1, formats[f].printed[i]);
        n_released = 0;
        hone_table_free(ctx, t);
        assert_int_equal(n_released, 1);

        /* Rows 2 and 3 of the child (offset 1, parent's offset 1); row 3 is null in the child. */
        static const uint8_t child_valid = 0x17, parent_valid = 0x05;
        init(&b, formats[f].format, 4, n_buffers, &child_valid, formats[f].values,
             formats[f].bytes);
        b.column.offset = 1;
        b.column.length = 3;
        b.root.length = 2;
        b.root.offset = 1;
        t = imported(ctx, &b);
        x = &t->view.columns[0];
        assert_int_equal(x->n, 2);
        assert_printed(ctx, x, 0, formats[f].printed[1]);
        assert_true(hn_column_is_missing(x, 1));
        hone_table_free(ctx, t);

        init(&b, formats[f].format, 3, n_buffers, NULL, formats[f].values, formats[f].bytes);
        b.root_buffers[0] = &parent_valid;
        b.root.null_count = 1;
        t = imported(ctx, &b);
        assert_true(hn_column_is_missing(&t->view.columns[0], 1));
        assert_false(hn_column_is_missing(&t->view.columns[0], 2));
        hone_table_free(ctx, t);

        /* No rows, no buffers to speak of. */
        init(&b, formats[f].format, 0, n_buffers, NULL, NULL, NULL);
        t = imported(ctx, &b);
        assert_int_equal(t->view.n_rows, 0);
        hone_table_free(ctx, t);
    }
    hone_ctx_free(ctx);
}

static void borrowing(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    batch b;
    init(&b, "g", 5, 2, NULL, f64, NULL);
    hone_table *t = imported(ctx, &b);
    assert_true(t->view.columns[0].values == f64);
    hone_table_free(ctx, t);
    char *shifted = malloc(sizeof f64 + 1); /* not aligned: copied */
    memcpy(shifted + 1, f64, sizeof f64);
    init(&b, "g", 5, 2, NULL, shifted + 1, NULL);
    t = imported(ctx, &b);
    assert_same_double(hn_column_double(&t->view.columns[0], 3), -0.2);
    hone_table_free(ctx, t);
    free(shifted);
    hone_ctx_free(ctx);
}

static void views_and_nulls(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    /* utf8_view: a short text stands in the view, a long one in a buffer. */
    struct view {
        int32_t length;
        char prefix[4];
        int32_t buffer, offset;
    } views[3] = {{5, "shor", 0, 0}, {16, "a lo", 0, 2}, {0, "", 0, 0}};
    memcpy((char *)&views[0] + 4, "short", 5);
    static const char data[] = "..a long text of 16";
    int64_t sizes[] = {18};
    batch b;
    init(&b, "vu", 3, 4, NULL, views, data);
    b.buffers[3] = sizes;
    hone_table *t = imported(ctx, &b);
    assert_printed(ctx, &t->view.columns[0], 0, "short");
    assert_printed(ctx, &t->view.columns[0], 1, "a long text of 1");
    assert_printed(ctx, &t->view.columns[0], 2, "");
    hone_table_free(ctx, t);
    views[1].offset = 3;
    init(&b, "vu", 3, 4, NULL, views, data);
    b.buffers[3] = sizes;
    refused(ctx, &b, "out of order or range");

    init(&b, "n", 3, 0, NULL, NULL, NULL);
    t = imported(ctx, &b);
    assert_int_equal(hn_column_count_missing(&t->view.columns[0]), 3);
    hone_table_free(ctx, t);
    hone_ctx_free(ctx);
}

static void dictionaries(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    static const int8_t c8[] = {0, 2, 1, 2, 0};
    static const uint8_t cu8[] = {0, 2, 1, 2, 0};
    static const int16_t c16[] = {0, 2, 1, 2, 0};
    static const uint16_t cu16[] = {0, 2, 1, 2, 0};
    static const int32_t c32[] = {0, 2, 1, 2, 0};
    static const uint32_t cu32[] = {0, 2, 1, 2, 0};
    static const int64_t c64[] = {0, 2, 1, 2, 0};
    static const uint64_t cu64[] = {0, 2, 1, 2, 0};
    static const struct {
        const char *format;
        const void *codes;
    } kinds[] = {{"c", c8},  {"C", cu8},  {"s", c16}, {"S", cu16},
                 {"i", c32}, {"I", cu32}, {"l", c64}, {"L", cu64}};
    static const int64_t offsets[] = {0, 2, 3, 5};
    static const int32_t offsets32[] = {0, 2, 3, 5};
    for (int k = 0; k < 8; k++)
        for (int sorted = 0; sorted < 2; sorted++) {
            batch b;
            init(&b, kinds[k].format, 5, 2, NULL, kinds[k].codes, NULL);
            if (sorted)
                add_dictionary(&b, "U", 3, offsets, "aabcc");
            else
                add_dictionary(&b, "u", 3, offsets32, "ccbaa");
            hone_table *t = imported(ctx, &b);
            const hn_column *x = &t->view.columns[0];
            assert_int_equal(x->type, HN_CATEGORY);
            assert_true(hn_dictionary_is_sorted(x->dictionary));
            assert_printed(ctx, x, 0, sorted ? "aa" : "cc");
            assert_printed(ctx, x, 3, sorted ? "cc" : "aa");
            assert_true((x->values == kinds[k].codes) == (k == 4 && sorted));
            hone_table_free(ctx, t);
        }
    /* Where a row is null its index may be anything, and is not handed on. */
    static const int32_t wild[] = {0, 1 << 30, 1, -7, 0};
    static const uint8_t rows_valid = 0x15;
    batch w;
    init(&w, "i", 5, 2, &rows_valid, wild, NULL);
    add_dictionary(&w, "U", 3, offsets, "aabcc");
    hone_table *own = imported(ctx, &w);
    for (int i = 0; i < 5; i++)
        assert_true(hn_column_code(&own->view.columns[0], i) < own->view.columns[0].dictionary->n);
    assert_int_equal(hn_column_code(&own->view.columns[0], 3), HN_UNKNOWN);
    hone_table_free(ctx, own);
    /* A null among the texts is a null among the rows. */
    static const uint8_t texts_valid = 0x3;
    batch b;
    init(&b, "i", 5, 2, NULL, c32, NULL);
    add_dictionary(&b, "U", 3, offsets, "aabcc");
    b.dictionary_buffers[0] = &texts_valid;
    b.dictionary.null_count = 1;
    hone_table *t = imported(ctx, &b);
    assert_int_equal(hn_column_count_missing(&t->view.columns[0]), 2);
    assert_true(hn_column_is_missing(&t->view.columns[0], 1));
    hone_table_free(ctx, t);

    static const int32_t outside[] = {0, 3}, negative[] = {0, -1};
    init(&b, "i", 2, 2, NULL, outside, NULL);
    add_dictionary(&b, "U", 3, offsets, "aabcc");
    refused(ctx, &b, "outside its dictionary");
    init(&b, "i", 2, 2, NULL, negative, NULL);
    add_dictionary(&b, "U", 3, offsets, "aabcc");
    refused(ctx, &b, "outside its dictionary");
    init(&b, "i", 2, 2, NULL, c32, NULL);
    add_dictionary(&b, "l", 3, offsets, NULL);
    refused(ctx, &b, "other than text");
    init(&b, "g", 2, 2, NULL, f64, NULL);
    add_dictionary(&b, "U", 3, offsets, "aabcc");
    refused(ctx, &b, "no integers");
    init(&b, "i", 2, 2, NULL, c32, NULL);
    add_dictionary(&b, "U", 3, offsets, "aabcc");
    b.column.dictionary = NULL;
    refused(ctx, &b, "lacks its dictionary");
    hone_ctx_free(ctx);
}

static void hostile(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    batch b;
#define HOSTILE(change, message)                                                                   \
    do {                                                                                           \
        init(&b, "g", 5, 2, NULL, f64, NULL);                                                      \
        change;                                                                                    \
        refused(ctx, &b, message);                                                                 \
    } while (0)
    HOSTILE(b.root_schema.format = "g", "no struct");
    HOSTILE(b.root.n_children = 2, "another number of columns");
    HOSTILE(b.root.children = NULL, "lacks its columns");
    HOSTILE(b.columns[0] = NULL, "released");
    HOSTILE(b.schemas[0] = NULL, "no format");
    HOSTILE(b.schema.format = NULL, "no format");
    HOSTILE(b.column.release = NULL, "released");
    HOSTILE(b.root.length = -1, "impossible counts");
    HOSTILE(b.root.offset = INT64_MAX, "impossible counts");
    HOSTILE(b.column.length = INT64_MAX / 2, "impossible counts");
    HOSTILE(b.column.null_count = 6, "impossible counts");
    HOSTILE(b.column.offset = -1, "impossible counts");
    HOSTILE(b.column.length = 4, "shorter than the table");
    HOSTILE(b.root.offset = 1, "shorter than the table");
    HOSTILE(b.column.n_buffers = 1, "lacks buffers");
    HOSTILE(b.column.buffers = NULL, "lacks buffers");
    HOSTILE(b.buffers[1] = NULL, "buffer that is NULL");
    static const char *const formats_refused[] = {
        "+l", "+s", "z",   "Z",         "w:16",      "ttu",  "tDs", "tiM",
        "",   "gg", "d:9", "d:9,2,256", "d:9,99999", "tsx:", "+vl", "+r"};
    for (size_t i = 0; i < sizeof formats_refused / sizeof formats_refused[0]; i++) {
        HOSTILE(b.schema.format = formats_refused[i], "column 'x'");
        assert_string_equal(hone_ctx_error(ctx)->column, "x");
    }
    static const int32_t backwards[] = {0, 3, 1, 4, 6, 7}, below[] = {-1, 3, 4, 4, 6, 7};
    init(&b, "u", 5, 3, NULL, backwards, letters);
    refused(ctx, &b, "out of order");
    init(&b, "u", 5, 3, NULL, below, letters);
    refused(ctx, &b, "out of order");
    static const int64_t far[] = {INT64_MAX, INT64_MIN, 0};
    init(&b, "tss:", 3, 2, NULL, far, NULL);
    refused(ctx, &b, "year 290000");

    struct ArrowArray released = {.length = 0};
    hone_table *t;
    assert_status(ctx, hn_arrow_import(ctx, &released, &b.root_schema, &t), HONE_ERROR_DATA);
    hone_ctx_free(ctx);
}

/* ---- there and back -------------------------------------------------------------------------- */

static void round_trip(void **state) {
    (void)state;
    for (int64_t n = 0; n < 2000; n = n * 3 + 1) {
        hone_ctx *ctx = test_ctx(2);
        hn_table table, slice;
        struct ArrowArray array;
        struct ArrowSchema schema;
        hone_table *back;
        char a[65], b[65];
        assert_ok(ctx, sample_table(ctx, ctx->scratch, n + 9, &table));
        assert_ok(ctx, hn_table_slice(ctx, ctx->scratch, &table, 5, n + 5, &slice));
        assert_ok(ctx, hn_arrow_export(ctx, &slice, &array, &schema));
        assert_int_equal(array.length, n);
        assert_ok(ctx, hn_arrow_import(ctx, &array, &schema, &back));
        schema.release(&schema);
        /* Few texts come back as a category even if the rest of the rows made them strings. */
        if (back->view.columns[5].type == slice.columns[5].type) {
            assert_ok(ctx, hn_table_hash(ctx, &slice, a));
            assert_ok(ctx, hn_table_hash(ctx, &back->view, b));
            assert_string_equal(a, b);
        }
        hone_table_free(ctx, back);
        hone_ctx_free(ctx);
    }
}

/* Children moved away and released after their parent, as the interface allows. */
static void moved_children(void **state) {
    (void)state;
    test_memory memory = {.fail_at = 0};
    hone_allocator allocator = test_allocator(&memory);
    hone_ctx_options options = {.threads = 1, .allocator = &allocator};
    hone_ctx *ctx = hone_ctx_new(&options);
    hn_table table;
    struct ArrowArray array, child;
    struct ArrowSchema schema, schema_child;
    assert_ok(ctx, sample_table(ctx, ctx->scratch, 100, &table));
    assert_ok(ctx, hn_arrow_export(ctx, &table, &array, &schema));
    hone_ctx_free(ctx); /* the copy owns itself */
    child = *array.children[4];
    array.children[4]->release = NULL;
    array.release(&array);
    assert_null(array.release);
    assert_true(child.release != NULL && child.dictionary->length == 11);
    assert_true(((const int32_t *)child.buffers[1])[99] < 11);
    child.release(&child);
    schema_child = *schema.children[4];
    schema.children[4]->release = NULL;
    schema.release(&schema);
    assert_string_equal(schema_child.name, "category");
    assert_string_equal(schema_child.dictionary->format, "U");
    schema_child.release(&schema_child);
    assert_int_equal(atomic_load(&memory.live_blocks), 0);
}

static hone_status there_and_back(hone_ctx *ctx, void *arg) {
    (void)arg;
    HN_SCRATCH(ctx);
    hn_table table;
    struct ArrowArray array;
    struct ArrowSchema schema;
    hone_table *back = NULL;
    HN_TRY(sample_table(ctx, ctx->scratch, 40, &table));
    HN_TRY(hn_arrow_export(ctx, &table, &array, &schema));
    hone_status status = hn_arrow_import(ctx, &array, &schema, &back);
    if (array.release) array.release(&array);
    schema.release(&schema);
    hone_table_free(ctx, back);
    return status;
}

static void failing_allocations(void **state) {
    (void)state;
    test_every_allocation(1, there_and_back, NULL);
}

/* ---- streams --------------------------------------------------------------------------------- */

/* Rows begin..end-1 of a table in batches of so many rows. */
typedef struct batches {
    hone_ctx *ctx;
    const hn_table *table;
    int64_t at, step;
    bool fails;
} batches;

static int next_schema(struct ArrowArrayStream *stream, struct ArrowSchema *ret) {
    batches *b = stream->private_data;
    struct ArrowArray array;
    if (hn_arrow_export(b->ctx, b->table, &array, ret) != HONE_OK) return 1;
    array.release(&array);
    return 0;
}

static int next_batch(struct ArrowArrayStream *stream, struct ArrowArray *ret) {
    batches *b = stream->private_data;
    hn_table part;
    struct ArrowSchema schema;
    ret->release = NULL;
    if (b->fails && b->at > 0) return 1;
    if (b->at >= b->table->n_rows) return 0;
    HN_SCRATCH(b->ctx);
    int64_t end = b->at + b->step < b->table->n_rows ? b->at + b->step : b->table->n_rows;
    if (hn_table_slice(b->ctx, b->ctx->scratch, b->table, b->at, end, &part) != HONE_OK ||
        hn_arrow_export(b->ctx, &part, ret, &schema) != HONE_OK)
        return 1;
    schema.release(&schema);
    b->at = end;
    return 0;
}

static const char *why(struct ArrowArrayStream *stream) {
    (void)stream;
    return "the tap ran dry";
}

static void release_stream(struct ArrowArrayStream *stream) { stream->release = NULL; }

static hone_status read_stream(hone_ctx *ctx, batches *b, hone_table **ret_table) {
    struct ArrowArrayStream stream = {next_schema, next_batch, why, release_stream, b};
    b->ctx = ctx;
    return hn_arrow_import_stream(ctx, &stream, ret_table);
}

/* However a table is cut, it is the same table. */
static void streams(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    hn_table table;
    char wanted[65], got[65];
    assert_ok(ctx, sample_table(ctx, ctx->scratch, 500, &table));
    assert_ok(ctx, hn_table_hash(ctx, &table, wanted));
    for (int64_t step = 500; step > 3; step = step / 3 + 1) {
        hone_table *back;
        assert_ok(ctx, read_stream(ctx, &(batches){.table = &table, .step = step}, &back));
        assert_ok(ctx, hn_table_hash(ctx, &back->view, got));
        assert_string_equal(got, wanted);
        hone_table_free(ctx, back);
    }
    hn_table none = {.n_columns = table.n_columns};
    assert_ok(ctx, hn_table_slice(ctx, ctx->scratch, &table, 0, 0, &none));
    hone_table *empty;
    assert_ok(ctx, read_stream(ctx, &(batches){.table = &none, .step = 1}, &empty));
    assert_int_equal(empty->view.n_columns, table.n_columns);
    assert_int_equal(empty->view.n_rows, 0);
    hone_table_free(ctx, empty);
    assert_status(ctx,
                  read_stream(ctx, &(batches){.table = &table, .step = 9, .fails = true}, &empty),
                  HONE_ERROR_DATA);
    assert_message(ctx, "the tap ran dry");
    struct ArrowArrayStream released = {0};
    assert_status(ctx, hn_arrow_import_stream(ctx, &released, &empty), HONE_ERROR_DATA);
    hone_ctx_free(ctx);
}

static hone_status joined(hone_ctx *ctx, void *arg) {
    (void)arg;
    HN_SCRATCH(ctx);
    hn_table table;
    hone_table *back;
    hone_ctx *other = test_ctx(1); /* what the producer does never fails */
    hone_status status = sample_table(other, other->scratch, 30, &table);
    batches b = {.table = &table, .step = 11};
    struct ArrowArrayStream stream = {next_schema, next_batch, why, release_stream, &b};
    b.ctx = other;
    if (status == HONE_OK) status = hn_arrow_import_stream(ctx, &stream, &back);
    if (status == HONE_OK) hone_table_free(ctx, back);
    hone_ctx_free(other);
    return status;
}

static void failing_streams(void **state) {
    (void)state;
    test_every_allocation(1, joined, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format),    cmocka_unit_test(borrowing),
        cmocka_unit_test(views_and_nulls), cmocka_unit_test(dictionaries),
        cmocka_unit_test(hostile),         cmocka_unit_test(round_trip),
        cmocka_unit_test(moved_children),  cmocka_unit_test(failing_allocations),
        cmocka_unit_test(streams),         cmocka_unit_test(failing_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
