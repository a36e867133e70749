/* fit_arrays.c - the arrays of a fitted state by number, as copies that the caller owns; see hone.h. */
#include "flow/fit.h"
#include <string.h>

typedef struct finder {
    int32_t wanted, seen;
    hone_array found;   /* borrowed; name NULL if not found */
    const char **shown; /* names of what is shown instead of the state's */
    int64_t n_shown;
    bool showing;
} finder;

static bool is_shown(const finder *f, const char *name) {
    for (int64_t i = 0; i < f->n_shown; i++)
        if (strcmp(f->shown[i], name) == 0) return true;
    return false;
}

static hone_status note_shown(hn_visitor *v, finder *f, const char *name) {
    enum { ROOM = 16 };
    if (f->n_shown % ROOM == 0) {
        const char **grown;
        HN_TRY(HN_NEW(v->ctx, v->arena, grown, f->n_shown + ROOM));
        if (f->n_shown > 0) memcpy(grown, f->shown, (size_t)f->n_shown * sizeof *grown);
        f->shown = grown;
    }
    f->shown[f->n_shown] = hn_arena_strdup(v->ctx, v->arena, name);
    return f->shown[f->n_shown++] != NULL ? HONE_OK : HONE_ERROR_MEMORY;
}

static hone_status find_tensor(hn_visitor *v, const char *name, hn_dtype dtype, void **values,
                               int ndim, const int64_t *shape) {
    finder *f = v->user;
    if (f->showing) HN_TRY(note_shown(v, f, name));
    if (!f->showing && is_shown(f, name)) return HONE_OK;
    if (f->seen++ != f->wanted) return HONE_OK;
    f->found = (hone_array){.name = hn_arena_strdup(v->ctx, v->arena, name),
                            .type = hn_dtype_name(dtype),
                            .values = *values,
                            .ndim = ndim,
                            .bytes = hn_dtype_size(dtype)};
    for (int d = 0; d < ndim; d++) {
        f->found.shape[d] = shape[d];
        f->found.bytes *= (size_t)shape[d];
    }
    return f->found.name != NULL ? HONE_OK : HONE_ERROR_MEMORY;
}

/* One block for values and name. */
hone_status hn_array_give(hone_ctx *ctx, const hone_array *array, hone_array *ret_array) {
    size_t length = strlen(array->name) + 1;
    char *block = hn_alloc(ctx, array->bytes + length, 1);
    if (block == NULL) return HONE_ERROR_MEMORY;
    if (array->bytes > 0) memcpy(block, array->values, array->bytes);
    memcpy(block + array->bytes, array->name, length);
    *ret_array = *array;
    ret_array->values = block;
    ret_array->name = block + array->bytes;
    return HONE_OK;
}

hone_status hone_model_array(hone_ctx *ctx, const hone_model *model, int32_t index,
                             hone_array *ret_array) {
    HN_SCRATCH(ctx);
    const hn_stage *stage = hn_pipeline_model(&model->pipeline);
    finder f = {.wanted = index};
    hn_visitor visitor = {.ctx = ctx, .arena = ctx->scratch, .user = &f, .tensor = find_tensor};
    if (stage->kind->attributes != NULL) {
        hn_json *rows = yyjson_obj_get(yyjson_obj_get(model->facts, "rows"), "train");
        hn_shown shown = {.schema = &stage->schema,
                          .params = stage->params,
                          .rows = yyjson_get_sint(rows),
                          .classes = model->classes,
                          .target = model->target};
        f.showing = true;
        HN_TRY(stage->kind->attributes(&visitor, stage->state, &shown));
        f.showing = false;
    }
    if (f.found.name == NULL) HN_TRY(stage->kind->visit(&visitor, stage->state));
    if (f.found.name == NULL)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "index"),
                          "the model has %d arrays, so there is none with index %d", (int)f.seen,
                          (int)index);
    return hn_array_give(ctx, &f.found, ret_array);
}

void hone_array_free(hone_ctx *ctx, hone_array *array) {
    if (array == NULL) return;
    hn_free(ctx, (void *)(uintptr_t)array->values);
    *array = (hone_array){0};
}
