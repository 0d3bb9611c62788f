import type { InstanceCreation, ServiceRecord } from '../../chaincode/src/model';
import { hasCode } from '../../chaincode/src/model';
import { formatToken } from '../domain/token';
import type { AgentContext } from './context';
import { sha256Of } from './hashing';
import type { InstanceJournal } from './instance-journal';
import type { Lane } from './lane';
import type { LedgerCache } from './ledger-cache';
import { deviceHash } from './log-ids';
import type { Lanes } from './lanes';
import { sharedBy, type Promises } from './promises';

/** A new instance with the token that its device gets. */
export interface Creation {
  readonly lane: Lane;
  readonly token: string;
}

interface UnderWay {
  readonly creation: Promise<Creation>;
  /** Null until it is created. */
  instanceId: string | null;
}

/** PodAllocation and ContainerCreation (Algorithm 3, lines 16-17): on the ledger first, then in the engine. */
export class InstanceCreator {
  /** First requests of one device get one instance, until one of them has been answered. */
  private readonly underWay = new Map<string, UnderWay>();

  constructor(
    private readonly context: AgentContext,
    private readonly cache: LedgerCache,
    private readonly journal: InstanceJournal,
    private readonly promises: Promises,
    private readonly lanes: Lanes,
  ) {}

  /** @throws BlosmError of the ledger, BLOSM_E_JOURNAL */
  create(service: ServiceRecord, deviceId: string): Promise<Creation> {
    if (deviceId === '') return this.createNow(service, deviceId);
    const key = `${service.serviceId} ${deviceId}`;
    const begun = this.underWay.get(key);
    if (begun !== undefined) return begun.creation;
    const creation = this.createNow(service, deviceId);
    const entry: UnderWay = { creation, instanceId: null };
    this.underWay.set(key, entry);
    creation.then(
      ({ lane }) => (entry.instanceId = lane.instanceId),
      () => this.underWay.delete(key),
    );
    return creation;
  }

  /** The instance is on the ledger no more: its device, which may never have asked again, gets another one. */
  removed(instanceId: string): void {
    for (const [key, entry] of this.underWay) if (entry.instanceId === instanceId) this.underWay.delete(key);
  }

  /**
   * A first request has come to its end. Refused (its image takes longer to arrive than a request may wait), a device
   * with an id finds its instance when it asks again; without one nobody can ever name it, so it is removed.
   */
  async answered(serviceId: string, deviceId: string, creation: Promise<Creation>, isServed: boolean): Promise<void> {
    const key = `${serviceId} ${deviceId}`;
    const forget = (): void => {
      if (this.underWay.get(key)?.creation === creation) this.underWay.delete(key);
    };
    if (isServed) {
      forget();
      return;
    }
    const created = await creation;
    if (deviceId === '') await this.discard(created.lane.instanceId);
    else if (created.lane.mode?.kind === 'gone') forget();
  }

  /** True when a first request of this device is being answered already: it needs no more room. */
  isUnderWay(serviceId: string, deviceId: string): boolean {
    return deviceId !== '' && this.underWay.has(`${serviceId} ${deviceId}`);
  }

  private async createNow(service: ServiceRecord, deviceId: string): Promise<Creation> {
    const { random, log } = this.context;
    const instanceId = random.id('inst');
    const secret = random.secret();
    this.promises.beginCreation(instanceId, service.need, sharedBy(service));
    try {
      // Before anything else knows of it: whoever finds it on the ledger later can tell a beginning from a loss.
      await this.journal.appendFact(instanceId, '', 'creation', { epoch: 1 });
      const creation = { instanceId, serviceId: service.serviceId, tokenSha256: sha256Of(secret) };
      const { transactionId } = await this.submit(creation);
      const device = deviceId === '' ? {} : { deviceHash: deviceHash(deviceId) };
      log.info({ serviceId: service.serviceId, instanceId, ...device, transactionId }, 'created for a device');
      // It is there all the same: whoever needs it reads it again.
      await this.cache.readInstance(instanceId).catch(() => undefined);
    } catch (error) {
      this.promises.endCreation(instanceId);
      throw error;
    }
    return { lane: this.lanes.ensure(instanceId), token: formatToken({ instanceId, secret }) };
  }

  /** What may be committed after it was given up is removed then: nobody will ever have its token. */
  private async submit(creation: InstanceCreation): Promise<{ readonly transactionId: string }> {
    const submit = (): Promise<{ readonly transactionId: string }> =>
      this.context.ledger.submit('InstanceContract:Create', [creation]);
    try {
      return await submit();
    } catch (error) {
      if (!hasCode(error, 'BLOSM_E_OUTCOME_UNKNOWN', 'BLOSM_E_TIMEOUT')) throw error;
    }
    try {
      // The same again is harmless.
      return await submit();
    } catch (error) {
      await this.abandon(creation.instanceId);
      throw error;
    }
  }

  private async discard(instanceId: string): Promise<void> {
    const { ledger, log } = this.context;
    try {
      await ledger.submit('InstanceContract:Remove', [{ instanceId, epoch: 1 }]);
      this.promises.endCreation(instanceId);
      log.info({ instanceId }, 'removed: its device has never got a token');
    } catch (error) {
      log.warn({ instanceId, error: String(error) }, 'an instance without a device cannot be removed now');
      await this.abandon(instanceId);
    }
  }

  /** Decides on the disk that it is removed as soon as the ledger shows it: its lane does that. Never throws. */
  private async abandon(instanceId: string): Promise<void> {
    try {
      await this.journal.appendFact(instanceId, '', 'retire', { cause: 'idle', epoch: 1 });
      this.lanes.ensure(instanceId);
    } catch (error) {
      this.context.log.warn({ instanceId, error: String(error) }, 'an instance that nobody can name may stay');
    }
  }
}
