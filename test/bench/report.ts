import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem, type as osType } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { packageRoot } from '../../network/package-root';

/** One measured figure. */
export interface Figure {
  readonly what: string;
  readonly unit: 'ms' | 's' | 'bytes' | 'MiB' | 'MB/s' | '1/s' | 'count' | '%';
  readonly value: number;
  /** How it was measured, or what it stands beside. */
  readonly note: string;
}

export interface BenchReport {
  readonly bench: string;
  readonly figures: readonly Figure[];
  /** Without which the figures would say something else. */
  readonly notes?: readonly string[];
  /** What the figures were made of, one row a sample. */
  readonly rows?: readonly object[];
}

/** The machine, named: a figure without it says nothing. */
export function machine(): Record<string, string | number> {
  const cores = cpus();
  return {
    cpu: cores[0]?.model ?? 'unknown',
    cores: cores.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${osType()} ${release()}`,
    node: process.version,
  };
}

/** Of the checkout, with `-dirty` where files differ from it; `unknown` outside of one. */
function commit(): string {
  try {
    const args = ['describe', '--always', '--dirty', '--abbrev=40'];
    const said = execFileSync('git', args, { cwd: packageRoot(), stdio: ['ignore', 'pipe', 'ignore'] });
    return said.toString('utf8').trim();
  } catch {
    return 'unknown';
  }
}

/** Prints the table and writes the JSON beside it; gives the file's path. */
export function publish(reports: readonly BenchReport[], folder: string, startedAt: Date): string {
  const table = new Table({
    head: ['what', 'value', 'unit', 'note'],
    chars: { mid: '', 'mid-mid': '', 'left-mid': '', 'right-mid': '' },
    style: { head: [], border: [] },
  });
  for (const { bench, figures } of reports) {
    table.push([bench, '', '', '']);
    for (const { what, value, unit, note } of figures) table.push([`  ${what}`, show(value), unit, note]);
  }
  const notes = reports.flatMap(({ bench, notes: lines = [] }) => lines.map((line) => `${bench}: ${line}\n`));
  process.stdout.write(`${JSON.stringify(machine())}\n${table.toString()}\n${notes.join('')}`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `bench-${startedAt.toISOString().replace(/[:.]/g, '-')}.json`);
  writeFileSync(file, `${JSON.stringify({ machine: machine(), commit: commit(), startedAt, reports }, null, 2)}\n`);
  return file;
}

const show = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(2));
