/* Record types from their files (TYPES.md): parsed, checked, and made into the struct
 * types that sync/type.h's rules engine works with. */
#ifndef LINJULI_SCHEMA_TYPE_H
#define LINJULI_SCHEMA_TYPE_H

#include "schema/embed.h"
#include "schema/fault.h"
#include "sync/sync.h"

#define TYPE_FILES_MAX 256
#define TYPE_NAME_BYTES_MAX 24 /* of types, fields, states, choices */

/* The files in name order, closed by a NULL name, as the newest version any of them
 * speaks of. Strict: the first thing wrong is refused with file, place and line.
 * `hash` is over the files' bytes. */
enum rc types_parse(const struct embed_file *files, struct types **out,
                    struct fault *why) MUST_USE;
/* The rules of an earlier version: what was in force then. `hash` is zero: what that
 * release's files looked like cannot be told from these. RC_NOTFOUND: no such version. */
enum rc types_parse_at(const struct embed_file *files, uint16_t version,
                       struct types **out, struct fault *why) MUST_USE;
/* The types this program was built with. A fault in them is our mistake: abort. */
enum rc types_load_builtin(struct types **out) MUST_USE;
void types_free(struct types *t); /* NULL is fine */

/* SHA-256 over the files' bytes, in the order given. */
struct hash types_hash(const struct embed_file *files);

/* The words of type files and the command line for our enums; static. */
const char *role_name(enum role role); /* "leader"; "?" if it is none */
bool role_parse(const char *text, enum role *out);
const char *value_kind_name(enum value_kind kind);
const char *visibility_name(enum visibility v);
const char *merge_name(enum merge m);

#endif
