// One run of the demo: starts the feed and the supervisor, shows the status while they work, stops the feed first
// and then the supervisor, and compares. Every wait in it has a bound.

import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Feed, startFeed } from '../replay/server.js';
import { EXIT_OK } from '../shared/errors.js';
import { CONTROL_NAME } from '../shared/names.js';
import type { StatusDocument } from '../shared/status.js';
import { askStatus } from '../status-cli/ask.js';
import { drawStatus } from '../status-cli/draw.js';
import { paperOf, type Terminal } from '../status-cli/terminal.js';
import { type Beginnings, findBeginnings, readCaptured } from './captured.js';
import { differenceOf, SentLog } from './sent.js';
import type { Stage } from './stage.js';
import { type Ending, SupervisorProcess } from './supervisor-process.js';
import {
  dashboardLine,
  introduction,
  nextSteps,
  type Place,
  Redrawn,
  type Result,
  resultText,
  statusLine,
} from './view.js';

const EXIT_MISSING = 1;
const LIVE_MS_MAX = 20_000;
const SETTLE_MS_MAX = 10_000;
const POLL_MS = 200;
const REDRAW_MS = 1000;
/** Where nothing can be redrawn, a line is printed only so often. */
const PRINT_MS = 5000;

export interface SessionOptions {
  readonly stage: Stage;
  /** For the configuration and the socket; the caller removes it. */
  readonly folder: string;
  readonly output_dir: string;
  readonly log_file: string;
  /** Null: until a signal. */
  readonly seconds: number | null;
  /** Aborted by a signal. */
  readonly stopped: AbortSignal;
}

/** Resolves to the exit status of the demo. Neither the feed nor the supervisor is left when it settles. */
export async function runSession(options: SessionOptions, terminal: Terminal): Promise<number> {
  const beginnings = new Map<string, Beginnings>();
  const { source, speak } = options.stage;
  for (const name of namesOf(options.stage))
    beginnings.set(name, await findBeginnings(options.output_dir, name));
  const sent = new SentLog();
  const feed = await startFeed({
    source,
    speak,
    pace: { kind: 'speed', factor: 1 },
    on_send: (topic, message) => sent.add(topic, message),
  });
  let supervisor: SupervisorProcess | null = null;
  try {
    supervisor = startSupervisor(options, feed.url, terminal.env);
    const session = new Session(options, terminal, feed, sent, supervisor);
    return await session.run(beginnings);
  } finally {
    await supervisor?.stop();
    await feed.close();
  }
}

/** What files bear: the topics, and where they share a connection the messages of none of them. */
const namesOf = ({ topics, is_shared }: Stage): readonly string[] =>
  is_shared ? [...topics, CONTROL_NAME] : topics;

const socketPath = (folder: string): string => join(folder, 'status.sock');

function startSupervisor(options: SessionOptions, feed_url: string, env: Terminal['env']): SupervisorProcess {
  const { folder, output_dir, log_file, stage } = options;
  const { protocol, is_shared } = stage;
  const config_path = join(folder, 'config.json');
  const status_socket = socketPath(folder);
  const topics = stage.topics.map((topic) => ({ topic, ws_url: `${feed_url}${stage.pathOf(topic)}` }));
  const topics_per_process = is_shared ? topics.length : 1;
  const config = { output_dir, log_file, status_socket, http_port: 0, protocol, topics, topics_per_process };
  writeFileSync(config_path, JSON.stringify(config));
  // What the environment configures is another streamer, not this one.
  const own = Object.entries(env).filter(([name]) => !name.startsWith('STREAMER_'));
  return new SupervisorProcess(config_path, Object.fromEntries(own));
}

class Session {
  readonly #socket_path: string;
  readonly #redrawn = new Redrawn();
  #printed_at_ms = Number.NEGATIVE_INFINITY;
  /** Aborted by a signal, by the end of the supervisor, and when nobody reads what is shown. */
  readonly #over = new AbortController();

  constructor(
    readonly options: SessionOptions,
    readonly terminal: Terminal,
    readonly feed: Feed,
    readonly sent: SentLog,
    readonly supervisor: SupervisorProcess,
  ) {
    this.#socket_path = socketPath(options.folder);
    if (options.stopped.aborted) this.#over.abort();
    options.stopped.addEventListener('abort', () => this.#over.abort());
    void supervisor.ended.then(() => this.#over.abort());
  }

  async run(beginnings: ReadonlyMap<string, Beginnings>): Promise<number> {
    const { stage } = this.options;
    await this.#write(introduction(this.#place()));
    const complaints: string[] = [];
    const live = await this.#waitUntilLive();
    if (live === null && !this.supervisor.is_running) return this.#cannotStart(await this.supervisor.ended);
    if (live !== null) {
      await this.#write(dashboardLine(live));
      await this.#watch();
    } else if (!this.#over.signal.aborted) complaints.push(await this.#whyNotLive());
    if (!this.supervisor.is_running) complaints.push('The supervisor ended before it was told to.');
    await this.#settle();
    const ending = await this.supervisor.stop();
    if (ending.exit_code !== EXIT_OK) complaints.push(...sentencesOf(ending));

    const results: Result[] = [];
    for (const topic of namesOf(stage)) {
      const captured = await readCaptured(this.options.output_dir, topic, beginnings.get(topic) ?? new Map());
      const sent = this.sent.of(topic);
      // Some exchanges say nothing that is of no topic.
      if (topic === CONTROL_NAME && sent.messages + captured.messages === 0) continue;
      results.push({ topic, sent, captured, difference: differenceOf(topic, sent, captured) });
    }
    await this.#write(resultText(results, (path) => this.#shown(path)));
    for (const sentence of complaints) this.terminal.complain(sentence);
    if (complaints.length > 0 || results.some(({ difference }) => difference !== null)) return EXIT_MISSING;
    const trades_file = results[0]?.captured.files.at(-1);
    if (trades_file !== undefined) await this.#write(nextSteps(this.#shown(trades_file), stage.protocol));
    return EXIT_OK;
  }

  #place(): Place {
    const { output_dir, log_file, seconds, stage } = this.options;
    return {
      feed_url: this.feed.url,
      title: stage.title,
      is_shared: stage.is_shared,
      topics: stage.topics,
      output_dir: this.#shown(output_dir),
      log_file: this.#shown(log_file),
      socket_path: this.#socket_path,
      seconds,
    };
  }

  /** The path from where the user is, unless that leads upwards. */
  #shown(path: string): string {
    const from_here = relative(this.terminal.cwd, path);
    return from_here === '' || from_here.startsWith('..') ? path : from_here;
  }

  async #write(text: string): Promise<void> {
    if (!(await this.terminal.write(text))) this.#over.abort();
  }

  /** Null: not all topics were live in time, or it is over. */
  async #waitUntilLive(): Promise<StatusDocument | null> {
    const deadline_ms = performance.now() + LIVE_MS_MAX;
    while (!this.#over.signal.aborted && performance.now() < deadline_ms) {
      const document = await this.#ask();
      if (document !== null && document.live_topics === this.options.stage.topics.length) return document;
      await this.#pause(POLL_MS);
    }
    return null;
  }

  async #whyNotLive(): Promise<string> {
    const document = await this.#ask();
    const topics = document?.topics.filter(({ state }) => state !== 'live') ?? [];
    const why = topics.map(
      ({ topic, state, error }) => ` ${topic} is ${state}${error === null ? '' : `: ${error}`}`,
    );
    return `Not all topics were live within ${LIVE_MS_MAX / 1000} s.${why.join(';')}`;
  }

  /** Shows the status until the time is over. */
  async #watch(): Promise<void> {
    const { seconds } = this.options;
    const end_ms = seconds === null ? Number.POSITIVE_INFINITY : performance.now() + seconds * 1000;
    for (;;) {
      const left_ms = end_ms - performance.now();
      if (left_ms <= 0 || this.#over.signal.aborted) return;
      const left = seconds === null ? '' : `${Math.ceil(left_ms / 1000)} s to go. `;
      await this.#show(await this.#ask(), `${left}Ctrl-C ends it${seconds === null ? '' : ' now'}.`);
      await this.#pause(Math.min(REDRAW_MS, end_ms - performance.now()));
    }
  }

  /** The feed sends nothing new; waits until what it sent is written, so far as the status tells. */
  async #settle(): Promise<void> {
    const deadline_ms = performance.now() + SETTLE_MS_MAX;
    await Promise.race([this.feed.pauseSending(), sleep(SETTLE_MS_MAX, undefined, { ref: false })]);
    while (this.supervisor.is_running && performance.now() < deadline_ms) {
      const document = await this.#ask();
      const is_written = document?.topics.every((t) => t.messages >= this.sent.of(t.topic).messages) ?? false;
      if (is_written) {
        this.#printed_at_ms = Number.NEGATIVE_INFINITY;
        return this.#show(document, 'The feed has stopped.');
      }
      await sleep(POLL_MS);
    }
  }

  async #ask(): Promise<StatusDocument | null> {
    const answer = await askStatus(this.#socket_path);
    return answer.ok ? answer.document : null;
  }

  /** Ends early when it is all over. */
  async #pause(ms: number): Promise<void> {
    await sleep(Math.max(0, ms), undefined, { signal: this.#over.signal }).catch(() => {});
  }

  /** Draws over the status before on a terminal; elsewhere prints a line now and then. */
  async #show(document: StatusDocument | null, foot: string): Promise<void> {
    if (document === null) return;
    const paper = paperOf(this.terminal);
    if (paper.rows !== null) {
      // The cursor stands in the line below, and the foot takes two.
      const lines = drawStatus(document, Date.now(), { ...paper, rows: paper.rows - 3 });
      return this.#write(this.#redrawn.draw([...lines, '', foot]));
    }
    if (performance.now() - this.#printed_at_ms < PRINT_MS) return;
    this.#printed_at_ms = performance.now();
    await this.#write(`${statusLine(document)}
`);
  }

  #cannotStart(ending: Ending): number {
    for (const sentence of sentencesOf(ending)) this.terminal.complain(sentence);
    return ending.exit_code !== null && ending.exit_code > EXIT_MISSING ? ending.exit_code : EXIT_MISSING;
  }
}

/** What the supervisor said about its end, or that it said nothing. */
function sentencesOf({ exit_code, words }: Ending): readonly string[] {
  const lines = words.split('\n').filter((line) => line !== '');
  if (lines.length > 0) return lines;
  return [`The supervisor ended ${exit_code === null ? 'by a signal' : `with exit status ${exit_code}`}.`];
}
