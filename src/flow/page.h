/* page.h - one HTML page that needs nothing beside it: no network, pictures inline, and no script but the one named at
 * its beginning, without which it says the same. Its parts are read by people and by screen readers alike, in light
 * and dark, from 390 pixels on. The browser is told to fetch nothing and to run nothing else. */
#ifndef HN_FLOW_PAGE_H
#define HN_FLOW_PAGE_H

#include "flow/plot.h"

void hn_page_begin(hn_str *out, const char *title, const char *subtitle);
/* The same, for a page with this script, which hn_page_script puts there. */
void hn_page_begin_with(hn_str *out, const char *title, const char *subtitle, const char *script);
void hn_page_script(hn_str *out, const char *script);
void hn_page_end(hn_str *out);
/* The same with a sentence of its own about the figures. */
void hn_page_end_with(hn_str *out, const char *note);
/* Links to sections, which stay in sight: pairs of id and text, ending with NULL. */
void hn_page_contents(hn_str *out, const char *const *sections);
/* A heading that links lead to. */
void hn_page_section(hn_str *out, const char *id, const char *text);
void hn_page_heading(hn_str *out, const char *text);
void hn_page_text(hn_str *out, const char *text);
/* Between these, plots stand side by side where there is room. */
void hn_page_plots_begin(hn_str *out);
void hn_page_plot(hn_str *out, const hn_plot *plot);
void hn_page_plots_end(hn_str *out);
/* Several plots as one picture. */
void hn_page_sheet(hn_str *out, const hn_sheet *sheet, const char *doc);
/* A list of names with bars: share of the row's width, and figures behind. */
void hn_page_bars_begin(hn_str *out);
void hn_page_bar(hn_str *out, const char *name, double share, const char *figure);
void hn_page_bars_end(hn_str *out);
/* Tiles of a figure over what it is. */
void hn_page_tiles_begin(hn_str *out);
void hn_page_tile(hn_str *out, const char *figure, const char *what);
void hn_page_tiles_end(hn_str *out);

/* A table: header cells, then rows of cells; align has a letter per column, 'l' or 'r'. */
void hn_page_table_begin(hn_str *out, const char *align, const char *const *headers, int n);
void hn_page_row_begin(hn_str *out);
void hn_page_cell(hn_str *out, char align, const char *text);
/* shade 0..1 colours the cell, as in a confusion matrix. */
void hn_page_shaded(hn_str *out, double shade, const char *text);
void hn_page_row_end(hn_str *out);
void hn_page_table_end(hn_str *out);

/* A figure as people read it: four digits, ten thousand and more with commas, "–" for what is none. */
void hn_page_figure(hn_str *out, double value);

/* ---- pages of what hone finds out (page_evaluation.c, page_comparison.c) --------------------- */

/* Of what hn_evaluate gives; title and subtitle head it. */
hone_status hn_page_of_evaluation(hone_ctx *ctx, hn_json *evaluation, const char *title,
                                  const char *subtitle, hn_str *out) HONE_MUST_CHECK;
/* Of what hn_compare gives. */
hone_status hn_page_of_comparison(hone_ctx *ctx, hn_json *comparison, hn_str *out) HONE_MUST_CHECK;
/* Of what hn_learning_curve gives. */
hone_status hn_page_of_curve(hone_ctx *ctx, hn_json *curve, hn_str *out) HONE_MUST_CHECK;

#endif
