// The whole window of a terminal, taken for as long as somebody watches, and the keys that are pressed in it. It is
// given back as it was in every way in which the process can end, but SIGKILL.

import type { ReadStream, WriteStream } from 'node:tty';
import { type Key, readKeys } from './keyboard.js';

export interface WindowEvents {
  key(key: Key): void;
  /** What stood in the window is to be drawn anew: it has another size, or another program had it. */
  redraw(): void;
}

export interface TakenWindow {
  /** False where the standard input is no terminal: then there are no keys. */
  readonly has_keys: boolean;
  /** Gives it back; a second call does nothing. */
  leave(): void;
}

/** What is needed of the process. */
export interface WindowProcess {
  readonly stdin: Pick<ReadStream, 'isTTY' | 'setRawMode' | 'pause' | 'resume'> & NodeJS.ReadableStream;
  readonly stdout: Pick<WriteStream, 'write' | 'on' | 'off'>;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
  kill(pid: number, signal: string): unknown;
}

// The alternate screen keeps what stood in the window before; the cursor would only flicker.
const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';

/** A process group of its own is told by 0: whoever waits for this program must be stopped as well. */
const OWN_GROUP = 0;

export function takeWindow(proc: WindowProcess, events: WindowEvents): TakenWindow {
  const { stdin, stdout } = proc;
  const has_keys = stdin.isTTY;
  let is_taken = false;

  const take = () => {
    if (has_keys) stdin.setRawMode(true);
    stdout.write(ENTER);
    is_taken = true;
  };
  const giveBack = () => {
    if (!is_taken) return;
    is_taken = false;
    stdout.write(LEAVE);
    if (has_keys) stdin.setRawMode(false);
  };
  /** A shell that had the terminal in between has set it as it likes. */
  const takeAgain = () => {
    giveBack();
    take();
    events.redraw();
  };
  const suspend = () => {
    giveBack();
    // It stands still in this call until it is told to go on.
    proc.kill(OWN_GROUP, 'SIGTSTP');
    takeAgain();
  };

  // A mistake in the program is told behind the monitor, and would be lost with the alternate screen.
  const deaths = ['exit', 'uncaughtExceptionMonitor'];
  for (const event of deaths) proc.on(event, giveBack);
  proc.on('SIGCONT', takeAgain);
  stdout.on('resize', events.redraw);
  const stopKeys = has_keys
    ? readKeys(stdin, (key) => (key.name === 'suspend' ? suspend() : events.key(key)))
    : () => {};
  take();
  if (has_keys) stdin.resume();

  return {
    has_keys,
    leave: () => {
      stopKeys();
      for (const event of deaths) proc.off(event, giveBack);
      proc.off('SIGCONT', takeAgain);
      stdout.off('resize', events.redraw);
      giveBack();
      if (has_keys) stdin.pause();
    },
  };
}
