// Which hour files of a topic lie in a folder. All topics of a process ask this when they start, in a folder that may
// hold the files of a thousand topics and of years, so it is read name by name, and once for all who wait for it.
//
// It promises: a file that lay there when its topic asked is found; memory for the names that are sought alone.

import { opendir } from 'node:fs/promises';
import { HOUR_FILE, hourFileName } from '../shared/names.js';

/** Names that the system gives at once: fewer calls, and no more than some kilobytes of memory. */
const NAMES_AT_ONCE = 256;

interface Pass {
  /** By the topic's encoded name: the hours found. */
  readonly hours: Map<string, number[]>;
  readonly done: Promise<void>;
}

export class FolderPasses {
  readonly #open: typeof opendir;
  /** By folder: the pass that has not begun, for all who ask until it does. */
  readonly #next = new Map<string, Pass>();
  /** By folder: the pass that is under way. It may be past the file that another topic asks for. */
  readonly #present = new Map<string, Promise<void>>();

  /** `open`: Node's `opendir`, or what a test puts in its place. */
  constructor(open: typeof opendir = opendir) {
    this.#open = open;
  }

  /**
   * The starts of hours, Unix seconds, that a topic has a file of, packed ones left out, oldest first.
   * `encoded_name`: as `encodeName` gives it. @throws the system's error when the folder can't be read.
   */
  async hoursOf(folder: string, encoded_name: string): Promise<readonly number[]> {
    const pass = this.#next.get(folder) ?? this.#plan(folder);
    const hours = pass.hours.get(encoded_name) ?? [];
    pass.hours.set(encoded_name, hours);
    await pass.done;
    return hours.sort((a, b) => a - b);
  }

  #plan(folder: string): Pass {
    const hours = new Map<string, number[]>();
    const present = this.#present.get(folder) ?? Promise.resolve();
    // Whether that one failed is for those who wait for it.
    const done = present.catch(() => {}).then(() => this.#begin(folder, hours));
    const pass = { hours, done };
    this.#next.set(folder, pass);
    return pass;
  }

  #begin(folder: string, hours: Pass['hours']): Promise<void> {
    this.#next.delete(folder);
    const reading = this.#read(folder, hours);
    const done = reading.finally(() => {
      if (this.#present.get(folder) === done) this.#present.delete(folder);
    });
    this.#present.set(folder, done);
    return done;
  }

  async #read(folder: string, hours: Pass['hours']): Promise<void> {
    for await (const { name } of await this.#open(folder, { bufferSize: NAMES_AT_ONCE })) {
      const [, encoded_name = '', digits] = HOUR_FILE.exec(name) ?? [];
      const found = hours.get(encoded_name);
      // A packed one is done with, and `0007` is another's: no file of ours is named like it.
      if (found !== undefined && hourFileName(encoded_name, Number(digits)) === name)
        found.push(Number(digits));
    }
  }
}
