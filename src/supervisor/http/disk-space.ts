// How much room is left on the volume of the output folder, and for how long that lasts at the rate of the last minutes.

import { statfs } from 'node:fs/promises';

/** The system is asked this often at most: a volume in a network may be slow to tell. */
const ASK_MS = 5_000;
/** What is older is not told any more. */
const KNOWN_MS_MAX = 60_000;
const NOTE_MS = 10_000;
/** Five minutes. */
const NOTES_MAX = 31;
/** A rate of less than this says nothing. */
const RATE_MS_MIN = 30_000;

export interface DiskTold {
  readonly disk_free_bytes: number | null;
  readonly disk_lasts_s: number | null;
}

export class DiskSpace {
  readonly #ask: () => Promise<number>;
  #free_bytes: number | null = null;
  #told_at = Number.NEGATIVE_INFINITY;
  #asked_at = Number.NEGATIVE_INFINITY;
  #asking = false;
  /** Oldest first: when, and how many bytes were written by then. */
  readonly #notes: { readonly at: number; readonly bytes: number }[] = [];

  /** `ask` resolves with the bytes that are free. */
  constructor(ask: () => Promise<number>) {
    this.#ask = ask;
  }

  /** Once a second. `at` is the steady clock's, `bytes` a total that never falls. */
  note(at: number, bytes: number): void {
    const last = this.#notes.at(-1);
    if (last !== undefined && at - last.at < NOTE_MS) return;
    this.#notes.push({ at, bytes });
    if (this.#notes.length > NOTES_MAX) this.#notes.shift();
  }

  /** What is known now. It asks the system for the next time. */
  tell(at: number): DiskTold {
    if (!this.#asking && at - this.#asked_at >= ASK_MS) void this.#refresh(at);
    const free_bytes = at - this.#told_at <= KNOWN_MS_MAX ? this.#free_bytes : null;
    const per_ms = this.#bytesPerMs();
    const lasts_ms = free_bytes === null || per_ms === null || per_ms <= 0 ? null : free_bytes / per_ms;
    return {
      disk_free_bytes: free_bytes,
      disk_lasts_s: lasts_ms === null ? null : Math.round(lasts_ms / 1000),
    };
  }

  async #refresh(at: number): Promise<void> {
    this.#asked_at = at;
    this.#asking = true;
    try {
      this.#free_bytes = await this.#ask();
      this.#told_at = at;
    } catch {
      this.#free_bytes = null;
    }
    this.#asking = false;
  }

  #bytesPerMs(): number | null {
    const [first, last] = [this.#notes[0], this.#notes.at(-1)];
    if (first === undefined || last === undefined || last.at - first.at < RATE_MS_MIN) return null;
    return (last.bytes - first.bytes) / (last.at - first.at);
  }
}

/** What those who are not root may still write where `folder` lies. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
