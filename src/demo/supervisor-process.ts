// The real supervisor as a real process, started on a configuration of the demo's own, and ended for certain.

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Ending {
  /** Null: ended by a signal. */
  readonly exit_code: number | null;
  /** What it said on stderr, its last 64 KiB. */
  readonly words: string;
}

const PROGRAM = fileURLToPath(new URL('../cli.js', import.meta.url));
const WORDS_LENGTH_MAX = 64 * 1024;
/** Longer than the supervisor gives its captures. */
const STOP_MS_MAX = 15_000;

export class SupervisorProcess {
  /** Resolves when the process has ended. */
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  #is_running = true;

  constructor(config_path: string, env: NodeJS.ProcessEnv) {
    // In a process group of its own, so that a Ctrl-C reaches the demo alone: it stops the feed first.
    this.#child = spawn(process.execPath, [PROGRAM, 'run', '--config', config_path], {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env,
    });
    let words = '';
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-WORDS_LENGTH_MAX);
    });
    // For an end of the demo that nobody foresaw.
    const kill = () => this.#kill();
    process.once('exit', kill);
    this.ended = new Promise((resolve) => {
      const end = (exit_code: number | null) => {
        this.#is_running = false;
        process.off('exit', kill);
        resolve({ exit_code, words });
      };
      this.#child.once('close', end);
      this.#child.once('error', (error) => {
        words += `${error.message}\n`;
        end(null);
      });
    });
  }

  get is_running(): boolean {
    return this.#is_running;
  }

  /** Stops it in good order; after 15 s it and its captures are killed. */
  async stop(): Promise<Ending> {
    if (this.#is_running) this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#kill(), STOP_MS_MAX);
    const ending = await this.ended;
    clearTimeout(timer);
    return ending;
  }

  /** Kills it and its captures, which are of its process group. */
  #kill(): void {
    if (!this.#is_running || this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      // The group has just ended by itself.
    }
  }
}
