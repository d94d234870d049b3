// The README's example of a protocol of one's own, against the server that it describes, written here.

import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { TopicSettings } from '../../src/shared/settings.js';
import { load } from '../shared/config/loading.js';
import { CONTROL, capture, captureShared } from '../testing/captured.js';
import { ledgerRecords } from '../testing/folder.js';
import type { ScriptedConnection } from '../testing/scripted-connection.js';
import { serve } from '../testing/served.js';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** Of the first example, or of the one whose topics share a connection. */
function exampleTopics(after = '### A server that no preset knows'): readonly TopicSettings[] {
  const [, section = ''] = README.split(after);
  const text = /```json\n(.*?)```/s.exec(section)?.[1] ?? '';
  return load(JSON.parse(text)).settings.topics;
}

const say = (connection: ScriptedConnection, message: object) =>
  connection.sendBinary(gzipSync(JSON.stringify(message)));

async function next(connection: ScriptedConnection): Promise<unknown> {
  return JSON.parse(await connection.nextMessage());
}

test("the README's own protocol captures from the server that it describes", async () => {
  const [trades, book] = exampleTopics();
  expect([trades?.topic, book?.topic]).toEqual(['trades/BTC-EUR', 'book/BTC-EUR/50']);
  expect(trades?.ping_interval_ms).toBe(15_000);
  const server = await serve();
  const c = await capture(server.url, { ...trades, ws_url: server.url, name: 't', ping_interval_ms: 60_000 });
  const connection = await server.nextConnection();
  expect(await next(connection)).toEqual({ cmd: 'hello', client: 'archive' });
  // The first request was the greeting; a depth there is none.
  expect(await next(connection)).toEqual({ cmd: 'sub', id: 2, channel: 'trades', market: 'BTC-EUR' });
  say(connection, { cmd: 'welcome' });
  connection.sendText('pong');
  say(connection, { cmd: 'alive?', token: 'x' });
  expect(await next(connection)).toEqual({ cmd: 'alive', token: 'x' });
  expect(c.report().state).toBe('subscribing');
  say(connection, { cmd: 'sub', ok: true, id: 2 });
  await c.until('live', (r) => r.state === 'live');
  say(connection, { channel: 'trades', price: 1 });
  say(connection, { cmd: 'alive?', token: [7] });
  expect(await next(connection)).toEqual({ cmd: 'alive', token: [7] });
  say(connection, { cmd: 'restart', why: { text: 'a new version' } });
  expect(await c.untilLogged(/about to close/)).toContain('a new version');
  await connection.closed;
  const second = await server.nextConnection();
  await next(second);
  expect(await next(second)).toMatchObject({ cmd: 'sub', id: 4 });
  say(second, { cmd: 'sub', ok: false, id: 4, why: { text: 'no such market' } });
  expect((await c.until('rejected', (r) => r.state === 'rejected')).error).toContain('no such market');
  await c.stop();
  const messages = (await c.lines()).map((line) => (line === 'pong' ? line : JSON.parse(line)));
  expect(messages).toEqual([
    { cmd: 'welcome' },
    'pong',
    { cmd: 'alive?', token: 'x' },
    { cmd: 'sub', ok: true, id: 2 },
    { channel: 'trades', price: 1 },
    { cmd: 'alive?', token: [7] },
    { cmd: 'restart', why: { text: 'a new version' } },
    { cmd: 'sub', ok: false, id: 4, why: { text: 'no such market' } },
  ]);
  expect(await ledgerRecords(c.folder, 'lost')).toMatchObject([{ reason: 'disconnected' }]);
});

test('its ping goes out, and a depth is sent where the topic has one', async () => {
  const [, book] = exampleTopics();
  const server = await serve();
  await capture(server.url, { ...book, ws_url: server.url, name: 't', ping_interval_ms: 100 });
  const connection = await server.nextConnection();
  await next(connection);
  expect(await next(connection)).toMatchObject({ channel: 'book', market: 'BTC-EUR', depth: '50' });
  expect(await connection.nextMessage()).toBe('ping');
});

test("the topics of the README's second protocol share a connection of the server that it describes", async () => {
  const topics = exampleTopics('With these keys its topics can share a connection');
  const names = topics.map(({ name }) => name);
  expect(names).toEqual(['trades/BTC-EUR', 'trades/ETH-EUR', 'book/BTC-EUR']);
  const server = await serve();
  const c = await captureShared(
    server.url,
    topics.map((topic) => ({ ...topic, ws_url: server.url })),
  );
  const connection = await server.nextConnection();
  const asked: { id: number; channel: string; markets: string[] }[] = [];
  while (asked.flatMap(({ markets }) => markets).length < names.length) {
    const request = (await next(connection)) as (typeof asked)[number];
    asked.push(request);
    connection.sendText(JSON.stringify({ cmd: 'sub', ok: true, id: request.id }));
  }
  expect(
    asked.flatMap(({ channel, markets }) => markets.map((market) => `${channel}/${market}`)).sort(),
  ).toEqual([...names].sort());
  await c.untilLive(...names);
  const lines = {
    // The server has another word for trades, and what begins otherwise is told by what it says.
    'trades/BTC-EUR': ['{"channel":"trade","market":"BTC-EUR","p":1}'],
    'trades/ETH-EUR': ['{"seq":7,"market":"ETH-EUR","channel":"trades"}'],
    'book/BTC-EUR': ['{"channel":"book","market":"BTC-EUR","bids":[]}'],
  };
  for (const line of Object.values(lines).flat()) connection.sendText(line);
  connection.sendText('{"channel":"book","market":"ETH-EUR"}');
  const removed = c.remove('book/BTC-EUR');
  expect(await next(connection)).toMatchObject({ cmd: 'unsub', channel: 'book', markets: ['BTC-EUR'] });
  await removed;
  await c.until('written', (of) => names.slice(0, 2).every((name) => of(name)?.messages === 1));
  await c.stop();
  for (const [name, expected] of Object.entries(lines)) expect(await c.lines(name)).toEqual(expected);
  expect((await c.lines(CONTROL)).at(-1)).toBe('{"channel":"book","market":"ETH-EUR"}');
});
