// Reads a command's flags: `--flag value`, `--flag=value`, and with one dash as the original took them.
// Promises one plain sentence, naming the flag, for each mistake.

import { parseArgs } from 'node:util';
import { EXIT_USAGE, ExitError } from './errors.js';
import { nearestName } from './nearest.js';
import { VERSION_LINE } from './version.js';

/** `value`: the flag must have one. `optional`: it may have a number. `none`: a switch. */
export type FlagKind = 'none' | 'value' | 'optional';

export interface ParsedFlags<Name extends string> {
  /** The value; an empty string for a switch or an optional value that was not given; undefined: not given. */
  readonly flags: Readonly<Partial<Record<Name, string>>>;
  readonly positionals: readonly string[];
}

/**
 * Parses `argv` (without node and the script). `--help` and `--version` must be in `kinds` to be known.
 * The last of a repeated flag holds. Everything after `--` is positional.
 * @throws ExitError with status 64 that names each mistake.
 */
export function parseFlags<Name extends string>(
  argv: readonly string[],
  kinds: Readonly<Record<Name, FlagKind>>,
): ParsedFlags<Name> {
  const names = Object.keys(kinds) as Name[];
  const options = Object.fromEntries(
    names.map((name) => [name, { type: kinds[name] === 'none' ? 'boolean' : 'string' } as const]),
  );
  const { tokens } = parseArgs({ args: normalise(argv, kinds), options, strict: false, tokens: true });
  const flags: Partial<Record<Name, string>> = {};
  const positionals: string[] = [];
  const mistakes: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const name = names.find((known) => known === token.name);
    if (name === undefined) mistakes.push(unknownFlag(token.rawName, token.name, names));
    else if (kinds[name] === 'none' && token.value !== undefined) {
      mistakes.push(`--${name} takes no value: write it alone.`);
    } else if (kinds[name] === 'value' && !hasValue(token.value, token.inlineValue)) {
      mistakes.push(`--${name} needs a value: write --${name}=VALUE.`);
    } else flags[name] = token.value ?? '';
  }
  if (mistakes.length > 0) throw new ExitError(EXIT_USAGE, mistakes);
  return { flags, positionals };
}

/** What `--help` or `--version` wants to be printed; null where neither was given. */
export function helpOrVersion(
  flags: Readonly<Partial<Record<'help' | 'version', string>>>,
  help: string,
): string | null {
  if (flags.help !== undefined) return help;
  return flags.version === undefined ? null : `${VERSION_LINE}\n`;
}

/** A value that looks like a flag was most likely meant as one; `--flag=-x` says otherwise. */
function hasValue(value: string | undefined, inline: boolean | undefined): boolean {
  return value !== undefined && value !== '' && (inline === true || !value.startsWith('-'));
}

function unknownFlag(raw: string, name: string, names: readonly string[]): string {
  const nearest = nearestName(name, names);
  const hint =
    nearest === null
      ? `The flags are ${names.map((n) => `--${n}`).join(', ')}.`
      : `Did you mean --${nearest}?`;
  return `There is no flag ${raw}. ${hint}`;
}

/** `-config` becomes `--config`; an optional number that follows its flag is joined to it. */
function normalise<Name extends string>(
  argv: readonly string[],
  kinds: Readonly<Record<Name, FlagKind>>,
): string[] {
  const out: string[] = [];
  for (let i = 0; i < argv.length; i += 1) {
    const arg = argv[i] as string;
    if (arg === '--') return [...out, ...argv.slice(i)];
    const long = /^-[A-Za-z][\w-]+(=|$)/.test(arg) ? `-${arg}` : arg;
    const kind = long.startsWith('--') ? kinds[long.slice(2) as Name] : undefined;
    const next = argv[i + 1];
    if (kind === 'optional') {
      const joined = next !== undefined && /^[0-9.]+$/.test(next);
      out.push(joined ? `${long}=${next}` : `${long}=`);
      if (joined) i += 1;
    } else out.push(long);
    // A flag's own value is taken as it stands: it may begin with a dash and letters.
    if (kind === 'value' && next !== undefined && !next.startsWith('-')) {
      out.push(next);
      i += 1;
    }
  }
  return out;
}
