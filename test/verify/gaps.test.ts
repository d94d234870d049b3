import { expect, test } from 'vitest';
import { readBootId } from '../../src/shared/mark.js';
import {
  damageOf,
  fileOf,
  folderOf,
  gap,
  HOUR_MS,
  ledgerText,
  linesOf,
  live,
  lost,
  mark,
  START_MS,
  seal,
  stop,
  verify,
  verifyDir,
} from './output.js';

const at = (minutes: number): number => START_MS + minutes * 60_000;
const FILES = { [fileOf(0)]: linesOf(0) };
const SEAL = seal(fileOf(0), linesOf(0));

async function ledgerOf(...records: Parameters<typeof ledgerText>[0]) {
  const files = { ...FILES, 't.ledger': ledgerText(records) };
  const dir = await folderOf(files);
  const report = await verifyDir(dir);
  const [topic] = report.topics;
  if (topic === undefined) throw new Error('no topic');
  return { verdict: report.verdict, ...topic };
}

test('closed gaps are listed with their line, and leave the rest of the time covered', async () => {
  const report = await ledgerOf(
    live(at(0)),
    lost(at(10)),
    gap(at(10), at(11)),
    live(at(11)),
    gap(at(20), at(24)),
    // Overlaps the one before: no minute counts twice.
    gap(at(22), at(25)),
    SEAL,
    stop(at(60)),
  );
  expect(report).toMatchObject({
    verdict: 'gaps',
    from_ms: at(0),
    to_ms: at(60),
    longest_gap_ms: 240_000,
    damage: [],
    gaps: [
      { from_ms: at(10), to_ms: at(11), reason: 'disconnected', file: 't.ledger', line: 3 },
      { line: 5 },
      { line: 6 },
    ],
  });
  expect(report.covered).toBeCloseTo(54 / 60);
});

test('a topic that was lost and has not been live since has an open gap, also after a stop', async () => {
  for (const end of [[], [stop(at(40))]]) {
    const report = await ledgerOf(live(at(0)), SEAL, lost(at(30)), ...end);
    expect(report).toMatchObject({ verdict: 'gaps', gaps: [{ from_ms: at(30), to_ms: null, line: 3 }] });
  }
});

test('a stop in good order opens no gap; one that could not write does', async () => {
  expect(await ledgerOf(live(at(0)), SEAL, stop(at(30)))).toMatchObject({ verdict: 'whole', to_ms: at(30) });
  const report = await ledgerOf(live(at(0)), SEAL, { ...stop(at(30)), reason: 'disk' } as never);
  expect(report).toMatchObject({ verdict: 'gaps', gaps: [{ from_ms: at(30), to_ms: null, reason: 'disk' }] });
});

test('after a crash the gap begins at the mark, or at what was on the disk if the machine was restarted', async () => {
  const records = [live(at(0)), SEAL];
  const crashed = (text: string) => verify({ ...FILES, 't.ledger': ledgerText(records), 't.mark': text });
  const given = { synced_ms: at(20) };
  const same = await crashed(mark(at(30), { ...given, boot_id: (await readBootId()) ?? '' }));
  expect(same.gaps).toMatchObject([{ from_ms: at(30), to_ms: null, reason: 'crash', line: 1 }]);
  const other = await crashed(mark(at(30), given));
  expect(other.gaps).toMatchObject([{ from_ms: at(20), to_ms: null, reason: 'crash' }]);
  const none = await crashed('');
  expect(none).toMatchObject({ gaps: [{ from_ms: at(0), to_ms: null, reason: 'crash' }], covered: null });
});

test('a ledger that lost a gap between lost and live is damaged', async () => {
  const report = await ledgerOf(live(at(0)), lost(at(10)), live(at(11)), SEAL, stop(at(60)));
  expect(damageOf(report)).toEqual(['ledger t.ledger:3']);
  const stopped = await ledgerOf(live(at(0)), SEAL, stop(at(10)), live(at(11)), stop(at(60)));
  expect(damageOf(stopped)).toEqual(['ledger t.ledger:4']);
});

test('a topic that never was live has no time to cover', async () => {
  const report = await ledgerOf(SEAL);
  expect(report).toMatchObject({
    verdict: 'whole',
    from_ms: null,
    covered: null,
    notes: [{ file: 't.ledger' }],
  });
});

test('a window cuts what is looked at; gaps that reach into it are listed', async () => {
  const records = [live(at(0)), lost(at(10)), gap(at(10), at(20)), live(at(20)), SEAL, stop(at(60))];
  const files = { ...FILES, 't.ledger': ledgerText(records) };
  const report = await verify(files, { window: { from_ms: at(15), to_ms: at(25) } });
  expect(report).toMatchObject({ from_ms: at(15), to_ms: at(25), covered: 0.5, longest_gap_ms: 300_000 });
  expect(report.gaps).toHaveLength(1);
  const after = await verify(files, { window: { from_ms: at(30), to_ms: at(40) } });
  expect(after).toMatchObject({ covered: 1, gaps: [] });
  const before = await verify(files, { window: { from_ms: 0, to_ms: at(-60) } });
  expect(before).toMatchObject({ from_ms: null, covered: null, gaps: [], files: 0 });
});

test('what a crash left whole but not sealed is a note; a torn end is damage', async () => {
  const records = [live(at(0)), SEAL];
  const ledger = { 't.ledger': ledgerText(records), 't.mark': mark(at(90)) };
  const grown = await verify({ ...ledger, [fileOf(0)]: `${linesOf(0)}{}\n`, [fileOf(1)]: linesOf(1) });
  expect(grown.damage).toEqual([]);
  expect(grown.notes).toMatchObject([
    { file: fileOf(0), line: 6 },
    { file: fileOf(1), line: 1 },
  ]);
  const torn = await verify({ ...ledger, ...FILES, [fileOf(1)]: `${linesOf(1)}{"to` });
  expect(damageOf(torn)).toEqual([`torn ${fileOf(1)}:6`]);
  const altered = await verify({ ...ledger, [fileOf(0)]: `${linesOf(0).replace('"n":1', '"n":2')}{}\n` });
  expect(damageOf(altered)).toEqual([`content ${fileOf(0)}:1`]);
});

test('a torn end of the ledger is damage, unless a capture is at work', async () => {
  const files = { ...FILES, 't.ledger': `${ledgerText([live(at(0)), SEAL])}{"at_` };
  expect(damageOf(await verify(files))).toEqual(['torn t.ledger:3']);
  const written = { ...files, 't.mark': mark(at(60), { boot_id: (await readBootId()) ?? '', pid: 7 }) };
  const report = await verify(written, { holdsOpen: async (pid) => pid === 7 });
  expect(report).toMatchObject({ is_written: true, damage: [], gaps: [], to_ms: at(60) });
});

test('the unfinished end of a folder that is being written is no damage', async () => {
  const files = {
    ...FILES,
    [fileOf(1)]: `${linesOf(1)}{"to`,
    't.ledger': ledgerText([live(at(0)), SEAL]),
    't.mark': mark(at(90), { boot_id: (await readBootId()) ?? '', pid: 7 }),
  };
  const report = await verify(files, { holdsOpen: async (pid) => pid === 7 });
  expect(report).toMatchObject({ is_written: true, damage: [], messages: 10, covered: 1 });
  expect(report.notes).toMatchObject([
    { file: fileOf(1), sentence: expect.stringContaining('being written') },
  ]);
});

test('the process number of a capture that has stopped may be anybody else by now', async () => {
  const files = {
    ...FILES,
    't.ledger': ledgerText([live(at(0)), SEAL, stop(at(60))]),
    't.mark': mark(at(60), { boot_id: (await readBootId()) ?? '', pid: 7 }),
  };
  expect(await verify(files, { holdsOpen: async () => true })).toMatchObject({ is_written: false, gaps: [] });
});

test('a capture that runs and is not live has an open gap up to now', async () => {
  const files = {
    ...FILES,
    't.ledger': ledgerText([live(at(0)), SEAL, lost(at(60))]),
    't.mark': mark(at(60), { boot_id: (await readBootId()) ?? '', pid: 7 }),
  };
  const report = await verify(files, { holdsOpen: async () => true, now: () => at(240) });
  expect(report).toMatchObject({ to_ms: START_MS + 4 * HOUR_MS, covered: 0.25, longest_gap_ms: 3 * HOUR_MS });
});
