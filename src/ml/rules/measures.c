/* measures.c - figures of rules, each once: what a rule is found, sorted, stored and shown by. See rules.h. */
#include "ml/rules/rules.h"
#include <math.h>
#include <string.h>

static double antecedent_support(const hn_rule_counts *r) { return r->antecedent / r->n; }
static double consequent_support(const hn_rule_counts *r) { return r->consequent / r->n; }
static double support(const hn_rule_counts *r) { return r->both / r->n; }
static double confidence(const hn_rule_counts *r) { return r->both / r->antecedent; }
static double lift(const hn_rule_counts *r) { return confidence(r) / consequent_support(r); }

static double leverage(const hn_rule_counts *r) {
    return support(r) - antecedent_support(r) * consequent_support(r);
}

static double conviction(const hn_rule_counts *r) {
    return confidence(r) < 1 ? (1 - consequent_support(r)) / (1 - confidence(r)) : INFINITY;
}

static double zhang(const hn_rule_counts *r) {
    double x = antecedent_support(r), y = consequent_support(r), both = support(r);
    double with = both * (1 - x), without = x * (y - both), most = with > without ? with : without;
    return most > 0 ? leverage(r) / most : 0;
}

static double jaccard(const hn_rule_counts *r) {
    return r->both / (r->antecedent + r->consequent - r->both);
}

static double certainty(const hn_rule_counts *r) {
    double y = consequent_support(r);
    return y < 1 ? (confidence(r) - y) / (1 - y) : 0;
}

static double kulczynski(const hn_rule_counts *r) {
    return (confidence(r) + r->both / r->consequent) / 2;
}

const hn_rule_measure hn_rule_measures[HN_RULE_MEASURES] = {
    {"antecedent_support", antecedent_support},
    {"consequent_support", consequent_support},
    [HN_RULE_SUPPORT] = {"support", support},
    [HN_RULE_CONFIDENCE] = {"confidence", confidence},
    [HN_RULE_LIFT] = {"lift", lift},
    {"leverage", leverage},
    {"conviction", conviction},
    {"zhangs_metric", zhang},
    {"jaccard", jaccard},
    {"certainty", certainty},
    {"kulczynski", kulczynski},
};

int hn_rule_measure_find(const char *name) {
    for (int i = 0; i < HN_RULE_MEASURES; i++)
        if (strcmp(hn_rule_measures[i].name, name) == 0) return i;
    return -1;
}
