// What the commands of this room need of the process: its environment, where they write, how large the terminal
// is, and when they are asked to stop. The one file of the room, beside main.ts, that touches `process`.

import { EXIT_CANNOT_CREATE, ExitError, errorCode, errorMessage } from '../shared/errors.js';
import type { Paper } from './paper.js';
import { type TakenWindow, takeWindow, type WindowEvents } from './window.js';

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Null where stdout is not a terminal. */
  size(): { readonly columns: number; readonly rows: number } | null;
  /**
   * Writes to stdout; false when nobody reads it any more.
   * @throws ExitError with status 73 when it cannot be written for another reason.
   */
  write(text: string | Uint8Array): Promise<boolean>;
  /** A sentence to stderr. */
  complain(sentence: string): void;
  /** Takes the whole window and its keys, where `size` is not null. */
  takeWindow(events: WindowEvents): TakenWindow;
  /** Aborted by SIGINT, SIGTERM or SIGHUP, which from this call on no longer end the process. */
  stopSignal(): AbortSignal;
}

/** The reader of a pipe is gone, or the terminal itself. */
const NOBODY_READS: readonly string[] = ['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED'];

/** The real one. */
export function processTerminal(): Terminal {
  const { stdout, stderr } = process;
  // The callback of `write` is told as well; a listener lets the exit status be that of the answer.
  stdout.on('error', () => {});
  return {
    env: process.env,
    cwd: process.cwd(),
    size: () => (stdout.isTTY ? { columns: stdout.columns || 80, rows: stdout.rows || 24 } : null),
    write: (text) =>
      new Promise((resolve, reject) => {
        stdout.write(text, (error) => {
          if (!error) resolve(true);
          else if (NOBODY_READS.includes(errorCode(error))) resolve(false);
          else {
            const sentence = `The status cannot be written to the standard output: ${errorMessage(error)}.`;
            reject(new ExitError(EXIT_CANNOT_CREATE, [sentence]));
          }
        });
      }),
    complain: (sentence) => {
      stderr.write(`${sentence}\n`);
    },
    takeWindow: (events) => takeWindow(process, events),
    stopSignal: () => {
      const stopped = new AbortController();
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stopped.abort());
      return stopped.signal;
    },
  };
}

/** Whether stdout is a terminal that only prints: it knows no colours, and no place to draw at. */
export const isDumb = ({ env }: Terminal): boolean => env.TERM === 'dumb';

/** The paper that the terminal is at this moment: no colours and no limits where stdout is none. */
export function paperOf(terminal: Terminal): Paper {
  const size = terminal.size();
  if (size === null) return { width: null, rows: null, colour: false };
  const colour = (terminal.env.NO_COLOR ?? '') === '' && !isDumb(terminal);
  return { width: size.columns, rows: size.rows, colour };
}

/** The document as it came, with a blank for each line break in it: in JSON they are white space. */
export function jsonOnOneLine(raw: Uint8Array): Uint8Array {
  const line = jsonLine(raw);
  for (let i = 0; i < line.length - 1; i += 1) if (line[i] === 0x0a || line[i] === 0x0d) line[i] = 0x20;
  return line;
}

/** The document as it came, ended by one newline. */
export function jsonLine(raw: Uint8Array): Uint8Array {
  const end = raw.at(-1) === 0x0a ? raw.subarray(0, -1) : raw;
  return Buffer.concat([end, Buffer.from('\n')]);
}
