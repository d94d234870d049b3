// Numbers that a server counts its messages with, and the holes in them. Which messages have such a number the
// presets declare (src/shared/protocols/); a protocol that declares none has no holes to find. What is counted
// starts anew where a subscription was confirmed: what was missed before that the ledger knows.

import { LineCutter } from '../shared/coverage/line-cutter.js';
import type { Preset, Sequence } from '../shared/protocol.js';
import { classify, holds, parseObject, valueAt } from '../shared/protocol-speech.js';
import { presetByHost } from '../shared/protocols/index.js';
import type { Hole } from './report.js';

/** A longer line is not looked into. */
const LINE_BYTES_MAX = 64 * 1024 * 1024;
/** So many holes are told; the rest is counted. */
const TOLD_MAX = 100;

/** The preset of the server at `url`, if it declares sequences. */
export function countingPreset(url: string | null): Preset | null {
  if (url === null || !URL.canParse(url)) return null;
  const preset = presetByHost(new URL(url).hostname);
  return preset.sequences.length > 0 ? preset : null;
}

/** Follows the numbers through a topic's files, in the order of their hours. */
export class SequenceFollower {
  readonly first: Hole[] = [];
  readonly #preset: Preset;
  readonly #sequences: readonly { readonly sequence: Sequence; readonly of: RegExp }[];
  /** By topic: the number of its last message. */
  readonly #last = new Map<string, number>();
  #count = 0;

  constructor(preset: Preset) {
    this.#preset = preset;
    this.#sequences = preset.sequences.map((sequence) => ({ sequence, of: new RegExp(sequence.of) }));
  }

  get count(): number {
    return this.#count;
  }

  /** Returns what is to be given the file's chunks. */
  openFile(file: string): (chunk: Buffer) => void {
    const cutter = new LineCutter(LINE_BYTES_MAX, (line, number) => {
      if (line !== null) this.#look(line, file, number);
    });
    return (chunk) => cutter.push(chunk);
  }

  #look(line: Buffer, file: string, number: number): void {
    const text = line.toString();
    const message = parseObject(text);
    if (message === null) return;
    let is_data = false;
    for (const { sequence, of } of this.#sequences) {
      const topic = topicOf(sequence, message);
      if (topic === null) continue;
      is_data = true;
      if (!of.test(topic)) continue;
      this.#follow(sequence, topic, message, file, number);
      return;
    }
    // Data that is not counted need not be parsed again.
    if (!is_data && classify(this.#preset, text).means === 'confirmed') this.#last.clear();
  }

  #follow(sequence: Sequence, topic: string, message: object, file: string, line: number): void {
    const found = valueAt(message, sequence.first);
    const last = valueAt(message, sequence.last);
    const before = this.#last.get(topic);
    if (typeof last === 'number') this.#last.set(topic, last);
    if (typeof found !== 'number' || before === undefined || found === before + sequence.step) return;
    if (sequence.restart !== undefined && holds(sequence.restart, message)) return;
    this.#count += 1;
    if (this.first.length < TOLD_MAX) {
      this.first.push({ file, line, topic, field: sequence.first, before, found });
    }
  }
}

/** Null: the message does not name its topic there. */
function topicOf(sequence: Sequence, message: object): string | null {
  const values = sequence.topic.map((path) => valueAt(message, path));
  return values.every((value) => typeof value === 'string') ? values.join(':') : null;
}
