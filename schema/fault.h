/* What went wrong, and where, in a form that cli/ turns into words of either language.
 * Functions take a struct fault * that may be NULL and return its rc. */
#ifndef LINJULI_FAULT_H
#define LINJULI_FAULT_H

#include "crypto/crypto.h"

/* name */
#define FAULT_LIST(X)                                                                    \
    X(NONE)                                                                              \
    /* a field's value; what: the field, want: what would do */                          \
    X(UNKNOWN_TYPE)                                                                      \
    X(UNKNOWN_FIELD)                                                                     \
    X(UNKNOWN_STATE)                                                                     \
    X(MISSING_FIELD)                                                                     \
    X(FIELD_TWICE)                                                                       \
    X(NOT_SETTABLE) /* by its text: the program writes it */                             \
    X(BAD_TEXT)     /* not UTF-8, or characters that hide or reorder */                  \
    X(BAD_LENGTH)                                                                        \
    X(BAD_INT)                                                                           \
    X(BAD_RANGE)                                                                         \
    X(BAD_BOOL)                                                                          \
    X(BAD_DATE)                                                                          \
    X(BAD_TIME)                                                                          \
    X(BAD_CHOICE)                                                                        \
    X(BAD_PHONE)                                                                         \
    X(BAD_CODE)                                                                          \
    X(BAD_MONEY)                                                                         \
    X(BAD_RECORD)                                                                        \
    X(BAD_ENTRY)                                                                         \
    X(BAD_NUMBER)                                                                        \
    /* a record; what: its number or id */                                               \
    X(NOT_FOUND)                                                                         \
    X(AMBIGUOUS)                                                                         \
    X(NOT_ALLOWED)  /* the role or unit may not */                                       \
    X(ILLEGAL_MOVE) /* the life cycle has no such step; want: the steps there are */     \
    X(IN_CONFLICT)  /* want: the case's name */                                          \
    X(FACT)         /* of a kind that is never changed */                                \
    X(RULE)         /* a rule over the record; what, want: its words, zh and en */       \
    X(NO_SCOPE)     /* the hub has not made the unit's scope yet */                      \
    X(NOT_READABLE)                                                                      \
    X(ERASED)                                                                            \
    /* rights; what: the record whose they are */                                        \
    X(RIGHT_NONE)  /* it has none */                                                     \
    X(RIGHT_SHORT) /* what: how many are here, want: where the rest is */                \
    X(RIGHT_WAITS) /* for what is on its way here */                                     \
    X(RIGHT_ISSUE) /* another log issues them; what: its number */                       \
    X(RIGHT_AMOUNT)                                                                      \
    X(RIGHT_SPEND) /* no such spend of this log that holds */                            \
    X(RIGHT_HEIR)  /* nothing is there to take over */                                   \
    X(PIN_FILE)    /* its first line is no PIN; what: the path */                        \
    X(NO_OFFICER)  /* this key is not one of the officers' */                            \
    X(ORDER)       /* it would not count, whoever signs it; what: its name */            \
    X(ORDER_WAITS) /* an invite that is not signed by all; what: its order */            \
    X(ORDER_STALE) /* another one about the same came first; what: its name */           \
    X(ORDER_FILE)  /* want: nothing; what: why it is refused */                          \
    X(OFFICERS)    /* more of them have to agree */                                      \
    /* the root key sheet; what: numbers of its lines */                                 \
    X(SHEET_LINE)    /* they do not fit their check digits */                            \
    X(SHEET_MISSING) /* they are not there */                                            \
    /* an entry that is held for review; what: its place, the type of an item */         \
    X(HELD_NAME)   /* neither LOG:SEQ nor a beginning of an id */                        \
    X(HELD_NONE)   /* none of that name is held here */                                  \
    X(HELD_TAKEN)  /* adopted already */                                                 \
    X(HELD_NO)     /* declined already */                                                \
    X(HELD_EMPTY)  /* nothing is in it that could take effect */                         \
    X(HELD_FORGED) /* its root or signature does not hold */                             \
    X(HELD_NEWER)  /* written by a later release */                                      \
    X(HELD_FIRST)  /* it changes a record that an earlier one made; want: that one */    \
    X(HELD_ITEM)   /* an item that says nothing */                                       \
    X(HELD_RIGHTS) /* rights are inherited, not adopted */                               \
    X(ROOT_KEY)    /* not this community's root key */                                   \
    X(REIGN_OPEN)  /* a new centre is there already, or two are */                       \
    X(BACKUP_FILE) /* none, or damaged; what: the path */                                \
    X(BACKUP_NEWER)                                                                      \
    X(BACKUP_PASS)  /* wrong passphrase */                                               \
    X(BACKUP_ENTRY) /* an entry in it does not hold */                                   \
    X(BACKUP_CUT)   /* it ends too early */                                              \
    /* a file; what: file name and place in it */                                        \
    X(FILE_SIZE)                                                                         \
    X(FILE_BYTE)                                                                         \
    X(FILE_SYNTAX)                                                                       \
    X(FILE_NAME)                                                                         \
    /* a spreadsheet's cell; what: xlsx */                                               \
    X(CELL_ERROR)   /* #REF! and the like */                                             \
    X(CELL_DIGITS)  /* a number with more digits than a spreadsheet keeps */             \
    X(CELL_FORMULA) /* never computed */                                                 \
    X(CELL_DATE)    /* no day of the calendar */                                         \
    X(XLSX_OTHER)   /* .xls, .ods, or behind a password */                               \
    X(KEY_TWICE)                                                                         \
    X(KEY_MISSING)                                                                       \
    X(KEY_VALUE)                                                                         \
    X(KEY_MISPLACED)                                                                     \
    X(CODE_TWICE)                                                                        \
    X(NAME_TWICE)                                                                        \
    X(LABEL_TWICE)                                                                       \
    X(NO_EXIT)                                                                           \
    X(NO_WAY_IN)                                                                         \
    X(NO_SUCH_NAME)                                                                      \
    /* a node's directory; what: the path */                                             \
    X(NODE_THERE)    /* init or join where a node lies already */                        \
    X(NODE_MISSING)  /* no node there */                                                 \
    X(NODE_LOCKED)   /* another process works in it */                                   \
    X(NODE_IO)       /* want: what the system said */                                    \
    X(KEY_FILE)      /* a key file that others may read, or that does not hold */        \
    X(KEY_LOCKED)    /* a key file behind a PIN, without it or with a wrong one */       \
    X(GUARD_STATE)   /* no place for the guard */                                        \
    X(LOG_READ_ONLY) /* restored or copied: the log must not write; what: the word */    \
    X(LOG_LOCKED)    /* its person has to unlock it; what: log number */                 \
    X(LOG_HANDED)    /* its post was handed over */                                      \
    X(PIN_WRONG)     /* what: how often still */                                         \
    X(PIN_WAIT)      /* what: minutes */                                                 \
    X(PIN_NONE)      /* there is none */                                                 \
    X(NO_LOG)        /* not joined, or revoked */                                        \
    X(NO_LOG_OF)     /* nobody of that name or post writes here */                       \
    X(OTHER_TYPES)   /* record types are not the community's; what: their version */     \
    X(INVITE_FILE)   /* none, or of another version */                                   \
    X(INVITE_TORN)                                                                       \
    X(INVITE_TEXT)  /* of a QR code, not read rightly; what: where it came from */       \
    X(INVITE_PARTS) /* what: those that are missing, want: of how many */                \
    X(INVITE_MIXED) /* parts of two invites */                                           \
    X(INVITE_EXPIRED)                                                                    \
    X(INVITE_CLOCK)  /* made later than it is here; what: hours */                       \
    X(INVITE_AHEAD)  /* expired by the clock here, but not by the centre's */            \
    X(INVITE_OTHER)  /* the node there is of another community; what: the path */        \
    X(INVITE_HUB)    /* it is the centre of one; what: the path */                       \
    X(INVITE_CENTRE) /* it is the centre that gave it; what: the path */                 \
    X(INVITE_UNIT)   /* what: its unit, want: the one that was said */                   \
    X(INVITE_NODE)   /* for another computer; what: its number, want: this one's */      \
    X(INVITE_USED)   /* somebody has joined by it */                                     \
    X(INVITE_TWICE)  /* he writes here already; what: who */                             \
    X(REQUEST_FILE)  /* none, or of another version; what: the path */                   \
    X(REQUEST_TORN)                                                                      \
    X(REQUEST_FORGED)                                                                    \
    X(ANSWER_FILE) /* none, or it does not hold together; what: the path */              \
    X(ANSWER_TORN)                                                                       \
    X(ANSWER_FORGED) /* damaged, or not for this computer's key */                       \
    X(ANSWER_OTHER)  /* to another request */                                            \
    X(ANSWER_NONE)   /* nothing was asked from here; what: the path */                   \
    X(ADMIT_KEY)     /* the keys are somebody's already; what: who asks */               \
    X(ADMIT_WAITS)   /* for another unit or role; what: that unit */                     \
    X(ADMIT_IS)      /* it was admitted for another; what: that unit */                  \
    X(ADMIT_ROLE)    /* no such role; what: what it asks for */                          \
    X(ADMIT_UNIT)                                                                        \
    X(NODE_WAITS)     /* for the centre's answer; what: the path */                      \
    X(NODE_UNIT)      /* the computer is another unit's; what: that unit */              \
    X(NODE_FULL)      /* no room for one more log */                                     \
    X(CODE_DIGITS)    /* mistyped: the check digit says so */                            \
    X(CODE_NOBODY)    /* nobody on this network gave them out */                         \
    X(CODE_NOBODY_AT) /* nor answers there; what: the address */                         \
    X(CODE_UNKNOWN)                                                                      \
    X(CODE_WRONG) /* what: how often still */                                            \
    X(CODE_WAIT)  /* what: minutes */                                                    \
    X(CODE_USED)                                                                         \
    X(CODE_LATE)                                                                         \
    X(CODE_BROKEN) /* what: the address */                                               \
    X(CODE_TAKEN)  /* invite: the name is taken, or too many wait */                     \
    X(CONF_LINE)                                                                         \
    X(ADDRESS)                                                                           \
    X(DATABASE)       /* what: what the database said */                                 \
    X(DATABASE_NEWER) /* a newer release has opened it; what: the path */                \
    X(DISK_FULL)

enum fault_code {
#define X(name) FAULT_##name,
    FAULT_LIST(X)
#undef X
        FAULT_N
};

#define FAULT_WHAT_BYTES 160

struct fault {
    enum rc rc;
    enum fault_code code;
    char what[FAULT_WHAT_BYTES]; /* field, type, file: escaped, safe on a terminal */
    char want[FAULT_WHAT_BYTES]; /* what was expected, or "": language-neutral, escaped */
    uint32_t line;               /* from 1; 0: none */
    uint32_t column;
};

/* Sets everything; the formatted text becomes `what`. Returns rc. */
enum rc fault_set(struct fault *why, enum rc rc, enum fault_code code, const char *fmt,
                  ...) __attribute__((format(printf, 4, 5)));
void fault_want(struct fault *why, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void fault_at(struct fault *why, uint32_t line, uint32_t column);
/* "MISSING_FIELD"; static. */
const char *fault_name(enum fault_code code);
/* Bytes from anywhere into out, NUL-terminated: control characters, bidi controls and
 * what is not UTF-8 as \xNN, cut at a character's end. */
void fault_escape(struct slice text, char *out, size_t size);

#endif
