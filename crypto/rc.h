/* Result codes: the one way in which linjuli's functions fail.
 *
 * A function that can fail returns enum rc and is marked must-use; what it gives comes
 * through out-parameters, last. A question that cannot fail returns bool. */
#ifndef LINJULI_RC_H
#define LINJULI_RC_H

/*   name       exit  text */
#define RC_LIST(X)                                                                       \
    X(OK, 0, "done")                                                                     \
    X(NO, 1, "the answer is no")                                                         \
    X(USAGE, 64, "wrong usage")                                                          \
    X(MALFORMED, 65, "not well formed")                                                  \
    X(FORGED, 65, "signature or hash does not hold")                                     \
    X(LIMIT, 65, "over a limit")                                                         \
    X(AMBIGUOUS, 65, "more than one thing is meant")                                     \
    X(INVALID, 65, "a rule refuses it")                                                  \
    X(NOTFOUND, 66, "not found")                                                         \
    X(OFFLINE, 69, "node not reachable")                                                 \
    X(PROTOCOL, 69, "the peer broke the protocol")                                       \
    X(BUG, 70, "our mistake")                                                            \
    X(DB, 74, "database error")                                                          \
    X(FULL, 74, "no space left")                                                         \
    X(IO, 74, "input or output error")                                                   \
    X(CORRUPT, 74, "damaged here")                                                       \
    X(BUSY, 75, "try again later")                                                       \
    X(STALE, 75, "not up to date")                                                       \
    X(DENIED, 77, "not allowed")                                                         \
    X(CONFIG, 78, "wrong configuration")

enum rc {
#define X(name, exit, text) RC_##name,
    RC_LIST(X)
#undef X
        RC_N
};

#define MUST_USE __attribute__((warn_unused_result))

/* The short name of a code ("MALFORMED"); static. */
const char *rc_name(enum rc rc);
/* What the code says in English; static. Words for people live in cli/. */
const char *rc_text(enum rc rc);
/* The exit status of a command that ended with this code (README.md, exit codes). */
int rc_exit(enum rc rc);

#endif
