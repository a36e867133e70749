/* objective.c - a loss that the caller minimises by: asked, and its answers checked; see loss.h, hone.h. */
#include "ml/tree/loss.h"

static hone_status failed(hone_ctx *ctx, const char *what) {
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "objective"),
                      "the objective's %s said that it failed", what);
}

static hone_status check_answers(hone_ctx *ctx, const hn_loss *loss, const double *ret) {
    int64_t cells = loss->n * loss->n_scores;
    for (int64_t i = 0; i < 2 * cells; i++) {
        bool hessian = i >= cells;
        double most = 1e30; /* they are made floats */
        if (ret[i] >= (hessian ? 0 : -most) && ret[i] <= most) continue;
        return hn_fail_at(ctx, HONE_ERROR_USAGE,
                          (hn_where){.param = "objective", .row = i % cells % loss->n},
                          "the objective's %s of row %lld is %g; it must be finite%s",
                          hessian ? "hessian" : "gradient", (long long)(i % cells % loss->n),
                          ret[i], hessian ? ", and not negative" : "");
    }
    return HONE_OK;
}

hone_status hn_objective_gradients(hone_ctx *ctx, const hn_loss *loss, const double *scores,
                                   double *ret) {
    const hone_objective *o = loss->objective;
    int64_t cells = loss->n * loss->n_scores;
    for (int64_t i = 0; i < cells; i++) {
        ret[i] = 0;
        ret[cells + i] = 1;
    }
    if (o->gradients(o->user, loss->n, loss->n_scores, loss->y, scores, ret, ret + cells) != 0)
        return failed(ctx, "gradients");
    return check_answers(ctx, loss, ret);
}

hone_status hn_objective_losses(hone_ctx *ctx, const hn_loss *loss, const double *scores,
                                const double **ret_losses) {
    const hone_objective *o = loss->objective;
    double *losses;
    HN_TRY(HN_SCRATCH_NEW(ctx, losses, loss->n));
    if (o->losses && o->losses(o->user, loss->n, loss->n_scores, loss->y, scores, losses) != 0)
        return failed(ctx, "losses");
    *ret_losses = losses;
    return HONE_OK;
}
