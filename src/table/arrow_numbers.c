/* arrow_numbers.c - Arrow's numbers, truth values and times as columns; see arrow.h for what becomes of
 * each format. */
#include "table/arrow_import.h"
#include "table/raw_number.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* ---- numbers --------------------------------------------------------------------------------- */

/* Borrow, or copy where the buffer is not aligned for its type. */
hone_status hn_arrow_borrow(const hn_arrow_importer *im, const hn_arrow_slice *s, hn_type type,
                            hn_column *column) {
    size_t size = hn_type_size(type);
    const char *first = (const char *)s->array->buffers[1] + (size_t)s->offset * size;
    column->type = type;
    column->stride = (int64_t)size;
    column->values = first;
    if (s->n > 0 && (uintptr_t)first % size == 0) return HONE_OK;
    void *copy = hn_arena_alloc(im->ctx, im->arena, (size_t)s->n + 1, size);
    if (copy == NULL) return HONE_ERROR_MEMORY;
    if (s->n > 0) memcpy(copy, first, (size_t)s->n * size);
    column->values = copy;
    return HONE_OK;
}

/* Element i of an integer buffer by format letter. uint64 comes as its bits. */
int64_t hn_arrow_int(const void *buffer, char format, int64_t i) {
    const char *bytes = buffer;
#define READ(T)                                                                                    \
    do {                                                                                           \
        T value;                                                                                   \
        memcpy(&value, bytes + (size_t)i * sizeof value, sizeof value);                            \
        return (int64_t)value;                                                                     \
    } while (0)
    switch (format) {
    case 'c': READ(int8_t);
    case 'C': READ(uint8_t);
    case 's': READ(int16_t);
    case 'S': READ(uint16_t);
    case 'i': READ(int32_t);
    case 'I': READ(uint32_t);
    case 'l':
    case 'L': READ(int64_t);
    default: assert(false); return 0;
    }
#undef READ
}

hone_status hn_arrow_ints(const hn_arrow_importer *im, const hn_arrow_slice *s, hn_column *column) {
    char format = s->format[0];
    if (format == 'l') return hn_arrow_borrow(im, s, HN_I64, column);
    const void *buffer = s->array->buffers[1];
    bool huge = false;
    int64_t *values;
    HN_TRY(HN_NEW(im->ctx, im->arena, values, s->n + 1));
    for (int64_t i = 0; i < s->n; i++) {
        if (hn_column_is_null(column, i)) continue;
        values[i] = hn_arrow_int(buffer, format, s->offset + i);
        huge |= format == 'L' && values[i] < 0;
    }
    if (huge)
        for (int64_t i = 0; i < s->n; i++) {
            double value = (double)(uint64_t)values[i];
            memcpy(&values[i], &value, sizeof value);
        }
    column->type = huge ? HN_F64 : HN_I64;
    column->values = values;
    column->stride = 8;
    return HONE_OK;
}

hone_status hn_arrow_halves(const hn_arrow_importer *im, const hn_arrow_slice *s,
                            hn_column *column) {
    float *values;
    HN_TRY(HN_NEW(im->ctx, im->arena, values, s->n + 1));
    for (int64_t i = 0; i < s->n; i++)
        values[i] = hn_half_float((uint16_t)hn_arrow_int(s->array->buffers[1], 'S', s->offset + i));
    column->type = HN_F32;
    column->values = values;
    column->stride = (int64_t)sizeof *values;
    return HONE_OK;
}

hone_status hn_arrow_bools(const hn_arrow_importer *im, const hn_arrow_slice *s,
                           hn_column *column) {
    const uint8_t *bits = s->array->buffers[1];
    uint8_t *values;
    HN_TRY(HN_NEW(im->ctx, im->arena, values, s->n + 1));
    for (int64_t i = 0; i < s->n; i++) {
        int64_t bit = s->offset + i;
        values[i] = bits[bit >> 3] >> (bit & 7) & 1;
    }
    column->type = HN_BOOL;
    column->values = values;
    column->stride = 1;
    return HONE_OK;
}

hone_status hn_arrow_null(const hn_arrow_importer *im, const hn_arrow_slice *s, hn_column *column) {
    double *values;
    HN_TRY(HN_NEW(im->ctx, im->arena, values, s->n + 1));
    for (int64_t i = 0; i < s->n; i++) values[i] = (double)NAN;
    *column = hn_column_of_f64(s->name, values, s->n);
    return HONE_OK;
}

/* "d:precision,scale[,bits]" */
hone_status hn_arrow_decimals(const hn_arrow_importer *im, const hn_arrow_slice *s,
                              hn_column *column) {
    int precision, scale, bits = 128;
    if (sscanf(s->format, "d:%d,%d,%d", &precision, &scale, &bits) < 2 || scale < -1000 ||
        scale > 1000 || (bits != 32 && bits != 64 && bits != 128))
        return hn_arrow_refuse(im, s, "is a decimal that hone cannot read; cast it to float64");
    double *values;
    size_t size = (size_t)bits / 8;
    HN_TRY(HN_NEW(im->ctx, im->arena, values, s->n + 1));
    for (int64_t i = 0; i < s->n; i++) {
        const unsigned char *at =
            (const unsigned char *)s->array->buffers[1] + (size_t)(s->offset + i) * size;
        values[i] = hn_decimal_double(at, size, scale);
    }
    column->type = HN_F64;
    column->values = values;
    column->stride = (int64_t)sizeof *values;
    return HONE_OK;
}

/* ---- times ----------------------------------------------------------------------------------- */

hone_status hn_arrow_times(const hn_arrow_importer *im, const hn_arrow_slice *s,
                           hn_column *column) {
    const char *f = s->format;
    int64_t multiply = 1, divide = 1;
    char width = 'l';
    if (strcmp(f, "tdD") == 0)
        multiply = INT64_C(86400000000), width = 'i';
    else if (strcmp(f, "tdm") == 0 || strncmp(f, "tsm:", 4) == 0)
        multiply = 1000;
    else if (strncmp(f, "tss:", 4) == 0)
        multiply = 1000000;
    else if (strncmp(f, "tsn:", 4) == 0)
        divide = 1000;
    else if (strncmp(f, "tsu:", 4) == 0)
        return hn_arrow_borrow(im, s, HN_TIME, column);
    else
        return hn_arrow_refuse(
            im, s, "holds times of day or durations; cast it to a timestamp or a number");
    int64_t *values;
    HN_TRY(HN_NEW(im->ctx, im->arena, values, s->n + 1));
    for (int64_t i = 0; i < s->n; i++) {
        if (hn_column_is_null(column, i)) continue;
        if (!hn_scale_time(hn_arrow_int(s->array->buffers[1], width, s->offset + i), multiply,
                           divide, &values[i]))
            return hn_arrow_refuse(im, s, "holds a time beyond the year 290000");
    }
    column->type = HN_TIME;
    column->values = values;
    column->stride = 8;
    return HONE_OK;
}
