/* small_model.h - a model with an input column of every type, for tests and fuzzers of serving. */
#ifndef HN_TESTS_SMALL_MODEL_H
#define HN_TESTS_SMALL_MODEL_H

#include "flow/model.h"
#include "table/table.h"
#include <stdio.h>
#include <string.h>

/* A row that small_model takes. */
#define SMALL_ROW                                                                                  \
    "{\"number\":1.5,\"whole\":3,\"truth\":true,\"colour\":\"red\",\"note\":\"day 7\","            \
    "\"at\":\"2024-05-01T13:05:00Z\"}"

static inline hone_status small_cell(hn_builder *b, hn_type type, int64_t i) {
    char text[32];
    if (i % 13 == 5) return hn_builder_null(b);
    switch (type) {
    case HN_F64: return hn_builder_double(b, (double)(i * 37 % 101) / 7);
    case HN_TIME: return hn_builder_int(b, i * INT64_C(86400000000));
    case HN_CATEGORY:
        snprintf(text, sizeof text, "%s", i % 3 ? (i % 2 ? "red" : "green") : "blue");
        return hn_builder_text(b, (hn_slice){text, strlen(text)});
    case HN_STRING:
        snprintf(text, sizeof text, "day %d", (int)i);
        return hn_builder_text(b, (hn_slice){text, strlen(text)});
    default: return hn_builder_int(b, type == HN_BOOL ? i % 2 : i * 31 % 17);
    }
}

static inline hone_status small_table(hone_ctx *ctx, bool inverse, hone_table **ret_table) {
    static const char *const names[] = {"number", "whole", "truth", "colour", "note", "at", "y"};
    static const hn_type types[] = {HN_F64,    HN_I64,  HN_BOOL,    HN_CATEGORY,
                                    HN_STRING, HN_TIME, HN_CATEGORY};
    hone_table *table;
    enum { ROWS = 240, COLUMNS = 7 };
    HN_TRY(hn_table_new(ctx, "small", &table));
    hone_status status = HN_NEW(ctx, &table->arena, table->view.columns, COLUMNS);
    table->view.n_rows = ROWS;
    table->view.n_columns = COLUMNS;
    for (int j = 0; j < COLUMNS && status == HONE_OK; j++) {
        hn_builder *b = NULL;
        status = hn_builder_new(ctx, &table->arena, names[j], types[j], &b);
        for (int64_t i = 0; i < ROWS && status == HONE_OK; i++) {
            bool yes = ((i * 37 % 101 > 50) == (i % 2 == 0)) != inverse;
            hn_slice label = {yes ? "yes" : "no", yes ? 3 : 2};
            status = j == COLUMNS - 1 ? hn_builder_text(b, label) : small_cell(b, types[j], i);
        }
        if (status == HONE_OK) status = hn_builder_finish(b, &table->view.columns[j]);
    }
    if (status == HONE_OK)
        *ret_table = table;
    else
        hone_table_free(ctx, table);
    return status;
}

/* kind: "gbdt: {n_estimators: 20}"; steps: what it needs before it, "  - impute: {}\n". inverse: one that answers
 * the other way. */
static inline hone_status small_model(hone_ctx *ctx, const char *steps, const char *kind,
                                      bool inverse, hone_model **ret_model) {
    char recipe[512];
    snprintf(recipe, sizeof recipe,
             "roles: {target: y, id: [], ignore: []}\n"
             "steps:\n"
             "  - derive: {expressions: [\"letters = length(note)\", \"month = month(at)\"],\n"
             "             drop: [note, at]}\n"
             "%smodel: {%s}\n",
             steps, kind);
    hone_table *table;
    HN_TRY(small_table(ctx, inverse, &table));
    hone_status status = hone_train(ctx, recipe, table, ret_model);
    hone_table_free(ctx, table);
    return status;
}

#endif
