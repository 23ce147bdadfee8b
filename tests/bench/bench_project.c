/* Records written in bulk by one ledger and applied by another: files, WAL, FULL.
 * Usage: bench_project [RECORDS [RECORDS_A_TRANSACTION]] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "schema/fold.h"
#include "tests/lib/ledger_fixture.h"

static double
seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
die(const char *what)
{
    fprintf(stderr, "bench_project: %s\n", what);
    exit(70);
}

static void
text_value(struct buf *b, const char *text)
{
    struct value v = {.kind = VALUE_TEXT, .as.text = slice_text(text)};
    value_encode(&v, b);
}

/* One need of four fields, with number and state. */
static void
fill(struct op *op, struct buf *b, struct member *m, struct author_run *run, size_t i)
{
    static const uint16_t code[] = {FIELD_NUMBER, FIELD_STATE, 10, 11, 14, 15};
    struct value number = {.kind = VALUE_NUMBER};
    struct value state = {.kind = VALUE_STATE, .as.move.to = 1};
    struct value people = {.kind = VALUE_INT, .as.num = (int64_t)(i % 1000 + 1)};
    size_t end[6];
    char text[64];
    b->n = 0;
    if (author_number(run, 0, &number.as.number) != RC_OK)
        die("number");
    value_encode(&number, b);
    end[0] = b->n;
    value_encode(&state, b);
    end[1] = b->n;
    snprintf(text, sizeof(text), "需求 %zu", i);
    text_value(b, text);
    end[2] = b->n;
    text_value(b, "楼道灯不亮，晚上出门不便");
    end[3] = b->n;
    text_value(b, "3-2-501");
    end[4] = b->n;
    value_encode(&people, b);
    end[5] = b->n;
    op->code = OP_PUT;
    op->type = 180;
    ledger_new_id(m->l, op->record);
    op->fields_n = 6;
    for (uint16_t k = 0; k < 6; k++) {
        size_t from = k == 0 ? 0 : end[k - 1];
        op->field[k] = (struct put_field){.code = code[k],
                                          .value = slice_of(b->p + from, end[k] - from)};
    }
}

static void
write_all(struct community *c, size_t n, size_t each)
{
    struct member *m = &c->m[0];
    struct op *op = mem_new(sizeof(*op));
    struct buf b = BUF_NONE;
    for (size_t i = 0; i < n;) {
        struct author author;
        struct author_run *run = NULL;
        c->wall_ms += 10;
        if (ledger_begin(m->l) != RC_OK || author_of(m->l, &m->log, &author) != RC_OK ||
            author_begin(m->l, &author, &run) != RC_OK)
            die("begin");
        for (size_t k = 0; k < each && i < n; k++, i++) {
            if (i % 100 == 0)
                c->wall_ms++;
            fill(op, &b, m, run, i);
            if (author_put(run, 1, op) != RC_OK)
                die("put");
        }
        if (author_end(&run) != RC_OK || ledger_commit(m->l) != RC_OK)
            die("commit");
    }
    buf_free(&b);
    mem_free(op);
}

/* Every record's title changed, in entries of 500. */
static void
change_all(struct community *c, size_t n)
{
    struct member *m = &c->m[0];
    struct op *op = mem_new(sizeof(*op));
    struct image im = {0};
    struct buf b = BUF_NONE;
    struct author author;
    struct author_run *run = NULL;
    c->wall_ms += 1000;
    if (ledger_begin(m->l) != RC_OK || author_of(m->l, &m->log, &author) != RC_OK ||
        author_begin(m->l, &author, &run) != RC_OK)
        die("begin");
    for (size_t i = 0; i < n; i++) {
        /* Birth and units come first. */
        if (fold_read(m->l, (int64_t)i + 6, &im) != RC_OK || im.type != 180)
            die("read");
        b.n = 0;
        text_value(&b, "改过的标题");
        op->code = OP_PUT;
        op->type = 180;
        memcpy(op->record, im.key.id, RECORD_ID_BYTES);
        op->fields_n = 1;
        op->pool_n = 1;
        op->pool[0] = im.choice[image_field(&im, 10)->first].at;
        op->field[0] = (struct put_field){
            .code = 10, .replaces_n = 1, .replaces = op->pool, .value = buf_slice(&b)};
        if (author_put(run, 1, op) != RC_OK)
            die("put");
    }
    if (author_end(&run) != RC_OK || ledger_commit(m->l) != RC_OK)
        die("commit");
    image_fini(&im);
    buf_free(&b);
    mem_free(op);
}

struct apply {
    struct ledger *to;
    size_t entries, each;
    double offer_s, settle_s, commit_s;
};

static void
turn(struct apply *a)
{
    double t0 = seconds(CLOCK_MONOTONIC);
    if (ledger_settle(a->to) != RC_OK)
        die("settle");
    double t1 = seconds(CLOCK_MONOTONIC);
    if (ledger_commit(a->to) != RC_OK)
        die("commit");
    a->settle_s += t1 - t0;
    a->commit_s += seconds(CLOCK_MONOTONIC) - t1;
}

static bool
offer(void *arg, const struct stored *e)
{
    struct apply *a = arg;
    enum offer what = OFFER_HAVE;
    if (a->entries % a->each == 0 && ledger_begin(a->to) != RC_OK)
        die("begin");
    double t0 = seconds(CLOCK_MONOTONIC);
    if (replica_offer(ledger_replica(a->to), e->bytes, &what) != RC_OK)
        die("offer");
    a->offer_s += seconds(CLOCK_MONOTONIC) - t0;
    a->entries++;
    if (a->entries % a->each == 0)
        turn(a);
    return true;
}

static void
apply_all(struct member *to, struct member *from, struct apply *a)
{
    struct replica *r = ledger_replica(from->l);
    const struct sync_store *store = replica_store(r);
    a->to = to->l;
    uint64_t have = replica_trunk_n(ledger_replica(to->l), &from->log.pub);
    if (store->trunk(store->self, &from->log.pub, have + 1, offer, a) != RC_OK)
        die("trunk");
    if (a->entries % a->each != 0)
        turn(a);
}

static void
line(const char *what, size_t n, double s, double cpu)
{
    printf("%-28s %8.0f records/s  %6.2f us CPU a record\n", what, (double)n / s,
           cpu * 1e6 / (double)n);
}

static void
seen(void *arg, uint32_t scope, const uint8_t digest[16])
{
    (void)arg;
    (void)scope;
    (void)digest;
}

static void
measure(struct community *c, size_t n, size_t each)
{
    struct apply a = {.each = 1};
    double s = seconds(CLOCK_MONOTONIC);
    double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    write_all(c, n, each);
    line("write", n, seconds(CLOCK_MONOTONIC) - s,
         seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    community_seal(c);
    s = seconds(CLOCK_MONOTONIC);
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    apply_all(&c->m[1], &c->m[0], &a);
    line("apply, 64 KiB a transaction", n, seconds(CLOCK_MONOTONIC) - s,
         seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    printf("%-28s offer %.2f, settle and project %.2f, commit %.2f us a record\n", "",
           a.offer_s * 1e6 / (double)n, a.settle_s * 1e6 / (double)n,
           a.commit_s * 1e6 / (double)n);
    s = seconds(CLOCK_MONOTONIC);
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    change_all(c, n);
    line("change one field", n, seconds(CLOCK_MONOTONIC) - s,
         seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    community_seal(c);
    a.entries = 0;
    s = seconds(CLOCK_MONOTONIC);
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    apply_all(&c->m[1], &c->m[0], &a);
    line("apply the changes", n, seconds(CLOCK_MONOTONIC) - s,
         seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    s = seconds(CLOCK_MONOTONIC);
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    if (ledger_rebuild(c->m[1].l, NULL, NULL) != RC_OK)
        die("rebuild");
    line("rebuild", n, seconds(CLOCK_MONOTONIC) - s,
         seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    s = seconds(CLOCK_MONOTONIC);
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    if (ledger_digest(c->m[1].l, seen, NULL) != RC_OK)
        die("digest");
    line("digest", n, seconds(CLOCK_MONOTONIC) - s,
         seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
}

int
main(int argc, char **argv)
{
    static struct community c;
    char dir[] = "/tmp/linjuli-bench-XXXXXX";
    size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
    size_t each = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000;
    if (mkdtemp(dir) == NULL)
        die("no directory");
    community_init_at(&c, dir);
    community_groups(&c, 1);
    struct member *m = community_invite(&c, FIXTURE_GROUP, ROLE_LEADER);
    if (community_join(&c, m) != RC_OK)
        die("join");
    community_sync(&c);
    measure(&c, n, each);
    community_fini(&c);
    for (int i = 0; i < 2; i++) {
        char path[64];
        snprintf(path, sizeof(path), "%s/%d.db", dir, i);
        (void)unlink(path);
    }
    (void)rmdir(dir);
    return 0;
}
