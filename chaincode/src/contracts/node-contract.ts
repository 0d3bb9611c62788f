import { BlosmContext, certificateSha256, parseCertificate, query, submit, type Submission } from '../ledger';
import { BlosmError, NodeRecord, nodeKey, prefixKey } from '../model';
import { registeredNode, requireRegistrant, updatedNode } from '../rules';
import { BlosmContract, Query, Submit } from './blosm-contract';

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
      const certified = { registration, agentCertificateSha256: certificateSha256(certificate) };
      const stored = await tx.state.find(nodeKey(tx.caller.mspId), NodeRecord);
      return store(tx, stored, registeredNode(stored, certified, tx.caller.mspId, tx.nowMs));
    });
  }

  /** By the agent: what the node says of itself, but not its certificate. */
  @Submit()
  Update(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return submit(ctx, 'NodeContract:Update', args, async (tx, profile) => {
      const stored = await tx.agent();
      return store(tx, stored, updatedNode(stored, profile, tx.nowMs));
    });
  }

  @Query()
  Get(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return query(ctx, 'NodeContract:Get', args, (state, nodeId) => state.get(nodeKey(nodeId), NodeRecord));
  }

  @Query()
  List(ctx: BlosmContext, ...args: string[]): Promise<string> {
    return query(ctx, 'NodeContract:List', args, (state) => state.list(prefixKey('node'), NodeRecord));
  }
}

function store(tx: Submission, stored: NodeRecord | undefined, node: NodeRecord): NodeRecord {
  if (node !== stored) {
    tx.put(nodeKey(node.nodeId), NodeRecord, node);
    tx.emit(stored === undefined ? 'NodeRegistered' : 'NodeUpdated', {});
  }
  return node;
}
