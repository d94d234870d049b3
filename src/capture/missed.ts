// Messages that came and did not become lines, gathered to one gap a reason and second: a flood of them must not
// become a flood of records.

import type { GapReason } from '../shared/ledger-records.js';

const GATHER_MS = 1_000;

export type MissedReason = Extract<GapReason, 'overflow' | 'undecodable'>;

export interface Missed {
  readonly reason: MissedReason;
  readonly from_ms: number;
  to_ms: number;
  messages: number;
  /** When the first of them came, by the steady clock. */
  readonly began: number;
}

export class MissedMessages {
  readonly #gathered = new Map<MissedReason, Missed>();

  /** A message came at `now_ms`; it was sent after `from_ms`. */
  add(reason: MissedReason, from_ms: number, now_ms: number): void {
    const missed = this.#gathered.get(reason);
    if (missed === undefined) {
      this.#gathered.set(reason, { reason, from_ms, to_ms: now_ms, messages: 1, began: performance.now() });
    } else {
      missed.to_ms = Math.max(missed.to_ms, now_ms);
      missed.messages += 1;
    }
  }

  /** The earliest instant from which on something was missed that was not taken yet; else infinity. */
  get from_ms(): number {
    return [...this.#gathered.values()].reduce(
      (earliest, { from_ms }) => Math.min(earliest, from_ms),
      Number.POSITIVE_INFINITY,
    );
  }

  /** What is to be declared now: what was gathered for a second, or all of it. */
  take(all: boolean): readonly Missed[] {
    if (this.#gathered.size === 0) return [];
    const now = performance.now();
    const due = [...this.#gathered.values()].filter(({ began }) => all || now - began >= GATHER_MS);
    for (const { reason } of due) this.#gathered.delete(reason);
    return due;
  }
}
