/* ordinal.c - each category becomes a number: its place among those seen in training, or in a list.
 */
#include "ml/prep/prep.h"

#include <assert.h>
#include <string.h>

typedef struct ordinal_params {
    hn_texts order;
    int unknown;
} ordinal_params;

enum { UNKNOWN_MINUS_ONE, UNKNOWN_MISSING, UNKNOWN_ERROR };

static const hone_param params[] = {
    HN_PARAM(ordinal_params, order,
             .doc = "The categories from lowest to highest; none given: those seen, by text."),
    HN_PARAM(ordinal_params, unknown, .def = "minus_one", .aliases = HN_CHOICES("handle_unknown"),
             .choices = HN_CHOICES("minus_one", "missing", "error"),
             .doc = "A category not seen in training (or not in order): becomes -1, a missing "
                    "value, or is an error."),
};

typedef struct ordinal_state {
    int64_t n;
    int64_t *offset; /* [n + 1] of each column's codes in value */
    double *value;   /* [offset[n]] number of a code; -1: unseen */
    int32_t unknown;
} ordinal_state;

/* ---- fit ------------------------------------------------------------------------------------- */

static hone_status mark_seen(hone_ctx *ctx, const hn_column *column, uint8_t **ret_seen) {
    uint8_t *seen;
    HN_TRY(HN_SCRATCH_NEW(ctx, seen, column->dictionary->n + 1));
    for (int64_t i = 0; i < column->n; i++) {
        int32_t code = hn_column_code(column, i);
        if (!hn_column_is_null(column, i) && code != HN_UNKNOWN) seen[code] = 1;
    }
    *ret_seen = seen;
    return HONE_OK;
}

static double place_in(const hn_texts *order, hn_slice text) {
    for (int64_t i = 0; i < order->n; i++)
        if (strlen(order->items[i]) == text.length &&
            memcmp(order->items[i], text.text, text.length) == 0)
            return (double)i;
    return -1;
}

static hone_status learn(hone_ctx *ctx, const ordinal_params *p, const hn_column *column,
                         double *value) {
    HN_SCRATCH(ctx);
    uint8_t *seen;
    int64_t next = 0;
    HN_TRY(mark_seen(ctx, column, &seen));
    for (int32_t code = 0; code < column->dictionary->n; code++) {
        hn_slice text = hn_dictionary_text(column->dictionary, code);
        if (p->order.n == 0)
            value[code] = seen[code] ? (double)next++ : -1;
        else
            value[code] = place_in(&p->order, text);
        if (p->order.n > 0 && seen[code] && value[code] < 0 && p->unknown == UNKNOWN_ERROR)
            return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = column->name, .param = "order"),
                              "ordinal: column '%s' holds the category '%.*s', which 'order' does "
                              "not name; add it, or "
                              "set unknown to minus_one or missing",
                              column->name, (int)text.length, text.text);
    }
    return HONE_OK;
}

static hone_status fit(hone_ctx *ctx, const void *params_, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    ordinal_state *s = ret_state;
    const ordinal_params *p = params_;
    s->n = data->x->n_columns;
    s->unknown = p->unknown;
    HN_TRY(HN_NEW(ctx, arena, s->offset, s->n + 1));
    for (int32_t j = 0; j < s->n; j++) {
        HN_TRY(hn_need_category(ctx, "ordinal", &data->x->columns[j]));
        s->offset[j + 1] = s->offset[j] + data->x->columns[j].dictionary->n;
    }
    HN_TRY(HN_NEW(ctx, arena, s->value, s->offset[s->n]));
    for (int32_t j = 0; j < s->n; j++)
        HN_TRY(learn(ctx, p, &data->x->columns[j], s->value + s->offset[j]));
    return HONE_OK;
}

/* ---- transform ------------------------------------------------------------------------------- */

typedef struct number_job {
    const ordinal_state *state;
    const hn_table *x;
    double *out; /* [n, n_rows] */
} number_job;

static hone_status number_cells(hone_ctx *ctx, void *arg, int32_t j, int64_t begin, int64_t end) {
    const number_job *job = arg;
    const ordinal_state *s = job->state;
    const hn_column *column = &job->x->columns[j];
    const double *values = s->value + s->offset[j];
    double *out = job->out + j * job->x->n_rows;
    for (int64_t i = begin; i < end; i++) {
        int32_t code = hn_column_code(column, i);
        double value = -1;
        if (hn_column_is_null(column, i))
            value = (double)NAN;
        else if (code != HN_UNKNOWN)
            value = values[code];
        if (value == -1 && s->unknown == UNKNOWN_ERROR)
            return hn_unseen_category(ctx, "ordinal", column, i);
        out[i] = value == -1 && s->unknown == UNKNOWN_MISSING ? (double)NAN : value;
    }
    return HONE_OK;
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const ordinal_state *s = state;
    assert(x->n_columns == s->n);
    number_job job = {.state = s, .x = x};
    hn_table out = {.n_rows = x->n_rows, .n_columns = x->n_columns};
    HN_TRY(HN_NEW(ctx, arena, out.columns, s->n + 1));
    HN_TRY(HN_NEW(ctx, arena, job.out, s->n * x->n_rows + 1));
    for (int32_t j = 0; j < s->n; j++)
        out.columns[j] = hn_column_of_f64(x->columns[j].name, job.out + j * x->n_rows, x->n_rows);
    HN_TRY(hn_each_cells(ctx, x->n_columns, x->n_rows, number_cells, &job));
    *ret_out = out;
    return HONE_OK;
}

/* ---- keeping --------------------------------------------------------------------------------- */

static hone_status visit(hn_visitor *v, void *state) {
    ordinal_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n));
    HN_TRY(hn_visit_check(v, s->n >= 0 && s->n < INT32_MAX, "ordinal: number of columns"));
    HN_TRY(hn_visit(v, "unknown", &s->unknown));
    HN_TRY(hn_visit_check(v, s->unknown >= 0 && s->unknown <= UNKNOWN_ERROR, "ordinal: unknown"));
    HN_TRY(hn_visit(v, "offset", &s->offset, s->n + 1));
    HN_TRY(hn_visit_check(v, s->offset[0] == 0, "ordinal: offset"));
    for (int64_t j = 0; j < s->n; j++)
        HN_TRY(hn_visit_check(v, s->offset[j + 1] >= s->offset[j], "ordinal: offset"));
    return hn_visit(v, "value", &s->value, s->offset[s->n]);
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    (void)arena;
    const ordinal_state *s = state;
    HN_TRY(hn_prepare_check(ctx, "ordinal", schema->n_columns == s->n));
    for (int32_t j = 0; j < s->n; j++) {
        const hn_column *column = &schema->columns[j];
        HN_TRY(hn_prepare_check(ctx, "ordinal",
                                column->type == HN_CATEGORY && column->dictionary != NULL &&
                                    column->dictionary->n == s->offset[j + 1] - s->offset[j]));
    }
    return HONE_OK;
}

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    const ordinal_state *s = state;
    hn_json_mut *columns = yyjson_mut_obj_add_obj(doc, object, "columns");
    for (int32_t j = 0; j < s->n; j++) {
        hn_json_mut *codes = yyjson_mut_obj(doc);
        for (int64_t i = s->offset[j]; i < s->offset[j + 1]; i++) {
            if (s->value[i] < 0) continue;
            hn_slice text =
                hn_dictionary_text(schema->columns[j].dictionary, (int32_t)(i - s->offset[j]));
            yyjson_mut_obj_add(codes, yyjson_mut_strncpy(doc, text.text, text.length),
                               yyjson_mut_int(doc, (int64_t)s->value[i]));
        }
        yyjson_mut_obj_add(columns, yyjson_mut_strcpy(doc, schema->columns[j].name), codes);
    }
    return HONE_OK;
}

static hone_status attributes(hn_visitor *v, const void *state, const hn_shown *shown) {
    const ordinal_params *p = shown->params;
    const ordinal_state *s = state;
    const char **order = p->order.items;
    if (p->order.n == 0) return hn_show_categories(v, shown->schema);
    for (int64_t j = 0; j < s->n; j++) {
        char name[32];
        snprintf(name, sizeof name, "categories.%lld", (long long)j);
        HN_TRY(hn_visit_texts(v, name, &order, p->order.n));
    }
    return HONE_OK;
}

const hone_estimator hn_ordinal = {
    .name = "ordinal",
    .title = "One number per category",
    .class_names = "OrdinalEncoder",
    .family = "prep",
    .also = "label_encode label_encoder",
    .doc =
        "Turns each category into a whole number from 0: its place in a given order, or among the "
        "categories seen "
        "in training. For categories that have an order, or models that cut numbers at thresholds.",
    .tasks = HN_TASK_NONE,
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_CATEGORY_ONLY,
    .attributes = attributes,
    .params = HN_PARAMS(ordinal_params, params),
    .state_size = sizeof(ordinal_state),
    .fit = fit,
    .transform = transform,
    .visit = visit,
    .prepare = prepare,
    .report = report,
    HN_GOLDEN({.dataset = "tabular/telco_churn/Telco-Customer-Churn.csv",
               .columns = "Contract,PaymentMethod,InternetService",
               .params = NULL,
               .metric = "sum",
               .value = 22099,
               .tolerance = 0,
               .source = "scikit-learn 1.9.1, OrdinalEncoder()"}),
};
