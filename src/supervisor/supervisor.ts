// The supervisor: an account for each topic, a runner for each capture process, their sum, and the second's tick that
// moves it all. It never touches a message.

import { ExitError, errorMessage } from '../shared/errors.js';
import { formatStatusLine } from '../shared/format.js';
import type { Settings } from '../shared/settings.js';
import type { Reloaded, StatusDocument, TopicStatus } from '../shared/status.js';
import { VERSION } from '../shared/version.js';
import type { WriteLatency } from '../shared/write-latency.js';
import { type Change, changeOf, describeChange, settingsAfter } from './change.js';
import { type Group, type GroupChange, groupsOf, regroup } from './groups.js';
import type { Log } from './log.js';
import { PermitDesk } from './permit-desk.js';
import { type Noted, ProcessRunner, type RunnerTools, TIMING, type Timing } from './process-runner.js';
import { CpuShare, type ProcessUsage } from './processes.js';
import { Rate } from './rates.js';
import { StartQueue } from './start-queue.js';
import { TopicAccount } from './topic-account.js';

const TICK_MS = 1_000;
/** Capture processes that come up at the same time. */
const STARTS_AT_ONCE_MAX = 4;

export interface SupervisorTools {
  readonly pid: number;
  /** Resident memory of the supervisor's own process. */
  memoryBytes(): number;
  /** Processor time that it has taken since `performance.now()` was 0. */
  cpuMs(): number;
  /** The capture process's program. */
  readonly capture_file: URL;
  readonly log: Log;
  /** Where the HTTP server listens; null: there is none. */
  http_port(): number | null;
  /** Once, when each topic is connected or has failed once. */
  ready(): void;
  /** Once a second. The document is made only for whoever asks for it: with many topics it is large. */
  ticked(status: () => StatusDocument): void;
  /** Told of each line of the log that is about topics. */
  readonly noted?: Noted;
  readonly timing?: Timing;
}

export class Supervisor {
  #settings: Settings;
  readonly #tools: SupervisorTools;
  readonly #runner_tools: RunnerTools;
  #accounts: ReadonlyMap<string, TopicAccount>;
  #runners: readonly ProcessRunner[];
  readonly #started_at_ms = Date.now();
  readonly #started = performance.now();
  readonly #permits = new PermitDesk();
  readonly #rate = new Rate(performance.now());
  readonly #cpu = new CpuShare(0);
  #state: StatusDocument['state'] = 'starting';
  /** Topics that are no longer captured, as long as their processes may have something to say of them. */
  #former: readonly TopicAccount[] = [];
  /** What those counted that are forgotten. */
  #messages_before = 0;
  #bytes_before = 0;
  #reloaded: Reloaded | null = null;
  #reloading: Promise<unknown> = Promise.resolve();
  #ticker: NodeJS.Timeout | undefined;
  #status_timer: NodeJS.Timeout | undefined;
  #stopped: Promise<void> | null = null;

  constructor(settings: Settings, tools: SupervisorTools) {
    this.#settings = settings;
    this.#tools = tools;
    this.#permits.setTopics(settings.topics);
    this.#runner_tools = {
      output_dir: settings.output_dir,
      capture_file: tools.capture_file,
      starts: new StartQueue(STARTS_AT_ONCE_MAX),
      permits: this.#permits,
      timing: tools.timing ?? TIMING,
      log: tools.log,
      noted: tools.noted,
    };
    this.#accounts = new Map(settings.topics.map((topic) => [topic.name, new TopicAccount(topic)]));
    this.#runners = groupsOf(settings.topics, settings.topics_per_process).map((group) =>
      this.#runnerOf(group),
    );
  }

  start(): void {
    for (const runner of this.#runners) runner.start();
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
    this.#status_timer = setInterval(() => this.#tell(), this.#settings.status_interval_ms);
  }

  /**
   * Captures what the new settings say: only topics that were added, removed or changed are started, stopped or
   * restarted. `load` throws where the settings are bad: then nothing changes. Resolves when those that had to stop
   * have. One change at a time.
   */
  reload(load: () => Settings): Promise<Reloaded> {
    const reloading = this.#reloading.then(() => this.#reload(load));
    this.#reloading = reloading;
    return reloading;
  }

  /** Stops all captures in good order, each within its deadline. A second call waits for the first. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** By name, in the order of the configuration. */
  get accounts(): ReadonlyMap<string, TopicAccount> {
    return this.#accounts;
  }

  /** Written to files since the start. */
  get total_bytes(): number {
    return this.#counted('bytes');
  }

  status(): StatusDocument {
    const topics = this.#topics();
    return {
      version: VERSION,
      pid: this.#tools.pid,
      started_at_ms: this.#started_at_ms,
      uptime_s: Math.floor((performance.now() - this.#started) / 1000),
      state: this.#state,
      total_messages: this.#counted('messages'),
      total_bytes: this.total_bytes,
      rate_per_min: this.#rate.per_min,
      live_topics: topics.filter((topic) => topic.state === 'live').length,
      http_port: this.#tools.http_port(),
      reloaded: this.#reloaded,
      topics,
    };
  }

  /** The supervisor's own, and then each capture's. */
  processes(): readonly ProcessUsage[] {
    const { pid, memoryBytes } = this.#tools;
    const memory_bytes = memoryBytes();
    const cpu_share = this.#cpu.share;
    const own = { pid, role: 'supervisor', name: 'supervisor', topics: [], memory_bytes, cpu_share } as const;
    return [own, ...this.#runners.flatMap((runner) => runner.usage() ?? [])];
  }

  /** By topic's name, in the order of the configuration: how long messages waited for their writes. */
  writeLatencies(): ReadonlyMap<string, WriteLatency> {
    return new Map([...this.#accounts].map(([name, account]) => [name, account.write_latency]));
  }

  /** By topic's name: the longest such wait, in milliseconds, since this was asked last. It has room for one asker. */
  takeLongestWrites(): ReadonlyMap<string, number> {
    return new Map([...this.#accounts].map(([name, account]) => [name, account.takeLongestWrite()]));
  }

  /** Whether a process lives at this moment that captures the topic of that name. */
  isCaptured(name: string): boolean {
    return this.#runners.some((runner) => runner.accounts.has(name) && runner.has_process);
  }

  #topics(): TopicStatus[] {
    const by_name = new Map<string, TopicStatus>();
    for (const runner of this.#runners) {
      for (const status of runner.statuses()) by_name.set(status.name, status);
    }
    return [...this.#accounts.keys()].flatMap((name) => by_name.get(name) ?? []);
  }

  #runnerOf({ topics, control_name }: Group): ProcessRunner {
    const accounts = topics.flatMap(({ name }) => this.#accounts.get(name) ?? []);
    return new ProcessRunner(accounts, control_name, this.#runner_tools);
  }

  async #reload(load: () => Settings): Promise<Reloaded> {
    let reloaded: Omit<Reloaded, 'at_ms'>;
    try {
      const message = await this.#apply(load());
      reloaded = { ok: true, message };
    } catch (error) {
      const sentences = error instanceof ExitError ? error.sentences : [errorMessage(error)];
      const message = `Not reloaded, nothing is changed: ${sentences.join(' ')}`;
      this.#tools.log('error', message);
      reloaded = { ok: false, message };
    }
    this.#reloaded = { at_ms: Date.now(), ...reloaded };
    return this.#reloaded;
  }

  /** @returns what changed, in a sentence. */
  async #apply(settings: Settings): Promise<string> {
    if (this.#stopped !== null) throw new Error('the program is stopping.');
    const change = changeOf(this.#settings, settings);
    const message = describeChange(change);
    this.#tools.log('info', message);
    this.#settings = settingsAfter(this.#settings, settings);
    this.#changeAccounts(change);
    this.#permits.setTopics(this.#settings.topics);
    clearInterval(this.#status_timer);
    this.#status_timer = setInterval(() => this.#tell(), settings.status_interval_ms);
    const before = this.#runners;
    const names = before.map(({ accounts, control_name }) => ({ names: [...accounts.keys()], control_name }));
    const { changes, fresh } = regroup(names, change, this.#settings);
    const new_runners = fresh.map((group) => this.#runnerOf(group));
    this.#runners = [...before, ...new_runners];
    const ended = await Promise.all(
      before.map(async (runner, i) => {
        const { remove, add } = changes[i] as GroupChange;
        if (remove.length === 0 && add.length === 0) return null;
        if (remove.length < runner.accounts.size || add.length > 0) {
          runner.change(
            remove,
            add.flatMap(({ name }) => this.#accounts.get(name) ?? []),
          );
          return null;
        }
        await runner.stop(remove.every((name) => change.changed.includes(name)) ? 'reconfigured' : 'stopped');
        return runner;
      }),
    );
    this.#runners = this.#runners.filter((runner) => !ended.includes(runner));
    for (const runner of new_runners) runner.start();
    return message;
  }

  #changeAccounts({ removed, changed }: Change): void {
    this.#former = [...this.#former, ...removed.flatMap((name) => this.#accounts.get(name) ?? [])];
    const accounts = this.#settings.topics.map((topic): [string, TopicAccount] => {
      const account = this.#accounts.get(topic.name) ?? new TopicAccount(topic);
      if (changed.includes(topic.name)) account.change(topic);
      return [topic.name, account];
    });
    this.#accounts = new Map(accounts);
  }

  async #stop(): Promise<void> {
    this.#state = 'stopping';
    await Promise.all(this.#runners.map((runner) => runner.stop('stopped')));
    clearInterval(this.#ticker);
    clearInterval(this.#status_timer);
    this.#tell();
  }

  #tick(): void {
    const now = performance.now();
    this.#cpu.note(now, this.#tools.cpuMs());
    for (const runner of this.#runners) runner.tick(now);
    this.#permits.tick();
    this.#forget();
    this.#rate.note(now, this.#counted('messages'));
    const accounts = [...this.#accounts.values()];
    if (this.#state === 'starting' && accounts.every((account) => account.settled)) {
      this.#state = 'running';
      this.#tools.ready();
    }
    this.#tools.ticked(() => this.status());
  }

  /** Forgets topics of which nobody speaks any more, but for what they counted. */
  #forget(): void {
    const before = this.#former;
    this.#former = before.filter((account) => this.#runners.some((runner) => runner.speaksOf(account)));
    for (const account of before.filter((each) => !this.#former.includes(each))) {
      this.#messages_before += account.messages;
      this.#bytes_before += account.bytes;
    }
  }

  #counted(what: 'messages' | 'bytes'): number {
    const before = what === 'messages' ? this.#messages_before : this.#bytes_before;
    return [...this.#accounts.values(), ...this.#former].reduce(
      (total, account) => total + account[what],
      before,
    );
  }

  /** The original's status line, for the log. */
  #tell(): void {
    const uptime_ms = performance.now() - this.#started;
    this.#tools.log('info', formatStatusLine(uptime_ms, this.#counted('messages'), this.#rate.per_min));
  }
}
