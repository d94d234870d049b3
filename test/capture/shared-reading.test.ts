// Promises about what topics that share a connection share: when it is not read, when nobody can tell whose a message
// was, when it is lost, and what proves that all was read.

import { expect, onTestFinished, test, vi } from 'vitest';
import { CONTROL } from '../testing/captured.js';
import { FaultyDisk } from '../testing/faulty-disk.js';
import { ledgerRecords } from '../testing/folder.js';
import { OPCODE } from '../testing/frames.js';
import { acceptAll, data, meetLive } from '../testing/shared-capture.js';
import { until } from '../testing/until.js';

const THREE = ['a', 'b', 'c'];

/** Ticks when the test says so; the wall clock goes with them. */
function fakeClock(): () => number {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const began_ms = Date.now();
  const began = performance.now();
  return () => began_ms + Math.round(performance.now() - began);
}

test('one topic whose buffer is full stops the reading for all, and all go on when it has room', async () => {
  const disk = new FaultyDisk();
  const { c, connection } = await meetLive([{ topic: 'a', buffer_size: 10 }, 'b', 'c'], {}, { disk });
  const letGo = disk.holdWrites();
  for (let n = 0; n < 20; n += 1) connection.sendText(data('a', n));
  await c.until('a full', (of) => (of('a')?.buffered ?? 0) >= 10);
  // More than the network holds: what the server sends now waits with it.
  const count = 3_000;
  const pad = ' '.repeat(4_000);
  for (let n = 0; n < count; n += 1) connection.sendText(data('bc'[n % 2] ?? '', n) + pad);
  const read = () => ['b', 'c'].reduce((sum, name) => sum + (c.report(name)?.buffered ?? 0), 0);
  await c.untilLogged(/buffer was full/);
  expect(connection.unsent_bytes).toBeGreaterThan(0);
  expect(read()).toBeLessThan(count);
  letGo();
  await c.until(
    'all written',
    (of) => of('a')?.messages === 20 && (of('b')?.messages ?? 0) + (of('c')?.messages ?? 0) === count,
  );
  expect(THREE.map((name) => c.report(name)?.state)).toEqual(['live', 'live', 'live']);
  await c.stop();
  const numbers = async (name: string) => (await c.lines(name)).map((line) => JSON.parse(line).n);
  expect(await numbers('b')).toEqual(Array.from({ length: count / 2 }, (_, i) => 2 * i));
  expect(await numbers('c')).toEqual(Array.from({ length: count / 2 }, (_, i) => 2 * i + 1));
  for (const name of THREE) expect(await ledgerRecords(c.folder, 'gap', name)).toEqual([]);
});

test('what is sent while nothing is read, and dies with the connection, is in a gap of each topic', async () => {
  const disk = new FaultyDisk();
  const { c, connection, server } = await meetLive([{ topic: 'a', buffer_size: 10 }, 'b', 'c'], {}, { disk });
  const letGo = disk.holdWrites();
  for (let n = 0; n < 20; n += 1) connection.sendText(data('a', n));
  await c.until('a full', (of) => (of('a')?.buffered ?? 0) >= 10);
  const sent_ms = Date.now();
  for (let n = 0; n < 3_000; n += 1) connection.sendText(data('b', n) + ' '.repeat(4_000));
  await c.untilLogged(/buffer was full/);
  connection.reset();
  letGo();
  await acceptAll(await server.nextConnection(), THREE);
  await c.until('live again', (of) => THREE.every((name) => of(name)?.gaps === 1));
  await c.stop();
  for (const name of THREE) {
    const [gap] = await ledgerRecords(c.folder, 'gap', name);
    expect(gap?.reason).toBe('disconnected');
    expect(gap?.from_ms).toBeLessThanOrEqual(sent_ms);
  }
});

test('a pause that no tick saw makes each topic ask for a proof that all was read', async () => {
  fakeClock();
  const disk = new FaultyDisk();
  const { c, connection } = await meetLive([{ topic: 'a', buffer_size: 10 }, 'b'], {}, { disk });
  const letGo = disk.holdWrites();
  for (let n = 0; n < 20; n += 1) connection.sendText(data('a', n));
  await until(() => (c.report('a')?.buffered ?? 0) >= 10);
  letGo();
  await until(() => c.report('a')?.messages === 20);
  expect(connection.pings_at_ms).toEqual([]);
  vi.advanceTimersByTime(500);
  await until(() => connection.pings_at_ms.length > 0);
  expect(connection.pings_at_ms).toHaveLength(1);
});

test('a full buffer of the control file stops the reading of all connections, also of one that is made meanwhile', async () => {
  const disk = new FaultyDisk();
  const { c, connection, server } = await meetLive(['a'], { buffer_size: 10 }, { disk });
  const letGo = disk.holdWrites();
  for (let n = 0; n < 20; n += 1) connection.sendText(`{"of":"no topic","n":${n}}`);
  await c.untilLogged(/buffer was full/);
  // It reaches the server in another way.
  await c.add({ topic: 'b', max_message_bytes: 1_000_000 });
  const second = await server.nextConnection();
  const pad = ' '.repeat(100_000);
  const count = 200;
  for (let n = 0; n < count; n += 1) second.sendText(`{"of":"none","n":${n}}${pad}`);
  // So many ticks in which it could be read.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(second.unsent_bytes).toBeGreaterThan(0);
  letGo();
  await acceptAll(second, ['b']);
  await c.untilLive('a', 'b');
  await c.stop();
  const control = (await c.lines(CONTROL)).filter((line) => line.startsWith('{"of"'));
  expect(control).toHaveLength(20 + count);
});

test('a binary frame that does not unpack is a gap of each topic, and is kept in the control ledger', async () => {
  const { c, connection } = await meetLive(THREE);
  connection.sendBinary(Buffer.from([0xff, 0xfe, 0x00]));
  connection.sendText(data('b', 1));
  await c.until('declared', (of) => THREE.every((name) => of(name)?.gaps === 1));
  expect(await c.untilLogged(/became no line/)).toContain('kept in the ledger');
  await c.stop();
  for (const name of THREE) {
    expect(await ledgerRecords(c.folder, 'gap', name)).toMatchObject([
      { reason: 'undecodable', messages: 1 },
    ]);
    expect(await ledgerRecords(c.folder, 'frame', name)).toEqual([]);
  }
  expect(await ledgerRecords(c.folder, 'frame', CONTROL)).toMatchObject([
    { reason: 'undecodable', base64: Buffer.from([0xff, 0xfe, 0x00]).toString('base64') },
  ]);
  expect(await c.lines('b')).toEqual([data('b', 1)]);
});

test('a connection that is lost is a gap of each topic', async () => {
  const { c, connection, server } = await meetLive(THREE);
  connection.reset();
  await acceptAll(await server.nextConnection(), THREE);
  await c.until('live again', (of) =>
    THREE.every((name) => of(name)?.reconnects === 1 && of(name)?.state === 'live'),
  );
  await c.stop();
  for (const name of THREE) {
    expect(await ledgerRecords(c.folder, 'gap', name)).toMatchObject([{ reason: 'disconnected' }]);
    expect(await ledgerRecords(c.folder, 'live', name)).toHaveLength(2);
  }
});

const pong = (number: number) => ({ opcode: OPCODE.pong, payload: Buffer.from(`read until ${number}`) });

/** Where only pings prove anything: so each topic always wants one. */
async function meetProved() {
  const now = fakeClock();
  const met = await meetLive(THREE, { compression: true }, { now });
  met.connection.answers_pings = false;
  /** Everything sent until now was read. */
  let asked = 0;
  const settled = async () => {
    asked += 1;
    met.connection.ping();
    await until(() => met.connection.pongs_at_ms.length >= asked);
  };
  /** From when on each of them is lost with the connection. */
  const lostFrom = async (...names: string[]) => {
    met.connection.reset();
    await until(() => names.every((name) => met.c.report(name)?.state !== 'live'));
    await met.c.stop();
    const lost = await Promise.all(names.map((name) => ledgerRecords(met.c.folder, 'lost', name)));
    return lost.map((records) => records.at(-1)?.from_ms);
  };
  return { ...met, now, settled, lostFrom };
}

test('pings of several topics are one ping, whose answer proves for each of them', async () => {
  const { connection, now, settled, lostFrom } = await meetProved();
  vi.advanceTimersByTime(500);
  const pinged_ms = now();
  await until(() => connection.pings_at_ms.length === 1);
  vi.advanceTimersByTime(5_000);
  connection.sendFrame(pong(1));
  await settled();
  expect(connection.pings_at_ms).toHaveLength(1);
  expect(await lostFrom(...THREE)).toEqual([pinged_ms, pinged_ms, pinged_ms]);
});

test('the answer to a later ping answers those before it as well: a server need not answer each', async () => {
  const { c, connection, now, settled, lostFrom } = await meetProved();
  vi.advanceTimersByTime(500);
  const first_ms = now();
  await until(() => connection.pings_at_ms.length === 1);
  await c.add('d');
  await acceptAll(connection, ['d']);
  await c.untilLive('d');
  vi.advanceTimersByTime(500);
  const second_ms = now();
  await until(() => connection.pings_at_ms.length === 2);
  connection.sendFrame(pong(2));
  await settled();
  expect(await lostFrom('a', 'b', 'd')).toEqual([first_ms, first_ms, second_ms]);
});

test('an answer to a ping that went out before a topic was live anew proves nothing for it', async () => {
  const { c, connection, now, settled, lostFrom } = await meetProved();
  await c.add('d');
  const request = await connection.nextRequest('subscribe');
  connection.sendText(data('d', 1));
  await c.untilLive('d');
  vi.advanceTimersByTime(500);
  const first_ms = now();
  await until(() => connection.pings_at_ms.length === 1);
  connection.answer(request, false, 'not now');
  await c.until('rejected', (of) => of('d')?.state === 'rejected');
  for (let s = 0; s < 30; s += 1) {
    vi.advanceTimersByTime(1_000);
    await settled();
  }
  await connection.nextRequest('subscribe');
  connection.sendText(data('d', 2));
  await c.untilLive('d');
  const live_ms = now();
  vi.advanceTimersByTime(500);
  await until(() => connection.pings_at_ms.length === 2);
  connection.sendFrame(pong(1));
  await settled();
  expect(await lostFrom('a', 'd')).toEqual([first_ms, live_ms]);
});
