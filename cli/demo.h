/* The demo: the article's community, live, on this machine. Private to cmd_demo.c,
 * demo_*.c. */
#ifndef LINJULI_DEMO_H
#define LINJULI_DEMO_H

#include "cli/cli.h"

/* The article's numbers; nothing in the demo may differ from them. */
#define DEMO_COMPOUNDS 7
#define DEMO_PARTY 5
#define DEMO_GROUPS 87
#define DEMO_GRIDS 17
#define DEMO_HOUSEHOLDS 9225
#define DEMO_RESIDENTS 23843
#define DEMO_REGISTERED 2171
#define DEMO_MERCHANTS 756
#define DEMO_AREA_M2 1624000
#define DEMO_MEMBERS 2016 /* more than 2,000 */
#define DEMO_CENTRE_HOUSEHOLDS 87
#define DEMO_CADRES 35
#define DEMO_WISHES 148
#define DEMO_PROBLEMS 181
#define DEMO_COURSES 12   /* more than 10 */
#define DEMO_SESSIONS 304 /* more than 300 */
#define DEMO_TEAMS 22     /* more than 20 */
#define DEMO_ORGANISATIONS 15
#define DEMO_PROJECTS 23
#define DEMO_HERITAGE 13
#define DEMO_PLOTS 40
#define DEMO_PASSBOOKS 100 /* of 310 yuan each: more than 30,000 in all */
#define DEMO_PATH 4096

/* ---- demo_data.c: sheets as a centre would have them. The same seed gives the same
 * bytes. */
/* Unit code of group i (0 to 86), like 0302: compound 03, second group there. */
uint32_t demo_group_unit(unsigned i);
/* Writes units.csv, compounds.csv, merchants.csv, households.csv, residents.csv (GB18030,
 * as the old spreadsheets are). */
enum rc demo_write_sheets(const char *dir, uint64_t seed) MUST_USE;

/* Writes text as dir/name in GB18030 and empties it. */
enum rc demo_write_sheet(const char *dir, const char *name, struct buf *text) MUST_USE;
/* Appends a name of nobody in particular. */
void demo_name(struct buf *b, uint64_t *seed);

/* ---- demo_run.c: processes */
struct demo_node {
    char dir[DEMO_PATH];
    uint32_t unit;
    uint16_t port;
    int pid; /* of its daemon; 0: not running */
    int ready_fd;
    uint64_t peak_kb; /* resident memory of its daemons so far */
};
struct demo {
    struct cli *cli;
    char dir[DEMO_PATH];
    char program[DEMO_PATH]; /* this program */
    struct demo_node *node;  /* node[0] is the hub */
    unsigned nodes_n;        /* group nodes, without the hub */
    struct buf out;          /* of the last command */
};
/* Runs this program with these words (closed by NULL) on a node and waits; its output is
 * in d->out. Exit status, or -1. */
int demo_run(struct demo *d, const struct demo_node *n, ...) __attribute__((sentinel));
/* The same, with the words behind the program's name in argv, closed by NULL; argv[0] is
 * the program. */
int demo_run_words(struct demo *d, const struct demo_node *n, char **argv);
/* The same for several at once: starts without waiting; demo_wait collects. */
enum rc demo_serve(struct demo *d,
                   struct demo_node *n) MUST_USE; /* until it says it is ready */
void demo_stop(struct demo *d, struct demo_node *n);
void demo_stop_all(struct demo *d);
uint16_t demo_free_port(void); /* 0: none */
/* Line `log HEX` of `digest`, 32 digits; false: it failed. */
bool demo_digest(struct demo *d, const struct demo_node *n, char out[static 33]);
/* Waits until all of from..to have one digest, or ms have passed. */
bool demo_converge(struct demo *d, unsigned from, unsigned to, uint64_t ms,
                   uint64_t *took_ms);
uint64_t demo_now_ms(void);
void demo_sleep_ms(unsigned ms);

/* ---- demo_year.c */
/* What the community did in the year of the article, by the hub and a clerk's desk, each
 * record with its life, step by step. False: a step failed; *what (static) names it. */
bool demo_year(struct demo *d, uint64_t seed, const char **what);

/* ---- demo_check.c: the table, read from the stores */
/* Re-reads every store under d->dir, walks every chain, prints the table. False:
 * something is missing or differs. */
bool demo_check(struct demo *d, bool walk);

#endif
