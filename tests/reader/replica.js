'use strict'
// What follows from the entries of one reign that a node holds: which operations of the
// authority log count (AUTHORITY.md sections 5, 6), which data entries are accepted (7), the
// community's tree (8), and the digest of it all (PROTOCOL.md section 5).
const R = require('./reader.js')
const { big, cat, same } = R
const hex = b => b.toString('hex')

// The reign's entries in a chain, below its lowest fork; the first is the community's.
function prefix (held, community) {
  const own = held.filter(e => e.kind === 2)
  const chain = own.filter(e => hex(e.id) === community)
  const fork = lowestFork(own)
  for (let next = chain[0]; next; next = step(own, chain, fork)) if (next !== chain[0]) chain.push(next)
  return chain
}
function lowestFork (entries) {
  const twice = entries.filter(e => entries.some(o => o.seq === e.seq && !same(o.id, e.id)))
  if (!twice.length) return null
  const seq = twice.reduce((a, e) => e.seq < a ? e.seq : a, twice[0].seq)
  return { seq, ids: twice.filter(e => e.seq === seq).map(e => hex(e.id)).sort().slice(0, 2) }
}
function step (entries, chain, fork) {
  const tip = chain[chain.length - 1]
  return entries.find(e => e.items && same(e.prev, tip ? tip.id : R.ZERO) &&
    e.seq === BigInt(chain.length + 1) && (!fork || e.seq < fork.seq))
}

const NEED = { grant: 0, revoke: 1, lost: 2, erase: 3, officers: 1 } // which of the needs
const ENROLS = {
  create: v => [v[2], v[3], ...v[4]], node: v => [v[5]], officers: v => v[1],
  grant: v => [v[2], v[10], v[11] && v[11][0]].filter(k => k)
}

// The operations that count, each with its place.
function count (chain, community) {
  const s = { counted: [], officers: [], needs: [], seals: [] }
  Object.assign(s, { first: new Map(), once: new Set(), about: new Map() })
  chain.forEach((e, place) => e.items.forEach((item, index) => {
    let op
    try { op = R.readAuthority(item.subarray(8)) } catch (err) { return }
    if (!(ENROLS[op.kind] || (() => []))(op.v).every(R.sound)) return
    const name = place ? Buffer.from(community, 'hex') : R.ZERO
    if (!counts(s, op, { place, index, chain, community: name })) return
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
  if (op.kind === 'succeed') return false // of one reign only
  if (!op.order) return op.kind !== 'officers'
  const { kind, v } = op
  if (signers(s, op, at.community) < needed(s, kind) || !fresh(s, op, at)) return false
  if (kind === 'revoke') return s.first.has(v[1])
  if (kind !== 'grant') return true
  if (v[10] && !(v[11] && v[9] === 1n && !s.once.has(hex(v[10])) && joins(op, at.community))) return false
  const key = v[2] || v[11][0]
  const first = s.first.get(v[1]) || [...s.first.values()].find(g => same(g.key, key))
  return !first || (first[1] === v[1] && same(first.key, key) && same(first[4], v[4]) && first[5] === v[5] &&
    first[3] === v[3] && !s.seals.some(l => l.no === v[1] && l.seq >= v[9]))
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
function fresh (s, op, { place, chain }) {
  if (place === 0) return true
  const seen = chain.findIndex(e => same(e.id, op.order[0]))
  return seen >= 0 && seen < place && subjects(s, op).every(x => !(s.about.get(x) > seen))
}
function joins ({ v }, community) {
  const [log, box, signature] = v[11]
  return R.verify(v[10], R.tagged('linjuli-join--v1', community, big(v[1], 4), log, box), signature)
}
function apply (s, { kind, v, order }, place) {
  if (order) subjects(s, { kind, v }).forEach(x => s.about.set(x, place))
  if (kind === 'create') [s.officers, s.needs] = [v[4], v[5]]
  if (kind === 'officers') [s.officers, s.needs] = [v[1], v[2]]
  if (kind === 'grant' && !s.first.has(v[1])) s.first.set(v[1], Object.assign([...v], { key: v[2] || v[11][0] }))
  if (kind === 'grant' && v[10]) s.once.add(hex(v[10]))
  if (kind === 'seal') {
    s.seals.push(...R.rows(v[2], 3).filter(l => s.first.has(l[0]))
      .map(([no, seq, id]) => ({ no, seq, id, place })))
  }
}

// Acceptance where nothing was revoked.
function accept (entries, lines) {
  const whole = entries.filter(e => e.items)
  const fork = lowestFork(entries)
  let [chain, decided] = [[], 0n]
  for (const line of lines) {
    const at = chainOf(whole, line.id)
    if (!at) break
    decided++
    if (BigInt(at.length) === line.seq && chain.every((e, i) => same(e.id, at[i] ? at[i].id : R.ZERO))) chain = at
  }
  for (let next = step(whole, chain, fork); next; next = step(whole, chain, fork)) chain = [...chain, next]
  return { chain, lines: decided, fork }
}
function chainOf (entries, id) {
  const e = entries.find(e => same(e.id, id))
  if (!e) return null
  if (e.seq === 1n) return [e]
  const below = chainOf(entries, e.prev)
  return below && BigInt(below.length) === e.seq - 1n ? [...below, e] : null
}

// All rows of a replica, reigns first.
function state (held, community) {
  const chain = prefix(held, community)
  const s = count(chain, community)
  const rows = [{ kind: 1, no: 1n, chain, lines: 0n, fork: lowestFork(held.filter(e => e.kind === 2)) }]
  for (const no of [...s.first.keys()].sort((a, b) => Number(a - b))) {
    const own = held.filter(e => e.kind === 1 && same(e.log, s.first.get(no).key))
    rows.push({ kind: 2, no, entries: own, ...accept(own, s.seals.filter(l => l.no === no)) })
  }
  return { rows, ...s, authority: chain }
}
function digest (rows) {
  const piece = r => cat(Buffer.of(r.kind), big(r.no, 4), headId(r), Buffer.of(r.fork ? 1 : 0),
    ...(r.fork ? r.fork.ids.map(i => Buffer.from(i, 'hex')) : []), big(r.lines, 8))
  return R.sha256(Buffer.from('linjuli-state-v1'), ...rows.map(piece)).subarray(0, 16)
}
const headId = r => r.chain.length ? r.chain[r.chain.length - 1].id : R.ZERO

// Tree size and root behind the n-th seal (from 0), of which every line counts.
function tree (s, n) {
  const leaves = []
  const upTo = new Map()
  s.counted.filter(o => o.kind === 'seal').slice(0, n + 1).forEach((seal, i, all) => {
    leaves.push(...s.authority.slice(i ? all[i - 1].place : 0, seal.place).map(e => e.id))
    for (const [no, seq] of R.rows(seal.v[2], 3)) {
      const { chain } = s.rows.find(r => r.kind === 2 && r.no === no)
      leaves.push(...chain.slice(upTo.get(no) || 0, Number(seq)).map(e => e.id))
      upTo.set(no, Number(seq))
    }
  })
  return { size: BigInt(leaves.length), root: R.root(leaves) }
}

module.exports = { state, count, digest, tree, headId }
