// Gate v4's spot feed, as data. All its messages begin alike, with the time, so each is looked into: for the sake of
// the notice that tells of a close.

import type { Preset } from '../protocol.js';

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
  ping: [],
  binary: 'text',
  pong: [],
  refuse: [{ when: { event: 'subscribe', error: '*' }, words: 'error.message' }],
  confirm: [{ when: { event: 'subscribe', error: '?' } }],
  answer: [],
  closing: [{ when: { channel: 'spot.system', 'result.type': 'upgrade' }, words: 'result.msg' }],
  data_prefix: '',
  limits: {},
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
