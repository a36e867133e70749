/* clean_categories.c - spellings of one name brought together: by space, case, words in other order, and small
 * distance.
 *
 * Learned for each column are the names that stand, and which of them each text of training means. A text that
 * training did not see goes the same way: by its key, by its words, by distance; what is near none is itself. */
#include "ml/prep/clean.h"

#include "base/map.h"
#include "base/utf8.h"
#include "table/dictionary.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

static const hone_param params[] = {
    HN_PARAM(hn_clean_params, letters, .def = "common",
             .choices = HN_CHOICES("common", "keep", "lower", "upper"),
             .aliases = HN_CHOICES("case"),
             .doc = "Large and small letters: common makes spellings that differ in them alone the "
                    "most frequent one, keep leaves them apart, lower and upper change all."),
    HN_PARAM(hn_clean_params, any_order, .def = "true", .aliases = HN_CHOICES("token_sort"),
             .doc = "Names of the same words in another order, or with other points, commas and "
                    "hyphens between them, are one."),
    HN_PARAM(hn_clean_params, similarity, .def = "0.85", .range = "(0, 1]",
             .words = HN_WORDS({"off", 2}),
             .doc = "A rare name becomes a more frequent one that is so much like it: 1 - changed "
                    "letters / length. Names with other digits are never alike.",
             .search = "{off, 0.8, 0.9}"),
    HN_PARAM(hn_clean_params, rarity, .def = "0.2", .range = "[0, 1]",
             .doc = "How rare: at most this share of the other's rows."),
    HN_PARAM(
        hn_clean_params, aliases, .whole = true,
        .doc = "What else a name goes by, each as \"NYC = New York\"; case and space don't count."),
};

/* ---- one text -------------------------------------------------------------------------------- */

hone_status hn_clean_tidy(hone_ctx *ctx, hn_arena *arena, const hn_clean_state *s, hn_slice text,
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
    if (s->letters == HN_CLEAN_LOWER) text = folded;
    if (s->letters == HN_CLEAN_UPPER)
        HN_TRY(hn_spelling_change(ctx, arena, text, hn_utf8_upper, &text));
    *ret_text = text;
    *ret_key = s->letters == HN_CLEAN_KEEP ? text : folded;
    return HONE_OK;
}

/* The name that an unseen text means: its code in c->names, or HN_UNKNOWN with *ret_text how it stands itself. */
static hone_status find_name(hone_ctx *ctx, const hn_clean_state *s, const hn_column_names *c,
                             hn_slice text, hn_slice *ret_text, int32_t *ret_code) {
    hn_slice key, words;
    hn_spelled spelled;
    HN_TRY(hn_clean_tidy(ctx, ctx->scratch, s, text, ret_text, &key));
    *ret_code = (int32_t)hn_map_get(&c->keys, key, HN_UNKNOWN);
    if (*ret_code != HN_UNKNOWN || key.length == 0) return HONE_OK;
    if (s->any_order) {
        HN_TRY(hn_spelling_words(ctx, ctx->scratch, key, &words));
        *ret_code = (int32_t)hn_map_get(&c->words, words, HN_UNKNOWN);
        if (*ret_code != HN_UNKNOWN) return HONE_OK;
    }
    if (s->similarity > 1 || c->names->n > HN_CLEAN_MOST_COMPARED) return HONE_OK;
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

/* ---- fit ------------------------------------------------------------------------------------- */

static hone_status add_alias(hone_ctx *ctx, hn_arena *arena, const char *text, hn_clean_state *s) {
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
static bool is_worth_it(const hn_column *column, const hn_column_names *c) {
    int64_t present = 0;
    if (column->type == HN_CATEGORY) return true;
    for (int64_t i = 0; i < column->n; i++) present += hn_has_text(column, i);
    return !hn_text_is_free(present, c->names->n, c->names->offsets[c->names->n]);
}

static hone_status fit(hone_ctx *ctx, const void *params_, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    const hn_clean_params *p = params_;
    hn_clean_state *s = ret_state;
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
        HN_TRY(hn_clean_learn(ctx, p, column, arena, s, &s->columns[j]));
        s->cleaned[j] = is_worth_it(column, &s->columns[j]);
    }
    return HONE_OK;
}

/* ---- transform ------------------------------------------------------------------------------- */

static hone_status clean_text(hone_ctx *ctx, const hn_clean_state *s, const hn_column_names *c,
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

static hone_status clean_column(hone_ctx *ctx, const hn_clean_state *s, const hn_column_names *c,
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
    const hn_clean_state *s = state;
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

static hone_status visit_column(hn_visitor *v, int64_t j, hn_column_names *c) {
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
    hn_clean_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n));
    HN_TRY(hn_visit(v, "letters", &s->letters));
    HN_TRY(hn_visit(v, "any_order", &s->any_order));
    HN_TRY(hn_visit(v, "similarity", &s->similarity));
    HN_TRY(hn_visit(v, "n_aliases", &s->n_aliases));
    HN_TRY(hn_visit_check(v,
                          s->n >= 0 && s->n < INT32_MAX && s->letters >= HN_CLEAN_COMMON &&
                              s->letters <= HN_CLEAN_UPPER && s->n_aliases >= 0 &&
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
static hone_status index_column(hone_ctx *ctx, hn_arena *arena, const hn_clean_state *s,
                                hn_column_names *c) {
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
            HN_TRY(hn_clean_tidy(ctx, ctx->scratch, s, hn_dictionary_text(texts, i), &text, &key));
            HN_TRY(hn_map_intern(&c->keys, key, name, &first));
            HN_TRY(hn_spelling_words(ctx, ctx->scratch, key, &words));
            HN_TRY(hn_map_intern(&c->words, words, name, &first));
            if (pass == 0) HN_TRY(hn_spell(ctx, arena, key, &c->spelled[i]));
        }
    }
    return HONE_OK;
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    hn_clean_state *s = state;
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
    const hn_clean_state *s = state;
    hn_json_mut *columns = yyjson_mut_obj_add_obj(doc, object, "columns");
    for (int32_t j = 0; j < s->n; j++) {
        const hn_column_names *c = &s->columns[j];
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
    .params = HN_PARAMS(hn_clean_params, params),
    .state_size = sizeof(hn_clean_state),
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
