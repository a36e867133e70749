/* temperature.c - see temperature.h. */
#include "ml/ensemble/temperature.h"
#include "num/math.h"
#include <math.h>

typedef struct problem {
    int64_t n, k;
    const double *logits, *y, *weight;
    double *row; /* [k] */
} problem;

/* Slope of the log loss in the factor: the mean of the logits by softmax, less the true class's. It rises with
 * the factor; ret_bend is how fast. */
static double slope_at(const problem *p, double factor, double *ret_bend) {
    double slope = 0, bend = 0;
    for (int64_t i = 0; i < p->n; i++) {
        const double *z = p->logits + i * p->k;
        double mean = 0, square = 0, w = p->weight ? p->weight[i] : 1;
        for (int64_t c = 0; c < p->k; c++) p->row[c] = factor * z[c];
        hn_softmax(p->row, p->k);
        for (int64_t c = 0; c < p->k; c++) mean += p->row[c] * z[c];
        for (int64_t c = 0; c < p->k; c++) square += p->row[c] * (z[c] - mean) * (z[c] - mean);
        slope += w * (mean - z[(int64_t)p->y[i]]);
        bend += w * square;
    }
    *ret_bend = bend;
    return slope;
}

/* Newton's steps in the factor's logarithm, kept in an interval that holds the root. */
hone_status hn_temperature_fit(hone_ctx *ctx, int64_t n, int64_t k, const double *logits,
                               const double *y, const double *weight, double *ret_factor) {
    enum { MOST = 200 };
    HN_SCRATCH(ctx);
    problem p = {.n = n, .k = k, .logits = logits, .y = y, .weight = weight};
    double low = -10, high = 10, at = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, p.row, k));
    for (int i = 0; i < MOST && high - low > 1e-14; i++) {
        HN_TRY(hn_check_cancel(ctx));
        double factor = hn_exp(at), bend, slope = slope_at(&p, factor, &bend);
        if (slope == 0) break;
        *(slope < 0 ? &low : &high) = at;
        double next = at - slope / (bend * factor);
        if (!(next > low && next < high)) next = 0.5 * (low + high);
        bool settled = fabs(next - at) <= 1e-15;
        at = next;
        if (settled) break;
    }
    *ret_factor = hn_exp(at);
    return HONE_OK;
}
