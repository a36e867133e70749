/* verb_plot.c - one picture of a table, as SVG, PNG, HTML or a Vega-Lite specification. */
#include "cli/report.h"
#include "flow/page.h"
#include "flow/picture.h"
#include <string.h>

typedef struct files {
    hn_texts words;
    const char *output;
    double scale;
} files;

static const hone_param items[] = {
    HN_PARAM(files, words, .positional = true, .display = "KIND TABLE",
             .doc = "What to draw, and a file, a pattern in quotes, or - for standard input."),
    HN_PARAM(files, output, .letter = 'o', .display = "FILE",
             .doc = "Where to: .svg, .png, .html or .json (Vega-Lite); SVG on standard output if "
                    "not given."),
    HN_PARAM(files, scale, .def = "2", .range = "[0.5, 8]",
             .doc = "Pixels of a PNG per unit of the SVG."),
};
static const hn_params params = HN_PARAMS(files, items);

static bool ends_in(const char *path, const char *ending) {
    size_t n = strlen(path), m = strlen(ending);
    return n >= m && strcmp(path + n - m, ending) == 0;
}

static hone_status write_spec(hn_cli *cli, const hn_sheet *sheet, const char *path) {
    hn_json_doc *doc;
    hn_json_mut *spec;
    char *text;
    size_t length;
    HN_TRY(hn_json_new(cli->ctx, cli->ctx->scratch, &doc));
    HN_TRY(hn_sheet_vega(cli->ctx, sheet, doc, &spec));
    if (path == NULL) return hn_out_json(cli, spec, true);
    HN_TRY(hn_json_write(cli->ctx, cli->ctx->scratch, spec, true, &text, &length));
    return hn_write_file(cli->ctx, path, text, length);
}

static void put_page(hn_str *out, const hn_sheet *sheet, const char *source) {
    const char *title = sheet->title != NULL ? sheet->title : sheet->plots[0].title;
    hn_page_begin(out, title, source);
    hn_page_plots_begin(out);
    for (int k = 0; k < sheet->n; k++) hn_page_plot(out, &sheet->plots[k]);
    hn_page_plots_end(out);
    hn_page_end_with(out, "");
}

static hone_status write_picture(hn_cli *cli, const files *o, const char *source,
                                 const hn_sheet *sheet) {
    hn_str out;
    const char *path = o->output;
    if (cli->common.json) HN_TRY(write_spec(cli, sheet, NULL));
    if (path != NULL && ends_in(path, ".json")) return write_spec(cli, sheet, path);
    hn_str_init(&out, cli->ctx, cli->ctx->scratch);
    if (path != NULL && ends_in(path, ".html"))
        put_page(&out, sheet, source);
    else
        hn_sheet_file(&out, sheet);
    HN_TRY(hn_str_status(&out));
    if (path == NULL && cli->common.json) return HONE_OK;
    if (path == NULL) {
        hn_str_put_n(&cli->out, out.text, out.length);
        return hn_str_status(&cli->out);
    }
    if (ends_in(path, ".png")) return hn_svg_png(cli->ctx, out.text, out.length, o->scale, path);
    return hn_write_file(cli->ctx, path, out.text, out.length);
}

static hone_status draw(hn_cli *cli, const files *o, const char *source,
                        const hn_picture_options *picture, const hone_table *table) {
    HN_SCRATCH(cli->ctx);
    hn_sheet sheet;
    HN_TRY(hn_picture_of(cli->ctx, cli->ctx->scratch, &table->view, picture, &sheet));
    return write_picture(cli, o, source != NULL ? source : "", &sheet);
}

static hone_status usage(hn_cli *cli, const char *message) {
    return hn_fail_at(cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = "words"), "hone plot: %s",
                      message);
}

static hone_status run(hn_cli *cli, const void *values) {
    const files *o = values;
    hn_picture_options picture;
    hn_recipe recipe;
    hone_table *table;
    double read;
    if (o->words.n < 1) return usage(cli, "say what to draw: hone plot hist TABLE --x COLUMN");
    if (o->words.n > 2) return usage(cli, "it takes a kind and one table");
    if (o->output != NULL && !ends_in(o->output, ".svg") && !ends_in(o->output, ".png") &&
        !ends_in(o->output, ".html") && !ends_in(o->output, ".json"))
        return usage(cli, "--output must end in .svg, .png, .html or .json");
    HN_TRY(hn_params_defaults(cli->ctx, &cli->arena, &hn_picture_params, &picture));
    HN_TRY(hn_params_set_text(cli->ctx, &cli->arena, &hn_picture_params, &picture, "hone plot",
                              "kind", o->words.items[0]));
    HN_TRY(hn_args_replay(cli, &hn_picture_params, &picture));
    HN_TRY(hn_recipe_init(cli->ctx, &cli->arena, &recipe));
    HN_TRY(hn_args_replay(cli, &hn_recipe_data_params, &recipe.data));
    const char *path = o->words.n == 2 ? o->words.items[1] : NULL;
    HN_TRY(hn_data_source(cli, path, &recipe.data));
    if (o->output != NULL) HN_TRY(hn_check_writable(cli, o->output));
    HN_TRY(hn_data_read(cli, &recipe, &table, &read));
    hone_status status = draw(cli, o, path, &picture, table);
    hone_table_free(cli->ctx, table);
    return status;
}

static const hn_rename data_renames[] = {{"path", NULL}, {NULL, NULL}};
static const hn_rename picture_renames[] = {{"kind", NULL}, {NULL, NULL}};

const hn_verb hn_verb_plot = {
    .name = "plot",
    .summary = "draw one picture of a table's columns",
    .doc = "KIND is scatter, line or area (--x, --y); hist, kde, ecdf or qq (--x); box or violin "
           "(--y, by --x); bar "
           "(--x counted, or the mean of --y); heatmap (--x and --y counted); corr, pair or "
           "missing (all "
           "columns). --color draws groups in colours, --facet gives each a picture of its own.",
    .example = "hone plot scatter penguins.csv --x year --y body_mass_g --color sex -o s.svg\n"
               "hone plot hist penguins.csv --x body_mass_g --facet species -o mass.png\n"
               "hone plot corr penguins.csv -o corr.html",
    .params = &params,
    .borrowed = {{"the picture", &hn_picture_params, picture_renames},
                 {"reading the table", &hn_recipe_data_params, data_renames}},
    .exits = {[3] = "the table is at fault, or a column is of the wrong type"},
    .run = run,
};
