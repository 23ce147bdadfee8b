// Half blocks on stdin, as `checkpoint --qr` draws them, into a picture that a scanner of QR
// codes reads (PBM, 1 is dark). Other lines are passed over.
'use strict';
const side = 6; // dots of a square
const dark = { '█': '00', '▀': '01', '▄': '10', ' ': '11' };
const rows = [];
for (const line of require('fs').readFileSync(0, 'utf8').split('\n')) {
    if (!/^█[█▀▄ ]+$/u.test(line))
        continue;
    for (const half of [0, 1]) {
        const row = [...line].map((c) => `${dark[c][half]} `.repeat(side)).join('');
        for (let i = 0; i < side; i++)
            rows.push(row);
    }
}
const width = rows.length > 0 ? rows[0].trim().split(' ').length : 0;
process.stdout.write(`P1\n${width} ${rows.length}\n${rows.join('\n')}\n`);
