/* verb_serve.c - models over HTTP until a signal says stop. */
#include "cli/print.h"
#include "ops/serve.h"
#include <string.h>

static hone_status say_started(hn_cli *cli, const hn_server *server, int64_t models) {
    if (cli->common.json) {
        hn_str_put(&cli->out, "{\"url\":");
        hn_json_put_string(&cli->out, hn_server_url(server), strlen(hn_server_url(server)));
        hn_str_printf(&cli->out, ",\"models\":%lld}\n", (long long)models);
    } else if (!cli->common.quiet) {
        hn_str_printf(&cli->out, "serving %lld model%s at ", (long long)models,
                      models == 1 ? "" : "s");
        hn_put_styled(cli, HN_BOLD, hn_server_url(server));
        hn_str_put(&cli->out, "; Ctrl-C stops\n");
    }
    return hn_out_flush(cli);
}

static hone_status run(hn_cli *cli, const void *values) {
    hn_server *server;
    HN_TRY(hn_server_start(cli->ctx, values, &server));
    hone_status status = say_started(cli, server, hn_server_models(server));
    if (status == HONE_OK) status = hn_server_wait(cli->ctx, server);
    hn_server_stop(server);
    return status;
}

const hn_verb hn_verb_serve = {
    .name = "serve",
    .summary = "answer over HTTP with one or many models",
    .doc = "POST /predict takes one row or a list of rows as JSON; /v1/models/NAME/predict asks "
           "one of many "
           "models. GET /health, /metrics (Prometheus), /openapi.json and /v1/models say how it is "
           "and what it "
           "does. A model file that changes is loaded anew. SIGTERM and Ctrl-C stop it when all "
           "requests under "
           "way are answered.",
    .example =
        "hone serve churn.hone --port 8080\n"
        "curl -d '{\"tenure\": 3, \"Contract\": \"Month-to-month\"}' http://127.0.0.1:8080/predict",
    .params = &hn_serve_params,
    .exits = {[0] = "done: stopped by a signal, every request answered",
              [4] = "something failed: the port is taken, out of memory"},
    .stays = true,
    .run = run,
};
