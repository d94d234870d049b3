// The table of topics, the worst first. Only the rows in the window are on the page, so a thousand topics cost what
// thirty do; each row's height is known from what it says.

import { el, setAttribute, setText } from './dom.js';
import type { Model, Topic } from './model.js';
import { COLUMNS, RowElement, stateWords, troubleWords } from './topic-row.js';
import { countWords } from './words.js';

/** Rows above and below the window, so that the keyboard gets there. */
const SPARE_ROWS = 6;
const NOTE_PX = 18;
const ROW_PX = { wide: 36, narrow: 84 };

/** The same width is in dashboard.css. */
const NARROW = matchMedia('(max-width: 760px)');

export class TopicsView {
  readonly element: HTMLElement;
  private readonly filter = el('input', { type: 'search', id: 'filter', placeholder: 'name or state' });
  private readonly count = el('span', { class: 'dim' });
  private readonly table: HTMLTableElement;
  private readonly body = el('tbody', { role: 'rowgroup' });
  private readonly rows = new Map<string, RowElement>();
  private shown: readonly Topic[] = [];
  private tops: number[] = [0];
  private order_seen = -1;

  constructor(private readonly model: Model) {
    const heads = COLUMNS.map((title) => el('th', { role: 'columnheader', scope: 'col' }, title));
    this.table = el(
      'table',
      { role: 'table', class: 'topics', 'aria-label': 'Topics, the worst first' },
      el('thead', { role: 'rowgroup' }, el('tr', { role: 'row', 'aria-rowindex': '1' }, ...heads)),
      this.body,
    );
    this.element = el(
      'section',
      {},
      el('div', { class: 'tools' }, el('label', { for: 'filter' }, 'Filter'), this.filter, this.count),
      this.table,
    );
    this.filter.addEventListener('input', () => {
      this.order_seen = -1;
      this.update();
    });
    this.body.addEventListener('keydown', (event) => this.move(event));
    addEventListener('scroll', () => this.draw(), { passive: true });
    addEventListener('resize', () => this.update());
  }

  update(): void {
    if (!this.element.isConnected) return;
    // The state is part of what is filtered by, and the order changes with it.
    if (this.order_seen !== this.model.order_version) {
      this.order_seen = this.model.order_version;
      const words = this.filter.value.trim().toLowerCase();
      const fits = ({ label, row }: Topic) =>
        label.toLowerCase().includes(words) || (row !== null && stateWords(row).includes(words));
      this.shown = this.model.worstFirst().filter(fits);
      setAttribute(this.table, 'aria-rowcount', String(this.shown.length + 1));
      const all = this.model.topics.length;
      setText(this.count, `${countWords(this.shown.length)} of ${countWords(all)}`);
    }
    this.layOut();
    this.draw();
  }

  /** Where each row begins. */
  private layOut(): void {
    const { matches } = NARROW;
    let top = 0;
    this.tops = [0];
    for (const { row } of this.shown) {
      top += matches ? ROW_PX.narrow : ROW_PX.wide;
      if (row?.error != null) top += NOTE_PX;
      if (matches && row !== null && troubleWords(row) !== '') top += NOTE_PX;
      this.tops.push(top);
    }
    const height = `${top}px`;
    if (this.body.style.height !== height) this.body.style.height = height;
  }

  private draw(): void {
    if (!this.element.isConnected) return;
    const top_px = -this.body.getBoundingClientRect().top;
    const first = Math.max(0, this.indexAt(top_px) - SPARE_ROWS);
    const last = Math.min(this.shown.length - 1, this.indexAt(top_px + innerHeight) + SPARE_ROWS);
    const focused = document.activeElement?.closest('tr.topic') ?? null;
    const now_ms = this.model.now();
    const wanted = new Set<string>();
    let next = this.body.firstElementChild;
    this.shown.forEach((topic, i) => {
      const present = this.rows.get(topic.head.name);
      // The row that has the focus stays, or the focus would be lost.
      if ((i < first || i > last) && (present === undefined || present.element !== focused)) return;
      wanted.add(topic.head.name);
      const row = present ?? new RowElement(topic.head.name);
      this.rows.set(topic.head.name, row);
      row.update(topic, i, now_ms);
      this.place(row.element, i);
      if (row.element === next) next = next.nextElementSibling;
      else {
        const had_focus = row.element === focused;
        this.body.insertBefore(row.element, next);
        if (had_focus) row.focus();
      }
    });
    for (const [name, row] of this.rows) {
      if (wanted.has(name)) continue;
      row.element.remove();
      this.rows.delete(name);
    }
  }

  private place({ style }: HTMLElement, index: number): void {
    const top = this.tops[index] ?? 0;
    const transform = `translateY(${top}px)`;
    const height = `${(this.tops[index + 1] ?? top) - top}px`;
    if (style.transform !== transform) style.transform = transform;
    if (style.height !== height) style.height = height;
  }

  /** The row at a place, counted from the table's first. */
  private indexAt(px: number): number {
    let low = 0;
    let high = Math.max(0, this.shown.length - 1);
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.tops[middle] ?? 0) <= px) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Arrows go from row to row. */
  private move(event: KeyboardEvent): void {
    const name = (event.target as Element).closest('tr.topic')?.getAttribute('data-name');
    const index = this.shown.findIndex((topic) => topic.head.name === name);
    const last = this.shown.length - 1;
    const places: Readonly<Record<string, number>> = {
      ArrowDown: index + 1,
      ArrowUp: index - 1,
      Home: 0,
      End: last,
    };
    const to = places[event.key];
    if (index < 0 || to === undefined || to < 0 || to > last) return;
    event.preventDefault();
    const top_px = this.body.getBoundingClientRect().top + (this.tops[to] ?? 0);
    const bottom_px = this.body.getBoundingClientRect().top + (this.tops[to + 1] ?? 0);
    if (top_px < 60) scrollBy(0, top_px - 60);
    else if (bottom_px > innerHeight) scrollBy(0, bottom_px - innerHeight + 8);
    this.draw();
    const topic = this.shown[to];
    if (topic !== undefined) this.rows.get(topic.head.name)?.focus();
  }
}
