/* fft.h - discrete Fourier transforms of several complex sequences side by side.
 *
 * Lengths are products of 2, 3 and 5. Real and imaginary parts stand apart, element i of sequence b at
 * [i * batch + b], so that every loop runs over neighbours in memory (Stockham's self-sorting passes). A
 * sequence's bits don't depend on the others. */
#ifndef HN_NUM_FFT_H
#define HN_NUM_FFT_H

#include "base/ctx.h"

enum { HN_FFT_PASSES = 40 };

typedef struct hn_fft {
    int64_t n;
    int passes;
    int64_t radix[HN_FFT_PASSES]; /* 2 to 5, their product is n */
    double *cosine, *sine;        /* [n] of -2 pi i / n */
} hn_fft;

/* The least length that can be transformed, of least and more. */
int64_t hn_fft_size(int64_t least);
/* n as hn_fft_size gives it. */
hone_status hn_fft_make(hone_ctx *ctx, hn_arena *arena, int64_t n, hn_fft *ret_fft) HONE_MUST_CHECK;
/* X_k = sum over i of x_i exp(-2 pi sqrt(-1) i k / n), in place: re, im [n, batch]; work [2, n, batch]. With re and
 * im exchanged it is the way back, times n. */
void hn_fft_run(const hn_fft *fft, int64_t batch, double *re, double *im, double *work);

#endif
