// Numbers that a server counts its messages with, and the holes in them. Which messages have such a number is
// declared here, by protocol and topic; a protocol that declares none has no holes to find.

import { presetByHost } from '../shared/protocols/index.js';
import { LineCutter } from './line-cutter.js';
import type { Hole } from './report.js';

interface Sequence {
  readonly topic: RegExp;
  /** Dotted path of the number: one more with each message of the topic. */
  readonly field: string;
  /** Messages from which the count starts anew, whatever it was: the value at a dotted path. */
  readonly restart: readonly [path: string, value: string];
}

/**
 * Bybit v5: an order book's update id. Its `seq`, like that of trades and the `cs` of tickers, is shared by all
 * that the exchange matches, so it leaps from message to message and tells nothing of a loss.
 */
const BY_PROTOCOL: ReadonlyMap<string, readonly Sequence[]> = new Map([
  ['bybit', [{ topic: /^orderbook\.\d+\./, field: 'data.u', restart: ['type', 'snapshot'] }]],
]);

/** A longer line is not looked into. */
const LINE_BYTES_MAX = 64 * 1024 * 1024;
/** So many holes are told; the rest is counted. */
const TOLD_MAX = 100;

/** The sequences that the protocol of the server at `url` declares. */
export function sequencesOf(url: string | null): readonly Sequence[] {
  if (url === null || !URL.canParse(url)) return [];
  return BY_PROTOCOL.get(presetByHost(new URL(url).hostname).name) ?? [];
}

/** Follows the numbers through a topic's files, in the order of their hours. */
export class SequenceFollower {
  readonly first: Hole[] = [];
  readonly #sequences: readonly Sequence[];
  /** By topic: the number of its last message. */
  readonly #last = new Map<string, number>();
  #count = 0;

  constructor(sequences: readonly Sequence[]) {
    this.#sequences = sequences;
  }

  get count(): number {
    return this.#count;
  }

  /** Returns what is to be given the file's chunks. */
  openFile(file: string): (chunk: Buffer) => void {
    const cutter = new LineCutter(LINE_BYTES_MAX, (line, number) => {
      if (line !== null) this.#look(line, file, number);
    });
    return (chunk) => cutter.push(chunk);
  }

  #look(line: Buffer, file: string, number: number): void {
    const message = parse(line);
    const topic = at(message, 'topic');
    if (typeof topic !== 'string') return;
    const sequence = this.#sequences.find((declared) => declared.topic.test(topic));
    if (sequence === undefined) return;
    const { field, restart } = sequence;
    const found = at(message, field);
    if (typeof found !== 'number') return;
    const before = this.#last.get(topic);
    this.#last.set(topic, found);
    const [path, value] = restart;
    if (before === undefined || found === before + 1 || at(message, path) === value) return;
    this.#count += 1;
    if (this.first.length < TOLD_MAX) this.first.push({ file, line: number, topic, field, before, found });
  }
}

function parse(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8'));
  } catch {
    return null;
  }
}

function at(value: unknown, path: string): unknown {
  let found = value;
  for (const key of path.split('.')) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}
