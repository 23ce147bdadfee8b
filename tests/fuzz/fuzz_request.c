/* Requests and answers from a stranger's stick; the first byte says which: 0 a request, 1
 * an answer as it lies on the stick, 2 what an answer has inside its seal. What decodes
 * is what it was encoded from. */
#include <assert.h>
#include <string.h>

#include "schema/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
request(struct slice file)
{
    struct request r;
    struct hash name;

    if (request_decode(file, &r, &name) != RC_OK) {
        return;
    }
    assert(file.n <= REQUEST_FILE_BYTES_MAX);
    assert(r.person[0] != '\0' && strlen(r.person) <= NAME_BYTES_MAX);
    assert(strlen(r.unit) <= REQUEST_WORD_BYTES_MAX);
    assert(strlen(r.role) <= REQUEST_WORD_BYTES_MAX);
    assert(key_is_valid(&r.log) && key_is_valid(&r.ack) && !key_eq(&r.log, &r.ack));
}

static void
body(struct slice file)
{
    static const struct hash name;
    struct pair box;
    uint8_t seed[SEED_BYTES] = {7};
    struct invite i, again;
    struct buf sealed = BUF_NONE;

    if (invite_decode(file, &i) != RC_OK) {
        return;
    }
    pair_from_seed(PAIR_BOX, seed, &box);
    answer_encode_random(&i, &name, &box.pub, &sealed);
    assert(answer_decode(buf_slice(&sealed), &name, &box, &again) == RC_OK);
    assert(again.log_no == i.log_no && again.authority.n == i.authority.n);
    assert(again.addresses.n == i.addresses.n && again.made_ms == i.made_ms);
    invite_fini(&again);
    invite_fini(&i);
    buf_free(&sealed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pair box;
    struct hash name = {{0}};
    uint8_t seed[SEED_BYTES] = {7};
    struct invite i;

    if (size == 0 || crypto_init() != RC_OK) {
        return 0;
    }
    struct slice file = slice_of(data + 1, size - 1);
    if (data[0] == 0) {
        request(file);
    } else if (data[0] == 2) {
        body(file);
    } else {
        pair_from_seed(PAIR_BOX, seed, &box);
        if (file.n >= 45) {
            memcpy(name.b, file.p + 13, HASH_BYTES);
        }
        if (answer_decode(file, &name, &box, &i) == RC_OK) {
            invite_fini(&i);
        }
    }
    return 0;
}
