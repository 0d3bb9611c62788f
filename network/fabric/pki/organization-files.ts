import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { stringify } from 'yaml';
import type { Organization, OrganizationFiles } from '../layout';
import { createAuthority, type Credential } from './certificate-authority';

/** What an organisation's certificates are made for. */
export interface OrganizationRequest {
  readonly organization: Organization;
  /** The NodeOU of its node. */
  readonly nodeUnit: 'peer' | 'orderer';
  /** Names and addresses of the host on which its node and its agent run. */
  readonly hosts: readonly string[];
}

const LOCAL_NAMES = ['localhost', '127.0.0.1'];

/**
 * Makes the certificates of an organisation, in Fabric's MSP layout, unless they are there already:
 * a CA, a TLS CA, a node, an admin (OU admin) and an agent (OU client; not restricted in its use, because it signs
 * transactions and is both ends of mutual TLS).
 */
export async function ensureOrganization(files: OrganizationFiles, request: OrganizationRequest): Promise<void> {
  if (existsSync(files.folder)) return;
  // All or nothing: made beside its place, then renamed.
  const work = `${files.folder}.new`;
  rmSync(work, { recursive: true, force: true });
  const put = (path: string, text: string, mode = 0o644): void => {
    const target = join(work, relative(files.folder, path));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text, { mode });
  };
  await writeOrganization(files, request, put);
  renameSync(work, files.folder);
}

type Put = (path: string, text: string, mode?: number) => void;

async function writeOrganization(files: OrganizationFiles, request: OrganizationRequest, put: Put): Promise<void> {
  const { name, mspId } = request.organization;
  const hosts = [...request.hosts, ...LOCAL_NAMES];
  const [ca, tlsCa] = await Promise.all([
    createAuthority(`${name} CA`, mspId),
    createAuthority(`${name} TLS CA`, mspId),
  ]);
  const [node, admin, agent, nodeTls] = await Promise.all([
    ca.issue({ commonName: `${name} ${request.nodeUnit}`, unit: request.nodeUnit, hosts }),
    ca.issue({ commonName: `${name} admin`, unit: 'admin', hosts }),
    ca.issue({ commonName: `${name} agent`, unit: 'client', hosts }),
    tlsCa.issue({ commonName: name, hosts, forTls: true }),
  ]);
  const roots = { ca: ca.credential.certificatePem, tlsCa: tlsCa.credential.certificatePem };

  putCredential(put, files.caCertificate, join(dirname(files.caCertificate), 'key.pem'), ca.credential);
  putCredential(put, files.tlsCaCertificate, join(dirname(files.tlsCaCertificate), 'key.pem'), tlsCa.credential);
  putMsp(put, files.msp, roots);
  putMsp(put, files.node.msp, roots, node);
  putMsp(put, files.admin.msp, roots, admin);
  putMsp(put, files.agent.msp, roots, agent);
  putCredential(put, join(files.node.tls, 'server.crt'), join(files.node.tls, 'server.key'), nodeTls);
  put(join(files.node.tls, 'ca.crt'), roots.tlsCa);
}

function putCredential(put: Put, certificatePath: string, keyPath: string, credential: Credential): void {
  put(certificatePath, credential.certificatePem);
  put(keyPath, credential.keyPem, 0o600);
}

function putMsp(put: Put, folder: string, roots: { ca: string; tlsCa: string }, member?: Credential): void {
  put(join(folder, 'cacerts', 'ca.pem'), roots.ca);
  put(join(folder, 'tlscacerts', 'tlsca.pem'), roots.tlsCa);
  put(join(folder, 'config.yaml'), nodeUnits());
  if (member !== undefined) {
    putCredential(put, join(folder, 'signcerts', 'cert.pem'), join(folder, 'keystore', 'priv_sk'), member);
  }
}

/** Tells Fabric which organisational unit makes a certificate a peer, an admin, a client or an orderer. */
function nodeUnits(): string {
  const unit = (name: string): object => ({ Certificate: 'cacerts/ca.pem', OrganizationalUnitIdentifier: name });
  return stringify({
    NodeOUs: {
      Enable: true,
      ClientOUIdentifier: unit('client'),
      PeerOUIdentifier: unit('peer'),
      AdminOUIdentifier: unit('admin'),
      OrdererOUIdentifier: unit('orderer'),
    },
  });
}
