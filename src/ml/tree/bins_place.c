/* bins_place.c - bin codes by row, each feature in its place; see bins.h. */
#include "base/parallel.h"
#include "ml/tree/bins.h"

enum { GRAIN = 16384 };

static int32_t room_of(const hn_bin_column *column) {
    int32_t room = 0;
    while (room + 1 < HN_ROOMS && column->n_bins <= hn_rooms[room + 1]) room++;
    return room;
}

/* Walks over features by room and gives each the next place; with columns NULL only counts blocks. */
typedef struct placing {
    hn_bins *bins;
    int32_t block, used; /* the block being filled, and its places given */
    int32_t room;
    int32_t width; /* of a histogram so far */
    bool counting;
} placing;

/* Places up to a multiple of four stay empty, but take their room in the histogram. */
static void fill_up(placing *p) {
    while (p->used % 4 != 0) {
        p->used++;
        p->width += hn_rooms[p->room];
    }
}

static void close_block(placing *p) {
    fill_up(p);
    if (p->used == 0) return;
    if (!p->counting) {
        hn_row_block *block = &p->bins->blocks[p->block];
        block->n = p->used;
        block->stride = (p->used + 7) / 8 * 8;
    }
    p->block++;
    p->used = 0;
}

static void place_feature(placing *p, int32_t feature) {
    if (p->used == HN_BLOCK_PLACES) close_block(p);
    if (!p->counting) {
        hn_row_block *block = &p->bins->blocks[p->block];
        hn_bin_column *column = &p->bins->columns[feature];
        if (p->used == 0) {
            block->first = p->block * HN_BLOCK_PLACES;
            block->offset = p->width;
        }
        if (p->used % 4 == 0) block->fours[p->room]++;
        block->n_features++;
        column->place = block->first + p->used;
        column->offset = p->width;
        p->bins->feature_at[column->place] = feature;
    }
    p->used++;
    p->width += hn_rooms[p->room];
}

static placing place_all(hn_bins *bins, bool counting) {
    placing p = {.bins = bins, .counting = counting};
    for (p.room = 0; p.room < HN_ROOMS; p.room++) {
        for (int32_t j = 0; j < bins->n_features; j++)
            if (bins->columns[j].n_bins > 1 && room_of(&bins->columns[j]) == p.room)
                place_feature(&p, j);
        fill_up(&p);
    }
    p.room = HN_ROOMS - 1;
    close_block(&p);
    return p;
}

static hone_status fill_rows(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    (void)ctx;
    const hn_bins *bins = arg;
    enum { TILE = 64 };
    for (int32_t b = 0; b < bins->n_blocks; b++) {
        const hn_row_block *block = &bins->blocks[b];
        for (int64_t i = chunk.begin; i < chunk.end; i += TILE) {
            int64_t n = chunk.end - i < TILE ? chunk.end - i : TILE;
            for (int32_t j = 0; j < block->n; j++) {
                int32_t feature = bins->feature_at[block->first + j];
                if (feature < 0) continue;
                const uint8_t *from = hn_bins_column(bins, feature) + i;
                uint8_t *to = block->rows + i * block->stride + j;
                for (int64_t k = 0; k < n; k++) to[k * block->stride] = from[k];
            }
        }
    }
    return HONE_OK;
}

hone_status hn_bins_place(hone_ctx *ctx, hn_arena *arena, hn_bins *bins) {
    bins->n_blocks = place_all(bins, true).block;
    HN_TRY(HN_NEW(ctx, arena, bins->blocks, bins->n_blocks));
    HN_TRY(HN_NEW(ctx, arena, bins->feature_at, bins->n_blocks * HN_BLOCK_PLACES));
    for (int32_t i = 0; i < bins->n_blocks * HN_BLOCK_PLACES; i++) bins->feature_at[i] = -1;
    for (int32_t j = 0; j < bins->n_features; j++) bins->columns[j].place = -1;
    bins->width = place_all(bins, false).width;
    for (int32_t b = 0; b < bins->n_blocks; b++) {
        hn_row_block *block = &bins->blocks[b];
        HN_TRY(HN_NEW(ctx, arena, block->rows, (size_t)bins->n_rows * (size_t)block->stride));
    }
    return hn_parallel(ctx, bins->n_rows, GRAIN, fill_rows, bins);
}
