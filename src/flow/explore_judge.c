/* explore_judge.c - what is to say of each column by itself, in words; see explore_judge.h. */
#include "flow/explore_judge.h"
#include "flow/page.h"
#include "num/distribution.h"
#include "num/math.h"
#include <string.h>

/* Limits by which something is said; shares of rows. */
static const double MISSING_SOME = 0.01, MISSING_MUCH = 0.5, NEARLY_ALL = 0.98, UNEVEN = 0.5,
                    OUTLIERS = 0.05, SKEWED = 2, ZEROS = 0.2;

static double share_missing(const hn_description *d) {
    return d->profile.n > 0 ? (double)d->profile.n_missing / (double)d->profile.n : 0;
}

/* What makes a column useless; true if it does. */
static bool judge_use(hn_judge *w, const hn_column *c, const hn_description *d, hn_sort sort) {
    const hn_column_profile *p = &d->profile;
    if (p->n == 0) return true;
    if (sort == HN_SORT_EMPTY) {
        hn_str_put(&w->text, p->n_missing == p->n ? "has no value in any row."
                                                  : "has no finite value in any row.");
        hn_str_printf(&w->recipe, "roles: {ignore: [%s]}", hn_judge_quoted(w, c->name));
        hn_judge_say(w, HN_WARNING, "empty", c->name);
        return true;
    }
    if (p->is_constant) {
        hn_str_put(&w->text, p->n_missing > 0
                                 ? "has one value, or none: only whether it is missing "
                                   "can teach anything."
                                 : "has the same value in every row: nothing can be "
                                   "learned from it.");
        hn_str_printf(&w->recipe, "roles: {ignore: [%s]}", hn_judge_quoted(w, c->name));
        hn_judge_say(w, HN_NOTICE, "constant", c->name);
        return true;
    }
    if (p->is_id_like) {
        hn_str_put(&w->text,
                   "names its row: every value differs. A model that learns from it learns "
                   "rows by heart.");
        hn_str_printf(&w->recipe, "roles: {id: [%s]}", hn_judge_quoted(w, c->name));
        hn_judge_say(w, HN_NOTICE, "id_like", c->name);
        return true;
    }
    return false;
}

static void judge_missing(hn_judge *w, const hn_column *c, const hn_description *d, hn_sort sort) {
    double share = share_missing(d);
    if (share < MISSING_SOME) return;
    hn_str_put(&w->text, "is missing in ");
    hn_judge_put_share(&w->text, share);
    hn_str_put(&w->text, " of the rows.");
    bool much = share > MISSING_MUCH;
    if (much)
        hn_str_put(&w->text,
                   " What is put in would mostly be made up; that it is missing may still "
                   "tell something.");
    if (sort == HN_SORT_NUMBER)
        hn_str_printf(&w->recipe,
                      "steps: [{impute: {columns: [%s], strategy: median, indicator: auto}}]",
                      hn_judge_quoted(w, c->name));
    else if (sort == HN_SORT_NAME)
        hn_str_printf(&w->recipe,
                      "steps: [{impute: {columns: [%s], strategy: constant, fill_text: missing}}]",
                      hn_judge_quoted(w, c->name));
    hn_judge_say(w, much ? HN_WARNING : HN_NOTICE, "missing", c->name);
}

/* How far the shares of so many values are from equal ones: 0 to 1, by their entropy. */
static double unevenness(const hn_description *d) {
    double most = hn_log((double)d->profile.n_distinct);
    return most > 0 ? 1 - d->entropy / most : 0;
}

static void judge_evenness(hn_judge *w, const hn_column *c, const hn_description *d, double share) {
    if (unevenness(d) <= UNEVEN) return;
    hn_str_put(&w->text, "is uneven: ");
    if (c->type == HN_CATEGORY)
        hn_str_put(&w->text, hn_judge_quoted(
                                 w, yyjson_mut_get_str(hn_cell_json(w->e, c, d->top[0].row, 60))));
    else
        hn_str_put(&w->text, "one value");
    hn_str_put(&w->text, " stands in ");
    hn_judge_put_share(&w->text, share);
    hn_str_printf(&w->text, " of the rows, the other %lld share the rest.",
                  (long long)d->profile.n_distinct - 1);
    hn_judge_say(w, HN_INFO, "uneven", c->name);
}

static void judge_names(hn_judge *w, const hn_column *c, const hn_description *d) {
    double present = (double)(d->profile.n - d->profile.n_missing);
    if (d->n_top > 0 && (double)d->top[0].count / present > NEARLY_ALL) {
        hn_str_put(&w->text, "has one value in ");
        hn_judge_put_share(&w->text, (double)d->top[0].count / present);
        hn_str_put(&w->text, " of the rows: the others are too few to learn much from.");
        hn_judge_say(w, HN_INFO, "nearly_constant", c->name);
        return;
    }
    if (d->n_top > 0) judge_evenness(w, c, d, (double)d->top[0].count / present);
    if (d->profile.n_distinct > HN_LEVELS_MOST) {
        hn_str_printf(&w->text,
                      "has %lld different values, %lld of them only once: as columns of "
                      "their own they would be many and thin.",
                      (long long)d->profile.n_distinct, (long long)d->n_once);
        hn_str_printf(&w->recipe, "steps: [{one_hot: {columns: [%s], max_categories: 20}}]",
                      hn_judge_quoted(w, c->name));
        hn_judge_say(w, HN_NOTICE, "high_cardinality", c->name);
    }
}

static void put_count(hn_judge *w, hn_json_mut *said, const char *key) {
    hn_str_printf(&w->text, "%lld", (long long)yyjson_mut_get_sint(yyjson_mut_obj_get(said, key)));
}

/* The first spellings that would become others. */
static void put_changed(hn_judge *w, hn_json_mut *said) {
    hn_json_mut *list = yyjson_mut_obj_get(said, "changed");
    for (size_t i = 0; i < 2 && i < yyjson_mut_arr_size(list); i++) {
        hn_json_mut *pair = yyjson_mut_arr_get(list, i);
        hn_str_put(&w->text, i == 0 ? ": " : ", ");
        hn_str_put(&w->text,
                   hn_judge_quoted(w, yyjson_mut_get_str(yyjson_mut_obj_get(pair, "from"))));
        hn_str_put(&w->text, " for ");
        hn_str_put(&w->text,
                   hn_judge_quoted(w, yyjson_mut_get_str(yyjson_mut_obj_get(pair, "to"))));
    }
}

/* Texts that are numbers, times or truth values, or names in several spellings. */
static void judge_texts(hn_judge *w, const hn_column *c, const hn_repairable *r) {
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
    hn_str_printf(&w->recipe, "steps: [{%s: {columns: [%s]}}]", r->step,
                  hn_judge_quoted(w, c->name));
    hn_judge_say(w, HN_NOTICE, kind, c->name);
}

/* Whether the values lie as evenly between least and largest as chance would have it, or more evenly. */
static bool is_uniform(const hn_description *d) {
    double expected = (double)d->n_finite / d->n_bins, chi = 0;
    if (d->n_bins < 5 || expected < 20) return false;
    for (int32_t b = 0; b < d->n_bins; b++)
        chi += ((double)d->counts[b] - expected) * ((double)d->counts[b] - expected) / expected;
    return hn_chi2_above(chi, d->n_bins - 1) > 0.05;
}

static void judge_spread(hn_judge *w, const hn_column *c, const hn_description *d) {
    const hn_column_profile *p = &d->profile;
    if (p->is_integer && p->n_distinct == p->n) {
        hn_str_put(&w->text, "differs in every row: perhaps a number that only names it.");
        hn_judge_say(w, HN_INFO, "unique", c->name);
    }
    if (!is_uniform(d)) return;
    hn_str_put(&w->text, "is spread evenly from ");
    hn_page_figure(&w->text, p->min);
    hn_str_put(&w->text, " to ");
    hn_page_figure(&w->text, p->max);
    hn_str_put(&w->text, ", as what is counted up, drawn at random or made by rule.");
    hn_judge_say(w, HN_INFO, "uniform", c->name);
}

static void judge_numbers(hn_judge *w, const hn_column *c, const hn_description *d) {
    double n = (double)d->n_finite;
    bool few = d->profile.n_distinct <= 12;
    if (d->n_infinite > 0) {
        hn_str_printf(&w->text, "is infinite in %lld rows; its statistics are of the others.",
                      (long long)d->n_infinite);
        hn_judge_say(w, HN_WARNING, "infinite", c->name);
    }
    if (d->profile.is_integer && d->profile.n_distinct >= 3 && d->profile.n_distinct <= 10 &&
        d->profile.max - d->profile.min + 1 > (double)d->profile.n_distinct) {
        hn_str_printf(&w->text,
                      "is one of %lld whole numbers with gaps between them: perhaps codes, "
                      "which are names.",
                      (long long)d->profile.n_distinct);
        hn_str_printf(&w->recipe, "data: {categories: [%s]}", hn_judge_quoted(w, c->name));
        hn_judge_say(w, HN_INFO, "codes", c->name);
    }
    if (few || n < 20) return;
    judge_spread(w, c, d);
    if (fabs(d->profile.skewness) > SKEWED) {
        hn_str_put(&w->text, "is skewed (");
        hn_page_figure(&w->text, d->profile.skewness);
        hn_str_put(&w->text,
                   "): a few values are far larger than the rest. Linear models, distances "
                   "and scaling feel that; trees don't.");
        if (d->profile.min > -1 && d->profile.skewness > 0 && strpbrk(c->name, "`\"\\") == NULL)
            hn_str_printf(&w->recipe, "steps: [{derive: {expressions: [\"`%s` = log1p(`%s`)\"]}}]",
                          c->name, c->name);
        hn_judge_say(w, HN_INFO, "skewed", c->name);
    } else if ((double)d->n_outliers_iqr / n > OUTLIERS) {
        hn_judge_put_share(&w->text, (double)d->n_outliers_iqr / n);
        hn_str_put(&w->text,
                   " of its values lie beyond 1.5 quartile distances from the quartiles.");
        hn_str_printf(&w->recipe, "steps: [{robust_scale: {columns: [%s]}}]",
                      hn_judge_quoted(w, c->name));
        hn_judge_say(w, HN_INFO, "outliers", c->name);
    }
    if ((double)d->n_zero / n > ZEROS) {
        hn_str_put(&w->text, "is 0 in ");
        hn_judge_put_share(&w->text, (double)d->n_zero / n);
        hn_str_put(&w->text, " of the rows: 0 may mean something of its own, or missing.");
        hn_judge_say(w, HN_INFO, "zeros", c->name);
    }
}

hone_status hn_judge_column(hn_judge *w, int32_t j) {
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
        hn_str_printf(&w->recipe, "roles: {ignore: [%s]}", hn_judge_quoted(w, c->name));
        hn_judge_say(w, HN_INFO, "free_text", c->name);
    }
    return HONE_OK;
}
