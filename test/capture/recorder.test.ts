import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HOUR_MS } from '../../src/capture/recorder.js';
import { none } from '../../src/shared/protocols/none.js';
import { capture } from '../testing/captured.js';
import { FaultyDisk } from '../testing/faulty-disk.js';
import { ledgerRecords, readHourFiles, testFolder } from '../testing/folder.js';
import { serve } from '../testing/served.js';

const data = (n: number) => `{"topic":"t","n":${n}}`;
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => data(from + i));
const plain = { protocol: none };

/** A disk whose writes wait until `letGo` is called. */
function heldDisk(): { disk: FaultyDisk; hold(): void; letGo(): void } {
  const disk = new FaultyDisk();
  let release = () => {};
  return {
    disk,
    hold() {
      disk.hold = new Promise((resolve) => {
        release = resolve;
      });
    },
    letGo() {
      disk.hold = null;
      release();
    },
  };
}

test('messages are lines exactly as they came: non-ASCII, JSON escapes, numbers that JSON.parse would change', async () => {
  const server = await serve();
  const c = await capture(server.url, plain);
  const connection = await server.nextConnection();
  const messages = [
    '{"a": 1.0,  "b":1E-7,"c":12345678901234567890}',
    '{"s":"\\u00e9\\n\\"é 漢字 🚀"}',
    'pong',
    ' ',
    '[[1,2],"hb"]',
  ];
  for (const message of messages) connection.sendText(message);
  await c.until('written', (r) => r.messages === messages.length);
  expect(await c.lines()).toEqual(messages);
  expect(c.report().bytes).toBe(messages.reduce((sum, m) => sum + Buffer.byteLength(m) + 1, 0));
});

test('an empty message is not written, and is counted in the log', async () => {
  const server = await serve();
  const c = await capture(server.url, plain);
  const connection = await server.nextConnection();
  connection.sendText('');
  connection.sendText('{\r\n"a":\n1}');
  await c.until('written', (r) => r.messages === 1);
  expect(await c.untilLogged(/empty/)).toBe('1 empty messages were not written, 1 in all');
  expect(await c.lines()).toEqual(['{  "a": 1}']);
});

test('a message waits no longer than the flush interval for its write, however few there are', async () => {
  const server = await serve();
  const c = await capture(server.url, { ...plain, flush_interval_ms: 20 });
  const connection = await server.nextConnection();
  await c.until('live', (r) => r.state === 'live');
  connection.sendText(data(1));
  await c.until('written', (r) => r.messages === 1);
  const late = [];
  for (let n = 2; n <= 6; n += 1) {
    const sent = performance.now();
    connection.sendText(data(n));
    await c.until('written', (r) => r.messages === n);
    late.push(performance.now() - sent);
  }
  // The bound is 20 ms; the rest is for a busy machine.
  expect(Math.min(...late)).toBeLessThan(150);
});

test('what comes within one flush interval is written together at its end', async () => {
  const disk = new FaultyDisk();
  const server = await serve();
  const c = await capture(server.url, { ...plain, flush_interval_ms: 1_000 }, { disk });
  const connection = await server.nextConnection();
  await c.until('live', (r) => r.state === 'live');
  const sent = performance.now();
  for (let n = 1; n <= 5; n += 1) connection.sendText(data(n));
  await c.until('written', (r) => r.messages > 0);
  expect(performance.now() - sent).toBeGreaterThan(900);
  expect([c.report().messages, disk.writes]).toEqual([5, 1]);
});

test('each message goes to the file of the hour in which it was received, to the last one before the boundary', async () => {
  const boundary_ms = 1_800_000_000_000;
  expect(boundary_ms % HOUR_MS).toBe(0);
  let now_ms = boundary_ms - 1;
  const held = heldDisk();
  const server = await serve();
  const c = await capture(server.url, plain, { now: () => now_ms, disk: held.disk });
  const connection = await server.nextConnection();
  await c.until('live', (r) => r.state === 'live');
  held.hold();
  connection.sendText(data(1));
  connection.sendText(data(2));
  await c.until('two held', (r) => r.buffered === 2);
  now_ms = boundary_ms;
  connection.sendText(data(3));
  await c.until('three held', (r) => r.buffered === 3);
  now_ms = boundary_ms - 5000;
  connection.sendText(data(4));
  await c.until('four held', (r) => r.buffered === 4);
  now_ms = boundary_ms + 5000;
  connection.sendText(data(5));
  await c.until('five held', (r) => r.buffered === 5);
  held.letGo();
  await c.until('written', (r) => r.messages === 5);
  await c.stop();
  expect(await readHourFiles(c.folder)).toEqual({
    't_1799996400.jsonl': `${data(1)}\n${data(2)}\n${data(4)}\n`,
    't_1800000000.jsonl': `${data(3)}\n${data(5)}\n`,
  });
});

test('the file of an hour is closed when the hour is over, though no message comes', async () => {
  let now_ms = 1_800_000_000_000 - 10;
  const server = await serve();
  const c = await capture(server.url, plain, { now: () => now_ms });
  const connection = await server.nextConnection();
  connection.sendText(data(1));
  await c.until('written', (r) => r.messages === 1 && r.file !== null);
  now_ms += 20;
  await c.untilLogged(/Closed .*t_1799996400\.jsonl/);
  expect(c.report().file).toBe(null);
  expect(Object.keys(await readHourFiles(c.folder))).toHaveLength(1);
  connection.sendText(data(2));
  await c.until('the next written', (r) => r.messages === 2);
  await c.stop();
  const of_files = c.log.flatMap(({ message }) => /^(?:Writing|Appending|Closed) .*$/.exec(message) ?? []);
  const [first, second] = ['t_1799996400.jsonl', 't_1800000000.jsonl'].map((name) => join(c.folder, name));
  expect(of_files).toEqual([`Writing ${first}`, `Closed ${first}`, `Writing ${second}`, `Closed ${second}`]);
});

test('with pause, a disk that hangs loses nothing: the server is made to wait', async () => {
  const held = heldDisk();
  const server = await serve();
  const c = await capture(server.url, { ...plain, buffer_size: 100 }, { disk: held.disk });
  const connection = await server.nextConnection();
  await c.until('live', (r) => r.state === 'live');
  held.hold();
  const count = 200_000;
  for (let n = 1; n <= count; n += 1) connection.sendText(data(n));
  expect(await c.untilLogged(/buffer was full/)).toContain('reading was paused until the disk caught up');
  await expect.poll(() => connection.unsent_bytes).toBeGreaterThan(0);
  // One read may bring in more than the bound.
  expect(c.report().buffered).toBeLessThan(100 + (256 * 1024) / data(1).length);
  held.letGo();
  await c.until('all written', (r) => r.messages === count);
  await c.stop();
  expect(await c.lines()).toEqual(numbers(1, count));
  expect(c.report().dropped).toBe(0);
});

test('that the buffer was full is logged only where it was, and once a second at most', async () => {
  const server = await serve();
  const c = await capture(server.url, { ...plain, buffer_size: 50 });
  const connection = await server.nextConnection();
  const told = () => c.log.filter(({ message }) => message.includes('buffer was full')).length;
  // An empty message is told of by the tick that tells of everything else.
  const tick = async (nth: number) => {
    connection.sendText('');
    await c.untilLogged(new RegExp(`were not written, ${nth} in all`));
  };
  await tick(1);
  expect(told()).toBe(0);
  const started = performance.now();
  // Each read fills the buffer, and there are many within a second.
  const count = 50_000;
  for (let n = 1; n <= count; n += 1) connection.sendText(data(n));
  await c.until('all written', (r) => r.messages === count);
  await tick(2);
  const ticks_max = Math.ceil((performance.now() - started) / 1_000);
  expect(told()).toBeGreaterThan(0);
  expect(told()).toBeLessThanOrEqual(ticks_max);
  const before = told();
  await tick(3);
  expect(told()).toBe(before);
});

test('a full buffer is written out at once when the disk answers again, not an interval later', async () => {
  const server = await serve();
  const c = await capture(server.url, { ...plain, buffer_size: 50, flush_interval_ms: 5_000 });
  const connection = await server.nextConnection();
  await c.until('live', (r) => r.state === 'live');
  const started = performance.now();
  for (let n = 1; n <= 20_000; n += 1) connection.sendText(data(n));
  await c.until('nearly all written', (r) => r.messages > 19_000);
  // Waiting for the interval after each fill would take minutes.
  expect(performance.now() - started).toBeLessThan(5_000);
});

test('with drop, what comes while the buffer is full is counted and logged, and all else is in order', async () => {
  const held = heldDisk();
  const server = await serve();
  const c = await capture(server.url, { ...plain, buffer_size: 10, overflow: 'drop' }, { disk: held.disk });
  const connection = await server.nextConnection();
  await c.until('live', (r) => r.state === 'live');
  held.hold();
  for (let n = 1; n <= 30; n += 1) connection.sendText(data(n));
  await c.until('dropped', (r) => r.dropped === 20);
  expect(c.report().buffered).toBe(10);
  expect(await c.untilLogged(/dropped/)).toContain('20 messages dropped, 20 in all');
  held.letGo();
  await c.until('written', (r) => r.messages === 10);
  connection.sendText(data(31));
  await c.until('written', (r) => r.messages === 11);
  expect(await c.lines()).toEqual([...numbers(1, 10), data(31)]);
});

test('on a full disk the status says so, capture goes on when there is room again, and nothing is torn or lost', async () => {
  const disk = new FaultyDisk();
  const server = await serve();
  const c = await capture(server.url, plain, { disk });
  const connection = await server.nextConnection();
  connection.sendText(data(1));
  await c.until('written', (r) => r.messages === 1);
  disk.write_faults.push({ take: 5 }, { code: 'ENOSPC' }, { code: 'ENOSPC' }, { take: 1 });
  for (let n = 2; n <= 5; n += 1) connection.sendText(data(n));
  const troubled = await c.until('troubled', (r) => r.error !== null);
  expect(troubled.error).toContain('the disk is full: free some space');
  expect(await c.untilLogged(/trying again in 1 s/)).toContain('messages are held');
  const recovered = await c.until('written', (r) => r.messages === 5);
  expect(recovered.error).toBe(null);
  await c.untilLogged(/Writing works again/);
  expect(await c.lines()).toEqual(numbers(1, 5));
});

test('a restart within the hour removes the torn line, keeps it in the ledger, and appends', async () => {
  const folder = await testFolder();
  const now = () => 1_800_000_000_000;
  const file = join(folder, 't_1800000000.jsonl');
  await appendFile(file, `${data(1)}\n${data(2)}\n{"topic":"t","n`);
  const server = await serve();
  const c = await capture(server.url, plain, { folder, now });
  const connection = await server.nextConnection();
  connection.sendText(data(3));
  await c.until('written', (r) => r.messages === 1);
  expect(await readFile(file, 'utf8')).toBe(`${data(1)}\n${data(2)}\n${data(3)}\n`);
  const [record, ...others] = await ledgerRecords(folder, 'torn');
  expect([record?.file, others]).toEqual(['t_1800000000.jsonl', []]);
  expect(Buffer.from(record?.base64 ?? '', 'base64').toString()).toBe('{"topic":"t","n');
  expect(await c.untilLogged(/torn/)).toContain('kept in the ledger');
});

test('a stop while the disk refuses ends in bounded time and says how many messages are lost', async () => {
  const disk = new FaultyDisk();
  const server = await serve();
  const c = await capture(server.url, plain, { disk });
  const connection = await server.nextConnection();
  await c.until('live', (r) => r.state === 'live');
  for (let i = 0; i < 10_000; i += 1) disk.write_faults.push({ code: 'EDQUOT' });
  const sent_at = Date.now();
  for (let n = 1; n <= 7; n += 1) connection.sendText(data(n));
  await c.until('held', (r) => r.buffered === 7);
  expect(await c.stop()).toBe(7);
  const [{ until_ms = 0, reason } = {}] = await ledgerRecords(c.folder, 'stop');
  expect([reason, until_ms <= sent_at]).toEqual(['disk', true]);
  expect(c.log.find((l) => l.level === 'error' && l.message.includes('7 messages'))).toBeDefined();
});
