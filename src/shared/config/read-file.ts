// Reads the configuration file. Only the file as a whole is judged here: that it can be read, is UTF-8 (a byte
// order mark is fine) and holds one JSON object. What its keys say is judged by the schema.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { EXIT_CONFIG, ExitError, errorCode, errorMessage } from '../errors.js';
import { parseJson } from './json.js';
import { shown } from './mistakes.js';

export const CONFIG_PATH_DEFAULT = 'config.json';

export interface ConfigFile {
  /** The path as the user knows it. */
  readonly shown_path: string;
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly found: boolean;
}

/**
 * Reads `config_path`, or `config.json` where it is null: that one may be missing.
 * @throws ExitError with status 78 and one sentence that names the file.
 */
export function readConfigFile(config_path: string | null, cwd: string): ConfigFile {
  const shown_path = config_path ?? CONFIG_PATH_DEFAULT;
  const path = resolve(cwd, shown_path);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if (config_path === null && errorCode(error) === 'ENOENT')
      return { shown_path, path, values: {}, found: false };
    throw new ExitError(EXIT_CONFIG, [`${shown_path} ${readProblem(error)}`]);
  }
  return { shown_path, path, values: parseObject(bytes, shown_path), found: true };
}

function readProblem(error: unknown): string {
  switch (errorCode(error)) {
    case 'ENOENT':
      return 'does not exist: make it, or name another file with --config.';
    case 'EISDIR':
      return 'is a directory: name the file in it with --config.';
    case 'EACCES':
    case 'EPERM':
      return 'cannot be read: give this user the right to read it.';
    default:
      return `cannot be read: ${errorMessage(error)}.`;
  }
}

function parseObject(bytes: Buffer, shown_path: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ExitError(EXIT_CONFIG, [`${shown_path} is not UTF-8 text: save it in that encoding.`]);
  }
  const json = parseJson(text);
  if (!json.good) throw new ExitError(EXIT_CONFIG, [`${shown_path} is not valid JSON: ${json.problem}.`]);
  const { value } = json;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ExitError(EXIT_CONFIG, [`${shown_path} must hold one JSON object, not ${shown(value)}.`]);
  }
  return value as Readonly<Record<string, unknown>>;
}
