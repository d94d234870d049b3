// Kraken v2's public feeds, as data. It greets with a `status` and sends a `heartbeat` a second; books have a checksum
// and no number that counts them.

import type { Preset } from '../protocol.js';

export const kraken: Preset = {
  name: 'kraken',
  hosts: ['ws.kraken.com'],
  topic: '{channel}:{symbol}',
  example: 'trade:BTC/USD',
  open: [],
  subscribe: [{ method: 'subscribe', params: { channel: '{channel}', symbol: ['{symbol}'] }, req_id: '{n}' }],
  unsubscribe: [
    { method: 'unsubscribe', params: { channel: '{channel}', symbol: ['{symbol}'] }, req_id: '{n}' },
  ],
  ping: [],
  binary: 'text',
  pong: [{ when: { channel: 'heartbeat' } }, { when: { channel: 'status' } }],
  refuse: [
    {
      when: { method: 'subscribe', success: false },
      id: 'req_id',
      words: 'error',
      is: { symbol: '{symbol}' },
    },
  ],
  confirm: [
    {
      when: { method: 'subscribe', success: true },
      id: 'req_id',
      is: { 'result.channel': '{channel}', 'result.symbol': '{symbol}' },
    },
  ],
  answer: [],
  closing: [],
  data_prefix: '{"channel":"{channel}"',
  // As many as were recorded in one request of the older version.
  batch: { list: 'params.symbol', topics_max: 10, answered: 'each' },
  begins: [
    '{"channel":"{channel}","type":"update","data":[{"symbol":"{symbol}"',
    '{"channel":"{channel}","type":"snapshot","data":[{"symbol":"{symbol}"',
  ],
  names: [{ is: { channel: '{channel}', 'data.0.symbol': '{symbol}' } }],
  aliases: {},
  binds: null,
  limits: { connects: { count: 150, ms: 600_000 } },
  // A snapshot's trades are old ones; a candle's own time is its end.
  event_time: [
    { at: 'timestamp', unit: 'iso', when: { type: 'update' } },
    { at: 'data.0.timestamp', unit: 'iso', when: { type: 'update' } },
  ],
  sequences: [],
  confirmed_by: 'documentation',
};
