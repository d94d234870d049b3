// The time that an exchange states in its data: where it stands is told by the protocol's table. Pure functions, for one
// message in a second; they are not on the way of the others.

import type { EventTime } from './protocol.js';
import { holds, valueAt } from './protocol-speech.js';

const UNIT_MS = { s: 1_000, ms: 1, us: 0.001, ns: 0.000001 } as const;
export const TIME_UNITS = [...Object.keys(UNIT_MS), 'iso'] as readonly (keyof typeof UNIT_MS | 'iso')[];

/** What a `Date` can hold. */
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

/** A number may be written as text. Nothing, zero and the year 1 are what servers write for a time that they do not have. */
function asMs(value: unknown, unit: EventTime['unit']): number | null {
  const time_ms = unit === 'iso' ? ofDate(value) : ofNumber(value) * UNIT_MS[unit];
  return time_ms > 0 && time_ms <= INSTANT_MS_MAX ? time_ms : null;
}

const ofDate = (value: unknown): number => (typeof value === 'string' ? Date.parse(value) : Number.NaN);

const ofNumber = (value: unknown): number =>
  typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
