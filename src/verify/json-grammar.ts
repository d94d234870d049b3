// The grammar of JSON (RFC 8259, UTF-8 included) as a table: for each state and byte the next state, or an
// action where the nesting has a say. Made once, when the module is loaded; `JsonLines` walks through it.

/** Next states are below it, actions from it on. */
export const FIRST_ACTION = 0x8000;

export const ACTION = {
  open_object: 0x8000,
  open_array: 0x8001,
  close_object: 0x8002,
  close_array: 0x8003,
  comma: 0x8004,
  /** A value is complete. */
  value_end: 0x8005,
  /** A newline where a value may end. */
  line_end: 0x8006,
  /** A newline anywhere else. */
  line_broken: 0x8007,
  bad: 0x8008,
} as const;

let states = 0;
/** A state is the place in the table at which its 256 entries begin. */
const newState = (): number => states++ << 8;

/** At the start of a line. */
export const START = newState();
/** A value must come. */
export const VALUE = newState();
/** Behind `[`. */
export const ARRAY_FIRST = newState();
/** Behind `{`. */
export const OBJECT_FIRST = newState();
/** Behind a comma in an object. */
export const KEY = newState();
/** Behind a key. */
const COLON = newState();
/** Behind a value in an array or object. */
export const AFTER = newState();
/** Behind the line's value. */
export const DONE = newState();

/** What each state does with the bytes that it knows. */
const rows = new Map<number, Map<number, number>>();

function on(state: number, bytes: string | readonly number[], next: number): void {
  const codes = typeof bytes === 'string' ? [...bytes].map((char) => char.charCodeAt(0)) : bytes;
  const row = rows.get(state) ?? new Map<number, number>();
  rows.set(state, row);
  for (const code of codes) row.set(code, next);
}

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

const BLANKS = ' \t\r';
const DIGITS = '0123456789';
const HEX = '0123456789abcdefABCDEF';
const CONTINUATION = range(0x80, 0xbf);

/** A string, from behind its opening quote; `end` is what its closing quote leads to. */
function stringStates(end: number): number {
  const body = newState();
  const escaped = newState();
  on(body, range(0x20, 0x7f), body);
  on(body, '"', end);
  on(body, '\\', escaped);
  on(escaped, '"\\/bfnrt', body);
  const hex = [newState(), newState(), newState(), newState()];
  on(escaped, 'u', hex[0] ?? body);
  for (const [i, state] of hex.entries()) on(state, HEX, hex[i + 1] ?? body);
  const [one, two, three] = [newState(), newState(), newState()];
  on(one, CONTINUATION, body);
  on(two, CONTINUATION, one);
  on(three, CONTINUATION, two);
  on(body, range(0xc2, 0xdf), one);
  on(body, range(0xe1, 0xef), two);
  on(body, range(0xf1, 0xf3), three);
  // Where a shorter form, half a surrogate pair or more than U+10FFFF must be told from the rest.
  const second = (lead: number, allowed: readonly number[], next: number) => {
    const state = newState();
    on(body, [lead], state);
    on(state, allowed, next);
  };
  second(0xe0, range(0xa0, 0xbf), one);
  second(0xed, range(0x80, 0x9f), one);
  second(0xf0, range(0x90, 0xbf), two);
  second(0xf4, range(0x80, 0x8f), two);
  return body;
}

/** A number may be complete here: what follows it ends it. */
function numberEnds(state: number): void {
  on(state, BLANKS, ACTION.value_end);
  on(state, ',', ACTION.comma);
  on(state, '}', ACTION.close_object);
  on(state, ']', ACTION.close_array);
  on(state, '\n', ACTION.line_end);
}

const minus = newState();
const zero = newState();
const integer = newState();
const dot = newState();
const fraction = newState();
const e = newState();
const e_sign = newState();
const exponent = newState();
on(minus, '0', zero);
on(minus, '123456789', integer);
on(integer, DIGITS, integer);
on(dot, DIGITS, fraction);
on(fraction, DIGITS, fraction);
on(e, '+-', e_sign);
for (const state of [zero, integer]) on(state, '.', dot);
for (const state of [zero, integer, fraction]) on(state, 'eE', e);
for (const state of [e, e_sign, exponent]) on(state, DIGITS, exponent);
for (const state of [zero, integer, fraction, exponent]) numberEnds(state);

/** From behind the word's first letter. */
function wordStates(rest: string): number {
  const first = newState();
  let state = first;
  for (const letter of rest.slice(0, -1)) {
    const next = newState();
    on(state, letter, next);
    state = next;
  }
  on(state, rest.slice(-1), ACTION.value_end);
  return first;
}

const text = stringStates(ACTION.value_end);
const key_text = stringStates(COLON);
const words = { t: wordStates('rue'), f: wordStates('alse'), n: wordStates('ull') };
for (const state of [START, VALUE, ARRAY_FIRST]) {
  on(state, BLANKS, state);
  on(state, '{', ACTION.open_object);
  on(state, '[', ACTION.open_array);
  on(state, '"', text);
  on(state, '-', minus);
  on(state, '0', zero);
  on(state, '123456789', integer);
  for (const [letter, word] of Object.entries(words)) on(state, letter, word);
}
on(ARRAY_FIRST, ']', ACTION.close_array);
for (const state of [OBJECT_FIRST, KEY]) {
  on(state, BLANKS, state);
  on(state, '"', key_text);
}
on(OBJECT_FIRST, '}', ACTION.close_object);
on(COLON, BLANKS, COLON);
on(COLON, ':', VALUE);
on(AFTER, BLANKS, AFTER);
on(AFTER, ',', ACTION.comma);
on(AFTER, '}', ACTION.close_object);
on(AFTER, ']', ACTION.close_array);
on(DONE, BLANKS, DONE);
on(DONE, '\n', ACTION.line_end);

/** At `state + byte`: the next state, or an action. */
export const TABLE: Uint16Array = new Uint16Array(states << 8).map((_, at) => {
  const byte = at & 0xff;
  return rows.get(at - byte)?.get(byte) ?? (byte === 0x0a ? ACTION.line_broken : ACTION.bad);
});
