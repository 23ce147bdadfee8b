'use strict'
// invite.js made FILE HOURS > OTHER: an invite that was made so many hours later, whole.
const fs = require('fs')
const { createHash } = require('crypto')
const [what, file, hours] = process.argv.slice(2)
if (what !== 'made') throw new Error(what)
const b = fs.readFileSync(file)
// The second of two numbers of 8 bytes that follow the hub's key (INVITE.md section 2).
const until = 13 + 1 + (2 + 16) + 4 * (2 + 32)
const made = until + 9
if (b[until] !== 0xcf || b[made] !== 0xcf) throw new Error('no invite')
b.writeBigUInt64BE(b.readBigUInt64BE(made + 1) + BigInt(hours) * 3600000n, made + 1)
createHash('sha256').update(b.subarray(0, -32)).digest().copy(b, b.length - 32)
process.stdout.write(b)
