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
  ping: [],
  binary: 'text',
  pong: [{ when: { channel: 'heartbeat' } }, { when: { channel: 'status' } }],
  refuse: [{ when: { method: 'subscribe', success: false }, id: 'req_id', words: 'error' }],
  confirm: [{ when: { method: 'subscribe', success: true }, id: 'req_id' }],
  answer: [],
  closing: [],
  data_prefix: '{"channel":"{channel}"',
  limits: {},
  sequences: [],
  confirmed_by: 'documentation',
};
