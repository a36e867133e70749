/* one_hot.c - each category becomes a column of truth values.
 *
 * What is learned per column is one table: from the column's code to the output column it sets, so
 * a row costs one look-up per column. */
#include "ml/prep/prep.h"

#include "num/sort.h"
#include <assert.h>

typedef struct one_hot_params {
    int drop, unknown, missing;
    int64_t min_count, max_categories;
} one_hot_params;

enum { DROP_NONE, DROP_FIRST, DROP_IF_BINARY };
enum { UNKNOWN_IGNORE, UNKNOWN_ERROR, UNKNOWN_INFREQUENT };
enum { MISSING_IGNORE, MISSING_CATEGORY };

static const hone_param params[] = {
    HN_PARAM(one_hot_params, drop, .def = "none",
             .choices = HN_CHOICES("none", "first", "if_binary"),
             .doc = "Leave out a column's first category, always or if it has two: for models "
                    "without a penalty, "
                    "where the columns would sum to 1."),
    HN_PARAM(one_hot_params, unknown, .def = "ignore", .aliases = HN_CHOICES("handle_unknown"),
             .choices = HN_CHOICES("ignore", "error", "infrequent"),
             .doc = "A category not seen in training: sets no column, is an error, or counts as "
                    "infrequent."),
    HN_PARAM(one_hot_params, min_count, .def = "1", .range = "[1, inf)", .unit = "rows",
             .aliases = HN_CHOICES("min_frequency"),
             .doc = "Categories with fewer training rows share the column NAME_other.",
             .search = "[1, 100] log"),
    HN_PARAM(one_hot_params, max_categories, .def = "100", .range = "[1, inf)",
             .words = HN_WORDS({"all", 0}),
             .doc = "Columns that one column may become, NAME_other included; the most frequent "
                    "categories stay."),
    HN_PARAM(
        one_hot_params, missing, .def = "category", .choices = HN_CHOICES("ignore", "category"),
        .doc = "A missing value: sets no column, or a column NAME_missing where training had one."),
};

enum { UNSEEN = -2, NOTHING = -1 }; /* slots of codes that set no column */

typedef struct one_hot_state {
    int64_t n;       /* columns */
    int64_t *offset; /* [n + 1] of each column's codes in slot */
    int32_t *slot; /* [offset[n]] output column of a code within its column's, or UNSEEN, NOTHING */
    int32_t *width;   /* [n] output columns */
    int32_t *other;   /* [n] slot of NAME_other, or NOTHING */
    int32_t *missing; /* [n] slot of NAME_missing, or NOTHING */
    int32_t unknown;
    /* made in prepare */
    int32_t n_out;
    int32_t *first;     /* [n] output column of slot 0 */
    const char **names; /* [n_out] */
} one_hot_state;

/* ---- fit ------------------------------------------------------------------------------------- */

typedef struct fit_job {
    const one_hot_params *params;
    const hn_table *x;
    one_hot_state *state;
} fit_job;

/* One column while its slots are decided. */
typedef struct tally {
    int32_t n;     /* codes */
    double *count; /* [n] training rows; 0: not seen */
    bool *rare;    /* [n] */
    int32_t n_seen, n_rare;
    int64_t n_missing;
} tally;

static hone_status count_codes(hone_ctx *ctx, const hn_column *column, tally *t) {
    t->n = column->dictionary->n;
    HN_TRY(HN_SCRATCH_NEW(ctx, t->count, t->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, t->rare, t->n + 1));
    for (int64_t i = 0; i < column->n; i++) {
        int32_t code = hn_column_code(column, i);
        if (hn_column_is_null(column, i))
            t->n_missing++;
        else if (code != HN_UNKNOWN)
            t->count[code]++;
    }
    for (int32_t code = 0; code < t->n; code++) t->n_seen += t->count[code] > 0;
    return HONE_OK;
}

static void mark_rare(tally *t, int32_t code) {
    if (t->rare[code] || !(t->count[code] > 0)) return;
    t->rare[code] = true;
    t->n_rare++;
}

/* By min_count; then the least frequent ones, of equals the first, until max_categories are left.
 */
static hone_status find_rare(hone_ctx *ctx, const one_hot_params *p, tally *t) {
    for (int32_t code = 0; code < t->n; code++)
        if (t->count[code] < (double)p->min_count) mark_rare(t, code);
    int64_t width = t->n_seen - t->n_rare + (t->n_rare > 0);
    if (p->max_categories == 0 || width <= p->max_categories) return HONE_OK;
    int64_t *order, keep = p->max_categories - 1;
    HN_TRY(HN_SCRATCH_NEW(ctx, order, t->n));
    HN_TRY(hn_argsort_f64(ctx, t->count, t->n, order));
    for (int32_t i = 0; i < t->n && t->n_seen - t->n_rare > keep; i++)
        mark_rare(t, (int32_t)order[i]);
    return HONE_OK;
}

/* Slots in order: categories kept, other, missing. Then the first is taken out if it is to be. */
static void give_slots(const one_hot_params *p, const tally *t, one_hot_state *s, int32_t j) {
    int32_t *slot = s->slot + s->offset[j], width = t->n_seen - t->n_rare;
    s->other[j] = t->n_rare > 0 ? width++ : NOTHING;
    s->missing[j] = t->n_missing > 0 && p->missing == MISSING_CATEGORY ? width++ : NOTHING;
    bool drop = width > 0 && (p->drop == DROP_FIRST || (p->drop == DROP_IF_BINARY && width == 2));
    int32_t next = -drop;
    for (int32_t code = 0; code < t->n; code++)
        slot[code] = !(t->count[code] > 0) ? UNSEEN : t->rare[code] ? s->other[j] - drop : next++;
    if (s->other[j] != NOTHING) s->other[j] -= drop; /* slot 0 becomes -1, which is NOTHING */
    if (s->missing[j] != NOTHING) s->missing[j] -= drop;
    s->width[j] = width - drop;
}

static hone_status learn(hone_ctx *ctx, void *arg, int32_t j) {
    const fit_job *job = arg;
    HN_SCRATCH(ctx);
    tally t = {0};
    HN_TRY(count_codes(ctx, &job->x->columns[j], &t));
    HN_TRY(find_rare(ctx, job->params, &t));
    give_slots(job->params, &t, job->state, j);
    return HONE_OK;
}

static hone_status fit(hone_ctx *ctx, const void *params_, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    one_hot_state *s = ret_state;
    const one_hot_params *p = params_;
    s->n = data->x->n_columns;
    s->unknown = p->unknown;
    HN_TRY(HN_NEW(ctx, arena, s->offset, s->n + 1));
    HN_TRY(HN_NEW(ctx, arena, s->width, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->other, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->missing, s->n));
    for (int32_t j = 0; j < s->n; j++) {
        HN_TRY(hn_need_category(ctx, "one_hot", &data->x->columns[j]));
        s->offset[j + 1] = s->offset[j] + data->x->columns[j].dictionary->n;
    }
    HN_TRY(HN_NEW(ctx, arena, s->slot, s->offset[s->n]));
    fit_job job = {.params = p, .x = data->x, .state = s};
    return hn_each_column(ctx, (int32_t)s->n, learn, &job);
}

/* ---- transform ------------------------------------------------------------------------------- */

typedef struct set_job {
    const one_hot_state *state;
    const hn_table *x;
    uint8_t *out; /* [n_out, n_rows], all 0 */
} set_job;

static hone_status set_cells(hone_ctx *ctx, void *arg, int32_t j, int64_t begin, int64_t end) {
    const set_job *job = arg;
    const one_hot_state *s = job->state;
    const hn_column *column = &job->x->columns[j];
    const int32_t *slots = s->slot + s->offset[j];
    int64_t n_rows = job->x->n_rows;
    uint8_t *out = job->out + s->first[j] * n_rows;
    for (int64_t i = begin; i < end; i++) {
        int32_t code = hn_column_code(column, i), slot;
        if (hn_column_is_null(column, i))
            slot = s->missing[j];
        else
            slot = code == HN_UNKNOWN ? UNSEEN : slots[code];
        if (slot == UNSEEN) {
            if (s->unknown == UNKNOWN_ERROR) return hn_unseen_category(ctx, "one_hot", column, i);
            slot = s->unknown == UNKNOWN_INFREQUENT ? s->other[j] : NOTHING;
        }
        if (slot >= 0) out[slot * n_rows + i] = 1;
    }
    return HONE_OK;
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const one_hot_state *s = state;
    assert(x->n_columns == s->n && s->names != NULL);
    set_job job = {.state = s, .x = x};
    hn_table out = {.n_rows = x->n_rows, .n_columns = s->n_out};
    HN_TRY(HN_NEW(ctx, arena, out.columns, s->n_out + 1));
    HN_TRY(HN_NEW(ctx, arena, job.out, s->n_out * x->n_rows + 1));
    for (int32_t k = 0; k < s->n_out; k++)
        out.columns[k] = (hn_column){.name = s->names[k],
                                     .type = HN_BOOL,
                                     .n = x->n_rows,
                                     .values = job.out + k * x->n_rows,
                                     .stride = 1};
    HN_TRY(hn_each_cells(ctx, x->n_columns, x->n_rows, set_cells, &job));
    *ret_out = out;
    return HONE_OK;
}

/* ---- keeping --------------------------------------------------------------------------------- */

static hone_status check_column(hn_visitor *v, const one_hot_state *s, int64_t j) {
    HN_TRY(hn_visit_check(v, s->width[j] >= 0 && s->width[j] <= s->offset[j + 1] - s->offset[j] + 2,
                          "one_hot: width"));
    HN_TRY(
        hn_visit_check(v, s->other[j] >= NOTHING && s->other[j] < s->width[j], "one_hot: other"));
    HN_TRY(hn_visit_check(v, s->missing[j] >= NOTHING && s->missing[j] < s->width[j],
                          "one_hot: missing"));
    for (int64_t i = s->offset[j]; i < s->offset[j + 1]; i++)
        HN_TRY(
            hn_visit_check(v, s->slot[i] >= UNSEEN && s->slot[i] < s->width[j], "one_hot: slot"));
    return HONE_OK;
}

static hone_status visit(hn_visitor *v, void *state) {
    one_hot_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n));
    HN_TRY(hn_visit_check(v, s->n >= 0 && s->n < INT32_MAX, "one_hot: number of columns"));
    HN_TRY(hn_visit(v, "unknown", &s->unknown));
    HN_TRY(
        hn_visit_check(v, s->unknown >= 0 && s->unknown <= UNKNOWN_INFREQUENT, "one_hot: unknown"));
    HN_TRY(hn_visit(v, "offset", &s->offset, s->n + 1));
    HN_TRY(hn_visit_check(v, s->offset[0] == 0, "one_hot: offset"));
    for (int64_t j = 0; j < s->n; j++)
        HN_TRY(hn_visit_check(
            v, s->offset[j + 1] >= s->offset[j] && s->offset[j + 1] - s->offset[j] < INT32_MAX - 2,
            "one_hot: offset"));
    HN_TRY(hn_visit(v, "slot", &s->slot, s->offset[s->n]));
    HN_TRY(hn_visit(v, "width", &s->width, s->n));
    HN_TRY(hn_visit(v, "other", &s->other, s->n));
    HN_TRY(hn_visit(v, "missing", &s->missing, s->n));
    for (int64_t j = 0; j < s->n; j++) HN_TRY(check_column(v, s, j));
    return HONE_OK;
}

/* Names of one column's outputs: "Contract=One year", "Contract_other", "Contract_missing". */
static hone_status name_column(hn_namer *namer, const one_hot_state *s, int32_t j,
                               const hn_column *column, const char **names) {
    static const hn_slice nothing = {"", 0};
    for (int32_t code = 0; code < column->dictionary->n; code++) {
        int32_t slot = s->slot[s->offset[j] + code];
        if (slot < 0 || slot == s->other[j]) continue;
        HN_TRY(hn_namer_make(namer, column->name, "=", hn_dictionary_text(column->dictionary, code),
                             &names[slot]));
    }
    if (s->other[j] >= 0)
        HN_TRY(hn_namer_make(namer, column->name, "_other", nothing, &names[s->other[j]]));
    if (s->missing[j] >= 0)
        HN_TRY(hn_namer_make(namer, column->name, "_missing", nothing, &names[s->missing[j]]));
    return HONE_OK;
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    one_hot_state *s = state;
    const char **names;
    int32_t *first;
    int64_t n_out = 0;
    HN_TRY(hn_prepare_check(ctx, "one_hot", schema->n_columns == s->n));
    HN_TRY(HN_NEW(ctx, arena, first, s->n + 1));
    for (int32_t j = 0; j < s->n; j++) {
        const hn_column *column = &schema->columns[j];
        HN_TRY(hn_prepare_check(ctx, "one_hot",
                                column->type == HN_CATEGORY && column->dictionary != NULL &&
                                    column->dictionary->n == s->offset[j + 1] - s->offset[j]));
        first[j] = (int32_t)n_out;
        n_out += s->width[j];
        HN_TRY(hn_prepare_check(ctx, "one_hot", n_out < INT32_MAX));
    }
    HN_TRY(HN_NEW(ctx, arena, names, n_out + 1));
    HN_SCRATCH(ctx);
    hn_namer namer;
    HN_TRY(hn_namer_init(&namer, ctx, arena, NULL));
    for (int32_t j = 0; j < s->n; j++)
        HN_TRY(name_column(&namer, s, j, &schema->columns[j], names + first[j]));
    for (int64_t k = 0; k < n_out; k++) HN_TRY(hn_prepare_check(ctx, "one_hot", names[k] != NULL));
    s->names = names;
    s->first = first;
    s->n_out = (int32_t)n_out;
    return HONE_OK;
}

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    const one_hot_state *s = state;
    hn_json_mut *columns = yyjson_mut_obj_add_obj(doc, object, "columns");
    for (int32_t j = 0; j < s->n; j++) {
        hn_json_mut *list = yyjson_mut_arr(doc);
        for (int32_t k = 0; s->names != NULL && k < s->width[j]; k++)
            yyjson_mut_arr_add_strcpy(doc, list, s->names[s->first[j] + k]);
        yyjson_mut_obj_add(columns, yyjson_mut_strcpy(doc, schema->columns[j].name), list);
    }
    return HONE_OK;
}

static hone_status attributes(hn_visitor *v, const void *state, const hn_shown *shown) {
    (void)state;
    return hn_show_categories(v, shown->schema);
}

const hone_estimator hn_one_hot = {
    .name = "one_hot",
    .title = "One column per category",
    .class_names = "OneHotEncoder",
    .family = "prep",
    .also = "dummies get_dummies dummy_encode",
    .doc = "Turns each column of categories into columns of truth values, one per category seen in "
           "training; rare "
           "categories can share one. For models that take numbers only.",
    .tasks = HN_TASK_NONE,
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_CATEGORY_ONLY,
    .attributes = attributes,
    .params = HN_PARAMS(one_hot_params, params),
    .state_size = sizeof(one_hot_state),
    .fit = fit,
    .transform = transform,
    .visit = visit,
    .prepare = prepare,
    .report = report,
    HN_GOLDEN({.dataset = "tabular/telco_churn/Telco-Customer-Churn.csv",
               .columns = "Contract,PaymentMethod,InternetService",
               .params = NULL,
               .metric = "columns",
               .value = 10,
               .tolerance = 0,
               .source = "scikit-learn 1.9.1, OneHotEncoder()"},
              {.dataset = "tabular/telco_churn/Telco-Customer-Churn.csv",
               .columns = "Contract,PaymentMethod,InternetService",
               .params = "{\"min_count\": 1600, \"drop\": \"first\"}",
               .metric = "columns",
               .value = 6,
               .tolerance = 0,
               .source = "scikit-learn 1.9.1, OneHotEncoder(min_frequency=1600, drop=first)"},
              {.dataset = "tabular/telco_churn/Telco-Customer-Churn.csv",
               .columns = "Contract,PaymentMethod,InternetService",
               .params = "{\"min_count\": 1600, \"drop\": \"first\"}",
               .metric = "sum",
               .value = 12468,
               .tolerance = 0,
               .source = "scikit-learn 1.9.1, OneHotEncoder(min_frequency=1600, drop=first)"}),
};
