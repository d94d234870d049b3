// Reads a socket at intervals while messages come thick, for most of what a message then costs is the wake-up that
// its segment causes. The socket is paused at the end of an event-loop turn in which something came, never inside a
// read: over TLS each record is a read of its own.
//
// It promises: messages rarer than 500 a second, and a burst, are read as they come; a socket that brings more than
// half a read buffer in 20 ms is not paused, and none for longer than that much takes to come; no pause is longer than
// `heldBackMs`, and none is meant to reach over the end of an hour (a timer that is late may); nobody else's pause is ended; while `read_through` is set
// the socket is not paused at all.

/** What comes is counted over so long. */
const INTERVAL_MS = 20;
/** The longest pause of all. */
const PAUSE_MS_MAX = 96;
/** A little less than half of the time in which messages are to be written: so two reads are one write. */
const PART_OF_FLUSH = 0.48;
/** Fewer messages in an interval are not worth waiting for: at 200 a second nothing is gained. */
const MESSAGES_MIN = 10;
/** A burst may be cut in two by the end of an interval, and what follows it may come alone. */
const INTERVALS_MIN = 3;
/** More bytes in an interval, or in a pause, would fill the buffers on the way. */
const BYTES_MAX = 128 * 1024;

/**
 * How long a pause may keep messages waiting that are to be written within `flush_interval_ms` of their arrival: a part
 * of it that leaves the rest for gathering them in memory. In whole milliseconds, as timers are.
 */
export const heldBackMs = (flush_interval_ms: number): number =>
  Math.min(PAUSE_MS_MAX, Math.floor(flush_interval_ms * PART_OF_FLUSH));

interface Pausable {
  pause(): unknown;
  resume(): unknown;
}

export interface ReadPaceOptions {
  /** Whether the owner of the socket wants it to be read at this moment. */
  isWanted(): boolean;
  /** The longest pause; 0: none. */
  readonly held_back_ms: number;
  /** How long the present hour still lasts, by the wall clock. */
  hourLeftMs(): number;
}

export class ReadPace {
  readonly #options: ReadPaceOptions;
  #pause_ms: number;
  #socket: Pausable | null = null;
  #read_through = false;
  /** What came since `#since`, by the steady clock. */
  #messages = 0;
  #bytes = 0;
  #since = 0;
  /** In a row, up to now. */
  #intervals_with_many = 0;
  #turn_ends = false;
  #is_paused = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ReadPaceOptions) {
    this.#options = options;
    this.#pause_ms = options.held_back_ms;
  }

  /** The socket whose reads are told from now on. */
  attach(socket: Pausable): void {
    this.#socket = socket;
  }

  /** So many bytes were read, and their messages taken. */
  read(bytes: number): void {
    this.#bytes += bytes;
    const now = performance.now();
    const intervals = (now - this.#since) / INTERVAL_MS;
    if (intervals >= 1) {
      const are_many = this.#messages >= MESSAGES_MIN * intervals && this.#bytes <= BYTES_MAX * intervals;
      this.#intervals_with_many = are_many ? this.#intervals_with_many + 1 : 0;
      const full_after_ms = (BYTES_MAX * intervals * INTERVAL_MS) / this.#bytes;
      this.#pause_ms = Math.min(this.#options.held_back_ms, full_after_ms);
      this.#messages = 0;
      this.#bytes = 0;
      this.#since = now;
    }
    if (this.#intervals_with_many < INTERVALS_MIN || this.#turn_ends) return;
    this.#turn_ends = true;
    setImmediate(this.#endTurn);
  }

  /** So many of the messages of a read were taken. */
  took(messages: number): void {
    this.#messages += messages;
  }

  /** Whether the socket is read as it comes, whatever comes; to set it ends a pause at once. */
  set read_through(value: boolean) {
    this.#read_through = value;
    if (value) this.#resume();
  }

  /** All of it: over TLS a turn has many reads. */
  readonly #endTurn = (): void => {
    this.#turn_ends = false;
    // What comes in the last moments of an hour is of that hour; a timer may be late by one.
    const pause_ms = Math.floor(Math.min(this.#pause_ms, this.#options.hourLeftMs() - 1));
    if (this.#read_through || pause_ms < 1 || !this.#options.isWanted()) return;
    this.#is_paused = true;
    this.#socket?.pause();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#resume, pause_ms);
  };

  readonly #resume = (): void => {
    if (!this.#is_paused) return;
    this.#is_paused = false;
    clearTimeout(this.#timer);
    if (this.#options.isWanted()) this.#socket?.resume();
  };
}
