// The supervisor: one runner for each topic, their sum, and the second's tick that moves it all. It never
// touches a message.

import { formatStatusLine } from '../shared/format.js';
import type { Settings } from '../shared/settings.js';
import type { StatusDocument } from '../shared/status.js';
import { VERSION } from '../shared/version.js';
import type { Log } from './log.js';
import { PermitDesk } from './permit-desk.js';
import { Rate } from './rates.js';
import { StartQueue } from './start-queue.js';
import { TIMING, type Timing, TopicRunner } from './topic-runner.js';

const TICK_MS = 1_000;
/** Capture processes that come up at the same time. */
const STARTS_AT_ONCE_MAX = 4;

export interface SupervisorTools {
  readonly pid: number;
  /** The capture process's program. */
  readonly capture_file: URL;
  readonly log: Log;
  /** Once, when each topic is connected or has failed once. */
  ready(): void;
  /** Once a second. */
  ticked(status: StatusDocument): void;
  readonly timing?: Timing;
}

export class Supervisor {
  readonly #settings: Settings;
  readonly #tools: SupervisorTools;
  readonly #runners: readonly TopicRunner[];
  readonly #started_at_ms = Date.now();
  readonly #started = performance.now();
  readonly #permits: PermitDesk;
  readonly #rate = new Rate(performance.now());
  #state: StatusDocument['state'] = 'starting';
  #ticker: NodeJS.Timeout | undefined;
  #status_timer: NodeJS.Timeout | undefined;
  #stopped: Promise<void> | null = null;

  constructor(settings: Settings, tools: SupervisorTools) {
    this.#settings = settings;
    this.#tools = tools;
    this.#permits = new PermitDesk(settings.topics);
    const runner_tools = {
      output_dir: settings.output_dir,
      capture_file: tools.capture_file,
      starts: new StartQueue(STARTS_AT_ONCE_MAX),
      permits: this.#permits,
      timing: tools.timing ?? TIMING,
      log: tools.log,
    };
    this.#runners = settings.topics.map((topic) => new TopicRunner(topic, runner_tools));
  }

  start(): void {
    for (const runner of this.#runners) runner.start();
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
    this.#status_timer = setInterval(() => this.#tell(), this.#settings.status_interval_ms);
  }

  /** Stops all captures in good order, each within its deadline. A second call waits for the first. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  status(): StatusDocument {
    const topics = this.#runners.map((runner) => runner.status());
    const sum = (key: 'messages' | 'bytes') => topics.reduce((total, topic) => total + topic[key], 0);
    return {
      version: VERSION,
      pid: this.#tools.pid,
      started_at_ms: this.#started_at_ms,
      uptime_s: Math.floor((performance.now() - this.#started) / 1000),
      state: this.#state,
      total_messages: sum('messages'),
      total_bytes: sum('bytes'),
      rate_per_min: this.#rate.per_min,
      live_topics: topics.filter((topic) => topic.state === 'live').length,
      topics,
    };
  }

  async #stop(): Promise<void> {
    this.#state = 'stopping';
    await Promise.all(this.#runners.map((runner) => runner.stop()));
    clearInterval(this.#ticker);
    clearInterval(this.#status_timer);
    this.#tell();
  }

  #tick(): void {
    const now = performance.now();
    for (const runner of this.#runners) runner.tick(now);
    this.#permits.tick();
    this.#rate.note(now, this.#messages());
    if (this.#state === 'starting' && this.#runners.every((runner) => runner.settled)) {
      this.#state = 'running';
      this.#tools.ready();
    }
    this.#tools.ticked(this.status());
  }

  #messages(): number {
    return this.#runners.reduce((total, runner) => total + runner.messages, 0);
  }

  /** The original's status line, for the log. */
  #tell(): void {
    const uptime_ms = performance.now() - this.#started;
    this.#tools.log('info', formatStatusLine(uptime_ms, this.#messages(), this.#rate.per_min));
  }
}
