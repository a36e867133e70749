/* http.c - the life of the HTTP side, through libmicrohttpd: an epoll loop per thread of the pool, and
 * a stop that loses nobody. What happens to one request is in exchange.c. */
#include "base/os.h"
#include "ops/server.h"
#include <errno.h>
#include <linux/filter.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTIONS_MAX = 4096,
    HEADER_MAX = 16 << 10, /* of a request; libmicrohttpd clears so much for each */
    QUIET_MS = 250,        /* after which a connection without a request is idle */
};

hone_status hn_http_start(hn_server *server) {
    HN_TRY(hn_mhd_load(server->ctx, &server->mhd));
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC;
    int64_t pool = server->options.pool > 0 ? server->options.pool : hn_processors();
    struct MHD_OptionItem items[] = {
        {MHD_OPTION_LISTEN_SOCKET, server->listener, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)(server->options.timeout + 0.5), NULL},
        {MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEADER_MAX, NULL},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)hn_exchange_end, server},
        /* One thread needs no pool; libmicrohttpd wants at least two in one. */
        {pool > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, (intptr_t)pool, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    server->daemon = server->mhd.start_daemon(flags, 0, NULL, NULL, hn_exchange_step, server,
                                              MHD_OPTION_ARRAY, items, MHD_OPTION_END);
    if (server->daemon != NULL) return HONE_OK;
    return hn_fail(server->ctx, HONE_ERROR_IO, "the HTTP server could not start: %s",
                   strerror(errno));
}

/* ---- stopping -------------------------------------------------------------------------------- */

static unsigned open_connections(hn_server *server) {
    const union MHD_DaemonInfo *info =
        server->mhd.get_daemon_info(server->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    return info != NULL ? info->num_connections : 0;
}

static long long in_flight(hn_server *server) {
    long long sum = 0;
    pthread_mutex_lock(&server->workers_lock);
    for (hn_worker *worker = server->workers; worker != NULL; worker = worker->next)
        sum += atomic_load(&worker->meter.in_flight);
    pthread_mutex_unlock(&server->workers_lock);
    return sum;
}

/* Closing a listening socket resets whoever the system has let in but no thread has accepted. So a
 * filter that drops everything goes before it: from then on nobody comes in (to the client it looks
 * like a lost packet, and its next try is refused); those who did are accepted; then it is closed. */
static void close_door(hn_server *server) {
    struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog filter = {.len = 1, .filter = &nothing};
    setsockopt(server->listener, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
    int listener = server->mhd.quiesce_daemon(server->daemon);
    server->listener = -1;
    if (listener < 0) return;
    for (;;) {
        struct sockaddr_storage address;
        struct sockaddr *from = (struct sockaddr *)&address;
        socklen_t length = sizeof address;
        int fd = accept4(listener, from, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
        if (fd < 0) break;
        server->mhd.add_connection(server->daemon, fd, from, length); /* which owns fd */
    }
    close(listener);
}

/* Every connection gets its answer with "Connection: close". One that stays silent is idle: it is
 * closed once nothing has happened for a while. */
static void drain(hn_server *server) {
    double deadline = hn_seconds() + server->options.drain;
    atomic_store(&server->last_request_ms, hn_now_ms());
    while (open_connections(server) > 0 && hn_seconds() < deadline) {
        bool quiet = hn_now_ms() - atomic_load(&server->last_request_ms) > QUIET_MS;
        if (quiet && in_flight(server) == 0) return;
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
}

void hn_http_stop(hn_server *server) {
    if (server->daemon == NULL) return;
    close_door(server);
    drain(server);
    server->mhd.stop_daemon(server->daemon);
    server->daemon = NULL;
}
