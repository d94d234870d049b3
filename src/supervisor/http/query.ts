// What a request asks for behind its path. A query that is wrong is a sentence, as the answer to a 400.

/** So many topics in one request for coverage. */
export const NAMES_MAX = 200;
const SPAN_DAYS_MAX = 400;
const DAY_MS = 86_400_000;
/** A `Date` can hold it. */
const INSTANT_MS_MAX = 8.64e15;

export interface CoverageQuery {
  readonly from_ms: number;
  readonly to_ms: number;
  readonly names: readonly string[];
}

/** A value, or what is wrong. */
export type Read<T> = { readonly value: T } | { readonly problem: string };

export function readTopicQuery(query: URLSearchParams): Read<string> {
  const stray = strayKey(query, ['name']);
  if (stray !== null) return stray;
  const [name, ...others] = query.getAll('name');
  if (name === undefined || others.length > 0) return { problem: 'Ask for one topic: /topic?name=NAME.' };
  return { value: name };
}

export function readCoverageQuery(query: URLSearchParams): Read<CoverageQuery> {
  const stray = strayKey(query, ['from', 'to', 'name']);
  if (stray !== null) return stray;
  const [from_ms, to_ms] = [readInstant(query, 'from'), readInstant(query, 'to')];
  if (from_ms === null || to_ms === null) {
    return { problem: '"from" and "to" must each be there once, in whole milliseconds since 1970.' };
  }
  if (from_ms >= to_ms) return { problem: '"from" must be before "to".' };
  if (to_ms - from_ms > SPAN_DAYS_MAX * DAY_MS) {
    return { problem: `Ask for ${SPAN_DAYS_MAX} days at most between "from" and "to".` };
  }
  const names = query.getAll('name');
  if (names.length === 0) return { problem: 'Name at least one topic: &name=NAME.' };
  if (names.length > NAMES_MAX) return { problem: `Name ${NAMES_MAX} topics at most in one request.` };
  if (new Set(names).size < names.length) return { problem: 'Name each topic once.' };
  return { value: { from_ms, to_ms, names } };
}

function strayKey(query: URLSearchParams, known: readonly string[]): { readonly problem: string } | null {
  const stray = [...query.keys()].some((key) => !known.includes(key));
  return stray
    ? { problem: `Only ${known.map((key) => `"${key}"`).join(', ')} can be asked for here.` }
    : null;
}

function readInstant(query: URLSearchParams, key: string): number | null {
  const [text = '', ...others] = query.getAll(key);
  if (others.length > 0 || !/^\d{1,16}$/.test(text)) return null;
  return Number(text) <= INSTANT_MS_MAX ? Number(text) : null;
}
