import type { LedgerFailure } from '../../domain/ledger-retry';
import { StageFailure, askPeer, isDenied, reasonOf } from '../fabric-grpc';
import type { Deadline, PeerAnswer, PeerDirectory, ProposalResponse } from '../fabric-grpc';
import { gatherEndorsements } from './gather';
import type { Gathered } from './gather';
import { newProposal } from './proposal';
import type { SignedProposal } from './proposal';
import type { SdkSession } from './sdk-session';

/** A proposal with the endorsements that its policy needs. */
export interface Endorsed {
  readonly proposal: SignedProposal;
  readonly responses: readonly ProposalResponse[];
  /** Who endorsed, by name. */
  readonly peers: readonly string[];
  /** What the contract gave back. */
  readonly result: string;
}

/** How long the asked peers have before others are asked as well. A chaincode call takes some 10 ms. */
const HEDGE_MS = 500;

/** Has a call endorsed by as many peers as the policy needs. @throws StageFailure */
export async function endorse(
  session: SdkSession,
  directory: PeerDirectory,
  call: { readonly name: string; readonly args: readonly string[] },
  deadline: Deadline,
): Promise<Endorsed> {
  const network = await directory.network(deadline.signal).catch((error: unknown) => {
    const reason = reasonOf(error);
    const failure = isDenied(reason) ? 'access-denied' : 'endorsers-unreachable';
    throw new StageFailure(failure, `discovery at the own peer ${session.ownPeer.name} failed: ${reason}`);
  });
  const proposal = newProposal(session, session.chaincode, call.name, call.args);
  const gathered = await gatherEndorsements({
    plan: network.plan,
    preference: directory.preference(network),
    hedgeMs: HEDGE_MS,
    ask: (name, signal) => {
      const node = directory.peer(network, name);
      const unknown: PeerAnswer = { kind: 'failed', reason: 'not known' };
      return node === undefined ? Promise.resolve(unknown) : askPeer(node, proposal, deadline.leftMs, signal);
    },
    onDoubt: (name, reason) => directory.doubt(name, reason),
    signal: deadline.signal,
  });
  if (gathered.kind !== 'endorsed') throw endorsementFailure(gathered);
  const payload = gathered.responses[0]?.response?.payload ?? new Uint8Array();
  return {
    proposal,
    responses: gathered.responses,
    peers: gathered.peers,
    result: Buffer.from(payload).toString('utf8'),
  };
}

const FAILURES = {
  refused: 'contract-refused',
  denied: 'access-denied',
  mismatch: 'endorsement-mismatch',
  unreachable: 'endorsers-unreachable',
} as const satisfies Record<Exclude<Gathered['kind'], 'endorsed'>, LedgerFailure>;

function endorsementFailure(gathered: Exclude<Gathered, { kind: 'endorsed' }>): StageFailure {
  const answers = [...gathered.answers.values()];
  const refusal = answers.find((answer) => answer.kind === 'refused');
  if (gathered.kind === 'refused' && refusal !== undefined) {
    return new StageFailure('contract-refused', refusal.message, refusal.code);
  }
  const said = [...gathered.answers].map(([peer, answer]) => `${peer}: ${describe(answer)}`);
  const summary = said.length === 0 ? 'no peer answered' : said.join('; ');
  return new StageFailure(FAILURES[gathered.kind], `too few endorsements agree (${summary})`);
}

function describe(answer: PeerAnswer): string {
  switch (answer.kind) {
    case 'endorsed':
      return 'endorsed';
    case 'refused':
      return `${answer.code}: ${answer.message}`;
    case 'denied':
    case 'failed':
      return answer.reason;
  }
}
