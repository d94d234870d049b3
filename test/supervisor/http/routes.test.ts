// Promises of the paths that give data, asked by HTTP.

import { expect, test } from 'vitest';
import type { Coverage, TopicDetails } from '../../../src/shared/page-data.js';
import type { StatusDocument } from '../../../src/shared/status.js';
import type { CoverageQuery } from '../../../src/supervisor/http/query.js';
import { coverage, health, metrics, topic, wholeStatus } from '../../../src/supervisor/http/routes.js';
import { statusDocument, topicStatus } from '../../status-cli/documents.js';
import { guarded, serve } from './asking.js';

const STRANGE = ['a b', 'ü/?&#+%=', '../../etc', '"<script>', '日本語', 'a+b', '%41', '__proto__'];

async function served(handlers: Readonly<Record<string, ReturnType<typeof health>>>): Promise<string> {
  const routes = Object.entries(handlers).map(([path, handler]) => [path, guarded(handler)] as const);
  const { server } = await serve({}, new Map(routes));
  return server.url.replace(/\/$/, '');
}

async function ask(url: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url);
  const is_json = response.headers.get('content-type')?.startsWith('application/json');
  return { status: response.status, body: is_json ? await response.json() : await response.text() };
}

test('health is 200 when all topics are live, else 503 with those that are not, and why', async () => {
  let document: StatusDocument = statusDocument([topicStatus('a'), topicStatus('b')]);
  const url = await served({ '/healthz': health(() => document) });
  expect(await ask(`${url}/healthz`)).toEqual({
    status: 200,
    body: { ok: true, state: 'running', topic_count: 2, live_topics: 2, not_live: [] },
  });
  const b = topicStatus('b', { name: 'name of b', state: 'waiting', error: 'It refused us.' });
  document = statusDocument([topicStatus('a'), b]);
  // What was made serves for 100 ms.
  await expect
    .poll(() => ask(`${url}/healthz`))
    .toEqual({
      status: 503,
      body: {
        ok: false,
        state: 'running',
        topic_count: 2,
        live_topics: 1,
        not_live: [{ name: 'name of b', state: 'waiting', error: 'It refused us.' }],
      },
    });
});

test('the status document is the one that the status socket gives', async () => {
  const document = statusDocument(STRANGE.map((name) => topicStatus(name)));
  const url = await served({ '/status': wholeStatus(() => document) });
  expect(await ask(`${url}/status`)).toEqual({ status: 200, body: document });
});

test('many who ask at once are served one document', async () => {
  let made = 0;
  const url = await served({
    '/status': wholeStatus(() => {
      made += 1;
      return statusDocument([topicStatus('a')]);
    }),
  });
  await Promise.all(Array.from({ length: 30 }, () => ask(`${url}/status`)));
  expect(made).toBeLessThan(10);
});

test('metrics come as they are rendered', async () => {
  const content_type = 'text/plain; version=0.0.4; charset=utf-8';
  const url = await served({ '/metrics': metrics(async () => ({ content_type, text: 'up 1\n' })) });
  const response = await fetch(`${url}/metrics`);
  expect(response.headers.get('content-type')).toBe(content_type);
  expect(await response.text()).toBe('up 1\n');
});

test('a topic is found by its name, whatever characters it has; another one is a 404', async () => {
  const details = async (name: string) => (STRANGE.includes(name) ? ({ name } as TopicDetails) : null);
  const url = await served({ '/topic': topic(details) });
  for (const name of STRANGE) {
    expect(await ask(`${url}/topic?name=${encodeURIComponent(name)}`)).toEqual({
      status: 200,
      body: { name },
    });
  }
  expect(await ask(`${url}/topic?name=none`)).toEqual({
    status: 404,
    body: 'There is no topic with the name "none".\n',
  });
});

test.each(['', '?', '?name', '?name=a&name=b', '?name=a&x=1', '?Name=a'])(
  '/topic%s is told what is wrong',
  async (query) => {
    const url = await served({ '/topic': topic(async () => null) });
    const { status, body } = await ask(`${url}/topic${query}`);
    expect(status).toBe(query === '?name' ? 404 : 400);
    expect(body).toMatch(/^[A-Z][^\n]+\.\n$/);
  },
);

async function coverageUrl(): Promise<{ url: string; asked: CoverageQuery[] }> {
  const asked: CoverageQuery[] = [];
  const names = new Set([...STRANGE, ...Array.from({ length: 300 }, (_, i) => `t${i}`)]);
  const cover = async (query: CoverageQuery): Promise<Coverage> => {
    asked.push(query);
    return { at_ms: 1, topics: [] };
  };
  return { url: `${await served({ '/coverage': coverage(() => names, cover) })}/coverage`, asked };
}

const named = (names: readonly string[]) => names.map((name) => `&name=${encodeURIComponent(name)}`).join('');

test('coverage is asked for topics in their order, between two instants', async () => {
  const { url, asked } = await coverageUrl();
  expect(await ask(`${url}?from=1000&to=2000${named(STRANGE)}`)).toEqual({
    status: 200,
    body: { at_ms: 1, topics: [] },
  });
  expect(asked).toEqual([{ from_ms: 1000, to_ms: 2000, names: STRANGE }]);
  expect(await ask(`${url}?from=1000&to=2000&name=t1&name=other`)).toEqual({
    status: 404,
    body: 'There is no topic with the name "other".\n',
  });
});

test('coverage is asked for 200 topics and 400 days at most', async () => {
  const { url, asked } = await coverageUrl();
  const many = (count: number) => named(Array.from({ length: count }, (_, i) => `t${i}`));
  const days = (count: number) => `from=${1e12}&to=${1e12 + count * 86_400_000}`;
  expect((await ask(`${url}?${days(400)}${many(200)}`)).status).toBe(200);
  expect(asked.length).toBe(1);
  expect(await ask(`${url}?${days(1)}${many(201)}`)).toMatchObject({ status: 400 });
  expect(await ask(`${url}?${days(401)}${many(1)}`)).toMatchObject({ status: 400 });
  expect(asked.length).toBe(1);
});

test.each([
  'to=2&name=t1',
  'from=1&name=t1',
  'from=1&to=2',
  'from=2&to=2&name=t1',
  'from=3&to=2&name=t1',
  'from=1&from=1&to=2&name=t1',
  'from=1.5&to=2&name=t1',
  'from=-1&to=2&name=t1',
  'from=1e3&to=2000&name=t1',
  'from=0x1&to=2&name=t1',
  'from=8640000000000000&to=8640000000000001&name=t1',
  'from=1&to=2&name=t1&name=t1',
  'from=1&to=2&name=t1&more=1',
  'from=now&to=later&name=t1',
])('coverage of %s is told what is wrong', async (query) => {
  const { url, asked } = await coverageUrl();
  const { status, body } = await ask(`${url}?${query}`);
  expect(status).toBe(400);
  expect(body).toMatch(/^["A-Z][^\n]+\.\n$/);
  expect(asked).toEqual([]);
});
