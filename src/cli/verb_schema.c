/* verb_schema.c - everything declared, as one JSON Schema that also checks recipes. */
#include "cli/declare.h"
#include "flow/recipe.h"
#include "spec/emit.h"
#include <string.h>

static hone_status no_memory(hn_cli *cli) {
    return hn_fail(cli->ctx, HONE_ERROR_MEMORY, "out of memory: no room for the schema");
}

/* "$defs": the recipe, and the parameters of every kind by its name. */
static hone_status put_defs(hn_cli *cli, hn_json_doc *doc, hn_json_mut *root) {
    hn_json_mut *schema, *defs = yyjson_mut_obj_add_obj(doc, root, "$defs");
    if (!defs) return no_memory(cli);
    HN_TRY(hn_recipe_schema(cli->ctx, doc, &schema));
    if (!yyjson_mut_obj_add_val(doc, defs, "recipe", schema)) return no_memory(cli);
    int64_t n;
    const hone_estimator *const *kinds = hn_catalog(&n);
    for (int64_t i = 0; i < n; i++) {
        HN_TRY(hn_emit_schema(cli->ctx, &kinds[i]->params, doc, &schema));
        bool ok = yyjson_mut_obj_add_str(doc, schema, "title", kinds[i]->title) &&
                  yyjson_mut_obj_add_str(doc, schema, "description", kinds[i]->doc) &&
                  yyjson_mut_obj_add_val(doc, defs, kinds[i]->name, schema);
        if (!ok) return no_memory(cli);
    }
    return HONE_OK;
}

static hone_status put_kinds(hn_cli *cli, hn_json_doc *doc, hn_json_mut *root) {
    int64_t n;
    const hone_estimator *const *kinds = hn_catalog(&n);
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, root, "x-kinds");
    for (int64_t i = 0; i < n; i++) {
        hn_json_mut *object;
        HN_TRY(hn_declare_kind(cli->ctx, doc, kinds[i], true, &object));
        if (!yyjson_mut_arr_append(list, object)) return no_memory(cli);
    }
    return HONE_OK;
}

static hone_status put_metrics(hn_cli *cli, hn_json_doc *doc, hn_json_mut *root) {
    int64_t n;
    const hn_metric *const *metrics = hn_metrics(&n);
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, root, "x-metrics");
    for (int64_t i = 0; i < n; i++) {
        hn_json_mut *object;
        HN_TRY(hn_declare_metric(cli->ctx, doc, metrics[i], &object));
        if (!yyjson_mut_arr_append(list, object)) return no_memory(cli);
    }
    return HONE_OK;
}

static hone_status put_verbs(hn_cli *cli, hn_json_doc *doc, hn_json_mut *root) {
    hn_json_mut *schema, *list = yyjson_mut_obj_add_arr(doc, root, "x-verbs");
    int64_t n;
    const hn_verb *const *verbs = hn_verbs(&n);
    for (int64_t i = 0; i < n; i++) {
        hn_json_mut *object;
        if (verbs[i]->hidden) continue;
        HN_TRY(hn_declare_verb(cli, doc, verbs[i], &object));
        if (!yyjson_mut_arr_append(list, object)) return no_memory(cli);
    }
    HN_TRY(hn_emit_schema(cli->ctx, &hn_common_params, doc, &schema));
    return yyjson_mut_obj_add_val(doc, root, "x-common-flags", schema) ? HONE_OK : no_memory(cli);
}

static hone_status run(hn_cli *cli, const void *values) {
    (void)values;
    HN_SCRATCH(cli->ctx);
    hn_json_doc *doc;
    HN_TRY(hn_json_new(cli->ctx, &cli->arena, &doc));
    hn_json_mut *root = yyjson_mut_obj(doc);
    bool ok = root &&
              yyjson_mut_obj_add_str(doc, root, "$schema",
                                     "https://json-schema.org/draft/2020-12/schema") &&
              yyjson_mut_obj_add_str(doc, root, "$id", "urn:hone:schema") &&
              yyjson_mut_obj_add_str(doc, root, "title", "hone") &&
              yyjson_mut_obj_add_str(
                  doc, root, "description",
                  "All public declarations of hone. As a schema it checks recipes; kinds, "
                  "metrics and verbs stand beside it.") &&
              yyjson_mut_obj_add_str(doc, root, "$ref", "#/$defs/recipe");
    if (!ok) return no_memory(cli);
    HN_TRY(put_defs(cli, doc, root));
    HN_TRY(put_kinds(cli, doc, root));
    HN_TRY(put_metrics(cli, doc, root));
    HN_TRY(hn_declare_functions(cli->ctx, doc, root, "x-functions"));
    HN_TRY(hn_declare_generators(cli->ctx, doc, root, "x-generators"));
    HN_TRY(put_verbs(cli, doc, root));
    return hn_out_json(cli, root, true);
}

const hn_verb hn_verb_schema = {
    .name = "schema",
    .summary = "print everything there is as JSON Schema",
    .doc = "Kinds with their parameters, the recipe, metrics and verbs, as one JSON Schema (draft "
           "2020-12). "
           "An editor that knows JSON Schema completes and checks recipes with it.",
    .example = "hone schema > hone.schema.json",
    .run = run,
};
