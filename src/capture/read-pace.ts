// Reads a socket at intervals while messages come thick, for most of what a message then costs is the wake-up that
// its segment causes. The socket is paused at the end of an event-loop turn in which something came, never inside a
// read: over TLS each record is a read of its own.
//
// It promises: messages rarer than 500 a second, and a burst, are read as they come; a socket that brings more than
// half a read buffer in 20 ms is not paused; no pause is longer than `heldBackMs`; nobody else's pause is ended; while
// `read_through` is set the socket is not paused at all.

/** What comes is counted over so long. */
const INTERVAL_MS = 20;
/** The longest pause of all. */
const PAUSE_MS_MAX = 40;
/** Fewer messages in an interval are not worth waiting for: at 200 a second nothing is gained. */
const MESSAGES_MIN = 10;
/** A burst may be cut in two by the end of an interval, and what follows it may come alone. */
const INTERVALS_MIN = 3;
/** More bytes in an interval would fill the buffers on the way. */
const BYTES_MAX = 128 * 1024;

/**
 * How long a pause may keep messages waiting that are to be written within `flush_interval_ms` of their arrival: a part
 * of it that leaves the rest for gathering them in memory. In whole milliseconds, as timers are.
 */
export const heldBackMs = (flush_interval_ms: number): number =>
  Math.min(PAUSE_MS_MAX, Math.floor(flush_interval_ms / 5));

interface Pausable {
  pause(): unknown;
  resume(): unknown;
}

export class ReadPace {
  readonly #isWanted: () => boolean;
  readonly #held_back_ms: number;
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

  /** `isWanted`: whether the owner of the socket wants it to be read at this moment. `held_back_ms`: the longest pause; 0: none. */
  constructor(isWanted: () => boolean, held_back_ms: number) {
    this.#isWanted = isWanted;
    this.#held_back_ms = held_back_ms;
    this.#pause_ms = held_back_ms;
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
      // Much must not fill the buffers on the way, and is worth a wake-up.
      const is_much = this.#bytes > (BYTES_MAX / 2) * intervals;
      this.#pause_ms = is_much ? this.#held_back_ms / 2 : this.#held_back_ms;
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
    if (this.#read_through || this.#pause_ms < 1 || !this.#isWanted()) return;
    this.#is_paused = true;
    this.#socket?.pause();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#resume, this.#pause_ms);
  };

  readonly #resume = (): void => {
    if (!this.#is_paused) return;
    this.#is_paused = false;
    clearTimeout(this.#timer);
    if (this.#isWanted()) this.#socket?.resume();
  };
}
