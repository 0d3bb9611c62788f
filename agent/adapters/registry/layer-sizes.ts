import { z } from 'zod';
import { BlosmError } from '../../../chaincode/src/model';
import { getText } from './get';

export interface RegistryOptions {
  /** `host:port`. */
  readonly address: string;
  readonly auth?: { readonly username: string; readonly password: string };
}

const ACCEPT = 'application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json';
const Manifest = z.object({ layers: z.array(z.object({ size: z.number() })) });

/**
 * Reads what a manifest's layers weigh in the registry: their compressed sizes in bytes, bottom first. HTTPS is tried
 * first, as engines do, then plain HTTP unless there are credentials to lose.
 * @throws BlosmError BLOSM_E_REGISTRY
 */
export function createLayerSizes(
  registry: RegistryOptions,
): (repository: string, manifestDigest: string, signal: AbortSignal) => Promise<readonly number[]> {
  return async (repository, manifestDigest, signal) => {
    const path = `${registry.address}/v2/${repository}/manifests/${manifestDigest}`;
    try {
      const text = await read(`https://${path}`, registry, signal).catch((cause: unknown) => {
        if (registry.auth !== undefined || signal.aborted) throw cause;
        return read(`http://${path}`, registry, signal);
      });
      return Manifest.parse(JSON.parse(text)).layers.map((layer) => layer.size);
    } catch (cause) {
      throw new BlosmError('BLOSM_E_REGISTRY', `read ${path}: ${String(cause)}`, { stage: 'push', cause });
    }
  };
}

function read(url: string, { auth }: RegistryOptions, signal: AbortSignal): Promise<string> {
  const basic = auth === undefined ? '' : Buffer.from(`${auth.username}:${auth.password}`).toString('base64');
  const headers = { accept: ACCEPT, ...(basic === '' ? {} : { authorization: `Basic ${basic}` }) };
  return getText(url, headers, signal);
}
