import type { Agent } from '../../agent/app/agent';
import type { InstanceRecord, MigrationRecord } from '../../chaincode/src/model';
import type { FakeChannel } from '../fakes/channel';
import type { FakeContainer } from '../fakes/engine';
import type { FakeLedger } from '../fakes/ledger';
import type { FakePeerNetwork } from '../fakes/peers';
import type { FakeRegistry } from '../fakes/registry';
import type { VirtualClock } from '../fakes/virtual-clock';
import { WorldDevices, type Acknowledgement, type Answer, type DeviceRequest } from './world-devices';
import type { WorldNode } from './world-node';

/** Several clusters with their agents on one channel in memory, in simulated time. */
export class World {
  private readonly devices: WorldDevices;
  private readonly ends = new AbortController();

  constructor(
    readonly clock: VirtualClock,
    readonly channel: FakeChannel,
    readonly registry: FakeRegistry,
    readonly network: FakePeerNetwork,
    readonly nodes: ReadonlyMap<string, WorldNode>,
  ) {
    this.devices = new WorldDevices(clock, nodes);
  }

  /** Every write that a container acknowledged, in order. */
  get acknowledged(): readonly Acknowledgement[] {
    return this.devices.acknowledged;
  }

  /** Writes that happened and were not acknowledged, because the agent between died. */
  get unheard(): number {
    return this.devices.unheard;
  }

  node(number: number): WorldNode {
    const found = this.nodes.get(nodeIdOf(number));
    if (found === undefined) throw new Error(`no node ${number}`);
    return found;
  }

  agent(number: number): Agent {
    return this.node(number).agent;
  }

  crash(number: number): void {
    this.node(number).crash();
  }

  restart(number: number): Promise<void> {
    return this.clock.runUntil(this.node(number).start());
  }

  /** Asks the number-th cluster's gateway, as a device does; moves time on until there is an answer. */
  request(number: number, request: DeviceRequest = {}): Promise<Answer> {
    return this.clock.runUntil(this.send(number, request));
  }

  /** As {@link request}, while somebody else moves the time. */
  send(number: number, request: DeviceRequest = {}): Promise<Answer> {
    return this.devices.ask(request, { nodeId: nodeIdOf(number), from: null, path: [] });
  }

  /** Writes every `everyMs` at these clusters in turn until the world ends, whatever happens. */
  startTraffic(numbers: readonly number[], request: DeviceRequest, everyMs: number): Answer[] {
    const answers: Answer[] = [];
    const loop = async (): Promise<void> => {
      for (let turn = 0; !this.ends.signal.aborted; turn += 1) {
        const number = numbers[turn % numbers.length] ?? 1;
        void this.send(number, request).then((answer) => answers.push(answer));
        await this.clock.sleep(everyMs, this.ends.signal);
      }
    };
    void loop().catch(() => undefined);
    return answers;
  }

  /** Moves time on until the condition holds. */
  async until(what: string, holds: () => boolean | Promise<boolean>, limitMs = 300_000): Promise<void> {
    const endMs = this.clock.nowMs() + limitMs;
    while (!(await holds())) {
      if (this.clock.nowMs() >= endMs) throw new Error(`not in ${limitMs} ms of simulated time: ${what}`);
      await this.clock.advance(50);
    }
  }

  /** The record as the most advanced peer has it. */
  instance(instanceId: string): Promise<InstanceRecord> {
    return this.newestLedger().query('InstanceContract:Get', [instanceId]);
  }

  async migrations(): Promise<MigrationRecord[]> {
    const page = await this.newestLedger().query('MigrationContract:List', [{ pageSize: 100, bookmark: '' }]);
    return page.items;
  }

  async instances(): Promise<InstanceRecord[]> {
    const page = await this.newestLedger().query('InstanceContract:List', [{ pageSize: 100, bookmark: '' }]);
    return page.items;
  }

  /** Numbers of the clusters on which a container of the instance runs. */
  runningOn(instanceId: string): number[] {
    return this.clustersWith((c) => c.order.instanceId === instanceId && c.state === 'running');
  }

  /** Numbers of the clusters that hold a container of the instance, running or not. */
  containersOn(instanceId: string): number[] {
    return this.clustersWith((c) => c.order.instanceId === instanceId);
  }

  /** The shared containers of a service on the number-th cluster. */
  sharedOn(number: number, serviceId: string): FakeContainer[] {
    const all = [...this.node(number).engine.containers.values()];
    return all.filter(({ order }) => order.serviceId === serviceId && order.instanceId === '');
  }

  counts(instanceId: string): number[] {
    return this.acknowledged.filter((a) => a.instanceId === instanceId).map((a) => a.count);
  }

  async end(): Promise<void> {
    this.ends.abort();
    for (const node of this.nodes.values()) node.crash();
    await Promise.resolve();
  }

  private clustersWith(test: (container: { order: { instanceId: string }; state: string }) => boolean): number[] {
    return [...this.nodes.values()].flatMap((node, place) =>
      [...node.engine.containers.values()].some(test) ? [place + 1] : [],
    );
  }

  private newestLedger(): FakeLedger {
    const up = [...this.nodes.values()].filter((node) => !this.channel.peer(node.nodeId).down);
    const height = (node: WorldNode): number => this.channel.peer(node.nodeId).height;
    const newest = up.sort((a, b) => height(b) - height(a))[0];
    if (newest === undefined) throw new Error('no peer is up');
    return newest.ledger;
  }
}

export const nodeIdOf = (number: number): string => `Edge${number}MSP`;
