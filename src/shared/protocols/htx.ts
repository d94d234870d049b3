// HTX's (once Huobi's) spot feed, as data: gzip in binary frames. The server pings in its own words every 5 s and cuts
// who does not answer two of them.

import type { Preset } from '../protocol.js';

export const htx: Preset = {
  name: 'htx',
  hosts: ['huobi.pro'],
  topic: '{topic}',
  example: 'market.btcusdt.trade.detail',
  open: [],
  subscribe: [{ sub: '{topic}', id: '{n}' }],
  unsubscribe: [{ unsub: '{topic}', id: '{n}' }],
  ping: [],
  binary: 'gzip',
  pong: [],
  refuse: [{ when: { status: 'error' }, id: 'id', words: 'err-msg' }],
  confirm: [{ when: { status: 'ok', subbed: '*' }, id: 'id', is: { subbed: '{topic}' } }],
  answer: [{ when: { ping: '*' }, send: { pong: '{=ping}' } }],
  closing: [],
  data_prefix: '{"ch":"',
  batch: null,
  begins: ['{"ch":"{topic}"'],
  names: [{ is: { ch: '{topic}' } }],
  aliases: {},
  binds: null,
  limits: {},
  event_time: [{ at: 'ts', unit: 'ms' }],
  sequences: [],
  confirmed_by: 'recording',
};
