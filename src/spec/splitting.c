/* splitting.c - see splitting.h. */
#include "spec/splitting.h"
#include <string.h>
#include <strings.h>

static const hone_param items[] = {
    HN_PARAM(hn_splitting, test, .def = "0.2", .range = "[0, 1)",
             .doc = "Share of the rows held out for the test; 0 holds out none."),
    HN_PARAM(hn_splitting, validation, .def = "0", .range = "[0, 1)",
             .doc = "Share of the rows held out to choose the model and its threshold "
                    "by, so that the test stays untouched; 0: folds of the training rows do it."),
    HN_PARAM(hn_splitting, by, .def = "auto",
             .choices = HN_CHOICES("auto", "random", "stratified", "group", "stratified_group",
                                   "time", "column"),
             .doc = "How rows are held out; auto: by column, time or group if these are given, "
                    "else stratified for classes, else random."),
    HN_PARAM(hn_splitting, column, .display = "COLUMN",
             .doc = "The column that says of each row: train, validation or test."),
    HN_PARAM(hn_splitting, seed, .def = "-1", .range = "[-1, inf)", .level = HN_ADVANCED,
             .doc = "Seed of the split; -1 takes the recipe's."),
    HN_PARAM(hn_splitting, gap, .def = "0", .range = "[0, inf)",
             .doc = "By time: rows of so much time before those held out are not learned from; in "
                    "the time's unit, timestamps in days."),
    HN_PARAM(hn_splitting, until, .display = "COLUMN", .level = HN_ADVANCED,
             .doc = "By time: when a row's outcome is known; rows whose outcome was not known "
                    "when the test began are not learned from."),
    HN_PARAM(hn_splitting, cross, .def = "auto",
             .choices =
                 HN_CHOICES("auto", "folds", "walk_forward", "leave_out", "shuffle", "bootstrap"),
             .doc = "How rows are held out again and again: each in one fold; walking forward in "
                    "time; each row or group by itself; drawn anew each time; what a bootstrap "
                    "leaves. auto: walk_forward by time, else folds."),
    HN_PARAM(hn_splitting, folds, .def = "5", .range = "[1, 100000]",
             .aliases = HN_CHOICES("n_splits"), .doc = "How many folds, tests or draws."),
    HN_PARAM(hn_splitting, repeats, .def = "1", .range = "[1, 10000]",
             .aliases = HN_CHOICES("n_repeats"), .level = HN_ADVANCED,
             .doc = "How often rows are cut into folds, each time at random."),
    HN_PARAM(hn_splitting, shuffle, .def = "true", .level = HN_ADVANCED,
             .doc = "Folds at random; false cuts rows and groups as they stand."),
    HN_PARAM(hn_splitting, leave_out, .def = "1", .range = "[1, inf)", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("p", "n_groups"),
             .doc = "leave_out: so many rows, or groups, at a time, in every way there is."),
    HN_PARAM(hn_splitting, held_out, .def = "0.2", .range = "(0, 1)", .level = HN_ADVANCED,
             .doc = "shuffle: share of the rows that a draw holds out."),
    HN_PARAM(hn_splitting, learned, .def = "0", .range = "[0, 1)", .level = HN_ADVANCED,
             .doc = "shuffle: share of the rows that a draw learns from; 0: all others."),
    HN_PARAM(hn_splitting, test_rows, .def = "0", .range = "[0, inf)", .unit = "rows",
             .level = HN_ADVANCED, .aliases = HN_CHOICES("test_size"),
             .doc = "walk_forward: rows of each test; 0: as many as there are before the first."),
    HN_PARAM(hn_splitting, window, .def = "0", .range = "[0, inf)", .level = HN_ADVANCED,
             .aliases = HN_CHOICES("max_train_size"),
             .doc = "walk_forward: so much time is learned from before each test (a rolling "
                    "window); 0: all of it (an expanding one)."),
    HN_PARAM(hn_splitting, embargo, .def = "0", .range = "[0, inf)", .level = HN_ADVANCED,
             .doc = "walk_forward: rows of so much time after a test are not learned from later."),
};
const hn_params hn_splitting_params = HN_PARAMS(hn_splitting, items);

int hn_part_of_word(hn_slice word) {
    static const struct {
        const char *word;
        int part;
    } words[] = {{"train", 0}, {"training", 0}, {"validation", 1}, {"valid", 1},  {"val", 1},
                 {"dev", 1},   {"test", 2},     {"testing", 2},    {"holdout", 2}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == word.length &&
            strncasecmp(words[i].word, word.text, word.length) == 0)
            return words[i].part;
    return -1;
}

void hn_times_of(const hn_column *column, double *ret_times) {
    static const double day = 86400e6; /* in the microseconds of timestamps */
    hn_column_doubles(column, 0, column->n, ret_times, 1);
    for (int64_t i = 0; column->type == HN_TIME && i < column->n; i++) ret_times[i] /= day;
}
