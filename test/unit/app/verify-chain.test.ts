import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { openBlockFiles } from '../../../agent/adapters/fabric-files';
import { verifyChain } from '../../../agent/app/verify-chain';
import type { LedgerVerificationLine, LedgerVerificationView } from '../../../agent/ports/control';
import {
  ChainBuilder,
  chainOrganization,
  configurationEnvelope,
  storedRecord,
  transactionEnvelope,
  unsignedPlaces,
  type ChainOrganization,
  type ChainSigner,
} from '../../support/chain';

jest.setTimeout(60_000);

let organization: ChainOrganization;
let orderer: ChainSigner;
let folder: string;

beforeAll(async () => {
  organization = await chainOrganization('OrdererMSP');
  orderer = await organization.issue('orderer');
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blosm-chain-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const configuration = (consenters = ['a']) => configurationEnvelope({ organizations: [organization], consenters });

/** A chain of a configuration, some transactions, a second configuration, more transactions. */
function aChain(): ChainBuilder {
  const chain = new ChainBuilder();
  chain.append({ envelopes: [configuration()], lastConfigNumber: 0 });
  for (const text of ['one', 'two']) {
    const envelopes = [transactionEnvelope(text), transactionEnvelope(`${text} more`)];
    chain.append({ envelopes, signer: orderer, lastConfigNumber: 0 });
  }
  chain.append({ envelopes: [configuration()], signer: orderer, lastConfigNumber: 3 });
  chain.append({ envelopes: [transactionEnvelope('last')], signer: orderer, lastConfigNumber: 3 });
  return chain;
}

const filesOf = (chain: ChainBuilder): Buffer => Buffer.concat(chain.blocks.map(storedRecord));

async function verify(
  files: readonly Buffer[],
  request: { from?: number; to?: number } = {},
): Promise<{ result: LedgerVerificationView; lines: LedgerVerificationLine[] }> {
  rmSync(folder, { recursive: true });
  folder = mkdtempSync(join(tmpdir(), 'blosm-chain-'));
  files.forEach((bytes, index) => writeFileSync(join(folder, `blockfile_00000${index}`), bytes));
  const lines: LedgerVerificationLine[] = [];
  const source = await openBlockFiles(folder);
  for await (const line of verifyChain(source, { from: 0, ...request }, new AbortController().signal)) lines.push(line);
  const last = lines.at(-1);
  if (last === undefined || !('result' in last)) throw new Error('there is no result');
  return { result: last.result, lines };
}

describe('copied block files', () => {
  it('that are in order are counted, over several files', async () => {
    const records = aChain().blocks.map(storedRecord);
    const files = [Buffer.concat(records.slice(0, 2)), Buffer.concat(records.slice(2))];
    const { result } = await verify(files);
    expect(result).toMatchObject({ from: 0, to: 4, blocks: 5, transactions: 7, configBlocks: 2, fault: null });
    expect(result.signers).toMatchObject([{ mspId: 'OrdererMSP', blocks: 4 }]);
    expect(result.signers[0]?.subject).toContain('CN=orderer');
  });

  it('may be verified in part, whatever the rest is like', async () => {
    const chain = aChain();
    const bytes = filesOf(chain);
    for (const [from, to] of [
      [1, 2],
      [4, 4],
      [2, 4],
      [0, 0],
    ] as const) {
      expect((await verify([bytes], { from, to })).result).toMatchObject({ from, to, fault: null });
    }
    const first = storedRecord(chain.blocks[0]!).length;
    const damaged = Buffer.from(bytes);
    damaged[first + 200]! ^= 1;
    expect((await verify([damaged])).result.fault).toMatchObject({ blockNumber: 1 });
    expect((await verify([damaged], { from: 3 })).result).toMatchObject({ to: 4, fault: null });
    await expect(verify([damaged], { from: 2 })).resolves.toMatchObject({ result: { fault: null } });
  });

  it('that end too early are told from what was asked', async () => {
    const bytes = filesOf(aChain());
    expect((await verify([bytes], { to: 9 })).result.fault).toEqual({
      blockNumber: 5,
      check: 'number',
      message: 'it is missing: the copy ends with block 4',
    });
    await expect(verify([bytes], { from: 9 })).rejects.toMatchObject({ code: 'BLOSM_E_NOT_FOUND' });
    await expect(verify([bytes], { from: 5 })).rejects.toMatchObject({ code: 'BLOSM_E_NOT_FOUND' });
    await expect(verify([Buffer.alloc(0)])).rejects.toMatchObject({ code: 'BLOSM_E_NOT_FOUND' });
  });

  it('that are cut off anywhere are bad at the block that is cut', async () => {
    // One chain for both: signatures, and with them blocks, differ in length.
    const chain = aChain();
    const lengths = chain.blocks.map((each) => storedRecord(each).length);
    const bytes = filesOf(chain);
    const starts = lengths.map((_, index) => lengths.slice(0, index).reduce((sum, each) => sum + each, 0));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: bytes.length - 1 }), async (end) => {
        const { result } = await verify([bytes.subarray(0, end)]);
        const cut = starts.findLastIndex((start) => start < end);
        // At the end of a block nothing is missing that could be known from here.
        if (starts.includes(end)) expect(result).toMatchObject({ to: cut, fault: null });
        else expect(result.fault).toMatchObject({ blockNumber: cut, check: 'readable' });
      }),
      { numRuns: 60 },
    );
  });

  it('with one byte altered anywhere are bad at that block, but for what nobody signs', async () => {
    const chain = aChain();
    const bytes = filesOf(chain);
    const places = unsignedPlaces(bytes);
    const seen = { detected: 0, unseen: 0 };
    const alteration = fc.record({
      place: fc.integer({ min: 0, max: bytes.length - 1 }),
      change: fc.integer({ min: 1, max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(alteration, async ({ place, change }) => {
        const altered = Buffer.from(bytes);
        altered[place]! ^= change;
        const { result } = await verify([altered]);
        if (places.unsigned.has(place)) {
          seen.unseen += 1;
          expect(result.fault).toBeNull();
        } else {
          seen.detected += 1;
          expect(result.fault).toMatchObject({ blockNumber: places.blockAt(place) });
        }
      }),
      { numRuns: 400 },
    );
    expect(seen.detected).toBeGreaterThan(300);
  });

  it('are not read where there are none', async () => {
    await expect(openBlockFiles(folder)).rejects.toMatchObject({ code: 'BLOSM_E_NOT_FOUND' });
    await expect(openBlockFiles(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'BLOSM_E_NOT_FOUND' });
    for (const name of ['blockfile_000000', 'blockfile_000002']) writeFileSync(join(folder, name), '');
    await expect(openBlockFiles(folder)).rejects.toMatchObject({
      message: expect.stringContaining('blockfile_000001 is missing') as unknown,
    });
  });

  it('stop at a signal', async () => {
    writeFileSync(join(folder, 'blockfile_000000'), filesOf(aChain()));
    const source = await openBlockFiles(folder);
    const reading = verifyChain(source, { from: 0 }, AbortSignal.abort()).next();
    await expect(reading).rejects.toMatchObject({ code: 'BLOSM_E_CANCELLED' });
  });
});

describe('a forged chain', () => {
  const faultOf = async (chain: ChainBuilder) => (await verify([filesOf(chain)])).result.fault;

  it('that a member of another organisation signed is bad', async () => {
    const chain = aChain();
    const stranger = await (await chainOrganization('OrdererMSP')).issue('orderer');
    chain.append({ envelopes: [transactionEnvelope('x')], signer: stranger, lastConfigNumber: 3 });
    expect(await faultOf(chain)).toMatchObject({ blockNumber: 5, check: 'signer' });
  });

  it('that another member of the orderer organisation signed is bad where one validator is configured', async () => {
    const chain = aChain();
    const colleague = await organization.issue('colleague');
    chain.append({ envelopes: [transactionEnvelope('x')], signer: colleague, lastConfigNumber: 3 });
    expect(await faultOf(chain)).toMatchObject({ blockNumber: 5, check: 'signer' });
  });

  it('is not mistaken for an orderer that moved', async () => {
    const chain = aChain();
    chain.append({ envelopes: [configuration(['b'])], signer: orderer, lastConfigNumber: 5 });
    const next = await organization.issue('orderer at b');
    chain.append({ envelopes: [transactionEnvelope('x')], signer: next, lastConfigNumber: 5 });
    expect(await faultOf(chain)).toBeNull();
  });

  it('that says what its signer is without a certificate is bad', async () => {
    const chain = aChain();
    const signer = { ...orderer, certificatePem: 'no certificate' };
    chain.append({ envelopes: [transactionEnvelope('x')], signer, lastConfigNumber: 3 });
    expect(await faultOf(chain)).toMatchObject({ blockNumber: 5, check: 'signature' });
  });

  it('whose transactions were joined into one, with the same hash, is bad', async () => {
    const chain = aChain();
    const { envelopes, ...block } = chain.blocks[1]!;
    const metadata = [...block.metadata];
    metadata[2] = Buffer.from([0]);
    chain.blocks[1] = { ...block, metadata, envelopes: [Buffer.concat(envelopes)] };
    expect(await faultOf(chain)).toMatchObject({ blockNumber: 1, check: 'transactions' });
  });

  it('whose organisation has no certificate that can be read signs nothing', async () => {
    const chain = new ChainBuilder();
    const organizations = [{ ...organization, rootPem: 'none' }];
    chain.append({ envelopes: [configurationEnvelope({ organizations, consenters: ['a'] })], lastConfigNumber: 0 });
    chain.append({ envelopes: [transactionEnvelope('x')], signer: orderer, lastConfigNumber: 0 });
    expect(await faultOf(chain)).toMatchObject({ blockNumber: 1, check: 'signer' });
  });
});

it('tells how far it is', async () => {
  const chain = new ChainBuilder();
  chain.append({ envelopes: [configuration()], lastConfigNumber: 0 });
  for (let number = 1; number < 450; number += 1) {
    chain.append({ envelopes: [transactionEnvelope(`${number}`)], signer: orderer, lastConfigNumber: 0 });
  }
  const { lines } = await verify([filesOf(chain)]);
  expect(lines.slice(0, -1)).toEqual([{ progress: { blockNumber: 199 } }, { progress: { blockNumber: 399 } }]);
});
