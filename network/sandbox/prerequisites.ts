import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { BlosmError } from '../../chaincode/src/model';

/** The programs that the sandbox runs, and the Debian package of each. */
const PROGRAMS: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  tc: 'iproute2',
  nsenter: 'util-linux',
  umount: 'mount',
  iptables: 'iptables',
  dockerd: 'docker.io',
  containerd: 'docker.io',
  runc: 'docker.io',
  'docker-registry': 'docker-registry',
};

/** What a machine lacks for a sandbox, for people; empty: nothing. @param searchPath as in `PATH` */
export function missingPrerequisites(searchPath: string, userId: number | undefined): readonly string[] {
  const folders = searchPath.split(delimiter).filter((folder) => folder !== '');
  const missing = Object.keys(PROGRAMS).filter((name) => !folders.some((folder) => isProgram(join(folder, name))));
  return [
    ...(userId === 0 ? [] : ['the rights of root, for network namespaces and Docker Engines']),
    ...missing.map((name) => `the program ${name} (Debian package ${PROGRAMS[name] ?? ''})`),
  ];
}

/** @throws BlosmError BLOSM_E_PREREQUISITE with everything that is missing, before anything is made */
export function assertPrerequisites(): void {
  const missing = missingPrerequisites(process.env['PATH'] ?? '', process.getuid?.());
  if (missing.length === 0) return;
  throw new BlosmError('BLOSM_E_PREREQUISITE', `the sandbox needs ${missing.join(', ')}`, { stage: 'sandbox' });
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
