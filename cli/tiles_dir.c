/* A folder of tiles (CHECKPOINT.md section 4): written once each, whole or not at all;
 * the checkpoint last, so that whoever reads it finds everything under it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/checkpoint.h"
#include "cli/file.h"
#include "cli/out.h"

#define FILE_MODE 0644 /* to be served to anybody */
#define DIR_MODE 0755
#define TILE_BYTES_MAX (TILE_WIDTH * (2 + ENTRY_HEAD_BYTES))

struct tiles_dir {
    const char *dir;
    bool has_old;
    struct checkpoint old; /* what lies there already */
    struct buf old_note;
    struct merkle made; /* leaves seen */
    struct tiles tiles;
    struct buf path, there;
    enum word refused; /* WORD_NOTHING: not, else why */
    uint64_t files, bytes;
    struct fault why;
};

static enum rc
refuse(struct tiles_dir *t, enum word why)
{
    t->refused = why;
    return RC_INVALID;
}

static enum rc
path_fault(struct tiles_dir *t, const char *path)
{
    int no = errno;
    fault_set(&t->why, no == ENOSPC || no == EDQUOT ? RC_FULL : RC_IO, FAULT_NODE_IO,
              "%s", path);
    fault_want(&t->why, "%s", strerror(no));
    return t->why.rc;
}

/* ---- what lies there */

static enum rc
read_old(struct tiles_dir *t, const struct published *p)
{
    t->path.n = 0;
    buf_addf(&t->path, "%s/checkpoint", t->dir);
    enum rc rc =
        file_take(buf_text(&t->path), CHECKPOINT_BYTES_MAX, &t->old_note, &t->why);
    if (rc == RC_NOTFOUND)
        return RC_OK;
    if (rc == RC_OK)
        rc = checkpoint_parse(buf_slice(&t->old_note), &t->old);
    if (rc == RC_MALFORMED || rc == RC_LIMIT)
        return refuse(t, WORD_TILES_FOREIGN);
    t->has_old = rc == RC_OK;
    if (rc == RC_OK && !hash_eq(&t->old.community, &p->at.community))
        return refuse(t, WORD_TILES_FOREIGN);
    if (rc == RC_OK && t->old.size > p->at.size)
        return refuse(t, WORD_TILES_AHEAD);
    return rc;
}

/* Are the first leaves those that were published? */
static enum rc
check_old(struct tiles_dir *t)
{
    struct hash root = merkle_root(&t->made);
    return hash_eq(&root, &t->old.root) ? RC_OK : refuse(t, WORD_TILES_OTHER);
}

static enum rc
check_leaf(void *arg, const struct tree_leaf *leaf)
{
    struct tiles_dir *t = arg;
    enum rc rc = t->has_old && t->made.size == t->old.size ? check_old(t) : RC_OK;
    if (rc == RC_OK)
        merkle_add(&t->made, &leaf->id);
    return rc;
}

/* ---- writing */

/* The folders of a path below DIR. */
static enum rc
make_dirs(struct tiles_dir *t, const char *path)
{
    char part[FILE_PATH_BYTES];
    int n = snprintf(part, sizeof(part), "%s", path);
    if (n < 0 || (size_t)n >= sizeof(part)) {
        errno = ENAMETOOLONG;
        return path_fault(t, path);
    }
    for (char *at = part + strlen(t->dir) + 1; *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        if (mkdir(part, DIR_MODE) == 0) {
            if (chmod(part, DIR_MODE) != 0) /* whatever the umask */
                return path_fault(t, part);
        } else if (errno != EEXIST) {
            return path_fault(t, part);
        }
        *at = '/';
    }
    return RC_OK;
}

static enum rc
write_file(struct tiles_dir *t, const char *path, struct slice bytes, bool over)
{
    struct file_out f;
    enum rc rc = file_out_begin(&f, path, over, &t->why);
    if (rc != RC_OK)
        return rc;
    rc = fd_write(f.fd, bytes);
    if (rc != RC_OK || fchmod(f.fd, FILE_MODE) != 0)
        rc = path_fault(t, path);
    if (rc == RC_OK)
        return file_out_end(&f, &t->why);
    file_out_drop(&f);
    return rc;
}

/* One that lies there from a run that was cut off is fine, if it is the same. */
static enum rc
write_tile(void *arg, const struct tile *tile)
{
    struct tiles_dir *t = arg;
    t->path.n = 0;
    buf_addf(&t->path, "%s/", t->dir);
    tile_path(tile, &t->path);
    const char *path = buf_text(&t->path);
    t->there.n = 0;
    enum rc rc = file_take(path, TILE_BYTES_MAX, &t->there, &t->why);
    if (rc == RC_OK && slice_eq(buf_slice(&t->there), tile->bytes))
        return RC_OK;
    if (rc == RC_OK || rc == RC_LIMIT)
        return refuse(t, WORD_TILES_DIFFER);
    if (rc == RC_NOTFOUND)
        rc = make_dirs(t, path);
    if (rc == RC_OK)
        rc = write_file(t, path, tile->bytes, false);
    if (rc == RC_OK) {
        t->files++;
        t->bytes += tile->bytes.n;
    }
    return rc;
}

static enum rc
take_leaf(void *arg, const struct tree_leaf *leaf)
{
    struct tiles_dir *t = arg;
    return tiles_add(&t->tiles, leaf->bytes, &leaf->id);
}

/* Names and tiles are on the disk before the checkpoint speaks of them. */
static enum rc
sync_all(struct tiles_dir *t)
{
    int fd = open(t->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum rc rc = fd >= 0 && syncfs(fd) == 0 ? RC_OK : path_fault(t, t->dir);
    if (fd >= 0)
        close(fd);
    return rc;
}

static enum rc
write_checkpoint(struct tiles_dir *t, const struct published *p)
{
    if (t->has_old && slice_eq(buf_slice(&t->old_note), buf_slice(&p->note)))
        return RC_OK;
    t->path.n = 0;
    buf_addf(&t->path, "%s/checkpoint", t->dir);
    const char *path = buf_text(&t->path);
    enum rc rc = sync_all(t);
    if (rc == RC_OK)
        rc = write_file(t, path, buf_slice(&p->note), true);
    return rc == RC_OK ? file_out_settle(path, &t->why) : rc;
}

/* First everything is read and compared, then the growth is written. */
static enum rc
publish(struct tiles_dir *t, const struct published *p)
{
    enum rc rc = read_old(t, p);
    if (rc == RC_OK)
        rc = tree_each(p->tree, check_leaf, t);
    if (rc == RC_OK && t->has_old && t->old.size == p->at.size)
        rc = check_old(t);
    if (rc != RC_OK)
        return rc;
    if (mkdir(t->dir, DIR_MODE) == 0) {
        if (chmod(t->dir, DIR_MODE) != 0)
            return path_fault(t, t->dir);
    } else if (errno != EEXIST) {
        return path_fault(t, t->dir);
    }
    tiles_init(&t->tiles, t->old.size, write_tile, t);
    if (t->old.size < p->at.size)
        rc = tree_each(p->tree, take_leaf, t);
    if (rc == RC_OK)
        rc = tiles_end(&t->tiles);
    tiles_fini(&t->tiles);
    return rc == RC_OK ? write_checkpoint(t, p) : rc;
}

static void
tell(struct cli *c, const struct published *p, const struct tiles_dir *t)
{
    if (c->json) {
        json_t *json = json_object();
        json_object_set_new(json, "dir", json_of_text(slice_text(t->dir)));
        json_object_set_new(json, "from", json_of_u64(t->old.size));
        json_object_set_new(json, "size", json_of_u64(p->at.size));
        json_object_set_new(json, "files", json_of_u64(t->files));
        json_object_set_new(json, "bytes", json_of_u64(t->bytes));
        out_json(c->out, json);
    } else if (t->has_old && t->old.size == p->at.size) {
        say(c, WORD_TILES_SAME, t->dir, num(c, p->at.size), NULL);
    } else {
        say(c, WORD_TILES_DONE, t->dir, num(c, t->old.size), num(c, p->at.size),
            num(c, t->files), NULL);
    }
}

int
tiles_write(struct cli *c, const struct published *p, const char *dir)
{
    struct tiles_dir t = {.dir = dir, .refused = WORD_NOTHING};
    int status = 0;
    if (!p->is_signed) {
        complain(c, WORD_TILES_NOT_HUB, NULL);
        return rc_exit(RC_DENIED);
    }
    enum rc rc = publish(&t, p);
    if (t.refused != WORD_NOTHING) {
        complain(c, t.refused, t.refused == WORD_TILES_DIFFER ? buf_text(&t.path) : dir,
                 num(c, t.old.size), num(c, p->at.size), NULL);
        status = rc_exit(rc);
    } else if (rc != RC_OK) {
        status = fail(c, rc, &t.why);
    } else {
        tell(c, p, &t);
    }
    buf_free(&t.old_note);
    buf_free(&t.path);
    buf_free(&t.there);
    return status;
}
