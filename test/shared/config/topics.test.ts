// Promises about the list of topics and what one topic may say for itself.

import { expect, test } from 'vitest';
import { loadSettings } from '../../../src/shared/config/load.js';
import { ca_file, folder, load, onlyTopic, refused } from './loading.js';

test('topics are names or objects, and an object sets any per-topic key again', () => {
  const { settings } = load({
    ws_url: 'ws://one.example',
    buffer_size: 7,
    headers: { A: 'top' },
    topics: [
      'a',
      { topic: 'b', name: 'bee', ws_url: 'wss://two.example', buffer_size: 8, headers: { B: 'own' } },
      { topic: 'c', stale_after: 5, ca_file: 'ca.pem', proxy: null, compression: true },
    ],
  });
  const [a, b, c] = settings.topics;
  expect(a).toMatchObject({ topic: 'a', name: 'a', ws_url: 'ws://one.example', buffer_size: 7 });
  expect(b).toMatchObject({ topic: 'b', name: 'bee', ws_url: 'wss://two.example', headers: { B: 'own' } });
  expect(b?.headers).toEqual({ B: 'own' });
  expect(c).toMatchObject({ headers: { A: 'top' }, stale_after_ms: 5000, ca_file, compression: true });
});

test('the order of the topics is kept', () => {
  const topics = ['c', 'a', 'b'];
  expect(load({ topics }).settings.topics.map(({ topic }) => topic)).toEqual(topics);
});

test('topic and topics together are refused', () => {
  expect(refused({ topic: 'a', topics: ['b'] })).toEqual([
    'config.json: topic and topics are both set: remove one of them.',
  ]);
});

const REFUSED: readonly [what: string, item: unknown, sentence: string][] = [
  ['an empty name', '', 'topics[1] must be text, and not empty, not "".'],
  ['a control character', 'a\nb', 'topics[1] must be text without control characters, not "a\\nb".'],
  ['a number', 5, 'topics[1] must be a topic\'s name or an object with "topic", not 5.'],
  ['a list', ['a'], 'topics[1] must be a topic\'s name or an object with "topic", not a list.'],
  ['null', null, 'topics[1] must be a topic\'s name or an object with "topic", not null.'],
  ['no topic', { name: 'x' }, 'topics[1] needs "topic": the name of the topic to capture.'],
  ['an empty topic', { topic: '' }, 'topics[1].topic must be text, and not empty, not "".'],
  ['a bad value', { topic: 'b', overflow: 1 }, 'topics[1].overflow must be one of "pause", "drop", not 1.'],
  ['a bad name', { topic: 'b', name: 'x\0' }, 'topics[1].name must be text without control characters, not'],
  [
    'a misspelt key',
    { topic: 'b', bufer_size: 1 },
    'topics[1].bufer_size is not a known key: did you mean buffer_size?',
  ],
  ['an odd key', { topic: 'b', 'a.b\n': 1 }, 'topics[1]["a.b\\n"] is not a known key: remove it.'],
  [
    'a top-level key',
    { topic: 'b', log_file: 'x' },
    'topics[1].log_file holds for all topics: move it to the top level.',
  ],
  ['a key of the whole', { topic: 'b', http_port: 1 }, 'topics[1].http_port holds for all topics: move it'],
  ['a bad header', { topic: 'b', headers: { Upgrade: 'x' } }, 'topics[1].headers.Upgrade belongs to'],
  ['a missing file', { topic: 'b', ca_file: 'none.pem' }, 'topics[1].ca_file: the file cannot be read'],
  ['a name taken', 'a', 'topics[1] has the same name as topics[0], "a": give one another "name".'],
  ['a name taken by name', { topic: 'b', name: 'a' }, 'topics[1] has the same name as topics[0], "a"'],
  [
    'no room',
    { topic: 'b', buffer_bytes: 16777216 },
    'topics[1]: max_message_bytes (16777216) must be less than buffer_bytes (16777216).',
  ],
];

test.each(REFUSED)(
  'an item of topics with %s is refused by its place in the list',
  (_what, item, sentence) => {
    const sentences = refused({ topics: ['a', item] });
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toContain(`config.json: ${sentence}`);
  },
);

test('a topic twice is captured twice where each has a name', () => {
  const { settings } = load({ topics: ['a', { topic: 'a', name: 'a2', ws_url: 'ws://other.example' }] });
  expect(settings.topics.map(({ topic, name }) => [topic, name])).toEqual([
    ['a', 'a'],
    ['a', 'a2'],
  ]);
});

test('names that differ in capitals only are allowed, and the log is told', () => {
  const { settings, notes } = load({ topics: ['btc', 'BTC'] });
  expect(settings.topics).toHaveLength(2);
  expect(notes).toEqual([
    'The names "btc" and "BTC" differ in capitals only: not every file system tells them apart',
  ]);
});

test('a name at the top level names the files of the only topic', () => {
  expect(onlyTopic(load({ topic: 'a', name: 'x' }))).toMatchObject({ topic: 'a', name: 'x' });
  expect(onlyTopic(load({ topics: ['a'], name: 'x' })).name).toBe('x');
  expect(refused({ topics: ['a', 'b', { topic: 'c', name: 'c' }], name: 'x' })).toEqual([
    'config.json: name cannot name the files of 2 topics: give each of them a "name" of its own in topics.',
  ]);
});

test('a name over 180 bytes once encoded is refused, one of 180 is not', () => {
  expect(onlyTopic(load({ topic: 'a'.repeat(180) })).name).toHaveLength(180);
  const shorter = 'is 181 bytes long in file names, over the 180 allowed: choose a shorter "name".';
  expect(refused({ topic: 'a'.repeat(181) })[0]).toContain(shorter);
  expect(refused({ topics: [`a${'/'.repeat(60)}`] })[0]).toContain(shorter);
  expect(refused({ topic: 'a', name: 'a'.repeat(181) })[0]).toContain(`config.json: name "aaa`);
  expect(onlyTopic(load({ topic: 'a'.repeat(181), name: 'a' })).name).toBe('a');
});

test('a message must fit its buffer, and one mistake for all topics is told once', () => {
  expect(refused({ buffer_bytes: 1000, topics: ['a', 'b'] })).toEqual([
    'config.json: max_message_bytes (16777216) must be less than buffer_bytes (1000).',
  ]);
  expect(refused({ max_message_bytes: 67108864 })).toEqual([
    'config.json: max_message_bytes (67108864) must be less than buffer_bytes (67108864).',
  ]);
  expect(onlyTopic(load({ topics: [{ topic: 'a', buffer_bytes: 2, max_message_bytes: 1 }] }))).toMatchObject({
    buffer_bytes: 2,
  });
});

test('all mistakes are told at once, each with its own path', () => {
  const sentences = refused({
    bufer_size: 1,
    http_port: -1,
    overflow: 'x',
    fsync: 'x',
    topics: ['a', 'a', { topic: 'b', overflow: 'y', colour: 'red' }, 7],
    status_socket: 'x'.repeat(200),
  });
  expect(sentences.map((sentence) => sentence.split(' ')[1])).toEqual([
    'bufer_size',
    'overflow',
    'fsync',
    'http_port',
    'topics[2].overflow',
    'topics[2].colour',
    'topics[3]',
    'topics[1]',
    'status_socket',
  ]);
});

test('a bad value is not judged together with others', () => {
  expect(refused({ buffer_bytes: 'a', max_message_bytes: 1024 ** 3 })).toHaveLength(1);
  expect(
    refused({
      topics: [
        { topic: 'a', name: 5 },
        { topic: 'a', name: 5 },
      ],
    }),
  ).toHaveLength(2);
});

test('a thousand topics load in well under 200 ms, and ten thousand load', () => {
  const topics = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ topic: `tickers.${i}`, name: `n${i}`, buffer_size: 100 + i }));
  load({ topics: topics(10) });
  const env = { STREAMER_TOPICS: JSON.stringify(topics(1000)) };
  const started_ms = performance.now();
  const { settings } = loadSettings({ config_path: null, env, cwd: folder });
  expect(performance.now() - started_ms).toBeLessThan(200);
  expect(settings.topics).toHaveLength(1000);
  expect(load({ topics: topics(10_000) }).settings.topics).toHaveLength(10_000);
});
