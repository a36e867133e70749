/* assess.c - what there is to find out about models and tables, as JSON, HTML, text; see core.h. */
#include "core.h"

/* (table, whether to leave out columns that training never saw) -> JSON */
PyObject *core_model_learn(PyObject *object, PyObject *args) {
    core_model *self = (core_model *)object;
    PyObject *x;
    int allow_extra;
    char *text = NULL;
    hone_status status;
    if (!PyArg_ParseTuple(args, "Op", &x, &allow_extra)) return NULL;
    const hone_table *table = core_table_of(x);
    if (table == NULL) return NULL;
    if (self->readers != 0) {
        PyErr_SetString(PyExc_RuntimeError,
                        "the model is in use in another thread; wait for it or take a copy");
        return NULL;
    }
    core_worker *worker = core_hire(self->threads);
    if (worker == NULL) return NULL;
    self->readers = -1;
    CORE_CALL(worker, status, true,
              hone_model_update(worker->ctx, self->model, table, allow_extra != 0, &text));
    self->readers = 0;
    return core_text_dismiss(worker, status, text);
}

/* args: (table, options as JSON). */
static PyObject *ask(PyObject *object, PyObject *args,
                     hone_status (*call)(hone_ctx *, const hone_model *, const hone_table *,
                                         const char *, char **)) {
    core_model *self = (core_model *)object;
    PyObject *x;
    const char *options;
    char *text = NULL;
    hone_status status;
    if (!PyArg_ParseTuple(args, "Os", &x, &options)) return NULL;
    const hone_table *table = core_table_of(x);
    core_worker *worker = table != NULL ? core_model_begin(self) : NULL;
    if (worker == NULL) return NULL;
    CORE_CALL(worker, status, true, call(worker->ctx, self->model, table, options, &text));
    return core_model_end_with(self, worker, status,
                               status == HONE_OK ? core_text(worker, text) : NULL);
}

/* -> JSON */
PyObject *core_model_evaluate(PyObject *object, PyObject *args) {
    return ask(object, args, hone_evaluate_with);
}

/* -> HTML */
PyObject *core_model_report(PyObject *object, PyObject *args) {
    return ask(object, args, hone_report);
}

/* () -> (stored rows, of these answered with the same bits) */
PyObject *core_model_verify(PyObject *object, PyObject *none) {
    core_model *self = (core_model *)object;
    int64_t rows = 0, same = 0;
    hone_status status;
    (void)none;
    core_worker *worker = core_model_begin(self);
    if (worker == NULL) return NULL;
    CORE_CALL(worker, status, false, hone_model_verify(worker->ctx, self->model, &rows, &same));
    return core_model_end_with(
        self, worker, status,
        status == HONE_OK ? Py_BuildValue("(LL)", (long long)rows, (long long)same) : NULL);
}

/* (part, whether as a picture) -> text or SVG */
PyObject *core_model_words(PyObject *object, PyObject *args) {
    core_model *self = (core_model *)object;
    long long part;
    int drawn;
    char *text = NULL;
    hone_status status;
    if (!PyArg_ParseTuple(args, "Lp", &part, &drawn)) return NULL;
    core_worker *worker = core_model_begin(self);
    if (worker == NULL) return NULL;
    CORE_CALL(
        worker, status, false,
        (drawn ? hone_model_drawing : hone_model_rules)(worker->ctx, self->model, part, &text));
    return core_model_end_with(self, worker, status,
                               status == HONE_OK ? core_text(worker, text) : NULL);
}

/* ---- several models -------------------------------------------------------------------------- */

enum { MOST_MODELS = 256 };

/* Models of a list and their names, borrowed; each counted as read. How many, or -1 with an exception. */
static int borrow(PyObject *list, PyObject *named, core_model **models, const char **names) {
    Py_ssize_t n = PyList_Size(list);
    if (n < 0 || PyList_Size(named) != n) return -1;
    if (n > MOST_MODELS) {
        PyErr_SetString(PyExc_ValueError, "that are too many models to compare");
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = PyList_GetItem(list, i), *name = PyList_GetItem(named, i);
        if (item == NULL || name == NULL) return -1;
        if (!PyObject_TypeCheck(item, core_model_type)) {
            PyErr_SetString(PyExc_TypeError, "this takes models");
            return -1;
        }
        models[i] = (core_model *)item;
        names[i] = PyUnicode_AsUTF8AndSize(name, NULL);
        if (names[i] == NULL) return -1;
        if (models[i]->readers < 0) {
            PyErr_SetString(PyExc_RuntimeError, "a model is learning in another thread; wait");
            return -1;
        }
    }
    for (Py_ssize_t i = 0; i < n; i++) models[i]->readers++;
    return (int)n;
}

PyObject *core_compare(PyObject *module, PyObject *args) {
    PyObject *list, *named, *x;
    const char *options, *names[MOST_MODELS];
    core_model *own[MOST_MODELS];
    const hone_model *models[MOST_MODELS];
    int threads;
    unsigned long long seed;
    char *text = NULL;
    hone_status status = HONE_OK;
    (void)module;
    if (!PyArg_ParseTuple(args, "OOOsiK", &list, &named, &x, &options, &threads, &seed))
        return NULL;
    const hone_table *table = core_table_of(x);
    int n = table != NULL ? borrow(list, named, own, names) : -1;
    if (n < 0) return NULL;
    for (int i = 0; i < n; i++) models[i] = own[i]->model;
    core_worker *worker = core_hire_seeded(threads, seed);
    if (worker != NULL)
        CORE_CALL(worker, status, true,
                  hone_compare(worker->ctx, models, names, n, table, options, &text));
    for (int i = 0; i < n; i++) own[i]->readers--;
    if (worker == NULL) return NULL;
    return core_text_dismiss(worker, status, text);
}

/* ---- tables ---------------------------------------------------------------------------------- */

PyObject *core_curve(PyObject *module, PyObject *args) {
    const char *recipe, *options;
    PyObject *x;
    int threads;
    unsigned long long seed;
    char *text = NULL;
    hone_status status;
    (void)module;
    if (!PyArg_ParseTuple(args, "sOsiK", &recipe, &x, &options, &threads, &seed)) return NULL;
    const hone_table *table = core_table_of(x);
    core_worker *worker = table != NULL ? core_hire_seeded(threads, seed) : NULL;
    if (worker == NULL) return NULL;
    CORE_CALL(worker, status, true,
              hone_learning_curve(worker->ctx, recipe, table, options, &text));
    return core_text_dismiss(worker, status, text);
}

PyObject *core_validate(PyObject *module, PyObject *args) {
    const char *expectations;
    PyObject *x;
    char *text = NULL;
    hone_status status;
    (void)module;
    if (!PyArg_ParseTuple(args, "Os", &x, &expectations)) return NULL;
    const hone_table *table = core_table_of(x);
    core_worker *worker = table != NULL ? core_hire(0) : NULL;
    if (worker == NULL) return NULL;
    CORE_CALL(worker, status, true, hone_table_validate(worker->ctx, table, expectations, &text));
    return core_text_dismiss(worker, status, text);
}

PyObject *core_expect(PyObject *module, PyObject *args) {
    PyObject *x;
    char *text = NULL;
    hone_status status;
    (void)module;
    if (!PyArg_ParseTuple(args, "O", &x)) return NULL;
    const hone_table *table = core_table_of(x);
    core_worker *worker = table != NULL ? core_hire(0) : NULL;
    if (worker == NULL) return NULL;
    CORE_CALL(worker, status, true, hone_table_expect(worker->ctx, table, &text));
    return core_text_dismiss(worker, status, text);
}
