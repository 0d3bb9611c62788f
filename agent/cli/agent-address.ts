import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { BlosmError } from '../../chaincode/src/model/errors';
import type { Cli } from './io';

export const DEFAULT_SOCKET = '/run/blosm/agent.sock';

/** Where the agent's control API is: a unix socket, or a host and port. */
export type AgentAddress =
  { readonly socketPath: string } | { readonly host: string; readonly port: number; readonly tls?: AgentTls };

/** Files in PEM: what is shown to an agent, and by what it is known. */
export interface AgentTls {
  readonly certificate: string;
  readonly privateKey: string;
  readonly authority: string;
}

/**
 * `--agent`, `$BLOSM_AGENT`, `$BLOSM_CONTROL_SOCKET`, the configuration's control.socket, the default: the first that is given.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID when the configuration file is there but wrong; BLOSM_E_INVALID_ARGUMENT for
 * an address that is none, or an https:// one without certificates
 */
export async function findAgent({ io, options }: Cli): Promise<AgentAddress> {
  const named = options.agent ?? io.env['BLOSM_AGENT'] ?? io.env['BLOSM_CONTROL_SOCKET'] ?? '';
  if (named !== '') return parseAddress(named, { io, options });
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

function parseAddress(text: string, cli: Cli): AgentAddress {
  if (!/^https?:\/\//.test(text)) return { socketPath: resolve(cli.io.cwd, text.replace(/^unix:(\/\/)?/, '')) };
  if (!URL.canParse(text)) {
    throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', `--agent ${text} is no address`, {
      stage: 'usage',
      hint: 'Give the path of a unix socket, or https://HOST:PORT.',
    });
  }
  const url = new URL(text);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (url.protocol === 'http:') return { host, port: url.port === '' ? 80 : Number(url.port) };
  return { host, port: url.port === '' ? 443 : Number(url.port), tls: tlsOf(cli) };
}

const TLS_FILES = {
  agentCert: { option: '--agent-cert', variable: 'BLOSM_AGENT_CERT' },
  agentKey: { option: '--agent-key', variable: 'BLOSM_AGENT_KEY' },
  agentCa: { option: '--agent-ca', variable: 'BLOSM_AGENT_CA' },
} as const;

function tlsOf({ io, options }: Cli): AgentTls {
  const fileOf = (name: keyof typeof TLS_FILES): string => {
    const { option, variable } = TLS_FILES[name];
    const file = options[name] ?? io.env[variable] ?? '';
    if (file !== '') return resolve(io.cwd, file);
    throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', `an agent at https:// needs ${option} (or $${variable})`, {
      stage: 'usage',
      hint: "Show an admin's certificate of the agent's organisation: --agent-cert, --agent-key, --agent-ca.",
    });
  };
  return { certificate: fileOf('agentCert'), privateKey: fileOf('agentKey'), authority: fileOf('agentCa') };
}

/** As it is named in messages. */
export const describeAddress = (address: AgentAddress): string => {
  if ('socketPath' in address) return address.socketPath;
  return `${address.tls === undefined ? 'http' : 'https'}://${address.host}:${address.port}`;
};
