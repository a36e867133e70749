/* visit.h - one walk over a fitted state that serves save, load, hash and size.
 *
 * A state is a struct of scalars and pointers to arrays. Its visit hook names each field once:
 *
 *     static hone_status ridge_visit(hn_visitor *v, void *state) {
 *         ridge_state *s = state;
 *         HN_TRY(hn_visit(v, "n_features", &s->n_features));
 *         HN_TRY(hn_visit(v, "coef", &s->coef, s->n_outputs, s->n_features));   // [k, p]
 *         return hn_visit_check(v, s->n_features >= 0, "negative n_features");
 *     }
 *
 * Saving: scalars and arrays are written as tensors under these names. Loading: scalars are read,
 * array pointers are set into the mapped file (read-only: predict never writes to its state; before
 * an update arrays are copied), and the shape found must be the shape asked for. So scalars that shapes depend on
 * come first. What indexes memory (children of a node, feature numbers, offsets) must be checked after
 * loading with hn_visit_check: a hostile file must not make predict read outside its arrays.
 * An array with a 0 in its shape may be NULL.
 */
#ifndef HN_SPEC_VISIT_H
#define HN_SPEC_VISIT_H

#include "num/view.h"

typedef struct hn_visitor hn_visitor;
struct hn_visitor {
    hone_ctx *ctx;
    hn_arena *arena; /* loading: what cannot stay in the file; saving: what is made to be written */
    bool loading;
    int depth; /* of parts around this state: see child.h */
    void *user;
    /* values points to the pointer to the elements. Shape has ndim >= 0 extents (0: one scalar, and
     * *values points to it; loading may fill it or point *values elsewhere). name is good for the call
     * only; the elements stay as long as the state and arena do. Extents are >= 0 and their product fits. */
    hone_status (*tensor)(hn_visitor *v, const char *name, hn_dtype dtype, void **values, int ndim,
                          const int64_t *shape);
};

/* HN_VISIT dispatches on the pointer's type: scalar (int64_t *, int32_t *, double *) without a shape;
 * array (double **, float **, int64_t **, int32_t **, uint8_t **) with one to four extents. */
#define HN_VISIT_SHAPE_(...) (sizeof((int64_t[]){0, ##__VA_ARGS__}) / sizeof(int64_t) - 1)
#define hn_visit(v, name, field, ...)                                                              \
    hn_visit_tensor((v), (name),                                                                   \
                    _Generic((field),                                                              \
                        double *: HN_DTYPE_F64, double **: HN_DTYPE_F64,                           \
                        float **: HN_DTYPE_F32,                                                    \
                        int64_t *: HN_DTYPE_I64, int64_t **: HN_DTYPE_I64,                         \
                        int32_t *: HN_DTYPE_I32, int32_t **: HN_DTYPE_I32,                         \
                        uint8_t **: HN_DTYPE_U8),                                                  \
                    (void *)(field), (int)HN_VISIT_SHAPE_(__VA_ARGS__),                            \
                    (const int64_t[]){0, ##__VA_ARGS__} + 1)

/* The same of what is only shown (attributes of estimator.h): the elements, which nothing is set in. */
#define hn_show(v, name, elements, ...)                                                            \
    hn_show_tensor((v), (name),                                                                    \
                   _Generic((elements),                                                            \
                       const double *: HN_DTYPE_F64, double *: HN_DTYPE_F64,                       \
                       const float *: HN_DTYPE_F32, float *: HN_DTYPE_F32,                         \
                       const int64_t *: HN_DTYPE_I64, int64_t *: HN_DTYPE_I64,                     \
                       const int32_t *: HN_DTYPE_I32, int32_t *: HN_DTYPE_I32,                     \
                       const uint8_t *: HN_DTYPE_U8, uint8_t *: HN_DTYPE_U8),                      \
                   (elements), (int)HN_VISIT_SHAPE_(__VA_ARGS__),                                  \
                   (const int64_t[]){0, ##__VA_ARGS__} + 1)

hone_status hn_visit_tensor(hn_visitor *v, const char *name, hn_dtype dtype, void *field, int ndim,
                            const int64_t *shape) HONE_MUST_CHECK;
hone_status hn_show_tensor(hn_visitor *v, const char *name, hn_dtype dtype, const void *elements,
                           int ndim, const int64_t *shape) HONE_MUST_CHECK;
/* A list of n texts ("name.offsets" and "name.bytes"). NULL texts are written as "". */
hone_status hn_visit_texts(hn_visitor *v, const char *name, const char ***texts,
                           int64_t n) HONE_MUST_CHECK;
/* A dictionary (sorted or not); *dictionary is made in v->arena on loading. */
struct hn_dictionary;
hone_status hn_visit_dictionary(hn_visitor *v, const char *name,
                                const struct hn_dictionary **dictionary) HONE_MUST_CHECK;
/* Loading: HONE_ERROR_FORMAT unless ok. Saving: an assertion. */
hone_status hn_visit_check(hn_visitor *v, bool ok, const char *what) HONE_MUST_CHECK;

/* The "labels" [n] that a state keeps of the rows it was fitted on (see estimator.h), or NULL. */
hone_status hn_kept_labels(hone_ctx *ctx, hn_arena *arena,
                           hone_status (*visit)(hn_visitor *v, void *state), void *state, int64_t n,
                           const double **ret_labels) HONE_MUST_CHECK;

/* All fields of the state of another estimator under a prefix ("base." + name). */
hone_status hn_visit_nested(hn_visitor *v, const char *prefix,
                            hone_status (*visit)(hn_visitor *v, void *state),
                            void *state) HONE_MUST_CHECK;

#endif
