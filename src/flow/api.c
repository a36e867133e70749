/* api.c - the public face of models: hone.h over train, modelfile and score. */
#include "flow/changes.h"
#include "flow/declare.h"
#include "flow/score.h"
#include "flow/train.h"
#include "flow/windows.h"
#include <string.h>

/* A text that the caller owns. */
static hone_status give_text(hone_ctx *ctx, const char *text, size_t length, char **ret_text) {
    char *copy = hn_alloc(ctx, length + 1, 1);
    if (copy == NULL) return HONE_ERROR_MEMORY;
    memcpy(copy, text, length);
    *ret_text = copy;
    return HONE_OK;
}

static hone_status give_json(hone_ctx *ctx, const hn_json_mut *value, char **ret_text) {
    char *text;
    size_t length;
    HN_TRY(hn_json_write(ctx, ctx->scratch, value, false, &text, &length));
    return give_text(ctx, text, length, ret_text);
}

/* The columns of table, borrowed, as a table of their own. */
static hone_status borrow(hone_ctx *ctx, const hone_table *table, hone_table **ret_table) {
    hone_table *own;
    HN_TRY(hn_table_require_dense(ctx, &table->view));
    HN_TRY(hn_table_new(ctx, table->source, &own));
    hone_status status =
        hn_table_slice(ctx, &own->arena, &table->view, 0, table->view.n_rows, &own->view);
    if (status != HONE_OK) {
        hone_table_free(ctx, own);
        return status;
    }
    *ret_table = own;
    return HONE_OK;
}

/* The caller's table with all that the recipe's data section does to one that is read. */
static hone_status prepare_table(hone_ctx *ctx, const hn_recipe *recipe, const hone_table *table,
                                 hone_table **ret_table) {
    hone_table *own;
    if (recipe->data.fill.n + recipe->data.windows.n > 0)
        HN_TRY(hn_recipe_apply_windows(ctx, recipe, table, &own));
    else
        HN_TRY(borrow(ctx, table, &own));
    hone_status status = hn_recipe_apply_types(ctx, recipe, own);
    if (status != HONE_OK) {
        hone_table_free(ctx, own);
        return status;
    }
    *ret_table = own;
    return HONE_OK;
}

hone_status hone_train(hone_ctx *ctx, const char *recipe_text, const hone_table *table,
                       hone_model **ret_model) {
    HN_SCRATCH(ctx);
    hn_recipe recipe;
    hone_table *own;
    HN_TRY(hn_recipe_read(ctx, ctx->scratch, recipe_text, strlen(recipe_text), "recipe", &recipe));
    HN_TRY(table != NULL ? prepare_table(ctx, &recipe, table, &own)
                         : hn_recipe_read_data(ctx, &recipe, &own));
    hone_status status = hn_train(ctx, &recipe, own, ret_model, NULL);
    hone_table_free(ctx, own);
    return status;
}

hone_status hone_model_save(hone_ctx *ctx, hone_model *model, const char *path) {
    return hn_model_save(ctx, model, path);
}

hone_status hone_model_load(hone_ctx *ctx, const char *path, hone_model **ret_model) {
    return hn_model_load(ctx, path, ret_model);
}

hone_status hone_model_to_bytes(hone_ctx *ctx, hone_model *model, char **ret_bytes,
                                size_t *ret_length) {
    return hn_model_to_bytes(ctx, model, ret_bytes, ret_length);
}

hone_status hone_model_from_bytes(hone_ctx *ctx, const void *bytes, size_t length,
                                  hone_model **ret_model) {
    return hn_model_from_bytes(ctx, bytes, length, ret_model);
}

void hone_model_free(hone_model *model) { hn_model_free(model); }

static hone_status predict(hone_ctx *ctx, const hone_model *model, const hone_table *table,
                           hone_table **ret_answers) {
    HN_SCRATCH(ctx);
    hone_table *result;
    hn_table inputs;
    hn_answers answers;
    HN_TRY(hn_bind_table(ctx, model, &table->view, false, ctx->scratch, &inputs));
    HN_TRY(hn_table_new(ctx, "predictions", &result));
    hone_status status = hn_score(ctx, model, &inputs, &result->arena, &answers);
    if (status == HONE_OK)
        status = hn_answers_table(ctx, model, &answers, &result->arena, &result->view);
    if (status != HONE_OK) {
        hone_table_free(ctx, result);
        return status;
    }
    *ret_answers = result;
    return HONE_OK;
}

hone_status hone_predict(hone_ctx *ctx, const hone_model *model, const hone_table *table,
                         hone_table **ret_answers) {
    hone_table *made = NULL;
    HN_TRY(hn_windows_for_model(ctx, model, NULL, table, &made));
    hone_status status = predict(ctx, model, made != NULL ? made : table, ret_answers);
    hone_table_free(ctx, made);
    return status;
}

hone_status hone_predict_json(hone_ctx *ctx, const hone_model *model, const char *rows,
                              int64_t length, char **ret_answers) {
    HN_SCRATCH(ctx);
    hn_str str;
    hn_str_init(&str, ctx, ctx->scratch);
    HN_TRY(hn_predict_json(ctx, model, rows, length < 0 ? strlen(rows) : (size_t)length, &str,
                           false, NULL));
    return give_text(ctx, str.text, str.length, ret_answers);
}

hone_status hone_evaluate(hone_ctx *ctx, const hone_model *model, const hone_table *table,
                          char **ret_json) {
    HN_SCRATCH(ctx);
    hn_json_doc *doc;
    hn_json_mut *object;
    hn_evaluate_options options = {0};
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    HN_TRY(hn_evaluate(ctx, model, table, &options, NULL, doc, &object));
    return give_json(ctx, object, ret_json);
}

hone_status hone_model_describe(hone_ctx *ctx, const hone_model *model, char **ret_json) {
    HN_SCRATCH(ctx);
    hn_json_doc *doc;
    hn_json_mut *object;
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    HN_TRY(hn_model_describe(ctx, model, ctx->scratch, doc, &object));
    return give_json(ctx, object, ret_json);
}

hone_status hone_model_log(hone_ctx *ctx, const hone_model *model, bool markdown, char **ret_text) {
    HN_SCRATCH(ctx);
    hn_str str;
    hn_str_init(&str, ctx, ctx->scratch);
    HN_TRY(hn_changes_write(ctx, model, markdown, &str));
    return give_text(ctx, str.text, str.length, ret_text);
}

hone_status hone_model_rules(hone_ctx *ctx, const hone_model *model, int64_t part,
                             char **ret_text) {
    HN_SCRATCH(ctx);
    hn_str str;
    hn_str_init(&str, ctx, ctx->scratch);
    HN_TRY(hn_model_rules(ctx, model, part, &str));
    return give_text(ctx, str.text, str.length, ret_text);
}

hone_status hone_model_drawing(hone_ctx *ctx, const hone_model *model, int64_t part,
                               char **ret_svg) {
    HN_SCRATCH(ctx);
    hn_str str;
    hn_str_init(&str, ctx, ctx->scratch);
    HN_TRY(hn_model_drawing(ctx, model, part, &str));
    return give_text(ctx, str.text, str.length, ret_svg);
}

hone_status hone_table_generate(hone_ctx *ctx, const char *name, const char *params,
                                hone_table **ret_table) {
    HN_SCRATCH(ctx);
    const hn_generator *generator;
    hn_json *given;
    HN_TRY(hn_generator_require(ctx, name, &generator));
    void *values = hn_arena_alloc(ctx, ctx->scratch, 1, generator->params.size);
    if (values == NULL) return HONE_ERROR_MEMORY;
    HN_TRY(hn_params_defaults(ctx, ctx->scratch, &generator->params, values));
    if (params != NULL) {
        HN_TRY(hn_json_read(ctx, ctx->scratch, params, strlen(params), generator->name, &given));
        HN_TRY(hn_params_set_json(ctx, ctx->scratch, &generator->params, values, generator->name,
                                  given, "", NULL));
    }
    return hn_generate(ctx, generator, values, ret_table);
}

hone_status hone_catalog(hone_ctx *ctx, char **ret_json) {
    HN_SCRATCH(ctx);
    hn_json_doc *doc;
    hn_json_mut *object;
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    HN_TRY(hn_declare_catalog(ctx, doc, &object));
    return give_json(ctx, object, ret_json);
}
