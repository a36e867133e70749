/* Bodies of requests from anyone: each is answered, or refused as data with a message. What is answered
 * is answered again with the same bytes. */
#include "../unit/ops/small_model.h"
#include "flow/score.h"
#include "fuzz/mutate.h"

#include <stdlib.h>

static void require(bool condition) {
    if (!condition) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static hone_ctx *ctx;
    static hone_model *model;
    if (!model) {
        hone_ctx_options options = {.threads = 1, .seed = 1};
        ctx = hone_ctx_new(&options);
        require(small_model(ctx, "", "gbdt: {n_estimators: 8}", false, &model) == HONE_OK);
    }
    HN_SCRATCH(ctx);
    hn_str first, again;
    hn_str_init(&first, ctx, ctx->scratch);
    hn_str_init(&again, ctx, ctx->scratch);
    /* A copy of its own, so that a byte too many is seen. */
    char *body = malloc(size > 0 ? size : 1);
    if (size > 0) memcpy(body, data, size);
    int64_t rows = -1;
    hone_status status = hn_predict_json(ctx, model, body, size, &first, true, &rows);
    require(status == HONE_OK || status == HONE_ERROR_DATA);
    if (status == HONE_OK) {
        hn_json *answer;
        require(rows >= 0);
        require(hn_json_read(ctx, ctx->scratch, first.text, first.length, "answer", &answer) ==
                HONE_OK);
        require(hn_predict_json(ctx, model, body, size, &again, true, NULL) == HONE_OK);
        require(first.length == again.length && memcmp(first.text, again.text, first.length) == 0);
    } else {
        require(hone_ctx_error(ctx)->message[0] != 0);
    }
    free(body);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
    uint64_t state = seed;
    size_t length =
        mutate_below(&state, 3) ? mutate_json((char *)data, size, max_size, NULL, &state) : 0;
    return length > 0 ? length : LLVMFuzzerMutate(data, size, max_size);
}
