// A feed as Bybit's of which a test can spoil one topic at a time: silence it, refuse it, or lose its connections.

import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { ScriptedConnection } from './scripted-connection.js';
import { startScriptedServer } from './scripted-server.js';

export interface MoodyFeed {
  /** Of a topic: each has its own path, so that it can be refused already at the handshake. */
  urlOf(topic: string): string;
  /** Confirmed, and then nothing is sent. */
  readonly silent: Set<string>;
  /** Their subscriptions are refused. */
  readonly refused: Set<string>;
  /** What connects for them is answered 503. */
  readonly absent: Set<string>;
  /** Cuts the topic's connections. */
  cut(topic: string): void;
}

const MESSAGE_MS = 50;

/** Each message is `message(topic, n)`. Closed when the test ends. */
export async function startMoodyFeed(
  message = (topic: string, n: number): string | Buffer =>
    JSON.stringify({ topic, ts: Date.now(), data: [{ n }] }),
): Promise<MoodyFeed> {
  const [silent, refused, absent] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const open = new Map<string, ScriptedConnection>();
  const pathOf = (topic: string) => `/${Buffer.from(topic).toString('hex')}`;
  const topicAt = (path: string) => Buffer.from(path.slice(1), 'hex').toString();
  const server = await startScriptedServer(
    async (connection) => {
      const topic = topicAt(connection.request.target);
      open.set(topic, connection);
      if (refused.has(topic)) return connection.refuseSubscribe(`handler not found: ${topic}`);
      await connection.acceptSubscribe();
      for (let n = 1; connection.is_open; n += 1) {
        if (!silent.has(topic)) connection.sendText(message(topic, n));
        await sleep(MESSAGE_MS);
      }
    },
    { handshake: ({ target }) => (absent.has(topicAt(target)) ? { status: 503 } : 'accept') },
  );
  onTestFinished(() => server.close());
  return {
    urlOf: (topic) => server.url + pathOf(topic),
    silent,
    refused,
    absent,
    cut: (topic) => open.get(topic)?.reset(),
  };
}
