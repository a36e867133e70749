/* main.c - the program: which verb, its flags, its exit code; signals and the terminal. */
#include "cli/cli.h"
#include "cli/print.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ---- signals -------------------------------------------------------------------------------- */

static hone_ctx *volatile running; /* what the first Ctrl-C asks to stop */
static volatile sig_atomic_t signals_seen;

/* The first signal asks the library to stop, which takes it milliseconds and leaves nothing behind.
 * The second dies at once, but for the temporary files. */
static void on_signal(int number) {
    if (signals_seen++ == 0 && running) {
        hone_ctx_cancel(running);
        return;
    }
    hn_outfile_abandon_all();
    signal(number, SIG_DFL);
    raise(number);
}

/* A page of a mapped file that the system cannot bring or keep: nothing can go on. */
static void on_lost_page(int number) {
    static const char text[] =
        "hone: error: a page of a mapped file is lost: the disk is full or failing, or a file "
        "was cut while it was read; make room where TMPDIR points to, then try again\n";
    (void)number;
    hn_outfile_abandon_all();
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0) _exit(EXIT_FAILURE);
    _exit(hn_exit_code(HONE_ERROR_IO));
}

static void catch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction old;
        /* Under nohup a signal is ignored, and stays so. */
        if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
    }
    signal(SIGBUS, on_lost_page);
    /* Writing to a closed pipe fails where it is written, with a name, not from behind. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file too large is an error to tell, not a reason to die */
}

/* ---- standard files ------------------------------------------------------------------------- */

/* A standard file that is closed would lend its number to the next file opened, a model say, and messages
 * would be written into that. So something stands there that can't be used. */
static void hold_standard_files(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
        if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd) return;
    }
}

/* ---- the terminal --------------------------------------------------------------------------- */

static bool is_set(const char *variable) {
    const char *value = getenv(variable);
    return value && *value;
}

static bool says_utf8(void) {
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        if (!is_set(variables[i])) continue;
        const char *value = getenv(variables[i]);
        return strstr(value, "UTF-8") || strstr(value, "utf8") || strstr(value, "UTF8") ||
               strstr(value, "utf-8");
    }
    return false;
}

static int terminal_width(void) {
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    int width = columns ? atoi(columns) : 0;
    if (width <= 0 && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0) width = size.ws_col;
    if (width <= 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) width = size.ws_col;
    return width >= 40 ? width : 80;
}

static void look_at_terminal(hn_cli *cli) {
    cli->out_terminal = hn_is_terminal(STDOUT_FILENO);
    cli->err_terminal = hn_is_terminal(STDERR_FILENO);
    const char *term = getenv("TERM");
    bool colours = !is_set("NO_COLOR") && term && strcmp(term, "dumb") != 0;
    cli->out_colour = colours && cli->out_terminal;
    cli->err_colour = colours && cli->err_terminal;
    cli->unicode = says_utf8();
    cli->width = terminal_width();
}

/* ---- running -------------------------------------------------------------------------------- */

static hone_status apply_common(hn_cli *cli) {
    hone_ctx *ctx = cli->ctx;
    if (cli->common.threads > 0) ctx->threads = (int)cli->common.threads;
    ctx->seed = (uint64_t)cli->common.seed;
    return cli->common.memory > 0 ? hn_ctx_limit_memory(ctx, (size_t)cli->common.memory) : HONE_OK;
}

static hone_status run_verb(hn_cli *cli, const hn_verb *verb, int count, char **words) {
    cli->verb = verb;
    bool json = hn_args_have(count, words, "--json", 0);
    if (hn_args_have(count, words, "--help", 'h')) {
        bool said = false;
        cli->common.json = json;
        if (verb->help_on != NULL && words[0][0] != '-')
            HN_TRY(verb->help_on(cli, words[0], &said));
        return said ? HONE_OK : hn_help_verb(cli, verb, json);
    }
    if (!verb->run) return hn_help_unknown_verb(cli, verb, count > 0 ? words[0] : NULL);
    HN_TRY(hn_args_tables(cli, verb));
    HN_TRY(hn_args_parse(cli, count, words));
    HN_TRY(apply_common(cli));
    return verb->run(cli, cli->flags[0].values);
}

static hone_status run_words(hn_cli *cli, int count, char **words) {
    const char *first = count > 0 ? words[0] : "--help";
    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0)
        return hn_help_program(cli, hn_args_have(count, words, "--json", 0));
    if (strcmp(first, "--version") == 0 || strcmp(first, "-V") == 0)
        return run_verb(cli, hn_verb_find("version"), count - 1, words + 1);
    int taken = 0;
    const hn_verb *verb = hn_verb_of_words(count, (const char *const *)words, &taken);
    if (!verb) return hn_help_unknown_verb(cli, NULL, first);
    return run_verb(cli, verb, count - taken, words + taken);
}

/* Whatever a call failed with after Ctrl-C, what happened is that it was stopped. */
static hone_status name_cancelling(hn_cli *cli, hone_status status) {
    if (status == HONE_OK || (status != HONE_ERROR_CANCELLED && signals_seen == 0)) return status;
    return hn_fail(cli->ctx, HONE_ERROR_CANCELLED, "stopped by a signal; nothing was written");
}

static int finish(hn_cli *cli, hone_status status, bool json) {
    if (status == HONE_OK) status = hn_out_flush(cli);
    hn_bar_done();
    if (status == HONE_OK) return 0;
    hn_out_failure(cli, status, json && !cli->told);
    return hn_exit_code(status);
}

int main(int argc, char **argv) {
    hold_standard_files();
    hn_cli cli = {0};
    hone_ctx_options options = {
        .log = hn_bar_log, .log_user = &cli, .progress = hn_bar_progress, .progress_user = &cli};
    cli.ctx = hone_ctx_new(&options);
    if (!cli.ctx) {
        hn_err_put("hone: error: out of memory\n");
        return hn_exit_code(HONE_ERROR_MEMORY);
    }
    hn_arena_init(&cli.arena, cli.ctx->allocator);
    hn_str_init(&cli.out, cli.ctx, &cli.arena);
    look_at_terminal(&cli);
    running = cli.ctx;
    catch_signals();

    bool json = hn_args_have(argc - 1, argv + 1, "--json", 0);
    hone_status status = run_words(&cli, argc - 1, argv + 1);
    status = name_cancelling(&cli, status);
    int code = finish(&cli, status, json);

    running = NULL;
    hn_arena_done(&cli.arena);
    hone_ctx_free(cli.ctx);
    return code;
}
