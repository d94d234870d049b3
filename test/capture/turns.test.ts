// What a connection does where connects and messages are rationed: it waits for its turn, says so, and is free to
// stop meanwhile.

import { expect, onTestFinished, test, vi } from 'vitest';
import type { Permit } from '../../src/capture/permits.js';
import type { PermitKind } from '../../src/shared/limits.js';
import { bybit } from '../../src/shared/protocols/bybit.js';
import { none } from '../../src/shared/protocols/none.js';
import { capture } from '../testing/captured.js';
import { ledgerRecords } from '../testing/folder.js';
import { Inbox } from '../testing/inbox.js';
import { serve } from '../testing/served.js';

interface AskedFor {
  readonly kind: PermitKind;
  readonly count: number;
  readonly down_since_ms: number;
  readonly go: () => void;
  withdrawn: boolean;
}

/** Asks of these kinds wait for the test; the others go at once. */
function holdBack(...kinds: readonly PermitKind[]) {
  const asks = new Inbox<AskedFor>('ask');
  const permit: Permit = (kind, count, down_since_ms, go) => {
    const asked = { kind, count, down_since_ms, go, withdrawn: false };
    if (kinds.includes(kind)) asks.push(asked);
    else go();
    return () => {
      asked.withdrawn = true;
    };
  };
  return { permit, next: () => asks.next() };
}

test('it connects when its turn comes, and after a second says what it waits for', async () => {
  const server = await serve();
  const { permit, next } = holdBack('connect');
  const c = await capture(server.url, { protocol: none }, { permit });
  const asked = await next();
  expect(asked).toMatchObject({ kind: 'connect', count: 1 });
  expect(c.report()).toMatchObject({ state: 'waiting', error: null });
  const { state } = await c.until('the sentence', ({ error }) => /turn/.test(error ?? ''));
  expect(state).toBe('waiting');
  expect(c.report().error).toBe(
    'Not live yet, waiting for its turn: all topics of the server share its limits',
  );
  expect(server.handshakes).toHaveLength(0);
  asked.go();
  expect((await c.until('live', (r) => r.state === 'live')).error).toBe(null);
});

test('each time that it comes back it asks again, and tells since when it is down: also the first time, where the last run left a gap', async () => {
  const server = await serve();
  const { permit, next } = holdBack('connect');
  const c = await capture(server.url, { protocol: none }, { permit });
  (await next()).go();
  const connection = await server.nextConnection();
  await c.until('live', (r) => r.state === 'live');
  const before_ms = Date.now();
  connection.reset();
  await connection.closed;
  const again = await next();
  expect(again.down_since_ms).toBeGreaterThanOrEqual(before_ms);
  server.refuseConnections();
  again.go();
  expect(await next()).toMatchObject({ down_since_ms: again.down_since_ms });
  await c.stop();
  const [lost] = await ledgerRecords(c.folder, 'lost');
  await capture(server.url, { protocol: none }, { permit, folder: c.folder });
  expect((await next()).down_since_ms).toBe(lost?.from_ms);
});

test('while it waits it says why it is down as well', async () => {
  const server = await serve();
  const { permit, next } = holdBack('connect');
  const c = await capture(server.url, { protocol: none }, { permit });
  (await next()).go();
  (await server.nextConnection()).close(1001, 'maintenance');
  await next();
  await c.until('the sentence', ({ error }) =>
    /code 1001 \(maintenance\); waiting for its turn/.test(error ?? ''),
  );
});

test('a stop while it waits works at once, and a permit that comes after it makes no connection', async () => {
  const server = await serve();
  const { permit, next } = holdBack('connect');
  const c = await capture(server.url, { protocol: none }, { permit });
  const asked = await next();
  const before = performance.now();
  await c.stop();
  expect(performance.now() - before).toBeLessThan(1_000);
  expect(asked.withdrawn).toBe(true);
});

test('a stop while it waits to subscribe withdraws its ask before the server has answered Close', async () => {
  const server = await serve((connection) => {
    connection.answers_close = false;
  });
  const { permit, next } = holdBack('request');
  const c = await capture(server.url, { protocol: bybit }, { permit });
  const asked = await next();
  const stopped = c.stop();
  expect(c.report().state).toBe('stopping');
  expect(asked.withdrawn).toBe(true);
  await stopped;
});

test('it subscribes when its turn comes, and a wait longer than the bound of a handshake is held against nobody', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const server = await serve();
  const { permit, next } = holdBack('request');
  const c = await capture(server.url, { protocol: bybit }, { permit });
  const connection = await server.nextConnection();
  const asked = await next();
  expect(asked).toMatchObject({ kind: 'request', count: 1 });
  // Less than the time after which it pings.
  vi.advanceTimersByTime(15_000);
  expect(c.report().state).toBe('subscribing');
  expect(connection.received).toEqual([]);
  asked.go();
  await connection.acceptSubscribe();
  await c.until('live', (r) => r.state === 'live');
  expect(server.handshakes).toHaveLength(1);
  await c.stop();
});

test('a connection that is lost while it waits to subscribe withdraws its ask', async () => {
  const server = await serve();
  const { permit, next } = holdBack('request');
  const c = await capture(server.url, { protocol: bybit }, { permit });
  const connection = await server.nextConnection();
  const asked = await next();
  connection.reset();
  await c.until('lost', ({ error }) => error !== null);
  expect(asked.withdrawn).toBe(true);
});

test('pings and answers ask for permits that go before all others', async () => {
  const protocol = {
    ...none,
    ping: ['one', 'two'],
    answer: [{ when: { ping: '*' }, send: { pong: '{=ping}' } }],
  };
  const server = await serve();
  const { permit, next } = holdBack('request');
  const c = await capture(server.url, { protocol, ping_interval_ms: 700 }, { permit });
  const connection = await server.nextConnection();
  await c.until('live', (r) => r.state === 'live');
  const pings = [await next(), await next()];
  expect(connection.received).toEqual([]);
  for (const ping of pings) {
    expect(ping).toMatchObject({ count: 1, down_since_ms: 0 });
    ping.go();
  }
  expect([await connection.nextMessage(), await connection.nextMessage()]).toEqual(['one', 'two']);
  connection.sendText('{"ping":7}');
  const answered = connection.nextMessage();
  const asked = await next();
  expect(asked.down_since_ms).toBe(0);
  asked.go();
  expect(await answered).toBe('{"pong":7}');
});
