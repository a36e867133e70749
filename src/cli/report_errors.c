/* report_errors.c - classes, decision and errors for people; see report.h. */
#include "cli/report.h"
#include <math.h>
#include <string.h>

static hone_status put_number(hn_grid *grid, double value) {
    HN_SCRATCH(grid->cli->ctx);
    hn_str str;
    hn_str_init(&str, grid->cli->ctx, grid->cli->ctx->scratch);
    if (value == floor(value) && fabs(value) >= 2)
        hn_put_count(&str, (int64_t)value);
    else if (isfinite(value))
        hn_put_figure(&str, value);
    HN_TRY(hn_str_status(&str));
    return hn_grid_put(grid, str.text);
}

static hone_status put_count(hn_grid *grid, int64_t count) {
    HN_SCRATCH(grid->cli->ctx);
    hn_str str;
    hn_str_init(&str, grid->cli->ctx, grid->cli->ctx->scratch);
    hn_put_count(&str, count);
    HN_TRY(hn_str_status(&str));
    return hn_grid_put(grid, str.text);
}

/* A label or value as text, cut where it is long. */
static hone_status put_text(hn_grid *grid, hn_json *value) {
    char text[41];
    if (yyjson_is_int(value)) return put_count(grid, yyjson_get_sint(value));
    if (yyjson_is_num(value)) return put_number(grid, yyjson_get_num(value));
    hn_copy_text(text, sizeof text,
                 yyjson_is_str(value)    ? yyjson_get_str(value)
                 : yyjson_is_true(value) ? "true"
                                         : "false");
    return hn_grid_put(grid, text);
}

static void put_title(hn_cli *cli, const char *title) {
    hn_str_put_c(&cli->out, '\n');
    hn_put_styled(cli, HN_BOLD, title);
    hn_str_put_c(&cli->out, '\n');
}

static hone_status put_header(hn_grid *grid, const char *const *names) {
    for (int c = 0; c < grid->columns; c++) HN_TRY(hn_grid_put(grid, names[c]));
    return HONE_OK;
}

/* ---- classes --------------------------------------------------------------------------------- */

static hone_status put_rates(hn_grid *grid, hn_json *entry) {
    static const char *const keys[] = {"precision", "recall", "f1", "support"};
    for (size_t k = 0; k < 4; k++) HN_TRY(put_number(grid, hn_json_number(entry, keys[k])));
    return HONE_OK;
}

hone_status hn_put_classes(hn_cli *cli, hn_json *reports) {
    enum { MOST = 50 };
    static const char *const headers[] = {"class", "precision", "recall", "f1", "rows"};
    hn_json *classes = yyjson_obj_get(reports, "classes"), *entry;
    hn_json *averages = yyjson_obj_get(reports, "averages");
    size_t i, max;
    if (yyjson_arr_size(classes) == 0 || yyjson_arr_size(classes) > MOST) return HONE_OK;
    HN_SCRATCH(cli->ctx);
    hn_grid grid;
    hn_grid_init(&grid, cli, "lrrrr");
    HN_TRY(put_header(&grid, headers));
    yyjson_arr_foreach(classes, i, max, entry) {
        HN_TRY(put_text(&grid, yyjson_obj_get(entry, "class")));
        HN_TRY(put_rates(&grid, entry));
    }
    static const char *const means[][2] = {{"macro", "macro avg"}, {"weighted", "weighted avg"}};
    for (size_t a = 0; averages != NULL && a < 2; a++) {
        HN_TRY(hn_grid_put(&grid, means[a][1]));
        HN_TRY(put_rates(&grid, yyjson_obj_get(averages, means[a][0])));
    }
    hn_str_put_c(&cli->out, '\n');
    hn_grid_print(&grid, 2, true);
    return hn_str_status(&cli->out);
}

/* ---- decision -------------------------------------------------------------------------------- */

static hone_status put_stakes(hn_cli *cli, hn_json *report) {
    static const char *const keys[] = {"share", "cost", "profit", "spent", "roi"};
    static const char *const headers[] = {"",       "share treated", "cost per row",
                                          "profit", "spent",         "ROI"};
    static const char *const rows[][2] = {{"chosen", "as decided"},
                                          {"largest", "the largest probability wins"}};
    HN_SCRATCH(cli->ctx);
    hn_grid grid;
    hn_grid_init(&grid, cli, "lrrrrr");
    HN_TRY(put_header(&grid, headers));
    for (size_t r = 0; r < 2; r++) {
        HN_TRY(hn_grid_put(&grid, rows[r][1]));
        for (size_t k = 0; k < 5; k++)
            HN_TRY(put_number(&grid, hn_json_number(yyjson_obj_get(report, rows[r][0]), keys[k])));
    }
    hn_grid_print(&grid, 2, true);
    return HONE_OK;
}

hone_status hn_put_decision(hn_cli *cli, hn_json *decision, hn_json *reports) {
    hn_json *report = yyjson_obj_get(reports, "decision");
    if (decision == NULL && report == NULL) return HONE_OK;
    const char *by = yyjson_get_str(yyjson_obj_get(decision, "by"));
    HN_SCRATCH(cli->ctx);
    hn_str text;
    hn_str_init(&text, cli->ctx, cli->ctx->scratch);
    put_title(cli, "decision");
    if (yyjson_obj_get(decision, "threshold") != NULL) {
        hn_str_put(&text, "the positive class from ");
        hn_str_put_double(&text, hn_json_number(decision, "threshold"));
        hn_str_put(&text, " on");
        if (by != NULL && strcmp(by, "given") != 0) hn_str_printf(&text, ", the best by %s", by);
        if (yyjson_obj_get(decision, "chosen_on") != NULL)
            hn_str_put(&text, " on these very rows, so its figures here are too good");
    } else {
        hn_str_put(&text, yyjson_obj_get(decision, "costs") != NULL
                              ? "the class of the least expected cost"
                              : "the class with the largest probability");
    }
    HN_TRY(hn_str_status(&text));
    hn_put_fact(cli, "answers", text.text);
    if (report != NULL) HN_TRY(put_stakes(cli, report));
    return hn_str_status(&cli->out);
}

/* ---- errors ---------------------------------------------------------------------------------- */

/* A list of objects as a table with one column per key. */
static hone_status put_list(hn_cli *cli, hn_json *list, const char *title, const char *align,
                            const char *const *keys, const char *const *headers) {
    size_t i, max;
    hn_json *entry;
    if (yyjson_arr_size(list) == 0) return HONE_OK;
    HN_SCRATCH(cli->ctx);
    put_title(cli, title);
    hn_grid grid;
    hn_grid_init(&grid, cli, align);
    HN_TRY(put_header(&grid, headers));
    yyjson_arr_foreach(list, i, max, entry) {
        for (int c = 0; c < grid.columns; c++)
            HN_TRY(put_text(&grid, yyjson_obj_get(entry, keys[c])));
    }
    hn_grid_print(&grid, 2, true);
    return HONE_OK;
}

hone_status hn_put_errors(hn_cli *cli, hn_json *errors) {
    static const char *const segments[] = {"column", "is", "rows", "error", "times"};
    static const char *const segment_heads[] = {"column", "is", "rows", "mean error",
                                                "times overall"};
    static const char *const pairs[] = {"truth", "prediction", "weight", "share"};
    static const char *const pair_heads[] = {"truth", "answer", "rows", "share of truth"};
    static const char *const worst[] = {"row", "truth", "prediction", "probability", "loss"};
    static const char *const worst_heads[] = {"row", "truth", "answer", "probability of truth",
                                              "loss"};
    static const char *const far[] = {"row", "truth", "prediction", "error"};
    static const char *const far_heads[] = {"row", "truth", "answer", "error"};
    static const char *const unsure[] = {"row", "truth", "prediction", "gap"};
    static const char *const unsure_heads[] = {"row", "truth", "answer", "gap"};
    if (errors == NULL) return HONE_OK;
    bool classes = yyjson_obj_get(errors, "confused") != NULL;
    HN_TRY(put_list(cli, yyjson_obj_get(errors, "segments"), "where the model errs most", "llrrr",
                    segments, segment_heads));
    HN_TRY(put_list(cli, yyjson_obj_get(errors, "confused"), "classes taken for each other", "llrr",
                    pairs, pair_heads));
    if (classes)
        HN_TRY(put_list(cli, yyjson_obj_get(errors, "worst"), "worst answers", "rllrr", worst,
                        worst_heads));
    else
        HN_TRY(put_list(cli, yyjson_obj_get(errors, "worst"), "worst answers", "rrrr", far,
                        far_heads));
    HN_TRY(put_list(cli, yyjson_obj_get(errors, "least_certain"), "least certain answers", "rllr",
                    unsure, unsure_heads));
    return hn_str_status(&cli->out);
}
