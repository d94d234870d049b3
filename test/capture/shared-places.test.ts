// Promises about which topics share a connection, and that it makes no difference to what is written how their
// messages are told apart.

import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bybit } from '../../src/shared/protocols/bybit.js';
import { none } from '../../src/shared/protocols/none.js';
import { CONTROL, captureShared } from '../testing/captured.js';
import { ledgerRecords } from '../testing/folder.js';
import { encodeFrame, OPCODE } from '../testing/frames.js';
import type { ScriptedConnection } from '../testing/scripted-connection.js';
import { serve } from '../testing/served.js';
import { data, meetLive } from '../testing/shared-capture.js';

/** Confirms whatever is asked for, and remembers which topics each connection has. */
async function serveAll() {
  const topics = new Map<ScriptedConnection, string[]>();
  const server = await serve(async (connection) => {
    topics.set(connection, []);
    for (;;) topics.get(connection)?.push(...(await connection.acceptSubscribe(60_000)));
  });
  return { server, topics, sizes: () => [...topics.values()].map(({ length }) => length).sort() };
}

/** Captures a topic for each of these flush intervals. */
async function serveAllWith(flush_intervals_ms: readonly number[]) {
  const all = await serveAll();
  const topics = flush_intervals_ms.map((ms) => ({ topic: `t${ms}`, flush_interval_ms: ms }));
  const c = await captureShared(all.server.url, topics, { protocol: bybit });
  await c.untilLive(...topics.map(({ topic }) => topic));
  return all;
}

test('a connection has as many topics as the protocol allows, and another is made for the rest', async () => {
  const { server, topics, sizes } = await serveAll();
  const names = Array.from({ length: 7 }, (_, i) => `t${i}`);
  const protocol = { ...bybit, limits: { topics_max: 3 } };
  const c = await captureShared(server.url, names, { protocol });
  await c.untilLive(...names);
  expect(sizes()).toEqual([1, 3, 3]);
  for (const [connection, own] of topics) for (const name of own) connection.sendText(data(name, 1));
  await c.until('written', (of) => names.every((name) => of(name)?.messages === 1));
  // The place that one leaves is the next one's. One that is alone would take its connection with it.
  const [leaves = ''] = [...topics.values()].find(({ length }) => length === 3) ?? [];
  await c.remove(leaves);
  await c.add('t7');
  await c.add('t8');
  await c.add('t9');
  await c.untilLive('t7', 't8', 't9');
  expect(server.handshakes).toHaveLength(3);
  await c.stop();
  for (const name of names) expect(await c.lines(name)).toEqual([data(name, 1)]);
});

test('topics share a connection whatever their flush intervals, unless one wants its messages sooner than a pause lets them', async () => {
  const { sizes } = await serveAllWith([200, 1_000, 60_000, 50]);
  expect(sizes()).toEqual([1, 3]);
});

test('topics that could be taken for each other do not share a connection', async () => {
  const { server, sizes } = await serveAll();
  // Its messages do not tell which of these topics they are of.
  const protocol = {
    ...bybit,
    topic: '{topic}[/{depth}]',
    begins: [],
    names: [{ is: { topic: '{topic}' } }],
  };
  const alike = { ...protocol, topic: '{base}[/{depth}]', names: [{ of: '.', is: { topic: '{base}' } }] };
  const names = ['book', 'book/5', 'trade', 'book/10'];
  const c = await captureShared(server.url, names, { protocol: alike });
  await c.untilLive(...names);
  expect(sizes()).toEqual([1, 1, 2]);
});

test('a topic that no message names has a connection to itself, on which every message is its', async () => {
  const server = await serve();
  const c = await captureShared(server.url, ['a', 'b'], { protocol: none });
  await c.untilLive('a', 'b');
  expect(server.connections).toHaveLength(2);
  for (const [n, connection] of server.connections.entries()) connection.sendText(`{"n":${n}}`);
  await c.until('written', (of) => ['a', 'b'].every((name) => of(name)?.messages === 1));
  await c.stop();
  const lines = [...(await c.lines('a')), ...(await c.lines('b'))];
  expect(lines.sort()).toEqual(['{"n":0}', '{"n":1}']);
});

test('a topic with a connection to itself is removed with all that the server sent before its Close', async () => {
  const server = await serve();
  const names = ['a', 'b'];
  const c = await captureShared(server.url, names, { protocol: none });
  await c.untilLive(...names);
  for (const connection of server.connections) connection.answers_close = false;
  const removed = names.map((name) => c.remove(name));
  for (let n = 0; n < 50; n += 1) {
    for (const connection of server.connections) connection.sendText(`{"n":${n}}`);
    await delay(5);
  }
  for (const connection of server.connections) connection.close(1000);
  expect(await Promise.all(removed)).toEqual([0, 0]);
  expect(c.log.filter(({ level }) => level === 'error')).toEqual([]);
  for (const name of names) {
    expect(await c.lines(name)).toHaveLength(50);
    expect(await ledgerRecords(c.folder, 'seal', name)).toMatchObject([{ messages: 50 }]);
    expect(await ledgerRecords(c.folder, 'stop', name)).toMatchObject([{ reason: 'stopped' }]);
  }
});

test('topics that reach their servers in other ways have connections of their own', async () => {
  const { server, sizes } = await serveAll();
  const own = [
    { topic: 'b', headers: { 'x-key': '1' } },
    { topic: 'c', ping_interval_ms: 5_000 },
  ];
  const c = await captureShared(server.url, ['a', ...own, 'd'], {});
  await c.untilLive('a', 'b', 'c', 'd');
  expect(sizes()).toEqual([1, 1, 2]);
});

const NAMES = ['a', 'b', 'ab'];
const name = fc.constantFrom(...NAMES, 'unknown');
const padding = fc.oneof(
  { weight: 20, arbitrary: fc.nat(300) },
  { weight: 1, arbitrary: fc.constant(70_000) },
);
const message = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.tuple(name, padding).map(([of, pad]) => `{"topic":"${of}","p":"${'x'.repeat(pad)}"}`),
  },
  { weight: 2, arbitrary: name.map((of) => `{ "topic" : "${of}" }`) },
  { weight: 2, arbitrary: name.map((of) => `{"type":"delta","topic":"${of}"}`) },
  { weight: 1, arbitrary: name.map((of) => `{"topic":"${of}",\n"data":\r\n[1.0,1E-7]}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', 'pong', '[]', '{"topic":["a"]}', '{"topic":"a', '{"op":"pong"}', '"é…"'),
  },
);
type Sent = { readonly text: string; readonly how: 'text' | 'binary' | 'pieces' | 'pinged' };
const sent: fc.Arbitrary<Sent> = fc.record({
  text: message,
  how: fc.oneof(
    { weight: 12, arbitrary: fc.constant('text' as const) },
    { weight: 1, arbitrary: fc.constantFrom('binary' as const, 'pieces' as const, 'pinged' as const) },
  ),
});

function framesOf({ text, how }: Sent): Buffer {
  const payload = Buffer.from(text);
  const opcode = how === 'binary' ? OPCODE.binary : OPCODE.text;
  if (how !== 'pieces') {
    const ping = how === 'pinged' ? [encodeFrame({ opcode: OPCODE.ping, payload: Buffer.from('?') })] : [];
    return Buffer.concat([...ping, encodeFrame({ opcode, payload })]);
  }
  const half = payload.length >> 1;
  return Buffer.concat([
    encodeFrame({ opcode, payload: payload.subarray(0, half), fin: false }),
    encodeFrame({ opcode: OPCODE.ping }),
    encodeFrame({ opcode: OPCODE.continuation, payload: payload.subarray(half) }),
  ]);
}

/** Whose file a message belongs in, by a full parse. */
function fileOf(text: string): string {
  try {
    const { topic } = JSON.parse(text);
    return NAMES.includes(topic) ? topic : CONTROL;
  } catch {
    return CONTROL;
  }
}

test('however messages are mixed and cut into reads, the fast way and the slow one write the same files', async () => {
  const ways = [true, false];
  const met = await Promise.all(ways.map((fast_path) => meetLive(NAMES, { fast_path })));
  const stream = fc.array(
    fc.tuple(
      fc.array(sent, { maxLength: 40 }),
      fc.array(fc.integer({ min: 1, max: 4_000 }), { maxLength: 30 }),
    ),
    { minLength: 25, maxLength: 25 },
  );
  const [parts = []] = fc.sample(stream, { numRuns: 1 });
  for (const [messages, cuts] of parts) {
    const bytes = Buffer.concat(messages.map(framesOf));
    let at = 0;
    for (const cut of [...cuts, bytes.length]) {
      for (const { connection } of met) connection.sendRaw(bytes.subarray(at, at + cut));
      at = Math.min(bytes.length, at + cut);
      for (const { connection } of met) await connection.flushed();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const texts = parts.flatMap(([messages]) => messages.map(({ text }) => text)).filter((text) => text !== '');
  await Promise.all(met.map(({ c }) => c.stop()));
  for (const [i, { c }] of met.entries()) {
    for (const file of [...NAMES, CONTROL]) {
      const own = texts
        .filter((text) => fileOf(text) === file)
        .map((text) => text.replaceAll(/[\n\r]/g, ' '));
      const lines = (await c.lines(file)).filter((line) => !line.startsWith('{"success"'));
      expect({ file, fast: ways[i], lines }).toEqual({ file, fast: ways[i], lines: own });
    }
    for (const of of NAMES) expect(await ledgerRecords(c.folder, 'gap', of)).toEqual([]);
  }
});
