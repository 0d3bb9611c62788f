import { BlosmContext, certificateSha256, parseCertificate, query, submit } from '../ledger';
import { BlosmError, Lease, NodeRecord, leaseKey, nodeKey, prefixKey, type EventName } from '../model';
import { firstLease, registeredNode, requireRegistrant, updatedNode } from '../rules';
import { BlosmContract, Query, Submit } from './blosm-contract';
import { holdCertificate, releaseCertificate } from './certificate-steps';
import { cordon, leave, renew, storeNode, suspend } from './node-steps';

/** The registered organisations: the paper's blockchain nodes. */
export class NodeContract extends BlosmContract {
  constructor() {
    super('NodeContract');
  }

  /** By the organisation's admin: the first registration, or another certificate for the agent. */
  @Submit()
  Register(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return submit(ctx, 'NodeContract:Register', args, async (tx, registration) => {
      requireRegistrant(tx.caller);
      const certificate = parseCertificate(registration.agentCertificatePem);
      if (certificate === undefined) {
        throw new BlosmError('BLOSM_E_INVALID_ARGUMENT', 'agentCertificatePem: not an X.509 certificate');
      }
      const { mspId } = tx.caller;
      const certified = { registration, agentCertificateSha256: certificateSha256(certificate) };
      const stored = await tx.state.find(nodeKey(mspId), NodeRecord);
      await holdCertificate(tx, mspId, certified.agentCertificateSha256);
      if (stored !== undefined) await releaseCertificate(tx, stored, certified.agentCertificateSha256);
      if (stored === undefined) tx.put(leaseKey(mspId), Lease, firstLease(mspId, tx.nowMs));
      const event: EventName = stored === undefined ? 'NodeRegistered' : 'NodeUpdated';
      return storeNode(tx, stored, registeredNode(stored, certified, mspId, tx.nowMs), event);
    });
  }

  /** By the agent: what the node says of itself, but not its certificate. */
  @Submit()
  Update(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return submit(ctx, 'NodeContract:Update', args, async (tx, profile) => {
      const stored = await tx.agent();
      return storeNode(tx, stored, updatedNode(stored, profile, tx.nowMs), 'NodeUpdated');
    });
  }

  /** By the agent, again and again: the node works. A suspended node is active again. */
  @Submit()
  Renew(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return submit(ctx, 'NodeContract:Renew', args, renew);
  }

  /** By any member's agent, of a node whose lease has lapsed. */
  @Submit()
  Suspend(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return submit(ctx, 'NodeContract:Suspend', args, suspend);
  }

  /** By the agent: the node takes nothing new. */
  @Submit()
  Cordon(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return submit(ctx, 'NodeContract:Cordon', args, (tx) => cordon(tx, true));
  }

  /** By the agent: the end of Cordon. */
  @Submit()
  Uncordon(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return submit(ctx, 'NodeContract:Uncordon', args, (tx) => cordon(tx, false));
  }

  /** By the organisation's admin or its agent, once the node owns nothing. */
  @Submit()
  Leave(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return submit(ctx, 'NodeContract:Leave', args, leave);
  }

  @Query()
  Get(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return query(ctx, 'NodeContract:Get', args, (state, nodeId) => state.get(nodeKey(nodeId), NodeRecord));
  }

  @Query()
  List(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return query(ctx, 'NodeContract:List', args, (state) => state.list(prefixKey('node'), NodeRecord));
  }

  /** The leases that were renewed by this release's agents; a node without one has that of its registration. */
  @Query()
  Leases(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return query(ctx, 'NodeContract:Leases', args, (state) => state.list(prefixKey('lease'), Lease));
  }

  /** Every version of the record with the transaction that wrote it, newest first. */
  @Query()
  History(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return query(ctx, 'NodeContract:History', args, (state, nodeId) => state.history(nodeKey(nodeId), NodeRecord));
  }
}
