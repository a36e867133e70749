/* explore_beside.c - see explore_beside.h. */
#include "flow/explore_beside.h"
#include "flow/explore_parts.h"
#include "num/distribution.h"
#include "num/math.h"
#include "num/sort.h"
#include <stdlib.h>
#include <string.h>

enum { BINS = 24, NAMES = 12, EXAMPLES = 5, SIDES = 2 };
/* A difference is said to be one if chance alone hardly gives it, and it is worth a word. */
static const double HARDLY = 0.001, WORTH = 0.05;

typedef enum measured { NUMBERS, NAMED, TEXTS, TIMES } measured;
static const char *const sorts[] = {"number", "name", "text", "time"};

typedef struct beside {
    hone_ctx *ctx;
    hn_json_doc *doc;
    const hn_table *table[SIDES];
} beside;

/* What is found of a column; ordered by distance. */
typedef struct found {
    hn_json_mut *object;
    double distance;
    int32_t place;
} found;

static measured sort_of(hn_type type) {
    if (type == HN_TIME) return TIMES;
    if (type == HN_STRING) return TEXTS;
    return type == HN_CATEGORY || type == HN_BOOL ? NAMED : NUMBERS;
}

static void add_two(const beside *b, hn_json_mut *object, const char *key, double here,
                    double there) {
    hn_add_reals(b->doc, object, key, (double[]){here, there}, SIDES);
}

static double share_missing(const hn_column *c) {
    return c->n > 0 ? (double)hn_column_count_missing(c) / (double)c->n : 0;
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* Finite values, ascending, in scratch. */
static hone_status sorted_values(hone_ctx *ctx, const hn_column *c, double **ret, int64_t *ret_n) {
    int64_t n = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, *ret, c->n + 1));
    for (int64_t i = 0; i < c->n; i++) {
        double v = hn_column_double(c, i);
        if (isfinite(v)) (*ret)[n++] = v;
    }
    *ret_n = n;
    return hn_sort_f64(ctx, *ret, n);
}

static double smirnov(const double *x, int64_t n, const double *y, int64_t m) {
    double most = 0;
    int64_t i = 0, j = 0;
    while (i < n && j < m) {
        double at = x[i] < y[j] ? x[i] : y[j];
        while (i < n && x[i] == at) i++;
        while (j < m && y[j] == at) j++;
        double off = fabs((double)i / (double)n - (double)j / (double)m);
        if (off > most) most = off;
    }
    return most;
}

/* The chance of so large a distance, for many rows (Kolmogorov's series, with Stephens' correction). */
static double smirnov_p(double distance, int64_t n, int64_t m) {
    double size = sqrt((double)n * (double)m / (double)(n + m)), sum = 0;
    double t = (size + 0.12 + 0.11 / size) * distance;
    if (t < 0.2) return 1;
    for (int k = 1; k <= 100; k++) sum += (k % 2 ? 2 : -2) * hn_exp(-2 * k * k * t * t);
    return sum < 0 ? 0 : sum > 1 ? 1 : sum;
}

static double mean_of(const double *v, int64_t n, double *ret_sd) {
    double mean = 0, spread = 0;
    for (int64_t i = 0; i < n; i++) mean += (v[i] - mean) / (double)(i + 1);
    for (int64_t i = 0; i < n; i++) spread += (v[i] - mean) * (v[i] - mean);
    *ret_sd = n > 1 ? sqrt(spread / (double)(n - 1)) : (double)NAN;
    return n > 0 ? mean : (double)NAN;
}

/* Shares of both in the same bins, between the outermost percentiles; what lies beyond is in the last ones. */
static void add_bins(const beside *b, hn_json_mut *object, double *const *v, const int64_t *n) {
    double low = (double)INFINITY, high = -(double)INFINITY, edges[BINS + 1];
    for (int s = 0; s < SIDES; s++) {
        double first = hn_quantile_sorted(v[s], n[s], 0.005);
        double last = hn_quantile_sorted(v[s], n[s], 0.995);
        low = first < low ? first : low;
        high = last > high ? last : high;
    }
    if (!(high > low) || !isfinite(high - low)) return;
    for (int k = 0; k <= BINS; k++) edges[k] = low + (high - low) * k / BINS;
    hn_add_reals(b->doc, object, "edges", edges, BINS + 1);
    hn_json_mut *both = yyjson_mut_obj_add_arr(b->doc, object, "shares");
    for (int s = 0; s < SIDES; s++) {
        double counts[BINS] = {0};
        for (int64_t i = 0; i < n[s]; i++) {
            double place = (v[s][i] - low) / (high - low) * BINS;
            counts[place < 0 ? 0 : place >= BINS ? BINS - 1 : (int)place]++;
        }
        hn_json_mut *list = yyjson_mut_arr_add_arr(b->doc, both);
        for (int k = 0; k < BINS; k++)
            yyjson_mut_arr_add_real(b->doc, list, counts[k] / (double)n[s]);
    }
}

static hone_status beside_numbers(const beside *b, const hn_column *const *c, bool time,
                                  found *ret) {
    double *v[SIDES], mean[SIDES], sd[SIDES];
    int64_t n[SIDES];
    for (int s = 0; s < SIDES; s++) {
        HN_TRY(sorted_values(b->ctx, c[s], &v[s], &n[s]));
        mean[s] = mean_of(v[s], n[s], &sd[s]);
    }
    if (n[0] == 0 || n[1] == 0) return HONE_OK;
    ret->distance = smirnov(v[0], n[0], v[1], n[1]);
    double p = smirnov_p(ret->distance, n[0], n[1]);
    hn_add_real(b->doc, ret->object, "p", p);
    yyjson_mut_obj_add_str(b->doc, ret->object, "measure", "Kolmogorov-Smirnov");
    yyjson_mut_obj_add_bool(b->doc, ret->object, "differs", p < HARDLY && ret->distance > WORTH);
    add_bins(b, ret->object, v, n);
    if (time) return HONE_OK;
    add_two(b, ret->object, "mean", mean[0], mean[1]);
    add_two(b, ret->object, "sd", sd[0], sd[1]);
    add_two(b, ret->object, "median", hn_quantile_sorted(v[0], n[0], 0.5),
            hn_quantile_sorted(v[1], n[1], 0.5));
    return HONE_OK;
}

/* ---- names ----------------------------------------------------------------------------------- */

typedef struct counted {
    hn_map number;
    const char **name;
    double *count[SIDES];
    int64_t n, room;
    double rows[SIDES];
} counted;

static hone_status count_names(const beside *b, const hn_column *c, int side, counted *t) {
    hn_str text;
    hn_str_init(&text, b->ctx, b->ctx->scratch);
    for (int64_t i = 0; i < c->n; i++) {
        int64_t at;
        if (hn_column_is_missing(c, i)) continue;
        hn_str_clear(&text);
        hn_column_print(c, i, &text);
        HN_TRY(hn_str_status(&text));
        hn_slice key = {text.text ? text.text : "", text.length};
        HN_TRY(hn_map_intern(&t->number, key, t->n, &at));
        if (at == t->n) {
            t->name[t->n] = hn_arena_strndup(b->ctx, b->ctx->scratch, key.text, key.length);
            if (t->name[t->n++] == NULL) return HONE_ERROR_MEMORY;
        }
        t->count[side][at]++;
        t->rows[side]++;
    }
    return HONE_OK;
}

/* The most frequent of both together, the rest in one, and their shares. */
static void add_names(const beside *b, const counted *t, hn_json_mut *object, double *taken) {
    hn_json_mut *names = yyjson_mut_obj_add_arr(b->doc, object, "names");
    hn_json_mut *both = yyjson_mut_obj_add_arr(b->doc, object, "shares");
    hn_json_mut *list[SIDES];
    double rest[SIDES] = {1, 1};
    for (int s = 0; s < SIDES; s++) list[s] = yyjson_mut_arr_add_arr(b->doc, both);
    for (int64_t k = 0; k < t->n && k < NAMES; k++) {
        int64_t best = -1;
        for (int64_t i = 0; i < t->n; i++)
            if (taken[i] >= 0 && (best < 0 || taken[i] > taken[best])) best = i;
        taken[best] = -1;
        yyjson_mut_arr_add_strcpy(b->doc, names, t->name[best]);
        for (int s = 0; s < SIDES; s++) {
            double share = t->count[s][best] / t->rows[s];
            yyjson_mut_arr_add_real(b->doc, list[s], share);
            rest[s] -= share;
        }
    }
    if (t->n <= NAMES) return;
    yyjson_mut_arr_add_str(b->doc, names, "(others)");
    for (int s = 0; s < SIDES; s++)
        yyjson_mut_arr_add_real(b->doc, list[s], rest[s] > 0 ? rest[s] : 0);
}

static hone_status beside_names(const beside *b, const hn_column *const *c, found *ret) {
    counted t = {.room = c[0]->n + c[1]->n};
    double chi = 0, unseen = 0, *taken;
    int64_t used = 0;
    hn_map_init(&t.number, b->ctx, b->ctx->scratch);
    HN_TRY(HN_SCRATCH_NEW(b->ctx, t.name, t.room + 1));
    HN_TRY(HN_SCRATCH_NEW(b->ctx, taken, t.room + 1));
    for (int s = 0; s < SIDES; s++) HN_TRY(HN_SCRATCH_NEW(b->ctx, t.count[s], t.room + 1));
    for (int s = 0; s < SIDES; s++) HN_TRY(count_names(b, c[s], s, &t));
    if (t.rows[0] == 0 || t.rows[1] == 0) return HONE_OK;
    hn_json_mut *examples = yyjson_mut_obj_add_arr(b->doc, ret->object, "examples");
    for (int64_t i = 0; i < t.n; i++) {
        double all = t.count[0][i] + t.count[1][i];
        taken[i] = t.count[0][i] / t.rows[0] + t.count[1][i] / t.rows[1];
        ret->distance += fabs(t.count[0][i] / t.rows[0] - t.count[1][i] / t.rows[1]) / 2;
        for (int s = 0; s < SIDES; s++) {
            double expected = all * t.rows[s] / (t.rows[0] + t.rows[1]);
            chi += (t.count[s][i] - expected) * (t.count[s][i] - expected) / expected;
        }
        used++;
        if (t.count[0][i] > 0) continue;
        unseen += t.count[1][i];
        if (yyjson_mut_arr_size(examples) < EXAMPLES)
            yyjson_mut_arr_add_strcpy(b->doc, examples, t.name[i]);
    }
    double p = used > 1 ? hn_chi2_above(chi, (double)(used - 1)) : 1;
    hn_add_real(b->doc, ret->object, "p", p);
    hn_add_real(b->doc, ret->object, "unseen", unseen / t.rows[1]);
    yyjson_mut_obj_add_str(b->doc, ret->object, "measure", "total variation");
    yyjson_mut_obj_add_bool(b->doc, ret->object, "differs", p < HARDLY && ret->distance > WORTH);
    add_names(b, &t, ret->object, taken);
    return HONE_OK;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static hone_status beside_column(const beside *b, int32_t here, int32_t there, found *ret) {
    HN_SCRATCH(b->ctx);
    const hn_column *c[SIDES] = {&b->table[0]->columns[here], &b->table[1]->columns[there]};
    measured sort = sort_of(c[0]->type);
    HN_TRY(hn_check_cancel(b->ctx));
    *ret = (found){.object = yyjson_mut_obj(b->doc), .place = here};
    yyjson_mut_obj_add_strcpy(b->doc, ret->object, "name", c[0]->name);
    yyjson_mut_obj_add_str(b->doc, ret->object, "sort", sorts[sort]);
    add_two(b, ret->object, "missing", share_missing(c[0]), share_missing(c[1]));
    if (sort == NUMBERS || sort == TIMES) HN_TRY(beside_numbers(b, c, sort == TIMES, ret));
    if (sort == NAMED) HN_TRY(beside_names(b, c, ret));
    hn_add_real(b->doc, ret->object, "distance", ret->distance);
    return HONE_OK;
}

static int by_distance(const void *x, const void *y) {
    const found *a = x, *b = y;
    if (a->distance != b->distance) return a->distance > b->distance ? -1 : 1;
    return a->place < b->place ? -1 : 1;
}

hone_status hn_explore_beside(hone_ctx *ctx, const hn_table *table, const hn_table *other,
                              const char *source, hn_json_doc *doc, hn_json_mut *profile) {
    HN_SCRATCH(ctx);
    beside b = {.ctx = ctx, .doc = doc, .table = {table, other}};
    found *all;
    int32_t n = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, all, table->n_columns + 1));
    hn_json_mut *object = yyjson_mut_obj_add_obj(doc, profile, "beside");
    if (object == NULL) return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory comparing tables");
    yyjson_mut_obj_add_strcpy(doc, object, "source", source);
    yyjson_mut_obj_add_int(doc, object, "rows", other->n_rows);
    hn_json_mut *here = yyjson_mut_obj_add_arr(doc, object, "only_here");
    hn_json_mut *there = yyjson_mut_obj_add_arr(doc, object, "only_there");
    hn_json_mut *types = yyjson_mut_obj_add_arr(doc, object, "other_type");
    for (int32_t j = 0; j < table->n_columns; j++) {
        const hn_column *c = &table->columns[j];
        int32_t k = hn_table_find(other, c->name);
        if (k < 0)
            yyjson_mut_arr_add_strcpy(doc, here, c->name);
        else if (sort_of(c->type) != sort_of(other->columns[k].type))
            yyjson_mut_arr_add_strcpy(doc, types, c->name);
        else
            HN_TRY(beside_column(&b, j, k, &all[n++]));
    }
    for (int32_t k = 0; k < other->n_columns; k++)
        if (hn_table_find(table, other->columns[k].name) < 0)
            yyjson_mut_arr_add_strcpy(doc, there, other->columns[k].name);
    if (n > 0) qsort(all, (size_t)n, sizeof *all, by_distance);
    hn_json_mut *columns = yyjson_mut_obj_add_arr(doc, object, "columns");
    for (int32_t i = 0; i < n; i++) yyjson_mut_arr_append(columns, all[i].object);
    return HONE_OK;
}
