import type { ArgsOf, QueryName, SubmitName } from '../../chaincode/src/model';
import type { Scene } from './ledger-scenes';
import {
  digest,
  handOverOrder,
  instanceCreation,
  nodeProfile,
  nodeRegistration,
  preparation,
  proposal,
  serviceRegistration,
  trueEvaluation,
  containerFacts,
} from './ledger-samples';

/** A call that is right, and who may make it. */
export interface SubmitCall<N extends SubmitName> {
  /** Where the call is accepted and writes. */
  readonly scene: Scene;
  readonly args: (nowMs: number) => ArgsOf<N> | Promise<ArgsOf<N>>;
  /** Whose call it is. */
  readonly nodeId: string;
  /** Which certificate of the organisation: the registered agent's, the admin's (NodeOU), or either. */
  readonly by: 'agent' | 'admin' | 'either';
  /**
   * What the same call is to another active node: `anybody` may do just that (it is a race), `itself` does it to its own
   * records only, else it is refused with the code.
   */
  readonly others: 'anybody' | 'itself' | 'BLOSM_E_NOT_OWNER' | 'BLOSM_E_FORBIDDEN' | 'BLOSM_E_INVALID_ARGUMENT';
  /** What a suspended node may not do; null: it may, too. */
  readonly suspended: 'BLOSM_E_SUSPENDED' | null;
}

const agentCall = { nodeId: 'Edge1MSP', by: 'agent', suspended: 'BLOSM_E_SUSPENDED' } as const;
const ownCall = { ...agentCall, others: 'itself' } as const;
const ownersCall = { ...agentCall, others: 'BLOSM_E_NOT_OWNER' } as const;
const destinationsCall = { ...agentCall, nodeId: 'Edge2MSP' } as const;

/** Every function that writes, once. A function without an entry makes the tests fail. */
export const SUBMITS: { readonly [N in SubmitName]: SubmitCall<N> } = {
  'NodeContract:Register': {
    ...ownCall,
    scene: 'registered',
    by: 'admin',
    // The certificate is Edge1MSP's: no other node may register it.
    others: 'BLOSM_E_INVALID_ARGUMENT',
    suspended: null,
    args: async () => [await nodeRegistration('Edge1MSP', nodeProfile('another-name'))],
  },
  'NodeContract:Update': { ...ownCall, scene: 'registered', args: () => [nodeProfile('another-name')] },
  'NodeContract:Renew': { ...ownCall, scene: 'registered', suspended: null, args: () => [{ leaseSeconds: 60 }] },
  'NodeContract:Suspend': { ...agentCall, scene: 'lapsed', others: 'anybody', args: () => ['Edge5MSP'] },
  'NodeContract:Cordon': { ...ownCall, scene: 'registered', args: () => [] },
  'NodeContract:Uncordon': { ...ownCall, scene: 'cordoned', args: () => [] },
  'NodeContract:Leave': { ...ownCall, scene: 'registered', by: 'either', args: () => [] },

  'MetadataContract:Share': {
    ...ownersCall,
    scene: 'instance',
    args: () => [{ metadataId: 'meta-1', instanceId: 'i-1', container: containerFacts() }],
  },
  'ConfirmationContract:Confirm': {
    ...destinationsCall,
    scene: 'proposed',
    others: 'itself',
    args: () => [{ metadataIds: ['m-1'] }],
  },
  'EvaluationContract:Submit': {
    ...destinationsCall,
    scene: 'proposed',
    others: 'itself',
    args: (nowMs) => [trueEvaluation(nowMs)],
  },

  'ServiceContract:Register': {
    ...agentCall,
    scene: 'registered',
    others: 'anybody',
    args: () => [serviceRegistration()],
  },
  'ServiceContract:Remove': { ...agentCall, scene: 'service', others: 'BLOSM_E_FORBIDDEN', args: () => ['counter'] },
  'InstanceContract:Create': {
    ...agentCall,
    scene: 'instance',
    others: 'anybody',
    args: () => [instanceCreation({ instanceId: 'i-2' })],
  },
  'InstanceContract:Claim': {
    ...destinationsCall,
    scene: 'orphaned',
    others: 'anybody',
    args: () => [{ instanceId: 'i-1', epoch: 1 }],
  },
  'InstanceContract:Recover': {
    ...agentCall,
    scene: 'handed over and orphaned',
    others: 'BLOSM_E_FORBIDDEN',
    args: () => [{ instanceId: 'i-1', epoch: 2, from: 'copy', configDigest: digest('a'), acceptLoss: true }],
  },
  'InstanceContract:Remove': { ...ownersCall, scene: 'instance', args: () => [{ instanceId: 'i-1', epoch: 1 }] },

  'MigrationContract:Propose': {
    ...ownersCall,
    scene: 'instance',
    args: (nowMs) => [proposal(nowMs, { requestedDestination: 'Edge2MSP' })],
  },
  'MigrationContract:Prepare': {
    ...destinationsCall,
    scene: 'offered',
    others: 'BLOSM_E_FORBIDDEN',
    args: () => [preparation()],
  },
  'MigrationContract:HandOver': { ...ownersCall, scene: 'prepared', args: () => [handOverOrder()] },
  'MigrationContract:Complete': {
    ...destinationsCall,
    scene: 'handed over',
    others: 'BLOSM_E_NOT_OWNER',
    args: () => [{ migrationId: 'm-1', tokenSha256: digest('2') }],
  },
  'MigrationContract:Abort': {
    ...ownersCall,
    scene: 'proposed',
    args: () => [{ migrationId: 'm-1', stage: 'push', reason: 'no space' }],
  },
};

const PAGE = { pageSize: 10, bookmark: '' };

/** Every function that only reads, once. */
export const QUERIES: { readonly [N in QueryName]: ArgsOf<N> } = {
  'NodeContract:Get': ['Edge1MSP'],
  'NodeContract:List': [],
  'NodeContract:Leases': [],
  'NodeContract:History': ['Edge1MSP'],
  'MetadataContract:Get': ['m-1'],
  'MetadataContract:History': ['m-1'],
  'ConfirmationContract:List': ['m-1'],
  'EvaluationContract:List': ['m-1'],
  'ServiceContract:Get': ['counter'],
  'ServiceContract:List': [PAGE],
  'ServiceContract:History': ['counter'],
  'InstanceContract:Get': ['i-1'],
  'InstanceContract:List': [PAGE],
  'InstanceContract:History': ['i-1'],
  'MigrationContract:Get': ['m-1'],
  'MigrationContract:Prepares': ['m-1'],
  'MigrationContract:List': [PAGE],
  'MigrationContract:History': ['m-1'],
};
