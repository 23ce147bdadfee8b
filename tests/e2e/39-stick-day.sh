#!/bin/sh
# A day with a stick (product.md 2.2), in the words that people read: fourteen entries go to
# the centre by stick, with two other groups' in the same folder, receipt and news come back;
# what is torn, foreign, newer is refused in words; what another group's laptop carries is
# counted. A page that sees the stick by itself is not the command line's.
. "$(dirname "$0")/lib.sh"
LINJULI_LANG=zh
found_hub 绿洲 中心
H="$L -C hub" A="$L -C a" B="$L -C b" C="$L -C c"
$H add org_unit code=0511 name=晨光党小组 kind=group >/dev/null 2>&1 || not_ok "a third group"
join_group a 0302 王芳 leader
join_group b 0303 李强 leader
join_group c 0511 陈静 leader
serve hub hub
for n in a b c a b c; do "$L" -C $n sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$n meets the hub"; done
stop hub || not_ok "the hub stops"
add() { # DIR N WORDS
    add_i=0
    while [ $add_i -lt "$2" ]; do
        "$L" -C "$1" add problem title="$3$add_i" >/dev/null 2>&1 || not_ok "$1 writes"
        add_i=$((add_i + 1))
    done
}
add a 14 楼道灯
add b 9 地下室
add c 9 单元门

# 0302 writes its stick
mkdir usb
has "$($A status)" "还没送出 14 条" "fourteen are not sent"
gives 0 "0302 writes the stick" $A bundle write usb
name=$(ls usb)
case $name in
绿洲_0302_$(date +%Y)[01][0-9][0-3][0-9]_[0-2][0-9][0-5][0-9].llj) ok "named for community, unit, day and hour" ;;
*) not_ok "named for community, unit, day and hour" "$name" ;;
esac
is "$out" "已写好：usb/$name，14 条。可以拔了" "it says what is on it, and to pull it out"
gives 0 "status" $A status
has "$out" "在U盘上，等中心收：14 条" "it is on the stick"
has_not "$out" "都送到中心了" "which is not sent"
has_not "$out" "还没送出" "nor waiting here"
has "$out" "这台电脑现在坏了，会丢 0 条" "nor lost with this computer"
# a stick that fails in the middle of writing; the daemon keeps the database's own files open
serve a a
(
    trap '' XFSZ
    ulimit -f 4
    exec $A bundle write half >half.out 2>half.err
)
is $? 74 "a stick that fails while it is written"
has "$(cat half.err)" "没写完，请重写" "in words"
is "$(ls half* | tr '\n' ' ')" "half.err half.out " "and nothing is left that looks whole"
stop a || not_ok "0302 stops"

# 0511 goes by the laptop of 0303
mkdir c-usb b-usb
gives 0 "0511 writes" $C bundle write c-usb
gives 0 "0303 reads it" $B bundle read c-usb
has "$out" "帮 0511 捎带 9 条" "it carries nine"
has "$($B status)" "帮别的组捎着 9 条，等中心收" "and says so"
run $B find 单元门
is "$out" "" "and can read none"
gives 0 "0303 writes its own, with them" $B bundle write b-usb
has "$out" "18 条。可以拔了" "eighteen"

# at the centre: 0511's own stick was there before; then one folder of three
gives 0 "0511 was received before" $H bundle read c-usb --no-reply
has "$out" "0511 新收 9 条" "nine"
cp c-usb/*.llj b-usb/*.llj usb/
gives 0 "the centre reads the folder" $H bundle read usb
has "$out" "0302 新收 14 条" "fourteen of 0302"
has "$out" "0303 新收 9 条" "nine of 0303"
has "$out" "0511 已收过" "those of 0511 it had"
has "$out" "回执和新消息写好了：usb/绿洲_0000-0302_" "receipt and news go back on the same stick"
gives 0 "the same stick twice" $H bundle read usb --no-reply
has "$out" "0302 已收过" "has no effect"
has_not "$out" "新收" "at all"
is "$($H list problem --json | grep -c '"title"')" 32 "thirty-two problems are at the centre, once"

# back home
gives 0 "0302 reads what came back" $A bundle read usb
has "$out" "中心已收到 14 条 ✓，带回 " "the centre has received fourteen"
gives 0 "status" $A status
has "$out" "都送到中心了" "all is delivered"
has_not "$out" "在U盘上" "nothing is on a stick any more"
gives 0 "the same file twice" $A bundle read usb
has_not "$out" "中心已收到" "says nothing new"

# what is no good, in words
f=$(ls c-usb/*.llj)
size=$(wc -c <"$f")
head -c $((size * 6 / 10)) "$f" >torn.llj
gives 75 "torn" $A bundle read torn.llj
case $err in *"没写完整。完整的都收下了，还差 "*" 条，再插一次或连上网就补"*) ok "says how much is missing" ;; *) not_ok "torn, in words" "$err" ;; esac
{ head -c 16 "$f" && printf '\002' && tail -c +18 "$f"; } >new.llj
gives 78 "newer" $A bundle read new.llj
has "$err" "是更新的版本写的，先升级这台电脑" "in words"
"$L" -C other init --name 别处 --person 站长 >/dev/null
gives 77 "foreign" "$L" -C other bundle read "$f"
has "$err" "是别的社区的" "in words"
echo 购物清单 >list.llj
gives 66 "no bundle at all" $A bundle read list.llj
has "$err" "不是邻聚里的U盘文件" "in words"
if grep -qa 楼道灯 usb/*.llj; then not_ok "a stick that is lost tells"; else ok "a stick that is lost tells nothing"; fi

# all the way round: a stamp, and everybody has the same
gives 0 "the centre stamps" $H seal
serve hub hub
for n in a b c a b c; do "$L" -C $n sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$n meets the hub"; done
stop hub || not_ok "the hub stops"
has "$($B status)" "都送到中心了" "0303 has delivered"
has_not "$($B status)" "捎着" "and carries nothing"
for n in a b c; do
    is "$("$L" -C $n digest --log)" "$($H digest --log)" "$n and the hub hold the same logs"
    "$L" -C $n digest | while read -r line; do $H digest | grep -qxF "$line" || echo "$line"; done >differ
    is "$(cat differ)" "" "and the same records, as far as $n reads them"
    gives 0 "$n: audit" "$L" -C $n audit
    has "$out" "核对无误" "nothing wrong"
done
for n in hub a b c; do gives 0 "$n: doctor finds nothing" "$L" -C $n doctor; done
done_testing
