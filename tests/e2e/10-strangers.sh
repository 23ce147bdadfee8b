#!/bin/sh
# Whoever is not of this community gets handshake message 2 at the most (98 bytes with its
# length), no entry, name or number, and leaves one line in the log (acceptance A7).
. "$(dirname "$0")/lib.sh"
knock=$e2e_root/tests/e2e/tools/knock.js
found_hub
H="$L -C hub"
join_group a 0302 "Canary Wang" leader
serve hub hub
gives 0 "a member exchanges" "$L" -C a sync "127.0.0.1:$port"
log=hub/linjuli.log
lines() { grep -c 'peer.close' $log; }
one_line() { # WHY WHAT: one more line than $before, saying WHY
    wait_for 3 sh -c "[ \$(grep -c peer.close $log) -gt $before ]"
    is $(($(lines) - before)) 1 "$2 leaves one line"
    has "$(tail -n 1 $log)" "$1" "which says why"
}
proxy=$(free_port)
node "$knock" record "$proxy" "$port" said >proxy.out &
echo $! >proxy.pid
wait_for 5 grep -q ready proxy.out || not_ok "the proxy is ready"

# a member's own exchange, recorded
gives 0 "a member exchanges through a proxy" "$L" -C a sync "127.0.0.1:$proxy"
cp said member
size=$(wc -c <member)

# a node of this community by its database, with a key that the community does not know
cp -a a stranger
"$L" -C elsewhere init --name Elsewhere --listen 127.0.0.1:1 >/dev/null
cp -p elsewhere/keys/node.key stranger/keys/node.key
before=$(lines)
"$L" -C stranger sync "127.0.0.1:$proxy" >/dev/null 2>&1
differs $? 0 "an unknown key is not served"
one_line "not a node of this community" "it"
is "$(cat said.back)" 98 "it got message 2 and nothing else"

before=$(lines)
"$L" -C elsewhere sync "127.0.0.1:$proxy" >/dev/null 2>&1
differs $? 0 "another community is not served"
one_line "went away" "it"
is "$(cat said.back)" 98 "it got message 2 and nothing else"

"$L" -C hub invite --person Li --unit 0303 --role leader --file b.lji >/dev/null
for d in b c; do "$L" -C $d join b.lji >/dev/null; done
gives 0 "an invite is used" "$L" -C b sync "127.0.0.1:$port"
before=$(lines)
gives 77 "and once more by another" "$L" -C c sync "127.0.0.1:$proxy"
one_line "invite" "it"
is "$(cat said.back)" 130 "it got message 2, and one word: used"

before=$(lines)
set -- $(node "$knock" send "$port" member "$size")
is "$2" 98 "a replayed session gets message 2 and nothing else"
one_line handshake "it"

# cut off anywhere, and then silence: closed when the time for a handshake is over
before=$(lines)
node "$knock" send "$port" member 0 1 16 17 50 51 52 100 >cuts
is "$(awk '$2 > 98' cuts | wc -l)" 0 "a handshake cut off anywhere gets no more"
is "$(awk '$3 < 4500 || $3 > 6500' cuts | wc -l)" 0 "and is closed after about 5 s"
is $(($(lines) - before)) 8 "each leaves one line"

before=$(lines)
head -c 4096 /dev/urandom >noise
printf '\377' | dd of=noise conv=notrunc 2>/dev/null
set -- $(node "$knock" send "$port" noise 4096)
is "$2" 0 "noise gets nothing"
one_line handshake "it"
before=$(lines)
printf 'GET / HTTP/1.1\r\nHost: oasis\r\nUser-Agent: somebody\r\n\r\n' >http
set -- $(node "$knock" send "$port" http 60)
is "$2" 0 "a web browser gets nothing"
one_line handshake "it"
for p in 1 2; do # a right beginning, then noise behind every length
    before=$(lines)
    { printf "\\00$p"; head -c 16 /dev/zero; printf '\000\040'; head -c 32 /dev/urandom
      printf '\377\377'; head -c 65535 /dev/urandom; } >half
    set -- $(node "$knock" send "$port" half 66000)
    is "$(($2 <= 98))" 1 "pattern $p and noise gets message 2 at the most"
    one_line "" "it"
done

# 200 from one address: 8 at a time, members are served meanwhile
node "$knock" flood "$port" 200 4 >flood.out &
echo $! >flood.pid
wait_for 5 grep -q open flood.out
is "$(cat flood.out)" "open 8" "of 200 from one address 8 may stay"
gives 0 "meanwhile a member exchanges" timeout 10 "$L" -C a sync "127.0.0.1:$port"
is "$(($(grep -c accept.refused $log) <= 2))" 1 "the log does not grow with them"
wait "$(cat flood.pid)"
# 400 from 100 addresses take all places but not for long
node "$knock" flood "$port" 400 6 100 >flood.out &
echo $! >flood.pid
wait_for 5 grep -q open flood.out
gives 0 "a member gets a place among 400" timeout 10 "$L" -C a sync "127.0.0.1:$port"
kill "$(cat flood.pid)"
wait "$(cat flood.pid)" 2>/dev/null
rm -f flood.pid
stop hub && ok "the hub stops with 0" || not_ok "the hub stops with 0"
gives 0 "and nothing is damaged" $H doctor

# the log tells numbers, never who or what
for f in $log; do
    is "$(grep -cE 'Canary|Wang|Oasis|Elsewhere' $f)" 0 "no name in $f"
    for k in hub/keys/*.key a/keys/*.key; do
        hex=$(od -An -tx1 -v "$k" | tr -d ' \n')
        [ ${#hex} -gt 100 ] || continue
        grep -q "$(printf '%s' "$hex" | cut -c 41-72)" $f && not_ok "no key in $f" "$k"
    done
done
done_testing
