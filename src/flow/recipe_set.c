/* recipe_set.c - parameters of a recipe's parts by address: "max_depth=3" is the model's, "scale__with_mean=no"
 * that of the step called scale. */
#include "flow/recipe.h"
#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 128 };

/* What step i goes by: its name, else its kind, with a number where the kind comes again. */
static void name_of(const hn_recipe *recipe, int32_t i, char name[NAME_SIZE]) {
    const hn_recipe_part *part = &recipe->steps[i];
    int before = 0;
    for (int32_t k = 0; k < i; k++)
        before += recipe->steps[k].name == NULL && recipe->steps[k].kind == part->kind;
    if (part->name != NULL)
        snprintf(name, NAME_SIZE, "%s", part->name);
    else if (before == 0)
        snprintf(name, NAME_SIZE, "%s", part->kind->name);
    else
        snprintf(name, NAME_SIZE, "%s_%d", part->kind->name, before + 1);
}

static hone_status unknown_step(hone_ctx *ctx, const hn_recipe *recipe, const char *wanted) {
    char(*names)[NAME_SIZE];
    const char **list;
    if (recipe->n_steps == 0)
        return hn_fail_at(
            ctx, HONE_ERROR_USAGE, HN_AT(.param = wanted),
            "there is no step '%s': the recipe names none; name them under 'steps', or "
            "leave out what stands before __",
            wanted);
    HN_TRY(HN_SCRATCH_NEW(ctx, names, recipe->n_steps + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, list, recipe->n_steps + 1));
    for (int32_t i = 0; i < recipe->n_steps; i++) {
        name_of(recipe, i, names[i]);
        list[i] = names[i];
    }
    list[recipe->n_steps] = "model";
    const char *nearest = hn_nearest(wanted, list, (size_t)recipe->n_steps + 1);
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = wanted),
                      "there is no step '%s'; %s%s%sthe first one is '%s'", wanted,
                      nearest != NULL ? "did you mean '" : "", nearest != NULL ? nearest : "",
                      nearest != NULL ? "'? " : "", list[0]);
}

static hone_status find_part(hone_ctx *ctx, hn_recipe *recipe, const char *name,
                             hn_recipe_part **ret_part) {
    for (int32_t i = 0; i < recipe->n_steps; i++) {
        char own[NAME_SIZE];
        name_of(recipe, i, own);
        if (strcmp(own, name) != 0) continue;
        *ret_part = &recipe->steps[i];
        return HONE_OK;
    }
    bool model = strcmp(name, "model") == 0 ||
                 (recipe->model.kind != NULL && strcmp(name, recipe->model.kind->name) == 0);
    if (recipe->model.kind == NULL || !model) return unknown_step(ctx, recipe, name);
    *ret_part = &recipe->model;
    return HONE_OK;
}

hone_status hn_recipe_set(hone_ctx *ctx, hn_arena *arena, hn_recipe *recipe,
                          const char *assignment) {
    const char *equals = strchr(assignment, '=');
    if (equals == NULL)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = assignment),
                          "'%s' is no setting; write NAME=VALUE", assignment);
    HN_SCRATCH(ctx);
    char *key = hn_arena_strndup(ctx, ctx->scratch, assignment, (size_t)(equals - assignment));
    if (key == NULL) return HONE_ERROR_MEMORY;
    hn_recipe_part *part = &recipe->model;
    char *cut = strstr(key, "__");
    if (cut != NULL && cut > key) {
        *cut = '\0';
        HN_TRY(find_part(ctx, recipe, key, &part));
        key = cut + 2;
    }
    if (part->kind == NULL)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "model"),
                          "'%s' sets a parameter of the model, but no model is named; name one "
                          "with --model or in the recipe",
                          assignment);
    return hn_params_set_text(ctx, arena, &part->kind->params, part->params, part->kind->name, key,
                              equals + 1);
}
