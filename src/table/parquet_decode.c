/* parquet_decode.c - a page's values by its encoding; see parquet.h. */
#include "table/parquet.h"

#include <string.h>

enum { AT_ONCE = 1024 };

/* One page on its way. */
typedef struct decoding {
    hone_ctx *ctx;
    hn_arena *arena;
    const hn_parquet_cursor *cursor;
    hn_parquet_bytes bytes;
    int64_t n; /* values that are there */
    int width;
} decoding;

static hone_status damaged(const decoding *d) {
    return hn_parquet_damaged(d->ctx, d->cursor, "a page's values are damaged");
}

static hone_status room_for(const decoding *d, int64_t n, size_t size, void *ret_room) {
    void *room = hn_arena_take(d->arena, (size_t)n + 1, size);
    if (room == NULL)
        return hn_fail(d->ctx, HONE_ERROR_MEMORY, "out of memory to unpack %s",
                       d->cursor->file->shown);
    memcpy(ret_room, &room, sizeof room);
    return HONE_OK;
}

static int64_t left(const decoding *d) { return d->bytes.end - d->bytes.at; }

/* ---- as they are ----------------------------------------------------------------------------- */

static hone_status plain_booleans(const decoding *d, uint8_t *out) {
    if (left(d) < (d->n + 7) / 8) return damaged(d);
    for (int64_t i = 0; i < d->n; i++) out[i] = d->bytes.at[i >> 3] >> (i & 7) & 1;
    return HONE_OK;
}

static hone_status plain_texts(const decoding *d, hn_slice *out) {
    const unsigned char *at = d->bytes.at, *end = d->bytes.end;
    for (int64_t i = 0; i < d->n; i++) {
        uint32_t length;
        if (end - at < 4) return damaged(d);
        memcpy(&length, at, 4);
        at += 4;
        if (length > (uint64_t)(end - at)) return damaged(d);
        out[i] = (hn_slice){(const char *)at, length};
        at += length;
    }
    return HONE_OK;
}

static hone_status plain(const decoding *d, hn_parquet_storage storage, void *out) {
    if (storage == HN_PARQUET_BYTES) return plain_texts(d, out);
    if (storage == HN_PARQUET_BOOLEAN) return plain_booleans(d, out);
    if (d->n > left(d) / d->width) return damaged(d);
    memcpy(out, d->bytes.at, (size_t)d->n * (size_t)d->width);
    return HONE_OK;
}

/* The first bytes of all values, then the second ones, ... */
static hone_status split(const decoding *d, unsigned char *out) {
    int64_t n = d->n, width = d->width;
    if (n > left(d) / width) return damaged(d);
    for (int64_t k = 0; k < width; k++) {
        const unsigned char *from = d->bytes.at + k * n;
        for (int64_t i = 0; i < n; i++) out[i * width + k] = from[i];
    }
    return HONE_OK;
}

/* ---- by a dictionary ------------------------------------------------------------------------- */

static void gather(const uint32_t *indices, int64_t n, size_t size, const void *values, void *out) {
#define GATHER(type)                                                                               \
    for (int64_t i = 0; i < n; i++) ((type *)out)[i] = ((const type *)values)[indices[i]]
    switch (size) {
    case 4: GATHER(uint32_t); break;
    case 8: GATHER(uint64_t); break;
    case sizeof(hn_slice): GATHER(hn_slice); break;
    default:
        for (int64_t i = 0; i < n; i++)
            memcpy((char *)out + (size_t)i * size, (const char *)values + indices[i] * size, size);
    }
#undef GATHER
}

static hone_status begin_indices(const decoding *d, const hn_parquet_dictionary *dictionary,
                                 hn_parquet_runs *ret_runs) {
    if (dictionary->n < 0)
        return hn_parquet_damaged(d->ctx, d->cursor, "a page's dictionary is missing");
    return hn_parquet_runs_of(d->bytes, ret_runs) ? HONE_OK : damaged(d);
}

static hone_status next_indices(const decoding *d, const hn_parquet_dictionary *dictionary,
                                hn_parquet_runs *runs, uint32_t *out, int64_t n) {
    uint32_t most = 0;
    if (!hn_parquet_run(runs, out, n)) return damaged(d);
    for (int64_t i = 0; i < n; i++) most = out[i] > most ? out[i] : most;
    if (n == 0 || most < dictionary->n) return HONE_OK;
    return hn_parquet_damaged(d->ctx, d->cursor, "an index is outside its dictionary");
}

static hone_status look_up(const decoding *d, const hn_parquet_dictionary *dictionary, size_t size,
                           char *out) {
    uint32_t indices[AT_ONCE];
    hn_parquet_runs runs;
    if (d->n == 0) return HONE_OK;
    HN_TRY(begin_indices(d, dictionary, &runs));
    for (int64_t done = 0; done < d->n;) {
        int64_t here = d->n - done < AT_ONCE ? d->n - done : AT_ONCE;
        HN_TRY(next_indices(d, dictionary, &runs, indices, here));
        gather(indices, here, size, dictionary->values, out + (size_t)done * size);
        done += here;
    }
    return HONE_OK;
}

hone_status hn_parquet_indices(hone_ctx *ctx, const hn_parquet_cursor *cursor,
                               const hn_parquet_page *page, const hn_parquet_dictionary *dictionary,
                               uint32_t *out) {
    decoding d = {ctx, NULL, cursor, page->values, page->n_present, 0};
    hn_parquet_runs runs;
    if (d.n == 0) return HONE_OK;
    HN_TRY(begin_indices(&d, dictionary, &runs));
    return next_indices(&d, dictionary, &runs, out, d.n);
}

/* ---- runs of truth values -------------------------------------------------------------------- */

static hone_status run_booleans(decoding *d, uint8_t *out) {
    uint32_t bits[AT_ONCE], length;
    if (d->n == 0) return HONE_OK;
    if (left(d) < 4) return damaged(d);
    memcpy(&length, d->bytes.at, 4);
    d->bytes.at += 4;
    if (length > (uint64_t)left(d)) return damaged(d);
    hn_parquet_runs runs = {.bytes = {d->bytes.at, d->bytes.at + length}, .width = 1};
    for (int64_t done = 0; done < d->n;) {
        int64_t here = d->n - done < AT_ONCE ? d->n - done : AT_ONCE;
        if (!hn_parquet_run(&runs, bits, here)) return damaged(d);
        for (int64_t i = 0; i < here; i++) out[done + i] = bits[i] & 1;
        done += here;
    }
    return HONE_OK;
}

/* ---- texts by their lengths ------------------------------------------------------------------ */

static hone_status texts_by_lengths(decoding *d, hn_slice *out) {
    int32_t *lengths;
    HN_TRY(room_for(d, d->n, sizeof *lengths, &lengths));
    if (!hn_parquet_delta(&d->bytes, d->n, 4, lengths)) return damaged(d);
    for (int64_t i = 0; i < d->n; i++) {
        if (lengths[i] < 0 || lengths[i] > left(d)) return damaged(d);
        out[i] = (hn_slice){(const char *)d->bytes.at, (size_t)lengths[i]};
        d->bytes.at += lengths[i];
    }
    return HONE_OK;
}

/* Each begins with the first so many bytes of the one before. */
static hone_status texts_by_prefix(decoding *d, hn_slice *out) {
    int32_t *prefixes;
    char *bytes;
    int64_t total = 0, before = 0;
    HN_TRY(room_for(d, d->n, sizeof *prefixes, &prefixes));
    if (!hn_parquet_delta(&d->bytes, d->n, 4, prefixes)) return damaged(d);
    HN_TRY(texts_by_lengths(d, out));
    for (int64_t i = 0; i < d->n; i++) {
        if (prefixes[i] < 0 || prefixes[i] > before) return damaged(d);
        before = prefixes[i] + (int64_t)out[i].length;
        total += before;
        if (total > INT32_MAX)
            return hn_parquet_damaged(d->ctx, d->cursor, "a page unpacks to more than it can hold");
    }
    HN_TRY(room_for(d, total, 1, &bytes));
    hn_slice last = {bytes, 0};
    for (int64_t i = 0; i < d->n; i++) {
        memcpy(bytes, last.text, (size_t)prefixes[i]);
        memcpy(bytes + prefixes[i], out[i].text, out[i].length);
        last = out[i] = (hn_slice){bytes, (size_t)prefixes[i] + out[i].length};
        bytes += last.length;
    }
    return HONE_OK;
}

static hone_status delta_texts(decoding *d, hn_parquet_encoding encoding, hn_slice *out) {
    if (d->n == 0) return HONE_OK;
    return encoding == HN_PARQUET_DELTA_TEXTS ? texts_by_prefix(d, out) : texts_by_lengths(d, out);
}

static hone_status delta_fixed(decoding *d, char *out) {
    hn_slice *texts;
    HN_TRY(room_for(d, d->n, sizeof *texts, &texts));
    HN_TRY(delta_texts(d, HN_PARQUET_DELTA_TEXTS, texts));
    for (int64_t i = 0; i < d->n; i++) {
        if (texts[i].length != (size_t)d->width) return damaged(d);
        memcpy(out + i * d->width, texts[i].text, texts[i].length);
    }
    return HONE_OK;
}

/* ---- any ------------------------------------------------------------------------------------- */

hone_status hn_parquet_decode(hone_ctx *ctx, hn_arena *arena, const hn_parquet_cursor *cursor,
                              const hn_parquet_page *page, const hn_parquet_dictionary *dictionary,
                              void *out) {
    const hn_parquet_column *column = &cursor->file->columns[cursor->column];
    hn_parquet_storage storage = column->storage;
    decoding d = {ctx, arena, cursor, page->values, page->n_present, column->width};
    bool whole = storage == HN_PARQUET_INT32 || storage == HN_PARQUET_INT64;
    bool texts = storage == HN_PARQUET_BYTES;
    switch (page->encoding) {
    case HN_PARQUET_PLAIN: return plain(&d, storage, out);
    case HN_PARQUET_PLAIN_DICTIONARY:
        if (page->is_dictionary) return plain(&d, storage, out); /* as old files say it */
        return look_up(&d, dictionary, texts ? sizeof(hn_slice) : (size_t)d.width, out);
    case HN_PARQUET_DICTIONARY:
        return look_up(&d, dictionary, texts ? sizeof(hn_slice) : (size_t)d.width, out);
    case HN_PARQUET_RLE:
        if (storage == HN_PARQUET_BOOLEAN) return run_booleans(&d, out);
        break;
    case HN_PARQUET_DELTA:
        if (!whole) break;
        if (d.n == 0 || hn_parquet_delta(&d.bytes, d.n, d.width, out)) return HONE_OK;
        return damaged(&d);
    case HN_PARQUET_DELTA_LENGTHS:
        if (texts) return delta_texts(&d, page->encoding, out);
        break;
    case HN_PARQUET_DELTA_TEXTS:
        if (texts) return delta_texts(&d, page->encoding, out);
        if (storage == HN_PARQUET_FIXED) return delta_fixed(&d, out);
        break;
    case HN_PARQUET_SPLIT:
        if (!texts && storage != HN_PARQUET_BOOLEAN) return split(&d, out);
        break;
    default: break;
    }
    return hn_parquet_damaged(ctx, cursor, "a page's encoding is none of its type's");
}
