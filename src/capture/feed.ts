// A feed: one connection and the topics that it carries. It gives each message to the recorder of its topic, and what
// the connection knows (it is read empty, a ping was answered, the server closed) to all of them.
//
// With one topic every message is its. Where topics share a connection a message finds its topic by its beginning, else
// by what it says (router.ts), and one of no topic goes to the control recorder.
//
// It promises: messages of a topic reach its recorder in their order; while one recorder is full nothing is read; what
// concerns all of them, such as a frame that became no message, is told to each.

import { errorMessage } from '../shared/errors.js';
import type { LogLevel } from '../shared/ipc.js';
import { renderPrefix } from '../shared/protocol-speech.js';
import type { TopicSettings } from '../shared/settings.js';
import type { TopicState } from '../shared/status.js';
import { partsOf } from '../shared/topic-names.js';
import { within } from '../shared/within.js';
import { beginsWith } from './begins-with.js';
import { Connection, type ConnectionTools, type LossReason, type Runs } from './connection.js';
import type { Recorder } from './recorder.js';
import { Router } from './router.js';
import { SharedPings } from './shared-pings.js';
import { Subscriptions } from './subscriptions.js';
import { unpack } from './unpack.js';

/** A topic that is let go may wait so long for the proof that nothing of it is on its way. */
const PROOF_MS_MAX = 2_000;

interface Carried {
  readonly settings: TopicSettings;
  readonly recorder: Recorder;
  /** A message of data came since the last tick. */
  heard: boolean;
  /** How long none came while it was live and we read. */
  silent_ms: number;
  /** It was told, and subscribed again. */
  silence_told: boolean;
  proved: () => void;
}

/** Where a topic stands. */
export interface Standing {
  readonly state: TopicState;
  readonly since_ms: number;
  readonly reconnects: number;
  readonly silent_since_ms: number | null;
  readonly error: string | null;
}

export interface FeedTools extends ConnectionTools {
  /** `name`: the topic's; null: it concerns all of them. */
  log(level: LogLevel, message: string, name: string | null): void;
}

export class Feed {
  readonly #settings: TopicSettings;
  readonly #tools: FeedTools;
  readonly #connection: Connection;
  readonly #subscriptions: Subscriptions;
  /** What messages of no topic are for; null: the feed carries one topic, and every message is its. */
  readonly #control: Recorder | null;
  readonly #router: Router;
  /** By the handles of the subscriptions. */
  readonly #carried = new Map<number, Carried>();
  /** The only topic of a feed that is not shared. */
  #only: Carried | null = null;
  readonly #full = new Set<Recorder>();
  readonly #pings = new SharedPings<Recorder>((number) => this.#connection.ping(number));
  #stopped: Promise<void> | null = null;
  readonly #prefix: Buffer;
  /** Whether there is a message that must be seen while live, and no beginning tells it from data. */
  readonly #examines_all: boolean;

  /** `settings`: of its first topic, which tell how the server is reached. */
  constructor(settings: TopicSettings, control: Recorder | null, tools: FeedTools) {
    this.#settings = settings;
    this.#tools = tools;
    this.#control = control;
    const { protocol, topic } = settings;
    this.#router = new Router(protocol, []);
    this.#prefix = Buffer.from(renderPrefix(protocol, { ...partsOf(protocol, topic), topic }));
    this.#examines_all = this.#prefix.length === 0 && protocol.answer.length + protocol.closing.length > 0;
    const log = (level: LogLevel, message: string) => tools.log(level, message, this.#nameForAll);
    this.#connection = new Connection(settings, tools, this.#runs(), {
      opened: () => this.#subscriptions.opened(),
      pingDue: () => this.#pingDue(),
      message: (bytes, is_binary, received_ms) => this.#received(bytes, is_binary, received_ms),
      lines: (bytes, count, handle, received_ms) => {
        const carried = this.#only ?? this.#carried.get(handle);
        if (carried === undefined) return;
        carried.heard = true;
        carried.recorder.takeLines(bytes, count, received_ms);
      },
      lost: (reason) => this.#lost(reason),
      closed: (asked, since_read_ms) =>
        this.#each(({ recorder, proved }) => {
          recorder.closed(asked, since_read_ms);
          proved();
        }),
      pong: (number) => this.#pong(number),
      log,
    });
    this.#subscriptions = new Subscriptions(
      protocol,
      this.#router,
      {
        now: tools.now,
        send: (text) => this.#connection.send(text),
        permit: tools.permit,
        downSince: () => this.#connection.down_since_ms,
      },
      {
        live: (handle) => this.#live(handle),
        rejected: (handle) => this.#carried.get(handle)?.recorder.lost('rejected'),
        allRejected: (sentence) => this.#connection.reject(sentence),
        unconfirmed: (sentence) => this.#connection.end(sentence, 'disconnected'),
        closing: (words) => this.#connection.replace(words),
        log: (level, message, handle) =>
          tools.log(
            level,
            message,
            handle === null ? this.#nameForAll : (this.#carried.get(handle)?.settings.name ?? null),
          ),
      },
    );
  }

  /** Takes a topic in, whose recorder is prepared, and connects if it is the first. Returns its handle. */
  add(settings: TopicSettings, recorder: Recorder): number {
    const handle = this.#router.add(settings.topic);
    const carried: Carried = {
      settings,
      recorder,
      heard: false,
      silent_ms: 0,
      silence_told: false,
      proved: () => {},
    };
    this.#carried.set(handle, carried);
    if (this.#control === null) this.#only = carried;
    this.#subscriptions.add(handle, settings.topic);
    this.#connection.start(recorder.recorded.lost_since_ms);
    return handle;
  }

  /**
   * Lets a topic go while the others go on: resolves when nothing of it can come any more. Its recorder is then to be
   * finished.
   */
  async remove(handle: number): Promise<void> {
    const carried = this.#carried.get(handle);
    if (carried === undefined) return;
    const told = new Promise<void>((resolve) => this.#subscriptions.remove(handle, resolve));
    if (this.#stopped !== null) await this.#stopped;
    else if (this.#connection.state === 'open') await within(PROOF_MS_MAX, this.#provedEnd(carried, told));
    this.#router.remove(handle);
    this.#carried.delete(handle);
    this.#pings.forget(carried.recorder);
    this.noRoomNeeded(carried.recorder);
  }

  /** Resolves when a ping that was sent after the server was `told` is answered, or the connection is gone. */
  async #provedEnd(carried: Carried, told: Promise<void>): Promise<void> {
    await told;
    for (let is_new = false; !is_new && this.#connection.state === 'open'; ) {
      const proved = new Promise<void>((resolve) => {
        carried.proved = resolve;
      });
      is_new = carried.recorder.prove();
      this.#pings.send();
      await proved;
    }
  }

  /** Closes the connection in good order: everything that the server sent before its Close is handed on. */
  stop(): Promise<void> {
    this.#subscriptions.stop();
    this.#stopped ??= this.#connection.stop();
    return this.#stopped;
  }

  standing(handle: number): Standing {
    const { state, since_ms, error, reconnects } = this.#connection;
    const carried = this.#carried.get(handle);
    const is_silent = carried?.silence_told === true;
    const silent_since_ms = is_silent ? Math.floor(this.#tools.now() - carried.silent_ms) : null;
    if (state !== 'open') return { state, since_ms, error, reconnects, silent_since_ms: null };
    const subscribed = this.#subscriptions.standing(handle);
    return { ...subscribed, error: subscribed.error ?? error, reconnects, silent_since_ms };
  }

  /** A recorder is full: nothing is read until it has room. */
  full(recorder: Recorder): void {
    this.#full.add(recorder);
    if (this.#connection.paused) return;
    this.#connection.pause();
    this.#each((carried) => carried.recorder.congested());
  }

  /** The recorder has room again, or is gone. */
  noRoomNeeded(recorder: Recorder): void {
    this.#full.delete(recorder);
    if (this.#full.size === 0 && this.#connection.paused) this.#connection.resume();
  }

  /** A recorder's witness wants a ping: one is sent for all that want it, at the next `look`. */
  pingWanted(recorder: Recorder): void {
    this.#pings.want(recorder);
  }

  get reading(): boolean {
    return !this.#connection.paused;
  }

  /** Once a second. */
  tick(): void {
    const read_ms = this.#connection.tick();
    if (this.#connection.state !== 'open') return;
    this.#subscriptions.tick(read_ms);
    for (const [handle, carried] of this.#carried) this.#noteSilence(handle, carried, read_ms);
  }

  /** Twice a second, after the witnesses' ticks: asks for what they want, and looks whether the socket is read empty. */
  look(): void {
    this.#pings.send();
    this.#connection.look((quiet, since_read_ms) =>
      this.#each(({ recorder }) => recorder.looked(quiet, since_read_ms)),
    );
  }

  /** The name under which the log has what concerns all topics. */
  get #nameForAll(): string | null {
    return this.#only?.settings.name ?? null;
  }

  #each(tell: (carried: Carried) => void): void {
    for (const carried of this.#carried.values()) tell(carried);
  }

  /** How the fast way tells messages apart; null: it cannot. */
  #runs(): Runs | null {
    const router = this.#router;
    const subscriptions = () => this.#subscriptions;
    if (this.#control !== null) {
      const { begins, binds } = this.#settings.protocol;
      if (begins.length === 0 && binds === null) return null;
      return {
        topicAt: (bytes, start, end) => {
          const handle = router.begin(bytes, start, end);
          return handle >= 0 && subscriptions().isLive(handle) ? handle : -1;
        },
        takes: () => true,
      };
    }
    if (this.#examines_all) return null;
    const begins = beginsWith(this.#prefix);
    return {
      topicAt: (bytes, start, end) => (begins(bytes, start, end) && !this.#isDoubtful(this.#only) ? 0 : -1),
      takes: () => subscriptions().any_live,
    };
  }

  #received(data: Buffer, is_binary: boolean, received_ms: number): void {
    let text = data;
    if (is_binary) {
      try {
        text = unpack(this.#settings.protocol.binary, data, this.#settings.max_message_bytes);
      } catch (error) {
        this.#undecodable(data, errorMessage(error));
        return;
      }
    }
    if (this.#control === null) this.#receivedOnly(text, received_ms);
    else this.#receivedShared(text, received_ms);
  }

  /**
   * While live only messages that do not begin like data are looked into, and where nothing tells them apart none, or
   * all if there is something to be seen.
   */
  #receivedOnly(text: Buffer, received_ms: number): void {
    const carried = this.#only;
    if (carried === null) return;
    carried.recorder.take(text, received_ms);
    const is_data = !this.#examines_all && text.subarray(0, this.#prefix.length).equals(this.#prefix);
    if (is_data && this.#subscriptions.any_live)
      carried.heard ||= !this.#isDoubtful(carried) || this.#subscriptions.isData(text);
    else if (this.#subscriptions.take(text, 0)) carried.heard = true;
  }

  /** After a quiet second what begins like all else is no sign of data: it may be an answer. */
  #isDoubtful(carried: Carried | null): boolean {
    return this.#prefix.length === 0 && carried !== null && carried.silent_ms > 0 && !carried.heard;
  }

  #receivedShared(text: Buffer, received_ms: number): void {
    const router = this.#router;
    const begun = router.begin(text, 0, text.length);
    const handle = begun >= 0 ? begun : router.named(text);
    const carried = this.#carried.get(handle);
    (carried?.recorder ?? this.#control)?.take(text, received_ms);
    const is_known = begun >= 0 && this.#subscriptions.isLive(begun);
    const is_data = is_known || this.#subscriptions.take(text, handle);
    if (is_data && carried !== undefined) carried.heard = true;
  }

  /** Whose message it was nobody can tell: it is missing from all of them. */
  #undecodable(frame: Buffer, sentence: string): void {
    (this.#control ?? this.#only?.recorder)?.keepFrame(frame, sentence);
    if (this.#control !== null) this.#each(({ recorder }) => recorder.missed('undecodable'));
  }

  #live(handle: number): void {
    this.#connection.noteLive();
    const carried = this.#carried.get(handle);
    if (carried === undefined) return;
    carried.silent_ms = 0;
    carried.silence_told = false;
    this.#pings.forget(carried.recorder);
    carried.recorder.live();
  }

  #lost(reason: LossReason): void {
    this.#subscriptions.lost();
    this.#router.forget();
    this.#pings.clear();
    this.#each(({ recorder, proved }) => {
      recorder.lost(reason);
      proved();
    });
  }

  /** Protocol pings go out whether or not anybody wants an answer; where the protocol has its own, those. */
  #pingDue(): void {
    if (this.#settings.protocol.ping.length === 0) this.#connection.keepAlive();
    this.#subscriptions.ping();
  }

  #pong(number: number): void {
    const recorders = this.#pings.answered(number);
    for (const recorder of recorders) recorder.answered(this.reading);
    this.#each(({ recorder, proved }) => {
      if (recorders.includes(recorder)) proved();
    });
  }

  #noteSilence(handle: number, carried: Carried, read_ms: number): void {
    const { silent_after_ms } = carried.settings;
    if (carried.heard) {
      if (carried.silence_told) this.#tools.log('info', 'Messages come again', carried.settings.name);
      carried.silent_ms = 0;
      carried.silence_told = false;
      carried.heard = false;
      return;
    }
    if (silent_after_ms === 0 || !this.#subscriptions.isLive(handle)) return;
    carried.silent_ms += read_ms;
    if (carried.silence_told || carried.silent_ms < silent_after_ms) return;
    carried.silence_told = true;
    const seconds = Math.round(carried.silent_ms / 1000);
    this.#tools.log(
      'warn',
      `Live, but without a message for ${seconds} s: subscribing again`,
      carried.settings.name,
    );
    this.#subscriptions.askAgain(handle);
  }
}
