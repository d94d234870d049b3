// Hyperliquid's feed, as data. It closes what is idle for 60 s; it counts nothing.

import type { Preset } from '../protocol.js';

export const hyperliquid: Preset = {
  name: 'hyperliquid',
  hosts: ['api.hyperliquid.xyz'],
  topic: '{type}[:{coin}[:{interval}]]',
  example: 'trades:BTC',
  open: [],
  subscribe: [
    { method: 'subscribe', subscription: { type: '{type}', coin: '{coin}', interval: '{interval}' } },
  ],
  unsubscribe: [
    { method: 'unsubscribe', subscription: { type: '{type}', coin: '{coin}', interval: '{interval}' } },
  ],
  ping: [{ method: 'ping' }],
  binary: 'text',
  pong: [{ when: { channel: 'pong' } }],
  refuse: [{ when: { channel: 'error' }, words: 'data' }],
  confirm: [
    {
      when: { channel: 'subscriptionResponse', 'data.method': 'subscribe' },
      is: {
        'data.subscription.type': '{type}',
        'data.subscription.coin': '{coin}',
        'data.subscription.interval': '{interval}',
      },
    },
  ],
  answer: [],
  closing: [],
  data_prefix: '{"channel":"{type}"',
  batch: null,
  begins: ['{"channel":"{type}","data":{"coin":"{coin}"', '{"channel":"{type}","data":[{"coin":"{coin}"'],
  names: [
    { is: { channel: '{type}', 'data.coin': '{coin}' } },
    { is: { channel: '{type}', 'data.0.coin': '{coin}' } },
    { is: { channel: '{type}', 'data.s': '{coin}', 'data.i': '{interval}' } },
    { is: { channel: '{type}' } },
  ],
  aliases: {},
  binds: null,
  limits: { connects: { count: 30, ms: 60_000 }, topics_max: 1_000 },
  event_time: [
    { at: 'data.time', unit: 'ms' },
    { at: 'data.0.time', unit: 'ms' },
  ],
  sequences: [],
  confirmed_by: 'documentation',
};
