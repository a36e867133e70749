/* init.c - the commented recipe that `hone init` writes: what would be inferred, ready to edit. */
#include "flow/infer.h"
#include <string.h>

typedef struct writer {
    hone_ctx *ctx;
    hn_arena *arena;
    hn_str out;
    hn_recipe recipe;
    hn_profiled whole;
} writer;

/* A name as a YAML scalar: always quoted, which YAML reads as JSON does. */
static void put_name(hn_str *out, const char *name) { hn_json_put_string(out, name, strlen(name)); }

static void put_list(hn_str *out, const hn_texts *names) {
    hn_str_put_c(out, '[');
    for (int64_t i = 0; i < names->n; i++) {
        if (i > 0) hn_str_put(out, ", ");
        put_name(out, names->items[i]);
    }
    hn_str_put_c(out, ']');
}

static void put_column(hn_str *out, const hn_column *column, const hn_column_profile *profile) {
    hn_str_printf(out, "#   %-24s %-10s", column->name, hn_type_name(column->type));
    if (hn_type_is_numeric(column->type) && column->type != HN_BOOL) {
        hn_str_put(out, " ");
        hn_str_printf(out, "%.6g .. %.6g", profile->min, profile->max);
    } else {
        hn_str_printf(out, " %lld different", (long long)profile->n_distinct);
    }
    if (profile->n_missing > 0) hn_str_printf(out, ", %lld missing", (long long)profile->n_missing);
    hn_str_put_c(out, '\n');
}

static void put_data(writer *w, const char *path, int64_t rows) {
    hn_str *out = &w->out;
    hn_str_printf(out, "# Trains as it stands: hone train --recipe THIS_FILE\n#\n# %lld rows:\n",
                  (long long)rows);
    for (int32_t j = 0; j < w->whole.table->n_columns; j++)
        put_column(out, &w->whole.table->columns[j], &w->whole.profiles[j]);
    hn_str_put(out, "\ndata:\n  path: ");
    put_name(out, path);
    hn_str_put(
        out,
        "\n  # sql: \"select * from 'a.csv' join 'b.parquet' using (id)\"   # instead of path\n"
        "  # categories: []   # numbers that are names, such as postal codes\n");
}

static void put_roles(writer *w, hn_task task, const hn_notes *notes) {
    hn_str *out = &w->out;
    const hn_recipe_roles *roles = &w->recipe.roles;
    hn_str_put(out, "\nroles:\n");
    if (roles->target.n > 0) {
        hn_str_put(out, "  target: ");
        if (roles->target.n == 1)
            put_name(out, roles->target.items[0]);
        else
            put_list(out, &roles->target);
        hn_str_put_c(out, '\n');
    }
    hn_str_printf(
        out, "  task: %s   # binary, multiclass, regression, cluster\n  id: ", hn_task_name(task));
    put_list(out, &roles->id);
    hn_str_put(out, "       # name a row; not learned from\n  ignore: ");
    put_list(out, &roles->ignore);
    hn_str_put(out, "   # left out\n  # weight: COLUMN   # how much a row counts\n"
                    "  # group: COLUMN    # rows that belong together: never split\n"
                    "  # time: COLUMN     # the test part is the latest\n");
    for (int64_t i = 0; i < notes->n; i++) hn_str_printf(out, "  # %s\n", notes->items[i]);
}

static hone_status put_steps(writer *w) {
    hn_str *out = &w->out;
    hn_str_put(out, "\nsteps:");
    if (w->recipe.n_steps == 0)
        hn_str_put(out, " []   # the model takes missing values and categories as they are");
    hn_str_put_c(out, '\n');
    for (int32_t i = 0; i < w->recipe.n_steps; i++) {
        const hn_recipe_part *part = &w->recipe.steps[i];
        hn_json_doc *doc;
        hn_json_mut *params;
        char *text;
        size_t length;
        HN_TRY(hn_json_new(w->ctx, w->ctx->scratch, &doc));
        HN_TRY(hn_params_to_json(w->ctx, &part->kind->params, part->params, true, doc, &params));
        for (int64_t c = 0; c < part->columns.n; c++)
            if (!yyjson_mut_obj_add_str(doc, params, "columns", part->columns.items[c]))
                return hn_fail(w->ctx, HONE_ERROR_MEMORY, "out of memory writing the recipe");
        HN_TRY(hn_json_write(w->ctx, w->ctx->scratch, params, false, &text, &length));
        hn_str_printf(out, "  - %s: %s\n", part->kind->name, text);
    }
    hn_str_put(out, "  # - derive: {expressions: [\"total = monthly * tenure\"]}\n"
                    "  # 'hone kinds' lists the steps there are\n");
    return HONE_OK;
}

static void put_rest(writer *w, const hone_estimator *kind) {
    hn_str *out = &w->out;
    hn_str_printf(
        out,
        "\n# Leave the model out and hone compares a few. 'hone kinds %s' lists its parameters.\n"
        "model:\n  %s: {}\n"
        "\nsplit:\n  test: 0.2\n  by: auto   # random, stratified, group, time\n"
        "\n# metrics: []   # the first one decides; the task's usual ones if left out\n\nseed: 0\n",
        kind->name, kind->name);
}

hone_status hn_infer_init(hone_ctx *ctx, hn_arena *arena, const hone_table *table, const char *path,
                          const hn_texts *target, char **ret_yaml) {
    HN_SCRATCH(ctx);
    writer w = {.ctx = ctx, .arena = arena};
    hn_notes notes = {.ctx = ctx, .arena = ctx->scratch};
    hn_column_profile *profiles;
    int32_t *indices, n;
    hn_task *tasks;
    hn_str_init(&w.out, ctx, arena);
    HN_TRY(hn_recipe_init(ctx, ctx->scratch, &w.recipe));
    w.recipe.roles.target = *target;
    HN_TRY(hn_recipe_find_targets(ctx, ctx->scratch, &table->view, &w.recipe.roles));
    HN_TRY(HN_SCRATCH_NEW(ctx, tasks, w.recipe.roles.target.n + 1));
    if (target->n == 0) HN_TRY(hn_recipe_set_model(ctx, ctx->scratch, &w.recipe, "kmeans"));
    HN_TRY(HN_SCRATCH_NEW(ctx, profiles, table->view.n_columns + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, indices, table->view.n_columns + 1));
    HN_TRY(hn_profile_table(ctx, &table->view, profiles));
    w.whole = (hn_profiled){.table = &table->view, .profiles = profiles};
    HN_TRY(hn_infer_task(ctx, &w.whole, &w.recipe, &notes, tasks));
    HN_TRY(hn_infer_features(ctx, ctx->scratch, &w.whole, &w.recipe, &notes, indices, &n));
    hn_table features;
    HN_TRY(hn_table_select(ctx, ctx->scratch, &table->view, indices, n, &features));
    const hone_estimator *kind;
    HN_TRY(hn_catalog_require(ctx, target->n == 0 ? "kmeans" : "gbdt", &kind));
    HN_TRY(
        hn_infer_steps(ctx, ctx->scratch, &features, &(hn_recipe_part){.kind = kind}, &w.recipe));
    put_data(&w, path, table->view.n_rows);
    put_roles(&w,
              w.recipe.roles.target.n > 1 && tasks[0] != HN_TASK_REGRESSION ? HN_TASK_MULTICLASS
                                                                            : tasks[0],
              &notes);
    HN_TRY(put_steps(&w));
    put_rest(&w, kind);
    HN_TRY(hn_str_status(&w.out));
    *ret_yaml = w.out.text;
    return HONE_OK;
}
