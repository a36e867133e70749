/* sample.c - made rows through the same gate as a request's, answers compared bit by bit. */
#include "flow/sample.h"
#include "base/rng.h"
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

/* ---- made rows -------------------------------------------------------------------------------- */

static hone_status put_number(hn_builder *builder, hn_type type, const hn_column_profile *profile,
                              hn_rng *rng) {
    double value = profile->min + hn_rng_uniform(rng) * (profile->max - profile->min);
    if (!isfinite(value)) return hn_builder_null(builder);
    if (type == HN_F32) value = (float)value;
    if (type == HN_F64 || type == HN_F32) return hn_builder_double(builder, value);
    return hn_builder_int(builder, (int64_t)round(value));
}

/* n values such as the column has: numbers between its bounds, categories it knows, gaps where it has some.
 * Free texts are left out. */
static hone_status make_column(hone_ctx *ctx, const hn_column *like,
                               const hn_column_profile *profile, int32_t place, int64_t n,
                               hn_column *ret_column) {
    enum { GAPS = 5 }; /* one value in so many is missing */
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("sample", (uint64_t)place));
    hn_builder *builder;
    bool texts = like->type == HN_STRING;
    HN_TRY(hn_builder_new(ctx, ctx->scratch, like->name, like->type, &builder));
    for (int64_t i = 0; i < n; i++) {
        bool gap = profile->n_missing > 0 && hn_rng_below(&rng, GAPS) == 0;
        if (gap || texts || (like->type == HN_CATEGORY && like->dictionary->n == 0)) {
            HN_TRY(hn_builder_null(builder));
        } else if (like->type == HN_CATEGORY) {
            int32_t code = (int32_t)hn_rng_below(&rng, like->dictionary->n);
            HN_TRY(hn_builder_text(builder, hn_dictionary_text(like->dictionary, code)));
        } else {
            HN_TRY(put_number(builder, like->type, profile, &rng));
        }
    }
    return hn_builder_finish(builder, ret_column);
}

static hone_status make_rows(hone_ctx *ctx, const hn_profiled *like, int64_t n,
                             hn_table *ret_rows) {
    hn_table rows = {.n_rows = n, .n_columns = like->table->n_columns};
    HN_TRY(HN_SCRATCH_NEW(ctx, rows.columns, rows.n_columns + 1));
    for (int32_t j = 0; j < rows.n_columns; j++)
        HN_TRY(
            make_column(ctx, &like->table->columns[j], &like->profiles[j], j, n, &rows.columns[j]));
    *ret_rows = rows;
    return HONE_OK;
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

hone_status hn_sample_answer(hone_ctx *ctx, const hone_model *model, hn_json *written,
                             hn_json_doc *doc, hn_json_mut **ret_sample) {
    HN_SCRATCH(ctx);
    hn_table inputs;
    hn_answers answers;
    bool single;
    HN_TRY(hn_bind_json(ctx, model, written, ctx->scratch, &inputs, &single));
    HN_TRY(hn_score(ctx, model, &inputs, ctx->scratch, &answers));
    hn_json_mut *sample = yyjson_mut_obj(doc);
    yyjson_mut_obj_add_val(doc, sample, "rows", yyjson_val_mut_copy(doc, written));
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, sample, "answers");
    for (int64_t i = 0; i < answers.n; i++) {
        hn_json_mut *row = yyjson_mut_arr_add_arr(doc, list);
        for (int32_t c = 0; c < answers.n_outputs; c++) {
            double answer = answers.out[i * answers.n_outputs + c];
            if (isfinite(answer))
                yyjson_mut_arr_add_real(doc, row, answer);
            else
                yyjson_mut_arr_add_null(doc, row);
        }
    }
    *ret_sample = sample;
    return HONE_OK;
}

hone_status hn_sample_make(hone_ctx *ctx, const hone_model *model, const hn_profiled *like,
                           int64_t n, hn_json_doc *doc, hn_json_mut **ret_sample) {
    HN_SCRATCH(ctx);
    *ret_sample = NULL;
    if (n == 0) return HONE_OK;
    hn_table rows;
    hn_json *written, *frozen;
    hn_json_mut *sample;
    int64_t kept = 0, same = -1;
    HN_TRY(make_rows(ctx, like, n, &rows));
    HN_TRY(rows_as_json(ctx, &rows, &written));
    hone_status status = hn_sample_answer(ctx, model, written, doc, &sample);
    if (status == HONE_OK) status = hn_json_freeze(ctx, ctx->scratch, sample, &frozen);
    if (status == HONE_OK) status = hn_sample_check(ctx, model, frozen, &kept, &same);
    if (status == HONE_ERROR_MEMORY || status == HONE_ERROR_CANCELLED) return status;
    if (status == HONE_OK && same == kept) *ret_sample = sample;
    return HONE_OK;
}
