// Gate v4's spot feed, as data. All its messages begin alike, with the time, so each is looked into: for the sake of
// the notice that tells of a close.

import type { Preset } from '../protocol.js';

/** What an answer repeats of its request. */
const PAYLOAD = {
  channel: '{channel}',
  'payload.0': '{first}',
  'payload.1': '{second}',
  'payload.2': '{third}',
};

export const gate: Preset = {
  name: 'gate',
  hosts: ['api.gateio.ws'],
  // What stands behind the channel is the payload, in the order in which Gate wants it.
  topic: '{channel}:{first}[:{second}[:{third}]]',
  example: 'spot.trades:BTC_USDT',
  open: [],
  subscribe: [
    {
      time: '{time}',
      channel: '{channel}',
      event: 'subscribe',
      payload: ['{first}', '{second}', '{third}'],
    },
  ],
  unsubscribe: [
    {
      time: '{time}',
      channel: '{channel}',
      event: 'unsubscribe',
      payload: ['{first}', '{second}', '{third}'],
    },
  ],
  ping: [],
  binary: 'text',
  pong: [],
  refuse: [{ when: { event: 'subscribe', error: '*' }, words: 'error.message', is: PAYLOAD }],
  confirm: [{ when: { event: 'subscribe', error: '?' }, is: PAYLOAD }],
  answer: [],
  closing: [{ when: { channel: 'spot.system', 'result.type': 'upgrade' }, words: 'result.msg' }],
  data_prefix: '',
  batch: null,
  begins: [],
  names: [
    {
      of: '^spot\\.(trades|tickers):[^:]+$',
      is: { channel: '{channel}', 'result.currency_pair': '{first}' },
    },
    {
      of: '^spot\\.(book_ticker:[^:]+|order_book(_update)?:[^:]+:.+)$',
      is: { channel: '{channel}', 'result.s': '{first}' },
    },
    { of: '^spot\\.candlesticks:[^:]+:[^:]+$', is: { channel: '{channel}', 'result.n': '{first}_{second}' } },
  ],
  aliases: {},
  binds: null,
  limits: {},
  event_time: [{ at: 'time_ms', unit: 'ms' }],
  sequences: [
    {
      topic: ['channel', 'result.s'],
      of: '^spot\\.order_book_update:',
      first: 'result.U',
      last: 'result.u',
      step: 1,
      restart: { 'result.full': true },
    },
  ],
  confirmed_by: 'documentation',
};
