/* bias_variance.c - fits on resampled rows; squared loss after Geman et al., 0-1 loss after Domingos. */
#include "flow/bias_variance.h"
#include "flow/evaluate.h"
#include "table/split.h"
#include <math.h>
#include <string.h>

typedef struct parts {
    hone_data train, test;
    int64_t rounds;
    double *answers; /* [rounds, test rows]: values or class indices */
} parts;

static hone_status cut(hone_ctx *ctx, const hone_data *data, parts *p) {
    static const double ratios[] = {0.8, 0.2};
    hn_rows cuts[2];
    hn_split_keys keys = {.time = data->time};
    if (data->time == NULL) keys.group = data->group;
    if (data->time == NULL && (data->task & HN_TASK_CLASSIFY) != 0) keys.strata = data->y;
    HN_TRY(hn_split_ratios(ctx, ctx->scratch, data->x->n_rows, &keys, ratios, 2, ctx->seed, cuts));
    HN_TRY(hn_data_take(ctx, ctx->scratch, data, cuts[0].rows, cuts[0].n, &p->train));
    return hn_data_take(ctx, ctx->scratch, data, cuts[1].rows, cuts[1].n, &p->test);
}

/* n rows with replacement; where a class would be left out altogether, its first row takes the place of
 * the last drawn: a fit without it is another task. */
static hone_status draw(hone_ctx *ctx, hn_arena *arena, const parts *p, int64_t round,
                        hone_data *ret_data) {
    int64_t n = p->train.x->n_rows, *rows;
    bool *seen;
    HN_TRY(HN_NEW(ctx, arena, rows, n));
    HN_TRY(HN_NEW(ctx, arena, seen, p->train.n_classes + 1));
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("bias_variance", (uint64_t)round));
    for (int64_t i = 0; i < n; i++) rows[i] = hn_rng_below(&rng, n);
    for (int64_t i = 0; i < n && p->train.n_classes > 0; i++)
        seen[(int32_t)p->train.y[rows[i]]] = true;
    for (int64_t i = 0, last = n; i < n && p->train.n_classes > 0; i++) {
        int32_t class = (int32_t)p->train.y[i];
        if (seen[class] || last == 0) continue;
        seen[class] = true;
        rows[--last] = i;
    }
    return hn_data_take(ctx, arena, &p->train, rows, n, ret_data);
}

static hone_status answer(hone_ctx *ctx, const hn_recipe *recipe, const parts *p, int64_t round) {
    HN_SCRATCH(ctx);
    hn_arena arena __attribute__((cleanup(hn_arena_done)));
    hn_arena_init(&arena, ctx->allocator);
    hone_data drawn;
    hn_pipeline pipeline;
    hn_scored scored;
    HN_TRY(draw(ctx, &arena, p, round, &drawn));
    HN_TRY(hn_pipeline_fit(ctx, recipe, &drawn, &arena, &pipeline, NULL));
    hone_status status = hn_scored_of(ctx, &pipeline, &p->test, &arena, &scored);
    hn_pipeline_done(&pipeline);
    HN_TRY(status);
    memcpy(p->answers + round * scored.n, scored.n_classes > 0 ? scored.label : scored.value,
           (size_t)scored.n * sizeof *p->answers);
    return HONE_OK;
}

/* ---- taking apart ---------------------------------------------------------------------------- */

typedef struct decomposition {
    double expected, bias, variance;
} decomposition;

static void add_squared(const parts *p, int64_t i, decomposition *d) {
    int64_t n = p->test.x->n_rows;
    double mean = 0, variance = 0, loss = 0, y = p->test.y[i];
    for (int64_t r = 0; r < p->rounds; r++) mean += p->answers[r * n + i];
    mean /= (double)p->rounds;
    for (int64_t r = 0; r < p->rounds; r++) {
        double value = p->answers[r * n + i];
        variance += (value - mean) * (value - mean);
        loss += (value - y) * (value - y);
    }
    d->expected += loss / (double)p->rounds;
    d->bias += (mean - y) * (mean - y);
    d->variance += variance / (double)p->rounds;
}

/* The main answer is the most frequent one; the first of equals. counts [classes] is scratch. */
static void add_zero_one(const parts *p, int64_t i, int64_t *counts, decomposition *d) {
    int64_t n = p->test.x->n_rows;
    int32_t main_answer = 0, k = p->test.n_classes, y = (int32_t)p->test.y[i];
    memset(counts, 0, (size_t)k * sizeof *counts);
    for (int64_t r = 0; r < p->rounds; r++) counts[(int32_t)p->answers[r * n + i]]++;
    for (int32_t c = 1; c < k; c++)
        if (counts[c] > counts[main_answer]) main_answer = c;
    d->expected += (double)(p->rounds - counts[y]) / (double)p->rounds;
    d->bias += main_answer != y;
    d->variance += (double)(p->rounds - counts[main_answer]) / (double)p->rounds;
}

hone_status hn_bias_variance(hone_ctx *ctx, const hn_recipe *recipe, const hone_data *data,
                             int64_t rounds, hn_json_doc *doc, hn_json_mut *object) {
    HN_SCRATCH(ctx);
    parts p = {.rounds = rounds};
    int64_t *counts;
    HN_TRY(cut(ctx, data, &p));
    int64_t n = p.test.x->n_rows;
    HN_TRY(HN_SCRATCH_NEW(ctx, p.answers, rounds * n));
    HN_TRY(HN_SCRATCH_NEW(ctx, counts, data->n_classes + 1));
    for (int64_t r = 0; r < rounds; r++) {
        hn_progress(ctx, "part bias from variance", r, rounds, "fits");
        HN_TRY(answer(ctx, recipe, &p, r));
    }
    decomposition d = {0};
    bool classes = data->n_classes > 0;
    for (int64_t i = 0; i < n; i++) {
        if (classes)
            add_zero_one(&p, i, counts, &d);
        else
            add_squared(&p, i, &d);
    }
    hn_json_mut *one = yyjson_mut_obj_add_obj(doc, object, "bias_variance");
    yyjson_mut_obj_add_str(doc, one, "loss", classes ? "zero_one" : "squared");
    yyjson_mut_obj_add_int(doc, one, "rounds", rounds);
    yyjson_mut_obj_add_int(doc, one, "rows", n);
    yyjson_mut_obj_add_real(doc, one, "expected", d.expected / (double)n);
    yyjson_mut_obj_add_real(doc, one, "bias", d.bias / (double)n);
    yyjson_mut_obj_add_real(doc, one, "variance", d.variance / (double)n);
    return HONE_OK;
}
