/**
 * Every error of BloSM has a stable code, the stage at which it arose, and what to do next.
 * The contracts raise them as `CODE: message`, which is all that a peer hands on; the agent turns them back.
 */

/** What an error code means: whether trying again can help, and what the reader should do. */
export interface ErrorMeaning {
  readonly retryable: boolean;
  readonly hint: string;
}

const refused = (hint: string): ErrorMeaning => ({ retryable: false, hint });
const passing = (hint: string): ErrorMeaning => ({ retryable: true, hint });

/** The catalogue. A code is never renamed or reused. */
export const ERRORS = {
  BLOSM_E_INVALID_ARGUMENT: refused('Correct the named field and call again; nothing was written.'),
  BLOSM_E_FORBIDDEN: refused('Call with the identity that the message names.'),
  BLOSM_E_NOT_REGISTERED: refused('Register the node first: blosm cluster register.'),
  BLOSM_E_NOT_OWNER: refused('Only the present owner may do this; see blosm instance get.'),
  BLOSM_E_NOT_FOUND: refused('Check the id; blosm ... list shows what exists.'),
  BLOSM_E_CONFLICT: refused('The id is taken by something else; choose a new id.'),
  BLOSM_E_STALE_EPOCH: refused('The instance has moved since; read it again.'),
  BLOSM_E_WRONG_STATE: refused('See the states in the architecture page; read the migration again.'),
  BLOSM_E_MIGRATION_OPEN: refused('Wait for the open migration to end, or cancel it.'),
  BLOSM_E_NOT_PREPARED: refused('The destination has not prepared; wait for its record.'),
  BLOSM_E_NOT_OFFERED: refused('The node has not evaluated true for this metadata.'),
  BLOSM_E_DIGEST_MISMATCH: refused('What was prepared is not what the owner names; abort the migration.'),
  BLOSM_E_DEADLINE_PASSED: refused('Abort this migration and propose a new one.'),
  BLOSM_E_SUSPENDED: passing("The node's lease has lapsed: its agent renews it by itself; see blosm status."),
  BLOSM_E_CORDONED: refused('The node takes nothing new; to end that: blosm cluster uncordon.'),
  BLOSM_E_LEASE_HELD: refused('The node has renewed its lease; it can be suspended once that has lapsed.'),
  BLOSM_E_MAJORITY: refused('A majority of the registered nodes has to stay active; bring one of them back first.'),
  BLOSM_E_OWNS_INSTANCES: refused('Move or remove its instances first: blosm agent drain, blosm instance list.'),
  BLOSM_E_OWNER_ACTIVE: refused('The owner is active: ask it to migrate, or wait until its lease has lapsed.'),
  BLOSM_E_HAS_STATE: refused('It has state: an operator recovers it with blosm instance recover --accept-loss.'),
  BLOSM_E_NODE_INACTIVE: refused('The named node is suspended or has left; choose another.'),
  BLOSM_E_CLOCK_SKEW: passing('Synchronise the clocks (NTP) of the caller and of the endorsing peers.'),
  BLOSM_E_CORRUPT_RECORD: refused('A record cannot be read; the chaincode version may be older than the record.'),

  BLOSM_E_LEDGER_UNREACHABLE: passing('Check the peer and the orderer: blosm network status.'),
  BLOSM_E_LEDGER_INVALIDATED: passing('Another transaction came first; read again and retry.'),
  BLOSM_E_ENDORSEMENT_MISMATCH: passing('A peer lags behind; retried until the deadline.'),
  BLOSM_E_OUTCOME_UNKNOWN: passing('The transaction may or may not be committed; it is settled by reading the ledger.'),
  BLOSM_E_TIMEOUT: passing('Something took longer than its deadline; the message names what.'),
  BLOSM_E_CANCELLED: refused('The operation was cancelled before it ended.'),

  BLOSM_E_ENGINE_UNREACHABLE: passing('Check the Docker Engine and the rights on its socket.'),
  BLOSM_E_ENGINE: refused('The Docker Engine refused; its message says why.'),
  BLOSM_E_IMAGE_MISMATCH: refused('The image is not the one agreed on the ledger; it was not started.'),
  BLOSM_E_NO_SPACE: refused('Free disk space on the engine or the registry.'),
  BLOSM_E_CONTAINER_UNHEALTHY: refused('The container did not answer its health check; see its logs.'),
  BLOSM_E_REGISTRY: passing('Check the private registry that the configuration names.'),

  BLOSM_E_PEER_UNREACHABLE: passing('The other cluster does not answer; check the network between the agents.'),
  BLOSM_E_PEER_REFUSED: refused('The other cluster refused; its message says why.'),
  BLOSM_E_PROTOCOL_VERSION: refused('Upgrade the agent that the message names; the others go on meanwhile.'),
  BLOSM_E_REQUEST_OUTCOME_UNKNOWN: refused(
    'The service may or may not have acted on the request. Ask it; to let it be sent again, use Idempotency-Key.',
  ),
  BLOSM_E_UNAUTHENTICATED: refused('The device needs a valid token of the issuer that gateway.auth names.'),
  BLOSM_E_UNCONFIRMED: passing('Fewer than 90 % of the nodes confirmed; the message names who is missing.'),
  BLOSM_E_NO_DESTINATION: passing('No eligible cluster can run it now; the device is forwarded meanwhile.'),
  BLOSM_E_NO_ROOM: passing('Every reachable cluster is full; try again later.'),
  BLOSM_E_UNSUPPORTED: refused('The service declares something that this strategy cannot move.'),

  BLOSM_E_CONFIG_INVALID: refused('Correct the configuration file at the place named.'),
  BLOSM_E_AGENT_UNREACHABLE: passing('Start the agent: blosm agent run.'),
  BLOSM_E_AGENT_RUNNING: refused('Another agent uses this state directory; stop it first.'),
  BLOSM_E_JOURNAL: refused('The journal cannot be read or written; see the operations page.'),
  BLOSM_E_PREREQUISITE: refused('Install what the message lists, then run the command again.'),
  BLOSM_E_COMMAND_FAILED: refused('A program failed; its last lines are above.'),
  BLOSM_E_INTERNAL: refused('A defect in BloSM: please report it with the log.'),
} as const satisfies Record<string, ErrorMeaning>;

export type ErrorCode = keyof typeof ERRORS;

/** What a {@link BlosmError} is made of. */
export interface ErrorFacts {
  /** Where it happened: one word or a few, e.g. `endorse`, `commit`, `push`. */
  readonly stage?: string;
  readonly cause?: unknown;
  /** Replaces the catalogue's hint where more is known. */
  readonly hint?: string;
}

/** The one error class. Compare `code`, never the class: a package may be installed twice. */
export class BlosmError extends Error {
  override readonly name = 'BlosmError';
  readonly code: ErrorCode;
  readonly stage: string;
  readonly retryable: boolean;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(`${code}: ${message}`, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.stage = facts.stage ?? 'general';
    this.retryable = ERRORS[code].retryable;
    this.hint = facts.hint ?? ERRORS[code].hint;
  }
}

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERRORS, text);
}

/** True when the value is a BlosmError of this code, whichever copy of the package made it. */
export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): boolean {
  return error instanceof Error && 'code' in error && codes.some((code) => code === error.code);
}

const CODE_IN_TEXT = /BLOSM_E_[A-Z_]+: [^\n]*/;

/** Finds the contract's error in what a peer or an SDK wrapped around it; undefined when there is none. */
export function findErrorInText(text: string): { code: ErrorCode; message: string } | undefined {
  const found = CODE_IN_TEXT.exec(text);
  if (found === null) return undefined;
  const [line] = found;
  const colon = line.indexOf(':');
  const code = line.slice(0, colon);
  return isErrorCode(code) ? { code, message: line.slice(colon + 2) } : undefined;
}
