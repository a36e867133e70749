/* base_n.c - each category becomes the digits of its number: few columns for many categories. */
#include "ml/prep/prep.h"

#include <assert.h>

typedef struct base_params {
    int64_t base;
} base_params;

static const hone_param params[] = {
    HN_PARAM(base_params, base, .def = "2", .range = "[2, 36]",
             .doc = "The base of the digits; 2 gives columns of 0 and 1.", .search = "{2, 3, 4}"),
};

typedef struct base_state {
    int64_t n, base;
    int64_t *offset; /* [n + 1] of each column's slots: its codes, then what is missing */
    int64_t *number; /* [offset[n]] from 1 in order of appearance; 0: not seen */
    int64_t *digits; /* [n] output columns */
    /* made in prepare */
    int32_t n_out;
    int32_t *first; /* [n] */
    const char **names;
} base_state;

static int64_t slot_of(const hn_column *column, int64_t i) {
    if (hn_column_is_null(column, i)) return column->dictionary->n;
    int32_t code = hn_column_code(column, i);
    return code == HN_UNKNOWN ? -1 : code;
}

static hone_status fit(hone_ctx *ctx, const void *params_, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    const base_params *p = params_;
    base_state *s = ret_state;
    s->n = data->x->n_columns;
    s->base = p->base;
    HN_TRY(HN_NEW(ctx, arena, s->offset, s->n + 1));
    HN_TRY(HN_NEW(ctx, arena, s->digits, s->n));
    for (int32_t j = 0; j < s->n; j++) {
        HN_TRY(hn_need_category(ctx, "base_n", &data->x->columns[j]));
        s->offset[j + 1] = s->offset[j] + data->x->columns[j].dictionary->n + 1;
    }
    HN_TRY(HN_NEW(ctx, arena, s->number, s->offset[s->n]));
    for (int32_t j = 0; j < s->n; j++) {
        const hn_column *column = &data->x->columns[j];
        int64_t next = 0, *number = s->number + s->offset[j];
        for (int64_t i = 0; i < column->n; i++) {
            int64_t slot = slot_of(column, i);
            if (slot >= 0 && number[slot] == 0) number[slot] = ++next;
        }
        /* Digits for 0 .. next. */
        int64_t most = 1;
        for (s->digits[j] = 0; most < next + 1; most *= s->base) s->digits[j]++;
        if (s->digits[j] == 0) s->digits[j] = 1;
    }
    return HONE_OK;
}

typedef struct digits_job {
    const base_state *state;
    const hn_table *x;
    double *out; /* [n_out, n_rows] */
} digits_job;

static hone_status write_digits(hone_ctx *ctx, void *arg, int32_t j, int64_t begin, int64_t end) {
    (void)ctx;
    const digits_job *job = arg;
    const base_state *s = job->state;
    int64_t n_rows = job->x->n_rows;
    for (int64_t i = begin; i < end; i++) {
        int64_t slot = slot_of(&job->x->columns[j], i);
        int64_t number = slot < 0 ? 0 : s->number[s->offset[j] + slot];
        for (int64_t d = s->digits[j] - 1; d >= 0; d--, number /= s->base)
            job->out[(s->first[j] + d) * n_rows + i] = (double)(number % s->base);
    }
    return HONE_OK;
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const base_state *s = state;
    assert(x->n_columns == s->n && s->names != NULL);
    digits_job job = {.state = s, .x = x};
    hn_table out = {.n_rows = x->n_rows, .n_columns = s->n_out};
    HN_TRY(HN_NEW(ctx, arena, out.columns, s->n_out + 1));
    HN_TRY(HN_NEW(ctx, arena, job.out, s->n_out * x->n_rows + 1));
    for (int32_t k = 0; k < s->n_out; k++)
        out.columns[k] = hn_column_of_f64(s->names[k], job.out + k * x->n_rows, x->n_rows);
    HN_TRY(hn_each_cells(ctx, x->n_columns, x->n_rows, write_digits, &job));
    *ret_out = out;
    return HONE_OK;
}

static hone_status visit(hn_visitor *v, void *state) {
    base_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n));
    HN_TRY(hn_visit(v, "base", &s->base));
    HN_TRY(hn_visit_check(v, s->n >= 0 && s->n < INT32_MAX / 64 && s->base >= 2 && s->base <= 36,
                          "base_n: number of columns"));
    HN_TRY(hn_visit(v, "offset", &s->offset, s->n + 1));
    HN_TRY(hn_visit_check(v, s->offset[0] == 0, "base_n: offset"));
    for (int64_t j = 0; j < s->n; j++)
        HN_TRY(hn_visit_check(v, s->offset[j + 1] > s->offset[j], "base_n: offset"));
    HN_TRY(hn_visit(v, "number", &s->number, s->offset[s->n]));
    HN_TRY(hn_visit(v, "digits", &s->digits, s->n));
    for (int64_t j = 0; j < s->n; j++)
        HN_TRY(hn_visit_check(v, s->digits[j] >= 1 && s->digits[j] <= 63, "base_n: digits"));
    for (int64_t i = 0; i < s->offset[s->n]; i++)
        HN_TRY(hn_visit_check(v, s->number[i] >= 0, "base_n: number"));
    return HONE_OK;
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    base_state *s = state;
    int64_t n_out = 0;
    HN_TRY(hn_prepare_check(ctx, "base_n", schema->n_columns == s->n));
    HN_TRY(HN_NEW(ctx, arena, s->first, s->n + 1));
    for (int32_t j = 0; j < s->n; j++) {
        const hn_column *column = &schema->columns[j];
        HN_TRY(hn_prepare_check(ctx, "base_n",
                                column->type == HN_CATEGORY && column->dictionary != NULL &&
                                    column->dictionary->n + 1 == s->offset[j + 1] - s->offset[j]));
        s->first[j] = (int32_t)n_out;
        n_out += s->digits[j];
    }
    HN_TRY(HN_NEW(ctx, arena, s->names, n_out + 1));
    HN_SCRATCH(ctx);
    hn_namer namer;
    HN_TRY(hn_namer_init(&namer, ctx, arena, NULL));
    for (int32_t j = 0; j < s->n; j++)
        for (int64_t d = 0; d < s->digits[j]; d++) {
            char text[24];
            hn_slice number = {text, hn_format_int(d, text)};
            HN_TRY(hn_namer_make(&namer, schema->columns[j].name, "_", number,
                                 &s->names[s->first[j] + d]));
        }
    s->n_out = (int32_t)n_out;
    return HONE_OK;
}

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    const base_state *s = state;
    hn_json_mut *columns = yyjson_mut_obj_add_obj(doc, object, "columns");
    for (int32_t j = 0; j < s->n; j++)
        yyjson_mut_obj_add(columns, yyjson_mut_strcpy(doc, schema->columns[j].name),
                           yyjson_mut_int(doc, s->digits[j]));
    return HONE_OK;
}

const hone_estimator hn_base_n = {
    .name = "base_n",
    .title = "Categories by the digits of their number",
    .class_names = "BaseNEncoder",
    .family = "prep",
    .doc = "Numbers the categories in the order in which they appear, and turns each into the "
           "digits of its number: ten columns hold a thousand categories in base 2. What training "
           "did not have is 0.",
    .tasks = HN_TASK_NONE,
    .can = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_CATEGORY_ONLY,
    .params = HN_PARAMS(base_params, params),
    .state_size = sizeof(base_state),
    .fit = fit,
    .transform = transform,
    .visit = visit,
    .prepare = prepare,
    .report = report,
    HN_GOLDEN({.dataset = "tabular/telco_churn/Telco-Customer-Churn.csv",
               .columns = "Contract,PaymentMethod,InternetService",
               .params = NULL,
               .metric = "sum",
               .value = 25894,
               .tolerance = 0,
               .source = "category_encoders 2.11.2, BinaryEncoder()"}),
};
