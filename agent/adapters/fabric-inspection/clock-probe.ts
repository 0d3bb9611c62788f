import { encodeArgs } from '../../../chaincode/src/model';
import type { ClockVerdict } from '../../domain/doctor/channel-facts';
import { NEAR_SKEW_MS, REFUSED_SKEW_MS } from '../../domain/doctor/clock';
import { askPeer, newCallProposal, type PeerAnswer, type RpcNode, type Session } from '../fabric-grpc';

/** So much off, an endorser that is near still accepts and one that is not refuses. */
const PROBE_MS = REFUSED_SKEW_MS - NEAR_SKEW_MS;

/**
 * What a peer's clock says of ours. No peer tells the time, but its chaincode refuses a transaction whose time is more
 * than 30 s off: one is made with this machine's time, and one 20 s to either side. They are endorsed and thrown away.
 */
export async function probeClock(
  session: Session,
  node: RpcNode,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ClockVerdict> {
  const ask = (offsetMs: number): Promise<PeerAnswer> => {
    const clock = { ...session.clock, nowMs: () => session.clock.nowMs() + offsetMs };
    const args = encodeArgs([{ leaseSeconds: 60 }]);
    const proposal = newCallProposal({ ...session, clock }, session.chaincode, 'NodeContract:Renew', args);
    return askPeer(node, proposal, timeoutMs, signal);
  };
  const [now, later, earlier] = await Promise.all([ask(0), ask(PROBE_MS), ask(-PROBE_MS)]);
  if (now.kind === 'denied' || now.kind === 'failed') return { kind: 'unknown', reason: now.reason };
  if (isSkew(now)) return { kind: isAhead(now) ? 'ahead' : 'behind', isRefused: true };
  if (isSkew(later)) return { kind: 'ahead', isRefused: false };
  return isSkew(earlier) ? { kind: 'behind', isRefused: false } : { kind: 'near' };
}

const isSkew = (answer: PeerAnswer): boolean => answer.kind === 'refused' && answer.code === 'BLOSM_E_CLOCK_SKEW';

const isAhead = (answer: PeerAnswer): boolean => answer.kind === 'refused' && answer.message.includes('ahead of');
