/* Disks of the simulator: an SQLite VFS in memory that can lose what was not synced, tear
 * the last write, fail, fill up and crash at the n-th call. Every file has two images:
 * what the process sees, and what is on the platter; sectors of 512 bytes that differ are
 * dirty.
 *
 * File names are NODE/NAME. Deterministic: randomness is the caller's generator. */
#ifndef LINJULI_SIM_VFS_H
#define LINJULI_SIM_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_NODES_MAX 128

struct rng {
    uint64_t s;
};
uint64_t rng_next(struct rng *r);
uint32_t rng_below(struct rng *r, uint32_t n);
bool rng_chance(struct rng *r, uint32_t per_mille);

enum disk_fault {
    DISK_CRASH, /* at the n-th call: this one is torn, everything after fails */
    DISK_ERROR, /* EIO once */
    DISK_FULL   /* no space, until disk_space_again */
};
enum crash_mode {
    CRASH_LOSE,
    CRASH_KEEP,
    CRASH_SOME
}; /* what of the unsynced survives */

/* Registers the VFS "sim" for this process; all disks start empty. */
void sim_vfs_init(void);
void sim_vfs_reset(struct rng *rng); /* between seeds */
/* From the n-th write or sync of this node on (1: the next one). 0: none is planned. */
void disk_plan(unsigned node, enum disk_fault fault, uint32_t at_call);
void disk_space_again(unsigned node);
bool disk_has_crashed(unsigned node);
/* The power is gone: what was not synced survives as the mode says, then the node may
 * start. */
void disk_restart(unsigned node, enum crash_mode mode);
/* All files of one disk onto another, as the system shows them just now: a copy made
 * between two transactions. What was on `to` is gone. */
void disk_copy(unsigned from, unsigned to);
/* The same onto a disk of no world, which outlives sim_vfs_reset, and from there. */
struct disk;
void disk_keep(unsigned from, struct disk **kept); /* NULL at first; never freed */
void disk_give(const struct disk *kept, unsigned to);
/* A disk that says "synced" and is not. */
void disk_lie(unsigned node, bool lies);
/* Flips a bit of the durable image of NODE/linjuli.db. */
void disk_rot(unsigned node);
uint64_t disk_writes(void);
uint64_t disk_syncs(void);

#endif
