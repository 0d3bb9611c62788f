import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { clustersUp } from '../../network/clusters';
import { publishSampleServices } from '../../network/demo/publish';
import { packageRoot } from '../../network/package-root';
import { sandboxDown, startAgent, stopAgent, type Sandbox } from '../../network/sandbox';
import { loadTopology } from '../../network/topology';
import { agentEnvironment, parseAgentOptions, type AgentBenchOptions } from './agent/options';
import { AGENT_PARTS } from './agent/parts';
import { benchCli } from './cli';
import { benchDecision } from './decision';
import { benchGateway } from './gateway';
import { benchLedger } from './ledger/bench-ledger';
import { parseLedgerOptions, type LedgerBenchOptions } from './ledger/options';
import { benchLedgerAdapters } from './ledger-adapters';
import { benchRegistryMigration } from './registry-migration';
import { publish, type BenchReport } from './report';

/** On the sandbox, by name: `npm run bench -- decision gateway`; all of these when none is named. */
const BENCHES: Readonly<Record<string, (sandbox: Sandbox) => Promise<BenchReport[]>>> = {
  decision: async (sandbox) => [await benchDecision(sandbox)],
  'ledger-adapters': async ({ fabric }) => [await benchLedgerAdapters(fabric)],
  gateway: async (sandbox) => [await benchGateway(sandbox)],
  registry: benchRegistryMigration,
};

/** The agent by itself and in its clusters: `npm run bench -- agent [PART...] [--minutes N] [--migrations N]`. */
const AGENT = 'agent';

/** On networks of its own, of several sizes: `npm run bench -- ledger [--peers 3,10] [--samples N]`. */
const LEDGER = 'ledger';

/** Without a sandbox: `npm run bench -- cli`. */
const CLI = 'cli';

async function main(): Promise<void> {
  const named = process.argv.slice(2);
  if (named[0] === LEDGER) return ledger(parseLedgerOptions(named.slice(1)));
  if (named[0] === AGENT) return agent(parseAgentOptions(named.slice(1), Object.keys(AGENT_PARTS)));
  if (named.length === 1 && named[0] === CLI) {
    const startedAt = new Date();
    say(`written to ${publish([await benchCli()], resolve('.blosm', 'bench'), startedAt)}`);
    return;
  }
  const unknown = named.filter((name) => BENCHES[name] === undefined);
  if (unknown.length > 0) {
    const all = [...Object.keys(BENCHES), AGENT, LEDGER, CLI].join(', ');
    throw new Error(`no bench ${unknown.join(', ')}; there are ${all}`);
  }
  const startedAt = new Date();
  const stateDir = mkdtempSync(join(tmpdir(), 'blosm-bench-'));
  try {
    const sandbox = await sandboxUp(stateDir);
    const reports: BenchReport[] = [];
    for (const name of named.length > 0 ? named : Object.keys(BENCHES)) {
      say(`bench ${name}`);
      reports.push(...((await BENCHES[name]?.(sandbox)) ?? []));
    }
    say(`written to ${publish(reports, resolve('.blosm', 'bench'), startedAt)}`);
  } finally {
    await sandboxDown({ stateDir, purge: true });
  }
}

async function sandboxUp(stateDir: string): Promise<Sandbox> {
  const topology = loadTopology(resolve(packageRoot(), 'network/profiles/three-clusters.yaml'));
  const sandbox = await clustersUp({ topology, stateDir, onStep: say });
  await publishSampleServices(sandbox, say);
  return sandbox;
}

/** With the agents as the options want them. */
async function agentsUp(stateDir: string, options: AgentBenchOptions): Promise<Sandbox> {
  const sandbox = await sandboxUp(stateDir);
  const env = agentEnvironment(options);
  for (const cluster of Object.keys(env).length > 0 ? sandbox.plan.clusters : []) {
    await stopAgent(cluster);
    await startAgent(cluster, { env });
  }
  return sandbox;
}

async function agent(options: AgentBenchOptions): Promise<void> {
  const startedAt = new Date();
  const stateDir = mkdtempSync(join(tmpdir(), 'blosm-bench-'));
  let starting: Promise<Sandbox> | undefined;
  const sandbox = (): Promise<Sandbox> => (starting ??= agentsUp(stateDir, options));
  const reports: BenchReport[] = [];
  try {
    for (const name of options.parts) {
      say(`bench ${AGENT}: ${name}`);
      reports.push(...((await AGENT_PARTS[name]?.({ say, sandbox, options })) ?? []));
    }
  } finally {
    if (reports.length > 0) say(`written to ${publish(reports, resolve(options.out), startedAt)}`);
    if (starting !== undefined) await sandboxDown({ stateDir, purge: true });
  }
}

async function ledger(options: LedgerBenchOptions): Promise<void> {
  const startedAt = new Date();
  // Asked to end, it takes its network down first.
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort(new Error(name)));
  const sayWhen = (line: string): void => say(`${((Date.now() - startedAt.getTime()) / 1000).toFixed(0)} s: ${line}`);
  const reports: BenchReport[] = [];
  const run = { say: sayWhen, onReport: (report: BenchReport) => void reports.push(report), signal: stop.signal };
  try {
    await benchLedger(options, run);
  } finally {
    if (reports.length > 0) say(`written to ${publish(reports, resolve(options.out), startedAt)}`);
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
