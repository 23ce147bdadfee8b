#!/bin/sh
# An invite on paper: QR codes on the terminal and on a page, read by a scanner that knows
# nothing of linjuli, and joined with what it read; what is read badly is refused in words.
. "$(dirname "$0")/lib.sh"
tools=$e2e_root/tests/e2e/tools

now_ms() { echo $(($(date +%s%N) / 1000000)); }
scan() { zbarimg -q --raw "$@" 2>/dev/null; }
invite_qr() { # PERSON UNIT ARGS...
    invite_person=$1 invite_unit=$2
    shift 2
    "$L" -C hub invite --person "$invite_person" --unit "$invite_unit" --role helper "$@"
}

found_hub
serve hub hub

# ---- one code, from the screen to the first record at the hub
t=$(now_ms)
invite_qr Zhao 0303 --qr >screen
has "$(cat screen)" "0303 helper Zhao" "it says for whom"
has "$(cat screen)" "has to meet the centre once before work begins" "and what comes first"
node "$tools/blocks.js" <screen >screen.pbm
text=$(scan screen.pbm)
is "$text" "$(grep '^LJI1:' screen)" "a scanner reads from the screen what stands below"
is "$(printf '%s' "$text" | tr -d 'A-Z2-7')" "1:" "capital letters and digits alone"
gives 0 "what was scanned is an invite" "$L" -C zhao join "$text" --unit 0303
has "$out" "The centre has answered" "the centre is met at once"
has "$out" "$(grep '^Check words: ' screen)" "the check words are those on the screen"
"$L" -C zhao add need title=lamp >/dev/null 2>&1 || not_ok "zhao writes"
"$L" -C zhao sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "zhao meets the hub"
run "$L" -C hub find lamp
has "$out" lamp "by QR: the first record is at the hub"
echo "# by QR: $(($(now_ms) - t)) ms to the first record at the hub"
gives 0 "the same text on another machine" "$L" -C thief join "$text"
has "$err" "used already ($(date +%Y)-" "which the hub refuses"

# ---- a page to print
umask 022
gives 0 "a page" invite_qr Qian 0302 --svg page.svg
is "$(stat -c %a page.svg)" 600 "for nobody else's eyes"
has "$(cat page.svg)" "0302 helper Qian" "the page says for whom"
has "$(cat page.svg)" "Oasis" "of which community"
has "$(cat page.svg)" "good until $(date +%Y)-" "and until when"
page_words=$(sed -n 's/.*>\(Check words: [a-z· ]*\)<.*/\1/p' page.svg)
has "$out" "$page_words" "with its check words"
differs "$page_words" "$(grep '^Check words: ' screen)" "which another invite has not"
has_not "$(cat page.svg) $out" "LJI1:" "the secret is in the picture alone"
refused 74 "page.svg" invite_qr Qian 0302 --svg page.svg
node "$tools/svg.js" page- <page.svg
scan page-1.pbm >typed
is "$(ls page-*.pbm)" "page-1.pbm" "one code"
stop hub
gives 0 "typed by a scanner in small letters, folded" sh -c "tr A-Z a-z <typed | fold -w 60 | '$L' -C qian join -"
has "$out" "the centre has to be met once before work begins" "without the hub it says what comes first"
run "$L" -C qian add need title=early
differs $rc 0 "and work does not begin before"
has "$err" "sync" "in words: $err"
serve hub hub
gives 0 "the hub is met" "$L" -C qian sync "127.0.0.1:$port"
gives 0 "now work begins" "$L" -C qian add need title=late

# ---- several codes
addresses=
for i in 1 2 3 4; do
    addresses="$addresses --address $(printf '%0200d' $i | sed 's/0/x/g').example:7400"
done
invite_qr Sun 0302 --qr --svg many.svg $addresses --address "127.0.0.1:$port" >screen
n=$(grep -c '^LJI1:' screen)
is "$n" 3 "a long invite is cut into parts"
has "$(cat screen)" "Part 2 of 3" "that are numbered"
node "$tools/svg.js" many- <many.svg
for i in 1 2 3; do scan many-$i.pbm; done >typed
is "$(cat typed)" "$(grep '^LJI1:' screen)" "a scanner reads every one of them"
sed -n 3p typed >some
sed -n 3p typed >>some
refused 65 "3 QR codes, missing: 1, 2" "$L" -C sun join some
sed -n 1p typed | cut -c 1-300 >>some
refused 65 "3 QR codes, missing: 1, 2" "$L" -C sun join some
{ cat some; echo "$text"; } >two
refused 65 "of two invites: two" "$L" -C sun join two
sed -n 2p typed | tr A B >>some
refused 65 "missing: 1, 2" "$L" -C sun join some
LINJULI_LANG=zh
refused 65 "二维码一共 3 张，还差第 1, 2 张" "$L" -C sun join some
LINJULI_LANG=en
[ ! -e sun ]
is $? 0 "nothing is left of it"
# A scanner, one part after another; the pipe stays open behind the last.
mkfifo gun
"$L" -C sun join - <gun >sun.out 2>sun.err &
echo $! >sun.pid
exec 3>gun
sed -n 2p typed >&3
wait_for 10 grep -q "Still missing: part 1, 3 of 3" sun.err
is $? 0 "whoever scans is told what is missing"
sed -n 1p typed >&3
sed -n 3p typed >&3
wait "$(cat sun.pid)"
is $? 0 "and it goes on by itself after the last"
rm -f sun.pid
exec 3>&-
has "$(cat sun.out)" "The centre has answered" "the addresses are tried in turn"

# ---- refused
refused 65 "not read whole" "$L" -C li join "${text%?}"
refused 65 "not read whole" "$L" -C li join "${text}A"
refused 65 "not read whole" "$L" -C li join "$(printf '%s' "$text" | tr B C)"
refused 65 "not an invite" "$L" -C li join - </dev/null
refused 65 "not an invite" sh -c "echo hello | '$L' -C li join -"
refused 65 "for unit 0303, not for 0302" "$L" -C li join "$text" --unit 0302
refused 64 "--qr" invite_qr Li 0302 --qr --code
refused 64 "--qr" invite_qr Li 0302 --svg x.svg --file y.lji
[ ! -e li ]
is $? 0 "and nothing is left of it"
"$L" -C other init --name Elsewhere --person Boss >/dev/null
refused 65 "there is a centre already" "$L" -C other join "$text"
invite_qr Li 0302 --qr --valid 1s | grep '^LJI1:' >short
sleep 1.1
refused 77 "invite has expired" "$L" -C li join short
invite_qr Li 0302 --file li.lji >/dev/null
gives 0 "a file comes through a pipe as well" sh -c "'$L' -C li join - <li.lji"
has "$out" "work can begin now" "and holds everything"

# ---- JSON, and a narrow terminal
run invite_qr Wu 0302 --qr --json
is "$(printf '%s' "$out" | grep -c 'LJI1:')" 1 "texts for scripts"
has_not "$out" "▀" "no picture among them"
if command -v script >/dev/null; then
    script -qec "stty cols 80; '$L' -C hub invite --person Zhou --unit 0302 --role helper --qr" /dev/null </dev/null >narrow
    has "$(cat narrow)" "Part 2 of 2" "on 80 columns two smaller codes"
    is "$(tr -d '\r' <narrow | grep '^█' | awk '{ n = gsub(/█|▀|▄| /, ""); if (n > 80) bad = 1 } END { print bad + 0 }')" 0 "which fit"
fi
stop hub
done_testing
