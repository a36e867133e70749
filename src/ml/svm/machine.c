/* machine.c - answers, storing and showing of kernel machines; see machine.h. */
#include "ml/svm/machine.h"
#include "num/blas.h"
#include "num/math.h"
#include "num/simd.h"
#include "table/rows.h"
#include <string.h>

/* ---- answers -------------------------------------------------------------------------------- */

typedef struct answer_job {
    const hn_machine *m;
    const hn_table *x;
    double *ret;
    int64_t outputs;
} answer_job;

/* d of pair (a, b) from kernel values at all vectors. */
static double decide(const hn_machine *m, int64_t a, int64_t b, int64_t pair, const double *k) {
    if (m->n_vectors == 0) return m->intercept[pair];
    const double *of_a = m->dual_coef + (b - 1) * m->n_vectors;
    const double *of_b = m->dual_coef + a * m->n_vectors;
    int64_t ia = m->first[a], ib = m->first[b];
    return hn_dot(of_a + ia, k + ia, m->first[a + 1] - ia) +
           hn_dot(of_b + ib, k + ib, m->first[b + 1] - ib) + m->intercept[pair];
}

static double likely(const hn_machine *m, int64_t pair, double d) {
    return hn_sigmoid(-(m->prob_a[pair] * d + m->prob_b[pair]));
}

/* Votes of the pairs, and ties broken by how sure they are: between votes, never beyond them. */
static void vote(const hn_machine *m, const double *k, double *sure, double *ret) {
    int64_t n = m->n_classes, pair = 0;
    memset(ret, 0, (size_t)n * sizeof *ret);
    memset(sure, 0, (size_t)n * sizeof *sure);
    for (int64_t a = 0; a < n; a++) {
        for (int64_t b = a + 1; b < n; b++, pair++) {
            double d = decide(m, a, b, pair, k);
            ret[d < 0 ? b : a] += 1;
            sure[a] += d;
            sure[b] -= d;
        }
    }
    for (int64_t a = 0; a < n; a++) ret[a] += sure[a] / (3 * (fabs(sure[a]) + 1));
}

static void couple(const hn_machine *m, const double *k, double *work, double *ret) {
    int64_t n = m->n_classes, pair = 0;
    for (int64_t a = 0; a < n; a++) {
        for (int64_t b = a + 1; b < n; b++, pair++) {
            double p = likely(m, pair, decide(m, a, b, pair, k));
            p = p < 1e-7 ? 1e-7 : p > 1 - 1e-7 ? 1 - 1e-7 : p;
            work[a * n + b] = p;
            work[b * n + a] = 1 - p;
        }
    }
    hn_svm_couple(work, n, work + n * n, ret);
}

void hn_machine_answer_few(const hn_machine *m, double d, double *ret) {
    if (m->n_classes == 1) {
        ret[0] = d;
        return;
    }
    ret[1] = m->probability ? likely(m, 0, d) : d;
    ret[0] = m->probability ? 1 - ret[1] : -d;
}

/* From kernel values at all vectors. */
static void answer(const hn_machine *m, const double *k, double *work, double *ret) {
    if (m->n_classes <= 2)
        hn_machine_answer_few(m, hn_dot(m->dual_coef, k, m->n_vectors) + m->intercept[0], ret);
    else
        m->probability ? couple(m, k, work, ret) : vote(m, k, work, ret);
}

/* Products of r rows from begin with all vectors: ret [r][width]. rows [r, p] is scratch. */
static void dense_products(const answer_job *job, int64_t begin, int64_t r, int64_t width,
                           double *rows, double *squared, double *ret) {
    const hn_machine *m = job->m;
    int64_t p = m->n_features;
    double products[HN_SV_ROWS * HN_SV_TILE];
    hn_table_rows(job->x, begin, begin + r, rows);
    for (int64_t t = 0; t < width / HN_SV_TILE; t++) {
        hn_sv_products(rows, r, p, m->tiles + t * p * HN_SV_TILE, products);
        for (int64_t i = 0; i < r; i++)
            memcpy(ret + i * width + t * HN_SV_TILE, products + i * HN_SV_TILE,
                   HN_SV_TILE * sizeof(double));
    }
    for (int64_t i = 0; i < r; i++) squared[i] = hn_dot(rows + i * p, rows + i * p, p);
}

/* The same for sparse vectors. A dense row is taken for its entries that are not 0: the same bits. */
static void sparse_products(const answer_job *job, int64_t at, double *row, int32_t *columns,
                            double *squared, double *ret) {
    const hn_machine *m = job->m;
    const hn_csr *csr = job->x->csr;
    const int32_t *column = columns;
    const double *value = row;
    int64_t n = 0;
    if (csr) {
        n = csr->start[at + 1] - csr->start[at];
        column = csr->column + csr->start[at];
        value = csr->value + csr->start[at];
    } else {
        hn_table_rows(job->x, at, at + 1, row);
        for (int64_t j = 0; j < m->n_features; j++) {
            if (row[j] == 0) continue;
            columns[n] = (int32_t)j;
            row[n++] = row[j];
        }
    }
    *squared = 0;
    for (int64_t e = 0; e < n; e++) *squared += value[e] * value[e];
    hn_points_sparse_products(&m->vectors, column, value, n, ret);
}

static hone_status answer_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const answer_job *job = arg;
    const hn_machine *m = job->m;
    bool dense = !m->vectors.sparse;
    int64_t p = m->n_features, width = hn_sv_tiles(m->n_vectors) * HN_SV_TILE;
    double *rows, *values, *work, squared[HN_SV_ROWS];
    int32_t *columns;
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, dense ? HN_SV_ROWS * p : p));
    HN_TRY(HN_SCRATCH_NEW(ctx, columns, dense ? 1 : p));
    HN_TRY(HN_SCRATCH_NEW(ctx, values, HN_SV_ROWS * width + 1));
    HN_TRY(HN_SCRATCH_NEW(ctx, work, 2 * m->n_classes * m->n_classes + m->n_classes));
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += HN_SV_ROWS) {
        int64_t r = chunk.end - begin < HN_SV_ROWS ? chunk.end - begin : HN_SV_ROWS;
        if (dense) dense_products(job, begin, r, width, rows, squared, values);
        for (int64_t i = 0; i < r; i++) {
            double *k = values + i * width;
            if (!dense) sparse_products(job, begin + i, rows, columns, squared + i, k);
            hn_kernel_map(&m->kernel, squared[i], m->vectors.squared, m->n_vectors, k);
            answer(m, k, work, job->ret + (begin + i) * job->outputs);
        }
    }
    return HONE_OK;
}

/* ---- two classes of dense vectors ------------------------------------------------------------ */

enum { AT_ONCE = 256, DEEP = 32 }; /* vectors in the cache, and rows that they are met with */

/* Kernel values of r rows at the vectors from first, to k [r][AT_ONCE]. */
static void some_values(const hn_machine *m, const double *rows, const double *squared, int64_t r,
                        int64_t first, int64_t vectors, double *k) {
    int64_t p = m->n_features;
    double products[HN_SV_ROWS * HN_SV_TILE];
    for (int64_t v = 0; v < vectors; v += HN_SV_TILE) {
        hn_sv_products(rows, r, p, m->tiles + (first + v) * p, products);
        for (int64_t i = 0; i < r; i++)
            memcpy(k + i * AT_ONCE + v, products + i * HN_SV_TILE, HN_SV_TILE * sizeof(double));
    }
    for (int64_t i = 0; i < r; i++)
        hn_kernel_map(&m->kernel, squared[i], m->vectors.squared + first, vectors, k + i * AT_ONCE);
}

/* hn_dot's lanes go on: number i of all belongs to lane i mod 8. */
HN_CLONES static void add_lanes(const double *restrict coef, const double *restrict k, int64_t n,
                                double *restrict lanes) {
    int64_t v = 0;
    for (; v + HN_SV_TILE <= n; v += HN_SV_TILE)
        for (int l = 0; l < HN_SV_TILE; l++) lanes[l] += coef[v + l] * k[v + l];
    for (; v < n; v++) lanes[v % HN_SV_TILE] += coef[v] * k[v];
}

/* Some vectors stay in the cache while many rows meet them; the sums are hn_dot's. */
static hone_status answer_few_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const answer_job *job = arg;
    const hn_machine *m = job->m;
    int64_t p = m->n_features;
    double *rows, *values, squared[DEEP], lanes[DEEP][HN_SV_TILE];
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, DEEP * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, values, HN_SV_ROWS * AT_ONCE));
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += DEEP) {
        int64_t n = chunk.end - begin < DEEP ? chunk.end - begin : DEEP;
        hn_table_rows(job->x, begin, begin + n, rows);
        memset(lanes, 0, sizeof lanes);
        for (int64_t i = 0; i < n; i++) squared[i] = hn_dot(rows + i * p, rows + i * p, p);
        for (int64_t first = 0; first < m->n_vectors; first += AT_ONCE) {
            int64_t some = m->n_vectors - first < AT_ONCE ? m->n_vectors - first : AT_ONCE;
            for (int64_t i = 0; i < n; i += HN_SV_ROWS) {
                int64_t r = n - i < HN_SV_ROWS ? n - i : HN_SV_ROWS;
                some_values(m, rows + i * p, squared + i, r, first, some, values);
                for (int64_t j = 0; j < r; j++)
                    add_lanes(m->dual_coef + first, values + j * AT_ONCE, some, lanes[i + j]);
            }
        }
        for (int64_t i = 0; i < n; i++) {
            const double *l = lanes[i];
            double sum = ((l[0] + l[1]) + (l[2] + l[3])) + ((l[4] + l[5]) + (l[6] + l[7]));
            hn_machine_answer_few(m, sum + m->intercept[0], job->ret + (begin + i) * job->outputs);
        }
    }
    return HONE_OK;
}

hone_status hn_machine_predict(hone_ctx *ctx, const void *state, const hn_table *x,
                               double *ret_out) {
    answer_job job = {state, x, ret_out, hn_machine_outputs(state)};
    if (job.m->single && !x->csr) return hn_machine_single_predict(ctx, job.m, x, ret_out);
    bool few = job.m->n_classes <= 2 && !job.m->vectors.sparse;
    return hn_parallel(ctx, x->n_rows, 64, few ? answer_few_chunk : answer_chunk, &job);
}

int64_t hn_machine_outputs(const void *state) { return ((const hn_machine *)state)->n_classes; }

bool hn_machine_gives_probabilities(const void *state) {
    return ((const hn_machine *)state)->probability != 0;
}

/* ---- storing and showing -------------------------------------------------------------------- */

/* Rows from 0 to all entries, never falling, and what a matrix must be else. */
static bool is_sound(hone_ctx *ctx, const hn_csr *csr, int64_t entries) {
    if (csr->start[0] != 0 || csr->start[csr->rows] != entries) return false;
    for (int64_t i = 0; i < csr->rows; i++)
        if (csr->start[i + 1] < csr->start[i]) return false;
    return hn_csr_check(ctx, csr) == HONE_OK;
}

/* Dense: support_vectors [m, p]. Sparse: rows as .indptr, .indices and .data, as scipy calls them. */
static hone_status visit_vectors(hn_visitor *v, hn_machine *m) {
    hn_points *x = &m->vectors;
    HN_TRY(hn_visit(v, "sparse", &m->sparse));
    HN_TRY(hn_visit(v, "n_entries", &m->n_entries));
    HN_TRY(hn_visit_check(v, m->n_entries >= 0, "negative n_entries"));
    x->n = m->n_vectors;
    x->p = m->n_features;
    x->sparse = m->sparse != 0;
    /* The visitor takes pointers to what it could set; saving sets nothing. */
    if (!x->sparse) {
        double *dense = (double *)(uintptr_t)x->dense;
        HN_TRY(hn_visit(v, "support_vectors", &dense, x->n, x->p));
        x->dense = dense;
        return HONE_OK;
    }
    int64_t *start = (int64_t *)(uintptr_t)x->csr.start;
    int32_t *column = (int32_t *)(uintptr_t)x->csr.column;
    double *value = (double *)(uintptr_t)x->csr.value;
    HN_TRY(hn_visit(v, "support_vectors.indptr", &start, x->n + 1));
    HN_TRY(hn_visit(v, "support_vectors.indices", &column, m->n_entries));
    HN_TRY(hn_visit(v, "support_vectors.data", &value, m->n_entries));
    x->csr = (hn_csr){x->n, x->p, start, column, value};
    if (!v->loading) return HONE_OK;
    return hn_visit_check(v, is_sound(v->ctx, &x->csr, m->n_entries), "support_vectors");
}

hone_status hn_machine_visit(hn_visitor *v, void *state) {
    hn_machine *m = state;
    HN_TRY(hn_visit(v, "n_features", &m->n_features));
    HN_TRY(hn_visit(v, "n_classes", &m->n_classes));
    HN_TRY(hn_visit(v, "n_vectors", &m->n_vectors));
    HN_TRY(hn_visit_check(v, m->n_features >= 1 && m->n_features <= INT32_MAX, "bad n_features"));
    HN_TRY(hn_visit_check(v, m->n_classes >= 1 && m->n_classes <= 1 << 20, "bad n_classes"));
    HN_TRY(hn_visit_check(v, m->n_vectors >= 0 && m->n_vectors <= INT32_MAX, "bad n_vectors"));
    int64_t pairs = hn_machine_pairs(m->n_classes), rows = m->n_classes > 1 ? m->n_classes - 1 : 1;
    HN_TRY(hn_visit(v, "kernel", &m->kernel.kind));
    HN_TRY(hn_visit(v, "degree", &m->kernel.degree));
    HN_TRY(
        hn_visit_check(v, m->kernel.kind >= 0 && m->kernel.kind < HN_KERNEL_COUNT, "bad kernel"));
    HN_TRY(hn_visit_check(v, m->kernel.degree >= 0, "negative degree"));
    HN_TRY(hn_visit(v, "gamma", &m->kernel.gamma));
    HN_TRY(hn_visit(v, "coef0", &m->kernel.coef0));
    HN_TRY(hn_visit(v, "support", &m->support, m->n_vectors));
    HN_TRY(hn_visit(v, "n_support", &m->n_support, m->n_classes));
    int64_t sum = 0;
    for (int64_t a = 0; a < m->n_classes; a++) {
        int64_t n = m->n_support[a];
        HN_TRY(hn_visit_check(v, n >= 0 && n <= m->n_vectors - sum, "bad n_support"));
        sum += n;
    }
    HN_TRY(hn_visit_check(v, sum == m->n_vectors, "n_support does not sum to n_vectors"));
    HN_TRY(visit_vectors(v, m));
    HN_TRY(hn_visit(v, "dual_coef", &m->dual_coef, rows, m->n_vectors));
    HN_TRY(hn_visit(v, "intercept", &m->intercept, pairs));
    HN_TRY(hn_visit(v, "probability", &m->probability));
    HN_TRY(hn_visit(v, "prob_a", &m->prob_a, pairs));
    HN_TRY(hn_visit(v, "prob_b", &m->prob_b, pairs));
    HN_TRY(hn_visit(v, "n_iter", &m->steps));
    return hn_visit(v, "converged", &m->converged);
}

hone_status hn_machine_attributes(hn_visitor *v, const void *state, const hn_shown *shown) {
    const hn_machine *m = state;
    int64_t pairs = m->probability ? hn_machine_pairs(m->n_classes) : 0, *whole;
    HN_TRY(HN_NEW(v->ctx, v->arena, whole, 3));
    whole[0] = !m->converged;
    whole[1] = shown->rows;
    whole[2] = m->n_features;
    HN_TRY(hn_show(v, "probA", m->prob_a, pairs));
    HN_TRY(hn_show(v, "probB", m->prob_b, pairs));
    HN_TRY(hn_show(v, "fit_status", whole));
    return hn_show(v, "shape_fit", whole + 1, 2);
}

hone_status hn_machine_prepare(hone_ctx *ctx, hn_arena *arena, void *state,
                               const hn_table *schema) {
    hn_machine *m = state;
    int64_t p = m->n_features;
    HN_TRY(HN_NEW(ctx, arena, m->first, m->n_classes + 1));
    HN_TRY(hn_points_index(ctx, arena, &m->vectors));
    if (!m->vectors.sparse) {
        HN_TRY(HN_NEW(ctx, arena, m->tiles, hn_sv_tiles(m->n_vectors) * p * HN_SV_TILE + 1));
        hn_sv_pack(m->vectors.dense, m->n_vectors, p, m->tiles);
    }
    for (int64_t a = 0; a < m->n_classes; a++) m->first[a + 1] = m->first[a] + m->n_support[a];
    return hn_machine_single_make(ctx, arena, m, schema);
}

hone_status hn_machine_report(hone_ctx *ctx, const void *state, const hn_table *schema,
                              hn_json_doc *doc, hn_json_mut *object) {
    (void)ctx;
    (void)schema;
    const hn_machine *m = state;
    yyjson_mut_obj_add_int(doc, object, "support_vectors", m->n_vectors);
    hn_json_mut *by_class = yyjson_mut_obj_add_arr(doc, object, "support_vectors_by_class");
    for (int64_t a = 0; a < m->n_classes; a++)
        yyjson_mut_arr_add_int(doc, by_class, m->n_support[a]);
    if (m->n_classes == 1) yyjson_mut_obj_add_real(doc, object, "intercept", m->intercept[0]);
    yyjson_mut_obj_add_real(doc, object, "gamma", m->kernel.gamma);
    yyjson_mut_obj_add_int(doc, object, "steps", m->steps);
    yyjson_mut_obj_add_bool(doc, object, "converged", m->converged != 0);
    return HONE_OK;
}
