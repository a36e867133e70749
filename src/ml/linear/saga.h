/* saga.h - logistic regression one row at a time, with the mean of all rows' last gradients to steady the steps. */
#ifndef HN_ML_LINEAR_SAGA_H
#define HN_ML_LINEAR_SAGA_H

#include "ml/linear/problem.h"

/* problem is one of classes; x its table. theta is start and result. An iteration is as many draws as there are
 * rows. */
hone_status hn_problem_saga(hone_ctx *ctx, const hn_problem *problem, const hn_table *x,
                            double tolerance, int64_t max_iter, double *theta,
                            hn_problem_end *ret_end) HONE_MUST_CHECK;

#endif
