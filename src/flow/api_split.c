/* api_split.c - the public face of splits. */
#include "spec/splitting.h"
#include <string.h>

static hn_split_keys keys_of(const hone_split_keys *keys) {
    return (hn_split_keys){.strata = keys->classes,
                           .group = keys->group,
                           .time = keys->time,
                           .until = keys->until,
                           .part = keys->part};
}

/* *ret_seed: of options, else of ctx. */
static hone_status read_options(hone_ctx *ctx, const char *options, hn_splitting *ret_how,
                                uint64_t *ret_seed) {
    hn_json *object;
    HN_TRY(hn_params_defaults(ctx, ctx->scratch, &hn_splitting_params, ret_how));
    if (options != NULL) {
        HN_TRY(hn_json_read(ctx, ctx->scratch, options, strlen(options), "options", &object));
        HN_TRY(hn_params_set_json(ctx, ctx->scratch, &hn_splitting_params, ret_how, "split", object,
                                  "", NULL));
    }
    *ret_seed = ret_how->seed >= 0 ? (uint64_t)ret_how->seed : ctx->seed;
    return HONE_OK;
}

hone_status hone_split(hone_ctx *ctx, int64_t rows, const hone_split_keys *keys,
                       const char *options, const double *shares, int32_t n_parts,
                       int64_t *ret_part) {
    HN_SCRATCH(ctx);
    hn_splitting how;
    uint64_t seed;
    hn_rows *parts;
    hn_split_keys by = keys_of(keys);
    HN_TRY(read_options(ctx, options, &how, &seed));
    if (n_parts < 1)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "shares"),
                          "rows are cut into one part at least");
    HN_TRY(HN_SCRATCH_NEW(ctx, parts, n_parts));
    HN_TRY(hn_split_ratios(ctx, ctx->scratch, rows, &by, shares, n_parts, seed, parts));
    hn_parts_purge(&by, &how, parts, n_parts);
    for (int64_t i = 0; i < rows; i++) ret_part[i] = -1;
    for (int32_t p = 0; p < n_parts; p++)
        for (int64_t i = 0; i < parts[p].n; i++) ret_part[parts[p].rows[i]] = p;
    return HONE_OK;
}

static hone_status give_rows(hone_ctx *ctx, const hn_rows *rows, hone_array *ret_array) {
    size_t bytes = (size_t)rows->n * sizeof *rows->rows;
    int64_t *copy = hn_alloc(ctx, bytes + 1, 1);
    if (copy == NULL) return HONE_ERROR_MEMORY;
    if (bytes > 0) memcpy(copy, rows->rows, bytes);
    *ret_array = (hone_array){.name = "rows",
                              .type = "I64",
                              .values = copy,
                              .bytes = bytes,
                              .ndim = 1,
                              .shape = {rows->n}};
    return HONE_OK;
}

hone_status hone_split_pair(hone_ctx *ctx, int64_t rows, const hone_split_keys *keys,
                            const char *options, int64_t index, int64_t *ret_count,
                            hone_array *ret_train, hone_array *ret_test) {
    HN_SCRATCH(ctx);
    hn_splitting how;
    uint64_t seed;
    hn_cuts cuts;
    hn_rows train, test;
    hone_array first;
    hn_split_keys by = keys_of(keys);
    HN_TRY(read_options(ctx, options, &how, &seed));
    HN_TRY(hn_cuts_make(ctx, ctx->scratch, rows, &by, &how, seed, &cuts));
    if (index >= cuts.n)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "index"),
                          "there are %lld pairs, so none has number %lld", (long long)cuts.n,
                          (long long)index);
    if (index >= 0) {
        HN_TRY(hn_cuts_take(ctx, ctx->scratch, &cuts, index, &train, &test));
        HN_TRY(give_rows(ctx, &train, &first));
        hone_status status = give_rows(ctx, &test, ret_test);
        if (status != HONE_OK) {
            hone_array_free(ctx, &first);
            return status;
        }
        *ret_train = first;
    }
    *ret_count = cuts.n;
    return HONE_OK;
}
