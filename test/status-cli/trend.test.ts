// The line of blocks: what was seen, and nothing else.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isUtf8, TREND_CELLS, Trend } from '../../src/status-cli/trend.js';
import { statusDocument, topicStatus } from './documents.js';

/** A trend that saw these totals of a topic three seconds apart; null: nobody answered. */
function trendOf(totals: readonly (number | null)[], started_at_ms: (i: number) => number = () => 1): Trend {
  const trend = new Trend();
  totals.forEach((messages, i) => {
    const document = statusDocument([topicStatus('t', { messages: messages ?? 0 })], {
      started_at_ms: started_at_ms(i),
    });
    trend.see(messages === null ? null : document, i * 3000);
  });
  return trend;
}

test('each look is a block as high as its rate, the highest at the top, and none at the bottom', () => {
  expect(trendOf([0, 100, 300, 300, 301, 701]).draw('t', 20)).toBe('▃▅▁▂█');
  expect(trendOf([5, 5, 5]).draw('t', 20)).toBe('▁▁');
  expect(trendOf([5, 15, 25]).draw('t', 20)).toBe('██');
});

test('a look that failed, and one behind a restart, leave a blank and no fall', () => {
  expect(trendOf([0, 100, null, 200, 300]).draw('t', 20)).toBe('█  █');
  expect(trendOf([1000, 1100, 50, 150], (i) => Number(i >= 2)).draw('t', 20)).toBe('█ █');
  // The new supervisor has counted past the old one's count by then.
  expect(trendOf([10, 20, 900, 910], (i) => Number(i >= 2)).draw('t', 20)).toBe('█ █');
  // Removed and added again by reloads.
  expect(trendOf([10, 20, 0, 10]).draw('t', 20)).toBe('█ █');
});

test('a restart between two looks that count does not hide in the sum', () => {
  const trend = new Trend();
  for (const [at_ms, messages, started_at_ms] of [
    ...[
      [0, 10, 1],
      [1000, 20, 2],
      [2000, 30, 2],
      [3000, 40, 2],
    ],
  ] as [number, number, number][]) {
    trend.see(statusDocument([topicStatus('t', { messages })], { started_at_ms }), at_ms);
  }
  expect(trend.draw('t', 20)).toBe(' ');
});

test('looks a second apart, however they jitter, are taken three at a time', () => {
  const trend = new Trend();
  for (let i = 0; i <= 9; i += 1) {
    trend.see(statusDocument([topicStatus('t', { messages: i })]), i * 1000 + (i % 2 === 0 ? 0 : -90));
  }
  expect(trend.draw('t', 20)).toHaveLength(3);
});

test('it ends with the last look, holds a minute, and knows nothing of a topic that was never seen', () => {
  const trend = trendOf(Array.from({ length: 500 }, (_, i) => i ** 2));
  expect(trend.draw('t', 1000)).toHaveLength(TREND_CELLS);
  expect(trend.draw('t', 8)).toHaveLength(8);
  expect(trend.draw('t', 8).endsWith('█')).toBe(true);
  expect(trend.draw('other', 3).trim()).toBe('');
});

test('whatever was counted, each look is one block or a blank', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.maxSafeNat())), (totals) => {
      const drawn = trendOf(totals).draw('t', 20);
      expect(drawn).toMatch(/^[ ▁▂▃▄▅▆▇█]*$/);
      expect(drawn).toHaveLength(Math.min(20, Math.max(0, totals.length - 1)));
    }),
  );
});

test('the variable that holds says whether the terminal takes UTF-8', () => {
  expect(isUtf8({ LANG: 'de_DE.utf8' })).toBe(true);
  expect(isUtf8({ LANG: 'C', LC_CTYPE: 'C.UTF-8' })).toBe(true);
  expect(isUtf8({ LANG: 'de_DE.UTF-8', LC_ALL: 'POSIX' })).toBe(false);
  expect(isUtf8({ LANG: 'de_DE.UTF-8', LC_ALL: '' })).toBe(true);
  expect(isUtf8({})).toBe(false);
});
