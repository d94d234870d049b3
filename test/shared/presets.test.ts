// Promises about the presets, held against what exchanges and their clients really sent: requests, acknowledgements,
// data and answers. Refusals and notices are in no recording; they are made up as the exchanges document them.

import { describe, expect, test } from 'vitest';
import { eventTimeIn } from '../../src/shared/event-time.js';
import { classify, renderPrefix, renderTemplates } from '../../src/shared/protocol-speech.js';
import { PRESETS, presetByHost } from '../../src/shared/protocols/index.js';
import { readTopic } from '../../src/shared/topic-form.js';
import { recordedLines, recordedTimes, sentTexts, with_recordings } from '../testing/recorded.js';

type Message = Record<string, unknown>;
/** A topic as we write it, and the request for it alone that is contained in what the client sent. */
type Asked = readonly [topic: string, request: Message];

const presetOf = (name: string) => {
  const preset = PRESETS.find((known) => known.name === name);
  if (preset === undefined) throw new Error(name);
  return preset;
};

/** The requests for a topic, without the ids, which differ from client to client. */
function requestsFor(name: string, topic: string): Message[] {
  const preset = presetOf(name);
  const names = { ...readTopic(preset.topic, topic), topic, id: '1', time: '2' };
  return renderTemplates(preset.subscribe, names).map((text) => {
    const { id: _, req_id: __, ...request } = JSON.parse(text);
    return request;
  });
}

const byArgs = ({ op, args }: Message): Asked[] =>
  (args as string[]).map((arg) => [arg, { op, args: [arg] }] as const);

interface Recording {
  readonly file: string;
  readonly preset: string;
  /** How the recorded client's request, which may be for many topics, reads topic by topic. */
  readonly asked: ((sent: Message) => readonly Asked[]) | null;
  /** Messages of each meaning; everything else is data and begins like it. */
  readonly confirmed: number;
  readonly pong?: number;
  readonly asks?: number;
  /** The share of the data that states a time. */
  readonly timed: number;
  /** Messages that are neither data nor control messages of ours, and why. */
  readonly foreign?: readonly [number, RegExp];
}

const RECORDINGS: readonly Recording[] = [
  { file: 'bybit-v5-linear-2026', preset: 'bybit', asked: byArgs, timed: 1, confirmed: 17 },
  { file: 'binance-usdm-btcusdt-2024', preset: 'binance-usdm', asked: null, timed: 1, confirmed: 0 },
  {
    file: 'okx-v5-2022',
    preset: 'okx',
    asked: ({ op, args }) =>
      (args as { channel: string; instId: string }[]).map((arg) => [
        `${arg.channel}:${arg.instId}`,
        { op, args: [arg] },
      ]),
    timed: 1,
    confirmed: 60,
  },
  {
    file: 'coinbase-exchange-2021',
    preset: 'coinbase-exchange',
    asked: ({ product_ids, channels, ...rest }) =>
      (product_ids as string[]).map((id) => [
        `${(channels as string[])[0]}:${id}`,
        { ...rest, product_ids: [id], channels },
      ]),
    timed: 1,
    confirmed: 3,
  },
  {
    file: 'deribit-2021',
    preset: 'deribit',
    asked: ({ id: _, params, ...rest }) =>
      (params as { channels: string[] }).channels.map((channel) => [
        channel,
        { ...rest, params: { channels: [channel] } },
      ]),
    timed: 1,
    confirmed: 1,
  },
  { file: 'bitmex-2021', preset: 'bitmex', asked: byArgs, timed: 0.085, confirmed: 30, pong: 1 },
  {
    file: 'htx-gzip-2021',
    preset: 'htx',
    asked: ({ sub, pong }) => (pong === undefined ? [[sub as string, { sub }]] : []),
    timed: 1,
    confirmed: 20,
    asks: 6,
  },
  {
    file: 'bitfinex-2021',
    preset: 'bitfinex',
    asked: (sent) => {
      const { event, channel, symbol, prec, freq, len } = sent;
      // The client also asked for flags, which we do not.
      if (event === 'conf') return [];
      return [[`${channel}:${symbol}${prec === undefined ? '' : `/${prec}/${freq}/${len}`}`, sent]];
    },
    timed: 0,
    confirmed: 21,
    pong: 1,
    foreign: [1, /^\{"event":"conf",/],
  },
];

describe.runIf(with_recordings)('what was recorded', () => {
  const with_requests = RECORDINGS.filter(({ asked }) => asked !== null);
  test.each(with_requests)(
    '$preset is asked for topics as the client of $file asked',
    ({ file, preset, asked }) => {
      const expected = sentTexts(file).flatMap((text) => asked?.(JSON.parse(text)) ?? []);
      expect(expected.length).toBeGreaterThan(10);
      for (const [topic, request] of expected) {
        expect(readTopic(presetOf(preset).topic, topic), topic).not.toBeNull();
        expect(requestsFor(preset, topic)).toEqual([request]);
      }
    },
  );

  test.each(RECORDINGS)(
    'each message of $file means what it is, and all data begins like data',
    (recording) => {
      const preset = presetOf(recording.preset);
      const prefix = renderPrefix(preset, { topic: '' });
      const count = { confirmed: 0, pong: 0, asks: 0, refused: 0, closing: 0, other: 0 };
      const odd: string[] = [];
      for (const line of recordedLines(recording.file)) {
        const { means } = classify(preset, line);
        count[means] += 1;
        if (means === 'other' && !line.startsWith(prefix)) odd.push(line);
      }
      const { confirmed, pong = 0, asks = 0, foreign = [0, /^$/] } = recording;
      expect(count).toMatchObject({ confirmed, pong, asks, refused: 0, closing: 0 });
      expect(count.other).toBeGreaterThan(100);
      expect(odd).toHaveLength(foreign[0]);
      for (const line of odd) expect(line).toMatch(foreign[1]);
    },
  );

  test('no control message that was recorded begins like data, so each would be seen while live', () => {
    for (const { file, preset: name } of RECORDINGS) {
      const preset = presetOf(name);
      if (preset.data_prefix === '') continue;
      for (const line of recordedLines(file)) {
        if (classify(preset, line).means !== 'other') expect(line.startsWith(preset.data_prefix)).toBe(false);
      }
    }
  });

  test.each(RECORDINGS)(
    'the time that data of $file states is when it came',
    ({ file, preset: name, timed }) => {
      const preset = presetOf(name);
      const received = recordedTimes(file);
      const lags_ms: number[] = [];
      let data = 0;
      for (const [i, line] of recordedLines(file).entries()) {
        if (classify(preset, line).means !== 'other') continue;
        data += 1;
        const time_ms = eventTimeIn(line, preset.event_time);
        if (time_ms !== null) lags_ms.push((received[i] ?? 0) - time_ms);
      }
      lags_ms.sort((a, b) => a - b);
      expect(lags_ms.length / data).toBeCloseTo(timed, 2);
      // The clocks of then differed by up to 1.5 s.
      if (timed > 0) expect(Math.abs(lags_ms[lags_ms.length >> 1] ?? Number.NaN)).toBeLessThan(2_000);
    },
  );

  test("HTX's pings are answered as the recorded client answered them", () => {
    const preset = presetOf('htx');
    const answers = recordedLines('htx-gzip-2021').flatMap((line) => classify(preset, line).answer ?? []);
    expect(answers).toEqual(sentTexts('htx-gzip-2021').filter((text) => text.startsWith('{"pong"')));
    expect(answers).toHaveLength(6);
  });
});

test.each([
  ['binance', { code: 2, msg: 'Invalid request' }, 'Invalid request'],
  ['binance', { error: { code: 2, msg: 'Invalid request' }, id: 1 }, 'Invalid request'],
  ['binance-usdm', { code: 3, msg: 'Invalid JSON' }, 'Invalid JSON'],
  [
    'okx',
    { event: 'error', code: '60018', msg: 'Wrong URL or channel', connId: 'a' },
    'Wrong URL or channel',
  ],
  ['coinbase-exchange', { type: 'error', message: 'Failed', reason: 'X is no product' }, 'X is no product'],
  ['coinbase-exchange', { type: 'error', message: 'Failed' }, 'Failed'],
  ['coinbase-advanced', { type: 'error', message: 'channel x is no channel' }, 'channel x is no channel'],
  [
    'kraken',
    { error: 'Currency pair not supported', method: 'subscribe', success: false },
    'Currency pair not',
  ],
  ['bitget', { event: 'error', code: 30001, msg: 'doesn’t exist' }, 'doesn’t exist'],
  [
    'deribit',
    { jsonrpc: '2.0', id: 1, error: { code: -32602, message: 'Invalid params' } },
    'Invalid params',
  ],
  [
    'deribit',
    { id: 1, error: { code: 1, message: 'Invalid params', data: { reason: 'no such channel' } } },
    'no such channel',
  ],
  ['deribit', { jsonrpc: '2.0', id: 1, result: [] }, null],
  ['bitmex', { status: 400, error: 'Unknown table: x', meta: {}, request: {} }, 'Unknown table: x'],
  [
    'htx',
    { status: 'error', 'err-code': 'bad-request', 'err-msg': 'invalid topic', id: '1' },
    'invalid topic',
  ],
  [
    'gate',
    { time: 1, channel: 'x', event: 'subscribe', error: { code: 2, message: 'unknown pair' } },
    'unknown pair',
  ],
  ['hyperliquid', { channel: 'error', data: 'Invalid subscription' }, 'Invalid subscription'],
  ['bitfinex', { event: 'error', msg: 'symbol: invalid', code: 10300 }, 'symbol: invalid'],
] as const)("%s's refusal is told in its words: %j", (name, message, words) => {
  const meaning = classify(presetOf(name), JSON.stringify(message));
  expect(meaning.means).toBe('refused');
  if (words === null) expect(meaning.words).toBeNull();
  else expect(meaning.words).toContain(words);
});

test('each preset but none is told from its hosts', () => {
  expect(new Set(PRESETS.map(({ name }) => name)).size).toBe(PRESETS.length);
  for (const preset of PRESETS) {
    if (preset.name !== 'none') expect(preset.hosts.length).toBeGreaterThan(0);
    for (const host of preset.hosts) expect(presetByHost(host)).toBe(preset);
  }
});
