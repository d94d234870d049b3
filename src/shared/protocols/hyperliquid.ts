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
  ping: [{ method: 'ping' }],
  binary: 'text',
  pong: [{ when: { channel: 'pong' } }],
  refuse: [{ when: { channel: 'error' }, words: 'data' }],
  confirm: [{ when: { channel: 'subscriptionResponse' } }],
  answer: [],
  closing: [],
  data_prefix: '{"channel":"{type}"',
  limits: {},
  sequences: [],
  confirmed_by: 'documentation',
};
