// The time that an exchange states in its data: where it stands is told by the protocol's table. Pure functions, for one
// message in a second; they are not on the way of the others.

import type { EventTime } from './protocol.js';
import { holds, valueAt } from './protocol-speech.js';

const UNIT_MS = { s: 1_000, ms: 1, us: 0.001, ns: 0.000001 } as const;
export const TIME_UNITS = [...Object.keys(UNIT_MS), 'iso'] as readonly (keyof typeof UNIT_MS | 'iso')[];

/** What a `Date` can hold, either way. */
const INSTANT_MS_MAX = 8.64e15;

/** The time that the message states, Unix milliseconds; null: it states none. Never throws. */
export function eventTimeIn(text: string, places: readonly EventTime[]): number | null {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof message !== 'object' || message === null) return null;
  for (const { at, unit, when } of places) {
    if (when !== undefined && !holds(when, message)) continue;
    const time_ms = asMs(valueAt(message, at), unit);
    if (time_ms !== null) return time_ms;
  }
  return null;
}

/** A number may be written as text. */
function asMs(value: unknown, unit: EventTime['unit']): number | null {
  const is_text = typeof value === 'string' && value !== '';
  if (!is_text && typeof value !== 'number') return null;
  const time_ms = unit === 'iso' ? Date.parse(String(value)) : Number(value) * UNIT_MS[unit];
  return Math.abs(time_ms) <= INSTANT_MS_MAX ? time_ms : null;
}
