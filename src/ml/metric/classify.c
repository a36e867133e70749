/* classify.c - metrics of predicted classes: all follow from three weights per class (sums.h). */
#include "ml/metric/sums.h"

#include <math.h>

/* ---- shares of right answers ----------------------------------------------------------------- */

static void accuracy_per_row(const hn_scored *scored, int64_t begin, int64_t end, double *ret) {
    for (int64_t i = begin; i < end; i++) ret[i - begin] = scored->y[i] == scored->label[i];
}

static hone_status accuracy(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    return hn_metric_mean(ctx, scored, &hn_metric_accuracy, ret_value);
}

const hn_metric hn_metric_accuracy = {
    .name = "accuracy",
    .title = "Accuracy",
    .doc = "Share of rows whose class is predicted right.",
    .tasks = HN_TASK_CLASSIFY,
    .greater_is_better = true,
    .low = 0,
    .high = 1,
    .compute = accuracy,
    .per_row = accuracy_per_row,
};

static hone_status balanced_accuracy(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    HN_SCRATCH(ctx);
    hn_class_counts counts;
    HN_TRY(hn_class_counts_make(ctx, scored, &counts));
    double sum = 0;
    int32_t present = 0;
    for (int32_t k = 0; k < counts.n_classes; k++) {
        if (!(counts.truth[k] > 0)) continue;
        sum += counts.hit[k] / counts.truth[k];
        present++;
    }
    *ret_value = present > 0 ? sum / present : (double)NAN;
    return HONE_OK;
}

const hn_metric hn_metric_balanced_accuracy = {
    .name = "balanced_accuracy",
    .title = "Balanced accuracy",
    .doc = "Mean over the classes present of the share of their rows that is found: accuracy as if "
           "all classes "
           "were equally frequent.",
    .references = "Brodersen, Ong, Stephan, Buhmann (2010). The balanced accuracy and its "
                  "posterior distribution.",
    .tasks = HN_TASK_CLASSIFY,
    .greater_is_better = true,
    .low = 0,
    .high = 1,
    .compute = balanced_accuracy,
};

/* ---- precision, recall, F1 ------------------------------------------------------------------- */

typedef double rate_fn(double hit, double truth, double predicted);

static double precision_of(double hit, double truth, double predicted) {
    (void)truth;
    return hn_rate(hit, predicted);
}

static double recall_of(double hit, double truth, double predicted) {
    (void)predicted;
    return hn_rate(hit, truth);
}

static double f1_of(double hit, double truth, double predicted) {
    return hn_rate(2 * hit, truth + predicted);
}

typedef enum average { POSITIVE, MACRO, MICRO, WEIGHTED } average;

/* Of all classes together, each answer is a hit or a miss of one true and one predicted class. */
static double micro(const hn_class_counts *counts, rate_fn *rate) {
    double hit = 0, truth = 0, predicted = 0;
    for (int32_t k = 0; k < counts->n_classes; k++) {
        hit += counts->hit[k];
        truth += counts->truth[k];
        predicted += counts->predicted[k];
    }
    return rate(hit, truth, predicted);
}

/* The mean over the classes that occur in truth or prediction, each counting one or its true
 * weight. */
static double mean_of_classes(const hn_class_counts *counts, rate_fn *rate, bool weighted) {
    double sum = 0, total = 0;
    for (int32_t k = 0; k < counts->n_classes; k++) {
        if (!(counts->truth[k] > 0) && !(counts->predicted[k] > 0)) continue;
        double weight = weighted ? counts->truth[k] : 1;
        sum += weight * rate(counts->hit[k], counts->truth[k], counts->predicted[k]);
        total += weight;
    }
    return hn_rate(sum, total);
}

static hone_status average_rate(hone_ctx *ctx, const hn_scored *scored, rate_fn *rate, average how,
                                double *ret_value) {
    HN_SCRATCH(ctx);
    hn_class_counts counts;
    HN_TRY(hn_class_counts_make(ctx, scored, &counts));
    if (!(counts.total > 0))
        *ret_value = (double)NAN;
    else if (how == POSITIVE)
        *ret_value = rate(counts.hit[1], counts.truth[1], counts.predicted[1]);
    else if (how == MICRO)
        *ret_value = micro(&counts, rate);
    else
        *ret_value = mean_of_classes(&counts, rate, how == WEIGHTED);
    return HONE_OK;
}

#define RATE(rate, suffix, how, which_tasks, title_text, doc_text)                                 \
    static hone_status compute_##rate##suffix(hone_ctx *ctx, const hn_scored *scored,              \
                                              double *ret_value) {                                 \
        return average_rate(ctx, scored, rate##_of, how, ret_value);                               \
    }                                                                                              \
    const hn_metric hn_metric_##rate##suffix = {                                                   \
        .name = #rate #suffix,                                                                     \
        .title = title_text,                                                                       \
        .doc = doc_text,                                                                           \
        .tasks = which_tasks,                                                                      \
        .greater_is_better = true,                                                                 \
        .low = 0,                                                                                  \
        .high = 1,                                                                                 \
        .compute = compute_##rate##suffix,                                                         \
    }

RATE(precision, , POSITIVE, HN_TASK_BINARY, "Precision",
     "Of the rows predicted positive, the share that is. 0 if none is predicted positive.");
RATE(recall, , POSITIVE, HN_TASK_BINARY, "Recall",
     "Of the rows that are positive, the share predicted so. 0 if there are none.");
RATE(f1, , POSITIVE, HN_TASK_BINARY, "F1",
     "Harmonic mean of precision and recall of the positive class.");
RATE(precision, _macro, MACRO, HN_TASK_CLASSIFY, "Precision, macro",
     "Mean of the classes' precisions, each class counting the same.");
RATE(recall, _macro, MACRO, HN_TASK_CLASSIFY, "Recall, macro",
     "Mean of the classes' recalls, each class counting the same.");
RATE(f1, _macro, MACRO, HN_TASK_CLASSIFY, "F1, macro",
     "Mean of the classes' F1, each class counting the same.");
RATE(precision, _micro, MICRO, HN_TASK_CLASSIFY, "Precision, micro",
     "Precision over the answers of all classes together; equals accuracy.");
RATE(recall, _micro, MICRO, HN_TASK_CLASSIFY, "Recall, micro",
     "Recall over the rows of all classes together; equals accuracy.");
RATE(f1, _micro, MICRO, HN_TASK_CLASSIFY, "F1, micro",
     "F1 over all classes together; equals accuracy.");
RATE(precision, _weighted, WEIGHTED, HN_TASK_CLASSIFY, "Precision, weighted",
     "Mean of the classes' precisions, weighted by how many rows are of the class.");
RATE(recall, _weighted, WEIGHTED, HN_TASK_CLASSIFY, "Recall, weighted",
     "Mean of the classes' recalls, weighted by how many rows are of the class; equals accuracy.");
RATE(f1, _weighted, WEIGHTED, HN_TASK_CLASSIFY, "F1, weighted",
     "Mean of the classes' F1, weighted by how many rows are of the class.");

/* ---- agreement beyond chance ----------------------------------------------------------------- */

/* Sums that both need, over classes: hits, truth * predicted, truth^2, predicted^2. */
typedef struct agreement {
    double total, hits, crossed, truth2, predicted2;
} agreement;

static hone_status agree(hone_ctx *ctx, const hn_scored *scored, agreement *ret) {
    HN_SCRATCH(ctx);
    hn_class_counts counts;
    HN_TRY(hn_class_counts_make(ctx, scored, &counts));
    agreement sum = {.total = counts.total};
    for (int32_t k = 0; k < counts.n_classes; k++) {
        double truth = counts.truth[k], predicted = counts.predicted[k];
        sum.hits += counts.hit[k];
        sum.crossed += truth * predicted;
        sum.truth2 += truth * truth;
        sum.predicted2 += predicted * predicted;
    }
    *ret = sum;
    return HONE_OK;
}

static hone_status matthews(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    agreement a;
    HN_TRY(agree(ctx, scored, &a));
    double covariance = a.hits * a.total - a.crossed;
    double spread = (a.total * a.total - a.truth2) * (a.total * a.total - a.predicted2);
    if (!(a.total > 0))
        *ret_value = (double)NAN;
    else
        *ret_value = spread > 0 ? covariance / sqrt(spread) : 0;
    return HONE_OK;
}

const hn_metric hn_metric_matthews = {
    .name = "matthews",
    .title = "Matthews correlation",
    .doc = "Correlation between true and predicted classes: 1 all right, 0 no better than chance "
           "(or one class "
           "only), negative worse.",
    .references =
        "Matthews (1975). Comparison of the predicted and observed secondary structure of T4 phage "
        "lysozyme.\nGorodkin (2004). Comparing two K-category assignments by a K-category "
        "correlation "
        "coefficient.",
    .tasks = HN_TASK_CLASSIFY,
    .greater_is_better = true,
    .low = -1,
    .high = 1,
    .compute = matthews,
};

static hone_status cohen_kappa(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    agreement a;
    HN_TRY(agree(ctx, scored, &a));
    double chance =
        (a.total * a.total - a.crossed) / a.total; /* misses expected of a blind guess */
    *ret_value = chance > 0 ? 1 - (a.total - a.hits) / chance : (double)NAN;
    return HONE_OK;
}

const hn_metric hn_metric_cohen_kappa = {
    .name = "cohen_kappa",
    .title = "Cohen's kappa",
    .doc = "Agreement beyond what guessing with the same class shares would reach: 1 all right, 0 "
           "chance. Not "
           "defined if truth and prediction know one class only.",
    .references = "Cohen (1960). A coefficient of agreement for nominal scales.",
    .tasks = HN_TASK_CLASSIFY,
    .greater_is_better = true,
    .low = -1,
    .high = 1,
    .compute = cohen_kappa,
};
