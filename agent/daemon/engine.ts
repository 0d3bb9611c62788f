import { readFile } from 'node:fs/promises';
import { connectDocker } from '../adapters/docker';
import { connectHost } from '../adapters/host';
import { createProbe } from '../adapters/http/probe';
import { createLayerSizes, type RegistryOptions } from '../adapters/registry';
import type { AgentConfig } from '../config/schema';
import type { AgentContext } from '../app/context';
import type { Log } from '../ports/log';

/** The Docker Engine and the health probe, as the configuration names them. */
export async function connectEngine(config: AgentConfig, log: Log): Promise<Pick<AgentContext, 'engine' | 'probe'>> {
  const registry = await registryOf(config.registry);
  const engine = connectDocker({
    socketPath: config.docker.socket,
    network: config.docker.network,
    registry,
    layerSizes: createLayerSizes(registry),
    host: connectHost({ declaredGpuMillis: config.cluster.capacity.gpuMillis ?? 0 }),
    log,
  });
  return { engine, probe: createProbe() };
}

/** The registry with its login. @throws Error of the file system for a password that cannot be read */
export async function registryOf({
  address,
  username,
  passwordFile,
}: AgentConfig['registry']): Promise<RegistryOptions> {
  const password = passwordFile === undefined ? '' : (await readFile(passwordFile, 'utf8')).trim();
  return { address, ...(username === undefined ? {} : { auth: { username, password } }) };
}
