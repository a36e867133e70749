/* metric.h - the contract of a metric: declared once, found by name, computed from predictions. */
#ifndef HN_SPEC_METRIC_H
#define HN_SPEC_METRIC_H

#include "spec/data.h"
#include "spec/param.h"

/* Predictions beside the truth. Classification: proba [n, n_classes] row-major (probabilities or
 * scores) and label [n] class indices; regression: value [n]; clusters: label [n] (-1: of none), x, and y only
 * where a grouping is known to compare them with. */
typedef struct hn_scored {
    int64_t n;
    hn_task task;
    int32_t n_classes;
    const double *y;      /* class index or value */
    const double *label;  /* predicted class index; or the cluster's number */
    const double *value;  /* prediction; regression */
    const double *proba;  /* [n, n_classes]; classification */
    const double *weight; /* [n]; NULL = ones. Bootstrap passes counts here */
    const int64_t *group; /* ranks: [n]; NULL: all rows are one group */
    const hn_table *x;    /* clusters: the features as the model saw them; else NULL */
    /* Orders that ranking metrics need, made once by hn_scored_prepare and shared by resamples:
     * order [n_classes][n]: indices by ascending proba of the class; regression: by |error|; ranks: [0] by group
     * and in it by descending value, [1] by group and in it by descending y. */
    int64_t *const *order;
} hn_scored;

/* The number that a metric is told in its name: "fbeta(2)", "ndcg@10". */
typedef struct hn_argument {
    const char *name;  /* "beta" */
    const char *range; /* as of parameters: "(0, inf)" */
    double def;        /* what the name alone means; NaN: it needs a number */
    double example;    /* for messages */
    bool is_place;     /* a whole number, written behind an @ */
    const char *doc;   /* one line, ends with a full stop */
} hn_argument;

typedef struct hn_metric {
    const char *name;  /* "roc_auc"; of one that needs a number its form: "precision@k" */
    const char *title; /* "Area under the ROC curve" */
    const char *doc;
    const char *references;
    const char *aliases; /* other names it goes by, parted by blanks; NULL: none */
    /* In Python, the functions that give it, one a line: "f1_score(y_true, y_pred, average='macro')". The second
     * argument tells what it looks at (y_score, y_proba: scores by class; else what is answered), X and labels or
     * labels_true that it is of clusters; what is set tells metrics of one function apart. NULL: its first alias (or
     * name), of y_true and y_pred. */
    const char *function;
    unsigned tasks;
    bool greater_is_better;
    double low, high; /* what it can be: 0, 1; -inf, 1 */
    bool needs_probabilities;
    const char *unit;            /* "target": in the target's unit; NULL: none */
    const hn_argument *argument; /* NULL: none */
    double at;                   /* the argument's value */
    /* NaN where it is not defined (one class only). One of the two; with an argument the second. */
    hone_status (*compute)(hone_ctx *ctx, const hn_scored *scored, double *ret_value);
    hone_status (*compute_at)(hone_ctx *ctx, const struct hn_metric *metric,
                              const hn_scored *scored, double *ret_value);
    /* For a metric that is the weighted mean of a figure per row (or that mean's root): the figures of
     * rows begin..end-1, so that resamples need them once. Both NULL: it is not. */
    void (*per_row)(const hn_scored *scored, int64_t begin, int64_t end, double *ret);
    void (*per_row_at)(const struct hn_metric *metric, const hn_scored *scored, int64_t begin,
                       int64_t end, double *ret);
    bool is_root;
} hn_metric;

static inline hone_status hn_metric_compute(hone_ctx *ctx, const hn_metric *metric,
                                            const hn_scored *scored, double *ret_value) {
    return metric->compute_at != NULL ? metric->compute_at(ctx, metric, scored, ret_value)
                                      : metric->compute(ctx, scored, ret_value);
}

static inline bool hn_metric_has_rows(const hn_metric *metric) {
    return metric->per_row != NULL || metric->per_row_at != NULL;
}

static inline void hn_metric_per_row(const hn_metric *metric, const hn_scored *scored,
                                     int64_t begin, int64_t end, double *ret) {
    if (metric->per_row_at != NULL)
        metric->per_row_at(metric, scored, begin, end, ret);
    else
        metric->per_row(scored, begin, end, ret);
}

#endif
