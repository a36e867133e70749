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
    .aliases = "accuracy_score",
    .title = "Accuracy",
    .doc = "Share of rows whose class is predicted right.",
    .tasks = HN_TASK_CLASSIFY,
    .greater_is_better = true,
    .low = 0,
    .high = 1,
    .compute = accuracy,
    .per_row = accuracy_per_row,
};

static void zero_one_per_row(const hn_scored *scored, int64_t begin, int64_t end, double *ret) {
    for (int64_t i = begin; i < end; i++) ret[i - begin] = scored->y[i] != scored->label[i];
}

static hone_status zero_one(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    return hn_metric_mean(ctx, scored, &hn_metric_zero_one, ret_value);
}

const hn_metric hn_metric_zero_one = {
    .name = "zero_one",
    .function = "zero_one_loss(y_true, y_pred)\nhamming_loss(y_true, y_pred)",
    .title = "Error rate",
    .doc = "Share of rows whose class is predicted wrong: one minus accuracy. With one class per "
           "row the Hamming loss is the same.",
    .aliases = "zero_one_loss hamming hamming_loss error_rate",
    .tasks = HN_TASK_CLASSIFY,
    .greater_is_better = false,
    .low = 0,
    .high = 1,
    .compute = zero_one,
    .per_row = zero_one_per_row,
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
    .aliases = "balanced_accuracy_score",
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

/* at: the metric's number, if it has one. */
typedef double rate_fn(double at, double hit, double truth, double predicted);

static double precision_of(double at, double hit, double truth, double predicted) {
    (void)at, (void)truth;
    return hn_rate(hit, predicted);
}

static double recall_of(double at, double hit, double truth, double predicted) {
    (void)at, (void)predicted;
    return hn_rate(hit, truth);
}

static double f1_of(double at, double hit, double truth, double predicted) {
    (void)at;
    return hn_rate(2 * hit, truth + predicted);
}

static double fbeta_of(double at, double hit, double truth, double predicted) {
    double recall_counts = at * at;
    return hn_rate((1 + recall_counts) * hit, recall_counts * truth + predicted);
}

static double jaccard_of(double at, double hit, double truth, double predicted) {
    (void)at;
    return hn_rate(hit, truth + predicted - hit);
}

/* How functions of Python name them. */
#define AVERAGE_POSITIVE "binary"
#define AVERAGE_MACRO "macro"
#define AVERAGE_MICRO "micro"
#define AVERAGE_WEIGHTED "weighted"

typedef enum average { POSITIVE, NEGATIVE, MACRO, MICRO, WEIGHTED } average;

/* Of all classes together, each answer is a hit or a miss of one true and one predicted class. */
static double micro(const hn_class_counts *counts, rate_fn *rate, double at) {
    double hit = 0, truth = 0, predicted = 0;
    for (int32_t k = 0; k < counts->n_classes; k++) {
        hit += counts->hit[k];
        truth += counts->truth[k];
        predicted += counts->predicted[k];
    }
    return rate(at, hit, truth, predicted);
}

/* The mean over the classes that occur in truth or prediction, each counting one or its true
 * weight. */
static double mean_of_classes(const hn_class_counts *counts, rate_fn *rate, double at,
                              bool weighted) {
    double sum = 0, total = 0;
    for (int32_t k = 0; k < counts->n_classes; k++) {
        if (!(counts->truth[k] > 0) && !(counts->predicted[k] > 0)) continue;
        double weight = weighted ? counts->truth[k] : 1;
        sum += weight * rate(at, counts->hit[k], counts->truth[k], counts->predicted[k]);
        total += weight;
    }
    return hn_rate(sum, total);
}

static hone_status average_rate(hone_ctx *ctx, const hn_scored *scored, rate_fn *rate, double at,
                                average how, double *ret_value) {
    HN_SCRATCH(ctx);
    hn_class_counts counts;
    HN_TRY(hn_class_counts_make(ctx, scored, &counts));
    if (!(counts.total > 0))
        *ret_value = (double)NAN;
    else if (how == POSITIVE)
        *ret_value = rate(at, counts.hit[1], counts.truth[1], counts.predicted[1]);
    else if (how == NEGATIVE)
        *ret_value = rate(at, counts.hit[0], counts.truth[0], counts.predicted[0]);
    else if (how == MICRO)
        *ret_value = micro(&counts, rate, at);
    else
        *ret_value = mean_of_classes(&counts, rate, at, how == WEIGHTED);
    return HONE_OK;
}

#define RATE(rate, suffix, how, which_tasks, title_text, doc_text)                                 \
    RATE_CALLED(rate##suffix, rate, how, which_tasks, title_text, doc_text,                        \
                #rate "_score(y_true, y_pred, average='" AVERAGE_##how "')")
#define RATE_CALLED(called, rate, how, which_tasks, title_text, doc_text, function_text)           \
    static hone_status compute_##called(hone_ctx *ctx, const hn_scored *scored,                    \
                                        double *ret_value) {                                       \
        return average_rate(ctx, scored, rate##_of, 0, how, ret_value);                            \
    }                                                                                              \
    const hn_metric hn_metric_##called = {                                                         \
        .name = #called,                                                                           \
        .function = function_text,                                                                 \
        .title = title_text,                                                                       \
        .doc = doc_text,                                                                           \
        .tasks = which_tasks,                                                                      \
        .greater_is_better = true,                                                                 \
        .low = 0,                                                                                  \
        .high = 1,                                                                                 \
        .compute = compute_##called,                                                               \
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

static const hn_argument beta = {
    .name = "beta",
    .range = "(0, inf)",
    .def = (double)NAN,
    .example = 2,
    .doc = "How many times more recall counts than precision.",
};

#define FBETA(suffix, how, which_tasks, title_text, doc_text)                                      \
    static hone_status compute_fbeta##suffix(hone_ctx *ctx, const hn_metric *metric,               \
                                             const hn_scored *scored, double *ret_value) {         \
        return average_rate(ctx, scored, fbeta_of, metric->at, how, ret_value);                    \
    }                                                                                              \
    const hn_metric hn_metric_fbeta##suffix = {                                                    \
        .name = "fbeta" #suffix "(beta)",                                                          \
        .function = "fbeta_score(y_true, y_pred, average='" AVERAGE_##how "')",                    \
        .aliases = "fbeta_score" #suffix,                                                          \
        .title = title_text,                                                                       \
        .doc = doc_text,                                                                           \
        .references = "van Rijsbergen (1979). Information Retrieval, ch. 7.",                      \
        .tasks = which_tasks,                                                                      \
        .greater_is_better = true,                                                                 \
        .low = 0,                                                                                  \
        .high = 1,                                                                                 \
        .argument = &beta,                                                                         \
        .compute_at = compute_fbeta##suffix,                                                       \
    }

FBETA(, POSITIVE, HN_TASK_BINARY, "F-beta",
      "F-measure of the positive class that weighs recall beta times as much as precision.");
FBETA(_macro, MACRO, HN_TASK_CLASSIFY, "F-beta, macro",
      "Mean of the classes' F-beta, each class counting the same.");
FBETA(_micro, MICRO, HN_TASK_CLASSIFY, "F-beta, micro",
      "F-beta over all classes together; equals accuracy.");
FBETA(_weighted, WEIGHTED, HN_TASK_CLASSIFY, "F-beta, weighted",
      "Mean of the classes' F-beta, weighted by how many rows are of the class.");

RATE_CALLED(
    specificity, recall, NEGATIVE, HN_TASK_BINARY, "Specificity",
    "Of the rows that are negative, the share predicted so: one minus the false alarm rate.",
    "specificity(y_true, y_pred)");
RATE_CALLED(negative_predictive_value, precision, NEGATIVE, HN_TASK_BINARY,
            "Negative predictive value", "Of the rows predicted negative, the share that is.",
            "negative_predictive_value(y_true, y_pred)");
RATE(jaccard, , POSITIVE, HN_TASK_BINARY, "Jaccard index",
     "Rows rightly predicted positive as a share of those that are or are predicted so.");
RATE(jaccard, _macro, MACRO, HN_TASK_CLASSIFY, "Jaccard index, macro",
     "Mean of the classes' Jaccard indices, each class counting the same.");
RATE(jaccard, _weighted, WEIGHTED, HN_TASK_CLASSIFY, "Jaccard index, weighted",
     "Mean of the classes' Jaccard indices, weighted by how many rows are of the class.");

/* ---- both rates at once ---------------------------------------------------------------------- */

/* The shares of negatives and positives that are found; NaN without rows of one of them. */
static hone_status found(hone_ctx *ctx, const hn_scored *scored, double ret_share[2]) {
    HN_SCRATCH(ctx);
    hn_class_counts counts;
    HN_TRY(hn_class_counts_make(ctx, scored, &counts));
    for (int k = 0; k < 2; k++)
        ret_share[k] = counts.truth[k] > 0 ? counts.hit[k] / counts.truth[k] : (double)NAN;
    return HONE_OK;
}

static hone_status youden(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    double share[2];
    HN_TRY(found(ctx, scored, share));
    *ret_value = share[0] + share[1] - 1;
    return HONE_OK;
}

const hn_metric hn_metric_youden = {
    .name = "youden",
    .title = "Youden's J",
    .doc = "Recall plus specificity minus one: 1 all right, 0 no better than chance. The threshold "
           "that makes it largest is where the ROC curve is furthest above the diagonal.",
    .references = "Youden (1950). Index for rating diagnostic tests.",
    .aliases = "informedness",
    .tasks = HN_TASK_BINARY,
    .greater_is_better = true,
    .low = -1,
    .high = 1,
    .compute = youden,
};

static hone_status geometric_mean(hone_ctx *ctx, const hn_scored *scored, double *ret_value) {
    double share[2];
    HN_TRY(found(ctx, scored, share));
    *ret_value = sqrt(share[0] * share[1]);
    return HONE_OK;
}

const hn_metric hn_metric_geometric_mean = {
    .name = "geometric_mean",
    .title = "Geometric mean of recall and specificity",
    .doc = "Root of recall times specificity: 0 as soon as one of the two classes is never found.",
    .references = "Kubat, Matwin (1997). Addressing the curse of imbalanced training sets.",
    .aliases = "g_mean",
    .tasks = HN_TASK_BINARY,
    .greater_is_better = true,
    .low = 0,
    .high = 1,
    .compute = geometric_mean,
};

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
    .aliases = "matthews_corrcoef mcc",
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
    .function = "cohen_kappa_score(y1, y2)",
    .aliases = "cohen_kappa_score kappa",
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
