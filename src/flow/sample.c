/* sample.c - rows through the same gate as a request's, answers compared bit by bit. */
#include "flow/sample.h"
#include "flow/score.h"
#include "table/write.h"
#include <string.h>

/* Whether a stored number is this one; what is not finite is stored as null. */
static bool is_same(hn_json *stored, double answer) {
    if (!isfinite(answer)) return yyjson_is_null(stored);
    double value = yyjson_get_num(stored);
    return yyjson_is_num(stored) && memcmp(&value, &answer, sizeof value) == 0;
}

hone_status hn_sample_check(hone_ctx *ctx, const hone_model *model, hn_json *sample,
                            int64_t *ret_rows, int64_t *ret_same) {
    HN_SCRATCH(ctx);
    hn_json *rows = yyjson_obj_get(sample, "rows"), *stored = yyjson_obj_get(sample, "answers");
    int64_t n = (int64_t)yyjson_arr_size(rows), same = 0;
    hn_table inputs;
    hn_answers answers;
    bool single;
    if (n > 0) {
        HN_TRY(hn_bind_json(ctx, model, rows, ctx->scratch, &inputs, &single));
        HN_TRY(hn_score(ctx, model, &inputs, ctx->scratch, &answers));
    }
    for (int64_t i = 0; i < n; i++) {
        hn_json *row = yyjson_arr_get(stored, (size_t)i);
        bool equal = yyjson_arr_size(row) == (size_t)answers.n_outputs;
        for (int32_t c = 0; equal && c < answers.n_outputs; c++)
            equal = is_same(yyjson_arr_get(row, (size_t)c), answers.out[i * answers.n_outputs + c]);
        same += equal;
    }
    *ret_rows = n;
    *ret_same = same;
    return HONE_OK;
}

static hone_status take_evenly(hone_ctx *ctx, const hn_table *x, int64_t n, hn_table *ret_rows) {
    int64_t *rows;
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, n));
    for (int64_t i = 0; i < n; i++) rows[i] = i * (x->n_rows / n);
    return hn_table_take(ctx, ctx->scratch, x, rows, n, ret_rows);
}

/* The rows as JSON, as a client would send them. */
static hone_status rows_as_json(hone_ctx *ctx, const hn_table *rows, hn_json **ret_json) {
    hn_str text;
    hn_str_init(&text, ctx, ctx->scratch);
    for (int64_t i = 0; i < rows->n_rows; i++) {
        hn_str_put_c(&text, i == 0 ? '[' : ',');
        hn_write_json_row(&text, rows, i);
    }
    hn_str_put_c(&text, ']');
    HN_TRY(hn_str_status(&text));
    return hn_json_read(ctx, ctx->scratch, text.text, text.length, "sample", ret_json);
}

hone_status hn_sample_make(hone_ctx *ctx, const hone_model *model, const hn_table *x, int64_t n,
                           hn_json_doc *doc, hn_json_mut **ret_sample) {
    HN_SCRATCH(ctx);
    *ret_sample = NULL;
    if (n > x->n_rows) n = x->n_rows;
    if (n == 0) return HONE_OK;
    hn_table rows;
    hn_answers answers;
    hn_json *written, *frozen;
    HN_TRY(take_evenly(ctx, x, n, &rows));
    HN_TRY(hn_score(ctx, model, &rows, ctx->scratch, &answers));
    HN_TRY(rows_as_json(ctx, &rows, &written));
    hn_json_mut *sample = yyjson_mut_obj(doc);
    yyjson_mut_obj_add_val(doc, sample, "rows", yyjson_val_mut_copy(doc, written));
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, sample, "answers");
    for (int64_t i = 0; i < n; i++) {
        hn_json_mut *row = yyjson_mut_arr_add_arr(doc, list);
        for (int32_t c = 0; c < answers.n_outputs; c++) {
            double answer = answers.out[i * answers.n_outputs + c];
            if (isfinite(answer))
                yyjson_mut_arr_add_real(doc, row, answer);
            else
                yyjson_mut_arr_add_null(doc, row);
        }
    }
    HN_TRY(hn_json_freeze(ctx, ctx->scratch, sample, &frozen));
    int64_t kept, same;
    hone_status status = hn_sample_check(ctx, model, frozen, &kept, &same);
    if (status == HONE_ERROR_MEMORY || status == HONE_ERROR_CANCELLED) return status;
    if (status == HONE_OK && same == n) *ret_sample = sample;
    return HONE_OK;
}
