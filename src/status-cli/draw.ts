// Draws the status document for people: the original's first line, a summary, and a table with a line for each
// topic, the worst first unless another order is asked for. A function of its arguments and nothing else.

import { formatBytes, formatDuration, formatStatusLine } from '../shared/format.js';
import { printable } from '../shared/printable.js';
import type { StatusDocument, TopicStatus } from '../shared/status.js';
import { isSilent, stateRank } from '../shared/worst-first.js';
import { COLUMNS, columnsWith, formatAgo } from './columns.js';
import { inOrder, type Order, SORTS, WORST_FIRST } from './order.js';
import { type Paper, paint, rowsOf, widthOf } from './paper.js';
import { drawHeader, drawTopic, heightOf, layOut } from './table.js';
import { cutEnd, wrap } from './text.js';
import type { Trend } from './trend.js';

export interface DrawOptions {
  readonly order?: Order;
  /** The first topic that is drawn, where not all fit. */
  readonly top?: number;
  /** For the column of the rates that were seen; null: without it. */
  readonly trend?: Trend | null;
}

export interface Picture {
  /** None with a newline and none wider than the paper. */
  readonly lines: readonly string[];
  /** The first topic that is drawn: no further down than that the last one stands at the end. */
  readonly top: number;
  /** How many topics are drawn. */
  readonly shown: number;
}

/** `2 rejected, 1 waiting`, the worst first. */
function countStates(topics: readonly TopicStatus[]): string {
  const counts = new Map<string, number>();
  for (const { state } of topics) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts]
    .sort(([a], [b]) => stateRank(a) - stateRank(b))
    .map(([state, count]) => `${count} ${printable(state)}`)
    .join(', ');
}

function summaryLine(document: StatusDocument, listed: number): string {
  const { topics } = document;
  const others = topics.filter((topic) => topic.state !== 'live');
  const live = `${topics.length - others.length} of ${topics.length} topics live`;
  const silent = topics.filter(isSilent).length;
  const parts = [
    [
      live,
      ...(others.length > 0 ? [countStates(others)] : []),
      ...(silent > 0 ? [`${silent} silent`] : []),
      ...(listed < topics.length ? [`${listed} listed`] : []),
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

/** `… 188 more topics, all live`, or how many are what; and how many stand above. */
function moreLine(above: number, below: readonly TopicStatus[]): string {
  const parts = above > 0 ? [`${above} above`] : [];
  if (below.length > 0) parts.push(sumOf(below));
  return `… ${parts.join(', ')}`;
}

function sumOf(topics: readonly TopicStatus[]): string {
  const state = topics[0]?.state ?? '';
  if (topics.length === 1) return `1 more topic, ${printable(state)}`;
  const all = topics.every((topic) => topic.state === state);
  return `${topics.length} more topics${all ? `, all ${printable(state)}` : `: ${countStates(topics)}`}`;
}

/** The lines of the status alone. */
export const drawStatus = (...what: Parameters<typeof drawPicture>): readonly string[] =>
  drawPicture(...what).lines;

/** The status. Topics for which there are no rows are summed up in the last line. */
export function drawPicture(
  document: StatusDocument,
  now_ms: number,
  paper: Paper,
  { order = WORST_FIRST, top = 0, trend = null }: DrawOptions = {},
): Picture {
  const listed = inOrder(document.topics, order);
  const columns = trend === null ? COLUMNS : columnsWith(trend);
  const placed = layOut(listed, columns, SORTS[order.sort].title, now_ms, paper);
  const first = formatStatusLine(document.uptime_s * 1000, document.total_messages, document.rate_per_min);
  const head = [
    paint(paper, cutEnd(first, widthOf(paper)), 'bold'),
    cutEnd(summaryLine(document, listed.length), widthOf(paper)),
    ...reloadLine(document, now_ms, paper),
    '',
    drawHeader(placed, paper),
  ];
  const { from, to } = whatFits(listed, top, rowsOf(paper) - head.length, paper);
  const lines = [
    ...head,
    ...listed.slice(from, to).flatMap((topic) => drawTopic(topic, placed, now_ms, paper)),
    ...lastLine(listed, from, to, order, paper),
  ];
  return { lines: lines.slice(0, Math.max(1, rowsOf(paper))), top: from, shown: to - from };
}

function lastLine(
  listed: readonly TopicStatus[],
  from: number,
  to: number,
  { filter }: Order,
  paper: Paper,
): string[] {
  if (listed.length === 0 && filter !== '') {
    return [paint(paper, cutEnd(`No topic has "${printable(filter)}" in its name.`, widthOf(paper)), 'dim')];
  }
  if (to - from === listed.length) return [];
  return [paint(paper, cutEnd(moreLine(from, listed.slice(to)), widthOf(paper)), 'dim')];
}

/** Which of the topics are drawn in so many rows. One row is kept for the sum of those that are not. */
function whatFits(
  topics: readonly TopicStatus[],
  top: number,
  rows: number,
  paper: Paper,
): { readonly from: number; readonly to: number } {
  const backwards = (room: number) => {
    let from = topics.length;
    for (let left = room; from > 0; from -= 1) {
      left -= heightOf(topics[from - 1] as TopicStatus, paper);
      if (left < 0) break;
    }
    return from;
  };
  if (backwards(rows) === 0) return { from: 0, to: topics.length };
  const from = Math.min(top, backwards(rows - 1), topics.length - 1);
  let to = from;
  for (let left = rows - 1; to < topics.length; to += 1) {
    left -= heightOf(topics[to] as TopicStatus, paper);
    if (left < 0) break;
  }
  return { from, to };
}

/** What stands in the place of the status while no supervisor answers: since when, and why. */
export function drawDown(sentence: string, down_ms: number, paper: Paper): string[] {
  const head = paint(paper, cutEnd(`Not running since ${formatDuration(down_ms)}.`, widthOf(paper)), 'red');
  const lines = [head, ...wrap(printable(sentence), widthOf(paper), rowsOf(paper) - 1)];
  return lines.slice(0, Math.max(1, rowsOf(paper)));
}
