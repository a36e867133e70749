/* machine_single.c - answers of rbf machines that were fitted on floats: kernel values in single precision, eight at
 * a time, added up in double.
 *
 * Distances don't change when everything is moved, so vectors and rows are taken from the vectors' mean: what floats
 * round off is then small beside the distances, wherever the columns lie. */
#include "ml/svm/machine.h"
#include "num/product.h"
#include "num/simd.h"
#include "table/rows.h"
#include <string.h>

enum {
    AT_ONCE = 256,
    DEEP = 32,
    LANES = 8
};                               /* vectors in the cache, and rows that they are met with */
static const double MOST = 1e30; /* squares that floats can add up */

struct hn_machine_single {
    int64_t blocks, width;
    double *center; /* [p] */
    float *vectors; /* [blocks][p][width]: turned, zeros past the last */
    float *squared; /* [blocks][AT_ONCE] */
    float *coef;    /* [blocks][AT_ONCE] */
    float gamma;
};

static float squared_length(const float *x, int64_t p, int64_t stride) {
    double sum = 0;
    for (int64_t j = 0; j < p; j++) sum += (double)x[j * stride] * (double)x[j * stride];
    return (float)sum;
}

static void find_center(const hn_machine *m, double *ret_center) {
    int64_t n = m->n_vectors, p = m->n_features;
    for (int64_t s = 0; s < n; s++)
        for (int64_t j = 0; j < p; j++) ret_center[j] += m->vectors.dense[s * p + j];
    for (int64_t j = 0; j < p; j++) ret_center[j] /= (double)n;
}

hone_status hn_machine_single_make(hone_ctx *ctx, hn_arena *arena, hn_machine *m,
                                   const hn_table *schema) {
    int64_t n = m->n_vectors, p = m->n_features;
    struct hn_machine_single *s;
    bool fits = m->kernel.gamma > 1 / MOST && m->kernel.gamma < MOST;
    m->single = NULL;
    if (m->vectors.sparse || m->n_classes > 2 || m->kernel.kind != HN_KERNEL_RBF || n == 0 ||
        !hn_table_is_single(schema) || !fits)
        return HONE_OK;
    HN_TRY(HN_NEW(ctx, arena, s, 1));
    s->blocks = (n + AT_ONCE - 1) / AT_ONCE;
    s->width = hn_product_width(AT_ONCE);
    s->gamma = (float)m->kernel.gamma;
    HN_TRY(HN_NEW(ctx, arena, s->center, p));
    HN_TRY(HN_NEW(ctx, arena, s->vectors, s->blocks * p * s->width));
    HN_TRY(HN_NEW(ctx, arena, s->squared, s->blocks * AT_ONCE));
    HN_TRY(HN_NEW(ctx, arena, s->coef, s->blocks * AT_ONCE));
    find_center(m, s->center);
    for (int64_t v = 0; v < n; v++) {
        float *own = s->vectors + v / AT_ONCE * p * s->width + v % AT_ONCE;
        for (int64_t j = 0; j < p; j++)
            own[j * s->width] = (float)(m->vectors.dense[v * p + j] - s->center[j]);
        s->squared[v] = squared_length(own, p, s->width);
        s->coef[v] = (float)m->dual_coef[v];
        fits &= s->squared[v] < (float)MOST && fabs(m->dual_coef[v]) < MOST;
    }
    m->single = fits ? s : NULL;
    return HONE_OK;
}

/* ---- answers -------------------------------------------------------------------------------- */

typedef float eight __attribute__((vector_size(32)));
typedef float eight_at __attribute__((vector_size(32), aligned(4), may_alias)); /* in memory */
typedef int32_t ints __attribute__((vector_size(32)));
#define LOAD(p) (*(const eight_at *)(p))
#define ALL(x) ((eight){x, x, x, x, x, x, x, x})

#define CHOOSE(mask, yes, no) ((eight)(((ints)(yes) & (mask)) | ((ints)(no) & ~(mask))))

/* Of one row with a block of vectors: products [AT_ONCE] to kernel values, times coefficients, onto lanes. e^x is
 * within one unit of the last place: 2^k e^r as in math_core.h, by a polynomial of degree 6. */
HN_CLONES static void add_values(const float *products, float own, const float *squared,
                                 const float *coef, float gamma, double *restrict lanes) {
    const float shift = 0x1.8p23F;
    const eight zero = ALL(0.0F), least = ALL(-87.0F);
    eight sums = zero;
    for (int64_t v = 0; v < AT_ONCE; v += LANES) {
        eight distance = (LOAD(squared + v) + own) - 2 * LOAD(products + v);
        eight x = CHOOSE(distance > zero, distance * -gamma, zero);
        x = CHOOSE(distance < ALL((float)MOST), x, least); /* nor NaN */
        x = CHOOSE(x > least, x, least);
        eight shifted = x * 0x1.715476p0F + shift, k = shifted - shift;
        eight r = x - k * 0x1.63p-1F; /* exact */
        r = r - k * -0x1.bd0106p-13F;
        eight p = r * 0x1.6a21acp-10F + 0x1.123b6ap-7F;
        p = p * r + 0x1.5558fap-5F;
        p = p * r + 0x1.555490p-3F;
        p = p * r + 0x1.fffffcp-2F;
        p = p * (r * r) + r + 1.0F;
        eight power = (eight)(((ints)shifted + 127) << 23);
        sums += p * power * LOAD(coef + v);
    }
    for (int l = 0; l < LANES; l++) lanes[l] += (double)sums[l];
}

typedef struct answer_job {
    const hn_machine *m;
    const hn_table *x;
    double *ret;
} answer_job;

static hone_status answer_chunk(hone_ctx *ctx, void *arg, hn_chunk chunk) {
    const answer_job *job = arg;
    const hn_machine *m = job->m;
    const struct hn_machine_single *s = m->single;
    int64_t p = m->n_features;
    double *rows, lanes[DEEP][LANES];
    float *own, *products, squared[DEEP];
    HN_TRY(HN_SCRATCH_NEW(ctx, rows, DEEP * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, own, DEEP * p));
    HN_TRY(HN_SCRATCH_NEW(ctx, products, DEEP * AT_ONCE));
    for (int64_t begin = chunk.begin; begin < chunk.end; begin += DEEP) {
        int64_t n = chunk.end - begin < DEEP ? chunk.end - begin : DEEP;
        hn_table_rows(job->x, begin, begin + n, rows);
        for (int64_t i = 0; i < n * p; i++) own[i] = (float)(rows[i] - s->center[i % p]);
        for (int64_t i = 0; i < n; i++) squared[i] = squared_length(own + i * p, p, 1);
        memset(lanes, 0, sizeof lanes);
        for (int64_t b = 0; b < s->blocks; b++) {
            hn_product_single(own, p, n, s->vectors + b * p * s->width, p, AT_ONCE, products);
            for (int64_t i = 0; i < n; i++)
                add_values(products + i * AT_ONCE, squared[i], s->squared + b * AT_ONCE,
                           s->coef + b * AT_ONCE, s->gamma, lanes[i]);
        }
        for (int64_t i = 0; i < n; i++) {
            const double *l = lanes[i];
            double sum = ((l[0] + l[1]) + (l[2] + l[3])) + ((l[4] + l[5]) + (l[6] + l[7]));
            hn_machine_answer_few(m, sum + m->intercept[0],
                                  job->ret + (begin + i) * hn_machine_outputs(m));
        }
    }
    return HONE_OK;
}

hone_status hn_machine_single_predict(hone_ctx *ctx, const hn_machine *m, const hn_table *x,
                                      double *ret_out) {
    return hn_parallel(ctx, x->n_rows, 64, answer_chunk, &(answer_job){m, x, ret_out});
}
