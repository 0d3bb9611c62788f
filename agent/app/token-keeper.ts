import type { InstanceRecord, MigrationRecord } from '../../chaincode/src/model';
import { hasCode } from '../../chaincode/src/model';
import { formatToken, judgeToken, type Token, type TokenMatch, type TokenRecord } from '../domain/token';
import type { Store } from '../ports/journal';
import type { TokenFacts } from '../ports/peers';
import { holdMsOf, type AgentContext } from './context';
import { digestsEqual, sha256Of } from './hashing';

/** How long the source may take to say whether the device has its last token, in milliseconds. */
const ASK_TIMEOUT_MS = 3000;

/** What a device's token is worth. */
export type TokenHeld =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'retired' }
  /** `newToken`: what the device is to use from now on; null: it keeps its own. */
  | { readonly kind: 'holds'; readonly newToken: string | null };

/**
 * The secrets that this node has made for devices and not yet seen in use. They are in a file of their own, not in
 * the journal: what an operator sends away to be helped holds no secret.
 */
export class TokenKeeper {
  private records = new Map<string, TokenRecord>();

  constructor(
    private readonly context: AgentContext,
    private readonly store: Store<Record<string, TokenRecord>>,
  ) {}

  async load(): Promise<void> {
    this.records = new Map(Object.entries((await this.store.load()) ?? {}));
  }

  /** Compares in constant time. The owner notes the first use of a new token; elsewhere both hold. */
  judge(instance: InstanceRecord, { secret }: Token): TokenHeld {
    const { clock, settings } = this.context;
    const record = this.recordOf(instance);
    const verdict = judgeToken({
      match: matchOf(instance, sha256Of(secret)),
      isRenewed: instance.previousTokenSha256 !== null,
      record,
      nowMs: clock.nowMs(),
      graceMs: holdMsOf(settings, instance.serviceId),
    });
    if (verdict.kind !== 'holds') return verdict;
    if (verdict.isFirstUse) this.noteFirstUse(instance, record);
    const { instanceId } = instance;
    return { kind: 'holds', newToken: verdict.offer && formatToken({ instanceId, secret: verdict.offer }) };
  }

  /**
   * What Complete says of the token: a new secret's hash, on the disk before anybody can see it; null: the disk has no
   * room for a secret, or the device may still hold either of the two that the ledger knows, a third would lock it out.
   * @throws BlosmError BLOSM_E_CANCELLED
   */
  async completionOf(
    migration: MigrationRecord,
    instance: InstanceRecord,
    signal: AbortSignal,
  ): Promise<string | null> {
    const { instanceId } = instance;
    const { migrationId } = migration;
    const decided = this.records.get(instanceId)?.completion;
    if (decided?.migrationId === migrationId) return decided.tokenSha256;
    const { taken, secret: left } = await this.factsBefore(migration, instance, signal);
    const same = { tokenSha256: instance.tokenSha256, secret: left, takenAtMs: null };
    const unchanged = { ...same, completion: { migrationId, tokenSha256: null } };
    if (taken) {
      const secret = this.context.random.secret();
      const tokenSha256 = sha256Of(secret);
      const renewed = { tokenSha256, secret, takenAtMs: null, completion: { migrationId, tokenSha256 } };
      if (await this.isKept(instanceId, renewed)) return tokenSha256;
    }
    await this.isKept(instanceId, unchanged);
    return null;
  }

  /** Known from now on in any case, so that the same run says the same again; false: a restart would not know it. */
  private async isKept(instanceId: string, record: TokenRecord): Promise<boolean> {
    try {
      await this.keep(instanceId, record);
      return true;
    } catch (error) {
      if (!hasCode(error, 'BLOSM_E_JOURNAL')) throw error;
      this.context.log.warn({ instanceId, error: String(error) }, 'what a token has become cannot be kept');
      return false;
    }
  }

  /** For the next owner: whether the device uses the present token, and the secret if it was never seen. */
  factsOf(instance: InstanceRecord): TokenFacts {
    const record = this.records.get(instance.instanceId);
    const isPresent = record?.tokenSha256 === instance.tokenSha256;
    const taken = instance.previousTokenSha256 === null || (isPresent && record.takenAtMs !== null);
    return { taken, secret: taken || !isPresent ? null : record.secret };
  }

  /** Drops what is known of other instances. */
  async keepOnly(instanceIds: ReadonlySet<string>): Promise<void> {
    const gone = [...this.records.keys()].filter((instanceId) => !instanceIds.has(instanceId));
    for (const instanceId of gone) this.records.delete(instanceId);
    if (gone.length > 0) await this.store.save(Object.fromEntries(this.records));
  }

  /** Nothing of the instance is here any more. What then stays on the disk goes with the next start. */
  drop(instanceId: string): void {
    if (!this.records.delete(instanceId)) return;
    this.store.save(Object.fromEntries(this.records)).catch((error: unknown) => {
      this.context.log.debug({ instanceId, error: String(error) }, 'its token record stays on the disk');
    });
  }

  /** Of the present hash, and only where this node is the one that devices are served by. */
  private recordOf({ instanceId, tokenSha256, ownerNodeId }: InstanceRecord): TokenRecord | undefined {
    const record = this.records.get(instanceId);
    const isOwn = ownerNodeId === this.context.ledger.nodeId;
    return isOwn && record?.tokenSha256 === tokenSha256 ? record : undefined;
  }

  private noteFirstUse(instance: InstanceRecord, record: TokenRecord | undefined): void {
    const { clock, ledger, log } = this.context;
    const { instanceId, tokenSha256, ownerNodeId, openMigrationId } = instance;
    const renewing = record === undefined ? this.records.get(instanceId)?.completion?.migrationId : undefined;
    // The next renewal is on its way already: what it has made must not be written over.
    if (ownerNodeId !== ledger.nodeId || (renewing !== undefined && renewing === openMigrationId)) return;
    const taken = { tokenSha256, secret: null, takenAtMs: clock.nowMs(), completion: record?.completion ?? null };
    // Not waited for: should it get lost, the old token holds until the new one is used again.
    this.keep(instanceId, taken).catch((error: unknown) => {
      log.warn({ instanceId, error: String(error) }, 'the first use of a new token cannot be kept');
    });
  }

  private async factsBefore(
    { migrationId, sourceNodeId }: MigrationRecord,
    instance: InstanceRecord,
    signal: AbortSignal,
  ): Promise<TokenFacts> {
    const { peers, log } = this.context;
    const own = this.factsOf(instance);
    if (own.taken) return own;
    try {
      const facts = await peers.token(sourceNodeId, migrationId, { timeoutMs: ASK_TIMEOUT_MS, signal });
      const isIt = facts.secret !== null && digestsEqual(sha256Of(facts.secret), instance.tokenSha256);
      return { taken: facts.taken, secret: isIt ? facts.secret : null };
    } catch (error) {
      if (hasCode(error, 'BLOSM_E_CANCELLED')) throw error;
      log.info({ migrationId, error: String(error) }, 'the token is not renewed: its last use is not known');
      return { taken: false, secret: null };
    }
  }

  private keep(instanceId: string, record: TokenRecord): Promise<void> {
    this.records.set(instanceId, record);
    return this.store.save(Object.fromEntries(this.records));
  }
}

function matchOf({ tokenSha256, previousTokenSha256 }: InstanceRecord, digest: string): TokenMatch {
  if (digestsEqual(digest, tokenSha256)) return 'present';
  return previousTokenSha256 !== null && digestsEqual(digest, previousTokenSha256) ? 'previous' : 'none';
}
