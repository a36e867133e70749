/* draw.c - rows drawn from a model that knows how rows come about; see hone.h. */
#include "flow/score.h"

/* The rows, and what each was drawn from behind them. Everything in table's arena. */
static hone_status draw(hone_ctx *ctx, const hone_model *model, int64_t n, hone_table *table) {
    static const char component[] = "component";
    hn_arena *arena = &table->arena;
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    hn_table schema, rows, all;
    double *answer;
    int64_t *whole;
    HN_TRY(hn_table_schema(ctx, arena, &stage->schema, &schema));
    HN_TRY(HN_NEW(ctx, arena, answer, n));
    HN_TRY(HN_NEW(ctx, arena, whole, n));
    HN_TRY(stage->kind->sample(ctx, stage->state, &schema, n, arena, &rows, answer));
    HN_TRY(hn_pipeline_back(ctx, &model->pipeline, &model->schema, &rows, arena, &rows));
    for (int64_t i = 0; i < n; i++) whole[i] = (int64_t)answer[i];
    all = rows;
    HN_TRY(HN_NEW(ctx, arena, all.columns, rows.n_columns + 1));
    for (int32_t j = 0; j < rows.n_columns; j++) all.columns[j] = rows.columns[j];
    all.columns[all.n_columns++] = (hn_column){
        .name = component, .type = HN_I64, .n = n, .values = whole, .stride = sizeof *whole};
    table->view = all;
    return HONE_OK;
}

static bool can_draw(const hone_estimator *kind) { return kind->sample != NULL; }

static hone_status cannot_draw(hone_ctx *ctx, const hone_estimator *kind) {
    HN_SCRATCH(ctx);
    hn_str names;
    hn_str_init(&names, ctx, ctx->scratch);
    HN_TRY(hn_catalog_put(&names, can_draw));
    return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                   "%s can't draw rows: it doesn't say how they come about; take one that does: %s",
                   kind->name, names.text);
}

hone_status hone_model_sample(hone_ctx *ctx, const hone_model *model, int64_t rows,
                              hone_table **ret_table) {
    enum { MOST = 1 << 30 };
    HN_SCRATCH(ctx);
    hone_table *table;
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    if (!can_draw(stage->kind)) return cannot_draw(ctx, stage->kind);
    if (rows < 1 || rows > MOST)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "rows"),
                          "%lld rows can't be drawn; ask for 1 to %d", (long long)rows, MOST);
    HN_TRY(hn_table_new(ctx, "drawn", &table));
    hone_status status = draw(ctx, model, rows, table);
    if (status != HONE_OK) {
        hone_table_free(ctx, table);
        return status;
    }
    *ret_table = table;
    return HONE_OK;
}
