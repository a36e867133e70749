/* explore_points.c - points for scatter plots: pairs of the most relevant numbers, and the first two
 * principal components of all numbers. */
#include "base/parallel.h"
#include "flow/explore_parts.h"
#include "num/svd.h"

enum { PAIRED = 4, PAIR_POINTS = 400, MAP_POINTS = 800 };

/* ---- colours --------------------------------------------------------------------------------- */

/* The target of every so many rows of the sample: names of classes, or numbers. */
static void put_target(const hn_explored *e, hn_json_mut *o, int64_t every) {
    if (e->target < 0) return;
    const hn_sampled *t = &e->sampled[e->target];
    if (t->codes == NULL && t->numbers == NULL) return;
    if (t->codes != NULL) {
        hn_json_mut *names = yyjson_mut_obj_add_arr(e->doc, o, "classes");
        for (int32_t k = 0; k < t->n_levels; k++)
            yyjson_mut_arr_add_strcpy(e->doc, names, t->levels[k]);
    }
    hn_json_mut *list = yyjson_mut_obj_add_arr(e->doc, o, t->codes != NULL ? "class" : "value");
    for (int64_t i = 0; i < e->m; i += every) {
        if (t->codes != NULL)
            yyjson_mut_arr_add_int(e->doc, list, t->codes[i]);
        else if (isnan(t->numbers[i]))
            yyjson_mut_arr_add_null(e->doc, list);
        else
            yyjson_mut_arr_add_real(e->doc, list, t->numbers[i]);
    }
}

/* ---- pairs ----------------------------------------------------------------------------------- */

/* How much a column has to do with the target or, without one, with the others. */
static double weight_of(const hn_explored *e, int32_t k) {
    int32_t j = e->paired[k];
    if (e->target >= 0) return isnan(e->relevance[j]) ? 0 : e->relevance[j];
    double sum = 0;
    for (int32_t b = 0; b < e->n_paired; b++) {
        double own = e->matrix[k * e->n_paired + b];
        if (b != k && isfinite(own)) sum += own;
    }
    return sum;
}

static void put_pairs(hn_explored *e) {
    int32_t chosen[PAIRED];
    double weights[PAIRED];
    int n = 0;
    for (int32_t k = 0; k < e->n_paired; k++) {
        int32_t j = e->paired[k];
        if (e->sorts[j] != HN_SORT_NUMBER || e->sampled[j].numbers == NULL ||
            e->columns[j].profile.n_distinct < 5)
            continue;
        double own = weight_of(e, k);
        if (n == PAIRED && own <= weights[n - 1]) continue;
        int at = n < PAIRED ? n++ : n - 1;
        for (; at > 0 && weights[at - 1] < own; at--) {
            weights[at] = weights[at - 1];
            chosen[at] = chosen[at - 1];
        }
        weights[at] = own;
        chosen[at] = j;
    }
    if (n < 2) return;
    int64_t every = e->m / PAIR_POINTS + 1;
    hn_json_mut *o = yyjson_mut_obj_add_obj(e->doc, e->root, "pairs");
    hn_json_mut *names = yyjson_mut_obj_add_arr(e->doc, o, "columns");
    hn_json_mut *values = yyjson_mut_obj_add_arr(e->doc, o, "values");
    for (int c = 0; c < n; c++) {
        yyjson_mut_arr_add_str(e->doc, names, e->table->columns[chosen[c]].name);
        hn_json_mut *list = yyjson_mut_arr_add_arr(e->doc, values);
        for (int64_t i = 0; i < e->m; i += every) {
            double value = e->sampled[chosen[c]].numbers[i];
            isnan(value) ? yyjson_mut_arr_add_null(e->doc, list)
                         : yyjson_mut_arr_add_real(e->doc, list, value);
        }
    }
    put_target(e, o, every);
}

/* ---- projection ------------------------------------------------------------------------------ */

/* Numbers brought to mean 0 and deviation 1, missing ones to 0; false if they don't vary. */
static bool standardize(const double *numbers, int64_t m, int64_t stride, double *parts,
                        double *ret) {
    int64_t n = 0;
    for (int64_t i = 0; i < m; i++)
        if (!isnan(numbers[i])) parts[n++] = numbers[i];
    double mean = n > 0 ? hn_sum(parts, n) / (double)n : 0;
    for (int64_t i = 0; i < n; i++) parts[i] = (parts[i] - mean) * (parts[i] - mean);
    /* A missing value stands at the mean, and counts. */
    double deviation = sqrt(hn_sum(parts, n) / (double)m);
    if (!(deviation > 0) || !isfinite(deviation)) return false;
    for (int64_t i = 0; i < m; i++)
        ret[i * stride] = isnan(numbers[i]) ? 0 : (numbers[i] - mean) / deviation;
    return true;
}

static void put_components(const hn_explored *e, hn_json_mut *o, const int32_t *columns, int64_t p,
                           const double *s, const double *vt, int64_t r) {
    double total = 0, shares[2];
    for (int64_t k = 0; k < r; k++) total += s[k] * s[k];
    for (int64_t k = 0; k < 2; k++) shares[k] = s[k] * s[k] / total;
    hn_add_reals(e->doc, o, "explained", shares, 2);
    hn_json_mut *names = yyjson_mut_obj_add_arr(e->doc, o, "columns");
    for (int64_t j = 0; j < p; j++)
        yyjson_mut_arr_add_str(e->doc, names, e->table->columns[columns[j]].name);
    hn_json_mut *components = yyjson_mut_obj_add_arr(e->doc, o, "components");
    for (int64_t k = 0; k < 2; k++) {
        hn_json_mut *row = yyjson_mut_arr_add_arr(e->doc, components);
        for (int64_t j = 0; j < p; j++) yyjson_mut_arr_add_real(e->doc, row, vt[k * p + j]);
    }
}

static hone_status put_projection(hn_explored *e) {
    HN_SCRATCH(e->ctx);
    int32_t *columns;
    int64_t p = 0, most = e->n_paired;
    double *x, *copy, *parts, *s, *vt;
    HN_TRY(HN_SCRATCH_NEW(e->ctx, columns, most + 1));
    HN_TRY(HN_SCRATCH_NEW(e->ctx, parts, e->m + 1));
    for (int32_t k = 0; k < e->n_paired; k++) {
        int32_t j = e->paired[k];
        if (j == e->target || e->sorts[j] != HN_SORT_NUMBER || e->sampled[j].numbers == NULL)
            continue;
        bool varies = false;
        for (int64_t i = 1; i < e->m && !varies; i++)
            varies = e->sampled[j].bins[i] != e->sampled[j].bins[0];
        if (varies) columns[p++] = j;
    }
    if (p < 3 || e->m < 3) return HONE_OK;
    HN_TRY(HN_SCRATCH_NEW(e->ctx, x, e->m * p));
    HN_TRY(HN_SCRATCH_NEW(e->ctx, copy, e->m * p));
    int64_t kept = 0;
    for (int64_t j = 0; j < p; j++) {
        if (!standardize(e->sampled[columns[j]].numbers, e->m, p, parts, x + kept)) continue;
        columns[kept++] = columns[j];
    }
    if (kept < p) return HONE_OK; /* numbers too large to be squared */
    for (int64_t i = 0; i < e->m * p; i++) copy[i] = x[i];
    int64_t r = e->m < p ? e->m : p, every = e->m / MAP_POINTS + 1;
    HN_TRY(HN_SCRATCH_NEW(e->ctx, s, r + 2));
    HN_TRY(HN_SCRATCH_NEW(e->ctx, vt, r * p));
    HN_TRY(hn_svd(e->ctx, e->m, p, copy, NULL, s, vt));
    hn_json_mut *o = yyjson_mut_obj_add_obj(e->doc, e->root, "projection");
    put_components(e, o, columns, p, s, vt, r);
    static const char *const keys[] = {"x", "y"};
    for (int64_t k = 0; k < 2; k++) {
        hn_json_mut *list = yyjson_mut_obj_add_arr(e->doc, o, keys[k]);
        for (int64_t i = 0; i < e->m; i += every) {
            double sum = 0;
            for (int64_t j = 0; j < p; j++) sum += x[i * p + j] * vt[k * p + j];
            yyjson_mut_arr_add_real(e->doc, list, sum);
        }
    }
    put_target(e, o, every);
    return HONE_OK;
}

hone_status hn_explore_points(hn_explored *e) {
    put_pairs(e);
    return put_projection(e);
}
