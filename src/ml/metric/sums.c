/* sums.c - rows are cut into blocks of 1024 and chunks of 64 blocks; a block is added as hn_sum
 * does, blocks and chunks in order. So the bits depend on nothing but the rows. */
#include "ml/metric/sums.h"

#include "base/parallel.h"
#include <assert.h>
#include <string.h>

enum { CHUNK = 64 * HN_TERMS_BLOCK };

typedef struct sums_job {
    const hn_scored *scored;
    hn_terms_fn *terms;
    const void *arg;
    int n_sums;
    double *slots; /* [chunks, HN_TERMS_MAX] */
} sums_job;

/* terms times weight, and 0 under a weight of 0 whatever the term. By mask: which rows a resample
 * leaves out is a coin's toss, and a branch on it costs more than all the rest. */
static void weigh(const double *weight, int64_t n, double *terms) {
    for (int64_t i = 0; i < n; i++) {
        double product = weight[i] * terms[i];
        uint64_t bits;
        memcpy(&bits, &product, sizeof bits);
        bits &= -(uint64_t)(weight[i] > 0);
        memcpy(&terms[i], &bits, sizeof bits);
    }
}

static hone_status sum_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const sums_job *job = arg;
    double terms[HN_TERMS_MAX][HN_TERMS_BLOCK];
    double *slot = job->slots + chunk.index * HN_TERMS_MAX;
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += HN_TERMS_BLOCK) {
        int64_t end = begin + HN_TERMS_BLOCK < chunk.end ? begin + HN_TERMS_BLOCK : chunk.end;
        job->terms(job->scored, job->arg, begin, end, terms);
        for (int s = 0; s < job->n_sums; s++) {
            if (job->scored->weight != NULL)
                weigh(job->scored->weight + begin, end - begin, terms[s]);
            slot[s] += hn_sum(terms[s], end - begin);
        }
    }
    return HONE_OK;
}

hone_status hn_metric_sums(hone_ctx *ctx, const hn_scored *scored, hn_terms_fn *terms,
                           const void *arg, int n_sums, double *ret_sums) {
    assert(n_sums >= 1 && n_sums <= HN_TERMS_MAX);
    HN_SCRATCH(ctx);
    int64_t chunks = hn_chunks(scored->n, CHUNK);
    sums_job job = {.scored = scored, .terms = terms, .arg = arg, .n_sums = n_sums};
    HN_TRY(HN_SCRATCH_NEW(ctx, job.slots, chunks * HN_TERMS_MAX + 1));
    HN_TRY(hn_parallel(ctx, scored->n, CHUNK, sum_chunk, &job));
    for (int s = 0; s < n_sums; s++) {
        double sum = 0;
        for (int64_t c = 0; c < chunks; c++) sum += job.slots[c * HN_TERMS_MAX + s];
        ret_sums[s] = sum;
    }
    return HONE_OK;
}

double hn_scored_total(const hn_scored *scored) {
    return scored->weight != NULL ? hn_sum(scored->weight, scored->n) : (double)scored->n;
}

/* What the mean of a metric is made of; exactly one is set. */
typedef struct mean_source {
    const hn_metric *metric;
    const double *figures;
} mean_source;

/* The weights are added up beside the figures, the same way: so that a mean of ones is one. */
static void mean_terms(const hn_scored *scored, const void *arg, int64_t begin, int64_t end,
                       double ret[HN_TERMS_MAX][HN_TERMS_BLOCK]) {
    const mean_source *source = arg;
    int64_t n = end - begin;
    if (source->figures != NULL)
        memcpy(ret[0], source->figures + begin, (size_t)n * sizeof(double));
    else
        hn_metric_per_row(source->metric, scored, begin, end, ret[0]);
    for (int64_t i = 0; scored->weight != NULL && i < n; i++) ret[1][i] = 1;
}

static hone_status mean(hone_ctx *ctx, const hn_scored *scored, const mean_source *source,
                        bool is_root, double *ret_mean) {
    double sums[2] = {0, (double)scored->n};
    HN_TRY(hn_metric_sums(ctx, scored, mean_terms, source, scored->weight != NULL ? 2 : 1, sums));
    double value = sums[1] > 0 ? sums[0] / sums[1] : (double)NAN;
    *ret_mean = is_root ? sqrt(value) : value;
    return HONE_OK;
}

hone_status hn_metric_mean(hone_ctx *ctx, const hn_scored *scored, const hn_metric *metric,
                           double *ret_mean) {
    return mean(ctx, scored, &(mean_source){.metric = metric}, metric->is_root, ret_mean);
}

hone_status hn_metric_mean_of(hone_ctx *ctx, const hn_scored *scored, const hn_metric *metric,
                              const double *figures, double *ret_mean) {
    return mean(ctx, scored, &(mean_source){.figures = figures}, metric->is_root, ret_mean);
}

hone_status hn_class_counts_make(hone_ctx *ctx, const hn_scored *scored,
                                 hn_class_counts *ret_counts) {
    int32_t k = scored->n_classes;
    assert(k >= 1 && scored->y != NULL && scored->label != NULL);
    hn_class_counts counts = {.n_classes = k};
    HN_TRY(HN_SCRATCH_NEW(ctx, counts.hit, 3 * (int64_t)k));
    counts.truth = counts.hit + k;
    counts.predicted = counts.truth + k;
    for (int64_t i = 0; i < scored->n; i++) {
        int32_t truth = (int32_t)scored->y[i], label = (int32_t)scored->label[i];
        assert(truth >= 0 && truth < k && label >= 0 && label < k);
        double weight = hn_scored_weight(scored, i);
        counts.truth[truth] += weight;
        counts.predicted[label] += weight;
        counts.hit[truth] += truth == label ? weight : 0;
    }
    /* Not hn_scored_total: all rows of one class, or all predicted right, must give equal sums. */
    for (int32_t c = 0; c < k; c++) counts.total += counts.truth[c];
    *ret_counts = counts;
    return HONE_OK;
}
