/* bins.c - numbers into bins: of equal width, of equal count, by k-means, or between given edges. */
#include "ml/prep/columns.h"

#include "ml/prep/bins.h"
#include "num/sort.h"
#include <assert.h>
#include <string.h>

typedef struct bins_params {
    int64_t n_bins;
    int strategy, encode, outside, quantile_method;
    hn_reals edges;
    hn_texts labels;
    bool right;
} bins_params;

enum { QUANTILE, BY_WIDTH, KMEANS };
enum { ENCODE_AUTO, ENCODE_ORDINAL, ENCODE_ONEHOT, ENCODE_CATEGORY };
enum { OUTSIDE_NEAREST, OUTSIDE_MISSING };

static const hone_param params[] = {
    HN_PARAM(bins_params, n_bins, .def = "5", .range = "[2, 1000]",
             .doc = "Bins per column; fewer where some would be empty.", .search = "[3, 20]"),
    HN_PARAM(bins_params, strategy, .def = "quantile",
             .choices = HN_CHOICES("quantile", "uniform", "kmeans"),
             .doc = "Bins of as many rows each, of the same width, or around the centers of "
                    "k-means.",
             .search = "{quantile, uniform, kmeans}"),
    HN_PARAM(bins_params, edges,
             .doc =
                 "The edges of all bins, ascending, instead of learned ones; one more than there "
                 "are bins."),
    HN_PARAM(bins_params, labels,
             .doc = "Names of the bins, as many as there are; none: the interval, as '[0, 18)'."),
    HN_PARAM(bins_params, right, .def = "false", .doc = "An edge belongs to the bin below it."),
    HN_PARAM(bins_params, outside, .def = "nearest", .choices = HN_CHOICES("nearest", "missing"),
             .doc = "A number beyond the outer edges: falls into the nearest bin, or becomes "
                    "missing."),
    HN_PARAM(bins_params, encode, .def = "auto",
             .choices = HN_CHOICES("auto", "ordinal", "onehot", "category"),
             .doc = "What comes out: the bin's number, a column of truth values per bin, or the "
                    "bin's name as a category; auto: the name where labels are given, else the "
                    "number."),
    HN_PARAM(bins_params, quantile_method, .def = "averaged_inverted_cdf",
             .choices = HN_CHOICES("averaged_inverted_cdf", "linear"), .level = HN_ADVANCED,
             .doc = "How quantiles are taken: a value or the mean of two, or by interpolation."),
};

typedef struct bins_state {
    int64_t n, encode, right, outside;
    int64_t *offset; /* [n + 1] of each column's edges */
    double *edges;   /* [offset[n]] ascending; a column has one bin fewer than edges */
    int64_t n_labels;
    const char **labels; /* [n_labels] 0: intervals */
    /* made in prepare */
    int32_t n_out;
    int32_t *first;            /* [n] output column */
    const char **names;        /* [n_out] */
    hn_dictionary *dictionary; /* [n] with encode category: sorted */
    int32_t **code;            /* [n] of each bin in it */
} bins_state;

static int64_t bins_of(const bins_state *s, int64_t j) {
    return s->offset[j + 1] - s->offset[j] - 1;
}

/* ---- fit ------------------------------------------------------------------------------------- */

static hone_status check(hone_ctx *ctx, const void *params_, const hone_data *data) {
    (void)data;
    const bins_params *p = params_;
    for (int64_t i = 1; i < p->edges.n; i++)
        if (!(p->edges.items[i] > p->edges.items[i - 1]))
            return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "edges"),
                              "bins: 'edges' must ascend, and %g does not come after %g",
                              p->edges.items[i], p->edges.items[i - 1]);
    if (p->edges.n == 1)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "edges"),
                          "bins: 'edges' has one edge, which makes no bin; give two at least");
    int64_t bins = p->edges.n > 0 ? p->edges.n - 1 : p->n_bins;
    if (p->labels.n > 0 && p->labels.n != bins)
        return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "labels"),
                          "bins: there are %lld labels for %lld bins; give one for each",
                          (long long)p->labels.n, (long long)bins);
    return HONE_OK;
}

/* The i-th of k + 1 quantiles of sorted values as the inverse of their distribution, averaged at its steps.
 * Its share is computed by way of per cent, as numpy does, so that whether it falls on a step is rounded alike. */
static double inverted(const double *sorted, int64_t n, int64_t i, int64_t k) {
    double share = (i < k ? (double)i * (100 / (double)k) : 100) / 100;
    double place = (double)n * share - 1, below = floor(place);
    int64_t at = (int64_t)below;
    if (at + 1 >= n) return sorted[n - 1];
    if (place > below || at < 0) return sorted[at + 1];
    return (sorted[at] + sorted[at + 1]) / 2;
}

typedef struct fit_job {
    const bins_params *params;
    const hn_table *x;
    double **edges;   /* [n] in arena, room for n_bins + 1 */
    int64_t *n_edges; /* [n] */
} fit_job;

/* Bins narrower than this are none: as scikit-learn has it. */
static int64_t drop_narrow(double *edges, int64_t n) {
    int64_t kept = 1;
    double before = edges[0];
    for (int64_t i = 1; i < n; i++) {
        double edge = edges[i];
        if (edge - before > 1e-8) edges[kept++] = edge;
        before = edge;
    }
    return kept;
}

static hone_status learn(hone_ctx *ctx, void *arg, int32_t j) {
    const fit_job *job = arg;
    const bins_params *p = job->params;
    double *values, *sorted, *edges = job->edges[j];
    int64_t n, k = p->n_bins;
    HN_SCRATCH(ctx);
    HN_TRY(hn_present_values(ctx, &job->x->columns[j], &values, &n));
    HN_TRY(HN_SCRATCH_NEW(ctx, sorted, n + 1));
    if (n > 0) memcpy(sorted, values, (size_t)n * sizeof *values);
    HN_TRY(hn_sort_f64(ctx, sorted, n));
    if (n == 0 || sorted[0] == sorted[n - 1]) { /* one bin for everything */
        edges[0] = -(double)INFINITY;
        edges[1] = (double)INFINITY;
        job->n_edges[j] = 2;
        return HONE_OK;
    }
    double low = sorted[0], high = sorted[n - 1], step = (high - low) / (double)k;
    for (int64_t i = 0; i <= k; i++) edges[i] = i < k ? low + (double)i * step : high;
    job->n_edges[j] = k + 1;
    if (p->strategy == BY_WIDTH) return HONE_OK;
    if (p->strategy == QUANTILE) {
        for (int64_t i = 0; i <= k; i++) {
            edges[i] = p->quantile_method == 0
                           ? inverted(sorted, n, i, k)
                           : hn_quantile_sorted(sorted, n, (double)i / (double)k);
        }
    } else {
        double *centers;
        HN_TRY(HN_SCRATCH_NEW(ctx, centers, k));
        for (int64_t i = 0; i < k; i++) centers[i] = (edges[i] + edges[i + 1]) * 0.5;
        HN_TRY(hn_kmeans_line(ctx, sorted, n, centers, k));
        for (int64_t i = 1; i < k; i++) edges[i] = (centers[i - 1] + centers[i]) * 0.5;
    }
    job->n_edges[j] = drop_narrow(edges, k + 1);
    return HONE_OK;
}

static hone_status keep_edges(hone_ctx *ctx, hn_arena *arena, double *const *edges,
                              const int64_t *n_edges, bins_state *s) {
    HN_TRY(HN_NEW(ctx, arena, s->offset, s->n + 1));
    for (int64_t j = 0; j < s->n; j++) s->offset[j + 1] = s->offset[j] + n_edges[j];
    HN_TRY(HN_NEW(ctx, arena, s->edges, s->offset[s->n] + 1));
    for (int64_t j = 0; j < s->n; j++)
        memcpy(s->edges + s->offset[j], edges[j], (size_t)n_edges[j] * sizeof **edges);
    return HONE_OK;
}

static hone_status fit(hone_ctx *ctx, const void *params_, const hone_data *data, hn_arena *arena,
                       void *ret_state) {
    const bins_params *p = params_;
    bins_state *s = ret_state;
    HN_SCRATCH(ctx);
    fit_job job = {.params = p, .x = data->x};
    s->n = data->x->n_columns;
    s->right = p->right;
    s->outside = p->outside;
    s->encode = p->encode != ENCODE_AUTO ? p->encode
                : p->labels.n > 0        ? ENCODE_CATEGORY
                                         : ENCODE_ORDINAL;
    HN_TRY(HN_SCRATCH_NEW(ctx, job.edges, s->n + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, job.n_edges, s->n + 1));
    for (int32_t j = 0; j < s->n; j++) {
        job.edges[j] = p->edges.items;
        job.n_edges[j] = p->edges.n;
        if (p->edges.n == 0) HN_TRY(HN_SCRATCH_NEW(ctx, job.edges[j], p->n_bins + 2));
    }
    if (p->edges.n == 0) HN_TRY(hn_each_column(ctx, (int32_t)s->n, learn, &job));
    HN_TRY(keep_edges(ctx, arena, job.edges, job.n_edges, s));
    s->n_labels = p->labels.n;
    HN_TRY(HN_NEW(ctx, arena, s->labels, s->n_labels + 1));
    for (int64_t i = 0; i < s->n_labels; i++)
        if ((s->labels[i] = hn_arena_strdup(ctx, arena, p->labels.items[i])) == NULL)
            return HONE_ERROR_MEMORY;
    return HONE_OK;
}

/* ---- transform ------------------------------------------------------------------------------- */

/* The bin of x, -1: none. Only the edges between bins matter, but for what lies outside. */
static int64_t bin_of(const bins_state *s, int64_t j, double x) {
    const double *edges = s->edges + s->offset[j];
    int64_t low = 1, high = bins_of(s, j), last = high;
    if (isnan(x)) return -1;
    if (s->outside == OUTSIDE_MISSING) {
        bool below = s->right ? x <= edges[0] : x < edges[0];
        bool above = s->right ? x > edges[last] : x >= edges[last];
        if (below || above) return -1;
    }
    while (low < high) { /* the first inner edge above x */
        int64_t middle = (low + high) / 2;
        if (s->right ? edges[middle] < x : edges[middle] <= x)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

typedef struct bins_job {
    const bins_state *state;
    const hn_table *x;
    double *numbers; /* [n, n_rows] ordinal */
    uint8_t *flags;  /* [n_out, n_rows] onehot */
    int32_t *codes;  /* [n, n_rows] category */
    uint8_t **valid; /* [n] */
} bins_job;

static hone_status put_cells(hone_ctx *ctx, void *arg, int32_t j, int64_t begin, int64_t end) {
    (void)ctx;
    const bins_job *job = arg;
    const bins_state *s = job->state;
    int64_t n_rows = job->x->n_rows;
    for (int64_t i = begin; i < end; i++) {
        int64_t bin = bin_of(s, j, hn_column_double(&job->x->columns[j], i));
        if (s->encode == ENCODE_ORDINAL) {
            job->numbers[j * n_rows + i] = bin < 0 ? (double)NAN : (double)bin;
        } else if (s->encode == ENCODE_ONEHOT) {
            if (bin >= 0) job->flags[(s->first[j] + bin) * n_rows + i] = 1;
        } else if (bin < 0) {
            job->codes[j * n_rows + i] = HN_UNKNOWN;
            hn_valid_clear(job->valid[j], i);
        } else {
            job->codes[j * n_rows + i] = s->code[j][bin];
        }
    }
    return HONE_OK;
}

static hone_status lay_out(hone_ctx *ctx, const bins_state *s, int64_t n_rows, hn_arena *arena,
                           bins_job *job, hn_table *out) {
    if (s->encode == ENCODE_ORDINAL) HN_TRY(HN_NEW(ctx, arena, job->numbers, s->n * n_rows + 1));
    if (s->encode == ENCODE_ONEHOT) HN_TRY(HN_NEW(ctx, arena, job->flags, s->n_out * n_rows + 1));
    if (s->encode == ENCODE_CATEGORY) HN_TRY(HN_NEW(ctx, arena, job->codes, s->n * n_rows + 1));
    HN_TRY(HN_NEW(ctx, arena, job->valid, s->n + 1));
    for (int32_t k = 0; k < s->n_out; k++) {
        hn_column *column = &out->columns[k];
        if (s->encode == ENCODE_ORDINAL)
            *column = hn_column_of_f64(s->names[k], job->numbers + k * n_rows, n_rows);
        if (s->encode == ENCODE_ONEHOT)
            *column = (hn_column){.name = s->names[k],
                                  .type = HN_BOOL,
                                  .n = n_rows,
                                  .values = job->flags + k * n_rows,
                                  .stride = 1};
        if (s->encode != ENCODE_CATEGORY) continue;
        HN_TRY(hn_valid_new(ctx, arena, n_rows, &job->valid[k]));
        *column = (hn_column){.name = s->names[k],
                              .type = HN_CATEGORY,
                              .n = n_rows,
                              .values = job->codes + k * n_rows,
                              .stride = sizeof *job->codes,
                              .valid = job->valid[k],
                              .dictionary = &s->dictionary[k]};
    }
    return HONE_OK;
}

static hone_status transform(hone_ctx *ctx, const void *state, const hn_table *x, hn_arena *arena,
                             hn_table *ret_out) {
    const bins_state *s = state;
    assert(x->n_columns == s->n && s->names != NULL);
    bins_job job = {.state = s, .x = x};
    hn_table out = {.n_rows = x->n_rows, .n_columns = s->n_out};
    HN_TRY(HN_NEW(ctx, arena, out.columns, s->n_out + 1));
    HN_TRY(lay_out(ctx, s, x->n_rows, arena, &job, &out));
    HN_TRY(hn_each_cells(ctx, x->n_columns, x->n_rows, put_cells, &job));
    *ret_out = out;
    return HONE_OK;
}

/* ---- keeping --------------------------------------------------------------------------------- */

static hone_status visit(hn_visitor *v, void *state) {
    bins_state *s = state;
    HN_TRY(hn_visit(v, "n_features", &s->n));
    HN_TRY(hn_visit(v, "encode", &s->encode));
    HN_TRY(hn_visit(v, "right", &s->right));
    HN_TRY(hn_visit(v, "outside", &s->outside));
    HN_TRY(hn_visit(v, "n_labels", &s->n_labels));
    HN_TRY(hn_visit_check(v,
                          s->n >= 0 && s->n < INT32_MAX && s->encode >= ENCODE_ORDINAL &&
                              s->encode <= ENCODE_CATEGORY && s->n_labels >= 0,
                          "bins: numbers"));
    HN_TRY(hn_visit(v, "offset", &s->offset, s->n + 1));
    HN_TRY(hn_visit_check(v, s->offset[0] == 0, "bins: offset"));
    for (int64_t j = 0; j < s->n; j++)
        HN_TRY(hn_visit_check(v, s->offset[j + 1] >= s->offset[j] + 2, "bins: offset"));
    HN_TRY(hn_visit(v, "bin_edges", &s->edges, s->offset[s->n]));
    return hn_visit_texts(v, "labels", &s->labels, s->n_labels);
}

/* What a bin is called: "[0, 18)", or its label. Labels are those of given edges, so no bin is missing; of
 * fewer bins (a constant column) the first ones. */
static hone_status name_bin(hone_ctx *ctx, hn_arena *arena, const bins_state *s, int64_t j,
                            int64_t bin, const char **ret_name) {
    const double *edges = s->edges + s->offset[j];
    char low[32], high[32];
    if (bin < s->n_labels) {
        *ret_name = s->labels[bin];
        return HONE_OK;
    }
    hn_format_double(edges[bin], low);
    hn_format_double(edges[bin + 1], high);
    const char *name = hn_arena_printf(ctx, arena, "%s%s, %s%s", s->right ? "(" : "[", low, high,
                                       s->right ? "]" : ")");
    *ret_name = name;
    return name != NULL ? HONE_OK : HONE_ERROR_MEMORY;
}

/* The bins' names as a sorted dictionary. */
static hone_status make_dictionary(hone_ctx *ctx, hn_arena *arena, bins_state *s, int32_t j) {
    int64_t n = bins_of(s, j), bytes = 0, *offsets;
    const char **names;
    char *text;
    HN_SCRATCH(ctx);
    HN_TRY(HN_SCRATCH_NEW(ctx, names, n));
    HN_TRY(HN_NEW(ctx, arena, s->code[j], n));
    HN_TRY(HN_NEW(ctx, arena, offsets, n + 1));
    for (int64_t b = 0; b < n; b++) {
        HN_TRY(name_bin(ctx, ctx->scratch, s, j, b, &names[b]));
        bytes += (int64_t)strlen(names[b]);
    }
    HN_TRY(HN_NEW(ctx, arena, text, bytes + 1));
    int32_t distinct = 0;
    for (int64_t b = 0; b < n; b++) s->code[j][b] = -1;
    for (;;) { /* by selection: there are few */
        const char *least = NULL;
        for (int64_t b = 0; b < n; b++)
            if (s->code[j][b] < 0 && (least == NULL || strcmp(names[b], least) < 0))
                least = names[b];
        if (least == NULL) break;
        for (int64_t b = 0; b < n; b++)
            if (s->code[j][b] < 0 && strcmp(names[b], least) == 0) s->code[j][b] = distinct;
        memcpy(text + offsets[distinct], least, strlen(least));
        offsets[distinct + 1] = offsets[distinct] + (int64_t)strlen(least);
        distinct++;
    }
    s->dictionary[j] = (hn_dictionary){.n = distinct, .offsets = offsets, .bytes = text};
    return HONE_OK;
}

static hone_status prepare(hone_ctx *ctx, hn_arena *arena, void *state, const hn_table *schema) {
    static const hn_slice nothing = {"", 0};
    bins_state *s = state;
    int64_t n_out = 0;
    HN_TRY(hn_prepare_numbers(ctx, "bins", schema, s->n));
    HN_TRY(HN_NEW(ctx, arena, s->first, s->n + 1));
    for (int64_t j = 0; j < s->n; j++) {
        s->first[j] = (int32_t)n_out;
        n_out += s->encode == ENCODE_ONEHOT ? bins_of(s, j) : 1;
        HN_TRY(hn_prepare_check(ctx, "bins", n_out < INT32_MAX));
    }
    HN_TRY(HN_NEW(ctx, arena, s->names, n_out + 1));
    HN_TRY(HN_NEW(ctx, arena, s->dictionary, s->n + 1));
    HN_TRY(HN_NEW(ctx, arena, s->code, s->n + 1));
    HN_SCRATCH(ctx);
    hn_namer namer;
    HN_TRY(hn_namer_init(&namer, ctx, arena, NULL));
    for (int32_t j = 0; j < s->n; j++) {
        const char *name = schema->columns[j].name;
        int64_t wide = s->encode == ENCODE_ONEHOT ? bins_of(s, j) : 0;
        if (wide == 0) HN_TRY(hn_namer_make(&namer, name, "", nothing, &s->names[s->first[j]]));
        for (int64_t b = 0; b < wide; b++) {
            const char *bin;
            HN_TRY(name_bin(ctx, ctx->scratch, s, j, b, &bin));
            HN_TRY(hn_namer_make(&namer, name, "=", (hn_slice){bin, strlen(bin)},
                                 &s->names[s->first[j] + b]));
        }
        if (s->encode == ENCODE_CATEGORY) HN_TRY(make_dictionary(ctx, arena, s, j));
    }
    s->n_out = (int32_t)n_out;
    return HONE_OK;
}

static hone_status report(hone_ctx *ctx, const void *state, const hn_table *schema,
                          hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    const bins_state *s = state;
    hn_json_mut *columns = yyjson_mut_obj_add_obj(doc, object, "edges");
    for (int32_t j = 0; j < s->n; j++) {
        hn_json_mut *list = yyjson_mut_arr(doc);
        for (int64_t i = s->offset[j]; i < s->offset[j + 1]; i++)
            if (isfinite(s->edges[i])) yyjson_mut_arr_add_real(doc, list, s->edges[i]);
        yyjson_mut_obj_add(columns, yyjson_mut_strcpy(doc, schema->columns[j].name), list);
    }
    return HONE_OK;
}

static hone_status attributes(hn_visitor *v, const void *state, const hn_shown *shown) {
    (void)shown;
    const bins_state *s = state;
    int64_t *count;
    HN_TRY(HN_NEW(v->ctx, v->arena, count, s->n));
    for (int64_t j = 0; j < s->n; j++) {
        char name[32];
        snprintf(name, sizeof name, "bin_edges.%lld", (long long)j);
        count[j] = bins_of(s, j);
        HN_TRY(hn_show(v, name, s->edges + s->offset[j], count[j] + 1));
    }
    return hn_show(v, "n_bins", count, s->n);
}

const hone_estimator hn_bins = {
    .name = "bins",
    .title = "Numbers into bins",
    .class_names = "KBinsDiscretizer",
    .family = "prep",
    .also = "binning discretize cut",
    .doc = "Cuts each column into intervals: of as many rows each, of equal width, around the "
           "centers of k-means, or between given edges that may have names, such as age groups. "
           "Missing values stay missing.",
    .references = "Dougherty, Kohavi, Sahami (1995). Supervised and unsupervised discretization of "
                  "continuous features.",
    .tasks = HN_TASK_NONE,
    .can = HN_CAN_MISSING | HN_NUMERIC_ONLY,
    .attributes = attributes,
    .params = HN_PARAMS(bins_params, params),
    .state_size = sizeof(bins_state),
    .check = check,
    .fit = fit,
    .transform = transform,
    .visit = visit,
    .prepare = prepare,
    .report = report,
    HN_GOLDEN({.dataset = "tabular/california_housing/housing.csv",
               .columns = "total_rooms,population,median_income",
               .params = NULL,
               .metric = "sum",
               .value = 123868,
               .tolerance = 0,
               .source = "scikit-learn 1.9.1, KBinsDiscretizer(encode=ordinal)"},
              {.dataset = "tabular/california_housing/housing.csv",
               .columns = "total_rooms,population,median_income",
               .params = "{\"strategy\": \"kmeans\"}",
               .metric = "sum",
               .value = 43338,
               .tolerance = 0,
               .source = "scikit-learn 1.9.1, KBinsDiscretizer(encode=ordinal, strategy=kmeans)"}),
};
