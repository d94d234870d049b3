// What a capture asks the supervisor for before it connects, or sends, where the protocol has limits that all
// topics of a host share. Without such limits nothing is asked and nothing waits.
//
// It promises: a permit that is no longer wanted starts nothing; a supervisor that does not answer, or no longer
// does, keeps no topic down: after a while it goes without.

import type { LogLevel, PermitAnswer, PermitMessage } from '../shared/ipc.js';
import { allowancesOf, type PermitKind } from '../shared/limits.js';
import type { Protocol } from '../shared/protocol.js';

/** The supervisor answers at once, and each second while there is a queue. After that there is none to wait for. */
export const SILENCE_MS_MAX = 5_000;
/** Then each topic draws when it goes, up to this much later: they may all have been left alone at the same moment. */
export const ALONE_MS_MAX = 10_000;
/** A wait that is worth a line in the log. */
const TOLD_MS_MIN = 1_000;

/**
 * Calls `go` when `count` may go, at once where nothing limits it. `down_since_ms` is in Unix milliseconds; 0: the
 * topic is not down, and would be if this had to wait.
 * @returns withdraws the ask, if `go` was not called yet.
 */
export type Permit = (kind: PermitKind, count: number, down_since_ms: number, go: () => void) => () => void;

export interface PermitsTools {
  send(message: PermitMessage): void;
  random(): number;
  log(level: LogLevel, message: string, name: string): void;
}

interface Wait {
  readonly name: string;
  readonly what: string;
  readonly asked_at: number;
  readonly go: () => void;
  timer: NodeJS.Timeout;
}

export class Permits {
  readonly #tools: PermitsTools;
  readonly #waits = new Map<number, Wait>();
  #asks = 0;

  constructor(tools: PermitsTools) {
    this.#tools = tools;
  }

  /** How a topic, or one of those that share a connection, asks. */
  for(name: string, protocol: Protocol): Permit {
    return (kind, count, down_since_ms, go) => {
      if (count > 0 && allowancesOf(protocol, kind).length > 0)
        return this.#ask(name, kind, count, down_since_ms, go);
      go();
      return () => {};
    };
  }

  #ask(name: string, kind: PermitKind, count: number, down_since_ms: number, go: () => void): () => void {
    this.#asks += 1;
    const id = this.#asks;
    const what = kind === 'connect' ? 'connect' : 'send';
    this.#waits.set(id, { name, what, asked_at: performance.now(), go, timer: this.#listen(id) });
    this.#tools.send({ type: 'ask', id, name, kind, count, down_since_ms });
    return () => {
      if (this.#end(id) !== undefined) this.#tools.send({ type: 'cancel', id });
    };
  }

  /** The supervisor's answer; one to an ask that is over changes nothing. */
  take({ type, id }: PermitAnswer): void {
    const wait = this.#waits.get(id);
    if (wait === undefined) return;
    if (type === 'queued') {
      clearTimeout(wait.timer);
      wait.timer = this.#listen(id);
      return;
    }
    const waited_ms = performance.now() - wait.asked_at;
    if (waited_ms >= TOLD_MS_MIN)
      this.#tools.log(
        'info',
        `Its turn to ${wait.what} came after ${(waited_ms / 1000).toFixed(1)} s`,
        wait.name,
      );
    this.#go(id);
  }

  /** A process that was stopped for a while finds the answers that came meanwhile before the second timer is over. */
  #listen(id: number): NodeJS.Timeout {
    return setTimeout(() => {
      const wait = this.#waits.get(id);
      if (wait !== undefined)
        wait.timer = setTimeout(() => this.#goAlone(id), this.#tools.random() * ALONE_MS_MAX);
    }, SILENCE_MS_MAX);
  }

  #goAlone(id: number): void {
    const wait = this.#waits.get(id);
    if (wait !== undefined)
      this.#tools.log(
        'warn',
        `The supervisor does not say when to ${wait.what}: going on without it`,
        wait.name,
      );
    this.#go(id);
  }

  /** Also without a permit it is told: once the supervisor reads again, it counts. */
  #go(id: number): void {
    const wait = this.#end(id);
    this.#tools.send({ type: 'went', id });
    wait?.go();
  }

  #end(id: number): Wait | undefined {
    const wait = this.#waits.get(id);
    clearTimeout(wait?.timer);
    this.#waits.delete(id);
    return wait;
  }
}
