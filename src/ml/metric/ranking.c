/* ranking.c - metrics of how well a class's scores sort its rows above the others.
 *
 * Both walk the rows in order of score once, ties together. The order is taken from scored->order
 * where it was made, so that a bootstrap sorts once and each resample is one pass. Else the rows themselves
 * are sorted: to jump from one to the other costs more where they do not fit into the cache, or into memory. */
#include "ml/metric/metric.h"

#include "num/sort.h"
#include <math.h>

/* One class against the rest. */
typedef struct one_class {
    const hn_scored *scored;
    int32_t k;
    const int64_t *order; /* ascending score; NULL: they stand in it */
} one_class;

/* The order of class k: the prepared one, or one made in scratch. */
static hone_status find_order(hone_ctx *ctx, const hn_scored *scored, int32_t k,
                              const int64_t **ret_order) {
    if (scored->order != NULL && scored->order[k] != NULL) {
        *ret_order = scored->order[k];
        return HONE_OK;
    }
    int64_t *order;
    double *values;
    HN_TRY(HN_SCRATCH_NEW(ctx, order, scored->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, values, scored->n));
    for (int64_t i = 0; i < scored->n; i++) values[i] = scored->proba[i * scored->n_classes + k];
    HN_TRY(hn_argsort_f64(ctx, values, scored->n, order));
    *ret_order = order;
    return HONE_OK;
}

/* The rows of class k (0) and the others (1), sorted by score; in scratch. */
static hone_status sort_rows(hone_ctx *ctx, const hn_scored *scored, int32_t k,
                             hn_scored *ret_sorted) {
    double *score, *y, *weight;
    int64_t n = scored->n;
    HN_TRY(HN_SCRATCH_NEW(ctx, score, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, y, n));
    HN_TRY(HN_SCRATCH_NEW(ctx, weight, n));
    for (int64_t i = 0; i < n; i++) {
        bool hit = (int32_t)scored->y[i] == k;
        score[i] = scored->proba[i * scored->n_classes + k];
        weight[i] = hit ? hn_scored_weight(scored, i) : -hn_scored_weight(scored, i);
    }
    HN_TRY(hn_sort_both_f64(ctx, score, weight, n));
    for (int64_t i = 0; i < n; i++) {
        y[i] = signbit(weight[i]) ? 1 : 0;
        weight[i] = fabs(weight[i]);
    }
    *ret_sorted = (hn_scored){.n = n, .n_classes = 1, .proba = score, .y = y, .weight = weight};
    return HONE_OK;
}

/* Weight of the class (hit) and of the others (miss) at one score. */
typedef struct tie {
    double hit, miss;
} tie;

static inline int64_t row_at(const one_class *one, int64_t at) {
    return one->order != NULL ? one->order[at] : at;
}

/* The rows with the score of the one at *at, walking by step (1 or -1) up to stop; moves *at past them.
 */
static tie next_tie(const one_class *one, int64_t *at, int64_t step, int64_t stop) {
    const hn_scored *s = one->scored;
    const double *proba = s->proba + one->k;
    double score = proba[row_at(one, *at) * s->n_classes];
    tie sum = {0, 0};
    for (int64_t first = *at; *at != stop; *at += step) {
        int64_t row = row_at(one, *at);
        if (proba[row * s->n_classes] != score && *at != first) break;
        double weight = hn_scored_weight(s, row);
        double hit =
            weight * ((int32_t)s->y[row] == one->k); /* no branch: it would be a coin's toss */
        sum.hit += hit;
        sum.miss += weight - hit;
    }
    return sum;
}

/* Mann-Whitney: the share of pairs in the right order, ties half. */
static double roc_auc_of(const one_class *one) {
    double area = 0, hits = 0, misses = 0;
    for (int64_t at = 0; at < one->scored->n;) {
        tie t = next_tie(one, &at, 1, one->scored->n);
        area += t.hit * (misses + 0.5 * t.miss);
        hits += t.hit;
        misses += t.miss;
    }
    return hits > 0 && misses > 0 ? area / hits / misses : (double)NAN;
}

/* Average precision: precision at each score, weighted by the recall gained there. No
 * interpolation. */
static double pr_auc_of(const one_class *one) {
    double sum = 0, hits = 0, misses = 0;
    for (int64_t at = one->scored->n - 1; at >= 0;) {
        tie t = next_tie(one, &at, -1, -1);
        hits += t.hit;
        misses += t.miss;
        if (hits > 0) sum += t.hit * (hits / (hits + misses));
    }
    return hits > 0 ? sum / hits : (double)NAN;
}

typedef double area_fn(const one_class *one);

static hone_status area_of_class(hone_ctx *ctx, const hn_scored *scored, int32_t k, area_fn *area,
                                 double *ret_area) {
    HN_SCRATCH(ctx);
    hn_scored sorted;
    one_class one = {.scored = scored, .k = k};
    if (scored->order != NULL && scored->order[k] != NULL) {
        one.order = scored->order[k];
    } else {
        HN_TRY(sort_rows(ctx, scored, k, &sorted));
        one = (one_class){.scored = &sorted};
    }
    *ret_area = area(&one);
    return HONE_OK;
}

static double weight_of_class(const hn_scored *scored, int32_t k) {
    double sum = 0;
    for (int64_t i = 0; i < scored->n; i++)
        if ((int32_t)scored->y[i] == k) sum += hn_scored_weight(scored, i);
    return sum;
}

/* Binary: of class 1. Else the mean over the classes where it is defined, each counting one or its
 * weight. */
static hone_status areas(hone_ctx *ctx, const hn_scored *scored, area_fn *area, bool weighted,
                         double *ret_value) {
    if (scored->n_classes == 2) return area_of_class(ctx, scored, 1, area, ret_value);
    double sum = 0, total = 0;
    for (int32_t k = 0; k < scored->n_classes; k++) {
        double value;
        HN_TRY(area_of_class(ctx, scored, k, area, &value));
        if (isnan(value)) continue;
        double weight = weighted ? weight_of_class(scored, k) : 1;
        sum += weight * value;
        total += weight;
    }
    *ret_value = total > 0 ? sum / total : (double)NAN;
    return HONE_OK;
}

static hone_status roc_auc(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    return areas(ctx, scored, roc_auc_of, false, ret_value);
}

const hn_metric hn_metric_roc_auc = {
    .name = "roc_auc",
    .function = "roc_auc_score(y_true, y_score, average='macro', multi_class='ovr')",
    .aliases = "roc_auc_score roc_auc_ovr",
    .title = "Area under the ROC curve",
    .doc = "Chance that a row of the class gets a higher score than a row of another: 0.5 blind, 1 "
           "perfect. With "
           "more than two classes, the mean of each class against the rest.",
    .references = "Fawcett (2006). An introduction to ROC analysis.\n"
                  "Hand, Till (2001). A simple generalisation of the area under the ROC curve for "
                  "multiple class "
                  "classification problems.",
    .tasks = HN_TASK_CLASSIFY,
    .greater_is_better = true,
    .low = 0,
    .high = 1,
    .compute = roc_auc,
};

static hone_status roc_auc_ovr_weighted(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    return areas(ctx, scored, roc_auc_of, true, ret_value);
}

const hn_metric hn_metric_roc_auc_ovr_weighted = {
    .name = "roc_auc_ovr_weighted",
    .function = "roc_auc_score(y_true, y_score, average='weighted', multi_class='ovr')",
    .title = "Area under the ROC curve, weighted by class",
    .doc = "Area under the ROC curve of each class against the rest, weighted by how many rows are "
           "of the class.",
    .references = "Fawcett (2006). An introduction to ROC analysis.",
    .tasks = HN_TASK_CLASSIFY,
    .greater_is_better = true,
    .low = 0,
    .high = 1,
    .compute = roc_auc_ovr_weighted,
};

static hone_status pr_auc(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    return areas(ctx, scored, pr_auc_of, false, ret_value);
}

const hn_metric hn_metric_pr_auc = {
    .name = "pr_auc",
    .function = "average_precision_score(y_true, y_score)",
    .aliases = "average_precision average_precision_score",
    .title = "Average precision",
    .doc = "Area under the precision-recall curve, as average precision: tells more than the ROC "
           "area where the "
           "class is rare; blind guessing reaches the class's share. With more than two classes, "
           "their mean.",
    .references =
        "Manning, Raghavan, Schuetze (2008). Introduction to Information Retrieval, ch. 8.\n"
        "Davis, Goadrich (2006). The relationship between precision-recall and ROC curves.",
    .tasks = HN_TASK_CLASSIFY,
    .greater_is_better = true,
    .low = 0,
    .high = 1,
    .compute = pr_auc,
};

/* ---- each class against each other ----------------------------------------------------------- */

/* The rows of classes a and b alone, in the order of a's score. */
static double area_of_pair(const hn_scored *scored, int32_t a, int32_t b, const int64_t *order,
                           int64_t *some) {
    int64_t n = 0;
    for (int64_t i = 0; i < scored->n; i++) {
        int32_t class = (int32_t)scored->y[order[i]];
        if (class == a || class == b) some[n++] = order[i];
    }
    hn_scored part = *scored;
    part.n = n;
    return roc_auc_of(&(one_class){.scored = &part, .k = a, .order = some});
}

static hone_status roc_auc_ovo(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    HN_SCRATCH(ctx);
    int32_t k = scored->n_classes;
    const int64_t **order;
    int64_t *some;
    double sum = 0, pairs = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, order, k));
    HN_TRY(HN_SCRATCH_NEW(ctx, some, scored->n + 1));
    for (int32_t c = 0; c < k; c++) HN_TRY(find_order(ctx, scored, c, &order[c]));
    for (int32_t a = 0; a < k; a++) {
        for (int32_t b = 0; b < k; b++) {
            if (a == b) continue;
            double area = area_of_pair(scored, a, b, order[a], some);
            if (isnan(area)) continue;
            sum += area;
            pairs++;
        }
    }
    *ret_value = pairs > 0 ? sum / pairs : (double)NAN;
    return HONE_OK;
}

const hn_metric hn_metric_roc_auc_ovo = {
    .name = "roc_auc_ovo",
    .function = "roc_auc_score(y_true, y_score, average='macro', multi_class='ovo')",
    .title = "Area under the ROC curve, one class against one",
    .doc = "Mean over all pairs of classes of the area under the ROC curve within the pair: the "
           "classes' shares don't move it.",
    .references = "Hand, Till (2001). A simple generalisation of the area under the ROC curve for "
                  "multiple class "
                  "classification problems.",
    .tasks = HN_TASK_MULTICLASS,
    .greater_is_better = true,
    .low = 0,
    .high = 1,
    .compute = roc_auc_ovo,
};
