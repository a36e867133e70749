/* report.c - facts of a model for people and as JSON; see report.h. */
#include "cli/report.h"
#include "ml/metric/metric.h"
#include "spec/emit.h"
#include <math.h>
#include <string.h>

/* ---- facts ---------------------------------------------------------------------------------- */

enum { LABEL = 11, WIDEST = 110 };

void hn_put_fact(hn_cli *cli, const char *label, const char *text) {
    hn_str_put(&cli->out, "  ");
    hn_put_styled(cli, HN_DIM, label);
    for (int i = hn_text_width(label); i < LABEL; i++) hn_str_put_c(&cli->out, ' ');
    int width = cli->width < WIDEST ? cli->width : WIDEST;
    hn_emit_wrapped(&cli->out, text, LABEL + 2, LABEL + 2, width);
}

void hn_put_notes(hn_cli *cli, hn_json *notes) {
    size_t i, max;
    hn_json *note;
    char before[LABEL] = "";
    yyjson_arr_foreach(notes, i, max, note) {
        const char *text = yyjson_get_str(note);
        const char *colon = text ? strstr(text, ": ") : NULL;
        char label[LABEL] = "column";
        if (text && *text >= '0' && *text <= '9') memcpy(label, "rows", sizeof "rows");
        /* "step impute: ..." and "split: ..." have a label; "'id' looks like an id" is about a column. */
        size_t length = colon && *text != '\'' ? strcspn(text, ": ") : 0;
        if (length > 0 && length < sizeof label) {
            memcpy(label, text, length);
            label[length] = '\0';
            text += length + strspn(text + length, ": ");
        }
        if (!text) continue;
        hn_put_fact(cli, strcmp(label, before) == 0 ? "" : label, text);
        memcpy(before, label, sizeof before);
    }
}

/* ---- metrics -------------------------------------------------------------------------------- */

static double value_of(hn_json *json) { return yyjson_is_num(json) ? yyjson_get_num(json) : NAN; }

static hone_status put_cell(hn_grid *grid, double value) {
    HN_SCRATCH(grid->cli->ctx);
    hn_str str;
    hn_str_init(&str, grid->cli->ctx, grid->cli->ctx->scratch);
    hn_put_figure(&str, value);
    HN_TRY(hn_str_status(&str));
    return hn_grid_put(grid, str.text);
}

static hone_status put_interval(hn_grid *grid, hn_json *interval) {
    HN_SCRATCH(grid->cli->ctx);
    hn_str str;
    hn_str_init(&str, grid->cli->ctx, grid->cli->ctx->scratch);
    double low = hn_json_number(interval, "low"), high = hn_json_number(interval, "high");
    if (isfinite(low) && isfinite(high)) {
        hn_put_figure(&str, low);
        hn_str_put(&str, grid->cli->unicode ? " – " : " .. ");
        hn_put_figure(&str, high);
    }
    HN_TRY(hn_str_status(&str));
    return hn_grid_put(grid, str.text);
}

/* Whether a figure beats the baseline's, in words; nothing where it plainly does. ahead is the share of
 * resamples of the test rows where it does. */
static const char *verdict_of(const char *name, double value, hn_json *interval, double baseline) {
    const hn_metric *metric = hn_metric_find(name);
    double ahead = hn_json_number(interval, "ahead");
    if (!metric || !isfinite(value) || !isfinite(baseline)) return "";
    if (isfinite(ahead) && ahead > 0.025)
        return ahead < 0.975 ? "not clearly better than the baseline" : "";
    if (value == baseline) return "no better than the baseline";
    return (value > baseline) == metric->greater_is_better ? "" : "worse than the baseline";
}

/* The figures of one target. */
static hone_status put_figures(hn_cli *cli, hn_json *facts) {
    hn_json *metrics = yyjson_obj_get(facts, "metrics"),
            *intervals = yyjson_obj_get(facts, "intervals");
    const char *primary = yyjson_get_str(yyjson_obj_get(facts, "primary"));
    hn_json *train = yyjson_obj_get(metrics, "train"), *test = yyjson_obj_get(metrics, "test");
    hn_json *baseline = yyjson_obj_get(metrics, "baseline");
    hn_json *rows = test ? test : train;
    if (!rows) return HONE_OK;
    hn_grid grid;
    hn_grid_init(&grid, cli, !baseline ? "lr" : train && test ? "lrrrrl" : "lrrrl");
    HN_TRY(hn_grid_put(&grid, ""));
    if (!baseline) {
        HN_TRY(hn_grid_put(&grid, test ? "test" : "train"));
    } else if (test) {
        HN_TRY(hn_grid_put(&grid, "test"));
        HN_TRY(hn_grid_put(&grid, "95% interval"));
        HN_TRY(hn_grid_put(&grid, "baseline"));
        if (train) HN_TRY(hn_grid_put(&grid, "train"));
    } else {
        HN_TRY(hn_grid_put(&grid, "train"));
        HN_TRY(hn_grid_put(&grid, ""));
        HN_TRY(hn_grid_put(&grid, "baseline"));
    }
    if (baseline) HN_TRY(hn_grid_put(&grid, ""));
    size_t i, max;
    hn_json *key, *entry;
    yyjson_obj_foreach(rows, i, max, key, entry) {
        const char *name = yyjson_get_str(key);
        double value = value_of(entry), beside = hn_json_number(baseline, name);
        hn_json *interval = yyjson_obj_get(intervals, name);
        if (primary && strcmp(primary, name) == 0) grid.bold = grid.n / grid.columns;
        HN_TRY(hn_grid_put(&grid, name));
        HN_TRY(put_cell(&grid, value));
        if (!baseline) continue;
        HN_TRY(put_interval(&grid, interval));
        HN_TRY(put_cell(&grid, beside));
        if (train && test) HN_TRY(put_cell(&grid, hn_json_number(train, name)));
        HN_TRY(hn_grid_put(&grid, verdict_of(name, value, interval, beside)));
    }
    hn_str_put_c(&cli->out, '\n');
    hn_grid_print(&grid, 2, true);
    return hn_str_status(&cli->out);
}

static void put_target_title(hn_cli *cli, const char *title) {
    hn_str_put_c(&cli->out, '\n');
    hn_put_styled(cli, HN_BOLD, title);
}

hone_status hn_put_metrics(hn_cli *cli, hn_json *facts) {
    hn_json *targets = yyjson_obj_get(facts, "targets"), *key, *one;
    size_t i, n;
    if (!targets) return put_figures(cli, facts);
    put_target_title(cli, "mean of the targets");
    HN_TRY(put_figures(cli, facts));
    yyjson_obj_foreach(targets, i, n, key, one) {
        put_target_title(cli, yyjson_get_str(key));
        HN_TRY(put_figures(cli, one));
    }
    return hn_str_status(&cli->out);
}

static hone_status put_details(hn_cli *cli, hn_json *facts) {
    hn_json *reports = yyjson_obj_get(facts, "reports");
    HN_TRY(hn_put_classes(cli, reports));
    HN_TRY(hn_put_confusion(cli, reports));
    HN_TRY(hn_put_decision(cli, yyjson_obj_get(facts, "decision"), reports));
    return hn_put_errors(cli, yyjson_obj_get(facts, "errors"));
}

hone_status hn_put_details(hn_cli *cli, hn_json *facts) {
    hn_json *targets = yyjson_obj_get(facts, "targets"), *key, *one;
    size_t i, n;
    if (!targets) return put_details(cli, facts);
    yyjson_obj_foreach(targets, i, n, key, one) {
        size_t before = cli->out.length;
        put_target_title(cli, yyjson_get_str(key));
        size_t title = cli->out.length;
        HN_TRY(put_details(cli, one));
        /* A target of which there is nothing to say. */
        if (cli->out.length == title && cli->out.status == HONE_OK)
            cli->out.text[cli->out.length = before] = 0;
    }
    return hn_str_status(&cli->out);
}

void hn_put_target_names(hn_str *str, const hone_model *model) {
    for (int32_t t = 0; t < hn_model_targets(model); t++) {
        hone_model one = hn_model_of_target(model, t);
        hn_str_printf(str, "%s'%s'", t > 0 ? ", " : "", one.target);
    }
}

/* ---- confusion ------------------------------------------------------------------------------ */

/* Text of a class label, which may be text, number or truth value. */
static void put_label(hn_str *str, hn_json *label) {
    if (yyjson_is_str(label))
        hn_str_put(str, yyjson_get_str(label));
    else if (yyjson_is_bool(label))
        hn_str_put(str, yyjson_get_bool(label) ? "true" : "false");
    else if (yyjson_is_num(label))
        hn_str_put_double(str, yyjson_get_num(label));
}

hone_status hn_put_confusion(hn_cli *cli, hn_json *reports) {
    enum { MOST = 10 };
    hn_json *confusion = yyjson_obj_get(reports, "confusion");
    hn_json *classes = yyjson_obj_get(confusion, "classes"),
            *matrix = yyjson_obj_get(confusion, "matrix");
    size_t k = yyjson_arr_size(classes);
    if (k == 0 || k > MOST || yyjson_arr_size(matrix) != k) return HONE_OK;
    HN_SCRATCH(cli->ctx);
    hn_grid grid;
    hn_grid_init(&grid, cli, &"lrrrrrrrrrr"[0]);
    grid.columns = (int)k + 1;
    hn_str str;
    hn_str_init(&str, cli->ctx, cli->ctx->scratch);
    HN_TRY(hn_grid_put(&grid, "truth \\ predicted"));
    for (size_t j = 0; j < k; j++) {
        hn_str_clear(&str);
        put_label(&str, yyjson_arr_get(classes, j));
        HN_TRY(hn_grid_put(&grid, str.text));
    }
    for (size_t i = 0; i < k; i++) {
        hn_str_clear(&str);
        put_label(&str, yyjson_arr_get(classes, i));
        HN_TRY(hn_grid_put(&grid, str.text));
        hn_json *row = yyjson_arr_get(matrix, i);
        for (size_t j = 0; j < k; j++) {
            double cell = value_of(yyjson_arr_get(row, j));
            hn_str_clear(&str);
            if (cell == floor(cell))
                hn_put_count(&str, (int64_t)cell);
            else
                hn_put_figure(&str, cell);
            HN_TRY(hn_grid_put(&grid, str.text));
        }
    }
    HN_TRY(hn_str_status(&str));
    hn_str_put_c(&cli->out, '\n');
    hn_grid_print(&grid, 2, true);
    return hn_str_status(&cli->out);
}

/* ---- importances ---------------------------------------------------------------------------- */

hone_status hn_put_importances(hn_cli *cli, const hn_pairs *importances, int n) {
    enum { CELLS = 24, NAME = 32 };
    int64_t count = importances->n < n ? importances->n : n;
    while (count > 0 && !(importances->values[count - 1] > 0)) count--;
    if (count == 0) return HONE_OK;
    HN_SCRATCH(cli->ctx);
    hn_str_put_c(&cli->out, '\n');
    hn_put_styled(cli, HN_BOLD, "what the model looks at");
    hn_str_put_c(&cli->out, '\n');
    hn_grid grid;
    hn_grid_init(&grid, cli, "lrl");
    hn_str str;
    hn_str_init(&str, cli->ctx, cli->ctx->scratch);
    double most = importances->values[0];
    for (int64_t i = 0; i < count; i++) {
        char name[NAME + 1];
        hn_copy_text(name, sizeof name, importances->names[i]);
        HN_TRY(hn_grid_put(&grid, name));
        hn_str_clear(&str);
        hn_str_printf(&str, "%.1f%%", 100 * importances->values[i]);
        HN_TRY(hn_grid_put(&grid, str.text));
        hn_str_clear(&str);
        hn_put_bar(cli, &str, importances->values[i] / most, CELLS);
        HN_TRY(hn_str_status(&str));
        HN_TRY(hn_grid_put(&grid, str.text));
    }
    hn_grid_print(&grid, 2, false);
    if (count < importances->n) {
        hn_str_printf(&cli->out, "  and %lld more\n", (long long)(importances->n - count));
    }
    return hn_str_status(&cli->out);
}

/* ---- what was fitted ------------------------------------------------------------------------ */

/* Rows of flat objects, the first one's members as columns. */
static hone_status put_rows(hn_cli *cli, const char *title, hn_json *rows, int most) {
    HN_SCRATCH(cli->ctx);
    enum { COLUMNS = 16 };
    const char *names[COLUMNS];
    char align[COLUMNS + 1] = "";
    int n = 0;
    size_t i, max;
    hn_json *key, *value, *row;
    yyjson_obj_foreach(yyjson_arr_get_first(rows), i, max, key, value) {
        if (n == COLUMNS || yyjson_is_ctn(value)) continue;
        align[n] = yyjson_is_str(value) ? 'l' : 'r';
        names[n++] = yyjson_get_str(key);
    }
    align[n] = 0;
    if (n == 0) return HONE_OK;
    hn_grid grid;
    hn_str text;
    hn_grid_init(&grid, cli, align);
    hn_str_init(&text, cli->ctx, cli->ctx->scratch);
    for (int c = 0; c < n; c++) HN_TRY(hn_grid_put(&grid, names[c]));
    yyjson_arr_foreach(rows, i, max, row) {
        if ((int64_t)i >= most) break;
        for (int c = 0; c < n; c++) {
            hn_json *cell = yyjson_obj_get(row, names[c]);
            hn_str_clear(&text);
            if (yyjson_is_str(cell))
                hn_str_printf(&text, "%.60s", yyjson_get_str(cell));
            else if (yyjson_is_int(cell))
                hn_put_count(&text, yyjson_get_sint(cell));
            else
                hn_put_figure(&text, yyjson_is_num(cell) ? yyjson_get_num(cell) : (double)NAN);
            HN_TRY(hn_str_status(&text));
            HN_TRY(hn_grid_put(&grid, text.text));
        }
    }
    hn_str_put_c(&cli->out, '\n');
    hn_put_styled(cli, HN_BOLD, title);
    if (max > (size_t)most) hn_str_printf(&cli->out, ", the first %d", most);
    hn_str_put_c(&cli->out, '\n');
    hn_grid_print(&grid, 2, true);
    return HONE_OK;
}

hone_status hn_put_fitted(hn_cli *cli, const hone_model *model, int n) {
    static const char *const shown[] = {"rules", "components"};
    HN_SCRATCH(cli->ctx);
    char *text;
    hn_json *root;
    HN_TRY(hone_model_describe(cli->ctx, model, &text));
    hone_status status =
        hn_json_read(cli->ctx, cli->ctx->scratch, text, strlen(text), "the model", &root);
    hone_string_free(cli->ctx, text);
    HN_TRY(status);
    hn_json *fitted = yyjson_obj_get(yyjson_obj_get(root, "model"), "fitted");
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        hn_json *rows = yyjson_obj_get(fitted, shown[i]);
        if (yyjson_is_arr(rows)) HN_TRY(put_rows(cli, shown[i], rows, n));
    }
    return HONE_OK;
}
