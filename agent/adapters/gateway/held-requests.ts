import { BlosmError } from '../../../chaincode/src/model';
import type { RequestFacts, RouteDecision, Router } from '../../ports/traffic';

const TOO_MANY: Extract<RouteDecision, { kind: 'refuse' }> = {
  kind: 'refuse',
  status: 503,
  code: 'BLOSM_E_NO_ROOM',
  reason: 'too many requests wait for their instances already',
  retryAfterSeconds: 1,
};

/**
 * Bounds how many requests and positions wait for the Router. Their bodies wait at the devices meanwhile: nothing of them
 * is read, so the number bounds the memory too.
 */
export class HeldRequests implements Pick<Router, 'decide'> {
  private held = 0;

  constructor(
    private readonly router: Pick<Router, 'decide'>,
    private readonly max: number,
  ) {}

  decide(facts: RequestFacts, signal: AbortSignal): Promise<RouteDecision> {
    if (this.held >= this.max) return Promise.resolve(TOO_MANY);
    return this.counted(() => this.router.decide(facts, signal));
  }

  /**
   * What asks the ledger as a request does, without being one.
   * @throws BlosmError BLOSM_E_NO_ROOM: too many wait; what the work throws
   */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.held >= this.max) throw new BlosmError('BLOSM_E_NO_ROOM', TOO_MANY.reason, { stage: 'gateway' });
    return this.counted(work);
  }

  private async counted<Result>(work: () => Promise<Result>): Promise<Result> {
    this.held += 1;
    try {
      return await work();
    } finally {
      this.held -= 1;
    }
  }
}
