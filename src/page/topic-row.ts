// A topic's row in the table: made once, and then only what changed is touched.

import type { TopicRow } from '../shared/page-data.js';
import { printable } from '../shared/printable.js';
import { isSilent } from '../shared/worst-first.js';
import { el, setAttribute, setText } from './dom.js';
import type { Topic } from './model.js';
import { Sparkline } from './sparkline.js';
import { agoWords, countWords, plural, rateWords, shortWords } from './words.js';

export const COLUMNS = [
  'Topic',
  'State',
  'Rate/min, 15 minutes',
  'Last message',
  'Lag',
  'Buffer',
  'Reconnects',
  'Trouble',
];

export type Mood = 'good' | 'busy' | 'warn' | 'bad' | 'off';

const MOODS: Readonly<Record<TopicRow['state'], Mood>> = {
  live: 'good',
  starting: 'busy',
  connecting: 'busy',
  subscribing: 'busy',
  waiting: 'warn',
  restarting: 'warn',
  rejected: 'bad',
  stopping: 'off',
  stopped: 'off',
};

export const moodOf = (row: TopicRow): Mood => (isSilent(row) ? 'warn' : (MOODS[row.state] ?? 'busy'));

export const stateWords = (row: TopicRow): string => (isSilent(row) ? 'live, silent' : printable(row.state));

export const lastWords = ({ last_message_at_ms }: TopicRow, now_ms: number): string =>
  last_message_at_ms === null ? 'never' : agoWords(now_ms - last_message_at_ms);

export const lagWords = ({ event_lag_ms }: TopicRow): string =>
  event_lag_ms === null ? '–' : shortWords(event_lag_ms);

/** `0`, `1,234 (12 %)`. */
export function bufferWords({ buffered }: TopicRow, buffer_size: number): string {
  const share = Math.floor((buffered / buffer_size) * 100);
  return share < 1 ? countWords(buffered) : `${countWords(buffered)} (${share} %)`;
}

/** What there should be none of; empty where there is none. */
export const troubleWords = ({ dropped, gaps, restarts }: TopicRow): string =>
  [
    ...(dropped > 0 ? [`${countWords(dropped)} dropped`] : []),
    ...(gaps > 0 ? [plural(gaps, 'gap')] : []),
    ...(restarts > 0 ? [plural(restarts, 'restart')] : []),
  ].join(', ');

export const topicHref = (name: string): string => `#topic=${encodeURIComponent(name)}`;

export class RowElement {
  readonly element: HTMLTableRowElement;
  private readonly link: HTMLAnchorElement;
  private readonly note = el('span', { class: 'note' });
  private readonly state = el('td', { role: 'cell' });
  private readonly spark = new Sparkline();
  private readonly rate = el('span', { class: 'number' });
  private readonly last = el('span');
  private readonly lag = el('span');
  private readonly buffer = el('span');
  private readonly reconnects = el('span');
  private readonly trouble = el('td', { role: 'cell', class: 'trouble' });

  constructor(name: string) {
    this.link = el('a', { href: topicHref(name) });
    const cell = (name: string, ...children: readonly (Node | string)[]) =>
      el('td', { role: 'cell', class: name }, ...children);
    /** The word before stands in for the column's head where there is no room for one. */
    const named = (name: string, value: HTMLElement) =>
      cell(name, el('span', { class: 'label' }, `${name} `), value);
    this.element = el(
      'tr',
      { role: 'row', class: 'topic', 'data-name': name },
      el('th', { role: 'rowheader', scope: 'row', class: 'name' }, this.link, this.note),
      this.state,
      cell('rate', this.spark.element, this.rate),
      named('last', this.last),
      named('lag', this.lag),
      named('buffer', this.buffer),
      named('reconnects', this.reconnects),
      this.trouble,
    );
  }

  focus(): void {
    this.link.focus();
  }

  update({ head, label, row, steps }: Topic, index: number, now_ms: number): void {
    if (row === null) return;
    setAttribute(this.element, 'aria-rowindex', String(index + 2));
    setText(this.link, label);
    setAttribute(this.link, 'title', head.ws_url);
    setAttribute(this.state, 'class', `state ${moodOf(row)}`);
    setText(this.state, stateWords(row));
    setText(this.note, row.error === null ? '' : printable(row.error));
    this.spark.draw(steps);
    setText(this.rate, rateWords(row.rate_per_min));
    setText(this.last, lastWords(row, now_ms));
    setText(this.lag, lagWords(row));
    setText(this.buffer, bufferWords(row, head.buffer_size));
    setAttribute(this.buffer, 'class', row.buffered * 2 > head.buffer_size ? 'bad' : null);
    setText(this.reconnects, countWords(row.reconnects));
    setAttribute(this.reconnects, 'class', row.reconnects === 0 ? 'none' : null);
    setText(this.trouble, troubleWords(row));
    setAttribute(this.trouble, 'class', row.dropped > 0 ? 'trouble bad' : 'trouble');
  }
}
