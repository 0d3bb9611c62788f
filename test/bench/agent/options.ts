import { parseArgs } from 'node:util';

export interface AgentBenchOptions {
  /** In the order in which they run. */
  readonly parts: readonly string[];
  /** How long idle agents are watched. */
  readonly minutes: number;
  /** How many registry migrations the memory is watched over. */
  readonly migrations: number;
  /** How often an agent is killed. */
  readonly kills: number;
  /** Given to Node besides, by NODE_OPTIONS; empty: as agents are started. */
  readonly nodeFlags: string;
  readonly adapter: 'fabric-network' | 'fabric-gateway';
  readonly out: string;
}

/** What the agents are started with, besides what they are always. */
export const agentEnvironment = ({ adapter, nodeFlags }: AgentBenchOptions): Record<string, string> => ({
  ...(adapter === 'fabric-network' ? {} : { BLOSM_LEDGER_ADAPTER: adapter }),
  ...(nodeFlags === '' ? {} : { NODE_OPTIONS: nodeFlags }),
});

/**
 * Reads the command line after `agent`.
 * @param known all parts; they are run when none is named
 * @throws Error that says what is wrong
 */
export function parseAgentOptions(args: readonly string[], known: readonly string[]): AgentBenchOptions {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    args: [...args],
    options: {
      minutes: { type: 'string', default: '10' },
      migrations: { type: 'string', default: '100' },
      kills: { type: 'string', default: '5' },
      'node-flags': { type: 'string', default: '' },
      adapter: { type: 'string', default: 'fabric-network' },
      out: { type: 'string', default: '.blosm/bench' },
    },
  });
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`no part ${unknown.join(', ')}; there are ${known.join(', ')}`);
  const { adapter } = values;
  if (adapter !== 'fabric-network' && adapter !== 'fabric-gateway') throw new Error(`no adapter ${adapter}`);
  return {
    parts: positionals.length > 0 ? positionals : known,
    minutes: numberOf('minutes', values.minutes, 0.05, 1440),
    migrations: Math.round(numberOf('migrations', values.migrations, 1, 10_000)),
    kills: Math.round(numberOf('kills', values.kills, 1, 100)),
    nodeFlags: values['node-flags'],
    adapter,
    out: values.out,
  };
}

function numberOf(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text !== '' && value >= least && value <= most) return value;
  throw new Error(`--${name} ${text} is no number from ${least} to ${most}`);
}
