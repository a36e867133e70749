/* plot_sheet.c - several plots side by side, and a picture that stands alone in a file.
 *
 * PNG is made of that file's very bytes by librsvg, loaded when first needed: one drawing, so that SVG and
 * PNG cannot differ, and no second set of drawing calls to keep beside the first. */
#include "base/os.h"
#include "flow/plot_parts.h"
#include <dlfcn.h>
#include <math.h>
#include <string.h>

enum { GAP = 14, HEAD = 34, PLOT_TITLE = 20, KEY = 22 };

static const char *const colours[] = {"#2563b0", "#d1590a", "#2a8a5a", "#9b3fa5",
                                      "#b8860b", "#1591a8", "#c0344f", "#6b7280"};

/* ---- layout ---------------------------------------------------------------------------------- */

typedef struct layout {
    double width, height; /* of the whole, without head and key */
    double cell_width, cell_height;
    bool titled; /* each plot has its title */
} layout;

static layout lay_out(const hn_sheet *sheet) {
    layout l = {.titled = sheet->n > 1};
    for (int i = 0; i < sheet->n; i++) {
        double w, h;
        hn_plot_size(&sheet->plots[i], &w, &h);
        if (w > l.cell_width) l.cell_width = w;
        if (h > l.cell_height) l.cell_height = h;
    }
    if (l.titled) l.cell_height += PLOT_TITLE;
    int columns = sheet->columns > 0 && sheet->columns < sheet->n ? sheet->columns : sheet->n;
    int rows = columns > 0 ? (sheet->n + columns - 1) / columns : 0;
    l.width = columns * l.cell_width + (columns - 1) * GAP;
    l.height = rows * l.cell_height + (rows - 1) * GAP;
    return l;
}

static void put_plots(hn_str *out, const hn_sheet *sheet, const layout *l, double top) {
    int columns = sheet->columns > 0 && sheet->columns < sheet->n ? sheet->columns : sheet->n;
    for (int i = 0; i < sheet->n; i++) {
        hn_str_printf(out, "<g transform=\"translate(%.0f %.0f)\">",
                      (i % columns) * (l->cell_width + GAP),
                      top + (i / columns) * (l->cell_height + GAP));
        if (l->titled) {
            char text[160];
            hn_cut_text(text, sizeof text, sheet->plots[i].title, (int)(l->cell_width / 8));
            hn_str_printf(out, "<text class=\"name\" x=\"%d\" y=\"14\">", 8);
            hn_put_escaped(out, text);
            hn_str_printf(out, "</text><g transform=\"translate(0 %d)\">", PLOT_TITLE);
        }
        hn_plot_inside(out, &sheet->plots[i]);
        hn_str_put(out, l->titled ? "</g></g>" : "</g>");
    }
}

void hn_sheet_svg(hn_str *out, const hn_sheet *sheet) {
    layout l = lay_out(sheet);
    hn_str_printf(out, "<svg viewBox=\"0 0 %.0f %.0f\"", l.width, l.height);
    hn_put_svg_width(out, l.width);
    hn_str_put(out, " role=\"img\" aria-label=\"");
    hn_put_escaped(out, sheet->title);
    hn_str_put(out, "\">");
    put_plots(out, sheet, &l, 0);
    hn_str_put(out, "</svg>");
}

/* ---- a file ---------------------------------------------------------------------------------- */

static void put_style(hn_str *out) {
    hn_str_put(
        out, "<style>text{font:12px system-ui,'Segoe UI',Roboto,'Helvetica Neue','DejaVu Sans',"
             "Arial,sans-serif;fill:#5d6772}text.axis{font-size:12.5px}text.title{font-size:17px;"
             "font-weight:600;fill:#1d2126}text.name{font-size:13px;font-weight:600;fill:#1d2126}"
             "text.in{fill:#1d2126;font-size:11px}text.strong{fill:#fff}"
             ".grid{stroke:#eceef0;fill:none}.guide{stroke:#5d6772;stroke-dasharray:5 5;fill:none}"
             ".line{fill:none;stroke-width:2.2;stroke-linejoin:round}.band{opacity:.16}"
             ".area{opacity:.22}.point{opacity:.75}.bar{opacity:.85}.dots{fill:none;"
             "stroke-width:5;stroke-linecap:round;opacity:.6}.dots.many{stroke-width:3.4;"
             "opacity:.4}.box{fill-opacity:.25;stroke-width:1.5}.whisker{fill:none;"
             "stroke-width:1.5}.median{fill:none;stroke-width:2.6}");
    for (int c = 0; c < 8; c++)
        hn_str_printf(out,
                      ".line.c%d,.dots.c%d,.whisker.c%d,.median.c%d,.box.c%d{stroke:%s}.point.c%d,"
                      ".bar.c%d,.band.c%d,.area.c%d,.box.c%d,.cell.c%d{fill:%s}",
                      c, c, c, c, c, colours[c], c, c, c, c, c, c, colours[c]);
    hn_str_put(out, "</style>");
}

static double text_width(const char *text) {
    double n = 0;
    for (; *text != 0; text++) n += ((unsigned char)*text & 0xC0) != 0x80;
    return n * 7.2;
}

/* The names of the series, from left to right; what it takes in height. Written where out is not NULL. */
static double put_key(hn_str *out, const hn_plot *plot, double width, double top) {
    double x = 16, y = top;
    bool any = false;
    for (int s = 0; s < plot->n_series; s++) {
        if (plot->series[s].name == NULL) continue;
        double takes = text_width(plot->series[s].name) + 34;
        if (any && x + takes > width) x = 16, y += KEY;
        any = true;
        if (out != NULL) {
            hn_str_printf(out,
                          "<rect x=\"%.0f\" y=\"%.0f\" width=\"11\" height=\"11\" rx=\"3\" "
                          "fill=\"%s\"/><text x=\"%.0f\" y=\"%.0f\">",
                          x, y, colours[hn_series_colour(plot, s)], x + 17, y + 10);
            hn_put_escaped(out, plot->series[s].name);
            hn_str_put(out, "</text>");
        }
        x += takes;
    }
    return any ? y + KEY - top : 0;
}

void hn_sheet_file(hn_str *out, const hn_sheet *sheet) {
    layout l = lay_out(sheet);
    const char *title = sheet->title != NULL ? sheet->title : sheet->plots[0].title;
    char text[256];
    double width = l.width < 320 ? 320 : l.width,
           key = sheet->n > 0 ? put_key(NULL, &sheet->plots[0], width, 0) : 0;
    double height = HEAD + key + l.height + 8;
    hn_str_printf(out,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
                  "width=\"%.0f\" height=\"%.0f\" role=\"img\" aria-label=\"",
                  width, height, width, height);
    hn_put_escaped(out, title);
    hn_str_put(out, "\">");
    put_style(out);
    hn_str_printf(out, "<rect width=\"%.0f\" height=\"%.0f\" fill=\"#fff\"/>", width, height);
    hn_cut_text(text, sizeof text, title, (int)(width / 9.5));
    hn_str_put(out, "<text class=\"title\" x=\"16\" y=\"23\">");
    hn_put_escaped(out, text);
    hn_str_put(out, "</text>");
    if (key > 0) put_key(out, &sheet->plots[0], width, HEAD + 2);
    put_plots(out, sheet, &l, HEAD + key);
    hn_str_put(out, "</svg>\n");
}

/* ---- Vega-Lite ------------------------------------------------------------------------------- */

hone_status hn_sheet_vega(hone_ctx *ctx, const hn_sheet *sheet, hn_json_doc *doc,
                          hn_json_mut **ret_spec) {
    if (sheet->n == 1) return hn_plot_vega(ctx, &sheet->plots[0], doc, ret_spec);
    hn_json_mut *spec = yyjson_mut_obj(doc), *one;
    yyjson_mut_obj_add_str(doc, spec, "$schema", "https://vega.github.io/schema/vega-lite/v5.json");
    yyjson_mut_obj_add_strcpy(doc, spec, "title", sheet->title);
    yyjson_mut_obj_add_int(doc, spec, "columns", sheet->columns > 0 ? sheet->columns : sheet->n);
    hn_json_mut *list = yyjson_mut_obj_add_arr(doc, spec, "concat");
    if (list == NULL) return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory writing a plot");
    for (int i = 0; i < sheet->n; i++) {
        HN_TRY(hn_plot_vega(ctx, &sheet->plots[i], doc, &one));
        yyjson_mut_obj_remove_key(one, "$schema");
        if (!yyjson_mut_arr_append(list, one))
            return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory writing a plot");
    }
    *ret_spec = spec;
    return HONE_OK;
}

/* ---- PNG ------------------------------------------------------------------------------------- */

/* What is used of librsvg and cairo, with their own names. */
typedef struct rsvg {
    void *(*rsvg_handle_new_from_data)(const unsigned char *data, size_t length, void **error);
    int (*rsvg_handle_render_document)(void *handle, void *cairo, const double viewport[4],
                                       void **error);
    int (*rsvg_handle_get_intrinsic_size_in_pixels)(void *handle, double *width, double *height);
    void (*g_object_unref)(void *object);
    void *(*cairo_image_surface_create)(int format, int width, int height);
    void *(*cairo_create)(void *surface);
    int (*cairo_surface_write_to_png_stream)(void *surface,
                                             int (*write)(void *to, const unsigned char *bytes,
                                                          unsigned length),
                                             void *to);
    int (*cairo_status)(void *cairo);
    void (*cairo_destroy)(void *cairo);
    void (*cairo_surface_destroy)(void *surface);
} rsvg;

static hone_status load(hone_ctx *ctx, rsvg *api) {
    static const char *const drawing[] = {"librsvg-2.so.2", "librsvg-2.dylib", NULL};
    static const char *const painting[] = {"libcairo.so.2", "libcairo.2.dylib", NULL};
    static const char *const objects[] = {"libgobject-2.0.so.0", "libgobject-2.0.dylib", NULL};
    void *svg, *cairo, *gobject;
    if (hn_load_library(ctx, drawing, &svg) != HONE_OK ||
        hn_load_library(ctx, painting, &cairo) != HONE_OK ||
        hn_load_library(ctx, objects, &gobject) != HONE_OK)
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                       "PNG needs librsvg, which is not here; install it (librsvg2-2), or write "
                       "SVG or HTML");
    bool all = true;
#define TAKE(from, name) all &= (*(void **)(void *)&api->name = dlsym((from), #name)) != NULL
    TAKE(svg, rsvg_handle_new_from_data);
    TAKE(svg, rsvg_handle_render_document);
    TAKE(svg, rsvg_handle_get_intrinsic_size_in_pixels);
    TAKE(gobject, g_object_unref);
    TAKE(cairo, cairo_image_surface_create);
    TAKE(cairo, cairo_create);
    TAKE(cairo, cairo_surface_write_to_png_stream);
    TAKE(cairo, cairo_status);
    TAKE(cairo, cairo_destroy);
    TAKE(cairo, cairo_surface_destroy);
#undef TAKE
    return all ? HONE_OK
               : hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                         "the librsvg of this machine is too old for PNG (2.52 will do); write SVG "
                         "or HTML");
}

static int gather(void *to, const unsigned char *bytes, unsigned length) {
    hn_str *out = to;
    hn_str_put_n(out, (const char *)bytes, length);
    return hn_str_status(out) == HONE_OK ? 0 : 1; /* CAIRO_STATUS_NO_MEMORY */
}

static bool draw(const rsvg *api, const char *svg, size_t length, double scale, hn_str *out) {
    double width, height;
    void *handle = api->rsvg_handle_new_from_data((const unsigned char *)svg, length, NULL);
    if (handle == NULL) return false;
    bool ok = api->rsvg_handle_get_intrinsic_size_in_pixels(handle, &width, &height) != 0;
    if (ok) {
        enum { ARGB32 = 0 };
        double box[4] = {0, 0, width * scale, height * scale};
        void *surface =
            api->cairo_image_surface_create(ARGB32, (int)ceil(box[2]), (int)ceil(box[3]));
        void *cairo = api->cairo_create(surface);
        ok = api->rsvg_handle_render_document(handle, cairo, box, NULL) != 0 &&
             api->cairo_status(cairo) == 0 &&
             api->cairo_surface_write_to_png_stream(surface, gather, out) == 0;
        api->cairo_destroy(cairo);
        api->cairo_surface_destroy(surface);
    }
    api->g_object_unref(handle);
    return ok;
}

hone_status hn_svg_png(hone_ctx *ctx, const char *svg, size_t length, double scale,
                       const char *path) {
    HN_SCRATCH(ctx);
    rsvg api;
    hn_str out;
    HN_TRY(load(ctx, &api));
    hn_str_init(&out, ctx, ctx->scratch);
    if (!draw(&api, svg, length, scale, &out))
        return hn_fail(ctx, HONE_ERROR_INTERNAL, "librsvg could not draw the picture; write SVG");
    HN_TRY(hn_str_status(&out));
    return hn_write_file(ctx, path, out.text, out.length);
}
