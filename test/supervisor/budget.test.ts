// Promises of the budget: never more than is allowed, however late a permit is used; the longest down first; everybody
// in the end.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Allowance } from '../../src/shared/protocol.js';
import { type Asked, Budget, MARGIN_MS, SPREAD_MS } from '../../src/supervisor/budget.js';

const START_MS = 1_000_000;

/** A budget with a clock that the test moves. */
function given(allowances: readonly Allowance[], spread_ms = 0) {
  const clock = { ms: START_MS };
  const budget = new Budget<Asked>(allowances, spread_ms, () => clock.ms);
  let id = 0;
  return {
    clock,
    budget,
    /** `down_ms`: for how long. */
    ask(topic: string, down_ms = 0, count = 1) {
      id += 1;
      budget.ask({ topic, id, count, down_since: clock.ms - down_ms });
      return id;
    },
    /** Those whose turn it is; they go at once. */
    go() {
      const granted = budget.grant();
      for (const asked of granted) budget.went(asked.topic, asked.id);
      return granted.map(({ topic }) => topic);
    },
  };
}

test('a window gives its count, and the next permit when the first one is older than the window and the margin', () => {
  const { ask, go, budget, clock } = given([{ count: 2, ms: 1_000 }]);
  for (const topic of ['a', 'b', 'c']) ask(topic);
  expect(go()).toEqual(['a', 'b']);
  expect(budget.wait_ms()).toBe(1_000 + MARGIN_MS);
  clock.ms += 1_000 + MARGIN_MS - 1;
  expect(go()).toEqual([]);
  clock.ms += 1;
  expect(go()).toEqual(['c']);
  expect(budget.wait_ms()).toBe(Number.POSITIVE_INFINITY);
});

test('of several allowances each holds', () => {
  const { ask, go, clock } = given([
    { count: 3, ms: 60_000 },
    { count: 2, ms: 1_000 },
  ]);
  for (const topic of ['a', 'b', 'c', 'd']) ask(topic);
  expect(go()).toEqual(['a', 'b']);
  clock.ms += 1_000 + MARGIN_MS;
  expect(go()).toEqual(['c']);
  clock.ms += 1_000 + MARGIN_MS;
  expect(go()).toEqual([]);
  clock.ms = START_MS + 60_000 + MARGIN_MS;
  expect(go()).toEqual(['d']);
});

test('a permit counts from when it is used, not from when it was given', () => {
  const { ask, go, budget, clock } = given([{ count: 1, ms: 1_000 }]);
  const late = ask('late');
  ask('next');
  expect(budget.grant()).toMatchObject([{ topic: 'late' }]);
  clock.ms += 60_000;
  expect(go()).toEqual([]);
  expect(budget.wait_ms()).toBe(Number.POSITIVE_INFINITY);
  budget.went('late', late);
  expect(budget.wait_ms()).toBe(1_000 + MARGIN_MS);
  clock.ms += 1_000 + MARGIN_MS;
  expect(go()).toEqual(['next']);
});

test('the longest down goes first, then who came first, and what keeps a connection alive before all', () => {
  const { ask, go, budget, clock } = given([{ count: 1, ms: 1_000 }]);
  ask('first');
  expect(go()).toEqual(['first']);
  ask('short', 10);
  ask('long', 500);
  ask('long too', 500);
  budget.ask({ topic: 'ping', id: 99, count: 1, down_since: Number.NEGATIVE_INFINITY });
  const order = [];
  for (let i = 0; i < 4; i += 1) {
    clock.ms += 1_000 + MARGIN_MS;
    order.push(...go());
  }
  expect(order).toEqual(['ping', 'long', 'long too', 'short']);
});

test('who had its turn and is down still goes behind all that were down by then', () => {
  const { ask, go, clock } = given([{ count: 1, ms: 1_000 }]);
  ask('hopeless', 1_000_000);
  ask('other', 100);
  expect(go()).toEqual(['hopeless']);
  ask('hopeless', 1_000_000);
  clock.ms += 1_000 + MARGIN_MS;
  expect(go()).toEqual(['other']);
});

test('several messages are asked for at once, and nobody who wants fewer overtakes', () => {
  const { ask, go, clock } = given([{ count: 5, ms: 1_000 }]);
  ask('three', 3, 3);
  ask('four', 2, 4);
  ask('one', 1, 1);
  expect(go()).toEqual(['three']);
  clock.ms += 1_000 + MARGIN_MS;
  expect(go()).toEqual(['four', 'one']);
});

test('an ask for more than there ever is goes when everything is free', () => {
  const { ask, go, clock } = given([{ count: 5, ms: 1_000 }]);
  ask('one', 2);
  ask('nine', 1, 9);
  expect(go()).toEqual(['one']);
  clock.ms += 1_000 + MARGIN_MS;
  expect(go()).toEqual(['nine']);
});

test('what is cancelled is forgotten: a place in the queue, or a permit that was not used', () => {
  const { ask, go, budget } = given([{ count: 1, ms: 1_000 }]);
  const unused = ask('unused');
  const queued = ask('queued');
  ask('next');
  expect(budget.grant()).toMatchObject([{ topic: 'unused' }]);
  budget.cancel('queued', queued);
  expect(go()).toEqual([]);
  budget.cancel('unused', unused);
  expect(go()).toEqual(['next']);
});

test('a permit that was used cannot be given back', () => {
  const { ask, go, budget } = given([{ count: 1, ms: 1_000 }]);
  const used = ask('used');
  ask('next');
  expect(go()).toEqual(['used']);
  budget.cancel('used', used);
  expect(go()).toEqual([]);
});

test('of a process that died nothing waits, and the permit that it had counts from its death', () => {
  const { ask, go, budget, clock } = given([{ count: 1, ms: 1_000 }]);
  ask('dead');
  ask('dead');
  ask('next');
  expect(budget.grant()).toMatchObject([{ topic: 'dead' }]);
  clock.ms += 5_000;
  budget.forget('dead');
  clock.ms += 1_000 + MARGIN_MS - 1;
  expect(go()).toEqual([]);
  clock.ms += 1;
  expect(go()).toEqual(['next']);
});

test('who goes without a permit leaves the queue and is counted', () => {
  const { ask, go, budget, clock } = given([{ count: 1, ms: 1_000 }]);
  ask('first');
  go();
  clock.ms += 900;
  budget.went('alone', ask('alone'));
  ask('next');
  clock.ms += 1_000 + MARGIN_MS - 1;
  expect(go()).toEqual([]);
  clock.ms += 1;
  expect(go()).toEqual(['next']);
});

test('connects are spread a little, but never by more than the allowance itself spreads them', () => {
  const wide = given([{ count: 500, ms: 300_000 }], SPREAD_MS);
  wide.ask('a');
  wide.ask('b');
  expect(wide.go()).toEqual(['a']);
  expect(wide.budget.wait_ms()).toBe(SPREAD_MS);
  const quick = given([{ count: 1_000, ms: 1_000 }], SPREAD_MS);
  quick.ask('a');
  quick.ask('b');
  quick.go();
  expect(quick.budget.wait_ms()).toBe(1);
});

test('a flood of asks of one topic is cut, and an ask that comes twice is one', () => {
  const { budget, ask } = given([{ count: 1, ms: 1_000 }]);
  for (let i = 0; i < 1_000; i += 1) ask('flood');
  expect(budget.waiting).toHaveLength(100);
  const [asked] = budget.waiting;
  if (asked !== undefined) budget.ask({ ...asked, topic: 'other' });
  if (asked !== undefined) budget.ask({ ...asked, topic: 'other' });
  expect(budget.waiting).toHaveLength(101);
});

const TOPICS = ['a', 'b', 'c', 'd', 'e', 'f'];

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      ask: fc.constantFrom(...TOPICS),
      down_ms: fc.integer({ min: 0, max: 3_000 }),
      count: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ pass_ms: fc.integer({ min: 0, max: 900 }) }) },
  // The oldest permit is used, and the server counts it so much later.
  { weight: 5, arbitrary: fc.record({ arrives_after_ms: fc.integer({ min: 0, max: MARGIN_MS }) }) },
  { weight: 1, arbitrary: fc.record({ cancel: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ dies: fc.constantFrom(...TOPICS) }) },
);

const allowance = fc.record({
  count: fc.integer({ min: 3, max: 6 }),
  ms: fc.integer({ min: 1, max: 2_000 }),
});

test('whatever is asked, cancelled, used late or never, no window at the server ever holds more than is allowed', () => {
  fc.assert(
    fc.property(
      fc.array(allowance, { minLength: 1, maxLength: 2 }),
      fc.array(step, { maxLength: 120, size: 'max' }),
      (allowances, steps) => {
        const { budget, ask, clock } = given(allowances, SPREAD_MS);
        const unused: Asked[] = [];
        const arrivals: { at: number; count: number }[] = [];
        for (const s of steps) {
          if ('ask' in s) ask(s.ask, s.down_ms, s.count);
          else if ('pass_ms' in s) clock.ms += s.pass_ms;
          else if ('arrives_after_ms' in s) {
            const used = unused.shift();
            if (used === undefined) continue;
            budget.went(used.topic, used.id);
            arrivals.push({ at: clock.ms + s.arrives_after_ms, count: used.count });
          } else if ('cancel' in s) {
            const asked = budget.waiting[s.cancel] ?? unused.shift();
            if (asked !== undefined) budget.cancel(asked.topic, asked.id);
          } else {
            // In its last moment it used all that it had.
            for (const { topic, count } of unused)
              if (topic === s.dies) arrivals.push({ at: clock.ms, count });
            const left = unused.filter(({ topic }) => topic !== s.dies);
            unused.splice(0, unused.length, ...left);
            budget.forget(s.dies);
          }
          unused.push(...budget.grant());
        }
        for (const { count: count_max, ms } of allowances) {
          for (const { at: end } of arrivals) {
            const inside = arrivals.filter(({ at }) => at > end - ms && at <= end);
            expect(inside.reduce((sum, { count }) => sum + count, 0)).toBeLessThanOrEqual(count_max);
          }
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('whoever waits, the longest down of those that had no turn yet goes next', () => {
  const asks = fc.array(fc.record({ down_ms: fc.nat(5_000), after_ms: fc.nat(300) }), {
    maxLength: 40,
    size: 'max',
  });
  fc.assert(
    fc.property(allowance, asks, (limit, list) => {
      const { budget, ask, go, clock } = given([limit]);
      list.forEach(({ down_ms, after_ms }, i) => {
        clock.ms += after_ms;
        ask(`t${i}`, down_ms);
        const before = [...budget.waiting];
        const gone = go();
        const first = [...before].sort((a, b) => a.down_since - b.down_since || a.id - b.id);
        expect(gone).toEqual(first.slice(0, gone.length).map(({ topic }) => topic));
      });
    }),
  );
});

test('nobody starves: each of the others goes at most once before it, however long they say that they are down', () => {
  fc.assert(
    fc.property(
      allowance,
      fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 20 }),
      fc.nat(1_000),
      (limit, others, down_ms) => {
        const { budget, ask, go, clock } = given([limit]);
        others.forEach((ms, i) => {
          ask(`other ${i}`, ms);
        });
        clock.ms += 1;
        ask('patient', down_ms);
        const order: string[] = [];
        while (!order.includes('patient')) {
          const gone = go();
          order.push(...gone);
          for (const topic of gone) if (topic !== 'patient') ask(topic, 1_000_000);
          clock.ms += Math.min(budget.wait_ms(), 10_000);
          expect(order.length).toBeLessThan(500);
        }
        expect(order.indexOf('patient')).toBeLessThanOrEqual(others.length);
      },
    ),
  );
});
