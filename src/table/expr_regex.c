/* expr_regex.c - patterns: PCRE2, compiled once with the expression, matched within limits.
 *
 * Patterns and texts are UTF-8 (what isn't, never matches); \w, \d and such know Unicode. A pattern
 * that needs more than MATCH_LIMIT steps on one text is an error, not a wait. Memory comes from the
 * ctx's allocator, through a header that remembers sizes. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "table/expr_internal.h"

#include <pcre2.h>
#include <string.h>

enum { MATCH_LIMIT = 1000000, DEPTH_LIMIT = 10000, HEAP_LIMIT_KIB = 20000, HEADER = 16 };

struct hn_regex {
    hn_regex *next;
    hone_allocator allocator;
    pcre2_general_context *general;
    pcre2_match_context *limits;
    pcre2_code *code;
    const char *pattern; /* for messages */
};

/* ---- memory --------------------------------------------------------------------------------- */

static void *take(size_t size, void *user) {
    const hone_allocator *allocator = user;
    if (size > SIZE_MAX - HEADER) return NULL;
    char *block = allocator->resize(allocator->user, NULL, 0, size + HEADER);
    if (!block) return NULL;
    size += HEADER;
    memcpy(block, &size, sizeof size);
    return block + HEADER;
}

static void give_back(void *pointer, void *user) {
    const hone_allocator *allocator = user;
    if (!pointer) return;
    char *block = (char *)pointer - HEADER;
    size_t size;
    memcpy(&size, block, sizeof size);
    allocator->resize(allocator->user, block, size, 0);
}

void hn_regex_free_all(hn_regex *first) {
    while (first) {
        hn_regex *next = first->next; /* the struct is the arena's */
        pcre2_code_free(first->code);
        pcre2_match_context_free(first->limits);
        pcre2_general_context_free(first->general);
        first->code = NULL;
        first->limits = NULL;
        first->general = NULL;
        first = next;
    }
}

/* ---- compiling ------------------------------------------------------------------------------ */

static hone_status no_memory(hone_ctx *ctx) {
    return hn_fail(ctx, HONE_ERROR_MEMORY, "out of memory for a regular expression");
}

hone_status hn_regex_compile(const hn_compiler *c, size_t at, hn_slice pattern, hn_regex *next,
                             hn_regex **ret_regex) {
    hn_regex *regex;
    HN_TRY(HN_NEW(c->ctx, c->arena, regex, 1));
    regex->allocator = c->ctx->allocator;
    regex->pattern = hn_arena_strndup(c->ctx, c->arena, pattern.text, pattern.length);
    if (!regex->pattern) return HONE_ERROR_MEMORY;
    regex->next = next;
    *ret_regex = regex; /* from here on the caller frees it */
    regex->general = pcre2_general_context_create(take, give_back, &regex->allocator);
    if (!regex->general) return no_memory(c->ctx);
    regex->limits = pcre2_match_context_create(regex->general);
    pcre2_compile_context *compiling = pcre2_compile_context_create(regex->general);
    if (!regex->limits || !compiling) {
        pcre2_compile_context_free(compiling);
        return no_memory(c->ctx);
    }
    pcre2_set_match_limit(regex->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(regex->limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(regex->limits, HEAP_LIMIT_KIB);
    int error;
    size_t offset;
    regex->code =
        pcre2_compile((PCRE2_SPTR)pattern.text, pattern.length,
                      PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C,
                      &error, &offset, compiling);
    pcre2_compile_context_free(compiling);
    if (!regex->code) {
        if (error == PCRE2_ERROR_HEAP_FAILED) return no_memory(c->ctx);
        char message[256];
        pcre2_get_error_message(error, (PCRE2_UCHAR *)message, sizeof message);
        return hn_expr_fail(c, at, "the pattern is at fault at its byte %zu: %s", offset, message);
    }
    /* Where there is no JIT the interpreter does the same, slower. */
    (void)!pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE);
    return HONE_OK;
}

int64_t hn_regex_groups(const hn_regex *regex) {
    uint32_t count = 0;
    pcre2_pattern_info(regex->code, PCRE2_INFO_CAPTURECOUNT, &count);
    return count;
}

/* ---- matching ------------------------------------------------------------------------------- */

static hone_status fail_match(hone_ctx *ctx, const hn_regex *regex, int error) {
    if (error == PCRE2_ERROR_NOMEMORY) return no_memory(ctx);
    char message[256];
    pcre2_get_error_message(error, (PCRE2_UCHAR *)message, sizeof message);
    return hn_fail(
        ctx, HONE_ERROR_DATA,
        "the pattern '%.200s' gave up on a text (%s); make it simpler, with fewer nested "
        "repetitions",
        regex->pattern, message);
}

static void free_match(pcre2_match_data **match) { pcre2_match_data_free(*match); }

/* Positive: groups set, plus one; 0: no match from that byte on. */
static hone_status match_from(hone_ctx *ctx, const hn_regex *regex, hn_slice text, size_t from,
                              pcre2_match_data *match, int *ret_groups) {
    int found =
        pcre2_match(regex->code, (PCRE2_SPTR)text.text, text.length, from, 0, match, regex->limits);
    if (found ==
        PCRE2_ERROR_JIT_STACKLIMIT) /* the JIT's stack is small; the interpreter's is the heap */
        found = pcre2_match(regex->code, (PCRE2_SPTR)text.text, text.length, from, PCRE2_NO_JIT,
                            match, regex->limits);
    if (found < 0 && found != PCRE2_ERROR_NOMATCH) return fail_match(ctx, regex, found);
    *ret_groups = found < 0 ? 0 : found;
    return HONE_OK;
}

static hone_status match_one(hone_ctx *ctx, const hn_regex *regex, hn_slice text,
                             pcre2_match_data *match, int *ret_groups) {
    return match_from(ctx, regex, text, 0, match, ret_groups);
}

hone_status hn_kernel_regex_match(const hn_call *call) {
    const hn_regex *regex = call->literals[0].regex;
    const hn_slice *text = call->args[0];
    int8_t *out = call->out;
    pcre2_match_data *match __attribute__((cleanup(free_match))) =
        pcre2_match_data_create_from_pattern(regex->code, regex->general);
    if (!match) return no_memory(call->ctx);
    for (int64_t i = 0; i < call->n; i++) {
        int groups = -1;
        if (text[i].text) HN_TRY(match_one(call->ctx, regex, text[i], match, &groups));
        out[i] = groups < 0 ? HN_NO_TRUTH : groups > 0;
    }
    return HONE_OK;
}

hone_status hn_kernel_regex_extract(const hn_call *call) {
    const hn_regex *regex = call->literals[0].regex;
    size_t group = (size_t)call->literals[1].number;
    const hn_slice *text = call->args[0];
    hn_slice *out = call->out;
    pcre2_match_data *match __attribute__((cleanup(free_match))) =
        pcre2_match_data_create_from_pattern(regex->code, regex->general);
    if (!match) return no_memory(call->ctx);
    const size_t *at = pcre2_get_ovector_pointer(match);
    for (int64_t i = 0; i < call->n; i++) {
        out[i] = (hn_slice){NULL, 0};
        if (!text[i].text) continue;
        int groups = 0;
        HN_TRY(match_one(call->ctx, regex, text[i], match, &groups));
        if ((int)group >= groups) continue; /* groups beyond the last that took part are not set */
        size_t begin = at[2 * group], end = at[2 * group + 1];
        if (begin == PCRE2_UNSET || end < begin) continue;
        out[i] = (hn_slice){text[i].text + begin, end - begin};
    }
    return HONE_OK;
}

/* All matches; $1 and ${name} in the replacement stand for groups, $$ for a dollar. */
static hone_status substitute(const hn_call *call, hn_slice text, hn_slice with,
                              pcre2_match_data *match, hn_slice *ret) {
    const hn_regex *regex = call->literals[0].regex;
    int groups = 0;
    *ret = text;
    HN_TRY(match_one(call->ctx, regex, text, match, &groups));
    if (groups == 0) return HONE_OK;
    uint32_t options =
        PCRE2_SUBSTITUTE_GLOBAL | PCRE2_SUBSTITUTE_OVERFLOW_LENGTH | PCRE2_SUBSTITUTE_UNSET_EMPTY;
    size_t room = text.length + with.length + 64;
    for (int attempt = 0;; attempt++) {
        char *to = hn_text_pool_take(call->pool, room);
        if (!to) return call->ctx->error.code;
        size_t length = room;
        int done = pcre2_substitute(regex->code, (PCRE2_SPTR)text.text, text.length, 0, options,
                                    match, regex->limits, (PCRE2_SPTR)with.text, with.length,
                                    (PCRE2_UCHAR *)to, &length);
        if (done == PCRE2_ERROR_JIT_STACKLIMIT && !(options & PCRE2_NO_JIT)) {
            options |= PCRE2_NO_JIT;
            hn_text_pool_give_back(call->pool, room);
            continue;
        }
        if (done == PCRE2_ERROR_NOMEMORY && attempt < 2 && length > room) {
            hn_text_pool_give_back(call->pool, room);
            room = length;
            continue;
        }
        if (done < 0) return fail_match(call->ctx, regex, done);
        hn_text_pool_give_back(call->pool, room - length);
        *ret = (hn_slice){to, length};
        return HONE_OK;
    }
}

hone_status hn_kernel_regex_replace(const hn_call *call) {
    const hn_regex *regex = call->literals[0].regex;
    const hn_slice *text = call->args[0], *with = call->args[1];
    hn_slice *out = call->out;
    pcre2_match_data *match __attribute__((cleanup(free_match))) =
        pcre2_match_data_create_from_pattern(regex->code, regex->general);
    if (!match) return no_memory(call->ctx);
    for (int64_t i = 0; i < call->n; i++) {
        out[i] = (hn_slice){NULL, 0};
        if (text[i].text && with[i].text)
            HN_TRY(substitute(call, text[i], with[i], match, &out[i]));
    }
    return HONE_OK;
}

hone_status hn_kernel_regex_count(const hn_call *call) {
    const hn_regex *regex = call->literals[0].regex;
    const hn_slice *text = call->args[0];
    double *out = call->out;
    pcre2_match_data *match __attribute__((cleanup(free_match))) =
        pcre2_match_data_create_from_pattern(regex->code, regex->general);
    if (!match) return no_memory(call->ctx);
    const size_t *at = pcre2_get_ovector_pointer(match);
    for (int64_t i = 0; i < call->n; i++) {
        out[i] = (double)NAN;
        if (!text[i].text) continue;
        hn_slice rest = text[i];
        int64_t n = 0;
        size_t from = 0;
        while (from <= rest.length) {
            int groups;
            HN_TRY(match_from(call->ctx, regex, rest, from, match, &groups));
            if (groups == 0) break;
            n++;
            from = at[1];
            if (at[1] == at[0]) /* an empty match: on to the next character */
                do from++;
                while (from < rest.length && ((unsigned char)rest.text[from] & 0xc0) == 0x80);
        }
        out[i] = (double)n;
    }
    return HONE_OK;
}
