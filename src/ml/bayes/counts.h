/* counts.h - naive Bayes on counts: multinomial, complement, Bernoulli. All count features by class and
 * answer with a linear score by class; they differ in what the coefficients are made of. */
#ifndef HN_ML_BAYES_COUNTS_H
#define HN_ML_BAYES_COUNTS_H

#include "ml/bayes/bayes.h"

typedef struct hn_counts_params {
    double alpha;
    bool fit_prior;
    hn_reals class_prior;
    bool norm;       /* complement_bayes */
    double binarize; /* bernoulli_bayes */
} hn_counts_params;

#define HN_COUNTS_PARAMS                                                                           \
    HN_PARAM(hn_counts_params, alpha, .def = "1", .range = "[0, inf)", .search = "[1e-3, 10] log", \
             .doc = "Added to every count, so that nothing is impossible; 0 is taken as 1e-10."),  \
        HN_PARAM(hn_counts_params, fit_prior, .def = "true", .level = HN_ADVANCED,                 \
                 .doc = "Learn how probable classes are beforehand; else all are alike."),         \
        HN_PARAM(hn_counts_params, class_prior, .range = "[0, 1]", .level = HN_ADVANCED,           \
                 .doc = "Probabilities of the classes beforehand; empty: learnt.")

typedef struct hn_counts {
    int64_t n_features, n_classes;
    double *class_count;      /* [k] weights */
    double *class_log_prior;  /* [k] */
    double *feature_count;    /* [k, p] */
    double *feature_log_prob; /* [k, p] */
    double threshold;         /* features count as 1 above it; -infinity: as they are */
    double *shift;            /* [k], not stored: made in prepare */
    double *slope;            /* [k, p]: the score of class c is shift[c] + slope[c] . x */
} hn_counts;

hone_status hn_counts_init(hone_ctx *ctx, hn_arena *arena, const hone_data *data,
                           hn_counts *s) HONE_MUST_CHECK;
/* Adds data's counts to those of s and makes the priors anew. */
hone_status hn_counts_add(hone_ctx *ctx, const hn_counts_params *p, const hone_data *data,
                          hn_counts *s) HONE_MUST_CHECK;
static inline double hn_counts_alpha(const hn_counts_params *p) {
    return p->alpha > 1e-10 ? p->alpha : 1e-10;
}

/* ---- hooks ---------------------------------------------------------------------------------- */

hone_status hn_counts_prepare(hone_ctx *ctx, hn_arena *arena, hn_counts *s) HONE_MUST_CHECK;
hone_status hn_counts_predict(hone_ctx *ctx, const void *state, const hn_table *x, double *ret_out);
int64_t hn_counts_outputs(const void *state);
hone_status hn_counts_visit(hn_visitor *v, void *state);
hone_status hn_counts_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                             hn_json_doc *doc, hn_json_mut *object);

#endif
