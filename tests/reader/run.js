'use strict'
// Reads all golden data and all worked examples, then spoils each kind and looks for refusal.
const fs = require('fs')
const path = require('path')
const R = require('./reader.js')
const S = require('./replica.js')
const { cat, must, same, sha256 } = R
const top = path.join(__dirname, '../..')
const text = file => fs.readFileSync(path.join(top, file), 'utf8')
const un = s => Buffer.from(s || '', 'hex')
const hex = b => b.toString('hex')

const SIDES = ['initiator', 'responder']
let [tests, failed] = [0, 0]
function ok (name, check) {
  let why = ''
  try { must(check() !== false, 'differs') } catch (e) { why = ` # ${e.message}` }
  if (why) failed++
  console.log(`${why ? 'not ' : ''}ok ${++tests} - ${name}${why}`)
}
const refused = (check, why) => { try { check() } catch (e) { return !why || e.message === why } return false }
const flip = (b, at) => { const c = Buffer.from(b); c[at] ^= 1; return c }
// Whether `check` refuses the bytes with any single one of them spoilt, at most 500 of them.
function everyFlip (bytes, check) {
  check(bytes)
  const step = Math.ceil(bytes.length / 500)
  for (let i = 0; i < bytes.length; i += step) {
    must(refused(() => check(flip(bytes, i))), `byte ${i} may be anything`)
  }
}

// "key value" lines, comments left out; in groups where blank lines stand between.
const lines = s => s.split('\n').filter(l => l && l[0] !== '#').map(l => l.split(' '))
const groups = file => text(file).split('\n\n').map(lines).filter(g => g.length)
const map = g => Object.fromEntries(g.map(([k, v]) => [k, un(v)]))
function examples (file) { // the hex blocks of a document, by name
  const found = [...text(file).matchAll(/```hex (\S+)\n([^`]*)```/g)]
  return Object.fromEntries(found.map(m => [m[1], un(m[2].replace(/\s/g, ''))]))
}

// Packing.
for (const [name, value, want] of lines(text('tests/golden/pack/cases.txt'))) {
  ok(`pack: ${name}`, () => {
    const read = () => R.unpack(un(value === '-' ? '' : value))
    return want === 'OK' ? read() !== undefined : refused(read, want)
  })
}

// Signatures and items.
for (const g of groups('tests/golden/crypto/ed25519.txt').map(map)) {
  ok(`ed25519: ${hex(g.tc)}`, () => R.verify(g.pk, g.msg, g.sig) === (g.result[0] === 1))
}
for (const g of groups('tests/golden/crypto/item.txt').map(map)) {
  const open = item => R.openItem(item, g.log, R.number(g.seq), R.number(g.index), g.key)
  ok(`item: seq ${hex(g.seq)}`, () => same(open(g.item), g.operation) &&
    same(g.item.subarray(0, 8), cat(g.scope, g.epoch)))
  ok(`item: seq ${hex(g.seq)}, spoilt`, () => everyFlip(g.item.subarray(8), b => open(cat(g.item.subarray(0, 8), b))))
}

// Entries.
const E = examples('sync/ENTRY.md')
function checkEntry (bytes, community) {
  const e = R.readEntry(bytes)
  must(R.holds(e, community), 'signature')
  return e
}
const opened = (e, key) => e.items.map((item, i) => item.erased ? null
  : R.readData(R.openItem(item, e.log, e.seq, i, key)))
ok('ENTRY.md: the example', () => {
  const e = checkEntry(E.entry, E.community)
  const plain = R.openItem(e.items[0], e.log, e.seq, 0, E['scope-key'])
  const op = opened(e, E['scope-key'])[0]
  return same(e.id, E.id) && same(e.root, E.leaf) && same(e.header, E.header) && same(plain, E.operation) &&
    same(e.signature, E.signature) && same(e.items[0], E.item) && same(R.publicOf('Ed', E.seed), E.log) &&
    op.kind === 'put' && op.fields[1][1] === '邻聚里' && same(E.item.subarray(8, 32), E.nonce)
})
ok('ENTRY.md: erased', () => same(checkEntry(E.erased, E.community).id, E.id))
ok('ENTRY.md: spoilt', () => everyFlip(E.entry, b => checkEntry(b, E.community)))
ok('ENTRY.md: in another community', () => refused(() => checkEntry(E.entry, R.ZERO)))
ok('ENTRY.md: an item in another place', () =>
  refused(() => R.openItem(E.item, E.log, 1n, 1, E['scope-key'])))
groups('tests/golden/entry/entries.txt').forEach((g, n) => {
  const want = map(g)
  ok(`entry ${n}`, () => {
    const e = checkEntry(want.entry, want.community)
    const items = g.filter(([k]) => k.startsWith('item')).map(([, v]) => un(v))
    must(items.length === e.count && items.every((x, i) => same(x, e.items[i])), 'items')
    return ['header', 'signature', 'root', 'id'].every(k => same(want[k], e[k])) &&
      same(R.publicOf('Ed', want.seed), e.log)
  })
  const e = R.readEntry(want.entry)
  if (e.kind === 1) {
    ok(`entry ${n}: items open`, () => e.items.every((item, i) => // fill, no operations
      same(R.openItem(item, e.log, e.seq, i, E['scope-key']), Buffer.alloc(7 + i, 0x40 + i))))
  }
  if (want.erased1) ok(`entry ${n}: erased`, () => same(checkEntry(want.erased1, want.community).id, want.id))
  ok(`entry ${n}: spoilt`, () => everyFlip(want.entry, b => checkEntry(b, want.community)))
})

// Operations.
for (const [name, value] of lines(text('tests/golden/op/operations.txt'))) {
  ok(`op: ${name}`, () => R.readData(un(value)).kind === name.split('-')[0])
}
const O = examples('sync/RECORDS.md')
ok('RECORDS.md: put', () => {
  const [, [code, value, replaces]] = R.readData(O.put).fields
  return code === 12n && value === 25n && replaces.length === 9
})
ok('RECORDS.md: spend', () => R.readData(O.spend).v[2] === 80n)
ok('RECORDS.md: spoilt', () => [0, 2, 5].every(i => refused(() => R.readData(flip(O.put, i)))))

// The authority log.
const A = examples('sync/AUTHORITY.md')
const repeated = n => Buffer.alloc(32, n)
const rootKey = R.publicOf('Ed', repeated(0x21)); const hubKey = R.publicOf('Ed', repeated(0x22))
function checkOrder (op, community, signers) {
  const message = R.tagged('linjuli-order-v1', community, op.order[0], op.star)
  must(R.rows(op.order[1], 2).every(([key, sig]) => R.verify(key, message, sig)), 'order')
  must(R.rows(op.order[1], 2).length === signers, 'signers')
}
function checkJoin (op, community) {
  const [log, box, sig] = op.v[11]
  must(R.verify(op.v[10], R.tagged('linjuli-join--v1', community, R.big(op.v[1], 4), log, box), sig), 'join')
}
function checkRoot (op, community, beside) {
  const [, reign, seq, id, sig] = op.v
  const message = R.tagged('linjuli-root--v1', community, R.big(reign, 4), R.big(seq, 8), id, hubKey,
    beside ? sha256(beside.star) : R.ZERO)
  must(R.verify(rootKey, message, sig), 'root')
}
const golden = groups('tests/golden/authority/operations.txt')
const community = un(golden.shift()[0][1])
const titles = [...text('tests/golden/authority/operations.txt').matchAll(/\n\n# (.*)\n/g)].map(m => m[1])
const beside = R.readAuthority(map(golden[titles.indexOf('officers beside a succeed')]).operation)
function checkOperation (bytes, title) {
  const op = R.readAuthority(bytes)
  must(title.startsWith(op.kind), 'kind')
  if (op.order) checkOrder(op, community, 2)
  if (op.kind === 'grant' && op.v[11]) checkJoin(op, community)
  if (op.kind === 'succeed') checkRoot(op, community, title.includes('beside') && beside)
  return op
}
golden.map(map).forEach((g, n) => {
  ok(`authority: ${titles[n]}`, () => same(checkOperation(g.operation, titles[n]).star, g.unsigned))
  if (/^(grant|revoke|lost|officers$|erase|succeed)/.test(titles[n])) {
    ok(`authority: ${titles[n]}, spoilt`, () => everyFlip(g.operation, b => checkOperation(b, titles[n])))
  }
})
ok('AUTHORITY.md: the example', () => {
  const op = R.readAuthority(A.grant)
  checkOrder(op, E.community, 1)
  checkJoin(op, E.community)
  return same(op.star, A.unsigned) && same(op.order[0], A.seen) && same(op.order[1][0], A.officer) &&
    same(op.order[1][1], A['order-signature']) && same(op.v[10], A.once) && same(op.v[11][0], A.log) &&
    same(op.v[11][1], A.box) && same(op.v[11][2], A['join-signature'])
})
ok('AUTHORITY.md: in another community', () => refused(() => checkOrder(R.readAuthority(A.grant), R.ZERO, 1)))

// Keys.
const K = examples('crypto/KEYS.md')
const counted = (n, size = 32) => Buffer.from(Array.from({ length: size }, (_, i) => n + i))
function readKeyFile (file, stretched) {
  const r = new R.Bytes(file)
  const [kind, lock] = [r.take(2).toString(), r.take(2).toString()]
  must(['Ed', 'X2'].includes(kind) && file.length === { '00': 80, A1: 136 }[lock], 'form')
  must(r.int(1) === 1 && r.int(1) === (kind === 'Ed' ? 1 : 2) && r.int(2) === 0, 'form')
  const key = r.take(32)
  must(same(sha256(file.subarray(0, -8)).subarray(0, 8), file.subarray(-8)), 'check')
  const secret = lock === '00' ? r.take(32)
    : R.openX(stretched, file.subarray(56, 80), file.subarray(0, 80), file.subarray(80, 128))
  must(same(R.publicOf(kind, secret), key), 'pair')
  must(kind === 'Ed' || (!(secret[0] & 7) && (secret[31] & 192) === 64), 'clamped')
  return secret
}
ok('KEYS.md: file-open', () => same(readKeyFile(K['file-open']), counted(0)))
ok('KEYS.md: file-box', () => same(readKeyFile(K['file-box']).subarray(0, 31), counted(0x20, 31)))
ok('KEYS.md: file-locked', () => same(readKeyFile(K['file-locked'], K.stretched), counted(0)))
ok('KEYS.md: file-locked, spoilt', () => everyFlip(K['file-locked'], b => readKeyFile(b, K.stretched)))
ok('KEYS.md: wrapped', () => same(counted(0x80),
  R.openX(counted(0xa0), K.wrapped.subarray(0, 24), Buffer.from('linjuli-wrap--v1'), K.wrapped.subarray(24))))
ok('KEYS.md: signature', () => R.verify(R.publicOf('Ed', counted(0)),
  R.tagged('linjuli-entry-v1', sha256(Buffer.from('community')), counted(0, 128)), K.signature))

// The invite file.
const I = examples('schema/INVITE.md')
function readInvite (file) {
  const r = new R.Bytes(file)
  must(r.take(8).toString() === 'ljinvit\n' && r.int(1) === 1, 'form')
  const body = r.take(r.int(4))
  must(same(r.take(32), sha256(file.subarray(0, -32))) && r.left === 0, 'hash')
  const v = R.unpack(body)
  const text = x => typeof x === 'string' && Buffer.byteLength(x) <= 256
  must(v.length === 15 && [16, 32, 32, 32, 32].every((n, i) => v[i].length === n), 'keys')
  must([v[10], v[11], ...v[12]].every(text) && [v[8], v[9]].every(n => n >= 0n && n < 2n ** 32n), 'limits')
  must(v[13].every(Buffer.isBuffer) && R.rows(v[14], 3).every(([scope, epoch, key]) => key.length === 32), 'lists')
  return v
}
ok('INVITE.md: the example', () => {
  const [, , seed, community, , until, made, bytes, log, node, name, , [address], , keys] = readInvite(I.file)
  const op = R.readAuthority(bytes)
  checkOrder(op, community, 1)
  return same(op.star, A.unsigned) && op.v[11] === null && same(R.publicOf('Ed', seed), op.v[10]) &&
    op.v[1] === log && op.v[3] === node && name === '邻聚里' && until - made === 604800000n &&
    address === 'hub.local:7431' && same(keys[2], E['scope-key'])
})
ok('INVITE.md: spoilt', () => everyFlip(I.file, readInvite))

// The same as text for QR codes.
const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
function readPart (s) {
  const bits = [...s].map(c => { must(base32.includes(c), 'letter'); return base32.indexOf(c).toString(2).padStart(5, '0') }).join('')
  must(bits.length % 8 < 5 && !/1/.test(bits.slice(bits.length - bits.length % 8)), 'rest')
  const b = Buffer.from(bits.match(/.{8}/g).map(x => parseInt(x, 2)))
  must(same(sha256(b.subarray(0, -4)).subarray(0, 4), b.subarray(-4)), 'check')
  must(b[1] >= 1 && b[1] <= 8 && b[0] >= 1 && b[0] <= b[1], 'numbers')
  return { k: b[0], n: b[1], tag: b.subarray(2, 6), share: b.subarray(6, -4) }
}
function readParts (s) {
  const [before, ...parts] = s.replace(/\s/g, '').split('LJI1:')
  must(before === '' && parts.length > 0, 'mark')
  const read = parts.map(readPart)
  const { n, tag } = read[0]
  must(read.every(p => p.n === n && same(p.tag, tag)), 'mixed')
  const file = cat(...Array.from({ length: n }, (_, i) => read.find(p => p.k === i + 1).share))
  must(same(file.subarray(-32, -28), tag), 'tag')
  return file
}
const oneText = /```text one\n([^`]*)```/.exec(text('schema/INVITE.md'))[1].replace(/\s/g, '')
const threeTexts = text('tests/golden/invite/parts.txt')
ok('INVITE.md: as text', () => {
  const [small, large] = [readInvite(readParts(oneText)), readInvite(I.file)]
  return small[13].length === 0 && small[14].length === 0 &&
    [0, 1, 2, 3, 4, 7].every(i => same(small[i], large[i])) && String(small[12]) === String(large[12]) &&
    same(readParts(threeTexts), readParts(oneText)) && threeTexts.split('LJI1:').length === 4
})
ok('INVITE.md: as text, spoilt', () => [...oneText].every((c, i) =>
  refused(() => readParts(oneText.slice(0, i) + (c === 'A' ? 'B' : 'A') + oneText.slice(i + 1)))))

// The request to join.
const Q = examples('schema/JOIN.md')
function readRequest (file) {
  must(file.length <= 1024, 'limits')
  const r = new R.Bytes(file)
  must(r.take(8).toString() === 'ljreqst\n' && r.int(1) === 1, 'form')
  const v = R.unpack(r.take(r.int(4)))
  const [log, ack] = [r.take(64), r.take(64)]
  const words = (x, max) => typeof x === 'string' && Buffer.byteLength(x) >= 1 && Buffer.byteLength(x) <= max
  must(r.left === 0 && v.length === 7 && v.slice(0, 3).every(k => k.length === 32), 'keys')
  must(words(v[3], 256) && words(v[4], 32) && words(v[5], 32) && typeof v[6] === 'bigint', 'limits')
  const message = R.tagged('linjuli-reqst-v1', R.ZERO, file.subarray(0, -128))
  must(R.sound(v[1]) && R.sound(v[2]) && !same(v[1], v[2]), 'no keys')
  must(R.verify(v[1], message, log) && R.verify(v[2], message, ack), 'signature')
  return v
}
ok('JOIN.md: the example', () => {
  const v = readRequest(Q.request)
  return same(sha256(Q.request), Q.name) && same(v[0], A.box) && same(v[1], A.log) && v[3] === '王芳' &&
    v[4] === '0302' && v[5] === 'leader' && v[6] === 1700000000000n
})
ok('JOIN.md: spoilt', () => everyFlip(Q.request, readRequest))
const joined = map(lines(text('tests/golden/join/files.txt')))
ok('join/files.txt: the answer names the request', () => same(joined.request, Q.request) &&
  same(joined.answer.subarray(13, 45), Q.name) && joined.answer.readUInt32BE(9) === joined.answer.length - 149)

// The LAN beacon.
const L = examples('sync/BEACON.md')
function readBeacon (datagram) {
  const r = new R.Bytes(datagram)
  const kind = r.take(1)
  const nonce = r.take(24)
  must(kind[0] === 1 && datagram.length === 65, 'form')
  const b = new R.Bytes(R.openX(L.key, nonce, kind, r.take(40)))
  const [version, flags, port, node] = [b.int(1), b.int(1), b.int(2), b.int(4)]
  must(version === 1 && flags < 2 && port > 0 && node > 0, 'values')
  return { flags, port, node, wall: R.number(b.take(8)), digest: b.take(8) }
}
ok('BEACON.md: the example', () => {
  const key = sha256(Buffer.from('linjuli-beacon1\0'), Buffer.alloc(32, 4), R.big(2, 4), Buffer.alloc(32, 2))
  const b = readBeacon(L.beacon)
  return same(key, L.key) && b.flags === 1 && b.port === 7431 && b.node === 1 && b.wall === 1700000000000n &&
    hex(b.digest) === 'c7b75137e933ec4e'
})
ok('BEACON.md: the question', () => same(L.ask, cat(Buffer.from([4]), Buffer.from('linjuli'))))
ok('BEACON.md: spoilt', () => everyFlip(L.beacon, readBeacon))

// Sixteen digits.
const C = examples('sync/CODE.md')
ok('CODE.md: the check digit', () => {
  let p = 10
  for (const d of C.code.subarray(0, 15)) p = 2 * ((p + d - 48) % 10 || 10) % 11
  return C.code[15] === 48 + (11 - p) % 10
})

// Handshakes.
for (const g of groups('tests/golden/crypto/noise.txt').map(map)) {
  const shake = {
    name: g.protocol_name.toString(),
    prologue: g.prologue,
    psk: g.psk,
    secrets: { ie: g.init_ephemeral, is: g.init_static, re: g.resp_ephemeral, rs: g.resp_static },
    messages: [g.ciphertext_0, g.ciphertext_1, g.ciphertext_2]
  }
  ok(`noise: ${shake.name}`, () => {
    const s = R.handshake(shake)
    must(same(s.h, g.handshake_hash) && s.payloads.every((p, i) => same(p, g[`payload_${i}`])))
    return [3, 4, 5].every(i => same(s[SIDES[i % 2]](un(''), g[`ciphertext_${i}`]), g[`payload_${i}`]))
  })
  ok(`noise: ${shake.name}, spoilt`, () => everyFlip(g.ciphertext_2, b =>
    R.handshake({ ...shake, messages: [g.ciphertext_0, g.ciphertext_1, b] })))
}

// Sessions: each side holds the entries it is said to hold and those it is sent. Whatever it says
// (rows, digests, ids) has to follow from what it holds, by our own reckoning.
function shake (one, community, wires) {
  const noise = b => { const r = new R.Bytes(b); return [r.take(r.int(2)), r.take(r.left)] }
  const messages = [wires[0].subarray(17), wires[1], wires[2]].map(noise)
  const s = R.handshake({
    name: 'Noise_XX_25519_ChaChaPoly_BLAKE2b',
    prologue: cat(Buffer.from('linjuli-sync-v1\0'), community, wires[0].subarray(0, 17)),
    secrets: {
      ie: un(one['ephemeral.initiator']),
      is: un(one['static.initiator']),
      re: un(one['ephemeral.responder']),
      rs: un(one['static.responder'])
    },
    messages: messages.map(m => m[0])
  })
  must(same(s.h, un(one.handshake_hash)) && s.payloads.every(p => p.length === 0), 'handshake')
  must(messages[0][1].length + messages[1][1].length === 0, 'length')
  return { ...s, rest: messages[2][1] }
}
function replay (all) {
  const one = Object.fromEntries(all)
  const community = un(one.community)
  const wires = all.filter(([k]) => k.endsWith('wire')).map(l => un(l[1]))
  const s = shake(one, community, wires)
  const keyed = (...x) => sha256(s.h, ...x).subarray(0, 8)
  const held = { initiator: [], responder: [] }
  const seen = []
  for (const [key, value] of all) {
    const [a, who, what] = key.split('.')
    if (a === 'entry') for (const side of who === 'both' ? SIDES : [who]) hold(side, un(value))
    if (what !== 'wire' || a < 3) continue
    const plain = R.plaintext(a === '3' ? s.rest : un(value), s[who])
    must(same(plain, un(one[`${a}.${who}.plain`])), `turn ${a}`)
    for (const m of R.frames(plain)) {
      seen.push(m.type)
      judge(m, who, SIDES.find(o => o !== who))
    }
  }
  function hold (side, bytes) { keep(side, checkEntry(bytes, community)) }
  function keep (side, e) {
    const at = held[side].findIndex(o => same(o.id, e.id))
    if (at < 0) held[side].push(e)
    else if (e.items) held[side][at] = e // of which only the head was known
  }
  function judge (m, from, to) {
    const mine = S.state(held[from], one.community)
    must(m.type !== 2 || same(m.digest, S.digest(mine.rows)), 'DIGEST')
    for (const row of m.rows || []) checkRow(row, mine, held[from])
    const has = (seq, id) => held[from].some(e => e.seq === seq && same(keyed(e.id), id))
    must((m.points || []).every(([seq, id]) => has(seq, id)), 'IDS')
    for (const e of [...m.entries || [], ...m.heads || []]) {
      must(R.holds(e, community), 'forged')
      keep(to, e)
    }
  }
  function checkRow (row, mine, entries) {
    const is = mine.rows.find(r => r.kind === 2 - row.reign && r.no === row.no)
    must(is && BigInt(is.chain.length) === row.seq && (row.reign || row.lines === is.lines), 'row')
    must(row.seq === 0n || same(row.id, keyed(S.headId(is))), 'row: id')
    must((row.fork || 0n) === (is.fork ? is.fork.seq : 0n), 'row: fork')
    must(!row.fork || same(row.proof, keyed(...is.fork.ids.map(un))), 'row: proof')
    const isTop = e => e.seq === row.seq + row.more && same(keyed(e.id), row.moreId)
    must(!row.more || entries.some(isTop), 'row: more')
  }
  const end = SIDES.map(side => S.state(held[side], one.community))
  must(end.every(e => same(S.digest(e.rows), un(one.digest))), 'digest')
  return { seen, end: end[0], community: one.community }
}
const sessions = [1, 2].map(n => lines(text(`tests/golden/protocol/session-${n}.txt`)))
sessions.forEach((all, n) => ok(`session ${n + 1}`, () => {
  const { seen, end } = replay(all)
  console.log(`# messages ${seen.join(' ')}; counted ${end.counted.map(o => o.kind).join(' ')}`)
  return end.counted.map(o => o.kind).join(' ') === 'create node node grant grant' + (n ? ' seal' : '')
}))
sessions[0].forEach(([key, value], n) => ok(`session 1: ${key} (${n}) spoilt`, () => {
  const spoilt = hex(flip(un(value), value.length >> 2))
  return refused(() => replay(sessions[0].map((l, i) => i === n ? [key, spoilt] : l)))
}))
ok('a grant with a spoilt signature does not count', () => {
  const { end, community } = replay(sessions[0])
  const [e] = end.authority
  const at = e.items.length - 1
  const items = e.items.map((item, i) => i === at ? flip(item, item.length - 1) : item)
  return S.count([{ ...e, items }], community).counted.length === end.counted.length - 1
})
ok('session 2: the size and root of its seal are a contradiction', () => {
  const { end } = replay(sessions[1])
  const [seal, tree] = [end.counted.find(o => o.kind === 'seal'), S.tree(end, 0)]
  return tree.size === 6n && seal.v[3] === 0n && !same(seal.v[4], tree.root)
})
const frame = (type, ...payload) => {
  const body = cat(Buffer.of(type), ...payload)
  return cat(R.big(body.length, 4), body)
}
for (const [name, bytes] of Object.entries({
  'a frame of length 0': Buffer.alloc(4),
  'a frame above its limit': un('0010000101'),
  'a frame cut short': un('00000003020102'),
  'BYE with a byte behind it': frame(14, un('0101')),
  'DIGEST with an unknown flag': frame(2, un('02'), Buffer.alloc(16)),
  'rows out of order': frame(4, un('00 000200000001000000'.replace(/ /g, ''))),
  'a reign behind a log': frame(4, un('000001000001010000')),
  'a number in a longer form': frame(4, un('8000')),
  'a number of ten bytes': frame(4, un('8080808080808080808001')),
  'ids for low = high': frame(8, un('01010505')),
  'one id too many': frame(8, un('0101000102'), Buffer.alloc(16)),
  'a RUN of nothing': frame(5, un('00')),
  'a PROOF without a head': frame(6, un('0101')),
  'an ASK of neither kind': frame(9, un('030101'))
})) ok(`frames: ${name} is refused`, () => refused(() => R.frames(bytes)))
ok('frames: unknown types are skipped', () => R.frames(frame(99, un('0102')))[0].type === 99)

// The digest of records, and the types.
function readRecord (r) {
  const record = { id: r.take(16), unit: r.int(4), type: r.int(2), fields: [] }
  must(record.unit <= 9999)
  for (let n = r.int(2); n > 0; n--) {
    const f = { code: r.int(2), state: r.int(1), shown: r.int(4), versions: [] }
    for (let v = r.int(4); v > 0; v--) {
      const name = r.take(20)
      must(R.number(name.subarray(0, 4)) > 0n && R.number(name.subarray(4, 12)) > 0n)
      f.versions.push({ name, value: R.unpack(r.take(r.int(4))) })
    }
    must(f.shown < f.versions.length && f.state <= 2 && (f.state === 0) === (f.versions.length === 1))
    must(f.versions.every((v, i) => i === 0 || Buffer.compare(f.versions[i - 1].name, v.name) < 0))
    must(!record.fields.length || record.fields[record.fields.length - 1].code < f.code)
    record.fields.push(f)
  }
  return record
}
const T = examples('schema/TYPES.md')
const digestWanted = un(text('schema/TYPES.md').match(/digest is `([0-9a-f]{32})`/)[1])
function checkRecord (bytes) {
  const r = new R.Bytes(bytes)
  const record = readRecord(r)
  must(r.left === 0 && same(sha256(bytes).subarray(0, 16), digestWanted), 'digest')
  return record
}
ok('TYPES.md: the digest', () => {
  const [state, title] = checkRecord(T.record).fields
  return state.versions[0].value[1] === 1n && title.versions[title.shown].value === '楼灯'
})
ok('TYPES.md: values', () => {
  const inline = [...text('schema/TYPES.md').match(/\nExamples:[^]*?\n\n/)[0].matchAll(/`([0-9a-f]+)`/g)]
  const show = v => Buffer.isBuffer(v) ? hex(v) : Array.isArray(v) ? v.map(show) : String(v)
  const days = String(Date.UTC(2026, 10, 24) / 86400000)
  return String(inline.map(m => show(R.unpack(un(m[1]))))) === String(
    ['灯', days, 302, 17, 26, 47, 302, 'abcd', 26, 1, 0, 1, 1, 2])
})
ok('TYPES.md: spoilt', () => everyFlip(T.record, checkRecord))
ok('TYPES.md: the hash of version 1', () => {
  const files = fs.readdirSync(path.join(top, 'schema/types')).sort()
  const all = files.map(f => fs.readFileSync(path.join(top, 'schema/types', f)))
  return hex(sha256(...all)) === text('tests/golden/types/v1.txt').trim()
})

console.log(`1..${tests}`)
process.exit(failed ? 1 : 0)
