#!/bin/sh
# Checkpoint, tiles and proofs of a real community, held against the Go project's
# implementation of signed notes and tiled logs (tools/tlogcheck), which knows nothing of
# linjuli; one byte changed in each kind of file is refused. The wall (sync/CHECKPOINT.md).
. "$(dirname "$0")/lib.sh"
export GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= GOCACHE="$T/go" GOMAXPROCS=2 CGO_ENABLED=0
(cd "$e2e_root/tests/e2e/tools/tlogcheck" && go build -o "$T/tlogcheck" .) 2>go.err
is "$(cat go.err)" "" "the other implementation builds"
check="$T/tlogcheck"

found_hub
H="$L -C hub"
join_group a 0302 Wang leader
join_group b 0303 Li leader
refused 75 "no seal" "$L" -C a checkpoint
serve hub hub
serve a a
serve b b
# N records in N entries at each node, through its daemon: no database is opened for each.
add_many() {
    pids=
    for d in a b; do
        (n=0; while [ $n -lt "$1" ]; do
            "$L" -C $d add need "title=thing $n" >/dev/null 2>&1 || echo "$d $n" >>failed
            n=$((n + 1))
        done) &
        pids="$pids $!"
    done
    wait $pids
    [ ! -e failed ] || not_ok "every record is added" "$(cat failed)"
}
bring() { for d in a b; do "$L" -C $d sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$d meets the hub"; done; }
add_many 20
bring
gives 0 "sealed" $H seal
bring
key=$($H checkpoint --key)
gives 0 "the hub signs" $H checkpoint
cp .out first
is "$(sed -n 1p first)" "linjuli/$($H checkpoint --json | sed -n 's/.*"origin": "linjuli\/\(.*\)",/\1/p')" "the origin is the community"
run $H checkpoint
is "$out" "$(cat first)" "the same seal, the same bytes"
gives 0 "another node shows the same text" "$L" -C a checkpoint
is "$out" "$(sed -n 1,3p first)" "without a signature"
has "$err" "only the centre's computer can sign" "and says who could sign"
is "$("$L" -C b checkpoint --key)" "$key" "every node knows the key"
gives 0 "tiles" $H checkpoint --tiles web
cmp -s web/checkpoint first
is $? 0 "with the checkpoint"
gives 0 "the other implementation reads all of it" "$check" "$key" web
is "$out" "$(sed -n 2p first)" "every entry of it"
was=$(cd web && find . -type f -exec sha256sum {} + | sort)
gives 0 "once more" $H checkpoint --tiles web
has "$out" "up to date" "nothing to do"
is "$(cd web && find . -type f -exec sha256sum {} + | sort)" "$was" "and nothing done"

# more than two full tiles
add_many 280
number=$("$L" -C a add need "title=to be proved" 2>/dev/null | cut -d' ' -f1)
"$L" -C a set "$number" title=changed >/dev/null 2>&1
refused 75 "not stamped" "$L" -C a checkpoint --prove "$number"
bring
stop b || not_ok "b stops"
gives 0 "sealed again" $H seal
$H checkpoint --qr >wall.txt
has "$(cat wall.txt)" "seal no. 2" "the wall names the seal"
node "$e2e_root/tests/e2e/tools/blocks.js" <wall.txt >wall.pbm
is "$(zbarimg -q --raw wall.pbm 2>/dev/null)" "$($H checkpoint)" "a scanner reads the whole checkpoint from its QR code"
$H checkpoint --svg wall.svg >/dev/null
is "$(grep -c "$($H checkpoint | sed -n 3p)" wall.svg)" 1 "the page for the wall has the root as text"
gives 3 "a node that has not got it, against the wall" "$L" -C b audit --checkpoint wall.txt
has "$out" "the wall has seal no. 2, here it ends at no. 1" "says which is missing"
LINJULI_LANG=zh
gives 3 "in Chinese" "$L" -C b audit --checkpoint wall.txt
has "$out" "资料不全：墙上是第 2 号章，这里只到第 1 号" "in the exact words"
LINJULI_LANG=en
bring
gives 0 "the growth" $H checkpoint --tiles web --json
files=$(printf '%s\n' "$out" | field files)
size=$(printf '%s\n' "$out" | field size)
[ "$size" -ge 600 ]
is $? 0 "six hundred entries and more"
is "$files" 7 "two full tiles and bundles, a partial one of each, one in the row above: no more"
is "$(cd web && for f in $(printf '%s\n' "$was" | sed 's/.* //' | grep -v checkpoint); do sha256sum "$f"; done | sort)" \
    "$(printf '%s\n' "$was" | grep -v ' ./checkpoint')" "what was there is as it was"
is "$(cd web && find . -type f ! -perm 0644; find . -type d ! -perm 0755; find . -name '.linjuli*')" "" \
    "readable for a server, nothing left over"
is "$(cd web/tile && ls -d 0/000 0/001 entries/000 entries/001 1/000.p/2 2>&1)" "0/000
0/001
1/000.p/2
entries/000
entries/001" "full tiles, and a row above"
gives 0 "the other implementation reads all of it" "$check" "$key" web
is "$out" "$size" "every entry of it"
gives 0 "and that the old one is its beginning" "$check" "$key" web grew first

# proofs
gives 0 "proofs of a record's entries" $H checkpoint --prove "$number"
cp .out record.tlog-proof
gives 0 "hold there" "$check" "$key" web proofs record.tlog-proof
is "$out" 2 "one for each of its two entries"
id=$($H checkpoint --prove "$number" --json | field id)
gives 0 "by the entry's id" $H checkpoint --prove "$id"
cp .out one.tlog-proof
gives 0 "holds there" "$check" "$key" web proofs one.tlog-proof
is "$out" 1 "and is one"
gives 0 "from another node, unsigned" "$L" -C b checkpoint --prove "$id"
is "$(printf '%s\n' "$out" | sed '/^linjuli/,$d')" "$(sed '/^linjuli/,$d' one.tlog-proof)" "the same proof"
leaf=$({ printf '\0'; sed -n 's/^extra //p' one.tlog-proof | base64 -d; } | sha256sum | cut -d' ' -f1)
is "$leaf" "$id" "the leaf in it hashes to the id, by stock tools"
refused 66 "not found" $H checkpoint --prove 0302-099-26-9999
refused 75 "not stamped" $H checkpoint --prove "$(printf '%064d' 7)"
old=$(sed -n 2p first)
gives 0 "a proof of growth" $H checkpoint --from "$old"
cp .out growth
gives 0 "holds there" "$check" "$key" web growth growth first
refused 64 "twelve" $H checkpoint --from twelve
refused 75 "$((size + 1))" $H checkpoint --from $((size + 1))
refused 64 "One at a time" $H checkpoint --from 1 --tiles web
gives 0 "one byte changed, at sixteen places" "$check" "$key" web damage record.tlog-proof growth first
echo "$out" | sed 's/^/# /'
is "$(printf '%s\n' "$out" | grep -c '^refused: ')" 16 "is refused each time"

# the auditor and the wall
gives 0 "clean against the wall" "$L" -C b audit --checkpoint wall.txt
has "$out" "signed by the hub" "whose signature holds"
printf 'Oasis, no 2\r\n\r\n%s \r\n%s\r\n%s' "$(sed -n 1p web/checkpoint)" "$size" "$(sed -n 3p web/checkpoint)" >typed.txt
gives 0 "and as somebody typed it" "$L" -C b audit --checkpoint typed.txt
has "$out" "not signed" "which proves nothing by itself"
gives 0 "an older one" "$L" -C b audit --checkpoint first
{ sed -n 1,2p web/checkpoint; sed -n 3p first; } >wrong.txt
gives 5 "another root on the wall" "$L" -C b audit --checkpoint wrong.txt --evidence proof
is "$(cat proof/*/wall.txt)" "$(cat wrong.txt)" "is kept as evidence"
has "$(cat proof/*/README.txt)" "the root on the wall" "with the reason"
[ -s "$(ls -d proof/*)/1.entry.bin" ]
is $? 0 "beside the hub's seal"
sed "s/^$size\$/$old/" web/checkpoint >forged.txt
refused 65 "does not hold" "$L" -C b audit --checkpoint forged.txt
sed 's/^linjuli\/..../linjuli\/0000/' typed.txt >foreign.txt
refused 65 "another community" "$L" -C b audit --checkpoint foreign.txt
refused 65 record.tlog-proof "$L" -C b audit --checkpoint record.tlog-proof
refused 64 --checkpoint "$L" -C b audit --checkpoint wall.txt --root "1:$id"

# what does not extend it is not published, and nothing is written
cp -R web other
printf '%s\n' "$(sed -n 1p web/checkpoint)" "$old" "$(sed -n 3p web/checkpoint)" >other/checkpoint
was=$(find other -type f -exec sha256sum {} + | sort)
refused 65 "does not extend" $H checkpoint --tiles other
is "$(find other -type f -exec sha256sum {} + | sort)" "$was" "nothing was written"
printf '%s\n' "$(sed -n 1p web/checkpoint)" $((size + 9)) "$(sed -n 3p web/checkpoint)" >other/checkpoint
refused 65 "older" $H checkpoint --tiles other
sed 's/^linjuli\/..../linjuli\/0000/' web/checkpoint >other/checkpoint
refused 65 "not of this community" $H checkpoint --tiles other
mkdir twice && mkdir -p twice/tile/0 && printf 'something else' >twice/tile/0/000
refused 65 "twice/tile/0/000" $H checkpoint --tiles twice
is "$(cat twice/tile/0/000)" "something else" "is left as it is"
[ ! -e twice/checkpoint ]
is $? 0 "and no checkpoint speaks of it"
refused 77 "centre" "$L" -C a checkpoint --tiles mine
[ ! -e mine ]
is $? 0 "only the hub publishes"

# a run that was cut off goes on
cp -R web cut && rm cut/checkpoint cut/tile/0/001 cut/tile/entries/001
gives 0 "a run that was cut off" $H checkpoint --tiles cut
gives 0 "is made whole" "$check" "$key" cut
is "$out" "$size" "all of it"
for n in a hub; do stop $n || not_ok "$n stops"; done
gives 0 "the same without a daemon" $H checkpoint
is "$out" "$(cat web/checkpoint)" "the same bytes"
done_testing
