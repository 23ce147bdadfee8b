// The community's rolls as another program would hand them over: households and residents as
// CSV (UTF-8; the caller converts) and as XLSX (packed, shared strings, dates and phones as
// numbers, as spreadsheet programs write them). 14 residents' rows are wrong. And a workbook
// that unpacks to far more than it is. Usage: node sheets.js DIR HOUSEHOLDS RESIDENTS
'use strict';
const fs = require('fs');
const zlib = require('zlib');
const [dir, households, residents] = [process.argv[2], +process.argv[3], +process.argv[4]];

const table = new Uint32Array(256).map((_, i) => {
    for (let k = 0; k < 8; k++) i = i & 1 ? (i >>> 1) ^ 0xedb88320 : i >>> 1;
    return i >>> 0;
});
const crc = (b) => {
    let c = ~0;
    for (const x of b) c = table[(c ^ x) & 255] ^ (c >>> 8);
    return ~c >>> 0;
};
function zip(parts) {
    const local = [], central = [];
    let at = 0;
    for (const [name, text] of parts) {
        const data = Buffer.isBuffer(text) ? text : Buffer.from(text);
        const packed = zlib.deflateRawSync(data, { level: 1 });
        const n = Buffer.from(name), h = Buffer.alloc(30), c = Buffer.alloc(46);
        h.writeUInt32LE(0x04034b50, 0);
        c.writeUInt32LE(0x02014b50, 0);
        for (const [b, o] of [[h, 4], [c, 6]]) {
            b.writeUInt16LE(20, o);
            b.writeUInt16LE(8, o + 4);
            b.writeUInt16LE(0x21, o + 8);
            b.writeUInt32LE(crc(data), o + 10);
            b.writeUInt32LE(packed.length, o + 14);
            b.writeUInt32LE(data.length, o + 18);
            b.writeUInt16LE(n.length, o + 22);
        }
        c.writeUInt32LE(at, 42);
        local.push(h, n, packed);
        central.push(c, n);
        at += h.length + n.length + packed.length;
    }
    const dirBytes = Buffer.concat(central), end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(parts.length, 8);
    end.writeUInt16LE(parts.length, 10);
    end.writeUInt32LE(dirBytes.length, 12);
    end.writeUInt32LE(at, 16);
    return Buffer.concat([...local, dirBytes, end]);
}

const escape = (s) => s.replace(/&/g, '&amp;').replace(/</g, '&lt;');
const column = (i) => String.fromCharCode(65 + i);
const R = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">';
const rel = (id, kind, target) =>
    `<Relationship Id="${id}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/${kind}" Target="${target}"/>`;
const frame = (name, sheet, strings) => zip([
    ['_rels/.rels', R + rel('rId1', 'officeDocument', 'xl/workbook.xml') + '</Relationships>'],
    ['xl/workbook.xml', `<workbook xmlns:r="x"><sheets><sheet name="${name}" sheetId="1" r:id="rId1"/></sheets></workbook>`],
    ['xl/_rels/workbook.xml.rels', R + rel('rId1', 'worksheet', 'worksheets/sheet1.xml') +
        rel('rId2', 'sharedStrings', 'sharedStrings.xml') + rel('rId3', 'styles', 'styles.xml') + '</Relationships>'],
    ['xl/worksheets/sheet1.xml', sheet],
    ['xl/sharedStrings.xml', strings],
    ['xl/styles.xml', '<styleSheet><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>']]);
// dates: columns that hold days; numbers: columns whose digits became a number
function workbook(rows, dates, numbers) {
    const strings = new Map(), out = [];
    rows.forEach((cells, r) => {
        out.push(`<row r="${r + 1}">`);
        cells.forEach((v, i) => {
            if (v === '') return;
            const ref = column(i) + (r + 1);
            const day = dates.includes(i) && /^\d{4}-\d\d-\d\d$/.test(v) ? Date.parse(v) : NaN;
            if (!isNaN(day) && new Date(day).toISOString().startsWith(v)) {
                out.push(`<c r="${ref}" s="1"><v>${day / 86400000 + 25569}</v></c>`);
            } else if (numbers.includes(i) && /^\d+$/.test(v)) {
                out.push(`<c r="${ref}"><v>${v}</v></c>`);
            } else {
                if (!strings.has(v)) strings.set(v, strings.size);
                out.push(`<c r="${ref}" t="s"><v>${strings.get(v)}</v></c>`);
            }
        });
        out.push('</row>');
    });
    const list = [...strings.keys()].map((s) => `<si><t xml:space="preserve">${escape(s)}</t></si>`);
    return frame('Sheet1', `<worksheet><sheetData>${out.join('')}</sheetData></worksheet>`, `<sst>${list.join('')}</sst>`);
}
const csv = (rows) => rows.map((r) => r.map((v) => (/[",\n]/.test(v) ? `"${v.replace(/"/g, '""')}"` : v)).join(',')).join('\r\n') + '\r\n';

const family = '王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹单仇区'.match(/./gu);
const given = '芳强伟娜敏静丽勇军杰娟涛明超秀英霞平刚桂𬭊䶮㛃𠅤'.match(/./gu);
let seed = 7n;
const draw = (n) => {
    seed = (seed * 6364136223846793005n + 1442695040888963407n) & ((1n << 64n) - 1n);
    return Number((seed >> 33n) % BigInt(n));
};
const two = (n) => String(n).padStart(2, '0');
const name = () => family[draw(family.length)] + given[draw(given.length)] + (draw(2) ? given[draw(given.length)] : '');
const unit = (i, n) => (2 * i < n ? '0302' : '0303');

const h = [['unit', 'door', 'head', 'size', 'phone']];
for (let i = 0; i < households; i++)
    h.push([unit(i, households), `${1 + (i % 7)}-${1 + (i % 3)}-${100 + i}`, name(), String(1 + draw(5)), `139${String(draw(100000000)).padStart(8, '0')}`]);
const p = [['单位', '姓名', '性别', '出生日期', '电话', '户籍在本社区', '监护人', '']];
for (let i = 0; i < residents; i++)
    p.push([unit(i, residents), name(), draw(2) ? '男' : '女', `${1930 + draw(90)}-${two(1 + draw(12))}-${two(1 + draw(28))}`,
        draw(3) ? `138${String(draw(100000000)).padStart(8, '0')}` : '', draw(2) ? '是' : '否', '', '']);
p[1] = ['0302', '𬭊䶮㛃𠅤', '女', '1950-01-02', '13800138000', '是', '=cmd|\'/c calc\'!A1', ''];
// row (as people count), column, what
const wrong = [[100, 2, ''], [200, 3, '不详'], [300, 4, '1950-02-30'], [400, 5, '电话'], [500, 1, '0999'], [600, 1, '302'],
    [700, 6, '也许'], [800, 2, '名'.repeat(41)], [900, 8, '多出来的'], [1000, 4, '昨天'], [1100, 5, '123'], [1200, 3, '5'],
    [1300, 2, ' '], [residents + 1, 4, '1800-13-01']];
for (const [row, col, v] of wrong) p[row - 1][col - 1] = v;
fs.writeFileSync(`${dir}/wrong`, wrong.map(([row, col]) => `${row} ${column(col - 1)}`).join('\n') + '\n');
fs.writeFileSync(`${dir}/households.csv`, csv(h));
fs.writeFileSync(`${dir}/residents.csv`, csv(p));
fs.writeFileSync(`${dir}/households.xlsx`, workbook(h, [], [3, 4]));
fs.writeFileSync(`${dir}/residents.xlsx`, workbook(p, [3], [4]));
fs.writeFileSync(`${dir}/bomb.xlsx`, frame('Sheet1', '<worksheet/>', Buffer.concat([Buffer.from('<sst>'), Buffer.alloc(80 << 20, '<si/>'), Buffer.from('</sst>')])));
fs.writeFileSync(`${dir}/entity.xlsx`, frame('Sheet1', '<!DOCTYPE w [<!ENTITY a "title">]><worksheet><sheetData><row><c t="str"><v>&a;</v></c></row></sheetData></worksheet>', '<sst/>'));
