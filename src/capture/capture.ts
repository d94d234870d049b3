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
import type { ConnectionSettings } from './connection.js';
import { Feed } from './feed.js';
import type { Permit } from './permits.js';
import { type Recorded, Recorder, type RecorderTools } from './recorder.js';

const NOTHING_RECORDED: Recorded = {
  messages: 0,
  bytes: 0,
  last_message_at_ms: null,
  buffered: 0,
  dropped: 0,
  gaps: 0,
  file: null,
  disk_error: null,
  lost_since_ms: null,
};

const TICK_MS = 1_000;
const WITNESS_TICK_MS = 500;

export interface CaptureTools extends Omit<RecorderTools, 'log'> {
  random(): number;
  log(level: LogLevel, message: string, name: string | null): void;
  /** Waits until nobody else writes the topic's files; null: the process is stopping. */
  acquire(name: string, waiting: (sentence: string) => void): Promise<Holder | null>;
  /** The PEM texts to trust where the topic has a file of its own; throws the system's error. */
  authorities(ca_file: string): readonly string[];
  /** How a topic asks for permits. */
  permitFor(name: string, protocol: Protocol): Permit;
  /** Resident memory of this process. */
  memoryBytes(): number;
}

interface Topic {
  readonly settings: TopicSettings;
  readonly run: number;
  readonly since_ms: number;
  holder: Holder | null;
  recorder: Recorder | null;
  feed: Feed | null;
  handle: number;
  is_leaving: boolean;
  /** What it waits for. */
  error: string | null;
}

/** A feed, and what decides whether another topic can join it. */
interface Place {
  /** How its server is reached. */
  readonly key: string;
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
      await this.#startControl({ ...first, topic: control_name, name: control_name, overflow: 'pause' });
    }
    await Promise.all(topics.map((topic) => this.add(topic)));
  }

  /** Takes a topic in: resolves when its recorder is started. */
  async add(settings: TopicSettings): Promise<void> {
    if (this.#stopping) return;
    this.#runs += 1;
    const topic: Topic = {
      settings,
      run: this.#runs,
      since_ms: this.#tools.now(),
      holder: null,
      recorder: null,
      feed: null,
      handle: -1,
      is_leaving: false,
      error: null,
    };
    this.#topics.set(settings.name, topic);
    topic.holder = await this.#tools.acquire(settings.name, (sentence) => {
      topic.error = sentence;
      this.#tools.log('warn', sentence, settings.name);
    });
    if (topic.holder === null || topic.is_leaving || this.#stopping) return;
    topic.error = null;
    const ca = settings.ca_file === null ? null : this.#tools.authorities(settings.ca_file);
    const recorder = this.#recorderOf(settings, {
      prepared: () => {
        if (topic.is_leaving || this.#stopping) return;
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

  /** Lets a topic go in good order. @returns the messages that could not be written. */
  async remove(name: string, reason: StopReason): Promise<number> {
    const topic = this.#topics.get(name);
    if (topic === undefined) return 0;
    topic.is_leaving = true;
    await topic.feed?.remove(topic.handle);
    const unwritten = (await topic.recorder?.finish(reason)) ?? 0;
    await topic.holder?.release();
    this.#topics.delete(name);
    for (const place of this.#feeds) {
      if (place.feed === topic.feed) place.marks.delete(topic.handle);
      if (place.feed.size > 0) continue;
      this.#feeds.delete(place);
      await place.feed.stop();
    }
    return unwritten;
  }

  /** Closes all connections in good order and writes what is held. @returns the messages that could not be written. */
  async stop(reason: StopReason): Promise<number> {
    this.#stopping = true;
    await Promise.all([...this.#feeds].map(({ feed }) => feed.stop()));
    const recorders = [...this.#topics.values()].map(({ recorder }) => recorder);
    const unwritten = await Promise.all(
      [...recorders, this.#control].map((recorder) => recorder?.finish(reason)),
    );
    for (const timer of this.#timers) clearInterval(timer);
    return unwritten.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  }

  report(): Report {
    const topics = [...this.#topics.values()].map((topic) => this.#reportOf(topic));
    return { type: 'report', memory_bytes: this.#tools.memoryBytes(), topics };
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
    return { name: settings.name, run, ...counts, ...standing, error: disk_error ?? not_live };
  }

  #recorderOf(settings: TopicSettings, events: ConstructorParameters<typeof Recorder>[3]): Recorder {
    const log = (level: LogLevel, message: string) => this.#tools.log(level, message, settings.name);
    return new Recorder(settings, this.#output_dir, { ...this.#tools, log }, events);
  }

  async #startControl(settings: TopicSettings): Promise<void> {
    const holder = await this.#tools.acquire(settings.name, (sentence) =>
      this.#tools.log('warn', sentence, settings.name),
    );
    if (holder === null) return;
    const each = (tell: (feed: Feed) => void) => {
      for (const { feed } of this.#feeds) tell(feed);
    };
    const control = this.#recorderOf(settings, {
      prepared: () => {},
      full: () => each((feed) => feed.full(control)),
      room: () => each((feed) => feed.noRoomNeeded(control)),
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
      if (!is_alone && place.key === key && place.feed.size < place.topics_max) return place;
    }
    const { protocol, name } = settings;
    const control = marks.length === 0 ? null : this.#control;
    const permit = this.#tools.permitFor(name, protocol);
    const feed = new Feed(settings, control, { ...this.#tools, ca, permit });
    const topics_max = control === null ? 1 : (protocol.limits.topics_max ?? Number.POSITIVE_INFINITY);
    const place = { key, topics_max, marks: new Map<number, readonly string[]>(), feed };
    this.#feeds.add(place);
    return place;
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

function connectionSettings(settings: TopicSettings): ConnectionSettings {
  const { ws_url, protocol, headers, compression, max_message_bytes } = settings;
  const { ping_interval_ms, stale_after_ms, ca_file, proxy, fast_path } = settings;
  return {
    ws_url,
    protocol,
    headers,
    compression,
    max_message_bytes,
    ping_interval_ms,
    stale_after_ms,
    ca_file,
    proxy,
    fast_path,
  };
}
