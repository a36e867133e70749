/* sample.h - a table of every type, with nulls, for the tests of tables. */
#ifndef HN_TESTS_TABLE_SAMPLE_H
#define HN_TESTS_TABLE_SAMPLE_H

#include "table/table.h"
#include <stdio.h>

/* n rows, columns f64, f32, i64, bool, category, string, time; every seventh value of each, shifted by
 * its number, is missing. Memory from arena. */
static inline hone_status sample_table(hone_ctx *ctx, hn_arena *arena, int64_t n,
                                       hn_table *ret_table) {
    static const char *const names[] = {"f64", "f32", "i64", "bool", "category", "string", "time"};
    static const hn_type types[] = {HN_F64,      HN_F32,    HN_I64, HN_BOOL,
                                    HN_CATEGORY, HN_STRING, HN_TIME};
    hn_table table = {.n_rows = n, .n_columns = 7};
    HN_TRY(HN_NEW(ctx, arena, table.columns, 7));
    for (int j = 0; j < 7; j++) {
        hn_builder *builder;
        HN_TRY(hn_builder_new(ctx, arena, names[j], types[j], &builder));
        for (int64_t i = 0; i < n; i++) {
            char text[64];
            int length;
            if ((i + j) % 7 == 6) {
                HN_TRY(hn_builder_null(builder));
                continue;
            }
            switch (types[j]) {
            case HN_F64: HN_TRY(hn_builder_double(builder, (double)(i * 37 % 101) / 7)); break;
            case HN_F32: HN_TRY(hn_builder_double(builder, (double)(i * 31 % 97) / 3)); break;
            case HN_I64: HN_TRY(hn_builder_int(builder, i * 1000003 - 5)); break;
            case HN_BOOL: HN_TRY(hn_builder_int(builder, i % 3 == 0)); break;
            case HN_TIME: HN_TRY(hn_builder_int(builder, i * INT64_C(3600500000) - 1000000)); break;
            case HN_CATEGORY:
                length = snprintf(text, sizeof text, "kind, \"%d\"", (int)(i * 13 % 11));
                HN_TRY(hn_builder_text(builder, (hn_slice){text, (size_t)length}));
                break;
            default:
                length = snprintf(text, sizeof text, "line %d\nof text", (int)i);
                HN_TRY(hn_builder_text(builder, (hn_slice){text, (size_t)length}));
            }
        }
        HN_TRY(hn_builder_finish(builder, &table.columns[j]));
    }
    *ret_table = table;
    return HONE_OK;
}

#endif
