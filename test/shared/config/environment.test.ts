// Promises about STREAMER_<KEY> in the environment.

import { expect, test } from 'vitest';
import { KEYS } from '../../../src/shared/config/keys.js';
import { loadSettings } from '../../../src/shared/config/load.js';
import { folder, load, onlyTopic, refused } from './loading.js';

test('a variable overrides the file for every key', () => {
  const topic_values = {
    NAME: 'n',
    WS_URL: 'ws://env.example',
    BUFFER_SIZE: '3',
    BUFFER_BYTES: '3000',
    MAX_MESSAGE_BYTES: '300',
    OVERFLOW: 'drop',
    FLUSH_INTERVAL_MS: '30',
    FSYNC: 'never',
    PROTOCOL: 'none',
    PING_INTERVAL: '3.5',
    STALE_AFTER: '33',
    SILENT_AFTER: '44',
    COMPRESSION: 'true',
    HEADERS: '{"A": "env"}',
    CA_FILE: 'ca.pem',
    PROXY: 'http://env.example:1',
  };
  const values = {
    TOPIC: 'env',
    OUTPUT_DIR: 'env',
    FAST_PATH: 'false',
    TOPICS_PER_PROCESS: '5',
    STATUS_INTERVAL: '3',
    LOG_FILE: 'env.log',
    LOG_KEEP_DAYS: '3',
    LOG_TO_STDOUT: 'true',
    STATUS_SOCKET: '/env.sock',
    HTTP_PORT: '0',
    HTTP_HOST: '::',
    HTTP_TOKEN: '12345',
  };
  const given = Object.entries({ ...topic_values, ...values });
  const env = Object.fromEntries(given.map(([key, value]) => [`STREAMER_${key}`, value]));
  expect(given.length).toBe(Object.keys(KEYS).length - 1); // All but `topics`.
  const file = {
    topics: ['file'],
    buffer_size: 9,
    compression: false,
    headers: { B: 'file' },
    log_keep_days: 9,
  };
  const loaded = load(file, env);
  expect(loaded.notes).toEqual([]);
  expect(loaded.settings).toMatchObject({
    output_dir: `${folder}/env`,
    topics_per_process: 5,
    status_interval_ms: 3000,
    log_file: `${folder}/env.log`,
    log_keep_days: 3,
    log_to_stdout: true,
    status_socket: '/env.sock',
    http_port: 0,
    http_host: '::',
    http_token: '12345',
  });
  const { protocol, ...topic } = onlyTopic(loaded);
  expect(protocol.name).toBe('none');
  expect(topic).toEqual({
    topic: 'env',
    name: 'n',
    ws_url: 'ws://env.example',
    buffer_size: 3,
    buffer_bytes: 3000,
    max_message_bytes: 300,
    overflow: 'drop',
    flush_interval_ms: 30,
    fsync: 'never',
    ping_interval_ms: 3500,
    stale_after_ms: 33000,
    silent_after_ms: 44000,
    silence_counts: true,
    compression: true,
    headers: { A: 'env' },
    ca_file: `${folder}/ca.pem`,
    proxy: 'http://env.example:1',
    fast_path: false,
  });
});

test('one variable for the topics replaces whichever of topic and topics the file has', () => {
  expect(onlyTopic(load({ topics: ['a', 'b'] }, { STREAMER_TOPIC: 'c' })).topic).toBe('c');
  expect(onlyTopic(load({ topic: 'a' }, { STREAMER_TOPICS: '["c"]' })).topic).toBe('c');
  expect(onlyTopic(load({ topic: 'a', topics: ['b'] }, { STREAMER_TOPICS: '["c"]' })).topic).toBe('c');
  expect(refused({}, { STREAMER_TOPIC: 'a', STREAMER_TOPICS: '["b"]' })).toEqual([
    'STREAMER_TOPIC and STREAMER_TOPICS are both set: remove one of them.',
  ]);
});

test('a topic that looks like JSON is a topic', () => {
  expect(onlyTopic(load({}, { STREAMER_TOPIC: '123' })).topic).toBe('123');
  expect(onlyTopic(load({}, { STREAMER_TOPIC: '{"sub":"a"}' })).topic).toBe('{"sub":"a"}');
});

test('a protocol in the environment is a name or an object in JSON', () => {
  const env = { STREAMER_PROTOCOL: '{"name": "own", "ping": "ping"}' };
  expect(onlyTopic(load({}, env)).protocol).toMatchObject({ name: 'own', ping: ['ping'] });
});

const REFUSED: readonly [variable: string, text: string, sentence: string][] = [
  ['BUFFER_SIZE', 'abc', 'must be a whole number from 1 to 10000000, not "abc".'],
  ['BUFFER_SIZE', '12abc', 'must be a whole number from 1 to 10000000, not "12abc".'],
  ['BUFFER_SIZE', '0x10', 'must be a whole number from 1 to 10000000, not "0x10".'],
  ['BUFFER_SIZE', '-3', 'must be a whole number from 1 to 10000000, not -3.'],
  ['BUFFER_SIZE', ' ', 'must be a whole number from 1 to 10000000, not " ".'],
  ['COMPRESSION', 'yes', 'must be true or false, not "yes".'],
  ['TOPICS', 'a,b', 'must be JSON: line 1, column 1: expected a value, found "a".'],
  ['TOPICS', '["a", ""]', '[1] must be text, and not empty, not "".'],
  ['TOPICS', '[{"topic": "a", "colour": 1}]', '[0].colour is not a known key: remove it.'],
  ['HEADERS', 'Key: value', 'must be JSON: line 1, column 1: expected a value, found "Key".'],
  ['HEADERS', '{"Upgrade": "x"}', '.Upgrade belongs to the WebSocket handshake: remove it.'],
  ['PROTOCOL', '{"pings": 1}', '.pings is not a known key: did you mean ping?'],
  ['OUTPUT_DIR', '', 'is empty: give it a value, or unset it.'],
  ['STATUS_SOCKET', `/${'s'.repeat(107)}`, 'is 108 bytes long as an absolute path'],
  ['BUFFER_BYTES', '1000', ''],
];

test.each(REFUSED)('STREAMER_%s=%s is refused by the name of the variable', (key, text, sentence) => {
  const variable = `STREAMER_${key}`;
  const sentences = refused({ max_message_bytes: 1000 }, { [variable]: text });
  expect(sentences).toHaveLength(1);
  expect(sentences[0]).toContain(variable);
  expect(sentences[0]).toContain(sentence);
});

test('mistakes of the file and of the environment are told together', () => {
  expect(refused({ overflow: 1 }, { STREAMER_FSYNC: 'x', STREAMER_HEADERS: '{' })).toEqual([
    'STREAMER_HEADERS must be JSON: line 1, column 2: expected a key in double quotes, but the text ends.',
    'config.json: overflow must be one of "pause", "drop", not 1.',
    'STREAMER_FSYNC must be one of "rotate", "interval", "never", not "x".',
  ]);
});

test('a variable that is no key is told to the log, with the nearest one, and hinders nothing', () => {
  const { notes } = load({}, { STREAMER_BUFER_SIZE: '1', STREAMER_HOME_OF_ANOTHER: 'x', OTHER: 'y' });
  expect(notes).toEqual([
    'The environment variable STREAMER_BUFER_SIZE is no setting of this program and has no effect (did you mean STREAMER_BUFFER_SIZE?)',
    'The environment variable STREAMER_HOME_OF_ANOTHER is no setting of this program and has no effect',
  ]);
});

test('log_to_stdout as an option overrides both', () => {
  const loaded = loadSettings({
    config_path: null,
    env: { STREAMER_LOG_TO_STDOUT: 'false' },
    cwd: folder,
    log_to_stdout: true,
  });
  expect(loaded.settings.log_to_stdout).toBe(true);
});
