import type { Argument, Option } from 'commander';
import { EXAMPLES } from '../cli/examples';
import { EXIT_CODES } from '../cli/exit-codes';
import { OUTPUT_FORMATS, OUTPUT_MEANINGS } from '../cli/output/formats';
import { buildProgram, leavesOf, type Leaf } from '../cli/program';
import { code, generatedFrom, markdownTable } from './markdown';

/** Every command with its options, and the exit codes. */
export function cliPage(): string {
  const nothing = (): undefined => undefined;
  const program = buildProgram({ writeOut: nothing, writeError: nothing, call: () => Promise.resolve() });
  return [
    generatedFrom('agent/cli'),
    '# Command line\n',
    'Results go to standard output, everything else to standard error: errors in two lines (what went wrong, what to do),',
    'notes, and on a terminal how far something is. A command never asks; what deletes needs `--yes`.\n',
    '## Outputs\n',
    markdownTable(
      ['`-o`', 'The result as'],
      OUTPUT_FORMATS.map((format) => [code(format), OUTPUT_MEANINGS[format]]),
    ),
    'With `-w` a terminal is redrawn. Elsewhere lines are appended: with `table` and `wide` those of a list that are new or',
    'have changed, with the other outputs a document for each of them (`gone: true` for one that is no longer there).',
    'Watching ends by an interrupt (exit code 130), that of one migration when it has ended.\n',
    '## Options of every command\n',
    optionTable(program.options),
    ...leavesOf(program).map(commandSection),
    '## Exit codes\n',
    markdownTable(
      ['Code', 'Meaning'],
      Object.entries(EXIT_CODES).map(([exitCode, meaning]) => [exitCode, meaning]),
    ).trimEnd(),
    '\nWhich error code leads to which exit code: [errors](errors.md).\n',
  ].join('\n');
}

function commandSection({ command, path }: Leaf): string {
  const usage = ['blosm', ...path, ...command.registeredArguments.map(argumentName)].join(' ');
  const options = command.options.length === 0 ? [] : [optionTable(command.options)];
  const examples = EXAMPLES[path.join(' ')] ?? [];
  const shown = examples.length === 0 ? [] : [`\`\`\`sh\n${examples.join('\n')}\n\`\`\`\n`];
  return [`## ${code(usage)}\n`, `${command.description()}.\n`, ...options, ...shown].join('\n');
}

const argumentName = (argument: Argument): string =>
  argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;

const optionTable = (options: readonly Option[]): string =>
  markdownTable(
    ['Option', 'Meaning'],
    options.map((option) => [code(option.flags), meaningOf(option)]),
  );

function meaningOf(option: Option): string {
  const choices = option.argChoices === undefined ? '' : `; one of ${option.argChoices.join(', ')}`;
  const isSwitch = option.defaultValue === undefined || typeof option.defaultValue === 'boolean';
  const standard = isSwitch ? '' : ` (default ${code(String(option.defaultValue))})`;
  return `${option.description}${choices}${standard}${option.mandatory ? ' (needed)' : ''}`;
}
