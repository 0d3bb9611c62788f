import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { BlosmError } from '../../../chaincode/src/model';

/** Where a peer or an orderer is reached. */
export interface NodeAddress {
  /** As the profile or the network calls it. */
  readonly name: string;
  readonly mspId: string;
  /** `host:port`. */
  readonly target: string;
  /** Null: no TLS. */
  readonly tls: { readonly rootsPem: string; readonly serverName: string | null } | null;
}

const Endpoint = z.object({
  url: z.string().regex(/^grpcs?:\/\/[^/]+:\d+$/, 'grpcs://host:port'),
  mspid: z.string().optional(),
  tlsCACerts: z
    .object({ pem: z.union([z.string(), z.array(z.string())]).optional(), path: z.string().optional() })
    .optional(),
  grpcOptions: z.record(z.string(), z.unknown()).optional(),
});
type Endpoint = z.infer<typeof Endpoint>;

/** What we need of a connection profile (Fabric's common format); everything else in it is let through. */
const Profile = z.object({
  client: z.object({ organization: z.string().optional() }).optional(),
  organizations: z.record(z.string(), z.object({ mspid: z.string(), peers: z.array(z.string()).default([]) })),
  peers: z.record(z.string(), Endpoint),
  orderers: z.record(z.string(), Endpoint).default({}),
});

export interface KnownNodes {
  /** The peers of the own organisation; at least one. */
  readonly ownPeers: readonly [NodeAddress, ...NodeAddress[]];
  /** Empty when the profile names none: discovery tells them. */
  readonly orderers: readonly NodeAddress[];
}

/**
 * Reads a connection profile.
 * @param source the parsed object, or the path of a JSON or YAML file; paths inside are relative to that file
 * @throws BlosmError BLOSM_E_CONFIG_INVALID
 */
export function readConnectionProfile(source: string | object, mspId: string): KnownNodes {
  const where = typeof source === 'string' ? source : 'connection profile';
  const parsed = Profile.safeParse(typeof source === 'string' ? readProfileFile(source) : source);
  if (!parsed.success) throw invalid(where, z.prettifyError(parsed.error));
  const profile = parsed.data;
  const base = typeof source === 'string' ? dirname(source) : process.cwd();
  const ownNames = Object.values(profile.organizations).flatMap((each) => (each.mspid === mspId ? each.peers : []));
  const addresses = ownNames.map((name) => {
    const endpoint = profile.peers[name];
    if (endpoint === undefined)
      throw invalid(where, `the organisation of ${mspId} names peer ${name}, which is not under peers`);
    return addressOf(name, mspId, endpoint, base);
  });
  const [first, ...others] = addresses;
  if (first === undefined) throw invalid(where, `no organisation with mspid ${mspId} has a peer`);
  const orderers = Object.entries(profile.orderers);
  return {
    ownPeers: [first, ...others],
    orderers: orderers.map(([name, endpoint]) => addressOf(name, endpoint.mspid ?? '', endpoint, base)),
  };
}

/**
 * The MSP id of the organisation for which a connection profile was made: its client's, or its only one.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID when it can be read as no profile, or does not tell
 */
export function profileMspId(path: string): string {
  const parsed = Profile.safeParse(readProfileFile(path));
  if (!parsed.success) throw invalid(path, z.prettifyError(parsed.error));
  const { client, organizations } = parsed.data;
  const named = organizations[client?.organization ?? ''];
  const [only, ...others] = Object.values(organizations);
  const found = named ?? (others.length === 0 ? only : undefined);
  if (found === undefined) throw invalid(path, 'it does not say whose it is (client.organization); name the MSP id');
  return found.mspid;
}

function readProfileFile(path: string): unknown {
  try {
    // JSON is YAML too.
    return parseYaml(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new BlosmError('BLOSM_E_CONFIG_INVALID', `cannot read the connection profile ${path}`, {
      stage: 'connect',
      cause,
    });
  }
}

function addressOf(name: string, mspId: string, endpoint: Endpoint, base: string): NodeAddress {
  const target = endpoint.url.replace(/^grpcs?:\/\//, '');
  if (!endpoint.url.startsWith('grpcs:')) return { name, mspId, target, tls: null };
  // Some SDKs read the one name of it, some the other; fabric-samples writes both.
  const options = endpoint.grpcOptions ?? {};
  const serverName = options['ssl-target-name-override'] ?? options['hostnameOverride'];
  return {
    name,
    mspId,
    target,
    tls: { rootsPem: rootsOf(name, endpoint, base), serverName: typeof serverName === 'string' ? serverName : null },
  };
}

function rootsOf(name: string, endpoint: Endpoint, base: string): string {
  const { pem, path } = endpoint.tlsCACerts ?? {};
  if (pem !== undefined) return Array.isArray(pem) ? pem.join('\n') : pem;
  if (path === undefined) throw invalid(name, 'grpcs needs tlsCACerts.pem or tlsCACerts.path');
  try {
    return readFileSync(resolve(base, path), 'utf8');
  } catch (cause) {
    throw new BlosmError('BLOSM_E_CONFIG_INVALID', `${name}: cannot read ${resolve(base, path)}`, {
      stage: 'connect',
      cause,
    });
  }
}

function invalid(where: string, what: string): BlosmError {
  return new BlosmError('BLOSM_E_CONFIG_INVALID', `${where}: ${what}`, { stage: 'connect' });
}
