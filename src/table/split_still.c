/* split_still.c - rows dealt out to folds without a draw: the same folds as scikit-learn's KFold, StratifiedKFold,
 * GroupKFold and StratifiedGroupKFold without shuffle, by the rules of their documentation. */
#include "num/sort.h"
#include "table/split_parts.h"
#include <math.h>
#include <string.h>

/* Runs of rows, the first ones a row longer where n is no multiple. */
static void deal_runs(int64_t n, int k, int32_t *part) {
    int64_t at = 0;
    for (int f = 0; f < k; f++) {
        int64_t end = at + n / k + (f < n % k);
        for (; at < end; at++) part[at] = f;
    }
}

/* ---- by class -------------------------------------------------------------------------------- */

/* Classes renumbered in the order of their first rows. */
static hone_status by_first_row(hone_ctx *ctx, int64_t n, const int64_t *classes, int64_t n_classes,
                                int64_t **ret_numbers) {
    int64_t *numbers, *place, next = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, numbers, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, place, n_classes + 1)); /* 1 + number; 0: not met yet */
    for (int64_t i = 0; i < n; i++) {
        int64_t *own = &place[classes[i]];
        if (*own == 0) *own = ++next;
        numbers[i] = *own - 1;
    }
    *ret_numbers = numbers;
    return HONE_OK;
}

/* Were the rows sorted by class, fold f would get every k-th one from f on: so many of each class it gets, and of
 * the rows of a class the first ones go to the first fold. */
static hone_status deal_classes(hone_ctx *ctx, int64_t n, const int64_t *classes, int64_t n_classes,
                                int k, int32_t *part) {
    HN_SCRATCH(ctx);
    int64_t *numbers, *size, *left, largest = 0, begin = 0;
    int32_t *fold;
    HN_TRY(by_first_row(ctx, n, classes, n_classes, &numbers));
    HN_TRY(HN_SCRATCH_NEW(ctx, size, n_classes));
    HN_TRY(HN_SCRATCH_NEW(ctx, left, n_classes * k));
    HN_TRY(HN_SCRATCH_NEW(ctx, fold, n_classes));
    for (int64_t i = 0; i < n; i++) size[numbers[i]]++;
    for (int64_t c = 0; c < n_classes; c++) {
        if (size[c] > largest) largest = size[c];
        for (int f = 0; f < k; f++) {
            int64_t first = begin + ((f - begin) % k + k) % k, end = begin + size[c];
            left[c * k + f] = first < end ? (end - first + k - 1) / k : 0;
        }
        begin += size[c];
    }
    if (largest < k)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "folds"),
                          "%d folds are more than any class has rows (%lld); take fewer", k,
                          (long long)largest);
    for (int64_t i = 0; i < n; i++) {
        int64_t c = numbers[i];
        while (left[c * k + fold[c]] == 0) fold[c]++;
        left[c * k + fold[c]]--;
        part[i] = fold[c];
    }
    return HONE_OK;
}

/* ---- by group -------------------------------------------------------------------------------- */

/* The largest group next, to the smallest fold; of equal groups the last first. */
static hone_status deal_sizes(hone_ctx *ctx, int64_t n, const int64_t *groups, int64_t n_groups,
                              int k, int32_t *part) {
    HN_SCRATCH(ctx);
    double *size;
    int64_t *order, *taken;
    int32_t *fold;
    HN_TRY(HN_SCRATCH_NEW(ctx, size, n_groups));
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n_groups));
    HN_TRY(HN_SCRATCH_NEW(ctx, taken, k));
    HN_TRY(HN_SCRATCH_NEW(ctx, fold, n_groups));
    for (int64_t i = 0; i < n; i++) size[groups[i]] += 1;
    HN_TRY(hn_argsort_f64(ctx, size, n_groups, order));
    for (int64_t j = n_groups - 1; j >= 0; j--) {
        int least = 0;
        for (int f = 1; f < k; f++)
            if (taken[f] < taken[least]) least = f;
        fold[order[j]] = least;
        taken[least] += (int64_t)size[order[j]];
    }
    for (int64_t i = 0; i < n; i++) part[i] = fold[groups[i]];
    return HONE_OK;
}

static double spread(const double *values, int64_t n, int64_t stride) {
    double mean = 0, sum = 0;
    for (int64_t i = 0; i < n; i++) mean += values[i * stride];
    mean /= (double)n;
    for (int64_t i = 0; i < n; i++)
        sum += (values[i * stride] - mean) * (values[i * stride] - mean);
    return sqrt(sum / (double)n);
}

typedef struct balance {
    int64_t n_classes;
    int k;
    double *share; /* [k, n_classes]: of each class's rows, those in the fold */
    double *taken; /* [k] rows */
} balance;

/* The fold that a group (share [n_classes] of each class's rows) leaves the folds most alike in; of equals the
 * smallest. */
static int most_alike(balance *b, const double *share) {
    int best = -1;
    double least = (double)INFINITY, rows = (double)INFINITY;
    for (int f = 0; f < b->k; f++) {
        double mean = 0, *own = b->share + f * b->n_classes;
        for (int64_t c = 0; c < b->n_classes; c++) {
            double before = own[c];
            own[c] += share[c];
            mean += spread(b->share + c, b->k, b->n_classes);
            own[c] = before;
        }
        mean /= (double)b->n_classes;
        bool alike = isfinite(least) && fabs(mean - least) <= 1e-8 + 1e-5 * fabs(least);
        if (!(mean < least) && !(alike && b->taken[f] < rows)) continue;
        least = mean;
        rows = b->taken[f];
        best = f;
    }
    return best;
}

/* Groups with the most uneven classes first. */
static hone_status deal_uneven(hone_ctx *ctx, int64_t n, const int64_t *groups, int64_t n_groups,
                               const int64_t *classes, int64_t n_classes, int k, int32_t *part) {
    HN_SCRATCH(ctx);
    double *count, *uneven, *total, *share;
    int64_t *order;
    int32_t *fold;
    balance b = {.n_classes = n_classes, .k = k};
    HN_TRY(HN_SCRATCH_NEW(ctx, count, n_groups * n_classes));
    HN_TRY(HN_SCRATCH_NEW(ctx, uneven, n_groups));
    HN_TRY(HN_SCRATCH_NEW(ctx, total, n_classes));
    HN_TRY(HN_SCRATCH_NEW(ctx, share, n_classes));
    HN_TRY(HN_SCRATCH_NEW(ctx, order, n_groups));
    HN_TRY(HN_SCRATCH_NEW(ctx, fold, n_groups));
    HN_TRY(HN_SCRATCH_NEW(ctx, b.share, k * n_classes));
    HN_TRY(HN_SCRATCH_NEW(ctx, b.taken, k));
    for (int64_t i = 0; i < n; i++) {
        count[groups[i] * n_classes + classes[i]] += 1;
        total[classes[i]] += 1;
    }
    for (int64_t g = 0; g < n_groups; g++) uneven[g] = -spread(count + g * n_classes, n_classes, 1);
    HN_TRY(hn_argsort_f64(ctx, uneven, n_groups, order));
    for (int64_t j = 0; j < n_groups; j++) {
        const double *own = count + order[j] * n_classes;
        for (int64_t c = 0; c < n_classes; c++) share[c] = own[c] / total[c];
        int f = most_alike(&b, share);
        fold[order[j]] = f;
        for (int64_t c = 0; c < n_classes; c++) {
            b.share[f * n_classes + c] += share[c];
            b.taken[f] += own[c];
        }
        HN_TRY(hn_check_cancel(ctx));
    }
    for (int64_t i = 0; i < n; i++) part[i] = fold[groups[i]];
    return HONE_OK;
}

hone_status hn_deal_still(hone_ctx *ctx, int64_t n, const int64_t *groups, int64_t n_groups,
                          const int64_t *classes, int64_t n_classes, int k, int32_t *ret_part) {
    if (groups != NULL && n_groups < k)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.param = "folds"),
                          "%lld groups cannot be cut into %d folds; take fewer",
                          (long long)n_groups, k);
    if (groups != NULL)
        return classes != NULL
                   ? deal_uneven(ctx, n, groups, n_groups, classes, n_classes, k, ret_part)
                   : deal_sizes(ctx, n, groups, n_groups, k, ret_part);
    if (classes != NULL) return deal_classes(ctx, n, classes, n_classes, k, ret_part);
    deal_runs(n, k, ret_part);
    return HONE_OK;
}
