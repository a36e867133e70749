/* window_values.c - what is made of the rows before each row of one key; see window.h.
 *
 * Frames only ever move on: their ends are two positions that grow. Sums are kept without taking anything away again,
 * which would leave the rounding of all that ever was in them: what a frame holds up to some position is there summed
 * from each of its rows on, and what came since is summed beside it; where the frame has left that position behind, the
 * next one is its end. Each row is added twice. */
#include "table/window.h"

#include <math.h>
#include <string.h>

bool hn_window_picks_rows(hn_window_function function) {
    return function >= HN_WINDOW_MIN && function <= HN_WINDOW_LAG;
}

/* ---- values ---------------------------------------------------------------------------------- */

bool hn_window_less(const hn_column *column, int64_t a, int64_t b) {
    const char *values = column->values;
    switch (column->type) {
    case HN_I64:
    case HN_TIME:
        return *(const int64_t *)(const void *)(values + a * column->stride) <
               *(const int64_t *)(const void *)(values + b * column->stride);
    case HN_CATEGORY:
        if (hn_column_code(column, a) == hn_column_code(column, b)) return false;
        return hn_slice_compare(hn_column_text(column, a), hn_column_text(column, b)) < 0;
    case HN_STRING:
        return hn_slice_compare(hn_column_text(column, a), hn_column_text(column, b)) < 0;
    default: return hn_column_double(column, a) < hn_column_double(column, b);
    }
}

static bool stands_before(const hn_column *column, int64_t a, int64_t b) {
    if (!hn_window_has(column, a)) return false;
    return !hn_window_has(column, b) || hn_window_less(column, a, b);
}

void hn_window_sort(const hn_column *column, const int64_t *rows, int64_t *places, int64_t *other,
                    int64_t n) {
    if (n < 2) return;
    int64_t half = n / 2, i = 0, j = half, k = 0;
    hn_window_sort(column, rows, places, other, half);
    hn_window_sort(column, rows, places + half, other, n - half);
    memcpy(other, places, (size_t)half * sizeof *places);
    while (i < half && j < n)
        places[k++] =
            stands_before(column, rows[places[j]], rows[other[i]]) ? places[j++] : other[i++];
    while (i < half) places[k++] = other[i++];
}

/* ---- frames ---------------------------------------------------------------------------------- */

/* Rows begin .. end - 1 of a group. */
typedef struct frame {
    int64_t begin, end;
} frame;

static bool same_time(const hn_window_group *g, int64_t a, int64_t b) {
    if (a >= g->n_timed || b >= g->n_timed) return a >= g->n_timed && b >= g->n_timed;
    return g->is_whole ? g->when[a].whole == g->when[b].whole : g->when[a].real == g->when[b].real;
}

/* Row a is not older than span at row b. */
static bool is_near(const hn_window_group *g, double span, int64_t a, int64_t b) {
    if (!g->is_whole) return g->when[a].real >= g->when[b].real - span;
    uint64_t age = (uint64_t)g->when[b].whole - (uint64_t)g->when[a].whole;
    return span >= 0x1p63 || age <= (uint64_t)span;
}

/* From row i - 1's frame to row i's. */
static inline void move_on(const hn_window_group *g, const hn_window *w, int64_t i, frame *f) {
    if (w->frame == HN_FRAME_ROWS) {
        f->end = i;
        f->begin = i > w->rows ? i - w->rows : 0;
        return;
    }
    if (i > 0 && !same_time(g, i - 1, i)) f->end = i;
    if (w->frame == HN_FRAME_ALL) return;
    if (i >= g->n_timed) f->begin = f->end;
    while (f->begin < f->end && !is_near(g, w->span, f->begin, i)) f->begin++;
}

/* ---- sums ------------------------------------------------------------------------------------ */

/* Of numbers: how many, and their sum; or their mean and the sum of squares about it. */
typedef struct moments {
    double n, sum, squares;
} moments;

static inline moments add(bool spread, moments a, moments b) {
    if (!spread) return (moments){a.n + b.n, a.sum + b.sum, 0};
    if (a.n == 0) return b;
    if (b.n == 0) return a;
    double n = a.n + b.n, apart = b.sum - a.sum;
    return (moments){n, a.sum + apart * (b.n / n),
                     a.squares + b.squares + apart * apart * (a.n * b.n / n)};
}

static inline moments of_one(double x) {
    return isnan(x) ? (moments){0, 0, 0} : (moments){1, x, 0};
}

static double answer(hn_window_function function, moments m) {
    if (m.n == 0 || (function == HN_WINDOW_STD && m.n < 2)) return (double)NAN;
    if (function == HN_WINDOW_SUM) return m.sum;
    return function == HN_WINDOW_MEAN ? m.sum / m.n : sqrt(m.squares / (m.n - 1));
}

static inline void sum_frames(const hn_window *w, const hn_window_group *g, const double *x,
                              moments *front, bool spread, double *out) {
    frame f = {0, 0};
    int64_t flip = 0, added = 0;
    moments back = {0, 0, 0};
    for (int64_t i = 0; i < g->n; i++) {
        move_on(g, w, i, &f);
        for (; added < f.end; added++) back = add(spread, back, of_one(x[added]));
        if (f.begin > flip) {
            moments from = {0, 0, 0};
            for (int64_t j = f.end; j-- > f.begin;)
                front[j] = from = add(spread, of_one(x[j]), from);
            flip = f.end;
            back = (moments){0, 0, 0};
        }
        moments m = f.begin < flip ? add(spread, front[f.begin], back) : back;
        out[g->rows[i]] = answer(w->function, m);
    }
}

static hone_status make_sums(hone_ctx *ctx, const hn_window *w, const hn_column *column,
                             const hn_window_group *g, double *out) {
    HN_SCRATCH(ctx);
    double *x;
    moments *front;
    HN_TRY(HN_SCRATCH_NEW(ctx, x, g->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, front, w->frame == HN_FRAME_ALL ? 1 : g->n));
    for (int64_t i = 0; i < g->n; i++) x[i] = hn_column_double(column, g->rows[i]);
    if (w->function == HN_WINDOW_STD)
        sum_frames(w, g, x, front, true, out);
    else
        sum_frames(w, g, x, front, false, out);
    return HONE_OK;
}

/* ---- counts ---------------------------------------------------------------------------------- */

static hone_status make_counts(hone_ctx *ctx, const hn_window *w, const hn_column *column,
                               const hn_window_group *g, int64_t *out) {
    HN_SCRATCH(ctx);
    int64_t *present = NULL;
    if (column != NULL) {
        HN_TRY(HN_SCRATCH_NEW(ctx, present, g->n + 1));
        for (int64_t i = 0; i < g->n; i++)
            present[i + 1] = present[i] + hn_window_has(column, g->rows[i]);
    }
    frame f = {0, 0};
    for (int64_t i = 0; i < g->n; i++) {
        move_on(g, w, i, &f);
        out[g->rows[i]] = present ? present[f.end] - present[f.begin] : f.end - f.begin;
    }
    return HONE_OK;
}

/* A group's values as numbers from 0 in their order, -1 where missing; the value of each is that of row first[rank]. */
typedef struct ranking {
    int64_t n, *ranks, *first;
} ranking;

static hone_status rank(hone_ctx *ctx, const hn_column *column, const hn_window_group *g,
                        ranking *ret) {
    int64_t *places, *other;
    ranking r = {.n = 0};
    HN_TRY(HN_SCRATCH_NEW(ctx, r.ranks, g->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, r.first, g->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, places, g->n));
    HN_TRY(HN_SCRATCH_NEW(ctx, other, g->n));
    for (int64_t i = 0; i < g->n; i++) places[i] = i;
    hn_window_sort(column, g->rows, places, other, g->n);
    for (int64_t i = 0; i < g->n; i++) {
        int64_t row = g->rows[places[i]];
        r.ranks[places[i]] = -1;
        if (!hn_window_has(column, row)) continue;
        if (r.n == 0 || hn_window_less(column, r.first[r.n - 1], row)) r.first[r.n++] = row;
        r.ranks[places[i]] = r.n - 1;
    }
    *ret = r;
    return HONE_OK;
}

static hone_status make_distinct(hone_ctx *ctx, const hn_window *w, const hn_column *column,
                                 const hn_window_group *g, int64_t *out) {
    HN_SCRATCH(ctx);
    ranking r;
    int64_t *times, different = 0;
    HN_TRY(rank(ctx, column, g, &r));
    HN_TRY(HN_SCRATCH_NEW(ctx, times, r.n + 1));
    frame f = {0, 0}, before;
    for (int64_t i = 0; i < g->n; i++) {
        before = f;
        move_on(g, w, i, &f);
        for (int64_t j = before.end; j < f.end; j++)
            if (r.ranks[j] >= 0) different += times[r.ranks[j]]++ == 0;
        for (int64_t j = before.begin; j < f.begin; j++)
            if (r.ranks[j] >= 0) different -= --times[r.ranks[j]] == 0;
        out[g->rows[i]] = different;
    }
    return HONE_OK;
}

/* ---- medians --------------------------------------------------------------------------------- */

/* How often each rank is there, as sums over spans of doubling length (Fenwick 1994). */
typedef struct tally {
    int64_t n, width, *sums; /* [n + 1]; width: the largest power of two up to n */
} tally;

static void count(tally *t, int64_t rank, int64_t times) {
    for (int64_t at = rank + 1; at <= t->n; at += at & -at) t->sums[at] += times;
}

/* The rank of the k-th of what is there, from 0. */
static int64_t find(const tally *t, int64_t k) {
    int64_t at = 0;
    for (int64_t step = t->width; step > 0; step /= 2)
        if (at + step <= t->n && t->sums[at + step] <= k) k -= t->sums[at += step];
    return at;
}

static hone_status make_medians(hone_ctx *ctx, const hn_window *w, const hn_column *column,
                                const hn_window_group *g, double *out) {
    HN_SCRATCH(ctx);
    ranking r;
    HN_TRY(rank(ctx, column, g, &r));
    tally t = {.n = r.n, .width = 1};
    while (t.width * 2 <= t.n) t.width *= 2;
    HN_TRY(HN_SCRATCH_NEW(ctx, t.sums, t.n + 1));
    frame f = {0, 0}, before;
    int64_t there = 0;
    for (int64_t i = 0; i < g->n; i++) {
        before = f;
        move_on(g, w, i, &f);
        for (int64_t j = before.end; j < f.end; j++)
            if (r.ranks[j] >= 0) count(&t, r.ranks[j], 1), there++;
        for (int64_t j = before.begin; j < f.begin; j++)
            if (r.ranks[j] >= 0) count(&t, r.ranks[j], -1), there--;
        out[g->rows[i]] = (double)NAN;
        if (there == 0) continue;
        double low = hn_column_double(column, r.first[find(&t, (there - 1) / 2)]);
        double high = hn_column_double(column, r.first[find(&t, there / 2)]);
        out[g->rows[i]] = low == high ? low : low + (high - low) * 0.5;
    }
    return HONE_OK;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* The least or largest of each frame: positions that may still become it, from the best on. */
static hone_status make_extremes(hone_ctx *ctx, const hn_window *w, const hn_column *column,
                                 const hn_window_group *g, int64_t *out) {
    HN_SCRATCH(ctx);
    int64_t *waiting, head = 0, tail = 0, added = 0;
    HN_TRY(HN_SCRATCH_NEW(ctx, waiting, g->n));
    frame f = {0, 0};
    for (int64_t i = 0; i < g->n; i++) {
        move_on(g, w, i, &f);
        for (; added < f.end; added++) {
            int64_t row = g->rows[added];
            if (!hn_window_has(column, row)) continue;
            for (; tail > head; tail--) {
                int64_t other = g->rows[waiting[tail - 1]];
                bool better = w->function == HN_WINDOW_MIN ? hn_window_less(column, row, other)
                                                           : hn_window_less(column, other, row);
                if (!better) break;
            }
            waiting[tail++] = added;
        }
        while (head < tail && waiting[head] < f.begin) head++;
        out[g->rows[i]] = head < tail ? g->rows[waiting[head]] : -1;
    }
    return HONE_OK;
}

static void make_ends(const hn_window *w, const hn_window_group *g, int64_t *out) {
    frame f = {0, 0};
    for (int64_t i = 0; i < g->n; i++) {
        move_on(g, w, i, &f);
        int64_t at = w->function == HN_WINDOW_FIRST ? f.begin : f.end - 1;
        out[g->rows[i]] = f.begin < f.end ? g->rows[at] : -1;
    }
}

static void make_lags(const hn_window *w, const hn_window_group *g, int64_t *out) {
    for (int64_t i = 0; i < g->n; i++) out[g->rows[i]] = i >= w->rows ? g->rows[i - w->rows] : -1;
}

static void make_since(const hn_window *w, const hn_window_group *g, double *out) {
    int64_t before = -1;
    for (int64_t i = 0; i < g->n; i++) {
        if (i > 0 && !same_time(g, i - 1, i)) before = i - 1;
        double ago = (double)NAN;
        if (before >= 0 && i < g->n_timed)
            ago = g->is_whole
                      ? (double)((uint64_t)g->when[i].whole - (uint64_t)g->when[before].whole)
                      : g->when[i].real - g->when[before].real;
        out[g->rows[i]] = ago / w->unit;
    }
}

/* ---- any ------------------------------------------------------------------------------------- */

hone_status hn_window_make(hone_ctx *ctx, const hn_window *w, const hn_column *column,
                           const hn_window_group *g, hn_window_made made) {
    switch (w->function) {
    case HN_WINDOW_COUNT: return make_counts(ctx, w, column, g, made.counts);
    case HN_WINDOW_DISTINCT: return make_distinct(ctx, w, column, g, made.counts);
    case HN_WINDOW_SUM:
    case HN_WINDOW_MEAN:
    case HN_WINDOW_STD: return make_sums(ctx, w, column, g, made.numbers);
    case HN_WINDOW_MEDIAN: return make_medians(ctx, w, column, g, made.numbers);
    case HN_WINDOW_MIN:
    case HN_WINDOW_MAX: return make_extremes(ctx, w, column, g, made.rows);
    case HN_WINDOW_FIRST:
    case HN_WINDOW_LAST: make_ends(w, g, made.rows); return HONE_OK;
    case HN_WINDOW_LAG: make_lags(w, g, made.rows); return HONE_OK;
    case HN_WINDOW_SINCE: make_since(w, g, made.numbers); return HONE_OK;
    }
    return HONE_OK;
}
