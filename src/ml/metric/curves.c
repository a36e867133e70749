/* curves.c - points of the ROC, precision-recall and gain curves, thinned to a few hundred each.
 *
 * A point is kept where the curve has moved on by 1/200 of its way since the last one kept; so
 * small tests keep every point, and large ones a curve that looks the same. */
#include "ml/metric/report.h"

#include "num/sort.h"

enum { MOST_CURVES = 20, POINTS = 200 };

/* Weight with at least this score, after each distinct score from the top. */
typedef struct step {
    double threshold, hits, misses;
} step;

/* Steps of class k in scratch, without those that add no weight. */
static hone_status walk(hone_ctx *ctx, const hn_scored *scored, int32_t k, step **ret_steps,
                        int64_t *ret_n) {
    const int64_t *order = scored->order[k];
    const double *proba = scored->proba + k;
    step *steps, sum = {0, 0, 0};
    int64_t n = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, steps, scored->n + 1));
    for (int64_t i = scored->n - 1; i >= 0; i--) {
        int64_t row = order[i];
        double weight = hn_scored_weight(scored, row);
        sum.threshold = proba[row * scored->n_classes];
        if ((int32_t)scored->y[row] == k)
            sum.hits += weight;
        else
            sum.misses += weight;
        bool last_of_tie = i == 0 || proba[order[i - 1] * scored->n_classes] != sum.threshold;
        bool moved = n == 0 ? sum.hits + sum.misses > 0
                            : sum.hits != steps[n - 1].hits || sum.misses != steps[n - 1].misses;
        if (last_of_tie && moved) steps[n++] = sum;
    }
    *ret_steps = steps;
    *ret_n = n;
    return HONE_OK;
}

/* Three arrays of one curve under the names given. */
typedef struct curve {
    hn_json_doc *doc;
    hn_json_mut *x, *y, *threshold;
} curve;

static curve new_curve(hn_json_doc *doc, hn_json_mut *object, const char *x, const char *y) {
    return (curve){.doc = doc,
                   .x = yyjson_mut_obj_add_arr(doc, object, x),
                   .y = yyjson_mut_obj_add_arr(doc, object, y),
                   .threshold = yyjson_mut_obj_add_arr(doc, object, "threshold")};
}

static void add_point(curve *c, double x, double y, double threshold) {
    yyjson_mut_arr_add_real(c->doc, c->x, x);
    yyjson_mut_arr_add_real(c->doc, c->y, y);
    yyjson_mut_arr_add_real(c->doc, c->threshold, threshold);
}

static void add_roc(hn_json_doc *doc, hn_json_mut *object, const step *steps, int64_t n) {
    curve c = new_curve(doc, object, "false_positive_rate", "true_positive_rate");
    double hits = steps[n - 1].hits, misses = steps[n - 1].misses, kept = 0;
    add_point(&c, 0, 0, (double)INFINITY);
    for (int64_t i = 0; i < n; i++) {
        double x = steps[i].misses / misses, y = steps[i].hits / hits;
        if (i < n - 1 && x + y - kept < 2.0 / POINTS) continue;
        add_point(&c, x, y, steps[i].threshold);
        kept = x + y;
    }
}

static void add_pr(hn_json_doc *doc, hn_json_mut *object, const step *steps, int64_t n) {
    curve c = new_curve(doc, object, "recall", "precision");
    double hits = steps[n - 1].hits, recall = 0, precision = 2; /* of the last point kept: none */
    for (int64_t i = 0; i < n; i++) {
        double x = steps[i].hits / hits, y = steps[i].hits / (steps[i].hits + steps[i].misses);
        if (i < n - 1 && x - recall + fabs(y - precision) < 1.0 / POINTS) continue;
        add_point(&c, x, y, steps[i].threshold);
        recall = x;
        precision = y;
    }
}

/* What share of the class stands among the rows with the highest scores. */
static void add_gain(hn_json_doc *doc, hn_json_mut *object, const step *steps, int64_t n) {
    curve c = new_curve(doc, object, "share", "gain");
    double hits = steps[n - 1].hits, total = hits + steps[n - 1].misses, kept = 0;
    add_point(&c, 0, 0, (double)INFINITY);
    for (int64_t i = 0; i < n; i++) {
        double x = (steps[i].hits + steps[i].misses) / total, y = steps[i].hits / hits;
        if (i < n - 1 && x + y - kept < 2.0 / POINTS) continue;
        add_point(&c, x, y, steps[i].threshold);
        kept = x + y;
    }
}

/* The area of class k alone, by the metric itself: k moved into the place of a positive class. */
static hone_status area(hone_ctx *ctx, const hn_metric *metric, const hn_scored *scored, int32_t k,
                        double *ret) {
    HN_SCRATCH(ctx);
    double *y, *proba;
    HN_TRY(HN_SCRATCH_NEW(ctx, y, scored->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, proba, 2 * scored->n));
    for (int64_t i = 0; i < scored->n; i++) {
        y[i] = (int32_t)scored->y[i] == k;
        proba[2 * i + 1] = scored->proba[i * scored->n_classes + k];
    }
    int64_t *order[2] = {NULL, scored->order[k]};
    hn_scored one = {.n = scored->n,
                     .task = HN_TASK_BINARY,
                     .n_classes = 2,
                     .y = y,
                     .proba = proba,
                     .weight = scored->weight,
                     .order = order};
    return hn_metric_compute(ctx, metric, &one, ret);
}

/* Lists of curves, one entry per class. */
typedef struct lists {
    hn_json_mut *roc, *pr, *gain;
} lists;

static hone_status add_class(hone_ctx *ctx, const hn_scored *scored, const hn_dictionary *classes,
                             int32_t k, hn_json_doc *doc, const lists *to) {
    HN_SCRATCH(ctx);
    step *steps;
    int64_t n;
    double value;
    HN_TRY(walk(ctx, scored, k, &steps, &n));
    if (n == 0 || !(steps[n - 1].hits > 0)) return HONE_OK;
    hn_json_mut *one = yyjson_mut_arr_add_obj(doc, to->pr);
    HN_TRY(area(ctx, &hn_metric_pr_auc, scored, k, &value));
    yyjson_mut_obj_add_val(doc, one, "class", hn_report_label(doc, classes, k));
    yyjson_mut_obj_add_real(doc, one, "average_precision", value);
    add_pr(doc, one, steps, n);
    if (!(steps[n - 1].misses > 0)) return HONE_OK;
    one = yyjson_mut_arr_add_obj(doc, to->gain);
    yyjson_mut_obj_add_val(doc, one, "class", hn_report_label(doc, classes, k));
    add_gain(doc, one, steps, n);
    one = yyjson_mut_arr_add_obj(doc, to->roc);
    HN_TRY(area(ctx, &hn_metric_roc_auc, scored, k, &value));
    yyjson_mut_obj_add_val(doc, one, "class", hn_report_label(doc, classes, k));
    yyjson_mut_obj_add_real(doc, one, "auc", value);
    add_roc(doc, one, steps, n);
    return HONE_OK;
}

hone_status hn_report_curves(hone_ctx *ctx, const hn_scored *scored, const hn_dictionary *classes,
                             hn_json_doc *doc, hn_json_mut *object) {
    if (scored->n_classes > MOST_CURVES) return HONE_OK;
    HN_SCRATCH(ctx);
    hn_scored own = *scored;
    if (own.order == NULL) HN_TRY(hn_scored_prepare(ctx, ctx->scratch, &own));
    lists to = {.roc = yyjson_mut_obj_add_arr(doc, object, "roc"),
                .pr = yyjson_mut_obj_add_arr(doc, object, "pr"),
                .gain = yyjson_mut_obj_add_arr(doc, object, "gain")};
    for (int32_t k = own.n_classes == 2 ? 1 : 0; k < own.n_classes; k++)
        HN_TRY(add_class(ctx, &own, classes, k, doc, &to));
    return HONE_OK;
}
