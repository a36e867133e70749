/* child.h - a fitted kind inside another one's state: what methods made of other methods are built from.
 *
 * A child is fitted on some rows of what its parent is fitted on. Of the classes some may not be among them:
 * it is fitted on those that are, and answers for all. It has an arena of its own, so that children can be
 * fitted in parallel; the parent's done hook calls hn_child_done. */
#ifndef HN_SPEC_CHILD_H
#define HN_SPEC_CHILD_H

#include "spec/estimator.h"

typedef struct hn_child {
    hn_part part;       /* borrowed: outlives the child */
    void *state;        /* NULL where all rows were of one class: there was nothing to learn */
    int64_t n_features; /* columns it was fitted on */
    int64_t n_classes;  /* of the whole; 0: numbers */
    int64_t n_present;  /* classes among its rows; 0: numbers */
    int64_t *present;   /* [n_present] these, ascending */
    bool prepared;
    bool owns;      /* arena is in use: it was fitted, not loaded */
    hn_arena arena; /* of what was fitted */
} hn_child;

/* ---- parts ----------------------------------------------------------------------------------- */

/* A part from its text, "gbdt" or JSON, as a parameter has it. */
hone_status hn_part_make(hone_ctx *ctx, hn_arena *arena, const char *text,
                         hn_part *ret_part) HONE_MUST_CHECK;
/* The same with all its memory in arena: parameters don't outlive fit unless copied. */
hone_status hn_part_copy(hone_ctx *ctx, hn_arena *arena, const hn_part *part,
                         hn_part *ret_part) HONE_MUST_CHECK;
/* Kind and parameters as one text; loading makes them anew. The kind does one of tasks. */
hone_status hn_part_visit(hn_visitor *v, const char *name, unsigned tasks,
                          hn_part *part) HONE_MUST_CHECK;

/* ---- fitting --------------------------------------------------------------------------------- */

/* The seed of child i: children differ in what they draw. */
uint64_t hn_child_seed(const hone_ctx *ctx, const char *purpose, int64_t i);
/* Fit part on data (after its own check) with this seed, in place: ret_child does not move. A failure leaves
 * nothing behind; its message begins with owner. */
hone_status hn_child_fit(hone_ctx *ctx, const char *owner, const hn_part *part,
                         const hone_data *data, uint64_t seed, hn_child *ret_child) HONE_MUST_CHECK;
/* The same with rows to decide by, whose columns, classes and target are data's; NULL: none. The part gets them if it
 * looks at such (HN_CAN_VALIDATE). */
hone_status hn_child_fit_by(hone_ctx *ctx, const char *owner, const hn_part *part,
                            const hone_data *data, const hone_data *validation, uint64_t seed,
                            hn_child *ret_child) HONE_MUST_CHECK;
void hn_child_done(hn_child *child);

/* ---- answers --------------------------------------------------------------------------------- */

/* Whether they are probabilities (else scores of which the largest wins). */
static inline bool hn_child_gives_probabilities(const hn_child *child) {
    return !child->state || hn_gives_probabilities(child->part.kind, child->state);
}
/* As the kind's predict, ret_out [n_rows, max(n_classes, 1)]: a class that it has never seen has probability
 * 0, or a score below all others. */
hone_status hn_child_predict(hone_ctx *ctx, const hn_child *child, const hn_table *x,
                             double *ret_out) HONE_MUST_CHECK;
/* The same, but scores become votes: 1 for the class that wins. */
hone_status hn_child_shares(hone_ctx *ctx, const hn_child *child, const hn_table *x,
                            double *ret_out) HONE_MUST_CHECK;
/* Either for many rows, in parallel: for use in fit. */
typedef hone_status hn_child_answer(hone_ctx *ctx, const hn_child *child, const hn_table *x,
                                    double *ret_out);
hone_status hn_child_many(hone_ctx *ctx, const hn_child *child, hn_child_answer *answer,
                          const hn_table *x, double *ret_out) HONE_MUST_CHECK;
/* The first of the largest of k numbers. */
static inline int64_t hn_first_largest(const double *row, int64_t k) {
    int64_t best = 0;
    for (int64_t c = 1; c < k; c++)
        if (row[c] > row[best]) best = c;
    return best;
}

/* As a member of its parent (estimator.h): fitted on the parent's columns. */
static inline hn_member hn_child_as_member(const hn_child *child) {
    bool all = child->n_present == child->n_classes;
    return (hn_member){.kind = child->part.kind,
                       .params = child->part.params,
                       .state = child->state,
                       .classes = all ? NULL : child->present,
                       .n_classes = all ? 0 : child->n_present};
}

/* ---- saving ---------------------------------------------------------------------------------- */

/* Its state under prefix ("estimators.3."). Loading: part, n_features and n_classes are what it must have been
 * fitted with; its width and the number of its answers are checked. */
hone_status hn_child_visit(hn_visitor *v, const char *prefix, const hn_part *part,
                           int64_t n_features, int64_t n_classes, hn_child *child) HONE_MUST_CHECK;
/* For the parent's prepare hook: after loading; does nothing after fit. */
hone_status hn_child_prepare(hone_ctx *ctx, hn_arena *arena, hn_child *child,
                             const hn_table *schema) HONE_MUST_CHECK;

#endif
