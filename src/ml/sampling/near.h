/* near.h - samplers that look at neighbours: rows as a matrix, their nearest, and rows made between them. */
#ifndef HN_ML_SAMPLING_NEAR_H
#define HN_ML_SAMPLING_NEAR_H

#include "base/rng.h"
#include "ml/sampling/sampling.h"

/* Rows x [n, d] with their classes. */
typedef struct hn_near {
    double *x;
    int64_t n, d;
    const double *y;
} hn_near;
/* data's columns as doubles; arena keeps them. */
hone_status hn_near_of(hone_ctx *ctx, hn_arena *arena, const hone_data *data,
                       hn_near *ret_near) HONE_MUST_CHECK;

/* The k nearest to each of rows, itself left out: ret_nearest [rows.n, k], row numbers of near. among: the rows that
 * may be near, which has rows; n 0: all. HONE_ERROR_DATA (step, param) where there are too few. */
hone_status hn_near_find(hone_ctx *ctx, const char *step, const char *param, const hn_near *near,
                         hn_rows rows, hn_rows among, int64_t k,
                         int64_t **ret_nearest) HONE_MUST_CHECK;

/* Rows to be: made between source and partner, at share of the way. The first n_kept are rows as they were. */
typedef struct hn_synthetic {
    int64_t n, n_kept, room;
    int64_t *source, *partner;
    double *share;
} hn_synthetic;
/* All n rows, with room for as many more. */
hone_status hn_synthetic_start(hone_ctx *ctx, hn_arena *arena, int64_t n, int64_t more,
                               hn_synthetic *ret_made) HONE_MUST_CHECK;
/* count more between base rows and one of the k nearest of each (nearest [base.n, k]), both drawn; with times
 * [base.n], as many of each base row instead. */
void hn_synthetic_draw(hn_synthetic *made, hn_rng *rng, hn_rows base, const int64_t *nearest,
                       int64_t k, int64_t count, const int64_t *times);
/* Value of column j of row i. */
static inline double hn_synthetic_value(const hn_synthetic *made, const hn_near *near, int64_t i,
                                        int64_t j) {
    double from = near->x[made->source[i] * near->d + j];
    if (made->partner[i] < 0) return from;
    return from + made->share[i] * (near->x[made->partner[i] * near->d + j] - from);
}
/* Their columns, named as data's: what resample gives. */
hone_status hn_synthetic_rows(hone_ctx *ctx, hn_arena *arena, const hone_data *data,
                              const hn_near *near, const hn_synthetic *made,
                              hn_resampled *ret_rows) HONE_MUST_CHECK;

/* SMOTE's rows: of each class add[c] more. */
hone_status hn_smote_make(hone_ctx *ctx, hn_arena *arena, const char *step, const hn_near *near,
                          const hone_data *data, int64_t n_classes, const int64_t *add, int64_t k,
                          hn_synthetic *ret_made) HONE_MUST_CHECK;

/* ret_drop [n]: rows of a Tomek link, and rows that their k nearest disagree with (all of them must agree, or with
 * mode the most frequent class among them); of the classes that strategy means. */
hone_status hn_tomek_mark(hone_ctx *ctx, const char *step, const hn_near *near, double strategy,
                          int64_t n_classes, const int64_t *count,
                          uint8_t *ret_drop) HONE_MUST_CHECK;
hone_status hn_edited_mark(hone_ctx *ctx, const char *step, const hn_near *near, double strategy,
                           int64_t n_classes, const int64_t *count, int64_t k, bool mode,
                           uint8_t *ret_drop) HONE_MUST_CHECK;

#define HN_SAMPLE_CLEAN(struct_type, default_word)                                                 \
    HN_PARAM(struct_type, sampling_strategy, .def = default_word, .range = "(0, 1]",               \
             .words = HN_WORDS({"auto", HN_SAMPLE_AUTO}, {"majority", HN_SAMPLE_MAJORITY},         \
                               {"not_minority", HN_SAMPLE_NOT_MINORITY},                           \
                               {"not_majority", HN_SAMPLE_NOT_MAJORITY}, {"all", HN_SAMPLE_ALL}),  \
             .doc = "The classes that rows are left out of; auto is all but the smallest. A "      \
                    "number is not to be had here.")
hone_status hn_sample_word_only(hone_ctx *ctx, const char *step, double strategy) HONE_MUST_CHECK;

#define HN_NEAR_HOOKS                                                                              \
    .can = HN_NUMERIC_ONLY | HN_WANTS_SCALING, .transform = hn_sampler_pass_numbers,               \
    HN_SAMPLER_HOOKS

#endif
