/* exchange.c - one request in, one reply out. Each thread keeps the exchanges it is done with, memory
 * and all, for the requests to come. */
#include "base/os.h"
#include "ops/server.h"
#include <ctype.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

struct hn_exchange {
    hn_worker *worker;
    hn_exchange *next; /* of the worker's idle ones */
    hn_arena arena;    /* the body, then the reply */
    char *body;
    size_t length, capacity;
    unsigned long long declared; /* Content-Length; 0: none */
    size_t dropped;              /* bytes read of a body that is refused */
    int refused;                 /* status code decided before the body was there; 0: none */
    double begun;
};

enum {
    IDLE_MAX = 64,          /* exchanges that a thread keeps */
    IDLE_BYTES = 256 << 10, /* memory that each of them may keep */
    BODY_FIRST = 4096,
    /* A client that sends more than it may is still read to its end, because one that is cut off
     * while it sends seldom gets to see why; but only so far. */
    DROP_MAX = 256 << 20,
    /* A body may take so many times the longest silence: else a byte now and then would hold a
     * connection for ever. */
    PATIENCE = 10,
};

long long hn_now_ms(void) { return (long long)(hn_seconds() * 1e3); }

/* ---- replies --------------------------------------------------------------------------------- */

static void add_headers(hn_server *server, struct MHD_Response *response, const hn_reply *reply) {
    const hn_mhd *mhd = &server->mhd;
    if (reply->code != 204)
        mhd->add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->type);
    if (reply->allow != NULL && (reply->code == 405 || reply->code == 204))
        mhd->add_response_header(response, MHD_HTTP_HEADER_ALLOW, reply->allow);
    if (reply->code == 401)
        mhd->add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    if (server->options.cors != NULL) {
        static const char headers[] = "Content-Type, Authorization";
        static const char methods[] = "GET, POST, OPTIONS";
        mhd->add_response_header(response, "Access-Control-Allow-Origin", server->options.cors);
        mhd->add_response_header(response, "Access-Control-Allow-Headers", headers);
        mhd->add_response_header(response, "Access-Control-Allow-Methods", methods);
    }
    if (atomic_load_explicit(&server->stopping, memory_order_relaxed))
        mhd->add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
}

/* The reply's text stays where it is until hn_exchange_end. */
static enum MHD_Result send_reply(hn_server *server, struct MHD_Connection *connection,
                                  hn_reply *reply) {
    static char sorry[] = "{\"error\":\"out of memory; try again\",\"status\":\"error\"}";
    char *text = reply->body.text;
    size_t length = reply->body.length;
    if (hn_str_status(&reply->body) != HONE_OK) {
        text = sorry;
        length = sizeof sorry - 1;
        reply->code = 503;
        reply->type = "application/json";
    }
    struct MHD_Response *response =
        server->mhd.create_response_from_buffer(length, text, MHD_RESPMEM_PERSISTENT);
    if (response == NULL) return MHD_NO;
    add_headers(server, response, reply);
    enum MHD_Result result =
        server->mhd.queue_response(connection, (unsigned)reply->code, response);
    server->mhd.destroy_response(response);
    return result;
}

/* Paths come from strangers: what could forge a line or move a terminal's cursor is replaced. */
static void log_access(hn_server *server, hn_worker *worker, const hn_request *request,
                       const hn_reply *reply, double seconds) {
    if (!server->options.access_log) return;
    char path[200];
    hn_copy_text(path, sizeof path, request->path);
    for (char *c = path; *c != 0; c++)
        if (iscntrl((unsigned char)*c)) *c = '?';
    hn_say(&worker->ctx, HONE_LOG_INFO, "%.16s %s %d %zu bytes %.0f us", request->method, path,
           reply->code, reply->body.length, seconds * 1e6);
}

static const char *refusal(int code) {
    switch (code) {
    case 401: return "a token is needed: send 'Authorization: Bearer TOKEN'";
    case 413: return "the body is larger than the server takes (--max-body)";
    default: return "out of memory; try again";
    }
}

static enum MHD_Result answer(hn_server *server, struct MHD_Connection *connection, hn_exchange *x,
                              const hn_request *request) {
    hn_worker *worker = x->worker;
    double ready = hn_seconds();
    hn_reply reply = {.type = "application/json", .route = HN_ROUTE_OTHER};
    hn_str_init(&reply.body, &worker->ctx, &x->arena);
    if (x->refused != 0)
        hn_reply_error(&reply, x->refused, refusal(x->refused));
    else
        hn_route(server, worker, request, &reply);
    enum MHD_Result result = send_reply(server, connection, &reply);
    double seconds = hn_seconds() - ready;
    hn_meter_request(&worker->meter, reply.route, reply.code, seconds);
    log_access(server, worker, request, &reply, seconds);
    return result;
}

/* ---- who may --------------------------------------------------------------------------------- */

/* Compared whole, so that the time it takes tells nothing of the token. */
static bool is_token(const hn_server *server, const char *given) {
    char padded[sizeof server->token] = {0};
    size_t length = strlen(given);
    if (length >= sizeof padded) return false;
    memcpy(padded, given, length);
    return sodium_memcmp(padded, server->token, sizeof padded) == 0;
}

/* Whether it is alive is told to everyone; and browsers ask without a token what they may ask. */
static bool is_allowed(const hn_server *server, struct MHD_Connection *connection,
                       const char *method, const char *path) {
    if (server->token[0] == 0) return true;
    if (strcmp(path, "/health") == 0 || strcmp(method, "OPTIONS") == 0) return true;
    const char *given = server->mhd.lookup_connection_value(connection, MHD_HEADER_KIND,
                                                            MHD_HTTP_HEADER_AUTHORIZATION);
    return given != NULL && strncasecmp(given, "Bearer ", 7) == 0 && is_token(server, given + 7);
}

/* ---- requests -------------------------------------------------------------------------------- */

static hn_exchange *take_exchange(hn_worker *worker) {
    hn_exchange *x = worker->idle;
    if (x != NULL) {
        worker->idle = x->next;
        worker->n_idle--;
    } else {
        x = calloc(1, sizeof *x);
        if (x == NULL) return NULL;
        x->worker = worker;
        hn_arena_init(&x->arena, worker->ctx.allocator);
    }
    return x;
}

void hn_exchange_free(hn_exchange *x) {
    while (x != NULL) {
        hn_exchange *next = x->next;
        hn_arena_done(&x->arena);
        free(x);
        x = next;
    }
}

static void give_back(hn_exchange *x) {
    hn_worker *worker = x->worker;
    hn_arena arena = x->arena;
    *x = (hn_exchange){.worker = worker, .arena = arena};
    if (worker->n_idle >= IDLE_MAX) {
        hn_exchange_free(x);
        return;
    }
    if (x->arena.total > IDLE_BYTES)
        hn_arena_done(&x->arena);
    else
        hn_arena_reset(&x->arena);
    x->next = worker->idle;
    worker->idle = x;
    worker->n_idle++;
}

/* Everything that the headers decide. *ret_now: the answer need not wait for the body. */
static hn_exchange *begin(hn_server *server, struct MHD_Connection *connection, const char *method,
                          const char *path, bool *ret_now) {
    hn_worker *worker = hn_server_worker(server);
    hn_exchange *x = worker != NULL ? take_exchange(worker) : NULL;
    if (x == NULL) return NULL;
    x->begun = hn_seconds();
    atomic_fetch_add_explicit(&worker->meter.in_flight, 1, memory_order_relaxed);
    const char *given = server->mhd.lookup_connection_value(connection, MHD_HEADER_KIND,
                                                            MHD_HTTP_HEADER_CONTENT_LENGTH);
    unsigned long long length = given != NULL ? strtoull(given, NULL, 10) : 0;
    x->declared = length;
    if (!is_allowed(server, connection, method, path))
        x->refused = 401;
    else if (length > (unsigned long long)server->options.max_body)
        x->refused = 413;
    /* A client that asked first has sent nothing yet. */
    *ret_now = x->refused != 0 &&
               (length > DROP_MAX || server->mhd.lookup_connection_value(
                                         connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_EXPECT));
    return x;
}

static bool make_room(hn_exchange *x, size_t length) {
    size_t needed = x->length + length + 1;
    if (needed <= x->capacity) return true;
    size_t capacity = x->capacity > 0 ? 2 * x->capacity : BODY_FIRST;
    if (capacity < needed) capacity = needed;
    char *grown = hn_arena_regrow(&x->arena, x->body, x->capacity, capacity);
    if (grown == NULL) return false;
    x->body = grown;
    x->capacity = capacity;
    return true;
}

/* Whether the client hung up before its body was whole. libmicrohttpd 0.9.75 misses it where the end
 * came together with the last bytes (its epoll is edge-triggered), and the connection would stay until
 * the time-out. Only asked where a body came in pieces. */
static bool has_left(hn_server *server, struct MHD_Connection *connection, const hn_exchange *x) {
    if (x->length + x->dropped >= x->declared) return false;
    const union MHD_ConnectionInfo *info =
        server->mhd.get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    char next;
    return info != NULL && recv(info->connect_fd, &next, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* MHD_NO closes the connection. */
static enum MHD_Result add_to_body(hn_server *server, hn_exchange *x, const char *bytes,
                                   size_t length) {
    if (hn_seconds() - x->begun > PATIENCE * server->options.timeout) return MHD_NO;
    size_t most = (size_t)server->options.max_body;
    if (x->refused == 0 && length > most - x->length) x->refused = 413;
    if (x->refused == 0 && !make_room(x, length)) x->refused = 503;
    if (x->refused != 0) {
        x->dropped += length;
        return x->dropped <= DROP_MAX ? MHD_YES : MHD_NO;
    }
    memcpy(x->body + x->length, bytes, length);
    x->length += length;
    x->body[x->length] = 0;
    return MHD_YES;
}

enum MHD_Result hn_exchange_step(void *arg, struct MHD_Connection *connection, const char *url,
                                 const char *method, const char *version, const char *upload,
                                 size_t *upload_size, void **req) {
    (void)version;
    hn_server *server = arg;
    hn_exchange *x = *req;
    if (x == NULL) {
        bool now = false;
        *req = x = begin(server, connection, method, url, &now);
        if (x == NULL) return MHD_NO;
        if (!now) return MHD_YES;
    } else if (*upload_size > 0) {
        size_t length = *upload_size;
        *upload_size = 0;
        if (add_to_body(server, x, upload, length) == MHD_NO) return MHD_NO;
        return has_left(server, connection, x) ? MHD_NO : MHD_YES;
    }
    hn_request request = {.method = method,
                          .path = url,
                          .body = x->body != NULL ? x->body : "",
                          .body_length = x->length};
    return answer(server, connection, x, &request);
}

void hn_exchange_end(void *arg, struct MHD_Connection *connection, void **req,
                     enum MHD_RequestTerminationCode code) {
    (void)connection;
    (void)code;
    hn_server *server = arg;
    hn_exchange *x = *req;
    if (x == NULL) return;
    *req = NULL;
    atomic_fetch_sub_explicit(&x->worker->meter.in_flight, 1, memory_order_relaxed);
    if (atomic_load_explicit(&server->stopping, memory_order_relaxed))
        atomic_store(&server->last_request_ms, hn_now_ms());
    give_back(x);
}
