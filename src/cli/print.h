/* print.h - what verbs write to standard output with. Text gathers in cli->out and goes out when
 * the run is done (or at hn_out_flush), so that a failure can still say only what failed. */
#ifndef HN_CLI_PRINT_H
#define HN_CLI_PRINT_H

#include "base/json.h"
#include "cli/cli.h"

/* ---- out.c ---------------------------------------------------------------------------------- */

/* Write cli->out to standard output. A reader that has gone away ends the program quietly. */
hone_status hn_out_flush(hn_cli *cli) HONE_MUST_CHECK;
/* A value as JSON with a newline. */
hone_status hn_out_json(hn_cli *cli, const hn_json_mut *value, bool pretty) HONE_MUST_CHECK;
/* Text to standard error, at once. */
void hn_err_put(const char *text);
/* The failure in ctx on standard error and, with --json, as an object on standard output. */
void hn_out_failure(hn_cli *cli, hone_status status, bool json);

/* ---- print.c -------------------------------------------------------------------------------- */

typedef enum hn_style { HN_PLAIN, HN_BOLD, HN_DIM, HN_GREEN, HN_RED, HN_CYAN } hn_style;
/* To cli->out, coloured where standard output is a terminal that shows colours. */
void hn_put_styled(hn_cli *cli, hn_style style, const char *text);
/* Escape sequence that begins a style, or ends it (HN_PLAIN). */
const char *hn_style_code(hn_style style);

/* "7,043" */
void hn_put_count(hn_str *str, int64_t n);
/* "0.04 s", "1 min 12 s", "2 h 5 min" */
void hn_put_seconds(hn_str *str, double seconds);
/* "123 kB" */
void hn_put_bytes(hn_str *str, int64_t bytes);
/* A figure for people: "0.8437", "48,123.4", "1.2e-07", "-" for what is not a number. */
void hn_put_figure(hn_str *str, double value);
/* A bar for share (0..1) of cells; blocks, or '#' where the terminal has none. Not padded. */
void hn_put_bar(const hn_cli *cli, hn_str *str, double share, int cells);
/* Characters that text takes on the screen. */
int hn_text_width(const char *text);

/* A table of texts: cells are copied when put; columns are as wide as their widest cell. */
enum { HN_GRID_COLUMNS = 64 };
typedef struct hn_grid {
    hn_cli *cli;
    int columns;
    const char **cells;
    int64_t n, capacity;
    const char *align; /* a letter per column: 'l' or 'r' */
    int64_t bold;      /* this row is; 0: none */
} hn_grid;
void hn_grid_init(hn_grid *grid, hn_cli *cli, const char *align);
hone_status hn_grid_put(hn_grid *grid, const char *cell) HONE_MUST_CHECK;
/* Rows to cli->out, indented; the first row dim where header is set. */
void hn_grid_print(const hn_grid *grid, int indent, bool header);

#endif
