import type { RunSpec, ServiceRecord } from '../../chaincode/src/model';
import { BlosmError } from '../../chaincode/src/model';
import type { Log } from '../ports/log';
import type { Peers } from '../ports/peers';
import type { Store } from '../ports/journal';
import { digestOf } from './hashing';

/** Run specs by their hash: registered here, or received agent to agent and checked against the ledger's hash. */
export class SpecLibrary {
  private specs = new Map<string, RunSpec>();
  /** Of services that were registered here and not seen on the ledger since: nobody else may have them. */
  private readonly registering = new Set<string>();

  constructor(
    private readonly me: string,
    private readonly peers: Peers,
    private readonly store: Store<Record<string, RunSpec>>,
    private readonly log: Log,
  ) {}

  async load(): Promise<void> {
    this.specs = new Map(Object.entries((await this.store.load()) ?? {}));
  }

  async keep(spec: RunSpec): Promise<void> {
    this.specs.set(digestOf(spec), spec);
    await this.store.save(Object.fromEntries(this.specs));
  }

  /** As {@link keep}, before the service is written to the ledger. Whether that comes late nobody knows. */
  keepToRegister(spec: RunSpec): Promise<void> {
    this.registering.add(digestOf(spec));
    return this.keep(spec);
  }

  /**
   * Lets go of what no service names any more: a spec may hold secrets.
   * @param read reads all services; what is kept meanwhile stays
   * @throws BlosmError of the ledger, BLOSM_E_JOURNAL
   */
  async keepOnlyNamed(read: () => Promise<readonly ServiceRecord[]>): Promise<readonly ServiceRecord[]> {
    const known = [...this.specs.keys()].filter((sha256) => !this.registering.has(sha256));
    const services = await read();
    const named = new Set(services.map(({ specSha256 }) => specSha256));
    const gone = known.filter((sha256) => !named.has(sha256) && !this.registering.has(sha256));
    for (const sha256 of named) this.registering.delete(sha256);
    for (const sha256 of gone) this.specs.delete(sha256);
    if (gone.length > 0) await this.store.save(Object.fromEntries(this.specs));
    return services;
  }

  bySha256(specSha256: string): RunSpec | undefined {
    return this.specs.get(specSha256);
  }

  /**
   * The spec of a service: from memory, else from the given nodes in their order.
   * @throws BlosmError BLOSM_E_PEER_UNREACHABLE when nobody gave the right one
   */
  async specOf(service: ServiceRecord, nodeIds: readonly string[]): Promise<RunSpec> {
    const known = this.specs.get(service.specSha256);
    if (known !== undefined) return known;
    for (const nodeId of new Set([service.registeredBy, ...nodeIds])) {
      const spec = nodeId === this.me ? undefined : await this.ask(nodeId, service);
      if (spec !== undefined) return spec;
    }
    throw new BlosmError('BLOSM_E_PEER_UNREACHABLE', `no cluster gave the run spec of ${service.serviceId}`, {
      stage: 'run-spec',
    });
  }

  /** Fetches the spec of a service that this cluster may have to run one day. Never throws: it is asked for again. */
  async learn(service: ServiceRecord, applicationTypes: readonly string[]): Promise<void> {
    if (applicationTypes.includes(service.applicationType)) await this.specOf(service, []).catch(() => undefined);
  }

  private async ask(nodeId: string, service: ServiceRecord): Promise<RunSpec | undefined> {
    const { serviceId, specSha256 } = service;
    try {
      const spec = await this.peers.runSpec(nodeId, serviceId);
      if (digestOf(spec) === specSha256) {
        await this.keep(spec);
        return spec;
      }
      this.log.warn({ nodeId, serviceId }, 'the run spec that came is not the one on the ledger');
    } catch (error) {
      this.log.debug({ nodeId, serviceId, error: String(error) }, 'no run spec from this node');
    }
    return undefined;
  }
}
