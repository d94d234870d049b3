// Times and shares in words, and the time that a picture shows.

import { expect, test } from 'vitest';
import { daysOf, rangeAt, rangeOf, rangeWords } from '../../src/page/picture/range.js';
import { agoWords, roughWords, shareWords, shortWords } from '../../src/page/words.js';

const DAY_MS = 86_400_000;

test('a share is never 100 % where anything is missing', () => {
  expect(shareWords(1)).toBe('100 %');
  expect(shareWords(1 - 1 / (31 * DAY_MS))).toBe('99.999 %');
  expect(shareWords(1 - Number.EPSILON)).toBe('99.999 %');
  expect(shareWords(1 - 0.9)).toBe('10 %');
  expect(shareWords(0)).toBe('0 %');
});

test('a clock that was set back makes no time to come', () => {
  expect(agoWords(-5_000)).toBe('0s ago');
  expect(agoWords(47 * 3_600_000)).toBe('47h ago');
  expect(agoWords(40 * DAY_MS)).toBe('40d ago');
});

test('a short time has as many digits as tell it from the next mark of a chart', () => {
  expect([0, 0.5, 1, 12.4, 999].map(shortWords)).toEqual(['0 ms', '0.5 ms', '1 ms', '12 ms', '999 ms']);
  expect(shortWords(-1_234)).toBe('-1.2 s');
});

test('how long the disk lasts is told in round numbers', () => {
  expect(roughWords(41.9 * DAY_MS)).toBe('41 days');
  expect(roughWords(1.5 * DAY_MS)).toBe('36 hours');
  expect(roughWords(60_000)).toBe('1 minute');
  expect(roughWords(9e15)).toBe('over 10 years');
});

test('weeks begin on Monday, months have their length, and each follows the one before without a hole', () => {
  const sunday = Date.UTC(2026, 10, 29, 23);
  expect(rangeAt('week', sunday).from_ms).toBe(Date.UTC(2026, 10, 23));
  expect(daysOf(rangeAt('month', Date.UTC(2028, 1, 29)))).toBe(29);
  for (const span of ['day', 'week', 'month'] as const) {
    let range = rangeAt(span, sunday);
    for (let i = 0; i < 30; i += 1) {
      const next = rangeAt(span, range.from_ms, 1);
      expect(next.from_ms).toBe(range.to_ms);
      expect(rangeAt(span, next.from_ms, -1)).toEqual(range);
      range = next;
    }
  }
});

test('no time is so far away that it has no name', () => {
  for (const span of ['day', 'week', 'month'] as const) {
    for (const at_ms of [-8.64e15, 0, 8.64e15]) {
      for (const moved of [-1, 0, 1]) {
        const range = rangeAt(span, at_ms, moved);
        expect(range.from_ms).toBeGreaterThan(0);
        expect(rangeWords(range)).toMatch(/(1970|1971|9998|9999)$/);
      }
    }
  }
});

test('a report begins with the shortest time that holds all of it, or with the last month', () => {
  const noon = Date.UTC(2026, 10, 24, 12);
  expect(rangeOf(noon, noon + 3_600_000).span).toBe('day');
  expect(rangeOf(noon, noon + 2 * DAY_MS).span).toBe('week');
  expect(rangeOf(noon, noon + 6 * DAY_MS).span).toBe('month');
  expect(rangeOf(noon - 300 * DAY_MS, noon)).toEqual(rangeAt('month', noon));
  // What ends with an hour does not reach into the next day.
  expect(rangeOf(noon, Date.UTC(2026, 10, 25)).from_ms).toBe(Date.UTC(2026, 10, 24));
});
