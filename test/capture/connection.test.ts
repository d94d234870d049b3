// What a connection does over its life: subscribes, is confirmed or refused, notices silence, comes back, stops.

import { expect, onTestFinished, test, vi } from 'vitest';
import { bybit } from '../../src/shared/protocols/bybit.js';
import { none } from '../../src/shared/protocols/none.js';
import { capture } from '../testing/captured.js';
import { ledgerRecords } from '../testing/folder.js';
import { markOf } from '../testing/live-capture.js';
import { serve } from '../testing/served.js';

const data = (n: number) => `{"topic":"t","n":${n}}`;

test('the subscription is sent on open, and its acknowledgement makes the topic live', async () => {
  const server = await serve();
  const c = await capture(server.url);
  const connection = await server.nextConnection();
  const request = await connection.nextRequest('subscribe');
  expect(request.args).toEqual(['t']);
  expect(c.report().state).toBe('subscribing');
  connection.answer(request, true, 'subscribe');
  const live = await c.until('live', (r) => r.state === 'live');
  expect(live.error).toBe(null);
  expect(live.since_ms).toBeGreaterThan(Date.now() - 10_000);
});

test.each([
  ['without req_id', '{"success":true,"ret_msg":"","conn_id":"1","op":"subscribe"}'],
  [
    'in the form of options',
    '{"success":true,"conn_id":"1","data":{"failTopics":[],"successTopics":["t"]},"type":"COMMAND_RESP"}',
  ],
  ['by a data message that comes first', data(1)],
  ['by a message that is no JSON', 'hello'],
])('a subscription is confirmed %s', async (_, message) => {
  const server = await serve();
  const c = await capture(server.url);
  const connection = await server.nextConnection();
  await connection.nextRequest('subscribe');
  connection.sendText(message);
  await c.until('live', (r) => r.state === 'live');
  await c.stop();
  expect(await c.lines()).toEqual([message]);
});

test('a pong neither confirms nor refuses', async () => {
  const server = await serve();
  const c = await capture(server.url);
  const connection = await server.nextConnection();
  const request = await connection.nextRequest('subscribe');
  connection.sendText('{"success":true,"ret_msg":"pong","conn_id":"1","req_id":"","op":"ping"}');
  connection.sendText('{"req_id":"","op":"pong","args":["1"],"conn_id":"1"}');
  await c.until('both written', (r) => r.messages === 2);
  expect(c.report().state).toBe('subscribing');
  connection.answer(request, true, '');
  await c.until('live', (r) => r.state === 'live');
});

test('an acknowledgement with an id answers that request, one without the oldest, and the topic is live with the last', async () => {
  const requests = ['{topic}', '{topic}.more', '{topic}.most'];
  const subscribe = requests.map((name) => ({ op: 'subscribe', req_id: '{id}', args: [name] }));
  const server = await serve();
  const c = await capture(server.url, { protocol: { ...bybit, subscribe } });
  const connection = await server.nextConnection();
  const [, second, third] = [
    await connection.nextRequest('subscribe'),
    await connection.nextRequest('subscribe'),
    await connection.nextRequest('subscribe'),
  ];
  expect([second?.args, third?.args]).toEqual([['t.more'], ['t.most']]);
  // The first is the oldest that waits; had it answered the third, the next would answer none and be a message.
  const without_id = '{"success":true,"ret_msg":"","conn_id":"1","op":"subscribe"}';
  connection.sendText(without_id);
  connection.answer(third, true, '');
  await c.until('two acknowledgements written', (r) => r.messages === 2);
  expect(c.report().state).toBe('subscribing');
  connection.answer(second, true, '');
  await c.until('live', (r) => r.state === 'live');
  expect(await c.untilLogged(/^Live/)).toBe('Live: the server confirmed the subscription');
});

test('an acknowledgement of something that was not asked for is a message like any other', async () => {
  const server = await serve();
  const subscribe = bybit.subscribe.flatMap((request) => [request, request]);
  const c = await capture(server.url, { protocol: { ...bybit, subscribe } });
  const connection = await server.nextConnection();
  await connection.nextRequest('subscribe');
  connection.answer({ op: 'subscribe', req_id: 'of another' }, true, '');
  await c.until('live', (r) => r.state === 'live');
});

test.each([
  [
    'with ret_msg',
    '{"success":false,"ret_msg":"error:handler not found,topic:t","conn_id":"1","req_id":"","op":"subscribe"}',
    'error:handler not found,topic:t',
  ],
  [
    'in the form of options',
    '{"success":true,"conn_id":"1","data":{"failTopics":["t"],"successTopics":[]},"type":"COMMAND_RESP"}',
    '["t"]',
  ],
])(
  'a refusal %s makes the topic rejected, with the words of the server in status and log',
  async (_, message, words) => {
    const server = await serve();
    const c = await capture(server.url);
    const connection = await server.nextConnection();
    await connection.nextRequest('subscribe');
    connection.sendText(message);
    const rejected = await c.until('rejected', (r) => r.state === 'rejected');
    expect(rejected.error).toContain(words);
    expect(await c.untilLogged(/refused/)).toContain('trying again in 30.0 s');
    await connection.closed;
    await c.stop();
    expect(await c.lines()).toEqual([message]);
  },
);

test('a refusal that comes while live is seen too', async () => {
  const server = await serve();
  const c = await capture(server.url);
  const connection = await server.nextConnection();
  await connection.acceptSubscribe();
  connection.sendText(data(1));
  connection.sendText('{"success":false,"ret_msg":"topic delisted","op":"subscribe"}');
  expect((await c.until('rejected', (r) => r.state === 'rejected')).error).toContain('topic delisted');
});

test('without acknowledgement or message for 10 s the connection is replaced', async () => {
  const server = await serve();
  const c = await capture(server.url);
  const first = await server.nextConnection();
  await first.nextRequest('subscribe');
  await (await server.nextConnection(15_000)).acceptSubscribe();
  await c.until('live', (r) => r.state === 'live');
  expect(await c.untilLogged(/neither confirmed/)).toContain('within 10 s');
});

test('a handshake that is never answered is given up after 10 s', async () => {
  const server = await serve(undefined, { handshake: ({ number }) => (number === 0 ? 'never' : 'accept') });
  const c = await capture(server.url);
  await (await server.nextConnection(15_000)).acceptSubscribe();
  await c.until('live', (r) => r.state === 'live');
  expect(await c.untilLogged(/handshake did not end/)).toContain('within 10 s');
});

test('a connection on which nothing comes, no pong either, is replaced after stale_after', async () => {
  const server = await serve();
  const c = await capture(server.url, { stale_after_ms: 2000, ping_interval_ms: 300 });
  const first = await server.nextConnection();
  await first.acceptSubscribe();
  first.goSilent();
  await (await server.nextConnection(10_000)).acceptSubscribe();
  await c.until('live again', (r) => r.state === 'live' && r.reconnects === 1 && r.gaps === 1);
  expect(await c.untilLogged(/Nothing came/)).toContain('not even a pong');
});

test('pongs alone keep a silent topic connected', async () => {
  const server = await serve();
  const c = await capture(server.url, { protocol: none, stale_after_ms: 1500, ping_interval_ms: 200 });
  const connection = await server.nextConnection();
  await c.until('live', (r) => r.state === 'live');
  await expect.poll(() => connection.pings_at_ms.length, { timeout: 10_000 }).toBeGreaterThan(20);
  expect([c.report().state, c.report().reconnects]).toEqual(['live', 0]);
});

test('the time in which we do not read is not held against the server', async () => {
  const { FaultyDisk } = await import('../testing/faulty-disk.js');
  const disk = new FaultyDisk();
  const server = await serve();
  const c = await capture(server.url, { buffer_size: 5, stale_after_ms: 1000 }, { disk });
  const connection = await server.nextConnection();
  await connection.acceptSubscribe();
  await c.until('the acknowledgement written', (r) => r.messages === 1);
  let letGo = () => {};
  disk.hold = new Promise((resolve) => {
    letGo = resolve;
  });
  for (let n = 1; n <= 5; n += 1) connection.sendText(data(n));
  await c.untilLogged(/buffer was full/);
  const paused_at = performance.now();
  await expect.poll(() => performance.now() - paused_at, { timeout: 10_000 }).toBeGreaterThan(3500);
  expect([c.report().state, c.report().reconnects]).toEqual(['live', 0]);
  disk.hold = null;
  letGo();
  connection.sendText(data(6));
  await c.until('all written', (r) => r.messages === 7);
});

test('the application ping is sent every ping_interval, and protocol pings are answered', async () => {
  const server = await serve();
  await capture(server.url, { ping_interval_ms: 100 });
  const connection = await server.nextConnection();
  await connection.acceptSubscribe();
  connection.ping('are you there');
  expect(await connection.nextRequest('ping')).toEqual({ op: 'ping' });
  expect(await connection.nextRequest('ping')).toEqual({ op: 'ping' });
  await expect.poll(() => connection.pongs_at_ms.length).toBe(1);
});

test('after a clean close, a reset, an end without Close and a refused connection it comes back', async () => {
  const server = await serve();
  const c = await capture(server.url);
  const ends = ['close', 'reset', 'hangUp'] as const;
  for (const end of ends) {
    const connection = await server.nextConnection();
    await connection.acceptSubscribe();
    await c.until('live', (r) => r.state === 'live');
    connection[end]();
    await c.until('lost', (r) => r.state !== 'live');
  }
  const last = await server.nextConnection();
  server.refuseConnections();
  last.reset();
  await c.untilLogged(/ECONNREFUSED/);
  await server.acceptConnections();
  await (await server.nextConnection()).acceptSubscribe();
  await c.until('live', (r) => r.state === 'live');
  expect(c.report().gaps).toBe(3);
});

test('a close is logged with its code and reason and the delay', async () => {
  const server = await serve();
  const c = await capture(server.url);
  const connection = await server.nextConnection();
  await connection.acceptSubscribe();
  connection.close(1001, 'maintenance');
  expect(await c.untilLogged(/code 1001/)).toMatch(/code 1001 \(maintenance\); trying again in 0\.0 s/);
});

test('the delay doubles from try to try, and falls back once the topic was live for 5 s', async () => {
  let later_ms = 0;
  const steady = performance.now.bind(performance);
  const bent = vi.spyOn(performance, 'now').mockImplementation(() => steady() + later_ms);
  onTestFinished(() => bent.mockRestore());
  const server = await serve();
  const c = await capture(server.url, {}, { now: () => Date.now() + later_ms, random: () => 0.999 });
  for (const live_ms of [0, 3_000, 5_000]) {
    const connection = await server.nextConnection();
    await connection.acceptSubscribe();
    await c.until('live', (r) => r.state === 'live');
    later_ms += live_ms;
    connection.close(1001);
    await c.until('lost', (r) => r.state === 'waiting');
  }
  const delays = c.log.flatMap(({ message }) => /trying again in (.*)$/.exec(message)?.[1] ?? []);
  expect(delays).toEqual(['0.5 s', '1.0 s', '0.5 s']);
});

test.each([429, 503])('Retry-After is honoured on status %i', async (status) => {
  const server = await serve(undefined, {
    handshake: ({ number }) => (number === 0 ? { status, headers: { 'Retry-After': '1' } } : 'accept'),
  });
  const c = await capture(server.url);
  await (await server.nextConnection()).acceptSubscribe();
  await c.until('live', (r) => r.state === 'live');
  const [first, second] = server.handshakes;
  expect((second?.at_ms ?? 0) - (first?.at_ms ?? 0)).toBeGreaterThanOrEqual(990);
  expect(await c.untilLogged(/status/)).toContain(`status ${status}; trying again in 1.0 s`);
});

test.each([404, 500])('Retry-After on status %i is not obeyed', async (status) => {
  const server = await serve(undefined, {
    handshake: ({ number }) => (number === 0 ? { status, headers: { 'Retry-After': '3600' } } : 'accept'),
  });
  const c = await capture(server.url);
  expect(await c.untilLogged(/status/)).toContain(`status ${status}; trying again in 0.0 s`);
  await (await server.nextConnection()).acceptSubscribe();
  await c.until('live', (r) => r.state === 'live');
});

test('a stop sends Close and still writes what the server sends before its own', async () => {
  const server = await serve();
  const c = await capture(server.url);
  const connection = await server.nextConnection();
  await connection.acceptSubscribe();
  await c.until('live', (r) => r.state === 'live');
  connection.answers_close = false;
  const stopped = c.stop();
  for (let n = 1; n <= 50; n += 1) {
    connection.sendText(data(n));
    await connection.flushed();
  }
  connection.close(1000);
  expect(await stopped).toBe(0);
  expect((await connection.closed).code).toBe(1000);
  expect((await c.lines()).slice(1)).toEqual(Array.from({ length: 50 }, (_, i) => data(i + 1)));
});

test('a server that never answers Close does not hold up a stop for longer than 2 s', async () => {
  const server = await serve();
  const c = await capture(server.url);
  const connection = await server.nextConnection();
  await connection.acceptSubscribe();
  await c.until('live', (r) => r.state === 'live');
  connection.answers_close = false;
  const [started, started_ms] = [performance.now(), Date.now()];
  await c.stop();
  expect(performance.now() - started).toBeGreaterThan(1900);
  expect(await c.untilLogged(/did not answer Close/)).toContain('2 s');
  // It vouches for no more than the mark would have.
  const [{ until_ms = 0 } = {}] = await ledgerRecords(c.folder, 'stop');
  expect(until_ms).toBeLessThanOrEqual(started_ms);
  expect(await markOf(c.folder)).toMatchObject({ until_ms });
});
