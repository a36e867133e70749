/* explore_target.c - the target against each feature, and cross-tabulations of names. */
#include "base/parallel.h"
#include "flow/explore_parts.h"
#include "num/association.h"
#include "num/math.h"
#include "num/sort.h"

enum {
    DETAILED = 18,
    CLASSES_SHOWN = 8,
    LEVELS_SHOWN = 12,
    CURVE_POINTS = 64,
    POINTS = 500,
    NEIGHBOURS = 3,
    CROSSTABS = 4,
    SIDES = 10
};

static const double Z95 = 1.959963984540054;

/* ---- how much a feature tells ---------------------------------------------------------------- */

typedef struct told {
    int32_t column;
    hn_pair_figures figures;
    double nats; /* mutual information: by neighbours where there are numbers, else of the counts */
} told;

/* Rows where both have a value: numbers of one or both, codes of the other. */
static hone_status neighbours(hone_ctx *ctx, const hn_explored *e, int32_t column,
                              double *ret_nats) {
    HN_SCRATCH(ctx);
    const hn_sampled *f = &e->sampled[column], *t = &e->sampled[e->target];
    const hn_sampled *number = f->codes == NULL ? f : t, *other = f->codes == NULL ? t : f;
    double *x, *y;
    int32_t *codes;
    int64_t n = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, x, e->m + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, y, e->m + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, codes, e->m + 1));
    for (int64_t i = 0; i < e->m; i++) {
        if (isnan(number->numbers[i])) continue;
        if (other->codes != NULL ? other->codes[i] < 0 : isnan(other->numbers[i])) continue;
        x[n] = number->numbers[i];
        y[n] = other->codes == NULL ? other->numbers[i] : 0;
        codes[n++] = other->codes != NULL ? other->codes[i] : 0;
    }
    HN_TRY(hn_continuous(ctx, x, n, (uint64_t)column, x));
    if (other->codes != NULL)
        return hn_mutual_information_classes(ctx, x, codes, n, other->n_levels, NEIGHBOURS,
                                             ret_nats);
    HN_TRY(hn_continuous(ctx, y, n, (uint64_t)e->target, y));
    return hn_mutual_information(ctx, x, y, n, NEIGHBOURS, ret_nats);
}

typedef struct telling {
    const hn_explored *e;
    told *items;
} telling;

static hone_status tell(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const telling *work = arg;
    for (int64_t k = chunk.begin; k < chunk.end; k++) {
        told *one = &work->items[k];
        const hn_explored *e = work->e;
        HN_TRY(hn_pair_of(ctx, e, one->column, e->target, &one->figures));
        one->nats = one->figures.mutual_information;
        if (e->sampled[one->column].codes == NULL || e->sampled[e->target].codes == NULL)
            HN_TRY(neighbours(ctx, e, one->column, &one->nats));
    }
    return HONE_OK;
}

static double strength(const told *one) {
    return isfinite(one->figures.association) ? one->figures.association : -1;
}

static const char *measure(const hn_explored *e, int32_t column) {
    bool name = e->sampled[column].codes != NULL, classes = e->sampled[e->target].codes != NULL;
    return name && classes ? "Cramér's V" : name || classes ? "correlation ratio" : "Spearman";
}

/* ---- details --------------------------------------------------------------------------------- */

static hn_json_mut *add_object(const hn_explored *e, hn_json_mut *o, const char *key) {
    return yyjson_mut_obj_add_obj(e->doc, o, key);
}

static int32_t least(int32_t a, int32_t b) { return a < b ? a : b; }

/* The five numbers of a box, whiskers at the last values within 1.5 quartile distances, and the mean. */
static void put_box(const hn_explored *e, hn_json_mut *list, const char *name, const double *sorted,
                    int64_t n) {
    hn_json_mut *o = yyjson_mut_arr_add_obj(e->doc, list);
    double q1 = hn_quantile_sorted(sorted, n, 0.25), q3 = hn_quantile_sorted(sorted, n, 0.75);
    double low = q1 - 1.5 * (q3 - q1), high = q3 + 1.5 * (q3 - q1);
    int64_t first = 0, last = n - 1;
    while (first < last && sorted[first] < low) first++;
    while (last > first && sorted[last] > high) last--;
    yyjson_mut_obj_add_strcpy(e->doc, o, "name", name);
    yyjson_mut_obj_add_int(e->doc, o, "n", n);
    hn_add_real(e->doc, o, "mean", hn_sum(sorted, n) / (double)n);
    hn_add_real(e->doc, o, "low", sorted[first]);
    hn_add_real(e->doc, o, "q1", q1);
    hn_add_real(e->doc, o, "median", hn_quantile_sorted(sorted, n, 0.5));
    hn_add_real(e->doc, o, "q3", q3);
    hn_add_real(e->doc, o, "high", sorted[last]);
}

/* Boxes of numbers by level of names, most frequent levels first; densities beside where few. */
static hone_status put_boxes(const hn_explored *e, hn_json_mut *o, int32_t number, int32_t name,
                             int32_t most, bool densities) {
    HN_SCRATCH(e->ctx);
    const hn_sampled *x = &e->sampled[number], *by = &e->sampled[name];
    double *own, curve[CURVE_POINTS];
    hn_json_mut *boxes = yyjson_mut_obj_add_arr(e->doc, o, "boxes");
    const hn_description *d = &e->columns[number];
    double from = d->quantiles[1], step = (d->quantiles[9] - from) / (CURVE_POINTS - 1);
    densities &= step > 0 && isfinite(step) && d->profile.n_distinct > 12;
    hn_json_mut *density = densities ? add_object(e, o, "density") : NULL;
    hn_json_mut *curves = NULL;
    if (densities) {
        hn_add_real(e->doc, density, "from", from);
        hn_add_real(e->doc, density, "step", step);
        curves = yyjson_mut_obj_add_arr(e->doc, density, "curves");
    }
    HN_TRY(HN_SCRATCH_NEW(e->ctx, own, e->m + 1));
    for (int32_t k = 0; k < least(by->n_levels, most); k++) {
        int64_t n = 0;
        for (int64_t i = 0; i < e->m && x->order != NULL; i++) {
            int64_t at = x->order[i];
            if (by->codes[at] == k && !isnan(x->numbers[at])) own[n++] = x->numbers[at];
        }
        if (n == 0) continue;
        put_box(e, boxes, by->levels[k], own, n);
        if (!densities || n < 5 || isnan(hn_density(own, n, from, step, CURVE_POINTS, curve)))
            continue;
        hn_json_mut *one = yyjson_mut_arr_add_obj(e->doc, curves);
        yyjson_mut_obj_add_strcpy(e->doc, one, "name", by->levels[k]);
        hn_add_reals(e->doc, one, "values", curve, CURVE_POINTS);
    }
    return HONE_OK;
}

/* Wilson's interval of a share. */
static void put_share(const hn_explored *e, hn_json_mut *o, double k, double n) {
    double p = k / n, z2 = Z95 * Z95, center = (p + z2 / (2 * n)) / (1 + z2 / n);
    double reach = Z95 / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n));
    hn_add_real(e->doc, o, "share", p);
    hn_add_real(e->doc, o, "low", fmax(0, center - reach));
    hn_add_real(e->doc, o, "high", fmin(1, center + reach));
}

/* Counts of every row by level of two columns; [a's levels, b's levels]. */
static hone_status cross(const hn_explored *e, int32_t a, int32_t b, int64_t **ret_counts) {
    int64_t columns = e->sampled[b].n_levels;
    HN_TRY(HN_SCRATCH_NEW(e->ctx, *ret_counts, (int64_t)e->sampled[a].n_levels * columns + 1));
    for (int64_t i = 0; i < e->table->n_rows; i++) {
        int32_t first = hn_level_at(e, a, i), second = hn_level_at(e, b, i);
        if (first >= 0 && second >= 0) (*ret_counts)[first * columns + second]++;
    }
    return HONE_OK;
}

/* Classes by level of a name, of all rows: counts and, for the class looked at, rates with intervals. */
static hone_status put_rates(const hn_explored *e, hn_json_mut *o, int32_t name) {
    HN_SCRATCH(e->ctx);
    const hn_sampled *by = &e->sampled[name], *t = &e->sampled[e->target];
    int64_t *counts;
    /* Of two the rarer one, which is last; else the most frequent. */
    int32_t class = t->n_levels == 2 && t->level_values == NULL ? 1 : t->n_levels == 2 ? 1 : 0;
    HN_TRY(cross(e, name, e->target, &counts));
    hn_json_mut *levels = yyjson_mut_obj_add_arr(e->doc, o, "levels");
    yyjson_mut_obj_add_strcpy(e->doc, o, "class", t->levels[class]);
    for (int32_t k = 0; k < least(by->n_levels, LEVELS_SHOWN); k++) {
        int64_t n = 0;
        for (int32_t c = 0; c < t->n_levels; c++) n += counts[k * t->n_levels + c];
        if (n == 0) continue;
        hn_json_mut *one = yyjson_mut_arr_add_obj(e->doc, levels);
        yyjson_mut_obj_add_strcpy(e->doc, one, "name", by->levels[k]);
        yyjson_mut_obj_add_int(e->doc, one, "n", n);
        hn_add_ints(e->doc, one, "counts", counts + k * t->n_levels, t->n_levels);
        put_share(e, one, (double)counts[k * t->n_levels + class], (double)n);
    }
    return HONE_OK;
}

/* Points of some rows, and the mean target of each tenth of the feature with its interval. */
static hone_status put_scatter(const hn_explored *e, hn_json_mut *o, int32_t column) {
    HN_SCRATCH(e->ctx);
    const hn_sampled *x = &e->sampled[column], *y = &e->sampled[e->target];
    double *xs, *ys;
    int64_t n = 0, every = e->m / POINTS + 1;
    HN_TRY(HN_SCRATCH_NEW(e->ctx, xs, e->m + 1));
    HN_TRY(HN_SCRATCH_NEW(e->ctx, ys, e->m + 1));
    for (int64_t i = 0; i < e->m; i += every) {
        if (isnan(x->numbers[i]) || isnan(y->numbers[i])) continue;
        xs[n] = x->numbers[i];
        ys[n++] = y->numbers[i];
    }
    hn_add_reals(e->doc, o, "x", xs, n);
    hn_add_reals(e->doc, o, "y", ys, n);
    hn_json_mut *trend = yyjson_mut_obj_add_arr(e->doc, o, "trend");
    for (int32_t b = 0; b < x->n_bins; b++) {
        n = 0;
        for (int64_t i = 0; i < e->m; i++) {
            if (x->bins[i] != b || isnan(y->numbers[i])) continue;
            xs[n] = x->numbers[i];
            ys[n++] = y->numbers[i];
        }
        if (n < 2) continue;
        double mean_x = hn_sum(xs, n) / (double)n, mean = hn_sum(ys, n) / (double)n;
        for (int64_t i = 0; i < n; i++) ys[i] = (ys[i] - mean) * (ys[i] - mean);
        double reach = Z95 * sqrt(hn_sum(ys, n) / (double)(n - 1) / (double)n);
        hn_json_mut *one = yyjson_mut_arr_add_obj(e->doc, trend);
        hn_add_real(e->doc, one, "x", mean_x);
        hn_add_real(e->doc, one, "mean", mean);
        hn_add_real(e->doc, one, "low", mean - reach);
        hn_add_real(e->doc, one, "high", mean + reach);
        yyjson_mut_obj_add_int(e->doc, one, "n", n);
    }
    return HONE_OK;
}

static hone_status put_detail(const hn_explored *e, hn_json_mut *o, int32_t column) {
    bool name = e->sampled[column].codes != NULL, classes = e->sampled[e->target].codes != NULL;
    if (classes && e->sampled[column].levels != NULL) return put_rates(e, o, column);
    if (name) return put_boxes(e, o, e->target, column, LEVELS_SHOWN, false);
    if (classes)
        return put_boxes(e, o, column, e->target, CLASSES_SHOWN,
                         e->sampled[e->target].n_levels <= 5);
    return put_scatter(e, o, column);
}

/* ---- the section ----------------------------------------------------------------------------- */

static hone_status put_classes(hn_explored *e, hn_json_mut *o) {
    HN_SCRATCH(e->ctx);
    const hn_sampled *t = &e->sampled[e->target];
    int64_t *counts;
    if (t->codes == NULL) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(e->ctx, counts, t->n_levels + 1));
    for (int64_t i = 0; i < e->table->n_rows; i++) {
        int32_t level = hn_level_at(e, e->target, i);
        if (level >= 0) counts[level]++;
    }
    hn_json_mut *list = yyjson_mut_obj_add_arr(e->doc, o, "classes");
    for (int32_t k = 0; k < t->n_levels; k++) {
        hn_json_mut *one = yyjson_mut_arr_add_obj(e->doc, list);
        yyjson_mut_obj_add_strcpy(e->doc, one, "name", t->levels[k]);
        yyjson_mut_obj_add_int(e->doc, one, "count", counts[k]);
    }
    return HONE_OK;
}

hone_status hn_explore_target(hn_explored *e) {
    HN_SCRATCH(e->ctx);
    telling work = {.e = e};
    int32_t n = 0;
    bool there = false;
    for (int32_t k = 0; k < e->n_paired; k++) there |= e->paired[k] == e->target;
    if (e->target < 0 || !there) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(e->ctx, work.items, e->n_paired + 1));
    for (int32_t k = 0; k < e->n_paired; k++)
        if (e->paired[k] != e->target) work.items[n++].column = e->paired[k];
    HN_TRY(hn_parallel(e->ctx, n, 1, tell, &work));
    for (int32_t k = 1; k < n; k++) { /* strongest first; few */
        told one = work.items[k];
        int32_t at = k;
        for (; at > 0 && strength(&work.items[at - 1]) < strength(&one); at--)
            work.items[at] = work.items[at - 1];
        work.items[at] = one;
    }
    hn_json_mut *o = add_object(e, e->root, "target");
    yyjson_mut_obj_add_str(e->doc, o, "column", e->table->columns[e->target].name);
    yyjson_mut_obj_add_str(e->doc, o, "task", hn_task_name(e->task));
    HN_TRY(put_classes(e, o));
    hn_json_mut *list = yyjson_mut_obj_add_arr(e->doc, o, "features");
    for (int32_t k = 0; k < n; k++) {
        const told *one = &work.items[k];
        hn_json_mut *f = yyjson_mut_arr_add_obj(e->doc, list);
        yyjson_mut_obj_add_str(e->doc, f, "column", e->table->columns[one->column].name);
        yyjson_mut_obj_add_str(e->doc, f, "measure", measure(e, one->column));
        hn_add_real(e->doc, f, "association", one->figures.association);
        hn_add_real(e->doc, f, "p", one->figures.p);
        hn_add_real(e->doc, f, "mutual_information", one->nats);
        hn_add_real(e->doc, f, "tells", one->figures.normalized_mutual_information);
        yyjson_mut_obj_add_int(e->doc, f, "n", one->figures.n);
        if (k < DETAILED) HN_TRY(put_detail(e, f, one->column));
    }
    return HONE_OK;
}

/* ---- cross-tabulations ----------------------------------------------------------------------- */

static hone_status put_crosstab(hn_explored *e, hn_json_mut *list, int32_t a, int32_t b,
                                double association) {
    HN_SCRATCH(e->ctx);
    const hn_sampled *first = &e->sampled[a], *second = &e->sampled[b];
    int64_t *counts;
    HN_TRY(cross(e, a, b, &counts));
    hn_json_mut *o = yyjson_mut_arr_add_obj(e->doc, list);
    yyjson_mut_obj_add_str(e->doc, o, "rows", e->table->columns[a].name);
    yyjson_mut_obj_add_str(e->doc, o, "columns", e->table->columns[b].name);
    hn_add_real(e->doc, o, "association", association);
    hn_json_mut *names = yyjson_mut_obj_add_arr(e->doc, o, "row_names");
    for (int32_t k = 0; k < first->n_levels; k++)
        yyjson_mut_arr_add_strcpy(e->doc, names, first->levels[k]);
    names = yyjson_mut_obj_add_arr(e->doc, o, "column_names");
    for (int32_t k = 0; k < second->n_levels; k++)
        yyjson_mut_arr_add_strcpy(e->doc, names, second->levels[k]);
    hn_json_mut *rows = yyjson_mut_obj_add_arr(e->doc, o, "counts");
    for (int32_t k = 0; k < first->n_levels; k++) {
        hn_json_mut *row = yyjson_mut_arr_add_arr(e->doc, rows);
        for (int32_t c = 0; c < second->n_levels; c++)
            yyjson_mut_arr_add_int(e->doc, row, counts[k * second->n_levels + c]);
    }
    return HONE_OK;
}

/* The pairs of names that hang together most, of few enough levels to be read; without the target, which has
 * a section of its own. */
hone_status hn_explore_crosstabs(hn_explored *e) {
    hn_json_mut *list = yyjson_mut_obj_add_arr(e->doc, e->root, "crosstabs");
    double bound = INFINITY;
    int64_t before = -1;
    for (int shown = 0; shown < CROSSTABS; shown++) {
        double best = 0.02;
        int64_t found = -1;
        for (int64_t at = 0; at < (int64_t)e->n_paired * e->n_paired; at++) {
            int32_t a = e->paired[at / e->n_paired], b = e->paired[at % e->n_paired];
            double own = e->matrix[at];
            if (a >= b || a == e->target || b == e->target) continue;
            if (e->sampled[a].codes == NULL || e->sampled[b].codes == NULL) continue;
            if (e->sampled[a].n_levels > SIDES || e->sampled[b].n_levels > SIDES) continue;
            if (own > best && (own < bound || (own == bound && at > before)))
                best = own, found = at;
        }
        if (found < 0) break;
        bound = best;
        before = found;
        HN_TRY(put_crosstab(e, list, e->paired[found / e->n_paired], e->paired[found % e->n_paired],
                            best));
    }
    return HONE_OK;
}
