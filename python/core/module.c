/* module.c - the module: workers, errors, interrupts, numpy's arrays; see core.h. */
#include "core.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

core_hands core;
hone_ctx *core_freer;

/* ---- workers -------------------------------------------------------------------------------- */

enum { IDLE = 8 };
static core_worker *idle[IDLE]; /* guarded by the GIL */
static bool forked;             /* OpenMP's threads did not come along: compute with one */

static void note_fork(void) { forked = true; }

/* Called by one thread at a time, and without the GIL. */
static void hear(void *user, hone_log_level level, const char *message) {
    core_worker *worker = user;
    size_t length = strlen(message) + 1;
    if (level > HONE_LOG_WARN || worker->said_length + length > 65536) return;
    if (worker->said_length + length > worker->said_room) {
        size_t room = 2 * worker->said_room + length;
        char *grown = realloc(worker->said, room);
        if (grown == NULL) return;
        worker->said = grown;
        worker->said_room = room;
    }
    memcpy(worker->said + worker->said_length, message, length);
    worker->said_length += length;
}

static void worker_free(core_worker *worker) {
    hone_ctx_free(worker->ctx);
    free(worker->said);
    free(worker);
}

static size_t limit; /* of memory; 0: none */

core_worker *core_hire_seeded(int threads, uint64_t seed) {
    core_worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL) return (core_worker *)(void *)PyErr_NoMemory();
    worker->threads = forked ? 1 : threads;
    hone_ctx_options options = {
        .threads = worker->threads, .memory = limit, .seed = seed, .log = hear, .log_user = worker};
    worker->ctx = hone_ctx_new(&options);
    if (worker->ctx != NULL) return worker;
    free(worker);
    return (core_worker *)(void *)PyErr_NoMemory();
}

core_worker *core_hire(int threads) {
    if (forked) threads = 1;
    for (int i = 0; i < IDLE; i++) {
        core_worker *worker = idle[i];
        if (worker == NULL || worker->threads != threads) continue;
        idle[i] = NULL;
        return worker;
    }
    core_worker *worker = core_hire_seeded(threads, 0);
    if (worker != NULL) worker->kept = true;
    return worker;
}

static void raise_error(const core_worker *worker) {
    const hone_error *e = hone_ctx_error(worker->ctx);
    PyObject *error = PyObject_CallFunction(core.error, "issssL", (int)e->code, e->message,
                                            e->param, e->file, e->column, (long long)e->row);
    if (error == NULL) return;
    PyErr_SetObject((PyObject *)Py_TYPE(error), error);
    Py_DECREF(error);
}

static int warn_all(const core_worker *worker) {
    for (size_t at = 0; at < worker->said_length; at += strlen(worker->said + at) + 1) {
        PyObject *done = PyObject_CallFunction(core.warn, "s", worker->said + at);
        if (done == NULL) return -1;
        Py_DECREF(done);
    }
    return 0;
}

int core_dismiss(core_worker *worker, hone_status status) {
    int result = 0;
    if (PyErr_Occurred() || (status == HONE_ERROR_CANCELLED && PyErr_CheckSignals() != 0)) {
        result = -1;
    } else if (status != HONE_OK) {
        raise_error(worker);
        result = -1;
    } else if (worker->said_length > 0) {
        result = warn_all(worker);
    }
    worker->said_length = 0;
    for (int i = 0; worker->kept && i < IDLE; i++) {
        if (idle[i] != NULL) continue;
        idle[i] = worker;
        return result;
    }
    worker_free(worker);
    return result;
}

/* ---- interrupts -----------------------------------------------------------------------------
 * Python only takes a note of SIGINT until its main thread is back from C. While that thread computes,
 * this handler stands before Python's own and cancels the ctx too. */

static hone_ctx *volatile cancellable; /* of the main thread */
static struct sigaction python_action;

static void on_interrupt(int number, siginfo_t *info, void *context) {
    int kept = errno;
    if ((python_action.sa_flags & SA_SIGINFO) != 0)
        python_action.sa_sigaction(number, info, context);
    else
        python_action.sa_handler(number);
    hone_ctx *ctx = cancellable;
    if (ctx != NULL) hone_ctx_cancel(ctx);
    errno = kept;
}

static void listen_to_interrupt(core_worker *worker) {
    if (cancellable != NULL || syscall(SYS_gettid) != getpid()) return;
    if (sigaction(SIGINT, NULL, &python_action) != 0) return;
    if ((python_action.sa_flags & SA_SIGINFO) == 0 &&
        (python_action.sa_handler == SIG_DFL || python_action.sa_handler == SIG_IGN))
        return;
    struct sigaction ours = {.sa_sigaction = on_interrupt,
                             .sa_mask = python_action.sa_mask,
                             .sa_flags = python_action.sa_flags | SA_SIGINFO};
    cancellable = worker->ctx;
    worker->listening = sigaction(SIGINT, &ours, NULL) == 0;
    if (!worker->listening) cancellable = NULL;
}

PyThreadState *core_leave(core_worker *worker, bool listen) {
    if (listen) listen_to_interrupt(worker);
    return PyEval_SaveThread();
}

void core_return(core_worker *worker, PyThreadState *state) {
    if (worker->listening) {
        sigaction(SIGINT, &python_action, NULL);
        cancellable = NULL;
        worker->listening = false;
        hone_ctx_reset(worker->ctx);
    }
    PyEval_RestoreThread(state);
}

/* ---- values --------------------------------------------------------------------------------- */

PyObject *core_array(PyObject *dtype, Py_ssize_t rows, Py_ssize_t columns, Py_buffer *ret_view) {
    PyObject *shape = columns < 0 ? PyLong_FromSsize_t(rows) : Py_BuildValue("(nn)", rows, columns);
    if (shape == NULL) return NULL;
    PyObject *array = PyObject_CallFunctionObjArgs(core.empty, shape, dtype, NULL);
    Py_DECREF(shape);
    if (array == NULL) return NULL;
    if (PyObject_GetBuffer(array, ret_view, PyBUF_CONTIG) == 0) return array;
    Py_DECREF(array);
    return NULL;
}

PyObject *core_text(core_worker *worker, char *text) {
    PyObject *result = PyUnicode_FromString(text);
    hone_string_free(worker->ctx, text);
    return result;
}

PyObject *core_text_dismiss(core_worker *worker, hone_status status, char *text) {
    PyObject *result = status == HONE_OK ? core_text(worker, text) : NULL;
    if (core_dismiss(worker, status) == 0) return result;
    Py_XDECREF(result);
    return NULL;
}

/* ---- the module ----------------------------------------------------------------------------- */

static PyObject *setup(PyObject *self, PyObject *args) {
    core_hands given;
    (void)self;
    if (!PyArg_ParseTuple(args, "OOOOO", &given.error, &given.warn, &given.empty, &given.float64,
                          &given.int64))
        return NULL;
    Py_INCREF(given.error);
    Py_INCREF(given.warn);
    Py_INCREF(given.empty);
    Py_INCREF(given.float64);
    Py_INCREF(given.int64);
    core = given;
    Py_RETURN_NONE;
}

static PyObject *catalog(PyObject *self, PyObject *none) {
    char *text = NULL;
    hone_status status;
    (void)self, (void)none;
    core_worker *worker = core_hire(1);
    if (worker == NULL) return NULL;
    CORE_CALL(worker, status, false, hone_catalog(worker->ctx, &text));
    return core_text_dismiss(worker, status, text);
}

static PyObject *capabilities(PyObject *self, PyObject *args) {
    const char *kind, *params;
    char *text = NULL;
    (void)self;
    if (!PyArg_ParseTuple(args, "ss", &kind, &params)) return NULL;
    core_worker *worker = core_hire(1);
    if (worker == NULL) return NULL;
    hone_status status = hone_capabilities(worker->ctx, kind, params, &text);
    return core_text_dismiss(worker, status, text);
}

static PyObject *limit_memory(PyObject *self, PyObject *args) {
    const char *text;
    (void)self;
    if (!PyArg_ParseTuple(args, "s", &text)) return NULL;
    size_t size;
    if (!hone_parse_size(text, &size)) {
        PyErr_Format(PyExc_ValueError, "'%.100s' is no amount of memory; write it like 512M or 4G",
                     text);
        return NULL;
    }
    limit = size;
    for (int i = 0; i < IDLE; i++) {
        if (idle[i] != NULL) worker_free(idle[i]);
        idle[i] = NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"setup", setup, METH_VARARGS,
     "Takes what C needs of Python: error, warn, numpy's empty and dtypes."},
    {"limit_memory", limit_memory, METH_VARARGS, "(size) -> None."},
    {"catalog", catalog, METH_NOARGS, "All declarations, as JSON."},
    {"capabilities", capabilities, METH_VARARGS,
     "(kind, params): what it can with these, as JSON."},
    {"matrix", core_matrix, METH_VARARGS,
     "(array, names) -> Table, or None if it must be copied first."},
    {"csr", core_csr, METH_VARARGS, "(start, column, value, rows, columns, names) -> Table."},
    {"columns", core_columns, METH_VARARGS,
     "(rows, [(name, format, values, valid, texts)]) -> Table; formats as in Arrow."},
    {"stream", core_stream, METH_O, "A Table of an Arrow stream's capsule."},
    {"batch", core_batch, METH_VARARGS, "A Table of the capsules of an Arrow schema and array."},
    {"read", core_read, METH_VARARGS, "(path, is_sql, options) -> Table."},
    {"generate", core_generate, METH_VARARGS, "(generator, params, threads, seed) -> Table."},
    {"fit", core_fit, METH_VARARGS,
     "(kind, params, task, x, y, weight, group, classes, n_classes, threads, seed, "
     "objective) -> Model."},
    {"resample", core_resample, METH_VARARGS,
     "(kind, params, task, x, y, weight, n_classes, threads, seed) -> (Table, rows, weights)."},
    {"profile", core_profile, METH_VARARGS,
     "(table, other or None, options, threads, seed) -> (JSON, HTML)."},
    {"compare", core_compare, METH_VARARGS,
     "(models, names, table, options, threads, seed) -> JSON."},
    {"curve", core_curve, METH_VARARGS, "(recipe, table, options, threads, seed) -> JSON."},
    {"score", core_score, METH_VARARGS,
     "(metric, task, rows, n_classes, y, answer, scores, weight, group, x) -> number."},
    {"validate", core_validate, METH_VARARGS, "(table, expectations) -> JSON."},
    {"expect", core_expect, METH_VARARGS, "(table) -> JSON."},
    {"train", core_train, METH_VARARGS, "(recipe, table, threads, seed) -> Model."},
    {"split", core_split, METH_VARARGS,
     "(rows, classes, group, time, until, part, options, shares) -> the part of each row."},
    {"split_pair", core_split_pair, METH_VARARGS,
     "(rows, classes, group, time, until, part, options, index) -> (pairs, train, test)."},
    {"load", core_load, METH_VARARGS, "(path) -> Model."},
    {"from_bytes", core_from_bytes, METH_VARARGS, "(bytes) -> Model."},
    {"register_step", core_register_step, METH_VARARGS,
     "(name, function): function(what, options or state, Table, target) fits and transforms."},
    {"forget_step", core_forget_step, METH_VARARGS, "(name)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "hone._core", .m_size = -1,
                                        .m_methods = functions};

PyMODINIT_FUNC PyInit__core(void);

PyMODINIT_FUNC PyInit__core(void) {
    PyObject *module = PyModule_Create(&definition);
    if (module == NULL) return NULL;
    pthread_atfork(NULL, NULL, note_fork);
    if (core_freer == NULL) core_freer = hone_ctx_new(NULL);
    if (core_freer == NULL) {
        Py_DECREF(module);
        return PyErr_NoMemory();
    }
    if (core_table_ready(module) == 0 && core_model_ready(module) == 0 &&
        PyModule_AddStringConstant(module, "version", hone_version()) == 0)
        return module;
    Py_DECREF(module);
    return NULL;
}
