// Keeps a group of topics captured by one process: starts it, starts another when it dies or hangs, and hands what it
// says to the topics' accounts.
//
// It promises: the group has one process at a time; a process that says nothing for 15 of our own seconds is replaced
// (our own: a machine that sleeps is no fault of the child's); stopping ends, with the process killed at its deadline.

import type { LogLevel, PermitMessage, Report, StopReason } from '../shared/ipc.js';
import type { TopicSettings } from '../shared/settings.js';
import type { TopicState, TopicStatus } from '../shared/status.js';
import { within } from '../shared/within.js';
import { CaptureProcess } from './capture-process.js';
import type { Log } from './log.js';
import type { PermitDesk } from './permit-desk.js';
import { CpuShare, type ProcessUsage } from './processes.js';
import type { StartQueue } from './start-queue.js';
import type { TopicAccount } from './topic-account.js';

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
  /** Told of each line of the log that is about topics, with their names. */
  readonly noted?: Noted | undefined;
}

export type Noted = (names: readonly string[], line: TopicLine) => void;

export interface TopicLine {
  readonly at_ms: number;
  readonly level: LogLevel;
  readonly message: string;
}

export class ProcessRunner {
  /** What messages of no topic are kept under; null: the process carries one topic, and every message is its. */
  readonly control_name: string | null;
  readonly #tools: RunnerTools;
  readonly #accounts = new Map<string, TopicAccount>();
  /** For which topic an ask that is not over was made. */
  readonly #asked = new Map<number, TopicSettings>();
  /** By name: those that it was told to let go, until it has. */
  readonly #leaving = new Map<string, { readonly account: TopicAccount; readonly run: number }>();
  #process: CaptureProcess | null = null;
  #up = () => {};
  #memory_bytes = 0;
  #cpu = new CpuShare(performance.now());
  #restart_ms: number;
  #up_since: number | null = null;
  #silent_ticks = 0;
  #last_words: string | null = null;
  #death: string | null = null;
  #stopped: Promise<void> | null = null;
  #leaveQueue = () => {};
  #restart_timer: NodeJS.Timeout | undefined;
  #gone: () => void = () => {};

  constructor(topics: readonly TopicAccount[], control_name: string | null, tools: RunnerTools) {
    for (const topic of topics) this.#accounts.set(topic.settings.name, topic);
    this.control_name = control_name;
    this.#tools = tools;
    this.#restart_ms = tools.timing.restart_ms_min;
  }

  /** By name. */
  get accounts(): ReadonlyMap<string, TopicAccount> {
    return this.#accounts;
  }

  /** Whether a process of its lives at this moment. */
  get has_process(): boolean {
    return this.#process !== null;
  }

  /** Whether it may still have something to say of the topic. */
  speaksOf(account: TopicAccount): boolean {
    const { name } = account.settings;
    return this.#accounts.get(name) === account || this.#leaving.get(name)?.account === account;
  }

  /** Forks as soon as it is this group's turn. */
  start(): void {
    if (this.#stopped !== null) return;
    this.#leaveQueue = this.#tools.starts.enter((up) => this.#fork(up));
  }

  /** Once a second. `at_ms` is the steady clock's. */
  tick(at_ms: number): void {
    for (const account of this.#accounts.values()) account.tick(at_ms);
    if (this.#process === null) return;
    this.#silent_ticks += 1;
    if (this.#silent_ticks !== this.#tools.timing.silent_ticks_max || this.#stopped !== null) return;
    this.#log('error', `The capture process has said nothing for ${this.#silent_ticks} s: it is killed`);
    this.#process.kill();
  }

  /** Lets topics go, by name, then takes topics in, without a pause for the rest. */
  change(remove: readonly string[], add: readonly TopicAccount[]): void {
    for (const name of remove) {
      const account = this.#accounts.get(name);
      this.#accounts.delete(name);
      if (account === undefined || account.run === null || add.includes(account)) continue;
      this.#leaving.set(name, { account, run: account.run });
    }
    for (const account of add) this.#accounts.set(account.settings.name, account);
    // One that is started later is started with what there is by then.
    this.#process?.change(
      remove,
      add.map(({ settings }) => settings),
    );
  }

  /** Stops the process in good order, or kills it at its deadline. A second call waits for the first. */
  stop(reason: StopReason): Promise<void> {
    this.#stopped ??= this.#stop(reason);
    return this.#stopped;
  }

  /** Of each of its topics. */
  statuses(): TopicStatus[] {
    const memory_bytes = Math.round(this.#memory_bytes / Math.max(1, this.#accounts.size));
    const { pid = null } = this.#process ?? {};
    const shared = { pid, memory_bytes, death: this.#death };
    return [...this.#accounts.values()].map((account) => account.status(shared));
  }

  /** What its process takes; null: there is none. */
  usage(): ProcessUsage | null {
    const pid = this.#process?.pid ?? null;
    if (pid === null) return null;
    const topics = [...this.#accounts.keys()];
    const memory_bytes = this.#memory_bytes;
    return { pid, role: 'capture', name: this.#title, topics, memory_bytes, cpu_share: this.#cpu.share };
  }

  #fork(up: () => void): void {
    const { capture_file, output_dir } = this.#tools;
    this.#up = up;
    this.#up_since = null;
    this.#silent_ticks = 0;
    this.#last_words = null;
    this.#memory_bytes = 0;
    this.#cpu = new CpuShare(performance.now());
    this.#enter('starting');
    const topics = [...this.#accounts.values()].map(({ settings }) => settings);
    const start = { type: 'start', output_dir, topics, control_name: this.control_name } as const;
    this.#process = new CaptureProcess(capture_file, this.#title, start, {
      report: (report) => this.#take(report),
      log: ({ level, message, at_ms, name }) => this.#log(level, message, at_ms, name),
      permit: (message) => this.#takePermit(message),
      printed: (line) => {
        if (/\w*Error\b/.test(line)) this.#last_words = line.trim();
        this.#log('warn', `The capture process printed: ${line}`);
      },
      nonsense: () => this.#log('error', 'The capture process sent something that is no message'),
      ended: (how) => this.#ended(how),
    });
  }

  /** The process's name in lists and in the log. */
  get #title(): string {
    const [first = '', ...others] = this.#accounts.keys();
    return others.length === 0 ? first : `${first} and ${others.length} more`;
  }

  #take(report: Report): void {
    this.#up();
    this.#up_since ??= performance.now();
    this.#silent_ticks = 0;
    this.#memory_bytes = report.memory_bytes;
    this.#cpu.note(performance.now(), report.cpu_ms);
    for (const topic of report.topics) {
      const leaving = this.#leaving.get(topic.name);
      if (leaving?.run === topic.run) leaving.account.take(topic, false);
      else this.#accounts.get(topic.name)?.take(topic, this.#stopped === null);
    }
    for (const [name, { run }] of this.#leaving) {
      const is_there = report.topics.some((topic) => topic.name === name && topic.run === run);
      if (!is_there) this.#leaving.delete(name);
    }
  }

  #takePermit(message: PermitMessage): void {
    const { id } = message;
    const topic = message.type === 'ask' ? this.#settingsOf(message.name) : this.#asked.get(id);
    if (topic === undefined) return;
    if (message.type === 'ask') this.#asked.set(id, topic);
    else this.#asked.delete(id);
    this.#tools.permits.take(topic, message, (answer) => this.#process?.answer(answer));
  }

  /** Also of a topic that it does not yet know to be removed: all that share the connection wait for the answer. */
  #settingsOf(name: string): TopicSettings | undefined {
    return (this.#accounts.get(name) ?? this.#leaving.get(name)?.account)?.settings;
  }

  #ended(how: string): void {
    const pid = this.#process?.pid ?? null;
    this.#up();
    this.#process = null;
    for (const topic of this.#asked.values()) this.#tools.permits.forget(topic);
    this.#asked.clear();
    for (const account of this.#accounts.values()) account.endRun();
    this.#leaving.clear();
    this.#gone();
    const who = pid === null ? 'The capture process' : `The capture process ${pid}`;
    if (this.#stopped !== null) {
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
    for (const account of this.#accounts.values()) account.noteRestart();
    this.#death = death;
    this.#enter('restarting');
    this.#log('error', `${death}; another one is started in ${delay_ms / 1000} s`);
    this.#restart_timer = setTimeout(() => this.start(), delay_ms);
  }

  async #stop(reason: StopReason): Promise<void> {
    clearTimeout(this.#restart_timer);
    this.#leaveQueue();
    if (this.#process !== null) await this.#stopProcess(this.#process, reason);
    this.#enter('stopped');
  }

  async #stopProcess(capture: CaptureProcess, reason: StopReason): Promise<void> {
    const { stop_ms_max } = this.#tools.timing;
    this.#enter('stopping');
    const gone = new Promise<void>((resolve) => {
      this.#gone = resolve;
    });
    capture.stop(reason);
    await within(stop_ms_max, gone);
    if (this.#process === null) return;
    this.#log('error', `The capture process has not stopped within ${stop_ms_max / 1000} s: it is killed`);
    capture.kill();
    await within(KILLED_MS_MAX, gone);
  }

  #enter(state: TopicState): void {
    for (const account of this.#accounts.values()) account.enter(state);
  }

  /** `name`: the topic that it is about; null: the whole process. */
  #log(level: LogLevel, message: string, at_ms = Date.now(), name: string | null = null): void {
    const pid = this.#process?.pid;
    const who = name ?? this.#title;
    // Nothing is believed from a child: of a topic that it does not have it may say nothing.
    this.#tools.noted?.(
      [...this.#accounts.keys()].filter((each) => name === null || each === name),
      { at_ms, level, message },
    );
    this.#tools.log(level, message, pid == null ? who : `${who} ${pid}`, at_ms);
  }
}
