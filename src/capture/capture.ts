// What one capture process does: it takes topics in, each with its lock, its recorder and its place on a feed, lets
// them go, and tells how they stand. Topics that reach their server in the same way share a connection, up to what the
// protocol allows; a process of one topic has one feed.
//
// It promises: a topic is taken in only when nobody else writes it; what one topic waits for (its lock, its disk) holds
// up no other; letting one go does not touch the rest.

import type { Holder } from '../shared/hold-socket.js';
import type { LogLevel, Report, StopReason, TopicReport } from '../shared/ipc.js';
import type { Protocol } from '../shared/protocol.js';
import type { TopicSettings } from '../shared/settings.js';
import { marksOf } from '../shared/topic-names.js';
import { NO_WRITES } from '../shared/write-latency.js';
import type { ConnectionSettings } from './connection.js';
import { Feed } from './feed.js';
import type { Permit } from './permits.js';
import { heldBackMs } from './read-pace.js';
import { type Recorded, Recorder, type RecorderTools } from './recorder.js';

const NOTHING_RECORDED: Recorded = {
  messages: 0,
  bytes: 0,
  last_message_at_ms: null,
  buffered: 0,
  dropped: 0,
  gaps: 0,
  gap_ms: 0,
  event_lag_ms: null,
  write_ms: NO_WRITES,
  file: null,
  disk_error: null,
  lost_since_ms: null,
};

const TICK_MS = 1_000;
const WITNESS_TICK_MS = 500;

export interface CaptureTools extends Omit<RecorderTools, 'log'> {
  random(): number;
  log(level: LogLevel, message: string, name: string | null): void;
  /** Waits until nobody else writes the topic's files; null: it is no longer wanted, or the process is stopping. */
  acquire(
    name: string,
    waiting: (sentence: string) => void,
    isUnwanted: () => boolean,
  ): Promise<Holder | null>;
  /** The PEM texts to trust where the topic has a file of its own; throws the system's error. */
  authorities(ca_file: string): readonly string[];
  /** How a topic asks for permits. */
  permitFor(name: string, protocol: Protocol): Permit;
  /** Resident memory of this process. */
  memoryBytes(): number;
  /** Processor time that this process has taken so far. */
  cpuMs(): number;
}

interface Topic {
  readonly settings: TopicSettings;
  readonly run: number;
  readonly since_ms: number;
  holder: Holder | null;
  recorder: Recorder | null;
  feed: Feed | null;
  handle: number;
  /** What it waits for. */
  error: string | null;
}

/** A feed, and what decides whether another topic can join it. */
interface Place {
  /** How its server is reached. */
  readonly key: string;
  /** Messages of no topic go to the control recorder; else it carries one topic, and every message is its. */
  readonly is_shared: boolean;
  readonly topics_max: number;
  /** By topic: what tells its messages from those of others. */
  readonly marks: Map<number, readonly string[]>;
  readonly feed: Feed;
}

export class Capture {
  readonly #output_dir: string;
  readonly #tools: CaptureTools;
  readonly #topics = new Map<string, Topic>();
  readonly #feeds = new Set<Place>();
  /** Where messages of no topic go, in a process that topics share. */
  #control: Recorder | null = null;
  #control_full = false;
  /** Resolves when the control recorder is there, before which no topic is taken in. */
  #begun: Promise<void> = Promise.resolve();
  /** By name: what is done with a topic is done one after the other. */
  readonly #turns = new Map<string, Promise<unknown>>();
  /** By name: how often it is still to be let go. */
  readonly #unwanted = new Map<string, number>();
  /** Each as text: topics that speak alike share one, and not a copy each. */
  readonly #protocols = new Map<string, Protocol>();
  #runs = 0;
  #stopping = false;
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(output_dir: string, tools: CaptureTools) {
    this.#output_dir = output_dir;
    this.#tools = tools;
    this.#timers.push(
      setInterval(() => this.#tick(), TICK_MS),
      setInterval(() => this.#testify(), WITNESS_TICK_MS),
    );
  }

  /** Captures the topics; `control_name`: see `ToCapture`. Rejects where a topic cannot be taken in at all. */
  async start(topics: readonly TopicSettings[], control_name: string | null): Promise<void> {
    const [first] = topics;
    if (control_name !== null && first !== undefined) {
      const control = { ...first, topic: control_name, name: control_name, overflow: 'pause' } as const;
      this.#begun = this.#startControl(control);
    }
    await Promise.all(topics.map((topic) => this.add(topic)));
  }

  /** Takes a topic in, once an earlier one of its name is gone: resolves when its recorder is started. */
  add(settings: TopicSettings): Promise<void> {
    return this.#inTurn(settings.name, () => this.#takeIn(settings));
  }

  /** Lets a topic go in good order. @returns the messages that could not be written. */
  remove(name: string, reason: StopReason): Promise<number> {
    this.#unwanted.set(name, (this.#unwanted.get(name) ?? 0) + 1);
    return this.#inTurn(name, async () => {
      const unwritten = await this.#letGo(name, reason);
      const more = (this.#unwanted.get(name) ?? 0) - 1;
      if (more > 0) this.#unwanted.set(name, more);
      else this.#unwanted.delete(name);
      return unwritten;
    });
  }

  /** Closes all connections in good order and writes what is held. @returns the messages that could not be written. */
  async stop(reason: StopReason): Promise<number> {
    // What is being let go goes on its own way.
    const leaving = [...this.#topics.keys()].filter((name) => this.#isUnwanted(name));
    this.#stopping = true;
    const turns = leaving.map((name) => this.#turns.get(name));
    await Promise.all([...this.#feeds].map(({ feed }) => feed.stop()));
    const staying = [...this.#topics].filter(([name]) => !leaving.includes(name));
    const recorders = staying.map(([, { recorder }]) => recorder);
    const unwritten = await Promise.all([
      ...[...recorders, this.#control].map((recorder) => recorder?.finish(reason)),
      ...turns,
    ]);
    for (const timer of this.#timers) clearInterval(timer);
    return unwritten.reduce<number>((sum, count) => sum + (typeof count === 'number' ? count : 0), 0);
  }

  /** Messages in memory, not yet written. */
  get buffered(): number {
    return [...this.#topics.values()].reduce(
      (sum, { recorder }) => sum + (recorder?.recorded.buffered ?? 0),
      0,
    );
  }

  /** For the supervisor: the longest waits are those since the last report. */
  report(): Report {
    const topics = [...this.#topics.values()].map((topic) => this.#reportOf(topic));
    const { memoryBytes, cpuMs } = this.#tools;
    return { type: 'report', memory_bytes: memoryBytes(), cpu_ms: cpuMs(), topics };
  }

  #inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(name);
    const done = before === undefined ? this.#begun.then(work) : before.then(work);
    const turn = done.catch(() => {});
    this.#turns.set(name, turn);
    void turn.then(() => {
      if (this.#turns.get(name) === turn) this.#turns.delete(name);
    });
    return done;
  }

  /** The process is stopping, or the topic is to be let go as soon as it can be. */
  #isUnwanted(name: string): boolean {
    return this.#stopping || (this.#unwanted.get(name) ?? 0) > 0;
  }

  #sharedProtocol(protocol: Protocol): Protocol {
    const key = JSON.stringify(protocol);
    const shared = this.#protocols.get(key) ?? protocol;
    this.#protocols.set(key, shared);
    return shared;
  }

  async #takeIn(given: TopicSettings): Promise<void> {
    const settings = { ...given, protocol: this.#sharedProtocol(given.protocol) };
    const { name, ca_file } = settings;
    if (this.#isUnwanted(name)) return;
    this.#runs += 1;
    const topic: Topic = {
      settings,
      run: this.#runs,
      since_ms: this.#tools.now(),
      holder: null,
      recorder: null,
      feed: null,
      handle: -1,
      error: null,
    };
    this.#topics.set(name, topic);
    const isUnwanted = () => this.#isUnwanted(name);
    const waiting = (sentence: string) => {
      topic.error = sentence;
      this.#tools.log('warn', sentence, name);
    };
    topic.holder = await this.#tools.acquire(name, waiting, isUnwanted);
    if (topic.holder === null || isUnwanted()) return;
    topic.error = null;
    const ca = ca_file === null ? null : this.#tools.authorities(ca_file);
    const recorder = this.#recorderOf(settings, {
      prepared: () => {
        if (isUnwanted()) return;
        const marks = marksOf(settings.protocol, settings.topic);
        const place = this.#placeFor(settings, marks, ca);
        topic.feed = place.feed;
        topic.handle = place.feed.add(settings, recorder);
        place.marks.set(topic.handle, marks);
      },
      full: () => topic.feed?.full(recorder),
      room: () => topic.feed?.noRoomNeeded(recorder),
      pingWanted: () => topic.feed?.pingWanted(recorder),
    });
    topic.recorder = recorder;
    recorder.start();
  }

  async #letGo(name: string, reason: StopReason): Promise<number> {
    const topic = this.#topics.get(name);
    if (topic === undefined) return 0;
    await this.#leaveFeed(topic);
    const unwritten = (await topic.recorder?.finish(reason)) ?? 0;
    this.#topics.delete(name);
    await topic.holder?.release();
    return unwritten;
  }

  /** Nothing of the topic comes after that. A connection that has no other topic is closed. */
  async #leaveFeed({ feed, handle }: Topic): Promise<void> {
    const place = [...this.#feeds].find((each) => each.feed === feed);
    if (place === undefined) return;
    if (place.marks.size > 1) {
      await place.feed.remove(handle);
      place.marks.delete(handle);
      // Others may have left it at the same time.
      if (place.marks.size > 0) return;
    }
    this.#feeds.delete(place);
    await place.feed.stop();
  }

  #reportOf({ settings, run, since_ms, recorder, feed, handle, error }: Topic): TopicReport {
    const { disk_error, lost_since_ms, ...counts } = recorder?.recorded ?? NOTHING_RECORDED;
    const state = this.#stopping ? 'stopped' : 'starting';
    const waiting = { state, since_ms, reconnects: 0, silent_since_ms: null, error } as const;
    const standing = feed?.standing(handle) ?? waiting;
    const not_live =
      standing.error !== null && lost_since_ms !== null
        ? `Not captured since ${new Date(lost_since_ms).toISOString()}: ${standing.error}`
        : standing.error;
    return {
      name: settings.name,
      run,
      ...counts,
      write_ms_max: recorder?.takeLongestWait() ?? 0,
      ...standing,
      error: disk_error ?? not_live,
    };
  }

  #recorderOf(settings: TopicSettings, events: ConstructorParameters<typeof Recorder>[3]): Recorder {
    const log = (level: LogLevel, message: string) => this.#tools.log(level, message, settings.name);
    return new Recorder(settings, this.#output_dir, { ...this.#tools, log }, events);
  }

  async #startControl(settings: TopicSettings): Promise<void> {
    const { name } = settings;
    const waiting = (sentence: string) => this.#tools.log('warn', sentence, name);
    const holder = await this.#tools.acquire(name, waiting, () => this.#stopping);
    if (holder === null) return;
    const each = (tell: (feed: Feed) => void) => {
      for (const { feed, is_shared } of this.#feeds) if (is_shared) tell(feed);
    };
    const control = this.#recorderOf(settings, {
      prepared: () => {},
      full: () => {
        this.#control_full = true;
        each((feed) => feed.full(control));
      },
      room: () => {
        this.#control_full = false;
        each((feed) => feed.noRoomNeeded(control));
      },
      pingWanted: () => {},
    });
    this.#control = control;
    control.start();
  }

  /**
   * A feed that reaches its server in the same way, has a place left and no topic whose messages could be taken for
   * this one's; else a new one. A topic that no message names has a connection to itself.
   */
  #placeFor(settings: TopicSettings, marks: readonly string[], ca: readonly string[] | null): Place {
    const key = JSON.stringify(connectionSettings(settings));
    for (const place of this.#feeds) {
      const taken = [...place.marks.values()].flat();
      const is_alone = marks.length === 0 || marks.some((mark) => taken.includes(mark));
      if (!is_alone && place.key === key && place.marks.size < place.topics_max) return place;
    }
    const { protocol, name } = settings;
    const control = marks.length === 0 ? null : this.#control;
    const is_shared = control !== null;
    // Under the name of a topic that it carries then: the supervisor knows no others.
    const permit: Permit = (...asked) =>
      this.#tools.permitFor(this.#nameOn(feed) ?? name, protocol)(...asked);
    const feed = new Feed(settings, control, { ...this.#tools, ca, permit });
    const topics_max = is_shared ? (protocol.limits.topics_max ?? Number.POSITIVE_INFINITY) : 1;
    const place = { key, is_shared, topics_max, marks: new Map<number, readonly string[]>(), feed };
    this.#feeds.add(place);
    if (control !== null && this.#control_full) feed.full(control);
    return place;
  }

  #nameOn(feed: Feed): string | undefined {
    for (const [name, topic] of this.#topics) if (topic.feed === feed && !this.#isUnwanted(name)) return name;
    return undefined;
  }

  #tick(): void {
    for (const { feed } of this.#feeds) feed.tick();
    for (const { recorder } of this.#topics.values()) recorder?.tick();
    this.#control?.tick();
  }

  #testify(): void {
    for (const { recorder, feed } of this.#topics.values()) recorder?.testify(feed?.reading ?? true);
    this.#control?.testify(true);
    for (const { feed } of this.#feeds) feed.look();
  }
}

/** What topics must have alike to share a connection: of their flush intervals no more than the pauses that they allow. */
function connectionSettings(
  settings: TopicSettings,
): Omit<ConnectionSettings, 'flush_interval_ms'> & { readonly held_back_ms: number } {
  const { ws_url, protocol, headers, compression, max_message_bytes } = settings;
  const { ping_interval_ms, stale_after_ms, flush_interval_ms, ca_file, proxy, fast_path } = settings;
  return {
    ws_url,
    protocol,
    headers,
    compression,
    max_message_bytes,
    ping_interval_ms,
    stale_after_ms,
    held_back_ms: heldBackMs(flush_interval_ms),
    ca_file,
    proxy,
    fast_path,
  };
}
