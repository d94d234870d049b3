// The server's messages, made from the rules by which a preset knows them: a rule says what must stand where, so a
// message that holds just that is one that the rule knows.

import type { MessageRule, Preset } from '../shared/protocol.js';
import { asText, renderMessage, valueAt } from '../shared/protocol-speech.js';
import type { Parts } from '../shared/topic-form.js';
import { partsOf } from '../shared/topic-names.js';

/** Writes the value at a dotted path, in which a number is the place in a list. */
export function setAt(message: object, path: string, value: unknown): void {
  const keys = path.split('.');
  let inner = message as Record<string, unknown>;
  for (const [i, key] of keys.slice(0, -1).entries()) {
    inner[key] ??= /^\d+$/.test(keys[i + 1] ?? '') ? [] : {};
    inner = inner[key] as Record<string, unknown>;
  }
  inner[keys.at(-1) ?? ''] = value;
}

/** `values`: by path, what the rule leaves open; what they leave open too is `otherwise`. */
export function messageOf(
  rule: MessageRule,
  values: Readonly<Record<string, unknown>>,
  otherwise: unknown,
): object | string {
  if (rule.text !== undefined) return rule.text;
  const message = {};
  const conditions = Object.entries(rule.when ?? {});
  for (const [path, value] of conditions) if (value !== '*' && value !== '?') setAt(message, path, value);
  for (const [path, value] of Object.entries(values)) if (value !== undefined) setAt(message, path, value);
  for (const [path, value] of conditions) {
    if (value === '*' && valueAt(message, path) === undefined) setAt(message, path, otherwise);
  }
  return message;
}

/** What confirms a request for the topics: one message, or one for each of them. */
export function confirmations(
  preset: Preset,
  { topics, id }: { readonly topics: readonly string[]; readonly id: unknown },
  channelOf: (topic: string) => number,
  also: (topics: readonly Parts[]) => object,
): string[] {
  const [rule] = preset.confirm;
  if (rule === undefined) return [];
  const is_each = preset.batch?.answered !== 'together' && topics.length > 0;
  const shares = is_each ? topics.map((topic) => [topic]) : [topics];
  return shares.map((share) => {
    const parts = share.map((topic) => partsOf(preset, topic));
    const [own] = is_each ? parts : [];
    const values = {
      ...(own !== undefined && named(rule.is ?? preset.names[0]?.is ?? {}, own)),
      ...(rule.topics !== undefined && { [rule.topics]: share }),
      ...(rule.id !== undefined && { [rule.id]: id }),
      ...(preset.binds !== null && { [preset.binds.value]: channelOf(share[0] ?? '') }),
    };
    return asText({ ...(messageOf(rule, values, 1) as object), ...also(parts) });
  });
}

/** By path what stands there of a topic; undefined where the topic leaves it out. */
function named(is: Readonly<Record<string, string>>, parts: Parts): Record<string, unknown> {
  const names = { topic: '', id: '', ...parts };
  return renderMessage(is, names) as Record<string, unknown>;
}

/** What refuses a request that repeats `id`, in these words. */
export function refusal(preset: Preset, id: unknown, words: string): string | null {
  // One that lists topics would have to say more.
  const rule = preset.refuse.find((known) => known.words !== undefined && known.topics === undefined);
  if (rule?.words === undefined) return null;
  const values = { ...(rule.id !== undefined && { [rule.id]: id }), [rule.words]: words };
  return asText(messageOf(rule, values, 1));
}

/** What answers the preset's ping. */
export function pong(preset: Preset): string | null {
  const [rule] = preset.pong;
  return rule === undefined ? null : asText(messageOf(rule, {}, 1));
}
