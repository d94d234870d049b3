// The topic and the time of a message, read off its bytes: what a JSON parser would say, without one.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { timestampOf, topicOf } from '../../src/replay/line-head.js';

test.each([
  ['{"topic":"publicTrade.BTCUSDT","ts":1}', 'publicTrade.BTCUSDT'],
  ['{ "topic" : "a" }', 'a'],
  ['{"x":1,"topic":"a"}', 'a'],
  ['{"topic":"a\\"b"}', 'a"b'],
  ['{"topic":"é漢"}', 'é漢'],
  ['{"topic":""}', ''],
  ['{"topic":7}', null],
  ['{"topic":"a', null],
  ['{"data":{"topic":"inner"}}', null],
  ['["topic"]', null],
  ['"topic"', null],
  ['null', null],
  ['pong', null],
  ['', null],
])('the topic of %s is %j', (text, topic) => {
  expect(topicOf(Buffer.from(text))).toBe(topic);
});

test.each([
  ['{"topic":"a","type":"delta","ts":1767322800123,"data":[]}', 1_767_322_800_123],
  [`{"topic":"a","data":"${'x'.repeat(500)}","ts":1767322800123}`, 1_767_322_800_123],
  ['{"arg":{},"data":[{"ts":"1767322800123"}]}', 1_767_322_800_123],
  ['{"ts":17673228001234}', 1_767_322_800_123],
  ['{"ts":1767322800}', null],
  ['{"cts":1767322800123}', null],
  ['{"ts":null}', null],
  ['{"topic":"a"}', null],
])('the time of %.60s is %j', (text, ts_ms) => {
  expect(timestampOf(Buffer.from(text))).toBe(ts_ms);
});

test('any topic in any object is what JSON.parse says, and no bytes make it throw', () => {
  const object = fc.record({ topic: fc.string(), data: fc.jsonValue() });
  fc.assert(
    fc.property(object, fc.boolean(), ({ topic, data }, is_first) => {
      const text = JSON.stringify(is_first ? { topic, data } : { data, topic });
      expect(topicOf(Buffer.from(text))).toBe(topic);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      topicOf(Buffer.from(bytes));
      timestampOf(Buffer.from(bytes));
    }),
  );
});
