import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { FeatureLook } from '../../domain/doctor/machine';

const RUN_MS = 10_000;

/** Each in namespaces of its own, which end with the program: nothing of it stays behind. */
const TRIALS: readonly { readonly name: string; readonly namespace: '--net' | '--mount'; readonly script: string }[] = [
  { name: 'network namespaces', namespace: '--net', script: 'ip link show lo' },
  { name: 'veth', namespace: '--net', script: 'ip link add name veth0 type veth peer name veth1' },
  { name: 'bridge', namespace: '--net', script: 'ip link add name bridge0 type bridge' },
  {
    name: 'tc htb',
    namespace: '--net',
    script: 'ip link add name veth0 type veth peer name veth1 && tc qdisc add dev veth0 root handle 1: htb default 10',
  },
  {
    name: 'overlayfs',
    namespace: '--mount',
    // On memory: an overlay cannot have its writable layer on another one, as inside a container.
    script:
      'cd /tmp && mount -t tmpfs none /tmp && cd /tmp && mkdir lower upper work merged && ' +
      'mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged',
  },
];

/** Tries out what the sandbox needs of the kernel. Never fails, and leaves nothing behind. */
export async function inspectSandboxKernel(): Promise<readonly FeatureLook[]> {
  const tried = await Promise.all(
    TRIALS.map(async ({ name, namespace, script }) => ({ name, why: await attempt(namespace, script) })),
  );
  return [...tried, { name: 'cgroups', why: await missingCgroups() }];
}

function attempt(namespace: string, script: string): Promise<string> {
  return new Promise((resolve) => {
    execFile('unshare', [namespace, 'sh', '-c', script], { timeout: RUN_MS }, (failure, _stdout, stderr) => {
      if (failure === null) resolve('');
      else resolve(stderr.trim().split('\n').at(-1) || failure.message);
    });
  });
}

/** Either of the two kinds is enough. */
async function missingCgroups(): Promise<string> {
  const mounts = await readFile('/proc/self/mounts', 'utf8').catch(() => '');
  return / cgroup2? /.test(mounts) ? '' : 'none are mounted';
}
