// The presets by name and by host, and what becomes of the `protocol` key once it has been checked.

import type { BinaryPacking, MessageRule, Protocol, Template } from '../protocol.js';
import { bybit } from './bybit.js';
import { none } from './none.js';

const PRESETS: ReadonlyMap<string, Protocol> = new Map([bybit, none].map((preset) => [preset.name, preset]));

export const PRESET_NAMES: readonly string[] = [...PRESETS.keys()];

const PRESET_BY_DOMAIN: readonly (readonly [string, Protocol])[] = [
  ['bybit.com', bybit],
  ['bytick.com', bybit],
];

/** A protocol as a user may write it; what is left out has a default. Checked by src/shared/config/protocol.ts. */
export interface ProtocolGiven {
  readonly name?: string;
  /** One message or a list of them, null for none. */
  readonly subscribe?: Template;
  readonly ping?: Template;
  /** Seconds. */
  readonly ping_interval?: number;
  readonly binary?: BinaryPacking;
  readonly confirm?: readonly MessageRule[];
  readonly refuse?: readonly MessageRule[];
  readonly pong?: readonly MessageRule[];
  readonly data_prefix?: string;
}

/** The preset that speaks to `host` (a URL's hostname, in lower case); Bybit's where no other is known to. */
export function presetByHost(host: string): Protocol {
  const known = PRESET_BY_DOMAIN.find(([domain]) => host === domain || host.endsWith(`.${domain}`));
  return known?.[1] ?? bybit;
}

/**
 * The protocol that `value` (a preset's name, a user's own object, or undefined) means for the URL.
 * @throws Error where `value` names no preset or `ws_url` is no URL: both are checked before.
 */
export function resolveProtocol(value: string | ProtocolGiven | undefined, ws_url: string): Protocol {
  if (value === undefined) return presetByHost(new URL(ws_url).hostname);
  if (typeof value === 'object') return ownProtocol(value);
  const preset = PRESETS.get(value);
  if (preset === undefined) throw new Error(`There is no protocol named ${value}.`);
  return preset;
}

function ownProtocol(given: ProtocolGiven): Protocol {
  return {
    name: given.name ?? 'custom',
    subscribe: asMessages(given.subscribe),
    ping: asMessages(given.ping),
    binary: given.binary ?? 'text',
    confirm: given.confirm ?? [],
    refuse: given.refuse ?? [],
    pong: given.pong ?? [],
    data_prefix: given.data_prefix ?? '',
  };
}

/** A list is a list of messages; a message that is itself a list is written as a list of one. */
function asMessages(value: Template | undefined): readonly Template[] {
  if (value === undefined || value === null) return [];
  return isList(value) ? value : [value];
}

const isList = (value: Template): value is readonly Template[] => Array.isArray(value);
