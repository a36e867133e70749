/* column.c - reading columns: one element, a block of doubles, texts, and the names of types.
 *
 * The block read (hn_column_doubles) is what training and scoring go through, so it has a tight loop
 * per type and a second, short pass that puts NaN where the bitmap has a null. Everything else goes
 * one element at a time. */
#include "table/column.h"

#include <assert.h>
#include <string.h>

static const struct {
    const char *name;
    size_t size;
    bool numeric;
} types[HN_TYPE_COUNT] = {
    [HN_F64] = {"float64", 8, true},        [HN_F32] = {"float32", 4, true},
    [HN_I64] = {"int64", 8, true},          [HN_BOOL] = {"bool", 1, true},
    [HN_CATEGORY] = {"category", 4, false}, [HN_STRING] = {"string", 0, false},
    [HN_TIME] = {"timestamp", 8, false},
};

const char *hn_type_name(hn_type type) {
    assert(type >= 0 && type < HN_TYPE_COUNT);
    return types[type].name;
}

bool hn_type_parse(const char *name, hn_type *ret_type) {
    for (int i = 0; i < HN_TYPE_COUNT; i++) {
        if (strcmp(types[i].name, name) != 0) continue;
        *ret_type = (hn_type)i;
        return true;
    }
    return false;
}

bool hn_type_is_numeric(hn_type type) { return types[type].numeric; }

size_t hn_type_size(hn_type type) { return types[type].size; }

hn_column hn_column_of_f64(const char *name, const double *values, int64_t n) {
    return (hn_column){
        .name = name, .type = HN_F64, .n = n, .values = values, .stride = (int64_t)sizeof *values};
}

static const void *element(const hn_column *column, int64_t i) {
    assert(i >= 0 && i < column->n);
    return (const char *)column->values + i * column->stride;
}

bool hn_column_is_missing(const hn_column *column, int64_t i) {
    if (hn_column_is_null(column, i)) return true;
    if (column->type == HN_F64) return isnan(*(const double *)element(column, i));
    if (column->type == HN_F32) return isnan(*(const float *)element(column, i));
    return false;
}

/* Zero bits among n from bit begin on: bytes at a time between the ragged ends. */
static int64_t count_nulls(const uint8_t *valid, int64_t begin, int64_t n) {
    int64_t nulls = 0, i = begin, end = begin + n;
    for (; i < end && (i & 7); i++) nulls += !(valid[i >> 3] >> (i & 7) & 1);
    for (; i + 8 <= end; i += 8) nulls += 8 - __builtin_popcount(valid[i >> 3]);
    for (; i < end; i++) nulls += !(valid[i >> 3] >> (i & 7) & 1);
    return nulls;
}

int64_t hn_column_count_missing(const hn_column *column) {
    if (column->type != HN_F64 && column->type != HN_F32)
        return column->valid ? count_nulls(column->valid, column->valid_offset, column->n) : 0;
    int64_t missing = 0;
    for (int64_t i = 0; i < column->n; i++) missing += hn_column_is_missing(column, i);
    return missing;
}

double hn_column_double(const hn_column *column, int64_t i) {
    double value;
    hn_column_doubles(column, i, i + 1, &value, 1);
    return value;
}

/* The loop of one type; contiguous input and output get a body that the compiler can vectorise. */
#define COPY_DOUBLES(T, EXPR)                                                                      \
    do {                                                                                           \
        if (column->stride == (int64_t)sizeof(T) && out_stride == 1) {                             \
            const T *in = (const T *)first;                                                        \
            for (int64_t k = 0; k < n; k++) {                                                      \
                T v = in[k];                                                                       \
                out[k] = (EXPR);                                                                   \
            }                                                                                      \
        } else {                                                                                   \
            for (int64_t k = 0; k < n; k++) {                                                      \
                T v = *(const T *)(first + k * column->stride);                                    \
                out[k * out_stride] = (EXPR);                                                      \
            }                                                                                      \
        }                                                                                          \
    } while (0)

void hn_column_doubles(const hn_column *column, int64_t begin, int64_t end, double *out,
                       int64_t out_stride) {
    assert(begin >= 0 && begin <= end && end <= column->n);
    int64_t n = end - begin;
    if (n == 0) return;
    const char *first = (const char *)column->values + begin * column->stride;
    switch (column->type) {
    case HN_F64: COPY_DOUBLES(double, v); break;
    case HN_F32: COPY_DOUBLES(float, (double)v); break;
    case HN_I64:
    case HN_TIME: COPY_DOUBLES(int64_t, (double)v); break;
    case HN_BOOL: COPY_DOUBLES(uint8_t, (double)v); break;
    case HN_CATEGORY: COPY_DOUBLES(int32_t, v == HN_UNKNOWN ? (double)NAN : (double)v); break;
    case HN_STRING:
    case HN_TYPE_COUNT:
        for (int64_t k = 0; k < n; k++) out[k * out_stride] = (double)NAN;
        return;
    }
    if (column->valid == NULL) return;
    for (int64_t k = 0; k < n; k++) {
        int64_t bit = begin + k + column->valid_offset;
        /* A whole byte of present values, the common case, is passed over at once. */
        if ((bit & 7) == 0 && k + 8 <= n && column->valid[bit >> 3] == 0xff) {
            k += 7;
            continue;
        }
        if (!(column->valid[bit >> 3] >> (bit & 7) & 1)) out[k * out_stride] = (double)NAN;
    }
}

hn_slice hn_column_text(const hn_column *column, int64_t i) {
    static const hn_slice none = {NULL, 0};
    if (hn_column_is_null(column, i)) return none;
    if (column->type == HN_STRING) {
        assert(i >= 0 && i < column->n);
        int64_t begin = column->offsets[i];
        const char *bytes = column->values;
        return (hn_slice){bytes ? bytes + begin : "", (size_t)(column->offsets[i + 1] - begin)};
    }
    if (column->type != HN_CATEGORY) return none;
    int32_t code = hn_column_code(column, i);
    if (code == HN_UNKNOWN) return none;
    return hn_dictionary_text(column->dictionary, code);
}

void hn_column_print(const hn_column *column, int64_t i, hn_str *str) {
    if (hn_column_is_missing(column, i)) return;
    const void *at = column->type == HN_STRING ? NULL : element(column, i);
    char buffer[HN_TIME_SIZE];
    switch (column->type) {
    case HN_F64: hn_str_put_double(str, *(const double *)at); break;
    case HN_F32: hn_str_put_double(str, (double)*(const float *)at); break;
    case HN_I64: hn_str_put_n(str, buffer, hn_format_int(*(const int64_t *)at, buffer)); break;
    case HN_BOOL: hn_str_put(str, *(const uint8_t *)at ? "true" : "false"); break;
    case HN_TIME: {
        int64_t us = *(const int64_t *)at;
        hn_str_put_n(str, buffer, hn_time_format(us, hn_time_is_date(us), buffer));
        break;
    }
    case HN_CATEGORY:
    case HN_STRING: {
        hn_slice text = hn_column_text(column, i);
        if (text.text) hn_str_put_n(str, text.text, text.length);
        break;
    }
    case HN_TYPE_COUNT: break;
    }
}

int hn_slice_compare(hn_slice a, hn_slice b) {
    size_t shared = a.length < b.length ? a.length : b.length;
    int order = shared ? memcmp(a.text, b.text, shared) : 0;
    if (order != 0) return order;
    return (a.length > b.length) - (a.length < b.length);
}

int32_t hn_dictionary_find(const hn_dictionary *dictionary, hn_slice text) {
    int32_t low = 0, high = dictionary->known != NULL ? dictionary->known->n : dictionary->n;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        int order = hn_slice_compare(hn_dictionary_text(dictionary, middle), text);
        if (order == 0) return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return HN_UNKNOWN;
}

bool hn_dictionary_is_sorted(const hn_dictionary *dictionary) {
    for (int32_t code = 1; code < dictionary->n; code++)
        if (hn_slice_compare(hn_dictionary_text(dictionary, code - 1),
                             hn_dictionary_text(dictionary, code)) >= 0)
            return false;
    return true;
}

size_t hn_format_int(int64_t value, char *buffer) {
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    char digits[20];
    size_t n = 0, length = 0;
    do digits[n++] = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (value < 0) buffer[length++] = '-';
    while (n > 0) buffer[length++] = digits[--n];
    buffer[length] = '\0';
    return length;
}

hone_status hn_valid_new(hone_ctx *ctx, hn_arena *arena, int64_t n, uint8_t **ret_valid) {
    uint8_t *valid;
    size_t bytes = ((size_t)n + 63) / 64 * 8; /* whole words, at least one */
    HN_TRY(HN_NEW(ctx, arena, valid, bytes ? bytes : 8));
    memset(valid, 0xff, bytes);
    *ret_valid = valid;
    return HONE_OK;
}
