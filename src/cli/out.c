/* out.c - standard output and standard error: written whole, interrupted calls taken up again. */
#include "cli/print.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* 0, or errno. */
static int write_whole(int fd, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t n = write(fd, bytes, length);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        bytes += n;
        length -= (size_t)n;
    }
    return 0;
}

void hn_err_put(const char *text) {
    hn_bar_clear();
    (void)write_whole(STDERR_FILENO, text, strlen(text));
}

/* Whoever read us has gone away ("hone kinds | head"): end as programs do that don't catch SIGPIPE. */
static void end_quietly(void) {
    hn_outfile_abandon_all();
    signal(SIGPIPE, SIG_DFL);
    raise(SIGPIPE);
    _exit(4);
}

hone_status hn_out_flush(hn_cli *cli) {
    HN_TRY(hn_str_status(&cli->out));
    if (cli->out.length == 0) return HONE_OK;
    hn_bar_clear();
    int failed = write_whole(STDOUT_FILENO, cli->out.text, cli->out.length);
    hn_str_clear(&cli->out);
    if (failed == EPIPE) end_quietly();
    if (failed == 0) return HONE_OK;
    return hn_fail_at(cli->ctx, HONE_ERROR_IO, HN_AT(.file = "standard output"),
                      "standard output cannot be written: %s; write to another place",
                      strerror(failed));
}

hone_status hn_out_json(hn_cli *cli, const hn_json_mut *value, bool pretty) {
    HN_SCRATCH(cli->ctx);
    char *text;
    size_t length;
    HN_TRY(hn_json_write(cli->ctx, cli->ctx->scratch, value, pretty, &text, &length));
    hn_str_put_n(&cli->out, text, length);
    hn_str_put_c(&cli->out, '\n');
    return hn_str_status(&cli->out);
}

/* ---- failures ------------------------------------------------------------------------------- */

static void put_member(hn_str *str, const char *key, const char *text) {
    hn_str_printf(str, ",\"%s\":", key);
    if (text[0])
        hn_json_put_string(str, text, strlen(text));
    else
        hn_str_put(str, "null");
}

static void put_error_object(hn_str *str, hone_status status, const hone_error *error) {
    hn_str_printf(str, "{\"error\":{\"code\":\"%s\"", hone_status_name(status));
    put_member(str, "message", error->message);
    put_member(str, "param", error->param);
    put_member(str, "file", error->file);
    if (error->row >= 0)
        hn_str_printf(str, ",\"row\":%lld", (long long)error->row);
    else
        hn_str_put(str, ",\"row\":null");
    put_member(str, "column", error->column);
    hn_str_put(str, "}}\n");
}

/* "hone train: error: ...", whether or not the message names the verb itself. */
static void put_message(hn_cli *cli, hn_str *str, hone_status status, const hone_error *error) {
    const char *message = error->message;
    size_t owner = strncmp(message, "hone", 4) == 0 ? strcspn(message, ":") : 0;
    if (message[owner] == ':') {
        hn_str_put_n(str, message, owner);
        message += owner + 1 + (message[owner + 1] == ' ');
    } else {
        hn_str_printf(str, "hone%s%s", cli->verb ? " " : "", cli->verb ? cli->verb->name : "");
    }
    bool colour = cli->err_colour;
    hn_str_printf(str, ": %serror:%s %s\n", colour ? hn_style_code(HN_RED) : "",
                  colour ? hn_style_code(HN_PLAIN) : "", message);
    if (status == HONE_ERROR_INTERNAL)
        hn_str_put(str,
                   "This is a defect in hone: please report it with the command that showed it.\n");
}

void hn_out_failure(hn_cli *cli, hone_status status, bool json) {
    hone_error error = *hone_ctx_error(cli->ctx);
    HN_SCRATCH(cli->ctx);
    hn_str str;
    hn_str_init(&str, cli->ctx, cli->ctx->scratch);
    put_message(cli, &str, status, &error);
    /* Even where no memory is left, something is said. */
    hn_err_put(hn_str_status(&str) == HONE_OK ? str.text : "hone: error: out of memory\n");
    if (!json) return;
    hn_str_clear(&str);
    put_error_object(&str, status, &error);
    const char *text = hn_str_status(&str) == HONE_OK
                           ? str.text
                           : "{\"error\":{\"code\":\"memory\",\"message\":\"out of memory\","
                             "\"param\":null,\"file\":null,\"row\":null,\"column\":null}}\n";
    (void)write_whole(STDOUT_FILENO, text, strlen(text));
}
