/* fuzz_recipe.c - recipes: reading one, writing it and reading what was written must give the same text. */
#include "flow/recipe.h"
#include "fuzz/mutate.h"
#include <stdlib.h>
#include <string.h>

static hone_status text_of(hone_ctx *ctx, const hn_recipe *recipe, char **ret_text,
                           size_t *ret_length) {
    hn_json_doc *doc;
    hn_json_mut *value;
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    HN_TRY(hn_recipe_to_json(ctx, recipe, true, doc, &value));
    return hn_json_write(ctx, ctx->scratch, value, false, ret_text, ret_length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 1 << 16) return -1;
    hone_ctx *ctx = hone_ctx_new(&(hone_ctx_options){.threads = 1});
    if (ctx == NULL) abort();
    hn_recipe recipe, again;
    char *first, *second;
    size_t length, second_length;
    if (hn_recipe_read(ctx, ctx->scratch, (const char *)data, size, "fuzz.yaml", &recipe) ==
        HONE_OK) {
        if (text_of(ctx, &recipe, &first, &length) != HONE_OK) abort();
        if (hn_recipe_read(ctx, ctx->scratch, first, length, "again.yaml", &again) != HONE_OK)
            abort();
        if (text_of(ctx, &again, &second, &second_length) != HONE_OK) abort();
        if (length != second_length || memcmp(first, second, length) != 0) abort();
    }
    hone_ctx_free(ctx);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
    uint64_t state = seed;
    size_t length =
        mutate_below(&state, 3) ? mutate_json((char *)data, size, max_size, NULL, &state) : 0;
    return length > 0 ? length : LLVMFuzzerMutate(data, size, max_size);
}
