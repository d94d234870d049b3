// Promises about the keys of the HTTP server.

import { expect, test } from 'vitest';
import { load, refused } from './loading.js';

const http = (values: object, env: NodeJS.ProcessEnv = {}) => {
  const { http_port, http_host, http_token } = load(values, env).settings;
  return { http_port, http_host, http_token };
};

test('the server is off, and where it is on it is for this machine alone', () => {
  expect(http({})).toEqual({ http_port: null, http_host: '127.0.0.1', http_token: null });
  expect(http({ http_port: 8080 })).toEqual({ http_port: 8080, http_host: '127.0.0.1', http_token: null });
  expect(http({ http_port: 0 }).http_port).toBe(0);
});

test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost', 'LocalHost'])('%s needs no token', (http_host) => {
  expect(http({ http_port: 1, http_host }).http_host).toBe(http_host);
});

test.each([
  '0.0.0.0',
  '::',
  '10.0.0.1',
  'example.com',
  '127.example.com',
  '::ffff:127.0.0.1',
  'localhost.net',
])('%s needs a token', (http_host) => {
  expect(refused({ http_port: 1, http_host })).toEqual([
    `config.json: http_host ${http_host} can be reached from other machines: set http_token as well, or leave http_host at 127.0.0.1.`,
  ]);
  expect(http({ http_port: 1, http_host, http_token: 'secret' }).http_host).toBe(http_host);
  // Nobody listens there.
  expect(http({ http_host }).http_host).toBe(http_host);
});

test('what the environment says is told by its names', () => {
  expect(refused({}, { STREAMER_HTTP_PORT: '1', STREAMER_HTTP_HOST: '0.0.0.0' })).toEqual([
    'STREAMER_HTTP_HOST 0.0.0.0 can be reached from other machines: set http_token as well, or leave STREAMER_HTTP_HOST at 127.0.0.1.',
  ]);
});

const REFUSED: readonly [key: string, value: unknown, sentence: string][] = [
  ['http_port', -1, 'http_port must be a whole number from 0 to 65535, not -1.'],
  ['http_port', 65_536, 'http_port must be a whole number from 0 to 65535, not 65536.'],
  ['http_port', '80', 'http_port must be a whole number from 0 to 65535, not "80".'],
  ['http_host', null, "http_host must be an IP address or a host's name, without a port, not null."],
  ['http_host', '[::1]', 'http_host must be an IP address or a host\'s name, without a port, not "[::1]".'],
];

test.each(REFUSED)('%s refuses %j', (key, value, sentence) => {
  expect(refused({ [key]: value })).toEqual([`config.json: ${sentence}`]);
});

test.each(['', 'a b', '127.0.0.1:80', 'http://a', '1.2.3.400', '1.2.3', '-a', 'a..b', 'a.'])(
  'http_host refuses %j',
  (http_host) => {
    expect(refused({ http_host })).toHaveLength(1);
  },
);

test.each(['', 'a b', 'tökën', 'a\n', 'x'.repeat(513), 12345])(
  'http_token refuses %j and does not show it',
  (value) => {
    expect(refused({ http_port: 1, http_host: '0.0.0.0', http_token: value })).toEqual([
      'config.json: http_token must be a text of 1 to 512 letters, digits and signs of ASCII, without blanks.',
    ]);
  },
);
