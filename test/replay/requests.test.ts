// Bybit v5's side of the conversation, asked by clients that are right, wrong or confused.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { generatedSource } from '../../src/replay/generate.js';
import { answerRequest } from '../../src/replay/requests.js';
import { classify } from '../../src/shared/protocol-speech.js';
import { bybit } from '../../src/shared/protocols/bybit.js';
import { asFile, clientOf, feedOf, feedOfFiles, filesOf, lines, subscriberOf } from './feed-client.js';

const TRADES = 'publicTrade.BTCUSDT';
const generated = () =>
  feedOf({ source: generatedSource({ seed: 's' }), pace: { kind: 'speed', factor: 1 } });

test('a subscription is acknowledged in the words that the capture understands, with its req_id', async () => {
  const client = await clientOf(await generated());
  const answer = await client.ask({ op: 'subscribe', req_id: 'mine', args: [TRADES] });
  expect(answer).toEqual({
    ...{ success: true, ret_msg: '', conn_id: expect.any(String), req_id: 'mine', op: 'subscribe' },
  });
  expect(classify(bybit, JSON.stringify(answer))).toMatchObject({ means: 'confirmed', id: 'mine' });
});

test('nothing is sent before the acknowledgement, and everything after it', async () => {
  const client = await clientOf(await generated());
  client.send({ op: 'ping' });
  await client.until(() => client.answers.length === 1);
  client.send({ op: 'subscribe', args: [TRADES] });
  await client.untilMessages(10);
  expect(client.order).toMatch(/^aam+$/);
});

test('a topic that the feed does not have is refused in words, and nothing of the request holds', async () => {
  const client = await clientOf(await generated());
  for (const topic of ['publicTrade.btcusdt', 'orderbook.7.BTCUSDT', 'kline.1.BTCUSDT', '*', 'tickers.']) {
    const answer = await client.subscribe(TRADES, topic);
    expect(answer).toMatchObject({ success: false, ret_msg: `error:handler not found,topic:${topic}` });
    expect(classify(bybit, JSON.stringify(answer))).toMatchObject({
      means: 'refused',
      words: answer.ret_msg,
    });
  }
  expect((await client.subscribe(TRADES)).success).toBe(true);
});

test('a ping is answered with a pong, before and after a subscription', async () => {
  const client = await clientOf(await generated());
  const pong = { success: true, ret_msg: 'pong', req_id: '', op: 'ping' };
  expect(await client.ask({ op: 'ping' })).toMatchObject(pong);
  await client.subscribe(TRADES);
  const answer = await client.ask({ op: 'ping', req_id: '7' });
  expect(answer).toMatchObject({ ...pong, req_id: '7' });
  expect(classify(bybit, JSON.stringify(answer)).means).toBe('pong');
});

test('a protocol ping is answered as well', async () => {
  const client = await clientOf(await generated());
  const ponged = new Promise((resolve) => client.ws.once('pong', (data) => resolve(String(data))));
  client.ws.ping('p');
  expect(await ponged).toBe('p');
});

test('all answers of a connection bear its own conn_id', async () => {
  const feed = await generated();
  const [one, other] = [await clientOf(feed), await clientOf(feed)];
  const ids = [await one.ask({ op: 'ping' }), await one.subscribe(TRADES), await other.ask({ op: 'ping' })];
  expect(ids[0]?.conn_id).toBe(ids[1]?.conn_id);
  expect(ids[0]?.conn_id).not.toBe(ids[2]?.conn_id);
});

test('what is unsubscribed is sent no more, the rest goes on', async () => {
  const client = await subscriberOf(await generated(), TRADES, 'tickers.SOLUSDT');
  await client.until(() => client.textsOf(TRADES).length > 0);
  expect((await client.ask({ op: 'unsubscribe', args: [TRADES] })).success).toBe(true);
  const [before, others] = [client.textsOf(TRADES).length, client.textsOf('tickers.SOLUSDT').length];
  await client.until(() => client.textsOf('tickers.SOLUSDT').length > others + 10);
  expect(client.textsOf(TRADES).length).toBe(before);
});

test('subscriptions that follow one another at once all count from the first message on', async () => {
  const texts = [...lines('b', 3), ...lines('a', 3)];
  const client = await clientOf(await feedOfFiles(await filesOf({ 'ab.jsonl': asFile(texts) })));
  client.ws.once('message', () => client.send({ op: 'subscribe', args: ['b'] }));
  client.send({ op: 'subscribe', args: ['a'] });
  await client.closed;
  expect(client.texts).toEqual(texts);
  expect(client.order).toBe('aammmmmm');
});

test('a client that unsubscribed everything is sent the rest of the files when it subscribes again', async () => {
  const feed = await feedOfFiles(await filesOf({ 'a.jsonl': asFile(lines('a', 400)) }), {
    pace: { kind: 'rate', per_s: 1000 },
  });
  const client = await subscriberOf(feed, 'a');
  await client.untilMessages(20);
  await client.ask({ op: 'unsubscribe', args: ['a'] });
  await client.subscribe('a');
  await client.closed;
  expect(client.texts).toEqual(lines('a', 400));
});

test('a topic can be subscribed once', async () => {
  const client = await subscriberOf(await generated(), TRADES);
  expect(await client.subscribe(TRADES)).toMatchObject({
    ...{ success: false, ret_msg: `error:already subscribed,topic:${TRADES}` },
  });
});

test.each([
  ['not JSON', 'Failed to decode incoming data: it is no JSON object'],
  ['[1]', 'Failed to decode incoming data: it is no JSON object'],
  ['{}', 'Params Error: op and req_id are strings'],
  ['{"op":"ping","req_id":7}', 'Params Error: op and req_id are strings'],
  ['{"op":"order.create"}', 'error:invalid op'],
  ['{"op":"toString"}', 'error:invalid op'],
  ['{"op":"subscribe"}', 'Params Error: args is a list of topics, not empty'],
  ['{"op":"subscribe","args":[]}', 'Params Error: args is a list of topics, not empty'],
  ['{"op":"subscribe","args":["a",null]}', 'Params Error: args is a list of topics, not empty'],
  [`{"op":"subscribe","args":["${'x'.repeat(21_001)}"]}`, 'Params Error: args too long'],
])('%.40s is refused and the connection goes on', async (request, ret_msg) => {
  const client = await clientOf(await generated());
  expect(await client.ask(request)).toMatchObject({ success: false, ret_msg });
  expect((await client.ask({ op: 'ping' })).success).toBe(true);
});

test("over 21,000 characters of topics on one connection are refused, as Bybit's limit has it", async () => {
  const client = await clientOf(await feedOfFiles(await filesOf({ 'a.jsonl': asFile(lines('a', 1)) })));
  const [one, other] = ['x'.repeat(11_000), 'y'.repeat(11_000)];
  const both = [client.subscribe(one), client.ask({ op: 'subscribe', args: [other] })];
  await Promise.all(both);
  expect(client.answers.map(({ ret_msg }) => ret_msg)).toEqual([
    '',
    'Params Error: over 21000 characters of topics',
  ]);
});

test('whatever is asked, the answer is JSON that says so, and a refusal changes nothing', () => {
  const asker = { conn_id: 'c', subscribed: new Set(['t']), serves: (topic: string) => topic !== 'u' };
  const request = fc.record(
    {
      op: fc.oneof(fc.constantFrom('subscribe', 'unsubscribe', 'ping', 'pong'), fc.jsonValue()),
      req_id: fc.oneof(fc.string(), fc.jsonValue()),
      args: fc.oneof(fc.array(fc.constantFrom('t', 'u', 'v', '')), fc.jsonValue()),
    },
    { requiredKeys: [] },
  );
  const text = fc.oneof(
    fc.string(),
    request.map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(text, (asked) => {
      const { subscribe, unsubscribe, text: answer } = answerRequest(asked, asker);
      const { success } = JSON.parse(answer) as { success: unknown };
      expect(success).toBeTypeOf('boolean');
      if (success === false) expect([subscribe, unsubscribe]).toEqual([[], []]);
      expect(subscribe.every((topic) => topic !== 'u' && topic !== 't' && topic !== '')).toBe(true);
    }),
  );
});
