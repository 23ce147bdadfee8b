#!/bin/sh
# A directory that an earlier release wrote opens, is carried over once, and says the same;
# a migration that is interrupted has not happened.
. "$(dirname "$0")/lib.sh"

take() { # VERSION: its directory as $T/old
    rm -rf "$T/old" && gzip -dc "$e2e_root/tests/golden/db/$1.tar.gz" |
        tar -xf - -C "$T" --no-same-owner && mv "$T/node" "$T/old" && chmod 700 "$T/old"
}
version() { # of the schema, from the file's header: offset 60, four bytes
    od -An -tu1 -j60 -N4 "$T/old/linjuli.db" | awk '{ print $4 }'
}
v1_digest="log 376cfb6a08b92f52d1aa9c48ef58e57b
scope 1 980f22b00b68c411479cdca314d63e23
scope 2 7a2697deb600d14e2b85ce053da9b565"

take v1
is "$(version)" 1 "the first release's file is of version 1"
run "$L" -C "$T/old" digest
is "$rc" 0 "a reading command opens it"
is "$out" "$v1_digest" "and says what the first release said"
run "$L" -C "$T/old" get 0000-001-26-0004
has "$out" 路灯不亮 "its records are there"
run "$L" -C "$T/old" rebuild
is "$rc" 0 "it is rebuilt from its log"
run "$L" -C "$T/old" digest
is "$out" "$v1_digest" "to the same"
run "$L" -C "$T/old" doctor
is "$rc" 0 "doctor finds nothing"
run "$L" -C "$T/old" status
is "$(version)" 2 "the file is of the newest version"

# A second process holds the directory: the reader says so and changes nothing.
take v1
exec 9>"$T/old/lock"
flock 9
run "$L" -C "$T/old" digest
is "$rc" 75 "while another holds it, it is to be tried again"
differs "$err" "" "in words"
is "$(version)" 1 "and nothing was changed"
exec 9<&-

# Killed in the middle of it, at every write.
n=1 bad="" cut=0
while [ $n -le 24 ]; do
    take v1
    (ulimit -f $((n * 40)) && "$L" -C "$T/old" status >"$T/o" 2>&1) 2>/dev/null || cut=$((cut + 1))
    run "$L" -C "$T/old" digest
    [ "$out" = "$v1_digest" ] || bad="$bad $n"
    n=$((n + 1))
done
differs "$cut" 0 "some of 24 migrations are cut short by a limit on file sizes"
is "$bad" "" "each opens and says the same afterwards"
done_testing
