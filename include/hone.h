/* hone.h - the one public header of libhone.
 *
 * A model's life in five calls: make a ctx, read a table, train a recipe on it, save the model,
 * predict. Every call that can fail returns a hone_status and writes what went wrong into the ctx;
 * on failure the outputs (named ret_...) are left untouched.
 *
 * Ownership: what a call hands out through ret_... belongs to the caller, who gives it back to the
 * matching _free. Every _free takes NULL. Strings handed out are freed by hone_string_free.
 *
 * Threads: a ctx serves one thread at a time. Tables and models don't change once made and may be
 * read by any number of threads, each with a ctx of its own.
 */
#ifndef HONE_H
#define HONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define HONE_API __attribute__((visibility("default")))
#define HONE_MUST_CHECK __attribute__((warn_unused_result))
#else
#define HONE_API
#define HONE_MUST_CHECK
#endif

#define HONE_VERSION "0.1.0"

/* The structs of the Arrow C data and stream interfaces, as published, unless they are there already. */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4
struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};
struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};
#endif
#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE
struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *ret_schema);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *ret_array);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};
#endif

/* ---- status and errors ---------------------------------------------------------------------- */

typedef enum hone_status {
    HONE_OK = 0,
    HONE_ERROR_USAGE = -1,       /* called wrongly: unknown or illegal parameter, bad option */
    HONE_ERROR_DATA = -2,        /* the data or the recipe is at fault */
    HONE_ERROR_FORMAT = -3,      /* a model file is damaged, hostile or newer than this library */
    HONE_ERROR_IO = -4,          /* the operating system said no: disk full, permission, network */
    HONE_ERROR_MEMORY = -5,      /* an allocation failed */
    HONE_ERROR_CANCELLED = -6,   /* hone_ctx_cancel was called */
    HONE_ERROR_UNSUPPORTED = -7, /* a part that this build or machine lacks */
    HONE_ERROR_INTERNAL = -8     /* a defect in hone: please report it */
} hone_status;

/* Where and why the last call on a ctx failed. Empty strings and -1 mean "not known". */
typedef struct hone_error {
    hone_status code;
    char message[1024]; /* one sentence, then the way out */
    char param[96];     /* offending parameter, e.g. "learning_rate" */
    char file[256];     /* offending file */
    char column[128];   /* offending column of the table */
    int64_t row;        /* offending row, from 0, or line of a text file, from 1 */
} hone_error;

/* Name of a status as it appears in JSON answers: "data", "usage", ... Never NULL. */
HONE_API const char *hone_status_name(hone_status status);

/* ---- context -------------------------------------------------------------------------------- */

typedef struct hone_ctx hone_ctx;

typedef enum hone_log_level {
    HONE_LOG_ERROR,
    HONE_LOG_WARN,
    HONE_LOG_INFO,
    HONE_LOG_DEBUG
} hone_log_level;

/* Memory for everything a ctx makes. resize follows realloc(3): old may be NULL, size 0 frees;
 * blocks are aligned as malloc aligns them. It is called from several threads at once. */
typedef struct hone_allocator {
    void *(*resize)(void *user, void *old, size_t old_size, size_t size);
    void *user;
} hone_allocator;

typedef void hone_log_fn(void *user, hone_log_level level, const char *message);

/* done of total units ("rows", "trees", ...) of the phase called what; total 0 if not known. */
typedef void hone_progress_fn(void *user, const char *what, int64_t done, int64_t total,
                              const char *unit);

/* threads 0 means all processors; results do not depend on it, nor on memory. allocator NULL means malloc. */
typedef struct hone_ctx_options {
    int threads;
    /* Bytes that the process should keep in memory: what is beyond lies in a file under $TMPDIR, so that tables
     * may be larger than memory. 0: no limit; less than 64 MB is taken as that. */
    size_t memory;
    uint64_t seed;
    const hone_allocator *allocator;
    hone_log_fn *log;
    void *log_user;
    hone_progress_fn *progress;
    void *progress_user;
} hone_ctx_options;

/* options NULL means defaults. Returns NULL only where memory is out. */
HONE_API hone_ctx *hone_ctx_new(const hone_ctx_options *options);
HONE_API void hone_ctx_free(hone_ctx *ctx);

/* The last failure; valid until the next call on ctx. */
HONE_API const hone_error *hone_ctx_error(const hone_ctx *ctx);

/* Asks the running call to stop soon with HONE_ERROR_CANCELLED. May be called from any thread and
 * from a signal handler. hone_ctx_reset takes the request back. */
HONE_API void hone_ctx_cancel(hone_ctx *ctx);
HONE_API void hone_ctx_reset(hone_ctx *ctx);

/* An amount of memory as people write it: "512M", "1.5GiB", "4096"; K, M, G and T are powers of 1024. */
HONE_API bool hone_parse_size(const char *text, size_t *ret_bytes);

HONE_API void hone_string_free(hone_ctx *ctx, char *string);
HONE_API const char *hone_version(void);

/* ---- tables --------------------------------------------------------------------------------- */

/* Typed columns of equal length, with nulls and categories. Made once, never changed. */
typedef struct hone_table hone_table;

HONE_API void hone_table_free(hone_ctx *ctx, hone_table *table);

/* All may be left zero. */
typedef struct hone_read_options {
    const char
        *format; /* "csv", "json", ... as "hone train --help" lists; NULL: by name and content */
    const char *delimiter; /* CSV, one character, "\\t" for a tab; NULL: found out */
    const char *header; /* CSV: "auto" (NULL), "yes", "no": without one columns are c0, c1, ... */
    const char
        *encoding; /* text: "utf-8" (NULL), "latin-1", "utf-16" (also known by its mark), ... */
    const char
        *missing;  /* comma-separated words that mean missing besides empty; NULL: the usual ones */
    int64_t limit; /* rows at most; 0: all */
    const char *
        table; /* which of several tables, sheets or arrays, by name, or number from 1; NULL: the first
                            or only one */
    const char *query; /* databases: a SELECT in their own SQL instead of a table */
    const char *quote; /* CSV, one character, "none" for none; NULL: \" */
    const char
        *escape; /* CSV, one character before a quote inside quotes; NULL: the quote itself */
    const char *comment; /* CSV, one character; what follows it on a line is left out; NULL: none */
    const char *decimal; /* CSV: "." (NULL) or "," */
    int64_t skip_rows;   /* leave out so many lines (of a sheet: rows) before the header */
    const char *range;   /* of a sheet: "B3:E20", "B:E", "B3" (from there on); NULL: all of it */
} hone_read_options;

/* A file by its ending: .csv .tsv .txt .json .ndjson .jsonl .parquet, each also .gz or .zst; a pattern
 * ("logs/2024-*.csv") of such; or "-" for standard input. options NULL means defaults. HONE_ERROR_DATA
 * names file and line. */
HONE_API hone_status hone_table_read(hone_ctx *ctx, const char *path,
                                     const hone_read_options *options,
                                     hone_table **ret_table) HONE_MUST_CHECK;
/* One SQL query that reads (DuckDB's dialect): "SELECT * FROM 'a.csv' JOIN 'b.parquet' USING (id)". Of the
 * options, missing and limit count. */
HONE_API hone_status hone_table_sql(hone_ctx *ctx, const char *sql,
                                    const hone_read_options *options,
                                    hone_table **ret_table) HONE_MUST_CHECK;
/* As CSV, TSV, NDJSON or JSON by the ending of path; "-" is standard output. The file appears whole or
 * not at all. */
HONE_API hone_status hone_table_write(hone_ctx *ctx, const hone_table *table,
                                      const char *path) HONE_MUST_CHECK;

/* The Arrow C data interface: struct arrays (record batches). Import moves array into the table on
 * success; export hands out a copy that owns itself. */
HONE_API hone_status hone_table_from_arrow(hone_ctx *ctx, struct ArrowArray *array,
                                           const struct ArrowSchema *schema,
                                           hone_table **ret_table) HONE_MUST_CHECK;
HONE_API hone_status hone_table_to_arrow(hone_ctx *ctx, const hone_table *table,
                                         struct ArrowArray *ret_array,
                                         struct ArrowSchema *ret_schema) HONE_MUST_CHECK;
/* All that is left of a stream of record batches, which stays the caller's. One batch is borrowed from as
 * above, several are copied together. */
HONE_API hone_status hone_table_from_arrow_stream(hone_ctx *ctx, struct ArrowArrayStream *stream,
                                                  hone_table **ret_table) HONE_MUST_CHECK;

/* A matrix of numbers as a table, nothing copied: values must outlive it. Element (i, j) of type "float64",
 * "float32", "int64" or "bool" (one byte, 0 or 1) stands row_stride * i + column_stride * j bytes after
 * values. names [columns] NULL: x0, x1, ... */
HONE_API hone_status hone_table_from_matrix(hone_ctx *ctx, const void *values, const char *type,
                                            int64_t rows, int64_t columns, int64_t row_stride,
                                            int64_t column_stride, const char *const *names,
                                            hone_table **ret_table) HONE_MUST_CHECK;
/* The same for a sparse matrix by rows (CSR): row i has the values value[start[i] .. start[i + 1] - 1] in
 * the columns column[...], ascending. Only hone_fit and what is done with its models take such tables, and
 * only kinds with the capability "sparse". */
HONE_API hone_status hone_table_from_csr(hone_ctx *ctx, const int64_t *start, const int32_t *column,
                                         const double *value, int64_t rows, int64_t columns,
                                         const char *const *names,
                                         hone_table **ret_table) HONE_MUST_CHECK;

HONE_API int64_t hone_table_rows(const hone_table *table);
HONE_API int32_t hone_table_columns(const hone_table *table);
/* NULL where there is no such column. Live as long as the table. */
HONE_API const char *hone_table_column_name(const hone_table *table, int32_t index);
/* "float64", "float32", "int64", "bool", "category", "string" or "timestamp". */
HONE_API const char *hone_table_column_type(const hone_table *table, int32_t index);
/* ret_values [rows, columns] by rows, NaN where missing; a category as its code, text as NaN. */
HONE_API hone_status hone_table_to_matrix(hone_ctx *ctx, const hone_table *table,
                                          double *ret_values) HONE_MUST_CHECK;
/* Those values where they lie, if the table's own memory holds them so, as long as it lives; else NULL. *ret_type: as
 * what, "float64" or "float32". */
HONE_API const void *hone_table_as_matrix(const hone_table *table, const char **ret_type);
/* 64 hex digits that depend on names, types and values alone. */
HONE_API hone_status hone_table_hash(hone_ctx *ctx, const hone_table *table,
                                     char ret_hex[65]) HONE_MUST_CHECK;

/* Keep a table under a name; ret_reference, "data://NAME@VERSION", reads it again, as "data://NAME" reads what was
 * registered last. folder NULL: $HONE_DATA, or hone/data in the user's data folder, where that looks. */
HONE_API hone_status hone_table_register(hone_ctx *ctx, const hone_table *table, const char *name,
                                         const char *folder, char **ret_reference) HONE_MUST_CHECK;
/* A made table: "blobs", "moons", "regression", ... (hone_catalog's generators); params a JSON object or NULL. The
 * ctx's seed decides. */
HONE_API hone_status hone_table_generate(hone_ctx *ctx, const char *generator, const char *params,
                                         hone_table **ret_table) HONE_MUST_CHECK;

/* Whether table is as expectations (YAML or JSON text, docs/SOURCES.md) say: {"rows": N, "valid": true or false,
 * "failures": [{"rule", "column", "count", "row" (the first, from 1), "text"}]}. */
HONE_API hone_status hone_table_validate(hone_ctx *ctx, const hone_table *table,
                                         const char *expectations, char **ret_json) HONE_MUST_CHECK;
/* Expectations that table meets, to begin with. */
HONE_API hone_status hone_table_expect(hone_ctx *ctx, const hone_table *table,
                                       char **ret_json) HONE_MUST_CHECK;

/* ---- models --------------------------------------------------------------------------------- */

/* A fitted pipeline with its schema, metrics and lineage: what a .hone file holds. Never changes but by
 * hone_model_update and hone_update, beside which no other call may use it. */
typedef struct hone_model hone_model;

/* Train what a recipe (YAML or JSON text, see docs/RECIPE.md; "{roles: {target: y}}" is one) says on
 * table, or on the data that the recipe names where table is NULL. */
HONE_API hone_status hone_train(hone_ctx *ctx, const char *recipe, const hone_table *table,
                                hone_model **ret_model) HONE_MUST_CHECK;

/* Writes beside, then renames: path holds the old file or the new one, never half of one. */
HONE_API hone_status hone_model_save(hone_ctx *ctx, hone_model *model,
                                     const char *path) HONE_MUST_CHECK;
/* Memory-mapped; a file from a stranger can do no harm: HONE_ERROR_FORMAT says what is wrong with it. */
HONE_API hone_status hone_model_load(hone_ctx *ctx, const char *path,
                                     hone_model **ret_model) HONE_MUST_CHECK;
HONE_API void hone_model_free(hone_model *model);
/* The file as bytes, to be given back to hone_string_free; and a model from such bytes, which are copied. */
HONE_API hone_status hone_model_to_bytes(hone_ctx *ctx, hone_model *model, char **ret_bytes,
                                         size_t *ret_length) HONE_MUST_CHECK;
HONE_API hone_status hone_model_from_bytes(hone_ctx *ctx, const void *bytes, size_t length,
                                           hone_model **ret_model) HONE_MUST_CHECK;

/* Answers for every row of table: columns prediction and, for classes, probability (of the prediction)
 * and probability_CLASS; of several targets prediction_TARGET, probability_TARGET, probability_TARGET_CLASS.
 * Columns are found by name; columns that training never saw are an error. The table borrows from the model,
 * and must not outlive it. */
HONE_API hone_status hone_predict(hone_ctx *ctx, const hone_model *model, const hone_table *table,
                                  hone_table **ret_answers) HONE_MUST_CHECK;
/* The same for rows as JSON, answered as JSON, the way the server does it: one object by column name or
 * {"features": [...]} gives {"prediction": ..., "probability": ..., "probabilities": {...}}, a list of those a
 * list; of several targets each of these is an object by target. length may be -1 for text that ends in NUL. */
HONE_API hone_status hone_predict_json(hone_ctx *ctx, const hone_model *model, const char *rows,
                                       int64_t length, char **ret_answers) HONE_MUST_CHECK;
/* Metrics with intervals beside the baseline's, as JSON. */
HONE_API hone_status hone_evaluate(hone_ctx *ctx, const hone_model *model, const hone_table *table,
                                   char **ret_json) HONE_MUST_CHECK;
/* The same, and more on request. options: a JSON object, or NULL: {"metrics": [...], "errors": N (the worst
 * answers, the least certain, confused classes, segments), "plots": true (Vega-Lite specifications),
 * "allow_extra": true, "decision": {"threshold": ..., "costs": {...}, "value": ...}}; see docs/EVALUATION.md. */
HONE_API hone_status hone_evaluate_with(hone_ctx *ctx, const hone_model *model,
                                        const hone_table *table, const char *options,
                                        char **ret_json) HONE_MUST_CHECK;
/* All of it as one HTML page that needs nothing beside it. */
HONE_API hone_status hone_report(hone_ctx *ctx, const hone_model *model, const hone_table *table,
                                 const char *options, char **ret_html) HONE_MUST_CHECK;
/* n models of one target on the same labelled rows, best first, with paired intervals and a verdict in
 * words, as JSON. options: {"metrics": [...], "allow_extra": true} or NULL. */
HONE_API hone_status hone_compare(hone_ctx *ctx, const hone_model *const *models,
                                  const char *const *names, int32_t n, const hone_table *table,
                                  const char *options, char **ret_json) HONE_MUST_CHECK;
/* Cross-validated scores after learning from more and more rows, bias and variance, and a diagnosis, as
 * JSON. options: {"fractions": [...], "folds": 5, "rounds": 20} or NULL. */
HONE_API hone_status hone_learning_curve(hone_ctx *ctx, const char *recipe, const hone_table *table,
                                         const char *options, char **ret_json) HONE_MUST_CHECK;
/* What a table looks like: its columns, how they hang together and with a target, what is missing, and warnings
 * with the recipe's lines that mend them; as JSON, and as one HTML page that needs nothing beside it. options:
 * {"target": "y", "sample": 10000, "most": 30, "rows": 5} or NULL. Either output may be NULL. */
HONE_API hone_status hone_profile(hone_ctx *ctx, const hone_table *table, const char *options,
                                  char **ret_json, char **ret_html) HONE_MUST_CHECK;
/* The same with another table beside it (training rows and later ones, say): where its columns differ, what is
 * missing there, which names are new. */
HONE_API hone_status hone_profile_beside(hone_ctx *ctx, const hone_table *table,
                                         const hone_table *other, const char *options,
                                         char **ret_json, char **ret_html) HONE_MUST_CHECK;
/* How many training rows the model keeps, and how many of them it answers with the bits that stand beside
 * them: fewer mean that it does not answer as it did where it was made. */
HONE_API hone_status hone_model_verify(hone_ctx *ctx, const hone_model *model, int64_t *ret_rows,
                                       int64_t *ret_same) HONE_MUST_CHECK;
/* Schema, steps, parameters, metrics, importances and lineage, as JSON. */
HONE_API hone_status hone_model_describe(hone_ctx *ctx, const hone_model *model,
                                         char **ret_json) HONE_MUST_CHECK;

/* What the steps did to the rows that were learned from (cells changed, missing values and means before and after,
 * columns made, rows left out), as text or Markdown; "changes" of the description has it as JSON.
 * HONE_ERROR_UNSUPPORTED where the model was not trained from a recipe. */
HONE_API hone_status hone_model_log(hone_ctx *ctx, const hone_model *model, bool markdown,
                                    char **ret_text) HONE_MUST_CHECK;

/* Learns from more rows without forgetting, for models whose kind has the capability "update"; steps stay as they were
 * fitted. ret_json (may be NULL): {"rows", "updates", "primary", "metrics": {"test"}}, the figures those of these rows
 * before they were learned from. Nobody may use the model meanwhile; after a failure it may have learned from some of
 * the rows. */
HONE_API hone_status hone_model_update(hone_ctx *ctx, hone_model *model, const hone_table *table,
                                       bool allow_extra, char **ret_json) HONE_MUST_CHECK;

/* What the model itself says in words, such as the rules of a tree; and as a picture, one SVG document. part:
 * which of several trees, from 0. HONE_ERROR_UNSUPPORTED where the kind has no such thing. */
HONE_API hone_status hone_model_rules(hone_ctx *ctx, const hone_model *model, int64_t part,
                                      char **ret_text) HONE_MUST_CHECK;
HONE_API hone_status hone_model_drawing(hone_ctx *ctx, const hone_model *model, int64_t part,
                                        char **ret_svg) HONE_MUST_CHECK;

/* ---- one kind by itself ---------------------------------------------------------------------- */

/* Every kind there is, with title, doc, class names, tasks, capabilities, hooks and the JSON Schema of its
 * parameters; every metric, every function of expressions and every generator of tables: {"kinds": [...],
 * "metrics": [...], "functions": [...], "generators": [...]}. */
HONE_API hone_status hone_catalog(hone_ctx *ctx, char **ret_json) HONE_MUST_CHECK;
/* What a kind can with these params (as for hone_fit), its parts considered: a list of capabilities. */
HONE_API hone_status hone_capabilities(hone_ctx *ctx, const char *kind, const char *params,
                                       char **ret_json) HONE_MUST_CHECK;

/* A loss of one's own, to be minimised by kinds with the capability "objective". Scores are what the model adds
 * up for each row, [outputs, rows]: one output for numbers and for two classes (of the second), else one a
 * class. Functions are called by the thread that called hone_fit, with y as in the examples (classes by number);
 * weights are multiplied in afterwards. They return 0; anything else ends the fit with HONE_ERROR_USAGE. The
 * model answers without them: it keeps scores, start and link only. */
typedef struct hone_objective {
    /* Of each row's loss the first and second derivative by each of its scores [outputs, rows]; the latter not
     * negative (they are 1 when this is called). */
    int (*gradients)(void *user, int64_t rows, int32_t outputs, const double *y,
                     const double *scores, double *ret_gradients, double *ret_hessians);
    /* ret_losses [rows], for early stopping and the curves. NULL: there are none. */
    int (*losses)(void *user, int64_t rows, int32_t outputs, const double *y, const double *scores,
                  double *ret_losses);
    void *user;
    double start; /* what every score begins with */
    /* From scores to answers: "identity" (NULL): as they are; "log": exp(score); "logit": 1 / (1 + exp(-score)),
     * of two classes the second's probability; "softmax": probabilities of several. */
    const char *link;
} hone_objective;

/* A step of one's own: functions under a name that recipes use as they use any kind, "steps: [{NAME: {columns: [...],
 * options: TEXT}}]". A model keeps the name and the bytes that fit gave, never a function: who loads it registers the
 * step first, or is told to. Functions return 0; anything else ends the call with HONE_ERROR_USAGE and what
 * hone_step_failed said. They may use ctx for hone's calls; transform is called from several threads at once, each with
 * a ctx of its own. */
typedef struct hone_step {
    const char *name; /* small letters, digits, _; not a kind's. Copied */
    /* Learns from the rows of training. y [rows]: the target as numbers (classes from 0), or NULL. options: as the
     * recipe has it, or "". *ret_state, length bytes, is copied and given to release. NULL: nothing to learn. */
    int (*fit)(void *user, hone_ctx *ctx, const char *options, const hone_table *x, const double *y,
               void **ret_state, size_t *ret_length);
    /* The columns in place of x's, for any rows: one row for each, and always the same columns. A row's cells
     * follow from that row and state alone. *ret_table owns all that it holds, and is hone's. */
    int (*transform)(void *user, hone_ctx *ctx, const void *state, size_t length,
                     const hone_table *x, hone_table **ret_table);
    void (*release)(void *user, void *state); /* NULL: nothing is to be given back */
    void *user;                               /* good for as long as the process */
} hone_step;

/* For this process, and any ctx. Another one of the same name takes its place for models made or loaded from then
 * on. */
HONE_API hone_status hone_register_step(hone_ctx *ctx, const hone_step *step) HONE_MUST_CHECK;
/* Models that are there go on with it. */
HONE_API void hone_forget_step(const char *name);
/* For a step's functions: why they return something else than 0. */
HONE_API void hone_step_failed(hone_ctx *ctx, const char *message);

typedef struct hone_examples {
    const char *
        task; /* "binary", "multiclass", "regression", "cluster", "anomaly", "rank", "rules", or "none"
                             for a step */
    const hone_table *x;  /* columns are known by their place */
    const double *y;      /* [rows]: the class from 0, or the value; NULL where the task has none */
    const double *weight; /* [rows] or NULL */
    const int64_t *group; /* [rows] or NULL */
    int32_t n_classes;    /* of binary and multiclass, else 0 */
    /* [n_classes] what the model calls them, or NULL: "0", "1", ... Whole numbers are answered as such. */
    const char *const *classes;
    const hone_objective *objective; /* NULL: the kind's own, by its parameters */
    /* Several targets at once: all numbers (regression) or all classes (multiclass, or binary where each has two).
     * y is then [n_targets, rows], one target after the other, target_classes [n_targets] the number of classes
     * of each (n_classes is not looked at), and classes holds those of the first target, then those of the
     * second, ... Without target_names they are y0, y1, ... A kind that learns one target is fitted to each. */
    int32_t n_targets; /* 2 and more; 0 or 1: one */
    const int32_t *target_classes;
    const char *const *target_names;
    /* Rows that are not learned from, by which kinds with the capability "validation" decide when to stop; columns by
     * their place. x, y, weight and group are looked at; of several targets there can be none. NULL: none. */
    const struct hone_examples *validation;
} hone_examples;

/* Fits one kind, with params as a JSON object (NULL: defaults), as it is: no step before it. The model can
 * be saved, described and served like any other. */
HONE_API hone_status hone_fit(hone_ctx *ctx, const char *kind, const char *params,
                              const hone_examples *examples,
                              hone_model **ret_model) HONE_MUST_CHECK;
/* Goes on learning, for kinds with the capability "update". Nobody may use the model meanwhile; after a
 * failure it may have learned from some of the rows. */
HONE_API hone_status hone_update(hone_ctx *ctx, hone_model *model,
                                 const hone_examples *examples) HONE_MUST_CHECK;

/* Columns of the tables that it was fitted on, and takes. */
HONE_API int32_t hone_model_inputs(const hone_model *model);
/* Numbers that hone_model_answers writes per row: n_classes for classes, 2 for rules (the number of what is
 * recommended or -1, and its confidence), else 1; of several targets one after the other. */
HONE_API int32_t hone_model_outputs(const hone_model *model);
/* Whether these are probabilities of classes, not scores. */
HONE_API bool hone_model_gives_probabilities(const hone_model *model);
/* ret_answers [rows, outputs]: probabilities or scores by class, the value, the cluster (-1: none), or how
 * normal a row is (below 0: an anomaly). Columns of x are taken by place, whatever they are called; their
 * categories are those of the same text. */
HONE_API hone_status hone_model_answers(hone_ctx *ctx, const hone_model *model, const hone_table *x,
                                        double *ret_answers) HONE_MUST_CHECK;
/* What a step, or a kind that is a step too, puts in place of x. The table borrows from model and x, and must
 * not outlive them. */
HONE_API hone_status hone_model_transform(hone_ctx *ctx, const hone_model *model,
                                          const hone_table *x,
                                          hone_table **ret_table) HONE_MUST_CHECK;
/* The way back: columns like those fitted on from columns z as hone_model_transform gives them, for kinds with
 * the capability "inverse" that stand alone. */
HONE_API hone_status hone_model_inverse(hone_ctx *ctx, const hone_model *model, const hone_table *z,
                                        hone_table **ret_table) HONE_MUST_CHECK;
/* The k nearest rows of those fitted on to each row of x, nearest first, for kinds with the hook "neighbors":
 * ret_rows [rows, k] their numbers from 0, ret_distances [rows, k]. x NULL: to each of the rows fitted on,
 * itself left out. */
HONE_API hone_status hone_model_neighbors(hone_ctx *ctx, const hone_model *model,
                                          const hone_table *x, int64_t k, int64_t *ret_rows,
                                          double *ret_distances) HONE_MUST_CHECK;
/* Rows such as the model was fitted on, back through steps that have an inverse, drawn by the ctx's seed, for kinds
 * with the hook "sample"; a column "component" behind them says what each was drawn from. */
HONE_API hone_status hone_model_sample(hone_ctx *ctx, const hone_model *model, int64_t rows,
                                       hone_table **ret_table) HONE_MUST_CHECK;
/* ret_importances [columns], summing to 1. HONE_ERROR_UNSUPPORTED where the kind has none. */
HONE_API hone_status hone_model_importances(hone_ctx *ctx, const hone_model *model,
                                            double *ret_importances) HONE_MUST_CHECK;

/* A fitted array of the model itself (its last stage), such as "coef". */
typedef struct hone_array {
    const char *name;
    const char *type; /* "F64", "F32", "I64", "I32", "U8": as safetensors has it */
    const void *values;
    size_t bytes;
    int ndim; /* 0: one number */
    int64_t shape[4];
} hone_array;
/* A copy of the index-th array, to be given back to hone_array_free; HONE_ERROR_USAGE beyond the last. */
HONE_API hone_status hone_model_array(hone_ctx *ctx, const hone_model *model, int32_t index,
                                      hone_array *ret_array) HONE_MUST_CHECK;
HONE_API void hone_array_free(hone_ctx *ctx, hone_array *array);
/* The index-th of the models that the model's last stage answers by (trees of a forest, members of an ensemble), as a
 * model of its own. HONE_ERROR_USAGE beyond the last; HONE_ERROR_UNSUPPORTED where the kind has none. ret_columns and
 * ret_classes (either may be NULL): lists of int64, for hone_array_free, of the inputs that it takes and the classes
 * that it knows. *ret_name (may be NULL): what it is called if it has a part of its own ("final_estimator"), else
 * NULL; never freed. *ret_model is NULL where its rows were of one class. */
HONE_API hone_status hone_model_member(hone_ctx *ctx, const hone_model *model, int64_t index,
                                       hone_model **ret_model, hone_array *ret_columns,
                                       hone_array *ret_classes,
                                       const char **ret_name) HONE_MUST_CHECK;

/* What a step with the hook "resample" makes of rows to learn from (a sampler: fewer or more of them): the new
 * rows, which borrow from examples' table and must not outlive it; ret_rows [n, 2] the row that each comes from, whose
 * target is its own, and the other row that it was made from, or -1 where it is that very row; ret_weights [n]. In
 * training a recipe's steps do this by themselves, to training rows alone. */
HONE_API hone_status hone_resample(hone_ctx *ctx, const char *kind, const char *params,
                                   const hone_examples *examples, hone_table **ret_table,
                                   hone_array *ret_rows, hone_array *ret_weights) HONE_MUST_CHECK;

/* ---- figures --------------------------------------------------------------------------------- */

/* Answers beside the truth. */
typedef struct hone_scored {
    const char *task; /* "binary", "multiclass", "regression", "cluster" or "rank" */
    int64_t rows;
    int32_t n_classes; /* of binary and multiclass, else 0 */
    const double
        *y; /* [rows]: the class from 0, the value, the known cluster or grade; NULL: not known */
    const double
        *answer; /* [rows]: the class, value, cluster (-1: none) or score that was answered */
    const double
        *scores; /* [rows, n_classes]: probabilities or scores; NULL: 1 for the class answered */
    const double *weight; /* [rows] or NULL */
    const int64_t *group; /* ranks: [rows], or NULL: all rows are one */
    const hone_table *x;  /* clusters: the features; or NULL */
} hone_scored;

/* A figure by its name in hone_catalog's metrics ("roc_auc", "fbeta(2)", "ndcg@10"). NaN where it is not defined. */
HONE_API hone_status hone_score(hone_ctx *ctx, const char *metric, const hone_scored *scored,
                                double *ret_value) HONE_MUST_CHECK;

/* ---- rows into parts -------------------------------------------------------------------------- */

/* What rows are cut by, each [rows] or NULL. classes: every part gets each value in proportion. group: rows of one
 * never part. time: later rows go to later parts; until (with time): when a row's outcome is known, NaN: not yet.
 * part: the test that a row is in, below 0: in none. */
typedef struct hone_split_keys {
    const double *classes;
    const int64_t *group;
    const double *time;
    const double *until;
    const int64_t *part;
} hone_split_keys;

/* The part of each row, ret_part [rows], in shares that sum to 1; -1: it lies too near to a later part. options: as a
 * recipe's section "split" (gap, seed), or NULL. */
HONE_API hone_status hone_split(hone_ctx *ctx, int64_t rows, const hone_split_keys *keys,
                                const char *options, const double *shares, int32_t n_parts,
                                int64_t *ret_part) HONE_MUST_CHECK;
/* Pair number index, from 0, of rows to learn from and rows to test with: lists of int64, for hone_array_free. options:
 * as a recipe's section "split" (cross, folds, repeats, shuffle, leave_out, gap, window, ...), or NULL: 5 folds.
 * *ret_count: how many pairs there are. Below index 0 nothing but that. */
HONE_API hone_status hone_split_pair(hone_ctx *ctx, int64_t rows, const hone_split_keys *keys,
                                     const char *options, int64_t index, int64_t *ret_count,
                                     hone_array *ret_train, hone_array *ret_test) HONE_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
