/* verb.c - the table of verbs, the flags they share, and exit codes. */
#include "cli/verb.h"
#include <string.h>

#define HN_VERB(name) extern const hn_verb hn_verb_##name;
#include "cli/verbs.def"
#undef HN_VERB

static const hn_verb *const verbs[] = {
#define HN_VERB(name) &hn_verb_##name,
#include "cli/verbs.def"
#undef HN_VERB
};

static const hone_param common_items[] = {
    HN_PARAM(hn_common, json,
             .doc = "Print one JSON object on standard output, everything else on standard error."),
    HN_PARAM(hn_common, threads, .def = "all", .range = "[1, 1024]", .words = HN_WORDS({"all", 0}),
             .doc = "Threads to compute with; results don't depend on it."),
    HN_PARAM(hn_common, memory, .def = "all", .range = "[1, inf)", .unit = "bytes",
             .words = HN_WORDS({"all", 0}), .display = "SIZE",
             .doc = "Memory to keep to, such as 512M or 4G: what is beyond lies in a file in the "
                    "temporary folder, with the same results."),
    HN_PARAM(hn_common, seed, .def = "0", .range = "[0, inf)",
             .doc = "Seed of everything random: one seed, one input, the same bytes."),
    HN_PARAM(hn_common, quiet, .letter = 'q', .doc = "Print results and errors only."),
    HN_PARAM(hn_common, verbose, .letter = 'v', .doc = "Say more about what is done."),
    HN_PARAM(hn_common, help, .letter = 'h', .doc = "Print this and stop."),
};
const hn_params hn_common_params = HN_PARAMS(hn_common, common_items);

const hn_verb *const *hn_verbs(int64_t *ret_count) {
    *ret_count = sizeof verbs / sizeof *verbs;
    return verbs;
}

const hn_verb *hn_verb_find(const char *name) {
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(verbs[i]->name, name) == 0) return verbs[i];
    }
    return NULL;
}

/* Whether name is the first n words, with a blank between them. */
static bool is_words(const char *name, const char *const *words, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        size_t length = strlen(words[i]);
        if (strncmp(name, words[i], length) != 0 || name[length] != (i + 1 < n ? ' ' : '\0'))
            return false;
        name += length + 1;
    }
    return true;
}

const hn_verb *hn_verb_of_words(int64_t count, const char *const *words, int *ret_taken) {
    const hn_verb *found = NULL;
    for (int taken = 1; taken <= 2 && taken <= count; taken++) {
        for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
            if (!is_words(verbs[i]->name, words, taken)) continue;
            found = verbs[i];
            *ret_taken = taken;
        }
    }
    return found;
}

bool hn_verb_is_listed(const hn_verb *verb, const hn_verb *group) {
    if (verb->hidden) return false;
    const char *blank = strchr(verb->name, ' ');
    if (!group || !blank) return !group && !blank;
    size_t length = strlen(group->name);
    return (size_t)(blank - verb->name) == length && strncmp(verb->name, group->name, length) == 0;
}

const char *hn_verb_word(const hn_verb *verb) {
    const char *blank = strchr(verb->name, ' ');
    return blank ? blank + 1 : verb->name;
}

int hn_exit_code(hone_status status) {
    switch (status) {
    case HONE_OK: return 0;
    case HONE_ERROR_USAGE: return 2;
    case HONE_ERROR_DATA:
    case HONE_ERROR_FORMAT: return 3;
    case HONE_ERROR_IO:
    case HONE_ERROR_MEMORY:
    case HONE_ERROR_CANCELLED:
    case HONE_ERROR_UNSUPPORTED:
    case HONE_ERROR_INTERNAL: return 4;
    }
    return 4;
}

const char *hn_exit_meaning(const hn_verb *verb, int code) {
    static const char *const usual[HN_EXIT_CODES] = {
        "done",
        NULL,
        "used wrongly: an unknown flag, an illegal value",
        "the data, the recipe or the model file is at fault",
        "something failed: disk full, no permission, out of memory, interrupted",
    };
    if (code < 0 || code >= HN_EXIT_CODES) return NULL;
    return verb && verb->exits[code] ? verb->exits[code] : usual[code];
}
