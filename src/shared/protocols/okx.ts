// OKX v5's public feeds, as data. It closes what is idle for 30 s, so it is sent the text `ping`; a notice tells of
// a close one minute before.

import type { Preset } from '../protocol.js';

export const okx: Preset = {
  name: 'okx',
  hosts: ['okx.com'],
  topic: '{channel}:{instId}',
  example: 'trades:BTC-USDT',
  open: [],
  subscribe: [{ op: 'subscribe', args: [{ channel: '{channel}', instId: '{instId}' }] }],
  ping: ['ping'],
  binary: 'text',
  pong: [{ text: 'pong' }],
  refuse: [{ when: { event: 'error' }, words: 'msg' }],
  confirm: [{ when: { event: 'subscribe' } }],
  answer: [],
  closing: [{ when: { event: 'notice', code: '64008' }, words: 'msg' }],
  data_prefix: '{"arg":',
  limits: {},
  // Only books count: each names the number of the one before.
  sequences: [
    {
      topic: ['arg.channel', 'arg.instId'],
      of: '^books',
      first: 'data.0.prevSeqId',
      last: 'data.0.seqId',
      step: 0,
      restart: { action: 'snapshot' },
    },
  ],
  confirmed_by: 'recording',
};
