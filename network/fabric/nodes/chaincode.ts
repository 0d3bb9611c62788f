import { cpSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { BlosmError } from '../../../chaincode/src/model';
import type { ProcessSpec } from '../../processes';
import { chaincodeProcess, fabricLayout } from '../layout';
import { chaincodeFiles } from '../lifecycle/package';
import type { Deployment, FabricState } from '../state';
import { chaincodeAddress, type ClusterNode } from './peer';

/**
 * Keeps a copy of what is deployed, so that a process that starts again runs what was approved and not what has been
 * edited since. Dependencies are linked, not copied.
 * @returns the copy's folder
 */
export function ensureChaincodeCopy(state: FabricState, sourceFolder: string, contentSha256: string): string {
  const target = chaincodeCopy(state, contentSha256);
  if (existsSync(target)) return target;
  requireDependencies(sourceFolder);
  const work = `${target}.new`;
  rmSync(work, { recursive: true, force: true });
  for (const path of chaincodeFiles(sourceFolder)) {
    mkdirSync(dirname(join(work, path)), { recursive: true });
    cpSync(join(sourceFolder, path), join(work, path));
  }
  symlinkSync(resolve(sourceFolder, 'node_modules'), join(work, 'node_modules'));
  renameSync(work, target);
  return target;
}

/** A package that was installed brings the chaincode without its dependencies: an agent alone does not need them. */
function requireDependencies(folder: string): void {
  if (existsSync(join(folder, 'node_modules', 'fabric-shim'))) return;
  throw new BlosmError('BLOSM_E_PREREQUISITE', `the chaincode in ${folder} has no dependencies yet`, {
    stage: 'chaincode package',
    hint: `Run next: npm --prefix ${folder} ci --omit=dev --ignore-scripts`,
  });
}

function chaincodeCopy(state: FabricState, contentSha256: string): string {
  return join(fabricLayout(state.folder).chaincodeFolder, contentSha256.slice(0, 16));
}

/** How a cluster's chaincode process is started. */
export function chaincodeServer(
  state: FabricState,
  node: ClusterNode,
  deployment: Pick<Deployment, 'contentSha256' | 'place'>,
  packageId: string,
): ProcessSpec {
  const name = chaincodeProcess(node.name, deployment);
  const { log, stateFile } = fabricLayout(state.folder).node(name);
  const folder = chaincodeCopy(state, deployment.contentSha256);
  const launcher = join(folder, 'node_modules', 'fabric-shim', 'cli.js');
  return {
    name,
    command: [
      process.execPath,
      launcher,
      'server',
      `--chaincode-address=${chaincodeAddress(node, deployment)}`,
      `--chaincode-id=${packageId}`,
    ],
    commandPrefix: node.host.commandPrefix,
    cwd: folder,
    env: { CORE_CHAINCODE_LOGGING_LEVEL: 'warn', CORE_CHAINCODE_LOGGING_SHIM: 'warn' },
    logFile: log,
    stateFile,
    nextCommand: `tail -n 50 ${log}`,
  };
}
