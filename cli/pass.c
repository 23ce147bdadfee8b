#include "cli/pass.h"

#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/file.h"

/* One line without echo; 0: nothing, or too long. */
static size_t
read_hidden(char out[static PASS_BYTES_MAX + 1])
{
    struct termios was, silent;
    size_t n = 0;
    char c = '\0';
    bool has = tcgetattr(STDIN_FILENO, &was) == 0;
    if (has) {
        silent = was;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    while (n <= PASS_BYTES_MAX && read(STDIN_FILENO, &c, 1) == 1 && c != '\n')
        out[n++ < PASS_BYTES_MAX ? n - 1 : PASS_BYTES_MAX] = c;
    if (has)
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
    out[n <= PASS_BYTES_MAX ? n : 0] = '\0';
    return n <= PASS_BYTES_MAX ? n : 0;
}

size_t
pass_ask(struct cli *c, enum word w, char out[static PASS_BYTES_MAX + 1])
{
    note(c, w, NULL);
    c->show(c);
    return read_hidden(out);
}

/* The first line; an editor's newline is no part of it. */
static int
from_file(struct cli *c, const char *path, struct pass *out)
{
    struct fault why = {0};
    struct buf bytes = BUF_NONE;
    size_t n = 0;
    enum rc rc = file_take(path, 4096, &bytes, &why);
    while (rc == RC_OK && n < bytes.n && bytes.p[n] != '\n' && bytes.p[n] != '\r')
        n++;
    bool good =
        rc == RC_OK && n > 0 && n <= PASS_BYTES_MAX && memchr(bytes.p, 0, n) == NULL;
    if (good) {
        memcpy(out->text, bytes.p, n);
        out->text[n] = '\0';
    }
    if (bytes.p != NULL)
        mem_wipe(bytes.p, bytes.cap);
    buf_free(&bytes);
    if (rc != RC_OK)
        return fail(c, rc, &why);
    if (!good)
        complain(c, WORD_PASS_FILE, path, NULL);
    return good ? 0 : rc_exit(RC_INVALID);
}

int
pass_take(struct cli *c, bool twice, struct pass *out)
{
    struct pass again;
    const char *path = args_value(c->args, "--passphrase-file");
    int status = 0;
    *out = (struct pass){{0}};
    if (path != NULL)
        status = from_file(c, path, out);
    else if (!c->is_terminal || pass_ask(c, WORD_PASS_ASK, out->text) == 0) {
        complain(c, WORD_PASS_NEEDED, NULL);
        return rc_exit(RC_USAGE);
    }
    if (status == 0 && twice && strlen(out->text) < PASS_BYTES_MIN) {
        complain(c, WORD_PASS_SHORT, num(c, PASS_BYTES_MIN), NULL);
        status = rc_exit(RC_INVALID);
    }
    if (status == 0 && twice && path == NULL) {
        if (pass_ask(c, WORD_PASS_AGAIN, again.text) == 0 ||
            strcmp(again.text, out->text) != 0) {
            complain(c, WORD_PASS_DIFFERS, NULL);
            status = rc_exit(RC_INVALID);
        }
        pass_wipe(&again);
    }
    if (status != 0)
        pass_wipe(out);
    return status;
}

void
pass_wipe(struct pass *p)
{
    mem_wipe(p, sizeof(*p));
}
