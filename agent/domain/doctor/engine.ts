import type { Resources } from '../../../chaincode/src/model';
import { fail, findingsOr, ok, warn, type Finding } from './finding';

const CONTAINERD_STORE = 'io.containerd.snapshotter.v1';
/** Docker Engine 20.10 has API 1.41, which the adapter speaks. */
const OLDEST_ENGINE = [20, 10] as const;

/** The socket's file, as far as the operator decides it. Null: there is none. */
export type SocketLook = {
  readonly canUse: boolean;
  readonly group: string;
  /** Readable and writable by everybody. */
  readonly isOpenToAll: boolean;
} | null;

/** The engine's answer, or why there is none. */
export type EngineLook = { readonly failure: string } | { readonly engineVersion: string; readonly imageStore: string };

export function judgeEngine(socket: string, file: SocketLook, look: EngineLook): readonly Finding[] {
  if (file === null) {
    return [
      fail(`${socket} is not there`, 'Start the Docker Engine (systemctl start docker), or correct docker.socket.'),
    ];
  }
  if (!file.canUse) {
    return [
      fail(
        `${socket} belongs to the group ${file.group}, and this user may not use it`,
        `Add the agent's user to that group and log in again: usermod -aG ${file.group} USER. Never open the socket to everybody: whoever writes to it is root.`,
      ),
    ];
  }
  if ('failure' in look) {
    return [
      fail(
        `the engine at ${socket} does not answer: ${look.failure}`,
        'Look at it, then start it again: journalctl -u docker, systemctl restart docker.',
      ),
    ];
  }
  return [
    ...judgeAnswer(look),
    ...(file.isOpenToAll
      ? [
          warn(
            `everybody on this machine may write to ${socket}, and so is root`,
            `Take that back: chmod 660 ${socket}.`,
          ),
        ]
      : []),
  ];
}

function judgeAnswer({ engineVersion, imageStore }: Exclude<EngineLook, { failure: string }>): readonly Finding[] {
  const findings = [
    ...(isTooOld(engineVersion)
      ? [
          fail(
            `Docker Engine ${engineVersion} is older than 20.10`,
            'Upgrade it: apt-get install docker.io, or the packages of its maker.',
          ),
        ]
      : []),
    ...(imageStore === CONTAINERD_STORE
      ? [
          fail(
            `Docker Engine ${engineVersion} uses containerd's image store, with which it can only be watched: it tells no config digests, by which the ledger knows images`,
            'Set "features": {"containerd-snapshotter": false} in /etc/docker/daemon.json, then: systemctl restart docker.',
          ),
        ]
      : []),
  ];
  return findingsOr(findings, ok(`Docker Engine ${engineVersion}, image store ${imageStore}`));
}

function isTooOld(version: string): boolean {
  // What a distribution or a developer calls otherwise is believed.
  const found = /^(\d+)(?:\.(\d+))?/.exec(version);
  if (found === null) return false;
  const [major, minor] = [Number(found[1]), Number(found[2])];
  return major < OLDEST_ENGINE[0] || (major === OLDEST_ENGINE[0] && minor < OLDEST_ENGINE[1]);
}

/** What the configuration promises to services, in the host's units; what it leaves out is all of the host's. */
export interface CapacityLook {
  readonly declared: Partial<Resources>;
  readonly total: Resources;
  readonly free: Resources;
}

/** Least that is left on the disk before it is worth a word, in bytes. */
const LITTLE_DISK_BYTES = 1024 ** 3;

export function judgeCapacity({ declared, total, free }: CapacityLook): readonly Finding[] {
  const findings = [
    ...judgeAmount('memory', 'cluster.capacity.memoryMiB', declared.memoryBytes, total.memoryBytes, free.memoryBytes),
    ...judgeAmount('disk', 'cluster.capacity.diskMiB', declared.diskBytes, total.diskBytes, free.diskBytes),
    ...(free.diskBytes < LITTLE_DISK_BYTES
      ? [
          warn(
            `only ${mebi(free.diskBytes)} of disk are free`,
            'Take away what no container uses: docker system prune.',
            'disk',
          ),
        ]
      : []),
    ...judgeCores(declared.cpuMillis, total.cpuMillis),
  ];
  return findingsOr(findings, ok(`${mebi(free.memoryBytes)} of memory and ${mebi(free.diskBytes)} of disk are free`));
}

function judgeAmount(
  what: string,
  key: string,
  declaredBytes: number | undefined,
  totalBytes: number,
  freeBytes: number,
): Finding[] {
  if (declaredBytes === undefined) return [];
  if (declaredBytes > totalBytes) {
    return [
      fail(
        `${key} declares ${mebi(declaredBytes)}, the host has ${mebi(totalBytes)}`,
        'Declare no more than the host has: edit cluster.capacity, then blosm config validate.',
        what,
      ),
    ];
  }
  if (declaredBytes <= freeBytes) return [];
  return [
    warn(
      `${key} declares ${mebi(declaredBytes)}, of which ${mebi(freeBytes)} are free now (running services count as used)`,
      'Free some, or declare less: docker system df and free -m show who uses it.',
      what,
    ),
  ];
}

function judgeCores(declaredMillis: number | undefined, totalMillis: number): Finding[] {
  if (declaredMillis === undefined || declaredMillis <= totalMillis) return [];
  return [
    fail(
      `cluster.capacity.cpuMillis declares ${declaredMillis}, the host has ${totalMillis}`,
      'Declare no more than the host has: edit cluster.capacity, then blosm config validate.',
      'cpu',
    ),
  ];
}

const mebi = (bytes: number): string => `${Math.floor(bytes / 1024 ** 2)} MiB`;
