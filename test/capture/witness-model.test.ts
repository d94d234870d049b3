// The witness against a model of everything around it: a server that sends, a network in which messages wait, a
// process that reads, pauses and stands still, a disk that is behind, a ledger that refuses, a clock that is set.
// Whatever happens in whatever order, if everything died at this moment, each message that is not in the files was sent after the mark
// or lies in a gap of the ledger.

import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Ledger, NewRecord } from '../../src/capture/ledger.js';
import type { MarkFile } from '../../src/capture/mark.js';
import { Witness } from '../../src/capture/witness.js';
import type { Mark } from '../../src/shared/mark.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const START_MS = 1_800_000_000_000;
const TICK_MS = 500;
/** What the kernel keeps for us while we do not read; beyond that the server's messages wait in the network. */
const KERNEL_ITEMS = 20;

type Item = { readonly sent_ms: number; ready_at: number; readonly is: 'message' | 'pong' | 'close' };

class World {
  #next_tick = TICK_MS;
  readonly #network: Item[] = [];
  readonly #kernel: Item[] = [];
  /** Messages that are not written: read already, or dropped, or lost with a connection. */
  #unwritten: number[] = [];
  readonly #gone: number[] = [];
  #pushed = 0;
  #written = 0;
  #last_read_at = 0;
  #set_ms = 0;
  /** Messages that the server sends in each turn, and whether the disk keeps up. */
  rate = 0;
  writes = true;
  paused = false;
  drops = false;
  latency_ms = 0;
  /** What is on the disk, and what the ledger has not taken yet. */
  #mark: Mark | null = null;
  readonly #gaps: { from_ms: number; to_ms: number }[] = [];
  readonly #waiting: NewRecord[] = [];
  refuses = false;
  readonly #began = performance.now();
  readonly #witness: Witness;

  constructor() {
    const ledger = {
      record: (...records: NewRecord[]) => {
        this.#waiting.push(...records);
        this.flush();
      },
    } as unknown as Ledger;
    Object.defineProperty(ledger, 'settled', { get: () => this.#waiting.length === 0 });
    Object.assign(ledger, { flushed: async () => {}, replay: async () => {} });
    const mark = {
      read: async () => null,
      write: (mark: Mark) => {
        this.#mark = mark;
      },
    } as unknown as MarkFile;
    this.#witness = new Witness(ledger, mark, {
      now: () => this.now,
      uptime: () => performance.now(),
      boot_id: 'this',
      pid: 1,
      pings_only: false,
      ping: () => this.#server('pong', this.latency_ms),
      gap: () => {},
    });
  }

  static async live(): Promise<World> {
    const world = new World();
    await world.#witness.open();
    world.live();
    return world;
  }

  get now(): number {
    return START_MS + this.#set_ms + performance.now() - this.#began;
  }

  /** The wall clock is set by so much; once: what is set and set back before anybody looks is noticed by nobody. */
  set(by_ms: number): void {
    if (this.#set_ms === 0) this.#set_ms = by_ms;
  }

  /** The ledger takes what waits, if it does. */
  flush(): void {
    if (this.refuses) return;
    for (const record of this.#waiting.splice(0)) {
      if (record.kind === 'gap') this.#gaps.push({ from_ms: record.from_ms, to_ms: record.to_ms });
    }
  }

  live(): void {
    this.#witness.live('ws://x', this.#pushed);
  }

  send(count: number): void {
    for (let n = 0; n < count; n += 1) this.#server('message');
  }

  /** The server sends: things arrive in their order, after a time on the way. */
  #server(is: Item['is'], after_ms = 0): void {
    if ([...this.#kernel, ...this.#network].some((item) => item.is === 'close')) return;
    const arrives_at = performance.now() + after_ms + this.latency_ms;
    const ready_at = Math.max(arrives_at, this.#network.at(-1)?.ready_at ?? 0);
    this.#network.push({ is, sent_ms: this.now + after_ms, ready_at });
  }

  #arrive(is_held = this.paused): void {
    for (let item = this.#network[0]; item !== undefined; item = this.#network[0]) {
      const is_full = is_held && this.#kernel.length >= KERNEL_ITEMS;
      // Once there is room it takes a while until more comes.
      if (is_full) item.ready_at = Math.max(item.ready_at, performance.now() + this.latency_ms);
      if (is_full || item.ready_at > performance.now()) return;
      this.#kernel.push(item);
      this.#network.shift();
    }
  }

  /** Reads so many things; whether there were any. */
  read(count: number): boolean {
    this.#arrive();
    if (this.paused || this.#kernel.length === 0) return false;
    this.#last_read_at = performance.now();
    for (const { is, sent_ms } of this.#kernel.splice(0, count)) {
      if (is === 'close') {
        this.#witness.closed(false, performance.now() - this.#last_read_at, this.#pushed);
        this.#lose('disconnected', sent_ms);
        return true;
      }
      if (is === 'pong') this.#witness.answered(this.#pushed, !this.paused);
      else if (this.drops) {
        this.#gone.push(sent_ms);
        this.#witness.missed('overflow');
      } else {
        this.#unwritten.push(sent_ms);
        this.#pushed += 1;
      }
    }
    return true;
  }

  write(count: number): void {
    this.#written += this.#unwritten.splice(0, count).length;
  }

  /** The event loop turns each 20 ms; what the recorder does twice a second is done when it is due. */
  pass(ms: number, reads: number): void {
    for (let passed = 0; passed < ms; passed += 20) {
      vi.advanceTimersByTime(20);
      this.send(this.rate);
      this.read(reads);
      if (this.writes) this.write(Number.POSITIVE_INFINITY);
      if (performance.now() - this.#began >= this.#next_tick) this.#tick(reads);
    }
  }

  standStill(ms: number): void {
    for (let passed = 0; passed < ms; passed += 20) {
      vi.advanceTimersByTime(20);
      this.send(this.rate);
      this.#arrive(true);
    }
  }

  #tick(reads: number): void {
    this.#next_tick = performance.now() - this.#began + TICK_MS;
    this.#witness.tick(this.#written, !this.paused);
    if (this.paused) return;
    this.read(reads);
    const quiet = !this.read(reads);
    this.#witness.looked(quiet, performance.now() - this.#last_read_at, this.#pushed);
  }

  /** The connection breaks: what was not read is lost. */
  break(): void {
    this.#lose('disconnected', Number.POSITIVE_INFINITY);
  }

  close(): void {
    this.#server('close');
  }

  #lose(reason: 'disconnected', nothing_after_ms: number): void {
    this.#witness.lost(reason, this.#pushed);
    const from_ms = this.#witness.lost_since_ms ?? Number.POSITIVE_INFINITY;
    const dying = [...this.#kernel.splice(0), ...this.#network.splice(0)].filter(
      ({ is }) => is === 'message',
    );
    const starts_ms = [nothing_after_ms, ...dying.map(({ sent_ms }) => sent_ms)];
    // What was sent by another clock is the matter of its gap.
    if (this.#set_ms === 0) expect(from_ms).toBeLessThanOrEqual(Math.min(...starts_ms));
    this.#gone.push(...dying.map(({ sent_ms }) => sent_ms));
    this.live();
  }

  /** Where the next start begins the gap of a crash: a clock that was set meanwhile it finds by the mark. */
  #crashFrom(): number {
    if (this.#mark === null) return 0;
    const { until_ms, wall_ms, steady_ms } = this.#mark;
    const step_ms = this.now - (wall_ms + performance.now() - steady_ms);
    return Math.abs(step_ms) > 1_000 ? until_ms + Math.min(0, step_ms) : until_ms;
  }

  /** If everything died now. */
  check(): void {
    const unread = [...this.#kernel, ...this.#network].filter(({ is }) => is === 'message');
    const missing = [...this.#gone, ...this.#unwritten, ...unread.map(({ sent_ms }) => sent_ms)];
    const from_ms = this.#crashFrom();
    const undeclared = missing.filter(
      (at) => at < from_ms && !this.#gaps.some(({ from_ms, to_ms }) => from_ms <= at && at <= to_ms),
    );
    expect(undeclared).toEqual([]);
  }
}

type Step =
  | { send: number }
  | { pass: number; reads: number }
  | { write: number }
  | { stand_still: number }
  | { rate: number }
  | { writes: boolean }
  | { paused: boolean }
  | { drops: boolean }
  | { latency_ms: number }
  | { refuses: boolean }
  | { set: number }
  | { end: 'break' | 'close' };

function take(world: World, step: Step): void {
  if ('send' in step) world.send(step.send);
  else if ('pass' in step) world.pass(step.pass, step.reads);
  else if ('write' in step) world.write(step.write);
  else if ('stand_still' in step) world.standStill(step.stand_still);
  else if ('set' in step) world.set(step.set);
  else if ('end' in step) world[step.end]();
  else Object.assign(world, step);
  world.flush();
}

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ send: fc.integer({ min: 1, max: 60 }) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      pass: fc.integer({ min: 20, max: 1_200 }),
      reads: fc.constantFrom(1, 5, 1_000),
    }),
  },
  { weight: 5, arbitrary: fc.record({ write: fc.constantFrom(1, 10, 1_000) }) },
  { weight: 1, arbitrary: fc.record({ stand_still: fc.integer({ min: 800, max: 4_000 }) }) },
  { weight: 3, arbitrary: fc.record({ rate: fc.constantFrom(0, 1, 3) }) },
  { weight: 2, arbitrary: fc.record({ writes: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ paused: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ drops: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ latency_ms: fc.constantFrom(0, 100, 450) }) },
  { weight: 2, arbitrary: fc.record({ refuses: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ set: fc.constantFrom(-6_000, -1_500, 1_500, 6_000) }) },
  { weight: 1, arbitrary: fc.record({ end: fc.constantFrom('break' as const, 'close' as const) }) },
);

/** What was wrong once. */
const FOUND: readonly Step[][] = [
  // The answer to a ping that went out during a pause says nothing of what was sent after it.
  [
    { paused: true },
    { pass: 500, reads: 1 },
    { end: 'close' },
    { pass: 1_000, reads: 1 },
    { paused: false },
    { pass: 40, reads: 1 },
  ],
  // A Close behind messages that were read one by one, for nearly a second.
  [{ latency_ms: 450 }, { pass: 60, reads: 1 }, { send: 30 }, { end: 'close' }, { pass: 1_020, reads: 1 }],
];

test('whatever happens in whatever order, the mark and the gaps never tell more than is in the files', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const world = await World.live();
      for (const next of steps) {
        take(world, next);
        world.check();
      }
    }),
    { numRuns: 1000, examples: FOUND.map((steps) => [steps]) },
  );
});
