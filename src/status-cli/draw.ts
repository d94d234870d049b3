// Draws the status document for people: the original's first line, a summary, and a table with a line for each
// topic, the worst first. A pure function of the document, the time and the paper it is drawn on.

import { formatBytes, formatDuration, formatStatusLine } from '../shared/format.js';
import { printable } from '../shared/printable.js';
import type { StatusDocument, TopicStatus } from '../shared/status.js';
import { formatAgo, isSilent } from './columns.js';
import { type Paper, paint, rowsOf, widthOf } from './paper.js';
import { drawHeader, drawTopic, layOut } from './table.js';
import { cutEnd, wrap } from './text.js';

/** A state that this version does not know stands between these and the live ones. */
const STATES_WORST_FIRST: readonly string[] = [
  'rejected',
  'restarting',
  'waiting',
  'stopped',
  'stopping',
  'connecting',
  'subscribing',
  'starting',
];

function stateOrder(topic: TopicStatus): number {
  const { state } = topic;
  if (state === 'live') return STATES_WORST_FIRST.length + (isSilent(topic) ? 1 : 2);
  const index = STATES_WORST_FIRST.indexOf(state);
  return index === -1 ? STATES_WORST_FIRST.length : index;
}

function worstFirst(a: TopicStatus, b: TopicStatus): number {
  return (
    stateOrder(a) - stateOrder(b) ||
    b.dropped - a.dropped ||
    Number(b.error !== null) - Number(a.error !== null) ||
    (a.name < b.name ? -1 : Number(a.name > b.name))
  );
}

/** `2 rejected, 1 waiting`, in the order of the topics. */
function countStates(topics: readonly TopicStatus[]): string {
  const counts = new Map<string, number>();
  for (const { state } of topics) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${count} ${printable(state)}`).join(', ');
}

function summaryLine(document: StatusDocument, sorted: readonly TopicStatus[]): string {
  const others = sorted.filter((topic) => topic.state !== 'live');
  const live = `${sorted.length - others.length} of ${sorted.length} topics live`;
  const silent = sorted.filter(isSilent).length;
  const parts = [
    [
      live,
      ...(others.length > 0 ? [countStates(others)] : []),
      ...(silent > 0 ? [`${silent} silent`] : []),
    ].join(', '),
    `${formatBytes(document.total_bytes)} written`,
    `pid ${document.pid}`,
    `version ${printable(document.version)}`,
  ];
  if (document.state !== 'running') parts.push(`the supervisor is ${printable(document.state)}`);
  return parts.join(' | ');
}

/** How the last reload went; nothing where there was none. */
function reloadLine({ reloaded }: StatusDocument, now_ms: number, paper: Paper): string[] {
  if (reloaded == null) return [];
  const text = `${formatAgo(now_ms - reloaded.at_ms)}: ${printable(reloaded.message)}`;
  return [paint(paper, cutEnd(text, widthOf(paper)), reloaded.ok ? null : 'red')];
}

/** `… 188 more topics, all live`, or how many are what. */
function moreLine(rest: readonly TopicStatus[]): string {
  const state = rest[0]?.state ?? '';
  if (rest.length === 1) return `… 1 more topic, ${printable(state)}`;
  const all = rest.every((topic) => topic.state === state);
  return `… ${rest.length} more topics${all ? `, all ${printable(state)}` : `: ${countStates(rest)}`}`;
}

/**
 * The lines of the status, none with a newline and none wider than the paper. Topics for which there are no
 * rows are summed up in the last line.
 */
export function drawStatus(document: StatusDocument, now_ms: number, paper: Paper): string[] {
  const sorted = [...document.topics].sort(worstFirst);
  const placed = layOut(sorted, now_ms, paper);
  const first = formatStatusLine(document.uptime_s * 1000, document.total_messages, document.rate_per_min);
  const head = [
    paint(paper, cutEnd(first, widthOf(paper)), 'bold'),
    cutEnd(summaryLine(document, sorted), widthOf(paper)),
    ...reloadLine(document, now_ms, paper),
    '',
    drawHeader(placed, paper),
  ];
  const blocks = sorted.map((topic) => drawTopic(topic, placed, now_ms, paper));
  const all = [...head, ...blocks.flat()];
  if (all.length <= rowsOf(paper)) return all;

  const lines = [...head];
  let shown = 0;
  for (const block of blocks) {
    // One row is kept for the sum of what is not shown.
    if (lines.length + block.length > rowsOf(paper) - 1) break;
    lines.push(...block);
    shown += 1;
  }
  lines.push(paint(paper, cutEnd(moreLine(sorted.slice(shown)), widthOf(paper)), 'dim'));
  return lines.slice(0, Math.max(1, rowsOf(paper)));
}

/** What stands in the place of the status while no supervisor answers: for how long, and why. */
export function drawDown(sentence: string, down_ms: number, paper: Paper): string[] {
  const head = paint(paper, cutEnd(`Not running for ${formatDuration(down_ms)}.`, widthOf(paper)), 'red');
  return [head, ...wrap(printable(sentence), widthOf(paper), rowsOf(paper) - 1)];
}
