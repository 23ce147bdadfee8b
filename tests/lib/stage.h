/* A scene with one replica that holds its first entry. */
#ifndef LINJULI_TEST_STAGE_H
#define LINJULI_TEST_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync/replica_impl.h"
#include "tests/lib/mem_store.h"
#include "tests/lib/scene.h"

struct stage {
    struct scene s;
    struct mem_store *store;
    struct replica *r;
    struct changes changes; /* of the last settle */
    struct buf kept[512];   /* entries made, the first one included */
    size_t n;
};

extern const struct hash no_root;

void stage_init(struct stage *t, size_t logs);
void stage_fini(struct stage *t);
/* Keeps the entry made last. */
void stage_keep(struct stage *t);
/* Must be taken somehow: what the replica says. */
enum offer stage_offer(struct stage *t, struct slice entry);
enum offer stage_offer_kept(struct stage *t, size_t at);
enum rc stage_refuse(struct stage *t, struct slice entry);
void stage_settle(struct stage *t);
void stage_settle_finally(struct stage *t);
const struct log_state *stage_log(const struct stage *t, uint32_t no);
/* The only change of that kind; fails if there is none or another one. */
struct change stage_change(const struct stage *t, enum change_kind kind);
bool stage_has_change(const struct stage *t, enum change_kind kind);
/* n more entries of log i, kept but not offered. */
void stage_write(struct stage *t, size_t i, size_t n);
/* A seal over the tips of logs 1 to n, kept but not offered. */
struct slice stage_seal(struct stage *t, size_t n, uint64_t size,
                        const struct hash *root);

#endif
