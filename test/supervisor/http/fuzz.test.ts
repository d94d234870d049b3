// The promise over all requests: whatever bytes come, each connection gets proper HTTP or is cut, no answer is a 500, and
// the server goes on.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { json } from '../../../src/supervisor/http/answer.js';
import { coverage, health, topic, wholeStatus } from '../../../src/supervisor/http/routes.js';
import { statusDocument, topicStatus } from '../../status-cli/documents.js';
import { get, guarded, say, serve, statusOf } from './asking.js';

const document = statusDocument([topicStatus('a'), topicStatus('b', { state: 'waiting' })]);
const topics = new Set(document.topics.map(({ name }) => name));
const ROUTES = new Map([
  ['/healthz', guarded(health(() => document))],
  ['/status', guarded(wholeStatus(() => document))],
  ['/topic', guarded(topic(async () => null))],
  [
    '/coverage',
    guarded(
      coverage(
        () => topics,
        async () => ({ at_ms: 0, topics: [] }),
      ),
    ),
  ],
  ['/', { is_open: true, answer: () => json(200, {}) }],
]);

const bytes = fc.string({ unit: 'binary', maxLength: 40 });
const encoded = (text: string) => encodeURIComponent(text);
/** Mostly what a request may hold, and now and then anything. */
const often = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: usual, weight: 9 }, { arbitrary: odd, weight: 1 });
const WORDS = [
  '',
  'from',
  'to',
  'name',
  'a',
  'b',
  '1',
  '1700000000000',
  '%',
  '%zz',
  '%00',
  '%ff',
  '..',
  '/',
  '\\',
  '+',
];
const word = fc.oneof(fc.constantFrom(...WORDS), bytes.map(encoded));
const pair = fc.tuple(word, fc.constantFrom('=', ''), word).map((parts) => parts.join(''));
const path = fc.oneof(
  fc.constantFrom(...ROUTES.keys(), '*', 'http://x/', '//', '/../status', '/status/', '/%73tatus'),
  bytes.map((text) => `/${encoded(text)}`),
);
const target = often(
  fc
    .tuple(path, fc.constantFrom('', '?', '#', '??'), fc.array(pair, { maxLength: 5 }))
    .map(([at, mark, pairs]) => at + mark + pairs.join('&')),
  bytes,
);
const method = often(fc.constantFrom('GET', 'GET', 'HEAD', 'POST', 'CONNECT', 'PUT'), bytes);
const HEADERS = [
  'Host: evil.example',
  'Content-Length: 0',
  'Content-Length: 3',
  'Content-Length: -1',
  'Content-Length: 99999999999999999999',
  'Content-Length: 3\r\nContent-Length: 4',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Upgrade: websocket\r\nConnection: Upgrade',
  'Expect: 100-continue',
  'Expect: a pony',
  'Connection: keep-alive, close, x',
  'Authorization: Bearer token',
  ' folded',
  ':',
];
const header = fc.oneof(
  fc.constantFrom(...HEADERS),
  fc.tuple(bytes.map(encoded), bytes).map((parts) => parts.join(': ')),
);
const request = fc
  .record({
    method,
    target,
    version: often(fc.constant('HTTP/1.1'), fc.constantFrom('HTTP/1.0', 'HTTP/2.0', 'HTTP/9', '')),
    host: often(fc.constant('Host: 127.0.0.1'), fc.constantFrom('X: y', 'Host: evil.example')),
    headers: often(fc.constant<string[]>([]), fc.array(header, { maxLength: 3 })),
    header: fc.oneof(fc.constant('X: y'), header),
    end: often(fc.constant('\r\n\r\n'), fc.constantFrom('\n\n', '\r\n', '')),
    rest: often(fc.constant(''), fc.oneof(bytes, fc.constant('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'))),
  })
  .map((parts) => {
    const lines = [
      `${parts.method} ${parts.target} ${parts.version}`,
      parts.host,
      parts.header,
      ...parts.headers,
    ];
    return Buffer.from(lines.join('\r\n') + parts.end + parts.rest);
  });

const PROPER = /^(HTTP\/1\.1 [1-5]\d\d [^\r\n]*\r\n([^\r\n:]+: [^\r\n]*\r\n)*\r\n[\s\S]*)?$/;

async function holds(http_token: string | null): Promise<void> {
  const limits = { headers_ms_max: 60, keep_alive_ms_max: 1, check_ms: 20 };
  const { server, log } = await serve({ http_token }, ROUTES, limits);
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 8, maxLength: 8 }), async (requests) => {
      const answers = await Promise.all(requests.map((sent) => say(server.port, sent, 'and end')));
      for (const answer of answers) {
        expect(answer).toMatch(PROPER);
        expect(statusOf(answer)).not.toBe(500);
        seen.add(statusOf(answer));
      }
    }),
    { numRuns: 300 },
  );
  const shown = `Authorization: Bearer ${http_token}`;
  expect(statusOf(await get(server.port, '/status', 'Host: 127.0.0.1', shown))).toBe(200);
  expect(log).toEqual([]);
  const expected = http_token === null ? [200, 400, 403, 404, 405, 503] : [200, 400, 401, 404, 405];
  expect([...seen]).toEqual(expect.arrayContaining(expected));
}

test('without a token', () => holds(null));
test('with a token', () => holds('token'));
