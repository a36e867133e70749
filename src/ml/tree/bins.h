/* bins.h - feature columns cut into at most 256 bins, one byte a cell: what boosting and forests learn
 * from instead of the values.
 *
 * Numbers: bin b holds upper[b-1] < x <= upper[b]; the bounds are midpoints between neighbouring
 * values. Where a column has few distinct values each has its bin, else bins hold about equally many
 * rows of a sample of at most 200,000. Categories: one bin a category, the rarest share the last one
 * where there are too many. Missing values, if there are any, have the last bin of their column.
 *
 * Codes are kept twice: by column (for moving rows along one feature's split) and by row in blocks of
 * at most 64 features (for histograms, which read whole rows). In a block, features stand in four by
 * four by how many bins they have room for in a histogram (256, 64, 16), so that the innermost loop
 * finds its sums at fixed distances; places left over hold code 0. Features with a single bin have no
 * place. */
#ifndef HN_ML_TREE_BINS_H
#define HN_ML_TREE_BINS_H

#include "spec/data.h"

enum {
    HN_BINS = 256,
    HN_BLOCK_PLACES = 64,
    HN_CODE_UNSEEN = -1, /* in bin_of_code: no row of training had it */
};

typedef struct hn_bin_column {
    int32_t n_bins;   /* all, with the one for missing values */
    int32_t n_values; /* bins for values: n_bins, or one less */
    int32_t place;    /* among the rows' places; -1: none */
    int32_t offset;   /* where its bins begin in a histogram */
    bool is_category;
    bool has_missing;
    double *upper;        /* numbers: [n_values - 1] */
    int32_t n_codes;      /* categories */
    int16_t *bin_of_code; /* categories: [n_codes] */
} hn_bin_column;

enum { HN_ROOMS = 3 };
static const int32_t hn_rooms[HN_ROOMS] = {256, 64, 16};

typedef struct hn_row_block {
    uint8_t *rows; /* [n_rows, stride] */
    int32_t stride;
    int32_t first;           /* place */
    int32_t n;               /* places: 4 * (fours[0] + fours[1] + fours[2]) */
    int32_t n_features;      /* places in use */
    int32_t fours[HN_ROOMS]; /* how many times four features, by room */
    int32_t offset;          /* where its bins begin in a histogram */
} hn_row_block;

typedef struct hn_bins {
    int64_t n_rows;
    int32_t n_features;
    int32_t n_blocks;
    int32_t width; /* bins of a histogram over all features */
    hn_bin_column *columns;
    uint8_t *codes; /* [n_features, n_rows] */
    hn_row_block *blocks;
    int32_t *feature_at; /* [n_blocks * 64] by place; -1: none */
} hn_bins;

static inline const uint8_t *hn_bins_column(const hn_bins *bins, int32_t feature) {
    return bins->codes + (int64_t)feature * bins->n_rows;
}

/* Bin of a row's feature that has a place. */
static inline uint8_t hn_bins_code(const hn_bins *bins, int64_t row, int32_t feature) {
    int32_t place = bins->columns[feature].place;
    const hn_row_block *block = &bins->blocks[place / HN_BLOCK_PLACES];
    return block->rows[row * block->stride + place % HN_BLOCK_PLACES];
}

/* Bin all of x. max_bins (2..255) counts bins for values. by_row: make blocks too. Memory from arena
 * (also for what is only needed meanwhile). */
hone_status hn_bins_make(hone_ctx *ctx, hn_arena *arena, const hn_table *x, int64_t max_bins,
                         uint64_t seed, bool by_row, hn_bins *ret_bins) HONE_MUST_CHECK;

/* Give features their places and make the rows (what by_row does). */
hone_status hn_bins_place(hone_ctx *ctx, hn_arena *arena, hn_bins *bins) HONE_MUST_CHECK;

/* Bin of one number, code or NaN; -1 where it is missing or unseen and training had none missing. */
int32_t hn_bin_of(const hn_bin_column *column, double value);

/* Bounds for ascending values without NaN: ret_upper has room for max_bins - 1; returns the number of
 * bins (0 if n is 0). */
int32_t hn_bins_cut(const double *sorted, int64_t n, int32_t max_bins, double *ret_upper);

#endif
