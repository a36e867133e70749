/* modelfile.h - what writing and reading a model file share.
 *
 * The file is a safetensors file (8 bytes length, JSON header, tensors without holes): any such reader
 * opens it. Under "__metadata__" stand
 *     "format":   "hone"
 *     "version":  HN_FILE_VERSION as text: a reader refuses newer ones
 *     "checksum": 16 hex digits over the description and the tensors
 *     "hone":     JSON text, the description:
 *       {"hone", "task", "target": {"name", "type", "classes"}, "schema": [{"name", "type"}], "known",
 *        "stages": [{"kind", "params", "inputs"}], "recipe", "facts"}
 * and, of several targets, "targets": [{"name", "type", "task", "classes"}] (such a file has version 2: an older
 * reader would take it for one of the first target).
 * Tensors: "classes.*" ("targets.N.classes.*"), "schema.N.*" (dictionaries: offsets and UTF-8 bytes),
 * "stages.N.KIND.*". They are ordered by the alignment they need, so each is aligned as it lies in the mapped
 * file. */
#ifndef HN_FLOW_MODELFILE_H
#define HN_FLOW_MODELFILE_H

#include "flow/model.h"

enum { HN_FILE_VERSION = 2 }; /* the newest that is read; 1 is written where it will do */
enum { HN_FILE_ALIGN = 64 };  /* of the tensors' first byte */
enum { HN_FILE_HEADER_MAX = 256 << 20 }; /* bytes of JSON that a reader accepts */

/* Walks everything that is stored as tensors, in one order for both ways. */
static inline hone_status hn_model_visit(hn_visitor *v, hone_model *model) {
    hone_ctx *ctx = v->ctx;
    HN_SCRATCH(ctx);
    if (model->n_targets < 2 && model->n_classes > 0)
        HN_TRY(hn_visit_dictionary(v, "classes", &model->classes));
    for (int32_t t = 0; t < model->n_targets; t++) {
        hn_model_target *target = &model->targets[t];
        if (target->n_classes == 0) continue;
        char *name = hn_arena_printf(ctx, ctx->scratch, "targets.%d.classes", (int)t);
        if (name == NULL) return HONE_ERROR_MEMORY;
        HN_TRY(hn_visit_dictionary(v, name, &target->classes));
        if (t == 0) model->classes = target->classes;
    }
    for (int32_t j = 0; j < model->schema.n_columns; j++) {
        hn_column *column = &model->schema.columns[j];
        if (column->type != HN_CATEGORY) continue;
        char *name = hn_arena_printf(ctx, ctx->scratch, "schema.%d", (int)j);
        if (name == NULL) return HONE_ERROR_MEMORY;
        HN_TRY(hn_visit_dictionary(v, name, &column->dictionary));
    }
    for (int32_t i = 0; i < model->pipeline.n_stages; i++) {
        hn_stage *stage = &model->pipeline.stages[i];
        if (stage->n_inputs == 0) continue;
        char *prefix =
            hn_arena_printf(ctx, ctx->scratch, "stages.%d.%s.", (int)i, stage->kind->name);
        if (prefix == NULL) return HONE_ERROR_MEMORY;
        HN_TRY(hn_visit_nested(v, prefix, stage->kind->visit, stage->state));
    }
    return HONE_OK;
}

/* Checksum of the description text and of the tensors' bytes, in that order. */
static inline uint64_t hn_model_checksum(const char *description, size_t length, uint64_t tensors) {
    return hn_hash(description, length, tensors);
}

#endif
