// The made-up market of an exchange: its prices wander, and what happens is written as the exchange writes it.

import { marketSource } from '../replay/generate.js';
import type { Topic } from '../replay/market/feed.js';
import { decimal, type Instrument, instrumentOf } from '../replay/market/instrument.js';
import type { Random } from '../replay/market/random.js';
import { Rhythm } from '../replay/market/rhythm.js';
import type { Source } from '../replay/source.js';
import { partsOf } from '../shared/topic-names.js';
import { COINS, type Coin, type Exchange, type Kind } from './exchanges/exchange.js';

const SEED = 'demo';
const CALM_GAP_MS = 60;
const GAP_MS_MIN = 5;
const STEPS_MAX = 3;
const SIZE_MEAN = 60;

/** The exchange's topics, kind by kind. */
export const topicsOf = ({ kinds }: Exchange): string[] =>
  kinds.flatMap((kind) => COINS.map((coin) => kind.topic(coin)));

/** To be paced at speed 1. */
export function exchangeSource(exchange: Exchange, channelOf: (topic: string) => number): Source {
  const topics = topicsOf(exchange);
  return marketSource(
    (topic) => topics.includes(topic),
    (topic, random, start_ms) => {
      const [found] = exchange.kinds.flatMap((kind) =>
        COINS.filter((coin) => kind.topic(coin) === topic).map((coin) => ({ kind, coin })),
      );
      if (found === undefined) return null;
      return new Wandering(exchange, topic, found.kind, found.coin, channelOf(topic), random, start_ms);
    },
    { seed: SEED },
  );
}

class Wandering implements Topic {
  readonly #rhythm: Rhythm;
  readonly #instrument: Instrument;
  #price: number;
  /** Grows more slowly than this, so after a reconnect it goes on above where it was. */
  #number: number;
  #is_first = true;

  constructor(
    readonly exchange: Exchange,
    readonly topic: string,
    readonly kind: Kind,
    coin: Coin,
    readonly channel: number,
    readonly random: Random,
    start_ms: number,
  ) {
    this.#rhythm = new Rhythm(random, CALM_GAP_MS, GAP_MS_MIN);
    this.#instrument = instrumentOf(`${coin}USDT`);
    this.#price = this.#instrument.first_price;
    this.#number = start_ms;
  }

  next(ms: number): string {
    const { random, channel } = this;
    const { tick, price_digits, size_digits, first_price } = this.#instrument;
    const wandered = this.#price + tick * random.whole(-STEPS_MAX, STEPS_MAX);
    // The price does not leave the neighbourhood of where it began, however long the feed runs.
    if (Math.abs(wandered - first_price) < first_price * 0.1) this.#price = wandered;
    this.#number += 1;
    const message = this.kind.message(
      {
        number: this.#number,
        ms,
        is_first: this.#is_first,
        is_buy: random.chance(0.5),
        price: decimal(this.#price, price_digits),
        size: decimal(1 + Math.floor(random.exponential(SIZE_MEAN)), size_digits),
        bid: decimal(this.#price - tick, price_digits),
        ask: decimal(this.#price + tick, price_digits),
        channel,
      },
      partsOf(this.exchange.preset, this.topic),
    );
    this.#is_first = false;
    return JSON.stringify(message);
  }

  gap_ms(): number {
    return this.#rhythm.gap_ms();
  }
}
