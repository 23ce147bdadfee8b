'use strict'
// The QR codes of an SVG page on stdin, each into a picture that a scanner reads: PREFIX1.pbm, ...
const fs = require('fs')
const side = 6 // dots of a square
const page = fs.readFileSync(0, 'utf8')
const codes = [...page.matchAll(/viewBox="0 0 (\d+) \d+"[^]*?fill="#000" d="([^"]*)"/g)]
codes.forEach(([, size, path], i) => {
  const n = Number(size)
  const dark = Array.from({ length: n }, () => Array(n).fill(0))
  for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) dark[y].fill(1, Number(x), Number(x) + Number(run))
  const rows = dark.flatMap(r => Array(side).fill(r.flatMap(d => Array(side).fill(d)).join(' ')))
  fs.writeFileSync(`${process.argv[2]}${i + 1}.pbm`, `P1\n${n * side} ${n * side}\n${rows.join('\n')}\n`)
})
