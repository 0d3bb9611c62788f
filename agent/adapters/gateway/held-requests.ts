import type { RequestFacts, RouteDecision, Router } from '../../ports/traffic';

const TOO_MANY: RouteDecision = {
  kind: 'refuse',
  status: 503,
  code: 'BLOSM_E_NO_ROOM',
  reason: 'too many requests wait for their instances already',
  retryAfterSeconds: 1,
};

/**
 * Bounds how many requests wait for the Router's decision. Their bodies wait at the devices meanwhile: nothing of them
 * is read, so the number bounds the memory too.
 */
export class HeldRequests implements Pick<Router, 'decide'> {
  private held = 0;

  constructor(
    private readonly router: Pick<Router, 'decide'>,
    private readonly max: number,
  ) {}

  async decide(facts: RequestFacts, signal: AbortSignal): Promise<RouteDecision> {
    if (this.held >= this.max) return TOO_MANY;
    this.held += 1;
    try {
      return await this.router.decide(facts, signal);
    } finally {
      this.held -= 1;
    }
  }
}
