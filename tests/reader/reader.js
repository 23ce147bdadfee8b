'use strict'
// Reads and verifies what linjuli writes: entries, operations, recorded sessions. Written from the
// documents alone (sync/*.md, schema/INVITE.md, crypto/KEYS.md). What is not as they say is thrown at.
const crypto = require('crypto')
const { isUtf8 } = require('buffer')
const [ZERO, NONE] = [Buffer.alloc(32), Buffer.alloc(0)]
const cat = (...parts) => Buffer.concat(parts)
const sha256 = (...parts) => crypto.createHash('sha256').update(cat(...parts)).digest()
const number = b => BigInt('0x' + b.toString('hex'))
const big = (v, size) => Buffer.from(BigInt(v).toString(16).padStart(2 * size, '0'), 'hex')
const same = (a, b) => Buffer.compare(a, b) === 0
function must (so, why = 'MALFORMED') { if (!so) throw new Error(why) }
// Takes bytes from the front, and refuses when there are too few.
class Bytes {
  constructor (buf) { this.buf = buf; this.at = 0 }
  get left () { return this.buf.length - this.at }
  take (n) { must(n <= this.left); this.at += n; return this.buf.subarray(this.at - n, this.at) }
  int (n) { return Number(number(this.take(n))) }
  leb () { // PROTOCOL.md: the shortest form, at most 9 bytes
    let [v, b, i] = [0n, 128, 0n]
    for (; b > 127; i += 7n) { must(i < 63n); b = this.int(1); v |= BigInt(b & 127) << i }
    must(b > 0 || i === 7n)
    return v
  }
}
function many (r, read) { const out = []; while (r.left) out.push(read(r)); return out }

// ENTRY.md section 1: first byte -> what it heads, bytes of its number, least value of that.
const HEADS = Object.fromEntries([
  ['bin', 0xc4, 1, [0n, 256n, 65536n]], ['text', 0xd9, 1, [32n, 256n, 65536n]],
  ['int', 0xcc, 1, [128n, 256n, 65536n, 2n ** 32n]], ['array', 0xdc, 2, [16n, 65536n]],
  ['neg', 0xd0, 1, [-32n, -128n, -32768n, -(2n ** 31n)]]
].flatMap(([kind, first, size, least]) => least.map((l, i) => [first + i, [kind, size << i, l]])))
// Numbers become BigInt, bytes Buffer; an array remembers where its elements lie.
function unpack (buf, inBody = false) {
  const r = new Bytes(buf)
  const read = {
    int: n => n,
    bin: n => r.take(Number(n)),
    text (n) { const s = r.take(Number(n)); must(isUtf8(s) && !s.includes(0)); return s.toString() },
    array (n, depth) {
      must(n <= r.left)
      must(depth <= 16, 'LIMIT')
      const out = Object.assign([], { start: r.at, ends: [] })
      for (; n > 0; n--) { out.push(value(depth + 1)); out.ends.push(r.at) }
      return out
    }
  }
  function value (depth) {
    const c = r.int(1)
    if (c < 0x80 || c >= 0xe0) return BigInt(c < 0x80 ? c : c - 256)
    if (c >= 0xa0 && c <= 0xbf) return read.text(c - 0xa0)
    if (c >= 0x90 && c <= 0x9f) return read.array(c - 0x90, depth)
    if (c >= 0xc0 && c <= 0xc3) { must(c !== 0xc1); return [null, null, false, true][c - 0xc0] }
    if (c === 0xc7 && inBody && depth === 2) { must(r.int(2) === 0x2001); return { erased: r.take(32) } }
    must(HEADS[c])
    const [kind, size, least] = HEADS[c]
    const n = number(r.take(size))
    const signed = BigInt.asIntN(8 * size, n)
    must(kind === 'neg' ? signed < least : n >= least)
    return kind === 'neg' ? signed : read[kind](n, depth)
  }
  const v = value(1)
  must(r.left === 0)
  return v
}

// KEYS.md section 1. OpenSSL refuses S >= L and compares encodings; we refuse points that are
// not canonical or of low order. (That a key has no part of low order is not looked at.)
const P = 2n ** 255n - 19n
const Y8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n
function sound (point) {
  const y = BigInt.asUintN(255, number(Buffer.from(point).reverse()))
  return y < P && ![0n, 1n, P - 1n, Y8, P - Y8].includes(y)
}
const der = (kind, type, head, tail, raw) =>
  ({ format: 'der', type, key: cat(Buffer.from(head + { Ed: '70', X2: '6e' }[kind] + tail, 'hex'), raw) })
const publicKey = (kind, raw) => crypto.createPublicKey(der(kind, 'spki', '302a300506032b65', '032100', raw))
const secretKey = (kind, raw) =>
  crypto.createPrivateKey(der(kind, 'pkcs8', '302e020100300506032b65', '04220420', raw))
const publicOf = (kind, secret) =>
  crypto.createPublicKey(secretKey(kind, secret)).export({ format: 'der', type: 'spki' }).subarray(12)
const verify = (key, message, signature) => signature.length === 64 && sound(key) &&
  sound(signature.subarray(0, 32)) && crypto.verify(null, message, publicKey('Ed', key), signature)
const tagged = (tag, community, ...message) => cat(Buffer.from(tag), community, ...message)
function open (key, nonce, ad, sealed) { // ChaCha20-Poly1305, RFC 8439
  const d = crypto.createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 })
  d.setAuthTag(sealed.subarray(-16)).setAAD(ad, { plaintextLength: sealed.length - 16 })
  return cat(d.update(sealed.subarray(0, -16)), d.final())
}
function hchacha (key, nonce) { // on a little-endian machine
  const s = new Uint32Array(Uint8Array.from(cat(Buffer.from('expand 32-byte k'), key, nonce)).buffer)
  const turn = (a, b, n) => { s[a] ^= s[b]; s[a] = (s[a] << n) | (s[a] >>> (32 - n)) }
  function quarter (a, b, c, d) {
    for (const [m, n] of [[16, 12], [8, 7]]) { s[a] += s[b]; turn(d, a, m); s[c] += s[d]; turn(b, c, n) }
  }
  for (let i = 0; i < 80; i++) { // 20 rounds of 4: columns and diagonals by turns
    const by = (i >> 2) & 1
    quarter(i & 3, 4 + ((i + by) & 3), 8 + ((i + 2 * by) & 3), 12 + ((i + 3 * by) & 3))
  }
  return Buffer.from(Uint32Array.of(...s.slice(0, 4), ...s.slice(12)).buffer)
}
const openX = (key, nonce, ad, sealed) =>
  open(hchacha(key, nonce.subarray(0, 16)), cat(Buffer.alloc(4), nonce.subarray(16)), ad, sealed)

// ENTRY.md sections 2, 4, 5: readEntry throws unless the entry is well-formed and whole.
const leaf = item => sha256(Buffer.of(0), item)
function root (leaves) { // RFC 6962: the left half is the largest power of two below the number
  if (leaves.length < 2) return leaves.length ? leaves[0] : sha256()
  const half = 2 ** (31 - Math.clz32(leaves.length - 1))
  return sha256(Buffer.of(1), root(leaves.slice(0, half)), root(leaves.slice(half)))
}
function readHead (r) { // header and signature: all that a proof holds
  const [bytes, h] = [r.take(192), new Bytes(r.buf.subarray(r.at - 192, r.at))]
  const e = { format: h.int(1), kind: h.int(1), schema: h.int(2), count: h.int(2), size: h.int(2) }
  Object.assign(e, { log: h.take(32), seq: number(h.take(8)), prev: h.take(32) })
  Object.assign(e, { clock: number(h.take(8)), mark: h.take(8), root: h.take(32), signature: h.take(64) })
  must(e.format === 1 && (e.kind === 1 || e.kind === 2) && e.count >= 1 && e.count <= 4096)
  must(seq(e.seq) && same(e.prev, ZERO) === (e.seq === 1n))
  return Object.assign(e, { header: bytes.subarray(0, 128), id: leaf(bytes) })
}
function checkItem (item, kind) {
  if (item && item.erased) return must(kind === 1)
  must(Buffer.isBuffer(item) && item.length > 8)
  const [scope, epoch] = [item.readUInt32BE(0), item.readUInt32BE(4)]
  must(kind === 1 ? scope && epoch && item.length >= 64 && item.length % 16 === 0
    : !scope && !epoch && unpack(item.subarray(8)) !== undefined)
}
function readEntry (buf) {
  must(buf.length >= 193 && buf.length <= 65536)
  const e = Object.assign(readHead(new Bytes(buf)), { items: unpack(buf.subarray(192), true) })
  must(Array.isArray(e.items) && e.items.length === e.count)
  for (const item of e.items) checkItem(item, e.kind)
  must(buf.length === 192 + e.size || e.items.some(i => i.erased))
  must(same(root(e.items.map(i => i.erased || leaf(i))), e.root), 'root')
  return e
}
const holds = (e, community) => verify(e.log, // the community's first entry could not know its own id
  tagged('linjuli-entry-v1', same(e.id, community) ? ZERO : community, e.header), e.signature)
function openItem (item, log, seq, index, key) {
  const place = cat(log, big(seq, 8), big(index, 2))
  const plain = openX(key, item.subarray(8, 32), place, item.subarray(32))
  const end = plain.lastIndexOf(0x80)
  must(end >= plain.length - 16 && plain.subarray(end + 1).every(b => b === 0), 'padding')
  return plain.subarray(0, end)
}

// Shapes of operations: functions that say whether a decoded value is as it should be.
const int = (lo, hi) => v => typeof v === 'bigint' && v >= lo && v <= hi
const bin = n => v => Buffer.isBuffer(v) && v.length === n
const or = (...shapes) => v => shapes.some(s => s(v))
const tuple = (...shapes) => v => Array.isArray(v) && v.length === shapes.length && shapes.every((s, i) => s(v[i]))
const text = (max, re) => v => typeof v === 'string' && Buffer.byteLength(v) <= max && re.test(v)
const rows = (v, n) => Array.from({ length: v.length / n }, (_, i) => v.slice(n * i, n * i + n))
const rank = v => v.map(k => Buffer.isBuffer(k) ? k.toString('hex') : k.toString(16).padStart(16, '0')).join()
// Flat rows of elements, at most max, that ascend strictly by the first `keys` of each.
const list = (max, keys, ...shapes) => v => Array.isArray(v) && v.length % shapes.length === 0 &&
  v.length / shapes.length <= max && rows(v, shapes.length).every((row, i, all) =>
  tuple(...shapes)(row) && (i === 0 || rank(all[i - 1].slice(0, keys)) < rank(row.slice(0, keys))))
const [no, no0, unit, u8] = [int(1, 2 ** 32 - 1), int(0, 2 ** 32 - 1), int(0, 9999), int(0, 255)]
const [seq, seq0, index] = [int(1n, 2n ** 63n - 1n), int(0n, 2n ** 63n - 1n), int(0, 4095)]
const [nil, key, id16] = [v => v === null, bin(32), bin(16)]
const name = text(256, // clean, not empty
  /^[^\0-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+$/u)
const scopes = v => list(128, 1, no0)(v) && (v[0] !== 0n || v.length === 1)
const [officers, needs] = [list(16, 1, key), tuple(u8, u8, u8, u8)]
const signed = tuple(key, list(16, 1, key, bin(64)))
const last = [no, seq0, key, no0] // of a revoked log, and its heir; seq 0 has the zero id, and only it
const nothing = (seq, id) => (seq === 0n) === same(id, ZERO)
const lost = v => Array.isArray(v) && v.every((l, i) =>
  tuple(...last)(l) && nothing(l[1], l[2]) && (i === 0 || v[i - 1][0] < l[0]))
const AUTHORITY = { // AUTHORITY.md section 2: name, number of elements in operation*, elements
  1: ['create', 6, name, key, key, officers, needs], 2: ['schema', 3, int(0, 65535), key],
  3: ['scope', 5, no, int(1, 5), unit, name], 4: ['node', 6, no, key, unit, scopes, key],
  5: ['grant', 11, no, or(key, nil), no, id16, no, unit, int(2, 11), scopes, seq, or(key, nil),
    or(nil, tuple(key, key, bin(64))), signed],
  6: ['epoch', 6, no, no, key, list(Infinity, 1, no, bin(80)), or(bin(72), nil)],
  7: ['seal', 5, seq, list(Infinity, 1, no, seq, key), seq0, key],
  8: ['revoke', 6, ...last, u8, signed], 9: ['lost', 3, no, lost, signed],
  10: ['officers', 3, officers, needs, signed],
  11: ['erase', 7, list(Infinity, 3, no, seq, index), no, unit, id16, u8, text(32, /^[0-9A-Za-z/.-]+$/), signed],
  12: ['succeed', 5, int(2, 2 ** 32 - 1), seq, key, bin(64)]
}
const [item, amount, subject] = [tuple(no0, seq, bin(8), index), int(0, 2 ** 53), tuple(no, unit, id16)]
const DATA = { // RECORDS.md section 2
  1: ['put', unit, id16, int(1, 65535)],
  2: ['open', or(nil, subject)], 3: ['issue', item, amount], 4: ['give', item, amount, no],
  5: ['take', item, or(item, no)], 6: ['spend', item, amount, subject], 7: ['return', item, item],
  8: ['erased', key, index]
}
function coded (buf, table) {
  const v = unpack(buf)
  must(buf.length <= 65344 && Array.isArray(v) && int(0, Infinity)(v[0]))
  must(table[v[0]], 'unknown')
  return [v, ...table[v[0]]]
}
function readAuthority (buf) {
  const [v, kind, n, ...shapes] = coded(buf, AUTHORITY)
  if (kind === 'officers' && v.length === 3) shapes.pop() // beside a succeed
  must(tuple(...shapes)(v.slice(1)))
  if (kind === 'grant') must((v[2] === null) !== (v[10] === null) && (v[10] !== null || v[11] === null))
  if (kind === 'revoke') must(nothing(v[2], v[3]))
  const star = cat(Buffer.of(0x90 + n), buf.subarray(v.start, v.ends[n - 1])) // section 4
  return { kind, v, star, order: n < v.length ? v[v.length - 1] : null }
}
const short = v => typeof v !== 'string' || text(16384, /^/)(v)
const fieldList = list(64, 1, int(1, 65535), short, list(256, 3, no0, seq, bin(8)))
function readData (buf) {
  const [v, kind, ...shapes] = coded(buf, DATA)
  const fields = kind === 'put' ? v.splice(4) : [] // of each field: code, value, replaces
  must(tuple(...shapes)(v.slice(1)) && fieldList(fields) && (fields.length > 0 || kind !== 'put'))
  must(rows(fields, 3).reduce((n, f) => n + f[2].length, 0) <= 3 * 256)
  return { kind, v, fields: rows(fields, 3) }
}

// KEYS.md section 6: reads a whole handshake, whose four secrets are known. A DH of zero throws.
const hmac = (k, ...d) => crypto.createHmac('blake2b512', k).update(cat(...d)).digest()
const blake = (...d) => crypto.createHash('blake2b512').update(cat(...d)).digest()
const hkdf = (ck, ikm, n, k = hmac(ck, ikm), t = NONE) =>
  Array.from({ length: n }, (_, i) => (t = hmac(k, t, Buffer.of(i + 1))))
const opener = (k, n = 0n) => (ad, sealed) => // the counter in the nonce is little-endian
  open(k.subarray(0, 32), cat(Buffer.alloc(4), big(n++, 8).reverse()), ad, sealed)
const dh = (a, b) =>
  crypto.diffieHellman({ privateKey: secretKey('X2', a), publicKey: publicKey('X2', publicOf('X2', b)) })
function handshake ({ name, prologue, psk, secrets, messages }) { // secrets: { ie, is, re, rs }
  let [ck, cipher] = [cat(Buffer.from(name), Buffer.alloc(64)).subarray(0, 64), null]
  let h = blake(ck, prologue)
  const mixKey = ikm => { let k; [ck, k] = hkdf(ck, ikm, 2); cipher = opener(k) }
  function mixPsk () { let t, k; [ck, t, k] = hkdf(ck, psk, 3); h = blake(h, t); cipher = opener(k) }
  function plain (bytes) { const p = cipher ? cipher(h, bytes) : bytes; h = blake(h, bytes); return p }
  const payloads = ['e', 'e ee s es', 's se' + (psk ? ' psk' : '')].map((tokens, turn) => {
    const [r, who] = [new Bytes(messages[turn]), 'iri'[turn]]
    for (const t of tokens.split(' ')) {
      if (t === 'psk') mixPsk()
      else if (t.length === 2) mixKey(dh(secrets['i' + t[0]], secrets['r' + t[1]]))
      else {
        const sent = t === 'e' ? r.take(32) : plain(r.take(cipher ? 48 : 32))
        must(same(sent, publicOf('X2', secrets[who + t])), 'HANDSHAKE')
        if (t === 'e') { h = blake(h, sent); if (psk) mixKey(sent) }
      }
    }
    return plain(r.take(r.left))
  })
  const [initiator, responder] = hkdf(ck, NONE, 2).map(k => opener(k))
  return { h, payloads, initiator, responder }
}

// PROTOCOL.md sections 3, 4, 6: what a stream of transport messages says, and the frames in it.
const plaintext = (wire, cipher) => cat(...many(new Bytes(wire), r => {
  const message = r.take(r.int(2))
  must(message.length >= 17)
  return cipher(NONE, message)
}))
const frames = plain => many(new Bytes(plain), r => {
  const n = r.int(4)
  must(n >= 1 && n <= 1048576)
  const [type, p] = [r.int(1), new Bytes(r.take(n - 1))]
  const m = { type, ...(MESSAGES[type] || (() => p.take(p.left)))(p) } // unknown: skipped
  must(p.left === 0 && sorted(m.rows || []) && (type !== 6 || m.heads.length < 3))
  must(![6, 8, 9].includes(type) || (no(m.no) && (m.kind === 1 || m.kind === 2)))
  return m
})
function flags (r, known) { const f = r.int(1); must((f & ~known) === 0); return f }
function readRow (r) {
  const f = flags(r, 7)
  const row = { reign: f & 1, no: r.leb(), seq: r.leb() }
  Object.assign(row, row.seq > 0n && { id: r.take(8) }, !row.reign && { lines: r.leb() })
  Object.assign(row, f & 2 && { fork: r.leb(), proof: r.take(8) }, f & 4 && { more: r.leb(), moreId: r.take(8) })
  must(no(row.no) && row.fork !== 0n && row.more !== 0n && seq0(row.seq + (row.more || 0n)))
  return row
}
const readRows = r => ({ runs: r.leb(), rows: many(r, readRow) })
const sorted = rows => list(Infinity, 2, () => true, () => true)(rows.flatMap(r => [1 - r.reign, r.no]))
const readLog = r => ({ kind: r.int(1), no: r.leb() })
function readRun (r) {
  const m = { flags: flags(r, 3) }
  const size = () => m.flags & 1 ? Number(r.leb()) : 192 + r.buf.readUInt16BE(r.at + 6)
  m.entries = many(r, () => readEntry(r.take(size())))
  must(m.entries.length && m.entries.every((e, i, [a]) => same(e.log, a.log) && e.kind === a.kind &&
    e.seq === a.seq + BigInt(i) && (m.flags & 1 || !e.items.some(i => i.erased))))
  return m
}
function readIds (r) {
  const m = { ...readLog(r), low: r.leb(), high: r.leb(), points: [] }
  must(m.low < m.high)
  const step = (m.high - m.low + 62n) / 64n || 1n
  for (let at = m.low + step; at < m.high; at += step) m.points.push([at, r.take(8)])
  return m
}
const MESSAGES = {
  1: r => ({ versions: r.take(2), schema: r.int(2), clock: r.take(8), flags: flags(r, 0), rest: r.take(r.left) }),
  2: r => ({ flags: flags(r, 1), digest: r.take(16) }),
  3: r => ({ flags: flags(r, 1), ...readRows(r) }),
  4: readRows, 5: readRun, 7: readRows, 8: readIds,
  6: r => ({ ...readLog(r), heads: [readHead(r), ...many(r, readHead)] }),
  9: r => ({ ...readLog(r), seq: r.leb() }), 10: r => ({ key: r.take(32), signature: r.take(64) }),
  11: () => ({}), 12: () => ({}), 13: () => ({}), 14: r => ({ reason: r.int(1) })
}
module.exports = { ZERO, Bytes, cat, sha256, number, big, same, must, unpack, sound, publicOf, verify, tagged,
  openX, root, readHead, readEntry, holds, openItem, readAuthority, readData, rows, handshake, plaintext, frames }
