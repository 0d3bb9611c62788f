import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { BlosmError } from '../../chaincode/src/model/errors';
import type { Cli } from './io';

export const DEFAULT_SOCKET = '/run/blosm/agent.sock';

/** Where the agent's control API is: a unix socket, or a host and port. */
export type AgentAddress = { readonly socketPath: string } | { readonly host: string; readonly port: number };

/**
 * `--agent`, `$BLOSM_AGENT`, `$BLOSM_CONTROL_SOCKET`, the configuration's control.socket, the default: the first that is given.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID when the configuration file is there but wrong
 */
export async function findAgent({ io, options }: Cli): Promise<AgentAddress> {
  const named = options.agent ?? io.env['BLOSM_AGENT'] ?? io.env['BLOSM_CONTROL_SOCKET'] ?? '';
  if (named !== '') return parseAddress(named, io.cwd);
  // YAML and schemas are loaded only where there is a file to read.
  if (!mayHaveConfig({ io, options })) return { socketPath: DEFAULT_SOCKET };
  const { loadConfig } = await import('../config/load.js');
  const { config } = loadConfig({ file: options.config, env: io.env, cwd: io.cwd });
  return { socketPath: config.control.socket };
}

function mayHaveConfig({ io, options }: Cli): boolean {
  if (options.config !== undefined || (io.env['BLOSM_CONFIG'] ?? '') !== '') return true;
  return existsSync(resolve(io.cwd, 'blosm.yaml')) || existsSync('/etc/blosm/blosm.yaml');
}

function parseAddress(text: string, cwd: string): AgentAddress {
  if (!text.startsWith('http://')) return { socketPath: resolve(cwd, text.replace(/^unix:(\/\/)?/, '')) };
  if (!URL.canParse(text)) {
    throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', `--agent ${text} is no address`, {
      stage: 'usage',
      hint: 'Give the path of a unix socket, or http://HOST:PORT.',
    });
  }
  const url = new URL(text);
  return { host: url.hostname, port: url.port === '' ? 80 : Number(url.port) };
}

/** As it is named in messages. */
export const describeAddress = (address: AgentAddress): string =>
  'socketPath' in address ? address.socketPath : `http://${address.host}:${address.port}`;
