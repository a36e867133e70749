/* visit.c - what visit hooks call: shapes checked, texts and dictionaries as tensors; see visit.h.
 */
#include "spec/visit.h"
#include "table/column.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 192 }; /* of a tensor, prefixes included */

static hone_status make_name(hn_visitor *v, char ret_name[NAME_SIZE], const char *front,
                             const char *back) {
    int length = snprintf(ret_name, NAME_SIZE, "%s%s", front, back);
    if (length >= 0 && length < NAME_SIZE) return HONE_OK;
    return hn_fail(v->ctx, HONE_ERROR_INTERNAL, "the state's field '%.40s...' has too long a name",
                   front);
}

hone_status hn_visit_tensor(hn_visitor *v, const char *name, hn_dtype dtype, void *field, int ndim,
                            const int64_t *shape) {
    assert(v && name && field && ndim >= 0 && ndim <= HN_VIEW_DIMS);
    int64_t bytes = (int64_t)hn_dtype_size(dtype);
    for (int i = 0; i < ndim; i++) {
        HN_TRY(hn_visit_check(v, shape[i] >= 0, name));
        HN_TRY(hn_visit_check(v, !__builtin_mul_overflow(bytes, shape[i], &bytes), name));
    }
    if (ndim > 0) return v->tensor(v, name, dtype, field, ndim, shape);
    /* A scalar stands in the state itself: on loading its value is wanted, not its place. */
    void *at = field;
    HN_TRY(v->tensor(v, name, dtype, &at, 0, NULL));
    if (at != field) memcpy(field, at, hn_dtype_size(dtype));
    return HONE_OK;
}

hone_status hn_show_tensor(hn_visitor *v, const char *name, hn_dtype dtype, const void *elements,
                           int ndim, const int64_t *shape) {
    assert(v && !v->loading);
    void *values = (void *)(uintptr_t)elements; /* who saves only reads */
    if (ndim > 0) return hn_visit_tensor(v, name, dtype, &values, ndim, shape);
    return v->tensor(v, name, dtype, &values, 0, NULL);
}

hone_status hn_visit_check(hn_visitor *v, bool ok, const char *what) {
    if (ok) return HONE_OK;
    assert(v->loading && "a state that was just fitted contradicts itself");
    return hn_fail(v->ctx, HONE_ERROR_FORMAT,
                   "the model file is damaged (%s); fetch or train it again", what);
}

/* Offsets read from a file: from 0, never falling, so that every text lies in the bytes. */
static bool offsets_are_sound(const int64_t *offsets, int64_t n) {
    if (!offsets || offsets[0] != 0) return false;
    for (int64_t i = 0; i < n; i++) {
        if (offsets[i + 1] < offsets[i]) return false;
    }
    return true;
}

static hone_status visit_pool(hn_visitor *v, const char *name, int64_t n, int64_t **offsets,
                              uint8_t **bytes) {
    char full[NAME_SIZE];
    HN_TRY(hn_visit_check(v, n >= 0 && n < INT64_MAX, name));
    HN_TRY(make_name(v, full, name, ".offsets"));
    HN_TRY(hn_visit(v, full, offsets, n + 1));
    if (v->loading) HN_TRY(hn_visit_check(v, offsets_are_sound(*offsets, n), full));
    int64_t length = (*offsets)[n];
    HN_TRY(make_name(v, full, name, ".bytes"));
    return hn_visit(v, full, bytes, length);
}

static hone_status save_texts(hn_visitor *v, const char *name, const char *const *texts,
                              int64_t n) {
    int64_t *offsets;
    uint8_t *bytes;
    /* In the visitor's arena: who saves may write the bytes after the walk. */
    HN_TRY(HN_NEW(v->ctx, v->arena, offsets, n + 1));
    for (int64_t i = 0; i < n; i++)
        offsets[i + 1] = offsets[i] + (texts[i] ? (int64_t)strlen(texts[i]) : 0);
    HN_TRY(HN_NEW(v->ctx, v->arena, bytes, offsets[n]));
    for (int64_t i = 0; i < n; i++) {
        if (texts[i]) memcpy(bytes + offsets[i], texts[i], (size_t)(offsets[i + 1] - offsets[i]));
    }
    return visit_pool(v, name, n, &offsets, &bytes);
}

hone_status hn_visit_texts(hn_visitor *v, const char *name, const char ***texts, int64_t n) {
    assert(v && name && texts);
    if (!v->loading) return save_texts(v, name, *texts, n);
    int64_t *offsets = NULL;
    uint8_t *bytes = NULL;
    HN_TRY(visit_pool(v, name, n, &offsets, &bytes));
    const char **fresh;
    HN_TRY(HN_NEW(v->ctx, v->arena, fresh, n));
    for (int64_t i = 0; i < n; i++) {
        size_t length = (size_t)(offsets[i + 1] - offsets[i]);
        const char *text = length > 0 ? (const char *)bytes + offsets[i] : "";
        HN_TRY(hn_visit_check(v, !memchr(text, '\0', length), name));
        if (!(fresh[i] = hn_arena_strndup(v->ctx, v->arena, text, length)))
            return HONE_ERROR_MEMORY;
    }
    *texts = fresh;
    return HONE_OK;
}

hone_status hn_visit_dictionary(hn_visitor *v, const char *name, const hn_dictionary **dictionary) {
    assert(v && name && dictionary);
    char full[NAME_SIZE];
    HN_TRY(make_name(v, full, name, ".n"));
    /* -1 stands for a column without a dictionary. */
    int32_t *count, n;
    HN_TRY(HN_NEW(v->ctx, v->arena, count, 1));
    *count = !v->loading && *dictionary ? (*dictionary)->n : -1;
    HN_TRY(hn_visit(v, full, count));
    n = *count;
    HN_TRY(hn_visit_check(v, n >= -1, full));
    if (n < 0) {
        if (v->loading) *dictionary = NULL;
        return HONE_OK;
    }
    /* The visitor takes pointers to what it could set; saving sets nothing. */
    int64_t *offsets = v->loading ? NULL : (int64_t *)(uintptr_t)(*dictionary)->offsets;
    uint8_t *bytes = v->loading ? NULL : (uint8_t *)(uintptr_t)(*dictionary)->bytes;
    HN_TRY(visit_pool(v, name, n, &offsets, &bytes));
    if (!v->loading) return HONE_OK;
    hn_dictionary *fresh;
    HN_TRY(HN_NEW(v->ctx, v->arena, fresh, 1));
    *fresh = (hn_dictionary){.n = n, .offsets = offsets, .bytes = bytes ? (const char *)bytes : ""};
    *dictionary = fresh;
    return HONE_OK;
}

/* ---- labels ---------------------------------------------------------------------------------- */

typedef struct wanted {
    hn_visitor visitor; /* first */
    int64_t n;
    const double *labels;
} wanted;

static hone_status look_for_labels(hn_visitor *v, const char *name, hn_dtype dtype, void **values,
                                   int ndim, const int64_t *shape) {
    wanted *w = (wanted *)v;
    if (strcmp(name, "labels") == 0 && dtype == HN_DTYPE_F64 && ndim == 1 && shape[0] == w->n)
        w->labels = *values;
    return HONE_OK;
}

hone_status hn_kept_labels(hone_ctx *ctx, hn_arena *arena,
                           hone_status (*visit)(hn_visitor *v, void *state), void *state, int64_t n,
                           const double **ret_labels) {
    wanted w = {.visitor = {.ctx = ctx, .arena = arena, .tensor = look_for_labels}, .n = n};
    HN_TRY(visit(&w.visitor, state));
    *ret_labels = w.labels;
    return HONE_OK;
}

/* ---- states within states ------------------------------------------------------------------- */

typedef struct nested {
    hn_visitor visitor; /* first: what the inner hook sees */
    hn_visitor *outer;
    const char *prefix;
} nested;

static hone_status nested_tensor(hn_visitor *v, const char *name, hn_dtype dtype, void **values,
                                 int ndim, const int64_t *shape) {
    const nested *inner = (const nested *)v;
    char full[NAME_SIZE];
    HN_TRY(make_name(v, full, inner->prefix, name));
    return inner->outer->tensor(inner->outer, full, dtype, values, ndim, shape);
}

hone_status hn_visit_nested(hn_visitor *v, const char *prefix,
                            hone_status (*visit)(hn_visitor *v, void *state), void *state) {
    assert(v && prefix && visit && state);
    nested inner = {.visitor = *v, .outer = v, .prefix = prefix};
    inner.visitor.tensor = nested_tensor;
    return visit(&inner.visitor, state);
}
