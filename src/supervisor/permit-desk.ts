// Where the captures ask before they connect or send: one budget for each host and kind, under the limits of the
// topics' own protocols. What a host is and allows is read from the settings, never from what a capture says.
//
// It promises: each ask is answered at once, and again each second while it waits; the permit comes as soon as the
// budget has it.

import type { Ask, PermitAnswer, PermitMessage } from '../shared/ipc.js';
import { allowancesOf, type PermitKind } from '../shared/limits.js';
import type { Allowance } from '../shared/protocol.js';
import type { TopicSettings } from '../shared/settings.js';
import { type Asked, Budget, SPREAD_MS } from './budget.js';

interface AskedHere extends Asked {
  answer(answer: PermitAnswer): void;
}

interface Counter {
  /** The allowances, as text. */
  readonly limits: string;
  readonly budget: Budget<AskedHere>;
  timer: NodeJS.Timeout | undefined;
}

const KINDS: readonly PermitKind[] = ['connect', 'request'];

export class PermitDesk {
  readonly #counters = new Map<string, Counter>();

  /** Takes the limits of these topics. Who waits under limits that are as before goes on waiting. */
  setTopics(topics: readonly TopicSettings[]): void {
    for (const kind of KINDS) {
      for (const [host, allowances] of allowancesByHost(topics, kind)) {
        const key = `${kind} ${host}`;
        const limits = JSON.stringify(allowances);
        const before = this.#counters.get(key);
        if (before?.limits === limits) continue;
        const spread_ms = kind === 'connect' ? SPREAD_MS : 0;
        const budget = new Budget<AskedHere>(allowances, spread_ms, () => performance.now());
        for (const asked of before?.budget.waiting ?? []) budget.ask(asked);
        clearTimeout(before?.timer);
        const counter = { limits, budget, timer: undefined };
        this.#counters.set(key, counter);
        serve(counter);
      }
    }
  }

  /** What a topic's capture says; `answer` reaches it. */
  take(topic: TopicSettings, message: PermitMessage, answer: (answer: PermitAnswer) => void): void {
    if (message.type === 'ask') {
      this.#ask(topic, message, answer);
      return;
    }
    for (const counter of this.#countersOf(topic)) {
      if (message.type === 'went') counter.budget.went(topic.name, message.id);
      else counter.budget.cancel(topic.name, message.id);
      serve(counter);
    }
  }

  /** The topic's capture has ended. */
  forget(topic: TopicSettings): void {
    for (const counter of this.#countersOf(topic)) {
      counter.budget.forget(topic.name);
      serve(counter);
    }
  }

  /** Once a second: tells all that wait that they are not forgotten. */
  tick(): void {
    for (const { budget } of this.#counters.values()) {
      for (const { id, answer } of budget.waiting) answer({ type: 'queued', id });
    }
  }

  #ask(
    topic: TopicSettings,
    { id, kind, count, down_since_ms }: Ask,
    answer: (answer: PermitAnswer) => void,
  ): void {
    const counter = this.#counters.get(`${kind} ${serverOf(topic.ws_url)}`);
    if (counter === undefined) {
      answer({ type: 'permit', id });
      return;
    }
    // A wall clock that was set moves those that ask after it, and all of them alike.
    const down_ms = Math.max(0, Date.now() - down_since_ms);
    const down_since = down_since_ms === 0 ? Number.NEGATIVE_INFINITY : performance.now() - down_ms;
    counter.budget.ask({ topic: topic.name, id, count, down_since, answer });
    serve(counter);
    if (counter.budget.waiting.some((w) => w.topic === topic.name && w.id === id))
      answer({ type: 'queued', id });
  }

  #countersOf({ ws_url }: TopicSettings): Counter[] {
    return KINDS.flatMap((kind) => this.#counters.get(`${kind} ${serverOf(ws_url)}`) ?? []);
  }
}

/** Gives out what there is, and comes back when there is more. */
function serve(counter: Counter): void {
  for (const { id, answer } of counter.budget.grant()) answer({ type: 'permit', id });
  clearTimeout(counter.timer);
  const wait_ms = counter.budget.wait_ms();
  if (wait_ms === Number.POSITIVE_INFINITY) return;
  counter.timer = setTimeout(() => serve(counter), Math.ceil(wait_ms));
  counter.timer.unref();
}

/** Host and port; what counts connections does not look at the path. */
function serverOf(ws_url: string): string {
  const { protocol, hostname, port } = new URL(ws_url);
  return `${hostname}:${port || (protocol === 'wss:' ? 443 : 80)}`;
}

function allowancesByHost(topics: readonly TopicSettings[], kind: PermitKind): Map<string, Allowance[]> {
  const by_host = new Map<string, Allowance[]>();
  for (const { ws_url, protocol } of topics) {
    const host = serverOf(ws_url);
    const allowances = distinct([...(by_host.get(host) ?? []), ...allowancesOf(protocol, kind)]);
    if (allowances.length > 0) by_host.set(host, allowances);
  }
  return by_host;
}

function distinct(allowances: readonly Allowance[]): Allowance[] {
  return [...new Map(allowances.map((a) => [`${a.count} ${a.ms}`, a])).values()];
}
