import type { InstanceRecord, Position } from '../../chaincode/src/model';
import { BlosmError } from '../../chaincode/src/model';
import { parseToken, type Token } from '../domain/token';
import type { PositionMessage } from '../ports/peers';
import type { AgentContext } from './context';
import type { LedgerCache } from './ledger-cache';

/** An instance's positions go to its owner no more often than this, in milliseconds: only the newest counts. */
const PAUSE_MS = 200;
/** Positions of so many instances may be on their way at once. */
const MAX_UNDER_WAY = 1000;

/** The instance that the token opens; null: it is nobody's. */
export type FindInstance = (token: Token) => Promise<InstanceRecord | null>;

/** Takes a position in at the instance's owner. */
export type Note = (instance: InstanceRecord, position: Position, elsewhere: boolean) => void;

/** Where devices are that send no data: told to the instance's owner, agent to agent, and never to the ledger. */
export class PositionRelay {
  /** The newest position that waits, by instance; null: none does. */
  private readonly waiting = new Map<string, PositionMessage | null>();

  constructor(
    private readonly context: AgentContext,
    private readonly cache: LedgerCache,
    private readonly find: FindInstance,
    private readonly note: Note,
  ) {}

  /**
   * From a device; false: the token is nobody's.
   * @throws BlosmError of the peers port when the owner's agent does not take it; BLOSM_E_NO_ROOM: too many at once
   */
  async report(token: string, position: Position): Promise<boolean> {
    const instance = await this.instanceOf(token);
    if (instance === null) return false;
    if (this.isOwn(instance)) this.note(instance, position, false);
    else await this.forward(instance, { token, position });
    return true;
  }

  /**
   * From another agent: never passed on again.
   * @throws BlosmError BLOSM_E_FORBIDDEN, BLOSM_E_NOT_OWNER
   */
  async take({ token, position }: PositionMessage): Promise<void> {
    const known = await this.instanceOf(token);
    if (known === null) throw new BlosmError('BLOSM_E_FORBIDDEN', 'the token is nobody’s', { stage: 'position' });
    // The caller's peer may be ahead of ours, or the other way round.
    const instance = this.isOwn(known) ? known : await this.cache.readInstance(known.instanceId);
    if (instance === null || !this.isOwn(instance)) {
      throw new BlosmError('BLOSM_E_NOT_OWNER', `${known.instanceId} is not here`, { stage: 'position' });
    }
    this.note(instance, position, true);
  }

  private async instanceOf(text: string): Promise<InstanceRecord | null> {
    const token = parseToken(text);
    return token === undefined ? null : this.find(token);
  }

  private isOwn({ ownerNodeId }: InstanceRecord): boolean {
    return ownerNodeId === this.context.ledger.nodeId;
  }

  private async forward({ instanceId }: InstanceRecord, message: PositionMessage): Promise<void> {
    if (this.waiting.has(instanceId)) {
      this.waiting.set(instanceId, message);
      return;
    }
    if (this.waiting.size >= MAX_UNDER_WAY) {
      throw new BlosmError('BLOSM_E_NO_ROOM', 'too many positions are on their way', { stage: 'position' });
    }
    this.waiting.set(instanceId, null);
    try {
      await this.send(instanceId, message);
    } finally {
      void this.sendLater(instanceId);
    }
  }

  private async sendLater(instanceId: string): Promise<void> {
    const { clock, log } = this.context;
    for (;;) {
      await clock.sleep(PAUSE_MS).catch(() => undefined);
      const message = this.waiting.get(instanceId) ?? null;
      if (message === null) break;
      this.waiting.set(instanceId, null);
      await this.send(instanceId, message).catch((error: unknown) => {
        log.debug({ instanceId, error: String(error) }, 'a position did not get to the owner');
      });
    }
    this.waiting.delete(instanceId);
  }

  /** To the owner; once more when it has changed meanwhile. */
  private async send(instanceId: string, message: PositionMessage): Promise<void> {
    const before = await this.cache.instance(instanceId);
    try {
      await this.sendTo(before, message);
    } catch (error) {
      const now = await this.cache.readInstance(instanceId);
      if (now === null || now.ownerNodeId === before?.ownerNodeId) throw error;
      await this.sendTo(now, message);
    }
  }

  private async sendTo(instance: InstanceRecord | null, message: PositionMessage): Promise<void> {
    if (instance === null) return;
    if (this.isOwn(instance)) this.note(instance, message.position, false);
    else await this.context.peers.position(instance.ownerNodeId, message);
  }
}
