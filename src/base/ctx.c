/* ctx.c - contexts, errors, memory; see ctx.h. */
#include "base/ctx.h"
#include "base/os.h"
#include "base/pages.h"
#include "base/parallel.h"
#include "base/spill.h"
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory ---------------------------------------------------------------------------------- */

/* What stands before a block of hn_alloc, so that hn_free can tell the allocator its size. Its own
 * size keeps the block aligned as malloc aligns. */
typedef struct header {
    _Alignas(max_align_t) size_t size; /* of header and block */
    size_t magic;                      /* MAGIC while the block lives */
} header;
static const size_t MAGIC = (size_t)0x686f6e65a110c8edu;

static header *header_of(void *pointer) {
    header *head = (header *)pointer - 1;
    assert(head->magic == MAGIC && "not from hn_alloc, freed twice, or overrun");
    return head;
}

static hone_status out_of_memory(hone_ctx *ctx, size_t count, size_t size) {
    return hn_fail(ctx, HONE_ERROR_MEMORY,
                   "out of memory: %zu times %zu bytes could not be had; %s", count, size,
                   hn_memory_advice(ctx));
}

/* Bytes of header and block, or 0 on overflow. */
static size_t whole_size(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) return 0;
    if (bytes > PTRDIFF_MAX - sizeof(header)) return 0;
    return bytes + sizeof(header);
}

void *hn_alloc(hone_ctx *ctx, size_t count, size_t size) {
    assert(ctx);
    size_t whole = whole_size(count, size);
    bool zeroed = false;
    header *head = whole ? hn_allocate(&ctx->allocator, whole, &zeroed) : NULL;
    if (!head) {
        out_of_memory(ctx, count, size);
        return NULL;
    }
    if (!zeroed) memset(head, 0, whole);
    head->size = whole;
    head->magic = MAGIC;
    return head + 1;
}

void *hn_resize(hone_ctx *ctx, void *old, size_t old_count, size_t count, size_t size) {
    assert(ctx);
    if (!old) return hn_alloc(ctx, count, size);
    header *head = header_of(old);
    assert(head->size == whole_size(old_count, size));
    (void)old_count;
    size_t whole = whole_size(count, size);
    header *fresh =
        whole ? ctx->allocator.resize(ctx->allocator.user, head, head->size, whole) : NULL;
    if (!fresh) {
        out_of_memory(ctx, count, size);
        return NULL;
    }
    fresh->size = whole;
    return fresh + 1;
}

void hn_free(hone_ctx *ctx, void *pointer) {
    assert(ctx);
    hn_free_with(ctx->allocator, pointer);
}

void hn_free_with(hone_allocator allocator, void *pointer) {
    if (!pointer) return;
    header *head = header_of(pointer);
    hn_spill *spill = hn_spill_of(&allocator);
    if (spill == NULL || hn_spill_owns(spill, head)) head->magic = 0;
    allocator.resize(allocator.user, head, head->size, 0);
}

void *hn_arena_alloc(hone_ctx *ctx, hn_arena *arena, size_t count, size_t size) {
    assert(ctx && arena);
    void *bytes = hn_arena_take_zeroed(arena, count, size);
    if (!bytes) out_of_memory(ctx, count, size);
    return bytes;
}

char *hn_arena_strdup(hone_ctx *ctx, hn_arena *arena, const char *text) {
    return hn_arena_strndup(ctx, arena, text, strlen(text));
}

char *hn_arena_strndup(hone_ctx *ctx, hn_arena *arena, const char *text, size_t length) {
    assert(ctx && arena && (text || length == 0));
    char *copy = length < SIZE_MAX ? hn_arena_take(arena, length + 1, 1) : NULL;
    if (!copy) {
        out_of_memory(ctx, length, 1);
        return NULL;
    }
    if (length > 0) memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *hn_arena_printf(hone_ctx *ctx, hn_arena *arena, const char *format, ...) {
    assert(ctx && arena && format);
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(length >= 0);
    char *text = hn_arena_take(arena, (size_t)length + 1, 1);
    if (text)
        vsnprintf(text, (size_t)length + 1, format, again);
    else
        out_of_memory(ctx, (size_t)length + 1, 1);
    va_end(again);
    return text;
}

/* ---- errors --------------------------------------------------------------------------------- */

const char *hone_status_name(hone_status status) {
    switch (status) {
    case HONE_OK: return "ok";
    case HONE_ERROR_USAGE: return "usage";
    case HONE_ERROR_DATA: return "data";
    case HONE_ERROR_FORMAT: return "format";
    case HONE_ERROR_IO: return "io";
    case HONE_ERROR_MEMORY: return "memory";
    case HONE_ERROR_CANCELLED: return "cancelled";
    case HONE_ERROR_UNSUPPORTED: return "unsupported";
    case HONE_ERROR_INTERNAL: return "internal";
    }
    return "unknown";
}

/* The length of text's longest prefix of at most limit bytes that doesn't end inside a UTF-8
 * character. Where the bytes aren't UTF-8, at most 3 are given up. */
static size_t whole_characters(const char *text, size_t limit) {
    size_t end = limit;
    for (int back = 0; back < 4 && end > 0; back++, end--) {
        if (((unsigned char)text[end] & 0xC0) != 0x80) return end;
    }
    return limit;
}

void hn_copy_text(char *buffer, size_t size, const char *text) {
    assert(buffer && size > 0);
    if (!text) text = "";
    size_t length = strnlen(text, size);
    if (length == size) length = whole_characters(text, size - 1);
    memmove(buffer, text, length);
    buffer[length] = '\0';
}

/* Formats into a buffer one byte longer than what will be kept, so that a cut is seen and mended. */
static void format_text(char *buffer, size_t size, const char *format, va_list args) {
    char wide[2048];
    assert(size < sizeof wide);
    int length = vsnprintf(wide, size + 1, format, args);
    if (length < 0) wide[0] = '\0';
    hn_copy_text(buffer, size, wide);
}

static hone_status fail(hone_ctx *ctx, hone_status code, hn_where where, const char *format,
                        va_list args) {
    assert(ctx && code != HONE_OK);
    /* Built aside: arguments may point into the error that is being replaced. */
    hone_error error;
    error.code = code;
    error.row = where.row;
    format_text(error.message, sizeof error.message, format, args);
    hn_copy_text(error.param, sizeof error.param, where.param);
    hn_copy_text(error.file, sizeof error.file, where.file);
    hn_copy_text(error.column, sizeof error.column, where.column);
    ctx->error = error;
    return code;
}

hone_status hn_fail(hone_ctx *ctx, hone_status code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fail(ctx, code, HN_AT(.param = NULL), format, args);
    va_end(args);
    return code;
}

hone_status hn_fail_at(hone_ctx *ctx, hone_status code, hn_where where, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fail(ctx, code, where, format, args);
    va_end(args);
    return code;
}

const hone_error *hone_ctx_error(const hone_ctx *ctx) {
    assert(ctx);
    return &ctx->error;
}

/* ---- cancel, log, progress ------------------------------------------------------------------ */

void hone_ctx_cancel(hone_ctx *ctx) { atomic_store(ctx->cancel, 1); }

void hone_ctx_reset(hone_ctx *ctx) {
    atomic_store(ctx->cancel, 0);
    ctx->json_failed = false;
}

hone_status hn_check_cancel(hone_ctx *ctx) {
    assert(ctx);
    if (atomic_load_explicit(ctx->cancel, memory_order_relaxed) == 0) return HONE_OK;
    return hn_fail(ctx, HONE_ERROR_CANCELLED, "cancelled");
}

void hn_say(hone_ctx *ctx, hone_log_level level, const char *format, ...) {
    assert(ctx && format);
    if (!ctx->log) return;
    char message[1024];
    va_list args;
    va_start(args, format);
    format_text(message, sizeof message, format, args);
    va_end(args);
    ctx->log(ctx->log_user, level, message);
}

void hn_progress(hone_ctx *ctx, const char *what, int64_t done, int64_t total, const char *unit) {
    assert(ctx && what && unit && done >= 0 && total >= 0);
    if (ctx->progress) ctx->progress(ctx->progress_user, what, done, total, unit);
}

/* ---- life ----------------------------------------------------------------------------------- */

hn_scratch_scope hn_scratch_enter(hone_ctx *ctx) {
    hn_scratch_scope scope = {.ctx = ctx, .outer = ctx->scratch};
    assert(ctx->scratch < &ctx->scratches[HN_SCRATCH_DEPTH - 1] && "scratch blocks nest too deep");
    if (ctx->scratch < &ctx->scratches[HN_SCRATCH_DEPTH - 1]) ctx->scratch++;
    scope.inner = hn_arena_enter(ctx->scratch);
    return scope;
}

void hn_scratch_leave(hn_scratch_scope *scope) {
    hn_arena_leave(&scope->inner);
    scope->ctx->scratch = scope->outer;
}

void hn_ctx_init(hone_ctx *ctx, const hone_ctx_options *options) {
    assert(ctx);
    static const hone_ctx_options defaults = {0};
    if (!options) options = &defaults;
    *ctx = (hone_ctx){
        .threads = options->threads > 0 ? options->threads : hn_processors(),
        .seed = options->seed,
        .allocator = options->allocator ? *options->allocator : hn_default_allocator,
        .log = options->log,
        .log_user = options->log_user,
        .progress = options->progress,
        .progress_user = options->progress_user,
        .cancel = &ctx->own_cancel,
        .error.row = -1,
    };
    /* Cannot fail with default attributes on any system that hone runs on. */
    pthread_mutex_init(&ctx->forward, NULL);
    for (int i = 0; i < HN_SCRATCH_DEPTH; i++) hn_arena_init(&ctx->scratches[i], ctx->allocator);
    ctx->scratch = ctx->scratches;
    size_t limit = options->memory;
    if (limit == 0) return;
    hone_status limited = hn_ctx_limit_memory(ctx, limit > HN_SPILL_LEAST ? limit : HN_SPILL_LEAST);
    assert((limited == HONE_OK) == (ctx->spill != NULL)); /* hone_ctx_new looks at it */
    (void)limited;
}

hone_status hn_ctx_limit_memory(hone_ctx *ctx, size_t limit) {
    assert(ctx->spill == NULL && ctx->workers == NULL);
    HN_TRY(hn_spill_new(ctx, limit, &ctx->spill));
    ctx->allocator = hn_spill_allocator(ctx->spill);
    /* Arenas with blocks give them back to whom they had them from. */
    for (int i = 0; i < HN_SCRATCH_DEPTH; i++) {
        if (&ctx->scratches[i] > ctx->scratch) hn_arena_done(&ctx->scratches[i]);
        if (ctx->scratches[i].total == 0) hn_arena_init(&ctx->scratches[i], ctx->allocator);
    }
    return HONE_OK;
}

size_t hn_memory_limit(const hone_ctx *ctx) {
    hn_spill *spill = hn_spill_of(&ctx->allocator);
    return spill ? hn_spill_limit(spill) : 0;
}

const char *hn_memory_advice(hone_ctx *ctx) {
    hn_spill *spill = hn_spill_of(&ctx->allocator);
    int problem = spill ? hn_spill_problem(spill) : 0;
    if (problem == 0) return "use less data at once";
    if (problem == ENOMEM || problem == EAGAIN)
        snprintf(ctx->advice, sizeof ctx->advice,
                 "what exceeds the limit cannot be mapped (%s): raise what the process may have "
                 "(ulimit -v, ulimit -u)",
                 strerror(problem));
    else
        snprintf(ctx->advice, sizeof ctx->advice,
                 "what exceeds the limit finds no room in '%.200s' (%s): point TMPDIR at a folder "
                 "with room",
                 hn_temporary_folder(), strerror(problem));
    return ctx->advice;
}

void hn_ctx_done(hone_ctx *ctx) {
    if (!ctx) return;
    hn_workers_done(ctx);
    for (int i = 0; i < HN_SCRATCH_DEPTH; i++) hn_arena_done(&ctx->scratches[i]);
    hn_spill_release(ctx->spill);
    pthread_mutex_destroy(&ctx->forward);
}

hone_ctx *hone_ctx_new(const hone_ctx_options *options) {
    hone_allocator allocator = hn_default_allocator;
    if (options && options->allocator) allocator = *options->allocator;
    assert(allocator.resize);
    hone_ctx *ctx = allocator.resize(allocator.user, NULL, 0, sizeof *ctx);
    if (ctx == NULL) return NULL;
    hn_ctx_init(ctx, options);
    if (options && options->memory > 0 && ctx->spill == NULL) {
        hn_ctx_done(ctx);
        allocator.resize(allocator.user, ctx, sizeof *ctx, 0);
        return NULL;
    }
    return ctx;
}

void hone_ctx_free(hone_ctx *ctx) {
    if (!ctx) return;
    hone_allocator allocator = ctx->spill ? hn_spill_below(ctx->spill) : ctx->allocator;
    hn_ctx_done(ctx);
    allocator.resize(allocator.user, ctx, sizeof *ctx, 0);
}

void hone_string_free(hone_ctx *ctx, char *string) { hn_free(ctx, string); }

const char *hone_version(void) { return HONE_VERSION; }
