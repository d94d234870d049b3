import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HourFile } from '../../src/capture/hour-file.js';
import { LineBuffer } from '../../src/capture/line-buffer.js';
import type { Seal } from '../../src/capture/open-hour.js';
import { Writer } from '../../src/capture/writer.js';
import { type Fault, FaultyDisk } from '../testing/faulty-disk.js';
import { readHourFiles, testFolder } from '../testing/folder.js';

// The delays between tries are bent: a delay is over as soon as the writer said that it waits.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

interface Rig {
  disk: FaultyDisk;
  buffer: LineBuffer;
  file: HourFile;
  writer: Writer;
  torn: { file: string; bytes: string }[];
  delays: number[];
  events: string[];
  seals: Seal[];
  written: () => number;
  push(text: string, hour_start_s: number): void;
  quiet(): Promise<void>;
}

function rig(folder: string, { impatient = true } = {}): Rig {
  const disk = new FaultyDisk();
  const buffer = new LineBuffer({ messages_max: 1e9, bytes_max: 1e12 });
  const torn: Rig['torn'] = [];
  const delays: number[] = [];
  const events: string[] = [];
  const seals: Seal[] = [];
  let written = 0;
  const settings = { folder, encoded_name: 't', fsync: 'rotate', hour_ms: 3_600_000 } as const;
  const file = new HourFile(disk, settings, {
    torn: async (name, bytes) => void torn.push({ file: name, bytes: bytes.toString() }),
    opened: (path) => events.push(`opened ${path.slice(folder.length + 1)}`),
    closed: (path) => events.push(`closed ${path.slice(folder.length + 1)}`),
    sealed: (seal) => seals.push(seal),
    vouched_ms: () => 0,
    synced: () => {},
    failed: (path, error) => events.push(`failed ${path} ${error}`),
  });
  const writer = new Writer(buffer, file, {
    prepare: () => file.prepare(new Map()),
    wrote: ({ lines }) => {
      written += lines;
    },
    troubled: (sentence, retry_ms) => {
      delays.push(retry_ms);
      events.push(`troubled ${sentence}`);
      if (impatient) setImmediate(() => vi.advanceTimersByTime(retry_ms));
    },
    recovered: () => events.push('recovered'),
    lostFile: () => events.push('lost file'),
  });
  return {
    disk,
    buffer,
    file,
    writer,
    torn,
    delays,
    events,
    seals,
    written: () => written,
    push: (text, hour_start_s) => buffer.push(Buffer.from(text), hour_start_s, hour_start_s * 1000),
    quiet: () => vi.waitUntil(() => writer.idle, { interval: 1 }).then(() => {}),
  };
}

test('any messages over any hours, with short writes and errors of the disk in any place, are in the right files in order', async () => {
  const fault: fc.Arbitrary<Fault> = fc.oneof(
    fc.record({ take: fc.integer({ min: 1, max: 50 }) }),
    fc.record({ code: fc.constantFrom('ENOSPC', 'EIO', 'EDQUOT') }),
  );
  const step = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ text: fc.string({ minLength: 1, maxLength: 30 }), hour: fc.nat(3) }),
    },
    { weight: 2, arbitrary: fc.record({ faults: fc.array(fault, { maxLength: 4 }) }) },
    { weight: 2, arbitrary: fc.constantFrom('flush', 'tick', 'settle') },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const folder = await testFolder();
      const r = rig(folder);
      const expected: Record<string, string> = {};
      let hour_start_s = 0;
      for (const s of steps) {
        if (s === 'flush') r.writer.flush();
        else if (s === 'tick') r.writer.tick(hour_start_s);
        else if (s === 'settle') await r.quiet();
        else if ('faults' in s) r.disk.write_faults.push(...s.faults);
        else {
          hour_start_s = s.hour * 3600;
          r.push(s.text, hour_start_s);
          const name = `t_${hour_start_s}.jsonl`;
          expected[name] = `${expected[name] ?? ''}${s.text.replace(/[\r\n]/g, ' ')}\n`;
        }
      }
      expect(await r.writer.finish(1e9)).toBe(0);
      expect(await readHourFiles(folder)).toEqual(expected);
      expect(r.torn).toEqual([]);
    }),
    { numRuns: 150 },
  );
});

test('the delay between tries doubles from 1 s to 30 s, and starts at 1 s again after a success', async () => {
  const r = rig(await testFolder());
  r.push('a', 0);
  for (let i = 0; i < 7; i += 1) r.disk.write_faults.push({ code: 'ENOSPC' });
  r.writer.flush();
  await r.quiet();
  expect(r.delays).toEqual([1000, 2000, 4000, 8000, 16000, 30000, 30000]);
  expect(r.events).toContain('recovered');
  expect(r.events[1]).toBe('troubled the disk is full: free some space (ENOSPC: injected)');
  r.push('b', 0);
  r.disk.write_faults.push({ code: 'EIO' });
  r.writer.flush();
  await r.quiet();
  expect(r.delays.at(-1)).toBe(1000);
});

test('a torn line is removed from the newest file at the start, and its bytes are handed over first', async () => {
  const folder = await testFolder();
  await writeFile(join(folder, 't_3600.jsonl'), 'one\ntwo\n{"torn');
  await writeFile(join(folder, 't_0.jsonl'), 'old\n');
  await writeFile(join(folder, 't2_7200.jsonl'), 'another topic, unfinished');
  const r = rig(folder);
  r.writer.tick(3600);
  await r.quiet();
  expect(r.torn).toEqual([{ file: 't_3600.jsonl', bytes: '{"torn' }]);
  expect(await readHourFiles(folder)).toEqual({
    't_0.jsonl': 'old\n',
    't_3600.jsonl': 'one\ntwo\n',
    't2_7200.jsonl': 'another topic, unfinished',
  });
});

test('a torn line longer than a block, in a file without any newline, is removed before the first write', async () => {
  const folder = await testFolder();
  const long = 'x'.repeat(200_000);
  await writeFile(join(folder, 't_0.jsonl'), long);
  await writeFile(join(folder, 't_3600.jsonl'), '');
  const r = rig(folder);
  r.push('new', 0);
  r.writer.flush();
  await r.quiet();
  expect(r.torn).toEqual([{ file: 't_0.jsonl', bytes: long }]);
  expect((await readHourFiles(folder))['t_0.jsonl']).toBe('new\n');
});

test('a file is closed when its hour is over though nothing arrives, and no empty file is made', async () => {
  const folder = await testFolder();
  const r = rig(folder);
  r.push('a', 0);
  r.writer.flush();
  await r.quiet();
  r.writer.tick(0);
  await r.quiet();
  expect(r.file.path).toBe(join(folder, 't_0.jsonl'));
  r.writer.tick(3600);
  await r.quiet();
  await r.file.finish();
  expect(r.events).toEqual(['opened t_0.jsonl', 'closed t_0.jsonl']);
  expect(Object.keys(await readHourFiles(folder))).toEqual(['t_0.jsonl']);
});

test('a clock that steps back over the boundary appends to the earlier file again', async () => {
  const folder = await testFolder();
  const r = rig(folder);
  for (const [text, hour] of [
    ['a', 3600],
    ['b', 0],
    ['c', 3600],
    ['d', 3600],
  ] as const)
    r.push(text, hour);
  await r.writer.finish(1e9);
  expect(await readHourFiles(folder)).toEqual({ 't_0.jsonl': 'b\n', 't_3600.jsonl': 'a\nc\nd\n' });
});

test('a file that somebody moves away is noticed, and the line of which a part was written is written whole to the new one', async () => {
  const folder = await testFolder();
  const r = rig(folder, { impatient: false });
  r.push('first', 0);
  r.writer.flush();
  await r.quiet();
  r.push('second', 0);
  r.disk.write_faults.push({ take: 3 }, { code: 'ENOSPC' });
  r.writer.flush();
  await vi.waitUntil(() => r.delays.length === 1, { interval: 1 });
  await mkdir(join(folder, 'moved'));
  await rename(join(folder, 't_0.jsonl'), join(folder, 'moved', 't_0.jsonl'));
  // The disk stays full while the file is looked up, which is done at each tenth tick.
  for (let tries = 2; !r.events.includes('lost file'); tries += 1) {
    expect(tries).toBeLessThan(20);
    r.disk.write_faults.push({ code: 'ENOSPC' });
    r.writer.tick(0);
    vi.advanceTimersByTime(30_000);
    await vi.waitUntil(() => r.delays.length === tries, { interval: 1 });
  }
  vi.advanceTimersByTime(30_000);
  await r.quiet();
  expect(await r.writer.finish(1e9)).toBe(0);
  expect(await readHourFiles(folder)).toEqual({ 't_0.jsonl': 'second\n' });
  expect(await readFile(join(folder, 'moved', 't_0.jsonl'), 'utf8')).toBe('first\nsec');
});

test('at the deadline of a stop on a full disk what was not written is told, and no torn line is left', async () => {
  const folder = await testFolder();
  const r = rig(folder);
  r.push('whole', 0);
  r.push('unfinished', 0);
  r.disk.write_faults.push({ take: 8 });
  for (let i = 0; i < 1000; i += 1) r.disk.write_faults.push({ code: 'ENOSPC' });
  expect(await r.writer.finish(3000)).toBe(1);
  expect(await readFile(join(folder, 't_0.jsonl'), 'utf8')).toBe('whole\n');
});

test('a disk that hangs does not hold up a stop beyond its deadline', async () => {
  vi.useRealTimers();
  const r = rig(await testFolder());
  let letGo = () => {};
  r.disk.hold = new Promise((resolve) => {
    letGo = resolve;
  });
  r.push('a', 0);
  const started = performance.now();
  expect(await r.writer.finish(50)).toBe(1);
  expect(performance.now() - started).toBeLessThan(5000);
  letGo();
});

test('a folder that is gone is named in the trouble, and writing goes on when it is there again', async () => {
  const folder = await testFolder();
  const r = rig(join(folder, 'sub'));
  r.push('a', 0);
  r.writer.flush();
  await vi.waitUntil(() => r.delays.length > 1, { interval: 1 });
  expect(r.events[0]).toContain('the output folder is gone: make it again');
  await mkdir(join(folder, 'sub'));
  expect(await r.writer.finish(1e9)).toBe(0);
  await appendFile(join(folder, 'sub', 't_0.jsonl'), 'b\n');
  expect(await readHourFiles(join(folder, 'sub'))).toEqual({ 't_0.jsonl': 'a\nb\n' });
});
