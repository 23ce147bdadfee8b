#include "tests/lib/sim_sodium.h"

#include <dlfcn.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 32768
#define ASKED_BYTES 32 /* BLAKE2b of all arguments */

struct slot {
    uint8_t asked[ASKED_BYTES];
    bool is_used;
    int answer;
    uint8_t point[crypto_core_ed25519_BYTES]; /* what was computed besides */
};

static struct slot slot[SLOTS];
static uint64_t hits;

/* The function that this program's own definition hides. */
static void
real(const char *name, void *out)
{
    void *p = dlsym(RTLD_NEXT, name);
    if (p == NULL) {
        fprintf(stderr, "no %s\n", name);
        abort();
    }
    memcpy(out, &p, sizeof(p));
}

/* `what` tells the functions apart; a, b and c are the arguments. */
static struct slot *
look(char what, const void *a, size_t a_n, const void *b, size_t b_n, const void *c,
     size_t c_n, uint8_t asked[ASKED_BYTES])
{
    crypto_generichash_blake2b_state state;
    size_t at;
    (void)crypto_generichash_blake2b_init(&state, NULL, 0, ASKED_BYTES);
    (void)crypto_generichash_blake2b_update(&state, (const uint8_t *)&what, 1);
    (void)crypto_generichash_blake2b_update(&state, a, a_n);
    (void)crypto_generichash_blake2b_update(&state, b, b_n);
    (void)crypto_generichash_blake2b_update(&state, c, c_n);
    (void)crypto_generichash_blake2b_final(&state, asked, ASKED_BYTES);
    memcpy(&at, asked, sizeof(at));
    struct slot *s = &slot[at % SLOTS];
    if (s->is_used && memcmp(s->asked, asked, ASKED_BYTES) == 0)
        hits++;
    else
        s->is_used = false;
    return s;
}

static int
keep(struct slot *s, const uint8_t asked[ASKED_BYTES], int answer)
{
    memcpy(s->asked, asked, ASKED_BYTES);
    s->is_used = true;
    s->answer = answer;
    return answer;
}

int
crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *m,
                            unsigned long long n, const unsigned char *by)
{
    static int (*f)(const unsigned char *, const unsigned char *, unsigned long long,
                    const unsigned char *);
    uint8_t asked[ASKED_BYTES];
    struct slot *s = look('s', sig, crypto_sign_BYTES, by, crypto_sign_PUBLICKEYBYTES, m,
                          (size_t)n, asked);
    if (s->is_used)
        return s->answer;
    if (f == NULL)
        real("crypto_sign_verify_detached", &f);
    return keep(s, asked, f(sig, m, n, by));
}

int
crypto_core_ed25519_is_valid_point(const unsigned char *p)
{
    static int (*f)(const unsigned char *);
    uint8_t asked[ASKED_BYTES];
    struct slot *s = look('v', p, crypto_core_ed25519_BYTES, NULL, 0, NULL, 0, asked);
    if (s->is_used)
        return s->answer;
    if (f == NULL)
        real("crypto_core_ed25519_is_valid_point", &f);
    return keep(s, asked, f(p));
}

int
crypto_scalarmult_ed25519_noclamp(unsigned char *q, const unsigned char *n,
                                  const unsigned char *p)
{
    static int (*f)(unsigned char *, const unsigned char *, const unsigned char *);
    uint8_t asked[ASKED_BYTES];
    struct slot *s = look('m', n, crypto_scalarmult_ed25519_SCALARBYTES, p,
                          crypto_core_ed25519_BYTES, NULL, 0, asked);
    if (!s->is_used) {
        if (f == NULL)
            real("crypto_scalarmult_ed25519_noclamp", &f);
        (void)keep(s, asked, f(s->point, n, p));
    }
    memcpy(q, s->point, sizeof(s->point));
    return s->answer;
}

/* Guarded pages cost a session four system calls, a tenth of a world's time. */
void *
sodium_malloc(const size_t n)
{
    return calloc(1, n);
}

void
sodium_free(void *p)
{
    free(p);
}

void
sim_sodium_init(void)
{
    memset(slot, 0, sizeof(slot));
    hits = 0;
}

uint64_t
sim_sodium_hits(void)
{
    return hits;
}
