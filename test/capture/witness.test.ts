// The witness by itself, on a steady clock of the test's: what proves up to when everything was read, when that
// counts, and that neither a gap nor the mark ever tells more than is true.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { Ledger } from '../../src/capture/ledger.js';
import { MarkFile } from '../../src/capture/mark.js';
import { Witness } from '../../src/capture/witness.js';
import type { GapReason } from '../../src/shared/ledger-records.js';
import type { Mark } from '../../src/shared/mark.js';
import { FaultyDisk } from '../testing/faulty-disk.js';
import { ledgerRecords, testFolder } from '../testing/folder.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const START_MS = 1_800_000_000_000;
const TICK_MS = 500;
const FLIGHT_MS = 1_000;

async function rig({ pings_only = false } = {}) {
  const folder = await testFolder();
  const disk = new FaultyDisk();
  const began = performance.now();
  let set_ms = 0;
  let written = 0;
  let pings = 0;
  const now = () => START_MS + set_ms + performance.now() - began;
  const ledger = new Ledger(disk, folder, 't', now, false, { troubled: () => {} });
  const mark = new MarkFile(disk, folder, 't', () => {});
  const declared: { from_ms: number; to_ms: number; reason: GapReason }[] = [];
  const witness = new Witness(ledger, mark, {
    now,
    uptime: () => performance.now(),
    boot_id: 'this',
    pid: 1,
    pings_only,
    ping: () => {
      pings += 1;
    },
    gap: (from_ms, to_ms, reason) => declared.push({ from_ms, to_ms, reason }),
  });
  await witness.open();
  onTestFinished(async () => {
    await mark.close();
    await ledger.close();
  });
  return {
    disk,
    ledger,
    folder,
    witness,
    declared,
    now,
    /** Milliseconds since the start: shorter to compare. */
    vouched: () => witness.vouched_ms - START_MS,
    pings: () => pings,
    set(by_ms: number): void {
      set_ms += by_ms;
    },
    wrote(lines: number): void {
      written = lines;
    },
    pass: (ms: number) => vi.advanceTimersByTime(ms),
    /** Half a second passes, then what the recorder does twice a second, before it looks at the socket. */
    async tick({ reading = true, after_ms = TICK_MS } = {}): Promise<void> {
      vi.advanceTimersByTime(after_ms);
      witness.tick(written, reading);
      await ledger.flushed().catch(() => {});
      await mark.settled();
    },
    marked: async () =>
      (JSON.parse(await readFile(join(folder, 't.mark'), 'utf8')) as Mark).until_ms - START_MS,
  };
}

type Rig = Awaited<ReturnType<typeof rig>>;

/** Ticks, each with a read just before it after which nothing more came. */
async function readOn(r: Rig, ticks: number): Promise<void> {
  for (let n = 0; n < ticks; n += 1) {
    await r.tick();
    r.witness.looked(true, 0, 0);
  }
}

test('the mark is written as soon as the topic is first live, without a tick', async () => {
  const r = await rig();
  r.pass(123);
  r.witness.live('ws://x', 0);
  await expect.poll(r.marked).toBe(123);
});

test('a read after which no other came vouches for what was sent a second before it; silence vouches for nothing', async () => {
  const r = await rig();
  r.witness.live('ws://x', 0);
  await readOn(r, 5);
  await r.tick();
  expect(r.vouched()).toBe(5 * TICK_MS - FLIGHT_MS);
  for (let n = 1; n <= 20; n += 1) {
    r.witness.looked(true, n * TICK_MS, 0);
    await r.tick();
  }
  expect(r.vouched()).toBe(5 * TICK_MS - FLIGHT_MS);
});

test('what was read counts when it is written, and then stands in the mark', async () => {
  const r = await rig();
  r.witness.live('ws://x', 0);
  await readOn(r, 4);
  await r.tick();
  expect(r.vouched()).toBe(1_000);
  r.witness.looked(true, 0, 7);
  await r.tick();
  r.witness.looked(true, 0, 9);
  for (const [written, vouched] of [
    [6, 1_000],
    [7, 1_500],
    [8, 1_500],
    [9, 2_000],
  ] as const) {
    r.wrote(written);
    await r.tick();
    expect([r.vouched(), await r.marked()]).toEqual([vouched, vouched]);
  }
});

test('while reads follow one another without a break only the answer to a ping vouches, for what was sent before it', async () => {
  const r = await rig();
  r.witness.live('ws://x', 0);
  for (let n = 0; n < 4; n += 1) {
    await r.tick();
    r.witness.looked(false, 0, 0);
  }
  expect([r.vouched(), r.pings()]).toEqual([0, 1]);
  const pinged_ms = 3 * TICK_MS;
  await r.tick();
  r.witness.answered(0, true);
  await r.tick();
  expect([r.vouched(), r.pings()]).toEqual([pinged_ms, 2]);
});

test.each([
  ['a pause', async (r: Rig) => r.tick({ reading: false })],
  [
    'a standstill',
    async (r: Rig) => {
      r.pass(2_000);
      await r.tick();
    },
  ],
])(
  'after %s reads vouch for nothing until a ping that was sent since is answered',
  async (_, stopReading) => {
    const r = await rig();
    r.witness.live('ws://x', 0);
    await readOn(r, 3);
    await stopReading(r);
    const stopped = r.vouched();
    await readOn(r, 4);
    expect([r.vouched(), r.pings()]).toEqual([stopped, 1]);
    r.witness.answered(0, true);
    await readOn(r, 4);
    expect(r.vouched()).toBeGreaterThan(stopped + FLIGHT_MS);
  },
);

test('a server that answers no ping is believed again when it was read for 5 s without a break', async () => {
  const r = await rig();
  r.witness.live('ws://x', 0);
  await readOn(r, 3);
  await r.tick({ reading: false });
  const stopped = r.vouched();
  await readOn(r, 9);
  expect(r.vouched()).toBe(stopped);
  await readOn(r, 3);
  expect(r.vouched()).toBeGreaterThan(stopped + 3_000);
});

test('where messages come some time after their bytes, only the answers to pings vouch, always', async () => {
  const r = await rig({ pings_only: true });
  r.witness.live('ws://x', 0);
  await readOn(r, 20);
  expect([r.vouched(), r.pings()]).toEqual([0, 1]);
  r.witness.answered(0, true);
  await readOn(r, 20);
  expect([r.vouched(), r.pings()]).toEqual([TICK_MS, 2]);
});

test.each([
  ['that we asked for vouches up to its coming', true, 0, 2_400],
  ['that we did not ask for vouches no more than the read that brought it', false, 0, 1_400],
  ['that came after a standstill vouches for nothing', false, 2_000, 1_000],
])('a Close %s', async (_, asked, stood_still_ms, expected) => {
  const r = await rig();
  r.witness.live('ws://x', 0);
  await readOn(r, 4);
  r.pass(400 + stood_still_ms);
  r.witness.closed(asked, 0, 0);
  r.witness.lost('disconnected', 0);
  expect((r.witness.lost_since_ms ?? 0) - START_MS).toBe(expected);
});

test('the mark does not pass a topic that was lost before the ledger has that', async () => {
  const r = await rig();
  r.witness.live('ws://x', 0);
  await readOn(r, 6);
  r.disk.full.add('ledger');
  r.witness.lost('disconnected', 0);
  const lost_at = (r.witness.lost_since_ms ?? 0) - START_MS;
  r.pass(200);
  r.witness.live('ws://x', 0);
  await readOn(r, 10);
  expect(r.vouched()).toBeGreaterThan(lost_at + FLIGHT_MS);
  expect(await r.marked()).toBeLessThanOrEqual(lost_at);
  r.disk.full.delete('ledger');
  await r.ledger.flushed();
  await readOn(r, 2);
  expect(await ledgerRecords(r.folder, 'gap')).toHaveLength(1);
  expect(await r.marked()).toBeGreaterThan(lost_at + FLIGHT_MS);
});

test('the mark does not pass a message that was missed before the ledger has its gap', async () => {
  const r = await rig();
  r.witness.live('ws://x', 0);
  await readOn(r, 6);
  const from_ms = r.now() - FLIGHT_MS;
  r.witness.missed('overflow');
  // It is declared after a second: not at the second tick, but at the third.
  r.disk.full.add('ledger');
  for (const after_ms of [400, 500, 500]) {
    expect(r.declared).toEqual([]);
    await r.tick({ after_ms });
    expect(await r.marked()).toBeLessThanOrEqual(from_ms - START_MS);
    r.witness.looked(true, 0, 0);
  }
  r.disk.full.delete('ledger');
  await r.ledger.flushed();
  expect(r.declared).toMatchObject([{ reason: 'overflow', from_ms }]);
  await readOn(r, 4);
  expect(await r.marked()).toBeGreaterThan(from_ms - START_MS + FLIGHT_MS);
});

test('what is missed is a gap a second for each reason, with the number of messages', async () => {
  const r = await rig();
  r.witness.live('ws://x', 0);
  for (let n = 0; n < 10; n += 1) {
    await readOn(r, 1);
    for (let times = 0; times < 3; times += 1) r.witness.missed('overflow');
    r.witness.missed('undecodable');
  }
  await r.witness.stop(0, 0, 'stopped');
  const gaps = await ledgerRecords(r.folder, 'gap');
  for (const [reason, messages] of [
    ['overflow', 30],
    ['undecodable', 10],
  ] as const) {
    const of_reason = gaps.filter((gap) => gap.reason === reason);
    expect(of_reason.length).toBeLessThanOrEqual(5);
    expect(of_reason.reduce((sum, gap) => sum + (gap.messages ?? 0), 0)).toBe(messages);
  }
});

test('while the ledger refuses, what is missed is one gap and not one a second', async () => {
  const r = await rig();
  r.witness.live('ws://x', 0);
  await readOn(r, 2);
  r.disk.full.add('ledger');
  r.witness.missed('undecodable');
  await readOn(r, 4);
  for (let n = 0; n < 20; n += 1) {
    r.witness.missed('undecodable');
    await readOn(r, 1);
  }
  r.disk.full.delete('ledger');
  await r.ledger.flushed();
  await r.witness.stop(0, 0, 'stopped');
  const gaps = await ledgerRecords(r.folder, 'gap');
  expect(gaps.map(({ messages }) => messages)).toEqual([1, 20]);
});

test.each([
  ['forward', 60_000],
  ['back', -60_000],
])(
  'where the wall clock is set %s, what was known moves with it, and the mark is never of the future',
  async (_, by_ms) => {
    const r = await rig();
    r.witness.live('ws://x', 0);
    await readOn(r, 6);
    await r.tick();
    const vouched = r.vouched();
    r.set(by_ms);
    await r.tick();
    expect(r.vouched()).toBe(vouched + by_ms);
    const [before_ms, after_ms] = [r.now() - by_ms, r.now()];
    const [gap, ...others] = r.declared;
    expect([gap?.reason, others]).toEqual(['clock', []]);
    expect(gap?.from_ms).toBeLessThanOrEqual(Math.min(before_ms, after_ms) - TICK_MS - FLIGHT_MS);
    expect(gap?.to_ms).toBeGreaterThanOrEqual(Math.max(before_ms, after_ms));
    await readOn(r, 3);
    expect(await r.marked()).toBeLessThanOrEqual(r.now() - START_MS);
    expect(await r.marked()).toBeGreaterThanOrEqual(vouched + by_ms);
  },
);

test('a read before the wall clock was set back vouches for nothing that was sent after it', async () => {
  const r = await rig();
  r.witness.live('ws://x', 0);
  await readOn(r, 6);
  const vouched = 6 * TICK_MS - FLIGHT_MS;
  const by_ms = -5_000;
  r.set(by_ms);
  await r.tick();
  r.witness.looked(true, TICK_MS, 0);
  await r.tick();
  expect(r.vouched()).toBe(vouched + by_ms);
});

test('a stop without all lines written vouches for what was, and declares lost what was read before the topic was lost', async () => {
  const r = await rig();
  r.witness.live('ws://x', 0);
  await readOn(r, 4);
  r.witness.looked(true, -TICK_MS, 3);
  r.witness.lost('stale', 3);
  const lost_at = (r.witness.lost_since_ms ?? 0) - START_MS;
  await r.tick();
  expect([lost_at, r.vouched()]).toEqual([1_500, 500]);
  await r.witness.stop(3, 0, 'stopped');
  const starts = (await ledgerRecords(r.folder, 'lost')).map(({ from_ms, reason }) => [
    from_ms - START_MS,
    reason,
  ]);
  expect(starts).toEqual([
    [1_500, 'stale'],
    [500, 'stale'],
  ]);
  expect(await ledgerRecords(r.folder, 'stop')).toMatchObject([{ until_ms: START_MS + 500, reason: 'disk' }]);
  expect(await r.marked()).toBe(500);
});

test('what is on the disk is never more than what is vouched for, and never less than it was', async () => {
  const r = await rig();
  r.witness.live('ws://x', 0);
  await readOn(r, 6);
  const synced = async (until_ms: number) => {
    r.witness.synced(START_MS + until_ms);
    await r.tick();
    await r.tick();
    return (JSON.parse(await readFile(join(r.folder, 't.mark'), 'utf8')) as Mark).synced_ms - START_MS;
  };
  expect(await synced(900)).toBe(900);
  expect(await synced(100)).toBe(900);
  expect(await synced(99_000)).toBe(r.vouched());
});

test('a tick that comes before the past is known declares no step of the clock', async () => {
  const folder = await testFolder();
  const ledger = new Ledger(new FaultyDisk(), folder, 't', Date.now, false, { troubled: () => {} });
  const declared: string[] = [];
  const witness = new Witness(ledger, new MarkFile(new FaultyDisk(), folder, 't', () => {}), {
    now: Date.now,
    uptime: () => performance.now(),
    boot_id: 'this',
    pid: 1,
    pings_only: false,
    ping: () => {},
    gap: (_from_ms, _to_ms, reason) => declared.push(reason),
  });
  witness.tick(0, true);
  expect(declared).toEqual([]);
  await ledger.close();
});
