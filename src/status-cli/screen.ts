// `--watch` in a window: draws in place, at once after each look, each key and each change of the window's size.

import { EXIT_NO_INSTANCE } from '../shared/errors.js';
import { exitStatusOf } from './ask.js';
import { drawDown, drawPicture } from './draw.js';
import { drawFooter } from './footer.js';
import type { Key } from './keyboard.js';
import type { Order } from './order.js';
import { rowsOf } from './paper.js';
import { askAgain, type Round } from './rounds.js';
import { paperOf, type Terminal } from './terminal.js';
import { isUtf8, Trend } from './trend.js';
import { FIRST_VIEW, type View, viewAfter } from './view.js';
import type { TakenWindow } from './window.js';

/** The seconds for which nobody answers are counted one by one, and none is left out. */
const DOWN_INTERVAL_MS_MAX = 500;

const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/** What is asked, how often, and the order that holds until a key is pressed. */
export interface WindowOptions {
  readonly socket_path: string;
  readonly interval_ms: number;
  readonly order: Order;
}

/** Watches until a signal or a key; resolves to the exit status of the last answer. */
export async function watchInWindow(options: WindowOptions, terminal: Terminal): Promise<number> {
  const quit = new AbortController();
  terminal.stopSignal().addEventListener('abort', () => quit.abort());
  const screen = new Screen(options, terminal, () => quit.abort());
  const pace = {
    interval_ms: options.interval_ms,
    down_interval_ms: Math.min(options.interval_ms, DOWN_INTERVAL_MS_MAX),
  };
  let status = EXIT_NO_INSTANCE;
  try {
    for await (const round of askAgain(options.socket_path, pace, quit.signal)) {
      status = exitStatusOf(round.answer);
      await screen.show(round);
    }
  } finally {
    await screen.leave();
  }
  return status;
}

class Screen {
  readonly #terminal: Terminal;
  readonly #quit: () => void;
  readonly #window: TakenWindow;
  readonly #trend: Trend | null;
  #view: View;
  #round: Round | null = null;
  /** How many topics are shown. */
  #page = 0;
  /** What was drawn last, without the footer. */
  #status: readonly string[] = [];
  #is_writing = false;
  #is_stale = false;

  constructor({ order }: WindowOptions, terminal: Terminal, quit: () => void) {
    this.#terminal = terminal;
    this.#quit = quit;
    this.#view = { ...FIRST_VIEW, ...order };
    this.#trend = isUtf8(terminal.env) ? new Trend() : null;
    this.#window = terminal.takeWindow({ key: (key) => this.#press(key), redraw: () => void this.#redraw() });
  }

  async show(round: Round): Promise<void> {
    this.#round = round;
    this.#trend?.see(round.answer.ok ? round.answer.document : null, performance.now());
    await this.#redraw();
  }

  /** What was seen last stays in the window. */
  async leave(): Promise<void> {
    this.#round = null;
    this.#window.leave();
    await this.#terminal.write(this.#status.map((line) => `${line}\n`).join(''));
  }

  #press(key: Key): void {
    const view = viewAfter(this.#view, key, Math.max(1, this.#page));
    if (view === null) this.#quit();
    else {
      this.#view = view;
      void this.#redraw();
    }
  }

  /** What is asked for while a slow terminal takes the last frame is drawn once behind it. */
  async #redraw(): Promise<void> {
    this.#is_stale = true;
    if (this.#is_writing) return;
    this.#is_writing = true;
    while (this.#is_stale && this.#round !== null) {
      this.#is_stale = false;
      if (!(await this.#terminal.write(inPlace(this.#frame(this.#round))))) this.#quit();
    }
    this.#is_writing = false;
  }

  #frame({ answer, down_since_ms }: Round): readonly string[] {
    const paper = paperOf(this.#terminal);
    const footer = this.#window.has_keys ? drawFooter(this.#view, paper) : [];
    const rest = { ...paper, rows: rowsOf(paper) - footer.length };
    if (answer.ok) {
      const options = { order: this.#view, top: this.#view.top, trend: this.#trend };
      const picture = drawPicture(answer.document, Date.now(), rest, options);
      this.#view = { ...this.#view, top: picture.top };
      this.#page = picture.shown;
      this.#status = picture.lines;
    } else {
      const now_ms = performance.now();
      this.#status = drawDown(answer.sentence, now_ms - (down_since_ms ?? now_ms), rest);
    }
    if (footer.length === 0) return this.#status;
    const blanks = Array.from({ length: rest.rows - this.#status.length }, () => '');
    return [...this.#status, ...blanks, ...footer];
  }
}

/**
 * Draws over the frame before. Each line is cleared before its text comes: behind a text that fills the line the
 * cursor still stands on its last character.
 */
export function inPlace(frame: readonly string[]): string {
  const last = frame.length - 1;
  return HOME + frame.map((line, i) => (i === last ? CLEAR_BELOW : CLEAR_LINE) + line).join('\r\n');
}
