/* platt.c - see platt.h. */
#include "ml/ensemble/platt.h"
#include "num/math.h"
#include <math.h>

typedef struct problem {
    int64_t n;
    const double *score, *hit, *weight;
    double scale;   /* scores are divided by it */
    double yes, no; /* what is aimed at for a hit and for none */
} problem;

static double weight_of(const problem *p, int64_t i) { return p->weight ? p->weight[i] : 1; }
static double target_of(const problem *p, int64_t i) { return p->hit[i] > 0 ? p->yes : p->no; }
static double exponent(const problem *p, int64_t i, double a, double b) {
    return a * (p->score[i] / p->scale) + b;
}

/* Log loss of 1 / (1 + exp(z)): softplus(z) - (1 - t) z. */
static double loss_of(const problem *p, double a, double b) {
    double sum = 0;
    for (int64_t i = 0; i < p->n; i++) {
        double z = exponent(p, i, a, b);
        sum += weight_of(p, i) * (hn_softplus(z) - (1 - target_of(p, i)) * z);
    }
    return sum;
}

typedef struct slopes {
    double ga, gb, haa, hab, hbb;
} slopes;

static slopes slopes_of(const problem *p, double a, double b) {
    slopes s = {0};
    for (int64_t i = 0; i < p->n; i++) {
        double x = p->score[i] / p->scale, z = exponent(p, i, a, b), q = hn_sigmoid(z);
        double w = weight_of(p, i), g = w * (q - (1 - target_of(p, i))), h = w * q * (1 - q);
        s.ga += g * x;
        s.gb += g;
        s.haa += h * x * x;
        s.hab += h * x;
        s.hbb += h;
    }
    return s;
}

static void begin(problem *p, double *ret_b, double *ret_total) {
    double hits = 0, others = 0;
    p->scale = 0;
    for (int64_t i = 0; i < p->n; i++) {
        *(p->hit[i] > 0 ? &hits : &others) += weight_of(p, i);
        p->scale = fmax(p->scale, fabs(p->score[i]));
    }
    if (!(p->scale > 0)) p->scale = 1;
    p->yes = (hits + 1) / (hits + 2);
    p->no = 1 / (others + 2);
    *ret_b = hn_log((others + 1) / (hits + 1));
    *ret_total = hits + others;
}

hone_status hn_platt_fit(hone_ctx *ctx, int64_t n, const double *score, const double *hit,
                         const double *weight, double *ret_slope, double *ret_offset) {
    enum { MOST = 100 };
    problem p = {.n = n, .score = score, .hit = hit, .weight = weight};
    double a = 0, b, total;
    begin(&p, &b, &total);
    double value = loss_of(&p, a, b), ridge = 1e-12 * total;
    for (int i = 0; i < MOST; i++) {
        HN_TRY(hn_check_cancel(ctx));
        slopes s = slopes_of(&p, a, b);
        if (fabs(s.ga) <= 1e-13 * total && fabs(s.gb) <= 1e-13 * total) break;
        /* A trifle on the diagonal: all scores may be equal. */
        double haa = s.haa + ridge, hbb = s.hbb + ridge, det = haa * hbb - s.hab * s.hab;
        double da = -(hbb * s.ga - s.hab * s.gb) / det, db = -(haa * s.gb - s.hab * s.ga) / det;
        double fall = s.ga * da + s.gb * db, step = 1, next = value;
        for (; step > 1e-10; step /= 2) {
            next = loss_of(&p, a + step * da, b + step * db);
            if (next <= value + 1e-4 * step * fall) break;
        }
        if (!(step > 1e-10) || !isfinite(next)) break;
        a += step * da;
        b += step * db;
        bool settled = step == 1 && value - next <= 1e-16 * fabs(value);
        value = next;
        if (settled) break;
    }
    *ret_slope = a / p.scale;
    *ret_offset = b;
    return HONE_OK;
}
