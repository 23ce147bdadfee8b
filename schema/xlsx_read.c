/* The parts of a workbook: found by their relations, unpacked, pushed through expat. */
#include <archive.h>
#include <archive_entry.h>
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "schema/lazy.h"
#include "schema/xlsx_in.h"

#define BLOCK_BYTES 65536

/* clang-format off */
#define LIB(X)                                                                           \
    X(archive_read_new) X(archive_read_support_format_zip_seekable)                      \
    X(archive_read_set_read_callback) X(archive_read_set_seek_callback)                  \
    X(archive_read_set_callback_data) X(archive_read_open1) X(archive_read_next_header) X(archive_entry_pathname)        \
    X(archive_read_data) X(archive_read_free)
/* clang-format on */

struct xlsx_lib {
    LIB(LAZY_POINTER)
};

enum rc
xlsx_lib_load(struct xlsx_lib **out)
{
    static const char *const names[] = {LIB(LAZY_NAME)};
    void *f[sizeof(names) / sizeof(names[0])];
    enum rc rc = lazy_load(ARCHIVE_SO, names, f, sizeof(f) / sizeof(f[0]));
    assert(sizeof(f) == sizeof(**out));
    if (rc == RC_OK)
        *out = mem_copy(f, sizeof(f));
    return rc;
}

void
xlsx_lib_free(struct xlsx_lib *lib)
{
    mem_free(lib);
}

bool
xlsx_is(struct slice head)
{
    return head.n >= 4 && memcmp(head.p, "PK\x03\x04", 4) == 0;
}

bool
xlsx_is_old(struct slice head)
{
    return head.n >= 8 && memcmp(head.p, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8) == 0;
}

/* ---- one part */

void
xml_stop(struct xml *x, enum row_stop stop)
{
    if (x->stop == ROWS_FINE)
        x->stop = stop;
    (void)XML_StopParser(x->parser, XML_FALSE);
}

static const char *
local(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon != NULL ? colon + 1 : name;
}

const char *
xml_att(const char **atts, const char *name)
{
    for (size_t i = 0; atts[i] != NULL; i += 2)
        if (strcmp(local(atts[i]), name) == 0)
            return atts[i + 1];
    return NULL;
}

static void XMLCALL
on_start(void *self, const char *name, const char **atts)
{
    struct xml *x = self;
    if (x->stop != ROWS_FINE)
        return;
    if (++x->depth > XLSX_DEPTH_MAX)
        xml_stop(x, ROWS_LARGE);
    else
        x->start(x->self, local(name), atts);
}

static void XMLCALL
on_end(void *self, const char *name)
{
    struct xml *x = self;
    if (x->stop != ROWS_FINE)
        return;
    x->depth--;
    if (x->end != NULL)
        x->end(x->self, local(name));
}

static void XMLCALL
on_text(void *self, const char *text, int n)
{
    struct xml *x = self;
    if (x->stop == ROWS_FINE && x->text != NULL)
        x->text(x->self, text, (size_t)n);
}

/* No workbook has a document type: entities are how small files get large. */
static void XMLCALL
on_doctype(void *self, const char *name, const char *system, const char *public_id,
           int has_subset)
{
    (void)name;
    (void)system;
    (void)public_id;
    (void)has_subset;
    xml_stop(self, ROWS_BROKEN);
}

/* A tag that goes on and on is read again with every block: so it must end. */
static bool
push(struct xml *x, const void *block, size_t n, bool is_last, int64_t fed)
{
    enum XML_Status s = XML_Parse(x->parser, block, (int)n, is_last);
    if (x->stop == ROWS_FINE && s != XML_STATUS_OK)
        x->stop = ROWS_BROKEN;
    if (x->stop == ROWS_FINE && !is_last &&
        fed - XML_GetCurrentByteIndex(x->parser) > XLSX_TOKEN_BYTES_MAX)
        x->stop = ROWS_LARGE;
    return x->stop == ROWS_FINE;
}

static void
unpack_part(const struct xlsx_lib *lib, struct xml *x, struct archive *a, int64_t max)
{
    uint8_t *block = mem_new(BLOCK_BYTES);
    int64_t fed = 0;
    la_ssize_t n = 1;
    x->parser = XML_ParserCreate(NULL);
    XML_SetUserData(x->parser, x);
    XML_SetElementHandler(x->parser, on_start, on_end);
    XML_SetCharacterDataHandler(x->parser, on_text);
    XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);
    while (n > 0 && x->stop == ROWS_FINE) {
        n = lib->archive_read_data(a, block, BLOCK_BYTES);
        fed += n > 0 ? n : 0;
        if (n < 0)
            x->stop = ROWS_BROKEN;
        else if (fed > max)
            x->stop = ROWS_LARGE;
        else
            (void)push(x, block, (size_t)n, n == 0, fed);
    }
    XML_ParserFree(x->parser);
    x->parser = NULL;
    mem_free(block);
}

static bool
to_part(struct xlsx *x, struct archive *a, const char *path)
{
    struct archive_entry *e = NULL;
    for (int i = 0; i < XLSX_PARTS_MAX; i++) {
        int r = x->lib->archive_read_next_header(a, &e);
        if (r == ARCHIVE_EOF)
            return false;
        if (r != ARCHIVE_OK && r != ARCHIVE_WARN) {
            x->xml.stop = ROWS_BROKEN;
            return false;
        }
        const char *name = x->lib->archive_entry_pathname(e);
        if (name != NULL && strcasecmp(name, path) == 0)
            return true;
    }
    x->xml.stop = ROWS_LARGE;
    return false;
}

/* Read and seek, and nothing else of the system: where it runs there is nothing else. */
struct source {
    int fd;
    uint8_t block[BLOCK_BYTES];
};

static la_ssize_t
source_read(struct archive *a, void *arg, const void **block)
{
    struct source *s = arg;
    (void)a;
    *block = s->block;
    return read(s->fd, s->block, sizeof(s->block));
}

static la_int64_t
source_seek(struct archive *a, void *arg, la_int64_t offset, int whence)
{
    const struct source *s = arg;
    off_t at = lseek(s->fd, offset, whence);
    (void)a;
    return at >= 0 ? at : ARCHIVE_FATAL;
}

static bool
open_zip(const struct xlsx *x, struct archive *a, struct source *s)
{
    const struct xlsx_lib *lib = x->lib;
    s->fd = x->fd;
    return lseek(x->fd, 0, SEEK_SET) == 0 &&
           lib->archive_read_support_format_zip_seekable(a) == ARCHIVE_OK &&
           lib->archive_read_set_read_callback(a, source_read) == ARCHIVE_OK &&
           lib->archive_read_set_seek_callback(a, source_seek) == ARCHIVE_OK &&
           lib->archive_read_set_callback_data(a, s) == ARCHIVE_OK &&
           lib->archive_read_open1(a) == ARCHIVE_OK;
}

bool
xlsx_part(struct xlsx *x, const char *path, int64_t max)
{
    bool is_there = false;
    x->xml.self = x;
    x->xml.depth = 0;
    x->xml.stop = ROWS_FINE;
    struct source *s = mem_new(sizeof(*s));
    struct archive *a = x->lib->archive_read_new();
    if (a == NULL || !open_zip(x, a, s))
        x->xml.stop = ROWS_BROKEN;
    else
        is_there = to_part(x, a, path);
    if (is_there)
        unpack_part(x->lib, &x->xml, a, max);
    if (a != NULL)
        x->lib->archive_read_free(a);
    mem_free(s);
    if (x->stop == ROWS_FINE)
        x->stop = x->xml.stop;
    return is_there;
}

/* ---- relations: which part is where */

static void
keep(char out[static XLSX_NAME_BYTES_MAX], const char *text)
{
    if (text != NULL && strlen(text) < XLSX_NAME_BYTES_MAX)
        memcpy(out, text, strlen(text) + 1);
}

/* A target as seen from `base`: its folder, unless the target begins at the root. */
static void
resolve(char out[static XLSX_NAME_BYTES_MAX], const char *base, const char *target)
{
    char path[2 * XLSX_NAME_BYTES_MAX];
    const char *slash = strrchr(base, '/');
    int dir_n = slash != NULL ? (int)(slash - base) + 1 : 0;
    if (target == NULL || strlen(target) >= XLSX_NAME_BYTES_MAX)
        return;
    while (strncmp(target, "./", 2) == 0)
        target += 2;
    while (strncmp(target, "../", 3) == 0) {
        target += 3;
        dir_n -= dir_n > 0;
        while (dir_n > 0 && base[dir_n - 1] != '/')
            dir_n--;
    }
    int n = target[0] == '/'
                ? snprintf(path, sizeof(path), "%s", target + 1)
                : snprintf(path, sizeof(path), "%.*s%s", dir_n, base, target);
    if (n > 0 && n < XLSX_NAME_BYTES_MAX)
        memcpy(out, path, (size_t)n + 1);
}

static bool
ends_with(const char *text, const char *end)
{
    size_t n = text != NULL ? strlen(text) : 0, m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static void
root_start(void *self, const char *name, const char **atts)
{
    struct xlsx *x = self;
    if (strcmp(name, "Relationship") == 0 && x->book[0] == '\0' &&
        ends_with(xml_att(atts, "Type"), "/officeDocument"))
        resolve(x->book, "", xml_att(atts, "Target"));
}

static void
book_rels_start(void *self, const char *name, const char **atts)
{
    struct xlsx *x = self;
    const char *type = xml_att(atts, "Type"), *target = xml_att(atts, "Target");
    const char *id = xml_att(atts, "Id");
    const char *want = x->named_id[0] != '\0' ? x->named_id : x->first_id;
    if (strcmp(name, "Relationship") != 0)
        return;
    if (ends_with(type, "/sharedStrings"))
        resolve(x->strings_path, x->book, target);
    else if (ends_with(type, "/styles"))
        resolve(x->styles_path, x->book, target);
    else if (ends_with(type, "/worksheet") && id != NULL && strcmp(id, want) == 0)
        resolve(x->sheet, x->book, target);
}

/* The relation's id comes behind the sheet's own number: r:id. */
static const char *
relation_id(const char **atts)
{
    for (size_t i = 0; atts[i] != NULL; i += 2)
        if (strchr(atts[i], ':') != NULL && strcmp(local(atts[i]), "id") == 0)
            return atts[i + 1];
    return NULL;
}

static void
book_start(void *self, const char *name, const char **atts)
{
    struct xlsx *x = self;
    if (strcmp(name, "workbookPr") == 0) {
        const char *is = xml_att(atts, "date1904");
        x->is_1904 = is != NULL && (strcmp(is, "1") == 0 || strcmp(is, "true") == 0);
    }
    if (strcmp(name, "sheet") != 0)
        return;
    const char *state = xml_att(atts, "state"), *title = xml_att(atts, "name");
    if (x->first_id[0] == '\0' && (state == NULL || strcmp(state, "visible") == 0))
        keep(x->first_id, relation_id(atts));
    for (size_t i = 0; x->named_id[0] == '\0' && title != NULL && x->names[i] != NULL;
         i++)
        if (strcasecmp(title, x->names[i]) == 0)
            keep(x->named_id, relation_id(atts));
}

/* ---- styles: what kind of number stands in a cell */

static void
add_format(struct xlsx *x, const char **atts)
{
    uint32_t id = 0;
    if (x->known_n == XLSX_FORMATS_MAX) {
        xml_stop(&x->xml, ROWS_LARGE);
        return;
    }
    if (!xlsx_digits(xml_att(atts, "numFmtId"), UINT16_MAX, &id))
        return;
    x->known = mem_grow(x->known, (x->known_n + 1) * sizeof(*x->known));
    x->known[x->known_n].id = id;
    x->known[x->known_n++].format = xlsx_format_of(id, xml_att(atts, "formatCode"));
}

static void
add_style(struct xlsx *x, const char **atts)
{
    uint32_t id = 0;
    if (x->styles_n == XLSX_STYLES_MAX) {
        xml_stop(&x->xml, ROWS_LARGE);
        return;
    }
    (void)xlsx_digits(xml_att(atts, "numFmtId"), UINT16_MAX, &id);
    struct xlsx_format format = xlsx_format_of(id, NULL);
    for (size_t i = 0; i < x->known_n; i++)
        if (x->known[i].id == id)
            format = x->known[i].format;
    if (x->styles_n % 64 == 0)
        x->style = mem_grow(x->style, (x->styles_n + 64) * sizeof(*x->style));
    x->style[x->styles_n++] = format;
}

static void
styles_start(void *self, const char *name, const char **atts)
{
    struct xlsx *x = self;
    if (strcmp(name, "numFmt") == 0)
        add_format(x, atts);
    else if (strcmp(name, "cellXfs") == 0)
        x->in_styles = true;
    else if (strcmp(name, "xf") == 0 && x->in_styles)
        add_style(x, atts);
}

static void
styles_end(void *self, const char *name)
{
    struct xlsx *x = self;
    if (strcmp(name, "cellXfs") == 0)
        x->in_styles = false;
}

/* ---- the whole */

static void
find_parts(struct xlsx *x)
{
    char rels[XLSX_NAME_BYTES_MAX + 16];
    x->xml.start = root_start;
    if (!xlsx_part(x, "_rels/.rels", XLSX_SMALL_BYTES_MAX) || x->book[0] == '\0') {
        if (x->stop == ROWS_FINE)
            x->stop = ROWS_OTHER;
        return;
    }
    x->xml.start = book_start;
    if (x->stop == ROWS_FINE && !xlsx_part(x, x->book, XLSX_SMALL_BYTES_MAX))
        x->stop = x->stop == ROWS_FINE ? ROWS_BROKEN : x->stop;
    const char *slash = strrchr(x->book, '/');
    int dir_n = slash != NULL ? (int)(slash - x->book) + 1 : 0;
    (void)snprintf(rels, sizeof(rels), "%.*s_rels/%s.rels", dir_n, x->book,
                   x->book + dir_n);
    x->xml.start = book_rels_start;
    if (x->stop == ROWS_FINE && !xlsx_part(x, rels, XLSX_SMALL_BYTES_MAX) &&
        x->stop == ROWS_FINE)
        x->stop = ROWS_BROKEN;
    if (x->stop == ROWS_FINE && x->sheet[0] == '\0') /* .docx has no sheet */
        x->stop = ROWS_OTHER;
}

static void
read_styles(struct xlsx *x)
{
    x->xml.start = styles_start;
    x->xml.end = styles_end;
    if (x->stop == ROWS_FINE && x->styles_path[0] != '\0')
        (void)xlsx_part(x, x->styles_path, XLSX_SMALL_BYTES_MAX);
    x->xml.end = NULL;
}

enum rc
xlsx_read(const struct xlsx_lib *lib, int fd, const char *const *names,
          struct rows_out *out)
{
    struct xlsx *x = mem_new(sizeof(*x));
    x->lib = lib;
    x->fd = fd;
    x->names = names;
    x->out = out;
    find_parts(x);
    read_styles(x);
    if (x->stop == ROWS_FINE && x->strings_path[0] != '\0')
        xlsx_strings(x);
    if (x->stop == ROWS_FINE)
        xlsx_sheet(x);
    enum rc rc = x->rc;
    if (rc == RC_OK)
        rc = x->stop == ROWS_FINE
                 ? rows_put_end(out)
                 : rows_put_stop(out, x->stop_line, x->stop_column, x->stop);
    mem_free(x->known);
    mem_free(x->style);
    mem_free(x->string_end);
    buf_free(&x->strings);
    buf_free(&x->text);
    buf_free(&x->row);
    mem_free(x);
    return rc;
}
