import { z } from 'zod';
import { AgentConfig } from '../../../agent/config/schema';
import {
  ClusterView,
  EventView,
  DrainView,
  InstanceView,
  LedgerBlockView,
  LedgerHistoryView,
  LedgerTipView,
  LedgerTransactionView,
  LedgerVerificationView,
  listOf,
  LogLineView,
  MigrationDetailView,
  MigrationExplanationView,
  MigrationOutcomeView,
  MigrationPlanView,
  MigrationView,
  RouteView,
  PlacementView,
  ServiceView,
  StatusView,
  TimelineView,
} from '../../../agent/ports/control';

const Text = z.string();
const Origin = z.looseObject({ key: Text, from: z.enum(['flag', 'environment', 'file', 'default', 'nowhere']) });
const Fault = z.strictObject({ line: z.int(), column: z.int(), key: Text, message: Text });

const FindingState = z.enum(['ok', 'warn', 'fail', 'skip']);
const Finding = z.strictObject({
  ...{ check: Text, about: Text, state: FindingState, seen: Text, mend: Text, doc: Text },
});

/** What the document of each kind looks like, beside `apiVersion` and `kind`: what scripts may rely on. */
export const KINDS: Readonly<Record<string, z.ZodObject>> = {
  Status: StatusView,
  Version: z.object({
    ...{ version: Text, node: Text, platform: Text, commit: Text.nullable() },
    protocols: z.strictObject({ control: Text, peers: Text, documents: Text }),
  }),
  CompletionScript: z.object({ shell: Text, script: Text }),
  ConfigFile: z.object({ file: Text, name: Text, mspId: Text }),
  ConfigCheck: z.object({
    file: Text,
    valid: z.boolean(),
    faults: z.array(Fault),
    notes: z.array(Text),
    fromEnvironment: z.array(Text),
  }),
  Config: z.object({ file: Text, config: AgentConfig, origins: z.array(Origin).optional() }),
  ConfigKey: z.object({
    ...{ key: Text, description: Text, type: Text, unit: Text.nullable(), needed: z.boolean(), variable: Text },
    ...{ value: z.unknown(), default: z.unknown(), origin: z.looseObject({ from: Text }).nullable() },
  }),
  ConfigSection: z.object({
    ...{ key: Text, description: Text },
    keys: z.array(z.strictObject({ key: Text, type: Text, description: Text })),
  }),
  ConfigSchema: z.object({ schema: z.looseObject({ title: Text, type: z.literal('object') }) }),
  Drain: DrainView,
  Placement: PlacementView,
  FindingList: z.object({ state: FindingState, items: z.array(Finding) }),
  Finding,
  SupportBundle: z.object({
    file: Text,
    contents: z.array(z.strictObject({ name: Text, sizeBytes: z.int().nullable(), what: Text })),
  }),
  DryRun: z.object({ command: Text, refused: z.boolean(), refusals: z.array(Text), steps: z.array(Text) }),
  Identity: z.object({
    ...{ mspId: Text, subject: Text, issuer: Text, sha256: Text, certificate: Text, privateKey: Text },
    ...{ units: z.array(Text), alternativeNames: z.array(Text), warnings: z.array(Text), daysLeft: z.int() },
    registered: z.boolean().nullable().optional(),
  }),
  ClusterList: listOf(ClusterView.strict()),
  Cluster: ClusterView,
  ServiceList: listOf(ServiceView.strict()),
  Service: ServiceView,
  InstanceList: listOf(InstanceView.strict()),
  Instance: InstanceView,
  MigrationList: listOf(MigrationView.strict()),
  Migration: MigrationDetailView.partial({ metadata: true, confirmations: true, evaluations: true, prepares: true }),
  MigrationPlan: MigrationPlanView,
  RouteList: listOf(RouteView.strict()),
  Route: RouteView,
  LogLine: LogLineView.extend({ position: Text }),
  Event: EventView.extend({ position: Text }),
  Timeline: TimelineView,
  MigrationExplanation: MigrationExplanationView,
  MigrationOutcome: MigrationOutcomeView,
  LedgerTip: LedgerTipView,
  LedgerTransaction: LedgerTransactionView,
  LedgerBlock: LedgerBlockView,
  LedgerHistory: LedgerHistoryView.omit({ kind: true }).extend({ of: LedgerHistoryView.shape.kind }),
  LedgerVerification: LedgerVerificationView,
  NetworkStatus: z.object({
    ...{ channel: Text, fabricVersion: Text, unfinished: Text.nullable(), healthy: z.boolean() },
    chaincode: z.strictObject({ label: Text, sequence: z.int() }).nullable(),
    components: z.array(
      z.strictObject({
        ...{ name: Text, kind: z.enum(['orderer', 'peer', 'chaincode']), cluster: Text.nullable(), address: Text },
        ...{ pid: z.int().nullable(), healthy: z.boolean(), version: Text, height: z.int().nullable(), logFile: Text },
      }),
    ),
  }),
  NetworkStopped: z.object({ stopped: z.array(Text) }),
  ChaincodeDeployment: z.object({ sequence: z.int(), label: Text, contentSha256: Text, changed: z.boolean() }),
  SandboxStatus: z.object({
    ...{ stateDir: Text, machineRuns: Text.optional(), bridge: z.boolean() },
    orderer: z.strictObject({ name: Text, address: Text, exists: z.boolean() }),
    registry: z.strictObject({ name: Text, address: Text, exists: z.boolean(), answers: z.boolean() }),
    clusters: z.array(
      z.strictObject({
        ...{ name: Text, address: Text, exists: z.boolean(), engineAnswers: z.boolean(), agentAnswers: z.boolean() },
      }),
    ),
  }),
  SandboxStopped: z.object({ stateDir: Text, purge: z.boolean() }),
};

/** The document of a kind, nothing more and nothing less. */
export function documentSchema(kind: string): z.ZodObject {
  const fields = KINDS[kind];
  if (fields === undefined) throw new Error(`say in kinds.ts what a document of kind ${kind} holds`);
  return z.strictObject({ apiVersion: z.literal('blosm/v1'), kind: z.literal(kind), ...fields.shape });
}
