/* scored.h - random answers for tests of metrics: a function of (seed, n, classes) alone. */
#ifndef HN_TESTS_ML_SCORED_H
#define HN_TESTS_ML_SCORED_H

#include "base/rng.h"
#include "ml/metric/metric.h"
#include <stdlib.h>

typedef struct answers {
    hn_scored scored;
    double *y, *label, *value, *proba, *weight;
} answers;

/* Classes: y follows the probabilities, which are multiples of 1/16 (so that there are ties) where
 * ties is set; label is the likeliest class. k == 0: numbers, value is y with noise. */
static answers *answers_new(uint64_t seed, int64_t n, int32_t k, bool ties) {
    answers *a = calloc(1, sizeof *a);
    size_t size = (size_t)n + 1, width = k > 0 ? (size_t)k : 1;
    a->y = calloc(size, sizeof(double));
    a->label = calloc(size, sizeof(double));
    a->value = calloc(size, sizeof(double));
    a->proba = calloc(size * width, sizeof(double));
    a->weight = calloc(size, sizeof(double));
    hn_rng rng = hn_rng_make(seed, hn_stream("test.answers", 0));
    for (int64_t i = 0; i < n; i++) {
        double *p = a->proba + i * k, sum = 0;
        a->weight[i] = (double)hn_rng_below(&rng, 4);
        if (k == 0) {
            a->value[i] = 10 * hn_rng_uniform(&rng) + 1;
            a->y[i] = a->value[i] + hn_rng_uniform(&rng) - 0.5;
            continue;
        }
        for (int32_t c = 0; c < k; c++)
            sum += p[c] = ties ? (double)hn_rng_below(&rng, 4) + 1 : hn_rng_uniform(&rng) + 0.01;
        double draw = hn_rng_uniform(&rng);
        a->y[i] = k - 1;
        for (int32_t c = 0; c < k; c++) {
            p[c] /= sum;
            if (p[c] > p[(int32_t)a->label[i]]) a->label[i] = c;
        }
        for (int32_t c = 0; c < k; c++) {
            if ((draw -= p[c]) >= 0) continue;
            a->y[i] = c;
            break;
        }
    }
    a->scored = (hn_scored){.n = n,
                            .task = k == 0   ? HN_TASK_REGRESSION
                                    : k == 2 ? HN_TASK_BINARY
                                             : HN_TASK_MULTICLASS,
                            .n_classes = k,
                            .y = a->y,
                            .label = k > 0 ? a->label : NULL,
                            .value = k > 0 ? NULL : a->value,
                            .proba = k > 0 ? a->proba : NULL};
    return a;
}

static void answers_free(answers *a) {
    free(a->y);
    free(a->label);
    free(a->value);
    free(a->proba);
    free(a->weight);
    free(a);
}

/* Row i as often as its whole-numbered weight says. */
static answers *answers_repeat(const answers *a) {
    int64_t n = 0, k = a->scored.n_classes > 0 ? a->scored.n_classes : 1, total = 0;
    for (int64_t i = 0; i < a->scored.n; i++) total += (int64_t)a->weight[i];
    answers *r = answers_new(0, total, (int32_t)a->scored.n_classes, false);
    for (int64_t i = 0; i < a->scored.n; i++) {
        for (int64_t times = 0; times < (int64_t)a->weight[i]; times++, n++) {
            r->y[n] = a->y[i];
            r->label[n] = a->label[i];
            r->value[n] = a->value[i];
            for (int64_t c = 0; c < k; c++) r->proba[n * k + c] = a->proba[i * k + c];
        }
    }
    return r;
}

#endif
