// Knocks at a node's doors as nobody polite would. Prints one line a connection, or one in all.
//   record LISTEN PORT FILE         a proxy: what the caller says goes to FILE, the number of
//                                   bytes that came back to FILE.back
//   send PORT FILE CUT...           the first CUT bytes of FILE each; "CUT BACK MS" when closed
//   flood PORT N S [ADDRESSES]      N silent callers from as many addresses; "open K" after 1 s,
//                                   held for S seconds
//   control PATH N S                N silent clients of a control socket, held for S seconds
//   say PATH HEX                    these bytes; "BACK MS" when closed
//   slow PATH HEX                   asks, and takes the answer 4 KiB at a time; "BACK MS"
//   ask PATH HEX                    asks, and leaves at once
'use strict';
const net = require('net');
const fs = require('fs');
const [mode, ...args] = process.argv.slice(2);
const quiet = () => {};

function record(listen, port, file) {
  net.createServer((caller) => {
    const said = [];
    let back = 0;
    const called = net.connect(+port, '127.0.0.1');
    const note = () => {
      fs.writeFileSync(file, Buffer.concat(said));
      fs.writeFileSync(file + '.back', String(back));
    };
    caller.on('data', (b) => { said.push(b); note(); called.write(b); });
    called.on('data', (b) => { back += b.length; note(); caller.write(b); });
    caller.on('error', quiet).on('close', () => called.end());
    called.on('error', quiet).on('close', () => { note(); caller.end(); });
  }).listen(+listen, '127.0.0.1', () => console.log('ready'));
}

function until_closed(s, told) {
  const start = Date.now();
  let back = 0;
  s.on('data', (b) => { back += b.length; });
  s.on('error', quiet);
  s.on('close', () => told(back, Date.now() - start));
}

function send(port, file, cuts) {
  const bytes = fs.readFileSync(file);
  for (const cut of cuts) {
    const s = net.connect(+port, '127.0.0.1', () => s.write(bytes.subarray(0, +cut)));
    until_closed(s, (back, ms) => console.log(cut, back, ms));
  }
}

function hold(n, seconds, connect) {
  const open = new Set();
  for (let i = 0; i < n; i++) {
    const s = connect(i);
    s.on('connect', () => open.add(s)).on('error', quiet).on('close', () => open.delete(s));
    s.resume();
  }
  setTimeout(() => console.log('open', open.size), 1000);
  setTimeout(() => process.exit(0), seconds * 1000);
}

function say(path, hex, pace) {
  const s = net.connect(path, () => s.write(Buffer.from(hex, 'hex')));
  if (!pace) return until_closed(s, (back, ms) => console.log(back, ms));
  const start = Date.now();
  let back = 0;
  s.pause();
  s.on('error', quiet);
  s.on('end', () => console.log(back, Date.now() - start));
  setInterval(() => {
    const b = s.read(Math.min(4096, s.readableLength || 4096)) || s.read();
    if (b) back += b.length;
    if (s.readableEnded) process.exit(0);
  }, 2);
}

if (mode === 'record') record(...args);
else if (mode === 'send') send(args[0], args[1], args.slice(2));
else if (mode === 'flood') {
  hold(+args[1], +args[2], (i) => net.connect({
    port: +args[0], host: '127.0.0.1', localAddress: `127.0.0.${2 + (i % (+args[3] || 1))}`,
  }));
} else if (mode === 'control') hold(+args[1], +args[2], () => net.connect(args[0]));
else if (mode === 'say') say(args[0], args[1], 0);
else if (mode === 'slow') say(args[0], args[1], 1);
else if (mode === 'ask') {
  const s = net.connect(args[0], () => s.write(Buffer.from(args[1], 'hex'), () => setTimeout(() => process.exit(0), 300)));
} else process.exit(64);
