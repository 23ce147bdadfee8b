#!/bin/sh
# A stranger checks the community: a program in another language, written from the format
# documents alone (tests/reader), verifies an exported history with a revoked log, a grown
# grant, erased items and many seals, comes to the same accepted set, digest, tree and root
# as `audit` and `digest`, and refuses what was tampered with.
. "$(dirname "$0")/lib.sh"
found_hub
H="$L -C hub"
join_group a 0302 Wang leader
join_group b 0303 Li leader
verify() { node "$e2e_root/tests/reader/verify.js" "$@"; }
serve hub hub
sync_all() {
    for n in "$@"; do "$L" -C "$n" sync "127.0.0.1:$port" >/dev/null 2>&1 || not_ok "$n exchanges"; done
}
sync_all a b
{
    echo "title"
    i=0
    while [ $i -lt 300 ]; do
        i=$((i + 1))
        echo "Thing $i"
    done
} >sheet.csv
gives 0 "a sheet comes in" "$L" -C a import need sheet.csv
for i in 1 2 3 4 5 6; do
    "$L" -C a add need "title=one $i" >/dev/null 2>&1 && "$L" -C b add wish "title=wish $i" >/dev/null 2>&1 ||
        not_ok "a record is added"
    sync_all a b
    $H seal >/dev/null 2>&1 || not_ok "sealed"
done
wish=$("$L" -C b add wish title=WheelchairForQin beneficiary=QinYuzhen 2>/dev/null | sed 's/ .*//')
sync_all b
gives 0 "a record is erased" $H erase "$wish" --ground consent --request 2026-008 --yes
gives 0 "a log is ended" $H revoke Wang
for i in 1 2 3; do "$L" -C a add need "title=after the cut $i" >/dev/null 2>&1; done
sync_all a b a b
gives 0 "sealed once more" $H seal
sync_all a b
"$L" -C b add need title=unsealed >/dev/null 2>&1
sync_all b
stop hub || not_ok "the hub stops"

# the whole history, from the centre
gives 0 "the history goes out" $H bundle write all.llj --for 0
verify all.llj >report.json 2>verify.err
is "$? $(cat verify.err)" "0 " "the stranger finds nothing wrong"
$H audit --json >audit.json
$H digest >digest.txt
cat >compare.js <<'JS'
const fs = require('fs')
const [a, b] = ['report.json', 'audit.json'].map(f => JSON.parse(fs.readFileSync(f)))
const kind = l => l.authority ? 1 : l.acknowledgements ? 3 : 2
const ours = b.logs.map(l => [kind(l), l.log, l.seq, l.id, l.sealed || 0, !!l.revoked].join(' ')).sort()
const theirs = a.logs.map(l => [l.kind, l.log, l.seq, l.id, l.sealed, l.revoked].join(' ')).sort()
const same = (what, x, y) => console.log(`${x === y ? 'same' : `DIFFERENT: ${x} and ${y}`} ${what}`)
same('logs', theirs.join('\n'), ours.join('\n'))
for (const k of ['community', 'tree_size', 'root', 'seal', 'erased']) same(k, a[k], b[k])
const held = a.logs.reduce((n, l) => n + l.held, 0)
same('entries', a.entries + held, b.entries)
same('digest', `log ${a.digest}`, fs.readFileSync('digest.txt', 'utf8').split('\n')[0])
same('inclusion', a.inclusion.proof.length > 0, true)
same('held back', held, b.held)
JS
while read -r said what; do
    is "$said" same "the stranger and the audit: $what"
done <<END
$(node compare.js)
END
is "$(node compare.js | grep -c same)" 10 "all of it compared"
differs "$(field erased <report.json)" 0 "something is erased"
is "$(grep -c '"revoked": true' report.json)" 1 "and a log ended"

# the centre's proof that one record is in, in the tree that the stranger computed himself
need=$("$L" -C a list need --json | field number)
gives 0 "a record's proof" $H checkpoint --prove "$need"
printf '%s\n' "$out" >proof
verify all.llj --proof proof >proved.json
is $? 0 "holds for the stranger"
differs "$(grep -c '"proved": \[\]' proved.json)" 1 "and names entries"
for place in 10 40 300 -60; do
    node -e 'const fs = require("fs"); const b = fs.readFileSync("proof"); const i = +process.argv[1]
        b[i < 0 ? b.length + i : i] ^= 1; fs.writeFileSync("bad.proof", b)' -- "$place"
    verify all.llj --proof bad.proof >/dev/null 2>&1
    is $? 65 "not with one bit changed at $place"
done

# tampered with: one bit at 40 places; two ends cut off; a chunk gone
size=$(wc -c <all.llj)
cat >flip.js <<'JS'
const fs = require('fs')
const [from, to, at] = process.argv.slice(2)
const b = fs.readFileSync(from)
b[at] ^= 1
fs.writeFileSync(to, b)
JS
bad=0
i=0
while [ $i -lt 40 ]; do
    node flip.js all.llj bad.llj $((i * (size - 1) / 39))
    verify bad.llj >/dev/null 2>&1
    [ $? -eq 65 ] || bad=$((bad + 1))
    i=$((i + 1))
done
is $bad 0 "a bit turned at 40 places is refused"
head -c $((size - 1)) all.llj >cut.llj
verify cut.llj >/dev/null 2>&1
is $? 65 "so is one that ends too early"

# a hub's key alone, by hand: the same chunks under right hashes, one thing changed in them
cat >forge.js <<'JS'
const fs = require('fs')
const V = require(process.argv[2] + '/tests/reader/verify.js')
const R = require(process.argv[2] + '/tests/reader/reader.js')
// The history without the receipt's checks: what if only entries had been changed?
const b = V.readBundle(fs.readFileSync('all.llj'))
const try_ = (name, want, change) => {
  const entries = change(b.entries.slice())
  const r = V.judge([{ ...b, entries }])
  console.log(`${r.verdict === want ? 'ok' : `verdict ${r.verdict}`} ${name}`)
}
const data = e => e.kind === 1 && e.count > 100 // of the sheet, long sealed
const spoil = (e, at) => { const c = Buffer.from(e.header); c[at] ^= 1; return { ...e, header: c } }
const first = (list, is) => list.findIndex(is)
const seal = e => e.kind === 2 && e.seq > 3n
try_('as it is', 0, l => l)
try_('a signature that does not hold', 5, l => { const i = first(l, data); l[i] = spoil(l[i], 100); return l })
try_('an authority entry that does not hold', 5, l => { const i = first(l, seal); l[i] = spoil(l[i], 100); return l })
try_('an entry below a seal is missing', 3, l => l.filter((e, i) => i !== first(l, data)))
try_('an authority entry is missing', 3, l => l.filter((e, i) => i !== first(l, seal)))
try_('an item taken out that no order names', 3, l => {
  const i = first(l, data)
  l[i] = { ...l[i], items: l[i].items.map(() => ({ erased: R.ZERO })) }
  return l
})
JS
while read -r said what; do is "$said" ok "tampered: $what"; done <<END
$(node forge.js "$e2e_root" 2>&1)
END
done_testing
