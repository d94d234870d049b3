// A message as a tree that folds: what is inside is made when it is opened, so a message of any size or depth costs
// what is looked at. What is no JSON is shown as it is.

import { printable } from '../shared/printable.js';
import { button, el } from './dom.js';
import { plural } from './words.js';

/** So many entries at once; a button brings more. */
const ENTRIES_MAX = 100;
const OPEN_DEPTH = 2;

/** A number as the message has it: a JavaScript number would round a long one. */
class Exact {
  constructor(readonly source: string) {}
}

type Context = { readonly source?: string } | undefined;

function parse(text: string): { readonly value: unknown } | null {
  // Browsers that do not tell the source give the number.
  const exact = (_: string, value: unknown, context?: Context): unknown =>
    typeof value === 'number' && context?.source !== undefined ? new Exact(context.source) : value;
  try {
    return { value: JSON.parse(text, exact as (key: string, value: unknown) => unknown) };
  } catch {
    return null;
  }
}

export function messageTree(text: string): HTMLElement {
  const parsed = parse(text);
  if (parsed === null)
    return el('pre', { class: 'message', tabindex: '0', 'aria-label': 'Message' }, printable(text));
  return el('div', { class: 'message' }, node(null, parsed.value, 0));
}

function node(key: string | null, value: unknown, depth: number): HTMLElement {
  const head = key === null ? [] : [el('span', { class: 'key' }, printable(key)), ': '];
  if (typeof value !== 'object' || value === null || value instanceof Exact) {
    const text = value instanceof Exact ? value.source : JSON.stringify(value);
    return el('div', { class: 'leaf' }, ...head, el('span', { class: typeof value }, printable(text)));
  }
  const is_list = Array.isArray(value);
  const entries = Object.entries(value);
  const size = is_list ? `[${plural(entries.length, 'value')}]` : `{${plural(entries.length, 'field')}}`;
  const inside = el('div', { class: 'inside' });
  const details = el('details', {}, el('summary', {}, ...head, el('span', { class: 'dim' }, size)), inside);
  const fill = (): void => {
    if (!inside.hasChildNodes()) addEntries(inside, entries, 0, depth + 1);
  };
  details.addEventListener('toggle', fill);
  if (depth < OPEN_DEPTH && entries.length <= ENTRIES_MAX) {
    details.open = true;
    fill();
  }
  return details;
}

function addEntries(
  inside: HTMLElement,
  entries: readonly (readonly [string, unknown])[],
  from: number,
  depth: number,
): void {
  const some = entries.slice(from, from + ENTRIES_MAX);
  inside.append(...some.map(([key, value]) => node(key, value, depth)));
  const left = entries.length - from - some.length;
  if (left === 0) return;
  const more = button(`… ${left} more`, () => {
    more.remove();
    addEntries(inside, entries, from + ENTRIES_MAX, depth);
  });
  inside.append(more);
}
