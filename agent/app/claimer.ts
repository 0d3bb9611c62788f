import type { InstanceRecord } from '../../chaincode/src/model';
import { needHere, shortages } from '../domain/capacity';
import type { AgentContext } from './context';
import type { LedgerCache } from './ledger-cache';
import type { SystemObserver } from './observe-system';
import { sharedBy, type Promises } from './promises';
import type { ServiceJudge } from './service-judge';

export interface ClaimerParts {
  readonly context: AgentContext;
  readonly cache: LedgerCache;
  readonly system: SystemObserver;
  readonly promises: Promises;
  readonly judge: ServiceJudge;
}

/** Takes stateless instances over whose owner is suspended, when a request for one comes here. */
export class Claimer {
  private readonly underWay = new Map<string, Promise<InstanceRecord | null>>();

  constructor(private readonly parts: ClaimerParts) {}

  /** The instance as this node's own; null: it stays with its owner. Never throws. */
  claim(instance: InstanceRecord): Promise<InstanceRecord | null> {
    const { instanceId } = instance;
    const begun = this.underWay.get(instanceId);
    if (begun !== undefined) return begun;
    const claim = this.claimNow(instance)
      .catch((error: unknown) => {
        this.parts.context.log.info({ instanceId, reason: String(error) }, 'not claimed');
        return null;
      })
      .finally(() => this.underWay.delete(instanceId));
    this.underWay.set(instanceId, claim);
    return claim;
  }

  private async claimNow(instance: InstanceRecord): Promise<InstanceRecord | null> {
    const { context, cache, promises, judge } = this.parts;
    const { instanceId, epoch, serviceId, ownerNodeId } = instance;
    const owner = (await cache.nodes()).find(({ nodeId }) => nodeId === ownerNodeId);
    const service = await cache.service(serviceId);
    if (owner?.state !== 'SUSPENDED' || service?.state !== 'none') return null;
    const word = await judge.ownWord(service);
    const fits = await promises.exclusive(async () => {
      const seen = await this.parts.system.observe();
      const short = shortages(needHere(service, seen.sharedHere), seen.remaining);
      const isFit = short.length === 0 && judge.unfit(service, word, seen).length === 0;
      if (isFit) promises.beginCreation(instanceId, service.need, sharedBy(service));
      return isFit;
    });
    if (!fits) return null;
    try {
      const { transactionId } = await context.ledger.submit('InstanceContract:Claim', [{ instanceId, epoch }]);
      context.log.warn({ serviceId, instanceId, transactionId, from: ownerNodeId }, 'claimed from a suspended owner');
      return await cache.readInstance(instanceId);
    } catch (error) {
      promises.endCreation(instanceId);
      throw error;
    }
  }
}
