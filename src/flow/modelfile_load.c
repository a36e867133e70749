/* modelfile_load.c - reading a model from a stranger: nothing in the file is believed before it is
 * checked. Arrays are not copied: states point into the file's mapping. */
#include "flow/custom.h"
#include "flow/modelfile.h"
#include <stdlib.h>
#include <string.h>

typedef struct entry {
    const unsigned char *bytes;
    size_t length;
    hn_dtype dtype;
    int ndim;
    int64_t shape[HN_VIEW_DIMS];
} entry;

typedef struct loader {
    hone_ctx *ctx;
    hone_model *model;
    const char *name; /* of the file, for messages */
    const unsigned char *tensors;
    size_t tensors_length;
    entry *entries;
    hn_map by_name;
} loader;

static hone_status damaged(loader *l, const char *what) {
    return hn_fail_at(l->ctx, HONE_ERROR_FORMAT, HN_AT(.file = l->name),
                      "'%s' is damaged or no hone model: %s; make it anew with 'hone train'",
                      l->name, what);
}

/* ---- tensor table ---------------------------------------------------------------------------- */

static bool read_dtype(hn_json *value, hn_dtype *ret_dtype) {
    if (!yyjson_is_str(value)) return false;
    for (int d = 0; d < HN_DTYPE_COUNT; d++) {
        *ret_dtype = (hn_dtype)d;
        if (strcmp(hn_dtype_name(*ret_dtype), yyjson_get_str(value)) == 0) return true;
    }
    return false;
}

static bool read_shape(hn_json *value, entry *e, size_t *ret_length) {
    if (!yyjson_is_arr(value) || yyjson_arr_size(value) > HN_VIEW_DIMS) return false;
    size_t length = hn_dtype_size(e->dtype);
    e->ndim = (int)yyjson_arr_size(value);
    for (int d = 0; d < e->ndim; d++) {
        hn_json *extent = yyjson_arr_get(value, (size_t)d);
        if (!yyjson_is_uint(extent) || yyjson_get_uint(extent) > INT64_MAX / 2) return false;
        e->shape[d] = (int64_t)yyjson_get_uint(extent);
        if (__builtin_mul_overflow(length, (size_t)e->shape[d], &length)) return false;
    }
    *ret_length = length;
    return true;
}

/* Each tensor begins where the one before ended, and fills its shape. */
static bool read_entry(loader *l, hn_json *value, size_t offset, entry *e) {
    hn_json *offsets = yyjson_obj_get(value, "data_offsets");
    hn_json *begin = yyjson_arr_get(offsets, 0), *end = yyjson_arr_get(offsets, 1);
    if (!read_dtype(yyjson_obj_get(value, "dtype"), &e->dtype)) return false;
    if (!read_shape(yyjson_obj_get(value, "shape"), e, &e->length)) return false;
    if (!yyjson_is_uint(begin) || !yyjson_is_uint(end) || yyjson_get_uint(begin) != offset)
        return false;
    if (e->length > l->tensors_length - offset || yyjson_get_uint(end) != offset + e->length)
        return false;
    e->bytes = l->tensors + offset;
    return (uintptr_t)e->bytes % hn_dtype_size(e->dtype) == 0;
}

static hone_status read_table(loader *l, hn_json *header) {
    size_t n = yyjson_obj_size(header), offset = 0;
    int64_t count = 0;
    HN_TRY(HN_NEW(l->ctx, &l->model->arena, l->entries, n + 1));
    hn_map_init(&l->by_name, l->ctx, &l->model->arena);
    yyjson_obj_iter iter = yyjson_obj_iter_with(header);
    for (hn_json *key; (key = yyjson_obj_iter_next(&iter)) != NULL;) {
        if (strcmp(yyjson_get_str(key), "__metadata__") == 0) continue;
        entry *e = &l->entries[count];
        if (!read_entry(l, yyjson_obj_iter_get_val(key), offset, e))
            return damaged(l, "its table of tensors does not fit the file");
        offset += e->length;
        hn_slice name = {yyjson_get_str(key), yyjson_get_len(key)};
        HN_TRY(hn_map_put(&l->by_name, name, count++));
    }
    return offset == l->tensors_length ? HONE_OK
                                       : damaged(l, "bytes are missing or left over at its end");
}

static hone_status take_tensor(hn_visitor *v, const char *name, hn_dtype dtype, void **values,
                               int ndim, const int64_t *shape) {
    loader *l = v->user;
    int64_t index = hn_map_get(&l->by_name, (hn_slice){name, strlen(name)}, -1);
    char message[256];
    snprintf(message, sizeof message, "tensor '%.150s' is missing or has another shape", name);
    if (index < 0) return damaged(l, message);
    const entry *e = &l->entries[index];
    if (e->dtype != dtype || e->ndim != ndim) return damaged(l, message);
    for (int d = 0; d < ndim; d++)
        if (e->shape[d] != shape[d]) return damaged(l, message);
    if (ndim == 0)
        memcpy(*values, e->bytes, e->length);
    else
        *values = e->length == 0 ? NULL : (void *)e->bytes;
    return HONE_OK;
}

/* ---- description ----------------------------------------------------------------------------- */

static hone_status read_columns(loader *l, hn_json *root) {
    hone_model *model = l->model;
    hn_json *schema = yyjson_obj_get(root, "schema"), *known = yyjson_obj_get(root, "known");
    if (!yyjson_is_arr(schema) || !yyjson_is_arr(known)) return damaged(l, "it has no schema");
    size_t n = yyjson_arr_size(schema), n_known = yyjson_arr_size(known);
    HN_TRY(HN_NEW(l->ctx, &model->arena, model->schema.columns, n + 1));
    static const int64_t no_offsets[1];
    for (size_t j = 0; j < n; j++) {
        hn_json *value = yyjson_arr_get(schema, j);
        const char *name = yyjson_get_str(yyjson_obj_get(value, "name"));
        const char *type = yyjson_get_str(yyjson_obj_get(value, "type"));
        hn_column *column = &model->schema.columns[j];
        if (name == NULL || type == NULL || !hn_type_parse(type, &column->type))
            return damaged(l, "a column of its schema has no name or type");
        column->name = name;
        column->values = "";
        column->stride = (int64_t)hn_type_size(column->type);
        if (column->type == HN_STRING) column->offsets = no_offsets;
    }
    model->schema.n_columns = (int32_t)n;
    HN_TRY(HN_NEW(l->ctx, &model->arena, model->known.items, n_known + 1));
    for (size_t i = 0; i < n_known; i++) {
        model->known.items[i] = yyjson_get_str(yyjson_arr_get(known, i));
        if (model->known.items[i] == NULL) return damaged(l, "a known column has no name");
    }
    model->known.n = (int64_t)n_known;
    return HONE_OK;
}

/* A target's name, type, task and classes. */
static hone_status read_one_target(loader *l, hn_json *target, const char *task,
                                   hn_model_target *ret_target) {
    hn_model_target one = {.name = yyjson_get_str(yyjson_obj_get(target, "name"))};
    const char *type = yyjson_get_str(yyjson_obj_get(target, "type"));
    int64_t n = yyjson_get_sint(yyjson_obj_get(target, "classes"));
    if (task == NULL || type == NULL || !hn_task_parse(task, &one.task) ||
        !hn_type_parse(type, &one.type))
        return damaged(l, "it names no task");
    bool classify = (one.task & HN_TASK_CLASSIFY) != 0;
    if (classify ? n < 2 || n > INT32_MAX : n != 0)
        return damaged(l, "its classes do not fit its task");
    one.n_classes = (int32_t)n;
    *ret_target = one;
    return HONE_OK;
}

static hone_status read_targets(loader *l, hn_json *list) {
    hone_model *model = l->model;
    size_t n = yyjson_arr_size(list);
    int64_t width = 0;
    if (list == NULL) return HONE_OK;
    if (n < 2 || n > INT32_MAX) return damaged(l, "its targets are no list of several");
    HN_TRY(HN_NEW(l->ctx, &model->arena, model->targets, n));
    for (size_t t = 0; t < n; t++) {
        hn_json *target = yyjson_arr_get(list, t);
        hn_model_target *one = &model->targets[t];
        HN_TRY(read_one_target(l, target, yyjson_get_str(yyjson_obj_get(target, "task")), one));
        if (one->name == NULL || (one->task & (HN_TASK_CLASSIFY | HN_TASK_REGRESSION)) == 0)
            return damaged(l, "one of its targets has no name or no task");
        if ((one->n_classes > 0) != (model->targets[0].n_classes > 0))
            return damaged(l, "its targets are partly numbers and partly classes");
        width += hn_outputs(one->task, one->n_classes);
        if (width > INT32_MAX) return damaged(l, "its targets have too many classes");
    }
    model->n_targets = (int32_t)n;
    model->pipeline.width = model->pipeline.n_outputs = (int32_t)width;
    return HONE_OK;
}

static hone_status read_target(loader *l, hn_json *root) {
    hone_model *model = l->model;
    hn_json *list = yyjson_obj_get(root, "targets");
    const char *task = yyjson_get_str(yyjson_obj_get(root, "task"));
    hn_model_target one;
    HN_TRY(read_one_target(l, yyjson_obj_get(root, "target"), task, &one));
    model->pipeline.width = model->pipeline.n_outputs = hn_outputs(one.task, one.n_classes);
    HN_TRY(read_targets(l, list));
    if (list != NULL) one = model->targets[0];
    model->task = one.task;
    model->target = one.name;
    model->target_type = one.type;
    model->n_classes = one.n_classes;
    model->pipeline.task = model->task;
    model->pipeline.n_classes = model->n_classes;
    return HONE_OK;
}

static hone_status read_stage(loader *l, hn_json *value, bool is_model, hn_stage *stage) {
    hn_arena *arena = &l->model->arena;
    const char *kind = yyjson_get_str(yyjson_obj_get(value, "kind"));
    hn_json *params = yyjson_obj_get(value, "params"), *inputs = yyjson_obj_get(value, "inputs");
    const hone_estimator *found = kind != NULL ? hn_catalog_find(kind) : NULL;
    if (found == NULL && kind == NULL) return damaged(l, "a stage names no kind");
    if (found == NULL) return hn_custom_missing(l->ctx, kind);
    bool answers = is_model && l->model->task != HN_TASK_NONE;
    if (answers ? (found->tasks & l->model->task) == 0 : found->transform == NULL)
        return damaged(l, "a stage is of the wrong sort");
    if (answers && l->model->n_targets > 1 && (found->can & HN_CAN_TARGETS) == 0)
        return damaged(l, "its model learns one target, and it has several");
    if (!yyjson_is_obj(params) || !yyjson_is_arr(inputs))
        return damaged(l, "a stage is incomplete");
    stage->params = hn_arena_alloc(l->ctx, arena, 1, found->params.size);
    stage->state = hn_arena_alloc(l->ctx, arena, 1, found->state_size);
    if (stage->params == NULL || stage->state == NULL) return HONE_ERROR_MEMORY;
    HN_TRY(hn_params_defaults(l->ctx, arena, &found->params, stage->params));
    if (hn_params_set_json(l->ctx, arena, &found->params, stage->params, kind, params, "", NULL) !=
        HONE_OK)
        return l->ctx->error.code == HONE_ERROR_MEMORY
                   ? HONE_ERROR_MEMORY
                   : damaged(l, "a stage's parameters are not legal");
    size_t n = yyjson_arr_size(inputs);
    HN_TRY(HN_NEW(l->ctx, arena, stage->inputs, n + 1));
    for (size_t j = 0; j < n; j++) {
        hn_json *index = yyjson_arr_get(inputs, j);
        if (!yyjson_is_int(index) || yyjson_get_sint(index) > INT32_MAX ||
            yyjson_get_sint(index) < 0)
            return damaged(l, "a stage takes a column that is not there");
        stage->inputs[j] = (int32_t)yyjson_get_sint(index);
    }
    stage->n_inputs = (int32_t)n;
    stage->kind = found;
    return HONE_OK;
}

static hone_status read_stages(loader *l, hn_json *root) {
    hn_json *stages = yyjson_obj_get(root, "stages");
    size_t n = yyjson_arr_size(stages);
    if (n == 0) return damaged(l, "it has no stages");
    HN_TRY(HN_NEW(l->ctx, &l->model->arena, l->model->pipeline.stages, n));
    for (size_t i = 0; i < n; i++)
        HN_TRY(read_stage(l, yyjson_arr_get(stages, i), i + 1 == n, &l->model->pipeline.stages[i]));
    l->model->pipeline.n_stages = (int32_t)n;
    if (l->model->pipeline.stages[n - 1].n_inputs == 0)
        return damaged(l, "its model takes no column");
    l->model->recipe = yyjson_obj_get(root, "recipe");
    l->model->facts = yyjson_obj_get(root, "facts");
    return yyjson_is_obj(l->model->recipe) && yyjson_is_obj(l->model->facts)
               ? HONE_OK
               : damaged(l, "it has no recipe or facts");
}

/* A state must have been fitted on as many columns as its stage takes (see visit.h), and answer with as many
 * numbers as there is room for. */
static hone_status check_widths(loader *l) {
    for (int32_t i = 0; i < l->model->pipeline.n_stages; i++) {
        const hn_stage *stage = &l->model->pipeline.stages[i];
        if (stage->n_inputs == 0) continue;
        char name[256];
        int length =
            snprintf(name, sizeof name, "stages.%d.%s.n_features", (int)i, stage->kind->name);
        int64_t index = hn_map_get(&l->by_name, (hn_slice){name, (size_t)length}, -1);
        const entry *e = index >= 0 ? &l->entries[index] : NULL;
        int64_t width;
        if (e == NULL || e->dtype != HN_DTYPE_I64 || e->ndim != 0)
            return damaged(l, "a stage has no width");
        memcpy(&width, e->bytes, sizeof width);
        if (width != stage->n_inputs) return damaged(l, "a stage was fitted on other columns");
    }
    const hn_stage *model = hn_pipeline_model(&l->model->pipeline);
    if (l->model->task == HN_TASK_NONE) return HONE_OK;
    return model->kind->outputs(model->state) == hn_pipeline_outputs(&l->model->pipeline)
               ? HONE_OK
               : damaged(l, "its model answers with more or fewer numbers than its task has");
}

/* ---- whole ----------------------------------------------------------------------------------- */

/* Checksum as save makes it: tensors in file order, then the description. Fuzzers go past it: what stands
 * behind must hold against a stranger who can compute checksums too. */
static hone_status check_sum(loader *l, hn_json *metadata, const char *description, size_t length) {
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
    (void)l, (void)metadata, (void)description, (void)length;
    return HONE_OK;
#else
    const char *text = yyjson_get_str(yyjson_obj_get(metadata, "checksum"));
    uint64_t tensors = 0;
    for (size_t i = 0; i < l->by_name.count; i++)
        tensors = hn_hash(l->entries[i].bytes, l->entries[i].length, tensors);
    char expected[17];
    snprintf(expected, sizeof expected, "%016llx",
             (unsigned long long)hn_model_checksum(description, length, tensors));
    return text != NULL && strcmp(text, expected) == 0
               ? HONE_OK
               : damaged(l, "its checksum does not match its content");
#endif
}

static hone_status check_version(loader *l, hn_json *metadata) {
    const char *format = yyjson_get_str(yyjson_obj_get(metadata, "format"));
    const char *version = yyjson_get_str(yyjson_obj_get(metadata, "version"));
    if (format == NULL || version == NULL || strcmp(format, "hone") != 0)
        return damaged(l, "it is a safetensors file that hone did not write");
    int number = atoi(version);
    if (number <= HN_FILE_VERSION)
        return number > 0 ? HONE_OK : damaged(l, "its version makes no sense");
    return hn_fail_at(l->ctx, HONE_ERROR_FORMAT, HN_AT(.file = l->name),
                      "'%s' has file format %d; this hone (%s) reads up to %d; use a newer hone",
                      l->name, number, HONE_VERSION, HN_FILE_VERSION);
}

static hone_status parse(loader *l, const unsigned char *bytes, size_t length) {
    uint64_t header_length = 0;
    if (length < 10) return damaged(l, "it is too short");
    for (int i = 0; i < 8; i++) header_length |= (uint64_t)bytes[i] << (8 * i);
    if (header_length > length - 8 || header_length > HN_FILE_HEADER_MAX)
        return damaged(l, "its header is cut short or was never one");
    l->tensors = bytes + 8 + header_length;
    l->tensors_length = length - 8 - (size_t)header_length;
    hn_arena *arena = &l->model->arena;
    hn_json *header, *root;
    if (hn_json_read(l->ctx, arena, (const char *)bytes + 8, (size_t)header_length, l->name,
                     &header) != HONE_OK)
        return l->ctx->error.code == HONE_ERROR_MEMORY ? HONE_ERROR_MEMORY
                                                       : damaged(l, "its header is no JSON");
    hn_json *metadata = yyjson_obj_get(header, "__metadata__");
    hn_json *description = yyjson_obj_get(metadata, "hone");
    HN_TRY(check_version(l, metadata));
    if (!yyjson_is_str(description)) return damaged(l, "it has no description");
    HN_TRY(read_table(l, header));
    HN_TRY(check_sum(l, metadata, yyjson_get_str(description), yyjson_get_len(description)));
    if (hn_json_read(l->ctx, arena, yyjson_get_str(description), yyjson_get_len(description),
                     l->name, &root) != HONE_OK)
        return l->ctx->error.code == HONE_ERROR_MEMORY ? HONE_ERROR_MEMORY
                                                       : damaged(l, "its description is no JSON");
    HN_TRY(read_columns(l, root));
    HN_TRY(read_target(l, root));
    HN_TRY(read_stages(l, root));
    hn_visitor visitor = {
        .ctx = l->ctx, .arena = arena, .loading = true, .user = l, .tensor = take_tensor};
    HN_TRY(hn_model_visit(&visitor, l->model));
    for (int32_t t = 0; t < hn_model_targets(l->model); t++) {
        hone_model one = hn_model_of_target(l->model, t);
        if (one.n_classes > 0 && one.classes->n != one.n_classes)
            return damaged(l, "its classes do not fit its task");
    }
    HN_TRY(check_widths(l));
    if (l->model->n_targets < 2) /* of several the largest wins */
        HN_TRY(hn_decision_from_json(l->ctx, arena, yyjson_obj_get(l->model->facts, "decision"),
                                     l->model->n_classes, &l->model->decision));
    return hn_pipeline_prepare(l->ctx, &l->model->pipeline, &l->model->schema, arena);
}

/* ---- targets --------------------------------------------------------------------------------- */

hone_model hn_model_of_target(const hone_model *model, int32_t t) {
    hone_model one = *model;
    if (model->n_targets < 2) return one;
    const hn_model_target *target = &model->targets[t];
    one.target = target->name;
    one.target_type = target->type;
    one.task = one.pipeline.task = target->task;
    one.n_classes = one.pipeline.n_classes = target->n_classes;
    one.classes = target->classes;
    one.targets = NULL;
    one.n_targets = 0;
    one.pipeline.n_outputs = hn_outputs(target->task, target->n_classes);
    for (int32_t k = 0; k < t; k++)
        one.pipeline.first += hn_outputs(model->targets[k].task, model->targets[k].n_classes);
    one.facts = yyjson_obj_get(yyjson_obj_get(model->facts, "targets"), target->name);
    return one;
}

hone_status hn_model_require_one(hone_ctx *ctx, const hone_model *model, const char *what) {
    if (model->n_targets < 2) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "target"),
                      "%s is for one target, and there are %d; name one of them", what,
                      (int)model->n_targets);
}

/* ---- making ---------------------------------------------------------------------------------- */

/* A model lives in its own arena. */
hone_status hn_model_new(hone_ctx *ctx, hone_model **ret_model) {
    hn_arena arena;
    hn_arena_init(&arena, ctx->allocator);
    hone_model *model = hn_arena_alloc(ctx, &arena, 1, sizeof *model);
    if (model == NULL) {
        hn_arena_done(&arena);
        return HONE_ERROR_MEMORY;
    }
    model->arena = arena;
    model->decision = HN_LARGEST_WINS;
    *ret_model = model;
    return HONE_OK;
}

void hn_model_free(hone_model *model) {
    if (model == NULL) return;
    hn_pipeline_done(&model->pipeline);
    if (model->file.bytes != NULL) hn_unmap_file(&model->file);
    hn_arena arena = model->arena;
    hn_arena_done(&arena);
}

hone_status hn_model_parse(hone_ctx *ctx, const void *bytes, size_t length, const char *name,
                           hone_model **ret_model) {
    hone_model *model;
    HN_TRY(hn_model_new(ctx, &model));
    loader l = {.ctx = ctx, .model = model, .name = name};
    hone_status status = parse(&l, bytes, length);
    if (status != HONE_OK) {
        hn_model_free(model);
        return status;
    }
    *ret_model = model;
    return HONE_OK;
}

hone_status hn_model_from_bytes(hone_ctx *ctx, const void *bytes, size_t length,
                                hone_model **ret_model) {
    hone_model *model;
    HN_TRY(hn_model_new(ctx, &model));
    loader l = {.ctx = ctx, .model = model, .name = "bytes"};
    void *copy = hn_arena_alloc(ctx, &model->arena, length + 1, 1);
    hone_status status = HONE_ERROR_MEMORY;
    if (copy != NULL) {
        if (length > 0) memcpy(copy, bytes, length);
        status = parse(&l, copy, length);
    }
    if (status != HONE_OK) {
        hn_model_free(model);
        return status;
    }
    *ret_model = model;
    return HONE_OK;
}

hone_status hn_model_load(hone_ctx *ctx, const char *path, hone_model **ret_model) {
    hn_mapping file;
    HN_TRY(hn_map_file(ctx, path, &file));
    hone_model *model;
    hone_status status = hn_model_parse(ctx, file.bytes, file.length, path, &model);
    if (status != HONE_OK) {
        hn_unmap_file(&file);
        return status;
    }
    model->file = file;
    *ret_model = model;
    return HONE_OK;
}
