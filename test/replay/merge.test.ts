// Several streams as one: by the messages' times, each stream in its own order.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeByTime } from '../../src/replay/merge.js';
import type { FeedMessage } from '../../src/replay/source.js';

type Batch = readonly FeedMessage[];

async function* streamOf(batches: readonly Batch[], on_close: () => void = () => {}): AsyncGenerator<Batch> {
  try {
    yield* batches;
  } finally {
    on_close();
  }
}

function message(topic: string, n: number, ts_ms: number | null): FeedMessage {
  return { topic, ts_ms, bytes: Buffer.from(String(n)) };
}

async function merged(streams: readonly (readonly Batch[])[]): Promise<FeedMessage[]> {
  const messages: FeedMessage[] = [];
  for await (const batch of mergeByTime(streams.map((batches) => streamOf(batches)))) messages.push(...batch);
  return messages;
}

test('streams in order of time give one in order of time, and nothing is lost', async () => {
  const times = fc.array(
    fc.array(fc.nat(50)).map((list) => list.toSorted((a, b) => a - b)),
    { minLength: 1, maxLength: 5 },
  );
  await fc.assert(
    fc.asyncProperty(times, fc.integer({ min: 1, max: 4 }), async (streams, batch_size) => {
      const batched = streams.map((list, s) => {
        const all = list.map((ts_ms, n) => message(String(s), n, ts_ms));
        return Array.from({ length: Math.ceil(all.length / batch_size) }, (_, i) =>
          all.slice(i * batch_size, (i + 1) * batch_size),
        );
      });
      const result = await merged(batched);
      const got = result.map(({ ts_ms }) => ts_ms ?? -1);
      expect(got).toEqual(got.toSorted((a, b) => a - b));
      for (const [s, list] of streams.entries()) {
        const numbers = result.filter(({ topic }) => topic === String(s)).map(({ bytes }) => Number(bytes));
        expect(numbers).toEqual(list.map((_, n) => n));
      }
    }),
  );
});

test('a message without a time follows its predecessor, an earlier time does not overtake in its stream', async () => {
  const result = await merged([
    [[message('a', 0, 10), message('a', 1, null), message('a', 2, 5), message('a', 3, 30)], []],
    [[message('b', 0, 20)]],
  ]);
  expect(result.map(({ topic, bytes }) => `${topic}${bytes}`)).toEqual(['a0', 'a1', 'a2', 'b0', 'a3']);
});

test('who stops reading early closes all streams', async () => {
  let closed = 0;
  const streams = [1, 2].map((n) =>
    streamOf([[message('a', 0, n)], [message('a', 1, n)]], () => {
      closed += 1;
    }),
  );
  for await (const _ of mergeByTime(streams)) break;
  expect(closed).toBe(2);
});
