// The part of the configuration that comes from the environment: `STREAMER_<KEY>` for every key. A text is
// taken as it stands, a number and true or false are read, a list or an object is JSON.

import { nearestName } from '../nearest.js';
import { parseJson } from './json.js';
import { KEYS, type Values } from './keys.js';

const PREFIX = 'STREAMER_';
const NUMBER = /^-?\d+(\.\d+)?$/;

export interface Environment {
  readonly values: ReadonlyMap<keyof Values, unknown>;
  readonly mistakes: readonly string[];
  /** Variables that look meant for us and are not ours: for the log, since other programs may set them. */
  readonly notes: readonly string[];
}

export const variableOf = (key: string): string => `${PREFIX}${key.toUpperCase()}`;

/** Reads the variables of `env`. A value of the wrong type is left to the key's format to refuse. */
export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  const values = new Map<keyof Values, unknown>();
  const mistakes: string[] = [];
  for (const key of Object.keys(KEYS) as (keyof Values)[]) {
    const variable = variableOf(key);
    const text = env[variable];
    if (text === undefined) continue;
    if (text === '') mistakes.push(`${variable} is empty: give it a value, or unset it.`);
    else if (isJson(KEYS[key].env, text)) {
      const json = parseJson(text);
      if (json.good) values.set(key, json.value);
      else mistakes.push(`${variable} must be JSON: ${json.problem}.`);
    } else values.set(key, readScalar(KEYS[key].env, text));
  }
  return { values, mistakes, notes: unknownVariables(env) };
}

function isJson(kind: string, text: string): boolean {
  return kind === 'json' || (kind === 'object or text' && text.startsWith('{'));
}

function readScalar(kind: string, text: string): unknown {
  if (kind === 'number' && NUMBER.test(text)) return Number(text);
  if (kind === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function unknownVariables(env: NodeJS.ProcessEnv): string[] {
  const known = Object.keys(KEYS).map(variableOf);
  return Object.keys(env)
    .filter((name) => /^STREAMER_\w+$/.test(name) && !known.includes(name))
    .map((name) => {
      const nearest = nearestName(name.slice(PREFIX.length), Object.keys(KEYS));
      const hint = nearest === null ? '' : ` (did you mean ${variableOf(nearest)}?)`;
      return `The environment variable ${name} is no setting of this program and has no effect${hint}`;
    });
}
