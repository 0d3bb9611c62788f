// Programs of the system that the sandbox needs, and the Debian packages that bring them.
import { accessSync, constants, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run, say, step } from './steps.mjs';

export const SYSTEM_PROGRAMS = [
  { program: 'dockerd', package: 'docker.io' },
  { program: 'containerd', package: 'containerd' },
  { program: 'runc', package: 'runc' },
  { program: 'docker-registry', package: 'docker-registry' },
  { program: 'ip', package: 'iproute2' },
  { program: 'tc', package: 'iproute2' },
  { program: 'iptables', package: 'iptables' },
  { program: 'nsenter', package: 'util-linux' },
  { program: 'busybox', package: 'busybox-static' },
];

/** What only tests want: those of a program that is not there are skipped. */
export const TEST_PROGRAMS = [
  { program: 'zsh', package: 'zsh' },
  { program: 'fish', package: 'fish' },
  { program: 'systemd-analyze', package: 'systemd' },
];

/** Debian keeps daemons where the PATH of an ordinary user does not look. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];
const POLICY = '/usr/sbin/policy-rc.d';

export function findProgram(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SYSTEM_FOLDERS];
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Debian packages whose programs are not there. */
export function missingPackages(programs = SYSTEM_PROGRAMS) {
  const missing = programs.filter(({ program }) => findProgram(program) === undefined);
  return [...new Set(missing.map((entry) => entry.package))];
}

export const isRoot = () => process.getuid?.() === 0;

export function isDebian() {
  if (!existsSync('/etc/os-release') || findProgram('apt-get') === undefined) return false;
  return /^(ID|ID_LIKE)=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
}

/** Installs what is missing; services are not started: the sandbox runs its own Docker Engines. */
export async function installPackages(programs = SYSTEM_PROGRAMS) {
  const packages = missingPackages(programs);
  if (packages.length === 0) return;
  say(`installing the Debian packages ${packages.join(', ')} and what they need (no service is started)`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await withoutServiceStarts(async () => {
    const install = ['install', '-y', '-qq', '--no-install-recommends', ...packages];
    await step(`apt-get install ${packages.join(' ')}`, async () => {
      // The lists may be absent, or name versions that are gone.
      await run('apt-get', ['update', '-qq'], { env });
      await run('apt-get', install, { env });
    });
  });
}

async function withoutServiceStarts(work) {
  if (existsSync(POLICY)) return work();
  writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return await work();
  } finally {
    rmSync(POLICY, { force: true });
  }
}
