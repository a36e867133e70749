/* fuzz_model.c - model files from strangers: loading one, describing it and predicting with it must end in an
 * answer or a refusal. Seeds are small models of every sort of stage. */
#include "flow/score.h"
#include <stdlib.h>
#include <string.h>

/* Three rows that fit whatever schema the file claims: missing, ordinary, far out. */
static hone_status make_rows(hone_ctx *ctx, const hone_model *model, hn_table *ret_rows) {
    const hn_table *schema = &model->schema;
    hn_table rows = {.n_rows = 3, .n_columns = schema->n_columns};
    HN_TRY(HN_NEW(ctx, ctx->scratch, rows.columns, schema->n_columns + 1));
    for (int32_t j = 0; j < schema->n_columns; j++) {
        hn_builder *builder;
        const hn_column *column = &schema->columns[j];
        HN_TRY(hn_builder_new(ctx, ctx->scratch, column->name,
                              hn_type_is_numeric(column->type) ? HN_F64 : HN_STRING, &builder));
        HN_TRY(hn_builder_null(builder));
        if (hn_type_is_numeric(column->type)) {
            HN_TRY(hn_builder_double(builder, 1));
            HN_TRY(hn_builder_double(builder, column->type == HN_BOOL ? 0 : -1e300));
        } else {
            hn_slice known = {"a", 1};
            if (column->dictionary != NULL && column->dictionary->n > 0)
                known = hn_dictionary_text(column->dictionary, column->dictionary->n - 1);
            if (column->type == HN_TIME) known = (hn_slice){"2024-05-01", 10};
            HN_TRY(hn_builder_text(builder, known));
            HN_TRY(hn_builder_text(builder,
                                   column->type == HN_TIME ? known : (hn_slice){"never seen", 10}));
        }
        HN_TRY(hn_builder_finish(builder, &rows.columns[j]));
    }
    *ret_rows = rows;
    return HONE_OK;
}

static hone_status use(hone_ctx *ctx, const hone_model *model) {
    HN_SCRATCH(ctx);
    hn_table rows, inputs;
    hn_answers answers;
    char *json;
    HN_TRY(hone_model_describe(ctx, model, &json));
    hone_string_free(ctx, json);
    HN_TRY(make_rows(ctx, model, &rows));
    HN_TRY(hn_bind_table(ctx, model, &rows, true, ctx->scratch, &inputs));
    return hn_score(ctx, model, &inputs, ctx->scratch, &answers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 1 << 20) return -1;
    hone_ctx *ctx = hone_ctx_new(&(hone_ctx_options){.threads = 1});
    void *bytes = aligned_alloc(64, (size + 64) / 64 * 64);
    if (ctx == NULL || bytes == NULL) abort();
    memcpy(bytes, data, size);
    hone_model *model = NULL;
    if (hn_model_parse(ctx, bytes, size, "fuzz.hone", &model) == HONE_OK) {
        hone_status status = use(ctx, model);
        (void)status;
    }
    hone_model_free(model);
    hone_ctx_free(ctx);
    free(bytes);
    return 0;
}
