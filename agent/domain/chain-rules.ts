import type { BlockFacts, OrdererConfig, OrdererOrganization, Signer } from './chain-facts';

/** The checks, in the order in which a block meets them. */
export const CHAIN_CHECKS = [
  'readable',
  'number',
  'previous hash',
  'data hash',
  'transactions',
  'verdicts',
  'configuration',
  'signature',
  'signer',
  'metadata',
] as const;
export type ChainCheck = (typeof CHAIN_CHECKS)[number];

/** The first thing that is wrong with a block. */
export interface ChainFault {
  readonly blockNumber: number;
  readonly check: ChainCheck;
  /** A sentence for people. */
  readonly message: string;
}

/** What the blocks before say about the next one. */
export interface ChainState {
  readonly next: number;
  /** Of the block before; empty before the first block of the channel. */
  readonly previousSha256: string;
  /** The configuration in force; null only before the first block. */
  readonly config: OrdererConfig | null;
  /** The block that brought it. */
  readonly configNumber: number;
  /** Who has signed since the consenters last changed. */
  readonly soleSigner: Signer | null;
  /** Whether the blocks carry a peer's verdicts; null: none has been seen yet that could. */
  readonly hasVerdicts: boolean | null;
}

/** Whether a certificate was issued by an organisation: the arithmetic is the adapter's. */
export type IsIssuedBy = (certificatePem: string, organization: OrdererOrganization) => boolean;

type Rule = (
  state: ChainState,
  block: BlockFacts,
  isIssuedBy: IsIssuedBy,
) => Pick<ChainFault, 'check' | 'message'> | null;

const number: Rule = ({ next }, block) =>
  block.number === next ? null : { check: 'number', message: `it says that it is block ${block.number}` };

const previousHash: Rule = ({ next, previousSha256 }, block) => {
  if (block.previousSha256 === previousSha256) return null;
  const said = block.previousSha256 === '' ? 'nothing' : block.previousSha256;
  const before = next === 0 ? 'there is no block before it' : `block ${next - 1} has ${previousSha256}`;
  return { check: 'previous hash', message: `it names ${said} as the hash of the block before; ${before}` };
};

const dataHash: Rule = (_state, { dataSha256, computedDataSha256 }) =>
  dataSha256 === computedDataSha256
    ? null
    : {
        check: 'data hash',
        message: `its header says ${dataSha256}, its transactions give ${computedDataSha256}`,
      };

const transactions: Rule = (_state, { malformedTransactions: [first] }) =>
  first === undefined ? null : { check: 'transactions', message: `transaction ${first} is not exactly one envelope` };

const verdicts: Rule = ({ hasVerdicts }, block) => {
  const expected = (hasVerdicts ?? block.verdictCount > 0) ? block.transactionCount : 0;
  if (block.verdictCount === expected) return null;
  return {
    check: 'verdicts',
    message: `it has ${block.transactionCount} transactions and ${block.verdictCount} validation codes`,
  };
};

const configuration: Rule = ({ config }, block) =>
  (config ?? block.config) === null
    ? { check: 'configuration', message: 'the first block holds no configuration of the channel' }
    : null;

/** The first block is made by whoever made the channel, before there is an orderer. */
const signature: Rule = (_state, { number: blockNumber, signatures }) => {
  if (blockNumber === 0) return null;
  if (signatures.length === 0) return { check: 'signature', message: 'nobody has signed it' };
  const forged = signatures.find(({ isValid }) => !isValid);
  if (forged === undefined) return null;
  return { check: 'signature', message: `the signature is not that of ${nameOf(forged.signer)} over this block` };
};

const signer: Rule = ({ config, soleSigner }, { signatures }, isIssuedBy) => {
  for (const { signer: found } of signatures) {
    const homes = (config?.organizations ?? []).filter(({ mspId }) => mspId === found.mspId);
    if (!homes.some((home) => isIssuedBy(found.certificatePem, home))) {
      return { check: 'signer', message: `${nameOf(found)} belongs to no orderer organisation of the channel` };
    }
    if (config !== null && isSoleValidator(config) && soleSigner !== null && !isSameNode(soleSigner, found)) {
      return {
        check: 'signer',
        message: `${nameOf(found)} signed it, ${nameOf(soleSigner)} those before; the channel has one validator`,
      };
    }
  }
  return null;
};

const metadata: Rule = ({ configNumber }, block) => {
  const [disagreement] = block.disagreements;
  if (disagreement !== undefined) return { check: 'metadata', message: disagreement };
  const expected = block.config === null ? configNumber : block.number;
  if (block.lastConfigNumber === null || block.lastConfigNumber === expected) return null;
  return {
    check: 'metadata',
    message: `it names block ${block.lastConfigNumber} as the newest configuration, which is block ${expected}`,
  };
};

const RULES: readonly Rule[] = [
  ...[number, previousHash, dataHash, transactions, verdicts],
  ...[configuration, signature, signer, metadata],
];

/** The first rule that the block breaks; null: none. */
export function firstFault(state: ChainState, block: BlockFacts, isIssuedBy: IsIssuedBy): ChainFault | null {
  for (const rule of RULES) {
    const fault = rule(state, block, isIssuedBy);
    if (fault !== null) return { blockNumber: state.next, ...fault };
  }
  return null;
}

/** The paper's proof of authority: one orderer decides. */
export const isSoleValidator = ({ consensusType, consenters }: OrdererConfig): boolean =>
  consensusType === 'etcdraft' && consenters.length === 1;

/** A renewed certificate keeps the key, or at least the names. */
const isSameNode = (known: Signer, found: Signer): boolean =>
  known.publicKeySha256 === found.publicKeySha256 || (known.subject === found.subject && known.issuer === found.issuer);

const nameOf = ({ mspId, subject }: Signer): string => `${subject} of ${mspId}`;
