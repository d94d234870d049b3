// How the demo's feed speaks as an exchange: requests are read by the preset's templates, confirmations, refusals and
// pongs are made from its rules, and the exchange's own table adds what these do not tell.
//
// It promises to say of each message whose files it belongs to where topics share a connection.

import { gzipSync } from 'node:zlib';
import { type Answer, type Beat, NO_ANSWER, type Said, type Speak, type Speech } from '../replay/speech.js';
import { CONTROL_NAME } from '../shared/names.js';
import type { AnswerRule, Preset } from '../shared/protocol.js';
import { asText, classify, parseObject } from '../shared/protocol-speech.js';
import { namesIn, namesOf } from '../shared/topic-names.js';
import type { Exchange } from './exchanges/exchange.js';
import { confirmations, messageOf, pong, refusal } from './messages.js';
import { idOf, isPing, isSame, readRequest } from './requests.js';

/** Who leaves so many of its pings unanswered is cut at the next. */
const UNANSWERED_MAX = 2;

/** `topics`: all that there are; `channelOf`: the number that is bound to each. */
export function exchangeSpeech(
  exchange: Exchange,
  topics: readonly string[],
  channelOf: (topic: string) => number,
): Speak {
  return (url) => new ExchangeSpeech(exchange, topics, channelOf, url);
}

/** The path of a topic that nobody asks for. */
export const pathOf = (topic: string): string => `/${encodeURIComponent(topic)}`;

/** A topic that the message names, else the name of the files for messages of no topic. */
export function owner(preset: Preset, topics: readonly string[], text: string): string {
  const message = parseObject(text);
  if (message === null) return CONTROL_NAME;
  const names = namesIn(preset, message);
  return topics.find((topic) => namesOf(preset, topic).some((name) => names.includes(name))) ?? CONTROL_NAME;
}

class ExchangeSpeech implements Speech {
  readonly beats: readonly Beat[];
  readonly pack: Speech['pack'];
  /** The right answers to its pings that did not come yet. */
  #awaited: string[] = [];
  #heartbeats = 0;

  constructor(
    readonly exchange: Exchange,
    readonly topics: readonly string[],
    readonly channelOf: (topic: string) => number,
    readonly url: string,
  ) {
    const { preset, heartbeat, asks } = exchange;
    const [ask] = preset.answer;
    this.pack = preset.binary === 'gzip' ? (message) => gzipSync(message) : null;
    this.beats = [
      ...(heartbeat === undefined
        ? []
        : [{ every_ms: heartbeat.every_ms, say: () => this.#beat(heartbeat.message) }]),
      ...(asks === undefined || ask === undefined
        ? []
        : [{ every_ms: asks.every_ms, say: () => this.#ask(ask, asks.also) }]),
    ];
  }

  greet(): Answer {
    const { greeting = [], preset } = this.exchange;
    // Where nothing is asked for, the URL tells what is wanted.
    const subscribe =
      preset.subscribe.length === 0 ? this.topics.filter((topic) => pathOf(topic) === this.url) : [];
    return { ...NO_ANSWER, subscribe, said: this.#say(greeting.map(asText)) };
  }

  hear(text: string): Answer {
    const { exchange, topics, channelOf } = this;
    const { preset, replies = [], confirms = () => ({}) } = exchange;
    const is_awaited = this.#awaited.some((answer) => isSame(answer, text));
    if (is_awaited) this.#awaited = [];
    const { means, answer = '' } = classify({ ...preset, answer: replies }, text);
    if (means === 'asks') return { ...NO_ANSWER, said: this.#say([answer]) };
    if (is_awaited) return NO_ANSWER;
    if (isPing(preset, text)) return { ...NO_ANSWER, said: this.#say([pong(preset)]) };
    const subscribed = readRequest(preset, 'subscribe', text, topics, channelOf);
    if (subscribed !== null) {
      const said = this.#say(confirmations(preset, subscribed, channelOf, confirms));
      return { ...NO_ANSWER, subscribe: subscribed.topics, said };
    }
    const unsubscribed = readRequest(preset, 'unsubscribe', text, topics, channelOf);
    // Presets do not know how this is confirmed.
    if (unsubscribed !== null) return { ...NO_ANSWER, unsubscribe: unsubscribed.topics };
    const words = `This is no request for what the demo has: ${topics.join(', ')}`;
    return { ...NO_ANSWER, said: this.#say([refusal(preset, idOf(preset, text), words)]) };
  }

  #say(texts: readonly (string | null)[]): Said[] {
    const { preset } = this.exchange;
    return texts.flatMap((text) =>
      text === null ? [] : [{ text, topic: owner(preset, this.topics, text) }],
    );
  }

  #beat(message: (number: number, ms: number) => object): readonly Said[] {
    this.#heartbeats += 1;
    return this.#say([asText(message(this.#heartbeats, Date.now()))]);
  }

  #ask(rule: AnswerRule, also: object): readonly Said[] | null {
    if (this.#awaited.length >= UNANSWERED_MAX) return null;
    const text = asText({ ...(messageOf(rule, {}, Date.now()) as object), ...also });
    this.#awaited.push(classify(this.exchange.preset, text).answer ?? '');
    return this.#say([text]);
  }
}
