/* serve.h - models over HTTP.
 *
 *     POST /predict                      the first model
 *     POST /v1/models/NAME/predict       the model of that name
 *     GET  /v1/models, /v1/models/NAME   what is served, and everything about one
 *     GET  /health  /metrics  /openapi.json
 *
 * A body is one row (an object by column name, or {"features": [...]}) or a list of rows; answers are
 * {"prediction", "probability", "probabilities", "status": "success"}, for a list {"predictions": [...],
 * "status": "success"}. What is wrong with a request comes back as {"error", "column", "status": "error"}.
 *
 * Each thread of the pool has its own ctx with one compute thread; a request allocates nothing that the
 * one before did not leave behind, but for what the HTTP library itself takes. */
#ifndef HN_OPS_SERVE_H
#define HN_OPS_SERVE_H

#include "spec/param.h"

typedef struct hn_serve_options {
    hn_texts models; /* files, or folders of *.hone */
    const char *host;
    int64_t port;
    int64_t pool; /* 0: one thread per processor */
    int64_t max_body;
    double timeout;
    double drain;
    bool reload;
    const char *token;
    const char *token_file;
    const char *cors;
    bool access_log;
} hn_serve_options;
extern const hn_params hn_serve_params;

typedef struct hn_server hn_server;

/* Load the models, listen, answer. Beyond loopback a token is needed (HONE_ERROR_USAGE says so); it may
 * also stand in the environment as HONE_TOKEN. The ctx is kept for logging and must outlive the server. */
hone_status hn_server_start(hone_ctx *ctx, const hn_serve_options *options,
                            hn_server **ret_server) HONE_MUST_CHECK;
/* Where it listens: "http://127.0.0.1:8080". */
const char *hn_server_url(const hn_server *server);
/* How many models it serves. */
int64_t hn_server_models(hn_server *server);
/* Sleeps until the ctx is cancelled, then returns HONE_OK. */
hone_status hn_server_wait(hone_ctx *ctx, hn_server *server);
/* Accepts no more, answers all that is under way (for options.drain seconds at most), frees. Takes NULL. */
void hn_server_stop(hn_server *server);

#endif
