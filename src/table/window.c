/* window.c - rows by key and in their order, and the columns that come of them; see window.h.
 *
 * Keys become small numbers, rows are put in buckets by them, and each bucket is brought into its order where it is
 * not: mostly tables come in the order of time. Then every window that has these keys and this order is made bucket
 * by bucket, as long as its rows are in the cache. */
#include "table/window.h"

#include "base/parallel.h"
#include "table/keys.h"

#include <string.h>

static bool is_text(hn_type type) { return type == HN_CATEGORY || type == HN_STRING; }

static bool is_float(hn_type type) { return type == HN_F64 || type == HN_F32; }

static int64_t whole_at(const hn_column *column, int64_t row) {
    const char *at = (const char *)column->values + row * column->stride;
    if (column->type == HN_BOOL) return *(const uint8_t *)at;
    return column->type == HN_CATEGORY ? *(const int32_t *)(const void *)at
                                       : *(const int64_t *)(const void *)at;
}

/* ---- keys ------------------------------------------------------------------------------------ */

/* Numbers below *count, one for each combination of the keys so far, with one more key: its values as they follow each
 * other, 0 where missing. False where they would not be few; numbers may then be anything. */
static bool number_few(const hn_column *column, int64_t *numbers, int64_t *count) {
    int64_t low = INT64_MAX, high = INT64_MIN, most = 2 * column->n + 1024, range;
    if (is_float(column->type) || column->type == HN_STRING) return false;
    for (int64_t i = 0; i < column->n; i++) {
        if (!hn_window_has(column, i)) continue;
        int64_t value = whole_at(column, i);
        low = value < low ? value : low;
        high = value > high ? value : high;
    }
    if (low > high) low = high = 0;
    if (__builtin_sub_overflow(high, low, &range) || range > most - 2) return false;
    range += 2;
    if (*count > most / range) return false;
    for (int64_t i = 0; i < column->n; i++)
        numbers[i] =
            numbers[i] * range + (!hn_window_has(column, i) ? 0 : whole_at(column, i) - low + 1);
    *count *= range;
    return true;
}

/* Rows by key: those of bucket b are rows[start[b]] .. rows[start[b + 1] - 1], as they come. */
typedef struct buckets {
    int64_t n, *start, *rows;
} buckets;

static hone_status fill_buckets(hone_ctx *ctx, const hn_table *table, const hn_window *window,
                                buckets *ret_buckets) {
    hn_arena *arena = ctx->scratch;
    HN_SCRATCH(ctx);
    buckets b = {.n = 1};
    int64_t *numbers;
    bool few = true;
    HN_TRY(HN_SCRATCH_NEW(ctx, numbers, table->n_rows + 1));
    for (int32_t k = 0; k < window->n_keys && few; k++)
        few = number_few(&table->columns[window->keys[k]], numbers, &b.n);
    if (!few) {
        hn_key_columns keys = {table, window->keys};
        HN_TRY(hn_keys_number(ctx, &keys, 1, window->n_keys, true, &numbers, &b.n));
    }
    HN_TRY(HN_NEW(ctx, arena, b.start, b.n + 2));
    HN_TRY(HN_NEW(ctx, arena, b.rows, table->n_rows + 1));
    for (int64_t i = 0; i < table->n_rows; i++) b.start[numbers[i] + 2]++;
    for (int64_t k = 1; k <= b.n; k++) b.start[k + 1] += b.start[k];
    for (int64_t i = 0; i < table->n_rows; i++) b.rows[b.start[numbers[i] + 1]++] = i;
    *ret_buckets = b;
    return HONE_OK;
}

/* ---- the order ------------------------------------------------------------------------------- */

/* Texts as their places among each other. */
static hone_status rank_texts(hone_ctx *ctx, const hn_column *texts, hn_column *ret_ranks) {
    hn_arena *arena = ctx->scratch;
    HN_SCRATCH(ctx);
    int64_t *ranks, *rows, *places, *other, n = texts->n, rank = 0;
    uint8_t *valid;
    HN_TRY(HN_NEW(ctx, arena, ranks, n + 1));
    HN_TRY(hn_valid_new(ctx, arena, n, &valid));
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, places, n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, other, n + 1));
    for (int64_t i = 0; i < n; i++) rows[i] = places[i] = i;
    hn_window_sort(texts, rows, places, other, n);
    for (int64_t i = 0; i < n; i++) {
        if (!hn_window_has(texts, places[i])) {
            hn_valid_clear(valid, places[i]);
            continue;
        }
        rank += i > 0 && hn_window_less(texts, places[i - 1], places[i]);
        ranks[places[i]] = rank;
    }
    *ret_ranks = (hn_column){.name = texts->name,
                             .type = HN_I64,
                             .n = n,
                             .values = ranks,
                             .stride = sizeof *ranks,
                             .valid = valid};
    return HONE_OK;
}

typedef struct placed {
    hn_when when;
    int64_t row;
} placed;

static inline bool earlier(bool is_whole, hn_when a, hn_when b) {
    return is_whole ? a.whole < b.whole : a.real < b.real;
}

/* Stable, by merging ever longer runs. */
static void sort_placed(placed *items, placed *other, int64_t n, bool is_whole) {
    placed *from = items, *to = other;
    for (int64_t run = 1; run < n; run *= 2) {
        for (int64_t begin = 0; begin < n; begin += 2 * run) {
            int64_t middle = begin + run < n ? begin + run : n;
            int64_t end = middle + run < n ? middle + run : n;
            int64_t i = begin, j = middle;
            for (int64_t k = begin; k < end; k++) {
                bool second =
                    i == middle || (j < end && earlier(is_whole, from[j].when, from[i].when));
                to[k] = second ? from[j++] : from[i++];
            }
        }
        placed *swap = from;
        from = to;
        to = swap;
    }
    if (from != items && n > 0) memcpy(items, from, (size_t)n * sizeof *items);
}

typedef struct workspace {
    int64_t *rows;
    hn_when *when;
    placed *items, *other;
} workspace;

static hn_when moment_at(const hn_column *column, bool is_whole, int64_t row) {
    if (is_whole) return (hn_when){.whole = whole_at(column, row)};
    return (hn_when){.real = hn_column_double(column, row)};
}

/* The rows of a bucket in their order. */
static hn_window_group put_in_order(const hn_column *order, const int64_t *rows, int64_t n,
                                    const workspace *w) {
    hn_window_group group = {.rows = rows, .when = w->when, .n = n};
    bool ascending = true, is_whole = !is_float(order->type);
    group.is_whole = is_whole;
    for (int64_t i = 0; i < n; i++) {
        if (!hn_window_has(order, rows[i])) {
            ascending = false;
            continue;
        }
        hn_when when = moment_at(order, is_whole, rows[i]);
        int64_t to = group.n_timed++;
        ascending = ascending && (to == 0 || !earlier(is_whole, when, w->when[to - 1]));
        w->when[to] = when;
        w->items[to] = (placed){when, rows[i]};
    }
    if (ascending) return group;
    sort_placed(w->items, w->other, group.n_timed, is_whole);
    for (int64_t i = 0; i < group.n_timed; i++) {
        w->when[i] = w->items[i].when;
        w->rows[i] = w->items[i].row;
    }
    for (int64_t i = 0, to = group.n_timed; i < n; i++)
        if (!hn_window_has(order, rows[i])) w->rows[to++] = rows[i];
    group.rows = w->rows;
    return group;
}

/* ---- buckets side by side -------------------------------------------------------------------- */

typedef struct job {
    const hn_table *table;
    const hn_window *windows;
    hn_window_made *made;
    const int32_t *members; /* windows of the same keys and order */
    int32_t n_members;
    hn_column order;
    buckets b;
} job;

/* The buckets that begin among these rows. */
static hone_status make_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    HN_SCRATCH(ctx);
    const job *j = arg;
    const int64_t *start = j->b.start;
    int64_t low = 0, high = j->b.n, most = 0;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (start[middle] < chunk.begin)
            low = middle + 1;
        else
            high = middle;
    }
    for (int64_t k = low; k < j->b.n && start[k] < chunk.end; k++)
        most = start[k + 1] - start[k] > most ? start[k + 1] - start[k] : most;
    workspace w;
    HN_TRY(HN_SCRATCH_NEW(ctx, w.rows, most + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, w.when, most + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, w.items, most + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, w.other, most + 1));
    for (int64_t k = low; k < j->b.n && start[k] < chunk.end; k++) {
        int64_t n = start[k + 1] - start[k];
        if (n == 0) continue;
        hn_window_group group = put_in_order(&j->order, j->b.rows + start[k], n, &w);
        for (int32_t m = 0; m < j->n_members; m++) {
            const hn_window *window = &j->windows[j->members[m]];
            const hn_column *column =
                window->column < 0 ? NULL : &j->table->columns[window->column];
            HN_TRY(hn_window_make(ctx, window, column, &group, j->made[j->members[m]]));
        }
    }
    return HONE_OK;
}

static bool same_rows(const hn_window *a, const hn_window *b) {
    return a->order == b->order && a->n_keys == b->n_keys &&
           (a->n_keys == 0 || memcmp(a->keys, b->keys, (size_t)a->n_keys * sizeof *a->keys) == 0);
}

/* Window i and those behind it that have its keys and its order; none if one before it had them. */
static hone_status make_like(hone_ctx *ctx, const hn_table *table, const hn_window *windows,
                             int32_t n, int32_t i, hn_window_made *made) {
    for (int32_t k = 0; k < i; k++)
        if (same_rows(&windows[k], &windows[i])) return HONE_OK;
    HN_SCRATCH(ctx);
    int32_t *members;
    HN_TRY(HN_SCRATCH_NEW(ctx, members, n));
    job j = {table, windows, made, members, 0, table->columns[windows[i].order], {0}};
    for (int32_t k = i; k < n; k++)
        if (same_rows(&windows[k], &windows[i])) members[j.n_members++] = k;
    if (is_text(j.order.type)) HN_TRY(rank_texts(ctx, &table->columns[windows[i].order], &j.order));
    HN_TRY(fill_buckets(ctx, table, &windows[i], &j.b));
    return hn_parallel(ctx, table->n_rows, 1 << 16, make_chunk, &j);
}

/* ---- columns --------------------------------------------------------------------------------- */

static hone_status check(hone_ctx *ctx, const hn_table *table, const hn_window *w) {
    const hn_column *order = &table->columns[w->order];
    bool spans = w->function == HN_WINDOW_SINCE ||
                 (w->frame == HN_FRAME_SPAN && w->function != HN_WINDOW_LAG);
    if (spans && is_text(order->type))
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = order->name),
                          "window '%s': column '%s' is text, so that no span of time is in it; "
                          "order by a time or a number",
                          w->name, order->name);
    bool adds = w->function >= HN_WINDOW_SUM && w->function <= HN_WINDOW_MEDIAN;
    const hn_column *column = w->column < 0 ? NULL : &table->columns[w->column];
    if (adds && !hn_type_is_numeric(column->type))
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = column->name),
                          "window '%s': column '%s' is %s, which cannot be added up; name a column "
                          "of numbers, or take count, distinct, min, max, first or last",
                          w->name, column->name, hn_type_name(column->type));
    return HONE_OK;
}

/* From what was made; rows are given back as values. */
static hone_status finish(hone_ctx *ctx, hn_arena *arena, const hn_table *table, const hn_window *w,
                          hn_window_made made, hn_column *ret_column) {
    if (hn_window_picks_rows(w->function)) {
        HN_TRY(hn_column_take(ctx, arena, &table->columns[w->column], made.rows, table->n_rows,
                              ret_column));
    } else {
        *ret_column = hn_column_of_f64(w->name, made.numbers, table->n_rows);
        bool counts = w->function == HN_WINDOW_COUNT || w->function == HN_WINDOW_DISTINCT;
        if (counts) ret_column->type = HN_I64;
    }
    ret_column->name = w->name;
    return HONE_OK;
}

hone_status hn_table_windows(hone_ctx *ctx, hn_arena *arena, const hn_table *table,
                             const hn_window *windows, int32_t n, hn_column *ret_columns) {
    HN_SCRATCH(ctx);
    hn_window_made *made;
    HN_TRY(HN_SCRATCH_NEW(ctx, made, n + 1));
    for (int32_t i = 0; i < n; i++) {
        bool picks = hn_window_picks_rows(windows[i].function);
        HN_TRY(check(ctx, table, &windows[i]));
        HN_TRY(HN_NEW(ctx, picks ? ctx->scratch : arena, made[i].counts, table->n_rows + 1));
    }
    for (int32_t i = 0; i < n; i++) HN_TRY(make_like(ctx, table, windows, n, i, made));
    for (int32_t i = 0; i < n; i++)
        HN_TRY(finish(ctx, arena, table, &windows[i], made[i], &ret_columns[i]));
    return HONE_OK;
}
