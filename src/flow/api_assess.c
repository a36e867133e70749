/* api_assess.c - the public face of finding out about models and tables: evaluate, compare, learning curves, verify,
 * expectations; and of learning from more rows. */
#include "flow/compare.h"
#include "flow/curve.h"
#include "flow/expectations.h"
#include "flow/explore_beside.h"
#include "flow/page.h"
#include "flow/sample.h"
#include "flow/train.h"
#include "flow/update.h"
#include <string.h>

/* What a caller asks for as JSON: a table of parameters, with the section "decision" beside it. */
typedef struct wishes {
    hn_evaluate_options with;
    hn_recipe_decision decision;
} wishes;

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

/* options (may be NULL) into values; the member called section is left out, for *ret_section. */
static hone_status read_options(hone_ctx *ctx, const char *options, const hn_params *params,
                                const char *owner, void *values, const char *section,
                                hn_json **ret_section) {
    hn_json *object;
    hn_json_doc *doc;
    HN_TRY(hn_params_defaults(ctx, ctx->scratch, params, values));
    if (ret_section != NULL) *ret_section = NULL;
    if (options == NULL) return HONE_OK;
    HN_TRY(hn_json_read(ctx, ctx->scratch, options, strlen(options), "options", &object));
    if (section != NULL && yyjson_obj_get(object, section) != NULL) {
        *ret_section = yyjson_obj_get(object, section);
        HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
        hn_json_mut *rest = yyjson_val_mut_copy(doc, object);
        if (rest != NULL) yyjson_mut_obj_remove_key(rest, section);
        HN_TRY(hn_json_freeze(ctx, ctx->scratch, rest, &object));
    }
    return hn_params_set_json(ctx, ctx->scratch, params, values, owner, object, "", NULL);
}

static hone_status read_wishes(hone_ctx *ctx, const char *options, wishes *w) {
    hn_json *decision;
    HN_TRY(read_options(ctx, options, &hn_evaluate_params, "evaluate", &w->with, "decision",
                        &decision));
    HN_TRY(hn_params_defaults(ctx, ctx->scratch, &hn_recipe_decision_params, &w->decision));
    if (decision == NULL) return HONE_OK;
    return hn_params_set_json(ctx, ctx->scratch, &hn_recipe_decision_params, &w->decision,
                              "decision", decision, "", NULL);
}

hone_status hone_evaluate_with(hone_ctx *ctx, const hone_model *model, const hone_table *table,
                               const char *options, char **ret_json) {
    HN_SCRATCH(ctx);
    wishes w;
    hn_json_doc *doc;
    hn_json_mut *object;
    HN_TRY(read_wishes(ctx, options, &w));
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    HN_TRY(hn_evaluate(ctx, model, table, &w.with, &w.decision, doc, &object));
    return give_json(ctx, object, ret_json);
}

hone_status hone_report(hone_ctx *ctx, const hone_model *model, const hone_table *table,
                        const char *options, char **ret_html) {
    HN_SCRATCH(ctx);
    wishes w;
    hn_json_doc *doc;
    hn_json_mut *object;
    hn_json *found;
    hn_str page;
    HN_TRY(read_wishes(ctx, options, &w));
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    HN_TRY(hn_evaluate(ctx, model, table, &w.with, &w.decision, doc, &object));
    HN_TRY(hn_json_freeze(ctx, ctx->scratch, object, &found));
    hn_str_init(&page, ctx, ctx->scratch);
    HN_TRY(hn_page_of_evaluation(ctx, found, model->target != NULL ? model->target : "clusters",
                                 hn_pipeline_model(&model->pipeline)->kind->title, &page));
    return give_text(ctx, page.text, page.length, ret_html);
}

hone_status hone_compare(hone_ctx *ctx, const hone_model *const *models, const char *const *names,
                         int32_t n, const hone_table *table, const char *options, char **ret_json) {
    HN_SCRATCH(ctx);
    hn_evaluate_options with;
    hn_contenders *contenders;
    hn_metric_list metrics;
    hn_json_doc *doc;
    hn_json_mut *object;
    if (n < 1)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "n"),
                          "there is nothing to compare; give at least two models");
    HN_TRY(read_options(ctx, options, &hn_evaluate_params, "compare", &with, NULL, NULL));
    HN_TRY(HN_SCRATCH_NEW(ctx, contenders, 1));
    for (int32_t i = 0; i < n; i++)
        HN_TRY(hn_contend(ctx, models[i], names[i], table, with.allow_extra, contenders));
    HN_TRY(hn_metrics_named(ctx, ctx->scratch, &with.metrics, models[0]->task, &metrics));
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    HN_TRY(hn_compare(ctx, contenders, &metrics, doc, &object));
    return give_json(ctx, object, ret_json);
}

hone_status hone_learning_curve(hone_ctx *ctx, const char *recipe_text, const hone_table *table,
                                const char *options, char **ret_json) {
    HN_SCRATCH(ctx);
    hn_curve_options with;
    hn_recipe recipe;
    hn_json_doc *doc;
    hn_json_mut *object;
    HN_TRY(read_options(ctx, options, &hn_curve_params, "curve", &with, NULL, NULL));
    HN_TRY(hn_recipe_read(ctx, ctx->scratch, recipe_text, strlen(recipe_text), "recipe", &recipe));
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    HN_TRY(hn_learning_curve(ctx, &recipe, table, &with, doc, &object));
    return give_json(ctx, object, ret_json);
}

hone_status hone_profile(hone_ctx *ctx, const hone_table *table, const char *options,
                         char **ret_json, char **ret_html) {
    return hone_profile_beside(ctx, table, NULL, options, ret_json, ret_html);
}

hone_status hone_profile_beside(hone_ctx *ctx, const hone_table *table, const hone_table *other,
                                const char *options, char **ret_json, char **ret_html) {
    HN_SCRATCH(ctx);
    hn_explore_options with;
    hn_json_doc *doc;
    hn_json_mut *object;
    hn_json *found;
    hn_str page;
    char *html = NULL;
    HN_TRY(read_options(ctx, options, &hn_explore_params, "profile", &with, NULL, NULL));
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    HN_TRY(hn_explore(ctx, &table->view, table->source, &with, doc, &object));
    if (other != NULL)
        HN_TRY(hn_explore_beside(ctx, &table->view, &other->view,
                                 other->source != NULL ? other->source : "", doc, object));
    if (ret_html != NULL) {
        HN_TRY(hn_json_freeze(ctx, ctx->scratch, object, &found));
        hn_str_init(&page, ctx, ctx->scratch);
        HN_TRY(hn_page_of_profile(ctx, found, &page));
        HN_TRY(give_text(ctx, page.text, page.length, &html));
    }
    hone_status status = ret_json != NULL ? give_json(ctx, object, ret_json) : HONE_OK;
    if (status != HONE_OK) hone_string_free(ctx, html);
    if (status == HONE_OK && ret_html != NULL) *ret_html = html;
    return status;
}

hone_status hone_model_verify(hone_ctx *ctx, const hone_model *model, int64_t *ret_rows,
                              int64_t *ret_same) {
    return hn_sample_check(ctx, model, yyjson_obj_get(model->facts, "sample"), ret_rows, ret_same);
}

hone_status hone_model_update(hone_ctx *ctx, hone_model *model, const hone_table *table,
                              bool allow_extra, char **ret_json) {
    HN_SCRATCH(ctx);
    hn_json_doc *doc;
    hn_json_mut *object;
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    HN_TRY(hn_model_update(ctx, model, table, allow_extra, doc, &object));
    return ret_json != NULL ? give_json(ctx, object, ret_json) : HONE_OK;
}

hone_status hone_table_validate(hone_ctx *ctx, const hone_table *table, const char *expectations,
                                char **ret_json) {
    HN_SCRATCH(ctx);
    hn_json_doc *doc;
    hn_json_mut *list;
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    HN_TRY(hn_expectations_check_text(ctx, expectations, strlen(expectations), "expectations",
                                      &table->view, doc, &list));
    return give_json(ctx, hn_expectations_verdict(&table->view, doc, list), ret_json);
}

hone_status hone_table_expect(hone_ctx *ctx, const hone_table *table, char **ret_json) {
    HN_SCRATCH(ctx);
    hn_json_doc *doc;
    hn_json_mut *root;
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    HN_TRY(hn_expectations_of(ctx, &table->view, doc, &root));
    return give_json(ctx, root, ret_json);
}
