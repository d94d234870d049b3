import { expect, test } from 'vitest';
import { Rate } from '../../src/supervisor/rates.js';

test('before anything was noted the rate is 0', () => {
  expect(new Rate(5).per_min).toBe(0);
});

test('a rate is over the time since the start while that is less than a minute', () => {
  const rate = new Rate(0);
  rate.note(1_000, 100);
  rate.note(2_000, 300);
  expect(rate.per_min).toBe(9_000);
});

test('after a minute only the last 60 s count', () => {
  const rate = new Rate(0);
  for (let s = 1; s <= 100; s += 1) rate.note(s * 1_000, s <= 50 ? s * 1_000 : 50_000 + (s - 50));
  // Seconds 40 to 50 at 1,000 a second, 50 to 100 at 1 a second.
  expect(rate.per_min).toBe(10_050);
});

test('a tick that comes late does not pass for a second', () => {
  const rate = new Rate(0);
  rate.note(30_000, 100);
  expect(rate.per_min).toBe(200);
});

test('a rate has two decimals at most', () => {
  const rate = new Rate(0);
  rate.note(7_000, 1);
  expect(rate.per_min).toBe(8.57);
});
