/* read_json.c - JSON records, as a list or one after the other (json_check.c says where one is wrong).
 */
#include "table/reading.h"

#include "table/dialect.h"

#include <string.h>

/* ---- reading --------------------------------------------------------------------------------- */

static bool is_json(const char *head, size_t length) {
    if (length >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0) head += 3, length -= 3;
    while (length && *head && strchr(" \t\r\n", *head)) head++, length--;
    return length && (*head == '{' || *head == '[');
}

/* One after the other, unpacked where they are packed. */
hone_status hn_check_json_files(hone_ctx *ctx, hn_reader *reader, const hn_source *source,
                                bool forgiving, bool *ret_lists) {
    HN_SCRATCH(ctx);
    hn_paths all;
    bool lists = true;
    if (!source->is_pattern) return hn_check_json(ctx, source, forgiving, ret_lists);
    HN_TRY(hn_read_pattern(ctx, reader, source, &all));
    for (int64_t i = 0; i < all.n; i++) {
        hn_source one;
        HN_TRY(hn_source_open(ctx, all.items[i], &(hn_read_options){.format = "json"}, &one));
        bool list;
        hone_status status = hn_check_json(ctx, &one, forgiving, &list);
        hn_source_done(&one);
        HN_TRY(status);
        lists = lists && list;
    }
    *ret_lists = lists;
    return HONE_OK;
}

static hone_status read_json(hone_ctx *ctx, hn_reader *reader) {
    HN_SCRATCH(ctx);
    const hn_source *source = reader->source;
    bool lists;
    HN_TRY(hn_check_json_files(ctx, reader, source, false, &lists));
    hn_str sql;
    hn_str_init(&sql, ctx, ctx->scratch);
    /* Types from all of the file, not from a sample of it. A list that it is not told of DuckDB first takes for one
     * value, and makes room for all of it. */
    hn_str_put(&sql, "SELECT * FROM read_json(");
    hn_duck_quote(&sql, source->path);
    hn_str_printf(&sql, ", sample_size = -1, maximum_sample_files = 1000000, compression = '%s'%s)",
                  strcmp(source->compression, "none") == 0 ? "uncompressed" : source->compression,
                  lists ? ", format = 'array'" : "");
    HN_TRY(hn_str_status(&sql));
    return hn_read_select(ctx, reader, sql.text);
}

const hn_source_kind hn_source_json = {
    .name = "json",
    .title = "JSON files",
    .endings = (const char *const[]){".json", ".ndjson", ".jsonl", NULL},
    .is_it = is_json,
    .takes = HN_TAKES_ENCODING,
    .by_duckdb = true,
    .read = read_json,
};
