#!/bin/sh
# Spreadsheets: bad rows, dry run, undo, export and back, hostile files.
. "$(dirname "$0")/lib.sh"
found_hub
H="$L -C hub"
cat >needs.csv <<CSV
title,urgency,wanted_by,how_many
lamp,urgent,2026-12-01,3
,normal,2026-12-02,4
bench,perhaps,2026-12-03,5
"door, heavy",normal,2026-13-04,6
"lift
shakes",normal,2026-12-05,7
fence,,,
CSV
before=$($H digest)
gives 65 "a dry run tells what would be refused" $H import need needs.csv --dry-run
has "$err" "line 3" "the row without a title"
has "$err" title "by field"
has "$err" "line 4" "the unknown choice"
has "$err" urgency "by field"
has "$err" "line 5" "the date that is none"
has "$err" wanted_by "by field"
is "$($H digest)" "$before" "and writes nothing"
gives 65 "the import" $H import need needs.csv --json
is "$(printf '%s\n' "$out" | field rows)" 6 "counts the rows"
is "$(printf '%s\n' "$out" | field refused)" "$(printf '%s\n' "$out" | grep -c '"fault":')" \
    "and lists each refused one"
taken=$(printf '%s\n' "$out" | field taken)
batch=$(printf '%s\n' "$out" | field batch)
is "$($H list need | wc -l | tr -d ' ')" "$taken" "the others are in"
kept=$($H list need --json | field number)
gives 0 "somebody builds on one" $H set "$kept" place=stairs
gives 0 "undo" $H undo "$batch" --json
is "$(printf '%s\n' "$out" | field undone)" $((taken - 1)) "takes back all others"
is "$(printf '%s\n' "$out" | field kept)" 1 "and says what stays"
is "$($H list need | wc -l | tr -d ' ')" 1 "which is there"
gives 0 "undo again" $H undo "$batch" --json
is "$($H list need | wc -l | tr -d ' ')" 1 "changes nothing"

# out and in again
printf '标题,紧急程度,说明\n=1+1,紧急,"a ""quoted"", text"\n第二,一般,\n' >zh.csv
gives 0 "headers and values in Chinese" $H import need zh.csv
gives 0 "export" $H export need out.csv
is "$(head -c 3 out.csv | od -An -tx1 | tr -d ' ')" efbbbf "begins with a byte order mark"
is "$(grep -c "^.*'=1+1" out.csv)" 1 "a formula is defused"
refused 74 out.csv $H export need out.csv
gives 0 "--force writes over it" $H export need out.csv --force
gives 0 "export to stdout" $H export need -
is "$(printf '%s\n' "$out" | cksum)" "$(cksum <out.csv)" "is the same"
gives 0 "with labels" $H export need labels.csv --labels
has "$(head -n 1 labels.csv)" 标题 "has them in the header"
gives 0 "as GB18030" $H export need gb.csv --gb18030 --labels
if command -v iconv >/dev/null; then
    has "$(iconv -f gb18030 -t utf-8 gb.csv)" 紧急程度 "is GB18030"
fi
gives 0 "another community" "$L" -C two init --name Two --listen 127.0.0.1:1
gives 0 "takes the export" "$L" -C two import need labels.csv
gives 0 "and that of old programs" "$L" -C two import need gb.csv
is "$("$L" -C two list need | wc -l | tr -d ' ')" 6 "all of it"
has "$("$L" -C two list need)" "=1+1" "as it was"

# hostile
gives 65 "no header" $H import need /dev/null
printf 'title,colour\nx,red\n' >colour.csv
refused 65 colour $H import need colour.csv
printf 'title\n"never closed\n' >open.csv
gives 65 "a quote that never closes" $H import need open.csv
# Lines of 3 GB through a pipe, with 64 MB of memory to work in (not under a sanitizer).
limited() {
    [ -n "${E2E_SANITIZED:-}" ] || ulimit -d 65536
    exec "$@"
}
zeros() {
    head -c 3G /dev/zero | tr '\0' x
}
before=$($H digest)
(zeros | (limited "$L" -C hub import need -) >big.out 2>&1; echo $? >big.status)
is "$(cat big.status)" 65 "a first line of 3 GB is refused in 64 MB"
({ printf 'title\nfirst\n'; zeros; printf '\nlast\n'; } |
    (limited "$L" -C hub import need - --json) >big.out 2>big.err; echo $? >big.status)
is "$(cat big.status)" 65 "a row of 3 GB is refused in 64 MB"
has "$(cat big.out big.err)" 3 "and its line is named"
gives 0 "and all is well" $H doctor
done_testing
