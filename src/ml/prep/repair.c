/* repair.c - see repair.h. A category's texts are read once each, not once for each row, where there are
 * fewer of them than rows. */
#include "ml/prep/repair.h"
#include "table/texts.h"

#include <assert.h>
#include <string.h>

hone_status hn_each_text(hone_ctx *ctx, const hn_column *column, hn_text_fn *fn, void *arg) {
    HN_SCRATCH(ctx);
    int64_t *count;
    if (column->type == HN_STRING) {
        for (int64_t i = 0; i < column->n; i++)
            if (hn_has_text(column, i)) HN_TRY(fn(ctx, arg, hn_column_text(column, i), 1));
        return HONE_OK;
    }
    HN_TRY(HN_SCRATCH_NEW(ctx, count, column->dictionary->n + 1));
    for (int64_t i = 0; i < column->n; i++)
        if (hn_has_text(column, i)) count[hn_column_code(column, i)]++;
    for (int32_t code = 0; code < column->dictionary->n; code++)
        if (count[code] > 0)
            HN_TRY(fn(ctx, arg, hn_dictionary_text(column->dictionary, code), count[code]));
    return HONE_OK;
}

hone_status hn_repair_words(hone_ctx *ctx, hn_arena *arena, const hn_texts *first,
                            const hn_texts *second, hn_repair_state *state) {
    const hn_texts *lists[] = {first, second};
    state->n_first = first->n;
    HN_TRY(HN_NEW(ctx, arena, state->words, first->n + second->n + 1));
    for (int l = 0; l < 2; l++)
        for (int64_t i = 0; i < lists[l]->n; i++) {
            char *word = hn_arena_strdup(ctx, arena, lists[l]->items[i]);
            if (word == NULL) return HONE_ERROR_MEMORY;
            state->words[state->n_words++] = word;
        }
    return HONE_OK;
}

/* ---- fit ------------------------------------------------------------------------------------- */

typedef struct count {
    const hn_repair *repair;
    const hn_repair_state *state;
    int32_t j, way;
    int64_t n_read, n_lost;
    hn_slice lost; /* the first text that isn't read, or NULL */
} count;

static hone_status count_text(hone_ctx *ctx, void *arg, hn_slice text, int64_t times) {
    (void)ctx;
    count *c = arg;
    int64_t value;
    if (c->repair->read(c->state, c->j, c->way, text, &value)) {
        c->n_read += times;
    } else {
        c->n_lost += times;
        if (c->lost.text == NULL) c->lost = text;
    }
    return HONE_OK;
}

static hone_status keep_example(hone_ctx *ctx, hn_arena *arena, hn_slice text, const char **ret) {
    enum { LONGEST = 60 };
    char buffer[LONGEST + 1], whole[LONGEST + 1];
    size_t n = text.length < LONGEST ? text.length : LONGEST;
    if (n > 0) memcpy(whole, text.text, n);
    whole[n] = 0;
    hn_copy_text(buffer, sizeof buffer, whole);
    return (*ret = hn_arena_strdup(ctx, arena, buffer)) != NULL ? HONE_OK : HONE_ERROR_MEMORY;
}

hone_status hn_repair_learn(hone_ctx *ctx, const hn_repair *repair, int32_t first, int32_t last,
                            double min_read, const hn_column *column, int32_t j, hn_arena *arena,
                            hn_repair_state *s) {
    count best = {.n_read = -1};
    int64_t next = 0;
    s->way[j] = HN_STAYS;
    s->example[j] = "";
    if (!hn_is_text(column)) return HONE_OK;
    for (int32_t way = first; way <= last; way++) {
        count c = {.repair = repair, .state = s, .j = j, .way = way};
        HN_TRY(hn_each_text(ctx, column, count_text, &c));
        if (c.n_read > best.n_read) {
            next = best.n_read > 0 ? best.n_read : 0;
            best = c;
        } else if (c.n_read > next) {
            next = c.n_read;
        }
    }
    if (best.n_read == 0 || (double)best.n_read < min_read * (double)(best.n_read + best.n_lost))
        return HONE_OK;
    s->way[j] = best.way;
    s->n_read[j] = best.n_read;
    s->n_lost[j] = best.n_lost;
    s->n_decided[j] = best.n_read - next;
    return best.n_lost > 0 ? keep_example(ctx, arena, best.lost, &s->example[j]) : HONE_OK;
}

hone_status hn_repair_fit(hone_ctx *ctx, const hn_repair *repair, int32_t first, int32_t last,
                          double min_read, const hn_table *x, hn_arena *arena,
                          hn_repair_state *state) {
    state->n = x->n_columns;
    HN_TRY(HN_NEW(ctx, arena, state->way, state->n + 1));
    HN_TRY(HN_NEW(ctx, arena, state->n_read, state->n + 1));
    HN_TRY(HN_NEW(ctx, arena, state->n_lost, state->n + 1));
    HN_TRY(HN_NEW(ctx, arena, state->n_decided, state->n + 1));
    HN_TRY(HN_NEW(ctx, arena, state->example, state->n + 1));
    HN_TRY(HN_NEW(ctx, arena, state->unit, state->n + 1));
    for (int32_t j = 0; j < x->n_columns; j++) {
        state->unit[j] = -1;
        HN_TRY(
            hn_repair_learn(ctx, repair, first, last, min_read, &x->columns[j], j, arena, state));
        HN_TRY(hn_check_cancel(ctx));
    }
    return HONE_OK;
}

/* ---- transform ------------------------------------------------------------------------------- */

typedef struct cells {
    const hn_repair *repair;
    const hn_repair_state *state;
    const hn_table *x;
    const int32_t *columns; /* of x, those that are read */
    uint64_t **known;       /* [n_columns] value of each code; NULL: texts are read row by row */
    uint8_t **is_known;     /* [n_columns] whether it is read */
    char **values;
    uint8_t **valid;
} cells;

static void put_cell(hn_type type, char *values, uint8_t *valid, int64_t i, bool read,
                     uint64_t value) {
    static const double none = (double)NAN;
    if (type == HN_BOOL) {
        uint8_t truth;
        memcpy(&truth, &value, 1);
        ((uint8_t *)values)[i] = read ? truth : 0;
    } else if (type == HN_F64 && !read) {
        memcpy(values + 8 * i, &none, 8);
    } else {
        if (!read) value = 0;
        memcpy(values + 8 * i, &value, 8);
    }
    if (!read && valid != NULL) hn_valid_clear(valid, i);
}

static hone_status read_cells(hone_ctx *ctx, void *arg, int32_t k, int64_t begin, int64_t end) {
    (void)ctx;
    const cells *c = arg;
    int32_t j = c->columns[k];
    const hn_column *column = &c->x->columns[j];
    for (int64_t i = begin; i < end; i++) {
        uint64_t value = 0;
        bool read = hn_has_text(column, i);
        if (read && c->known[k] != NULL) {
            int32_t code = hn_column_code(column, i);
            read = c->is_known[k][code];
            value = c->known[k][code];
        } else if (read) {
            read =
                c->repair->read(c->state, j, c->state->way[j], hn_column_text(column, i), &value);
        }
        put_cell(c->repair->type, c->values[k], c->valid[k], i, read, value);
    }
    return HONE_OK;
}

static hone_status read_dictionary(hone_ctx *ctx, const hn_repair *repair, const hn_repair_state *s,
                                   int32_t j, const hn_column *column, uint64_t **ret_known,
                                   uint8_t **ret_is_known) {
    if (column->type != HN_CATEGORY || column->dictionary->n > column->n) return HONE_OK;
    const hn_dictionary *dictionary = column->dictionary;
    HN_TRY(HN_SCRATCH_NEW(ctx, *ret_known, dictionary->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, *ret_is_known, dictionary->n + 1));
    for (int32_t code = 0; code < dictionary->n; code++)
        (*ret_is_known)[code] =
            repair->read(s, j, s->way[j], hn_dictionary_text(dictionary, code), *ret_known + code);
    return HONE_OK;
}

hone_status hn_repair_transform(hone_ctx *ctx, const hn_repair *repair,
                                const hn_repair_state *state, const hn_table *x, hn_arena *arena,
                                hn_table *ret_out) {
    assert(x->n_columns == state->n);
    HN_SCRATCH(ctx);
    cells c = {.repair = repair, .state = state, .x = x};
    hn_table out = {.n_rows = x->n_rows, .n_columns = x->n_columns};
    int32_t *columns, n = 0;
    size_t size = hn_type_size(repair->type);
    HN_TRY(HN_NEW(ctx, arena, out.columns, x->n_columns + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, columns, x->n_columns + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, c.known, x->n_columns + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, c.is_known, x->n_columns + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, c.values, x->n_columns + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, c.valid, x->n_columns + 1));
    c.columns = columns;
    for (int32_t j = 0; j < x->n_columns; j++) {
        const hn_column *column = &x->columns[j];
        out.columns[j] = *column;
        if (state->way[j] == HN_STAYS) continue;
        HN_TRY(read_dictionary(ctx, repair, state, j, column, &c.known[n], &c.is_known[n]));
        c.values[n] = hn_arena_alloc(ctx, arena, (size_t)x->n_rows + 1, size);
        if (c.values[n] == NULL) return HONE_ERROR_MEMORY;
        if (repair->type != HN_F64) HN_TRY(hn_valid_new(ctx, arena, x->n_rows, &c.valid[n]));
        out.columns[j] = (hn_column){.name = column->name,
                                     .type = repair->type,
                                     .n = x->n_rows,
                                     .values = c.values[n],
                                     .stride = (int64_t)size,
                                     .valid = c.valid[n]};
        columns[n++] = j;
    }
    HN_TRY(hn_each_cells(ctx, n, x->n_rows, read_cells, &c));
    *ret_out = out;
    return HONE_OK;
}

/* ---- keeping --------------------------------------------------------------------------------- */

hone_status hn_repair_visit(hn_visitor *v, const hn_repair *repair, hn_repair_state *s) {
    HN_TRY(hn_visit(v, "n_features", &s->n));
    HN_TRY(hn_visit(v, "n_words", &s->n_words));
    HN_TRY(hn_visit(v, "n_first", &s->n_first));
    HN_TRY(hn_visit_check(v,
                          s->n >= 0 && s->n < INT32_MAX && s->n_words >= 0 &&
                              s->n_words < INT32_MAX && s->n_first >= 0 && s->n_first <= s->n_words,
                          repair->step));
    HN_TRY(hn_visit(v, "way", &s->way, s->n));
    for (int64_t j = 0; j < s->n; j++)
        HN_TRY(
            hn_visit_check(v, s->way[j] >= HN_STAYS && s->way[j] < repair->n_ways, repair->step));
    HN_TRY(hn_visit(v, "unit", &s->unit, s->n));
    for (int64_t j = 0; j < s->n; j++)
        HN_TRY(hn_visit_check(v, s->unit[j] < 0 || hn_unit_at(s->unit[j]) != NULL, repair->step));
    HN_TRY(hn_visit(v, "n_read", &s->n_read, s->n));
    HN_TRY(hn_visit(v, "n_lost", &s->n_lost, s->n));
    HN_TRY(hn_visit(v, "n_decided", &s->n_decided, s->n));
    HN_TRY(hn_visit_texts(v, "example", &s->example, s->n));
    return hn_visit_texts(v, "words", &s->words, s->n_words);
}

hone_status hn_repair_prepare(hone_ctx *ctx, const hn_repair *repair, const hn_repair_state *s,
                              const hn_table *schema) {
    HN_TRY(hn_prepare_check(ctx, repair->step, schema->n_columns == s->n));
    for (int32_t j = 0; j < s->n; j++)
        HN_TRY(hn_prepare_check(ctx, repair->step,
                                s->way[j] == HN_STAYS || hn_is_text(&schema->columns[j])));
    return HONE_OK;
}

void hn_repair_report(const hn_repair_state *s, const hn_table *schema, const char *key,
                      const char *const *names, hn_json_doc *doc, hn_json_mut *object) {
    hn_json_mut *columns = yyjson_mut_obj_add_obj(doc, object, "columns");
    for (int32_t j = 0; j < s->n; j++) {
        hn_json_mut *one = yyjson_mut_obj(doc);
        if (s->way[j] == HN_STAYS) continue;
        yyjson_mut_obj_add_int(doc, one, "read", s->n_read[j]);
        yyjson_mut_obj_add_int(doc, one, "lost", s->n_lost[j]);
        if (s->n_lost[j] > 0) yyjson_mut_obj_add_strcpy(doc, one, "example", s->example[j]);
        if (key != NULL) yyjson_mut_obj_add_strcpy(doc, one, key, names[s->way[j]]);
        if (key != NULL) yyjson_mut_obj_add_int(doc, one, "decided_by", s->n_decided[j]);
        yyjson_mut_obj_add(columns, yyjson_mut_strcpy(doc, schema->columns[j].name), one);
    }
}
