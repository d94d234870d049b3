// A generated feed: messages without end, drawn from a seed; as Bybit v5 sends them (publicTrade, orderbook and tickers
// of any symbol), or of any other market's making. Only what is subscribed is generated. Each topic has its own random numbers, so its
// messages depend on the seed and the time at which it starts, and not on the other topics.

import { Book } from './market/book.js';
import type { Topic } from './market/feed.js';
import { instrumentOf } from './market/instrument.js';
import { Random } from './market/random.js';
import { Ticker } from './market/ticker.js';
import { Trades } from './market/trades.js';
import type { FeedMessage, Reader, Source } from './source.js';

export interface GenerateOptions {
  readonly seed: string;
  /** The market's time when a connection begins to read; the clock's unless it must be repeatable. */
  readonly now_ms?: () => number;
}

/** Small, so that a new subscription has its first message soon. */
const BATCH_MESSAGES = 8;
const TOPIC = /^(?:(publicTrade|tickers)|orderbook\.(1|50|200|500|1000))\.([A-Z0-9]{3,30})$/;

interface Running {
  readonly topic: string;
  readonly maker: Topic;
  next_ms: number;
}

/** Makes what is sent of a topic from `start_ms` on; null: there is no such topic. */
export type MakeTopic = (topic: string, random: Random, start_ms: number) => Topic | null;

/** Serves `publicTrade.SYMBOL`, `tickers.SYMBOL` and `orderbook.DEPTH.SYMBOL`; to be paced at speed 1. */
export function generatedSource(options: GenerateOptions): Source {
  return marketSource((topic) => TOPIC.test(topic), makeBybitTopic, options);
}

/** Serves the topics that `make` makes; to be paced at speed 1. */
export function marketSource(
  serves: Source['serves'],
  make: MakeTopic,
  { seed, now_ms = Date.now }: GenerateOptions,
): Source {
  return {
    serves,
    open: (subscribed) => new Market(make, seed, Math.floor(now_ms()), subscribed),
  };
}

class Market implements Reader {
  readonly skipped = 0;
  #now_ms: number;
  readonly #running = new Map<string, Running>();

  constructor(
    readonly make: MakeTopic,
    readonly seed: string,
    start_ms: number,
    readonly subscribed: ReadonlySet<string>,
  ) {
    this.#now_ms = start_ms;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly FeedMessage[]> {
    for (;;) {
      const batch: FeedMessage[] = [];
      while (batch.length < BATCH_MESSAGES) {
        this.#follow();
        const message = this.#next();
        if (message === null) break;
        batch.push(message);
      }
      yield batch;
      // With nothing subscribed there is nothing to wait for inside: let others have their turn.
      if (batch.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Starts what was subscribed, and forgets what was given up: it begins anew with a snapshot. */
  #follow(): void {
    for (const topic of this.#running.keys()) {
      if (!this.subscribed.has(topic)) this.#running.delete(topic);
    }
    for (const topic of this.subscribed) {
      if (this.#running.has(topic)) continue;
      const maker = this.make(topic, new Random(`${this.seed} ${topic}`), this.#now_ms);
      if (maker !== null) this.#running.set(topic, { topic, maker, next_ms: this.#now_ms });
    }
  }

  #next(): FeedMessage | null {
    let first: Running | null = null;
    for (const running of this.#running.values()) {
      if (first === null || running.next_ms < first.next_ms) first = running;
    }
    if (first === null) return null;
    this.#now_ms = Math.max(this.#now_ms, Math.floor(first.next_ms));
    const bytes = Buffer.from(first.maker.next(this.#now_ms));
    first.next_ms += first.maker.gap_ms();
    return { topic: first.topic, ts_ms: this.#now_ms, bytes };
  }
}

function makeBybitTopic(topic: string, random: Random, start_ms: number): Topic | null {
  const [, kind, depth, symbol] = TOPIC.exec(topic) ?? [];
  if (symbol === undefined) return null;
  const instrument = instrumentOf(symbol);
  // Sequences grow more slowly than this, so after a reconnect they go on above where they were.
  const seq = start_ms * 100;
  const u = Math.floor(start_ms / 10);
  if (kind === 'publicTrade') return new Trades(topic, instrument, random, seq);
  if (kind === 'tickers') return new Ticker(topic, instrument, random, seq);
  return new Book(topic, instrument, Number(depth), random, u, seq);
}
