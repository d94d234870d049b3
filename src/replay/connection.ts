// One client of the feed: hears its requests, says what its speech answers, and sends it the messages of its topics.
// Once it has subscribed it has a stream of its own, which ends with the connection.

import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RawData, WebSocket } from 'ws';
import { errorMessage } from '../shared/errors.js';
import type { FeedMessage } from './source.js';
import type { Answer, Beat, Said, Speech } from './speech.js';
import type { StreamOptions, Subscriber } from './stream.js';
import { streamTo } from './stream.js';

/** What a connection has come to. */
export interface ConnectionCounts {
  /** From 0, in the order of their handshakes. */
  readonly number: number;
  /** What it has subscribed now, or had when it ended. */
  readonly topics: readonly string[];
  /** Messages handed to the socket, of its topics: no answers. */
  readonly messages: number;
  /** Lines of the files that were passed over because they have no topic or are unfinished. */
  readonly skipped: number;
}

/** What a connection needs of the feed that it belongs to. */
export interface ConnectionHost {
  readonly is_paused: boolean;
  readonly stream: Pick<StreamOptions, 'source' | 'loop'> & { makePacer(): StreamOptions['pacer'] };
  speak(url: string): Speech;
  onSend(topic: string, message: Buffer): void;
  onProblem(sentence: string): void;
}

/**
 * Bytes that wait in this process for one client, and no more than a batch above it: the next message waits in
 * its source, the next request in the client's socket.
 */
const UNSENT_BYTES_MAX = 256 * 1024;
/** Requests that a client sends in one go all count before the first message goes out. */
const START_DELAY_MS = 50;
const NOTHING = Buffer.alloc(0);

export class FeedConnection implements Subscriber, ConnectionCounts {
  readonly subscribed = new Set<string>();
  messages = 0;
  skipped = 0;
  readonly #speech: Speech;
  readonly #ended = new AbortController();
  #is_started = false;
  #is_corked = false;
  #is_deaf = false;
  #wake: (() => void) | null = null;

  constructor(
    readonly number: number,
    readonly host: ConnectionHost,
    readonly ws: WebSocket,
    readonly request: IncomingMessage,
  ) {
    this.#speech = host.speak(request.url ?? '/');
    ws.on('message', (data) => this.#onMessage(data));
    // What is wrong with the connection ends it: `close` follows.
    ws.on('error', () => {});
    ws.on('close', () => {
      this.#ended.abort();
      this.wake();
    });
    this.#follow(this.#speech.greet());
  }

  get topics(): readonly string[] {
    return [...this.subscribed];
  }

  /** A copy, without the socket behind it. */
  counts(): ConnectionCounts {
    const { number, topics, messages, skipped } = this;
    return { number, topics, messages, skipped };
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** What held the stream back may have changed. */
  wake(): void {
    this.#wake?.();
    this.#wake = null;
  }

  get is_held(): boolean {
    return (this.host.is_paused || this.subscribed.size === 0) && !this.signal.aborted;
  }

  released(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  send(message: FeedMessage): void {
    if (this.ws.readyState !== WebSocket.OPEN) return;
    this.#cork();
    this.#write(message.bytes);
    this.messages += 1;
    this.host.onSend(message.topic ?? this.topics[0] ?? '', message.bytes);
  }

  get is_congested(): boolean {
    return this.ws.bufferedAmount >= UNSENT_BYTES_MAX;
  }

  /** Resolves when the kernel has everything that was sent so far, or the connection has ended. */
  async drained(): Promise<void> {
    const { socket } = this.request;
    // Between two frames a write of nothing changes nothing; its callback comes after theirs.
    if (socket.writable) await new Promise<void>((resolve) => socket.write(NOTHING, () => resolve()));
    // A client that takes everything at once must not keep timers and other clients from their turn.
    await new Promise((resolve) => setImmediate(resolve));
  }

  #cork(): void {
    // One system call for all messages up to the next wait, instead of one for each.
    if (this.#is_corked) return;
    const { socket } = this.request;
    this.#is_corked = true;
    socket.cork();
    queueMicrotask(() => {
      this.#is_corked = false;
      socket.uncork();
    });
  }

  #onMessage(data: RawData): void {
    this.#follow(this.#speech.hear(data.toString(), this.subscribed));
    this.#holdRequests();
    this.wake();
  }

  /** Says what is answered, and keeps to it. */
  #follow({ said, subscribe, unsubscribe }: Answer): void {
    const { subscribed } = this;
    const is_open = this.ws.readyState === WebSocket.OPEN;
    if (is_open) for (const { text } of said) this.#write(Buffer.from(text));
    for (const topic of unsubscribe) subscribed.delete(topic);
    for (const topic of subscribe) subscribed.add(topic);
    if (is_open) this.#tell(said);
    if (subscribed.size === 0 || this.#is_started) return;
    this.#is_started = true;
    for (const beat of this.#speech.beats) this.#keepUp(beat);
    void this.#run();
  }

  #tell(said: readonly Said[]): void {
    for (const { text, topic } of said) {
      const of = topic ?? this.topics[0];
      if (of !== undefined) this.host.onSend(of, Buffer.from(text));
    }
  }

  #keepUp({ every_ms, say }: Beat): void {
    const beat = (): void => {
      if (this.host.is_paused || this.ws.readyState !== WebSocket.OPEN) return;
      const said = say(this.subscribed);
      if (said === null) this.ws.close(1008, 'no answer');
      else {
        for (const { text } of said) this.#write(Buffer.from(text));
        this.#tell(said);
      }
    };
    beat();
    const timer = setInterval(beat, every_ms);
    this.signal.addEventListener('abort', () => clearInterval(timer));
  }

  #write(message: Buffer): void {
    const { pack } = this.#speech;
    if (pack === null) this.ws.send(message, { binary: !isUtf8(message) });
    else this.ws.send(pack(message), { binary: true });
  }

  /** A client that asks and asks and never reads the answers is not listened to until it does. */
  #holdRequests(): void {
    if (this.#is_deaf || !this.is_congested) return;
    this.#is_deaf = true;
    this.ws.pause();
    void this.drained().then(() => {
      this.#is_deaf = false;
      this.ws.resume();
    });
  }

  async #run(): Promise<void> {
    try {
      await sleep(START_DELAY_MS);
      const { source, loop, makePacer } = this.host.stream;
      const on_skipped = (lines: number): void => {
        this.skipped += lines;
      };
      let is_told = false;
      const on_nothing_wanted = (): void => {
        if (!is_told)
          this.host.onProblem(`No line has a topic of client ${this.number + 1}: ${this.topics.join(', ')}.`);
        is_told = true;
      };
      await streamTo(this, { source, loop, pacer: makePacer(), on_skipped, on_nothing_wanted });
      await this.drained();
      this.ws.close(1000, 'end of the data');
    } catch (error) {
      this.host.onProblem(errorMessage(error));
      this.ws.close(1011, 'the data cannot be read on');
    }
  }
}
