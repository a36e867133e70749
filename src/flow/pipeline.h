/* pipeline.h - a recipe's steps and model, fitted; then applied to any rows.
 *
 * Each stage takes some columns of the table it is given and puts others in their place. The same
 * stages run in training and in serving; a row's result does not depend on its neighbours. */
#ifndef HN_FLOW_PIPELINE_H
#define HN_FLOW_PIPELINE_H

#include "flow/recipe.h"
#include "flow/stage.h"

typedef struct hn_pipeline {
    hn_stage *stages; /* the last one is the model */
    int32_t n_stages;
    hn_task task; /* of several targets: the first one's, as is n_classes */
    int32_t n_classes;
    int32_t width;     /* numbers that the model writes per row: of all targets */
    int32_t n_outputs; /* of these, those wanted: width, or one target's */
    int32_t first;     /* the first one's place */
    /* After fitting, not after loading: the rows that the model learned from, by class where there are
     * classes (of several targets the first one's). */
    int64_t n_learned;
    int64_t *learned; /* [n_classes] */
} hn_pipeline;

static inline const hn_stage *hn_pipeline_model(const hn_pipeline *pipeline) {
    return &pipeline->stages[pipeline->n_stages - 1];
}
static inline int32_t hn_pipeline_outputs(const hn_pipeline *pipeline) {
    return pipeline->n_outputs;
}

/* What a fit is asked to tell besides. */
struct hn_changes;
typedef struct hn_fit_told {
    double seconds[2];          /* added to: the time of the steps [0] and of the model [1] */
    struct hn_changes *changes; /* gets an entry for each step (changes.h); NULL: not asked for */
} hn_fit_told;

/* Steps that change which rows are learned from do so here, and nowhere else: data are training rows.
 *
 * Fit steps and model (recipe->model.kind is set) on data in order; of several targets a kind that learns one is
 * put into multi_output. told may be NULL. On failure nothing is left behind but arena memory. */
hone_status hn_pipeline_fit(hone_ctx *ctx, const hn_recipe *recipe, const hone_data *data,
                            hn_arena *arena, hn_pipeline *ret_pipeline,
                            hn_fit_told *told) HONE_MUST_CHECK;
/* The first n steps of recipe fitted on data, and let go of: the table that they leave to learn from, in arena. */
hone_status hn_pipeline_fit_steps(hone_ctx *ctx, const hn_recipe *recipe, int32_t n,
                                  const hone_data *data, hn_arena *arena,
                                  hn_table *ret_table) HONE_MUST_CHECK;
/* A step's columns in the rows that its resample made of inputs. */
hone_status hn_resampled_columns(hone_ctx *ctx, const hone_estimator *kind, const void *state,
                                 const hn_table *inputs, const hn_resampled *rows, hn_arena *arena,
                                 hn_table *ret_out) HONE_MUST_CHECK;
/* Whether a stage reads texts: rows to be answered then keep those that training did not see, in open
 * dictionaries (table/column.h). Stages that don't read texts get them closed. */
bool hn_pipeline_reads_text(const hn_pipeline *pipeline);
/* The columns that the model takes, for rows x of the input schema. */
hone_status hn_pipeline_inputs(hone_ctx *ctx, const hn_pipeline *pipeline, const hn_table *x,
                               hn_arena *arena, hn_table *ret_inputs) HONE_MUST_CHECK;
/* From rows as the model takes them back towards the columns that came in: through each step that has an inverse, last
 * first, as far as there is a way. schema: the input columns. Nothing of ret_rows is the pipeline's. */
hone_status hn_pipeline_back(hone_ctx *ctx, const hn_pipeline *pipeline, const hn_table *schema,
                             const hn_table *rows, hn_arena *arena,
                             hn_table *ret_rows) HONE_MUST_CHECK;
/* ret_out [n_rows, outputs]. Runs over blocks of rows, so memory stays bounded. */
hone_status hn_pipeline_predict(hone_ctx *ctx, const hn_pipeline *pipeline, const hn_table *x,
                                double *ret_out) HONE_MUST_CHECK;
/* After loading: resolve columns and prepare stages against the input schema (0 rows). */
hone_status hn_pipeline_prepare(hone_ctx *ctx, hn_pipeline *pipeline, const hn_table *schema,
                                hn_arena *arena) HONE_MUST_CHECK;
void hn_pipeline_done(hn_pipeline *pipeline);

#endif
