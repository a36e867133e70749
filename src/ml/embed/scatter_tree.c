/* scatter_tree.c - see scatter_tree.h.
 *
 * Points are sorted along a Z-order curve; a cell is a range of them, cells stand in depth-first order
 * with the number of the cell to go on with where one is passed over, so that a walk needs no stack.
 * Leaves hold a few points, which are looked at one by one. */
#include "ml/embed/scatter_tree.h"
#include "num/simd.h"
#include "num/sort.h"
#include <assert.h>
#include <math.h>
#include <string.h>

enum { LEAF = 8, BITS = 60, MOST = HN_SCATTER_DIMENSIONS };

typedef struct cell {
    double center[MOST]; /* mean of its points */
    double side2;        /* squared longest side of the box around them */
    double count;
    int32_t next;       /* the cell after all below this one */
    int32_t begin, end; /* points of a leaf; else begin == end */
} cell;

struct hn_scatter_tree {
    int64_t n, d;
    int64_t *key; /* [n] Z-order, then sorted together with the point's number */
    int64_t *order, *spare;
    double *sorted; /* [n, d] */
    int64_t *code;  /* [n] sorted keys */
    cell *cells;
    int32_t n_cells, most_cells;
    double *totals; /* by chunk */
};

enum { CHUNK = 128 }; /* points that a worker walks with at a time */

hone_status hn_scatter_tree_new(hone_ctx *ctx, hn_arena *arena, int64_t n, int64_t d,
                                hn_scatter_tree **ret_tree) {
    assert(d >= 1 && d <= MOST);
    hn_scatter_tree *t;
    if (n > INT32_MAX / 4)
        return hn_fail(ctx, HONE_ERROR_DATA,
                       "%lld rows are too many to lay out; take a sample of them", (long long)n);
    HN_TRY(HN_NEW(ctx, arena, t, 1));
    t->n = n;
    t->d = d;
    t->most_cells = (int32_t)(2 * n + 1); /* each splits in two at least, down to one point */
    HN_TRY(HN_NEW(ctx, arena, t->key, n));
    HN_TRY(HN_NEW(ctx, arena, t->order, n));
    HN_TRY(HN_NEW(ctx, arena, t->spare, n));
    HN_TRY(HN_NEW(ctx, arena, t->code, n));
    HN_TRY(HN_NEW(ctx, arena, t->sorted, n * d));
    HN_TRY(HN_NEW(ctx, arena, t->cells, t->most_cells));
    HN_TRY(HN_NEW(ctx, arena, t->totals, hn_chunks(n, CHUNK)));
    *ret_tree = t;
    return HONE_OK;
}

/* ---- build ------------------------------------------------------------------------------------ */

/* The low bits of x spread out, d apart. */
static int64_t spread(uint64_t x, int64_t d) {
    if (d == 1) return (int64_t)x;
    if (d == 2) {
        x = (x | x << 16) & 0x0000FFFF0000FFFFull;
        x = (x | x << 8) & 0x00FF00FF00FF00FFull;
        x = (x | x << 4) & 0x0F0F0F0F0F0F0F0Full;
        x = (x | x << 2) & 0x3333333333333333ull;
        return (int64_t)((x | x << 1) & 0x5555555555555555ull);
    }
    x = (x | x << 32) & 0x001F00000000FFFFull;
    x = (x | x << 16) & 0x001F0000FF0000FFull;
    x = (x | x << 8) & 0x100F00F00F00F00Full;
    x = (x | x << 4) & 0x10C30C30C30C30C3ull;
    return (int64_t)((x | x << 2) & 0x1249249249249249ull);
}

static void make_codes(hn_scatter_tree *t, const double *y) {
    int64_t n = t->n, d = t->d, bits = BITS / d > 30 ? 30 : BITS / d;
    double low[MOST], side = 0;
    for (int64_t c = 0; c < d; c++) {
        double least = y[c], most = y[c];
        for (int64_t i = 1; i < n; i++) {
            double v = y[i * d + c];
            least = v < least ? v : least;
            most = v > most ? v : most;
        }
        low[c] = least;
        if (most - least > side) side = most - least;
    }
    double scale = side > 0 ? (ldexp(1, (int)bits) - 1) / side : 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t code = 0;
        for (int64_t c = 0; c < d; c++)
            code |= spread((uint64_t)((y[i * d + c] - low[c]) * scale), d) << c;
        t->key[i] = code;
    }
}

/* Stable radix sort of point numbers by key, 11 bits at a time. */
static void sort_codes(hn_scatter_tree *t) {
    enum { DIGIT = 11, VALUES = 1 << DIGIT };
    int64_t n = t->n, *from = t->order, *to = t->spare;
    for (int64_t i = 0; i < n; i++) from[i] = i;
    int64_t most = 0;
    for (int64_t i = 0; i < n; i++) most |= t->key[i];
    for (int shift = 0; most >> shift > 0; shift += DIGIT) {
        int64_t count[VALUES + 1] = {0};
        for (int64_t i = 0; i < n; i++) count[(t->key[i] >> shift & (VALUES - 1)) + 1]++;
        for (int v = 0; v < VALUES; v++) count[v + 1] += count[v];
        for (int64_t i = 0; i < n; i++)
            to[count[t->key[from[i]] >> shift & (VALUES - 1)]++] = from[i];
        int64_t *old = from;
        from = to;
        to = old;
        if (shift + DIGIT >= 63) break;
    }
    t->order = from;
    t->spare = to;
}

/* The first place in begin..end-1 whose code has the bit. */
static int64_t split_at(const int64_t *code, int64_t begin, int64_t end, int64_t bit) {
    while (begin < end) {
        int64_t middle = begin + (end - begin) / 2;
        if (code[middle] & bit)
            end = middle;
        else
            begin = middle + 1;
    }
    return begin;
}

static void summarise(hn_scatter_tree *t, cell *one, int64_t begin, int64_t end) {
    int64_t d = t->d;
    double side = 0;
    for (int64_t c = 0; c < d; c++) {
        double sum = 0, least = t->sorted[begin * d + c], most = least;
        for (int64_t i = begin; i < end; i++) {
            double v = t->sorted[i * d + c];
            sum += v;
            least = v < least ? v : least;
            most = v > most ? v : most;
        }
        one->center[c] = sum / (double)(end - begin);
        if (most - least > side) side = most - least;
    }
    one->count = (double)(end - begin);
    one->side2 = side * side;
}

/* The range cut at each bit in turn, first to last; a cell for each piece, children after parents. */
static void build(hn_scatter_tree *t, int64_t begin, int64_t end, int bit) {
    /* Bits that do not part the range are passed over. */
    while (bit >= 0 && end - begin > LEAF) {
        int64_t middle = split_at(t->code, begin, end, (int64_t)1 << bit);
        if (middle > begin && middle < end) break;
        bit--;
    }
    cell *one = &t->cells[t->n_cells++];
    assert(t->n_cells <= t->most_cells);
    summarise(t, one, begin, end);
    one->begin = one->end = 0;
    if (bit < 0 || end - begin <= LEAF) {
        one->begin = (int32_t)begin;
        one->end = (int32_t)end;
    } else {
        int64_t middle = split_at(t->code, begin, end, (int64_t)1 << bit);
        build(t, begin, middle, bit - 1);
        build(t, middle, end, bit - 1);
    }
    one->next = t->n_cells;
}

static void make(hn_scatter_tree *t, const double *y) {
    make_codes(t, y);
    sort_codes(t);
    for (int64_t i = 0; i < t->n; i++) {
        t->code[i] = t->key[t->order[i]];
        memcpy(t->sorted + i * t->d, y + t->order[i] * t->d, (size_t)t->d * sizeof *y);
    }
    t->n_cells = 0;
    build(t, 0, t->n, BITS - 1);
}

/* ---- walk ------------------------------------------------------------------------------------- */

typedef struct walk_job {
    const hn_scatter_tree *t;
    double angle2;
    double *force;
} walk_job;

HN_INLINE double walk(const hn_scatter_tree *t, int64_t d, double angle2, int64_t self,
                      double *force) {
    const double *y = t->sorted + self * d;
    double total = 0, sum[MOST] = {0};
    for (int32_t k = 0; k < t->n_cells;) {
        const cell *one = &t->cells[k];
        double way[MOST], distance = 0;
        for (int64_t c = 0; c < d; c++) {
            way[c] = y[c] - one->center[c];
            distance += way[c] * way[c];
        }
        if (one->side2 < angle2 * distance) {
            double q = 1 / (1 + distance), weight = one->count * q;
            total += weight;
            weight *= q;
            for (int64_t c = 0; c < d; c++) sum[c] += weight * way[c];
            k = one->next;
            continue;
        }
        for (int32_t j = one->begin; j < one->end; j++) {
            if (j == self) continue;
            distance = 0;
            for (int64_t c = 0; c < d; c++) {
                way[c] = y[c] - t->sorted[j * d + c];
                distance += way[c] * way[c];
            }
            double q = 1 / (1 + distance);
            total += q;
            for (int64_t c = 0; c < d; c++) sum[c] += q * q * way[c];
        }
        k++; /* a leaf's next is the cell after it */
    }
    for (int64_t c = 0; c < d; c++) force[t->order[self] * d + c] = sum[c];
    return total;
}

static hone_status walk_points(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const walk_job *job = arg;
    const hn_scatter_tree *t = job->t;
    double total = 0;
    for (int64_t i = chunk.begin; i < chunk.end; i++)
        total += t->d == 2 ? walk(t, 2, job->angle2, i, job->force)
                           : walk(t, t->d, job->angle2, i, job->force);
    t->totals[chunk.index] = total;
    return HONE_OK;
}

hone_status hn_scatter_repulsion(hone_ctx *ctx, hn_scatter_tree *tree, const double *y,
                                 double angle, double *ret_force, double *ret_total) {
    make(tree, y);
    walk_job job = {.t = tree, .angle2 = angle * angle, .force = ret_force};
    HN_TRY(hn_parallel(ctx, tree->n, CHUNK, walk_points, &job));
    *ret_total = hn_sum(tree->totals, hn_chunks(tree->n, CHUNK));
    return HONE_OK;
}
