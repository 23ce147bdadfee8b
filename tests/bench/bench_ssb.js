// The ssb-db2 rows of `make bench`: appends N entries of 124 bytes to a signed log, then
// another process pulls them over Secret Handshake. node bench_ssb.js DIR N
'use strict'
const { fork } = require('child_process')
const crypto = require('crypto')
const fs = require('fs')
const path = require('path')
const modules = process.env.BENCH_MODULES
const need = (name) => require(path.join(modules, name))
const SecretStack = need('secret-stack')
const caps = need('ssb-caps')
const keysOf = need('ssb-keys')
const pull = need('pull-stream')
const [dir, count] = [process.argv[2], Number(process.argv[3])]

function stack(at, port) {
  fs.mkdirSync(at, { recursive: true })
  return SecretStack({ caps })
    .use(need('ssb-db2'))
    .use(need('ssb-db2/compat/ebt'))
    .use(need('ssb-db2/compat/history-stream'))
    .call(null, {
      path: at,
      keys: keysOf.loadOrCreateSync(path.join(at, 'secret')),
      connections: {
        incoming: { net: [{ scope: 'device', transform: 'shs', port }] },
        outgoing: { net: [{ transform: 'shs' }] },
      },
    })
}

const cpu = () => {
  const u = process.cpuUsage()
  return (u.user + u.system) / 1e6
}
const say = (name, value) => console.log(`${name} ${value.toFixed(4)}`)
const text = () => crypto.randomBytes(62).toString('hex') // 124 bytes

function append(sbot, left, done) {
  if (left === 0) return sbot.db.onDrain(() => done())
  sbot.db.create({ keys: sbot.config.keys, content: { type: 'post', text: text() } }, (err) => {
    if (err) throw err
    append(sbot, left - 1, done)
  })
}

function folder(at) {
  let n = 0
  for (const f of fs.readdirSync(at, { withFileTypes: true, recursive: true }))
    if (f.isFile()) n += fs.statSync(path.join(f.path, f.name)).size
  return n
}

const PORT = 30000 + (process.pid % 20000)

if (process.argv[4] === 'reader') {
  const sbot = stack(path.join(dir, 'b'), PORT + 1)
  process.on('message', ({ address, feed }) => {
    const before = cpu()
    const start = process.hrtime.bigint()
    sbot.connect(address, (err, rpc) => {
      if (err) throw err
      pull(
        rpc.createHistoryStream({ id: feed, keys: false }),
        pull.asyncMap((value, cb) => sbot.db.add(value, cb)),
        pull.onEnd(() =>
          sbot.db.onDrain(() => {
            process.send({ cpu: cpu() - before, wall: Number(process.hrtime.bigint() - start) / 1e9 })
          })
        )
      )
    })
  })
} else {
  const sbot = stack(path.join(dir, 'a'), PORT)
  const before = cpu()
  append(sbot, count, () => {
    say('append_cpu_us', ((cpu() - before) / count) * 1e6)
    const reader = fork(__filename, [dir, count, 'reader'], { stdio: 'inherit' })
    const from = cpu()
    reader.send({ address: sbot.getAddress('device'), feed: sbot.id })
    reader.on('message', (m) => {
      say('cpu_s', cpu() - from + m.cpu)
      say('rows_per_s', count / m.wall)
      say('file_bytes', folder(path.join(dir, 'a')) / count)
      reader.kill()
      process.exit(0)
    })
  })
}
