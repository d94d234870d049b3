// A feed that is given another speech than Bybit's: what it says first, unasked and packed goes out, and is told.

import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { generatedSource } from '../../src/replay/generate.js';
import { NO_ANSWER, type Said, type Speech } from '../../src/replay/speech.js';
import { clientOf, feedOf } from './feed-client.js';

const TRADES = 'publicTrade.BTCUSDT';
const said = (text: string): Said => ({ text, topic: 'control' });

/** Subscribes to the trades whatever it is told. */
const speech = (changes: Partial<Speech> = {}): Speech => ({
  greet: () => NO_ANSWER,
  hear: (text) => ({ ...NO_ANSWER, subscribe: [TRADES], said: [said(`heard ${text}`)] }),
  beats: [],
  pack: null,
  ...changes,
});

const feedThatSays = (spoken: Speech, urls: string[] = []) =>
  feedOf({
    source: generatedSource({ seed: 's' }),
    pace: { kind: 'speed', factor: 1 },
    speak: (url) => {
      urls.push(url);
      return spoken;
    },
  });

test('a greeting comes first, and may be all that is needed for data', async () => {
  const urls: string[] = [];
  const greeting = { ...NO_ANSWER, subscribe: [TRADES], said: [said('welcome')] };
  const feed = await feedThatSays(speech({ greet: () => greeting }), urls);
  const client = await clientOf(feed);
  await client.untilMessages(5);
  expect(client.texts[0]).toBe('welcome');
  expect(feed.sent.map(({ text }) => text).slice(0, 5)).toEqual(client.texts.slice(0, 5));
  expect(feed.sent.map(({ topic }) => topic).slice(0, 2)).toEqual(['control', TRADES]);
  expect(urls).toEqual(['/v5/public/linear']);
});

test('answers and data are packed in binary frames, and told as they were', async () => {
  const feed = await feedThatSays(speech({ pack: (message) => gzipSync(message) }));
  const client = await clientOf(feed);
  client.send('hello');
  await client.untilMessages(5);
  const texts = client.messages.map((message) => String(gunzipSync(message)));
  expect(texts[0]).toBe('heard hello');
  expect(feed.sent.map(({ text }) => text).slice(0, 5)).toEqual(texts.slice(0, 5));
  expect(new Set(client.binary)).toEqual(new Set([true]));
});

test('what it says unasked begins with the first subscription, and waits while the feed is paused', async () => {
  const beats = [{ every_ms: 20, say: () => [said('beat')] }];
  const feed = await feedThatSays(speech({ beats }));
  const client = await clientOf(feed);
  const heard = () => client.texts.filter((text) => text === 'beat').length;
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(heard()).toBe(0);
  client.send('hello');
  await client.until(() => heard() > 3);
  await feed.pauseSending();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const before = heard();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(heard()).toBe(before);
  expect(feed.sent.filter(({ text }) => text === 'beat').length).toBe(before);
});

test('a client that does not keep up its side is cut', async () => {
  const feed = await feedThatSays(speech({ beats: [{ every_ms: 10_000, say: () => null }] }));
  const client = await clientOf(feed);
  client.send('hello');
  expect(await client.closed).toEqual({ code: 1008, reason: 'no answer' });
});
