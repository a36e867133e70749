/* parse_number.c - numbers out of texts: "$1,234.50", "1 234,5 kg", "12%", "(3.5)", "1.2k". */
#include "ml/prep/repair.h"
#include "table/texts.h"

#include <assert.h>
#include <string.h>

typedef struct number_params {
    int decimal, units;
    const char *unit;
    double min_read;
} number_params;

enum { AUTO, POINT, COMMA };
enum { STRIP, CONVERT };

static const hone_param params[] = {
    HN_PARAM(number_params, decimal, .def = "auto", .choices = HN_CHOICES("auto", ".", ","),
             .doc = "What stands before the fraction; auto: by column, what reads more texts, a "
                    "point where both read the same."),
    HN_PARAM(number_params, units, .def = "strip", .choices = HN_CHOICES("strip", "convert"),
             .doc = "What becomes of a word behind the number: strip leaves it out, convert brings "
                    "units of one family (g and kg, mm and m, % and fraction, ...) to the most "
                    "frequent one; words that are no such unit are then not read."),
    HN_PARAM(number_params, unit,
             .doc = "With convert, the unit to bring numbers to; none given: the column's most "
                    "frequent one."),
    HN_PARAM(number_params, min_read, .def = "0.5", .range = "[0, 1]",
             .doc = "Columns of which a smaller share of the texts is a number stay as they are."),
};

static hone_status check(hone_ctx *ctx, const void *params_, const hone_data *data) {
    (void)data;
    const number_params *p = params_;
    if (p->unit == NULL) return HONE_OK;
    if (p->units != CONVERT)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "unit"),
                          "parse_number: 'unit' goes with units: convert; set that, or leave "
                          "'unit' out");
    if (hn_unit_find((hn_slice){p->unit, strlen(p->unit)}) >= 0) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "unit"),
                      "parse_number: '%.40s' is no unit that it knows; take one such as kg, m, s, "
                      "l, %% or fraction",
                      p->unit);
}

static bool read_text(const hn_repair_state *s, int32_t j, int32_t way, hn_slice text,
                      void *value) {
    hn_amount amount;
    const hn_unit *to = hn_unit_at(s->unit[j]), *from;
    if (!hn_read_amount(text, way == 0 ? '.' : ',', &amount)) return false;
    if (to != NULL && amount.unit == HN_OTHER_UNIT) return false;
    from = hn_unit_at(amount.unit);
    if (to != NULL && from != NULL) {
        if (from->family != to->family) return false;
        if (from->factor != to->factor) amount.value = amount.value * from->factor / to->factor;
    }
    memcpy(value, &amount.value, sizeof amount.value);
    return true;
}

static const hn_repair repair = {
    .step = "parse_number", .n_ways = 2, .type = HN_F64, .read = read_text};

/* ---- units ----------------------------------------------------------------------------------- */

typedef struct tally {
    char decimal;
    int64_t *count; /* by unit */
    int32_t most;   /* units */
} tally;

static hone_status count_unit(hone_ctx *ctx, void *arg, hn_slice text, int64_t times) {
    (void)ctx;
    tally *t = arg;
    hn_amount amount;
    if (hn_read_amount(text, t->decimal, &amount) && amount.unit >= 0)
        t->count[amount.unit] += times;
    return HONE_OK;
}

/* The column's most frequent unit, the earlier one of equals; HN_NO_UNIT where it has none. */
static hone_status find_unit(hone_ctx *ctx, const hn_column *column, char decimal,
                             int32_t *ret_unit) {
    HN_SCRATCH(ctx);
    tally t = {.decimal = decimal};
    while (hn_unit_at(t.most) != NULL) t.most++;
    HN_TRY(HN_SCRATCH_NEW(ctx, t.count, t.most + 1));
    HN_TRY(hn_each_text(ctx, column, count_unit, &t));
    int32_t best = HN_NO_UNIT;
    for (int32_t u = 0; u < t.most; u++)
        if (t.count[u] > 0 && (best < 0 || t.count[u] > t.count[best])) best = u;
    *ret_unit = best;
    return HONE_OK;
}

/* Which unit the column is in, and what of it is still read: texts in units of other kinds are not. */
static hone_status settle_unit(hone_ctx *ctx, const number_params *p, const hn_column *column,
                               int32_t j, hn_arena *arena, hn_repair_state *s) {
    int64_t decided = s->n_decided[j];
    if (p->unit != NULL)
        s->unit[j] = hn_unit_find((hn_slice){p->unit, strlen(p->unit)});
    else
        HN_TRY(find_unit(ctx, column, s->way[j] == 0 ? '.' : ',', &s->unit[j]));
    HN_TRY(hn_repair_learn(ctx, &repair, s->way[j], s->way[j], p->min_read, column, j, arena, s));
    s->n_decided[j] = decided;
    if (s->way[j] == HN_STAYS) s->unit[j] = HN_NO_UNIT;
    return HONE_OK;
}

static hone_status fit(hone_ctx *ctx, const void *params_, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    const number_params *p = params_;
    hn_repair_state *s = ret_state;
    int32_t first = p->decimal == COMMA, last = p->decimal != POINT;
    HN_TRY(hn_repair_fit(ctx, &repair, first, last, p->min_read, data->x, arena, s));
    for (int32_t j = 0; j < s->n && p->units == CONVERT; j++)
        if (s->way[j] != HN_STAYS) HN_TRY(settle_unit(ctx, p, &data->x->columns[j], j, arena, s));
    return HONE_OK;
}

HN_REPAIR_HOOKS(repair)

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    static const char *const marks[] = {".", ","};
    const hn_repair_state *s = state;
    hn_repair_report(s, schema, "decimal", marks, doc, object);
    hn_json_mut *columns = yyjson_mut_obj_get(object, "columns");
    for (int32_t j = 0; j < s->n; j++) {
        hn_json_mut *one = yyjson_mut_obj_get(columns, schema->columns[j].name);
        const hn_unit *unit = hn_unit_at(s->unit[j]);
        if (one != NULL && unit != NULL) yyjson_mut_obj_add_str(doc, one, "unit", unit->name);
    }
    return HONE_OK;
}

const hone_estimator hn_parse_number = {
    .name = "parse_number",
    .title = "Numbers out of texts",
    .class_names = "ParseNumber",
    .doc = "Turns columns of texts such as \"$1,234.50\", \"1 234,5 kg\", \"12%\", \"(3.5)\" or "
           "\"1.2k\" into "
           "numbers. What stands before the fraction is learned for each column; what is no number "
           "becomes missing, and the report counts it. Columns that are no such texts stay as they "
           "are.",
    .params = HN_PARAMS(number_params, params),
    HN_REPAIR_DECLARED,
    HN_GOLDEN({.dataset = "tabular/titanic/titanic.csv",
               .columns = "Ticket",
               .metric = "sum",
               .value = 172070561,
               .tolerance = 1e-6,
               .source = "pandas 3.1, to_numeric(errors='coerce')"}),
};
