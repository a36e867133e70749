/* page.c - the pieces of a page and its one style sheet. */
#include "flow/page.h"
#include "base/os.h"
#include "flow/plot_parts.h"
#include <math.h>
#include <string.h>

static const char style[] =
    ":root{--paper:#fbfbfa;--card:#fff;--ink:#1d2126;--soft:#5d6772;--rule:#e2e5e8;--grid:#eceef0;"
    "--k0:#2563b0;--k1:#d1590a;--k2:#2a8a5a;--k3:#9b3fa5;--k4:#b8860b;--k5:#1591a8;--k6:#c0344f;"
    "--k7:#6b7280;--shade:37,99,176}"
    "@media(prefers-color-scheme:dark){:root{--paper:#14171a;--card:#1c2024;--ink:#e8eaed;"
    "--soft:#9aa4af;--rule:#30363c;--grid:#2a3036;--k0:#6ea8ec;--k1:#f0945a;--k2:#5fc492;"
    "--k3:#cf8ad8;--k4:#e0b84d;--k5:#5cc5d8;--k6:#ee7d92;--k7:#a3abb5;--shade:110,168,236}}"
    "*{box-sizing:border-box}"
    "body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"
    "'Segoe UI',Roboto,'Helvetica Neue',sans-serif;-webkit-text-size-adjust:100%}"
    "main{max-width:1180px;margin:0 auto;padding:28px 20px 64px}"
    "h1{font-size:26px;line-height:1.2;margin:0 0 4px;overflow-wrap:anywhere}"
    "h2{font-size:19px;margin:36px 0 10px}"
    "p{margin:6px 0;max-width:76ch}.sub{color:var(--soft);margin-bottom:18px}"
    ".scroll{overflow-x:auto;background:var(--card);border:1px solid var(--rule);border-radius:8px;"
    "margin:10px 0}"
    "table{border-collapse:collapse;width:100%;font-size:14.5px;font-variant-numeric:tabular-nums}"
    "th,td{padding:7px 12px;text-align:left;vertical-align:top;border-top:1px solid var(--rule)}"
    "tr:first-child>*{border-top:0}"
    "th{color:var(--soft);font-weight:600;white-space:nowrap}"
    "td.r,th.r{text-align:right;white-space:nowrap}td.long{min-width:260px;color:var(--soft);"
    "font-size:13px}"
    "[hidden]{display:none!important}"
    "#any{margin-bottom:16px}.choose{display:flex;flex-wrap:wrap;gap:10px "
    "16px;align-items:flex-end;margin:10px 0}"
    ".choose label,.find{display:flex;flex-direction:column;gap:3px;min-width:0;font-size:13px;"
    "color:var(--soft)}.choose label{flex:0 1 "
    "auto;max-width:340px}.find{max-width:340px;margin:10px 0}select,input,button{font:inherit;"
    "font-size:14.5px;color:var(--ink);background:var(--card);border:1px solid var(--k7);"
    "border-radius:6px;padding:6px 9px;max-width:min(100%,340px)}button{cursor:pointer}"
    "select:disabled{opacity:.5}.leads{cursor:pointer}figure #any-plot svg{width:auto;"
    "max-width:100%;margin:0}#any-plot svg text{font-size:12px}#any-said{font-size:13.5px;"
    "color:var(--soft)}.point.faint{opacity:.3}article .tags{display:flex;flex-wrap:wrap;"
    "gap:4px 6px;margin:4px 0 8px}.tag{font-size:12px;line-height:1.5;padding:0 8px;border:1px "
    "solid var(--k7);border-radius:10px;color:var(--ink)}.tag.warning{border-color:var(--k6)}"
    ".tag.notice{border-color:var(--k4)}.spark{width:110px;height:24px}.spark rect{fill:var(--k0)}"
    ".glance td:last-child{max-width:360px;overflow:hidden;text-overflow:ellipsis}.glance "
    "td{padding:3px 12px;vertical-align:middle;white-space:nowrap}.rows td{white-space:"
    "nowrap;max-width:260px;overflow:hidden;text-overflow:ellipsis}"
    ".plots{display:grid;align-items:start;grid-template-columns:repeat(auto-fit,minmax(min(100%,"
    "340px),1fr));gap:"
    "16px}"
    "figure{margin:0;background:var(--card);border:1px solid var(--rule);border-radius:8px;"
    "padding:14px 14px 10px}"
    "figcaption{font-weight:600;margin-bottom:2px}figcaption+p{color:var(--soft);font-size:13.5px;"
    "margin:0 0 6px;line-height:1.4}"
    "svg{display:block;width:100%;height:auto}"
    "svg text{font-size:12px;fill:var(--soft)}svg text.axis{font-size:12.5px}"
    ".grid{stroke:var(--grid);fill:none}.guide{stroke:var(--soft);stroke-dasharray:5 5;fill:none}"
    ".line{fill:none;stroke-width:2.2;stroke-linejoin:round}.band{opacity:.16}.point{opacity:.75}"
    ".bar{opacity:.85}"
    ".key{display:flex;flex-wrap:wrap;gap:4px 16px;font-size:13px;color:var(--soft);margin:4px 0 "
    "2px;"
    "padding:0;list-style:none}"
    ".key i{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:6px;"
    "vertical-align:-1px}"
    ".area{opacity:.2}.dots{fill:none;stroke-width:5;stroke-linecap:round;opacity:.6}"
    ".dots.many{stroke-width:3.6;opacity:.4}.box{fill-opacity:.22;stroke-width:1.5}"
    ".whisker{fill:none;stroke-width:1.5}.median{fill:none;stroke-width:2.8}"
    "svg text.in{font-size:11px;fill:var(--ink)}svg text.strong{fill:var(--paper)}"
    "svg text.name{font-size:13px;font-weight:600;fill:var(--ink)}"
    ".full{grid-column:1/-1}.wide{overflow-x:auto}.wide svg{margin:0 auto}"
    ".toc{position:sticky;top:0;z-index:1;background:var(--paper);border-bottom:1px solid "
    "var(--rule);margin:0 -20px 8px;padding:8px 20px;overflow-x:auto;white-space:nowrap;"
    "font-size:14px}.toc a{margin-right:16px}a{color:var(--k0);text-decoration:none}"
    "a:hover,a:focus-visible{text-decoration:underline}h2,article{scroll-margin-top:54px}"
    ":focus-visible{outline:2px solid var(--k0);outline-offset:2px;border-radius:3px}"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(130px,1fr));gap:12px;"
    "margin:12px 0}.tiles div{background:var(--card);border:1px solid "
    "var(--rule);border-radius:8px;"
    "padding:10px 14px;font-size:13px;color:var(--soft);overflow-wrap:anywhere}"
    ".tiles b{display:block;font-size:21px;font-weight:600;color:var(--ink);"
    "font-variant-numeric:tabular-nums}"
    "figure svg{max-width:580px;margin:0 auto}.bars{list-style:none;margin:8px 0;padding:0;"
    "font-size:13.5px;max-width:640px}"
    ".bars li{display:grid;grid-template-columns:minmax(70px,32%) 1fr auto;gap:10px;"
    "align-items:center;padding:2px 0}.bars span{overflow:hidden;text-overflow:ellipsis;"
    "white-space:nowrap}.bars i{font-style:normal;color:var(--soft);"
    "font-variant-numeric:tabular-nums}.bars b{display:block;height:11px;border-radius:3px;"
    "background:var(--k0);opacity:.85;min-width:1px}"
    ".cards{display:grid;align-items:start;grid-template-columns:repeat(auto-fill,minmax(min(100%,"
    "350px),1fr));"
    "gap:16px}article{background:var(--card);border:1px solid var(--rule);border-radius:8px;"
    "padding:14px 16px;min-width:0}article h3{margin:0;font-size:16.5px;overflow-wrap:anywhere}"
    "article>p{margin:2px 0 8px;font-size:13.5px;color:var(--soft)}"
    "dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(96px,1fr));gap:6px 12px;"
    "margin:8px 0;font-size:14px}dl div{min-width:0}dt{color:var(--soft);font-size:12.5px}"
    "dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}"
    "details{margin:8px 0;min-width:0}summary{cursor:pointer;color:var(--k0);font-size:14px}"
    ".notes{list-style:none;margin:10px 0;padding:0}.notes li{background:var(--card);"
    "border:1px solid var(--rule);border-left:4px solid var(--k7);border-radius:6px;padding:9px "
    "14px;"
    "margin:8px 0}.notes .warning{border-left-color:var(--k6)}.notes .notice{border-left-color:"
    "var(--k4)}code,pre{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}"
    "code{overflow-wrap:anywhere}pre{background:var(--card);border:1px solid var(--rule);"
    "border-radius:8px;padding:12px 14px;overflow-x:auto}.notes code{display:block;margin-top:4px;"
    "color:var(--soft)}"
    ".skip{position:absolute;left:-9999px}.skip:focus{left:8px;top:8px;z-index:3;padding:8px 14px;"
    "background:var(--card);color:var(--k0);border:1px solid var(--rule);border-radius:6px}"
    ":focus-visible{outline:2px solid var(--k0);outline-offset:2px}"
    "@media(max-width:480px){.choose label{flex:1 1 40%}.choose select{width:100%}.toc{margin:0 "
    "-12px 8px;padding:8px 12px}main{padding:18px 12px "
    "48px}h1{font-size:22px}th,td{padding:6px 9px}"
    "th{white-space:normal}td.long{min-width:620px}"
    "svg text{font-size:14px}svg text.axis{font-size:14px}}"
    "@media print{body{background:#fff}figure,.scroll{break-inside:avoid}}";

/* What the browser may fetch and run: nothing, but the styles here and the script with this hash. */
static void put_policy(hn_str *out, const char *script) {
    hn_str_put(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                    "style-src 'unsafe-inline'");
    if (script != NULL) {
        char hash[HN_SHA256_BASE64];
        hn_sha256_base64(script, strlen(script), hash);
        hn_str_printf(out, "; script-src 'sha256-%s'", hash);
    }
    hn_str_put(out, "\">");
}

void hn_page_begin(hn_str *out, const char *title, const char *subtitle) {
    hn_page_begin_with(out, title, subtitle, NULL);
}

void hn_page_script(hn_str *out, const char *script) {
    hn_str_put(out, "<script>");
    hn_str_put(out, script);
    hn_str_put(out, "</script>\n");
}

void hn_page_begin_with(hn_str *out, const char *title, const char *subtitle, const char *script) {
    hn_str_put(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">");
    put_policy(out, script);
    hn_str_put(out, "<meta name=\"color-scheme\" content=\"light dark\"><title>");
    hn_put_escaped(out, title);
    hn_str_put(out, "</title><style>");
    hn_str_put(out, style);
    for (int c = 0; c < 8; c++)
        hn_str_printf(out,
                      ".line.c%d,.dots.c%d,.whisker.c%d,.median.c%d,.box.c%d{stroke:var(--k%d)}"
                      ".point.c%d,.bar.c%d,.band.c%d,.area.c%d,.box.c%d,.cell.c%d{fill:var(--k%d)}"
                      ".key .c%d{background:var(--k%d)}",
                      c, c, c, c, c, c, c, c, c, c, c, c, c, c, c);
    hn_str_put(out, "</style></head><body><main>\n<h1>");
    hn_put_escaped(out, title);
    hn_str_put(out, "</h1>\n<p class=\"sub\">");
    hn_put_escaped(out, subtitle);
    hn_str_put(out, "</p>\n");
}

void hn_page_end_with(hn_str *out, const char *note) {
    hn_str_put(out, "<p class=\"sub\" style=\"margin-top:40px\">Made by hone " HONE_VERSION ". ");
    hn_put_escaped(out, note);
    hn_str_put(out, "</p>\n</main></body></html>\n");
}

void hn_page_end(hn_str *out) { hn_page_end_with(out, "Intervals are 95 % bootstrap intervals."); }

void hn_page_contents(hn_str *out, const char *const *sections) {
    if (sections[0] != NULL)
        hn_str_printf(out, "<a class=\"skip\" href=\"#%s\">Skip the contents</a>", sections[0]);
    hn_str_put(out, "<nav class=\"toc\" aria-label=\"Contents\">");
    for (; sections[0] != NULL; sections += 2)
        hn_str_printf(out, "<a href=\"#%s\">%s</a>", sections[0], sections[1]);
    hn_str_put(out, "</nav>\n");
}

void hn_page_section(hn_str *out, const char *id, const char *text) {
    hn_str_printf(out, "<h2 id=\"%s\">", id);
    hn_put_escaped(out, text);
    hn_str_put(out, "</h2>\n");
}

static void put_element(hn_str *out, const char *tag, const char *text) {
    hn_str_printf(out, "<%s>", tag);
    hn_put_escaped(out, text);
    hn_str_printf(out, "</%s>\n", tag);
}

void hn_page_heading(hn_str *out, const char *text) { put_element(out, "h2", text); }
void hn_page_text(hn_str *out, const char *text) { put_element(out, "p", text); }

/* ---- plots ----------------------------------------------------------------------------------- */

void hn_page_plots_begin(hn_str *out) { hn_str_put(out, "<div class=\"plots\">\n"); }
void hn_page_plots_end(hn_str *out) { hn_str_put(out, "</div>\n"); }

static void put_key(hn_str *out, const hn_plot *plot) {
    bool any = false;
    for (int s = 0; s < plot->n_series; s++) {
        if (plot->series[s].name == NULL) continue;
        if (!any) hn_str_put(out, "<ul class=\"key\">");
        any = true;
        hn_str_printf(out, "<li><i class=\"c%d\"></i>", hn_series_colour(plot, s));
        hn_put_escaped(out, plot->series[s].name);
        hn_str_put(out, "</li>");
    }
    if (any) hn_str_put(out, "</ul>");
}

static void begin_figure(hn_str *out, const char *title, const char *doc, bool wide) {
    hn_str_put(out, wide ? "<figure class=\"full\"><figcaption>" : "<figure><figcaption>");
    hn_put_escaped(out, title);
    hn_str_put(out, "</figcaption>");
    if (doc != NULL) put_element(out, "p", doc);
    if (wide) hn_str_put(out, "<div class=\"wide\" tabindex=\"0\">");
}

void hn_page_plot(hn_str *out, const hn_plot *plot) {
    double width, height;
    hn_plot_size(plot, &width, &height);
    begin_figure(out, plot->title, plot->doc, width > 500);
    hn_plot_svg(out, plot);
    if (width > 500) hn_str_put(out, "</div>");
    put_key(out, plot);
    hn_str_put(out, "</figure>\n");
}

void hn_page_sheet(hn_str *out, const hn_sheet *sheet, const char *doc) {
    begin_figure(out, sheet->title, doc, true);
    hn_sheet_svg(out, sheet);
    hn_str_put(out, "</div>");
    if (sheet->n > 0) put_key(out, &sheet->plots[0]);
    hn_str_put(out, "</figure>\n");
}

/* ---- bars and tiles --------------------------------------------------------------------------- */

void hn_page_bars_begin(hn_str *out) { hn_str_put(out, "<ul class=\"bars\">\n"); }
void hn_page_bars_end(hn_str *out) { hn_str_put(out, "</ul>\n"); }

void hn_page_bar(hn_str *out, const char *name, double share, const char *figure) {
    hn_str_put(out, "<li><span title=\"");
    hn_put_escaped(out, name);
    hn_str_put(out, "\">");
    hn_put_escaped(out, name);
    hn_str_put(out, "</span><b style=\"width:");
    hn_str_put_double(out, floor(1000 * (share > 1 ? 1 : share > 0 ? share : 0) + 0.5) / 10);
    hn_str_put(out, "%\"></b><i>");
    hn_put_escaped(out, figure);
    hn_str_put(out, "</i></li>\n");
}

void hn_page_tiles_begin(hn_str *out) { hn_str_put(out, "<div class=\"tiles\">\n"); }
void hn_page_tiles_end(hn_str *out) { hn_str_put(out, "</div>\n"); }

void hn_page_tile(hn_str *out, const char *figure, const char *what) {
    hn_str_put(out, "<div><b>");
    hn_put_escaped(out, figure);
    hn_str_put(out, "</b>");
    hn_put_escaped(out, what);
    hn_str_put(out, "</div>\n");
}

/* ---- tables ---------------------------------------------------------------------------------- */

void hn_page_table_begin(hn_str *out, const char *align, const char *const *headers, int n) {
    hn_str_put(out, "<div class=\"scroll\"><table>\n<tr>");
    for (int c = 0; c < n; c++) {
        hn_str_put(out, align[c] == 'r' ? "<th class=\"r\">" : "<th>");
        hn_put_escaped(out, headers[c]);
        hn_str_put(out, "</th>");
    }
    hn_str_put(out, "</tr>\n");
}

void hn_page_row_begin(hn_str *out) { hn_str_put(out, "<tr>"); }
void hn_page_row_end(hn_str *out) { hn_str_put(out, "</tr>\n"); }
void hn_page_table_end(hn_str *out) { hn_str_put(out, "</table></div>\n"); }

void hn_page_cell(hn_str *out, char align, const char *text) {
    hn_str_put(out, align == 'r'   ? "<td class=\"r\">"
                    : align == 'w' ? "<td class=\"long\">"
                    : align == 'h' ? "<th>"
                                   : "<td>");
    hn_put_escaped(out, text);
    hn_str_put(out, align == 'h' ? "</th>" : "</td>");
}

void hn_page_shaded(hn_str *out, double shade, const char *text) {
    hn_str_put(out, "<td class=\"r\" style=\"background:rgba(var(--shade),");
    hn_str_put_double(out, floor(shade * 60 + 0.5) / 100);
    hn_str_put(out, ")\">");
    hn_put_escaped(out, text);
    hn_str_put(out, "</td>");
}

/* ---- figures --------------------------------------------------------------------------------- */

/* Four digits stand together: many of them are years. */
static void put_grouped(hn_str *out, double whole) {
    char digits[32];
    int n = snprintf(digits, sizeof digits, "%.0f", fabs(whole));
    if (whole < 0) hn_str_put(out, "-");
    for (int i = 0; i < n; i++) {
        if (i > 0 && n > 4 && (n - i) % 3 == 0) hn_str_put_c(out, ',');
        hn_str_put_c(out, digits[i]);
    }
}

void hn_page_figure(hn_str *out, double value) {
    double size = fabs(value);
    if (!isfinite(value)) {
        hn_str_put(out, "–");
    } else if (size >= 1e15 || (size > 0 && size < 1e-4)) {
        double scale = 1; /* to three digits */
        while (size * scale < 100) scale *= 10;
        while (size * scale >= 1000) scale /= 10;
        hn_str_put_double(out, floor(value * scale + 0.5) / scale);
    } else if (value == floor(value) || size >= 1000) {
        put_grouped(out, floor(value + 0.5));
    } else {
        double scale = size >= 100 ? 10 : size >= 10 ? 100 : size >= 1 ? 1000 : 10000;
        hn_str_put_double(out, floor(value * scale + 0.5) / scale);
    }
}
