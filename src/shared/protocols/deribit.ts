// Deribit's public feeds, as data: JSON-RPC. Once it was told to send heartbeats it asks from time to time whether we
// are there, with a `test_request`, and closes if it gets no answer.

import type { Preset } from '../protocol.js';

export const deribit: Preset = {
  name: 'deribit',
  hosts: ['deribit.com'],
  topic: '{topic}',
  example: 'trades.BTC-PERPETUAL.100ms',
  open: [{ jsonrpc: '2.0', id: '{n}', method: 'public/set_heartbeat', params: { interval: 30 } }],
  subscribe: [{ jsonrpc: '2.0', id: '{n}', method: 'public/subscribe', params: { channels: ['{topic}'] } }],
  unsubscribe: [
    { jsonrpc: '2.0', id: '{n}', method: 'public/unsubscribe', params: { channels: ['{topic}'] } },
  ],
  ping: [],
  binary: 'text',
  pong: [{ when: { method: 'heartbeat' } }, { when: { result: 'ok' } }],
  refuse: [
    { when: { 'error.data.reason': '*' }, id: 'id', words: 'error.data.reason' },
    { when: { error: '*' }, id: 'id', words: 'error.message' },
    // What it does not know it leaves out of the list of channels.
    { when: { id: '*', result: '?' }, id: 'id', topics: 'result', others: 'refused' },
  ],
  confirm: [{ when: { 'result.0': '*' }, id: 'id', topics: 'result', others: 'refused' }],
  answer: [
    {
      when: { method: 'heartbeat', 'params.type': 'test_request' },
      send: { jsonrpc: '2.0', id: 0, method: 'public/test', params: {} },
    },
  ],
  closing: [],
  data_prefix: '{"jsonrpc":"2.0","method":"subscription"',
  // As many as were recorded in one request.
  batch: { list: 'params.channels', topics_max: 30, answered: 'together' },
  begins: ['{"jsonrpc":"2.0","method":"subscription","params":{"channel":"{topic}"'],
  names: [{ is: { 'params.channel': '{topic}' } }],
  aliases: {},
  binds: null,
  limits: { requests: { count: 3, ms: 1_000 } },
  event_time: [
    { at: 'params.data.timestamp', unit: 'ms' },
    { at: 'params.data.0.timestamp', unit: 'ms' },
  ],
  sequences: [
    {
      topic: ['params.channel'],
      of: '^book\\.',
      first: 'params.data.prev_change_id',
      last: 'params.data.change_id',
      step: 0,
      restart: { 'params.data.type': 'snapshot' },
    },
  ],
  confirmed_by: 'recording',
};
