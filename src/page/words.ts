// Counts, times and shares as the pages say them. Times are UTC.

import { formatDuration } from '../shared/format.js';

const COUNT = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const FINE = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

const S = 1000;
const MIN = 60 * S;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;

/** Beyond it a Date cannot tell the day. */
const DATE_MS_MAX = 8.64e15;

/** `7,260`. */
export const countWords = (count: number): string => COUNT.format(count);

/** `1 gap`, `2 gaps`. */
export const plural = (count: number, noun: string): string =>
  `${countWords(count)} ${noun}${count === 1 ? '' : 's'}`;

/** `7,260`, and where that is little `3.5`. */
export const rateWords = (rate: number): string => (rate < 10 ? FINE : COUNT).format(rate);

/** `1.2 ms`, `12 ms`, `1.2 s`, `12m34s`. */
export function shortWords(ms: number): string {
  if (Math.abs(ms) < S) return `${rateWords(ms)} ms`;
  return Math.abs(ms) < MIN ? `${FINE.format(ms / S)} s` : formatDuration(ms);
}

/** `0.250s`, `1m2s`. */
export const lengthWords = (ms: number): string =>
  ms < MIN ? `${(ms / S).toFixed(3)}s` : formatDuration(ms);

/** `3s ago`, `12m ago`, `5h ago`, `40d ago`. */
export function agoWords(ms: number): string {
  const past = Math.max(0, ms);
  if (past < MIN) return `${Math.floor(past / S)}s ago`;
  if (past < HOUR) return `${Math.floor(past / MIN)}m ago`;
  return past < 2 * DAY ? `${Math.floor(past / HOUR)}h ago` : `${Math.floor(past / DAY)}d ago`;
}

/** `41 days`, `5 hours`, `20 minutes`. */
export function roughWords(ms: number): string {
  if (ms >= 3650 * DAY) return 'over 10 years';
  if (ms >= 2 * DAY) return plural(Math.floor(ms / DAY), 'day');
  return ms >= 2 * HOUR ? plural(Math.floor(ms / HOUR), 'hour') : plural(Math.floor(ms / MIN), 'minute');
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** `2026-01-31 23:59:59`. */
export const secondWords = (ms: number): string =>
  ms > DATE_MS_MAX ? `${ms} ms` : iso(ms).slice(0, 19).replace('T', ' ');

/** `23:59:59`. */
export const clockWords = (ms: number): string => secondWords(ms).slice(11);

/** `2026-01-31`. */
export const dayWords = (ms: number): string => secondWords(ms).slice(0, 10);

/** `87.5 %`; never `100 %` where anything is missing. A share that is a hair under its number is that number. */
export const shareWords = (share: number): string =>
  share < 1 ? `${Math.min(99_999, Math.floor(share * 1e5 + 1e-6)) / 1e3} %` : '100 %';
