/* compare.c - paired bootstrap of each model against the best one, and what follows in words. */
#include "flow/compare.h"
#include "flow/cross.h"
#include <math.h>
#include <string.h>

static const double SURE = 0.975; /* of the resamples: a 95 % interval that leaves 0 out */

typedef struct comparison {
    hone_ctx *ctx;
    const hn_contenders *from;
    const hn_metric_list *metrics;
    const hn_metric *primary;
    hn_scored *scored;           /* [n]: prepared */
    double *value;               /* [n]: of the primary metric */
    int *order;                  /* [n]: best first */
    hn_bootstrap_result *behind; /* [n]: best against each */
} comparison;

static bool is_better(const hn_metric *metric, double a, double b) {
    if (isnan(b)) return !isnan(a);
    return metric->greater_is_better ? a > b : a < b;
}

/* ---- figures --------------------------------------------------------------------------------- */

/* Best first; of equals the first given. */
static void sort(comparison *c) {
    for (int i = 0; i < c->from->n; i++) {
        int at = i;
        for (; at > 0 && is_better(c->primary, c->value[i], c->value[c->order[at - 1]]); at--)
            c->order[at] = c->order[at - 1];
        c->order[at] = i;
    }
}

static hone_status set_figures(comparison *c) {
    int n = c->from->n;
    hone_ctx *ctx = c->ctx;
    HN_TRY(HN_SCRATCH_NEW(ctx, c->scored, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, c->value, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, c->order, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, c->behind, n));
    for (int i = 0; i < n; i++) {
        c->scored[i] = c->from->items[i].scored;
        HN_TRY(hn_scored_prepare(ctx, ctx->scratch, &c->scored[i]));
        HN_TRY(hn_metric_compute(ctx, c->primary, &c->scored[i], &c->value[i]));
    }
    sort(c);
    hn_bootstrap_options options = {.seed = ctx->seed};
    for (int i = 0; i < n; i++) {
        if (i == c->order[0]) continue;
        hn_progress(ctx, "compare", i, n, "models");
        HN_TRY(hn_bootstrap(ctx, &c->scored[c->order[0]], &c->scored[i], &c->primary, 1, &options,
                            &c->behind[i]));
    }
    return HONE_OK;
}

static void add_number(hn_json_doc *doc, hn_json_mut *object, const char *key, double value) {
    if (isfinite(value))
        yyjson_mut_obj_add_real(doc, object, key, value);
    else
        yyjson_mut_obj_add_null(doc, object, key);
}

static void add_difference(hn_json_doc *doc, hn_json_mut *object, const hn_range *range,
                           double sure) {
    add_number(doc, object, "value", range->value);
    add_number(doc, object, "low", range->low);
    add_number(doc, object, "high", range->high);
    add_number(doc, object, "sure", sure);
}

/* The rows of one outer fold. */
static hone_status take_fold(hone_ctx *ctx, const hn_contender *of, int64_t fold,
                             hn_scored *ret_scored) {
    const hn_scored *all = &of->scored;
    size_t k = (size_t)(all->n_classes > 0 ? all->n_classes : 1);
    hn_scored one = {.task = all->task, .n_classes = all->n_classes};
    double *y, *label, *value, *proba, *weight;
    HN_TRY(HN_SCRATCH_NEW(ctx, y, all->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, label, all->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, value, all->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, weight, all->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, proba, all->n * (int64_t)k + 1));
    for (int64_t i = 0; i < all->n; i++) {
        if (of->fold[i] != fold) continue;
        y[one.n] = all->y[i];
        if (all->label != NULL) label[one.n] = all->label[i];
        if (all->value != NULL) value[one.n] = all->value[i];
        if (all->weight != NULL) weight[one.n] = all->weight[i];
        if (all->proba != NULL)
            memcpy(proba + one.n * (int64_t)k, all->proba + i * (int64_t)k, k * sizeof *proba);
        one.n++;
    }
    one.y = y;
    one.label = all->label != NULL ? label : NULL;
    one.value = all->value != NULL ? value : NULL;
    one.weight = all->weight != NULL ? weight : NULL;
    one.proba = all->proba != NULL ? proba : NULL;
    *ret_scored = one;
    return HONE_OK;
}

static hone_status score_fold(const comparison *c, const hn_contender *of, int64_t fold,
                              double *ret_value) {
    HN_SCRATCH(c->ctx);
    hn_scored one;
    HN_TRY(take_fold(c->ctx, of, fold, &one));
    return hn_metric_compute(c->ctx, c->primary, &one, ret_value);
}

/* The primary metric fold by fold. */
static hone_status put_folds(const comparison *c, const hn_contender *of, hn_json_doc *doc,
                             hn_json_mut *model) {
    double *values, sd;
    if (of->n_folds == 0) return HONE_OK;
    HN_SCRATCH(c->ctx);
    HN_TRY(HN_SCRATCH_NEW(c->ctx, values, of->n_folds));
    hn_json_mut *folds = yyjson_mut_obj_add_obj(doc, model, "folds");
    for (int64_t f = 0; f < of->n_folds; f++) HN_TRY(score_fold(c, of, f, &values[f]));
    add_number(doc, folds, "mean", hn_mean_of_folds(values, of->n_folds, &sd));
    add_number(doc, folds, "sd", sd);
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, folds, "values");
    for (int64_t f = 0; f < of->n_folds; f++) {
        if (isfinite(values[f]))
            yyjson_mut_arr_add_real(doc, list, values[f]);
        else
            yyjson_mut_arr_add_null(doc, list);
    }
    if (of->kinds == NULL) return HONE_OK;
    list = yyjson_mut_obj_add_arr(doc, folds, "kinds");
    for (int64_t f = 0; f < of->n_folds; f++) yyjson_mut_arr_add_str(doc, list, of->kinds[f]);
    return HONE_OK;
}

static hone_status put_model(const comparison *c, int i, hn_json_doc *doc, hn_json_mut *list) {
    const hn_contender *contender = &c->from->items[i];
    hn_json_mut *one = yyjson_mut_arr_add_obj(doc, list), *values, *intervals;
    yyjson_mut_obj_add_strcpy(doc, one, "name", contender->name);
    yyjson_mut_obj_add_strcpy(doc, one, "kind",
                              contender->kind != NULL ? contender->kind : "baseline");
    HN_TRY(hn_intervals_json(c->ctx, &c->scored[i], NULL, c->metrics, doc, &values, &intervals));
    yyjson_mut_obj_add_val(doc, one, "metrics", values);
    yyjson_mut_obj_add_val(doc, one, "intervals", intervals);
    hn_json_mut *seconds = yyjson_mut_obj_add_obj(doc, one, "seconds");
    if (isfinite(contender->fit)) yyjson_mut_obj_add_real(doc, seconds, "fit", contender->fit);
    if (isfinite(contender->predict))
        yyjson_mut_obj_add_real(doc, seconds, "predict", contender->predict);
    HN_TRY(put_folds(c, contender, doc, one));
    if (i != c->order[0])
        add_difference(doc, yyjson_mut_obj_add_obj(doc, one, "behind"), &c->behind[i].difference,
                       c->behind[i].ahead);
    return HONE_OK;
}

/* ---- words ----------------------------------------------------------------------------------- */

static bool is_clear(const comparison *c, int i) { return c->behind[i].ahead >= SURE; }

/* Four digits after the point, or as many as tell. */
static void put_figure(hn_str *out, double value) {
    double scale = 1e4, size = fabs(value);
    while (size >= 10 && scale > 1) {
        size /= 10;
        scale /= 10;
    }
    while (size > 0 && size * scale < 10 && scale < 1e12) scale *= 10;
    hn_str_put_double(out, floor(value * scale + 0.5) / scale);
}

static void put_names(const comparison *c, bool clear, hn_str *out) {
    int total = 0, done = 0;
    for (int r = 1; r < c->from->n; r++) total += is_clear(c, c->order[r]) == clear;
    for (int r = 1; r < c->from->n; r++) {
        int i = c->order[r];
        if (is_clear(c, i) != clear) continue;
        hn_str_put(out, done == 0 ? "" : done + 1 == total ? " and " : ", ");
        hn_str_put(out, c->from->items[i].name);
        done++;
    }
}

static void put_runner_up(const comparison *c, hn_str *out) {
    const hn_contender *items = c->from->items;
    int second = c->order[1];
    const hn_range *apart = &c->behind[second].difference;
    double sign = c->primary->greater_is_better ? 1 : -1;
    hn_str_put(out, " The next, ");
    hn_str_put(out, items[second].name);
    hn_str_put(out, ", lies ");
    put_figure(out, sign * apart->value);
    hn_str_put(out, " behind (95 % interval ");
    put_figure(out, sign > 0 ? apart->low : -apart->high);
    hn_str_put(out, " to ");
    put_figure(out, sign > 0 ? apart->high : -apart->low);
    hn_str_put(out, ").");
}

/* Among those that are not clearly worse, one that fits much faster. */
static void put_faster(const comparison *c, hn_str *out) {
    const hn_contender *items = c->from->items, *best = &items[c->order[0]], *found = NULL;
    for (int r = 1; r < c->from->n; r++) {
        const hn_contender *one = &items[c->order[r]];
        if (is_clear(c, c->order[r]) || one->kind == NULL || !(one->fit * 3 < best->fit)) continue;
        if (found == NULL || one->fit < found->fit) found = one;
    }
    if (found == NULL) return;
    hn_str_printf(out, " %s fits in ", found->name);
    put_figure(out, found->fit);
    hn_str_put(out, " s instead of ");
    put_figure(out, best->fit);
    hn_str_put(out, " s: a reason to prefer it.");
}

static hone_status put_verdict(const comparison *c, hn_json_doc *doc, hn_json_mut *object) {
    HN_SCRATCH(c->ctx);
    hn_str out;
    hn_str_init(&out, c->ctx, c->ctx->scratch);
    int best = c->order[0], clear = 0;
    for (int r = 1; r < c->from->n; r++) clear += is_clear(c, c->order[r]);
    hn_str_printf(&out, "%s is best by %s: ", c->from->items[best].name, c->primary->name);
    put_figure(&out, c->value[best]);
    hn_str_put(&out, ".");
    if (c->from->n > 1) put_runner_up(c, &out);
    if (clear > 0) {
        hn_str_put(&out, " It is clearly better than ");
        put_names(c, true, &out);
        hn_str_put(&out, ".");
    }
    if (clear < c->from->n - 1) {
        hn_str_put(&out, " These rows do not show that it is better than ");
        put_names(c, false, &out);
        hn_str_put(&out, ".");
        put_faster(c, &out);
    }
    HN_TRY(hn_str_status(&out));
    yyjson_mut_obj_add_strncpy(doc, object, "verdict", out.text, out.length);
    return HONE_OK;
}

/* From the first to the second: before and after. */
static hone_status put_change(const comparison *c, hn_json_doc *doc, hn_json_mut *object) {
    hn_bootstrap_options options = {.seed = c->ctx->seed};
    hn_bootstrap_result change;
    if (c->from->n != 2) return HONE_OK;
    HN_TRY(hn_bootstrap(c->ctx, &c->scored[1], &c->scored[0], &c->primary, 1, &options, &change));
    hn_json_mut *one = yyjson_mut_obj_add_obj(doc, object, "change");
    yyjson_mut_obj_add_strcpy(doc, one, "from", c->from->items[0].name);
    yyjson_mut_obj_add_strcpy(doc, one, "to", c->from->items[1].name);
    add_difference(doc, one, &change.difference, change.ahead);
    return HONE_OK;
}

/* ---- whole ----------------------------------------------------------------------------------- */

hone_status hn_compare(hone_ctx *ctx, const hn_contenders *contenders,
                       const hn_metric_list *metrics, hn_json_doc *doc, hn_json_mut **ret_object) {
    HN_SCRATCH(ctx);
    comparison c = {
        .ctx = ctx, .from = contenders, .metrics = metrics, .primary = metrics->items[0]};
    HN_TRY(set_figures(&c));
    hn_json_mut *object = yyjson_mut_obj(doc);
    yyjson_mut_obj_add_int(doc, object, "rows", contenders->items[0].scored.n);
    yyjson_mut_obj_add_strcpy(doc, object, "primary", c.primary->name);
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, object, "models");
    for (int r = 0; r < contenders->n; r++) HN_TRY(put_model(&c, c.order[r], doc, list));
    yyjson_mut_obj_add_strcpy(doc, object, "best", contenders->items[c.order[0]].name);
    hn_json_mut *as_good = yyjson_mut_obj_add_arr(doc, object, "as_good");
    for (int r = 1; r < contenders->n; r++)
        if (!is_clear(&c, c.order[r]))
            yyjson_mut_arr_add_strcpy(doc, as_good, contenders->items[c.order[r]].name);
    HN_TRY(put_verdict(&c, doc, object));
    HN_TRY(put_change(&c, doc, object));
    *ret_object = object;
    return HONE_OK;
}
