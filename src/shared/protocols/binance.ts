// Binance's public streams, as data: spot and USD-M futures speak alike and differ in what counts their messages.
// They are asked on the combined endpoint (`/stream`), because only there a message names its stream; on `/ws`
// every message is looked into. Who pings is the server, with ping frames.

import type { Preset, Sequence } from '../protocol.js';

/** One more with each trade of a symbol. */
const trades: Sequence = {
  topic: ['stream'],
  of: '^[^@]+@trade$',
  first: 'data.t',
  last: 'data.t',
  step: 1,
};

export const binance: Preset = {
  name: 'binance',
  hosts: ['stream.binance.com', 'data-stream.binance.vision'],
  topic: '{symbol}@{stream}',
  example: 'btcusdt@trade',
  open: [],
  subscribe: [{ method: 'SUBSCRIBE', params: ['{topic}'], id: '{n}' }],
  unsubscribe: [{ method: 'UNSUBSCRIBE', params: ['{topic}'], id: '{n}' }],
  ping: [],
  binary: 'text',
  pong: [],
  refuse: [
    { when: { code: '*', msg: '*' }, id: 'id', words: 'msg' },
    { when: { 'error.code': '*' }, id: 'id', words: 'error.msg' },
  ],
  confirm: [{ when: { result: null, id: '*' }, id: 'id' }],
  answer: [],
  closing: [{ when: { e: 'serverShutdown' }, words: 'e' }],
  data_prefix: '{"stream":"',
  // How much one request may hold is not documented: more than 400 streams were met with silence.
  batch: { list: 'params', topics_max: 100, chars_max: 4_000, answered: 'together' },
  begins: ['{"stream":"{topic}"'],
  names: [{ is: { stream: '{topic}' } }],
  aliases: {},
  binds: null,
  limits: { connects: { count: 300, ms: 300_000 }, requests: { count: 5, ms: 1_000 }, topics_max: 1_024 },
  // On the combined endpoint, and on `/ws`. Spot's bookTicker and partial books state none.
  event_time: [
    { at: 'data.E', unit: 'ms' },
    { at: 'E', unit: 'ms' },
  ],
  sequences: [
    trades,
    { topic: ['stream'], of: '^[^@]+@depth(@\\d+ms)?$', first: 'data.U', last: 'data.u', step: 1 },
  ],
  confirmed_by: 'documentation',
};

/** Its streams are on two routes: one that does not belong to the URL's is confirmed, and stays silent. */
export const binance_usdm: Preset = {
  ...binance,
  name: 'binance-usdm',
  hosts: ['fstream.binance.com'],
  // Streams of all symbols, such as !bookTicker, are a single word.
  topic: '{symbol}[@{stream}]',
  example: 'btcusdt@depth@100ms',
  closing: [],
  limits: { requests: { count: 10, ms: 1_000 }, topics_max: 1_024 },
  sequences: [
    trades,
    { topic: ['stream'], of: '^[^@]+@depth(@\\d+ms)?$', first: 'data.pu', last: 'data.u', step: 0 },
  ],
  confirmed_by: 'recording of data',
};
