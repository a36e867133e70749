/* encode.c - tables from categories to numbers; see encode.h. */
#include "ml/prep/encode.h"

#include "base/parallel.h"
#include <assert.h>
#include <string.h>

/* ---- fit ------------------------------------------------------------------------------------- */

hone_status hn_encode_init(hone_ctx *ctx, hn_arena *arena, const char *step, const hn_table *x,
                           int64_t k, int unknown, hn_encode_state *s) {
    s->n = x->n_columns;
    s->k = k;
    s->refuses = unknown == HN_UNSEEN_ERROR;
    HN_TRY(HN_NEW(ctx, arena, s->offset, s->n + 1));
    for (int32_t j = 0; j < s->n; j++) {
        HN_TRY(hn_need_category(ctx, step, &x->columns[j]));
        s->offset[j + 1] = s->offset[j] + x->columns[j].dictionary->n + 1;
    }
    HN_TRY(HN_NEW(ctx, arena, s->value, s->offset[s->n] * k));
    HN_TRY(HN_NEW(ctx, arena, s->seen, s->offset[s->n]));
    return HN_NEW(ctx, arena, s->unseen, s->n * k);
}

hone_status hn_encode_count(hone_ctx *ctx, const hn_column *column, const double *y,
                            const int32_t *fold, int32_t held, hn_encode_tally *ret_tally) {
    hn_encode_tally t = {.n = column->dictionary->n + 1};
    double *kept;
    HN_TRY(HN_SCRATCH_NEW(ctx, t.count, t.n));
    HN_TRY(HN_SCRATCH_NEW(ctx, t.sum, t.n));
    HN_TRY(HN_SCRATCH_NEW(ctx, t.spread, t.n));
    HN_TRY(HN_SCRATCH_NEW(ctx, kept, column->n + 1));
    for (int64_t i = 0; i < column->n; i++) {
        if (fold != NULL && fold[i] == held) continue;
        int64_t slot = hn_encode_slot(column, i);
        kept[t.rows++] = y[i];
        if (slot < 0) continue;
        t.count[slot]++;
        t.sum[slot] += y[i];
    }
    t.mean = t.rows > 0 ? hn_sum(kept, t.rows) / (double)t.rows : 0;
    for (int64_t i = 0; i < t.rows; i++) kept[i] = (kept[i] - t.mean) * (kept[i] - t.mean);
    t.variance = t.rows > 0 ? hn_sum(kept, t.rows) / (double)t.rows : 0;
    for (int64_t i = 0; i < column->n; i++) {
        int64_t slot = hn_encode_slot(column, i);
        if ((fold != NULL && fold[i] == held) || slot < 0) continue;
        double off = y[i] - t.sum[slot] / t.count[slot];
        t.spread[slot] += off * off;
    }
    for (int64_t slot = 0; slot < t.n; slot++) {
        if (!(t.count[slot] > 0)) continue;
        double off = t.sum[slot] / t.count[slot] - t.mean;
        t.seen++;
        t.distance += off * off;
    }
    *ret_tally = t;
    return HONE_OK;
}

hone_status hn_encode_target(hone_ctx *ctx, const hone_data *data, int64_t k, int64_t c,
                             double **ret_y) {
    double *y;
    int64_t n = data->x->n_rows;
    HN_TRY(HN_SCRATCH_NEW(ctx, y, n + 1));
    for (int64_t i = 0; i < n; i++) y[i] = k > 1 ? (data->y[i] == (double)c ? 1 : 0) : data->y[i];
    *ret_y = y;
    return HONE_OK;
}

typedef struct fit_job {
    const void *params;
    const hone_data *data;
    hn_encode_fn *fn;
    hn_encode_state *state;
    double prior;
    int unknown;
} fit_job;

static hone_status learn(hone_ctx *ctx, void *arg, int32_t j) {
    const fit_job *job = arg;
    hn_encode_state *s = job->state;
    const hn_column *column = &job->data->x->columns[j];
    for (int64_t c = 0; c < s->k; c++) {
        HN_SCRATCH(ctx);
        double *y, *value = s->value + s->offset[j] * s->k + c;
        hn_encode_tally t;
        HN_TRY(hn_encode_target(ctx, job->data, s->k, c, &y));
        HN_TRY(hn_encode_count(ctx, column, y, NULL, 0, &t));
        double other = isnan(job->prior) ? t.mean : job->prior;
        if (job->unknown == HN_UNSEEN_MISSING) other = (double)NAN;
        s->unseen[j * s->k + c] = other;
        for (int64_t slot = 0; slot < t.n; slot++) {
            s->seen[s->offset[j] + slot] = t.count[slot] > 0;
            value[slot * s->k] = t.count[slot] > 0 ? job->fn(job->params, &t, slot) : other;
        }
    }
    return HONE_OK;
}

hone_status hn_encode_fit(hone_ctx *ctx, const char *step, const void *params, int unknown,
                          const hone_data *data, hn_encode_fn *fn, double prior, hn_arena *arena,
                          hn_encode_state *state) {
    HN_TRY(hn_encode_init(ctx, arena, step, data->x, hn_encode_width(data), unknown, state));
    fit_job job = {.params = params,
                   .data = data,
                   .fn = fn,
                   .state = state,
                   .prior = prior,
                   .unknown = unknown};
    return hn_each_column(ctx, (int32_t)state->n, learn, &job);
}

/* ---- transform ------------------------------------------------------------------------------- */

hone_status hn_encode_columns(hone_ctx *ctx, const hn_encode_state *s, int64_t n_rows,
                              hn_arena *arena, double **ret_out, hn_table *ret_table) {
    hn_table out = {.n_rows = n_rows, .n_columns = (int32_t)(s->n * s->k)};
    double *values;
    HN_TRY(HN_NEW(ctx, arena, out.columns, out.n_columns + 1));
    HN_TRY(HN_NEW(ctx, arena, values, out.n_columns * n_rows + 1));
    for (int32_t j = 0; j < out.n_columns; j++)
        out.columns[j] = hn_column_of_f64(s->names[j], values + j * n_rows, n_rows);
    *ret_out = values;
    *ret_table = out;
    return HONE_OK;
}

typedef struct look_up_job {
    const hn_encode_state *state;
    const hn_table *x;
    double *out; /* [n * k, n_rows] */
} look_up_job;

static hone_status look_up(hone_ctx *ctx, void *arg, int32_t j, int64_t begin, int64_t end) {
    const look_up_job *job = arg;
    const hn_encode_state *s = job->state;
    const hn_column *column = &job->x->columns[j];
    int64_t k = s->k, n_rows = job->x->n_rows;
    const double *values = s->value + s->offset[j] * k;
    const uint8_t *seen = s->seen + s->offset[j];
    double *out = job->out + j * k * n_rows;
    int64_t missing = s->offset[j + 1] - s->offset[j] - 1;
    for (int64_t i = begin; i < end; i++) {
        int64_t slot = hn_encode_slot(column, i);
        bool known = slot >= 0 && seen[slot];
        if (!known && s->refuses && slot != missing)
            return hn_unseen_category(ctx, "encoding", column, i);
        const double *value = known ? values + slot * k : s->unseen + j * k;
        for (int64_t c = 0; c < k; c++) out[c * n_rows + i] = value[c];
    }
    return HONE_OK;
}

hone_status hn_encode_transform(hone_ctx *ctx, const void *state, const hn_table *x,
                                hn_arena *arena, hn_table *ret_out) {
    const hn_encode_state *s = state;
    assert(x->n_columns == s->n && s->names != NULL);
    look_up_job job = {.state = s, .x = x};
    hn_table out;
    HN_TRY(hn_encode_columns(ctx, s, x->n_rows, arena, &job.out, &out));
    HN_TRY(hn_each_cells(ctx, x->n_columns, x->n_rows, look_up, &job));
    *ret_out = out;
    return HONE_OK;
}

/* ---- keeping --------------------------------------------------------------------------------- */

enum { MOST_CLASSES = 1 << 20 };

hone_status hn_encode_visit(hn_visitor *v, void *state) {
    hn_encode_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n));
    HN_TRY(hn_visit(v, "k", &s->k));
    HN_TRY(hn_visit(v, "refuses", &s->refuses));
    HN_TRY(hn_visit_check(v,
                          s->n >= 0 && s->k >= 1 && s->k <= MOST_CLASSES &&
                              s->n < INT32_MAX / s->k && (s->refuses == 0 || s->refuses == 1),
                          "encoding: numbers of columns"));
    HN_TRY(hn_visit(v, "offset", &s->offset, s->n + 1));
    HN_TRY(hn_visit_check(v, s->offset[0] == 0, "encoding: offset"));
    for (int64_t j = 0; j < s->n; j++)
        HN_TRY(hn_visit_check(
            v, s->offset[j + 1] > s->offset[j] && s->offset[j + 1] < INT64_MAX / 16 / s->k,
            "encoding: offset"));
    HN_TRY(hn_visit(v, "value", &s->value, s->offset[s->n], s->k));
    HN_TRY(hn_visit(v, "seen", &s->seen, s->offset[s->n]));
    return hn_visit(v, "unseen", &s->unseen, s->n, s->k);
}

hone_status hn_encode_prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    static const hn_slice nothing = {"", 0};
    hn_encode_state *s = state;
    const char **names;
    HN_TRY(hn_prepare_check(ctx, "encoding", schema->n_columns == s->n));
    HN_TRY(HN_NEW(ctx, arena, names, s->n * s->k + 1));
    HN_SCRATCH(ctx);
    hn_namer namer;
    HN_TRY(hn_namer_init(&namer, ctx, arena, NULL));
    for (int32_t j = 0; j < s->n; j++) {
        const hn_column *column = &schema->columns[j];
        HN_TRY(hn_prepare_check(ctx, "encoding",
                                column->type == HN_CATEGORY && column->dictionary != NULL &&
                                    column->dictionary->n + 1 == s->offset[j + 1] - s->offset[j]));
        for (int64_t c = 0; c < s->k; c++) {
            char digits[24];
            hn_slice number = {digits, s->k > 1 ? hn_format_int(c, digits) : 0};
            HN_TRY(hn_namer_make(&namer, column->name, s->k > 1 ? "_" : "",
                                 s->k > 1 ? number : nothing, &names[j * s->k + c]));
        }
    }
    s->names = names;
    return HONE_OK;
}

/* A column of many categories says how many. */
enum { SHOWN = 50 };

hone_status hn_encode_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                             hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    const hn_encode_state *s = state;
    hn_json_mut *columns = yyjson_mut_obj_add_obj(doc, object, "columns");
    for (int32_t j = 0; j < s->n; j++) {
        hn_json_mut *one = yyjson_mut_obj(doc), *values = yyjson_mut_obj(doc);
        int64_t n = s->offset[j + 1] - s->offset[j], seen = 0;
        for (int64_t slot = 0; slot < n; slot++) {
            int64_t at = s->offset[j] + slot;
            if (!s->seen[at] || ++seen > SHOWN) continue;
            hn_slice text = {"", 0};
            if (slot + 1 < n)
                text = hn_dictionary_text(schema->columns[j].dictionary, (int32_t)slot);
            yyjson_mut_obj_add(
                values, yyjson_mut_strncpy(doc, text.text, text.length),
                s->k == 1 ? yyjson_mut_real(doc, s->value[at])
                          : yyjson_mut_arr_with_real(doc, s->value + at * s->k, (size_t)s->k));
        }
        yyjson_mut_obj_add_int(doc, one, "categories", seen);
        yyjson_mut_obj_add_val(doc, one, "values", values);
        yyjson_mut_obj_add(columns, yyjson_mut_strcpy(doc, schema->columns[j].name), one);
    }
    return HONE_OK;
}
