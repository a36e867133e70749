/* serve.c - the life of a server: options, listening, threads, stopping. */
#include "ops/serve.h"
#include "base/os.h"
#include "ops/server.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const hone_param serve_params[] = {
    HN_PARAM(hn_serve_options, models, .display = "MODEL", .positional = true, .required = true,
             .doc = "Model files, or folders of *.hone; the first one answers /predict."),
    HN_PARAM(hn_serve_options, host, .def = "127.0.0.1", .display = "ADDRESS",
             .doc = "Where to listen; beyond this machine a token is needed."),
    HN_PARAM(hn_serve_options, port, .def = "8080", .range = "[0, 65535]", .letter = 'p',
             .doc = "Port to listen on; 0 takes a free one."),
    HN_PARAM(hn_serve_options, pool, .def = "0", .range = "[0, 1024]", .level = HN_ADVANCED,
             .doc = "Threads that answer requests; 0 takes one per processor."),
    HN_PARAM(hn_serve_options, max_body, .def = "16777216", .range = "[1, 1e12]", .unit = "bytes",
             .doc = "Largest body of a request."),
    HN_PARAM(hn_serve_options, timeout, .def = "30", .range = "[1, 86400]", .unit = "seconds",
             .doc = "A connection that is silent for so long is closed."),
    HN_PARAM(hn_serve_options, drain, .def = "10", .range = "[0, 3600]", .unit = "seconds",
             .level = HN_ADVANCED,
             .doc = "Time that requests under way get when the server stops."),
    HN_PARAM(hn_serve_options, reload, .def = "true",
             .doc = "Load a model anew when its file changes, and new files of folders."),
    HN_PARAM(hn_serve_options, token, .secret = true, .display = "TOKEN",
             .doc = "What clients must send as 'Authorization: Bearer TOKEN'; better in HONE_TOKEN "
                    "or a file, "
                    "where no process list shows it."),
    HN_PARAM(hn_serve_options, token_file, .display = "FILE",
             .doc = "File whose first line is the token."),
    HN_PARAM(hn_serve_options, cors, .display = "ORIGIN", .level = HN_ADVANCED,
             .doc = "Origin whose pages may call the server; * for any."),
    HN_PARAM(hn_serve_options, access_log, .def = "false", .doc = "Log a line per request."),
};
const hn_params hn_serve_params = HN_PARAMS(hn_serve_options, serve_params);

/* ---- token ----------------------------------------------------------------------------------- */

static hone_status read_token(hn_server *server) {
    hone_ctx *ctx = server->ctx;
    HN_SCRATCH(ctx);
    const char *token = server->options.token;
    if (token == NULL && server->options.token_file != NULL) {
        char *text;
        size_t length;
        HN_TRY(hn_read_file(ctx, ctx->scratch, server->options.token_file, 4096, &text, &length));
        text[strcspn(text, "\r\n")] = 0;
        token = text;
    }
    if (token == NULL) {
        token = getenv("HONE_TOKEN");
        if (token == NULL || token[0] == 0) return HONE_OK;
    }
    if (strlen(token) < 16 || strlen(token) >= sizeof server->token)
        return hn_fail_at(
            ctx, HONE_ERROR_USAGE, HN_AT(.param = "token"),
            "the token must have 16 to %zu characters; make one with 'openssl rand -hex 32'",
            sizeof server->token - 1);
    memcpy(server->token, token, strlen(token));
    return HONE_OK;
}

static bool is_loopback(const struct sockaddr *address) {
    if (address->sa_family == AF_INET)
        return (ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >>
                24) == 127;
    if (address->sa_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(
            &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
    return false;
}

/* ---- listening ------------------------------------------------------------------------------- */

static hone_status open_socket(hn_server *server, const struct addrinfo *info) {
    int one = 1;
    server->listener = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (server->listener >= 0) {
        setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        setsockopt(server->listener, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    if (server->listener < 0 || bind(server->listener, info->ai_addr, info->ai_addrlen) != 0 ||
        listen(server->listener, 1024) != 0)
        return hn_fail_at(
            server->ctx, HONE_ERROR_IO, HN_AT(.param = "port"),
            "cannot listen on %s port %lld: %s; take another with --port (0: any that is free)",
            server->options.host, (long long)server->options.port, strerror(errno));
    return HONE_OK;
}

static void name_url(hn_server *server) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    char host[64] = "", port[16] = "";
    if (getsockname(server->listener, (struct sockaddr *)&address, &length) == 0)
        getnameinfo((struct sockaddr *)&address, length, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV);
    bool v6 = strchr(host, ':') != NULL;
    snprintf(server->url, sizeof server->url, v6 ? "http://[%s]:%s" : "http://%s:%s", host, port);
}

static hone_status start_listening(hn_server *server) {
    char port[16];
    snprintf(port, sizeof port, "%lld", (long long)server->options.port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV},
                    *info = NULL;
    int failed = getaddrinfo(server->options.host, port, &hints, &info);
    if (failed != 0)
        return hn_fail_at(server->ctx, HONE_ERROR_USAGE, HN_AT(.param = "host"),
                          "'%s' is no address of this machine: %s", server->options.host,
                          gai_strerror(failed));
    hone_status status = HONE_OK;
    if (!is_loopback(info->ai_addr) && server->token[0] == 0)
        status = hn_fail_at(server->ctx, HONE_ERROR_USAGE, HN_AT(.param = "host"),
                            "listening on '%s' lets other machines in, so a token is needed: put "
                            "one into HONE_TOKEN "
                            "or --token-file, or listen on 127.0.0.1",
                            server->options.host);
    if (status == HONE_OK) status = open_socket(server, info);
    freeaddrinfo(info);
    if (status == HONE_OK) name_url(server);
    return status;
}

/* ---- threads --------------------------------------------------------------------------------- */

hn_worker *hn_server_worker(hn_server *server) {
    hn_worker *worker = pthread_getspecific(server->worker);
    if (worker != NULL) return worker;
    worker = calloc(1, sizeof *worker);
    if (worker == NULL) return NULL;
    hn_ctx_init_beside(&worker->ctx, server->ctx);
    pthread_mutex_lock(&server->workers_lock);
    worker->next = server->workers;
    server->workers = worker;
    pthread_mutex_unlock(&server->workers_lock);
    pthread_setspecific(server->worker, worker);
    return worker;
}

static void free_workers(hn_server *server) {
    while (server->workers != NULL) {
        hn_worker *worker = server->workers;
        server->workers = worker->next;
        hn_exchange_free(worker->idle);
        hn_ctx_done(&worker->ctx);
        free(worker);
    }
}

/* Looks at the files once a second, and often enough at whether to stop. */
static void *watch(void *arg) {
    hn_server *server = arg;
    for (int tick = 1; !atomic_load(&server->stopping); tick++) {
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
        if (tick % 20 == 0) hn_shelf_refresh(&server->shelf);
    }
    return NULL;
}

/* ---- life ------------------------------------------------------------------------------------ */

static hone_status start(hn_server *server) {
    HN_TRY(read_token(server));
    HN_TRY(hn_shelf_open(server->ctx, &server->shelf, &server->options.models));
    HN_TRY(start_listening(server));
    HN_TRY(hn_http_start(server));
    if (!server->options.reload) return HONE_OK;
    server->watching = pthread_create(&server->watcher, NULL, watch, server) == 0;
    return server->watching
               ? HONE_OK
               : hn_fail(server->ctx, HONE_ERROR_IO, "cannot start a thread: %s", strerror(errno));
}

hone_status hn_server_start(hone_ctx *ctx, const hn_serve_options *options,
                            hn_server **ret_server) {
    hn_server *server = hn_alloc(ctx, 1, sizeof *server);
    if (server == NULL) return HONE_ERROR_MEMORY;
    server->ctx = ctx;
    server->options = *options;
    server->listener = -1;
    server->started = hn_seconds();
    pthread_mutex_init(&server->workers_lock, NULL);
    if (pthread_key_create(&server->worker, NULL) != 0) {
        hn_free(ctx, server);
        return hn_fail(ctx, HONE_ERROR_IO, "no more thread-specific keys");
    }
    hone_status status = start(server);
    if (status != HONE_OK) {
        hn_server_stop(server);
        return status;
    }
    *ret_server = server;
    return HONE_OK;
}

const char *hn_server_url(const hn_server *server) { return server->url; }
int64_t hn_server_models(hn_server *server) { return hn_shelf_count(&server->shelf); }

hone_status hn_server_wait(hone_ctx *ctx, hn_server *server) {
    (void)server;
    while (hn_check_cancel(ctx) == HONE_OK)
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    return HONE_OK;
}

void hn_server_stop(hn_server *server) {
    if (server == NULL) return;
    atomic_store(&server->stopping, true);
    hn_http_stop(server);
    if (server->watching) pthread_join(server->watcher, NULL);
    if (server->listener >= 0) close(server->listener);
    if (server->shelf.entries != NULL) hn_shelf_close(&server->shelf);
    free_workers(server);
    pthread_key_delete(server->worker);
    pthread_mutex_destroy(&server->workers_lock);
    hn_free(server->ctx, server);
}
