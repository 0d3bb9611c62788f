/** The agent-to-agent API, version 1: one table for both sides. */
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

/** A message of the JSON part, in both directions; 1 MiB. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;
