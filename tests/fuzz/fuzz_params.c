/* fuzz_params.c - parameters from text and JSON: whatever is taken must be legal, and come back from its
 * own JSON unchanged. The first byte chooses the table, the second how the rest is read. */
#include "flow/recipe.h"
#include "fuzz/mutate.h"
#include <stdlib.h>
#include <string.h>

static const hn_params *table_of(const uint8_t *data) {
    int64_t n;
    const hone_estimator *const *kinds = hn_catalog(&n);
    const hn_params *tables[] = {&hn_recipe_data_params, &hn_recipe_roles_params,
                                 &hn_splitting_params, &hn_recipe_top_params};
    size_t chosen = data[0] % (size_t)(n + 4);
    return chosen < 4 ? tables[chosen] : &kinds[chosen - 4]->params;
}

static char *text_of(hone_ctx *ctx, const hn_params *params, const void *values) {
    hn_json_doc *doc;
    hn_json_mut *object;
    char *text;
    size_t length;
    if (hn_json_new(ctx, ctx->scratch, &doc) != HONE_OK) abort();
    if (hn_params_to_json(ctx, params, values, false, doc, &object) != HONE_OK) abort();
    if (hn_json_write(ctx, ctx->scratch, object, false, &text, &length) != HONE_OK) abort();
    return text;
}

static void round_trip(hone_ctx *ctx, const hn_params *params, const void *values) {
    if (hn_params_check(ctx, params, values, "fuzz") != HONE_OK) abort();
    char *text = text_of(ctx, params, values);
    hn_json *object;
    if (hn_json_read(ctx, ctx->scratch, text, strlen(text), "again", &object) != HONE_OK) abort();
    void *again = hn_arena_alloc(ctx, ctx->scratch, 1, params->size);
    if (!again || hn_params_defaults(ctx, ctx->scratch, params, again) != HONE_OK) abort();
    if (hn_params_set_json(ctx, ctx->scratch, params, again, "fuzz", object, NULL, NULL) != HONE_OK)
        abort();
    if (strcmp(text, text_of(ctx, params, again)) != 0) abort();
}

/* "key value": set, then set once more as a longer list. */
static hone_status set_text(hone_ctx *ctx, const hn_params *params, void *values, char *text) {
    char *value = strchr(text, ' ');
    if (!value) return HONE_ERROR_USAGE;
    *value++ = '\0';
    HN_TRY(hn_params_set_text(ctx, ctx->scratch, params, values, "fuzz", text, value));
    /* A name that is there twice may be refused. */
    (void)!hn_params_add_text(ctx, ctx->scratch, params, values, "fuzz", text, value);
    return HONE_OK;
}

static hone_status set_json(hone_ctx *ctx, const hn_params *params, void *values, const char *text,
                            size_t length, bool yaml) {
    hn_json *object;
    hn_marks marks;
    if (yaml) {
        HN_TRY(hn_yaml_read(ctx, ctx->scratch, text, length, "fuzz.yaml", &object, &marks));
    } else {
        HN_TRY(hn_json_read(ctx, ctx->scratch, text, length, "fuzz.json", &object));
    }
    return hn_params_set_json(ctx, ctx->scratch, params, values, "fuzz", object, "",
                              yaml ? &marks : NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2 || size > 1 << 14) return -1;
    hone_ctx *ctx = hone_ctx_new(&(hone_ctx_options){.threads = 1});
    if (!ctx) abort();
    const hn_params *params = table_of(data);
    void *values = hn_arena_alloc(ctx, ctx->scratch, 1, params->size);
    if (!values || hn_params_defaults(ctx, ctx->scratch, params, values) != HONE_OK) abort();
    char *text = hn_arena_strndup(ctx, ctx->scratch, (const char *)data + 2, size - 2);
    if (!text) abort();
    hone_status status = data[1] % 3 == 0
                             ? set_text(ctx, params, values, text)
                             : set_json(ctx, params, values, text, size - 2, data[1] % 3 == 1);
    if (status == HONE_OK)
        round_trip(ctx, params, values);
    else if (hone_ctx_error(ctx)->message[0] == '\0' && status != HONE_ERROR_USAGE)
        abort();
    hone_ctx_free(ctx);
    return 0;
}

/* A parameter of the table, as its declaration has it; JSON is YAML too. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
    uint64_t state = seed;
    if (size < 2 || max_size < 64 || mutate_below(&state, 4) == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    if (size == 2) memcpy(data + 2, "{}", 2), size += 2;
    size_t length = mutate_json((char *)data + 2, size - 2, max_size - 2, table_of(data), &state);
    return length > 0 ? 2 + length : LLVMFuzzerMutate(data, size, max_size);
}
