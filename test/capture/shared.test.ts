// Promises about topics that share a connection: each has files, ledger and state of its own, whatever is answered to
// the others.

import { expect, onTestFinished, test, vi } from 'vitest';
import { CONTROL } from '../testing/captured.js';
import { ledgerRecords } from '../testing/folder.js';
import { acceptAll, data, meet, meetLive, requestsFor } from '../testing/shared-capture.js';
import { until } from '../testing/until.js';

const states = (c: Awaited<ReturnType<typeof meet>>['c'], ...names: string[]) =>
  names.map((name) => c.report(name)?.state);

function fakeTicks(): void {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
}

test("each topic's messages are in its own file, and those of no topic in the control file", async () => {
  const { c, connection, server } = await meetLive(['a', 'b', 'c']);
  for (let n = 0; n < 300; n += 1) connection.sendText(data('abc'[(n * n) % 3] ?? '', n));
  connection.sendText('{"notice":"of no topic"}');
  connection.sendText('pong');
  connection.sendText(data('d', 1));
  const counted = () => ['a', 'b', 'c'].reduce((sum, name) => sum + (c.report(name)?.messages ?? 0), 0);
  await c.until('all written', () => counted() === 300);
  expect(server.handshakes).toHaveLength(1);
  await c.stop();
  for (const [i, name] of ['a', 'b', 'c'].entries()) {
    const own = Array.from({ length: 300 }, (_, n) => n).filter((n) => (n * n) % 3 === i);
    expect(await c.lines(name)).toEqual(own.map((n) => data(name, n)));
    expect(await ledgerRecords(c.folder, 'gap', name)).toEqual([]);
    expect(await ledgerRecords(c.folder, 'live', name)).toHaveLength(1);
  }
  const control = await c.lines(CONTROL);
  expect(control.slice(-3)).toEqual(['{"notice":"of no topic"}', 'pong', data('d', 1)]);
  const acknowledgements = control.slice(0, -3).map((line) => JSON.parse(line));
  expect(acknowledgements.length).toBeGreaterThan(0);
  expect(acknowledgements.every(({ op }) => op === 'subscribe')).toBe(true);
});

test('one confirmation makes all topics of its request live, and none of another', async () => {
  const names = Array.from({ length: 15 }, (_, i) => `t${i}`);
  const { c, connection } = await meet(names);
  const [first, ...others] = await requestsFor(connection, names);
  if (first === undefined) throw new Error('no request');
  connection.answer(first, true, '');
  await c.untilLive(...(first.args ?? []));
  const rest = others.flatMap(({ args = [] }) => args);
  expect([...(first.args ?? []), ...rest].sort()).toEqual([...names].sort());
  expect(new Set(states(c, ...rest))).toEqual(new Set(['subscribing']));
  for (const request of others) connection.answer(request, true, '');
  await c.untilLive(...names);
});

test('its first message makes a topic live, and no other one', async () => {
  const { c, connection } = await meet(['a', 'b']);
  await requestsFor(connection, ['a', 'b']);
  connection.sendText(data('b', 1));
  await c.untilLive('b');
  expect(states(c, 'a')).toEqual(['subscribing']);
});

test('a batch that is refused for one topic is asked for one by one: that one is rejected, the others live, and it is asked for again after the longest delay', async () => {
  fakeTicks();
  const { c, connection, server } = await meet(['a', 'bad', 'b'], {}, { together: true });
  const alone = new Set<string>();
  const live = new Set<string>();
  while (live.size < 2 || !alone.has('bad')) {
    const request = await connection.nextRequest('subscribe');
    const { args = [] } = request;
    const is_good = !args.includes('bad');
    connection.answer(request, is_good, is_good ? '' : 'no such topic');
    if (is_good) for (const name of args) live.add(name);
    else if (args.length === 1) alone.add('bad');
  }
  await c.untilLive('a', 'b');
  await c.until('rejected', (of) => of('bad')?.state === 'rejected');
  expect(c.report('bad')?.error).toBe('The server refused the subscription: no such topic');
  expect(c.report('a')?.error).toBe(null);
  const asked = connection.received.length;
  const pings = () => connection.received.filter(({ text }) => text.includes('"ping"')).length;
  for (let s = 0; s < 29; s += 1) {
    vi.advanceTimersByTime(1_000);
    connection.ping();
    await until(() => connection.pongs_at_ms.length > s);
  }
  expect(connection.received.length - pings()).toBe(asked);
  vi.advanceTimersByTime(1_000);
  expect((await connection.nextRequest('subscribe')).args).toEqual(['bad']);
  expect(states(c, 'bad', 'a', 'b')).toEqual(['subscribing', 'live', 'live']);
  connection.sendText(data('bad', 1));
  await c.untilLive('bad');
  expect(server.handshakes).toHaveLength(1);
  await c.stop();
  expect(await ledgerRecords(c.folder, 'lost', 'a')).toEqual([]);
  expect(await ledgerRecords(c.folder, 'live', 'bad')).toHaveLength(1);
});

test('a live topic that is refused is a gap of its own alone', async () => {
  const { c, connection } = await meetLive(['a', 'b']);
  await c.add('late');
  const request = await connection.nextRequest('subscribe');
  connection.sendText(data('late', 1));
  await c.untilLive('late');
  connection.answer(request, false, 'not for you');
  await c.until('rejected', (of) => of('late')?.state === 'rejected');
  connection.sendText(data('a', 1));
  await c.until('read', (of) => of('a')?.messages === 1);
  await c.stop();
  expect(await ledgerRecords(c.folder, 'lost', 'late')).toMatchObject([{ reason: 'rejected' }]);
  for (const name of ['a', 'b']) expect(await ledgerRecords(c.folder, 'lost', name)).toEqual([]);
});

test('where all are refused the connection is left, and tried again after the longest delay', async () => {
  const { c, connection } = await meet(['a', 'b'], {}, { together: true });
  const refuse = async () => {
    for (;;) await connection.refuseSubscribe('no');
  };
  await Promise.all([
    refuse().catch(() => {}),
    c.until('rejected', (of) => ['a', 'b'].every((name) => of(name)?.state === 'rejected')),
  ]);
  await connection.closed;
  expect(await c.untilLogged(/trying again/)).toBe(
    'The server refused the subscription: no; trying again in 30.0 s',
  );
  expect(c.report('a')?.error).toBe('The server refused the subscription: no');
});

test('a topic that joins after all others were refused does not wait with them', async () => {
  const { c, connection, server } = await meet(['bad']);
  await connection.refuseSubscribe('no');
  await c.until('rejected', (of) => of('bad')?.state === 'rejected');
  await Promise.all([c.add('a'), c.add('b')]);
  const other = await server.nextConnection();
  for (const live = new Set<string>(); live.size < 2; ) {
    const request = await other.nextRequest('subscribe');
    const { args = [] } = request;
    other.answer(request, !args.includes('bad'), 'no');
    if (!args.includes('bad')) for (const name of args) live.add(name);
  }
  await c.untilLive('a', 'b');
  await c.until('rejected', (of) => of('bad')?.state === 'rejected');
  expect(server.handshakes).toHaveLength(2);
});

test('where none is confirmed in 10 s the connection is left', async () => {
  fakeTicks();
  const { c, connection, server } = await meet(['a', 'b']);
  await requestsFor(connection, ['a', 'b']);
  vi.advanceTimersByTime(9_000);
  expect(states(c, 'a', 'b')).toEqual(['subscribing', 'subscribing']);
  vi.advanceTimersByTime(2_000);
  await connection.closed;
  await c.untilLogged(/neither confirmed the subscription nor sent a message within 10 s; trying again/);
  await acceptAll(await server.nextConnection(), ['a', 'b']);
  await c.untilLive('a', 'b');
});

test('a topic that was live and is gone does not count when none of the others is confirmed', async () => {
  fakeTicks();
  const { c, connection } = await meetLive(['a']);
  await c.add('b');
  await connection.nextRequest('subscribe');
  await c.remove('a');
  vi.advanceTimersByTime(10_000);
  await connection.closed;
  expect(c.report('b')?.error).toMatch(/neither confirmed/);
});

test('one of several that is never confirmed is asked for again, and the others are left alone', async () => {
  fakeTicks();
  const { c, connection, server } = await meetLive(['a', 'b']);
  await c.add('lost');
  await connection.nextRequest('subscribe');
  for (let s = 0; s < 10; s += 1) {
    vi.advanceTimersByTime(1_000);
    connection.ping();
    await until(() => connection.pongs_at_ms.length > s);
  }
  expect((await connection.nextRequest('subscribe')).args).toEqual(['lost']);
  expect(states(c, 'lost', 'a', 'b')).toEqual(['subscribing', 'live', 'live']);
  expect(server.handshakes).toHaveLength(1);
  expect(c.log.filter(({ message }) => message.includes('subscribing again'))).toMatchObject([
    { name: 'lost', level: 'warn' },
  ]);
});

test('a topic that is added later is asked for on the open connection', async () => {
  const { c, connection, server } = await meetLive(['a']);
  await Promise.all([c.add('b'), c.add('c')]);
  await acceptAll(connection, ['b', 'c']);
  await c.untilLive('b', 'c');
  connection.sendText(data('c', 1));
  await c.until('written', (of) => of('c')?.messages === 1);
  expect(server.handshakes).toHaveLength(1);
  await c.stop();
  expect(await ledgerRecords(c.folder, 'lost', 'a')).toEqual([]);
});

test('a topic that is removed is unsubscribed; what came before is in its file, its ledger has the reason, and the others miss nothing', async () => {
  const { c, connection } = await meetLive(['a', 'b']);
  connection.sendText(data('a', 1) + ' '.repeat(100_000));
  connection.sendText(data('b', 1));
  const removed = c.remove('a', 'reconfigured');
  const request = await connection.nextRequest('unsubscribe');
  expect(request.args).toEqual(['a']);
  connection.sendText(data('a', 2));
  connection.answer(request, true, '');
  expect(await removed).toBe(0);
  const removed_ms = Date.now();
  expect(c.report('a')).toBeUndefined();
  connection.sendText(data('b', 2));
  await c.until('written', (of) => of('b')?.messages === 2);
  expect(states(c, 'b')).toEqual(['live']);
  await c.stop();
  expect((await c.lines('a')).map((line) => JSON.parse(line).n)[0]).toBe(1);
  const [stop] = await ledgerRecords(c.folder, 'stop', 'a');
  expect(stop?.reason).toBe('reconfigured');
  // It is vouched for up to the answer to the ping that was sent when it was let go.
  expect(removed_ms - (stop?.until_ms ?? 0)).toBeLessThan(1_000);
  expect(await ledgerRecords(c.folder, 'seal', 'a')).toHaveLength(1);
  expect(await c.lines('b')).toEqual([data('b', 1), data('b', 2)]);
  expect(await ledgerRecords(c.folder, 'lost', 'b')).toEqual([]);
});

test('a topic that is let go is proved to be read at once, not at the next look', async () => {
  fakeTicks();
  const { c, connection } = await meetLive(['a', 'b']);
  const removed = c.remove('a');
  await connection.nextRequest('unsubscribe');
  await removed;
  expect(connection.pings_at_ms).toHaveLength(1);
  // A server that listens in order sends no more of it after its pong.
  const [pinged_ms = 0] = connection.pings_at_ms;
  expect(pinged_ms).toBeGreaterThanOrEqual(connection.received.at(-1)?.at_ms ?? 0);
});

test('what comes of a topic after it was removed is in the control file', async () => {
  const { c, connection } = await meetLive(['a', 'b']);
  await c.remove('a');
  connection.sendText(data('a', 1));
  connection.sendText(data('b', 1));
  await c.until('written', (of) => of('b')?.messages === 1);
  await c.stop();
  expect((await c.lines(CONTROL)).at(-1)).toBe(data('a', 1));
});

test('the last topic that is removed takes the connection with it, and one that is added meanwhile makes another', async () => {
  const { c, connection, server } = await meetLive(['a']);
  connection.answers_close = false;
  const removed = c.remove('a');
  await c.add('b');
  await acceptAll(await server.nextConnection(), ['b']);
  await c.untilLive('b');
  connection.close(1000);
  await removed;
  expect((await connection.closed).code).toBe(1000);
  expect(server.handshakes).toHaveLength(2);
});
