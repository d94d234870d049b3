// How exchanges behave to a client that asks for several topics on one connection, said independently of the presets:
// what each answers to a request, and what its data looks like. Made up in the form of the recordings or, where there
// are none, of the documentation.

// biome-ignore lint/suspicious/noExplicitAny: requests of many forms, read without a check
type Message = any;

export interface ExchangeSide {
  readonly preset: string;
  /** Two that there are, one that there is not, and one that nobody asked for. */
  readonly topics: readonly [string, string];
  readonly unknown: string;
  readonly other: string;
  /** What is said to a request, each as it is sent. */
  readonly answer: (request: Message) => readonly object[];
  readonly data: (topic: string, n: number) => object;
  /** What the server asks, and what it wants to hear. */
  readonly asks?: readonly [message: object, answer: object];
}

const list = (all: readonly string[], of: (each: string) => object): object[] => all.map(of);
const parts = (topic: string): string[] => topic.split(':');
const isOn = (op: string): boolean => !/^un/i.test(op);

/** Bitfinex numbers what it sends: here by the subscription's symbol. */
const channel = (symbol: string): number =>
  [...symbol].reduce((sum, char) => sum * 3 + char.charCodeAt(0), 7) % 100_000;

const binance = ({ method, params, id }: Message): object[] =>
  params.some((stream: string) => stream.startsWith('bad')) && isOn(method)
    ? [{ code: 2, msg: 'Invalid request: unknown stream', id }]
    : [{ result: null, id }];

export const EXCHANGE_SIDES: readonly ExchangeSide[] = [
  {
    preset: 'bybit',
    topics: ['publicTrade.BTCUSDT', 'publicTrade.BTCUSDTM'],
    unknown: 'publicTrade.BAD',
    other: 'publicTrade.BTC',
    answer: ({ op, req_id, args }) => {
      if (op === 'ping') return [{ success: true, ret_msg: 'pong', conn_id: 'c', req_id: '', op }];
      const success = !args.includes('publicTrade.BAD');
      return [{ success, ret_msg: success ? '' : 'error:handler not found', conn_id: 'c', req_id, op }];
    },
    data: (topic, n) => ({ topic, type: 'snapshot', ts: n, data: [] }),
  },
  {
    preset: 'binance',
    topics: ['btcusdt@trade', 'btcusdt@depth@100ms'],
    unknown: 'bad@trade',
    other: 'ethusdt@trade',
    answer: binance,
    data: (stream, t) => ({ stream, data: { e: 'x', t } }),
  },
  {
    preset: 'binance-usdm',
    topics: ['btcusdt@trade', 'btcusdt@bookTicker'],
    unknown: 'bad@trade',
    other: 'ethusdt@trade',
    answer: binance,
    data: (stream, t) => ({ stream, data: { e: 'x', t } }),
  },
  {
    preset: 'okx',
    topics: ['trades:BTC-USDT', 'trades:BTC-USDT-SWAP'],
    unknown: 'trades:BAD-USDT',
    other: 'trades:ETH-USDT',
    answer: ({ op, args }) =>
      args.map((arg: Message) =>
        arg.instId === 'BAD-USDT'
          ? {
              event: 'error',
              code: '60018',
              msg: "Wrong URL or channel:trades,instId:BAD-USDT doesn't exist.",
            }
          : { event: op, arg, connId: 'c' },
      ),
    data: (topic, n) => {
      const [name, instId] = parts(topic);
      return { arg: { channel: name, instId }, data: [{ seqId: n }] };
    },
  },
  {
    preset: 'coinbase-exchange',
    topics: ['ticker:BTC-USD', 'matches:BTC-USD'],
    unknown: 'ticker:BAD-USD',
    other: 'ticker:ETH-USD',
    answer: ({ type, product_ids, channels }) =>
      type === 'subscribe' && product_ids.includes('BAD-USD')
        ? [{ type: 'error', message: 'Failed to subscribe', reason: 'BAD-USD is not a valid product' }]
        : [{ type: 'subscriptions', channels: [{ name: channels[0], product_ids }] }],
    data: (topic, sequence) => {
      const [name, product_id] = parts(topic);
      return { type: name === 'matches' ? 'match' : name, sequence, product_id };
    },
  },
  {
    preset: 'coinbase-advanced',
    topics: ['market_trades:BTC-USD', 'level2:BTC-USD'],
    unknown: 'market_trades:BAD-USD',
    other: 'market_trades:ETH-USD',
    answer: ({ type, channel: name, product_ids = [] }) =>
      type === 'subscribe' && product_ids.includes('BAD-USD')
        ? [{ type: 'error', message: 'BAD-USD is no product' }]
        : [
            {
              channel: 'subscriptions',
              sequence_num: 1,
              events: [{ subscriptions: { [name]: product_ids } }],
            },
          ],
    data: (topic, n) => {
      const [name, product_id] = parts(topic);
      if (name === 'level2')
        return { channel: 'l2_data', sequence_num: n, events: [{ type: 'update', product_id }] };
      return { channel: name, sequence_num: n, events: [{ type: 'update', trades: [{ product_id }] }] };
    },
  },
  {
    preset: 'kraken',
    topics: ['trade:BTC/USD', 'book:BTC/USD'],
    unknown: 'trade:BAD/USD',
    other: 'trade:ETH/USD',
    answer: ({ method, req_id, params }) =>
      list(params.symbol, (symbol) =>
        symbol === 'BAD/USD'
          ? { error: 'Currency pair not supported BAD/USD', method, req_id, success: false, symbol }
          : { method, req_id, result: { channel: params.channel, symbol }, success: true },
      ),
    data: (topic, n) => {
      const [name, symbol] = parts(topic);
      return { channel: name, type: 'update', data: [{ symbol, n }] };
    },
  },
  {
    preset: 'bitget',
    topics: ['SPOT:trade:BTCUSDT', 'USDT-FUTURES:trade:BTCUSDT'],
    unknown: 'SPOT:trade:BADUSDT',
    other: 'SPOT:trade:ETHUSDT',
    answer: ({ op, args }) =>
      args.map((arg: Message) =>
        arg.instId === 'BADUSDT'
          ? {
              event: 'error',
              arg,
              code: 30001,
              msg: "instType:SPOT,channel:trade,instId:BADUSDT doesn't exist",
            }
          : { event: op, arg },
      ),
    data: (topic, n) => {
      const [instType, name, instId] = parts(topic);
      return { action: 'update', arg: { instType, channel: name, instId }, data: [], ts: n };
    },
  },
  {
    preset: 'deribit',
    topics: ['trades.BTC-PERPETUAL.100ms', 'book.BTC-PERPETUAL.100ms'],
    unknown: 'trades.BAD.100ms',
    other: 'trades.ETH-PERPETUAL.100ms',
    answer: ({ id, method, params }) => {
      if (method === 'public/set_heartbeat') return [{ jsonrpc: '2.0', id, result: 'ok', testnet: false }];
      if (method === 'public/test') return [{ jsonrpc: '2.0', id, result: { version: '1' }, testnet: false }];
      const result = params.channels.filter((name: string) => !name.includes('BAD'));
      return [{ jsonrpc: '2.0', id, result, testnet: false }];
    },
    data: (name, n) => ({ jsonrpc: '2.0', method: 'subscription', params: { channel: name, data: [n] } }),
    asks: [
      { jsonrpc: '2.0', method: 'heartbeat', params: { type: 'test_request' } },
      { jsonrpc: '2.0', id: 0, method: 'public/test', params: {} },
    ],
  },
  {
    preset: 'bitmex',
    topics: ['trade:XBTUSD', 'quote:XBTUSD'],
    unknown: 'trade:BAD',
    other: 'trade:ETHUSD',
    answer: (request) =>
      list(request.args, (topic) =>
        topic === 'trade:BAD'
          ? { status: 400, error: 'Unknown or expired symbol: trade:BAD', meta: {}, request }
          : { success: true, [request.op]: topic, request },
      ),
    data: (topic, n) => {
      const [table, symbol] = parts(topic);
      return { table, action: 'insert', data: [{ symbol, n }] };
    },
  },
  {
    preset: 'htx',
    topics: ['market.btcusdt.trade.detail', 'market.btcusdt.depth.step0'],
    unknown: 'market.bad.trade.detail',
    other: 'market.ethusdt.trade.detail',
    answer: ({ sub, unsub, id, pong }) => {
      if (pong !== undefined) return [];
      if (sub === 'market.bad.trade.detail')
        return [{ status: 'error', ts: 1, id, 'err-code': 'bad-request', 'err-msg': `invalid topic ${sub}` }];
      return [{ id, status: 'ok', ...(sub === undefined ? { unsubbed: unsub } : { subbed: sub }), ts: 1 }];
    },
    data: (ch, ts) => ({ ch, ts, tick: {} }),
    asks: [{ ping: 1618678073643 }, { pong: 1618678073643 }],
  },
  {
    preset: 'gate',
    topics: ['spot.trades:BTC_USDT', 'spot.order_book_update:BTC_USDT:100ms'],
    unknown: 'spot.trades:BAD_USDT',
    other: 'spot.trades:ETH_USDT',
    answer: ({ channel: name, event, payload }) => {
      const head = { time: 1, channel: name, event, payload };
      if (payload[0] === 'BAD_USDT')
        return [{ ...head, error: { code: 2, message: 'unknown currency pair: BAD_USDT' }, result: null }];
      return [{ ...head, error: null, result: { status: 'success' } }];
    },
    data: (topic, n) => {
      const [name, pair] = parts(topic);
      const result = name === 'spot.trades' ? { id: n, currency_pair: pair } : { t: n, s: pair };
      return { time: 1, channel: name, event: 'update', result };
    },
  },
  {
    preset: 'hyperliquid',
    topics: ['trades:BTC', 'candle:BTC:1m'],
    unknown: 'trades:BAD',
    other: 'trades:ETH',
    answer: ({ method, subscription }) => {
      if (method === 'ping') return [{ channel: 'pong' }];
      if (subscription.coin === 'BAD')
        return [{ channel: 'error', data: `Invalid subscription ${JSON.stringify(subscription)}` }];
      return [{ channel: 'subscriptionResponse', data: { method, subscription } }];
    },
    data: (topic, n) => {
      const [type, coin, interval] = parts(topic);
      if (type === 'candle') return { channel: type, data: { t: n, s: coin, i: interval } };
      return { channel: type, data: [{ coin, tid: n }] };
    },
  },
  {
    preset: 'bitfinex',
    topics: ['trades:tBTCUSD', 'book:tBTCUSD/P0/F0/25'],
    unknown: 'trades:tBAD',
    other: 'trades:tETHUSD',
    answer: ({ event, channel: name, symbol, chanId, ...more }) => {
      if (event === 'unsubscribe') return [{ event: 'unsubscribed', status: 'OK', chanId }];
      if (symbol === 'tBAD')
        return [{ event: 'error', msg: 'symbol: invalid', code: 10300, channel: name, symbol, ...more }];
      return [{ event: 'subscribed', channel: name, chanId: channel(`${name}:${symbol}`), symbol, ...more }];
    },
    data: (topic, n) => [channel(topic.split('/')[0] ?? ''), [n]],
  },
];
