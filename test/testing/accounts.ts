// Compares what a numbered feed sent with what an output folder holds: which messages are in the files, how
// often and in which order, and whether the ledger owns up to those that are not.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NumberedFeed } from './numbered-feed.js';

export interface Account {
  /** The numbers in the files, in the order of their lines. */
  readonly numbers: readonly number[];
  /** Numbers that come twice or after a greater one. */
  readonly disordered: readonly number[];
  /** Sent, not in the files, and in no gap of the ledger. */
  readonly undeclared: readonly number[];
  /** Sent, not in the files, and declared. */
  readonly declared: readonly number[];
}

interface Interval {
  readonly from_ms: number;
  readonly to_ms: number;
  readonly reason: string;
}

export async function account(feed: NumberedFeed, output_dir: string, topic: string): Promise<Account> {
  const numbers = await numbersOf(output_dir, topic);
  const gaps = await intervalsOf(output_dir, topic);
  const held = new Set(numbers);
  const disordered = numbers.filter((n, i) => i > 0 && n <= (numbers[i - 1] ?? 0));
  const undeclared: number[] = [];
  const declared: number[] = [];
  for (let n = 1; n <= feed.last(topic); n += 1) {
    if (held.has(n)) continue;
    const at_ms = feed.sentAt(topic, n);
    const known = gaps.some(({ from_ms, to_ms }) => from_ms <= at_ms && at_ms <= to_ms);
    (known ? declared : undeclared).push(n);
  }
  return { numbers, disordered, undeclared, declared };
}

/** The numbers in all hour files of a topic; control messages have none. */
export async function numbersOf(output_dir: string, topic: string): Promise<number[]> {
  const numbers: number[] = [];
  const files = (await readdir(output_dir)).filter((name) => name.startsWith(`${topic}_`)).sort();
  for (const file of files) {
    const text = await readFile(join(output_dir, file), 'utf8');
    if (text !== '' && !text.endsWith('\n')) throw new Error(`${file} ends in a torn line`);
    for (const line of text.split('\n')) {
      if (line.startsWith('{"topic"')) numbers.push(JSON.parse(line).n);
    }
  }
  return numbers;
}

/** The log's words for each gap that is closed: the log and the ledger tell the same story. */
export async function gapSentences(output_dir: string, topic: string): Promise<string[]> {
  const closed = (await intervalsOf(output_dir, topic)).filter(({ to_ms }) => Number.isFinite(to_ms));
  const at = (ms: number) => new Date(ms).toISOString();
  return closed.map(({ from_ms, to_ms, reason }) => `from ${at(from_ms)} to ${at(to_ms)}: ${reason}`);
}

/** Closed gaps, and for an interval that is still open one without an end. */
async function intervalsOf(output_dir: string, topic: string): Promise<Interval[]> {
  const text = await readFile(join(output_dir, `${topic}.ledger`), 'utf8');
  const gaps: Interval[] = [];
  let open: Interval | null = null;
  for (const line of text.split('\n').filter(Boolean)) {
    const record = JSON.parse(line);
    if (record.kind === 'lost') open = { ...record, to_ms: Number.POSITIVE_INFINITY };
    if (record.kind === 'stop')
      open ??= { from_ms: record.until_ms, to_ms: Number.POSITIVE_INFINITY, reason: record.reason };
    if (record.kind === 'gap') gaps.push(record);
    if (record.kind === 'live') open = null;
  }
  return open === null ? gaps : [...gaps, open];
}

/** 1, 2, 3, … up to `last`: nothing is missing. */
export function allUpTo(last: number): number[] {
  return Array.from({ length: last }, (_, i) => i + 1);
}
