// Promises of the desk: what a host is and allows is read from the settings, each ask is answered at once, and the
// permit comes when there is one.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { PermitAnswer } from '../../src/shared/ipc.js';
import type { Limits } from '../../src/shared/protocol.js';
import { none } from '../../src/shared/protocols/none.js';
import type { TopicSettings } from '../../src/shared/settings.js';
import { MARGIN_MS } from '../../src/supervisor/budget.js';
import { PermitDesk } from '../../src/supervisor/permit-desk.js';
import { topicSettings } from '../testing/topic-settings.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const ONE_A_SECOND: Limits = { connects: { count: 1, ms: 1_000 } };
const TURN_MS = 1_000 + MARGIN_MS;

function topic(name: string, ws_url: string, limits: Limits = ONE_A_SECOND): TopicSettings {
  return topicSettings({ topic: name, name, ws_url, protocol: { ...none, limits } });
}

/** A desk for these topics, each of which notes its answers and goes when it may. */
function open(...topics: readonly TopicSettings[]) {
  const desk = new PermitDesk();
  desk.setTopics(topics);
  const heard: string[] = [];
  const told = (settings: TopicSettings) => (answer: PermitAnswer) => {
    heard.push(`${settings.name}${answer.id} ${answer.type}`);
    if (answer.type === 'permit') desk.take(settings, { type: 'went', id: answer.id }, told(settings));
  };
  return {
    desk,
    heard: () => heard.splice(0),
    ask(settings: TopicSettings, id = 1, kind: 'connect' | 'request' = 'connect', down_ms = 0) {
      const down_since_ms = Date.now() - down_ms;
      const { name } = settings;
      desk.take(settings, { type: 'ask', id, name, kind, count: 1, down_since_ms }, told(settings));
    },
  };
}

test('an ask is answered at once, again with each tick while it waits, and with the permit as soon as there is one', () => {
  const [a, b] = [topic('a', 'wss://x.test/1'), topic('b', 'wss://x.test/2')];
  const { desk, heard, ask } = open(a, b);
  ask(a);
  ask(b);
  expect(heard()).toEqual(['a1 permit', 'b1 queued']);
  desk.tick();
  expect(heard()).toEqual(['b1 queued']);
  vi.advanceTimersByTime(TURN_MS - 1);
  expect(heard()).toEqual([]);
  vi.advanceTimersByTime(2);
  expect(heard()).toEqual(['b1 permit']);
  desk.tick();
  expect(heard()).toEqual([]);
});

test.each([
  ['wss://x.test/a', 'wss://X.test:443/b'],
  ['ws://x.test/a', 'ws://x.test:80'],
  ['ws://x.test:443/a', 'wss://x.test/a?b=c'],
])('%s and %s are one server', (one, other) => {
  const [a, b] = [topic('a', one), topic('b', other)];
  const { heard, ask } = open(a, b);
  ask(a);
  ask(b);
  expect(heard()).toEqual(['a1 permit', 'b1 queued']);
});

test.each([
  ['wss://x.test', 'wss://x.test:8443'],
  ['wss://x.test', 'wss://y.test'],
  ['wss://x.test', 'ws://x.test'],
])('%s and %s are two', (one, other) => {
  const [a, b] = [topic('a', one), topic('b', other)];
  const { heard, ask } = open(a, b);
  ask(a);
  ask(b);
  expect(heard()).toEqual(['a1 permit', 'b1 permit']);
});

test('where topics of a server have different limits each of these holds for all', () => {
  const strict = topic('strict', 'wss://x.test');
  const lax = topic('lax', 'wss://x.test', { connects: { count: 100, ms: 1_000 } });
  const { heard, ask } = open(lax, strict);
  ask(lax, 1);
  ask(lax, 2);
  expect(heard()).toEqual(['lax1 permit', 'lax2 queued']);
});

test('connects and messages are counted apart, and where no limit is known the permit comes at once', () => {
  const a = topic('a', 'wss://x.test');
  const { heard, ask } = open(a);
  ask(a, 1);
  for (const id of [2, 3, 4]) ask(a, id, 'request');
  expect(heard()).toEqual(['a1 permit', 'a2 permit', 'a3 permit', 'a4 permit']);
});

test('the longest down goes first, and one that says that it will be down only later is down since now', () => {
  const names = ['first', 'late', 'short', 'long'];
  const topics = names.map((name) => topic(name, 'wss://x.test'));
  const [first, late, short, long] = topics as [TopicSettings, TopicSettings, TopicSettings, TopicSettings];
  const { heard, ask } = open(...topics);
  ask(first);
  ask(late, 1, 'connect', -60_000);
  ask(short, 1, 'connect', 10);
  ask(long, 1, 'connect', 5_000);
  heard();
  vi.advanceTimersByTime(3 * TURN_MS + 10);
  expect(heard()).toEqual(['long1 permit', 'short1 permit', 'late1 permit']);
});

test('a capture that has ended or wants it no longer makes room for the next', () => {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => topic(name, 'wss://x.test')) as [
    TopicSettings,
    TopicSettings,
    TopicSettings,
    TopicSettings,
  ];
  const { desk, heard, ask } = open(a, b, c, d);
  for (const settings of [a, b, c, d]) ask(settings);
  heard();
  desk.forget(b);
  desk.take(c, { type: 'cancel', id: 1 }, () => {});
  vi.advanceTimersByTime(TURN_MS + 1);
  expect(heard()).toEqual(['d1 permit']);
  expect(vi.getTimerCount()).toBe(0);
});
