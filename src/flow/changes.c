/* changes.c - a table before and after a step, compared; see changes.h. */
#include "flow/changes.h"
#include "base/parallel.h"
#include "flow/windows.h"
#include <float.h>
#include <string.h>

/* Longer tables are looked at in so many rows, in blocks spread over them. */
enum { ROWS = 262144, BLOCK = 2048, LISTED = 100, TEXTS = 20 };

typedef struct figures {
    int64_t n, missing; /* cells, and those without a value */
    double sum, low, high;
} figures;

typedef struct change_of_text {
    hn_slice from, to;
    int64_t cells;
} change_of_text;

/* A column that is there before and after. */
typedef struct pair {
    const hn_column *before, *after;
    bool numbers; /* both */
    figures was, is;
    int64_t changed;
    change_of_text texts[TEXTS];
    int n_texts;
    int64_t other_texts;
} pair;

typedef struct comparison {
    pair *pairs;
    int64_t n;
    bool aligned; /* row i is row i */
} comparison;

/* ---- which rows are looked at ---------------------------------------------------------------- */

static int64_t n_blocks(int64_t n) { return n <= ROWS ? (n + BLOCK - 1) / BLOCK : ROWS / BLOCK; }

/* Block b of n rows: all of them, or evenly spread. */
static hn_chunk block_at(int64_t n, int64_t b) {
    int64_t whole = n / BLOCK;
    int64_t at =
        n <= ROWS ? b : b * (whole / n_blocks(n)) + b * (whole % n_blocks(n)) / n_blocks(n);
    int64_t end = (at + 1) * BLOCK;
    return (hn_chunk){.begin = at * BLOCK, .end = end < n ? end : n};
}

/* ---- one column ------------------------------------------------------------------------------ */

static bool is_number(hn_type type) { return hn_type_is_numeric(type) || type == HN_TIME; }
static bool is_text(hn_type type) { return type == HN_CATEGORY || type == HN_STRING; }

static void add_numbers(const double *values, int64_t n, figures *f) {
    double sum = 0, low = DBL_MAX, high = -DBL_MAX;
    int64_t missing = 0;
    for (int64_t i = 0; i < n; i++) {
        double x = values[i];
        bool there = x == x;
        missing += !there;
        sum += there ? x : 0;
        low = there && x < low ? x : low;
        high = there && x > high ? x : high;
    }
    f->n += n;
    f->missing += missing;
    f->sum += sum;
    f->low = low < f->low ? low : f->low;
    f->high = high > f->high ? high : f->high;
}

static hone_status look_at(hone_ctx *ctx, const hn_column *column, bool number, figures *f) {
    double values[BLOCK];
    *f = (figures){.low = DBL_MAX, .high = -DBL_MAX};
    for (int64_t b = 0; b < n_blocks(column->n); b++) {
        hn_chunk rows = block_at(column->n, b);
        HN_TRY(hn_check_cancel(ctx));
        if (number) {
            hn_column_doubles(column, rows.begin, rows.end, values, 1);
            add_numbers(values, rows.end - rows.begin, f);
            continue;
        }
        f->n += rows.end - rows.begin;
        for (int64_t i = rows.begin; i < rows.end; i++)
            f->missing += hn_column_is_missing(column, i);
    }
    return HONE_OK;
}

static hone_status count_numbers(hone_ctx *ctx, pair *p) {
    double was[BLOCK], is[BLOCK];
    for (int64_t b = 0; b < n_blocks(p->before->n); b++) {
        hn_chunk rows = block_at(p->before->n, b);
        HN_TRY(hn_check_cancel(ctx));
        int64_t n = rows.end - rows.begin, changed = 0;
        hn_column_doubles(p->before, rows.begin, rows.end, was, 1);
        hn_column_doubles(p->after, rows.begin, rows.end, is, 1);
        for (int64_t i = 0; i < n; i++)
            changed += was[i] != is[i] && (was[i] == was[i] || is[i] == is[i]);
        p->changed += changed;
    }
    return HONE_OK;
}

static bool same_text(hn_slice a, hn_slice b) {
    return (a.text == NULL) == (b.text == NULL) && a.length == b.length &&
           (a.length == 0 || memcmp(a.text, b.text, a.length) == 0);
}

static void note_texts(pair *p, hn_slice from, hn_slice to) {
    for (int k = 0; k < p->n_texts; k++)
        if (same_text(p->texts[k].from, from) && same_text(p->texts[k].to, to)) {
            p->texts[k].cells++;
            return;
        }
    if (p->n_texts == TEXTS)
        p->other_texts++;
    else
        p->texts[p->n_texts++] = (change_of_text){.from = from, .to = to, .cells = 1};
}

static hone_status count_texts(hone_ctx *ctx, pair *p) {
    for (int64_t b = 0; b < n_blocks(p->before->n); b++) {
        hn_chunk rows = block_at(p->before->n, b);
        HN_TRY(hn_check_cancel(ctx));
        for (int64_t i = rows.begin; i < rows.end; i++) {
            hn_slice from = hn_column_text(p->before, i), to = hn_column_text(p->after, i);
            if (same_text(from, to)) continue;
            p->changed++;
            note_texts(p, from, to);
        }
    }
    return HONE_OK;
}

/* From one sort to the other: every cell that is there. */
static hone_status count_others(hone_ctx *ctx, pair *p) {
    for (int64_t b = 0; b < n_blocks(p->before->n); b++) {
        hn_chunk rows = block_at(p->before->n, b);
        HN_TRY(hn_check_cancel(ctx));
        for (int64_t i = rows.begin; i < rows.end; i++)
            p->changed += !hn_column_is_missing(p->before, i) || !hn_column_is_missing(p->after, i);
    }
    return HONE_OK;
}

static hone_status compare_pair(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const comparison *c = arg;
    pair *p = &c->pairs[chunk.begin];
    p->numbers = is_number(p->before->type) && is_number(p->after->type);
    HN_TRY(look_at(ctx, p->before, p->numbers, &p->was));
    HN_TRY(look_at(ctx, p->after, p->numbers, &p->is));
    if (!c->aligned) return HONE_OK;
    if (p->numbers) return count_numbers(ctx, p);
    bool texts = is_text(p->before->type) && is_text(p->after->type);
    return texts ? count_texts(ctx, p) : count_others(ctx, p);
}

/* ---- the entry ------------------------------------------------------------------------------- */

static hn_json_mut *text_json(hn_json_doc *doc, hn_slice text) {
    return text.text == NULL ? yyjson_mut_null(doc)
                             : yyjson_mut_strncpy(doc, text.text, text.length);
}

static void put_two(hn_json_doc *doc, hn_json_mut *entry, const char *key, double was, double is) {
    hn_json_mut *two = yyjson_mut_obj_add_arr(doc, entry, key);
    yyjson_mut_arr_add_real(doc, two, was);
    yyjson_mut_arr_add_real(doc, two, is);
}

static double mean_of(const figures *f) { return f->sum / (double)(f->n - f->missing); }

static void put_pair(hn_json_doc *doc, hn_json_mut *list, const pair *p, bool aligned) {
    hn_json_mut *entry = yyjson_mut_arr_add_obj(doc, list);
    yyjson_mut_obj_add_strcpy(doc, entry, "name", p->after->name);
    if (p->before->type != p->after->type) {
        hn_json_mut *types = yyjson_mut_obj_add_arr(doc, entry, "type");
        yyjson_mut_arr_add_str(doc, types, hn_type_name(p->before->type));
        yyjson_mut_arr_add_str(doc, types, hn_type_name(p->after->type));
    }
    if (aligned) yyjson_mut_obj_add_int(doc, entry, "changed", p->changed);
    hn_json_mut *missing = yyjson_mut_obj_add_arr(doc, entry, "missing");
    yyjson_mut_arr_add_int(doc, missing, p->was.missing);
    yyjson_mut_arr_add_int(doc, missing, p->is.missing);
    bool usual = p->numbers && p->was.n > p->was.missing && p->is.n > p->is.missing &&
                 hn_type_is_numeric(p->after->type);
    if (usual) {
        put_two(doc, entry, "mean", mean_of(&p->was), mean_of(&p->is));
        put_two(doc, entry, "low", p->was.low, p->is.low);
        put_two(doc, entry, "high", p->was.high, p->is.high);
    }
    if (p->n_texts == 0) return;
    hn_json_mut *texts = yyjson_mut_obj_add_arr(doc, entry, "texts");
    for (int k = 0; k < p->n_texts; k++) {
        hn_json_mut *one = yyjson_mut_arr_add_obj(doc, texts);
        yyjson_mut_obj_add_val(doc, one, "from", text_json(doc, p->texts[k].from));
        yyjson_mut_obj_add_val(doc, one, "to", text_json(doc, p->texts[k].to));
        yyjson_mut_obj_add_int(doc, one, "cells", p->texts[k].cells);
    }
    if (p->other_texts > 0) yyjson_mut_obj_add_int(doc, entry, "other_texts", p->other_texts);
}

/* Where rows changed, a column is told of if it misses more or fewer values. */
static bool is_told(const pair *p, bool aligned) {
    return p->before->type != p->after->type ||
           (aligned ? p->changed > 0 : p->was.missing != p->is.missing);
}

/* Names of a that b has not. */
static hone_status put_names(hone_ctx *ctx, hn_json_doc *doc, hn_json_mut *entry, const char *key,
                             const char *count, const hn_table *a, const hn_map *b) {
    int64_t n = 0;
    hn_json_mut *list = yyjson_mut_arr(doc);
    for (int32_t j = 0; j < a->n_columns; j++) {
        const char *name = a->columns[j].name;
        if (hn_map_get(b, (hn_slice){name, strlen(name)}, -1) >= 0) continue;
        if (n++ < LISTED) yyjson_mut_arr_add_strcpy(doc, list, name);
    }
    if (n == 0) return HONE_OK;
    return yyjson_mut_obj_add_val(doc, entry, key, list) &&
                   yyjson_mut_obj_add_int(doc, entry, count, n)
               ? HONE_OK
               : hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory writing what a step did");
}

static void put_rows(hn_json_doc *doc, hn_json_mut *entry, const hn_table *before,
                     const hn_table *after, const int64_t *source, const int64_t *partner) {
    hn_json_mut *rows = yyjson_mut_obj_add_obj(doc, entry, "rows");
    int64_t made = 0;
    for (int64_t i = 0; source && partner && i < after->n_rows; i++) made += partner[i] >= 0;
    yyjson_mut_obj_add_int(doc, rows, "before", before->n_rows);
    yyjson_mut_obj_add_int(doc, rows, "after", after->n_rows);
    yyjson_mut_obj_add_int(doc, rows, "made", made);
    int64_t most = before->n_rows > after->n_rows ? before->n_rows : after->n_rows;
    if (most > ROWS) yyjson_mut_obj_add_int(doc, entry, "looked_at", ROWS);
}

/* The very same cells need not be looked at. */
static bool is_same(const hn_column *a, const hn_column *b) {
    return a->values == b->values && a->type == b->type && a->stride == b->stride &&
           a->offsets == b->offsets && a->valid == b->valid && a->valid_offset == b->valid_offset &&
           a->dictionary == b->dictionary;
}

/* The columns of c compared, and those told of that differ. */
static hone_status put_columns(hone_ctx *ctx, hn_json_doc *doc, hn_json_mut *entry, comparison *c) {
    int64_t told = 0;
    HN_TRY(hn_parallel(ctx, c->n, 1, compare_pair, c));
    hn_json_mut *columns = yyjson_mut_obj_add_arr(doc, entry, "columns");
    for (int64_t k = 0; k < c->n; k++)
        if (is_told(&c->pairs[k], c->aligned) && told++ < LISTED)
            put_pair(doc, columns, &c->pairs[k], c->aligned);
    if (told > LISTED) yyjson_mut_obj_add_int(doc, entry, "more_columns", told - LISTED);
    return HONE_OK;
}

hone_status hn_changes_add(hone_ctx *ctx, hn_changes *changes, const hn_recipe_part *part,
                           const hn_table *before, const hn_table *after, const int64_t *source,
                           const int64_t *partner) {
    HN_SCRATCH(ctx);
    hn_json_doc *doc = changes->doc;
    comparison c = {.aligned = source == NULL};
    hn_map names, made;
    HN_TRY(hn_table_index(ctx, ctx->scratch, before, &names));
    HN_TRY(hn_table_index(ctx, ctx->scratch, after, &made));
    HN_TRY(HN_SCRATCH_NEW(ctx, c.pairs, after->n_columns + 1));
    for (int32_t j = 0; j < after->n_columns; j++) {
        const hn_column *column = &after->columns[j];
        int64_t k = hn_map_get(&names, (hn_slice){column->name, strlen(column->name)}, -1);
        if (k < 0 || is_same(&before->columns[k], column)) continue;
        c.pairs[c.n++] = (pair){.before = &before->columns[k], .after = column};
    }
    hn_json_mut *entry = yyjson_mut_arr_add_obj(doc, changes->list);
    yyjson_mut_obj_add_str(doc, entry, "step", part->kind->name);
    if (part->name) yyjson_mut_obj_add_strcpy(doc, entry, "name", part->name);
    put_rows(doc, entry, before, after, source, partner);
    HN_TRY(put_columns(ctx, doc, entry, &c));
    HN_TRY(put_names(ctx, doc, entry, "taken", "n_taken", before, &made));
    return put_names(ctx, doc, entry, "made", "n_made", after, &names);
}

/* Each column that a fill names, once, in the order of the table. */
static hone_status find_filled(hone_ctx *ctx, const hn_texts *fills, const hn_table *before,
                               const hn_table *after, comparison *c) {
    HN_TRY(HN_SCRATCH_NEW(ctx, c->pairs, after->n_columns + 1));
    for (int32_t j = 0; j < after->n_columns; j++) {
        const hn_column *column = &after->columns[j];
        bool is_filled = false;
        for (int64_t i = 0; i < fills->n; i++) {
            hn_slice name;
            is_filled |= hn_window_name(fills->items[i], &name) &&
                         name.length == strlen(column->name) &&
                         memcmp(name.text, column->name, name.length) == 0;
        }
        int32_t k = is_filled ? hn_table_find(before, column->name) : -1;
        if (k >= 0) c->pairs[c->n++] = (pair){.before = &before->columns[k], .after = column};
    }
    return HONE_OK;
}

hone_status hn_changes_keep_fills(hone_ctx *ctx, const hn_recipe_data *data, const hn_table *before,
                                  hone_table *after) {
    HN_SCRATCH(ctx);
    if (data->fill.n == 0) return HONE_OK;
    hn_json_doc *doc;
    hn_table first;
    comparison c = {.aligned = true};
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    HN_TRY(hn_table_slice(ctx, ctx->scratch, before, 0, after->view.n_rows, &first));
    HN_TRY(find_filled(ctx, &data->fill, &first, &after->view, &c));
    hn_json_mut *entry = yyjson_mut_obj(doc);
    yyjson_mut_obj_add_str(doc, entry, "step", "fill");
    yyjson_mut_obj_add_bool(doc, entry, "before_split", true);
    put_rows(doc, entry, &first, &after->view, NULL, NULL);
    HN_TRY(put_columns(ctx, doc, entry, &c));
    return hn_json_freeze(ctx, &after->arena, entry, &after->filled);
}
