// Notices when the wall clock is set and when this process stood still, by holding it against the steady clock, and
// remembers what both clocks showed when it last looked: the mark holds that, for a start that must notice the same.

import { CLOCK_STEP_MS } from './standing.js';

/** A tick as late as this means that we stood still. */
export const STOOD_STILL_MS = 750;

export interface Look {
  readonly stood_still: boolean;
  /** How far the wall clock was set, forward or back; null: it was not. */
  readonly step: { readonly by_ms: number; readonly first_ms: number; readonly last_ms: number } | null;
}

export class ClockWatch {
  readonly #now: () => number;
  readonly #uptime: () => number;
  #wall_ms = 0;
  #uptime_ms = 0;
  #steady_ms = performance.now();

  /** `now`: the wall clock; `uptime`: since the start of the machine; both milliseconds. */
  constructor(now: () => number, uptime: () => number) {
    this.#now = now;
    this.#uptime = uptime;
    this.start();
  }

  /** Whatever was before, nothing was noticed. */
  start(): void {
    this.#wall_ms = this.#now();
    this.#uptime_ms = this.#uptime();
    this.#steady_ms = performance.now();
  }

  /** What the clocks showed at the last look: a step since then is not noticed yet. */
  get seen(): { readonly wall_ms: number; readonly steady_ms: number } {
    return { wall_ms: Math.floor(this.#wall_ms), steady_ms: Math.floor(this.#uptime_ms) };
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
