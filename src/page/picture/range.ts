// The time that the picture shows: a day, a week (from Monday) or a month, of UTC.

import { HOUR_MS } from '../../shared/coverage-cells.js';

export const SPANS = ['day', 'week', 'month'] as const;
export type Span = (typeof SPANS)[number];

export interface Range {
  readonly span: Span;
  readonly from_ms: number;
  readonly to_ms: number;
}

export const DAY_MS = 24 * HOUR_MS;
export const hoursOf = ({ from_ms, to_ms }: Range): number => (to_ms - from_ms) / HOUR_MS;
export const daysOf = ({ from_ms, to_ms }: Range): number => (to_ms - from_ms) / DAY_MS;

/** The server knows no time before 1970, and a Date none far beyond: nobody captured then. */
const AT_MS_MIN = Date.UTC(1971, 0);
const AT_MS_MAX = Date.UTC(9999, 0);

/** The one in which the instant lies, or so many before or after it. */
export function rangeAt(span: Span, at_ms: number, moved = 0): Range {
  const date = new Date(Math.min(AT_MS_MAX, Math.max(AT_MS_MIN, at_ms)));
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  if (span === 'month') {
    return { span, from_ms: Date.UTC(year, month + moved), to_ms: Date.UTC(year, month + moved + 1) };
  }
  const days = span === 'week' ? 7 : 1;
  const since_monday = span === 'week' ? (date.getUTCDay() + 6) % 7 : 0;
  const from_ms = Date.UTC(year, month, day - since_monday + moved * days);
  return { span, from_ms, to_ms: from_ms + days * DAY_MS };
}

/** The shortest that holds all of it, or else the month at its end. */
export function rangeOf(from_ms: number, to_ms: number): Range {
  const last_ms = Math.max(from_ms, to_ms - 1);
  const all = SPANS.map((span) => rangeAt(span, last_ms));
  return all.find((range) => range.from_ms <= from_ms) ?? rangeAt('month', last_ms);
}

const format = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', ...options });
const DAY = format({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const DATE = format({ day: 'numeric', month: 'long', year: 'numeric' });
const MONTH = format({ month: 'long', year: 'numeric' });
const WEEKDAY = format({ weekday: 'short', day: 'numeric' });
const SHORT = format({ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });

/** `Tuesday 24 November 2026`, `23 November 2026 – 29 November 2026`, `November 2026`. */
export function rangeWords({ span, from_ms, to_ms }: Range): string {
  if (span === 'day') return DAY.format(from_ms);
  return span === 'month' ? MONTH.format(from_ms) : `${DATE.format(from_ms)} – ${DATE.format(to_ms - 1)}`;
}

/** `Tue 24 Nov 2026, 13:00–14:00 UTC`. */
export function hourWords(hour_ms: number): string {
  const hour = new Date(hour_ms).getUTCHours();
  const clock = (value: number): string => `${String(value).padStart(2, '0')}:00`;
  return `${SHORT.format(hour_ms)}, ${clock(hour)}–${clock(hour + 1)} UTC`;
}

/** What stands above the cells: every third hour of a day, else each day. */
export function axisWords(range: Range): readonly string[] {
  if (range.span === 'day') return Array.from({ length: 8 }, (_, i) => String(i * 3).padStart(2, '0'));
  const days = Array.from({ length: daysOf(range) }, (_, i) => range.from_ms + i * DAY_MS);
  return days.map((ms, i) => (range.span === 'week' ? WEEKDAY.format(ms) : String(i + 1)));
}
