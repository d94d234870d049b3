// What the file and the environment give together, where each value came from, and the mistakes found so far,
// each in a sentence that begins with its source: all mistakes of a configuration are told at once.

import { type Environment, variableOf } from './environment.js';
import { isKey, KEYS, type Values } from './keys.js';
import { unknownKey } from './mistakes.js';
import type { ConfigFile } from './read-file.js';

export class Given {
  readonly values = new Map<keyof Values, unknown>();
  readonly mistakes: string[];
  /** Begins the sentences about the file. */
  readonly #file_prefix: string;
  readonly #from_environment: ReadonlySet<keyof Values>;

  constructor(file: ConfigFile, environment: Environment) {
    this.#file_prefix = file.found ? `${file.shown_path}: ` : '';
    this.#from_environment = new Set(environment.values.keys());
    this.mistakes = [...environment.mistakes];
    for (const [key, value] of Object.entries(file.values)) {
      if (isKey(key)) this.values.set(key, value);
      else this.tell(null, [unknownKey('', key, Object.keys(KEYS))]);
    }
    // Both keys say what is captured, so one from the environment replaces whichever the file has.
    if (environment.values.has('topic') || environment.values.has('topics')) {
      this.values.delete('topic');
      this.values.delete('topics');
    }
    for (const [key, value] of environment.values) this.values.set(key, value);
    if (this.values.has('topic') && this.values.has('topics')) {
      const names = `${this.pathOf('topic')} and ${this.pathOf('topics')}`;
      this.tell('topic', [`${names} are both set: remove one of them.`]);
    }
  }

  /** The name under which the user gave the key. */
  pathOf(key: keyof Values): string {
    return this.#from_environment.has(key) ? variableOf(key) : key;
  }

  /** Adds mistakes in the value of `key`; null: in the file as such. */
  tell(key: keyof Values | null, sentences: readonly string[]): void {
    const in_environment = key !== null && this.#from_environment.has(key);
    for (const sentence of sentences) {
      this.mistakes.push(in_environment ? sentence : `${this.#file_prefix}${sentence}`);
    }
  }
}
