import type { ContainerOrder } from '../../ports/engine';
import { gpuRequest } from './gpu-request';
import { hostConfig } from './host-config';
import { labelsOf } from './labels';
import type { WireImage, WireInfo } from './wire';

/** Translates a run spec into the body of `POST /containers/create` for this host. */
export function containerConfig(order: ContainerOrder, info: WireInfo, image: WireImage, network: string): object {
  const { spec } = order;
  return {
    Image: order.image,
    // An empty list would be an explicit command of nothing.
    ...(spec.command.length > 0 ? { Cmd: [...spec.command] } : {}),
    ...(spec.user === '' ? {} : { User: spec.user }),
    Env: environment(order, info),
    Labels: labelsOf(order, spec.port, order.promised),
    Volumes: Object.fromEntries(spec.volumes.map((path) => [path, {}])),
    ExposedPorts: { [`${spec.port}/tcp`]: {} },
    StopTimeout: spec.stopGraceSeconds,
    HostConfig: hostConfig(order, info, network, needsInit(image, info)),
  };
}

function environment({ spec, gpuRuntime }: ContainerOrder, info: WireInfo): string[] {
  const own = new Set(spec.env.map((variable) => variable.name));
  const added = spec.gpu ? gpuRequest(gpuRuntime, info).env.filter((variable) => !own.has(variable.name)) : [];
  return [...added, ...spec.env].map(({ name, value }) => `${name}=${value}`);
}

const OWN_INIT = /^(?:init|tini|tini-static|dumb-init|docker-init|catatonit|systemd|s6-svscan)$/;

/**
 * The kernel does not apply a signal's default action to process 1, so a program that handles no SIGTERM there holds
 * every stop up for the whole grace. An init in front makes it end at once, and reaps what it leaves behind. Not
 * where the image brings its own, which insists on being process 1, nor where the engine has none.
 */
function needsInit(image: WireImage, info: WireInfo): boolean {
  // Distributions build it without a commit, so an empty one says nothing; where it is missing the engine says N/A.
  const engineHasOne = (info.InitBinary ?? '') !== '' && info.InitCommit?.ID !== 'N/A';
  const { Entrypoint: entrypoint, Cmd: command } = image.Config ?? {};
  const first = firstWord(entrypoint) ?? firstWord(command) ?? '';
  return engineHasOne && !OWN_INIT.test(first.split('/').pop() ?? '');
}

function firstWord(words: unknown): string | undefined {
  return Array.isArray(words) && typeof words[0] === 'string' ? words[0] : undefined;
}
