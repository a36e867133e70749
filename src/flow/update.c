/* update.c - see update.h. Tested before learned from (prequential evaluation, Dawid 1984), so that the figures are of
 * rows that the model had not seen. */
#include "flow/update.h"

#include "flow/evaluate.h"
#include "flow/sample.h"
#include "flow/score.h"
#include "flow/train.h"
#include <string.h>

/* ---- the model itself ------------------------------------------------------------------------ */

static bool can_learn(const hone_estimator *kind) {
    return kind->update != NULL && kind->tasks != HN_TASK_NONE;
}

static hone_status cannot_learn(hone_ctx *ctx, const hn_stage *stage) {
    HN_SCRATCH(ctx);
    hn_str names;
    hn_str_init(&names, ctx, ctx->scratch);
    HN_TRY(hn_catalog_put(&names, can_learn));
    return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                   "%s cannot go on learning; fit it anew on all rows, or take one that can: %s",
                   stage->kind->name, names.text);
}

hone_status hn_model_may_learn(hone_ctx *ctx, const hone_model *model) {
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    if (stage->kind->update == NULL) return cannot_learn(ctx, stage);
    return hn_model_require_one(ctx, model, "an update");
}

/* A loaded state lies in the mapped file, and update writes to it: arrays become the model's own. */
static hone_status own_tensor(hn_visitor *v, const char *name, hn_dtype dtype, void **values,
                              int ndim, const int64_t *shape) {
    (void)name;
    size_t length = hn_dtype_size(dtype);
    if (ndim == 0) return HONE_OK;
    for (int d = 0; d < ndim; d++) length *= (size_t)shape[d];
    if (length == 0) return HONE_OK;
    void *copy = hn_arena_alloc(v->ctx, v->arena, 1, length);
    if (copy == NULL) return HONE_ERROR_MEMORY;
    *values = memcpy(copy, *values, length);
    return HONE_OK;
}

hone_status hn_model_learn(hone_ctx *ctx, hone_model *model, const hone_data *data) {
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    HN_TRY(hn_estimator_check(ctx, stage->kind, stage->params, data));
    if (model->file.bytes != NULL && !model->owns_state) {
        hn_visitor visitor = {.ctx = ctx, .arena = &model->arena, .tensor = own_tensor};
        HN_TRY(stage->kind->visit(&visitor, stage->state));
        model->owns_state = true;
    }
    HN_TRY(stage->kind->update(ctx, stage->params, data, &model->arena, stage->state));
    return stage->kind->prepare != NULL
               ? stage->kind->prepare(ctx, &model->arena, stage->state, &stage->schema)
               : HONE_OK;
}

/* ---- a whole pipeline ------------------------------------------------------------------------ */

/* How the model does on rows that it has not yet learned from. */
static hone_status put_figures(hone_ctx *ctx, const hone_model *model, const hone_data *data,
                               hn_json_doc *doc, hn_json_mut *object) {
    hn_json *given = yyjson_obj_get(model->recipe, "metrics");
    const char **names;
    hn_texts wanted = {.n = 0};
    hn_scored scored;
    hn_metric_list metrics;
    hn_json_mut *figures;
    HN_TRY(HN_SCRATCH_NEW(ctx, names, yyjson_arr_size(given) + 1));
    for (size_t i = 0; i < yyjson_arr_size(given); i++)
        names[wanted.n++] = yyjson_get_str(yyjson_arr_get(given, i));
    wanted.items = names;
    HN_TRY(hn_metrics_named(ctx, ctx->scratch, &wanted, model->task, &metrics));
    HN_TRY(hn_scored_of(ctx, &model->pipeline, data, ctx->scratch, &scored));
    HN_TRY(hn_decide_all(ctx, &model->decision, ctx->scratch, &scored));
    HN_TRY(hn_metrics_json(ctx, &scored, &metrics, doc, &figures));
    hn_json_mut *parts = yyjson_mut_obj_add_obj(doc, object, "metrics");
    bool ok = parts != NULL && yyjson_mut_obj_add_val(doc, parts, "test", figures) &&
              yyjson_mut_obj_add_strcpy(doc, object, "primary", metrics.items[0]->name);
    return ok ? HONE_OK : hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory writing metrics");
}

/* The facts with an entry for this update. */
static hone_status keep_facts(hone_ctx *ctx, hone_model *model, const hone_table *table,
                              int64_t rows, hn_json_mut *object) {
    hn_json_doc *doc;
    char hash[65];
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    HN_TRY(hn_table_hash(ctx, &table->view, hash));
    hn_json_mut *facts = yyjson_val_mut_copy(doc, model->facts), *sample = NULL;
    hn_json_mut *updates = yyjson_mut_obj_get(facts, "updates");
    hn_json_mut *notes = yyjson_mut_obj_get(facts, "notes");
    if (updates == NULL) updates = yyjson_mut_obj_add_arr(doc, facts, "updates");
    if (notes == NULL) notes = yyjson_mut_obj_add_arr(doc, facts, "notes");
    hn_json_mut *one = yyjson_mut_arr_add_obj(doc, updates);
    const char *source = table->source != NULL ? table->source : "a table";
    yyjson_mut_obj_add_int(doc, one, "rows", rows);
    yyjson_mut_obj_add_strcpy(doc, one, "source", source);
    yyjson_mut_obj_add_strcpy(doc, one, "data_hash", hash);
    hn_json_mut *figures = yyjson_mut_obj_get(yyjson_mut_obj_get(object, "metrics"), "test");
    if (figures != NULL)
        yyjson_mut_obj_add_val(doc, one, "metrics", yyjson_mut_val_mut_copy(doc, figures));
    hn_str text;
    hn_str_init(&text, ctx, ctx->scratch);
    hn_str_printf(&text, "update: learned %lld more rows, of %s; figures are from before",
                  (long long)rows, source);
    HN_TRY(hn_str_status(&text));
    yyjson_mut_arr_add_strcpy(doc, notes, text.text);
    hn_json *stored = yyjson_obj_get(yyjson_obj_get(model->facts, "sample"), "rows");
    yyjson_mut_obj_remove_key(facts, "sample");
    if (stored != NULL) HN_TRY(hn_sample_answer(ctx, model, stored, doc, &sample));
    if (sample != NULL) yyjson_mut_obj_add_val(doc, facts, "sample", sample);
    HN_TRY(hn_json_freeze(ctx, &model->arena, facts, &model->facts));
    model->hash[0] = '\0';
    return HONE_OK;
}

hone_status hn_model_update(hone_ctx *ctx, hone_model *model, const hone_table *table,
                            bool allow_extra, hn_json_doc *doc, hn_json_mut **ret_object) {
    HN_SCRATCH(ctx);
    hn_labelled labelled;
    hn_table x;
    bool taught = (model->task & HN_TASK_SUPERVISED) != 0;
    hn_json_mut *object = yyjson_mut_obj(doc);
    HN_TRY(hn_model_may_learn(ctx, model));
    if (taught)
        HN_TRY(hn_label_rows(ctx, model, table, allow_extra, &labelled));
    else
        HN_TRY(hn_bare_rows(ctx, model, table, allow_extra, &labelled));
    if (labelled.data.x->n_rows == 0)
        return hn_fail(ctx, HONE_ERROR_DATA, "there are no rows to learn from");
    if (taught && model->task != HN_TASK_RANK)
        HN_TRY(put_figures(ctx, model, &labelled.data, doc, object));
    HN_TRY(hn_pipeline_inputs(ctx, &model->pipeline, labelled.inputs, ctx->scratch, &x));
    int64_t rows = x.n_rows;
    labelled.data.x = &x;
    uint64_t seed = ctx->seed;
    ctx->seed = yyjson_get_uint(yyjson_obj_get(model->recipe, "seed"));
    hone_status status = hn_model_learn(ctx, model, &labelled.data);
    ctx->seed = seed;
    HN_TRY(status);
    HN_TRY(keep_facts(ctx, model, table, rows, object));
    size_t updates = yyjson_arr_size(yyjson_obj_get(model->facts, "updates"));
    yyjson_mut_obj_add_int(doc, object, "rows", rows);
    yyjson_mut_obj_add_int(doc, object, "updates", (int64_t)updates);
    *ret_object = object;
    return HONE_OK;
}
