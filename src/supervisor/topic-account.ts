// What is known of one topic, across the runs of the processes that capture it: its counts, its rate, its state. It
// promises: the totals never fall, whatever a process says or how it ends.

import type { TopicReport } from '../shared/ipc.js';
import { withoutPassword } from '../shared/printable.js';
import type { TopicSettings } from '../shared/settings.js';
import type { TopicState, TopicStatus } from '../shared/status.js';
import type { WriteLatency } from '../shared/write-latency.js';
import { Counters } from './counters.js';
import { Rate } from './rates.js';

/** What a topic shares with the others of its process. */
export interface ProcessStatus {
  readonly pid: number | null;
  readonly memory_bytes: number;
  /** How the last process ended, where none has said anything since. */
  readonly death: string | null;
}

export class TopicAccount {
  #settings: TopicSettings;
  readonly #counters = new Counters();
  readonly #rate = new Rate(performance.now());
  #report: TopicReport | null = null;
  #run: number | null = null;
  /** The run that ends because the topic was changed: what it says of its state is not the topic's. */
  #ending_run: number | null = null;
  #restarts = 0;
  /** Our own state, where the process's does not tell: it is starting, being replaced, or stopped. */
  #state: TopicState | null = 'starting';
  #state_since_ms = Date.now();
  #settled = false;
  #last_message_at_ms: number | null = null;

  constructor(settings: TopicSettings) {
    this.#settings = settings;
  }

  get settings(): TopicSettings {
    return this.#settings;
  }

  /** The topic is captured in another way from now on. Its counts go on. */
  change(settings: TopicSettings): void {
    this.#settings = settings;
    this.#ending_run = this.#run;
    this.enter('starting');
  }

  /** Once a second. `at_ms` is the steady clock's. */
  tick(at_ms: number): void {
    this.#rate.note(at_ms, this.#counters.total.messages);
  }

  /** Whether the topic was connected once, or has failed once. */
  get settled(): boolean {
    return this.#settled;
  }

  /** Of its process that said something last; null: of none that is alive. */
  get run(): number | null {
    return this.#run;
  }

  get messages(): number {
    return this.#counters.total.messages;
  }

  get bytes(): number {
    return this.#counters.total.bytes;
  }

  /** How long its messages waited for their writes. */
  get write_latency(): WriteLatency {
    return this.#counters.write_latency;
  }

  /** The longest such wait since this was asked last; 0: there was none. */
  takeLongestWrite(): number {
    return this.#counters.takeLongestWrite();
  }

  /** What its process says of it. `is_current`: that is its state, too. */
  take(report: TopicReport, is_current: boolean): void {
    if (this.#run !== null && report.run !== this.#run) this.#counters.endRun();
    this.#run = report.run;
    this.#report = report;
    this.#counters.report(report);
    if (report.last_message_at_ms !== null) this.#last_message_at_ms = report.last_message_at_ms;
    if (is_current && report.run !== this.#ending_run) this.#state = null;
    const { state, reconnects, error } = report;
    if (state === 'live' || state === 'rejected' || reconnects > 0 || error !== null) this.#settled = true;
  }

  /** Its process has ended: the next report comes from another one. */
  endRun(): void {
    this.#report = null;
    this.#run = null;
    this.#ending_run = null;
    this.#counters.endRun();
    this.#settled = true;
  }

  /** Its process is replaced. */
  noteRestart(): void {
    this.#restarts += 1;
  }

  enter(state: TopicState): void {
    this.#state = state;
    this.#state_since_ms = Date.now();
  }

  status({ pid, memory_bytes, death }: ProcessStatus): TopicStatus {
    const { topic, name, ws_url, buffer_size } = this.#settings;
    const report = this.#report;
    const { messages, bytes, dropped, reconnects, gaps, gap_ms } = this.#counters.total;
    return {
      topic,
      name,
      ws_url: withoutPassword(ws_url),
      state: this.#state ?? report?.state ?? 'starting',
      since_ms: this.#state === null && report !== null ? report.since_ms : this.#state_since_ms,
      pid,
      messages,
      bytes,
      rate_per_min: this.#rate.per_min,
      last_message_at_ms: this.#last_message_at_ms,
      event_lag_ms: report?.event_lag_ms ?? null,
      silent_since_ms: report?.silent_since_ms ?? null,
      silence_counts: this.#settings.silence_counts,
      buffered: report?.buffered ?? 0,
      buffer_size,
      dropped,
      reconnects,
      restarts: this.#restarts,
      gaps,
      gap_ms,
      memory_bytes: report === null ? 0 : memory_bytes,
      file: report?.file ?? null,
      error: report === null ? death : report.error,
    };
  }
}
