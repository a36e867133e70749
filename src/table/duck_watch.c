/* duck_watch.c - a thread that interrupts DuckDB when its ctx is cancelled.
 *
 * DuckDB runs a query in the thread that asks for rows, and may be minutes in one call: nobody else can look. */
#include "table/duck.h"

#include "base/os.h"

#include <pthread.h>
#include <stdlib.h>

enum { LOOK_EVERY = 5 /* milliseconds */ };

struct hn_duck_watch {
    const hn_duck *duck;
    atomic_int *cancel;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool over; /* guarded by lock */
};

static void *look(void *pointer) {
    hn_duck_watch *w = pointer;
    pthread_mutex_lock(&w->lock);
    while (!w->over) {
        /* Again and again: what begins after an interrupt knows nothing of it. */
        if (atomic_load(w->cancel)) w->duck->interrupt(w->duck->connection);
        hn_wait(&w->wake, &w->lock, LOOK_EVERY);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

hone_status hn_duck_watch_start(hone_ctx *ctx, const hn_duck *duck, hn_duck_watch **ret_watch) {
    hn_duck_watch *w = malloc(sizeof *w);
    if (w == NULL) return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory for a query");
    *w = (hn_duck_watch){.duck = duck, .cancel = ctx->cancel};
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    if (hn_thread_start(&w->thread, look, w)) {
        pthread_cond_destroy(&w->wake);
        pthread_mutex_destroy(&w->lock);
        free(w);
        w = NULL; /* it is asked between rows still */
    }
    *ret_watch = w;
    return HONE_OK;
}

void hn_duck_watch_end(hn_duck_watch *w) {
    if (w == NULL) return;
    pthread_mutex_lock(&w->lock);
    w->over = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
