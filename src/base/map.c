/* map.c - open addressing with linear probing, at most three quarters full; see map.h. */
#include "base/map.h"
#include <assert.h>
#include <string.h>

struct hn_map_slot {
    const char *key; /* NULL: free */
    size_t length;
    uint64_t hash;
    int64_t value;
};

enum { SLOTS_MIN = 16, KEYS_MIN = 1024, KEYS_MAX = 1 << 20 };

/* ---- hash ----------------------------------------------------------------------------------- */

/* After wyhash by Wang Yi (public domain): multiply to 128 bits, fold the halves. */

static uint64_t fold(uint64_t a, uint64_t b) {
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t load8(const unsigned char *at) {
    uint64_t value;
    memcpy(&value, at, 8);
    return value;
}

static uint64_t load4(const unsigned char *at) {
    uint32_t value;
    memcpy(&value, at, 4);
    return value;
}

/* 1 to 3 bytes. */
static uint64_t load_few(const unsigned char *at, size_t n) {
    return (uint64_t)at[0] << 16 | (uint64_t)at[n / 2] << 8 | at[n - 1];
}

uint64_t hn_hash(const void *bytes, size_t length, uint64_t seed) {
    static const uint64_t odd[4] = {UINT64_C(0x9e3779b97f4a7c15), UINT64_C(0xbf58476d1ce4e5b9),
                                    UINT64_C(0x94d049bb133111eb), UINT64_C(0xd6e8feb86659fd93)};
    const unsigned char *at = bytes;
    assert(bytes || length == 0);
    uint64_t state = seed ^ fold(seed ^ odd[0], odd[1]), a = 0, b = 0;
    if (length > 16) {
        size_t left = length;
        for (; left > 16; left -= 16, at += 16)
            state = fold(load8(at) ^ odd[1], load8(at + 8) ^ state);
        a = load8(at + left - 16);
        b = load8(at + left - 8);
    } else if (length >= 8) {
        a = load8(at);
        b = load8(at + length - 8);
    } else if (length >= 4) {
        a = load4(at);
        b = load4(at + length - 4);
    } else if (length > 0) {
        a = load_few(at, length);
    }
    return fold(odd[2] ^ length, fold(a ^ odd[1], b ^ state ^ odd[3]) ^ odd[0]);
}

/* ---- map ------------------------------------------------------------------------------------ */

void hn_map_init(hn_map *map, hone_ctx *ctx, hn_arena *arena) {
    assert(map && ctx && arena);
    *map = (hn_map){.ctx = ctx, .arena = arena};
}

/* The slot that holds key, or the free one where it belongs. There is always a free one. */
static hn_map_slot *find(const hn_map *map, hn_slice key, uint64_t hash) {
    size_t mask = map->capacity - 1;
    assert(map->capacity > map->count && (map->capacity & mask) == 0);
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        hn_map_slot *slot = &map->slots[i];
        if (!slot->key) return slot;
        if (slot->hash == hash && slot->length == key.length &&
            (key.length == 0 || memcmp(slot->key, key.text, key.length) == 0))
            return slot;
    }
}

int64_t hn_map_get(const hn_map *map, hn_slice key, int64_t fallback) {
    assert(map && (key.text || key.length == 0));
    if (map->count == 0) return fallback;
    const hn_map_slot *slot = find(map, key, hn_hash(key.text, key.length, 0));
    return slot->key ? slot->value : fallback;
}

/* Room for one more. The old slots stay in the arena: together less than the new ones. */
static hone_status reserve(hn_map *map) {
    if (map->count + 1 <= map->capacity / 4 * 3) return HONE_OK;
    hn_map larger = *map;
    larger.capacity = map->capacity > 0 ? map->capacity * 2 : SLOTS_MIN;
    HN_TRY(HN_NEW(map->ctx, map->arena, larger.slots, larger.capacity));
    for (size_t i = 0; i < map->capacity; i++) {
        const hn_map_slot *slot = &map->slots[i];
        if (!slot->key) continue;
        *find(&larger, (hn_slice){slot->key, slot->length}, slot->hash) = *slot;
    }
    *map = larger;
    return HONE_OK;
}

/* A copy of key's bytes: many short ones share one piece of the arena. */
static hone_status copy_key(hn_map *map, hn_slice key, const char **ret_copy) {
    char *copy;
    if (key.length > KEYS_MIN / 4) {
        HN_TRY(HN_NEW(map->ctx, map->arena, copy, key.length));
    } else {
        if (!map->keys || map->keys_left < key.length) {
            size_t room = map->capacity * 16;
            room = room < KEYS_MIN ? KEYS_MIN : room > KEYS_MAX ? KEYS_MAX : room;
            char *keys;
            HN_TRY(HN_NEW(map->ctx, map->arena, keys, room));
            map->keys = keys;
            map->keys_left = room;
        }
        copy = map->keys;
        map->keys += key.length;
        map->keys_left -= key.length;
    }
    if (key.length > 0) memcpy(copy, key.text, key.length);
    *ret_copy = copy;
    return HONE_OK;
}

/* The slot of key, made with this value if it wasn't there. */
static hone_status intern(hn_map *map, hn_slice key, int64_t value, hn_map_slot **ret_slot) {
    assert(map && (key.text || key.length == 0));
    HN_TRY(reserve(map));
    uint64_t hash = hn_hash(key.text, key.length, 0);
    hn_map_slot *slot = find(map, key, hash);
    if (!slot->key) {
        const char *copy;
        HN_TRY(copy_key(map, key, &copy));
        *slot = (hn_map_slot){.key = copy, .length = key.length, .hash = hash, .value = value};
        map->count++;
    }
    *ret_slot = slot;
    return HONE_OK;
}

hone_status hn_map_put(hn_map *map, hn_slice key, int64_t value) {
    hn_map_slot *slot;
    HN_TRY(intern(map, key, value, &slot));
    slot->value = value;
    return HONE_OK;
}

hone_status hn_map_intern(hn_map *map, hn_slice key, int64_t value, int64_t *ret_value) {
    hn_map_slot *slot;
    HN_TRY(intern(map, key, value, &slot));
    *ret_value = slot->value;
    return HONE_OK;
}
