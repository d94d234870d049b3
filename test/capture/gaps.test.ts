// Where a gap starts, and up to when a stop vouches: before the first message that is lost was sent, and not long
// before. What is read late was sent long ago.

import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { none } from '../../src/shared/protocols/none.js';
import { capture } from '../testing/captured.js';
import { FaultyDisk } from '../testing/faulty-disk.js';
import { ledgerRecords } from '../testing/folder.js';
import { closePayload, OPCODE } from '../testing/frames.js';
import { captureLive, data, markOf, recordOf, talk } from '../testing/live-capture.js';

/** What arrives was sent at most this long ago. */
const FLIGHT_MS = 1_000;
/** A gap starts at most this long before the last instant at which all was read and written. */
const TOO_EARLY_MS = 5_000;

const NO_TEXT = Buffer.from([0xff, 0xfe]);

test.each([
  ['and the end of TCP', true, 0],
  ['and no end of TCP, which is waited for for 2 s', false, 1_900],
])(
  'after a Close that nobody asked for %s, the gap starts within the second before it',
  async (_, ends, late_ms) => {
    const { c, connection } = await captureLive();
    await talk(connection, 1_200);
    const closed_at = Date.now();
    connection.sendFrame({ opcode: OPCODE.close, payload: closePayload(1001) });
    if (!ends) connection.stall();
    const lost = await recordOf(c.folder, 'lost');
    expect(lost.reason).toBe('disconnected');
    expect(lost.from_ms).toBeLessThanOrEqual(closed_at);
    expect(lost.from_ms).toBeGreaterThanOrEqual(closed_at - FLIGHT_MS);
    expect(lost.at_ms - closed_at).toBeGreaterThanOrEqual(late_ms);
    expect(lost.at_ms - closed_at).toBeLessThan(late_ms + 1_500);
  },
);

test('what is read late, after a pause, lies in a gap by the time of its sending: a Close, and a frame that is no text', async () => {
  const disk = new FaultyDisk();
  const { c, connection } = await captureLive({ buffer_size: 100 }, { disk });
  await talk(connection, 1_200);
  const letGo = disk.holdWrites();
  const held_at = Date.now();
  for (let n = 1; n <= 3_000; n += 1) connection.sendText(data(n));
  connection.sendBinary(NO_TEXT);
  const sent_at = Date.now();
  connection.sendFrame({ opcode: OPCODE.close, payload: closePayload(1008, 'slow') });
  await c.untilLogged(/buffer was full/);
  await delay(1.5 * FLIGHT_MS);
  letGo();
  const starts = await Promise.all([
    recordOf(c.folder, 'lost'),
    recordOf(c.folder, 'gap', ({ reason }) => reason === 'undecodable'),
  ]);
  expect(c.report().messages).toBeGreaterThan(3_000);
  for (const { from_ms } of starts) {
    expect(from_ms).toBeLessThanOrEqual(sent_at);
    expect(from_ms).toBeGreaterThan(held_at - 2 * FLIGHT_MS);
  }
});

/** Sends numbered messages, 20 each 10 ms, also while this process stands still; tells when, if it is asked. */
const FEED = `
  const { WebSocketServer } = require('ws');
  const { parentPort } = require('node:worker_threads');
  const sent_at = [];
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('listening', () => parentPort.postMessage(server.address().port));
  server.on('connection', (ws) => {
    const send = () => {
      for (let i = 0; i < 20; i += 1) {
        ws.send(JSON.stringify({ n: sent_at.length, pad: 'x'.repeat(100) }));
        sent_at.push(Date.now());
      }
    };
    const timer = setInterval(send, 10);
    ws.on('close', () => clearInterval(timer));
  });
  parentPort.on('message', () => parentPort.postMessage(sent_at));`;

async function heardFrom<T>(worker: Worker): Promise<T> {
  return new Promise((resolve) => worker.once('message', resolve));
}

test('what is dropped after a standstill of the process lies in a gap by the time of its sending, and is counted', async () => {
  const worker = new Worker(FEED, { eval: true });
  onTestFinished(() => worker.terminate().then(() => {}));
  const port = await heardFrom<number>(worker);
  const few = { overflow: 'drop', buffer_size: 500, flush_interval_ms: 50 } as const;
  const c = await capture(`ws://127.0.0.1:${port}`, { protocol: none, ...few });
  await c.until('written', (r) => r.messages > 1_000);
  const stood_still_at = Date.now();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_800);
  const { messages } = await c.until('dropped', (r) => r.dropped > 0);
  await c.until('written again', (r) => r.messages > messages + 500);
  await c.stop();
  worker.postMessage('when?');
  const sent_at = await heardFrom<number[]>(worker);
  const got = new Set((await c.lines()).map((line) => (JSON.parse(line) as { n: number }).n));
  const missing = sent_at.slice(0, Math.max(...got)).filter((_, n) => !got.has(n));
  const gaps = await ledgerRecords(c.folder, 'gap');
  const undeclared = missing.filter((at) => !gaps.some(({ from_ms, to_ms }) => from_ms <= at && at <= to_ms));
  expect(undeclared).toEqual([]);
  // Behind the last line that is there more may have been dropped.
  const { dropped } = c.report();
  expect([missing.length > 0, dropped >= missing.length]).toEqual([true, true]);
  expect(new Set(gaps.map(({ reason }) => reason))).toEqual(new Set(['overflow']));
  expect(gaps.reduce((sum, gap) => sum + (gap.messages ?? 0), 0)).toBe(dropped);
  expect(Math.min(...gaps.map(({ from_ms }) => from_ms))).toBeGreaterThan(stood_still_at - TOO_EARLY_MS);
});

test('a flood of dropped messages and of frames that are no text is a record and a log line a second for each', async () => {
  const disk = new FaultyDisk();
  const { c, connection } = await captureLive({ overflow: 'drop', buffer_size: 10 }, { disk });
  const letGo = disk.holdWrites();
  const began_at = Date.now();
  for (let n = 1; Date.now() < began_at + 2_200; n += 1) {
    connection.sendText(data(n));
    connection.sendBinary(NO_TEXT);
    await delay(5);
  }
  letGo();
  await c.stop();
  const counts_max = (Date.now() - began_at) / 1000 + 1;
  const frames = await ledgerRecords(c.folder, 'frame');
  for (const [reason, messages, sentence] of [
    ['overflow', c.report().dropped, /The buffer is full/],
    ['undecodable', frames.length, /binary frames became no line/],
  ] as const) {
    const gaps = (await ledgerRecords(c.folder, 'gap')).filter((gap) => gap.reason === reason);
    const told = c.log.filter(({ message }) => sentence.test(message));
    const declared = c.log.filter(({ message }) => message.startsWith('Gap') && message.includes(reason));
    expect(messages).toBeGreaterThan(100);
    expect(gaps.reduce((sum, gap) => sum + (gap.messages ?? 0), 0)).toBe(messages);
    expect(declared).toHaveLength(gaps.length);
    for (const { length } of [gaps, told]) {
      expect(length).toBeGreaterThanOrEqual(2);
      expect(length).toBeLessThanOrEqual(counts_max);
    }
  }
});

test.each([
  ['rotate', true],
  ['never', false],
] as const)(
  'with fsync %s, what a graceful stop vouches for is on the disk by then: %s',
  async (fsync, is_synced) => {
    const { c, connection } = await captureLive({ fsync });
    await talk(connection, 300);
    await c.stop();
    const { until_ms } = await recordOf(c.folder, 'stop');
    const marked = await markOf(c.folder);
    expect(marked.until_ms).toBe(until_ms);
    expect(marked.synced_ms === until_ms).toBe(is_synced);
  },
);

test('a graceful stop vouches for everything up to the Close with which the server answers', async () => {
  const { c, connection } = await captureLive();
  connection.answers_close = false;
  const stopped = c.stop();
  connection.sendText(data(1));
  await delay(300);
  const closed_at = Date.now();
  connection.close(1000);
  await stopped;
  const { until_ms, reason } = await recordOf(c.folder, 'stop');
  expect(reason).toBe('stopped');
  expect(until_ms).toBeGreaterThanOrEqual(closed_at);
  expect(until_ms).toBeLessThan(closed_at + 500);
  expect(await markOf(c.folder)).toMatchObject({ until_ms });
  expect(await c.lines()).toEqual([data(1)]);
});
