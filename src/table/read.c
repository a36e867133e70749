/* read.c - files and queries into tables: the entry points, and rows into columns; see read.h.
 *
 * DuckDB's threads parse while this one collects finished chunks in row order and, where there are
 * texts to be interned, shares the columns out between hone's own threads. */
#include "table/reading.h"

#include "base/parallel.h"
#include "table/dialect.h"
#include "table/duck_table.h"

#include <assert.h>
#include <string.h>

/* pandas's list (read_csv, na_values), and "?" as in the UCI collection. "None" and "NA" are in it:
 * where they are categories (the basements of Ames), give the words that mean missing yourself. */
const char hn_usual_missing[] =
    "?,#N/A,#N/A N/A,#NA,-1.#IND,-1.#QNAN,-NaN,-nan,1.#IND,1.#QNAN,<NA>,"
    "N/A,NA,NULL,NaN,None,n/a,nan,null";

static hone_status list_missing(hone_ctx *ctx, const char *words, hn_map *ret_map) {
    hn_map_init(ret_map, ctx, ctx->scratch);
    for (const char *at = words ? words : hn_usual_missing; *at;) {
        size_t length = strcspn(at, ",");
        hn_slice word = hn_trim((hn_slice){at, length});
        if (word.length) HN_TRY(hn_map_put(ret_map, word, 1));
        at += length;
        if (*at) at++;
    }
    return HONE_OK;
}

/* ---- rows into columns ----------------------------------------------------------------------- */

enum { BATCH = 32 };              /* chunks (of 2048 rows) at a time ... */
static const int32_t WIDTH = 256; /* ... fewer where the table is wider than this */

typedef struct batch {
    hn_duck *duck;
    hn_gather *gather;
    duckdb_data_chunk chunks[BATCH];
    int n;
    int64_t n_rows;
} batch;

static hone_status append_column(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const batch *b = arg;
    hn_sink *sink = &b->gather->sinks[chunk.index];
    for (int i = 0; i < b->n; i++) {
        duckdb_vector vector = b->duck->data_chunk_get_vector(b->chunks[i], (idx_t)chunk.index);
        int64_t rows = (int64_t)b->duck->data_chunk_get_size(b->chunks[i]);
        HN_TRY(hn_sink_append(ctx, b->gather, sink, b->duck, vector, rows));
    }
    return HONE_OK;
}

static hone_status append_batch(hone_ctx *ctx, batch *b, int texts) {
    /* Numbers are copied as fast as memory goes; only texts are worth waking the others for. */
    if (texts >= 2 && b->n_rows >= 8192)
        return hn_parallel(ctx, b->gather->n_sinks, 1, append_column, b);
    for (int32_t j = 0; j < b->gather->n_sinks; j++)
        HN_TRY(append_column(ctx, b, (hn_chunk){.index = j, .begin = j, .end = j + 1}));
    return HONE_OK;
}

static void drop_batch(batch *b) {
    for (int i = 0; i < b->n; i++) b->duck->destroy_data_chunk(&b->chunks[i]);
    b->n = 0;
    b->n_rows = 0;
}

static hone_status collect(hone_ctx *ctx, hn_duck_query *query, hn_gather *gather,
                           hn_duck_error_fn *error, void *arg) {
    batch b = {.duck = query->duck, .gather = gather};
    int texts = 0, room = BATCH;
    for (int32_t j = 0; j < gather->n_sinks; j++) texts += gather->sinks[j].type == HN_STRING;
    while (room > 1 && (int64_t)room * gather->n_sinks > (int64_t)BATCH * WIDTH) room /= 2;
    int64_t done = 0;
    hone_status status = HONE_OK;
    for (bool more = true; more && status == HONE_OK;) {
        while (more && status == HONE_OK && b.n < room) {
            duckdb_data_chunk chunk = NULL;
            status = hn_duck_fetch(ctx, query, error, arg, &chunk);
            more = chunk != NULL;
            if (more) {
                b.chunks[b.n++] = chunk;
                b.n_rows += (int64_t)query->duck->data_chunk_get_size(chunk);
            }
        }
        done += b.n_rows;
        if (status == HONE_OK) status = append_batch(ctx, &b, texts);
        if (status == HONE_OK) hn_progress(ctx, "read", done, more ? 0 : done, "rows");
        drop_batch(&b);
    }
    return status;
}

hone_status hn_reader_duck(hone_ctx *ctx, hn_reader *reader) {
    return reader->duck.database ? HONE_OK : hn_duck_open(ctx, &reader->duck);
}

hone_status hn_read_rows(hone_ctx *ctx, hn_reader *reader, const char *sql, int32_t n,
                         const char *const *names, const hn_type *types, hn_duck_error_fn *error,
                         void *arg) {
    hn_gather_free(reader->gather);
    reader->gather = NULL;
    HN_TRY(hn_gather_new(ctx, n, &reader->gather));
    reader->gather->decimal = reader->decimal;
    for (int32_t j = 0; j < n; j++) {
        hn_sink *sink = &reader->gather->sinks[j];
        sink->name = names[j];
        sink->type = types[j];
    }
    hn_duck_query query = {.duck = NULL};
    HN_TRY(hn_duck_prepare(ctx, &reader->duck, sql, error, arg, &query));
    hone_status status = hn_duck_start(ctx, &query, error, arg);
    assert(status != HONE_OK || (int32_t)reader->duck.column_count(&query.result) == n);
    if (status == HONE_OK) status = collect(ctx, &query, reader->gather, error, arg);
    hn_duck_query_done(&query);
    return status;
}

static hone_status pattern_error(hone_ctx *ctx, void *arg, const char *message) {
    const char *shown = arg;
    return hn_fail_at(ctx, HONE_ERROR_IO, HN_AT(.file = shown), "%s: %s", shown,
                      hn_duck_sentence(ctx, message));
}

hone_status hn_read_pattern(hone_ctx *ctx, hn_reader *reader, const hn_source *source,
                            hn_paths *ret_paths) {
    hn_str sql;
    const char *name = "file", *pattern = source->path;
    const hn_type type = HN_STRING;
    hn_paths all;
    hn_str_init(&sql, ctx, ctx->scratch);
    hn_str_put(&sql, "SELECT file FROM glob(");
    hn_duck_quote(&sql, pattern);
    hn_str_put(&sql, ") ORDER BY file");
    HN_TRY(hn_str_status(&sql));
    HN_TRY(hn_reader_duck(ctx, reader));
    HN_TRY(hn_read_rows(ctx, reader, sql.text, 1, &name, &type, pattern_error,
                        (void *)(uintptr_t)pattern));
    const hn_sink *sink = reader->gather->sinks;
    HN_TRY(HN_SCRATCH_NEW(ctx, all.items, sink->n_texts + 1));
    for (int32_t i = 0; i < sink->n_texts; i++) {
        hn_slice path = hn_sink_text(sink, i);
        all.items[i] = hn_arena_strndup(ctx, ctx->scratch, path.text, path.length);
        if (all.items[i] == NULL) return HONE_ERROR_MEMORY;
    }
    all.n = sink->n_texts;
    if (all.n == 0)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = pattern),
                          "no file matches '%s'; check the pattern and the folder you are in",
                          pattern);
    *ret_paths = all;
    return HONE_OK;
}

/* ---- the finished table ---------------------------------------------------------------------- */

typedef struct finish {
    hn_reader *reader;
    hn_column *columns;
} finish;

static hone_status finish_columns(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const finish *f = arg;
    hn_gather *gather = f->reader->gather;
    for (int64_t j = chunk.begin; j < chunk.end; j++)
        HN_TRY(hn_sink_finish(ctx, gather, &gather->sinks[j], &f->reader->missing, &f->columns[j]));
    return HONE_OK;
}

static hone_status finish_table(hone_ctx *ctx, hn_reader *reader) {
    hone_table *table = reader->table;
    int32_t n = reader->gather->n_sinks;
    HN_TRY(HN_NEW(ctx, &table->arena, table->view.columns, (size_t)n + 1));
    finish work = {.reader = reader, .columns = table->view.columns};
    HN_TRY(hn_parallel(ctx, n, hn_column_grain(n ? reader->gather->sinks[0].n : 0), finish_columns,
                       &work));
    table->view.n_columns = n;
    table->view.n_rows = n ? table->view.columns[0].n : 0;
    table->owner = reader->gather;
    table->release = hn_gather_free;
    reader->gather = NULL;
    return HONE_OK;
}

/* Everything between an open reader and its table; sql is NULL for files. */
static hone_status read_all(hone_ctx *ctx, hn_reader *reader, const char *sql) {
    HN_TRY(list_missing(ctx, reader->options->missing, &reader->missing));
    if (reader->options->limit < 0)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "limit"),
                          "limit %lld is negative; use 0 for all rows",
                          (long long)reader->options->limit);
    if (sql) HN_TRY(hn_duck_open(ctx, &reader->duck));
    hone_status status = HONE_OK;
    for (int i = 0; i < reader->n_over && status == HONE_OK; i++)
        status = hn_duck_add_table(ctx, &reader->duck, reader->over[i].name,
                                   &reader->over[i].table->view);
    if (status == HONE_OK)
        status = sql ? hn_read_query(ctx, reader, sql) : reader->source->kind->read(ctx, reader);
    hn_duck_close(&reader->duck); /* gives its memory back before ours grows */
    HN_TRY(status);
    return reader->gather ? finish_table(ctx, reader) : HONE_OK;
}

static hone_status read_table(hone_ctx *ctx, const char *shown, const char *sql, hn_reader *reader,
                              hone_table **ret_table) {
    reader->decimal = '.';
    HN_TRY(hn_table_new(ctx, shown, &reader->table));
    hone_status status = read_all(ctx, reader, sql);
    hn_gather_free(reader->gather);
    for (int i = 0; i < reader->n_named; i++) hone_table_free(ctx, reader->named[i]);
    if (status != HONE_OK) {
        hone_table_free(ctx, reader->table);
        return status;
    }
    *ret_table = reader->table;
    return HONE_OK;
}

static const hn_read_options defaults = {.format = NULL};

hone_status hn_read_path(hone_ctx *ctx, const char *path, const hn_read_options *options,
                         hone_table **ret_table) {
    HN_SCRATCH(ctx);
    if (options == NULL) options = &defaults;
    hn_source source;
    HN_TRY(hn_source_open(ctx, path, options, &source));
    hn_reader reader = {.options = options, .source = &source};
    hone_status status = read_table(ctx, source.shown, NULL, &reader, ret_table);
    hn_source_done(&source);
    return status;
}

hone_status hn_read_sql(hone_ctx *ctx, const char *sql, const hn_read_options *options,
                        hone_table **ret_table) {
    HN_SCRATCH(ctx);
    hn_reader reader = {.options = options ? options : &defaults};
    return read_table(ctx, "query", sql, &reader, ret_table);
}

hone_status hn_read_sql_over(hone_ctx *ctx, const char *sql, const hn_named_table *tables, int n,
                             const hn_read_options *options, hone_table **ret_table) {
    HN_SCRATCH(ctx);
    hn_reader reader = {.options = options ? options : &defaults, .over = tables, .n_over = n};
    const char *source = tables[n - 1].table->source;
    return read_table(ctx, source != NULL ? source : "table", sql, &reader, ret_table);
}
