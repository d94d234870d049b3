// How a feed speaks on one connection besides the data: what it says first, what it answers, what it says unasked, and
// how it packs it all. Bybit v5's way is here; whoever starts a feed may give it another.

import { randomUUID } from 'node:crypto';
import { answerRequest } from './requests.js';
import type { Source } from './source.js';

export interface Said {
  readonly text: string;
  /** What `on_send` is told; null: the first topic of the connection, and nothing while it has none. */
  readonly topic: string | null;
}

/** What a request changes, and what is said to it. */
export interface Answer {
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  readonly said: readonly Said[];
}

/** Said unasked from the first subscription on, and again and again, but not while the feed is paused. */
export interface Beat {
  readonly every_ms: number;
  /** Null: the client has not kept up its side, and is cut. */
  say(subscribed: ReadonlySet<string>): readonly Said[] | null;
}

export interface Speech {
  /** The connection is open. */
  greet(): Answer;
  /** Never throws, whatever the client says. */
  hear(text: string, subscribed: ReadonlySet<string>): Answer;
  readonly beats: readonly Beat[];
  /** What a binary frame holds for a message; null: messages go out in text frames. */
  readonly pack: ((message: Buffer) => Buffer) | null;
}

/** A new one for each connection; `url`: the path and query with which it came. */
export type Speak = (url: string) => Speech;

export const NO_ANSWER: Answer = { subscribe: [], unsubscribe: [], said: [] };

/** Bybit v5's, for the topics of `source`. */
export function bybitSpeech(source: Pick<Source, 'serves'>): Speech {
  const conn_id = randomUUID();
  return {
    greet: () => NO_ANSWER,
    hear: (request, subscribed) => {
      const serves = (topic: string) => source.serves(topic);
      const { text, ...changes } = answerRequest(request, { conn_id, subscribed, serves });
      return { ...changes, said: [{ text, topic: null }] };
    },
    beats: [],
    pack: null,
  };
}
