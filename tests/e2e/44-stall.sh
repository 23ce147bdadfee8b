#!/bin/sh
# A stall with a budget (product.md S7): 86 points, 20 of them with a stall, apart. What is
# not there is refused, and who has it is told; after meeting everybody says the same:
# issued = held + on the way + spent. Who writes an overspend by hand has spent nothing.
. "$(dirname "$0")/lib.sh"
build=$(cd "$(dirname "$L")" && pwd)
mkdir types && cp "$e2e_root"/schema/types/* "$e2e_root"/tests/golden/rights/* types
mk() { env -u MAKEFLAGS -u MFLAGS make -s -C "$e2e_root" B="$build" "$@" >>make.out 2>&1; }
mk TYPES="$T/types" OTHER="$T/with" other && mk OTHER="$T/with" OTHER_TOOL=overspend other-tool ||
    not_ok "a program with accounts is built" "$(tail -n 5 make.out)"
L=$T/with/linjuli
H="$L -C hub" S="$L -C stall" N="$L -C third"

found_hub 绿洲 中心
join_group stall 0302 王芳 leader
join_group third 0303 李强 leader
meet() { # everybody with the hub, twice: what one brings the others get
    serve hub hub
    for n in stall third stall third; do
        "$L" -C $n sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$n meets the hub"
    done
    stop hub || not_ok "the hub stops"
}
totals() { # DIR: issued held transit spent
    "$L" -C "$1" rights "$acc" --json | tee json |
        sed -n 's/^ *"\(issued\|held\|transit\|spent\)": \([0-9]*\),*$/\1 \2/p' | sort | tr '\n' ' '
}
all_say() { # TOTALS WHAT
    for n in hub stall third; do is "$(totals $n)" "$1" "$2: $n"; done
}
made() { "$@" 2>/dev/null | cut -d ' ' -f 1; }
meet

# ---- an account with 86 points at the hub, and a budget of 20 for the stall
acc=$(made $H add purse title=王家 points=86)
meet
gives 0 "the hub gives the stall 20" $H give "$acc" 20 王芳
has "$($H rights "$acc")" "20 on the way to 王芳" "they are on the way"
is "$(totals hub)" "held 66 issued 86 spent 0 transit 20 " "and counted there"
meet
all_say "held 86 issued 86 spent 0 transit 0 " "taken when the stall heard of it"
gives 1 "what is not there is not given" $S give "$acc" 21 中心
has "$err" "20 are here" "it says what is"
has "$err" ": 66" "and who has the rest"
gives 64 "no amount" $S give "$acc" many 中心
gives 65 "nothing is given" $S give "$acc" 0 中心
gives 66 "to nobody" $S give "$acc" 1 谁

# ---- apart
r80=$(made $H add handout title=米 purse="$acc" points=80)
gives 1 "80 are asked for at the hub" $H move "$r80" handed
has "$err" "66 are here" "66 are there"
has "$err" "002: 20" "and where the 20 are"
LINJULI_LANG=zh gives 1 "in Chinese" $H move "$r80" handed
has "$err" "不够：这里只有 66。其余在：002: 20" "likewise"
gives 0 "it was not moved" $H get "$r80"
has "$out" Asked "it is as it was"
r60=$(made $H add handout title=油 purse="$acc" points=60)
gives 0 "60 are handed out" $H move "$r60" handed
r20=$(made $S add handout title=盐 purse="$acc" points=20)
gives 0 "20 at the stall" $S move "$r20" handed
gives 1 "and not one more" $S give "$acc" 1 中心
has "$($S get "$r20")" "Noted, not final yet" "its right is tentative"
is "$($S get "$r20" --json | tr -d ' \n' | sed 's/.*"right":\({[^}]*}\).*/\1/')" \
    '{"final":false,"has":20,"needs":20}' "for scripts too"

# ---- together again
meet
all_say "held 6 issued 86 spent 80 transit 0 " "6 are left"
gives 0 "sealed" $H seal
meet
for n in hub stall third; do
    has "$("$L" -C $n get "$r20")" "uses 20: Final" "final at $n"
    has "$("$L" -C $n rights "$acc")" "Final" "all of it at $n"
    is "$("$L" -C $n cases --json | tr -d ' \n')" "[]" "no case at $n"
done
has "$(LINJULI_LANG=zh $N get "$r20")" "定了，算数" "in Chinese"
spend=$($S rights "$acc" --json | tr -d ' \n' | sed 's/.*"id":"\(2:[0-9:]*\)","kind":"spend".*/\1/')
gives 66 "nobody else's is returned" $H return "$spend"

# ---- an overspend by hand
bad=$(made $S add handout title=酒 purse="$acc" points=60)
"$T/with/overspend" stall "$acc" 60 "$bad" handed 2>tool.err || not_ok "the tool" "$(cat tool.err)"
meet
all_say "held 6 issued 86 spent 80 transit 0 " "nothing was spent"
for n in hub stall third; do
    has "$("$L" -C $n cases)" "has no right yet" "a case at $n"
    has "$("$L" -C $n get "$bad")" "needs 60, has 0" "and there at $n"
    has "$("$L" -C $n rights "$acc")" "· void" "void at $n"
    has "$("$L" -C $n rights "$acc" --json | tr -d ' \n')" '"state":"void"' "for scripts at $n"
done
gives 0 "moved back it is a case no more" $S move "$bad" back
meet
is "$($N cases --json | tr -d ' \n')" "[]" "for anybody"

# ---- taken back: the points return to whoever had spent them, and to the hub
gives 0 "the stall takes 20 back" $S move "$r20" back
gives 0 "and returns the budget" $S give "$acc" 20 中心
meet
gives 0 "the hub writes" $H add need title=x
meet
all_say "held 26 issued 86 spent 60 transit 0 " "the budget is back"
gives 66 "a return of what is returned" $S return "$r20"
for n in hub stall third; do
    gives 0 "doctor at $n" "$L" -C $n doctor
    gives 0 "rebuild at $n" "$L" -C $n rebuild
done
all_say "held 26 issued 86 spent 60 transit 0 " "after rebuild"
gives 0 "audit" $N audit
done_testing
