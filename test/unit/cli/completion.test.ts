import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { completionTree, valuedFlags } from '../../../agent/cli/completion/tree';
import { OUTPUT_FORMATS } from '../../../agent/cli/output/formats';
import { buildProgram } from '../../../agent/cli/program';
import { invoke } from './invoke';

const silent = () => undefined;
const program = buildProgram({ writeOut: silent, writeError: silent, call: () => Promise.resolve() });
const tree = completionTree(program, []);

type Shell = 'bash' | 'zsh' | 'fish';
const isInstalled = (shell: Shell) => spawnSync(shell, ['-c', 'exit 0']).status === 0;

/** What the agent would list: ids, and what must never get to a shell. */
const IDS = ['mig-1', 'mig-2', 'other', '$(touch owned)', '`touch owned`', 'a b', '-x;y'];

let cwd: string;
beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'blosm-completion-'));
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { exitCode, stdout, stderr } = await invoke(['completion', shell]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    writeFileSync(join(cwd, shell), stdout);
  }
  mkdirSync(join(cwd, 'bin'));
  mkdirSync(join(cwd, 'files'));
  mkdirSync(join(cwd, 'files/a folder'));
  writeFileSync(join(cwd, 'files/a file.yaml'), '');
  // Stands for the program: it notes how it was called.
  const ids = IDS.map((id) => `'${id}'`).join(' ');
  const program = `#!/bin/sh\necho "$@" >> '${cwd}/calls'\ntest -e '${cwd}/no-agent' && exit 6\nprintf '%s\\n' ${ids}\n`;
  writeFileSync(join(cwd, 'bin/blosm'), program);
  chmodSync(join(cwd, 'bin/blosm'), 0o755);
});
beforeEach(() => {
  writeFileSync(join(cwd, 'calls'), '');
  rmSync(join(cwd, 'no-agent'), { force: true });
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const inQuotes = (word: string) => `'${word}'`;

/** How each shell is asked for what may stand in the place of the last word. */
const ASK: Record<Shell, (words: readonly string[]) => readonly string[]> = {
  bash: (words) => [
    '--norc',
    '-c',
    `source ${cwd}/bash; COMP_WORDS=(${words.map(inQuotes).join(' ')}); COMP_CWORD=${words.length - 1}
     _blosm; [[ \${#COMPREPLY[@]} == 0 ]] || printf '%s\\n' "\${COMPREPLY[@]}"`,
  ],
  // Outside of its line editor zsh cannot complete: what would be offered is printed instead.
  zsh: (words) => [
    '-f',
    '-c',
    `compdef() { }
     compadd() { local word; for word in "\${@:#-a}"; do [[ $1 == -a ]] && print -l -- \${(P)word} || print -r -- $word; done; }
     _describe() { local entry; for entry in "\${(@P)2}"; do print -r -- "\${entry%%:*}"; done; }
     _files() { print -l -- files/*; }
     source ${cwd}/zsh; words=(${words.map(inQuotes).join(' ')}); CURRENT=${words.length}; _blosm`,
  ],
  fish: (words) => ['--no-config', '-c', `source ${cwd}/fish; complete -C '${words.join(' ')}'`],
};

function complete(shell: Shell, words: readonly string[]): string[] {
  const env = { PATH: `${join(cwd, 'bin')}:${process.env['PATH'] ?? ''}`, HOME: cwd, TERM: 'dumb', LC_ALL: 'C.UTF-8' };
  const outcome = spawnSync(shell, ASK[shell](words), { cwd, env, encoding: 'utf8', timeout: 60_000 });
  expect({ status: outcome.status, stderr: outcome.stderr }).toEqual({ status: 0, stderr: '' });
  const offered = outcome.stdout.split('\n').filter((line) => line !== '');
  return offered.map((line) => line.split('\t')[0] ?? '').filter((word) => word.startsWith(words.at(-1) ?? ''));
}

const calls = () => readFileSync(join(cwd, 'calls'), 'utf8');

const SHELLS = (['bash', 'zsh', 'fish'] as const).map((shell) => {
  const isHere = isInstalled(shell);
  return { shell, isHere, title: isHere ? shell : `${shell} (skipped: ${shell} is not installed)` };
});

describe.each(SHELLS)('in $title', ({ shell, isHere }) => {
  const given = isHere ? it : it.skip;
  const offers = (line: string) => complete(shell, line.split(' '));

  given('every command offers its subcommands', () => {
    for (const { path, subcommands } of tree.filter(({ subcommands: below }) => below.length > 0)) {
      const names = subcommands.map(({ name }) => name);
      expect(offers(`blosm ${path === '' ? '' : `${path} `}`).sort()).toEqual([...names].sort());
    }
  });

  given('a beginning narrows them', () => {
    expect(offers('blosm mig').sort()).toEqual(['migrate', 'migration']);
    expect(offers('blosm migration w')).toEqual(['watch']);
    expect(offers('blosm --quiet -o json migration w')).toEqual(['watch']);
  });

  given('options are those of the command and those of every command', () => {
    const listed = offers('blosm migration list --');
    expect(listed).toEqual(
      expect.arrayContaining(['--watch', '--interval', '--limit', '--output', '--agent', '--help']),
    );
    expect(listed).not.toContain('--dry-run');
    expect(offers('blosm migrate ins-1 --dr')).toEqual(['--dry-run']);
  });

  given('values that can be chosen from are offered', () => {
    expect(offers('blosm status -o ').sort()).toEqual([...OUTPUT_FORMATS].sort());
    expect(offers('blosm status --output nd')).toEqual(['ndjson']);
    expect(offers('blosm completion ').sort()).toEqual(['bash', 'fish', 'zsh']);
    expect(offers('blosm ledger history mi')).toEqual(['migration']);
    expect(offers('blosm instance recover ins-1 --from ').sort()).toEqual(['copy', 'image']);
  });

  given('keys of the configuration are offered, as the schema has them', () => {
    expect(offers('blosm config explain gateway.s')).toEqual(['gateway.services']);
    expect(offers('blosm config explain lease').sort()).toEqual(['lease', 'lease.seconds']);
  });

  given('ids come from the agent, which is asked quickly; nothing that a shell would run', () => {
    expect(offers('blosm migration get ')).toEqual(['mig-1', 'mig-2', 'other']);
    expect(calls()).toBe('migration list -o name --timeout 500ms\n');
    expect(offers('blosm migration get mig-')).toEqual(['mig-1', 'mig-2']);
    expect(offers('blosm --agent other.sock migrate --to ')).toContain('other');
    expect(calls()).toContain('cluster list -o name --timeout 500ms --agent other.sock\n');
  });

  given('without an agent it is silent', () => {
    writeFileSync(join(cwd, 'no-agent'), '');
    // The stand-in says nothing more then, and neither does the shell.
    expect(offers('blosm instance get ')).toEqual([]);
    expect(calls()).toContain('instance list');
  });

  given('an argument is offered once', () => {
    expect(offers('blosm migration get mig-1 ')).toEqual([]);
  });

  given('files are offered where a file stands', () => {
    const found = offers('blosm service register -f files/a');
    expect(found.join(' ')).toMatch(/a (file|\\ file)|files\/a/);
  });
});

test('an option takes a value everywhere or nowhere: the scripts look at its name only', () => {
  const valued = valuedFlags(tree);
  const bare = tree.flatMap(({ options }) =>
    options.filter(({ values }) => values === null).flatMap(({ flags }) => flags),
  );
  // Where they are switches a value is offered in vain, and nothing is lost: what follows can be typed.
  const both = ['-f', '--service'];
  expect(bare.filter((flag) => valued.includes(flag) && !both.includes(flag))).toEqual([]);
});

test('bash takes --output=json apart, as its line editor does', () => {
  expect(complete('bash', ['blosm', 'status', '--output', '=', 'js'])).toEqual(['json']);
  expect(complete('bash', ['blosm', '--output', '=', 'json', 'migration', 'w'])).toEqual(['watch']);
});

test('an unknown shell is wrong usage', async () => {
  expect(await invoke(['completion', 'tcsh'])).toMatchObject({ exitCode: 2, stdout: '' });
});
