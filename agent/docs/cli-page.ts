import type { Argument, Command, Option } from 'commander';
import { EXIT_CODES } from '../cli/exit-codes';
import { buildProgram } from '../cli/program';
import { code, generatedFrom, markdownTable } from './markdown';

/** Every command with its options, and the exit codes. */
export function cliPage(): string {
  const nothing = (): undefined => undefined;
  const program = buildProgram({ writeOut: nothing, writeError: nothing, call: () => Promise.resolve() });
  return [
    generatedFrom('agent/cli'),
    '# Command line\n',
    'Results go to standard output, everything else to standard error. With `-o json` and `-o yaml` a result is one',
    'document: `apiVersion` (`blosm/v1`), `kind` and its fields; a list has `items`.\n',
    '## Options of every command\n',
    optionTable(program.options),
    ...leavesOf(program, ['blosm']).map(({ command, path }) => commandSection(command, path)),
    '## Exit codes\n',
    markdownTable(
      ['Code', 'Meaning'],
      Object.entries(EXIT_CODES).map(([exitCode, meaning]) => [exitCode, meaning]),
    ).trimEnd(),
    '\nWhich error code leads to which exit code: [errors](errors.md).\n',
  ].join('\n');
}

interface Leaf {
  readonly command: Command;
  readonly path: readonly string[];
}

function leavesOf(command: Command, path: readonly string[]): Leaf[] {
  return command.commands.flatMap((child) => {
    const childPath = [...path, child.name()];
    return child.commands.length === 0 ? [{ command: child, path: childPath }] : leavesOf(child, childPath);
  });
}

function commandSection(command: Command, path: readonly string[]): string {
  const usage = [...path, ...command.registeredArguments.map(argumentName)].join(' ');
  const options = command.options.length === 0 ? [] : [optionTable(command.options)];
  return [`## ${code(usage)}\n`, `${command.description()}.\n`, ...options].join('\n');
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
