// Each preset against a server that behaves as its exchange does: it greets, confirms, pings, sends data and says
// that it will close. What it sends is made up in the form of the recordings or, where there are none, of the
// documentation; presets.test.ts holds the forms against the recordings.

import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Preset } from '../../src/shared/protocol.js';
import { PRESETS } from '../../src/shared/protocols/index.js';
import { type Captured, capture } from '../testing/captured.js';
import { ledgerRecords } from '../testing/folder.js';
import { recordedFrames, recordedLines, sentTexts, with_recordings } from '../testing/recorded.js';
import type { ScriptedConnection } from '../testing/scripted-connection.js';
import { serve } from '../testing/served.js';

interface Exchange {
  readonly preset: string;
  readonly topic: string;
  /** What the client sends when it is connected; ids and times as they are the first time. */
  readonly requests: readonly unknown[];
  /** Sent at once, and before the acknowledgement: does not make the topic live. */
  readonly greetings: readonly (string | object)[];
  /** One for each request that is confirmed. */
  readonly acknowledgements: readonly object[];
  /** The client's ping; null: a ping frame. */
  readonly ping: string | null;
  readonly pong?: string | object;
  readonly data: object;
  readonly asks?: readonly [message: object, answer: object];
  readonly notice?: readonly [message: object, words: string];
}

const TIME = expect.any(Number);

const EXCHANGES: readonly Exchange[] = [
  {
    preset: 'bybit',
    topic: 'publicTrade.BTCUSDT',
    requests: [{ op: 'subscribe', req_id: '1', args: ['publicTrade.BTCUSDT'] }],
    greetings: [],
    acknowledgements: [{ success: true, ret_msg: '', conn_id: 'c', req_id: '1', op: 'subscribe' }],
    ping: '{"op":"ping"}',
    pong: { success: true, ret_msg: 'pong', conn_id: 'c', req_id: '', op: 'ping' },
    data: { topic: 'publicTrade.BTCUSDT', type: 'snapshot', ts: 1, data: [] },
  },
  {
    preset: 'binance',
    topic: 'btcusdt@trade',
    requests: [{ method: 'SUBSCRIBE', params: ['btcusdt@trade'], id: 1 }],
    greetings: [],
    acknowledgements: [{ result: null, id: 1 }],
    ping: null,
    data: { stream: 'btcusdt@trade', data: { e: 'trade', t: 1 } },
    notice: [{ e: 'serverShutdown', E: 1 }, 'serverShutdown'],
  },
  {
    preset: 'binance-usdm',
    topic: 'btcusdt@depth@100ms',
    requests: [{ method: 'SUBSCRIBE', params: ['btcusdt@depth@100ms'], id: 1 }],
    greetings: [],
    acknowledgements: [{ result: null, id: 1 }],
    ping: null,
    data: { stream: 'btcusdt@depth@100ms', data: { e: 'depthUpdate', u: 2, pu: 1 } },
  },
  {
    preset: 'okx',
    topic: 'trades:BTC-USDT',
    requests: [{ op: 'subscribe', args: [{ channel: 'trades', instId: 'BTC-USDT' }] }],
    greetings: [],
    acknowledgements: [{ event: 'subscribe', arg: { channel: 'trades', instId: 'BTC-USDT' }, connId: 'a' }],
    ping: 'ping',
    pong: 'pong',
    data: { arg: { channel: 'trades', instId: 'BTC-USDT' }, data: [] },
    notice: [
      { event: 'notice', code: '64008', msg: 'will soon be closed', connId: 'a' },
      'will soon be closed',
    ],
  },
  {
    preset: 'coinbase-exchange',
    topic: 'ticker:BTC-USD',
    requests: [{ type: 'subscribe', product_ids: ['BTC-USD'], channels: ['ticker'] }],
    greetings: [],
    acknowledgements: [{ type: 'subscriptions', channels: [{ name: 'ticker', product_ids: ['BTC-USD'] }] }],
    ping: null,
    data: { type: 'ticker', sequence: 1, product_id: 'BTC-USD' },
  },
  {
    preset: 'coinbase-advanced',
    topic: 'market_trades:BTC-USD',
    requests: [
      { type: 'subscribe', product_ids: ['BTC-USD'], channel: 'market_trades' },
      { type: 'subscribe', channel: 'heartbeats' },
    ],
    greetings: [{ channel: 'heartbeats', sequence_num: 0, events: [{ heartbeat_counter: '1' }] }],
    acknowledgements: [
      {
        channel: 'subscriptions',
        sequence_num: 1,
        events: [{ subscriptions: { market_trades: ['BTC-USD'] } }],
      },
      {
        channel: 'subscriptions',
        sequence_num: 2,
        events: [{ subscriptions: { heartbeats: ['heartbeats'] } }],
      },
    ],
    ping: null,
    data: { channel: 'market_trades', sequence_num: 3, events: [] },
  },
  {
    preset: 'kraken',
    topic: 'trade:BTC/USD',
    requests: [{ method: 'subscribe', params: { channel: 'trade', symbol: ['BTC/USD'] }, req_id: 1 }],
    greetings: [
      { channel: 'status', type: 'update', data: [{ system: 'online' }] },
      { channel: 'heartbeat' },
    ],
    acknowledgements: [{ method: 'subscribe', req_id: 1, result: { channel: 'trade' }, success: true }],
    ping: null,
    data: { channel: 'trade', type: 'update', data: [] },
  },
  {
    preset: 'bitget',
    topic: 'USDT-FUTURES:trade:BTCUSDT',
    requests: [
      { op: 'subscribe', args: [{ instType: 'USDT-FUTURES', channel: 'trade', instId: 'BTCUSDT' }] },
    ],
    greetings: [],
    acknowledgements: [{ event: 'subscribe', arg: { instType: 'USDT-FUTURES', channel: 'trade' } }],
    ping: 'ping',
    pong: 'pong',
    data: { action: 'update', arg: { instType: 'USDT-FUTURES' }, data: [] },
  },
  {
    preset: 'deribit',
    topic: 'trades.BTC-PERPETUAL.100ms',
    requests: [
      { jsonrpc: '2.0', id: 1, method: 'public/set_heartbeat', params: { interval: 30 } },
      {
        jsonrpc: '2.0',
        id: 2,
        method: 'public/subscribe',
        params: { channels: ['trades.BTC-PERPETUAL.100ms'] },
      },
    ],
    greetings: [
      { jsonrpc: '2.0', id: 1, result: 'ok', testnet: false },
      { jsonrpc: '2.0', method: 'heartbeat', params: { type: 'heartbeat' } },
    ],
    acknowledgements: [{ jsonrpc: '2.0', id: 2, result: ['trades.BTC-PERPETUAL.100ms'], testnet: false }],
    ping: null,
    data: { jsonrpc: '2.0', method: 'subscription', params: { channel: 'trades.BTC-PERPETUAL.100ms' } },
    asks: [
      { jsonrpc: '2.0', method: 'heartbeat', params: { type: 'test_request' } },
      { jsonrpc: '2.0', id: 0, method: 'public/test', params: {} },
    ],
  },
  {
    preset: 'bitmex',
    topic: 'trade:XBTUSD',
    requests: [{ op: 'subscribe', args: ['trade:XBTUSD'] }],
    greetings: [{ info: 'Welcome', version: '1', limit: { remaining: 39 } }],
    acknowledgements: [{ success: true, subscribe: 'trade:XBTUSD', request: { op: 'subscribe' } }],
    ping: 'ping',
    pong: 'pong',
    data: { table: 'trade', action: 'insert', data: [{ symbol: 'XBTUSD' }] },
  },
  {
    preset: 'htx',
    topic: 'market.btcusdt.trade.detail',
    requests: [{ sub: 'market.btcusdt.trade.detail', id: 1 }],
    greetings: [],
    acknowledgements: [{ id: 1, status: 'ok', subbed: 'market.btcusdt.trade.detail', ts: 1 }],
    ping: null,
    data: { ch: 'market.btcusdt.trade.detail', ts: 1, tick: {} },
    asks: [{ ping: 1618678073643 }, { pong: 1618678073643 }],
  },
  {
    preset: 'gate',
    topic: 'spot.order_book_update:BTC_USDT:100ms',
    requests: [
      { time: TIME, channel: 'spot.order_book_update', event: 'subscribe', payload: ['BTC_USDT', '100ms'] },
    ],
    greetings: [],
    acknowledgements: [
      {
        time: 1,
        channel: 'spot.order_book_update',
        event: 'subscribe',
        error: null,
        result: { status: 'success' },
      },
    ],
    ping: null,
    data: { time: 1, channel: 'spot.order_book_update', event: 'update', result: { U: 1, u: 2 } },
    notice: [
      {
        time: 1,
        channel: 'spot.system',
        event: 'update',
        result: { type: 'upgrade', msg: 'Please reconnect.' },
      },
      'Please reconnect.',
    ],
  },
  {
    preset: 'hyperliquid',
    topic: 'candle:BTC:1m',
    requests: [{ method: 'subscribe', subscription: { type: 'candle', coin: 'BTC', interval: '1m' } }],
    greetings: [],
    acknowledgements: [{ channel: 'subscriptionResponse', data: { method: 'subscribe' } }],
    ping: '{"method":"ping"}',
    pong: { channel: 'pong' },
    data: { channel: 'candle', data: {} },
  },
  {
    preset: 'bitfinex',
    topic: 'book:tBTCUSD/P0/F0/100',
    requests: [
      { event: 'subscribe', channel: 'book', symbol: 'tBTCUSD', prec: 'P0', freq: 'F0', len: '100' },
    ],
    greetings: [{ event: 'info', version: 2, platform: { status: 1 } }],
    acknowledgements: [{ event: 'subscribed', channel: 'book', chanId: 5, symbol: 'tBTCUSD' }],
    ping: null,
    data: [5, 'hb'],
  },
];

const presetOf = (name: string): Preset => PRESETS.find((p) => p.name === name) as Preset;
const asText = (message: string | object) =>
  typeof message === 'string' ? message : JSON.stringify(message);

/** Sends as the exchange packs it. */
function say(preset: Preset, connection: ScriptedConnection, message: string | object): void {
  const text = asText(message);
  if (preset.binary !== 'gzip') connection.sendText(text);
  else connection.sendBinary(gzipSync(text));
}

/** The client's next message that is no ping. */
async function nextBut(connection: ScriptedConnection, ping: string | null): Promise<unknown> {
  for (;;) {
    const text = await connection.nextMessage();
    if (text !== ping) return JSON.parse(text);
  }
}

interface Met {
  readonly c: Captured;
  readonly preset: Preset;
  readonly connection: ScriptedConnection;
  readonly server: Awaited<ReturnType<typeof serve>>;
}

/** A capture that has just sent its requests. */
async function meet(exchange: Exchange, ping_interval_ms = 20_000): Promise<Met> {
  const server = await serve();
  const preset = presetOf(exchange.preset);
  const c = await capture(server.url, { topic: exchange.topic, protocol: preset, ping_interval_ms });
  const connection = await server.nextConnection();
  for (const request of exchange.requests) {
    expect(await nextBut(connection, exchange.ping)).toEqual(request);
  }
  return { c, preset, connection, server };
}

async function confirm({ c, preset, connection }: Met, { acknowledgements }: Exchange): Promise<void> {
  for (const message of acknowledgements) say(preset, connection, message);
  await c.until('live', (r) => r.state === 'live');
}

test('every preset but none, which sends nothing, is met here', () => {
  expect([...EXCHANGES.map(({ preset }) => preset), 'none'].sort()).toEqual(
    PRESETS.map(({ name }) => name).sort(),
  );
});

describe.each(EXCHANGES)('$preset', (exchange) => {
  const { greetings, acknowledgements, ping, pong, data, asks } = exchange;

  test('is subscribed to, live when it has confirmed, and all that it sends is written', async () => {
    const met = await meet(exchange);
    const { c, preset, connection } = met;
    const first = [...greetings, ...(pong === undefined ? [] : [pong])];
    for (const message of first) say(preset, connection, message);
    await c.until('greeted', (r) => r.messages === first.length);
    expect(c.report().state).toBe('subscribing');
    await confirm(met, exchange);
    expect(await c.untilLogged(/confirmed/)).toContain('Live: the server confirmed the subscription');
    say(preset, connection, data);
    await c.until('written', (r) => r.messages === first.length + acknowledgements.length + 1);
    await c.stop();
    expect(await c.lines()).toEqual([...first, ...acknowledgements, data].map(asText));
  });

  test('is pinged while live, its pongs change nothing, and its own pings are answered', async () => {
    const met = await meet(exchange, 50);
    const { c, preset, connection } = met;
    await confirm(met, exchange);
    if (ping === null) {
      await expect.poll(() => connection.pings_at_ms.length, { timeout: 5000 }).toBeGreaterThan(3);
    } else {
      const pings = () => connection.received.filter(({ text }) => text === ping).length;
      await expect.poll(pings, { timeout: 5000 }).toBeGreaterThan(3);
    }
    if (pong !== undefined) say(preset, connection, pong);
    if (asks !== undefined) {
      say(preset, connection, asks[0]);
      expect(await nextBut(connection, ping)).toEqual(asks[1]);
    }
    say(preset, connection, data);
    const count = acknowledgements.length + (pong === undefined ? 0 : 1) + (asks === undefined ? 0 : 1) + 1;
    await c.until('written', (r) => r.messages === count);
    expect([c.report().state, c.report().reconnects]).toEqual(['live', 0]);
  });
});

/** Those that tell of a close. */
const with_notice = EXCHANGES.filter(({ notice }) => notice !== undefined);

test.each(with_notice)('$preset is left in good order when it says that it will close', async (exchange) => {
  const { notice: [message, words] = [{}, ''], acknowledgements, data, requests, ping } = exchange;
  const met = await meet(exchange);
  const { c, preset, connection, server } = met;
  await confirm(met, exchange);
  connection.answers_close = false;
  say(preset, connection, message);
  expect(await c.untilLogged(/about to close/)).toContain(words);
  // What comes before its own Close is still read.
  say(preset, connection, data);
  await c.until('written', (r) => r.messages === acknowledgements.length + 2);
  connection.close(1000);
  expect((await connection.closed).code).toBe(1000);
  const second = await server.nextConnection();
  for (let i = 0; i < requests.length; i += 1) await nextBut(second, ping);
  say(preset, second, data);
  await c.until('live again', (r) => r.state === 'live' && r.reconnects === 1 && r.gaps === 1);
  await c.stop();
  expect(await ledgerRecords(c.folder, 'gap')).toMatchObject([{ reason: 'disconnected' }]);
});

test('who says at once that it will close is not hammered, who says it later is connected to at once', async () => {
  const { preset: name, topic, notice, acknowledgements } = with_notice[0] as Exchange;
  const server = await serve();
  const c = await capture(server.url, { topic, protocol: presetOf(name) }, { random: () => 0.99 });
  const goodbye = async (connection: ScriptedConnection, after_ms: number) => {
    await connection.nextMessage();
    connection.sendText(JSON.stringify({ ...acknowledgements[0], id: null }));
    connection.sendText('{"stream":"btcusdt@trade"}');
    await c.until('live', (r) => r.state === 'live');
    await new Promise((resolve) => setTimeout(resolve, after_ms));
    connection.sendText(JSON.stringify(notice?.[0]));
  };
  await goodbye(await server.nextConnection(), 0);
  await goodbye(await server.nextConnection(), 5_100);
  await server.nextConnection();
  const delays = c.log.flatMap(({ message }) => /trying again in (.*)/.exec(message)?.[1] ?? []);
  expect(delays).toEqual(['0.5 s', '0.0 s']);
});

test('a server that says that it will close and never does is left after 2 s', async () => {
  const exchange = EXCHANGES.find(({ preset }) => preset === 'okx') as Exchange;
  const met = await meet(exchange);
  await confirm(met, exchange);
  met.connection.goSilent();
  say(met.preset, met.connection, exchange.notice?.[0] ?? {});
  const left_at = performance.now();
  await met.server.nextConnection(10_000);
  expect(performance.now() - left_at).toBeGreaterThan(1_500);
  expect(performance.now() - left_at).toBeLessThan(5_000);
});

test('a server that asks and does not read the answers does not fill our memory', async () => {
  const answer = [{ when: { ping: '*' }, send: { pong: '{=ping}' } }];
  const server = await serve();
  const c = await capture(server.url, { protocol: { ...presetOf('none'), answer } });
  const connection = await server.nextConnection();
  await c.until('live', (r) => r.state === 'live');
  connection.stall();
  const asks = 4_000;
  for (let i = 0; i < asks; i += 1) connection.sendText(`{"ping":"${'x'.repeat(10_000)}"}`);
  await c.until('all written', (r) => r.messages === asks);
  connection.resume();
  await expect.poll(() => connection.received.length).toBeGreaterThan(0);
  // What comes after is answered again; what was not answered never is.
  await expect
    .poll(() => {
      connection.sendText('{"ping":"last"}');
      return connection.received.at(-1)?.text;
    })
    .toBe('{"pong":"last"}');
  expect(connection.received.length).toBeLessThan(asks);
});

describe.runIf(with_recordings)('the recorded frames of HTX', () => {
  test('are unpacked byte for byte, and the pings among them answered', async () => {
    const frames = recordedFrames('htx-gzip-2021');
    const lines = recordedLines('htx-gzip-2021');
    const server = await serve();
    const c = await capture(server.url, { topic: 'market.btcusdt.trade.detail', protocol: presetOf('htx') });
    const connection = await server.nextConnection();
    await connection.nextMessage();
    for (const frame of frames) connection.sendBinary(frame);
    await c.until('all written', (r) => r.messages === frames.length);
    const pongs = sentTexts('htx-gzip-2021').filter((text) => text.startsWith('{"pong"'));
    const answers = () => connection.received.slice(1).map(({ text }) => text);
    await expect.poll(answers).toEqual(pongs);
    await c.stop();
    expect(await c.lines()).toEqual(lines);
  });
});
