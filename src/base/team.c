/* team.c - threads for parallel loops; see team.h. */
#include "base/team.h"
#include "base/os.h"
#include <assert.h>
#include <unistd.h>

/* Each waits on a condition of its own: with several waiters on one, glibc before 2.41 may lose a wake-up
 * (its bug 25847), and one that is lost while the team ends would hang the end. */
typedef struct member {
    hn_team *team;
    pthread_t thread;
    pthread_cond_t called;
    int index;
} member;

/* A call is open from its announcement until the caller has nothing left to do: who comes later has
 * missed it. Everything but the two counters is guarded by mutex; they are also read without it, by
 * those who wait awake. */
struct hn_team {
    pthread_mutex_t mutex;
    pthread_cond_t finished;
    atomic_uint call;  /* number of the last call announced */
    atomic_int inside; /* threads at work for it */
    bool open, over;
    pid_t process; /* whose threads they are */
    int wanted;    /* members of the open call */
    hn_team_fn *fn;
    void *arg;
    int patience; /* rounds of waiting awake */
    int n;        /* threads that run */
    member members[];
};

static inline void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* ---- members --------------------------------------------------------------------------------- */

/* The mutex is held. */
static void take_part(hn_team *team, int index) {
    hn_team_fn *fn = team->fn;
    void *arg = team->arg;
    atomic_fetch_add(&team->inside, 1);
    pthread_mutex_unlock(&team->mutex);
    fn(arg, index);
    pthread_mutex_lock(&team->mutex);
    if (atomic_fetch_sub(&team->inside, 1) == 1) pthread_cond_signal(&team->finished);
}

static void *live(void *self) {
    member *me = self;
    hn_team *team = me->team;
    unsigned seen = 0;
    for (;;) {
        for (int i = 0; i < team->patience && atomic_load(&team->call) == seen; i++)
            pause_briefly();
        pthread_mutex_lock(&team->mutex);
        while (atomic_load(&team->call) == seen && !team->over)
            pthread_cond_wait(&me->called, &team->mutex);
        seen = atomic_load(&team->call);
        bool over = team->over;
        if (!over && team->open && me->index < team->wanted) take_part(team, me->index);
        pthread_mutex_unlock(&team->mutex);
        if (over) return NULL;
    }
}

static bool start(member *me) {
    pthread_cond_init(&me->called, NULL);
    bool started = hn_thread_start(&me->thread, live, me) == 0;
    if (!started) pthread_cond_destroy(&me->called);
    return started;
}

static hone_status make(hone_ctx *ctx, hn_team **ret_team) {
    enum { PATIENCE = 2000 }; /* some 50 microseconds */
    size_t room = sizeof(hn_team) + (size_t)ctx->threads * sizeof(member);
    hn_team *team = hn_alloc(ctx, room, 1);
    if (!team) return HONE_ERROR_MEMORY;
    /* These cannot fail with default attributes on any system that hone runs on. */
    pthread_mutex_init(&team->mutex, NULL);
    pthread_cond_init(&team->finished, NULL);
    team->process = getpid();
    team->patience = ctx->threads <= hn_processors() ? PATIENCE : 0;
    *ret_team = team;
    return HONE_OK;
}

/* ---- calls ----------------------------------------------------------------------------------- */

static void announce(hn_team *team, int members, hn_team_fn *fn, void *arg) {
    pthread_mutex_lock(&team->mutex);
    team->fn = fn;
    team->arg = arg;
    team->wanted = members;
    team->open = true;
    atomic_fetch_add(&team->call, 1);
    for (int i = 0; i < members - 1 && i < team->n; i++)
        pthread_cond_signal(&team->members[i].called);
    pthread_mutex_unlock(&team->mutex);
}

static void wait_for_all(hn_team *team) {
    pthread_mutex_lock(&team->mutex);
    team->open = false;
    pthread_mutex_unlock(&team->mutex);
    for (int i = 0; i < team->patience && atomic_load(&team->inside) > 0; i++) pause_briefly();
    pthread_mutex_lock(&team->mutex);
    while (atomic_load(&team->inside) > 0) pthread_cond_wait(&team->finished, &team->mutex);
    pthread_mutex_unlock(&team->mutex);
}

/* After a fork threads are the parent's alone, and the mutex may be held by one of them for ever. */
static bool is_left_behind(const hn_team *team) { return team->process != getpid(); }

hone_status hn_team_run(hone_ctx *ctx, hn_team **team, int members, hn_team_fn *fn, void *arg) {
    assert(ctx && team && fn && members >= 1 && members <= ctx->threads);
    if (*team && is_left_behind(*team)) {
        hn_team_free(ctx, *team);
        *team = NULL;
    }
    if (!*team) HN_TRY(make(ctx, team));
    hn_team *t = *team;
    while (t->n < members - 1) {
        member *next = &t->members[t->n];
        *next = (member){.team = t, .index = t->n + 1};
        if (!start(next)) break;
        t->n++;
    }
    announce(t, members, fn, arg);
    fn(arg, 0);
    wait_for_all(t);
    return HONE_OK;
}

void hn_team_free(hone_ctx *ctx, hn_team *team) {
    if (!team) return;
    if (is_left_behind(team)) {
        hn_free(ctx, team);
        return;
    }
    pthread_mutex_lock(&team->mutex);
    team->over = true;
    for (int i = 0; i < team->n; i++) pthread_cond_signal(&team->members[i].called);
    pthread_mutex_unlock(&team->mutex);
    for (int i = 0; i < team->n; i++) {
        pthread_join(team->members[i].thread, NULL);
        pthread_cond_destroy(&team->members[i].called);
    }
    pthread_cond_destroy(&team->finished);
    pthread_mutex_destroy(&team->mutex);
    hn_free(ctx, team);
}
