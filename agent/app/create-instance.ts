import type { ServiceRecord } from '../../chaincode/src/model';
import { formatToken } from '../domain/token';
import type { AgentContext } from './context';
import { sha256Of } from './hashing';
import type { Lane } from './lane';
import type { LedgerCache } from './ledger-cache';
import type { Lanes } from './lanes';
import type { Promises } from './promises';

/** A new instance with the token that its device gets. */
export interface Creation {
  readonly lane: Lane;
  readonly token: string;
}

/** PodAllocation and ContainerCreation (Algorithm 3, lines 16-17): on the ledger first, then in the engine. */
export class InstanceCreator {
  /** Concurrent first requests of one device get one instance. */
  private readonly underWay = new Map<string, Promise<Creation>>();

  constructor(
    private readonly context: AgentContext,
    private readonly cache: LedgerCache,
    private readonly promises: Promises,
    private readonly lanes: Lanes,
  ) {}

  /** @throws BlosmError of the ledger */
  create(service: ServiceRecord, deviceId: string): Promise<Creation> {
    if (deviceId === '') return this.createNow(service);
    const key = `${service.serviceId} ${deviceId}`;
    const begun = this.underWay.get(key);
    if (begun !== undefined) return begun;
    const creation = this.createNow(service).finally(() => this.underWay.delete(key));
    this.underWay.set(key, creation);
    return creation;
  }

  /** True when a first request of this device is being answered already: it needs no more room. */
  isUnderWay(serviceId: string, deviceId: string): boolean {
    return deviceId !== '' && this.underWay.has(`${serviceId} ${deviceId}`);
  }

  private async createNow(service: ServiceRecord): Promise<Creation> {
    const { random, ledger } = this.context;
    const instanceId = random.id('inst');
    const secret = random.secret();
    this.promises.beginCreation(instanceId, service.need);
    try {
      const creation = { instanceId, serviceId: service.serviceId, tokenSha256: sha256Of(secret) };
      await ledger.submit('InstanceContract:Create', [creation]);
      await this.cache.readInstance(instanceId);
    } catch (error) {
      this.promises.endCreation(instanceId);
      throw error;
    }
    return { lane: this.lanes.ensure(instanceId), token: formatToken({ instanceId, secret }) };
  }
}
