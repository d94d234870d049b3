// Promises about single values: what each key takes, what it becomes, and the sentence that refuses the rest.

import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { KEYS } from '../../../src/shared/config/keys.js';
import { bybit } from '../../../src/shared/protocols/bybit.js';
import { ca_file, folder, load, onlyTopic, refused } from './loading.js';

const MIB = 1024 * 1024;

test('an empty configuration means the defaults of the contract', () => {
  const { settings, notes } = load({});
  expect(notes).toEqual([]);
  expect(settings).toEqual({
    output_dir: join(folder, 'output'),
    topics: [
      {
        topic: 'publicTrade.BTCUSDT',
        name: 'publicTrade.BTCUSDT',
        ws_url: 'wss://stream.bybit.com/v5/public/linear',
        protocol: bybit,
        buffer_size: 10000,
        buffer_bytes: 64 * MIB,
        max_message_bytes: 16 * MIB,
        overflow: 'pause',
        flush_interval_ms: 200,
        fsync: 'rotate',
        ping_interval_ms: 20000,
        stale_after_ms: 60000,
        silent_after_ms: 300000,
        silence_counts: false,
        compression: false,
        headers: {},
        ca_file: null,
        proxy: null,
        fast_path: true,
      },
    ],
    topics_per_process: 1,
    status_interval_ms: 30000,
    log_file: join(folder, 'system.log'),
    log_keep_days: 14,
    log_to_stdout: false,
    status_socket: '/tmp/streamer.sock',
    http_port: null,
    http_host: '127.0.0.1',
    http_token: null,
  });
});

test('every key is taken, durations become milliseconds and relative paths become absolute', () => {
  const { settings } = load({
    output_dir: 'data',
    topic: 'tickers.BTCUSDT',
    name: 'btc',
    ws_url: 'ws://127.0.0.1:9001/feed?a=b',
    buffer_size: 5,
    buffer_bytes: 2000,
    max_message_bytes: 1999,
    overflow: 'drop',
    flush_interval_ms: 1,
    fsync: 'interval',
    protocol: 'none',
    ping_interval: 0.5,
    stale_after: 1.5,
    silent_after: 0,
    compression: true,
    headers: { Host: 'feed.example', 'X.Key': 'secret' },
    ca_file: 'ca.pem',
    proxy: 'http://me:pass@proxy.example:3128',
    fast_path: false,
    topics_per_process: 50,
    status_interval: 5,
    log_file: '../streamer.log',
    log_keep_days: 1,
    log_to_stdout: true,
    status_socket: 's.sock',
    http_port: 8080,
    http_host: '0.0.0.0',
    http_token: 'secret',
  });
  expect(settings).toMatchObject({
    output_dir: join(folder, 'data'),
    topics_per_process: 50,
    status_interval_ms: 5000,
    log_file: join(folder, '../streamer.log'),
    log_keep_days: 1,
    log_to_stdout: true,
    status_socket: join(folder, 's.sock'),
    http_port: 8080,
    http_host: '0.0.0.0',
    http_token: 'secret',
  });
  expect(settings.topics[0]).toMatchObject({
    topic: 'tickers.BTCUSDT',
    name: 'btc',
    ws_url: 'ws://127.0.0.1:9001/feed?a=b',
    buffer_size: 5,
    buffer_bytes: 2000,
    max_message_bytes: 1999,
    overflow: 'drop',
    flush_interval_ms: 1,
    fsync: 'interval',
    ping_interval_ms: 500,
    stale_after_ms: 1500,
    silent_after_ms: 0,
    silence_counts: true,
    compression: true,
    headers: { Host: 'feed.example', 'X.Key': 'secret' },
    ca_file,
    proxy: 'http://me:pass@proxy.example:3128',
    fast_path: false,
  });
});

test('settings are frozen to the last leaf', () => {
  const { settings } = load({ headers: { A: 'b' }, protocol: { subscribe: { a: ['{topic}'] } } });
  const leaves: unknown[] = [settings];
  for (const leaf of leaves) {
    if (typeof leaf !== 'object' || leaf === null) continue;
    expect(Object.isFrozen(leaf)).toBe(true);
    leaves.push(...Object.values(leaf));
  }
  expect(leaves.length).toBeGreaterThan(30);
});

test('settings survive the way to a capture process as JSON unchanged', () => {
  const { settings } = load({ topics: ['a', { topic: 'b', headers: { A: 'b' }, protocol: 'none' }] });
  expect(JSON.parse(JSON.stringify(settings))).toEqual(settings);
});

const SECONDS = 'a number of seconds from 0.001 to 86400';
const whole = (min: number, max: number) => `a whole number from ${min} to ${max}`;

const REFUSED: readonly [key: string, value: unknown, sentence: string][] = [
  ['output_dir', '', 'output_dir must be a path, and not empty, not "".'],
  ['output_dir', 'a\0b', 'output_dir must be a path without control characters, not "a\\u0000b".'],
  ['log_file', 7, 'log_file must be a path, and not empty, not 7.'],
  [
    'log_file',
    'a%DATE%.log',
    'log_file must be a path without %DATE%: each day has its own file anyway, not "a%DATE%.log".',
  ],
  ['status_socket', null, 'status_socket must be a path, and not empty, not null.'],
  ['topic', '', 'topic must be text, and not empty, not "".'],
  ['topic', 'a\tb', 'topic must be text without control characters, not "a\\tb".'],
  ['topic', '\ud800', 'topic must be text without control characters, not "\\ud800".'],
  ['topic', ['a'], 'topic must be text, and not empty, not a list.'],
  ['topics', [], 'topics must be a list of 1 to 10000 topics, not an empty list.'],
  ['topics', 'a', 'topics must be a list of 1 to 10000 topics, not "a".'],
  ['topics', {}, 'topics must be a list of 1 to 10000 topics, not an object.'],
  ['topics', new Array(10_001).fill('a'), 'topics must be a list of 1 to 10000 topics, not a list of 10001.'],
  ['name', '', 'name must be text, and not empty, not "".'],
  ['buffer_size', 0, `buffer_size must be ${whole(1, 10_000_000)}, not 0.`],
  ['buffer_size', '12abc', `buffer_size must be ${whole(1, 10_000_000)}, not "12abc".`],
  ['buffer_size', '12', `buffer_size must be ${whole(1, 10_000_000)}, not "12".`],
  ['buffer_size', 1.5, `buffer_size must be ${whole(1, 10_000_000)}, not 1.5.`],
  ['buffer_bytes', '64 MiB', `buffer_bytes must be ${whole(2, 1024 * MIB)}, not "64 MiB".`],
  ['max_message_bytes', -1, `max_message_bytes must be ${whole(1, 1024 * MIB)}, not -1.`],
  ['overflow', 'wait', 'overflow must be one of "pause", "drop", not "wait".'],
  ['flush_interval_ms', 0, `flush_interval_ms must be ${whole(1, 60_000)}, not 0.`],
  ['flush_interval_ms', 60_001, `flush_interval_ms must be ${whole(1, 60_000)}, not 60001.`],
  ['fsync', true, 'fsync must be one of "rotate", "interval", "never", not true.'],
  ['ping_interval', 0, `ping_interval must be ${SECONDS}, not 0.`],
  ['stale_after', -1, `stale_after must be ${SECONDS}, not -1.`],
  [
    'silent_after',
    -1,
    'silent_after must be a number of seconds from 0.001 to 86400, or 0 for never, not -1.',
  ],
  ['topics_per_process', 0, 'topics_per_process must be a whole number from 1 to 1000, not 0.'],
  ['status_interval', 2_147_484, `status_interval must be ${SECONDS}, not 2147484.`],
  ['stale_after', '60', `stale_after must be ${SECONDS}, not "60".`],
  ['compression', 'no', 'compression must be true or false, not "no".'],
  ['log_to_stdout', 1, 'log_to_stdout must be true or false, not 1.'],
  ['log_keep_days', 0, `log_keep_days must be ${whole(1, 36_500)}, not 0.`],
  ['ws_url', 'https://x.example', 'ws_url must be a ws:// or wss:// URL, not "https://x.example".'],
  ['ws_url', 'wss:x.example', 'ws_url must be a ws:// or wss:// URL, not "wss:x.example".'],
  ['ws_url', ' wss://x.example', 'ws_url must be a ws:// or wss:// URL, not " wss://x.example".'],
  ['ws_url', 'wss://x.exa\tmple', 'ws_url must be a ws:// or wss:// URL, not "wss://x.exa\\tmple".'],
  ['ws_url', 'wss://', 'ws_url must be a ws:// or wss:// URL, not "wss://".'],
  ['ws_url', 5, 'ws_url must be a ws:// or wss:// URL, not 5.'],
  ['ws_url', 'wss://x.example/#a', 'ws_url must have no "#" part, unlike "wss://x.example/#a".'],
  ['ws_url', 'wss://x.example/#', 'ws_url must have no "#" part, unlike "wss://x.example/#".'],
  [
    'ws_url',
    'http://me:pw@x.example',
    'ws_url must be a ws:// or wss:// URL, not "http://me:***@x.example".',
  ],
  ['headers', [], 'headers must be an object of header names and texts, not an empty list.'],
  ['headers', { A: 1 }, 'headers.A must be text, not 1.'],
  ['headers', { A: { b: { c: 1 } } }, 'headers.A must be text, not an object.'],
  ['headers', { 'a b': 'c' }, 'headers["a b"] is not a header name that HTTP allows.'],
  ['headers', { '': 'c' }, 'headers[""] is not a header name that HTTP allows.'],
  ['headers', { Key: 'a\nb' }, 'headers.Key has a character that HTTP does not allow in a header.'],
  ['headers', { Upgrade: 'h2' }, 'headers.Upgrade belongs to the WebSocket handshake: remove it.'],
  ['headers', { connection: 'x' }, 'headers.connection belongs to the WebSocket handshake: remove it.'],
  [
    'headers',
    { 'Sec-WebSocket-Key': 'x' },
    'headers.Sec-WebSocket-Key belongs to the WebSocket handshake: remove it.',
  ],
  [
    'headers',
    { Origin: 'a', origin: 'b' },
    'headers.origin is there twice: capitals make no difference to HTTP.',
  ],
];

test.each(REFUSED)('%s refuses %j and says what is allowed', (key, value, sentence) => {
  expect(refused({ [key]: value })).toEqual([`config.json: ${sentence}`]);
});

test.each([
  'https://proxy.example:1',
  'socks5://proxy.example',
  'proxy.example:3128',
  'http://proxy.example/path',
  'http://proxy.example?a',
  'http://100%:x@proxy.example',
  8080,
])('proxy refuses %j', (proxy) => {
  const [sentence, ...others] = refused({ proxy });
  expect(others).toEqual([]);
  expect(sentence).toContain('config.json: proxy must be a URL of the form http://[user:password@]host:port');
});

test('a password in a refused proxy is not shown', () => {
  expect(refused({ proxy: 'https://me:hunter2@proxy.example' }).join()).not.toContain('hunter2');
});

test('headers, ca_file and proxy may be null, which means none', () => {
  expect(onlyTopic(load({ headers: null, ca_file: null, proxy: null }))).toMatchObject({
    headers: {},
    ca_file: null,
    proxy: null,
  });
});

test('a long bad value is cut in the sentence', () => {
  const [sentence] = refused({ overflow: 'x'.repeat(10_000) });
  expect(sentence).toContain('xxx…');
  expect(sentence?.length).toBeLessThan(200);
});

test('a bad value cannot steer the terminal that shows it', () => {
  const [sentence] = refused({ overflow: 'a\u001b[2J\u009b\u202e' });
  expect(sentence).toContain('"a\\u001b[2J\\u009b\\u202e"');
});

test('a ca_file that is missing, no file, or holds no certificate is refused with its path', () => {
  writeFileSync(join(folder, 'empty.pem'), '');
  symlinkSync('nowhere', join(folder, 'dangling.pem'));
  for (const name of ['missing.pem', 'dangling.pem', '.', 'empty.pem']) {
    const sentences = refused({ ca_file: name });
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toMatch(/^config\.json: ca_file: .*PEM certificates?|holds no PEM/);
    expect(sentences[0]).toContain(join(folder, name));
  }
});

test('a status_socket over 107 bytes as an absolute path is refused, one of 107 is not', () => {
  const longest = `/${'s'.repeat(106)}`;
  expect(load({ status_socket: longest }).settings.status_socket).toBe(longest);
  expect(refused({ status_socket: `${longest}s` })[0]).toContain('status_socket is 108 bytes long');
  const relative = 'é'.repeat(50);
  expect(refused({ status_socket: relative })[0]).toContain(
    `status_socket is ${Buffer.byteLength(join(folder, relative))} bytes long as an absolute path`,
  );
});

test('two things are not written to one path', () => {
  expect(refused({ log_file: 'x', status_socket: './x' })).toEqual([
    'config.json: status_socket is the same path as log_file: choose another.',
  ]);
  expect(refused({ output_dir: 'system.log' })).toEqual([
    'config.json: log_file is the same path as output_dir: choose another.',
  ]);
  expect(refused({ log_file: 'config.json' })).toEqual([
    'config.json: log_file is the same path as the configuration file itself: choose another.',
  ]);
});

test.each(['a%2Fb.ledger', 'a%2Fb.mark', 'a%2Fb_3600.jsonl'])(
  'the log is not written to %s, which a topic owns',
  (log_file) => {
    expect(refused({ topics: ['x', 'a/b'], log_file: `output/${log_file}` })).toEqual([
      'config.json: log_file is a path that the files of topics[1] use: choose another.',
    ]);
  },
);

test('the log may lie in the output folder under a name of its own', () => {
  const { settings } = load({ topic: 'a', log_file: 'output/a.log', status_socket: 'output/b.ledger' });
  expect(settings.log_file).toBe(join(folder, 'output/a.log'));
});

test('each default passes its own format', () => {
  for (const [key, { default: value, format }] of Object.entries(KEYS)) {
    if (value !== undefined) expect(format(value, key)).toEqual([]);
  }
});
