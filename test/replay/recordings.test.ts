// What an exchange really sent, served again: each topic byte for byte. The recordings are not part of this
// repository; without them the test is skipped, except where CI is set: there it fails.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { feedOfFiles, subscriberOf } from './feed-client.js';

const RECORDINGS = fileURLToPath(new URL('../../../shared/recordings/', import.meta.url));
const there = existsSync(RECORDINGS);
if (!there) console.log(`skipped: there are no recordings in ${RECORDINGS}`);
const optional = test.runIf(there || process.env.CI !== undefined);

async function recorded(name: string): Promise<string[]> {
  const text = await readFile(`${RECORDINGS}${name}.jsonl`, 'utf8');
  return text.split('\n').filter((line) => line !== '');
}

/** Does not show the messages where they differ: there are thousands, and they are not ours. */
function expectSame(got: readonly string[], wanted: readonly string[]): void {
  const first_difference = wanted.findIndex((text, i) => text !== got[i]);
  expect({ count: got.length, first_difference }).toEqual({ count: wanted.length, first_difference: -1 });
}

optional("Bybit's recording comes out of the feed topic by topic, byte for byte, in order", async () => {
  const all = await recorded('bybit-v5-linear-2026');
  const feed = await feedOfFiles([`${RECORDINGS}bybit-v5-linear-2026.jsonl`]);
  const topics = [...new Set(all.flatMap((text) => JSON.parse(text).topic ?? []))] as string[];
  expect(topics.length).toBeGreaterThan(10);
  const of_all = await subscriberOf(feed, ...topics);
  await of_all.closed;
  expectSame(
    of_all.texts,
    all.filter((text) => JSON.parse(text).topic !== undefined),
  );
  for (const topic of topics) {
    const client = await subscriberOf(feed, topic);
    await client.closed;
    expectSame(
      client.texts,
      all.filter((text) => JSON.parse(text).topic === topic),
    );
  }
});

optional("Bybit's recording takes as long as it took, divided by --speed", async () => {
  const feed = await feedOfFiles([`${RECORDINGS}bybit-v5-linear-2026.jsonl`], {
    pace: { kind: 'speed', factor: 20 },
  });
  const client = await subscriberOf(feed, 'orderbook.200.BTCUSDT');
  await client.untilMessages(1);
  const start_ms = performance.now();
  await client.closed;
  const times = client.texts.map((text) => Number(JSON.parse(text).ts));
  const wanted_ms = (Math.max(...times) - Math.min(...times)) / 20;
  const took_ms = performance.now() - start_ms;
  expect(took_ms).toBeGreaterThan(wanted_ms * 0.9);
  expect(took_ms).toBeLessThan(wanted_ms * 1.5 + 200);
});

optional.each(['kraken-v1-book-2021', 'coinbase-exchange-2021', 'deribit-2021', 'bitmex-2021'])(
  '%s, which has no topics, comes out whole',
  async (name) => {
    const feed = await feedOfFiles([`${RECORDINGS}${name}.jsonl`]);
    const client = await subscriberOf(feed, 'any');
    await client.closed;
    expectSame(client.texts, await recorded(name));
  },
);
