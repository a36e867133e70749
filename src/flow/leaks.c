/* leaks.c - see leaks.h. A single column that tells the target is found by ranks, or by the class that most
 * rows of each of its values have. */
#include "flow/leaks.h"

#include "base/map.h"
#include "num/association.h"
#include "num/sort.h"
#include <math.h>
#include <string.h>

enum { MOST_ROWS = 20000, FEWEST_ROWS = 30 };
static const double NEARLY = 0.999; /* tells the target this well: it is suspected */

typedef struct search {
    hn_run *run;
    hn_json_doc *doc;
    hn_json_mut *list;
} search;

static hone_status add(search *s, const char *kind, const char *column, double value,
                       const char *text) {
    hn_json_mut *one = yyjson_mut_arr_add_obj(s->doc, s->list);
    bool ok = one != NULL && yyjson_mut_obj_add_strcpy(s->doc, one, "kind", kind) &&
              (column == NULL || yyjson_mut_obj_add_strcpy(s->doc, one, "column", column)) &&
              (isnan(value) || yyjson_mut_obj_add_real(s->doc, one, "value", value)) &&
              yyjson_mut_obj_add_strcpy(s->doc, one, "text", text);
    if (!ok) return hn_fail(s->run->ctx, HONE_ERROR_MEMORY, "out of memory noting a leak");
    return hn_note(&s->run->notes, "warning: %s", text);
}

/* ---- one column against the target ------------------------------------------------------------ */

/* Rows where the column has a value: x and y [n], and whether they are the same throughout. */
typedef struct pairs {
    double *x, *y;
    int64_t n;
    bool same;
} pairs;

static hone_status take_pairs(hone_ctx *ctx, const hone_data *data, const hn_column *column,
                              pairs *p) {
    int64_t step = 1 + data->x->n_rows / MOST_ROWS;
    *p = (pairs){.same = true};
    HN_TRY(HN_SCRATCH_NEW(ctx, p->x, data->x->n_rows / step + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, p->y, data->x->n_rows / step + 1));
    for (int64_t i = 0; i < data->x->n_rows; i += step) {
        double x = hn_column_double(column, i);
        if (!isfinite(x)) continue;
        p->x[p->n] = x;
        p->y[p->n] = data->y[i];
        p->same &= x == data->y[i];
        p->n++;
    }
    return HONE_OK;
}

/* The share of rows that the commonest class of their value has; values in runs of order. NaN where values are too
 * many to be more than names of rows, or one class has nearly all. */
static hone_status purity_of(hone_ctx *ctx, const pairs *p, const int64_t *order, int32_t classes,
                             double *ret_purity) {
    int64_t *count, *whole, right = 0, values = 0, most = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, count, classes));
    HN_TRY(HN_SCRATCH_NEW(ctx, whole, classes));
    for (int64_t i = 0, j; i < p->n; i = j, values++) {
        int64_t best = 0;
        memset(count, 0, (size_t)classes * sizeof *count);
        for (j = i; j < p->n && p->x[order[j]] == p->x[order[i]]; j++) {
            int32_t c = (int32_t)p->y[order[j]];
            whole[c]++;
            if (++count[c] > best) best = count[c];
        }
        right += best;
    }
    for (int32_t c = 0; c < classes; c++) most = whole[c] > most ? whole[c] : most;
    bool tells = values <= p->n / 5 && (double)most < 0.99 * (double)p->n;
    *ret_purity = tells ? (double)right / (double)p->n : (double)NAN;
    return HONE_OK;
}

/* The area under the ROC curve of the column alone, either way round. */
static hone_status auc_of(hone_ctx *ctx, const pairs *p, double *ret_auc) {
    double *ranks, sum = 0, ones = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, ranks, p->n));
    HN_TRY(hn_rank(ctx, p->x, p->n, ranks));
    for (int64_t i = 0; i < p->n; i++) {
        sum += p->y[i] > 0 ? ranks[i] : 0;
        ones += p->y[i] > 0;
    }
    double zeros = (double)p->n - ones;
    double auc = ones > 9 && zeros > 9 ? (sum - ones * (ones + 1) / 2) / (ones * zeros) : 0.5;
    *ret_auc = auc < 0.5 ? 1 - auc : auc;
    return HONE_OK;
}

/* How well the column alone tells the target, 0 to 1. */
static hone_status tells(hone_ctx *ctx, const hone_data *data, const hn_column *column,
                         const pairs *p, double *ret_value) {
    int64_t *order;
    double purity = 0, other = 0;
    *ret_value = 0;
    if (data->n_classes == 0) {
        if (column->type == HN_CATEGORY) return HONE_OK;
        HN_TRY(hn_spearman(ctx, p->x, p->y, p->n, &other));
        *ret_value = isnan(other) ? 0 : fabs(other);
        return HONE_OK;
    }
    HN_TRY(HN_SCRATCH_NEW(ctx, order, p->n + 1));
    HN_TRY(hn_argsort_f64(ctx, p->x, p->n, order));
    HN_TRY(purity_of(ctx, p, order, data->n_classes, &purity));
    if (data->n_classes == 2 && column->type != HN_CATEGORY) HN_TRY(auc_of(ctx, p, &other));
    *ret_value = purity > other ? purity : other;
    return HONE_OK;
}

static hone_status look_at(search *s, const hn_column *column) {
    hone_ctx *ctx = s->run->ctx;
    HN_SCRATCH(ctx);
    pairs p;
    double value;
    char *text;
    const char *target = s->run->model->target != NULL ? s->run->model->target : "the target";
    if (column->type == HN_STRING) return HONE_OK;
    HN_TRY(take_pairs(ctx, &s->run->known, column, &p));
    if (p.n < FEWEST_ROWS) return HONE_OK;
    HN_TRY(tells(ctx, &s->run->known, column, &p, &value));
    if (value < NEARLY) return HONE_OK;
    bool copy = p.same || value >= 1;
    text = hn_arena_printf(
        ctx, ctx->scratch,
        copy
            ? "'%s' alone tells '%s' without a fault (%.4g of 1): is it known before the answer "
              "is, "
              "or the answer itself under another name? If so, name it under roles.ignore"
            : "'%s' alone nearly tells '%s' (%.4g of 1): is it known before the answer is? If not, "
              "name it under roles.ignore",
        column->name, target, value);
    return text == NULL ? HONE_ERROR_MEMORY
                        : add(s, copy ? "target_copy" : "predictor", column->name, value, text);
}

/* ---- ids and times --------------------------------------------------------------------------- */

static hone_status look_at_roles(search *s, int32_t j) {
    hn_run *r = s->run;
    const hn_column *column = &r->features.table->columns[j];
    HN_SCRATCH(r->ctx);
    bool id = r->features.profiles[j].is_id_like && hn_type_is_numeric(column->type);
    bool time = column->type == HN_TIME && r->recipe.roles.time == NULL && r->test.x != NULL;
    if (!id && !time) return HONE_OK;
    char *text = hn_arena_printf(
        r->ctx, r->ctx->scratch,
        id ? "'%s' looks like an id and is learned from: rows would be known by it; name it under "
             "roles.id"
           : "'%s' is a time, and rows are held out at random: the model is tested on rows earlier "
             "than those it learned from; name it under roles.time",
        column->name);
    return text == NULL ? HONE_ERROR_MEMORY
                        : add(s, id ? "id" : "time", column->name, (double)NAN, text);
}

/* ---- rows on both sides ---------------------------------------------------------------------- */

/* A number for what a row says: rows that say the same have the same. */
static void hash_rows(const hn_table *x, int64_t *hashes) {
    for (int64_t i = 0; i < x->n_rows; i++) {
        uint64_t hash = 0;
        for (int32_t j = 0; j < x->n_columns; j++) {
            const hn_column *column = &x->columns[j];
            double value = hn_column_double(column, i);
            hn_slice text = {"", 0};
            if (column->type == HN_STRING) text = hn_column_text(column, i);
            if (isnan(value)) value = -0.0; /* one of the many bits of NaN */
            hash = hn_hash(&value, sizeof value, hash);
            hash = hn_hash(text.length > 0 ? text.text : "", text.length, hash);
        }
        hashes[i] = (int64_t)hash;
    }
}

static hone_status look_at_rows(search *s) {
    hn_run *r = s->run;
    if (r->test.x == NULL || r->test.x->n_columns < 2) return HONE_OK;
    HN_SCRATCH(r->ctx);
    int64_t n = r->train.x->n_rows, m = r->test.x->n_rows, *known, *held, both = 0;
    HN_TRY(HN_SCRATCH_NEW(r->ctx, known, n));
    HN_TRY(HN_SCRATCH_NEW(r->ctx, held, m));
    hash_rows(r->train.x, known);
    hash_rows(r->test.x, held);
    HN_TRY(hn_sort_i64(r->ctx, known, n));
    HN_TRY(hn_sort_i64(r->ctx, held, m));
    for (int64_t i = 0, at = 0; i < m; i++) {
        while (at < n && known[at] < held[i]) at++;
        both += at < n && known[at] == held[i];
    }
    double share = (double)both / (double)m;
    if (share < 0.05) return HONE_OK;
    char *text = hn_arena_printf(
        r->ctx, r->ctx->scratch,
        "%.3g %% of the test rows (%lld) are training rows too: scores are too good if these are "
        "copies; remove duplicates, or name what belongs together under roles.group",
        100 * share, (long long)both);
    return text == NULL ? HONE_ERROR_MEMORY : add(s, "duplicates", NULL, share, text);
}

hone_status hn_find_leaks(hn_run *r, hn_json_doc *doc, hn_json_mut **ret_list) {
    search s = {.run = r, .doc = doc, .list = yyjson_mut_arr(doc)};
    if (s.list == NULL) return hn_fail(r->ctx, HONE_ERROR_MEMORY, "out of memory noting leaks");
    bool one = r->known.y != NULL && r->model->n_targets < 2 && r->known.task != HN_TASK_RANK;
    for (int32_t j = 0; j < r->features.table->n_columns; j++) {
        if (one) HN_TRY(look_at(&s, &r->known.x->columns[j]));
        HN_TRY(look_at_roles(&s, j));
    }
    HN_TRY(look_at_rows(&s));
    *ret_list = s.list;
    return HONE_OK;
}
