// The top of the page: the answer in words, the facts under it, and for how long nobody has answered.
//
// What is seen changes each second. A screen reader is told only what changes seldom, and not more than once in 10 s.

import { formatBytes, formatDuration } from '../shared/format.js';
import { printable } from '../shared/printable.js';
import { answerParts } from './answer.js';
import { byId, el, setAttribute, setText } from './dom.js';
import type { Model } from './model.js';
import { agoWords, countWords, secondWords } from './words.js';

const ANNOUNCE_MS = 10_000;

export class Head {
  private readonly answer = byId('answer');
  private readonly facts = byId('facts');
  private readonly token_place = byId('token-place');
  private readonly announcement = byId('announcement');
  private down_since_ms: number | null = null;
  private announced_ms = Number.NEGATIVE_INFINITY;

  constructor(private readonly model: Model) {}

  up(): void {
    this.down_since_ms = null;
  }

  down(): void {
    this.down_since_ms ??= performance.now();
    this.update();
  }

  update(): void {
    const { down_since_ms } = this;
    setAttribute(document.body, 'data-down', down_since_ms === null ? null : '');
    if (this.token_place.hasChildNodes()) {
      setText(this.answer, 'the server wants its token');
      return;
    }
    if (down_since_ms !== null) {
      const words = `not running for ${Math.floor((performance.now() - down_since_ms) / 1000)} s`;
      setText(this.answer, words);
      setAttribute(this.answer, 'class', 'bad');
      document.title = `${words} · streamer`;
      this.announce('not running');
      return;
    }
    const parts = answerParts(this.model);
    if (parts.length === 0) return;
    const words = parts.map((part) => part.words).join(', ');
    if (this.answer.textContent !== words) {
      const spans = parts.flatMap((part, i) => [
        ...(i === 0 ? [] : [', ']),
        el('span', part.is_bad ? { class: 'bad' } : {}, part.words),
      ]);
      this.answer.replaceChildren(...spans);
    }
    setAttribute(this.answer, 'class', parts.some((part) => part.is_bad) ? 'trouble' : 'fine');
    document.title = `${words} · streamer`;
    setText(this.facts, this.factWords());
    const steady = parts.filter((part) => part.is_steady);
    this.announce(steady.map((part) => part.words).join(', '));
  }

  private factWords(): string {
    const { tick, about } = this.model;
    if (tick === null || about === null) return '';
    const { reloaded } = tick;
    return [
      `up ${formatDuration(tick.uptime_s * 1000)}`,
      `${countWords(tick.total_messages)} messages`,
      `${formatBytes(tick.total_bytes)} written to ${printable(about.output_dir)}`,
      `pid ${about.pid}`,
      `version ${printable(about.version)}`,
      ...(reloaded === null
        ? []
        : [`${agoWords(tick.at_ms - reloaded.at_ms)}: ${printable(reloaded.message)}`]),
      `${secondWords(tick.at_ms)} UTC`,
    ].join(' · ');
  }

  private announce(words: string): void {
    const now_ms = performance.now();
    if (this.announcement.textContent === words || now_ms - this.announced_ms < ANNOUNCE_MS) return;
    this.announcement.textContent = words;
    this.announced_ms = now_ms;
  }
}
