import type { Lease, NodeRecord } from '../../../chaincode/src/model';
import { fail, ok, warn, type Finding } from './finding';

const REGISTER = 'blosm cluster register --admin-certificate FILE --admin-key FILE';

/** The own node's record, as far as it is judged here. */
export type OwnNode = Pick<NodeRecord, 'nodeId' | 'state' | 'cordoned' | 'agentCertificateSha256'>;

/** @param certificateSha256 of the agent's own certificate, hexadecimal; null: it cannot be read */
export function judgeRegistration(
  nodeId: string,
  record: OwnNode | undefined,
  certificateSha256: string | null,
): readonly Finding[] {
  if (record === undefined) {
    return [
      fail(`${nodeId} is not registered on the channel`, `Let the organisation's admin register it: ${REGISTER}.`),
    ];
  }
  const isOther = certificateSha256 !== null && record.agentCertificateSha256 !== `sha256:${certificateSha256}`;
  return [
    isOther
      ? fail(
          `${nodeId} is registered with another certificate than ledger.certificate`,
          `Let the organisation's admin register this one: ${REGISTER}.`,
        )
      : ok(`${nodeId} is registered with this certificate`),
    ...(record.state === 'SUSPENDED'
      ? [
          warn(
            `${nodeId} is suspended: it takes part in nothing`,
            'Its agent makes it active again by itself: blosm agent run.',
          ),
        ]
      : []),
    ...(record.cordoned
      ? [warn(`${nodeId} is cordoned: it takes nothing new`, 'When that is no longer meant: blosm cluster uncordon.')]
      : []),
  ];
}

export interface LeaseLook {
  readonly nodeId: string;
  readonly lease: Pick<Lease, 'expiresAtMs'> | undefined;
  readonly nowMs: number;
  readonly leaseSeconds: number;
  readonly isAgentRunning: boolean;
}

/** A lease below a quarter of its length was not renewed in time: agents renew at half of it. */
const LATE_SHARE = 0.25;

export function judgeLease({ nodeId, lease, nowMs, leaseSeconds, isAgentRunning }: LeaseLook): Finding {
  if (lease === undefined) {
    return warn(`${nodeId} has no lease on the ledger`, 'Its agent takes one when it starts: blosm agent run.');
  }
  const left = Math.round((lease.expiresAtMs - nowMs) / 1000);
  if (left <= 0) {
    const seen = `the lease of ${nodeId} lapsed ${-left} s ago: any member may suspend it`;
    return isAgentRunning
      ? fail(
          seen,
          'The agent runs and cannot renew it: read its last error with blosm status, and check the ledger and the clock: blosm doctor --only ledger, clock.',
        )
      : warn(seen, 'Its agent renews it when it starts: blosm agent run.');
  }
  if (left < leaseSeconds * LATE_SHARE && isAgentRunning) {
    return warn(
      `the lease of ${nodeId} has only ${left} s left, of ${leaseSeconds} s`,
      'The agent renews at half of it and is late: read its last error with blosm status.',
    );
  }
  return ok(`the lease of ${nodeId} has ${left} s left`);
}
