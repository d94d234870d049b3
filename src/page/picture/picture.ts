// The picture of completeness: a line for each topic, a cell for each hour, coloured by the share of it that is
// vouched for. What a cell means is told on hover and on the keyboard's focus; arrows go from cell to cell.
//
// A line that is drawn again for the same time keeps its cells, so that the focus stays where it is.

import { HOUR_MS, type HourCell, hourCells } from '../../shared/coverage-cells.js';
import type { TopicCoverage } from '../../shared/page-data.js';
import { printable } from '../../shared/printable.js';
import { el, setAttribute, setText } from '../dom.js';
import { shareWords } from '../words.js';
import { gapSentence } from './gaps.js';
import { axisWords, hoursOf, hourWords, type Range } from './range.js';
import { Tip } from './tip.js';

const TIP_GAPS_MAX = 5;

interface Line {
  readonly element: HTMLElement;
  readonly share: HTMLElement;
  readonly elements: readonly HTMLElement[];
  topic: TopicCoverage;
  cells: readonly HourCell[];
}

/** Share of the time that is shown; null: none of it was captured. */
export function shareIn(topic: TopicCoverage, cells: readonly HourCell[]): number | null {
  let vouched_ms = 0;
  let captured_ms = 0;
  for (const { hour_ms, share } of cells) {
    if (share === null) continue;
    const end_ms = Math.min(hour_ms + HOUR_MS, topic.to_ms ?? 0);
    const part_ms = end_ms - Math.max(hour_ms, topic.from_ms ?? end_ms);
    captured_ms += part_ms;
    vouched_ms += part_ms * share;
  }
  return captured_ms > 0 ? vouched_ms / captured_ms : null;
}

/** An hour with a gap never looks like a whole one. */
function levelOf({ share, gaps }: HourCell): string {
  if (share === null) return 'blank';
  if (share >= 1) return gaps.length === 0 ? 'whole' : 'most';
  if (share >= 0.99) return 'most';
  if (share >= 0.9) return 'much';
  if (share >= 0.5) return 'some';
  return share > 0 ? 'little' : 'none';
}

/** What stands in a cell that is wide enough, so that not the colour alone says it. */
function percentOf({ share }: HourCell, { span }: Range): string | null {
  if (share === null || share === 0 || share === 1 || span !== 'day') return null;
  return String(Math.floor(share * 100 + 1e-6));
}

/** The words for the colours, in their order. */
const LEGEND = [
  ['whole', 'all vouched for'],
  ['most', '99 % and more'],
  ['much', '90 %'],
  ['some', '50 %'],
  ['little', 'less'],
  ['none', 'nothing vouches'],
  ['blank', 'not captured then'],
] as const;

export const legend = (): HTMLElement =>
  el(
    'ul',
    { class: 'legend', 'aria-label': 'Colours' },
    ...LEGEND.map(([level, words]) => el('li', {}, el('span', { class: `cell ${level}` }), words)),
  );

export class Picture {
  /** Without lines it is no grid. */
  readonly element = el('div', { class: 'picture', role: 'grid', 'aria-readonly': 'true', hidden: '' });
  private readonly tip = new Tip();
  private lines: Line[] = [];
  private range: Range | null = null;
  private now_ms = 0;
  private tab_stop: HTMLElement | null = null;

  /** `hrefOf`: where a topic's name leads. */
  constructor(private readonly hrefOf: ((name: string) => string) | null) {
    const { element } = this;
    element.addEventListener('pointerover', (event) => this.tell(event.target));
    element.addEventListener('pointerleave', () => this.tip.hide());
    element.addEventListener('focusin', (event) => this.tell(event.target));
    element.addEventListener('focusout', () => this.tip.hide());
    element.addEventListener('keydown', (event) => this.move(event));
  }

  /** The topics in the order of their lines. */
  draw(range: Range, topics: readonly TopicCoverage[], now_ms: number): void {
    this.now_ms = now_ms;
    const same =
      this.range?.from_ms === range.from_ms &&
      this.range.to_ms === range.to_ms &&
      topics.length === this.lines.length &&
      topics.every(({ name }, i) => this.lines[i]?.topic.name === name);
    if (!same) this.begin(range, topics);
    this.range = range;
    topics.forEach((topic, i) => {
      const line = this.lines[i];
      if (line !== undefined) this.fill(line, topic, range);
    });
  }

  private begin(range: Range, topics: readonly TopicCoverage[]): void {
    const focused = this.placeOf(document.activeElement);
    const hour = focused?.line.elements[focused.index]?.dataset.hour;
    this.tip.hide();
    const axis = el('div', { class: 'scale' }, ...axisWords(range).map((words) => el('span', {}, words)));
    this.lines = topics.map((topic) => this.makeLine(topic, range));
    this.element.setAttribute('data-span', range.span);
    this.element.hidden = topics.length === 0;
    // What the axis says each cell says for itself.
    this.element.replaceChildren(
      el('div', { class: 'axis', 'aria-hidden': 'true' }, el('span', {}, 'UTC'), axis),
      ...this.lines.map(({ element }) => element),
    );
    const line = this.lines.find(({ topic }) => topic.name === focused?.line.topic.name);
    const kept = line?.elements.find(({ dataset }) => dataset.hour === hour);
    this.tab_stop = kept ?? this.lines[0]?.elements[0] ?? null;
    if (this.tab_stop !== null) this.tab_stop.tabIndex = 0;
    // The lines have another order, and somebody stands on a cell.
    kept?.focus();
  }

  private makeLine(topic: TopicCoverage, range: Range): Line {
    const words = printable(topic.name);
    const name = this.hrefOf === null ? words : el('a', { href: this.hrefOf(topic.name) }, words);
    const share = el('span', { class: 'share' });
    const elements = Array.from({ length: hoursOf(range) }, (_, i) =>
      el('span', { role: 'gridcell', tabindex: '-1', 'data-hour': String(range.from_ms + i * HOUR_MS) }),
    );
    const head = el(
      'div',
      { role: 'rowheader', class: 'who' },
      el('span', { class: 'name', title: words }, name),
      share,
    );
    const strip = el('div', { class: 'strip', role: 'presentation' }, ...elements);
    const element = el('div', { role: 'row', class: 'line', 'data-name': topic.name }, head, strip);
    return { element, share, elements, topic, cells: [] };
  }

  private fill(line: Line, topic: TopicCoverage, range: Range): void {
    line.topic = topic;
    line.cells = hourCells(topic, range.from_ms, hoursOf(range));
    const share = shareIn(topic, line.cells);
    setText(line.share, share === null ? '–' : shareWords(share));
    setAttribute(line.share, 'class', share !== null && share < 1 ? 'share bad' : 'share');
    line.cells.forEach((cell, i) => {
      const element = line.elements[i];
      if (element === undefined) return;
      setAttribute(element, 'class', `cell ${levelOf(cell)}`);
      setAttribute(element, 'data-share', cell.share === null ? '' : String(cell.share));
      setAttribute(element, 'data-percent', percentOf(cell, range));
      // The others are told when they get the focus: a month of many topics has too many.
      if (cell.gaps.length > 0) element.setAttribute('aria-label', this.sentences(line, i).join('. '));
    });
  }

  /** What there is to say of a cell. */
  private sentences({ topic, cells }: Line, index: number): string[] {
    const cell = cells[index];
    if (cell === undefined) return [];
    const { hour_ms, share, gaps } = cell;
    const what =
      share === null
        ? 'not captured then'
        : share > 0
          ? `${shareWords(share)} vouched for`
          : 'nothing vouches';
    const told = gaps.slice(0, TIP_GAPS_MAX).map((gap) => gapSentence(gap, this.now_ms));
    const left = gaps.length - told.length;
    return [
      hourWords(hour_ms),
      `${printable(topic.name)}: ${what}`,
      ...told,
      ...(left > 0 ? [`… and ${left} more gaps`] : []),
    ];
  }

  private placeOf(target: EventTarget | null): { line: Line; line_index: number; index: number } | null {
    if (!(target instanceof HTMLElement) || target.getAttribute('role') !== 'gridcell') return null;
    const line_index = this.lines.findIndex(({ element }) => element.contains(target));
    const line = this.lines[line_index];
    return line === undefined ? null : { line, line_index, index: line.elements.indexOf(target) };
  }

  private tell(target: EventTarget | null): void {
    const place = this.placeOf(target);
    const cell = place?.line.elements[place.index];
    if (place === null || cell === undefined) {
      this.tip.hide();
      return;
    }
    const sentences = this.sentences(place.line, place.index);
    setAttribute(cell, 'aria-label', sentences.join('. '));
    this.tip.show(cell, sentences);
  }

  /** Arrows go as the cells lie: where a column is a day, up and down is an hour. */
  private move(event: KeyboardEvent): void {
    if (event.key === 'Escape') this.tip.hide();
    const place = this.placeOf(event.target);
    if (place === null) return;
    const { line, line_index, index } = place;
    const strip = line.elements[0]?.parentElement;
    const rows = strip == null ? 1 : getComputedStyle(strip).gridTemplateRows.split(' ').length;
    const last = line.elements.length - 1;
    const [hour, topic] = [(to: number) => [line_index, to], (to: number) => [to, index]] as const;
    const places: Readonly<Record<string, readonly number[]>> = {
      ArrowLeft: hour(index - rows),
      ArrowRight: hour(index + rows),
      ArrowUp: rows > 1 ? hour(index - 1) : topic(line_index - 1),
      ArrowDown: rows > 1 ? hour(index + 1) : topic(line_index + 1),
      PageUp: topic(line_index - 1),
      PageDown: topic(line_index + 1),
      Home: hour(0),
      End: hour(last),
    };
    const [to_line, to_index] = places[event.key] ?? [];
    if (to_line === undefined || to_index === undefined) return;
    event.preventDefault();
    const cell = this.lines[to_line]?.elements[to_index];
    if (cell === undefined) return;
    if (this.tab_stop !== null) this.tab_stop.tabIndex = -1;
    this.tab_stop = cell;
    cell.tabIndex = 0;
    // So that it is read out.
    this.tell(cell);
    cell.focus();
  }
}
