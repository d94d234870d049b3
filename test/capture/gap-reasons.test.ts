// Why there is a gap: each reason that a capture writes into its ledger, what the last run left, and what somebody
// took away.

import { rename, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { MARK_BYTES, type Mark, readBootId } from '../../src/shared/mark.js';
import { bybit } from '../../src/shared/protocols/bybit.js';
import { ledgerRecords, testFolder } from '../testing/folder.js';
import { captureLive, data, markOf, recordOf } from '../testing/live-capture.js';
import type { ScriptedConnection } from '../testing/scripted-server.js';

test.each([
  ['disconnected', 'a reset', (connection: ScriptedConnection) => connection.reset()],
  ['disconnected', 'an end without Close', (connection: ScriptedConnection) => connection.hangUp()],
  [
    'oversize',
    'a message that is too long',
    (connection: ScriptedConnection) => connection.sendOversize(100_000),
  ],
  ['undecodable', 'a text that is no UTF-8', (connection: ScriptedConnection) => connection.sendWrongUtf8()],
] as const)(
  'the gap has the reason %s after %s, and ends when the topic is live again',
  async (reason, _, hurt) => {
    const { c, connection } = await captureLive({ max_message_bytes: 10_000 });
    const hurt_at = Date.now();
    hurt(connection);
    await c.until('live again', (r) => r.state === 'live' && r.reconnects === 1);
    const gap = await recordOf(c.folder, 'gap');
    expect(gap.reason).toBe(reason);
    expect(gap.from_ms).toBeLessThanOrEqual(hurt_at);
    await recordOf(c.folder, 'live', ({ since_ms }) => since_ms === gap.to_ms);
    expect(await ledgerRecords(c.folder, 'lost')).toMatchObject([{ reason, from_ms: gap.from_ms }]);
    expect(await c.untilLogged(/^Gap/)).toContain(`${new Date(gap.to_ms).toISOString()}: ${reason}`);
  },
);

test('a topic whose subscription is refused while it is live is lost for the reason rejected', async () => {
  const { c, connection } = await captureLive({ protocol: bybit });
  const refused_at = Date.now();
  connection.sendText('{"success":false,"ret_msg":"topic delisted","op":"subscribe"}');
  const lost = await recordOf(c.folder, 'lost');
  expect([lost.reason, lost.from_ms <= refused_at]).toEqual(['rejected', true]);
});

test.each([
  ['forward', 5_000],
  ['back', -5_000],
])('a wall clock that is set %s is a gap that covers both readings', async (_, step_ms) => {
  let set_ms = 0;
  const now = () => Date.now() + set_ms;
  const { c } = await captureLive({}, { now });
  const before_ms = now();
  set_ms = step_ms;
  const after_ms = now();
  const gap = await recordOf(c.folder, 'gap');
  expect(gap.reason).toBe('clock');
  expect(gap.from_ms).toBeLessThanOrEqual(Math.min(before_ms, after_ms));
  expect(gap.to_ms).toBeGreaterThanOrEqual(Math.max(before_ms, after_ms));
  expect(c.report().state).toBe('live');
});

test('a wall clock that is set by less than a second is no gap', async () => {
  let set_ms = 0;
  const { c } = await captureLive({}, { now: () => Date.now() + set_ms });
  for (const step_ms of [900, 0]) {
    set_ms = step_ms;
    // The clocks are compared twice a second.
    await delay(600);
  }
  expect(c.report().gaps).toBe(0);
});

test.each(['moved', 'removed'])(
  'everything that was in a file that was %s lies in a gap, and a new file is begun',
  async (what) => {
    const { c, connection } = await captureLive();
    const sent_at: number[] = [];
    for (const n of [1, 2]) {
      sent_at.push(Date.now());
      connection.sendText(data(n));
      const { file } = await c.until('written', (r) => r.messages === n);
      if (n === 2) continue;
      if (what === 'removed') await unlink(file ?? '');
      else await rename(file ?? '', join(await testFolder(), 'elsewhere.jsonl'));
    }
    const gap = await recordOf(c.folder, 'gap');
    expect([gap.reason, gap.detail]).toEqual(['disk', 'the file was moved or removed']);
    expect(gap.from_ms).toBeLessThanOrEqual(Math.min(...sent_at));
    expect(gap.to_ms).toBeGreaterThanOrEqual(Math.max(...sent_at));
    connection.sendText(data(3));
    await c.until('written', (r) => r.messages === 3);
    expect(await c.lines()).toEqual([data(3)]);
  },
);

test('a ledger and a mark that were moved away are begun anew, with the topic live from then on', async () => {
  const { c } = await captureLive();
  await expect.poll(() => markOf(c.folder)).toBeDefined();
  const elsewhere = await testFolder();
  const moved_at = Date.now();
  for (const name of ['t.ledger', 't.mark']) await rename(join(c.folder, name), join(elsewhere, name));
  expect(await c.untilLogged(/moved or removed/)).toContain('t.ledger was moved or removed');
  expect((await recordOf(c.folder, 'live')).since_ms).toBeGreaterThanOrEqual(moved_at);
  await expect.poll(() => markOf(c.folder)).toBeDefined();
  expect((await stat(join(c.folder, 't.mark'))).size).toBe(MARK_BYTES);
});

// What the last run left.

const HOUR_MS = 3_600_000;

/** A topic that has been live for an hour and then died. */
async function crashed(given: Partial<Mark> | null): Promise<{ folder: string; since_ms: number }> {
  const folder = await testFolder();
  const since_ms = Date.now() - HOUR_MS;
  const live = { at_ms: since_ms, kind: 'live', since_ms, url: 'ws://x' };
  await writeFile(join(folder, 't.ledger'), `${JSON.stringify(live)}\n`);
  const mark = { boot_id: (await readBootId()) ?? '', pid: 1, until_ms: since_ms, synced_ms: since_ms };
  const clocks = { wall_ms: Date.now(), steady_ms: Math.floor(performance.now()) };
  const text = JSON.stringify({ ...mark, ...clocks, ...given });
  if (given !== null) await writeFile(join(folder, 't.mark'), `${text.padEnd(MARK_BYTES - 1)}\n`);
  return { folder, since_ms };
}

async function nextRun(folder: string) {
  const { c } = await captureLive({}, { folder });
  await c.stop();
  const [gap, ...other_gaps] = await ledgerRecords(folder, 'gap');
  const [, again] = await ledgerRecords(folder, 'live');
  if (gap === undefined || again === undefined) throw new Error('no gap, or not live');
  return { lost: await ledgerRecords(folder, 'lost'), gap, other_gaps, again };
}

test('after a crash the gap starts at the mark, and ends when the topic is live again', async () => {
  const until_ms = Date.now() - 5_000;
  const { folder } = await crashed({ until_ms });
  const { lost, gap, other_gaps, again } = await nextRun(folder);
  expect(lost).toMatchObject([{ from_ms: until_ms, reason: 'crash' }]);
  expect(gap).toMatchObject({ from_ms: until_ms, to_ms: again.since_ms, reason: 'crash' });
  expect(other_gaps).toEqual([]);
});

test('a crash before the first mark costs the time since the topic was live, not since 1970', async () => {
  const { folder, since_ms } = await crashed(null);
  expect((await nextRun(folder)).gap).toMatchObject({ from_ms: since_ms, reason: 'crash' });
});

test('a clock that was set back by an hour while nobody captured makes a gap that covers both readings', async () => {
  const died_at = Date.now();
  // By the old clock, an hour ahead: vouched for up to a minute before it died.
  const { folder } = await crashed({ until_ms: died_at + HOUR_MS - 60_000, wall_ms: died_at + HOUR_MS });
  const { gap, again } = await nextRun(folder);
  expect(gap.from_ms).toBeLessThanOrEqual(died_at - 60_000 + 10);
  expect(gap.from_ms).toBeGreaterThan(died_at - 65_000);
  expect(gap.to_ms).toBeGreaterThanOrEqual(again.since_ms + HOUR_MS - 1_000);
});
