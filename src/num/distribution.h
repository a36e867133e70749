/* distribution.h - distribution functions for tests and p-values, with bits of our own.
 *
 * Relative error about 1e-13 for parameters up to hundreds, 1e-10 up to millions (checked against
 * SciPy); tails keep their digits. NaN where a parameter is out of range. */
#ifndef HN_NUM_DISTRIBUTION_H
#define HN_NUM_DISTRIBUTION_H

/* log of gamma(x), x > 0. */
double hn_log_gamma(double x);
/* Its derivative, x > 0. */
double hn_digamma(double x);
/* log of gamma(a) gamma(b) / gamma(a + b), a, b > 0, without the cancellation of large logs. */
double hn_log_beta(double a, double b);

/* The regularised incomplete beta function I_x(a, b); y = 1 - x is given apart, so that neither end loses
 * digits (Abramowitz, Stegun 26.5.8, by modified Lentz). */
double hn_beta_incomplete(double a, double b, double x, double y);
/* The regularised incomplete gamma functions P(a, x) and Q = 1 - P (same, 6.5.29 and 6.5.31). */
double hn_gamma_lower(double a, double x);
double hn_gamma_upper(double a, double x);

/* P(|Z| >= |z|), P(|T| >= |t|) with df degrees of freedom (INFINITY: the normal's). */
double hn_normal_two_sided(double z);
double hn_student_two_sided(double t, double df);
/* P(T <= t). */
double hn_student_cdf(double t, double df);
/* P(X >= x) of chi squared and of F. */
double hn_chi2_above(double x, double df);
/* The x of chi squared that is not reached with probability p, 0 <= p <= 1. */
double hn_chi2_quantile(double p, double df);
double hn_f_above(double x, double df1, double df2);

#endif
