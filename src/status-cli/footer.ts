// The last lines of a window with keys: how the topics are sorted and filtered, and what can be pressed.

import { printable } from '../shared/printable.js';
import { SORT_NAMES, SORTS } from './order.js';
import { type Paper, paint, rowsOf, widthOf } from './paper.js';
import { cutEnd, cutStart, textWidth, wrap } from './text.js';
import type { View } from './view.js';

const sort_keys = SORT_NAMES.map((name) => `${SORTS[name].key} ${SORTS[name].words}`).join(', ');

const HELP = [
  `sort: ${sort_keys}; the same again: the other way round`,
  'scroll: arrows, PgUp, PgDn, Home, End | filter: / and text, Enter keeps, Esc clears | ? less, q quit',
];

/** It takes no more than a third of the window, and in a window of two lines nothing. */
export function drawFooter(view: View, paper: Paper): string[] {
  const width = widthOf(paper);
  const rows = Math.floor(rowsOf(paper) / 3);
  const lines = view.typing ? [typed(view.filter, width)] : shown(view, width);
  return lines.slice(0, rows).map((line) => paint(paper, line, view.typing ? null : 'dim'));
}

/** The end of a long text is where it is written. */
function typed(filter: string, width: number): string {
  const text = `filter: ${printable(filter)}_`;
  const hint = '  Enter keeps, Esc clears';
  return textWidth(text) + hint.length <= width ? text + hint : cutStart(text, width);
}

function shown(view: View, width: number): string[] {
  if (view.help) return HELP.flatMap((line) => wrap(line, width, Number.POSITIVE_INFINITY));
  const sort = `sort: ${SORTS[view.sort].words}${view.reversed ? ', the other way round' : ''}`;
  const filter = view.filter === '' ? [] : [`filter: ${printable(view.filter)}`];
  return [cutEnd(['q quit, ? keys, / filter', sort, ...filter].join(' | '), width)];
}
