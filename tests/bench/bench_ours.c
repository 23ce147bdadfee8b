/* Our column of `make bench`: one measurement a call, figures as `name value unit` lines.
 * bench_ours WHAT DIR N; rows are four fields of about the peers' size, through the same
 * code that `import` and `sync` run. LINJULI_BENCH_UNCHECKED=1: no signatures are checked
 * and the database does not wait for the disk, so that a skipped check would show. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "node/node.h"

static double
wall(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
cpu(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
           (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

static void
die(const char *what, enum rc rc)
{
    fprintf(stderr, "%s: %s\n", what, rc_name(rc));
    exit(1);
}

static void
sheet(struct buf *out, const char *community, const struct pair *root)
{
    (void)root;
    buf_addf(out, "%s\n", community);
}

static struct node *
hub(const char *dir)
{
    struct fault why = {0};
    struct node *n = NULL;
    struct node_birth b = {
        .dir = dir, .community = "绿洲社区", .person = "中心", .sheet = sheet};
    enum rc rc = node_init(&b, &why);
    if (rc == RC_OK)
        rc = node_open(dir, NODE_WRITE, &n, &why);
    if (rc != RC_OK)
        die(why.what, rc);
    return n;
}

struct job {
    unsigned from, n;
};

static void
row(unsigned i, char text[4][64])
{
    snprintf(text[0], 64, "商户%07u", i);
    snprintf(text[1], 64, "商业街%u号", i % 997);
    snprintf(text[2], 64, "联系人%u", i % 4999);
    snprintf(text[3], 64, "138%08u", i);
}

static enum rc
add_many(struct node *n, void *arg)
{
    struct job *j = arg;
    struct author a;
    struct fault why = {0};
    struct edit_bulk *bulk = NULL;
    uint8_t batch[RECORD_ID_BYTES];
    char text[4][64];
    bytes_random(batch, sizeof(batch));
    enum rc rc = node_author(n, &a, &why);
    if (rc == RC_OK)
        rc = edit_bulk_begin(n->ledger, &a, "merchant", batch, &bulk, &why);
    for (unsigned i = 0; rc == RC_OK && i < j->n; i++) {
        row(j->from + i, text);
        struct assign f[4] = {{"name", text[0]},
                              {"place", text[1]},
                              {"contact", text[2]},
                              {"phone", text[3]}};
        rc = edit_bulk_add(bulk, 0, f, 4, &why);
    }
    return rc == RC_OK ? edit_bulk_end(&bulk) : rc;
}

static enum rc
add_one(struct node *n, void *arg)
{
    struct job *j = arg;
    struct author a;
    struct fault why = {0};
    struct made made;
    char text[4][64];
    enum rc rc = node_author(n, &a, &why);
    row(j->from++, text);
    struct assign f[4] = {
        {"name", text[0]}, {"place", text[1]}, {"contact", text[2]}, {"phone", text[3]}};
    return rc == RC_OK ? edit_add(n->ledger, &a, "merchant", 0, f, 4, &made, &why) : rc;
}

static double
size_of(const char *dir)
{
    char path[4096];
    struct stat st;
    snprintf(path, sizeof(path), "%s/linjuli.db", dir);
    return stat(path, &st) == 0 ? (double)st.st_size : 0;
}

static void
bulk(const char *dir, unsigned n)
{
    struct node *node = hub(dir);
    double t = wall(), c = cpu();
    for (unsigned at = 0; at < n; at += 10000) {
        struct job j = {at, n - at < 10000 ? n - at : 10000};
        enum rc rc = node_turn(node, add_many, &j);
        if (rc != RC_OK)
            die("import", rc);
    }
    printf("import_rows_per_s %.0f 1/s\nimport_cpu_us %.2f us\n", n / (wall() - t),
           (cpu() - c) / n * 1e6);
    node_close(node);
    printf("file_bytes_per_row %.1f B\n", size_of(dir) / n);
}

static void
single(const char *dir, unsigned n)
{
    struct node *node = hub(dir);
    struct job j = {0, 0};
    double t = wall(), c = cpu();
    for (unsigned i = 0; i < n; i++) {
        enum rc rc = node_turn(node, add_one, &j);
        if (rc != RC_OK)
            die("add", rc);
    }
    printf("single_rows_per_s %.0f 1/s\nsingle_cpu_us %.2f us\n", n / (wall() - t),
           (cpu() - c) / n * 1e6);
    node_close(node);
    printf("file_bytes_per_entry %.1f B\n", size_of(dir) / n);
}

int
main(int argc, char **argv)
{
    if (argc != 4 || crypto_init() != RC_OK) {
        fprintf(stderr, "usage: bench_ours bulk|single DIR N\n");
        return 64;
    }
    unsigned n = (unsigned)strtoul(argv[3], NULL, 10);
    if (strcmp(argv[1], "bulk") == 0)
        bulk(argv[2], n);
    else
        single(argv[2], n);
    return 0;
}
