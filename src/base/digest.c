/* digest.c - BLAKE2b-256 and SHA-256 by libsodium; declared in os.h. */
#include "base/os.h"
#include <assert.h>
#include <sodium/crypto_generichash.h>
#include <sodium/crypto_hash_sha256.h>
#include <sodium/utils.h>
#include <string.h>

enum { DIGEST_BYTES = 32 };

_Static_assert(sizeof(crypto_generichash_state) <= sizeof(hn_digest), "hn_digest is too small");
_Static_assert(_Alignof(hn_digest) >= 64, "libsodium wants 64 bytes");

static crypto_generichash_state *state_of(hn_digest *digest) {
    assert(digest);
    return (crypto_generichash_state *)(void *)digest->state;
}

void hn_digest_init(hn_digest *digest) {
    crypto_generichash_init(state_of(digest), NULL, 0, DIGEST_BYTES);
}

void hn_digest_add(hn_digest *digest, const void *bytes, size_t length) {
    assert(bytes || length == 0);
    if (length > 0) crypto_generichash_update(state_of(digest), bytes, length);
}

void hn_digest_hex(hn_digest *digest, char ret_hex[65]) {
    unsigned char bytes[DIGEST_BYTES];
    crypto_generichash_final(state_of(digest), bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        ret_hex[i * 2] = "0123456789abcdef"[bytes[i] >> 4];
        ret_hex[i * 2 + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    ret_hex[64] = '\0';
}

void hn_sha256_base64(const void *bytes, size_t length, char ret_text[HN_SHA256_BASE64]) {
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, bytes, length);
    sodium_bin2base64(ret_text, HN_SHA256_BASE64, hash, sizeof hash,
                      sodium_base64_VARIANT_ORIGINAL);
}
