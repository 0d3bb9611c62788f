import { startFabricForTests, type TestNetwork } from '../support/fabric-network';
import { gatewayUnavailable } from './support/fabric-version';
import { during, ledgersOn, ledgerSuite, sharing, type LedgersUnderTest } from './support/ledger-suite';
import { describeHere } from './support/real-sandbox';

jest.setTimeout(120_000);

const BASE_PORT = 17_150;

describeHere('the ledger by the gateway service of the own peer, on a real network', gatewayUnavailable(), () => {
  let network: TestNetwork;
  let under: LedgersUnderTest;

  beforeAll(async () => {
    network = await startFabricForTests(BASE_PORT);
    under = await ledgersOn(network, 'fabric-gateway');
  });

  afterAll(async () => {
    await network.down();
  });

  ledgerSuite('fabric-gateway', () => under);

  it('has the own organisation endorse first', async () => {
    const { transactionId } = await under.edge1.submit('MetadataContract:Share', [...sharing()]);
    expect((await under.edge1.transaction(transactionId)).endorserMspIds).toContain('Edge1MSP');
  });

  it('submits nothing without the own peer, and says so', async () => {
    await during(network, ['edge1-peer', 'SIGKILL'], async () => {
      const submit = under.edge1.submit('MetadataContract:Share', [...sharing()], { timeoutMs: 2_000 });
      await expect(submit).rejects.toMatchObject({
        code: 'BLOSM_E_LEDGER_UNREACHABLE',
        stage: 'endorse',
        message: expect.stringContaining('edge1-peer') as unknown,
      });
    });
    await under.edge1.submit('MetadataContract:Share', [...sharing()]);
  });
});
