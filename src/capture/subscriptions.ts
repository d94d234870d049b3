// The subscriptions of a connection: what is asked of the server for each topic, what it answered, and so where each
// topic stands while the connection is open.
//
//     subscribing ──confirmed, or any data of the topic──▶ live
//          │ ▲                                              │
//      refused └──the longest delay is over── rejected ◀────┘ refused
//
// It promises: every wait has a bound; a topic that is refused takes no other with it; where all are refused, or none
// is confirmed, the connection is given up. Requests go out no faster than the protocol allows.

import type { LogLevel } from '../shared/ipc.js';
import type { Protocol, Template } from '../shared/protocol.js';
import { classify, renderTemplates } from '../shared/protocol-speech.js';
import { partsOf } from '../shared/topic-names.js';
import { understand } from './answers.js';
import { CEILING_MS_MAX } from './backoff.js';
import { Outbox } from './outbox.js';
import type { Permit } from './permits.js';
import { type Asked, type Request, requestsFor } from './requests.js';
import type { Router } from './router.js';

const CONFIRM_MS_MAX = 10_000;
/** Topics that are taken in, or let go, one after the other are asked for, or taken off, together. */
const GATHER_MS = 20;
/** What comes of a topic so soon after it was taken off may come of the subscription that ends. */
const ENDING_MS_MAX = 5_000;
/** A server's words longer than this are cut. */
const WORDS_LENGTH_MAX = 200;

export interface SubscriptionsTools {
  now(): number;
  send(text: string): void;
  /** Asked before each message; see permits.ts. */
  readonly permit: Permit;
  /** Since when the connection is not what it should be, Unix milliseconds. */
  downSince(): number;
}

export interface SubscriptionsEvents {
  live(handle: number): void;
  /** The server refused a topic; the others go on. */
  rejected(handle: number): void;
  /** The server refused all topics, in its words. */
  allRejected(sentence: string): void;
  /** Nothing was confirmed in time. */
  unconfirmed(sentence: string): void;
  /** The server is about to close, in its words. */
  closing(words: string): void;
  /** `handle`: of the topic that it is about; null: all of them. */
  log(level: LogLevel, message: string, handle: number | null): void;
}

interface Subscribed {
  readonly topic: string;
  state: 'subscribing' | 'live' | 'rejected';
  since_ms: number;
  error: string | null;
  /** Whether the request has left. */
  asked: boolean;
  /** Whether one has left on this connection. */
  is_known: boolean;
  /** How long it has been in its state, or its request unanswered, while we read. */
  waited_ms: number;
}

/** A request that was sent, or is to be. */
interface Pending {
  readonly id: string;
  /** Those that it asks for and that are not answered yet. */
  readonly topics: readonly number[];
  /** Whether the answer changes anything: not where it asks again for what is live, or takes a topic off. */
  readonly counts: boolean;
  /** Takes it back; false: it has left. */
  withdraw: () => boolean;
  /** How long it has been unanswered while we read; null: it has not left. */
  waited_ms: number | null;
}

export class Subscriptions {
  readonly #protocol: Protocol;
  readonly #tools: SubscriptionsTools;
  readonly #events: SubscriptionsEvents;
  readonly #outbox: Outbox;
  readonly #router: Router;
  readonly #topics = new Map<number, Subscribed>();
  /** Not answered yet, oldest first. */
  #pending: Pending[] = [];
  #live = 0;
  /** Requests sent so far, on all connections. */
  #requests = 0;
  #is_open = false;
  #gather_timer: NodeJS.Timeout | null = null;
  #gathered: number[] = [];
  /** To be taken off. */
  #gathered_off: Asked[] = [];
  /** By topic that is let go: what is called when the server has been told. */
  readonly #telling = new Map<number, () => void>();
  /** Topics that were let go, and how long ago, counted while we read. */
  readonly #ending = new Map<string, number>();

  /** `router`: knows the topics by the same handles. */
  constructor(protocol: Protocol, router: Router, tools: SubscriptionsTools, events: SubscriptionsEvents) {
    this.#protocol = protocol;
    this.#router = router;
    this.#tools = tools;
    this.#events = events;
    this.#outbox = new Outbox(protocol.limits.requests ?? null, {
      permit: (down_since_ms, go) => tools.permit('request', 1, down_since_ms, go),
      send: tools.send,
    });
  }

  /** Takes a topic in, under a handle of its own; it is asked for as soon as the connection is open. */
  add(handle: number, topic: string): void {
    const since_ms = this.#tools.now();
    this.#topics.set(handle, {
      topic,
      state: 'subscribing',
      since_ms,
      error: null,
      asked: false,
      is_known: false,
      waited_ms: 0,
    });
    if (!this.#is_open) return;
    this.#gathered.push(handle);
    this.#gather();
  }

  /** Lets a topic go, which the router still knows. `told` is called when the server has been told, or cannot be. */
  remove(handle: number, told: () => void): void {
    const topic = this.#topics.get(handle);
    if (topic === undefined) return;
    if (topic.state === 'live') this.#live -= 1;
    this.#topics.delete(handle);
    if (!this.#is_open || !topic.is_known) told();
    else this.#telling.set(handle, told);
    if (!this.#is_open) return;
    for (const pending of this.#pending.filter(({ topics }) => topics.includes(handle))) {
      if (!pending.withdraw()) continue;
      this.#pending = this.#pending.filter((other) => other !== pending);
      this.#ask(
        pending.topics.filter((other) => other !== handle),
        !pending.counts,
      );
    }
    if (!topic.is_known) return;
    this.#ending.set(topic.topic, 0);
    this.#gathered_off.push({ number: handle, topic: topic.topic, bound: this.#router.bound(handle) });
    this.#gather();
  }

  /** The connection is open. */
  opened(): void {
    this.#is_open = true;
    for (const text of this.#render(this.#protocol.open)) this.#outbox.send(text, this.#tools.downSince());
    for (const topic of this.#topics.values()) {
      this.#enter(topic, 'subscribing');
      topic.is_known = false;
    }
    this.#live = 0;
    if (this.#protocol.subscribe.length === 0) {
      for (const handle of this.#topics.keys())
        this.#goLive(handle, 'Connected, and live: this protocol sends no subscription');
      return;
    }
    this.#events.log('info', 'Connected, subscribing', null);
    this.#ask([...this.#topics.keys()]);
  }

  /** The connection is gone. */
  lost(): void {
    this.#is_open = false;
    this.#forget();
  }

  /** No more is asked. */
  stop(): void {
    this.#forget();
  }

  isLive(handle: number): boolean {
    return this.#topics.get(handle)?.state === 'live';
  }

  get any_live(): boolean {
    return this.#live > 0;
  }

  /** Where a topic stands while the connection is open. */
  standing(handle: number): { state: Subscribed['state']; since_ms: number; error: string | null } {
    const { state = 'subscribing', since_ms = 0, error = null } = this.#topics.get(handle) ?? {};
    return { state, since_ms, error };
  }

  /** The protocol's own pings. */
  ping(): void {
    for (const text of this.#render(this.#protocol.ping)) this.#outbox.sendFirst(text);
  }

  /** Subscribes a topic that is live once more; whatever the server answers. */
  askAgain(handle: number): void {
    this.#ask([handle], true);
  }

  /** Whether a message is data, and nothing else comes of it. */
  isData(message: Buffer): boolean {
    return classify(this.#protocol, message.toString()).means === 'other';
  }

  /**
   * Looks into a message. `handle`: of the topic that it belongs to, or -1.
   * @returns whether it is data.
   */
  take(message: Buffer, handle: number): boolean {
    const text = message.toString();
    const { means, words, answer } = classify(this.#protocol, text);
    if (means === 'other') {
      const topic = this.#topics.get(handle);
      if (topic?.state === 'subscribing' && !this.#ending.has(topic.topic))
        this.#goLive(handle, 'Live: the first message came');
      return true;
    }
    if (means === 'asks') this.#outbox.sendFirst(answer ?? '');
    else if (means === 'closing') this.#events.closing(words ?? text.slice(0, WORDS_LENGTH_MAX));
    else if (means !== 'pong') this.#judge(means, message);
    return false;
  }

  /** Once a second. `read_ms`: how long we have read since. */
  tick(read_ms: number): void {
    const late: number[] = [];
    const again: number[] = [];
    for (const [handle, topic] of this.#topics) {
      topic.waited_ms += read_ms;
      if (topic.state === 'subscribing' && topic.asked && topic.waited_ms >= CONFIRM_MS_MAX)
        late.push(handle);
      if (topic.state === 'rejected' && topic.waited_ms >= CEILING_MS_MAX) again.push(handle);
    }
    for (const handle of [...late, ...again]) {
      const topic = this.#topics.get(handle);
      if (topic !== undefined) this.#enter(topic, 'subscribing');
    }
    if (late.length > 0) {
      const sentence = `The server neither confirmed the subscription nor sent a message within ${CONFIRM_MS_MAX / 1000} s`;
      if (this.#live === 0) {
        this.#events.unconfirmed(sentence);
        return;
      }
      for (const handle of late) this.#events.log('warn', `${sentence}; subscribing again`, handle);
    }
    this.#pending = this.#pending.filter((pending) => this.#waitsStill(pending, late, read_ms));
    for (const [topic, ending_ms] of this.#ending) {
      if (ending_ms + read_ms < ENDING_MS_MAX) this.#ending.set(topic, ending_ms + read_ms);
      else this.#ending.delete(topic);
    }
    if (late.length + again.length > 0) this.#ask([...late, ...again]);
  }

  /** Whether an answer to it is still expected. Where all of its topics are live without it, it has a bound as well. */
  #waitsStill(pending: Pending, late: readonly number[], read_ms: number): boolean {
    const { topics, counts } = pending;
    if (topics.every((handle) => late.includes(handle))) {
      pending.withdraw();
      return false;
    }
    if (pending.waited_ms === null) return true;
    pending.waited_ms += read_ms;
    const matters = counts && topics.some((handle) => this.#topics.get(handle)?.state === 'subscribing');
    return matters || pending.waited_ms < CONFIRM_MS_MAX;
  }

  #nextId = (): string => {
    this.#requests += 1;
    return String(this.#requests);
  };

  /** What concerns the connection; a topic that stands in it is the first. */
  #render(templates: readonly Template[]): string[] {
    const [{ topic = '' } = {}] = this.#topics.values();
    const time = String(Math.floor(this.#tools.now() / 1000));
    return templates.flatMap((template) =>
      renderTemplates([template], { ...partsOf(this.#protocol, topic), topic, id: this.#nextId(), time }),
    );
  }

  #gather(): void {
    this.#gather_timer ??= setTimeout(() => {
      this.#gather_timer = null;
      this.#takeOff(this.#gathered_off.splice(0));
      const handles = this.#gathered.splice(0).filter((gathered) => this.#topics.has(gathered));
      if (this.#protocol.subscribe.length > 0) this.#ask(handles);
      else for (const each of handles) this.#goLive(each, 'Live: this protocol sends no subscription');
    }, GATHER_MS);
  }

  #takeOff(topics: readonly Asked[]): void {
    const requests = this.#requestsFor('unsubscribe', topics);
    for (const request of requests) this.#send(request, false);
    const asked = requests.flatMap((request) => request.topics);
    // Of these it cannot be told.
    for (const { number } of topics) if (!asked.includes(number)) this.#told(number);
  }

  #ask(handles: readonly number[], is_again = false): void {
    const named = handles.flatMap((handle) => {
      const topic = this.#topics.get(handle)?.topic;
      return topic === undefined ? [] : [{ number: handle, topic }];
    });
    for (const request of this.#requestsFor('subscribe', named)) this.#send(request, !is_again);
  }

  #requestsFor(what: 'subscribe' | 'unsubscribe', topics: readonly Asked[]): Request[] {
    return requestsFor(this.#protocol, what, topics, { nextId: this.#nextId, now_ms: this.#tools.now() });
  }

  #send({ id, text, topics }: Request, counts: boolean): void {
    const pending: Pending = { id, topics, counts, withdraw: () => false, waited_ms: null };
    this.#pending.push(pending);
    pending.withdraw = this.#outbox.send(text, this.#tools.downSince(), () => {
      pending.waited_ms = 0;
      for (const handle of topics) {
        this.#asked(handle);
        this.#told(handle);
      }
    });
  }

  #told(handle: number): void {
    const told = this.#telling.get(handle);
    this.#telling.delete(handle);
    told?.();
  }

  #asked(handle: number): void {
    const topic = this.#topics.get(handle);
    if (topic === undefined) return;
    topic.is_known = true;
    if (topic.state !== 'subscribing') return;
    topic.asked = true;
    topic.waited_ms = 0;
  }

  #forget(): void {
    this.#pending = [];
    this.#outbox.clear();
    this.#gathered = [];
    this.#gathered_off = [];
    for (const handle of this.#telling.keys()) this.#told(handle);
    this.#ending.clear();
    if (this.#gather_timer !== null) clearTimeout(this.#gather_timer);
    this.#gather_timer = null;
  }

  #judge(means: 'confirmed' | 'refused', message: Buffer): void {
    const { request, id, confirmed, refused, split, words } = understand(
      this.#protocol,
      this.#router,
      message,
      this.#pending,
    );
    const said = words ?? message.toString().slice(0, WORDS_LENGTH_MAX);
    const pending = this.#pending[request];
    if (pending === undefined) {
      // One that comes late, to a request of ours that is settled, settles nothing.
      const is_late = id !== null && Number(id) >= 1 && Number(id) <= this.#requests;
      if (!is_late) this.#takeUnasked(means, said);
      return;
    }
    const told = [...confirmed, ...refused, ...split];
    const left = pending.topics.filter((handle) => !told.includes(handle));
    this.#pending.splice(request, 1, ...(left.length > 0 ? [{ ...pending, topics: left }] : []));
    if (!pending.counts) return;
    for (const handle of confirmed) {
      const waits = this.#pending.some(({ topics, counts }) => counts && topics.includes(handle));
      if (!waits && this.#topics.get(handle)?.state === 'subscribing')
        this.#goLive(handle, 'Live: the server confirmed the subscription');
    }
    // One wrong topic makes some servers refuse the whole request: each is asked for by itself.
    for (const handle of split) this.#ask([handle]);
    this.#refuse(refused, said);
  }

  /** An answer to no request of ours is meant for the topic that is alone on its connection, else for none. */
  #takeUnasked(means: 'confirmed' | 'refused', words: string): void {
    const [only, ...others] = this.#topics.keys();
    const is_alone = only !== undefined && others.length === 0;
    if (means === 'refused' && is_alone) this.#refuse([only], words);
    else if (means === 'refused')
      this.#events.log('warn', `The server refused what was not asked for: ${words}`, null);
    else if (is_alone && this.#topics.get(only)?.state === 'subscribing')
      this.#goLive(only, 'Live: the first message came');
  }

  #refuse(handles: readonly number[], words: string): void {
    const refused = handles.filter((handle) => this.#topics.has(handle));
    if (refused.length === 0) return;
    const sentence = `The server refused the subscription: ${words}`;
    const others = [...this.#topics].filter(
      ([handle, { state }]) => !refused.includes(handle) && state !== 'rejected',
    );
    if (others.length === 0) {
      this.#events.allRejected(sentence);
      return;
    }
    for (const handle of refused) {
      const topic = this.#topics.get(handle);
      if (topic === undefined) continue;
      this.#enter(topic, 'rejected');
      topic.error = sentence;
      this.#events.log('warn', `${sentence}; asking again in ${CEILING_MS_MAX / 1000} s`, handle);
      this.#events.rejected(handle);
    }
  }

  #goLive(handle: number, sentence: string): void {
    const topic = this.#topics.get(handle);
    if (topic === undefined) return;
    this.#enter(topic, 'live');
    this.#events.log('info', sentence, handle);
    this.#events.live(handle);
  }

  #enter(topic: Subscribed, state: Subscribed['state']): void {
    if (topic.state === 'live') this.#live -= 1;
    if (state === 'live') this.#live += 1;
    topic.state = state;
    topic.error = null;
    topic.asked = false;
    topic.waited_ms = 0;
    topic.since_ms = this.#tools.now();
  }
}
