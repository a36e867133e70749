/* write_parquet.c - tables as Parquet (github.com/apache/parquet-format): row groups of at most 2^17 rows, their
 * columns made in parallel, pages compressed with Zstandard where libzstd is there.
 *
 * Every column is optional. Categories are written as a dictionary of the texts in use and indices. The schema
 * stands in the file a second time as Arrow has it, so that readers know categories as such. */
#include "table/thrift.h"
#include "table/writing.h"

#include "base/parallel.h"

#include <string.h>

enum { GROUP = 1 << 17 }; /* rows */
enum { BOOLEAN = 0, INT64 = 2, FLOAT = 4, DOUBLE = 5, BYTE_ARRAY = 6 };
enum { PLAIN = 0, RLE = 3, RLE_DICTIONARY = 8 };
enum { UNCOMPRESSED = 0, ZSTD = 6 };
enum { DATA_PAGE = 0, DICTIONARY_PAGE = 2 };
enum { UTF8 = 0 };

/* A column of a row group: its pages and what the footer says of them. */
typedef struct chunk {
    hn_arena arena;
    hn_str pages;
    int64_t n_nulls, raw; /* raw: bytes before compression, with headers */
    int64_t data_at;      /* where in pages the data page begins: after the dictionary's */
    int64_t at;           /* where pages begin in the file */
    int64_t length;
    int codec;
} chunk;

typedef struct group {
    int64_t n_rows, bytes;
    chunk *chunks; /* [n_columns] */
} group;

typedef struct state {
    group *groups;
    int64_t n, capacity;
} state;

static int physical(hn_type type) {
    static const int types[HN_TYPE_COUNT] = {
        [HN_F64] = DOUBLE,          [HN_F32] = FLOAT,         [HN_I64] = INT64, [HN_BOOL] = BOOLEAN,
        [HN_CATEGORY] = BYTE_ARRAY, [HN_STRING] = BYTE_ARRAY, [HN_TIME] = INT64};
    return types[type];
}

/* ---- values ---------------------------------------------------------------------------------- */

static void put_u32(hn_str *str, uint32_t value) {
    hn_str_put_n(str, (const char *)&value, sizeof value);
}

static void put_varint(hn_str *str, uint64_t value) {
    for (; value >= 128; value >>= 7) hn_str_put_c(str, (char)(value | 128));
    hn_str_put_c(str, (char)value);
}

static void put_text(hn_str *str, hn_slice text) {
    put_u32(str, (uint32_t)text.length);
    hn_str_put_n(str, text.text, text.length);
}

/* n numbers of `bits` bits each, packed from the lowest bit on, after the header of one run of them; filled
 * up to eight. */
static void put_packed(hn_str *str, const uint32_t *values, int64_t n, int bits) {
    uint64_t gathered = 0;
    int held = 0;
    put_varint(str, (uint64_t)((n + 7) / 8) << 1 | 1);
    for (int64_t i = 0; i < (n + 7) / 8 * 8; i++) {
        gathered |= (uint64_t)(i < n ? values[i] : 0) << held;
        for (held += bits; held >= 8; held -= 8, gathered >>= 8) hn_str_put_c(str, (char)gathered);
    }
}

static bool is_null(const hn_column *column, int64_t i) {
    if (hn_column_is_missing(column, i)) return true;
    return column->type == HN_CATEGORY && hn_column_code(column, i) == HN_UNKNOWN;
}

/* Which rows have a value: one run where all have, else a bit each. Their length comes first. */
static hone_status put_levels(hone_ctx *ctx, hn_str *str, const hn_column *column, chunk *c) {
    HN_SCRATCH(ctx);
    uint32_t *levels;
    hn_str runs;
    hn_str_init(&runs, ctx, ctx->scratch);
    HN_TRY(HN_SCRATCH_NEW(ctx, levels, column->n + 1));
    for (int64_t i = 0; i < column->n; i++) {
        levels[i] = !is_null(column, i);
        c->n_nulls += !levels[i];
    }
    if (c->n_nulls == 0) {
        put_varint(&runs, (uint64_t)column->n << 1);
        hn_str_put_c(&runs, 1);
    } else {
        put_packed(&runs, levels, column->n, 1);
    }
    HN_TRY(hn_str_status(&runs));
    put_u32(str, (uint32_t)runs.length);
    hn_str_put_n(str, runs.text, runs.length);
    return HONE_OK;
}

static void put_booleans(hn_str *str, const hn_column *column) {
    unsigned byte = 0;
    int held = 0;
    for (int64_t i = 0; i < column->n; i++) {
        if (is_null(column, i)) continue;
        byte |= (unsigned)(((const uint8_t *)column->values)[i * column->stride] != 0) << held;
        if (++held < 8) continue;
        hn_str_put_c(str, (char)byte);
        byte = 0;
        held = 0;
    }
    if (held) hn_str_put_c(str, (char)byte);
}

static void put_values(hn_str *str, const hn_column *column, int64_t n_nulls) {
    size_t size = hn_type_size(column->type);
    if (column->type == HN_BOOL) {
        put_booleans(str, column);
        return;
    }
    if (n_nulls == 0 && column->stride == (int64_t)size) {
        hn_str_put_n(str, column->values, (size_t)column->n * size);
        return;
    }
    hn_str_reserve(str, (size_t)(column->n - n_nulls) * size);
    for (int64_t i = 0; i < column->n; i++)
        if (!is_null(column, i))
            hn_str_put_n(str, (const char *)column->values + i * column->stride, size);
}

/* ---- pages ----------------------------------------------------------------------------------- */

/* Header and body, compressed. n: values in a data page, texts in a dictionary's. */
static hone_status put_page(hone_ctx *ctx, chunk *c, int kind, int64_t n, int encoding,
                            const hn_str *body) {
    HN_SCRATCH(ctx);
    unsigned char *packed;
    size_t length;
    HN_TRY(hn_str_status(body));
    if (body->length > INT32_MAX)
        return hn_fail(
            ctx, HONE_ERROR_UNSUPPORTED,
            "a column has more than 2 GB of text in %d rows, which Parquet's pages cannot "
            "hold; write .arrow or .csv",
            (int)GROUP);
    HN_TRY(hn_zstd_block(ctx, ctx->scratch, body->text, body->length, &packed, &length));
    c->codec = packed ? ZSTD : UNCOMPRESSED;
    if (!packed) length = body->length;
    hn_thrift t;
    hn_thrift_init(&t, ctx, ctx->scratch);
    hn_thrift_i32(&t, 1, kind);
    hn_thrift_i32(&t, 2, (int32_t)body->length);
    hn_thrift_i32(&t, 3, (int32_t)length);
    hn_thrift_begin(&t, kind == DATA_PAGE ? 5 : 7);
    hn_thrift_i32(&t, 1, (int32_t)n);
    hn_thrift_i32(&t, 2, encoding);
    if (kind == DATA_PAGE) {
        hn_thrift_i32(&t, 3, RLE);
        hn_thrift_i32(&t, 4, RLE);
    }
    hn_thrift_end(&t);
    hn_thrift_end(&t);
    HN_TRY(hn_str_status(&t.out));
    hn_str_put_n(&c->pages, t.out.text, t.out.length);
    hn_str_put_n(&c->pages, packed ? (const char *)packed : body->text, length);
    c->raw += (int64_t)(t.out.length + body->length);
    return hn_str_status(&c->pages);
}

/* The texts in use get numbers in the dictionary's order. */
static hone_status put_category(hone_ctx *ctx, chunk *c, const hn_column *column, hn_str *body) {
    uint32_t *places, *indices, n = 0;
    int64_t present = 0;
    hn_str texts;
    const hn_dictionary *dictionary = column->dictionary;
    hn_str_init(&texts, ctx, ctx->scratch);
    HN_TRY(HN_SCRATCH_NEW(ctx, places, (size_t)dictionary->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, indices, column->n + 1));
    for (int64_t i = 0; i < column->n; i++)
        if (!is_null(column, i)) places[hn_column_code(column, i)] = 1;
    for (int32_t code = 0; code < dictionary->n; code++) {
        if (!places[code]) continue;
        places[code] = n++;
        put_text(&texts, hn_dictionary_text(dictionary, code));
    }
    for (int64_t i = 0; i < column->n; i++)
        if (!is_null(column, i)) indices[present++] = places[hn_column_code(column, i)];
    HN_TRY(put_page(ctx, c, DICTIONARY_PAGE, n, PLAIN, &texts));
    c->data_at = (int64_t)c->pages.length;
    int bits = 1;
    while (bits < 32 && n > 1 && (n - 1) >> bits) bits++;
    hn_str_put_c(body, (char)bits);
    put_packed(body, indices, present, bits);
    return HONE_OK;
}

typedef struct job {
    const hn_table *rows;
    chunk *chunks;
} job;

static hone_status make_chunk(hone_ctx *ctx, void *arg, hn_chunk which) {
    const job *j = arg;
    HN_SCRATCH(ctx);
    const hn_column *column = &j->rows->columns[which.index];
    chunk *c = &j->chunks[which.index];
    hn_str body;
    hn_str_init(&body, ctx, ctx->scratch);
    hn_str_init(&c->pages, ctx, &c->arena);
    HN_TRY(put_levels(ctx, &body, column, c));
    bool category = column->type == HN_CATEGORY;
    if (category) {
        HN_TRY(put_category(ctx, c, column, &body));
    } else if (column->type == HN_STRING) {
        for (int64_t i = 0; i < column->n; i++)
            if (!is_null(column, i)) put_text(&body, hn_column_text(column, i));
    } else {
        put_values(&body, column, c->n_nulls);
    }
    return put_page(ctx, c, DATA_PAGE, column->n, category ? RLE_DICTIONARY : PLAIN, &body);
}

/* ---- row groups ------------------------------------------------------------------------------ */

static hone_status new_group(hone_ctx *ctx, hn_writer *writer, group **ret_group) {
    state *s = writer->state;
    if (s->n == s->capacity) {
        int64_t capacity = s->capacity ? 2 * s->capacity : 16;
        group *groups;
        HN_TRY(HN_NEW(ctx, &writer->arena, groups, capacity));
        if (s->n) memcpy(groups, s->groups, (size_t)s->n * sizeof *groups);
        s->groups = groups;
        s->capacity = capacity;
    }
    group *g = &s->groups[s->n];
    HN_TRY(HN_NEW(ctx, &writer->arena, g->chunks, (size_t)writer->schema.n_columns + 1));
    s->n++;
    *ret_group = g;
    return HONE_OK;
}

static hone_status write_group(hone_ctx *ctx, hn_writer *writer, const hn_table *rows) {
    group *g;
    int32_t n = rows->n_columns;
    HN_TRY(new_group(ctx, writer, &g));
    job j = {.rows = rows, .chunks = g->chunks};
    for (int32_t i = 0; i < n; i++) hn_arena_init(&g->chunks[i].arena, ctx->allocator);
    hone_status status = hn_parallel(ctx, n, 1, make_chunk, &j);
    for (int32_t i = 0; i < n; i++) {
        chunk *c = &g->chunks[i];
        c->at = writer->at;
        c->length = (int64_t)c->pages.length;
        g->bytes += c->raw;
        if (status == HONE_OK)
            status = hn_writer_bytes(ctx, writer, c->pages.text, c->pages.length);
        hn_arena_done(&c->arena);
    }
    g->n_rows = rows->n_rows;
    return status;
}

static hone_status begin(hone_ctx *ctx, hn_writer *writer) {
    state *s;
    HN_TRY(HN_NEW(ctx, &writer->arena, s, 1));
    writer->state = s;
    return hn_writer_bytes(ctx, writer, "PAR1", 4);
}

static hone_status put(hone_ctx *ctx, hn_writer *writer, const hn_table *table) {
    HN_SCRATCH(ctx);
    for (int64_t from = 0; from < table->n_rows; from += GROUP) {
        int64_t end = table->n_rows - from > GROUP ? from + GROUP : table->n_rows;
        hn_table rows;
        HN_TRY(hn_table_slice(ctx, ctx->scratch, table, from, end, &rows));
        HN_TRY(write_group(ctx, writer, &rows));
        hn_progress(ctx, "write", end, table->n_rows, "rows");
    }
    return HONE_OK;
}

/* ---- the footer ------------------------------------------------------------------------------ */

static void put_schema(hn_thrift *t, const hn_table *schema) {
    hn_thrift_list(t, 2, HN_THRIFT_STRUCT, schema->n_columns + 1);
    hn_thrift_item(t);
    hn_thrift_bytes(t, 4, "schema", 6);
    hn_thrift_i32(t, 5, schema->n_columns);
    hn_thrift_end(t);
    for (int32_t j = 0; j < schema->n_columns; j++) {
        const hn_column *column = &schema->columns[j];
        hn_thrift_item(t);
        hn_thrift_i32(t, 1, physical(column->type));
        hn_thrift_i32(t, 3, 1); /* optional */
        hn_thrift_bytes(t, 4, column->name, strlen(column->name));
        if (physical(column->type) == BYTE_ARRAY) {
            hn_thrift_i32(t, 6, UTF8);
            hn_thrift_begin(t, 10);
            hn_thrift_begin(t, 1); /* string */
            hn_thrift_end(t);
            hn_thrift_end(t);
        } else if (column->type == HN_TIME) {
            hn_thrift_begin(t, 10);
            hn_thrift_begin(t, 8); /* timestamp, without zone, in microseconds */
            hn_thrift_bool(t, 1, false);
            hn_thrift_begin(t, 2);
            hn_thrift_begin(t, 2);
            hn_thrift_end(t);
            hn_thrift_end(t);
            hn_thrift_end(t);
            hn_thrift_end(t);
        }
        hn_thrift_end(t);
    }
}

static void put_chunk(hn_thrift *t, const hn_column *column, const chunk *c, int64_t n_rows) {
    bool category = column->type == HN_CATEGORY;
    hn_thrift_item(t);
    hn_thrift_i64(t, 2, c->at);
    hn_thrift_begin(t, 3);
    hn_thrift_i32(t, 1, physical(column->type));
    hn_thrift_list(t, 2, HN_THRIFT_I32, category ? 3 : 2);
    hn_thrift_put_int(t, PLAIN);
    hn_thrift_put_int(t, RLE);
    if (category) hn_thrift_put_int(t, RLE_DICTIONARY);
    hn_thrift_list(t, 3, HN_THRIFT_BINARY, 1);
    hn_thrift_put_bytes(t, column->name, strlen(column->name));
    hn_thrift_i32(t, 4, c->codec);
    hn_thrift_i64(t, 5, n_rows);
    hn_thrift_i64(t, 6, c->raw);
    hn_thrift_i64(t, 7, c->length);
    hn_thrift_i64(t, 9, c->at + c->data_at);
    if (category) hn_thrift_i64(t, 11, c->at);
    hn_thrift_begin(t, 12);
    hn_thrift_i64(t, 3, c->n_nulls);
    hn_thrift_end(t);
    hn_thrift_end(t);
    hn_thrift_end(t);
}

static void put_groups(hn_thrift *t, const hn_writer *writer) {
    const state *s = writer->state;
    hn_thrift_list(t, 4, HN_THRIFT_STRUCT, s->n);
    for (int64_t i = 0; i < s->n; i++) {
        const group *g = &s->groups[i];
        hn_thrift_item(t);
        hn_thrift_list(t, 1, HN_THRIFT_STRUCT, writer->schema.n_columns);
        for (int32_t j = 0; j < writer->schema.n_columns; j++)
            put_chunk(t, &writer->schema.columns[j], &g->chunks[j], g->n_rows);
        hn_thrift_i64(t, 2, g->bytes);
        hn_thrift_i64(t, 3, g->n_rows);
        hn_thrift_end(t);
    }
}

static void put_base64(hn_str *str, const unsigned char *bytes, size_t length) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < length; i += 3) {
        uint32_t three = (uint32_t)bytes[i] << 16;
        if (i + 1 < length) three |= (uint32_t)bytes[i + 1] << 8;
        if (i + 2 < length) three |= bytes[i + 2];
        hn_str_put_c(str, digits[three >> 18]);
        hn_str_put_c(str, digits[three >> 12 & 63]);
        hn_str_put_c(str, i + 1 < length ? digits[three >> 6 & 63] : '=');
        hn_str_put_c(str, i + 2 < length ? digits[three & 63] : '=');
    }
}

static hone_status end(hone_ctx *ctx, hn_writer *writer) {
    HN_SCRATCH(ctx);
    const unsigned char *message;
    size_t length;
    hn_str base64;
    hn_thrift t;
    HN_TRY(hn_arrow_schema_message(ctx, ctx->scratch, &writer->schema, &message, &length));
    hn_str_init(&base64, ctx, ctx->scratch);
    put_base64(&base64, message, length);
    HN_TRY(hn_str_status(&base64));
    hn_thrift_init(&t, ctx, ctx->scratch);
    hn_thrift_i32(&t, 1, 1);
    put_schema(&t, &writer->schema);
    hn_thrift_i64(&t, 3, writer->n_rows);
    put_groups(&t, writer);
    hn_thrift_list(&t, 5, HN_THRIFT_STRUCT, 1);
    hn_thrift_item(&t);
    hn_thrift_bytes(&t, 1, "ARROW:schema", strlen("ARROW:schema"));
    hn_thrift_bytes(&t, 2, base64.text, base64.length);
    hn_thrift_end(&t);
    hn_thrift_bytes(&t, 6, "hone", 4);
    hn_thrift_end(&t);
    HN_TRY(hn_str_status(&t.out));
    uint32_t size = (uint32_t)t.out.length;
    HN_TRY(hn_writer_bytes(ctx, writer, t.out.text, t.out.length));
    HN_TRY(hn_writer_bytes(ctx, writer, &size, sizeof size));
    return hn_writer_bytes(ctx, writer, "PAR1", 4);
}

const hn_writer_format hn_write_parquet = {
    .endings = (const char *const[]){".parquet", ".pq", NULL},
    .begin = begin,
    .put = put,
    .end = end,
};
