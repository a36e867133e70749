/* bounds.h - memory and time with an end: what asks for more is refused, what takes longer is cancelled. */
#ifndef HN_TESTS_BOUNDS_H
#define HN_TESTS_BOUNDS_H

#include <hone.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BOUNDS_SECONDS = 3, BOUNDS_BYTES = 256 << 20 };

/* ---- memory with an end ---------------------------------------------------------------------- */

static atomic_llong bounds_taken; /* 0 where nothing is left behind */

static void *bounds_resize(void *user, void *old, size_t old_size, size_t size) {
    (void)user;
    long long more = (long long)size - (long long)(old ? old_size : 0);
    if (size == 0) {
        if (old != NULL) atomic_fetch_add(&bounds_taken, more);
        free(old);
        return NULL;
    }
    if (size > BOUNDS_BYTES || bounds_taken + more > BOUNDS_BYTES) return NULL;
    void *fresh = realloc(old, size);
    if (fresh != NULL) atomic_fetch_add(&bounds_taken, more);
    return fresh;
}

/* ---- time with an end ------------------------------------------------------------------------ */

static hone_ctx *volatile bounds_running;

static void bounds_out_of_time(int number) {
    (void)number;
    hone_ctx *ctx = bounds_running;
    if (ctx != NULL) hone_ctx_cancel(ctx);
}

static void bounds_set_timer(hone_ctx *ctx) {
    static timer_t timer;
    static bool made;
    if (!made) {
        struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 3};
        struct sigaction action = {.sa_handler = bounds_out_of_time, .sa_flags = SA_RESTART};
        if (sigaction(event.sigev_signo, &action, NULL) != 0) abort();
        if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) abort();
        made = true;
    }
    bounds_running = ctx;
    struct itimerspec when = {.it_value.tv_sec = ctx != NULL ? BOUNDS_SECONDS : 0};
    timer_settime(timer, 0, &when, NULL);
}

static inline void bounds_begin(hone_ctx *ctx) { bounds_set_timer(ctx); }
static inline void bounds_end(void) { bounds_set_timer(NULL); }

static inline hone_ctx *bounds_ctx(int threads) {
    static const hone_allocator allocator = {.resize = bounds_resize};
    hone_ctx *ctx =
        hone_ctx_new(&(hone_ctx_options){.threads = threads, .seed = 1, .allocator = &allocator});
    if (ctx == NULL) abort();
    return ctx;
}

#endif
