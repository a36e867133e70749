/* arena.h - memory freed all at once: blocks in a list, a position in the newest.
 *
 * An arena belongs to one thread at a time. Allocation itself is in ctx.h (it reports failures).
 * Scopes nest strictly: leave in the reverse order of enter. */
#ifndef HN_BASE_ARENA_H
#define HN_BASE_ARENA_H

#include "hone.h"

typedef struct hn_arena_block hn_arena_block;

typedef struct hn_arena {
    hone_allocator allocator;
    hn_arena_block *newest;
    hn_arena_block *spare; /* one block that a scope gave back, kept for the next that needs it */
    size_t used;           /* bytes used in newest */
    size_t total;          /* bytes held from the allocator */
    size_t want;           /* size of the next block at least: what earlier scopes came to need */
} hn_arena;

/* size (> 0) bytes straight from an allocator; *ret_zeroed tells whether they are known to be zero. */
void *hn_allocate(const hone_allocator *allocator, size_t size, bool *ret_zeroed);

void hn_arena_init(hn_arena *arena, hone_allocator allocator);
void hn_arena_done(hn_arena *arena);
/* Whether place lies in memory of the arena. */
bool hn_arena_has(const hn_arena *arena, const void *place);
/* Gives back blocks that is_used says no of; the newest stays. No scope of the arena is open. */
void hn_arena_sweep(hn_arena *arena, bool (*is_used)(const void *begin, const void *end, void *arg),
                    void *arg);
/* Forget everything but keep the largest block, so that a warm arena allocates nothing. */
void hn_arena_reset(hn_arena *arena);

typedef struct hn_arena_scope {
    hn_arena *arena;
    hn_arena_block *newest;
    size_t used;
} hn_arena_scope;

hn_arena_scope hn_arena_enter(hn_arena *arena);
void hn_arena_leave(hn_arena_scope *scope);

/* The raw allocation under hn_arena_alloc: not zeroed, aligned to 64 bytes; NULL on overflow or where
 * memory is out; reports nothing. */
void *hn_arena_take(hn_arena *arena, size_t count, size_t size);
/* The same, zeroed; memory fresh from the system isn't touched again. */
void *hn_arena_take_zeroed(hn_arena *arena, size_t count, size_t size);
/* old (of old_size bytes, from this arena) grown or shrunk to size bytes: in place where it is the
 * arena's newest, else a copy. NULL leaves old as it was. */
void *hn_arena_regrow(hn_arena *arena, void *old, size_t old_size, size_t size);

#endif
