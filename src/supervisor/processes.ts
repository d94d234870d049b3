// What the processes of a supervisor take from the machine: its captures, and itself.

import { Rate } from './rates.js';

/** So long is looked back for the share of the processor. */
const CPU_WINDOW_S = 10;

export interface ProcessUsage {
  readonly pid: number;
  /** What `name` is the name of. */
  readonly role: 'supervisor' | 'capture';
  /** Of a capture: its first topic, and how many more it has. */
  readonly name: string;
  /** By name. */
  readonly topics: readonly string[];
  readonly memory_bytes: number;
  /** Of one core, over the last 10 s: 1 is all of it. */
  readonly cpu_share: number;
}

/** The share of a core, from the processor time that a process has taken since `start_ms`. */
export class CpuShare {
  readonly #rate: Rate;

  constructor(start_ms: number) {
    this.#rate = new Rate(start_ms, CPU_WINDOW_S);
  }

  /** About once a second. `at_ms` is the steady clock's. */
  note(at_ms: number, cpu_ms: number): void {
    this.#rate.note(at_ms, cpu_ms);
  }

  get share(): number {
    return Math.round((this.#rate.per_min / 60_000) * 10_000) / 10_000;
  }
}
