// `--watch`: in place in a window; elsewhere a fresh block each round, or a document on a line with `--json`, until it
// is told to stop or nobody reads any more.

import { EXIT_NO_INSTANCE } from '../shared/errors.js';
import { exitStatusOf } from './ask.js';
import { drawDown, drawStatus } from './draw.js';
import { askAgain, type Round } from './rounds.js';
import { type WindowOptions, watchInWindow } from './screen.js';
import { isDumb, jsonOnOneLine, paperOf, type Terminal } from './terminal.js';

export interface WatchOptions extends WindowOptions {
  readonly json: boolean;
}

/** Watches until a signal; resolves to the exit status of the last answer. */
export function watchStatus(options: WatchOptions, terminal: Terminal): Promise<number> {
  if (!options.json && terminal.size() !== null && !isDumb(terminal)) return watchInWindow(options, terminal);
  return watchInStream(
    options,
    terminal,
    options.json ? documentWriter(terminal) : blockWriter(options, terminal),
  );
}

/** Writes a round; false when nobody reads. */
type Writer = (round: Round) => Promise<boolean>;

async function watchInStream(
  { socket_path, interval_ms }: WatchOptions,
  terminal: Terminal,
  write: Writer,
): Promise<number> {
  const pace = { interval_ms, down_interval_ms: interval_ms };
  let status = EXIT_NO_INSTANCE;
  for await (const round of askAgain(socket_path, pace, terminal.stopSignal())) {
    status = exitStatusOf(round.answer);
    if (!(await write(round))) break;
  }
  return status;
}

/** The standard output carries documents only. */
function documentWriter(terminal: Terminal): Writer {
  let last_complaint = '';
  return async ({ answer }) => {
    if (answer.ok) {
      last_complaint = '';
      return terminal.write(jsonOnOneLine(answer.raw));
    }
    // The same words again and again help nobody.
    if (answer.sentence !== last_complaint) terminal.complain(answer.sentence);
    last_complaint = answer.sentence;
    return true;
  };
}

function blockWriter({ order }: WatchOptions, terminal: Terminal): Writer {
  return ({ answer, down_since_ms }) => {
    const paper = paperOf(terminal);
    const now_ms = performance.now();
    const lines = answer.ok
      ? drawStatus(answer.document, Date.now(), paper, { order })
      : drawDown(answer.sentence, now_ms - (down_since_ms ?? now_ms), paper);
    return terminal.write(`${lines.join('\n')}\n\n`);
  };
}
