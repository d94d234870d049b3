// The order of the topics by each key, and the filter. What is worst is held by draw.test.ts.

import { expect, test } from 'vitest';
import { inOrder, type Order, WORST_FIRST } from '../../src/status-cli/order.js';
import { topicStatus } from './documents.js';

const TOPICS = [
  topicStatus('b', { rate_per_min: 5, last_message_at_ms: 30, gaps: 1, buffered: 7 }),
  topicStatus('a', { rate_per_min: 5, last_message_at_ms: 20, gaps: 0, buffered: 9 }),
  topicStatus('d', { rate_per_min: 9, last_message_at_ms: null, gaps: 4, buffered: 0, state: 'waiting' }),
  topicStatus('c', { rate_per_min: 0, last_message_at_ms: 10, gaps: 0, buffered: 0 }),
];
const names = (order: Partial<Order>) =>
  inOrder(TOPICS, { ...WORST_FIRST, ...order })
    .map((topic) => topic.topic)
    .join('');

test.each([
  ['worst', 'dabc', 'abcd'],
  ['name', 'abcd', 'dcba'],
  ['rate', 'dabc', 'cabd'],
  ['last', 'dcab', 'bacd'],
  ['gaps', 'dbac', 'acbd'],
  ['buffered', 'abcd', 'cdba'],
] as const)(
  'sorted by %s, what needs a look stands first, equals by name in either direction',
  (sort, there, back) => {
    expect([names({ sort }), names({ sort, reversed: true })]).toEqual([there, back]);
  },
);

test('the filter is looked for in topics and in the names of files, in capitals or not', () => {
  const topics = [
    topicStatus('publicTrade.BTCUSDT'),
    topicStatus('tickers.X', { name: 'my-btc' }),
    topicStatus('y'),
  ];
  const filtered = (filter: string) =>
    inOrder(topics, { ...WORST_FIRST, filter }).map((topic) => topic.topic);
  expect(filtered('bTc')).toEqual(['publicTrade.BTCUSDT', 'tickers.X']);
  expect(filtered('tickers.x')).toEqual(['tickers.X']);
  expect(filtered('.*')).toEqual([]);
  expect(filtered('')).toHaveLength(3);
});
