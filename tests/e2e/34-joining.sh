#!/bin/sh
# The ways into a community, each timed until the first record is at the hub, and every way
# to be refused, in words.
. "$(dirname "$0")/lib.sh"
tool=$e2e_root/tests/e2e/tools/invite.js

now_ms() { echo $(($(date +%s%N) / 1000000)); }
invite_of() { # FILE PERSON UNIT ROLE ARGS...
    invite_file=$1 invite_person=$2 invite_unit=$3 invite_role=$4
    shift 4
    "$L" -C hub invite --person "$invite_person" --unit "$invite_unit" \
        --role "$invite_role" --file "$invite_file" "$@" >/dev/null
}
# DIR TITLE SINCE WAY: a record goes to the hub
first_record() {
    "$L" -C "$1" add need title="$2" >/dev/null 2>&1 || not_ok "$1 writes"
    "$L" -C "$1" sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$1 meets the hub"
    run "$L" -C hub find "$2"
    has "$out" "$2" "by $4: the first record is at the hub"
    echo "# by $4: $(($(now_ms) - $3)) ms to the first record at the hub"
}

found_hub
serve hub hub

# ---- by file
t=$(now_ms)
gives 0 "an invite is written" "$L" -C hub invite --person Wang --unit 0302 --role leader \
    --file wang.lji
cp wang.lji copy.lji
gives 0 "and taken up, as the unit said" "$L" -C wang join wang.lji --unit 0302
first_record wang stairs "$t" file

# ---- refusals: the file
gives 0 "a second machine takes the same file" "$L" -C thief join copy.lji
"$L" -C thief add need title=stolen >/dev/null 2>&1
refused 77 "used already ($(date +%Y)-" "$L" -C thief sync "127.0.0.1:$port"
refused 77 "used already" "$L" -C thief sync "127.0.0.1:$port"
run env LINJULI_LANG=zh "$L" -C thief sync "127.0.0.1:$port"
has "$err" "这张邀请已经用过（$(date +%-m月%-d日)）" "it says so in Chinese too"
run "$L" -C thief sync "127.0.0.1:$port" --json
is "$(printf '%s\n' "$out" | field close)" USED "and to scripts"
run "$L" -C hub find stolen
has_not "$out" stolen "nothing of it came to the hub"
gives 0 "the one who came first goes on" "$L" -C wang sync "127.0.0.1:$port"

invite_of short.lji Zhou 0302 helper --valid 2s
gives 0 "an invite that is good for 2 s" "$L" -C zhou join short.lji
sleep 2.1
refused 77 "invite has expired ($(date +%Y)-" "$L" -C zhou sync "127.0.0.1:$port"
refused 77 "invite has expired" "$L" -C zhou2 join short.lji
[ ! -e zhou2 ]
is $? 0 "and no directory is made"

invite_of li.lji Li 0303 leader
refused 65 "this invite is for unit 0303, not for 0302" "$L" -C li join li.lji --unit 0302
[ ! -e li ]
is $? 0 "the wrong unit's file leaves nothing behind"
node "$tool" made li.lji 30 >later.lji
refused 77 "the clock of this computer is wrong" "$L" -C li join later.lji
run env LINJULI_LANG=zh "$L" -C li join later.lji
has "$err" "电脑时间不对，请先对时" "the clock, in Chinese"
# The clock of the joiner's process alone is wrong.
at_clock() { # OFFSET COMMAND...
    at_offset=$1
    shift
    env FAKETIME_DONT_FAKE_MONOTONIC=1 faketime -f "$at_offset" "$@"
}
refused 77 "the clock of this computer is wrong, please set it first: it is 47 hours before" at_clock -2d "$L" -C li join li.lji
refused 77 "the invite has expired" at_clock +40d "$L" -C li join li.lji
has "$err" "if the clock is wrong, please set it first" "expired, or is it the clock? Both times are shown"
has "$err" "good until $(date -d +7days +%Y-%m-%d)" "until when it is good"
has "$err" "clock it is $(date -d +40days +%Y-%m-%d)" "and what the clock says"
code=$("$L" -C hub invite --person Feng --unit 0302 --role helper --code --json | field code)
refused 77 "the clock of this computer is wrong, please set it first, then ask for another one" at_clock +40d "$L" -C feng join "$code" --at "127.0.0.1:$port"
code=$("$L" -C hub invite --person Feng --unit 0302 --role helper --code --json | field code)
run env LINJULI_LANG=zh FAKETIME_DONT_FAKE_MONOTONIC=1 faketime -f +40d "$L" -C feng join "$code" --at "127.0.0.1:$port"
has "$err" "电脑时间不对，请先对时" "in Chinese"
[ ! -e feng ]
is $? 0 "nothing is left of it"
invite_of gao.lji Gao 0302 helper
gives 0 "a file, three days ahead" at_clock +3d "$L" -C gao join gao.lji
gives 0 "meets the hub" at_clock +3d "$L" -C gao sync "127.0.0.1:$port"
has "$err" "Clock is 3 days off, please set it" "and is told"
gives 0 "the file itself still serves" "$L" -C li join li.lji --unit 0303

# ---- refusals: the directory
"$L" -C other init --name Elsewhere --person Boss >/dev/null
invite_of qian.lji Qian 0302 helper
refused 65 "there is a centre already" "$L" -C other join qian.lji
refused 65 "other" "$L" -C other init --name Again
refused 65 "there is a centre already: " "$L" -C hub join qian.lji
is "$("$L" -C hub status --json | field hub)" true "the hub is the hub still"
"$L" -C other invite --person Sun --unit 0000 --role clerk --file sun.lji >/dev/null
refused 65 "of another community" "$L" -C wang join sun.lji
gives 0 "a machine of the other community" "$L" -C sun join sun.lji
refused 69 "another community, or not linjuli" "$L" -C sun sync "127.0.0.1:$port"
stop hub
done_testing
