// A capture that is live on a server of the test's, and what it leaves in ledger and mark, awaited.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { LedgerRecord } from '../../src/shared/ledger-records.js';
import type { Mark } from '../../src/shared/mark.js';
import { none } from '../../src/shared/protocols/none.js';
import type { TopicSettings } from '../../src/shared/settings.js';
import { type Captured, type CaptureOptions, capture } from './captured.js';
import { ledgerRecords } from './folder.js';
import type { ScriptedConnection, ScriptedServer } from './scripted-server.js';
import { serve } from './served.js';

export interface LiveCapture {
  readonly server: ScriptedServer;
  readonly c: Captured;
  readonly connection: ScriptedConnection;
}

/** Without a subscription, unless the settings name a protocol. */
export async function captureLive(
  settings: Partial<TopicSettings> = {},
  options: CaptureOptions = {},
): Promise<LiveCapture> {
  const server = await serve();
  const c = await capture(server.url, { protocol: none, ...settings }, options);
  const connection = await server.nextConnection();
  if (settings.protocol !== undefined) await connection.acceptSubscribe();
  await c.until('live', (r) => r.state === 'live');
  return { server, c, connection };
}

export const data = (n: number): string => `{"topic":"t","n":${n},"pad":"${'x'.repeat(200)}"}`;

/** Sends a message each 20 ms, for so long: what is read vouches for the time, which so moves on. */
export async function talk(connection: ScriptedConnection, for_ms: number): Promise<void> {
  const until = Date.now() + for_ms;
  for (let n = 0; Date.now() < until; n += 1) {
    connection.sendText(data(-n));
    await delay(20);
  }
}

/** The first record of a kind for which `holds`, as soon as there is one. */
export async function recordOf<K extends LedgerRecord['kind']>(
  folder: string,
  kind: K,
  holds: (record: Extract<LedgerRecord, { kind: K }>) => boolean = () => true,
): Promise<Extract<LedgerRecord, { kind: K }>> {
  const look = async () => (await ledgerRecords(folder, kind)).find(holds);
  await expect.poll(look, { timeout: 10_000, interval: 10 }).toBeDefined();
  const record = await look();
  if (record === undefined) throw new Error(`the ${kind} is gone`);
  return record;
}

/** The mark of topic `t`; throws where there is none. */
export async function markOf(folder: string): Promise<Mark> {
  return JSON.parse(await readFile(join(folder, 't.mark'), 'utf8')) as Mark;
}
