// What the feed sent in one run, topic by topic: counted and hashed as it goes, because a demo without an end
// must not keep it. And the judgement whether the files hold just that.

import { createHash } from 'node:crypto';
import type { Captured, Stream } from './captured.js';

/** A message as a line of a file, in bytes. */
class SentStream {
  readonly #hash = createHash('sha256');
  messages = 0;
  bytes = 0;

  add(message: string | Uint8Array): void {
    this.#hash.update(message).update('\n');
    this.messages += 1;
    this.bytes += Buffer.byteLength(message) + 1;
  }

  get(): Stream {
    return { messages: this.messages, bytes: this.bytes, sha256: this.#hash.copy().digest('hex') };
  }
}

/** Everything that was sent on the connections of each topic, in its order. */
export class SentLog {
  readonly #streams = new Map<string, SentStream>();

  add(topic: string, message: string | Uint8Array): void {
    let stream = this.#streams.get(topic);
    if (stream === undefined) {
      stream = new SentStream();
      this.#streams.set(topic, stream);
    }
    stream.add(message);
  }

  /** Nothing, where nothing was sent. */
  of(topic: string): Stream {
    return (this.#streams.get(topic) ?? new SentStream()).get();
  }
}

/** A sentence on how the files differ from what was sent; null when they hold it to the byte, in order. */
export function differenceOf(topic: string, sent: Stream, captured: Captured): string | null {
  const missing = sent.messages - captured.messages;
  if (missing > 0) {
    return `${topic}: of ${sent.messages} messages that the feed sent, ${missing} are not in the files.`;
  }
  if (missing < 0) {
    return `${topic}: the files hold ${-missing} messages more than the ${sent.messages} that the feed sent.`;
  }
  if (sent.sha256 === captured.sha256) return null;
  return `${topic}: the files hold ${sent.messages} messages, as many as the feed sent, but not the same ones.`;
}
