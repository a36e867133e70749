/* multilabel.c - documents as bags of words with several topics each. */
#include "ml/generate/generate.h"
#include "num/math.h"

typedef struct params {
    int64_t n_samples, n_features, n_classes, n_labels;
    double length;
    bool allow_unlabeled;
} params;

typedef struct topics {
    const params *p;
    double *classes; /* [n_classes]: cumulated chances of a topic */
    double *words;   /* [n_classes, n_features]: chances of a word in a topic */
} topics;

/* A Poisson number: how many exponential waits end before mean (Knuth), a large mean in pieces. */
static int64_t draw_poisson(hn_rng *rng, double mean) {
    int64_t count = 0;
    while (mean > 0) {
        double piece = mean > 500 ? 500 : mean, limit = hn_exp(-piece), product = 1;
        for (;;) {
            product *= 1 - hn_rng_uniform(rng);
            if (product <= limit) break;
            count++;
        }
        mean -= piece;
    }
    return count;
}

/* The first place whose cumulated chance is above u of the total. */
static int64_t draw_place(hn_rng *rng, const double *cumulated, int64_t n) {
    double u = hn_rng_uniform(rng) * cumulated[n - 1];
    int64_t low = 0, high = n - 1;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (cumulated[middle] > u)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static int64_t draw_topics(const topics *t, hn_rng *rng, double *y) {
    const params *p = t->p;
    int64_t wanted, has = 0;
    do {
        wanted = draw_poisson(rng, (double)p->n_labels);
    } while (wanted > p->n_classes || (wanted == 0 && !p->allow_unlabeled));
    /* Drawn until enough differ; where some are too rare for that, the first of the others. */
    for (int64_t tries = 100 + 20 * wanted; has < wanted && tries > 0; tries--) {
        int64_t topic = draw_place(rng, t->classes, p->n_classes);
        has += y[topic] == 0;
        y[topic] = 1;
    }
    for (int64_t topic = 0; has < wanted; topic++) {
        has += y[topic] == 0;
        y[topic] = 1;
    }
    return has;
}

static void document(const void *arg, hn_rng *rng, int64_t row, double *x, double *y) {
    (void)row;
    const topics *t = arg;
    const params *p = t->p;
    int64_t n_words, has = draw_topics(t, rng, y);
    do {
        n_words = draw_poisson(rng, p->length);
    } while (n_words == 0);
    if (has == 0) {
        for (int64_t i = 0; i < n_words; i++) x[hn_rng_below(rng, p->n_features)]++;
        return;
    }
    /* Topics are equally likely, so that a word's chance is the mean of those in the topics. */
    for (int64_t i = 0; i < n_words; i++) {
        int64_t nth = hn_rng_below(rng, has), topic = 0;
        for (; y[topic] == 0 || nth-- > 0; topic++) {}
        x[draw_place(rng, t->words + topic * p->n_features, p->n_features)]++;
    }
}

/* Uniform numbers, cumulated: chances once divided by the last. */
static void draw_chances(hn_rng *rng, int64_t n, double *ret) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) ret[i] = sum += hn_rng_uniform(rng);
}

static hone_status make(hone_ctx *ctx, hn_arena *arena, const void *values, hn_made *ret_made) {
    const params *p = values;
    HN_SCRATCH(ctx);
    hn_made made;
    topics t = {.p = p};
    if (p->n_labels > p->n_classes)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "n_labels"),
                          "multilabel: 'n_labels' (%lld) is more than the %lld classes there are; "
                          "lower it",
                          (long long)p->n_labels, (long long)p->n_classes);
    HN_TRY(hn_made_new(ctx, arena, p->n_samples, p->n_features, p->n_classes, &made));
    HN_TRY(HN_SCRATCH_NEW(ctx, t.classes, p->n_classes));
    HN_TRY(HN_SCRATCH_NEW(ctx, t.words, p->n_classes * p->n_features));
    hn_rng rng = hn_rng_make(ctx->seed, hn_stream("generate.topics", 0));
    draw_chances(&rng, p->n_classes, t.classes);
    for (int64_t k = 0; k < p->n_classes; k++)
        draw_chances(&rng, p->n_features, t.words + k * p->n_features);
    HN_TRY(hn_make_rows(ctx, &made, "generate.documents", document, &t));
    *ret_made = made;
    return HONE_OK;
}

static const hone_param items[] = {
    HN_PARAM(params, n_samples, .def = "100", .range = "[1, inf)", .unit = "rows",
             .doc = "Documents to make."),
    HN_PARAM(params, n_features, .def = "20", .range = "[1, 1000000]",
             .doc = "Words there are; features count them."),
    HN_PARAM(params, n_classes, .def = "5", .range = "[1, 10000]", .doc = "Topics there are."),
    HN_PARAM(params, n_labels, .def = "2", .range = "[1, 10000]",
             .doc = "About how many topics a document has."),
    HN_PARAM(params, length, .def = "50", .range = "[1, 100000]",
             .doc = "About how many words a document has."),
    HN_PARAM(params, allow_unlabeled, .def = "true", .doc = "Documents may have no topic."),
};

const hn_generator hn_make_multilabel = {
    .name = "multilabel",
    .title = "Documents with several topics",
    .doc = "Counts of words in documents that are about several topics each: a target for every "
           "topic, 1 where the document is about it.",
    .class_name = "make_multilabel_classification",
    .params = HN_PARAMS(params, items),
    .classes = true,
    .make = make,
};
