// Promises about what is kept of the last 15 minutes.

import { expect, test } from 'vitest';
import { STEP_MS, STEPS_MAX } from '../../../src/shared/page-data.js';
import { type Counted, History } from '../../../src/supervisor/http/history.js';

/** A history that is told the totals of each step in turn. */
function told(steps: readonly Readonly<Record<string, number | Counted>>[]): History {
  const history = new History(0);
  steps.forEach((topics, i) => {
    const counts = Object.entries(topics).map(([name, count]): [string, Counted] => [
      name,
      typeof count === 'number' ? { messages: count, writes: null } : count,
    ]);
    expect(history.tick((i + 1) * STEP_MS, i, () => new Map(counts))).toBe(true);
  });
  return history;
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

test('a step holds the messages since the one before, oldest first', () => {
  const history = told([
    { a: 5, b: 0 },
    { a: 5, b: 2 },
    { a: 12, b: 4_000_000_000 },
  ]);
  expect(history.messages('a')).toEqual([5, 0, 7]);
  expect(history.messages('b')).toEqual([0, 2, 3_999_999_998]);
  expect(history.lastMessages('a')).toBe(7);
});

test('the last 90 steps are kept', () => {
  const history = told(numbers(250).map((i) => ({ a: (i * (i + 1)) / 2 })));
  expect(history.messages('a')).toEqual(numbers(STEPS_MAX).map((i) => i + 160));
});

test('a topic has steps since it came, none when it is gone, and begins anew when it comes again', () => {
  const gone = told([{ a: 1, b: 1 }, { b: 2 }]);
  expect(gone.messages('a')).toEqual([]);
  expect(gone.lastMessages('a')).toBe(0);
  const again = told([{ a: 1 }, {}, { a: 3, c: 4 }]);
  expect(again.messages('a')).toEqual([3]);
  expect(again.messages('c')).toEqual([4]);
  expect(again.steps('none')).toMatchObject({ messages: [], write_ms_mean: [], write_ms_max: [] });
});

test('a topic that goes and comes again within a step loses nothing but that', () => {
  expect(told([{ a: 100 }, { a: 3 }, { a: 5 }]).messages('a')).toEqual([100, 0, 2]);
});

test('writes have their mean and longest time, and none where nothing was written', () => {
  const count = (messages: number, count: number, sum_ms: number, longest_ms: number) => ({
    a: { messages, writes: { count, sum_ms, longest_ms } },
  });
  const history = told([{ a: 1 }, count(3, 2, 300, 200), count(3, 2, 300, 0), count(9, 5, 301, 0.6)]);
  expect(history.steps('a')).toEqual({
    ended_at_ms: 3,
    messages: [1, 2, 0, 6],
    write_ms_mean: [null, 150, null, 0.3],
    write_ms_max: [null, 200, null, 0.6],
  });
});

test('a step ends every 10 s by the steady clock, and a long sleep is one step', () => {
  const history = new History(1_000);
  const ends = (at: number) => history.tick(at, at, () => new Map());
  expect(ends(10_999)).toBe(false);
  expect(ends(11_300)).toBe(true);
  expect(ends(20_900)).toBe(false);
  expect(ends(21_000)).toBe(true);
  expect(ends(3_600_000)).toBe(true);
  expect(ends(3_601_000)).toBe(false);
  expect(ends(3_610_000)).toBe(true);
});
