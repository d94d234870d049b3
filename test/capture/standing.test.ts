// Where a topic stands when a new process takes it over: what the ledger and the mark of the last run decide.

import { describe, expect, test } from 'vitest';
import { type Circumstances, follow, NO_PAST, type Resumed, resume } from '../../src/capture/standing.js';
import type { GapReason, LedgerRecord } from '../../src/shared/ledger-records.js';
import type { Mark } from '../../src/shared/mark.js';

const at_ms = 0;
const live = (since_ms: number): LedgerRecord => ({ at_ms, kind: 'live', since_ms, url: 'ws://x' });
const lost = (from_ms: number, reason: GapReason = 'stale'): LedgerRecord => ({
  at_ms,
  kind: 'lost',
  from_ms,
  reason,
});
const stop = (until_ms: number, reason: GapReason = 'stopped'): LedgerRecord => ({
  at_ms,
  kind: 'stop',
  until_ms,
  reason,
});
const gap = (from_ms: number, to_ms: number): LedgerRecord => ({
  at_ms,
  kind: 'gap',
  from_ms,
  to_ms,
  reason: 'stale',
});

/** Written at 50,000 by both clocks. */
const mark = (until_ms: number, given: Partial<Mark> = {}): Mark => ({
  boot_id: 'this',
  pid: 1,
  until_ms,
  synced_ms: 0,
  wall_ms: 50_000,
  steady_ms: 50_000,
  ...given,
});

/** At 60,000 by both clocks, in the same run of the machine. */
function resumed(records: LedgerRecord[], given: Partial<Circumstances> = {}): Resumed {
  const now = { boot_id: 'this', wall_ms: 60_000, steady_ms: 60_000 };
  return resume(records.reduce(follow, NO_PAST), { mark: null, ...now, ...given });
}

const news = (from_ms: number, reason: GapReason) => ({
  standing: { kind: 'lost', from_ms, to_min_ms: 0, reason },
  is_new: true,
});
const noNews = (from_ms: number, reason: GapReason) => ({ ...news(from_ms, reason), is_new: false });

test('a topic that never was live has lost nothing, whatever its mark says', () => {
  for (const records of [[], [stop(5_000)], [gap(1, 2)]]) {
    expect(resumed(records, { mark: mark(20_000) })).toEqual({
      standing: { kind: 'never' },
      is_new: false,
      vouched_ms: 0,
      synced_ms: 0,
    });
  }
});

describe('after a crash', () => {
  test('the topic is lost from the mark', () => {
    expect(resumed([live(10_000)], { mark: mark(20_000, { synced_ms: 15_000 }) })).toEqual({
      ...news(20_000, 'crash'),
      vouched_ms: 20_000,
      synced_ms: 15_000,
    });
  });

  test('it is lost from what was on the disk, if the machine was started anew since or that cannot be told', () => {
    const given = { mark: mark(20_000, { synced_ms: 15_000 }) };
    const expected = { ...news(15_000, 'crash'), vouched_ms: 15_000, synced_ms: 15_000 };
    expect(resumed([live(10_000)], { ...given, boot_id: 'another' })).toEqual(expected);
    expect(resumed([live(10_000)], { ...given, boot_id: null })).toEqual(expected);
  });

  test('what was declared while it was live is not claimed again, and nothing of the time to come', () => {
    const resumedWith = (to_ms: number) =>
      resumed([live(10_000), gap(15_000, to_ms)], { mark: mark(20_000) }).standing;
    expect(resumedWith(25_000)).toEqual(news(25_000, 'crash').standing);
    // The clock was set back by 10 s, and the gap covers both readings: it is 60,000 now.
    expect(resumedWith(70_000)).toEqual(news(60_000, 'crash').standing);
  });

  test('a stop holds up to what was on the disk, if the machine was started anew; where nothing ever was forced there, it is trusted', () => {
    const records = [live(10_000), stop(20_000)];
    const resumedWith = (synced_ms: number, boot_id: string) =>
      resumed(records, { boot_id, mark: mark(20_000, { synced_ms }) }).standing;
    expect(resumedWith(15_000, 'this')).toEqual(noNews(20_000, 'stopped').standing);
    expect(resumedWith(15_000, 'another')).toEqual(noNews(15_000, 'stopped').standing);
    expect(resumedWith(20_000, 'another')).toEqual(noNews(20_000, 'stopped').standing);
    expect(resumedWith(10_000, 'another')).toEqual(noNews(20_000, 'stopped').standing);
  });

  test('without a mark, or with one from before, it is lost from when it was first live', () => {
    const records = [live(10_000), lost(12_000), gap(12_000, 13_000), live(13_000)];
    expect(resumed(records)).toMatchObject(news(10_000, 'crash'));
    expect(resumed(records, { mark: mark(9_000) })).toMatchObject(news(10_000, 'crash'));
  });

  test('the time between the mark and the last time it went live is not lost twice where a gap covers it', () => {
    const records = [live(10_000), lost(20_000), gap(20_000, 30_000), live(30_000)];
    expect(resumed(records, { mark: mark(20_000) })).toMatchObject(news(30_000, 'crash'));
    expect(resumed(records, { mark: mark(25_000) })).toMatchObject(news(30_000, 'crash'));
    expect(resumed(records, { mark: mark(35_000) })).toMatchObject(news(35_000, 'crash'));
  });

  test('it is lost from the mark where the mark lies before the gap that is declared', () => {
    const records = [live(10_000), lost(20_000), gap(20_000, 30_000), live(30_000)];
    expect(resumed(records, { mark: mark(19_999) })).toMatchObject(news(19_999, 'crash'));
  });
});

describe('lost in good order', () => {
  test('nothing is new', () => {
    expect(resumed([live(10_000), lost(20_000)], { mark: mark(20_000) })).toMatchObject(
      noNews(20_000, 'stale'),
    );
  });

  test('it is lost from the mark, if that shows that not all that had been read was written', () => {
    expect(resumed([live(10_000), lost(20_000)], { mark: mark(18_000) })).toMatchObject(
      news(18_000, 'stale'),
    );
  });

  test('of two starts without being live in between the earlier one holds, with the first reason', () => {
    expect(resumed([live(10_000), lost(20_000), lost(18_000, 'disk')])).toMatchObject(
      noNews(18_000, 'stale'),
    );
    expect(resumed([live(10_000), lost(18_000), lost(20_000, 'disk')])).toMatchObject(
      noNews(18_000, 'stale'),
    );
  });
});

describe('after a stop', () => {
  test('nothing is new, and the topic is lost from the instant that the stop names', () => {
    expect(resumed([live(10_000), stop(20_000)], { mark: mark(20_000) })).toMatchObject(
      noNews(20_000, 'stopped'),
    );
  });

  test('a stop closes nothing that was lost before it', () => {
    expect(resumed([live(10_000), lost(15_000), stop(20_000)], { mark: mark(20_000) })).toMatchObject(
      noNews(15_000, 'stale'),
    );
  });

  test('one that could not write names the disk', () => {
    expect(resumed([live(10_000), stop(20_000, 'disk')], { mark: mark(20_000) })).toMatchObject(
      noNews(20_000, 'disk'),
    );
  });
});

describe('a clock that was set while nobody captured', () => {
  const stopped = [live(10_000), stop(50_000)];
  const crashed = [live(10_000)];

  test('back: the gap begins by the new reading and ends by the old one', () => {
    const given = { mark: mark(50_000), wall_ms: 40_000 };
    for (const [records, reason] of [
      [stopped, 'stopped'],
      [crashed, 'crash'],
    ] as const) {
      expect(resumed([...records], given)).toMatchObject({
        standing: { kind: 'lost', from_ms: 30_000, to_min_ms: 60_000, reason },
        is_new: true,
      });
    }
  });

  test('forward: the gap begins by the old reading and ends by the new one', () => {
    expect(resumed(crashed, { mark: mark(50_000), wall_ms: 90_000 })).toMatchObject({
      standing: { kind: 'lost', from_ms: 50_000, to_min_ms: 90_000 },
    });
    expect(resumed(stopped, { mark: mark(50_000), wall_ms: 90_000 })).toMatchObject({
      standing: { kind: 'lost', from_ms: 50_000, to_min_ms: 90_000 },
      is_new: false,
    });
  });

  test.each([-1_000, 1_000])('by %i ms, which is as good as nothing', (step_ms) => {
    expect(resumed(stopped, { mark: mark(50_000), wall_ms: 60_000 + step_ms })).toMatchObject(
      noNews(50_000, 'stopped'),
    );
  });

  test('between two runs of the machine it cannot be told', () => {
    const given = { mark: mark(50_000, { synced_ms: 50_000 }), boot_id: 'another' };
    expect(resumed(stopped, { ...given, wall_ms: 90_000, steady_ms: 100 })).toMatchObject(
      noNews(50_000, 'stopped'),
    );
  });
});

test('after a crash, what a gap declared while the topic was live is not claimed again', () => {
  const crashed = (...gaps: LedgerRecord[]) =>
    resumed([live(1_000), ...gaps], { mark: mark(10_000) }).standing;
  // It holds the mark: everything up to its end is declared.
  expect(crashed(gap(10_000, 25_000))).toMatchObject({ from_ms: 25_000 });
  expect(crashed(gap(9_000, 15_000), gap(14_000, 25_000))).toMatchObject({ from_ms: 25_000 });
  // Between the mark and its start something may be lost that nobody declared.
  expect(crashed(gap(12_000, 25_000))).toMatchObject({ from_ms: 10_000 });
  expect(crashed(gap(2_000, 8_000))).toMatchObject({ from_ms: 10_000 });
  expect(crashed(gap(9_000, 11_000), gap(13_000, 25_000))).toMatchObject({ from_ms: 10_000 });
});
