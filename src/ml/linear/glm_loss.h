/* glm_loss.h - half the deviance of a Tweedie family, whose variance is mean^power (Jorgensen 1987): power
 * 0 is the normal distribution, 1 Poisson's, 2 gamma, 3 inverse Gaussian; between 1 and 2 sums of gamma jumps,
 * many of them none. */
#ifndef HN_ML_LINEAR_GLM_LOSS_H
#define HN_ML_LINEAR_GLM_LOSS_H

#include "ml/linear/problem.h"

typedef struct hn_tweedie {
    double power; /* not in (0, 1) */
    bool log;     /* mean = exp(eta), else eta */
    bool
        fisher; /* curvature: expected, not observed; the one of them that Newton's method can use */
} hn_tweedie;

/* Whether the loss is convex in eta, so that the observed curvature will do. */
static inline bool hn_glm_convex(const hn_tweedie *g) {
    return g->power == 0 ? !g->log : g->log && g->power >= 1 && g->power <= 2;
}

/* Losses for hn_problem: half the deviance but for a term of y alone; half the deviance; and half of Pearson's
 * (y - mean)^2 / variance. The last two leave eta and curvature as they are. */
hn_row_loss hn_glm_rows, hn_glm_deviance, hn_glm_pearson;
/* Half the deviance of one row. */
double hn_glm_half_deviance(double power, double y, double mean);

#endif
