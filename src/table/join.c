/* join.c - pairs of rows by key, then the columns taken by them; see join.h. */
#include "table/join.h"

#include "num/sort.h"
#include "table/keys.h"

#include <string.h>

/* Which rows stand side by side; -1: none. */
typedef struct pairs {
    int64_t *left, *right;
    int64_t n;
} pairs;

/* Right rows by key: those of key k are rows[start[k] .. start[k + 1] - 1], ascending (by time, for asof). */
typedef struct buckets {
    int64_t *start, *rows;
} buckets;

static hone_status fill_buckets(hone_ctx *ctx, const int64_t *keys, const int64_t *order, int64_t n,
                                int64_t n_keys, buckets *ret_buckets) {
    int64_t *start, *rows;
    HN_TRY(HN_SCRATCH_NEW(ctx, start, n_keys + 2));
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, n + 1));
    for (int64_t i = 0; i < n; i++)
        if (keys[i] >= 0) start[keys[i] + 2]++;
    for (int64_t k = 0; k < n_keys; k++) start[k + 2] += start[k + 1];
    for (int64_t i = 0; i < n; i++) {
        int64_t row = order ? order[i] : i;
        if (keys[row] >= 0) rows[start[keys[row] + 1]++] = row;
    }
    *ret_buckets = (buckets){.start = start, .rows = rows};
    return HONE_OK;
}

/* ---- by equal keys --------------------------------------------------------------------------- */

static int64_t partners(const buckets *b, int64_t key) {
    return key < 0 ? 0 : b->start[key + 1] - b->start[key];
}

static int64_t count_pairs(const buckets *b, const int64_t *keys, int64_t n, hn_join_how how) {
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t found = partners(b, keys[i]);
        if (how == HN_JOIN_SEMI)
            found = found > 0;
        else if (how == HN_JOIN_ANTI)
            found = found == 0;
        else if (how != HN_JOIN_INNER && found == 0)
            found = 1;
        if (__builtin_add_overflow(count, found, &count)) return -1;
    }
    return count;
}

static hone_status pair_equal(hone_ctx *ctx, const buckets *b, int64_t *const keys[2], int64_t n,
                              int64_t n_right, hn_join_how how, pairs *ret_pairs) {
    pairs p = {.n = 0};
    int64_t count = count_pairs(b, keys[0], n, how), most;
    if (count < 0 || __builtin_add_overflow(count, n_right + 1, &most))
        return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory: the join has too many rows");
    char *matched;
    HN_TRY(HN_SCRATCH_NEW(ctx, p.left, most));
    HN_TRY(HN_SCRATCH_NEW(ctx, p.right, most));
    HN_TRY(HN_SCRATCH_NEW(ctx, matched, n_right + 1));
    bool alone = how == HN_JOIN_SEMI || how == HN_JOIN_ANTI;
    for (int64_t i = 0; i < n; i++) {
        int64_t found = partners(b, keys[0][i]);
        bool kept = how == HN_JOIN_SEMI ? found > 0 : how == HN_JOIN_ANTI ? found == 0 : false;
        if (kept || (!alone && how != HN_JOIN_INNER && found == 0)) {
            p.left[p.n] = i;
            p.right[p.n++] = -1;
        }
        for (int64_t j = 0; !alone && j < found; j++) {
            int64_t row = b->rows[b->start[keys[0][i]] + j];
            matched[row] = 1;
            p.left[p.n] = i;
            p.right[p.n++] = row;
        }
    }
    for (int64_t row = 0; how == HN_JOIN_OUTER && row < n_right; row++) {
        if (matched[row]) continue;
        p.left[p.n] = -1;
        p.right[p.n++] = row;
    }
    *ret_pairs = p;
    return HONE_OK;
}

/* ---- by time --------------------------------------------------------------------------------- */

static hone_status times_of(hone_ctx *ctx, const hn_table *table, const char *name,
                            double **ret_times) {
    int32_t at;
    double *times;
    HN_TRY(hn_table_require(ctx, table, name, &at));
    const hn_column *column = &table->columns[at];
    if (column->type == HN_STRING || column->type == HN_CATEGORY)
        return hn_fail_at(ctx, HONE_ERROR_DATA, HN_AT(.column = name),
                          "column '%s' is text, so that nothing is later than anything in it; name "
                          "a column of times or numbers",
                          name);
    HN_TRY(HN_SCRATCH_NEW(ctx, times, table->n_rows + 1));
    hn_column_doubles(column, 0, column->n, times, 1);
    *ret_times = times;
    return HONE_OK;
}

/* How many of a bucket's rows are not later than time. */
static int64_t count_before(const buckets *b, int64_t key, const double *times, double time,
                            bool strictly) {
    int64_t low = b->start[key], high = b->start[key + 1], first = low;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        double other = times[b->rows[middle]];
        if (other < time || (!strictly && other == time))
            low = middle + 1;
        else
            high = middle;
    }
    return low - first;
}

static hone_status pair_by_time(hone_ctx *ctx, const hn_table *left, const hn_table *right,
                                const hn_join *join, int64_t *const keys[2], int64_t n_keys,
                                pairs *ret_pairs) {
    double *when[2];
    int64_t *order;
    buckets b;
    pairs p = {.n = left->n_rows};
    HN_TRY(times_of(ctx, left, join->time, &when[0]));
    HN_TRY(times_of(ctx, right, join->time, &when[1]));
    HN_TRY(HN_SCRATCH_NEW(ctx, order, right->n_rows + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, p.left, p.n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, p.right, p.n + 1));
    /* Rows without a time are no one's partner. */
    for (int64_t i = 0; i < right->n_rows; i++)
        if (isnan(when[1][i])) keys[1][i] = -1;
    HN_TRY(hn_argsort_f64(ctx, when[1], right->n_rows, order));
    HN_TRY(fill_buckets(ctx, keys[1], order, right->n_rows, n_keys, &b));
    int32_t at;
    HN_TRY(hn_table_require(ctx, left, join->time, &at));
    double second = left->columns[at].type == HN_TIME ? 1e6 : 1;
    for (int64_t i = 0; i < p.n; i++) {
        p.left[i] = i;
        p.right[i] = -1;
        if (keys[0][i] < 0 || isnan(when[0][i])) continue;
        int64_t before = count_before(&b, keys[0][i], when[1], when[0][i], join->strictly);
        if (before == 0) continue;
        int64_t row = b.rows[b.start[keys[0][i]] + before - 1];
        bool old = join->at_most > 0 && when[0][i] - when[1][row] > join->at_most * second;
        if (!old) p.right[i] = row;
    }
    *ret_pairs = p;
    return HONE_OK;
}

/* ---- columns --------------------------------------------------------------------------------- */

static hone_status put_value(hn_builder *builder, hn_type type, const hn_column *column,
                             int64_t row) {
    if (row < 0 || hn_column_is_missing(column, row)) return hn_builder_null(builder);
    const char *at =
        column->type == HN_STRING ? NULL : (const char *)column->values + row * column->stride;
    hn_slice text;
    switch (type) {
    case HN_F64:
    case HN_F32: return hn_builder_double(builder, hn_column_double(column, row));
    case HN_I64:
    case HN_TIME:
        return hn_builder_int(builder, column->type == HN_BOOL
                                           ? *(const uint8_t *)at
                                           : *(const int64_t *)(const void *)at);
    case HN_BOOL: return hn_builder_int(builder, *(const uint8_t *)at);
    default: break;
    }
    text = hn_column_text(column, row);
    return text.text ? hn_builder_text(builder, text) : hn_builder_null(builder);
}

/* The type that holds the values of both. */
static hn_type common_type(hn_type a, hn_type b) {
    if (a == b) return a;
    if (a == HN_STRING || a == HN_CATEGORY) return HN_STRING;
    return (a == HN_I64 || a == HN_BOOL) && (b == HN_I64 || b == HN_BOOL) ? HN_I64 : HN_F64;
}

/* Row by row the left value, or where there is no left row the right one (NULL: none). */
static hone_status build_column(hone_ctx *ctx, hn_arena *arena, const hn_column *left,
                                const hn_column *right, const pairs *p, hn_column *ret_column) {
    hn_builder *builder;
    hn_type type = right ? common_type(left->type, right->type) : left->type;
    HN_TRY(hn_builder_new(ctx, arena, left->name, type, &builder));
    for (int64_t i = 0; i < p->n; i++) {
        bool other = p->left[i] < 0 && right;
        HN_TRY(put_value(builder, type, other ? right : left, other ? p->right[i] : p->left[i]));
    }
    return hn_builder_finish(builder, ret_column);
}

static bool is_key(const hn_join *join, const char *name) {
    for (int64_t k = 0; k < join->n_on; k++)
        if (strcmp(join->on[k], name) == 0) return true;
    return false;
}

/* A name that the table does not have yet. */
static hone_status free_name(hone_ctx *ctx, hn_arena *arena, const hn_table *table,
                             const char *suffix, const char **name) {
    while (hn_table_find(table, *name) >= 0) {
        *name = hn_arena_printf(ctx, arena, "%s%s", *name, suffix);
        if (*name == NULL) return HONE_ERROR_MEMORY;
    }
    return HONE_OK;
}

static hone_status take_columns(hone_ctx *ctx, hn_arena *arena, const hn_table *left,
                                const hn_table *right, const hn_join *join, const pairs *p,
                                hn_table *ret_table) {
    hn_table table = {.n_rows = p->n};
    HN_TRY(HN_NEW(ctx, arena, table.columns, (size_t)left->n_columns + right->n_columns + 1));
    for (int32_t j = 0; j < left->n_columns; j++) {
        const hn_column *column = &left->columns[j];
        hn_column *to = &table.columns[table.n_columns++];
        if (join->how == HN_JOIN_OUTER && is_key(join, column->name)) {
            const hn_column *other = &right->columns[hn_table_find(right, column->name)];
            HN_TRY(build_column(ctx, arena, column, other, p, to));
        } else {
            HN_TRY(hn_column_take(ctx, arena, column, p->left, p->n, to));
        }
    }
    bool alone = join->how == HN_JOIN_SEMI || join->how == HN_JOIN_ANTI;
    for (int32_t j = 0; !alone && j < right->n_columns; j++) {
        const char *name = right->columns[j].name;
        if (is_key(join, name)) continue;
        HN_TRY(free_name(ctx, arena, &table, join->suffix, &name));
        hn_column *to = &table.columns[table.n_columns];
        HN_TRY(hn_column_take(ctx, arena, &right->columns[j], p->right, p->n, to));
        to->name = name;
        table.n_columns++;
    }
    *ret_table = table;
    return HONE_OK;
}

hone_status hn_table_join(hone_ctx *ctx, hn_arena *arena, const hn_table *left,
                          const hn_table *right, const hn_join *join, hn_table *ret_table) {
    HN_SCRATCH(ctx);
    int32_t *places[2];
    int64_t *keys[2], n_keys;
    pairs p;
    HN_TRY(hn_key_places(ctx, left, join->on, join->n_on, &places[0]));
    HN_TRY(hn_key_places(ctx, right, join->on, join->n_on, &places[1]));
    hn_key_columns tables[2] = {{left, places[0]}, {right, places[1]}};
    HN_TRY(hn_keys_number(ctx, tables, 2, (int32_t)join->n_on, false, keys, &n_keys));
    if (join->how == HN_JOIN_ASOF) {
        HN_TRY(pair_by_time(ctx, left, right, join, keys, n_keys, &p));
    } else {
        buckets b;
        HN_TRY(fill_buckets(ctx, keys[1], NULL, right->n_rows, n_keys, &b));
        HN_TRY(pair_equal(ctx, &b, keys, left->n_rows, right->n_rows, join->how, &p));
    }
    return take_columns(ctx, arena, left, right, join, &p, ret_table);
}
