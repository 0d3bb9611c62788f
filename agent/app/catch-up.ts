import type { InstanceRecord, ServiceRecord } from '../../chaincode/src/model';
import { isShared } from '../domain/container';
import type { Ledger } from '../ports/ledger';
import type { AgentContext } from './context';
import type { Evaluator } from './evaluator';
import type { InstanceJournal } from './instance-journal';
import type { Lanes } from './lanes';
import type { LedgerCache } from './ledger-cache';
import type { LedgerMemory } from './ledger-memory';
import type { Promises } from './promises';
import type { SharedContainers } from './shared-containers';
import type { SpecLibrary } from './spec-library';
import type { TokenKeeper } from './token-keeper';

export interface CatchUpParts {
  readonly context: AgentContext;
  readonly cache: LedgerCache;
  readonly journal: InstanceJournal;
  readonly lanes: Lanes;
  readonly promises: Promises;
  readonly shared: SharedContainers;
  readonly specs: SpecLibrary;
  readonly tokens: TokenKeeper;
  readonly memory: LedgerMemory;
  readonly evaluator: Evaluator;
}

const PAGE_SIZE = 200;

/** @throws BlosmError of the ledger */
export async function allServices(ledger: Ledger): Promise<ServiceRecord[]> {
  const services: ServiceRecord[] = [];
  let bookmark = '';
  do {
    const page = await ledger.query('ServiceContract:List', [{ pageSize: PAGE_SIZE, bookmark }]);
    services.push(...page.items);
    bookmark = page.bookmark;
  } while (bookmark !== '');
  return services;
}

/**
 * After a start: look at what is known to be here, which may be served without the ledger; see the newest block, then
 * look after every instance that is or was here.
 * @param onFresh called once the own peer has caught up and the users of shared containers are known
 * @throws BlosmError of the ledger or the engine: it is begun anew then
 */
export async function catchUp(parts: CatchUpParts, onFresh: () => void, signal: AbortSignal): Promise<void> {
  const { context, cache, journal, lanes, shared, tokens, memory, evaluator } = parts;
  const { ledger, engine } = context;
  for (const instanceId of memory.instanceIds()) lanes.ensure(instanceId);
  const containers = await engine.listContainers(ledger.nodeId, { signal });
  const held = containers.filter((c) => !isShared(c)).map((c) => c.instanceId);
  for (const instanceId of [...held, ...journal.unfinished()]) lanes.ensure(instanceId);
  await cache.nodes();
  await ledger.freshView({ signal });
  const instances = await ownInstances(parts);
  await adoptShared(parts, instances);
  memory.caughtUp(instances);
  onFresh();
  const picked = journal.orders().map(({ order }) => order.instanceId);
  const own = [...instances.map(({ instanceId }) => instanceId), ...picked];
  for (const instanceId of own) lanes.ensure(instanceId);
  await tokens.keepOnly(new Set([...own, ...journal.unfinished()]));
  for (const lane of lanes.all()) lane.wake();
  // First: others wait for it with a decision.
  await evaluator.catchUp();
  await shared.sweep(signal);
  await learnSpecs(parts);
}

/** Enters whom the ledger and the journal name as users of shared containers; from then on one may be removed. */
async function adoptShared(
  { cache, journal, promises, shared }: CatchUpParts,
  instances: readonly InstanceRecord[],
): Promise<void> {
  const orders = journal.orders();
  const picked = orders.map(({ order }) => order);
  for (const { instanceId, serviceId } of [...instances, ...picked]) {
    const service = await cache.service(serviceId);
    if (service?.tenancy === 'shared') shared.adopt(instanceId, serviceId);
  }
  for (const { migrationId, order } of orders) {
    const service = await cache.service(order.serviceId);
    if (service?.tenancy === 'shared') promises.pick(migrationId, order.need, order.serviceId);
  }
  shared.allAreKnown();
}

/** Of the services that were registered while this agent was away; those of removed ones go. */
async function learnSpecs({ context, specs }: CatchUpParts): Promise<void> {
  for (const service of await specs.keepOnlyNamed(() => allServices(context.ledger))) {
    await specs.learn(service, context.settings.applicationTypes);
  }
}

async function ownInstances({ context }: CatchUpParts): Promise<InstanceRecord[]> {
  const { ledger } = context;
  const own: InstanceRecord[] = [];
  let bookmark = '';
  do {
    const page = await ledger.query('InstanceContract:List', [{ pageSize: PAGE_SIZE, bookmark }]);
    own.push(...page.items.filter((i) => i.ownerNodeId === ledger.nodeId));
    bookmark = page.bookmark;
  } while (bookmark !== '');
  return own;
}
