/* clean_learn.c - which texts of training are spellings of one name: by key, by words, and rare ones by small distance;
 * see clean.h. */
#include "ml/prep/clean.h"

#include "base/map.h"
#include "table/dictionary.h"
#include <string.h>

typedef struct spelling {
    hn_slice raw, text, key;
    int64_t n_rows;
    int32_t group;
} spelling;

typedef struct group {
    hn_slice key, text; /* text: its most frequent spelling */
    int64_t n_rows, most;
    int32_t into; /* group that it is merged into; itself: none */
    hn_spelled spelled;
} group;

typedef struct gathering {
    const hn_clean_state *state;
    hn_arena *arena; /* scratch of the whole column */
    spelling *items;
    int64_t n, room;
    group *groups;
    int32_t n_groups;
} gathering;

static hone_status add_text(hone_ctx *ctx, void *arg, hn_slice text, int64_t n_rows) {
    gathering *g = arg;
    if (g->n == g->room) {
        spelling *items;
        g->room = 2 * g->room + 64;
        HN_TRY(HN_NEW(ctx, g->arena, items, g->room));
        if (g->n > 0) memcpy(items, g->items, (size_t)g->n * sizeof *items);
        g->items = items;
    }
    spelling *item = &g->items[g->n++];
    item->raw = text;
    item->n_rows = n_rows;
    return hn_clean_tidy(ctx, g->arena, g->state, text, &item->text, &item->key);
}

/* Spellings with the same key, then those with the same words. */
static hone_status make_groups(hone_ctx *ctx, gathering *g) {
    hn_map keys, spellings;
    hn_map_init(&keys, ctx, g->arena);
    hn_map_init(&spellings, ctx, g->arena);
    HN_TRY(HN_NEW(ctx, g->arena, g->groups, g->n + 1));
    for (int64_t i = 0; i < g->n; i++) { /* how often each tidy spelling comes */
        int64_t before = hn_map_get(&spellings, g->items[i].text, 0);
        HN_TRY(hn_map_put(&spellings, g->items[i].text, before + g->items[i].n_rows));
    }
    for (int64_t i = 0; i < g->n; i++) {
        spelling *item = &g->items[i];
        int64_t at;
        HN_TRY(hn_map_intern(&keys, item->key, g->n_groups, &at));
        group *own = &g->groups[at];
        if (at == g->n_groups) {
            *own = (group){.key = item->key, .text = item->text, .into = g->n_groups};
            g->n_groups++;
        }
        int64_t often = hn_map_get(&spellings, item->text, 0);
        int order = hn_slice_compare(item->text, own->text);
        if (often > own->most || (often == own->most && order < 0)) {
            own->most = often;
            own->text = item->text;
        }
        own->n_rows += item->n_rows;
        item->group = (int32_t)at;
    }
    for (int32_t k = 0; k < g->n_groups; k++)
        HN_TRY(hn_spell(ctx, g->arena, g->groups[k].key, &g->groups[k].spelled));
    return HONE_OK;
}

/* Groups by rows, most first; of equal ones by name. */
static bool comes_before(const group *a, const group *b) {
    if (a->n_rows != b->n_rows) return a->n_rows > b->n_rows;
    return hn_slice_compare(a->text, b->text) < 0;
}

static void sift(const group *groups, int32_t *heap, int32_t root, int32_t n) {
    for (int32_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && comes_before(&groups[heap[child]], &groups[heap[child + 1]])) child++;
        if (!comes_before(&groups[heap[root]], &groups[heap[child]])) return;
        int32_t swap = heap[root];
        heap[root] = heap[child];
        heap[child] = swap;
    }
}

static void order_groups(const group *groups, int32_t *order, int32_t n) {
    for (int32_t i = 0; i < n; i++) order[i] = i;
    for (int32_t i = n / 2; i-- > 0;) sift(groups, order, i, n);
    for (int32_t end = n; end-- > 1;) {
        int32_t swap = order[0];
        order[0] = order[end];
        order[end] = swap;
        sift(groups, order, 0, end);
    }
}

/* The group's name is root's from now on. */
static void merge_into(group *groups, int32_t one, int32_t root) {
    groups[one].into = root;
    groups[root].n_rows += groups[one].n_rows;
}

static hone_status merge_words(hone_ctx *ctx, gathering *g, const int32_t *order) {
    hn_map words;
    hn_slice key;
    hn_map_init(&words, ctx, g->arena);
    for (int32_t i = 0; i < g->n_groups; i++) {
        int64_t first;
        group *own = &g->groups[order[i]];
        if (own->key.length == 0) continue;
        HN_TRY(hn_spelling_words(ctx, g->arena, own->key, &key));
        HN_TRY(hn_map_intern(&words, key, order[i], &first));
        if (first != order[i]) merge_into(g->groups, order[i], (int32_t)first);
    }
    return HONE_OK;
}

/* Each root that is rare enough goes into the one before it that is most like it. */
static hone_status merge_near(hone_ctx *ctx, gathering *g, const int32_t *order, double similarity,
                              double rarity) {
    if (g->n_groups > HN_CLEAN_MOST_COMPARED) return HONE_OK;
    for (int32_t i = 1; i < g->n_groups; i++) {
        group *own = &g->groups[order[i]];
        int32_t target = -1;
        double best = 0;
        if (i % 256 == 0) HN_TRY(hn_check_cancel(ctx));
        if (own->into != order[i] || own->key.length == 0) continue;
        for (int32_t k = 0; k < i; k++) {
            const group *other = &g->groups[order[k]];
            if (other->into != order[k] || (double)own->n_rows > rarity * (double)other->n_rows)
                continue;
            double like = hn_spelling_similarity(&own->spelled, &other->spelled, similarity);
            if (!(like > best)) continue;
            best = like;
            target = order[k];
        }
        if (target >= 0) merge_into(g->groups, order[i], target);
    }
    return HONE_OK;
}

static int32_t root_of(const group *groups, int32_t one) {
    while (groups[one].into != one) one = groups[one].into;
    return one;
}

/* What is kept: texts of training and the names that they mean, both sorted. */
static hone_status keep_names(hone_ctx *ctx, hn_arena *arena, const char *column,
                              const gathering *g, hn_column_names *c) {
    hn_builder *seen, *names;
    hn_column texts, meant;
    HN_TRY(hn_builder_new(ctx, arena, column, HN_CATEGORY, &seen));
    HN_TRY(hn_builder_new(ctx, arena, column, HN_CATEGORY, &names));
    for (int64_t i = 0; i < g->n; i++) {
        const group *root = &g->groups[root_of(g->groups, g->items[i].group)];
        HN_TRY(hn_builder_text(seen, g->items[i].raw));
        HN_TRY(root->text.length > 0 ? hn_builder_text(names, root->text) : hn_builder_null(names));
    }
    HN_TRY(hn_builder_finish(seen, &texts));
    HN_TRY(hn_builder_finish(names, &meant));
    c->seen = texts.dictionary;
    c->names = meant.dictionary;
    HN_TRY(HN_NEW(ctx, arena, c->to, c->seen->n + 1));
    HN_TRY(HN_NEW(ctx, arena, c->n_rows, c->seen->n + 1));
    HN_TRY(HN_NEW(ctx, arena, c->weight, c->names->n + 1));
    for (int64_t i = 0; i < g->n; i++) {
        int32_t code = hn_column_code(&texts, i), name = hn_column_code(&meant, i);
        if (hn_column_is_null(&meant, i)) name = HN_UNKNOWN;
        c->to[code] = name;
        c->n_rows[code] += g->items[i].n_rows; /* a string column gives a text more than once */
        if (name >= 0) c->weight[name] += g->items[i].n_rows;
    }
    return HONE_OK;
}

hone_status hn_clean_learn(hone_ctx *ctx, const hn_clean_params *p, const hn_column *column,
                           hn_arena *arena, const hn_clean_state *s, hn_column_names *c) {
    HN_SCRATCH(ctx);
    gathering g = {.state = s, .arena = ctx->scratch};
    int32_t *order;
    HN_TRY(hn_each_text(ctx, column, add_text, &g));
    HN_TRY(make_groups(ctx, &g));
    HN_TRY(HN_NEW(ctx, g.arena, order, g.n_groups + 1));
    order_groups(g.groups, order, g.n_groups);
    if (p->any_order) HN_TRY(merge_words(ctx, &g, order));
    if (p->similarity <= 1) HN_TRY(merge_near(ctx, &g, order, p->similarity, p->rarity));
    return keep_names(ctx, arena, column->name, &g, c);
}
