// The keys that are pressed in a terminal, one at a time, however their bytes come: Node's own reader knows the
// sequences of the terminals and waits for the rest of one that was split.

import { emitKeypressEvents, type Interface, type Key as NodeKey } from 'node:readline';
import { printable } from '../shared/printable.js';

const NAMES = {
  up: 'up',
  down: 'down',
  pageup: 'page_up',
  pagedown: 'page_down',
  home: 'home',
  end: 'end',
  return: 'enter',
  enter: 'enter',
  escape: 'escape',
  backspace: 'backspace',
} as const;

/** `interrupt` is Ctrl-C, or a keyboard that is gone. `text` is one character that a terminal shows. */
export type Key =
  | { readonly name: (typeof NAMES)[keyof typeof NAMES] | 'interrupt' }
  | { readonly name: 'text'; readonly text: string };

/** Ctrl-Z is for the terminal itself. */
export type Pressed = Key | { readonly name: 'suspend' };

/** After so long Esc is the key, and not the beginning of another one's sequence. */
export const ESCAPE_WAIT_MS = 100;

/** Calls back on each key until the returned function is called; what is no key here is left out. */
export function readKeys(stream: NodeJS.ReadableStream, press: (key: Pressed) => void): () => void {
  // The one field that Node reads of the interface; without it half a second passes after Esc.
  emitKeypressEvents(stream, { escapeCodeTimeout: ESCAPE_WAIT_MS } as unknown as Interface);
  const onKey = (text: string | undefined, key: NodeKey) => {
    const pressed = meaning(text, key);
    if (pressed !== null) press(pressed);
  };
  const onEnd = () => press({ name: 'interrupt' });
  stream.on('keypress', onKey);
  for (const event of ['end', 'close', 'error']) stream.on(event, onEnd);
  return () => {
    // The listener to errors stays: a terminal that is gone cannot be set back either, and says so by one.
    stream.off('keypress', onKey);
    for (const event of ['end', 'close']) stream.off(event, onEnd);
  };
}

function meaning(text: string | undefined, { name, ctrl, meta }: NodeKey): Pressed | null {
  if (ctrl === true) {
    if (name === 'c') return { name: 'interrupt' };
    return name === 'z' ? { name: 'suspend' } : null;
  }
  if (name !== undefined && Object.hasOwn(NAMES, name)) return { name: NAMES[name as keyof typeof NAMES] };
  const is_text = text !== undefined && text !== '' && meta !== true && printable(text) === text;
  return is_text ? { name: 'text', text } : null;
}
