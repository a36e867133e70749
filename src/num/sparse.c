/* sparse.c - sparse matrices by rows; see sparse.h. */
#include "num/sparse.h"
#include <assert.h>
#include <string.h>

hone_status hn_csr_check(hone_ctx *ctx, const hn_csr *m) {
    assert(ctx && m);
    if (m->rows < 0 || m->cols < 0 || m->cols > INT32_MAX || m->start[0] < 0)
        return hn_fail(ctx, HONE_ERROR_DATA, "the sparse matrix has no legal shape");
    /* All of them before the first column is looked at: only the last says how many there are. */
    for (int64_t i = 0; i < m->rows; i++)
        if (m->start[i + 1] < m->start[i])
            return hn_fail_at(ctx, HONE_ERROR_DATA, (hn_where){.row = i},
                              "the sparse matrix ends row %lld before its begin", (long long)i);
    for (int64_t i = 0; i < m->rows; i++) {
        for (int64_t k = m->start[i]; k < m->start[i + 1]; k++) {
            bool inside = m->column[k] >= 0 && m->column[k] < m->cols;
            if (inside && (k == m->start[i] || m->column[k] > m->column[k - 1])) continue;
            return hn_fail_at(ctx, HONE_ERROR_DATA, (hn_where){.row = i},
                              "row %lld of the sparse matrix has column %d %s", (long long)i,
                              (int)m->column[k],
                              inside ? "twice or out of order; sort its indices and sum duplicates"
                                     : "beyond its last");
        }
    }
    return HONE_OK;
}

hn_csr hn_csr_slice(const hn_csr *m, int64_t begin, int64_t end) {
    assert(begin >= 0 && begin <= end && end <= m->rows);
    hn_csr slice = *m;
    slice.rows = end - begin;
    slice.start += begin;
    return slice;
}

hone_status hn_csr_take(hone_ctx *ctx, hn_arena *arena, const hn_csr *m, const int64_t *rows,
                        int64_t n, hn_csr *ret_csr) {
    int64_t *start;
    int32_t *column;
    double *value;
    HN_TRY(HN_NEW(ctx, arena, start, n + 1));
    for (int64_t i = 0; i < n; i++)
        start[i + 1] = start[i] + m->start[rows[i] + 1] - m->start[rows[i]];
    HN_TRY(HN_NEW(ctx, arena, column, start[n] + 1));
    HN_TRY(HN_NEW(ctx, arena, value, start[n] + 1));
    for (int64_t i = 0; i < n; i++) {
        int64_t from = m->start[rows[i]];
        size_t count = (size_t)(start[i + 1] - start[i]);
        if (count == 0) continue;
        memcpy(column + start[i], m->column + from, count * sizeof *column);
        memcpy(value + start[i], m->value + from, count * sizeof *value);
    }
    *ret_csr = (hn_csr){n, m->cols, start, column, value};
    return HONE_OK;
}

hone_status hn_csr_select(hone_ctx *ctx, hn_arena *arena, const hn_csr *m, const int32_t *columns,
                          int32_t n, hn_csr *ret_csr) {
    *ret_csr = *m;
    if (n == m->cols) return HONE_OK;
    int32_t *place, *column;
    int64_t *start, entries = hn_csr_entries(m), kept = 0;
    double *value;
    HN_TRY(HN_NEW(ctx, arena, start, m->rows + 1));
    HN_TRY(HN_NEW(ctx, arena, column, entries + 1));
    HN_TRY(HN_NEW(ctx, arena, value, entries + 1));
    HN_SCRATCH(ctx);
    HN_TRY(HN_SCRATCH_NEW(ctx, place, m->cols + 1)); /* 1 + the new place; 0: left out */
    for (int32_t j = 0; j < n; j++) {
        assert(j == 0 || columns[j] > columns[j - 1]);
        place[columns[j]] = j + 1;
    }
    for (int64_t i = 0; i < m->rows; i++) {
        for (int64_t k = m->start[i]; k < m->start[i + 1]; k++) {
            if (place[m->column[k]] == 0) continue;
            column[kept] = place[m->column[k]] - 1;
            value[kept++] = m->value[k];
        }
        start[i + 1] = kept;
    }
    *ret_csr = (hn_csr){m->rows, n, start, column, value};
    return HONE_OK;
}

hone_status hn_csr_transpose(hone_ctx *ctx, hn_arena *arena, const hn_csr *m, hn_csr *ret_csr) {
    assert(m->rows <= INT32_MAX);
    int64_t *start, *next, entries = hn_csr_entries(m);
    int32_t *column;
    double *value;
    HN_TRY(HN_NEW(ctx, arena, start, m->cols + 1));
    HN_TRY(HN_NEW(ctx, arena, column, entries + 1));
    HN_TRY(HN_NEW(ctx, arena, value, entries + 1));
    HN_SCRATCH(ctx);
    HN_TRY(HN_SCRATCH_NEW(ctx, next, m->cols + 1));
    for (int64_t k = m->start[0]; k < m->start[m->rows]; k++) start[m->column[k] + 1]++;
    for (int64_t j = 0; j < m->cols; j++) {
        start[j + 1] += start[j];
        next[j] = start[j];
    }
    for (int64_t i = 0; i < m->rows; i++) {
        for (int64_t k = m->start[i]; k < m->start[i + 1]; k++) {
            int64_t to = next[m->column[k]]++;
            column[to] = (int32_t)i;
            value[to] = m->value[k];
        }
    }
    *ret_csr = (hn_csr){m->cols, m->rows, start, column, value};
    return HONE_OK;
}

void hn_csr_row(const hn_csr *m, int64_t i, double *ret) {
    memset(ret, 0, (size_t)m->cols * sizeof *ret);
    for (int64_t k = m->start[i]; k < m->start[i + 1]; k++) ret[m->column[k]] = m->value[k];
}
