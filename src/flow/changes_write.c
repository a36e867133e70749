/* changes_write.c - the log of what steps did, for people; see changes.h. */
#include "base/utf8.h"
#include "flow/changes.h"
#include "flow/page.h"
#include <math.h>
#include <string.h>

/* Names of columns, bytes of a step's own words and of a cell that are shown. */
enum { NAMES = 12, WORDS = 300, LETTERS = 60 };

typedef struct writer {
    hone_ctx *ctx;
    const hone_model *model;
    hn_str *out;
    bool markdown;
} writer;

static double number(hn_json *object, const char *key, size_t i) {
    return yyjson_get_num(yyjson_arr_get(yyjson_obj_get(object, key), i));
}

static void begin_item(const writer *w) { hn_str_put(w->out, w->markdown ? "- " : "   "); }

static void put_count(const writer *w, double n, const char *what) {
    hn_page_figure(w->out, n);
    hn_str_printf(w->out, " %s%s", what, n == 1 ? "" : "s");
}

static void put_name(const writer *w, const char *name) {
    hn_str_put(w->out, w->markdown ? "**" : "");
    hn_str_put(w->out, name);
    hn_str_put(w->out, w->markdown ? "**" : "");
}

/* "missing 177 -> 0", where it changed. */
static void put_before_after(const writer *w, hn_json *column, const char *key, const char *word) {
    if (!yyjson_obj_get(column, key)) return;
    double was = number(column, key, 0), is = number(column, key, 1);
    /* What is left of a mean of 0 by rounding. */
    double wide = fabs(number(column, "low", 1)) + fabs(number(column, "high", 1));
    if (fabs(is) < 1e-12 * wide) is = 0;
    if (was == is) return;
    hn_str_printf(w->out, "; %s ", word);
    hn_page_figure(w->out, was);
    hn_str_put(w->out, " -> ");
    hn_page_figure(w->out, is);
}

static void put_text(const writer *w, hn_json *text) {
    if (!yyjson_is_str(text)) {
        hn_str_put(w->out, "missing");
        return;
    }
    const char *bytes = yyjson_get_str(text);
    hn_str_put_c(w->out, '"');
    hn_str_put_n(w->out, bytes, hn_utf8_cut((hn_slice){bytes, yyjson_get_len(text)}, LETTERS));
    hn_str_put_c(w->out, '"');
}

static void put_texts(const writer *w, hn_json *column) {
    hn_json *texts = yyjson_obj_get(column, "texts");
    size_t n = yyjson_arr_size(texts);
    for (size_t k = 0; k < n; k++) {
        hn_json *one = yyjson_arr_get(texts, k);
        hn_str_put(w->out, k == 0 ? "; " : ", ");
        put_text(w, yyjson_obj_get(one, "from"));
        hn_str_put(w->out, " -> ");
        put_text(w, yyjson_obj_get(one, "to"));
        hn_str_put(w->out, " (");
        hn_page_figure(w->out, yyjson_get_num(yyjson_obj_get(one, "cells")));
        hn_str_put_c(w->out, ')');
    }
    double others = yyjson_get_num(yyjson_obj_get(column, "other_texts"));
    if (others > 0) {
        hn_str_put(w->out, ", and ");
        put_count(w, others, "other cell");
    }
}

static void put_column(const writer *w, hn_json *column, double rows) {
    hn_json *changed = yyjson_obj_get(column, "changed"), *type = yyjson_obj_get(column, "type");
    begin_item(w);
    put_name(w, hn_json_text(column, "name"));
    hn_str_put(w->out, ": ");
    if (changed && yyjson_get_num(changed) == rows) hn_str_put(w->out, "all ");
    if (changed) put_count(w, yyjson_get_num(changed), "cell");
    hn_str_put(w->out, changed ? " changed" : "other rows");
    if (type)
        hn_str_printf(w->out, "; %s -> %s", yyjson_get_str(yyjson_arr_get(type, 0)),
                      yyjson_get_str(yyjson_arr_get(type, 1)));
    put_before_after(w, column, "missing", "missing");
    put_before_after(w, column, "mean", "mean");
    put_before_after(w, column, "low", "smallest");
    put_before_after(w, column, "high", "largest");
    put_texts(w, column);
    hn_str_put_c(w->out, '\n');
}

static void put_names(const writer *w, hn_json *entry, const char *key, const char *count,
                      const char *word) {
    hn_json *names = yyjson_obj_get(entry, key);
    double n = yyjson_get_num(yyjson_obj_get(entry, count));
    size_t shown = yyjson_arr_size(names);
    if (shown == 0) return;
    if (shown > NAMES) shown = NAMES;
    begin_item(w);
    put_count(w, n, "column");
    hn_str_printf(w->out, " %s: ", word);
    for (size_t k = 0; k < shown; k++)
        hn_str_printf(w->out, "%s%s", k > 0 ? ", " : "", yyjson_get_str(yyjson_arr_get(names, k)));
    if ((double)shown < n) {
        hn_str_put(w->out, ", and ");
        hn_page_figure(w->out, n - (double)shown);
        hn_str_put(w->out, " more");
    }
    hn_str_put_c(w->out, '\n');
}

static void put_rows(const writer *w, hn_json *entry) {
    hn_json *rows = yyjson_obj_get(entry, "rows");
    double before = hn_json_number(rows, "before"), after = hn_json_number(rows, "after");
    double made = hn_json_number(rows, "made"), gone = before + made - after;
    if (before == after && !(made > 0)) return;
    begin_item(w);
    hn_page_figure(w->out, before);
    hn_str_put(w->out, " rows -> ");
    hn_page_figure(w->out, after);
    hn_str_put_c(w->out, ':');
    if (gone > 0) {
        hn_str_put_c(w->out, ' ');
        put_count(w, gone, "row");
        hn_str_put(w->out, " left out");
    }
    if (made > 0) {
        hn_str_put(w->out, gone > 0 ? ", " : " ");
        put_count(w, made, "row");
        hn_str_put(w->out, " made");
    }
    hn_str_put(w->out, " (for learning only)\n");
}

/* ---- in the step's own words ----------------------------------------------------------------- */

/* A report as words: "fill: Age 28, Fare 14.45; groups: 12". What is long is cut. */
static void put_value(const writer *w, hn_json_mut *value, int depth) {
    size_t i, max;
    hn_json_mut *key, *item;
    if (yyjson_mut_is_obj(value)) {
        yyjson_mut_obj_foreach(value, i, max, key, item) {
            if (i > 0) hn_str_put(w->out, depth == 0 ? "; " : ", ");
            if (i >= NAMES) {
                hn_str_put(w->out, "...");
                break;
            }
            hn_str_put(w->out, yyjson_mut_get_str(key));
            hn_str_put(w->out, depth == 0 ? ": " : " ");
            bool inner = depth > 0 && yyjson_mut_is_ctn(item);
            if (inner) hn_str_put_c(w->out, '(');
            put_value(w, item, depth + 1);
            if (inner) hn_str_put_c(w->out, ')');
        }
        return;
    }
    if (yyjson_mut_is_arr(value)) {
        yyjson_mut_arr_foreach(value, i, max, item) {
            if (i > 0) hn_str_put(w->out, ", ");
            if (i >= NAMES) {
                hn_str_put(w->out, "...");
                break;
            }
            put_value(w, item, depth + 1);
        }
        return;
    }
    if (yyjson_mut_is_str(value))
        hn_str_put(w->out, yyjson_mut_get_str(value));
    else if (yyjson_mut_is_num(value))
        hn_page_figure(w->out, yyjson_mut_get_num(value));
    else
        hn_str_put(w->out, yyjson_mut_is_true(value)    ? "yes"
                           : yyjson_mut_is_false(value) ? "no"
                                                        : "missing");
}

static hone_status put_own_words(const writer *w, const hn_stage *stage) {
    if (stage->kind->report == NULL || stage->n_inputs == 0) return HONE_OK;
    HN_SCRATCH(w->ctx);
    hn_json_doc *doc;
    hn_str words;
    HN_TRY(hn_json_new(w->ctx, w->ctx->scratch, &doc));
    hn_json_mut *object = yyjson_mut_obj(doc);
    hn_str_init(&words, w->ctx, w->ctx->scratch);
    HN_TRY(stage->kind->report(w->ctx, stage->state, &stage->schema, doc, object));
    writer inner = *w;
    inner.out = &words;
    put_value(&inner, object, 0);
    HN_TRY(hn_str_status(&words));
    if (words.length == 0) return HONE_OK;
    size_t shown = hn_utf8_cut((hn_slice){words.text, words.length}, WORDS);
    begin_item(w);
    hn_str_put(w->out, "it says: ");
    hn_str_put_n(w->out, words.text, shown);
    hn_str_put(w->out, shown < words.length ? "...\n" : "\n");
    return HONE_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void put_columns(const writer *w, hn_json *entry) {
    hn_json *columns = yyjson_obj_get(entry, "columns"), *rows = yyjson_obj_get(entry, "rows");
    double looked_at = yyjson_get_num(yyjson_obj_get(entry, "looked_at"));
    if (looked_at > 0 && yyjson_arr_size(columns) > 0) {
        begin_item(w);
        hn_str_put(w->out, "counted in ");
        hn_page_figure(w->out, looked_at);
        hn_str_put(w->out, " rows spread over all:\n");
    }
    double all = looked_at > 0 ? looked_at : hn_json_number(rows, "before");
    for (size_t k = 0; k < yyjson_arr_size(columns); k++)
        put_column(w, yyjson_arr_get(columns, k), all);
    double more = yyjson_get_num(yyjson_obj_get(entry, "more_columns"));
    if (more > 0) {
        begin_item(w);
        put_count(w, more, "more column");
        hn_str_put(w->out, " changed\n");
    }
}

/* What was filled before the split, which no stage did. */
static void put_fills(const writer *w, hn_json *entry) {
    begin_item(w);
    hn_str_put(w->out, yyjson_arr_size(yyjson_obj_get(entry, "columns")) > 0
                           ? "filled, of all rows read:\n"
                           : "filled: nothing, no value was missing that could be had\n");
    put_columns(w, entry);
}

static hone_status put_step(const writer *w, int64_t i, hn_json *entry) {
    const hn_stage *stage = &w->model->pipeline.stages[i];
    const char *name = hn_json_text(entry, "name");
    size_t length;
    hn_str_printf(w->out, "\n%s%lld. %s", w->markdown ? "## " : "", (long long)i + 1,
                  hn_json_text(entry, "step"));
    if (*name != '\0') hn_str_printf(w->out, " (%s)", name);
    hn_str_printf(w->out, ": %s\n%s", stage->kind->title, w->markdown ? "\n" : "");
    length = w->out->length;
    put_rows(w, entry);
    put_names(w, entry, "taken", "n_taken", "taken out");
    put_names(w, entry, "made", "n_made", "made");
    put_columns(w, entry);
    if (w->out->length == length) {
        begin_item(w);
        hn_str_put(w->out, "nothing changed\n");
    }
    return put_own_words(w, stage);
}

static void put_head(const writer *w) {
    hn_json *facts = w->model->facts, *rows = yyjson_obj_get(facts, "rows");
    hn_json *data = yyjson_obj_get(w->model->recipe, "data");
    static const char *const lists[] = {"fill", "windows"};
    hn_str_printf(w->out, "%sWhat was done to the data\n\n", w->markdown ? "# " : "");
    hn_str_printf(w->out, "%s: ", hn_json_text(yyjson_obj_get(facts, "lineage"), "source"));
    hn_page_figure(w->out, hn_json_number(rows, "read"));
    hn_str_put(w->out, " rows read, ");
    hn_page_figure(w->out, hn_json_number(rows, "train"));
    hn_str_put(w->out, " to learn from, ");
    hn_page_figure(w->out, hn_json_number(rows, "test"));
    hn_str_put(w->out, " to test. Counts are of the rows to learn from.\n");
    for (size_t l = 0; l < sizeof lists / sizeof *lists; l++) {
        hn_json *items = yyjson_obj_get(data, lists[l]);
        bool alone = yyjson_is_str(items); /* a list of one */
        size_t n = alone ? 1 : yyjson_arr_size(items);
        for (size_t k = 0; k < n; k++) {
            if (k == 0 && w->markdown) hn_str_put_c(w->out, '\n');
            begin_item(w);
            hn_str_printf(w->out, "before the split, %s: %s\n", lists[l],
                          yyjson_get_str(alone ? items : yyjson_arr_get(items, k)));
        }
    }
}

hone_status hn_changes_write(hone_ctx *ctx, const hone_model *model, bool markdown, hn_str *str) {
    writer w = {.ctx = ctx, .model = model, .out = str, .markdown = markdown};
    hn_json *changes = yyjson_obj_get(model->facts, "changes");
    size_t n = yyjson_arr_size(changes);
    hn_json *fills = yyjson_arr_get(changes, 0);
    size_t first = yyjson_get_bool(yyjson_obj_get(fills, "before_split")) ? 1 : 0;
    if (!yyjson_obj_get(yyjson_obj_get(model->facts, "rows"), "read"))
        return hn_fail(ctx, HONE_ERROR_UNSUPPORTED,
                       "the model has no log of changes: it was fitted by itself, not trained from "
                       "a recipe");
    put_head(&w);
    if (first > 0) put_fills(&w, fills);
    if (n == first)
        hn_str_put(str, "\nNo step changed anything: the model takes the columns as they come.\n");
    for (int64_t i = 0; first + (size_t)i < n && i + 1 < model->pipeline.n_stages; i++)
        HN_TRY(put_step(&w, i, yyjson_arr_get(changes, first + (size_t)i)));
    return hn_str_status(str);
}
