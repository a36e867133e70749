/* clean_categories.c - spellings of one name brought together: by space, case, words in other order, and small
 * distance.
 *
 * Learned for each column are the names that stand, and which of them each text of training means. A text that
 * training did not see goes the same way: by its key, by its words, by distance; what is near none is itself. */
#include "ml/prep/repair.h"
#include "ml/prep/spelling.h"

#include "base/map.h"
#include "base/utf8.h"
#include "table/dictionary.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

typedef struct clean_params {
    int letters;
    bool any_order;
    double similarity, rarity;
    hn_texts aliases;
} clean_params;

enum { COMMON, KEEP, LOWER, UPPER };
/* Beyond so many names none is compared with all others. */
enum { MOST_COMPARED = 20000 };

static const hone_param params[] = {
    HN_PARAM(clean_params, letters, .def = "common",
             .choices = HN_CHOICES("common", "keep", "lower", "upper"),
             .aliases = HN_CHOICES("case"),
             .doc = "Large and small letters: common makes spellings that differ in them alone the "
                    "most frequent one, keep leaves them apart, lower and upper change all."),
    HN_PARAM(clean_params, any_order, .def = "true", .aliases = HN_CHOICES("token_sort"),
             .doc = "Names of the same words in another order, or with other points, commas and "
                    "hyphens between them, are one."),
    HN_PARAM(clean_params, similarity, .def = "0.85", .range = "(0, 1]",
             .words = HN_WORDS({"off", 2}),
             .doc = "A rare name becomes a more frequent one that is so much like it: 1 - changed "
                    "letters / length. Names with other digits are never alike.",
             .search = "{off, 0.8, 0.9}"),
    HN_PARAM(clean_params, rarity, .def = "0.2", .range = "[0, 1]",
             .doc = "How rare: at most this share of the other's rows."),
    HN_PARAM(
        clean_params, aliases, .whole = true,
        .doc = "What else a name goes by, each as \"NYC = New York\"; case and space don't count."),
};

/* What is learned of one column. */
typedef struct column_names {
    const hn_dictionary *seen;  /* texts of training, sorted */
    const hn_dictionary *names; /* what stands, sorted */
    int32_t *to;                /* [seen->n] name, or HN_UNKNOWN where nothing but space is there */
    int64_t *n_rows;            /* [seen->n] */
    int64_t *weight;            /* [names->n] rows of the name */
    /* made in prepare */
    hn_map keys, words;  /* folded names and texts -> name */
    hn_spelled *spelled; /* [names->n] */
} column_names;

typedef struct clean_state {
    int64_t n, letters, any_order, n_aliases;
    double similarity;
    int32_t *cleaned;          /* [n] whether the column is */
    const char **from, **into; /* [n_aliases] */
    column_names *columns;     /* [n] */
} clean_state;

/* ---- one text -------------------------------------------------------------------------------- */

/* text as it would stand if it were the only spelling, and the key by which it meets others. */
static hone_status tidy(hone_ctx *ctx, hn_arena *arena, const clean_state *s, hn_slice text,
                        hn_slice *ret_text, hn_slice *ret_key) {
    hn_slice folded;
    HN_TRY(hn_spelling_tidy(ctx, arena, text, &text));
    HN_TRY(hn_spelling_change(ctx, arena, text, hn_utf8_lower, &folded));
    for (int64_t i = 0; i < s->n_aliases; i++)
        if (strlen(s->from[i]) == folded.length &&
            memcmp(s->from[i], folded.text, folded.length) == 0) {
            text = (hn_slice){s->into[i], strlen(s->into[i])};
            HN_TRY(hn_spelling_change(ctx, arena, text, hn_utf8_lower, &folded));
            break;
        }
    if (s->letters == LOWER) text = folded;
    if (s->letters == UPPER) HN_TRY(hn_spelling_change(ctx, arena, text, hn_utf8_upper, &text));
    *ret_text = text;
    *ret_key = s->letters == KEEP ? text : folded;
    return HONE_OK;
}

/* The name that an unseen text means: its code in c->names, or HN_UNKNOWN with *ret_text how it stands itself. */
static hone_status find_name(hone_ctx *ctx, const clean_state *s, const column_names *c,
                             hn_slice text, hn_slice *ret_text, int32_t *ret_code) {
    hn_slice key, words;
    hn_spelled spelled;
    HN_TRY(tidy(ctx, ctx->scratch, s, text, ret_text, &key));
    *ret_code = (int32_t)hn_map_get(&c->keys, key, HN_UNKNOWN);
    if (*ret_code != HN_UNKNOWN || key.length == 0) return HONE_OK;
    if (s->any_order) {
        HN_TRY(hn_spelling_words(ctx, ctx->scratch, key, &words));
        *ret_code = (int32_t)hn_map_get(&c->words, words, HN_UNKNOWN);
        if (*ret_code != HN_UNKNOWN) return HONE_OK;
    }
    if (s->similarity > 1 || c->names->n > MOST_COMPARED) return HONE_OK;
    double best = 0;
    HN_TRY(hn_spell(ctx, ctx->scratch, key, &spelled));
    for (int32_t code = 0; code < c->names->n; code++) {
        double like = hn_spelling_similarity(&spelled, &c->spelled[code], s->similarity);
        bool better = like > best || (like == best && like > 0 && *ret_code >= 0 &&
                                      c->weight[code] > c->weight[*ret_code]);
        if (!better) continue;
        best = like;
        *ret_code = code;
    }
    return HONE_OK;
}

/* ---- fit: groups of spellings ---------------------------------------------------------------- */

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
    const clean_state *state;
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
    return tidy(ctx, g->arena, g->state, text, &item->text, &item->key);
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
    if (g->n_groups > MOST_COMPARED) return HONE_OK;
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
                              const gathering *g, column_names *c) {
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

static hone_status learn(hone_ctx *ctx, const clean_params *p, const hn_column *column,
                         hn_arena *arena, const clean_state *s, column_names *c) {
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

static hone_status add_alias(hone_ctx *ctx, hn_arena *arena, const char *text, clean_state *s) {
    const char *sign = strchr(text, '=');
    hn_slice from, into;
    if (sign == NULL || sign == text || sign[1] == 0)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "aliases"),
                          "clean_categories: '%.100s' is not of the form alias = name", text);
    HN_TRY(hn_spelling_tidy(ctx, arena, (hn_slice){text, (size_t)(sign - text)}, &from));
    HN_TRY(hn_spelling_change(ctx, arena, from, hn_utf8_lower, &from));
    HN_TRY(hn_spelling_tidy(ctx, arena, (hn_slice){sign + 1, strlen(sign + 1)}, &into));
    s->from[s->n_aliases] = from.text; /* tidy and change end with a NUL */
    s->into[s->n_aliases++] = into.text;
    return HONE_OK;
}

/* Free text stays, unless its spellings come down to names. */
static bool is_worth_it(const hn_column *column, const column_names *c) {
    int64_t present = 0;
    if (column->type == HN_CATEGORY) return true;
    for (int64_t i = 0; i < column->n; i++) present += hn_has_text(column, i);
    return !hn_text_is_free(present, c->names->n, c->names->offsets[c->names->n]);
}

static hone_status fit(hone_ctx *ctx, const void *params_, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    const clean_params *p = params_;
    clean_state *s = ret_state;
    s->n = data->x->n_columns;
    s->letters = p->letters;
    s->any_order = p->any_order;
    s->similarity = p->similarity;
    HN_TRY(HN_NEW(ctx, arena, s->cleaned, s->n + 1));
    HN_TRY(HN_NEW(ctx, arena, s->columns, s->n + 1));
    HN_TRY(HN_NEW(ctx, arena, s->from, p->aliases.n + 1));
    HN_TRY(HN_NEW(ctx, arena, s->into, p->aliases.n + 1));
    for (int64_t i = 0; i < p->aliases.n; i++)
        HN_TRY(add_alias(ctx, arena, p->aliases.items[i], s));
    for (int32_t j = 0; j < s->n; j++) {
        const hn_column *column = &data->x->columns[j];
        if (!hn_is_text(column)) continue;
        HN_TRY(learn(ctx, p, column, arena, s, &s->columns[j]));
        s->cleaned[j] = is_worth_it(column, &s->columns[j]);
    }
    return HONE_OK;
}

/* ---- transform ------------------------------------------------------------------------------- */

static hone_status clean_text(hone_ctx *ctx, const clean_state *s, const column_names *c,
                              hn_coder *coder, hn_slice text, int32_t *ret_code) {
    HN_SCRATCH(ctx);
    int32_t seen = hn_dictionary_find(c->seen, text);
    hn_slice itself;
    if (seen != HN_UNKNOWN) {
        *ret_code = c->to[seen];
        return HONE_OK;
    }
    HN_TRY(find_name(ctx, s, c, text, &itself, ret_code));
    if (*ret_code != HN_UNKNOWN || itself.length == 0) return HONE_OK;
    return hn_coder_code(coder, itself, ret_code);
}

static hone_status clean_column(hone_ctx *ctx, const clean_state *s, const column_names *c,
                                const hn_column *column, hn_arena *arena, hn_column *ret_column) {
    enum { NOT_YET = HN_UNKNOWN - 1 };
    HN_SCRATCH(ctx);
    int32_t *codes, *known = NULL;
    uint8_t *valid;
    hn_coder coder;
    HN_TRY(HN_NEW(ctx, arena, codes, column->n + 1));
    HN_TRY(hn_valid_new(ctx, arena, column->n, &valid));
    hn_coder_init(&coder, ctx, arena, c->names);
    if (column->type == HN_CATEGORY && column->dictionary->n <= column->n) {
        HN_TRY(HN_SCRATCH_NEW(ctx, known, column->dictionary->n + 1));
        for (int32_t code = 0; code < column->dictionary->n; code++) known[code] = NOT_YET;
    }
    for (int64_t i = 0; i < column->n; i++) {
        codes[i] = HN_UNKNOWN;
        if (hn_column_is_null(column, i)) hn_valid_clear(valid, i);
        if (!hn_has_text(column, i)) continue;
        int32_t *memo = known != NULL ? &known[hn_column_code(column, i)] : NULL;
        if (memo == NULL || *memo == NOT_YET)
            HN_TRY(clean_text(ctx, s, c, &coder, hn_column_text(column, i), &codes[i]));
        if (memo != NULL && *memo == NOT_YET) *memo = codes[i];
        if (memo != NULL) codes[i] = *memo;
        if (codes[i] == HN_UNKNOWN) hn_valid_clear(valid, i); /* nothing but space */
    }
    *ret_column = (hn_column){.name = column->name,
                              .type = HN_CATEGORY,
                              .n = column->n,
                              .values = codes,
                              .stride = sizeof *codes,
                              .valid = valid};
    return hn_coder_finish(&coder, &ret_column->dictionary);
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const clean_state *s = state;
    assert(x->n_columns == s->n);
    hn_table out = {.n_rows = x->n_rows, .n_columns = x->n_columns};
    HN_TRY(HN_NEW(ctx, arena, out.columns, s->n + 1));
    for (int32_t j = 0; j < s->n; j++) {
        out.columns[j] = x->columns[j];
        if (s->cleaned[j])
            HN_TRY(clean_column(ctx, s, &s->columns[j], &x->columns[j], arena, &out.columns[j]));
    }
    *ret_out = out;
    return HONE_OK;
}

/* ---- keeping --------------------------------------------------------------------------------- */

static hone_status visit_column(hn_visitor *v, int64_t j, column_names *c) {
    char name[48];
    snprintf(name, sizeof name, "seen.%lld", (long long)j);
    HN_TRY(hn_visit_dictionary(v, name, &c->seen));
    snprintf(name, sizeof name, "names.%lld", (long long)j);
    HN_TRY(hn_visit_dictionary(v, name, &c->names));
    HN_TRY(hn_visit_check(v,
                          c->seen != NULL && c->names != NULL && hn_dictionary_is_sorted(c->seen) &&
                              hn_dictionary_is_sorted(c->names),
                          "clean_categories: names"));
    snprintf(name, sizeof name, "to.%lld", (long long)j);
    HN_TRY(hn_visit(v, name, &c->to, c->seen->n));
    for (int32_t i = 0; i < c->seen->n; i++)
        HN_TRY(hn_visit_check(v, c->to[i] >= HN_UNKNOWN && c->to[i] < c->names->n,
                              "clean_categories: to"));
    snprintf(name, sizeof name, "n_rows.%lld", (long long)j);
    HN_TRY(hn_visit(v, name, &c->n_rows, c->seen->n));
    snprintf(name, sizeof name, "weight.%lld", (long long)j);
    return hn_visit(v, name, &c->weight, c->names->n);
}

static hone_status visit(hn_visitor *v, void *state) {
    clean_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n));
    HN_TRY(hn_visit(v, "letters", &s->letters));
    HN_TRY(hn_visit(v, "any_order", &s->any_order));
    HN_TRY(hn_visit(v, "similarity", &s->similarity));
    HN_TRY(hn_visit(v, "n_aliases", &s->n_aliases));
    HN_TRY(hn_visit_check(v,
                          s->n >= 0 && s->n < INT32_MAX && s->letters >= COMMON &&
                              s->letters <= UPPER && s->n_aliases >= 0 &&
                              s->n_aliases < INT32_MAX && s->similarity > 0,
                          "clean_categories: numbers"));
    HN_TRY(hn_visit_texts(v, "from", &s->from, s->n_aliases));
    HN_TRY(hn_visit_texts(v, "into", &s->into, s->n_aliases));
    HN_TRY(hn_visit(v, "cleaned", &s->cleaned, s->n));
    if (v->loading) HN_TRY(HN_NEW(v->ctx, v->arena, s->columns, s->n + 1));
    for (int64_t j = 0; j < s->n; j++)
        if (s->cleaned[j]) HN_TRY(visit_column(v, j, &s->columns[j]));
    return HONE_OK;
}

/* The keys of one column's texts and names; where two mean different names the first stands. */
static hone_status index_column(hone_ctx *ctx, hn_arena *arena, const clean_state *s,
                                column_names *c) {
    hn_slice text, key, words;
    int64_t first;
    hn_map_init(&c->keys, ctx, arena);
    hn_map_init(&c->words, ctx, arena);
    HN_TRY(HN_NEW(ctx, arena, c->spelled, c->names->n + 1));
    for (int32_t pass = 0; pass < 2; pass++) {
        const hn_dictionary *texts = pass == 0 ? c->names : c->seen;
        for (int32_t i = 0; i < texts->n; i++) {
            HN_SCRATCH(ctx);
            int32_t name = pass == 0 ? i : c->to[i];
            if (name == HN_UNKNOWN) continue;
            HN_TRY(tidy(ctx, ctx->scratch, s, hn_dictionary_text(texts, i), &text, &key));
            HN_TRY(hn_map_intern(&c->keys, key, name, &first));
            HN_TRY(hn_spelling_words(ctx, ctx->scratch, key, &words));
            HN_TRY(hn_map_intern(&c->words, words, name, &first));
            if (pass == 0) HN_TRY(hn_spell(ctx, arena, key, &c->spelled[i]));
        }
    }
    return HONE_OK;
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    clean_state *s = state;
    HN_TRY(hn_prepare_check(ctx, "clean_categories", schema->n_columns == s->n));
    for (int32_t j = 0; j < s->n; j++) {
        HN_TRY(hn_prepare_check(ctx, "clean_categories",
                                !s->cleaned[j] || hn_is_text(&schema->columns[j])));
        if (s->cleaned[j]) HN_TRY(index_column(ctx, arena, s, &s->columns[j]));
    }
    return HONE_OK;
}

static hn_json_mut *text_value(hn_json_doc *doc, hn_slice text) {
    return yyjson_mut_strncpy(doc, text.length > 0 ? text.text : "", text.length);
}

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    enum { SHOWN = 50 };
    (void)ctx;
    const clean_state *s = state;
    hn_json_mut *columns = yyjson_mut_obj_add_obj(doc, object, "columns");
    for (int32_t j = 0; j < s->n; j++) {
        const column_names *c = &s->columns[j];
        if (!s->cleaned[j]) continue;
        hn_json_mut *one = yyjson_mut_obj(doc), *merged = yyjson_mut_arr(doc);
        int64_t changed = 0, rows = 0;
        for (int32_t i = 0; i < c->seen->n; i++) {
            hn_slice from = hn_dictionary_text(c->seen, i);
            hn_slice to =
                c->to[i] >= 0 ? hn_dictionary_text(c->names, c->to[i]) : (hn_slice){"", 0};
            if (hn_slice_compare(from, to) == 0) continue;
            rows += c->n_rows[i];
            if (changed++ >= SHOWN) continue;
            hn_json_mut *pair = yyjson_mut_arr_add_obj(doc, merged);
            yyjson_mut_obj_add_val(doc, pair, "from", text_value(doc, from));
            yyjson_mut_obj_add_val(doc, pair, "to", text_value(doc, to));
            yyjson_mut_obj_add_int(doc, pair, "rows", c->n_rows[i]);
        }
        yyjson_mut_obj_add_int(doc, one, "before", c->seen->n);
        yyjson_mut_obj_add_int(doc, one, "after", c->names->n);
        yyjson_mut_obj_add_int(doc, one, "changed_rows", rows);
        yyjson_mut_obj_add_val(doc, one, "changed", merged);
        yyjson_mut_obj_add(columns, yyjson_mut_strcpy(doc, schema->columns[j].name), one);
    }
    return HONE_OK;
}

const hone_estimator hn_clean_categories = {
    .name = "clean_categories",
    .title = "Spellings of one category brought together",
    .class_names = "CleanCategories",
    .family = "prep",
    .doc = "Spellings of a name that differ in space, in large and small letters, in the order of "
           "words or in few "
           "letters become the most frequent one of them, and names given as aliases what they "
           "stand for. Texts that "
           "training did not see go the same way. The report says what became what.",
    .references =
        "Damerau (1964). A technique for computer detection and correction of spelling errors. "
        "Communications of the ACM.",
    .tasks = HN_TASK_NONE,
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_ANY_TYPE | HN_READS_TEXT,
    .params = HN_PARAMS(clean_params, params),
    .state_size = sizeof(clean_state),
    .fit = fit,
    .transform = transform,
    .visit = visit,
    .prepare = prepare,
    .report = report,
    HN_GOLDEN({.dataset = "tabular/ames/ames.csv",
               .columns = "Exterior_2nd",
               .params =
                   "{\"letters\": \"lower\", \"similarity\": \"off\", \"aliases\": [\"OTHER = "
                   "plywood\", \"wd shng = WdShing\"]}",
               .metric = "sum",
               .value = 30031,
               .tolerance = 0,
               .source = "pandas 3.1, Categorical(str.lower().replace({...})).codes"}),
};
