// The connection: knows the server and nothing of files. It connects, subscribes, pings, notices silence and
// comes back, for ever, and hands every message on as the bytes that came.
//
//     connecting ──open──▶ subscribing ──confirmed, or any message that is no refusal──▶ live
//         ▲                     │ refused ──▶ rejected ─┐                                 │
//         └──── the delay is over ◀── waiting ◀─────────┴──── closed, failed, stale ◀─────┘
//
// A server that says that it is about to close is left before it does, as in `stop`, and connected to again at once.
//
// It promises: one socket at a time; each wait has a bound; the time in which we ourselves do not read (a full
// buffer, a stopped process) is not held against the server; after `stop` every message that the server sent
// before its Close is still handed on, for 2 s at most.

import { type ClientOptions, WebSocket } from 'ws';
import { errorCode, errorMessage } from '../shared/errors.js';
import type { LogLevel } from '../shared/ipc.js';
import { withoutPassword } from '../shared/printable.js';
import type { Template } from '../shared/protocol.js';
import { classify, renderPrefix, renderTemplates } from '../shared/protocol-speech.js';
import type { TopicSettings } from '../shared/settings.js';
import { type Parts, readTopic } from '../shared/topic-form.js';
import { Backoff, retryAfterMs } from './backoff.js';
import { ReadPace } from './read-pace.js';
import { hostOf, openSocket } from './socket.js';
import { unpack } from './unpack.js';

const HANDSHAKE_MS_MAX = 10_000;
const CONFIRM_MS_MAX = 10_000;
const CLOSE_MS_MAX = 2_000;
/** Answers that the server does not read. */
const ANSWERS_BYTES_MAX = 1024 * 1024;
/** A connection that was live for so long is replaced without a delay. */
const REPLACED_AT_ONCE_MS = 5_000;
/** What a ping of `ping()` carries, to tell its pong from others. */
const PROBE = Buffer.from('read until');
/** Errors of ws that say more than that the connection is gone. */
const REASONS: Readonly<Record<string, LossReason>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'oversize',
  WS_ERR_INVALID_UTF8: 'undecodable',
};
/** A tick that comes later than this was held up. */
const TICK_MS_MAX = 2_000;

export type ConnectionState =
  | 'connecting'
  | 'subscribing'
  | 'live'
  | 'waiting'
  | 'rejected'
  | 'stopping'
  | 'stopped';

export type LossReason = 'disconnected' | 'stale' | 'rejected' | 'oversize' | 'undecodable';

export interface ConnectionEvents {
  /** A message, valid only during the call, and when the read that completed it was. May be empty. */
  message(bytes: Buffer, received_ms: number): void;
  /** So many messages as lines, each ended by a newline; valid only during the call. */
  lines(bytes: Buffer, count: number, received_ms: number): void;
  /** A binary frame that holds no text. */
  undecodable(frame: Buffer, sentence: string): void;
  /** The subscription is confirmed. */
  live(): void;
  /** The topic is no longer live, though nobody asked for it. */
  lost(reason: LossReason): void;
  /** The server's Close came, `asked` for by ours or not, and how long ago it was read at least. */
  closed(asked: boolean, since_read_ms: number): void;
  /** The answer to `ping` came: all that the server sent before it has been handed on. */
  pong(): void;
  log(level: LogLevel, message: string): void;
}

export interface ConnectionTools {
  now(): number;
  random(): number;
  /** The PEM texts of all certificates to trust, or null: those that Node trusts. */
  readonly ca: readonly string[] | null;
}

export class Connection {
  readonly #settings: TopicSettings;
  readonly #events: ConnectionEvents;
  readonly #tools: ConnectionTools;
  readonly #backoff: Backoff;
  readonly #parts: Parts;
  readonly #data_prefix: Buffer;
  /** Whether there is a message that must be seen while live, and no beginning tells it from data. */
  readonly #examines_all: boolean;
  #state: ConnectionState = 'waiting';
  #since_ms: number;
  /** By the steady clock. */
  #live_at = 0;
  #error: string | null = null;
  #ws: WebSocket | null = null;
  /** Of that socket. */
  #pace: ReadPace | null = null;
  #opens = 0;
  /** Requests sent so far, on all connections. */
  #requests = 0;
  /** The server is about to close: the connection ends so that another takes its place. */
  #is_replaced = false;
  #paused = false;
  /** Ids of the subscribe requests that are not confirmed yet, oldest first. */
  #pending: string[] = [];
  #retry_timer: NodeJS.Timeout | undefined;
  #ping_timer: NodeJS.Timeout | undefined;
  /** Any byte from the server is a sign of life. */
  #reads = 0;
  #reads_at_tick = 0;
  #last_read_ms = 0;
  /** The same by the steady clock. */
  #last_read_at = 0;
  /** How long nothing came while we read, and how long the present state has lasted while we read. */
  #quiet_ms = 0;
  #state_ms = 0;
  #ticked_at_ms = 0;
  #stopped: () => void = () => {};

  constructor(settings: TopicSettings, tools: ConnectionTools, events: ConnectionEvents) {
    this.#settings = settings;
    this.#tools = tools;
    this.#events = events;
    this.#backoff = new Backoff(tools.random);
    const { protocol, topic } = settings;
    this.#parts = readTopic(protocol.topic, topic) ?? {};
    this.#data_prefix = Buffer.from(renderPrefix(protocol, { ...this.#parts, topic }));
    this.#examines_all =
      this.#data_prefix.length === 0 && protocol.answer.length + protocol.closing.length > 0;
    this.#since_ms = tools.now();
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** When the state was entered. */
  get since_ms(): number {
    return this.#since_ms;
  }

  /** Why the topic is not live, in a sentence; null while it is. */
  get error(): string | null {
    return this.#error;
  }

  /** Connections made after the first. */
  get reconnects(): number {
    return Math.max(0, this.#opens - 1);
  }

  start(): void {
    // It may have been stopped before it was known what the last run left.
    if (this.#state !== 'waiting') return;
    this.#ticked_at_ms = performance.now();
    this.#connect();
  }

  /** Stops reading the socket until `resume`: the server's messages wait in the network. */
  pause(): void {
    this.#paused = true;
    this.#ws?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#ws?.resume();
  }

  /** Once a second: the bounds of handshake, confirmation and silence. */
  tick(): void {
    const now = performance.now();
    const since_ms = now - this.#ticked_at_ms;
    // Held up by ourselves: that time is not held against the server.
    const elapsed_ms = since_ms > TICK_MS_MAX ? 0 : since_ms;
    this.#ticked_at_ms = now;
    if (this.#reads !== this.#reads_at_tick) this.#quiet_ms = 0;
    else if (!this.#paused) this.#quiet_ms += elapsed_ms;
    this.#reads_at_tick = this.#reads;
    // A handshake is not read by us.
    if (!this.#paused || this.#state === 'connecting') this.#state_ms += elapsed_ms;
    if (this.#state === 'connecting' && this.#state_ms >= HANDSHAKE_MS_MAX) {
      this.#lose(`The handshake did not end within ${HANDSHAKE_MS_MAX / 1000} s`);
    } else if (this.#state === 'subscribing' && this.#state_ms >= CONFIRM_MS_MAX) {
      this.#lose(
        `The server neither confirmed the subscription nor sent a message within ${CONFIRM_MS_MAX / 1000} s`,
      );
    } else if (this.#state === 'live' && this.#quiet_ms >= this.#settings.stale_after_ms) {
      this.#lose(
        `Nothing came from the server for ${Math.round(this.#quiet_ms / 1000)} s, not even a pong`,
        'stale',
      );
    }
  }

  /**
   * Finds out whether all that has arrived was read: true after a turn of the event loop that brought no read.
   * `done` is not called when the socket is not read, or another one has taken its place. While it lasts the socket
   * is read as it comes: on one that is paused for an interval, a turn without a read tells nothing.
   */
  look(done: (quiet: boolean, since_read_ms: number) => void): void {
    const ws = this.#ws;
    const pace = this.#pace;
    if (this.#paused || this.#state !== 'live' || pace === null) return;
    pace.read_through = true;
    setImmediate(() => {
      const reads = this.#reads;
      // Between two immediates lies one look of the event loop at its sockets.
      setImmediate(() => {
        pace.read_through = false;
        if (this.#ws === ws && !this.#paused)
          done(reads === this.#reads, performance.now() - this.#last_read_at);
      });
    });
  }

  /** Sends a protocol ping; its answer is told as `pong`. */
  ping(): void {
    if (this.#ws?.readyState === WebSocket.OPEN) this.#ws.ping(PROBE);
  }

  /** Sends Close and resolves when the server's Close came, or after 2 s. No other connection is made. */
  async stop(): Promise<void> {
    if (this.#state === 'stopping' || this.#state === 'stopped') return;
    this.#enter('stopping');
    clearTimeout(this.#retry_timer);
    clearInterval(this.#ping_timer);
    const ws = this.#ws;
    if (ws?.readyState === WebSocket.OPEN || ws?.readyState === WebSocket.CLOSING) {
      const closed = new Promise<void>((resolve) => {
        this.#stopped = resolve;
      });
      const timer = setTimeout(() => {
        this.#events.log('warn', `The server did not answer Close within ${CLOSE_MS_MAX / 1000} s`);
        this.#stopped();
      }, CLOSE_MS_MAX);
      ws.close(1000);
      await closed;
      clearTimeout(timer);
    }
    this.#drop();
    this.#enter('stopped');
  }

  #connect(): void {
    const { ws_url, headers, compression, max_message_bytes, proxy, fast_path } = this.#settings;
    this.#enter('connecting');
    this.#events.log(
      'info',
      `Connecting to ${withoutPassword(ws_url)}${proxy === null ? '' : ` through ${new URL(proxy).host}`}`,
    );
    const url = new URL(ws_url);
    const secure = url.protocol === 'wss:';
    // What is compressed only ws can read.
    const runs =
      fast_path && !compression && !this.#examines_all
        ? {
            prefix: this.#data_prefix,
            message_bytes_max: max_message_bytes,
            lines: (bytes: Buffer, count: number) => this.#events.lines(bytes, count, this.#last_read_ms),
            takes: () => this.#state === 'live' && this.#ws === ws,
            isOpen: () => ws.readyState === WebSocket.OPEN,
          }
        : null;
    const pace = new ReadPace(() => !this.#paused);
    this.#pace = pace;
    // The types leave `closeTimeout` out: how long an end of the socket is waited for after a Close.
    const options: ClientOptions & { closeTimeout: number } = {
      headers: { ...headers },
      maxPayload: max_message_bytes,
      perMessageDeflate: compression,
      closeTimeout: CLOSE_MS_MAX,
      // ws types this as a function that returns a socket; Node's http takes one that calls back, too.
      createConnection: ((_options: unknown, done: Parameters<typeof openSocket>[1]) => {
        openSocket(
          {
            host: hostOf(url),
            port: Number(url.port || (secure ? 443 : 80)),
            secure,
            ca: this.#tools.ca,
            proxy: proxy === null ? null : new URL(proxy),
            onRead: () => {
              this.#reads += 1;
              this.#last_read_ms = this.#tools.now();
              this.#last_read_at = performance.now();
            },
            runs,
            pace,
          },
          done,
        );
      }) as never,
    };
    const ws = new WebSocket(url, options);
    this.#ws = ws;
    ws.on('open', () => this.#opened(ws));
    ws.on('message', (data: Buffer, is_binary: boolean) => this.#received(data, is_binary));
    ws.on('pong', (payload) => {
      if (payload.equals(PROBE)) this.#events.pong();
    });
    ws.on('error', (error) => this.#lose(errorMessage(error), REASONS[errorCode(error)]));
    ws.on('close', (code, reason) => this.#closed(code, reason.toString()));
    ws.on('unexpected-response', (_request, response) => {
      const retry_after_ms = [429, 503].includes(response.statusCode ?? 0)
        ? retryAfterMs(response.headers['retry-after'], this.#tools.now())
        : 0;
      this.#lose(
        `The server answered the handshake with status ${response.statusCode}`,
        'disconnected',
        retry_after_ms,
      );
    });
  }

  #opened(ws: WebSocket): void {
    const { protocol, ping_interval_ms } = this.#settings;
    this.#opens += 1;
    this.#quiet_ms = 0;
    if (this.#paused) ws.pause();
    this.#ping_timer = setInterval(() => this.#ping(ws), ping_interval_ms);
    for (const template of protocol.open) this.#send(ws, template);
    this.#pending = protocol.subscribe.map((template) => this.#send(ws, template));
    if (this.#pending.length === 0) {
      this.#goLive('Connected, and live: this protocol sends no subscription');
      return;
    }
    this.#enter('subscribing');
    this.#events.log('info', 'Connected, subscribing');
  }

  /** Sends one request and returns its id. */
  #send(ws: WebSocket, template: Template): string {
    this.#requests += 1;
    const id = String(this.#requests);
    const time = String(Math.floor(this.#tools.now() / 1000));
    const names = { ...this.#parts, topic: this.#settings.topic, id, time };
    for (const text of renderTemplates([template], names)) ws.send(text);
    return id;
  }

  #ping(ws: WebSocket): void {
    const { ping } = this.#settings.protocol;
    if (ws.readyState !== WebSocket.OPEN) return;
    if (ping.length === 0) ws.ping();
    for (const template of ping) this.#send(ws, template);
  }

  #received(data: Buffer, is_binary: boolean): void {
    let text = data;
    if (is_binary) {
      try {
        text = unpack(this.#settings.protocol.binary, data, this.#settings.max_message_bytes);
      } catch (error) {
        this.#events.undecodable(data, errorMessage(error));
        return;
      }
    }
    this.#events.message(text, this.#last_read_ms);
    if (this.#state === 'subscribing' || (this.#state === 'live' && !this.#looksLikeData(text)))
      this.#examine(text);
  }

  /**
   * While live only messages that do not begin like data are looked into, and where nothing tells them apart none, or
   * all if there is something to be seen.
   */
  #looksLikeData(text: Buffer): boolean {
    if (this.#examines_all) return false;
    const prefix = this.#data_prefix;
    // Each message passes here: a loop over a few bytes costs a tenth of a call into Node.
    for (let i = 0; i < prefix.length; i += 1) {
      if (text[i] !== prefix[i]) return false;
    }
    return true;
  }

  #examine(text: Buffer): void {
    const { means, words, id, answer } = classify(this.#settings.protocol, text.toString());
    if (means === 'pong') return;
    if (means === 'asks') this.#answer(answer ?? '');
    else if (means === 'closing') this.#replace(words ?? text.toString().slice(0, 200));
    else if (means === 'refused') this.#refused(words ?? text.toString().slice(0, 200));
    else if (this.#state !== 'subscribing') return;
    else if (means === 'confirmed') this.#confirmed(id);
    else this.#goLive('Live: the first message came');
  }

  /** Whoever asks and does not read the answers gets no more of them: they would wait in our memory. */
  #answer(text: string): void {
    const ws = this.#ws;
    if (ws?.readyState === WebSocket.OPEN && ws.bufferedAmount < ANSWERS_BYTES_MAX) ws.send(text);
  }

  /** Sends Close and reads on until the server's, or for 2 s: then ws ends the socket. */
  #replace(words: string): void {
    if (this.#is_replaced || this.#ws?.readyState !== WebSocket.OPEN) return;
    this.#is_replaced = true;
    this.#events.log('warn', `The server is about to close the connection: ${words}; replacing it`);
    this.#ws.close(1000);
  }

  /** An acknowledgement without an id answers the oldest request; one that answers none is a message like any other. */
  #confirmed(id: string | null): void {
    const index = id === null || id === '' ? 0 : this.#pending.indexOf(id);
    if (index !== -1) this.#pending.splice(index, 1);
    if (index === -1 || this.#pending.length === 0)
      this.#goLive('Live: the server confirmed the subscription');
  }

  #goLive(sentence: string): void {
    this.#error = null;
    this.#live_at = performance.now();
    this.#enter('live');
    this.#events.log('info', sentence);
    this.#events.live();
  }

  #closed(code: number, reason: string): void {
    // 1006: no Close came.
    if (code !== 1006)
      this.#events.closed(this.#state === 'stopping', performance.now() - this.#last_read_at);
    if (this.#state === 'stopping') this.#stopped();
    else if (this.#is_replaced) this.#lose('The connection was closed before the server does it');
    else this.#lose(`The connection was closed, code ${code}${reason === '' ? '' : ` (${reason})`}`);
  }

  #lose(sentence: string, reason: LossReason = 'disconnected', retry_after_ms = 0): void {
    if (this.#state === 'stopping') {
      this.#stopped();
      return;
    }
    const was_live = this.#noteLive();
    // A server that says so on each connection, as soon as it is made, is not hammered.
    const at_once = this.#is_replaced && performance.now() - this.#live_at >= REPLACED_AT_ONCE_MS;
    this.#retry('waiting', sentence, was_live && at_once ? 0 : this.#backoff.next(retry_after_ms));
    if (was_live) this.#events.lost(reason);
  }

  #refused(words: string): void {
    const was_live = this.#noteLive();
    this.#retry('rejected', `The server refused the subscription: ${words}`, this.#backoff.longest());
    if (was_live) this.#events.lost('rejected');
  }

  #noteLive(): boolean {
    if (this.#state !== 'live') return false;
    this.#backoff.wasLive(performance.now() - this.#live_at);
    return true;
  }

  #retry(state: 'waiting' | 'rejected', sentence: string, delay_ms: number): void {
    this.#drop();
    this.#error = sentence;
    this.#enter(state);
    this.#events.log('warn', `${sentence}; trying again in ${(delay_ms / 1000).toFixed(1)} s`);
    this.#retry_timer = setTimeout(() => this.#connect(), delay_ms);
  }

  /** Lets go of the socket at once. What it says from now on is nobody's. */
  #drop(): void {
    clearInterval(this.#ping_timer);
    this.#is_replaced = false;
    const ws = this.#ws;
    this.#ws = null;
    if (ws === null) return;
    ws.removeAllListeners();
    ws.on('error', () => {});
    ws.terminate();
  }

  #enter(state: ConnectionState): void {
    this.#state = state;
    this.#state_ms = 0;
    this.#since_ms = this.#tools.now();
  }
}
