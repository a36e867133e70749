/* arena.c - memory freed all at once; see arena.h.
 *
 * Blocks are chained from the newest to the oldest. A block is a header and, from the next multiple
 * of 64 bytes on, its bytes. Blocks grow with the arena: each new one is at least as large as all
 * before it together (up to BLOCK_MAX), so n bytes cost O(log n) calls to the allocator. */
#include "base/arena.h"
#include "base/ctx.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAVE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ASAN 1
#endif
#endif

#ifdef HAVE_ASAN
#include <sanitizer/asan_interface.h>
/* Bytes nobody was given are poisoned, and a gap stands between neighbours. */
enum { GAP = 64 };
static void forbid(const void *bytes, size_t size) { ASAN_POISON_MEMORY_REGION(bytes, size); }
static void permit(const void *bytes, size_t size) { ASAN_UNPOISON_MEMORY_REGION(bytes, size); }
#else
enum { GAP = 0 };
static void forbid(const void *bytes, size_t size) { (void)bytes, (void)size; }
static void permit(const void *bytes, size_t size) { (void)bytes, (void)size; }
#endif

enum {
    ALIGN = 64,
    BLOCK_MIN = 512,      /* there may be an arena for each of 100,000 columns */
    BLOCK_MAX = 16 << 20, /* no block is made larger than this unless one request is */
    SPARE_MAX =
        16 << 20 /* a larger block goes back to the allocator: it costs little beside its use */
};

struct hn_arena_block {
    hn_arena_block *older;
    char *bytes;     /* aligned */
    size_t capacity; /* of bytes */
    size_t dirty;    /* bytes from here on are known to be zero */
    size_t size;     /* as asked of the allocator */
};

void hn_arena_init(hn_arena *arena, hone_allocator allocator) {
    assert(arena && allocator.resize);
    *arena = (hn_arena){.allocator = allocator};
}

static void free_block(hn_arena *arena, hn_arena_block *block) {
    if (!block) return;
    assert(arena->total >= block->size);
    arena->total -= block->size;
    permit(block->bytes, block->capacity);
    arena->allocator.resize(arena->allocator.user, block, block->size, 0);
}

static void free_chain(hn_arena *arena, hn_arena_block *block) {
    while (block) {
        hn_arena_block *older = block->older;
        free_block(arena, block);
        block = older;
    }
}

void hn_arena_done(hn_arena *arena) {
    if (!arena || !arena->allocator.resize) return;
    free_chain(arena, arena->newest);
    free_block(arena, arena->spare);
    assert(arena->total == 0);
    *arena = (hn_arena){.allocator = arena->allocator};
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

/* Keep the larger of block and the spare as the spare; free the other. */
static void give_back(hn_arena *arena, hn_arena_block *block) {
    forbid(block->bytes, block->capacity);
    hn_arena_block *kept = block, *freed = arena->spare;
    if (freed && freed->capacity >= kept->capacity) {
        kept = arena->spare;
        freed = block;
    }
    free_block(arena, freed);
    kept->older = NULL;
    arena->spare = kept;
}

bool hn_arena_has(const hn_arena *arena, const void *place) {
    uintptr_t at = (uintptr_t)place;
    for (const hn_arena_block *block = arena->newest; block != NULL; block = block->older)
        if (at >= (uintptr_t)block->bytes && at - (uintptr_t)block->bytes < block->capacity)
            return true;
    return false;
}

void hn_arena_sweep(hn_arena *arena, bool (*is_used)(const void *begin, const void *end, void *arg),
                    void *arg) {
    if (!arena->newest) return;
    for (hn_arena_block **at = &arena->newest->older; *at;) {
        hn_arena_block *block = *at;
        if (is_used(block->bytes, block->bytes + block->capacity, arg)) {
            at = &block->older;
            continue;
        }
        *at = block->older;
        free_block(arena, block);
    }
}

void hn_arena_reset(hn_arena *arena) {
    assert(arena);
    size_t sum = 0;
    while (arena->newest) {
        hn_arena_block *block = arena->newest;
        arena->newest = block->older;
        sum += block->capacity;
        give_back(arena, block);
    }
    arena->want = larger(arena->want, smaller(sum, BLOCK_MAX));
    arena->newest = arena->spare;
    arena->spare = NULL;
    arena->used = 0;
}

hn_arena_scope hn_arena_enter(hn_arena *arena) {
    assert(arena);
    return (hn_arena_scope){.arena = arena, .newest = arena->newest, .used = arena->used};
}

void hn_arena_leave(hn_arena_scope *scope) {
    hn_arena *arena = scope->arena;
    size_t sum = 0;
    while (arena->newest != scope->newest) {
        hn_arena_block *block = arena->newest;
        assert(block && "scopes must be left in the reverse order of entering");
        arena->newest = block->older;
        sum += block->capacity;
        give_back(arena, block);
    }
    /* The next scope like this one should do with a single block, the spare. */
    arena->want = larger(arena->want, smaller(sum, BLOCK_MAX));
    if (arena->spare && arena->spare->capacity > SPARE_MAX) {
        free_block(arena, arena->spare);
        arena->spare = NULL;
    }
    assert(sum > 0 || arena->used >= scope->used);
    arena->used = scope->used;
    if (arena->newest)
        forbid(arena->newest->bytes + arena->used, arena->newest->capacity - arena->used);
}

/* A block for at least size bytes, fresh from the allocator. */
static hn_arena_block *new_block(hn_arena *arena, size_t size) {
    size_t capacity = larger(BLOCK_MIN, smaller(arena->total, BLOCK_MAX));
    capacity = larger(larger(capacity, arena->want), size);
    const size_t overhead = sizeof(hn_arena_block) + ALIGN;
    if (capacity > PTRDIFF_MAX - overhead) return NULL;
    bool zeroed = false;
    hn_arena_block *block = hn_allocate(&arena->allocator, capacity + overhead, &zeroed);
    if (!block) return NULL;
    uintptr_t start = (uintptr_t)(block + 1);
    *block = (hn_arena_block){
        .bytes = (char *)((start + ALIGN - 1) / ALIGN * ALIGN),
        .capacity = capacity,
        .dirty = zeroed ? 0 : capacity,
        .size = capacity + overhead,
    };
    arena->total += block->size;
    forbid(block->bytes, capacity);
    return block;
}

/* Make a block with room for size bytes the newest. */
static bool add_block(hn_arena *arena, size_t size) {
    hn_arena_block *block = arena->spare;
    if (block && block->capacity >= size)
        arena->spare = NULL;
    else
        block = new_block(arena, size);
    if (!block) return false;
    block->older = arena->newest;
    arena->newest = block;
    arena->used = 0;
    return true;
}

/* Bytes that a request takes in its block; 0 on overflow. */
static size_t padded(size_t size) {
    if (size > SIZE_MAX / 2) return 0;
    return (larger(size, 1) + ALIGN - 1) / ALIGN * ALIGN + GAP;
}

/* size bytes; *ret_zero_from tells from which on they are known to be zero. */
static char *take(hn_arena *arena, size_t size, size_t *ret_zero_from) {
    size_t room = padded(size);
    if (room == 0) return NULL;
    if (!arena->newest || arena->newest->capacity - arena->used < room) {
        if (!add_block(arena, room)) return NULL;
    }
    hn_arena_block *block = arena->newest;
    char *bytes = block->bytes + arena->used;
    *ret_zero_from = block->dirty > arena->used ? block->dirty - arena->used : 0;
    arena->used += room;
    block->dirty = larger(block->dirty, arena->used);
    permit(bytes, size);
    return bytes;
}

void *hn_arena_take(hn_arena *arena, size_t count, size_t size) {
    assert(arena);
    size_t bytes, zero_from;
    if (__builtin_mul_overflow(count, size, &bytes)) return NULL;
    return take(arena, bytes, &zero_from);
}

void *hn_arena_take_zeroed(hn_arena *arena, size_t count, size_t size) {
    assert(arena);
    size_t bytes, zero_from;
    if (__builtin_mul_overflow(count, size, &bytes)) return NULL;
    char *taken = take(arena, bytes, &zero_from);
    if (taken) memset(taken, 0, smaller(zero_from, bytes));
    return taken;
}

void *hn_arena_regrow(hn_arena *arena, void *old, size_t old_size, size_t size) {
    assert(arena);
    if (!old) return hn_arena_take(arena, 1, size);
    size_t old_room = padded(old_size), room = padded(size);
    assert(old_room > 0);
    if (room == 0) return NULL;
    hn_arena_block *block = arena->newest;
    char *end = block->bytes + arena->used;
    bool last = (char *)old + old_room == end;
    if (last && block->capacity - (arena->used - old_room) >= room) {
        arena->used = arena->used - old_room + room;
        block->dirty = larger(block->dirty, arena->used);
        forbid(old, larger(room, old_room));
        permit(old, size);
        return old;
    }
    if (size <= old_size) return old;
    void *fresh = hn_arena_take(arena, 1, size);
    if (fresh) memcpy(fresh, old, old_size);
    return fresh;
}
