// Counts the lines of a file and those among them that are no JSON, in one pass over its bytes. Nothing is
// parsed or kept: a byte is one look at a table, so a line of any length costs no memory, and it is several
// times as fast as JSON.parse. An empty line is no JSON; nor is one that is nested deeper than 10,000.

import {
  ACTION,
  AFTER,
  ARRAY_FIRST,
  DONE,
  FIRST_ACTION,
  KEY,
  OBJECT_FIRST,
  START,
  TABLE,
  VALUE,
} from './json-grammar.js';

const NEWLINE = 0x0a;
const DEPTH_MAX = 10_000;
/** So many lines that are no JSON are remembered. */
const REMEMBERED_MAX = 1_000;
const OUTSIDE = 0;
const OBJECT = 1;
const ARRAY = 2;

export class JsonLines {
  /** The kinds of the objects and arrays that the position is in. */
  readonly #nesting = new Uint8Array(DEPTH_MAX);
  readonly #not_json_lines: number[] = [];
  #depth = 0;
  #state = START;
  /** The line is known to be no JSON: its rest is passed over. */
  #broken = false;
  #lines = 0;
  #not_json = 0;
  #unfinished_bytes = 0;

  /** Complete lines so far. */
  get lines(): number {
    return this.#lines;
  }

  /** Those of them that are no JSON. */
  get not_json(): number {
    return this.#not_json;
  }

  /** Their numbers, from 1; of a great many only the first. */
  get not_json_lines(): readonly number[] {
    return this.#not_json_lines;
  }

  /** Bytes behind the last newline. */
  get unfinished_bytes(): number {
    return this.#unfinished_bytes;
  }

  /** Takes in the bytes that follow those it has. */
  update(bytes: Uint8Array): void {
    const length = bytes.length;
    let line_start = -this.#unfinished_bytes;
    let state = this.#state;
    let at = 0;
    while (at < length) {
      if (this.#broken) {
        const end = bytes.indexOf(NEWLINE, at);
        if (end === -1) break;
        this.#broken = false;
        this.#endLine(false);
        at = end + 1;
        line_start = at;
        continue;
      }
      // Nearly all of the time goes by in these two lines.
      let next = TABLE[state | (bytes[at++] as number)] as number;
      while (next < FIRST_ACTION && at < length) next = TABLE[next | (bytes[at++] as number)] as number;
      if (next < FIRST_ACTION) state = next;
      else if (next < ACTION.line_end) state = this.#nest(next);
      else if (next === ACTION.bad) state = this.#breakLine();
      else {
        this.#endLine(next === ACTION.line_end && this.#depth === 0);
        line_start = at;
        state = START;
        this.#depth = 0;
      }
    }
    this.#state = state;
    this.#unfinished_bytes = length - line_start;
  }

  /** What a bracket, a comma or the end of a value leads to. */
  #nest(action: number): number {
    const nesting = this.#nesting;
    const inside = this.#depth === 0 ? OUTSIDE : (nesting[this.#depth - 1] as number);
    switch (action) {
      case ACTION.value_end:
        return inside === OUTSIDE ? DONE : AFTER;
      case ACTION.comma:
        if (inside === OUTSIDE) return this.#breakLine();
        return inside === OBJECT ? KEY : VALUE;
      case ACTION.open_object:
      case ACTION.open_array:
        if (this.#depth === DEPTH_MAX) return this.#breakLine();
        nesting[this.#depth++] = action === ACTION.open_object ? OBJECT : ARRAY;
        return action === ACTION.open_object ? OBJECT_FIRST : ARRAY_FIRST;
      default:
        if (inside !== (action === ACTION.close_object ? OBJECT : ARRAY)) return this.#breakLine();
        this.#depth -= 1;
        return this.#depth === 0 ? DONE : AFTER;
    }
  }

  #breakLine(): number {
    this.#broken = true;
    this.#depth = 0;
    return START;
  }

  #endLine(is_json: boolean): void {
    this.#lines += 1;
    if (is_json) return;
    this.#not_json += 1;
    if (this.#not_json_lines.length < REMEMBERED_MAX) this.#not_json_lines.push(this.#lines);
  }
}
