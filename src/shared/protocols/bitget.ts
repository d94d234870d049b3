// Bitget v2's public feeds, as data. It cuts who sends no text `ping` for 2 min. A book's `seq` grows by no fixed step.

import type { Preset } from '../protocol.js';

export const bitget: Preset = {
  name: 'bitget',
  hosts: ['ws.bitget.com'],
  topic: '{instType}:{channel}:{instId}',
  example: 'USDT-FUTURES:trade:BTCUSDT',
  open: [],
  subscribe: [
    { op: 'subscribe', args: [{ instType: '{instType}', channel: '{channel}', instId: '{instId}' }] },
  ],
  unsubscribe: [
    { op: 'unsubscribe', args: [{ instType: '{instType}', channel: '{channel}', instId: '{instId}' }] },
  ],
  ping: ['ping'],
  binary: 'text',
  pong: [{ text: 'pong' }],
  refuse: [{ when: { event: 'error' }, words: 'msg' }],
  confirm: [{ when: { event: 'subscribe' } }],
  answer: [],
  closing: [],
  data_prefix: '{"action":"',
  batch: { list: 'args', topics_max: 10, answered: 'each' },
  begins: [
    '{"action":"update","arg":{"instType":"{instType}","channel":"{channel}","instId":"{instId}"',
    '{"action":"snapshot","arg":{"instType":"{instType}","channel":"{channel}","instId":"{instId}"',
  ],
  names: [{ is: { 'arg.instType': '{instType}', 'arg.channel': '{channel}', 'arg.instId': '{instId}' } }],
  aliases: {},
  binds: null,
  limits: { requests: { count: 10, ms: 1_000 } },
  event_time: [{ at: 'ts', unit: 'ms' }],
  sequences: [],
  confirmed_by: 'documentation',
};
