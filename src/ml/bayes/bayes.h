/* bayes.h - what all naive Bayes methods share: priors and the step from log scores to probabilities. */
#ifndef HN_ML_BAYES_BAYES_H
#define HN_ML_BAYES_BAYES_H

#include "spec/estimator.h"

/* A check of given priors: as many as classes, not negative, summing to 1. param is their name. */
hone_status hn_bayes_check_priors(hone_ctx *ctx, const char *kind, const char *param,
                                  const hn_reals *priors, const hone_data *data) HONE_MUST_CHECK;
/* Priors of k classes into ret [k], as logarithms: given, or by counts, or (uniform) alike. A class that
 * never occurred has -infinity. */
void hn_bayes_log_priors(const hn_reals *given, bool uniform, const double *count, int64_t k,
                         double *ret);
/* In place: log scores [n, k] to probabilities. Where none of a row is above -infinity (it is far out of sight of
 * every class) the log priors decide. */
void hn_bayes_probabilities(const double *log_prior, int64_t n, int64_t k, double *scores);
/* "class_prior": probabilities by class index. */
void hn_bayes_report(const double *log_prior, int64_t k, hn_json_doc *doc, hn_json_mut *object);

#endif
