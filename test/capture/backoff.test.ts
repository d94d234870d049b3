import { expect, test } from 'vitest';
import { Backoff, retryAfterMs } from '../../src/capture/backoff.js';

const longestOf = (backoff: Backoff, tries: number) => Array.from({ length: tries }, () => backoff.next());

test('the longest delay doubles from half a second to half a minute, and any shorter one is as likely', () => {
  const just_below_one = 1 - 2 ** -53;
  expect(longestOf(new Backoff(() => just_below_one), 8)).toEqual([
    500, 1000, 2000, 4000, 8000, 16000, 30000, 30000,
  ]);
  expect(longestOf(new Backoff(() => 0.5), 3)).toEqual([250, 500, 1000]);
  expect(new Backoff(() => 0).next()).toBe(0);
});

test('the delay falls back only once the topic was live longer than the delay and at least 5 s', () => {
  const backoff = new Backoff(() => 1);
  longestOf(backoff, 6);
  backoff.wasLive(16_000);
  expect(backoff.next()).toBe(30_000);
  backoff.wasLive(30_001);
  expect(backoff.next()).toBe(500);
  backoff.wasLive(4_999);
  expect(backoff.next()).toBe(1000);
  backoff.wasLive(5_000);
  expect(backoff.next()).toBe(500);
});

test('a refusal waits for the longest delay', () => {
  const backoff = new Backoff(() => 0);
  expect(backoff.longest()).toBe(30_000);
});

test('Retry-After is honoured in seconds and as a date, for an hour at most', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  expect(retryAfterMs('7', now)).toBe(7000);
  expect(retryAfterMs('Thu, 01 Jan 2026 00:00:30 GMT', now)).toBe(30_000);
  expect(retryAfterMs('Thu, 01 Jan 2025 00:00:30 GMT', now)).toBe(0);
  expect(retryAfterMs('soon', now)).toBe(0);
  expect(retryAfterMs(undefined, now)).toBe(0);
  expect(new Backoff(() => 0).next(7000)).toBe(7000);
  expect(new Backoff(() => 0).next(1e12)).toBe(3_600_000);
});
