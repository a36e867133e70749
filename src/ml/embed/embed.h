/* embed.h - what embeddings share: rows kept with their places, and how new rows find one.
 *
 * An embedding gives every training row a place of its own. A new row gets one from the places of the
 * training rows it is nearest to; a row equal to a training row gets that row's place. */
#ifndef HN_ML_EMBED_EMBED_H
#define HN_ML_EMBED_EMBED_H

#include "num/neighbors.h"
#include "spec/estimator.h"
#include "spec/visit_neighbors.h"

typedef struct hn_embedding {
    int64_t n_features, n_components;
    hn_neighbors index; /* over the training rows */
    double *places;     /* [n, n_components] */
} hn_embedding;

/* The training rows as a row-major matrix in scratch, and their index (in arena). HONE_ERROR_DATA where
 * there are fewer rows than least. */
hone_status hn_embedding_rows(hone_ctx *ctx, hn_arena *arena, const char *kind, const hn_table *x,
                              int distance, int64_t least, int64_t n_components, hn_embedding *e,
                              double **ret_x) HONE_MUST_CHECK;
/* The leading principal components of x [n, p] as places [n, k], columns past the rank 0. The first has
 * deviation scale (scale 0: as it comes). */
hone_status hn_embedding_pca(hone_ctx *ctx, const double *x, int64_t n, int64_t p, int64_t k,
                             double scale, double *ret_places) HONE_MUST_CHECK;

/* A new row's place from its count nearest training rows, nearest first, of which the first is not at
 * distance 0. work [count]. */
typedef void hn_embedding_place(const void *state, const int32_t *row, const double *distance,
                                int64_t count, double *work, double *ret_place);
/* Columns "PREFIX_0", ... for rows x: the mean place of the training rows at distance 0, or place's. */
hone_status hn_embedding_transform(hone_ctx *ctx, const hn_embedding *e, const char *prefix,
                                   const hn_table *x, int64_t neighbours, hn_embedding_place *place,
                                   const void *state, hn_arena *arena,
                                   hn_table *ret_out) HONE_MUST_CHECK;

hone_status hn_embedding_visit(hn_visitor *v, hn_embedding *e) HONE_MUST_CHECK;
hone_status hn_embedding_prepare(hone_ctx *ctx, hn_arena *arena, const char *kind, hn_embedding *e,
                                 const hn_table *schema) HONE_MUST_CHECK;

/* Probabilities ret [n], summing to 1, that fall off with the squares of distance [n] so that their
 * perplexity is what is asked for (or n, if that is less). */
void hn_perplexity(const double *distance, int64_t n, double perplexity, double *ret);

#endif
