import type { Evaluation, InstanceRecord, Position, ServiceRecord } from '../../../chaincode/src/model';
import { BlosmError } from '../../../chaincode/src/model';
import { describeDecision, describeFirstRequest, explainPlaces, type Place } from '../../domain/explain-placement';
import { reasonToStay } from '../../domain/stay';
import type { CallOptions } from '../../ports/call';
import type { PlacementControl, PlacementRequest, PlacementView } from '../../ports/control';
import type { Agent } from '../agent';
import { orNull } from '../ledger-cache';
import { nameIn } from './views';

/** Where the device is, as far as this cluster knows, or as the operator says. */
interface Whereabouts {
  readonly position: Position | null;
  readonly positionFrom: PlacementView['positionFrom'];
  readonly positionAgeMs: number | null;
}

/** Says where something would go now, and why. */
export class AgentPlacementControl implements PlacementControl {
  constructor(private readonly agent: Agent) {}

  async explain(id: string, { at }: PlacementRequest, options: CallOptions = {}): Promise<PlacementView> {
    const { ledger } = this.agent.context;
    const instance = await orNull(ledger.query('InstanceContract:Get', [id], options));
    const service = await this.agent.cache.service(instance?.serviceId ?? id);
    if (service === null) {
      throw new BlosmError('BLOSM_E_NOT_FOUND', `${id} is neither an instance nor a service`, { stage: 'query' });
    }
    const where = this.whereabouts(instance, at ?? null);
    const places = await this.places(service, instance, where.position);
    const { positionFrom, positionAgeMs } = where;
    const about = { serviceId: service.serviceId, positionFrom, positionAgeMs };
    if (instance === null) {
      const decision = describeFirstRequest(places);
      return { ...about, instanceId: null, ownerName: null, decision, places: places.map((one) => placeView(one, [])) };
    }
    const evaluations = await this.evaluations(instance, options);
    return {
      ...about,
      instanceId: instance.instanceId,
      ownerName: nameIn(this.agent.cache.nodesNow(), instance.ownerNodeId),
      decision: describeDecision(places, this.whyItStays(instance, where)),
      places: places.map((place) => placeView(place, evaluations)),
    };
  }

  private whereabouts(instance: InstanceRecord | null, given: Position | null): Whereabouts {
    if (given !== null) return { position: given, positionFrom: 'given', positionAgeMs: null };
    const coverage = instance === null ? undefined : this.agent.lanes.get(instance.instanceId)?.coverage;
    if (coverage === undefined) return { position: null, positionFrom: 'unknown', positionAgeMs: null };
    const positionAgeMs = this.agent.context.clock.nowMs() - coverage.atMs;
    return { position: coverage.position, positionFrom: 'device', positionAgeMs };
  }

  private async places(
    service: ServiceRecord,
    instance: InstanceRecord | null,
    position: Position | null,
  ): Promise<Place[]> {
    const nodes = await this.agent.cache.nodes();
    const answers = await Promise.all(
      nodes.map(async ({ nodeId }) => [nodeId, await this.shortOf(nodeId, service)] as const),
    );
    const own = nodes.find(({ nodeId }) => nodeId === this.agent.context.ledger.nodeId);
    return explainPlaces({
      nodes,
      ownerNodeId: instance?.ownerNodeId ?? null,
      // A first request without a position goes by the place of the cluster that it reaches.
      position: position ?? (instance === null ? (own?.site ?? null) : null),
      rooms: new Map(answers),
    });
  }

  /** Why the cluster has no room; empty: it has. */
  private async shortOf(nodeId: string, service: ServiceRecord): Promise<string> {
    const { context, peerHandlers, rooms } = this.agent;
    if (nodeId !== context.ledger.nodeId) return (await rooms.ask(nodeId, service)).reason;
    const { serviceId, need } = service;
    return peerHandlers.room(nodeId, { serviceId, need }).then(
      ({ reason }) => reason,
      (error: unknown) => `it cannot look at itself: ${String(error)}`,
    );
  }

  /** What keeps the instance where it is, whatever the other clusters say. */
  private whyItStays(
    { instanceId, ownerNodeId }: InstanceRecord,
    { positionFrom }: Whereabouts,
  ): { readonly reason: string } | null {
    const { context, lanes, departures } = this.agent;
    const { settings, clock, ledger } = context;
    const coverage = lanes.get(instanceId)?.coverage;
    if (ownerNodeId !== ledger.nodeId || positionFrom !== 'device' || coverage === undefined) return null;
    const { hysteresis, positionMs } = settings;
    const isHeld = departures.isHeldNow(instanceId);
    const reason = reasonToStay({ coverage, hysteresis, positionMs, isHeld, nowMs: clock.nowMs() });
    return reason === null ? null : { reason };
  }

  private async evaluations(instance: InstanceRecord, options: CallOptions): Promise<readonly Evaluation[]> {
    const { journal, context } = this.agent;
    const last = journal.factsOf(instance.instanceId).migrations.at(-1)?.migrationId;
    const migrationId = instance.openMigrationId ?? last;
    return migrationId === undefined ? [] : context.ledger.query('EvaluationContract:List', [migrationId], options);
  }
}

function placeView(place: Place, evaluations: readonly Evaluation[]): PlacementView['places'][number] {
  const { node, isOwner, distanceMeters, covers, eligible, reasons } = place;
  const { nodeId, name, state, cordoned } = node;
  const said = evaluations.find((evaluation) => evaluation.nodeId === nodeId);
  return {
    ...{ nodeId, name, isOwner, state, cordoned, distanceMeters, covers, eligible },
    reasons: [...reasons],
    lastEvaluation:
      said === undefined ? null : { verdict: said.verdict, reasons: [...said.reasons], atMs: said.evaluatedAtMs },
  };
}
