// A connection that breaks: passes on what comes to PORT, and cuts both sides once BYTES
// have come from the one who called. Usage: node cut.js PORT TO_PORT BYTES
'use strict';
const net = require('net');
const [port, to, most] = process.argv.slice(2).map(Number);
net.createServer((from) => {
  const there = net.connect(to, '127.0.0.1');
  let n = 0;
  const end = () => { from.destroy(); there.destroy(); };
  from.on('data', (b) => {
    const part = b.subarray(0, Math.max(0, most - n));
    n += b.length;
    there.write(part, () => { if (n >= most) setTimeout(end, 200); });
  });
  there.on('data', (b) => { if (n < most) from.write(b); });
  for (const s of [from, there]) s.on('error', end).on('close', end);
}).listen(port, '127.0.0.1', () => console.log('ready'));
