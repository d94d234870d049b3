import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { HOUR_MS, hourCells } from '../../src/shared/coverage-cells.js';
import type { PageGap } from '../../src/shared/page-data.js';

/** 2026-01-01T00:00:00Z. */
const START_MS = 1_767_225_600_000;
const MINUTE_MS = 60_000;
const HOURS = 6;
const MINUTES = HOURS * 60;

const gap = (from_ms: number, to_ms: number | null): PageGap => ({ from_ms, to_ms, reason: 'disconnected' });
const at = (minute: number): number => START_MS + minute * MINUTE_MS;

/** Minutes from an hour before the picture to an hour after it. */
const minute = fc.integer({ min: -60, max: MINUTES + 60 });
const anyGap = fc
  .tuple(minute, fc.option(fc.integer({ min: 0, max: 200 })))
  .map(([from, length]) => gap(at(from), length === null ? null : at(from + length)));
const anyTopic = fc.record({
  life: fc.option(fc.tuple(minute, fc.nat(MINUTES))),
  gaps: fc.array(anyGap, { maxLength: 8 }),
});

/** Whether the minute is in the gap, an open one lasting as long as the life. */
const holds = ({ from_ms, to_ms }: PageGap, life_to_ms: number, ms: number): boolean =>
  ms >= from_ms && ms < (to_ms ?? life_to_ms);

test('the share of each hour is what counting its minutes one by one gives', () => {
  fc.assert(
    fc.property(anyTopic, ({ life, gaps }) => {
      const [from, length] = life ?? [0, 0];
      const to_ms = at(from + length);
      const topic = { from_ms: life === null ? null : at(from), to_ms: life === null ? null : to_ms, gaps };
      const model = Array.from({ length: HOURS }, (_, hour) => {
        const all = Array.from({ length: 60 }, (_, i) => at(hour * 60 + i));
        const lived = life === null ? [] : all.filter((ms) => ms >= at(from) && ms < to_ms);
        const vouched = lived.filter((ms) => !gaps.some((each) => holds(each, to_ms, ms)));
        return lived.length === 0 ? null : vouched.length / lived.length;
      });
      const shares = hourCells(topic, START_MS, HOURS).map(({ share }) => share);
      expect(shares.map((share) => share !== null)).toEqual(model.map((share) => share !== null));
      for (const [hour, share] of shares.entries()) expect(share ?? 0).toBeCloseTo(model[hour] ?? 0, 9);
    }),
  );
});

test('an hour has the gaps that have an instant in it, in order of their start', () => {
  fc.assert(
    fc.property(anyTopic, ({ life, gaps }) => {
      const [from, length] = life ?? [0, 0];
      const to_ms = at(from + length);
      const topic = { from_ms: life === null ? null : at(from), to_ms: life === null ? null : to_ms, gaps };
      for (const cell of hourCells(topic, START_MS, HOURS)) {
        const minutes = Array.from({ length: 60 }, (_, i) => cell.hour_ms + i * MINUTE_MS);
        const life_to_ms = topic.to_ms ?? Number.NEGATIVE_INFINITY;
        const wanted = gaps
          .filter((each) =>
            minutes.some(
              (ms) => holds(each, life_to_ms, ms) || (ms === each.from_ms && isEmpty(each, life_to_ms)),
            ),
          )
          .sort((a, b) => a.from_ms - b.from_ms);
        expect(cell.gaps).toEqual(wanted);
      }
    }),
  );
});

const isEmpty = ({ from_ms, to_ms }: PageGap, life_to_ms: number): boolean =>
  (to_ms ?? Math.max(from_ms, life_to_ms)) === from_ms;

test('a millisecond that is missing is never a whole hour, and a gap at the border is in one hour', () => {
  const topic = {
    from_ms: START_MS,
    to_ms: START_MS + 3 * HOUR_MS,
    gaps: [
      gap(START_MS + HOUR_MS - 1, START_MS + HOUR_MS),
      gap(START_MS + 2 * HOUR_MS, START_MS + 2 * HOUR_MS),
    ],
  };
  const cells = hourCells(topic, START_MS, 4);
  expect(cells.map(({ share }) => share)).toEqual([1 - 1 / HOUR_MS, 1, 1, null]);
  expect(cells.map(({ gaps }) => gaps.length)).toEqual([1, 0, 1, 0]);
});

test('a topic that is captured since the middle of an hour, whole, has a whole hour', () => {
  const topic = { from_ms: START_MS + 30 * MINUTE_MS, to_ms: START_MS + 45 * MINUTE_MS, gaps: [] };
  expect(hourCells(topic, START_MS - HOUR_MS, 3).map(({ share }) => share)).toEqual([null, 1, null]);
});

test('a topic that never was live has no share of any hour', () => {
  expect(hourCells({ from_ms: null, to_ms: null, gaps: [] }, START_MS, 1)).toEqual([
    { hour_ms: START_MS, share: null, gaps: [] },
  ]);
});
