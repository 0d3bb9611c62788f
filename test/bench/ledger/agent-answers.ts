import { evaluate, type SystemFacts } from '../../../agent/domain/evaluation';
import type { Ledger } from '../../../agent/ports/ledger';
import type { ServiceRecord } from '../../../chaincode/src/model';

const OFFER_MS = 60_000;
const PLENTY = 2 ** 40;

/** A cluster with room for anything, as an agent would see it. */
const SYSTEM: SystemFacts = {
  remaining: { memoryBytes: PLENTY, cpuMillis: 1_000_000, gpuMillis: 0, diskBytes: PLENTY },
  applicationTypes: ['counter'],
  platform: { os: 'linux', architecture: 'amd64', variant: '' },
  runtimes: [],
  l4tRelease: '',
};

/**
 * Answers proposals with the reads and the submit of an agent's evaluator, by the agent's own connection: metadata,
 * earlier evaluations, the instance and (once) its service; Algorithm 2 with the strict policy; the submit up to the
 * own peer's commit. Left out is what is not the ledger: looking at the Docker Engine, and asking the source for the
 * run spec, which an agent keeps.
 */
export class AgentAnswers {
  readonly #services = new Map<string, ServiceRecord>();

  constructor(private readonly ledger: Ledger) {}

  async answer(migrationId: string): Promise<void> {
    const { ledger } = this;
    const [metadata, earlier] = await Promise.all([
      ledger.query('MetadataContract:Get', [migrationId]),
      ledger.query('EvaluationContract:List', [migrationId]),
    ]);
    if (metadata.instanceId === null || earlier.some(({ nodeId }) => nodeId === ledger.nodeId)) return;
    await this.#service((await ledger.query('InstanceContract:Get', [metadata.instanceId])).serviceId);
    const { checks, verdict, reasons } = evaluate(metadata.container, SYSTEM, 'strict', []);
    const offerExpiresAtMs = verdict ? Date.now() + OFFER_MS : null;
    await ledger.submit('EvaluationContract:Submit', [
      { metadataId: migrationId, policy: 'strict', checks, verdict, reasons: [...reasons], offerExpiresAtMs },
    ]);
  }

  async #service(serviceId: string): Promise<ServiceRecord> {
    const known = this.#services.get(serviceId) ?? (await this.ledger.query('ServiceContract:Get', [serviceId]));
    this.#services.set(serviceId, known);
    return known;
  }
}
