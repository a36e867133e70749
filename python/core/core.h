/* core.h - what the files of the module hone._core share.
 *
 * The module is a thin hand over hone.h: it turns Python's objects into tables, lets the GIL go while hone
 * computes, and turns a failed status into an exception. What people see is made in hone/ (Python). */
#ifndef HONE_PYTHON_CORE_H
#define HONE_PYTHON_CORE_H

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <hone.h>
#include <stdbool.h>

/* ---- module.c ------------------------------------------------------------------------------- */

/* What Python's side hands over once, by _core.setup. */
typedef struct core_hands {
    PyObject *error;   /* (status, message, param, file, column, row) -> exception */
    PyObject *warn;    /* (message) */
    PyObject *empty;   /* numpy.empty */
    PyObject *float64; /* dtypes */
    PyObject *int64;
} core_hands;
extern core_hands core;
extern hone_ctx *core_freer; /* for giving tables back, with the GIL held */

/* A ctx, and what it said meanwhile. */
typedef struct core_worker {
    hone_ctx *ctx;
    int threads;
    char *said; /* messages, each with its NUL */
    size_t said_length, said_room;
    bool listening; /* SIGINT cancels */
    bool kept;      /* lies idle afterwards */
} core_worker;

/* For fitting: seeded, one of its own. For the rest: one of those that lie idle. NULL with an exception. */
core_worker *core_hire_seeded(int threads, uint64_t seed);
core_worker *core_hire(int threads);
/* Ends what hire began, whatever happened: 0, or -1 with an exception for status, for a signal that came
 * in meanwhile, or for a warning that is to be one. */
int core_dismiss(core_worker *worker, hone_status status);

/* From here to the end of the call the GIL is free and, with listen, Ctrl-C cancels. */
PyThreadState *core_leave(core_worker *worker, bool listen);
void core_return(core_worker *worker, PyThreadState *state);

/* status = call, outside of the GIL. Long calls can be interrupted. */
#define CORE_CALL(worker, status, listen, call)                                                    \
    do {                                                                                           \
        PyThreadState *core_state_ = core_leave((worker), (listen));                               \
        (status) = (call);                                                                         \
        core_return((worker), core_state_);                                                        \
    } while (0)

/* A new numpy array [rows] or, with columns >= 0, [rows, columns], and the buffer to fill. */
PyObject *core_array(PyObject *dtype, Py_ssize_t rows, Py_ssize_t columns, Py_buffer *ret_view);
/* Text that a worker's call gave, as str; given back to it. */
PyObject *core_text(core_worker *worker, char *text);
/* The same and core_dismiss; text is not looked at where status is a failure. */
PyObject *core_text_dismiss(core_worker *worker, hone_status status, char *text);

/* ---- table.c -------------------------------------------------------------------------------- */

typedef struct core_table {
    PyObject_HEAD hone_table *table;
    Py_buffer *views; /* what the table borrows from */
    Py_ssize_t n_views;
    PyObject *source; /* the model and table whose memory it shares */
} core_table;

extern PyTypeObject *core_table_type;
int core_table_ready(PyObject *module);
PyObject *core_table_wrap(hone_table *table);
/* The table of a hone.Table; NULL with an exception for anything else. */
hone_table *core_table_of(PyObject *object);
/* The same, or NULL with the exception of core_dismiss; table may be NULL where status is a failure. */
PyObject *core_table_dismiss(core_worker *worker, hone_status status, hone_table *table);

/* "float64" and so on if view is a matrix that hone reads as it lies, else NULL. */
const char *core_matrix_type(const Py_buffer *view);

PyObject *core_matrix(PyObject *self, PyObject *args);
PyObject *core_csr(PyObject *self, PyObject *args);
PyObject *core_columns(PyObject *self, PyObject *args);
PyObject *core_stream(PyObject *self, PyObject *capsule);
PyObject *core_batch(PyObject *self, PyObject *args);
PyObject *core_read(PyObject *self, PyObject *args);
PyObject *core_generate(PyObject *self, PyObject *args);
PyObject *core_profile(PyObject *self, PyObject *args);

/* ---- export.c ------------------------------------------------------------------------------- */

PyObject *core_table_arrow_array(PyObject *self, PyObject *args, PyObject *named);
PyObject *core_table_arrow_stream(PyObject *self, PyObject *args, PyObject *named);
PyObject *core_table_parts(PyObject *self, PyObject *none);

/* ---- objective.c ---------------------------------------------------------------------------- */

/* A loss in Python: functions of (outputs, y, scores, and what is to be filled). */
typedef struct core_functions {
    PyObject *gradients, *losses; /* borrowed; losses None: there are none */
} core_functions;
/* user is such; an exception that a function raises ends the fit and goes on from there. */
int core_call_gradients(void *user, int64_t rows, int32_t outputs, const double *y,
                        const double *scores, double *ret_gradients, double *ret_hessians);
int core_call_losses(void *user, int64_t rows, int32_t outputs, const double *y,
                     const double *scores, double *ret_losses);

/* ---- model.c -------------------------------------------------------------------------------- */

/* A row at a time is copied into a table of its own, which is made once. */
typedef struct core_row {
    hone_table *table;
    char *values;
    size_t itemsize;
    const char *type;
    bool busy;
} core_row;

typedef struct core_model {
    PyObject_HEAD hone_model *model;
    int threads;
    int readers; /* calls under way; -1: update is */
    core_row row;
} core_model;

extern PyTypeObject *core_model_type;
/* Between begin and end the model may be read. end_with gives result, if all went well. */
core_worker *core_model_begin(core_model *self);
int core_model_end(core_model *self, core_worker *worker, hone_status status);
PyObject *core_model_end_with(core_model *self, core_worker *worker, hone_status status,
                              PyObject *result);

/* NULL with an exception frees model. */
PyObject *core_model_wrap(hone_model *model, int threads);

int core_model_ready(PyObject *module);
PyObject *core_fit(PyObject *self, PyObject *args);
PyObject *core_resample(PyObject *self, PyObject *args);
PyObject *core_train(PyObject *self, PyObject *args);
PyObject *core_load(PyObject *self, PyObject *args);
PyObject *core_from_bytes(PyObject *self, PyObject *args);

/* ---- assess.c ------------------------------------------------------------------------------- */

PyObject *core_model_learn(PyObject *object, PyObject *args);
PyObject *core_model_evaluate(PyObject *object, PyObject *args);
PyObject *core_model_report(PyObject *object, PyObject *args);
PyObject *core_model_verify(PyObject *object, PyObject *none);
PyObject *core_model_words(PyObject *object, PyObject *args);
PyObject *core_compare(PyObject *self, PyObject *args);
PyObject *core_curve(PyObject *self, PyObject *args);
PyObject *core_validate(PyObject *self, PyObject *args);
PyObject *core_expect(PyObject *self, PyObject *args);

/* ---- score.c -------------------------------------------------------------------------------- */

PyObject *core_model_member(PyObject *object, PyObject *args);
PyObject *core_score(PyObject *self, PyObject *args);

/* ---- step.c --------------------------------------------------------------------------------- */

PyObject *core_register_step(PyObject *self, PyObject *args);
PyObject *core_forget_step(PyObject *self, PyObject *args);

/* ---- split.c -------------------------------------------------------------------------------- */

PyObject *core_split(PyObject *self, PyObject *args);
PyObject *core_split_pair(PyObject *self, PyObject *args);

#endif
