// How a mistake in the configuration is put into words: the path of a key, a bad value kept short, and the
// sentence about a name that nobody knows. Nothing that a user wrote reaches the terminal unescaped.

import { nearestName } from '../nearest.js';
import { printable, withoutPassword } from '../printable.js';

const SHOWN_LENGTH_MAX = 60;

/** The value as JSON, cut to a length that leaves the sentence readable. */
export function shown(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return visible(JSON.stringify(value));
}

/** A URL as JSON, without its password. */
export function shownUrl(url: string): string {
  return visible(JSON.stringify(withoutPassword(url)));
}

/** `path.key`, or `path["odd key"]` where the key is no plain word. An empty `path` is the top level. */
export function keyPath(path: string, key: string): string {
  if (!/^[A-Za-z_][\w-]{0,59}$/.test(key)) return `${path}[${visible(JSON.stringify(key))}]`;
  return path === '' ? key : `${path}.${key}`;
}

/** The sentence about a key that is not among `known`. */
export function unknownKey(path: string, key: string, known: readonly string[]): string {
  const nearest = nearestName(key, known);
  const advice = nearest === null ? 'remove it.' : `did you mean ${nearest}?`;
  return `${keyPath(path, key)} is not a known key: ${advice}`;
}

/** Cut, and with nothing in it that could steer a terminal. */
function visible(text: string): string {
  return printable(text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text);
}
