/* ctx.h - what everything that can fail or take long receives: memory, threads, errors, progress.
 *
 * Rules of the house:
 *   - a fallible function returns hone_status; HN_TRY propagates it;
 *   - whoever detects a failure reports it once, with hn_fail or hn_fail_at; others only propagate;
 *   - scratch memory lives in ctx->scratch between HN_SCRATCH(ctx) and the end of that block; each such
 *     block has an arena of its own, so an arena that a caller passed down, its own scratch too, may be
 *     allocated from inside;
 *   - what outlives the call lives in an arena that the caller names (a table's, a model's).
 */
#ifndef HN_BASE_CTX_H
#define HN_BASE_CTX_H

#include "base/arena.h"
#include "hone.h"
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>

enum { HN_SCRATCH_DEPTH = 64 };

struct hone_ctx {
    int threads; /* >= 1; 1 inside a parallel region */
    uint64_t seed;
    hone_allocator allocator;
    hone_log_fn *log;
    void *log_user;
    hone_progress_fn *progress;
    void *progress_user;
    atomic_int *cancel; /* own_cancel, or the parent's for a worker */
    atomic_int own_cancel;
    hone_error error;
    hn_arena *scratch; /* of the innermost HN_SCRATCH block: one of scratches */
    hn_arena scratches[HN_SCRATCH_DEPTH];
    hone_ctx **workers; /* one per thread, made when first needed (parallel.c) */
    int n_workers;
    struct hn_team *team;    /* the threads they run in (team.c) */
    pthread_mutex_t forward; /* held while a worker logs or tells progress through this ctx */
    struct hn_spill *spill;  /* where memory has a limit: of this ctx, not of a worker (spill.h) */
    char advice[320];        /* the last of hn_memory_advice */
    bool json_failed;        /* a JSON builder ran out of memory and nobody has said so (json.h) */
};

/* Return early with the status of a failed call. */
#define HN_TRY(call)                                                                               \
    do {                                                                                           \
        hone_status hn_try_status_ = (call);                                                       \
        if (hn_try_status_ != HONE_OK) return hn_try_status_;                                      \
    } while (0)

/* Where a failure lies; leave out what is not known. HN_AT is for where the row isn't: with a row,
 * write (hn_where){.row = row, ...}. */
typedef struct hn_where {
    const char *param;
    const char *file;
    const char *column;
    int64_t row;
} hn_where;
#define HN_AT(...) ((hn_where){.row = -1, __VA_ARGS__})

/* Record a failure and return code. The message is one sentence that names the thing at fault and
 * ends with the way out; no newline. */
hone_status hn_fail(hone_ctx *ctx, hone_status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
hone_status hn_fail_at(hone_ctx *ctx, hone_status code, hn_where where, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Copy text into a buffer of size bytes with its NUL, cut where a UTF-8 character begins. */
void hn_copy_text(char *buffer, size_t size, const char *text);

/* HONE_ERROR_CANCELLED if the caller asked to stop, else HONE_OK; waits where memory is over its limit. Call often. */
hone_status hn_check_cancel(hone_ctx *ctx);

/* Say something (no newline), or tell how far a phase is. Cheap where nobody listens. */
void hn_say(hone_ctx *ctx, hone_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void hn_progress(hone_ctx *ctx, const char *what, int64_t done, int64_t total, const char *unit);

/* Contexts on the stack, for floors that make their own (server threads, tests). Must not move. */
void hn_ctx_init(hone_ctx *ctx, const hone_ctx_options *options);
void hn_ctx_done(hone_ctx *ctx);
/* What is allocated from now on keeps to a limit, in bytes; see spill.h. Once, before the first parallel loop. */
hone_status hn_ctx_limit_memory(hone_ctx *ctx, size_t limit) HONE_MUST_CHECK;
/* The limit, or 0. */
size_t hn_memory_limit(const hone_ctx *ctx);
/* What to do where memory is out: "use less data at once". */
const char *hn_memory_advice(hone_ctx *ctx);

/* ---- memory ---------------------------------------------------------------------------------
 * All sizes are checked for overflow; a failure is reported in ctx. Memory comes zeroed. */

/* count * size bytes, zeroed, owned by the caller until hn_free. NULL (reported) on failure. */
void *hn_alloc(hone_ctx *ctx, size_t count, size_t size);
/* Grow or shrink to count elements; new bytes are not zeroed. NULL (reported) leaves old as it was. */
void *hn_resize(hone_ctx *ctx, void *old, size_t old_count, size_t count, size_t size);
void hn_free(hone_ctx *ctx, void *pointer);
/* The same of what another ctx had from this allocator: under a limit of memory each has one of its own. */
void hn_free_with(hone_allocator allocator, void *pointer);

/* The same from an arena: zeroed, aligned to 64 bytes, freed with the arena. */
void *hn_arena_alloc(hone_ctx *ctx, hn_arena *arena, size_t count, size_t size);
char *hn_arena_strdup(hone_ctx *ctx, hn_arena *arena, const char *text);
char *hn_arena_strndup(hone_ctx *ctx, hn_arena *arena, const char *text, size_t length);
char *hn_arena_printf(hone_ctx *ctx, hn_arena *arena, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Typed forms, as statements: HN_TRY(HN_NEW(ctx, arena, pointer, count)). */
#define HN_NEW(ctx, arena, pointer, count)                                                         \
    (((pointer) = hn_arena_alloc((ctx), (arena), (size_t)(count), sizeof *(pointer)))              \
         ? HONE_OK                                                                                 \
         : HONE_ERROR_MEMORY)
#define HN_SCRATCH_NEW(ctx, pointer, count) HN_NEW((ctx), (ctx)->scratch, (pointer), (count))

/* From this line to the end of the block ctx->scratch is a fresh arena; all of it is given back there.
 * Blocks nest; beyond HN_SCRATCH_DEPTH (which is a programmer's error) they share the last arena. */
typedef struct hn_scratch_scope {
    hone_ctx *ctx;
    hn_arena *outer;
    hn_arena_scope inner;
} hn_scratch_scope;
hn_scratch_scope hn_scratch_enter(hone_ctx *ctx);
void hn_scratch_leave(hn_scratch_scope *scope);
#define HN_SCRATCH(ctx)                                                                            \
    hn_scratch_scope hn_scratch_scope_ __attribute__((cleanup(hn_scratch_leave), unused)) =        \
        hn_scratch_enter(ctx)

#endif
