/* progress.c - the bar on standard error, and what the library says beside it.
 *
 *     fit      ██████████░░░░░░░░░░  152/300 trees  61/s  2 s left
 *
 * Redrawn at most ten times a second, on a terminal only. There is one terminal, hence one bar. */
#include "cli/print.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const double BETWEEN = 0.1;   /* seconds from one drawing to the next */
static const double PATIENCE = 0.25; /* a phase that is over sooner is not drawn */

static struct bar {
    char what[32];
    double begun, drawn;
    int64_t done_then; /* when the phase began */
    bool visible;
    hn_arena arena; /* its own: a worker may draw while the run's ctx is in use */
} bar;

void hn_bar_clear(void) {
    if (!bar.visible) return;
    bar.visible = false;
    static const char clear[] = "\r\033[K";
    if (write(STDERR_FILENO, clear, sizeof clear - 1) < 0) return;
}

static void put_rate(hn_str *str, double rate) {
    if (rate >= 100)
        hn_put_count(str, (int64_t)rate);
    else
        hn_str_printf(str, rate >= 10 ? "%.0f" : "%.1f", rate);
    hn_str_put(str, "/s");
}

static void draw(hn_cli *cli, hn_str *str, int64_t done, int64_t total, const char *unit,
                 double now) {
    enum { CELLS = 20 };
    hn_str_printf(str, "\r%-10s ", bar.what);
    if (total > 0) {
        double share = (double)done / (double)total;
        hn_str filled;
        hn_str_init(&filled, cli->ctx, &bar.arena);
        hn_put_bar(cli, &filled, share, CELLS);
        hn_str_put(str, filled.text);
        for (int i = hn_text_width(filled.text); i < CELLS; i++)
            hn_str_put(str, cli->unicode ? "░" : ".");
        hn_str_put(str, "  ");
    }
    hn_put_count(str, done);
    if (total > 0) {
        hn_str_put_c(str, '/');
        hn_put_count(str, total);
    }
    hn_str_printf(str, " %s", unit);
    double elapsed = now - bar.begun;
    double rate = elapsed > 0 ? (double)(done - bar.done_then) / elapsed : 0;
    if (rate > 0) {
        hn_str_put(str, "  ");
        put_rate(str, rate);
        if (total > done) {
            hn_str_put(str, "  ");
            double left = ceil((double)(total - done) / rate);
            if (left < 60)
                hn_str_printf(str, "%.0f s", left);
            else
                hn_put_seconds(str, left);
            hn_str_put(str, " left");
        }
    }
    hn_str_put(str, "\033[K");
}

void hn_bar_done(void) {
    hn_bar_clear();
    if (bar.arena.allocator.resize) hn_arena_done(&bar.arena);
    bar.arena.allocator.resize = NULL;
}

void hn_bar_progress(void *user, const char *what, int64_t done, int64_t total, const char *unit) {
    hn_cli *cli = user;
    if (!cli->err_terminal || cli->common.quiet) return;
    double now = hn_seconds();
    if (strncmp(bar.what, what, sizeof bar.what - 1) != 0) {
        hn_bar_clear();
        snprintf(bar.what, sizeof bar.what, "%s", what);
        bar.begun = now;
        bar.drawn = 0;
        bar.done_then = done;
    }
    if (now - bar.begun < PATIENCE || now - bar.drawn < BETWEEN) return;
    bar.drawn = now;
    if (bar.arena.allocator.resize)
        hn_arena_reset(&bar.arena);
    else
        hn_arena_init(&bar.arena, cli->ctx->allocator);
    hn_str str;
    hn_str_init(&str, cli->ctx, &bar.arena);
    draw(cli, &str, done, total, unit, now);
    if (hn_str_status(&str) != HONE_OK) return;
    bar.visible = write(STDERR_FILENO, str.text, str.length) > 0;
}

void hn_bar_log(void *user, hone_log_level level, const char *message) {
    static const char *const names[] = {"error: ", "warning: ", "", "debug: "};
    const hn_cli *cli = user;
    hone_log_level least = cli->common.quiet               ? HONE_LOG_ERROR
                           : cli->common.verbose           ? HONE_LOG_DEBUG
                           : cli->verb && cli->verb->stays ? HONE_LOG_INFO
                                                           : HONE_LOG_WARN;
    if (level > least) return;
    char line[1200];
    snprintf(line, sizeof line, "hone: %s%s\n", names[level], message);
    hn_err_put(line);
}
