// What a client asks, read by the preset's own templates: a request asks for a topic when it is what the preset would
// send for it, alone or joined with others.

import { isDeepStrictEqual } from 'node:util';
import type { Preset, Template } from '../shared/protocol.js';
import { asText, fill, renderMessage, valueAt } from '../shared/protocol-speech.js';
import { partNames } from '../shared/topic-form.js';
import { partsOf } from '../shared/topic-names.js';
import { setAt } from './messages.js';

export interface Asked {
  /** None where the request is for no topic at all. */
  readonly topics: readonly string[];
  /** The request's number, as it was written; undefined: it has none. */
  readonly id: unknown;
}

/** Null: it is no such request, or asks for a topic that is not among `topics`. */
export function readRequest(
  preset: Preset,
  what: 'subscribe' | 'unsubscribe',
  text: string,
  topics: readonly string[],
  channelOf: (topic: string) => number,
): Asked | null {
  const message = parse(text);
  if (typeof message !== 'object' || message === null) return null;
  for (const template of preset[what]) {
    const id = numberOf(template, message);
    const asked = topics.filter((topic) => {
      const bound = JSON.stringify(channelOf(topic));
      const time = String(at(template, '{time}', message));
      const names = { ...partsOf(preset, topic), topic, bound, time, id: String(id) };
      const request = JSON.parse(asText(renderMessage(template, names)));
      return asks(request, message, preset.batch?.list ?? null);
    });
    if (asked.length === 0) continue;
    if (!saysTopic(preset, template)) return { topics: [], id };
    const list = preset.batch === null ? undefined : valueAt(message, preset.batch.list);
    // Fewer than there are in its list: the others are unknown.
    if (!Array.isArray(list) || list.length === asked.length) return { topics: asked, id };
  }
  return null;
}

/** The number of a request that is in other ways no request, so that a refusal can repeat it. */
export function idOf(preset: Preset, text: string): unknown {
  const message = parse(text);
  const [template] = preset.subscribe;
  return typeof message === 'object' && template !== undefined ? numberOf(template, message) : undefined;
}

/** Whether the message is what the client sends at every ping. */
export function isPing(preset: Preset, text: string): boolean {
  return preset.ping.some((template) => isSame(asText(template), text));
}

/** Whether two texts are one message, however it is spaced. */
export function isSame(one: string, other: string): boolean {
  return one === other || isDeepStrictEqual(parse(one), parse(other) ?? {});
}

/** `list`: path of that in which topics are joined. */
function asks(request: object, message: object, list: string | null): boolean {
  const wanted = list === null ? undefined : valueAt(request, list);
  const given = list === null ? undefined : valueAt(message, list);
  if (list === null || !Array.isArray(wanted) || !Array.isArray(given)) {
    return isDeepStrictEqual(request, message);
  }
  const [one, other] = [structuredClone(request), structuredClone(message)];
  for (const each of [one, other]) setAt(each, list, []);
  const isGiven = (item: unknown) => given.some((one_given) => isDeepStrictEqual(one_given, item));
  return isDeepStrictEqual(one, other) && wanted.every(isGiven);
}

/** Whether the template holds anything of a topic. */
function saysTopic(preset: Preset, template: Template): boolean {
  const text = JSON.stringify(template);
  const parts = ['topic', 'bound', ...(partNames(preset.topic) ?? [])];
  return fill(text, Object.fromEntries(parts.map((name) => [name, '']))) !== text;
}

const numberOf = (template: Template, message: object | null): unknown => at(template, '{n}', message);

/** What the message has where the template has `place`. */
function at(template: Template, place: string, message: object | null): unknown {
  const path = pathOf(template, place);
  return path === null ? undefined : valueAt(message, path);
}

/** The dotted path at which `place` stands in the template. */
function pathOf(template: Template, place: string): string | null {
  if (typeof template !== 'object' || template === null) return null;
  for (const [key, value] of Object.entries(template)) {
    if (value === place) return key;
    const inner = pathOf(value, place);
    if (inner !== null) return `${key}.${inner}`;
  }
  return null;
}

function parse(text: string): object | string | number | boolean | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
