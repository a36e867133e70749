/* table_hash.c - a table's fingerprint: what it says, not how it is stored.
 *
 * Each column is hashed by itself (in parallel), then the column hashes in order. Values are brought
 * into one form first: missing floats are one NaN, other missing values are 0 beside a cleared bit,
 * categories are codes into the sorted dictionary of the texts in use. */
#include "base/os.h"
#include "base/parallel.h"
#include "table/dictionary.h"
#include "table/table.h"

#include <assert.h>
#include <string.h>

enum { BLOCK = 4096 };

static void add_int(hn_digest *digest, int64_t value) {
    unsigned char bytes[8]; /* little-endian on every machine */
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)((uint64_t)value >> (8 * i));
    hn_digest_add(digest, bytes, sizeof bytes);
}

static void add_text(hn_digest *digest, hn_slice text) {
    add_int(digest, (int64_t)text.length);
    if (text.length) hn_digest_add(digest, text.text, text.length);
}

/* One element in its one form; *ret_missing tells whether it is missing. */
static void canonical(const hn_column *column, int64_t i, char *out, size_t size,
                      bool *ret_missing) {
    *ret_missing = hn_column_is_missing(column, i);
    if (!*ret_missing) {
        memcpy(out, (const char *)column->values + i * column->stride, size);
        return;
    }
    static const double nan64 = (double)NAN;
    static const float nan32 = NAN;
    memset(out, 0, size);
    if (column->type == HN_F64) memcpy(out, &nan64, size);
    if (column->type == HN_F32) memcpy(out, &nan32, size);
}

static hone_status hash_values(hone_ctx *ctx, const hn_column *column, hn_digest *digest) {
    size_t size = hn_type_size(column->type);
    char values[BLOCK * 8];
    uint8_t present[BLOCK / 8];
    assert(size >= 1 && size <= 8);
    for (int64_t begin = 0; begin < column->n; begin += BLOCK) {
        int64_t n = column->n - begin < BLOCK ? column->n - begin : BLOCK;
        memset(present, 0, sizeof present);
        for (int64_t k = 0; k < n; k++) {
            bool missing;
            canonical(column, begin + k, values + (size_t)k * size, size, &missing);
            if (!missing) present[k >> 3] |= (uint8_t)(1u << (k & 7));
        }
        hn_digest_add(digest, values, (size_t)n * size);
        hn_digest_add(digest, present, sizeof present);
        HN_TRY(hn_check_cancel(ctx));
    }
    return HONE_OK;
}

static void hash_strings(const hn_column *column, hn_digest *digest) {
    for (int64_t i = 0; i < column->n; i++) {
        if (hn_column_is_null(column, i))
            add_int(digest, -1);
        else
            add_text(digest, hn_column_text(column, i));
    }
}

/* A category by codes into its own used, sorted texts. */
static hone_status hash_category(hone_ctx *ctx, const hn_column *column, hn_digest *digest) {
    HN_SCRATCH(ctx);
    int32_t *codes;
    const hn_dictionary *dictionary;
    HN_TRY(HN_NEW(ctx, ctx->scratch, codes, (size_t)column->n + 1));
    for (int64_t i = 0; i < column->n; i++)
        codes[i] = hn_column_is_null(column, i) ? HN_UNKNOWN : hn_column_code(column, i);
    HN_TRY(hn_texts_sort(ctx, ctx->scratch, column->dictionary, codes, column->n, &dictionary));
    add_int(digest, dictionary->n);
    for (int32_t code = 0; code < dictionary->n; code++)
        add_text(digest, hn_dictionary_text(dictionary, code));
    hn_column sorted = *column;
    sorted.values = codes;
    sorted.stride = (int64_t)sizeof *codes;
    sorted.dictionary = dictionary;
    return hash_values(ctx, &sorted, digest);
}

typedef struct hashes {
    const hn_table *table;
    char (*hex)[65];
} hashes;

static hone_status hash_column(hone_ctx *ctx, const hn_column *column, char hex[65]) {
    hn_digest digest;
    hn_digest_init(&digest);
    add_text(&digest, (hn_slice){column->name, strlen(column->name)});
    const char *type = hn_type_name(column->type);
    add_text(&digest, (hn_slice){type, strlen(type)});
    if (column->type == HN_STRING)
        hash_strings(column, &digest);
    else if (column->type == HN_CATEGORY)
        HN_TRY(hash_category(ctx, column, &digest));
    else
        HN_TRY(hash_values(ctx, column, &digest));
    hn_digest_hex(&digest, hex);
    return HONE_OK;
}

static hone_status hash_columns(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const hashes *h = arg;
    for (int64_t j = chunk.begin; j < chunk.end; j++)
        HN_TRY(hash_column(ctx, &h->table->columns[j], h->hex[j]));
    return HONE_OK;
}

hone_status hn_table_hash(hone_ctx *ctx, const hn_table *table, char ret_hex[65]) {
    assert(!table->csr);
    HN_SCRATCH(ctx);
    hashes h = {.table = table};
    HN_TRY(HN_SCRATCH_NEW(ctx, h.hex, (size_t)table->n_columns + 1));
    HN_TRY(hn_parallel(ctx, table->n_columns, hn_column_grain(table->n_rows), hash_columns, &h));
    hn_digest digest;
    hn_digest_init(&digest);
    add_int(&digest, table->n_rows);
    add_int(&digest, table->n_columns);
    for (int32_t j = 0; j < table->n_columns; j++) hn_digest_add(&digest, h.hex[j], 64);
    hn_digest_hex(&digest, ret_hex);
    return HONE_OK;
}
