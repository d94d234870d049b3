// Reads JSON, and says where and in what words a text is none. Node's own message differs between its versions
// and often gives no place, and it takes the last of two equal keys without a word; so the text is walked by the
// grammar first.

/** Deeper than any configuration, and shallow enough for everything that walks the value by recursion. */
const NESTING_MAX = 64;

/** What a string may hold as it is: everything from the blank on but the double quote and the backslash. */
const PLAIN = /[ !#-[\]-\u{10FFFF}]*/uy;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;
const BLANKS = /[ \t\n\r]*/y;

export type Json =
  | { readonly good: true; readonly value: unknown }
  /** What is wrong, and where if it is at one place: `line 3, column 5: expected a comma or "}", found "x"`. */
  | { readonly good: false; readonly problem: string };

/** Parses `text`; never throws. */
export function parseJson(text: string): Json {
  const problem = new Walker(text).problem();
  if (problem !== null) return { good: false, problem };
  const value: unknown = JSON.parse(text);
  if (nestsTooDeep(value)) return { good: false, problem: `it nests over ${NESTING_MAX} levels deep` };
  return { good: true, value };
}

function nestsTooDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > NESTING_MAX) return true;
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
  }
  return false;
}

/** What the grammar wants next. */
type Step = 'value' | 'key' | 'behind a value';

class Walker {
  #offset = 0;
  readonly #text: string;
  /** The brackets that are open, by the character that closes each. */
  readonly #open: ('}' | ']')[] = [];
  /** The keys of the objects that are open. */
  readonly #keys: Set<string>[] = [];
  #problem: string | null = null;

  constructor(text: string) {
    this.#text = text;
  }

  /** The first mistake with its line and column, both from 1, or null. Recurses nowhere, however deep the text is. */
  problem(): string | null {
    let step: Step | null = 'value';
    while (step !== null && this.#problem === null) step = this.#take(step);
    if (this.#problem === null) return null;
    const lines = this.#text.slice(0, this.#offset).split('\n');
    return `line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}: ${this.#problem}`;
  }

  #take(step: Step): Step | null {
    if (step === 'key') return this.#key();
    return step === 'value' ? this.#value() : this.#behindValue();
  }

  #value(): Step | null {
    const char = this.#peek();
    if (char === '"') return this.#string() ? 'behind a value' : null;
    if (char === '{' || char === '[') {
      const close = char === '{' ? '}' : ']';
      this.#offset += 1;
      this.#open.push(close);
      if (close === '}') this.#keys.push(new Set());
      if (this.#peek() === close) return 'behind a value';
      return close === '}' ? 'key' : 'value';
    }
    return this.#skip(SCALAR) ? 'behind a value' : this.#expected('a value');
  }

  #key(): Step | null {
    if (this.#peek() !== '"') return this.#expected('a key in double quotes');
    const start = this.#offset;
    if (!this.#string()) return null;
    const key = this.#text.slice(start, this.#offset);
    const keys = this.#keys.at(-1);
    if (keys?.has(JSON.parse(key))) {
      this.#offset = start;
      this.#problem = `the key ${key.slice(0, 60)} is there twice`;
      return null;
    }
    keys?.add(JSON.parse(key));
    if (this.#peek() !== ':') return this.#expected('a colon after the key');
    this.#offset += 1;
    return 'value';
  }

  /** What closes the innermost list or object, the comma before its next item, or the end. */
  #behindValue(): Step | null {
    const close = this.#open.at(-1);
    const char = this.#peek();
    if (close === undefined) return char === '' ? null : this.#expected('the end of the text');
    if (char !== close && char !== ',') return this.#expected(`a comma or "${close}"`);
    this.#offset += 1;
    if (char === ',') return close === '}' ? 'key' : 'value';
    if (this.#open.pop() === '}') this.#keys.pop();
    return 'behind a value';
  }

  /** Goes behind the string that begins here; false where it is broken. */
  #string(): boolean {
    this.#offset += 1;
    do this.#skip(PLAIN);
    while (this.#skip(ESCAPE));
    const char = this.#text[this.#offset];
    if (char === '"') this.#offset += 1;
    else if (char === '\\')
      this.#problem = 'a backslash in a text is written twice, unless it begins an escape';
    else if (char === undefined || char === '\n' || char === '\r')
      this.#problem = 'the text lacks its closing double quote';
    else this.#problem = 'a control character in a text must be escaped, as in \\t';
    return char === '"';
  }

  /** The next character that is no blank, or an empty string at the end. */
  #peek(): string {
    this.#skip(BLANKS);
    return this.#text[this.#offset] ?? '';
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#offset;
    if (!pattern.test(this.#text)) return false;
    this.#offset = pattern.lastIndex;
    return true;
  }

  #expected(what: string): null {
    this.#problem = `expected ${what}, ${this.#found()}`;
    return null;
  }

  #found(): string {
    const rest = this.#text.slice(this.#offset, this.#offset + 40);
    if (rest === '') return 'but the text ends';
    if (/^(\/\/|\/\*|#)/.test(rest)) return 'found a comment, which JSON does not have';
    if (rest.startsWith("'")) return 'found a single quote: JSON takes double quotes';
    if (/^[}\]]/.test(rest) && this.#text.slice(0, this.#offset).trimEnd().endsWith(',')) {
      return `found "${rest[0]}": remove the comma before it`;
    }
    const found = /^[\w.+-]{1,20}/.exec(rest)?.[0] ?? String.fromCodePoint(rest.codePointAt(0) ?? 0);
    return `found ${JSON.stringify(found)}`;
  }
}
