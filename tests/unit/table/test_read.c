/* Reading files and queries. What the shared tables hold was computed with pandas 3.0 (read_csv with the
 * same separator and missing words; nunique, isna, sum) and written here as constants. */
#include "unit/support.h"
#include "base/os.h"
#include "table/read.h"
#include "table/write.h"
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const hn_read_options plain = {.format = NULL};

static char *dir;
static int make_dir(void **state) {
    (void)state;
    dir = test_make_dir();
    return dir == NULL;
}
static int remove_dir(void **state) {
    (void)state;
    test_remove_dir(dir);
    return 0;
}

/* dir/name with these bytes; n < 0: text. */
static const char *put(const char *name, const char *bytes, long n) {
    const char *path = test_join(dir, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    size_t length = n < 0 ? strlen(bytes) : (size_t)n;
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    return path;
}

static hone_table *reads_with(hone_ctx *ctx, const char *path, const hn_read_options *options) {
    hone_table *table = NULL;
    assert_ok(ctx, hn_read_path(ctx, path, options, &table));
    return table;
}

static const hn_column *column(const hone_table *table, const char *name) {
    int32_t j = hn_table_find(&table->view, name);
    assert_true(j >= 0);
    return &table->view.columns[j];
}

static void assert_cell(hone_ctx *ctx, const hone_table *table, const char *name, int64_t row,
                        const char *wanted) {
    HN_SCRATCH(ctx);
    hn_str str;
    hn_str_init(&str, ctx, ctx->scratch);
    hn_column_print(column(table, name), row, &str);
    assert_string_equal(str.text, wanted);
}

static void assert_column(const hone_table *table, const char *name, hn_type type,
                          int64_t missing) {
    assert_string_equal(hn_type_name(column(table, name)->type), hn_type_name(type));
    assert_int_equal(hn_column_count_missing(column(table, name)), missing);
}

static double total(const hone_table *table, const char *name) {
    const hn_column *c = column(table, name);
    double sum = 0;
    for (int64_t i = 0; i < c->n; i++)
        if (!hn_column_is_missing(c, i)) sum += hn_column_double(c, i);
    return sum;
}

/* ---- the shared tables ----------------------------------------------------------------------- */

static hone_table *shared(hone_ctx *ctx, const char *relative) {
    const char *path = test_shared(relative);
    if (path == NULL) {
        hone_ctx_free(ctx);
        skip();
    }
    return reads_with(ctx, path, &plain);
}

static void telco(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    hone_table *t = shared(ctx, "data/tabular/telco_churn/Telco-Customer-Churn.csv");
    assert_int_equal(t->view.n_rows, 7043);
    assert_int_equal(t->view.n_columns, 21);
    assert_column(t, "TotalCharges", HN_F64, 11);
    assert_near(total(t, "TotalCharges"), 16056168.7, 1e-12);
    assert_column(t, "SeniorCitizen", HN_I64, 0);
    assert_column(t, "Churn", HN_CATEGORY, 0);
    assert_cell(ctx, t, "Churn", 2, "Yes");
    assert_column(t, "customerID", HN_STRING, 0);
    assert_near(total(t, "tenure"), 227990, 0);
    hone_table_free(ctx, t);
    hone_ctx_free(ctx);
}

static void titanic(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    hone_table *t = shared(ctx, "data/tabular/titanic/titanic.csv");
    assert_int_equal(t->view.n_rows, 891);
    assert_column(t, "Age", HN_F64, 177);
    assert_near(total(t, "Age"), 21205.17, 1e-12);
    assert_near(total(t, "Fare"), 28693.9493, 1e-12);
    assert_column(t, "Cabin", HN_CATEGORY, 687);
    assert_int_equal(column(t, "Cabin")->dictionary->n, 147);
    assert_int_equal(column(t, "Ticket")->dictionary->n, 681);
    assert_column(t, "Embarked", HN_CATEGORY, 2);
    assert_column(t, "Name", HN_STRING, 0);
    assert_cell(ctx, t, "Name", 890, "Dooley, Mr. Patrick");
    hone_table_free(ctx, t);
    hone_ctx_free(ctx);
}

static void adult_bank_mushrooms(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    hone_table *t = shared(ctx, "data/tabular/adult/adult_train.csv");
    assert_int_equal(t->view.n_rows, 32561);
    assert_column(t, "workclass", HN_CATEGORY, 1836);
    assert_column(t, "occupation", HN_CATEGORY, 1843);
    assert_column(t, "native-country", HN_CATEGORY, 583);
    assert_int_equal(column(t, "native-country")->dictionary->n, 41);
    assert_cell(ctx, t, "income", 32560, ">50K");
    assert_near(total(t, "fnlwgt"), 6179373392.0, 0);
    hone_table_free(ctx, t);

    t = shared(ctx, "data/tabular/bank_marketing/bank-full.csv");
    assert_int_equal(t->view.n_columns, 17);
    assert_column(t, "y", HN_CATEGORY, 0);
    assert_int_equal(column(t, "job")->dictionary->n, 12);
    assert_near(total(t, "balance"), 61589682.0, 0);
    hone_table_free(ctx, t);

    t = shared(ctx, "data/tabular/mushrooms/mushrooms.csv");
    assert_column(t, "bruises", HN_CATEGORY, 0); /* t and f are no truth values */
    assert_column(t, "stalk_root", HN_CATEGORY, 2480);
    assert_cell(ctx, t, "bruises", 8123, "f");
    hone_table_free(ctx, t);
    hone_ctx_free(ctx);
}

static void without_header(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    hone_table *t = shared(ctx, "data/tabular/higgs7k/binary.train"); /* tabs, no ending to go by */
    assert_int_equal(t->view.n_rows, 7000);
    assert_int_equal(t->view.n_columns, 29);
    assert_column(t, "c0", HN_I64, 0);
    assert_near(total(t, "c0"), 3716, 0);
    assert_near(total(t, "c5"), -128.39599999999996, 1e-12);
    hone_table_free(ctx, t);
    hone_ctx_free(ctx);
}

static void series(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    hone_table *t = shared(ctx, "data/series/vic_elec/vic_elec.csv");
    assert_column(t, "Time", HN_TIME, 0);
    assert_column(t, "Holiday", HN_BOOL, 0);
    assert_near(total(t, "Holiday"), 1488, 0);
    const int64_t *times = column(t, "Time")->values;
    assert_int_equal(times[0], INT64_C(1325336400000000));
    assert_int_equal(times[52607], INT64_C(1420029000000000));
    hone_table_free(ctx, t);
    t = shared(ctx, "data/series/air_passengers/airline-passengers.csv"); /* CRLF, months */
    assert_column(t, "Month", HN_TIME, 0);
    assert_cell(ctx, t, "Month", 143, "1960-12-01");
    hone_table_free(ctx, t);
    t = shared(ctx, "data/series/co2/co2.csv");
    assert_column(t, "co2", HN_F64, 59);
    hone_table_free(ctx, t);
    t = shared(ctx, "data/text/sms_spam/sms_spam.csv");
    assert_int_equal(t->view.n_rows, 5574);
    assert_column(t, "text", HN_STRING, 0);
    assert_cell(ctx, t, "text", 5573, "Rofl. Its true to its name");
    hone_table_free(ctx, t);
    hone_ctx_free(ctx);
}

static void spectrum(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    static const char *const files[] = {"empty", "newlines", "simple"};
    for (int i = 0; i < 3; i++) {
        char path[128];
        snprintf(path, sizeof path, "data/conformance/csv-spectrum/csvs/%s.csv", files[i]);
        hone_table *lf = shared(ctx, path);
        snprintf(path, sizeof path, "data/conformance/csv-spectrum/csvs/%s_crlf.csv", files[i]);
        hone_table *crlf = shared(ctx, path);
        assert_int_equal(lf->view.n_rows, crlf->view.n_rows);
        assert_int_equal(lf->view.n_columns, crlf->view.n_columns);
        hone_table_free(ctx, lf);
        hone_table_free(ctx, crlf);
    }
    hone_table *t = shared(ctx, "data/conformance/csv-spectrum/csvs/quotes_and_newlines.csv");
    assert_cell(ctx, t, "b", 0, "ha \n\"ha\" \nha");
    hone_table_free(ctx, t);
    t = shared(ctx, "data/conformance/csv-spectrum/csvs/comma_in_quotes.csv");
    assert_cell(ctx, t, "zip", 0, "08123"); /* a code, not a number */
    hone_table_free(ctx, t);
    hone_ctx_free(ctx);
}

/* ---- types ----------------------------------------------------------------------------------- */

/* Types come from the whole file. 3.5 far below whole numbers is 3.5, not 4; so are words, integers
 * beyond 2^53, and missing words far below. */
static void late_surprises(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(3);
    const char *path = test_join(dir, "late.csv");
    FILE *file = fopen(path, "w");
    fprintf(file, "whole,half,word,huge,missing,negative\n");
    for (int i = 0; i < 50000; i++) fprintf(file, "%d,%d,%d,%d,%d,%d\n", i, i, i, i, i, -i);
    fprintf(file, "7,3.5,x,9007199254740993,NA,-9223372036854775808\n");
    fclose(file);
    hone_table *t = reads_with(ctx, path, &plain);
    assert_int_equal(t->view.n_rows, 50001);
    assert_column(t, "whole", HN_I64, 0);
    assert_column(t, "half", HN_F64, 0);
    assert_cell(ctx, t, "half", 50000, "3.5");
    assert_column(t, "word", HN_STRING, 0);
    assert_cell(ctx, t, "word", 49999, "49999");
    assert_column(t, "huge", HN_I64, 0);
    assert_cell(ctx, t, "huge", 50000, "9007199254740993");
    assert_column(t, "missing", HN_I64, 1);
    assert_cell(ctx, t, "missing", 49999, "49999");
    assert_cell(ctx, t, "negative", 50000, "-9223372036854775808");
    hone_table_free(ctx, t);
    hone_ctx_free(ctx);
}

static void types_of_texts(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    const char *path = put("types.csv",
                           "int,float,bool,yes,day,zip,none,mixed,plus\n"
                           "1, 2.5 ,true,yes,2024-05-01,01234,,a,+5\n"
                           "?,NA,FALSE,no,,90210,NA,1,-0\n"
                           "-3,1e3,NULL,yes,2024-05-02,00501,?,,  7\n",
                           -1);
    hone_table *t = reads_with(ctx, path, &plain);
    assert_column(t, "int", HN_I64, 1);
    assert_column(t, "float", HN_F64, 1);
    assert_cell(ctx, t, "float", 2, "1000");
    assert_column(t, "bool", HN_BOOL, 1);
    assert_cell(ctx, t, "bool", 1, "false");
    assert_column(t, "yes", HN_CATEGORY, 0);
    assert_column(t, "day", HN_TIME, 1);
    assert_column(t, "zip", HN_CATEGORY, 0);
    assert_cell(ctx, t, "zip", 2, "00501");
    assert_column(t, "none", HN_F64, 3);
    assert_column(t, "mixed", HN_CATEGORY, 1);
    assert_column(t, "plus", HN_I64, 0);
    hone_table_free(ctx, t);

    hn_read_options options = {.missing = "1, a"};
    t = reads_with(ctx, path, &options);
    assert_column(t, "int", HN_CATEGORY, 1); /* "?" is a word now, and 1 is missing */
    assert_column(t, "mixed", HN_F64, 3);
    hone_table_free(ctx, t);
    hone_ctx_free(ctx);
}

/* ---- dialects -------------------------------------------------------------------------------- */

static void dialects(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    static const struct {
        const char *name, *text, *column, *cell;
        int rows, columns;
    } cases[] = {
        {"bom.csv",
         "\xef\xbb\xbf"
         "a,b\r\n1,2\r\n\r\n3,4\r\n",
         "a", "3", 2, 2},
        {"semicolon.csv", "a;b\n1,5;x\n2,5;y\n", "b", "y", 2, 2},
        {"bar.csv", "a|b|c\n1|2|3\n4|5|6\n", "c", "6", 2, 3},
        {"tab.tsv", "a\tb\nx, y\t1\nz, w\t2\n", "a", "z, w", 2, 2},
        {"one.csv", "name\nAnn\nBob\n", "name", "Bob", 2, 1},
        {"words.csv", "p,x,p\ne,x,p\np,b,s\n", "c1", "x", 3, 3}, /* no header: a word twice */
        {"quoted.csv", "\"a, or b\",\"say \"\"c\"\"\"\n1,2\n3,4\n", "say \"c\"", "4", 2, 2},
        {"nofinal.csv", "a,b\n1,2\n3,4", "b", "4", 2, 2},
        {"twice.csv", "a,a,,a_1\n1,2,3,4\n5,6,7,8\n", "a_1_1", "8", 2, 4},
        {"header.csv", "a,b\n", NULL, NULL, 0, 2},
        {"cr.csv", "a,b\r1,2\r3,4\r", "b", "4", 2, 2},
        {"multi.csv", "a,b\n1,\"x\ny\"\n2,\"z\nw\"\n", "b", "z\nw", 2, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hone_table *t = reads_with(ctx, put(cases[i].name, cases[i].text, -1), &plain);
        assert_int_equal(t->view.n_rows, cases[i].rows);
        assert_int_equal(t->view.n_columns, cases[i].columns);
        if (cases[i].column) assert_cell(ctx, t, cases[i].column, 1, cases[i].cell);
        hone_table_free(ctx, t);
    }
    hn_read_options options = {.delimiter = ":", .header = "no", .limit = 1};
    hone_table *t = reads_with(ctx, put("colon.csv", "a:b\n1:2\n", -1), &options);
    assert_int_equal(t->view.n_rows, 1);
    assert_cell(ctx, t, "c1", 0, "b");
    hone_table_free(ctx, t);
    options = (hn_read_options){.encoding = "latin-1"};
    t = reads_with(ctx, put("latin.csv", "a,b\ncaf\xe9,1\n", -1), &options);
    assert_cell(ctx, t, "a", 0, "caf\xc3\xa9");
    hone_table_free(ctx, t);
    hone_ctx_free(ctx);
}

/* ---- failures -------------------------------------------------------------------------------- */

static void refuses(hone_ctx *ctx, const char *path, const hn_read_options *options,
                    hone_status status, int64_t row, const char *message) {
    hone_table *table = (hone_table *)8;
    assert_status(ctx, hn_read_path(ctx, path, options, &table), status);
    assert_true(table == (hone_table *)8);
    assert_message(ctx, message);
    if (status == HONE_ERROR_DATA) assert_string_equal(hone_ctx_error(ctx)->file, path);
    assert_int_equal(hone_ctx_error(ctx)->row, row);
    assert_null(strchr(hone_ctx_error(ctx)->message, '\n'));
}

static void failures(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    refuses(ctx, test_join(dir, "nothing.csv"), &plain, HONE_ERROR_DATA, -1, "there is no file");
    refuses(ctx, dir, &plain, HONE_ERROR_DATA, -1, "is a folder");
    refuses(ctx, test_join(dir, "zz*.csv"), &plain, HONE_ERROR_DATA, -1, "no file matches");
    refuses(ctx, test_join(dir, "zz*.parquet"), &plain, HONE_ERROR_DATA, -1, "no file matches");
    refuses(ctx, put("empty.csv", "", 0), &plain, HONE_ERROR_DATA, -1, "is empty");
    refuses(ctx, put("blank.csv", "\n\n \n", -1), &plain, HONE_ERROR_DATA, -1,
            "no header and no row");
    refuses(ctx, put("few.csv", "a,b\n1,2\n3\n4,5\n", -1), &plain, HONE_ERROR_DATA, 3,
            "line 3: 1 field where the first line has 2");
    refuses(ctx, put("many.csv", "a,b\n1,2\n3,4\n4,5,6\n", -1), &plain, HONE_ERROR_DATA, 4,
            "3 fields");
    refuses(ctx, put("open.csv", "a,b\n1,2\n3,\"4\n5,6\n", -1), &plain, HONE_ERROR_DATA, 3,
            "never closes");
    refuses(ctx, put("latin1.csv", "a,b\n1,2\ncaf\xe9,1\n", -1), &plain, HONE_ERROR_DATA, 3,
            "not UTF-8");
    refuses(ctx, put("bad.parquet", "PAR1 is how it begins", -1), &plain, HONE_ERROR_DATA, -1,
            "bad.parquet");
    refuses(ctx, put("bad.json", "[{\"a\": 1},\n {\"a\": tru}]", -1), &plain, HONE_ERROR_DATA, 2,
            "line 2");
    refuses(ctx, put("bad.ndjson", "{\"a\": 1}\n\n{\"a\": }\n", -1), &plain, HONE_ERROR_DATA, 3,
            "line 3");
    const char *good = put("good.csv", "a\n1\n", -1);
    hn_read_options options = {.delimiter = ",,"};
    refuses(ctx, good, &options, HONE_ERROR_USAGE, -1, "not one character");
    options = (hn_read_options){.header = "maybe"};
    refuses(ctx, good, &options, HONE_ERROR_USAGE, -1, "auto, yes, no");
    options = (hn_read_options){.format = "xls"};
    refuses(ctx, good, &options, HONE_ERROR_USAGE, -1, "csv, json, parquet");
    options = (hn_read_options){.limit = -1};
    refuses(ctx, good, &options, HONE_ERROR_USAGE, -1, "negative");
    if (geteuid() != 0) {
        chmod(good, 0);
        refuses(ctx, good, &plain, HONE_ERROR_IO, -1, "cannot read");
        chmod(good, 0600);
    }
    put("part1.csv", "a,b\n1,2\n", -1);
    put("part2.csv", "b,a\n1,2\n", -1);
    hone_table *t = NULL;
    assert_status(ctx, hn_read_path(ctx, test_join(dir, "part*.csv"), NULL, &t), HONE_ERROR_DATA);
    assert_message(ctx, "another header");
    hone_ctx_free(ctx);
}

/* ---- other formats --------------------------------------------------------------------------- */

static void json(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    static const char *const texts[] = {
        "[{\"a\": 1, \"b\": \"x\", \"c\": [1, 2]}, {\"a\": 2.5, \"b\": null, \"c\": []}]",
        "{\"a\": 1, \"b\": \"x\", \"c\": [1, 2]}\n{\"a\": 2.5, \"b\": null, \"c\": []}\n"};
    static const char *const names[] = {"rows.json", "rows.ndjson"};
    for (int i = 0; i < 2; i++) {
        hone_table *t = reads_with(ctx, put(names[i], texts[i], -1), &plain);
        assert_int_equal(t->view.n_rows, 2);
        assert_cell(ctx, t, "a", 1, "2.5");
        assert_column(t, "b", HN_CATEGORY, 1);
        assert_cell(ctx, t, "c", 0, "[1,2]");
        hone_table_free(ctx, t);
    }
    hone_table *t = reads_with(ctx, put("unnamed", texts[0], -1), &plain); /* by its first byte */
    assert_int_equal(t->view.n_columns, 3);
    hone_table_free(ctx, t);
    hone_ctx_free(ctx);
}

static hone_status query(hone_ctx *ctx, const char *sql, hone_table **ret_table) {
    return hn_read_sql(ctx, sql, NULL, ret_table);
}

static void sql(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    hone_table *t;
    assert_ok(
        ctx,
        query(ctx,
              "SELECT i AS i, i::TINYINT AS tiny, i::UBIGINT AS u, i::HUGEINT AS h, (i / "
              "4)::DECIMAL(9, 2) AS d, "
              "i::FLOAT AS f, i > 1 AS b, DATE '2024-05-01' + i::INT AS day, "
              "TIMESTAMPTZ '2024-05-01 12:00:00+02' AS z, 'w''; ' || i AS s, {'k': i} AS struct, "
              "NULL AS nothing, TIMESTAMP_NS '2024-05-01 12:00:00.123456789' AS ns "
              "FROM range(3) t(i) ORDER BY i DESC; -- done",
              &t));
    assert_int_equal(t->view.n_rows, 3);
    static const hn_type types[] = {HN_I64,      HN_I64,  HN_F64,  HN_F64,  HN_F64,
                                    HN_F32,      HN_BOOL, HN_TIME, HN_TIME, HN_CATEGORY,
                                    HN_CATEGORY, HN_I64,  HN_TIME};
    for (int j = 0; j < 13; j++)
        assert_string_equal(hn_type_name(t->view.columns[j].type), hn_type_name(types[j]));
    assert_cell(ctx, t, "i", 0, "2");
    assert_cell(ctx, t, "d", 2, "0");
    assert_cell(ctx, t, "d", 0, "0.5");
    assert_cell(ctx, t, "day", 0, "2024-05-03");
    assert_cell(ctx, t, "z", 0, "2024-05-01T10:00:00");
    assert_cell(ctx, t, "s", 1, "w'; 1");
    assert_cell(ctx, t, "struct", 1, "{\"k\":1}");
    assert_cell(ctx, t, "ns", 1, "2024-05-01T12:00:00.123456");
    assert_int_equal(hn_column_count_missing(column(t, "nothing")), 3);
    hone_table_free(ctx, t);

    /* What writes, or is more than one statement, is not run. */
    static const char *const refused[] = {"COPY (SELECT 1) TO '/tmp/hone-must-not-exist.csv'",
                                          "ATTACH '/tmp/hone-must-not-exist.db'",
                                          "CREATE TABLE t AS SELECT 1",
                                          "INSTALL httpfs",
                                          "SET threads = 1",
                                          "SELECT 1; SELECT 2",
                                          "",
                                          "PRAGMA database_list; SELECT 1",
                                          "EXPORT DATABASE '/tmp/hone-must-not-exist'",
                                          ";"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_status(ctx, query(ctx, refused[i], &t), HONE_ERROR_USAGE);
    static const char *const traces[] = {"/tmp/hone-must-not-exist", "/tmp/hone-must-not-exist.csv",
                                         "/tmp/hone-must-not-exist.db"};
    for (size_t i = 0; i < 3; i++) assert_int_not_equal(access(traces[i], F_OK), 0);
    assert_ok(ctx, query(ctx, " -- why\n/* so */ (SELECT 1 AS x)", &t));
    hone_table_free(ctx, t);
    assert_status(ctx, query(ctx, "SELEC 1", &t), HONE_ERROR_DATA);
    assert_status(ctx, query(ctx, "SELECT x FROM (SELECT 1 AS y)", &t), HONE_ERROR_DATA);
    assert_status(ctx, query(ctx, "SELECT * FROM '/nowhere.csv'", &t), HONE_ERROR_DATA);
    assert_status(ctx, query(ctx, "SELECT 1) AS t; --", &t), HONE_ERROR_DATA);
    assert_status(ctx, query(ctx, "SELECT 'a'::INT", &t), HONE_ERROR_DATA);
    assert_ok(ctx, query(ctx, "FROM (VALUES (1, 'a;b'), (2, NULL)) v(x, y)", &t));
    assert_cell(ctx, t, "y", 0, "a;b");
    hone_table_free(ctx, t);
    assert_ok(ctx, query(ctx, "SELECT 1 AS x WHERE false", &t));
    assert_int_equal(t->view.n_rows, 0);
    hone_table_free(ctx, t);
    hone_ctx_free(ctx);
}

/* ---- same bits, memory, cancelling ----------------------------------------------------------- */

static const char *large_file(void) {
    const char *path = test_join(dir, "large.csv");
    if (hn_file_exists(path)) return path;
    FILE *file = fopen(path, "w");
    fprintf(file, "id,word,x,text,when\n");
    for (int i = 0; i < 150000; i++)
        fprintf(file, "%d,w%d,%.17g,\"text \"\"%d\"\"\",2024-%02d-%02d\n", i, i * 31 % 977, sin(i),
                i, i % 12 + 1, i % 28 + 1);
    fclose(file);
    return path;
}

static void same_for_any_threads(void **state) {
    (void)state;
    static const int threads[] = {1, 2, 3, 7};
    char first[65] = "", hex[65];
    for (int i = 0; i < 4; i++) {
        hone_ctx *ctx = test_ctx(threads[i]);
        hone_table *t = reads_with(ctx, large_file(), &plain);
        assert_int_equal(t->view.n_rows, 150000);
        const int64_t *ids = column(t, "id")->values;
        for (int64_t k = 0; k < 150000; k++) assert_int_equal(ids[k], k); /* in the file's order */
        assert_same_double(hn_column_double(column(t, "x"), 149999), sin(149999));
        assert_ok(ctx, hn_table_hash(ctx, &t->view, hex));
        if (i == 0) strcpy(first, hex);
        assert_string_equal(hex, first);
        hone_table_free(ctx, t);
        hone_ctx_free(ctx);
    }
}

static hone_status read_small(hone_ctx *ctx, void *arg) {
    hone_table *table;
    HN_TRY(hn_read_path(ctx, arg, NULL, &table));
    hone_table_free(ctx, table);
    return HONE_OK;
}

static void failing_allocations(void **state) {
    (void)state;
    put("small.csv", "a,b,c,d\n1,x,2024-05-01,NA\n2,y,,3\n?,x,2024-05-02,4\n", -1);
    test_every_allocation(2, read_small, (void *)(uintptr_t)test_join(dir, "small.csv"));
}

static void *cancel_soon(void *arg) {
    usleep(30000);
    hone_ctx_cancel(arg);
    return NULL;
}

static void cancel_on(int threads) {
    hone_ctx *ctx = test_ctx(threads);
    hone_table *t;
    hone_ctx_cancel(ctx);
    assert_status(ctx, hn_read_path(ctx, large_file(), NULL, &t), HONE_ERROR_CANCELLED);
    hone_ctx_reset(ctx);
    pthread_t thread;
    pthread_create(&thread, NULL, cancel_soon, ctx);
    double begin = hn_seconds();
    /* One that sorts and joins for minutes, and one that gives rows without end. */
    assert_status(ctx,
                  query(ctx,
                        "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE "
                        "hash(a.range + b.range) = 1",
                        &t),
                  HONE_ERROR_CANCELLED);
    pthread_join(thread, NULL);
    hone_ctx_reset(ctx);
    pthread_create(&thread, NULL, cancel_soon, ctx);
    assert_status(ctx, query(ctx, "SELECT range AS x FROM range(100000000000)", &t),
                  HONE_ERROR_CANCELLED);
    pthread_join(thread, NULL);
    assert_true(hn_seconds() - begin < 20);
    hone_ctx_free(ctx);
}

/* On one thread the query runs in the one that would look. */
static void cancelling(void **state) {
    (void)state;
    cancel_on(1);
    cancel_on(2);
}

/* The writer's files read back as the same table, nulls and all. */
static void standard_input(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(1);
    int saved = dup(STDIN_FILENO), ends[2];
    static const char text[] = "[{\"a\": 1}, {\"a\": 2}]";
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, sizeof text - 1), sizeof text - 1);
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    hone_table *t = reads_with(ctx, "-", &plain);
    dup2(saved, STDIN_FILENO);
    close(saved);
    assert_int_equal(t->view.n_rows, 2);
    assert_string_equal(t->source, "standard input");
    hone_table_free(ctx, t);
    hone_ctx_free(ctx);
}

static void patterns_and_odd_names(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    put("day-1.csv", "a,b\n1,x\n2,y\n", -1);
    put("day-2.csv", "a,b\n3,z\n", -1);
    hone_table *t = reads_with(ctx, test_join(dir, "day-*.csv"), &plain);
    assert_int_equal(t->view.n_rows, 3);
    assert_cell(ctx, t, "b", 2, "z");
    hone_table_free(ctx, t);
    t = reads_with(ctx, put("odd [1]*'\".csv", "a,b\n1,x\n", -1), &plain);
    assert_int_equal(t->view.n_rows, 1);
    hone_table_free(ctx, t);
    char command[600];
    snprintf(command, sizeof command, "gzip -kf '%s'", test_join(dir, "day-1.csv"));
    if (system(command) == 0) {
        t = reads_with(ctx, test_join(dir, "day-1.csv.gz"), &plain);
        assert_int_equal(t->view.n_rows, 2);
        hone_table_free(ctx, t);
    }
    hone_ctx_free(ctx);
}

/* ---- files that change ----------------------------------------------------------------------- */

typedef struct swapping {
    const char *target, *from[2];
    atomic_bool stop;
} swapping;

/* Puts one file and then the other where target is, whole each time. */
static void *swap(void *arg) {
    swapping *s = arg;
    char link_name[512];
    snprintf(link_name, sizeof link_name, "%s.new", s->target);
    for (int i = 0; !s->stop; i++) {
        if (link(s->from[i % 2], link_name) == 0) (void)rename(link_name, s->target);
        usleep(100); /* a folder that changes without end lets nobody in */
    }
    return NULL;
}

static void written(hone_ctx *ctx, const char *path, int64_t rows, int64_t columns) {
    static double values[4000 * 5];
    hone_table *table;
    for (int i = 0; i < 4000 * 5; i++) values[i] = i / 8.0;
    assert_ok(ctx, hone_table_from_matrix(ctx, values, "float64", rows, columns, 8 * columns, 8,
                                          NULL, &table));
    assert_ok(ctx, hn_write_path(ctx, &table->view, path));
    hone_table_free(ctx, table);
}

/* A file that is another when it is opened again is refused, or read as the one that it is. */
static void files_that_change(void **state) {
    (void)state;
    hone_ctx *ctx = test_ctx(2);
    swapping s = {
        .target = strdup(test_join(dir, "change.parquet")),
        .from = {strdup(test_join(dir, "one.parquet")), strdup(test_join(dir, "two.parquet"))}};
    written(ctx, s.from[0], 300, 5);
    written(ctx, s.from[1], 4000, 2);
    written(ctx, s.target, 300, 5);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, swap, &s), 0);
    for (int i = 0; i < 300; i++) {
        hone_table *table;
        hone_status status = hn_read_path(ctx, s.target, &plain, &table);
        if (status != HONE_OK) {
            assert_status(ctx, status, HONE_ERROR_DATA);
            assert_message(ctx, "changed while it was read");
            continue;
        }
        int64_t rows = table->view.n_rows, columns = table->view.n_columns;
        assert_true((rows == 300 && columns == 5) || (rows == 4000 && columns == 2));
        const double *values = table->view.columns[0].values;
        assert_true(values[rows - 1] == (double)((rows - 1) * columns) / 8);
        hone_table_free(ctx, table);
    }
    s.stop = true;
    pthread_join(thread, NULL);
    free((void *)(uintptr_t)s.target);
    for (int i = 0; i < 2; i++) free((void *)(uintptr_t)s.from[i]);
    hone_ctx_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(telco),
        cmocka_unit_test(titanic),
        cmocka_unit_test(adult_bank_mushrooms),
        cmocka_unit_test(without_header),
        cmocka_unit_test(series),
        cmocka_unit_test(spectrum),
        cmocka_unit_test(late_surprises),
        cmocka_unit_test(types_of_texts),
        cmocka_unit_test(dialects),
        cmocka_unit_test(failures),
        cmocka_unit_test(json),
        cmocka_unit_test(sql),
        cmocka_unit_test(same_for_any_threads),
        cmocka_unit_test(failing_allocations),
        cmocka_unit_test(cancelling),
        cmocka_unit_test(standard_input),
        cmocka_unit_test(patterns_and_odd_names),
        cmocka_unit_test(files_that_change),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
