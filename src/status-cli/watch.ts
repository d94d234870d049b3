// `--watch`: asks again and again, and redraws in place on a terminal or prints a fresh block elsewhere, through
// every restart of the supervisor, until it is told to stop or nobody reads any more.

import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT_NO_INSTANCE } from '../shared/errors.js';
import { type Answer, askStatus, exitStatusOf } from './ask.js';
import { drawDown, drawStatus } from './draw.js';
import { jsonLine, paperOf, type Terminal } from './terminal.js';

export interface WatchOptions {
  readonly socket_path: string;
  readonly interval_ms: number;
  readonly json: boolean;
}

// The alternate screen keeps what stood in the window before; the cursor would only flicker.
const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/** Watches until a signal; resolves to the exit status of the last answer. */
export async function watchStatus(options: WatchOptions, terminal: Terminal): Promise<number> {
  const stopped = terminal.stopSignal();
  const in_place = terminal.size() !== null && !options.json;
  let status = EXIT_NO_INSTANCE;
  let down_since_ms: number | null = null;
  let last_complaint = '';
  let frame: string[] = [];

  /** One round; false when nobody reads. */
  const show = async (answer: Answer, now_ms: number): Promise<boolean> => {
    if (options.json) {
      if (answer.ok) return terminal.write(jsonLine(answer.raw));
      // The standard output carries documents only; the same words again and again help nobody.
      if (answer.sentence !== last_complaint) terminal.complain(answer.sentence);
      last_complaint = answer.sentence;
      return true;
    }
    const paper = paperOf(terminal);
    frame = answer.ok
      ? drawStatus(answer.document, now_ms, paper)
      : drawDown(answer.sentence, now_ms - (down_since_ms ?? now_ms), paper);
    return terminal.write(in_place ? inPlace(frame) : `${frame.join('\n')}\n\n`);
  };

  if (in_place) await terminal.write(ENTER);
  try {
    while (!stopped.aborted) {
      const started_ms = performance.now();
      const answer = await askStatus(options.socket_path, { signal: stopped });
      if (stopped.aborted) break;
      const now_ms = Date.now();
      status = exitStatusOf(answer);
      down_since_ms = answer.ok ? null : (down_since_ms ?? now_ms);
      if (answer.ok) last_complaint = '';
      if (!(await show(answer, now_ms))) break;
      const wait_ms = Math.max(0, options.interval_ms - (performance.now() - started_ms));
      await sleep(wait_ms, undefined, { signal: stopped }).catch(() => {});
    }
  } finally {
    // What was seen last stays in the window.
    if (in_place) await terminal.write(`${LEAVE}${frame.map((line) => `${line}\n`).join('')}`);
  }
  return status;
}

/**
 * Draws over the frame before. Each line is cleared before its text comes: behind a text that fills the line the
 * cursor still stands on its last character.
 */
export function inPlace(frame: readonly string[]): string {
  const last = frame.length - 1;
  return HOME + frame.map((line, i) => (i === last ? CLEAR_BELOW : CLEAR_LINE) + line).join('\r\n');
}
