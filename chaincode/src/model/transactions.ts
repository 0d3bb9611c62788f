import { z } from 'zod';
import { canonicalJson } from './canonical-json';
import { Evaluation, EvaluationSubmission } from './evaluation';
import { InstanceClaim, InstanceCreation, InstanceRecord, InstanceRecovery, InstanceRemoval } from './instance';
import { Confirmation, ConfirmationBatch, ContainerMetadata, HistoryEntry, MetadataShare } from './metadata';
import {
  MigrationAbort,
  MigrationCompletion,
  MigrationHandOver,
  MigrationPreparation,
  MigrationProposal,
  MigrationRecord,
  PrepareRecord,
} from './migration';
import { Lease, LeaseRenewal, NodeProfile, NodeRecord, NodeRegistration } from './node';
import { Id, NodeId, PageRequest, pageOf } from './primitives';
import { ServiceRecord, ServiceRegistration } from './service';

/** What a function of the chaincode takes (each argument one string on the wire) and gives. */
export interface TransactionShape {
  /** `submit` goes through the orderer, `query` asks one peer. */
  readonly kind: 'submit' | 'query';
  readonly args: readonly z.ZodType[];
  readonly result: z.ZodType;
}

const submit = <A extends readonly z.ZodType[], R extends z.ZodType>(
  args: A,
  result: R,
): { kind: 'submit'; args: A; result: R } => ({ kind: 'submit', args, result });
const query = <A extends readonly z.ZodType[], R extends z.ZodType>(
  args: A,
  result: R,
): { kind: 'query'; args: A; result: R } => ({ kind: 'query', args, result });

/** Every function of the chaincode by the name with which it is invoked: `peer chaincode invoke -c '{"function":NAME,...}'`. */
export const TRANSACTIONS = {
  'NodeContract:Register': submit([NodeRegistration] as const, NodeRecord),
  'NodeContract:Update': submit([NodeProfile] as const, NodeRecord),
  'NodeContract:Renew': submit([LeaseRenewal] as const, Lease),
  'NodeContract:Suspend': submit([NodeId] as const, NodeRecord),
  'NodeContract:Cordon': submit([] as const, NodeRecord),
  'NodeContract:Uncordon': submit([] as const, NodeRecord),
  'NodeContract:Leave': submit([] as const, NodeRecord),
  'NodeContract:Get': query([NodeId] as const, NodeRecord),
  'NodeContract:List': query([] as const, z.array(NodeRecord)),
  'NodeContract:Leases': query([] as const, z.array(Lease)),
  'NodeContract:History': query([NodeId] as const, z.array(HistoryEntry)),

  'MetadataContract:Share': submit([MetadataShare] as const, ContainerMetadata),
  'MetadataContract:Get': query([Id] as const, ContainerMetadata),
  'MetadataContract:History': query([Id] as const, z.array(HistoryEntry)),

  'ConfirmationContract:Confirm': submit([ConfirmationBatch] as const, z.array(Confirmation)),
  'ConfirmationContract:List': query([Id] as const, z.array(Confirmation)),

  'EvaluationContract:Submit': submit([EvaluationSubmission] as const, Evaluation),
  'EvaluationContract:List': query([Id] as const, z.array(Evaluation)),

  'ServiceContract:Register': submit([ServiceRegistration] as const, ServiceRecord),
  'ServiceContract:Get': query([Id] as const, ServiceRecord),
  'ServiceContract:Remove': submit([Id] as const, ServiceRecord),
  'ServiceContract:List': query([PageRequest] as const, pageOf(ServiceRecord)),
  'ServiceContract:History': query([Id] as const, z.array(HistoryEntry)),

  'InstanceContract:Create': submit([InstanceCreation] as const, InstanceRecord),
  'InstanceContract:Get': query([Id] as const, InstanceRecord),
  'InstanceContract:List': query([PageRequest] as const, pageOf(InstanceRecord)),
  'InstanceContract:History': query([Id] as const, z.array(HistoryEntry)),
  'InstanceContract:Claim': submit([InstanceClaim] as const, InstanceRecord),
  'InstanceContract:Recover': submit([InstanceRecovery] as const, InstanceRecord),
  'InstanceContract:Remove': submit([InstanceRemoval] as const, InstanceRecord),

  'MigrationContract:Propose': submit([MigrationProposal] as const, MigrationRecord),
  'MigrationContract:Prepare': submit([MigrationPreparation] as const, PrepareRecord),
  'MigrationContract:HandOver': submit([MigrationHandOver] as const, MigrationRecord),
  'MigrationContract:Complete': submit([MigrationCompletion] as const, MigrationRecord),
  'MigrationContract:Abort': submit([MigrationAbort] as const, MigrationRecord),
  'MigrationContract:Get': query([Id] as const, MigrationRecord),
  'MigrationContract:Prepares': query([Id] as const, z.array(PrepareRecord)),
  'MigrationContract:List': query([PageRequest] as const, pageOf(MigrationRecord)),
  'MigrationContract:History': query([Id] as const, z.array(HistoryEntry)),
} as const satisfies Record<string, TransactionShape>;

export type TransactionName = keyof typeof TRANSACTIONS;
type NamesOf<K extends TransactionShape['kind']> = {
  [N in TransactionName]: (typeof TRANSACTIONS)[N]['kind'] extends K ? N : never;
}[TransactionName];
export type SubmitName = NamesOf<'submit'>;
export type QueryName = NamesOf<'query'>;

type Inputs<T extends readonly z.ZodType[]> = { -readonly [I in keyof T]: z.input<T[I]> };
/** The arguments of a function, as objects. */
export type ArgsOf<N extends TransactionName> = Inputs<(typeof TRANSACTIONS)[N]['args']>;
type Outputs<T extends readonly z.ZodType[]> = { -readonly [I in keyof T]: z.output<T[I]> };
/** The arguments of a function, parsed. */
export type ValuesOf<N extends TransactionName> = Outputs<(typeof TRANSACTIONS)[N]['args']>;
/** What a function gives back, parsed. */
export type ResultOf<N extends TransactionName> = z.output<(typeof TRANSACTIONS)[N]['result']>;

/** Arguments as they go over the wire: strings as they are, everything else as canonical JSON. */
export function encodeArgs(args: readonly unknown[]): string[] {
  return args.map((arg) => (typeof arg === 'string' ? arg : canonicalJson(arg)));
}
