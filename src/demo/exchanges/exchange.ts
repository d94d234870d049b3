// What the demo knows of an exchange beyond its preset: topics to show, how its messages are written, and what it says
// that the preset's table does not tell. Prices and sizes come from a tick of the made-up market.

import type { Beat } from '../../replay/speech.js';
import type { AnswerRule, Preset, Template } from '../../shared/protocol.js';
import type { Parts } from '../../shared/topic-form.js';

/** What happened on one topic. */
export interface Tick {
  /** One more with each message of the topic. */
  readonly number: number;
  /** Unix milliseconds. */
  readonly ms: number;
  /** The first since the client subscribed: a snapshot, where the exchange has such. */
  readonly is_first: boolean;
  readonly is_buy: boolean;
  /** Decimals, as exchanges write them. */
  readonly price: string;
  readonly size: string;
  readonly bid: string;
  readonly ask: string;
  /** The number that the server bound to the topic, where it binds one. */
  readonly channel: number;
}

/** Coins that are traded in the demo. */
export const COINS = ['BTC', 'ETH', 'SOL'] as const;
export type Coin = (typeof COINS)[number];

/** Topics of one kind, one a coin. */
export interface Kind {
  topic(coin: Coin): string;
  /** What becomes JSON; its keys in the exchange's order, because the beginning tells the topic. */
  message(tick: Tick, parts: Parts): object;
}

export interface Exchange {
  readonly preset: Preset;
  /** As a sentence names it. */
  readonly title: string;
  /** Trades first: they are what the user is shown how to read. */
  readonly kinds: readonly Kind[];
  /** Said when the connection opens. */
  readonly greeting?: readonly Template[];
  /** What a confirmation holds besides what the preset looks at. */
  confirms?(topics: readonly Parts[]): object;
  /** What it answers to what is neither a subscription nor a ping. */
  readonly replies?: readonly AnswerRule[];
  /** What it says from time to time, whatever is subscribed; `number` counts from 1. */
  readonly heartbeat?: Pick<Beat, 'every_ms'> & { message(number: number, ms: number): object };
  /** How often it asks whether we are there, as the preset knows it, and what else is in the message. */
  readonly asks?: Pick<Beat, 'every_ms'> & { readonly also: object };
}

/** Names of coins where Bitcoin has its other one. */
export const withXbt = (coin: Coin): string => (coin === 'BTC' ? 'XBT' : coin);

export const lower = (coin: Coin): string => coin.toLowerCase();

export const sideOf = ({ is_buy }: Tick): 'buy' | 'sell' => (is_buy ? 'buy' : 'sell');

export const isoTime = ({ ms }: Tick): string => new Date(ms).toISOString();
