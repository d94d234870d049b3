// How complete what is captured is, from the ledgers, as `streamer verify` would tell it at this moment.
//
// Nothing is read before somebody asks; then each ledger is read once and followed from there. There can be a thousand
// ledgers of months: so a few are read at once, a piece at a time, and the supervisor goes on between the pieces.

import { join } from 'node:path';
import { type Gap, type LedgerLife, pageGap } from '../../shared/coverage/ledger-life.js';
import { coverageOf, type Life, lifeOf } from '../../shared/coverage/life.js';
import type { Window } from '../../shared/coverage/window.js';
import { readBootId, readMark } from '../../shared/mark.js';
import { encodeName } from '../../shared/names.js';
import type { Coverage, TopicCoverage } from '../../shared/page-data.js';
import { LedgerFollower } from './ledger-follower.js';

/** Fewer than the threads that Node reads with, so that the log need not wait behind them. */
const LEDGERS_AT_ONCE = 3;
const DAY_MS = 86_400_000;

export interface CoverageTools {
  readonly output_dir: string;
  now(): number;
  /** Whether a capture process lives that writes the topic of that name. */
  isWritten(name: string): boolean;
}

/** A topic's life at this moment, and the gaps that its ledger declares, in the order in which it does. */
export interface TopicLife {
  readonly life: Life;
  readonly declared: readonly Gap[];
}

export class LedgerCoverage {
  readonly #tools: CoverageTools;
  /** By name. */
  readonly #followers = new Map<string, LedgerFollower>();
  readonly #boot_id = readBootId();

  constructor(tools: CoverageTools) {
    this.#tools = tools;
  }

  /** Of the topics of these names, in their order. Throws the system's error where a ledger cannot be read. */
  async of(names: readonly string[], window: Window): Promise<Coverage> {
    const topics = new Map<string, TopicCoverage>();
    await eachOf(names, async (name) => {
      const { life, declared } = await this.lifeOf(name);
      const { from_ms, to_ms } = life;
      const gaps = coverageOf(life, declared, window).gaps.map(pageGap);
      topics.set(name, { name, from_ms, to_ms, gaps: gaps.sort((a, b) => a.from_ms - b.from_ms) });
    });
    return { at_ms: this.#tools.now(), topics: names.flatMap((name) => topics.get(name) ?? []) };
  }

  /**
   * How many gaps of these topics, all that there are, reach into the present UTC day. What is known of others is
   * forgotten. Throws the system's error where a ledger cannot be read.
   */
  async gapsToday(names: readonly string[]): Promise<number> {
    const all = new Set(names);
    for (const name of this.#followers.keys()) if (!all.has(name)) this.#followers.delete(name);
    const now_ms = this.#tools.now();
    const today: Window = { from_ms: now_ms - (now_ms % DAY_MS), to_ms: Number.POSITIVE_INFINITY };
    let count = 0;
    await eachOf(names, async (name) => {
      const { life, declared } = await this.#judge(name, false);
      count += coverageOf(life, declared, today).gaps.length;
    });
    return count;
  }

  /** Throws the system's error where the ledger cannot be read. */
  lifeOf(name: string): Promise<TopicLife> {
    return this.#judge(name, true);
  }

  /** `with_end`: also up to when a topic that is live is vouched for. Without it a thousand marks are not read. */
  async #judge(name: string, with_end: boolean): Promise<TopicLife> {
    const { now, isWritten } = this.#tools;
    const was_written = isWritten(name);
    // Before the ledger, which has each gap before the mark moves past its start.
    const mark = with_end || !was_written ? await readMark(this.#pathOf(name, 'mark')) : null;
    const boot_id = await this.#boot_id;
    const ledger = await this.#follow(name);
    const is_written = isWritten(name) || (was_written && !ledger.has_stopped);
    return { life: lifeOf(ledger, { mark, boot_id, is_written, now_ms: now() }), declared: ledger.gaps };
  }

  #follow(name: string): Promise<LedgerLife> {
    let follower = this.#followers.get(name);
    if (follower === undefined) {
      follower = new LedgerFollower(this.#pathOf(name, 'ledger'), `${encodeName(name)}.ledger`);
      this.#followers.set(name, follower);
    }
    return follower.catchUp();
  }

  #pathOf(name: string, kind: 'ledger' | 'mark'): string {
    return join(this.#tools.output_dir, `${encodeName(name)}.${kind}`);
  }
}

/** Works on all, a few at once. */
async function eachOf(names: readonly string[], work: (name: string) => Promise<void>): Promise<void> {
  const left = names.values();
  const workers = Array.from({ length: LEDGERS_AT_ONCE }, async () => {
    for (const name of left) await work(name);
  });
  await Promise.all(workers);
}
