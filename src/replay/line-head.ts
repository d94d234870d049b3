// The topic and the time of a message, read off its bytes: nearly every line begins with its topic, so most
// are never parsed.

const TOPIC_FIRST = Buffer.from('{"topic":"');
const TOPIC_KEY = Buffer.from('"topic"');
const TS_KEY = Buffer.from('"ts":');
/** Bybit writes `ts` right behind topic and type, or as the last key. */
const TS_WITHIN_BYTES = 160;
const TS_DIGITS = 13;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The string under the top-level key `topic`; null where there is none or the line is no JSON object. */
export function topicOf(line: Buffer): string | null {
  if (line.subarray(0, TOPIC_FIRST.length).equals(TOPIC_FIRST)) {
    const end = line.indexOf(QUOTE, TOPIC_FIRST.length);
    const topic = line.subarray(TOPIC_FIRST.length, end);
    if (end !== -1 && !topic.includes(BACKSLASH)) return topic.toString('utf8');
  }
  if (!line.includes(TOPIC_KEY)) return null;
  try {
    const message = JSON.parse(line.toString('utf8')) as { topic?: unknown } | null;
    return typeof message?.topic === 'string' ? message.topic : null;
  } catch {
    return null;
  }
}

/** The 13 digits behind a `"ts":` near the line's beginning or end (quoted, as OKX does, or not), else null. */
export function timestampOf(line: Buffer): number | null {
  const head = line.subarray(0, TS_WITHIN_BYTES);
  const in_head = head.indexOf(TS_KEY);
  if (in_head !== -1) return digitsAt(line, in_head + TS_KEY.length);
  const tail = line.subarray(Math.max(0, line.length - TS_WITHIN_BYTES));
  const in_tail = tail.lastIndexOf(TS_KEY);
  return in_tail === -1 ? null : digitsAt(tail, in_tail + TS_KEY.length);
}

function digitsAt(bytes: Buffer, offset: number): number | null {
  const start = bytes[offset] === QUOTE ? offset + 1 : offset;
  let value = 0;
  for (let i = start; i < start + TS_DIGITS; i += 1) {
    const digit = (bytes[i] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return null;
    value = value * 10 + digit;
  }
  return value;
}
