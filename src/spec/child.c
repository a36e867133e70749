/* child.c - see child.h. */
#include "spec/child.h"
#include "base/parallel.h"
#include "base/rng.h"
#include <assert.h>
#include <string.h>

/* ---- parts ----------------------------------------------------------------------------------- */

/* A parameter table with one part in it: the engine reads, checks and writes it. */
typedef struct holder {
    hn_part part;
} holder;
static const hone_param holder_items[] = {HN_PARAM(holder, part, .doc = "A part.")};
static const hn_params holder_params = HN_PARAMS(holder, holder_items);

hone_status hn_part_make(hone_ctx *ctx, hn_arena *arena, const char *text, hn_part *ret_part) {
    holder h = {0};
    HN_TRY(hn_params_set_text(ctx, arena, &holder_params, &h, "state", "part", text));
    *ret_part = h.part;
    return HONE_OK;
}

static hone_status part_text(hone_ctx *ctx, const hn_part *part, char **ret_text) {
    holder h = {*part};
    hn_json_doc *doc;
    hn_json_mut *object;
    size_t length;
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    HN_TRY(hn_params_to_json(ctx, &holder_params, &h, false, doc, &object));
    return hn_json_write(ctx, ctx->scratch, yyjson_mut_obj_get(object, "part"), false, ret_text,
                         &length);
}

hone_status hn_part_copy(hone_ctx *ctx, hn_arena *arena, const hn_part *part, hn_part *ret_part) {
    HN_SCRATCH(ctx);
    char *text;
    HN_TRY(part_text(ctx, part, &text));
    return hn_part_make(ctx, arena, text, ret_part);
}

hone_status hn_part_visit(hn_visitor *v, const char *name, unsigned tasks, hn_part *part) {
    hone_ctx *ctx = v->ctx;
    HN_SCRATCH(ctx);
    const char *text = NULL, **texts = &text;
    char *written;
    if (!v->loading) {
        HN_TRY(part_text(ctx, part, &written));
        text = written;
    }
    HN_TRY(hn_visit_texts(v, name, &texts, 1));
    if (!v->loading) return HONE_OK;
    hone_status status = hn_part_make(ctx, v->arena, texts[0], part);
    if (status == HONE_ERROR_MEMORY) return status;
    return hn_visit_check(v, status == HONE_OK && part->kind && (part->kind->tasks & tasks) != 0,
                          "a part that is no kind of this version, or not for this task");
}

/* ---- fitting --------------------------------------------------------------------------------- */

uint64_t hn_child_seed(const hone_ctx *ctx, const char *purpose, int64_t i) {
    return hn_rng_at(ctx->seed, hn_stream(purpose, (uint64_t)i), 0);
}

/* The classes of rows that have weight. */
static hone_status find_present(hone_ctx *ctx, const hone_data *data, hn_child *child) {
    HN_SCRATCH(ctx);
    bool *seen;
    HN_TRY(HN_SCRATCH_NEW(ctx, seen, data->n_classes + 1));
    for (int64_t i = 0; i < data->x->n_rows; i++)
        if (!data->weight || data->weight[i] > 0) seen[(int64_t)data->y[i]] = true;
    HN_TRY(HN_NEW(ctx, &child->arena, child->present, data->n_classes + 1));
    for (int32_t c = 0; c < data->n_classes; c++)
        if (seen[c]) child->present[child->n_present++] = c;
    return HONE_OK;
}

/* The rows of the classes that are present, with these numbered anew. Scratch is the caller's. */
static hone_status only_present(hone_ctx *ctx, const hone_data *data, const hn_child *child,
                                hone_data *ret_data) {
    int64_t *rows, *number, n = 0;
    double *y;
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, data->x->n_rows + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, number, data->n_classes + 1));
    for (int64_t k = 0; k < child->n_present; k++) number[child->present[k]] = k + 1;
    for (int64_t i = 0; i < data->x->n_rows; i++)
        if (number[(int64_t)data->y[i]] > 0) rows[n++] = i;
    hone_data part;
    HN_TRY(hn_data_take(ctx, ctx->scratch, data, rows, n, &part));
    HN_TRY(HN_SCRATCH_NEW(ctx, y, n + 1));
    for (int64_t i = 0; i < n; i++) y[i] = (double)(number[(int64_t)part.y[i]] - 1);
    part.y = y;
    part.n_classes = (int32_t)child->n_present;
    part.task = child->n_present == 2 ? HN_TASK_BINARY : HN_TASK_MULTICLASS;
    *ret_data = part;
    return HONE_OK;
}

static hone_status fit_state(hone_ctx *ctx, const hone_data *data, hn_child *child) {
    const hone_estimator *kind = child->part.kind;
    const void *params = child->part.params;
    if (kind->check) HN_TRY(kind->check(ctx, params, data));
    child->state = hn_arena_alloc(ctx, &child->arena, 1, kind->state_size);
    if (!child->state) return HONE_ERROR_MEMORY;
    HN_TRY(kind->fit(ctx, params, data, &child->arena, child->state));
    if (!kind->prepare) return HONE_OK;
    hn_table schema;
    HN_TRY(hn_table_schema(ctx, &child->arena, data->x, &schema));
    return hn_child_prepare(ctx, &child->arena, child, &schema);
}

static hone_status fit(hone_ctx *ctx, const hone_data *data, hn_child *child) {
    if (data->n_classes == 0) return fit_state(ctx, data, child);
    HN_TRY(find_present(ctx, data, child));
    if (child->n_present == data->n_classes) return fit_state(ctx, data, child);
    if (child->n_present <= 1) return HONE_OK;
    HN_SCRATCH(ctx);
    hone_data part, held;
    HN_TRY(only_present(ctx, data, child, &part));
    part.validation = NULL;
    if (data->validation) {
        HN_TRY(only_present(ctx, data->validation, child, &held));
        if (held.x->n_rows > 0) part.validation = &held;
    }
    return fit_state(ctx, &part, child);
}

hone_status hn_child_fit(hone_ctx *ctx, const char *owner, const hn_part *part,
                         const hone_data *data, uint64_t seed, hn_child *ret_child) {
    return hn_child_fit_by(ctx, owner, part, data, NULL, seed, ret_child);
}

hone_status hn_child_fit_by(hone_ctx *ctx, const char *owner, const hn_part *part,
                            const hone_data *data, const hone_data *validation, uint64_t seed,
                            hn_child *ret_child) {
    assert(ctx && part && part->kind && data && data->x->n_rows > 0);
    *ret_child = (hn_child){.part = *part,
                            .n_features = data->x->n_columns,
                            .n_classes = data->n_classes,
                            .owns = true};
    hn_arena_init(&ret_child->arena, ctx->allocator);
    uint64_t before = ctx->seed;
    hone_data own = *data;
    /* Those of data need not have its columns or target any more. */
    own.validation = part->kind->can & HN_CAN_VALIDATE ? validation : NULL;
    ctx->seed = seed;
    hone_status status = fit(ctx, &own, ret_child);
    ctx->seed = before;
    if (status == HONE_OK) return HONE_OK;
    hn_child_done(ret_child);
    return hn_fail_in(ctx, owner, status);
}

void hn_child_done(hn_child *child) {
    if (child->state && child->part.kind->done) child->part.kind->done(child->state);
    child->state = NULL;
    if (child->owns) hn_arena_done(&child->arena);
    child->owns = false;
}

/* ---- answers --------------------------------------------------------------------------------- */

/* Answers of the classes present, spread over all. */
static void spread(const hn_child *child, const double *row, double *ret) {
    double absent = 0;
    if (!hn_child_gives_probabilities(child)) {
        absent = row[0];
        for (int64_t k = 1; k < child->n_present; k++) absent = row[k] < absent ? row[k] : absent;
        absent -= 1;
    }
    for (int64_t c = 0; c < child->n_classes; c++) ret[c] = absent;
    for (int64_t k = 0; k < child->n_present; k++) ret[child->present[k]] = row[k];
}

hone_status hn_child_predict(hone_ctx *ctx, const hn_child *child, const hn_table *x,
                             double *ret_out) {
    const hone_estimator *kind = child->part.kind;
    int64_t k = child->n_present, classes = child->n_classes;
    if (classes == k) return kind->predict(ctx, child->state, x, ret_out);
    if (k <= 1) {
        double one = 1;
        for (int64_t i = 0; i < x->n_rows; i++) spread(child, &one, ret_out + i * classes);
        return HONE_OK;
    }
    HN_SCRATCH(ctx);
    double *out;
    HN_TRY(HN_SCRATCH_NEW(ctx, out, x->n_rows * k + 1));
    HN_TRY(kind->predict(ctx, child->state, x, out));
    for (int64_t i = 0; i < x->n_rows; i++) spread(child, out + i * k, ret_out + i * classes);
    return HONE_OK;
}

hone_status hn_child_shares(hone_ctx *ctx, const hn_child *child, const hn_table *x,
                            double *ret_out) {
    HN_TRY(hn_child_predict(ctx, child, x, ret_out));
    if (child->n_classes == 0 || hn_child_gives_probabilities(child)) return HONE_OK;
    for (int64_t i = 0; i < x->n_rows; i++) {
        double *row = ret_out + i * child->n_classes;
        int64_t best = hn_first_largest(row, child->n_classes);
        for (int64_t c = 0; c < child->n_classes; c++) row[c] = c == best;
    }
    return HONE_OK;
}

typedef struct many_job {
    const hn_child *child;
    hn_child_answer *answer;
    const hn_table *x;
    double *out;
} many_job;

static hone_status answer_block(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const many_job *job = arg;
    int64_t width = job->child->n_classes > 0 ? job->child->n_classes : 1;
    hn_table block;
    HN_TRY(hn_table_slice(ctx, ctx->scratch, job->x, chunk.begin, chunk.end, &block));
    return job->answer(ctx, job->child, &block, job->out + chunk.begin * width);
}

hone_status hn_child_many(hone_ctx *ctx, const hn_child *child, hn_child_answer *answer,
                          const hn_table *x, double *ret_out) {
    enum { BLOCK = 2048 };
    many_job job = {.child = child, .answer = answer, .x = x, .out = ret_out};
    return hn_parallel(ctx, x->n_rows, BLOCK, answer_block, &job);
}

/* ---- saving ---------------------------------------------------------------------------------- */

/* What passes the tensors of a child's state on, and takes note of its width. */
typedef struct watch {
    hn_visitor visitor; /* first: what the kind's hook sees */
    hn_visitor *outer;
    int64_t width; /* -1: none seen */
} watch;

static hone_status watch_tensor(hn_visitor *v, const char *name, hn_dtype dtype, void **values,
                                int ndim, const int64_t *shape) {
    watch *w = (watch *)v;
    HN_TRY(w->outer->tensor(w->outer, name, dtype, values, ndim, shape));
    if (ndim == 0 && dtype == HN_DTYPE_I64 && strcmp(name, "n_features") == 0)
        memcpy(&w->width, *values, sizeof w->width);
    return HONE_OK;
}

static hone_status visit_state(hn_visitor *v, hn_child *child) {
    const hone_estimator *kind = child->part.kind;
    if (v->loading) {
        child->state = hn_arena_alloc(v->ctx, v->arena, 1, kind->state_size);
        if (!child->state) return HONE_ERROR_MEMORY;
    }
    watch w = {.visitor = *v, .outer = v, .width = -1};
    w.visitor.tensor = watch_tensor;
    w.visitor.depth = v->depth + 1;
    HN_TRY(hn_visit_check(v, w.visitor.depth <= HN_PART_DEPTH, "kinds within kinds too deep"));
    HN_TRY(kind->visit(&w.visitor, child->state));
    HN_TRY(hn_visit_check(v, w.width == child->n_features, "a part fitted on other columns"));
    int64_t outputs = child->n_classes == 0 ? 1 : child->n_present;
    return hn_visit_check(v, kind->outputs(child->state) == outputs,
                          "a part that answers with more or fewer numbers than it may");
}

static hone_status visit_child(hn_visitor *v, void *arg) {
    hn_child *child = arg;
    if (child->n_classes == 0) return visit_state(v, child);
    HN_TRY(hn_visit(v, "n_present", &child->n_present));
    HN_TRY(hn_visit_check(v, child->n_present >= 1 && child->n_present <= child->n_classes,
                          "a part with an impossible number of classes"));
    HN_TRY(hn_visit(v, "present", &child->present, child->n_present));
    for (int64_t k = 0; k < child->n_present; k++) {
        int64_t least = k > 0 ? child->present[k - 1] + 1 : 0;
        HN_TRY(hn_visit_check(v, child->present[k] >= least && child->present[k] < child->n_classes,
                              "a part with classes that are not there"));
    }
    return child->n_present > 1 ? visit_state(v, child) : HONE_OK;
}

hone_status hn_child_visit(hn_visitor *v, const char *prefix, const hn_part *part,
                           int64_t n_features, int64_t n_classes, hn_child *child) {
    if (v->loading)
        *child = (hn_child){.part = *part, .n_features = n_features, .n_classes = n_classes};
    return hn_visit_nested(v, prefix, visit_child, child);
}

hone_status hn_child_prepare(hone_ctx *ctx, hn_arena *arena, hn_child *child,
                             const hn_table *schema) {
    if (child->prepared || !child->state) return HONE_OK;
    child->prepared = true;
    const hone_estimator *kind = child->part.kind;
    return kind->prepare ? kind->prepare(ctx, arena, child->state, schema) : HONE_OK;
}
