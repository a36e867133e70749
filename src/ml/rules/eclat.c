/* eclat.c - frequent sets by intersecting, for each item, the set of baskets that hold it (Zaki 2000):
 * a bit for each basket. */
#include "ml/rules/rules.h"
#include "num/simd.h"
#include <string.h>

typedef struct miner {
    const hn_mining *mining;
    int64_t words; /* of a bit for each basket */
    int64_t n;     /* frequent items */
    const int32_t *item;
    const int64_t *count;
    const uint64_t *bits; /* [n, words] */
    hn_set_list *lists;   /* by item */
} miner;

/* ret = a & b; how many bits are set. */
HN_CLONES static int64_t intersect(const uint64_t *restrict a, const uint64_t *restrict b,
                                   int64_t words, uint64_t *restrict ret) {
    int64_t count = 0;
    for (int64_t w = 0; w < words; w++) {
        ret[w] = a[w] & b[w];
        count += __builtin_popcountll(ret[w]);
    }
    return count;
}

typedef struct class { /* sets that differ in their last item */
    int64_t n;
    int32_t *item;
    int64_t *count;
    uint64_t *bits;
} class;

/* All frequent sets of set [length - 1], the class's item at place i, and later items of it. */
static hone_status grow(hone_ctx *ctx, const miner *m, const class *c, int64_t i, int32_t *set,
                        int64_t length, hn_set_list *list) {
    HN_SCRATCH(ctx);
    HN_TRY(hn_check_cancel(ctx));
    set[length - 1] = c->item[i];
    HN_TRY(hn_set_add(ctx, list, m->mining, set, length, c->count[i]));
    int64_t rest = c->n - i - 1;
    if (length >= m->mining->max_length || rest == 0) return HONE_OK;
    class next = {0};
    HN_TRY(HN_SCRATCH_NEW(ctx, next.item, rest));
    HN_TRY(HN_SCRATCH_NEW(ctx, next.count, rest));
    HN_TRY(HN_SCRATCH_NEW(ctx, next.bits, rest * m->words));
    for (int64_t j = i + 1; j < c->n; j++) {
        int64_t count = intersect(c->bits + i * m->words, c->bits + j * m->words, m->words,
                                  next.bits + next.n * m->words);
        if (count < m->mining->least) continue;
        next.item[next.n] = c->item[j];
        next.count[next.n++] = count;
    }
    for (int64_t j = 0; j < next.n; j++) HN_TRY(grow(ctx, m, &next, j, set, length + 1, list));
    return HONE_OK;
}

static hone_status grow_items(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const miner *m = arg;
    class all = {.n = m->n,
                 .item = (int32_t *)(uintptr_t)m->item,
                 .count = (int64_t *)(uintptr_t)m->count,
                 .bits = (uint64_t *)(uintptr_t)m->bits};
    int32_t *set;
    HN_TRY(HN_SCRATCH_NEW(ctx, set, m->n + 1));
    for (int64_t i = chunk.begin; i < chunk.end; i++)
        HN_TRY(grow(ctx, m, &all, i, set, 1, &m->lists[i]));
    return HONE_OK;
}

static hone_status mine(hone_ctx *ctx, miner *m) {
    const hn_baskets *b = m->mining->baskets;
    int64_t *count, *place, *frequent_count;
    int32_t *item;
    uint64_t *bits;
    m->words = (b->n + 63) / 64;
    HN_TRY(HN_SCRATCH_NEW(ctx, count, b->n_items + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, place, b->n_items + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, item, b->n_items + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, frequent_count, b->n_items + 1));
    for (int64_t e = 0; e < b->start[b->n]; e++) count[b->item[e]]++;
    for (int32_t i = 0; i < b->n_items; i++) {
        place[i] = count[i] >= m->mining->least ? m->n : -1;
        if (place[i] < 0) continue;
        item[m->n] = i;
        frequent_count[m->n++] = count[i];
    }
    HN_TRY(HN_SCRATCH_NEW(ctx, bits, m->n * m->words + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, m->lists, m->n + 1));
    for (int64_t i = 0; i < b->n; i++)
        for (int64_t e = b->start[i]; e < b->start[i + 1]; e++)
            if (place[b->item[e]] >= 0)
                bits[place[b->item[e]] * m->words + i / 64] |= (uint64_t)1 << (i % 64);
    m->item = item;
    m->count = frequent_count;
    m->bits = bits;
    return hn_parallel(ctx, m->n, 1, grow_items, m);
}

hone_status hn_mine_eclat(hone_ctx *ctx, hn_arena *arena, const hn_mining *mining,
                          hn_itemsets *ret_sets) {
    HN_SCRATCH(ctx);
    miner m = {.mining = mining};
    hone_status status = mine(ctx, &m);
    return hn_set_gather(ctx, arena, mining, m.lists, m.lists != NULL ? m.n : 0, status, ret_sets);
}
