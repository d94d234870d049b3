// Several topics on one connection to a server that behaves as each exchange does: what was recorded is asked for as the
// recorded client did and comes out topic by topic as it was sent; and answers, refusals, pings and changes are
// understood topic by topic.

import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Permit } from '../../src/capture/permits.js';
import type { Preset } from '../../src/shared/protocol.js';
import { PRESETS } from '../../src/shared/protocols/index.js';
import { type CapturedTopics, CONTROL, captureShared } from '../testing/captured.js';
import { EXCHANGE_SIDES, type ExchangeSide } from '../testing/exchanges.js';
import { ledgerRecords } from '../testing/folder.js';
import { recordedFrames, sentTexts, with_recordings } from '../testing/recorded.js';
import { messagesOf, RECORDED, topicsOf } from '../testing/recorded-topics.js';
import type { ScriptedConnection } from '../testing/scripted-connection.js';
import { serve } from '../testing/served.js';

const presetOf = (name: string): Preset => PRESETS.find((preset) => preset.name === name) as Preset;

/** Connects when all of the topics are there, so that they are asked for in their order. */
async function captureInOrder(url: string, topics: readonly string[], preset: Preset, fast_path: boolean) {
  let connect = () => {};
  const permit: Permit = (kind, _count, _down, go) => {
    if (kind === 'connect') connect = go;
    else go();
    return () => {};
  };
  const [first = '', ...others] = topics;
  // The limits are the server's, and hold the test up.
  const protocol = { ...preset, limits: {} };
  const c = await captureShared(url, [first], { protocol, fast_path }, { permit });
  const isThere = (name: string) => c.until(`${name} taken in`, (of) => of(name)?.state === 'waiting');
  await isThere(first);
  for (const topic of others) {
    await c.add(topic);
    await isThere(topic);
  }
  connect();
  return c;
}

const MESSAGES_MAX = 8_000;
/** What differs from client to client. */
const plain = ({ id: _, req_id: __, ...request }: Record<string, unknown>) => request;

describe.runIf(with_recordings)('recorded', () => {
  test.each(RECORDED.flatMap((recorded) => [true, false].map((fast_path) => ({ ...recorded, fast_path }))))(
    'all topics of $file on one connection, fast path $fast_path',
    async ({ fast_path, ...recorded }) => {
      const preset = presetOf(recorded.preset);
      const topics = topicsOf(recorded);
      const server = await serve();
      const c = await captureInOrder(server.url, topics, preset, fast_path);
      const connection = await server.nextConnection();
      const requests: Record<string, unknown>[] = [];
      const asked: string[] = [];
      while (asked.length < topics.length) {
        const request = JSON.parse(await connection.nextMessage());
        if (request.method === 'public/set_heartbeat') continue;
        requests.push(plain(request));
        asked.push(...(recorded.file.startsWith('binance') ? request.params : recorded.asked(request)));
      }
      expect(asked).toEqual(topics);
      if (['coinbase-exchange', 'bitfinex', 'htx', 'deribit', 'okx'].includes(recorded.preset)) {
        const sent = sentTexts(recorded.file).map((text) => plain(JSON.parse(text)));
        for (const request of requests) expect(sent).toContainEqual(request);
      }
      const messages = messagesOf(recorded).slice(0, MESSAGES_MAX);
      const frames = preset.binary === 'gzip' ? recordedFrames(recorded.file) : null;
      for (const [i, { line }] of messages.entries()) {
        if (frames !== null) connection.sendBinary(frames[i] as Buffer);
        // The number of the request is ours.
        else connection.sendText(line.replace(/^(\{"jsonrpc":"2.0","id":)0,/, '$12,'));
      }
      await c.untilLive(...topics.filter((name) => messages.some(({ topic }) => topic === name)));
      const pongs = (recorded.preset === 'htx' ? sentTexts(recorded.file) : []).filter((text) =>
        text.startsWith('{"pong"'),
      );
      for (const pong of pongs) expect(await connection.nextMessage()).toBe(pong);
      await c.stop();
      for (const name of [...topics, null]) {
        const own = messages.filter(
          ({ topic }) => topic === name || (name === null && !topics.includes(topic ?? '')),
        );
        const lines = (await c.lines(name ?? CONTROL)).map((line) =>
          line.replace(/^(\{"jsonrpc":"2.0","id":)2,/, '$10,'),
        );
        expect({ name, lines }).toEqual({ name, lines: own.map(({ line }) => line) });
      }
    },
  );
});

interface Played {
  readonly requests: object[];
  /** Subscriptions are not answered until `release`. */
  holds: boolean;
  release(): void;
}

/** Answers each request as the exchange does. */
function play({ preset, answer }: ExchangeSide, connection: ScriptedConnection): Played {
  const held: object[] = [];
  const played: Played = {
    requests: [],
    holds: false,
    release() {
      played.holds = false;
      for (const message of held.splice(0)) say(preset, connection, message);
    },
  };
  void (async () => {
    for (;;) {
      const text = await connection.nextMessage(60_000);
      if (text === 'ping') say(preset, connection, 'pong');
      else {
        const request = JSON.parse(text);
        played.requests.push(request);
        const is_held = played.holds && !/unsub/i.test(text);
        for (const message of answer(request)) {
          if (is_held) held.push(message);
          else say(preset, connection, message);
        }
      }
    }
  })().catch(() => {});
  return played;
}

function say(preset: string, connection: ScriptedConnection, message: string | object): void {
  const text = typeof message === 'string' ? message : JSON.stringify(message);
  if (presetOf(preset).binary === 'gzip') connection.sendBinary(gzipSync(text));
  else connection.sendText(text);
}

test('every preset but none is met here', () => {
  const names = EXCHANGE_SIDES.map(({ preset }) => preset);
  expect([...names, 'none'].sort()).toEqual(PRESETS.map(({ name }) => name).sort());
});

describe.each(EXCHANGE_SIDES)('$preset', (side) => {
  const { preset, topics, unknown, other, data, asks } = side;
  const [first, second] = topics;

  async function meet(ping_interval_ms = 20_000) {
    const server = await serve();
    const protocol = presetOf(preset);
    const c = await captureShared(
      server.url,
      [first, unknown, second],
      { protocol, ping_interval_ms },
      { together: true },
    );
    const connection = await server.nextConnection();
    return { c, server, connection, played: play(side, connection) };
  }

  const settled = async (c: CapturedTopics) => {
    await c.untilLive(first, second);
    await c.until('refused', (of) => of(unknown)?.state === 'rejected');
  };

  test('answers are understood topic by topic, and no message is mixed up', async () => {
    const { c, server, connection } = await meet();
    await settled(c);
    expect(c.log.filter(({ message }) => /first message came/.test(message))).toEqual([]);
    expect(c.report(unknown)?.error).toMatch(/^The server refused the subscription: /);
    for (const name of topics) expect(c.report(name)?.error).toBe(null);
    const sent = Array.from({ length: 60 }, (_, n) => {
      const topic = [first, second, other][n % 3] ?? '';
      return { topic, text: JSON.stringify(data(topic, n)) };
    });
    for (const { text } of sent) say(preset, connection, text);
    const isWritten = (name: string) => c.report(name)?.messages ?? 0;
    await c.until('written', () => topics.every((name) => isWritten(name) >= 20));
    await c.stop();
    for (const [file, topic] of [
      [first, first],
      [second, second],
      [CONTROL, other],
      [unknown, null],
    ] as const) {
      const texts = new Set(sent.map(({ text }) => text));
      const lines = (await c.lines(file)).filter((line) => texts.has(line));
      expect({ file, lines }).toEqual({
        file,
        lines: sent.filter((each) => each.topic === topic).map(({ text }) => text),
      });
    }
    expect(server.handshakes).toHaveLength(1);
    expect(await ledgerRecords(c.folder, 'live', unknown)).toEqual([]);
  });

  test('a topic that is changed is taken off and asked for anew, and is live when that is confirmed; the other stays', async () => {
    const { c, connection, played } = await meet();
    await settled(c);
    const before = played.requests.length;
    played.holds = true;
    await c.remove(first, 'reconfigured');
    await c.add(first);
    await expect.poll(() => played.requests.length, { timeout: 5_000 }).toBeGreaterThanOrEqual(before + 2);
    expect(JSON.stringify(played.requests[before])).toMatch(/unsub/i);
    // The first subscription is not at its end yet; its answer comes, and another's.
    say(preset, connection, data(first, 1));
    connection.ping();
    await expect.poll(() => connection.pongs_at_ms.length).toBe(1);
    expect(c.report(first)?.state).toBe('subscribing');
    played.release();
    await c.untilLive(first);
    const lives = c.log.filter(({ message, name }) => name === first && message.startsWith('Live'));
    expect(lives.map(({ message }) => message)).toEqual([
      'Live: the server confirmed the subscription',
      'Live: the server confirmed the subscription',
    ]);
    say(preset, connection, data(first, 2));
    say(preset, connection, data(second, 3));
    await c.until('written', (of) => (of(second)?.messages ?? 0) > 0);
    await c.stop();
    expect(await c.lines(first)).toContain(JSON.stringify(data(first, 2)));
    expect(await ledgerRecords(c.folder, 'gap', first)).toMatchObject([{ reason: 'reconfigured' }]);
    expect(await ledgerRecords(c.folder, 'lost', second)).toEqual([]);
  });

  test('pings go on for all of them together, and its own are answered once', async () => {
    const { c, connection, played } = await meet(40);
    const { requests } = played;
    await settled(c);
    const before = connection.received.length + connection.pings_at_ms.length;
    await expect
      .poll(() => connection.received.length + connection.pings_at_ms.length, { timeout: 5_000 })
      .toBeGreaterThan(before + 3);
    if (asks !== undefined) {
      say(preset, connection, asks[0]);
      await expect.poll(() => requests.at(-1)).toEqual(asks[1]);
      say(preset, connection, data(second, 1));
      await c.until('written', (of) => (of(second)?.messages ?? 0) > 0);
      const answer = JSON.stringify(asks[1]);
      expect(requests.filter((request) => JSON.stringify(request) === answer)).toHaveLength(1);
    }
    expect(topics.map((name) => [c.report(name)?.state, c.report(name)?.reconnects])).toEqual([
      ['live', 0],
      ['live', 0],
    ]);
  });
});
