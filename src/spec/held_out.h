/* held_out.h - how well a part answers for rows that it was not fitted on: for steps that try things out within
 * the rows that they learn from. */
#ifndef HN_SPEC_HELD_OUT_H
#define HN_SPEC_HELD_OUT_H

#include "spec/child.h"

/* Accuracy of data's classes, or R squared, of answers [n, classes or 1] as predict gives them; weighted. */
double hn_answers_score(const hone_data *data, const double *answers);
/* The mean of what the answers cost: log loss where they are probable (probabilities), else the share of wrong
 * classes; squared errors. ret_losses [n]: of each row, unless NULL. */
double hn_answers_loss(const hone_data *data, bool probable, const double *answers,
                       double *ret_losses);

/* The score of part, fitted on train, for test. Messages begin with step. */
hone_status hn_held_score(hone_ctx *ctx, const char *step, const hn_part *part,
                          const hone_data *train, const hone_data *test, uint64_t seed,
                          double *ret_score) HONE_MUST_CHECK;

/* k folds of data, in scratch: by time, or by group and class. */
hone_status hn_held_folds(hone_ctx *ctx, const char *step, const hone_data *data, int64_t k,
                          hn_rows **ret_folds) HONE_MUST_CHECK;
/* A fold, and the rows to learn from where it is held out, as data of their own in scratch. */
hone_status hn_held_fold(hone_ctx *ctx, const hone_data *data, hn_rows fold, hone_data *ret_train,
                         hone_data *ret_test) HONE_MUST_CHECK;

#endif
