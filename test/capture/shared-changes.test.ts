// Promises about topics that come and go while others go on: nothing of one that goes is left behind, and one that
// comes again is captured once, whatever happens meanwhile.

import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { CaptureTools } from '../../src/capture/capture.js';
import type { Permit } from '../../src/capture/permits.js';
import { bybit } from '../../src/shared/protocols/bybit.js';
import { CONTROL, captureShared } from '../testing/captured.js';
import { FaultyDisk } from '../testing/faulty-disk.js';
import { ledgerRecords } from '../testing/folder.js';
import { serve } from '../testing/served.js';
import { acceptAll, data, meet, meetLive, requestsFor } from '../testing/shared-capture.js';
import { until } from '../testing/until.js';

/** Locks as the kernel's: who does not let go is waited for. `held` can be filled by the test. */
function locks() {
  const held = new Set<string>();
  const acquire: CaptureTools['acquire'] = async (name, waiting, isUnwanted) => {
    if (held.has(name)) waiting('somebody else writes it');
    while (held.has(name)) {
      if (isUnwanted()) return null;
      await delay(5);
    }
    held.add(name);
    return { release: async () => void held.delete(name) };
  };
  return { held, acquire };
}

test('a topic that is removed while it waits for its lock is gone at once, and holds nothing when the lock is free', async () => {
  const { held, acquire } = locks();
  held.add('b');
  const { c, connection } = await meet(['a', 'b'], {}, { acquire });
  await acceptAll(connection, ['a']);
  await c.untilLive('a');
  await c.until('it waits', (of) => of('b')?.error === 'somebody else writes it');
  expect(await c.remove('b')).toBe(0);
  expect(c.report('b')).toBeUndefined();
  held.delete('b');
  await c.add('b');
  await acceptAll(connection, ['b']);
  await c.untilLive('a', 'b');
});

test('a lock that comes in the moment in which its topic is removed is let go of', async () => {
  const held = new Set<string>();
  let letIn = () => {};
  const acquire: CaptureTools['acquire'] = async (name) => {
    if (name === 'b')
      await new Promise<void>((resolve) => {
        letIn = resolve;
      });
    held.add(name);
    return { release: async () => void held.delete(name) };
  };
  const { c, connection } = await meet(['a', 'b'], {}, { acquire });
  await acceptAll(connection, ['a']);
  const removed = c.remove('b');
  letIn();
  await removed;
  expect(held.has('b')).toBe(false);
  expect(c.report('b')).toBeUndefined();
});

test('a topic that is changed twice before the first change is done is there once, with one lock and its last settings', async () => {
  const { held, acquire } = locks();
  const { c, connection } = await meetLive(['a', 'b'], {}, { acquire });
  const changes = [
    c.remove('a', 'reconfigured'),
    c.add({ topic: 'a', buffer_size: 11 }),
    c.remove('a', 'reconfigured'),
    c.add({ topic: 'a', buffer_size: 12 }),
  ];
  const accepting = (async () => {
    for (;;) await connection.acceptSubscribe(60_000);
  })().catch(() => {});
  await Promise.all(changes);
  await c.untilLive('a', 'b');
  expect(
    c.capture
      .report()
      .topics.map(({ name }) => name)
      .sort(),
  ).toEqual(['a', 'b']);
  expect([...held].sort()).toEqual(['_control', 'a', 'b']);
  connection.sendText(data('a', 1));
  await c.until('written', (of) => of('a')?.messages === 1);
  await c.stop();
  await accepting;
  expect(await c.lines('a')).toEqual([data('a', 1)]);
  const stops = await ledgerRecords(c.folder, 'stop', 'a');
  expect(stops.map(({ reason }) => reason)).toEqual(['reconfigured', 'stopped']);
  expect(await ledgerRecords(c.folder, 'seal', 'a')).toHaveLength(1);
});

test('a stop while a topic is being let go ends both in good order, each once', async () => {
  const { c, connection } = await meetLive(['a', 'b', 'c']);
  connection.answers_pings = false;
  for (const name of ['a', 'b', 'c']) connection.sendText(data(name, 1));
  const removed = c.remove('a', 'reconfigured');
  const began = performance.now();
  expect(await c.stop()).toBe(0);
  expect(await removed).toBe(0);
  expect(performance.now() - began).toBeLessThan(5_000);
  for (const [name, reason] of [
    ['a', 'reconfigured'],
    ['b', 'stopped'],
    ['c', 'stopped'],
  ] as const) {
    expect(await ledgerRecords(c.folder, 'stop', name)).toMatchObject([{ reason }]);
    expect(await ledgerRecords(c.folder, 'seal', name)).toMatchObject([{ messages: 1 }]);
  }
});

test('a stop does not wait for a topic that waits for its lock', async () => {
  const { held, acquire } = locks();
  held.add('b');
  const { c, connection } = await meet(['a', 'b'], {}, { acquire });
  await acceptAll(connection, ['a']);
  await c.untilLive('a');
  const began = performance.now();
  expect(await c.stop()).toBe(0);
  expect(performance.now() - began).toBeLessThan(1_000);
  expect(await ledgerRecords(c.folder, 'stop', 'a')).toHaveLength(1);
});

test('a topic that is added while the process stops is not captured', async () => {
  const { held, acquire } = locks();
  const { c } = await meetLive(['a'], {}, { acquire });
  const stopped = c.stop();
  await c.add('b');
  await stopped;
  expect(held.has('b')).toBe(false);
});

test('a connection that is lost while a topic is let go holds it up no longer', async () => {
  const { c, connection } = await meetLive(['a', 'b'], {}, { random: () => 0.99 });
  connection.answers_pings = false;
  const removed = c.remove('a');
  await connection.nextRequest('unsubscribe');
  const began = performance.now();
  connection.reset();
  await removed;
  expect(performance.now() - began).toBeLessThan(1_000);
  const [lost] = await ledgerRecords(c.folder, 'lost', 'a');
  expect(lost?.reason).toBe('disconnected');
  expect(await ledgerRecords(c.folder, 'stop', 'a')).toHaveLength(1);
});

test('a topic can be removed while its connection is being made, and the last one ends it', async () => {
  const server = await serve(undefined, { handshake: () => 'never' });
  const c = await captureShared(server.url, ['a', 'b']);
  await server.nextHandshake();
  await Promise.all([c.remove('a'), c.remove('b')]);
  expect(c.capture.report().topics).toEqual([]);
  server.handshake = () => 'accept';
  await c.add('d');
  await acceptAll(await server.nextConnection(), ['d']);
  expect(server.handshakes).toHaveLength(2);
});

test('a topic whose buffer is full can be removed, and the others are read again', async () => {
  const disk = new FaultyDisk();
  const { c, connection } = await meetLive([{ topic: 'a', buffer_size: 10 }, 'b'], {}, { disk });
  const letGo = disk.holdWrites();
  const sent_ms = Date.now();
  for (let n = 0; n < 20; n += 1) connection.sendText(data('a', n));
  await c.untilLogged(/buffer was full/);
  const removed = c.remove('a');
  connection.sendText(data('b', 1));
  await c.until('b read', (of) => of('b')?.buffered === 1);
  letGo();
  expect(await removed).toBe(0);
  await c.until('b written', (of) => of('b')?.messages === 1);
  await c.stop();
  // What was not read when it was let go is no longer its own, and its ledger does not vouch for it.
  const late = (await c.lines(CONTROL)).filter((line) => line.startsWith('{"topic":"a"'));
  expect([...(await c.lines('a')), ...late]).toEqual(Array.from({ length: 20 }, (_, n) => data('a', n)));
  const [stop] = await ledgerRecords(c.folder, 'stop', 'a');
  expect(stop?.until_ms).toBeLessThanOrEqual(sent_ms);
});

test('what still comes of a subscription that ends does not make the topic live that is added anew: the answer does', async () => {
  const { c, connection } = await meetLive(['a', 'b']);
  await c.remove('a', 'reconfigured');
  await c.add('a');
  await connection.nextRequest('unsubscribe');
  const request = await connection.nextRequest('subscribe');
  // The server has not seen the end of the first subscription yet.
  connection.sendText(data('a', 1));
  await c.until('written', (of) => of('a')?.messages === 1);
  expect(c.report('a')?.state).toBe('subscribing');
  // Now it has, and then the second begins: what it would have sent in between is nowhere.
  const ended_ms = Date.now();
  await delay(50);
  connection.answer(request, true, '');
  await c.untilLive('a');
  await c.stop();
  const [gap] = await ledgerRecords(c.folder, 'gap', 'a');
  expect(gap?.reason).toBe('reconfigured');
  expect(gap?.to_ms).toBeGreaterThanOrEqual(ended_ms + 45);
});

test('where nothing is ever confirmed, a topic that is added anew is live by its first message after 5 s', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const { c, connection } = await meetLive(['a', 'b']);
  await c.remove('a');
  await c.add('a');
  await connection.nextRequest('subscribe');
  vi.advanceTimersByTime(5_000);
  connection.sendText(data('a', 1));
  await c.untilLive('a');
});

/** Asks to send wait until the test gives `more`. */
function rationed() {
  const asks: (() => void)[] = [];
  let free = 0;
  const permit: Permit = (kind, _count, _down, go) => {
    if (kind === 'connect' || free > 0) {
      if (kind === 'request') free -= 1;
      go();
      return () => {};
    }
    asks.push(go);
    return () => void (asks.includes(go) && asks.splice(asks.indexOf(go), 1));
  };
  return {
    permit,
    more: (count: number) => {
      free += count;
      while (free > 0 && asks.length > 0) {
        free -= 1;
        asks.shift()?.();
      }
    },
  };
}

test('a topic that is removed before it was asked for is not asked for, and the others are', async () => {
  const { permit, more } = rationed();
  const { c, connection } = await meet(['a', 'b', 'c'], {}, { permit });
  await c.until('subscribing', (of) => ['a', 'b', 'c'].every((name) => of(name)?.state === 'subscribing'));
  await c.remove('b');
  more(100);
  const requests = await requestsFor(connection, ['a', 'c']);
  expect(requests.flatMap(({ args = [] }) => args).sort()).toEqual(['a', 'c']);
  for (const request of requests) connection.answer(request, true, '');
  await c.untilLive('a', 'c');
  connection.ping();
  await until(() => connection.pongs_at_ms.length === 1);
  expect(connection.received.filter(({ text }) => text.includes('"b"'))).toEqual([]);
});

test('a topic whose end waits for its turn is let go when the connection is lost, and after 2 s', async () => {
  const { permit, more } = rationed();
  more(100);
  const { c, connection } = await meetLive(['a', 'b', 'c'], {}, { permit, random: () => 0.99 });
  more(-100);
  const began = performance.now();
  await c.remove('a');
  expect(performance.now() - began).toBeGreaterThan(1_900);
  const removed = c.remove('b');
  await delay(50);
  connection.reset();
  await removed;
  expect(performance.now() - began).toBeLessThan(3_500);
});

test('topics that are removed together are taken off by few requests, and those within the allowance', async () => {
  const names = Array.from({ length: 25 }, (_, i) => `t${i}`);
  const protocol = { ...bybit, limits: { requests: { count: 5, ms: 1_000 } } };
  const { c, connection } = await meetLive([...names, 'stays'], { protocol });
  await Promise.all(names.map((name) => c.remove(name)));
  const off: string[] = [];
  while (off.length < names.length) off.push(...((await connection.nextRequest('unsubscribe')).args ?? []));
  expect(off.sort()).toEqual([...names].sort());
  const at = connection.received.map(({ at_ms }) => at_ms);
  const most = Math.max(...at.map((from) => at.filter((each) => each >= from && each < from + 950).length));
  expect(most).toBeLessThanOrEqual(5);
  expect(c.report('stays')?.state).toBe('live');
});

test('permits are asked for under the name of a topic that the connection still carries', async () => {
  const permitNames: string[] = [];
  const { c, connection, server } = await meetLive(['a'], {}, { permitNames });
  expect(new Set(permitNames)).toEqual(new Set(['a']));
  await c.add('b');
  await acceptAll(connection, ['b']);
  const removed = c.remove('a');
  permitNames.length = 0;
  await removed;
  connection.reset();
  await acceptAll(await server.nextConnection(), ['b']);
  expect(permitNames.length).toBeGreaterThan(1);
  expect(new Set(permitNames)).toEqual(new Set(['b']));
});

test('a refusal that comes while the last topic is let go makes no other connection', async () => {
  const { c, connection, server } = await meet(['a'], { protocol: { ...bybit, names: [], begins: [] } });
  await connection.nextRequest('subscribe');
  connection.answers_close = false;
  const removed = c.remove('a');
  connection.sendText('{"success":false,"ret_msg":"no","op":"subscribe"}');
  connection.close(1000);
  await removed;
  expect(c.log.filter(({ message }) => message.includes('trying again'))).toEqual([]);
  expect(server.handshakes).toHaveLength(1);
});
