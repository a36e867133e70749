/* fuzz_model.c - model files from strangers: loading one and doing with it whatever can be done with a model must
 * end in an answer or a refusal. Seeds are small models of every sort of stage; changed are tensors, what they are
 * said to be, and the description, so that nearly every file is one again. */
#include "flow/score.h"
#include "fuzz/bounds.h"
#include "fuzz/mutate.h"

enum { ROWS = 3 };

/* Three rows that fit whatever schema the file claims: missing, ordinary, far out. */
static hone_status make_rows(hone_ctx *ctx, const hone_model *model, hn_table *ret_rows) {
    const hn_table *schema = &model->schema;
    hn_table rows = {.n_rows = ROWS, .n_columns = schema->n_columns};
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

/* One use each, in a scratch of its own; what is refused is refused with a word. */

static hone_status score(hone_ctx *ctx, hone_model *model, const hone_table *rows) {
    hn_table inputs;
    hn_answers answers;
    HN_TRY(hn_bind_table(ctx, model, &rows->view, true, ctx->scratch, &inputs));
    return hn_score(ctx, model, &inputs, ctx->scratch, &answers);
}

static hone_status describe(hone_ctx *ctx, hone_model *model, const hone_table *rows) {
    char *text;
    (void)rows;
    HN_TRY(hone_model_describe(ctx, model, &text));
    hone_string_free(ctx, text);
    HN_TRY(hone_model_log(ctx, model, true, &text));
    hone_string_free(ctx, text);
    return HONE_OK;
}

static hone_status draw(hone_ctx *ctx, hone_model *model, const hone_table *rows) {
    char *text;
    (void)rows;
    HN_TRY(hone_model_rules(ctx, model, 0, &text));
    hone_string_free(ctx, text);
    HN_TRY(hone_model_drawing(ctx, model, 1, &text));
    hone_string_free(ctx, text);
    return HONE_OK;
}

static hone_status weigh(hone_ctx *ctx, hone_model *model, const hone_table *rows) {
    double *importances;
    (void)rows;
    HN_TRY(HN_SCRATCH_NEW(ctx, importances, hone_model_inputs(model) + 1));
    return hone_model_importances(ctx, model, importances);
}

static hone_status arrays(hone_ctx *ctx, hone_model *model, const hone_table *rows) {
    hone_array array;
    (void)rows;
    for (int32_t i = 0; i < 100; i++) {
        HN_TRY(hone_model_array(ctx, model, i, &array));
        hone_array_free(ctx, &array);
    }
    return HONE_OK;
}

static hone_status verify(hone_ctx *ctx, hone_model *model, const hone_table *rows) {
    int64_t n, same;
    (void)rows;
    return hone_model_verify(ctx, model, &n, &same);
}

static hone_status transform(hone_ctx *ctx, hone_model *model, const hone_table *rows) {
    hone_table *made, *back;
    HN_TRY(hone_model_transform(ctx, model, rows, &made));
    hone_status status = hone_model_inverse(ctx, model, made, &back);
    if (status == HONE_OK) hone_table_free(ctx, back);
    hone_table_free(ctx, made);
    return status;
}

static hone_status near(hone_ctx *ctx, hone_model *model, const hone_table *rows) {
    int64_t found[ROWS * 2];
    double distances[ROWS * 2];
    return hone_model_neighbors(ctx, model, rows, 2, found, distances);
}

static hone_status sample(hone_ctx *ctx, hone_model *model, const hone_table *rows) {
    hone_table *made;
    (void)rows;
    HN_TRY(hone_model_sample(ctx, model, 5, &made));
    hone_table_free(ctx, made);
    return HONE_OK;
}

static hone_status answer_json(hone_ctx *ctx, hone_model *model, const hone_table *rows) {
    char *text;
    (void)rows;
    HN_TRY(hone_predict_json(ctx, model, "[{}, {\"a\": 1, \"b\": \"x\"}]", -1, &text));
    hone_string_free(ctx, text);
    return HONE_OK;
}

static hone_status write_again(hone_ctx *ctx, hone_model *model, const hone_table *rows) {
    char *bytes;
    size_t length;
    (void)rows;
    HN_TRY(hone_model_to_bytes(ctx, model, &bytes, &length));
    hone_string_free(ctx, bytes);
    return HONE_OK;
}

/* Last: the model is another one then. */
static hone_status learn(hone_ctx *ctx, hone_model *model, const hone_table *rows) {
    double y[2 * ROWS] = {0, 1, 0, 1, 0, 1}, weight[ROWS] = {1, 1, 2};
    int32_t classes[] = {model->n_classes, model->n_classes};
    hone_examples examples = {.task = hn_task_name(model->task),
                              .x = rows,
                              .y = model->task != HN_TASK_NONE ? y : NULL,
                              .weight = weight,
                              .n_classes = model->n_classes};
    if (model->n_targets > 2) return HONE_OK;
    if (model->n_targets == 2) examples.n_targets = 2, examples.target_classes = classes;
    return hone_update(ctx, model, &examples);
}

typedef hone_status use_fn(hone_ctx *ctx, hone_model *model, const hone_table *rows);

static hone_status use_once(hone_ctx *ctx, use_fn *fn, hone_model *model, const hone_table *rows) {
    HN_SCRATCH(ctx);
    return fn(ctx, model, rows);
}

static void use(hone_ctx *ctx, hone_model *model) {
    static use_fn *const uses[] = {score,       describe,  draw, weigh,  arrays,
                                   verify,      transform, near, sample, answer_json,
                                   write_again, learn,     score};
    HN_SCRATCH(ctx);
    hone_table *rows;
    if (hn_table_new(ctx, "rows", &rows) != HONE_OK) return;
    hone_status made = make_rows(ctx, model, &rows->view);
    for (size_t i = 0; i < sizeof uses / sizeof *uses && made == HONE_OK; i++) {
        hone_status status = use_once(ctx, uses[i], model, rows);
        if (status == HONE_OK) continue;
        if (strlen(hone_ctx_error(ctx)->message) <= 8) abort();
        if (status == HONE_ERROR_CANCELLED) break;
    }
    rows->view = (hn_table){0};
    hone_table_free(ctx, rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 1 << 20) return -1;
    hone_ctx *ctx = bounds_ctx(1);
    void *bytes = aligned_alloc(64, (size + 64) / 64 * 64);
    if (bytes == NULL) abort();
    memcpy(bytes, data, size);
    hone_model *model = NULL;
    bounds_begin(ctx);
    if (hn_model_parse(ctx, bytes, size, "fuzz.hone", &model) == HONE_OK) use(ctx, model);
    bounds_end();
    hone_model_free(model);
    hone_ctx_free(ctx);
    free(bytes);
    if (bounds_taken != 0) abort();
    return 0;
}

/* ---- files that are changed ------------------------------------------------------------------ */

enum { MOST_TENSORS = 512, MOST_DIMS = 4 };

typedef struct tensor {
    const char *name;
    hn_dtype dtype;
    int64_t shape[MOST_DIMS];
    int ndim;
    uint8_t *bytes; /* of its own */
    size_t length;
} tensor;

typedef struct file {
    yyjson_doc *header;
    tensor tensors[MOST_TENSORS];
    size_t n;
    const char *version;
    char *description; /* with room for as much again, and 4096 more */
    size_t length, room;
} file;

static bool take_tensor(file *f, yyjson_val *key, yyjson_val *value, const uint8_t *tensors,
                        size_t room) {
    tensor *t = &f->tensors[f->n];
    *t = (tensor){.name = yyjson_get_str(key)};
    const char *dtype = yyjson_get_str(yyjson_obj_get(value, "dtype"));
    yyjson_val *shape = yyjson_obj_get(value, "shape"),
               *offsets = yyjson_obj_get(value, "data_offsets");
    int d = 0;
    while (dtype != NULL && d < HN_DTYPE_COUNT && strcmp(hn_dtype_name((hn_dtype)d), dtype) != 0)
        d++;
    if (dtype == NULL || d == HN_DTYPE_COUNT || yyjson_arr_size(shape) > MOST_DIMS) return false;
    t->dtype = (hn_dtype)d;
    t->ndim = (int)yyjson_arr_size(shape);
    for (int i = 0; i < t->ndim; i++)
        t->shape[i] = (int64_t)yyjson_get_uint(yyjson_arr_get(shape, (size_t)i));
    size_t begin = yyjson_get_uint(yyjson_arr_get(offsets, 0)),
           end = yyjson_get_uint(yyjson_arr_get(offsets, 1));
    if (end < begin || end > room) return false;
    t->length = end - begin;
    t->bytes = malloc(t->length + 1);
    if (t->bytes == NULL) abort();
    memcpy(t->bytes, tensors + begin, t->length);
    f->n++;
    return true;
}

static bool take_file(const uint8_t *data, size_t size, file *f) {
    uint64_t length = 0;
    if (size < 16) return false;
    for (int i = 0; i < 8; i++) length |= (uint64_t)data[i] << (8 * i);
    if (length > size - 8) return false;
    f->header =
        yyjson_read((const char *)data + 8, (size_t)length, YYJSON_READ_ALLOW_INVALID_UNICODE);
    yyjson_val *root = yyjson_doc_get_root(f->header), *key;
    yyjson_val *metadata = yyjson_obj_get(root, "__metadata__"),
               *text = yyjson_obj_get(metadata, "hone");
    f->version = yyjson_get_str(yyjson_obj_get(metadata, "version"));
    if (!yyjson_is_str(text) || f->version == NULL) return false;
    yyjson_obj_iter iter = yyjson_obj_iter_with(root);
    while ((key = yyjson_obj_iter_next(&iter)) != NULL) {
        if (strcmp(yyjson_get_str(key), "__metadata__") == 0) continue;
        if (f->n == MOST_TENSORS || !take_tensor(f, key, yyjson_obj_iter_get_val(key),
                                                 data + 8 + length, size - 8 - (size_t)length))
            return false;
    }
    f->length = yyjson_get_len(text);
    f->room = 2 * f->length + 4096;
    f->description = malloc(f->room);
    if (f->description == NULL) abort();
    memcpy(f->description, yyjson_get_str(text), f->length);
    return true;
}

static void drop_file(file *f) {
    for (size_t i = 0; i < f->n; i++) free(f->tensors[i].bytes);
    free(f->description);
    yyjson_doc_free(f->header);
    free(f);
}

static void put_u64(uint8_t *bytes, uint64_t value) {
    for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)(value >> (8 * i));
}

/* The file again, tensors by the alignment they need; 0 where it does not fit. */
static size_t write_file(const file *f, uint8_t *data, size_t room) {
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = yyjson_mut_obj(doc), *metadata = yyjson_mut_obj(doc);
    yyjson_mut_doc_set_root(doc, root);
    yyjson_mut_obj_add_str(doc, metadata, "format", "hone");
    yyjson_mut_obj_add_str(doc, metadata, "version", f->version);
    yyjson_mut_obj_add_strn(doc, metadata, "hone", f->description, f->length);
    yyjson_mut_obj_add_val(doc, root, "__metadata__", metadata);
    size_t offset = 0, n = 0;
    for (size_t wide = 8; wide > 0; wide /= 2)
        for (size_t i = 0; i < f->n; i++) {
            const tensor *t = &f->tensors[i];
            if (hn_dtype_size(t->dtype) != wide) continue;
            yyjson_mut_val *entry = yyjson_mut_obj_add_obj(doc, root, t->name);
            yyjson_mut_obj_add_str(doc, entry, "dtype", hn_dtype_name(t->dtype));
            yyjson_mut_obj_add_val(doc, entry, "shape",
                                   yyjson_mut_arr_with_sint64(doc, t->shape, (size_t)t->ndim));
            const int64_t ends[] = {(int64_t)offset, (int64_t)(offset + t->length)};
            yyjson_mut_obj_add_val(doc, entry, "data_offsets",
                                   yyjson_mut_arr_with_sint64(doc, ends, 2));
            offset += t->length;
        }
    char *text = yyjson_mut_write(doc, YYJSON_WRITE_ALLOW_INVALID_UNICODE, &n);
    yyjson_mut_doc_free(doc);
    size_t padded = (8 + n + 63) / 64 * 64 - 8;
    bool fits = text != NULL && 8 + padded + offset <= room;
    if (fits) {
        put_u64(data, padded);
        memset(data + 8, ' ', padded);
        memcpy(data + 8, text, n);
        size_t at = 8 + padded;
        for (size_t wide = 8; wide > 0; wide /= 2)
            for (size_t i = 0; i < f->n; i++) {
                if (hn_dtype_size(f->tensors[i].dtype) != wide) continue;
                memcpy(data + at, f->tensors[i].bytes, f->tensors[i].length);
                at += f->tensors[i].length;
            }
    }
    free(text);
    return fits ? 8 + padded + offset : 0;
}

/* An element: what hurts for its type, or one that stands elsewhere in it, or close to what was there. */
static void change_element(tensor *t, uint64_t *state) {
    static const int64_t whole[] = {0,         1,         -1,        2,         3,
                                    7,         64,        255,       INT32_MAX, INT32_MIN,
                                    INT64_MAX, INT64_MIN, 1ll << 32, 1ll << 61};
    static const double real[] = {NAN, INFINITY, -INFINITY, 0,      -0.0, 1,
                                  -1,  1e300,    -1e300,    5e-324, 0.5,  1e18};
    size_t wide = hn_dtype_size(t->dtype), n = t->length / wide, at = mutate_below(state, n),
           way = mutate_below(state, 4);
    uint8_t *place = t->bytes + at * wide;
    if (n == 0) return;
    if (way == 0) {
        memmove(place, t->bytes + mutate_below(state, n) * wide, wide);
    } else if (t->dtype == HN_DTYPE_F64 || t->dtype == HN_DTYPE_F32) {
        double v = real[mutate_below(state, sizeof real / sizeof *real)];
        float narrow = (float)v;
        memcpy(place, wide == 8 ? (void *)&v : (void *)&narrow, wide);
    } else {
        int64_t v = 0;
        memcpy(&v, place, wide);
        v = way == 1 ? (int64_t)((uint64_t)v + mutate_below(state, 5) - 2)
                     : whole[mutate_below(state, sizeof whole / sizeof *whole)];
        memcpy(place, &v, wide);
    }
}

/* One more or fewer along an extent, or another extent altogether; its bytes are as many as it says. */
static void change_shape(tensor *t, uint64_t *state) {
    if (t->ndim == 0) return;
    int64_t *extent = &t->shape[mutate_below(state, (size_t)t->ndim)];
    *extent = mutate_below(state, 3) ? *extent + (int64_t)mutate_below(state, 3) - 1
                                     : (int64_t)mutate_below(state, 12);
    if (*extent < 0) *extent = 0;
    size_t length = hn_dtype_size(t->dtype);
    for (int d = 0; d < t->ndim; d++) length *= (size_t)t->shape[d];
    if (length > 1 << 18) length = t->length;
    uint8_t *bytes = calloc(length + 1, 1);
    if (bytes == NULL) abort();
    for (size_t i = 0; i < length && t->length > 0; i++) bytes[i] = t->bytes[i % t->length];
    free(t->bytes);
    t->bytes = bytes;
    t->length = length;
}

static void change_file(file *f, uint64_t *state) {
    tensor *t = f->n > 0 ? &f->tensors[mutate_below(state, f->n)] : NULL,
           *other = f->n > 0 ? &f->tensors[mutate_below(state, f->n)] : NULL;
    size_t way = t != NULL ? mutate_below(state, 10) : 9, length;
    switch (way) {
    case 0:
    case 1:
    case 2:
    case 3: change_element(t, state); break;
    case 4: /* numbers that say how long others are */
        for (int i = 0; i < 20 && t->ndim > 0; i++) t = &f->tensors[mutate_below(state, f->n)];
        change_element(t, state);
        break;
    case 5: mutate_bytes(t->bytes, t->length); break;
    case 6: change_shape(t, state); break;
    case 7:
        if (t->dtype == other->dtype) { /* one's for the other's */
            tensor kept = *t;
            *t = *other;
            *other = kept;
            other->name = t->name;
            t->name = kept.name;
        }
        break;
    default:
        length = mutate_json(f->description, f->length, f->room, NULL, state);
        if (length > 0) f->length = length;
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
    uint64_t state = seed;
    file *f = calloc(1, sizeof *f);
    size_t length = 0;
    if (f == NULL) abort();
    if (mutate_below(&state, 16) > 0 && take_file(data, size, f)) {
        for (size_t changes = 1 + mutate_below(&state, 4); changes > 0; changes--)
            change_file(f, &state);
        length = write_file(f, data, max_size);
    }
    drop_file(f);
    return length > 0 ? length : LLVMFuzzerMutate(data, size, max_size);
}
