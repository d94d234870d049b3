// Promises about templates and control messages, for any protocol and for Bybit's.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Protocol } from '../../src/shared/protocol.js';
import { classify, renderPrefix, renderTemplates } from '../../src/shared/protocol-speech.js';
import { bybit } from '../../src/shared/protocols/bybit.js';
import { presetByHost, resolveProtocol } from '../../src/shared/protocols/index.js';
import { none } from '../../src/shared/protocols/none.js';

const names = { topic: 'publicTrade.BTCUSDT', id: '1-1' };

test("Bybit's subscription and ping are sent in its own form", () => {
  expect(renderTemplates(bybit.subscribe, names)).toEqual([
    '{"op":"subscribe","req_id":"1-1","args":["publicTrade.BTCUSDT"]}',
  ]);
  expect(renderTemplates(bybit.ping, names)).toEqual(['{"op":"ping"}']);
  expect(renderTemplates(none.subscribe, names)).toEqual([]);
});

test('a text is sent as it is and anything else as JSON, filled in at every depth but in keys', () => {
  const templates = [
    'sub {topic}/{id}',
    { '{topic}': [{ a: '{topic}!{topic}' }, 1, null, true] },
    ['{id}'],
    5,
  ];
  expect(renderTemplates(templates, { topic: 'T', id: 'I' })).toEqual([
    'sub T/I',
    '{"{topic}":[{"a":"T!T"},1,null,true]}',
    '["I"]',
    '5',
  ]);
});

test('a topic goes out literally, whatever it holds', () => {
  for (const topic of ['$&', '$1', '{id}', '{topic}', '"\\', 'é']) {
    expect(renderTemplates(['{topic}'], { topic, id: 'x' })).toEqual([topic]);
    expect(JSON.parse(renderTemplates([{ a: '{topic}' }], { topic, id: 'x' })[0] ?? '')).toEqual({
      a: topic,
    });
  }
});

const bybitMeans = (message: unknown) => classify(bybit, JSON.stringify(message));

test.each([
  ['linear', { success: true, ret_msg: '', conn_id: 'c', req_id: '1-1', op: 'subscribe' }, '1-1'],
  ['spot', { success: true, ret_msg: 'subscribe', conn_id: 'c', req_id: '1-2', op: 'subscribe' }, '1-2'],
  ['without an id', { success: true, ret_msg: '', conn_id: 'c', req_id: '', op: 'subscribe' }, null],
  ['a numeric id', { success: true, req_id: 7, op: 'subscribe' }, '7'],
  [
    'option',
    { success: true, conn_id: 'c', data: { failTopics: [], successTopics: ['a'] }, type: 'COMMAND_RESP' },
    null,
  ],
])("Bybit's acknowledgement confirms: %s", (_form, message, id) => {
  expect(bybitMeans(message)).toEqual({ means: 'confirmed', words: null, id });
});

test.each([
  [
    'linear',
    { success: false, ret_msg: 'error:handler not found', req_id: '1-1', op: 'subscribe' },
    'error:handler not found',
    '1-1',
  ],
  ['of no operation', { success: false, ret_msg: 'Invalid symbol' }, 'Invalid symbol', null],
  ['of a ping', { success: false, ret_msg: 'too many', op: 'ping' }, 'too many', null],
  ['without words', { success: false, ret_msg: '', op: 'subscribe' }, null, null],
  ['with words that are no text', { success: false, ret_msg: { code: 5 } }, '{"code":5}', null],
  [
    'option',
    { success: false, data: { failTopics: ['x.y'], successTopics: [] }, type: 'COMMAND_RESP' },
    '["x.y"]',
    null,
  ],
  [
    'option in part',
    { success: true, data: { failTopics: ['x'], successTopics: ['a'] }, type: 'COMMAND_RESP' },
    '["x"]',
    null,
  ],
  ['option without a list', { success: false, ret_msg: 'no', type: 'COMMAND_RESP' }, 'no', null],
])("Bybit's refusal is told in its words: %s", (_form, message, words, id) => {
  expect(bybitMeans(message)).toEqual({ means: 'refused', words, id });
});

test.each([
  ['option', { args: ['1672916271846'], op: 'pong' }],
  ['linear', { success: true, ret_msg: 'pong', conn_id: 'c', req_id: '', op: 'ping' }],
  ['linear, older', { success: true, ret_msg: 'pong', op: 'pong' }],
  ['that says it failed', { success: false, op: 'pong' }],
])("Bybit's pong is neither: %s", (_form, message) => {
  expect(bybitMeans(message).means).toBe('pong');
});

test.each([
  ['data', '{"topic":"tickers.BTCUSDT","type":"snapshot","data":{}}'],
  ['a list', '[{"success":false}]'],
  ['text', 'pong'],
  ['nothing', ''],
  ['null', 'null'],
  ['broken JSON', '{"success":false'],
  ['a near miss', '{"success":"false"}'],
  ['a failure further down', '{"topic":"x","data":{"success":false}}'],
])('what is no control message of Bybit is other: %s', (_what, text) => {
  expect(classify(bybit, text)).toEqual({ means: 'other', words: null, id: null });
});

test('a number is sent as a number, and a part that the topic leaves out is left out', () => {
  const names = { topic: 'a:b', id: '7', time: '1700000000', a: 'A', b: undefined };
  const template = {
    n: '{n}',
    id: '{id}',
    at: '{time}',
    a: '{a}',
    b: '{b}',
    both: '{a}{b}{n}',
    list: ['{b}', '{a}'],
  };
  expect(renderTemplates([template, 'sub {a}{b} {n} {id} {unknown}'], names)).toEqual([
    '{"n":7,"id":"7","at":1700000000,"a":"A","both":"A7","list":["A"]}',
    'sub A 7 7 {unknown}',
  ]);
  expect(renderPrefix({ ...none, data_prefix: '{"ch":"{a}"' }, names)).toBe('{"ch":"A"');
});

test('a rule may be the whole of a text, and an answer repeats what was asked', () => {
  const protocol: Protocol = {
    ...none,
    pong: [{ text: 'pong' }],
    answer: [
      { when: { ping: '*' }, send: { pong: '{=ping}', also: ['{=a.b}', '{=none}', 'x{=ping}'] } },
      { text: 'ping', send: 'pong' },
      { when: { say: '*' }, send: '{=say}' },
    ],
    closing: [{ when: { bye: '*' }, words: 'bye' }],
  };
  expect(classify(protocol, 'pong').means).toBe('pong');
  expect(classify(protocol, 'pong!').means).toBe('other');
  expect(classify(protocol, '{"ping":12,"a":{"b":"c"}}')).toMatchObject({
    means: 'asks',
    answer: '{"pong":12,"also":["c","x{=ping}"]}',
  });
  expect(classify(protocol, 'ping').answer).toBe('pong');
  expect(classify(protocol, '{"say":"so"}').answer).toBe('so');
  expect(classify(protocol, '{"say":5}').answer).toBe('5');
  expect(classify(protocol, '{"bye":"now"}')).toEqual({ means: 'closing', words: 'now', id: null });
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  expect(classify(protocol, `{"ping":${deep}}`).means).toBe('asks');
});

test('words are cut at 500 characters, and words without end cannot hurt', () => {
  expect(bybitMeans({ success: false, ret_msg: 'x'.repeat(5000) }).words).toHaveLength(500);
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  expect(classify(bybit, `{"success":false,"ret_msg":${deep}}`).means).toBe('refused');
});

test('a rule matches by every one of its paths, by presence and by absence', () => {
  const rule = { when: { a: '*', 'b.c': 1, 'b.d': '?', e: null }, id: 'b.id', words: 'a' };
  const protocol: Protocol = { ...none, refuse: [rule], confirm: [{ when: { a: '*' } }] };
  const means = (message: unknown) => classify(protocol, JSON.stringify(message)).means;
  expect(classify(protocol, '{"a":"w","b":{"c":1,"id":9},"e":null}')).toEqual({
    means: 'refused',
    words: 'w',
    id: '9',
  });
  expect(means({ a: 0, b: { c: 1, d: [] }, e: null })).toBe('refused');
  expect(means({ a: 'w', b: { c: '1' }, e: null })).toBe('confirmed');
  expect(means({ a: 'w', b: { c: 1, d: 0 }, e: null })).toBe('confirmed');
  expect(means({ a: 'w', b: { c: 1 } })).toBe('confirmed');
  expect(means({ a: [], b: { c: 1 }, e: null })).toBe('other');
  expect(means({ a: null })).toBe('other');
});

test('what every object inherits is not in a message', () => {
  const protocol: Protocol = { ...none, confirm: [{ when: { 'a.constructor': '*' } }] };
  expect(classify(protocol, '{"a":{}}').means).toBe('other');
  expect(classify(protocol, '{"a":"text"}').means).toBe('other');
  expect(classify({ ...none, confirm: [{ when: { 0: 'a' } }] }, '["a"]').means).toBe('other');
});

test('whatever arrives is classified', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(['pong', 'refused', 'confirmed', 'other']).toContain(classify(bybit, text).means);
    }),
  );
});

test('without rules nothing is special', () => {
  expect(classify(none, '{"success":false,"op":"subscribe"}').means).toBe('other');
});

test.each([
  ['stream.bybit.com', 'bybit'],
  ['bytick.com', 'bybit'],
  ['stream.bytick.com', 'bybit'],
  ['feed.example', 'bybit'],
  ['stream.binance.com', 'binance'],
  ['data-stream.binance.vision', 'binance'],
  ['fstream.binance.com', 'binance-usdm'],
  ['ws.okx.com', 'okx'],
  ['ws-feed.exchange.coinbase.com', 'coinbase-exchange'],
  ['advanced-trade-ws.coinbase.com', 'coinbase-advanced'],
  ['ws.kraken.com', 'kraken'],
  ['ws.bitget.com', 'bitget'],
  ['www.deribit.com', 'deribit'],
  ['ws.bitmex.com', 'bitmex'],
  ['api.huobi.pro', 'htx'],
  ['api.gateio.ws', 'gate'],
  ['api.hyperliquid.xyz', 'hyperliquid'],
  ['api-pub.bitfinex.com', 'bitfinex'],
  ['okx.com.example', 'bybit'],
])('the preset for %s is %s', (host, name) => {
  expect(presetByHost(host).name).toBe(name);
});

test('a name that is no preset is a mistake in the program: the configuration refuses it before', () => {
  expect(() => resolveProtocol('mtgox', 'ws://x.example')).toThrow('There is no protocol named mtgox.');
});

const recording = fileURLToPath(
  new URL('../../../shared/recordings/bybit-v5-linear-2026.jsonl', import.meta.url),
);
const recorded = existsSync(recording);
if (!recorded) console.log(`Skipped: ${recording} is not there.`);

test.skipIf(!recorded && process.env.CI === undefined)(
  'of what Bybit really sent, the 17 acknowledgements confirm and everything else is data',
  () => {
    const lines = readFileSync(recording, 'utf8').trimEnd().split('\n');
    const confirmed = lines.filter((line) => classify(bybit, line).means === 'confirmed');
    expect(confirmed).toHaveLength(17);
    const others = lines.filter((line) => !confirmed.includes(line));
    expect(others).toHaveLength(2529);
    for (const line of others) {
      expect(classify(bybit, line).means).toBe('other');
      expect(line.startsWith(bybit.data_prefix)).toBe(true);
    }
  },
);
