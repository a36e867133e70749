/* http.c - requests in, replies out, through libmicrohttpd: an epoll loop per thread of the pool. */
#include "base/os.h"
#include "ops/server.h"
#include <errno.h>
#include <microhttpd.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What is kept between the calls for one request. */
typedef struct exchange {
    hn_worker *worker;
    char *body;
    size_t length, capacity;
    int refused; /* status code decided before the body was read; 0: none */
    double ready; /* when the last byte was there */
} exchange;

static long long now_ms(void) { return (long long)(hn_seconds() * 1e3); }

/* ---- replies --------------------------------------------------------------------------------- */

static void add_headers(hn_server *server, struct MHD_Response *response, const hn_reply *reply) {
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->type);
    if (reply->allow != NULL && (reply->code == 405 || reply->code == 204))
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, reply->allow);
    if (reply->code == 401) MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    if (server->options.cors != NULL) {
        MHD_add_response_header(response, "Access-Control-Allow-Origin", server->options.cors);
        MHD_add_response_header(response, "Access-Control-Allow-Headers", "Content-Type, Authorization");
        MHD_add_response_header(response, "Access-Control-Allow-Methods", "GET, POST, OPTIONS");
    }
    if (atomic_load_explicit(&server->stopping, memory_order_relaxed) || reply->code == 413)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
}

static enum MHD_Result send_reply(hn_server *server, struct MHD_Connection *connection, const hn_reply *reply) {
    bool whole = hn_str_status(&reply->body) == HONE_OK;
    static char sorry[] = "{\"error\":\"out of memory; try again\",\"status\":\"error\"}";
    struct MHD_Response *response =
        whole ? MHD_create_response_from_buffer(reply->body.length, reply->body.text, MHD_RESPMEM_MUST_COPY)
              : MHD_create_response_from_buffer(sizeof sorry - 1, sorry, MHD_RESPMEM_PERSISTENT);
    if (response == NULL) return MHD_NO;
    add_headers(server, response, reply);
    enum MHD_Result result = MHD_queue_response(connection, whole ? (unsigned)reply->code : 503u, response);
    MHD_destroy_response(response);
    return result;
}

static void log_access(hn_server *server, const hn_request *request, const hn_reply *reply, double seconds) {
    if (!server->options.access_log) return;
    hn_say(server->ctx, HONE_LOG_INFO, "%s %.200s %d %zu bytes %.0f us", request->method, request->path, reply->code,
           reply->body.length, seconds * 1e6);
}

static const char *refusal(int code) {
    switch (code) {
    case 401: return "a token is needed: send 'Authorization: Bearer TOKEN'";
    case 413: return "the body is larger than the server takes (--max-body)";
    default: return "out of memory; try again";
    }
}

static enum MHD_Result answer(hn_server *server, struct MHD_Connection *connection, exchange *x, const hn_request *request) {
    hone_ctx *ctx = &x->worker->ctx;
    HN_SCRATCH(ctx);
    hn_reply reply = {.type = "application/json", .route = HN_ROUTE_OTHER};
    hn_str_init(&reply.body, ctx, ctx->scratch);
    if (x->refused != 0) hn_reply_error(&reply, x->refused, refusal(x->refused));
    else hn_route(server, x->worker, request, &reply);
    enum MHD_Result result = send_reply(server, connection, &reply);
    double seconds = hn_seconds() - x->ready;
    hn_meter_request(&x->worker->meter, reply.route, reply.code, seconds);
    log_access(server, request, &reply, seconds);
    return result;
}

/* ---- requests -------------------------------------------------------------------------------- */

static bool is_allowed(hn_server *server, struct MHD_Connection *connection, const char *path) {
    if (server->token[0] == 0 || strcmp(path, "/health") == 0) return true;
    const char *given = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
    if (given == NULL || strncmp(given, "Bearer ", 7) != 0) return false;
    char padded[sizeof server->token] = {0}; /* compared whole, so that time tells nothing */
    size_t length = strlen(given + 7);
    if (length >= sizeof padded) return false;
    memcpy(padded, given + 7, length);
    return sodium_memcmp(padded, server->token, sizeof padded) == 0;
}

static exchange *begin(hn_server *server, struct MHD_Connection *connection, const char *path) {
    hn_worker *worker = hn_server_worker(server);
    exchange *x = worker != NULL ? calloc(1, sizeof *x) : NULL;
    if (x == NULL) return NULL;
    x->worker = worker;
    atomic_fetch_add_explicit(&worker->meter.in_flight, 1, memory_order_relaxed);
    const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    if (!is_allowed(server, connection, path)) x->refused = 401;
    else if (length != NULL && strtoull(length, NULL, 10) > (unsigned long long)server->options.max_body) x->refused = 413;
    return x;
}

static void append(hn_server *server, exchange *x, const char *bytes, size_t length) {
    if (x->refused != 0) return;
    if (length > (size_t)server->options.max_body - x->length) {
        x->refused = 413;
        return;
    }
    if (x->length + length + 1 > x->capacity) {
        size_t capacity = 2 * (x->length + length) + 512;
        char *grown = realloc(x->body, capacity);
        if (grown == NULL) {
            x->refused = 503;
            return;
        }
        x->body = grown;
        x->capacity = capacity;
    }
    memcpy(x->body + x->length, bytes, length);
    x->length += length;
    x->body[x->length] = 0;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **req) {
    (void)version;
    hn_server *server = arg;
    exchange *x = *req;
    if (x == NULL) {
        *req = begin(server, connection, url);
        x = *req;
        if (x == NULL) return MHD_NO;
        /* A refusal that need not wait for the body: answered now, and the connection closes. */
        if (x->refused != 413) return MHD_YES;
    } else if (*upload_size > 0) {
        append(server, x, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    x->ready = hn_seconds();
    hn_request request = {.method = method, .path = url, .body = x->body != NULL ? x->body : "", .body_length = x->length};
    return answer(server, connection, x, &request);
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **req, enum MHD_RequestTerminationCode code) {
    (void)connection;
    (void)code;
    hn_server *server = arg;
    exchange *x = *req;
    if (x == NULL) return;
    atomic_fetch_sub_explicit(&x->worker->meter.in_flight, 1, memory_order_relaxed);
    if (atomic_load_explicit(&server->stopping, memory_order_relaxed)) atomic_store(&server->last_request_ms, now_ms());
    free(x->body);
    free(x);
    *req = NULL;
}

/* ---- life ------------------------------------------------------------------------------------ */

hone_status hn_http_start(hn_server *server) {
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC;
    unsigned pool = server->options.pool > 0 ? (unsigned)server->options.pool : (unsigned)hn_processors();
    struct MHD_OptionItem items[] = {
        {MHD_OPTION_LISTEN_SOCKET, server->listener, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)(server->options.timeout + 0.5), NULL},
        {MHD_OPTION_CONNECTION_LIMIT, 4096, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, 32 << 10, NULL},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, server},
        /* One thread needs no pool; libmicrohttpd wants at least two in one. */
        {pool > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, pool, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    server->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, server, MHD_OPTION_ARRAY, items, MHD_OPTION_END);
    if (server->daemon != NULL) return HONE_OK;
    return hn_fail(server->ctx, HONE_ERROR_IO, "the HTTP server could not start: %s", strerror(errno));
}

static unsigned open_connections(hn_server *server) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
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

/* Every connection gets its answer with "Connection: close". One that stays silent is idle: it is closed
 * once nothing has happened for a while. */
static void drain(hn_server *server) {
    enum { QUIET_MS = 250 };
    double deadline = hn_seconds() + server->options.drain;
    atomic_store(&server->last_request_ms, now_ms());
    while (open_connections(server) > 0 && hn_seconds() < deadline) {
        bool quiet = now_ms() - atomic_load(&server->last_request_ms) > QUIET_MS;
        if (quiet && in_flight(server) == 0) return;
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
}

void hn_http_stop(hn_server *server) {
    if (server->daemon == NULL) return;
    int listener = MHD_quiesce_daemon(server->daemon);
    if (listener >= 0) close(listener);
    server->listener = -1;
    drain(server);
    MHD_stop_daemon(server->daemon);
    server->daemon = NULL;
}
