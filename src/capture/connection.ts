// The connection: one socket at a time to a server, and nothing of what is said on it. It connects, pings, notices
// silence and comes back, for ever, and hands every message on as the bytes that came.
//
//     connecting ──open──▶ open ──closed, failed, stale, given up──▶ waiting ──the delay is over──▶ connecting
//
// A server that says that it is about to close is left before it does, as in `stop`, and connected to again at once.
//
// It promises: each wait has a bound; the time in which we ourselves do not read (a full buffer, a stopped process) is
// not held against the server; after `stop` every message that the server sent before its Close is still handed on,
// for 2 s at most.

import { type ClientOptions, WebSocket } from 'ws';
import { errorCode, errorMessage } from '../shared/errors.js';
import type { LogLevel } from '../shared/ipc.js';
import { withoutPassword } from '../shared/printable.js';
import type { TopicSettings } from '../shared/settings.js';
import { Backoff, retryAfterMs } from './backoff.js';
import type { FrameRunsOptions } from './frame-runs.js';
import type { Permit } from './permits.js';
import { heldBackMs, ReadPace } from './read-pace.js';
import { hostOf, openSocket } from './socket.js';

const HANDSHAKE_MS_MAX = 10_000;
const CLOSE_MS_MAX = 2_000;
/** A server that does not read what we send gets no more of it: it would wait in our memory. */
const UNSENT_BYTES_MAX = 1024 * 1024;
/** A connection that was live for so long is replaced without a delay. */
const REPLACED_AT_ONCE_MS = 5_000;
/** What a ping of `ping()` carries before its number, to tell its pong from others. */
const PROBE = 'read until ';
/** Errors of ws that say more than that the connection is gone. */
const REASONS: Readonly<Record<string, LossReason>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'oversize',
  WS_ERR_INVALID_UTF8: 'undecodable',
};
/** Its turn is waited for openly after that. */
const TURN_MS_MIN = 1_000;
/** While messages come thick, one may come in any turn of the event loop: so many are looked at for one without. */
const TURNS_MAX = 5;
/** A tick that comes later than this was held up. */
const TICK_MS_MAX = 2_000;

export type ConnectionState = 'connecting' | 'open' | 'waiting' | 'rejected' | 'stopping' | 'stopped';

export type LossReason = 'disconnected' | 'stale' | 'rejected' | 'oversize' | 'undecodable';

/** What a server is reached with. */
export type ConnectionSettings = Pick<
  TopicSettings,
  | 'ws_url'
  | 'protocol'
  | 'headers'
  | 'compression'
  | 'max_message_bytes'
  | 'ping_interval_ms'
  | 'stale_after_ms'
  | 'flush_interval_ms'
  | 'ca_file'
  | 'proxy'
  | 'fast_path'
>;

/** How messages are told apart on the fast way; see frame-runs.ts. */
export type Runs = Pick<FrameRunsOptions, 'topicAt' | 'takes'>;

export interface ConnectionEvents {
  /** The socket is open: subscriptions can be asked for. */
  opened(): void;
  /** Once a ping interval, where the protocol has pings of its own. */
  pingDue(): void;
  /** A message, valid only during the call, and when the read that completed it was. May be empty. */
  message(bytes: Buffer, is_binary: boolean, received_ms: number): void;
  /** So many messages of a topic as lines, each ended by a newline; valid only during the call. */
  lines(bytes: Buffer, count: number, topic: number, received_ms: number): void;
  /** The connection is gone, though nobody asked for it. */
  lost(reason: LossReason): void;
  /** The server's Close came, `asked` for by ours or not, and how long ago it was read at least. */
  closed(asked: boolean, since_read_ms: number): void;
  /** The answer to the `ping` of that number came: all that the server sent before it has been handed on. */
  pong(number: number): void;
  log(level: LogLevel, message: string): void;
}

export interface ConnectionTools {
  now(): number;
  random(): number;
  /** The length of an hour; see `RecorderTools`. */
  readonly hour_ms: number;
  /** Asked before each connect. */
  readonly permit: Permit;
  /** The PEM texts of all certificates to trust, or null: those that Node trusts. */
  readonly ca: readonly string[] | null;
}

export class Connection {
  readonly #settings: ConnectionSettings;
  readonly #events: ConnectionEvents;
  readonly #tools: ConnectionTools;
  readonly #backoff: Backoff;
  /** Null: ws parses every frame. */
  readonly #runs: Runs | null;
  #state: ConnectionState = 'waiting';
  #since_ms: number;
  /** When the first topic of this connection was live, by the steady clock. */
  #live_at: number | null = null;
  #error: string | null = null;
  #down_since_ms: number;
  /** Since when its turn to connect is waited for, by the steady clock. */
  #queued_at: number | null = null;
  #leaveQueue = () => {};
  #ws: WebSocket | null = null;
  /** Of that socket. */
  #pace: ReadPace | null = null;
  #opens = 0;
  /** The server is about to close: the connection ends so that another takes its place. */
  #is_replaced = false;
  #paused = false;
  #is_started = false;
  #retry_timer: NodeJS.Timeout | undefined;
  #ping_timer: NodeJS.Timeout | undefined;
  /** Any byte from the server is a sign of life. */
  #reads = 0;
  #reads_at_tick = 0;
  #last_read_ms = 0;
  /** The same by the steady clock. */
  #last_read_at = 0;
  /** How long nothing came while we read, and how long the handshake has lasted. */
  #quiet_ms = 0;
  #handshake_ms = 0;
  #ticked_at_ms = 0;
  #stopped: () => void = () => {};

  constructor(
    settings: ConnectionSettings,
    tools: ConnectionTools,
    runs: Runs | null,
    events: ConnectionEvents,
  ) {
    this.#settings = settings;
    this.#tools = tools;
    this.#events = events;
    this.#backoff = new Backoff(tools.random);
    // What is compressed only ws can read.
    this.#runs = settings.fast_path && !settings.compression ? runs : null;
    this.#since_ms = tools.now();
    this.#down_since_ms = this.#since_ms;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** When the state was entered. */
  get since_ms(): number {
    return this.#since_ms;
  }

  /** Why nothing on it is live, in a sentence; null while something is, and before the first try. */
  get error(): string | null {
    if (this.#queued_at === null || performance.now() - this.#queued_at < TURN_MS_MIN) return this.#error;
    const turn = 'waiting for its turn: all topics of the server share its limits';
    return this.#error === null ? `Not live yet, ${turn}` : `${this.#error}; ${turn}`;
  }

  /** Since when it is not what it should be, Unix milliseconds. */
  get down_since_ms(): number {
    return this.#down_since_ms;
  }

  /** Connections made after the first. */
  get reconnects(): number {
    return Math.max(0, this.#opens - 1);
  }

  get paused(): boolean {
    return this.#paused;
  }

  /**
   * A topic joins. `lost_since_ms`: since when it is not captured, by what the last run left; null: it never was. The
   * first one makes it connect, and one that joins after all others were refused: that delay is not its own.
   */
  start(lost_since_ms: number | null): void {
    if (this.#state === 'rejected') {
      clearTimeout(this.#retry_timer);
      this.#leaveQueue();
      this.#enter('waiting');
      this.#inTurn();
      return;
    }
    // It may have been stopped before it was known what the last run left.
    if (this.#state !== 'waiting' || this.#is_started) return;
    this.#is_started = true;
    this.#ticked_at_ms = performance.now();
    this.#down_since_ms = lost_since_ms ?? this.#since_ms;
    this.#inTurn();
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

  /** A topic on it is live: it is good. */
  noteLive(): void {
    this.#live_at ??= performance.now();
    this.#error = null;
  }

  /**
   * Once a second: the bounds of handshake and silence.
   * @returns how much time has passed in which we read and nobody held us up, milliseconds.
   */
  tick(): number {
    const now = performance.now();
    const since_ms = now - this.#ticked_at_ms;
    // Held up by ourselves: that time is not held against the server.
    const elapsed_ms = since_ms > TICK_MS_MAX ? 0 : since_ms;
    const read_ms = this.#paused ? 0 : elapsed_ms;
    this.#ticked_at_ms = now;
    if (this.#reads !== this.#reads_at_tick) this.#quiet_ms = 0;
    else this.#quiet_ms += read_ms;
    this.#reads_at_tick = this.#reads;
    // A handshake is not read by us.
    this.#handshake_ms += elapsed_ms;
    if (this.#state === 'connecting' && this.#handshake_ms >= HANDSHAKE_MS_MAX) {
      this.end(`The handshake did not end within ${HANDSHAKE_MS_MAX / 1000} s`, 'disconnected');
    } else if (
      this.#state === 'open' &&
      this.#live_at !== null &&
      this.#quiet_ms >= this.#settings.stale_after_ms
    ) {
      this.end(
        `Nothing came from the server for ${Math.round(this.#quiet_ms / 1000)} s, not even a pong`,
        'stale',
      );
    }
    return read_ms;
  }

  /**
   * Finds out whether all that has arrived was read: true after a turn of the event loop that brought no read, be it
   * only the fifth.
   * `done` is not called when the socket is not read, or another one has taken its place. While it lasts the socket
   * is read as it comes: on one that is paused for an interval, a turn without a read tells nothing.
   */
  look(done: (quiet: boolean, since_read_ms: number) => void): void {
    const ws = this.#ws;
    const pace = this.#pace;
    if (this.#paused || this.#state !== 'open' || pace === null) return;
    pace.read_through = true;
    const turn = (turns_left: number): void => {
      const reads = this.#reads;
      // Between two immediates lies one look of the event loop at its sockets.
      setImmediate(() => {
        const is_quiet = reads === this.#reads;
        const is_read = this.#ws === ws && !this.#paused;
        if (is_read && !is_quiet && turns_left > 1) {
          turn(turns_left - 1);
          return;
        }
        pace.read_through = false;
        if (is_read) done(is_quiet, performance.now() - this.#last_read_at);
      });
    };
    setImmediate(() => turn(TURNS_MAX));
  }

  /** Sends a protocol ping of that number; its answer is told as `pong`. */
  ping(number: number): void {
    if (this.#ws?.readyState === WebSocket.OPEN) this.#ws.ping(`${PROBE}${number}`);
  }

  /** Sends a protocol ping that proves nothing but that somebody is there. */
  keepAlive(): void {
    if (this.#ws?.readyState === WebSocket.OPEN) this.#ws.ping();
  }

  /** Sends a text, unless the connection is not open or the server does not read. */
  send(text: string): void {
    const ws = this.#ws;
    if (ws?.readyState === WebSocket.OPEN && ws.bufferedAmount < UNSENT_BYTES_MAX) ws.send(text);
  }

  /** The server is about to close: sends Close and reads on until the server's, or for 2 s: then ws ends the socket. */
  replace(words: string): void {
    if (this.#is_replaced || this.#ws?.readyState !== WebSocket.OPEN) return;
    this.#is_replaced = true;
    this.#events.log('warn', `The server is about to close the connection: ${words}; replacing it`);
    this.#ws.close(1000);
  }

  /** Sends Close and resolves when the server's Close came, or after 2 s. No other connection is made. */
  async stop(): Promise<void> {
    if (this.#state === 'stopping' || this.#state === 'stopped') return;
    this.#enter('stopping');
    clearTimeout(this.#retry_timer);
    this.#leaveQueue();
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

  /** Lets go of the connection and comes back after a delay. */
  end(sentence: string, reason: LossReason, retry_after_ms = 0): void {
    if (this.#state === 'stopping') {
      this.#stopped();
      return;
    }
    const live_ms = this.#noteEnd();
    // A server that says so on each connection, as soon as it is made, is not hammered.
    const at_once = this.#is_replaced && live_ms !== null && live_ms >= REPLACED_AT_ONCE_MS;
    this.#retry('waiting', sentence, at_once ? 0 : this.#backoff.next(retry_after_ms));
    this.#events.lost(reason);
  }

  /** The server refused all that was asked of it: comes back after the longest delay. */
  reject(sentence: string): void {
    // While it stops, what comes is still read, and an answer may be among it.
    if (this.#state !== 'open') return;
    this.#noteEnd();
    this.#retry('rejected', sentence, this.#backoff.longest());
    this.#events.lost('rejected');
  }

  /** @returns how long something on the connection was live, milliseconds; null: nothing was. */
  #noteEnd(): number | null {
    if (this.#live_at === null) return null;
    const live_ms = performance.now() - this.#live_at;
    this.#backoff.wasLive(live_ms);
    this.#down_since_ms = this.#tools.now();
    return live_ms;
  }

  #inTurn(): void {
    this.#queued_at = performance.now();
    const leave = this.#tools.permit('connect', 1, this.#down_since_ms, () => {
      this.#queued_at = null;
      this.#connect();
    });
    this.#leaveQueue = () => {
      this.#queued_at = null;
      leave();
    };
  }

  #connect(): void {
    const { ws_url, headers, compression, max_message_bytes, proxy } = this.#settings;
    this.#enter('connecting');
    this.#handshake_ms = 0;
    this.#live_at = null;
    this.#events.log(
      'info',
      `Connecting to ${withoutPassword(ws_url)}${proxy === null ? '' : ` through ${new URL(proxy).host}`}`,
    );
    const url = new URL(ws_url);
    const secure = url.protocol === 'wss:';
    const runs = this.#runs;
    const { now, hour_ms } = this.#tools;
    const pace = new ReadPace({
      isWanted: () => !this.#paused,
      held_back_ms: heldBackMs(this.#settings.flush_interval_ms),
      hourLeftMs: () => hour_ms - (now() % hour_ms),
    });
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
            runs: runs && {
              topicAt: runs.topicAt,
              takes: () => this.#ws === ws && runs.takes(),
              message_bytes_max: max_message_bytes,
              lines: (bytes, count, topic) => this.#events.lines(bytes, count, topic, this.#last_read_ms),
              isOpen: () => ws.readyState === WebSocket.OPEN,
            },
            pace,
          },
          done,
        );
      }) as never,
    };
    const ws = new WebSocket(url, options);
    this.#ws = ws;
    ws.on('open', () => this.#opened(ws));
    ws.on('message', (data: Buffer, is_binary: boolean) =>
      this.#events.message(data, is_binary, this.#last_read_ms),
    );
    ws.on('pong', (payload) => {
      const text = payload.toString();
      if (text.startsWith(PROBE)) this.#events.pong(Number(text.slice(PROBE.length)));
    });
    ws.on('error', (error) => this.end(errorMessage(error), REASONS[errorCode(error)] ?? 'disconnected'));
    ws.on('close', (code, reason) => this.#closed(code, reason.toString()));
    ws.on('unexpected-response', (_request, response) => {
      const retry_after_ms = [429, 503].includes(response.statusCode ?? 0)
        ? retryAfterMs(response.headers['retry-after'], this.#tools.now())
        : 0;
      this.end(
        `The server answered the handshake with status ${response.statusCode}`,
        'disconnected',
        retry_after_ms,
      );
    });
  }

  #opened(ws: WebSocket): void {
    this.#opens += 1;
    this.#quiet_ms = 0;
    if (this.#paused) ws.pause();
    this.#ping_timer = setInterval(() => this.#events.pingDue(), this.#settings.ping_interval_ms);
    this.#enter('open');
    this.#events.opened();
  }

  #closed(code: number, reason: string): void {
    // 1006: no Close came.
    if (code !== 1006)
      this.#events.closed(this.#state === 'stopping', performance.now() - this.#last_read_at);
    if (this.#state === 'stopping') this.#stopped();
    else if (this.#is_replaced)
      this.end('The connection was closed before the server does it', 'disconnected');
    else
      this.end(
        `The connection was closed, code ${code}${reason === '' ? '' : ` (${reason})`}`,
        'disconnected',
      );
  }

  #retry(state: 'waiting' | 'rejected', sentence: string, delay_ms: number): void {
    this.#drop();
    this.#error = sentence;
    this.#enter(state);
    this.#events.log('warn', `${sentence}; trying again in ${(delay_ms / 1000).toFixed(1)} s`);
    this.#retry_timer = setTimeout(() => this.#inTurn(), delay_ms);
  }

  /** Lets go of the socket at once. What it says from now on is nobody's. */
  #drop(): void {
    clearInterval(this.#ping_timer);
    this.#leaveQueue();
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
    this.#since_ms = this.#tools.now();
  }
}
