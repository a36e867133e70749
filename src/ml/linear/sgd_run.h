/* sgd_run.h - stochastic gradient descent on one linear predictor, row after row.
 *
 * Rows, step lengths, penalties and stopping are those of scikit-learn's SGD, so that without shuffling the
 * coefficients are equal. L2 shrinks through one factor for all coefficients, l1 by cumulative truncation
 * (Tsuruoka, Tsujii, Ananiadou 2009), averages are kept as two sums (Bottou 2012): the cost of a row is that
 * of what is stored of it. */
#ifndef HN_ML_LINEAR_SGD_RUN_H
#define HN_ML_LINEAR_SGD_RUN_H

#include "spec/data.h"

typedef enum hn_sgd_loss {
    HN_SGD_HINGE,
    HN_SGD_LOG,
    HN_SGD_MODIFIED_HUBER,
    HN_SGD_SQUARED_HINGE,
    HN_SGD_PERCEPTRON,
    HN_SGD_SQUARED,
    HN_SGD_HUBER,
    HN_SGD_EPSILON_INSENSITIVE,
    HN_SGD_SQUARED_EPSILON_INSENSITIVE
} hn_sgd_loss;

typedef enum hn_sgd_rate {
    HN_SGD_CONSTANT,
    HN_SGD_OPTIMAL,
    HN_SGD_INVSCALING,
    HN_SGD_ADAPTIVE
} hn_sgd_rate;

typedef struct hn_sgd_how {
    hn_sgd_loss loss;
    double epsilon; /* of the huber and insensitive losses */
    double alpha, l1_ratio;
    bool l1, l2; /* which penalties there are */
    hn_sgd_rate rate;
    double eta0, power_t;
    bool intercept, shuffle;
    int64_t average; /* rows seen before averaging begins; 0: none */
    int64_t max_iter;
    double tolerance; /* < 0: never stops early */
    int64_t patience; /* epochs without improvement */
    bool by_score;    /* stop by the score of rows held out, not by the objective */
} hn_sgd_how;

typedef struct hn_sgd_rows {
    int64_t n, p;
    const double *dense; /* rows of p, each stride after the last, or */
    int64_t stride;
    const hn_csr *sparse;
    const double *y;         /* [n] */
    double positive;         /* the class that counts as 1, the others as -1; -1: y is a number */
    const double *weight;    /* [n]; NULL: ones */
    const uint8_t *held_out; /* [n] 1: to score with, 2: not looked at; NULL: none */
    const struct hn_sgd_rows *judge; /* all of these to score with instead; NULL: none */
} hn_sgd_rows;

/* Start and result. */
typedef struct hn_sgd_model {
    double *coef;      /* [p] */
    double *intercept; /* one */
    double *average;   /* [p], NULL without averaging */
    double *average_intercept;
    double t; /* rows seen, from 1 */
    int64_t epochs;
} hn_sgd_model;

/* HONE_ERROR_DATA where the coefficients grow beyond all bounds; kind is for the message. */
hone_status hn_sgd_run(hone_ctx *ctx, const char *kind, const hn_sgd_how *how,
                       const hn_sgd_rows *rows, hn_sgd_model *model) HONE_MUST_CHECK;

#endif
