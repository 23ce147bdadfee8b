'use strict'
// Verifies a whole exported history, from the documents alone: `verify.js FILE.llj... [--proof FILE]` reads bundles
// (BUNDLE.md), checks every signature, link, order, seal and root, and prints what counts, as JSON.
// Behind `--proof` stands a file of inclusion proofs (CHECKPOINT.md) that have to hold as well.
// Exit status: 0 nothing contradicts, 3 something is missing, 5 a contradiction, 65 no bundle.
const fs = require('fs')
const R = require('./reader.js')
const S = require('./replica.js')
const { must, same, sha256, big } = R
const hex = b => b.toString('hex')

// BUNDLE.md sections 1 to 3. A torn or damaged file throws: a history is whole or it is none.
function readBundle (file) {
  const r = new R.Bytes(file)
  must(r.take(16).toString('latin1') === 'linjuli-bundle\r\n' && r.int(1) === 1, 'no bundle')
  const head = { community: r.take(32), node: r.int(4), to: r.int(4), clock: r.take(8), log: r.take(32), rows: [] }
  const n = r.int(4)
  must(n <= 65536, 'rows')
  for (let i = 0; i < n; i++) head.rows.push({ kind: r.int(1), no: r.int(4), seq: R.number(r.take(8)), id: r.take(32) })
  must(head.rows.every((row, i, all) => row.seq > 0n && row.no > 0 && (i === 0 || row.kind > all[i - 1].kind ||
    (row.kind === all[i - 1].kind && row.no > all[i - 1].no))), 'rows')
  const signed = file.subarray(0, r.at)
  must(R.verify(head.log, R.tagged('linjuli-stick-v1', head.community, signed), r.take(64)), 'receipt')
  let hash = sha256(file.subarray(0, r.at))
  must(same(r.take(32), hash), 'head')
  const [entries, heads] = [[], []]
  let chunks = 0
  for (;;) {
    const before = r.at
    const size = r.int(4)
    if (size === 0) {
      const trailer = r.buf.subarray(before, before + 24)
      must(r.int(4) === chunks && R.number(r.take(8)) === BigInt(entries.length) &&
        R.number(r.take(8)) === BigInt(before), 'trailer')
      must(same(r.take(32), sha256(hash, trailer)) && r.left === 0, 'trailer')
      return { ...head, entries, heads }
    }
    must(size <= 131072, 'chunk')
    const payload = r.take(size)
    hash = sha256(hash, big(size, 4), payload)
    must(same(r.take(32), hash), `chunk ${chunks}`)
    chunks++
    readPayload(new R.Bytes(payload), entries, heads)
  }
}
function readPayload (r, entries, heads) {
  const type = r.int(1)
  if (type === 3) for (must(r.left === 384, 'proof'); r.left;) heads.push(R.readHead(r))
  if (type !== 1 && type !== 2) return
  must(r.left > 0, 'empty')
  while (r.left) entries.push(R.readEntry(r.take(type === 2 ? Number(r.leb()) : 192 + r.buf.readUInt16BE(r.at + 6))))
}

// ---- what it all says
const verify = (files, proof) => judge(files.map(f => readBundle(fs.readFileSync(f))), proof)
function judge (bundles, proof) {
  must(bundles.length > 0, 'which bundles?')
  const community = bundles[0].community
  must(bundles.every(b => same(b.community, community)), 'two communities')
  const found = []
  const tell = (verdict, kind, what) => found.push({ verdict, kind, ...what })
  const at = e => ({ authority: e.kind === 2, key: hex(e.log), seq: Number(e.seq) })
  const sound = e => R.holds(e, community) || !!tell(5, 'SIGNATURE', at(e))
  const held = bundles.flatMap(b => [...b.entries, ...b.heads]).filter(sound)
  const s = S.state(held, hex(community))
  if (!s.authority.length) tell(3, 'NO_COMMUNITY', {})
  for (const o of s.void) tell(1, 'VOID', { operation: o.kind, ...at(s.authority[o.place]), item: o.index })
  for (const r of s.rows) {
    if (r.fork && r.kind !== 3) tell(r.kind === 1 ? 5 : 1, 'FORK', { kind_of: r.kind, log: Number(r.no), seq: Number(r.fork.seq) })
    if (r.waits) tell(3, 'WAITING', { log: Number(r.no), seq: Number(r.waits.seq) })
    else if ((r.beside || []).length && !r.fork && !r.revoked) tell(3, 'GAP', { kind_of: r.kind, log: Number(r.no), seq: r.chain.length + 1 })
  }
  for (const told of bundles.flatMap(b => b.rows)) { // the receipt: what the exporter holds
    const r = s.rows.find(r => r.kind === told.kind && BigInt(r.no) === BigInt(told.no))
    if (!r || BigInt(r.chain.length) < told.seq) tell(3, 'MISSING', { kind_of: told.kind, log: told.no, seq: Number(told.seq) })
  }
  let last = { size: 0n, leaves: [], seal: null }
  for (const t of S.trees(s)) {
    if (t.waits) break
    const [, n, , size, root] = t.seal.v
    const place = { ...at(s.authority[t.seal.place]), seal: Number(n) }
    if (size !== t.size || !same(root, R.root(t.leaves))) tell(5, 'SEAL_ROOT', place)
    last = { size: t.size, leaves: [...t.leaves], seal: t.seal }
  }
  const erased = erasures(s, tell, at)
  const logs = s.rows.map(r => ({
    kind: r.kind, log: Number(r.no), seq: r.chain.length, id: hex(S.headId(r)), sealed: r.sealed || 0,
    revoked: !!r.revoked, held: (r.beside || []).length
  })).filter(l => l.kind !== 1 || l.seq)
  return {
    community: hex(community),
    digest: hex(S.digest(s.rows)),
    tree_size: Number(last.size),
    root: hex(last.leaves.length ? R.root(last.leaves) : R.ZERO),
    seal: last.seal ? Number(last.seal.v[1]) : 0,
    entries: s.rows.reduce((n, r) => n + r.chain.length, 0),
    erased,
    logs,
    verdict: [5, 3, 1].find(v => found.some(f => f.verdict === v)) || 0,
    findings: found,
    inclusion: includes(last),
    proved: proof ? checkProofs(proof, { community, hub: s.authority[s.authority.length - 1].log, tree: last }) : []
  }
}
// Only what a counted `erase` names may be without its item; how many there are.
function erasures (s, tell, at) {
  let n = 0
  for (const r of s.rows.filter(r => r.kind === 2)) {
    for (const e of r.chain) {
      e.items.forEach((item, i) => {
        if (!item.erased) return
        n++
        if (!s.erased.has(`${r.no} ${e.seq} ${i}`)) tell(3, 'WITHHELD', { ...at(e), item: i })
      })
    }
  }
  return n
}
// RFC 6962 section 2.1.1: the audit path of one leaf, and the root that it leads to.
function path (leaves, m) {
  if (leaves.length < 2) return []
  const half = 2 ** (31 - Math.clz32(leaves.length - 1))
  return m < half ? [...path(leaves.slice(0, half), m), R.root(leaves.slice(half))]
    : [...path(leaves.slice(half), m - half), R.root(leaves.slice(0, half))]
}
function rootOf (leaf, m, size, proof) {
  let [hash, fn, sn] = [leaf, m, size - 1]
  for (const p of proof) {
    must(sn > 0, 'path')
    if (fn % 2 || fn === sn) {
      hash = sha256(Buffer.of(1), p, hash)
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1]
    } else hash = sha256(Buffer.of(1), hash, p)
    ;[fn, sn] = [fn >> 1, sn >> 1]
  }
  must(sn === 0, 'path')
  return hash
}
function includes ({ leaves }) { // the leaf in the middle
  if (!leaves.length) return null
  const m = leaves.length >> 1
  const proof = path(leaves, m)
  must(same(rootOf(leaves[m], m, leaves.length, proof), R.root(leaves)), 'inclusion')
  return { leaf: m, id: hex(leaves[m]), proof: proof.map(hex) }
}


// CHECKPOINT.md section 3: proofs of inclusion, against the tree that follows from the history.
function checkProofs (text, { community, hub, tree }) {
  const proofs = text.split(/(?=^c2sp\.org\/tlog-proof@v1$)/m)
  must(proofs.length > 0 && proofs.every(p => p.startsWith('c2sp.org/tlog-proof@v1\n')), 'no proof')
  return proofs.map(p => checkProof(p, community, hub, tree))
}
const strict = s => { const b = Buffer.from(s, 'base64'); must(b.toString('base64') === s, 'base64'); return b }
function checkProof (text, community, hub, tree) {
  const at = text.indexOf('\n\n')
  const [, extra, place, ...hashes] = text.slice(0, at).split('\n')
  must(at > 0 && extra.startsWith('extra ') && /^index (0|[1-9][0-9]*)$/.test(place), 'proof')
  const leaf = strict(extra.slice(6))
  const [index, path] = [Number(place.slice(6)), hashes.map(strict)]
  must(leaf.length === 192 && path.every(h => h.length === 32), 'proof')
  const { size, root } = readNote(text.slice(at + 2), community, hub)
  must(size === tree.leaves.length && same(root, R.root(tree.leaves)), 'checkpoint')
  const id = sha256(Buffer.of(0), leaf)
  must(index < size && same(rootOf(id, index, size, path), root) && same(tree.leaves[index], id), 'inclusion')
  return hex(id)
}
function readNote (note, community, hub) { // CHECKPOINT.md section 1
  const [text, lines] = [note.slice(0, note.indexOf('\n\n') + 1), note.slice(note.indexOf('\n\n') + 2)]
  const [origin, size, root, end, ...more] = text.split('\n')
  must(origin === `linjuli/${hex(community)}` && /^(0|[1-9][0-9]*)$/.test(size) && end === '' && !more.length, 'note')
  const keyId = sha256(Buffer.from(`${origin}\n\x01`), hub).subarray(0, 4)
  must(lines.endsWith('\n'), 'note')
  const ours = lines.slice(0, -1).split('\n').map(l => l.split(' '))
    .filter(([dash, name, sig]) => dash === '—' && name === origin && same(strict(sig).subarray(0, 4), keyId))
  must(ours.length > 0 && ours.every(([, , sig]) => R.verify(hub, Buffer.from(text), strict(sig).subarray(4))), 'forged')
  return { size: Number(size), root: strict(root) }
}

module.exports = { readBundle, judge, path, rootOf }
if (require.main === module) {
  try {
    const words = process.argv.slice(2)
    const at = words.indexOf('--proof')
    const proof = at < 0 ? null : fs.readFileSync(words.splice(at, 2)[1], 'utf8')
    const report = verify(words, proof)
    console.log(JSON.stringify(report, null, 1))
    process.exitCode = report.verdict === 1 ? 0 : report.verdict
  } catch (e) {
    console.error(`verify: ${e.message}`)
    process.exitCode = 65
  }
}
