/* targets.h - what methods that learn several targets by a model for each share: the models, what they answer
 * where, and how that is saved. */
#ifndef HN_ML_ENSEMBLE_TARGETS_H
#define HN_ML_ENSEMBLE_TARGETS_H

#include "ml/ensemble/ensemble.h"

typedef struct hn_targets {
    int64_t n_features, n;
    int64_t *classes; /* [n] of each target; 0: numbers */
    hn_part part;
    hn_child *members; /* [n] by target */
} hn_targets;

/* Ready for members to be fitted; part is copied. */
hone_status hn_targets_begin(hone_ctx *ctx, hn_arena *arena, const hn_part *part,
                             const hone_data *data, hn_targets *ret_targets) HONE_MUST_CHECK;
/* Numbers of target t per row, and of all. */
static inline int64_t hn_targets_width(const hn_targets *s, int64_t t) {
    return hn_member_outputs(s->classes[t]);
}
int64_t hn_targets_outputs(const hn_targets *targets);
/* Those of target t, out [n, width], to their place in ret_all [n, outputs]. */
void hn_targets_place(const hn_targets *targets, int64_t t, int64_t n, const double *out,
                      double *ret_all);
/* Whether all members that answer with classes give probabilities. */
bool hn_targets_give_probabilities(const hn_targets *targets);

/* n_features, n_targets, n_classes: what comes first in a state; and part. Members are the caller's. */
hone_status hn_targets_visit(hn_visitor *v, hn_targets *targets) HONE_MUST_CHECK;
hone_status hn_targets_visit_member(hn_visitor *v, hn_targets *targets, int64_t t,
                                    int64_t n_features) HONE_MUST_CHECK;
void hn_targets_report(const hn_targets *targets, hn_json_doc *doc, hn_json_mut *object);

#endif
