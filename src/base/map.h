/* map.h - from byte string to int64, open addressing; memory from an arena; keys are copied.
 *
 * The order of insertion is not kept; what needs an order keeps an array beside it. Hashing is keyed
 * by nothing: a map must not decide anything visible by its iteration order (there is none). */
#ifndef HN_BASE_MAP_H
#define HN_BASE_MAP_H

#include "base/str.h"

typedef struct hn_map_slot hn_map_slot;

typedef struct hn_map {
    hone_ctx *ctx;
    hn_arena *arena;
    hn_map_slot *slots;
    size_t capacity; /* power of two, or 0 */
    size_t count;
    char *keys; /* room for copies of keys */
    size_t keys_left;
} hn_map;

void hn_map_init(hn_map *map, hone_ctx *ctx, hn_arena *arena);
/* The value under key, or fallback. */
int64_t hn_map_get(const hn_map *map, hn_slice key, int64_t fallback);
/* Insert or overwrite. */
hone_status hn_map_put(hn_map *map, hn_slice key, int64_t value) HONE_MUST_CHECK;
/* The value under key; if it isn't there, inserts value and returns it. */
hone_status hn_map_intern(hn_map *map, hn_slice key, int64_t value,
                          int64_t *ret_value) HONE_MUST_CHECK;

/* 64-bit hash of bytes (wyhash class): fast, not for adversaries. May change between versions: never
 * stored in a file. */
uint64_t hn_hash(const void *bytes, size_t length, uint64_t seed);

/* The finaliser of SplitMix64 (Steele et al. 2014), one to one: equal hashes are equal keys. Never changes. */
static inline uint64_t hn_mix(uint64_t key) {
    key = (key ^ key >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    key = (key ^ key >> 27) * UINT64_C(0x94d049bb133111eb);
    return key ^ key >> 31;
}

#endif
