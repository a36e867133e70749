/* impute_fill.c - missing cells filled with what was learned, and columns that tell where; see impute.h. */
#include "ml/prep/columns.h"
#include "ml/prep/impute.h"

#include "base/parallel.h"
#include "num/simd.h"
#include <assert.h>
#include <string.h>

typedef struct fill_job {
    const hn_impute_state *state;
    const hn_table *x;
    void **out;      /* [n] NULL: borrowed */
    uint8_t **tells; /* [n] NULL: no indicator */
    int64_t *group;  /* [n_rows]; NULL: all rows are one */
} fill_job;

static double number_for(const fill_job *job, int32_t j, int64_t i) {
    const hn_impute_state *s = job->state;
    int64_t g = job->group != NULL ? job->group[i] : -1;
    return g < 0 ? s->fill[j] : s->group_fill[g * s->n + j];
}

static int32_t code_for(const fill_job *job, int32_t j, int64_t i) {
    const hn_impute_state *s = job->state;
    int64_t g = job->group != NULL ? job->group[i] : -1;
    return g < 0 ? s->fill_code[j] : s->group_code[g * s->n + j];
}

static void fill_codes(const fill_job *job, int32_t j, int64_t begin, int64_t end, int32_t *out) {
    const hn_impute_state *s = job->state;
    const hn_column *column = &job->x->columns[j];
    int32_t moved_from = s->extended[j] ? s->fill_code[j] : INT32_MAX;
    for (int64_t i = begin; i < end; i++) {
        int32_t code = hn_column_code(column, i);
        out[i] = hn_column_is_null(column, i) ? code_for(job, j, i) : code + (code >= moved_from);
    }
}

static void fill_ints(const fill_job *job, int32_t j, int64_t begin, int64_t end, int64_t *out) {
    const hn_column *column = &job->x->columns[j];
    for (int64_t i = begin; i < end; i++) {
        const int64_t *value = (const int64_t *)((const char *)column->values + i * column->stride);
        out[i] = hn_column_is_null(column, i) ? (int64_t)number_for(job, j, i) : *value;
    }
}

/* Every other numeric type goes through doubles. */
static void fill_numbers(const fill_job *job, int32_t j, hn_type type, int64_t begin, int64_t end,
                         void *out) {
    enum { STRIP = 512 };
    const hn_column *column = &job->x->columns[j];
    double strip[STRIP], fill = job->state->fill[j];
    for (int64_t at = begin; at < end; at += STRIP) {
        int64_t n = end - at < STRIP ? end - at : STRIP;
        hn_column_doubles(column, at, at + n, strip, 1);
        if (job->group == NULL)
            for (int64_t i = 0; i < n; i++) strip[i] = isnan(strip[i]) ? fill : strip[i];
        else
            for (int64_t i = 0; i < n; i++)
                if (isnan(strip[i])) strip[i] = number_for(job, j, at + i);
        if (type == HN_F64)
            memcpy((double *)out + at, strip, (size_t)n * sizeof *strip);
        else if (type == HN_F32)
            for (int64_t i = 0; i < n; i++) ((float *)out)[at + i] = (float)strip[i];
        else
            for (int64_t i = 0; i < n; i++) ((uint8_t *)out)[at + i] = strip[i] != 0;
    }
}

static hone_status fill_cells(hone_ctx *ctx, void *arg, int32_t j, int64_t begin, int64_t end) {
    (void)ctx;
    const fill_job *job = arg;
    const hn_impute_state *s = job->state;
    const hn_column *column = &job->x->columns[j];
    hn_type type = hn_impute_out_type(s, j, column);
    if (job->tells[j] != NULL)
        for (int64_t i = begin; i < end; i++) job->tells[j][i] = hn_column_is_missing(column, i);
    if (job->out[j] == NULL) return HONE_OK;
    if (type == HN_CATEGORY)
        fill_codes(job, j, begin, end, job->out[j]);
    else if (type == HN_I64)
        fill_ints(job, j, begin, end, job->out[j]);
    else
        fill_numbers(job, j, type, begin, end, job->out[j]);
    return HONE_OK;
}

/* Nothing can be missing and nothing changes: the column itself will do. */
static bool can_borrow(const hn_impute_state *s, const hn_column *column, int64_t j) {
    if (s->passes[j]) return true;
    bool can_be_nan = column->type == HN_F64 || column->type == HN_F32;
    return column->valid == NULL && !can_be_nan && (hn_type)s->type[j] == column->type &&
           !s->extended[j];
}

static hone_status lay_out(hone_ctx *ctx, const hn_impute_state *s, const hn_table *x,
                           hn_arena *arena, fill_job *job, hn_table *out) {
    int32_t next = (int32_t)s->n;
    for (int32_t j = 0; j < s->n; j++) {
        const hn_column *column = &x->columns[j];
        hn_type type = hn_impute_out_type(s, j, column);
        int64_t size = (int64_t)hn_type_size(type);
        out->columns[j] = *column;
        if (!can_borrow(s, column, j)) {
            job->out[j] = hn_arena_alloc(ctx, arena, (size_t)x->n_rows + 1, (size_t)size);
            if (job->out[j] == NULL) return HONE_ERROR_MEMORY;
            const hn_dictionary *own = s->extended[j] ? s->dictionary[j] : column->dictionary;
            out->columns[j] = (hn_column){.name = column->name,
                                          .type = type,
                                          .n = x->n_rows,
                                          .values = job->out[j],
                                          .stride = size,
                                          .dictionary = type == HN_CATEGORY ? own : NULL};
        }
        if (!s->indicate[j]) continue;
        HN_TRY(HN_NEW(ctx, arena, job->tells[j], x->n_rows + 1));
        out->columns[next++] = (hn_column){.name = s->indicator_name[j],
                                           .type = HN_BOOL,
                                           .n = x->n_rows,
                                           .values = job->tells[j],
                                           .stride = 1};
    }
    return HONE_OK;
}

static hone_status find_groups(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const fill_job *job = arg;
    return hn_groups_find(ctx, &job->state->groups, job->x, chunk.begin, chunk.end, job->group);
}

HN_CLONES static void fill_rows(const void *state, double *rows, int64_t n, int64_t p) {
    const double *restrict fill = ((const hn_impute_state *)state)->fill;
    for (int64_t i = 0; i < n; i++) {
        double *restrict row = rows + i * p;
        HN_SIMD for (int64_t j = 0; j < p; j++) row[j] = isnan(row[j]) ? fill[j] : row[j];
    }
}

/* A row-major matrix of which nothing but gaps changes, whatever group a row is of. */
static bool stays_matrix(const hn_impute_state *s, const hn_table *x) {
    bool stays = hn_columns_are_rows(x) && s->groups.n_by == 0 && s->n_indicated == 0;
    for (int64_t j = 0; stays && j < s->n; j++)
        stays = hn_impute_out_type(s, j, &x->columns[j]) == x->columns[j].type;
    return stays;
}

hone_status hn_impute_fill(hone_ctx *ctx, const hn_impute_state *s, const hn_table *x,
                           hn_arena *arena, hn_table *ret_out) {
    assert(x->n_columns == s->n && s->indicator_name != NULL);
    if (stays_matrix(s, x)) return hn_map_rows(ctx, s, x, fill_rows, arena, ret_out);
    HN_SCRATCH(ctx);
    fill_job job = {.state = s, .x = x};
    if (s->groups.n_by > 0) {
        HN_TRY(HN_SCRATCH_NEW(ctx, job.group, x->n_rows + 1));
        HN_TRY(hn_parallel(ctx, x->n_rows, 8192, find_groups, &job));
    }
    hn_table out = {.n_rows = x->n_rows, .n_columns = (int32_t)s->n + s->n_indicated};
    HN_TRY(HN_NEW(ctx, arena, out.columns, out.n_columns + 1));
    HN_TRY(HN_NEW(ctx, arena, job.out, s->n + 1));
    HN_TRY(HN_NEW(ctx, arena, job.tells, s->n + 1));
    HN_TRY(lay_out(ctx, s, x, arena, &job, &out));
    HN_TRY(hn_each_cells(ctx, (int32_t)s->n, x->n_rows, fill_cells, &job));
    *ret_out = out;
    return HONE_OK;
}
