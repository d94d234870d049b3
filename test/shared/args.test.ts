// Promises about flags: the forms that are taken, and one sentence for each mistake.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FlagKind, type ParsedFlags, parseFlags } from '../../src/shared/args.js';
import { EXIT_USAGE, ExitError } from '../../src/shared/errors.js';

const KINDS = { config: 'value', debug: 'none', watch: 'optional', help: 'none' } as const satisfies Record<
  string,
  FlagKind
>;

const parse = (...argv: string[]): ParsedFlags<keyof typeof KINDS> => parseFlags(argv, KINDS);

function mistakes(...argv: string[]): readonly string[] {
  try {
    parse(...argv);
  } catch (error) {
    if (error instanceof ExitError && error.exit_code === EXIT_USAGE) return error.sentences;
    throw error;
  }
  throw new Error('The flags were accepted.');
}

test.each([
  [['--config', 'x'], { config: 'x' }],
  [['--config=x'], { config: 'x' }],
  [['-config', 'x'], { config: 'x' }],
  [['-config=x'], { config: 'x' }],
  [['--config=-x'], { config: '-x' }],
  [['--config=a=b'], { config: 'a=b' }],
  [['--config', 'a', '--config', 'b'], { config: 'b' }],
  [['--debug'], { debug: '' }],
  [['-debug'], { debug: '' }],
  [['--watch'], { watch: '' }],
  [['--watch', '5'], { watch: '5' }],
  [['-watch', '0.5'], { watch: '0.5' }],
  [['--watch=5'], { watch: '5' }],
  [['--watch', '--debug'], { watch: '', debug: '' }],
  [[], {}],
])('%j is taken', (argv, flags) => {
  expect(parse(...argv)).toEqual({ flags, positionals: [] });
});

test('what is no flag is positional, and so is everything after --', () => {
  expect(parse('a', '--debug', 'b').positionals).toEqual(['a', 'b']);
  expect(parse('--watch', 'a')).toEqual({ flags: { watch: '' }, positionals: ['a'] });
  expect(parse('-', '--', '--debug', '-x')).toEqual({ flags: {}, positionals: ['-', '--debug', '-x'] });
});

test.each([
  [['--confg', 'x'], ['There is no flag --confg. Did you mean --config?']],
  [['-confg=x'], ['There is no flag --confg. Did you mean --config?']],
  [['-Config', 'x'], ['There is no flag --Config. Did you mean --config?']],
  [['--colour'], ['There is no flag --colour. The flags are --config, --debug, --watch, --help.']],
  [['-x'], ['There is no flag -x. The flags are --config, --debug, --watch, --help.']],
  [['--constructor'], ['There is no flag --constructor. The flags are --config, --debug, --watch, --help.']],
  [['--config'], ['--config needs a value: write --config=VALUE.']],
  [['--config='], ['--config needs a value: write --config=VALUE.']],
  [['--config', ''], ['--config needs a value: write --config=VALUE.']],
  [['--config', '--debug'], ['--config needs a value: write --config=VALUE.']],
  [['--debug=yes'], ['--debug takes no value: write it alone.']],
  [
    ['--debug=1', '--config'],
    ['--debug takes no value: write it alone.', '--config needs a value: write --config=VALUE.'],
  ],
])('%j is refused', (argv, sentences) => {
  expect(mistakes(...argv)).toEqual(sentences);
});

test('whatever the arguments, they are taken or refused in sentences', () => {
  const words = fc.constantFrom(
    '--config',
    '-config',
    '--watch',
    '--debug',
    '--',
    '-',
    '5',
    '=',
    '--=',
    '--__proto__',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(words, fc.string())), (argv) => {
      try {
        parse(...argv);
      } catch (error) {
        expect(error).toBeInstanceOf(ExitError);
        expect((error as ExitError).sentences.length).toBeGreaterThan(0);
      }
    }),
  );
});
