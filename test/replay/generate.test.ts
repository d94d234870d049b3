// The generated market: what a client could rely on if it were Bybit's.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { generatedSource } from '../../src/replay/generate.js';
import { timestampOf, topicOf } from '../../src/replay/line-head.js';
import type { FeedMessage } from '../../src/replay/source.js';
import { feedOf, subscriberOf } from './feed-client.js';

const START_MS = 1_767_322_800_000;

interface Message {
  readonly topic: string;
  readonly type: string;
  readonly ts: number;
  readonly cs?: number;
  readonly data: unknown;
}

interface BookData {
  readonly b: readonly (readonly [string, string])[];
  readonly a: readonly (readonly [string, string])[];
  readonly u: number;
  readonly seq: number;
}

/** The first `count` messages of these topics from this seed. */
async function generate(seed: string, topics: ReadonlySet<string>, count: number): Promise<FeedMessage[]> {
  const messages: FeedMessage[] = [];
  const reader = generatedSource({ seed, now_ms: () => START_MS }).open(topics);
  for await (const batch of reader) {
    messages.push(...batch);
    if (messages.length >= count) break;
  }
  return messages.slice(0, count);
}

const parse = ({ bytes }: FeedMessage): Message => JSON.parse(String(bytes)) as Message;

/** What rises with each message of a topic, by Bybit's documentation; `strictly` or at least never falls. */
function sequencesOf({ topic, ts, cs, data }: Message): { rising: number[]; not_falling: number[] } {
  if (topic.startsWith('tickers.')) return { rising: [cs ?? Number.NaN], not_falling: [ts] };
  if (topic.startsWith('publicTrade.')) {
    const trades = data as readonly { readonly seq: number; readonly T: number }[];
    return { rising: [trades[0]?.seq ?? Number.NaN], not_falling: [ts, trades.at(-1)?.T ?? Number.NaN] };
  }
  const { u, seq } = data as BookData;
  return { rising: [u], not_falling: [ts, seq] };
}

const topic = fc
  .tuple(
    fc.constantFrom('publicTrade', 'tickers', 'orderbook.1', 'orderbook.50', 'orderbook.200'),
    fc.constantFrom('BTCUSDT', 'ETHUSDT', 'SOLUSDT', '1000PEPEUSDT', 'XYZ'),
  )
  .map((parts) => parts.join('.'));
const topics = fc.uniqueArray(topic, { minLength: 1, maxLength: 4 }).map((list) => new Set(list));

test('every generated message is JSON of its topic, and the sequences of each topic rise', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), topics, async (seed, subscribed) => {
      const last = new Map<string, ReturnType<typeof sequencesOf>>();
      for (const message of await generate(seed, subscribed, 300)) {
        const parsed = parse(message);
        expect(subscribed.has(parsed.topic)).toBe(true);
        expect([parsed.topic, parsed.ts]).toEqual([message.topic, message.ts_ms]);
        expect([topicOf(message.bytes), timestampOf(message.bytes)]).toEqual([parsed.topic, parsed.ts]);
        const sequences = sequencesOf(parsed);
        const before = last.get(parsed.topic);
        for (const [i, value] of sequences.rising.entries()) {
          expect(Number.isSafeInteger(value)).toBe(true);
          expect(value).toBeGreaterThan(before?.rising[i] ?? 0);
        }
        for (const [i, value] of sequences.not_falling.entries()) {
          expect(value).toBeGreaterThanOrEqual(before?.not_falling[i] ?? 0);
        }
        last.set(parsed.topic, sequences);
      }
      expect([...last.keys()].toSorted()).toEqual([...subscribed].toSorted());
    }),
    { numRuns: 60 },
  );
});

test('a book that is kept from its snapshot and deltas keeps its depth and never crosses', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), fc.constantFrom(1, 50, 200), async (seed, depth) => {
      const bids = new Map<string, string>();
      const asks = new Map<string, string>();
      let u = 0;
      for (const [i, message] of (await generate(seed, new Set([`orderbook.${depth}.X1Y`]), 400)).entries()) {
        const { type, data } = parse(message) as Message & { data: BookData };
        expect(type).toBe(i === 0 ? 'snapshot' : 'delta');
        if (i > 0) expect(data.u).toBe(u + 1);
        u = data.u;
        for (const [side, changes] of [
          [bids, data.b],
          [asks, data.a],
        ] as const) {
          for (const [price, size] of changes) {
            expect(Number(price)).toBeGreaterThan(0);
            if (size === '0') side.delete(price);
            else side.set(price, size);
          }
        }
        expect([bids.size, asks.size]).toEqual([depth, depth]);
        expect(Math.max(...[...bids.keys()].map(Number))).toBeLessThan(
          Math.min(...[...asks.keys()].map(Number)),
        );
      }
    }),
    { numRuns: 15 },
  );
});

test('a book stays a market for hours: its spread stays within a fraction of the price', async () => {
  const bids = new Set<string>();
  const asks = new Set<string>();
  // Two hours and a half of them.
  for (const message of await generate('long', new Set(['orderbook.50.BTCUSDT']), 200_000)) {
    const { b, a } = parse(message).data as BookData;
    for (const [price, size] of b) size === '0' ? bids.delete(price) : bids.add(price);
    for (const [price, size] of a) size === '0' ? asks.delete(price) : asks.add(price);
  }
  const spread = Math.min(...[...asks].map(Number)) - Math.max(...[...bids].map(Number));
  expect(spread).toBeGreaterThan(0);
  expect(spread).toBeLessThan(65_000 * 0.0005);
});

test('the same seed and time give the same bytes, whatever else is subscribed', async () => {
  const alone = await generate('seed', new Set(['publicTrade.BTCUSDT']), 100);
  const again = await generate('seed', new Set(['publicTrade.BTCUSDT']), 100);
  const both = await generate('seed', new Set(['publicTrade.BTCUSDT', 'tickers.BTCUSDT']), 400);
  expect(again).toEqual(alone);
  const among = both.filter((message) => message.topic === 'publicTrade.BTCUSDT');
  expect(among.length).toBeGreaterThan(100);
  expect(among.slice(0, 100)).toEqual(alone);
  expect(await generate('seef', new Set(['publicTrade.BTCUSDT']), 100)).not.toEqual(alone);
});

test('a topic that is subscribed again begins with a snapshot, above where it was', async () => {
  const BOOK = 'orderbook.50.ETHUSDT';
  const subscribed = new Set([BOOK, 'tickers.ETHUSDT']);
  const reader = generatedSource({ seed: 's', now_ms: () => START_MS }).open(subscribed);
  const books: Message[] = [];
  let batches = 0;
  for await (const batch of reader) {
    books.push(...batch.filter((message) => message.topic === BOOK).map(parse));
    batches += 1;
    if (batches === 50) subscribed.delete(BOOK);
    if (batches === 60) subscribed.add(BOOK);
    if (batches === 80) break;
  }
  const snapshots = books.filter(({ type }) => type === 'snapshot');
  expect(snapshots.length).toBe(2);
  const second = books.indexOf(snapshots[1] as Message);
  const [before, after] = books.slice(second - 1, second + 1).map(({ data }) => (data as BookData).u);
  expect(after).toBeGreaterThan(before ?? Number.NaN);
});

test("a client that comes back sees sequences above those of its last connection's", async () => {
  const feed = await feedOf({
    source: generatedSource({ seed: 's' }),
    pace: { kind: 'speed', factor: 1 },
  });
  const TOPIC = 'orderbook.50.BTCUSDT';
  const first = await subscriberOf(feed, TOPIC);
  await first.untilMessages(20);
  first.ws.terminate();
  const second = await subscriberOf(feed, TOPIC);
  await second.untilMessages(1);
  const u = (text: string | undefined) => (JSON.parse(text ?? '').data as BookData).u;
  expect(u(second.texts[0])).toBeGreaterThan(u(first.texts.at(-1)));
});

test('with nothing subscribed it gives nothing and does not spin', async () => {
  const reader = generatedSource({ seed: 's' }).open(new Set());
  const start_ms = performance.now();
  let batches = 0;
  for await (const batch of reader) {
    expect(batch).toEqual([]);
    batches += 1;
    if (batches === 6) break;
  }
  expect(performance.now() - start_ms).toBeGreaterThan(40);
});
