import { joinSignals } from '../../domain/join-signals';
import { choosePeers, findAgreement } from '../fabric-grpc';
import type { EndorsementPlan, PeerAnswer, ProposalResponse } from '../fabric-grpc';

/** What peers together say to a proposal. */
export type Gathered =
  | {
      readonly kind: 'endorsed';
      readonly responses: readonly ProposalResponse[];
      /** Who endorsed, by name. */
      readonly peers: readonly string[];
    }
  | {
      readonly kind: 'refused' | 'denied' | 'mismatch' | 'unreachable';
      readonly answers: ReadonlyMap<string, PeerAnswer>;
    };

export interface GatherRequest {
  readonly plan: EndorsementPlan;
  /** All peers of the plan, the preferred first. */
  readonly preference: readonly string[];
  /** After so many milliseconds without an answer another peer is asked as well. */
  readonly hedgeMs: number;
  ask(peer: string, signal: AbortSignal): Promise<PeerAnswer>;
  /** Told of a peer that failed, or that others overtook. */
  onDoubt(peer: string, reason: string): void;
  readonly signal: AbortSignal;
}

/**
 * Asks as few peers as the policy needs, and further ones as soon as an answer fails, differs or is late, until enough
 * agree: on one result, or on one refusal. So neither a dead peer nor one that lags holds a transaction up.
 */
export async function gatherEndorsements(request: GatherRequest): Promise<Gathered> {
  const round = new Round(request);
  try {
    return await round.run();
  } finally {
    round.stop();
  }
}

class Round {
  readonly #answers = new Map<string, PeerAnswer>();
  readonly #pending = new Set<string>();
  readonly #late = new Set<string>();
  readonly #ended = new AbortController();
  #wake: () => void = () => undefined;

  constructor(private readonly request: GatherRequest) {}

  async run(): Promise<Gathered> {
    for (;;) {
      const decided = this.#decide();
      if (decided !== undefined) return decided;
      if (this.request.signal.aborted) return this.#failed();
      for (const peer of this.#chooseFurther()) this.#ask(peer);
      // Nobody left to ask and nobody left to hear.
      if (this.#pending.size === 0) return this.#failed();
      await this.#answerOrHedge();
    }
  }

  stop(): void {
    for (const peer of this.#late) if (this.#pending.has(peer)) this.request.onDoubt(peer, 'late');
    this.#ended.abort();
  }

  #decide(): Gathered | undefined {
    const voices = new Map([...this.#answers].flatMap(([peer, answer]) => voiceOf(peer, answer)));
    const agreement = findAgreement(this.request.plan, voices);
    if (agreement === undefined) return undefined;
    const given = agreement.peers.map((peer) => this.#answers.get(peer));
    const responses = given.flatMap((answer) => (answer?.kind === 'endorsed' ? [answer.response] : []));
    if (responses.length > 0) return { kind: 'endorsed', responses, peers: agreement.peers };
    // A refusal stands only where nobody accepts; otherwise one of them lags behind.
    return this.#kinds().has('endorsed') ? undefined : this.#failed();
  }

  #chooseFurther(): readonly string[] {
    const voices = new Map([...this.#answers].flatMap(([peer, answer]) => voiceOf(peer, answer)));
    const candidates = this.request.preference.filter((peer) => !this.#answers.has(peer) && !this.#pending.has(peer));
    const inTime = [...this.#pending].filter((peer) => !this.#late.has(peer));
    const further = choosePeers(this.request.plan, voices, inTime, candidates);
    return further ?? choosePeers(this.request.plan, voices, [...this.#pending], candidates) ?? [];
  }

  #ask(peer: string): void {
    this.#pending.add(peer);
    const { signal, release } = joinSignals(this.request.signal, this.#ended.signal);
    void this.request.ask(peer, signal).then((answer) => {
      release();
      this.#pending.delete(peer);
      this.#answers.set(peer, answer);
      if (answer.kind === 'failed' && !signal.aborted) this.request.onDoubt(peer, answer.reason);
      this.#wake();
    });
  }

  /** Waits for an answer; when none comes for `hedgeMs`, all pending peers count as late. */
  async #answerOrHedge(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const isAnswered = await new Promise<boolean>((resolve) => {
      this.#wake = () => resolve(true);
      timer = setTimeout(() => resolve(false), this.request.hedgeMs);
    });
    clearTimeout(timer);
    if (!isAnswered) for (const peer of this.#pending) this.#late.add(peer);
  }

  #failed(): Gathered {
    return { kind: failureKind(this.#kinds(), this.#answers.size), answers: this.#answers };
  }

  #kinds(): ReadonlySet<PeerAnswer['kind']> {
    return new Set([...this.#answers.values()].map((answer) => answer.kind));
  }
}

function failureKind(
  kinds: ReadonlySet<PeerAnswer['kind']>,
  answerCount: number,
): 'refused' | 'denied' | 'mismatch' | 'unreachable' {
  // One that accepts beside one that refuses, or several that accept and do not agree.
  if (kinds.has('endorsed')) {
    return kinds.has('refused') || (kinds.size === 1 && answerCount > 1) ? 'mismatch' : 'unreachable';
  }
  if (kinds.has('refused')) return 'refused';
  return kinds.has('denied') ? 'denied' : 'unreachable';
}

/** Answers that count for an agreement; a peer that failed has no voice. */
function voiceOf(peer: string, answer: PeerAnswer): [string, string][] {
  switch (answer.kind) {
    case 'endorsed':
      return [[peer, `endorsed ${Buffer.from(answer.response.payload).toString('base64')}`]];
    case 'refused':
      return [[peer, `refused ${answer.code}`]];
    case 'denied':
      return [[peer, 'denied']];
    case 'failed':
      return [];
  }
}
