import { InvalidArgumentError, Option, type Command } from 'commander';
import { parseDuration } from './duration';
import { OUTPUT_FORMATS } from './output/formats';

function durationOf(text: string): number {
  const durationMs = parseDuration(text);
  if (durationMs === undefined) throw new InvalidArgumentError('Write a time as 500ms, 10s, 5m or 1h.');
  return durationMs;
}

/** Reads a whole number between two bounds, both included. */
function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (Number.isInteger(number) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`A number from ${least} to ${most}.`);
  };
}

/** Gathers an option that may be given several times. */
export const collected = (text: string, earlier: readonly string[] = []): readonly string[] => [...earlier, text];

/** Numbers of blocks; JavaScript counts no further. */
export const blockNumber = wholeNumber(0, Number.MAX_SAFE_INTEGER);

/** The options that every command takes. */
export function addGlobalOptions(program: Command): Command {
  return program
    .option('--config <file>', 'configuration file (default: $BLOSM_CONFIG, ./blosm.yaml, /etc/blosm/blosm.yaml)')
    .option(
      '--agent <address>',
      "unix socket or https:// URL of the agent (default: $BLOSM_AGENT, the configuration's)",
    )
    .option('--agent-cert <file>', 'with https://: the certificate that you show (default: $BLOSM_AGENT_CERT)')
    .option('--agent-key <file>', 'its private key (default: $BLOSM_AGENT_KEY)')
    .option(
      '--agent-ca <file>',
      "the authority of the agent's certificate, or that certificate (default: $BLOSM_AGENT_CA)",
    )
    .addOption(new Option('-o, --output <format>', 'form of the result').choices(OUTPUT_FORMATS).default('table'))
    .addOption(new Option('--quiet', 'no notes on standard error, errors only').conflicts('verbose'))
    .option('--verbose', 'requests, causes and stacks on standard error')
    .option('--no-color', 'no colours (also: NO_COLOR, or no terminal; FORCE_COLOR: colours without one)')
    .option('--no-progress', 'do not show how far it is (also: CI, or no terminal)')
    .addOption(new Option('--timeout <duration>', 'how long to wait, e.g. 500ms, 10s, 5m').argParser(durationOf))
    .option('--yes', 'do what deletes without asking');
}

/** `-w` and how often it looks; what a command gets of them is `WatchOptions`. */
export const watchOption = (): Option => new Option('-w, --watch', 'go on and show what changes, until interrupted');

export const intervalOption = (): Option =>
  new Option('--interval <duration>', 'with --watch: how often to look').argParser(durationOf).default(1000, '1s');

export const dryRunOption = (): Option => new Option('--dry-run', 'tell what would happen, change nothing');

export const setOption = (): Option =>
  new Option('--set <key=value>', 'another value for a key of the configuration; may be repeated').argParser(collected);

export const limitOption = (): Option =>
  new Option('--limit <number>', 'at most so many entries').argParser(wholeNumber(1, 1000)).default(100);

export const stateOption = (): Option =>
  new Option('--state <folder>', 'where the state of the network is kept').default('.blosm');

export const chaincodeOption = (): Option =>
  new Option('--chaincode <folder>', "the chaincode's folder, built (default: the one that comes with BloSM)");

export const topologyOption = (): Option =>
  new Option('--topology <file>', 'clusters and links (default: three clusters, network/profiles/three-clusters.yaml)');

export const basePortOption = (): Option =>
  new Option(
    '--base-port <port>',
    'first of the ports of 127.0.0.1 that a new network takes (default: 7050); one that is there keeps its own',
  ).argParser(wholeNumber(1024, 60_000));
