/* custom.c - steps whose making is the caller's: functions registered under a name, which recipes then use as they
 * use any kind (hone.h).
 *
 * Each becomes a kind of its own, with the hooks below. A model keeps the step's name, the bytes that its fit gave and
 * what columns it made; never a function. What it makes later is brought to those columns, or refused. */
#include "flow/custom.h"
#include "flow/recipe.h"
#include "spec/catalog.h"
#include "table/cast.h"
#include "table/dictionary.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MOST = 63 };

typedef struct custom_params {
    const char *step, *options;
} custom_params;

/* Registered steps stay where they are to the end of the process: models point to them. */
typedef struct custom {
    struct custom *next;
    hone_estimator kind;
    hone_step step;
    hone_param params[2];
    char name[NAME_MOST + 1];
    bool forgotten;
} custom;

static custom *registered; /* newest first; guarded by the lock below, as is forgotten */
static pthread_mutex_t registering = PTHREAD_MUTEX_INITIALIZER;

static custom *find(const char *name) {
    custom *found;
    pthread_mutex_lock(&registering);
    for (found = registered; found != NULL; found = found->next)
        if (!found->forgotten && strcmp(found->name, name) == 0) break;
    pthread_mutex_unlock(&registering);
    return found;
}

const hone_estimator *hn_custom_find(const char *name) {
    custom *found = find(name);
    return found != NULL ? &found->kind : NULL;
}

/* ---- the kind -------------------------------------------------------------------------------- */

typedef struct custom_state {
    int64_t n, n_made, n_bytes;
    const char **name;  /* [1] of the step */
    uint8_t *bytes;     /* [n_bytes] what its fit gave */
    const char **names; /* [n_made] columns that it makes */
    int32_t *type;      /* [n_made] HN_F64, HN_BOOL, HN_TIME, HN_CATEGORY or HN_STRING */
    const hn_dictionary **dictionary; /* [n_made] of categories */
    /* made in prepare */
    const hone_step *step;
} custom_state;

static hone_status failed(hone_ctx *ctx, const char *name, const char *where) {
    char said[sizeof ctx->error.message];
    if (ctx->error.code == HONE_ERROR_CANCELLED || ctx->error.code == HONE_ERROR_MEMORY)
        return ctx->error.code;
    hn_copy_text(said, sizeof said,
                 ctx->error.code != HONE_OK ? ctx->error.message
                                            : "it gave no reason (hone_step_failed tells one)");
    return hn_fail(ctx, HONE_ERROR_USAGE, "the step '%s' failed in %s: %.900s", name, where, said);
}

void hone_step_failed(hone_ctx *ctx, const char *message) {
    hn_fail(ctx, HONE_ERROR_USAGE, "%.900s", message);
}

/* Rows x as a table that outlives the call of a function only. Texts that training did not see are there. */
static hone_status lend(hone_ctx *ctx, const hn_table *x, hone_table *ret_table) {
    hone_table lent = {.view = *x};
    HN_TRY(HN_SCRATCH_NEW(ctx, lent.view.columns, x->n_columns + 1));
    for (int32_t j = 0; j < x->n_columns; j++) {
        lent.view.columns[j] = x->columns[j];
        HN_TRY(hn_column_settle(ctx, ctx->scratch, &lent.view.columns[j]));
    }
    *ret_table = lent;
    return HONE_OK;
}

static hone_status call_transform(hone_ctx *ctx, const custom_state *s, const hn_table *x,
                                  hone_table **ret_made) {
    hone_table lent, *made = NULL;
    HN_TRY(lend(ctx, x, &lent));
    ctx->error.code = HONE_OK;
    if (s->step->transform(s->step->user, ctx, s->bytes, (size_t)s->n_bytes, &lent, &made) != 0 ||
        made == NULL) {
        hone_table_free(ctx, made);
        return failed(ctx, s->name[0], "transform");
    }
    if (made->view.csr != NULL || made->view.n_rows != x->n_rows) {
        int64_t rows = made->view.n_rows;
        hone_table_free(ctx, made);
        return hn_fail(ctx, HONE_ERROR_USAGE,
                       "the step '%s' gives %lld rows for %lld; it must give one for each",
                       s->name[0], (long long)rows, (long long)x->n_rows);
    }
    *ret_made = made;
    return HONE_OK;
}

/* ---- the columns that it makes --------------------------------------------------------------- */

static hone_status learn_columns(hone_ctx *ctx, hn_arena *arena, const hn_table *made,
                                 custom_state *s) {
    s->n_made = made->n_columns;
    HN_TRY(HN_NEW(ctx, arena, s->names, s->n_made + 1));
    HN_TRY(HN_NEW(ctx, arena, s->type, s->n_made + 1));
    HN_TRY(HN_NEW(ctx, arena, s->dictionary, s->n_made + 1));
    for (int32_t j = 0; j < made->n_columns; j++) {
        const hn_column *column = &made->columns[j];
        s->names[j] = hn_arena_strdup(ctx, arena, column->name);
        if (s->names[j] == NULL) return HONE_ERROR_MEMORY;
        bool number = column->type == HN_F32 || column->type == HN_I64;
        s->type[j] = number ? HN_F64 : (int32_t)column->type;
        if (column->type == HN_CATEGORY)
            HN_TRY(hn_dictionary_copy(ctx, arena, column->dictionary, &s->dictionary[j]));
    }
    return HONE_OK;
}

static hone_status copy_valid(hone_ctx *ctx, hn_arena *arena, const hn_column *from,
                              const uint8_t **ret_valid) {
    uint8_t *valid = NULL;
    for (int64_t i = 0; i < from->n; i++) {
        if (!hn_column_is_missing(from, i)) continue;
        if (valid == NULL) HN_TRY(hn_valid_new(ctx, arena, from->n, &valid));
        hn_valid_clear(valid, i);
    }
    *ret_valid = valid;
    return HONE_OK;
}

static hone_status copy_strings(hone_ctx *ctx, hn_arena *arena, const hn_column *from,
                                hn_column *to) {
    int64_t *offsets, total = 0;
    char *bytes;
    HN_TRY(HN_NEW(ctx, arena, offsets, from->n + 1));
    for (int64_t i = 0; i < from->n; i++)
        offsets[i + 1] = total += (int64_t)hn_column_text(from, i).length;
    HN_TRY(HN_NEW(ctx, arena, bytes, total + 1));
    for (int64_t i = 0; i < from->n; i++) {
        hn_slice text = hn_column_text(from, i);
        if (text.length > 0) memcpy(bytes + offsets[i], text.text, text.length);
    }
    to->values = bytes;
    to->offsets = offsets;
    return copy_valid(ctx, arena, from, &to->valid);
}

/* Elements of size bytes, in arena. */
static hone_status copy_values(hone_ctx *ctx, hn_arena *arena, const hn_column *from,
                               hn_column *to) {
    size_t size = hn_type_size(from->type);
    char *values = hn_arena_alloc(ctx, arena, (size_t)from->n + 1, size);
    if (values == NULL) return HONE_ERROR_MEMORY;
    for (int64_t i = 0; i < from->n; i++)
        memcpy(values + (size_t)i * size, (const char *)from->values + i * from->stride, size);
    to->values = values;
    to->stride = (int64_t)size;
    return copy_valid(ctx, arena, from, &to->valid);
}

static hone_status wrong_type(hone_ctx *ctx, const custom_state *s, int32_t j,
                              const hn_column *from) {
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.column = from->name),
                      "the step '%s' gives column '%s' as %s, and in training it was %s",
                      s->name[0], from->name, hn_type_name(from->type),
                      hn_type_name((hn_type)s->type[j]));
}

/* Column from of what was made as the column that training had, in arena. */
static hone_status take_column(hone_ctx *ctx, hn_arena *arena, const custom_state *s, int32_t j,
                               const hn_column *from, hn_column *ret_column) {
    hn_column column = {.name = s->names[j], .type = (hn_type)s->type[j], .n = from->n}, cast;
    bool text = from->type == HN_STRING || from->type == HN_CATEGORY;
    double *numbers;
    if (strcmp(from->name, s->names[j]) != 0)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.column = from->name),
                          "the step '%s' gives a column '%s' where training had '%s'; it must give "
                          "the same ones for any rows",
                          s->name[0], from->name, s->names[j]);
    switch (column.type) {
    case HN_F64:
        if (!hn_type_is_numeric(from->type)) return wrong_type(ctx, s, j, from);
        HN_TRY(HN_NEW(ctx, arena, numbers, from->n + 1));
        hn_column_doubles(from, 0, from->n, numbers, 1);
        column = hn_column_of_f64(s->names[j], numbers, from->n);
        break;
    case HN_CATEGORY:
        if (!text && !hn_type_is_numeric(from->type)) return wrong_type(ctx, s, j, from);
        HN_TRY(hn_column_cast_open(ctx, arena, from, s->dictionary[j], &column));
        column.name = s->names[j];
        break;
    case HN_STRING:
        if (!text) return wrong_type(ctx, s, j, from);
        HN_TRY(copy_strings(ctx, arena, from, &column));
        break;
    case HN_BOOL:
        if (!hn_type_is_numeric(from->type)) return wrong_type(ctx, s, j, from);
        HN_TRY(hn_column_cast(ctx, ctx->scratch, from, HN_BOOL, NULL, HN_MISFIT_FAILS, &cast));
        HN_TRY(copy_values(ctx, arena, &cast, &column));
        break;
    default:
        if (from->type != column.type) return wrong_type(ctx, s, j, from);
        HN_TRY(copy_values(ctx, arena, from, &column));
    }
    *ret_column = column;
    return HONE_OK;
}

static hone_status take_columns(hone_ctx *ctx, hn_arena *arena, const custom_state *s,
                                const hn_table *made, hn_table *ret_out) {
    hn_table out = {.n_rows = made->n_rows, .n_columns = made->n_columns};
    if (made->n_columns != s->n_made)
        return hn_fail(ctx, HONE_ERROR_USAGE,
                       "the step '%s' gives %d columns, and in training it gave %d; it must give "
                       "the same ones for any rows",
                       s->name[0], (int)made->n_columns, (int)s->n_made);
    HN_TRY(HN_NEW(ctx, arena, out.columns, out.n_columns + 1));
    for (int32_t j = 0; j < out.n_columns; j++)
        HN_TRY(take_column(ctx, arena, s, j, &made->columns[j], &out.columns[j]));
    *ret_out = out;
    return HONE_OK;
}

/* The columns without rows: what a model is prepared with. No function is called for it. */
static hone_status no_rows(hone_ctx *ctx, hn_arena *arena, const custom_state *s,
                           hn_table *ret_out) {
    static const int64_t no_offsets[1];
    hn_table out = {.n_columns = (int32_t)s->n_made};
    HN_TRY(HN_NEW(ctx, arena, out.columns, s->n_made + 1));
    for (int32_t j = 0; j < out.n_columns; j++) {
        hn_type type = (hn_type)s->type[j];
        out.columns[j] = (hn_column){.name = s->names[j],
                                     .type = type,
                                     .values = "",
                                     .stride = (int64_t)hn_type_size(type),
                                     .offsets = type == HN_STRING ? no_offsets : NULL,
                                     .dictionary = s->dictionary[j]};
    }
    *ret_out = out;
    return HONE_OK;
}

/* ---- hooks ----------------------------------------------------------------------------------- */

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const custom_state *s = state;
    hone_table *made;
    HN_SCRATCH(ctx);
    if (x->n_rows == 0) return no_rows(ctx, arena, s, ret_out);
    HN_TRY(call_transform(ctx, s, x, &made));
    hone_status status = take_columns(ctx, arena, s, &made->view, ret_out);
    hone_table_free(ctx, made);
    return status;
}

/* What the step's own fit gives, copied. */
static hone_status call_fit(hone_ctx *ctx, const custom_params *p, const hone_data *data,
                            hn_arena *arena, custom_state *s) {
    void *bytes = NULL;
    size_t length = 0;
    hone_table lent;
    if (s->step->fit == NULL) return HONE_OK;
    HN_TRY(lend(ctx, data->x, &lent));
    ctx->error.code = HONE_OK;
    int bad = s->step->fit(s->step->user, ctx, p->options != NULL ? p->options : "", &lent, data->y,
                           &bytes, &length);
    hone_status status = HONE_OK;
    if (bad != 0) status = failed(ctx, p->step, "fit");
    if (status == HONE_OK && length > 0 && bytes != NULL) {
        s->n_bytes = (int64_t)length;
        status = HN_NEW(ctx, arena, s->bytes, length);
        if (status == HONE_OK) memcpy(s->bytes, bytes, length);
    }
    if (s->step->release != NULL && bytes != NULL) s->step->release(s->step->user, bytes);
    return status;
}

static hone_status find_step(hone_ctx *ctx, custom_state *s) {
    custom *own = find(s->name[0]);
    if (own == NULL) return hn_custom_missing(ctx, s->name[0]);
    s->step = &own->step;
    return HONE_OK;
}

static hone_status fit(hone_ctx *ctx, const void *params_, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    const custom_params *p = params_;
    custom_state *s = ret_state;
    hone_table *made;
    HN_SCRATCH(ctx);
    s->n = data->x->n_columns;
    HN_TRY(HN_NEW(ctx, arena, s->name, 1));
    s->name[0] = hn_arena_strdup(ctx, arena, p->step);
    if (s->name[0] == NULL) return HONE_ERROR_MEMORY;
    HN_TRY(find_step(ctx, s));
    HN_TRY(call_fit(ctx, p, data, arena, s));
    HN_TRY(call_transform(ctx, s, data->x, &made));
    hone_status status = learn_columns(ctx, arena, &made->view, s);
    hone_table_free(ctx, made);
    return status;
}

static hone_status visit(hn_visitor *v, void *state) {
    custom_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n));
    HN_TRY(hn_visit(v, "n_made", &s->n_made));
    HN_TRY(hn_visit(v, "n_bytes", &s->n_bytes));
    HN_TRY(hn_visit_check(v,
                          s->n >= 0 && s->n < INT32_MAX && s->n_made >= 0 &&
                              s->n_made < INT32_MAX && s->n_bytes >= 0,
                          "a step of the caller's: numbers"));
    HN_TRY(hn_visit_texts(v, "name", &s->name, 1));
    HN_TRY(hn_visit(v, "bytes", &s->bytes, s->n_bytes));
    HN_TRY(hn_visit_texts(v, "names", &s->names, s->n_made));
    HN_TRY(hn_visit(v, "type", &s->type, s->n_made));
    if (v->loading) HN_TRY(HN_NEW(v->ctx, v->arena, s->dictionary, s->n_made + 1));
    for (int64_t j = 0; j < s->n_made; j++) {
        char name[48];
        int32_t type = s->type[j];
        bool known = type == HN_F64 || type == HN_BOOL || type == HN_TIME || type == HN_CATEGORY ||
                     type == HN_STRING;
        HN_TRY(hn_visit_check(v, known, "a step of the caller's: type"));
        snprintf(name, sizeof name, "dictionary.%lld", (long long)j);
        if (type != HN_CATEGORY) continue;
        HN_TRY(hn_visit_dictionary(v, name, &s->dictionary[j]));
        HN_TRY(hn_visit_check(v,
                              s->dictionary[j] != NULL && hn_dictionary_is_sorted(s->dictionary[j]),
                              "a step of the caller's: dictionary"));
    }
    return HONE_OK;
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    custom_state *s = state;
    if (schema->n_columns != s->n)
        return hn_fail(ctx, HONE_ERROR_FORMAT,
                       "the step '%s' does not fit the columns it is given; the model file is "
                       "damaged: fetch or train it again",
                       s->name[0]);
    /* Bytes lie anywhere in a loaded file; what its functions get may be read as what they gave: numbers, structs. */
    if (s->n_bytes > 0) {
        uint8_t *aligned;
        HN_TRY(HN_NEW(ctx, arena, aligned, s->n_bytes));
        memcpy(aligned, s->bytes, (size_t)s->n_bytes);
        s->bytes = aligned;
    }
    return find_step(ctx, s);
}

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx, (void)schema;
    const custom_state *s = state;
    hn_json_mut *made = yyjson_mut_obj_add_arr(doc, object, "columns");
    for (int64_t j = 0; j < s->n_made; j++) yyjson_mut_arr_add_strcpy(doc, made, s->names[j]);
    yyjson_mut_obj_add_int(doc, object, "bytes", s->n_bytes);
    return HONE_OK;
}

/* ---- registering ----------------------------------------------------------------------------- */

hone_status hn_custom_missing(hone_ctx *ctx, const char *name) {
    return hn_fail(
        ctx, HONE_ERROR_UNSUPPORTED,
        "the model uses '%.63s', which this hone (%s) does not have; if it is a step of its "
        "maker's own, register that first (hone_register_step, or hone.register in "
        "Python), else use a newer hone",
        name, HONE_VERSION);
}

static hone_status check_name(hone_ctx *ctx, const char *name) {
    size_t n = name != NULL ? strlen(name) : 0;
    bool good = n > 0 && n <= NAME_MOST && islower((unsigned char)name[0]);
    for (size_t i = 0; good && i < n; i++)
        good = islower((unsigned char)name[i]) || isdigit((unsigned char)name[i]) || name[i] == '_';
    if (!good)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "name"),
                          "a step's name has small letters, digits and _, a letter first, %d at "
                          "most; '%.80s' does not",
                          (int)NAME_MOST, name != NULL ? name : "");
    if (strcmp(name, HN_STEPS_INFERRED) == 0 ||
        (hn_catalog_find(name) != NULL && find(name) == NULL))
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "name"),
                          "'%s' means something else already; give the step another name", name);
    return HONE_OK;
}

static void declare(custom *made) {
    made->params[0] = (hone_param)HN_PARAM(custom_params, step, .def = made->name,
                                           .doc = "The step's own name.", .level = HN_EXPERT);
    made->params[1] = (hone_param)HN_PARAM(
        custom_params, options, .doc = "What its functions are given, as they want it written.");
    made->kind = (hone_estimator){
        .name = made->name,
        .title = "A step of the caller's",
        .family = "custom",
        .class_names = "",
        .doc = "Registered by the program that runs hone.",
        .tasks = HN_TASK_NONE,
        .can = HN_CAN_MISSING | HN_CAN_CATEGORIES | HN_ANY_TYPE | HN_READS_TEXT,
        .params = {.items = made->params, .n = 2, .size = sizeof(custom_params)},
        .state_size = sizeof(custom_state),
        .fit = fit,
        .transform = transform,
        .visit = visit,
        .prepare = prepare,
        .report = report,
    };
}

hone_status hone_register_step(hone_ctx *ctx, const hone_step *step) {
    HN_TRY(check_name(ctx, step->name));
    if (step->transform == NULL)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "transform"),
                          "the step '%s' has no function transform; give it one", step->name);
    custom *made = calloc(1, sizeof *made); /* lives as long as the process */
    if (made == NULL) return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory registering a step");
    strcpy(made->name, step->name);
    made->step = *step;
    made->step.name = made->name;
    declare(made);
    hone_forget_step(step->name);
    pthread_mutex_lock(&registering);
    made->next = registered;
    registered = made;
    pthread_mutex_unlock(&registering);
    return HONE_OK;
}

void hone_forget_step(const char *name) {
    pthread_mutex_lock(&registering);
    for (custom *one = registered; one != NULL; one = one->next)
        if (strcmp(one->name, name) == 0) one->forgotten = true;
    pthread_mutex_unlock(&registering);
}
