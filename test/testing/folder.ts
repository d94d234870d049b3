// A folder of a test's own, gone when the test ends, and what a capture wrote into it.

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { LedgerRecord } from '../../src/shared/ledger-records.js';
import { encodeName } from '../../src/shared/names.js';

export async function testFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'streamer-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The text of each file of the folder whose name ends with `.jsonl`, by name. */
export async function readHourFiles(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl')).sort();
  const entries = names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** The records of one kind in the ledger of a topic, oldest first. */
export async function ledgerRecords<Kind extends LedgerRecord['kind']>(
  folder: string,
  kind: Kind,
  name = 't',
): Promise<Extract<LedgerRecord, { kind: Kind }>[]> {
  const text = await readFile(join(folder, `${encodeName(name)}.ledger`), 'utf8');
  const records = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as LedgerRecord);
  return records.filter((record) => record.kind === kind) as Extract<LedgerRecord, { kind: Kind }>[];
}
