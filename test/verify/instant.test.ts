import { expect, test } from 'vitest';
import { parseInstant } from '../../src/verify/instant.js';

test('a time is ISO 8601, in UTC where no zone is given, or Unix seconds', () => {
  const noon = Date.UTC(2026, 0, 31, 12);
  for (const text of [
    '2026-01-31T12:00:00Z',
    '2026-01-31T12:00',
    '2026-01-31 12:00:00.000',
    '2026-01-31T14:00+02:00',
  ]) {
    expect([text, parseInstant(text)]).toEqual([text, noon]);
  }
  expect(parseInstant('2026-01-31')).toBe(Date.UTC(2026, 0, 31));
  expect(parseInstant(String(noon / 1000))).toBe(noon);
  expect(parseInstant(`${noon / 1000}.5`)).toBe(noon + 500);
  expect(parseInstant('0')).toBe(0);
});

test('what is no time is refused, milliseconds and days that do not exist too', () => {
  const wrong = [
    '',
    'x',
    'now',
    '1769860800000',
    '-1',
    '1e9',
    '2026-02-30',
    '2026-13-01',
    '2026-01-31T25:00',
    '2026-1-1',
  ];
  for (const text of wrong) expect([text, parseInstant(text)]).toEqual([text, null]);
});
