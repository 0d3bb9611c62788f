import { auditFrom, BEFORE_THE_FIRST, judgeBlock, stateAfter } from '../../../agent/domain/chain-audit';
import type { ChainAudit } from '../../../agent/domain/chain-audit';
import type { BlockFacts, ChainBlock, OrdererConfig, Signer } from '../../../agent/domain/chain-facts';

const signer = (name: string, mspId = 'OrdererMSP', key = name): Signer => ({
  mspId,
  subject: `CN=${name}`,
  issuer: 'CN=CA',
  publicKeySha256: key,
  certificatePem: `${name} by ${mspId}`,
});
const ORDERER = signer('orderer');
const CONFIG: OrdererConfig = {
  organizations: [{ mspId: 'OrdererMSP', rootsPem: ['root'], intermediatesPem: [] }],
  consensusType: 'etcdraft',
  consenters: ['one'],
};
const isIssuedBy = (pem: string, { mspId }: { readonly mspId: string }) => pem.endsWith(` by ${mspId}`);
const signedBy = (...signers: Signer[]) => signers.map((each) => ({ signer: each, isValid: true }));

const block = (number: number, changes: Partial<BlockFacts> = {}): BlockFacts => ({
  number,
  headerSha256: `header-${number}`,
  previousSha256: number === 0 ? '' : `header-${number - 1}`,
  dataSha256: `data-${number}`,
  computedDataSha256: `data-${number}`,
  transactionCount: 2,
  malformedTransactions: [],
  verdictCount: number === 0 ? 0 : 2,
  signatures: number === 0 ? [] : signedBy(ORDERER),
  lastConfigNumber: 0,
  disagreements: [],
  config: number === 0 ? CONFIG : null,
  ...changes,
});

const audit = (blocks: readonly ChainBlock[], from: ChainAudit = auditFrom(BEFORE_THE_FIRST)): ChainAudit =>
  blocks.reduce((so, each) => judgeBlock(so, each, isIssuedBy), from);
const faultOf = (...blocks: ChainBlock[]) => audit(blocks).fault;
const chain = (last: number) => Array.from({ length: last + 1 }, (_, number) => block(number));

describe('a chain that is in order', () => {
  it('is counted, with who signed it', () => {
    const { fault, tally, state } = audit(chain(3));
    expect(fault).toBeNull();
    expect(tally).toEqual({
      blocks: 4,
      transactions: 8,
      configBlocks: 1,
      firstSha256: 'header-0',
      lastSha256: 'header-3',
      signers: [{ mspId: 'OrdererMSP', subject: 'CN=orderer', publicKeySha256: 'orderer', blocks: 3 }],
    });
    expect(state).toMatchObject({ next: 4, configNumber: 0, soleSigner: ORDERER });
  });

  it('may be an orderer copy, without verdicts', () => {
    expect(faultOf(...[0, 1, 2].map((number) => block(number, { verdictCount: 0 })))).toBeNull();
  });

  it('may begin after a block that is taken as given', () => {
    const state = stateAfter(block(7), block(0));
    expect(audit([block(8)], auditFrom(state)).fault).toBeNull();
    expect(audit([block(1)], auditFrom(stateAfter(block(0), block(0)))).fault).toBeNull();
    expect(audit([block(9)], auditFrom(state)).fault).toMatchObject({ blockNumber: 8, check: 'number' });
    const foreign = block(8, { signatures: signedBy(signer('stranger', 'Edge1MSP')) });
    expect(audit([foreign], auditFrom(state)).fault).toMatchObject({ blockNumber: 8, check: 'signer' });
  });

  it('need not name the newest configuration', () => {
    expect(faultOf(block(0, { lastConfigNumber: null }), block(1, { lastConfigNumber: null }))).toBeNull();
  });
});

describe('the first bad block', () => {
  it.each<[string, Partial<BlockFacts>, string]>([
    ['number', { number: 3 }, 'it says that it is block 3'],
    ['previous hash', { previousSha256: 'x' }, 'it names x as the hash of the block before; block 1 has header-1'],
    ['previous hash', { previousSha256: '' }, 'it names nothing as the hash of the block before; block 1 has header-1'],
    ['data hash', { dataSha256: 'x' }, 'its header says x, its transactions give data-2'],
    ['data hash', { computedDataSha256: 'x' }, 'its header says data-2, its transactions give x'],
    ['transactions', { malformedTransactions: [1] }, 'transaction 1 is not exactly one envelope'],
    ['verdicts', { verdictCount: 1 }, 'it has 2 transactions and 1 validation codes'],
    ['verdicts', { verdictCount: 0 }, 'it has 2 transactions and 0 validation codes'],
    ['signature', { signatures: [] }, 'nobody has signed it'],
    [
      'signature',
      { signatures: [...signedBy(ORDERER), { signer: ORDERER, isValid: false }] },
      'the signature is not that of CN=orderer of OrdererMSP over this block',
    ],
    [
      'signer',
      { signatures: signedBy(signer('orderer', 'Edge1MSP')) },
      'CN=orderer of Edge1MSP belongs to no orderer organisation of the channel',
    ],
    [
      'signer',
      { signatures: signedBy({ ...ORDERER, certificatePem: 'made at home' }) },
      'CN=orderer of OrdererMSP belongs to no orderer organisation of the channel',
    ],
    [
      'signer',
      { signatures: signedBy(signer('admin')) },
      'CN=admin of OrdererMSP signed it, CN=orderer of OrdererMSP those before; the channel has one validator',
    ],
    ['metadata', { disagreements: ['this', 'that'] }, 'this'],
    ['metadata', { lastConfigNumber: 1 }, 'it names block 1 as the newest configuration, which is block 0'],
    [
      'metadata',
      { config: CONFIG, lastConfigNumber: 0 },
      'it names block 0 as the newest configuration, which is block 2',
    ],
  ])('is named by its %s (%#)', (check, changes, message) => {
    expect(faultOf(block(0), block(1), block(2, changes), block(3))).toEqual({ blockNumber: 2, check, message });
  });

  it('may be the very first', () => {
    expect(faultOf(block(0, { config: null }))).toMatchObject({ blockNumber: 0, check: 'configuration' });
    expect(faultOf(block(0, { previousSha256: 'x' }))).toEqual({
      blockNumber: 0,
      check: 'previous hash',
      message: 'it names x as the hash of the block before; there is no block before it',
    });
    // Nobody may sign before there is a configuration that says who.
    expect(faultOf(block(0, { signatures: signedBy(ORDERER) }))).toMatchObject({ check: 'signer' });
  });

  it('may be no block at all', () => {
    const fault = { blockNumber: 1, check: 'readable', message: 'cut off' };
    expect(faultOf(block(0), { number: 1, unreadable: 'cut off' })).toEqual(fault);
    expect(faultOf(block(0), { number: 1, unreadable: 'cut off' }, block(1, { number: 5 }))).toEqual(fault);
  });

  it('is one that a peer judged among those that none has', () => {
    const unjudged = [0, 1].map((number) => block(number, { verdictCount: 0 }));
    expect(faultOf(...unjudged, block(2))).toMatchObject({ blockNumber: 2, check: 'verdicts' });
  });
});

describe('who may sign', () => {
  const second = { mspId: 'OtherOrdererMSP', rootsPem: ['root'], intermediatesPem: [] };
  const withConfig = (number: number, config: OrdererConfig) => block(number, { config, lastConfigNumber: number });
  const after = (number: number, configNumber: number, by: Signer) =>
    block(number, { signatures: signedBy(by), lastConfigNumber: configNumber });
  const other = signer('other', 'OtherOrdererMSP');

  it('follows the configuration, from the block after it on', () => {
    const both = { ...CONFIG, organizations: [...CONFIG.organizations, second], consenters: ['one', 'two'] };
    expect(faultOf(block(0), block(1), withConfig(2, both), after(3, 2, other), after(4, 2, ORDERER))).toBeNull();
    const early = { ...withConfig(2, both), signatures: signedBy(other) };
    expect(faultOf(block(0), block(1), early)).toMatchObject({ blockNumber: 2, check: 'signer' });
    const gone = { ...both, organizations: [second] };
    expect(faultOf(block(0), withConfig(1, gone), after(2, 1, ORDERER))).toMatchObject({ blockNumber: 2 });
  });

  it('is one as long as there is one consenter, whatever else is configured', () => {
    expect(faultOf(block(0), withConfig(1, CONFIG), after(2, 1, signer('admin')))).toMatchObject({ blockNumber: 2 });
    const moved = { ...CONFIG, consenters: ['elsewhere'] };
    expect(faultOf(block(0), withConfig(1, moved), after(2, 1, signer('orderer-2')))).toBeNull();
  });

  it('may be several where several agree', () => {
    const raft = block(0, { config: { ...CONFIG, consenters: ['one', 'two', 'three'] } });
    expect(faultOf(raft, block(1), after(2, 0, signer('orderer-2')))).toBeNull();
    const bft = block(0, { config: { ...CONFIG, consensusType: 'BFT', consenters: ['one'] } });
    expect(faultOf(bft, block(1), after(2, 0, signer('orderer-2')))).toBeNull();
  });

  it('may renew the certificate: with the same key, or under the same name', () => {
    const sameKey = { ...signer('renamed'), publicKeySha256: ORDERER.publicKeySha256 };
    const sameName = { ...ORDERER, publicKeySha256: 'new key' };
    const { fault, tally } = audit([block(0), block(1), after(2, 0, sameKey), after(3, 0, sameName)]);
    expect(fault).toMatchObject({ blockNumber: 3, message: expect.stringContaining('CN=renamed') as unknown });
    expect(tally.signers).toMatchObject([{ publicKeySha256: 'orderer', blocks: 2 }]);
    expect(faultOf(block(0), block(1), after(2, 0, sameName))).toBeNull();
    expect(faultOf(block(0), block(1), after(2, 0, { ...sameName, issuer: 'CN=other CA' }))).not.toBeNull();
  });
});
