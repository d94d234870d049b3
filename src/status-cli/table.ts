// The table of topics: which columns fit the paper, how wide each is, and the lines of one topic.

import { printable } from '../shared/printable.js';
import type { TopicStatus } from '../shared/status.js';
import { type Column, DROP_ORDER } from './columns.js';
import { type Paper, paint, widthOf } from './paper.js';
import { cutEnd, cutMiddle, pad, textWidth, wrap } from './text.js';

const SEPARATOR = '  ';
/** A column goes rather than that a longer topic than this gets less room. */
const TOPIC_WIDTH_MIN = 24;
const ERROR_INDENT = '  └ ';
/** An error sentence takes at most so many lines of a terminal. */
const ERROR_LINES_MAX = 3;

export interface Placed {
  readonly column: Column;
  readonly width: number;
}

/**
 * The columns that fit, from left to right. The topic's gives way first, down to its minimum; then others go, the one
 * titled `kept` never.
 */
export function layOut(
  topics: readonly TopicStatus[],
  columns: readonly Column[],
  kept: string,
  now_ms: number,
  paper: Paper,
): readonly Placed[] {
  const [topic_column, ...others] = columns.map((column) => placed(column, topics, now_ms));
  if (topic_column === undefined) return [];
  let rest = others;
  const room = () => rest.reduce((left, p) => left - SEPARATOR.length - p.width, widthOf(paper));
  for (const title of DROP_ORDER) {
    if (room() >= Math.min(topic_column.width, TOPIC_WIDTH_MIN)) break;
    if (title !== kept) rest = rest.filter((p) => p.column.title !== title);
  }
  const topic_width = Math.max(1, Math.min(topic_column.width, room()));
  const grown = rest.map(({ column, width }) => {
    const spare = Math.max(0, room() - topic_width);
    return { column, width: Math.min(width + spare, Math.max(width, column.width_max ?? 0)) };
  });
  return [{ ...topic_column, width: topic_width }, ...grown];
}

/** As wide as its widest text; one that takes what is left over begins with its least. */
function placed(column: Column, topics: readonly TopicStatus[], now_ms: number): Placed {
  let width = Math.max(column.title.length, column.width_min ?? 0);
  if (column.width_max !== undefined) return { column, width };
  for (const topic of topics) width = Math.max(width, textWidth(column.text(topic, now_ms, width)));
  return { column, width };
}

export function drawHeader(placed: readonly Placed[], paper: Paper): string {
  const cells = placed.map(({ column, width }) => pad(column.title, width, column.align));
  return paint(paper, cutEnd(cells.join(SEPARATOR).trimEnd(), widthOf(paper)), 'dim');
}

/** The topic's line, and under it its error, if it has one. */
export function drawTopic(
  topic: TopicStatus,
  placed: readonly Placed[],
  now_ms: number,
  paper: Paper,
): readonly string[] {
  let left = widthOf(paper);
  const cells: string[] = [];
  for (const { column, width } of placed) {
    const cell_width = Math.min(width, left);
    if (cell_width < 1) break;
    const text = pad(cutMiddle(column.text(topic, now_ms, cell_width), cell_width), cell_width, column.align);
    cells.push(paint(paper, text, column.style?.(topic) ?? null));
    left -= cell_width + SEPARATOR.length;
  }
  const blank = ' '.repeat(ERROR_INDENT.length);
  const error = errorLines(topic, paper).map(
    (text, i) => (i === 0 ? ERROR_INDENT : blank) + paint(paper, text, 'red'),
  );
  return [cells.join(SEPARATOR).trimEnd(), ...error];
}

function errorLines({ error }: TopicStatus, paper: Paper): readonly string[] {
  const room = widthOf(paper) - ERROR_INDENT.length;
  return error === null || room < 1 ? [] : wrap(printable(error), room, ERROR_LINES_MAX);
}

/** How many lines `drawTopic` makes of it. */
export const heightOf = (topic: TopicStatus, paper: Paper): number => 1 + errorLines(topic, paper).length;
