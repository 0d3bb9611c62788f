import { readFileSync } from 'node:fs';
import { release, totalmem } from 'node:os';
import type { Examination } from '../../app/doctor';
import { checkConfig, findConfigFile, loadConfig, type ConfigRequest } from '../../config/load';
import { readVersion } from '../../config/version';
import type { AgentConfig } from '../../config/schema';
import type { Inside } from '../../daemon/support/look-inside';
import { redactText, redactValue } from '../../domain/redact';
import { examineHere } from '../examine-here';
import { verboseLog, type Cli } from '../io';
import { askForText, type Told } from './ask-agent';

/** One file of the bundle; `why` instead of a text: it could not be had. */
export type Piece = { readonly name: string; readonly what: string } & (
  { readonly text: string } | { readonly why: string }
);

const JOURNAL_ENTRIES = 500;
const LOG_LINES = 2000;
const MIGRATIONS = 20;

/** Everything that the bundle holds, with the secrets taken out. Never fails for what is missing. */
export async function gatherPieces(cli: Cli): Promise<readonly Piece[]> {
  const request: ConfigRequest = { file: cli.options.config, env: cli.io.env, cwd: cli.io.cwd };
  const config = readConfig(request);
  const inside = config === null ? null : await look(cli, config);
  const secrets = inside?.secrets ?? [];
  const [examination, status, migrations, log, metrics] = await Promise.all([
    examineHere(cli),
    askForText(cli, '/v1/status'),
    migrationsOf(cli),
    askForText(cli, `/v1/logs?limit=${LOG_LINES}`),
    askForText(cli, '/metrics'),
  ]);
  return [
    json('versions.json', 'versions of program, Node.js and kernel', versions(cli, request), secrets),
    configPiece(request, secrets),
    json('doctor.json', "doctor's findings", itemsOf(examination), secrets),
    told('status.json', "the agent's status", status, secrets),
    told('migrations.ndjson', 'the newest migrations with their timelines', migrations, secrets),
    told('log.ndjson', `the agent's newest log lines, at most ${LOG_LINES}`, log, secrets),
    told('metrics.txt', "the agent's metrics", metrics, secrets),
    journalPiece(inside, secrets),
    json('engine.json', "the Docker Engine and the agent's containers", inside?.engine ?? NO_CONFIG, secrets),
  ];
}

const NO_CONFIG = { why: 'there is no valid configuration' };

const itemsOf = ({ state, results }: Examination): object => ({ state, items: results });

function readConfig(request: ConfigRequest): AgentConfig | null {
  try {
    return checkConfig(request).reading.ok ? loadConfig(request).config : null;
  } catch {
    return null;
  }
}

async function look(cli: Cli, config: AgentConfig): Promise<Inside> {
  const { lookInside } = await import('../../daemon/support/look-inside.js');
  return lookInside(config, JOURNAL_ENTRIES, verboseLog(cli), { signal: cli.io.signal });
}

/** Of the environment the names alone: its values override what the file says, passwords included. */
function versions({ io }: Cli, request: ConfigRequest): object {
  return {
    ...{ blosm: readVersion(), node: process.version, platform: `${process.platform}/${process.arch}` },
    ...{ kernel: release(), memoryBytes: totalmem(), atMs: io.nowMs(), configFile: findConfigFile(request) },
    variables: Object.keys(io.env).filter((name) => name.startsWith('BLOSM_')),
  };
}

function configPiece(request: ConfigRequest, secrets: readonly string[]): Piece {
  const about = { name: 'config.yaml', what: 'the configuration, without secrets' };
  const file = findConfigFile(request);
  if (file === null) return { ...about, why: 'there is no configuration file' };
  try {
    return { ...about, text: redactText(readFileSync(file, 'utf8'), secrets) };
  } catch (error) {
    return { ...about, why: String(error) };
  }
}

function journalPiece(inside: Inside | null, secrets: readonly string[]): Piece {
  const about = { name: 'journal.ndjson', what: `the journal's newest entries, at most ${JOURNAL_ENTRIES}` };
  const { journal } = inside ?? { journal: NO_CONFIG };
  if ('why' in journal) return { ...about, why: journal.why };
  return { ...about, text: journal.map((entry) => `${JSON.stringify(redactValue(entry, secrets))}\n`).join('') };
}

const json = (name: string, what: string, value: object, secrets: readonly string[]): Piece => ({
  name,
  what,
  text: `${JSON.stringify(redactValue(value, secrets), null, 2)}\n`,
});

/** What the agent said, line by line where it is lines: JSON is redacted as such, everything else as text. */
function told(name: string, what: string, answer: Told, secrets: readonly string[]): Piece {
  if ('why' in answer) return { name, what, why: answer.why };
  const lines = answer.text.split('\n').map((line) => redactLine(line, secrets));
  return { name, what, text: `${lines.join('\n').trimEnd()}\n` };
}

function redactLine(line: string, secrets: readonly string[]): string {
  if (!/^[[{]/.test(line)) return redactText(line, secrets);
  try {
    return JSON.stringify(redactValue(JSON.parse(line), secrets));
  } catch {
    return redactText(line, secrets);
  }
}

/** The newest ones, the open ones among them, each with its timeline as far as the agent tells it. */
async function migrationsOf(cli: Cli): Promise<Told> {
  const list = await askForText(cli, `/v1/migrations?limit=${MIGRATIONS}`);
  if ('why' in list) return list;
  const { items } = JSON.parse(list.text) as { items: { migrationId: string }[] };
  const lines = await Promise.all(
    items.map(async (migration) => {
      const timeline = await askForText(cli, `/v1/migrations/${encodeURIComponent(migration.migrationId)}/timeline`);
      const found: unknown = 'why' in timeline ? timeline : JSON.parse(timeline.text);
      return JSON.stringify({ migration, timeline: found });
    }),
  );
  return { text: lines.join('\n') };
}
