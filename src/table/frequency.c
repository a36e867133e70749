/* frequency.c - values counted, rows and columns compared; see frequency.h. */
#include "table/frequency.h"
#include "base/parallel.h"
#include <string.h>

/* ---- values ---------------------------------------------------------------------------------- */

static hone_status count_codes(hone_ctx *ctx, const hn_column *column, hn_frequency *items,
                               int64_t *ret_n) {
    int64_t codes = column->type == HN_BOOL ? 2 : column->dictionary->n;
    int64_t *place, n = 0; /* of each code in items, + 1; the last stands for unknown texts */
    HN_TRY(HN_SCRATCH_NEW(ctx, place, codes + 1));
    for (int64_t i = 0; i < column->n; i++) {
        if (hn_column_is_null(column, i)) continue;
        int64_t code = column->type == HN_BOOL ? (int64_t)hn_column_double(column, i)
                                               : hn_column_code(column, i);
        if (code < 0) code = codes;
        if (place[code] == 0) {
            items[n] = (hn_frequency){.row = i};
            place[code] = ++n;
        }
        items[place[code] - 1].count++;
    }
    *ret_n = n;
    return HONE_OK;
}

static hone_status count_texts(hone_ctx *ctx, const hn_column *column, hn_frequency *items,
                               int64_t *ret_n) {
    size_t capacity = 64;
    while (capacity < (size_t)column->n * 2) capacity *= 2;
    int64_t *slots, n = 0; /* place in items + 1; 0 is free */
    uint64_t *hashes;
    HN_TRY(HN_SCRATCH_NEW(ctx, slots, capacity));
    HN_TRY(HN_SCRATCH_NEW(ctx, hashes, capacity));
    for (int64_t i = 0; i < column->n; i++) {
        if (hn_column_is_null(column, i)) continue;
        hn_slice text = hn_column_text(column, i);
        uint64_t hash = hn_hash(text.text, text.length, 0);
        size_t at = (size_t)hash & (capacity - 1);
        while (slots[at] &&
               (hashes[at] != hash ||
                hn_slice_compare(hn_column_text(column, items[slots[at] - 1].row), text) != 0))
            at = (at + 1) & (capacity - 1);
        if (!slots[at]) {
            items[n] = (hn_frequency){.row = i};
            slots[at] = ++n;
            hashes[at] = hash;
        }
        items[slots[at] - 1].count++;
    }
    *ret_n = n;
    return HONE_OK;
}

hone_status hn_frequencies(hone_ctx *ctx, const hn_column *column, hn_frequency **ret_items,
                           int64_t *ret_n) {
    int64_t most = column->n;
    if (column->type == HN_BOOL) most = 2;
    if (column->type == HN_CATEGORY && column->dictionary->n + 1 < most)
        most = (int64_t)column->dictionary->n + 1;
    hn_frequency *items;
    HN_TRY(HN_SCRATCH_NEW(ctx, items, most + 1));
    {
        HN_SCRATCH(ctx);
        if (column->type == HN_STRING)
            HN_TRY(count_texts(ctx, column, items, ret_n));
        else
            HN_TRY(count_codes(ctx, column, items, ret_n));
    }
    *ret_items = items;
    return HONE_OK;
}

static bool goes_before(const hn_frequency *a, const hn_frequency *b) {
    return a->count != b->count ? a->count > b->count : a->row < b->row;
}

/* The front is a sorted list into which the rest is put, one by one; most is small. */
int64_t hn_frequencies_top(hn_frequency *items, int64_t n, int64_t most) {
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++) {
        hn_frequency one = items[i];
        if (kept == most && !goes_before(&one, &items[kept - 1])) continue;
        int64_t at = kept;
        if (kept == most) {
            items[i] = items[kept - 1];
            at = kept - 1;
        } else if (kept < i) {
            items[i] = items[kept];
        }
        for (; at > 0 && goes_before(&one, &items[at - 1]); at--) items[at] = items[at - 1];
        items[at] = one;
        if (kept < most) kept++;
    }
    return kept;
}

/* ---- rows ------------------------------------------------------------------------------------ */

enum { ROWS_AT_ONCE = 8192 };

static uint64_t mix(uint64_t hash, uint64_t value) {
    hash = (hash ^ value) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 29;
}

/* A number's bits, the same for what is the same: zeros without sign, one NaN. */
static uint64_t number_bits(double value) {
    uint64_t bits;
    if (value == 0) value = 0;
    if (value != value) return UINT64_MAX;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static int64_t whole_at(const hn_column *column, int64_t i) {
    return *(const int64_t *)(const void *)((const char *)column->values + i * column->stride);
}

static void hash_cells(const hn_column *column, int64_t begin, int64_t end, uint64_t *hashes) {
    for (int64_t i = begin; i < end; i++) {
        uint64_t value;
        if (hn_column_is_null(column, i)) {
            value = UINT64_MAX;
        } else if (column->type == HN_STRING) {
            hn_slice text = hn_column_text(column, i);
            value = hn_hash(text.text, text.length, 0);
        } else if (column->type == HN_CATEGORY) {
            value = (uint64_t)(uint32_t)hn_column_code(column, i);
        } else if (column->type == HN_I64 || column->type == HN_TIME) {
            value = (uint64_t)whole_at(column, i);
        } else {
            value = number_bits(hn_column_double(column, i));
        }
        hashes[i - begin] = mix(hashes[i - begin], value);
    }
}

/* column's own row i against other's row j. */
static bool same_cell(const hn_column *column, int64_t i, const hn_column *other, int64_t j) {
    bool missing = hn_column_is_missing(column, i);
    if (missing || hn_column_is_missing(other, j)) return missing && hn_column_is_missing(other, j);
    if (column->type == HN_STRING ||
        (column->type == HN_CATEGORY && column->dictionary != other->dictionary))
        return hn_slice_compare(hn_column_text(column, i), hn_column_text(other, j)) == 0;
    if (column->type == HN_CATEGORY) return hn_column_code(column, i) == hn_column_code(other, j);
    if (column->type == HN_I64 || column->type == HN_TIME)
        return whole_at(column, i) == whole_at(other, j);
    return hn_column_double(column, i) == hn_column_double(other, j);
}

static bool same_rows(const hn_table *table, int64_t i, int64_t j) {
    for (int32_t c = 0; c < table->n_columns; c++)
        if (!same_cell(&table->columns[c], i, &table->columns[c], j)) return false;
    return true;
}

typedef struct row_hashes {
    const hn_table *table;
    uint64_t *hashes;
} row_hashes;

static hone_status hash_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    row_hashes *work = arg;
    (void)ctx;
    for (int32_t c = 0; c < work->table->n_columns; c++)
        hash_cells(&work->table->columns[c], chunk.begin, chunk.end, work->hashes + chunk.begin);
    return HONE_OK;
}

hone_status hn_duplicate_rows(hone_ctx *ctx, const hn_table *table, int64_t *ret_n,
                              int64_t *ret_first) {
    HN_SCRATCH(ctx);
    row_hashes work = {.table = table};
    int64_t n = 0, first = -1, *slots;
    size_t capacity = 64;
    while (capacity < (size_t)table->n_rows * 2) capacity *= 2;
    HN_TRY(HN_SCRATCH_NEW(ctx, work.hashes, table->n_rows + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, slots, capacity));
    HN_TRY(hn_parallel(ctx, table->n_rows, ROWS_AT_ONCE, hash_rows, &work));
    for (int64_t i = 0; i < table->n_rows && table->n_columns > 0; i++) {
        size_t at = (size_t)(work.hashes[i] * 0xD6E8FEB86659FD93u >> 20) & (capacity - 1);
        while (slots[at] && (work.hashes[slots[at] - 1] != work.hashes[i] ||
                             !same_rows(table, slots[at] - 1, i)))
            at = (at + 1) & (capacity - 1);
        if (slots[at]) {
            if (n++ == 0) first = i;
        } else {
            slots[at] = i + 1;
        }
        if (i % 65536 == 0) HN_TRY(hn_check_cancel(ctx));
    }
    *ret_n = n;
    if (ret_first != NULL) *ret_first = first;
    return HONE_OK;
}

bool hn_columns_equal(const hn_column *a, const hn_column *b) {
    if (a->type != b->type || a->n != b->n) return false;
    for (int64_t i = 0; i < a->n; i++)
        if (!same_cell(a, i, b, i)) return false;
    return true;
}
