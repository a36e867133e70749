/* os.h - files, time, threads and the terminal: what the operating system is asked for. Paths are bytes as the
 * system has them. */
#ifndef HN_BASE_OS_H
#define HN_BASE_OS_H

#include "base/ctx.h"
#include "base/str.h"

/* A whole regular file mapped read-only. Empty files have bytes "" and length 0. Whoever cuts a mapped
 * file short kills its readers: hone itself only replaces files, it never writes into them. */
typedef struct hn_mapping {
    const unsigned char *bytes;
    size_t length;
    struct hn_spill *spill; /* who sees that it keeps to a limit of memory (spill.h), or NULL */
} hn_mapping;
hone_status hn_map_file(hone_ctx *ctx, const char *path, hn_mapping *ret_mapping) HONE_MUST_CHECK;
/* Takes an all-zero mapping, and leaves one. */
void hn_unmap_file(hn_mapping *mapping);

/* A whole file, or standard input for "-", into arena, NUL after it; at most limit bytes (0: no limit).
 * More is HONE_ERROR_DATA. */
hone_status hn_read_file(hone_ctx *ctx, hn_arena *arena, const char *path, size_t limit,
                         char **ret_text, size_t *ret_length) HONE_MUST_CHECK;

/* A file that appears under its name only when whole: written beside, fsynced, renamed.
 * open; write any number of times; then commit or, in every other case, abandon (which takes a file
 * that was committed or never opened, so it can stand in a cleanup). Nothing of an existing file is
 * touched before commit, and its permissions are kept; behind a symbolic link the file is replaced,
 * not the link. A device such as /dev/null, a pipe, /dev/stdout and "-" (standard output) are written
 * in place. Writes are not buffered: hand over kilobytes, not bytes. A program that may meet a file
 * size limit or a closed pipe ignores SIGXFSZ and SIGPIPE, and gets an error instead. */
typedef struct hn_outfile {
    int fd; /* -1: not open */
    bool in_place;
    char path[4096];
    char temporary[4128];
} hn_outfile;
#define HN_OUTFILE_CLOSED ((hn_outfile){.fd = -1})
hone_status hn_outfile_open(hone_ctx *ctx, hn_outfile *file, const char *path) HONE_MUST_CHECK;
hone_status hn_outfile_write(hone_ctx *ctx, hn_outfile *file, const void *bytes,
                             size_t length) HONE_MUST_CHECK;
hone_status hn_outfile_commit(hone_ctx *ctx, hn_outfile *file) HONE_MUST_CHECK;
void hn_outfile_abandon(hn_outfile *file);
/* Removes temporaries of all open outfiles; async-signal-safe, for a handler that is about to die.
 * (Of more than 64 open at once, only 64 are known to it.) */
void hn_outfile_abandon_all(void);

/* open + write + commit. */
hone_status hn_write_file(hone_ctx *ctx, const char *path, const void *bytes,
                          size_t length) HONE_MUST_CHECK;

/* $TMPDIR, else /tmp. */
const char *hn_temporary_folder(void);
/* A file there without a name, open to read and write, gone with the last that has it open; -1 with errno. */
int hn_temporary_file(void);

bool hn_file_exists(const char *path);
bool hn_is_directory(const char *path);
/* ret_... may be NULL. Bytes and modification time in nanoseconds since 1970; false if there is no such file. */
bool hn_file_stat(const char *path, int64_t *ret_size, int64_t *ret_modified_ns,
                  uint64_t *ret_inode);

/* A thread to which the host's signals don't go, but for those that tell of a fault in the thread itself: were they
 * blocked, nobody could say where it happened. Returns 0 or what errno would be. */
int hn_thread_start(pthread_t *ret_thread, void *(*fn)(void *), void *arg);

/* The calling thread does little, and that at once: its turns are short, and come before those of threads that compute
 * (Linux 6.12; nothing elsewhere). */
void hn_thread_is_brief(void);

/* As pthread_cond_wait, for so long at most: below a second. */
void hn_wait(pthread_cond_t *wake, pthread_mutex_t *lock, int milliseconds);

double hn_seconds(void); /* monotonic clock */
int hn_processors(void); /* usable ones (affinity and cgroup), >= 1 */
bool hn_is_terminal(int fd);

/* BLAKE2b-256 (RFC 7693), as 64 hex digits, over pieces. */
typedef struct hn_digest {
    _Alignas(64) unsigned char state[384];
} hn_digest;
void hn_digest_init(hn_digest *digest);
void hn_digest_add(hn_digest *digest, const void *bytes, size_t length);
/* Ends the digest: only init may follow. */
void hn_digest_hex(hn_digest *digest, char ret_hex[65]);
/* SHA-256 in base64: the name by which a browser's policy knows a script. */
enum { HN_SHA256_BASE64 = 45 };
void hn_sha256_base64(const void *bytes, size_t length, char ret_text[HN_SHA256_BASE64]);

/* Load the first of the candidates (names or paths, NULL after the last) that is there;
 * HONE_ERROR_UNSUPPORTED if none is. The handle (dlsym) stays open for the process. */
hone_status hn_load_library(hone_ctx *ctx, const char *const *candidates,
                            void **ret_handle) HONE_MUST_CHECK;

#endif
