// Keeps the small disk of a long run from filling up: files that are old enough are moved to an ordinary folder,
// as an archiver would, and at the end the rest follows. The judge reads there.

import { copyFileSync, readdirSync, renameSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Longer than a file may still be appended to: the clock is set back by 10 s at most. */
const OLD_MS = 60_000;

export class Archive {
  /** Where everything ends up. */
  path;
  #output;

  constructor(output, path) {
    this.#output = output;
    this.path = path;
  }

  /** Moves the files that nobody has written for long. */
  sweep() {
    for (const name of readdirSync(this.#output)) {
      if (!name.endsWith('.jsonl')) continue;
      if (Date.now() - statSync(join(this.#output, name)).mtimeMs > OLD_MS) this.#move(name);
    }
  }

  /** Moves all that is left. */
  finish() {
    for (const name of readdirSync(this.#output)) this.#move(name);
  }

  #move(name) {
    const from = join(this.#output, name);
    const to = join(this.path, name);
    try {
      renameSync(from, to);
    } catch (error) {
      if (error.code !== 'EXDEV') throw error;
      copyFileSync(from, to);
      unlinkSync(from);
    }
  }
}
