// How to speak to a server, as data: a preset or a user's own object becomes one of these, is checked once
// in the supervisor and is handed to the capture process as plain JSON. No protocol has code of its own.

/** How a binary frame is packed. `text`: it holds UTF-8 text as it is. */
export type BinaryPacking = 'text' | 'gzip' | 'deflate' | 'deflate-raw';

/**
 * A JSON value to send; a string is sent as text, not as JSON. In its strings `{topic}`, `{id}` (the request's
 * number) and the parts of the topic stand for their values. A string that is exactly `{n}` or `{time}` becomes a
 * number: the request's, or the Unix time in seconds. What is exactly a part that the topic leaves out is left out
 * of its object or list.
 */
export type Template =
  | string
  | number
  | boolean
  | null
  | readonly Template[]
  | { readonly [key: string]: Template };

/** For each dotted path into a message the value there; `"*"` and `"?"` stand for presence and absence. */
export type Condition = Readonly<Record<string, string | number | boolean | null>>;

/**
 * Recognises one kind of control message: by `text`, which is the whole message, or by `when`. Then the message
 * must be a JSON object in which, for each key of `when`, the value equals the given one; `"*"` is anything but
 * undefined, null and an empty list, and `"?"` is one of these.
 */
export interface MessageRule {
  readonly when?: Condition;
  readonly text?: string;
  /** Dotted path of the request's id in the message, where the server repeats it. */
  readonly id?: string;
  /** Dotted path of the server's own words, for the log and the status. */
  readonly words?: string;
  /** Of a confirmation or refusal: dotted paths and what stands there, which tells its topic from others. */
  readonly is?: Readonly<Record<string, string>>;
  /** Of a confirmation or refusal: dotted path of a list of the topics that it speaks of, as they are written. */
  readonly topics?: string;
  /** What the message means for the topics of the same request that it does not name; left out: see answers.ts. */
  readonly others?: 'confirmed' | 'refused';
}

/** A message that must be answered: a string of `send` that is exactly `{=path}` is the value at that path of it. */
export interface AnswerRule extends MessageRule {
  readonly send: Template;
}

/** How one request asks for several topics: those whose requests are alike in all but a list and the number. */
export interface Batch {
  /** Dotted path, in a message of `subscribe` and `unsubscribe`, of the list that is joined. */
  readonly list: string;
  /** Topics of one request. */
  readonly topics_max: number;
  /** Characters of one request. */
  readonly chars_max?: number;
  /** Whether one message answers the whole request, or each of its topics is answered. */
  readonly answered: 'together' | 'each';
}

/** How a message names its topic. */
export interface NameRule {
  /** A regular expression: topics that are named so. Left out: those of which each part stands in `is`. */
  readonly of?: string;
  /** Which messages. */
  readonly when?: Condition;
  /** Dotted paths and the text or number that stands there, with parts of the topic. */
  readonly is: Readonly<Record<string, string>>;
}

/** A message may bind a value to the topic that it names, and those that follow have the value alone. */
export interface Binding {
  /** Which messages bind. */
  readonly when: Condition;
  /** Dotted path of the value in them. `{bound}` stands for it in `unsubscribe`, and as JSON in `begins`. */
  readonly value: string;
  /** Dotted path of the value in the messages that follow. */
  readonly at: string;
  /** How these begin. */
  readonly begins: string;
}

/** Where a message states the exchange's time. */
export interface EventTime {
  /** Dotted path. */
  readonly at: string;
  /** `iso`: a date as text; else Unix time in that unit, as a number or as text. */
  readonly unit: 's' | 'ms' | 'us' | 'ns' | 'iso';
  /** Which messages; left out: all. */
  readonly when?: Condition;
}

/** So many, within so long. */
export interface Allowance {
  readonly count: number;
  readonly ms: number;
}

/** What a server allows before it refuses or bans. What is left out is not limited. */
export interface Limits {
  /** Connections made to a host, whoever makes them. */
  readonly connects?: Allowance;
  /** Messages sent to a host, on all connections. */
  readonly host_requests?: Allowance;
  /** Messages sent on one connection. */
  readonly requests?: Allowance;
  /** Topics on one connection. */
  readonly topics_max?: number;
}

export interface Protocol {
  readonly name: string;
  /** How a topic is written: `{part}`s, and in brackets what may be left out. See topic-form.ts. */
  readonly topic: string;
  /** Sent first when the connection opens; nothing confirms these. */
  readonly open: readonly Template[];
  /** Sent in this order after that. Empty: nothing is sent, the topic is live when open. */
  readonly subscribe: readonly Template[];
  /** Takes a topic off a connection that has others. Empty: the server knows no such message. */
  readonly unsubscribe: readonly Template[];
  /** Sent every `ping_interval_ms`. Empty: protocol ping frames are sent instead. */
  readonly ping: readonly Template[];
  readonly binary: BinaryPacking;
  /** Messages that confirm a subscription. */
  readonly confirm: readonly MessageRule[];
  /** Messages that refuse a subscription. Looked at before `confirm`. */
  readonly refuse: readonly MessageRule[];
  /** Answers to our pings, greetings and the like: they neither confirm nor refuse anything. */
  readonly pong: readonly MessageRule[];
  /** Messages that the server wants answered, its own pings above all. Looked at before all others. */
  readonly answer: readonly AnswerRule[];
  /** Notices that the server is about to close: the connection is replaced before it does. */
  readonly closing: readonly MessageRule[];
  /**
   * How a data message begins (parts of the topic may stand in it); while the topic is live such a message is not
   * looked into. Empty: while live none is, unless there are messages to be answered or notices to be seen.
   */
  readonly data_prefix: string;
  /** Null: a request is for one topic. */
  readonly batch: Batch | null;
  /**
   * How a data message of one topic begins, each part written as in JSON, up to where no other topic can be meant.
   * Only for topics of which each part stands in it. Which of several it is need not be said.
   */
  readonly begins: readonly string[];
  /** How a data message names its topic, where its beginning does not tell. The first that names a captured one holds. */
  readonly names: readonly NameRule[];
  /** By part and the subscription's word: the server's other words for it in `begins` and `names`. */
  readonly aliases: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly binds: Binding | null;
  readonly limits: Limits;
  /** Where data states its time; the first place that holds one counts. For the lag behind the exchange alone. */
  readonly event_time: readonly EventTime[];
}

/** A number that a server counts its messages with, so that a hole in it tells of a loss. */
export interface Sequence {
  /** Dotted paths of what names the topic in a message; each topic counts for itself. */
  readonly topic: readonly string[];
  /** A regular expression: the topics that are counted, the values at those paths joined by colons. */
  readonly of: string;
  /** Dotted path of a number that must be `step` more than the message before had at `last`. */
  readonly first: string;
  readonly last: string;
  readonly step: 0 | 1;
  /** Messages from which the count starts anew, whatever it was. */
  readonly restart?: Condition;
}

/** A protocol that comes with the program, and what there is to know about it. */
export interface Preset extends Protocol {
  /** Hosts that are spoken to so, and all their subdomains. */
  readonly hosts: readonly string[];
  /** A topic as an example. */
  readonly example: string;
  /** What it was held against: recorded requests and data, recorded data alone, or the documentation; null: nothing. */
  readonly confirmed_by: 'recording' | 'recording of data' | 'documentation' | null;
  /** Checked by `streamer verify --sequences`. */
  readonly sequences: readonly Sequence[];
}
