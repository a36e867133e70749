/* model.h - a fitted pipeline with schema, metrics and lineage: what a .hone file holds.
 *
 * A model does not change once made: any number of threads may predict with it, each with its ctx. */
#ifndef HN_FLOW_MODEL_H
#define HN_FLOW_MODEL_H

#include "base/os.h"
#include "flow/decision.h"
#include "flow/pipeline.h"

/* One of several targets. */
typedef struct hn_model_target {
    const char *name;
    hn_type type;
    hn_task task;
    int32_t n_classes;
    const hn_dictionary *classes;
} hn_model_target;

struct hone_model {
    hn_arena arena;
    hn_mapping file; /* what arrays borrow from after loading */
    hn_table schema; /* 0 rows: the input columns, in order */
    hn_texts known;  /* columns of the training table that are no inputs: target, ids, ignored */
    hn_task task;
    const char *target;
    hn_type target_type; /* how labels print: HN_I64 and HN_BOOL without quotes */
    int32_t n_classes;
    const hn_dictionary *classes; /* labels as text, by class index; the positive class is 1 */
    /* Several targets; what stands above is then the first one's. */
    hn_model_target *targets; /* [n_targets] */
    int32_t n_targets;        /* 2 and more, else 0 */
    hn_pipeline pipeline;
    hn_decision decision; /* as the facts' "decision" says */
    hn_json *recipe;      /* resolved: every section as used */
    hn_json *facts;  /* {"metrics":..., "reports":..., "lineage":..., "notes":[...], "rows":...} */
    bool owns_state; /* update has copied the arrays out of file */
    char hash[65]; /* BLAKE2b-256 of the file's bytes; "" if never saved or loaded without asking */
};

static inline int32_t hn_model_targets(const hone_model *model) {
    return model->n_targets > 1 ? model->n_targets : 1;
}
/* Of several targets multiclass if one is. */
static inline hn_task hn_model_task(const hone_model *model) {
    for (int32_t t = 0; t < model->n_targets; t++)
        if (model->targets[t].task == HN_TASK_MULTICLASS) return HN_TASK_MULTICLASS;
    return model->task;
}
/* The model as one of target t alone: borrowed, good for answers and for what is said about them. Its facts are
 * those of the target. */
hone_model hn_model_of_target(const hone_model *model, int32_t t);
/* HONE_ERROR_USAGE for a model of several targets: what ("a learning curve") is for one. */
hone_status hn_model_require_one(hone_ctx *ctx, const hone_model *model,
                                 const char *what) HONE_MUST_CHECK;

/* ---- modelfile.c ------------------------------------------------------------------------------
 * A valid safetensors file: states as tensors, everything else as JSON text under "__metadata__". */

/* The bytes of the file are a function of the model alone. Sets model->hash. */
hone_status hn_model_save(hone_ctx *ctx, hone_model *model, const char *path) HONE_MUST_CHECK;
/* Memory-mapped. HONE_ERROR_FORMAT says what is wrong with a damaged, hostile or newer file. */
hone_status hn_model_load(hone_ctx *ctx, const char *path, hone_model **ret_model) HONE_MUST_CHECK;
/* The same from bytes that outlive the model (fuzzing, embedding); aligned to 8. */
hone_status hn_model_parse(hone_ctx *ctx, const void *bytes, size_t length, const char *name,
                           hone_model **ret_model) HONE_MUST_CHECK;
/* The same bytes in memory from hn_alloc, the caller's; and a model from a copy of such. */
hone_status hn_model_to_bytes(hone_ctx *ctx, hone_model *model, char **ret_bytes,
                              size_t *ret_length) HONE_MUST_CHECK;
hone_status hn_model_from_bytes(hone_ctx *ctx, const void *bytes, size_t length,
                                hone_model **ret_model) HONE_MUST_CHECK;
/* An empty one, to be filled. */
hone_status hn_model_new(hone_ctx *ctx, hone_model **ret_model) HONE_MUST_CHECK;
void hn_model_free(hone_model *model);
/* BLAKE2b-256 of a file's bytes. */
hone_status hn_model_hash(hone_ctx *ctx, const char *path, char ret_hex[65]) HONE_MUST_CHECK;

/* Everything worth showing about it, as `hone show --json` prints it. */
hone_status hn_model_describe(hone_ctx *ctx, const hone_model *model, hn_arena *arena,
                              hn_json_doc *doc, hn_json_mut **ret_object) HONE_MUST_CHECK;
/* The rules or the drawing of the model's last stage, appended to str. HONE_ERROR_UNSUPPORTED where its kind
 * has none. */
hone_status hn_model_rules(hone_ctx *ctx, const hone_model *model, int64_t part,
                           hn_str *str) HONE_MUST_CHECK;
hone_status hn_model_drawing(hone_ctx *ctx, const hone_model *model, int64_t part,
                             hn_str *str) HONE_MUST_CHECK;
/* Importances of the input columns (those of derived columns are added to their origin where there is
 * one, else stand alone): names and values, largest first. n 0 if the model has none. */
hone_status hn_model_importances(hone_ctx *ctx, const hone_model *model, hn_arena *arena,
                                 hn_pairs *ret_importances) HONE_MUST_CHECK;

#endif
