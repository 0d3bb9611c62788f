import {
  hasCode,
  isTerminal,
  type InstanceRecord,
  type MigrationRecord,
  type NodeRecord,
  type ServiceState,
} from '../../../chaincode/src/model';
import type { FakeLedger } from '../../fakes/ledger';
import { makeBench, type Bench } from '../../support/ledger-bench';
import {
  CONFIG_DIGEST,
  digest,
  falseEvaluation,
  handOverOrder,
  instanceCreation,
  preparation,
  proposal,
  serviceRegistration,
  trueEvaluation,
} from '../../support/ledger-samples';
import { LEASE_MS, REQUESTED, deadlineAfterMs, type Call, type Reference } from './reference';

const PAGE = { pageSize: 100, bookmark: '' };

/** What an outsider sees of the instance and its migrations. */
export interface View {
  readonly instance: InstanceRecord | null;
  readonly migrations: readonly MigrationRecord[];
  readonly nodes: readonly NodeRecord[];
}

/** The real contracts with three agents, and how a call of the reference is made of them. */
export class World {
  private constructor(
    readonly bench: Bench,
    private readonly startMs: number,
  ) {}

  static async make(state: ServiceState): Promise<World> {
    const bench = await makeBench();
    await bench.edge1.submit('ServiceContract:Register', [serviceRegistration({ state })]);
    return new World(bench, bench.clock.nowMs());
  }

  /** Milliseconds since the start. */
  get nowMs(): number {
    return this.bench.clock.nowMs() - this.startMs;
  }

  /** True when it was committed; false when a contract refused. Anything else is an error. */
  async call(call: Call): Promise<boolean> {
    try {
      await this.submit(this.ledgerOf(call.agent), call);
      return true;
    } catch (error) {
      if (hasCode(error, 'BLOSM_E_INTERNAL', 'BLOSM_E_CORRUPT_RECORD', 'BLOSM_E_OUTCOME_UNKNOWN')) throw error;
      if (hasCode(error, 'BLOSM_E_LEDGER_INVALIDATED', 'BLOSM_E_LEDGER_UNREACHABLE')) throw error;
      return false;
    }
  }

  async view(): Promise<View> {
    const { edge3 } = this.bench;
    const { items: instances } = await edge3.query('InstanceContract:List', [PAGE]);
    const { items: migrations } = await edge3.query('MigrationContract:List', [PAGE]);
    return { instance: instances[0] ?? null, migrations, nodes: await edge3.query('NodeContract:List', []) };
  }

  private ledgerOf(agent: string): FakeLedger {
    const { edge1, edge2, edge3 } = this.bench;
    return [edge1, edge2, edge3].find(({ nodeId }) => nodeId === agent)!;
  }

  private submit(ledger: FakeLedger, call: Call): Promise<unknown> {
    if (call.name === 'Renew') return ledger.submit('NodeContract:Renew', [{ leaseSeconds: LEASE_MS / 1000 }]);
    if (call.name === 'Suspend') return ledger.submit('NodeContract:Suspend', [call.node]);
    return 'id' in call ? this.submitMigration(ledger, call) : submitInstance(ledger, call);
  }

  private submitMigration(
    ledger: FakeLedger,
    call: Extract<Call, { name: 'Propose' | 'Evaluate' | 'Prepare' | 'HandOver' | 'Complete' | 'Abort' }>,
  ): Promise<unknown> {
    const migrationId = call.id;
    switch (call.name) {
      case 'Evaluate':
        return ledger.submit('EvaluationContract:Submit', [this.evaluation(call.id, call.verdict)]);
      case 'Propose': {
        const deadlineMs = this.startMs + deadlineAfterMs(migrationId);
        const requestedDestination = REQUESTED[migrationId] ?? null;
        const content = { migrationId, epoch: call.epoch, deadlineMs, requestedDestination };
        return ledger.submit('MigrationContract:Propose', [proposal(0, content)]);
      }
      case 'Prepare': {
        const content = { migrationId, configDigest: digest(call.digit) };
        return ledger.submit('MigrationContract:Prepare', [preparation(content)]);
      }
      case 'HandOver': {
        const { to: destinationNodeId, epoch, digit } = call;
        const content = { migrationId, destinationNodeId, epoch, configDigest: digest(digit) };
        return ledger.submit('MigrationContract:HandOver', [handOverOrder(content)]);
      }
      case 'Complete': {
        const tokenSha256 = call.token === null ? null : digest(call.token);
        return ledger.submit('MigrationContract:Complete', [{ migrationId, tokenSha256 }]);
      }
      case 'Abort':
        return ledger.submit('MigrationContract:Abort', [{ migrationId, stage: 'test', reason: 'as it may' }]);
    }
  }

  private evaluation(metadataId: string, verdict: boolean) {
    const offerExpiresAtMs = this.startMs + 86_400_000;
    return verdict ? trueEvaluation(0, { metadataId, offerExpiresAtMs }) : falseEvaluation({ metadataId });
  }
}

function submitInstance(
  ledger: FakeLedger,
  call: Extract<Call, { name: 'Create' | 'Remove' | 'Claim' | 'Recover' }>,
): Promise<unknown> {
  const instanceId = 'i-1';
  switch (call.name) {
    case 'Create':
      return ledger.submit('InstanceContract:Create', [instanceCreation()]);
    case 'Remove':
      return ledger.submit('InstanceContract:Remove', [{ instanceId, epoch: call.epoch }]);
    case 'Claim':
      return ledger.submit('InstanceContract:Claim', [{ instanceId, epoch: call.epoch }]);
    case 'Recover': {
      const { epoch, from } = call;
      const content = { instanceId, epoch, from, configDigest: CONFIG_DIGEST, acceptLoss: true as const };
      return ledger.submit('InstanceContract:Recover', [content]);
    }
  }
}

/** The ledger shows exactly what the reference says. */
export function expectSame({ instance, migrations, nodes }: View, reference: Reference): void {
  expect(nodes.filter(({ state }) => state === 'SUSPENDED').map(({ nodeId }) => nodeId)).toEqual(
    Object.keys(reference.nodes).filter((id) => reference.nodes[id]!.suspended),
  );
  const wanted = reference.instance;
  if (wanted === null || wanted.removed) expect(instance).toBeNull();
  else {
    expect(instance).toMatchObject({
      ownerNodeId: wanted.owner,
      epoch: wanted.epoch,
      openMigrationId: wanted.open,
      tokenSha256: digest(wanted.token),
    });
  }
  const states = migrations.map((m) => [m.migrationId, m.state, m.sourceNodeId, m.destinationNodeId]);
  const expected = Object.entries(reference.migrations).map(([id, m]) => [id, m.state, m.source, m.to]);
  expect(states).toEqual(expected.sort());
}

/** What must hold from one view to the next, whatever happened between. */
export function expectLawful(before: View, after: View): void {
  expectLawfulInstance(before.instance, after.instance);
  for (const migration of after.migrations) {
    const earlier = before.migrations.find(({ migrationId }) => migrationId === migration.migrationId);
    if (earlier !== undefined && isTerminal(earlier.state)) expect(migration).toEqual(earlier);
  }
  const open = after.migrations.filter(({ state }) => !isTerminal(state)).map(({ migrationId }) => migrationId);
  expect(open).toEqual([after.instance?.openMigrationId ?? null].filter((id) => id !== null));
  const handedOver = after.migrations.filter((m) => m.handedOverAtMs !== null).map(({ epoch }) => epoch);
  expect(new Set(handedOver).size).toBe(handedOver.length);
}

function expectLawfulInstance(before: InstanceRecord | null, after: InstanceRecord | null): void {
  if (before === null || after === null) return;
  const moved = after.ownerNodeId !== before.ownerNodeId;
  const begun = moved || (after.epoch !== before.epoch && after.recoveredFrom !== null);
  expect(after.epoch - before.epoch).toBe(begun ? 1 : 0);
}

/** All peers have the same state. */
export function expectAgreement({ channel }: Bench): void {
  const [first, ...others] = ['Edge1MSP', 'Edge2MSP', 'Edge3MSP'].map((id) => channel.peer(id).store.dump());
  for (const other of others) expect(other).toEqual(first);
}
