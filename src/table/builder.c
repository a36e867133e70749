/* builder.c - gathers values one at a time into a column.
 *
 * Arrays grow by doubling in the caller's arena (what is outgrown stays there until the arena goes;
 * tables that come by the million go through read.c instead). Texts are interned as they come: a code
 * per row and each different text once. finish sorts the texts and renumbers the codes, or writes the
 * texts out row by row where the rule below says that they are no category. */
#include "base/map.h"
#include "table/column.h"
#include "table/dictionary.h"

#include <assert.h>
#include <string.h>

struct hn_builder {
    hone_ctx *ctx;
    hn_arena *arena;
    const char *name;
    hn_type type;
    size_t size; /* bytes per element of values */
    int64_t n, capacity;
    char *values;   /* texts: int32 codes in order of appearance */
    uint8_t *valid; /* NULL until the first null */
    hn_map codes;   /* text -> code */
    hn_str bytes;   /* the different texts, end to end */
    int64_t *ends;  /* where each ends in bytes */
    int64_t n_texts, texts_capacity;
    int64_t n_nulls;
};

bool hn_text_is_free(int64_t n_present, int64_t n_distinct, int64_t distinct_bytes) {
    if (n_present < 20) return false;
    if (n_distinct >= n_present - n_present / 10) return true;
    return n_distinct >= n_present / 2 && distinct_bytes / n_distinct >= 64;
}

hone_status hn_builder_new(hone_ctx *ctx, hn_arena *arena, const char *name, hn_type type,
                           hn_builder **ret_builder) {
    assert(type >= 0 && type < HN_TYPE_COUNT);
    hn_builder *builder;
    HN_TRY(HN_NEW(ctx, arena, builder, 1));
    builder->ctx = ctx;
    builder->arena = arena;
    builder->name = hn_arena_strdup(ctx, arena, name);
    if (builder->name == NULL) return HONE_ERROR_MEMORY;
    builder->type = type;
    builder->size = type == HN_STRING ? sizeof(int32_t) : hn_type_size(type);
    hn_map_init(&builder->codes, ctx, arena);
    hn_str_init(&builder->bytes, ctx, arena);
    *ret_builder = builder;
    return HONE_OK;
}

/* A larger copy of array: count elements of size bytes move to room for *capacity of them. */
static hone_status grow(hn_builder *builder, void *array, int64_t count, size_t size,
                        int64_t *capacity, void *ret_array) {
    int64_t wanted = *capacity ? *capacity * 2 : 16;
    char *larger = hn_arena_alloc(builder->ctx, builder->arena, (size_t)wanted, size);
    if (larger == NULL) return HONE_ERROR_MEMORY;
    if (count > 0) memcpy(larger, array, (size_t)count * size);
    memcpy(ret_array, &larger, sizeof larger);
    *capacity = wanted;
    return HONE_OK;
}

static hone_status reserve(hn_builder *builder) {
    if (builder->n < builder->capacity) return HONE_OK;
    int64_t capacity = builder->capacity;
    HN_TRY(grow(builder, builder->values, builder->n, builder->size, &capacity, &builder->values));
    if (builder->valid) {
        uint8_t *valid;
        HN_TRY(hn_valid_new(builder->ctx, builder->arena, capacity, &valid));
        memcpy(valid, builder->valid, (size_t)(builder->n + 7) / 8);
        builder->valid = valid;
    }
    builder->capacity = capacity;
    return HONE_OK;
}

static void put(hn_builder *builder, const void *value) {
    memcpy(builder->values + (size_t)builder->n * builder->size, value, builder->size);
    builder->n++;
}

hone_status hn_builder_null(hn_builder *builder) {
    static const double nan64 = (double)NAN;
    static const float nan32 = NAN;
    static const int64_t zero = 0;
    static const int32_t unknown = HN_UNKNOWN;
    HN_TRY(reserve(builder));
    if (builder->valid == NULL)
        HN_TRY(hn_valid_new(builder->ctx, builder->arena, builder->capacity, &builder->valid));
    hn_valid_clear(builder->valid, builder->n);
    builder->n_nulls++;
    switch (builder->type) {
    case HN_F64: put(builder, &nan64); break;
    case HN_F32: put(builder, &nan32); break;
    case HN_CATEGORY:
    case HN_STRING: put(builder, &unknown); break;
    default: put(builder, &zero); break;
    }
    return HONE_OK;
}

hone_status hn_builder_double(hn_builder *builder, double value) {
    assert(builder->type == HN_F64 || builder->type == HN_F32);
    HN_TRY(reserve(builder));
    float narrow = (float)value;
    put(builder, builder->type == HN_F64 ? (const void *)&value : (const void *)&narrow);
    return HONE_OK;
}

hone_status hn_builder_int(hn_builder *builder, int64_t value) {
    assert(builder->type == HN_I64 || builder->type == HN_BOOL || builder->type == HN_TIME);
    HN_TRY(reserve(builder));
    uint8_t truth = value != 0;
    put(builder, builder->type == HN_BOOL ? (const void *)&truth : (const void *)&value);
    return HONE_OK;
}

hone_status hn_builder_text(hn_builder *builder, hn_slice text) {
    assert(builder->type == HN_CATEGORY || builder->type == HN_STRING);
    HN_TRY(reserve(builder));
    int64_t found;
    HN_TRY(hn_map_intern(&builder->codes, text, builder->n_texts, &found));
    if (found == builder->n_texts) {
        if (builder->n_texts == INT32_MAX)
            return hn_fail_at(
                builder->ctx, HONE_ERROR_DATA, HN_AT(.column = builder->name),
                "column '%s' has more than %d different texts; leave it out or shorten "
                "its values",
                builder->name, INT32_MAX);
        if (builder->n_texts == builder->texts_capacity)
            HN_TRY(grow(builder, builder->ends, builder->n_texts, sizeof *builder->ends,
                        &builder->texts_capacity, &builder->ends));
        hn_str_put_n(&builder->bytes, text.text, text.length);
        HN_TRY(hn_str_status(&builder->bytes));
        builder->ends[builder->n_texts++] = (int64_t)builder->bytes.length;
    }
    int32_t code = (int32_t)found;
    put(builder, &code);
    return HONE_OK;
}

static hone_status finish_texts(hn_builder *builder, hn_column *column) {
    hone_ctx *ctx = builder->ctx;
    HN_SCRATCH(ctx);
    int32_t n = (int32_t)builder->n_texts;
    int64_t *offsets;
    HN_TRY(HN_NEW(ctx, ctx->scratch, offsets, (size_t)n + 1));
    for (int32_t i = 0; i < n; i++) offsets[i + 1] = builder->ends[i];
    hn_dictionary raw = {.n = n, .offsets = offsets, .bytes = builder->bytes.text};
    int64_t present = builder->n - builder->n_nulls;
    if (builder->type == HN_STRING && hn_text_is_free(present, n, offsets[n]))
        return hn_texts_write_out(ctx, builder->arena, &raw, column);
    return hn_texts_sort(ctx, builder->arena, &raw, (int32_t *)builder->values, builder->n,
                         &column->dictionary);
}

hone_status hn_builder_finish(hn_builder *builder, hn_column *ret_column) {
    HN_TRY(reserve(builder)); /* so that values is never NULL */
    hn_column column = {.name = builder->name,
                        .type = builder->type == HN_STRING ? HN_CATEGORY : builder->type,
                        .n = builder->n,
                        .values = builder->values,
                        .stride = (int64_t)builder->size,
                        .valid = builder->valid};
    if (builder->type == HN_CATEGORY || builder->type == HN_STRING)
        HN_TRY(finish_texts(builder, &column));
    *ret_column = column;
    return HONE_OK;
}
