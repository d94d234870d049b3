// Files of messages as a source: each connection reads them for itself, from the beginning. All messages are
// given, wanted or not: the times of those that nobody wants keep several streams in step.

import { errorMessage } from '../shared/errors.js';
import { timestampOf, topicOf } from './line-head.js';
import { readLines } from './lines.js';
import { mergeByTime } from './merge.js';
import type { PlannedFile, PlannedStream } from './plan.js';
import type { FeedMessage, Reader, Source } from './source.js';

/** Serves any topic: which ones are in the files is known only once they are read. */
export function fileSource(streams: readonly PlannedStream[]): Source {
  return {
    serves: () => true,
    open: () => new FileReader(streams),
  };
}

class FileReader implements Reader {
  skipped = 0;

  constructor(readonly streams: readonly PlannedStream[]) {}

  [Symbol.asyncIterator](): AsyncIterator<readonly FeedMessage[]> {
    const [first, ...others] = this.streams.map((stream) => this.#readStream(stream));
    if (first === undefined) throw new Error('no stream to read');
    return others.length === 0 ? first : mergeByTime([first, ...others]);
  }

  async *#readStream(stream: PlannedStream): AsyncGenerator<readonly FeedMessage[]> {
    for (const file of stream) {
      try {
        yield* this.#readFile(file);
      } catch (error) {
        throw new Error(`${file.path} cannot be read on: ${errorMessage(error)}.`);
      }
    }
  }

  async *#readFile(file: PlannedFile): AsyncGenerator<readonly FeedMessage[]> {
    for await (const { lines, unfinished } of readLines(file.path)) {
      const whole = unfinished && file.is_hour_file ? lines.slice(0, -1) : lines;
      this.skipped += lines.length - whole.length;
      yield this.#messagesOf(file, whole);
    }
  }

  #messagesOf(file: PlannedFile, lines: readonly Buffer[]): FeedMessage[] {
    const messages: FeedMessage[] = [];
    for (const line of lines) {
      const topic = file.is_without_topics ? null : topicOf(line);
      if (topic === null && !file.is_without_topics) this.skipped += 1;
      else messages.push({ topic, ts_ms: timestampOf(line), bytes: line });
    }
    return messages;
  }
}
