// BitMEX's realtime feed, as data. It greets with `info`; it counts nothing.

import type { Preset } from '../protocol.js';

export const bitmex: Preset = {
  name: 'bitmex',
  hosts: ['bitmex.com'],
  // Without a symbol it is all of the table's, and cannot be told from a single one.
  topic: '{table}[:{symbol}]',
  example: 'trade:XBTUSD',
  open: [],
  subscribe: [{ op: 'subscribe', args: ['{topic}'] }],
  unsubscribe: [{ op: 'unsubscribe', args: ['{topic}'] }],
  ping: ['ping'],
  binary: 'text',
  pong: [{ text: 'pong' }, { when: { info: '*' } }],
  refuse: [{ when: { error: '*' }, words: 'error' }],
  confirm: [{ when: { success: true, subscribe: '*' }, is: { subscribe: '{topic}' } }],
  answer: [],
  closing: [],
  data_prefix: '{"table":"',
  batch: { list: 'args', topics_max: 20, answered: 'each' },
  begins: [
    '{"table":"{table}","action":"insert","data":[{"symbol":"{symbol}"',
    '{"table":"{table}","action":"update","data":[{"symbol":"{symbol}"',
    '{"table":"{table}","action":"delete","data":[{"symbol":"{symbol}"',
  ],
  names: [
    // What a table holds at first is of the symbol that was filtered by, and may be nothing.
    { is: { table: '{table}', 'filter.symbol': '{symbol}' } },
    { is: { table: '{table}', 'data.0.symbol': '{symbol}' } },
  ],
  aliases: {},
  binds: null,
  limits: { connects: { count: 3, ms: 1_000 } },
  // What a table holds at first is old.
  event_time: [
    { at: 'data.0.timestamp', unit: 'iso', when: { action: 'insert' } },
    { at: 'data.0.timestamp', unit: 'iso', when: { action: 'update' } },
  ],
  sequences: [],
  confirmed_by: 'recording',
};
