// Promises about topics that are live and bring nothing: told once, asked for once more on the same connection, and
// nothing else.

import { expect, onTestFinished, test, vi } from 'vitest';
import { coinbase_exchange } from '../../src/shared/protocols/coinbase.js';
import { none } from '../../src/shared/protocols/none.js';
import { okx } from '../../src/shared/protocols/okx.js';
import type { TopicSettings } from '../../src/shared/settings.js';
import { type Captured, capture } from '../testing/captured.js';
import { FaultyDisk } from '../testing/faulty-disk.js';
import type { ScriptedConnection } from '../testing/scripted-connection.js';
import { serve } from '../testing/served.js';
import { acceptAll, data, meet, meetLive } from '../testing/shared-capture.js';
import { until } from '../testing/until.js';

const SILENT_MS = 5_000;

/** Seconds pass when the test says so; in each the server pings, so that the connection is not stale. */
function fakeSeconds() {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  let pings = 0;
  return async (connection: ScriptedConnection, count: number) => {
    for (let s = 0; s < count; s += 1) {
      vi.advanceTimersByTime(1_000);
      pings += 1;
      connection.ping();
      await until(() => connection.pongs_at_ms.length >= pings);
    }
  };
}

const requests = ({ received }: ScriptedConnection) =>
  received.filter(({ text }) => /subscribe/.test(text)).map(({ text }) => JSON.parse(text));
const told = (log: Captured['log']) =>
  log
    .filter(({ message }) => /without a message|come again/.test(message))
    .map(({ name, message }) => `${name}: ${message}`);

test('a silent topic is shown and logged once, and subscribed again once on the same connection, whatever is answered', async () => {
  const pass = fakeSeconds();
  const { c, connection, server } = await meetLive(['a', 'b'], { silent_after_ms: SILENT_MS });
  const asked = requests(connection).length;
  for (let s = 0; s < 4; s += 1) {
    connection.sendText(data('b', s));
    await pass(connection, 1);
  }
  expect(c.report('a')?.silent_since_ms).toBe(null);
  connection.sendText(data('b', 4));
  await pass(connection, 1);
  const request = await connection.nextRequest('subscribe');
  expect(request.args).toEqual(['a']);
  expect(c.report('a')?.silent_since_ms).toBeLessThanOrEqual(Date.now());
  expect(c.report('b')?.silent_since_ms).toBe(null);
  connection.answer(request, false, 'already subscribed');
  // Nothing comes of the answer, nor of a minute in which nothing else comes.
  for (let s = 0; s < 60; s += 1) {
    connection.sendText(data('b', s));
    await pass(connection, 1);
  }
  expect(['a', 'b'].map((name) => c.report(name)?.state)).toEqual(['live', 'live']);
  expect(server.handshakes).toHaveLength(1);
  expect(requests(connection)).toHaveLength(asked + 1);
  expect(told(c.log)).toEqual(['a: Live, but without a message for 5 s: subscribing again']);
  connection.sendText(data('a', 1));
  await c.until('written', (of) => of('a')?.messages === 1);
  await pass(connection, 1);
  expect(c.report('a')?.silent_since_ms).toBe(null);
  expect(told(c.log)).toHaveLength(2);
  expect(told(c.log)[1]).toBe('a: Messages come again');
  // It may be silent once more.
  await pass(connection, 6);
  expect(requests(connection).filter(({ args }) => args.includes('a')).length).toBeGreaterThan(1);
});

test('an answer that comes after 10 s changes nothing either', async () => {
  const pass = fakeSeconds();
  const { c, connection, server } = await meetLive(['a'], { silent_after_ms: SILENT_MS });
  await pass(connection, 5);
  const request = await connection.nextRequest('subscribe');
  await pass(connection, 15);
  connection.answer(request, false, 'already subscribed');
  await pass(connection, 1);
  expect(c.report('a')?.state).toBe('live');
  expect(server.handshakes).toHaveLength(1);
});

test('it is live anew, and may be silent anew, on the next connection', async () => {
  const pass = fakeSeconds();
  const { c, connection, server } = await meetLive(['a'], { silent_after_ms: SILENT_MS });
  await pass(connection, 6);
  expect(c.report('a')?.silent_since_ms).not.toBe(null);
  connection.reset();
  await until(() => c.report('a')?.state !== 'live');
  expect(c.report('a')?.silent_since_ms).toBe(null);
  const second = await server.nextConnection();
  await acceptAll(second, ['a']);
  await c.untilLive('a');
  expect(c.report('a')?.silent_since_ms).toBe(null);
});

test('0: never', async () => {
  const pass = fakeSeconds();
  const { c, connection } = await meetLive(['a'], { silent_after_ms: 0 });
  await pass(connection, 100);
  expect(c.report('a')?.silent_since_ms).toBe(null);
  expect(told(c.log)).toEqual([]);
});

test('the time in which we do not read does not count', async () => {
  const pass = fakeSeconds();
  const disk = new FaultyDisk();
  const topics = [{ topic: 'full', buffer_size: 10 }, 'a'];
  const { c, connection } = await meetLive(topics, { silent_after_ms: SILENT_MS }, { disk });
  const letGo = disk.holdWrites();
  for (let n = 0; n < 20; n += 1) connection.sendText(data('full', n));
  await until(() => (c.report('full')?.buffered ?? 0) >= 10);
  for (let s = 0; s < 30; s += 1) vi.advanceTimersByTime(1_000);
  expect(c.report('a')?.silent_since_ms).toBe(null);
  letGo();
  await until(() => c.report('full')?.messages === 20);
  await pass(connection, 4);
  expect(c.report('a')?.silent_since_ms).toBe(null);
  await pass(connection, 2);
  expect(c.report('a')?.silent_since_ms).not.toBe(null);
});

/** One topic, without others. */
async function alone(settings: Partial<TopicSettings>) {
  const pass = fakeSeconds();
  const server = await serve();
  const c = await capture(server.url, { silent_after_ms: SILENT_MS, ...settings });
  const connection = await server.nextConnection();
  return { pass, server, c, connection };
}

test('pongs and acknowledgements are no messages of the topic', async () => {
  const { pass, c, connection } = await alone({});
  const request = await connection.nextRequest('subscribe');
  connection.answer(request, true, '');
  await until(() => c.report().state === 'live');
  for (let s = 0; s < 6; s += 1) {
    connection.sendText('{"success":true,"ret_msg":"pong","conn_id":"c","req_id":"","op":"ping"}');
    connection.sendText('{"success":true,"ret_msg":"","conn_id":"c","op":"subscribe"}');
    await pass(connection, 1);
  }
  expect(told(c.log)).toEqual(['t: Live, but without a message for 5 s: subscribing again']);
});

test('nor are they where no beginning tells them from data', async () => {
  const { pass, c, connection } = await alone({ topic: 'ticker:BTC-USD', protocol: coinbase_exchange });
  const ack = '{"type":"subscriptions","channels":[{"name":"ticker","product_ids":["BTC-USD"]}]}';
  await connection.nextMessage();
  connection.sendText(ack);
  await until(() => c.report().state === 'live');
  await pass(connection, 2);
  for (let s = 0; s < 3; s += 1) {
    connection.sendText('{"type":"heartbeat","sequence":1,"product_id":"BTC-USD"}');
    await pass(connection, 1);
  }
  expect(JSON.parse(await connection.nextMessage())).toMatchObject({ type: 'subscribe' });
  connection.sendText(ack);
  await pass(connection, 10);
  expect(told(c.log)).toEqual(['t: Live, but without a message for 5 s: subscribing again']);
  connection.sendText('{"type":"ticker","sequence":2,"product_id":"BTC-USD"}');
  await until(() => c.report().messages === 6);
  await pass(connection, 1);
  expect(told(c.log)).toHaveLength(2);
});

test('data is, where every message is looked into and where none is', async () => {
  const answer = [{ when: { ping: '*' }, send: { pong: '{=ping}' } }];
  for (const protocol of [none, { ...none, answer }]) {
    const { pass, c, connection } = await alone({ protocol });
    await until(() => c.report().state === 'live');
    for (let s = 0; s < 12; s += 1) {
      if (s % 3 === 0) connection.sendText('{"n":1}');
      await pass(connection, 1);
    }
    expect(told(c.log)).toEqual([]);
  }
});

test('an acknowledgement that names its topic is written to its file, and is no message of it', async () => {
  const pass = fakeSeconds();
  const { c, connection } = await meet(
    ['trades:A', 'trades:B'],
    {
      protocol: okx,
      silent_after_ms: SILENT_MS,
    },
    { together: true },
  );
  const ack = '{"event":"subscribe","arg":{"channel":"trades","instId":"A"}}';
  await connection.nextMessage();
  connection.sendText(ack);
  await c.untilLive('trades:A');
  await pass(connection, 4);
  connection.sendText(ack);
  await pass(connection, 2);
  expect(told(c.log)).toEqual(['trades:A: Live, but without a message for 5 s: subscribing again']);
  await c.stop();
  expect(await c.lines('trades:A')).toEqual([ack, ack]);
});
