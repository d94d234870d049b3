// Notices when the wall clock is set and when this process stood still, by holding it against the steady clock.

import { CLOCK_STEP_MS } from './standing.js';

/** A tick as late as this means that we stood still. */
export const STOOD_STILL_MS = 1_500;

export interface Look {
  readonly stood_still: boolean;
  /** How far the wall clock was set, forward or back; null: it was not. */
  readonly step: { readonly by_ms: number; readonly first_ms: number; readonly last_ms: number } | null;
}

export class ClockWatch {
  readonly #now: () => number;
  #wall_ms = 0;
  #steady_ms = performance.now();

  constructor(now: () => number) {
    this.#now = now;
    this.start();
  }

  /** Whatever was before, nothing was noticed. */
  start(): void {
    this.#wall_ms = this.#now();
    this.#steady_ms = performance.now();
  }

  /** Whether the next look is overdue: reads that follow a standstill come before it. */
  get is_overdue(): boolean {
    return performance.now() - this.#steady_ms > STOOD_STILL_MS;
  }

  /** Often: what happened since the last look. A step's `first_ms` and `last_ms` cover both readings. */
  look(): Look {
    const before_ms = this.#wall_ms;
    const elapsed_ms = performance.now() - this.#steady_ms;
    this.start();
    const wall_ms = this.#wall_ms;
    const expected_ms = before_ms + elapsed_ms;
    const by_ms = Math.round(wall_ms - expected_ms);
    const step = {
      by_ms,
      first_ms: Math.min(before_ms, wall_ms - elapsed_ms),
      last_ms: Math.max(expected_ms, wall_ms),
    };
    return {
      stood_still: elapsed_ms > STOOD_STILL_MS,
      step: Math.abs(by_ms) > CLOCK_STEP_MS ? step : null,
    };
  }
}
