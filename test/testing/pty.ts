// A real terminal: runs a shell script in one of `script`'s (util-linux, there on every Debian), types into it, reads
// what it shows, and makes sure that nothing of it outlives the test.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

const SHOWN_MS_MAX = 15_000;

export interface Pty {
  /** All that was written to the terminal. */
  shown(): string;
  /** Waits until the pattern was shown behind all that was waited for before, and returns its match. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  type(text: string): void;
  /** The other end is closed, as by a window that is closed: the terminal is gone. */
  hangUp(): void;
  readonly ended: Promise<unknown>;
}

/** `{ LANG: …, … }` is all of its environment, but for the PATH. */
export function openPty(shell_script: string, env: Readonly<Record<string, string>> = {}): Pty {
  const child = spawn('script', ['--quiet', '--return', '--command', shell_script, '/dev/null'], {
    env: { PATH: process.env.PATH, SHELL: '/bin/sh', TERM: 'xterm', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let shown = '';
  let from = 0;
  let look = () => {};
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    look();
  });
  const until = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`${pattern} was not shown: ${JSON.stringify(shown.slice(from))}`));
      }, SHOWN_MS_MAX);
      look = () => {
        const match = pattern.exec(shown.slice(from));
        if (match === null) return;
        clearTimeout(timer);
        look = () => {};
        from += match.index + match[0].length;
        resolve(match);
      };
      look();
    });
  return {
    shown: () => shown,
    until,
    type: (text) => void child.stdin.write(text),
    hangUp: () => void child.kill('SIGKILL'),
    ended: once(child, 'close'),
  };
}
