import { existsSync } from 'node:fs';
import { runCommand, tryCommand } from '../../processes';

/** True when the machine's own namespace has an interface of this name. */
export const interfaceExists = (name: string): boolean => existsSync(`/sys/class/net/${name}`);

export const namespaceExists = (name: string): boolean => existsSync(namespacePath(name));

export const namespacePath = (name: string): string => `/run/netns/${name}`;

/**
 * What to put before a command so that it runs in a namespace. Not `ip netns exec`, which mounts /sys anew and so
 * hides the cgroups that an engine needs.
 */
export const inNamespace = (name: string): readonly string[] => ['nsenter', `--net=${namespacePath(name)}`];

/** Runs lines of `ip` or `tc` in one go, inside a namespace when one is named. */
export async function runBatch(
  program: 'ip' | 'tc',
  lines: readonly string[],
  options: { readonly namespace?: string; readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const where = options.namespace === undefined ? [] : ['-n', options.namespace];
  await runCommand([program, ...where, '-batch', '-'], { input: `${lines.join('\n')}\n`, signal: options.signal });
}

/** True when a command of `ip` succeeds; what it says is of no interest. */
export async function ipSucceeds(args: readonly string[]): Promise<boolean> {
  return (await tryCommand(['ip', ...args])).exitCode === 0;
}
