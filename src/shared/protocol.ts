// How to speak to a server, as data: a preset or a user's own object becomes one of these, is checked once
// in the supervisor and is handed to the capture process as plain JSON. No protocol has code of its own.

/** How a binary frame is packed. `text`: it holds UTF-8 text as it is. */
export type BinaryPacking = 'text' | 'gzip' | 'deflate' | 'deflate-raw';

/** A JSON value in which the strings may hold `{topic}` and `{id}`; a string is sent as text, not as JSON. */
export type Template =
  | string
  | number
  | boolean
  | null
  | readonly Template[]
  | { readonly [key: string]: Template };

/**
 * Recognises one kind of control message. A message matches when it is a JSON object and, for each key of
 * `when` (a dotted path), the value there equals the given one; the values `"*"` (anything but undefined,
 * null and an empty list) and `"?"` (absent, null or an empty list) stand for presence and absence.
 */
export interface MessageRule {
  readonly when: Readonly<Record<string, string | number | boolean | null>>;
  /** Dotted path of the request's id in the message, where the server repeats it. */
  readonly id?: string;
  /** Dotted path of the server's own words, for the log and the status. */
  readonly words?: string;
}

export interface Protocol {
  readonly name: string;
  /** Sent in this order when the connection opens. Empty: nothing is sent, the topic is live when open. */
  readonly subscribe: readonly Template[];
  /** Sent every `ping_interval_ms`. Empty: protocol ping frames are sent instead. */
  readonly ping: readonly Template[];
  readonly binary: BinaryPacking;
  /** Messages that confirm a subscription. */
  readonly confirm: readonly MessageRule[];
  /** Messages that refuse a subscription. Looked at before `confirm`. */
  readonly refuse: readonly MessageRule[];
  /** Answers to our pings: they neither confirm nor refuse anything. */
  readonly pong: readonly MessageRule[];
  /** How a data message begins; while the topic is live such a message is not looked into. Empty: while live, none is. */
  readonly data_prefix: string;
}
