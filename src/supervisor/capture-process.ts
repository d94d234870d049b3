// One run of a capture process, as the supervisor sees it: forked, given its settings, listened to,
// stopped or killed. What it sends is checked before anybody else sees it; what it prints is read as lines.

import { type ChildProcess, fork } from 'node:child_process';
import { errorMessage } from '../shared/errors.js';
import {
  type LogRecord,
  type PermitAnswer,
  type PermitMessage,
  type Report,
  readFromCapture,
  type StopReason,
  type ToCapture,
} from '../shared/ipc.js';
import type { TopicSettings } from '../shared/settings.js';
import { readLines } from './output-lines.js';

/**
 * V8 lets what is new grow to 16 MB before it looks for what is left of it; a capture makes little that stays. And what
 * stays of the start of 50 topics lies scattered over twice its size until it is moved together. The capture itself
 * says when that is done.
 */
const NODE_FLAGS = ['--max-semi-space-size=1', '--compact-on-every-full-gc', '--expose-gc'];
/** Between a process's end and the end of its channels; after that nobody waits for the rest. */
const REST_MS_MAX = 1_000;

export interface CaptureEvents {
  report(report: Report): void;
  log(record: LogRecord): void;
  /** It asks for a permit, or tells what became of an ask. */
  permit(message: PermitMessage): void;
  /** A line that it printed. */
  printed(line: string): void;
  /** It sent something that is no message; told once. */
  nonsense(): void;
  /** It has ended, and everything that it sent has been told. Comes once, also where it could not be started. */
  ended(how: string): void;
}

export class CaptureProcess {
  readonly #child: ChildProcess;
  readonly #events: CaptureEvents;
  #ended = false;
  #nonsense = false;
  #rest_timer: NodeJS.Timeout | undefined;

  /** Forks `file`; `name` is shown in the list of processes. */
  constructor(file: URL, name: string, start: ToCapture, events: CaptureEvents) {
    this.#events = events;
    this.#child = fork(file, [name], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [...NODE_FLAGS] });
    const child = this.#child;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) readLines(stream, events.printed);
    }
    child.on('message', (message) => this.#take(message));
    // Such as: no process can be made, or it cannot be signalled.
    child.on('error', (error) => {
      if (child.pid === undefined) this.#end(`it could not be started: ${errorMessage(error)}`);
    });
    const how = () => (child.signalCode === null ? `exit status ${child.exitCode}` : child.signalCode);
    // The last report may still be on its way when the process is gone: `close` comes after it.
    child.on('close', () => this.#end(how()));
    child.on('exit', () => {
      this.#rest_timer = setTimeout(() => this.#end(how()), REST_MS_MAX);
    });
    this.#send(start);
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  /** Tells it to let topics go, by name, and then to take topics in. */
  change(remove: readonly string[], add: readonly TopicSettings[]): void {
    this.#send({ type: 'change', remove, add });
  }

  /** Asks it to stop in good order. */
  stop(reason: StopReason): void {
    this.#send({ type: 'stop', reason });
  }

  answer(answer: PermitAnswer): void {
    this.#send(answer);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #send(message: ToCapture): void {
    // A channel that is closed means that it ends anyway.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #take(value: unknown): void {
    if (this.#ended) return;
    const message = readFromCapture(value);
    if (message === null) {
      if (!this.#nonsense) this.#events.nonsense();
      this.#nonsense = true;
    } else if (message.type === 'log') this.#events.log(message);
    else if (message.type === 'report') this.#events.report(message);
    else this.#events.permit(message);
  }

  #end(how: string): void {
    clearTimeout(this.#rest_timer);
    if (this.#ended) return;
    this.#ended = true;
    this.#events.ended(how);
  }
}
