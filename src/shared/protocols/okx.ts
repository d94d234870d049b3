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
  unsubscribe: [{ op: 'unsubscribe', args: [{ channel: '{channel}', instId: '{instId}' }] }],
  ping: ['ping'],
  binary: 'text',
  pong: [{ text: 'pong' }],
  refuse: [{ when: { event: 'error' }, words: 'msg' }],
  confirm: [{ when: { event: 'subscribe' } }],
  answer: [],
  closing: [{ when: { event: 'notice', code: '64008' }, words: 'msg' }],
  data_prefix: '{"arg":',
  // As many as were recorded in one request.
  batch: { list: 'args', topics_max: 30, answered: 'each' },
  begins: ['{"arg":{"channel":"{channel}","instId":"{instId}"'],
  names: [{ is: { 'arg.channel': '{channel}', 'arg.instId': '{instId}' } }],
  aliases: {},
  binds: null,
  limits: { connects: { count: 3, ms: 1_000 }, requests: { count: 480, ms: 3_600_000 } },
  event_time: [{ at: 'data.0.ts', unit: 'ms' }],
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
