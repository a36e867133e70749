/* source_url.c - what is behind http:// and https://, fetched by libcurl into a file without a name.
 *
 * Nothing waits for ever: 15 s for the connection, 30 s without a byte, an hour in all. At most 16 GB
 * (HONE_HTTP_LIMIT, in bytes) and 5 redirections, to http and https only. What may pass by itself (no
 * connection, 429, 5xx) is tried three times. A token in HONE_HTTP_TOKEN goes along as a bearer's, to
 * the first host alone. */
#include "table/foreign.h"
#include "table/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Types of libcurl's stable interface: CURLcode and CURLoption are ints. */
#define CURL_LIST(X)                                                                               \
    X(int, curl_global_init, (long))                                                               \
    X(void *, curl_easy_init, (void))                                                              \
    X(int, curl_easy_setopt, (void *, int, ...))                                                   \
    X(int, curl_easy_perform, (void *))                                                            \
    X(int, curl_easy_getinfo, (void *, int, ...))                                                  \
    X(void, curl_easy_cleanup, (void *))                                                           \
    X(const char *, curl_easy_strerror, (int))                                                     \
    X(void *, curl_slist_append, (void *, const char *))                                           \
    X(void, curl_slist_free_all, (void *))
HN_FOREIGN(curl, CURL_LIST)
static const hn_foreign curl_library = {
    (const char *const[]){"libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.so", NULL},
    "reading from a URL", "libcurl4", curl_names};

enum {
    OPT_URL = 10002,
    OPT_WRITEDATA = 10001,
    OPT_WRITEFUNCTION = 20011,
    OPT_XFERINFODATA = 10057,
    OPT_XFERINFOFUNCTION = 20219,
    OPT_NOPROGRESS = 43,
    OPT_NOSIGNAL = 99,
    OPT_FOLLOWLOCATION = 52,
    OPT_MAXREDIRS = 68,
    OPT_PROTOCOLS_STR = 10318,
    OPT_REDIR_PROTOCOLS_STR = 10319,
    OPT_PROTOCOLS = 181,
    OPT_REDIR_PROTOCOLS = 182,
    OPT_CONNECTTIMEOUT = 78,
    OPT_TIMEOUT = 13,
    OPT_LOW_SPEED_LIMIT = 19,
    OPT_LOW_SPEED_TIME = 20,
    OPT_USERAGENT = 10018,
    OPT_HTTPHEADER = 10023,
    OPT_ERRORBUFFER = 10010,
    INFO_RESPONSE_CODE = 0x200002,
    INFO_SIZE_T = 0x600000 + 15, /* CURLINFO_CONTENT_LENGTH_DOWNLOAD_T */
    HTTP_AND_HTTPS = 3,
    CODE_COULDNT_RESOLVE = 6,
    CODE_TIMED_OUT = 28,
    CODE_TOO_MANY_REDIRECTS = 47
};

typedef struct fetch {
    hone_ctx *ctx;
    curl c;
    void *handle;
    const char *shown;
    int fd;
    int64_t got, limit;
    hone_status status; /* of writing */
    char why[512];
} fetch;

static size_t keep(char *bytes, size_t one, size_t n, void *arg) {
    fetch *f = arg;
    (void)one;
    long code = 0;
    f->c.curl_easy_getinfo(f->handle, INFO_RESPONSE_CODE, &code);
    if (code >= 300) return n; /* what is said of a failure or a redirection is no data */
    f->got += (int64_t)n;
    if (f->got > f->limit)
        f->status = hn_fail_at(f->ctx, HONE_ERROR_DATA, HN_AT(.file = f->shown),
                               "%s sends more than %lld bytes; fetch it yourself, or raise "
                               "HONE_HTTP_LIMIT",
                               f->shown, (long long)f->limit);
    else
        f->status = hn_nameless_write(f->ctx, f->fd, bytes, n);
    return f->status == HONE_OK ? n : 0;
}

static int watch(void *arg, int64_t total, int64_t now, int64_t up_total, int64_t up_now) {
    fetch *f = arg;
    (void)up_total, (void)up_now;
    if (now > 0) hn_progress(f->ctx, "fetch", now, total, "bytes");
    return hn_check_cancel(f->ctx) != HONE_OK;
}

static long seconds(const char *name, long fallback) {
    const char *text = getenv(name);
    long value = text ? strtol(text, NULL, 10) : 0;
    return value > 0 ? value : fallback;
}

static void configure(fetch *f, const char *url, void *headers) {
    curl *c = &f->c;
    void *h = f->handle;
    long idle = seconds("HONE_HTTP_TIMEOUT", 30);
    c->curl_easy_setopt(h, OPT_URL, url);
    c->curl_easy_setopt(h, OPT_WRITEFUNCTION, keep);
    c->curl_easy_setopt(h, OPT_WRITEDATA, f);
    c->curl_easy_setopt(h, OPT_XFERINFOFUNCTION, watch);
    c->curl_easy_setopt(h, OPT_XFERINFODATA, f);
    c->curl_easy_setopt(h, OPT_NOPROGRESS, 0L);
    c->curl_easy_setopt(h, OPT_NOSIGNAL, 1L);
    c->curl_easy_setopt(h, OPT_FOLLOWLOCATION, 1L);
    c->curl_easy_setopt(h, OPT_MAXREDIRS, 5L);
    /* The names came with 7.85; before, the same was said in bits. */
    if (c->curl_easy_setopt(h, OPT_PROTOCOLS_STR, "http,https") != 0 ||
        c->curl_easy_setopt(h, OPT_REDIR_PROTOCOLS_STR, "http,https") != 0) {
        c->curl_easy_setopt(h, OPT_PROTOCOLS, (long)HTTP_AND_HTTPS);
        c->curl_easy_setopt(h, OPT_REDIR_PROTOCOLS, (long)HTTP_AND_HTTPS);
    }
    c->curl_easy_setopt(h, OPT_CONNECTTIMEOUT, idle < 15 ? idle : 15L);
    c->curl_easy_setopt(h, OPT_TIMEOUT, 3600L);
    c->curl_easy_setopt(h, OPT_LOW_SPEED_LIMIT, 1L);
    c->curl_easy_setopt(h, OPT_LOW_SPEED_TIME, idle);
    c->curl_easy_setopt(h, OPT_USERAGENT, "hone/" HONE_VERSION);
    c->curl_easy_setopt(h, OPT_ERRORBUFFER, f->why);
    if (headers) c->curl_easy_setopt(h, OPT_HTTPHEADER, headers);
}

/* ---- once, and again ------------------------------------------------------------------------- */

/* *ret_again: what failed may pass. */
static hone_status judge(fetch *f, int code, bool *ret_again) {
    hn_where where = HN_AT(.file = f->shown);
    long answer = 0;
    *ret_again = false;
    f->c.curl_easy_getinfo(f->handle, INFO_RESPONSE_CODE, &answer);
    HN_TRY(hn_check_cancel(f->ctx));
    HN_TRY(f->status);
    if (code == CODE_TOO_MANY_REDIRECTS)
        return hn_fail_at(f->ctx, HONE_ERROR_IO, where,
                          "%s leads on to other addresses more than 5 times; give the last one",
                          f->shown);
    if (code != 0) {
        *ret_again = code != CODE_TIMED_OUT && code != CODE_COULDNT_RESOLVE;
        return hn_fail_at(f->ctx, HONE_ERROR_IO, where,
                          "cannot fetch %s: %s; check address and network", f->shown,
                          f->why[0] ? f->why : f->c.curl_easy_strerror(code));
    }
    if (answer < 300) return HONE_OK;
    *ret_again = answer >= 500 || answer == 429;
    bool asks = answer == 401 || answer == 403;
    return hn_fail_at(f->ctx, answer >= 500 ? HONE_ERROR_IO : HONE_ERROR_DATA, where,
                      "%s answers %ld%s", f->shown, answer,
                      asks            ? ": it wants a token; set HONE_HTTP_TOKEN"
                      : answer == 404 ? ": there is no such page; check the address"
                      : answer >= 500 ? ": the server has failed; try again later"
                                      : ", which is no table; check the address");
}

static hone_status try_often(fetch *f) {
    for (int attempt = 1;; attempt++) {
        bool again;
        f->got = 0;
        f->why[0] = '\0';
        f->status = HONE_OK;
        if (ftruncate(f->fd, 0) != 0 || lseek(f->fd, 0, SEEK_SET) != 0)
            return hn_fail(f->ctx, HONE_ERROR_IO, "cannot keep what is fetched; look at TMPDIR");
        hone_status status = judge(f, f->c.curl_easy_perform(f->handle), &again);
        /* It is read from its beginning, packed or not. */
        if (status == HONE_OK && lseek(f->fd, 0, SEEK_SET) != 0)
            return hn_fail(f->ctx, HONE_ERROR_IO, "cannot keep what is fetched; look at TMPDIR");
        if (status == HONE_OK || !again || attempt == 3) return status;
        hn_say(f->ctx, HONE_LOG_INFO, "%s; trying again", f->ctx->error.message);
        for (int wait = 0; wait < 5 * attempt; wait++) {
            HN_TRY(hn_check_cancel(f->ctx));
            nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
        }
    }
}

static hone_status perform(fetch *f, const char *url) {
    HN_SCRATCH(f->ctx);
    const char *token = getenv("HONE_HTTP_TOKEN");
    void *headers = NULL;
    if (token && token[0] && !strpbrk(token, "\r\n")) {
        char *line = hn_arena_printf(f->ctx, f->ctx->scratch, "Authorization: Bearer %s", token);
        if (line == NULL) return HONE_ERROR_MEMORY;
        headers = f->c.curl_slist_append(NULL, line);
    }
    configure(f, url, headers);
    hone_status status = try_often(f);
    f->c.curl_slist_free_all(headers);
    return status;
}

/* ---- entry ----------------------------------------------------------------------------------- */

static hone_status refuse_password(hone_ctx *ctx, const char *url) {
    const char *begin = strstr(url, "://") + 3;
    if (memchr(begin, '@', strcspn(begin, "/?#")) == NULL) return HONE_OK;
    return hn_fail_at(ctx, HONE_ERROR_USAGE, HN_AT(.param = "path"),
                      "the address holds a user's name or password, which logs and the list of "
                      "processes would show; leave it out, and put a token in HONE_HTTP_TOKEN");
}

hone_status hn_url_fetch(hone_ctx *ctx, const char *url, const char *shown, int *ret_fd) {
    HN_TRY(refuse_password(ctx, url));
    fetch f = {.ctx = ctx, .shown = shown, .fd = -1};
    f.limit = seconds("HONE_HTTP_LIMIT", (long)16 << 30);
    HN_TRY(hn_foreign_load(ctx, &curl_library, &f.c));
    f.c.curl_global_init(3);
    HN_TRY(hn_nameless_open(ctx, &f.fd));
    f.handle = f.c.curl_easy_init();
    hone_status status =
        f.handle ? perform(&f, url) : hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory to fetch");
    if (f.handle) f.c.curl_easy_cleanup(f.handle);
    if (status != HONE_OK) {
        close(f.fd);
        return status;
    }
    *ret_fd = f.fd;
    return HONE_OK;
}
