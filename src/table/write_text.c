/* write_text.c - tables as CSV, TSV, NDJSON and JSON; see write.h.
 *
 * Blocks of rows are formatted in parallel, each into text of its own, and written in order; so the
 * bytes are the same for any number of threads. Names and category texts are escaped once. */
#include "table/writing.h"

#include "base/json.h"
#include "base/parallel.h"

#include <string.h>

typedef enum kind { CSV, TSV, NDJSON, JSON } kind;

enum { BLOCK = 4096 }; /* rows formatted at once by one thread */

/* What a column needs for every row, prepared once. */
typedef struct prepared {
    hn_slice name;   /* escaped; in JSON with its colon */
    hn_slice *texts; /* category texts, escaped, by code; NULL otherwise */
    bool date_only;  /* every timestamp is a midnight */
} prepared;

typedef struct rows {
    const hn_table *table;
    kind format;
    prepared *columns;
    int64_t first_row; /* of the blocks in hand */
    int64_t n_rows;
    bool follows; /* the table's rows come after others */
    hn_str *blocks;
    hn_arena *arenas; /* one per block in hand: workers don't share any */
} rows;

/* ---- single values --------------------------------------------------------------------------- */

static bool needs_quotes(hn_slice text, char delimiter) {
    if (text.length == 0) return false;
    /* A blank at either end would be cut off when read. */
    if (text.text[0] <= ' ' || text.text[text.length - 1] <= ' ') return true;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.text[i];
        if (c == delimiter || c == '"' || c == '\n' || c == '\r') return true;
    }
    return false;
}

static void put_csv_text(hn_str *str, hn_slice text, char delimiter) {
    if (!needs_quotes(text, delimiter)) {
        hn_str_put_n(str, text.text, text.length);
        return;
    }
    hn_str_put_c(str, '"');
    for (const char *at = text.text, *end = at + text.length; at < end;) {
        const char *quote = memchr(at, '"', (size_t)(end - at));
        size_t plain = (size_t)((quote ? quote : end) - at);
        hn_str_put_n(str, at, plain);
        if (quote) hn_str_put_n(str, "\"\"", 2);
        at += plain + (quote != NULL);
    }
    hn_str_put_c(str, '"');
}

static void put_text(hn_str *str, hn_slice text, kind format) {
    if (format == CSV || format == TSV)
        put_csv_text(str, text, format == TSV ? '\t' : ',');
    else
        hn_json_put_string(str, text.text, text.length);
}

static void put_double(hn_str *str, double value, kind format) {
    char buffer[32];
    bool json = format == JSON || format == NDJSON;
    if (json && isinf(value))
        hn_str_put_n(str, "null", 4); /* JSON knows no infinity */
    else if (json && value == 0 && signbit(value))
        hn_str_put_n(str, "-0.0", 4); /* an integer's zero would lose its sign */
    else
        hn_str_put_n(str, buffer, hn_format_double(value, buffer));
}

static void put_time(hn_str *str, int64_t value, bool date_only, kind format) {
    char buffer[HN_TIME_SIZE];
    size_t length = hn_time_format(value, date_only, buffer);
    bool quoted = format == JSON || format == NDJSON;
    if (quoted) hn_str_put_c(str, '"');
    hn_str_put_n(str, buffer, length);
    if (quoted) hn_str_put_c(str, '"');
}

static void put_value(hn_str *str, const hn_column *column, int64_t i, const prepared *p,
                      kind format) {
    bool json = format == JSON || format == NDJSON;
    const char *at =
        column->type == HN_STRING ? NULL : (const char *)column->values + i * column->stride;
    char buffer[32];
    hn_slice text;
    if (hn_column_is_missing(column, i)) {
        if (json) hn_str_put_n(str, "null", 4);
        return;
    }
    switch (column->type) {
    case HN_F64: put_double(str, *(const double *)(const void *)at, format); return;
    case HN_F32: put_double(str, (double)*(const float *)(const void *)at, format); return;
    case HN_I64:
        hn_str_put_n(str, buffer, hn_format_int(*(const int64_t *)(const void *)at, buffer));
        return;
    case HN_BOOL: hn_str_put(str, *(const uint8_t *)at ? "true" : "false"); return;
    case HN_TIME:
        put_time(str, *(const int64_t *)(const void *)at, p && p->date_only, format);
        return;
    case HN_CATEGORY:
    case HN_STRING:
        if (p && p->texts && hn_column_code(column, i) != HN_UNKNOWN) {
            text = p->texts[hn_column_code(column, i)];
            hn_str_put_n(str, text.text, text.length);
            return;
        }
        text = hn_column_text(column, i);
        if (text.text)
            put_text(str, text, format);
        else if (json)
            hn_str_put_n(str, "null", 4);
        return;
    case HN_TYPE_COUNT: return;
    }
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void put_row(hn_str *str, const rows *w, int64_t row) {
    bool json = w->format == JSON || w->format == NDJSON;
    if (w->format == JSON) hn_str_put(str, row || w->follows ? ",\n" : "\n");
    if (json) hn_str_put_c(str, '{');
    size_t before = str->length;
    for (int32_t j = 0; j < w->table->n_columns; j++) {
        const prepared *p = &w->columns[j];
        if (j) hn_str_put_c(str, w->format == TSV ? '\t' : ',');
        if (json) hn_str_put_n(str, p->name.text, p->name.length);
        put_value(str, &w->table->columns[j], row, p, w->format);
    }
    /* A line with nothing on it would be passed over when read. */
    if (!json && str->length == before) hn_str_put_n(str, "\"\"", 2);
    if (json) hn_str_put_c(str, '}');
    if (w->format != JSON) hn_str_put_c(str, '\n');
}

static hone_status write_block(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    rows *w = arg;
    hn_arena_reset(&w->arenas[chunk.index]);
    hn_str *str = &w->blocks[chunk.index];
    hn_str_init(str, ctx, &w->arenas[chunk.index]);
    for (int64_t i = chunk.begin; i < chunk.end; i++) put_row(str, w, w->first_row + i);
    return hn_str_status(str);
}

static void put_header(hn_str *str, const hn_table *table, kind format) {
    if (format == JSON) hn_str_put_c(str, '[');
    if (format == JSON || format == NDJSON) return;
    for (int32_t j = 0; j < table->n_columns; j++) {
        const char *name = table->columns[j].name;
        if (j) hn_str_put_c(str, format == TSV ? '\t' : ',');
        put_text(str, (hn_slice){name, strlen(name)}, format);
    }
    hn_str_put_c(str, '\n');
}

/* ---- preparing ------------------------------------------------------------------------------- */

static hone_status escape(hone_ctx *ctx, hn_arena *arena, hn_slice text, kind format, bool is_name,
                          hn_slice *ret_text) {
    hn_str str;
    hn_str_init(&str, ctx, arena);
    put_text(&str, text, format);
    if (is_name && (format == JSON || format == NDJSON)) hn_str_put_c(&str, ':');
    HN_TRY(hn_str_status(&str));
    *ret_text = (hn_slice){str.text, str.length};
    return HONE_OK;
}

static hone_status prepare_column(hone_ctx *ctx, hn_arena *arena, const hn_column *column,
                                  kind format, prepared *p) {
    HN_TRY(
        escape(ctx, arena, (hn_slice){column->name, strlen(column->name)}, format, true, &p->name));
    if (column->type == HN_TIME) {
        p->date_only = true;
        for (int64_t i = 0; i < column->n && p->date_only; i++)
            p->date_only =
                hn_column_is_null(column, i) ||
                hn_time_is_date(*(const int64_t *)(const void *)((const char *)column->values +
                                                                 i * column->stride));
    }
    /* Not worth it for few rows of a large dictionary. */
    if (column->type != HN_CATEGORY || column->dictionary->n > column->n) return HONE_OK;
    HN_TRY(HN_NEW(ctx, arena, p->texts, (size_t)column->dictionary->n + 1));
    for (int32_t code = 0; code < column->dictionary->n; code++)
        HN_TRY(escape(ctx, arena, hn_dictionary_text(column->dictionary, code), format, false,
                      &p->texts[code]));
    return HONE_OK;
}

/* ---- the file -------------------------------------------------------------------------------- */

static hone_status write_rows(hone_ctx *ctx, hn_writer *writer, rows *w) {
    int64_t in_hand = (int64_t)ctx->threads * 4; /* blocks at a time, to bound memory */
    for (w->first_row = 0; w->first_row < w->table->n_rows; w->first_row += w->n_rows) {
        w->n_rows = w->table->n_rows - w->first_row;
        if (w->n_rows > in_hand * BLOCK) w->n_rows = in_hand * BLOCK;
        HN_TRY(hn_parallel(ctx, w->n_rows, BLOCK, write_block, w));
        for (int64_t b = 0; b < hn_chunks(w->n_rows, BLOCK); b++)
            HN_TRY(hn_writer_bytes(ctx, writer, w->blocks[b].text, w->blocks[b].length));
        hn_progress(ctx, "write", w->first_row + w->n_rows, w->table->n_rows, "rows");
    }
    return HONE_OK;
}

static hone_status begin(hone_ctx *ctx, hn_writer *writer) {
    HN_SCRATCH(ctx);
    hn_str str;
    hn_str_init(&str, ctx, ctx->scratch);
    put_header(&str, &writer->schema, (kind)writer->format->variant);
    HN_TRY(hn_str_status(&str));
    return hn_writer_bytes(ctx, writer, str.text, str.length);
}

static hone_status put(hone_ctx *ctx, hn_writer *writer, const hn_table *table) {
    HN_SCRATCH(ctx);
    rows w = {
        .table = table, .format = (kind)writer->format->variant, .follows = writer->n_rows > 0};
    HN_TRY(HN_SCRATCH_NEW(ctx, w.columns, (size_t)table->n_columns + 1));
    for (int32_t j = 0; j < table->n_columns; j++)
        HN_TRY(prepare_column(ctx, ctx->scratch, &table->columns[j], w.format, &w.columns[j]));
    int blocks = ctx->threads * 4;
    HN_TRY(HN_SCRATCH_NEW(ctx, w.blocks, blocks));
    HN_TRY(HN_SCRATCH_NEW(ctx, w.arenas, blocks));
    for (int b = 0; b < blocks; b++) hn_arena_init(&w.arenas[b], ctx->allocator);
    hone_status status = write_rows(ctx, writer, &w);
    for (int b = 0; b < blocks; b++) hn_arena_done(&w.arenas[b]);
    return status;
}

static hone_status end(hone_ctx *ctx, hn_writer *writer) {
    return writer->format->variant == JSON ? hn_writer_bytes(ctx, writer, "\n]\n", 3) : HONE_OK;
}

#define TEXT_FORMAT(name, kind, ...)                                                               \
    const hn_writer_format name = {                                                                \
        .endings = (const char *const[]){__VA_ARGS__, NULL},                                       \
        .variant = kind,                                                                           \
        .is_text = true,                                                                           \
        .begin = begin,                                                                            \
        .put = put,                                                                                \
        .end = end,                                                                                \
    }
TEXT_FORMAT(hn_write_csv, CSV, ".csv", ".txt");
TEXT_FORMAT(hn_write_tsv, TSV, ".tsv", ".tab");
TEXT_FORMAT(hn_write_ndjson, NDJSON, ".ndjson", ".jsonl");
TEXT_FORMAT(hn_write_json, JSON, ".json");

void hn_write_json_row(hn_str *str, const hn_table *table, int64_t row) {
    hn_str_put_c(str, '{');
    for (int32_t j = 0; j < table->n_columns; j++) {
        const hn_column *column = &table->columns[j];
        if (j) hn_str_put_c(str, ',');
        hn_json_put_string(str, column->name, strlen(column->name));
        hn_str_put_c(str, ':');
        bool date = column->type == HN_TIME && !hn_column_is_missing(column, row) &&
                    hn_time_is_date(*(const int64_t *)(const void *)((const char *)column->values +
                                                                     row * column->stride));
        prepared p = {.date_only = date};
        put_value(str, column, row, &p, NDJSON);
    }
    hn_str_put_c(str, '}');
}
