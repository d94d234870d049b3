// Promises of the stream of events, with real sockets that listen.

import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { StepEvent, TickEvent, TopicsEvent } from '../../../src/shared/page-data.js';
import type { StatusDocument, TopicStatus } from '../../../src/shared/status.js';
import { EventStream } from '../../../src/supervisor/http/events.js';
import { statusDocument, topicStatus } from '../../status-cli/documents.js';
import { closed, dial, guarded, holds, letGo, say, serve, statusOf } from './asking.js';

const REST = { gaps_today: 3, disk_free_bytes: 5, disk_lasts_s: null };

interface Stage {
  readonly port: number;
  readonly stream: EventStream;
  show(topics: readonly TopicStatus[]): void;
  /** How often the status was looked at. */
  looks(): number;
}

async function stage(first: readonly TopicStatus[]): Promise<Stage> {
  let document: StatusDocument = statusDocument(first);
  let looks = 0;
  const stream = new EventStream({
    output_dir: '/out',
    status: () => {
      looks += 1;
      return document;
    },
    rest: () => REST,
    history: { messages: (name) => [1, name.length], lastMessages: (name) => name.length },
  });
  const { server } = await serve({}, new Map([['/events', guarded(stream.answer)]]));
  return {
    port: server.port,
    stream,
    show: (topics) => {
      document = statusDocument(topics);
    },
    looks: () => looks,
  };
}

const REQUEST = 'GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';

interface Listener {
  /** The next event's name and data. */
  next(): Promise<readonly [string, unknown]>;
  tick(): Promise<TickEvent>;
  topics(): Promise<TopicsEvent>;
}

async function listen(port: number): Promise<Listener> {
  const abort = new AbortController();
  const response = await fetch(`http://127.0.0.1:${port}/events`, { signal: abort.signal });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const next = async (): Promise<readonly [string, unknown]> => {
    for (;;) {
      const event = /^event: (\w+)\ndata: ([^\n]*)\n\n/.exec(text);
      if (event !== null) {
        text = text.slice(event[0].length);
        return [event[1] ?? '', JSON.parse(event[2] ?? '')];
      }
      const { value } = (await reader?.read()) ?? {};
      if (value === undefined) throw new Error('the stream has ended');
      text += value;
    }
  };
  const named = async (name: string) => {
    const [got, data] = await next();
    expect(got).toBe(name);
    return data;
  };
  return {
    next,
    tick: async () => (await named('tick')) as TickEvent,
    topics: async () => (await named('topics')) as TopicsEvent,
  };
}

const STRANGE = '"\n\u2028\r data: <x> 日本 $& $1 []}';

test('who comes is told all topics with their steps, and then all rows', async () => {
  const { port } = await stage([topicStatus('a'), topicStatus(STRANGE, { name: 'b', error: STRANGE })]);
  const listener = await listen(port);
  const { topics, ...whole } = await listener.topics();
  expect(whole).toMatchObject({ version: '0.1.0', pid: 4711, output_dir: '/out' });
  expect(topics.map(({ topic, name, steps }) => ({ topic, name, steps }))).toEqual([
    { topic: 'a', name: 'a', steps: [1, 1] },
    { topic: STRANGE, name: 'b', steps: [1, 1] },
  ]);
  const tick = await listener.tick();
  expect(tick).toMatchObject({ state: 'running', total_messages: 152_340, live_topics: 2, ...REST });
  expect(tick.rows.map(({ at, state, error }) => ({ at, state, error }))).toEqual([
    { at: 0, state: 'live', error: null },
    { at: 1, state: 'live', error: STRANGE },
  ]);
  expect(tick).not.toHaveProperty('topics');
});

test('a tick has those rows of which something changed', async () => {
  const { port, stream, show } = await stage([topicStatus('a'), topicStatus('b'), topicStatus('c')]);
  const listener = await listen(port);
  await listener.topics();
  await listener.tick();
  stream.tick(false);
  expect((await listener.tick()).rows).toEqual([]);
  show([topicStatus('a'), topicStatus('b', { messages: 7 }), topicStatus('c', { state: 'waiting' })]);
  stream.tick(false);
  const tick = await listener.tick();
  expect(tick.live_topics).toBe(2);
  expect(tick.rows).toMatchObject([
    { at: 1, messages: 7 },
    { at: 2, state: 'waiting' },
  ]);
});

test('a step has the messages of each topic, in order', async () => {
  const { port, stream } = await stage([topicStatus('a'), topicStatus('long')]);
  const listener = await listen(port);
  await listener.topics();
  await listener.tick();
  stream.tick(true);
  await listener.tick();
  const [name, data] = await listener.next();
  expect([name, (data as StepEvent).messages]).toEqual(['step', [1, 4]]);
});

test('when the topics change all is told anew', async () => {
  const { port, stream, show } = await stage([topicStatus('a'), topicStatus('b')]);
  const listener = await listen(port);
  await listener.topics();
  await listener.tick();
  const changes = [
    [topicStatus('b'), topicStatus('a')],
    [topicStatus('b')],
    [topicStatus('b'), topicStatus('c')],
    [topicStatus('b'), topicStatus('c', { ws_url: 'ws://other' })],
  ];
  for (const topics of changes) {
    show(topics);
    // The steps are in it.
    stream.tick(true);
    expect((await listener.topics()).topics.map(({ topic }) => topic)).toEqual(
      topics.map(({ topic }) => topic),
    );
    expect((await listener.tick()).rows).toHaveLength(topics.length);
  }
});

test('who comes between two ticks misses nothing that changes back', async () => {
  const { port, stream, show } = await stage([topicStatus('a', { messages: 1 })]);
  const first = await listen(port);
  await first.topics();
  await first.tick();
  show([topicStatus('a', { messages: 2 })]);
  const second = await listen(port);
  await second.topics();
  // What the first knows, so that one and the same change is right for both.
  expect((await second.tick()).rows).toMatchObject([{ messages: 1 }]);
  stream.tick(false);
  expect((await first.tick()).rows).toMatchObject([{ messages: 2 }]);
  expect((await second.tick()).rows).toMatchObject([{ messages: 2 }]);
});

test('nothing is made while nobody listens, and once for many who do', async () => {
  const { port, stream, looks } = await stage([topicStatus('a')]);
  for (let i = 0; i < 5; i += 1) stream.tick(false);
  expect(looks()).toBe(0);
  const listeners = await Promise.all(Array.from({ length: 10 }, () => listen(port)));
  expect(looks()).toBe(1);
  stream.tick(false);
  expect(looks()).toBe(2);
  for (const listener of listeners) {
    await listener.topics();
    await listener.tick();
    await listener.tick();
  }
});

test('who comes after nobody listened is told what is now', async () => {
  const { port, stream, show } = await stage([topicStatus('a')]);
  const gone = await dial(port);
  gone.write(REQUEST);
  await once(gone, 'data');
  gone.resetAndDestroy();
  show([topicStatus('b')]);
  await expect
    .poll(async () => {
      stream.tick(false);
      return (await (await listen(port)).topics()).topics[0]?.topic;
    })
    .toBe('b');
});

test('a listener that does not read is cut before much waits for it, and the others go on', async () => {
  const topics = (messages: number) =>
    Array.from({ length: 3_000 }, (_, i) => topicStatus(`topic ${i}`, { messages }));
  const { port, stream, show } = await stage(topics(0));
  const deaf = await dial(port);
  deaf.pause();
  deaf.write(REQUEST);
  const listener = await listen(port);
  await listener.topics();
  await listener.tick();
  let ticks = 0;
  while (await holds(port, deaf)) {
    ticks += 1;
    show(topics(ticks));
    stream.tick(false);
    expect((await listener.tick()).rows).toHaveLength(3_000);
  }
  // Each is most of a megabyte, and the kernel takes some of them.
  expect(ticks).toBeGreaterThan(1);
  expect(ticks).toBeLessThan(25);
});

test('also where little is sent, a listener that has not read for 30 ticks is cut', async () => {
  const { port, stream, looks } = await stage([topicStatus('a', { error: 'x'.repeat(8_000_000) })]);
  const deaf = await dial(port);
  deaf.pause();
  deaf.write(REQUEST);
  await expect.poll(looks, { interval: 5 }).toBe(1);
  for (let i = 0; i < 31; i += 1) stream.tick(false);
  expect(await holds(port, deaf)).toBe(true);
  stream.tick(false);
  await letGo(port, deaf);
});

test('32 may listen, and there is room for other requests', async () => {
  const { port } = await stage([topicStatus('a')]);
  const listeners = await Promise.all(Array.from({ length: 32 }, () => listen(port)));
  expect(listeners).toHaveLength(32);
  const refused = await say(port, REQUEST.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
  expect(statusOf(refused)).toBe(503);
  expect(refused).toContain('32 pages are open already: close one of them.');
});

test('HEAD has the headers and no stream', async () => {
  const { port, looks } = await stage([topicStatus('a')]);
  const answer = await say(port, 'HEAD /events HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n');
  expect(statusOf(answer)).toBe(200);
  expect(looks()).toBe(0);
});

test('closing ends the streams in good order', async () => {
  const { port, stream } = await stage([topicStatus('a')]);
  const socket = await dial(port);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.write(REQUEST.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
  await once(socket, 'data');
  const end = closed(socket);
  stream.close();
  await end;
  expect(text).toMatch(/\r\n0\r\n\r\n$/);
});
