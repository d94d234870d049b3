// What verify found, as data: the shapes that the judges fill, `--json` prints and the table is drawn from.
// All times are Unix milliseconds; a line's number counts from 1.

import type { Gap } from '../shared/coverage/ledger-life.js';

/**
 * `content`: a file is not what its seal says. `torn`: it ends inside a line. `name`: its name is off the hour.
 * `unknown`: the ledger does not know it. `missing`: the ledger knows it, and it is not there. `ledger`: a line of
 * the ledger is no record or contradicts the others. `unreadable`: the system does not let us read it.
 */
export type DamageKind = 'content' | 'torn' | 'name' | 'unknown' | 'missing' | 'ledger' | 'unreadable';

export interface Damage {
  readonly kind: DamageKind;
  /** A name, not a path. */
  readonly file: string;
  /** The line with which the damage begins, or the first where it may; null: it is the file as a whole. */
  readonly line: number | null;
  readonly sentence: string;
}

/** A number that a sequence field passed over, or to which it went back. */
export interface Hole {
  readonly file: string;
  readonly line: number;
  /** As the message names it. */
  readonly topic: string;
  readonly field: string;
  readonly before: number;
  readonly found: number;
}

/** Hours that the ledger sealed and that are older than all files that are there: somebody removed them. */
export interface Removed {
  readonly files: number;
  readonly messages: number;
  readonly bytes: number;
  /** The starts of the first and the last of those hours. */
  readonly first_hour_ms: number;
  readonly last_hour_ms: number;
}

/** Not damage, but worth a line. */
export interface Note {
  readonly file: string;
  readonly line: number | null;
  readonly sentence: string;
}

export interface TopicReport {
  /** The name that the topic's files bear, decoded. */
  readonly topic: string;
  /** Whether a capture writes it at this moment. */
  readonly is_written: boolean;
  /** The time that was looked at: since the topic was first live; null: it never was, or not in that time. */
  readonly from_ms: number | null;
  readonly to_ms: number | null;
  /** The share of that time that is in no gap, from 0 to 1. */
  readonly covered: number | null;
  readonly gaps: readonly Gap[];
  readonly longest_gap_ms: number;
  readonly files: number;
  readonly messages: number;
  /** Of the messages, unpacked. */
  readonly bytes: number;
  /** Lines that are no JSON. */
  readonly not_json: number;
  readonly removed: Removed | null;
  readonly damage: readonly Damage[];
  readonly notes: readonly Note[];
  /** Null: not looked for, or the protocol declares no sequence for the topic. */
  readonly holes: { readonly count: number; readonly first: readonly Hole[] } | null;
}

export type Verdict = 'whole' | 'gaps' | 'damaged';

export interface Report {
  readonly dir: string;
  readonly verified_at_ms: number;
  readonly verdict: Verdict;
  readonly topics: readonly TopicReport[];
}

/** Damage outweighs gaps. A hole in a sequence is a gap that nobody declared. */
export function verdictOf(topics: readonly TopicReport[]): Verdict {
  if (topics.some(({ damage }) => damage.length > 0)) return 'damaged';
  const has_gaps = topics.some(({ gaps, holes }) => gaps.length > 0 || (holes?.count ?? 0) > 0);
  return has_gaps ? 'gaps' : 'whole';
}
