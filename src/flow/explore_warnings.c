/* explore_warnings.c - what a reader should know before learning from the table, in words, each with the
 * lines of a recipe that mend it. Only steps that are there are proposed: tests train with every line. */
#include "flow/explore_judge.h"
#include "flow/page.h"
#include <string.h>

enum { PAIRS_SAID = 12 };
/* Limits by which something is said; shares of rows. */
static const double SKEWED = 2, ALIKE = 0.95, CORRELATED = 0.8, LEAKS = 0.98, RARE_CLASS = 0.1,
                    DRIFT = 0.3;

/* A name as YAML and JSON quote it. */
const char *hn_judge_quoted(hn_judge *w, const char *name) {
    hn_str_clear(&w->quoted);
    hn_json_put_string(&w->quoted, name, strlen(name));
    return w->quoted.text;
}

void hn_judge_say(hn_judge *w, hn_severity how, const char *kind, const char *column) {
    static const char *const words[] = {"info", "notice", "warning"};
    hn_json_mut *o = yyjson_mut_arr_add_obj(w->e->doc, w->list);
    yyjson_mut_obj_add_str(w->e->doc, o, "kind", kind);
    yyjson_mut_obj_add_str(w->e->doc, o, "severity", words[how]);
    if (column != NULL) yyjson_mut_obj_add_str(w->e->doc, o, "column", column);
    yyjson_mut_obj_add_val(w->e->doc, o, "text",
                           hn_text_json(w->e, (hn_slice){w->text.text, w->text.length}, 0));
    if (w->recipe.length > 0)
        yyjson_mut_obj_add_val(w->e->doc, o, "recipe",
                               hn_text_json(w->e, (hn_slice){w->recipe.text, w->recipe.length}, 0));
    hn_str_clear(&w->text);
    hn_str_clear(&w->recipe);
}

void hn_judge_put_share(hn_str *out, double share) {
    double percent = 100 * share, scale = percent < 1 ? 100 : percent < 10 ? 10 : 1;
    double rounded = floor(percent * scale + 0.5) / scale;
    if (rounded >= 100 && share < 1) rounded = 99.9;
    hn_str_put_double(out, rounded);
    hn_str_put(out, " %");
}

/* ---- the target ------------------------------------------------------------------------------ */

static void judge_target(hn_judge *w) {
    hn_explored *e = w->e;
    if (e->target < 0) return;
    const hn_description *d = &e->columns[e->target];
    const char *name = e->table->columns[e->target].name;
    double present = (double)(d->profile.n - d->profile.n_missing);
    if (d->profile.n_missing > 0) {
        hn_str_printf(&w->text,
                      "The target is missing in %lld rows, which cannot teach anything; "
                      "training leaves them out.",
                      (long long)d->profile.n_missing);
        hn_judge_say(w, HN_NOTICE, "target_missing", name);
    }
    if (d->profile.is_constant) {
        hn_str_put(&w->text,
                   "The target has the same value in every row: there is nothing to predict.");
        hn_judge_say(w, HN_WARNING, "target_constant", name);
        return;
    }
    if ((e->task & HN_TASK_CLASSIFY) != 0 && d->n_top >= 2 && d->n_top < HN_TOP_VALUES) {
        double rarest = (double)d->top[d->n_top - 1].count / present;
        if (rarest >= RARE_CLASS) return;
        hn_str_put(&w->text, "The rarest class has ");
        hn_judge_put_share(&w->text, rarest);
        hn_str_put(&w->text, " of the rows: always answering the most frequent one is right in ");
        hn_judge_put_share(&w->text, (double)d->top[0].count / present);
        hn_str_put(&w->text, ". Judge by figures that see the rare class.");
        hn_str_put(&w->recipe, "metrics: [balanced_accuracy, roc_auc, log_loss]");
        hn_judge_say(w, HN_NOTICE, "imbalance", name);
    }
    if (e->task == HN_TASK_REGRESSION && d->profile.skewness > SKEWED) {
        hn_str_put(&w->text, "The target is skewed (");
        hn_page_figure(&w->text, d->profile.skewness);
        hn_str_put(&w->text,
                   "): a few large values will weigh most in squared errors. Look at absolute "
                   "errors too.");
        hn_str_put(&w->recipe, "metrics: [mae, median_absolute_error, rmse, r2]");
        hn_judge_say(w, HN_INFO, "target_skewed", name);
    }
}

static void judge_leaks(hn_judge *w) {
    hn_explored *e = w->e;
    if (e->target < 0) return;
    for (int32_t k = 0; k < e->n_paired; k++) {
        int32_t j = e->paired[k];
        if (j == e->target || !(e->relevance[j] >= LEAKS)) continue;
        hn_str_put(&w->text, "alone tells almost all about the target (");
        hn_page_figure(&w->text, e->relevance[j]);
        hn_str_put(&w->text, " of 1). Is it known before the target is, or made from it?");
        hn_str_printf(&w->recipe, "roles: {ignore: [%s]}",
                      hn_judge_quoted(w, e->table->columns[j].name));
        hn_judge_say(w, HN_WARNING, "leakage", e->table->columns[j].name);
    }
}

/* ---- between columns ------------------------------------------------------------------------- */

/* Pairs within these limits of association, into the list. */
static void judge_pairs(hn_judge *w, double least, double most, const char *kind) {
    hn_explored *e = w->e;
    int said = 0;
    for (int32_t a = 0; a < e->n_paired; a++)
        for (int32_t b = a + 1; b < e->n_paired && said < PAIRS_SAID; b++) {
            double own = e->matrix[a * e->n_paired + b];
            int32_t first = e->paired[a], second = e->paired[b];
            if (!(own >= least && own < most) || first == e->target || second == e->target)
                continue;
            bool alike = least >= ALIKE;
            hn_str_printf(&w->text, "%s %s (association ",
                          alike ? "says nearly the same as" : "is correlated with",
                          hn_judge_quoted(w, e->table->columns[first].name));
            hn_page_figure(&w->text, own);
            hn_str_put(&w->text, "): weights and importances will be shared between them.");
            if (alike)
                hn_str_printf(&w->recipe, "roles: {ignore: [%s]}",
                              hn_judge_quoted(w, e->table->columns[second].name));
            hn_judge_say(w, HN_INFO, kind, e->table->columns[second].name);
            said++;
        }
}

static void judge_time(hn_judge *w) {
    hn_explored *e = w->e;
    for (int32_t j = 0; j < e->table->n_columns; j++) {
        if (e->sorts[j] != HN_SORT_TIME || e->columns[j].profile.is_constant || j == e->target)
            continue;
        hn_str_put(&w->text,
                   "is a time. If the model is to predict what comes later, test it on the "
                   "latest rows, not on random ones.");
        hn_str_printf(&w->recipe, "roles: {time: %s}",
                      hn_judge_quoted(w, e->table->columns[j].name));
        hn_judge_say(w, HN_NOTICE, "time", e->table->columns[j].name);
        return;
    }
    /* Without a time: does a row look like the one before it? */
    if (e->target < 0 || e->sorts[e->target] != HN_SORT_NUMBER) return;
    double r = e->columns[e->target].profile.autocorrelation;
    if (!(r > DRIFT) || e->table->n_rows < 50) return;
    hn_str_put(&w->text, "The target's values resemble those of the row before (autocorrelation ");
    hn_page_figure(&w->text, r);
    hn_str_put(&w->text,
               "): the rows are in some order, and a random split may flatter the model.");
    hn_judge_say(w, HN_NOTICE, "ordered", e->table->columns[e->target].name);
}

static hone_status judge_rows(hn_judge *w) {
    hn_explored *e = w->e;
    hn_json_mut *overview = yyjson_mut_obj_get(e->root, "overview");
    int64_t twice = yyjson_mut_get_sint(yyjson_mut_obj_get(overview, "duplicate_rows"));
    if (e->table->n_rows > 0 && e->table->n_rows < 50) {
        hn_str_printf(&w->text, "The table has %lld rows: every figure here is uncertain.",
                      (long long)e->table->n_rows);
        hn_judge_say(w, HN_NOTICE, "few_rows", NULL);
    }
    if (twice > 0) {
        hn_str_printf(&w->text,
                      "%lld rows repeat an earlier one in every column. Copies on both sides "
                      "of a split flatter the model.",
                      (long long)twice);
        if (e->source != NULL && strchr(e->source, '\'') == NULL &&
            strchr(e->source, '.') != NULL) {
            hn_str sql;
            hn_str_init(&sql, e->ctx, e->arena);
            hn_str_printf(&sql, "select distinct * from '%s'", e->source);
            HN_TRY(hn_str_status(&sql));
            hn_str_printf(&w->recipe, "data: {sql: %s}", hn_judge_quoted(w, sql.text));
        }
        hn_judge_say(w, HN_NOTICE, "duplicates", NULL);
    }
    return HONE_OK;
}

static void judge_equal(hn_judge *w) {
    hn_explored *e = w->e;
    size_t i, max;
    hn_json_mut *pair;
    hn_json_mut *list = yyjson_mut_obj_get(yyjson_mut_obj_get(e->root, "overview"), "equal");
    yyjson_mut_arr_foreach(list, i, max, pair) {
        const char *first = yyjson_mut_get_str(yyjson_mut_arr_get(pair, 0));
        const char *second = yyjson_mut_get_str(yyjson_mut_arr_get(pair, 1));
        if (e->target >= 0 && strcmp(second, e->table->columns[e->target].name) == 0) continue;
        hn_str_printf(&w->text, "holds the same as %s in every row.", hn_judge_quoted(w, first));
        hn_str_printf(&w->recipe, "roles: {ignore: [%s]}", hn_judge_quoted(w, second));
        hn_judge_say(w, HN_NOTICE, "equal", second);
    }
}

/* ---- a recipe -------------------------------------------------------------------------------- */

/* Whether a step makes numbers, times or truth values of a column of texts. */
static bool is_read(const hn_judge *w, int32_t j) {
    return w->repairs[j].step != NULL && strcmp(w->repairs[j].step, "clean_categories") != 0;
}

/* Roles for what is certain: what names rows, what has no value or one. */
static hone_status put_recipe(hn_judge *w) {
    hn_explored *e = w->e;
    hn_str out;
    hn_str_init(&out, e->ctx, e->arena);
    if (e->source != NULL && *e->source != 0)
        hn_str_printf(&out, "data: {path: %s}\n", hn_judge_quoted(w, e->source));
    hn_str_put(&out, "roles:\n");
    if (e->target >= 0)
        hn_str_printf(&out, "  target: %s\n",
                      hn_judge_quoted(w, e->table->columns[e->target].name));
    for (int pass = 0; pass < 2; pass++) {
        bool any = false;
        for (int32_t j = 0; j < e->table->n_columns; j++) {
            const hn_column_profile *p = &e->columns[j].profile;
            bool is_id = p->is_id_like && !is_read(w, j);
            bool useless = e->sorts[j] == HN_SORT_EMPTY || p->is_constant ||
                           (e->sorts[j] == HN_SORT_TEXT && !is_id && !is_read(w, j));
            bool leaks = e->relevance[j] >= LEAKS;
            if (j == e->target || !(pass == 0 ? is_id && !useless : useless || leaks)) continue;
            hn_str_put(&out, any ? ", " : pass == 0 ? "  id: [" : "  ignore: [");
            hn_str_put(&out, hn_judge_quoted(w, e->table->columns[j].name));
            any = true;
        }
        if (any) hn_str_put(&out, "]\n");
    }
    HN_TRY(hn_str_status(&out));
    if (e->target >= 0)
        yyjson_mut_obj_add_val(e->doc, e->root, "recipe",
                               hn_text_json(e, (hn_slice){out.text, out.length}, 0));
    return HONE_OK;
}

hone_status hn_explore_warnings(hn_explored *e) {
    HN_SCRATCH(e->ctx);
    hn_judge w = {.e = e, .list = yyjson_mut_obj_add_arr(e->doc, e->root, "warnings")};
    hn_str_init(&w.text, e->ctx, e->arena);
    hn_str_init(&w.recipe, e->ctx, e->arena);
    hn_str_init(&w.quoted, e->ctx, e->arena);
    judge_target(&w);
    judge_leaks(&w);
    HN_TRY(judge_rows(&w));
    HN_TRY(HN_NEW(e->ctx, e->arena, w.repairs, e->table->n_columns + 1));
    for (int32_t j = 0; j < e->table->n_columns; j++) HN_TRY(hn_judge_column(&w, j));
    judge_equal(&w);
    judge_pairs(&w, ALIKE, INFINITY, "alike");
    judge_pairs(&w, CORRELATED, ALIKE, "correlated");
    judge_time(&w);
    HN_TRY(hn_str_status(&w.text));
    HN_TRY(hn_str_status(&w.recipe));
    HN_TRY(hn_str_status(&w.quoted));
    return put_recipe(&w);
}
