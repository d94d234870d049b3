// The table of topics: which columns fit the paper, how wide each is, and the lines of one topic.

import { printable } from '../shared/printable.js';
import type { TopicStatus } from '../shared/status.js';
import { COLUMNS, type Column, DROP_ORDER } from './columns.js';
import { type Paper, paint, widthOf } from './paper.js';
import { cutEnd, cutMiddle, pad, textWidth, wrap } from './text.js';

const SEPARATOR = '  ';
/** A column goes rather than that a longer topic than this gets less room. */
const TOPIC_WIDTH_MIN = 24;
const ERROR_INDENT = '  └ ';
/** An error sentence takes at most so many lines of a terminal. */
const ERROR_LINES_MAX = 3;

interface Placed {
  readonly column: Column;
  readonly width: number;
}

/** The columns that fit, from left to right. The topic's gives way first, down to its minimum. */
export function layOut(topics: readonly TopicStatus[], now_ms: number, paper: Paper): readonly Placed[] {
  const columns = COLUMNS.map((column) => {
    const widths = topics.map((topic) => textWidth(column.text(topic, now_ms)));
    const least = Math.max(column.title.length, column.width_min ?? 0);
    return { column, width: widths.reduce((a, b) => Math.max(a, b), least) };
  });
  const [topic_column, ...others] = columns;
  if (topic_column === undefined || paper.width === null) return columns;
  let rest = others;
  const room = () => rest.reduce((left, p) => left - SEPARATOR.length - p.width, widthOf(paper));
  for (const title of DROP_ORDER) {
    if (room() >= Math.min(topic_column.width, TOPIC_WIDTH_MIN)) break;
    rest = rest.filter((p) => p.column.title !== title);
  }
  return [{ ...topic_column, width: Math.max(1, Math.min(topic_column.width, room())) }, ...rest];
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
    const text = pad(cutMiddle(column.text(topic, now_ms), cell_width), cell_width, column.align);
    cells.push(paint(paper, text, column.style?.(topic) ?? null));
    left -= cell_width + SEPARATOR.length;
  }
  const line = cells.join(SEPARATOR).trimEnd();
  const room = widthOf(paper) - ERROR_INDENT.length;
  if (topic.error === null || room < 1) return [line];
  const words = wrap(printable(topic.error), room, ERROR_LINES_MAX);
  const blank = ' '.repeat(ERROR_INDENT.length);
  return [line, ...words.map((text, i) => (i === 0 ? ERROR_INDENT : blank) + paint(paper, text, 'red'))];
}
