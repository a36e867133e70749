/* parquet_delta.c - numbers as runs, as packed bits and as differences; see parquet.h. */
#include "table/parquet.h"

#include <string.h>

bool hn_parquet_varint(hn_parquet_bytes *bytes, uint64_t *ret_value) {
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && bytes->at < bytes->end; shift += 7) {
        unsigned char byte = *bytes->at++;
        value |= (uint64_t)(byte & 127) << shift;
        if (byte >= 128) continue;
        *ret_value = value;
        return true;
    }
    return false;
}

static uint64_t load8(const unsigned char *at) {
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

/* ---- runs ------------------------------------------------------------------------------------ */

bool hn_parquet_runs_of(hn_parquet_bytes bytes, hn_parquet_runs *ret_runs) {
    if (bytes.at >= bytes.end || *bytes.at > 32) return false;
    int width = *bytes.at++;
    *ret_runs = (hn_parquet_runs){.bytes = bytes, .width = width};
    return true;
}

static bool next_run(hn_parquet_runs *r) {
    uint64_t head;
    if (r->is_packed) r->bytes.at += r->bit / 8;
    r->bit = 0;
    if (!hn_parquet_varint(&r->bytes, &head) || head >> 1 == 0) return false;
    uint64_t n = head >> 1, room = (uint64_t)(r->bytes.end - r->bytes.at);
    r->is_packed = head & 1;
    if (r->is_packed) {
        /* Some writers leave out the bytes of numbers that fill up the last eight. */
        uint64_t most = r->width > 0 ? room * 8 / (uint64_t)r->width : INT64_MAX;
        r->left = n > most / 8 ? (int64_t)most : (int64_t)n * 8;
        return r->left > 0;
    }
    size_t size = ((size_t)r->width + 7) / 8;
    r->value = 0;
    if (size > room || n > INT64_MAX) return false;
    memcpy(&r->value, r->bytes.at, size);
    r->bytes.at += size;
    r->left = (int64_t)n;
    return true;
}

bool hn_parquet_run(hn_parquet_runs *runs, uint32_t *out, int64_t n) {
    uint64_t mask = ((uint64_t)1 << runs->width) - 1;
    while (n > 0) {
        if (runs->left == 0 && !next_run(runs)) return false;
        int64_t here = runs->left < n ? runs->left : n;
        if (runs->is_packed) {
            const unsigned char *at = runs->bytes.at;
            uint64_t bit = runs->bit, width = (uint64_t)runs->width;
            for (int64_t i = 0; i < here; i++, bit += width)
                out[i] = (uint32_t)(load8(at + (bit >> 3)) >> (bit & 7) & mask);
            runs->bit = bit;
        } else {
            for (int64_t i = 0; i < here; i++) out[i] = runs->value;
        }
        runs->left -= here;
        out += here;
        n -= here;
    }
    return true;
}

/* ---- differences ----------------------------------------------------------------------------- */

/* Up to 64 bits from bit on; may read a byte behind the eight. */
static uint64_t bits_at(const unsigned char *bytes, uint64_t bit, int width) {
    const unsigned char *at = bytes + (bit >> 3);
    int shift = (int)(bit & 7);
    uint64_t value = load8(at) >> shift;
    if (shift + width > 64) value |= (uint64_t)at[8] << (64 - shift);
    return width < 64 ? value & (((uint64_t)1 << width) - 1) : value;
}

static void put(void *out, int64_t i, int width, uint64_t value) {
    uint32_t narrow = (uint32_t)value;
    if (width == 4)
        memcpy((char *)out + i * 4, &narrow, 4);
    else
        memcpy((char *)out + i * 8, &value, 8);
}

static uint64_t unzigzag(uint64_t value) { return (value >> 1) ^ -(value & 1); }

/* Blocks begin with their least difference and the widths of their parts; sums wrap. */
bool hn_parquet_delta(hn_parquet_bytes *bytes, int64_t n, int width, void *out) {
    uint64_t block, parts, total, value, least;
    if (!hn_parquet_varint(bytes, &block) || !hn_parquet_varint(bytes, &parts) ||
        !hn_parquet_varint(bytes, &total) || !hn_parquet_varint(bytes, &value))
        return false;
    if (total != (uint64_t)n || parts == 0 || parts > 1024 || block > 1 << 20 ||
        block % parts != 0 || block / parts == 0 || block / parts % 8 != 0)
        return false;
    uint64_t each = block / parts;
    value = unzigzag(value);
    int64_t i = 0;
    if (n > 0) put(out, i++, width, value);
    while (i < n) {
        if (!hn_parquet_varint(bytes, &least)) return false;
        least = unzigzag(least);
        const unsigned char *widths = bytes->at;
        if ((uint64_t)(bytes->end - bytes->at) < parts) return false;
        bytes->at += parts;
        for (uint64_t p = 0; p < parts && i < n; p++) {
            uint64_t bits = widths[p], length = each / 8 * bits, bit = 0;
            uint64_t here = (uint64_t)(n - i) < each ? (uint64_t)(n - i) : each;
            uint64_t room = (uint64_t)(bytes->end - bytes->at);
            /* The last part may end where its last number does. */
            if (bits > 64 || (here * bits + 7) / 8 > room) return false;
            for (uint64_t k = 0; k < here; k++, bit += bits) {
                value += least + (bits > 0 ? bits_at(bytes->at, bit, (int)bits) : 0);
                put(out, i++, width, value);
            }
            bytes->at += length < room ? length : room;
        }
    }
    return true;
}
