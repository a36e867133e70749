/* segments.c - each column cut into levels or quarters, each part compared with all other rows. */
#include "flow/segments.h"
#include "num/sort.h"
#include <stdlib.h>
#include <string.h>

enum { LEAST_ROWS = 10, QUARTERS = 4, MOST_LEVELS = 1000 };

/* A part of one column: a category's level, a range of numbers, or its missing values. */
typedef struct segment {
    const hn_column *column;
    int32_t level;    /* of a category; -1: a range */
    double low, high; /* of a range: above low (the first: from low), up to high */
    bool missing, first;
    int64_t rows;
    double weight, sum, z;
    int64_t order; /* settles ties */
} segment;

typedef struct cutter {
    hone_ctx *ctx;
    const hn_table *x;
    const double *figure, *weight;
    double total, sum, variance; /* of all rows */
    segment *found;
    int64_t n, capacity;
} cutter;

static double weight_of(const cutter *c, int64_t i) { return c->weight != NULL ? c->weight[i] : 1; }

static void add(const cutter *c, segment *s, int64_t i) {
    s->rows++;
    s->weight += weight_of(c, i);
    s->sum += weight_of(c, i) * c->figure[i];
}

/* How many standard errors a part's mean lies above the mean of all other rows. */
static double distance(const cutter *c, const segment *s) {
    double rest = c->total - s->weight;
    if (!(s->weight > 0) || !(rest > 0) || !(c->variance > 0)) return 0;
    double apart = s->sum / s->weight - (c->sum - s->sum) / rest;
    return apart / sqrt(c->variance * (1 / s->weight + 1 / rest));
}

static hone_status keep(cutter *c, segment *s) {
    int64_t least = c->x->n_rows / 100 > LEAST_ROWS ? c->x->n_rows / 100 : LEAST_ROWS;
    s->z = distance(c, s);
    if (s->rows < least || s->z < 2) return HONE_OK;
    if (c->n == c->capacity) {
        segment *grown;
        HN_TRY(HN_SCRATCH_NEW(c->ctx, grown, 2 * c->capacity + 16));
        if (c->n > 0) memcpy(grown, c->found, (size_t)c->n * sizeof *grown);
        c->found = grown;
        c->capacity = 2 * c->capacity + 16;
    }
    s->order = c->n;
    c->found[c->n++] = *s;
    return HONE_OK;
}

/* ---- cutting --------------------------------------------------------------------------------- */

static hone_status cut_category(cutter *c, const hn_column *column) {
    int32_t k = column->dictionary->n;
    segment *levels;
    if (k > MOST_LEVELS) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(c->ctx, levels, k + 1));
    for (int64_t i = 0; i < c->x->n_rows; i++) {
        int32_t code = hn_column_is_null(column, i) ? k : hn_column_code(column, i);
        if (code >= 0) add(c, &levels[code], i);
    }
    for (int32_t level = 0; level <= k; level++) {
        levels[level].column = column;
        levels[level].level = level;
        levels[level].missing = level == k;
        HN_TRY(keep(c, &levels[level]));
    }
    return HONE_OK;
}

static int part_of(const double *edges, int n_parts, double value) {
    int part = 0;
    while (part < n_parts - 1 && value > edges[part + 1]) part++;
    return part;
}

/* Ends of the quarters, without those that equal the one before. */
static int quarters(const double *sorted, int64_t n, double *ret_edges) {
    int parts = 0;
    ret_edges[0] = sorted[0];
    for (int q = 1; q <= QUARTERS; q++) {
        double edge = hn_quantile_sorted(sorted, n, (double)q / QUARTERS);
        if (edge > ret_edges[parts] || (parts == 0 && q == QUARTERS)) ret_edges[++parts] = edge;
    }
    return parts;
}

static hone_status cut_numbers(cutter *c, const hn_column *column) {
    double *values, *sorted, edges[QUARTERS + 2];
    int64_t n = 0, rows = c->x->n_rows;
    segment parts[QUARTERS + 2] = {0};
    HN_TRY(HN_SCRATCH_NEW(c->ctx, values, rows + 1));
    HN_TRY(HN_SCRATCH_NEW(c->ctx, sorted, rows + 1));
    hn_column_doubles(column, 0, rows, values, 1);
    for (int64_t i = 0; i < rows; i++)
        if (!isnan(values[i])) sorted[n++] = values[i];
    HN_TRY(hn_sort_f64(c->ctx, sorted, n));
    int n_parts = n > 0 ? quarters(sorted, n, edges) : 0;
    for (int64_t i = 0; i < rows; i++)
        add(c, &parts[isnan(values[i]) ? n_parts : part_of(edges, n_parts, values[i])], i);
    for (int p = 0; p <= n_parts; p++) {
        parts[p].column = column;
        parts[p].level = -1;
        parts[p].missing = p == n_parts;
        parts[p].first = p == 0;
        parts[p].low = p < n_parts ? edges[p] : 0;
        parts[p].high = p < n_parts ? edges[p + 1] : 0;
        HN_TRY(keep(c, &parts[p]));
    }
    return HONE_OK;
}

/* ---- writing --------------------------------------------------------------------------------- */

static int by_distance(const void *a, const void *b) {
    const segment *x = a, *y = b;
    if (x->z != y->z) return x->z > y->z ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static hone_status put_segment(const cutter *c, const segment *s, hn_json_doc *doc,
                               hn_json_mut *list) {
    HN_SCRATCH(c->ctx);
    hn_json_mut *one = yyjson_mut_arr_add_obj(doc, list);
    hn_str text;
    hn_str_init(&text, c->ctx, c->ctx->scratch);
    if (s->missing) {
        hn_str_put(&text, "missing");
    } else if (s->level >= 0) {
        hn_slice level = hn_dictionary_text(s->column->dictionary, s->level);
        hn_str_put_n(&text, level.text, level.length);
    } else {
        if (!s->first) hn_str_put(&text, "above ");
        hn_str_put_double(&text, s->low);
        /* Of a single value that value is enough. */
        if (s->high > s->low) {
            hn_str_put(&text, s->first ? " to " : ", up to ");
            hn_str_put_double(&text, s->high);
        }
    }
    HN_TRY(hn_str_status(&text));
    double mean = s->sum / s->weight, overall = c->sum / c->total;
    yyjson_mut_obj_add_strcpy(doc, one, "column", s->column->name);
    yyjson_mut_obj_add_strncpy(doc, one, "is", text.text, text.length);
    yyjson_mut_obj_add_int(doc, one, "rows", s->rows);
    yyjson_mut_obj_add_real(doc, one, "error", mean);
    yyjson_mut_obj_add_real(doc, one, "times", overall > 0 ? mean / overall : 0);
    yyjson_mut_obj_add_real(doc, one, "z", s->z);
    return HONE_OK;
}

static void measure(cutter *c) {
    for (int64_t i = 0; i < c->x->n_rows; i++) {
        c->total += weight_of(c, i);
        c->sum += weight_of(c, i) * c->figure[i];
    }
    double mean = c->sum / c->total;
    for (int64_t i = 0; i < c->x->n_rows; i++)
        c->variance += weight_of(c, i) * (c->figure[i] - mean) * (c->figure[i] - mean);
    c->variance /= c->total;
}

hone_status hn_segments_json(hone_ctx *ctx, const hn_table *x, const double *figure,
                             const double *weight, int64_t most, hn_json_doc *doc,
                             hn_json_mut *object) {
    HN_SCRATCH(ctx);
    cutter c = {.ctx = ctx, .x = x, .figure = figure, .weight = weight};
    measure(&c);
    for (int32_t j = 0; j < x->n_columns; j++) {
        const hn_column *column = &x->columns[j];
        if (column->type == HN_CATEGORY)
            HN_TRY(cut_category(&c, column));
        else if (hn_type_is_numeric(column->type))
            HN_TRY(cut_numbers(&c, column));
    }
    if (c.n > 0) qsort(c.found, (size_t)c.n, sizeof *c.found, by_distance);
    yyjson_mut_obj_add_real(doc, object, "overall", c.sum / c.total);
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, object, "segments");
    for (int64_t s = 0; s < c.n && s < most; s++) HN_TRY(put_segment(&c, &c.found[s], doc, list));
    return HONE_OK;
}
