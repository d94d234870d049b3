// One budget for all captures of a supervisor: after an outage all come back, none more often than the server allows,
// the longest down first; and without a supervisor that answers they come back as well.

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Allowance } from '../../src/shared/protocol.js';
import type { StatusDocument } from '../../src/shared/status.js';
import { testFolder } from '../testing/folder.js';
import type { HandshakeAnswer, HandshakeRequest, ScriptedServer } from '../testing/scripted-server.js';
import { serve } from '../testing/served.js';
import { type Supervised, supervise } from '../testing/supervised.js';

/** Within it a topic tries again after it was live for the first time. */
const FIRST_DELAY_MS_MAX = 500;

/** A server that counts as exchanges do, and bans for good whoever connects or sends more than it allows. */
class Strict {
  banned = false;
  readonly #at: number[] = [];

  constructor(readonly allows: Allowance) {}

  readonly handshake = (_request: HandshakeRequest): HandshakeAnswer => {
    const now = performance.now();
    this.#at.push(now);
    if (this.#at.filter((at) => at > now - this.allows.ms).length > this.allows.count) this.banned = true;
    return this.banned ? { status: 429 } : 'accept';
  };
}

async function start(
  server: ScriptedServer,
  names: readonly string[],
  protocol: object,
): Promise<Supervised> {
  const topics = names.map((topic) => ({ topic, ws_url: `${server.url}/${topic}` }));
  return await supervise(await testFolder(), { topics, protocol });
}

const numbered = (letter: string, count: number) => Array.from({ length: count }, (_, i) => `${letter}${i}`);

/** Live, `connects` times each. */
const allLive = (connects: number) => (status: StatusDocument) =>
  status.topics.every(({ state, reconnects }) => state === 'live' && reconnects === connects - 1);

async function close(server: ScriptedServer, which: (topic: string) => boolean): Promise<void> {
  const open = server.connections.filter((c) => c.is_open && which(c.request.target.slice(1)));
  for (const connection of open) connection.close(1001, 'restart');
  await Promise.all(open.map((connection) => connection.closed));
}

test('all topics of a server that drops everybody are live again, and neither connects nor messages are ever more than it allows', async () => {
  const strict = new Strict({ count: 6, ms: 500 });
  const server = await serve(
    async (connection) => {
      await connection.nextMessage(30_000);
      connection.sendText('welcome');
    },
    { handshake: strict.handshake },
  );
  const limits = { connects: strict.allows, host_requests: strict.allows };
  const streamer = await start(server, numbered('t', 24), { subscribe: 'sub {topic}', limits });
  await streamer.until('all live', allLive(1));
  await close(server, () => true);
  await streamer.until('all live again', allLive(2));
  expect(strict.banned).toBe(false);
  expect(server.handshakes).toHaveLength(48);
  const sent_at_ms = server.connections.flatMap(({ received }) => received.map(({ at_ms }) => at_ms));
  expect(sent_at_ms).toHaveLength(48);
  for (const end of sent_at_ms) {
    const { count, ms } = strict.allows;
    expect(sent_at_ms.filter((at) => at > end - ms && at <= end).length).toBeLessThanOrEqual(count);
  }
});

test('those that were down longest come back first', async () => {
  const strict = new Strict({ count: 1, ms: 100 });
  const server = await serve(undefined, { handshake: strict.handshake });
  const limits = { connects: strict.allows };
  const streamer = await start(server, [...numbered('late', 3), ...numbered('early', 3)], { limits });
  await streamer.until('all live', allLive(1));
  // While the supervisor does not answer, all come into the queue.
  streamer.signal('SIGSTOP');
  await close(server, (topic) => topic.startsWith('early'));
  await sleep(200);
  await close(server, (topic) => topic.startsWith('late'));
  await sleep(FIRST_DELAY_MS_MAX + 300);
  expect(server.handshakes).toHaveLength(6);
  streamer.signal('SIGCONT');
  await streamer.until('all live again', allLive(2));
  // Whoever is read first finds nobody else in the queue.
  const [, ...order] = server.handshakes.slice(6).map(({ target }) => target.slice(1, 5));
  expect(order).toEqual([...order].sort());
  expect(new Set(order)).toEqual(new Set(['earl', 'late']));
  expect(strict.banned).toBe(false);
});

test('while the supervisor is stopped its captures come back without it', async () => {
  const server = await serve();
  const limits = { connects: { count: 100, ms: 1_000 } };
  const streamer = await start(server, numbered('t', 3), { limits });
  await streamer.until('all live', allLive(1));
  streamer.signal('SIGSTOP');
  for (let n = 0; n < 3; n += 1) await server.nextConnection();
  const stopped_at = performance.now();
  await close(server, () => true);
  for (let n = 0; n < 3; n += 1) await server.nextConnection(20_000);
  expect(performance.now() - stopped_at).toBeGreaterThan(5_000);
  streamer.signal('SIGCONT');
  const { topics } = await streamer.until('told', allLive(2));
  expect(topics.map(({ restarts }) => restarts)).toEqual([0, 0, 0]);
  expect(await streamer.log()).toMatch(/The supervisor does not say when to connect: going on without it/);
});
