// Keeps one topic captured: starts its capture process, starts another when it dies or hangs, adds up what the
// runs count, and knows what to say of the topic at any moment.
//
// It promises: a topic has one process at a time; its totals never fall; a process that says nothing for 15 of
// our own seconds is replaced (our own: a machine that sleeps is no fault of the child's); stopping ends, with
// the process killed at its deadline.

import type { Report } from '../shared/ipc.js';
import { withoutPassword } from '../shared/printable.js';
import type { TopicSettings } from '../shared/settings.js';
import type { TopicState, TopicStatus } from '../shared/status.js';
import { within } from '../shared/within.js';
import { CaptureProcess } from './capture-process.js';
import { Counters } from './counters.js';
import type { Log } from './log.js';
import type { PermitDesk } from './permit-desk.js';
import { Rate } from './rates.js';
import type { StartQueue } from './start-queue.js';

/** Waits and limits, in milliseconds unless named otherwise. Others than these only in tests. */
export interface Timing {
  readonly restart_ms_min: number;
  readonly restart_ms_max: number;
  /** The delay falls back once a process was up for longer than the delay, and at least this. */
  readonly healthy_ms_min: number;
  /** Ticks without a report. */
  readonly silent_ticks_max: number;
  readonly stop_ms_max: number;
}

export const TIMING: Timing = {
  restart_ms_min: 1_000,
  restart_ms_max: 30_000,
  healthy_ms_min: 5_000,
  silent_ticks_max: 15,
  stop_ms_max: 8_000,
};

/** After SIGKILL; only a process that hangs inside the kernel lives longer. */
const KILLED_MS_MAX = 1_000;

export interface RunnerTools {
  readonly output_dir: string;
  readonly capture_file: URL;
  readonly starts: StartQueue;
  readonly permits: PermitDesk;
  readonly timing: Timing;
  readonly log: Log;
}

export class TopicRunner {
  readonly #settings: TopicSettings;
  readonly #tools: RunnerTools;
  readonly #counters = new Counters();
  readonly #rate = new Rate(performance.now());
  #process: CaptureProcess | null = null;
  #up = () => {};
  #report: Report | null = null;
  /** Our own state, where the child's does not tell: it is starting, being replaced, or stopped. */
  #state: TopicState | null = 'starting';
  #state_since_ms = Date.now();
  #settled = false;
  #restarts = 0;
  #restart_ms: number;
  #up_since: number | null = null;
  #silent_ticks = 0;
  #last_message_at_ms: number | null = null;
  #last_words: string | null = null;
  #death: string | null = null;
  #stopping = false;
  #leaveQueue = () => {};
  #restart_timer: NodeJS.Timeout | undefined;
  #gone: () => void = () => {};

  constructor(settings: TopicSettings, tools: RunnerTools) {
    this.#settings = settings;
    this.#tools = tools;
    this.#restart_ms = tools.timing.restart_ms_min;
  }

  /** Forks as soon as it is this topic's turn. */
  start(): void {
    this.#leaveQueue = this.#tools.starts.enter((up) => this.#fork(up));
  }

  /** Once a second. `at_ms` is the steady clock's. */
  tick(at_ms: number): void {
    this.#rate.note(at_ms, this.#counters.total.messages);
    if (this.#process === null) return;
    this.#silent_ticks += 1;
    if (this.#silent_ticks !== this.#tools.timing.silent_ticks_max || this.#stopping) return;
    this.#log('error', `The capture process has said nothing for ${this.#silent_ticks} s: it is killed`);
    this.#process.kill();
  }

  /** Whether the topic was connected once, or has failed once. */
  get settled(): boolean {
    return this.#settled;
  }

  get messages(): number {
    return this.#counters.total.messages;
  }

  /** Stops the process in good order, or kills it at its deadline. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    clearTimeout(this.#restart_timer);
    this.#leaveQueue();
    if (this.#process !== null) await this.#stopProcess(this.#process);
    this.#enter('stopped');
  }

  status(): TopicStatus {
    const { topic, name, ws_url, buffer_size } = this.#settings;
    const report = this.#report;
    const { messages, bytes, dropped, reconnects, gaps } = this.#counters.total;
    return {
      topic,
      name,
      ws_url: withoutPassword(ws_url),
      state: this.#state ?? report?.state ?? 'starting',
      since_ms: this.#state === null && report !== null ? report.since_ms : this.#state_since_ms,
      pid: this.#process?.pid ?? null,
      messages,
      bytes,
      rate_per_min: this.#rate.per_min,
      last_message_at_ms: this.#last_message_at_ms,
      buffered: report?.buffered ?? 0,
      buffer_size,
      dropped,
      reconnects,
      restarts: this.#restarts,
      gaps,
      memory_bytes: report?.memory_bytes ?? 0,
      file: report?.file ?? null,
      error: report === null ? this.#death : report.error,
    };
  }

  #fork(up: () => void): void {
    const { capture_file, output_dir } = this.#tools;
    this.#up = up;
    this.#up_since = null;
    this.#silent_ticks = 0;
    this.#last_words = null;
    this.#enter('starting');
    const start = { type: 'start', output_dir, settings: this.#settings } as const;
    this.#process = new CaptureProcess(capture_file, this.#settings.name, start, {
      report: (report) => this.#take(report),
      log: ({ level, message, at_ms }) => this.#log(level, message, at_ms),
      permit: (message) =>
        this.#tools.permits.take(this.#settings, message, (answer) => this.#process?.answer(answer)),
      printed: (line) => {
        if (/\w*Error\b/.test(line)) this.#last_words = line.trim();
        this.#log('warn', `The capture process printed: ${line}`);
      },
      nonsense: () => this.#log('error', 'The capture process sent something that is no message'),
      ended: (how) => this.#ended(how),
    });
  }

  #take(report: Report): void {
    this.#up();
    this.#up_since ??= performance.now();
    this.#silent_ticks = 0;
    this.#report = report;
    this.#counters.report(report);
    if (report.last_message_at_ms !== null) this.#last_message_at_ms = report.last_message_at_ms;
    if (!this.#stopping) this.#state = null;
    const { state, reconnects, error } = report;
    if (state === 'live' || state === 'rejected' || reconnects > 0 || error !== null) this.#settled = true;
  }

  #ended(how: string): void {
    const pid = this.#process?.pid ?? null;
    this.#up();
    this.#process = null;
    this.#tools.permits.forget(this.#settings);
    this.#report = null;
    this.#counters.endRun();
    this.#settled = true;
    this.#gone();
    const who = pid === null ? 'The capture process' : `The capture process ${pid}`;
    if (this.#stopping) {
      if (how !== 'exit status 0') this.#log('warn', `${who} ended: ${how}`);
      return;
    }
    this.#restart(`${who} ended: ${how}${this.#last_words === null ? '' : ` (${this.#last_words})`}`);
  }

  #restart(death: string): void {
    const { restart_ms_min, restart_ms_max, healthy_ms_min } = this.#tools.timing;
    const up_ms = this.#up_since === null ? 0 : performance.now() - this.#up_since;
    if (up_ms > Math.max(this.#restart_ms, healthy_ms_min)) this.#restart_ms = restart_ms_min;
    const delay_ms = this.#restart_ms;
    this.#restart_ms = Math.min(delay_ms * 2, restart_ms_max);
    this.#restarts += 1;
    this.#death = death;
    this.#enter('restarting');
    this.#log('error', `${death}; another one is started in ${delay_ms / 1000} s`);
    this.#restart_timer = setTimeout(() => this.start(), delay_ms);
  }

  async #stopProcess(capture: CaptureProcess): Promise<void> {
    const { stop_ms_max } = this.#tools.timing;
    this.#enter('stopping');
    const gone = new Promise<void>((resolve) => {
      this.#gone = resolve;
    });
    capture.stop();
    await within(stop_ms_max, gone);
    if (this.#process === null) return;
    this.#log('error', `The capture process has not stopped within ${stop_ms_max / 1000} s: it is killed`);
    capture.kill();
    await within(KILLED_MS_MAX, gone);
  }

  #enter(state: TopicState): void {
    this.#state = state;
    this.#state_since_ms = Date.now();
  }

  #log(level: Parameters<Log>[0], message: string, at_ms?: number): void {
    const pid = this.#process?.pid;
    const who = pid == null ? this.#settings.name : `${this.#settings.name} ${pid}`;
    this.#tools.log(level, message, who, at_ms);
  }
}
