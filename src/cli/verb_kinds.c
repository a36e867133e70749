/* verb_kinds.c - what kinds of models and steps there are, and all about one. */
#include "cli/declare.h"
#include "spec/emit.h"
#include <math.h>
#include <string.h>

typedef struct options {
    const char *name;
    bool markdown;
} options;

static const hone_param items[] = {
    HN_PARAM(options, name, .positional = true,
             .doc = "A kind of model, a step or a metric; 'functions' for those of expressions."),
    HN_PARAM(options, markdown, .doc = "Print Markdown, as the documentation has it."),
};
static const hn_params params = HN_PARAMS(options, items);

static void put_joined(hn_str *str, const char *const *names, const char *none) {
    if (!*names) hn_str_put(str, none);
    for (int i = 0; names[i]; i++) hn_str_printf(str, "%s%s", i > 0 ? ", " : "", names[i]);
}

/* ---- all of them ---------------------------------------------------------------------------- */

/* Text up to its first full stop. */
static const char *first_sentence(hn_cli *cli, const char *text) {
    const char *stop = strstr(text, ". ");
    size_t length =
        stop ? (size_t)(stop - text) : strlen(text) - (text[0] && text[strlen(text) - 1] == '.');
    const char *copy = hn_arena_strndup(cli->ctx, &cli->arena, text, length);
    return copy ? copy : "";
}

static void put_title(hn_cli *cli, const char *title, const char *note) {
    if (cli->out.length > 0) hn_str_put_c(&cli->out, '\n');
    hn_put_styled(cli, HN_BOLD, title);
    hn_str_printf(&cli->out, "%s%s\n", *note ? "  " : "", note);
}

/* One line of a list: a name of up to 20 characters, then text that is wrapped. */
static void put_entry(hn_cli *cli, const char *name, const char *text) {
    enum { NAME = 20, WIDEST = 100 };
    hn_str_put(&cli->out, "  ");
    hn_put_styled(cli, HN_CYAN, name);
    int width = hn_text_width(name);
    for (; width < NAME; width++) hn_str_put_c(&cli->out, ' ');
    hn_str_put_c(&cli->out, ' ');
    hn_emit_wrapped(&cli->out, text, width + 3, NAME + 3,
                    cli->width < WIDEST ? cli->width : WIDEST);
}

/* Kinds by family, in the order in which families first come up. */
static void list_kinds(hn_cli *cli, bool steps) {
    int64_t n;
    const hone_estimator *const *kinds = hn_catalog(&n);
    for (int64_t i = 0; i < n; i++) {
        bool first = true;
        for (int64_t j = 0; j < i; j++)
            first &= (kinds[j]->tasks == HN_TASK_NONE) != steps ||
                     strcmp(kinds[j]->family, kinds[i]->family) != 0;
        if ((kinds[i]->tasks == HN_TASK_NONE) != steps || !first) continue;
        put_title(cli, kinds[i]->family, steps ? "(steps)" : "(models)");
        for (int64_t j = i; j < n; j++) {
            const hone_estimator *kind = kinds[j];
            if ((kind->tasks == HN_TASK_NONE) != steps ||
                strcmp(kind->family, kinds[i]->family) != 0)
                continue;
            put_entry(cli, kind->name, first_sentence(cli, kind->doc));
        }
    }
}

static const char *form_of(hn_cli *cli, const hn_metric *metric) {
    hn_str form;
    hn_str_init(&form, cli->ctx, &cli->arena);
    hn_metric_put_form(&form, metric);
    return hn_str_status(&form) == HONE_OK ? form.text : metric->name;
}

static void list_metrics(hn_cli *cli) {
    static const struct {
        unsigned tasks;
        const char *title;
    } groups[] = {{HN_TASK_CLASSIFY, "(classes)"},
                  {HN_TASK_REGRESSION, "(numbers)"},
                  {HN_TASK_CLUSTER, "(clusters)"},
                  {HN_TASK_ANOMALY, "(anomalies)"},
                  {HN_TASK_RANK, "(ranks)"}};
    int64_t n;
    const hn_metric *const *metrics = hn_metrics(&n);
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        bool titled = false;
        for (int64_t i = 0; i < n; i++) {
            if (!(metrics[i]->tasks & groups[g].tasks)) continue;
            if (!titled) put_title(cli, "metrics", groups[g].title);
            titled = true;
            put_entry(cli, form_of(cli, metrics[i]), metrics[i]->title);
        }
    }
}

static hone_status list_json(hn_cli *cli) {
    hn_json_doc *doc;
    hn_json_mut *root;
    HN_TRY(hn_json_new(cli->ctx, &cli->arena, &doc));
    HN_TRY(hn_declare_catalog(cli->ctx, doc, &root));
    return hn_out_json(cli, root, true);
}

/* ---- functions of expressions --------------------------------------------------------------- */

static const char FUNCTIONS[] = "functions"; /* the name under which they are shown */

static hone_status show_functions(hn_cli *cli, const options *o) {
    hn_str *out = &cli->out;
    if (cli->common.json) {
        hn_json_doc *doc;
        HN_TRY(hn_json_new(cli->ctx, &cli->arena, &doc));
        hn_json_mut *root = yyjson_mut_obj(doc);
        HN_TRY(hn_declare_functions(cli->ctx, doc, root, FUNCTIONS));
        return hn_out_json(cli, root, true);
    }
    size_t n;
    const hn_expr_function *functions = hn_expr_functions(&n);
    if (o->markdown)
        hn_str_put(out, "## Functions of expressions\n\n");
    else
        hn_str_put(out, "Functions of expressions, as the derive step takes them:\n\n");
    for (size_t i = 0; i < n; i++) {
        const hn_expr_function *f = &functions[i];
        if (o->markdown) {
            hn_str_printf(out, "- `%s`: %s Example: `%s`\n", f->signature, f->doc, f->example);
            continue;
        }
        hn_str_put(out, "  ");
        hn_put_styled(cli, HN_CYAN, f->signature);
        hn_str_printf(out, "\n      %s\n      %s\n", f->doc, f->example);
    }
    return hn_str_status(out);
}

/* ---- one ------------------------------------------------------------------------------------ */

static void put_paragraph(hn_cli *cli, const char *text) {
    enum { WIDEST = 100 };
    hn_emit_wrapped(&cli->out, text, 0, 0, cli->width < WIDEST ? cli->width : WIDEST);
}

static void put_references(hn_cli *cli, const char *text, const char *bullet) {
    while (text && *text) {
        size_t length = strcspn(text, "\n");
        hn_str_put(&cli->out, bullet);
        hn_str_put_n(&cli->out, text, length);
        hn_str_put_c(&cli->out, '\n');
        text += length + (text[length] == '\n');
    }
}

/* "  also    xgboost, lightgbm": words that are parted by blanks. */
static void put_words(hn_cli *cli, const char *label, const char *words, const char *before) {
    if (words == NULL) return;
    hn_str_printf(&cli->out, "  %-8s", label);
    for (const char *at = words; *at != '\0'; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        hn_str_printf(&cli->out, "%s%s%.*s", at > words ? ", " : "", before, (int)length, at);
        at += length;
    }
    hn_str_put_c(&cli->out, '\n');
}

static hone_status show_kind(hn_cli *cli, const hone_estimator *kind) {
    hn_str *out = &cli->out;
    const char *names[HN_NAMES];
    hn_put_styled(cli, HN_BOLD, kind->name);
    hn_str_printf(out, ": %s\n\n", kind->title);
    put_paragraph(cli, kind->doc);
    hn_str_put(out, "\n  family  ");
    hn_str_put(out, kind->family);
    hn_str_put(out, "\n  tasks   ");
    hn_task_names(kind->tasks, names);
    put_joined(out, names, "none: a step, it transforms columns");
    hn_str_put(out, "\n  can     ");
    hn_capability_names(kind->can, names);
    put_joined(out, names, "-");
    hn_str_put_c(out, '\n');
    if (kind->update != NULL && kind->tasks != HN_TASK_NONE)
        hn_str_put(out, "  learns  from more rows too: 'hone update'\n");
    put_words(cli, "python", kind->class_names, "hone.");
    put_words(cli, "also", kind->also, "");
    if (kind->params.n > 0) {
        put_title(cli, "parameters", "name, default, meaning");
        hn_emit_help(out, &kind->params, cli->width < 100 ? cli->width : 100, false);
    } else {
        hn_str_put(out, "\nIt has no parameters.\n");
    }
    if (kind->references && *kind->references) {
        put_title(cli, "references", "");
        put_references(cli, kind->references, "  ");
    }
    put_title(cli, "example", "");
    if (kind->tasks == HN_TASK_NONE)
        hn_str_printf(out, "  steps: [{%s: {...}}]    in a recipe\n", kind->name);
    else if (!(kind->tasks & HN_TASK_SUPERVISED))
        hn_str_printf(out, "  hone train table.csv --model %s\n", kind->name);
    else
        hn_str_printf(out, "  hone train table.csv --target y --model %s\n", kind->name);
    return hn_str_status(out);
}

static void put_markdown_kind(hn_cli *cli, const hone_estimator *kind) {
    hn_str *out = &cli->out;
    const char *names[HN_NAMES];
    hn_str_printf(out, "## `%s`: %s\n\n%s\n\n", kind->name, kind->title, kind->doc);
    hn_task_names(kind->tasks, names);
    hn_str_put(out, "Tasks: ");
    put_joined(out, names, "none, it is a step");
    hn_capability_names(kind->can, names);
    hn_str_put(out, ". Capabilities: ");
    put_joined(out, names, "none");
    hn_str_put(out, ".\n\n");
    hn_emit_markdown(out, &kind->params);
    hn_str_put_c(out, '\n');
    if (!kind->references) return;
    put_references(cli, kind->references, "- ");
    hn_str_put_c(out, '\n');
}

static void put_markdown_metrics(hn_cli *cli) {
    hn_str *out = &cli->out;
    int64_t n;
    const hn_metric *const *metrics = hn_metrics(&n);
    hn_str_put(out, "## Metrics\n\n| Metric | | Tasks | Better |\n|---|---|---|---|\n");
    for (int64_t i = 0; i < n; i++) {
        const char *names[HN_NAMES];
        hn_str_printf(out, "| `%s` | %s | ", form_of(cli, metrics[i]), metrics[i]->title);
        hn_task_names(metrics[i]->tasks, names);
        put_joined(out, names, "");
        hn_str_printf(out, " | %s |\n", metrics[i]->greater_is_better ? "greater" : "less");
    }
    hn_str_put_c(out, '\n');
}

static void put_argument(hn_cli *cli, const hn_argument *argument) {
    hn_str *out = &cli->out;
    hn_str_printf(out, "\n  %-7s %s in %s; ", argument->name,
                  argument->is_place ? "a whole number" : "a number", argument->range);
    if (isnan(argument->def))
        hn_str_put(out, "must be told");
    else if (argument->def == 0)
        hn_str_put(out, "all without it");
    else
        hn_str_put_double(out, argument->def), hn_str_put(out, " without it");
    hn_str_printf(out, "\n          %s\n", argument->doc);
}

static hone_status show_metric(hn_cli *cli, const hn_metric *metric, bool markdown) {
    hn_str *out = &cli->out;
    const char *names[HN_NAMES];
    if (markdown) {
        hn_str_printf(out, "## `%s`: %s\n\n%s\n", form_of(cli, metric), metric->title, metric->doc);
        return hn_str_status(out);
    }
    hn_put_styled(cli, HN_BOLD, form_of(cli, metric));
    hn_str_printf(out, ": %s\n\n", metric->title);
    put_paragraph(cli, metric->doc);
    if (metric->argument != NULL) put_argument(cli, metric->argument);
    hn_task_names(metric->tasks, names);
    hn_str_put(out, "\n  tasks   ");
    put_joined(out, names, "-");
    hn_str_put(out, "\n  range   ");
    hn_str_put_double(out, metric->low);
    hn_str_put(out, " to ");
    hn_str_put_double(out, metric->high);
    hn_str_printf(out, "; %s is better\n", metric->greater_is_better ? "greater" : "less");
    if (metric->references) {
        put_title(cli, "references", "");
        put_references(cli, metric->references, "  ");
    }
    return hn_str_status(out);
}

/* ---- running -------------------------------------------------------------------------------- */

static hone_status unknown(hn_cli *cli, const char *name) {
    int64_t n_kinds, n_metrics;
    const hone_estimator *const *kinds = hn_catalog(&n_kinds);
    const hn_metric *const *metrics = hn_metrics(&n_metrics);
    const char **names;
    HN_TRY(HN_NEW(cli->ctx, &cli->arena, names, n_kinds + n_metrics));
    for (int64_t i = 0; i < n_kinds; i++) names[i] = kinds[i]->name;
    for (int64_t i = 0; i < n_metrics; i++) names[n_kinds + i] = metrics[i]->name;
    const char *near = hn_catalog_meant(name);
    if (near == NULL) near = hn_nearest(name, names, (size_t)(n_kinds + n_metrics));
    return hn_fail_at(cli->ctx, HONE_ERROR_USAGE, HN_AT(.param = "name"),
                      "hone kinds: there is no kind, step or metric '%.60s'; %s%s%s", name,
                      near ? "did you mean '" : "'hone kinds' lists them", near ? near : "",
                      near ? "'?" : "");
}

static hone_status one(hn_cli *cli, const options *o) {
    if (strcmp(o->name, FUNCTIONS) == 0) return show_functions(cli, o);
    const hone_estimator *kind = hn_catalog_find(o->name);
    const hn_metric *metric = kind ? NULL : hn_metric_find(o->name);
    if (!kind && !metric) return unknown(cli, o->name);
    if (cli->common.json) {
        hn_json_doc *doc;
        hn_json_mut *object;
        HN_TRY(hn_json_new(cli->ctx, &cli->arena, &doc));
        if (kind)
            HN_TRY(hn_declare_kind(cli->ctx, doc, kind, false, &object));
        else
            HN_TRY(hn_declare_metric(cli->ctx, doc, metric, &object));
        return hn_out_json(cli, object, true);
    }
    if (metric) return show_metric(cli, metric, o->markdown);
    if (!o->markdown) return show_kind(cli, kind);
    put_markdown_kind(cli, kind);
    return hn_str_status(&cli->out);
}

static hone_status run(hn_cli *cli, const void *values) {
    const options *o = values;
    if (o->name) return one(cli, o);
    if (cli->common.json) return list_json(cli);
    int64_t n;
    const hone_estimator *const *kinds = hn_catalog(&n);
    if (o->markdown) {
        hn_str_put(&cli->out, "# Kinds\n\n");
        for (int64_t i = 0; i < n; i++) put_markdown_kind(cli, kinds[i]);
        put_markdown_metrics(cli);
        return show_functions(cli, o);
    }
    list_kinds(cli, false);
    list_kinds(cli, true);
    list_metrics(cli);
    hn_str_put(&cli->out, "\n'hone kinds NAME' says all about one.\n"
                          "'hone kinds functions' lists what derived columns can use.\n");
    return hn_str_status(&cli->out);
}

const hn_verb hn_verb_kinds = {
    .name = "kinds",
    .summary = "list models, steps and metrics, or say all about one",
    .doc = "With a name: what it does, when to take it, its tasks and capabilities, and every "
           "parameter with "
           "default, range and meaning.",
    .example = "hone kinds\n"
               "hone kinds gbdt\n"
               "hone kinds gbdt --json",
    .params = &params,
    .run = run,
};
