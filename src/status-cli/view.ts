// What somebody who watches has chosen to see, and what each key makes of it. A pure function of the view and the key.

import type { Key } from './keyboard.js';
import { type Order, SORT_NAMES, SORTS, type SortName, WORST_FIRST } from './order.js';

export interface View extends Order {
  /** The first topic that is shown: so many stand above it. */
  readonly top: number;
  /** What is pressed goes into the filter. */
  readonly typing: boolean;
  /** The footer tells all keys. */
  readonly help: boolean;
}

export const FIRST_VIEW: View = { ...WORST_FIRST, top: 0, typing: false, help: false };

const FILTER_CHARS_MAX = 200;

/** The view after a key, where `page` topics are shown; null: to quit. */
export function viewAfter(view: View, key: Key, page: number): View | null {
  switch (key.name) {
    case 'interrupt':
      return null;
    case 'up':
      return scrolled(view, view.top - 1);
    case 'down':
      return scrolled(view, view.top + 1);
    case 'page_up':
      return scrolled(view, view.top - page);
    case 'page_down':
      return scrolled(view, view.top + page);
    case 'home':
      return scrolled(view, 0);
    case 'end':
      return scrolled(view, Number.MAX_SAFE_INTEGER);
    case 'enter':
      return { ...view, typing: false };
    case 'escape':
      return { ...filtered(view, ''), typing: false, help: false };
    case 'backspace':
      return view.typing ? filtered(view, [...view.filter].slice(0, -1).join('')) : view;
    case 'text':
      return view.typing ? filtered(view, view.filter + key.text) : commanded(view, key.text);
  }
}

/** What is drawn says how far it goes. */
const scrolled = (view: View, top: number): View => ({ ...view, top: Math.max(0, top) });

function filtered(view: View, filter: string): View {
  const is_same = filter === view.filter || filter.length > FILTER_CHARS_MAX;
  return is_same ? view : { ...view, filter, top: 0 };
}

function commanded(view: View, text: string): View | null {
  if (text === 'q') return null;
  if (text === '?') return { ...view, help: !view.help };
  if (text === '/') return { ...filtered(view, ''), typing: true };
  const sort = SORT_NAMES.find((name) => SORTS[name].key === text);
  return sort === undefined ? view : sorted(view, sort);
}

function sorted(view: View, sort: SortName): View {
  return { ...view, sort, reversed: sort === view.sort && !view.reversed, top: 0 };
}
