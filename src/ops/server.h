/* server.h - what serve.c and http.c (life), exchange.c (requests) and routes.c (answers) share. */
#ifndef HN_OPS_SERVER_H
#define HN_OPS_SERVER_H

#include "ops/meter.h"
#include "ops/mhd.h"
#include "ops/serve.h"
#include "ops/shelf.h"

typedef struct hn_exchange hn_exchange;

/* One thread of the pool. */
typedef struct hn_worker {
    hone_ctx ctx;
    hn_meter meter;
    hn_exchange *idle; /* done with, kept for the next requests */
    int n_idle;
    struct hn_worker *next;
} hn_worker;

struct hn_server {
    hone_ctx *ctx; /* the starter's */
    hn_serve_options options;
    char token[256]; /* "" : none needed */
    char url[128];
    hn_shelf shelf;
    hn_mhd mhd;
    struct MHD_Daemon *daemon;
    int listener;
    pthread_key_t worker; /* each thread's hn_worker */
    pthread_mutex_t workers_lock;
    hn_worker *workers;
    pthread_t watcher;
    bool watching;
    atomic_bool stopping;
    atomic_llong last_request_ms; /* monotonic: when a request last came in or went out */
    double started;
};

/* A request as routes see it, and what they answer. */
typedef struct hn_request {
    const char *method;
    const char *path;
    const char *body;
    size_t body_length;
} hn_request;

typedef struct hn_reply {
    int code;
    const char *type;
    const char *allow; /* methods, for 405 */
    hn_str body;
    hn_meter_route route;
} hn_reply;

/* The calling thread's worker; NULL where memory is out. */
hn_worker *hn_server_worker(hn_server *server);

/* routes.c: fills reply, whose body's arena is in place. Never fails: a failure is an answer. */
void hn_route(hn_server *server, hn_worker *worker, const hn_request *request, hn_reply *reply);
/* {"error": message, "status": "error"} with a status code. */
void hn_reply_error(hn_reply *reply, int code, const char *message);

/* http.c */
hone_status hn_http_start(hn_server *server) HONE_MUST_CHECK;
/* Stops accepting, waits for what is under way, closes. */
void hn_http_stop(hn_server *server);

/* exchange.c: libmicrohttpd's callbacks, arg is the hn_server. step is called when the headers are
 * there, then for each piece of the body, then once more; end when the reply is sent or the connection
 * gone. */
enum MHD_Result hn_exchange_step(void *arg, struct MHD_Connection *connection, const char *url,
                                 const char *method, const char *version, const char *upload,
                                 size_t *upload_size, void **req);
void hn_exchange_end(void *arg, struct MHD_Connection *connection, void **req,
                     enum MHD_RequestTerminationCode code);
/* Frees a list of idle ones. */
void hn_exchange_free(hn_exchange *exchange);

/* Monotonic clock. */
long long hn_now_ms(void);

#endif
