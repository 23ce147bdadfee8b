/* The talk about sixteen digits, with whoever is on the network: the first byte says who
 * hears (a giver, a joiner), the second in which pieces. Nothing but a peer with the key
 * gets a file or gives one, and no more is kept than was sent. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sync/code_talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pair
pair_of(uint8_t fill)
{
    uint8_t seed[SEED_BYTES];
    struct pair p;

    memset(seed, fill, sizeof seed);
    pair_from_seed(PAIR_BOX, seed, &p);
    return p;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct code_name name = {"123"};
    static const struct key psk = {{1}};
    enum code_heard heard = CODE_MORE;
    struct buf out = BUF_NONE;
    struct code_talk *t;

    if (size < 2) {
        return 0;
    }
    if (crypto_init() != RC_OK) { /* Noise keeps its keys in locked memory */
        abort();
    }
    struct pair self = pair_of(1), ephemeral = pair_of(2);
    bool is_joiner = (data[0] & 1) != 0;
    t = is_joiner ? code_talk_join(&name, &psk, &self, &ephemeral, &out)
                  : code_talk_give(&self, &ephemeral);
    for (size_t at = 2, n; at < size && heard == CODE_MORE; at += n) {
        n = (size_t)data[1] + 1;
        n = n < size - at ? n : size - at;
        heard = code_talk_hear(t, slice_of(data + at, n), &out);
    }
    assert(heard != CODE_TAKEN && heard != CODE_ANSWERED);
    assert(is_joiner || heard != CODE_REFUSED);
    if (heard == CODE_ASKED) {
        assert(code_name_is(code_talk_name(t)->digit));
        assert(!code_talk_judge(t, &psk));
        code_talk_refuse(t, CODE_NO_WRONG, 1, &out);
    }
    assert(out.n <= 17 + 50 + 98 + 66 + 5);
    code_talk_free(t);
    buf_free(&out);
    return 0;
}
