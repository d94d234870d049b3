// Promises about the figures that monitoring is given: none falls when a process dies, and each process's share of the
// machine is its own.

import { expect, test } from 'vitest';
import { Counters } from '../../src/supervisor/counters.js';
import { CpuShare } from '../../src/supervisor/processes.js';
import { REPORT } from '../testing/capture-stand-in.js';

const reportOf = (changes: object) => ({ ...REPORT, name: 'a', ...changes });
const counts = (...first: number[]) => [...first, ...new Array<number>(9 - first.length).fill(0)];

test('the histogram and the length of the gaps go on over the runs of a topic, and never fall within one', () => {
  const counters = new Counters();
  counters.report(reportOf({ gap_ms: 500, write_ms: { counts: counts(1, 2), sum_ms: 40 } }));
  counters.report(reportOf({ gap_ms: 400, write_ms: { counts: counts(1, 1, 1), sum_ms: 30 } }));
  counters.endRun();
  expect(counters.total.gap_ms).toBe(500);
  counters.report(reportOf({ gap_ms: 70, write_ms: { counts: counts(0, 4), sum_ms: 60 } }));
  expect(counters.total.gap_ms).toBe(570);
  expect(counters.write_latency).toEqual({ counts: counts(1, 6, 1), sum_ms: 100 });
});

test('the longest wait of all reports since the last look is told once', () => {
  const counters = new Counters();
  for (const write_ms_max of [5, 900, 20]) counters.report(reportOf({ write_ms_max }));
  counters.endRun();
  expect(counters.takeLongestWrite()).toBe(900);
  expect(counters.takeLongestWrite()).toBe(0);
});

test('the share of the processor is that of the last 10 s', () => {
  const cpu = new CpuShare(0);
  expect(cpu.share).toBe(0);
  for (let s = 1; s <= 20; s += 1) cpu.note(s * 1_000, s * 1_000);
  expect(cpu.share).toBe(1);
  for (let s = 21; s <= 30; s += 1) cpu.note(s * 1_000, 20_000 + (s - 20) * 250);
  expect(cpu.share).toBe(0.25);
});
