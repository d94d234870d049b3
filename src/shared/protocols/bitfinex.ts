// Bitfinex v2's public feed, as data: what is no event is a list that begins with the channel's number, heartbeats
// too. Its numbers (the flag SEQ_ALL) count all messages of a connection and are not asked for.

import type { Preset } from '../protocol.js';

export const bitfinex: Preset = {
  name: 'bitfinex',
  hosts: ['api-pub.bitfinex.com'],
  // A symbol may hold a colon.
  topic: '{channel}:{symbol}[/{prec}/{freq}/{len}]',
  example: 'trades:tBTCUSD',
  open: [],
  subscribe: [
    {
      event: 'subscribe',
      channel: '{channel}',
      symbol: '{symbol}',
      prec: '{prec}',
      freq: '{freq}',
      len: '{len}',
    },
  ],
  unsubscribe: [{ event: 'unsubscribe', chanId: '{bound}' }],
  ping: [],
  binary: 'text',
  pong: [{ when: { event: 'info' } }],
  refuse: [{ when: { event: 'error' }, words: 'msg' }],
  confirm: [{ when: { event: 'subscribed' } }],
  answer: [],
  closing: [],
  data_prefix: '[',
  batch: null,
  begins: [],
  names: [
    {
      is: { channel: '{channel}', symbol: '{symbol}', prec: '{prec}', freq: '{freq}', len: '{len}' },
    },
    // What a book leaves out it is told by default.
    { is: { channel: '{channel}', symbol: '{symbol}' } },
  ],
  aliases: {},
  binds: { when: { event: 'subscribed' }, value: 'chanId', at: '0', begins: '[{bound},' },
  limits: { topics_max: 25 },
  // Trades alone state one: `[chanId, "te", [id, time, …]]`.
  event_time: [{ at: '2.1', unit: 'ms', when: { '1': 'te' } }],
  sequences: [],
  confirmed_by: 'recording',
};
