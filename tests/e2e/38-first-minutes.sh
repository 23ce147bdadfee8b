#!/bin/sh
# The group leader's first ten minutes (product.md 2.1), in the words that he reads. Pages,
# icons, printing and the state of the disk's encryption are not the command line's.
. "$(dirname "$0")/lib.sh"
LINJULI_LANG=zh
found_hub 绿洲社区 中心
H="$L -C hub" W="$L -C wang"
words() { printf '%s\n' "$out" | sed -n 's/^核对词：//p'; }
households() { "$L" -C "$1" status --json | field households; }
centre=$($H list person --json | field number)
$H set "$centre" phone=053188880302 >/dev/null 2>&1 || not_ok "the centre has a phone"
{
    echo 门牌,户主姓名
    i=0
    while [ $i -lt 106 ]; do
        echo "3-$((i / 50 + 1))-$((i % 50 / 5 + 1))0$((i % 5 + 1)),张$i"
        i=$((i + 1))
    done
} >roster.csv
gives 0 "the centre has the roster of 0302" $H import household roster.csv --unit 0302
has "$out" "共 106 行，收下 106 行，退回 0 行" "a hundred and six households"

# the kit stick: an invite a post, and the first copy
mkdir kit
gives 0 "an invite for 0302" $H invite --person 王芳 --unit 0302 --role leader --file kit/0302.lji
paper=$(words)
case $paper in *" · "*" · "*" · "*) ok "with four check words for the paper" ;; *) not_ok "with four check words" "$out" ;; esac
gives 0 "one for 0303" $H invite --person 李强 --unit 0303 --role leader --file kit/0303.lji
differs "$(words)" "$paper" "has other words"
gives 0 "one that runs out" $H invite --person 赵敏 --unit 0303 --role helper --valid 2s --file kit/old.lji
gives 0 "the first copy is on it" $H bundle write kit
copy=$(ls kit/*.llj)
"$L" -C other init --name 别处 --person 站长 >/dev/null
"$L" -C other invite --person 孙丽 --unit 0000 --role clerk --file kit/other.lji >/dev/null
cp kit/0302.lji kit/again.lji

# 2-3: the page that finds the invite
gives 65 "the wrong invite of the stick" $W join kit/0303.lji --unit 0302
has "$err" "这张邀请是 0303 组的" "in words"
gives 0 "his own" $W join kit/0302.lji --unit 0302
has "$out" "绿洲社区 · 0302 组长 王芳" "says community, unit and person"
is "$(words)" "$paper" "and the words on the paper"
gives 65 "one of another community" $W join kit/other.lji
has "$err" "这是别的社区的" "in words"

# 3-4: the PIN
echo 271828 >pin
gives 0 "a PIN of six digits" $W pin set --new-pin-file pin
has "$out" "PIN 只锁屏幕。电脑丢了请马上打中心电话" "what it is worth"

# 4-7: the first copy, from the stick, before anybody was met; torn at first
mkdir torn
head -c 3000 "$copy" >torn/first.llj
gives 75 "a stick that was pulled out" $W bundle read torn
case $err in *"还差 "*" 条，再插一次或连上网就补"*) ok "says what is missing" ;; *) not_ok "says what is missing" "$err" ;; esac
gives 0 "once more" $W bundle read kit
gives 0 "the copy is there" $W status
has "$out" "106 户 0 人" "all of it"
has "$out" "中心还没认这台电脑" "before the centre has answered"
run $W find 3-2-501
has "$out" "3-2-501" "and he can search"
is "$($W get "$(printf '%s' "$out" | cut -d' ' -f1)" --json | field head)" 张70 "for the people behind a door"
# what the centre has written since comes by network
printf '门牌\n3-9-101\n3-9-102\n' >more.csv
$H import household more.csv --unit 0302 >/dev/null 2>&1 || not_ok "two more"
serve hub hub
gives 0 "then the rest by network" $W sync "127.0.0.1:$port"
has "$out" "收送完毕：收 " "with counts"
has_not "$out" "收 0 条" "that are not nothing"
gives 0 "the status" $W status
has "$out" "108 户 0 人" "has the two as well"
has "$out" "都送到中心了" "and nothing waits"
has "$out" "这台电脑现在坏了，会丢 0 条" "nor can be lost"
gives 0 "now the PIN again" $W pin change --pin-file pin --new-pin-file pin
has "$out" "请马上打中心电话 053188880302" "with the centre's number"

# what is used, run out
gives 0 "somebody has copied the invite" "$L" -C thief join kit/again.lji
gives 77 "the centre does not take it twice" "$L" -C thief sync "127.0.0.1:$port"
has "$err" "这张邀请已经用过（$(date +%-m月%-d日)）" "in words, with the day"
sleep 1
gives 77 "the one that ran out" "$L" -C late join kit/old.lji
has "$err" "邀请过期，请中心再发一张" "in words"

# 8-10: the first record, from the door
door=$($W find 3-2-501 | cut -d' ' -f1)
gives 0 "a problem" $W add problem title=楼道灯坏了 household="$door" place=3-2-501 --pin-file pin
case $err in "已存在本机 · 编号 0302-002-$(date +%y)-0001"*) ok "it is saved, under its number" ;; *) not_ok "it is saved, under its number" "$err" ;; esac
lamp=${out%% *}
gives 0 "the head line" $W status
has "$out" "还没送出 1 条" "one waits"
has "$out" "这台电脑现在坏了，会丢 1 条" "and would be lost"
gives 0 "no household: a note without it" $W add problem title=健身器松了 --pin-file pin
gives 0 "sent" $W sync "127.0.0.1:$port"
has "$($W status)" "都送到中心了" "both are at the centre"
has "$($H get "$lamp")" 楼道灯坏了 "under that number"

# a neighbour, a stamp, and the end
gives 0 "0303 joins" "$L" -C li join kit/0303.lji --unit 0303
for n in li wang; do "$L" -C $n sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$n meets the hub"; done
gives 0 "the centre stamps" $H seal
for n in li wang; do "$L" -C $n sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$n meets the hub"; done
has "$($W status)" "中心已盖章 第1号" "he sees the stamp"
stop hub || not_ok "the hub stops"
for n in wang li; do
    is "$("$L" -C $n digest --log)" "$($H digest --log)" "$n and the hub hold the same logs"
    gives 0 "$n: audit" "$L" -C $n audit
    has "$out" "核对无误" "nothing wrong"
done
is "$($W digest | grep '^scope 3 ')" "$($H digest | grep '^scope 3 ')" "and the same records of 0302"
is "$(households li)" 0 "0303 reads none of its households"
for n in hub wang li; do gives 0 "$n: doctor finds nothing" "$L" -C $n doctor; done
done_testing
