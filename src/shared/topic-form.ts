// The form in which a protocol's topics are written, `{channel}:{symbol}` or `{channel}[:{symbol}]`: a `{part}` is
// any text, as short as the rest allows; what stands in brackets may be left out; the rest stands for itself.
// The parts of a topic are then at hand for templates.

/** By name; undefined: the topic leaves it out. */
export type Parts = Readonly<Record<string, string | undefined>>;

/** Names that mean something else in a template. */
const RESERVED: readonly string[] = ['id', 'n', 'time'];

/** The parts of `topic`, or null where it does not have this form. */
export function readTopic(form: string, topic: string): Parts | null {
  const groups = pattern(form)?.exec(topic)?.groups;
  return groups === undefined ? null : { ...groups };
}

/** The names of the form's parts; null: it is no form. */
export function partNames(form: string): readonly string[] | null {
  const names = [...form.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  return pattern(form) === null || names.length === 0 || RESERVED.some((name) => names.includes(name))
    ? null
    : names;
}

/** Null where braces or brackets do not pair, or a part is named twice. */
function pattern(form: string): RegExp | null {
  const source = form.replace(/\{(\w+)\}|\[|\]|[^[\]]/gu, (token, name: string | undefined) => {
    if (name !== undefined) return `(?<${name}>.+?)`;
    if (token === '[') return '(?:';
    if (token === ']') return ')?';
    return /\w/.test(token) ? token : `\\u{${token.codePointAt(0)?.toString(16)}}`;
  });
  try {
    return new RegExp(`^${source}$`, 'su');
  } catch {
    return null;
  }
}
