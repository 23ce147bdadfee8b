#!/bin/sh
# An auditor on his own laptop, without trust and without an invite (product.md 2.5), in the
# words that he reads: a stick with the history, his own copy of the program, three lines typed
# from the wall.
. "$(dirname "$0")/lib.sh"
found_hub 绿洲社区 中心
H="$L -C hub" A="$L -C a"
join_group a 0302 王芳 leader
join_group b 0303 李强 leader
serve hub hub
meet() { for n in "$@"; do "$L" -C "$n" sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$n meets the hub"; done; }
meet a b a b
LINJULI_LANG=zh
lamp=$($A add problem title=楼道灯坏了 level=normal 2>/dev/null | cut -d' ' -f1)
for i in 1 2 3 4; do $A add need title=晾衣架$i >/dev/null 2>&1 || not_ok "a need"; done
meet a
$H seal >/dev/null 2>&1 || not_ok "sealed"
# what is on the stick: the history of the centre, and no key file of anybody
stick() { mkdir -p "$1" && cp hub/linjuli.db* "$1"; }
stop hub || not_ok "the hub stops"
stick early
gives 0 "what the clerk reads out is taken" $H move "$lamp" received
gives 0 "and dispatched" $H move "$lamp" dispatched
$H seal >/dev/null 2>&1 || not_ok "sealed again"
gives 0 "the wall" $H checkpoint --qr
printf '%s\n' "$out" >sheet
has "$out" "绿洲社区 · 第 2 号章" "names community and seal"
stick usb
# his own copy of the program, checked by its published hash; the wall as he types it
cp "$L" own-linjuli
sum=$(sha256sum <"$L")
is "$(sha256sum <own-linjuli)" "$sum" "his own copy of the program is the published one"
M="$T/own-linjuli"
unset LINJULI_DIR
LINJULI_STATE=$T/auditor
$H checkpoint 2>/dev/null >note
printf '绿洲社区 · 第 2 号章\r\n%s\r\n%s \r\n%s\r\n' "$(sed -n 1p note)" "$(sed -n 2p note)" "$(sed -n 3p note)" >typed
is "$(find usb -name '*.key' -o -name keys | wc -l | tr -d ' ')" 0 "there is no key file on the stick, and none is asked for"
look() { (cd "$1" && find . -type f ! -name '*-shm' -exec sha256sum {} + | sort); }
was=$(look usb)

# one button
gives 0 "one button" "$M" -C usb audit --checkpoint typed </dev/null
has "$out" "核对无误" "the verdict"
has "$out" "社区：绿洲社区" "of whom"
has "$out" "指纹（社区编号）：$(sed -n 's/^linjuli\///p' note)" "by the fingerprint on the wall"
has "$out" "章：第 2 号" "up to which seal"
case $out in *"共 "*" 笔、"*" 项、"*" 本账；例外 0，暂扣 0，删除 0"*) ok "with five numbers" ;; *) not_ok "with five numbers" "$out" ;; esac
has "$out" "到齐没有" "and what has arrived"
is "$(printf '%s\n' "$out" | grep -c '王芳 .* 0302 ')" 1 "node by node"
is "$(look usb)" "$was" "nothing on the stick has changed"
gives 0 "once more" "$M" -C usb audit --checkpoint typed --json
cp .out report.json
run "$M" -C usb audit --checkpoint typed --json
is "$out" "$(cat report.json)" "it prints the same"
gives 0 "a sample for the paper" "$M" -C usb audit --sample 3 --seed 20261124
has "$out" "抽样（种子 20261124）" "with the seed"

# what goes wrong
gives 3 "a stick older than the wall" "$M" -C early audit --checkpoint typed
has "$out" "资料不全：墙上是第 2 号章，这里只到第 1 号" "with both numbers"
has "$out" "资料不全，到的都对" "and what is here is right"
sed 's/^linjuli\/..../linjuli\/0000/' typed >foreign
gives 65 "another community's wall" "$M" -C usb audit --checkpoint foreign
has "$err" "这份检查点是别的社区的" "in words"
size=$(sed -n 2p note)
printf '%s\n%s\n%s\n' "$(sed -n 1p note)" "$size" "$(printf 'x%031d' 0 | openssl base64)" >lie
gives 5 "a stick that tells another story than the wall" "$M" -C usb audit --checkpoint lie --evidence proof
has "$out" "查出前后矛盾，有凭证" "in words"
d=$(ls -d proof/*)
[ -s "$d/README.txt" ]
is $? 0 "with a folder of evidence, and how to check it"
cp -R usb broken
at=$(grep -abo 王芳 broken/linjuli.db | head -n 1 | cut -d: -f1)
printf '\377' | dd of=broken/linjuli.db bs=1 seek="${at:-5000}" conv=notrunc 2>/dev/null
run "$M" -C broken audit
differs "$rc" 0 "one byte changed on the stick is found"

# one record by number, and its life; who has no key sees that it is there
meet_all() { serve hub hub && meet a b a b && stop hub; }
LINJULI_STATE=$T/state
meet_all
gives 0 "one record by number, where it may be read" $H history "$lamp"
has "$out" "王芳 0302 组长" "who wrote it"
has "$out" "中心 0000 书记" "who went on with it"
is "$(printf '%s\n' "$out" | grep -c '已盖章 ')" 3 "three steps, each with its stamp"
gives 66 "elsewhere it is not there" "$L" -C b history "$lamp"
gives 0 "where it is locked the chain verifies" "$L" -C b audit --checkpoint typed
has "$out" "核对无误" "and nothing is an error"
gives 0 "proofs of it for strangers" $H checkpoint --prove "$lamp"
has "$out" "linjuli/" "with the checkpoint"
for n in a b; do
    is "$("$L" -C $n digest --log)" "$($H digest --log)" "$n and the hub hold the same logs"
    "$L" -C $n digest | while read -r line; do $H digest | grep -qxF "$line" || echo "$line"; done >differ
    is "$(cat differ)" "" "and the same records, as far as $n reads them"
done
for n in hub a b; do gives 0 "$n: doctor finds nothing" "$L" -C $n doctor; done
done_testing
