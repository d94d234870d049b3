// Promises about the figures that a capture reports for monitoring: how long messages waited for their write, how far
// they are behind the exchange, and how long the gaps are.

import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { EventLag } from '../../src/capture/event-lag.js';
import { LineBuffer } from '../../src/capture/line-buffer.js';
import { WriteWaits } from '../../src/capture/write-waits.js';
import type { TopicReport } from '../../src/shared/ipc.js';
import { bybit } from '../../src/shared/protocols/bybit.js';
import { none } from '../../src/shared/protocols/none.js';
import { WRITE_MS_BOUNDS } from '../../src/shared/write-latency.js';
import { capture, captureShared } from '../testing/captured.js';
import { FaultyDisk } from '../testing/faulty-disk.js';
import { ledgerRecords } from '../testing/folder.js';
import { serve } from '../testing/served.js';

const plain = { protocol: none };
const writes = ({ write_ms }: TopicReport) => write_ms.counts.reduce((sum, count) => sum + count, 0);

test('each write is counted below the first bound that its wait does not pass, and the longest is told once', () => {
  const waits = new WriteWaits();
  for (const waited_ms of [...WRITE_MS_BOUNDS, 0, 200.5, 5_000.5]) waits.note(waited_ms);
  expect(waits.total).toEqual({ counts: [2, 1, 1, 1, 2, 1, 1, 1, 1], sum_ms: 12_311 });
  expect(waits.takeLongest()).toBe(5_001);
  expect(waits.takeLongest()).toBe(0);
  expect(waits.total.sum_ms).toBe(12_311);
});

test('the wait of a write is that of its oldest message, and what came while it was written waits from its own receipt', async () => {
  const buffer = new LineBuffer({ messages_max: 10, bytes_max: 1000 });
  const line = Buffer.from('x');
  buffer.push(line, 0, 0);
  await delay(80);
  buffer.push(line, 0, 0);
  const first = buffer.peek();
  buffer.pushLines(Buffer.from('y\n'), 1, 0, 0);
  const between = performance.now();
  expect(buffer.wrote(first?.bytes.length ?? 0).waited_ms).toBeGreaterThan(75);
  await delay(40);
  // Half of the line: nothing is released, and nothing waited.
  buffer.peek();
  expect(buffer.wrote(1)).toEqual({ lines: 0, bytes: 0, waited_ms: 0 });
  buffer.peek();
  const { waited_ms } = buffer.wrote(1);
  expect(waited_ms).toBeGreaterThan(35);
  expect(waited_ms).toBeLessThan(performance.now() - between + 5);
});

test('a write of a disk that hangs is seen in the histogram, its sum and the longest wait', async () => {
  const disk = new FaultyDisk();
  const server = await serve();
  const c = await capture(server.url, plain, { disk });
  const connection = await server.nextConnection();
  await c.until('live', (r) => r.state === 'live');
  let release = () => {};
  disk.hold = new Promise((resolve) => {
    release = resolve;
  });
  connection.sendText('{"n":1}');
  await c.until('one held', (r) => r.buffered === 1);
  await delay(300);
  disk.hold = null;
  release();
  const { write_ms, write_ms_max } = await c.until('written', (r) => writes(r) === 1);
  const at = write_ms.counts.indexOf(1);
  expect(WRITE_MS_BOUNDS[at] ?? Number.POSITIVE_INFINITY).toBeGreaterThan(250);
  expect(write_ms.sum_ms).toBeGreaterThanOrEqual(300);
  expect(write_ms_max).toBe(write_ms.sum_ms);
  expect(c.report().write_ms_max).toBe(0);
});

test('the gaps of this run are as long as the ledger says', async () => {
  const server = await serve();
  const c = await capture(server.url, plain);
  for (let i = 0; i < 2; i += 1) {
    const connection = await server.nextConnection();
    await c.until('live', (r) => r.state === 'live');
    connection.close();
    await c.until('lost', (r) => r.reconnects > i);
  }
  const report = await c.until('two gaps', (r) => r.gaps === 2);
  await c.stop();
  const lengths = (await ledgerRecords(c.folder, 'gap')).map(({ from_ms, to_ms }) => to_ms - from_ms);
  expect(lengths).toHaveLength(2);
  expect(report.gap_ms).toBe(lengths.reduce((sum, length) => sum + length));
  expect(report.gap_ms).toBeGreaterThan(0);
});

test.each([true, false])(
  'the lag is from the time that a message states to its receipt (fast path: %s)',
  async (fast_path) => {
    const now_ms = 1_800_000_000_000;
    const server = await serve();
    const c = await capture(server.url, { protocol: bybit, fast_path }, { now: () => now_ms });
    const connection = await server.nextConnection();
    await connection.nextMessage();
    expect(c.report().event_lag_ms).toBeNull();
    connection.sendText('{"success":true,"op":"subscribe","req_id":"1"}');
    await c.until('live', (r) => r.state === 'live');
    const say = (behind_ms: number) =>
      connection.sendText(`{"topic":"t","ts":${now_ms - behind_ms},"data":[]}`);
    // A clock that is ahead of ours is below zero. One message in a second is looked into.
    for (const behind_ms of [70, -30]) {
      const saying = setInterval(() => say(behind_ms), 50);
      await c.until('a lag', (r) => r.event_lag_ms === behind_ms).finally(() => clearInterval(saying));
    }
  },
);

test('topics that share a connection have each their own lag', async () => {
  const now_ms = 1_800_000_000_000;
  const server = await serve();
  const c = await captureShared(server.url, ['a', 'b'], { protocol: bybit }, { now: () => now_ms });
  const connection = await server.nextConnection();
  const lag = { a: 5, b: 800 };
  // Again and again: the second topic may join the connection after the first.
  const saying = setInterval(() => {
    for (const [topic, behind_ms] of Object.entries(lag)) {
      connection.sendText(`{"topic":"${topic}","ts":${now_ms - behind_ms}}`);
    }
  }, 50);
  await c
    .until('both', (of) => of('a')?.event_lag_ms === lag.a && of('b')?.event_lag_ms === lag.b)
    .finally(() => clearInterval(saying));
});

test('one message in a second is looked into, none that is very long, and none where no time is declared', () => {
  const message = (ts: number, more = '') => Buffer.from(`{"ts":${ts},"more":"${more}"}`);
  const lag = new EventLag([{ at: 'ts', unit: 'ms' }]);
  expect(lag.due).toBe(true);
  lag.lookAtLast(Buffer.concat([message(1), Buffer.from('\n'), message(40), Buffer.from('\n')]), 100);
  expect([lag.lag_ms, lag.due]).toEqual([60, false]);
  lag.tick();
  expect(lag.due).toBe(true);
  lag.look(message(90, 'x'.repeat(40_000)), 100);
  expect([lag.lag_ms, lag.due]).toEqual([60, false]);
  const without = new EventLag([]);
  without.tick();
  expect([without.due, without.lag_ms]).toEqual([false, null]);
});
