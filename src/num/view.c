/* view.c - element types and views over plain arrays. */
#include "num/view.h"

static const struct {
    const char *name;
    size_t size;
} dtypes[HN_DTYPE_COUNT] = {
    [HN_DTYPE_F64] = {"F64", 8}, [HN_DTYPE_F32] = {"F32", 4}, [HN_DTYPE_I64] = {"I64", 8},
    [HN_DTYPE_I32] = {"I32", 4}, [HN_DTYPE_U8] = {"U8", 1},
};

size_t hn_dtype_size(hn_dtype dtype) { return dtypes[dtype].size; }

const char *hn_dtype_name(hn_dtype dtype) { return dtypes[dtype].name; }

hn_view hn_view_matrix(double *data, int64_t rows, int64_t cols) {
    return (hn_view){.data = data,
                     .dtype = HN_DTYPE_F64,
                     .ndim = 2,
                     .shape = {rows, cols},
                     .stride = {cols * (int64_t)sizeof *data, sizeof *data}};
}

/* Row-major without gaps; axes of length 1 may have any stride, an empty view is contiguous. */
bool hn_view_contiguous(const hn_view *view) {
    for (int i = 0; i < view->ndim; i++)
        if (view->shape[i] == 0) return true;
    int64_t expected = (int64_t)hn_dtype_size(view->dtype);
    for (int i = view->ndim - 1; i >= 0; i--) {
        if (view->shape[i] != 1 && view->stride[i] != expected) return false;
        expected *= view->shape[i];
    }
    return true;
}
