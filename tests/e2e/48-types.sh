#!/bin/sh
# Every record type through the command line: made by somebody who may, moved along the main
# path of its life by those who may each step, listed, exported, and refused to somebody who
# may not. Three computers and seven persons.
. "$(dirname "$0")/lib.sh"
found_hub
H="$L -C hub"
seat() { # DIR PERSON UNIT ROLE: one more at that computer
    node=$("$L" -C "$1" status --json | field node)
    $H --as Centre invite --person "$2" --unit "$3" --role "$4" --node "$node" --file "$2.lji" >/dev/null &&
        "$L" -C "$1" join "$2.lji" >/dev/null || not_ok "$2 is seated"
}
join_group w 0302 Wang leader
join_group e 0303 Chen leader
serve hub hub
for d in w e; do "$L" -C $d sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$d meets the hub"; done
seat hub Li 0000 clerk
seat hub Zhao 0000 clerk
seat hub Sun 0000 privacy
seat e Zhou 0303 partner
for d in w e; do serve $d $d --peer "127.0.0.1:$port"; done
by() { # PERSON COMMAND...: at his own computer; again until what he needs has come there
    case $1 in Wang) d=w ;; Chen | Zhou) d=e ;; *) d=hub ;; esac
    by_who=$1
    shift
    for by_i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
        "$L" -C $d --as "$by_who" "$@" 2>by.err
        by_rc=$?
        case $by_rc in 65 | 66) sleep 0.1 ;; *) return $by_rc ;; esac
    done
    return $by_rc
}

# TYPE | who makes it | fields | who:state, step by step | who may not, add or state
# @TYPE in a field is the number of that type's record above. Who looks after unit 0302 is Wang.
cat >table <<'TABLE'
community       | Centre | name=Second | Centre:merged | Wang:add
compound        | Li     | name=East property_firm=Bright | Li:merged | Wang:add
building        | Wang   | no=3 entrances=2 floors=18 | Wang:empty Wang:in_use | Chen:add
dwelling        | Wang   | door=3-2-501 building=@building | Wang:pulled_down | Chen:add
merchant        | Wang   | name=Noodles trade=food phone=13812345678 | Wang:closed Li:open | Zhou:closed
org_unit        | Centre | code=0999 name=Joint kind=joint members=all --unit 0000 | Centre:ended | Wang:add
person          | Centre | name=Ma post_kind=centre_household | Centre:left | Li:add
partner         | Li     | name=Police kind=police phone=0717-110 | Li:active Li:left | Zhou:add
organisation    | Li     | name=Shells fields=law,relief | Li:settled | Wang:add
team            | Zhou   | name=Field fields=cleanliness members=12 | Centre:approved Li:active | Wang:dissolved
household       | Wang   | door=3-2-501 head=Zhang size=3 | Wang:verified | Chen:add
resident        | Wang   | name=Zhang birth=1950-05-01 is_registered=yes household=@household | Wang:verified | Chen:add
member          | Li     | name=Zhang kind=reported --unit 0302 | Li:assigned Li:moved | Wang:add
care_case       | Wang   | person=Zhang kinds=elder interval_days=7 | Li:assessed Zhao:open Li:paused Li:open Li:closed | Zhou:add
care_visit      | Wang   | person=Zhang care_case=@care_case planned_on=2026-11-24 | Wang:done Li:reviewed | Chen:add
consent         | Wang   | person=Zhang purpose=care form=oral | Wang:withdrawn | Chen:add
data_request    | Wang   | person=Zhang kind=delete | Wang:identity_checked Sun:done | Li:refused
standing        | Wang   | name=Zhang tag=five_olds evidence=papers | Li:notice Centre:granted | Wang:notice
need            | Wang   | title=bench category=care deadline= | Wang:claimed Wang:under_way Wang:met Wang:rated Wang:closed | Zhou:add
meeting         | Wang   | title=Stairs kind=tea names=Zhang attended=9 | Wang:held Wang:minutes_drafted Wang:confirmed Wang:filed | Zhou:add
venue           | Li     | name=Hall kind=activity is_resident_kept=yes | Li:closed | Wang:add
room            | Li     | name=Dance venue=@venue seats=20 | Li:repair Li:free Li:removed | Wang:add
resource        | Zhou   | title=Lawyer kind=people amount=2 | Li:checked Li:free Li:reserved Li:used_up | Zhou:checked
project         | Zhou   | title=Reading organisation=@organisation budget=1000 stage=planned | Li:discussed Centre:approved Zhou:under_way Zhou:acceptance Li:rated Centre:closed | Wang:add
problem         | Wang   | title=lamp level=normal channel=visit | Li:received Li:dispatched Wang:extension_asked Li:extension_granted Wang:reported_done Li:handled Li:checked Li:closed Wang:rated | Wang:received
wish            | Wang   | title=glasses beneficiary=Zhang | Wang:checked Li:published Wang:claimed Wang:confirmed Wang:fulfilled Wang:thanked Wang:closed | Zhou:add
claim           | Zhou   | title=glasses target=@wish claimer=Optician direction=offer --unit 0302 | Wang:confirmed Zhou:delivered Wang:accepted | Zhou:confirmed
public_matter   | Centre | title=Parking invited=100 present=70 residents=60 | Centre:discussed Centre:decided Centre:carried_out Centre:reviewed | Li:add
box_opening     | Wang   | box=East opened_on=2026-11-24 found=2 | Li:confirmed | Zhou:add
suggestion      | Wang   | title=lights channel=box opening=@box_opening | Li:registered Li:assigned Li:answered Li:put_right Wang:confirmed Li:closed Li:published | Wang:registered
rating          | Wang   | subject=lamp target=@problem stars=5 is_solved=yes | Wang:replaced Li:void | Sun:add
service         | Li     | name=Cool kind=cooling venue=@venue is_free=yes | Li:paused Li:ended | Wang:add
service_tally   | Zhou   | title=Cool service=@service tallied_on=2026-07-01 couriers=9 | Zhou:reversed | Wang:add
course          | Li     | title=Yoga kind=yoga weekdays=thu is_free=yes seats=20 room=@room | Li:open Li:running Li:ended | Wang:add
session         | Li     | title=Yoga-1 course=@course seats=20 | Li:full Li:held | Wang:add
booking         | Wang   | title=Yoga-1 session=@session person=Zhang | Li:waiting Li:confirmed Li:came | Wang:confirmed
attendance      | Wang   | title=Yoga-1 event=@session person=Zhang sheet_no=7 | Wang:reversed | Chen:add
activity        | Zhou   | title=Dumplings series=festival festival=winter organiser_kind=residents | Li:approved Li:announced Li:held Zhou:summed_up Li:filed | Zhou:approved
volunteer       | Wang   | name=Zhang team=@team skills=tea | Li:registered Li:active Li:suspended | Wang:registered
hours           | Wang   | name=Zhang volunteer=@volunteer served_on=2026-11-20 minutes=500 | Li:confirmed Centre:second_approved Li:on_notice Li:final | Zhou:add
points_rule     | Centre | title=Hour event=hours points=1 version=2026-1 meeting=@meeting | Centre:in_force Centre:replaced | Li:add
account         | Li     | name=Zhang opening=86 --unit 0302 | Li:closed Li:open | Wang:add
points          | Wang   | name=Zhang account=@account points=8 source=@hours rule=@points_rule | Li:approved Li:on_notice Li:final | Wang:approved
points_reversal | Zhao   | name=Zhang account=@account entry=@points points=2 why=twice | Li:approved | Sun:add
product         | Li     | name=Rice cost=44 points=44 | Li:sold_out Li:on_sale | Wang:add
stock_in        | Zhao   | title=bought product=@product amount=50 voucher_no=7 | Li:checked | Sun:add
stock_count     | Zhao   | title=November product=@product counted=49 expected=50 missing=1 | Li:checked | Sun:add
redemption      | Li     | name=Zhang account=@account product=@product amount=1 points=44 cost=44 | Li:handed_out Li:taken_back | Sun:add
service_sheet   | Li     | name=Zhang from_on=2026-01-01 until_on=2026-12-31 minutes=500 | Li:checked Centre:issued | Wang:add
plot            | Li     | no=17 price=300 area_dm2=2000 | Li:leased Li:free Li:withdrawn | Wang:add
lease           | Wang   | name=Zhang plot=@plot season=2027 | Li:drawn Li:signed Li:paid Li:active Li:renewed | Wang:drawn
fund            | Li     | title=Rent direction=in amount=300 booked_on=2026-11-24 lease=@lease | Centre:checked | Wang:add
notice          | Li     | title=Points kind=public | Zhao:edited Centre:reviewed Li:hung Li:taken_down | Wang:add
transfer        | Li     | file=a.csv direction=out rows=9 receiver=District state=made | Li:handed_over | Zhou:add
access          | Li     | reader=Li day=2026-11-24 records_n=2 | | Zhou:add
visit           | Wang   | words=well way=door household=@household | Wang:reviewed | Zhou:add
handover        | Wang   | heir=Chen households=1 | | Zhou:add
held_review     | Li     | place=3:7 | | Zhou:add
TABLE

# The daemon does what is written: one small process a step.
while IFS='|' read -r type maker fields path denied; do
    type=${type%% *} maker=$(echo $maker) denied=$(echo $denied)
    plain= args= # without and with what other records it names
    for f in $fields; do
        case $f in
        *=@*) args="$args ${f%%=*}=$(cat "no.${f#*=@}")" ;;
        --unit | 0*) args="$args $f" ;;
        *) args="$args $f" plain="$plain $f" ;;
        esac
    done
    # shellcheck disable=SC2086
    if ! number=$(by "$maker" add "$type" $args); then
        not_ok "$maker makes $type" "$(cat by.err)"
        continue
    fi
    number=${number%% *}
    echo "$number" >"no.$type"
    stuck=
    what=${denied#*:}
    if [ "$what" != add ]; then
        by "${denied%%:*}" move "$number" "$what" >/dev/null
        [ $? -eq 77 ] || stuck="$denied is not refused: $(cat by.err)"
    fi
    for step in $path; do
        by "${step%%:*}" move "$number" "${step#*:}" >/dev/null || stuck="$stuck $step: $(cat by.err)"
    done
    is "$stuck" "" "$type lives: $maker ${path% }"
    if [ "$what" = add ]; then
        [ "$denied" = Sun:add ] && plain=$args # who sees what the record names
        by "${denied%%:*}" add "$type" $plain --unit 0302 >/dev/null
        is "$? $([ -s by.err ] && echo said)" "77 said" "$type is refused to ${denied%%:*}, in words"
    fi
done <table

# duties that the type files keep apart: one attempt each
apart() { # TYPE STATE WORDS FIELDS: whoever has made one does not move it there
    # shellcheck disable=SC2086
    no=$(by Li add "$1" $4) || not_ok "Li makes $1" "$(cat by.err)"
    by Li move "${no%% *}" "$2" >/dev/null
    is "$? $(grep -c "$3" by.err)" "77 1" "who made the $1 does not move it to $2, in words"
}
apart hours confirmed "does not confirm" "name=Zhang served_on=2026-11-21 minutes=60"
apart points approved "Nobody approves" "name=Zhang account=$(cat no.account) points=3"
apart box_opening confirmed "Two persons" "box=West opened_on=2026-11-24 found=0"
apart stock_count checked "does not check" "title=again product=$(cat no.product) counted=1 expected=1"

# the last seat is promised once; a room is no session and costs no seat
last=$(by Li add session title=Last seats=1) one=$(by Li add booking title=Last "session=${last%% *}" --unit 0302)
two=$(by Li add booking title=Last "session=${last%% *}" --unit 0302)
room=$(by Li add booking title=Room "room=$(cat no.room)" heads=12 --unit 0302)
by Li move "${one%% *}" confirmed >/dev/null
is $? 0 "the last seat is confirmed"
by Li move "${two%% *}" confirmed >/dev/null
is $? 1 "not a second time"
by Li move "${two%% *}" waiting >/dev/null
is $? 0 "that one waits"
by Li move "${room%% *}" confirmed >/dev/null
is $? 0 "a room is confirmed without a seat"
is "$($H cases --json | tr -d ' \n')" "[]" "and nothing is without its right"

# what was taken down as one thing goes on as another, with its number
no=$(by Wang add problem title=bench place=3-2-501 channel=visit words=Zhang-sits-on-the-stairs reporter=Zhang found_on=2026-11-20 paper_no=17)
no=${no%% *}
by Li set "$no" "deadline=2026-12-01 12:00" >/dev/null || not_ok "the centre gives it a deadline" "$(cat by.err)"
by Wang reclassify "$no" need >/dev/null
is $? 77 "not by the leader"
by Li reclassify "$no" visit >/dev/null
is $? 65 "not into what has no such state"
new=$(by Li reclassify "$no" need category=nearby how_many=9 --why "they want a bench")
is "${new%% *}" "$no" "the number goes along"
run $H get "$no"
has "$out" "bench" "and means the new one"
for word in Need "2026-12-01 12:00" 2026-11-20 "reclassified from"; do has "$out" "$word" "which says $word"; done
for word in Zhang 3-2-501; do has_not "$out" "$word" "nothing is shown to more readers: $word"; done
run $H list problem
has "$out" "$no" "the old one is listed"
has "$out" Reclassified "as what it is"
by Li reclassify "$no" suggestion person=Zhang >/dev/null || not_ok "and again" "$(cat by.err)"
has "$($H get "$no")" Suggestion "the number means the last one"
wait_for 10 sh -c "'$L' -C w get '$no' | grep -q Suggestion" && ok "at the leader's, too" || not_ok "at the leader's, too"

# what there is, to everybody who may read it
"$L" types --json | sed -n 's/^ *"name": "\([a-z_]*\)".*/\1/p' >all
while read -r type; do
    [ -f "no.$type" ] || case $type in
    deadline_rule | calendar_day) continue ;; # they have a script of their own
    *) not_ok "$type has a row in this test" ;;
    esac
    number=$(cat "no.$type")
    case $($H list "$type") in
    *"$number"*) listed=yes ;;
    *) listed=no ;;
    esac
    case $($H export "$type" - --labels) in
    *编号*"$number"*) exported=yes ;;
    *) exported=no ;;
    esac
    is "$listed $exported" "yes yes" "$type is listed and exported"
done <all
for d in w e hub; do stop $d || not_ok "$d stops"; done
gives 0 "doctor finds nothing wrong" $H doctor
done_testing
