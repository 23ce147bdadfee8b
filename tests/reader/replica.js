'use strict'
// What follows from the entries that a node holds: the authority prefix and which operations in it
// count (AUTHORITY.md sections 5, 6), which data entries are accepted (7), the community's tree (8),
// and the digest of it all (PROTOCOL.md section 5). Written from the documents alone.
const R = require('./reader.js')
const { big, cat, same, sha256 } = R
const hex = b => b.toString('hex')
const tip = chain => chain.length ? chain[chain.length - 1].id : R.ZERO

// ---- what is held, by name and by what it follows
function index (entries) {
  const [at, after] = [new Map(), new Map()]
  for (const e of entries) {
    const [id, prev] = [hex(e.id), hex(e.prev)]
    if (!at.has(id) || !at.get(id).items) at.set(id, e)
    if (e.items) after.set(prev, [...(after.get(prev) || []), e].filter((x, i, all) => all.indexOf(x) === i))
  }
  return { at, after, all: [...at.values()], chains: new Map() }
}
// The whole chain of an entry from seq 1, or null.
function chainOf (held, id) {
  const out = []
  for (let e = held.at.get(hex(id)); e && e.items; e = held.at.get(hex(e.prev))) {
    out.push(e)
    if (e.seq === 1n) return out.every((x, i) => x.seq === BigInt(out.length - i)) ? out.reverse() : null
  }
  return null
}
function lowestFork (held) {
  const ids = new Map()
  let low = null
  for (const e of held.all) {
    const at = [...(ids.get(e.seq) || []), hex(e.id)]
    ids.set(e.seq, at)
    if (at.length > 1 && (low === null || e.seq < low)) low = e.seq
  }
  return low === null ? null : { seq: low, ids: ids.get(low).sort().slice(0, 2) }
}
// Goes on from a chain for as long as there is an entry that may follow.
function goOn (held, chain, may) {
  const out = [...chain]
  for (;;) {
    const seq = BigInt(out.length + 1)
    const next = (held.after.get(hex(tip(out))) || []).find(e => e.seq === seq && may(e))
    if (!next) return out
    out.push(next)
  }
}

// ---- section 5: reigns
const firstOf = e => { try { return R.readAuthority(e.items[0].subarray(8)) } catch (err) { return null } }
function rootSigned (e, op, root, community) {
  const beside = e.items.map(i => { try { return R.readAuthority(i.subarray(8)) } catch (err) { return null } })
    .filter(o => o && o.kind === 'officers' && o.v[1].every(R.sound))
  if (beside.length > 1) return false
  const [, reign, seq, id, signature] = op.v
  return R.verify(root, R.tagged('linjuli-root--v1', community, big(reign, 4), big(seq, 8), id, e.log,
    beside.length ? sha256(beside[0].star) : R.ZERO), signature)
}
function openersOf (own, root, community) { // by reign, those of a lower one first
  const found = own.filter(e => e.items && e.seq === 1n && hex(e.id) !== hex(community))
    .map(e => ({ e, op: firstOf(e) }))
    .filter(({ e, op }) => op && op.kind === 'succeed' && rootSigned(e, op, root, community))
    .sort((a, b) => Number(a.op.v[1] - b.op.v[1]))
  return found
}
// The prefix; of each reign its head, the proof of its fork, and whether it is closed.
function prefix (held, communityHex) {
  const own = held.filter(e => e.kind === 2)
  const community = Buffer.from(communityHex, 'hex')
  const first = own.find(e => e.items && hex(e.id) === communityHex)
  if (!first) return { chain: [], reigns: [] }
  const create = firstOf(first)
  const openers = create && create.kind === 'create' ? openersOf(own, create.v[2], community) : []
  const used = new Set([hex(first.log)])
  const [chain, reigns] = [[], []]
  let open = first
  for (let reign = 1n; ; reign++) {
    const all = index(own.filter(e => same(e.log, open.log) && (e.seq > 1n || same(e.id, open.id))))
    const next = [...new Map(openers.filter(o => o.op.v[1] === reign + 1n && !used.has(hex(o.e.log)))
      .map(o => [hex(o.e.id), o])).values()].sort((a, b) => hex(a.e.id) < hex(b.e.id) ? -1 : 1)
    next.forEach(o => used.add(hex(o.e.log)))
    const [, , seq, id] = next.length === 1 ? next[0].op.v : []
    const closed = id && chainOf(all, id)
    if (closed && BigInt(closed.length) === seq) {
      chain.push(...closed)
      reigns.push({ no: reign, chain: closed, fork: null, opens: chain.length })
      open = next[0].e
      continue
    }
    const fork = lowestFork(all)
    const named = next.slice(0, 2).map(o => o.op.v[2]).reduce((a, b) => a === null || b < a ? b : a, null)
    const below = e => e.seq === 1n || ((!fork || e.seq < fork.seq) &&
      (!next.length || (next.length === 1 ? e.seq < named : e.seq <= named)))
    const last = goOn(all, [], below)
    chain.push(...last)
    const counted = new Set(last)
    reigns.push({ no: reign, chain: last, fork, beside: all.all.filter(e => e.items && !counted.has(e)) })
    if (next.length === 1) reigns.push({ no: reign + 1n, chain: [next[0].e], fork: null })
    if (next.length > 1) {
      reigns.push({ no: reign + 1n, chain: [], fork: { seq: 1n, ids: next.slice(0, 2).map(o => hex(o.e.id)) } })
    }
    return { chain, reigns }
  }
}

// ---- section 6: what counts
const NEED = { grant: 0, revoke: 1, lost: 2, erase: 3, officers: 1 } // which of the needs
const ENROLS = {
  create: v => [v[2], v[3], ...v[4]], node: v => [v[5]], officers: v => v[1],
  grant: v => [v[2], v[10], v[11] && v[11][0]].filter(k => k)
}

// The operations that count, each with its place; `void` are those that do not.
function count (chain, community) {
  const s = { counted: [], void: [], officers: [], needs: [], lines: new Map() }
  Object.assign(s, { first: new Map(), once: new Set(), about: new Map(), erased: new Map(), acks: new Map() })
  s.places = new Map(chain.map((e, place) => [hex(e.id), place]))
  chain.forEach((e, place) => e.items.forEach((item, index) => {
    let op
    try { op = R.readAuthority(item.subarray(8)) } catch (err) { s.void.push({ kind: err.message, place, index }); return }
    const name = place ? Buffer.from(community, 'hex') : R.ZERO
    const sound = (ENROLS[op.kind] || (() => []))(op.v).every(R.sound)
    if (!sound || !counts(s, op, { place, index, opens: place > 0 && e.seq === 1n, community: name })) {
      s.void.push({ kind: op.kind, place, index })
      return
    }
    s.counted.push({ ...op, place, index })
    apply(s, op, place)
  }))
  return s
}
function subjects (s, { kind, v }) {
  if (kind === 'officers') return ['officers']
  if (kind === 'erase') return [`record ${v[2]} ${v[3]} ${hex(v[4])}`]
  if (kind === 'lost') return [...s.first.values()].filter(g => g[3] === v[1]).map(g => `log ${g[1]}`)
  return [`log ${v[1]}`]
}
function counts (s, op, at) {
  if (op.kind === 'create') return at.place === 0 && at.index === 0
  if (op.kind === 'succeed') return at.opens && at.index === 0
  if (op.kind === 'officers' && at.opens) return true
  if (!op.order) return op.kind !== 'officers'
  const { kind, v } = op
  if (signers(s, op, at.community) < needed(s, kind) || !fresh(s, op, at)) return false
  if (kind === 'revoke') return s.first.has(v[1])
  if (kind !== 'grant') return true
  if (v[10] && !(v[11] && v[9] === 1n && !s.once.has(hex(v[10])) && joins(op, at.community))) return false
  const key = v[2] || v[11][0]
  const first = s.first.get(v[1]) || [...s.first.values()].find(g => same(g.key, key))
  return !first || (first[1] === v[1] && same(first.key, key) && same(first[4], v[4]) && first[5] === v[5] &&
    first[3] === v[3] && !(s.lines.get(v[1]) || []).some(l => l.kind === 'seal' && l.seq >= v[9]))
}
function needed (s, kind) {
  const [need, all] = [Number(s.needs[NEED[kind]] || 0n) || 1, s.officers.length]
  return Math.max(1, Math.min(need, all))
}
function signers (s, { order, star }, community) {
  const message = R.tagged('linjuli-order-v1', community, order[0], star)
  return R.rows(order[1], 2).filter(([key, sig]) =>
    s.officers.some(o => same(o, key)) && R.verify(key, message, sig)).length
}
function fresh (s, op, { place }) {
  if (place === 0) return true
  const seen = s.places.get(hex(op.order[0]))
  return seen !== undefined && seen < place && subjects(s, op).every(x => !(s.about.get(x) > seen))
}
function joins ({ v }, community) {
  const [log, box, signature] = v[11]
  return R.verify(v[10], R.tagged('linjuli-join--v1', community, big(v[1], 4), log, box), signature)
}
function addLine (s, kind, place, [no, seq, id], seal) {
  if (s.first.has(no)) s.lines.set(no, [...(s.lines.get(no) || []), { kind, place, seq, id, seal }])
}
function apply (s, { kind, v, order }, place) {
  if (order) subjects(s, { kind, v }).forEach(x => s.about.set(x, place))
  if (kind === 'create') [s.officers, s.needs] = [v[4], v[5]]
  if (kind === 'officers') [s.officers, s.needs] = [v[1], v[2]]
  if (kind === 'grant' && !s.first.has(v[1])) s.first.set(v[1], Object.assign([...v], { key: v[2] || v[11][0] }))
  if (kind === 'grant' && v[10]) s.once.add(hex(v[10]))
  if (kind === 'node') s.acks.set(v[1], v[5])
  if (kind === 'seal') R.rows(v[2], 3).forEach(l => addLine(s, 'seal', place, l, v[1]))
  if (kind === 'revoke') addLine(s, 'revoke', place, v.slice(1, 4))
  if (kind === 'lost') {
    v[2].filter(l => (s.first.get(l[0]) || [])[3] === v[1]).forEach(l => addLine(s, 'revoke', place, l))
  }
  if (kind === 'erase') R.rows(v[1], 3).forEach(([no, seq, i]) => s.erased.set(`${no} ${seq} ${i}`, v))
}

// ---- section 7: acceptance
const extend = (long, short) => short.length <= long.length && (!short.length || long[short.length - 1].id.equals(tip(short)))
function accept (entries, lines) {
  const held = index(entries)
  const fork = lowestFork(held)
  let [sealed, cut, decided, waits] = [null, null, 0n, null]
  for (const line of lines) {
    const at = line.kind === 'revoke' && line.seq === 0n ? [] : chainOf(held, line.id)
    if (!at) { waits = line; break }
    decided++
    const closed = sealed && cut && sealed.length === cut.length && extend(cut, sealed)
    if (BigInt(at.length) !== line.seq || closed || (sealed && !extend(at, sealed))) continue
    if (line.kind === 'revoke') cut = at
    else if (!cut || extend(cut, at)) sealed = line.chain = at
  }
  const may = e => cut ? e.seq <= BigInt(cut.length) && same(cut[Number(e.seq) - 1].id, e.id) : !fork || e.seq < fork.seq
  const chain = goOn(held, sealed || [], may)
  const counted = new Set(chain)
  const beside = held.all.filter(e => e.items && !counted.has(e))
  return { chain, lines: decided, fork, sealed: (sealed || []).length, revoked: !!cut, waits, beside }
}

// ---- all rows of a replica, reigns first
function state (held, community) {
  const { chain, reigns } = prefix(held, community)
  const s = count(chain, community)
  const byLog = new Map()
  for (const e of held.filter(e => e.kind === 1)) byLog.set(hex(e.log), [...(byLog.get(hex(e.log)) || []), e])
  const of = key => byLog.get(hex(key)) || []
  const rows = reigns.map(r => ({ kind: 1, lines: 0n, ...r }))
  const up = (a, b) => Number(a[0] - b[0])
  for (const [no, g] of [...s.first].sort(up)) {
    rows.push({ kind: 2, no, key: g.key, node: g[3], ...accept(of(g.key), s.lines.get(no) || []) })
  }
  const taken = new Set([...[...s.first.values()].map(g => hex(g.key)), ...chain.map(e => hex(e.log))])
  for (const [no, key] of [...s.acks].sort(up)) {
    if (taken.has(hex(key))) continue
    taken.add(hex(key))
    const row = { kind: 3, no, key, ...accept(of(key), []) }
    if (row.chain.length || row.fork) rows.push(row)
  }
  return { rows, ...s, authority: chain }
}
function digest (rows) {
  const piece = r => cat(Buffer.of(r.kind), big(r.no, 4), headId(r), Buffer.of(r.fork ? 1 : 0),
    ...(r.fork ? r.fork.ids.map(i => Buffer.from(i, 'hex')) : []), big(r.lines, 8))
  return sha256(Buffer.from('linjuli-state-v1'), ...rows.map(piece)).subarray(0, 16)
}
const headId = r => tip(r.chain)

// ---- section 8: the leaves behind the n-th counted seal, of all where n is left out; what it says
// and what follows. `waits`: a line that cannot be decided yet.
function * trees (s) {
  const leaves = []
  const upTo = new Map()
  let covered = 0
  for (const seal of s.counted.filter(o => o.kind === 'seal')) {
    leaves.push(...s.authority.slice(covered, seal.place).map(e => e.id))
    covered = Math.max(covered, seal.place)
    for (const [no] of R.rows(seal.v[2], 3)) {
      const row = s.rows.find(r => r.kind === 2 && r.no === no)
      if (!row) continue
      const line = s.lines.get(no).find(l => l.kind === 'seal' && l.place === seal.place && l.seal === seal.v[1])
      if (row.waits && row.waits.place <= seal.place) { yield { seal, waits: row }; return }
      if (!line.chain) continue
      leaves.push(...line.chain.slice(upTo.get(no) || 0).map(e => e.id))
      upTo.set(no, line.chain.length)
    }
    yield { seal, size: BigInt(leaves.length), leaves }
  }
}
function tree (s, n) {
  let at = 0
  for (const t of trees(s)) if (at++ === n) return { size: t.size, root: R.root(t.leaves) }
}

module.exports = { state, count, prefix, digest, tree, trees, headId }
