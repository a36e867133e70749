/* score.c - figures of arrays, and what a fitted method is made of; see core.h. */
#include "core.h"

/* (index) -> (Model or None, columns, classes, name or None), the lists as bytes of int64; None beyond the last. */
PyObject *core_model_member(PyObject *object, PyObject *args) {
    core_model *self = (core_model *)object;
    long long index;
    hone_model *model = NULL;
    hone_array columns, classes;
    const char *name = NULL;
    hone_status status;
    if (!PyArg_ParseTuple(args, "L", &index)) return NULL;
    core_worker *worker = core_model_begin(self);
    if (worker == NULL) return NULL;
    CORE_CALL(
        worker, status, false,
        hone_model_member(worker->ctx, self->model, index, &model, &columns, &classes, &name));
    if (status == HONE_ERROR_USAGE) {
        core_model_end(self, worker, HONE_OK);
        Py_RETURN_NONE;
    }
    if (status != HONE_OK) return core_model_end_with(self, worker, status, NULL);
    PyObject *made = Py_None, *result = NULL;
    if (model != NULL)
        made = core_model_wrap(model, self->threads);
    else
        Py_INCREF(made);
    if (made != NULL)
        result = Py_BuildValue("(Ny#y#z)", made, columns.values, (Py_ssize_t)columns.bytes,
                               classes.values, (Py_ssize_t)classes.bytes, name);
    hone_array_free(worker->ctx, &columns);
    hone_array_free(worker->ctx, &classes);
    return core_model_end_with(self, worker, HONE_OK, result);
}

/* An optional array of numbers of 8 bytes, count of them. */
static int take(PyObject *object, Py_ssize_t count, Py_buffer *view, const void **ret_values) {
    *ret_values = NULL;
    view->obj = NULL;
    if (object == Py_None) return 0;
    if (PyObject_GetBuffer(object, view, PyBUF_SIMPLE) != 0) return -1;
    *ret_values = view->buf;
    if (view->len == 8 * count) return 0;
    PyErr_Format(PyExc_ValueError, "there are %zd values, and there must be %zd", view->len / 8,
                 count);
    return -1;
}

PyObject *core_score(PyObject *module, PyObject *args) {
    const char *metric, *task;
    PyObject *given[5], *x;
    Py_ssize_t rows;
    int n_classes, bad = 0;
    double value = 0;
    hone_status status = HONE_OK;
    (void)module;
    if (!PyArg_ParseTuple(args, "ssniOOOOOO", &metric, &task, &rows, &n_classes, &given[0],
                          &given[1], &given[2], &given[3], &given[4], &x))
        return NULL;
    const hone_table *table = x != Py_None ? core_table_of(x) : NULL;
    if (table == NULL && x != Py_None) return NULL;
    Py_buffer views[5] = {{0}};
    const void *values[5];
    for (int i = 0; i < 5 && !bad; i++)
        bad = take(given[i], i == 2 ? rows * n_classes : rows, &views[i], &values[i]) != 0;
    core_worker *worker = bad ? NULL : core_hire(0);
    if (worker != NULL) {
        hone_scored scored = {.task = task,
                              .rows = rows,
                              .n_classes = n_classes,
                              .y = values[0],
                              .answer = values[1],
                              .scores = values[2],
                              .weight = values[3],
                              .group = values[4],
                              .x = table};
        CORE_CALL(worker, status, rows > 1000, hone_score(worker->ctx, metric, &scored, &value));
    }
    for (int i = 0; i < 5; i++)
        if (views[i].obj != NULL) PyBuffer_Release(&views[i]);
    if (worker == NULL || core_dismiss(worker, status) != 0) return NULL;
    return PyFloat_FromDouble(value);
}
