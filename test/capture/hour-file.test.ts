// The hour files themselves: which of a folder are ours, what is sealed and when, and what of them is known to be
// on the disk.

import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { HourFile } from '../../src/capture/hour-file.js';
import type { KnownSeal, Seal } from '../../src/capture/open-hour.js';
import type { Fsync } from '../../src/shared/settings.js';
import { FaultyDisk, gate } from '../testing/faulty-disk.js';
import { readHourFiles, testFolder } from '../testing/folder.js';
import { until } from '../testing/until.js';

// What failed is tried again after a minute, by the steady clock: that one is bent.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const HOUR_S = 3600;
const MINUTE_MS = 60_000;

interface Rig {
  readonly file: HourFile;
  readonly disk: FaultyDisk;
  readonly folder: string;
  readonly seals: Seal[];
  readonly closed: string[];
  readonly failed: string[];
  /** What was said to be on the disk. */
  readonly synced: number[];
  vouched_ms: number;
  append(hour: number, text: string): Promise<number>;
  /** A second of `hour` has passed; lines of `writing` are the oldest that wait. */
  tend(hour: number, writing?: number): Promise<void>;
  closes(count: number): Promise<void>;
}

async function rig({ fsync = 'rotate' as Fsync, folder = '' } = {}): Promise<Rig> {
  const dir = folder === '' ? await testFolder() : folder;
  const disk = new FaultyDisk();
  const seals: Seal[] = [];
  const [closed, failed]: [string[], string[]] = [[], []];
  const synced: number[] = [];
  const nameOf = (path: string) => path.slice(dir.length + 1);
  const settings = { folder: dir, encoded_name: 't', fsync, hour_ms: HOUR_S * 1000 };
  const file = new HourFile(disk, settings, {
    torn: async () => {},
    opened: () => {},
    closed: (path) => closed.push(nameOf(path)),
    sealed: (seal) => seals.push(seal),
    vouched_ms: () => r.vouched_ms,
    synced: (until_ms) => synced.push(until_ms),
    failed: (path, error) => failed.push(`${nameOf(path)}: ${(error as Error).message}`),
  });
  onTestFinished(() => file.finish());
  const r: Rig = {
    file,
    disk,
    folder: dir,
    seals,
    closed,
    failed,
    synced,
    vouched_ms: 0,
    append: (hour, text) =>
      file.append({
        hour_start_s: hour * HOUR_S,
        bytes: Buffer.from(text),
        lines: text.split('\n').length - 1,
        first_ms: 1,
        last_ms: 2,
      }),
    tend: (hour, writing = hour) => file.tend(hour * HOUR_S, writing * HOUR_S),
    closes: (count) => until(() => closed.length === count),
  };
  return r;
}

const NO_SEALS: ReadonlyMap<string, KnownSeal> = new Map();
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

test('files whose names begin alike are not ours: they are not touched, and nothing stops', async () => {
  const r = await rig();
  const foreign = {
    // Not the start of an hour; a leading zero; another topic's; no number; a line that looks torn.
    't_123.jsonl': '{"mine":1}\n{"no newline":2}',
    't_01799996400.jsonl': '{"mine":1}\n{"no newline":2}',
    't2_3600.jsonl': '{"mine":1',
    't_backup.jsonl': '{"mine":1',
    't_3600.jsonl.gz': '{"mine":1',
    't_99999999999999999999.jsonl': '{"mine":1',
  };
  for (const [name, text] of Object.entries(foreign)) await writeFile(join(r.folder, name), text);
  await mkdir(join(r.folder, 't_7200.jsonl'));
  await r.file.prepare(NO_SEALS);
  for (const hour of [1, 2, 3, 600_000]) await r.tend(hour);
  await r.append(3, 'a\n');
  await r.file.finish();
  expect([r.seals.map(({ file }) => file), r.failed]).toEqual([['t_10800.jsonl'], []]);
  const names = [...Object.keys(foreign), 't_7200.jsonl', 't_10800.jsonl'];
  expect((await readdir(r.folder)).sort()).toEqual(names.sort());
  for (const [name, text] of Object.entries(foreign))
    expect(await readFile(join(r.folder, name), 'utf8')).toBe(text);
});

test('a seal tells the lines, the bytes and the digest of the whole file, also of what an earlier run wrote', async () => {
  const first = await rig();
  await first.append(0, 'a\n{"torn');
  await first.file.finish();
  const r = await rig({ folder: first.folder });
  await r.file.prepare(NO_SEALS);
  await r.append(0, 'b\n');
  await r.append(0, 'c\n');
  await r.file.finish();
  const text = (await readHourFiles(r.folder))['t_0.jsonl'] ?? '';
  expect(text).toBe('a\nb\nc\n');
  expect(r.seals).toMatchObject([{ file: 't_0.jsonl', messages: 3, bytes: 6, sha256: sha256(text) }]);
});

test('what a crash left is sealed, each file once; what is sealed already and not longer is let alone', async () => {
  const r = await rig();
  for (const hour of [0, 1, 2]) await writeFile(join(r.folder, `t_${hour * HOUR_S}.jsonl`), 'a\nb\n');
  const known = (bytes: number): KnownSeal => ({ bytes, first_ms: 1, last_ms: 2 });
  const seals = new Map([
    ['t_0.jsonl', known(4)],
    ['t_3600.jsonl', known(2)],
  ]);
  await r.file.prepare(seals);
  for (let tick = 0; tick < 4; tick += 1) {
    await r.tend(9);
    await r.closes(Math.min(2, tick + 1));
  }
  await r.file.finish();
  expect(r.seals.map(({ file, messages }) => [file, messages])).toEqual([
    ['t_3600.jsonl', 2],
    ['t_7200.jsonl', 2],
  ]);
  expect(r.disk.opens).toBe(2);
});

test('a file for which lines still wait is not sealed before they are written', async () => {
  const r = await rig();
  await writeFile(join(r.folder, 't_0.jsonl'), 'a\n');
  await r.file.prepare(NO_SEALS);
  // The disk refuses the oldest lines, which are of hour 0, while it is hour 1 already.
  for (let tick = 0; tick < 3; tick += 1) await r.tend(1, 0);
  expect([r.seals, r.closed, await readdir(r.folder)]).toEqual([[], [], ['t_0.jsonl']]);
  await r.append(0, 'b\n');
  await r.file.finish();
  expect(r.seals).toMatchObject([{ messages: 2, sha256: sha256('a\nb\n') }]);
});

test('a sync that fails at the end of the hour is told, tried again after a minute, and the file is sealed', async () => {
  const r = await rig();
  await r.append(0, 'a\n');
  r.disk.sync_faults.push('EIO');
  r.file.release();
  await r.closes(1);
  expect([r.failed, r.seals, r.synced]).toEqual([['t_0.jsonl: EIO: injected'], [], []]);
  vi.advanceTimersByTime(MINUTE_MS);
  await r.tend(1);
  await r.closes(2);
  expect(r.seals).toMatchObject([{ file: 't_0.jsonl', messages: 1, sha256: sha256('a\n') }]);
});

test('what goes on failing is tried after one minute, two, four …, and an hour at the most, and at a stop', async () => {
  const r = await rig();
  await r.append(0, 'a\n');
  r.disk.sync_faults.push('EIO');
  r.file.release();
  await r.closes(1);
  for (const [tries, minutes] of [1, 2, 4, 8, 16, 32, 60, 60].entries()) {
    r.disk.sync_faults.push('EIO');
    vi.advanceTimersByTime(minutes * MINUTE_MS - 1);
    await r.tend(1);
    expect([r.failed.length, r.disk.sync_faults.length]).toEqual([tries + 1, 1]);
    vi.advanceTimersByTime(1);
    await r.tend(1);
    await r.closes(tries + 2);
    expect([r.failed.length, r.disk.sync_faults.length]).toEqual([tries + 2, 0]);
  }
  expect(r.seals).toEqual([]);
  // A stop does not wait for its time to come.
  await r.file.finish();
  expect(r.seals).toMatchObject([{ file: 't_0.jsonl', messages: 1 }]);
});

test('a file that was removed before it could be sealed is neither sealed nor made anew', async () => {
  const r = await rig();
  await writeFile(join(r.folder, 't_0.jsonl'), 'a\n');
  await r.file.prepare(NO_SEALS);
  await r.append(1, 'b\n');
  r.disk.sync_faults.push('EIO');
  await r.append(2, 'c\n');
  await r.closes(1);
  await unlink(join(r.folder, 't_0.jsonl'));
  await unlink(join(r.folder, 't_3600.jsonl'));
  vi.advanceTimersByTime(MINUTE_MS);
  for (let tick = 0; tick < 4; tick += 1) await r.tend(2);
  await r.file.finish();
  expect(r.seals.map(({ file }) => file)).toEqual(['t_7200.jsonl']);
  expect([await readdir(r.folder), r.failed.length]).toEqual([['t_7200.jsonl'], 1]);
});

test('a file is on the disk up to what was vouched for when it was let go of, however long the sync takes', async () => {
  const r = await rig();
  const slow = gate();
  r.disk.sync_holds.push(slow.opened);
  await r.append(0, 'a\n');
  r.vouched_ms = 100;
  r.file.release();
  r.vouched_ms = 500;
  await r.append(1, 'b\n');
  slow.open();
  await r.closes(1);
  expect(r.synced).toEqual([100]);
});

test('nothing is on the disk before the files that were let go of earlier are', async () => {
  const r = await rig({ fsync: 'interval' });
  const slow = gate();
  r.disk.sync_holds.push(slow.opened);
  await r.append(0, 'a\n');
  r.vouched_ms = 100;
  await r.append(1, 'b\n');
  r.vouched_ms = 200;
  await r.file.sync();
  await r.append(2, 'c\n');
  await r.closes(1);
  r.vouched_ms = 300;
  await r.file.sync();
  expect([r.closed, r.synced]).toEqual([['t_3600.jsonl'], []]);
  slow.open();
  await r.closes(2);
  await r.file.sync();
  expect(r.synced).toEqual([100, 300]);
});

test('while an earlier run left files unsealed, nothing is said to be on the disk', async () => {
  const r = await rig({ fsync: 'interval' });
  await writeFile(join(r.folder, 't_0.jsonl'), 'a\n');
  await r.file.prepare(NO_SEALS);
  await r.append(1, 'b\n');
  r.vouched_ms = 100;
  await r.file.sync();
  expect(r.synced).toEqual([]);
});

test.each([
  ['never', false, false],
  ['rotate', false, true],
  ['interval', true, true],
] as const)(
  'with fsync %s a file is synced each second: %s; at its close: %s',
  async (fsync, each_second, at_close) => {
    const r = await rig({ fsync });
    await r.append(0, 'a\n');
    r.vouched_ms = 100;
    await r.file.sync();
    expect(r.synced).toEqual(each_second ? [100] : []);
    r.vouched_ms = 200;
    await r.append(0, 'b\n');
    await r.file.finish();
    expect(r.synced.at(-1) === 200).toBe(at_close);
  },
);
