// `tickers.SYMBOL`: a snapshot of all fields, then deltas of those that changed.

import type { Topic } from './feed.js';
import { decimal, type Instrument } from './instrument.js';
import type { Random } from './random.js';
import { Rhythm } from './rhythm.js';

const CALM_GAP_MS = 60;
const GAP_MS_MIN = 10;
const FUNDING_MS = 8 * 3_600_000;
const MONEY_DIGITS = 4;

export class Ticker implements Topic {
  readonly #rhythm: Rhythm;
  #is_snapshot_sent = false;
  #last: number;
  #turnover: number;
  #volume: number;
  readonly #open_interest: number;

  constructor(
    readonly topic: string,
    readonly instrument: Instrument,
    readonly random: Random,
    /** Cross sequence, `cs`; it goes up with each message. */
    private cs: number,
  ) {
    this.#rhythm = new Rhythm(random, CALM_GAP_MS, GAP_MS_MIN);
    this.#last = instrument.first_price;
    this.#turnover = random.whole(1e12, 5e12);
    this.#volume = random.whole(1e9, 5e9);
    this.#open_interest = random.whole(1e6, 9e6);
  }

  next(ts_ms: number): string {
    this.cs += this.random.whole(1, 1000);
    const is_snapshot = !this.#is_snapshot_sent;
    this.#is_snapshot_sent = true;
    const fields = is_snapshot ? this.#snapshot(ts_ms) : this.#delta();
    return JSON.stringify({
      topic: this.topic,
      type: is_snapshot ? 'snapshot' : 'delta',
      data: { symbol: this.instrument.symbol, ...fields },
      cs: this.cs,
      ts: ts_ms,
    });
  }

  gap_ms(): number {
    return this.#rhythm.gap_ms();
  }

  #snapshot(ts_ms: number): Record<string, string> {
    const { first_price } = this.instrument;
    return {
      ...this.#trade('ZeroPlusTick'),
      prevPrice24h: this.#price(Math.round(first_price * 0.99)),
      highPrice24h: this.#price(Math.round(first_price * 1.02)),
      lowPrice24h: this.#price(Math.round(first_price * 0.97)),
      prevPrice1h: this.#price(Math.round(first_price * 1.001)),
      ...this.#marks(),
      openInterest: this.#size(this.#open_interest),
      ...this.#turnovers(),
      fundingIntervalHour: '8',
      fundingCap: '0.005',
      nextFundingTime: String(Math.ceil(ts_ms / FUNDING_MS) * FUNDING_MS),
      fundingRate: '0.00000876',
      ...this.#bid(),
      ...this.#ask(),
      preOpenPrice: '',
      preQty: '',
      curPreListingPhase: '',
    };
  }

  /** Something always changes: a ticker without changes is not sent. */
  #delta(): Record<string, string> {
    const draw = this.random.fraction();
    if (draw < 0.15) {
      // The price does not leave the neighbourhood of where it began, however long the feed runs.
      const { first_price } = this.instrument;
      const is_far = Math.abs(this.#last - first_price) > first_price * 0.1;
      const up = is_far ? this.#last < first_price : this.random.chance(0.5);
      this.#last += up ? this.instrument.tick : -this.instrument.tick;
      return {
        ...this.#trade(up ? 'PlusTick' : 'MinusTick'),
        ...this.#turnovers(),
        ...this.#bid(),
        ...this.#ask(),
      };
    }
    if (draw < 0.3) return this.#marks();
    if (draw < 0.45) return { ...this.#turnovers(), ...this.#ask() };
    if (draw < 0.75) return this.#bid();
    return { ...this.#bid(), ...this.#ask() };
  }

  #trade(tickDirection: string): Record<string, string> {
    const change = this.#last / (this.instrument.first_price * 0.99) - 1;
    return { tickDirection, price24hPcnt: change.toFixed(6), lastPrice: this.#price(this.#last) };
  }

  #marks(): Record<string, string> {
    const { tick } = this.instrument;
    return {
      markPrice: this.#price(this.#last + this.random.whole(-3, 3)),
      indexPrice: this.#price(this.#last + tick * this.random.whole(-5, 5)),
    };
  }

  #turnovers(): Record<string, string> {
    this.#turnover += this.random.whole(1, 1e7);
    this.#volume += this.random.whole(1, 1e5);
    return {
      turnover24h: decimal(this.#turnover, MONEY_DIGITS),
      volume24h: decimal(this.#volume, MONEY_DIGITS),
    };
  }

  #bid(): Record<string, string> {
    return { bid1Price: this.#price(this.#last), bid1Size: this.#size(1 + this.random.whole(0, 20_000)) };
  }

  #ask(): Record<string, string> {
    const price = this.#price(this.#last + this.instrument.tick);
    return { ask1Price: price, ask1Size: this.#size(1 + this.random.whole(0, 20_000)) };
  }

  #price(units: number): string {
    return decimal(units, this.instrument.price_digits);
  }

  #size(units: number): string {
    return decimal(units, this.instrument.size_digits);
  }
}
