/* The server inside one process: client threads hammer it while models are replaced under it. Worth most
 * under the thread sanitizer. */
#include "support.h"

#include "ops/serve.h"
#include "unit/ops/small_model.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS = 4, REQUESTS = 150, RELOADS = 3 };

static const char request[] = "POST /v1/models/m/predict HTTP/1.1\r\nHost: x\r\n"
                              "Content-Length: %zu\r\n\r\n" SMALL_ROW;

/* A connection to "http://127.0.0.1:PORT". */
static int connect_to(const char *url) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)atoi(strrchr(url, ':') + 1)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval patience = {.tv_sec = 20};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
    close(fd);
    return -1;
}

/* Sends text, reads one answer with a Content-Length into buffer; its status code, or -1. */
static int ask(int fd, const char *text, char *buffer, size_t size) {
    size_t have = 0, whole = 0;
    if (send(fd, text, strlen(text), MSG_NOSIGNAL) != (ssize_t)strlen(text)) return -1;
    while (whole == 0 || have < whole) {
        ssize_t n = recv(fd, buffer + have, size - 1 - have, 0);
        if (n <= 0) return -1;
        have += (size_t)n;
        buffer[have] = 0;
        const char *end = strstr(buffer, "\r\n\r\n"), *length = strstr(buffer, "Content-Length: ");
        if (end != NULL && length != NULL)
            whole = (size_t)(end + 4 - buffer) + strtoul(length + 16, NULL, 10);
    }
    return atoi(buffer + 9);
}

typedef struct client {
    pthread_t thread;
    const char *url;
    int good;
} client;

static void *run_client(void *arg) {
    client *c = arg;
    char text[512], got[4096];
    snprintf(text, sizeof text, request, sizeof SMALL_ROW - 1);
    int fd = connect_to(c->url);
    for (int i = 0; fd >= 0 && i < REQUESTS; i++) {
        int code = ask(fd, text, got, sizeof got);
        if (code < 0) break;
        c->good += code == 200 && strstr(got, "\"status\":\"success\"") != NULL;
        if (i % 50 == 0) (void)ask(fd, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", got, sizeof got);
        if (i % 50 == 1) (void)ask(fd, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n", got, sizeof got);
    }
    if (fd >= 0) close(fd);
    return NULL;
}

typedef struct stage {
    hone_ctx *ctx;
    char *dir;
    hone_model *models[2];
    hn_server *server;
} stage;

static hn_serve_options options_for(stage *s, const char **paths) {
    paths[0] = s->dir;
    return (hn_serve_options){.models = {.items = paths, .n = 1},
                              .host = "127.0.0.1",
                              .pool = 2,
                              .max_body = 1 << 20,
                              .timeout = 20,
                              .drain = 10,
                              .reload = true};
}

static void set_up(stage *s, const char **paths) {
    s->ctx = test_ctx(1);
    s->dir = test_make_dir();
    for (int i = 0; i < 2; i++)
        assert_ok(s->ctx,
                  small_model(s->ctx, "", "gbdt: {n_estimators: 10}", i == 1, &s->models[i]));
    assert_ok(s->ctx, hone_model_save(s->ctx, s->models[0], test_join(s->dir, "m.hone")));
    hn_serve_options options = options_for(s, paths);
    assert_ok(s->ctx, hn_server_start(s->ctx, &options, &s->server));
}

static void tear_down(stage *s) {
    hn_server_stop(s->server);
    hone_model_free(s->models[0]);
    hone_model_free(s->models[1]);
    test_remove_dir(s->dir);
    hone_ctx_free(s->ctx);
}

static void test_reloads_under_load(void **state) {
    (void)state;
    const char *paths[1];
    stage s;
    set_up(&s, paths);
    client clients[CLIENTS];
    for (int i = 0; i < RELOADS; i++) {
        for (int k = 0; k < CLIENTS; k++) {
            clients[k] = (client){.url = hn_server_url(s.server)};
            assert_int_equal(pthread_create(&clients[k].thread, NULL, run_client, &clients[k]), 0);
        }
        const char *path = test_join(s.dir, "m.hone");
        assert_ok(s.ctx, hone_model_save(s.ctx, s.models[(i + 1) % 2], path));
        if (i == 1) path = test_join(s.dir, "n.hone");
        if (i == 1) assert_ok(s.ctx, hone_model_save(s.ctx, s.models[0], path));
        nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 200000000}, NULL);
        for (int k = 0; k < CLIENTS; k++) pthread_join(clients[k].thread, NULL);
        for (int k = 0; k < CLIENTS; k++) assert_int_equal(clients[k].good, REQUESTS);
    }
    assert_int_equal(hn_server_models(s.server), 2);
    tear_down(&s);
}

/* Stopping while clients ask: each of them either gets whole answers or finds the door closed. */
static void test_stop_under_load(void **state) {
    (void)state;
    const char *paths[1];
    stage s;
    set_up(&s, paths);
    client clients[CLIENTS];
    char url[128];
    snprintf(url, sizeof url, "%s", hn_server_url(s.server));
    for (int k = 0; k < CLIENTS; k++) {
        clients[k] = (client){.url = url};
        assert_int_equal(pthread_create(&clients[k].thread, NULL, run_client, &clients[k]), 0);
    }
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    hn_server_stop(s.server);
    s.server = NULL;
    for (int k = 0; k < CLIENTS; k++) pthread_join(clients[k].thread, NULL);
    assert_int_equal(connect_to(url), -1);
    tear_down(&s);
}

/* Whatever fails at the start, nothing stays open. */
static void test_failing_starts(void **state) {
    (void)state;
    const char *paths[1];
    stage s;
    set_up(&s, paths);
    hn_server *other = NULL;
    hn_serve_options options = options_for(&s, paths);
    options.port = atoi(strrchr(hn_server_url(s.server), ':') + 1);
    assert_status(s.ctx, hn_server_start(s.ctx, &options, &other), HONE_ERROR_IO);
    assert_message(s.ctx, "--port");
    options = options_for(&s, paths);
    options.host = "0.0.0.0";
    assert_status(s.ctx, hn_server_start(s.ctx, &options, &other), HONE_ERROR_USAGE);
    options = options_for(&s, paths);
    options.token = "short";
    assert_status(s.ctx, hn_server_start(s.ctx, &options, &other), HONE_ERROR_USAGE);
    options = options_for(&s, paths);
    options.models.n = 0;
    assert_status(s.ctx, hn_server_start(s.ctx, &options, &other), HONE_ERROR_USAGE);
    paths[0] = "/none.hone";
    options = options_for(&s, paths);
    paths[0] = "/none.hone";
    assert_status(s.ctx, hn_server_start(s.ctx, &options, &other), HONE_ERROR_IO);
    assert_null(other);
    tear_down(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reloads_under_load),
        cmocka_unit_test(test_stop_under_load),
        cmocka_unit_test(test_failing_starts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
