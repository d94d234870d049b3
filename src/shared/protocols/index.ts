// The presets by name and by host, and what becomes of the `protocol` key once it has been checked.

import type {
  AnswerRule,
  Batch,
  BinaryPacking,
  Binding,
  EventTime,
  Limits,
  MessageRule,
  NameRule,
  Preset,
  Protocol,
  Template,
} from '../protocol.js';
import { binance, binance_usdm } from './binance.js';
import { bitfinex } from './bitfinex.js';
import { bitget } from './bitget.js';
import { bitmex } from './bitmex.js';
import { bybit } from './bybit.js';
import { coinbase_advanced, coinbase_exchange } from './coinbase.js';
import { deribit } from './deribit.js';
import { gate } from './gate.js';
import { htx } from './htx.js';
import { hyperliquid } from './hyperliquid.js';
import { kraken } from './kraken.js';
import { none } from './none.js';
import { okx } from './okx.js';

export const PRESETS: readonly Preset[] = [
  bybit,
  binance,
  binance_usdm,
  okx,
  coinbase_exchange,
  coinbase_advanced,
  kraken,
  bitget,
  deribit,
  bitmex,
  htx,
  gate,
  hyperliquid,
  bitfinex,
  none,
];

export const PRESET_NAMES: readonly string[] = PRESETS.map(({ name }) => name);

/** Left out: one message answers the whole request. */
export type BatchGiven = Omit<Batch, 'answered'> & Partial<Pick<Batch, 'answered'>>;

/** A protocol as a user may write it; what is left out has a default. Checked by src/shared/config/protocol.ts. */
export interface ProtocolGiven {
  readonly name?: string;
  readonly topic?: string;
  /** One message or a list of them, null for none. */
  readonly open?: Template;
  readonly subscribe?: Template;
  readonly unsubscribe?: Template;
  readonly ping?: Template;
  /** Seconds. */
  readonly ping_interval?: number;
  readonly binary?: BinaryPacking;
  readonly confirm?: readonly MessageRule[];
  readonly refuse?: readonly MessageRule[];
  readonly pong?: readonly MessageRule[];
  readonly answer?: readonly AnswerRule[];
  readonly closing?: readonly MessageRule[];
  readonly data_prefix?: string;
  readonly batch?: BatchGiven | null;
  readonly begins?: readonly string[];
  readonly names?: readonly NameRule[];
  readonly aliases?: Protocol['aliases'];
  readonly binds?: Binding | null;
  readonly limits?: Limits;
  readonly event_time?: readonly EventTime[];
}

/** The preset that speaks to `host` (a URL's hostname, in lower case); Bybit's where no other is known to. */
export function presetByHost(host: string): Preset {
  const isOf = (domain: string) => host === domain || host.endsWith(`.${domain}`);
  return PRESETS.find(({ hosts }) => hosts.some(isOf)) ?? bybit;
}

/**
 * The protocol that `value` (a preset's name, a user's own object, or undefined) means for the URL.
 * @throws Error where `value` names no preset or `ws_url` is no URL: both are checked before.
 */
export function resolveProtocol(value: string | ProtocolGiven | undefined, ws_url: string): Protocol {
  if (value === undefined) return presetByHost(new URL(ws_url).hostname);
  if (typeof value === 'object') return ownProtocol(value);
  const preset = PRESETS.find(({ name }) => name === value);
  if (preset === undefined) throw new Error(`There is no protocol named ${value}.`);
  return preset;
}

function ownProtocol(given: ProtocolGiven): Protocol {
  return {
    name: given.name ?? 'custom',
    topic: given.topic ?? '{topic}',
    open: asMessages(given.open),
    subscribe: asMessages(given.subscribe),
    unsubscribe: asMessages(given.unsubscribe),
    ping: asMessages(given.ping),
    binary: given.binary ?? 'text',
    confirm: given.confirm ?? [],
    refuse: given.refuse ?? [],
    pong: given.pong ?? [],
    answer: given.answer ?? [],
    closing: given.closing ?? [],
    data_prefix: given.data_prefix ?? '',
    batch: given.batch == null ? null : { answered: 'together', ...given.batch },
    begins: given.begins ?? [],
    names: given.names ?? [],
    aliases: given.aliases ?? {},
    binds: given.binds ?? null,
    limits: given.limits ?? {},
    event_time: given.event_time ?? [],
  };
}

/** A list is a list of messages; a message that is itself a list is written as a list of one. */
function asMessages(value: Template | undefined): readonly Template[] {
  if (value === undefined || value === null) return [];
  return isList(value) ? value : [value];
}

const isList = (value: Template): value is readonly Template[] => Array.isArray(value);
