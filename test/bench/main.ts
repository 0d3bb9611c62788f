import { mkdtempSync, rmdirSync, rmSync } from 'node:fs';
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
import { listenForInterruption, withTearDown, type Interruption } from './interruption';
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
  if (named[0] === LEDGER) return interruptibly(ledger, parseLedgerOptions(named.slice(1)));
  if (named[0] === AGENT) {
    return interruptibly(agent, parseAgentOptions(named.slice(1), Object.keys(AGENT_PARTS)));
  }
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
  return interruptibly(onSandbox, named.length > 0 ? named : Object.keys(BENCHES));
}

/** Asked to end, a bench takes its network down first; its exit code then tells by which signal. */
async function interruptibly<O>(
  bench: (options: O, interruption: Interruption) => Promise<void>,
  options: O,
): Promise<void> {
  const interruption = listenForInterruption(say);
  try {
    await bench(options, interruption);
  } catch (error) {
    if (interruption.exitCode === null) throw error;
  }
  // What is still being measured has nothing to measure any more.
  if (interruption.exitCode !== null) process.exit(interruption.exitCode);
}

async function onSandbox(names: readonly string[], interruption: Interruption): Promise<void> {
  const startedAt = new Date();
  const sandbox = new BenchSandbox(interruption.signal);
  const measure = async (): Promise<void> => {
    const reports: BenchReport[] = [];
    for (const name of names) {
      const up = await sandbox.up();
      say(`bench ${name}`);
      reports.push(...((await BENCHES[name]?.(up)) ?? []));
    }
    say(`written to ${publish(reports, resolve('.blosm', 'bench'), startedAt)}`);
  };
  await withTearDown(interruption, measure, () => sandbox.down());
}

/** A sandbox that is brought up when it is first needed. */
class BenchSandbox {
  private readonly stateDir = mkdtempSync(join(tmpdir(), 'blosm-bench-'));
  private starting: Promise<Sandbox> | undefined;

  constructor(
    private readonly signal: AbortSignal,
    private readonly adapt: (sandbox: Sandbox) => Promise<void> = () => Promise.resolve(),
  ) {}

  up(): Promise<Sandbox> {
    return (this.starting ??= this.start());
  }

  /** Also of what has only begun to come up: that ends by the signal, and nothing starts after it is looked what runs. */
  async down(): Promise<void> {
    if (this.starting === undefined) {
      rmSync(this.stateDir, { recursive: true, force: true });
      return;
    }
    await this.starting.catch(() => undefined);
    await sandboxDown({ stateDir: this.stateDir, purge: true });
    rmdirSync(this.stateDir);
  }

  private async start(): Promise<Sandbox> {
    const topology = loadTopology(resolve(packageRoot(), 'network/profiles/three-clusters.yaml'));
    const sandbox = await clustersUp({ topology, stateDir: this.stateDir, onStep: say, signal: this.signal });
    this.signal.throwIfAborted();
    await publishSampleServices(sandbox, say);
    this.signal.throwIfAborted();
    await this.adapt(sandbox);
    return sandbox;
  }
}

/** With the agents as the options want them. */
async function adaptAgents({ plan }: Sandbox, options: AgentBenchOptions): Promise<void> {
  const env = agentEnvironment(options);
  for (const cluster of Object.keys(env).length > 0 ? plan.clusters : []) {
    await stopAgent(cluster);
    await startAgent(cluster, { env });
  }
}

async function agent(options: AgentBenchOptions, interruption: Interruption): Promise<void> {
  const startedAt = new Date();
  const sandbox = new BenchSandbox(interruption.signal, (up) => adaptAgents(up, options));
  const reports: BenchReport[] = [];
  const measure = async (): Promise<void> => {
    for (const name of options.parts) {
      interruption.signal.throwIfAborted();
      say(`bench ${AGENT}: ${name}`);
      reports.push(...((await AGENT_PARTS[name]?.({ say, sandbox: () => sandbox.up(), options })) ?? []));
    }
  };
  try {
    await withTearDown(interruption, measure, () => sandbox.down());
  } finally {
    if (reports.length > 0) say(`written to ${publish(reports, resolve(options.out), startedAt)}`);
  }
}

async function ledger(options: LedgerBenchOptions, { signal }: Interruption): Promise<void> {
  const startedAt = new Date();
  const sayWhen = (line: string): void => say(`${((Date.now() - startedAt.getTime()) / 1000).toFixed(0)} s: ${line}`);
  const reports: BenchReport[] = [];
  const run = { say: sayWhen, onReport: (report: BenchReport) => void reports.push(report), signal };
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
