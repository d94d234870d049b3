// Reads a socket at intervals while messages come thick, for most of what a message then costs is the wake-up that
// its segment causes: at 5,000 a second, reading each 20 ms halves the CPU time. The socket is paused at the end of
// an event-loop turn in which something came, never inside a read: over TLS each record is a read of its own.
//
// It promises: messages rarer than 500 a second, and a burst, are read as they come; a socket that brings more than
// half a read buffer in an interval is not paused; a pause lasts one interval; nobody else's pause is ended; while
// `read_through` is set the socket is not paused at all.

/** The longest that a pause keeps a message waiting. */
const INTERVAL_MS = 20;
/** Fewer messages in an interval are not worth waiting for: at 200 a second nothing is gained. */
const MESSAGES_MIN = 10;
/** A burst may be cut in two by the end of an interval, and what follows it may come alone. */
const INTERVALS_MIN = 3;
/** More bytes in an interval would fill the buffers on the way. */
const BYTES_MAX = 128 * 1024;

interface Pausable {
  pause(): unknown;
  resume(): unknown;
}

export class ReadPace {
  readonly #isWanted: () => boolean;
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

  /** `isWanted`: whether the owner of the socket wants it to be read at this moment. */
  constructor(isWanted: () => boolean) {
    this.#isWanted = isWanted;
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
    if (this.#read_through || !this.#isWanted()) return;
    this.#is_paused = true;
    this.#socket?.pause();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#resume, INTERVAL_MS);
  };

  readonly #resume = (): void => {
    if (!this.#is_paused) return;
    this.#is_paused = false;
    clearTimeout(this.#timer);
    if (this.#isWanted()) this.#socket?.resume();
  };
}
