#!/bin/sh
# Each lint is shown a planted fault and must fail on it: a check that cannot fail is none.
set -u
root=$(pwd)
tmp=$(mktemp -d) || exit 70
trap 'rm -rf "$tmp"' EXIT
n=0
bad=0
expect() { # NAME LINT FILE LINE: the line is appended to a copy of the file
    n=$((n + 1))
    rm -rf "$tmp/t"
    mkdir -p "$tmp/t"
    cp -r crypto sync schema node cli .clang-format "$tmp/t/"
    mkdir -p "$tmp/t/tests"
    printf '%s\n' "$4" >>"$tmp/t/$3"
    if sh "$root/tests/lint/$2.sh" "$tmp/t" >/dev/null 2>&1; then
        echo "not ok $n - $1 is not caught"
        bad=1
    else
        echo "ok $n - $1 is caught"
    fi
}
expect "an arrow that points up" arrows sync/op.c '#include "schema/schema.h"'
expect "a library that comes out by the front door" arrows schema/due.h '#include "schema/asof.h"'
expect "another library's door" arrows node/node.h '#include <sqlite3.h>'
expect "a private header from another folder" arrows schema/log.c '#include "sync/replica_impl.h"'
expect "SQL outside the registry" sql node/node.h 'static const char *q = "SELECT 1 FROM log_entry";'
expect "another file's statement" sql schema/db.c 'int x = STMT_LOG_ONE;'
expect "strcpy" banned sync/op.c 'void f(void) { strcpy(a, b); }'
expect "an unfinished place" banned sync/op.c '/* TODO later */'
expect "a file that is not formatted" format sync/op.c 'int   x ;'

# purity is read off objects
n=$((n + 1))
mkdir -p "$tmp/b/sync" "$tmp/b/crypto"
printf '#include <time.h>\nlong f(void);\nlong f(void) { return time(0); }\n' >"$tmp/x.c"
printf 'int crypto_x(void);\nint crypto_x(void) { return 1; }\n' >"$tmp/y.c"
${CC:-cc} -c -o "$tmp/b/sync/x.o" "$tmp/x.c" && ${CC:-cc} -c -o "$tmp/b/crypto/y.o" "$tmp/y.c"
if sh tests/lint/pure.sh "$tmp/b" >/dev/null 2>&1; then
    echo "not ok $n - a clock in sync/ is not caught"
    bad=1
else
    echo "ok $n - a clock in sync/ is caught"
fi
exit $bad
