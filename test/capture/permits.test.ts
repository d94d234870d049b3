// Promises of a capture's asks: nothing is asked where nothing is limited, and no silence keeps the topic down.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ALONE_MS_MAX, Permits, SILENCE_MS_MAX } from '../../src/capture/permits.js';
import type { PermitMessage } from '../../src/shared/ipc.js';
import type { Limits } from '../../src/shared/protocol.js';
import { none } from '../../src/shared/protocols/none.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const HALF = 0.5;

function open(limits: Limits = { connects: { count: 1, ms: 1_000 } }) {
  const sent: PermitMessage[] = [];
  const log: string[] = [];
  const gone: string[] = [];
  const permits = new Permits({
    send: (message) => void sent.push(message),
    random: () => HALF,
    log: (level, message) => void log.push(`${level} ${message}`),
  });
  const ask = (name = 'a', kind: 'connect' | 'request' = 'connect') =>
    permits.for(name, { ...none, limits })(kind, 1, 5, () => void gone.push(name));
  return { permits, sent, log, gone, ask };
}

test('where the protocol has no such limit it goes at once, and nobody is asked', () => {
  const { sent, gone, ask } = open();
  ask('a', 'request');
  expect(gone).toEqual(['a']);
  expect(sent).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test('it goes with the permit, and says so', () => {
  const { permits, sent, gone, ask, log } = open();
  ask();
  expect(sent).toEqual([{ type: 'ask', id: 1, name: 'a', kind: 'connect', count: 1, down_since_ms: 5 }]);
  expect(gone).toEqual([]);
  permits.take({ type: 'permit', id: 1 });
  expect(gone).toEqual(['a']);
  expect(sent.slice(1)).toEqual([{ type: 'went', id: 1 }]);
  permits.take({ type: 'permit', id: 1 });
  expect(gone).toEqual(['a']);
  expect(vi.getTimerCount()).toBe(0);
  expect(log).toEqual([]);
});

test('without any answer it goes alone after a while, at an instant of its own, and a late permit changes nothing', () => {
  const { permits, sent, gone, ask, log } = open();
  ask();
  vi.advanceTimersByTime(SILENCE_MS_MAX + HALF * ALONE_MS_MAX - 1);
  expect(gone).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(gone).toEqual(['a']);
  expect(sent.at(-1)).toEqual({ type: 'went', id: 1 });
  expect(log).toEqual(['warn The supervisor does not say when to connect: going on without it']);
  permits.take({ type: 'queued', id: 1 });
  permits.take({ type: 'permit', id: 1 });
  expect(gone).toEqual(['a']);
  expect(vi.getTimerCount()).toBe(0);
});

test('it waits for as long as it is told that it is in the queue', () => {
  const { permits, gone, ask, log } = open();
  ask();
  for (let s = 0; s < 600; s += 1) {
    permits.take({ type: 'queued', id: 1 });
    vi.advanceTimersByTime(1_000);
  }
  expect(gone).toEqual([]);
  permits.take({ type: 'permit', id: 1 });
  expect(gone).toEqual(['a']);
  expect(log).toEqual(['info Its turn to connect came after 600.0 s']);
});

test('a supervisor that falls silent after that keeps it no longer than one that never answered', () => {
  const { permits, gone, ask } = open();
  ask();
  vi.advanceTimersByTime(3_000);
  permits.take({ type: 'queued', id: 1 });
  vi.advanceTimersByTime(SILENCE_MS_MAX + HALF * ALONE_MS_MAX - 1);
  expect(gone).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(gone).toEqual(['a']);
});

test('an answer in the last moment is an answer', () => {
  const { permits, gone, ask } = open();
  ask();
  vi.advanceTimersByTime(SILENCE_MS_MAX + 1);
  permits.take({ type: 'queued', id: 1 });
  vi.advanceTimersByTime(SILENCE_MS_MAX - 1);
  expect(gone).toEqual([]);
});

test.each([
  ['unanswered', []],
  ['queued', ['queued' as const]],
])('what is withdrawn while it is %s is cancelled once, and starts nothing any more', (_, answers) => {
  const { permits, sent, gone, ask } = open();
  const leave = ask();
  for (const type of answers) permits.take({ type, id: 1 });
  leave();
  leave();
  permits.take({ type: 'permit', id: 1 });
  vi.advanceTimersByTime(60_000);
  expect(gone).toEqual([]);
  expect(sent.slice(1)).toEqual([{ type: 'cancel', id: 1 }]);
  expect(vi.getTimerCount()).toBe(0);
});

test('withdrawing what has gone already says nothing', () => {
  const { permits, sent, ask } = open();
  const leave = ask();
  permits.take({ type: 'permit', id: 1 });
  leave();
  expect(sent.map(({ type }) => type)).toEqual(['ask', 'went']);
});

test('each ask is answered for itself', () => {
  const { permits, gone, ask } = open({ host_requests: { count: 1, ms: 1_000 } });
  ask('a', 'request');
  ask('b', 'request');
  permits.take({ type: 'permit', id: 2 });
  expect(gone).toEqual(['b']);
  permits.take({ type: 'permit', id: 1 });
  expect(gone).toEqual(['b', 'a']);
});
