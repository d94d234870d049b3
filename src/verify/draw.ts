// The report for people: a table with a line for each topic, then a line for each note, gap, hole and damage, the
// worst last, and a last line that says what it comes to.

import type { Gap } from '../shared/coverage/ledger-life.js';
import { formatBytes, formatDuration } from '../shared/format.js';
import { printable } from '../shared/printable.js';
import type { Damage, Hole, Note, Report, TopicReport, Verdict } from './report.js';

const SEPARATOR = '  ';
const NONE = '-';
/** Beyond it a Date cannot tell the day. */
const DATE_MS_MAX = 8.64e15;

interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  text(topic: TopicReport): string;
}

const COLUMNS: readonly Column[] = [
  { title: 'TOPIC', align: 'left', text: ({ topic }) => printable(topic) },
  { title: 'FROM', align: 'left', text: ({ from_ms }) => formatSecond(from_ms) },
  { title: 'TO', align: 'left', text: ({ to_ms }) => formatSecond(to_ms) },
  { title: 'COVERED', align: 'right', text: ({ covered }) => formatShare(covered) },
  { title: 'GAPS', align: 'right', text: ({ gaps }) => String(gaps.length) },
  {
    title: 'LONGEST',
    align: 'right',
    text: ({ gaps, longest_gap_ms }) => (gaps.length === 0 ? NONE : formatLength(longest_gap_ms)),
  },
  { title: 'MSGS', align: 'right', text: ({ messages }) => String(messages) },
  { title: 'SIZE', align: 'right', text: ({ bytes }) => formatBytes(bytes) },
  { title: 'DAMAGE', align: 'right', text: ({ damage }) => String(damage.length) },
];

/** The report as lines, without their newlines. */
export function* drawReport(report: Report): Generator<string> {
  const { topics } = report;
  yield* drawTable(topics);
  yield '';
  for (const topic of topics) yield* notesOf(topic);
  for (const { gaps } of topics) for (const gap of gaps) yield gapLine(gap);
  for (const { holes } of topics) {
    for (const hole of holes?.first ?? []) yield holeLine(hole);
    const untold = (holes?.count ?? 0) - (holes?.first.length ?? 0);
    if (untold > 0) yield `hole    … and ${untold} more`;
  }
  for (const { damage } of topics) for (const one of damage) yield place('damage', one);
  yield summary(report);
}

function* drawTable(topics: readonly TopicReport[]): Generator<string> {
  const rows = topics.map((topic) => COLUMNS.map((column) => column.text(topic)));
  const all = [COLUMNS.map(({ title }) => title), ...rows];
  const widths = COLUMNS.map((_, i) =>
    all.reduce((width, cells) => Math.max(width, cells[i]?.length ?? 0), 0),
  );
  for (const cells of all) {
    const padded = cells.map((cell, i) =>
      COLUMNS[i]?.align === 'left' ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0),
    );
    yield padded.join(SEPARATOR).trimEnd();
  }
}

function* notesOf({ topic, notes, removed, not_json }: TopicReport): Generator<string> {
  const name = printable(topic);
  if (removed !== null) {
    const { files, messages, bytes, first_hour_ms, last_hour_ms } = removed;
    const hours = `${formatSecond(first_hour_ms)} to ${formatSecond(last_hour_ms)}`;
    yield `note    ${name}: ${files} older files were removed, of the hours ${hours}: ${messages} messages, ${formatBytes(bytes)}`;
  }
  if (not_json > 0) yield `note    ${name}: ${not_json} lines are no JSON`;
  for (const note of notes) yield place('note', note);
}

function gapLine({ from_ms, to_ms, reason, detail, messages, file, line }: Gap): string {
  const until = to_ms === null ? 'open' : formatInstant(to_ms);
  const length = to_ms === null ? '' : ` (${formatLength(to_ms - from_ms)})`;
  const lost = messages === undefined ? '' : `, ${messages} messages`;
  const more = detail === undefined ? '' : `, ${detail}`;
  return printable(
    `gap     ${file}:${line}  ${formatInstant(from_ms)} to ${until}${length}  ${reason}${lost}${more}`,
  );
}

function holeLine({ file, line, topic, field, before, found }: Hole): string {
  const what =
    found > before
      ? `leaps from ${before} to ${found}: ${found - before - 1} messages are missing`
      : `goes back from ${before} to ${found}`;
  return printable(`hole    ${file}:${line}  ${topic}: ${field} ${what}`);
}

function place(kind: 'note' | 'damage', { file, line, sentence }: Note | Damage): string {
  return printable(`${kind.padEnd(6)}  ${file}${line === null ? '' : `:${line}`}  ${sentence}`);
}

function summary({ verdict, topics }: Report): string {
  const count = (of: (topic: TopicReport) => number) => topics.reduce((sum, topic) => sum + of(topic), 0);
  const gaps = plural(
    count((topic) => topic.gaps.length),
    'declared gap',
  );
  const holes = plural(
    count((topic) => topic.holes?.count ?? 0),
    'hole',
  );
  const damage = count((topic) => topic.damage.length);
  const words: Readonly<Record<Verdict, string>> = {
    whole: 'Whole.',
    gaps: `Whole but for ${gaps}${holes.startsWith('0 ') ? '' : ` and ${holes} in sequences`}.`,
    damaged: `Damaged in ${plural(damage, 'place')}; ${gaps} besides.`,
  };
  return words[verdict];
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

function formatInstant(ms: number): string {
  return ms > DATE_MS_MAX ? `${ms} ms` : new Date(ms).toISOString();
}

/** `2026-01-31T23:59:59Z`. */
function formatSecond(ms: number | null): string {
  return ms === null ? NONE : formatInstant(ms).replace(/\.\d{3}Z$/, 'Z');
}

/** Never 100 % where anything is missing. */
function formatShare(share: number | null): string {
  return share === null ? NONE : `${(Math.floor(share * 1e5) / 1e3).toFixed(3)} %`;
}

/** `0.250s`, `1m2s`. */
function formatLength(ms: number): string {
  return ms < 60_000 ? `${(ms / 1000).toFixed(3)}s` : formatDuration(ms);
}
