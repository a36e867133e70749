/* fuzz_csr.c - sparse matrices from anyone: starts and columns of any sort are refused, or are a matrix that
 * every sparse kind takes as it takes the same numbers dense.
 *
 * The interface is not told how long columns and values are; only the last start says so, and that is honest
 * here: what stands between is not. */
#include "fuzz/fit_input.h"

#include <stdio.h>

enum { ROWS = 12, COLUMNS = 6, ENTRIES = ROWS * COLUMNS };

typedef struct matrix {
    int64_t rows, columns, *start;
    int32_t *column; /* exactly as many as the last start says */
    double *value, dense[ENTRIES];
} matrix;

static matrix read_matrix(const uint8_t *data, size_t size) {
    matrix m = {.rows = data[2] % (ROWS + 1), .columns = data[3] % (COLUMNS + 1)};
    size_t at = 5, n = data[4] % (ENTRIES + 1);
    bool honest = data[4] >= 128; /* starts are lengths of rows */
    m.start = calloc((size_t)m.rows + 1, sizeof *m.start);
    if (m.start == NULL) abort();
    for (int64_t i = 1; i < m.rows; i++, at++) {
        int8_t byte = at < size ? (int8_t)data[at] : 1;
        m.start[i] = honest ? m.start[i - 1] + (byte & 3) : byte == -128 ? INT64_MAX - i : byte;
        if (honest && m.start[i] > (int64_t)n) m.start[i] = (int64_t)n;
    }
    if (m.rows > 0) m.start[m.rows] = (int64_t)n;
    m.column = malloc(n * sizeof *m.column + 1);
    m.value = malloc(n * sizeof *m.value + 1);
    if (m.column == NULL || m.value == NULL) abort();
    for (size_t k = 0; k < n; k++, at++) {
        uint8_t byte = at < size ? data[at] : (uint8_t)k;
        m.column[k] = byte == 255 ? INT32_MAX : byte == 254 ? -1 : (byte & 7);
        m.value[k] = (double)(byte >> 3) - 8 + (double)k / 64;
    }
    return m;
}

/* The written out matrix, where starts and columns are right; else false. */
static bool fill(matrix *m) {
    memset(m->dense, 0, sizeof m->dense);
    for (int64_t i = 0; i < m->rows; i++)
        if (m->start[i] < 0 || m->start[i + 1] < m->start[i]) return false;
    for (int64_t i = 0; i < m->rows; i++) {
        int32_t last = -1;
        for (int64_t k = m->start[i]; k < m->start[i + 1]; k++) {
            if (m->column[k] <= last || m->column[k] >= m->columns) return false;
            last = m->column[k];
            m->dense[i * m->columns + last] = m->value[k];
        }
    }
    return true;
}

static void require(bool condition, const char *what, const char *word) {
    if (condition) return;
    fprintf(stderr, "%s: %s\n", what, word);
    abort();
}

static hone_status fit(hone_ctx *ctx, const hone_estimator *kind, hone_table *x, double *y) {
    const char *names[HN_NAMES];
    hone_model *model;
    hn_task_names(kind->tasks, names);
    const char *task = names[0] != NULL ? names[0] : "none";
    hone_examples examples = {.task = task, .x = x, .y = kind->tasks ? y : NULL};
    examples.n_classes = strcmp(task, "binary") == 0 ? 2 : strcmp(task, "multiclass") == 0 ? 3 : 0;
    HN_TRY(hone_fit(ctx, kind->name, NULL, &examples, &model));
    hone_status status = HONE_OK;
    if (kind->tasks != HN_TASK_NONE) {
        double answers[ROWS * 3];
        status = hone_model_answers(ctx, model, x, answers);
    } else {
        hone_table *made;
        status = hone_model_transform(ctx, model, x, &made);
        if (status == HONE_OK) hone_table_free(ctx, made);
    }
    hone_model_free(model);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 5 || size > 512) return -1;
    hone_ctx *ctx = hone_ctx_new(&(hone_ctx_options){.threads = 1, .seed = 1});
    int64_t n;
    const hone_estimator *const *kinds = hn_catalog(&n);
    const hone_estimator *kind = kinds[(data[0] | data[1] << 8) % n];
    matrix m = read_matrix(data, size);
    double y[ROWS];
    for (int i = 0; i < ROWS; i++) y[i] = i % 2;
    hone_table *table = NULL;
    bool good = fill(&m);
    hone_status status =
        hone_table_from_csr(ctx, m.start, m.column, m.value, m.rows, m.columns, NULL, &table);
    require(good == (status == HONE_OK), "the matrix", good ? "refused" : "taken");
    if (status == HONE_OK) {
        double dense[ENTRIES];
        require(hone_table_to_matrix(ctx, table, dense) == HONE_OK, "to_matrix", "refused");
        size_t cells = (size_t)(m.rows * m.columns) * sizeof *dense;
        require(memcmp(dense, m.dense, cells) == 0, "to_matrix", "other numbers");
        status = fit(ctx, kind, table, y);
    }
    if (status != HONE_OK) {
        require(status != HONE_ERROR_INTERNAL, kind->name, hone_ctx_error(ctx)->message);
        require(strlen(hone_ctx_error(ctx)->message) > 10, kind->name, "failed without a word");
        if ((kind->can & HN_CAN_SPARSE) == 0 && good)
            require(status == HONE_ERROR_DATA || status == HONE_ERROR_USAGE, kind->name,
                    "no plain refusal");
    }
    hone_table_free(ctx, table);
    hone_ctx_free(ctx);
    free(m.start);
    free(m.column);
    free(m.value);
    return 0;
}
