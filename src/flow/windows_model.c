/* windows_model.c - features over time for rows that a model is to answer; see windows.h. */
#include "flow/model.h"
#include "flow/windows.h"
#include <string.h>

/* The recipe's section "data" of a model, as far as it makes columns of rows around a row. */
static hone_status read_section(hone_ctx *ctx, const hone_model *model, hn_recipe_data *ret_data) {
    static const char *const keys[] = {"windows", "fill"};
    hn_json *section = yyjson_obj_get(model->recipe, "data"), *frozen;
    hn_json_doc *doc;
    HN_TRY(hn_params_defaults(ctx, ctx->scratch, &hn_recipe_data_params, ret_data));
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    hn_json_mut *object = yyjson_mut_obj(doc);
    bool ok = object != NULL;
    for (size_t i = 0; ok && i < sizeof keys / sizeof *keys; i++) {
        hn_json *value = yyjson_obj_get(section, keys[i]);
        if (value == NULL) continue;
        ok = yyjson_mut_obj_add_val(doc, object, keys[i], yyjson_val_mut_copy(doc, value));
    }
    if (!ok) return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory reading the model's recipe");
    HN_TRY(hn_json_freeze(ctx, ctx->scratch, object, &frozen));
    return hn_params_set_json(ctx, ctx->scratch, &hn_recipe_data_params, ret_data, "data", frozen,
                              "", NULL);
}

static bool has_column(const hn_table *table, hn_slice name) {
    for (int32_t j = 0; j < table->n_columns; j++) {
        const char *own = table->columns[j].name;
        if (strlen(own) == name.length && memcmp(own, name.text, name.length) == 0) return true;
    }
    return false;
}

hone_status hn_windows_for_model(hone_ctx *ctx, const hone_model *model, const hone_table *past,
                                 const hone_table *table, hone_table **ret_made) {
    HN_SCRATCH(ctx);
    hn_recipe_data data;
    hn_slice name;
    int64_t kept = 0;
    HN_TRY(read_section(ctx, model, &data));
    if (past != NULL && data.windows.n + data.fill.n == 0)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "history"),
                          "the model was trained without features over time, so it takes no "
                          "history; leave it out");
    for (int64_t i = 0; i < data.windows.n; i++)
        if (hn_window_name(data.windows.items[i], &name) && !has_column(&table->view, name))
            data.windows.items[kept++] = data.windows.items[i];
    data.windows.n = kept;
    *ret_made = NULL;
    if (data.windows.n + data.fill.n == 0) return HONE_OK;
    return hn_windows_apply(ctx, past, table, &data, NULL, ret_made);
}
