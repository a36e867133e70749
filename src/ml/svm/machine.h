/* machine.h - a fitted kernel machine: support vectors, coefficients, answers; and its training. */
#ifndef HN_ML_SVM_MACHINE_H
#define HN_ML_SVM_MACHINE_H

#include "ml/svm/kernel.h"

/* Classes are told apart pair by pair. Pair (a, b), a < b, answers d = sum of coefficients * K + intercept:
 * d > 0 is for a; but of two classes alone it is for the second. Vectors are sorted by class; dual_coef is as
 * LIBSVM has it: row b - 1 for vectors of class a against b, row a for those of b against a. */
typedef struct hn_machine {
    int64_t n_features;
    int64_t n_classes; /* 1: a number, or an anomaly's score */
    int64_t n_vectors;
    int64_t sparse, n_entries; /* vectors', stored */
    hn_kernel kernel;
    int64_t *support;   /* [m] rows that they were */
    int64_t *n_support; /* [n_classes] */
    hn_points vectors;  /* [m, p], dense or sparse as the rows were */
    double *dual_coef;  /* [max(k - 1, 1), m] */
    double *intercept;  /* [pairs] */
    int64_t probability;
    double *prob_a,
        *prob_b; /* [pairs] P(d) = 1 / (1 + exp(a d + b)); where there are probabilities */
    int64_t steps, converged;
    /* not stored: see hn_machine_prepare */
    double *tiles;                          /* dense vectors: hn_sv_pack */
    int64_t *first;                         /* [k + 1] vector of each class */
    const struct hn_machine_single *single; /* or NULL */
} hn_machine;

static inline int64_t hn_machine_pairs(int64_t k) { return k > 1 ? k * (k - 1) / 2 : 1; }

hone_status hn_machine_attributes(hn_visitor *v, const void *state, const hn_shown *shown);
hone_status hn_machine_prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema);
hone_status hn_machine_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                               double *ret_out);
int64_t hn_machine_outputs(const void *state);
/* What the one decision d of two classes at most comes to. */
void hn_machine_answer_few(const hn_machine *m, double d, double *ret);
/* Machines of rbf kernels and two classes at most that were fitted on floats answer in single precision; of others
 * m->single stays NULL. */
hone_status hn_machine_single_make(hone_ctx *ctx, hn_arena *arena, hn_machine *m,
                                   const hn_table *schema) HONE_MUST_CHECK;
hone_status hn_machine_single_predict(hone_ctx *ctx, const hn_machine *m, const hn_table *x,
                                      double *ret_out) HONE_MUST_CHECK;
hone_status hn_machine_visit(hn_visitor *v, void *state);
hone_status hn_machine_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                              hn_json_doc *doc, hn_json_mut *object);
bool hn_machine_gives_probabilities(const void *state);

/* ---- training ------------------------------------------------------------------------------- */

typedef struct hn_svm_rules {
    const char *kind; /* for messages */
    hn_kernel kernel;
    bool by_nu;
    double nu, epsilon, tolerance;
    int64_t cache_bytes, max_steps;
} hn_svm_rules;

/* Rows (none without weight), what is known of them, and the machine's coefficients. */
typedef struct hn_svm_part {
    hn_points x;
    const double *y; /* -1 and 1, or values; NULL: one class */
    const double *c; /* [n] bound of the coefficient: C * weight; for nu: weight */
    double *coef;    /* [n] out */
    double bias;
    int64_t steps;
    bool converged;
} hn_svm_part;

hone_status hn_svm_two_classes(hone_ctx *ctx, const hn_svm_rules *rules,
                               hn_svm_part *part) HONE_MUST_CHECK;
hone_status hn_svm_numbers(hone_ctx *ctx, const hn_svm_rules *rules,
                           hn_svm_part *part) HONE_MUST_CHECK;
hone_status hn_svm_one_class(hone_ctx *ctx, const hn_svm_rules *rules,
                             hn_svm_part *part) HONE_MUST_CHECK;
/* a and b of probabilities from decisions on held-out fifths (Platt 2000; Lin, Lin, Weng 2007), y -1 or 1. */
hone_status hn_svm_platt(hone_ctx *ctx, const hn_svm_rules *rules, const hn_svm_part *part,
                         uint64_t stream, double *ret_a, double *ret_b) HONE_MUST_CHECK;
/* Probabilities [k] of classes from those of pairs, r [k, k]: r[a, b] is a's against b (Wu, Lin, Weng 2004).
 * work [k * k + k]. */
void hn_svm_couple(const double *r, int64_t k, double *work, double *ret);

/* Everything of data with weights (NULL: ones), by c times those: rows, parts, machine. task decides. */
hone_status hn_machine_fit(hone_ctx *ctx, const hn_svm_rules *rules, const hone_data *data,
                           const double *weight, double c, bool probability, hn_arena *arena,
                           hn_machine *ret_machine) HONE_MUST_CHECK;

#endif
