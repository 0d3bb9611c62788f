import { X509Certificate } from 'node:crypto';
import { BlosmError } from '../../chaincode/src/model';
import { auditFrom, BEFORE_THE_FIRST, judgeBlock, stateAfter, type ChainAudit } from '../domain/chain-audit';
import type { BlockFacts, OrdererOrganization } from '../domain/chain-facts';
import type { ChainFault, ChainState, IsIssuedBy } from '../domain/chain-rules';
import type { ChainSource } from '../ports/chain';
import type { LedgerVerificationLine, LedgerVerificationView, VerificationRequest } from '../ports/control';

/** A line of progress after so many blocks. */
const PROGRESS_EVERY = 200;

/**
 * Checks a copy of the chain block by block, with one block in memory; the last line is the result.
 * With `from` above 0 the block before it and the configuration that was in force are taken as given.
 * @throws BlosmError BLOSM_E_NOT_FOUND when there is nothing to check from; the codes of the source
 */
export async function* verifyChain(
  source: ChainSource,
  { from, to }: VerificationRequest,
  signal: AbortSignal,
): AsyncGenerator<LedgerVerificationLine> {
  const isIssuedBy = rememberIssuers();
  let audit = auditFrom(await stateBefore(source, from, signal));
  for await (const block of source.blocks(from, to ?? null, signal)) {
    audit = judgeBlock(audit, block, isIssuedBy);
    if (audit.fault !== null) break;
    if (audit.tally.blocks % PROGRESS_EVERY === 0) yield { progress: { blockNumber: block.number } };
  }
  yield { result: viewOf(from, audit, audit.fault ?? missingEnd(audit, from, to)) };
}

async function stateBefore(source: ChainSource, from: number, signal: AbortSignal): Promise<ChainState> {
  if (from === 0) return BEFORE_THE_FIRST;
  const before = await oneBlock(source, from - 1, signal);
  const configNumber = before.config === null ? (before.lastConfigNumber ?? 0) : before.number;
  return stateAfter(before, configNumber === before.number ? before : await oneBlock(source, configNumber, signal));
}

async function oneBlock(source: ChainSource, blockNumber: number, signal: AbortSignal): Promise<BlockFacts> {
  for await (const block of source.blocks(blockNumber, blockNumber, signal)) {
    if (!('unreadable' in block)) return block;
    throw new BlosmError('BLOSM_E_CORRUPT_RECORD', `block ${blockNumber}: ${block.unreadable}`, {
      stage: 'verify',
      hint: 'Verify from the first block to find the first that is bad: leave out --from.',
    });
  }
  throw new BlosmError('BLOSM_E_NOT_FOUND', `there is no block ${blockNumber}, which is needed to begin`, {
    stage: 'verify',
    hint: 'See the newest block with: blosm ledger tip.',
  });
}

/** A copy that ends too early: nothing to verify, or less than was asked for. */
function missingEnd({ state, tally }: ChainAudit, from: number, to: number | undefined): ChainFault | null {
  if (to !== undefined ? state.next > to : tally.blocks > 0) return null;
  const end = state.next === 0 ? 'the copy holds no block' : `the copy ends with block ${state.next - 1}`;
  if (tally.blocks > 0) return { blockNumber: state.next, check: 'number', message: `it is missing: ${end}` };
  throw new BlosmError('BLOSM_E_NOT_FOUND', `there is no block ${from}: ${end}`, { stage: 'verify' });
}

const viewOf = (from: number, { state, tally }: ChainAudit, fault: ChainFault | null): LedgerVerificationView => ({
  from,
  to: tally.blocks === 0 ? null : state.next - 1,
  ...tally,
  signers: [...tally.signers],
  fault,
});

/** Whole chains are signed by one certificate: what was found out about it holds as long as the configuration does. */
function rememberIssuers(): IsIssuedBy {
  const known = new WeakMap<OrdererOrganization, Map<string, boolean>>();
  return (certificatePem, organization) => {
    const answers = known.get(organization) ?? new Map<string, boolean>();
    known.set(organization, answers);
    const answer = answers.get(certificatePem) ?? isIssuedBy(certificatePem, organization);
    answers.set(certificatePem, answer);
    return answer;
  };
}

/**
 * By a root of the organisation, or by an intermediate that a root issued. Not whether it has expired: it was valid when
 * it signed, and that time stands nowhere (Fabric judges the same way).
 */
function isIssuedBy(certificatePem: string, { rootsPem, intermediatesPem }: OrdererOrganization): boolean {
  const roots = rootsPem.flatMap(readCertificate);
  let pool = intermediatesPem.flatMap(readCertificate);
  let [current] = readCertificate(certificatePem);
  while (current !== undefined) {
    const issued = current;
    if (roots.some((root) => isIssuer(root, issued))) return true;
    current = pool.find((each) => isIssuer(each, issued));
    pool = pool.filter((each) => each !== current);
  }
  return false;
}

/** None for what is no certificate: nobody can have been issued by it. */
function readCertificate(pem: string): X509Certificate[] {
  try {
    return [new X509Certificate(pem)];
  } catch {
    return [];
  }
}

function isIssuer(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}
