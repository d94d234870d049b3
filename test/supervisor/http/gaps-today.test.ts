import { expect, test } from 'vitest';
import { GapsToday } from '../../../src/supervisor/http/gaps-today.js';

/** Counts that are given when the test says so. */
function counting() {
  let steady_ms = 0;
  const counts: { resolve(count: number): void; reject(error: Error): void }[] = [];
  const count = () => new Promise<number>((resolve, reject) => counts.push({ resolve, reject }));
  const today = new GapsToday(count, () => steady_ms);
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return { today, counts, turn, pass: (ms: number) => (steady_ms += ms) };
}

test('nobody waits for the count: it is null at first, then the last one, and it is counted once at a time', async () => {
  const { today, counts, turn, pass } = counting();
  expect([today.count, today.count]).toEqual([null, null]);
  expect(counts).toHaveLength(1);
  counts[0]?.resolve(3);
  await turn();
  expect([today.count, counts.length]).toEqual([3, 1]);
  pass(5_000);
  expect([today.count, today.count, counts.length]).toEqual([3, 3, 2]);
  counts[1]?.resolve(4);
  await turn();
  expect(today.count).toBe(4);
});

test('where the ledgers cannot be read, what was counted before stands, and it is tried again', async () => {
  const { today, counts, turn, pass } = counting();
  expect(today.count).toBeNull();
  counts[0]?.reject(new Error('EMFILE'));
  await turn();
  expect(today.count).toBeNull();
  pass(5_000);
  expect(today.count).toBeNull();
  counts[1]?.resolve(1);
  await turn();
  expect(today.count).toBe(1);
});
