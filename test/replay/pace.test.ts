// When messages go out: at a rate, by their own times, over and over.

import { expect, test } from 'vitest';
import { makePacer } from '../../src/replay/pace.js';
import { asFile, feedOfFiles, filesOf, line, lines, subscriberOf } from './feed-client.js';

/** When messages with these times are due, asked for at `now_ms` of the clock each. */
function dueTimes(
  pacer: ReturnType<typeof makePacer>,
  asked: readonly (readonly [ts_ms: number | null, now_ms: number])[],
): number[] {
  return asked.map(([ts_ms, now_ms]) => pacer.due(ts_ms, now_ms));
}

test('at a rate messages are due evenly, whatever their own times say', () => {
  const pacer = makePacer({ kind: 'rate', per_s: 4 });
  expect(
    dueTimes(pacer, [
      [900, 5000],
      [100, 5000],
      [null, 5250],
    ]),
  ).toEqual([5000, 5250, 5500]);
});

test('at a rate no more than a second is made up for when the client could not take it', () => {
  const pacer = makePacer({ kind: 'rate', per_s: 4 });
  expect(pacer.due(null, 0)).toBe(0);
  const late = Array.from({ length: 6 }, () => pacer.due(null, 60_000));
  expect(late).toEqual([59_000, 59_250, 59_500, 59_750, 60_000, 60_250]);
});

test("at a speed messages are due by their own times' distances", () => {
  const pacer = makePacer({ kind: 'speed', factor: 10 });
  expect(
    dueTimes(pacer, [
      [70_000, 500],
      [71_000, 500],
      [70_500, 600],
      [null, 600],
      [90_000, 600],
    ]),
  ).toEqual([500, 600, 600, 600, 2500]);
});

test('a client that was slow at a speed is sent what is overdue at once, and is in time again', () => {
  const pacer = makePacer({ kind: 'speed', factor: 1 });
  expect(
    dueTimes(pacer, [
      [1000, 0],
      [2000, 9000],
      [11_000, 9000],
    ]),
  ).toEqual([0, 1000, 10_000]);
});

test('after a restart the next message is due at once and sets the beginning', () => {
  const speed = makePacer({ kind: 'speed', factor: 1 });
  speed.due(9000, 0);
  speed.restart();
  expect(
    dueTimes(speed, [
      [1000, 700],
      [1100, 700],
    ]),
  ).toEqual([700, 800]);
  const rate = makePacer({ kind: 'rate', per_s: 1 });
  rate.due(null, 0);
  rate.restart();
  expect(rate.due(null, 10)).toBe(10);
});

test('--rate is kept to the client, no faster and hardly slower', async () => {
  const feed = await feedOfFiles(await filesOf({ 'a.jsonl': asFile(lines('a', 101)) }), {
    pace: { kind: 'rate', per_s: 200 },
  });
  const client = await subscriberOf(feed, 'a');
  await client.untilMessages(1);
  const start_ms = performance.now();
  await client.closed;
  const took_ms = performance.now() - start_ms;
  expect(client.texts).toEqual(lines('a', 101));
  expect(took_ms).toBeGreaterThan(450);
  expect(took_ms).toBeLessThan(1500);
});

test('a rate above what timers can do is reached all the same', async () => {
  const feed = await feedOfFiles(await filesOf({ 'a.jsonl': asFile(lines('a', 20_000)) }), {
    pace: { kind: 'rate', per_s: 20_000 },
  });
  const client = await subscriberOf(feed, 'a');
  await client.untilMessages(1);
  const start_ms = performance.now();
  await client.closed;
  expect(client.messages.length).toBe(20_000);
  expect(performance.now() - start_ms).toBeLessThan(3000);
});

test("--speed keeps the messages' own distances, and what a client does not want takes no time", async () => {
  const texts = [
    line('other', 0, 1_700_000_000_000),
    line('a', 1, 1_700_000_060_000),
    line('a', 2, 1_700_000_062_000),
    '{"topic":"a","no":"ts"}',
    line('a', 3, 1_700_000_066_000),
  ];
  const feed = await feedOfFiles(await filesOf({ 'a.jsonl': asFile(texts) }), {
    pace: { kind: 'speed', factor: 10 },
  });
  const client = await subscriberOf(feed, 'a');
  const start_ms = performance.now();
  const arrived_ms: number[] = [];
  client.ws.on('message', () => arrived_ms.push(performance.now() - start_ms));
  await client.closed;
  expect(client.texts).toEqual(texts.slice(1));
  const [first = 0, second = 0, third = 0, fourth = 0] = arrived_ms;
  expect(first).toBeLessThan(150);
  expect(second - first).toBeGreaterThan(190);
  expect(third - second).toBeLessThan(100);
  expect(fourth - third).toBeGreaterThan(300);
});

test('with --loop the data starts over at its end, for ever', async () => {
  const feed = await feedOfFiles(await filesOf({ 'a.jsonl': asFile([...lines('a', 3), line('b', 1)]) }), {
    loop: true,
  });
  const client = await subscriberOf(feed, 'a');
  await client.untilMessages(31);
  expect(client.texts.slice(0, 30)).toEqual(Array.from({ length: 10 }, () => lines('a', 3)).flat());
});

test('--loop keeps the pace across the seam', async () => {
  const feed = await feedOfFiles(
    await filesOf({ 'a.jsonl': asFile([line('a', 1, 1_700_000_000_000), line('a', 2, 1_700_000_000_100)]) }),
    { loop: true, pace: { kind: 'speed', factor: 1 } },
  );
  const client = await subscriberOf(feed, 'a');
  await client.untilMessages(1);
  const start_ms = performance.now();
  await client.untilMessages(9);
  expect(performance.now() - start_ms).toBeGreaterThan(380);
});

test('--loop over files without a wanted line says so once, and does not spin', async () => {
  const feed = await feedOfFiles(await filesOf({ 'a.jsonl': asFile(lines('a', 3)) }), { loop: true });
  const client = await subscriberOf(feed, 'b');
  await client.until(() => feed.problems.length > 0);
  const cpu = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const { user, system } = process.cpuUsage(cpu);
  expect(feed.problems).toEqual(['No line has a topic of client 1: b.']);
  expect((user + system) / 1000).toBeLessThan(750);
});
