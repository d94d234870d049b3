// What the supervisor tells of its topics is what `streamer verify` tells of the same folder: while it is written,
// while a topic is lost, after a crash and the next start, and after a stop.

import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { acquireTopic } from '../../../src/capture/lock.js';
import { hourCells } from '../../../src/shared/coverage-cells.js';
import { none } from '../../../src/shared/protocols/none.js';
import { LedgerCoverage } from '../../../src/supervisor/http/coverage.js';
import { capture } from '../../testing/captured.js';
import { ledgerRecords, testFolder } from '../../testing/folder.js';
import { serve } from '../../testing/served.js';
import {
  folderOf,
  gap,
  HOUR_MS,
  ledgerText,
  live,
  lost,
  mark,
  START_MS,
  stop,
  verifyDir,
} from '../../verify/output.js';

const EVER = { from_ms: 0, to_ms: Number.MAX_SAFE_INTEGER };
const NOW_MS = START_MS + 10 * HOUR_MS;

function coverageOf(dir: string, is_written = false, now = () => NOW_MS): LedgerCoverage {
  return new LedgerCoverage({ output_dir: dir, now, isWritten: () => is_written });
}

/** Both at one instant, of the folder as it is, which must stand still meanwhile. */
async function both(dir: string, is_written: boolean, kept?: LedgerCoverage) {
  const now_ms = Date.now();
  const report = await verifyDir(dir, { now: () => now_ms, holdsOpen: async () => is_written });
  const coverage = kept ?? coverageOf(dir, is_written, () => now_ms);
  const { topics } = await coverage.of(['t'], EVER);
  const verified = report.topics.map(({ topic, from_ms, to_ms, gaps }) => ({
    name: topic,
    from_ms,
    to_ms,
    gaps: gaps.map(({ file, line, ...told }) => told),
  }));
  return { topics, verified, report };
}

/** The folder as it is at this moment, so that nothing is written to it between two readers. */
async function still(folder: string): Promise<string> {
  const copy = join(await testFolder(), 'copy');
  await cp(folder, copy, { recursive: true });
  return copy;
}

async function capturing(folder?: string) {
  const server = await serve();
  const c = await capture(server.url, { protocol: none }, folder === undefined ? {} : { folder });
  const connection = await server.nextConnection();
  connection.sendText('{"n":1}');
  await c.until('written', (report) => report.messages === 1);
  await expect.poll(() => readFile(join(c.folder, 't.mark'), 'utf8').catch(() => '')).not.toBe('');
  return { c, connection, server };
}

test('while it is written, lost, live again and stopped, it is what verify says', async () => {
  const { c, connection, server } = await capturing();
  const live_now = await both(await still(c.folder), true);
  expect(live_now.topics).toEqual(live_now.verified);
  expect(live_now.topics).toMatchObject([{ gaps: [], from_ms: expect.any(Number) }]);
  connection.reset();
  const again = await server.nextConnection();
  await c.until('live again', (report) => report.state === 'live' && report.reconnects === 1);
  again.sendText('{"n":2}');
  await expect.poll(() => ledgerRecords(c.folder, 'live')).toHaveLength(2);
  const closed = await both(await still(c.folder), true);
  expect(closed.topics).toEqual(closed.verified);
  expect(closed.topics).toMatchObject([{ gaps: [{ reason: 'disconnected', to_ms: expect.any(Number) }] }]);
  expect(await c.stop()).toBe(0);
  const stopped = await both(c.folder, false);
  expect(stopped.topics).toEqual(stopped.verified);
  expect(stopped.topics[0]?.gaps).toHaveLength(1);
});

test('after a crash it has the open gap, and after the next start the closed one, as verify has', async () => {
  const { c } = await capturing();
  const folder = await still(c.folder);
  const crashed = await both(folder, false);
  expect(crashed.topics).toEqual(crashed.verified);
  expect(crashed.topics).toMatchObject([{ gaps: [{ reason: 'crash', to_ms: null }] }]);
  // One that has followed the ledger all the time.
  const kept = coverageOf(folder, false, Date.now);
  await kept.of(['t'], EVER);
  const next = await capturing(folder);
  await next.c.stop();
  const after = await both(folder, false, kept);
  expect(after.topics).toEqual(after.verified);
  expect(after.topics).toMatchObject([{ gaps: [{ reason: 'crash', to_ms: expect.any(Number) }] }]);
});

test('a folder that a capture writes at this moment is told as verify tells it, by the lock', async () => {
  const server = await serve();
  const folder = await testFolder();
  const events = { waiting: () => {}, isStopping: () => false, kill: () => {} };
  const acquire = async (name: string) => {
    const holder = await acquireTopic(folder, name, events);
    // Else this process holds it to its end, and a later folder may be given the number of this one.
    onTestFinished(() => holder?.release());
    return holder;
  };
  const c = await capture(server.url, { protocol: none }, { folder, acquire });
  await server.nextConnection();
  await c.until('live', (report) => report.state === 'live');
  const coverage = coverageOf(folder, true, Date.now);
  const report = await verifyDir(folder, { now: Date.now });
  const { topics } = await coverage.of(['t'], EVER);
  expect(report.topics).toMatchObject([{ is_written: true, gaps: [] }]);
  expect(topics).toMatchObject([{ from_ms: report.topics[0]?.from_ms, gaps: [] }]);
});

test('a topic that is live is vouched for up to its mark', async () => {
  const dir = await folderOf({ 't.ledger': ledgerText([live(START_MS)]), 't.mark': mark(START_MS + 5_000) });
  const { topics } = await coverageOf(dir, true).of(['t'], EVER);
  expect(topics).toEqual([{ name: 't', from_ms: START_MS, to_ms: START_MS + 5_000, gaps: [] }]);
});

test('each hour has the share that verify gives for it with --from and --to', async () => {
  const minute = (n: number): number => START_MS + n * 60_000;
  const dir = await folderOf({
    't.ledger': ledgerText([
      live(minute(30)),
      lost(minute(50)),
      gap(minute(50), minute(70)),
      live(minute(70)),
      gap(minute(65), minute(75)),
      gap(minute(130), minute(131)),
      lost(minute(200)),
    ]),
    't.mark': mark(minute(230)),
  });
  const { topics } = await coverageOf(dir).of(['t'], EVER);
  const [topic] = topics;
  if (topic === undefined) throw new Error('no topic');
  const cells = hourCells(topic, START_MS - HOUR_MS, 7);
  for (const { hour_ms, share } of cells) {
    const window = { from_ms: hour_ms, to_ms: hour_ms + HOUR_MS };
    const report = await verifyDir(dir, { window, now: () => NOW_MS });
    expect(share, new Date(hour_ms).toISOString()).toBe(report.topics[0]?.covered ?? null);
  }
  expect(cells.map(({ share }) => share !== null)).toEqual([false, true, true, true, true, false, false]);
});

test('only gaps that reach into the time asked for are told, in order of their start', async () => {
  const dir = await folderOf({
    't.ledger': ledgerText([live(START_MS), gap(70, 80), gap(50, 60), gap(10, 20), stop(START_MS + 1)]),
  });
  const { topics } = await coverageOf(dir).of(['t'], { from_ms: 55, to_ms: 75 });
  expect(topics[0]?.gaps.map(({ from_ms }) => from_ms)).toEqual([50, 70]);
});

test('topics come in the order asked for, and one without a ledger never was live', async () => {
  const names = ['b/ü', 'none', 'a'];
  const dir = await folderOf({
    'a.ledger': ledgerText([live(START_MS), stop(START_MS + 1)]),
    'b%2F%C3%BC.ledger': ledgerText([live(START_MS), stop(START_MS + 2)]),
  });
  const { topics, at_ms } = await coverageOf(dir).of(names, EVER);
  expect(at_ms).toBe(NOW_MS);
  expect(topics.map(({ name, to_ms }) => [name, to_ms])).toEqual([
    ['b/ü', START_MS + 2],
    ['none', null],
    ['a', START_MS + 1],
  ]);
});

test('the gaps of today are those that reach into this UTC day, of all topics, the open ones too', async () => {
  const day = (hours: number) => START_MS + hours * HOUR_MS;
  const dir = await folderOf({
    // Yesterday; over midnight; today.
    'a.ledger': ledgerText([live(day(-9)), gap(day(-5), day(-4)), gap(day(-1), day(1)), gap(day(2), day(3))]),
    // Lost yesterday, and not live since.
    'b.ledger': ledgerText([live(day(-9)), lost(day(-3))]),
    // Stopped yesterday in good order.
    'c.ledger': ledgerText([live(day(-9)), stop(day(-3))]),
    // Written, and live.
    'd.ledger': ledgerText([live(day(-9))]),
  });
  const written = new Set(['b', 'd']);
  const tools = { output_dir: dir, now: () => NOW_MS, isWritten: (name: string) => written.has(name) };
  const coverage = new LedgerCoverage(tools);
  expect(await coverage.gapsToday(['a', 'b', 'c', 'd'])).toBe(2 + 1 + 1);
  // `a` is live by its ledger and nobody writes it: its crash is a gap that is open today.
  written.add('a');
  expect(await coverage.gapsToday(['a', 'b', 'c', 'd'])).toBe(2 + 1);
  expect(await coverage.gapsToday(['d'])).toBe(0);
});

test('a capture that dies while its ledger is read is not taken for one that lost everything', async () => {
  const dir = await folderOf({ 't.ledger': ledgerText([live(START_MS)]), 't.mark': mark(NOW_MS) });
  let asked = 0;
  const isWritten = () => {
    asked += 1;
    return asked === 1;
  };
  const coverage = new LedgerCoverage({ output_dir: dir, now: () => NOW_MS, isWritten });
  expect(await coverage.gapsToday(['t'])).toBe(0);
  expect(asked).toBe(2);
});
