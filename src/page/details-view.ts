// One topic: its figures, charts, coverage, gaps, files, last message and log lines. What it shows is asked for when it
// is opened and then every few seconds.

import { formatBytes } from '../shared/format.js';
import type { TopicDetails } from '../shared/page-data.js';
import { printable } from '../shared/printable.js';
import { askJson } from './ask.js';
import { TopicCharts } from './charts.js';
import { button, el, setAttribute, setText } from './dom.js';
import { messageTree } from './json-tree.js';
import type { Model } from './model.js';
import type { Calendar } from './picture/calendar.js';
import { gapList } from './picture/gaps.js';
import { bufferWords, lagWords, lastWords, moodOf, stateWords } from './topic-row.js';
import { countWords, plural, rateWords, secondWords } from './words.js';

const REFRESH_MS = 5_000;

export class DetailsView {
  readonly element: HTMLElement;
  private readonly heading: HTMLElement;
  private readonly state = el('span', { class: 'state' });
  private readonly error = el('p', { class: 'bad' });
  private readonly facts = el('dl', { class: 'facts' });
  private readonly fact_values = new Map<string, HTMLElement>();
  private readonly complaint = el('p', { class: 'bad', role: 'status' });
  private readonly gaps = el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Gaps' });
  private readonly gaps_title = el('h3', {}, 'Gaps');
  private readonly files = el('div');
  private readonly files_title = el('h3', {}, 'Files');
  private readonly message = el('div');
  private readonly message_words = el('p', { class: 'dim' });
  private readonly newest: HTMLButtonElement;
  private readonly log = el('ol', { class: 'log', tabindex: '0', 'aria-label': 'Log lines' });
  private readonly closed = new AbortController();
  private readonly charts = new TopicCharts(this.closed.signal);
  private readonly timer: ReturnType<typeof setInterval>;
  /** Somebody folds and unfolds it: then it stays until they want the newest. */
  private is_message_held = false;
  private message_shown: string | null = null;
  /** While a token is typed in, an answer may take hours. */
  private is_asking = false;

  constructor(
    private readonly model: Model,
    private readonly name: string,
    private readonly coverage: Calendar,
  ) {
    this.heading = el('h2', { tabindex: '-1' }, model.find(name)?.label ?? printable(name));
    this.newest = button('show the newest', () => {
      this.is_message_held = false;
      void this.refresh();
    });
    this.newest.hidden = true;
    this.message.addEventListener('click', () => {
      this.is_message_held = true;
      this.newest.hidden = false;
    });
    this.element = el(
      'section',
      { class: 'details' },
      el('p', {}, el('a', { href: '#topics' }, '← All topics')),
      el('div', { class: 'title' }, this.heading, this.state),
      this.error,
      this.complaint,
      this.facts,
      this.charts.element,
      el('h3', {}, 'Coverage'),
      coverage.element,
      el(
        'div',
        { class: 'columns' },
        el('div', {}, this.gaps_title, this.gaps),
        el('div', {}, this.files_title, this.files),
      ),
      el('h3', {}, 'Last message'),
      el('div', { class: 'tools' }, this.message_words, this.newest),
      this.message,
      el('h3', {}, 'Log'),
      this.log,
    );
    this.timer = setInterval(() => {
      if (document.hidden) return;
      void this.refresh();
      void this.coverage.renew();
    }, REFRESH_MS);
  }

  /** It is on the page. */
  open(): void {
    this.heading.focus();
    this.update();
    void this.refresh();
  }

  close(): void {
    clearInterval(this.timer);
    this.closed.abort();
  }

  /** What the events tell. */
  update(): void {
    const topic = this.model.find(this.name);
    const row = topic?.row ?? null;
    if (topic === undefined || row === null) {
      setText(this.state, this.model.about === null ? '' : 'no longer captured');
      return;
    }
    const now_ms = this.model.now();
    setText(this.heading, topic.label);
    setAttribute(this.state, 'class', `state ${moodOf(row)}`);
    setText(this.state, `${stateWords(row)} since ${secondWords(row.since_ms)} UTC`);
    setText(this.error, row.error === null ? '' : printable(row.error));
    const facts = {
      rate: `${rateWords(row.rate_per_min)}/min`,
      'last message': lastWords(row, now_ms),
      lag: lagWords(row),
      buffer: `${bufferWords(row, topic.head.buffer_size)} of ${countWords(topic.head.buffer_size)}`,
      messages: countWords(row.messages),
      written: formatBytes(row.bytes),
      reconnects: countWords(row.reconnects),
      restarts: countWords(row.restarts),
      dropped: countWords(row.dropped),
      gaps: countWords(row.gaps),
      memory: formatBytes(row.memory_bytes),
      server: printable(topic.head.ws_url),
    };
    for (const [name, words] of Object.entries(facts)) setText(this.factValue(name), words);
  }

  private factValue(name: string): HTMLElement {
    const present = this.fact_values.get(name);
    if (present !== undefined) return present;
    const value = el('dd');
    this.facts.append(el('div', {}, el('dt', {}, name), value));
    this.fact_values.set(name, value);
    return value;
  }

  private async refresh(): Promise<void> {
    if (this.is_asking) return;
    this.is_asking = true;
    const { signal } = this.closed;
    try {
      const path = `topic?name=${encodeURIComponent(this.name)}`;
      const details = await askJson<TopicDetails>(path, signal);
      if (!signal.aborted) this.draw(details);
    } catch (error) {
      if (signal.aborted) return;
      setText(
        this.complaint,
        `The details could not be had: ${error instanceof Error ? error.message : String(error)}`,
      );
    } finally {
      this.is_asking = false;
    }
  }

  private draw(details: TopicDetails): void {
    setText(this.complaint, '');
    this.charts.draw(details.steps);
    const { gaps, gap_count, file_count, log, at_ms } = details;
    setText(this.gaps_title, `Gaps: ${countWords(gap_count)}`);
    this.gaps.replaceChildren(
      gapList(
        gaps.map((gap) => ({ label: null, gap })),
        gap_count,
        at_ms,
      ),
    );
    setText(this.files_title, `Files: ${countWords(file_count)}`);
    this.files.replaceChildren(fileTable(details));
    setText(this.message_words, this.messageWords(details));
    this.drawMessage(details);
    const at_end = this.log.scrollTop + this.log.clientHeight >= this.log.scrollHeight - 4;
    const lines = log.map(({ at_ms, level, message }) =>
      el(
        'li',
        { class: level },
        el('span', { class: 'dim' }, secondWords(at_ms)),
        ` ${level}: ${printable(message)}`,
      ),
    );
    this.log.replaceChildren(...(lines.length > 0 ? lines : [el('li', { class: 'dim' }, 'None.')]));
    if (at_end) this.log.scrollTop = this.log.scrollHeight;
  }

  private messageWords({ last_message }: TopicDetails): string {
    if (this.is_message_held) return 'held while you look at it';
    if (last_message === null) return 'Nothing is written yet.';
    const { text, bytes } = last_message;
    const is_whole = new TextEncoder().encode(text).length >= bytes;
    return is_whole ? formatBytes(bytes) : `its beginning, of ${formatBytes(bytes)}`;
  }

  private drawMessage({ last_message }: TopicDetails): void {
    const text = last_message?.text ?? null;
    if (this.is_message_held || text === this.message_shown) return;
    this.newest.hidden = true;
    this.message_shown = text;
    this.message.replaceChildren(...(text === null ? [] : [messageTree(text)]));
  }
}

function fileTable({ files, file_count }: TopicDetails): HTMLElement {
  if (files.length === 0) return el('p', { class: 'dim' }, 'None.');
  const heads = ['Hour, UTC', 'Size', 'Messages', 'File'].map((title) => el('th', { scope: 'col' }, title));
  const rows = files.map(({ file, hour_ms, bytes, messages }) =>
    el(
      'tr',
      {},
      el('td', {}, secondWords(hour_ms).slice(0, 16)),
      el('td', {}, formatBytes(bytes)),
      el('td', {}, messages === null ? 'being written' : countWords(messages)),
      el('td', { class: 'file' }, printable(file)),
    ),
  );
  const left = file_count - files.length;
  return el(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Files' },
    el('table', { class: 'plain' }, el('thead', {}, el('tr', {}, ...heads)), el('tbody', {}, ...rows)),
    ...(left > 0 ? [el('p', { class: 'dim' }, `… and ${plural(left, 'older file')}`)] : []),
  );
}
