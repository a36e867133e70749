/* nmf.h - the pieces of non-negative matrix factorisation: the problem, one step of each solver, the
 * loss, and rows written in fixed parts. */
#ifndef HN_ML_DECOMP_NMF_H
#define HN_ML_DECOMP_NMF_H

#include "ml/decomp/projection.h"
#include "num/svd.h"

enum { HN_NMF_CD, HN_NMF_MU };              /* solver */
enum { HN_NMF_FROBENIUS, HN_NMF_KULLBACK }; /* beta_loss */

typedef struct hn_nmf_params {
    int64_t n_components;
    int init, solver, beta_loss;
    double tolerance;
    int64_t max_iter;
    double alpha_W, alpha_H, l1_ratio;
} hn_nmf_params;

typedef struct hn_nmf_state {
    int64_t n_features, n_components;
    double *components; /* [n_components, n_features]: H */
    int64_t loss;
    double l1, l2; /* penalties on a row's shares */
    double error;  /* of reconstruction: the root of twice the loss */
    int64_t iterations;
    double *by_feature; /* not stored: components turned [n_features, n_components] */
    double *gram;       /* not stored: components components' + l2 [n_components, n_components] */
    double *sums;       /* not stored: of each part [n_components] */
} hn_nmf_state;

/* x ~ w h': rows of both are short. */
typedef struct hn_nmf_problem {
    int64_t n, p, k;
    hn_linear_map x; /* [n, p] */
    double *w;       /* [n, k] */
    double *h;       /* [p, k]: H turned */
    double l1_w, l2_w, l1_h, l2_h;
} hn_nmf_problem;

void hn_nmf_penalties(const hn_nmf_params *params, int64_t n, int64_t p, hn_nmf_problem *f);
/* One round of coordinate descent over W, then H; *ret_change sums the projected gradients met. */
hone_status hn_nmf_descend(hone_ctx *ctx, hn_nmf_problem *f, double *ret_change) HONE_MUST_CHECK;
/* One multiplicative update of W, then H. */
hone_status hn_nmf_multiply(hone_ctx *ctx, int beta_loss, hn_nmf_problem *f) HONE_MUST_CHECK;
/* One round over the coordinates of a row w [k] in each lane, side by side: minimises w gram w' / 2 - (cross - l1) w'.
 * w, cross [k][HN_NMF_LANES]; ret_change [HN_NMF_LANES]: sums of the projected gradients met. */
enum { HN_NMF_LANES = 16 };
void hn_nmf_descend_lanes(int64_t k, const double *gram, const double *cross, double l1, double *w,
                          double *ret_change);
/* Half the sum of squared differences, or the divergence. */
hone_status hn_nmf_loss(hone_ctx *ctx, int beta_loss, const hn_nmf_problem *f,
                        double *ret_loss) HONE_MUST_CHECK;

/* Hooks. */
hone_status hn_nmf_transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) HONE_MUST_CHECK;
hone_status hn_nmf_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                           const hn_table *schema) HONE_MUST_CHECK;

#endif
