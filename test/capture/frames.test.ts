// What a connection makes of the frames that a server sends, also of those that are none.

import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { none } from '../../src/shared/protocols/none.js';
import { capture } from '../testing/captured.js';
import { ledgerRecords } from '../testing/folder.js';
import { serve } from '../testing/served.js';

const data = (n: number) => `{"topic":"t","n":${n}}`;

test.each([
  ['wrong UTF-8', 'sendWrongUtf8'],
  ['a junk frame', 'sendJunkFrame'],
  ['a masked frame', 'sendMasked'],
] as const)('%s ends the connection with a sentence, and the next one is made', async (_, method) => {
  const server = await serve();
  const c = await capture(server.url);
  const connection = await server.nextConnection();
  await connection.acceptSubscribe();
  connection.sendText(data(1));
  connection[method]('x');
  await (await server.nextConnection()).acceptSubscribe();
  await c.until('live again', (r) => r.state === 'live' && r.reconnects === 1);
  expect(c.log.filter((l) => l.message.includes('trying again'))).toHaveLength(1);
});

test('a message larger than max_message_bytes is refused before it fills the memory', async () => {
  const server = await serve();
  const c = await capture(server.url, { max_message_bytes: 1000 });
  const connection = await server.nextConnection();
  await connection.acceptSubscribe();
  connection.sendText('x'.repeat(1000));
  connection.sendOversize(1001);
  await (await server.nextConnection()).acceptSubscribe();
  expect(await c.untilLogged(/payload/i)).toContain('trying again');
  await c.until('written', (r) => r.messages === 3);
});

test('a message in fragments, with a ping between them, is one line', async () => {
  const server = await serve();
  const c = await capture(server.url);
  const connection = await server.nextConnection();
  await connection.acceptSubscribe();
  connection.sendFragments(['{"topic":"t",', '"text":"é', '…"}']);
  await c.until('written', (r) => r.messages === 2);
  await c.stop();
  expect((await c.lines())[1]).toBe('{"topic":"t","text":"é…"}');
});

test('binary frames that hold text are lines; one that holds none is counted, kept in the ledger, and ends nothing', async () => {
  const server = await serve();
  const c = await capture(server.url);
  const connection = await server.nextConnection();
  await connection.acceptSubscribe();
  connection.sendBinary(Buffer.from(data(1)));
  connection.sendBinary(Buffer.from([0xff, 0xfe, 0x00]));
  connection.sendBinary(Buffer.from(data(2)));
  await c.until('written', (r) => r.messages === 3);
  expect(await c.untilLogged(/binary frames became no line/)).toContain('it holds no UTF-8 text');
  await c.stop();
  expect((await c.lines()).slice(1)).toEqual([data(1), data(2)]);
  expect(await ledgerRecords(c.folder, 'frame')).toMatchObject([{ base64: '//4A', reason: 'undecodable' }]);
  expect(await ledgerRecords(c.folder, 'gap')).toMatchObject([{ reason: 'undecodable', messages: 1 }]);
});

test.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate-raw', deflateRawSync],
] as const)(
  'frames packed as %s are unpacked; a bomb and a broken one are kept in the ledger',
  async (binary, pack) => {
    const server = await serve();
    const c = await capture(server.url, { protocol: { ...none, binary }, max_message_bytes: 100_000 });
    const connection = await server.nextConnection();
    connection.sendBinary(pack(Buffer.from(data(1))));
    connection.sendBinary(pack(Buffer.alloc(200_000)));
    connection.sendBinary(Buffer.from('no such packing'));
    connection.sendBinary(pack(Buffer.from(data(2))));
    await c.until('written', (r) => r.messages === 2);
    await c.stop();
    expect(await c.lines()).toEqual([data(1), data(2)]);
    expect(await ledgerRecords(c.folder, 'frame')).toHaveLength(2);
    expect(await ledgerRecords(c.folder, 'gap')).toMatchObject([{ reason: 'undecodable', messages: 2 }]);
  },
);

test('a plain protocol sends nothing and is live when open', async () => {
  const server = await serve();
  const c = await capture(server.url, { protocol: none });
  const connection = await server.nextConnection();
  await c.until('live', (r) => r.state === 'live');
  connection.sendText('anything');
  await c.until('written', (r) => r.messages === 1);
  expect(connection.received).toEqual([]);
});
