/* split.c - rows into parts and pairs. */
#include "core.h"

#include <string.h>

/* What rows are cut by, out of the first words of a call. */
typedef struct keys {
    hone_split_keys keys;
    Py_buffer views[5];
    long long rows;
} keys;

static void give_back(keys *k) {
    for (int i = 0; i < 5; i++)
        if (k->views[i].obj != NULL) PyBuffer_Release(&k->views[i]);
}

static int take_keys(PyObject *const objects[5], keys *k) {
    const void *values[5] = {NULL};
    for (int i = 0; i < 5; i++) {
        if (objects[i] == Py_None) continue;
        if (PyObject_GetBuffer(objects[i], &k->views[i], PyBUF_SIMPLE) != 0) {
            k->views[i].obj = NULL;
            give_back(k);
            return -1;
        }
        values[i] = k->views[i].buf;
        if (k->views[i].len / 8 == k->rows) continue;
        PyErr_Format(PyExc_ValueError, "there are %zd values for %lld rows", k->views[i].len / 8,
                     k->rows);
        give_back(k);
        return -1;
    }
    k->keys = (hone_split_keys){.classes = values[0],
                                .group = values[1],
                                .time = values[2],
                                .until = values[3],
                                .part = values[4]};
    return 0;
}

PyObject *core_split(PyObject *module, PyObject *args) {
    PyObject *o[5], *shares, *result = NULL;
    const char *options;
    keys k = {.rows = 0};
    Py_buffer parts, filled;
    hone_status status = HONE_OK;
    (void)module;
    if (!PyArg_ParseTuple(args, "LOOOOOsO", &k.rows, &o[0], &o[1], &o[2], &o[3], &o[4], &options,
                          &shares))
        return NULL;
    if (PyObject_GetBuffer(shares, &parts, PyBUF_SIMPLE) != 0) return NULL;
    if (take_keys(o, &k) != 0) {
        PyBuffer_Release(&parts);
        return NULL;
    }
    core_worker *worker = core_hire(1);
    if (worker != NULL) result = core_array(core.int64, k.rows, -1, &filled);
    if (result != NULL) {
        CORE_CALL(worker, status, false,
                  hone_split(worker->ctx, k.rows, &k.keys, options, parts.buf,
                             (int32_t)(parts.len / 8), filled.buf));
        PyBuffer_Release(&filled);
    }
    give_back(&k);
    PyBuffer_Release(&parts);
    if (worker != NULL && core_dismiss(worker, status) == 0) return result;
    Py_XDECREF(result);
    return NULL;
}

static PyObject *array_of(const hone_array *rows) {
    Py_buffer filled;
    PyObject *array = core_array(core.int64, (Py_ssize_t)rows->shape[0], -1, &filled);
    if (array == NULL) return NULL;
    if (rows->bytes > 0) memcpy(filled.buf, rows->values, rows->bytes);
    PyBuffer_Release(&filled);
    return array;
}

PyObject *core_split_pair(PyObject *module, PyObject *args) {
    PyObject *o[5], *result = NULL;
    const char *options;
    keys k = {.rows = 0};
    long long index;
    int64_t count = 0;
    hone_array train = {0}, test = {0};
    hone_status status;
    (void)module;
    if (!PyArg_ParseTuple(args, "LOOOOOsL", &k.rows, &o[0], &o[1], &o[2], &o[3], &o[4], &options,
                          &index))
        return NULL;
    if (take_keys(o, &k) != 0) return NULL;
    core_worker *worker = core_hire(1);
    if (worker == NULL) {
        give_back(&k);
        return NULL;
    }
    CORE_CALL(worker, status, false,
              hone_split_pair(worker->ctx, k.rows, &k.keys, options, index, &count, &train, &test));
    give_back(&k);
    if (status == HONE_OK && index < 0) {
        result = Py_BuildValue("(LOO)", (long long)count, Py_None, Py_None);
    } else if (status == HONE_OK) {
        PyObject *first = array_of(&train), *second = array_of(&test);
        if (first != NULL && second != NULL)
            result = Py_BuildValue("(LOO)", (long long)count, first, second);
        Py_XDECREF(first);
        Py_XDECREF(second);
        hone_array_free(worker->ctx, &train);
        hone_array_free(worker->ctx, &test);
    }
    if (core_dismiss(worker, status) == 0) return result;
    Py_XDECREF(result);
    return NULL;
}
