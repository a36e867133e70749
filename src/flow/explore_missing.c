/* explore_missing.c - where values are missing, and which are missing together. */
#include "flow/explore_parts.h"

enum { MISSING_COLUMNS = 40 };

/* Bits of the rows where a column is missing. */
static void mark_missing(const hn_column *column, uint64_t *bits) {
    for (int64_t i = 0; i < column->n; i++)
        if (hn_column_is_missing(column, i)) bits[i >> 6] |= (uint64_t)1 << (i & 63);
}

static int64_t count_both(const uint64_t *a, const uint64_t *b, int64_t words) {
    int64_t n = 0;
    for (int64_t w = 0; w < words; w++) n += __builtin_popcountll(a[w] & b[w]);
    return n;
}

/* Columns with missing values, most first, and how many there are of them at most MISSING_COLUMNS. */
static int32_t most_missing(const hn_explored *e, int32_t *columns) {
    int32_t n = 0;
    for (int32_t j = 0; j < e->table->n_columns; j++) {
        int64_t own = e->columns[j].profile.n_missing;
        if (own == 0) continue;
        if (n == MISSING_COLUMNS && own <= e->columns[columns[n - 1]].profile.n_missing) continue;
        int32_t at = n < MISSING_COLUMNS ? n++ : n - 1;
        for (; at > 0 && e->columns[columns[at - 1]].profile.n_missing < own; at--)
            columns[at] = columns[at - 1];
        columns[at] = j;
    }
    return n;
}

/* The correlation of being missing: of two truth values (phi). */
static double phi(double rows, double a, double b, double both) {
    double spread = sqrt(a * (rows - a)) * sqrt(b * (rows - b));
    return spread > 0 ? (both * rows - a * b) / spread : (double)NAN;
}

static hone_status count_complete(const hn_explored *e, int64_t words, int64_t *ret_complete) {
    HN_SCRATCH(e->ctx);
    uint64_t *any;
    HN_TRY(HN_SCRATCH_NEW(e->ctx, any, words + 1));
    for (int32_t j = 0; j < e->table->n_columns; j++)
        if (e->columns[j].profile.n_missing > 0) mark_missing(&e->table->columns[j], any);
    *ret_complete = e->table->n_rows - count_both(any, any, words);
    return HONE_OK;
}

/* Groups of columns that are missing in the same rows: the two nearest groups become one, again and again, at the mean
 * distance of their columns (average linkage). apart [n, n]: shares of the rows where one is missing and the other is
 * not; it is spoilt. Each line reads as in scipy's linkage: the two groups (columns are 0..n-1, what line k made is
 * n + k), how far apart, how many columns are in it. */
static void put_tree(const hn_explored *e, hn_json_mut *o, double *apart, int32_t n) {
    hn_json_mut *lines = yyjson_mut_obj_add_arr(e->doc, o, "tree");
    int32_t name[MISSING_COLUMNS], size[MISSING_COLUMNS];
    for (int32_t a = 0; a < n; a++) name[a] = a, size[a] = 1;
    for (int32_t made = 0; made + 1 < n; made++) {
        int32_t first = -1, second = -1;
        for (int32_t a = 0; a < n; a++)
            for (int32_t b = a + 1; b < n; b++)
                if (size[a] > 0 && size[b] > 0 &&
                    (first < 0 || apart[a * n + b] < apart[first * n + second]))
                    first = a, second = b;
        bool turned = name[first] > name[second];
        double line[] = {name[turned ? second : first], name[turned ? first : second],
                         apart[first * n + second], size[first] + size[second]};
        hn_json_mut *list = yyjson_mut_arr_add_arr(e->doc, lines);
        for (int k = 0; k < 4; k++)
            k == 2 ? yyjson_mut_arr_add_real(e->doc, list, line[k])
                   : yyjson_mut_arr_add_int(e->doc, list, (int64_t)line[k]);
        for (int32_t c = 0; c < n; c++) {
            double both =
                (size[first] * apart[first * n + c] + size[second] * apart[second * n + c]) /
                (size[first] + size[second]);
            apart[first * n + c] = apart[c * n + first] = both;
        }
        size[first] += size[second];
        size[second] = 0;
        name[first] = n + made;
    }
}

hone_status hn_explore_missing(hn_explored *e) {
    HN_SCRATCH(e->ctx);
    int32_t columns[MISSING_COLUMNS + 1], n = most_missing(e, columns);
    int64_t words = (e->table->n_rows + 63) / 64, complete;
    double rows = (double)e->table->n_rows, row[MISSING_COLUMNS];
    uint64_t *bits;
    double *apart;
    hn_json_mut *o = yyjson_mut_obj_add_obj(e->doc, e->root, "missing");
    HN_TRY(count_complete(e, words, &complete));
    yyjson_mut_obj_add_int(e->doc, o, "complete_rows", complete);
    hn_json_mut *names = yyjson_mut_obj_add_arr(e->doc, o, "columns");
    hn_json_mut *counts = yyjson_mut_obj_add_arr(e->doc, o, "counts");
    hn_json_mut *slices = yyjson_mut_obj_add_arr(e->doc, o, "slices");
    hn_json_mut *together = yyjson_mut_obj_add_arr(e->doc, o, "together");
    HN_TRY(HN_SCRATCH_NEW(e->ctx, bits, (int64_t)n * words + 1));
    HN_TRY(HN_SCRATCH_NEW(e->ctx, apart, (int64_t)n * n + 1));
    for (int32_t a = 0; a < n; a++) {
        const hn_description *d = &e->columns[columns[a]];
        yyjson_mut_arr_add_str(e->doc, names, e->table->columns[columns[a]].name);
        yyjson_mut_arr_add_int(e->doc, counts, d->profile.n_missing);
        hn_json_mut *slice = yyjson_mut_arr_add_arr(e->doc, slices);
        for (int s = 0; s < HN_MISSING_SLICES; s++)
            yyjson_mut_arr_add_int(e->doc, slice, d->missing[s]);
        mark_missing(&e->table->columns[columns[a]], bits + a * words);
    }
    for (int32_t a = 0; a < n; a++) {
        hn_json_mut *list = yyjson_mut_arr_add_arr(e->doc, together);
        for (int32_t b = 0; b < n; b++) {
            double own = (double)e->columns[columns[a]].profile.n_missing,
                   other = (double)e->columns[columns[b]].profile.n_missing,
                   both = (double)count_both(bits + a * words, bits + b * words, words);
            row[b] = phi(rows, own, other, both);
            apart[a * n + b] = (own + other - 2 * both) / rows;
            isfinite(row[b]) ? yyjson_mut_arr_add_real(e->doc, list, row[b])
                             : yyjson_mut_arr_add_null(e->doc, list);
        }
    }
    put_tree(e, o, apart, n);
    return HONE_OK;
}
