/* step.c - steps made in Python: functions that hone calls with the GIL; see hone_register_step. */
#include "core.h"

#include <stdlib.h>
#include <string.h>

/* The exception that is set, as hone's message. */
static void tell(hone_ctx *ctx) {
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    PyObject *name = type != NULL ? PyObject_GetAttrString(type, "__name__") : NULL;
    PyObject *said = value != NULL ? PyObject_Str(value) : NULL;
    PyObject *text =
        name != NULL && said != NULL ? PyUnicode_FromFormat("%U: %U", name, said) : NULL;
    const char *utf8 = text != NULL ? PyUnicode_AsUTF8AndSize(text, NULL) : NULL;
    hone_step_failed(ctx, utf8 != NULL ? utf8 : "an exception without a text");
    PyErr_Clear();
    Py_XDECREF(text);
    Py_XDECREF(said);
    Py_XDECREF(name);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
}

/* A table of its own with what the other holds. */
static hone_table *copy_table(hone_ctx *ctx, const hone_table *table) {
    struct ArrowArray array;
    struct ArrowSchema schema;
    hone_table *copy = NULL;
    if (hone_table_to_arrow(ctx, table, &array, &schema) != HONE_OK) return NULL;
    if (hone_table_from_arrow(ctx, &array, &schema, &copy) != HONE_OK) array.release(&array);
    schema.release(&schema);
    return copy;
}

static PyObject *table_for_python(hone_ctx *ctx, const hone_table *x) {
    hone_table *copy = copy_table(ctx, x);
    if (copy == NULL) {
        PyErr_SetString(PyExc_RuntimeError, hone_ctx_error(ctx)->message);
        return NULL;
    }
    return core_table_wrap(copy);
}

/* bytes, or None. */
static int keep_bytes(PyObject *bytes, void **ret_state, size_t *ret_length) {
    char *from;
    Py_ssize_t n;
    if (bytes == Py_None) return 0;
    if (PyBytes_AsStringAndSize(bytes, &from, &n) != 0) return -1;
    void *copy = malloc((size_t)n + 1);
    if (copy == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(copy, from, (size_t)n);
    *ret_state = copy;
    *ret_length = (size_t)n;
    return 0;
}

static int fit(void *user, hone_ctx *ctx, const char *options, const hone_table *x, const double *y,
               void **ret_state, size_t *ret_length) {
    PyGILState_STATE state = PyGILState_Ensure();
    int failed = 1;
    PyObject *made = NULL, *table = table_for_python(ctx, x);
    PyObject *target = Py_None;
    Py_INCREF(target);
    if (table != NULL && y != NULL) {
        Py_DECREF(target);
        target = PyBytes_FromStringAndSize((const char *)y, (Py_ssize_t)hone_table_rows(x) * 8);
    }
    if (table != NULL && target != NULL)
        made = PyObject_CallFunction(user, "ssOO", "fit", options, table, target);
    if (made != NULL) failed = keep_bytes(made, ret_state, ret_length) != 0;
    if (failed) tell(ctx);
    Py_XDECREF(made);
    Py_XDECREF(target);
    Py_XDECREF(table);
    PyGILState_Release(state);
    return failed;
}

static int transform(void *user, hone_ctx *ctx, const void *kept, size_t length,
                     const hone_table *x, hone_table **ret_table) {
    PyGILState_STATE state = PyGILState_Ensure();
    hone_table *copy = NULL;
    PyObject *made = NULL, *table = table_for_python(ctx, x);
    if (table != NULL)
        made = PyObject_CallFunction(user, "sy#OO", "transform", kept != NULL ? kept : "",
                                     (Py_ssize_t)length, table, Py_None);
    if (made != NULL && Py_TYPE(made) == core_table_type) {
        copy = copy_table(ctx, ((core_table *)(void *)made)->table);
        if (copy == NULL) PyErr_SetString(PyExc_RuntimeError, hone_ctx_error(ctx)->message);
    } else if (made != NULL) {
        PyErr_SetString(PyExc_TypeError, "a step's transform must give a frame");
    }
    if (copy == NULL) tell(ctx);
    Py_XDECREF(made);
    Py_XDECREF(table);
    PyGILState_Release(state);
    *ret_table = copy;
    return copy == NULL;
}

static void release(void *user, void *state) {
    (void)user;
    free(state);
}

/* The function is kept for good: models point to it. */
PyObject *core_register_step(PyObject *self, PyObject *args) {
    const char *name;
    PyObject *function;
    (void)self;
    if (!PyArg_ParseTuple(args, "sO", &name, &function)) return NULL;
    hone_step step = {
        .name = name, .fit = fit, .transform = transform, .release = release, .user = function};
    core_worker *worker = core_hire(1);
    if (worker == NULL) return NULL;
    hone_status status = hone_register_step(worker->ctx, &step);
    if (status == HONE_OK) Py_INCREF(function);
    if (core_dismiss(worker, status) != 0) return NULL;
    Py_RETURN_NONE;
}

PyObject *core_forget_step(PyObject *self, PyObject *args) {
    const char *name;
    (void)self;
    if (!PyArg_ParseTuple(args, "s", &name)) return NULL;
    hone_forget_step(name);
    Py_RETURN_NONE;
}
