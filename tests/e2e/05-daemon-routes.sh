#!/bin/sh
# One process at a time works in a directory: a second one goes through the daemon and
# prints the same, or is refused in words.
. "$(dirname "$0")/lib.sh"
found_hub
H="$L -C hub"
first=$($H add need title=before 2>/dev/null)
run $H add need title=x urgency=perhaps
alone_err=$err
run $H get nothing-there
alone_get=$err
run $H move "${first%% *}" closed
alone_move=$err
serve hub hub

refused 75 hub "$L" -C hub serve --no-lan
gives 0 "add through the daemon" $H add need title=during
is "$(printf '%s' "$out" | grep -cE '^0000-001-[0-9]{2}-[0-9]{4} [0-9a-f]{32}$')" 1 \
    "prints number and id as ever"
n=${out%% *}
is "$err" "Saved on this computer, no. $n" "and the words, with its number"
run $H add need title=x urgency=perhaps
is "$err" "$alone_err" "a refusal reads the same"
is $rc 65 "and has the same status"
run $H get nothing-there
is "$err" "$alone_get" "so does reading"
run $H move "${first%% *}" closed
is "$err" "$alone_move" "and a step there is none of"
LINJULI_LANG=zh
run $H add need title=x urgency=perhaps
has "$err" 没有这个选项 "in the language of whoever asks"
LINJULI_LANG=en
gives 0 "set" $H set "$n" title=changed
gives 0 "move" $H move "$n" claimed
is "$($H get "$n" --json | field title)" changed "both are there at once"
gives 0 "seal" $H seal --json
gives 64 "misuse" $H add need title=x --nosuch
gives 0 "help needs no daemon" $H add --help

# files are the person's, wherever the daemon stands
mkdir sub
printf 'title\none\ntwo\n' >sub/needs.csv
cd sub || exit 70
gives 0 "import of a relative path" "$L" -C ../hub import need needs.csv
has "$out" "2 taken" "takes both rows"
gives 0 "invite to a relative path" "$L" -C ../hub invite --person Wang --unit 0302 --role leader --file w.lji
[ -s w.lji ]
is $? 0 "which is written where the person stands"
cd .. || exit 70
printf 'title\nthree\n' | "$L" -C hub import need - >piped 2>&1
is $? 0 "import from a pipe"
has "$(cat piped)" "1 taken" "takes the row"
refused 66 nofile $H import need nofile.csv
gives 0 "export" $H export need - 
is "$(printf '%s\n' "$out" | wc -l | tr -d ' ')" 6 "has them all"
# an endless pipe does not hold the daemon
(yes 'x' | timeout 20 "$L" -C hub import need - >endless 2>&1; echo $? >endless.status) &
e2e_pipe=$!
gives 0 "meanwhile others work" timeout 10 "$L" -C hub add need title=meanwhile
wait $e2e_pipe
is "$(cat endless.status)" 65 "and the endless one is refused"
stop hub && ok "the daemon stops with 0" || not_ok "the daemon stops with 0"
is "$(ls hub/control.sock 2>/dev/null)" "" "its socket is gone"
gives 0 "and commands work alone again" $H add need title=after

# several windows at once, no daemon: each waits for the other a moment
for i in 1 2 3 4 5 6 7 8; do
    "$L" -C hub add need "title=at once $i" >/dev/null 2>"at.$i" || echo "$i" >>at.failed &
done
wait
is "$(cat at.failed 2>/dev/null)" "" "eight commands at once all get their turn"
is "$($H find "at once" | wc -l | tr -d ' ')" 8 "and nothing is lost"

# a daemon that was killed
serve hub hub
kill -9 "$(cat hub.pid)"
wait "$(cat hub.pid)" 2>/dev/null
rm -f hub.pid
gives 0 "after kill -9 too" $H add need title=again
gives 0 "and nothing is damaged" $H doctor
done_testing
