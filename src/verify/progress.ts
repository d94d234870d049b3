// A bar on stderr, where that is a terminal, for a run that takes longer than a second.

import { formatBytes, formatDuration } from '../shared/format.js';

const QUIET_MS = 1_000;
const REDRAW_MS = 200;
const BAR_WIDTH = 24;
const CLEAR_LINE = '\r\x1b[K';

export interface Screen {
  write(text: string): void;
  /** Columns at this moment. */
  width(): number;
  /** Milliseconds by a steady clock. */
  steadyMs(): number;
}

export class Progress {
  readonly #screen: Screen | null;
  readonly #started_ms: number;
  #drawn_ms: number | null = null;
  #total = 0;
  #done = 0;

  /** Null: there is nothing to draw on. */
  constructor(screen: Screen | null) {
    this.#screen = screen;
    this.#started_ms = screen?.steadyMs() ?? 0;
  }

  /** So many bytes will be read. */
  expect(bytes: number): void {
    this.#total += bytes;
  }

  /** So many bytes were read. */
  took(bytes: number): void {
    this.#done += bytes;
    const now_ms = this.#screen?.steadyMs() ?? 0;
    const since_ms = this.#drawn_ms ?? this.#started_ms;
    if (now_ms - since_ms < (this.#drawn_ms === null ? QUIET_MS : REDRAW_MS)) return;
    this.#drawn_ms = now_ms;
    this.#draw(now_ms - this.#started_ms);
  }

  /** Takes the bar away. */
  end(): void {
    if (this.#drawn_ms !== null) this.#screen?.write(CLEAR_LINE);
    this.#drawn_ms = null;
  }

  #draw(elapsed_ms: number): void {
    // What is appended while we read was not expected.
    const share = Math.min(1, this.#done / Math.max(1, this.#total));
    const filled = Math.floor(share * BAR_WIDTH);
    const bar = `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}]`;
    const left = share === 0 ? '' : `, ${formatDuration((elapsed_ms / share) * (1 - share))} left`;
    const rate = `${formatBytes(Math.round((this.#done / elapsed_ms) * 1000))}/s`;
    const sizes = `${formatBytes(this.#done)} of ${formatBytes(this.#total)}`;
    const line = `${bar} ${Math.floor(share * 100)} %  ${sizes}, ${rate}${left}`;
    this.#screen?.write(`${CLEAR_LINE}${line.slice(0, Math.max(0, this.#screen.width() - 1))}`);
  }
}
