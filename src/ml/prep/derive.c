/* derive.c - new columns by expression, row by row: "total = monthly * tenure".
 *
 * What is kept are the texts, and for each text result the dictionary that training gave it: later
 * results are coded in it, and what it doesn't hold is an unknown category to whom it is one, and still that
 * text to who reads texts. A result of free text has an empty one and stays strings. */
#include "ml/prep/derive.h"

#include "table/cast.h"
#include "table/dictionary.h"
#include "table/expr.h"
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

typedef struct derive_params {
    hn_texts expressions;
    hn_texts drop;
} derive_params;

static const hone_param params[] = {
    HN_PARAM(
        derive_params, expressions,
        .doc = "What to compute, each as \"name = expression\"; later ones may use earlier ones."),
    HN_PARAM(derive_params, drop, .doc = "Columns to leave out afterwards."),
};

/* ---- the text of an assignment --------------------------------------------------------------- */

static hone_status bad_assignment(hone_ctx *ctx, const char *text) {
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "expressions"),
                      "derive: '%s' is not of the form name = expression", text);
}

static const char *skip_space(const char *text) {
    while (isspace((unsigned char)*text)) text++;
    return text;
}

/* "name = expression" or "`any name` = expression" into its two halves. */
static hone_status cut_assignment(hone_ctx *ctx, hn_arena *arena, const char *text,
                                  const char **ret_name, const char **ret_expression) {
    const char *begin = skip_space(text), *end, *rest;
    if (*begin == '`') {
        end = strchr(++begin, '`');
        if (end == NULL) return bad_assignment(ctx, text);
        rest = end + 1;
    } else {
        for (end = begin; isalnum((unsigned char)*end) || *end == '_' || (*end & 0x80) != 0;) end++;
        rest = end;
    }
    rest = skip_space(rest);
    if (end == begin || rest[0] != '=' || rest[1] == '=') return bad_assignment(ctx, text);
    const char *name = hn_arena_strndup(ctx, arena, begin, (size_t)(end - begin));
    if (name == NULL) return HONE_ERROR_MEMORY;
    *ret_name = name;
    *ret_expression = skip_space(rest + 1);
    return HONE_OK;
}

/* ---- preparing ------------------------------------------------------------------------------- */

void hn_derive_done(void *state) {
    derive_state *s = state;
    for (int64_t i = 0; s->program != NULL && i < s->n_made; i++) {
        hn_expr_done(s->program[i]);
        s->program[i] = NULL;
    }
}

/* A stand-in for a result, without rows, that later expressions are typed against. */
static hn_column blank(const char *name, hn_type type) {
    static const int64_t no_offsets[1];
    static const hn_dictionary no_texts = {.n = 0, .offsets = no_offsets, .bytes = ""};
    bool text = type == HN_STRING || type == HN_CATEGORY;
    return (hn_column){.name = name,
                       .type = text ? HN_CATEGORY : type,
                       .n = 0,
                       .values = "",
                       .stride = 8,
                       .dictionary = text ? &no_texts : NULL};
}

/* The error that ctx holds, with the assignment it lies in. */
static hone_status in_assignment(hone_ctx *ctx, hone_status status, const char *text) {
    if (status != HONE_ERROR_USAGE && status != HONE_ERROR_DATA) return status;
    char message[sizeof ctx->error.message];
    hn_copy_text(message, sizeof message, ctx->error.message);
    return hn_fail_at(ctx, status, HN_AT(.param = "expressions"), "derive: '%s': %s", text,
                      message);
}

/* Compile expression i against wide, and put its result's place into wide. */
static hone_status compile(hone_ctx *ctx, hn_arena *arena, derive_state *s, int64_t i,
                           hn_table *wide) {
    const char *expression = NULL;
    HN_TRY(cut_assignment(ctx, arena, s->made[i], &s->name[i], &expression));
    hone_status status = hn_expr_compile(ctx, arena, expression, wide, &s->program[i]);
    if (status != HONE_OK) return in_assignment(ctx, status, s->made[i]);
    int32_t place = hn_table_find(wide, s->name[i]);
    if (place < 0) place = wide->n_columns++;
    s->place[i] = place;
    wide->columns[place] = blank(s->name[i], hn_expr_type(s->program[i]));
    return HONE_OK;
}

static hone_status keep_rest(hone_ctx *ctx, hn_arena *arena, derive_state *s,
                             const hn_table *wide) {
    HN_TRY(HN_NEW(ctx, arena, s->kept, wide->n_columns + 1));
    s->n_kept = 0;
    HN_SCRATCH(ctx);
    uint8_t *drop;
    HN_TRY(HN_SCRATCH_NEW(ctx, drop, wide->n_columns + 1));
    for (int64_t i = 0; i < s->n_dropped; i++) {
        int32_t j;
        HN_TRY(hn_table_require(ctx, wide, s->dropped[i], &j));
        drop[j] = 1;
    }
    for (int32_t j = 0; j < wide->n_columns; j++)
        if (!drop[j]) s->kept[s->n_kept++] = j;
    return HONE_OK;
}

/* Programs, names and places, for texts that are set. schema may have rows: they aren't looked at.
 */
static hone_status compile_all(hone_ctx *ctx, hn_arena *arena, derive_state *s,
                               const hn_table *schema) {
    hn_derive_done(s);
    HN_TRY(HN_NEW(ctx, arena, s->program, s->n_made + 1));
    HN_TRY(HN_NEW(ctx, arena, s->name, s->n_made + 1));
    HN_TRY(HN_NEW(ctx, arena, s->place, s->n_made + 1));
    HN_SCRATCH(ctx);
    hn_table wide = {.n_rows = 0, .n_columns = schema->n_columns};
    HN_TRY(HN_SCRATCH_NEW(ctx, wide.columns, schema->n_columns + s->n_made + 1));
    if (schema->n_columns > 0)
        memcpy(wide.columns, schema->columns, (size_t)schema->n_columns * sizeof *wide.columns);
    for (int64_t i = 0; i < s->n_made; i++) HN_TRY(compile(ctx, arena, s, i, &wide));
    s->n_wide = wide.n_columns;
    return keep_rest(ctx, arena, s, &wide);
}

static bool is_text(int32_t type) { return type == HN_STRING || type == HN_CATEGORY; }

hone_status hn_derive_prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    derive_state *s = state;
    HN_TRY(hn_prepare_check(ctx, "derive", schema->n_columns == s->n));
    hone_status status = compile_all(ctx, arena, s, schema);
    /* What was fitted compiled then: what doesn't now was tampered with. */
    bool compiles = status != HONE_ERROR_USAGE && status != HONE_ERROR_DATA;
    HN_TRY(hn_prepare_check(ctx, "derive", compiles));
    HN_TRY(status);
    for (int64_t i = 0; i < s->n_made; i++)
        HN_TRY(hn_prepare_check(ctx, "derive", (int32_t)hn_expr_type(s->program[i]) == s->type[i]));
    return HONE_OK;
}

/* ---- applying -------------------------------------------------------------------------------- */

/* All results beside x's columns, texts in dictionaries of their own, in arena. */
static hone_status evaluate(hone_ctx *ctx, const derive_state *s, const hn_table *x,
                            hn_arena *arena, hn_table *ret_wide) {
    hn_table wide = {.n_rows = x->n_rows, .n_columns = x->n_columns};
    HN_TRY(HN_NEW(ctx, arena, wide.columns, s->n_wide + 1));
    if (x->n_columns > 0)
        memcpy(wide.columns, x->columns, (size_t)x->n_columns * sizeof *wide.columns);
    for (int64_t i = 0; i < s->n_made; i++) {
        hn_column column;
        HN_TRY(hn_expr_eval(ctx, s->program[i], &wide, arena, s->name[i], &column));
        wide.columns[s->place[i]] = column;
        if (s->place[i] == wide.n_columns) wide.n_columns++;
    }
    *ret_wide = wide;
    return HONE_OK;
}

/* A text result as training had it: coded in its dictionary, and what that lacks beyond it; or strings, where nearly
 * every text differed and there is none. */
static hone_status as_trained(hone_ctx *ctx, hn_arena *arena, const hn_dictionary *dictionary,
                              hn_column *column) {
    if (dictionary->n > 0) return hn_column_cast_open(ctx, arena, column, dictionary, column);
    if (column->type != HN_CATEGORY) return HONE_OK;
    return hn_texts_write_out(ctx, arena, column->dictionary, column);
}

hone_status hn_derive_transform(hone_ctx *ctx, const void *state, const hn_table *x,
                                hn_arena *arena, hn_table *ret_out) {
    const derive_state *s = state;
    assert(x->n_columns == s->n && s->program != NULL);
    hn_table wide;
    HN_TRY(evaluate(ctx, s, x, arena, &wide));
    assert(wide.n_columns == s->n_wide);
    for (int64_t i = 0; i < s->n_made; i++) {
        hn_column *column = &wide.columns[s->place[i]];
        bool made_anew = false; /* by a later expression, whose dictionary counts */
        for (int64_t k = i + 1; k < s->n_made; k++) made_anew |= s->place[k] == s->place[i];
        if (is_text(s->type[i]) && !made_anew)
            HN_TRY(as_trained(ctx, arena, s->dictionary[i], column));
    }
    return hn_table_select(ctx, arena, &wide, s->kept, s->n_kept, ret_out);
}

/* ---- fit ------------------------------------------------------------------------------------- */

static hone_status copy_texts(hone_ctx *ctx, hn_arena *arena, const hn_texts *texts,
                              const char ***ret) {
    const char **copies;
    HN_TRY(HN_NEW(ctx, arena, copies, texts->n + 1));
    for (int64_t i = 0; i < texts->n; i++)
        if ((copies[i] = hn_arena_strdup(ctx, arena, texts->items[i])) == NULL)
            return HONE_ERROR_MEMORY;
    *ret = copies;
    return HONE_OK;
}

static hone_status copy_dictionary(hone_ctx *ctx, hn_arena *arena, const hn_dictionary *from,
                                   const hn_dictionary **ret) {
    hn_dictionary *copy;
    int64_t *offsets, length = from->n > 0 ? from->offsets[from->n] : 0;
    char *bytes;
    HN_TRY(HN_NEW(ctx, arena, copy, 1));
    HN_TRY(HN_NEW(ctx, arena, offsets, from->n + 1));
    HN_TRY(HN_NEW(ctx, arena, bytes, length + 1));
    if (from->n > 0) memcpy(offsets, from->offsets, ((size_t)from->n + 1) * sizeof *offsets);
    if (length > 0) memcpy(bytes, from->bytes, (size_t)length);
    *copy = (hn_dictionary){.n = from->n, .offsets = offsets, .bytes = bytes};
    *ret = copy;
    return HONE_OK;
}

/* Each text result's dictionary on the training rows. */
static hone_status learn_dictionaries(hone_ctx *ctx, derive_state *s, const hn_table *x,
                                      hn_arena *arena) {
    HN_SCRATCH(ctx);
    hn_arena results __attribute__((cleanup(hn_arena_done)));
    hn_arena_init(&results, ctx->allocator);
    hn_table wide;
    HN_TRY(evaluate(ctx, s, x, &results, &wide));
    for (int64_t i = 0; i < s->n_made; i++) {
        s->type[i] = (int32_t)hn_expr_type(s->program[i]);
        const hn_dictionary *found = wide.columns[s->place[i]].dictionary;
        /* A result that a later one replaced is seen by no one: an empty dictionary will do. */
        static const int64_t no_offsets[1];
        static const hn_dictionary none = {.n = 0, .offsets = no_offsets, .bytes = ""};
        if (is_text(s->type[i]))
            HN_TRY(copy_dictionary(ctx, arena, found != NULL ? found : &none, &s->dictionary[i]));
    }
    return HONE_OK;
}

static hone_status fit(hone_ctx *ctx, const void *params_, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    const derive_params *p = params_;
    return hn_derive_fit(ctx, &p->expressions, &p->drop, data, arena, ret_state);
}

hone_status hn_derive_fit(hone_ctx *ctx, const hn_texts *expressions, const hn_texts *drop,
                          const hone_data *data, hn_arena *arena, void *ret_state) {
    derive_state *s = ret_state;
    s->n = data->x->n_columns;
    s->n_made = expressions->n;
    s->n_dropped = drop->n;
    HN_TRY(copy_texts(ctx, arena, expressions, &s->made));
    HN_TRY(copy_texts(ctx, arena, drop, &s->dropped));
    HN_TRY(HN_NEW(ctx, arena, s->type, s->n_made));
    HN_TRY(HN_NEW(ctx, arena, s->dictionary, s->n_made));
    hone_status status = compile_all(ctx, arena, s, data->x);
    if (status == HONE_OK) status = learn_dictionaries(ctx, s, data->x, arena);
    if (status != HONE_OK) hn_derive_done(s);
    return status;
}

hone_status hn_derive_visit(hn_visitor *v, void *state) {
    derive_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n));
    HN_TRY(hn_visit(v, "n_made", &s->n_made));
    HN_TRY(hn_visit(v, "n_dropped", &s->n_dropped));
    HN_TRY(hn_visit_check(v,
                          s->n >= 0 && s->n < INT32_MAX / 2 && s->n_made >= 0 &&
                              s->n_made < INT32_MAX / 2 && s->n_dropped >= 0,
                          "derive: numbers of columns"));
    HN_TRY(hn_visit_texts(v, "made", &s->made, s->n_made));
    HN_TRY(hn_visit_texts(v, "dropped", &s->dropped, s->n_dropped));
    HN_TRY(hn_visit(v, "type", &s->type, s->n_made));
    if (v->loading) HN_TRY(HN_NEW(v->ctx, v->arena, s->dictionary, s->n_made + 1));
    for (int64_t i = 0; i < s->n_made; i++) {
        char name[48];
        snprintf(name, sizeof name, "dictionary.%lld", (long long)i);
        if (is_text(s->type[i])) HN_TRY(hn_visit_dictionary(v, name, &s->dictionary[i]));
        HN_TRY(hn_visit_check(v, !is_text(s->type[i]) || s->dictionary[i] != NULL,
                              "derive: dictionary"));
    }
    return HONE_OK;
}

hone_status hn_derive_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                             hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx, (void)schema;
    const derive_state *s = state;
    hn_json_mut *made = yyjson_mut_obj_add_arr(doc, object, "expressions");
    hn_json_mut *dropped = yyjson_mut_obj_add_arr(doc, object, "dropped");
    for (int64_t i = 0; i < s->n_made; i++) yyjson_mut_arr_add_strcpy(doc, made, s->made[i]);
    for (int64_t i = 0; i < s->n_dropped; i++)
        yyjson_mut_arr_add_strcpy(doc, dropped, s->dropped[i]);
    return HONE_OK;
}

const hone_estimator hn_derive = {
    .name = "derive",
    .title = "Derive columns by expression",
    .class_names = "Derive",
    .family = "prep",
    .doc = "Computes new columns from a row's others, such as \"total = monthly * tenure\" or "
           "\"title = "
           "regex_extract(Name, ' ([A-Za-z]+)\\\\.', 1)\". An existing name is replaced. Columns "
           "can be dropped "
           "afterwards.",
    .tasks = HN_TASK_NONE,
    .example = "{\"expressions\": [\"f = a + b\", \"g = if(a > 0, 'up', 'down')\"]}",
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_ANY_TYPE | HN_READS_TEXT,
    .params = HN_PARAMS(derive_params, params),
    .fit = fit,
    HN_DERIVE_HOOKS,
    HN_GOLDEN({.dataset = "tabular/titanic/titanic.csv",
               .columns = "SibSp,Parch,Fare",
               .params = "{\"expressions\": [\"family = SibSp + Parch + 1\", \"each = Fare / "
                         "family\"], \"drop\": [\"SibSp\", \"Parch\", \"Fare\"]}",
               .metric = "sum",
               .value = 19442.490224718615,
               .tolerance = 1e-8,
               .source = "numpy 2, the same arithmetic"}),
};
