#!/bin/sh
# Two releases in one community: a newer program (one record type, one field, one state and
# one table more) beside this one. What the older does not understand it keeps, passes on and
# hands out again byte for byte; after its upgrade all is shown, and no entry was written by it.
. "$(dirname "$0")/lib.sh"
build=$(cd "$(dirname "$L")" && pwd)
old=$L new=$T/newer/linjuli entries=$build/tests/e2e/tools/entries

# ---- the newer program
cp -r "$e2e_root/schema/types" types && cp -r "$e2e_root/schema/sql" sql
cat >types/900-placard <<'TYPE'
code = 900
name = placard
zh = "标牌"
en = "Placard"
visible = all
since = 2
create { roles = "leader, secretary" who = "unit, centre" }
edit { roles = "leader, secretary" who = "unit, centre" }
field title {
    code = 10
    zh = "标题" en = "Title"
    kind = text max = 60
    required = yes title = yes
}
state up { code = 1 zh = "已张贴" en = "Up" }
state down { code = 2 zh = "已撤下" en = "Down" end = yes }
move { from = "up" to = "down" roles = "leader" who = "unit, centre" }
TYPE
cat >>types/180-need <<'TYPE'
field floor {
    code = 900
    zh = "楼层" en = "Floor"
    kind = int min = 1 max = 99
    since = 2
}
state checked { code = 90 zh = "已核实" en = "Checked" since = 2 }
move { from = "listed" to = "checked" roles = "leader, clerk" who = "unit, centre" since = 2 }
move { from = "checked" to = "claimed" roles = "leader, clerk" who = "unit, centre" since = 2 }
TYPE
echo 'CREATE TABLE local_newer (n INTEGER PRIMARY KEY) STRICT;' >sql/900_newer.sql
mk() { env -u MAKEFLAGS -u MFLAGS make -s -C "$e2e_root" B="$build" "$@" >>make.out 2>&1; }
start=$(date +%s%N)
mk TYPES="$T/types" SQL="$T/sql" OTHER="$T/newer" other ||
    not_ok "the newer program is built" "$(tail -n 5 make.out)"
[ -x "$entries" ] || mk "$entries"
echo "# the newer program is built in $((($(date +%s%N) - start) / 1000000)) ms"
[ $((($(date +%s%N) - start) / 1000000000)) -lt 30 ]
is $? 0 "in less than 30 s"
has "$("$new" types)" placard "it knows a type more"
has_not "$("$old" types)" placard "this one does not"

# ---- a community, all of this release; n will be the newer one among the groups
found_hub
"$old" -C hub add org_unit code=0304 name=Lamp kind=group >/dev/null 2>&1
join_group a 0302 Wang leader
join_group b 0303 Li leader
join_group n 0304 Zhao leader
"$old" -C a add need title=shared words=first >/dev/null || not_ok "A writes"
serve hub hub
for d in a b n a; do "$old" -C $d sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$d meets the hub"; done
stop hub
with() { # PROGRAM COMMAND...: run, serve and others take this program
    L=$1
    shift
    "$@"
}
newer() { "$1" -C "$2" status --json | field newer; } # PROGRAM DIR
bytes() { "$entries" "$1/linjuli.db"; }               # DIR: its entries
of() { bytes "$1" | grep "^$2"; }                     # DIR KEY
key_of() { "$old" -C "$1" status --json | field key; }
scopes() { "$1" -C "$2" digest | grep '^scope [12] '; }
is "$(newer "$old" a)" 0 "nothing is of a newer release yet"

# ---- a program of the same version whose record types are others
cp -r "$e2e_root/schema/types" edited && echo '# one word more' >>edited/180-need
mk TYPES="$T/edited" SQL="$e2e_root/schema/sql" OTHER="$T/other" other || not_ok "it is built"
before=$(bytes b)
run "$T/other/linjuli" -C b status
has "$out" "not the release that the community uses" "it says so itself"
is "$("$T/other/linjuli" -C b find shared | grep -c shared)" 0 "it shows nothing"
refused 77 "ask the centre for theirs" "$T/other/linjuli" -C b add need title=lost
gives 1 "doctor says it, too" "$T/other/linjuli" -C b doctor
has "$out" "record types" "in words"
is "$(bytes b)" "$before" "nothing was written"
is "$("$old" -C b find shared | grep -c shared)" 1 "the right one shows all again"

# ---- an older hub, a newer node
n_log=$(key_of n)
before=$(bytes n)
gives 0 "the newer program opens what the older has written" "$new" -C n status
is "$(bytes n)" "$before" "no entry was written by that"
"$new" -C n add placard title=water-off >/dev/null || not_ok "it writes the new type"
"$new" -C n add need title=bulb floor=7 >/dev/null || not_ok "and the new field"
serve hub hub
gives 0 "and exchanges with the older hub" "$new" -C n sync "127.0.0.1:$port"
gives 0 "which seals it" "$old" -C hub seal
stop hub
run "$old" -C hub status
has "$out" "2 entries of a newer release: kept and passed on" "the hub says that it keeps two entries"
run env LINJULI_LANG=zh "$old" -C hub status
has "$out" "有 2 条是更新的程序写的：存着，照样转交" "in Chinese, too"
is "$(newer "$old" hub)" 2 "and to scripts"
is "$("$old" -C hub find bulb | grep -c bulb)" 0 "it shows neither"
is "$(of hub "$n_log")" "$(of n "$n_log")" "and holds them byte for byte"
gives 0 "doctor finds nothing wrong" "$old" -C hub doctor
gives 0 "nor does the audit say more than that" sh -c '"$1" -C hub audit >audit.out 2>&1; [ $? -le 1 ]' sh "$old"

# ---- the hub first
before=$(bytes hub | wc -l)
gives 0 "the hub's program is upgraded" "$new" -C hub list placard
has "$out" water-off "it shows what it has kept"
is "$(($(bytes hub | wc -l) - before))" 1 "it wrote one entry: which record types it has"
is "$(newer "$new" hub)" 0 "nothing is kept unseen any more"
"$new" -C hub add placard title=from-the-centre >/dev/null || not_ok "the hub writes the new type"
id=$("$new" -C hub list need title=shared --json | field id)
"$new" -C hub set "$id" floor=3 place=gate >/dev/null || not_ok "the hub sets the new field"

# ---- older nodes: by exchange, from neighbour to neighbour, by stick
with "$new" serve hub hub
gives 0 "an older node exchanges with the newer hub" "$old" -C a sync "127.0.0.1:$port"
stop hub
kept=$(newer "$old" a)
is "$kept" 4 "it keeps four entries"
has "$("$old" -C a status)" "$kept entries of a newer release" "and says so"
gives 0 "doctor" "$old" -C a doctor
run "$old" -C a get "$id"
has_not "$out" gate "what came with the new field waits with it"
"$old" -C a set "$id" words=second >/dev/null || not_ok "it goes on with what it understands"
"$old" -C a move "$id" claimed >/dev/null || not_ok "and moves it"
a_port=$(free_port)
serve a a --listen "127.0.0.1:$a_port"
gives 0 "it passes all on to an older neighbour" "$old" -C b sync "127.0.0.1:$a_port"
stop a
is "$(newer "$old" b)" 4 "who keeps it, too"
is "$(bytes b)" "$(bytes a)" "byte for byte"
run "$old" -C b get "$id"
has "$out" second "and sees the older one's change"
n_no=$("$new" -C n status --json | field node)
gives 0 "the second writes a stick for the newer node" "$old" -C b bundle write s.llj --for "$n_no"
"$new" -C n set "$("$new" -C n list need title=bulb --json | field id)" floor=8 >/dev/null
gives 0 "which reads it" "$new" -C n bundle read s.llj --no-reply
is "$(bytes n | grep -v "^$n_log")" "$(bytes b | grep -v "^$n_log")" "the entries of the others are those that it was given"
has "$("$new" -C n list placard)" from-the-centre "and shows what two older ones have carried"
run "$new" -C n get "$id"
has "$out" second "the older edit"
has "$out" gate "beside the newer one"

# from the newer one by stick through an older one: what is in it is not touched
"$new" -C n move "$("$new" -C n list need title=bulb --json | field id)" checked >/dev/null ||
    not_ok "the newer one uses the new state"
b_no=$("$old" -C b status --json | field node)
gives 0 "the newer one writes a stick" "$new" -C n bundle write n.llj --for "$b_no"
gives 0 "the older one reads it" "$old" -C b bundle read n.llj --no-reply
is "$(newer "$old" b)" 6 "two more are kept"
gives 0 "and hands it out again" "$old" -C b bundle write again.llj --for 1
gives 0 "to the hub" "$new" -C hub bundle read again.llj --no-reply
is "$(of hub "$n_log")" "$(of n "$n_log")" "which has it byte for byte"
has "$("$new" -C hub list need title=bulb)" Checked "and shows it"

# ---- the older ones follow
for d in a b; do
    before=$(bytes $d)
    gives 0 "$d is upgraded" "$new" -C $d status
    is "$(bytes $d)" "$before" "no entry was written by the upgrade"
    is "$(newer "$new" $d)" 0 "nothing waits"
    has "$("$new" -C $d list placard)" from-the-centre "the new type is shown"
done
with "$new" serve hub hub
for d in a b n a b n; do "$new" -C $d sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$d meets the hub"; done
want=$("$new" -C hub digest --log)
for d in a b n; do
    is "$("$new" -C $d digest --log)" "$want" "$d holds what the hub holds"
    is "$(scopes "$new" $d | head -n 1)" "$(scopes "$new" hub | head -n 1)" "and shows the same"
done
stop hub
for d in hub a b n; do gives 0 "doctor of $d" "$new" -C $d doctor; done
run "$new" -C a get "$id"
for word in second gate Claimed Floor; do has "$out" "$word" "both sides' changes are there: $word"; done

# ---- and no way back
before=$(cksum <a/linjuli.db)
refused 78 "a newer release has opened this" "$old" -C a status
refused 78 "upgrade the program" "$old" -C a add need title=lost
run env LINJULI_LANG=zh "$old" -C a status
has "$err" "请换新程序" "in Chinese, too"
is "$(cksum <a/linjuli.db)" "$before" "and nothing of it was touched"
gives 0 "the newer one goes on" "$new" -C a add need title=later
done_testing
