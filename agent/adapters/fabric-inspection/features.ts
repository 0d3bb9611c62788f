import { hasCode } from '../../../chaincode/src/model';
import { grpcStatus, queryPeer, reasonOf, type QueryTime, type Session } from '../fabric-grpc';

const EVALUATE = '/gateway.Gateway/Evaluate';
/** The old life cycle of chaincodes, which release 3 has left out. */
const OLD_LIFECYCLE = 'lscc';

/**
 * Whether the own peer has the gateway service, which came with 2.4. An empty request is refused by it for what it lacks,
 * by an older peer for the service.
 * @throws the ServiceError of gRPC when nobody answers
 */
export async function hasGateway({ ownPeer }: Session, { leftMs, signal }: QueryTime): Promise<boolean> {
  try {
    await ownPeer.unary(EVALUATE, new Uint8Array(), leftMs, signal);
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === grpcStatus.UNIMPLEMENTED) return false;
    if (code === grpcStatus.INVALID_ARGUMENT) return true;
    throw error;
  }
}

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;

/** Release 3 takes the name for that of a chaincode to be started, and finds no package of it. */
const NO_OLD_LIFECYCLE = /launch chaincode lscc|lscc\.syscc/i;

/**
 * Whether the own peer has left the old life cycle of chaincodes behind, as release 3 has.
 * @throws BlosmError BLOSM_E_FORBIDDEN
 */
export async function isRelease3(session: Session, { leftMs, signal }: QueryTime): Promise<boolean> {
  const args = [session.channel, session.chaincode];
  try {
    await queryPeer(session, { chaincode: OLD_LIFECYCLE, name: 'getid', args, timeoutMs: leftMs, signal });
    return false;
  } catch (error) {
    if (hasCode(error, 'BLOSM_E_FORBIDDEN')) throw error;
    return NO_OLD_LIFECYCLE.test(reasonOf(error));
  }
}
