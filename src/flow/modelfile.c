/* modelfile.c - writing a model: collect tensors by one visit, describe the rest as JSON, write. */
#include "flow/modelfile.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

typedef struct tensor {
    const char *name;
    const void *bytes;
    size_t length;
    hn_dtype dtype;
    int ndim;
    int64_t shape[HN_VIEW_DIMS];
    size_t align;
    int index; /* order of visiting: settles ties */
} tensor;

typedef struct collection {
    tensor *items;
    int n, capacity;
} collection;

static hone_status collect(hn_visitor *v, const char *name, hn_dtype dtype, void **values, int ndim,
                           const int64_t *shape) {
    collection *all = v->user;
    if (all->n == all->capacity) {
        tensor *grown;
        HN_TRY(HN_NEW(v->ctx, v->arena, grown, 2 * all->capacity + 16));
        if (all->n > 0) memcpy(grown, all->items, (size_t)all->n * sizeof *grown);
        all->items = grown;
        all->capacity = 2 * all->capacity + 16;
    }
    tensor *t = &all->items[all->n];
    *t = (tensor){.name = hn_arena_strdup(v->ctx, v->arena, name),
                  .bytes = *values,
                  .dtype = dtype,
                  .ndim = ndim,
                  .index = all->n};
    if (t->name == NULL) return HONE_ERROR_MEMORY;
    t->length = hn_dtype_size(dtype);
    for (int d = 0; d < ndim; d++) {
        t->shape[d] = shape[d];
        t->length *= (size_t)shape[d];
    }
    /* Rows of raw structs (tree nodes) are read in place, so they come first among the bytes. */
    bool raw = dtype == HN_DTYPE_U8 && ndim == 2 && shape[1] % 8 == 0;
    t->align = raw ? 8 : hn_dtype_size(dtype);
    all->n++;
    return HONE_OK;
}

static int by_alignment(const void *a, const void *b) {
    const tensor *x = a, *y = b;
    if (x->align != y->align) return x->align > y->align ? -1 : 1;
    return x->index - y->index;
}

/* ---- description ----------------------------------------------------------------------------- */

static hone_status no_memory(hone_ctx *ctx) {
    return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory writing the model");
}

static bool add_columns(hn_json_doc *doc, hn_json_mut *root, const hone_model *model) {
    hn_json_mut *schema = yyjson_mut_obj_add_arr(doc, root, "schema");
    bool ok = schema != NULL;
    for (int32_t j = 0; ok && j < model->schema.n_columns; j++) {
        const hn_column *column = &model->schema.columns[j];
        hn_json_mut *entry = yyjson_mut_arr_add_obj(doc, schema);
        ok = entry != NULL && yyjson_mut_obj_add_str(doc, entry, "name", column->name) &&
             yyjson_mut_obj_add_str(doc, entry, "type", hn_type_name(column->type));
    }
    hn_json_mut *known = yyjson_mut_obj_add_arr(doc, root, "known");
    for (int64_t i = 0; ok && i < model->known.n; i++)
        ok = yyjson_mut_arr_add_str(doc, known, model->known.items[i]);
    return ok && known != NULL;
}

/* Of several targets each one. */
static bool add_targets(hn_json_doc *doc, hn_json_mut *root, const hone_model *model) {
    if (model->n_targets < 2) return true;
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, root, "targets");
    bool ok = list != NULL;
    for (int32_t t = 0; ok && t < model->n_targets; t++) {
        const hn_model_target *target = &model->targets[t];
        hn_json_mut *one = yyjson_mut_arr_add_obj(doc, list);
        ok = one != NULL && yyjson_mut_obj_add_str(doc, one, "name", target->name) &&
             yyjson_mut_obj_add_str(doc, one, "type", hn_type_name(target->type)) &&
             yyjson_mut_obj_add_str(doc, one, "task", hn_task_name(target->task)) &&
             yyjson_mut_obj_add_int(doc, one, "classes", target->n_classes);
    }
    return ok;
}

static hone_status add_stages(hone_ctx *ctx, hn_json_doc *doc, hn_json_mut *root,
                              const hone_model *model) {
    hn_json_mut *stages = yyjson_mut_obj_add_arr(doc, root, "stages");
    for (int32_t i = 0; i < model->pipeline.n_stages; i++) {
        const hn_stage *stage = &model->pipeline.stages[i];
        hn_json_mut *entry = yyjson_mut_arr_add_obj(doc, stages), *params;
        HN_TRY(hn_params_to_json(ctx, &stage->kind->params, stage->params, false, doc, &params));
        hn_json_mut *inputs =
            yyjson_mut_arr_with_sint32(doc, stage->inputs, (size_t)stage->n_inputs);
        if (entry == NULL || inputs == NULL ||
            !yyjson_mut_obj_add_str(doc, entry, "kind", stage->kind->name) ||
            !yyjson_mut_obj_add_val(doc, entry, "params", params) ||
            !yyjson_mut_obj_add_val(doc, entry, "inputs", inputs))
            return no_memory(ctx);
    }
    return HONE_OK;
}

static hone_status describe(hone_ctx *ctx, const hone_model *model, char **ret_text,
                            size_t *ret_length) {
    hn_json_doc *doc;
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    hn_json_mut *root = yyjson_mut_obj(doc);
    bool ok = root != NULL && yyjson_mut_obj_add_str(doc, root, "hone", HONE_VERSION) &&
              yyjson_mut_obj_add_str(doc, root, "task", hn_task_name(model->task));
    hn_json_mut *target = ok ? yyjson_mut_obj_add_obj(doc, root, "target") : NULL;
    if (target == NULL || !add_columns(doc, root, model)) return no_memory(ctx);
    if (model->target != NULL) ok = yyjson_mut_obj_add_str(doc, target, "name", model->target);
    ok = ok && yyjson_mut_obj_add_str(doc, target, "type", hn_type_name(model->target_type)) &&
         yyjson_mut_obj_add_int(doc, target, "classes", model->n_classes);
    if (!ok || !add_targets(doc, root, model)) return no_memory(ctx);
    HN_TRY(add_stages(ctx, doc, root, model));
    if (!yyjson_mut_obj_add_val(doc, root, "recipe", yyjson_val_mut_copy(doc, model->recipe)) ||
        !yyjson_mut_obj_add_val(doc, root, "facts", yyjson_val_mut_copy(doc, model->facts)))
        return no_memory(ctx);
    return hn_json_write(ctx, ctx->scratch, root, false, ret_text, ret_length);
}

/* ---- file ------------------------------------------------------------------------------------ */

static void put_header(hn_str *header, const collection *all, int version, const char *description,
                       size_t length, uint64_t checksum) {
    hn_str_printf(header,
                  "{\"__metadata__\":{\"format\":\"hone\",\"version\":\"%d\",\"checksum\":\"%"
                  "016llx\",\"hone\":",
                  version, (unsigned long long)checksum);
    hn_json_put_string(header, description, length);
    hn_str_put_c(header, '}');
    size_t offset = 0;
    for (int i = 0; i < all->n; i++) {
        const tensor *t = &all->items[i];
        hn_str_put_c(header, ',');
        hn_json_put_string(header, t->name, strlen(t->name));
        hn_str_printf(header, ":{\"dtype\":\"%s\",\"shape\":[", hn_dtype_name(t->dtype));
        for (int d = 0; d < t->ndim; d++)
            hn_str_printf(header, d == 0 ? "%lld" : ",%lld", (long long)t->shape[d]);
        hn_str_printf(header, "],\"data_offsets\":[%zu,%zu]}", offset, offset + t->length);
        offset += t->length;
    }
    hn_str_put_c(header, '}');
    while ((8 + header->length) % HN_FILE_ALIGN != 0 && header->status == HONE_OK)
        hn_str_put_c(header, ' ');
}

/* A file's parts in their order. */
typedef struct layout {
    collection all;
    hn_str header;
    unsigned char header_length[8];
} layout;

static hone_status lay_out(hone_ctx *ctx, hn_arena *arena, hone_model *model, layout *ret_layout) {
    HN_SCRATCH(ctx);
    layout l = {0};
    hn_visitor visitor = {.ctx = ctx, .arena = arena, .user = &l.all, .tensor = collect};
    HN_TRY(hn_model_visit(&visitor, model));
    if (l.all.n > 0) qsort(l.all.items, (size_t)l.all.n, sizeof *l.all.items, by_alignment);
    char *description;
    size_t length;
    HN_TRY(describe(ctx, model, &description, &length));
    uint64_t tensors = 0;
    for (int i = 0; i < l.all.n; i++)
        tensors = hn_hash(l.all.items[i].bytes, l.all.items[i].length, tensors);
    hn_str_init(&l.header, ctx, arena);
    put_header(&l.header, &l.all, model->n_targets > 1 ? 2 : 1, description, length,
               hn_model_checksum(description, length, tensors));
    HN_TRY(hn_str_status(&l.header));
    for (int i = 0; i < 8; i++) l.header_length[i] = (unsigned char)(l.header.length >> (8 * i));
    *ret_layout = l;
    return HONE_OK;
}

typedef struct sink {
    hone_ctx *ctx;
    hn_outfile *file;
    hn_digest digest;
} sink;

static hone_status put(sink *s, const void *bytes, size_t length) {
    if (length == 0) return HONE_OK;
    hn_digest_add(&s->digest, bytes, length);
    return hn_outfile_write(s->ctx, s->file, bytes, length);
}

static hone_status write_all(sink *s, const layout *l) {
    HN_TRY(put(s, l->header_length, sizeof l->header_length));
    HN_TRY(put(s, l->header.text, l->header.length));
    for (int i = 0; i < l->all.n; i++) {
        HN_TRY(hn_check_cancel(s->ctx));
        HN_TRY(put(s, l->all.items[i].bytes, l->all.items[i].length));
    }
    return hn_outfile_commit(s->ctx, s->file);
}

hone_status hn_model_save(hone_ctx *ctx, hone_model *model, const char *path) {
    hn_arena arena __attribute__((cleanup(hn_arena_done)));
    hn_arena_init(&arena, ctx->allocator);
    layout l;
    HN_TRY(lay_out(ctx, &arena, model, &l));
    hn_outfile file __attribute__((cleanup(hn_outfile_abandon))) = HN_OUTFILE_CLOSED;
    sink s = {.ctx = ctx, .file = &file};
    hn_digest_init(&s.digest);
    HN_TRY(hn_outfile_open(ctx, &file, path));
    HN_TRY(write_all(&s, &l));
    hn_digest_hex(&s.digest, model->hash);
    return HONE_OK;
}

hone_status hn_model_to_bytes(hone_ctx *ctx, hone_model *model, char **ret_bytes,
                              size_t *ret_length) {
    hn_arena arena __attribute__((cleanup(hn_arena_done)));
    hn_arena_init(&arena, ctx->allocator);
    layout l;
    HN_TRY(lay_out(ctx, &arena, model, &l));
    size_t length = sizeof l.header_length + l.header.length;
    for (int i = 0; i < l.all.n; i++) length += l.all.items[i].length;
    char *bytes = hn_alloc(ctx, length, 1), *next = bytes;
    if (bytes == NULL) return HONE_ERROR_MEMORY;
    next = (char *)memcpy(next, l.header_length, sizeof l.header_length) + sizeof l.header_length;
    next = (char *)memcpy(next, l.header.text, l.header.length) + l.header.length;
    for (int i = 0; i < l.all.n; i++) {
        if (l.all.items[i].length > 0) memcpy(next, l.all.items[i].bytes, l.all.items[i].length);
        next += l.all.items[i].length;
    }
    *ret_bytes = bytes;
    *ret_length = length;
    return HONE_OK;
}

hone_status hn_model_hash(hone_ctx *ctx, const char *path, char ret_hex[65]) {
    hn_mapping file;
    HN_TRY(hn_map_file(ctx, path, &file));
    hn_digest digest;
    hn_digest_init(&digest);
    hn_digest_add(&digest, file.bytes, file.length);
    hn_digest_hex(&digest, ret_hex);
    hn_unmap_file(&file);
    return HONE_OK;
}
