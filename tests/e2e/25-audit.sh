#!/bin/sh
# audit on the real program: each verdict is an exit status, the report is the same from
# two nodes and from two runs, nothing in the directory changes, evidence holds for openssl.
. "$(dirname "$0")/lib.sh"
found_hub
H="$L -C hub"
join_group a 0302 Wang leader
serve hub hub
gives 0 "a meets the hub" "$L" -C a sync "127.0.0.1:$port"
for i in 1 2 3 4 5; do
    "$L" -C a add need "title=thing $i" >/dev/null 2>&1 && $H add need "title=other $i" >/dev/null 2>&1 ||
        not_ok "a record is added"
done
gives 0 "once more" "$L" -C a sync "127.0.0.1:$port"
gives 0 "sealed" $H seal
gives 0 "and the seal comes" "$L" -C a sync "127.0.0.1:$port"

# what lies in DIR, byte for byte, with times; the shared memory of readers apart
look() { (cd "$1" && find . -type f ! -name '*-shm' ! -name lock -exec sha256sum {} + -exec stat -c '%n %Y %s' {} + | sort && find . -type d -exec stat -c '%n %Y' {} + | sort); }
before=$(look hub)
gives 0 "clean beside a running daemon" $H audit
has "$out" "Verified, nothing wrong" "says so"
is "$(look hub)" "$before" "and nothing in DIR has changed"
gives 0 "a node that joined" "$L" -C a audit
LINJULI_LANG=zh
gives 0 "in Chinese" $H audit
has "$out" 核对无误 "with the exact words"
LINJULI_LANG=en
stop hub
before=$(cd a && find . -exec stat -c '%n %Y %s' {} + | sort && find . -type f -exec sha256sum {} + | sort)
gives 0 "clean without a daemon" "$L" -C a audit --json
one=$out
after=$(cd a && find . -exec stat -c '%n %Y %s' {} + | sort && find . -type f -exec sha256sum {} + | sort)
is "$after" "$before" "not a byte and not a time has changed"
run "$L" -C a audit --json
is "$out" "$one" "two runs print the same"
run $H audit --json
is "$out" "$one" "and so do two nodes"
gives 0 "--chain" $H audit --chain
gives 0 "a sample" $H audit --sample 3 --seed 2026
drawn=$(printf '%s\n' "$out" | sed -n '/Sample/,$p')
run "$L" -C a audit --sample 3 --seed 2026
is "$(printf '%s\n' "$out" | sed -n '/Sample/,$p' | head -n 1)" "$(printf '%s\n' "$drawn" | head -n 1)" "is drawn"
refused 64 --seed $H audit --sample 3
refused 64 --root $H audit --root 12
refused 66 nothere "$L" -C nothere audit

# the wall, and an earlier report
size=$(printf '%s\n' "$one" | field tree_size) root=$(printf '%s\n' "$one" | field root)
gives 0 "the wall says the same" $H audit --root "$size:$root"
gives 3 "the wall is newer" $H audit --root "$((size + 9)):$root"
has "$out" "Incomplete" "says so"
other=$(printf '%s' "$root" | tr '0123456789abcdef' '123456789abcdef0')
gives 5 "the wall says another root" $H audit --root "$size:$other" --evidence wall
has "$out" "evidence saved" "says so"
printf '%s\n' "$one" >report.json
$H add need title=later >/dev/null 2>&1
gives 0 "only the growth" $H audit --since report.json
has "$out" "1 entries" "is looked at"
printf 'not a report\n' >bad.json
refused 65 bad.json $H audit --since bad.json

# proof that needs nothing of ours
d=$(ls -d wall/*)
if openssl version >/dev/null 2>&1; then
    sed -n '/^openssl\|^sha256sum/p' "$d/README.txt" >commands
    [ -s commands ]
    is $? 0 "the README names commands"
    (cd "$d" && sh -e ../../commands) >checked 2>&1
    is $? 0 "and they hold"
    has "$(cat checked)" "Signature Verified Successfully" "openssl verifies"
    is "$(grep -c "^$(sed -n 's/^sha256sum.*# //p' commands | head -n 1)" checked)" 1 "the id is the leaf's SHA-256"
    printf x | dd of="$d/1.signed.bin" bs=1 seek=100 conv=notrunc 2>/dev/null
    (cd "$d" && sh -e ../../commands) >/dev/null 2>&1
    differs $? 0 "and one changed byte is caught"
fi
refused 64 wall $H audit --root "$size:$other" --evidence wall

# 4, and a node whose hub has not answered
cp -R a broken
printf '\377' | dd of=broken/linjuli.db bs=1 seek=3 conv=notrunc 2>/dev/null
gives 4 "a broken file" "$L" -C broken audit
has "$out" "Damaged here" "says so"
join_group b 0303 Li leader
"$L" -C b add need title=early >/dev/null 2>&1
gives 3 "work that is not granted yet" "$L" -C b audit
has "$out" "not granted yet" "is named, and the tables are right"
gives 0 "help" "$L" audit --help
has "$out" "contradiction" "names the verdicts"
done_testing
