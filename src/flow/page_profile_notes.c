/* page_profile_notes.c - what to look at in a profile: its warnings, gravest first, one kind in many columns as one;
 * and the same as tags on the columns' cards. */
#include "flow/page_profile.h"
#include <string.h>

enum { APART = 3, KINDS = 40 }; /* warnings of a kind that stand by themselves */

/* What a kind of warning is called: on cards, and of many columns. */
static const struct {
    const char *kind, *tag, *many;
} words[] = {{"missing", "missing", "have missing values"},
             {"constant", "constant", "are constant"},
             {"empty", "empty", "have no value"},
             {"id_like", "identifier", "name their row"},
             {"unique", "unique", "differ in every row"},
             {"high_cardinality", "high cardinality", "have many different values"},
             {"nearly_constant", "nearly constant", "have nearly one value only"},
             {"uneven", "uneven", "are uneven: one value stands in most rows"},
             {"uniform", "uniform", "are spread evenly"},
             {"skewed", "skewed", "are skewed"},
             {"outliers", "outliers", "have many outliers"},
             {"zeros", "zeros", "have many zeros"},
             {"infinite", "infinite", "have infinite values"},
             {"codes", "codes?", "are perhaps codes"},
             {"free_text", "free text", "are free text"},
             {"alike", "redundant", "say nearly the same as another"},
             {"correlated", "correlated", "are correlated with another"},
             {"equal", "duplicate", "repeat another column"},
             {"leakage", "leakage?", "tell almost all about the target"},
             {"numbers_as_text", "numbers as text", "hold numbers as texts"},
             {"times_as_text", "times as text", "hold times as texts"},
             {"truth_as_text", "yes/no as text", "hold words for yes and no"},
             {"spelling", "spelling", "write a name in several ways"},
             {"time", "time", "are times"},
             {"imbalance", "imbalanced", "are imbalanced"},
             {"target_skewed", "skewed", "are skewed"},
             {"target_missing", "missing", "have missing values"},
             {"target_constant", "constant", "are constant"},
             {"ordered", "ordered", "resemble the row before"}};

static size_t place_of(const char *kind) {
    size_t k = 0;
    while (k < sizeof words / sizeof *words && strcmp(words[k].kind, kind) != 0) k++;
    return k;
}

static bool has_place(size_t k) { return k < sizeof words / sizeof *words; }

static bool is(hn_json *w, const char *key, const char *value) {
    return strcmp(hn_json_text(w, key), value) == 0;
}

/* ---- the list -------------------------------------------------------------------------------- */

static void put_note(hn_profile_page *p, hn_json *w) {
    const char *column = hn_json_text(w, "column"), *said = hn_json_text(w, "text");
    hn_str_printf(p->out, "<li class=\"%s\">", hn_json_text(w, "severity"));
    if (*column != 0 && strncmp(said, "The ", 4) != 0) {
        hn_str_put(p->out, "<b>");
        hn_profile_link(p, column);
        hn_str_put(p->out, "</b> ");
    }
    hn_put_escaped(p->out, said);
    if (yyjson_obj_get(w, "recipe") != NULL) {
        hn_str_put(p->out, "<code>");
        hn_put_escaped(p->out, hn_json_text(w, "recipe"));
        hn_str_put(p->out, "</code>");
    }
    hn_str_put(p->out, "</li>\n");
}

/* One line for many columns; what is said of each is folded. */
static void put_kind(hn_profile_page *p, hn_json *list, hn_json *first, size_t n) {
    size_t i, max;
    hn_json *w;
    hn_str_printf(p->out,
                  "<li class=\"%s\"><b>%zu columns</b> %s: ", hn_json_text(first, "severity"), n,
                  words[place_of(hn_json_text(first, "kind"))].many);
    bool begun = false;
    for (int pass = 0; pass < 2; pass++) {
        yyjson_arr_foreach(list, i, max, w) {
            if (!is(w, "kind", hn_json_text(first, "kind")) ||
                !is(w, "severity", hn_json_text(first, "severity")))
                continue;
            if (pass == 1) {
                put_note(p, w);
                continue;
            }
            hn_str_put(p->out, begun ? ", " : "");
            hn_profile_link(p, hn_json_text(w, "column"));
            begun = true;
        }
        if (pass == 0)
            hn_str_put(p->out, "<details><summary>Each of them</summary><ul class=\"notes\">\n");
    }
    hn_str_put(p->out, "</ul></details></li>\n");
}

static void put_severity(hn_profile_page *p, const char *severity) {
    hn_json *list = yyjson_obj_get(p->profile, "warnings"), *w, *other;
    bool done[KINDS] = {false};
    size_t i, max, j, most;
    _Static_assert(sizeof words / sizeof *words <= KINDS, "each kind has a place");
    yyjson_arr_foreach(list, i, max, w) {
        size_t n = 0, kind = place_of(hn_json_text(w, "kind"));
        if (!is(w, "severity", severity) || (has_place(kind) && done[kind])) continue;
        yyjson_arr_foreach(list, j, most, other) n +=
            is(other, "severity", severity) && is(other, "kind", hn_json_text(w, "kind"));
        if (n <= APART || !has_place(kind)) {
            put_note(p, w);
            continue;
        }
        done[kind] = true;
        put_kind(p, list, w, n);
    }
}

void hn_profile_notes(hn_profile_page *p) {
    size_t i, max, infos = 0, others = 0;
    hn_json *w;
    yyjson_arr_foreach(yyjson_obj_get(p->profile, "warnings"), i, max, w) *
        (is(w, "severity", "info") ? &infos : &others) += 1;
    hn_page_section(p->out, "notes", "What to look at");
    if (infos + others == 0) hn_page_text(p->out, "Nothing stands out.");
    if (others > 0) {
        hn_str_put(p->out, "<ul class=\"notes\">\n");
        put_severity(p, "warning");
        put_severity(p, "notice");
        hn_str_put(p->out, "</ul>\n");
    }
    if (infos == 0) return;
    hn_str_printf(p->out,
                  "<details%s><summary>%zu more, for information</summary>\n<ul class=\"notes\">\n",
                  others == 0 ? " open" : "", infos);
    put_severity(p, "info");
    hn_str_put(p->out, "</ul></details>\n");
}

/* ---- tags ------------------------------------------------------------------------------------ */

void hn_profile_tags(hn_profile_page *p, const char *column) {
    size_t i, max;
    hn_json *w;
    bool begun = false, done[KINDS] = {false};
    yyjson_arr_foreach(yyjson_obj_get(p->profile, "warnings"), i, max, w) {
        size_t kind = place_of(hn_json_text(w, "kind"));
        if (!is(w, "column", column) || !has_place(kind) || done[kind]) continue;
        done[kind] = true;
        hn_str_printf(p->out, "%s<span class=\"tag %s\" title=\"",
                      begun ? " " : "<p class=\"tags\">", hn_json_text(w, "severity"));
        hn_put_escaped(p->out, hn_json_text(w, "text"));
        hn_str_printf(p->out, "\">%s</span>", words[kind].tag);
        begun = true;
    }
    if (begun) hn_str_put(p->out, "</p>\n");
}
