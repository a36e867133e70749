/* cells.c - rows of single values into columns; see cells.h. */
#include "table/cells.h"

#include "table/dialect.h"

#include <string.h>

enum { MOST_COLUMNS = 1000000 };

hn_cell hn_cell_text(const char *text, size_t length) {
    hn_slice trimmed = hn_trim((hn_slice){text, length});
    if (trimmed.length == 0) return (hn_cell){.kind = HN_CELL_NULL};
    return (hn_cell){.kind = HN_CELL_TEXT, .text = trimmed};
}

bool hn_is_utf8(const char *text, size_t length) {
    const unsigned char *at = (const unsigned char *)text, *end = at + length;
    while (at < end) {
        unsigned lead = *at++;
        if (lead < 0x80) continue;
        int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
        if (lead < 0xc2 || lead > 0xf4 || end - at < more) return false;
        unsigned next = *at;
        if ((lead == 0xe0 && next < 0xa0) || (lead == 0xed && next > 0x9f) ||
            (lead == 0xf0 && next < 0x90) || (lead == 0xf4 && next > 0x8f))
            return false;
        for (int i = 0; i < more; i++)
            if ((*at++ & 0xc0) != 0x80) return false;
    }
    return true;
}

/* ---- columns --------------------------------------------------------------------------------- */

static hone_status name_column(hone_ctx *ctx, hn_cells *cells, int32_t j, hn_slice text) {
    hn_arena *arena = &cells->reader->table->arena;
    hn_slice name = hn_trim(text);
    const char *kept = name.length && hn_is_utf8(name.text, name.length)
                           ? hn_arena_strndup(ctx, arena, name.text, name.length)
                           : hn_arena_printf(ctx, arena, "c%d", j);
    cells->reader->gather->sinks[j].name = kept;
    cells->unnamed[j] = name.length == 0;
    return kept ? HONE_OK : HONE_ERROR_MEMORY;
}

/* All names different, those there are. */
static hone_status tell_apart(hone_ctx *ctx, hn_cells *cells) {
    HN_SCRATCH(ctx);
    const char **names;
    hn_sink *sinks = cells->reader->gather->sinks;
    HN_TRY(HN_SCRATCH_NEW(ctx, names, cells->n + 1));
    for (int32_t j = 0; j < cells->n; j++) names[j] = sinks[j].name;
    HN_TRY(hn_names_unique(ctx, &cells->reader->table->arena, names, cells->n));
    for (int32_t j = 0; j < cells->n; j++) sinks[j].name = names[j];
    return HONE_OK;
}

hone_status hn_cells_start(hone_ctx *ctx, hn_reader *reader, const hn_slice *names, int32_t n,
                           hn_cells *ret_cells) {
    hn_cells cells = {.reader = reader, .n = n, .room = n};
    if (n > MOST_COLUMNS)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = reader->source->shown),
                          "%s has more than a million columns", reader->source->shown);
    HN_TRY(hn_gather_new(ctx, n, &reader->gather));
    reader->gather->decimal = reader->decimal;
    HN_TRY(HN_NEW(ctx, &reader->table->arena, cells.kinds, (size_t)n + 1));
    HN_TRY(HN_NEW(ctx, &reader->table->arena, cells.unnamed, (size_t)n + 1));
    for (int32_t j = 0; j < n; j++) {
        reader->gather->sinks[j].type = HN_F64;
        HN_TRY(name_column(ctx, &cells, j, names[j]));
    }
    HN_TRY(tell_apart(ctx, &cells));
    *ret_cells = cells;
    return HONE_OK;
}

/* A column that the header doesn't have. */
static hone_status widen(hone_ctx *ctx, hn_cells *cells, int32_t n) {
    hn_arena *arena = &cells->reader->table->arena;
    if (n > MOST_COLUMNS)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.file = cells->reader->source->shown),
                          "%s has more than a million columns", cells->reader->source->shown);
    if (n > cells->room) {
        int32_t room = 2 * n;
        hn_cell_kind *kinds;
        bool *unnamed;
        HN_TRY(HN_NEW(ctx, arena, kinds, room));
        HN_TRY(HN_NEW(ctx, arena, unnamed, room));
        memcpy(kinds, cells->kinds, (size_t)cells->n * sizeof *kinds);
        memcpy(unnamed, cells->unnamed, (size_t)cells->n * sizeof *unnamed);
        cells->kinds = kinds;
        cells->unnamed = unnamed;
        cells->room = room;
    }
    int32_t before = cells->n;
    HN_TRY(hn_gather_widen(ctx, &cells->reader->gather, n));
    cells->n = n;
    for (int32_t j = before; j < n; j++) {
        cells->reader->gather->sinks[j].type = HN_F64;
        HN_TRY(name_column(ctx, cells, j, (hn_slice){"", 0}));
    }
    return tell_apart(ctx, cells);
}

/* ---- values ---------------------------------------------------------------------------------- */

static const hn_type types[] = {
    [HN_CELL_NULL] = HN_F64,  [HN_CELL_INT] = HN_I64,   [HN_CELL_REAL] = HN_F64,
    [HN_CELL_BOOL] = HN_BOOL, [HN_CELL_TIME] = HN_TIME, [HN_CELL_TEXT] = HN_STRING};

/* A value as the text that retype.c would make it of again. */
static hn_slice print(hn_cell cell, char buffer[HN_TIME_SIZE]) {
    switch (cell.kind) {
    case HN_CELL_INT: return (hn_slice){buffer, hn_format_int(cell.whole, buffer)};
    case HN_CELL_REAL: return (hn_slice){buffer, hn_format_double(cell.real, buffer)};
    case HN_CELL_TIME: {
        bool date = hn_time_is_date(cell.whole);
        return (hn_slice){buffer, hn_time_format(cell.whole, date, buffer)};
    }
    case HN_CELL_BOOL: return cell.whole ? (hn_slice){"true", 4} : (hn_slice){"false", 5};
    default: return cell.text;
    }
}

hone_status hn_cell_print(hone_ctx *ctx, hn_cell cell, hn_slice *ret_text) {
    char buffer[HN_TIME_SIZE];
    if (cell.kind == HN_CELL_NULL) cell.text = (hn_slice){"", 0};
    hn_slice text = print(cell, buffer);
    char *copy = hn_arena_strndup(ctx, ctx->scratch, text.text, text.length);
    if (copy == NULL) return HONE_ERROR_MEMORY;
    *ret_text = (hn_slice){copy, text.length};
    return HONE_OK;
}

/* Value number i of a column that is no text. */
static hn_cell value_at(const hn_sink *sink, hn_cell_kind kind, int64_t i) {
    hn_cell cell = {.kind = kind};
    const uint8_t *valid = sink->valid.data;
    if (sink->type == HN_F64)
        memcpy(&cell.real, (const char *)sink->values.data + i * 8, 8);
    else if (sink->type == HN_BOOL)
        cell.whole = ((const uint8_t *)sink->values.data)[i];
    else
        memcpy(&cell.whole, (const char *)sink->values.data + i * 8, 8);
    bool missing = sink->type == HN_F64 ? isnan(cell.real)
                                        : valid && sink->n_nulls && !(valid[i >> 3] >> (i & 7) & 1);
    if (missing) cell.kind = HN_CELL_NULL;
    return cell;
}

/* The column as one of another kind: all its values are put anew. */
static hone_status convert(hone_ctx *ctx, hn_cells *cells, int32_t j, hn_cell_kind kind) {
    hn_gather *gather = cells->reader->gather;
    hn_sink *sink = &gather->sinks[j], old = *sink;
    hn_cell_kind was = cells->kinds[j];
    sink->type = types[kind];
    sink->values = sink->valid = (hn_buffer){NULL, 0};
    sink->n = sink->n_nulls = 0;
    hone_status status = HONE_OK;
    for (int64_t i = 0; i < old.n && status == HONE_OK; i++) {
        hn_cell cell = value_at(&old, was, i);
        if (kind == HN_CELL_REAL && cell.kind == HN_CELL_INT)
            cell = (hn_cell){.kind = HN_CELL_REAL, .real = (double)cell.whole};
        status =
            hn_sink_put(ctx, gather, sink, cell.kind == HN_CELL_NULL, cell.whole, cell.real,
                        kind == HN_CELL_TEXT ? print(cell, (char[HN_TIME_SIZE]){0}) : cell.text);
    }
    hn_buffer_trim(gather, &old.values, 0);
    hn_buffer_trim(gather, &old.valid, 0);
    cells->kinds[j] = kind;
    return status;
}

static hone_status append(hone_ctx *ctx, hn_cells *cells, int32_t j, hn_cell cell) {
    hn_gather *gather = cells->reader->gather;
    char buffer[HN_TIME_SIZE];
    hn_cell_kind kind = cells->kinds[j];
    if (cell.kind != HN_CELL_NULL && cell.kind != kind) {
        bool numbers = (kind == HN_CELL_INT && cell.kind == HN_CELL_REAL) ||
                       (kind == HN_CELL_REAL && cell.kind == HN_CELL_INT);
        hn_cell_kind wanted = kind == HN_CELL_NULL ? cell.kind
                              : numbers            ? HN_CELL_REAL
                                                   : HN_CELL_TEXT;
        if (wanted != kind) HN_TRY(convert(ctx, cells, j, wanted));
        kind = wanted;
        if (kind == HN_CELL_REAL && cell.kind == HN_CELL_INT) cell.real = (double)cell.whole;
        if (kind == HN_CELL_TEXT) cell.text = print(cell, buffer);
    }
    return hn_sink_put(ctx, gather, &gather->sinks[j], cell.kind == HN_CELL_NULL, cell.whole,
                       cell.real, cell.text);
}

static hone_status pad(hone_ctx *ctx, hn_cells *cells, int32_t j, int64_t n) {
    while (cells->reader->gather->sinks[j].n < n)
        HN_TRY(append(ctx, cells, j, (hn_cell){.kind = HN_CELL_NULL}));
    return HONE_OK;
}

hone_status hn_cells_put(hone_ctx *ctx, hn_cells *cells, int32_t column, hn_cell cell) {
    if (column >= cells->n) {
        if (cell.kind == HN_CELL_NULL) return HONE_OK;
        HN_TRY(widen(ctx, cells, column + 1));
    }
    HN_TRY(pad(ctx, cells, column, cells->n_rows));
    hn_sink *sink = &cells->reader->gather->sinks[column];
    if (sink->n > cells->n_rows) return HONE_OK; /* a cell that stands twice: the first counts */
    if (cell.kind == HN_CELL_TEXT && !hn_is_utf8(cell.text.text, cell.text.length)) {
        const char *shown = cells->reader->source->shown;
        return hn_fail_at(ctx, HONE_ERROR_DATA,
                          (hn_where){.file = shown, .column = sink->name, .row = cells->n_rows + 1},
                          "%s, row %lld, column '%s': a text that is not UTF-8; encode it anew",
                          shown, (long long)cells->n_rows + 1, sink->name);
    }
    return append(ctx, cells, column, cell);
}

hone_status hn_cells_end_row(hone_ctx *ctx, hn_cells *cells, bool *ret_full) {
    cells->n_rows++;
    for (int32_t j = 0; j < cells->n; j++) HN_TRY(pad(ctx, cells, j, cells->n_rows));
    int64_t limit = cells->reader->options->limit;
    *ret_full = limit > 0 && cells->n_rows >= limit;
    if (cells->n_rows % 4096 != 0) return HONE_OK;
    hn_progress(ctx, "read", cells->n_rows, 0, "rows");
    return hn_check_cancel(ctx);
}

hone_status hn_cells_finish(hone_ctx *ctx, hn_cells *cells) {
    hn_gather *gather = cells->reader->gather, *kept;
    int32_t n = 0, at = 0;
    for (int32_t j = 0; j < cells->n; j++)
        n += !cells->unnamed[j] || cells->kinds[j] != HN_CELL_NULL;
    if (n == cells->n) return HONE_OK;
    HN_TRY(hn_gather_new(ctx, n, &kept));
    kept->decimal = gather->decimal;
    for (int32_t j = 0; j < cells->n; j++) {
        if (cells->unnamed[j] && cells->kinds[j] == HN_CELL_NULL) continue;
        kept->sinks[at++] = gather->sinks[j];
        gather->sinks[j] = (hn_sink){.arena = {.allocator = gather->allocator}};
    }
    cells->reader->gather = kept;
    hn_gather_free(gather);
    return HONE_OK;
}

/* ---- headers --------------------------------------------------------------------------------- */

static bool is_value(hn_cell cell) {
    double number;
    int64_t time;
    if (cell.kind == HN_CELL_NULL) return false;
    if (cell.kind != HN_CELL_TEXT) return true;
    return hn_text_is_number(cell.text, &number) || hn_time_parse(cell.text, &time);
}

hone_status hn_cells_header(hone_ctx *ctx, const hn_read_options *options, const hn_cell *first,
                            int32_t n, bool *ret_header) {
    const char *header = options->header ? options->header : "auto";
    *ret_header = strcmp(header, "no") != 0;
    if (strcmp(header, "yes") == 0 || strcmp(header, "no") == 0) return HONE_OK;
    if (strcmp(header, "auto") != 0)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "header"),
                          "header '%.32s' is none of auto, yes, no", header);
    for (int32_t j = 0; j < n; j++) *ret_header &= !is_value(first[j]);
    return HONE_OK;
}
