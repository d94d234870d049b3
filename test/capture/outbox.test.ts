// Promises of the outbox, with a clock and permits of the test's.

import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Outbox } from '../../src/capture/outbox.js';
import type { Allowance } from '../../src/shared/protocol.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Sent {
  readonly text: string;
  readonly at: number;
}

interface Asked {
  readonly down_since_ms: number;
  readonly go: () => void;
  withdrawn: boolean;
}

/** `holds`: permits wait for the test in `asks`. */
function outbox(allowance: Allowance | null, holds = false) {
  const sent: Sent[] = [];
  const asks: Asked[] = [];
  const box = new Outbox(allowance, {
    permit: (down_since_ms, go) => {
      const asked = { down_since_ms, go, withdrawn: false };
      if (holds) asks.push(asked);
      else go();
      return () => {
        asked.withdrawn = true;
      };
    },
    send: (text) => sent.push({ text, at: performance.now() }),
  });
  return { box, sent, asks, texts: () => sent.map(({ text }) => text) };
}

/** The most that was sent within any `ms`. */
function mostWithin(sent: readonly Sent[], ms: number): number {
  return Math.max(
    0,
    ...sent.map(({ at }) => sent.filter((other) => other.at >= at && other.at < at + ms).length),
  );
}

test('without an allowance all go at once, in their order', () => {
  const { box, texts } = outbox(null);
  for (let n = 0; n < 100; n += 1) box.send(`${n}`, 0);
  expect(texts()).toEqual(Array.from({ length: 100 }, (_, n) => `${n}`));
});

test('what waits is sent as the allowance lets it, a fifth of which is kept', () => {
  const { box, sent } = outbox({ count: 10, ms: 1_000 });
  for (let n = 0; n < 20; n += 1) box.send(`${n}`, 0);
  expect(sent).toHaveLength(8);
  vi.advanceTimersByTime(999);
  expect(sent).toHaveLength(8);
  vi.advanceTimersByTime(1);
  expect(sent).toHaveLength(16);
  vi.advanceTimersByTime(1_000);
  expect(sent.map(({ text }) => text)).toEqual(Array.from({ length: 20 }, (_, n) => `${n}`));
});

test('who is told that it was sent is told when it is', () => {
  const { box } = outbox({ count: 1, ms: 1_000 });
  const told: number[] = [];
  box.send('a', 0, () => told.push(1));
  box.send('b', 0, () => told.push(2));
  expect(told).toEqual([1]);
  vi.advanceTimersByTime(1_000);
  expect(told).toEqual([1, 2]);
});

test('what is urgent goes before what waits, out of the fifth that is kept', () => {
  const { box, texts } = outbox({ count: 5, ms: 1_000 });
  for (let n = 0; n < 6; n += 1) box.send(`${n}`, 0);
  box.sendFirst('ping');
  expect(texts()).toEqual(['0', '1', '2', '3', 'ping']);
  // Not even that is sent beyond the allowance; it is the first then.
  box.sendFirst('pong');
  expect(texts()).toHaveLength(5);
  vi.advanceTimersByTime(1_000);
  expect(texts()).toEqual(['0', '1', '2', '3', 'ping', 'pong', '4', '5']);
});

test('what is urgent is asked for before what waits for its permit has it, and with no time down', () => {
  const { box, asks, texts } = outbox(null, true);
  box.send('a', 7);
  box.send('b', 8);
  box.sendFirst('ping');
  box.sendFirst('pong');
  expect(asks.map(({ down_since_ms }) => down_since_ms)).toEqual([7, 0, 0]);
  asks[1]?.go();
  asks[2]?.go();
  asks[0]?.go();
  expect(texts()).toEqual(['ping', 'pong', 'a']);
  expect(asks.at(-1)?.down_since_ms).toBe(8);
});

test('what is withdrawn in time is not sent, and what has left cannot be', () => {
  const { box, texts } = outbox({ count: 1, ms: 1_000 });
  const a = box.send('a', 0);
  const b = box.send('b', 0);
  box.send('c', 0);
  expect([a(), b(), b()]).toEqual([false, true, false]);
  vi.advanceTimersByTime(1_000);
  expect(texts()).toEqual(['a', 'c']);
});

test('a permit that comes for what was withdrawn is the next one’s, or nobody’s', () => {
  const { box, asks, texts } = outbox(null, true);
  const a = box.send('a', 0);
  a();
  asks[0]?.go();
  expect(texts()).toEqual([]);
  const b = box.send('b', 0);
  box.send('c', 0);
  b();
  asks[1]?.go();
  expect(texts()).toEqual(['c']);
});

test('what waits is forgotten with the connection, and its asks are withdrawn', () => {
  const { box, asks, texts } = outbox({ count: 2, ms: 1_000 }, true);
  box.send('a', 0);
  box.sendFirst('ping');
  box.send('b', 0);
  box.clear();
  expect(asks.map(({ withdrawn }) => withdrawn)).toEqual([true, true]);
  vi.advanceTimersByTime(10_000);
  expect(texts()).toEqual([]);
  // The next connection is not held up by what the last one waited for.
  box.send('c', 0);
  asks.at(-1)?.go();
  expect(texts()).toEqual(['c']);
});

test('the next connection has the whole allowance', () => {
  const { box, texts } = outbox({ count: 1, ms: 1_000 });
  box.send('a', 0);
  box.clear();
  box.send('b', 0);
  expect(texts()).toEqual(['a', 'b']);
});

const action = fc.oneof(
  fc.record({ kind: fc.constant('send' as const) }),
  fc.record({ kind: fc.constant('first' as const) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 700 }) }),
  fc.record({ kind: fc.constant('grant' as const), which: fc.nat() }),
);

test('never more than the allowance in any window, whatever is sent and whenever the permits come, and all is sent in the end', () => {
  const given = fc.record({ count: fc.integer({ min: 1, max: 6 }), ms: fc.integer({ min: 1, max: 1_000 }) });
  fc.assert(
    fc.property(given, fc.boolean(), fc.array(action, { maxLength: 60 }), (allowance, holds, actions) => {
      const { box, sent, asks } = outbox(allowance, holds);
      const open: Asked[] = asks;
      const granted = new Set<Asked>();
      const grant = (asked: Asked | undefined) => {
        if (asked === undefined || granted.has(asked)) return;
        granted.add(asked);
        asked.go();
      };
      let ordinary = 0;
      let urgent = 0;
      for (const each of actions) {
        if (each.kind === 'send') box.send(`s${ordinary++}`, 1);
        else if (each.kind === 'first') box.sendFirst(`u${urgent++}`);
        else if (each.kind === 'wait') vi.advanceTimersByTime(each.ms);
        else grant(open.filter((asked) => !granted.has(asked))[each.which % Math.max(1, open.length)]);
      }
      for (let i = 0; i < 200 && sent.length < ordinary + urgent; i += 1) {
        for (const asked of [...open]) grant(asked);
        vi.advanceTimersByTime(allowance.ms);
      }
      expect(mostWithin(sent, allowance.ms)).toBeLessThanOrEqual(allowance.count);
      const texts = sent.map(({ text }) => text);
      const numbered = (letter: string, count: number) =>
        Array.from({ length: count }, (_, n) => `${letter}${n}`);
      expect(texts.filter((text) => text.startsWith('s'))).toEqual(numbered('s', ordinary));
      expect([...texts.filter((text) => text.startsWith('u'))].sort()).toEqual(numbered('u', urgent).sort());
    }),
    { numRuns: 300 },
  );
});
