import { FakeChannel } from '../fakes/channel';
import { VirtualClock } from '../fakes/virtual-clock';
import { registerNodes } from '../support/ledger-samples';
import { ledgerContract, type LedgerBench } from './ledger.contract';

describe('the fake ledger keeps the contract of the port', () => {
  ledgerContract(async (): Promise<LedgerBench> => {
    const nodeIds = ['Edge1MSP', 'Edge2MSP', 'Edge3MSP'];
    const channel = new FakeChannel({ nodeIds, clock: new VirtualClock() });
    const [first, second] = await registerNodes(channel, 'Edge1MSP', 'Edge2MSP');
    let made = 0;
    return { nodeIds, first: first!, second: second!, freshId: (prefix) => `${prefix}-${(made += 1)}` };
  });
});
