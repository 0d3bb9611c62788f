/** Up to so many peers each may talk to each of the others as often as it likes. */
const SMALL_UP_TO_PEERS = 10;

/** True where what grows with the square of the number of peers has to be kept down. */
export const isLarge = (peers: number): boolean => peers > SMALL_UP_TO_PEERS;

/**
 * How much slower than a small one a network of so many peers goes about what each does with every other one, and how
 * much longer it waits for an answer: 1 for a small one. Each peer verifies what every other one says, and hears it
 * from several: a network of ten times the peers has a hundred times the work, so that it talks less often.
 */
export const slowness = (peers: number): number => Math.max(1, Math.ceil(peers / SMALL_UP_TO_PEERS));

const PATIENCE_MS = 60_000;

/** How long one step with one of so many peers may take, in milliseconds, before it counts as failed. */
export const patienceMs = (peers: number): number => PATIENCE_MS * slowness(peers);
