/* fuzz_metric.c - metrics by any name with any argument, on answers of any sort: a number within the declared
 * bounds, none (NaN), or a refusal; the same with the orders made beforehand, and for rows in twos and weights of
 * two. Seven bytes steer, then come the answers' bytes, then the name. */
#include "ml/metric/metric.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 24, CLASSES = 4 };

typedef struct input {
    hn_scored scored;
    double y[ROWS], label[ROWS], value[ROWS], proba[ROWS * CLASSES], weight[ROWS];
    int64_t group[ROWS];
    hn_column columns[2];
    double features[2][ROWS];
    hn_table x;
    char name[64];
} input;

static double number(uint8_t byte) {
    static const double odd[] = {1e300, -1e300, 1e-300, 5e-324, 0, -0.0, 1, -1};
    return byte < 248 ? ((double)byte - 100) / 8 : odd[byte - 248];
}

static void make(const uint8_t *data, size_t size, input *in) {
    static const hn_task tasks[] = {HN_TASK_BINARY,  HN_TASK_MULTICLASS, HN_TASK_REGRESSION,
                                    HN_TASK_CLUSTER, HN_TASK_ANOMALY,    HN_TASK_RANK};
    *in = (input){0};
    hn_task task = tasks[data[0] % 6];
    int32_t k = task == HN_TASK_BINARY       ? 2
                : task == HN_TASK_MULTICLASS ? 2 + data[1] % (CLASSES - 1)
                                             : 0;
    int64_t n = data[2] % (ROWS + 1);
    uint8_t flags = data[3];
    size_t n_bytes = data[4], at = 7;
    for (int64_t i = 0; i < n; i++) {
        uint8_t byte = at + 1 < size && n_bytes > 0
                           ? data[at + (size_t)i % (n_bytes < size - at ? n_bytes : size - at)]
                           : (uint8_t)(i * 41);
        uint8_t other = (uint8_t)(byte * 7 + data[5] * i);
        bool classes = k > 0 || task == HN_TASK_ANOMALY || task == HN_TASK_RANK;
        in->y[i] = task == HN_TASK_CLUSTER ? byte % 5
                   : classes               ? byte % (k > 0                  ? k
                                                     : task == HN_TASK_RANK ? 5
                                                                            : 2)
                                           : number(byte);
        in->label[i] = task == HN_TASK_CLUSTER ? (double)(other % 4) - 1
                       : k > 0                 ? other % k
                                               : other % 2;
        in->value[i] = number(other);
        double sum = 0;
        for (int32_t c = 0; c < k; c++)
            sum += in->proba[i * k + c] = (double)((other >> (2 * c)) & 3) + (flags & 8 ? 0 : 0.25);
        for (int32_t c = 0; c < k && sum > 0; c++) in->proba[i * k + c] /= sum;
        for (int32_t c = 0; c < k && sum == 0; c++) in->proba[i * k + c] = 1.0 / k;
        in->weight[i] = flags & 16 ? fabs(number(data[6])) : byte % 3;
        in->group[i] = i / (1 + data[1] % 7);
        in->features[0][i] = number(byte);
        in->features[1][i] = number((uint8_t)(other + 3));
    }
    for (int j = 0; j < 2; j++)
        in->columns[j] = hn_column_of_f64(j ? "b" : "a", in->features[j], n);
    in->x = (hn_table){.n_rows = n, .n_columns = 2, .columns = in->columns};
    in->scored = (hn_scored){.n = n,
                             .task = task,
                             .n_classes = k,
                             .y = task == HN_TASK_CLUSTER && !(flags & 1) ? NULL : in->y,
                             .label = in->label,
                             .value = in->value,
                             .proba = k > 0 ? in->proba : NULL,
                             .weight = flags & 2 ? in->weight : NULL,
                             .group = flags & 4 ? in->group : NULL,
                             .x = task == HN_TASK_CLUSTER ? &in->x : NULL};
    size_t begin = at + n_bytes, length = size > begin ? size - begin : 0;
    int64_t count;
    const hn_metric *const *all = hn_metrics(&count);
    if (length > sizeof in->name - 1) length = sizeof in->name - 1;
    if (length > 0 && data[begin] >= 128) /* one of them, with what follows as its argument */
        snprintf(in->name, sizeof in->name, "%.30s%.*s", all[data[begin] % count]->name,
                 (int)length - 1, (const char *)data + begin + 1);
    else if (length > 0)
        memcpy(in->name, data + begin, length);
}

static void require(bool condition, const char *name, const char *what, double value) {
    if (condition) return;
    fprintf(stderr, "%s: %s: %.17g\n", name, what, value);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static input in;
    if (size < 7 || size > 512) return -1;
    hone_ctx *ctx = hone_ctx_new(&(hone_ctx_options){.threads = 1, .seed = 1});
    make(data, size, &in);
    const hn_metric *metric;
    hone_status status = hn_metric_require(ctx, ctx->scratch, in.name, in.scored.task, &metric);
    if (status != HONE_OK) {
        require(strlen(hone_ctx_error(ctx)->message) > 10, in.name, "refused without a word", 0);
    } else {
        double value = 0, again = 0;
        hn_scored prepared = in.scored;
        status = hn_metric_compute(ctx, metric, &in.scored, &value);
        require(status != HONE_ERROR_INTERNAL, in.name, hone_ctx_error(ctx)->message, 0);
        bool overflows = isinf(metric->high) || isinf(metric->low);
        if (status == HONE_OK && !isnan(value) && !overflows)
            require(value >= metric->low - 1e-9 && value <= metric->high + 1e-9, in.name,
                    "out of its bounds", value);
        if (status == HONE_OK && hn_scored_prepare(ctx, ctx->scratch, &prepared) == HONE_OK) {
            require(hn_metric_compute(ctx, metric, &prepared, &again) == HONE_OK, in.name,
                    "fails when prepared", 0);
            require(memcmp(&value, &again, sizeof value) == 0 || (isnan(value) && isnan(again)),
                    in.name, "differs when prepared", again);
        }
    }
    hone_ctx_free(ctx);
    return 0;
}
