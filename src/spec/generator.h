/* generator.h - made tables, declared as estimators are: the program's `hone data gen`, Python's hone.data
 * and the schema know a generator only through this.
 *
 * How to add one: src/ml/generate/NAME.c with a params struct, its table and
 * `const hn_generator hn_make_NAME = {...};`, and one line in src/flow/generators.def. Parameters are named as
 * scikit-learn names them where it has the generator; the seed is ctx's. What comes out is a function of
 * parameters and seed alone, whatever the number of threads. */
#ifndef HN_SPEC_GENERATOR_H
#define HN_SPEC_GENERATOR_H

#include "spec/param.h"
#include "table/table.h"

/* n rows of `width` features and `targets` targets, row-major. */
typedef struct hn_made {
    int64_t n, width, targets;
    double *x;
    double *y; /* NULL: none */
} hn_made;

typedef struct hn_generator {
    const char *name;       /* "blobs" */
    const char *title;      /* "Gaussian blobs" */
    const char *doc;        /* paragraphs */
    const char *class_name; /* the Python function: "make_blobs" */
    const char *references;
    hn_params params;
    const char
        *feature; /* features are called "x0", "x1", ... or, of a single one, "x"; NULL: "x" */
    const char *target; /* "y", or "y0", "y1", ... of several; NULL: "y" */
    bool classes;       /* targets are whole numbers */
    /* Memory from arena. */
    hone_status (*make)(hone_ctx *ctx, hn_arena *arena, const void *params, hn_made *ret_made);
} hn_generator;

/* All of them, in generators.def's order. */
const hn_generator *const *hn_generators(int64_t *ret_count);
/* By name; HONE_ERROR_USAGE that names the nearest if there is none. */
hone_status hn_generator_require(hone_ctx *ctx, const char *name,
                                 const hn_generator **ret_generator) HONE_MUST_CHECK;
/* Run one: its features, then its targets. params is a struct that generator->params fills. */
hone_status hn_generate(hone_ctx *ctx, const hn_generator *generator, const void *params,
                        hone_table **ret_table) HONE_MUST_CHECK;

#endif
