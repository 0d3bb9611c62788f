/**
 * The agent-to-agent API: one table for both sides. A message is sent under the version that both agreed on; `forward`
 * hands on what devices sent and is the same in all of them, so that devices are served while clusters are upgraded.
 */
export const PEER_PATHS = {
  room: '/peer/v1/room',
  pick: '/peer/v1/pick',
  image: '/peer/v1/image',
  progress: '/peer/v1/migrations/:id/progress',
  token: '/peer/v1/migrations/:id/token',
  runSpec: '/peer/v1/services/:id/run-spec',
  position: '/peer/v1/position',
  forward: '/peer/v1/forward/',
} as const;

const FIRST = '/peer/v1/';

/** The path of a message under a version of the protocol. */
export const versioned = (path: string, version: number): string =>
  path.startsWith(FIRST) ? `/peer/v${version}/${path.slice(FIRST.length)}` : path;

/** Which version a message's path names, and the path as the table has it; undefined: it is none of a message. */
export function versionOf(path: string): { readonly version: number; readonly path: string } | undefined {
  const [, version, rest] = /^\/peer\/v(\d{1,6})\/(.*)$/.exec(path) ?? [];
  return version === undefined ? undefined : { version: Number(version), path: `${FIRST}${rest ?? ''}` };
}

/** A message of the JSON part, in both directions; 1 MiB. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;
