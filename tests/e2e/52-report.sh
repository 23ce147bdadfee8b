#!/bin/sh
# Reports on three nodes and a desk (product.md 5): as of the same seal the same bytes
# wherever they are printed, what is not sealed apart, a unit that is away told as such and
# never as 0, shares with both counts, and the sums done by hand.
. "$(dirname "$0")/lib.sh"
LINJULI_LANG=zh
found_hub 绿洲 中心
H="$L -C hub" A="$L -C a" B="$L -C b" D="$L -C desk"
join_group a 0302 王芳 leader
join_group b 0303 李强 leader
$H invite --person 张丽 --unit 0000 --role clerk --file desk.lji >/dev/null && $D join desk.lji >/dev/null ||
    not_ok "a desk joins"
serve hub hub
meet() { for m; do "$L" -C "$m" sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$m meets the hub"; done; }
sealed() { # everybody has what the hub has sealed
    $H seal >/dev/null || not_ok "sealed"
    meet "$@"
}
number() { # of the figure NAME in the report on stdin, sealed: its first n
    awk -v name="\"$1\":" '$1 == name { f = 1 } f && $1 == "\"n\":" { sub(",", ""); print $2; exit }'
}
total() { "$L" -C "$1" report "$2" --json | sed -n '/"total"/,$p' | number "$3"; }
today=$(TZ=UTC-8 date +%F)
meet a b desk a b desk

# ---- a week's work by hand
gives 0 "0302 writes a problem" $A add problem title=楼道灯
gives 0 "and another" $A add problem title=积水
gives 0 "and a visit" $A add visit words=看望 way=door visited_on=$today
gives 0 "0303 writes a need" $B add need title=扶手
meet a b
sealed a b desk
gives 0 "the weekly sheet at the hub" $H report weekly
has "$out" "绿洲 · 周报表" "says whose and which"
has "$out" "截至第 " "as of which seal"
cp "$T/.out" at-hub
$D report weekly >at-desk || not_ok "and at the desk"
if cmp -s at-hub at-desk; then ok "the same bytes at the desk"; else not_ok "the same bytes at the desk" "$(diff at-hub at-desk)"; fi
is "$(total hub weekly problems)" 2 "two problems"
is "$(total hub weekly needs)" 1 "one need"
is "$(total hub weekly visits)" 1 "one visit"
line() { "$L" -C "$1" report weekly | grep "	$2	"; }
has "$(line hub 0302)" "	1	" "each in the line of its unit"
has_not "$(line hub 0303)" "未收到" "0303 was heard of"

# ---- what is not sealed yet stands apart, and moves nothing
gives 0 "0302 writes on" $A add problem title=门禁
meet a desk
is "$(total hub weekly problems)" 2 "as of the seal still two"
has "$($H report weekly | tail -n +4 | grep 合计)" "2 未定 3" "the third is told as not final"
has "$($A report weekly | grep 合计)" "2 未定 3" "at its writer's too"
$H report weekly --json >hub.json && $D report weekly --json >desk.json
if cmp -s hub.json desk.json; then ok "and the desk says the same, as JSON too"; else not_ok "JSON" "$(diff hub.json desk.json)"; fi
sealed a b desk
is "$(total desk weekly problems)" 3 "sealed, it counts"

# ---- one who is away
next=$(TZ=UTC-8 date -d "$today + 7 days" +%F)
gives 0 "next week's sheet" $H report weekly --from $next
has "$(printf '%s\n' "$out" | grep '	0303	')" "未收到（最后 $today）" "0303 has not been heard of"
has_not "$(printf '%s\n' "$out" | grep '	0303	')	" "	0	" "which is not a 0"
has "$out" "未收到的单位：2 个" "and how many such there are"

# ---- taken back above the seal: gone when sealed, not before
gives 0 "five rows come in" sh -c "printf 'title\n甲\n乙\n丙\n丁\n戊\n' | $L -C b import need -"
batch=$(printf '%s\n' "$out" | grep -o '[0-9a-f]\{32\}' | head -n 1)
meet b
sealed a b desk
is "$(total hub weekly needs)" 6 "six needs"
gives 0 "0303 takes the batch back" $B undo "$batch"
meet b desk
is "$(total hub weekly needs)" 6 "six as of the seal"
has "$($H report weekly | grep 合计)" "6 未定 1" "one with what is not sealed"
sealed a b desk
is "$(total hub weekly needs)" 1 "and one when it is"

# ---- shares, lists, the other reports, and what is refused
gives 0 "the indicators" $H indicators
has "$out" "I23" "all there"
has "$out" "-（0/0）" "a share of nothing is no number"
gives 0 "every report prints" sh -c "for r in \$($L -C hub report --json | sed -n 's/.*\"name\": \"\(.*\)\"/\1/p'); do $L -C hub report \$r >/dev/null || exit 1; done"
has "$($H report lists)" "楼道灯" "the four lists name what there is"
is "$($H report lists --json | grep -c 楼道灯)" 1 "once"
refused 66 nothing $H report nothing
refused 64 2026-13-01 $H report weekly --from 2026-13-01
refused 64 2026-11-02 $H report weekly --from 2026-11-02 --to 2026-11-01
gives 0 "one unit's alone" $H report weekly --unit 0303
is "$(printf '%s\n' "$out" | grep -c '	030[23]	')" 1 "is one line"
stop hub || not_ok "the hub stops"
done_testing
