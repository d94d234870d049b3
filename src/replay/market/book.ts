// `orderbook.DEPTH.SYMBOL`: a snapshot, then deltas that keep the book at its depth, with `u` one higher each.

import type { Topic } from './feed.js';
import { decimal, type Instrument } from './instrument.js';
import type { Random } from './random.js';
import { Rhythm } from './rhythm.js';

const CALM_GAP_MS = 45;
/** Bybit pushes 50 levels every 20 ms at most. */
const GAP_MS_MIN = 20;
const CHANGES_MEAN = 5;
const SIZE_MEAN = 800;

interface Level {
  price: number;
  size: number;
}

/** What a delta says: the new size at each price, 0 where the level is gone. */
type Changes = Map<number, number>;

/** Bids (sign -1) or asks (sign 1): levels from the best on, each farther from the middle than the one before. */
class Side {
  readonly levels: Level[] = [];

  constructor(
    readonly sign: 1 | -1,
    readonly depth: number,
    readonly tick: number,
    readonly random: Random,
    best: number,
  ) {
    for (let price = best; this.levels.length < depth; price += this.#step()) {
      this.levels.push({ price, size: this.#size() });
    }
  }

  get best(): number {
    return this.levels[0]?.price ?? 0;
  }

  /** Changes one level, most often near the best. `limit`: the best of the other side. */
  change(limit: number, changes: Changes): void {
    const index = Math.min(this.depth - 1, Math.floor(this.random.exponential(this.depth / 6)));
    const level = this.levels[index];
    if (level === undefined) return;
    const draw = this.random.fraction();
    // More often than levels go, because there is not always room: so the book neither thins out nor drifts apart.
    if (draw < 0.3) this.#insertBefore(index, level, limit, changes);
    else if (draw < 0.4) this.#remove(index, level, changes);
    else {
      level.size = this.#size();
      changes.set(level.price, level.size);
    }
  }

  /** The level goes, and one more comes into sight at the far end. */
  #remove(index: number, level: Level, changes: Changes): void {
    const last = this.levels.at(-1) ?? level;
    const price = last.price + this.#step();
    if (price <= 0) return;
    this.levels.splice(index, 1);
    changes.set(level.price, 0);
    this.#put({ price, size: this.#size() }, this.levels.length, changes);
  }

  /** A new level between this one and the next one nearer to the middle; the farthest goes out of sight. */
  #insertBefore(index: number, level: Level, limit: number, changes: Changes): void {
    const nearer = index === 0 ? limit : (this.levels[index - 1]?.price ?? limit);
    const free_ticks = Math.abs(level.price - nearer) / this.tick - 1;
    if (free_ticks < 1) return;
    const price = level.price - this.sign * this.tick * this.random.whole(1, free_ticks);
    this.#put({ price, size: this.#size() }, index, changes);
    const farthest = this.levels.pop();
    if (farthest !== undefined) changes.set(farthest.price, 0);
  }

  #put(level: Level, index: number, changes: Changes): void {
    this.levels.splice(index, 0, level);
    changes.set(level.price, level.size);
  }

  #step(): number {
    return this.sign * this.tick * (this.random.chance(0.6) ? 1 : this.random.whole(2, 6));
  }

  #size(): number {
    return 1 + Math.floor(this.random.exponential(SIZE_MEAN));
  }
}

export class Book implements Topic {
  readonly #rhythm: Rhythm;
  readonly #bids: Side;
  readonly #asks: Side;
  #is_snapshot_sent = false;

  constructor(
    readonly topic: string,
    readonly instrument: Instrument,
    depth: number,
    readonly random: Random,
    private u: number,
    private seq: number,
  ) {
    const { first_price, tick } = instrument;
    this.#rhythm = new Rhythm(random, CALM_GAP_MS, GAP_MS_MIN);
    this.#bids = new Side(-1, depth, tick, random, first_price);
    this.#asks = new Side(1, depth, tick, random, first_price + tick);
  }

  next(ts_ms: number): string {
    this.u += 1;
    this.seq += this.random.whole(0, 400);
    const is_snapshot = !this.#is_snapshot_sent;
    this.#is_snapshot_sent = true;
    const [b, a] = is_snapshot ? this.#snapshot() : this.#delta();
    return JSON.stringify({
      topic: this.topic,
      type: is_snapshot ? 'snapshot' : 'delta',
      ts: ts_ms,
      data: { s: this.instrument.symbol, b, a, u: this.u, seq: this.seq },
      cts: ts_ms - this.random.whole(1, 10),
    });
  }

  gap_ms(): number {
    return this.#rhythm.gap_ms();
  }

  #snapshot(): string[][][] {
    return [this.#bids, this.#asks].map((side) =>
      side.levels.map((level) => this.#pair(level.price, level.size)),
    );
  }

  #delta(): string[][][] {
    const bids: Changes = new Map();
    const asks: Changes = new Map();
    const count = 1 + Math.floor(this.random.exponential(CHANGES_MEAN));
    for (let i = 0; i < count; i += 1) {
      if (this.random.chance(0.5)) this.#bids.change(this.#asks.best, bids);
      else this.#asks.change(this.#bids.best, asks);
    }
    // Best first: bids from the highest, asks from the lowest.
    const by_bid = [...bids].toSorted(([p], [q]) => q - p);
    const by_ask = [...asks].toSorted(([p], [q]) => p - q);
    return [by_bid, by_ask].map((side) => side.map(([price, size]) => this.#pair(price, size)));
  }

  #pair(price: number, size: number): string[] {
    const { price_digits, size_digits } = this.instrument;
    return [decimal(price, price_digits), size === 0 ? '0' : decimal(size, size_digits)];
  }
}
