/* gather.c - filling columns from DuckDB's vectors; see gather.h.
 *
 * Numbers are copied whole vectors at a time. Texts are trimmed and interned: an open-addressing table
 * whose slots hold 32 bits of hash beside the code, so that growing it never touches the texts. */
#include "table/gather.h"
#include "base/pages.h"
#include "table/dialect.h"

#include <assert.h>
#include <string.h>

/* ---- memory ---------------------------------------------------------------------------------- */

hone_status hn_buffer_reserve(hone_ctx *ctx, hn_gather *gather, hn_buffer *buffer, size_t size) {
    if (size <= buffer->size) return HONE_OK;
    size_t wanted = buffer->size + buffer->size / 2;
    if (wanted < size) wanted = size;
    if (wanted < 512) wanted = 512; /* there may be very many columns */
    void *data =
        gather->allocator.resize(gather->allocator.user, buffer->data, buffer->size, wanted);
    if (data == NULL)
        return hn_fail(ctx, HONE_ERROR_MEMORY,
                       "out of memory: a column needs %zu bytes; read fewer rows or columns",
                       wanted);
    buffer->data = data;
    buffer->size = wanted;
    return HONE_OK;
}

/* Give back what is not in use; 0 frees. A failure to shrink changes nothing. */
void hn_buffer_trim(hn_gather *gather, hn_buffer *buffer, size_t size) {
    if (buffer->data == NULL || size >= buffer->size) return;
    void *data = gather->allocator.resize(gather->allocator.user, buffer->data, buffer->size, size);
    if (size == 0) {
        *buffer = (hn_buffer){NULL, 0};
    } else if (data) {
        buffer->data = data;
        buffer->size = size;
    }
}

hone_status hn_gather_new(hone_ctx *ctx, int32_t n_sinks, hn_gather **ret_gather) {
    hone_allocator allocator = ctx->allocator;
    size_t size = sizeof(hn_gather) + (size_t)n_sinks * sizeof(hn_sink);
    hn_gather *gather = allocator.resize(allocator.user, NULL, 0, size);
    if (gather == NULL)
        return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory for %d columns", n_sinks);
    memset(gather, 0, size);
    gather->allocator = allocator;
    gather->n_sinks = n_sinks;
    gather->decimal = '.';
    gather->sinks = (hn_sink *)(gather + 1);
    for (int32_t j = 0; j < n_sinks; j++) hn_arena_init(&gather->sinks[j].arena, allocator);
    *ret_gather = gather;
    return HONE_OK;
}

hone_status hn_gather_widen(hone_ctx *ctx, hn_gather **gather, int32_t n_sinks) {
    hn_gather *old = *gather, *wider;
    HN_TRY(hn_gather_new(ctx, n_sinks, &wider));
    wider->decimal = old->decimal;
    for (int32_t j = 0; j < old->n_sinks; j++) wider->sinks[j] = old->sinks[j];
    hone_allocator allocator = old->allocator;
    size_t size = sizeof(hn_gather) + (size_t)old->n_sinks * sizeof(hn_sink);
    allocator.resize(allocator.user, old, size, 0);
    *gather = wider;
    return HONE_OK;
}

void hn_gather_free(void *pointer) {
    hn_gather *gather = pointer;
    if (gather == NULL) return;
    for (int32_t j = 0; j < gather->n_sinks; j++) {
        hn_sink *sink = &gather->sinks[j];
        hn_buffer *buffers[] = {&sink->values, &sink->valid, &sink->bytes, &sink->ends,
                                &sink->slots};
        for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
            hn_buffer_trim(gather, buffers[i], 0);
        hn_arena_done(&sink->arena);
    }
    hone_allocator allocator = gather->allocator;
    size_t size = sizeof(hn_gather) + (size_t)gather->n_sinks * sizeof(hn_sink);
    allocator.resize(allocator.user, gather, size, 0);
}

/* ---- nulls ----------------------------------------------------------------------------------- */

/* Room in the bitmap for n rows; new bits are set. */
static hone_status reserve_valid(hone_ctx *ctx, hn_gather *gather, hn_sink *sink, int64_t n) {
    size_t before = sink->valid.size, bytes = ((size_t)n + 63) / 64 * 8;
    if (bytes <= before) return HONE_OK;
    HN_TRY(hn_buffer_reserve(ctx, gather, &sink->valid, bytes));
    memset((char *)sink->valid.data + before, 0xff, sink->valid.size - before);
    return HONE_OK;
}

hone_status hn_sink_set_null(hone_ctx *ctx, hn_gather *gather, hn_sink *sink, int64_t row) {
    HN_TRY(reserve_valid(ctx, gather, sink, row + 1));
    hn_valid_clear(sink->valid.data, row);
    sink->n_nulls++;
    return HONE_OK;
}

static bool is_set(const uint64_t *validity, int64_t row) {
    return validity == NULL || (validity[row / 64] >> (row % 64) & 1);
}

static hone_status append_nulls(hone_ctx *ctx, hn_gather *gather, hn_sink *sink,
                                const uint64_t *validity, int64_t count) {
    if (validity == NULL) return HONE_OK;
    for (int64_t i = 0; i < count; i++) {
        if (i % 64 == 0 && i + 64 <= count && validity[i / 64] == UINT64_MAX)
            i += 63;
        else if (!is_set(validity, i))
            HN_TRY(hn_sink_set_null(ctx, gather, sink, sink->n + i));
    }
    return HONE_OK;
}

/* ---- numbers --------------------------------------------------------------------------------- */

static void check_whole(hn_sink *sink, const double *values, int64_t count) {
    int64_t fractions = 0, huge = 0;
    for (int64_t i = 0; i < count; i++) {
        double size = fabs(values[i]);
        bool small = size < 0x1p53; /* false for NaN */
        double whole = (double)(int64_t)(small ? values[i] : 0.0);
        huge += size >= 0x1p53;
        fractions += small && whole != values[i];
    }
    sink->has_fraction |= fractions > 0;
    sink->has_huge |= huge > 0;
}

static hone_status append_floats(hn_sink *sink, const void *data, const uint64_t *validity,
                                 int64_t count) {
    size_t size = hn_type_size(sink->type);
    char *out = (char *)sink->values.data + (size_t)sink->n * size;
    memcpy(out, data, (size_t)count * size);
    if (validity) {
        for (int64_t i = 0; i < count; i++) {
            if (is_set(validity, i)) continue;
            if (sink->type == HN_F64)
                ((double *)(void *)out)[i] = (double)NAN;
            else
                ((float *)(void *)out)[i] = NAN;
        }
    }
    if (sink->wants_whole && !sink->has_fraction)
        check_whole(sink, (const double *)(const void *)out, count);
    return HONE_OK;
}

/* DuckDB's timestamps may be infinite; hone's may not: those are missing. */
static hone_status append_times(hone_ctx *ctx, hn_gather *gather, hn_sink *sink,
                                const int64_t *data, const uint64_t *validity, int64_t count) {
    int64_t *out = (int64_t *)sink->values.data + sink->n;
    for (int64_t i = 0; i < count; i++) {
        bool infinite = is_set(validity, i) && (data[i] == INT64_MAX || data[i] == -INT64_MAX);
        out[i] = is_set(validity, i) && !infinite ? data[i] : 0;
        if (infinite) HN_TRY(hn_sink_set_null(ctx, gather, sink, sink->n + i));
    }
    return append_nulls(ctx, gather, sink, validity, count);
}

static hone_status append_ints(hone_ctx *ctx, hn_gather *gather, hn_sink *sink, const void *data,
                               const uint64_t *validity, int64_t count) {
    size_t size = hn_type_size(sink->type);
    char *out = (char *)sink->values.data + (size_t)sink->n * size;
    memcpy(out, data, (size_t)count * size);
    if (validity)
        for (int64_t i = 0; i < count; i++)
            if (!is_set(validity, i)) memset(out + (size_t)i * size, 0, size);
    return append_nulls(ctx, gather, sink, validity, count);
}

/* ---- texts ----------------------------------------------------------------------------------- */

/* A slot: hash << 32 | code + 1; 0 is free. */
static hone_status grow_slots(hone_ctx *ctx, hn_gather *gather, hn_sink *sink) {
    size_t n = sink->n_slots ? sink->n_slots * 2 : 64;
    hn_buffer fresh = {NULL, 0};
    HN_TRY(hn_buffer_reserve(ctx, gather, &fresh, n * sizeof(uint64_t)));
    uint64_t *to = fresh.data;
    memset(to, 0, n * sizeof *to);
    const uint64_t *from = sink->slots.data;
    for (size_t i = 0; i < sink->n_slots; i++) {
        if (from[i] == 0) continue;
        size_t at = (size_t)(from[i] >> 32) & (n - 1);
        while (to[at]) at = (at + 1) & (n - 1);
        to[at] = from[i];
    }
    hn_buffer_trim(gather, &sink->slots, 0);
    sink->slots = fresh;
    sink->n_slots = n;
    return HONE_OK;
}

hn_slice hn_sink_text(const hn_sink *sink, int32_t code) {
    const int64_t *ends = sink->ends.data;
    int64_t begin = code ? ends[code - 1] : 0;
    return (hn_slice){(const char *)sink->bytes.data + begin, (size_t)(ends[code] - begin)};
}

static hone_status add_text(hone_ctx *ctx, hn_gather *gather, hn_sink *sink, hn_slice text) {
    if (sink->n_texts == INT32_MAX)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = sink->name),
                          "column '%s' has more than %d different texts; leave it out of the query",
                          sink->name, INT32_MAX);
    if (memchr(text.text, '\0', text.length))
        return hn_fail_at(
            ctx, HONE_ERROR_DATA, HN_AT(.column = sink->name),
            "column '%s' holds a NUL byte after '%.40s', which no text has: the file is "
            "damaged, or UTF-16 without its mark; mend it, or give its encoding",
            sink->name, text.text);
    HN_TRY(hn_buffer_reserve(ctx, gather, &sink->bytes, sink->n_bytes + text.length));
    HN_TRY(
        hn_buffer_reserve(ctx, gather, &sink->ends, ((size_t)sink->n_texts + 1) * sizeof(int64_t)));
    memcpy((char *)sink->bytes.data + sink->n_bytes, text.text, text.length);
    sink->n_bytes += text.length;
    ((int64_t *)sink->ends.data)[sink->n_texts++] = (int64_t)sink->n_bytes;
    return HONE_OK;
}

/* Of a text of at most 16 bytes: with its length they say all of it. */
typedef struct ends {
    uint64_t first, last;
} ends;

static ends ends_of(hn_slice text) {
    const unsigned char *at = (const unsigned char *)text.text;
    size_t n = text.length;
    ends e = {0, 0};
    if (n >= 8) {
        memcpy(&e.first, at, 8);
        memcpy(&e.last, at + n - 8, 8);
    } else if (n >= 4) {
        memcpy(&e.first, at, 4);
        memcpy(&e.last, at + n - 4, 4);
    } else if (n > 0) {
        e.first = (uint64_t)at[0] << 16 | (uint64_t)at[n / 2] << 8 | at[n - 1];
    }
    return e;
}

static uint64_t hash_of(hn_slice text, ends e) {
    if (text.length > 16) return hn_hash(text.text, text.length, 0) >> 32;
    __extension__ unsigned __int128 product =
        (unsigned __int128)(e.first ^ UINT64_C(0x9e3779b97f4a7c15)) *
        (e.last ^ text.length ^ UINT64_C(0xbf58476d1ce4e5b9));
    return ((uint64_t)product ^ (uint64_t)(product >> 64)) >> 32;
}

static bool is_same(hn_slice a, ends a_ends, hn_slice b) {
    if (a.length != b.length) return false;
    if (a.length > 16) return memcmp(a.text, b.text, a.length) == 0;
    ends b_ends = ends_of(b);
    return a_ends.first == b_ends.first && a_ends.last == b_ends.last;
}

static hone_status intern(hone_ctx *ctx, hn_gather *gather, hn_sink *sink, hn_slice text,
                          int32_t *ret_code) {
    /* At most half full. */
    if ((size_t)sink->n_texts * 2 >= sink->n_slots) HN_TRY(grow_slots(ctx, gather, sink));
    ends text_ends = ends_of(text);
    uint64_t hash = hash_of(text, text_ends);
    size_t mask = sink->n_slots - 1, at = (size_t)hash & mask;
    uint64_t *slots = sink->slots.data;
    for (; slots[at]; at = (at + 1) & mask) {
        if (slots[at] >> 32 != hash) continue;
        int32_t code = (int32_t)((slots[at] & UINT32_MAX) - 1);
        if (is_same(text, text_ends, hn_sink_text(sink, code))) {
            *ret_code = code;
            return HONE_OK;
        }
    }
    HN_TRY(add_text(ctx, gather, sink, text));
    slots[at] = hash << 32 | (uint64_t)sink->n_texts;
    *ret_code = sink->n_texts - 1;
    return HONE_OK;
}

static hone_status append_texts(hone_ctx *ctx, hn_gather *gather, hn_sink *sink,
                                const hn_duck *duck, duckdb_vector vector, int64_t count) {
    int32_t *out = (int32_t *)sink->values.data + sink->n;
    const uint64_t *validity = duck->vector_get_validity(vector);
    const duckdb_string_t *texts = duck->vector_get_data(vector);
    for (int64_t i = 0; i < count; i++) {
        hn_slice text = {NULL, 0};
        if (is_set(validity, i)) {
            uint32_t length = texts[i].value.inlined.length;
            text.length = length;
            text.text = length <= sizeof texts[i].value.inlined.inlined
                            ? texts[i].value.inlined.inlined
                            : texts[i].value.pointer.ptr;
            text = hn_trim(text);
        }
        if (text.length == 0) {
            out[i] = HN_UNKNOWN;
            HN_TRY(hn_sink_set_null(ctx, gather, sink, sink->n + i));
        } else {
            HN_TRY(intern(ctx, gather, sink, text, &out[i]));
        }
    }
    return HONE_OK;
}

/* ---- values that are there already ------------------------------------------------------------- */

hone_status hn_sink_reserve(hone_ctx *ctx, hn_gather *gather, hn_sink *sink, int64_t count) {
    size_t size = sink->type == HN_STRING ? sizeof(int32_t) : hn_type_size(sink->type);
    size_t used = (size_t)sink->n * size;
    HN_TRY(hn_buffer_reserve(ctx, gather, &sink->values, used + (size_t)count * size));
    if (used >= sink->look_at)
        sink->look_at =
            hn_look_ahead(&gather->allocator, sink->values.data, sink->values.size, used);
    return sink->valid.data ? reserve_valid(ctx, gather, sink, sink->n + count) : HONE_OK;
}

double *hn_sink_numbers(hn_sink *sink) { return (double *)sink->values.data + sink->n; }

void hn_sink_take_numbers(hn_sink *sink, int64_t count) {
    if (sink->wants_whole && !sink->has_fraction) check_whole(sink, hn_sink_numbers(sink), count);
    sink->n += count;
}

hone_status hn_sink_append_texts(hone_ctx *ctx, hn_gather *gather, hn_sink *sink,
                                 const hn_slice *texts, int64_t count) {
    if (count == 0) return HONE_OK; /* and perhaps no memory yet */
    HN_TRY(hn_sink_reserve(ctx, gather, sink, count));
    int32_t *out = (int32_t *)sink->values.data + sink->n;
    for (int64_t i = 0; i < count; i++) {
        out[i] = HN_UNKNOWN;
        if (texts[i].length > 0)
            HN_TRY(intern(ctx, gather, sink, texts[i], &out[i]));
        else
            HN_TRY(hn_sink_set_null(ctx, gather, sink, sink->n + i));
    }
    sink->n += count;
    return HONE_OK;
}

hone_status hn_sink_code(hone_ctx *ctx, hn_gather *gather, hn_sink *sink, hn_slice text,
                         int32_t *ret_code) {
    *ret_code = HN_UNKNOWN;
    return text.length > 0 ? intern(ctx, gather, sink, text, ret_code) : HONE_OK;
}

hone_status hn_sink_append_codes(hone_ctx *ctx, hn_gather *gather, hn_sink *sink,
                                 const int32_t *codes, int64_t count) {
    if (count == 0) return HONE_OK;
    HN_TRY(hn_sink_reserve(ctx, gather, sink, count));
    memcpy((int32_t *)sink->values.data + sink->n, codes, (size_t)count * sizeof *codes);
    for (int64_t i = 0; i < count; i++)
        if (codes[i] < 0) HN_TRY(hn_sink_set_null(ctx, gather, sink, sink->n + i));
    sink->n += count;
    return HONE_OK;
}

/* ---- one value --------------------------------------------------------------------------------- */

hone_status hn_sink_put(hone_ctx *ctx, hn_gather *gather, hn_sink *sink, bool is_null,
                        int64_t whole, double real, hn_slice text) {
    size_t size = sink->type == HN_STRING ? sizeof(int32_t) : hn_type_size(sink->type);
    HN_TRY(hn_buffer_reserve(ctx, gather, &sink->values, ((size_t)sink->n + 1) * size));
    if (sink->valid.data) HN_TRY(reserve_valid(ctx, gather, sink, sink->n + 1));
    char *to = (char *)sink->values.data + (size_t)sink->n * size;
    int32_t code = HN_UNKNOWN;
    if (is_null) whole = 0, real = (double)NAN;
    if (is_null && sink->type != HN_F64) HN_TRY(hn_sink_set_null(ctx, gather, sink, sink->n));
    if (!is_null && sink->type == HN_STRING) HN_TRY(intern(ctx, gather, sink, text, &code));
    switch (sink->type) {
    case HN_STRING: memcpy(to, &code, sizeof code); break;
    case HN_BOOL: *(uint8_t *)to = whole != 0; break;
    case HN_F64: memcpy(to, &real, sizeof real); break;
    default: memcpy(to, &whole, sizeof whole); break;
    }
    sink->n++;
    return HONE_OK;
}

/* ---- any column ------------------------------------------------------------------------------ */

hone_status hn_sink_append(hone_ctx *ctx, hn_gather *gather, hn_sink *sink, const hn_duck *duck,
                           duckdb_vector vector, int64_t count) {
    HN_TRY(hn_sink_reserve(ctx, gather, sink, count));
    const uint64_t *validity = duck->vector_get_validity(vector);
    const void *data = duck->vector_get_data(vector);
    switch (sink->type) {
    case HN_F64:
    case HN_F32: HN_TRY(append_floats(sink, data, validity, count)); break;
    case HN_TIME: HN_TRY(append_times(ctx, gather, sink, data, validity, count)); break;
    case HN_I64:
    case HN_BOOL: HN_TRY(append_ints(ctx, gather, sink, data, validity, count)); break;
    default: HN_TRY(append_texts(ctx, gather, sink, duck, vector, count)); break;
    }
    sink->n += count;
    return HONE_OK;
}
