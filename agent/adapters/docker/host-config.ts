import type { RunSpec } from '../../../chaincode/src/model';
import type { ContainerOrder } from '../../ports/engine';
import { gpuRequest } from './gpu-request';
import type { WireInfo } from './wire';

/** The least that engines accept. */
const LEAST_MEMORY_BYTES = 6 * 1024 * 1024;
const LEAST_CPU_MILLIS = 10;
const NANOS_PER_MILLI = 1_000_000;

/** Logs of bounded size: an edge host runs for months. */
const LOGS = { Type: 'local', Config: { 'max-size': '5m', 'max-file': '2' } };

/** What of a run spec depends on the host that runs it. */
export function hostConfig(order: ContainerOrder, info: WireInfo, network: string, init: boolean): object {
  const { spec } = order;
  return {
    ...limits(order, info),
    ...namespaces(spec, network),
    ...(spec.gpu ? gpuRequest(order.gpuRuntime, info).host : {}),
    Init: init,
    LogConfig: LOGS,
    Privileged: spec.privileged,
    Binds: [...spec.binds],
    CapAdd: [...spec.capabilities],
    Devices: spec.devices.map(device),
    // The ledger decides who runs, so a copy that an engine revived by itself could be the second one.
    RestartPolicy: { Name: 'no' },
  };
}

/** Promises as limits, as far as the kernel can hold them: an engine refuses what its cgroups cannot do. */
function limits({ promised }: ContainerOrder, info: WireInfo): object {
  const memory = Math.max(promised.memoryBytes, LEAST_MEMORY_BYTES);
  // What is promised may exceed the cores of this host, which has then configured so; a limit may not.
  const cpu = Math.min(Math.max(promised.cpuMillis, LEAST_CPU_MILLIS), info.NCPU * 1000);
  return {
    ...(promised.memoryBytes > 0 && info.MemoryLimit !== false ? { Memory: memory } : {}),
    // Otherwise the engine grants the same amount of swap on top.
    ...(promised.memoryBytes > 0 && info.SwapLimit === true ? { MemorySwap: memory } : {}),
    ...(promised.cpuMillis > 0 && info.CpuCfsQuota !== false ? { NanoCpus: cpu * NANOS_PER_MILLI } : {}),
  };
}

function namespaces({ hostNamespaces }: RunSpec, network: string): object {
  const has = (name: RunSpec['hostNamespaces'][number]): boolean => hostNamespaces.includes(name);
  return {
    NetworkMode: has('network') ? 'host' : network,
    ...(has('pid') ? { PidMode: 'host' } : {}),
    ...(has('ipc') ? { IpcMode: 'host' } : {}),
    ...(has('uts') ? { UTSMode: 'host' } : {}),
    ...(has('user') ? { UsernsMode: 'host' } : {}),
  };
}

/** `/dev/a`, `/dev/a:/dev/b` or `/dev/a:/dev/b:rw`, as Docker's command line takes them. */
function device(text: string): object {
  const [onHost = '', second, third] = text.split(':');
  const isRights = second !== undefined && third === undefined && /^[rwm]+$/.test(second);
  return {
    PathOnHost: onHost,
    PathInContainer: isRights || second === undefined ? onHost : second,
    CgroupPermissions: (isRights ? second : third) ?? 'rwm',
  };
}
