/* seeds.c - what fuzzers begin from, made of the catalog: for every kind and task an input of fuzz_fit with its
 * parameters written out, one of fuzz_csr where it is sparse, and the file of the model that comes of it, for
 * fuzz_model; its parameters for fuzz_params and in a recipe; and a dictionary of all names. usage: fuzz_seeds
 * DIRECTORY */
#include "base/json.h"
#include "base/os.h"
#include "fuzz/fit_input.h"
#include "ml/metric/metric.h"

#include <stdio.h>
#include <sys/stat.h>

static char folder[2048];

static void put(hone_ctx *ctx, const char *where, const char *name, const void *bytes,
                size_t length) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, where);
    (void)mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/%s/%s", folder, where, name);
    if (hn_write_file(ctx, path, bytes, length) != HONE_OK) {
        fprintf(stderr, "%s\n", hone_ctx_error(ctx)->message);
        exit(1);
    }
}

/* Small trees and few of them, that files stay small; else the declaration's example and defaults. */
static hone_status write_params(hone_ctx *ctx, const hone_estimator *kind, char **ret_text,
                                size_t *ret_length) {
    static const char *const small[][2] = {{"n_estimators", "3"}, {"max_depth", "3"},
                                           {"n_clusters", "3"},   {"max_iter", "20"},
                                           {"height", "3"},       {"n_components", "2"}};
    void *values = hn_arena_alloc(ctx, ctx->scratch, 1, kind->params.size);
    hn_json_doc *doc;
    hn_json_mut *object;
    hn_json *example;
    if (values == NULL) return HONE_ERROR_MEMORY;
    HN_TRY(hn_params_defaults(ctx, ctx->scratch, &kind->params, values));
    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        if (hn_params_find(&kind->params, small[i][0]) != NULL)
            (void)!hn_params_set_text(ctx, ctx->scratch, &kind->params, values, kind->name,
                                      small[i][0], small[i][1]);
    if (kind->example != NULL) {
        HN_TRY(hn_json_read(ctx, ctx->scratch, kind->example, strlen(kind->example), "example",
                            &example));
        HN_TRY(hn_params_set_json(ctx, ctx->scratch, &kind->params, values, kind->name, example, "",
                                  NULL));
    }
    HN_TRY(hn_json_new(ctx, ctx->scratch, &doc));
    HN_TRY(hn_params_to_json(ctx, &kind->params, values, false, doc, &object));
    return hn_json_write(ctx, ctx->scratch, object, false, ret_text, ret_length);
}

static void fit_and_put(hone_ctx *ctx, const uint8_t *bytes, size_t length, const char *name) {
    fit_input *in = fit_read(bytes, length);
    hone_table *table = NULL;
    hone_model *model = NULL;
    char *file;
    size_t size;
    hone_status status = fit_examples(ctx, in, &table);
    if (status == HONE_OK)
        status = hone_fit(ctx, in->kind->name, in->params, &in->examples, &model);
    if (status == HONE_OK) status = hone_model_to_bytes(ctx, model, &file, &size);
    if (status == HONE_OK) {
        put(ctx, "model", name, file, size);
        hone_string_free(ctx, file);
    } else {
        fprintf(stderr, "no model of %s: %s\n", name, hone_ctx_error(ctx)->message);
    }
    hone_model_free(model);
    hone_table_free(ctx, table);
    fit_done(in);
}

/* As parameters alone (the first tables are those of recipes), and in a recipe. */
static void put_texts(hone_ctx *ctx, const hone_estimator *kind, int64_t index, const char *text) {
    hn_str params, recipe;
    hn_str_init(&params, ctx, ctx->scratch);
    hn_str_init(&recipe, ctx, ctx->scratch);
    hn_str_printf(&params, "%c%c%s", (int)(index + 4), 2, text);
    if (kind->tasks != 0)
        hn_str_printf(
            &recipe,
            "{\"roles\":{\"target\":\"y\"},\"steps\":[\"auto\"],\"model\":{\"%s\":%s},\"seed\":7}",
            kind->name, text);
    else
        hn_str_printf(
            &recipe,
            "{\"roles\":{\"target\":\"y\"},\"steps\":[{\"%s\":%s}],\"split\":{\"test\":0.2}}",
            kind->name, text);
    if (hn_str_status(&params) != HONE_OK || hn_str_status(&recipe) != HONE_OK) abort();
    put(ctx, "params", kind->name, params.text, params.length);
    put(ctx, "recipe", kind->name, recipe.text, recipe.length);
}

static void put_kind(hone_ctx *ctx, const hone_estimator *kind, int64_t index) {
    HN_SCRATCH(ctx);
    char *text, name[128];
    size_t length;
    const char *tasks[HN_NAMES];
    int n = 0;
    if (write_params(ctx, kind, &text, &length) != HONE_OK) {
        fprintf(stderr, "%s\n", hone_ctx_error(ctx)->message);
        exit(1);
    }
    hn_task_names(kind->tasks, tasks);
    while (tasks[n] != NULL) n++;
    uint8_t *bytes = malloc(FIT_HEAD + length);
    if (bytes == NULL) abort();
    for (int t = 0; t < (n > 0 ? n : 1); t++) {
        unsigned flags = (kind->can & HN_CAN_WEIGHTS) != 0 ? FIT_WEIGHT : 0;
        if ((kind->can & (HN_CAN_CATEGORIES | HN_CATEGORY_ONLY)) != 0 && n == 0) flags |= FIT_TEXTS;
        if ((kind->can & HN_CAN_UPDATE) != 0) flags |= FIT_UPDATE;
        const uint8_t head[FIT_HEAD] = {(uint8_t)index,
                                        (uint8_t)(index >> 8),
                                        (uint8_t)t,
                                        (uint8_t)flags,
                                        24,
                                        strcmp(kind->name, "isotonic") == 0 ? 1 : 2,
                                        0,
                                        0};
        memcpy(bytes, head, FIT_HEAD);
        memcpy(bytes + FIT_HEAD, text, length);
        snprintf(name, sizeof name, "%s-%s", kind->name, n > 0 ? tasks[t] : "step");
        put(ctx, "fit", name, bytes, FIT_HEAD + length);
        fit_and_put(ctx, bytes, FIT_HEAD + length, name);
        if ((kind->can & HN_CAN_TARGETS) == 0) continue;
        bytes[3] = (uint8_t)(flags & ~FIT_UPDATE) | FIT_SEVERAL;
        snprintf(name, sizeof name, "%s-%s-several", kind->name, tasks[t]);
        put(ctx, "fit", name, bytes, FIT_HEAD + length);
        fit_and_put(ctx, bytes, FIT_HEAD + length, name);
    }
    put_texts(ctx, kind, index, text);
    const uint8_t sparse[] = {(uint8_t)index,
                              (uint8_t)(index >> 8),
                              9,
                              4,
                              128 + 18,
                              2,
                              2,
                              2,
                              2,
                              2,
                              2,
                              2,
                              2,
                              8,
                              17,
                              26,
                              35,
                              40,
                              9,
                              18,
                              27,
                              8,
                              41,
                              66,
                              75,
                              80,
                              89,
                              98,
                              107,
                              8,
                              9};
    if ((kind->can & HN_CAN_SPARSE) != 0) put(ctx, "csr", kind->name, sparse, sizeof sparse);
    free(bytes);
}

static void put_metrics(hone_ctx *ctx) {
    int64_t n;
    const hn_metric *const *all = hn_metrics(&n);
    static const hn_task tasks[] = {HN_TASK_BINARY,  HN_TASK_MULTICLASS, HN_TASK_REGRESSION,
                                    HN_TASK_CLUSTER, HN_TASK_ANOMALY,    HN_TASK_RANK};
    for (int64_t i = 0; i < n; i++)
        for (uint8_t t = 0; t < 6; t++) {
            uint8_t bytes[32] = {t, 1, 20, 3, 0, 5, 9, (uint8_t)(128 + i)};
            char name[96];
            bool fits = (128 + i) < 256 && (all[i]->tasks & tasks[t]) != 0;
            if (!fits || (128 + i) % n != i) { /* by its text, then */
                size_t length = strlen(all[i]->name) < 20 ? strlen(all[i]->name) : 20;
                memcpy(bytes + 7, all[i]->name, length);
            }
            snprintf(name, sizeof name, "%.60s-%d", all[i]->name, t);
            if ((all[i]->tasks & tasks[t]) != 0) put(ctx, "metric", name, bytes, sizeof bytes);
        }
}

static void put_words(hone_ctx *ctx, const hone_estimator *const *kinds, int64_t n) {
    HN_SCRATCH(ctx);
    hn_str str;
    hn_str_init(&str, ctx, ctx->scratch);
    for (int64_t i = 0; i < n; i++) {
        hn_str_printf(&str, "\"\\\"%s\\\"\"\n", kinds[i]->name);
        for (int64_t p = 0; p < kinds[i]->params.n; p++) {
            const hone_param *param = &kinds[i]->params.items[p];
            hn_str_printf(&str, "\"\\\"%s\\\":\"\n", param->name);
            for (const char *const *c = param->choices; c != NULL && *c != NULL; c++)
                hn_str_printf(&str, "\"\\\"%s\\\"\"\n", *c);
        }
    }
    if (hn_str_status(&str) != HONE_OK) abort();
    static const char *const dictionaries[] = {"fit.dict", "params.dict", "recipe.dict"};
    for (int i = 0; i < 3; i++) put(ctx, "words", dictionaries[i], str.text, str.length);
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    snprintf(folder, sizeof folder, "%s", argv[1]);
    (void)mkdir(folder, 0777);
    hone_ctx *ctx = hone_ctx_new(&(hone_ctx_options){.threads = 1, .seed = 1});
    int64_t n;
    const hone_estimator *const *kinds = hn_catalog(&n);
    for (int64_t i = 0; i < n; i++) put_kind(ctx, kinds[i], i);
    put_metrics(ctx);
    put_words(ctx, kinds, n);
    hone_ctx_free(ctx);
    return 0;
}
