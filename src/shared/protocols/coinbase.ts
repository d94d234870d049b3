// Coinbase's two public feeds, as data. Either wants a subscription within 5 s of the connection.

import type { Preset } from '../protocol.js';

/**
 * Its data begins with the kind of message, as its errors do, so no beginning tells it apart. `sequence` has holes on
 * all channels but `full`, and no message names its channel: it tells nothing of a loss.
 */
export const coinbase_exchange: Preset = {
  name: 'coinbase-exchange',
  hosts: ['ws-feed.exchange.coinbase.com'],
  topic: '{channel}:{product_id}',
  example: 'ticker:BTC-USD',
  open: [],
  subscribe: [{ type: 'subscribe', product_ids: ['{product_id}'], channels: ['{channel}'] }],
  unsubscribe: [{ type: 'unsubscribe', product_ids: ['{product_id}'], channels: ['{channel}'] }],
  ping: [],
  binary: 'text',
  pong: [{ when: { type: 'heartbeat' } }],
  refuse: [
    { when: { type: 'error', reason: '*' }, words: 'reason' },
    { when: { type: 'error' }, words: 'message' },
  ],
  confirm: [{ when: { type: 'subscriptions' } }],
  answer: [],
  closing: [],
  data_prefix: '',
  // As many as were recorded in one request.
  batch: { list: 'product_ids', topics_max: 10, answered: 'together' },
  begins: ['{"type":"{channel}","product_id":"{product_id}"'],
  names: [{ is: { type: '{channel}', product_id: '{product_id}' } }],
  aliases: {
    channel: {
      matches: ['match', 'last_match'],
      level2: ['snapshot', 'l2update'],
      level2_batch: ['snapshot', 'l2update'],
      ticker_batch: ['ticker'],
      full: ['received', 'open', 'done', 'match', 'change', 'activate'],
    },
  },
  binds: null,
  limits: { host_requests: { count: 8, ms: 1_000 } },
  event_time: [{ at: 'time', unit: 'iso' }],
  sequences: [],
  confirmed_by: 'recording',
};

/**
 * A channel on which nothing happens is closed after a minute or so, unless `heartbeats` come on the same connection.
 * They are a subscription like the other, and confirmed like it. `sequence_num` counts all messages of a connection.
 */
export const coinbase_advanced: Preset = {
  name: 'coinbase-advanced',
  hosts: ['advanced-trade-ws.coinbase.com'],
  topic: '{channel}:{product_id}',
  example: 'market_trades:BTC-USD',
  open: [],
  subscribe: [
    { type: 'subscribe', product_ids: ['{product_id}'], channel: '{channel}' },
    { type: 'subscribe', channel: 'heartbeats' },
  ],
  unsubscribe: [{ type: 'unsubscribe', product_ids: ['{product_id}'], channel: '{channel}' }],
  ping: [],
  binary: 'text',
  pong: [{ when: { channel: 'heartbeats' } }],
  refuse: [{ when: { type: 'error' }, words: 'message' }],
  confirm: [{ when: { channel: 'subscriptions' } }],
  answer: [],
  closing: [],
  data_prefix: '{"channel":"',
  batch: { list: 'product_ids', topics_max: 10, answered: 'together' },
  begins: [],
  names: [
    { is: { channel: '{channel}', 'events.0.product_id': '{product_id}' } },
    { is: { channel: '{channel}', 'events.0.trades.0.product_id': '{product_id}' } },
    { is: { channel: '{channel}', 'events.0.tickers.0.product_id': '{product_id}' } },
    { is: { channel: '{channel}', 'events.0.candles.0.product_id': '{product_id}' } },
  ],
  aliases: { channel: { level2: ['l2_data'] } },
  binds: null,
  limits: { connects: { count: 8, ms: 1_000 }, host_requests: { count: 8, ms: 1_000 } },
  event_time: [{ at: 'timestamp', unit: 'iso' }],
  sequences: [],
  confirmed_by: 'documentation',
};
