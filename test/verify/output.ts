// An output folder made by hand: what a capture of topic `t` would have left after a few hours and a stop.

import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ALL_TIME } from '../../src/shared/coverage/window.js';
import type { LedgerRecord } from '../../src/shared/ledger-records.js';
import type { Report, TopicReport } from '../../src/verify/report.js';
import { type VerifyRequest, verifyFolder } from '../../src/verify/verify.js';
import { testFolder } from '../testing/folder.js';

export const HOUR_S = 3600;
export const HOUR_MS = HOUR_S * 1000;
/** 2026-01-01T00:00:00Z. */
export const START_S = 1_767_225_600;
export const START_MS = START_S * 1000;

export const fileOf = (hour: number, name = 't'): string => `${name}_${START_S + hour * HOUR_S}.jsonl`;

export const linesOf = (hour: number, count = 5): string =>
  Array.from({ length: count }, (_, i) => `{"topic":"t","hour":${hour},"n":${i}}\n`).join('');

type SealGiven = Partial<LedgerRecord & { kind: 'seal' }>;

export function seal(file: string, text: string | Buffer, given: SealGiven = {}): LedgerRecord {
  const bytes = Buffer.from(text);
  return {
    at_ms: START_MS,
    kind: 'seal',
    file,
    messages: bytes.toString('latin1').split('\n').length - 1,
    bytes: bytes.length,
    first_ms: START_MS,
    last_ms: START_MS + 1,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    ...given,
  };
}

export const live = (since_ms: number): LedgerRecord => ({
  at_ms: since_ms,
  kind: 'live',
  since_ms,
  url: 'wss://stream.bybit.com/v5/public/linear',
});

export const lost = (from_ms: number): LedgerRecord => ({
  at_ms: from_ms + 1000,
  kind: 'lost',
  from_ms,
  reason: 'disconnected',
});

export const gap = (from_ms: number, to_ms: number): LedgerRecord => ({
  at_ms: to_ms,
  kind: 'gap',
  from_ms,
  to_ms,
  reason: 'disconnected',
});

export const stop = (until_ms: number): LedgerRecord => ({
  at_ms: until_ms,
  kind: 'stop',
  until_ms,
  reason: 'stopped',
});

/** The boot id differs from this machine's, and no process has the pid. */
export const mark = (until_ms: number, given: object = {}): string =>
  `${JSON.stringify({ boot_id: 'another', pid: 0, until_ms, synced_ms: until_ms, wall_ms: until_ms, steady_ms: 0, ...given }).padEnd(191)}\n`;

export const ledgerText = (records: readonly (LedgerRecord | string)[]): string =>
  records.map((record) => `${typeof record === 'string' ? record : JSON.stringify(record)}\n`).join('');

export type Files = Readonly<Record<string, string | Buffer>>;

/** Three sealed hours, captured from the first minute on, and a stop at the end of the third. */
export function wholeFiles(): Record<string, string | Buffer> {
  const files = Object.fromEntries([0, 1, 2].map((hour) => [fileOf(hour), linesOf(hour)]));
  return { ...files, 't.ledger': ledgerText(wholeRecords(files)), 't.mark': mark(START_MS + 3 * HOUR_MS) };
}

export function wholeRecords(files: Files): LedgerRecord[] {
  const seals = Object.entries(files).map(([name, text]) => seal(name, text));
  return [live(START_MS), ...seals, stop(START_MS + 3 * HOUR_MS)];
}

export async function folderOf(files: Files): Promise<string> {
  const dir = join(await testFolder(), 'out');
  await mkdir(dir);
  for (const [name, content] of Object.entries(files)) await writeFile(join(dir, name), content);
  return dir;
}

export function verifyDir(dir: string, given: Partial<VerifyRequest> = {}): Promise<Report> {
  return verifyFolder({
    dir,
    topic: null,
    window: ALL_TIME,
    with_sequences: false,
    hour_ms: HOUR_MS,
    now: () => START_MS + 4 * HOUR_MS,
    holdsOpen: async () => false,
    expect: () => {},
    took: () => {},
    ...given,
  });
}

/** What is said of the one topic of a folder with these files. */
export async function verify(files: Files, given: Partial<VerifyRequest> = {}): Promise<TopicReport> {
  const { topics } = await verifyDir(await folderOf(files), given);
  const [topic, other] = topics;
  if (topic === undefined || other !== undefined) throw new Error(`${topics.length} topics`);
  return topic;
}

/** Damage as `kind file:line`. */
export const damageOf = ({ damage }: TopicReport): string[] =>
  damage.map(({ kind, file, line }) => `${kind} ${file}${line === null ? '' : `:${line}`}`);
