// The stream of server-sent events: who listens is told all there is, and then each second what has changed.
//
// It promises: nothing is made while nobody listens; what is made is made once a second and shared by all, as bytes that
// are not copied; a listener that does not read is cut before much waits for it.

import type { ServerResponse } from 'node:http';
import type { PageEvents, TickEvent, TopicHead } from '../../shared/page-data.js';
import type { StatusDocument, TopicStatus } from '../../shared/status.js';
import { type Handler, refusal } from './answer.js';
import type { History } from './history.js';
import { headOf, rowOf, sumOf } from './rows.js';

/** Half of the connections: the rest is for those who ask for one answer, such as a monitor. */
const LISTENERS_MAX = 32;
/** A listener must have read all that was sent once within so many ticks. */
const BEHIND_TICKS_MAX = 30;
/** And as many bytes as it was sent at first, and these, may wait for it. */
const BEHIND_BYTES_MAX = 1024 * 1024;

export interface EventSource {
  readonly output_dir: string;
  status(): StatusDocument;
  /** What of a tick is no part of the status. */
  rest(): Pick<TickEvent, 'gaps_today' | 'disk_free_bytes' | 'disk_lasts_s'>;
  readonly history: Pick<History, 'messages' | 'lastMessages'>;
}

/** What was told last. */
interface Told {
  readonly status: StatusDocument;
  readonly heads: readonly string[];
  readonly rows: readonly string[];
  /** For those who come before the next tick. */
  first: Buffer | null;
}

export class EventStream {
  readonly #source: EventSource;
  /** With the ticks for which each has not read all. */
  readonly #listeners = new Map<ServerResponse, number>();
  #told: Told | null = null;
  #first_bytes = 0;

  constructor(source: EventSource) {
    this.#source = source;
  }

  readonly answer: Handler = () => {
    if (this.#listeners.size >= LISTENERS_MAX) {
      return refusal(503, `${LISTENERS_MAX} pages are open already: close one of them.`);
    }
    return { type: 'text/event-stream; charset=utf-8', follow: (response) => this.#join(response) };
  };

  /** Once a second. */
  tick(stepped: boolean): void {
    if (this.#listeners.size === 0) {
      this.#told = null;
      return;
    }
    const before = this.#told;
    const told = this.#look();
    this.#told = told;
    const is_same = before !== null && same(before.heads, told.heads);
    const bytes = is_same ? this.#changes(before.rows, told, stepped) : this.#first(told);
    for (const [response, behind_ticks] of this.#listeners) this.#send(response, behind_ticks, bytes);
  }

  /** Ends the streams in good order. */
  close(): void {
    for (const response of this.#listeners.keys()) response.end();
  }

  #join(response: ServerResponse): void {
    this.#told ??= this.#look();
    const first = this.#first(this.#told);
    this.#listeners.set(response, 0);
    response.on('close', () => this.#listeners.delete(response));
    response.write(first);
  }

  #send(response: ServerResponse, behind_ticks: number, bytes: Buffer): void {
    const waiting_bytes = response.writableLength;
    if (behind_ticks > BEHIND_TICKS_MAX || waiting_bytes > this.#first_bytes + BEHIND_BYTES_MAX) {
      response.destroy();
      return;
    }
    this.#listeners.set(response, waiting_bytes === 0 ? 0 : behind_ticks + 1);
    response.write(bytes);
  }

  #look(): Told {
    const status = this.#source.status();
    const heads = status.topics.map((topic) => JSON.stringify(headOf(topic)));
    const rows = status.topics.map((topic, at) => JSON.stringify(rowOf(topic, at)));
    return { status, heads, rows, first: null };
  }

  /** The topics, and all of their rows. */
  #first(told: Told): Buffer {
    if (told.first === null) {
      const { version, pid, started_at_ms, topics } = told.status;
      const head = { at_ms: Date.now(), version, pid, started_at_ms, output_dir: this.#source.output_dir };
      const all = event('topics', { ...head, topics: topics.map((topic) => this.#headWithSteps(topic)) });
      told.first = Buffer.from(all + this.#tickEvent(told.status, told.rows));
      this.#first_bytes = told.first.length;
    }
    return told.first;
  }

  #changes(before: readonly string[], told: Told, stepped: boolean): Buffer {
    const changed = told.rows.filter((row, at) => row !== before[at]);
    const { history } = this.#source;
    const messages = () => told.status.topics.map(({ name }) => history.lastMessages(name));
    const step = stepped ? event('step', { at_ms: Date.now(), messages: messages() }) : '';
    return Buffer.from(this.#tickEvent(told.status, changed) + step);
  }

  #headWithSteps(topic: TopicStatus): TopicHead {
    return { ...headOf(topic), steps: this.#source.history.messages(topic.name) };
  }

  /** The rows are JSON already. */
  #tickEvent(status: StatusDocument, rows: readonly string[]): string {
    const whole = event('tick', { at_ms: Date.now(), ...sumOf(status), ...this.#source.rest(), rows: [] });
    return whole.replace(/\[\]\}\n\n$/, () => `[${rows.join(',')}]}\n\n`);
  }
}

function event<Name extends keyof PageEvents>(name: Name, data: PageEvents[Name]): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}
