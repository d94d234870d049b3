// Bybit v5's side of the conversation: what a client asks, and what it is answered, in Bybit's words. Pure.

/** What a request changes, and the text that answers it. */
export interface Answer {
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  readonly text: string;
}

export interface Asker {
  readonly conn_id: string;
  readonly subscribed: ReadonlySet<string>;
  serves(topic: string): boolean;
}

/** Bybit takes no more than this many characters of topics on one connection. */
const ARGS_CHARACTERS_MAX = 21_000;

/** Never throws. A request that is refused in part is refused as a whole. */
export function answerRequest(text: string, asker: Asker): Answer {
  const request = parse(text);
  if (request === null) return refuse(asker, '', '', 'Failed to decode incoming data: it is no JSON object');
  const { op, req_id = '', args } = request;
  if (typeof op !== 'string' || typeof req_id !== 'string') {
    return refuse(asker, '', '', 'Params Error: op and req_id are strings');
  }
  if (op === 'ping') return { ...NOTHING, text: answer(asker, true, 'pong', req_id, op) };
  if (op !== 'subscribe' && op !== 'unsubscribe') return refuse(asker, req_id, op, 'error:invalid op');
  if (!isTopics(args)) return refuse(asker, req_id, op, 'Params Error: args is a list of topics, not empty');
  if (args.join('').length > ARGS_CHARACTERS_MAX)
    return refuse(asker, req_id, op, 'Params Error: args too long');
  const mistake = op === 'subscribe' ? subscribeMistake(args, asker) : null;
  if (mistake !== null) return refuse(asker, req_id, op, mistake);
  return { ...NOTHING, [op]: args, text: answer(asker, true, '', req_id, op) };
}

const NOTHING = { subscribe: [], unsubscribe: [] };

function subscribeMistake(topics: readonly string[], asker: Asker): string | null {
  if (characters(topics) + characters([...asker.subscribed]) > ARGS_CHARACTERS_MAX) {
    return `Params Error: over ${ARGS_CHARACTERS_MAX} characters of topics`;
  }
  for (const topic of topics) {
    if (!asker.serves(topic)) return `error:handler not found,topic:${topic}`;
    if (asker.subscribed.has(topic)) return `error:already subscribed,topic:${topic}`;
  }
  return null;
}

const characters = (topics: readonly string[]): number => topics.reduce((sum, t) => sum + t.length, 0);

function refuse(asker: Asker, req_id: string, op: string, words: string): Answer {
  return { ...NOTHING, text: answer(asker, false, words, req_id, op) };
}

function answer(asker: Asker, success: boolean, ret_msg: string, req_id: string, op: string): string {
  return JSON.stringify({ success, ret_msg, conn_id: asker.conn_id, req_id, op });
}

function isTopics(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((t) => typeof t === 'string' && t !== '');
}

function parse(text: string): { op?: unknown; req_id?: unknown; args?: unknown } | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
