/* routes.c - from a path to an answer. */
#include "base/os.h"
#include "flow/score.h"
#include "ops/openapi.h"
#include "ops/server.h"
#include <string.h>

void hn_reply_error(hn_reply *reply, int code, const char *message) {
    reply->code = code;
    hn_str_clear(&reply->body);
    hn_str_put(&reply->body, "{\"error\":");
    hn_json_put_string(&reply->body, message, strlen(message));
    hn_str_put(&reply->body, ",\"status\":\"error\"}");
}

/* What the ctx says went wrong. Faults of the request are told in full; others only by their sort. */
static void fail_with(hn_worker *worker, hn_reply *reply, hone_status status) {
    const hone_error *error = &worker->ctx.error;
    bool theirs = status == HONE_ERROR_DATA || status == HONE_ERROR_USAGE;
    if (!theirs) {
        hn_say(&worker->ctx, HONE_LOG_ERROR, "predict: %s", error->message);
        hn_reply_error(reply, status == HONE_ERROR_MEMORY ? 503 : 500,
                       status == HONE_ERROR_MEMORY ? "out of memory; try again"
                                                   : "the server failed; its log says why");
        return;
    }
    reply->code = 400;
    hn_str_clear(&reply->body);
    hn_str_put(&reply->body, "{\"error\":");
    hn_json_put_string(&reply->body, error->message, strlen(error->message));
    if (error->column[0] != 0) {
        hn_str_put(&reply->body, ",\"column\":");
        hn_json_put_string(&reply->body, error->column, strlen(error->column));
    }
    /* Where JSON itself is broken, it is the line of the body. */
    const char *unit = error->file[0] != 0 ? "line" : "row";
    if (error->row >= 0) hn_str_printf(&reply->body, ",\"%s\":%lld", unit, (long long)error->row);
    hn_str_put(&reply->body, ",\"status\":\"error\"}");
}

/* ---- handlers -------------------------------------------------------------------------------- */

typedef struct route_args {
    hn_server *server;
    hn_worker *worker;
    const hn_request *request;
    const char *name; /* of the model, in the path; NULL: the first */
    size_t name_length;
} route_args;

static hn_served *take(const route_args *a, hn_reply *reply) {
    hn_served *served = hn_shelf_take(&a->server->shelf, a->name, a->name_length);
    if (served == NULL)
        hn_reply_error(reply, 404, "there is no model of that name; GET /v1/models lists them");
    return served;
}

static hone_status predict_rows(const route_args *a, const hone_model *model, hn_reply *reply) {
    int64_t rows;
    HN_TRY(hn_predict_json(&a->worker->ctx, model, a->request->body, a->request->body_length,
                           &reply->body, true, &rows));
    atomic_fetch_add_explicit(&a->worker->meter.rows, rows, memory_order_relaxed);
    return HONE_OK;
}

static void predict(const route_args *a, hn_reply *reply) {
    reply->route = HN_ROUTE_PREDICT;
    hn_served *served = take(a, reply);
    if (served == NULL) return;
    hone_status status = predict_rows(a, served->model, reply);
    if (status != HONE_OK) fail_with(a->worker, reply, status);
    hn_served_release(served);
}

static void describe(const route_args *a, hn_reply *reply) {
    reply->route = HN_ROUTE_MODELS;
    hn_served *served = take(a, reply);
    if (served == NULL) return;
    hn_str_put(&reply->body, served->describe);
    hn_served_release(served);
}

static void list(const route_args *a, hn_reply *reply) {
    reply->route = HN_ROUTE_MODELS;
    hn_str_put(&reply->body, "{\"models\":");
    hn_shelf_list(&a->server->shelf, &reply->body);
    hn_str_put_c(&reply->body, '}');
}

static void health(const route_args *a, hn_reply *reply) {
    bool stopping = atomic_load(&a->server->stopping);
    if (stopping) reply->code = 503;
    hn_str_printf(&reply->body, "{\"status\":\"%s\",\"version\":\"%s\",\"models\":",
                  stopping ? "stopping" : "healthy", HONE_VERSION);
    hn_shelf_list(&a->server->shelf, &reply->body);
    hn_str_put_c(&reply->body, '}');
}

static void metrics(const route_args *a, hn_reply *reply) {
    hn_meter sum = {0};
    pthread_mutex_lock(&a->server->workers_lock);
    for (hn_worker *worker = a->server->workers; worker != NULL; worker = worker->next)
        hn_meter_add(&sum, &worker->meter);
    pthread_mutex_unlock(&a->server->workers_lock);
    reply->type = "text/plain; version=0.0.4";
    hn_meter_write(&sum, &reply->body);
    hn_str_printf(
        &reply->body,
        "# HELP hone_models_reloaded_total Models replaced because their file changed.\n"
        "# TYPE hone_models_reloaded_total counter\nhone_models_reloaded_total %lld\n"
        "# HELP hone_model_load_failures_total Files that changed and could not be loaded.\n"
        "# TYPE hone_model_load_failures_total counter\nhone_model_load_failures_total %lld\n"
        "# HELP hone_uptime_seconds Time since the server started.\n# TYPE hone_uptime_seconds "
        "gauge\n"
        "hone_uptime_seconds %.3f\n",
        (long long)atomic_load(&a->server->shelf.reloads),
        (long long)atomic_load(&a->server->shelf.reload_failures),
        hn_seconds() - a->server->started);
}

static void openapi(const route_args *a, hn_reply *reply) {
    hone_status status = hn_openapi_write(&a->worker->ctx, &a->server->shelf, &reply->body);
    if (status != HONE_OK) fail_with(a->worker, reply, status);
}

static void home(const route_args *a, hn_reply *reply) {
    (void)a;
    hn_str_put(&reply->body, "{\"hone\":\"" HONE_VERSION
                             "\",\"predict\":\"POST /predict\",\"models\":\"GET /v1/models\","
                             "\"describe\":\"GET /openapi.json\",\"health\":\"GET "
                             "/health\",\"metrics\":\"GET /metrics\"}");
}

/* ---- the table ------------------------------------------------------------------------------- */

typedef struct route {
    const char *path; /* "*" stands for a model's name */
    bool post;
    void (*answer)(const route_args *a, hn_reply *reply);
} route;

static const route routes[] = {
    {"/predict", true, predict},       {"/v1/models/*/predict", true, predict},
    {"/v1/models/*", false, describe}, {"/v1/models", false, list},
    {"/health", false, health},        {"/metrics", false, metrics},
    {"/openapi.json", false, openapi}, {"/", false, home},
};

static bool matches(const char *pattern, const char *path, route_args *a) {
    const char *star = strchr(pattern, '*');
    if (star == NULL) return strcmp(pattern, path) == 0;
    size_t prefix = (size_t)(star - pattern);
    if (strncmp(pattern, path, prefix) != 0) return false;
    const char *name = path + prefix, *end = strchrnul(name, '/');
    if (end == name || strcmp(end, star + 1) != 0) return false;
    a->name = name;
    a->name_length = (size_t)(end - name);
    return true;
}

void hn_route(hn_server *server, hn_worker *worker, const hn_request *request, hn_reply *reply) {
    route_args a = {.server = server, .worker = worker, .request = request};
    bool head = strcmp(request->method, "HEAD") == 0;
    reply->code = 200;
    reply->type = "application/json";
    reply->route = HN_ROUTE_OTHER;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (!matches(routes[i].path, request->path, &a)) continue;
        reply->allow = routes[i].post ? "POST, OPTIONS" : "GET, HEAD, OPTIONS";
        if (strcmp(request->method, "OPTIONS") == 0)
            reply->code = 204;
        else if (strcmp(request->method, routes[i].post ? "POST" : "GET") == 0 ||
                 (head && !routes[i].post))
            routes[i].answer(&a, reply);
        else
            hn_reply_error(reply, 405,
                           routes[i].post ? "this path takes POST" : "this path takes GET");
        return;
    }
    hn_reply_error(reply, 404, "there is nothing at this path; GET / lists what there is");
}
