#!/bin/sh
# Joining by two files, for a computer that reaches nobody: request, admit, answer; with one
# officer and with two, and every way to be refused, in words.
. "$(dirname "$0")/lib.sh"
now_ms() { echo $(($(date +%s%N) / 1000000)); }
words() { sed -n 's/^Check words: //p'; }
found_hub
H="$L -C hub"

# ---- one officer; nothing between the two but files
t=$(now_ms)
gives 0 "a request is written" "$L" -C wang join --request wang.ljr --person Wang --unit 0302 \
    --role leader
said=$(printf '%s\n' "$out" | words)
has "$said" " · " "with check words"
cp wang.ljr first.ljr
gives 0 "once more" "$L" -C wang join --request wang.ljr --person Wang --unit 0302 --role leader
is "$(cmp wang.ljr first.ljr 2>&1)" "" "it is the same one"
is "$(stat -c %a wang/keys/log-01.key wang/keys/node.key wang/keys/ack.key | sort -u)" 600 "keys are its own"
refused 75 "waits for the centre's answer" "$L" -C wang add need title=early
gives 64 "no yes, no terminal" $H admit wang.ljr </dev/null
is "$(printf '%s\n' "$out" | words)" "$said" "the centre sees the same words"
is "$($H members --json | grep -c '"log"')" 1 "and nobody was admitted"
gives 0 "admitted" $H admit wang.ljr --yes --answer wang.lja
gives 0 "the answer is taken" "$L" -C wang join --answer wang.lja
gives 0 "work at once" "$L" -C wang add need title=stairs
has_not "$("$L" -C wang status)" "not answered" "it counts already"
gives 0 "a bundle" "$L" -C wang bundle write wang.stick
gives 0 "brings it" $H bundle read wang.stick
has "$($H find stairs)" stairs "the first record is at the centre"
echo "# by files only: $(($(now_ms) - t)) ms to the first record at the hub"
gives 0 "the same request again" $H admit wang.ljr --yes --answer again.lja
has "$out" "Admitted before" "says so"
is "$($H members --json | grep -c '"log"')" 2 "and admits nobody twice"
has "$out" "Wang, 0302 leader, log 2" "and what he was admitted for"
refused 65 "unit 0302" $H admit wang.ljr --yes --unit 0303
refused 65 "admitted already" $H admit wang.ljr --yes --role helper
mkfifo pipe
cat wang.ljr >pipe &
gives 0 "what was shown is what is admitted: the file is read once" timeout 10 $H admit pipe --yes \
    --answer again.lja
has_not "$("$L" join --help)" "x0a" "the help is whole lines"
gives 65 "the answer is good once" "$L" -C wang join --answer again.lja

# ---- the wish set right; first contact with a neighbour
"$L" -C li join --request li.ljr --person Li --unit 0399 --role helper >/dev/null
refused 75 "0399" $H admit li.ljr --yes
refused 64 "nonsense" $H admit li.ljr --yes --role nonsense
refused 64 "42" $H admit li.ljr --yes --unit 42
gives 0 "another unit" $H admit li.ljr --yes --unit 0303 --json
is "$(printf '%s\n' "$out" | field unit)" 0303 "is the one that counts"
gives 0 "Li takes it" "$L" -C li join --answer li.ljr.answer
"$L" -C li add need title=lamp >/dev/null 2>&1
$H bundle write news.stick >/dev/null
"$L" -C wang bundle read news.stick >/dev/null
nport=$(free_port)
serve wang wang --listen "127.0.0.1:$nport"
gives 0 "a neighbour is the first to be met" "$L" -C li sync "127.0.0.1:$nport"
gives 0 "and the neighbour" "$L" -C li sync "127.0.0.1:$nport"
stop wang
gives 0 "carries it" "$L" -C wang bundle write wang2.stick
$H bundle read wang2.stick >/dev/null
has "$($H find lamp)" lamp "to the centre"
serve hub hub
gives 0 "the centre knows it" "$L" -C li sync "127.0.0.1:$port"
gives 0 "a request while the centre runs" "$L" -C zhou join --request zhou.ljr --person Zhou \
    --unit 0302 --role helper
gives 0 "goes through it" $H admit zhou.ljr --yes
gives 0 "Zhou takes it" "$L" -C zhou join --answer zhou.ljr.answer
gives 0 "and meets the centre" "$L" -C zhou sync "127.0.0.1:$port"
stop hub

# ---- two officers
echo 271828 >pin
$H officers --add Zhao --pin-file pin >/dev/null
$H officers --need grant=2 >/dev/null
order=$($H orders --json | field order)
[ -z "$order" ] || $H sign "$order" --pin-file pin >/dev/null
has "$($H officers)" "appoint 2" "two must agree"
"$L" -C sun join --request sun.ljr --person Sun --unit 0302 --role helper >/dev/null
"$L" -C qian join --request qian.ljr --person Qian --unit 0303 --role leader >/dev/null
gives 1 "it waits for the other officer" $H admit sun.ljr --yes --json
order=$(printf '%s\n' "$out" | field order)
has "$($H orders)" "Sun" "where everybody sees it"
[ ! -e sun.ljr.answer ]
is $? 0 "no answer yet"
gives 1 "again: it still waits" $H admit sun.ljr --yes --json
is "$(printf '%s\n' "$out" | field order)" "$order" "as the same order"
gives 1 "another one waits beside it" $H admit qian.ljr --yes --unit 0302
gives 1 "and waits on as it was said" $H admit qian.ljr --yes --json
is "$(printf '%s\n' "$out" | field unit)" 0302 "for that unit"
refused 65 "drop that first" $H admit qian.ljr --yes --unit 0303
refused 65 "drop that first" $H admit sun.ljr --yes --unit 0303
gives 0 "the second signs" $H sign "$order" --pin-file pin
gives 0 "the answer is written" $H admit sun.ljr --yes
gives 0 "and taken" "$L" -C sun join --answer sun.ljr.answer
gives 0 "Sun writes" "$L" -C sun add need title=bench
order=$($H orders --json | field order)
$H sign "$order" --pin-file pin >/dev/null
gives 0 "the other one too" $H admit qian.ljr --yes
gives 0 "has numbers of its own" "$L" -C qian join --answer qian.ljr.answer
is "$($H members --json | sed -n 's/^ *"log": //p' | sort | uniq -d)" "" "no number is given twice"

# ---- refusals at the centre
refused 77 "" "$L" -C wang admit qian.ljr --yes
head -c 100 qian.ljr >torn.ljr
refused 65 "torn" $H admit torn.ljr --yes
: >empty.ljr
refused 65 "not a request" $H admit empty.ljr --yes
refused 66 "none.ljr" $H admit none.ljr --yes
flip() { # FILE AT OUT: one bit
    cp "$1" "$3"
    b=$(od -An -tu1 -j "$2" -N 1 "$1")
    printf "$(printf '\\%03o' $((b ^ 1)))" | dd of="$3" bs=1 seek="$2" conv=notrunc 2>/dev/null
}
bad=0 size=$(wc -c <qian.ljr) at=0
while [ $at -lt "$size" ]; do
    flip qian.ljr $at flip.ljr
    $H admit flip.ljr --yes >/dev/null 2>flip.err
    [ $? -eq 65 ] && [ "$(wc -l <flip.err)" -eq 1 ] || bad=$((bad + 1))
    at=$((at + 41))
done
is $bad 0 "a bit flipped anywhere: refused with 65, one line"

# ---- refusals at the new machine
"$L" -C wu join --request wu.ljr --person Wu --unit 0302 --role helper >/dev/null
"$L" -C wu2 join --request wu2.ljr --person Wu2 --unit 0302 --role helper >/dev/null
$H admit wu.ljr --yes >/dev/null
$H sign "$($H orders --json | field order)" --pin-file pin >/dev/null
$H admit wu.ljr --yes >/dev/null
before=$(ls -l wu wu/keys | cksum)
refused 65 "another computer" "$L" -C wu2 join --answer wu.ljr.answer
refused 65 "another computer" "$L" -C wu join --answer sun.ljr.answer
refused 65 "no request waits" "$L" -C nowhere join --answer wu.ljr.answer
head -c 700 wu.ljr.answer >torn.lja
refused 65 "torn" "$L" -C wu join --answer torn.lja
refused 65 "not an answer" "$L" -C wu join --answer wu.ljr
truncate -s 3G zeros
refused 65 "zeros" "$L" -C wu join --answer zeros
rm zeros
bad=0 size=$(wc -c <wu.ljr.answer) at=0
while [ $at -lt "$size" ]; do
    flip wu.ljr.answer $at flip.lja
    "$L" -C wu join --answer flip.lja >/dev/null 2>flip.err
    [ $? -eq 65 ] && [ "$(wc -l <flip.err)" -eq 1 ] || bad=$((bad + 1))
    at=$((at + 211))
done
is $bad 0 "a bit flipped anywhere: refused with 65, one line"
is "$(ls -l wu wu/keys | cksum)" "$before" "and nothing has changed"
gives 0 "the true one still serves" "$L" -C wu join --answer wu.ljr.answer
for d in hub wang sun qian wu; do gives 0 "$d: doctor finds nothing" "$L" -C $d doctor; done
done_testing
