import { cp, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { openBlockFiles } from '../../agent/adapters/fabric-files';
import { verifyChain } from '../../agent/app/verify-chain';
import type { ChainSource } from '../../agent/ports/chain';
import type { LedgerVerificationView, VerificationRequest } from '../../agent/ports/control';
import type { Ledger } from '../../agent/ports/ledger';
import { fabricLayout } from '../../network/fabric/layout';
import { packageRoot } from '../../network/package-root';
import { tryCommand, waitUntil } from '../../network/processes';
import { unsignedPlaces } from '../support/chain';
import { startFabricForTests, type TestNetwork } from '../support/fabric-network';
import { containerFacts, nodeProfile } from '../support/ledger-samples';

jest.setTimeout(180_000);

/** Copies with one byte altered somewhere. */
const ALTERATIONS = 200;

let network: TestNetwork;
let ledger: Ledger;
let copies: string;
let peerFiles: string;
let ordererFiles: string;

async function verify(
  source: ChainSource,
  request: Partial<VerificationRequest> = {},
): Promise<LedgerVerificationView> {
  for await (const line of verifyChain(source, { from: 0, ...request }, new AbortController().signal)) {
    if ('result' in line) return line.result;
  }
  throw new Error('there is no result');
}

/** The compiled program, as users run it: npm run build comes first. */
const blosm = (...args: string[]) =>
  tryCommand([process.execPath, join(packageRoot(), 'agent/bin/blosm.js'), ...args], { timeoutMs: 60_000 });

beforeAll(async () => {
  network = await startFabricForTests(21_150);
  const admin = await network.connect('edge1', 'admin');
  const agentCertificatePem = await network.agentCertificatePem('edge1');
  await admin.submit('NodeContract:Register', [{ ...nodeProfile('edge1'), agentCertificatePem }]);
  ledger = await network.connect('edge1');
  for (let turn = 0; turn < 5; turn += 1) {
    const metadataId = `meta-${turn}`;
    await ledger.submit('MetadataContract:Share', [{ metadataId, instanceId: null, container: containerFacts() }]);
  }
  copies = await mkdtemp(join(tmpdir(), 'blosm-copies-'));
  const layout = fabricLayout(network.stateFolder);
  peerFiles = join(copies, 'peer');
  ordererFiles = join(copies, 'orderer');
  const { channel } = network.state;
  await cp(join(layout.node('edge1-peer').data, 'ledgersData/chains/chains', channel), peerFiles, { recursive: true });
  await cp(join(layout.node('orderer').data, 'ledger/chains', channel), ordererFiles, { recursive: true });
});

afterAll(async () => {
  await network.down();
  await rm(copies, { recursive: true, force: true });
});

describe('the chain of a running peer', () => {
  it('is in order, signed by the one validator', async () => {
    const { height, genesisSha256, currentBlockHash } = await ledger.tip();
    const result = await verify(ledger);
    expect(result).toMatchObject({ to: height - 1, fault: null });
    expect([result.firstSha256, result.lastSha256]).toEqual([genesisSha256, currentBlockHash]);
    expect(result.signers).toMatchObject([{ mspId: 'OrdererMSP', blocks: height - 1 }]);
  });

  it('is the same in part, and as each peer and the orderer keep it', async () => {
    const { height } = await ledger.tip();
    expect(await verify(ledger, { from: height - 3 })).toMatchObject({ blocks: 3, fault: null });
    const whole = await verify(ledger);
    expect(await verify(await openBlockFiles(peerFiles))).toEqual(whole);
    expect(await verify(await openBlockFiles(ordererFiles))).toEqual(whole);
    const other = await network.connect('edge2');
    const isLevel = async () => (await other.tip()).height >= height;
    await waitUntil(isLevel, { deadlineMs: 30_000, what: "edge2's peer to have every block" });
    expect(await verify(other)).toEqual(whole);
  });
});

describe('copied files', () => {
  const altered = () => join(copies, 'altered');
  const place = async (bytes: Uint8Array): Promise<void> => {
    await mkdir(altered(), { recursive: true });
    await writeFile(join(altered(), 'blockfile_000000'), bytes);
  };

  it('are verified by the command line without a network', async () => {
    const { exitCode, stdout } = await blosm('ledger', 'verify', '--files', peerFiles);
    expect({ exitCode }).toEqual({ exitCode: 0 });
    expect(stdout).toMatch(/signed by: +.*CN=orderer.* of OrdererMSP[^]*result: +in order\n/);
  });

  it('with one byte altered are bad: every place, but for what the peer wrote itself', async () => {
    const bytes = await readFile(join(peerFiles, 'blockfile_000000'));
    const { unsigned, blockAt } = unsignedPlaces(bytes);
    const alteration = fc.record({
      at: fc.integer({ min: 0, max: bytes.length - 1 }),
      change: fc.integer({ min: 1, max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(alteration, async ({ at, change }) => {
        const copy = Buffer.from(bytes);
        copy[at]! ^= change;
        await place(copy);
        const { fault } = await verify(await openBlockFiles(altered()));
        expect(fault?.blockNumber).toBe(unsigned.has(at) ? undefined : blockAt(at));
      }),
      { numRuns: ALTERATIONS },
    );
  });

  it('with a byte altered in a transaction are bad at that block, exit code 5', async () => {
    const bytes = await readFile(join(peerFiles, 'blockfile_000000'));
    const blockNumber = (await ledger.tip()).height - 2;
    bytes[unsignedPlaces(bytes).startOf(blockNumber) + 1_000]! ^= 1;
    await place(bytes);
    const { exitCode, stdout } = await blosm('ledger', 'verify', '--files', altered());
    expect(exitCode).toBe(5);
    expect(stdout).toContain(`BLOCK ${blockNumber} IS BAD (data hash)`);
    const json = await blosm('ledger', 'verify', '--files', altered(), '-o', 'json');
    expect(JSON.parse(json.stdout)).toMatchObject({ kind: 'LedgerVerification', fault: { blockNumber } });
  });

  it('that are cut off are bad at the block that is cut', async () => {
    await cp(peerFiles, altered(), { recursive: true });
    const bytes = await readFile(join(peerFiles, 'blockfile_000000'));
    await truncate(join(altered(), 'blockfile_000000'), bytes.length - 1);
    const { height } = await ledger.tip();
    const { fault } = await verify(await openBlockFiles(altered()));
    expect(fault).toMatchObject({ blockNumber: height - 1, check: 'readable' });
  });
});
