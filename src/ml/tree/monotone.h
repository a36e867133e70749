/* monotone.h - predictions that may only rise, or only fall, with a feature: the parameter, and what a cut must
 * keep to. */
#ifndef HN_ML_TREE_MONOTONE_H
#define HN_ML_TREE_MONOTONE_H

#include "spec/estimator.h"

#define HN_MONOTONE_PARAM(struct_type)                                                             \
    HN_PARAM(struct_type, monotone_constraints, .range = "[-1, 1]", .level = HN_ADVANCED,          \
             .aliases = HN_CHOICES("monotonic_cst"),                                               \
             .doc = "By feature: 1 if the prediction (of two classes, the second's probability) "  \
                    "may only rise with it, -1 if only fall, 0 if either.")

/* For check hooks of a kind called owner: features that are there and have an order; two classes at most. */
hone_status hn_monotone_check(hone_ctx *ctx, const char *owner, const hn_pairs *constraints,
                              const hone_data *data) HONE_MUST_CHECK;
/* By feature -1, 0 or 1 [n_columns], in scratch; NULL where there are no constraints. */
hone_status hn_monotone_signs(hone_ctx *ctx, const hn_pairs *constraints, const hn_table *x,
                              const int8_t **ret_signs) HONE_MUST_CHECK;

/* Whether a cut of a feature with this sign keeps the order: its children's values don't leave their parent's
 * limits nor go the wrong way. (Cuts of other features may: leaves say what their limits allow.) */
static inline bool hn_monotone_allows(int sign, double left, double right, double low,
                                      double high) {
    return sign == 0 || (left >= low && left <= high && right >= low && right <= high &&
                         sign * left <= sign * right);
}

#endif
