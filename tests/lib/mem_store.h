/* The storage port in memory, for tests, with failures on demand. */
#ifndef LINJULI_TEST_MEM_STORE_H
#define LINJULI_TEST_MEM_STORE_H

#include "sync/store.h"

struct mem_store;

struct mem_store *mem_store_new(void);
void mem_store_free(struct mem_store *m);
const struct sync_store *mem_store_port(struct mem_store *m);
/* A copy as it stands: what a rollback goes back to. */
struct mem_store *mem_store_copy(const struct mem_store *m);
/* The n-th call from now on fails with RC_IO; 0: none does. */
void mem_store_fail(struct mem_store *m, size_t n);
size_t mem_store_calls(const struct mem_store *m);
size_t mem_store_loose_n(const struct mem_store *m, const struct key *log);
uint64_t mem_store_trunk_n(const struct mem_store *m, const struct key *log);
/* Borrowed; {NULL, 0} when there is no such entry. */
struct slice mem_store_trunk_at(const struct mem_store *m, const struct key *log,
                                uint64_t seq, struct hash *id);

#endif
