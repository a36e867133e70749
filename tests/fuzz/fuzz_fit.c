/* fuzz_fit.c - any kind with any parameters on any small matrix: it is fitted or refused with a word, it stops
 * when it is told to, what it answers are numbers, and the model read back from its bytes answers the same. */
#include "fuzz/bounds.h"
#include "fuzz/fit_input.h"
#include "fuzz/mutate.h"

#include <stdio.h>

static void require(bool condition, const fit_input *in, const char *what) {
    if (condition) return;
    fprintf(stderr, "%s %s: %s\n", in->kind->name, in->examples.task, what);
    abort();
}

/* ---- use ------------------------------------------------------------------------------------- */

static void check_answers(const fit_input *in, const hone_model *model, const double *answers) {
    int32_t k = hone_model_outputs(model);
    bool declines = (in->kind->can & HN_CAN_DECLINE) != 0, one = in->examples.n_targets < 2;
    bool share = one && hone_model_gives_probabilities(model);
    for (int64_t i = 0; i < in->rows && !declines; i++) {
        double sum = 0;
        for (int32_t c = 0; c < k; c++) {
            double v = answers[i * k + c];
            require(!isnan(v), in, "an answer is no number");
            if (share) require(v >= 0 && v <= 1, in, "a probability outside of [0, 1]");
            sum += v;
        }
        if (share) require(fabs(sum - 1) < 1e-6, in, "probabilities do not sum to 1");
    }
}

/* The same bits again from the model's bytes. */
static hone_status read_back(hone_ctx *ctx, const fit_input *in, hone_model *model,
                             const double *answers, double *again) {
    char *bytes;
    size_t length;
    hone_model *copy;
    HN_TRY(hone_model_to_bytes(ctx, model, &bytes, &length));
    hone_status status = hone_model_from_bytes(ctx, bytes, length, &copy);
    hone_string_free(ctx, bytes);
    require(status == HONE_OK || status == HONE_ERROR_MEMORY || status == HONE_ERROR_CANCELLED, in,
            hone_ctx_error(ctx)->message);
    HN_TRY(status);
    if (answers != NULL) {
        status = hone_model_answers(ctx, copy, in->examples.x, again);
        size_t n = (size_t)(in->rows * hone_model_outputs(copy)) * sizeof *again;
        if (status == HONE_OK)
            require(memcmp(answers, again, n) == 0, in, "other answers after loading");
    }
    hone_model_free(copy);
    return status;
}

static hone_status ask(hone_ctx *ctx, const fit_input *in, hone_model *model) {
    HN_SCRATCH(ctx);
    double *answers = NULL, *again = NULL;
    if (in->kind->tasks != 0) {
        int64_t n = in->rows * hone_model_outputs(model) + 1;
        HN_TRY(HN_SCRATCH_NEW(ctx, answers, n));
        HN_TRY(HN_SCRATCH_NEW(ctx, again, n));
        HN_TRY(hone_model_answers(ctx, model, in->examples.x, answers));
        check_answers(in, model, answers);
    }
    HN_TRY(read_back(ctx, in, model, answers, again));
    char *text;
    HN_TRY(hone_model_describe(ctx, model, &text));
    hone_string_free(ctx, text);
    if (in->kind->neighbors != NULL) {
        int64_t rows[3 * FIT_ROWS];
        double distances[3 * FIT_ROWS];
        HN_TRY(hone_model_neighbors(ctx, model, in->examples.x, 3, rows, distances));
    }
    if (in->kind->transform == NULL) return HONE_OK;
    hone_table *made, *back;
    HN_TRY(hone_model_transform(ctx, model, in->examples.x, &made));
    hone_status status = HONE_OK;
    if (in->kind->inverse != NULL) {
        status = hone_model_inverse(ctx, model, made, &back);
        if (status == HONE_OK) hone_table_free(ctx, back);
    }
    hone_table_free(ctx, made);
    return status;
}

static hone_status try(hone_ctx *ctx, fit_input *in, hone_table **ret_table,
                       hone_model **ret_model) {
    HN_TRY(fit_examples(ctx, in, ret_table));
    HN_TRY(hone_fit(ctx, in->kind->name, in->params, &in->examples, ret_model));
    HN_TRY(ask(ctx, in, *ret_model));
    if ((in->flags & FIT_UPDATE) == 0) return HONE_OK;
    HN_TRY(hone_update(ctx, *ret_model, &in->examples));
    return ask(ctx, in, *ret_model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 4096) return -1;
    fit_input *in = fit_read(data, size);
    if (in == NULL) return -1;
    hone_ctx *ctx = bounds_ctx(in->threads);
    hone_table *table = NULL;
    hone_model *model = NULL;
    bounds_begin(ctx);
    hone_status status = try(ctx, in, &table, &model);
    bounds_end();
    if (status != HONE_OK) {
        require(hone_ctx_error(ctx)->code == status, in, "failed without saying so");
        require(strlen(hone_ctx_error(ctx)->message) > 8, in, "failed without a word");
        require(status != HONE_ERROR_INTERNAL, in, hone_ctx_error(ctx)->message);
    }
    hone_model_free(model);
    hone_table_free(ctx, table);
    hone_ctx_free(ctx);
    require(bounds_taken == 0, in, "memory is left behind");
    fit_done(in);
    return 0;
}

/* What steers, the values, or mostly the parameters, as the kind declares them. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
    uint64_t state = seed;
    size_t way = mutate_below(&state, 8);
    if (size < FIT_HEAD || max_size < FIT_HEAD + 256 || way == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    size_t n_values = data[7] < size - FIT_HEAD ? data[7] : size - FIT_HEAD;
    uint8_t *values = data + FIT_HEAD;
    if (way == 1) {
        mutate_bytes(data, FIT_HEAD - 1);
        return size;
    }
    if (way == 2 && n_values > 0) {
        mutate_bytes(values, n_values);
        return size;
    }
    if (way == 2) { /* values, where there were none */
        n_values = 1 + mutate_below(&state, 24);
        if (size + n_values > max_size) return size;
        memmove(values + n_values, values, size - FIT_HEAD);
        for (size_t i = 0; i < n_values; i++) values[i] = (uint8_t)mutate_next(&state);
        data[7] = (uint8_t)n_values;
        return size + n_values;
    }
    int64_t n;
    const hone_estimator *const *kinds = hn_catalog(&n);
    const hone_estimator *kind = kinds[(data[0] | data[1] << 8) % n];
    size_t begin = FIT_HEAD + n_values;
    char *text = (char *)data + begin;
    if (size == begin) memcpy(text, "{}", 2), size += 2;
    size_t length = mutate_json(text, size - begin, max_size - begin, &kind->params, &state);
    return length > 0 ? begin + length : LLVMFuzzerMutate(data, size, max_size);
}
