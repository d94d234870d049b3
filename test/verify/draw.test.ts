import { expect, test } from 'vitest';
import { drawReport } from '../../src/verify/draw.js';
import { Progress } from '../../src/verify/progress.js';
import type { Report, TopicReport } from '../../src/verify/report.js';
import { HOUR_MS, START_MS } from './output.js';

const TOPIC: TopicReport = {
  topic: 'publicTrade.BTCUSDT',
  is_written: false,
  from_ms: START_MS,
  to_ms: START_MS + 2 * HOUR_MS,
  covered: 1,
  gaps: [],
  longest_gap_ms: 0,
  files: 2,
  messages: 12_345,
  bytes: 3_000_000,
  not_json: 0,
  removed: null,
  damage: [],
  notes: [],
  holes: null,
};

const draw = (topics: readonly TopicReport[], verdict: Report['verdict']): string =>
  [...drawReport({ dir: '/out', verified_at_ms: START_MS, verdict, topics })].join('\n');

test('a whole folder is a table and a word', () => {
  const never = { ...TOPIC, topic: 'x', from_ms: null, to_ms: null, covered: null, messages: 0, bytes: 0 };
  expect(draw([TOPIC, never], 'whole')).toBe(
    [
      'TOPIC                FROM                  TO                      COVERED  GAPS  LONGEST   MSGS     SIZE  DAMAGE',
      'publicTrade.BTCUSDT  2026-01-01T00:00:00Z  2026-01-01T02:00:00Z  100.000 %     0        -  12345  2.9 MiB       0',
      'x                    -                     -                             -     0        -      0      0 B       0',
      '',
      'Whole.',
    ].join('\n'),
  );
});

test('each gap, hole, note and damage has its line, with file and line number', () => {
  const ledger = 'publicTrade.BTCUSDT.ledger';
  const topic: TopicReport = {
    ...TOPIC,
    covered: 0.999_999_9,
    gaps: [
      { from_ms: START_MS, to_ms: START_MS + 250, reason: 'overflow', messages: 3, file: ledger, line: 2 },
      {
        from_ms: START_MS,
        to_ms: START_MS + HOUR_MS,
        reason: 'stale',
        detail: 'mute',
        file: ledger,
        line: 4,
      },
      { from_ms: START_MS, to_ms: null, reason: 'crash', file: ledger, line: 5 },
    ],
    longest_gap_ms: HOUR_MS,
    not_json: 2,
    removed: { files: 2, messages: 7, bytes: 99, first_hour_ms: START_MS, last_hour_ms: START_MS + HOUR_MS },
    notes: [{ file: 'n', line: 8, sentence: 'not sealed yet' }],
    damage: [{ kind: 'content', file: 'f', line: 9, sentence: 'another SHA-256' }],
    holes: { count: 3, first: [{ file: 'f', line: 3, topic: 'a', field: 'data.u', before: 4, found: 7 }] },
  };
  expect(draw([topic], 'damaged').split('\n').slice(1)).toEqual([
    'publicTrade.BTCUSDT  2026-01-01T00:00:00Z  2026-01-01T02:00:00Z  99.999 %     3   1h0m0s  12345  2.9 MiB       1',
    '',
    'note    publicTrade.BTCUSDT: 2 older files were removed, of the hours 2026-01-01T00:00:00Z to 2026-01-01T01:00:00Z: 7 messages, 99 B',
    'note    publicTrade.BTCUSDT: 2 lines are no JSON',
    'note    n:8  not sealed yet',
    `gap     ${ledger}:2  2026-01-01T00:00:00.000Z to 2026-01-01T00:00:00.250Z (0.250s)  overflow, 3 messages`,
    `gap     ${ledger}:4  2026-01-01T00:00:00.000Z to 2026-01-01T01:00:00.000Z (1h0m0s)  stale, mute`,
    `gap     ${ledger}:5  2026-01-01T00:00:00.000Z to open  crash`,
    'hole    f:3  a: data.u leaps from 4 to 7: 2 messages are missing',
    'hole    … and 2 more',
    'damage  f:9  another SHA-256',
    'Damaged in 1 place; 3 declared gaps besides.',
  ]);
});

test('nothing from the folder steers the terminal, and no time is too large to be drawn', () => {
  const evil = '\x1b[2J\u202e';
  const topic: TopicReport = {
    ...TOPIC,
    topic: evil,
    to_ms: Number.MAX_SAFE_INTEGER,
    damage: [{ kind: 'name', file: `${evil}.jsonl`, line: null, sentence: evil }],
  };
  const text = draw([topic], 'damaged');
  expect(text).toContain('\\u001b[2J\\u202e');
  for (const char of evil.slice(0, 1) + evil.slice(-1)) expect(text).not.toContain(char);
});

test('the bar comes after a second, five times a second at most, fits the terminal and goes away', () => {
  const written: string[] = [];
  let now_ms = 0;
  const progress = new Progress({
    write: (text) => written.push(text),
    width: () => 60,
    steadyMs: () => now_ms,
  });
  progress.expect(4 * 1024 * 1024);
  progress.took(512 * 1024);
  now_ms = 999;
  progress.took(512 * 1024);
  expect(written).toEqual([]);
  now_ms = 1000;
  progress.took(1024 * 1024);
  now_ms = 1100;
  progress.took(1024);
  expect(written).toEqual(['\r\x1b[K[############............] 50 %  2.0 MiB of 4.0 MiB, 2.0 Mi']);
  progress.end();
  expect(written.at(-1)).toBe('\r\x1b[K');
});
