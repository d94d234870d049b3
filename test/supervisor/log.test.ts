// Promises of the log, with real files; for a disk that fails, a file-size-limited folder is bent in.

import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type ExitError, errorCode } from '../../src/shared/errors.js';
import { LogFile } from '../../src/supervisor/log.js';
import { testFolder } from '../testing/folder.js';
import { eventually } from '../testing/supervised.js';

function openLog(log_file: string): LogFile {
  return new LogFile({ log_file, log_keep_days: 14, log_to_stdout: false });
}

const today = () => new Date().toISOString().slice(0, 10);

test('log_file names the current file, and the last line before the exit is there', async () => {
  const folder = await testFolder();
  const log = openLog(join(folder, 'system.log'));
  for (let i = 0; i < 500; i += 1) log.write('info', `line ${i}`);
  log.write('warn', 'the last words', 'BTC 123');
  await log.close();
  const text = readFileSync(join(folder, 'system.log'), 'utf8');
  expect(text.split('\n')).toHaveLength(502);
  expect(text).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z INFO {2}line 0\n/);
  expect(text).toMatch(/Z WARN {2}\[BTC 123\] the last words\n$/);
  expect(readlinkSync(join(folder, 'system.log'))).toBe(`system.${today()}.log`);
});

test('a line written at once and closed at once is there', async () => {
  const folder = await testFolder();
  const log = openLog(join(folder, 'system.log'));
  log.write('info', 'all there is');
  await log.close();
  expect(readFileSync(join(folder, 'system.log'), 'utf8')).toMatch(/INFO {2}all there is\n$/);
});

test('a second start appends to the same file', async () => {
  const folder = await testFolder();
  for (const word of ['first', 'second']) {
    const log = openLog(join(folder, 'system.log'));
    log.write('info', word);
    await log.close();
  }
  expect(readFileSync(join(folder, 'system.log'), 'utf8')).toMatch(/first\n.*second\n$/);
});

test('a regular file of that name, left by another program, is kept under a dated name', async () => {
  const folder = await testFolder();
  const path = join(folder, 'system.log');
  writeFileSync(path, 'of the other program');
  const log = openLog(path);
  log.write('info', 'ours');
  await log.close();
  expect(lstatSync(path).isSymbolicLink()).toBe(true);
  const kept = readdirSync(folder).find((name) => name.startsWith(`system.kept-${today()}T`)) ?? '';
  expect(readFileSync(join(folder, kept), 'utf8')).toBe('of the other program');
  expect(readFileSync(path, 'utf8')).toMatch(/ours\n$/);
});

test('at midnight UTC the log goes on in a file of the new day, and the name follows', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const folder = await testFolder();
  vi.setSystemTime(Date.UTC(2026, 0, 1, 23, 59, 59, 999));
  const log = openLog(join(folder, 'system.log'));
  log.write('info', 'old year');
  vi.setSystemTime(Date.UTC(2026, 0, 2));
  log.write('info', 'new day');
  await log.close();
  expect(readFileSync(join(folder, 'system.2026-01-01.log'), 'utf8')).toMatch(/old year\n$/);
  expect(readFileSync(join(folder, 'system.2026-01-02.log'), 'utf8')).toMatch(/new day\n$/);
  expect(readlinkSync(join(folder, 'system.log'))).toBe('system.2026-01-02.log');
});

test('a day older than log_keep_days is removed', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const folder = await testFolder();
  for (let day = 1; day <= 4; day += 1) {
    vi.setSystemTime(Date.UTC(2026, 0, day, 12));
    const log = new LogFile({ log_file: join(folder, 'a.log'), log_keep_days: 2, log_to_stdout: false });
    log.write('info', `day ${day}`);
    await log.close();
  }
  expect(readdirSync(folder).filter((name) => /^a\.\d/.test(name))).toEqual([
    'a.2026-01-03.log',
    'a.2026-01-04.log',
  ]);
});

test('no line of a server or a child can pass for two, or steer a terminal', async () => {
  const folder = await testFolder();
  const log = openLog(join(folder, 'system.log'));
  log.write('info', 'a\nb\r\u001b[2Jc\u2028d\u0085e', 'x\ny');
  await log.close();
  expect(readFileSync(join(folder, 'system.log'), 'utf8')).toMatch(
    /^\S+ INFO {2}\[x\\u000ay\] a\\u000ab\\u000d\\u001b\[2Jc\\u2028d\\u0085e\n$/,
  );
});

test.each<[string, (path: string) => void]>([
  ['a folder', (path) => mkdirSync(path)],
  ["a link to another program's file", (path) => symlinkSync('other.txt', path)],
  ['a pipe', (path) => void execFileSync('mkfifo', [path])],
  [
    'below a file',
    (path) => {
      rmdirSync(dirname(path));
      writeFileSync(dirname(path), '');
    },
  ],
])('a log that cannot be made is refused with 73, and what is there is left alone: %s', async (_, spoil) => {
  const folder = await testFolder();
  const path = join(folder, 'sub', 'system.log');
  mkdirSync(dirname(path));
  spoil(path);
  const look = () => {
    try {
      return lstatSync(path).mode;
    } catch (error) {
      return errorCode(error);
    }
  };
  const there = look();
  try {
    openLog(path);
    expect.unreachable();
  } catch (error) {
    expect((error as ExitError).exit_code).toBe(73);
    expect((error as ExitError).sentences[0]).toContain(`The log file ${path} cannot be written`);
  }
  expect(look()).toBe(there);
});

test('the last words of a process that ends now are written at once', async () => {
  const folder = await testFolder();
  const log = openLog(join(folder, 'system.log'));
  log.writeNow('error', 'gone');
  expect(readFileSync(join(folder, 'system.log'), 'utf8')).toMatch(/ERROR gone\n$/);
  await log.close();
});

const is_root = process.getuid?.() === 0;
if (!is_root) console.log('skipped: a log on a full disk, for which a small disk is mounted: only root may');

test.runIf(is_root)(
  'a full disk loses lines, says how many, and goes on by itself when there is room',
  async () => {
    const folder = await testFolder();
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
    onTestFinished(() => void execFileSync('umount', ['-l', disk]));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const log = openLog(join(disk, 'system.log'));
    log.write('info', 'before');
    const path = join(disk, 'system.log');
    await eventuallyReal('the first line', () => readFileSync(path, 'utf8').includes('before'));
    const ballast = join(disk, 'ballast');
    try {
      writeFileSync(ballast, Buffer.alloc(128 * 1024));
    } catch {
      // Full, as it should be.
    }
    for (let i = 0; i < 200; i += 1) log.write('info', `lost ${i} ${'x'.repeat(100)}`);
    await eventuallyReal('the failure', () => vi.getTimerCount() > 0);
    for (let i = 0; i < 10; i += 1) log.write('info', `also lost ${i}`);
    // Still full: it is tried again and again.
    vi.advanceTimersByTime(30_000);
    rmSync(ballast);
    vi.advanceTimersByTime(10_000);
    log.write('info', 'after');
    vi.useRealTimers();
    await log.close();
    const text = readFileSync(path, 'utf8');
    expect(text).toMatch(/^\S+ INFO {2}before$/m);
    expect(text).toMatch(/^\S+ WARN {2}\d+ log lines are missing here: the log could not be written$/m);
    expect(text).toMatch(/^\S+ INFO {2}after\n$/m);
  },
);

/** Timers are bent in the test that uses it: it waits by turns of the event loop. */
async function eventuallyReal(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not within 5 s: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('a flood that the disk cannot take fills no memory: what is too much is counted', async () => {
  const folder = await testFolder();
  const log = openLog(join(folder, 'system.log'));
  const text = 'x'.repeat(1_000);
  // Nothing can be written within this turn.
  for (let i = 0; i < 10_000; i += 1) log.write('info', text);
  await eventually('a write', () => readFileSync(join(folder, 'system.log'), 'utf8').length > 900_000);
  await eventually('room', () => {
    log.write('info', 'still here');
    return readFileSync(join(folder, 'system.log'), 'utf8').includes('still here');
  });
  await log.close();
  const lines = readFileSync(join(folder, 'system.log'), 'utf8').split('\n');
  const written = lines.filter((line) => line.endsWith(text)).length;
  const missing = lines.flatMap((line) => /(\d+) log lines? (?:is|are) missing/.exec(line)?.[1] ?? []);
  expect(written).toBeLessThan(2_000);
  expect(missing.map(Number).reduce((a, b) => a + b, 0)).toBeGreaterThanOrEqual(10_000 - written);
});
