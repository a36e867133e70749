/* judge.h - models by which a step judges what it tries: columns that it made, or could leave out. They answer for
 * rows that they have not seen; one thing is better than another where the losses of the same rows are smaller, by
 * more than those differences scatter. */
#ifndef HN_SPEC_JUDGE_H
#define HN_SPEC_JUDGE_H

#include "spec/held_out.h"

enum { HN_JUDGES = 2 };

typedef struct hn_judge {
    hn_part part;
    bool
        plain; /* takes columns only as numbers, scaled and without gaps: they are made so for it */
} hn_judge;

/* The part that was asked for; or, where that has no kind, a few boosted trees and a linear model. Their parameters
 * are in scratch. Messages begin with step. */
hone_status hn_judges(hone_ctx *ctx, const char *step, const hn_part *asked, const hone_data *data,
                      hn_judge ret_judges[HN_JUDGES], int *ret_n) HONE_MUST_CHECK;

/* Rows held out in turn. */
typedef struct hn_trial {
    int64_t k;
    hn_rows *held, *rest; /* [k] ascending; rest: to be fitted on */
} hn_trial;

/* k folds of data, in scratch; seed: other folds. */
hone_status hn_trial_make(hone_ctx *ctx, const char *step, const hone_data *data, int64_t k,
                          uint64_t seed, hn_trial *ret_trial) HONE_MUST_CHECK;

/* The losses of judge's answers for the rows of data, each while held out: ret_losses [n], NaN where a row never
 * is; ret_answers [n, classes or 1] unless NULL. Same bits for any number of threads. */
hone_status hn_judge_losses(hone_ctx *ctx, const char *step, const hn_judge *judge,
                            const hone_data *data, const hn_trial *trial, double *ret_losses,
                            double *ret_answers) HONE_MUST_CHECK;

/* The weighted mean of losses that are there. */
double hn_judge_mean(const hone_data *data, const double *losses);
/* By how much after is less than before in the mean over the same rows, and the standard error of that. */
void hn_judge_gain(const hone_data *data, const double *before, const double *after,
                   double *ret_gain, double *ret_error);

#endif
