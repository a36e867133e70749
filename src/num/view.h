/* view.h - numbers seen through pointer, shape, strides, type. A view owns nothing. */
#ifndef HN_NUM_VIEW_H
#define HN_NUM_VIEW_H

#include "base/ctx.h"

typedef enum hn_dtype {
    HN_DTYPE_F64,
    HN_DTYPE_F32,
    HN_DTYPE_I64,
    HN_DTYPE_I32,
    HN_DTYPE_U8,
    HN_DTYPE_COUNT
} hn_dtype;

/* Bytes of one element. */
size_t hn_dtype_size(hn_dtype dtype);
/* Its name in safetensors: "F64", "I32", "U8", ... */
const char *hn_dtype_name(hn_dtype dtype);

enum { HN_VIEW_DIMS = 4 };

typedef struct hn_view {
    void *data;
    hn_dtype dtype;
    int ndim;
    int64_t shape[HN_VIEW_DIMS];
    int64_t stride[HN_VIEW_DIMS]; /* bytes */
} hn_view;

/* A row-major matrix of doubles [rows, cols]. */
hn_view hn_view_matrix(double *data, int64_t rows, int64_t cols);
bool hn_view_contiguous(const hn_view *view);

#endif
