// Promises about the numbers that the presets declare: a hole is found, what is whole has none, and the recordings
// have none where they hold such numbers.

import { describe, expect, test } from 'vitest';
import { PRESETS } from '../../src/shared/protocols/index.js';
import { SequenceFollower } from '../../src/verify/sequences.js';
import { recordedLines, with_recordings } from '../testing/recorded.js';

function follow(name: string, lines: readonly string[]): SequenceFollower {
  const preset = PRESETS.find((known) => known.name === name);
  if (preset === undefined) throw new Error(name);
  const follower = new SequenceFollower(preset);
  follower.openFile('f')(Buffer.from(lines.map((line) => `${line}\n`).join('')));
  return follower;
}

type Make = (a: number, b: number) => object;

/** A message of each declared sequence, from the number before it and its own; and one that starts the count anew. */
const COUNTED: readonly (readonly [preset: string, message: Make, field: string, restart: object])[] = [
  [
    'bybit',
    (_, u) => ({ topic: 'orderbook.50.X', type: 'delta', data: { u } }),
    'data.u',
    { topic: 'orderbook.50.X', type: 'snapshot', data: { u: 1 } },
  ],
  [
    'binance',
    (before, u) => ({ stream: 'x@depth@100ms', data: { U: before + 1, u } }),
    'data.U',
    { result: null, id: 1 },
  ],
  ['binance', (_, t) => ({ stream: 'x@trade', data: { t } }), 'data.t', { result: null, id: 1 }],
  [
    'binance-usdm',
    (pu, u) => ({ stream: 'x@depth', data: { U: u, u, pu } }),
    'data.pu',
    { result: null, id: 7 },
  ],
  [
    'okx',
    (prevSeqId, seqId) => ({ arg: { channel: 'books', instId: 'X' }, data: [{ seqId, prevSeqId }] }),
    'data.0.prevSeqId',
    { arg: { channel: 'books', instId: 'X' }, action: 'snapshot', data: [{ seqId: 1, prevSeqId: -1 }] },
  ],
  [
    'deribit',
    (prev_change_id, change_id) => ({
      method: 'subscription',
      params: { channel: 'book.X.100ms', data: { type: 'change', prev_change_id, change_id } },
    }),
    'params.data.prev_change_id',
    { method: 'subscription', params: { channel: 'book.X.100ms', data: { type: 'snapshot', change_id: 1 } } },
  ],
  [
    'gate',
    (before, u) => ({ channel: 'spot.order_book_update', result: { s: 'X', U: before + 1, u } }),
    'result.U',
    { channel: 'spot.order_book_update', event: 'subscribe', error: null, result: { status: 'success' } },
  ],
];

/** Of these the number of a message tells nothing of the one before. */
const by_step = (name: string, field: string) => name === 'bybit' || field === 'data.t';

test.each(COUNTED)('%s: a hole is found, and only there', (name, message, field, restart) => {
  const line = (before: number, own: number) => JSON.stringify(message(before, own));
  const whole = [line(4, 5), line(5, 6), line(6, 7)];
  expect(follow(name, whole).count).toBe(0);
  const with_hole = [line(4, 5), line(6, 7), line(7, 8)];
  const { first } = follow(name, with_hole);
  expect(first).toMatchObject([{ line: 2, field, before: 5 }]);
  const anew = JSON.stringify(restart);
  expect(follow(name, [...whole, anew, ...(by_step(name, field) ? [line(1, 2)] : [])]).count).toBe(0);
});

test('a subscription that was confirmed anew counts anew, for all topics', () => {
  const depth = (stream: string, pu: number, u: number) => JSON.stringify({ stream, data: { pu, u } });
  const lines = [depth('x@depth', 1, 2), depth('y@depth', 5, 6), '{"result":null,"id":2}'];
  expect(follow('binance-usdm', [...lines, depth('x@depth', 50, 51), depth('y@depth', 60, 61)]).count).toBe(
    0,
  );
});

test('streams and channels that are not counted are passed over', () => {
  const partial = (U: number) => JSON.stringify({ stream: 'x@depth5', data: { U, u: U } });
  expect(follow('binance', [partial(1), partial(9)]).count).toBe(0);
  const trades = (seqId: number) =>
    JSON.stringify({ arg: { channel: 'trades', instId: 'X' }, data: [{ seqId, prevSeqId: 0 }] });
  expect(follow('okx', [trades(1), trades(9)]).count).toBe(0);
});

describe.runIf(with_recordings)('the recordings', () => {
  test.each([
    ['bybit', 'bybit-v5-linear-2026', /orderbook/],
    ['binance-usdm', 'binance-usdm-btcusdt-2024', /@depth/],
    ['binance-usdm', 'binance-usdm-btcusdt-2024', /@trade/],
    ['deribit', 'deribit-2021', /"channel":"book/],
  ])('%s: nothing is missing in %s, and a line taken out is (%s)', (name, file, counted) => {
    const lines = recordedLines(file);
    expect(follow(name, lines).first).toEqual([]);
    // The last message of its kind but one, by its topic: what follows it must notice.
    const topics = lines.filter((line) => counted.test(line)).map(topicOf);
    const topic = topics.find((one, index) => topics.indexOf(one) < index && topics.lastIndexOf(one) > index);
    const of_topic = lines.flatMap((line, index) => (topicOf(line) === topic ? [index] : []));
    const taken = of_topic.at(-2) ?? -1;
    expect(
      follow(
        name,
        lines.filter((_, index) => index !== taken),
      ).count,
    ).toBe(1);
  });
});

/** How the line names its topic, whatever the exchange. */
const topicOf = (line: string): string => /"(?:topic|stream|channel)":"([^"]+)"/.exec(line)?.[1] ?? 'none';
