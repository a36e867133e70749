/* explore_pairs.c - the rows sampled, levels and bins, and how columns hang together. */
#include "base/parallel.h"
#include "flow/explore_parts.h"
#include "num/association.h"
#include "num/sort.h"
#include "table/frequency.h"
#include <string.h>

enum { BINS = 10 };

/* ---- sample ---------------------------------------------------------------------------------- */

static hone_status set_names(hn_explored *e, int32_t j, hn_sampled *s) {
    HN_SCRATCH(e->ctx);
    const hn_column *column = &e->table->columns[j];
    hn_frequency *items;
    int64_t n, codes = column->type == HN_BOOL ? 2 : column->dictionary->n;
    HN_TRY(hn_frequencies(e->ctx, column, &items, &n));
    int64_t kept = hn_frequencies_top(items, n, n > HN_LEVELS_MOST ? HN_LEVELS_MOST - 1 : n);
    s->n_levels = (int32_t)(kept < n ? kept + 1 : kept);
    HN_TRY(HN_NEW(e->ctx, e->arena, s->levels, s->n_levels + 1));
    HN_TRY(HN_NEW(e->ctx, e->arena, s->level_of, codes + 1));
    for (int64_t c = 0; c <= codes; c++) s->level_of[c] = (int32_t)kept;
    for (int64_t k = 0; k < kept; k++) {
        int64_t code = column->type == HN_BOOL ? (int64_t)hn_column_double(column, items[k].row)
                                               : hn_column_code(column, items[k].row);
        s->level_of[code < 0 ? codes : code] = (int32_t)k;
        hn_json_mut *text = column->type == HN_BOOL
                                ? yyjson_mut_str(e->doc, code != 0 ? "true" : "false")
                                : hn_text_json(e, hn_column_text(column, items[k].row), 60);
        s->levels[k] = text != NULL ? yyjson_mut_get_str(text) : "";
    }
    if (kept < n) s->levels[kept] = "(others)";
    return HONE_OK;
}

/* Of few numbers each value is a level, in ascending order. */
static hone_status set_values(hn_explored *e, int32_t j, hn_sampled *s) {
    const hn_description *d = &e->columns[j];
    HN_TRY(HN_NEW(e->ctx, e->arena, s->levels, d->n_top + 1));
    HN_TRY(HN_NEW(e->ctx, e->arena, s->level_values, d->n_top + 1));
    for (int32_t t = 0; t < d->n_top; t++) s->level_values[t] = d->top[t].value;
    HN_TRY(hn_sort_f64(e->ctx, s->level_values, d->n_top));
    s->n_levels = d->n_top;
    for (int32_t t = 0; t < d->n_top; t++) {
        char text[32];
        hn_format_double(s->level_values[t], text);
        s->levels[t] = hn_arena_strdup(e->ctx, e->arena, text);
        if (s->levels[t] == NULL) return HONE_ERROR_MEMORY;
    }
    return HONE_OK;
}

int32_t hn_level_at(const hn_explored *e, int32_t column, int64_t row) {
    const hn_sampled *s = &e->sampled[column];
    const hn_column *c = &e->table->columns[column];
    if (hn_column_is_missing(c, row)) return -1;
    if (s->level_of != NULL) {
        int64_t codes = c->type == HN_BOOL ? 2 : c->dictionary->n;
        int64_t code =
            c->type == HN_BOOL ? (int64_t)hn_column_double(c, row) : hn_column_code(c, row);
        return s->level_of[code < 0 ? codes : code];
    }
    double value = hn_column_double(c, row);
    for (int32_t k = 0; k < s->n_levels; k++)
        if (s->level_values[k] == value) return k;
    return -1;
}

/* Tenths: a value's bin is how many of the different inner deciles lie below it. */
static hone_status set_bins(hone_ctx *ctx, hn_explored *e, hn_sampled *s) {
    HN_SCRATCH(ctx);
    double *sorted, edges[BINS];
    int64_t n = 0;
    int32_t n_edges = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, sorted, e->m + 1));
    for (int64_t i = 0; i < e->m; i++)
        if (!isnan(s->numbers[s->order[i]])) sorted[n++] = s->numbers[s->order[i]];
    for (int b = 1; b < BINS && n > 0; b++) {
        double edge = hn_quantile_sorted(sorted, n, b / (double)BINS);
        if (n_edges == 0 || edge > edges[n_edges - 1]) edges[n_edges++] = edge;
    }
    s->n_bins = n_edges + 1;
    for (int64_t i = 0; i < e->m; i++) {
        int32_t bin = isnan(s->numbers[i]) ? -1 : 0;
        for (int32_t b = 0; bin >= 0 && b < n_edges && s->numbers[i] > edges[b]; b++) bin = b + 1;
        s->bins[i] = bin;
    }
    return HONE_OK;
}

static hone_status fill_column(hone_ctx *ctx, hn_explored *e, int32_t j) {
    hn_sampled *s = &e->sampled[j];
    if (s->codes != NULL)
        for (int64_t i = 0; i < e->m; i++) s->codes[i] = hn_level_at(e, j, e->rows[i]);
    if (s->numbers == NULL) return HONE_OK;
    for (int64_t i = 0; i < e->m; i++) {
        double value = hn_column_double(&e->table->columns[j], e->rows[i]);
        s->numbers[i] = isfinite(value) ? value : (double)NAN;
    }
    HN_TRY(hn_argsort_f64(ctx, s->numbers, e->m, s->order));
    return set_bins(ctx, e, s);
}

static hone_status fill_columns(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    for (int64_t j = chunk.begin; j < chunk.end; j++) HN_TRY(fill_column(ctx, arg, (int32_t)j));
    return HONE_OK;
}

static bool is_classes(const hn_explored *e, int32_t j) {
    return j == e->target && (e->task & HN_TASK_CLASSIFY) != 0;
}

hone_status hn_explore_sample(hn_explored *e) {
    HN_TRY(HN_NEW(e->ctx, e->arena, e->sampled, e->table->n_columns + 1));
    for (int32_t j = 0; j < e->table->n_columns; j++) {
        hn_sampled *s = &e->sampled[j];
        bool number = e->sorts[j] == HN_SORT_NUMBER || e->sorts[j] == HN_SORT_TIME;
        /* Numbers of few values have levels beside, for tables; they stay numbers. */
        bool few = e->columns[j].profile.n_distinct <= 12 && e->sorts[j] == HN_SORT_NUMBER;
        if (number && (is_classes(e, j) || few)) HN_TRY(set_values(e, j, s));
        if (e->sorts[j] == HN_SORT_NAME) HN_TRY(set_names(e, j, s));
        if (s->levels != NULL && (!number || is_classes(e, j)))
            HN_TRY(HN_NEW(e->ctx, e->arena, s->codes, e->m + 1));
        if (!number || is_classes(e, j)) continue;
        HN_TRY(HN_NEW(e->ctx, e->arena, s->numbers, e->m + 1));
        HN_TRY(HN_NEW(e->ctx, e->arena, s->bins, e->m + 1));
        HN_TRY(HN_NEW(e->ctx, e->arena, s->order, e->m + 1));
    }
    return hn_parallel(e->ctx, e->table->n_columns, hn_column_grain(e->m), fill_columns, e);
}

/* ---- two columns ----------------------------------------------------------------------------- */

/* Rows where both have numbers, in x's order: x, y and the order for Kendall's tau. */
static hone_status compare_numbers(hone_ctx *ctx, const hn_explored *e, const hn_sampled *a,
                                   const hn_sampled *b, hn_pair_figures *f) {
    HN_SCRATCH(ctx);
    double *x, *y, *rx, *ry;
    int64_t *order, n = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, x, e->m + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, y, e->m + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, rx, e->m + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, ry, e->m + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, order, e->m + 1));
    for (int64_t i = 0; i < e->m; i++) {
        int64_t at = a->order[i];
        if (isnan(a->numbers[at]) || isnan(b->numbers[at])) continue;
        x[n] = a->numbers[at];
        y[n] = b->numbers[at];
        order[n] = n;
        n++;
    }
    f->n = n;
    HN_TRY(hn_pearson(ctx, x, y, n, &f->pearson));
    hn_ranks(x, order, n, rx);
    HN_TRY(hn_rank(ctx, y, n, ry));
    HN_TRY(hn_pearson(ctx, rx, ry, n, &f->spearman));
    HN_TRY(hn_kendall(ctx, x, y, order, n, &f->kendall));
    f->association = fabs(f->spearman);
    f->p = hn_correlation_p(f->spearman, n);
    return HONE_OK;
}

/* The correlation ratio of numbers among names. */
static hone_status compare_mixed(hone_ctx *ctx, const hn_explored *e, const hn_sampled *number,
                                 const hn_sampled *name, hn_pair_figures *f) {
    HN_SCRATCH(ctx);
    double *x;
    int32_t *group;
    hn_anova anova;
    HN_TRY(HN_SCRATCH_NEW(ctx, x, e->m + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, group, e->m + 1));
    for (int64_t i = 0; i < e->m; i++) {
        if (isnan(number->numbers[i]) || name->codes[i] < 0) continue;
        x[f->n] = number->numbers[i];
        group[f->n++] = name->codes[i];
    }
    HN_TRY(hn_anova_of(ctx, x, group, f->n, name->n_levels, &anova));
    f->association = f->correlation_ratio = anova.eta;
    f->p = anova.p;
    return HONE_OK;
}

/* Counts of levels or bins: Cramer's V of names, mutual information of all. */
static hone_status compare_counts(hone_ctx *ctx, const hn_explored *e, const hn_sampled *a,
                                  const hn_sampled *b, hn_pair_figures *f) {
    HN_SCRATCH(ctx);
    const int32_t *first = a->codes != NULL ? a->codes : a->bins,
                  *second = b->codes != NULL ? b->codes : b->bins;
    int64_t rows = a->codes != NULL ? a->n_levels : a->n_bins,
            columns = b->codes != NULL ? b->n_levels : b->n_bins, n = 0;
    double *counts;
    hn_contingency c;
    HN_TRY(HN_SCRATCH_NEW(ctx, counts, rows * columns + 1));
    for (int64_t i = 0; i < e->m; i++) {
        if (first[i] < 0 || second[i] < 0) continue;
        counts[first[i] * columns + second[i]]++;
        n++;
    }
    if (n == 0) return HONE_OK;
    HN_TRY(hn_contingency_of(ctx, counts, rows, columns, &c));
    double least = c.row_entropy < c.column_entropy ? c.row_entropy : c.column_entropy;
    f->mutual_information = c.mutual_information;
    f->normalized_mutual_information =
        least > 0 ? fmin(1, c.mutual_information / least) : (double)NAN;
    if (a->codes == NULL || b->codes == NULL) return HONE_OK;
    f->n = n;
    f->association = f->cramers_v = fmin(1, c.cramers_v_corrected);
    if (isnan(c.cramers_v_corrected)) f->association = f->cramers_v = (double)NAN;
    f->p = c.p;
    return HONE_OK;
}

hone_status hn_pair_of(hone_ctx *ctx, const hn_explored *e, int32_t a, int32_t b,
                       hn_pair_figures *ret_figures) {
    const double nan = (double)NAN;
    const hn_sampled *first = &e->sampled[a], *second = &e->sampled[b];
    hn_pair_figures f = {.pearson = nan,
                         .spearman = nan,
                         .kendall = nan,
                         .cramers_v = nan,
                         .correlation_ratio = nan,
                         .mutual_information = nan,
                         .normalized_mutual_information = nan,
                         .association = nan,
                         .p = nan};
    bool numbers = first->codes == NULL && second->codes == NULL;
    if (numbers)
        HN_TRY(compare_numbers(ctx, e, first, second, &f));
    else if (first->codes == NULL)
        HN_TRY(compare_mixed(ctx, e, first, second, &f));
    else if (second->codes == NULL)
        HN_TRY(compare_mixed(ctx, e, second, first, &f));
    HN_TRY(compare_counts(ctx, e, first, second, &f));
    *ret_figures = f;
    return HONE_OK;
}

/* ---- which columns --------------------------------------------------------------------------- */

/* Columns that can hang together with others: with values that vary, and no name of its row alone. */
static bool can_pair(const hn_explored *e, int32_t j) {
    const hn_column_profile *p = &e->columns[j].profile;
    if (p->is_constant || (p->is_id_like && j != e->target)) return false;
    return e->sampled[j].codes != NULL || e->sampled[j].numbers != NULL;
}

static hone_status relate(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    hn_explored *e = arg;
    for (int64_t j = chunk.begin; j < chunk.end; j++) {
        hn_pair_figures f;
        if (j == e->target || !can_pair(e, (int32_t)j)) continue;
        HN_TRY(hn_pair_of(ctx, e, (int32_t)j, e->target, &f));
        e->relevance[j] =
            fmax(isnan(f.association) ? 0 : f.association,
                 isnan(f.normalized_mutual_information) ? 0 : f.normalized_mutual_information);
    }
    return HONE_OK;
}

/* The most relevant ones where there are too many; in the table's order. */
static hone_status choose(hn_explored *e) {
    int32_t n = 0;
    HN_TRY(HN_NEW(e->ctx, e->arena, e->paired, e->table->n_columns + 1));
    if (e->target >= 0 && can_pair(e, e->target))
        HN_TRY(hn_parallel(e->ctx, e->table->n_columns, 1, relate, e));
    for (int32_t j = 0; j < e->table->n_columns; j++)
        if (can_pair(e, j)) e->paired[n++] = j;
    while (n > e->options->most) {
        int32_t worst = -1;
        for (int32_t k = n; k-- > 0;) {
            if (e->paired[k] == e->target) continue;
            double own = e->target >= 0 ? e->relevance[e->paired[k]] : 0;
            if (worst < 0 || own < e->relevance[e->paired[worst]]) worst = k;
            if (e->target < 0) break; /* without a target, the first ones */
        }
        memmove(e->paired + worst, e->paired + worst + 1,
                (size_t)(--n - worst) * sizeof *e->paired);
    }
    e->n_paired = n;
    return HONE_OK;
}

/* ---- matrices -------------------------------------------------------------------------------- */

typedef struct pairing {
    const hn_explored *e;
    hn_pair_figures *figures; /* [n, n] */
} pairing;

static hone_status compare_row(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const pairing *work = arg;
    int64_t n = work->e->n_paired;
    for (int64_t at = chunk.begin; at < chunk.end; at++) {
        int64_t a = at / n, b = at % n;
        if (a > b) continue;
        HN_TRY(hn_pair_of(ctx, work->e, work->e->paired[a], work->e->paired[b],
                          &work->figures[a * n + b]));
        if (a == b && isfinite(work->figures[at].association)) work->figures[at].association = 1;
        work->figures[b * n + a] = work->figures[a * n + b];
    }
    return HONE_OK;
}

static void put_matrix(hn_explored *e, hn_json_mut *o, const char *key,
                       const hn_pair_figures *figures, size_t offset) {
    hn_json_mut *rows = yyjson_mut_obj_add_arr(e->doc, o, key);
    for (int64_t a = 0; a < e->n_paired; a++) {
        hn_json_mut *row = yyjson_mut_arr_add_arr(e->doc, rows);
        for (int64_t b = 0; b < e->n_paired; b++) {
            double value = *(
                const double *)(const void *)((const char *)&figures[a * e->n_paired + b] + offset);
            isfinite(value) ? yyjson_mut_arr_add_real(e->doc, row, value)
                            : yyjson_mut_arr_add_null(e->doc, row);
        }
    }
}

hone_status hn_explore_pairs(hn_explored *e) {
    static const struct {
        const char *key;
        size_t offset;
    } matrices[] = {
        {"association", offsetof(hn_pair_figures, association)},
        {"pearson", offsetof(hn_pair_figures, pearson)},
        {"spearman", offsetof(hn_pair_figures, spearman)},
        {"kendall", offsetof(hn_pair_figures, kendall)},
        {"cramers_v", offsetof(hn_pair_figures, cramers_v)},
        {"correlation_ratio", offsetof(hn_pair_figures, correlation_ratio)},
        {"mutual_information", offsetof(hn_pair_figures, mutual_information)},
        {"normalized_mutual_information", offsetof(hn_pair_figures, normalized_mutual_information)},
    };
    HN_SCRATCH(e->ctx);
    pairing work = {.e = e};
    HN_TRY(choose(e));
    int64_t n = e->n_paired;
    hn_json_mut *o = yyjson_mut_obj_add_obj(e->doc, e->root, "associations");
    hn_json_mut *names = yyjson_mut_obj_add_arr(e->doc, o, "columns");
    for (int64_t k = 0; k < n; k++)
        yyjson_mut_arr_add_str(e->doc, names, e->table->columns[e->paired[k]].name);
    HN_TRY(HN_SCRATCH_NEW(e->ctx, work.figures, n * n + 1));
    HN_TRY(HN_NEW(e->ctx, e->arena, e->matrix, n * n + 1));
    HN_TRY(hn_parallel(e->ctx, n * n, 1, compare_row, &work));
    for (int64_t i = 0; i < n * n; i++) e->matrix[i] = work.figures[i].association;
    for (size_t k = 0; k < sizeof matrices / sizeof *matrices; k++)
        put_matrix(e, o, matrices[k].key, work.figures, matrices[k].offset);
    return HONE_OK;
}
