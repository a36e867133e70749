/* generators.c - the table that generators.def declares, and what they make as tables. */
#include "spec/generator.h"

#include "base/parallel.h"

#include <string.h>

#define HN_GENERATOR(name) extern const hn_generator hn_make_##name;
#include "flow/generators.def"
#undef HN_GENERATOR

static const hn_generator *const generators[] = {
#define HN_GENERATOR(name) &hn_make_##name,
#include "flow/generators.def"
#undef HN_GENERATOR
};
enum { N_GENERATORS = sizeof generators / sizeof *generators };

const hn_generator *const *hn_generators(int64_t *ret_count) {
    *ret_count = N_GENERATORS;
    return generators;
}

hone_status hn_generator_require(hone_ctx *ctx, const char *name,
                                 const hn_generator **ret_generator) {
    const char *names[N_GENERATORS];
    for (int i = 0; i < N_GENERATORS; i++) {
        names[i] = generators[i]->name;
        /* Python's name of it will do too. */
        if (strcmp(generators[i]->name, name) && strcmp(generators[i]->class_name, name)) continue;
        *ret_generator = generators[i];
        return HONE_OK;
    }
    const char *near = hn_nearest(name, names, N_GENERATORS);
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "name"),
                      "there is no generator '%.60s'%s%s%s; 'hone data gen' lists them", name,
                      near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* ---- tables ---------------------------------------------------------------------------------- */

/* Numbered where there are several. */
static hone_status name_column(hone_ctx *ctx, hn_arena *arena, const char *stem, int64_t i,
                               int64_t n, const char **ret_name) {
    *ret_name = n == 1 ? stem : hn_arena_printf(ctx, arena, "%s%lld", stem, (long long)i);
    return *ret_name ? HONE_OK : HONE_ERROR_MEMORY;
}

typedef struct whole_job {
    const double *values;
    int64_t *whole;
    int64_t stride;
} whole_job;

static hone_status round_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const whole_job *job = arg;
    for (int64_t i = chunk.begin; i < chunk.end; i++)
        job->whole[i] = (int64_t)job->values[i * job->stride];
    return HONE_OK;
}

/* Targets that are classes, as integers. */
static hone_status as_integers(hone_ctx *ctx, hn_arena *arena, const hn_made *made, int64_t t,
                               hn_column *column) {
    whole_job job = {.values = made->y + t, .stride = made->targets};
    HN_TRY(HN_NEW(ctx, arena, job.whole, made->n + 1));
    HN_TRY(hn_parallel(ctx, made->n, 65536, round_chunk, &job));
    column->type = HN_I64;
    column->values = job.whole;
    column->stride = (int64_t)sizeof *job.whole;
    return HONE_OK;
}

static hone_status fill_table(hone_ctx *ctx, const hn_generator *generator, const hn_made *made,
                              hone_table *table) {
    hn_arena *arena = &table->arena;
    hn_table *view = &table->view;
    int64_t n = made->width + made->targets;
    HN_TRY(HN_NEW(ctx, arena, view->columns, n));
    view->n_rows = made->n;
    view->n_columns = (int32_t)n;
    const char *feature = generator->feature ? generator->feature : "x";
    const char *target = generator->target ? generator->target : "y";
    for (int64_t j = 0; j < n; j++) {
        bool is_target = j >= made->width;
        int64_t t = j - made->width;
        hn_column *column = &view->columns[j];
        const char *name;
        if (is_target)
            HN_TRY(name_column(ctx, arena, target, t, made->targets, &name));
        else
            HN_TRY(name_column(ctx, arena, feature, j, made->width, &name));
        *column = hn_column_of_f64(name, is_target ? made->y + t : made->x + j, made->n);
        column->stride *= is_target ? made->targets : made->width;
        if (is_target && generator->classes) HN_TRY(as_integers(ctx, arena, made, t, column));
    }
    return HONE_OK;
}

hone_status hn_generate(hone_ctx *ctx, const hn_generator *generator, const void *params,
                        hone_table **ret_table) {
    hone_table *table;
    hn_made made;
    HN_TRY(hn_table_new(ctx, generator->name, &table));
    hone_status status = generator->make(ctx, &table->arena, params, &made);
    if (status == HONE_OK) status = fill_table(ctx, generator, &made, table);
    if (status != HONE_OK) {
        hone_table_free(ctx, table);
        return status;
    }
    *ret_table = table;
    return HONE_OK;
}
