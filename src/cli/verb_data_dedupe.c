/* verb_data_dedupe.c - rows that say the same, once. */
#include "cli/tables.h"
#include "table/keys.h"

typedef struct options {
    const char *data, *output;
    hn_texts by;
    int keep;
} options;

enum { FIRST, LAST, NONE };

static const hone_param items[] = {
    HN_PARAM(options, data, .positional = true, .display = "TABLE",
             .doc = "A file, a pattern in quotes, or - for standard input."),
    HN_PARAM(options, by, .display = "COLUMN,...", .aliases = HN_CHOICES("key", "on"),
             .doc =
                 "Rows are the same if these columns are; all columns if not given. Missing equals "
                 "missing."),
    HN_PARAM(options, keep, .def = "first", .choices = HN_CHOICES("first", "last", "none"),
             .doc = "Which of the same rows stays; none: those that occur once alone."),
    HN_PARAM(options, output, .letter = 'o', .display = "FILE",
             .doc = "Where to write the rows, in the format of its ending; standard output if not "
                    "given or -."),
};
static const hn_params params = HN_PARAMS(options, items);

static hone_status key_places(hn_cli *cli, const options *o, const hn_table *table,
                              int32_t **ret_places, int32_t *ret_n) {
    if (o->by.n > 0) {
        *ret_n = (int32_t)o->by.n;
        return hn_key_places(cli->ctx, table, o->by.items, o->by.n, ret_places);
    }
    HN_TRY(HN_SCRATCH_NEW(cli->ctx, *ret_places, (size_t)table->n_columns + 1));
    for (int32_t j = 0; j < table->n_columns; j++) (*ret_places)[j] = j;
    *ret_n = table->n_columns;
    return HONE_OK;
}

/* Ascending places of the rows that stay. */
static hone_status choose(hn_cli *cli, const options *o, const hn_table *table, int64_t **ret_rows,
                          int64_t *ret_n) {
    int32_t *places, n;
    int64_t *numbers, n_keys, *chosen, *count, kept = 0;
    HN_TRY(HN_NEW(cli->ctx, &cli->arena, *ret_rows, table->n_rows + 1));
    HN_SCRATCH(cli->ctx);
    HN_TRY(key_places(cli, o, table, &places, &n));
    hn_key_columns keys = {table, places};
    HN_TRY(hn_keys_number(cli->ctx, &keys, 1, n, true, &numbers, &n_keys));
    HN_TRY(HN_SCRATCH_NEW(cli->ctx, chosen, n_keys + 1));
    HN_TRY(HN_SCRATCH_NEW(cli->ctx, count, n_keys + 1));
    for (int64_t i = 0; i < table->n_rows; i++)
        if (count[numbers[i]]++ == 0 || o->keep == LAST) chosen[numbers[i]] = i;
    for (int64_t i = 0; i < table->n_rows; i++) {
        bool stays = chosen[numbers[i]] == i && (o->keep != NONE || count[numbers[i]] == 1);
        if (stays) (*ret_rows)[kept++] = i;
    }
    *ret_n = kept;
    return HONE_OK;
}

static hone_status dedupe(hn_cli *cli, const options *o, const hn_table *table) {
    int64_t *rows, n;
    hn_table kept;
    HN_TRY(choose(cli, o, table, &rows, &n));
    HN_TRY(hn_table_take(cli->ctx, &cli->arena, table, rows, n, &kept));
    HN_TRY(hn_give_table(cli, &kept, o->output));
    bool people = hn_goes_to_file(o->output) && !cli->common.json && !cli->common.quiet;
    if (!people) return HONE_OK;
    hn_put_count(&cli->out, table->n_rows - n);
    hn_str_put(&cli->out, " rows left out as the same as others\n");
    return hn_str_status(&cli->out);
}

static hone_status run(hn_cli *cli, const void *values) {
    const options *o = values;
    hone_table *table;
    HN_TRY(hn_check_output(cli, o->output));
    HN_TRY(hn_data_open_some(cli, o->data, 0, &table));
    hone_status status = dedupe(cli, o, &table->view);
    hone_table_free(cli->ctx, table);
    return status;
}

const hn_verb hn_verb_data_dedupe = {
    .name = "data dedupe",
    .summary = "leave out rows that occur before",
    .doc = "Rows keep their order. Numbers are the same if their values are, texts if their bytes "
           "are.",
    .example = "hone data dedupe churn.csv -o once.csv\n"
               "hone data dedupe visits.csv --by customer,day --keep last -o latest.csv",
    .params = &params,
    .borrowed = {HN_READING_FLAGS},
    .run = run,
};
