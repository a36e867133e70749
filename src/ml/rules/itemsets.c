/* itemsets.c - lists of sets that grow, put into one order; see rules.h. */
#include "ml/rules/rules.h"
#include <stdlib.h>
#include <string.h>

hone_status hn_set_add(hone_ctx *ctx, hn_set_list *list, const hn_mining *mining,
                       const int32_t *items, int64_t length, int64_t count) {
    int64_t need = list->n_words + length + 3;
    if (list->n >= mining->most)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "min_support"),
                          "there are more than %lld frequent sets of items; raise 'min_support', "
                          "or set 'max_length' lower (or 'max_sets' higher)",
                          (long long)mining->most);
    if (need > list->room) {
        int64_t room = 2 * list->room > need ? 2 * list->room : need + 1024;
        int32_t *words =
            hn_resize(ctx, list->words, (size_t)list->room, (size_t)room, sizeof *words);
        if (words == NULL) return HONE_ERROR_MEMORY;
        list->words = words;
        list->room = room;
    }
    int32_t *at = list->words + list->n_words;
    at[0] = (int32_t)length;
    memcpy(at + 1, items, (size_t)length * sizeof *at);
    memcpy(at + 1 + length, &count, sizeof count);
    list->n_words = need;
    list->n++;
    return HONE_OK;
}

static int compare_items(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return x < y ? -1 : x > y;
}

static int compare_sets(const int32_t *a, int64_t n_a, const int32_t *b, int64_t n_b) {
    if (n_a != n_b) return n_a < n_b ? -1 : 1;
    for (int64_t i = 0; i < n_a; i++)
        if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
    return 0;
}

static int by_set(const void *a, const void *b) {
    const int32_t *x = *(const int32_t *const *)a, *y = *(const int32_t *const *)b;
    return compare_sets(x + 1, x[0], y + 1, y[0]);
}

static hone_status gather(hone_ctx *ctx, hn_arena *arena, const hn_mining *mining,
                          hn_set_list *lists, int64_t n_lists, hn_itemsets *sets) {
    HN_SCRATCH(ctx);
    int64_t n_items = 0, k = 0;
    int32_t **at;
    for (int64_t l = 0; l < n_lists; l++) sets->n += lists[l].n;
    if (sets->n > mining->most) {
        hn_set_list full = {.n = mining->most};
        return hn_set_add(ctx, &full, mining, NULL, 0, 0);
    }
    HN_TRY(HN_SCRATCH_NEW(ctx, at, sets->n + 1));
    for (int64_t l = 0; l < n_lists; l++)
        for (int64_t w = 0; w < lists[l].n_words; w += lists[l].words[w] + 3) {
            at[k] = lists[l].words + w;
            qsort(at[k] + 1, (size_t)at[k][0], sizeof **at, compare_items);
            n_items += at[k++][0];
        }
    if (k > 0) qsort(at, (size_t)k, sizeof *at, by_set);
    HN_TRY(HN_NEW(ctx, arena, sets->start, sets->n + 1));
    HN_TRY(HN_NEW(ctx, arena, sets->count, sets->n + 1));
    HN_TRY(HN_NEW(ctx, arena, sets->item, n_items + 1));
    for (int64_t i = 0; i < k; i++) {
        int64_t length = at[i][0];
        memcpy(sets->item + sets->start[i], at[i] + 1, (size_t)length * sizeof **at);
        memcpy(&sets->count[i], at[i] + 1 + length, sizeof *sets->count);
        sets->start[i + 1] = sets->start[i] + length;
    }
    return HONE_OK;
}

hone_status hn_set_gather(hone_ctx *ctx, hn_arena *arena, const hn_mining *mining,
                          hn_set_list *lists, int64_t n_lists, hone_status status,
                          hn_itemsets *ret_sets) {
    hn_itemsets sets = {0};
    if (status == HONE_OK) status = gather(ctx, arena, mining, lists, n_lists, &sets);
    for (int64_t l = 0; l < n_lists; l++) hn_free(ctx, lists[l].words);
    if (status == HONE_OK) *ret_sets = sets;
    return status;
}

int64_t hn_set_find(const hn_itemsets *sets, const int32_t *items, int64_t length) {
    int64_t low = 0, high = sets->n;
    while (low < high) {
        int64_t middle = low + (high - low) / 2, begin = sets->start[middle];
        int order =
            compare_sets(sets->item + begin, sets->start[middle + 1] - begin, items, length);
        if (order == 0) return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}
