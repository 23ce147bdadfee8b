#!/bin/sh
# A leader is replaced at the same laptop, and a laptop is lost and found (product.md 2.3),
# in the words that people read. The pages, the breach form and the state of the disk's
# encryption are not the command line's.
. "$(dirname "$0")/lib.sh"
cut=$e2e_root/tests/e2e/tools/cut.js
LINJULI_LANG=zh
found_hub 绿洲 周书记
H="$L -C hub" P="$L -C lap"
meet() { for n in "$@"; do "$L" -C "$n" sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$n meets the hub"; done; }
for i in 1 2 3; do echo "27182$i" >pin$i; done
$H officers --add 赵敏 --pin-file pin3 >/dev/null || not_ok "a second officer"
join_group lap 0302 王芳 leader
join_group b 0303 李强 leader
serve hub hub
meet lap b
for i in 1 2 3; do $P add household door=3-$i-501 >/dev/null 2>&1 || not_ok "a household"; done
$P add resident name=张明 >/dev/null 2>&1 || not_ok "a resident"
lamp=$($P add problem title=楼道灯 2>/dev/null | cut -d' ' -f1)
gives 0 "the leader has a PIN" $P pin set --new-pin-file pin1
meet lap b

# replaced: the invite stick was made before, the centre is out of reach
node=$($P status --json | field node)
gives 0 "an invite for this laptop" $H invite --person 李娜 --unit 0302 --role leader --node "$node" --file li.lji
paper=$(printf '%s\n' "$out" | sed -n 's/^核对词：//p')
stop hub || not_ok "the hub stops"
$P add need title=晾衣架 --pin-file pin1 >/dev/null 2>&1 || not_ok "a need"
$P set "$lamp" place=3-2-501 --pin-file pin1 >/dev/null 2>&1 || not_ok "an edit"
gives 0 "the old leader hands over" $P handover --to 李娜 --pin-file pin1
has "$out" "交接单 · 0302 组" "the sheet"
has "$out" "3 户，1 人" "counts what there is"
has "$out" "没办完：需求 1，问题 1" "what is open"
has "$out" "没送出 2 条" "and what is not sent"
has "$out" "移交人签字：__________    接手人签字：__________" "with two places to sign"
gives 77 "the old PIN is dead at once" $P add need title=不行 --pin-file pin1
has "$err" "已经交接，在这台电脑上不再写" "in words"
gives 0 "the new leader joins" $P join li.lji
is "$(printf '%s\n' "$out" | sed -n 's/^核对词：//p')" "$paper" "with the words on the paper"
gives 0 "and has her own PIN" $P pin set --new-pin-file pin2
for i in 1 2 3 4 5; do $P add need title=李娜写的$i --pin-file pin2 >/dev/null 2>&1 || not_ok "she writes"; done
serve hub hub
meet lap
is "$($H list need --json | grep -c 李娜写的)" 5 "five of hers are at the centre"
run $P history "$lamp"
has "$out" "王芳 0302 组长" "what was before stays his"

# lost: the neighbour has two of the last three, the centre was told of all
is "$($P status --json | grep -c '"log"')" 2 "two logs, one store"
long=$(printf '%0400d' 0)
before=$($H lost "$node" 2>/dev/null | sed -n 's/^中心最后收到：第 \([0-9]*\) 条.*/\1/p')
third=$($P add need title=迟到一 words="$long" --pin-file pin2 2>/dev/null | cut -d' ' -f1)
$P add need title=迟到二 --pin-file pin2 >/dev/null 2>&1 || not_ok "she writes"
stop hub || not_ok "the hub stops"
bport=$(free_port)
serve b b --listen "127.0.0.1:$bport"
gives 0 "the neighbour gets two of them" $P sync "127.0.0.1:$bport"
stop b || not_ok "the neighbour stops"
serve hub hub
$P add need title=迟到三 words="$long" --pin-file pin2 >/dev/null 2>&1 || not_ok "she writes"
cport=$(free_port)
node "$cut" "$cport" "$port" 1800 >cut.ready &
echo $! >cut.pid
wait_for 5 grep -q ready cut.ready || not_ok "the cut is ready"
gives 75 "the centre is told, then it is cut off" $P sync "127.0.0.1:$cport"
kill "$(cat cut.pid)" && rm cut.pid

gives 1 "the page before the button" $H lost "$node"
has "$out" "这台电脑能打开的：0302 组 3 户 1 人" "what it can open"
case $out in *"中心最后收到：第 $before 条，$(date +%-m月)"*) ok "what the centre has, and when" ;; *) not_ok "what the centre has" "$out" ;; esac
has "$out" "它最后一次报的是：第 $((before + 3)) 条（$(date +%-m月%-d日)）" "what it told"
has "$out" "可能丢 3 条，也可能在邻组" "what may be lost"
has "$out" "不能远程清空" "and what cannot be done"
has "$err" "还没挂失" "nothing is done yet"
gives 1 "one of two persons" $H lost "$node" --yes
order=$(printf '%s\n' "$out" | sed -n 's/^命令 \([0-9a-f]*\) 等签：已签 1，要 2.*/\1/p')
has_not "$out" "已挂失。" "does not do it"
gives 0 "the other one confirms" $H sign "$order" --pin-file pin3
has "$out" "已挂失。它不能再送东西进来。不能远程清空。" "in words"
join_group new 0302 李娜 leader
meet new b
is "$("$L" -C new list household --json | grep -c '"number"')" 3 "a new laptop has everything up to there"

# found again
serve old lap --peer "127.0.0.1:$port"
held() { $H quarantine --json | grep -c '"here": true'; }
three() { [ "$(held)" -eq 3 ]; }
wait_for 10 three && ok "it hands in what it had not sent" || not_ok "it hands in what it had not sent" "$($H quarantine)"
has "$($P status)" "这台电脑已挂失，只能交出没送完的东西" "and is told what it can do"
stop old || not_ok "the old one stops"
run $H quarantine
has "$out" "暂扣，等审" "held for review"
set -- $(printf '%s\n' "$out" | sed -n 's/^\([0-9]*:[0-9]*\) .*/\1/p' | sort -t: -k2n)
is $# 3 "three"
gives 0 "the first is adopted" $H adopt "$1"
gives 0 "the second too" $H adopt "$2"
gives 0 "the third is declined" $H adopt "$3" --decline --why 写重了
meet new b
has "$("$L" -C new get "$third")" 迟到一 "it counts, under its number"
run "$L" -C new inbox
has "$out" "已收下（周书记" "the writer is told"
has "$out" "没有收下（周书记" "of each"
has "$out" "写重了" "and why"
gives 0 "the centre stamps" $H seal
meet new b
stop hub || not_ok "the hub stops"
for n in new b; do
    is "$("$L" -C $n digest --log)" "$($H digest --log)" "$n and the hub hold the same logs"
    "$L" -C $n digest | while read -r line; do $H digest | grep -qxF "$line" || echo "$line"; done >differ
    is "$(cat differ)" "" "and the same records, as far as $n reads them"
done
gives 1 "audit: exceptions" $H audit
has "$out" "有例外，都有说明" "all explained"
for n in hub new b; do gives 0 "$n: doctor finds nothing" "$L" -C $n doctor; done
done_testing
