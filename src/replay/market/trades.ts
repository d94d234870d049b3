// `publicTrade.SYMBOL`: trades along a random walk of the price.

import type { Topic } from './feed.js';
import { decimal, type Instrument } from './instrument.js';
import type { Random } from './random.js';
import { Rhythm } from './rhythm.js';

const CALM_GAP_MS = 40;
const GAP_MS_MIN = 1;
/** A message that takes several levels carries a trade for each. */
const TRADES_MAX = 5;
const SIZE_MEAN = 60;

export class Trades implements Topic {
  readonly #rhythm: Rhythm;
  #price: number;
  #direction = 'ZeroPlusTick';

  constructor(
    readonly topic: string,
    readonly instrument: Instrument,
    readonly random: Random,
    /** Cross sequence; it goes up with each message. */
    private seq: number,
  ) {
    this.#price = instrument.first_price;
    this.#rhythm = new Rhythm(random, CALM_GAP_MS, GAP_MS_MIN);
  }

  next(ts_ms: number): string {
    const is_buy = this.random.chance(0.5);
    const count = this.random.chance(0.7) ? 1 : this.random.whole(2, TRADES_MAX);
    this.seq += this.random.whole(1, 50);
    const data = Array.from({ length: count }, () => this.#trade(ts_ms, is_buy));
    return JSON.stringify({ topic: this.topic, type: 'snapshot', ts: ts_ms, data });
  }

  gap_ms(): number {
    return this.#rhythm.gap_ms();
  }

  #trade(ts_ms: number, is_buy: boolean): object {
    const { symbol, tick, price_digits, size_digits } = this.instrument;
    const steps = this.random.chance(0.6) ? 0 : this.random.whole(1, 3);
    this.#move(is_buy ? steps * tick : -steps * tick);
    return {
      T: ts_ms - 1,
      s: symbol,
      S: is_buy ? 'Buy' : 'Sell',
      v: decimal(1 + Math.floor(this.random.exponential(SIZE_MEAN)), size_digits),
      p: decimal(this.#price, price_digits),
      L: this.#direction,
      i: this.random.uuid(),
      BT: false,
      RPI: false,
      seq: this.seq,
    };
  }

  #move(by: number): void {
    // The price does not leave the neighbourhood of where it began, however long the feed runs.
    const { first_price } = this.instrument;
    const next = this.#price + by;
    const is_far = Math.abs(next - first_price) > first_price * 0.1;
    const moved = is_far ? this.#price : next;
    if (moved > this.#price) this.#direction = 'PlusTick';
    else if (moved < this.#price) this.#direction = 'MinusTick';
    else this.#direction = this.#direction.includes('Plus') ? 'ZeroPlusTick' : 'ZeroMinusTick';
    this.#price = moved;
  }
}
