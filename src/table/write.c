/* write.c - tables as CSV, TSV, NDJSON and JSON; see write.h.
 *
 * Blocks of rows are formatted in parallel, each into text of its own, and written in order; so the
 * bytes are the same for any number of threads. Names and category texts are escaped once. */
#include "table/write.h"

#include "base/json.h"
#include "base/os.h"
#include "base/parallel.h"

#include <string.h>
#include <strings.h>

typedef enum kind { CSV, TSV, NDJSON, JSON } kind;

enum { BLOCK = 4096 }; /* rows formatted at once by one thread */

/* What a column needs for every row, prepared once. */
typedef struct prepared {
    hn_slice name;   /* escaped; in JSON with its colon */
    hn_slice *texts; /* category texts, escaped, by code; NULL otherwise */
    bool date_only;  /* every timestamp is a midnight */
} prepared;

typedef struct writer {
    const hn_table *table;
    kind format;
    prepared *columns;
    int64_t first_row; /* of the blocks in hand */
    int64_t n_rows;
    hn_str *blocks;
    hn_arena *arenas; /* one per block in hand: workers don't share any */
} writer;

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
    if (isinf(value) && (format == JSON || format == NDJSON))
        hn_str_put_n(str, "null", 4); /* JSON knows no infinity */
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

static void put_row(hn_str *str, const writer *w, int64_t row) {
    bool json = w->format == JSON || w->format == NDJSON;
    if (w->format == JSON) hn_str_put(str, row ? ",\n" : "\n");
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
    writer *w = arg;
    hn_arena_reset(&w->arenas[chunk.index]);
    hn_str *str = &w->blocks[chunk.index];
    hn_str_init(str, ctx, &w->arenas[chunk.index]);
    for (int64_t i = chunk.begin; i < chunk.end; i++) put_row(str, w, w->first_row + i);
    return hn_str_status(str);
}

static void put_header(hn_str *str, const writer *w) {
    if (w->format == JSON) hn_str_put_c(str, '[');
    if (w->format == JSON || w->format == NDJSON) return;
    for (int32_t j = 0; j < w->table->n_columns; j++) {
        if (j) hn_str_put_c(str, w->format == TSV ? '\t' : ',');
        hn_str_put_n(str, w->columns[j].name.text, w->columns[j].name.length);
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

static bool is_ending(const char *path, const char *ending) {
    size_t length = strlen(path), n = strlen(ending);
    return length >= n && strcasecmp(path + length - n, ending) == 0;
}

static hone_status choose_format(hone_ctx *ctx, const char *path, kind *ret_format) {
    *ret_format = CSV;
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    if (strchr(name, '.') == NULL || strncmp(path, "/dev/", 5) == 0 || is_ending(path, ".csv"))
        return HONE_OK;
    if (is_ending(path, ".tsv") || is_ending(path, ".tab"))
        *ret_format = TSV;
    else if (is_ending(path, ".ndjson") || is_ending(path, ".jsonl"))
        *ret_format = NDJSON;
    else if (is_ending(path, ".json"))
        *ret_format = JSON;
    else if (!is_ending(path, ".txt"))
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.file = path),
                          "cannot tell the format to write from '%s'; end the name in .csv, .tsv, "
                          ".ndjson or .json",
                          path);
    return HONE_OK;
}

/* ---- the file -------------------------------------------------------------------------------- */

static hone_status write_rows(hone_ctx *ctx, writer *w, hn_outfile *file) {
    int64_t in_hand = (int64_t)ctx->threads * 4; /* blocks at a time, to bound memory */
    for (w->first_row = 0; w->first_row < w->table->n_rows; w->first_row += w->n_rows) {
        w->n_rows = w->table->n_rows - w->first_row;
        if (w->n_rows > in_hand * BLOCK) w->n_rows = in_hand * BLOCK;
        HN_TRY(hn_parallel(ctx, w->n_rows, BLOCK, write_block, w));
        for (int64_t b = 0; b < hn_chunks(w->n_rows, BLOCK); b++)
            HN_TRY(hn_outfile_write(ctx, file, w->blocks[b].text, w->blocks[b].length));
        hn_progress(ctx, "write", w->first_row + w->n_rows, w->table->n_rows, "rows");
    }
    return HONE_OK;
}

static hone_status write_file(hone_ctx *ctx, writer *w, hn_outfile *file) {
    HN_TRY(HN_SCRATCH_NEW(ctx, w->columns, (size_t)w->table->n_columns + 1));
    for (int32_t j = 0; j < w->table->n_columns; j++)
        HN_TRY(prepare_column(ctx, ctx->scratch, &w->table->columns[j], w->format, &w->columns[j]));
    hn_str str;
    hn_str_init(&str, ctx, ctx->scratch);
    put_header(&str, w);
    HN_TRY(hn_str_status(&str));
    HN_TRY(hn_outfile_write(ctx, file, str.text, str.length));
    int blocks = ctx->threads * 4;
    HN_TRY(HN_SCRATCH_NEW(ctx, w->blocks, blocks));
    HN_TRY(HN_SCRATCH_NEW(ctx, w->arenas, blocks));
    for (int b = 0; b < blocks; b++) hn_arena_init(&w->arenas[b], ctx->allocator);
    hone_status status = write_rows(ctx, w, file);
    for (int b = 0; b < blocks; b++) hn_arena_done(&w->arenas[b]);
    HN_TRY(status);
    if (w->format == JSON) HN_TRY(hn_outfile_write(ctx, file, "\n]\n", 3));
    return HONE_OK;
}

hone_status hn_write_path(hone_ctx *ctx, const hn_table *table, const char *path) {
    HN_SCRATCH(ctx);
    writer w = {.table = table};
    hn_outfile file __attribute__((cleanup(hn_outfile_abandon))) = HN_OUTFILE_CLOSED;
    if (strcmp(path, "-") == 0) path = "/dev/stdout";
    HN_TRY(choose_format(ctx, path, &w.format));
    HN_TRY(hn_outfile_open(ctx, &file, path));
    HN_TRY(write_file(ctx, &w, &file));
    return hn_outfile_commit(ctx, &file);
}

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
