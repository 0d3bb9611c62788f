import { fail, findingsOr, ok, warn, type Finding } from './finding';

/** As in package.json, `engines`. */
const OLDEST_NODE = [20, 19] as const;

/** @param version e.g. `20.19.2` */
export function judgeNode(version: string): Finding {
  const found = /^(\d+)\.(\d+)/.exec(version);
  const [major, minor] = [Number(found?.[1]), Number(found?.[2])];
  const isOldEnough = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  if (isOldEnough) return ok(`Node.js ${version}`);
  return fail(
    `Node.js ${version} is older than 20.19`,
    'Install a newer one, e.g.: apt-get install nodejs, or from nodejs.org.',
  );
}

/** The state directory and what holds it. */
export interface StateLook {
  readonly directory: string;
  /** Null: it is not there and would be made. */
  readonly mode: number | null;
  /** This user may make files in it, or make it. */
  readonly canWrite: boolean;
  /** Pid of the living process that holds it; null: nobody does. */
  readonly holder: number | null;
}

/** @param agentIsOurs the agent that answers on the control socket is this cluster's */
export function judgeState({ directory, mode, canWrite, holder }: StateLook, agentIsOurs: boolean): readonly Finding[] {
  if (!canWrite) {
    return [
      fail(
        `${directory} cannot be written by this user`,
        `Give it to the agent's user: install -d -o USER -m 700 ${directory}.`,
      ),
    ];
  }
  const isOpen = mode !== null && (mode & 0o077) !== 0;
  return [
    ...(isOpen
      ? [
          warn(
            `others than its owner may look into ${directory} (mode ${mode.toString(8)})`,
            `Close it: chmod 700 ${directory}.`,
          ),
        ]
      : [ok(mode === null ? `${directory} will be made` : `${directory} is the agent's own`)]),
    ...(holder === null ? [] : [judgeHolder(directory, holder, agentIsOurs)]),
  ];
}

function judgeHolder(directory: string, holder: number, agentIsOurs: boolean): Finding {
  if (agentIsOurs) return ok(`held by the agent that runs (process ${holder})`, 'lock');
  return fail(
    `${directory} is held by process ${holder}, which does not answer as this cluster's agent`,
    `See what it is: ps -fp ${holder}; end it, or give this agent another state.directory.`,
    'lock',
  );
}

/** The journal's file, read and not changed. */
export type JournalLook = { readonly entries: number; readonly tornBytes: number } | { readonly failure: string };

/** @param look null: there is none yet */
export function judgeJournal(look: JournalLook | null): Finding {
  if (look === null) return ok('there is none yet');
  if ('failure' in look) {
    return fail(
      look.failure,
      'Keep it for a report and let the agent start from the ledger: mv journal.ndjson journal.damaged, in state.directory.',
    );
  }
  const entries = `${look.entries} entries`;
  return look.tornBytes === 0
    ? ok(entries)
    : ok(`${entries}, and a last write of ${look.tornBytes} bytes that was cut off: the agent drops it when it starts`);
}

/** Whether an address can be had; `code` is the system's, e.g. `EADDRINUSE`. */
export type ListenLook = { readonly isFree: true } | { readonly isFree: false; readonly code: string };

export function judgePort(key: string, listen: string, look: ListenLook, agentIsOurs: boolean): Finding {
  if (look.isFree) {
    return agentIsOurs
      ? warn(
          `${listen} (${key}) is free although the agent runs`,
          'It was started with another configuration: restart it, systemctl restart blosm-agent.',
          key,
        )
      : ok(`${listen} is free`, key);
  }
  if (look.code === 'EADDRINUSE') {
    if (agentIsOurs) return ok(`${listen} is held by the agent that runs`, key);
    const port = listen.slice(listen.lastIndexOf(':') + 1);
    return fail(
      `${listen} (${key}) is taken by another program`,
      `See by which: ss -ltnp 'sport = :${port}'; end it, or set ${key} to another port.`,
      key,
    );
  }
  if (look.code === 'EACCES') {
    return fail(
      `${listen} (${key}) needs rights that this user has not`,
      `Set ${key} to a port from 1024 on, or give the service CAP_NET_BIND_SERVICE (AmbientCapabilities in the unit).`,
      key,
    );
  }
  return fail(
    `${listen} (${key}) cannot be had: ${look.code}`,
    `Set ${key} to an address of this machine: ip address lists them.`,
    key,
  );
}

/** A feature that the sandbox needs, tried out; `why` is empty when it works. */
export interface FeatureLook {
  readonly name: string;
  readonly why: string;
}

export function judgeSandbox(missing: readonly string[], features: readonly FeatureLook[]): readonly Finding[] {
  const findings = [
    ...missing.map((what) =>
      fail(
        `missing: ${what}`,
        'Install the package that is named (apt-get install PACKAGE), and run the sandbox as root.',
      ),
    ),
    ...features
      .filter(({ why }) => why !== '')
      .map(({ name, why }) =>
        fail(`this kernel does not do ${name}: ${why}`, `${MENDS[name] ?? 'Use another kernel'}.`, name),
      ),
  ];
  const works = features.filter(({ why }) => why === '').map(({ name }) => name);
  return findingsOr(findings, ok(works.join(', ')));
}

const MENDS: Readonly<Record<string, string>> = {
  'network namespaces': 'Run it as root, in a container with CAP_SYS_ADMIN and CAP_NET_ADMIN',
  veth: 'Load the module: modprobe veth',
  bridge: 'Load the module: modprobe bridge',
  'tc htb': 'Load the module: modprobe sch_htb (with Debian package linux-image-amd64, not the cloud kernel)',
  overlayfs: 'Load the module: modprobe overlay',
  cgroups: 'Mount them: mount -t cgroup2 none /sys/fs/cgroup',
};
