// Runs the program as PM2 would: starts `cli.js run`, starts it again when it ends, and stops it in good order.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';

const RESTART_MS = 300;
/** A second instance finds the first one's sockets held; it is tried again a little later. */
const RESTART_HELD_MS = 1_000;
const EXIT_HELD = 75;
/** A program that was just started does not listen for signals yet, and SIGTERM simply ends it. */
const DEAF_MS_MAX = 2_000;
/** More than the program's own deadlines allow it. */
const STOP_MS_MAX = 15_000;

export class Supervision {
  /** The process id of the running supervisor; null between two. @type {number | null} */
  pid = null;
  starts = 0;
  /** What went wrong, a sentence each. @type {string[]} */
  failures = [];
  #command;
  #env;
  #words_file;
  #is_over = false;
  #asked_to_end = false;
  #started_at = 0;
  #ended = Promise.resolve();
  #restart_timer;

  /**
   * @param {readonly string[]} command the arguments of node
   * @param {Record<string, string>} env
   * @param {string} words_file where what it prints is kept
   */
  constructor(command, env, words_file) {
    this.#command = command;
    this.#env = env;
    this.#words_file = words_file;
  }

  start() {
    this.starts += 1;
    const child = spawn(process.execPath, this.#command, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...this.#env },
    });
    this.pid = child.pid ?? null;
    this.#asked_to_end = false;
    this.#started_at = performance.now();
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text) => appendFileSync(this.#words_file, text));
    }
    this.#ended = once(child, 'exit').then(([status, signal]) => this.#noteEnd(status, signal));
  }

  /** SIGTERM; another one is started after its end. Resolves then. */
  async terminate(processes) {
    const { pid } = this;
    if (pid === null) return;
    this.#asked_to_end = true;
    processes.signal(pid, 'SIGTERM');
    const late = setTimeout(() => {
      this.failures.push(`The supervisor ${pid} did not end within ${STOP_MS_MAX / 1000} s of SIGTERM`);
      processes.signal(pid, 'SIGKILL');
    }, STOP_MS_MAX);
    await this.#ended;
    clearTimeout(late);
  }

  /** Stops it in good order, for good. */
  async stop(processes) {
    this.#is_over = true;
    clearTimeout(this.#restart_timer);
    await this.terminate(processes);
  }

  /** From now on it is not started again, and its end is no news. */
  abandon() {
    this.#is_over = true;
    clearTimeout(this.#restart_timer);
  }

  #noteEnd(status, signal) {
    const is_deaf = performance.now() - this.#started_at < DEAF_MS_MAX && signal === 'SIGTERM';
    const is_fine = signal === 'SIGKILL' || (this.#asked_to_end && (status === 0 || is_deaf));
    if (!is_fine && status !== EXIT_HELD) {
      const how = signal ?? `exit status ${status}`;
      this.failures.push(`The supervisor ${this.pid} ended by itself or badly: ${how}`);
    }
    this.pid = null;
    if (this.#is_over) return;
    this.#restart_timer = setTimeout(() => this.start(), status === EXIT_HELD ? RESTART_HELD_MS : RESTART_MS);
  }
}
