/* native.c - what bench/run measures without Python in between; prints one JSON object.
 *
 *     native row MODEL ROWS.ndjson SECONDS     hone_predict_json, one row a call, one thread
 *     native batch MODEL TABLE RUNS THREADS    hone_predict on a whole table in memory
 *     native start RUNS COMMAND...             processes, from spawn to exit; answers go to /dev/null
 */
#include "hone.h"
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void die(const char *what, const char *why) {
    fprintf(stderr, "native: %s: %s\n", what, why);
    exit(1);
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median, 99th percentile and peak memory of this process or of those it started. */
static void report(double *seconds, size_t n, int who) {
    struct rusage used;
    getrusage(who, &used);
    qsort(seconds, n, sizeof *seconds, ascending);
    printf("{\"median\": %.9g, \"p99\": %.9g, \"calls\": %zu, \"peak\": %.4g}\n", seconds[n / 2],
           seconds[(size_t)(0.99 * (double)(n - 1))], n, (double)used.ru_maxrss / 1024);
}

static hone_ctx *open_model(const char *path, int threads, hone_model **ret_model) {
    hone_ctx *ctx = hone_ctx_new(&(hone_ctx_options){.threads = threads});
    if (ctx == NULL) die(path, "out of memory");
    if (hone_model_load(ctx, path, ret_model) != HONE_OK) die(path, hone_ctx_error(ctx)->message);
    return ctx;
}

enum { MAX_ROWS = 1000, MAX_CALLS = 10000000 };

static size_t read_lines(const char *path, char *lines[MAX_ROWS]) {
    FILE *file = fopen(path, "r");
    if (file == NULL) die(path, "cannot open");
    size_t n = 0, size = 0;
    while (n < MAX_ROWS && (lines[n] = NULL, getline(&lines[n], &size, file)) > 0) n++, size = 0;
    fclose(file);
    if (n == 0) die(path, "no rows");
    return n;
}

static void row(char **args) {
    hone_model *model;
    hone_ctx *ctx = open_model(args[0], 1, &model);
    char *lines[MAX_ROWS];
    size_t n_lines = read_lines(args[1], lines), n = 0;
    double *seconds = malloc(MAX_CALLS * sizeof *seconds), end = now() + atof(args[2]);
    if (seconds == NULL) die("row", "out of memory");
    for (size_t i = 0; n < MAX_CALLS && (n == 0 || now() < end); i++) {
        char *answer, *line = lines[i % n_lines];
        double start = now();
        if (hone_predict_json(ctx, model, line, -1, &answer) != HONE_OK)
            die(line, hone_ctx_error(ctx)->message);
        hone_string_free(ctx, answer);
        if (i >= n_lines) seconds[n++] = now() - start; /* after one warm round */
    }
    report(seconds, n, RUSAGE_SELF);
}

static void batch(char **args) {
    hone_model *model;
    hone_ctx *ctx = open_model(args[0], atoi(args[3]), &model);
    hone_table *rows, *answers;
    if (hone_table_read(ctx, args[1], NULL, &rows) != HONE_OK)
        die(args[1], hone_ctx_error(ctx)->message);
    size_t runs = (size_t)atoi(args[2]);
    double *seconds = calloc(runs, sizeof *seconds);
    if (seconds == NULL) die("batch", "out of memory");
    for (size_t i = 0; i <= runs; i++) { /* the first one warms up */
        double start = now();
        if (hone_predict(ctx, model, rows, &answers) != HONE_OK)
            die(args[1], hone_ctx_error(ctx)->message);
        if (i > 0) seconds[i - 1] = now() - start;
        hone_table_free(ctx, answers);
    }
    report(seconds, runs, RUSAGE_SELF);
}

static void start(char **args) {
    size_t runs = (size_t)atoi(args[0]);
    double *seconds = calloc(runs, sizeof *seconds);
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    if (seconds == NULL) die("start", "out of memory");
    for (size_t i = 0; i <= runs; i++) {
        pid_t child;
        int status;
        double begin = now();
        if (posix_spawnp(&child, args[1], &quiet, NULL, args + 1, environ) != 0)
            die(args[1], "cannot start");
        waitpid(child, &status, 0);
        if (status != 0) die(args[1], "failed");
        if (i > 0) seconds[i - 1] = now() - begin;
    }
    report(seconds, runs, RUSAGE_CHILDREN);
}

int main(int n, char **args) {
    if (n == 5 && strcmp(args[1], "row") == 0)
        row(args + 2);
    else if (n == 6 && strcmp(args[1], "batch") == 0)
        batch(args + 2);
    else if (n >= 4 && strcmp(args[1], "start") == 0)
        start(args + 2);
    else
        die("usage", "native row|batch|start ...");
    return 0;
}
