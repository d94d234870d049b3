// The feed as a server of many: slow clients, clients that only ask, and how it pauses and ends.

import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { generatedSource } from '../../src/replay/generate.js';
import { startFeed } from '../../src/replay/server.js';
import type { FeedMessage, Source } from '../../src/replay/source.js';
import {
  AT_ONCE,
  asFile,
  clientOf,
  feedOf,
  feedOfFiles,
  filesOf,
  lines,
  subscriberOf,
} from './feed-client.js';

const TRADES = 'publicTrade.BTCUSDT';
const portOf = (url: string) => Number(new URL(url).port);

/** So many messages of 1,000 bytes, all due at once; tells how many were read off it. */
function countedSource(count: number): Source & { given: number } {
  const source = {
    given: 0,
    serves: () => true,
    open: () => ({
      skipped: 0,
      async *[Symbol.asyncIterator](): AsyncGenerator<readonly FeedMessage[]> {
        for (let n = 0; n < count; n += 1) {
          source.given += 1;
          const bytes = Buffer.from(`{"topic":"t","n":${n},"pad":"${'x'.repeat(1000)}"}`);
          yield [{ topic: 't', ts_ms: null, bytes }];
        }
      },
    }),
  };
  return source;
}

const numberOf = (message: Buffer): number => (JSON.parse(String(message)) as { n: number }).n;

/** Resolves when `value` has been the same for 300 ms. */
async function settled(value: () => number): Promise<number> {
  let last = Number.NaN;
  let since_ms = 0;
  const isSettled = (): boolean => {
    if (value() !== last) since_ms = performance.now();
    last = value();
    return performance.now() - since_ms > 300;
  };
  await expect.poll(isSettled, { timeout: 10_000, interval: 20 }).toBe(true);
  return last;
}

test('a client that does not read is waited for, in little memory, and loses nothing', async () => {
  const source = countedSource(100_000);
  const feed = await feedOf({ source });
  const client = await subscriberOf(feed, 't');
  client.ws.pause();
  const given = await settled(() => source.given);
  // What the kernel's buffers hold on both sides is not the feed's memory, but neither is it 100 MB.
  expect(given).toBeLessThan(20_000);
  client.ws.resume();
  await client.closed;
  expect(client.messages.map(numberOf)).toEqual(Array.from({ length: 100_000 }, (_, n) => n));
});

test('a slow client slows no other', async () => {
  const source = countedSource(30_000);
  const feed = await feedOf({ source });
  const slow = await subscriberOf(feed, 't');
  slow.ws.pause();
  await settled(() => source.given);
  const quick = await subscriberOf(feed, 't');
  await quick.closed;
  expect([quick.messages.length, slow.messages.length < 30_000]).toEqual([30_000, true]);
  slow.ws.resume();
  await slow.closed;
  expect(slow.messages.length).toBe(30_000);
});

test('a client that asks and reads no answer is not listened to, until it reads', async () => {
  const feed = await feedOf({ source: countedSource(1) });
  const ws = new WebSocket(feed.url);
  onTestFinished(() => ws.terminate());
  await once(ws, 'open');
  ws.pause();
  let asked = 0;
  // Its own buffer grows only when the feed has stopped reading.
  while (ws.bufferedAmount < 1024 * 1024 && asked < 1_000_000) {
    for (let i = 0; i < 1000; i += 1) ws.send('{"op":"ping"}');
    asked += 1000;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await settled(() => ws.bufferedAmount);
  expect(ws.bufferedAmount).toBeGreaterThan(0);
  let answered = 0;
  ws.on('message', () => {
    answered += 1;
  });
  ws.resume();
  await expect.poll(() => answered, { timeout: 15_000 }).toBe(asked);
});

test('on_send is told of exactly what each client got, acknowledgements as well, in its order', async () => {
  const feed = await feedOfFiles(
    await filesOf({ 'ab.jsonl': asFile([...lines('a', 50), ...lines('b', 50)]) }),
  );
  const got: string[] = [];
  for (const topic of ['a', 'b']) {
    const client = await clientOf(feed);
    client.ws.on('message', (data) => got.push(`${topic} ${data}`));
    client.send({ op: 'subscribe', args: [topic] });
    await client.closed;
  }
  expect(feed.sent.map(({ topic, text }) => `${topic} ${text}`)).toEqual(got);
  expect(got.length).toBe(102);
});

test('a client that leaves is told of with its counts', async () => {
  const source = generatedSource({ seed: 's' });
  const feed = await feedOf({ source, pace: { kind: 'speed', factor: 1 } });
  const client = await subscriberOf(feed, TRADES, 'tickers.BTCUSDT');
  await client.untilMessages(5);
  client.ws.close();
  await expect.poll(() => feed.ended.length).toBe(1);
  const { messages, topics, number } = feed.ended[0] ?? {};
  expect([messages, topics, number]).toEqual([feed.sent.length - 1, [TRADES, 'tickers.BTCUSDT'], 0]);
});

test('a client that is cut off has no message read for it any more', async () => {
  const source = countedSource(1_000_000);
  const client = await subscriberOf(await feedOf({ source, pace: { kind: 'rate', per_s: 5000 } }), 't');
  await client.untilMessages(1);
  client.ws.terminate();
  expect(await settled(() => source.given)).toBeLessThan(10_000);
});

test('while it is paused nothing new is sent, what was sent arrives, and pings are answered', async () => {
  const source = generatedSource({ seed: 's' });
  const feed = await feedOf({ source, pace: { kind: 'speed', factor: 1 } });
  const client = await subscriberOf(feed, TRADES);
  await client.untilMessages(20);
  await feed.pauseSending();
  const sent = feed.sent.length;
  expect((await client.ask({ op: 'ping' })).ret_msg).toBe('pong');
  await settled(() => feed.sent.length);
  expect(feed.sent.length).toBe(sent + 1);
  expect(client.messages.length + client.answers.length).toBe(feed.sent.length);
});

test('clients are told that the feed ends', async () => {
  const feed = await feedOf({ source: countedSource(1) });
  const clients = [await clientOf(feed), await subscriberOf(feed, 'other')];
  await feed.close();
  const ends = await Promise.all(clients.slice(0, 1).map((client) => client.closed));
  expect(ends).toEqual([{ code: 1001, reason: 'the feed ends' }]);
});

test('neither a client that reads nothing nor one that never asks keeps the feed from ending', async () => {
  const feed = await startFeed({ source: countedSource(100_000), pace: AT_ONCE });
  const reads_nothing = await subscriberOf(feed, 't');
  reads_nothing.ws.pause();
  const says_nothing = connect(portOf(feed.url), '127.0.0.1').on('error', () => {});
  await once(says_nothing, 'connect');
  const says_half = connect(portOf(feed.url), '127.0.0.1').on('error', () => {});
  await once(says_half, 'connect');
  says_half.write('GET / HTTP/1.1\r\nHost: x\r\n');
  const start_ms = performance.now();
  await feed.close();
  expect(performance.now() - start_ms).toBeLessThan(3000);
});

test('a request that is no WebSocket handshake is answered with 426', async () => {
  const feed = await feedOf({ source: countedSource(1) });
  const asked = request({ port: portOf(feed.url), host: '127.0.0.1' }).end();
  const [response] = await once(asked, 'response');
  response.resume();
  expect(response.statusCode).toBe(426);
});

test('a port that is in use is exit status 75, one that cannot be listened on 64, in a sentence', async () => {
  const feed = await feedOf({ source: countedSource(1) });
  const options = { source: countedSource(1), pace: AT_ONCE };
  await expect(startFeed({ ...options, port: portOf(feed.url) })).rejects.toMatchObject({
    exit_code: 75,
    sentences: [
      `Port ${portOf(feed.url)} of 127.0.0.1 is in use: choose another with --port, or 0 for any free one.`,
    ],
  });
  await expect(startFeed({ ...options, host: '203.0.113.1' })).rejects.toMatchObject({
    exit_code: 64,
    sentences: [
      expect.stringMatching(/^203\.0\.113\.1, port 0, cannot be listened on: EADDRNOTAVAIL.*[^.]\.$/),
    ],
  });
});
