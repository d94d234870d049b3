// BitMEX's realtime feed, as data. It greets with `info`; it counts nothing.

import type { Preset } from '../protocol.js';

export const bitmex: Preset = {
  name: 'bitmex',
  hosts: ['bitmex.com'],
  topic: '{topic}',
  example: 'trade:XBTUSD',
  open: [],
  subscribe: [{ op: 'subscribe', args: ['{topic}'] }],
  ping: ['ping'],
  binary: 'text',
  pong: [{ text: 'pong' }, { when: { info: '*' } }],
  refuse: [{ when: { error: '*' }, words: 'error' }],
  confirm: [{ when: { success: true, subscribe: '*' } }],
  answer: [],
  closing: [],
  data_prefix: '{"table":"',
  limits: {},
  sequences: [],
  confirmed_by: 'recording',
};
