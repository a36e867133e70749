/* print.c - figures, bars and tables for people; see print.h. */
#include "cli/print.h"
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *hn_style_code(hn_style style) {
    static const char *const codes[] = {"\033[0m",  "\033[1m",  "\033[2m",
                                        "\033[32m", "\033[31m", "\033[36m"};
    return codes[style];
}

void hn_put_styled(hn_cli *cli, hn_style style, const char *text) {
    bool paint = cli->out_colour && style != HN_PLAIN;
    if (paint) hn_str_put(&cli->out, hn_style_code(style));
    hn_str_put(&cli->out, text);
    if (paint) hn_str_put(&cli->out, hn_style_code(HN_PLAIN));
}

/* ---- figures -------------------------------------------------------------------------------- */

/* digits with a comma before every group of three, up to a point. */
static void put_grouped(hn_str *str, const char *digits) {
    if (*digits == '-') hn_str_put_c(str, *digits++);
    size_t whole = strspn(digits, "0123456789");
    for (size_t i = 0; i < whole; i++) {
        if (i > 0 && (whole - i) % 3 == 0) hn_str_put_c(str, ',');
        hn_str_put_c(str, digits[i]);
    }
    hn_str_put(str, digits + whole);
}

void hn_put_count(hn_str *str, int64_t n) {
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)n);
    put_grouped(str, text);
}

void hn_put_seconds(hn_str *str, double seconds) {
    if (seconds < 0) seconds = 0;
    if (seconds < 0.01)
        hn_str_printf(str, "%.1f ms", seconds * 1e3);
    else if (seconds < 10)
        hn_str_printf(str, "%.2f s", seconds);
    else if (seconds < 60)
        hn_str_printf(str, "%.1f s", seconds);
    else if (seconds < 3600)
        hn_str_printf(str, "%d min %d s", (int)(seconds / 60), (int)fmod(seconds, 60));
    else
        hn_str_printf(str, "%d h %d min", (int)(seconds / 3600), (int)fmod(seconds / 60, 60));
}

void hn_put_bytes(hn_str *str, int64_t bytes) {
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double value = (double)bytes;
    int unit = 0;
    for (; value >= 999.5 && unit < 4; unit++) value /= 1000;
    hn_str_printf(str, unit > 0 && value < 9.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

void hn_put_figure(hn_str *str, double value) {
    char text[64];
    double size = fabs(value);
    if (!isfinite(value)) {
        hn_str_put(str, isnan(value) ? "-" : value > 0 ? "inf" : "-inf");
        return;
    }
    if (size != 0 && (size < 1e-4 || size >= 1e12))
        snprintf(text, sizeof text, "%.3g", value);
    else if (size < 10)
        snprintf(text, sizeof text, "%.4f", value);
    else if (size < 100)
        snprintf(text, sizeof text, "%.3f", value);
    else if (size < 1000)
        snprintf(text, sizeof text, "%.2f", value);
    else if (size < 100000)
        snprintf(text, sizeof text, "%.1f", value);
    else
        snprintf(text, sizeof text, "%.0f", value);
    put_grouped(str, text);
}

void hn_put_bar(const hn_cli *cli, hn_str *str, double share, int cells) {
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    if (!(share > 0)) return;
    if (share > 1) share = 1;
    int parts = (int)lround(share * cells * 8);
    if (!cli->unicode) {
        for (int i = 0; i < (parts + 4) / 8; i++) hn_str_put_c(str, '#');
        return;
    }
    for (int i = 0; i < parts / 8; i++) hn_str_put(str, "█");
    hn_str_put(str, eighths[parts % 8]);
}

int hn_text_width(const char *text) {
    int n = 0;
    for (; *text; text++) n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

/* ---- tables --------------------------------------------------------------------------------- */

void hn_grid_init(hn_grid *grid, hn_cli *cli, const char *align) {
    *grid = (hn_grid){.cli = cli, .columns = (int)strlen(align), .align = align};
    assert(grid->columns > 0 && grid->columns <= HN_GRID_COLUMNS);
}

hone_status hn_grid_put(hn_grid *grid, const char *cell) {
    hn_cli *cli = grid->cli;
    if (grid->n == grid->capacity) {
        int64_t capacity = grid->capacity > 0 ? 2 * grid->capacity : 64;
        const char **cells;
        HN_TRY(HN_NEW(cli->ctx, &cli->arena, cells, capacity));
        if (grid->n > 0) memcpy(cells, grid->cells, (size_t)grid->n * sizeof *cells);
        grid->cells = cells;
        grid->capacity = capacity;
    }
    char *copy = hn_arena_strdup(cli->ctx, &cli->arena, cell);
    if (!copy) return HONE_ERROR_MEMORY;
    grid->cells[grid->n++] = copy;
    return HONE_OK;
}

static void pad(hn_str *str, int n) {
    for (int i = 0; i < n; i++) hn_str_put_c(str, ' ');
}

void hn_grid_print(const hn_grid *grid, int indent, bool header) {
    hn_cli *cli = grid->cli;
    int widths[HN_GRID_COLUMNS] = {0};
    int64_t rows = grid->n / grid->columns;
    for (int64_t i = 0; i < rows * grid->columns; i++) {
        int own = hn_text_width(grid->cells[i]), column = (int)(i % grid->columns);
        if (own > widths[column]) widths[column] = own;
    }
    for (int64_t row = 0; row < rows; row++) {
        pad(&cli->out, indent);
        hn_style style = header && row == 0                    ? HN_DIM
                         : grid->bold > 0 && row == grid->bold ? HN_BOLD
                                                               : HN_PLAIN;
        int blanks = 0; /* put only before something: no line ends with them */
        for (int column = 0; column < grid->columns; column++) {
            const char *cell = grid->cells[row * grid->columns + column];
            int gap = widths[column] - hn_text_width(cell);
            bool right = grid->align[column] == 'r';
            if (*cell) {
                pad(&cli->out, blanks + (right ? gap : 0));
                hn_put_styled(cli, style, cell);
                blanks = right ? 0 : gap;
            } else {
                blanks += gap;
            }
            blanks += 2;
        }
        hn_str_put_c(&cli->out, '\n');
    }
}
