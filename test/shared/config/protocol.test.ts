// Promises about the `protocol` key: presets, a user's own object, and whose ping interval holds.

import { expect, test } from 'vitest';
import { load, onlyTopic, refused } from './loading.js';

const topicOf = (values: object) => onlyTopic(load({ topic: 'a', ...values }));

test('a preset is chosen by name, else by the host, else it is Bybit', () => {
  expect(topicOf({ protocol: 'none' }).protocol.name).toBe('none');
  expect(topicOf({ protocol: 'bybit', ws_url: 'ws://x.example' }).protocol.name).toBe('bybit');
  expect(topicOf({ ws_url: 'wss://stream.bytick.com/v5/public/spot' }).protocol.name).toBe('bybit');
  expect(topicOf({ ws_url: 'ws://127.0.0.1:9000' }).protocol.name).toBe('bybit');
});

test('an object of no keys speaks to a server that needs nothing', () => {
  expect(topicOf({ protocol: {} }).protocol).toEqual({
    name: 'custom',
    topic: '{topic}',
    open: [],
    subscribe: [],
    unsubscribe: [],
    ping: [],
    binary: 'text',
    confirm: [],
    refuse: [],
    pong: [],
    answer: [],
    closing: [],
    data_prefix: '',
    batch: null,
    begins: [],
    names: [],
    aliases: {},
    binds: null,
    limits: {},
    event_time: [],
  });
});

test('messages are JSON or text, one or a list, and null is none', () => {
  const messages = (subscribe: unknown) => topicOf({ protocol: { subscribe } }).protocol.subscribe;
  expect(messages({ op: '{topic}' })).toEqual([{ op: '{topic}' }]);
  expect(messages('sub {topic}')).toEqual(['sub {topic}']);
  expect(messages(['hello', { a: 1 }])).toEqual(['hello', { a: 1 }]);
  expect(messages([['a', 'list']])).toEqual([['a', 'list']]);
  expect(messages(null)).toEqual([]);
  expect(messages([])).toEqual([]);
});

test('an own object is taken as it is', () => {
  const protocol = {
    name: 'own',
    topic: '{a}',
    open: ['hello'],
    subscribe: [{ 'dotted.key': { deep: '{topic}' } }, { un: ['{topic}'] }],
    unsubscribe: [{ un: ['{topic}'] }],
    ping: ['ping'],
    binary: 'gzip',
    confirm: [{ when: { 'arg.channel': '*', ok: true }, id: 'id', is: { arg: '{a}' } }],
    refuse: [
      { when: { event: 'error', code: 5, x: null }, words: 'msg', topics: 'failed', others: 'confirmed' },
    ],
    pong: [{ when: { op: 'pong' } }, { text: 'pong' }],
    answer: [{ when: { ping: '*' }, send: { pong: '{=ping}' } }],
    closing: [{ when: { bye: '*' }, words: 'bye' }],
    data_prefix: '{"arg"',
    batch: { list: 'un', topics_max: 10, chars_max: 500, answered: 'each' },
    begins: ['{"arg":"{a}"'],
    names: [{ of: '^a', when: { x: 1 }, is: { arg: '{a}', 'data.0.b': 'c' } }],
    aliases: { a: { trades: ['trade', 'last'] } },
    binds: { when: { event: 'bound' }, value: 'id', at: '0', begins: '[{bound},' },
    limits: {
      connects: { count: 3, ms: 1_000 },
      host_requests: { count: 8, ms: 1_000 },
      requests: { count: 480, ms: 3_600_000 },
      topics_max: 100,
    },
    event_time: [
      { at: 'data.0.ts', unit: 'us', when: { type: 'update' } },
      { at: 'time', unit: 'iso' },
    ],
  };
  expect(topicOf({ protocol }).protocol).toEqual(protocol);
});

test('ping_interval is the key of the topic, else of all topics, else of the protocol, else 20 s', () => {
  const protocol = { ping_interval: 3 };
  expect(topicOf({}).ping_interval_ms).toBe(20000);
  expect(topicOf({ protocol }).ping_interval_ms).toBe(3000);
  expect(topicOf({ protocol, ping_interval: 4 }).ping_interval_ms).toBe(4000);
  const topics = [{ topic: 'a', ping_interval: 5 }];
  expect(onlyTopic(load({ protocol, ping_interval: 4, topics })).ping_interval_ms).toBe(5000);
});

const REFUSED: readonly [what: string, protocol: unknown, sentence: string][] = [
  [
    'a preset that is none',
    'mtgox',
    'protocol must be the name of a preset ("streamer protocols" lists them) or an object, not "mtgox".',
  ],
  [
    'a misspelt preset',
    'bybitt',
    'protocol must be the name of a preset ("streamer protocols" lists them) or an object, not "bybitt": did you mean "bybit"?',
  ],
  [
    'null',
    null,
    'protocol must be the name of a preset ("streamer protocols" lists them) or an object, not null.',
  ],
  [
    'a list',
    ['none'],
    'protocol must be the name of a preset ("streamer protocols" lists them) or an object, not a list.',
  ],
  ['an unknown key', { subscribes: 1 }, 'protocol.subscribes is not a known key: did you mean subscribe?'],
  ['an empty name', { name: '' }, 'protocol.name must be text, and not empty, not "".'],
  ['an empty message', { ping: '' }, 'protocol.ping is empty: to send nothing, write null for the whole.'],
  ['a null among messages', { subscribe: ['a', null] }, 'protocol.subscribe[1] is empty: to send nothing'],
  ['no interval', { ping_interval: 0 }, 'protocol.ping_interval must be a number of seconds from 0.001'],
  [
    'a wrong packing',
    { binary: 'zip' },
    'protocol.binary must be one of "text", "gzip", "deflate", "deflate-raw", not "zip".',
  ],
  ['limits that are none', { limits: 5 }, 'protocol.limits must be an object, not 5.'],
  ['a limit without a time', { limits: { connects: { count: 3 } } }, 'protocol.limits.connects needs "ms".'],
  [
    'a limit of nothing',
    { limits: { topics_max: 0 } },
    'protocol.limits.topics_max must be a whole number from 1 to 10000, not 0.',
  ],
  ['a batch that is none', { batch: 10 }, 'protocol.batch must be an object, not 10.'],
  ['a batch of what', { batch: { topics_max: 5 } }, 'protocol.batch needs "list".'],
  [
    'a batch of nothing',
    { batch: { list: 'a', topics_max: 0 } },
    'protocol.batch.topics_max must be a whole number from 1 to 10000, not 0.',
  ],
  [
    'a batch that is answered otherwise',
    { batch: { list: 'a', topics_max: 2, answered: 'once' } },
    'protocol.batch.answered must be one of "together", "each", not "once".',
  ],
  [
    'a batch of what is no list',
    { subscribe: { args: '{topic}' }, batch: { list: 'args', topics_max: 5 } },
    'protocol.batch.list "args" is no list in protocol.subscribe.',
  ],
  [
    'a batch where nothing is sent',
    { batch: { list: 'a', topics_max: 5 } },
    'protocol.batch.list "a" is no list',
  ],
  ['a beginning alone', { begins: '{' }, 'protocol.begins must be a list of texts, not "{".'],
  ['an empty beginning', { begins: [''] }, 'protocol.begins[0] must be text, and not empty, not "".'],
  [
    'a misspelt part of a beginning',
    { topic: '{channel}', begins: ['{"a":"{chanel}"'] },
    'protocol.begins has {chanel}, which is no part of the topic: did you mean {channel}?',
  ],
  [
    'other words for a part that is none',
    { topic: '{channel}', aliases: { chanel: { trades: ['trade'] } } },
    'protocol.aliases has {chanel}, which is no part of the topic: did you mean {channel}?',
  ],
  [
    'a misspelt part of an answer',
    { topic: '{channel}', refuse: [{ when: { a: 1 }, is: { b: '{chanel}' } }] },
    'protocol.refuse has {chanel}, which is no part of the topic: did you mean {channel}?',
  ],
  [
    'a number in a name, which differs from request to request',
    { names: [{ is: { a: '{id}' } }] },
    'protocol.names has {id}, which is no part of the topic: ',
  ],
  ['a name of nothing', { names: [{ when: { a: 1 } }] }, 'protocol.names[0] needs "is".'],
  [
    'a name of no path',
    { names: [{ is: {} }] },
    'protocol.names[0].is must be an object of one or more dotted paths and texts',
  ],
  [
    'a name that is no text',
    { names: [{ is: { a: 1 } }] },
    'protocol.names[0].is.a must be text, and not empty, not 1.',
  ],
  [
    'no regular expression',
    { names: [{ of: '(', is: { a: 'b' } }] },
    'protocol.names[0].of must be a regular expression, not "(".',
  ],
  [
    'other words that are no list',
    { aliases: { a: { trades: 'trade' } } },
    'protocol.aliases.a.trades must be a list of words, not "trade".',
  ],
  [
    'other words for no part',
    { aliases: {} },
    'protocol.aliases must be an object of one or more parts, not an object.',
  ],
  [
    'a binding without its value',
    { binds: { when: { a: 1 }, at: '0', begins: '[{bound}' } },
    'protocol.binds needs "value".',
  ],
  [
    'a binding that no message shows',
    { binds: { when: { a: 1 }, value: 'id', at: '0', begins: '[' } },
    'protocol.binds.begins must have {bound} in it, not be "[".',
  ],
  ['a time without its unit', { event_time: [{ at: 'ts' }] }, 'protocol.event_time[0] needs "unit".'],
  [
    'a unit that is none',
    { event_time: [{ at: 'ts', unit: 'min' }] },
    'protocol.event_time[0].unit must be one of "s", "ms", "us", "ns", "iso", not "min".',
  ],
  [
    'a time that is no list',
    { event_time: { at: 'ts', unit: 'ms' } },
    'protocol.event_time must be a list, not an object.',
  ],
  [
    'a place that is no object',
    { event_time: ['ts'] },
    'protocol.event_time[0] must be an object with "at" and "unit", not "ts".',
  ],
  [
    'others that are neither',
    { confirm: [{ when: { a: 1 }, others: 'unknown' }] },
    'protocol.confirm[0].others must be one of "confirmed", "refused", not "unknown".',
  ],
  [
    'what a pong cannot name',
    { pong: [{ when: { a: 1 }, topics: 'b' }] },
    'protocol.pong[0].topics is not a known key: ',
  ],
  ['a wrong prefix', { data_prefix: null }, 'protocol.data_prefix must be text, not null.'],
  [
    'a rule alone',
    { confirm: { when: { a: 1 } } },
    'protocol.confirm must be a list of rules, not an object.',
  ],
  ['a rule of text', { refuse: ['x'] }, 'protocol.refuse[0] must be an object with "when", not "x".'],
  [
    'a rule for all',
    { pong: [{}] },
    'protocol.pong[0] needs "when": what the message holds; or "text": the whole of it.',
  ],
  [
    'a rule of both kinds',
    { pong: [{ when: { a: 1 }, text: 'pong' }] },
    'protocol.pong[0] has both "when" and "text": remove one of them.',
  ],
  ['an empty text', { pong: [{ text: '' }] }, 'protocol.pong[0].text must be text, and not empty, not "".'],
  [
    'an answer without a message',
    { answer: [{ when: { ping: '*' } }] },
    'protocol.answer[0] needs "send": the message to send.',
  ],
  [
    'an empty answer',
    { answer: [{ text: 'ping', send: '' }] },
    'protocol.answer[0].send is empty: write the message to send.',
  ],
  [
    'an answer with words',
    { answer: [{ text: 'ping', send: 'pong', words: 'x' }] },
    'protocol.answer[0].words is not a known key',
  ],
  [
    'a notice with an id',
    { closing: [{ when: { a: 1 }, id: 'x' }] },
    'protocol.closing[0].id is not a known key',
  ],
  [
    'a form that is none',
    { topic: '{channel}:[{symbol}' },
    'protocol.topic must be a form like "{channel}:{symbol}" or "{channel}[:{symbol}]", not "{channel}:[{symbol}".',
  ],
  ['a form with a part twice', { topic: '{a}:{a}' }, 'protocol.topic must be a form like'],
  ['a form without a part', { topic: 'trades' }, 'protocol.topic must be a form like'],
  ["a form with a request's number", { topic: '{id}:{n}' }, 'protocol.topic must be a form like'],
  [
    'a misspelt part',
    { topic: '{channel}:{symbol}', subscribe: { ch: ['{chanel}', '{symbol}', '{n}', '{chanel}'] } },
    'protocol.subscribe has {chanel}, which is no part of the topic: did you mean {channel}?',
  ],
  [
    'a part of another form',
    { data_prefix: '{"ch":"{instrument}"' },
    'protocol.data_prefix has {instrument}, which is no part of the topic: name it in protocol.topic.',
  ],
  ['an empty opening', { open: '' }, 'protocol.open is empty: to send nothing, write null for the whole.'],
  [
    'an empty when',
    { pong: [{ when: {} }] },
    'protocol.pong[0].when must be an object of one or more dotted paths',
  ],
  [
    'a when of text',
    { pong: [{ when: 'x' }] },
    'protocol.pong[0].when must be an object of one or more dotted paths',
  ],
  ['an empty path', { pong: [{ when: { '': 1 } }] }, 'protocol.pong[0].when[""] is no path into a message.'],
  [
    'an object to match',
    { pong: [{ when: { a: {} } }] },
    'protocol.pong[0].when.a must be text, a number, true, false or null',
  ],
  [
    'a misspelt rule',
    { pong: [{ when: { a: 1 }, word: 'x' }] },
    'protocol.pong[0].word is not a known key: did you mean words?',
  ],
  ['no path for words', { refuse: [{ when: { a: 1 }, words: 1 }] }, 'protocol.refuse[0].words must be text'],
];

test.each(REFUSED)('%s is refused by its path', (_what, protocol, sentence) => {
  const [first, ...others] = refused({ protocol });
  expect(others).toEqual([]);
  expect(first).toContain(`config.json: ${sentence}`);
});

test('a topic that its preset does not write so is refused with the form and an example', () => {
  const okx = 'wss://ws.okx.com:8443/ws/v5/public';
  const sentence = 'is no topic of okx: write {channel}:{instId}, as in "trades:BTC-USDT".';
  expect(refused({ ws_url: okx, topic: 'tickers' })).toEqual([`config.json: topic "tickers" ${sentence}`]);
  expect(refused({ ws_url: okx, topics: ['trades:BTC-USDT', 'books:'] })).toEqual([
    `config.json: topics[1] "books:" ${sentence}`,
  ]);
  expect(refused({ topics: ['x', { topic: 'y', protocol: 'okx' }, { topic: 'z', ws_url: okx }] })).toEqual([
    `config.json: topics[1] "y" ${sentence}`,
    `config.json: topics[2] "z" ${sentence}`,
  ]);
  expect(refused({ topic: 'x', protocol: { name: 'own', topic: '{a}/{b}' } })).toEqual([
    'config.json: topic "x" is no topic of own: write {a}/{b}.',
  ]);
  // The topic that is captured where none is named is Bybit's.
  expect(refused({ ws_url: okx })[0]).toContain(`topic "publicTrade.BTCUSDT" ${sentence}`);
});

test('a topic whose protocol is wrong is not judged as well', () => {
  const ws_url = 'wss://ws.okx.com';
  expect(refused({ ws_url, protocol: 'ok', topic: 'x' })).toHaveLength(1);
  expect(refused({ ws_url, topics: [{ topic: 'x', protocol: { subscribes: 1 } }] })).toHaveLength(1);
  expect(refused({ ws_url: 'okx.com', topic: 'x' })).toHaveLength(1);
});

test('braces of a regular expression are no part of the topic', () => {
  const names = [{ of: '^a{2}$', is: { x: '{topic}' } }];
  expect(topicOf({ protocol: { names } }).protocol.names).toEqual(names);
});

test('a batch is answered as a whole unless it is said that each topic is', () => {
  const protocol = { subscribe: { args: ['{topic}'] }, batch: { list: 'args', topics_max: 5 } };
  expect(topicOf({ protocol }).protocol.batch).toEqual({ list: 'args', topics_max: 5, answered: 'together' });
});
