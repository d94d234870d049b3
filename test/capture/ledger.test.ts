// The ledger and the mark as files: records in order and once on a disk that refuses them, a torn end, frames; 192
// bytes in place.

import { readdir, readFile, readlink, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { Ledger, type NewRecord } from '../../src/capture/ledger.js';
import { MarkFile } from '../../src/capture/mark.js';
import type { LedgerRecord } from '../../src/shared/ledger-records.js';
import { MARK_BYTES, type Mark } from '../../src/shared/mark.js';
import { type Fault, FaultyDisk } from '../testing/faulty-disk.js';
import { testFolder } from '../testing/folder.js';
import { until } from '../testing/until.js';

afterEach(() => {
  vi.useRealTimers();
});

interface Rig {
  readonly ledger: Ledger;
  readonly disk: FaultyDisk;
  readonly folder: string;
  readonly path: string;
  readonly troubles: unknown[];
  text(): Promise<string>;
  replayed(): Promise<LedgerRecord[]>;
}

async function rig({ sync = true, text = null as string | null } = {}): Promise<Rig> {
  const folder = await testFolder();
  const path = join(folder, 't.ledger');
  if (text !== null) await writeFile(path, text);
  const disk = new FaultyDisk();
  const troubles: unknown[] = [];
  const ledger = new Ledger(disk, folder, 't', () => 7, sync, { troubled: (error) => troubles.push(error) });
  return {
    ledger,
    disk,
    folder,
    path,
    troubles,
    text: () => readFile(path, 'utf8'),
    async replayed() {
      const records: LedgerRecord[] = [];
      await ledger.replay((record) => records.push(record));
      return records;
    },
  };
}

const lost = (from_ms: number): NewRecord => ({ kind: 'lost', from_ms, reason: 'stale' });
const lineOf = (record: NewRecord) => `${JSON.stringify({ at_ms: 7, ...record })}\n`;
const live: NewRecord = { kind: 'live', since_ms: 2, url: 'x' };

/** Tries until the disk took everything. */
async function settle(ledger: Ledger): Promise<void> {
  while (!ledger.settled) await ledger.flushed().catch(() => {});
}

test('records are written in the order in which they were given, each once, whatever the disk takes or refuses', async () => {
  const fault: fc.Arbitrary<Fault> = fc.oneof(
    fc.record({ take: fc.integer({ min: 0, max: 120 }) }),
    fc.record({ code: fc.constantFrom('ENOSPC', 'EIO') }),
  );
  const step = fc.record({
    records: fc.array(fc.nat().map(lost), { maxLength: 3 }),
    faults: fc.array(fault, { maxLength: 3 }),
    waits: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
      const r = await rig({ sync: false });
      const given: NewRecord[] = [];
      for (const { records, faults, waits } of steps) {
        r.disk.ledger_faults.push(...faults);
        r.ledger.record(...records);
        given.push(...records);
        if (waits) await r.ledger.flushed().catch(() => {});
      }
      await settle(r.ledger);
      await r.ledger.close();
      expect(await r.text().catch(() => '')).toBe(given.map(lineOf).join(''));
    }),
    { numRuns: 100 },
  );
});

test('of a pair of which the disk took the first and a part of the second, only the second is written again', async () => {
  const r = await rig();
  const pair = [lost(1), live] as const;
  r.disk.ledger_faults.push({ take: 1000 }, { take: 5 }, { code: 'ENOSPC' });
  r.ledger.record(...pair);
  await expect(r.ledger.flushed()).rejects.toThrow('ENOSPC');
  expect([r.ledger.settled, await r.text()]).toEqual([false, `${lineOf(pair[0])}{"at_`]);
  await r.ledger.flushed();
  expect([r.ledger.settled, await r.text()]).toEqual([true, pair.map(lineOf).join('')]);
  await r.ledger.close();
});

test('a record that the disk refuses is tried again each second, and the trouble is told once until it works again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const r = await rig();
  r.disk.full.add('ledger');
  const fails = (times: number) => until(() => r.disk.ledger_writes === times && vi.getTimerCount() === 1);
  r.ledger.record(lost(1));
  await fails(1);
  for (let second = 2; second <= 4; second += 1) {
    vi.advanceTimersByTime(999);
    expect(r.disk.ledger_writes).toBe(second - 1);
    vi.advanceTimersByTime(1);
    await fails(second);
  }
  r.disk.full.delete('ledger');
  vi.advanceTimersByTime(1000);
  await until(() => r.ledger.settled);
  expect([await r.text(), r.troubles.length]).toEqual([lineOf(lost(1)), 1]);
  r.disk.full.add('ledger');
  r.ledger.record(lost(2));
  await until(() => r.troubles.length === 2);
  await r.ledger.close();
});

test('a torn last line is removed at the next start, and what is recorded then begins a line', async () => {
  const r = await rig({ text: `${lineOf(lost(1))}{"at_ms":7,"ki` });
  expect(await r.replayed()).toEqual([{ at_ms: 7, ...lost(1) }]);
  expect(await r.text()).toBe(lineOf(lost(1)));
  r.ledger.record(lost(2));
  await r.ledger.close();
  expect(await r.text()).toBe(lineOf(lost(1)) + lineOf(lost(2)));
});

test('a line that is no record is passed over, and stays', async () => {
  const text = `${lineOf(lost(1))}not one\n{"at_ms":7,"kind":"gap","from_ms":2,"to_ms":1,"reason":"stale"}\n${lineOf(lost(2))}`;
  const r = await rig({ text });
  expect((await r.replayed()).map(({ kind }) => kind)).toEqual(['lost', 'lost']);
  expect(await r.text()).toBe(text);
  await r.ledger.close();
});

test('records longer than what is read at once come back as they were given, whatever characters they hold', async () => {
  const torn = (file: string, bytes: number) =>
    ({ kind: 'torn', file, base64: Buffer.alloc(bytes).toString('base64') }) as const;
  const records = [
    torn('é\u2028€.jsonl', 1),
    torn('long.jsonl', 100_000),
    torn('𝄞'.repeat(5_000), 2),
    lost(1),
  ];
  const r = await rig({ text: records.map(lineOf).join('') });
  expect(await r.replayed()).toEqual(records.map((record) => ({ at_ms: 7, ...record })));
  await r.ledger.close();
});

test('reading the ledger again and again leaves no file open', async () => {
  const r = await rig({ text: lineOf(lost(1)) });
  for (let times = 0; times < 5; times += 1) await r.replayed();
  await r.ledger.close();
  await expect.poll(() => openFilesIn(r.folder)).toEqual([]);
});

async function openFilesIn(folder: string): Promise<string[]> {
  const fds = await readdir('/proc/self/fd');
  const paths = await Promise.all(fds.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return paths.filter((path) => path.startsWith(folder));
}

test('of a frame that could not become a line the first 64 KiB are kept', async () => {
  const r = await rig();
  const frame = Buffer.alloc(64 * 1024 + 1, 'ab');
  r.ledger.frame(Buffer.from([0xff, 0xfe]), 'undecodable');
  r.ledger.frame(frame, 'undecodable');
  await r.ledger.flushed();
  const records = (await r.replayed()) as (LedgerRecord & { kind: 'frame' })[];
  expect(records.map(({ kind, reason }) => [kind, reason])).toEqual(Array(2).fill(['frame', 'undecodable']));
  const [short, long] = records.map(({ base64 }) => Buffer.from(base64, 'base64'));
  expect(short).toEqual(Buffer.from([0xff, 0xfe]));
  expect(long?.equals(frame.subarray(0, 64 * 1024))).toBe(true);
  await r.ledger.close();
});

test('on a disk that refuses, a hundred frames wait at the most, and other records as many as there are', async () => {
  const r = await rig({ sync: false });
  r.disk.full.add('ledger');
  for (let n = 0; n < 150; n += 1) r.ledger.frame(Buffer.from('frame'), 'undecodable');
  for (let n = 0; n < 150; n += 1) r.ledger.record(lost(n));
  await r.ledger.flushed().catch(() => {});
  r.disk.full.delete('ledger');
  await r.ledger.flushed();
  const kinds = (await r.replayed()).map(({ kind }) => kind);
  expect([kinds.filter((kind) => kind === 'frame').length, kinds.length]).toEqual([100, 250]);
  await r.ledger.close();
});

test('a ledger that was moved away is missed, and the next record begins a new one', async () => {
  const r = await rig();
  r.ledger.record(lost(1));
  await r.ledger.flushed();
  expect(await r.ledger.stillThere()).toBe(true);
  await writeFile(`${r.path}.other`, '');
  await rename(`${r.path}.other`, r.path);
  expect(await r.ledger.stillThere()).toBe(false);
  r.ledger.record(lost(2));
  await r.ledger.flushed();
  expect([await r.text(), await r.ledger.stillThere()]).toEqual([lineOf(lost(2)), true]);
  await r.ledger.close();
});

const MARK: Mark = { boot_id: 'b', pid: 1, until_ms: 2, synced_ms: 1, wall_ms: 3, steady_ms: 4 };

async function markRig() {
  const folder = await testFolder();
  const disk = new FaultyDisk();
  const failures: unknown[] = [];
  const mark = new MarkFile(disk, folder, 't', (error) => failures.push(error));
  const write = async (given: Mark) => {
    mark.write(given);
    await mark.settled();
  };
  return { disk, mark, failures, write, path: join(folder, 't.mark') };
}

test('a mark is 192 bytes, the longest there can be too, overwritten in place, and read as it was written', async () => {
  const { mark, write, path } = await markRig();
  expect(await mark.read()).toBe(null);
  // The year 5138, and a machine that has run since 1970.
  const at_ms = 99_999_999_999_999;
  const clocks = { until_ms: at_ms, synced_ms: at_ms, wall_ms: at_ms, steady_ms: at_ms };
  const longest: Mark = { boot_id: '1d7b9a3c-6f0e-4a52-9a6b-0c3f2f8e7d15', pid: 4_194_304, ...clocks };
  const inodes = new Set<number>();
  for (const given of [longest, MARK, { ...longest, boot_id: '' }]) {
    await write(given);
    const { size, ino } = await stat(path);
    inodes.add(ino);
    expect([size, await mark.read()]).toEqual([MARK_BYTES, given]);
  }
  expect(inodes.size).toBe(1);
  await mark.close();
});

test('a mark that could not be written is told once until it works again, and is tried again though it says the same', async () => {
  const { disk, mark, failures, write } = await markRig();
  for (const until_ms of [10, 20]) {
    disk.full.add('mark');
    for (let times = 0; times < 3; times += 1) await write({ ...MARK, until_ms });
    disk.full.delete('mark');
    await write({ ...MARK, until_ms });
    expect(await mark.read()).toEqual({ ...MARK, until_ms });
  }
  expect(failures).toHaveLength(2);
  await mark.close();
});

test('a mark that was moved away is written anew, though it says the same', async () => {
  const { mark, write, path } = await markRig();
  await write(MARK);
  await rename(path, `${path}.elsewhere`);
  await mark.lookUp();
  await write(MARK);
  expect(await mark.read()).toEqual(MARK);
  await mark.close();
});

test.each([
  ['empty', ''],
  ['cut off', JSON.stringify(MARK).slice(0, 40)],
  ['one that lacks a clock', JSON.stringify({ ...MARK, steady_ms: undefined })],
  ['one whose instant is none', JSON.stringify({ ...MARK, until_ms: -1 })],
  ['longer than a mark', JSON.stringify(MARK).padEnd(MARK_BYTES + 1)],
])('a mark that is %s is none', async (_, text) => {
  const folder = await testFolder();
  await writeFile(join(folder, 't.mark'), text);
  expect(await new MarkFile(new FaultyDisk(), folder, 't', () => {}).read()).toBe(null);
});
