/* explore_warnings.c - what a reader should know before learning from the table, in words, each with the
 * lines of a recipe that mend it. Only steps that are there are proposed: tests train with every line. */
#include "flow/explore_parts.h"
#include "flow/page.h"
#include <string.h>

/* Limits by which something is said; shares of rows. */
static const double MISSING_SOME = 0.01, MISSING_MUCH = 0.5, NEARLY_ALL = 0.98, OUTLIERS = 0.05,
                    SKEWED = 2, ALIKE = 0.95, LEAKS = 0.98, RARE_CLASS = 0.1, DRIFT = 0.3;

typedef enum severity { INFO, NOTICE, WARNING } severity;

typedef struct writer {
    hn_explored *e;
    hn_json_mut *list;
    hn_str text, recipe, quoted;
    hn_repairable *repairs; /* [n_columns] */
} writer;

/* A name as YAML and JSON quote it. */
static const char *quoted(writer *w, const char *name) {
    hn_str_clear(&w->quoted);
    hn_json_put_string(&w->quoted, name, strlen(name));
    return w->quoted.text;
}

static void say(writer *w, severity how, const char *kind, const char *column) {
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

static void put_share(hn_str *out, double share) {
    double percent = 100 * share, scale = percent < 1 ? 100 : percent < 10 ? 10 : 1;
    double rounded = floor(percent * scale + 0.5) / scale;
    if (rounded >= 100 && share < 1) rounded = 99.9;
    hn_str_put_double(out, rounded);
    hn_str_put(out, " %");
}

static double share_missing(const hn_description *d) {
    return d->profile.n > 0 ? (double)d->profile.n_missing / (double)d->profile.n : 0;
}

/* ---- single columns -------------------------------------------------------------------------- */

/* What makes a column useless; true if it does. */
static bool judge_use(writer *w, const hn_column *c, const hn_description *d, hn_sort sort) {
    const hn_column_profile *p = &d->profile;
    if (p->n == 0) return true;
    if (sort == HN_SORT_EMPTY) {
        hn_str_put(&w->text, p->n_missing == p->n ? "has no value in any row."
                                                  : "has no finite value in any row.");
        hn_str_printf(&w->recipe, "roles: {ignore: [%s]}", quoted(w, c->name));
        say(w, WARNING, "empty", c->name);
        return true;
    }
    if (p->is_constant) {
        hn_str_put(&w->text, p->n_missing > 0
                                 ? "has one value, or none: only whether it is missing "
                                   "can teach anything."
                                 : "has the same value in every row: nothing can be "
                                   "learned from it.");
        hn_str_printf(&w->recipe, "roles: {ignore: [%s]}", quoted(w, c->name));
        say(w, NOTICE, "constant", c->name);
        return true;
    }
    if (p->is_id_like) {
        hn_str_put(&w->text,
                   "names its row: every value differs. A model that learns from it learns "
                   "rows by heart.");
        hn_str_printf(&w->recipe, "roles: {id: [%s]}", quoted(w, c->name));
        say(w, NOTICE, "id_like", c->name);
        return true;
    }
    return false;
}

static void judge_missing(writer *w, const hn_column *c, const hn_description *d, hn_sort sort) {
    double share = share_missing(d);
    if (share < MISSING_SOME) return;
    hn_str_put(&w->text, "is missing in ");
    put_share(&w->text, share);
    hn_str_put(&w->text, " of the rows.");
    bool much = share > MISSING_MUCH;
    if (much)
        hn_str_put(&w->text,
                   " What is put in would mostly be made up; that it is missing may still "
                   "tell something.");
    if (sort == HN_SORT_NUMBER)
        hn_str_printf(&w->recipe,
                      "steps: [{impute: {columns: [%s], strategy: median, indicator: auto}}]",
                      quoted(w, c->name));
    else if (sort == HN_SORT_NAME)
        hn_str_printf(&w->recipe,
                      "steps: [{impute: {columns: [%s], strategy: constant, fill_text: missing}}]",
                      quoted(w, c->name));
    say(w, much ? WARNING : NOTICE, "missing", c->name);
}

static void judge_names(writer *w, const hn_column *c, const hn_description *d) {
    double present = (double)(d->profile.n - d->profile.n_missing);
    if (d->n_top > 0 && (double)d->top[0].count / present > NEARLY_ALL) {
        hn_str_put(&w->text, "has one value in ");
        put_share(&w->text, (double)d->top[0].count / present);
        hn_str_put(&w->text, " of the rows: the others are too few to learn much from.");
        say(w, INFO, "nearly_constant", c->name);
    } else if (d->profile.n_distinct > HN_LEVELS_MOST) {
        hn_str_printf(&w->text,
                      "has %lld different values, %lld of them only once: as columns of "
                      "their own they would be many and thin.",
                      (long long)d->profile.n_distinct, (long long)d->n_once);
        hn_str_printf(&w->recipe, "steps: [{one_hot: {columns: [%s], max_categories: 20}}]",
                      quoted(w, c->name));
        say(w, NOTICE, "high_cardinality", c->name);
    }
}

static void put_count(writer *w, hn_json_mut *said, const char *key) {
    hn_str_printf(&w->text, "%lld", (long long)yyjson_mut_get_sint(yyjson_mut_obj_get(said, key)));
}

/* The first spellings that would become others. */
static void put_changed(writer *w, hn_json_mut *said) {
    hn_json_mut *list = yyjson_mut_obj_get(said, "changed");
    for (size_t i = 0; i < 2 && i < yyjson_mut_arr_size(list); i++) {
        hn_json_mut *pair = yyjson_mut_arr_get(list, i);
        hn_str_put(&w->text, i == 0 ? ": " : ", ");
        hn_str_put(&w->text, quoted(w, yyjson_mut_get_str(yyjson_mut_obj_get(pair, "from"))));
        hn_str_put(&w->text, " for ");
        hn_str_put(&w->text, quoted(w, yyjson_mut_get_str(yyjson_mut_obj_get(pair, "to"))));
    }
}

/* Texts that are numbers, times or truth values, or names in several spellings. */
static void judge_texts(writer *w, const hn_column *c, const hn_repairable *r) {
    static const struct {
        const char *step, *kind, *what;
    } readers[] = {{"parse_number", "numbers_as_text", "numbers"},
                   {"parse_time", "times_as_text", "times"},
                   {"parse_bool", "truth_as_text", "words for yes and no"}};
    const char *kind = "spelling";
    if (r->step == NULL) return;
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        if (strcmp(r->step, readers[i].step) != 0) continue;
        hn_json_mut *order = yyjson_mut_obj_get(r->said, "order");
        kind = readers[i].kind;
        hn_str_printf(&w->text, "holds %s as texts: ", readers[i].what);
        put_count(w, r->said, "read");
        hn_str_put(&w->text, " are read, ");
        put_count(w, r->said, "lost");
        hn_str_put(&w->text, " are not.");
        if (order != NULL)
            hn_str_printf(&w->text, " Of 3/4/2020 the first is taken for the %s.",
                          strcmp(yyjson_mut_get_str(order), "day_first") == 0 ? "day" : "month");
    }
    if (strcmp(kind, "spelling") == 0) {
        hn_str_put(&w->text, "writes the same name in several ways in ");
        put_count(w, r->said, "changed_rows");
        hn_str_put(&w->text, " rows");
        put_changed(w, r->said);
        hn_str_put(&w->text, ".");
    }
    hn_str_printf(&w->recipe, "steps: [{%s: {columns: [%s]}}]", r->step, quoted(w, c->name));
    say(w, NOTICE, kind, c->name);
}

static void judge_numbers(writer *w, const hn_column *c, const hn_description *d) {
    double n = (double)d->n_finite;
    bool few = d->profile.n_distinct <= 12;
    if (d->n_infinite > 0) {
        hn_str_printf(&w->text, "is infinite in %lld rows; its statistics are of the others.",
                      (long long)d->n_infinite);
        say(w, WARNING, "infinite", c->name);
    }
    if (d->profile.is_integer && d->profile.n_distinct >= 3 && d->profile.n_distinct <= 10 &&
        d->profile.max - d->profile.min + 1 > (double)d->profile.n_distinct) {
        hn_str_printf(&w->text,
                      "is one of %lld whole numbers with gaps between them: perhaps codes, "
                      "which are names.",
                      (long long)d->profile.n_distinct);
        hn_str_printf(&w->recipe, "data: {categories: [%s]}", quoted(w, c->name));
        say(w, INFO, "codes", c->name);
    }
    if (few || n < 20) return;
    if (fabs(d->profile.skewness) > SKEWED) {
        hn_str_put(&w->text, "is skewed (");
        hn_page_figure(&w->text, d->profile.skewness);
        hn_str_put(&w->text,
                   "): a few values are far larger than the rest. Linear models, distances "
                   "and scaling feel that; trees don't.");
        if (d->profile.min > -1 && d->profile.skewness > 0 && strpbrk(c->name, "`\"\\") == NULL)
            hn_str_printf(&w->recipe, "steps: [{derive: {expressions: [\"`%s` = log1p(`%s`)\"]}}]",
                          c->name, c->name);
        say(w, INFO, "skewed", c->name);
    } else if ((double)d->n_outliers_iqr / n > OUTLIERS) {
        put_share(&w->text, (double)d->n_outliers_iqr / n);
        hn_str_put(&w->text,
                   " of its values lie beyond 1.5 quartile distances from the quartiles.");
        hn_str_printf(&w->recipe, "steps: [{robust_scale: {columns: [%s]}}]", quoted(w, c->name));
        say(w, INFO, "outliers", c->name);
    }
    if ((double)d->n_zero / n > 0.5) {
        hn_str_put(&w->text, "is 0 in ");
        put_share(&w->text, (double)d->n_zero / n);
        hn_str_put(&w->text, " of the rows: 0 may mean something of its own, or missing.");
        say(w, INFO, "zeros", c->name);
    }
}

static hone_status judge_column(writer *w, int32_t j) {
    hn_explored *e = w->e;
    const hn_repairable *repair = &w->repairs[j];
    const hn_column *c = &e->table->columns[j];
    const hn_description *d = &e->columns[j];
    hn_sort sort = e->sorts[j];
    if (j == e->target || e->columns[j].profile.n == 0) return HONE_OK;
    HN_TRY(hn_explore_repair(e, j, &w->repairs[j]));
    if ((repair->step == NULL || sort == HN_SORT_EMPTY || d->profile.is_constant) &&
        judge_use(w, c, d, sort))
        return HONE_OK;
    judge_missing(w, c, d, sort);
    judge_texts(w, c, repair);
    bool mended = repair->step != NULL && strcmp(repair->step, "clean_categories") != 0;
    if (sort == HN_SORT_NAME && !mended) {
        judge_names(w, c, d);
    } else if (sort == HN_SORT_NUMBER) {
        judge_numbers(w, c, d);
    } else if (sort == HN_SORT_TEXT && !mended) {
        hn_str_put(&w->text,
                   "is free text: nearly every value differs. No model takes it as it is: derive "
                   "features from it, or leave it out.");
        hn_str_printf(&w->recipe, "roles: {ignore: [%s]}", quoted(w, c->name));
        say(w, INFO, "free_text", c->name);
    }
    return HONE_OK;
}

/* ---- the target ------------------------------------------------------------------------------ */

static void judge_target(writer *w) {
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
        say(w, NOTICE, "target_missing", name);
    }
    if (d->profile.is_constant) {
        hn_str_put(&w->text,
                   "The target has the same value in every row: there is nothing to predict.");
        say(w, WARNING, "target_constant", name);
        return;
    }
    if ((e->task & HN_TASK_CLASSIFY) != 0 && d->n_top >= 2 && d->n_top < HN_TOP_VALUES) {
        double rarest = (double)d->top[d->n_top - 1].count / present;
        if (rarest >= RARE_CLASS) return;
        hn_str_put(&w->text, "The rarest class has ");
        put_share(&w->text, rarest);
        hn_str_put(&w->text, " of the rows: always answering the most frequent one is right in ");
        put_share(&w->text, (double)d->top[0].count / present);
        hn_str_put(&w->text, ". Judge by figures that see the rare class.");
        hn_str_put(&w->recipe, "metrics: [balanced_accuracy, roc_auc, log_loss]");
        say(w, NOTICE, "imbalance", name);
    }
    if (e->task == HN_TASK_REGRESSION && d->profile.skewness > SKEWED) {
        hn_str_put(&w->text, "The target is skewed (");
        hn_page_figure(&w->text, d->profile.skewness);
        hn_str_put(&w->text,
                   "): a few large values will weigh most in squared errors. Look at absolute "
                   "errors too.");
        hn_str_put(&w->recipe, "metrics: [mae, median_absolute_error, rmse, r2]");
        say(w, INFO, "target_skewed", name);
    }
}

static void judge_leaks(writer *w) {
    hn_explored *e = w->e;
    if (e->target < 0) return;
    for (int32_t k = 0; k < e->n_paired; k++) {
        int32_t j = e->paired[k];
        if (j == e->target || !(e->relevance[j] >= LEAKS)) continue;
        hn_str_put(&w->text, "alone tells almost all about the target (");
        hn_page_figure(&w->text, e->relevance[j]);
        hn_str_put(&w->text, " of 1). Is it known before the target is, or made from it?");
        hn_str_printf(&w->recipe, "roles: {ignore: [%s]}", quoted(w, e->table->columns[j].name));
        say(w, WARNING, "leakage", e->table->columns[j].name);
    }
}

/* ---- between columns ------------------------------------------------------------------------- */

static void judge_pairs(writer *w) {
    hn_explored *e = w->e;
    int said = 0;
    for (int32_t a = 0; a < e->n_paired; a++)
        for (int32_t b = a + 1; b < e->n_paired && said < 12; b++) {
            double own = e->matrix[a * e->n_paired + b];
            int32_t first = e->paired[a], second = e->paired[b];
            if (!(own >= ALIKE) || first == e->target || second == e->target) continue;
            hn_str_printf(&w->text, "says nearly the same as %s (association ",
                          quoted(w, e->table->columns[first].name));
            hn_page_figure(&w->text, own);
            hn_str_put(&w->text, "): weights and importances will be shared between them.");
            hn_str_printf(&w->recipe, "roles: {ignore: [%s]}",
                          quoted(w, e->table->columns[second].name));
            say(w, INFO, "alike", e->table->columns[second].name);
            said++;
        }
}

static void judge_time(writer *w) {
    hn_explored *e = w->e;
    for (int32_t j = 0; j < e->table->n_columns; j++) {
        if (e->sorts[j] != HN_SORT_TIME || e->columns[j].profile.is_constant || j == e->target)
            continue;
        hn_str_put(&w->text,
                   "is a time. If the model is to predict what comes later, test it on the "
                   "latest rows, not on random ones.");
        hn_str_printf(&w->recipe, "roles: {time: %s}", quoted(w, e->table->columns[j].name));
        say(w, NOTICE, "time", e->table->columns[j].name);
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
    say(w, NOTICE, "ordered", e->table->columns[e->target].name);
}

static hone_status judge_rows(writer *w) {
    hn_explored *e = w->e;
    hn_json_mut *overview = yyjson_mut_obj_get(e->root, "overview");
    int64_t twice = yyjson_mut_get_sint(yyjson_mut_obj_get(overview, "duplicate_rows"));
    if (e->table->n_rows > 0 && e->table->n_rows < 50) {
        hn_str_printf(&w->text, "The table has %lld rows: every figure here is uncertain.",
                      (long long)e->table->n_rows);
        say(w, NOTICE, "few_rows", NULL);
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
            hn_str_printf(&w->recipe, "data: {sql: %s}", quoted(w, sql.text));
        }
        say(w, NOTICE, "duplicates", NULL);
    }
    return HONE_OK;
}

static void judge_equal(writer *w) {
    hn_explored *e = w->e;
    size_t i, max;
    hn_json_mut *pair;
    hn_json_mut *list = yyjson_mut_obj_get(yyjson_mut_obj_get(e->root, "overview"), "equal");
    yyjson_mut_arr_foreach(list, i, max, pair) {
        const char *first = yyjson_mut_get_str(yyjson_mut_arr_get(pair, 0));
        const char *second = yyjson_mut_get_str(yyjson_mut_arr_get(pair, 1));
        if (e->target >= 0 && strcmp(second, e->table->columns[e->target].name) == 0) continue;
        hn_str_printf(&w->text, "holds the same as %s in every row.", quoted(w, first));
        hn_str_printf(&w->recipe, "roles: {ignore: [%s]}", quoted(w, second));
        say(w, NOTICE, "equal", second);
    }
}

/* ---- a recipe -------------------------------------------------------------------------------- */

/* Whether a step makes numbers, times or truth values of a column of texts. */
static bool is_read(const writer *w, int32_t j) {
    return w->repairs[j].step != NULL && strcmp(w->repairs[j].step, "clean_categories") != 0;
}

/* Roles for what is certain: what names rows, what has no value or one. */
static hone_status put_recipe(writer *w) {
    hn_explored *e = w->e;
    hn_str out;
    hn_str_init(&out, e->ctx, e->arena);
    if (e->source != NULL && *e->source != 0)
        hn_str_printf(&out, "data: {path: %s}\n", quoted(w, e->source));
    hn_str_put(&out, "roles:\n");
    if (e->target >= 0)
        hn_str_printf(&out, "  target: %s\n", quoted(w, e->table->columns[e->target].name));
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
            hn_str_put(&out, quoted(w, e->table->columns[j].name));
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
    writer w = {.e = e, .list = yyjson_mut_obj_add_arr(e->doc, e->root, "warnings")};
    hn_str_init(&w.text, e->ctx, e->arena);
    hn_str_init(&w.recipe, e->ctx, e->arena);
    hn_str_init(&w.quoted, e->ctx, e->arena);
    judge_target(&w);
    judge_leaks(&w);
    HN_TRY(judge_rows(&w));
    HN_TRY(HN_NEW(e->ctx, e->arena, w.repairs, e->table->n_columns + 1));
    for (int32_t j = 0; j < e->table->n_columns; j++) HN_TRY(judge_column(&w, j));
    judge_equal(&w);
    judge_pairs(&w);
    judge_time(&w);
    HN_TRY(hn_str_status(&w.text));
    HN_TRY(hn_str_status(&w.recipe));
    HN_TRY(hn_str_status(&w.quoted));
    return put_recipe(&w);
}
