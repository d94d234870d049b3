// When messages come: markets are quiet, then busy for a moment.

import type { Random } from './random.js';

const BURST_CHANCE = 0.02;
const BURST_MESSAGES_MEAN = 30;
const BURST_SPEED = 8;

export class Rhythm {
  #burst_messages = 0;

  constructor(
    readonly random: Random,
    readonly calm_gap_ms: number,
    /** No two messages come closer together. */
    readonly gap_ms_min: number,
  ) {}

  gap_ms(): number {
    if (this.#burst_messages > 0) this.#burst_messages -= 1;
    else if (this.random.chance(BURST_CHANCE)) {
      this.#burst_messages = Math.ceil(this.random.exponential(BURST_MESSAGES_MEAN));
    }
    const mean = this.#burst_messages > 0 ? this.calm_gap_ms / BURST_SPEED : this.calm_gap_ms;
    return Math.max(this.gap_ms_min, this.random.exponential(mean));
  }
}
