/* `bundle read`: this process walks the file and finds out what of it is whole; whoever
 * has the node takes it, a quarter of a megabyte at a time. */
#include "cli/bundle.h"
#include "cli/out.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_BYTES 65536
#define TURN_BYTES (256u << 10)

struct reading {
    struct bundle_worker *w;
    const char *path;
    int fd;
    uint64_t size;
    struct bundle_reader r;
    uint64_t head_to;
    uint64_t from, to; /* whole chunks not taken yet */
    json_t *head;      /* what the last look at it said */
    json_t *logs;      /* by key */
    uint64_t acked;    /* own entries at the centre, before */
    bool is_whole;
    int status;
    char why[16];
};

const char *
bundle_shown(const char *path, struct buf *out)
{
    out->n = 0;
    out_escaped(out, slice_text(path), false);
    return buf_text(out);
}

int
bundle_open(struct cli *c, const char *path, int *status)
{
    struct buf shown = BUF_NONE;
    struct stat st;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int no = errno;
    bool plain = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    if (!plain) {
        enum word word =
            fd >= 0 || no == ELOOP || no == ENXIO ? WORD_BUNDLE_SPECIAL : WORD_NO_INPUT;
        complain(c, word, bundle_shown(path, &shown), NULL);
        *status = BUNDLE_EXIT_NONE;
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    buf_free(&shown);
    return fd;
}

/* ---- taking */

static void
add_up(json_t *to, json_t *from, const char *name)
{
    json_int_t n = json_integer_value(json_object_get(to, name)) +
                   json_integer_value(json_object_get(from, name));
    json_object_set_new(to, name, json_integer(n));
}

static void
add_log(struct reading *x, json_t *one)
{
    static const char *const counts[] = {"new", "had", "sealed", "waiting", "refused"};
    const char *key = json_string_value(json_object_get(one, "key"));
    json_t *have = key != NULL ? json_object_get(x->logs, key) : NULL;
    if (key == NULL)
        return;
    for (size_t i = 0; have != NULL && i < sizeof(counts) / sizeof(counts[0]); i++)
        add_up(one, have, counts[i]);
    json_object_set(x->logs, key, one);
}

static void
show_progress(struct reading *x)
{
    struct cli *c = x->w->c;
    if (!c->sees_progress || x->size == 0)
        return;
    buf_addf(c->err, "\r%llu %%%s", (unsigned long long)(x->r.at * 100 / x->size),
             x->is_whole ? "\n" : " ");
    c->show(c);
}

static void
take(struct reading *x)
{
    json_t *json = NULL;
    json_t *one;
    size_t i;
    if (x->to == x->from || x->status != 0)
        return;
    x->status = bundle_step(x->w, "take", x->fd, x->from, x->to, &json);
    json_array_foreach(json_object_get(json, "logs"), i, one)
    {
        add_log(x, one);
    }
    json_decref(json);
    x->from = x->to;
    show_progress(x);
}

static void
look(struct reading *x, const char *what)
{
    json_t *json = NULL;
    int status = bundle_step(x->w, what, x->fd, 0, x->head_to, &json);
    if (status != 0)
        x->status = status;
    json_decref(x->head);
    x->head = json;
}

static bool
said(const struct reading *x, const char *name)
{
    return json_is_true(json_object_get(x->head, name));
}

static uint64_t
number(const struct reading *x, const char *name)
{
    json_int_t n = json_integer_value(json_object_get(x->head, name));
    return n > 0 ? (uint64_t)n : 0;
}

static void
ends(struct reading *x, const char *why, int status)
{
    (void)snprintf(x->why, sizeof(x->why), "%s", why);
    if (x->status == 0)
        x->status = status;
}

/* false: it goes no further. */
static bool
on_part(struct reading *x, enum bundle_got got, struct slice part)
{
    struct bundle_head head;
    switch (got) {
    case BUNDLE_PART:
        return true;
    case BUNDLE_HEAD:
        x->head_to = x->from = x->to = x->r.to;
        if (bundle_head_decode(part, &head) != RC_OK) {
            ends(x, "damaged", BUNDLE_EXIT_DAMAGED);
            x->head_to = 0;
            return false;
        }
        look(x, "head");
        x->acked = number(x, "acked");
        if (x->status == 0 && !said(x, "same"))
            ends(x, "foreign", BUNDLE_EXIT_FOREIGN);
        return x->status == 0 && !said(x, "own");
    case BUNDLE_CHUNK:
        x->to = x->r.to;
        if (x->to - x->from >= TURN_BYTES)
            take(x);
        return x->status == 0;
    case BUNDLE_END:
        x->is_whole = true;
        return true;
    case BUNDLE_NONE:
        ends(x, "none", BUNDLE_EXIT_NONE);
        return false;
    case BUNDLE_NEWER:
        ends(x, "newer", BUNDLE_EXIT_NEWER);
        return false;
    case BUNDLE_BAD:
        take(x);
        x->is_whole = false;
        ends(x, "damaged", BUNDLE_EXIT_DAMAGED);
        return false;
    }
    return false;
}

/* Walks the file. */
static void
walk(struct reading *x)
{
    uint8_t *block = mem_new(BLOCK_BYTES);
    bool more = true;
    for (ssize_t n = 1; more && n != 0;) {
        n = read(x->fd, block, BLOCK_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break; /* what cannot be read is missing */
        struct slice s = slice_of(block, (size_t)n);
        while (more && s.n > 0) {
            struct slice part = {NULL, 0};
            more = on_part(x, bundle_next(&x->r, &s, &part), part);
        }
    }
    if (more && !x->is_whole) {
        take(x);
        ends(x, x->r.has_head || x->size > 0 ? "torn" : "none",
             x->size > 0 ? BUNDLE_EXIT_TORN : BUNDLE_EXIT_NONE);
    } else if (more) {
        take(x);
    }
    mem_free(block);
}

/* ---- telling */

static uint64_t
sum(const struct reading *x, const char *unit, const char *name)
{
    const char *key;
    json_t *one;
    json_int_t n = 0;
    json_object_foreach(x->logs, key, one)
    {
        const char *of = json_string_value(json_object_get(one, "unit"));
        if (unit == NULL || (of != NULL && strcmp(of, unit) == 0))
            n += json_integer_value(json_object_get(one, name));
    }
    return (uint64_t)n;
}

static void
tell_units(struct reading *x)
{
    struct cli *c = x->w->c;
    json_t *units = json_object();
    json_t *one;
    const char *key;
    json_object_foreach(x->logs, key, one)
    {
        const char *unit = json_string_value(json_object_get(one, "unit"));
        json_int_t fresh = json_integer_value(json_object_get(one, "new"));
        json_int_t had = json_integer_value(json_object_get(one, "had"));
        if (json_is_true(json_object_get(one, "authority")) && fresh + had > 0)
            say(c, WORD_BUNDLE_CENTRE, num(c, (uint64_t)fresh), num(c, (uint64_t)had),
                NULL);
        if (unit != NULL)
            json_object_set_new(units, unit, json_true());
    }
    json_object_foreach(units, key, one)
    {
        uint64_t sealed = sum(x, key, "sealed");
        uint64_t fresh = sum(x, key, "new") - sealed;
        uint64_t had = sum(x, key, "had");
        if (fresh > 0)
            say(c, WORD_BUNDLE_UNIT, key, num(c, fresh), num(c, had), NULL);
        else if (had > 0)
            say(c, WORD_BUNDLE_HAD, key, num(c, had), NULL);
        if (sealed > 0)
            say(c, WORD_BUNDLE_CARRY, key, num(c, sealed), NULL);
    }
    json_decref(units);
}

/* What the centre has of ours by now, which it had not before. */
static void
tell_receipt(struct reading *x)
{
    struct cli *c = x->w->c;
    uint64_t now = number(x, "acked");
    if (now > x->acked)
        say(c, WORD_BUNDLE_RECEIPT, num(c, now - x->acked),
            num(c, sum(x, NULL, "new") - sum(x, NULL, "sealed")), NULL);
}

static void
tell_why(struct reading *x, const char *path)
{
    struct cli *c = x->w->c;
    uint64_t missing = number(x, "missing");
    uint64_t waiting = sum(x, NULL, "waiting");
    uint64_t refused = sum(x, NULL, "refused");
    if (strcmp(x->why, "torn") == 0)
        complain(c, WORD_BUNDLE_TORN, path, num(c, missing), NULL);
    else if (strcmp(x->why, "damaged") == 0)
        complain(c, WORD_BUNDLE_DAMAGED, path, num(c, x->r.at), num(c, x->r.to),
                 num(c, missing), NULL);
    else if (strcmp(x->why, "newer") == 0)
        complain(c, WORD_BUNDLE_NEWER, path, NULL);
    else if (strcmp(x->why, "foreign") == 0)
        complain(c, WORD_BUNDLE_FOREIGN, path, NULL);
    else if (strcmp(x->why, "none") == 0)
        complain(c, WORD_BUNDLE_NONE, path, NULL);
    else if (strcmp(x->why, "refused") == 0)
        complain(c, WORD_BUNDLE_REFUSED, path, num(c, refused), NULL);
    else if (strcmp(x->why, "gap") == 0)
        complain(c, WORD_BUNDLE_GAP, path, num(c, waiting), NULL);
}

static void
tell(struct reading *x, json_t *all)
{
    struct cli *c = x->w->c;
    struct buf path = BUF_NONE;
    (void)bundle_shown(x->path, &path);
    if (c->json) {
        json_t *json = json_object();
        json_object_set_new(json, "file", json_of_text(slice_text(x->path)));
        json_object_set_new(json, "result", json_string(x->why));
        json_object_set_new(json, "missing", json_of_u64(number(x, "missing")));
        json_object_set_new(json, "believed", json_boolean(said(x, "believed")));
        json_object_set(json, "logs", x->logs);
        json_array_append_new(all, json);
    } else if (x->head_to > 0 && strcmp(x->why, "foreign") != 0) {
        say(c, WORD_BUNDLE_FROM, buf_text(&path), num(c, number(x, "node")), NULL);
        if (sum(x, NULL, "new") + sum(x, NULL, "had") == 0)
            say(c, WORD_BUNDLE_NOTHING, NULL);
        tell_units(x);
        tell_receipt(x);
        if (!said(x, "believed"))
            say(c, WORD_BUNDLE_STRANGER, NULL);
    }
    tell_why(x, buf_text(&path));
    buf_free(&path);
}

/* ---- the answer of the centre */

static int
reply(struct reading *x)
{
    struct cli *c = x->w->c;
    char *copy = mem_text(x->path);
    char *path = mem_new(FILE_PATH_BYTES);
    struct buf shown = BUF_NONE;
    uint64_t entries = 0;
    bundle_worker_fini(x->w); /* the writer opens its own view */
    int status =
        bundle_write(c, (uint32_t)number(x, "node"), dirname(copy), true, path, &entries);
    if (status == 0 && !c->json)
        say(c, WORD_BUNDLE_REPLY, bundle_shown(path, &shown), NULL);
    buf_free(&shown);
    mem_free(path);
    mem_free(copy);
    return status;
}

int
bundle_read(struct bundle_worker *w, const char *path, json_t *all, bool *is_own)
{
    struct reading x = {.w = w, .path = path, .why = "done"};
    struct stat st;
    *is_own = false;
    x.fd = bundle_open(w->c, path, &x.status);
    if (x.fd < 0)
        return x.status;
    x.size = fstat(x.fd, &st) == 0 ? (uint64_t)st.st_size : 0;
    x.logs = json_object();
    bundle_reader_init(&x.r);
    walk(&x);
    *is_own = said(&x, "own");
    bool taken = x.head_to > 0 && said(&x, "same") && !*is_own;
    if (taken)
        look(&x, "end");
    if (x.status == 0 && sum(&x, NULL, "refused") > 0)
        ends(&x, "refused", BUNDLE_EXIT_DAMAGED);
    if (x.status == 0 && sum(&x, NULL, "waiting") > 0)
        ends(&x, "gap", BUNDLE_EXIT_TORN);
    if (!*is_own)
        tell(&x, all);
    if (taken && said(&x, "hub") && said(&x, "believed") &&
        !args_has(w->c->args, "--no-reply")) {
        int status = reply(&x);
        x.status = x.status == 0 ? status : x.status;
    }
    json_decref(x.head);
    json_decref(x.logs);
    bundle_reader_fini(&x.r);
    close(x.fd);
    return x.status;
}
