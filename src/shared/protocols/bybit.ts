// Bybit v5's public feeds, as data. The four markets answer in different forms: linear and inverse repeat
// `op`, options send `type: COMMAND_RESP` with the lists of topics that worked and that did not, and the
// pong is `op: "pong"` or an answer to `op: "ping"`.

import type { Preset } from '../protocol.js';

export const bybit: Preset = {
  name: 'bybit',
  hosts: ['bybit.com', 'bytick.com'],
  topic: '{topic}',
  example: 'orderbook.50.BTCUSDT',
  open: [],
  subscribe: [{ op: 'subscribe', req_id: '{id}', args: ['{topic}'] }],
  unsubscribe: [{ op: 'unsubscribe', req_id: '{id}', args: ['{topic}'] }],
  ping: [{ op: 'ping' }],
  binary: 'text',
  pong: [{ when: { op: 'pong' } }, { when: { op: 'ping', ret_msg: 'pong' } }],
  refuse: [
    // First, because its list says more than the `ret_msg` of a failure, which options leave out.
    {
      when: { type: 'COMMAND_RESP', 'data.failTopics': '*' },
      id: 'req_id',
      words: 'data.failTopics',
      topics: 'data.failTopics',
      others: 'confirmed',
    },
    // Whatever we asked, a failure that is no pong means that nothing will come.
    { when: { success: false }, id: 'req_id', words: 'ret_msg' },
  ],
  confirm: [
    { when: { op: 'subscribe', success: true }, id: 'req_id' },
    { when: { type: 'COMMAND_RESP', success: true, 'data.failTopics': '?' }, id: 'req_id' },
  ],
  answer: [],
  closing: [],
  data_prefix: '{"topic":"',
  // Spot's number of topics; the other markets state none.
  batch: { list: 'args', topics_max: 10, chars_max: 21_000, answered: 'together' },
  begins: ['{"topic":"{topic}"'],
  names: [{ is: { topic: '{topic}' } }],
  aliases: {},
  binds: null,
  limits: { connects: { count: 500, ms: 300_000 } },
  event_time: [{ at: 'ts', unit: 'ms' }],
  // An order book's update id. Its `seq`, like that of trades and the `cs` of tickers, is shared by all that the
  // exchange matches, so it leaps from message to message and tells nothing of a loss.
  sequences: [
    {
      topic: ['topic'],
      of: '^orderbook\\.\\d+\\.',
      first: 'data.u',
      last: 'data.u',
      step: 1,
      restart: { type: 'snapshot' },
    },
  ],
  confirmed_by: 'recording',
};
