'use strict'
// A stranger on the local network, and digits that are wrong.
//   lan.js listen FILE PORT...     every datagram to the group as a line of hex, until killed;
//                                  FILE.tcp: how many bytes each caller at these ports said
//   lan.js flood N                 N datagrams of noise to the group
//   lan.js replay FILE             says again what the file holds
//   lan.js judge FILE HEX...       what stands in FILE: beacons, asks, pairs that share 8 bytes,
//                                  lines that hold one of the HEX
//   lan.js wrong CODE K            the same name, another secret, a right check digit
//   lan.js typo CODE               one digit mistyped
const dgram = require('dgram')
const net = require('net')
const fs = require('fs')
const crypto = require('crypto')
const [GROUP, PORT] = ['239.255.74.32', 7432]
const [what, ...args] = process.argv.slice(2)

function check (digits) { // ISO/IEC 7064, MOD 11,10
  let p = 10
  for (const d of digits) {
    const s = (p + Number(d)) % 10
    p = 2 * (s || 10) % 11
  }
  return (11 - p) % 10
}
const groups = d => d.match(/.{4}/g).join('-')

function listen (file, ports) {
  const calls = fs.openSync(file + '.tcp', 'w')
  for (const port of ports) {
    net.createServer(c => {
      let n = 0
      c.on('data', d => { n += d.length })
      c.on('error', () => {})
      c.on('close', () => fs.writeSync(calls, `${n}\n`))
    }).listen(port)
  }
  const out = fs.openSync(file, 'w')
  const socket = dgram.createSocket({ type: 'udp4', reuseAddr: true })
  socket.on('message', m => fs.writeSync(out, m.toString('hex') + '\n'))
  socket.bind(PORT, () => {
    for (const list of Object.values(require('os').networkInterfaces())) {
      for (const i of list) if (i.family === 'IPv4' && !i.internal) socket.addMembership(GROUP, i.address)
    }
    console.log('ready')
  })
}

const own = () => Object.values(require('os').networkInterfaces()).flat()
  .find(i => i.family === 'IPv4' && !i.internal).address

// Of a beacon's length and of others; the first byte is right in most.
function flood (n) {
  const socket = dgram.createSocket('udp4')
  let left = n
  function some () {
    let busy = Math.min(left, 200)
    if (busy === 0) return socket.close()
    left -= busy
    for (let i = busy; i > 0; i--) {
      const m = crypto.randomBytes([65, 65, 65, 18, 1, 1400][i % 6])
      m[0] = [1, 1, 1, 2, 3, m[0]][i % 6]
      if (m.length === 18) m.write(String(i).padStart(3, '0'), 1)
      if (m.length === 18) m.fill(0, 16)
      socket.send(m, PORT, GROUP, () => { if (--busy === 0) setTimeout(some, 5) })
    }
  }
  socket.bind(0, () => { socket.setMulticastInterface(own()); some() })
}

function replay (file) {
  const socket = dgram.createSocket('udp4')
  const lines = fs.readFileSync(file, 'utf8').split('\n').filter(l => l)
  let left = lines.length
  socket.bind(0, () => {
    socket.setMulticastInterface(own())
    for (const l of lines) socket.send(Buffer.from(l, 'hex'), PORT, GROUP, () => { if (--left === 0) socket.close() })
  })
}

function judge (file, secrets) {
  const lines = fs.readFileSync(file, 'utf8').split('\n').filter(l => l)
  const beacons = lines.filter(l => l.length === 130 && l.startsWith('01'))
  const asks = lines.filter(l => l.length === 36 && l.startsWith('02'))
  const seen = new Map()
  let shared = 0
  beacons.forEach((b, k) => {
    for (let i = 0; i + 16 <= b.length; i += 2) {
      const part = b.slice(i, i + 16)
      if (seen.has(part) && seen.get(part) !== k) shared++
      seen.set(part, k)
    }
  })
  const told = lines.filter(l => secrets.some(s => l.includes(s.toLowerCase()))).length
  console.log(`beacons ${beacons.length} asks ${asks.length} others ${lines.length - beacons.length - asks.length} shared ${shared} told ${told}`)
}

if (what === 'listen') listen(args[0], args.slice(1).map(Number))
else if (what === 'flood') flood(Number(args[0]))
else if (what === 'replay') replay(args[0])
else if (what === 'judge') judge(args[0], args.slice(1))
else if (what === 'wrong') {
  const d = args[0].replace(/-/g, '')
  const secret = String((BigInt(d.slice(3, 15)) + BigInt(args[1])) % 10n ** 12n).padStart(12, '0')
  console.log(groups(d.slice(0, 3) + secret + check(d.slice(0, 3) + secret)))
} else if (what === 'typo') {
  const d = args[0].replace(/-/g, '')
  console.log(groups(d.slice(0, 8) + (Number(d[8]) + 1) % 10 + d.slice(9)))
} else process.exit(64)
