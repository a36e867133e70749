/* distinct.c - different numbers counted by a table of hashes; see distinct.h.
 *
 * The table has an end: where the numbers are too many for it, the column is read several times, each time for
 * those whose hashes begin with other bits. So no column needs memory of its own size, nor is one written. */
#include "table/distinct.h"
#include "base/map.h"
#include "table/column.h"

#include <math.h>
#include <string.h>

enum {
    BLOCK = 1024,
    MOST_SLOTS = 1 << 22,
    FEWEST_SLOTS = 1 << 10,
    SHARE = 16, /* of a limit of memory that a table may take */
};

typedef struct hash_set {
    uint64_t *slots; /* [n_slots] hashes; 0: free */
    int64_t n_slots; /* a power of two */
    int64_t n;
    bool has_zero; /* the hash 0 */
} hash_set;

static inline int64_t slot_of(const hash_set *set, uint64_t hash) {
    return (int64_t)(hash & (uint64_t)(set->n_slots - 1));
}

static inline bool insert(hash_set *set, uint64_t hash) {
    if (hash == 0) {
        set->n += !set->has_zero;
        set->has_zero = true;
        return true;
    }
    int64_t at = slot_of(set, hash);
    for (; set->slots[at] != hash; at = (at + 1) & (set->n_slots - 1)) {
        if (set->slots[at] != 0) continue;
        set->slots[at] = hash;
        return ++set->n <= set->n_slots / 2;
    }
    return true;
}

/* Keys of the rows at .. at + m - 1 that are there; returns their number. */
static int32_t read_keys(const hn_column *column, int64_t at, int64_t m, uint64_t *keys) {
    int32_t n = 0;
    if (column->type == HN_I64 || column->type == HN_TIME) {
        for (int64_t i = at; i < at + m; i++)
            if (!hn_column_is_null(column, i))
                memcpy(&keys[n++], (const char *)column->values + i * column->stride, sizeof *keys);
        return n;
    }
    double x[BLOCK];
    hn_column_doubles(column, at, at + m, x, 1);
    for (int64_t i = 0; i < m; i++) {
        if (isnan(x[i])) continue;
        double value = x[i] + 0; /* -0 becomes 0 */
        memcpy(&keys[n++], &value, sizeof value);
    }
    return n;
}

/* Counts those whose hashes begin with `part`, written in `bits` bits. Returns the rows read: fewer than there are
 * where the set has no more room. */
static int64_t count_part(const hn_column *column, uint64_t part, int bits, hash_set *set) {
    memset(set->slots, 0, (size_t)set->n_slots * sizeof *set->slots);
    set->n = 0;
    set->has_zero = false;
    for (int64_t at = 0; at < column->n; at += BLOCK) {
        uint64_t keys[BLOCK];
        int32_t n = read_keys(column, at, column->n - at < BLOCK ? column->n - at : BLOCK, keys),
                m = 0;
        for (int32_t i = 0; i < n; i++) {
            uint64_t hash = hn_mix(keys[i]);
            keys[m] = hash; /* those of the part move to the front */
            m += hash >> 1 >> (63 - bits) == part;
        }
        for (int32_t i = 0; i < m; i++) __builtin_prefetch(&set->slots[slot_of(set, keys[i])], 1);
        for (int32_t i = 0; i < m; i++)
            if (!insert(set, keys[i])) return at;
    }
    return column->n;
}

static int64_t slots_for(hone_ctx *ctx, int64_t n) {
    int64_t room = (int64_t)(hn_memory_limit(ctx) / SHARE / sizeof(uint64_t)), slots = FEWEST_SLOTS;
    if (room == 0 || room > MOST_SLOTS) room = MOST_SLOTS;
    while (slots < 2 * n && 2 * slots <= room) slots *= 2;
    return slots;
}

hone_status hn_count_distinct(hone_ctx *ctx, const hn_column *column, int64_t *ret_n) {
    HN_SCRATCH(ctx);
    hash_set set = {.n_slots = slots_for(ctx, column->n)};
    HN_TRY(HN_SCRATCH_NEW(ctx, set.slots, set.n_slots));
    uint64_t part = 0;
    *ret_n = 0;
    for (int bits = 0; part < (uint64_t)1 << bits;) {
        HN_TRY(hn_check_cancel(ctx));
        int64_t rows = count_part(column, part, bits, &set);
        *ret_n += set.n;
        part++;
        if (rows == column->n) continue;
        /* Too few parts: as many more as it takes if the rest is like these rows. */
        for (int64_t reach = rows + 1; reach <= column->n; reach *= 2) bits++;
        part = 0;
        *ret_n = 0;
    }
    return HONE_OK;
}
