import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { BlosmError } from '../../../chaincode/src/model';
import { packageRoot } from '../../package-root';
import { chaincodeAddress, type ClusterNode } from '../nodes/peer';
import type { Deployment } from '../state';

const EPOCH = new Date(0);

/** A chaincode package that tells the peer where the cluster's own chaincode process listens. */
export interface ServicePackage {
  readonly bytes: Buffer;
  /** How peers name it: `label:sha256`. */
  readonly packageId: string;
}

/** Builds the package of one cluster; the same input gives the same bytes. */
export async function servicePackage(
  node: Pick<ClusterNode, 'host'>,
  deployment: Pick<Deployment, 'label' | 'place'>,
): Promise<ServicePackage> {
  const { label } = deployment;
  const connection = {
    address: chaincodeAddress(node, deployment),
    dial_timeout: '10s',
    tls_required: false,
  };
  const code = await archive({ 'connection.json': JSON.stringify(connection) });
  const bytes = await archive({ 'metadata.json': JSON.stringify({ type: 'ccaas', label }), 'code.tar.gz': code });
  return { bytes, packageId: `${label}:${createHash('sha256').update(bytes).digest('hex')}` };
}

async function archive(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name, mtime: EPOCH }, content);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

/** The folder of the chaincode to deploy: the one that was named, or the project's own. */
export function chaincodeSource(named: string | undefined): string {
  return resolve(named ?? join(packageRoot(), 'chaincode'));
}

/** Which files of the chaincode's folder are run, relative to it. */
const RUN_ENTRIES = ['package.json', 'package-lock.json', 'dist'] as const;

/**
 * Paths of the files that a chaincode process runs, relative to the chaincode's folder, sorted.
 * @throws BlosmError BLOSM_E_PREREQUISITE when it has not been built
 */
export function chaincodeFiles(folder: string): string[] {
  const files = RUN_ENTRIES.flatMap((entry) => filesBelow(folder, entry)).filter(
    (path) => !/\.(map|tsbuildinfo)$/.test(path),
  );
  if (files.some((path) => path.startsWith('dist'))) return files.sort();
  throw new BlosmError('BLOSM_E_PREREQUISITE', `the chaincode in ${folder} has not been built`, {
    stage: 'chaincode package',
    hint: `Run next: npm --prefix ${folder} ci --ignore-scripts && npm --prefix ${folder} run build`,
  });
}

function filesBelow(folder: string, path: string): string[] {
  try {
    return readdirSync(join(folder, path), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath.slice(folder.length + 1), entry.name));
  } catch (failure) {
    const code = (failure as NodeJS.ErrnoException).code;
    if (code === 'ENOTDIR') return [path];
    if (code === 'ENOENT') return [];
    throw failure;
  }
}

/** SHA-256 over names and contents of what the chaincode's processes run, hexadecimal. */
export function chaincodeSha256(folder: string): string {
  const hash = createHash('sha256');
  for (const path of chaincodeFiles(folder))
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(folder, path)))
      .update('\0');
  return hash.digest('hex');
}
