/* sampling.c - see sampling.h. */
#include "ml/sampling/sampling.h"

/* ---- state ----------------------------------------------------------------------------------- */

hone_status hn_sampler_fit(hone_ctx *ctx, const void *params, const hone_data *data,
                           hn_arena *arena, void *state) {
    (void)params;
    hn_sampler_state *s = state;
    s->n_features = data->x->n_columns;
    s->n_classes = data->n_classes;
    s->rows_before = s->rows_after = data->x->n_rows;
    HN_TRY(HN_NEW(ctx, arena, s->before, s->n_classes + 1));
    HN_TRY(HN_NEW(ctx, arena, s->after, s->n_classes + 1));
    for (int64_t i = 0; s->n_classes > 0 && i < data->x->n_rows; i++)
        s->before[(int32_t)data->y[i]]++;
    for (int64_t c = 0; c < s->n_classes; c++) s->after[c] = s->before[c];
    return HONE_OK;
}

void hn_sampler_made(const hone_data *data, const hn_resampled *rows, hn_sampler_state *s) {
    s->rows_after = rows->n;
    for (int64_t c = 0; c < s->n_classes; c++) s->after[c] = 0;
    for (int64_t i = 0; s->n_classes > 0 && i < rows->n; i++)
        s->after[(int32_t)data->y[rows->source ? rows->source[i] : i]]++;
}

hone_status hn_sampler_pass(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                            hn_table *ret_out) {
    (void)ctx;
    (void)state;
    (void)arena;
    *ret_out = *x;
    return HONE_OK;
}

hone_status hn_sampler_pass_numbers(hone_ctx *ctx, const void *state, const hn_table *x,
                                    hn_arena *arena, hn_table *ret_out) {
    (void)state;
    hn_table out = {.n_rows = x->n_rows, .n_columns = x->n_columns};
    HN_TRY(HN_NEW(ctx, arena, out.columns, x->n_columns + 1));
    for (int32_t j = 0; j < x->n_columns; j++) {
        double *values;
        out.columns[j] = x->columns[j];
        if (x->columns[j].type == HN_F64) continue;
        HN_TRY(HN_NEW(ctx, arena, values, x->n_rows + 1));
        hn_column_doubles(&x->columns[j], 0, x->n_rows, values, 1);
        out.columns[j] = hn_column_of_f64(x->columns[j].name, values, x->n_rows);
    }
    *ret_out = out;
    return HONE_OK;
}

hone_status hn_sampler_visit(hn_visitor *v, void *state) {
    hn_sampler_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n_features));
    HN_TRY(hn_visit(v, "n_classes", &s->n_classes));
    HN_TRY(hn_visit(v, "rows_before", &s->rows_before));
    HN_TRY(hn_visit(v, "rows_after", &s->rows_after));
    HN_TRY(hn_visit_check(v,
                          s->n_features >= 0 && s->n_features <= INT32_MAX && s->n_classes >= 0 &&
                              s->n_classes <= INT32_MAX && s->rows_before >= 0 &&
                              s->rows_after >= 0,
                          "sampler: numbers of columns, classes and rows"));
    HN_TRY(hn_visit(v, "before", &s->before, s->n_classes));
    return hn_visit(v, "after", &s->after, s->n_classes);
}

hone_status hn_sampler_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                               const hn_table *schema) {
    (void)arena;
    const hn_sampler_state *s = state;
    return schema->n_columns == s->n_features
               ? HONE_OK
               : hn_fail(ctx, HONE_ERROR_FORMAT,
                         "a sampler was fitted on %lld columns, not on %d; the file is damaged",
                         (long long)s->n_features, (int)schema->n_columns);
}

hone_status hn_sampler_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                              hn_json_doc *doc, hn_json_mut *object) {
    (void)schema;
    const hn_sampler_state *s = state;
    bool ok = yyjson_mut_obj_add_int(doc, object, "rows_before", s->rows_before) &&
              yyjson_mut_obj_add_int(doc, object, "rows_after", s->rows_after);
    if (ok && s->n_classes > 0)
        ok =
            yyjson_mut_obj_add_val(
                doc, object, "before",
                yyjson_mut_arr_with_sint64(doc, s->before, (size_t)s->n_classes)) &&
            yyjson_mut_obj_add_val(doc, object, "after",
                                   yyjson_mut_arr_with_sint64(doc, s->after, (size_t)s->n_classes));
    return ok ? HONE_OK : hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory telling of a sampler");
}

/* ---- how many -------------------------------------------------------------------------------- */

/* The smallest (largest) class that has a row, the first of equals. */
static int64_t extreme(int64_t n_classes, const int64_t *count, bool largest) {
    int64_t best = -1;
    for (int64_t c = 0; c < n_classes; c++)
        if (count[c] > 0 &&
            (best < 0 || (largest ? count[c] > count[best] : count[c] < count[best])))
            best = c;
    return best;
}

bool hn_sample_means(double strategy, int64_t n_classes, const int64_t *count, int64_t c,
                     double automatic) {
    if (strategy == HN_SAMPLE_AUTO) strategy = automatic;
    bool smallest = c == extreme(n_classes, count, false);
    bool largest = c == extreme(n_classes, count, true);
    if (strategy == HN_SAMPLE_MINORITY) return smallest;
    if (strategy == HN_SAMPLE_MAJORITY) return largest;
    if (strategy == HN_SAMPLE_NOT_MINORITY) return !smallest;
    if (strategy == HN_SAMPLE_NOT_MAJORITY) return !largest;
    return true;
}

static hone_status two_only(hone_ctx *ctx, const char *step, double strategy, int64_t n_classes,
                            const int64_t *count) {
    int64_t there = 0;
    for (int64_t c = 0; c < n_classes; c++) there += count[c] > 0;
    if (strategy < 0 || there <= 2) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "sampling_strategy"),
                      "%s: 'sampling_strategy' is a ratio of two classes, and here are %lld; name "
                      "the classes by a word such as auto",
                      step, (long long)there);
}

static hone_status wrong_way(hone_ctx *ctx, const char *step, double strategy, double now) {
    return hn_fail_at(
        ctx, HONE_ERROR_DATA, HN_AT(.param = "sampling_strategy"),
        "%s: there are already %.4g rows of the smaller class for each of the larger, "
        "so 'sampling_strategy' %g asks for the other way round; set it higher",
        step, now, strategy);
}

hone_status hn_sample_to_add(hone_ctx *ctx, const char *step, double strategy, int64_t n_classes,
                             const int64_t *count, int64_t *ret_add) {
    HN_TRY(two_only(ctx, step, strategy, n_classes, count));
    int64_t largest = extreme(n_classes, count, true), smallest = extreme(n_classes, count, false);
    for (int64_t c = 0; c < n_classes; c++) {
        ret_add[c] = 0;
        if (count[c] == 0) continue;
        double most = (double)count[largest];
        if (strategy < 0) {
            if (hn_sample_means(strategy, n_classes, count, c, HN_SAMPLE_NOT_MAJORITY))
                ret_add[c] = count[largest] - count[c];
        } else if (c == smallest && c != largest) {
            if (most * strategy < (double)count[c])
                return wrong_way(ctx, step, strategy, (double)count[c] / most);
            ret_add[c] = (int64_t)(most * strategy - (double)count[c]);
        }
    }
    return HONE_OK;
}

hone_status hn_sample_to_keep(hone_ctx *ctx, const char *step, double strategy, int64_t n_classes,
                              const int64_t *count, int64_t *ret_keep) {
    HN_TRY(two_only(ctx, step, strategy, n_classes, count));
    int64_t largest = extreme(n_classes, count, true), smallest = extreme(n_classes, count, false);
    for (int64_t c = 0; c < n_classes; c++) {
        ret_keep[c] = count[c];
        if (count[c] == 0) continue;
        double least = (double)count[smallest];
        if (strategy < 0) {
            if (hn_sample_means(strategy, n_classes, count, c, HN_SAMPLE_NOT_MINORITY))
                ret_keep[c] = count[smallest];
        } else if (c == largest && c != smallest) {
            if (least / strategy > (double)count[c])
                return wrong_way(ctx, step, strategy, least / (double)count[c]);
            ret_keep[c] = (int64_t)(least / strategy);
        }
    }
    return HONE_OK;
}

hone_status hn_rows_of_class(hone_ctx *ctx, hn_arena *arena, const hone_data *data, int64_t c,
                             hn_rows *ret_rows) {
    int64_t n = 0;
    hn_rows rows = {.n = 0};
    for (int64_t i = 0; i < data->x->n_rows; i++) n += data->y[i] == (double)c;
    HN_TRY(HN_NEW(ctx, arena, rows.rows, n + 1));
    for (int64_t i = 0; i < data->x->n_rows; i++)
        if (data->y[i] == (double)c) rows.rows[rows.n++] = i;
    *ret_rows = rows;
    return HONE_OK;
}
