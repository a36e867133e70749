/* expr_any.c - kernels whose arguments may be of any kind, all of a call's alike: comparisons, in,
 * if, coalesce, is_missing. */
#include "table/expr_internal.h"

#include <string.h>

static size_t size_of(hn_kind kind) {
    return kind == HN_TEXT      ? sizeof(hn_slice)
           : kind == HN_BOOLEAN ? sizeof(int8_t)
                                : sizeof(int64_t);
}

static bool is_missing(hn_kind kind, const void *values, int64_t i) {
    switch (kind) {
    case HN_NUMBER: return ((const double *)values)[i] != ((const double *)values)[i];
    case HN_TEXT: return ((const hn_slice *)values)[i].text == NULL;
    case HN_BOOLEAN: return ((const int8_t *)values)[i] < 0;
    default: return ((const int64_t *)values)[i] == HN_NO_TIME;
    }
}

hone_status hn_kernel_is_missing(const hn_call *call) {
    int8_t *out = call->out;
    for (int64_t i = 0; i < call->n; i++) out[i] = is_missing(call->kind, call->args[0], i);
    return HONE_OK;
}

/* ---- comparisons ---------------------------------------------------------------------------- */

/* Neither is missing. */
static int compare(hn_kind kind, const void *a, const void *b, int64_t i) {
    switch (kind) {
    case HN_TEXT: return hn_slice_compare(((const hn_slice *)a)[i], ((const hn_slice *)b)[i]);
    case HN_BOOLEAN: return ((const int8_t *)a)[i] - ((const int8_t *)b)[i];
    default: {
        int64_t x = ((const int64_t *)a)[i], y = ((const int64_t *)b)[i];
        return (x > y) - (x < y);
    }
    }
}

static bool same_text(hn_slice a, hn_slice b) {
    return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

/* op between numbers, and between compare's answer and 0 for the others. */
#define COMPARISON(name, op)                                                                       \
    hone_status hn_kernel_##name(const hn_call *call) {                                            \
        int8_t *restrict out = call->out;                                                          \
        const void *a = call->args[0], *b = call->args[1];                                         \
        if (call->kind == HN_NUMBER) {                                                             \
            const double *x = a, *y = b;                                                           \
            for (int64_t i = 0; i < call->n; i++)                                                  \
                out[i] = x[i] != x[i] || y[i] != y[i] ? HN_NO_TRUTH : x[i] op y[i];                \
            return HONE_OK;                                                                        \
        }                                                                                          \
        for (int64_t i = 0; i < call->n; i++)                                                      \
            out[i] = is_missing(call->kind, a, i) || is_missing(call->kind, b, i)                  \
                         ? HN_NO_TRUTH                                                             \
                         : compare(call->kind, a, b, i) op 0;                                      \
        return HONE_OK;                                                                            \
    }

COMPARISON(less, <)
COMPARISON(less_equal, <=)
COMPARISON(greater, >)
COMPARISON(greater_equal, >=)

static hone_status equal(const hn_call *call, bool wanted) {
    int8_t *out = call->out;
    const void *a = call->args[0], *b = call->args[1];
    const double *x = a, *y = b;
    const hn_slice *s = a, *t = b;
    for (int64_t i = 0; i < call->n; i++) {
        if (is_missing(call->kind, a, i) || is_missing(call->kind, b, i))
            out[i] = HN_NO_TRUTH;
        else if (call->kind == HN_NUMBER)
            out[i] = (x[i] == y[i]) == wanted;
        else if (call->kind == HN_TEXT)
            out[i] = same_text(s[i], t[i]) == wanted;
        else
            out[i] = (compare(call->kind, a, b, i) == 0) == wanted;
    }
    return HONE_OK;
}

hone_status hn_kernel_equal(const hn_call *call) { return equal(call, true); }
hone_status hn_kernel_unequal(const hn_call *call) { return equal(call, false); }

static bool is_among(const hn_call *call, int64_t i) {
    const hn_literal *list = &call->literals[0];
    const void *a = call->args[0];
    double x = call->kind == HN_NUMBER      ? ((const double *)a)[i]
               : call->kind == HN_BOOLEAN   ? ((const int8_t *)a)[i]
               : call->kind == HN_TIMESTAMP ? (double)((const int64_t *)a)[i]
                                            : 0;
    for (int64_t k = 0; k < list->n; k++)
        if (call->kind == HN_TEXT ? same_text(((const hn_slice *)a)[i], list->texts[k])
                                  : x == list->numbers[k])
            return true;
    return false;
}

hone_status hn_kernel_is_in(const hn_call *call) {
    int8_t *out = call->out;
    for (int64_t i = 0; i < call->n; i++)
        out[i] = is_missing(call->kind, call->args[0], i) ? HN_NO_TRUTH : is_among(call, i);
    return HONE_OK;
}

/* ---- choices -------------------------------------------------------------------------------- */

static void set_missing(hn_kind kind, void *values, int64_t i) {
    switch (kind) {
    case HN_NUMBER: ((double *)values)[i] = (double)NAN; break;
    case HN_TEXT: ((hn_slice *)values)[i] = (hn_slice){NULL, 0}; break;
    case HN_BOOLEAN: ((int8_t *)values)[i] = HN_NO_TRUTH; break;
    default: ((int64_t *)values)[i] = HN_NO_TIME; break;
    }
}

/* Both branches have been computed; the one not taken leaves no trace. */
hone_status hn_kernel_if(const hn_call *call) {
    const int8_t *condition = call->args[0];
    size_t size = size_of(call->kind);
    for (int64_t i = 0; i < call->n; i++) {
        if (condition[i] < 0) {
            set_missing(call->kind, call->out, i);
            continue;
        }
        const char *from = call->args[condition[i] ? 1 : 2];
        memcpy((char *)call->out + (size_t)i * size, from + (size_t)i * size, size);
    }
    return HONE_OK;
}

hone_status hn_kernel_coalesce(const hn_call *call) {
    size_t size = size_of(call->kind);
    memcpy(call->out, call->args[0], (size_t)call->n * size);
    for (int32_t k = 1; k < call->n_args; k++)
        for (int64_t i = 0; i < call->n; i++)
            if (is_missing(call->kind, call->out, i))
                memcpy((char *)call->out + (size_t)i * size,
                       (const char *)call->args[k] + (size_t)i * size, size);
    return HONE_OK;
}

hone_status hn_kernel_nullif(const hn_call *call) {
    size_t size = size_of(call->kind);
    const void *a = call->args[0], *b = call->args[1];
    memcpy(call->out, a, (size_t)call->n * size);
    for (int64_t i = 0; i < call->n; i++) {
        if (is_missing(call->kind, a, i) || is_missing(call->kind, b, i)) continue;
        bool same = call->kind == HN_NUMBER ? ((const double *)a)[i] == ((const double *)b)[i]
                                            : compare(call->kind, a, b, i) == 0;
        if (same) set_missing(call->kind, call->out, i);
    }
    return HONE_OK;
}
