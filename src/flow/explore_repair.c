/* explore_repair.c - which step would mend a column of texts, found by fitting it: a step is proposed where it says
 * itself that it would read or change something. */
#include "flow/explore_parts.h"
#include "spec/catalog.h"
#include <string.h>

/* Rows looked at, and the least share of the texts that a step must read. */
enum { ROWS_MOST = 50000 };
static const double READ_LEAST = 0.9;

/* What the step with its defaults reports of the column; NULL: it leaves it as it is. */
static hone_status try_step(hn_explored *e, const char *name, const hn_column *column,
                            hn_json_mut **ret_said) {
    hone_ctx *ctx = e->ctx;
    HN_SCRATCH(ctx);
    const hone_estimator *kind;
    hn_column some = hn_column_slice(column, 0, column->n < ROWS_MOST ? column->n : ROWS_MOST);
    hn_table x = {.n_rows = some.n, .n_columns = 1, .columns = &some};
    hone_data data = {.x = &x};
    HN_TRY(hn_catalog_require(ctx, name, &kind));
    void *params = hn_arena_alloc(ctx, ctx->scratch, 1, kind->params.size);
    void *state = hn_arena_alloc(ctx, ctx->scratch, 1, kind->state_size);
    if (params == NULL || state == NULL) return HONE_ERROR_MEMORY;
    HN_TRY(hn_params_defaults(ctx, ctx->scratch, &kind->params, params));
    HN_TRY(kind->fit(ctx, params, &data, ctx->scratch, state));
    hn_json_mut *said = yyjson_mut_obj(e->doc);
    HN_TRY(kind->report(ctx, state, &x, e->doc, said));
    *ret_said = yyjson_mut_obj_get(yyjson_mut_obj_get(said, "columns"), column->name);
    return HONE_OK;
}

static int64_t whole(hn_json_mut *said, const char *key) {
    return said != NULL ? yyjson_mut_get_sint(yyjson_mut_obj_get(said, key)) : 0;
}

static bool reads_enough(hn_json_mut *said) {
    double read = (double)whole(said, "read");
    return read > 0 && read >= READ_LEAST * (read + (double)whole(said, "lost"));
}

hone_status hn_explore_repair(hn_explored *e, int32_t j, hn_repairable *ret) {
    static const char *const readers[] = {"parse_bool", "parse_number", "parse_time"};
    const hn_column *column = &e->table->columns[j];
    hn_repairable found = {.step = NULL};
    *ret = found;
    if (column->type != HN_CATEGORY && column->type != HN_STRING) return HONE_OK;
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        HN_TRY(try_step(e, readers[i], column, &found.said));
        /* Two words for two values are names like others. */
        bool plain = i == 0 && e->columns[j].profile.n_distinct <= 2;
        if (!reads_enough(found.said) || plain) continue;
        found.step = readers[i];
        *ret = found;
        return HONE_OK;
    }
    if (column->type != HN_CATEGORY) return HONE_OK;
    HN_TRY(try_step(e, "clean_categories", column, &found.said));
    if (whole(found.said, "changed_rows") == 0) return HONE_OK;
    found.step = "clean_categories";
    *ret = found;
    return HONE_OK;
}
