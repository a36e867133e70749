/* deadline.c - stacks of all threads from a signal handler; see deadline.h.
 *
 * Each thread is sent SIGTRAP, which hone's own threads leave open, and writes down its stack. What is done
 * here is more than a signal handler may do by the book; where that hangs too, a second alarm ends it, and
 * the addresses are out by then. */
#include "unit/deadline.h"

#include <dirent.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { DEPTH = 40, THREADS = 64, PATIENCE = 300 };

static struct stack {
    pid_t thread;
    int depth;
    void *frames[DEPTH];
} stacks[THREADS];
static atomic_int n_stacks;
static atomic_bool is_over;

static void note_stack(int number) {
    (void)number;
    int at = atomic_load(&n_stacks);
    if (at >= THREADS) return;
    stacks[at].thread = (pid_t)syscall(SYS_gettid);
    stacks[at].depth = backtrace(stacks[at].frames, DEPTH);
    atomic_fetch_add(&n_stacks, 1);
}

/* One after the other, so that they need not share; a second at most for each. */
static void ask_threads(void) {
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *entry; tasks && (entry = readdir(tasks));) {
        pid_t thread = (pid_t)atoi(entry->d_name);
        int before = atomic_load(&n_stacks);
        if (thread <= 0 || thread == (pid_t)syscall(SYS_gettid)) continue;
        if (syscall(SYS_tgkill, getpid(), thread, SIGTRAP) != 0) continue;
        for (int i = 0; i < 100 && atomic_load(&n_stacks) == before; i++)
            nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    if (tasks) closedir(tasks);
}

static void say(const char *text) {
    if (write(STDERR_FILENO, text, strlen(text)) < 0) return;
}

/* By symbol and, where there is debugging information, line. */
static void name_frames(const struct stack *stack) {
    for (int i = 0; i < stack->depth; i++) {
        Dl_info info;
        char command[1024], line[512] = "";
        if (dladdr(stack->frames[i], &info) == 0 || info.dli_fname == NULL) continue;
        snprintf(command, sizeof command, "addr2line -sfpe '%s' %#lx 2>/dev/null", info.dli_fname,
                 (unsigned long)((uintptr_t)stack->frames[i] - (uintptr_t)info.dli_fbase - 1));
        FILE *answer = popen(command, "r");
        if (answer == NULL) return;
        if (fgets(line, sizeof line, answer) && line[0] != '?') say("    "), say(line);
        pclose(answer);
    }
}

static void end(int number) {
    if (atomic_exchange(&is_over, true)) _exit(134);
    signal(number, end); /* the second alarm */
    sigset_t open;
    sigemptyset(&open);
    sigaddset(&open, number);
    pthread_sigmask(SIG_UNBLOCK, &open, NULL);
    alarm(60);
    char line[160];
    say("hangs: no test has got on for so long (HONE_TEST_PATIENCE). Its threads:\n");
    note_stack(0);
    ask_threads();
    for (int i = 0; i < n_stacks; i++) {
        snprintf(line, sizeof line, "  thread %d%s\n", (int)stacks[i].thread,
                 stacks[i].thread == getpid() ? ", the first" : "");
        say(line);
        backtrace_symbols_fd(stacks[i].frames, stacks[i].depth, STDERR_FILENO);
    }
    for (int i = n_stacks - 1; i >= 0; i--) { /* the first last, where reports of failures look */
        snprintf(line, sizeof line, "  hangs in thread %d\n", (int)stacks[i].thread);
        say(line);
        name_frames(&stacks[i]);
    }
    signal(SIGABRT, SIG_DFL);
    abort();
}

void test_deadline(void) {
    static bool ready;
    const char *seconds = getenv("HONE_TEST_PATIENCE");
    if (!ready) {
        ready = true;
        void *frame[1];
        (void)backtrace(frame, 1); /* loads what it needs, while that can be done */
        struct sigaction note = {.sa_handler = note_stack, .sa_flags = SA_RESTART},
                         over = {.sa_handler = end};
        sigaction(SIGTRAP, &note, NULL);
        sigaction(SIGALRM, &over, NULL);
    }
    alarm(seconds && atoi(seconds) > 0 ? (unsigned)atoi(seconds) : PATIENCE);
}

__attribute__((constructor)) static void begin(void) { test_deadline(); }
