/* glm_loss.c - see glm_loss.h. */
#include "ml/linear/glm_loss.h"
#include "num/math.h"
#include <string.h>

enum { R = HN_DESIGN_ROWS };

/* With a = 1 - power, b = 2 - power the derivative by the mean is mean^b / mean - y mean^a / mean, and the loss
 *   mean^b / b - y mean^a / a      (power 1: mean - y log mean; power 2: log mean + y / mean). */
static double value(double power, double y, double log_mean, double mean_a, double mean_b) {
    if (power == 1) return mean_b - y * log_mean;
    if (power == 2) return log_mean + y * mean_a;
    return mean_b / (2 - power) - y * mean_a / (1 - power);
}

/* ret [R] = exp(by * x). */
static void exp_of(double by, const double *x, double *ret) {
    for (int i = 0; i < R; i++) ret[i] = by * x[i];
    hn_exp_array(ret, ret, R);
}

static double log_rows(const hn_tweedie *g, const double *y, const double *w, double *eta,
                       double *curvature) {
    double a = 1 - g->power, b = 2 - g->power, sum = 0;
    _Alignas(64) double mean_a[R], mean_b[R];
    exp_of(a, eta, mean_a);
    exp_of(b, eta, mean_b);
    for (int i = 0; i < R; i++) {
        if (w[i] == 0) {
            eta[i] = curvature[i] = 0;
            continue;
        }
        sum += w[i] * value(g->power, y[i], eta[i], mean_a[i], mean_b[i]);
        eta[i] = w[i] * (mean_b[i] - y[i] * mean_a[i]);
        curvature[i] = w[i] * (g->fisher ? mean_b[i] : b * mean_b[i] - a * y[i] * mean_a[i]);
    }
    return sum;
}

static double identity_rows(const hn_tweedie *g, const double *y, const double *w, double *eta,
                            double *curvature) {
    double sum = 0;
    for (int i = 0; i < R; i++) {
        double mean = eta[i];
        eta[i] = curvature[i] = 0;
        if (w[i] == 0) continue;
        if (g->power == 0) {
            sum += w[i] * (0.5 * (mean - y[i]) * (mean - y[i]));
            eta[i] = w[i] * (mean - y[i]);
            curvature[i] = w[i];
            continue;
        }
        if (!(mean > 0)) {
            sum = INFINITY;
            continue;
        }
        double log_mean = hn_log(mean), inverse = hn_exp(-g->power * log_mean);
        sum += w[i] * value(g->power, y[i], log_mean, mean * inverse, mean * mean * inverse);
        eta[i] = w[i] * inverse * (mean - y[i]);
        curvature[i] = w[i] * inverse;
    }
    return sum;
}

double hn_glm_rows(const void *arg, const double *y, const double *w, double *eta,
                   double *curvature) {
    const hn_tweedie *g = arg;
    double sum = (g->log ? log_rows : identity_rows)(g, y, w, eta, curvature);
    return isfinite(sum) ? sum : INFINITY;
}

/* ---- measures ------------------------------------------------------------------------------- */

double hn_glm_half_deviance(double power, double y, double mean) {
    if (power == 0) return 0.5 * (y - mean) * (y - mean);
    if (power == 1) return (y > 0 ? y * hn_log(y / mean) : 0) - y + mean;
    if (power == 2) return y / mean - 1 - hn_log(y / mean);
    double a = 1 - power, b = 2 - power;
    double own = y > 0 || power < 1 ? hn_pow(fmax(y, 0), b) / (a * b) : 0;
    return own - y * hn_pow(mean, a) / a + hn_pow(mean, b) / b;
}

static double sum_rows(const hn_tweedie *g, const double *y, const double *w, const double *eta,
                       bool pearson) {
    double sum = 0;
    for (int i = 0; i < R; i++) {
        if (w[i] == 0) continue;
        double mean = g->log ? hn_exp(eta[i]) : eta[i], off = y[i] - mean;
        sum += w[i] * (pearson ? 0.5 * off * off / (g->power == 0 ? 1 : hn_pow(mean, g->power))
                               : hn_glm_half_deviance(g->power, y[i], mean));
    }
    return sum;
}

double hn_glm_deviance(const void *arg, const double *y, const double *w, double *eta,
                       double *curvature) {
    (void)curvature;
    return sum_rows(arg, y, w, eta, false);
}

double hn_glm_pearson(const void *arg, const double *y, const double *w, double *eta,
                      double *curvature) {
    (void)curvature;
    return sum_rows(arg, y, w, eta, true);
}
