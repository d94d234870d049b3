// The picture with what is around it: a day, a week or a month, the one before and the next; which topics, in which
// order, a page of them at a time; and their gaps in text. It asks for what it shows and no more, except that for the
// worst first it must have seen all.

import { hourCells } from '../../shared/coverage-cells.js';
import type { TopicCoverage } from '../../shared/page-data.js';
import { printable } from '../../shared/printable.js';
import { button, el, setAttribute, setText } from '../dom.js';
import { countWords, plural } from '../words.js';
import { gapList } from './gaps.js';
import { legend, Picture, shareIn } from './picture.js';
import { hoursOf, type Range, rangeAt, rangeWords, SPANS, type Span } from './range.js';

export interface CoverageSource {
  names(): readonly string[];
  /** Of these, in their order. Throws a sentence. */
  ask(names: readonly string[], range: Range, signal: AbortSignal): Promise<readonly TopicCoverage[]>;
  /** So many topics at once are asked for, where all are. */
  readonly batch: number;
  now(): number;
  /** Whether the gaps stand under the picture, in text. */
  readonly lists_gaps: boolean;
  /** Where a topic's name leads; null: nowhere. */
  readonly hrefOf: ((name: string) => string) | null;
  /** The user chose another time. */
  readonly changed: (range: Range) => void;
}

/** Lines at a time: a month has 31 times as many cells in each as a day. */
const LINES_MAX: Readonly<Record<Span, number>> = { day: 30, week: 30, month: 10 };

export class Calendar {
  readonly element: HTMLElement;
  private readonly title = el('h2', { class: 'range', 'aria-live': 'polite' });
  private readonly filter = el('input', { type: 'search', id: 'coverage-filter', placeholder: 'name' });
  private readonly order = el(
    'select',
    { id: 'coverage-order' },
    el('option', { value: 'worst' }, 'worst first'),
    el('option', { value: 'name' }, 'by name'),
  );
  private readonly span_buttons: readonly HTMLButtonElement[];
  private readonly page_words = el('span', { class: 'dim' });
  private readonly status = el('p', { class: 'dim', role: 'status' });
  private readonly picture: Picture;
  private readonly gaps = el('div');
  private readonly pages: readonly HTMLButtonElement[];
  /** What only many topics need. */
  private readonly choice: HTMLElement;
  private page = 0;
  private asked = new AbortController();
  private is_asking = false;

  constructor(
    private readonly source: CoverageSource,
    private range: Range,
  ) {
    this.picture = new Picture(source.hrefOf);
    this.picture.element.setAttribute('aria-label', 'Coverage by the hour');
    this.span_buttons = SPANS.map((span) => button(span, () => this.show(rangeAt(span, this.anchor()))));
    const step = (words: string, moved: number, label: string) =>
      button(words, () => this.show(rangeAt(this.range.span, this.range.from_ms, moved)), {
        'aria-label': label,
      });
    const turn = (words: string, by: number, label: string) =>
      button(words, () => this.turn(by), { 'aria-label': label });
    this.pages = [turn('‹', -1, 'Topics before'), turn('›', 1, 'More topics')];
    // Where all must be seen for it, it is the user who wants it.
    this.order.value = source.names().length > source.batch ? 'name' : 'worst';
    this.choice = el(
      'div',
      { class: 'tools' },
      el('label', { for: 'coverage-filter' }, 'Filter'),
      this.filter,
      el('label', { for: 'coverage-order' }, 'Order'),
      this.order,
      el('div', { class: 'group' }, ...this.pages),
      this.page_words,
    );
    this.element = el(
      'section',
      { class: 'calendar' },
      el(
        'div',
        { class: 'tools' },
        el('div', { class: 'group', role: 'group', 'aria-label': 'Time shown' }, ...this.span_buttons),
        el('div', { class: 'group' }, step('‹', -1, 'Before'), step('›', 1, 'Next')),
        button('now', () => this.show(rangeAt(this.range.span, this.source.now()))),
        this.title,
      ),
      this.choice,
      legend(),
      this.status,
      this.picture.element,
      ...(source.lists_gaps ? [el('h3', {}, 'Gaps in this time'), this.gaps] : []),
    );
    const again = (): void => {
      this.page = 0;
      void this.refresh();
    };
    this.filter.addEventListener('input', again);
    this.order.addEventListener('change', again);
  }

  /** Resolves when it is drawn. */
  show(range: Range): Promise<void> {
    const changed = range.from_ms !== this.range.from_ms || range.span !== this.range.span;
    this.range = range;
    if (changed) this.source.changed(range);
    return this.refresh();
  }

  /** Asks again for what is shown, unless an answer is still on its way: it may take longer than until the next call. */
  async renew(): Promise<void> {
    if (!this.is_asking) await this.refresh();
  }

  /** Asks for what is shown. Never throws: what went wrong stands above the picture. */
  async refresh(): Promise<void> {
    this.asked.abort();
    this.asked = new AbortController();
    this.is_asking = true;
    const { signal } = this.asked;
    this.choice.hidden = this.source.names().length === 1 && this.filter.value === '';
    setText(this.title, rangeWords(this.range));
    this.span_buttons.forEach((one, i) => {
      setAttribute(one, 'aria-pressed', String(SPANS[i] === this.range.span));
    });
    try {
      await this.draw(signal);
    } catch (error) {
      if (signal.aborted) return;
      setText(
        this.status,
        `The coverage could not be had: ${error instanceof Error ? error.message : String(error)}`,
      );
    } finally {
      if (!signal.aborted) this.is_asking = false;
    }
  }

  private async draw(signal: AbortSignal): Promise<void> {
    const { range, source } = this;
    const words = this.filter.value.trim().toLowerCase();
    const names = source.names().filter((name) => name.toLowerCase().includes(words));
    const lines = LINES_MAX[range.span];
    this.page = Math.max(0, Math.min(this.page, Math.ceil(names.length / lines) - 1));
    const from = this.page * lines;
    let topics: readonly TopicCoverage[];
    if (this.order.value === 'worst') {
      topics = (await this.worstFirst(names, signal)).slice(from, from + lines);
    } else {
      const shown = [...names].sort().slice(from, from + lines);
      topics = shown.length === 0 ? [] : await source.ask(shown, range, signal);
    }
    if (signal.aborted) return;
    const now_ms = source.now();
    this.picture.draw(range, topics, now_ms);
    this.pages.forEach((one, i) => {
      one.disabled = i === 0 ? this.page === 0 : (this.page + 1) * lines >= names.length;
    });
    const which = `${countWords(from + 1)}–${countWords(from + topics.length)} of ${plural(names.length, 'topic')}`;
    setText(this.page_words, names.length === 0 ? 'no topic' : which);
    const gaps = topics
      .flatMap(({ name, gaps }) =>
        gaps.map((gap) => ({ label: topics.length === 1 ? null : printable(name), gap })),
      )
      .filter(({ gap }) => gap.from_ms < range.to_ms && (gap.to_ms ?? now_ms) >= range.from_ms)
      .sort((a, b) => b.gap.from_ms - a.gap.from_ms);
    this.gaps.replaceChildren(gapList(gaps, gaps.length, now_ms));
    setText(this.status, '');
  }

  /** By the share of the time that is shown; those that were not captured then stand last. */
  private async worstFirst(names: readonly string[], signal: AbortSignal): Promise<readonly TopicCoverage[]> {
    const { range, source } = this;
    const all: { readonly topic: TopicCoverage; readonly share: number }[] = [];
    for (let i = 0; i < names.length && !signal.aborted; i += source.batch) {
      if (names.length > source.batch) setText(this.status, `Reading ledgers: ${i} of ${names.length} …`);
      for (const topic of await source.ask(names.slice(i, i + source.batch), range, signal)) {
        all.push({ topic, share: shareIn(topic, hourCells(topic, range.from_ms, hoursOf(range))) ?? 2 });
      }
    }
    all.sort((a, b) => a.share - b.share || (a.topic.name < b.topic.name ? -1 : 1));
    return all.map(({ topic }) => topic);
  }

  private turn(by: number): void {
    this.page += by;
    void this.refresh();
  }

  /** What another span is to hold: now, if it is shown. */
  private anchor(): number {
    const now_ms = this.source.now();
    return now_ms >= this.range.from_ms && now_ms < this.range.to_ms ? now_ms : this.range.from_ms;
  }
}
