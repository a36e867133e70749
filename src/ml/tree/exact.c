/* exact.c - searching and parting sorted lists; see exact.h. */
#include "ml/tree/exact.h"
#include "ml/tree/cart.h"
#include "ml/tree/monotone.h"
#include "ml/tree/spread.h"
#include "num/math.h"
#include "num/sort.h"
#include <assert.h>
#include <string.h>

/* ---- the lists ------------------------------------------------------------------------------ */

typedef struct sorting {
    const hn_table *x;
    hn_exact *exact;
} sorting;

/* Rows without weight are left out of the lists: they must not decide where cuts and medians lie. (Where
 * no row has any, all stay.) */
static int64_t put_rows(const hn_exact *e, const int64_t *sorted, uint32_t *ret_rows) {
    int64_t n = 0;
    for (int64_t i = 0; i < e->n; i++) {
        int64_t row = sorted ? sorted[i] : i;
        if (e->weight && e->n_used < e->n && !(e->weight[row] > 0)) continue;
        ret_rows[n++] = (uint32_t)row;
    }
    return n;
}

static int64_t count_used(const hn_exact *e) {
    int64_t n = 0;
    for (int64_t i = 0; i < e->n; i++) n += !e->weight || e->weight[i] > 0;
    return n > 0 ? n : e->n;
}

static hone_status sort_column(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const sorting *all = arg;
    hn_exact *e = all->exact;
    double *values = e->values + chunk.index * e->n;
    uint32_t *order = e->order + chunk.index * e->n;
    const hn_bin_column *column = &e->bins->columns[chunk.index];
    if (column->is_category) {
        const uint8_t *codes = hn_bins_column(e->bins, (int32_t)chunk.index);
        for (int64_t i = 0; i < e->n; i++) values[i] = codes[i] < column->n_values ? codes[i] : NAN;
    } else {
        hn_column_doubles(&all->x->columns[chunk.index], 0, e->n, values, 1);
    }
    int64_t *sorted;
    HN_TRY(HN_SCRATCH_NEW(ctx, sorted, e->n));
    HN_TRY(hn_argsort_f64(ctx, values, e->n, sorted));
    put_rows(e, sorted, order);
    return HONE_OK;
}

static hone_status sort_target(hone_ctx *ctx, hn_exact *e) {
    HN_TRY(HN_SCRATCH_NEW(ctx, e->by_y, e->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, e->rank, e->n));
    HN_SCRATCH(ctx);
    int64_t *sorted;
    HN_TRY(HN_SCRATCH_NEW(ctx, sorted, e->n));
    HN_TRY(hn_argsort_f64(ctx, e->y, e->n, sorted));
    put_rows(e, sorted, e->by_y);
    return HONE_OK;
}

hone_status hn_exact_prepare(hone_ctx *ctx, const hn_table *x, hn_exact *exact) {
    size_t cells = (size_t)exact->n_features * (size_t)exact->n;
    HN_TRY(HN_SCRATCH_NEW(ctx, exact->values, cells));
    HN_TRY(HN_SCRATCH_NEW(ctx, exact->order, cells));
    HN_TRY(HN_SCRATCH_NEW(ctx, exact->goes_left, exact->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, exact->rows, exact->n));
    exact->n_used = count_used(exact);
    put_rows(exact, NULL, exact->rows);
    if (exact->criterion == HN_CRITERION_ABSOLUTE) HN_TRY(sort_target(ctx, exact));
    sorting all = {.x = x, .exact = exact};
    return hn_parallel(ctx, exact->n_features, 1, sort_column, &all);
}

static double weight_of(const hn_exact *e, uint32_t row) { return e->weight ? e->weight[row] : 1; }

/* Rows of a node in the order of a feature. */
static uint32_t *rows_of(const hn_exact *e, int32_t feature, int64_t begin) {
    return e->order + feature * e->n + begin;
}

/* ---- a node --------------------------------------------------------------------------------- */

static double entropy_sum(const double *sums, int32_t n, double total) {
    double h = 0;
    for (int32_t k = 0; k < n; k++)
        if (sums[k] > 0) h -= sums[k] * hn_log2(sums[k] / total);
    return h;
}

static double square_sum(const double *sums, int32_t n) {
    double squares = 0;
    for (int32_t k = 0; k < n; k++) squares += sums[k] * sums[k];
    return squares;
}

static void measure_classes(const hn_exact *e, const uint32_t *rows, double *classes,
                            hn_exact_node *node) {
    memset(classes, 0, (size_t)e->n_classes * sizeof *classes);
    for (int64_t i = 0; i < node->n; i++) classes[(int32_t)e->y[rows[i]]] += weight_of(e, rows[i]);
    int32_t present = 0;
    for (int32_t k = 0; k < e->n_classes; k++) {
        node->weight += classes[k];
        present += classes[k] > 0;
    }
    node->pure = present <= 1;
    if (!(node->weight > 0)) {
        node->value = 0.5;
        return;
    }
    node->value = classes[1] / node->weight;
    if (e->criterion == HN_CRITERION_ENTROPY) {
        node->impurity = entropy_sum(classes, e->n_classes, node->weight);
        node->score = -node->impurity;
    } else {
        node->score = square_sum(classes, e->n_classes) / node->weight;
        node->impurity = node->weight - node->score;
    }
}

static void measure_numbers(const hn_exact *e, const uint32_t *rows, hn_exact_node *node) {
    double sum = 0, first = e->y[rows[0]];
    node->pure = true;
    for (int64_t i = 0; i < node->n; i++) {
        double w = weight_of(e, rows[i]);
        node->weight += w;
        sum += w * e->y[rows[i]];
        node->pure &= e->y[rows[i]] == first;
    }
    if (!(node->weight > 0)) return;
    node->value = sum / node->weight;
    node->score = sum * sum / node->weight;
    for (int64_t i = 0; i < node->n; i++) {
        double error = e->y[rows[i]] - node->value;
        node->impurity += weight_of(e, rows[i]) * error * error;
    }
}

static hone_status new_deviations(hone_ctx *ctx, int64_t n, hn_deviations *ret) {
    *ret = (hn_deviations){.n = n};
    HN_TRY(HN_SCRATCH_NEW(ctx, ret->weight, n + 1));
    return HN_SCRATCH_NEW(ctx, ret->sum, n + 1);
}

static hone_status measure_absolute(hone_ctx *ctx, const hn_exact *e, hn_exact_node *node) {
    HN_SCRATCH(ctx);
    hn_deviations d;
    double *y_of_rank;
    HN_TRY(new_deviations(ctx, node->n, &d));
    HN_TRY(HN_SCRATCH_NEW(ctx, y_of_rank, node->n));
    const uint32_t *rows = e->by_y + node->begin;
    for (int64_t i = 0; i < node->n; i++) {
        y_of_rank[i] = e->y[rows[i]];
        hn_deviations_add(&d, i, weight_of(e, rows[i]), y_of_rank[i]);
    }
    node->weight = d.all_weight;
    node->pure = y_of_rank[0] == y_of_rank[node->n - 1];
    if (node->weight > 0) node->impurity = hn_deviations_least(&d, y_of_rank, &node->value);
    /* Where exactly half of the weight lies below and half above, the median is half-way. */
    double below = 0;
    for (int64_t i = 0; i + 1 < node->n && 2 * below < node->weight; i++) {
        below += weight_of(e, rows[i]);
        if (2 * below == node->weight) node->value = (y_of_rank[i] + y_of_rank[i + 1]) / 2;
    }
    node->score = -node->impurity;
    return HONE_OK;
}

hone_status hn_exact_measure(hone_ctx *ctx, const hn_exact *exact, int64_t begin, int64_t n,
                             double *ret_classes, hn_exact_node *ret_node) {
    assert(n >= 1);
    hn_exact_node node = {.begin = begin, .n = n};
    if (exact->criterion == HN_CRITERION_ABSOLUTE) {
        HN_TRY(measure_absolute(ctx, exact, &node));
    } else {
        const uint32_t *rows = exact->rows + begin;
        if (exact->n_classes > 0)
            measure_classes(exact, rows, ret_classes, &node);
        else
            measure_numbers(exact, rows, &node);
    }
    *ret_node = node;
    return HONE_OK;
}

/* ---- search --------------------------------------------------------------------------------- */

/* A node's rows in a feature's order; missing ones at the end, or at the beginning. Cuts are allowed
 * behind positions from .. to - 1. */
typedef struct sequence {
    const uint32_t *rows;
    const double *values;
    int64_t n, from, to;
    int32_t feature;
    bool missing_left, missing_seen;
} sequence;

typedef struct searching {
    const hn_exact *exact;
    const hn_exact_node *node;
    const double *classes;
    const int32_t *features;
    const double *y_of_rank; /* absolute */
    hn_exact_cut *found;     /* [n_features] */
} searching;

static bool is_boundary(const hn_exact *e, const sequence *s, int64_t i) {
    if (i < s->from || i >= s->to) return false;
    if (i + 1 < e->min_samples_leaf || s->n - i - 1 < e->min_samples_leaf) return false;
    double a = s->values[s->rows[i]], b = s->values[s->rows[i + 1]];
    return a < b || b != b;
}

static double threshold_at(const sequence *s, int64_t i) {
    double a = s->values[s->rows[i]], b = s->values[s->rows[i + 1]];
    if (b != b) return INFINITY;
    double middle = a / 2 + b / 2;
    return middle >= a && middle < b ? middle : a;
}

/* weight: of the rows on the left; left, right: the children's values. */
static void offer(const searching *job, const sequence *s, int64_t i, double score, double weight,
                  double left, double right, hn_exact_cut *found) {
    const hn_exact *e = job->exact;
    const hn_exact_node *node = job->node;
    if (!(score > found->score)) return;
    if (weight < e->min_weight || node->weight - weight < e->min_weight) return;
    if (e->monotone &&
        !hn_monotone_allows(e->monotone[s->feature], left, right, node->low, node->high))
        return;
    *found = (hn_exact_cut){.score = score,
                            .threshold = threshold_at(s, i),
                            .middle = left / 2 + right / 2,
                            .feature = s->feature,
                            .missing_left = s->missing_left,
                            .missing_seen = s->missing_seen};
}

static double score_classes(const searching *job, const double *left, double weight) {
    const hn_exact *e = job->exact;
    double rest = job->node->weight - weight, a = 0, b = 0;
    if (!(weight > 0 && rest > 0)) return -INFINITY;
    if (e->criterion == HN_CRITERION_ENTROPY) {
        double h = entropy_sum(left, e->n_classes, weight);
        for (int32_t k = 0; k < e->n_classes; k++) {
            double right = job->classes[k] - left[k];
            if (right > 0) h -= right * hn_log2(right / rest);
        }
        return -h;
    }
    for (int32_t k = 0; k < e->n_classes; k++) {
        double right = job->classes[k] - left[k];
        a += left[k] * left[k];
        b += right * right;
    }
    return a / weight + b / rest;
}

static hone_status scan_classes(hone_ctx *ctx, const searching *job, const sequence *s,
                                hn_exact_cut *found) {
    const hn_exact *e = job->exact;
    double *left, weight = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, left, e->n_classes));
    for (int64_t i = 0; i < s->to; i++) {
        double w = weight_of(e, s->rows[i]);
        left[(int32_t)e->y[s->rows[i]]] += w;
        weight += w;
        if (is_boundary(e, s, i))
            offer(job, s, i, score_classes(job, left, weight), weight, left[1] / weight,
                  (job->classes[1] - left[1]) / (job->node->weight - weight), found);
    }
    return HONE_OK;
}

static void scan_numbers(const searching *job, const sequence *s, hn_exact_cut *found) {
    const hn_exact *e = job->exact;
    double total = job->node->value * job->node->weight, sum = 0, weight = 0;
    for (int64_t i = 0; i < s->to; i++) {
        double w = weight_of(e, s->rows[i]);
        sum += w * e->y[s->rows[i]];
        weight += w;
        if (!is_boundary(e, s, i)) continue;
        double rest = job->node->weight - weight;
        if (!(weight > 0 && rest > 0)) continue;
        offer(job, s, i, sum * sum / weight + (total - sum) * (total - sum) / rest, weight,
              sum / weight, (total - sum) / rest, found);
    }
}

static hone_status scan_absolute(hone_ctx *ctx, const searching *job, const sequence *s,
                                 hn_exact_cut *found) {
    const hn_exact *e = job->exact;
    hn_deviations d;
    uint32_t *back;
    double *head, *tail;
    HN_TRY(new_deviations(ctx, s->n, &d));
    HN_TRY(HN_SCRATCH_NEW(ctx, back, s->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, head, s->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, tail, s->n));
    for (int64_t i = 0; i < s->n; i++) back[i] = s->rows[s->n - 1 - i];
    hn_deviations_heads(&d, e, s->rows, s->n, e->rank, job->y_of_rank, head);
    hn_deviations_heads(&d, e, back, s->n, e->rank, job->y_of_rank, tail);
    double weight = 0;
    for (int64_t i = 0; i < s->to; i++) {
        weight += weight_of(e, s->rows[i]);
        if (is_boundary(e, s, i))
            offer(job, s, i, -(head[i] + tail[s->n - 2 - i]), weight, 0, 0, found);
    }
    return HONE_OK;
}

static hone_status scan(hone_ctx *ctx, const searching *job, const sequence *s,
                        hn_exact_cut *found) {
    HN_SCRATCH(ctx);
    if (job->exact->n_classes > 0) return scan_classes(ctx, job, s, found);
    if (job->exact->criterion == HN_CRITERION_ABSOLUTE) return scan_absolute(ctx, job, s, found);
    scan_numbers(job, s, found);
    return HONE_OK;
}

static int64_t count_present(const double *values, const uint32_t *rows, int64_t n) {
    /* Missing ones are last: bisect. */
    int64_t low = 0, high = n;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        double value = values[rows[middle]];
        if (value == value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static hone_status search_feature(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const searching *job = arg;
    const hn_exact *e = job->exact;
    int32_t feature = job->features[chunk.index];
    hn_exact_cut *found = &job->found[chunk.index];
    sequence s = {.rows = rows_of(e, feature, job->node->begin),
                  .values = e->values + feature * e->n,
                  .n = job->node->n,
                  .feature = feature};
    /* A cut that gains nothing may let others gain below it. */
    *found = (hn_exact_cut){.feature = -1, .score = -INFINITY};
    int64_t present = count_present(s.values, s.rows, s.n), missing = s.n - present;
    if (present == 0) return HONE_OK;
    s.missing_seen = missing > 0;
    s.to = missing > 0 ? present : present - 1;
    HN_TRY(scan(ctx, job, &s, found));
    if (missing == 0) return HONE_OK;
    uint32_t *turned;
    HN_TRY(HN_SCRATCH_NEW(ctx, turned, s.n));
    memcpy(turned, s.rows + present, (size_t)missing * sizeof *turned);
    memcpy(turned + missing, s.rows, (size_t)present * sizeof *turned);
    s.rows = turned;
    s.missing_left = true;
    s.from = missing;
    s.to = s.n - 1;
    return scan(ctx, job, &s, found);
}

static hone_status rank_rows(hone_ctx *ctx, const hn_exact *e, const hn_exact_node *node,
                             const double **ret_y) {
    double *y;
    HN_TRY(HN_SCRATCH_NEW(ctx, y, node->n));
    for (int64_t i = 0; i < node->n; i++) {
        uint32_t row = e->by_y[node->begin + i];
        e->rank[row] = (uint32_t)i;
        y[i] = e->y[row];
    }
    *ret_y = y;
    return HONE_OK;
}

hone_status hn_exact_search(hone_ctx *ctx, const hn_exact *exact, const hn_exact_node *node,
                            const double *classes, const int32_t *features, int32_t n_features,
                            hn_exact_cut *ret_cut) {
    HN_SCRATCH(ctx);
    searching job = {.exact = exact, .node = node, .classes = classes, .features = features};
    hn_exact_cut best = {.feature = -1, .score = -INFINITY};
    HN_TRY(HN_SCRATCH_NEW(ctx, job.found, n_features));
    if (exact->criterion == HN_CRITERION_ABSOLUTE)
        HN_TRY(rank_rows(ctx, exact, node, &job.y_of_rank));
    HN_TRY(hn_spread(ctx, n_features, node->n * n_features * 4, search_feature, &job));
    for (int32_t i = 0; i < n_features; i++)
        if (job.found[i].feature >= 0 && job.found[i].score > best.score) best = job.found[i];
    *ret_cut = best;
    return HONE_OK;
}

/* ---- parting -------------------------------------------------------------------------------- */

typedef struct parting {
    const hn_exact *exact;
    int64_t begin, n;
} parting;

/* Lists are the features', then all rows', then the target's. */
static hone_status part_list(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const parting *job = arg;
    const hn_exact *e = job->exact;
    uint32_t *list = chunk.index < e->n_features    ? rows_of(e, (int32_t)chunk.index, job->begin)
                     : chunk.index == e->n_features ? e->rows + job->begin
                                                    : e->by_y + job->begin;
    uint32_t *spare = hn_arena_take(ctx->scratch, (size_t)job->n, sizeof *spare);
    if (!spare) return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory while a tree was grown");
    int64_t left = 0, right = 0;
    for (int64_t i = 0; i < job->n; i++) {
        uint32_t row = list[i];
        int64_t goes = e->goes_left[row];
        list[left] = row;
        spare[right] = row;
        left += goes;
        right += 1 - goes;
    }
    memcpy(list + left, spare, (size_t)right * sizeof *list);
    return HONE_OK;
}

hone_status hn_exact_part(hone_ctx *ctx, hn_exact *exact, const hn_exact_node *node,
                          const hn_exact_cut *cut, int64_t *ret_left) {
    const uint32_t *rows = exact->rows + node->begin;
    const double *values = exact->values + cut->feature * exact->n;
    int64_t left = 0;
    for (int64_t i = 0; i < node->n; i++) {
        double value = values[rows[i]];
        bool goes = value == value ? value <= cut->threshold : cut->missing_left;
        exact->goes_left[rows[i]] = goes;
        left += goes;
    }
    parting job = {.exact = exact, .begin = node->begin, .n = node->n};
    int64_t lists = exact->n_features + 1 + (exact->by_y != NULL);
    HN_TRY(hn_spread(ctx, lists, node->n * lists * 2, part_list, &job));
    *ret_left = left;
    return HONE_OK;
}
