/* association.c - association rules: declarations, the rules themselves, and what they recommend. */
#include "ml/rules/rules.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 40, LONGEST_SPLIT = 20 }; /* items in a set; in one that is split into rules */

typedef struct rules_params {
    double min_support, min_confidence, min_lift;
    int64_t max_length, max_sets, max_rules;
    hn_pairs min_measures;
    int sort_by;
    hn_texts antecedent, consequent;
    const char *separator;
} rules_params;

static const hone_param params[] = {
    HN_PARAM(rules_params, min_support, .def = "0.01", .range = "(0, 1]",
             .search = "[1e-4, 0.5] log",
             .doc = "Share of the baskets that a set of items must be in."),
    HN_PARAM(rules_params, min_confidence, .def = "0.2", .range = "[0, 1]",
             .doc = "Share of the baskets with a rule's antecedent that must have its consequent."),
    HN_PARAM(rules_params, min_lift, .def = "0", .range = "[0, inf)",
             .doc = "How much more often than by chance both sides must meet."),
    HN_PARAM(rules_params, min_measures, .display = "MEASURE=LEAST",
             .doc = "What else rules must have at least, such as leverage=0.01,jaccard=0.2."),
    HN_PARAM(rules_params, sort_by, .def = "lift",
             .choices = HN_CHOICES("antecedent_support", "consequent_support", "support",
                                   "confidence", "lift", "leverage", "conviction", "zhangs_metric",
                                   "jaccard", "certainty", "kulczynski"),
             .doc = "The measure by which rules are ordered, the largest first."),
    HN_PARAM(rules_params, max_length, .def = "all", .range = "[1, 40]",
             .words = HN_WORDS({"all", LONGEST}), .doc = "Items in a set at most; all: 40."),
    HN_PARAM(rules_params, antecedent,
             .doc = "Only rules whose antecedent has all of these items."),
    HN_PARAM(rules_params, consequent,
             .doc = "Only rules whose consequent has all of these items."),
    HN_PARAM(rules_params, separator, .def = ",", .level = HN_ADVANCED,
             .doc = "Between the items of a cell that lists them; one character."),
    HN_PARAM(rules_params, max_sets, .def = "1000000", .range = "[1, 100000000]", .unit = "sets",
             .level = HN_EXPERT, .doc = "More frequent sets than these are an error."),
    HN_PARAM(rules_params, max_rules, .def = "1000000", .range = "[1, 100000000]", .unit = "rules",
             .level = HN_EXPERT, .doc = "More rules than these are an error."),
};

typedef struct rules_state {
    int64_t n_features;
    hn_basket_form form;
    const hn_dictionary *items;
    int64_t n_baskets, n_set_items;
    hn_itemsets sets;
    int64_t n;                         /* rules, best first */
    int64_t *antecedent, *consequent;  /* [n] numbers of sets */
    double *measure[HN_RULE_MEASURES]; /* [n] each */
    /* Not stored: */
    hn_dictionary labels; /* consequents as people read them */
    int32_t *label;       /* [n] */
    int64_t *first;       /* [items + 1] rules by their antecedent's first item: where they begin */
    int64_t *by_first;    /* [n] numbers of rules, ascending for each item */
} rules_state;

static hone_status check(hone_ctx *ctx, const void *values, const hone_data *data) {
    const rules_params *p = values;
    (void)data;
    for (int64_t i = 0; i < p->min_measures.n; i++)
        if (hn_rule_measure_find(p->min_measures.names[i]) < 0)
            return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "min_measures"),
                              "'min_measures' knows no '%.40s'; take antecedent_support, "
                              "consequent_support, support, confidence, lift, leverage, "
                              "conviction, zhangs_metric, jaccard, certainty or kulczynski",
                              p->min_measures.names[i]);
    if (p->separator == NULL || strlen(p->separator) <= 1) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "separator"),
                      "'separator' must be one character, such as ',' or ';', not '%.40s'",
                      p->separator);
}

/* ---- rules ------------------------------------------------------------------------------------ */

typedef struct rule {
    int64_t antecedent, consequent; /* sets */
    double key, support, confidence, lift;
} rule;

typedef struct maker {
    const rules_params *p;
    rules_state *s;
    rule *rules;
    int64_t n, room;
    int32_t *must[2]; /* items that antecedents and consequents must have */
    int64_t n_must[2];
} maker;

static bool has_all(const int32_t *items, int64_t n, const int32_t *must, int64_t n_must) {
    int64_t k = 0;
    for (int64_t i = 0; i < n_must; i++) {
        while (k < n && items[k] < must[i]) k++;
        if (k == n || items[k] != must[i]) return false;
    }
    return true;
}

static hn_rule_counts counts_of(const rules_state *s, const rule *one, double both) {
    return (hn_rule_counts){(double)s->n_baskets, (double)s->sets.count[one->antecedent],
                            (double)s->sets.count[one->consequent], both};
}

static bool is_wanted(const rules_params *p, const rule *one, const hn_rule_counts *counts) {
    if (!(one->confidence >= p->min_confidence && one->lift >= p->min_lift)) return false;
    for (int64_t i = 0; i < p->min_measures.n; i++) {
        int m = hn_rule_measure_find(p->min_measures.names[i]);
        if (!(hn_rule_measures[m].of(counts) >= p->min_measures.values[i])) return false;
    }
    return true;
}

static hone_status keep_rule(hone_ctx *ctx, maker *m, const rule *one) {
    if (m->n >= m->p->max_rules)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "min_confidence"),
                          "there are more than %lld rules; raise 'min_confidence', 'min_lift' or "
                          "'min_support'",
                          (long long)m->p->max_rules);
    if (m->n == m->room) {
        rule *rules;
        int64_t room = 2 * m->room + 256;
        HN_TRY(HN_SCRATCH_NEW(ctx, rules, room));
        if (m->n > 0) memcpy(rules, m->rules, (size_t)m->n * sizeof *rules);
        m->rules = rules;
        m->room = room;
    }
    m->rules[m->n++] = *one;
    return HONE_OK;
}

/* Every way to part a set in two. */
static hone_status split_set(hone_ctx *ctx, maker *m, int64_t set) {
    const hn_itemsets *sets = &m->s->sets;
    const int32_t *items = sets->item + sets->start[set];
    int64_t length = sets->start[set + 1] - sets->start[set];
    double both = (double)sets->count[set];
    if (length > LONGEST_SPLIT)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "max_length"),
                          "a set of %lld items makes more rules than anybody reads; set "
                          "'max_length' to %d or less",
                          (long long)length, LONGEST_SPLIT);
    for (uint32_t mask = 1; mask + 1 < (uint32_t)1 << length; mask++) {
        int32_t side[2][LONGEST_SPLIT];
        int64_t size[2] = {0, 0};
        for (int64_t i = 0; i < length; i++) {
            int to = mask >> i & 1 ? 0 : 1;
            side[to][size[to]++] = items[i];
        }
        if (!has_all(side[0], size[0], m->must[0], m->n_must[0]) ||
            !has_all(side[1], size[1], m->must[1], m->n_must[1]))
            continue;
        rule one = {.antecedent = hn_set_find(sets, side[0], size[0]),
                    .consequent = hn_set_find(sets, side[1], size[1])};
        hn_rule_counts counts = counts_of(m->s, &one, both);
        one.support = hn_rule_measures[HN_RULE_SUPPORT].of(&counts);
        one.confidence = hn_rule_measures[HN_RULE_CONFIDENCE].of(&counts);
        one.lift = hn_rule_measures[HN_RULE_LIFT].of(&counts);
        one.key = hn_rule_measures[m->p->sort_by].of(&counts);
        if (is_wanted(m->p, &one, &counts)) HN_TRY(keep_rule(ctx, m, &one));
    }
    return HONE_OK;
}

static int by_worth(const void *a, const void *b) {
    const rule *x = a, *y = b;
    if (x->key != y->key) return x->key > y->key ? -1 : 1;
    if (x->lift != y->lift) return x->lift > y->lift ? -1 : 1;
    if (x->confidence != y->confidence) return x->confidence > y->confidence ? -1 : 1;
    if (x->support != y->support) return x->support > y->support ? -1 : 1;
    if (x->antecedent != y->antecedent) return x->antecedent < y->antecedent ? -1 : 1;
    return x->consequent < y->consequent ? -1 : x->consequent > y->consequent;
}

/* Items that are asked for, ascending; one that no basket has is an error. */
static hone_status find_must(hone_ctx *ctx, const hn_dictionary *items, const hn_texts *texts,
                             const char *param, int32_t **ret_must) {
    HN_TRY(HN_SCRATCH_NEW(ctx, *ret_must, texts->n + 1));
    for (int64_t i = 0; i < texts->n; i++) {
        int32_t item =
            hn_dictionary_find(items, (hn_slice){texts->items[i], strlen(texts->items[i])});
        if (item < 0)
            return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = param),
                              "'%s': there is no item '%s' in any basket", param, texts->items[i]);
        int64_t k = i;
        for (; k > 0 && (*ret_must)[k - 1] > item; k--) (*ret_must)[k] = (*ret_must)[k - 1];
        (*ret_must)[k] = item;
    }
    return HONE_OK;
}

static hone_status make_rules(hone_ctx *ctx, hn_arena *arena, const rules_params *p,
                              rules_state *s) {
    HN_SCRATCH(ctx);
    maker m = {.p = p, .s = s, .n_must = {p->antecedent.n, p->consequent.n}};
    HN_TRY(find_must(ctx, s->items, &p->antecedent, "antecedent", &m.must[0]));
    HN_TRY(find_must(ctx, s->items, &p->consequent, "consequent", &m.must[1]));
    for (int64_t i = 0; i < s->sets.n; i++) {
        if (i % 1024 == 0) HN_TRY(hn_check_cancel(ctx));
        if (s->sets.start[i + 1] - s->sets.start[i] > 1) HN_TRY(split_set(ctx, &m, i));
    }
    if (m.n > 0) qsort(m.rules, (size_t)m.n, sizeof *m.rules, by_worth);
    s->n = m.n;
    HN_TRY(HN_NEW(ctx, arena, s->antecedent, m.n + 1));
    HN_TRY(HN_NEW(ctx, arena, s->consequent, m.n + 1));
    for (int f = 0; f < HN_RULE_MEASURES; f++) HN_TRY(HN_NEW(ctx, arena, s->measure[f], m.n + 1));
    for (int64_t i = 0; i < m.n; i++) {
        const rule *one = &m.rules[i];
        hn_rule_counts counts = counts_of(s, one, round(one->support * (double)s->n_baskets));
        s->antecedent[i] = one->antecedent;
        s->consequent[i] = one->consequent;
        for (int f = 0; f < HN_RULE_MEASURES; f++)
            s->measure[f][i] = hn_rule_measures[f].of(&counts);
    }
    return HONE_OK;
}

typedef hone_status mine_fn(hone_ctx *ctx, hn_arena *arena, const hn_mining *mining,
                            hn_itemsets *ret_sets);

static hone_status fit_by(hone_ctx *ctx, mine_fn *mine, const rules_params *p,
                          const hone_data *data, hn_arena *arena, rules_state *s) {
    HN_SCRATCH(ctx);
    hn_baskets baskets;
    char separator = p->separator != NULL ? p->separator[0] : 0;
    s->n_features = data->x->n_columns;
    HN_TRY(hn_baskets_make(ctx, arena, data, separator, &s->form, &baskets));
    s->items = baskets.items;
    s->n_baskets = baskets.n;
    hn_mining mining = {.baskets = &baskets, .max_length = p->max_length, .most = p->max_sets};
    /* A set in as many baskets as the share says is frequent, whatever rounding makes of it. */
    mining.least = (int64_t)ceil(p->min_support * (double)baskets.n * (1 - 1e-12));
    if (mining.least < 1) mining.least = 1;
    HN_TRY(mine(ctx, arena, &mining, &s->sets));
    s->n_set_items = s->sets.n > 0 ? s->sets.start[s->sets.n] : 0;
    return make_rules(ctx, arena, p, s);
}

static hone_status fit_fp_growth(hone_ctx *ctx, const void *values, const hone_data *data,
                                 hn_arena *arena, void *ret_state) {
    return fit_by(ctx, hn_mine_fp_growth, values, data, arena, ret_state);
}

static hone_status fit_eclat(hone_ctx *ctx, const void *values, const hone_data *data,
                             hn_arena *arena, void *ret_state) {
    return fit_by(ctx, hn_mine_eclat, values, data, arena, ret_state);
}

/* ---- what they recommend ---------------------------------------------------------------------- */

static bool holds(const rules_state *s, int64_t set, const uint8_t *in) {
    for (int64_t k = s->sets.start[set]; k < s->sets.start[set + 1]; k++)
        if (!in[s->sets.item[k]]) return false;
    return true;
}

static bool holds_any(const rules_state *s, int64_t set, const uint8_t *in) {
    for (int64_t k = s->sets.start[set]; k < s->sets.start[set + 1]; k++)
        if (in[s->sets.item[k]]) return true;
    return false;
}

/* The surest rule whose antecedent the basket has and whose consequent it has nothing of; -1: none. */
static int64_t best_rule(const rules_state *s, const int32_t *items, int64_t n, const uint8_t *in) {
    int64_t best = -1;
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = s->first[items[i]]; k < s->first[items[i] + 1]; k++) {
            int64_t r = s->by_first[k];
            bool surer =
                best < 0 ||
                s->measure[HN_RULE_CONFIDENCE][r] > s->measure[HN_RULE_CONFIDENCE][best] ||
                (s->measure[HN_RULE_CONFIDENCE][r] == s->measure[HN_RULE_CONFIDENCE][best] &&
                 r < best);
            if (surer && holds(s, s->antecedent[r], in) && !holds_any(s, s->consequent[r], in))
                best = r;
        }
    return best;
}

typedef struct answer_job {
    const rules_state *s;
    const hn_table *x;
    double *out;
} answer_job;

static hone_status answer_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const answer_job *job = arg;
    const rules_state *s = job->s;
    uint8_t *in;
    HN_TRY(HN_SCRATCH_NEW(ctx, in, s->items->n + 1));
    for (int64_t i = chunk.begin; i < chunk.end; i++) {
        HN_SCRATCH(ctx);
        int32_t *items;
        int64_t n;
        HN_TRY(hn_basket_of_row(ctx, &s->form, s->items, job->x, i, ctx->scratch, &items, &n));
        for (int64_t k = 0; k < n; k++) in[items[k]] = 1;
        int64_t best = best_rule(s, items, n, in);
        for (int64_t k = 0; k < n; k++) in[items[k]] = 0;
        job->out[2 * i] = best >= 0 ? s->label[best] : -1;
        job->out[2 * i + 1] = best >= 0 ? s->measure[HN_RULE_CONFIDENCE][best] : 0;
    }
    return HONE_OK;
}

static hone_status predict(hone_ctx *ctx, const void *state, const hn_table *x, double *ret_out) {
    HN_SCRATCH(ctx);
    answer_job job = {.s = state, .x = x, .out = ret_out};
    return hn_parallel(ctx, x->n_rows, 256, answer_rows, &job);
}

static int64_t outputs(const void *state) {
    (void)state;
    return 2;
}

static const hn_dictionary *labels(const void *state) {
    return &((const rules_state *)state)->labels;
}

/* ---- keeping ---------------------------------------------------------------------------------- */

static hone_status visit(hn_visitor *v, void *state) {
    rules_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "lists", &s->form.lists));
    HN_TRY(hn_visit(v, "separator", &s->form.separator));
    HN_TRY(
        hn_visit_check(v, s->form.separator >= 0 && s->form.separator < 256, "rules: separator"));
    HN_TRY(hn_visit_dictionary(v, "items", &s->items));
    HN_TRY(hn_visit(v, "n_baskets", &s->n_baskets));
    HN_TRY(hn_visit(v, "n_sets", &s->sets.n));
    HN_TRY(hn_visit(v, "n_set_items", &s->n_set_items));
    HN_TRY(hn_visit(v, "n_rules", &s->n));
    HN_TRY(hn_visit_check(v,
                          s->n_baskets >= 1 && s->sets.n >= 0 && s->sets.n <= 100000000 &&
                              s->n_set_items >= 0 && s->n_set_items <= s->sets.n * LONGEST &&
                              s->n >= 0 && s->n <= 100000000,
                          "rules: numbers of sets and rules"));
    HN_TRY(hn_visit(v, "set_start", &s->sets.start, s->sets.n + 1));
    HN_TRY(hn_visit(v, "set_item", &s->sets.item, s->n_set_items));
    HN_TRY(hn_visit(v, "set_count", &s->sets.count, s->sets.n));
    HN_TRY(hn_visit(v, "antecedent", &s->antecedent, s->n));
    HN_TRY(hn_visit(v, "consequent", &s->consequent, s->n));
    for (int f = 0; f < HN_RULE_MEASURES; f++)
        HN_TRY(hn_visit(v, hn_rule_measures[f].name, &s->measure[f], s->n));
    bool sound = s->sets.start[0] == 0 && s->sets.start[s->sets.n] == s->n_set_items;
    for (int64_t i = 0; sound && i < s->sets.n; i++)
        sound = s->sets.start[i] < s->sets.start[i + 1] && s->sets.start[i + 1] <= s->n_set_items;
    for (int64_t i = 0; sound && i < s->n_set_items; i++)
        sound = s->sets.item[i] >= 0 && s->sets.item[i] < s->items->n;
    for (int64_t i = 0; sound && i < s->n; i++)
        sound = s->antecedent[i] >= 0 && s->antecedent[i] < s->sets.n && s->consequent[i] >= 0 &&
                s->consequent[i] < s->sets.n;
    return hn_visit_check(v, sound, "rules: items of sets, sets of rules");
}

/* "butter, yogurt" */
static hone_status print_set(const rules_state *s, int64_t set, hn_str *text) {
    for (int64_t k = s->sets.start[set]; k < s->sets.start[set + 1]; k++) {
        hn_slice item = hn_dictionary_text(s->items, s->sets.item[k]);
        hn_str_put(text, k > s->sets.start[set] ? ", " : "");
        hn_str_put_n(text, item.text, item.length);
    }
    return hn_str_status(text);
}

static hone_status make_labels(hone_ctx *ctx, hn_arena *arena, rules_state *s) {
    HN_SCRATCH(ctx);
    int32_t *of_set, n = 0;
    int64_t *offsets;
    hn_str text;
    HN_TRY(HN_SCRATCH_NEW(ctx, of_set, s->sets.n + 1));
    HN_TRY(HN_NEW(ctx, arena, s->label, s->n + 1));
    for (int64_t r = 0; r < s->n; r++) of_set[s->consequent[r]] = 1;
    for (int64_t i = 0; i < s->sets.n; i++) n += of_set[i];
    HN_TRY(HN_NEW(ctx, arena, offsets, n + 1));
    hn_str_init(&text, ctx, arena);
    n = 0;
    for (int64_t i = 0; i < s->sets.n; i++) {
        if (of_set[i] == 0) continue;
        HN_TRY(print_set(s, i, &text));
        of_set[i] = n;
        offsets[++n] = (int64_t)text.length;
    }
    for (int64_t r = 0; r < s->n; r++) s->label[r] = of_set[s->consequent[r]];
    s->labels = (hn_dictionary){.n = n, .offsets = offsets, .bytes = n > 0 ? text.text : ""};
    return HONE_OK;
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    rules_state *s = state;
    if (schema->n_columns != s->n_features || (s->form.lists && s->n_features != 1) ||
        !hn_dictionary_is_sorted(s->items))
        return hn_fail(
            ctx, HONE_ERROR_FORMAT,
            "the rules do not fit the columns they are given; the model file is damaged: "
            "fetch or train it again");
    HN_TRY(make_labels(ctx, arena, s));
    HN_TRY(HN_NEW(ctx, arena, s->first, s->items->n + 2));
    HN_TRY(HN_NEW(ctx, arena, s->by_first, s->n + 1));
    for (int64_t r = 0; r < s->n; r++)
        s->first[s->sets.item[s->sets.start[s->antecedent[r]]] + 2]++;
    for (int64_t i = 0; i < s->items->n; i++) s->first[i + 2] += s->first[i + 1];
    for (int64_t r = 0; r < s->n; r++) {
        int32_t item = s->sets.item[s->sets.start[s->antecedent[r]]];
        s->by_first[s->first[item + 1]++] = r;
    }
    return HONE_OK;
}

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    enum { SHOWN = 100 };
    (void)schema;
    HN_SCRATCH(ctx);
    const rules_state *s = state;
    hn_str text;
    hn_str_init(&text, ctx, ctx->scratch);
    yyjson_mut_obj_add_int(doc, object, "baskets", s->n_baskets);
    yyjson_mut_obj_add_int(doc, object, "items", s->items->n);
    yyjson_mut_obj_add_int(doc, object, "itemsets", s->sets.n);
    yyjson_mut_obj_add_int(doc, object, "n_rules", s->n);
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, object, "rules");
    for (int64_t r = 0; r < s->n && r < SHOWN; r++) {
        hn_json_mut *one = yyjson_mut_arr_add_obj(doc, list);
        const int64_t sides[] = {s->antecedent[r], s->consequent[r]};
        static const char *const names[] = {"antecedent", "consequent"};
        for (int k = 0; k < 2; k++) {
            hn_str_clear(&text);
            HN_TRY(print_set(s, sides[k], &text));
            yyjson_mut_obj_add_strncpy(doc, one, names[k], text.text, text.length);
        }
        for (int f = 0; f < HN_RULE_MEASURES; f++)
            yyjson_mut_obj_add_real(doc, one, hn_rule_measures[f].name, s->measure[f][r]);
    }
    return HONE_OK;
}

/* Of all three datasets of categories the oldest: every cell is an item. */
#define RULES_GOLDEN                                                                               \
    HN_GOLDEN({"tabular/mushrooms/mushrooms.csv", NULL, NULL,                                      \
               "{\"min_support\": 0.4, \"min_confidence\": 0.9}", "all", "itemsets", 565, 0,       \
               "mlxtend 0.25.0, fpgrowth"})

#define RULES_HOOKS                                                                                \
    .family = "rules", .tasks = HN_TASK_RULES,                                                     \
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_ANY_TYPE,                                       \
    .params = HN_PARAMS(rules_params, params), .state_size = sizeof(rules_state), .check = check,  \
    .predict = predict, .outputs = outputs, .labels = labels, .visit = visit, .prepare = prepare,  \
    .report = report

const hone_estimator hn_fp_growth = {
    .name = "fp_growth",
    .title = "Association rules by FP-growth",
    .class_names = "FPGrowth",
    .also = "apriori association_rules market_basket",
    .doc = "Finds items that are bought together and rules such as 'bread, butter: milk', with "
           "support, confidence, lift, leverage, conviction and other measures. Baskets are rows "
           "(lists of items in one column, or a column for each item) or groups of rows. For a "
           "basket it answers with what to offer next.",
    .references = "Han, Pei, Yin (2000), Mining frequent patterns without candidate generation\n"
                  "Agrawal, Imielinski, Swami (1993), Mining association rules\n"
                  "Yan, Zhang, Zhang (2009), Confidence metrics for association rule mining",
    .fit = fit_fp_growth,
    RULES_GOLDEN,
    RULES_HOOKS,
};

const hone_estimator hn_eclat = {
    .name = "eclat",
    .title = "Association rules by Eclat",
    .class_names = "Eclat",
    .doc =
        "The same sets and rules as fp_growth finds, by intersecting the baskets of items: sooner "
        "where items are many and baskets few.",
    .references = "Zaki (2000), Scalable algorithms for association mining",
    .fit = fit_eclat,
    RULES_GOLDEN,
    RULES_HOOKS,
};
