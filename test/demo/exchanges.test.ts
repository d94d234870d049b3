// The demo's feed as each exchange, met by what the capture itself uses to ask, to understand and to tell topics apart.

import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Asked, requestsFor } from '../../src/capture/requests.js';
import { Router } from '../../src/capture/router.js';
import { Subscriptions } from '../../src/capture/subscriptions.js';
import { EXCHANGE_NAMES, stageOf } from '../../src/demo/stage.js';
import type { FeedMessage } from '../../src/replay/source.js';
import type { Said, Speech } from '../../src/replay/speech.js';
import type { Protocol } from '../../src/shared/protocol.js';
import { asText, classify, renderPrefix } from '../../src/shared/protocol-speech.js';
import { PRESET_NAMES, resolveProtocol } from '../../src/shared/protocols/index.js';
import { readTopic } from '../../src/shared/topic-form.js';
import { marksOf, partsOf } from '../../src/shared/topic-names.js';

const NOTHING = new Set<string>();
/** Messages whose beginning does not tell the topic, as the README says. */
const LOOKED_INTO = ['coinbase-exchange', 'coinbase-advanced', 'bitmex', 'gate', 'none'];
const ASKED_FOR = EXCHANGE_NAMES.filter((name) => name !== 'none');

interface Met {
  readonly preset: Protocol;
  readonly topics: readonly string[];
  readonly speech: Speech;
  readonly router: Router;
  /** By the capture, all that it sent. */
  readonly sent: string[];
  readonly live: Set<string>;
  /** By the feed, in its order; greeting and beats too. */
  readonly said: Said[];
  readonly problems: string[];
  /** The feed speaks: the capture hears it. */
  hears(said: readonly Said[]): void;
  /** The capture's requests so far are answered, and what these answers make it send. */
  converse(): void;
}

/** A capture of all topics on one connection, without sockets. */
function meet(name: string): Met {
  const stage = stageOf(name);
  const { topics } = stage;
  const preset = resolveProtocol(name, 'ws://x');
  const speech = stage.speak(stage.pathOf(topics[0] ?? ''));
  const router = new Router(preset, topics);
  const live = new Set<string>();
  const [sent, said, problems]: [string[], Said[], string[]] = [[], [], []];
  const tools = {
    now: Date.now,
    send: (text: string) => sent.push(text),
    permit: (_kind: unknown, _count: number, _since_ms: number, go: () => void) => {
      go();
      return () => {};
    },
    downSince: () => 0,
  };
  const tell = (sentence: string) => problems.push(sentence);
  const subscriptions = new Subscriptions(preset, router, tools as never, {
    live: (handle) => live.add(router.topic(handle) ?? ''),
    rejected: (handle) => tell(`rejected ${handle}`),
    allRejected: tell,
    unconfirmed: tell,
    closing: tell,
    log: (level, message) => level !== 'info' && tell(message),
  });
  for (const [handle, topic] of topics.entries()) subscriptions.add(handle, topic);
  const hears = (all: readonly Said[]) => {
    for (const one of all) {
      said.push(one);
      const bytes = Buffer.from(one.text);
      subscriptions.take(bytes, router.find(bytes));
    }
  };
  let answered = 0;
  const converse = () => {
    for (; answered < sent.length; answered += 1)
      hears(speech.hear(sent[answered] ?? '', new Set<string>()).said);
  };
  hears(speech.greet().said);
  subscriptions.opened();
  return { preset, topics, speech, router, sent, live, said, problems, hears, converse };
}

async function dataOf(name: string, count: number): Promise<FeedMessage[]> {
  const { source, topics } = stageOf(name);
  const messages: FeedMessage[] = [];
  for await (const batch of source.open(new Set(topics))) {
    messages.push(...batch);
    if (messages.length >= count) break;
  }
  return messages;
}

test('every preset can be shown', () => {
  expect([...EXCHANGE_NAMES].sort()).toEqual([...PRESET_NAMES].sort());
});

test('without an exchange it is Bybit with one process a topic', () => {
  expect(stageOf(null)).toMatchObject({ protocol: 'bybit', is_shared: false });
  expect(stageOf(null).topics).toEqual(['publicTrade.BTCUSDT', 'orderbook.50.ETHUSDT', 'tickers.SOLUSDT']);
  expect(stageOf('bybit')).toMatchObject({ protocol: 'bybit', is_shared: true });
});

describe.each(EXCHANGE_NAMES)('%s', (name) => {
  test('has several topics, written as its own, that one connection can carry', () => {
    const preset = resolveProtocol(name, 'ws://x');
    const { topics, source } = stageOf(name);
    expect(topics.length).toBeGreaterThan(2);
    for (const topic of topics) {
      expect(readTopic(preset.topic, topic), topic).not.toBeNull();
      expect(source.serves(topic)).toBe(true);
    }
    const marks = topics.flatMap((topic) => marksOf(preset, topic));
    expect(new Set(marks).size).toBe(marks.length);
    expect(marks.length > 0).toBe(name !== 'none');
    expect(topics.length).toBeLessThanOrEqual(preset.limits.topics_max ?? topics.length);
  });

  test('sends data that begins as its preset says, and is told from that of other topics', async () => {
    const { preset, topics, router, converse } = meet(name);
    converse();
    const messages = await dataOf(name, 400);
    expect(new Set(messages.map(({ topic }) => topic)).size).toBe(topics.length);
    const seen = new Set<string | null>();
    for (const { bytes, topic } of messages) {
      const text = bytes.toString();
      const prefix = renderPrefix(preset, { ...partsOf(preset, topic ?? ''), topic: topic ?? '' });
      expect(text.startsWith(prefix), text).toBe(true);
      expect(classify(preset, text).means, text).toBe('other');
      if (name === 'none') continue;
      expect(router.topic(router.find(bytes)), text).toBe(topic);
      const is_begun = router.begin(bytes, 0, bytes.length) !== -1;
      if (!LOOKED_INTO.includes(name)) expect(is_begun, text).toBe(true);
      seen.add(topic);
    }
    if (name !== 'none') expect(seen.size).toBe(topics.length);
  });

  test('never throws at what a client says, and refuses what it does not know', () => {
    const { speech, preset } = meet(name);
    const said = fc.oneof(fc.string(), fc.json(), fc.constantFrom('ping', 'null', '[]', '{}', '"x"'));
    fc.assert(fc.property(said, (text) => void speech.hear(text, NOTHING)));
    if (name === 'none') return;
    const { subscribe, said: answers } = speech.hear('{"please":"everything"}', NOTHING);
    expect(subscribe).toEqual([]);
    expect(answers.map(({ text }) => classify(preset, text).means)).toEqual(['refused']);
    expect(answers.map(({ text }) => classify(preset, text).words)).not.toContain(null);
  });
});

describe.each(ASKED_FOR)('%s', (name) => {
  test('understands the subscriptions of a capture, and confirms each topic', () => {
    const { topics, speech, sent, live, said, problems, router, converse, preset } = meet(name);
    converse();
    expect(problems).toEqual([]);
    expect([...live].sort()).toEqual([...topics].sort());
    const wanted = sent.flatMap((text) => speech.hear(text, NOTHING).subscribe);
    expect(wanted.sort()).toEqual([...topics].sort());
    for (const { text, topic } of said) {
      const found = router.find(Buffer.from(text));
      if (topic !== null) expect(router.topic(found) ?? '_control', text).toBe(topic);
      expect(['confirmed', 'pong', 'asks']).toContain(classify(preset, text).means);
    }
  });

  test('refuses a topic that it does not have, with the number of the request', () => {
    const { preset, speech, topics, sent } = meet(name);
    const unknown = (topics[0] ?? '').replace(/BTC|XBT/, 'DOGE').replace('btc', 'doge');
    const asked = [{ number: 0, topic: unknown }];
    const [request] = requestsFor(preset, 'subscribe', asked, { nextId: () => '77', now_ms: 0 });
    const { subscribe, said } = speech.hear(request?.text ?? '', NOTHING);
    // Bybit has every symbol.
    if (name === 'bybit') return expect(subscribe).toEqual([unknown]);
    expect(subscribe).toEqual([]);
    expect(said).toHaveLength(1);
    const { means, id } = classify(preset, said[0]?.text ?? '');
    expect(means).toBe('refused');
    if (request?.text.includes('77') && preset.refuse.some((rule) => rule.id !== undefined))
      expect(id).toBe('77');
    expect(sent.length).toBeGreaterThan(0);
  });

  test('repeats the number of a request where its preset looks for it', () => {
    const { preset, said, sent, converse } = meet(name);
    converse();
    const ids = said.map(({ text }) => classify(preset, text)).filter(({ means }) => means === 'confirmed');
    for (const { id } of ids) {
      if (preset.confirm[0]?.id === undefined) expect(id).toBeNull();
      else expect(sent.some((text) => text.includes(`"${id}"`) || text.includes(`:${id}`))).toBe(true);
    }
  });

  test('refuses a request as a whole that names one unknown topic among others', () => {
    const { preset, topics, speech } = meet(name);
    if (preset.batch === null || name === 'bybit') return;
    const [first = ''] = topics;
    const asked = [first, first.replace(/BTC|XBT/, 'DOGE').replace('btc', 'doge')];
    const numbered = asked.map((topic, number) => ({ number, topic }));
    const [request] = requestsFor(preset, 'subscribe', numbered, { nextId: () => '7', now_ms: 0 });
    expect(request?.topics).toEqual([0, 1]);
    const { subscribe, said } = speech.hear(request?.text ?? '', NOTHING);
    expect(subscribe).toEqual([]);
    expect(said.map(({ text }) => classify(preset, text).means)).toEqual(['refused']);
  });

  test('lets a topic go', () => {
    const { preset, topics, router, speech, converse } = meet(name);
    converse();
    const asked: Asked[] = [{ number: 1, topic: topics[1] ?? '', bound: router.bound(1) }];
    const requests = requestsFor(preset, 'unsubscribe', asked, { nextId: () => '9', now_ms: 0 });
    expect(requests).toHaveLength(1);
    const { unsubscribe } = speech.hear(requests[0]?.text ?? '', new Set(topics));
    expect(unsubscribe).toEqual([topics[1]]);
  });

  test('answers the pings of a capture', () => {
    const { preset, speech } = meet(name);
    for (const ping of preset.ping) {
      const [pong] = speech.hear(asText(ping), NOTHING).said;
      expect(classify(preset, pong?.text ?? '').means).toBe('pong');
    }
  });

  test('says unasked only what a capture knows, and its questions are answered', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { preset, speech, converse, hears, sent, problems } = meet(name);
    converse();
    for (let round = 0; round < 5; round += 1) {
      for (const { say } of speech.beats) {
        const said = say(NOTHING);
        expect(said).not.toBeNull();
        for (const { text } of said ?? []) expect(['pong', 'asks']).toContain(classify(preset, text).means);
        hears(said ?? []);
      }
      // A capture answers no faster than the exchange allows.
      vi.advanceTimersByTime(5_000);
      converse();
    }
    expect(problems).toEqual([]);
    const is_asking = preset.answer.length > 0;
    expect(sent.length).toBe((is_asking ? 5 : 0) + meet(name).sent.length);
  });
});

test.each(['htx', 'deribit'])('%s cuts who leaves two of its pings unanswered', (name) => {
  const { speech } = meet(name);
  const [beat] = speech.beats;
  expect(speech.beats).toHaveLength(1);
  expect(beat?.say(NOTHING)).toHaveLength(1);
  expect(beat?.say(NOTHING)).toHaveLength(1);
  expect(beat?.say(NOTHING)).toBeNull();
});

test("HTX's pings hold the time, and wrong answers to them do not count", () => {
  const { speech, preset } = meet('htx');
  const [beat] = speech.beats;
  const [ping] = beat?.say(NOTHING) ?? [];
  expect(ping?.text).toMatch(/^\{"ping":\d{13}\}$/);
  speech.hear('{"pong":1}', NOTHING);
  expect(beat?.say(NOTHING)).toHaveLength(1);
  expect(speech.hear(classify(preset, ping?.text ?? '').answer ?? '', NOTHING).said).toEqual([]);
  expect(beat?.say(NOTHING)).toHaveLength(1);
});

test('HTX alone packs what it says', () => {
  for (const name of EXCHANGE_NAMES) {
    const { pack } = meet(name).speech;
    const packed = pack?.(Buffer.from('{"ch":"x"}'));
    if (name === 'htx') expect(String(gunzipSync(packed ?? ''))).toBe('{"ch":"x"}');
    else expect(packed).toBeUndefined();
  }
});

test('Bitfinex gives each topic a number of its own, by which its data is known', async () => {
  const { said, topics, converse } = meet('bitfinex');
  converse();
  const bound = said.flatMap(({ text }) => JSON.parse(text).chanId ?? []);
  expect(new Set(bound).size).toBe(topics.length);
  const messages = (await dataOf('bitfinex', 400)).map(({ bytes }) => JSON.parse(String(bytes)));
  expect([...new Set(messages.map(([channel]) => channel))].sort()).toEqual(bound.sort());
  expect(messages.filter(([, what]) => what === 'hb').length).toBeGreaterThan(0);
});

test('a server that nobody asks is told by the path what is wanted', () => {
  const { topics, speak, pathOf } = stageOf('none');
  for (const topic of topics) expect(speak(pathOf(topic)).greet().subscribe).toEqual([topic]);
  for (const path of ['/', '/%zz', '/else']) expect(speak(path).greet().subscribe).toEqual([]);
});
