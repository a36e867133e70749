/* read_parquet.c - Parquet files into columns, straight from their pages.
 *
 * A piece of work is a column of numbers within a row group, whose values go where they stay; or a column of texts
 * over all row groups, whose texts are coded in order. Both are cut by the file alone. What parquet.h is not for
 * goes to DuckDB: look_at says what that is. */
#include "table/parquet.h"
#include "table/reading.h"

#include "base/os.h"
#include "base/parallel.h"
#include "base/utf8.h"
#include "table/dialect.h"

#include <math.h>
#include <string.h>

enum { AT_ONCE = 512 };

/* One file on its way into the sinks. */
typedef struct reading {
    hn_parquet file;
    hn_gather *gather;
    int64_t before, rows; /* rows of files before it; how many are read of it */
    int32_t *columns;     /* [n_columns] those of texts, then the others */
    int32_t n_texts;
    atomic_llong cells;
} reading;

/* ---- numbers --------------------------------------------------------------------------------- */

/* Values side by side become rows, from the last on; 0 or NaN where there is none. */
#define SPREAD(type, none)                                                                         \
    do {                                                                                           \
        type *out = values;                                                                        \
        for (int64_t i = n - 1, k = n_present; i >= 0; i--) {                                      \
            type last = out[k - (k > 0)];                                                          \
            out[i] = present[i] ? last : (none);                                                   \
            k -= present[i];                                                                       \
        }                                                                                          \
    } while (0)

static void spread(hn_type type, const uint8_t *present, int64_t n, int64_t n_present,
                   void *values) {
    switch (type) {
    case HN_F64: SPREAD(double, (double)NAN); break;
    case HN_F32: SPREAD(float, NAN); break;
    case HN_BOOL: SPREAD(uint8_t, 0); break;
    default: SPREAD(int64_t, 0); break;
    }
}

/* Rows of another row group may have their bits in the same byte. */
static int64_t clear_valid(uint8_t *valid, int64_t row, const uint8_t *present, int64_t n) {
    int64_t missing = 0;
    for (int64_t i = 0; i < n;) {
        int64_t first = (row + i) & 7, here = n - i < 8 - first ? n - i : 8 - first;
        unsigned gone = 0;
        for (int64_t k = 0; k < here; k++) gone |= (unsigned)!present[i + k] << (first + k);
        if (gone) {
            __atomic_fetch_and(&valid[(row + i) >> 3], (uint8_t)~gone, __ATOMIC_RELAXED);
            missing += __builtin_popcount(gone);
        }
        i += here;
    }
    return missing;
}

/* Times that never come are missing. */
static int64_t clear_never(uint8_t *valid, int64_t row, int64_t *times, int64_t n) {
    int64_t missing = 0;
    for (int64_t i = 0; i < n; i++) {
        if (times[i] != INT64_MAX && times[i] != -INT64_MAX) continue;
        unsigned bit = 1u << ((row + i) & 7);
        times[i] = 0;
        __atomic_fetch_and(&valid[(row + i) >> 3], (uint8_t)~bit, __ATOMIC_RELAXED);
        missing++;
    }
    return missing;
}

/* A page's rows, the first `most` of them, from row on. */
static hone_status put_numbers(hone_ctx *ctx, hn_sink *sink, const hn_parquet_cursor *cursor,
                               hn_parquet_page *page, const hn_parquet_dictionary *dictionary,
                               int64_t row, int64_t most) {
    HN_SCRATCH(ctx);
    const hn_parquet_column *column = &cursor->file->columns[cursor->column];
    size_t size = hn_type_size(sink->type);
    HN_TRY(hn_parquet_unpack(ctx, ctx->scratch, cursor, page));
    int64_t n = page->n < most ? page->n : most;
    char *place = (char *)sink->values.data + (size_t)row * size, *to = place, *packed;
    if (n < page->n) to = hn_arena_alloc(ctx, ctx->scratch, (size_t)page->n, size);
    bool same = hn_parquet_is_same(column), texts = column->storage == HN_PARQUET_BYTES;
    size_t width = texts ? sizeof(hn_slice) : (size_t)column->width;
    packed = same ? to : hn_arena_alloc(ctx, ctx->scratch, (size_t)page->n_present + 1, width);
    if (to == NULL || packed == NULL) return HONE_ERROR_MEMORY;
    HN_TRY(hn_parquet_decode(ctx, ctx->scratch, cursor, page, dictionary, packed));
    if (!same) HN_TRY(hn_parquet_convert(ctx, cursor, packed, page->n_present, to));
    if (page->present) spread(sink->type, page->present, page->n, page->n_present, to);
    if (to != place) memcpy(place, to, (size_t)n * size);
    uint8_t *valid = sink->valid.data;
    int64_t missing = 0;
    if (valid && page->present) missing = clear_valid(valid, row, page->present, n);
    if (sink->type == HN_TIME) missing += clear_never(valid, row, (int64_t *)(void *)place, n);
    if (missing) __atomic_fetch_add(&sink->n_nulls, missing, __ATOMIC_RELAXED);
    return HONE_OK;
}

static hone_status take_dictionary(hone_ctx *ctx, hn_arena *arena, const hn_parquet_cursor *cursor,
                                   hn_parquet_page *page, hn_parquet_dictionary *dictionary) {
    const hn_parquet_column *column = &cursor->file->columns[cursor->column];
    size_t width = column->storage == HN_PARQUET_BYTES ? sizeof(hn_slice) : (size_t)column->width;
    HN_TRY(hn_parquet_unpack(ctx, arena, cursor, page));
    if (page->n > page->values.end - page->values.at)
        return hn_parquet_damaged(ctx, cursor, "a dictionary is damaged");
    void *values = hn_arena_alloc(ctx, arena, (size_t)page->n + 1, width);
    if (values == NULL) return HONE_ERROR_MEMORY;
    HN_TRY(hn_parquet_decode(ctx, arena, cursor, page, dictionary, values));
    *dictionary = (hn_parquet_dictionary){.n = page->n, .values = values};
    return HONE_OK;
}

/* How many rows of a row group are read. */
static int64_t rows_of(const reading *r, int64_t group) {
    const hn_parquet_group *g = &r->file.groups[group];
    int64_t left = r->rows - g->first;
    return left < 0 ? 0 : left < g->n_rows ? left : g->n_rows;
}

static void tell(hone_ctx *ctx, reading *r, int64_t rows) {
    long long cells = atomic_fetch_add(&r->cells, rows) + rows;
    hn_progress(ctx, "read", r->before + cells / r->file.n_columns, r->before + r->rows, "rows");
}

static hone_status read_numbers(hone_ctx *ctx, reading *r, int32_t j, int64_t group) {
    hn_parquet_cursor cursor = hn_parquet_first(&r->file, j, group);
    hn_parquet_dictionary dictionary = {.n = -1};
    int64_t rows = rows_of(r, group), first = r->before + r->file.groups[group].first;
    for (int64_t done = 0; done < rows;) {
        hn_parquet_page page;
        HN_TRY(hn_check_cancel(ctx));
        HN_TRY(hn_parquet_next(ctx, &cursor, &page));
        if (page.is_dictionary) {
            HN_TRY(take_dictionary(ctx, ctx->scratch, &cursor, &page, &dictionary));
            continue;
        }
        HN_TRY(put_numbers(ctx, &r->gather->sinks[j], &cursor, &page, &dictionary, first + done,
                           rows - done));
        done += page.n;
    }
    tell(ctx, r, rows);
    return HONE_OK;
}

/* ---- texts ----------------------------------------------------------------------------------- */

/* The dictionary of a row group in the column's codes, each made when it is first used. */
typedef struct coding {
    hn_gather *gather;
    hn_sink *sink;
    const hn_parquet_cursor *cursor;
    hn_parquet_dictionary dictionary;
    int32_t *codes; /* [dictionary.n] */
} coding;
enum { NOT_YET = -2 };

/* Value k of those side by side. */
static hone_status text_at(hone_ctx *ctx, hn_arena *arena, const hn_parquet_cursor *cursor,
                           const void *values, int64_t k, hn_slice *ret_text) {
    const hn_parquet_column *c = &cursor->file->columns[cursor->column];
    size_t width = c->storage == HN_PARQUET_BYTES ? sizeof(hn_slice) : (size_t)c->width;
    HN_TRY(hn_parquet_text(ctx, arena, cursor, (const char *)values + (size_t)k * width, ret_text));
    *ret_text = hn_trim(*ret_text);
    return HONE_OK;
}

static hone_status code_of(hone_ctx *ctx, coding *c, uint32_t index) {
    HN_SCRATCH(ctx);
    hn_slice text;
    HN_TRY(text_at(ctx, ctx->scratch, c->cursor, c->dictionary.values, index, &text));
    return hn_sink_code(ctx, c->gather, c->sink, text, &c->codes[index]);
}

static hone_status put_indices(hone_ctx *ctx, coding *c, const hn_parquet_page *page, int64_t n) {
    uint32_t *indices, *next;
    int32_t *codes;
    HN_TRY(HN_SCRATCH_NEW(ctx, indices, page->n_present + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, codes, n + 1));
    HN_TRY(hn_parquet_indices(ctx, c->cursor, page, &c->dictionary, indices));
    next = indices;
    for (int64_t i = 0; i < n; i++) {
        codes[i] = HN_UNKNOWN;
        if (page->present && !page->present[i]) continue;
        uint32_t index = *next++;
        if (c->codes[index] == NOT_YET) HN_TRY(code_of(ctx, c, index));
        codes[i] = c->codes[index];
    }
    return hn_sink_append_codes(ctx, c->gather, c->sink, codes, n);
}

static hone_status put_plain(hone_ctx *ctx, coding *c, const hn_parquet_page *page, int64_t n) {
    const hn_parquet_column *column = &c->cursor->file->columns[c->cursor->column];
    bool bytes = column->storage == HN_PARQUET_BYTES;
    size_t width = bytes ? sizeof(hn_slice) : (size_t)column->width;
    hn_slice texts[AT_ONCE];
    void *values = hn_arena_alloc(ctx, ctx->scratch, (size_t)page->n_present + 1, width);
    if (values == NULL) return HONE_ERROR_MEMORY;
    HN_TRY(hn_parquet_decode(ctx, ctx->scratch, c->cursor, page, &c->dictionary, values));
    for (int64_t begin = 0, k = 0; begin < n; begin += AT_ONCE) {
        HN_SCRATCH(ctx);
        int64_t end = n - begin < AT_ONCE ? n : begin + AT_ONCE;
        for (int64_t i = begin; i < end; i++) {
            texts[i - begin] = (hn_slice){NULL, 0};
            if (page->present && !page->present[i]) continue;
            HN_TRY(text_at(ctx, ctx->scratch, c->cursor, values, k++, &texts[i - begin]));
        }
        HN_TRY(hn_sink_append_texts(ctx, c->gather, c->sink, texts, end - begin));
    }
    return HONE_OK;
}

static hone_status check_utf8(hone_ctx *ctx, const coding *c, int32_t from) {
    for (int32_t code = from; code < c->sink->n_texts; code++)
        if (!hn_text_is_utf8(hn_sink_text(c->sink, code)))
            return hn_parquet_damaged(ctx, c->cursor, "a text is not UTF-8");
    return HONE_OK;
}

static hone_status put_texts(hone_ctx *ctx, coding *c, hn_parquet_page *page, int64_t most) {
    HN_SCRATCH(ctx);
    int32_t known = c->sink->n_texts;
    HN_TRY(hn_parquet_unpack(ctx, ctx->scratch, c->cursor, page));
    int64_t n = page->n < most ? page->n : most;
    bool coded =
        page->encoding == HN_PARQUET_DICTIONARY || page->encoding == HN_PARQUET_PLAIN_DICTIONARY;
    HN_TRY(coded ? put_indices(ctx, c, page, n) : put_plain(ctx, c, page, n));
    return check_utf8(ctx, c, known);
}

static hone_status code_group(hone_ctx *ctx, reading *r, int32_t j, int64_t group) {
    HN_SCRATCH(ctx);
    hn_parquet_cursor cursor = hn_parquet_first(&r->file, j, group);
    coding c = {r->gather, &r->gather->sinks[j], &cursor, {.n = -1}, NULL};
    int64_t rows = rows_of(r, group);
    for (int64_t done = 0; done < rows;) {
        hn_parquet_page page;
        HN_TRY(hn_check_cancel(ctx));
        HN_TRY(hn_parquet_next(ctx, &cursor, &page));
        if (page.is_dictionary) {
            HN_TRY(take_dictionary(ctx, ctx->scratch, &cursor, &page, &c.dictionary));
            HN_TRY(HN_SCRATCH_NEW(ctx, c.codes, page.n + 1));
            for (int64_t k = 0; k < page.n; k++) c.codes[k] = NOT_YET;
            continue;
        }
        HN_TRY(put_texts(ctx, &c, &page, rows - done));
        done += page.n;
    }
    tell(ctx, r, rows);
    return HONE_OK;
}

/* ---- one file -------------------------------------------------------------------------------- */

static hone_status read_piece(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    reading *r = arg;
    int64_t numbers = r->file.n_columns - r->n_texts, at = chunk.index - r->n_texts;
    if (at >= 0) return read_numbers(ctx, r, r->columns[r->n_texts + at % numbers], at / numbers);
    for (int64_t g = 0; g < r->file.n_groups; g++)
        HN_TRY(code_group(ctx, r, r->columns[chunk.index], g));
    return HONE_OK;
}

static hone_status read_pieces(hone_ctx *ctx, reading *r) {
    int32_t n = r->file.n_columns, at = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, r->columns, n + 1));
    for (int text = 1; text >= 0; text--)
        for (int32_t j = 0; j < n; j++)
            if ((r->file.columns[j].type == HN_STRING) == text) r->columns[at++] = j;
    while (r->n_texts < n && r->file.columns[r->columns[r->n_texts]].type == HN_STRING)
        r->n_texts++;
    HN_TRY(hn_parquet_open_libraries(ctx, &r->file));
    int64_t pieces = r->n_texts + (n - r->n_texts) * r->file.n_groups;
    return hn_parallel(ctx, pieces, 1, read_piece, r);
}

typedef hone_status file_fn(hone_ctx *ctx, void *arg, const hn_parquet *file);

/* fn for a file whose footer is read; its memory is scratch. */
static hone_status with_file(hone_ctx *ctx, const hn_source *source, const char *path, file_fn *fn,
                             void *arg) {
    HN_SCRATCH(ctx);
    hn_mapping map;
    hn_parquet file;
    HN_TRY(hn_map_file(ctx, path, &map));
    hone_status status =
        hn_parquet_open(ctx, ctx->scratch, source->is_pattern ? path : source->shown, map.bytes,
                        (int64_t)map.length, &file);
    if (status == HONE_OK) status = fn(ctx, arg, &file);
    hn_unmap_file(&map);
    return status;
}

typedef struct progress {
    hn_reader *reader;
    const hn_parquet *first; /* what sinks were made for */
    int64_t done, rows;
} progress;

/* Files are opened again to be read, and whoever writes one anew meanwhile may put another there. */
static hone_status has_changed(hone_ctx *ctx, const char *shown) {
    return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = shown),
                      "%s changed while it was read; read it again when it is whole", shown);
}

static hone_status read_file(hone_ctx *ctx, void *arg, const hn_parquet *file) {
    progress *p = arg;
    int64_t left = p->rows - p->done;
    if (file->beyond || !hn_parquet_is_alike(p->first, file)) return has_changed(ctx, file->shown);
    reading r = {.file = *file, .gather = p->reader->gather, .before = p->done};
    r.rows = left < file->n_rows ? left : file->n_rows;
    if (r.rows > 0) HN_TRY(read_pieces(ctx, &r));
    p->done += r.rows;
    return HONE_OK;
}

/* ---- all files ------------------------------------------------------------------------------- */

/* What stands for a column of the table in the path of a file: "year=2024/part.parquet". */
static bool is_hive(const char *path) {
    const char *last = strrchr(path, '/'), *mark = strchr(path, '=');
    return last && mark && mark < last;
}

typedef struct look {
    hn_reader *reader;
    const char *path;
    const char *beyond; /* why the files are DuckDB's, or NULL */
    int64_t n_rows;
    hn_parquet first; /* its columns, once there */
} look;

static hone_status keep_columns(hone_ctx *ctx, look *l, const hn_parquet *file) {
    hn_arena *arena = &l->reader->table->arena;
    hn_parquet *first = &l->first;
    *first = *file;
    HN_TRY(HN_NEW(ctx, arena, first->columns, file->n_columns + 1));
    for (int32_t j = 0; j < file->n_columns; j++) {
        first->columns[j] = file->columns[j];
        first->columns[j].name = hn_arena_strdup(ctx, arena, file->columns[j].name);
        if (first->columns[j].name == NULL) return HONE_ERROR_MEMORY;
    }
    return HONE_OK;
}

/* The one place that says what is DuckDB's: nested columns and types of documents (hn_parquet.beyond), columns in the
 * names of folders, and files of several kinds. */
static hone_status look_at(hone_ctx *ctx, void *arg, const hn_parquet *file) {
    look *l = arg;
    if (l->first.columns == NULL) HN_TRY(keep_columns(ctx, l, file));
    if (file->beyond)
        l->beyond = file->beyond;
    else if (is_hive(l->path))
        l->beyond = "columns in the names of folders";
    else if (!hn_parquet_is_alike(&l->first, file))
        l->beyond = "files with different columns";
    if (file->n_rows > INT64_MAX / 64 - l->n_rows)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = file->shown),
                          "%s: its footer is damaged; write it anew", file->shown);
    l->n_rows += file->n_rows;
    return HONE_OK;
}

/* Sinks with room for all rows. */
static hone_status make_sinks(hone_ctx *ctx, hn_reader *reader, const hn_parquet *first,
                              int64_t rows) {
    const char **names;
    int32_t n = first->n_columns;
    HN_TRY(HN_NEW(ctx, &reader->table->arena, names, n + 1));
    for (int32_t j = 0; j < n; j++) names[j] = first->columns[j].name;
    HN_TRY(hn_names_unique(ctx, &reader->table->arena, names, n));
    HN_TRY(hn_gather_new(ctx, n, &reader->gather));
    reader->gather->decimal = reader->decimal;
    for (int32_t j = 0; j < n; j++) {
        hn_sink *sink = &reader->gather->sinks[j];
        sink->name = names[j];
        sink->type = first->columns[j].type;
        HN_TRY(hn_sink_reserve(ctx, reader->gather, sink, rows));
        if (sink->type == HN_STRING) continue;
        sink->n = rows;
        if (sink->type == HN_F64 || sink->type == HN_F32) continue;
        HN_TRY(hn_buffer_reserve(ctx, reader->gather, &sink->valid, ((size_t)rows + 64) / 64 * 8));
        memset(sink->valid.data, 0xff, sink->valid.size);
    }
    return HONE_OK;
}

static hone_status by_duckdb(hone_ctx *ctx, hn_reader *reader) {
    HN_SCRATCH(ctx);
    hn_str sql;
    hn_str_init(&sql, ctx, ctx->scratch);
    hn_str_put(&sql, "SELECT * FROM read_parquet(");
    hn_duck_quote(&sql, reader->source->path);
    hn_str_put(&sql, ")");
    HN_TRY(hn_str_status(&sql));
    return hn_read_select(ctx, reader, sql.text);
}

static hone_status read_parquet(hone_ctx *ctx, hn_reader *reader) {
    HN_SCRATCH(ctx);
    const char *itself = reader->source->path;
    hn_paths all = {.items = &itself, .n = 1};
    look l = {.reader = reader};
    if (reader->source->is_pattern) HN_TRY(hn_read_pattern(ctx, reader, reader->source, &all));
    for (int64_t i = 0; i < all.n && l.beyond == NULL; i++) {
        l.path = all.items[i];
        HN_TRY(with_file(ctx, reader->source, l.path, look_at, &l));
    }
    if (l.beyond) {
        hn_say(ctx, HONE_LOG_DEBUG, "%s: %s, which DuckDB reads", reader->source->shown, l.beyond);
        return by_duckdb(ctx, reader);
    }
    hn_gather_free(reader->gather); /* of matching, as is the database: their memory is wanted */
    reader->gather = NULL;
    hn_duck_close(&reader->duck);
    reader->duck = (hn_duck){.database = NULL};
    int64_t limit = reader->options->limit;
    progress p = {.reader = reader, .first = &l.first, .rows = l.n_rows};
    if (limit > 0 && limit < p.rows) p.rows = limit;
    HN_TRY(make_sinks(ctx, reader, &l.first, p.rows));
    for (int64_t i = 0; i < all.n && p.done < p.rows; i++)
        HN_TRY(with_file(ctx, reader->source, all.items[i], read_file, &p));
    return p.done < p.rows ? has_changed(ctx, reader->source->shown) : HONE_OK;
}

static bool is_parquet(const char *head, size_t length) {
    return length >= 4 && memcmp(head, "PAR1", 4) == 0;
}

const hn_source_kind hn_source_parquet = {
    .name = "parquet",
    .title = "Parquet files",
    .endings = (const char *const[]){".parquet", ".pq", NULL},
    .is_it = is_parquet,
    .by_duckdb = true,
    .read = read_parquet,
};
