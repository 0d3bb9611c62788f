import { BlosmError } from '../../../chaincode/src/model';
import type { LedgerFailure } from '../../domain/ledger-retry';
import { StageFailure, classifyText, grpcStatus, reasonOf } from '../fabric-grpc';
import type { BroadcastOutcome, PeerAnswer, Session } from '../fabric-grpc';
import { GatewayError } from './sdk';

/** How a gateway says that endorsements differ (Fabric, internal/pkg/gateway/endorsement.go). */
const MISMATCH = /payloads do not match/i;
/** The gateway peer had no connection to an orderer: nothing was sent (gRPC for Go, clientconn.go). */
const NOT_SENT = /error while dialing/i;
/** The gateway peer's own words when it found no orderer that takes the envelope (Fabric, submit.go). */
const NO_ORDERER_TOOK_IT = /no orderers could successfully process transaction/;

/** The orderer's status, by name, in the gateway peer's words (Fabric, submit.go). */
const DENIED_BY_ORDERER = /\bFORBIDDEN\b/;

/** What one endorser answered, as the gateway peer passes it on. */
interface Voice {
  readonly mspId: string;
  readonly text: string;
}

/** What a failed Endorse means; a BlosmError where trying again cannot help. */
export function endorseFailure(session: Session, error: unknown): StageFailure | BlosmError {
  if (isWithoutGateway(error)) return noGateway(session, error);
  const voices = voicesOf(session, error);
  const answers = voices.map(({ text }) => classifyText(text));
  const refusal = answers.find((answer) => answer.kind === 'refused');
  const failure = endorsementFailureOf(session, error, voices, answers);
  if (failure === 'contract-refused' && refusal !== undefined) {
    return new StageFailure(failure, refusal.message, refusal.code);
  }
  return new StageFailure(failure, `endorsement by the gateway of ${where(session)}: ${describe(error, voices)}`);
}

function endorsementFailureOf(
  { mspId }: Session,
  error: unknown,
  voices: readonly Voice[],
  answers: readonly PeerAnswer[],
): LedgerFailure {
  if (voices.some(({ text }) => MISMATCH.test(text))) return 'endorsement-mismatch';
  if (answers.some(({ kind }) => kind === 'refused')) {
    // The own organisation is asked first: a refusal of another one means that the own one has endorsed.
    const isOwn = voices.every((voice, index) => answers[index]?.kind !== 'refused' || voice.mspId === mspId);
    return isOwn ? 'contract-refused' : 'endorsement-mismatch';
  }
  return isDeniedBy(error, answers) ? 'access-denied' : 'endorsers-unreachable';
}

/**
 * What became of an envelope whose Submit failed. A gateway peer seldom knows, so that all but two answers mean
 * "perhaps": the orderer refused it, or no orderer could be dialled or all said that they are not available.
 */
export function submitFailure(session: Session, error: unknown): BroadcastOutcome {
  const voices = voicesOf(session, error);
  const reason = `the gateway of ${where(session)}: ${describe(error, voices)}`;
  return { kind: 'failed', failure: submitFailureOf(error), reason };
}

function submitFailureOf(error: unknown): LedgerFailure {
  if (!(error instanceof GatewayError)) return 'broadcast-unanswered';
  switch (error.code) {
    // Another status than success that is the envelope's own fault.
    case grpcStatus.ABORTED:
    case grpcStatus.INVALID_ARGUMENT:
      return DENIED_BY_ORDERER.test(error.message) ? 'order-denied' : 'orderer-refused';
    // It knows no orderer.
    case grpcStatus.FAILED_PRECONDITION:
      return 'orderer-unreachable';
    case grpcStatus.UNAVAILABLE: {
      const isKnown = NO_ORDERER_TOOK_IT.test(error.message);
      // Orderers that answered a status of 500 and more leave no detail.
      const isNotSent = error.details.every(({ message }) => NOT_SENT.test(message));
      return isKnown && isNotSent ? 'orderer-unavailable' : 'broadcast-unanswered';
    }
    default:
      return 'broadcast-unanswered';
  }
}

/** What the caller of a query sees. */
export function evaluateError(session: Session, name: string, error: unknown): BlosmError {
  if (isWithoutGateway(error)) return noGateway(session, error);
  const voices = voicesOf(session, error);
  const answers = voices.map(({ text }) => classifyText(text));
  const refusal = answers.find((answer) => answer.kind === 'refused');
  const stage = { stage: 'query', cause: error };
  if (refusal !== undefined) return new BlosmError(refusal.code, refusal.message, stage);
  const code = isDeniedBy(error, answers) ? 'BLOSM_E_FORBIDDEN' : 'BLOSM_E_LEDGER_UNREACHABLE';
  return new BlosmError(code, `${name} by the gateway of ${where(session)}: ${describe(error, voices)}`, stage);
}

function isWithoutGateway(error: unknown): error is GatewayError {
  return error instanceof GatewayError && error.code === grpcStatus.UNIMPLEMENTED;
}

function noGateway(session: Session, cause: GatewayError): BlosmError {
  const message = `${where(session)} has no gateway service, which ledger.adapter fabric-gateway needs`;
  return new BlosmError('BLOSM_E_PREREQUISITE', message, {
    stage: 'connect',
    cause,
    hint: 'Set ledger.adapter to fabric-network, or upgrade the peer to Fabric 2.4 or later.',
  });
}

function isDeniedBy(error: unknown, answers: readonly PeerAnswer[]): boolean {
  const isRefusedByCode = error instanceof GatewayError && error.code === grpcStatus.PERMISSION_DENIED;
  return isRefusedByCode || answers.some(({ kind }) => kind === 'denied');
}

/** What the endorsers said; the gateway's own words where it asked none. */
function voicesOf({ mspId }: Session, error: unknown): readonly Voice[] {
  if (error instanceof GatewayError && error.details.length > 0) {
    return error.details.map((detail) => ({ mspId: detail.mspId, text: detail.message }));
  }
  return [{ mspId, text: reasonOf(error) }];
}

function describe(error: unknown, voices: readonly Voice[]): string {
  const said = voices.map(({ mspId, text }) => `${mspId}: ${text}`).join('; ');
  return error instanceof GatewayError && error.details.length > 0 ? `${error.message} (${said})` : reasonOf(error);
}

function where({ ownPeer }: Session): string {
  return `the own peer ${ownPeer.name} (${ownPeer.address.target})`;
}
