import type { EnginePlan } from '../plan';

/** The engine's bridge in its cluster's namespace, made before the daemon starts. */
export const CONTAINER_BRIDGE = 'docker0';

/**
 * The daemon's configuration. It makes no firewall rules and routes nothing: the agent lives in the same namespace
 * and reaches containers by their address.
 * @param registry host:port of the private registry, which speaks plain HTTP
 */
export function dockerdSettings(engine: EnginePlan, registry: string): Readonly<Record<string, unknown>> {
  return {
    hosts: [`unix://${engine.socket}`],
    group: 'root',
    containerd: engine.containerdSocket,
    'data-root': `${engine.stateDir}/docker`,
    'exec-root': `${engine.runDir}/docker`,
    pidfile: dockerdPidFile(engine),
    bridge: CONTAINER_BRIDGE,
    iptables: false,
    ip6tables: false,
    'ip-forward': false,
    'ip-masq': false,
    'userland-proxy': false,
    'insecure-registries': [registry],
    'log-driver': 'local',
    'log-opts': { 'max-size': '5m', 'max-file': '2' },
    'cgroup-parent': `/${engine.cgroup}`,
    'exec-opts': ['native.cgroupdriver=cgroupfs'],
    // Its default is to protect itself from the OOM killer, which root in a container or VM may not be allowed to.
    'oom-score-adjust': 0,
    'shutdown-timeout': 5,
  };
}

export const dockerdPidFile = (engine: EnginePlan): string => `${engine.runDir}/dockerd.pid`;

/** Configuration of the engine's own containerd: the machine's, if it has one, knows nothing of the sandbox. */
export function containerdSettings(engine: EnginePlan): string {
  const disabled = [
    'grpc.v1.cri',
    'snapshotter.v1.aufs',
    'snapshotter.v1.btrfs',
    'snapshotter.v1.devmapper',
    'snapshotter.v1.zfs',
  ];
  return [
    'version = 2',
    `root = ${JSON.stringify(`${engine.stateDir}/containerd`)}`,
    `state = ${JSON.stringify(`${engine.runDir}/containerd`)}`,
    `disabled_plugins = ${JSON.stringify(disabled.map((name) => `io.containerd.${name}`))}`,
    '[grpc]',
    `address = ${JSON.stringify(engine.containerdSocket)}`,
    '',
  ].join('\n');
}
