// The writer: takes batches from the line buffer to the hour file, one write at a time, and keeps at it.
//
// It promises: what is in the buffer when `flush` is called is written in order before anything pushed later;
// an error of the disk loses nothing (the bytes stay in the buffer, the write is tried again after 1 s, 2 s,
// 4 s … 30 s, for ever); before its first write it has the file prepared; between two writes
// it tends the file: closes it when its hour is over, syncs it, and notices when somebody took it away.

import { errorCode, errorMessage } from '../shared/errors.js';
import { within } from '../shared/within.js';
import type { HourFile } from './hour-file.js';
import type { LineBuffer, Released } from './line-buffer.js';

const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 30_000;
/** While stopping, time is short: a failing disk is asked more often. */
const RETRY_STOPPING_MS = 250;
/** Whether the file still lies under its name is looked up every so many ticks. */
const TICKS_PER_LOOKUP = 2;
/** A disk that hangs must not hold up a stop: closing, with its sync, may take this long. */
const CLOSE_MS_MAX = 1_000;

export interface WriterEvents {
  /** What must be done before the first write; tried again until it succeeds. */
  prepare(): Promise<void>;
  wrote(released: Released): void;
  /** The disk refused; `retry_ms` until the next try. */
  troubled(sentence: string, retry_ms: number): void;
  recovered(): void;
  /** The open file was moved or removed by somebody; what comes next goes into a new one. `first_ms`: of its messages. */
  lostFile(path: string, first_ms: number): void;
}

export class Writer {
  readonly #buffer: LineBuffer;
  readonly #file: HourFile;
  readonly #events: WriterEvents;
  #state: 'idle' | 'writing' | 'waiting' = 'idle';
  /** Lines that are to be written before the writer rests. */
  #due = 0;
  #prepared = false;
  #tending_hour_s: number | null = null;
  #ticks = 0;
  #retry_ms = 0;
  #stopping = false;
  /** The deadline of the stop has passed: what is not written by now stays unwritten. */
  #abandoned = false;
  #wakeUp: () => void = () => {};
  #idle: Promise<void> = Promise.resolve();

  constructor(buffer: LineBuffer, file: HourFile, events: WriterEvents) {
    this.#buffer = buffer;
    this.#file = file;
    this.#events = events;
  }

  get idle(): boolean {
    return this.#state === 'idle';
  }

  /** Everything the buffer holds now is due. */
  flush(): void {
    this.#due = this.#buffer.lines;
    this.#start();
  }

  /** Once a second: the file is tended. `hour_start_s` is the present hour. */
  tick(hour_start_s: number): void {
    this.#tending_hour_s = hour_start_s;
    this.#start();
  }

  /**
   * Writes all that the buffer holds and closes the file, until `deadline_ms` from now at the latest.
   * @returns the lines that could not be written.
   */
  async finish(deadline_ms: number): Promise<number> {
    this.#stopping = true;
    this.flush();
    this.#wakeUp();
    await within(deadline_ms, this.#idle);
    this.#abandoned = true;
    this.#wakeUp();
    await within(
      CLOSE_MS_MAX,
      this.#idle.then(() => this.#close()),
    );
    return this.#buffer.lines;
  }

  async #close(): Promise<void> {
    // A line of which the disk took only a part is worth less than none: the next start would remove it.
    await this.#file.cutEnd(this.#buffer.partial_bytes).catch(() => {});
    await this.#file.finish();
  }

  #start(): void {
    if (this.#state !== 'idle') return;
    this.#state = 'writing';
    this.#idle = this.#run();
  }

  async #run(): Promise<void> {
    while (!this.#abandoned && (!this.#prepared || this.#due > 0 || this.#tending_hour_s !== null)) {
      try {
        if (!this.#prepared) await this.#prepare();
        else if (this.#tending_hour_s !== null) await this.#tend(this.#tending_hour_s);
        else await this.#writeBatch();
      } catch (error) {
        this.#retry_ms = Math.min(RETRY_MS_MAX, Math.max(RETRY_MS_MIN, this.#retry_ms * 2));
        await this.#wait(error);
      }
    }
    this.#state = 'idle';
  }

  async #prepare(): Promise<void> {
    await this.#events.prepare();
    this.#prepared = true;
    this.#noteSuccess();
  }

  #noteSuccess(): void {
    if (this.#retry_ms === 0) return;
    this.#retry_ms = 0;
    this.#events.recovered();
  }

  async #writeBatch(): Promise<void> {
    const batch = this.#buffer.peek();
    if (batch === null) {
      this.#due = 0;
      return;
    }
    const released = this.#buffer.wrote(await this.#file.append(batch));
    this.#due -= released.lines;
    this.#noteSuccess();
    this.#events.wrote(released);
  }

  async #tend(hour_start_s: number): Promise<void> {
    this.#tending_hour_s = null;
    const file = this.#file;
    const next_hour_s = this.#buffer.next_hour_start_s;
    const open_hour_s = file.hour_start_s;
    if (open_hour_s !== null && open_hour_s < hour_start_s && next_hour_s !== open_hour_s) file.release();
    await file.tend(hour_start_s, Math.min(hour_start_s, next_hour_s ?? hour_start_s));
    this.#ticks += 1;
    if (this.#ticks % TICKS_PER_LOOKUP === 0) await this.#lookUp();
    await file.sync();
    // While lines wait, only a write shows that it works again.
    if (this.#buffer.lines === 0) this.#noteSuccess();
  }

  async #lookUp(): Promise<void> {
    const lost = await this.#file.lookUp();
    if (lost === null) return;
    this.#buffer.rewind();
    this.#events.lostFile(lost.path, lost.first_ms);
  }

  #wait(error: unknown): Promise<void> {
    const retry_ms = this.#stopping ? RETRY_STOPPING_MS : this.#retry_ms;
    this.#events.troubled(describe(error), retry_ms);
    this.#state = 'waiting';
    return new Promise<void>((resolve) => {
      const timer = setTimeout(go, retry_ms);
      function go(): void {
        clearTimeout(timer);
        resolve();
      }
      this.#wakeUp = go;
    }).then(() => {
      this.#state = 'writing';
    });
  }
}

const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: free some space',
  EDQUOT: 'the disk quota is used up: free some space or raise it',
  EROFS: 'the file system is mounted read-only: mount it for writing',
  EACCES: 'permission is denied: give the user of this process the right to write there',
  ENOENT: 'the output folder is gone: make it again',
  EMFILE: 'this process has too many open files: raise its limit (ulimit -n)',
  ENFILE: 'the system has too many open files: raise its limit (fs.file-max)',
  EIO: 'the disk reported an input/output error: check it',
};

/** What the disk said, with what to do. */
export function describe(error: unknown): string {
  const advice = ADVICE[errorCode(error)];
  return advice === undefined ? errorMessage(error) : `${advice} (${errorMessage(error)})`;
}
