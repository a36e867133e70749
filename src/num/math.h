/* math.h - exp, log and their kin with bits of our own, the same on every machine and libm.
 *
 * Error at most 1 ulp (checked against MPFR values or long double), 2 where it says so; special
 * values as in C17 Annex F. The array forms give the same bits as the scalar ones and may work in
 * place. */
#ifndef HN_NUM_MATH_H
#define HN_NUM_MATH_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

double hn_exp(double x);
double hn_log(double x);
double hn_log2(double x);  /* exact for powers of two */
double hn_log10(double x); /* exact for powers of ten */
double hn_log1p(double x);
double hn_expm1(double x);
double hn_tanh(double x);
double hn_pow(double x, double y); /* exact where the result is a double and y a small integer */
/* 1 / (1 + exp(-x)), without overflow. */
double hn_sigmoid(double x);
/* log(1 + exp(x)), without overflow. */
double hn_softplus(double x);
/* In place: x[0..k-1] to probabilities that sum to 1. */
void hn_softmax(double *x, int64_t k);
/* The same of each row of x [n, k], exponentials all at once. */
void hn_softmax_rows(double *x, int64_t n, int64_t k);

/* |x| <= 2^20; NaN beyond. */
double hn_sin(double x);
double hn_cos(double x);
double hn_asin(double x); /* 2 ulp */

void hn_exp_array(const double *x, double *ret, int64_t n);
void hn_log_array(const double *x, double *ret, int64_t n);
void hn_sigmoid_array(const double *x, double *ret, int64_t n);
void hn_tanh_array(const double *x, double *ret, int64_t n);

/* Distribution functions needed by reports; relative error below 1e-14. */
double hn_normal_cdf(double x);
double hn_normal_quantile(double p);

#endif
