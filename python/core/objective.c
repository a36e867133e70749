/* objective.c - a loss of one's own, called from C. */
#include "core.h"

/* The memory of n numbers, for as long as the call that it is made for. */
static PyObject *view_of(const double *values, int64_t n, int flags) {
    return PyMemoryView_FromMemory((char *)(uintptr_t)values, (Py_ssize_t)n * 8, flags);
}

/* An exception that function raises ends the fit and goes on from there. more may be NULL. */
static int call_back(PyObject *function, int64_t rows, int32_t outputs, const double *y,
                     const double *scores, double *ret, int64_t n, double *more) {
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *none = PyObject_CallFunction(
        function, more != NULL ? "iNNNN" : "iNNN", (int)outputs, view_of(y, rows, PyBUF_READ),
        view_of(scores, rows * outputs, PyBUF_READ), view_of(ret, n, PyBUF_WRITE),
        more != NULL ? view_of(more, n, PyBUF_WRITE) : NULL);
    int failed = none == NULL;
    Py_XDECREF(none);
    PyGILState_Release(state);
    return failed;
}

int core_call_gradients(void *user, int64_t rows, int32_t outputs, const double *y,
                        const double *scores, double *ret_gradients, double *ret_hessians) {
    return call_back(((core_functions *)user)->gradients, rows, outputs, y, scores, ret_gradients,
                     rows * outputs, ret_hessians);
}

int core_call_losses(void *user, int64_t rows, int32_t outputs, const double *y,
                     const double *scores, double *ret_losses) {
    return call_back(((core_functions *)user)->losses, rows, outputs, y, scores, ret_losses, rows,
                     NULL);
}
